//! A consignment is made up: what accepted plans are to move from a place next, to be ticked.

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::{SignedDuration, Timestamp};
use muster_app::{
    Error,
    transfer::making::{New, NewLine},
};
use muster_domain::code::Code;

use super::{
    figures,
    given::Given,
    record::{cells::name_of, list::Parameters},
};
use crate::{
    Site,
    auth::Asker,
    problem,
    shell::{Shell, html},
    text::{self, filters, say, say_with},
};

#[derive(Template)]
#[template(path = "consignment_new.html")]
struct NewPage {
    shell: Shell,
    from: String,
    name: String,
    days: i64,
    proposals: Vec<Proposed>,
    wrong: Option<String>,
}

struct Proposed {
    title: String,
    departs: String,
    lines: Vec<ProposedRow>,
}

struct ProposedRow {
    /// Plan and line, as the form sends them.
    value: String,
    what: String,
    offer: String,
    need: String,
    departs: String,
    quantity: i64,
}

/// How far ahead proposals look, unless asked otherwise, in days.
const AHEAD_DAYS: i64 = 28;

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    match new_page(&site, &asker, &parameters, None).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn new_page(
    site: &Site,
    asker: &Asker,
    parameters: &Parameters,
    wrong: Option<String>,
) -> Result<NewPage, Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let from = parameters.get("from").cloned().unwrap_or_default();
    let place = picture.places.get(&from);
    let place = place.ok_or_else(|| Error::NotFound { what: "place", code: from.clone() })?;
    let days = parameters.get("days").and_then(|days| days.parse().ok()).unwrap_or(AHEAD_DAYS).clamp(0, 3_660);
    let before = site.app.now().checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX);
    let name = |sheet: &str, code: &Code| name_of(&picture, sheet, code.as_str()).unwrap_or_else(|| code.to_string());
    let proposals = site.app.proposals(viewer, &from, before).await?.into_iter().map(|proposal| {
        let title = [("to", name("places", &proposal.to).into()), ("x", name("parties", &proposal.consignee).into())];
        Proposed {
            title: say_with("consignment-to", &title),
            departs: figures::moment(proposal.departs_at),
            lines: proposal
                .lines
                .iter()
                .map(|line| ProposedRow {
                    value: format!("{}:{}", line.plan, line.line),
                    what: name("resources", &line.resource),
                    offer: line.offer.as_ref().map(ToString::to_string).unwrap_or_default(),
                    need: line.need.as_ref().map(ToString::to_string).unwrap_or_default(),
                    departs: figures::moment(line.departs_at),
                    quantity: line.quantity,
                })
                .collect(),
        }
    });
    Ok(NewPage {
        proposals: proposals.collect(),
        name: place.name.to_string(),
        shell: Shell::new(asker, &picture, "nav-consignments", say("consignment-make")),
        from,
        days,
        wrong,
    })
}

/// Makes up a consignment.
pub(crate) async fn create(State(site): State<Site>, asker: Asker, Form(given): Form<Given>) -> Response {
    let line = |value: &str| {
        let (plan, line) = value.split_once(':')?;
        let quantity = given.text(&format!("quantity {value}")).parse().ok();
        Some(NewLine::Plan { plan: plan.to_owned(), line: line.parse().ok()?, quantity })
    };
    let new = New {
        from: given.text("from").to_owned(),
        to: None,
        route: Vec::new(),
        lines: given.all("line").filter_map(line).collect(),
        remark: given.text("remark").to_owned(),
    };
    match site.app.consignment_make(&new, &asker.actor(given.reason())).await {
        Ok(code) => Redirect::to(&format!("/consignments/{code}?said=saved")).into_response(),
        Err(error) => {
            let parameters = Parameters::from([("from".to_owned(), new.from.clone())]);
            let wrong = Some(text::words(&error.message()));
            match new_page(&site, &asker, &parameters, wrong).await {
                Ok(page) => problem::unprocessable(html(&page)),
                Err(error) => problem::of(&error),
            }
        }
    }
}
