//! How the API tells where something is: at a place, or on a lane.

use muster_domain::{code::Code, ledger::account::Whereabouts};
use serde_json::{Value, json};

use super::schema;

/// `of` names the codes of what is there.
pub(crate) fn schema(of: &'static str) -> Value {
    schema::object([
        ("place", schema::maybe(schema::text())),
        ("lane", schema::maybe(schema::text())),
        ("units", schema::integer()),
        (of, schema::list(schema::text())),
    ])
}

pub(crate) fn told<'a>(of: &str, at: &Whereabouts, units: i64, codes: impl Iterator<Item = &'a Code>) -> Value {
    let (place, lane) = match at {
        Whereabouts::Place(place) => (Some(place.as_str()), None),
        Whereabouts::Lane(lane) => (None, Some(lane.as_str())),
    };
    json!({ "place": place, "lane": lane, "units": units, of: codes.map(Code::as_str).collect::<Vec<_>>() })
}
