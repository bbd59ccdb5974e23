//! Movements: what is on its way, what is due, what is late; and recording that a step has happened.

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::{SignedDuration, Timestamp};
use muster_app::{
    Error,
    movement::{Expected, Move},
    storage::ledger::step::{Held, StepFilter},
};
use muster_domain::{
    code::Code,
    item::Tracking,
    ledger::{account::AccountPurpose, entry::Activity},
    message,
    message::Message,
    picture::Picture,
    policy::{self, Action, Deed},
    viewer::Viewer,
};

use super::{
    consignment_deed::named,
    conveyed::{self, OnTheWay},
    figures,
    given::Given,
    listed, nomination,
    record::{
        cells::{Cell, Part, name_of},
        list::{Parameters, kept, said},
        panels::{Panel, need_cell, record_cell, state_cell},
    },
    training::nomination_address,
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    cursor, problem,
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
    /// Where the list begins, if not at its beginning.
    cursor: String,
    late: usize,
    /// Where the list goes on.
    next: Option<String>,
    /// Where all of it is as a file.
    files: Vec<(&'static str, String)>,
    /// What is on its way, above the first page.
    way: Option<OnTheWay>,
    /// Trainees on the way, above the first page.
    travellers: Option<Panel>,
    wrong: Option<String>,
    given: Given,
}

impl MovementsPage {
    /// Whether it was the form of this row that was refused: then it holds what was typed.
    fn sent(&self, row: &Row) -> bool {
        let of = |name| self.given.text(name);
        row.line.as_ref().is_some_and(|(plan, line, step)| {
            of("plan") == plan && of("line") == line.to_string() && of("step") == step.to_string()
        })
    }

    fn typed(&self, row: &Row, name: &str) -> &str {
        if self.sent(row) { self.given.text(name) } else { "" }
    }

    fn ticked(&self, row: &Row, serial: &str) -> bool {
        self.sent(row) && self.given.has("serial", serial)
    }
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
    tracking: Tracking,
    held: Vec<Held>,
    open: i64,
}

impl Row {
    /// What tells a number or lot apart from those of other rows.
    fn id(&self) -> String {
        self.line.as_ref().map_or_else(String::new, |(plan, line, step)| format!("{plan}-{line}-{step}"))
    }
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(problem::Kind::NotFound, None);
    }
    match page(&site, &asker, &parameters, None, Given::default()).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

/// Which steps are asked for, before when they are to happen, and how many days ahead that is.
pub(crate) fn filter(site: &Site, parameters: &Parameters) -> (StepFilter, Timestamp, i64) {
    let text = |name: &str| said(parameters, name);
    let days = text("days").and_then(|days| days.parse().ok()).unwrap_or(AHEAD_DAYS).clamp(0, 3_660);
    let before = site.app.now().checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX);
    let ready = text("show").is_none_or(|show| show != "all");
    (StepFilter { offer: text("offer"), need: text("need"), place: text("place"), ready }, before, days)
}

async fn page(
    site: &Site,
    asker: &Asker,
    parameters: &Parameters,
    wrong: Option<String>,
    given: Given,
) -> Result<MovementsPage, Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let text = |name: &str| said(parameters, name);
    let now = site.app.now();
    let (filter, before, days) = filter(site, parameters);
    let all = !filter.ready;
    let begin = text("cursor").and_then(|cursor| cursor::read(&cursor));
    let (from, skip): (i64, usize) = begin.unwrap_or((Timestamp::MIN.as_microsecond(), 0));
    let start = (Timestamp::from_microsecond(from).unwrap_or(Timestamp::MIN), skip as i64);
    let mut steps = site.app.open_steps(viewer, &filter, start, before, MOST + 1).await?;
    let way = match text("cursor") {
        None => Some(conveyed::on_the_way(site, viewer, &picture, now).await?),
        Some(_) => None,
    };
    let travellers = match text("cursor") {
        None => Some(travellers(site, viewer, &picture, now).await?),
        Some(_) => None,
    };
    let next = cursor::turn(&mut steps, MOST as usize, (from, skip), |expected| expected.step.due);
    let kept = kept(parameters, &["place", "offer", "need", "show", "days"]);
    let mut shell = Shell::new(asker, &picture, "nav-movements", say("nav-movements"));
    shell.said = super::record::show::just_done(parameters);
    let rows: Vec<Row> = steps.into_iter().map(|expected| row(&picture, viewer, expected, now)).collect();
    Ok(MovementsPage {
        late: rows.iter().filter(|row| row.late).count(),
        next: next.map(|next| format!("/movements?{kept}cursor={next}")),
        files: listed::files("steps", parameters),
        place: text("place").unwrap_or_default(),
        offer: text("offer").unwrap_or_default(),
        need: text("need").unwrap_or_default(),
        days,
        all,
        cursor: text("cursor").unwrap_or_default(),
        wrong,
        given,
        rows,
        shell,
        way,
        travellers: travellers.filter(|panel| !panel.rows.is_empty()),
    })
}

