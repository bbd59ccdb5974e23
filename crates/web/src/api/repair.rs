//! Repair: work orders from the fault report to the return, and the board.

use axum::http::{Method, StatusCode, header::LOCATION};
use muster_app::{
    repair::{
        Shown,
        ending::Recovered,
        figures::Figures,
        request::{NewFault, Triage},
        shop::Release,
    },
    storage::repair::{OrderFilter, WorkOrder},
    transfer::handover::MEDIA_TYPES,
};
use muster_domain::{
    code::Code,
    field::Field as _,
    repair::{BlockingReason, Echelon, Urgency, WorkOrderState},
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    ask::{Content, Operation},
    call::Call,
    given::{Field, Kind, may, must, reason, words},
    handover,
    quote::{quote_columns, quote_told},
    record::{USUAL, paging},
    schema, whereabouts,
};
use crate::cursor;

/// Longest code or serial number.
pub(super) const LONGEST: usize = 200;
/// Longest text.
pub(super) const TEXT: usize = muster_app::text::LONGEST;
/// A SHA-256 in hexadecimal digits.
pub(super) const HASH: usize = 64;

type Done = futures_util::future::BoxFuture<'static, Result<Answer, Failure>>;

/// A deed with a work order, which it gives back as it then is.
pub(super) fn deed(end: &str, name: &'static str, mut fields: Vec<Field>, handler: fn(Call) -> Done) -> Operation {
    fields.push(reason());
    let path = format!("/work-orders/{{order}}/{end}");
    Operation::write(Method::POST, path, name, Content::Fields(fields), shown_schema(), handler).contended()
}

pub(crate) fn operations() -> Vec<Operation> {
    let orders = schema::page("work_orders", order_schema());
    let report = Content::Fields(report_fields());
    let text = |name| must(name, Kind::Text(TEXT));
    let note = |name| may(name, Kind::Text(TEXT));
    let hash = |name| may(name, Kind::Text(HASH));
    let at = || may("at", Kind::Moment);
    vec![
        Operation::get("/work-orders", "list-work-orders", orders, list).query(list_fields()),
        Operation::write(Method::POST, "/work-orders", "report-fault", report, shown_schema(), report_fault).makes(201),
        Operation::get("/work-orders/{order}", "show-work-order", shown_schema(), show),
        Operation::get(
            "/work-orders/{order}/attachments/{hash}",
            "show-work-order-attachment",
            schema::text(),
            attachment,
        )
        .file(MEDIA_TYPES.to_vec()),
        deed(
            "triage",
            "triage-work-order",
            vec![
                must("echelon", words(Echelon::ALL)),
                may("facility", Kind::Text(LONGEST)),
                may("contractor", Kind::Text(LONGEST)),
                note("remark"),
            ],
            |call| Box::pin(triage(call)),
        ),
        deed("evacuate", "evacuate-work-order", vec![may("route", Kind::Texts(100, LONGEST))], |call| {
            Box::pin(evacuate(call))
        }),
        deed("induct", "induct-work-order", vec![at()], |call| Box::pin(induct(call))),
        deed(
            "diagnose",
            "diagnose-work-order",
            vec![text("fault"), may("parts", Kind::Objects(200, part_fields()))],
            |call| Box::pin(diagnose(call)),
        ),
        deed("fetch", "fetch-work-order-parts", vec![], |call| Box::pin(fetch(call))),
        deed("start", "start-work-order", vec![at()], |call| Box::pin(start(call))),
        deed(
            "test",
            "test-work-order",
            vec![must("passed", Kind::Boolean), note("remark"), hash("evidence")],
            |call| Box::pin(test(call)),
        ),
        deed(
            "release",
            "release-work-order",
            vec![
                must("tester", Kind::Text(LONGEST)),
                must("pin", Kind::Text(LONGEST)),
                note("remark"),
                may("warranty_days", Kind::Integer(0, 3_650)),
            ],
            |call| Box::pin(release(call)),
        ),
        deed("return", "return-work-order", vec![at()], |call| Box::pin(give_back(call))),
        deed("write-off", "write-off-work-order", vec![text("remark"), hash("paper")], |call| {
            Box::pin(write_off(call))
        }),
        deed(
            "cannibalise",
            "cannibalise-work-order",
            vec![text("remark"), hash("paper"), must("recovered", Kind::Objects(200, recovered_fields()))],
            |call| Box::pin(cannibalise(call)),
        ),
        deed("cancel", "cancel-work-order", vec![text("remark")], |call| Box::pin(cancel(call))),
        deed(
            "block",
            "block-work-order",
            vec![must("because", words(BlockingReason::ALL)), text("turn_of"), note("remark")],
            |call| Box::pin(block(call)),
        ),
        deed("unblock", "unblock-work-order", vec![must("because", words(BlockingReason::ALL))], |call| {
            Box::pin(unblock(call))
        }),
        deed(
            "notes",
            "say-of-work-order",
            vec![text("text"), may("answers", Kind::Integer(1, 1_000_000)), hash("attachment")],
            |call| Box::pin(say(call)),
        ),
        Operation::get("/repair", "show-repair-board", board_schema(), board),
    ]
}

