//! What a line of a consignment is worth, as somebody states it.

use muster_app::transfer::worth::StatedWorth;
use muster_domain::{
    field::{Currency, Field as _, Text},
    fixed::Fixed,
    message,
    message::Message,
};

use super::{
    answer::{Answer, Failure, Fault},
    call::Call,
    given::{Field, Kind, deed_fields, must},
};
use crate::problem::Kind as Problem;

/// Longest method and source.
const LONGEST: usize = 500;

pub(crate) fn fields() -> Vec<Field> {
    [
        must("line", Kind::Integer(1, i64::from(u32::MAX))),
        must("amount", Kind::Decimal),
        must("currency", Kind::Text(3)),
        must("method", Kind::Text(LONGEST)),
        must("date", Kind::Date),
        must("source", Kind::Text(LONGEST)),
    ]
    .into_iter()
    .chain(deed_fields())
    .collect()
}

pub(crate) async fn state(call: Call) -> Result<Answer, Failure> {
    let fault = |name: &str, right: Message| {
        Failure::new(Problem::Invalid).with(vec![Fault::at(&[name]).says(message!("must-be", right))])
    };
    let given = &call.given;
    let stated = StatedWorth {
        line: given.integer("line").unwrap_or_default(),
        amount: Fixed::<3>::parse(given.text("amount")).map_err(|right| fault("amount", right))?,
        currency: Currency::parse(given.text("currency")).map_err(|right| fault("currency", right))?,
        method: Text::new(given.text("method")).map_err(|right| fault("method", right))?,
        date: given.date("date").ok_or_else(|| fault("date", message!("a-date")))?,
        source: Text::new(given.text("source")).map_err(|right| fault("source", right))?,
    };
    call.site.app.consignment_value(call.part("consignment"), &stated, &call.actor()).await?;
    Ok(Answer::none())
}
