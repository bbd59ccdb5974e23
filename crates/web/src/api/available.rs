//! What may still be sent from a place: offers of which nobody was promised all, and what lies there for nobody.

use muster_app::Error;
use muster_domain::{code::Code, ledger::account::AccountKey, offer::Offer};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    schema,
};

pub(crate) fn schema() -> Value {
    let offer = schema::object([
        ("offer", schema::text()),
        ("donor", schema::text()),
        ("resource", schema::text()),
        ("units", schema::integer()),
    ]);
    let stock = schema::object([
        ("account", schema::text()),
        ("holder", schema::text()),
        ("owner", schema::text()),
        ("resource", schema::text()),
        ("caveats", schema::list(schema::text())),
        ("units", schema::integer()),
    ]);
    schema::object([("offers", schema::list(offer)), ("stock", schema::list(stock))])
}

fn offer((offer, units): &(Offer, i64)) -> Value {
    json!({
        "offer": offer.code.as_str(),
        "donor": offer.donor.code().as_str(),
        "resource": offer.resource.code().as_str(),
        "units": units,
    })
}

fn stock((account, units): &(AccountKey, i64)) -> Value {
    json!({
        "account": account.to_string(),
        "holder": account.holder.as_str(),
        "owner": account.owner.as_str(),
        "resource": account.resource.as_str(),
        "caveats": account.caveats.iter().map(Code::as_str).collect::<Vec<_>>(),
        "units": units,
    })
}

pub(crate) async fn list(call: Call) -> Result<Answer, Failure> {
    let (app, viewer, place) = (&call.site.app, call.viewer(), call.part("place"));
    if !app.picture(viewer).await?.places.contains_key(place) {
        return Err(Error::NotFound { what: "place", code: place.to_owned() }.into());
    }
    let offers: Vec<Value> = app.unpromised(viewer, place).await?.iter().map(offer).collect();
    let stock: Vec<Value> = app.stock(viewer, place).await?.iter().map(stock).collect();
    Ok(Answer::json(json!({ "offers": offers, "stock": stock })))
}
