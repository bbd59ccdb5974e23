//! Gates that were opened with authority, of all consignments.

use muster_app::{
    storage::transfer::opened::{Opened, OpenedFilter},
    transfer::shown,
};
use muster_domain::{field::Field as _, gate::Gate};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    ask::Operation,
    call::Call,
    given::{Field, Kind, may, words},
    record::{USUAL, paging},
    schema,
};
use crate::cursor;

/// Longest code or name.
const LONGEST: usize = 200;

pub(crate) fn operations() -> Vec<Operation> {
    let list = schema::page("overrides", told_schema());
    vec![Operation::get("/overrides", "list-overrides", list, self::list).query(list_fields())]
}

fn list_fields() -> Vec<Field> {
    let own = [
        may("gate", words(Gate::ALL)),
        may("actor", Kind::Text(LONGEST)),
        may("consignment", Kind::Text(LONGEST)),
        may("from", Kind::Moment),
        may("to", Kind::Moment),
    ];
    paging().into_iter().chain(own).collect()
}

fn told_schema() -> Value {
    schema::object([
        ("consignment", schema::text()),
        ("gate", schema::text()),
        ("line", schema::integer()),
        ("resource", schema::maybe(schema::text())),
        ("reason", schema::text()),
        ("actor", schema::text()),
        ("recorded_at", schema::moment()),
        ("taken_back", schema::boolean()),
    ])
}

async fn list(call: Call) -> Result<Answer, Failure> {
    let text = |name: &str| call.query.maybe(name);
    let filter = OpenedFilter {
        gate: text("gate").and_then(|gate| Gate::parse(&gate).ok()),
        actor: text("actor"),
        consignment: text("consignment"),
        from: call.query.moment("from"),
        to: call.query.moment("to"),
        after: call.query.cursor()?,
    };
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let mut found = call.site.app.overrides(call.viewer(), &filter, limit + 1).await?;
    let next = cursor::next(&mut found, limit as usize, Opened::place);
    Ok(Answer::json(json!({ "overrides": found.iter().map(shown::opened).collect::<Vec<_>>(), "next": next })))
}
