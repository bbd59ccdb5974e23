//! One search for everything that has a name, a code or a number.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};

use muster_app::list::{CONSIGNMENTS, UNITS};

use super::{
    end_use::unit_address,
    record::{address, cells::name_of, list::Parameters},
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    problem,
    shell::{Shell, html},
    text::{self, filters, say},
};

/// Most finds of one sheet.
const OF_EACH: i64 = 12;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    shell: Shell,
    q: String,
    groups: Vec<Group>,
}

struct Group {
    sheet: &'static str,
    name: String,
    /// Key, address, name.
    found: Vec<(String, String, String)>,
    more: bool,
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    let q: String = parameters.get("q").map_or("", |q| q.trim()).chars().take(100).collect();
    let found = site.app.search(&asker.viewer, &q, OF_EACH + 1).await;
    let picture = site.app.picture(&asker.viewer).await;
    let (found, picture) = match (found, picture) {
        (Ok(found), Ok(picture)) => (found, picture),
        (Err(error), _) | (_, Err(error)) => return problem::of(&error),
    };
    let mut groups: Vec<Group> = Vec::new();
    for one in found {
        if groups.last().is_none_or(|group| group.sheet != one.sheet) {
            let name = text::sheet(one.sheet).into_owned();
            groups.push(Group { sheet: one.sheet, name, found: Vec::new(), more: false });
        }
        let Some(group) = groups.last_mut() else { continue };
        if group.found.len() as i64 >= OF_EACH {
            group.more = true;
            continue;
        }
        if one.sheet == UNITS {
            let address = unit_address(&one.name, &one.key);
            let name = name_of(&picture, "resources", &one.name).unwrap_or(one.name);
            group.found.push((one.key, address, name));
            continue;
        }
        if one.sheet == CONSIGNMENTS {
            group.found.push((one.key.clone(), format!("/consignments/{}", escaped(&one.key)), one.name));
            continue;
        }
        let name = name_of(&picture, one.sheet, &one.key).unwrap_or(one.name);
        group.found.push((one.key.clone(), address(one.sheet, &one.key), name));
    }
    let mut shell = Shell::new(&asker, &picture, "", say("search-label"));
    shell.q.clone_from(&q);
    html(&SearchPage { shell, q, groups })
}
