//! Variances: what was wrong with what came, whose time runs out, and what can be done about it.

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use muster_app::{
    App, Error,
    storage::transfer::{Unit, tell::VarianceFilter},
    transfer::{
        elsewhere::is_in_words,
        parting::SomeOf,
        unmanifested::{Named, Unmanifested},
        variance::{ShownVariance, is_last},
    },
};
use muster_domain::{
    code::Code,
    field::Field,
    message,
    picture::Picture,
    policy::{self, Action, Deed},
    variance::{Escalation, Resolution, VarianceKind},
};

use super::{
    consignment::{code_cell, may_move, places},
    consignment_deed, figures,
    given::Given,
    listed,
    record::{
        cells::{self, Cell, Part},
        list::{Parameters, kept, said},
        panels::{Panel, number_cell, record_cell, state_cell, text_cell},
        show::{answer, just_done},
    },
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    cursor, problem,
    shell::{AsOf, Shell, html},
    text::{self, filters, say, say_with},
};

/// Variances on a page.
const MOST: i64 = 200;

#[derive(Template)]
#[template(path = "variances.html")]
struct ListPage {
    shell: Shell,
    panel: Panel,
    place: String,
    all: bool,
    /// Whom they wait for, with what each is called and whether it is chosen.
    levels: Vec<(&'static str, String, bool)>,
    may_report: bool,
    places: Vec<(String, String)>,
    resources: Vec<(String, String)>,
    wrong: Option<String>,
    given: Given,
}

/// Resources to choose from, with their names.
pub(crate) fn resources(picture: &Picture) -> Vec<(String, String)> {
    let named = |code: &String| (code.clone(), cells::name_of(picture, "resources", code).unwrap_or_default());
    picture.resources.keys().map(named).collect()
}

/// How many: not told to who is to count them.
fn quantity(shown: &ShownVariance) -> Cell {
    if shown.blind { text_cell(say("variance-blind")) } else { number_cell(shown.variance.quantity) }
}

/// That a thing is kept in words only, and where the books hold it as far as the viewer sees that.
fn in_words(shown: &ShownVariance) -> String {
    if !is_in_words(&shown.variance) {
        return String::new();
    }
    let held = shown.elsewhere.iter().map(|one| {
        say_with("variance-elsewhere", &[("serial", one.serial.clone().into()), ("place", one.place().into())])
    });
    std::iter::once(say("variance-not-in-books").into_owned()).chain(held).collect::<Vec<_>>().join(" ")
}

/// Variances that have to do with this one.
fn linked<'a>(all: impl Iterator<Item = &'a Code>) -> Cell {
    let part = |code: &Code| Part { text: code.to_string(), href: format!("/variances/{}", escaped(code.as_str())) };
    Cell { parts: all.map(part).collect(), ..Cell::default() }
}

/// The lot and serial numbers that were typed.
fn named(given: &Given) -> Named {
    let serials = consignment_deed::named(given.text("serials")).map(str::to_owned).collect();
    Named { lot: given.text("lot").to_owned(), serials }
}

/// What those are called whom a variance waits for.
pub(crate) fn level(level: Escalation) -> String {
    say(&format!("variance-waits-for-{}", level.as_str())).into_owned()
}

/// A table of variances.
pub(crate) fn panel(picture: &Picture, found: &[ShownVariance], now: Timestamp) -> Panel {
    let columns = [
        ("variance", false),
        ("variance-kind", false),
        ("panel-quantity", true),
        ("variance-what", false),
        ("consignment-place", false),
        ("consignment", false),
        ("variance-due", false),
        ("variance-waits-for", false),
        ("consignment-state", false),
    ];
    let mut panel = Panel::new("variances", &columns);
    for shown in found {
        let variance = &shown.variance;
        let what = match &variance.resource {
            Some(resource) => record_cell(picture, "resources", resource.as_str()),
            None => text_cell(variance.description.clone()),
        };
        let due = figures::moment(variance.due_at);
        let open = variance.resolved.is_none();
        panel.row(vec![
            Cell::link(variance.code.as_str(), format!("/variances/{}", variance.code)),
            text_cell(text::word(variance.kind.as_str()).into_owned()),
            quantity(shown),
            what,
            record_cell(picture, "places", variance.place.as_str()),
            variance.consignment.as_ref().map(code_cell).unwrap_or_default(),
            text_cell(if open && variance.due_at < now { format!("{due} ({})", say("late")) } else { due }),
            text_cell(shown.waits_for.map_or_else(String::new, level)),
            match &variance.resolved {
                Some((resolution, ..)) => state_cell(resolution.as_str()),
                None => state_cell("open"),
            },
        ]);
    }
    panel
}

