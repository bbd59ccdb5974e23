//! Gates that were opened with authority, as oversight lists them: by gate, by who opened them, and by when.

use jiff::{Timestamp, civil::Date};
use muster_app::{
    Error, end_of, start_of,
    storage::transfer::opened::{Opened, OpenedFilter},
};
use muster_domain::{field::Field as _, gate::Gate, picture::Picture};

use super::{
    consignment::code_cell,
    figures,
    record::{
        cells::Cell,
        list::{Parameters, kept, said},
        panels::{Panel, record_cell, text_cell},
    },
};
use crate::{
    Site,
    auth::Asker,
    cursor,
    text::{self, say, say_with},
};

/// Rows of the table.
const MOST: i64 = 50;

/// Names of the fields by which the list is asked for.
const FIELDS: [&str; 6] = ["gate", "opened_by", "opened_from", "opened_to", "as_of", "known"];

/// The list with its filter.
pub(crate) struct OpenedGates {
    pub(crate) panel: Panel,
    /// Gates to choose from, and whether each is chosen.
    pub(crate) gates: Vec<(&'static str, bool)>,
    pub(crate) by: String,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// What the parameters of a page ask for, as known at a moment.
pub(crate) async fn list(
    site: &Site,
    asker: &Asker,
    picture: &Picture,
    parameters: &Parameters,
    known: Timestamp,
) -> Result<OpenedGates, Error> {
    let text = |name: &str| said(parameters, name);
    let day = |name: &str| text(name).and_then(|day| day.parse::<Date>().ok());
    let (gate, from, to) =
        (text("gate").and_then(|gate| Gate::parse(&gate).ok()), day("opened_from"), day("opened_to"));
    let filter = OpenedFilter {
        gate,
        actor: text("opened_by"),
        from: from.map(start_of),
        to: Some(to.map_or(known, |day| end_of(day).min(known))),
        after: text("opened").and_then(|text| cursor::read(&text)),
        ..OpenedFilter::default()
    };
    let mut found = site.app.overrides(&asker.viewer, &filter, MOST + 1).await?;
    let next = cursor::next(&mut found, MOST as usize, Opened::place);
    let mut panel = panel(picture, &found);
    panel.link = next.map(|cursor| {
        let kept = kept(parameters, &FIELDS);
        (format!("/oversight?{kept}opened={cursor}#overrides"), say("list-more").into_owned())
    });
    let shown = |day: Option<Date>| day.map_or_else(String::new, |day| day.to_string());
    let gates = Gate::ALL.iter().filter(|gate| gate.may_be_overridden());
    Ok(OpenedGates {
        panel,
        gates: gates.map(|one| (one.as_str(), Some(*one) == gate)).collect(),
        by: text("opened_by").unwrap_or_default(),
        from: shown(from),
        to: shown(to),
    })
}

fn gate(one: &Opened) -> String {
    let gate = text::word(one.gate.gate.as_str()).into_owned();
    if one.taken_back { say_with("override-taken-back", &[("x", gate.into())]) } else { gate }
}

fn panel(picture: &Picture, found: &[Opened]) -> Panel {
    let columns = [
        ("panel-when", false),
        ("override-gate", false),
        ("consignment", false),
        ("variance-what", false),
        ("override-by", false),
        ("reason", false),
    ];
    let mut panel = Panel::new("overrides", &columns);
    for one in found {
        panel.row(vec![
            text_cell(figures::moment(one.gate.recorded_at)),
            text_cell(gate(one)),
            code_cell(&one.consignment),
            one.resource.as_ref().map_or_else(Cell::default, |what| record_cell(picture, "resources", what.as_str())),
            text_cell(one.gate.actor.clone()),
            text_cell(one.gate.reason.clone()),
        ]);
    }
    panel
}
