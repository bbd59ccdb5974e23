//! The part of the table of operations that is about transfer: consignments, variances, handovers, and by what people sign.

use axum::http::Method;
use muster_app::transfer::{
    handover::{LONGEST_ATTACHMENT, MEDIA_TYPES},
    sheet::LONGEST,
};
use serde_json::Value;

use super::{
    answer::{Answer, Failure},
    ask::{Content, Operation},
    available,
    call::Call,
    consignment, consignment_shape, conveyed, delivery, document, end_use,
    given::{Field, deed_fields, reason},
    handling_unit, handover, note, record, schema, sheet, third_party, variance, worth,
};

/// A deed to one consignment.
fn deed<F, Fut>(end: &str, name: &'static str, fields: Vec<Field>, gives: Value, handler: F) -> Operation
where
    F: Fn(Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Answer, Failure>> + Send + 'static,
{
    let path = format!("/consignments/{{consignment}}/{end}");
    Operation::write(Method::POST, path, name, Content::Fields(fields), gives, handler).contended()
}

pub(crate) fn consignments() -> Vec<Operation> {
    use consignment as c;
    use handling_unit as u;
    let fields = Content::Fields(c::new_fields());
    vec![
        Operation::get("/consignments", "list-consignments", c::list_schema(), c::list).query(c::list_fields()),
        Operation::write(
            Method::POST,
            "/consignments",
            "create-consignment",
            fields,
            consignment_shape::by_reference(),
            c::create,
        )
        .makes(201),
        Operation::get("/consignment-proposals", "propose-consignments", c::proposals_schema(), c::proposals)
            .query(c::proposal_fields()),
        Operation::get("/places/{place}/available", "list-available", available::schema(), available::list)
            .query(record::paging().into()),
        Operation::get("/consignments/{consignment}", "show-consignment", consignment_shape::by_reference(), c::show),
        Operation::get("/consignments/{consignment}/gates", "show-gates", c::gates_schema(), c::gates),
        Operation::get(
            "/consignments/{consignment}/documents",
            "list-documents",
            document::list_schema(),
            document::list,
        ),
        Operation::get(
            "/consignments/{consignment}/documents/{kind}",
            "print-document",
            schema::text(),
            document::print,
        )
        .query(document::print_fields())
        .file(vec!["application/pdf"]),
        Operation::get("/consignments/{consignment}/notes", "list-notes", note::list_schema(), note::list),
        Operation::write(
            Method::POST,
            "/consignments/{consignment}/notes",
            "add-note",
            Content::Fields(note::fields()),
            note::list_schema(),
            note::add,
        )
        .makes(201),
        Operation::get(
            "/consignments/{consignment}/attachments/{hash}",
            "show-note-attachment",
            schema::text(),
            note::attachment,
        )
        .file(MEDIA_TYPES.to_vec()),
        deed("handling-units", "add-handling-units", u::handling_units_fields(), u::ssccs_schema(), u::handling_units),
        deed("repack", "repack-consignment", u::repack_fields(), consignment_shape::by_reference(), u::repack),
        deed(
            "remove-handling-unit",
            "remove-handling-unit",
            u::remove_fields(),
            consignment_shape::by_reference(),
            u::remove,
        ),
        deed("pack", "pack-consignment", c::pack_fields(), consignment_shape::by_reference(), c::pack),
        deed("ready", "ready-consignment", c::ready_fields(), c::done_schema(), c::ready),
        deed("depart", "depart-consignment", c::depart_fields(), c::done_schema(), c::depart),
        deed("arrive", "arrive-consignment", c::count_fields(), c::done_schema(), c::arrive),
        deed("inspect", "inspect-consignment", c::inspect_fields(), c::done_schema(), c::inspect),
        deed("transfer-title", "transfer-title", c::title_fields(), c::done_schema(), c::title),
        deed("receive", "receive-consignment", c::count_fields(), c::done_schema(), c::receive),
        deed("sign", "sign-milestone", c::sign_fields(), c::done_schema(), c::sign),
        deed("take-back", "take-back-milestone", deed_fields().into(), consignment_shape::by_reference(), c::take_back),
        deed("redirect", "redirect-consignment", c::redirect_fields(), consignment_shape::by_reference(), c::redirect),
        deed("split", "split-consignment", c::split_fields(), c::made_schema(), c::split),
        deed("join", "join-consignments", c::join_fields(), consignment_shape::by_reference(), c::join),
        Operation::deed(
            Method::POST,
            "/consignments/{consignment}/value",
            "value-consignment-line",
            Content::Fields(worth::fields()),
            worth::state,
        )
        .contended(),
        Operation::deed(
            Method::POST,
            "/consignments/{consignment}/cancel",
            "cancel-consignment",
            Content::Fields(deed_fields().into()),
            c::cancel,
        )
        .contended(),
        Operation::write(
            Method::POST,
            "/places/{place}/turned-up",
            "record-turned-up",
            Content::Fields(c::turned_up_fields()),
            c::made_schema(),
            c::turned_up,
        )
        .contended(),
        Operation::get("/delivered", "report-delivered", delivery::delivered_schema(), delivery::delivered)
            .query(delivery::delivered_fields()),
        Operation::get("/places/{place}/events", "list-place-events", delivery::passed_schema(), delivery::passed)
            .query(delivery::passed_fields()),
    ]
}

pub(crate) fn movements() -> Vec<Operation> {
    use conveyed as m;
    vec![
        Operation::get("/legs", "list-legs", m::list_schema(), m::list).query(m::list_fields()),
        Operation::get("/movements/{movement}", "show-movement", m::shown_schema(), m::show),
        Operation::write(
            Method::POST,
            "/movements/{movement}/correct",
            "correct-movement",
            Content::Fields(m::correct_fields()),
            m::shown_schema(),
            m::correct,
        )
        .contended(),
        Operation::get("/movements/{movement}/manifest", "print-manifest", schema::text(), m::manifest)
            .query(m::manifest_fields())
            .file(vec!["application/pdf"]),
    ]
}

pub(crate) fn variances() -> Vec<Operation> {
    use variance as v;
    let deed = |end: &str, name, fields, handler: fn(Call) -> futures_util::future::BoxFuture<'static, _>| {
        let path = format!("/variances/{{variance}}/{end}");
        Operation::write(Method::POST, path, name, Content::Fields(fields), v::shown_schema(), handler).contended()
    };
    vec![
        Operation::get("/variances", "list-variances", v::list_schema(), v::list).query(v::list_fields()),
        Operation::write(
            Method::POST,
            "/variances",
            "report-unmanifested",
            Content::Fields(consignment::unmanifested_fields()),
            consignment::variance_made_schema(),
            consignment::unmanifested,
        ),
        Operation::get("/variances/{variance}", "show-variance", v::shown_schema(), v::show),
        deed("count", "count-variance", v::count_fields(), |call| Box::pin(v::count(call))),
        deed("identify", "identify-variance", v::identify_fields(), |call| Box::pin(v::identify(call))),
        deed("resolve", "resolve-variance", v::resolve_fields(), |call| Box::pin(v::resolve(call))),
        deed("renumber", "renumber-variance", v::renumber_fields(), |call| Box::pin(v::renumber(call))),
    ]
}

pub(crate) fn end_use() -> Vec<Operation> {
    use end_use as e;
    let fields = Content::Fields;
    vec![
        Operation::get("/end-use", "list-end-use", e::list_schema(), e::list).query(e::list_fields()),
        Operation::get("/inspections", "list-inspections", e::inspections_schema(), e::inspections)
            .query(e::unit_fields()),
        Operation::write(
            Method::POST,
            "/inspections",
            "inspect-unit",
            fields(e::inspect_fields()),
            e::inspected_schema(),
            e::inspect,
        ),
        Operation::write(
            Method::POST,
            "/inspection-sheets",
            "inspect-by-sheet",
            Content::Bytes(sheet::MEDIA_TYPES, LONGEST),
            e::recorded_schema(),
            e::by_sheet,
        )
        .query(vec![reason()]),
        Operation::get("/inspections/{inspection}", "show-inspection", e::inspection_schema(), e::inspection),
        Operation::write(
            Method::POST,
            "/inspections/{inspection}/take-back",
            "take-back-inspection",
            fields(vec![reason()]),
            e::inspection_schema(),
            e::take_back,
        )
        .contended(),
        Operation::get("/inspections/{inspection}/evidence", "show-evidence", schema::text(), e::evidence)
            .file(MEDIA_TYPES.to_vec()),
    ]
}

pub(crate) fn third_party() -> Vec<Operation> {
    use third_party as t;
    let deed = |end: &str, name, fields, handler: fn(Call) -> futures_util::future::BoxFuture<'static, _>| {
        let path = format!("/third-party-transfers/{{transfer}}/{end}");
        Operation::write(Method::POST, path, name, Content::Fields(fields), t::shown_schema(), handler).contended()
    };
    let list = Operation::get("/third-party-transfers", "list-third-party-transfers", t::list_schema(), t::list);
    let fields = Content::Fields(t::ask_fields());
    let ask = Operation::write(
        Method::POST,
        "/third-party-transfers",
        "ask-third-party-transfer",
        fields,
        t::shown_schema(),
        t::ask,
    );
    vec![
        list.query(t::list_fields()),
        ask.makes(201),
        Operation::get("/third-party-transfers/{transfer}", "show-third-party-transfer", t::shown_schema(), t::show),
        deed("answer", "answer-third-party-transfer", t::answer_fields(), |call| Box::pin(t::answer(call))),
        deed("withdraw", "withdraw-third-party-transfer", vec![reason()], |call| Box::pin(t::withdraw(call))),
        deed("hand-over", "hand-over-third-party-transfer", t::hand_over_fields(), |call| Box::pin(t::hand_over(call))),
    ]
}

