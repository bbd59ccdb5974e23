//! How serials, nominations and the training board are told in a terminal.

use jiff::civil::Date;
use muster_app::{
    App,
    storage::training::Nomination,
    training::{
        figures::InStep,
        serial::{Preview, told},
        timetable::Timetable,
    },
};
use muster_domain::{code::Code, instructor::SerialInstructor, serial::Serial, training::NominationState};
use muster_web::words;

use super::MOST;
use crate::{Failure, args::Place, open, output, whereabouts};

pub(super) fn listed(found: &[Nomination]) {
    if found.is_empty() {
        output::line("No nominations.");
        return;
    }
    let row = |of: &Nomination| {
        let need = of.need.as_ref().map_or_else(String::new, ToString::to_string);
        let expires = of.expires_on.map_or_else(String::new, |day| day.to_string());
        vec![of.code.to_string(), of.serial.to_string(), of.state.to_string(), of.unit.to_string(), need, expires]
    };
    let rows: Vec<Vec<String>> = found.iter().take(MOST as usize).map(row).collect();
    let headings = ["nomination", "serial", "state", "unit", "need", "vetted until"].map(|name| (name, false));
    output::table(&headings, &rows);
    if found.len() as i64 > MOST {
        output::line("Only the first are shown.");
    }
}

pub(super) async fn said(app: &App, place: &Place, nomination: &str) -> Result<(), Failure> {
    let shown = app.nomination(&open::viewer(place), nomination).await?;
    output::line(&format!("{nomination} is {}.", shown.nomination.state.as_str().replace('_', " ")));
    Ok(())
}

pub(super) async fn told_of(app: &App, place: &Place, nomination: &str) -> Result<(), Failure> {
    let shown = app.nomination(&open::viewer(place), nomination).await?;
    let of = &shown.nomination;
    let seat = if shown.seated { "has a seat" } else { "waits for a seat" };
    output::line(&format!("{}  {}  {} of {}, {seat}", of.code, of.state, of.serial, of.unit));
    for step in &shown.steps {
        let signed = if step.signed_by.is_empty() { String::new() } else { format!("  signed by {}", step.signed_by) };
        output::line(&format!(
            "  {}  {:<12} by {}{signed}  {}",
            step.occurred_at,
            step.state.as_str(),
            step.actor,
            step.remark
        ));
    }
    for of in &shown.journeys {
        let lanes: Vec<&str> = of.lanes.iter().map(Code::as_str).collect();
        let on = if of.conveyance.is_empty() { String::new() } else { format!(", {}", of.conveyance) };
        output::line(&format!(
            "  {} to {} by {}{on}: left {}, to arrive {}",
            of.from,
            of.to,
            lanes.join(" "),
            of.departed_at,
            of.arrives_at
        ));
    }
    for of in &shown.assessments {
        let met = if of.met { "met" } else { "not met" };
        output::line(&format!("  {} {met}  {}", of.objective, of.remark));
    }
    if let Some(certificate) = &shown.certificate {
        output::line(&format!("  certificate {}  sha256 {}", certificate.code, certificate.hash));
    }
    Ok(())
}

pub(super) async fn show(app: &App, place: &Place, serial: &str) -> Result<(), Failure> {
    let shown = app.serial(&open::viewer(place), serial).await?;
    let of = &shown.serial;
    output::line(&format!("{}  {}  {} at {}", of.code, of.state, of.course, of.place));
    output::line(&format!(
        "  {} to {}, {} of {} seats taken, {} waiting",
        of.start, of.end, shown.taken, of.seats, shown.waiting
    ));
    for (who, _) in &shown.people {
        output::line(&format!("  {}", named(who, of)));
    }
    for clash in app.serial_clashes(&open::viewer(place), serial).await? {
        output::line(&format!("  clash: {}", words(&told(&clash))));
    }
    for said in &shown.said {
        let answers = said.answers.map_or_else(String::new, |number| format!(" to {number}"));
        output::line(&format!(
            "  {}{answers} {}  {} {}: {}",
            said.number, said.kind, said.said_at, said.actor, said.text
        ));
    }
    listed(&shown.nominations.iter().map(|(of, _)| of.clone()).collect::<Vec<_>>());
    Ok(())
}

fn named(of: &SerialInstructor, serial: &Serial) -> String {
    let span = of.span(serial).map_or_else(String::new, |(first, last)| format!(" from {first} to {last}"));
    format!("{} {}{span}", of.role, of.instructor)
}

pub(super) fn preview(would: &Preview) {
    let serial = &would.serial;
    output::line(&format!(
        "{} at {}: {} to {}, {} seats",
        serial.code, serial.place, serial.start, serial.end, serial.seats
    ));
    for of in &would.uses {
        output::line(&format!("  uses {} {}", of.quantity, of.pool));
    }
    for of in &would.people {
        output::line(&format!("  {}", named(of, serial)));
    }
    for clash in &would.clashes {
        output::line(&format!("  clash: {}", words(&told(clash))));
    }
    if would.notice.0 < would.notice.1 {
        output::line(&format!("  short notice: {} days, {} are needed", would.notice.0, would.notice.1));
    }
    if would.set_out > 0 {
        output::line(&format!("  set out already: {}, to be told on the way", would.set_out));
    }
    for late in &would.late {
        output::line(&format!("  late: {} has its people on {}, due {}", late.need, late.ready, late.due));
    }
}

