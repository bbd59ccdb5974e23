//! Handling units of consignments: pallets, boxes and containers, and what lies on them.

use muster_app::transfer::{
    making::MOST_LINES,
    packing::{MOST_UNITS, NewHandlingUnit},
    repacking::{Load, Onto},
};
use muster_domain::{consignment::HandlingUnitKind, field::Field as _, message};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure, Fault},
    call::Call,
    consignment::show,
    given::{Field, Given, Kind, deed_fields, may, must, words},
    schema,
};
use crate::problem::Kind as Problem;

/// Longest number, name of a lot or serial number.
const LONGEST: usize = 200;

fn handling_unit_fields() -> Vec<Field> {
    vec![
        may("sscc", Kind::Text(LONGEST)),
        must("kind", words(HandlingUnitKind::ALL)),
        may("gross_kg", Kind::Integer(0, 10_000_000)),
        may("seal", Kind::Text(LONGEST)),
    ]
}

pub(crate) fn handling_units_fields() -> Vec<Field> {
    std::iter::once(must("units", Kind::Objects(MOST_UNITS, handling_unit_fields()))).chain(deed_fields()).collect()
}

pub(crate) fn ssccs_schema() -> Value {
    schema::object([("ssccs", schema::list(schema::text()))])
}

fn new_unit(given: &Given) -> NewHandlingUnit {
    NewHandlingUnit {
        sscc: given.text("sscc").to_owned(),
        kind: HandlingUnitKind::parse(given.text("kind")).unwrap_or(HandlingUnitKind::Other),
        gross_kg: given.integer("gross_kg"),
        seal: given.text("seal").to_owned(),
    }
}

pub(crate) async fn handling_units(call: Call) -> Result<Answer, Failure> {
    let units: Vec<_> = call.given.objects("units", &handling_unit_fields()).iter().map(new_unit).collect();
    let made = call.site.app.handling_units(call.part("consignment"), &units, &call.actor()).await?;
    Ok(Answer::json(json!({ "ssccs": made })))
}

fn load_fields() -> Vec<Field> {
    vec![
        must("line", Kind::Integer(1, MOST_LINES as i64 * 10)),
        may("quantity", Kind::Integer(1, i64::MAX)),
        may("lot", Kind::Text(LONGEST)),
        may("serials", Kind::Texts(MOST_UNITS, LONGEST)),
    ]
}

pub(crate) fn repack_fields() -> Vec<Field> {
    [
        may("from", Kind::Text(LONGEST)),
        may("onto", Kind::Text(LONGEST)),
        may("new", Kind::Object(handling_unit_fields())),
        may("lines", Kind::Objects(MOST_LINES, load_fields())),
    ]
    .into_iter()
    .chain(deed_fields())
    .collect()
}

/// Puts units on a handling unit, or takes them off.
pub(crate) async fn repack(call: Call) -> Result<Answer, Failure> {
    let given = &call.given;
    let load = |given: &Given| Load {
        line: given.integer("line").unwrap_or_default(),
        quantity: given.integer("quantity"),
        lot: given.text("lot").to_owned(),
        serials: given.texts("serials"),
    };
    let loads: Vec<Load> = given.objects("lines", &load_fields()).iter().map(load).collect();
    let onto = match (given.maybe("onto"), given.object("new", &handling_unit_fields())) {
        (Some(sscc), None) => Onto::Unit(sscc),
        (None, Some(new)) => Onto::New(new_unit(&new)),
        (None, None) => Onto::Nothing,
        _ => {
            let fault = Fault::at(&["onto"]).says(message!("onto-or-new"));
            return Err(Failure::new(Problem::Invalid).with(vec![fault]));
        }
    };
    let (from, code) = (given.maybe("from"), call.part("consignment"));
    call.site.app.consignment_repack(code, (from.as_deref(), &onto), &loads, &call.actor()).await?;
    show(call).await
}

pub(crate) fn remove_fields() -> Vec<Field> {
    std::iter::once(must("sscc", Kind::Text(LONGEST))).chain(deed_fields()).collect()
}

/// A handling unit is none of the consignment's any more.
pub(crate) async fn remove(call: Call) -> Result<Answer, Failure> {
    let code = call.part("consignment");
    call.site.app.handling_unit_remove(code, call.given.text("sscc"), &call.actor()).await?;
    show(call).await
}
