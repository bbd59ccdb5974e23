//! What is odd about who signed a handover, and when: it is recorded all the same, for what happened did happen, but it stands in the
//! receipt, and whoever records it or looks at it is told.

use jiff::{SignedDuration, Timestamp};
use muster_domain::{code::Code, consignment::Milestone, message, message::Message, picture::Picture};
use serde_json::Value;

/// By how much what was signed may tell another time than what was recorded. A phone's clock may be off by more: then it is told so.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(1);

/// Both who signed are of one party, though the goods change hands.
const ONE_PARTY: &str = "one_party";
/// Nobody who signed is of a party that has the goods, or is to have them.
const STRANGERS: &str = "strangers";
/// What was signed for did not happen: its milestone was taken back.
pub(super) const TAKEN_BACK: &str = "taken_back";
/// It was signed for after it was recorded.
pub(super) const LATER: &str = "later";
/// What was signed tells another time.
const OTHER_TIME: &str = "other_time";

/// Between whom goods pass, and at which milestone.
pub(super) struct Passing<'a> {
    pub(super) milestone: Milestone,
    /// Who has them before and after, as far as the books say.
    pub(super) hands: (Option<&'a Code>, Option<&'a Code>),
    /// Who else has to do with them: who sends them, is to have them, keeps the place.
    pub(super) others: Vec<&'a Code>,
}

/// What is odd about a handover, by name; of a statement with both signatures, and the time that was signed, if it was.
pub(super) fn doubts(
    picture: &Picture,
    passing: &Passing<'_>,
    statement: &Value,
    (signed_at, at): (Option<Timestamp>, Timestamp),
) -> Vec<&'static str> {
    let [from, to] = ["hands_over", "takes_over"].map(|side| statement[side]["party"].as_str().unwrap_or_default());
    let (gives, takes) = passing.hands;
    // A carrier has no account in the books: what leaves stays with who sent it on.
    let changes_hands = passing.milestone == Milestone::Departed || gives != takes;
    let concerned: Vec<&Code> = gives.into_iter().chain(takes).chain(passing.others.iter().copied()).collect();
    let of_them = |party: &str| {
        let near = |of: &&Code| picture.belongs(party, of.as_str()) || picture.belongs(of.as_str(), party);
        !party.is_empty() && concerned.iter().any(near)
    };
    let other_time = signed_at.is_some_and(|signed| signed.duration_since(at).abs() > TOLERANCE);
    let all = [
        (ONE_PARTY, changes_hands && from == to && !from.is_empty()),
        (STRANGERS, !of_them(from) && !of_them(to)),
        (OTHER_TIME, other_time),
    ];
    all.into_iter().filter(|(_, is_so)| *is_so).map(|(name, _)| name).collect()
}

/// A doubt in words; none of what later versions know.
pub(super) fn told(doubt: &str) -> Option<Message> {
    match doubt {
        ONE_PARTY => Some(message!("signed-by-one-party")),
        STRANGERS => Some(message!("signed-by-strangers")),
        OTHER_TIME => Some(message!("signed-at-other-time")),
        LATER => Some(message!("signed-later")),
        TAKEN_BACK => Some(message!("signed-taken-back")),
        _ => None,
    }
}
