//! The mission itself: whom it helps, and the horizon and unit of its plans.

use jiff::{ToSpan, civil::Date};

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::{Currency, Field, Text},
    fixed::Fixed,
    gs1::link::Link,
    message,
    party::Party,
    record,
    record::Rules,
};

record! {
    /// A mission.
    pub struct Mission in "mission" by (code) owned by () usually Public {
        /// Its code.
        code: Code,
        /// Its name.
        name: Text,
        /// The country that is helped.
        recipient: Ref<Party>,
        /// First day of period 0.
        start: Date,
        /// Length of a period in days.
        period_days: u32,
        /// Number of periods in the plan's horizon.
        periods: u32,
        /// Currency of the costs of lanes and processes.
        currency: Currency,
        /// Value units that one whole unit of that currency costs in the plan's objective.
        cost_weight: Fixed<6>,
        /// What it is about.
        description: String,
        /// Its company prefix of GS1, with which the numbers of its handling units begin; empty: it has none, and gives no numbers.
        gs1_prefix: String,
        /// The address below which its own identifiers stand in events for partners; empty: one that leads nowhere.
        id_base: String,
    }
}

impl Mission {
    /// The address below which the mission's own identifiers stand. Without one of its own it is below a domain that nobody can have
    /// (RFC 2606), so that the identifiers of two missions differ and none is taken for another's.
    pub fn identifiers(&self) -> String {
        if self.id_base.is_empty() {
            return format!("https://muster.invalid/mission-{}/", self.code);
        }
        self.id_base.clone()
    }

    /// Most periods of a plan.
    pub const MOST_PERIODS: u32 = 520;

    /// The first day of a period; negative periods lie before the start.
    pub fn day_of(&self, period: i64) -> Date {
        self.start.saturating_add((period * i64::from(self.period_days)).days())
    }

    /// The period in which a day lies: negative before the start, and past the horizon after its end.
    pub fn period_of(&self, day: Date) -> i64 {
        let days = i64::from(day.duration_since(self.start).as_hours() as i32 / 24);
        days.div_euclid(i64::from(self.period_days))
    }
}

impl Rules for Mission {
    fn rules(&self, faults: &mut Faults<'_>) {
        let days = self.period_days;
        faults.require((1..=31).contains(&days), "period_days", days.text(), message!("from-to", least = 1, most = 31));
        let right = (1..=Self::MOST_PERIODS).contains(&self.periods);
        faults.require(
            right,
            "periods",
            self.periods.text(),
            message!("from-to", least = 1, most = Self::MOST_PERIODS),
        );
        let prefix = self.gs1_prefix.as_str();
        let digits =
            prefix.is_empty() || ((4..=12).contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_digit()));
        faults.require(digits, "gs1_prefix", prefix, message!("must-be", right = message!("a-company-prefix")));
        let base = self.id_base.as_str();
        let right = base.is_empty() || is_base(base);
        faults.require(right, "id_base", base, message!("epcis-a-base"));
        faults.require(self.cost_weight.0 >= 0, "cost_weight", self.cost_weight.text(), message!("not-negative"));
    }
}

/// Whether identifiers may stand below an address: of `https`, it ends with a slash, and nothing in it can be taken for a key of GS1.
pub fn is_base(base: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !"<>\"{}|\\^`?#%".contains(c);
    let address = base.strip_prefix("https://").is_some_and(|rest| rest.len() > 1 && rest.ends_with('/'));
    address && base.len() <= 200 && base.chars().all(plain) && Link::parse(&format!("{base}item-A/serial-A")).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_stand_below_an_address_that_is_no_key_of_gs1() {
        for right in ["https://muster.example.org/id/", "https://muster.invalid/mission-M.1/"] {
            assert!(is_base(right), "{right}");
        }
        for wrong in [
            "",
            "http://example.org/",
            "https://example.org",
            "https://example.org/a b/",
            "https://example.org/?a/",
            "https://example.org/00/340123453111111115/",
            "https:///",
        ] {
            assert!(!is_base(wrong), "{wrong}");
        }
    }
}
