//! What was planned happens: steps that are open, dispatched, received or given up; and promised money that is paid.

use jiff::Timestamp;
use muster_app::{
    movement::{Expected, Move, Moved, Payment},
    storage::ledger::step::StepFilter,
};
use muster_domain::{
    code::Code, field::Field as _, fixed::Fixed, ledger::account::AccountPurpose, message, viewer::Sight,
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure, Fault},
    call::Call,
    given::{Field, Kind, may, must, reason},
    record::{USUAL, paging},
    schema,
};
use crate::{cursor, problem::Kind as Problem};

/// Longest code, name of a lot or serial number.
const LONGEST: usize = 200;

pub(crate) fn open_fields() -> Vec<Field> {
    let own = [
        may("offer", Kind::Text(LONGEST)),
        may("need", Kind::Text(LONGEST)),
        may("place", Kind::Text(LONGEST)),
        may("ready", Kind::Boolean),
        may("before", Kind::Moment),
    ];
    paging().into_iter().chain(own).collect()
}

pub(crate) fn open_schema() -> Value {
    let side = schema::object([
        ("purpose", schema::text()),
        ("holder", schema::text()),
        ("place", schema::maybe(schema::text())),
    ]);
    let code = || schema::maybe(schema::text());
    let held = schema::object([("lot", schema::text()), ("serial", schema::text()), ("quantity", schema::integer())]);
    let step = schema::object([
        ("activity", schema::text()),
        ("due", schema::moment()),
        ("offer", code()),
        ("need", code()),
        ("plan", code()),
        ("line", schema::maybe(schema::integer())),
        ("step", schema::integer()),
        ("ready", schema::integer()),
        ("open", schema::integer()),
        ("quantity", schema::integer()),
        ("resource", schema::text()),
        ("from", side.clone()),
        ("to", side),
        ("via", code()),
        ("tracking", schema::text()),
        ("held", schema::list(held)),
    ]);
    schema::page("steps", step)
}

fn step(Expected { step, tracking, held }: &Expected) -> Value {
    let held = held.iter().map(|h| json!({ "lot": h.lot, "serial": h.serial, "quantity": h.quantity }));
    let code = |code: &Option<Code>| code.as_ref().map(ToString::to_string);
    let side = |(purpose, holder, place): &(AccountPurpose, Code, Option<Code>)| json!({ "purpose": purpose.as_str(), "holder": holder.as_str(), "place": code(place) });
    json!({
        "activity": step.activity.as_str(),
        "due": step.due.to_string(),
        "offer": code(&step.offer),
        "need": code(&step.need),
        "plan": code(&step.plan),
        "line": (step.line > 0).then_some(step.line),
        "step": step.step,
        "ready": step.ready,
        "open": step.open,
        "quantity": step.quantity,
        "resource": step.resource.as_str(),
        "from": side(&step.from),
        "to": side(&step.to),
        "via": code(&step.via),
        "tracking": tracking.as_str(),
        "held": held.collect::<Vec<_>>(),
    })
}

/// Which steps are asked for, and before when they are to happen.
pub(crate) fn filter(call: &Call) -> (StepFilter, Timestamp) {
    let text = |name: &str| call.query.maybe(name);
    let filter =
        StepFilter { offer: text("offer"), need: text("need"), place: text("place"), ready: call.query.yes("ready") };
    (filter, call.query.moment("before").unwrap_or(Timestamp::MAX))
}

pub(crate) async fn open(call: Call) -> Result<Answer, Failure> {
    let (filter, before) = filter(&call);
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let (from, skip) = call.query.cursor()?.unwrap_or((Timestamp::MIN.as_microsecond(), 0));
    let begin = (Timestamp::from_microsecond(from).unwrap_or(Timestamp::MIN), skip as i64);
    let mut steps = call.site.app.open_steps(call.viewer(), &filter, begin, before, limit + 1).await?;
    let next = cursor::turn(&mut steps, limit as usize, (from, skip), |expected| expected.step.due);
    Ok(Answer::json(json!({ "steps": steps.iter().map(step).collect::<Vec<_>>(), "next": next })))
}