pub(crate) async fn list(State(site): State<Site>, asker: Asker, Query(parameters): Query<Parameters>) -> Response {
    if !asker.viewer.is_known() {
        return problem::page(problem::Kind::NotFound, None);
    }
    match list_page(&site, &asker, &parameters, None, Given::default()).await {
        Ok(page) => html(&page),
        Err(error) => problem::of(&error),
    }
}

/// Whom those that are asked for wait for, and whether also those that are resolved are.
fn asked(parameters: &Parameters) -> (Option<Escalation>, bool) {
    let waits_for = said(parameters, "waits_for").and_then(|level| Escalation::parse(&level).ok());
    (waits_for, said(parameters, "show").is_some_and(|show| show == "all"))
}

/// Which variances are asked for.
pub(crate) fn filter(site: &Site, parameters: &Parameters) -> VarianceFilter {
    let (waits_for, all) = asked(parameters);
    let as_of = Some(App::as_of(day(parameters, "as_of"), day(parameters, "known")));
    // Of all of them, those of years ago are asked for least.
    let filter = VarianceFilter {
        open: !all,
        place: said(parameters, "place"),
        as_of,
        newest: all,
        ..VarianceFilter::default()
    };
    filter.waiting_for(waits_for, site.app.now())
}

fn day(parameters: &Parameters, name: &str) -> Option<jiff::civil::Date> {
    said(parameters, name).and_then(|day| day.parse().ok())
}

async fn list_page(
    site: &Site,
    asker: &Asker,
    parameters: &Parameters,
    wrong: Option<String>,
    given: Given,
) -> Result<ListPage, Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let text = |name: &str| said(parameters, name);
    let (waits_for, all) = asked(parameters);
    let after = text("cursor").and_then(|cursor| cursor::read(&cursor));
    let filter = VarianceFilter { after, ..filter(site, parameters) };
    let then = filter.moment(site.app.now());
    let (date, known) = (day(parameters, "as_of"), day(parameters, "known"));
    let mut found = site.app.variances(viewer, &filter, MOST + 1).await?;
    let next = cursor::next(&mut found, MOST as usize, ShownVariance::place);
    let mut panel = panel(&picture, &found, then);
    panel.link = next.map(|cursor| {
        let kept = kept(parameters, &["place", "show", "waits_for", "as_of", "known"]);
        (format!("/variances?{kept}cursor={cursor}"), say("list-more").into_owned())
    });
    panel.files = listed::files("variances", parameters);
    let mut shell = Shell::new(asker, &picture, "nav-variances", say("nav-variances"));
    shell.said = just_done(parameters);
    shell.as_of = Some(AsOf { date, known, address: "/variances" });
    Ok(ListPage {
        panel,
        places: places(&picture),
        resources: resources(&picture),
        may_report: may_move(viewer),
        place: text("place").unwrap_or_default(),
        shell,
        all,
        levels: Escalation::ALL.iter().map(|one| (one.as_str(), level(*one), waits_for == Some(*one))).collect(),
        wrong,
        given,
    })
}

