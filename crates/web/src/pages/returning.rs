//! What a unit received goes back to a depot, a hub or a repair facility: a consignment is made up of it.

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use muster_app::{
    Error,
    transfer::returning::{NewReturn, ReturnLine},
};
use muster_domain::{
    picture::Picture,
    place::PlaceKind,
    policy::{self, Action, Deed},
};

use super::{
    consignment::lanes,
    consignment_deed::named,
    end_use::{caveats, unit_address},
    given::Given,
    record::{
        cells::Cell,
        list::Parameters,
        panels::{Panel, record_cell},
    },
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::{Shell, html},
    text::{filters, say},
};

/// Units of which the page tells under which conditions they were given.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "returns.html")]
struct Page {
    shell: Shell,
    /// What goes back, with whose gift it was and what its donor allows.
    units: Panel,
    /// Where it may go.
    places: Vec<(String, String)>,
    /// The lanes by which it may go.
    lanes: Vec<(String, String)>,
    wrong: Option<String>,
    given: Given,
}

/// Where a unit is returned.
pub(crate) fn address(resource: &str, serial: &str) -> String {
    format!("/returns?resource={}&serial={}", escaped(resource), escaped(serial))
}

/// Whether the viewer may send back what their own party has.
pub(crate) fn may_return(asker: &Asker) -> bool {
    policy::may(&asker.viewer, &Deed { own: true, ..Deed::of(Action::Move) }).is_ok()
}

/// Serial numbers: the one whose page led here, whatever letters it has, and others as they are typed.
fn serials(given: &Given) -> Vec<String> {
    let led = Some(given.text("serial")).filter(|serial| !serial.is_empty());
    led.into_iter().chain(named(given.text("serials"))).map(str::to_owned).collect()
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    if !asker.viewer.is_known() || !may_return(&asker) {
        return problem::page(problem::Kind::NotFound, None);
    }
    let fields = ["resource", "serial", "serials", "account"];
    let given = fields.into_iter().filter_map(|name| Some((name, parameters.get(name)?.clone())));
    match page(&site, &asker, None, Given::in_form("return", given)).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn page(site: &Site, asker: &Asker, wrong: Option<String>, given: Given) -> Result<Page, Error> {
    let picture = site.app.picture(&asker.viewer).await?;
    let goes_back = |kind| matches!(kind, PlaceKind::Depot | PlaceKind::Hub | PlaceKind::Repair);
    let places = picture.places.values().filter(|place| goes_back(place.kind));
    Ok(Page {
        shell: Shell::new(asker, &picture, "nav-end-use", say("return")),
        units: units(site, asker, &picture, &given).await?,
        places: places.map(|place| (place.code.to_string(), place.name.to_string())).collect(),
        lanes: lanes(&picture),
        wrong,
        given,
    })
}

async fn units(site: &Site, asker: &Asker, picture: &Picture, given: &Given) -> Result<Panel, Error> {
    let columns = [
        ("end-use-serial", false),
        ("variance-holder", false),
        ("consignment-place", false),
        ("end-use-offer", false),
        ("end-use-caveats", false),
    ];
    let mut panel = Panel::new("return-units", &columns);
    let resource = given.text("resource");
    for serial in serials(given).iter().take(MOST) {
        let Some((unit, _)) = site.app.unit_in_service(&asker.viewer, resource, serial).await? else { continue };
        let of = |sheet, code: Option<&str>| code.map(|code| record_cell(picture, sheet, code)).unwrap_or_default();
        panel.row(vec![
            Cell::link(serial.clone(), unit_address(unit.account.resource.as_str(), serial)),
            record_cell(picture, "parties", unit.account.holder.as_str()),
            of("places", unit.account.place.as_ref().map(|place| place.as_str())),
            of("offers", unit.offer.as_ref().map(|offer| offer.as_str())),
            caveats(picture, unit.account.caveats.iter().map(|caveat| caveat.as_str())),
        ]);
    }
    Ok(panel)
}

/// Makes up the consignment.
pub(crate) async fn create(State(site): State<Site>, asker: Asker, Form(given): Form<Given>) -> Response {
    let made = async {
        let line = ReturnLine {
            resource: given.text("resource").trim().to_owned(),
            serials: serials(&given),
            account: Some(given.text("account").trim().to_owned()).filter(|account| !account.is_empty()),
            lot: given.text("lot").trim().to_owned(),
            quantity: given.number("quantity")?.unwrap_or_default(),
        };
        let new = NewReturn {
            lines: vec![line],
            to: given.text("to").to_owned(),
            route: named(given.text("route")).map(str::to_owned).collect(),
            give_back: given.has("give_back", "yes"),
            remark: given.text("remark").to_owned(),
        };
        site.app.goods_return(&new, &asker.form(given.reason(), &given)?).await
    };
    match made.await {
        Ok(code) => Redirect::to(&format!("/consignments/{code}?said=saved")).into_response(),
        Err(error) => problem::again(&error, |wrong| page(&site, &asker, Some(wrong), given)).await,
    }
}
