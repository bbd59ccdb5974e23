//! What units are worth: a value is of so many units, and any number of them is worth its share.

use muster_domain::field::Currency;

/// What units are worth, as their donor valued them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worth {
    /// So many units together, in minor units.
    pub minor: i64,
    /// How many that is of, at least one; any number of them is worth its share.
    pub units: i64,
    /// The currency.
    pub currency: Currency,
    /// How they were valued.
    pub method: String,
    /// When.
    pub date: String,
    /// By which source.
    pub source: String,
}

impl Worth {
    /// What so many units are worth, in minor units, rounded.
    pub fn of(&self, quantity: i64) -> i64 {
        let (units, twice) = (i128::from(self.units.max(1)), 2 * i128::from(self.minor) * i128::from(quantity));
        i64::try_from((twice + units).div_euclid(2 * units)).unwrap_or(i64::MAX)
    }
}

/// What so many units of a line `l` are worth, rounded as [`Worth::of`] does. Beyond a milliard of units, where that might not fit,
/// it is of whole shares.
macro_rules! value_of {
    ($quantity:literal) => {
        concat!(
            "CASE WHEN l.value_units = ",
            $quantity,
            " THEN l.value_minor ELSE (l.value_minor / l.value_units) * ",
            $quantity,
            " + CASE WHEN l.value_units > 1000000000 OR ",
            $quantity,
            " > 1000000000 THEN 0 ELSE (2 * (l.value_minor % l.value_units) * ",
            $quantity,
            " + l.value_units) / (2 * l.value_units) END END"
        )
    };
}
pub(crate) use value_of;
