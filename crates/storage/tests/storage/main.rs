//! Everything that is stored, on both engines.

#![expect(clippy::unwrap_used, unreachable_pub, reason = "a test may fail, and is nobody's library")]

mod attachment;
mod journal;
mod passed;
mod properties;
mod readers;
mod schema;
mod tampering;
mod unit;
