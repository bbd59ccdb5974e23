//! Plan against actual of repairs and courses: what was observed, and the button by which plans count with it.

use axum::{
    extract::{Form, State},
    response::{IntoResponse, Redirect, Response},
};
use muster_app::{Error, observed::Observed};
use muster_domain::{
    field::Field as _,
    fixed::Fixed,
    message,
    picture::Picture,
    policy::{self, Action, Deed},
    process::Process,
    record::Record as _,
    viewer::Viewer,
};

use super::{
    figures,
    given::Given,
    record::cells::{Cell, name_of},
    repair::span,
};
use crate::{Site, auth::Asker, problem, text};

/// What was observed of one process.
pub(crate) struct ObservedRow {
    pub(crate) process: Cell,
    pub(crate) code: String,
    pub(crate) what: String,
    pub(crate) times: usize,
    pub(crate) half: String,
    pub(crate) days: u32,
    pub(crate) planned: u32,
    /// The share that passed, as it is accepted; empty where none is told.
    pub(crate) share: String,
    /// The same and what plans count with, in words.
    pub(crate) passed: String,
    pub(crate) planned_share: String,
    /// Whether somebody may accept it, and it says something else than plans do.
    pub(crate) may_accept: bool,
}

fn percent(share: Fixed<3>) -> String {
    figures::percent(share.as_f64())
}

/// What was observed, for a board.
pub(crate) fn rows(viewer: &Viewer, picture: &Picture, observed: &[Observed]) -> Vec<ObservedRow> {
    let deed = Deed { action: Action::Edit, sheet: Process::SHEET, own: false, state: None };
    let may = policy::may(viewer, &deed).is_ok();
    let name = |sheet: &str, code: &str| name_of(picture, sheet, code).unwrap_or_else(|| code.to_owned());
    let row = |of: &Observed| {
        let (kind, place) = (text::word(of.kind.as_str()), name("places", of.place.as_str()));
        let code = of.process.as_str();
        ObservedRow {
            process: Cell::link(code, super::record::address("processes", code)),
            what: format!("{kind}: {}, {place}", name("resources", of.input.as_str())),
            times: of.times,
            half: span(of.half),
            days: of.days(),
            planned: of.planned,
            share: of.share.map_or_else(String::new, |share| share.to_string()),
            passed: of.share.map_or_else(|| "–".to_owned(), percent),
            planned_share: of.share.map_or_else(String::new, |_| {
                format!(" · {}", percent(of.planned_share.unwrap_or(Fixed(Fixed::<3>::ONE))))
            }),
            may_accept: may && of.differs(),
            code: code.to_owned(),
        }
    };
    observed.iter().map(row).collect()
}

/// Plans count with what was observed.
pub(crate) async fn accept(State(site): State<Site>, asker: Asker, Form(given): Form<Given>) -> Response {
    let accepted = async {
        let days = given.number("days")?.and_then(|days| u32::try_from(days).ok());
        let days = days.ok_or_else(|| Error::Invalid(message!("must-be", right = message!("any-whole-number"))))?;
        let share = match given.text("share") {
            "" => None,
            share => Some(Fixed::<3>::parse(share).map_err(|right| Error::Invalid(message!("must-be", right)))?),
        };
        site.app.observed_accept(given.text("process"), (days, share), &asker.actor(given.reason())).await
    };
    let back = if given.text("back") == "training" { "/training" } else { "/repair" };
    match accepted.await {
        Ok(()) => Redirect::to(&format!("{back}?said=saved")).into_response(),
        Err(error) => problem::of(&error),
    }
}
