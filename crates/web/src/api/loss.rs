//! Losses of what is in service or in stock, or was missed by consignments: reports, what was found again, and what was not found and must be reported.

use axum::http::{Method, StatusCode, header::LOCATION};
use muster_app::{
    App,
    storage::transfer::loss::{LossFilter, LossReport},
    transfer::{
        handover::MEDIA_TYPES,
        loss::{Missing, NewLoss},
        shown,
    },
};
use muster_domain::{field::Field as _, loss::LossKind, message};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    ask::{Content, Operation},
    call::Call,
    given::{Field, Kind, may, must, reason, words},
    record::{USUAL, paging},
    schema, variance,
};
use crate::{cursor, problem::Kind as Problem};

/// Longest code or serial number.
const LONGEST: usize = 200;

pub(crate) fn operations() -> Vec<Operation> {
    let fields = Content::Fields;
    let report =
        Operation::write(Method::POST, "/loss-reports", "report-loss", fields(new_fields()), shown_schema(), report);
    let found = "/loss-reports/{report}/found";
    let found_fields = vec![may("at", Kind::Moment), reason()];
    vec![
        Operation::get("/loss-reports", "list-loss-reports", schema::page("reports", told_schema()), list)
            .query(list_fields()),
        report.makes(201).contended(),
        Operation::get("/loss-reports/{report}", "show-loss-report", shown_schema(), show),
        Operation::get("/loss-reports/{report}/evidence", "show-loss-evidence", schema::text(), evidence)
            .file(MEDIA_TYPES.to_vec()),
        Operation::write(Method::POST, found, "find-lost", fields(found_fields), shown_schema(), find).contended(),
        Operation::get("/not-found", "list-not-found", missing_schema(), not_found).query(vec![
            may("as_of", Kind::Date),
            may("known", Kind::Date),
            may("waiting", Kind::Boolean),
        ]),
    ]
}

pub(crate) fn list_fields() -> Vec<Field> {
    let own = [
        may("as_of", Kind::Date),
        may("known", Kind::Date),
        may("late", Kind::Boolean),
        may("open", Kind::Boolean),
        may("how", words(LossKind::ALL)),
        may("holder", Kind::Text(LONGEST)),
        may("resource", Kind::Text(LONGEST)),
        may("serial", Kind::Text(LONGEST)),
    ];
    paging().into_iter().chain(own).collect()
}

/// A report with the work orders that ended with it.
fn shown_schema() -> Value {
    let mut shown = told_schema();
    shown["properties"]["work_orders"] = schema::list(schema::text());
    shown
}

fn told_schema() -> Value {
    let code = || schema::maybe(schema::text());
    let found = schema::object([
        ("at", schema::moment()),
        ("recorded_at", schema::moment()),
        ("by", schema::text()),
        ("reason", schema::text()),
    ]);
    schema::object([
        ("code", schema::text()),
        ("how", schema::text()),
        ("resource", schema::text()),
        ("lot", schema::text()),
        ("serial", schema::text()),
        ("quantity", schema::integer()),
        ("holder", schema::text()),
        ("owner", schema::text()),
        ("account", schema::text()),
        ("consignment", code()),
        ("place", code()),
        ("offer", code()),
        ("occurred_at", schema::moment()),
        ("known_at", schema::moment()),
        ("due_at", schema::moment()),
        ("recorded_at", schema::moment()),
        ("days_late", schema::integer()),
        ("actor", schema::text()),
        ("circumstances", schema::text()),
        ("evidence", schema::text()),
        ("found", schema::maybe(found)),
    ])
}

fn told(one: &LossReport) -> Value {
    let account = &one.account;
    json!({
        "code": one.code.as_str(),
        "how": one.how.as_str(),
        "resource": account.resource.as_str(),
        "lot": one.lot,
        "serial": one.serial,
        "quantity": one.quantity,
        "holder": account.holder.as_str(),
        "owner": account.owner.as_str(),
        "account": account.to_string(),
        "consignment": one.consignment.as_ref().map(|consignment| consignment.as_str()),
        "place": one.place.as_ref().map(|place| place.as_str()),
        "offer": one.offer.as_ref().map(|offer| offer.as_str()),
        "occurred_at": one.occurred_at.to_string(),
        "known_at": one.known_at.to_string(),
        "due_at": one.due_at.to_string(),
        "recorded_at": one.recorded_at.to_string(),
        "days_late": one.days_late(),
        "actor": one.actor,
        "circumstances": one.circumstances,
        "evidence": one.evidence,
        "found": one.found.as_ref().map(|found| json!({
            "at": found.at.to_string(),
            "recorded_at": found.recorded_at.to_string(),
            "by": found.actor,
            "reason": found.reason,
        })),
    })
}

/// A report with the work orders that ended with it.
async fn shown(call: &Call, report: &LossReport) -> Result<Value, Failure> {
    let mut told = told(report);
    let orders = call.site.app.loss_work_orders(call.viewer(), report).await?;
    told["work_orders"] = orders.iter().map(|order| order.code.as_str()).collect();
    Ok(told)
}

