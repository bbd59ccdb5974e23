//! Consignments: made up, packed, readied, departed, arrived, received; and where they are.

use jiff::Timestamp;
use muster_app::{
    storage::transfer::tell::Filter,
    transfer::{
        count::{Count, Counted, CountedLot},
        custody::{Conveyance, Done},
        inspecting::Finding,
        making::{MOST_LINES, New, NewLine},
        packing::{MOST_UNITS, Packed, PackedUnit},
        part::LinePart,
        proposal::Ahead,
        shown,
        unmanifested::{Named, Unmanifested},
    },
};
use muster_domain::{
    consignment::{Condition, ConsignmentState, Seen},
    field::Field as _,
    message,
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure, Fault},
    call::Call,
    circumstances::{circumstance_fields, circumstances, signed_kind},
    consignment_shape::head_schema,
    given::{Field, Given, Kind, deed_fields, may, must, reason, words},
    record::{USUAL, paging},
    schema,
};
use crate::{cursor, problem::Kind as Problem, text};

/// Longest code, name of a lot or serial number.
const LONGEST: usize = 200;
/// Longest remark.
const REMARK: usize = 1_000;

fn code(name: &'static str) -> Field {
    must(name, Kind::Text(LONGEST))
}

fn line() -> Field {
    must("line", Kind::Integer(1, MOST_LINES as i64 * 10))
}

fn units(name: &'static str) -> Field {
    must(name, Kind::Integer(0, i64::MAX))
}

fn condition() -> Kind {
    words(Condition::ALL)
}

pub(crate) fn list_fields() -> Vec<Field> {
    let own = [
        may("state", words(ConsignmentState::ALL)),
        may("place", Kind::Text(LONGEST)),
        may("offer", Kind::Text(LONGEST)),
        may("need", Kind::Text(LONGEST)),
        may("movement", Kind::Text(LONGEST)),
        may("open", Kind::Boolean),
        may("late", Kind::Boolean),
        may("unsigned", Kind::Boolean),
        may("arrives_by", Kind::Moment),
        may("contains", Kind::Text(LONGEST)),
    ];
    paging().into_iter().chain(own).collect()
}

pub(crate) fn list_schema() -> Value {
    schema::page("consignments", schema::object(head_schema()))
}

/// Which consignments are asked for.
pub(crate) fn filter(call: &Call) -> Filter {
    let text = |name: &str| call.query.maybe(name);
    Filter {
        state: text("state").and_then(|state| ConsignmentState::parse(&state).ok()),
        place: text("place"),
        offer: text("offer"),
        need: text("need"),
        movement: text("movement"),
        open: call.query.yes("open"),
        late_at: call.query.yes("late").then(|| call.site.app.now()),
        unsigned: call.query.yes("unsigned"),
        arrives_by: call.query.moment("arrives_by"),
        after: None,
        codes: None,
    }
}

pub(crate) async fn list(call: Call) -> Result<Answer, Failure> {
    let text = |name: &str| call.query.maybe(name);
    let (app, mut filter) = (&call.site.app, filter(&call));
    if let Some(name) = text("contains") {
        let found = app.consignments_with(call.viewer(), &name, &filter).await?;
        let found: Vec<Value> = found.iter().map(shown::head).collect();
        return Ok(Answer::json(json!({ "consignments": found, "next": Value::Null })));
    }
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    filter.after = call.query.cursor()?;
    let mut found = app.consignments(call.viewer(), &filter, limit + 1).await?;
    let next = cursor::next(&mut found, limit as usize, |last| filter.place_of(last));
    let heads: Vec<Value> = found.iter().map(shown::head).collect();
    Ok(Answer::json(json!({ "consignments": heads, "next": next })))
}

pub(crate) async fn show(call: Call) -> Result<Answer, Failure> {
    let shown = call.site.app.consignment_shown(call.viewer(), call.part("consignment")).await?;
    Ok(Answer::json(shown.json()))
}

pub(crate) fn proposal_fields() -> Vec<Field> {
    paging().into_iter().chain([code("place"), may("before", Kind::Moment)]).collect()
}

