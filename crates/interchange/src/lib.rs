//! Bytes to domain values and back, returning values plus issues. It must not fail half-way, and it must not do IO.
