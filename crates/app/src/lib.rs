//! Use cases: load, decide, store, record. What the web and the command line both call.
