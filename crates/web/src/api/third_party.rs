//! Third-party transfers: who may have what a unit was given, and what the nations that gave it say.

use axum::http::{StatusCode, header::LOCATION};
use muster_app::{
    storage::transfer::{ThirdPartyTransfer, third_party::Filter},
    transfer::third_party::NewThirdPartyTransfer,
};
use muster_domain::{field::Field as _, third_party::Answer as Said};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    given::{Field, Kind, may, must, reason, words},
    record::{USUAL, paging},
    schema,
};
use crate::cursor;

/// Longest code or serial number.
const LONGEST: usize = 200;

pub(crate) fn list_fields() -> Vec<Field> {
    let own = [may("open", Kind::Boolean), may("resource", Kind::Text(LONGEST)), may("serial", Kind::Text(LONGEST))];
    own.into_iter().chain(paging()).collect()
}

pub(crate) fn shown_schema() -> Value {
    let maybe_text = || schema::maybe(schema::text());
    let nation = schema::object([
        ("nation", schema::text()),
        ("answer", maybe_text()),
        ("reference", schema::text()),
        ("at", schema::maybe(schema::moment())),
        ("actor", maybe_text()),
    ]);
    schema::object([
        ("code", schema::text()),
        ("state", schema::text()),
        ("resource", schema::text()),
        ("serial", schema::text()),
        ("holder", schema::text()),
        ("receiver", schema::text()),
        ("purpose", schema::text()),
        ("asked_at", schema::moment()),
        ("asked_by", schema::text()),
        ("nations", schema::list(nation)),
        ("ended_at", schema::maybe(schema::moment())),
        ("ended_by", maybe_text()),
    ])
}

pub(crate) fn list_schema() -> Value {
    schema::page("transfers", shown_schema())
}

fn told(one: &ThirdPartyTransfer) -> Value {
    let nation = |asked: &muster_app::storage::transfer::NationAnswer| {
        let said = asked.said.as_ref();
        json!({
            "nation": asked.nation.as_str(),
            "answer": said.map(|said| said.answer.as_str()),
            "reference": said.map_or("", |said| said.reference.as_str()),
            "at": said.map(|said| said.at.to_string()),
            "actor": said.map(|said| said.actor.as_str()),
        })
    };
    json!({
        "code": one.code.as_str(),
        "state": one.state().as_str(),
        "resource": one.resource.as_str(),
        "serial": one.serial,
        "holder": one.holder.as_str(),
        "receiver": one.receiver.as_str(),
        "purpose": one.purpose,
        "asked_at": one.asked_at.to_string(),
        "asked_by": one.asked_by,
        "nations": one.nations.iter().map(nation).collect::<Vec<_>>(),
        "ended_at": one.ended.as_ref().map(|(_, at, _)| at.to_string()),
        "ended_by": one.ended.as_ref().map(|(.., actor)| actor.as_str()),
    })
}

pub(crate) async fn list(call: Call) -> Result<Answer, Failure> {
    let unit = call.query.maybe("resource").zip(call.query.maybe("serial"));
    let filter = Filter { unit, open: call.query.yes("open"), after: call.query.cursor()?, ..Filter::default() };
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let mut found = call.site.app.third_party_transfers(call.viewer(), &filter, limit + 1).await?;
    let next = cursor::next(&mut found, limit as usize, ThirdPartyTransfer::place);
    Ok(Answer::json(json!({ "transfers": found.iter().map(told).collect::<Vec<_>>(), "next": next })))
}

pub(crate) async fn show(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(told(&call.site.app.third_party_transfer(call.viewer(), call.part("transfer")).await?)))
}

pub(crate) fn ask_fields() -> Vec<Field> {
    vec![
        must("resource", Kind::Text(LONGEST)),
        must("serial", Kind::Text(LONGEST)),
        must("receiver", Kind::Text(LONGEST)),
        must("purpose", Kind::Text(1_000)),
        reason(),
    ]
}

pub(crate) async fn ask(call: Call) -> Result<Answer, Failure> {
    let text = |name: &str| call.given.text(name).to_owned();
    let new = NewThirdPartyTransfer {
        resource: text("resource"),
        serial: text("serial"),
        receiver: text("receiver"),
        purpose: text("purpose"),
    };
    let code = call.site.app.third_party_ask(&new, &call.actor()).await?;
    let made = call.site.app.third_party_transfer(call.viewer(), code.as_str()).await?;
    let place = format!("/api/v1/third-party-transfers/{code}");
    Ok(Answer::json(told(&made)).status(StatusCode::CREATED).header(LOCATION, place))
}

pub(crate) fn answer_fields() -> Vec<Field> {
    vec![
        must("nation", Kind::Text(LONGEST)),
        must("answer", words(Said::ALL)),
        may("reference", Kind::Text(1_000)),
        reason(),
    ]
}

pub(crate) async fn answer(call: Call) -> Result<Answer, Failure> {
    if let Ok(said) = Said::parse(call.given.text("answer")) {
        let answer = (call.given.text("nation"), said, call.given.text("reference"));
        call.site.app.third_party_answer(call.part("transfer"), answer, &call.actor()).await?;
    }
    show(call).await
}

pub(crate) async fn withdraw(call: Call) -> Result<Answer, Failure> {
    call.site.app.third_party_withdraw(call.part("transfer"), &call.actor()).await?;
    show(call).await
}

pub(crate) fn hand_over_fields() -> Vec<Field> {
    vec![may("at", Kind::Moment), reason()]
}

pub(crate) async fn hand_over(call: Call) -> Result<Answer, Failure> {
    call.site.app.third_party_hand_over(call.part("transfer"), call.given.moment("at"), &call.actor()).await?;
    show(call).await
}
