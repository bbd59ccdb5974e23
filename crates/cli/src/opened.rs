//! `muster consignment overrides`: gates that were opened with authority.

use muster_app::{
    storage::transfer::opened::{Opened, OpenedFilter},
    transfer::shown,
};

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
            output::line(&shown::opened(one).to_string());
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
        if one.taken_back { format!("{} (taken back)", one.gate.gate) } else { one.gate.gate.to_string() },
        one.consignment.to_string(),
        line,
        one.gate.actor.clone(),
        one.gate.reason.clone(),
    ]
}
