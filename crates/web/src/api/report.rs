//! The first picture, reports as of any date, and the search.

use muster_app::{
    overview::NeedRow,
    report::{By, ReportRow},
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    given::{Field, Kind, may, must, words},
    schema,
};
use crate::pages::plan_why::why;

/// The fields by which a picture is drawn at another date.
pub(crate) fn dates() -> [Field; 2] {
    [may("as_of", Kind::Date), may("known", Kind::Date)]
}

fn row_schema() -> Value {
    let figures =
        schema::object([("units", schema::integer()), ("tonnes", schema::number()), ("value", schema::number())]);
    schema::object([
        ("code", schema::text()),
        ("name", schema::text()),
        ("needed", figures.clone()),
        ("offered", figures.clone()),
        ("planned", figures.clone()),
        ("dispatched", figures.clone()),
        ("received", figures),
    ])
}

fn row(row: &ReportRow) -> Value {
    serde_json::to_value(row).unwrap_or_default()
}

pub(crate) fn overview_schema() -> Value {
    let given = schema::object([("offer", schema::text()), ("name", schema::text()), ("units", schema::integer())]);
    let need = schema::object([
        ("figures", row_schema()),
        ("unit", schema::text()),
        ("purpose", schema::text()),
        ("place", schema::text()),
        ("due", schema::text()),
        ("state", schema::text()),
        ("offers", schema::list(given)),
        ("last", schema::maybe(schema::text())),
        ("reason", schema::list(schema::text())),
    ]);
    let money = schema::object([
        ("currency", schema::text()),
        ("places", schema::integer()),
        ("promised", schema::integer()),
        ("received", schema::integer()),
        ("set_aside", schema::integer()),
        ("paid", schema::integer()),
    ]);
    schema::object([
        ("mission", schema::text()),
        ("description", schema::text()),
        ("fictional", schema::boolean()),
        ("period", schema::object([("now", schema::integer()), ("of", schema::integer())])),
        ("donors", schema::integer()),
        ("offers", schema::object([("all", schema::integer()), ("committed", schema::integer())])),
        ("pledged_tonnes", schema::number()),
        ("money", schema::list(money)),
        ("purposes", schema::list(row_schema())),
        ("needs", schema::list(need)),
        ("plan", schema::maybe(schema::text())),
    ])
}

pub(crate) async fn overview(call: Call) -> Result<Answer, Failure> {
    let (as_of, known) = (call.query.date("as_of"), call.query.date("known"));
    let overview = call.site.app.overview_at(call.viewer(), as_of, known).await?;
    let picture = call.site.app.picture(call.viewer()).await?;
    let given = |(offer, name, units): &(String, String, i64)| json!({ "offer": offer, "name": name, "units": units });
    let need = |need: &NeedRow| {
        json!({
            "figures": row(&need.report),
            "unit": need.unit,
            "purpose": need.purpose,
            "place": need.place,
            "due": need.due,
            "state": need.state,
            "offers": need.offers.iter().map(given).collect::<Vec<_>>(),
            "last": need.last,
            "reason": need.lacking.iter().flat_map(|lacking| why(&picture, lacking)).collect::<Vec<_>>(),
        })
    };
    Ok(Answer::json(json!({
        "mission": overview.mission,
        "description": overview.description,
        "fictional": overview.fictional,
        "period": { "now": overview.period.0, "of": overview.period.1 },
        "donors": overview.donors,
        "offers": { "all": overview.offers.0, "committed": overview.offers.1 },
        "pledged_tonnes": overview.pledged,
        "money": overview.money,
        "purposes": overview.purposes.iter().map(row).collect::<Vec<_>>(),
        "needs": overview.rows.iter().map(need).collect::<Vec<_>>(),
        "plan": overview.plan.as_ref().map(|plan| plan.stored.plan.code.to_string()),
    })))
}

pub(crate) fn report_fields() -> Vec<Field> {
    std::iter::once(must("by", words(["need", "donor", "purpose"]))).chain(dates()).collect()
}

pub(crate) fn report_schema() -> Value {
    schema::object([
        ("as_of", schema::maybe(schema::text())),
        ("known", schema::maybe(schema::text())),
        ("rows", schema::list(row_schema())),
    ])
}

pub(crate) async fn report(call: Call) -> Result<Answer, Failure> {
    let by = match call.query.text("by") {
        "need" => By::Need,
        "donor" => By::Donor,
        _ => By::Purpose,
    };
    let (as_of, known) = (call.query.date("as_of"), call.query.date("known"));
    let report = call.site.app.report(call.viewer(), by, as_of, known).await?;
    Ok(Answer::json(serde_json::to_value(report).unwrap_or_default()))
}

pub(crate) fn search_fields() -> Vec<Field> {
    vec![must("q", Kind::Text(200)), may("of_each", Kind::Integer(1, 50))]
}

pub(crate) fn search_schema() -> Value {
    let found = schema::object([("sheet", schema::text()), ("key", schema::text()), ("name", schema::text())]);
    schema::object([("found", schema::list(found))])
}

pub(crate) async fn search(call: Call) -> Result<Answer, Failure> {
    let of_each = call.query.integer("of_each").unwrap_or(8);
    let found = call.site.app.search(call.viewer(), call.query.text("q"), of_each).await?;
    let found = found.into_iter().map(|one| json!({ "sheet": one.sheet, "key": one.key, "name": one.name }));
    Ok(Answer::json(json!({ "found": found.collect::<Vec<_>>() })))
}
