//! Where things with work orders and trainees are: on a map, and as a table.

use std::collections::BTreeMap;

use muster_domain::{code::Code, ledger::account::Whereabouts, picture::Picture};

use super::{
    picture::{self, Carried, Here, Island, Measure, OnMap},
    record::panels::{Panel, codes_cell, number_cell, record_cell, text_cell},
};
use crate::text::{self, say};

/// What is at a place, or on a lane.
pub(crate) struct There {
    pub(crate) code: Code,
    pub(crate) state: &'static str,
    pub(crate) units: i64,
}

/// Both pictures of it.
pub(crate) struct Told {
    pub(crate) map: Option<Island>,
    pub(crate) table: Panel,
}

/// Tells where things are: `name` is that of the panel and its map, `address` where each of them has its page. Places that the viewer does
/// not see are in the table only.
pub(crate) fn told(
    picture: &Picture,
    name: &'static str,
    measure: Measure,
    address: fn(&str) -> String,
    all: &BTreeMap<Whereabouts, Vec<There>>,
) -> Told {
    let units = |there: &[There]| there.iter().map(|of| of.units).sum::<i64>();
    let states = |there: &[There]| {
        let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
        there.iter().for_each(|of| *counts.entry(of.state).or_default() += of.units);
        let said = counts.iter().map(|(state, units)| format!("{}: {units}", text::word(state)));
        said.collect::<Vec<_>>().join(", ")
    };
    let (mut here, mut carried) = (BTreeMap::new(), BTreeMap::new());
    let heads = [("where", false), ("panel-quantity", true), ("where-states", false), ("where-which", false)];
    let mut table = Panel::new(name, &heads);
    for (at, there) in all {
        let (sheet, code) = match at {
            Whereabouts::Place(place) => {
                here.insert(place.to_string(), Here { units: units(there), text: states(there) });
                ("places", place)
            }
            Whereabouts::Lane(lane) => {
                carried.insert(lane.to_string(), Carried { total: units(there) as f64, periods: Vec::new() });
                ("lanes", lane)
            }
        };
        table.row(vec![
            record_cell(picture, sheet, code.as_str()),
            number_cell(units(there)),
            text_cell(states(there)),
            codes_cell(there.iter().map(|of| &of.code), address),
        ]);
    }
    let shown = OnMap { carried: Some((&carried, measure)), here, ..OnMap::default() };
    let map = picture::map(picture, "where-map", say(&format!("panel-{name}")).into_owned(), shown);
    Told { map, table }
}
