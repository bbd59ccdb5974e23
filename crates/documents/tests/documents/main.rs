//! The crate as the application uses it: papers go in, and what is on the pages is looked at.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod certificate;
mod hostile;
mod pages;
mod sample;
mod symbols;
