//! Users: people and programs with an account, what they may know themselves by, and for how long.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::{code::Code, message, message::Message, role::Role};

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name by which they sign in and the journal knows them.
    pub name: Code,
    /// Their party.
    pub party: Code,
    /// What they do.
    pub roles: BTreeSet<Role>,
    /// Whether they may no longer sign in.
    pub disabled: bool,
}

/// A session ends after so long without use.
pub const SESSION_IDLE: SignedDuration = SignedDuration::from_hours(8);
/// A session ends after so long in any case.
pub const SESSION_LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Longest life of an API token, in days.
pub const TOKEN_LONGEST_DAYS: u32 = 366;
/// After so many failures in a row an account waits before the next try.
pub const FREE_FAILURES: i64 = 5;
/// Longest wait after failures.
pub const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// How long an account waits after a number of failures in a row: twice as long each time.
pub fn wait_after(failures: i64) -> SignedDuration {
    let beyond = failures - FREE_FAILURES;
    if beyond < 0 {
        return SignedDuration::ZERO;
    }
    let seconds = 2_i64.saturating_pow(u32::try_from(beyond.min(20)).unwrap_or(20) + 1);
    SignedDuration::from_secs(seconds).min(LONGEST_WAIT)
}

/// Whether a text may be a password.
///
/// # Errors
/// What it must be, to stand after "must be".
pub fn check_password(text: &str, name: &str) -> Result<(), Message> {
    const LEAST: usize = 12;
    const MOST: usize = 200;
    const DIFFERENT: usize = 5;
    let long_enough = (LEAST..=MOST).contains(&text.chars().count());
    let varied = text.chars().collect::<BTreeSet<_>>().len() >= DIFFERENT;
    if long_enough && varied && !text.to_lowercase().contains(&name.to_lowercase()) {
        return Ok(());
    }
    Err(message!("a-password", least = LEAST, most = MOST, different = DIFFERENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_cost_time_but_never_lock_out() {
        assert_eq!(wait_after(4), SignedDuration::ZERO);
        assert_eq!(wait_after(5), SignedDuration::from_secs(2));
        assert!(wait_after(6) > wait_after(5));
        assert_eq!(wait_after(1_000_000), LONGEST_WAIT);
    }

    #[test]
    fn a_password_is_long_and_not_the_name() {
        assert!(check_password("correct horse battery", "anna").is_ok());
        for wrong in ["short", "aaaaaaaaaaaaaaaa", "anna anna anna anna", &"x1y2z3".repeat(40)] {
            assert!(check_password(wrong, "anna").is_err(), "{wrong}");
        }
    }
}
