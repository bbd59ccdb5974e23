//! The API: everything that the pages can do, for programs. What it can be asked for stands in one table, from which the routes and the
//! description are made. It decides nothing: what somebody sees and may do is decided below.
//!
//! - `table`: all operations; `ask`: what an operation is; `call`: a request from its coming in to its answer; `given`: what callers
//!   give; `answer`: what they get; `schema`: shapes of answers; `limit`: how often one may ask.
//! - `openapi`: the description; `docs`: the page about it.
//! - One file for each noun: `record`, `report`, `plan`, `movement`, `ledger`, `import`, `export`, `user`, `webhook`.
//! - `epcis`, `epcis_query`: the bindings of GS1's standard for events, which stand beside.
//! - `courier`: carries what happened to webhooks.

mod advice;
mod answer;
mod ask;
mod available;
mod call;
mod circumstances;
mod consignment;
mod consignment_shape;
mod conveyed;
pub(crate) mod courier;
mod delivery;
mod disposal;
mod docs;
mod document;
mod end_use;
mod epcis;
mod epcis_binding;
mod epcis_query;
mod export;
mod given;
mod handling_unit;
mod handover;
mod import;
mod ledger;
pub(crate) mod limit;
mod listed;
mod loss;
mod movement;
mod need;
mod note;
mod observed;
mod openapi;
mod opened;
mod plan;
mod quote;
mod record;
mod repair;
mod replan;
mod report;
mod returning;
mod schema;
mod sequence;
mod sheet;
mod table;
mod third_party;
mod training;
mod training_shape;
mod transfer;
mod unit;
mod user;
mod variance;
mod webhook;
mod whereabouts;
mod worth;

use std::sync::Arc;

use axum::{
    Router, middleware,
    response::{IntoResponse, Redirect},
    routing::get,
};

use crate::{Site, problem::Kind as Problem};
use answer::Failure;

/// Whether an address is the API's.
pub(crate) fn is_below(path: &str) -> bool {
    path.starts_with("/api/") || path.starts_with("/epcis/")
}

/// The API's routes.
pub(crate) fn routes(site: &Site) -> Router<Site> {
    let (mut own, mut standard) = (Router::new(), Router::new());
    for operation in table::operations() {
        let operation = Arc::new(operation);
        let routes = if operation.root == ask::OWN { &mut own } else { &mut standard };
        *routes = std::mem::take(routes).route(&operation.path.clone(), operation.route());
    }
    let limited = |routes: Router<Site>| routes.layer(middleware::from_fn_with_state(site.clone(), limit::around));
    let own = own
        .method_not_allowed_fallback(|| async { Failure::new(Problem::MethodNotAllowed).into_response() })
        .fallback(|| async { Failure::new(Problem::NotFound).into_response() });
    let standard = epcis_binding::bound(standard);
    Router::new()
        .nest(ask::OWN, limited(own))
        .nest(epcis::ROOT, limited(standard).layer(middleware::from_fn(epcis_binding::around)))
        // A base address is often written with a slash at its end.
        .route(&format!("{}/", epcis::ROOT), get(|| async { Redirect::permanent(epcis::ROOT) }))
        .route("/api", get(docs::show))
        .route("/api/openapi.json", get(openapi::show))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::text::said;

    #[test]
    fn every_operation_has_one_name_and_a_text() {
        let (mut ids, mut addresses) = (BTreeSet::new(), BTreeSet::new());
        for operation in table::operations() {
            assert!(ids.insert(operation.id()), "{} is there twice", operation.id());
            let address = (operation.method.to_string(), operation.path.clone());
            assert!(addresses.insert(address.clone()), "{address:?} is there twice");
            assert_ne!(operation.summary(), format!("api-{}", operation.name), "it has no text");
            let names: BTreeSet<&str> = operation.query.iter().map(|field| field.name).collect();
            assert_eq!(names.len(), operation.query.len(), "{}: a field is there twice", operation.id());
            assert!(said(&format!("api-group-{}", operation.tag)).is_some(), "the group {} has no text", operation.tag);
        }
    }

    #[test]
    fn every_problem_has_a_text() {
        for kind in Problem::ALL {
            assert!(said(&format!("problem-{}", kind.name())).is_some(), "{kind:?}");
            assert!(said(&format!("problem-{}-advice", kind.name())).is_some(), "{kind:?}");
        }
    }
}
