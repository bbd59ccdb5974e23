//! Records out again as files, as whoever asks sees them.

use muster_app::list::Format;
use muster_domain::record::Shape;

use super::{
    answer::{Answer, Failure},
    call::Call,
    given::{Field, must, words},
    record::{choosing, chosen},
};
use crate::text::say;

pub(crate) fn sheet_fields(shape: &Shape) -> Vec<Field> {
    let format = must("format", words(Format::ALL.map(Format::ending)));
    std::iter::once(format).chain(choosing(shape)).collect()
}

/// A folder of CSV files is no one file.
pub(crate) fn whole_fields() -> Vec<Field> {
    vec![must("format", words([Format::Xlsx, Format::Json].map(Format::ending)))]
}

pub(crate) fn media_types(formats: &[Format]) -> Vec<&'static str> {
    formats.iter().map(|format| format.media_type()).collect()
}

pub(crate) async fn export(call: Call) -> Result<Answer, Failure> {
    let format = Format::of(call.query.text("format")).unwrap_or(Format::Json);
    let actor = call.actor_for(&say("api-reason-export"));
    let (name, bytes) = match call.operation.shape {
        Some(shape) => (shape.sheet, call.site.app.export(&chosen(&call, shape), format, &actor).await?),
        None => ("all", call.site.app.export_mission(format, &actor).await?),
    };
    Ok(Answer::file(format.media_type(), format!("{name}.{}", format.ending()), bytes))
}

pub(crate) fn register_fields() -> Vec<Field> {
    vec![must("format", words(Format::ALL.map(Format::ending)))]
}

/// What happened, of one kind.
pub(crate) async fn register(call: Call) -> Result<Answer, Failure> {
    let format = Format::of(call.query.text("format")).unwrap_or(Format::Json);
    let (name, actor) = (call.part("register"), call.actor_for(&say("api-reason-export")));
    let bytes = call.site.app.export_register(name, format, &actor).await?;
    Ok(Answer::file(format.media_type(), format!("{name}.{}", format.ending()), bytes))
}

/// All that happened.
pub(crate) async fn registers(call: Call) -> Result<Answer, Failure> {
    let format = Format::of(call.query.text("format")).unwrap_or(Format::Json);
    let files = call.site.app.export_registers(format, &call.actor_for(&say("api-reason-export"))).await?;
    let (name, bytes) = files.into_iter().next().unwrap_or_default();
    Ok(Answer::file(format.media_type(), name, bytes))
}
