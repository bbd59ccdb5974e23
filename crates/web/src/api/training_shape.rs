//! How the API tells of training: serials, nominations, previews, timetables and the board.

use jiff::civil::Date;
use muster_app::{
    storage::training::{Nomination, Said},
    training::{
        SerialShown, Shown,
        feed::Blocked,
        figures::{Figures, Late},
        serial::{Preview, told as clash_told},
        timetable::Timetable,
    },
};
use muster_domain::{code::Code, instructor::SerialInstructor, serial::Serial, training::Clash};
use serde_json::{Value, json};

use super::{
    schema,
    sequence::{solved_columns, solved_told},
    whereabouts,
};
use crate::text;

fn maybe_text() -> Value {
    schema::maybe(schema::text())
}

fn nomination_columns() -> Vec<(&'static str, Value)> {
    vec![
        ("code", schema::text()),
        ("trainee", schema::text()),
        ("serial", schema::text()),
        ("state", schema::text()),
        ("unit", schema::text()),
        ("resource", schema::text()),
        ("account", schema::text()),
        ("offer", maybe_text()),
        ("need", maybe_text()),
        ("plan", maybe_text()),
        ("line", schema::maybe(schema::integer())),
        ("authority", schema::text()),
        ("vetted_on", maybe_text()),
        ("expires_on", maybe_text()),
        ("nominated_at", schema::moment()),
    ]
}

pub(crate) fn nomination_schema() -> Value {
    schema::object(nomination_columns())
}

pub(crate) fn shown_schema() -> Value {
    let step = schema::object([
        ("state", schema::text()),
        ("occurred_at", schema::moment()),
        ("recorded_at", schema::moment()),
        ("actor", schema::text()),
        ("remark", schema::text()),
        ("signed_by", schema::text()),
    ]);
    let assessment = schema::object([
        ("objective", schema::text()),
        ("met", schema::boolean()),
        ("remark", schema::text()),
        ("assessed_at", schema::moment()),
        ("actor", schema::text()),
    ]);
    let day = schema::object([("day", schema::text()), ("attendance", schema::text())]);
    let journey = schema::object([
        ("from", schema::text()),
        ("to", schema::text()),
        ("lanes", schema::list(schema::text())),
        ("conveyance", schema::text()),
        ("departed_at", schema::moment()),
        ("arrives_at", schema::moment()),
    ]);
    let mut columns = nomination_columns();
    columns.extend([
        ("seated", schema::boolean()),
        ("steps", schema::list(step)),
        ("journeys", schema::list(journey)),
        ("assessments", schema::list(assessment)),
        ("attendance", schema::list(day)),
        ("certificate", maybe_text()),
    ]);
    schema::object(columns)
}

fn serial_columns() -> Vec<(&'static str, Value)> {
    vec![
        ("code", schema::text()),
        ("course", schema::text()),
        ("place", schema::text()),
        ("host", schema::text()),
        ("start", schema::text()),
        ("end", schema::text()),
        ("seats", schema::integer()),
        ("state", schema::text()),
        ("announced", maybe_text()),
    ]
}

pub(crate) fn serial_schema() -> Value {
    let nominee = schema::object([
        ("nomination", schema::text()),
        ("unit", schema::text()),
        ("state", schema::text()),
        ("seated", schema::boolean()),
    ]);
    let day = schema::object([
        ("nomination", schema::text()),
        ("day", schema::text()),
        ("attendance", schema::text()),
        ("version", schema::integer()),
        ("recorded_at", schema::moment()),
        ("actor", schema::text()),
    ]);
    let said = schema::object([
        ("number", schema::integer()),
        ("kind", schema::text()),
        ("answers", schema::maybe(schema::integer())),
        ("said_at", schema::moment()),
        ("actor", schema::text()),
        ("text", schema::text()),
    ]);
    let mut columns = serial_columns();
    columns.extend([
        ("taken", schema::integer()),
        ("waiting", schema::integer()),
        ("instructors", schema::list(instructor_schema())),
        ("nominations", schema::list(nominee)),
        ("attendance", schema::list(day)),
        ("remarks", schema::list(said)),
        ("clashes", schema::list(schema::text())),
    ]);
    schema::object(columns)
}

fn late_schema() -> Value {
    schema::object([
        ("need", schema::text()),
        ("serial", schema::text()),
        ("units", schema::integer()),
        ("ready", schema::text()),
        ("due", schema::text()),
        ("days", schema::integer()),
    ])
}

