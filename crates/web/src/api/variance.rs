//! Variances: what is wrong with what came, counted, named and resolved.

use muster_app::{
    App,
    storage::transfer::tell::VarianceFilter,
    transfer::{parting::SomeOf, shown, variance::ShownVariance},
};
use muster_domain::{
    field::Field as _,
    variance::{Escalation, Resolution},
    viewer::Sight,
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    consignment,
    given::{Field, Kind, may, must, reason, words},
    record::{USUAL, paging},
    schema,
};
use crate::cursor;

/// Longest code.
const LONGEST: usize = 200;

pub(crate) fn list_fields() -> Vec<Field> {
    let own = [
        may("open", Kind::Boolean),
        may("overdue", Kind::Boolean),
        may("waits_for", words(Escalation::ALL)),
        may("consignment", Kind::Text(LONGEST)),
        may("place", Kind::Text(LONGEST)),
        may("as_of", Kind::Date),
        may("known", Kind::Date),
    ];
    paging().into_iter().chain(own).collect()
}

/// Whom something that stayed open was taken to, and when.
pub(crate) fn escalations_schema() -> Value {
    schema::list(schema::object([("level", schema::text()), ("at", schema::moment())]))
}

pub(crate) fn shown_schema() -> Value {
    let code = || schema::maybe(schema::text());
    let count = schema::object([
        ("actor", schema::text()),
        ("quantity", schema::integer()),
        ("again", schema::boolean()),
        ("counted_at", schema::moment()),
        ("remark", schema::text()),
    ]);
    let resolved = schema::object([
        ("resolution", schema::text()),
        ("at", schema::moment()),
        ("by", schema::text()),
        ("reason", schema::text()),
    ]);
    let elsewhere = schema::object([("serial", schema::text()), ("account", code()), ("consignment", code())]);
    schema::object([
        ("code", schema::text()),
        ("kind", schema::text()),
        ("consignment", code()),
        ("line", schema::integer()),
        ("place", schema::text()),
        ("holder", schema::text()),
        ("resource", code()),
        ("in_books", schema::boolean()),
        ("elsewhere", schema::list(elsewhere)),
        ("description", schema::text()),
        ("quantity", schema::maybe(schema::integer())),
        ("units", schema::list(super::consignment_shape::unit_schema())),
        ("occurred_at", schema::moment()),
        ("recorded_at", schema::moment()),
        ("actor", schema::text()),
        ("remark", schema::text()),
        ("due_at", schema::moment()),
        ("waits_for", schema::maybe(schema::text())),
        ("escalations", escalations_schema()),
        ("entry", schema::maybe(schema::integer())),
        ("counts", schema::list(count)),
        ("counted_by", schema::integer()),
        ("agreed", schema::maybe(schema::integer())),
        ("resolutions", schema::list(schema::text())),
        ("resolved", schema::maybe(resolved)),
        ("part_of", code()),
        ("parts", schema::list(schema::object([("variance", schema::text()), ("quantity", schema::integer())]))),
    ])
}

pub(crate) fn list_schema() -> Value {
    schema::page("variances", shown_schema())
}

fn told(call: &Call, variance: &ShownVariance) -> Value {
    shown::variance(variance, call.viewer().sight == Sight::Everything)
}

/// Which variances are asked for.
pub(crate) fn filter(call: &Call) -> VarianceFilter {
    let overdue = call.query.yes("overdue").then_some(Escalation::Nations);
    let waits_for = call.query.maybe("waits_for").and_then(|level| Escalation::parse(&level).ok());
    let filter = VarianceFilter {
        open: call.query.yes("open"),
        consignment: call.query.maybe("consignment"),
        place: call.query.maybe("place"),
        as_of: Some(App::as_of(call.query.date("as_of"), call.query.date("known"))),
        ..VarianceFilter::default()
    };
    filter.waiting_for(overdue.or(waits_for), call.site.app.now())
}

pub(crate) async fn list(call: Call) -> Result<Answer, Failure> {
    let filter = VarianceFilter { after: call.query.cursor()?, ..filter(&call) };
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let mut found = call.site.app.variances(call.viewer(), &filter, limit + 1).await?;
    let next = cursor::next(&mut found, limit as usize, ShownVariance::place);
    let all: Vec<Value> = found.iter().map(|variance| told(&call, variance)).collect();
    Ok(Answer::json(json!({ "variances": all, "next": next })))
}

pub(crate) async fn show(call: Call) -> Result<Answer, Failure> {
    let found = call.site.app.variance(call.viewer(), call.part("variance")).await?;
    Ok(Answer::json(told(&call, &found)))
}

pub(crate) fn count_fields() -> Vec<Field> {
    vec![
        must("quantity", Kind::Integer(0, i64::MAX)),
        may("at", Kind::Moment),
        may("remark", Kind::Text(1_000)),
        reason(),
    ]
}

pub(crate) async fn count(call: Call) -> Result<Answer, Failure> {
    let quantity = call.given.integer("quantity").unwrap_or_default();
    let (code, remark) = (call.part("variance"), call.given.text("remark"));
    call.site.app.variance_count(code, (quantity, remark), call.given.moment("at"), &call.actor()).await?;
    show(call).await
}

pub(crate) fn identify_fields() -> Vec<Field> {
    [must("resource", Kind::Text(LONGEST)), reason()].into_iter().chain(consignment::named_fields()).collect()
}

pub(crate) async fn identify(call: Call) -> Result<Answer, Failure> {
    let (code, resource, named) = (call.part("variance"), call.given.text("resource"), consignment::named(&call.given));
    call.site.app.variance_identify(code, resource, &named, &call.actor()).await?;
    show(call).await
}

pub(crate) fn resolve_fields() -> Vec<Field> {
    // That something stands on the manifest by another number is said of what is missing.
    let offered = words(Resolution::ALL.iter().filter(|one| one.is_chosen()));
    let own = [must("resolution", offered), may("quantity", Kind::Integer(1, i64::MAX)), reason()];
    own.into_iter().chain(consignment::named_fields()).collect()
}

pub(crate) async fn resolve(call: Call) -> Result<Answer, Failure> {
    if let Ok(resolution) = Resolution::parse(call.given.text("resolution")) {
        let named = consignment::named(&call.given);
        let some = SomeOf { quantity: call.given.integer("quantity"), lot: named.lot, serials: named.serials };
        call.site.app.variance_resolve_some(call.part("variance"), &some, resolution, &call.actor()).await?;
    }
    show(call).await
}

pub(crate) fn renumber_fields() -> Vec<Field> {
    vec![must("wrong", Kind::Text(LONGEST)), must("right", Kind::Text(LONGEST)), reason()]
}

pub(crate) async fn renumber(call: Call) -> Result<Answer, Failure> {
    let (code, wrong, right) = (call.part("variance"), call.given.text("wrong"), call.given.text("right"));
    call.site.app.variance_renumber(code, wrong, right, &call.actor()).await?;
    show(call).await
}
