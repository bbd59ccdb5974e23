//! Oversight: can every unit be accounted for? What was done to records and rights, what was taken out, and whether the seal holds.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use muster_domain::policy::{self, Action, Deed};

use super::{
    figures,
    journal::entries,
    record::{list::Parameters, panels::Panel},
};
use crate::{
    Site,
    auth::Asker,
    problem,
    shell::{Shell, html},
    text::{filters, say, say_with},
};

#[derive(Template)]
#[template(path = "oversight.html")]
struct OversightPage {
    shell: Shell,
    panel: Panel,
    next: Option<String>,
    kinds: Vec<(&'static str, &'static str, bool)>,
    actor: String,
    /// What came of recomputing the journal, and whether it fits.
    verified: Option<(String, bool)>,
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    match page(&site, &asker, &parameters, None).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

/// Recomputes the whole journal.
pub(crate) async fn verify(State(site): State<Site>, asker: Asker) -> Response {
    let verified = match site.app.verify(&asker.viewer, None, None).await {
        Ok(Ok(verified)) => {
            let head: String = verified.head.iter().map(|byte| format!("{byte:02x}")).collect();
            let text = say_with(
                "oversight-fits",
                &[
                    ("entries", figures::whole(verified.entries).into()),
                    ("blocks", figures::whole(verified.blocks).into()),
                    ("head", format!("{}:{head}", verified.blocks).into()),
                ],
            );
            (text, true)
        }
        Ok(Err(misfit)) => {
            (say_with("oversight-misfit", &[("n", misfit.entry.to_string().into()), ("x", misfit.what.into())]), false)
        }
        Err(error) => return problem::of(&error),
    };
    match page(&site, &asker, &Parameters::new(), Some(verified)).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

async fn page(
    site: &Site,
    asker: &Asker,
    parameters: &Parameters,
    verified: Option<(String, bool)>,
) -> Result<OversightPage, muster_app::Error> {
    policy::may(&asker.viewer, &Deed::of(Action::Audit))?;
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
    Ok(OversightPage {
        shell: Shell::new(asker, &picture, "nav-oversight", say("nav-oversight")),
        kinds: kinds.map(|(value, name)| (value, name, value == chosen)).into(),
        actor: parameters.get("actor").cloned().unwrap_or_default(),
        panel,
        next,
        verified,
    })
}