pub(super) fn timetable(made: &Timetable) {
    let objective = made.solved.objective.map_or_else(|| "none".to_owned(), |cost| cost.to_string());
    output::line(&format!(
        "{} serials: {}, cost {objective}, bound {}, {:.1} s",
        made.serials, made.solved.status, made.solved.bound, made.solved.seconds
    ));
    for of in &made.shifted {
        output::line(&format!("  {} from {} to {}", of.serial, of.from, of.to));
    }
    for (serial, why) in &made.reasons {
        output::line(&format!("  {serial}: {}", words(why)));
    }
}

pub(super) async fn board(app: &App, place: &Place) -> Result<(), Failure> {
    let figures = app.training_figures(&open::viewer(place)).await?;
    let texts = |headings: &[(&'static str, bool)], rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            output::table(headings, &rows);
            output::line("");
        }
    };
    if figures.serials.is_empty() && figures.demand.is_empty() {
        output::line("No serials.");
        return Ok(());
    }
    let row = |of: &muster_app::training::figures::OnBoard| {
        let serial = &of.serial;
        vec![
            serial.code.to_string(),
            serial.place.to_string(),
            serial.start.to_string(),
            serial.end.to_string(),
            serial.state.to_string(),
            format!("{}/{}", of.taken, serial.seats),
            of.waiting.to_string(),
            format!("{}/{}", of.notice.0, of.notice.1),
            of.clashes.to_string(),
        ]
    };
    texts(
        &[
            ("serial", false),
            ("place", false),
            ("from", false),
            ("to", false),
            ("state", false),
            ("seats", true),
            ("waiting", true),
            ("notice", true),
            ("clashes", true),
        ],
        figures.serials.iter().map(row).collect(),
    );
    let row = |of: &muster_app::training::figures::Demand| {
        let people = [of.wanted, of.in_service, of.promised, of.needed, of.seats];
        let numbers = people.into_iter().chain([of.nominated, of.in_training, of.passed]);
        let name = of.resource.to_string();
        std::iter::once(name).chain(numbers.map(output::whole)).collect()
    };
    texts(
        &[
            ("who", false),
            ("wanted", true),
            ("in service", true),
            ("promised", true),
            ("seats needed", true),
            ("seats", true),
            ("nominated", true),
            ("in training", true),
            ("passed", true),
        ],
        figures.demand.iter().map(row).collect(),
    );
    let row = |of: &muster_app::training::figures::Late| {
        vec![
            of.need.to_string(),
            of.serial.to_string(),
            of.ready.to_string(),
            of.due.to_string(),
            of.days().to_string(),
        ]
    };
    texts(
        &[("late", false), ("serial", false), ("ready", false), ("due", false), ("days", true)],
        figures.late.iter().map(row).collect(),
    );
    texts(
        &[("package", false), ("goods", false), ("people", false), ("due", false)],
        figures.in_step.iter().map(in_step).collect(),
    );
    let row = |of: &muster_app::training::figures::Turnout| {
        vec![of.course.to_string(), of.place.to_string(), of.passed.to_string(), of.failed.to_string()]
    };
    texts(
        &[("course", false), ("place", false), ("passed", true), ("failed", true)],
        figures.results.iter().map(row).collect(),
    );
    let row = |(at, there): (&_, &Vec<(Code, NominationState)>)| {
        whereabouts::row(at, there.len() as i64, there.iter().map(|(code, _)| code))
    };
    whereabouts::tell(&figures.whereabouts.iter().map(row).collect::<Vec<_>>());
    Ok(())
}

/// When goods and people of a package come, or that its goods are there.
fn in_step(of: &InStep) -> Vec<String> {
    let day = |day: Option<Date>| day.map_or_else(|| "–".to_owned(), |day| day.to_string());
    let goods = if of.goods_there { format!("there since {}", day(of.goods)) } else { day(of.goods) };
    vec![of.package.to_string(), goods, day(of.people), of.due.to_string()]
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use muster_domain::code::Code;

    use super::*;

    #[test]
    fn goods_that_are_there_are_told_apart_from_those_that_come_and_those_that_nobody_promised() {
        let (day, due) = (date(2026, 9, 12), date(2026, 10, 12));
        let goods = |goods, goods_there| {
            let package = Code::new("K").unwrap();
            in_step(&InStep { package, goods, goods_there, people: Some(due), due })[1].clone()
        };
        assert_eq!(goods(Some(day), true), "there since 2026-09-12");
        assert_eq!((goods(Some(day), false), goods(None, false)), ("2026-09-12".into(), "–".into()));
    }
}
