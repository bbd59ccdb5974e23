//! The lists of transfer as files: each as its page filters it, with all of its rows.

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use muster_app::{
    list::Format,
    listed::Listing,
    storage::transfer::{disposal::DisposalFilter, third_party::Filter as TransferFilter},
};

use super::{
    consignment_list, conveyed, end_use, loss, movements,
    record::list::{Parameters, said, taken_out, with},
    variance,
};
use crate::{Site, auth::Asker, problem};

/// Where a list is as a file, filtered as its page is: CSV and XLSX.
pub(crate) fn files(name: &str, parameters: &Parameters) -> Vec<(&'static str, String)> {
    // Where a page begins and what was said on it filter nothing.
    let beside = ["cursor", "transfers", "said", "page"].map(|name| (name, None));
    [("CSV", "csv"), ("XLSX", "xlsx")]
        .map(|(format, ending)| (format, with(&format!("/lists/{name}.{ending}"), parameters, &beside)))
        .into()
}

/// A list as its page filters it.
fn listing(site: &Site, name: &str, parameters: &Parameters) -> Option<Listing> {
    Some(match name {
        "consignments" => match said(parameters, "contains") {
            Some(name) => Listing::Containing(name, consignment_list::filter(site, parameters)),
            None => Listing::Consignments(consignment_list::filter(site, parameters)),
        },
        "steps" => {
            let (filter, before, _) = movements::filter(site, parameters);
            Listing::Steps(filter, before)
        }
        "movement_legs" => Listing::Legs(conveyed::filter(site.app.now())),
        "variances" => Listing::Variances(variance::filter(site, parameters)),
        "losses" => Listing::Losses(loss::filter(parameters)),
        "end_use" => {
            let (as_of, filter) = end_use::filter(parameters);
            Listing::EndUse(as_of, filter)
        }
        "end_use_checks" => {
            let (as_of, filter) = end_use::filter(parameters);
            Listing::EndUseChecks(as_of, filter)
        }
        "third_party_transfers" => Listing::ThirdParty(TransferFilter::default()),
        "disposals" => Listing::Disposals(DisposalFilter::default()),
        _ => return None,
    })
}

/// A list as a file.
pub(crate) async fn export(
    State(site): State<Site>,
    asker: Asker,
    Path(file): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let parts = file.rsplit_once('.').and_then(|(name, ending)| {
        let format = Format::of(ending)?;
        Some((format, listing(&site, name, &parameters)?))
    });
    let Some((format, listing)) = parts else { return problem::not_found().await };
    let bytes = site.app.export_list(&listing, format, &asker.actor("download")).await;
    taken_out(listing.name(), format, bytes)
}