fn instructor_schema() -> Value {
    schema::object([
        ("instructor", schema::text()),
        ("role", schema::text()),
        ("from", maybe_text()),
        ("to", maybe_text()),
    ])
}

pub(crate) fn preview_schema() -> Value {
    let used = schema::object([("pool", schema::text()), ("quantity", schema::integer())]);
    let mut columns = serial_columns();
    columns.extend([
        ("uses", schema::list(used)),
        ("instructors", schema::list(instructor_schema())),
        ("clashes", schema::list(schema::text())),
        ("notice_days", schema::integer()),
        ("notice_wanted", schema::integer()),
        ("set_out", schema::integer()),
        ("late", schema::list(late_schema())),
    ]);
    schema::object(columns)
}

pub(crate) fn timetable_schema() -> Value {
    let shifted = schema::object([("serial", schema::text()), ("from", schema::text()), ("to", schema::text())]);
    let why = schema::object([("serial", schema::text()), ("why", schema::text())]);
    let own = [("serials", schema::integer()), ("shifted", schema::list(shifted)), ("reasons", schema::list(why))];
    schema::object(solved_columns().into_iter().chain(own))
}

fn day(day: Option<Date>) -> Option<String> {
    day.map(|day| day.to_string())
}

fn code(code: &Option<Code>) -> Option<&str> {
    code.as_ref().map(Code::as_str)
}

pub(crate) fn nomination_told(of: &Nomination) -> Value {
    json!({
        "code": of.code.as_str(),
        "trainee": of.trainee.as_str(),
        "serial": of.serial.as_str(),
        "state": of.state.as_str(),
        "unit": of.unit.as_str(),
        "resource": of.resource.as_str(),
        "account": of.account.to_string(),
        "offer": code(&of.offer),
        "need": code(&of.need),
        "plan": of.line.as_ref().map(|(plan, _)| plan.as_str()),
        "line": of.line.as_ref().map(|(_, line)| line),
        "authority": of.authority,
        "vetted_on": day(of.vetted_on),
        "expires_on": day(of.expires_on),
        "nominated_at": of.nominated_at.to_string(),
    })
}

pub(crate) fn told(shown: &Shown) -> Value {
    let mut told = nomination_told(&shown.nomination);
    let steps = shown.steps.iter().map(|step| {
        json!({
            "state": step.state.as_str(),
            "occurred_at": step.occurred_at.to_string(),
            "recorded_at": step.recorded_at.to_string(),
            "actor": step.actor,
            "remark": step.remark,
            "signed_by": step.signed_by,
        })
    });
    let journeys = shown.journeys.iter().map(|of| {
        json!({
            "from": of.from.as_str(),
            "to": of.to.as_str(),
            "lanes": of.lanes.iter().map(Code::as_str).collect::<Vec<_>>(),
            "conveyance": of.conveyance,
            "departed_at": of.departed_at.to_string(),
            "arrives_at": of.arrives_at.to_string(),
        })
    });
    let assessments = shown.assessments.iter().map(|of| {
        json!({
            "objective": of.objective.as_str(),
            "met": of.met,
            "remark": of.remark,
            "assessed_at": of.assessed_at.to_string(),
            "actor": of.actor,
        })
    });
    let days = shown.attendance.iter();
    let days = days.map(|(day, of)| json!({ "day": day.to_string(), "attendance": of.as_str() }));
    told["seated"] = shown.seated.into();
    told["steps"] = steps.collect();
    told["journeys"] = journeys.collect();
    told["assessments"] = assessments.collect();
    told["attendance"] = days.collect();
    told["certificate"] = shown.certificate.as_ref().map(|of| of.code.to_string()).into();
    told
}

fn serial_base(of: &Serial) -> Value {
    json!({
        "code": of.code.as_str(),
        "course": of.course.as_str(),
        "place": of.place.as_str(),
        "host": of.host.as_str(),
        "start": of.start.to_string(),
        "end": of.end.to_string(),
        "seats": of.seats,
        "state": of.state.as_str(),
        "announced": day(of.announced),
    })
}

fn instructor_told(of: &SerialInstructor, serial: &Serial) -> Value {
    let span = of.span(serial);
    json!({
        "instructor": of.instructor.as_str(),
        "role": of.role.as_str(),
        "from": day(span.map(|(first, _)| first)),
        "to": day(span.map(|(_, last)| last)),
    })
}

fn said_told(said: &Said) -> Value {
    json!({
        "number": said.number,
        "kind": said.kind.as_str(),
        "answers": said.answers,
        "said_at": said.said_at.to_string(),
        "actor": said.actor,
        "text": said.text,
    })
}

