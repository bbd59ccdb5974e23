//! Checks, benchmarks and chores of the workspace.

fn main() {}
