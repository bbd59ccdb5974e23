//! A third-party transfer: what is asked, what each nation says, and the handing over once all agree.

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use muster_app::{Error, storage::transfer::ThirdPartyTransfer};
use muster_domain::{
    code::Code,
    field::Field,
    message,
    picture::Picture,
    policy::{self, Action, Deed},
    third_party::{Answer, ThirdPartyState},
};

use super::{
    end_use::unit_address,
    figures,
    given::Given,
    record::{
        cells::{self, Cell},
        list::Parameters,
        panels::{Panel, record_cell, state_cell, text_cell},
        show::answer,
    },
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
#[template(path = "third_party.html")]
struct ShowPage {
    shell: Shell,
    code: String,
    state: &'static str,
    tag: &'static str,
    facts: Vec<(String, Cell)>,
    answers: Panel,
    /// Nations for which the viewer may answer: code and name.
    speaks_for: Vec<(String, String)>,
    may_hand_over: bool,
    may_withdraw: bool,
    wrong: Option<String>,
    given: Given,
}

/// Where its page is.
pub(crate) fn address(code: &Code) -> String {
    format!("/third-party-transfers/{}", escaped(code.as_str()))
}

/// A table of them.
pub(crate) fn panel(picture: &Picture, all: &[ThirdPartyTransfer]) -> Panel {
    let columns = [
        ("third-party", false),
        ("consignment-state", false),
        ("variance-what", false),
        ("end-use-serial", false),
        ("variance-holder", false),
        ("third-party-receiver", false),
        ("third-party-waits-for", false),
        ("third-party-asked-at", false),
    ];
    let mut panel = Panel::new("third-party", &columns);
    for one in all {
        let silent = one.nations.iter().filter(|nation| nation.said.is_none() && one.state() == ThirdPartyState::Asked);
        let silent: Vec<&str> = silent.map(|nation| nation.nation.as_str()).collect();
        panel.row(vec![
            Cell::link(one.code.as_str(), address(&one.code)),
            state_cell(one.state().as_str()),
            record_cell(picture, "resources", one.resource.as_str()),
            Cell::link(one.serial.clone(), unit_address(one.resource.as_str(), &one.serial)),
            record_cell(picture, "parties", one.holder.as_str()),
            record_cell(picture, "parties", one.receiver.as_str()),
            text_cell(silent.join(", ")),
            text_cell(figures::moment(one.asked_at)),
        ]);
    }
    panel
}

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    answer(page(&site, &asker, &code, None, Given::default()).await, &parameters, |page| &mut page.shell)
}

/// Answers for a nation, hands the unit over, or withdraws.
pub(crate) async fn deed(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Form(given): Form<Given>,
) -> Response {
    match carry_out(&site, &asker, &code, &given).await {
        Ok(()) => Redirect::to(&format!("/third-party-transfers/{}?said=saved", escaped(&code))).into_response(),
        Err(error) => problem::again(&error, |wrong| page(&site, &asker, &code, Some(wrong), given)).await,
    }
}

async fn carry_out(site: &Site, asker: &Asker, code: &str, given: &Given) -> Result<(), Error> {
    let (app, actor) = (&site.app, asker.form(given.reason(), given)?);
    match given.text("deed") {
        "answer" => {
            let wrong = |right| Error::Invalid(message!("must-be", right));
            let said = Answer::parse(given.text("answer")).map_err(wrong)?;
            app.third_party_answer(code, (given.text("nation"), said, given.text("reference")), &actor).await
        }
        "hand-over" => app.third_party_hand_over(code, given.moment("at")?, &actor).await,
        _ => app.third_party_withdraw(code, &actor).await,
    }
}

async fn page(site: &Site, asker: &Asker, code: &str, wrong: Option<String>, given: Given) -> Result<ShowPage, Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let shown = site.app.third_party_transfer(viewer, code).await?;
    let state = shown.state();
    let may = |action, party: &Code| {
        state.is_open() && policy::may(viewer, &Deed { own: viewer.owns(party), ..Deed::of(action) }).is_ok()
    };
    let silent = shown.nations.iter().filter(|nation| nation.said.is_none());
    let speaks_for = silent.filter(|nation| may(Action::Consent, &nation.nation)).map(|nation| {
        let name = cells::name_of(&picture, "parties", nation.nation.as_str());
        (nation.nation.to_string(), name.unwrap_or_else(|| nation.nation.to_string()))
    });
    let ended = shown.ended.as_ref().map_or_else(String::new, |(_, at, by)| format!("{}, {by}", figures::moment(*at)));
    let facts = cells::facts([
        ("variance-what", record_cell(&picture, "resources", shown.resource.as_str())),
        ("end-use-serial", Cell::link(shown.serial.clone(), unit_address(shown.resource.as_str(), &shown.serial))),
        ("variance-holder", record_cell(&picture, "parties", shown.holder.as_str())),
        ("third-party-receiver", record_cell(&picture, "parties", shown.receiver.as_str())),
        ("third-party-purpose", text_cell(shown.purpose.clone())),
        ("third-party-asked-at", text_cell(format!("{}, {}", figures::moment(shown.asked_at), shown.asked_by))),
        ("third-party-ended", text_cell(ended)),
    ]);
    Ok(ShowPage {
        shell: Shell::new(asker, &picture, "nav-end-use", code),
        code: code.to_owned(),
        state: state.as_str(),
        tag: cells::tag(state.as_str()),
        facts,
        answers: answers(&picture, &shown),
        speaks_for: speaks_for.collect(),
        may_hand_over: state == ThirdPartyState::Agreed && may(Action::Move, &shown.holder),
        may_withdraw: may(Action::Move, &shown.holder),
        wrong,
        given,
    })
}

fn answers(picture: &Picture, shown: &ThirdPartyTransfer) -> Panel {
    let columns = [
        ("third-party-nation", false),
        ("third-party-answer", false),
        ("panel-when", false),
        ("panel-who", false),
        ("third-party-reference", false),
    ];
    let mut panel = Panel::new("third-party-answers", &columns);
    for nation in &shown.nations {
        let said = nation.said.as_ref();
        let of =
            |get: fn(&muster_app::storage::transfer::Said) -> String| text_cell(said.map_or_else(String::new, get));
        panel.row(vec![
            record_cell(picture, "parties", nation.nation.as_str()),
            text_cell(
                said.map_or_else(|| say("third-party-silent"), |said| text::word(said.answer.as_str())).into_owned(),
            ),
            of(|said| figures::moment(said.at)),
            of(|said| said.actor.clone()),
            of(|said| said.reference.clone()),
        ]);
    }
    panel
}
