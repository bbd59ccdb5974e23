//! `muster consignment show`: a consignment with all that is seen of it.

use muster_app::{
    storage::transfer::{Consignment, Reached, note::Note},
    transfer::{receipt::Signature, shown::Shown},
};
use muster_domain::consignment::{Condition, ConsignmentState};

use muster_web::words;

use crate::output;

/// Where a consignment is; of one that is under way, to which place it is on its way.
pub(crate) fn place(head: &Consignment) -> String {
    match head.state {
        ConsignmentState::UnderWay => format!("on the way to {}", head.place),
        _ => head.place.to_string(),
    }
}

/// All that is seen of it, and what was said of it.
pub(crate) fn tell(shown: &Shown, notes: &[Note]) {
    let head = &shown.head;
    let route: Vec<&str> = head.route.iter().map(|lane| lane.as_str()).collect();
    output::line(&format!("{} is {} ({}), version {}", head.code, head.state, place(head), head.version));
    output::line(&format!(
        "  from {} at {} to {} at {}, by {}",
        head.consignor,
        head.origin,
        head.consignee,
        head.destination,
        route.join(", ")
    ));
    if let Some(place) = &head.sent_to {
        output::line(&format!("  turned up here: it was sent to {place}"));
    }
    for line in &shown.lines {
        let condition = line.condition.map_or("not looked at", Condition::as_str);
        let named = shown.units.iter().filter(|u| u.line == line.line && !(u.serial.is_empty() && u.lot.is_empty()));
        let names: Vec<&str> =
            named.map(|u| if u.serial.is_empty() { u.lot.as_str() } else { u.serial.as_str() }).collect();
        output::line(&format!(
            "  {:>4}  {:>9}  {}  {condition}{}",
            line.line,
            if line.present == line.quantity {
                output::whole(line.quantity)
            } else {
                format!("{}/{}", output::whole(line.present), output::whole(line.quantity))
            },
            line.resource,
            if names.is_empty() { String::new() } else { format!("  [{}]", output::short(&names.join(", "), 60)) }
        ));
    }
    for unit in &shown.handling_units {
        let on = shown.units.iter().filter(|on| on.sscc.as_ref() == Some(&unit.sscc));
        let on: Vec<String> = on
            .map(|on| match (on.lot.as_str(), on.serial.as_str()) {
                ("", "") => format!("line {}: {}", on.line, on.quantity),
                (lot, "") => format!("line {}: {} × {lot}", on.line, on.quantity),
                (_, serial) => format!("line {}: {serial}", on.line),
            })
            .collect();
        let on = if on.is_empty() { String::new() } else { format!("  [{}]", output::short(&on.join(", "), 80)) };
        output::line(&format!("  {} {} {}{on}", unit.kind, unit.sscc, unit.seal));
    }
    for (number, reached) in (1..).zip(&shown.milestones) {
        let late = match reached.completes {
            _ if reached.taken_back.is_some() => " (taken back)",
            Some(_) => ", of what had been missing",
            None if shown.unsigned.contains(&number) => " (unsigned)",
            None => "",
        };
        let Reached { occurred_at, kind, place, actor, .. } = reached;
        output::line(&format!("  {occurred_at}  {kind} {place} by {actor}{late}"));
    }
    for handover in &shown.handovers {
        let told = shown.told(handover);
        let signer = |by: &Signature| {
            let party = if by.party.is_empty() { String::new() } else { format!("{}, ", by.party) };
            format!("{} ({party}{})", by.name, by.means)
        };
        let (from, to) = (signer(&told.hands_over), signer(&told.takes_over));
        let kept = match told.kept().len() {
            0 => String::new(),
            kept => format!(", papers and photographs: {kept}"),
        };
        let odd: String = told.odd().iter().map(|odd| format!("; note: {}", words(odd))).collect();
        output::line(&format!(
            "  handover {} {} at {}: {from} to {to}{kept}{odd}",
            handover.code, told.milestone, handover.place
        ));
    }
    for shown in &shown.variances {
        let variance = &shown.variance;
        let ended = variance.resolved.as_ref().map_or("open", |(how, ..)| how.as_str());
        output::line(&format!("  variance {}: {} {} ({ended})", variance.code, variance.quantity, variance.kind));
    }
    for note in notes {
        let photos =
            if note.photos.is_empty() { String::new() } else { format!(" [{} photographs]", note.photos.len()) };
        let text = output::short(&note.text.replace('\n', " "), 200);
        output::line(&format!("  {}  {} said: {text}{photos}", note.said_at, note.actor));
    }
}
