//! The API's own page: how it is used, and everything it can be asked for.

use std::collections::BTreeMap;

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    ask::{Access, Operation},
    openapi::group,
    table::operations,
};
use crate::{
    Site,
    auth::Asker,
    problem::{self, Kind},
    shell::{Shell, html},
    text::{filters, say},
};

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage {
    shell: Shell,
    groups: Vec<Group>,
    problems: Vec<Problem>,
    events: Vec<&'static str>,
}

struct Group {
    tag: &'static str,
    about: String,
    operations: Vec<Line>,
}

struct Line {
    method: String,
    path: String,
    summary: String,
    anyone: bool,
}

struct Problem {
    name: &'static str,
    status: u16,
    title: String,
    advice: String,
}

fn line(operation: &Operation) -> Line {
    Line {
        method: operation.method.to_string(),
        path: operation.address(),
        summary: operation.summary().into_owned(),
        anyone: operation.access == Access::Anyone,
    }
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker) -> Response {
    let picture = match site.app.picture(&asker.viewer).await {
        Ok(picture) => picture,
        Err(error) => return problem::of(&error),
    };
    let mut groups: Vec<Group> = Vec::new();
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    for operation in operations() {
        let place = *at.entry(operation.tag).or_insert_with(|| {
            groups.push(Group { tag: operation.tag, about: group(operation.tag), operations: Vec::new() });
            groups.len() - 1
        });
        groups[place].operations.push(line(&operation));
    }
    let problems = Kind::ALL.iter().map(|kind| Problem {
        name: kind.name(),
        status: kind.status().as_u16(),
        title: say(&format!("problem-{}", kind.name())).into_owned(),
        advice: say(&format!("problem-{}-advice", kind.name())).into_owned(),
    });
    html(&ApiPage {
        shell: Shell::new(&asker, &picture, "", say("api-title")),
        groups,
        problems: problems.collect(),
        events: muster_app::webhook::EVENTS.into(),
    })
}