fn list_fields() -> Vec<Field> {
    let own = [
        may("state", words(WorkOrderState::ALL)),
        may("open", Kind::Boolean),
        may("facility", Kind::Text(LONGEST)),
        may("holder", Kind::Text(LONGEST)),
        may("serial", Kind::Text(LONGEST)),
    ];
    paging().into_iter().chain(own).collect()
}

fn report_fields() -> Vec<Field> {
    vec![
        must("resource", Kind::Text(LONGEST)),
        may("serial", Kind::Text(LONGEST)),
        may("account", Kind::Text(1_000)),
        may("quantity", Kind::Integer(1, 1_000_000)),
        must("symptom", Kind::Text(TEXT)),
        may("urgency", words(Urgency::ALL)),
        may("photo", Kind::Text(HASH)),
        may("at", Kind::Moment),
        reason(),
    ]
}

fn part_fields() -> Vec<Field> {
    vec![must("resource", Kind::Text(LONGEST)), must("quantity", Kind::Integer(1, 1_000_000))]
}

fn recovered_fields() -> Vec<Field> {
    [part_fields(), vec![may("serial", Kind::Text(LONGEST))]].concat()
}

fn maybe_text() -> Value {
    schema::maybe(schema::text())
}

fn order_columns() -> Vec<(&'static str, Value)> {
    vec![
        ("code", schema::text()),
        ("state", schema::text()),
        ("resource", schema::text()),
        ("serial", schema::text()),
        ("quantity", schema::integer()),
        ("holder", schema::text()),
        ("owner", schema::text()),
        ("place", schema::text()),
        ("account", schema::text()),
        ("symptom", schema::text()),
        ("urgency", schema::text()),
        ("echelon", maybe_text()),
        ("facility", maybe_text()),
        ("operator", maybe_text()),
        ("contractor", maybe_text()),
        ("fault", schema::text()),
        ("consignment", maybe_text()),
        ("reported_at", schema::moment()),
        ("warranty_until", maybe_text()),
        ("under_warranty_of", maybe_text()),
    ]
}

fn order_schema() -> Value {
    schema::object(order_columns())
}

fn shown_schema() -> Value {
    let step = schema::object([
        ("state", schema::text()),
        ("occurred_at", schema::moment()),
        ("recorded_at", schema::moment()),
        ("actor", schema::text()),
        ("remark", schema::text()),
        ("evidence", schema::text()),
        ("signed_by", schema::text()),
    ]);
    let block = schema::object([
        ("because", schema::text()),
        ("turn_of", schema::text()),
        ("remark", schema::text()),
        ("since", schema::moment()),
        ("actor", schema::text()),
        ("until", schema::maybe(schema::moment())),
    ]);
    let part = schema::object([
        ("resource", schema::text()),
        ("wanted", schema::integer()),
        ("issued", schema::integer()),
        ("requirement", maybe_text()),
        ("instead_of", maybe_text()),
    ]);
    let said = schema::object([
        ("number", schema::integer()),
        ("answers", schema::maybe(schema::integer())),
        ("said_at", schema::moment()),
        ("actor", schema::text()),
        ("text", schema::text()),
        ("attachment", schema::text()),
    ]);
    let mut columns = order_columns();
    columns.extend([
        ("steps", schema::list(step)),
        ("blocks", schema::list(block)),
        ("parts", schema::list(part)),
        ("notes", schema::list(said)),
        ("quotes", schema::list(schema::object(quote_columns()))),
    ]);
    schema::object(columns)
}

