//! What if: a form of what could be otherwise, and the plan that would be beside the plan that is.

use std::{collections::BTreeMap, time::Duration};

use askama::Template;
use axum::{
    extract::{Form, Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use muster_app::{
    plan::{
        job::Ended,
        what_if::{KEEP, Question, Scenario},
    },
    planner::change::Change,
};
use muster_domain::{
    message,
    message::Message,
    mission::Mission,
    picture::Picture,
    policy::{self, Action, Deed},
};

use super::{
    figures::{Calendar, percent, rounded, share, whole},
    plan_change, plan_why,
    record::{
        cells::Part,
        panels::{Panel, need_cell, number_cell, text_cell},
    },
};
use crate::{
    Site,
    auth::Asker,
    problem,
    shell::{Shell, html},
    text::{self, filters, say, say_with},
};

/// Longest time for a scenario, in seconds.
const LONGEST: f64 = 600.0;

#[derive(Template)]
#[template(path = "what_if.html")]
struct WhatIfPage {
    shell: Shell,
    code: String,
    form: Fields,
    lists: Lists,
    result: Option<Outcome>,
}

/// What was typed, by field, and what is wrong with it.
#[derive(Default)]
struct Fields {
    values: BTreeMap<String, String>,
    wrong: Option<String>,
}

impl Fields {
    fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |text| text.trim())
    }
}

