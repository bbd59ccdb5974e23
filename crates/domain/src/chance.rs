//! Chance that is passed in, so that a test can set it.

/// Gives bytes that nobody can guess.
pub trait Chance: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}