fn order_told(order: &WorkOrder) -> Value {
    let maybe = |code: &Option<Code>| code.as_ref().map(|code| code.as_str().to_owned());
    json!({
        "code": order.code.as_str(),
        "state": order.state.as_str(),
        "resource": order.resource.as_str(),
        "serial": order.serial,
        "quantity": order.quantity,
        "holder": order.holder.as_str(),
        "owner": order.owner.as_str(),
        "place": order.place.as_str(),
        "account": order.account.to_string(),
        "symptom": order.symptom,
        "urgency": order.urgency.as_str(),
        "echelon": order.echelon.map(|echelon| echelon.as_str()),
        "facility": maybe(&order.facility),
        "operator": maybe(&order.operator),
        "contractor": maybe(&order.contractor),
        "fault": order.fault,
        "consignment": maybe(&order.consignment),
        "reported_at": order.reported_at.to_string(),
        "warranty_until": order.warranty_until.map(|day| day.to_string()),
        "under_warranty_of": maybe(&order.under_warranty_of),
    })
}

fn told(shown: &Shown) -> Value {
    let mut told = order_told(&shown.order);
    let steps = shown.steps.iter().map(|step| {
        json!({
            "state": step.state.as_str(),
            "occurred_at": step.occurred_at.to_string(),
            "recorded_at": step.recorded_at.to_string(),
            "actor": step.actor,
            "remark": step.remark,
            "evidence": step.evidence,
            "signed_by": step.signed_by,
        })
    });
    let blocks = shown.blocks.iter().map(|block| {
        json!({
            "because": block.reason.as_str(),
            "turn_of": block.turn_of,
            "remark": block.remark,
            "since": block.since.to_string(),
            "actor": block.actor,
            "until": block.until.map(|until| until.to_string()),
        })
    });
    let parts = shown.parts.iter().map(|(part, issued)| {
        json!({
            "resource": part.resource.as_str(),
            "wanted": part.wanted,
            "issued": issued,
            "requirement": part.requirement.as_ref().map(|code| code.as_str()),
            "instead_of": part.instead_of.as_ref().map(|code| code.as_str()),
        })
    });
    let notes = shown.said.iter().map(|said| {
        json!({
            "number": said.number,
            "answers": said.answers,
            "said_at": said.said_at.to_string(),
            "actor": said.actor,
            "text": said.text,
            "attachment": said.attachment,
        })
    });
    told["steps"] = steps.collect();
    told["blocks"] = blocks.collect();
    told["parts"] = parts.collect();
    told["notes"] = notes.collect();
    told["quotes"] = shown.quotes.iter().map(quote_told).collect();
    told
}

async fn list(call: Call) -> Result<Answer, Failure> {
    let filter = OrderFilter {
        state: call.query.maybe("state").and_then(|state| WorkOrderState::parse(&state).ok()),
        open: call.query.yes("open"),
        facility: call.query.maybe("facility"),
        holder: call.query.maybe("holder"),
        serial: call.query.maybe("serial"),
        after: call.query.cursor()?,
        ..OrderFilter::default()
    };
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let mut found = call.site.app.work_orders(call.viewer(), &filter, limit + 1).await?;
    let next = cursor::next(&mut found, limit as usize, WorkOrder::place);
    Ok(Answer::json(json!({ "work_orders": found.iter().map(order_told).collect::<Vec<_>>(), "next": next })))
}

async fn report_fault(call: Call) -> Result<Answer, Failure> {
    let text = |name: &str| call.given.text(name).to_owned();
    let new = NewFault {
        resource: text("resource"),
        serial: text("serial"),
        account: call.given.maybe("account"),
        quantity: call.given.integer("quantity").unwrap_or(1),
        symptom: text("symptom"),
        urgency: Urgency::parse(call.given.text("urgency")).ok(),
        photo: text("photo"),
        at: call.given.moment("at"),
    };
    let code = call.site.app.fault_report(&new, &call.actor()).await?;
    let shown = call.site.app.work_order(call.viewer(), code.as_str()).await?;
    let place = format!("/api/v1/work-orders/{code}");
    Ok(Answer::json(told(&shown)).status(StatusCode::CREATED).header(LOCATION, place))
}

pub(super) async fn show(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(told(&call.site.app.work_order(call.viewer(), call.part("order")).await?)))
}

async fn attachment(call: Call) -> Result<Answer, Failure> {
    let (order, hash) = (call.part("order"), call.part("hash"));
    let (media_type, bytes) = call.site.app.work_order_attachment(call.viewer(), order, hash).await?;
    handover::kept(&media_type, hash, bytes)
}