pub(crate) fn proposals_schema() -> Value {
    let line = schema::object([
        ("plan", schema::text()),
        ("line", schema::integer()),
        ("quantity", schema::integer()),
        ("resource", schema::text()),
        ("offer", schema::maybe(schema::text())),
        ("need", schema::maybe(schema::text())),
        ("departs_at", schema::moment()),
    ]);
    let proposal = schema::object([
        ("route", schema::list(schema::text())),
        ("to", schema::text()),
        ("consignee", schema::text()),
        ("departs_at", schema::moment()),
        ("lines", schema::list(line)),
    ]);
    schema::page("proposals", proposal)
}

pub(crate) async fn proposals(call: Call) -> Result<Answer, Failure> {
    let all = Ahead::default();
    let (from, skip) = call.query.cursor()?.unwrap_or((Timestamp::MIN.as_microsecond(), 0));
    let ahead = Ahead {
        before: call.query.moment("before").unwrap_or(all.before),
        from: (Timestamp::from_microsecond(from).unwrap_or(Timestamp::MIN), skip),
        limit: call.query.integer("limit").map_or(all.limit, |limit| limit as usize),
    };
    let found = call.site.app.proposals(call.viewer(), call.query.text("place"), &ahead).await?;
    let next = found.next.map(|(at, skip)| cursor::write(&(at.as_microsecond(), skip)));
    let proposals = found.found.iter().map(|proposal| {
        let lines = proposal.lines.iter().map(|line| {
            json!({
                "plan": line.plan.as_str(),
                "line": line.line,
                "quantity": line.quantity,
                "resource": line.resource.as_str(),
                "offer": line.offer.as_ref().map(|offer| offer.as_str()),
                "need": line.need.as_ref().map(|need| need.as_str()),
                "departs_at": line.departs_at.to_string(),
            })
        });
        json!({
            "route": proposal.route.iter().map(|lane| lane.as_str()).collect::<Vec<_>>(),
            "to": proposal.to.as_str(),
            "consignee": proposal.consignee.as_str(),
            "departs_at": proposal.departs_at.to_string(),
            "lines": lines.collect::<Vec<_>>(),
        })
    });
    Ok(Answer::json(json!({ "proposals": proposals.collect::<Vec<_>>(), "next": next })))
}

fn new_line_fields() -> Vec<Field> {
    vec![
        may("plan", Kind::Text(LONGEST)),
        may("line", Kind::Integer(1, i64::from(u32::MAX))),
        may("account", Kind::Text(1_000)),
        may("offer", Kind::Text(LONGEST)),
        may("need", Kind::Text(LONGEST)),
        may("quantity", Kind::Integer(1, i64::MAX)),
        may("serials", Kind::Texts(MOST_LINES, LONGEST)),
    ]
}

pub(crate) fn new_fields() -> Vec<Field> {
    vec![
        code("from"),
        may("to", Kind::Text(LONGEST)),
        may("route", Kind::Texts(100, LONGEST)),
        must("lines", Kind::Objects(MOST_LINES, new_line_fields())),
        may("remark", Kind::Text(REMARK)),
        reason(),
    ]
}