/// Which reports are asked for.
pub(crate) fn filter(call: &Call) -> Result<LossFilter, Failure> {
    let text = |name: &str| call.query.maybe(name);
    Ok(LossFilter {
        unit: call.unit()?,
        holder: text("holder"),
        how: text("how").and_then(|how| LossKind::parse(&how).ok()),
        late: call.query.yes("late"),
        open: call.query.yes("open"),
        as_of: Some(App::as_of(call.query.date("as_of"), call.query.date("known"))),
        ..LossFilter::default()
    })
}

async fn list(call: Call) -> Result<Answer, Failure> {
    let filter = LossFilter { after: call.query.cursor()?, ..filter(&call)? };
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let mut found = call.site.app.loss_reports(call.viewer(), &filter, limit + 1).await?;
    let next = cursor::next(&mut found, limit as usize, LossReport::place);
    Ok(Answer::json(json!({ "reports": found.iter().map(told).collect::<Vec<_>>(), "next": next })))
}

async fn show(call: Call) -> Result<Answer, Failure> {
    let report = call.site.app.loss_report(call.viewer(), call.part("report")).await?;
    Ok(Answer::json(shown(&call, &report).await?))
}

async fn evidence(call: Call) -> Result<Answer, Failure> {
    let (media_type, bytes) = call.site.app.loss_evidence(call.viewer(), call.part("report")).await?;
    super::handover::kept(&media_type, call.part("report"), bytes)
}

fn new_fields() -> Vec<Field> {
    vec![
        must("resource", Kind::Text(LONGEST)),
        may("serial", Kind::Text(LONGEST)),
        may("account", Kind::Text(1_000)),
        may("lot", Kind::Text(LONGEST)),
        may("quantity", Kind::Integer(1, i64::MAX)),
        may("offer", Kind::Text(LONGEST)),
        must("how", words(LossKind::ALL)),
        may("at", Kind::Moment),
        may("known_at", Kind::Moment),
        may("place", Kind::Text(LONGEST)),
        must("circumstances", Kind::Text(2_000)),
        may("evidence", Kind::Text(64)),
        reason(),
    ]
}

async fn report(call: Call) -> Result<Answer, Failure> {
    let text = |name: &str| call.given.text(name).to_owned();
    let new = NewLoss {
        resource: text("resource"),
        serial: text("serial"),
        account: call.given.maybe("account"),
        lot: text("lot"),
        quantity: call.given.integer("quantity").unwrap_or(1),
        offer: call.given.maybe("offer"),
        how: LossKind::parse(call.given.text("how")).unwrap_or(LossKind::Lost),
        at: call.given.moment("at"),
        known_at: call.given.moment("known_at"),
        place: call.given.maybe("place"),
        circumstances: text("circumstances"),
        evidence: text("evidence"),
    };
    let code = call.site.app.lose(&new, &call.actor()).await?;
    let made = call.site.app.loss_report(call.viewer(), code.as_str()).await?;
    let place = format!("/api/v1/loss-reports/{code}");
    let told = shown(&call, &made).await?;
    Ok(Answer::json(told).status(StatusCode::CREATED).header(LOCATION, place))
}

async fn find(call: Call) -> Result<Answer, Failure> {
    call.site.app.loss_found(call.part("report"), call.given.moment("at"), &call.actor()).await?;
    show(call).await
}

fn missing_schema() -> Value {
    let one = schema::object([
        ("resource", schema::text()),
        ("serial", schema::text()),
        ("holder", schema::text()),
        ("place", schema::maybe(schema::text())),
        ("inspection", schema::text()),
        ("since", schema::moment()),
        ("due_at", schema::moment()),
        ("waits_for", schema::text()),
        ("escalations", variance::escalations_schema()),
    ]);
    schema::object([("not_found", schema::list(one))])
}

async fn not_found(call: Call) -> Result<Answer, Failure> {
    let as_of = App::as_of(call.query.date("as_of"), call.query.date("known"));
    let found = match call.query.yes("waiting") {
        true if call.query.date("as_of").is_some() || call.query.date("known").is_some() => {
            return Err(Failure::new(Problem::BadRequest).says(message!("waiting-is-now")));
        }
        true => call.site.app.not_found_waiting(call.viewer()).await?,
        false => call.site.app.not_found(call.viewer(), as_of).await?,
    };
    let one = |missing: &Missing| {
        let (unit, account) = (&missing.unit, &missing.unit.account);
        json!({
            "resource": account.resource.as_str(),
            "serial": unit.serial,
            "holder": account.holder.as_str(),
            "place": account.place.as_ref().map(|place| place.as_str()),
            "inspection": missing.of.inspection.as_str(),
            "since": missing.of.since.to_string(),
            "due_at": missing.due_at.to_string(),
            "waits_for": missing.waits_for.as_str(),
            "escalations": shown::escalations(&missing.escalations),
        })
    };
    Ok(Answer::json(json!({ "not_found": found.iter().map(one).collect::<Vec<_>>() })))
}
