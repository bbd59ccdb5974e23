//! Movements: what is on its way, what is due, what is late; and recording that a step has happened.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::{SignedDuration, Timestamp};
use muster_app::{
    movement::Move,
    storage::ledger::step::{OpenStep, StepFilter},
};
use muster_domain::{
    code::Code,
    ledger::{account::AccountPurpose, entry::Activity},
    picture::Picture,
    policy::{self, Action, Deed},
    viewer::Viewer,
};

use super::{
    figures,
    record::{
        cells::{Cell, Part, name_of},
        list::Parameters,
        panels::{need_cell, record_cell},
    },
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::{Shell, html},
    text::{self, filters, say},
};

/// Steps on the page.
const MOST: i64 = 200;

/// How far ahead the page looks, unless asked otherwise, in days.
const AHEAD_DAYS: i64 = 28;

#[derive(Template)]
#[template(path = "movements.html")]
struct MovementsPage {
    shell: Shell,
    rows: Vec<Row>,
    place: String,
    offer: String,
    need: String,
    days: i64,
    all: bool,
    late: usize,
    full: bool,
}

struct Row {
    due: String,
    late: bool,
    what: String,
    quantity: String,
    offer: Part,
    need: Part,
    from: String,
    to: String,
    /// Plan, line and step, if the viewer may record the step and it can happen now.
    line: Option<(String, i64, i64)>,
    /// Whether it waits for the step before.
    waits: bool,
    verb: &'static str,
    serial: bool,
    lot: bool,
    open: i64,
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(problem::Kind::NotFound, None);
    }
    match page(&site, &asker, &parameters).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn page(site: &Site, asker: &Asker, parameters: &Parameters) -> Result<MovementsPage, muster_app::Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let text = |name: &str| parameters.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let days = text("days").and_then(|days| days.parse().ok()).unwrap_or(AHEAD_DAYS).clamp(0, 3_660);
    let now = site.app.now();
    let before = now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX);
    let all = text("show").is_some_and(|show| show == "all");
    let filter = StepFilter { offer: text("offer"), need: text("need"), place: text("place"), ready: !all };
    let steps = site.app.open_steps(viewer, &filter, before, MOST).await?;
    let mut shell = Shell::new(asker, &picture, "nav-movements", say("nav-movements"));
    shell.said = super::record::show::just_done(parameters);
    let rows: Vec<Row> = steps.iter().map(|step| row(&picture, viewer, step, now)).collect();
    Ok(MovementsPage {
        late: rows.iter().filter(|row| row.late).count(),
        full: rows.len() as i64 == MOST,
        place: text("place").unwrap_or_default(),
        offer: text("offer").unwrap_or_default(),
        need: text("need").unwrap_or_default(),
        days,
        all,
        rows,
        shell,
    })
}

/// A side of a step: purpose, holder and place of the account.
type Side = (AccountPurpose, Code, Option<Code>);

fn row(picture: &Picture, viewer: &Viewer, step: &OpenStep, now: Timestamp) -> Row {
    let part = |code: &Option<Code>, cell: fn(&Picture, &str) -> Cell| {
        code.as_ref().and_then(|code| cell(picture, code.as_str()).parts.pop()).unwrap_or_default()
    };
    let side = |(purpose, holder, place): &Side| {
        let (sheet, code) = place.as_ref().map_or(("parties", holder), |place| ("places", place));
        let name = name_of(picture, sheet, code.as_str()).unwrap_or_else(|| code.to_string());
        format!("{name} ({})", text::word(&format!("account-{}", purpose.as_str())))
    };
    let own = viewer.owns(&step.from.1) || viewer.owns(&step.to.1);
    let may = policy::may(viewer, &Deed { own, ..Deed::of(Action::Move) }).is_ok();
    let item = picture.item_of(step.resource.as_str());
    Row {
        due: figures::moment(step.due),
        late: step.due < now,
        what: text::word(&format!("activity-{}", step.activity.as_str())).into_owned(),
        quantity: if step.open == step.quantity {
            figures::whole(step.open)
        } else {
            format!("{} / {}", figures::whole(step.open), figures::whole(step.quantity))
        },
        offer: part(&step.offer, |picture, code| record_cell(picture, "offers", code)),
        need: part(&step.need, need_cell),
        from: side(&step.from),
        to: side(&step.to),
        line: step
            .plan
            .as_ref()
            .filter(|_| may && step.line > 0 && step.ready > 0)
            .map(|plan| (plan.to_string(), step.line, step.step)),
        waits: step.ready <= 0,
        verb: match step.activity {
            Activity::Depart | Activity::Start => "dispatch",
            _ => "receive",
        },
        serial: item.is_some_and(|item| item.tracking == muster_domain::item::Tracking::Serial),
        lot: item.is_some_and(|item| item.tracking == muster_domain::item::Tracking::Lot),
        open: step.ready,
    }
}

/// Records that a step has happened.
pub(crate) async fn step(
    State(site): State<Site>,
    asker: Asker,
    Form(given): Form<BTreeMap<String, String>>,
) -> Response {
    let text = |name: &str| given.get(name).map_or("", |text| text.trim());
    let quantity = match text("quantity") {
        "" => None,
        text => match text.parse::<i64>() {
            Ok(quantity) if quantity > 0 => Some(quantity),
            _ => return problem::page(problem::Kind::Invalid, Some(&say("movement-quantity"))),
        },
    };
    let (Ok(line), false) = (text("line").parse(), text("reason").is_empty()) else {
        return problem::page(problem::Kind::Invalid, Some(&say("reason-needed")));
    };
    let step = Move {
        plan: text("plan").to_owned(),
        line,
        step: text("step").parse().ok(),
        quantity,
        serials: text("serials")
            .split([',', ';', '\n', ' '])
            .map(str::trim)
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect(),
        lot: text("lot").to_owned(),
        at: None,
        key: None,
    };
    let actor = asker.actor(text("reason"));
    let done = match text("verb") {
        "dispatch" => site.app.dispatch(&step, &actor).await.map(|_| ()),
        "receive" => site.app.receive(&step, &actor).await.map(|_| ()),
        "void" => site.app.void(&step.plan, step.line, &actor).await.map(|_| ()),
        _ => return problem::page(problem::Kind::BadRequest, None),
    };
    match done {
        Ok(()) => {
            let back = [("place", text("at_place")), ("offer", text("at_offer")), ("need", text("at_need"))];
            let pairs: Vec<String> = back
                .iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| format!("{name}={}&", escaped(value)))
                .collect();
            Redirect::to(&format!("/movements?{}said=saved", pairs.concat())).into_response()
        }
        Err(error) => problem::of(&error),
    }
}
