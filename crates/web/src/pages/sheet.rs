//! Packing lists and counts of consignments as files, to be filled in and sent back.

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use muster_app::list::Format;

use super::record::list::{Parameters, said, taken_out};
use crate::{Site, auth::Asker, problem};

/// What is to be filled in of a consignment, as a file.
pub(crate) async fn export(
    State(site): State<Site>,
    asker: Asker,
    Path((code, file)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let parts = file.rsplit_once('.').and_then(|(name, ending)| Some((name, Format::of(ending)?)));
    let (app, actor) = (&site.app, asker.actor("download"));
    match parts {
        Some((_, Format::Json)) | None => problem::not_found().await,
        Some(("packing", format)) => {
            taken_out(&format!("{code}-packing"), format, app.packing_sheet(&code, format, &actor).await)
        }
        Some(("count", format)) => {
            let blind = said(&parameters, "blind").is_some();
            taken_out(&format!("{code}-count"), format, app.count_sheet(&code, blind, format, &actor).await)
        }
        Some(_) => problem::not_found().await,
    }
}
