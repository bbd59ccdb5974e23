//! Work orders, the order of work and the board, as they are told.

use jiff::Timestamp;
use muster_app::{
    App,
    repair::{
        Shown,
        parts::StandIn,
        sequence::{Placed, Sequence},
    },
    storage::repair::WorkOrder,
};
use muster_domain::repair::{WorkOrderState, clocks};
use muster_web::words;

use super::MOST;
use crate::{Failure, args::Place, open, output, whereabouts};

pub(super) fn listed(found: &[WorkOrder]) {
    if found.is_empty() {
        output::line("No work orders.");
        return;
    }
    let row = |order: &WorkOrder| {
        let what = format!("{} {}", order.resource, order.serial);
        let facility = order.facility.as_ref().map_or_else(String::new, ToString::to_string);
        let (state, urgency) = (order.state.to_string(), order.urgency.to_string());
        let reported = order.reported_at.to_string();
        vec![order.code.to_string(), state, urgency, what, order.holder.to_string(), facility, reported]
    };
    let rows: Vec<Vec<String>> = found.iter().take(MOST as usize).map(row).collect();
    let headings = ["order", "state", "urgency", "what", "unit", "facility", "reported"];
    output::table(&headings.map(|heading| (heading, false)), &rows);
    if found.len() as i64 > MOST {
        output::remark(&format!("Only the first {} are listed.", output::whole(MOST)));
    }
}

pub(super) fn tell(shown: &Shown, now: Timestamp) {
    let order = &shown.order;
    output::line(&format!(
        "{} {}, {}: {} {} of {}, {}",
        order.code, order.state, order.urgency, order.resource, order.serial, order.holder, order.symptom
    ));
    let place = order.facility.as_ref().unwrap_or(&order.place);
    if let Some(echelon) = order.echelon {
        output::line(&format!("  repaired {echelon} at {place}"));
    }
    if let Some(contractor) = &order.contractor {
        output::line(&format!("  by a team of {contractor}"));
    }
    if let Some(repair) = &order.under_warranty_of {
        output::line(&format!("  under warranty of {repair}"));
    }
    if let Some(last) = order.warranty_until {
        output::line(&format!("  its repair is under warranty until {last}"));
    }
    if let Some(consignment) = &order.consignment {
        output::line(&format!("  brought by consignment {consignment}"));
    }
    if !order.fault.is_empty() {
        output::line(&format!("  found: {}", order.fault));
    }
    let states: Vec<(WorkOrderState, Timestamp)> =
        shown.steps.iter().map(|step| (step.state, step.occurred_at)).collect();
    let mut clocks = clocks(&states, now).into_iter();
    for step in &shown.steps {
        let clock = if step.state.is_over() { None } else { clocks.next() };
        let clock = clock.map_or_else(String::new, |(_, time)| format!("for {}", days(time)));
        let signed = if step.signed_by.is_empty() { String::new() } else { format!("signed by {}", step.signed_by) };
        let told = [clock, format!("by {}", step.actor), signed, step.remark.clone()];
        let told: Vec<String> = told.into_iter().filter(|part| !part.is_empty()).collect();
        output::line(&format!("  {}  {:<22} {}", step.occurred_at, step.state.as_str(), told.join("  ")));
    }
    for block in &shown.blocks {
        let until = block.until.map_or_else(|| "still".to_owned(), |until| format!("until {until}"));
        output::line(&format!(
            "  blocked by {} since {}, {until}: turn of {}  {}",
            block.reason, block.since, block.turn_of, block.remark
        ));
    }
    for (part, issued) in &shown.parts {
        let raised = part.requirement.as_ref().map_or_else(String::new, |code| format!(", requirement {code}"));
        let instead = part.instead_of.as_ref().map_or_else(String::new, |of| format!(" instead of {of}"));
        output::line(&format!("  needs {} {}{instead}, has {issued}{raised}", part.wanted, part.resource));
    }
    for quote in &shown.quotes {
        output::line(&format!("  {}", super::price::in_words(quote)));
    }
    for said in &shown.said {
        let answers = said.answers.map_or_else(String::new, |number| format!(" to {number}"));
        output::line(&format!("  {}{answers}  {} {}: {}", said.number, said.said_at, said.actor, said.text));
    }
}

pub(super) fn stand_ins(found: &[StandIn]) {
    if found.is_empty() {
        output::line("Nothing there may stand in.");
        return;
    }
    let row = |of: &StandIn| {
        vec![of.part.to_string(), of.substitute.to_string(), of.utility.to_string(), output::whole(of.units)]
    };
    let headings = [("part", false), ("stands in", false), ("worth", true), ("units", true)];
    output::table(&headings, &found.iter().map(row).collect::<Vec<_>>());
}