pub(crate) fn serial_told(shown: &SerialShown, clashes: &[Clash]) -> Value {
    let mut told = serial_base(&shown.serial);
    let nominees = shown.nominations.iter().map(|(of, seated)| {
        json!({
            "nomination": of.code.as_str(),
            "unit": of.unit.as_str(),
            "state": of.state.as_str(),
            "seated": seated,
        })
    });
    let days = shown.attendance.iter().map(|((of, day), mark)| {
        json!({
            "nomination": of.as_str(),
            "day": day.to_string(),
            "attendance": mark.attendance.as_str(),
            "version": mark.number,
            "recorded_at": mark.recorded_at.to_string(),
            "actor": mark.actor,
        })
    });
    told["taken"] = shown.taken.into();
    told["waiting"] = shown.waiting.into();
    told["instructors"] = shown.people.iter().map(|(of, _)| instructor_told(of, &shown.serial)).collect();
    told["nominations"] = nominees.collect();
    told["attendance"] = days.collect();
    told["remarks"] = shown.said.iter().map(said_told).collect();
    told["clashes"] = clashes.iter().map(|clash| text::words(&clash_told(clash))).collect::<Vec<_>>().into();
    told
}

fn late_told(of: &Late) -> Value {
    json!({
        "need": of.need.as_str(),
        "serial": of.serial.as_str(),
        "units": of.units,
        "ready": of.ready.to_string(),
        "due": of.due.to_string(),
        "days": of.days(),
    })
}

pub(crate) fn preview_told(preview: &Preview) -> Value {
    let mut told = serial_base(&preview.serial);
    let uses = preview.uses.iter().map(|of| json!({ "pool": of.pool.as_str(), "quantity": of.quantity }));
    told["uses"] = uses.collect();
    told["instructors"] = preview.people.iter().map(|of| instructor_told(of, &preview.serial)).collect();
    told["clashes"] = preview.clashes.iter().map(|clash| text::words(&clash_told(clash))).collect::<Vec<_>>().into();
    told["notice_days"] = preview.notice.0.into();
    told["notice_wanted"] = preview.notice.1.into();
    told["set_out"] = preview.set_out.into();
    told["late"] = preview.late.iter().map(late_told).collect();
    told
}

pub(crate) fn timetable_told(made: &Timetable) -> Value {
    let shifted = made
        .shifted
        .iter()
        .map(|of| json!({ "serial": of.serial.as_str(), "from": of.from.to_string(), "to": of.to.to_string() }));
    let reasons =
        made.reasons.iter().map(|(serial, why)| json!({ "serial": serial.as_str(), "why": text::words(why) }));
    let mut told = solved_told(&made.solved);
    told["serials"] = made.serials.into();
    told["shifted"] = shifted.collect();
    told["reasons"] = reasons.collect();
    told
}

pub(crate) fn board_schema() -> Value {
    let codes = || schema::list(schema::text());
    let mut serial = serial_columns();
    serial.extend([
        ("taken", schema::integer()),
        ("waiting", schema::integer()),
        ("notice_days", schema::integer()),
        ("notice_wanted", schema::integer()),
        ("clashes", schema::integer()),
    ]);
    let demand = schema::object([
        ("resource", schema::text()),
        ("wanted", schema::integer()),
        ("in_service", schema::integer()),
        ("promised", schema::integer()),
        ("seats_needed", schema::integer()),
        ("seats", schema::integer()),
        ("nominated", schema::integer()),
        ("in_training", schema::integer()),
        ("passed", schema::integer()),
        ("needs", codes()),
    ]);
    let in_step = schema::object([
        ("package", schema::text()),
        ("goods", maybe_text()),
        ("goods_there", schema::boolean()),
        ("people", maybe_text()),
        ("due", schema::text()),
    ]);
    let week = schema::object([("from", schema::text()), ("used", schema::integer()), ("there", schema::integer())]);
    let utilisation = schema::object([
        ("pool", schema::text()),
        ("kind", maybe_text()),
        ("place", schema::text()),
        ("weeks", schema::list(week)),
    ]);
    let result = schema::object([
        ("course", schema::text()),
        ("place", schema::text()),
        ("passed", schema::integer()),
        ("failed", schema::integer()),
        ("half_days", schema::maybe(schema::number())),
        ("serials", codes()),
    ]);
    let finding = schema::object([
        ("serial", schema::text()),
        ("number", schema::integer()),
        ("said_at", schema::moment()),
        ("actor", schema::text()),
        ("text", schema::text()),
    ]);
    let state = schema::object([("state", schema::text()), ("nominations", schema::integer())]);
    schema::object([
        ("serials", schema::list(schema::object(serial))),
        ("pipeline", schema::list(state)),
        ("demand", schema::list(demand)),
        ("late", schema::list(late_schema())),
        ("in_step", schema::list(in_step)),
        ("utilisation", schema::list(utilisation)),
        ("results", schema::list(result)),
        ("findings", schema::list(finding)),
        ("whereabouts", schema::list(whereabouts::schema("nominations"))),
    ])
}

