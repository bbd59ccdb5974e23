//! Import: files are sent, every problem and every change is shown, and nothing is written before somebody says so.

use askama::Template;
use axum::{
    extract::{Form, Multipart, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use muster_app::{
    App,
    interchange::{
        Issue,
        mission::{MOST_FILES, Source, named_as},
    },
    mission::Imported,
};
use muster_domain::{picture::SHAPES, record::Shape};

use super::{
    given::parts,
    record::{
        address,
        list::Parameters,
        panels::{Panel, number_cell, text_cell},
    },
};
use crate::{
    LONGEST_IMPORT, Site,
    auth::Asker,
    problem::{self, Kind as Problem},
    shell::{Shell, Sizes, html},
    text::{self, filters, say, say_with},
    uploads::Upload,
};

/// Problems and changes that are shown.
const MOST: usize = 200;

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    shell: Shell,
    sheets: Vec<(&'static str, String, bool)>,
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "import_check.html")]
struct CheckPage {
    shell: Shell,
    upload: String,
    files: String,
    reason: String,
    problems: Panel,
    counts: Panel,
    changes: Panel,
    may_import: bool,
    nothing: bool,
}

pub(crate) async fn show(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    form(&site, &asker, parameters.get("sheet").map_or("", String::as_str), None).await
}

async fn form(site: &Site, asker: &Asker, sheet: &str, wrong: Option<String>) -> Response {
    if !asker.viewer.is_known() {
        return Redirect::to("/sign-in?next=/import").into_response();
    }
    let picture = match site.app.picture(&asker.viewer).await {
        Ok(picture) => picture,
        Err(error) => return problem::of(&error),
    };
    let may = |name: &str| App::may_create(&asker.viewer, name);
    let sheets = SHAPES.iter().filter(|shape| may(shape.part_of.unwrap_or(shape.sheet)));
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut shell = Shell::new(asker, &picture, "", say("list-import"));
    shell.sizes = Sizes { file: LONGEST_IMPORT, files: LONGEST_IMPORT };
    let page = ImportPage {
        shell,
        sheets: sheets.map(|s| (s.sheet, text::sheet(s.sheet).into_owned(), s.sheet == sheet)).collect(),
        wrong,
    };
    (status, html(&page)).into_response()
}

pub(crate) async fn check(State(site): State<Site>, asker: Asker, body: Multipart) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(Problem::Unauthorised, None);
    }
    let parts = match parts(body).await {
        Ok(parts) => parts,
        Err(kind) => return problem::page(kind, None),
    };
    let (mut sources, mut sheet, mut reason) = (Vec::new(), String::new(), String::new());
    for part in parts {
        match (part.name.as_str(), &part.file) {
            ("files", Some(file)) if !file.is_empty() && sources.len() < MOST_FILES => {
                sources.push(Source { name: file.clone(), bytes: part.bytes });
            }
            ("sheet", _) => sheet = part.text(),
            ("reason", _) => reason = part.text().trim().chars().take(500).collect(),
            _ => {}
        }
    }
    if sources.is_empty() {
        return form(&site, &asker, &sheet, Some(say("import-no-file").into_owned())).await;
    }
    named_as(&mut sources, &sheet);
    let upload = Upload {
        code: site.app.secret_name(),
        user: asker.viewer.name.clone(),
        reason: if reason.is_empty() { say("import-reason").into_owned() } else { reason },
        at: site.app.now(),
        sources,
    };
    let code = upload.code.clone();
    site.uploads.keep(upload);
    Redirect::to(&format!("/import/{code}")).into_response()
}

pub(crate) async fn again(State(site): State<Site>, asker: Asker, Path(code): Path<String>) -> Response {
    let Some(upload) = site.uploads.get(&code, &asker.viewer.name).filter(|_| asker.viewer.is_known()) else {
        return form(&site, &asker, "", Some(say("import-gone").into_owned())).await;
    };
    match site.app.import_mission(upload.sources.clone(), &asker.actor(&upload.reason), true).await {
        Ok(imported) => preview(&site, &asker, &upload, &imported).await,
        Err(error) => problem::of(&error),
    }
}