/// Reports something that came and belongs to no consignment.
pub(crate) async fn report(State(site): State<Site>, asker: Asker, Form(given): Form<Given>) -> Response {
    let reported = async {
        let thing = Unmanifested {
            description: given.text("description").to_owned(),
            quantity: given.number("quantity")?.unwrap_or(0),
            resource: given.text("resource").to_owned(),
            named: named(&given),
            ..Unmanifested::default()
        };
        let actor = asker.form(given.reason(), &given)?;
        site.app.report_unmanifested(given.text("place"), &thing, given.moment("at")?, &actor).await
    };
    match reported.await {
        Ok(code) => Redirect::to(&format!("/variances/{code}?said=saved")).into_response(),
        Err(error) => {
            let none = Parameters::new();
            problem::again(&error, |wrong| list_page(&site, &asker, &none, Some(wrong), given)).await
        }
    }
}

#[derive(Template)]
#[template(path = "variance.html")]
struct ShowPage {
    shell: Shell,
    code: String,
    state: &'static str,
    tag: &'static str,
    facts: Vec<(String, Cell)>,
    counts: Panel,
    counted_by: usize,
    may_count: bool,
    /// Whether the viewer counted it before.
    counted: bool,
    may_identify: bool,
    may_resolve: bool,
    /// Serial numbers of which it may be said that they are here under another.
    renumbered: Vec<String>,
    /// Whether a part of it may be resolved by itself.
    may_part: bool,
    /// Whether its units are told apart by serial number, or by lot.
    by_serial: bool,
    by_lot: bool,
    resolutions: Vec<&'static str>,
    /// What comes of one of them that does not say so by itself.
    resolve_hint: Option<&'static str>,
    resources: Vec<(String, String)>,
    wrong: Option<String>,
    given: Given,
}

pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    answer(show_page(&site, &asker, &code, None, Given::default()).await, &parameters, |page| &mut page.shell)
}

/// Counts, names or resolves a variance.
pub(crate) async fn deed(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Form(given): Form<Given>,
) -> Response {
    match carry_out(&site, &asker, &code, &given).await {
        Ok(()) => Redirect::to(&format!("/variances/{}?said=saved", escaped(&code))).into_response(),
        Err(error) => problem::again(&error, |wrong| show_page(&site, &asker, &code, Some(wrong), given)).await,
    }
}

async fn carry_out(site: &Site, asker: &Asker, code: &str, given: &Given) -> Result<(), Error> {
    let (app, actor) = (&site.app, asker.form(given.reason(), given)?);
    let wrong = |right| Error::Invalid(message!("must-be", right));
    match given.text("deed") {
        "count" => {
            let nothing = || wrong(message!("a-whole-number", least = 0, most = i64::MAX));
            let quantity = given.number("quantity")?.ok_or_else(nothing)?;
            app.variance_count(code, (quantity, given.text("remark")), given.moment("at")?, &actor).await
        }
        "renumber" => app.variance_renumber(code, given.text("wrong"), given.text("right"), &actor).await.map(drop),
        "identify" => app.variance_identify(code, given.text("resource"), &named(given), &actor).await,
        _ => {
            let resolution = Resolution::parse(given.text("resolution")).map_err(wrong)?;
            let Named { lot, serials } = named(given);
            let some = SomeOf { quantity: given.number("quantity")?, lot, serials };
            app.variance_resolve_some(code, &some, resolution, &actor).await.map(drop)
        }
    }
}

