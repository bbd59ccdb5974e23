//! Builders, a fake clock and a database per test, for tests only.
