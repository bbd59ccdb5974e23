//! Consignments: those that there are.

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::{Timestamp, civil::Date};
use muster_app::{
    Error, end_of,
    storage::transfer::{Consignment, tell::Filter},
};
use muster_domain::{code::Code, consignment::ConsignmentState, field::Field, picture::Picture};

use super::{
    consignment::{code_cell, may_move, place_cell, places},
    figures,
    given::Given,
    listed,
    record::{
        cells,
        list::{Parameters, kept, said},
        panels::{Panel, record_cell, state_cell, text_cell},
        show::answer,
    },
};
use crate::{
    Site,
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
    unsigned: bool,
    /// Until which day they are to arrive.
    arrives_by: String,
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

/// Which consignments are asked for.
pub(crate) fn filter(site: &Site, parameters: &Parameters) -> Filter {
    let text = |name: &str| said(parameters, name);
    Filter {
        state: text("state").and_then(|state| ConsignmentState::parse(&state).ok()),
        place: text("place"),
        offer: text("offer"),
        need: text("need"),
        movement: text("movement"),
        open: text("open").is_some(),
        late_at: text("late").map(|_| site.app.now()),
        unsigned: text("unsigned").is_some(),
        arrives_by: arrives_by(parameters).map(end_of),
        after: None,
        codes: None,
    }
}

/// Until which day they are to arrive.
fn arrives_by(parameters: &Parameters) -> Option<Date> {
    said(parameters, "arrives_by").and_then(|day| day.parse().ok())
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
    let mut filter = filter(site, parameters);
    let contains = text("contains");
    let mut found;
    let mut next = None;
    if let Some(name) = &contains {
        found = site.app.consignments_with(viewer, name, &filter).await?;
    } else {
        filter.after = text("cursor").and_then(|text| cursor::read(&text));
        found = site.app.consignments(viewer, &filter, MOST + 1).await?;
        next = cursor::next(&mut found, MOST as usize, |last| filter.place_of(last));
    }
    let mut panel = list_panel(&picture, &found, site.app.now());
    panel.link = next.map(|cursor| {
        let names = ["state", "place", "offer", "need", "movement", "open", "late", "arrives_by", "unsigned"];
        let kept = kept(parameters, &names);
        (format!("/consignments?{kept}cursor={cursor}"), say("list-more").into_owned())
    });
    panel.files = listed::files("consignments", parameters);
    let shell = Shell::new(asker, &picture, "nav-consignments", say("nav-consignments"));
    Ok(ListPage {
        shell,
        panel,
        place: text("place").unwrap_or_default(),
        contains: contains.unwrap_or_default(),
        states: ConsignmentState::ALL.iter().map(|s| (s.as_str(), Some(*s) == filter.state)).collect(),
        late: filter.late_at.is_some(),
        unsigned: filter.unsigned,
        arrives_by: arrives_by(parameters).map_or_else(String::new, |day| day.to_string()),
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
        let due = one.due_at().filter(|_| one.state.is_open());
        let next = due.map_or_else(String::new, figures::moment);
        let late = due.is_some_and(|due| due < now);
        let way = format!("{} → {}", name("places", &one.origin), name("places", &one.destination));
        panel.row(vec![
            code_cell(&one.code),
            state_cell(one.state.as_str()),
            place_cell(picture, one),
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
