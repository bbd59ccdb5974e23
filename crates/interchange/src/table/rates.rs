//! Rates of exchange: which one holds for a figure, and the figure in the common currency.

use muster_domain::{date::PartialDate, field::Currency, fixed::Fixed};

use super::decimal::divide;

/// A rate as the map states it.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    /// The currency that is converted.
    pub(super) currency: Currency,
    /// When it holds.
    pub(super) date: PartialDate,
    /// Units of that currency for one of the common currency.
    pub(super) value: Fixed<9>,
    /// Where it comes from.
    pub(super) source: String,
}

/// Which rate holds for a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The rate of that very day.
    SameDay,
    /// The rate of that month.
    SameMonth,
    /// The latest rate of that day or before.
    LatestBefore,
    /// The currency's only rate, whatever the date.
    Fixed,
}

impl Rule {
    pub(super) const ALL: [(&'static str, Self); 4] = [
        ("same_day", Self::SameDay),
        ("same_month", Self::SameMonth),
        ("latest_before", Self::LatestBefore),
        ("fixed", Self::Fixed),
    ];

    /// The rate for a figure in `currency` of `date`.
    pub(super) fn pick(self, rates: &[Rate], currency: Currency, date: Option<PartialDate>) -> Option<&Rate> {
        let mut own = rates.iter().filter(|rate| rate.currency == currency);
        if self == Self::Fixed {
            return own.next();
        }
        let date = date?;
        match self {
            Self::SameDay => own.find(|rate| rate.date == date && date.earliest() == date.latest()),
            Self::SameMonth => own.find(|rate| month(rate.date).is_some() && month(rate.date) == month(date)),
            _ => own.filter(|rate| rate.date.latest() <= date.earliest()).max_by_key(|rate| rate.date.latest()),
        }
    }
}

/// Year and month, where the date is known to the month.
fn month(date: PartialDate) -> Option<String> {
    date.to_string().get(..7).map(str::to_owned)
}

/// The value in the common currency, rounded to `places` (at most 6), to even. `None` if it does not fit.
pub(super) fn convert(value: Fixed<6>, rate: Fixed<9>, places: u32) -> Option<Fixed<6>> {
    let scale = 10_i128.pow(places);
    let units = divide(i128::from(value.0) * 1_000_000_000 * scale, i128::from(rate.0) * 1_000_000);
    i64::try_from(units * 1_000_000 / scale).ok().map(Fixed)
}

#[cfg(test)]
mod tests {
    use muster_domain::field::Field;

    use super::*;

    fn rates() -> Vec<Rate> {
        ["2022-03-01", "2022-04", "2022-05-10"]
            .iter()
            .zip(1..)
            .map(|(date, n)| Rate {
                currency: Currency::parse("USD").unwrap(),
                date: PartialDate::parse(date).unwrap(),
                value: Fixed(n),
                source: "s".into(),
            })
            .collect()
    }

    #[test]
    fn the_rule_says_which_rate_holds() {
        let usd = Currency::parse("USD").unwrap();
        let all = rates();
        let pick = |rule: Rule, date: &str| rule.pick(&all, usd, PartialDate::parse(date).ok()).map(|r| r.value.0);
        assert_eq!(pick(Rule::SameDay, "2022-03-01"), Some(1));
        assert_eq!(pick(Rule::SameDay, "2022-03-02"), None);
        assert_eq!(pick(Rule::SameDay, "2022-04"), None);
        assert_eq!(pick(Rule::SameMonth, "2022-04-30"), Some(2));
        assert_eq!(pick(Rule::SameMonth, "2022"), None);
        assert_eq!(pick(Rule::LatestBefore, "2022-05-09"), Some(2));
        assert_eq!(pick(Rule::LatestBefore, "2022-04-15"), Some(1));
        assert_eq!(pick(Rule::LatestBefore, "2022-02-28"), None);
        assert_eq!(Rule::Fixed.pick(&all, Currency::parse("JPY").unwrap(), None).map(|r| r.value.0), None);
    }

    #[test]
    fn conversion_is_exact_to_the_cent() {
        assert_eq!(convert(Fixed(110_190_000), Fixed(1_101_900_000), 2), Some(Fixed(100_000_000)));
        assert_eq!(convert(Fixed(1_000_000), Fixed(3_000_000_000), 2), Some(Fixed(330_000)));
        assert_eq!(convert(Fixed(1_000_000), Fixed(3_000_000_000), 6), Some(Fixed(333_333)));
        assert_eq!(convert(Fixed(i64::MAX), Fixed(1), 2), None);
    }
}
