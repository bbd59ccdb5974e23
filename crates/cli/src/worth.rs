//! `muster consignment value`: what a line is worth, as somebody states it.

use clap::Args;
use muster_app::{Actor, transfer::worth::StatedWorth};
use muster_domain::{
    field::{Currency, Field, Text},
    fixed::Fixed,
};

use crate::{Failure, args::Place, open, output};

/// What all units of a line are worth together, and who says so.
#[derive(Debug, Args)]
pub(crate) struct Stated {
    /// The line
    #[arg(long)]
    line: i64,
    /// The amount, as 1200.50
    #[arg(long)]
    amount: String,
    /// Its currency, as EUR
    #[arg(long)]
    currency: String,
    /// How it was found: book value, replacement cost, appraisal
    #[arg(long)]
    method: String,
    /// As of which day
    #[arg(long)]
    date: jiff::civil::Date,
    /// Who or what says so
    #[arg(long)]
    source: String,
}

/// States it.
pub(crate) async fn state(place: &Place, code: &str, stated: &Stated, actor: &Actor) -> Result<(), Failure> {
    let Stated { line, amount, currency, method, date, source } = stated;
    let worth = StatedWorth {
        line: *line,
        amount: Fixed::parse(amount).map_err(|right| Failure::option("--amount", right))?,
        currency: Currency::parse(currency).map_err(|right| Failure::option("--currency", right))?,
        method: Text::new(method).map_err(|right| Failure::option("--method", right))?,
        date: *date,
        source: Text::new(source).map_err(|right| Failure::option("--source", right))?,
    };
    open::writing(place).await?.consignment_value(code, &worth, actor).await?;
    output::line(&format!("Line {line} of {code} is worth {currency} {amount}."));
    Ok(())
}
