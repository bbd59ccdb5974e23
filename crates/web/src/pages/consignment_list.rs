//! Consignments: those that there are.

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use muster_app::{
    Error,
    storage::transfer::{Consignment, tell::Filter},
};
use muster_domain::{
    code::Code,
    consignment::ConsignmentState::{self, UnderWay},
    field::Field,
    picture::Picture,
};

use super::{
    consignment::{code_cell, may_move, places},
    figures,
    given::Given,
    record::{
        cells,
        list::{Parameters, said},
        panels::{Panel, record_cell, state_cell, text_cell},
        show::answer,
    },
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    cursor, problem,
    shell::Shell,
    text::{filters, say},
};

/// Consignments on a page.
const MOST: i64 = 100;

#[derive(Template)]
#[template(path = "consignments.html")]
struct ListPage {
    shell: Shell,
    panel: Panel,
    place: String,
    contains: String,
    states: Vec<(&'static str, bool)>,
    late: bool,
    may_make: bool,
    places: Vec<(String, String)>,
    wrong: Option<String>,
    given: Given,
}

pub(crate) async fn list(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(problem::Kind::NotFound, None);
    }
    let page = list_page(&site, &asker, &parameters, None, Given::default()).await;
    answer(page, &parameters, |page| &mut page.shell)
}

/// Records that something came that was sent elsewhere.
pub(crate) async fn turned_up(State(site): State<Site>, asker: Asker, Form(given): Form<Given>) -> Response {
    let recorded = async {
        let here = (given.text("place"), given.text("thing"));
        let actor = asker.form(given.reason(), &given)?;
        site.app.consignment_turned_up(here, given.moment("at")?, given.text("remark"), &actor).await
    };
    match recorded.await {
        Ok(code) => Redirect::to(&format!("/consignments/{code}?said=saved")).into_response(),
        Err(error) => {
            let none = Parameters::new();
            problem::again(&error, |wrong| list_page(&site, &asker, &none, Some(wrong), given)).await
        }
    }
}

async fn list_page(
    site: &Site,
    asker: &Asker,
    parameters: &Parameters,
    wrong: Option<String>,
    given: Given,
) -> Result<ListPage, Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let text = |name: &str| said(parameters, name);
    let state = text("state").and_then(|state| ConsignmentState::parse(&state).ok());
    let late = text("late").is_some();
    let filter = Filter {
        state,
        place: text("place"),
        offer: text("offer"),
        need: text("need"),
        movement: text("movement"),
        open: text("open").is_some(),
        late_at: late.then(|| site.app.now()),
    };
    let contains = text("contains");
    let mut found;
    let mut next = None;
    if let Some(name) = &contains {
        found = site.app.consignments_with(viewer, name).await?;
    } else {
        let below: Option<String> = text("cursor").and_then(|text| cursor::read(&text));
        found = site.app.consignments(viewer, &filter, below.as_deref(), MOST + 1).await?;
        next = cursor::next(&mut found, MOST as usize, |last| last.code.to_string());
    }
    let mut panel = list_panel(&picture, &found, site.app.now());
    panel.link = next.map(|cursor| {
        let kept = ["state", "place", "offer", "need", "movement", "open", "late"];
        let kept: String = kept.iter().filter_map(|name| Some(format!("{name}={}&", escaped(&text(name)?)))).collect();
        (format!("/consignments?{kept}cursor={cursor}"), say("list-more").into_owned())
    });
    let shell = Shell::new(asker, &picture, "nav-consignments", say("nav-consignments"));
    Ok(ListPage {
        shell,
        panel,
        place: text("place").unwrap_or_default(),
        contains: contains.unwrap_or_default(),
        states: ConsignmentState::ALL.iter().map(|s| (s.as_str(), Some(*s) == state)).collect(),
        late,
        may_make: may_move(viewer),
        places: places(&picture),
        wrong,
        given,
    })
}

/// A table of consignments.
pub(crate) fn list_panel(picture: &Picture, found: &[Consignment], now: Timestamp) -> Panel {
    let columns = [
        ("consignment", false),
        ("consignment-state", false),
        ("consignment-place", false),
        ("consignment-way", false),
        ("consignment-for", false),
        ("consignment-next", false),
    ];
    let mut panel = Panel::new("consignments", &columns);
    for one in found {
        let name = |sheet: &str, code: &Code| {
            cells::name_of(picture, sheet, code.as_str()).unwrap_or_else(|| code.to_string())
        };
        let due = match one.state {
            UnderWay => one.arrives_at,
            state if state.is_open() => one.departs_at,
            _ => None,
        };
        let next = due.map_or_else(String::new, figures::moment);
        let late = due.is_some_and(|due| due < now);
        let way = format!("{} → {}", name("places", &one.origin), name("places", &one.destination));
        panel.row(vec![
            code_cell(&one.code),
            state_cell(one.state.as_str()),
            record_cell(picture, "places", one.place.as_str()),
            text_cell(way),
            record_cell(picture, "parties", one.consignee.as_str()),
            text_cell(match late {
                _ if one.sent_to.is_some() => say("consignment-misrouted").into_owned(),
                true => format!("{next} ({})", say("late")),
                false => next,
            }),
        ]);
    }
    panel
}