/// A time in days, or in hours where it is short.
fn days(time: jiff::SignedDuration) -> String {
    match time.as_secs_f64() / 3_600.0 {
        hours if hours < 48.0 => format!("{hours:.1} h"),
        hours => format!("{:.1} days", hours / 24.0),
    }
}

pub(super) fn sequence(made: &Sequence) {
    let row = |of: &Placed| {
        vec![
            of.order.to_string(),
            if of.in_hand { "in repair".to_owned() } else { of.start.to_string() },
            of.end.to_string(),
            of.due.to_string(),
            of.late().map_or_else(String::new, |days| days.to_string()),
            of.there.map_or_else(String::new, |day| day.to_string()),
        ]
    };
    let headings =
        [("order", false), ("from", false), ("through", false), ("due", false), ("late", true), ("there", false)];
    output::table(&headings, &made.placed.iter().map(row).collect::<Vec<_>>());
    let objective = made.solved.objective.map_or_else(|| "none".to_owned(), |cost| cost.to_string());
    output::line(&format!(
        "{}: weighted lateness {objective}, bound {}, {:.1} s",
        made.solved.status, made.solved.bound, made.solved.seconds
    ));
    for (order, why) in &made.unplaced {
        output::line(&format!("  {order}: {}", words(why)));
    }
}

pub(super) async fn board(app: &App, place: &Place) -> Result<(), Failure> {
    let figures = app.repair_figures(&open::viewer(place)).await?;
    let texts = |headings: &[(&'static str, bool)], rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            output::table(headings, &rows);
            output::line("");
        }
    };
    let nothing = figures.states.is_empty() && figures.turnaround.is_empty();
    if nothing {
        output::line("No work orders.");
        return Ok(());
    }
    let states = figures.states.iter().map(|(state, orders)| vec![state.to_string(), orders.to_string()]);
    texts(&[("state", false), ("orders", true)], states.collect());
    let row = |of: &muster_app::repair::figures::Facility| {
        let through = of.through.map_or_else(|| "no capacity".to_owned(), |day| day.to_string());
        let figures = [of.coming, of.waiting, of.in_repair, of.capacity].map(output::whole);
        [vec![of.place.to_string()], figures.to_vec(), vec![through]].concat()
    };
    texts(
        &[
            ("facility", false),
            ("coming", true),
            ("waiting", true),
            ("in repair", true),
            ("capacity", true),
            ("through", false),
        ],
        figures.facilities.iter().map(row).collect(),
    );
    let row = |of: &muster_app::repair::figures::Turnaround| {
        let facility = of.facility.as_ref().map_or_else(|| "on site".to_owned(), ToString::to_string);
        vec![of.resource.to_string(), facility, of.orders.len().to_string(), days(of.half), days(of.most)]
    };
    texts(
        &[("turnaround", false), ("facility", false), ("orders", true), ("half within", true), ("90 % within", true)],
        figures.turnaround.iter().map(row).collect(),
    );
    let row = |of: &muster_app::repair::figures::Blocking| {
        vec![of.reason.to_string(), of.orders.len().to_string(), of.since.to_string()]
    };
    texts(
        &[("blocked by", false), ("orders", true), ("longest since", false)],
        figures.blocking.iter().map(row).collect(),
    );
    let row = |of: &muster_app::repair::figures::Lacking| {
        let raised = of.requirements.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        vec![of.resource.to_string(), output::whole(of.units), of.orders.len().to_string(), raised]
    };
    texts(
        &[("lacking", false), ("units", true), ("orders", true), ("requirements", false)],
        figures.lacking.iter().map(row).collect(),
    );
    let row = |of: &muster_app::repair::figures::Availability| {
        let (_, fit, all) = of.weeks.last().copied().unwrap_or_default();
        let figures = vec![output::whole(fit), output::whole(all), output::percent(fit as f64, all as f64)];
        [vec![of.holder.to_string(), of.resource.to_string()], figures].concat()
    };
    texts(
        &[("unit", false), ("what", false), ("fit", true), ("of", true), ("available", true)],
        figures.availability.iter().map(row).collect(),
    );
    let row = |(at, there): (&_, &Vec<muster_app::repair::figures::There>)| {
        whereabouts::row(at, there.iter().map(|of| of.units).sum(), there.iter().map(|of| &of.order))
    };
    whereabouts::tell(&figures.whereabouts.iter().map(row).collect::<Vec<_>>());
    Ok(())
}
