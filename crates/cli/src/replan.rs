//! What a plan makes of promised lines, for people and as JSON.

use muster_app::{
    plan::fate::{Difference, Fates, Replan},
    planner::plan::Flow,
};
use muster_domain::{mission::Mission, picture::Picture};
use serde_json::{Value, json};

use crate::{output, plan};

/// Prints which promised lines stay and what changes for whom.
pub(crate) fn tell(picture: &Picture, fates: &Fates, counted: &Replan) {
    let Some(mission) = picture.mission() else { return };
    output::line(&format!(
        "\nOf {} promised lines {} stay as they are ({}), {} change, {} are dropped; {} lines are new. A change had to gain {} of what a line is worth.",
        counted.promised(),
        counted.kept,
        output::percent(counted.kept as f64, counted.promised() as f64),
        counted.changed,
        counted.dropped,
        counted.new,
        output::percent(counted.keep, 1.0)
    ));
    if fates.differences.is_empty() {
        return;
    }
    let row = |d: &Difference| {
        let donor = picture.offers.get(&d.offer).map_or_else(String::new, |offer| offer.donor.to_string());
        let was = d.was.iter().map(|(promise, flow)| format!("{}: {}", promise.name(), of(mission, flow)));
        let becomes = d.becomes.iter().map(|(_, flow)| of(mission, flow));
        let (was, becomes): (Vec<_>, Vec<_>) = (was.collect(), becomes.collect());
        vec![d.fate.as_str().into(), d.need.clone(), d.offer.clone(), donor, was.join("; "), becomes.join("; ")]
    };
    let headings = ["", "need", "offer", "donor", "was", "becomes"].map(|heading| (heading, false));
    output::table(&headings, &fates.differences.iter().map(row).collect::<Vec<Vec<String>>>());
}

fn of(mission: &Mission, flow: &Flow) -> String {
    let (way, arrives) = (plan::way(mission, flow), mission.day_of(flow.arrive));
    let by = if way.is_empty() { String::new() } else { format!(" by {way}") };
    format!("{}{by}, arrives {arrives}", output::whole(flow.quantity))
}

/// What changes, as JSON; periods are counted from 0.
pub(crate) fn json(fates: &Fates) -> Value {
    let difference = |d: &Difference| {
        let was =
            d.was.iter().map(|(promise, flow)| json!({ "plan": promise.plan, "line": promise.line, "flow": flow }));
        let becomes = d.becomes.iter().map(|(line, flow)| json!({ "line": line, "flow": flow }));
        json!({
            "fate": d.fate.as_str(), "need": d.need, "offer": d.offer,
            "was": was.collect::<Vec<_>>(), "becomes": becomes.collect::<Vec<_>>(),
        })
    };
    fates.differences.iter().map(difference).collect()
}