async fn preview(site: &Site, asker: &Asker, upload: &Upload, imported: &Imported) -> Response {
    let picture = match site.app.picture(&asker.viewer).await {
        Ok(picture) => picture,
        Err(error) => return problem::of(&error),
    };
    let files: Vec<&str> = upload.sources.iter().map(|source| source.name.as_str()).collect();
    html(&CheckPage {
        shell: Shell::new(asker, &picture, "", say("list-import")),
        upload: upload.code.clone(),
        files: files.join(", "),
        reason: upload.reason.clone(),
        problems: problems(&imported.issues),
        counts: counts(imported),
        changes: changes(imported),
        may_import: imported.issues.is_empty() && !imported.changes.is_empty(),
        nothing: imported.issues.is_empty() && imported.changes.is_empty(),
    })
}

fn problems(issues: &[Issue]) -> Panel {
    let columns = [
        ("import-file", false),
        ("import-line", true),
        ("import-column", false),
        ("import-value", false),
        ("import-problem", false),
    ];
    let mut panel = Panel::new("problems", &columns);
    panel.more = text::counted("count-problems", issues.len());
    for issue in issues.iter().take(MOST) {
        let line = issue.line.map_or_else(|| text_cell("–"), |line| number_cell(i64::try_from(line).unwrap_or(0)));
        panel.row(vec![
            text_cell(if issue.file.is_empty() { "–" } else { &issue.file }),
            line,
            text_cell(issue.column.clone().unwrap_or_else(|| "–".to_owned())),
            text_cell(issue.value.clone()),
            text_cell(text::words(&issue.message)),
        ]);
    }
    if issues.len() > MOST {
        panel.foot = say_with("panel-more", &[("n", (issues.len() - MOST).into())]);
    }
    panel
}

fn counts(imported: &Imported) -> Panel {
    let columns = [
        ("import-sheet", false),
        ("import-read", true),
        ("import-new", true),
        ("import-changed", true),
        ("import-removed", true),
    ];
    let mut panel = Panel::new("counts", &columns);
    for (sheet, read) in imported.read.iter().filter(|(_, read)| **read > 0) {
        let (new, changed, removed) = imported.counts(sheet);
        let count = |n: usize| number_cell(i64::try_from(n).unwrap_or(i64::MAX));
        panel.row(vec![
            text_cell(text::sheet(sheet).into_owned()),
            count(*read),
            count(new),
            count(changed),
            count(removed),
        ]);
    }
    panel
}

fn changes(imported: &Imported) -> Panel {
    let columns =
        [("import-record", false), ("import-column", false), ("import-before", false), ("import-after", false)];
    let mut panel = Panel::new("changes", &columns);
    for change in imported.changes.iter().filter(|change| change.before.is_some()) {
        for (column, before, after) in change.columns() {
            if panel.rows.len() == MOST {
                panel.foot = say("panel-and-more").into_owned();
                return panel;
            }
            let mut record = text_cell(format!("{} {}", text::sheet(change.sheet), change.key));
            if SHAPES.iter().any(|s| s.sheet == change.sheet && s.part_of.is_none()) {
                record.parts[0].href = address(change.sheet, &change.key);
            }
            panel.row(vec![
                record,
                text_cell(text::column(change.sheet, column).into_owned()),
                text_cell(before),
                text_cell(after),
            ]);
        }
    }
    panel
}

pub(crate) async fn carry_out(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Form(given): Form<Parameters>,
) -> Response {
    let Some(upload) = site.uploads.get(&code, &asker.viewer.name).filter(|_| asker.viewer.is_known()) else {
        return form(&site, &asker, "", Some(say("import-gone").into_owned())).await;
    };
    let reason = given.get("reason").map(|text| text.trim()).filter(|text| !text.is_empty());
    let actor = asker.actor(reason.unwrap_or(&upload.reason));
    match site.app.import_mission(upload.sources.clone(), &actor, false).await {
        Ok(imported) if imported.issues.is_empty() => {
            site.uploads.forget(&code);
            let sheet = imported
                .changes
                .first()
                .map_or("offers", |change| Shape::of(change.sheet).and_then(|s| s.part_of).unwrap_or(change.sheet));
            Redirect::to(&format!("/records/{sheet}?said=imported")).into_response()
        }
        Ok(imported) => preview(&site, &asker, &upload, &imported).await,
        Err(error) => problem::of(&error),
    }
}