/// Trainees on the way, to a facility or home, of those that the viewer sees.
async fn travellers(site: &Site, viewer: &Viewer, picture: &Picture, now: Timestamp) -> Result<Panel, Error> {
    let head = [("training-nomination", false), ("repair-unit", false), ("consignment-state", false)];
    let mut panel = Panel::new("travellers", &[&head, nomination::JOURNEY].concat());
    for (of, journey) in site.app.trainees_on_the_way(viewer, MOST).await? {
        let code = of.code.as_str();
        let state = Cell { tag: if journey.arrives_at < now { "part" } else { "" }, ..state_cell(of.state.as_str()) };
        let who =
            [Cell::link(code, nomination_address(code)), record_cell(picture, "parties", of.unit.as_str()), state];
        panel.row(who.into_iter().chain(nomination::journey_cells(picture, &journey)).collect());
    }
    Ok(panel)
}

/// A side of a step: purpose, holder and place of the account.
type Side = (AccountPurpose, Code, Option<Code>);

fn row(picture: &Picture, viewer: &Viewer, expected: Expected, now: Timestamp) -> Row {
    let Expected { step, tracking, held } = expected;
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
        tracking,
        held,
        open: step.ready,
    }
}

/// What a form on the page says of the list in which it stands: the parameter, and the field that holds it.
const LIST: [(&str, &str); 6] = [
    ("place", "at_place"),
    ("offer", "at_offer"),
    ("need", "at_need"),
    ("show", "at_show"),
    ("days", "at_days"),
    ("cursor", "at_cursor"),
];

/// Records that a step has happened.
pub(crate) async fn step(State(site): State<Site>, asker: Asker, Form(given): Form<Given>) -> Response {
    let list = LIST.iter().map(|(name, field)| ((*name).to_owned(), given.text(field).to_owned()));
    let mut list: Parameters = list.filter(|(_, value)| !value.is_empty()).collect();
    match carry_out(&site, &asker, &given).await {
        Ok(()) => {
            // What was done is gone from its place in the list.
            list.remove("cursor");
            let pairs: String = list.iter().map(|(name, value)| format!("{name}={}&", escaped(value))).collect();
            Redirect::to(&format!("/movements?{pairs}said=saved")).into_response()
        }
        Err(error) => problem::again(&error, |wrong| page(&site, &asker, &list, Some(wrong), given)).await,
    }
}

async fn carry_out(site: &Site, asker: &Asker, given: &Given) -> Result<(), Error> {
    let text = |name| given.text(name);
    let wrong = |name: &str, right: Message| Error::Invalid(message!("field-must-be", name, right));
    let quantity = given.number("quantity")?;
    if quantity == Some(0) {
        return Err(wrong("quantity", message!("a-whole-number", least = 1, most = i64::MAX)));
    }
    if text("reason").is_empty() {
        return Err(wrong("reason", message!("some-text", most = 500)));
    }
    let actor = asker.form(text("reason"), given)?;
    let step = Move {
        plan: text("plan").to_owned(),
        line: given.number("line")?.unwrap_or_default(),
        step: text("step").parse().ok(),
        quantity,
        // Ticked, or written one after the other.
        serials: given.all("serial").chain(named(text("serials"))).map(str::to_owned).collect(),
        lot: text("lot").to_owned(),
        at: None,
        key: actor.key.as_ref().map(|key| format!("{} {key}", asker.viewer.name)),
    };
    match text("verb") {
        "dispatch" => site.app.dispatch(&step, &actor).await.map(drop),
        "receive" => site.app.receive(&step, &actor).await.map(drop),
        "void" => site.app.void(&step.plan, step.line, &actor).await.map(drop),
        _ => Err(wrong("verb", message!("one-of", words = "dispatch, receive, void"))),
    }
}