pub(crate) async fn create(call: Call) -> Result<Answer, Failure> {
    let mut lines = Vec::new();
    for (n, given) in call.given.objects("lines", &new_line_fields()).iter().enumerate() {
        let wrong = || {
            let place = Fault::at(&["lines", &n.to_string()]).says(message!("plan-or-account"));
            Failure::new(Problem::Invalid).with(vec![place])
        };
        let (quantity, need, serials) = (given.integer("quantity"), given.maybe("need"), given.texts("serials"));
        let of_plan = (given.maybe("plan"), given.integer("line"));
        lines.push(match (of_plan, given.maybe("account"), given.maybe("offer")) {
            ((Some(plan), Some(line)), None, None) => NewLine::Plan { plan, line, quantity },
            ((None, None), Some(account), None) => {
                NewLine::Stock { account, quantity: quantity.ok_or_else(wrong)?, need, serials }
            }
            ((None, None), None, Some(offer)) if serials.is_empty() => {
                NewLine::Offer { offer, quantity: quantity.ok_or_else(wrong)?, need }
            }
            _ => return Err(wrong()),
        });
    }
    let new = New {
        from: call.given.text("from").to_owned(),
        to: call.given.maybe("to"),
        route: call.given.texts("route"),
        lines,
        remark: call.given.text("remark").to_owned(),
    };
    let code = call.site.app.consignment_make(&new, &call.actor()).await?;
    let shown = call.site.app.consignment_shown(call.viewer(), code.as_str()).await?;
    let place = format!("/api/v1/consignments/{code}");
    Ok(Answer::json(shown.json()).status(axum::http::StatusCode::CREATED).header(axum::http::header::LOCATION, place))
}

fn unit_fields() -> Vec<Field> {
    vec![
        may("lot", Kind::Text(LONGEST)),
        may("serial", Kind::Text(LONGEST)),
        may("quantity", Kind::Integer(1, i64::MAX)),
        may("sscc", Kind::Text(LONGEST)),
    ]
}

fn packed_fields() -> Vec<Field> {
    vec![
        line(),
        may("units", Kind::Objects(MOST_UNITS, unit_fields())),
        may("condition", condition()),
        may("remark", Kind::Text(REMARK)),
    ]
}

pub(crate) fn pack_fields() -> Vec<Field> {
    std::iter::once(must("lines", Kind::Objects(MOST_LINES, packed_fields()))).chain(deed_fields()).collect()
}

fn packed(given: &Given) -> Vec<Packed> {
    let unit = |given: &Given| PackedUnit {
        lot: given.text("lot").to_owned(),
        serial: given.text("serial").to_owned(),
        quantity: given.integer("quantity").unwrap_or(1),
        sscc: given.text("sscc").to_owned(),
    };
    let line = |given: &Given| Packed {
        line: given.integer("line").unwrap_or_default(),
        units: given.has("units").then(|| given.objects("units", &unit_fields()).iter().map(unit).collect()),
        condition: Condition::parse(given.text("condition")).ok(),
        remark: given.has("remark").then(|| given.text("remark").to_owned()),
    };
    given.objects("lines", &packed_fields()).iter().map(line).collect()
}

pub(crate) async fn pack(call: Call) -> Result<Answer, Failure> {
    call.site.app.consignment_pack(call.part("consignment"), &packed(&call.given), &call.actor()).await?;
    show(call).await
}

pub(crate) fn done_schema() -> Value {
    let code = || schema::maybe(schema::text());
    schema::object([
        ("consignment", schema::text()),
        ("state", schema::text()),
        ("version", schema::integer()),
        ("warnings", schema::list(schema::text())),
        ("variances", schema::list(schema::text())),
        ("handover", code()),
        ("movement", code()),
        ("repeated", schema::boolean()),
    ])
}

pub(crate) async fn done(call: &Call, done: Done) -> Result<Answer, Failure> {
    let code = call.part("consignment");
    let head = call.site.app.consignment_shown(call.viewer(), code).await?.head;
    Ok(Answer::json(json!({
        "consignment": code,
        "state": head.state.as_str(),
        "version": head.version,
        "warnings": done.warnings.iter().map(text::words).collect::<Vec<_>>(),
        "variances": done.variances.iter().map(|code| code.as_str()).collect::<Vec<_>>(),
        "handover": done.handover.as_ref().map(|code| code.as_str()),
        "movement": done.movement.as_ref().map(|code| code.as_str()),
        "repeated": done.repeated,
    })))
}

pub(crate) fn ready_fields() -> Vec<Field> {
    let own = [may("lines", Kind::Objects(MOST_LINES, packed_fields()))];
    own.into_iter().chain(circumstance_fields()).collect()
}

