//! What may leave a place: what plans are to move, and what nobody was promised; and how far an offer has come.

use jiff::Timestamp;
use muster_app::transfer::proposal::{Ahead, MOST_PROPOSED};

use crate::{Failure, args::Place, open, output};

/// What accepted plans are to move from a place, as `make` takes it.
pub(crate) async fn propose(place: &Place, from: &str, before: Option<Timestamp>) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    open::place(&app, place, Some(from)).await?;
    let mut ahead = Ahead { before: before.unwrap_or(Timestamp::MAX), ..Ahead::default() };
    let mut proposals = Vec::new();
    loop {
        let page = app.proposals(&open::viewer(place), from, &ahead).await?;
        proposals.extend(page.found);
        let Some(next) = page.next else { break };
        ahead.from = next;
    }
    if proposals.is_empty() {
        output::line(&format!("Nothing is to leave {from} that is there and in no consignment."));
    }
    for proposal in proposals {
        let route: Vec<&str> = proposal.route.iter().map(|lane| lane.as_str()).collect();
        output::line(&format!(
            "To {} for {}, by {}, from {}:",
            proposal.to,
            proposal.consignee,
            route.join(", "),
            proposal.departs_at
        ));
        for line in proposal.lines {
            output::line(&format!("  --line {}:{}:{}  {}", line.plan, line.line, line.quantity, line.resource));
        }
    }
    Ok(())
}

/// What may still be sent from a place, as `make` takes it.
pub(crate) async fn list(place: &Place, from: &str) -> Result<(), Failure> {
    let (app, viewer) = (open::reading(place).await?, open::viewer(place));
    open::place(&app, place, Some(from)).await?;
    let offers = app.unpromised(&viewer, from).await?.into_iter().map(|(offer, units)| {
        vec![output::whole(units), offer.resource.code().to_string(), format!("--offer {units}:{}", offer.code)]
    });
    let mut stocks = app.stock(&viewer, from, None, MOST_PROPOSED).await?;
    while let Some(after) = stocks.next {
        let more = app.stock(&viewer, from, Some(&after), MOST_PROPOSED).await?;
        stocks.found.extend(more.found);
        stocks.next = more.next;
    }
    let stock = stocks.found.into_iter().map(|(account, units)| {
        vec![output::whole(units), account.resource.to_string(), format!("--stock '{units}:{account}'")]
    });
    let rows: Vec<Vec<String>> = offers.chain(stock).collect();
    if rows.is_empty() {
        output::line(&format!("Nothing may be sent from {from} that nobody was promised."));
        return Ok(());
    }
    output::table(&[("units", true), ("resource", false), ("to make a consignment", false)], &rows);
    Ok(())
}

/// How many units of an offer have reached each milestone.
pub(crate) async fn progress(place: &Place, offer: &str) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    let progress = app.offer_progress(&open::viewer(place), offer).await?;
    if progress.reached.is_empty() {
        output::line(&format!("Nothing of {offer} is in a consignment that was made ready."));
    }
    let all = progress.offered.map_or_else(|| "?".to_owned(), output::whole);
    for (kind, units) in progress.reached {
        output::line(&format!("{} of {all}  {kind}", output::whole(units)));
    }
    Ok(())
}
