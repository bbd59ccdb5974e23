//! Oversight: can every unit be accounted for? What was done to records and rights, what was taken out, and whether the seal holds.

use std::time::Duration;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use muster_app::{
    storage::transfer::{loss::LossFilter, tell::VarianceFilter},
    verification::{Progress, Verification},
};
use muster_domain::{
    policy::{self, Action, Deed},
    variance::Escalation,
};
use tokio::time::timeout;

use super::{
    end_use, figures,
    journal::entries,
    loss,
    opened::{self, OpenedGates},
    record::{list::Parameters, panels::Panel},
};
use crate::{
    Site,
    auth::Asker,
    problem,
    shell::{AsOf, Shell, html},
    text::{self, filters, say, say_with},
};

#[derive(Template)]
#[template(path = "oversight.html")]
struct OversightPage {
    shell: Shell,
    panel: Panel,
    next: Option<String>,
    kinds: Vec<(&'static str, &'static str, bool)>,
    actor: String,
    verified: Option<Verified>,
    end_use: Panel,
    end_use_told: String,
    overrides: OpenedGates,
    losses: Panel,
    missing: Panel,
    reports: Panel,
}

/// What came of recomputing the journal, so far.
struct Verified {
    text: String,
    /// The class of the message.
    kind: &'static str,
    /// Where to look again.
    again: Option<String>,
}

/// Rows of a table on the page.
const MOST: i64 = 200;

/// How long a page waits for a verification before it says how far it is.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    match page(&site, &asker, &parameters).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

/// Begins to recompute the whole journal.
pub(crate) async fn verify(State(site): State<Site>, asker: Asker) -> Response {
    match site.app.verify_begin(&asker.actor("")).await {
        Ok(job) => Redirect::to(&format!("/oversight?verification={}", job.code)).into_response(),
        Err(error) => problem::of(&error),
    }
}

/// What is told of a verification.
fn verified(job: &Verification) -> Verified {
    let whole = figures::whole;
    let again = || format!("/oversight?verification={}", job.code);
    let (text, kind) = match job.progress() {
        Progress::Running(fit) => {
            let counts = [("entries", whole(fit).into()), ("all", whole(job.entries).into())];
            (say_with("oversight-running", &counts), "said")
        }
        Progress::Ended(Ok(verified)) => {
            let head: String = verified.head.iter().map(|byte| format!("{byte:02x}")).collect();
            let counts = [
                ("entries", whole(verified.entries).into()),
                ("blocks", whole(verified.blocks).into()),
                ("head", format!("{}:{head}", verified.blocks).into()),
            ];
            (say_with("oversight-fits", &counts), "said")
        }
        Progress::Ended(Err(misfit)) => {
            let place = [("n", misfit.entry.to_string().into()), ("x", text::words(&misfit.what).into())];
            (say_with("oversight-misfit", &place), "wrong")
        }
        Progress::Failed(why) => (say_with("oversight-failed", &[("x", text::words(&why).into())]), "wrong"),
    };
    Verified { text, kind, again: matches!(job.progress(), Progress::Running(_)).then(again) }
}

async fn page(site: &Site, asker: &Asker, parameters: &Parameters) -> Result<OversightPage, muster_app::Error> {
    policy::may(&asker.viewer, &Deed::of(Action::Audit))?;
    let verified = match parameters.get("verification") {
        None => None,
        Some(code) => {
            let job = site.app.verification(code, &asker.actor(""))?;
            // Most are over by then; who comes for a longer one is told how far it is.
            let _ = timeout(PATIENCE, job.over()).await;
            Some(verified(&job))
        }
    };
    let picture = site.app.picture(&asker.viewer).await?;
    let mut asked = parameters.clone();
    let chosen = asked.entry("activity".into()).or_insert_with(|| "change".into()).clone();
    let (panel, next) = entries(site, asker, &asked, "/oversight").await?;
    let kinds = [
        ("change", "oversight-changes"),
        ("export", "oversight-exports"),
        ("administer", "oversight-rights"),
        ("plan", "oversight-plans"),
    ];
    let day = |name: &str| parameters.get(name).and_then(|day| day.parse::<jiff::civil::Date>().ok());
    let (as_of, known) = (day("as_of"), day("known"));
    let as_of_then = muster_app::App::as_of(as_of, known);
    let (mut end_use, end_use_told, more) =
        end_use::due(site, asker, &picture, as_of_then, &end_use::overdue()).await?;
    end_use.link = more.map(|_| ("/end-use?overdue=yes".to_owned(), say("list-more").into_owned()));
    // What was open for long is told by the clock of the day of which is asked.
    let now = site.app.now();
    let filter = VarianceFilter { as_of: Some(as_of_then), ..VarianceFilter::default() };
    let (then, filter) = (filter.moment(now), filter.waiting_for(Some(Escalation::Mission), now));
    let open_long = site.app.variances(&asker.viewer, &filter, MOST).await?;
    let losses = super::variance::panel(&picture, &open_long, then);
    let until = as_of_then.occurred.min(as_of_then.known);
    let overrides = opened::list(site, asker, &picture, parameters, until).await?;
    let missing = loss::missing(&picture, &site.app.not_found(&asker.viewer, as_of_then).await?);
    let late = LossFilter { late: true, as_of: Some(as_of_then), ..LossFilter::default() };
    let reports = loss::reports(&picture, &site.app.loss_reports(&asker.viewer, &late, MOST).await?);
    let mut shell = Shell::new(asker, &picture, "nav-oversight", say("nav-oversight"));
    shell.as_of = Some(AsOf { date: as_of, known, address: "/oversight" });
    Ok(OversightPage {
        shell,
        end_use,
        end_use_told,
        overrides,
        losses,
        missing,
        reports,
        kinds: kinds.map(|(value, name)| (value, name, value == chosen)).into(),
        actor: parameters.get("actor").cloned().unwrap_or_default(),
        panel,
        next,
        verified,
    })
}
