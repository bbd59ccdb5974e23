//! Shapes of what is shown of a consignment: its head, and each of the lists that belong to it, field by field.

use serde_json::Value;

use super::{conveyed::leg_schema, schema, variance};

fn code() -> Value {
    schema::maybe(schema::text())
}

pub(crate) fn head_schema() -> Vec<(&'static str, Value)> {
    let moment = || schema::maybe(schema::moment());
    vec![
        ("code", schema::text()),
        ("state", schema::text()),
        ("consignor", schema::text()),
        ("consignee", schema::text()),
        ("origin", schema::text()),
        ("destination", schema::text()),
        ("place", schema::text()),
        ("route", schema::list(schema::text())),
        ("lane", code()),
        ("at_end", schema::boolean()),
        ("created_at", schema::moment()),
        ("departs_at", moment()),
        ("arrives_at", moment()),
        ("remark", schema::text()),
        ("made_from", code()),
        ("sent_to", code()),
        ("version", schema::integer()),
    ]
}

/// By this name the description knows a consignment with all that belongs to it.
pub(crate) const NAME: &str = "consignment";

/// A consignment with all that belongs to it, by reference.
pub(crate) fn by_reference() -> Value {
    schema::component(NAME)
}

/// A consignment with all that belongs to it.
pub(crate) fn shown_schema() -> Value {
    let lists = [
        ("lines", line()),
        ("handling_units", handling_unit()),
        ("milestones", milestone()),
        ("overrides", opened()),
        ("movements", moved()),
        ("handovers", handover()),
        ("variances", variance::shown_schema()),
    ];
    let own = [("into_stock", schema::boolean())];
    let lists = lists.into_iter().map(|(name, one)| (name, schema::list(one)));
    schema::object(head_schema().into_iter().chain(own).chain(lists))
}

/// Units that are known by lot or serial number, or lie on a handling unit.
pub(crate) fn unit_schema() -> Value {
    schema::object([
        ("lot", schema::text()),
        ("serial", schema::text()),
        ("quantity", schema::integer()),
        ("sscc", code()),
    ])
}

fn line() -> Value {
    let worth = schema::object([
        ("minor", schema::integer()),
        ("currency", schema::text()),
        ("method", schema::text()),
        ("date", schema::text()),
        ("source", schema::text()),
    ]);
    schema::object([
        ("line", schema::integer()),
        ("plan", code()),
        ("plan_line", schema::maybe(schema::integer())),
        ("offer", code()),
        ("need", code()),
        ("resource", schema::text()),
        ("item", code()),
        ("tracking", code()),
        ("quantity", schema::integer()),
        ("present", schema::integer()),
        ("condition", code()),
        ("value", schema::maybe(worth)),
        ("remark", schema::text()),
        ("units", schema::list(unit_schema())),
    ])
}

fn handling_unit() -> Value {
    schema::object([
        ("sscc", schema::text()),
        ("kind", schema::text()),
        ("gross_kg", schema::maybe(schema::integer())),
        ("seal", schema::text()),
    ])
}

fn taken_back() -> Value {
    schema::object([("at", schema::moment()), ("by", schema::text()), ("reason", schema::text())])
}

fn milestone() -> Value {
    schema::object([
        ("milestone", schema::text()),
        ("completes", schema::maybe(schema::integer())),
        ("unsigned", schema::boolean()),
        ("taken_back", schema::maybe(taken_back())),
        ("place", schema::text()),
        ("movement", code()),
        ("occurred_at", schema::moment()),
        ("recorded_at", schema::moment()),
        ("actor", schema::text()),
        ("remark", schema::text()),
        ("entry", schema::maybe(schema::integer())),
    ])
}

fn opened() -> Value {
    schema::object([
        ("gate", schema::text()),
        ("line", schema::integer()),
        ("reason", schema::text()),
        ("actor", schema::text()),
        ("recorded_at", schema::moment()),
    ])
}

fn moved() -> Value {
    schema::object(super::conveyed::movement_schema().into_iter().chain(leg_schema()))
}

fn handover() -> Value {
    schema::object([
        ("handover", schema::text()),
        ("milestone", schema::integer()),
        ("kind", schema::text()),
        ("place", schema::text()),
        ("at", schema::moment()),
        ("hands_over", signature()),
        ("takes_over", signature()),
        ("photos", schema::list(schema::text())),
        ("doubts", schema::list(schema::text())),
        ("sha256", schema::text()),
    ])
}

/// Who signed, and how; of paper the hash of its photograph.
fn signature() -> Value {
    schema::object([("name", schema::text()), ("party", schema::text()), ("means", schema::text()), ("photo", code())])
}
