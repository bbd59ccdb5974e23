//! `muster report` and `history`.

use muster_app::report::{By, Figures, Report as Drawn};

use muster_domain::message;

use crate::{
    Failure,
    args::{Format, Place, Report, Rows},
    open, output,
};

/// Draws a report.
pub(crate) async fn run(place: &Place, report: &Report) -> Result<(), Failure> {
    let by = match report.by {
        Rows::Requirement => By::Need,
        Rows::Donor => By::Donor,
        Rows::Purpose => By::Purpose,
    };
    let drawn = open::reading(place).await?.report(&open::viewer(place), by, report.as_of, report.known).await?;
    if report.format == Format::Json {
        output::line(&serde_json::to_string(&drawn).expect("a report can be written as JSON"));
        return Ok(());
    }
    tell(&drawn, by);
    Ok(())
}

/// Prints a report: units for needs, tonnes for what adds different things.
pub(crate) fn tell(report: &Drawn, by: By) {
    let figure = |f: &Figures| if by == By::Need { output::whole(f.units) } else { output::rounded(f.tonnes) };
    let row = |r: &muster_app::report::ReportRow| {
        let mut cells = vec![r.code.clone()];
        if by != By::Purpose {
            cells.push(output::short(&r.name, 40));
        }
        let steps: &[&Figures] = match by {
            By::Need => &[&r.needed, &r.planned, &r.dispatched, &r.received],
            By::Donor => &[&r.offered, &r.planned, &r.dispatched, &r.received],
            By::Purpose => &[&r.needed, &r.offered, &r.planned, &r.dispatched, &r.received],
        };
        cells.extend(steps.iter().map(|f| figure(f)));
        cells
    };
    let (needed, offered) = (("needed", true), ("offered", true));
    let rest = [("planned", true), ("dispatched", true), ("received", true)];
    let headings: Vec<output::Heading> = match by {
        By::Need => [("need", false), ("what", false), needed].into_iter().chain(rest).collect(),
        By::Donor => [("donor", false), ("name", false), offered].into_iter().chain(rest).collect(),
        By::Purpose => [("purpose", false), needed, offered].into_iter().chain(rest).collect(),
    };
    output::table(&headings, &report.rows.iter().map(row).collect::<Vec<_>>());
    let unit = if by == By::Need { "units, complete sets for packages" } else { "tonnes" };
    let as_of = report.as_of.as_deref().unwrap_or("now");
    let known = report.known.as_deref().unwrap_or("now");
    output::line(&format!("In {unit}; as of {as_of}, as known {known}."));
}

/// Shows a record's changes.
pub(crate) async fn history(place: &Place, sheet: &str, key: &str) -> Result<(), Failure> {
    let past = open::reading(place).await?.history(&open::viewer(place), sheet, key).await?;
    if past.is_empty() {
        return Err(Failure::Told(message!("no-such-record-ever", key, sheet)));
    }
    for change in past {
        output::line(&format!("{}  {}  {}", change.recorded_at, change.actor, change.reason));
        let (before, after) = (change.before.unwrap_or_default(), change.after.unwrap_or_default());
        let columns: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let text = |side: &std::collections::BTreeMap<String, String>, column: &str| {
            side.get(column).cloned().unwrap_or_default()
        };
        for column in columns {
            let (old, new) = (text(&before, column), text(&after, column));
            if old != new {
                output::line(&if old.is_empty() {
                    format!("    {column}: {new}")
                } else {
                    format!("    {column}: {old} → {new}")
                });
            }
        }
    }
    Ok(())
}