pub(crate) fn handovers() -> Vec<Operation> {
    use handover as h;
    let bytes = Content::Bytes(MEDIA_TYPES, LONGEST_ATTACHMENT);
    vec![
        Operation::get("/handovers/{handover}/receipt", "show-receipt", h::receipt_schema(), h::receipt),
        Operation::get("/handovers/{handover}/attachments/{hash}", "show-attachment", schema::text(), h::attachment)
            .file(MEDIA_TYPES.to_vec()),
        Operation::write(Method::POST, "/attachments", "attach", bytes, h::attached_schema(), h::attach),
        Operation::deed(Method::PUT, "/me/pin", "set-pin", Content::Fields(h::pin_fields()), h::pin),
        Operation::get("/me/signing-keys", "list-signing-keys", h::keys_schema(), h::keys),
        Operation::write(
            Method::POST,
            "/me/signing-keys",
            "add-signing-key",
            Content::Fields(h::key_fields()),
            h::key_schema(),
            h::add_key,
        ),
        Operation::write(
            Method::DELETE,
            "/me/signing-keys/{key}",
            "revoke-signing-key",
            Content::None,
            h::revoked_schema(),
            h::revoke_key,
        ),
        Operation::get("/users/{user}/signing-keys", "list-user-signing-keys", h::keys_schema(), h::keys),
    ]
}
