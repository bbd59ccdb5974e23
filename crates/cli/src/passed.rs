//! `muster consignment passed`: what passed through a place, with its goods and conveyances, and how much of what in all.

use jiff::Timestamp;
use muster_app::storage::transfer::carried::Carried;

use crate::{Failure, args::Place, open, output};

/// Milestones that are read at once.
const AT_ONCE: i64 = 1_000;

/// Lists the milestones at a place in a time.
pub(crate) async fn list(
    place: &Place,
    node: &str,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
) -> Result<(), Failure> {
    let (app, viewer) = (open::reading(place).await?, open::viewer(place));
    open::place(&app, place, Some(node)).await?;
    let time = (from.unwrap_or(Timestamp::MIN), to.unwrap_or(Timestamp::MAX));
    let mut after = None;
    loop {
        let page = app.passed(&viewer, node, time, after.as_ref(), AT_ONCE).await?;
        for (event, with) in page.iter().zip(app.carried(&viewer, &page).await?) {
            output::line(&format!("{}  {}  {}{}", event.occurred_at, event.kind, event.consignment, told(&with)));
        }
        match page.into_iter().next_back() {
            Some(last) => after = Some(last),
            None if after.is_none() => {
                output::line(&format!("Nothing passed through {node} in that time."));
                return Ok(());
            }
            None => break,
        }
    }
    let all = app.passed_in_all(&viewer, node, time).await?;
    let rows = all.iter().map(|one| {
        vec![one.resource.to_string(), one.kind.to_string(), output::whole(one.units), output::whole(one.consignments)]
    });
    let headings = [("in all", false), ("milestone", false), ("units", true), ("consignments", true)];
    output::table(&headings, &rows.collect::<Vec<_>>());
    Ok(())
}

/// The goods, each with its offer, and the conveyance.
fn told(with: &Carried) -> String {
    let goods: Vec<String> = with
        .lines
        .iter()
        .map(|line| {
            let offer = line.offer.as_ref().map_or_else(String::new, |offer| format!(" of {offer}"));
            format!("{} {}{offer}", output::whole(line.quantity), line.resource)
        })
        .collect();
    let goods = if goods.is_empty() { String::new() } else { format!("  {}", goods.join(", ")) };
    let by = with.on.as_ref().map_or_else(String::new, |on| format!("  by {}, {}", on.carrier, on.conveyance));
    goods + &by
}