pub(crate) async fn ready(call: Call) -> Result<Answer, Failure> {
    let (code, given) = (call.part("consignment"), &call.given);
    let came = call.site.app.consignment_ready(code, &packed(given), &circumstances(given)?, &call.actor()).await?;
    done(&call, came).await
}

pub(crate) fn depart_fields() -> Vec<Field> {
    let own = ["movement", "carrier", "conveyance"].map(|name| may(name, Kind::Text(LONGEST)));
    own.into_iter().chain(circumstance_fields()).collect()
}

pub(crate) async fn depart(call: Call) -> Result<Answer, Failure> {
    let (code, given) = (call.part("consignment"), &call.given);
    let text = |name: &str| given.text(name).to_owned();
    let on = Conveyance { movement: text("movement"), carrier: text("carrier"), conveyance: text("conveyance") };
    let came = call.site.app.consignment_depart(code, &on, &circumstances(given)?, &call.actor()).await?;
    done(&call, came).await
}

fn counted_fields() -> Vec<Field> {
    vec![
        line(),
        units("received"),
        may("damaged", Kind::Integer(0, i64::MAX)),
        may("serials", Kind::Texts(MOST_UNITS, LONGEST)),
        may("damaged_serials", Kind::Texts(MOST_UNITS, LONGEST)),
        may("lots", Kind::Objects(MOST_UNITS, counted_lot_fields())),
        may("remark", Kind::Text(REMARK)),
    ]
}

fn counted_lot_fields() -> Vec<Field> {
    vec![code("lot"), units("received"), may("damaged", Kind::Integer(0, i64::MAX))]
}

fn counted_lot(given: &Given) -> CountedLot {
    let number = |name: &str| given.integer(name).unwrap_or_default();
    CountedLot { lot: given.text("lot").to_owned(), received: number("received"), damaged: number("damaged") }
}

fn thing_fields() -> Vec<Field> {
    vec![
        must("description", Kind::Text(500)),
        must("quantity", Kind::Integer(1, i64::MAX)),
        may("resource", Kind::Text(LONGEST)),
        may("remark", Kind::Text(REMARK)),
    ]
    .into_iter()
    .chain(named_fields())
    .collect()
}

/// By what units that nobody shipped are told apart.
pub(crate) fn named_fields() -> Vec<Field> {
    vec![may("lot", Kind::Text(LONGEST)), may("serials", Kind::Texts(MOST_UNITS, LONGEST))]
}

pub(crate) fn named(given: &Given) -> Named {
    Named { lot: given.text("lot").to_owned(), serials: given.texts("serials") }
}

pub(crate) fn count_fields() -> Vec<Field> {
    let own = [
        may("lines", Kind::Objects(MOST_LINES, counted_fields())),
        may("rest_as_stated", Kind::Boolean),
        may("unmanifested", Kind::Objects(200, thing_fields())),
    ];
    own.into_iter().chain(circumstance_fields()).collect()
}

fn count(given: &Given) -> Count {
    let line = |given: &Given| Counted {
        line: given.integer("line").unwrap_or_default(),
        received: given.integer("received").unwrap_or_default(),
        damaged: given.integer("damaged").unwrap_or_default(),
        serials: given.texts("serials"),
        damaged_serials: given.texts("damaged_serials"),
        lots: given.objects("lots", &counted_lot_fields()).iter().map(counted_lot).collect(),
        remark: given.text("remark").to_owned(),
    };
    Count {
        lines: given.objects("lines", &counted_fields()).iter().map(line).collect(),
        rest_as_stated: given.yes("rest_as_stated"),
        unmanifested: given.objects("unmanifested", &thing_fields()).iter().map(thing).collect(),
    }
}

fn thing(given: &Given) -> Unmanifested {
    let text = |name: &str| given.text(name).to_owned();
    Unmanifested {
        description: text("description"),
        quantity: given.integer("quantity").unwrap_or_default(),
        resource: text("resource"),
        named: named(given),
        remark: text("remark"),
    }
}

