//! A nomination: how far it is, whether there is a seat, what was assessed, and what the viewer may do next. It names nobody.

use askama::Template;
use axum::{
    extract::{Multipart, Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use muster_app::{
    Error,
    storage::training::Journey,
    training::{Shown, nomination::Vetting, travel::SetOut},
};
use muster_domain::{
    picture::Picture,
    policy::{self, Action, Deed},
    training::NominationState,
    viewer::Viewer,
};

use super::{
    deed::{DeedForm, Input, input, must},
    figures,
    given::Given,
    record::{
        cells::{self, Cell},
        list::Parameters,
        panels::{Panel, need_cell, record_cell, state_cell, text_cell},
        show::answer,
    },
    training::{nomination_address, serial_cell},
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::Shell,
    text::{self, filters, say},
};

#[derive(Template)]
#[template(path = "nomination.html")]
struct ShowPage {
    shell: Shell,
    code: String,
    address: String,
    serial: String,
    serial_href: String,
    state: &'static str,
    tag: &'static str,
    waits: bool,
    facts: Vec<(String, Cell)>,
    forms: Vec<DeedForm>,
    /// The objectives of the course, each with what was said of it last.
    objectives: Vec<Objective>,
    may_assess: bool,
    steps: Panel,
    journeys: Panel,
    attendance: Panel,
    /// Who they are, if that was just asked.
    person: Option<String>,
    wrong: Option<String>,
    given: Given,
}

/// An objective as it stands.
struct Objective {
    code: String,
    text: String,
    /// Whether it was met; none: nothing was said.
    met: Option<bool>,
    remark: String,
}

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let page = page(&site, &asker, &code, None, (Given::default(), None)).await;
    answer(page, &parameters, |page| &mut page.shell)
}

/// Does one thing with it.
pub(crate) async fn deed(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    body: Multipart,
) -> Response {
    let (given, _) = match Given::with_file(body, "file").await {
        Ok(given) => given,
        Err(kind) => return problem::page(kind, None),
    };
    match carry_out(&site, &asker, &code, &given).await {
        Ok(Some(person)) => {
            let page = page(&site, &asker, &code, None, (given, Some(person))).await;
            answer(page, &Parameters::default(), |page| &mut page.shell)
        }
        Ok(None) => Redirect::to(&format!("{}?said=saved", nomination_address(&code))).into_response(),
        Err(error) => problem::again(&error, |wrong| page(&site, &asker, &code, Some(wrong), (given, None))).await,
    }
}

/// Gives who somebody is, if that was asked.
async fn carry_out(site: &Site, asker: &Asker, code: &str, given: &Given) -> Result<Option<String>, Error> {
    let (app, actor) = (&site.app, asker.actor(given.reason()));
    let text = |name| given.text(name);
    match text("deed") {
        "clear" | "refuse" => {
            let vetting = Vetting {
                cleared: text("deed") == "clear",
                authority: text("authority").to_owned(),
                on: given.date("on")?,
                expires: given.date("expires")?,
                remark: text("remark").to_owned(),
            };
            app.nomination_vet(code, &vetting, &actor).await?;
        }
        "depart" | "depart-home" => {
            let new = SetOut {
                lanes: text("lanes").split_whitespace().map(str::to_owned).collect(),
                conveyance: text("conveyance").to_owned(),
                at: given.moment("at")?,
                remark: text("remark").to_owned(),
            };
            app.nomination_depart(code, &new, &actor).await?;
        }
        "arrive" => app.nomination_arrive(code, (given.moment("at")?, ""), &actor).await?,
        "assess" => {
            let all = given.all("objective");
            let said: Vec<(String, bool, String)> = all
                .filter_map(|objective| {
                    let met = match given.text(&format!("met {objective}")) {
                        "yes" => true,
                        "no" => false,
                        _ => return None,
                    };
                    Some((objective.to_owned(), met, given.text(&format!("why {objective}")).to_owned()))
                })
                .collect();
            app.nomination_assess(code, &said, &actor).await?;
        }
        "pass" => {
            let signed = (text("instructor"), text("pin"), text("remark"));
            app.nomination_pass(code, signed, &actor).await?;
        }
        "fail" => app.nomination_fail(code, text("remark"), &actor).await?,
        "return" => app.nomination_return(code, given.moment("at")?, &actor).await?,
        "withdraw" => app.nomination_withdraw(code, text("remark"), &actor).await?,
        "move" => app.nomination_move(code, text("serial"), &actor).await?,
        "person" => {
            // Why somebody looks must be said, and no usual reason stands for it.
            let actor = asker.actor(text("reason"));
            return app.nomination_person(code, &actor).await.map(Some);
        }
        "erase" => app.nomination_erase(code, &actor).await?,
        other => return Err(Error::NotFound { what: "deed", code: other.to_owned() }),
    }
    Ok(None)
}

async fn page(
    site: &Site,
    asker: &Asker,
    code: &str,
    wrong: Option<String>,
    (given, person): (Given, Option<String>),
) -> Result<ShowPage, Error> {
    let (app, viewer) = (&site.app, &asker.viewer);
    let picture = app.picture(viewer).await?;
    let shown = app.nomination(viewer, code).await?;
    let nomination = &shown.nomination;
    let serial = app.serial(viewer, nomination.serial.as_str()).await.ok();
    let host = serial.as_ref().map(|shown| shown.serial.host.code().clone());
    let rights = Rights::of(viewer, &nomination.unit, host.as_ref());
    let course = serial.as_ref().map(|shown| shown.serial.course.as_str().to_owned()).unwrap_or_default();
    let teaching = rights.train && nomination.state == NominationState::InTraining;
    Ok(ShowPage {
        shell: Shell::new(asker, &picture, "nav-training", code),
        code: code.to_owned(),
        address: nomination_address(code),
        serial: nomination.serial.to_string(),
        serial_href: super::training::serial_address(nomination.serial.as_str()),
        state: nomination.state.as_str(),
        tag: cells::tag(nomination.state.as_str()),
        waits: nomination.state.is_expected() && !shown.seated,
        facts: facts(&picture, &shown),
        forms: forms(viewer, &picture, &shown, &rights),
        objectives: objectives(&picture, &course, &shown),
        may_assess: teaching,
        steps: steps(&shown),
        journeys: journeys(&picture, &shown),
        attendance: attendance(&shown),
        person,
        wrong,
        given,
    })
}

/// What the viewer may do with a nomination.
struct Rights {
    nominate: bool,
    vet: bool,
    train: bool,
}

impl Rights {
    fn of(viewer: &Viewer, unit: &muster_domain::code::Code, host: Option<&muster_domain::code::Code>) -> Self {
        let may = |action, party: Option<&muster_domain::code::Code>| {
            let own = party.is_some_and(|party| viewer.owns(party));
            policy::may(viewer, &Deed { own, ..Deed::of(action) }).is_ok()
        };
        Self {
            nominate: may(Action::Nominate, Some(unit)),
            vet: may(Action::Vet, None),
            train: may(Action::Train, host),
        }
    }
}

fn facts(picture: &Picture, shown: &Shown) -> Vec<(String, Cell)> {
    let of = &shown.nomination;
    let day = |day: Option<jiff::civil::Date>| text_cell(day.map_or_else(String::new, figures::day));
    let line = of.line.as_ref().map(|(plan, line)| format!("{plan}/{line}"));
    let certificate = shown.certificate.as_ref().map(|of| {
        let address = format!("/api/v1/certificates/{}/pdf", escaped(of.code.as_str()));
        Cell::link(of.code.to_string(), address)
    });
    let trainee = if of.trainee == of.code {
        text_cell(of.code.to_string())
    } else {
        Cell::link(of.trainee.to_string(), nomination_address(of.trainee.as_str()))
    };
    cells::facts([
        ("training-serial", serial_cell(&of.serial)),
        ("training-trainee", trainee),
        ("variance-what", record_cell(picture, "resources", of.account.resource.as_str())),
        ("repair-unit", record_cell(picture, "parties", of.unit.as_str())),
        ("panel-need", of.need.as_ref().map(|need| need_cell(picture, need.as_str())).unwrap_or_default()),
        (
            "training-from-offer",
            of.offer.as_ref().map(|offer| record_cell(picture, "offers", offer.as_str())).unwrap_or_default(),
        ),
        ("training-from-line", text_cell(line.unwrap_or_default())),
        ("training-authority", text_cell(of.authority.clone())),
        ("training-vetted-on", day(of.vetted_on)),
        ("training-vetted-until", day(of.expires_on)),
        ("repair-account", text_cell(of.account.to_string())),
        ("training-certificate", certificate.unwrap_or_default()),
    ])
}

fn forms(viewer: &Viewer, picture: &Picture, shown: &Shown, rights: &Rights) -> Vec<DeedForm> {
    use NominationState as S;
    let of = &shown.nomination;
    let state = of.state;
    let mut forms: Vec<DeedForm> = Vec::new();
    let mut add = |may: bool, deed, asks, fields: Vec<Input>| {
        if may {
            let title = say(&format!("training-do-{deed}")).into_owned();
            forms.push(DeedForm { deed, title, fields, asks });
        }
    };
    let at = || input("at", "end-use-at", "datetime-local");
    let remark = || input("remark", "consignment-remark", "text");
    let why = || must("remark", "reason", "text");
    let authority = || Input { value: of.authority.clone(), ..must("authority", "training-authority", "text") };
    let (on, expires) =
        (|| input("on", "training-vetted-on", "date"), || input("expires", "training-vetted-until", "date"));
    let expected = state.is_at_home();
    add(rights.vet && state == S::Nominated, "clear", false, vec![authority(), on(), expires(), remark()]);
    let lanes = || input("lanes", "training-lanes", "text");
    let conveyance = || input("conveyance", "movement-conveyance", "text");
    let may_depart = (rights.nominate || rights.train) && matches!(state, S::Cleared | S::Passed | S::Failed);
    let departs = if state == S::Cleared { "depart" } else { "depart-home" };
    let depart = || vec![at(), lanes(), conveyance(), remark()];
    add(may_depart && state == S::Cleared, departs, false, depart());
    add(rights.train && matches!(state, S::Cleared | S::Travelling | S::Failed), "arrive", false, vec![at()]);
    let instructor = Input { value: viewer.name.clone(), ..must("instructor", "training-instructor", "text") };
    let pin = must("pin", "training-pin", "password");
    add(rights.train && state == S::InTraining, "pass", true, vec![instructor, pin, remark()]);
    add(rights.train && state == S::InTraining, "fail", false, vec![why()]);
    add(may_depart && state != S::Cleared, departs, false, depart());
    add(rights.nominate && matches!(state, S::Passed | S::Failed | S::Returning), "return", false, vec![at()]);
    add(
        rights.vet && matches!(state, S::Cleared | S::Travelling),
        "clear",
        false,
        vec![authority(), on(), expires(), remark()],
    );
    add(rights.vet && state.is_expected(), "refuse", true, vec![authority(), on(), why()]);
    let course = picture.serials.get(of.serial.as_str()).map(|serial| serial.course.clone());
    let open = |serial: &&muster_domain::serial::Serial| {
        Some(&serial.course) == course.as_ref() && serial.code != of.serial && !serial.state.is_over()
    };
    let choice = |serial: &muster_domain::serial::Serial| {
        (serial.code.to_string(), format!("{} {}", serial.code, figures::day(serial.start)))
    };
    let others: Vec<(String, String)> = picture.serials.values().filter(open).map(choice).collect();
    let some = !others.is_empty();
    let serial = Input { choices: others, ..must("serial", "training-serial", "choice") };
    add(rights.nominate && expected && some, "move", false, vec![serial, input("reason", "reason", "text")]);
    let may_withdraw = (rights.nominate || rights.train) && state.allows(S::Withdrawn);
    add(may_withdraw, "withdraw", true, vec![why()]);
    let looks = rights.nominate || rights.train;
    add(looks, "person", false, vec![must("reason", "reason", "text")]);
    add(looks, "erase", true, vec![must("reason", "reason", "text")]);
    forms
}

fn objectives(picture: &Picture, course: &str, shown: &Shown) -> Vec<Objective> {
    let objective = |of: &muster_domain::course::CourseObjective| {
        let said = shown.assessments.iter().rfind(|said| said.objective == of.objective);
        Objective {
            code: of.objective.to_string(),
            text: of.text.to_string(),
            met: said.map(|said| said.met),
            remark: said.map(|said| said.remark.clone()).unwrap_or_default(),
        }
    };
    picture.objectives(course).map(objective).collect()
}

fn steps(shown: &Shown) -> Panel {
    let columns = [
        ("panel-when", false),
        ("consignment-state", false),
        ("repair-who", false),
        ("repair-signed-by", false),
        ("consignment-remark", false),
    ];
    let mut panel = Panel::new("training-steps", &columns);
    for step in &shown.steps {
        panel.row(vec![
            text_cell(figures::moment(step.occurred_at)),
            state_cell(step.state.as_str()),
            text_cell(step.actor.clone()),
            text_cell(step.signed_by.clone()),
            text_cell(step.remark.clone()),
        ]);
    }
    panel
}

fn journeys(picture: &Picture, shown: &Shown) -> Panel {
    let mut panel = Panel::new("training-journeys", JOURNEY);
    for journey in &shown.journeys {
        panel.row(journey_cells(picture, journey));
    }
    panel
}

/// Columns of a journey.
pub(crate) const JOURNEY: &[(&str, bool)] = &[
    ("training-journey-from", false),
    ("training-journey-to", false),
    ("movement-departed", false),
    ("training-arrives", false),
    ("training-by-lanes", false),
    ("movement-conveyance", false),
];

/// The cells of a journey.
pub(crate) fn journey_cells(picture: &Picture, journey: &Journey) -> Vec<Cell> {
    let lanes: Vec<&str> = journey.lanes.iter().map(muster_domain::code::Code::as_str).collect();
    vec![
        record_cell(picture, "places", journey.from.as_str()),
        record_cell(picture, "places", journey.to.as_str()),
        text_cell(figures::moment(journey.departed_at)),
        text_cell(figures::moment(journey.arrives_at)),
        text_cell(lanes.join(" ")),
        text_cell(journey.conveyance.clone()),
    ]
}

fn attendance(shown: &Shown) -> Panel {
    let mut panel = Panel::new("training-attendance", &[("training-day", false), ("training-attendance", false)]);
    for (day, attendance) in &shown.attendance {
        panel.row(vec![text_cell(figures::day(*day)), text_cell(text::word(attendance.as_str()).into_owned())]);
    }
    panel
}
