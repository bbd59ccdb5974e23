//! Packing lists and counts of consignments as files: taken out with what is known, filled in, and sent back.

use axum::http::Method;
use muster_app::{
    Actor,
    list::Format,
    transfer::{
        count::Count,
        custody::Circumstances,
        sheet::{self, LONGEST},
    },
};

use super::{
    answer::{Answer, Failure},
    ask::{Content, Operation},
    call::Call,
    consignment::{self, done, done_schema},
    consignment_shape,
    export::media_types,
    given::{Field, Kind, deed_fields, may, must, words},
    import::XLSX,
    schema,
};
use crate::text::say;

/// The sheets that may be sent.
pub(crate) const MEDIA_TYPES: &[&str] = &["text/csv", XLSX];

/// In which formats sheets are taken out, to be filled in and sent back.
const FORMATS: [Format; 2] = [Format::Csv, Format::Xlsx];

/// Longest remark.
const REMARK: usize = 1_000;

pub(crate) fn operations() -> Vec<Operation> {
    let (packing, count) = ("/consignments/{consignment}/sheets/packing", "/consignments/{consignment}/sheets/count");
    let file = || Content::Bytes(MEDIA_TYPES, LONGEST);
    vec![
        Operation::get(packing, "packing-sheet", schema::text(), packing_sheet)
            .query(vec![format_field()])
            .file(media_types(&FORMATS)),
        Operation::write(Method::POST, packing, "pack-by-sheet", file(), consignment_shape::by_reference(), pack)
            .query(deed_fields().into())
            .contended(),
        Operation::get(count, "count-sheet", schema::text(), count_sheet)
            .query(vec![format_field(), may("blind", Kind::Boolean)])
            .file(media_types(&FORMATS)),
        Operation::write(Method::POST, count, "count-by-sheet", file(), done_schema(), counted)
            .query(count_fields())
            .contended(),
    ]
}

pub(crate) fn format_field() -> Field {
    must("format", words(FORMATS.map(Format::ending)))
}

fn count_fields() -> Vec<Field> {
    let own = [
        must("deed", words(["arrive", "receive"])),
        may("rest_as_stated", Kind::Boolean),
        may("at", Kind::Moment),
        may("remark", Kind::Text(REMARK)),
    ];
    own.into_iter().chain(deed_fields()).collect()
}

/// Which format is asked for.
fn format(call: &Call) -> Format {
    Format::of(call.query.text("format")).unwrap_or(Format::Csv)
}

async fn packing_sheet(call: Call) -> Result<Answer, Failure> {
    let (code, format, actor) = (call.part("consignment"), format(&call), call.actor_for(&say("api-reason-export")));
    let bytes = call.site.app.packing_sheet(code, format, &actor).await?;
    Ok(Answer::file(format.media_type(), format!("{code}-packing.{}", format.ending()), bytes))
}

async fn count_sheet(call: Call) -> Result<Answer, Failure> {
    let (code, format, actor) = (call.part("consignment"), format(&call), call.actor_for(&say("api-reason-export")));
    let bytes = call.site.app.count_sheet(code, call.query.yes("blind"), format, &actor).await?;
    Ok(Answer::file(format.media_type(), format!("{code}-count.{}", format.ending()), bytes))
}

/// What the sheet that was sent is called where something is wrong with it.
pub(crate) fn name(call: &Call) -> &'static str {
    if call.media_type() == XLSX { "sheet.xlsx" } else { "sheet.csv" }
}

/// Whoever sent a sheet, for the reason in the query, with the version that they knew.
pub(crate) fn sender(call: &Call) -> Actor {
    Actor { seen: call.query.integer("version"), ..call.actor_for(call.query.text("reason")) }
}

async fn pack(call: Call) -> Result<Answer, Failure> {
    let packed = sheet::packed(name(&call), &call.bytes).map_err(|issues| Failure::of_sheet(&issues))?;
    call.site.app.consignment_pack(call.part("consignment"), &packed, &sender(&call)).await?;
    consignment::show(call).await
}

async fn counted(call: Call) -> Result<Answer, Failure> {
    let lines = sheet::counted(name(&call), &call.bytes).map_err(|issues| Failure::of_sheet(&issues))?;
    let count = Count { lines, rest_as_stated: call.query.yes("rest_as_stated"), unmanifested: Vec::new() };
    let how = Circumstances {
        at: call.query.moment("at"),
        remark: call.query.text("remark").to_owned(),
        ..Circumstances::default()
    };
    let (app, code, actor) = (&call.site.app, call.part("consignment"), sender(&call));
    let came = match call.query.text("deed") {
        "arrive" => app.consignment_arrive(code, &count, &how, &actor).await?,
        _ => app.consignment_receive(code, &count, &how, &actor).await?,
    };
    done(&call, came).await
}