fn line_fields() -> [Field; 3] {
    [must("plan", Kind::Text(LONGEST)), must("line", Kind::Integer(1, i64::from(u32::MAX))), reason()]
}

pub(crate) fn move_fields() -> Vec<Field> {
    let more = [
        may("step", Kind::Integer(0, 1_000)),
        may("quantity", Kind::Integer(1, i64::MAX)),
        may("serials", Kind::Texts(10_000, LONGEST)),
        may("lot", Kind::Text(LONGEST)),
        may("at", Kind::Moment),
    ];
    line_fields().into_iter().chain(more).collect()
}

pub(crate) fn void_fields() -> Vec<Field> {
    line_fields().into()
}

pub(crate) fn moved_schema() -> Value {
    schema::object([
        ("activity", schema::text()),
        ("quantity", schema::integer()),
        ("from", schema::text()),
        ("to", schema::text()),
        ("open", schema::integer()),
        ("entry", schema::maybe(schema::integer())),
    ])
}

fn asked(call: &Call) -> Move {
    Move {
        plan: call.given.text("plan").to_owned(),
        line: call.given.integer("line").unwrap_or_default(),
        step: call.given.integer("step"),
        quantity: call.given.integer("quantity"),
        serials: call.given.texts("serials"),
        lot: call.given.text("lot").to_owned(),
        at: call.given.moment("at"),
        key: call.journal_key(),
    }
}

fn moved(call: &Call, moved: &Moved) -> Answer {
    let entry = Some(moved.entry).filter(|_| call.viewer().sight == Sight::Everything);
    Answer::json(json!({
        "activity": moved.activity.as_str(),
        "quantity": moved.quantity,
        "from": moved.way.0,
        "to": moved.way.1,
        "open": moved.open,
        "entry": entry,
    }))
}

pub(crate) async fn dispatch(call: Call) -> Result<Answer, Failure> {
    Ok(moved(&call, &call.site.app.dispatch(&asked(&call), &call.actor()).await?))
}

pub(crate) async fn receive(call: Call) -> Result<Answer, Failure> {
    Ok(moved(&call, &call.site.app.receive(&asked(&call), &call.actor()).await?))
}

pub(crate) fn voided_schema() -> Value {
    schema::object([("voided", schema::integer())])
}

pub(crate) async fn void(call: Call) -> Result<Answer, Failure> {
    let Move { plan, line, .. } = asked(&call);
    let voided = call.site.app.void(&plan, line, &call.actor()).await?;
    Ok(Answer::json(json!({ "voided": voided })))
}

pub(crate) fn pay_fields() -> Vec<Field> {
    vec![must("offer", Kind::Text(LONGEST)), may("amount", Kind::Decimal), may("at", Kind::Moment), reason()]
}

pub(crate) fn paid_schema() -> Value {
    schema::object([
        ("offer", schema::text()),
        ("currency", schema::text()),
        ("places", schema::integer()),
        ("paid_minor", schema::integer()),
        ("open_minor", schema::integer()),
    ])
}

/// A number with decimal places that a body gives.
pub(super) fn decimal(call: &Call, name: &str) -> Result<Option<Fixed<3>>, Failure> {
    call.given
        .maybe(name)
        .map(|text| Fixed::<3>::parse(&text))
        .transpose()
        .map_err(|right| Failure::new(Problem::Invalid).with(vec![Fault::at(&[name]).says(message!("must-be", right))]))
}

pub(crate) async fn pay(call: Call) -> Result<Answer, Failure> {
    let amount = decimal(&call, "amount")?;
    let payment = Payment {
        offer: call.given.text("offer").to_owned(),
        amount,
        at: call.given.moment("at"),
        key: call.journal_key(),
    };
    let (paid, currency, open) = call.site.app.pay(&payment, &call.actor()).await?;
    Ok(Answer::json(json!({
        "offer": payment.offer,
        "currency": currency.code(),
        "places": currency.places(),
        "paid_minor": paid,
        "open_minor": open,
    })))
}