async fn show_page(
    site: &Site,
    asker: &Asker,
    code: &str,
    wrong: Option<String>,
    given: Given,
) -> Result<ShowPage, Error> {
    let viewer = &asker.viewer;
    let picture = site.app.picture(viewer).await?;
    let shown = site.app.variance(viewer, code).await?;
    let variance = &shown.variance;
    let own = viewer.owns(&variance.holder);
    let may = |action| variance.resolved.is_none() && policy::may(viewer, &Deed { own, ..Deed::of(action) }).is_ok();
    let mut counts = Panel::new(
        "blind-counts",
        &[("panel-who", false), ("panel-quantity", true), ("panel-when", false), ("consignment-remark", false)],
    );
    for count in &shown.counts {
        counts.row(vec![
            text_cell(match is_last(count, &shown.counts) {
                true => count.actor.clone(),
                false => say_with("variance-counted-again", &[("who", count.actor.clone().into())]),
            }),
            number_cell(count.quantity),
            text_cell(figures::moment(count.counted_at)),
            text_cell(count.remark.clone()),
        ]);
    }
    let state = variance.resolved.as_ref().map_or("open", |(resolution, ..)| resolution.as_str());
    let units = shown
        .units
        .iter()
        .filter(|_| !shown.blind)
        .map(|u| if u.serial.is_empty() { u.lot.as_str() } else { u.serial.as_str() });
    let resolved = variance.resolved.as_ref().map_or_else(String::new, |(_, at, by, why)| {
        say_with(
            "variance-resolved",
            &[("at", figures::moment(*at).into()), ("by", by.clone().into()), ("x", why.clone().into())],
        )
    });
    let escalated = shown.escalations.iter().map(|(to, at)| {
        say_with("variance-escalated-to", &[("level", level(*to).into()), ("at", figures::moment(*at).into())])
    });
    // What was decided to be lost may turn up: its page as a loss says so.
    let loss = match variance.resolved {
        Some((Resolution::Lost, ..)) => Cell::link(code, super::loss::address(&variance.code)),
        _ => Cell::default(),
    };
    let facts = cells::facts([
        ("variance-kind", text_cell(text::word(variance.kind.as_str()).into_owned())),
        ("panel-quantity", quantity(&shown)),
        (
            "variance-what",
            match &variance.resource {
                Some(resource) => record_cell(&picture, "resources", resource.as_str()),
                None => Cell::default(),
            },
        ),
        ("variance-in-words", text_cell(in_words(&shown))),
        ("variance-description", text_cell(variance.description.clone())),
        ("variance-units", text_cell(units.filter(|u| !u.is_empty()).collect::<Vec<_>>().join(", "))),
        ("consignment-place", record_cell(&picture, "places", variance.place.as_str())),
        ("variance-holder", record_cell(&picture, "parties", variance.holder.as_str())),
        ("consignment", variance.consignment.as_ref().map(code_cell).unwrap_or_default()),
        ("variance-found", text_cell(figures::moment(variance.occurred_at))),
        ("variance-due", text_cell(figures::moment(variance.due_at))),
        ("variance-waits-for", text_cell(shown.waits_for.map_or_else(String::new, level))),
        ("variance-escalated", text_cell(escalated.collect::<Vec<_>>().join("; "))),
        ("panel-who", text_cell(variance.actor.clone())),
        ("consignment-remark", text_cell(variance.remark.clone())),
        ("variance-ended", text_cell(resolved)),
        ("loss", loss),
        ("variance-part-of", linked(variance.part_of.iter())),
        ("variance-parts", linked(shown.parts.iter().map(|part| &part.code))),
    ]);
    let counted = shown.counts.iter().any(|count| count.actor == viewer.name);
    let known_by = |of: fn(&Unit) -> &String| shown.units.iter().any(|unit| !of(unit).is_empty());
    let missing = may(Action::Resolve) && variance.kind == VarianceKind::Short;
    let (by_serial, by_lot) = (known_by(|unit| &unit.serial), known_by(|unit| &unit.lot));
    Ok(ShowPage {
        shell: Shell::new(asker, &picture, "nav-variances", code),
        code: code.to_owned(),
        state,
        tag: cells::tag(state),
        facts,
        counts,
        counted_by: shown.counted_by,
        may_count: may(Action::Move) && variance.kind.is_quarantined() && shown.agreed.is_none(),
        counted,
        may_identify: may(Action::Move) && variance.account.is_none() && shown.agreed.is_some(),
        may_resolve: may(Action::Resolve),
        renumbered: shown
            .units
            .iter()
            .filter(|unit| missing && !unit.serial.is_empty())
            .map(|unit| unit.serial.clone())
            .collect(),
        may_part: variance.quantity > 1 && !shown.blind && variance.account.is_some(),
        by_serial,
        by_lot,
        resolutions: variance.kind.resolutions().iter().map(|r| r.as_str()).collect(),
        resolve_hint: (variance.kind == VarianceKind::Damaged).then_some("variance-unhurt-hint"),
        resources: resources(&picture),
        wrong,
        given,
    })
}