pub(crate) async fn arrive(call: Call) -> Result<Answer, Failure> {
    let (code, given) = (call.part("consignment"), &call.given);
    let came = call.site.app.consignment_arrive(code, &count(given), &circumstances(given)?, &call.actor()).await?;
    done(&call, came).await
}

pub(crate) async fn receive(call: Call) -> Result<Answer, Failure> {
    let (code, given) = (call.part("consignment"), &call.given);
    let came = call.site.app.consignment_receive(code, &count(given), &circumstances(given)?, &call.actor()).await?;
    done(&call, came).await
}

fn lot_fields() -> Vec<Field> {
    vec![must("lot", Kind::Text(LONGEST)), must("quantity", Kind::Integer(1, i64::MAX))]
}

fn finding_fields() -> Vec<Field> {
    vec![
        line(),
        must("condition", words(Seen::ALL)),
        may("quantity", Kind::Integer(1, i64::MAX)),
        may("serials", Kind::Texts(MOST_UNITS, LONGEST)),
        may("lots", Kind::Objects(MOST_UNITS, lot_fields())),
        may("remark", Kind::Text(REMARK)),
    ]
}

pub(crate) fn inspect_fields() -> Vec<Field> {
    let own = [must("lines", Kind::Objects(MOST_LINES, finding_fields()))];
    own.into_iter().chain(circumstance_fields()).collect()
}

pub(crate) async fn inspect(call: Call) -> Result<Answer, Failure> {
    let (code, given) = (call.part("consignment"), &call.given);
    let finding = |given: &Given| {
        let seen = Seen::parse(given.text("condition")).ok()?;
        let lot = |of: &Given| Some((of.text("lot").to_owned(), of.integer("quantity")?));
        Some(Finding {
            line: given.integer("line")?,
            seen,
            quantity: given.integer("quantity"),
            serials: given.texts("serials"),
            lots: given.objects("lots", &lot_fields()).iter().filter_map(lot).collect(),
            remark: given.text("remark").to_owned(),
        })
    };
    let findings: Vec<_> = given.objects("lines", &finding_fields()).iter().filter_map(finding).collect();
    let came = call.site.app.consignment_inspect(code, &findings, &circumstances(given)?, &call.actor()).await?;
    done(&call, came).await
}

pub(crate) fn title_fields() -> Vec<Field> {
    circumstance_fields().into()
}

pub(crate) async fn title(call: Call) -> Result<Answer, Failure> {
    let (code, given) = (call.part("consignment"), &call.given);
    let came = call.site.app.consignment_transfer_title(code, &circumstances(given)?, &call.actor()).await?;
    done(&call, came).await
}

pub(crate) async fn cancel(call: Call) -> Result<Answer, Failure> {
    call.site.app.consignment_cancel(call.part("consignment"), &call.actor()).await?;
    Ok(Answer::none())
}

pub(crate) fn sign_fields() -> Vec<Field> {
    let [.., version, reason] = circumstance_fields();
    let own = [
        must("milestone", Kind::Integer(1, i64::MAX)),
        must("signed", signed_kind()),
        may("remark", Kind::Text(REMARK)),
    ];
    own.into_iter().chain([version, reason]).collect()
}

pub(crate) async fn sign(call: Call) -> Result<Answer, Failure> {
    let (code, given) = (call.part("consignment"), &call.given);
    let number = given.integer("milestone").unwrap_or_default();
    let came = call.site.app.consignment_sign(code, number, &circumstances(given)?, &call.actor()).await?;
    done(&call, came).await
}

pub(crate) async fn take_back(call: Call) -> Result<Answer, Failure> {
    call.site.app.consignment_take_back(call.part("consignment"), &call.actor()).await?;
    show(call).await
}

pub(crate) fn redirect_fields() -> Vec<Field> {
    let own = [code("to"), may("route", Kind::Texts(100, LONGEST)), may("need", Kind::Text(LONGEST))];
    own.into_iter().chain(deed_fields()).collect()
}

pub(crate) async fn redirect(call: Call) -> Result<Answer, Failure> {
    let (route, need) = (call.given.texts("route"), call.given.maybe("need"));
    let way = (call.given.text("to"), route.as_slice(), need.as_deref());
    call.site.app.consignment_redirect(call.part("consignment"), way, &call.actor()).await?;
    show(call).await
}

