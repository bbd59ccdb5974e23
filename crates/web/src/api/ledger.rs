//! The journal and its accounts: entries, balances as of any date, statements, and the check of the seal. Numbers are told only to who
//! sees everything, so pages are found by moment and place.

use axum::http::{StatusCode, header};
use jiff::Timestamp;
use muster_app::{
    App, end_of,
    storage::ledger::read::{AccountFilter, EntryFilter, StatementLine},
    verification::{Progress, Verification},
};
use muster_domain::{
    field::Field as _,
    ledger::{
        account::{AccountKey, AccountPurpose},
        books::Balance,
        entry::Activity,
    },
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    given::{Field, Kind, may, words},
    record::{USUAL, paging},
    report::dates,
    schema,
};
use crate::{cursor, text};

/// Longest code or name.
const LONGEST: usize = 200;

pub(crate) fn journal_fields() -> Vec<Field> {
    let code = |name| may(name, Kind::Text(LONGEST));
    let activities = words(Activity::ALL.iter().map(|activity| activity.as_str()));
    let own = [
        code("offer"),
        code("need"),
        code("plan"),
        code("actor"),
        code("serial"),
        may("activity", activities),
        may("until", Kind::Date),
    ];
    paging().into_iter().chain(own).collect()
}

/// What is told of anything that happened or is to happen.
fn happening() -> [(&'static str, Value); 8] {
    let code = || schema::maybe(schema::text());
    [
        ("kind", schema::text()),
        ("activity", schema::text()),
        ("occurred_at", schema::moment()),
        ("recorded_at", schema::moment()),
        ("actor", schema::text()),
        ("reason", schema::text()),
        ("offer", code()),
        ("need", code()),
    ]
}

fn entry_schema() -> Value {
    let number = || schema::maybe(schema::integer());
    let line = schema::object([
        ("from", schema::text()),
        ("to", schema::text()),
        ("quantity", schema::integer()),
        ("lot", schema::text()),
        ("serial", schema::text()),
    ]);
    let record = schema::object([("sheet", schema::text()), ("record", schema::text())]);
    let more = [
        ("plan", schema::maybe(schema::text())),
        ("consignment", schema::maybe(schema::text())),
        ("records", schema::list(record)),
        ("resolves", number()),
        ("corrects", number()),
        ("about", schema::text()),
        ("lines", schema::list(line)),
    ];
    schema::object([("number", number())].into_iter().chain(happening()).chain(more))
}

pub(crate) fn journal_schema() -> Value {
    schema::page("entries", entry_schema())
}

pub(crate) async fn journal(call: Call) -> Result<Answer, Failure> {
    let query = &call.query;
    let filter = EntryFilter {
        offer: query.maybe("offer"),
        need: query.maybe("need"),
        plan: query.maybe("plan"),
        activity: Activity::parse(query.text("activity")).ok(),
        actor: query.maybe("actor"),
        serial: query.maybe("serial"),
    };
    let until = query.date("until").map_or(Timestamp::MAX, end_of).as_microsecond();
    let (from, skip) = query.cursor()?.unwrap_or((until, 0));
    let known = Timestamp::from_microsecond(from).unwrap_or(Timestamp::MAX);
    let limit = query.integer("limit").unwrap_or(USUAL) as usize;
    let mut entries = call.site.app.newest(call.viewer(), &filter, (known, skip), limit + 1).await?;
    let next = cursor::turn(&mut entries, limit, (from, skip), |told| told.entry.recorded_at);
    let entries: Vec<Value> = entries.iter().map(|told| told.json()).collect();
    Ok(Answer::json(json!({ "entries": entries, "next": next })))
}

pub(crate) fn accounts_fields() -> Vec<Field> {
    let code = |name| may(name, Kind::Text(LONGEST));
    let purposes = words(AccountPurpose::ALL.iter().map(|purpose| purpose.as_str()));
    let own = [may("purpose", purposes), code("holder"), code("owner"), code("place"), code("resource")];
    paging().into_iter().chain(own).chain(dates()).collect()
}

fn account_fields() -> [(&'static str, Value); 8] {
    let code = || schema::maybe(schema::text());
    [
        ("account", schema::text()),
        ("purpose", schema::text()),
        ("holder", schema::text()),
        ("owner", schema::text()),
        ("place", code()),
        ("via", code()),
        ("resource", schema::text()),
        ("caveats", schema::list(schema::text())),
    ]
}

fn account(key: &AccountKey) -> Value {
    json!({
        "account": key.to_string(),
        "purpose": key.purpose.as_str(),
        "holder": key.holder.as_str(),
        "owner": key.owner.as_str(),
        "place": key.place.as_ref().map(ToString::to_string),
        "via": key.via.as_ref().map(ToString::to_string),
        "resource": key.resource.as_str(),
        "caveats": key.caveats.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

pub(crate) fn accounts_schema() -> Value {
    let [account, purpose, holder, owner, place, via, resource, caveats] = account_fields();
    let balance = [("posted", schema::integer()), ("pending", schema::integer())];
    let [posted, pending] = balance;
    let one = schema::object([account, purpose, holder, owner, place, via, resource, caveats, posted, pending]);
    schema::page("accounts", one)
}

pub(crate) async fn accounts(call: Call) -> Result<Answer, Failure> {
    let (app, query) = (&call.site.app, &call.query);
    let filter = AccountFilter {
        purpose: AccountPurpose::parse(query.text("purpose")).ok(),
        holder: query.maybe("holder"),
        owner: query.maybe("owner"),
        place: query.maybe("place"),
        resource: query.maybe("resource"),
    };
    let at = App::as_of(query.date("as_of"), query.date("known"));
    let after = match query.cursor::<String>()? {
        Some(name) => app.account_number(call.viewer(), &name).await?,
        None => 0,
    };
    let limit = query.integer("limit").unwrap_or(USUAL);
    let mut accounts = app.accounts(call.viewer(), &filter, at, after, limit).await?;
    // The longest page cannot be asked for one row more, so there may be an empty one after it.
    let more = accounts.len() as i64 == limit;
    let next = accounts.last().filter(|_| more).map(|(_, key, _)| cursor::write(&key.to_string()));
    let one = |(_, key, balance): (i64, AccountKey, Balance)| {
        let mut one = account(&key);
        one["posted"] = balance.posted.into();
        one["pending"] = balance.pending.into();
        one
    };
    Ok(Answer::json(json!({ "accounts": accounts.drain(..).map(one).collect::<Vec<_>>(), "next": next })))
}

pub(crate) fn statement_fields() -> Vec<Field> {
    paging().into_iter().chain(dates()).collect()
}

pub(crate) fn statement_schema() -> Value {
    let entry = [("entry", schema::maybe(schema::integer()))];
    let more = [
        ("other", schema::text()),
        ("quantity", schema::integer()),
        ("lot", schema::text()),
        ("serial", schema::text()),
    ];
    schema::page("lines", schema::object(entry.into_iter().chain(happening()).chain(more)))
}

pub(crate) async fn statement(call: Call) -> Result<Answer, Failure> {
    let (app, query) = (&call.site.app, &call.query);
    let number = app.account_number(call.viewer(), call.part("account")).await?;
    let at = App::as_of(query.date("as_of"), query.date("known"));
    let (from, skip) = query.cursor()?.unwrap_or((i64::MIN, 0));
    let limit = query.integer("limit").unwrap_or(USUAL) as usize;
    let mut lines = app.statement_from(call.viewer(), number, at, (from, skip), limit + 1).await?;
    let next = cursor::turn(&mut lines, limit, (from, skip), |(line, _)| line.occurred_at);
    let one = |(line, other): &(StatementLine, String)| {
        json!({
            "entry": (line.entry > 0).then_some(line.entry),
            "kind": line.kind.as_str(),
            "activity": line.activity.as_str(),
            "occurred_at": line.occurred_at.to_string(),
            "recorded_at": line.recorded_at.to_string(),
            "actor": line.actor,
            "reason": line.reason,
            "offer": line.offer.as_ref().map(ToString::to_string),
            "need": line.need.as_ref().map(ToString::to_string),
            "other": other,
            "quantity": line.quantity,
            "lot": line.lot,
            "serial": line.serial,
        })
    };
    Ok(Answer::json(json!({ "lines": lines.iter().map(one).collect::<Vec<_>>(), "next": next })))
}

pub(crate) fn verification_schema() -> Value {
    schema::object([
        ("verification", schema::text()),
        ("began_at", schema::moment()),
        ("status", json!({ "type": "string", "enum": ["running", "fits", "misfit", "failed"] })),
        ("entries", schema::integer()),
        ("checked", schema::integer()),
        ("blocks", schema::maybe(schema::integer())),
        ("head", schema::maybe(schema::text())),
        ("entry", schema::maybe(schema::integer())),
        ("problem", schema::maybe(schema::text())),
    ])
}

pub(crate) async fn verify(call: Call) -> Result<Answer, Failure> {
    let job = call.site.app.verify_begin(&call.actor_for("")).await?;
    let address = format!("/api/v1/verifications/{}", job.code);
    Ok(Answer::json(told(&job)).status(StatusCode::ACCEPTED).header(header::LOCATION, address))
}

pub(crate) async fn verification(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(told(&call.site.app.verification(call.part("verification"), &call.actor_for(""))?)))
}

fn told(job: &Verification) -> Value {
    let mut told = json!({
        "verification": job.code,
        "began_at": job.began_at.to_string(),
        "status": "running",
        "entries": job.entries,
        "checked": job.entries,
        "blocks": null,
        "head": null,
        "entry": null,
        "problem": null,
    });
    match job.progress() {
        Progress::Running(checked) => told["checked"] = checked.into(),
        Progress::Ended(Ok(verified)) => {
            told["status"] = "fits".into();
            told["checked"] = verified.entries.into();
            told["blocks"] = verified.blocks.into();
            told["head"] = verified.head.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
        }
        Progress::Ended(Err(misfit)) => {
            told["status"] = "misfit".into();
            told["entry"] = misfit.entry.into();
            told["problem"] = text::words(&misfit.what).into();
        }
        Progress::Failed(why) => {
            told["status"] = "failed".into();
            told["problem"] = text::words(&why).into();
        }
    }
    told
}
