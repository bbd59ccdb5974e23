//! Builders, a fake clock and a database per test on either engine. For tests and benchmarks only.

pub mod account;
pub mod database;
pub mod passkey;
pub mod receipt;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use muster_domain::{chance::Chance, clock::Clock, code::Code};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// A clock that shows `time`, like `2026-11-23T12:00:00Z`.
    pub fn at(time: &str) -> Self {
        Self(AtomicI64::new(time.parse::<Timestamp>().expect("a test gives a right time").as_microsecond()))
    }

    /// Moves it.
    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).expect("a test moves the clock by less than an age");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).expect("a test stays within time")
    }
}

/// Chance that is the same in every test, and does not come back: SplitMix64, a step for each byte.
#[derive(Debug, Default)]
pub struct FakeChance(AtomicU64);

impl FakeChance {
    /// Other numbers than those of another.
    pub fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Chance for FakeChance {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let mut mixed = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = (mixed ^ (mixed >> 31)).to_le_bytes()[0];
        }
    }
}

/// A code.
pub fn code(text: &str) -> Code {
    Code::new(text).expect("a test gives a right code")
}