async fn triage(call: Call) -> Result<Answer, Failure> {
    if let Ok(echelon) = Echelon::parse(call.given.text("echelon")) {
        let (facility, contractor) = (call.given.maybe("facility"), call.given.maybe("contractor"));
        let remark = call.given.text("remark");
        let decided = Triage { echelon, facility: facility.as_deref(), contractor: contractor.as_deref(), remark };
        call.site.app.work_order_triage(call.part("order"), &decided, &call.actor()).await?;
    }
    show(call).await
}

async fn evacuate(call: Call) -> Result<Answer, Failure> {
    call.site.app.work_order_evacuate(call.part("order"), &call.given.texts("route"), &call.actor()).await?;
    show(call).await
}

async fn induct(call: Call) -> Result<Answer, Failure> {
    call.site.app.work_order_induct(call.part("order"), call.given.moment("at"), &call.actor()).await?;
    show(call).await
}

async fn diagnose(call: Call) -> Result<Answer, Failure> {
    let parts = call.given.has("parts").then(|| {
        let part = |part: &super::given::Given| {
            (part.text("resource").to_owned(), part.integer("quantity").unwrap_or_default())
        };
        call.given.objects("parts", &part_fields()).iter().map(part).collect::<Vec<_>>()
    });
    let found = (call.given.text("fault"), parts.as_deref());
    call.site.app.work_order_diagnose(call.part("order"), found, &call.actor()).await?;
    show(call).await
}

async fn fetch(call: Call) -> Result<Answer, Failure> {
    call.site.app.work_order_fetch(call.part("order"), &call.actor()).await?;
    show(call).await
}

async fn start(call: Call) -> Result<Answer, Failure> {
    call.site.app.work_order_start(call.part("order"), call.given.moment("at"), &call.actor()).await?;
    show(call).await
}

async fn test(call: Call) -> Result<Answer, Failure> {
    let found = (call.given.yes("passed"), call.given.text("remark"), call.given.text("evidence"));
    call.site.app.work_order_test(call.part("order"), found, &call.actor()).await?;
    show(call).await
}

async fn release(call: Call) -> Result<Answer, Failure> {
    let days = call.given.integer("warranty_days").and_then(|days| u32::try_from(days).ok());
    let signed = Release {
        tester: call.given.text("tester"),
        pin: call.given.text("pin"),
        remark: call.given.text("remark"),
        warranty_days: days.unwrap_or(0),
    };
    call.site.app.work_order_release(call.part("order"), &signed, &call.actor()).await?;
    show(call).await
}

async fn give_back(call: Call) -> Result<Answer, Failure> {
    call.site.app.work_order_return(call.part("order"), call.given.moment("at"), &call.actor()).await?;
    show(call).await
}

async fn write_off(call: Call) -> Result<Answer, Failure> {
    let decided = (call.given.text("remark"), call.given.text("paper"));
    call.site.app.work_order_write_off(call.part("order"), decided, &call.actor()).await?;
    show(call).await
}

async fn cannibalise(call: Call) -> Result<Answer, Failure> {
    let one = |part: &super::given::Given| Recovered {
        resource: part.text("resource").to_owned(),
        quantity: part.integer("quantity").unwrap_or_default(),
        serial: part.text("serial").to_owned(),
    };
    let recovered: Vec<Recovered> = call.given.objects("recovered", &recovered_fields()).iter().map(one).collect();
    let decided = (call.given.text("remark"), call.given.text("paper"));
    call.site.app.work_order_cannibalise(call.part("order"), decided, &recovered, &call.actor()).await?;
    show(call).await
}

async fn cancel(call: Call) -> Result<Answer, Failure> {
    call.site.app.work_order_cancel(call.part("order"), call.given.text("remark"), &call.actor()).await?;
    show(call).await
}

async fn block(call: Call) -> Result<Answer, Failure> {
    if let Ok(because) = BlockingReason::parse(call.given.text("because")) {
        let block = (because, call.given.text("turn_of"), call.given.text("remark"));
        call.site.app.work_order_block(call.part("order"), block, &call.actor()).await?;
    }
    show(call).await
}

async fn unblock(call: Call) -> Result<Answer, Failure> {
    if let Ok(because) = BlockingReason::parse(call.given.text("because")) {
        call.site.app.work_order_unblock(call.part("order"), because, &call.actor()).await?;
    }
    show(call).await
}

