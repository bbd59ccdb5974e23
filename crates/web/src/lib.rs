//! The pages. It must not know SQL.
