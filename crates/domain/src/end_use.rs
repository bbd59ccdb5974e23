//! End-use checks: whether what was given with a check attached is still where and with whom it should be. A donor's caveat or the mission's
//! rule for an item says when the first check is due after a unit received something, and when each later one; of several the strictest
//! holds. What is overdue is delinquent, as of any date.

use jiff::{SignedDuration, Timestamp};

use crate::{
    code::{Code, Ref},
    fault::Faults,
    item::{Item, Tracking},
    message,
    picture::Picture,
    record,
    record::{Record, Rules},
    words,
};

words! {
    /// What an inspector found.
    pub enum Grade {
        /// Seen, with its serial number, with the unit that should have it.
        Sighted = "sighted",
        /// Seen, and not fit for use.
        Unserviceable = "unserviceable",
        /// Not seen, but its unit proved where it is.
        Accounted = "accounted",
        /// Neither seen nor proved.
        NotFound = "not_found",
    }
}

impl Grade {
    /// Whether it answers the check; else the check stays due.
    pub fn answers(self) -> bool {
        self != Self::NotFound
    }
}

/// How often something is to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// Days from receipt to the first check.
    pub first_days: u32,
    /// Days from one check to the next; none: there is no other.
    pub again_days: Option<u32>,
}

record! {
    /// The mission's rule of when an item is to be checked, whoever gave it.
    pub struct EndUseRule in "end_use_rules" by (code) owned by () usually Participants {
        /// Its code.
        code: Code,
        /// The item: in whatever state, and told apart by its serial number.
        item: Ref<Item>,
        /// Days from arrival to the first check.
        first_check_days: u32,
        /// Days between later checks; none: there is no other.
        recheck_days: Option<u32>,
    }
}

impl Rules for EndUseRule {
    fn rules(&self, faults: &mut Faults<'_>) {
        let again = self.recheck_days.map_or_else(String::new, |d| d.to_string());
        faults.require(self.recheck_days != Some(0), "recheck_days", again, message!("one-or-more"));
    }
}

/// Rules for items that no serial number tells apart.
pub(crate) fn faults(picture: &Picture, found: &mut Vec<crate::fault::Fault>) {
    for (code, rule) in &picture.end_use_rules {
        let tracked = picture.items.get(rule.item.as_str()).is_none_or(|item| item.tracking == Tracking::Serial);
        if !tracked {
            let message = message!("end-use-rule-without-serial");
            Faults::of(EndUseRule::SHEET, code, found).column("item", rule.item.as_str(), message);
        }
    }
}

/// A record that asks for checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckRule<'a> {
    /// Its sheet: caveats, or the mission's rules.
    pub sheet: &'static str,
    /// Its code.
    pub code: &'a str,
    /// How often it asks.
    pub checks: Checks,
}

impl<'a> CheckRule<'a> {
    /// The records that ask for checks of an item given under some caveats.
    pub fn all<'c>(picture: &'a Picture, item: &str, caveats: impl IntoIterator<Item = &'c str>) -> Vec<Self> {
        let caveats = caveats.into_iter().filter_map(|code| picture.caveats.get(code)).filter_map(|caveat| {
            let checks = Checks { first_days: caveat.first_check_days?, again_days: caveat.recheck_days };
            Some(Self { sheet: "caveats", code: caveat.code.as_str(), checks })
        });
        let of_item = picture.end_use_rules.values().filter(|rule| rule.item.as_str() == item).map(|rule| {
            let checks = Checks { first_days: rule.first_check_days, again_days: rule.recheck_days };
            Self { sheet: EndUseRule::SHEET, code: rule.code.as_str(), checks }
        });
        caveats.chain(of_item).collect()
    }

    /// Those of several that say when the next check is due of what was or was not checked yet: the strictest.
    pub fn decisive(rules: &[Self], checked: bool) -> Vec<Self> {
        let days = |rule: &Self| if checked { rule.checks.again_days } else { Some(rule.checks.first_days) };
        let least = rules.iter().filter_map(days).min();
        rules.iter().filter(|rule| least.is_some() && days(rule) == least).copied().collect()
    }
}

impl Checks {
    /// The strictest of several; none if there is none.
    pub fn strictest(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().reduce(|one, other| Self {
            first_days: one.first_days.min(other.first_days),
            again_days: [one.again_days, other.again_days].into_iter().flatten().min(),
        })
    }

    /// When the next check is due of what was received and perhaps checked since; none if none is.
    pub fn due(self, received: Timestamp, checked: Option<Timestamp>) -> Option<Timestamp> {
        let (since, days) = match checked {
            None => (received, self.first_days),
            Some(checked) => (checked, self.again_days?),
        };
        since.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_check_is_due_after_ninety_days_and_then_each_year() {
        let checks = Checks { first_days: 90, again_days: Some(365) };
        let received = at("2026-01-01T00:00:00Z");
        assert_eq!(checks.due(received, None), Some(at("2026-04-01T00:00:00Z")));
        assert_eq!(checks.due(received, Some(at("2026-03-01T00:00:00Z"))), Some(at("2027-03-01T00:00:00Z")));
        let once = Checks { again_days: None, ..checks };
        assert_eq!(once.due(received, Some(received)), None);
    }

    #[test]
    fn of_several_rules_the_strictest_decides_each_time() {
        let rule =
            |sheet, first_days, again_days| CheckRule { sheet, code: "R", checks: Checks { first_days, again_days } };
        let (caveat, item) = (rule("caveats", 90, None), rule("end_use_rules", 180, Some(365)));
        let all = [caveat, item];
        assert_eq!(
            Checks::strictest(all.map(|rule| rule.checks)),
            Some(Checks { first_days: 90, again_days: Some(365) })
        );
        assert_eq!(CheckRule::decisive(&all, false), [caveat]);
        assert_eq!(CheckRule::decisive(&all, true), [item]);
        assert_eq!(CheckRule::decisive(&[caveat], true), []);
        assert_eq!(Checks::strictest([]), None);
    }
}