async fn say(call: Call) -> Result<Answer, Failure> {
    let said = (call.given.text("text"), call.given.integer("answers"), call.given.text("attachment"));
    call.site.app.work_order_say(call.part("order"), said, &call.actor()).await?;
    show(call).await
}

fn board_schema() -> Value {
    let codes = || schema::list(schema::text());
    let state = schema::object([("state", schema::text()), ("orders", schema::integer())]);
    let facility = schema::object([
        ("place", schema::text()),
        ("coming", schema::integer()),
        ("waiting", schema::integer()),
        ("in_repair", schema::integer()),
        ("capacity", schema::integer()),
        ("through", maybe_text()),
    ]);
    let turnaround = schema::object([
        ("resource", schema::text()),
        ("facility", maybe_text()),
        ("orders", codes()),
        ("half_days", schema::number()),
        ("most_days", schema::number()),
    ]);
    let blocking = schema::object([("because", schema::text()), ("orders", codes()), ("since", schema::moment())]);
    let lacking = schema::object([
        ("resource", schema::text()),
        ("units", schema::integer()),
        ("orders", codes()),
        ("requirements", codes()),
    ]);
    let week = schema::object([("at", schema::moment()), ("fit", schema::integer()), ("all", schema::integer())]);
    let availability = schema::object([
        ("holder", schema::text()),
        ("resource", schema::text()),
        ("rate", schema::maybe(schema::number())),
        ("weeks", schema::list(week)),
        ("orders", codes()),
    ]);
    schema::object([
        ("states", schema::list(state)),
        ("facilities", schema::list(facility)),
        ("turnaround", schema::list(turnaround)),
        ("blocking", schema::list(blocking)),
        ("lacking", schema::list(lacking)),
        ("availability", schema::list(availability)),
        ("whereabouts", schema::list(whereabouts::schema("orders"))),
    ])
}

async fn board(call: Call) -> Result<Answer, Failure> {
    let figures: Figures = call.site.app.repair_figures(call.viewer()).await?;
    let codes = |codes: &[Code]| codes.iter().map(|code| code.as_str().to_owned()).collect::<Vec<_>>();
    let states = figures.states.iter().map(|(state, orders)| json!({ "state": state.as_str(), "orders": orders }));
    let facilities = figures.facilities.iter().map(|of| {
        json!({
            "place": of.place.as_str(),
            "coming": of.coming,
            "waiting": of.waiting,
            "in_repair": of.in_repair,
            "capacity": of.capacity,
            "through": of.through.map(|day| day.to_string()),
        })
    });
    let days = |time: jiff::SignedDuration| time.as_secs_f64() / 86_400.0;
    let turnaround = figures.turnaround.iter().map(|of| {
        json!({
            "resource": of.resource.as_str(),
            "facility": of.facility.as_ref().map(|code| code.as_str()),
            "orders": codes(&of.orders),
            "half_days": days(of.half),
            "most_days": days(of.most),
        })
    });
    let blocking = figures
        .blocking
        .iter()
        .map(|of| json!({ "because": of.reason.as_str(), "orders": codes(&of.orders), "since": of.since.to_string() }));
    let lacking = figures.lacking.iter().map(|of| {
        json!({
            "resource": of.resource.as_str(),
            "units": of.units,
            "orders": codes(&of.orders),
            "requirements": codes(&of.requirements),
        })
    });
    let availability = figures.availability.iter().map(|of| {
        let weeks = of.weeks.iter().map(|(at, fit, all)| json!({ "at": at.to_string(), "fit": fit, "all": all }));
        json!({
            "holder": of.holder.as_str(),
            "resource": of.resource.as_str(),
            "rate": of.rate(),
            "weeks": weeks.collect::<Vec<_>>(),
            "orders": codes(&of.orders),
        })
    });
    let whereabouts = figures.whereabouts.iter().map(|(at, there)| {
        let units = there.iter().map(|of| of.units).sum();
        whereabouts::told("orders", at, units, there.iter().map(|of| &of.order))
    });
    Ok(Answer::json(json!({
        "states": states.collect::<Vec<_>>(),
        "facilities": facilities.collect::<Vec<_>>(),
        "turnaround": turnaround.collect::<Vec<_>>(),
        "blocking": blocking.collect::<Vec<_>>(),
        "lacking": lacking.collect::<Vec<_>>(),
        "availability": availability.collect::<Vec<_>>(),
        "whereabouts": whereabouts.collect::<Vec<_>>(),
    })))
}