fn part_fields() -> Vec<Field> {
    let serials = may("serials", Kind::Texts(MOST_UNITS, LONGEST));
    vec![line(), may("quantity", Kind::Integer(1, i64::MAX)), serials]
}

pub(crate) fn split_fields() -> Vec<Field> {
    let units = may("handling_units", Kind::Texts(MOST_UNITS, LONGEST));
    [may("lines", Kind::Objects(MOST_LINES, part_fields())), units].into_iter().chain(deed_fields()).collect()
}

pub(crate) fn made_schema() -> Value {
    schema::object([("consignment", schema::text())])
}

pub(crate) async fn split(call: Call) -> Result<Answer, Failure> {
    let part = |given: &Given| LinePart {
        line: given.integer("line").unwrap_or_default(),
        quantity: given.integer("quantity"),
        serials: given.texts("serials"),
    };
    let parts: Vec<LinePart> = call.given.objects("lines", &part_fields()).iter().map(part).collect();
    let with = call.given.texts("handling_units");
    let code = call.site.app.consignment_split(call.part("consignment"), &parts, &with, &call.actor()).await?;
    Ok(Answer::json(json!({ "consignment": code.as_str() })))
}

pub(crate) fn turned_up_fields() -> Vec<Field> {
    vec![code("consignment_or_sscc"), may("at", Kind::Moment), must("remark", Kind::Text(REMARK)), reason()]
}

pub(crate) async fn turned_up(call: Call) -> Result<Answer, Failure> {
    let (place, given) = (call.part("place"), &call.given);
    let here = (place, given.text("consignment_or_sscc"));
    let app = &call.site.app;
    let code = app.consignment_turned_up(here, given.moment("at"), given.text("remark"), &call.actor()).await?;
    Ok(Answer::json(json!({ "consignment": code.as_str() })))
}

pub(crate) fn join_fields() -> Vec<Field> {
    std::iter::once(must("consignments", Kind::Texts(200, LONGEST))).chain(deed_fields()).collect()
}

pub(crate) async fn join(call: Call) -> Result<Answer, Failure> {
    let others = call.given.texts("consignments");
    call.site.app.consignment_join(call.part("consignment"), &others, &call.actor()).await?;
    show(call).await
}

pub(crate) fn gates_schema() -> Value {
    let gate = schema::object([
        ("gate", schema::text()),
        ("line", schema::integer()),
        ("blocks", schema::boolean()),
        ("may_be_overridden", schema::boolean()),
        ("why", schema::text()),
    ]);
    schema::object([("gates", schema::list(gate))])
}

pub(crate) async fn gates(call: Call) -> Result<Answer, Failure> {
    let shut = call.site.app.gates(call.part("consignment"), &call.actor_for("")).await?;
    let gates = shut.iter().map(|shut| {
        json!({
            "gate": shut.gate.as_str(),
            "line": shut.line,
            "blocks": shut.gate.blocks(),
            "may_be_overridden": shut.gate.may_be_overridden(),
            "why": text::words(&shut.why),
        })
    });
    Ok(Answer::json(json!({ "gates": gates.collect::<Vec<_>>() })))
}

/// Fields of a thing that came on no manifest, for where no consignment is concerned.
pub(crate) fn unmanifested_fields() -> Vec<Field> {
    std::iter::once(code("place")).chain(thing_fields()).chain([may("at", Kind::Moment), reason()]).collect()
}

pub(crate) fn variance_made_schema() -> Value {
    schema::object([("variance", schema::text())])
}

pub(crate) async fn unmanifested(call: Call) -> Result<Answer, Failure> {
    let (place, at) = (call.given.text("place"), call.given.moment("at"));
    let code = call.site.app.report_unmanifested(place, &thing(&call.given), at, &call.actor()).await?;
    Ok(Answer::json(json!({ "variance": code.as_str() })))
}
