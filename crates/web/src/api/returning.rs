//! Goods that a unit received go back as a consignment.

use axum::http::{Method, StatusCode, header::LOCATION};
use muster_app::transfer::{
    making::MOST_LINES,
    returning::{MOST_SERIALS, NewReturn, ReturnLine},
};

use super::{
    answer::{Answer, Failure},
    ask::{Content, Operation},
    call::Call,
    consignment_shape,
    given::{Field, Given, Kind, may, must, reason},
};

/// Longest code, name of a lot or serial number.
const LONGEST: usize = 200;

pub(crate) fn operations() -> Vec<Operation> {
    let fields = Content::Fields(fields());
    let shape = consignment_shape::by_reference();
    vec![Operation::write(Method::POST, "/returns", "return-goods", fields, shape, create).makes(201).contended()]
}

fn line_fields() -> Vec<Field> {
    vec![
        may("resource", Kind::Text(LONGEST)),
        may("serials", Kind::Texts(MOST_SERIALS, LONGEST)),
        may("account", Kind::Text(1_000)),
        may("lot", Kind::Text(LONGEST)),
        may("quantity", Kind::Integer(1, i64::MAX)),
    ]
}

fn fields() -> Vec<Field> {
    vec![
        must("lines", Kind::Objects(MOST_LINES, line_fields())),
        must("to", Kind::Text(LONGEST)),
        may("route", Kind::Texts(100, LONGEST)),
        may("give_back", Kind::Boolean),
        may("remark", Kind::Text(1_000)),
        reason(),
    ]
}

async fn create(call: Call) -> Result<Answer, Failure> {
    let line = |given: &Given| ReturnLine {
        resource: given.text("resource").to_owned(),
        serials: given.texts("serials"),
        account: given.maybe("account"),
        lot: given.text("lot").to_owned(),
        quantity: given.integer("quantity").unwrap_or_default(),
    };
    let new = NewReturn {
        lines: call.given.objects("lines", &line_fields()).iter().map(line).collect(),
        to: call.given.text("to").to_owned(),
        route: call.given.texts("route"),
        give_back: call.given.yes("give_back"),
        remark: call.given.text("remark").to_owned(),
    };
    let code = call.site.app.goods_return(&new, &call.actor()).await?;
    let shown = call.site.app.consignment_shown(call.viewer(), code.as_str()).await?;
    let place = format!("/api/v1/consignments/{code}");
    Ok(Answer::json(shown.json()).status(StatusCode::CREATED).header(LOCATION, place))
}
