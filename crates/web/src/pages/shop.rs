//! The order of work of a repair facility: what would best be repaired when, as a timeline and as a table, and what cannot be.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use muster_app::{
    Error,
    repair::sequence::{Ask, Placed, Sequence},
};
use muster_domain::{code::Code, picture::Picture};
use serde_json::json;

use super::{
    figures,
    picture::Island,
    record::{
        cells::{Cell, name_of},
        panels::{Panel, text_cell},
    },
    repair::address,
};
use crate::{
    Site,
    auth::Asker,
    problem,
    shell::{Shell, html},
    text::{self, filters, say, say_with},
};

/// Seconds for which an order of work is searched when a page asks for it.
const SECONDS: f64 = 3.0;

#[derive(Template)]
#[template(path = "shop.html")]
struct ShopPage {
    shell: Shell,
    name: String,
    how: String,
    island: Option<Island>,
    panels: Vec<Panel>,
}

/// Where the order of work of a facility is.
pub(crate) fn shop_address(place: &str) -> String {
    format!("/repair/shops/{}", crate::address::escaped(place))
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Path(place): Path<String>) -> Response {
    match page(&site, &asker, place).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn page(site: &Site, asker: &Asker, place: String) -> Result<ShopPage, Error> {
    let picture = site.app.picture(&asker.viewer).await?;
    let ask = Ask { facility: place.clone(), seconds: SECONDS, seed: 1 };
    let made = site.app.repair_sequence(&ask, &asker.actor("a look")).await?;
    let orders = site.app.work_orders(&asker.viewer, &of_facility(&place), i64::from(u16::MAX)).await?;
    let what = |code: &Code| {
        let order = orders.iter().find(|order| order.code == *code);
        order.map_or_else(String::new, |order| {
            let name = name_of(&picture, "resources", order.resource.as_str());
            format!("{} {}", name.unwrap_or_else(|| order.resource.to_string()), order.serial).trim().to_owned()
        })
    };
    let name = name_of(&picture, "places", &place).unwrap_or(place);
    Ok(ShopPage {
        shell: Shell::new(asker, &picture, "nav-repair", say("shop-order")),
        how: how(&made),
        island: timeline(&made.placed, &what, site.app.today()),
        panels: panels(&made, &what),
        name,
    })
}

fn of_facility(place: &str) -> muster_app::storage::repair::OrderFilter {
    let facility = Some(place.to_owned());
    muster_app::storage::repair::OrderFilter { facility, open: true, ..Default::default() }
}

/// How good it is, in words.
fn how(made: &Sequence) -> String {
    let late: i64 = made.placed.iter().filter_map(Placed::late).sum();
    let status = text::word(made.solved.status).into_owned();
    let gap = made.solved.gap.map_or_else(String::new, figures::percent);
    say_with(
        if made.solved.gap.is_some_and(|gap| gap > 0.0) { "shop-how-gap" } else { "shop-how" },
        &[("n", late.into()), ("status", status.into()), ("gap", gap.into())],
    )
}

fn timeline(placed: &[Placed], what: &impl Fn(&Code) -> String, today: jiff::civil::Date) -> Option<Island> {
    let last = placed.iter().map(|of| of.end).max()?;
    let row = |of: &Placed| {
        let tone = match of {
            of if of.late().is_some() => "warn",
            of if of.in_hand => "b1",
            _ => "b2",
        };
        let (code, what) = (of.order.as_str(), what(&of.order));
        json!({
            "name": what,
            "href": address(code),
            "bars": [{
                "from": of.start.to_string(),
                "to": of.end.to_string(),
                "text": code,
                "title": format!("{code} {what}: {} – {}", figures::day(of.start), figures::day(of.end)),
                "tone": tone,
                "href": address(code),
            }],
        })
    };
    let sign = |tone: &str, name: &str| json!({ "tone": tone, "text": say(name) });
    let data = json!({
        "from": today.to_string(),
        "to": last.to_string(),
        "rows": placed.iter().map(row).collect::<Vec<_>>(),
        "now": { "at": today.to_string(), "text": say("today") },
        "legend": [sign("b1", "shop-in-hand"), sign("b2", "shop-waiting"), sign("warn", "shop-late")],
    });
    Some(Island::new("timeline", "shop-time", say("shop-order"), &data))
}

fn panels(made: &Sequence, what: &impl Fn(&Code) -> String) -> Vec<Panel> {
    let link = |code: &Code| Cell::link(code.as_str(), address(code.as_str()));
    let mut placed = Panel::new(
        "shop-placed",
        &[
            ("repair-order", false),
            ("variance-what", false),
            ("shop-from", false),
            ("shop-to", false),
            ("panel-due", false),
            ("shop-days-late", true),
            ("shop-there", false),
        ],
    );
    for of in &made.placed {
        let there = of.there.map_or_else(|| say("shop-is-there").into_owned(), figures::day);
        placed.row(vec![
            link(&of.order),
            text_cell(what(&of.order)),
            text_cell(if of.in_hand { say("shop-in-hand").into_owned() } else { figures::day(of.start) }),
            text_cell(figures::day(of.end)),
            text_cell(figures::day(of.due)),
            Cell { number: true, ..text_cell(of.late().map_or_else(|| "–".to_owned(), |days| days.to_string())) },
            text_cell(there),
        ]);
    }
    let mut unplaced =
        Panel::new("shop-unplaced", &[("repair-order", false), ("variance-what", false), ("shop-why", false)]);
    for (order, why) in &made.unplaced {
        unplaced.row(vec![link(order), text_cell(what(order)), text_cell(text::words(why))]);
    }
    [placed, unplaced].into_iter().filter(|panel| !panel.rows.is_empty()).collect()
}

/// Whether somebody may look at a facility's order of work.
pub(crate) fn may_look(viewer: &muster_domain::viewer::Viewer, picture: &Picture, place: &Code) -> bool {
    use muster_domain::policy::{self, Action, Deed};
    let operator = picture.places.get(place.as_str()).and_then(|place| place.operator.as_ref());
    operator.is_some_and(|operator| viewer.owns(operator.code()))
        || policy::may(viewer, &Deed::of(Action::Triage)).is_ok()
}
