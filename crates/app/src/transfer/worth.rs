//! What lines are worth: as their donor valued them when the offer was made, or as somebody states it, with how and when it was found.

use jiff::civil::Date;
use muster_domain::{
    field::{Currency, Text},
    fixed::Fixed,
    ledger::entry::Activity,
    message,
    policy::Action,
};
use muster_storage::transfer::{Line, Worth, Write};

use crate::{Actor, App, Error};

/// Most that a line may be worth, in minor units, so that sums of them can be told.
pub(super) const MOST_MINOR: i64 = 1_000_000_000_000_000;

/// What all units of a line are worth, and who says so.
#[derive(Clone, Debug)]
pub struct StatedWorth {
    /// The line.
    pub line: i64,
    /// Of all its units together, in the currency.
    pub amount: Fixed<3>,
    /// The currency.
    pub currency: Currency,
    /// How it was found: book value, replacement cost, appraisal.
    pub method: Text,
    /// As of which day.
    pub date: Date,
    /// Who or what says so.
    pub source: Text,
}

impl App {
    /// States what a line of a consignment is worth, instead of what was stated before; the journal notes both.
    ///
    /// # Errors
    /// If there is no such consignment or line, it is over, the amount is negative or has more places than its currency, or the database
    /// refuses.
    pub async fn consignment_value(&self, code: &str, stated: &StatedWorth, actor: &Actor) -> Result<(), Error> {
        let did = (Activity::Change, "line ");
        let Some((loaded, mut work)) = self.begin_with(code, did, None, actor).await? else { return Ok(()) };
        work.may(Action::Move, &[&loaded.head.consignor])?;
        if !loaded.head.state.is_open() {
            return Err(Error::Invalid(message!("consignment-value-late", consignment = code)));
        }
        let line = loaded.lines.iter().find(|line| line.line == stated.line);
        let missing = || Error::NotFound { what: "line", code: stated.line.to_string() };
        let line = line.ok_or_else(missing)?;
        let (currency, places) = (stated.currency.code(), i64::from(stated.currency.places()));
        let wrong = || Error::Invalid(message!("consignment-value-wrong", currency, places));
        let right = |minor: &i64| (0..=MOST_MINOR).contains(minor);
        let minor = stated.amount.minor(stated.currency.places()).filter(right).ok_or_else(wrong)?;
        // Where nothing is left, it is of all that was shipped.
        let units = if line.present > 0 { line.present } else { line.quantity.max(1) };
        let told = |worth: &Worth| {
            let amount = Fixed::<3>::of_minor(worth.of(units), worth.currency.places());
            format!("{} {amount} by {}, {}", worth.currency.code(), worth.method, worth.source)
        };
        let worth = Worth {
            minor,
            units,
            currency: stated.currency,
            method: stated.method.to_string(),
            date: stated.date.to_string(),
            source: stated.source.to_string(),
        };
        let before = line.worth.as_ref().map_or_else(|| "nothing stated".to_owned(), told);
        work.noted(Activity::Change, &loaded.head.code, format!("line {}: {} after {before}", line.line, told(&worth)));
        work.writes.push(Write::Set(loaded.head.clone()));
        work.writes.push(Write::Lines(loaded.head.code.clone(), vec![Line { worth: Some(worth), ..line.clone() }]));
        work.done().await
    }
}
