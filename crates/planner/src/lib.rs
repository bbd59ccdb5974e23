//! From a planning problem to a plan with a proven bound. It must not know the database or the web.