pub(crate) fn board_told(figures: &Figures) -> Value {
    let codes = |codes: &mut dyn Iterator<Item = &Code>| codes.map(|code| code.to_string()).collect::<Vec<_>>();
    let serials = figures.serials.iter().map(|of| {
        let mut told = serial_base(&of.serial);
        told["taken"] = of.taken.into();
        told["waiting"] = of.waiting.into();
        told["notice_days"] = of.notice.0.into();
        told["notice_wanted"] = of.notice.1.into();
        told["clashes"] = of.clashes.into();
        told
    });
    let pipeline = figures.pipeline.iter();
    let pipeline = pipeline.map(|(state, count)| json!({ "state": state.as_str(), "nominations": count }));
    let demand = figures.demand.iter().map(|of| {
        json!({
            "resource": of.resource.as_str(),
            "wanted": of.wanted,
            "in_service": of.in_service,
            "promised": of.promised,
            "seats_needed": of.needed,
            "seats": of.seats,
            "nominated": of.nominated,
            "in_training": of.in_training,
            "passed": of.passed,
            "needs": codes(&mut of.needs.iter()),
        })
    });
    let in_step = figures.in_step.iter().map(|of| {
        json!({
            "package": of.package.as_str(),
            "goods": day(of.goods),
            "goods_there": of.goods_there,
            "people": day(of.people),
            "due": of.due.to_string(),
        })
    });
    let utilisation = figures.utilisation.iter().map(|of| {
        let weeks = of.weeks.iter();
        let weeks = weeks.map(|(from, used, there)| json!({ "from": from.to_string(), "used": used, "there": there }));
        json!({
            "pool": of.pool.as_str(),
            "kind": of.kind.map(|kind| kind.as_str()),
            "place": of.place.as_str(),
            "weeks": weeks.collect::<Vec<_>>(),
        })
    });
    let results = figures.results.iter().map(|of| {
        json!({
            "course": of.course.as_str(),
            "place": of.place.as_str(),
            "passed": of.passed,
            "failed": of.failed,
            "half_days": of.half.map(|half| half.as_secs_f64() / 86_400.0),
            "serials": codes(&mut of.serials.iter()),
        })
    });
    let findings = figures.findings.iter().map(|(serial, said)| {
        json!({
            "serial": serial.as_str(),
            "number": said.number,
            "said_at": said.said_at.to_string(),
            "actor": said.actor,
            "text": said.text,
        })
    });
    let whereabouts = figures.whereabouts.iter().map(|(at, there)| {
        whereabouts::told("nominations", at, there.len() as i64, there.iter().map(|(code, _)| code))
    });
    json!({
        "serials": serials.collect::<Vec<_>>(),
        "pipeline": pipeline.collect::<Vec<_>>(),
        "demand": demand.collect::<Vec<_>>(),
        "late": figures.late.iter().map(late_told).collect::<Vec<_>>(),
        "in_step": in_step.collect::<Vec<_>>(),
        "utilisation": utilisation.collect::<Vec<_>>(),
        "results": results.collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
        "whereabouts": whereabouts.collect::<Vec<_>>(),
    })
}

pub(crate) fn blocked_schema() -> Value {
    let block = schema::object([
        ("block", schema::text()),
        ("from", schema::text()),
        ("to", schema::text()),
        ("reason", schema::text()),
    ]);
    schema::object([("blocks", schema::list(block)), ("issues", schema::list(schema::text()))])
}

pub(crate) fn blocked_told(taken: &Blocked) -> Value {
    let blocks = taken.blocks.iter().map(|of| {
        json!({
            "block": of.block.as_str(),
            "from": of.from.to_string(),
            "to": of.to.to_string(),
            "reason": of.reason.as_str(),
        })
    });
    let issues = taken.issues.iter().map(|issue| text::words(&issue.told_message()));
    json!({ "blocks": blocks.collect::<Vec<_>>(), "issues": issues.collect::<Vec<_>>() })
}