/// Codes that a field can take, with their names.
struct Lists {
    /// By the list's id.
    all: Vec<(&'static str, Vec<(String, String)>)>,
    periods: u32,
    noun: &'static str,
}

/// A scenario beside its plan.
struct Outcome {
    changes: Vec<String>,
    facts: Vec<(String, String, String)>,
    needs: Panel,
    time: String,
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Path(code): Path<String>) -> Response {
    respond(page(&site, &asker, &code, Fields::default(), None).await)
}

/// A scenario that was asked for and is done.
pub(crate) async fn result(
    State(site): State<Site>,
    asker: Asker,
    Path((code, job)): Path<(String, String)>,
) -> Response {
    let job = match site.app.plan_job(&job, &asker.actor("")) {
        Ok(job) => job,
        Err(error) => return problem::of(&error),
    };
    match job.standing().ended {
        Some(Ended::Scenario(scenario)) if scenario.plan.as_str() == code => {
            respond(page(&site, &asker, &code, Fields::default(), Some(&scenario)).await)
        }
        _ => Redirect::to(&format!("/plan/job/{}", job.code)).into_response(),
    }
}

fn respond(page: Result<WhatIfPage, muster_app::Error>) -> Response {
    match page {
        Ok(page) if page.form.wrong.is_some() => (StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response(),
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn page(
    site: &Site,
    asker: &Asker,
    code: &str,
    form: Fields,
    scenario: Option<&Scenario>,
) -> Result<WhatIfPage, muster_app::Error> {
    let viewer = &asker.viewer;
    // Whoever does not see the plan gets no form either.
    site.app.plan(viewer, Some(code)).await?;
    policy::may(viewer, &Deed::of(Action::Plan))?;
    let picture = site.app.picture(viewer).await?;
    let Some(mission) = picture.mission() else {
        return Err(muster_app::Error::NotFound { what: "mission", code: String::new() });
    };
    Ok(WhatIfPage {
        shell: Shell::new(asker, &picture, "nav-plan", say("what-if")),
        code: code.to_owned(),
        form,
        lists: lists(&picture, mission),
        result: scenario.map(|scenario| outcome(&picture, mission, scenario)),
    })
}

fn lists(picture: &Picture, mission: &Mission) -> Lists {
    let mut donors: Vec<&str> = picture.offers.values().map(|o| o.donor.as_str()).collect();
    donors.sort_unstable();
    donors.dedup();
    let named = |sheet: &'static str, codes: Vec<&str>| -> Vec<(String, String)> {
        codes.into_iter().map(|code| (code.to_owned(), plan_why::name(picture, sheet, code))).collect()
    };
    let goods = picture.offers.values().filter(|o| !o.kind.is_money()).map(|o| o.code.as_str());
    Lists {
        all: vec![
            ("places", named("places", picture.places.keys().map(String::as_str).collect())),
            ("lanes", picture.lanes.keys().map(|code| (code.clone(), plan_why::lane_name(picture, code))).collect()),
            ("donors", named("parties", donors)),
            ("offers", named("offers", goods.collect())),
            ("resources", named("resources", picture.resources.keys().map(String::as_str).collect())),
        ],
        periods: mission.periods,
        noun: Calendar(mission).noun(),
    }
}

pub(crate) async fn ask(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Form(values): Form<BTreeMap<String, String>>,
) -> Response {
    let picture = match site.app.picture(&asker.viewer).await {
        Ok(picture) => picture,
        Err(error) => return problem::of(&error),
    };
    let periods = picture.mission().map_or(1, |mission| mission.periods as usize);
    let form = Fields { values, wrong: None };
    let begun = match question(&form, &code, periods) {
        Ok(question) => begin(&site, &asker, question).await,
        Err(wrong) => Err(muster_app::Error::Invalid(wrong)),
    };
    match begun {
        Ok(job) => Redirect::to(&format!("/plan/job/{job}")).into_response(),
        Err(muster_app::Error::Invalid(wrong)) => {
            respond(page(&site, &asker, &code, Fields { wrong: Some(text::words(&wrong)), ..form }, None).await)
        }
        Err(error) => problem::of(&error),
    }
}

async fn begin(site: &Site, asker: &Asker, question: Question) -> Result<String, muster_app::Error> {
    let actor = asker.actor(say("what-if-reason"));
    Ok(site.app.what_if_begin(question, &actor).await?.code)
}

/// The question that a form asks.
fn question(form: &Fields, plan: &str, periods: usize) -> Result<Question, Message> {
    let seconds = match form.value("seconds") {
        "" => None,
        text => text
            .parse()
            .ok()
            .filter(|s| (1.0..=LONGEST).contains(s))
            .map(Some)
            .ok_or_else(|| message!("what-if-seconds"))?,
    };
    let changes = match form.value("changes") {
        "" => changes(form, periods)?,
        text => {
            serde_json::from_str(text).map_err(|error| message!("changes-unreadable", error = error.to_string()))?
        }
    };
    if changes.is_empty() {
        return Err(message!("what-if-nothing"));
    }
    Ok(Question { plan: plan.to_owned(), changes, time_limit: seconds.map(Duration::from_secs_f64), keep: KEEP })
}

fn changes(form: &Fields, periods: usize) -> Result<Vec<Change>, Message> {
    let mut changes = Vec::new();
    let given = |name: &str| Some(form.value(name).to_owned()).filter(|text| !text.is_empty());
    // People count periods from 1.
    let period = |name: &str, usual: usize| match form.value(name) {
        "" => Ok(usual),
        text => match text.parse::<usize>() {
            Ok(n) if (1..=periods).contains(&n) => Ok(n - 1),
            _ => Err(message!("what-if-period", x = text, n = periods)),
        },
    };
    let number = |name: &str, usual: f64| match form.value(name) {
        "" => Ok(usual),
        text => {
            let n = text.parse::<f64>().ok().filter(|n| *n >= 0.0 && n.is_finite());
            n.ok_or_else(|| message!("what-if-number", x = text))
        }
    };
    let count = |name: &str| match form.value(name).parse::<usize>() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(message!("what-if-number", x = form.value(name))),
    };
    if let Some(place) = given("place") {
        let (from, to) = (period("place_from", 0)?, period("place_to", periods - 1)?);
        changes.push(Change::ClosePlace { place, from, to });
    }
    if let Some(lane) = given("lane") {
        let (from, to) = (period("lane_from", 0)?, period("lane_to", periods - 1)?);
        changes.push(Change::LimitLane { lane, from, to, capacity_t: number("lane_t", 0.0)? });
    }
    if let Some(lane) = given("slow") {
        changes.push(Change::DelayLane { lane, periods: count("slow_n")? });
    }
    if let Some(donor) = given("donor") {
        changes.push(Change::DropDonor { donor });
    }
    if let Some(offer) = given("late") {
        changes.push(Change::DelayOffer { offer, periods: count("late_n")? });
    }
    if let Some(resource) = given("resource") {
        let quantity = i64::try_from(count("quantity")?).unwrap_or(i64::MAX);
        let (place, from) = (form.value("at").to_owned(), period("from", 0)?);
        let offer = say("what-if-offer").into_owned();
        changes.push(Change::AddOffer { offer, donor: String::new(), resource, quantity, place, from });
    }
    Ok(changes)
}

fn outcome(picture: &Picture, mission: &Mission, scenario: &Scenario) -> Outcome {
    let (before, after) = (&scenario.before, &scenario.after);
    let fact = |name: &str, figure: &dyn Fn(&muster_app::plan::summary::Summary) -> String| {
        (say(name).into_owned(), figure(before), figure(after))
    };
    let facts = vec![
        fact("plan-value", &|s| percent(share(s.value, s.wanted))),
        fact("plan-objective", &|s| rounded(s.objective)),
        fact("plan-gap-short", &|s| percent(s.gap)),
        fact("plan-met", &|s| s.needs.full.to_string()),
        fact("plan-sets", &|s| whole(s.sets.1)),
        fact("plan-cost", &|s| rounded(s.cost)),
        fact("plan-lines", &|s| s.lines.to_string()),
        (say("what-if-kept").into_owned(), whole_of(scenario.kept.1), whole_of(scenario.kept.0)),
    ];
    let columns = [
        ("panel-need", false),
        ("what-if-now", true),
        ("what-if-then", true),
        ("what-if-more", true),
        ("plan-why", false),
    ];
    let mut needs = Panel::new("what-if", &columns);
    for (need, more) in &scenario.needs {
        let planned = |s: &muster_app::plan::summary::Summary| s.served.get(need).map_or(0, |served| served.planned);
        let lacking = after.served.get(need).map(|served| &served.lacking).filter(|_| *more < 0);
        let why = lacking.into_iter().flatten().filter(|l| !l.late).flat_map(|l| plan_why::causes(picture, l));
        let parts: Vec<Part> = why.take(2).collect();
        let why = crate::pages::record::cells::Cell { parts, ..text_cell("") };
        let difference = if *more > 0 { format!("+{}", whole(*more)) } else { whole(*more) };
        needs.row(vec![
            need_cell(picture, need),
            number_cell(planned(before)),
            number_cell(planned(after)),
            crate::pages::record::cells::Cell { number: true, ..text_cell(difference) },
            why,
        ]);
    }
    Outcome {
        changes: scenario.changes.iter().map(|c| plan_change::words(picture, &Calendar(mission), c)).collect(),
        facts,
        needs,
        time: say_with(
            "what-if-time",
            &[("x", seconds(after.seconds).into()), ("first", seconds(before.seconds).into())],
        ),
    }
}

fn whole_of(n: usize) -> String {
    whole(i64::try_from(n).unwrap_or(i64::MAX))
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.1}")
}
