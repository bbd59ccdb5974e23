//! Needs that ask for the same are merged, and a part of a need is split off.

use muster_app::need::Merge;
use muster_domain::{code::Code, field::Field as _, message, need::Part};

use super::{
    answer::{Answer, Failure, Fault},
    call::Call,
    given::{Field, Kind, may, must, reason},
    record::{done, view},
};
use crate::problem::Kind as Problem;

/// Most needs that are merged at once.
const MOST: usize = 100;

/// Longest code.
const CODE: Kind = Kind::Text(64);

/// Most units or sets of a need.
const MOST_UNITS: i64 = u32::MAX as i64;

pub(crate) fn merge_fields() -> Vec<Field> {
    vec![must("others", Kind::Texts(MOST, 64)), may("quantity", Kind::Integer(1, MOST_UNITS)), reason()]
}

pub(crate) async fn merge(call: Call) -> Result<Answer, Failure> {
    let before = view(&call).await?;
    let quantity = call.given.integer("quantity").and_then(|quantity| u32::try_from(quantity).ok());
    let merge = Merge { into: before.key.clone(), others: call.given.texts("others"), quantity };
    let app = &call.site.app;
    let imported = app.merge(&merge, Some(&call.expected(&before.etag)), &call.actor()).await?;
    done(before.shape, &imported)?;
    let saved = app.record(call.viewer(), before.shape.sheet, &before.key).await?;
    Ok(Answer::json(saved.json()).etag(&saved.etag))
}

pub(crate) fn split_fields() -> Vec<Field> {
    vec![
        must("code", CODE),
        must("quantity", Kind::Integer(1, MOST_UNITS)),
        may("place", CODE),
        may("due", Kind::Date),
        reason(),
    ]
}

/// Answers with the need that a part was split off; the new one is found by the code that was given.
pub(crate) async fn split(call: Call) -> Result<Answer, Failure> {
    let before = view(&call).await?;
    let code = |name: &str| {
        let wrong = |message| Failure::new(Problem::Invalid).with(vec![Fault::at(&[name]).says(message)]);
        Code::parse(call.given.text(name)).map_err(|right| wrong(message!("must-be", right)))
    };
    let part = Part {
        code: code("code")?,
        quantity: call.given.integer("quantity").and_then(|quantity| u32::try_from(quantity).ok()).unwrap_or(0),
        place: if call.given.text("place").is_empty() { None } else { Some(code("place")?) },
        due: call.given.date("due"),
    };
    let app = &call.site.app;
    let imported = app.split(&before.key, &part, Some(&call.expected(&before.etag)), &call.actor()).await?;
    done(before.shape, &imported)?;
    let saved = app.record(call.viewer(), before.shape.sheet, &before.key).await?;
    Ok(Answer::json(saved.json()).etag(&saved.etag))
}
