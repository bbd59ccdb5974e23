//! Where things with work orders and trainees are, as a table.

use muster_domain::{code::Code, ledger::account::Whereabouts};

use crate::output;

/// A row: where, how many units, and the codes of what is there.
pub(crate) fn row<'a>(at: &Whereabouts, units: i64, codes: impl Iterator<Item = &'a Code>) -> Vec<String> {
    let at = match at {
        Whereabouts::Place(place) => place.to_string(),
        Whereabouts::Lane(lane) => format!("on {lane}"),
    };
    vec![at, output::whole(units), codes.map(Code::as_str).collect::<Vec<_>>().join(" ")]
}

pub(crate) fn tell(rows: &[Vec<String>]) {
    if !rows.is_empty() {
        output::table(&[("where", false), ("units", true), ("which", false)], rows);
    }
}
