//! `muster consignment overrides`: gates that were opened with authority.

use muster_app::storage::transfer::opened::{Opened, OpenedFilter};

use crate::{
    Failure,
    args::{Format, Place},
    open, output,
};

/// Overrides that are read at once.
const AT_ONCE: i64 = 1_000;

/// Lists opened gates, the last first.
pub(crate) async fn list(place: &Place, mut filter: OpenedFilter, format: Format) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    let viewer = open::viewer(place);
    let mut found: Vec<Opened> = Vec::new();
    loop {
        let page = app.overrides(&viewer, &filter, AT_ONCE).await?;
        let Some(last) = page.last() else { break };
        filter.after = Some(last.place());
        found.extend(page);
    }
    if format == Format::Json {
        for one in &found {
            output::line(&told(one).to_string());
        }
        return Ok(());
    }
    if found.is_empty() {
        output::line("No gate was opened with authority.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    let headings = ["opened", "gate", "consignment", "line", "by", "because"].map(|heading| (heading, false));
    output::table(&headings, &rows);
    Ok(())
}

fn row(one: &Opened) -> Vec<String> {
    let line = if one.gate.line > 0 { one.gate.line.to_string() } else { String::new() };
    vec![
        one.gate.recorded_at.to_string(),
        one.gate.gate.to_string(),
        one.consignment.to_string(),
        line,
        one.gate.actor.clone(),
        one.gate.reason.clone(),
    ]
}

fn told(one: &Opened) -> serde_json::Value {
    serde_json::json!({
        "consignment": one.consignment.as_str(),
        "gate": one.gate.gate.as_str(),
        "line": one.gate.line,
        "resource": one.resource.as_ref().map(|resource| resource.as_str()),
        "reason": one.gate.reason,
        "actor": one.gate.actor,
        "recorded_at": one.gate.recorded_at.to_string(),
    })
}
