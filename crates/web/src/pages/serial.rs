//! A serial: when and where, what it uses, who has a seat, who was there, what stands in its way, and what is said about it.

use askama::Template;
use axum::{
    extract::{Multipart, Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::civil::Date;
use muster_app::{
    Error,
    training::{
        SerialShown,
        instructor::Assignment,
        nomination::{From, NewNomination},
        school::Was,
        serial::{Preview, Shift},
    },
};
use muster_domain::{
    course::LONGEST_COURSE,
    field::Field as _,
    instructor::{Instructor, InstructorRole},
    message,
    picture::Picture,
    policy::{self, Action, Deed},
    record::Record as _,
    serial::Serial,
    training::{Attendance, Remark},
    viewer::Viewer,
};

use super::{
    deed::{DeedForm, Input, input, must, words},
    figures,
    given::Given,
    record::{
        cells::{self, Cell},
        list::Parameters,
        panels::{Panel, need_cell, number_cell, record_cell, state_cell, text_cell},
        show::answer,
    },
    training::{in_the_way, nomination_address, serial_address},
};
use crate::{
    Site,
    auth::Asker,
    problem,
    shell::Shell,
    text::{self, filters, say, say_with},
};

#[derive(Template)]
#[template(path = "serial.html")]
struct ShowPage {
    shell: Shell,
    code: String,
    address: String,
    record: String,
    name: String,
    state: &'static str,
    tag: &'static str,
    clashes: Vec<String>,
    /// What would be, if a change was checked.
    preview: Vec<String>,
    facts: Vec<(String, Cell)>,
    forms: Vec<DeedForm>,
    uses: Panel,
    people: Panel,
    nominations: Panel,
    /// Who is there, for the list of a day, each with what was said of that day and how often.
    trainees: Vec<(String, &'static str, i64)>,
    day: String,
    may_teach: bool,
    attendances: Vec<&'static str>,
    remarks: Vec<Note>,
    hears: bool,
    wrong: Option<String>,
    given: Given,
}

/// Something that was said.
struct Note {
    number: i64,
    kind: &'static str,
    answers: Option<i64>,
    head: String,
    text: String,
}

/// A page shows the serial as it is, or with what would be.
pub(crate) async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let page = match parameters.get("start") {
        Some(start) => shifted(&site, &asker, &code, start).await,
        None => page(&site, &asker, &code, None, (Given::default(), Vec::new())).await,
    };
    answer(page, &parameters, |page| &mut page.shell)
}

/// The page with what would be if the serial began on another day, for who may move it: the form stands open with that day, and nothing is
/// saved.
async fn shifted(site: &Site, asker: &Asker, code: &str, start: &str) -> Result<ShowPage, Error> {
    let mut page = page(site, asker, code, None, (Given::default(), Vec::new())).await?;
    let Some(form) = page.forms.iter().find(|form| form.deed == "move") else { return Ok(page) };
    let stands =
        |field: &Input| (field.name, if field.name == "start" { start } else { field.value.as_str() }.to_owned());
    let given = Given::in_form("move", form.fields.iter().filter(|field| field.look != "check").map(stands));
    let shift = Shift { start: given.date("start")?, ..Shift::default() };
    page.preview = previewed(&site.app.serial_preview(&asker.viewer, code, &shift).await?);
    page.given = given;
    Ok(page)
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
        Ok(Done::Gone(to)) => Redirect::to(&format!("{to}?said=saved")).into_response(),
        Ok(Done::Told(preview)) => {
            let page = page(&site, &asker, &code, None, (given, preview)).await;
            answer(page, &Parameters::default(), |page| &mut page.shell)
        }
        Err(error) => {
            problem::again(&error, |wrong| page(&site, &asker, &code, Some(wrong), (given, Vec::new()))).await
        }
    }
}

/// What became of a deed: another page, or more on this one.
enum Done {
    Gone(String),
    Told(Vec<String>),
}

async fn carry_out(site: &Site, asker: &Asker, code: &str, given: &Given) -> Result<Done, Error> {
    let (app, actor) = (&site.app, asker.actor(given.reason()));
    let text = |name: &str| given.text(name).to_owned();
    let some = |name: &str| Some(given.text(name).to_owned()).filter(|text| !text.is_empty());
    let shift = || -> Result<Shift, Error> {
        Ok(Shift {
            start: given.date("start")?,
            place: some("place"),
            seats: given.number("seats")?.and_then(|seats| u32::try_from(seats).ok()),
            despite: given.has("despite", "yes"),
        })
    };
    match given.text("deed") {
        "check" => Ok(Done::Told(previewed(&app.serial_preview(&asker.viewer, code, &shift()?).await?))),
        "move" => {
            app.serial_move(code, &shift()?, &actor).await?;
            Ok(Done::Gone(serial_address(code)))
        }
        "assign" => {
            let role = InstructorRole::parse(given.text("role"));
            let right = |right| Error::Invalid(message!("field-must-be", name = "role", right));
            let new = Assignment {
                instructor: text("instructor"),
                role: role.map_err(right)?,
                first_day: day_number(given, "first_day")?,
                days: day_number(given, "days")?,
                despite: given.has("despite", "yes"),
            };
            app.serial_assign(code, &new, &actor).await?;
            Ok(Done::Gone(serial_address(code)))
        }
        "unassign" => {
            app.serial_unassign(code, given.text("instructor"), &actor).await?;
            Ok(Done::Gone(serial_address(code)))
        }
        "state" => {
            app.transition(Serial::SHEET, code, given.text("state"), &actor).await?;
            Ok(Done::Gone(serial_address(code)))
        }
        "nominate" => {
            let from = match (some("offer"), some("account"), some("line")) {
                (Some(offer), None, None) => From::Offer(offer),
                (None, Some(account), None) => From::Account(account),
                (None, None, Some(line)) => {
                    let (plan, line) = line.rsplit_once('/').unwrap_or_default();
                    let wrong = || Error::Invalid(message!("line-as-plan-line"));
                    From::Line(plan.to_owned(), line.parse().map_err(|_| wrong())?)
                }
                _ => return Err(Error::Invalid(message!("nominee-from-one"))),
            };
            let new = NewNomination {
                serial: code.to_owned(),
                unit: text("unit"),
                from,
                again: some("again"),
                need: some("need"),
                person: text("person"),
                kept_until: given.date("kept_until")?,
            };
            let made = app.nominate(&new, &actor).await?;
            Ok(Done::Gone(nomination_address(made.as_str())))
        }
        "attendance" => {
            let missing = || Error::Invalid(message!("field-must-be", name = "day", right = message!("a-date")));
            let on = given.date("day")?.ok_or_else(missing)?;
            let (said, news) = said_of_day(given, on);
            if !news.is_empty() || said == 0 {
                app.serial_attendance(code, on, &news, &actor).await?;
            }
            Ok(Done::Gone(serial_address(code)))
        }
        "remark" => {
            let kind = Remark::parse(given.text("kind"));
            let kind = kind.map_err(|right| Error::Invalid(message!("must-be", right)))?;
            app.serial_say(code, (kind, given.text("text"), given.number("answers")?), &actor).await?;
            Ok(Done::Gone(serial_address(code)))
        }
        other => Err(Error::NotFound { what: "deed", code: other.to_owned() }),
    }
}

/// The number of a day, or of days; none if the field was left empty.
fn day_number(given: &Given, name: &'static str) -> Result<Option<u32>, Error> {
    let right = message!("from-to", least = 1, most = LONGEST_COURSE);
    let wrong = |_| Error::Invalid(message!("field-must-be", name, right));
    given.number(name)?.map(u32::try_from).transpose().map_err(wrong)
}

/// Of how many something is said in the list of a day, and what of it is new: each with how often it was said of them before as the page
/// showed it, so that nothing is overwritten that whoever says it did not see.
fn said_of_day(given: &Given, on: Date) -> (usize, Vec<Was>) {
    // Of another day than was shown, nothing was seen.
    let shown = given.text("stood") == on.to_string();
    let (mut said, mut news) = (0, Vec::new());
    for trainee in given.all("trainee") {
        let Ok(attendance) = Attendance::parse(given.text(&format!("was {trainee}"))) else { continue };
        said += 1;
        let stood = if shown { given.text(&format!("stood {trainee}")) } else { "" };
        let (version, was) = stood.split_once(' ').unwrap_or(("0", ""));
        if was != attendance.as_str() {
            let version = version.parse().unwrap_or(0);
            news.push(Was { nomination: trainee.to_owned(), attendance, version: Some(version) });
        }
    }
    (said, news)
}

/// What would be, in words: when it is, what stands in the way, who is told how long before, what will be late.
pub(crate) fn previewed(would: &Preview) -> Vec<String> {
    let serial = &would.serial;
    let (from, to) = (figures::day(serial.start), figures::day(serial.end));
    let uses: Vec<String> = would.uses.iter().map(|of| format!("{} {}", of.quantity, of.pool)).collect();
    let mut said = vec![say_with(
        "training-would-be",
        &[
            ("from", from.into()),
            ("to", to.into()),
            ("seats", i64::from(serial.seats).into()),
            ("uses", if uses.is_empty() { "–".into() } else { uses.join(", ").into() }),
        ],
    )];
    if !would.people.is_empty() {
        let people: Vec<String> = would.people.iter().map(|of| of.instructor.to_string()).collect();
        said.push(say_with("training-would-teach", &[("people", people.join(", ").into())]));
    }
    said.extend(in_the_way(&would.clashes));
    if would.clashes.is_empty() {
        said.push(say("training-no-clash").into_owned());
    }
    if would.notice.0 < would.notice.1 {
        let numbers = [("n", would.notice.0.into()), ("wanted", would.notice.1.into())];
        said.push(say_with("training-short-notice", &numbers));
    }
    if would.set_out > 0 {
        said.push(say_with("training-set-out", &[("n", would.set_out.into())]));
    }
    for late in &would.late {
        let told = [
            ("need", late.need.to_string().into()),
            ("days", late.days().into()),
            ("ready", figures::day(late.ready).into()),
            ("due", figures::day(late.due).into()),
        ];
        said.push(say_with("training-would-be-late", &told));
    }
    said
}

async fn page(
    site: &Site,
    asker: &Asker,
    code: &str,
    wrong: Option<String>,
    (given, preview): (Given, Vec<String>),
) -> Result<ShowPage, Error> {
    let (app, viewer) = (&site.app, &asker.viewer);
    let picture = app.picture(viewer).await?;
    let shown = app.serial(viewer, code).await?;
    let clashes = app.serial_clashes(viewer, code).await?;
    let serial = &shown.serial;
    let may_teach = may(viewer, Action::Train, Some(serial.host.code()));
    let day = given.date("day")?.unwrap_or_else(|| app.today().clamp(serial.start, serial.end));
    let name = cells::name_of(&picture, "courses", serial.course.as_str());
    let hears = viewer.sees_all_of(serial.host.code());
    Ok(ShowPage {
        shell: Shell::new(asker, &picture, "nav-training", code),
        code: code.to_owned(),
        address: serial_address(code),
        record: super::record::address(Serial::SHEET, code),
        name: name.unwrap_or_else(|| serial.course.to_string()),
        state: serial.state.as_str(),
        tag: cells::tag(serial.state.as_str()),
        clashes: in_the_way(&clashes),
        preview,
        facts: facts(&picture, &shown, app.today()),
        forms: forms(viewer, &picture, &shown),
        uses: uses(&picture, serial),
        people: people(&picture, &shown),
        nominations: nominations(&picture, &shown),
        trainees: trainees(&shown, day),
        day: day.to_string(),
        may_teach,
        attendances: Attendance::ALL.iter().map(|word| word.as_str()).collect(),
        remarks: remarks(&shown),
        hears: hears && may_teach,
        wrong,
        given,
    })
}

/// Whether somebody may move a serial to other days.
pub(crate) fn may_shift(viewer: &Viewer, serial: &Serial) -> bool {
    edits(viewer, serial) && serial.state.may_move()
}

/// Whether somebody may change a serial.
fn edits(viewer: &Viewer, serial: &Serial) -> bool {
    let own = viewer.owns(serial.host.code());
    policy::may(viewer, &Deed { action: Action::Edit, sheet: Serial::SHEET, own, state: None }).is_ok()
}

fn may(viewer: &Viewer, action: Action, party: Option<&muster_domain::code::Code>) -> bool {
    let own = party.is_some_and(|party| viewer.owns(party));
    policy::may(viewer, &Deed { own, ..Deed::of(action) }).is_ok()
}

fn facts(picture: &Picture, shown: &SerialShown, today: Date) -> Vec<(String, Cell)> {
    let serial = &shown.serial;
    let course = picture.courses.get(serial.course.as_str());
    let wanted = course.map_or(0, |course| i64::from(course.notice_days));
    let notice = say_with("training-notice-of", &[("n", serial.notice(today).into()), ("wanted", wanted.into())]);
    let language = serial.language.as_ref().or_else(|| course.map(|course| &course.language));
    let quotas = picture.quotas(serial.code.as_str());
    let quotas: Vec<String> = quotas.map(|quota| format!("{} {}", quota.seats, quota.unit)).collect();
    cells::facts([
        ("training-course", record_cell(picture, "courses", serial.course.as_str())),
        ("training-place", record_cell(picture, "places", serial.place.as_str())),
        ("training-host", record_cell(picture, "parties", serial.host.as_str())),
        ("training-from", text_cell(figures::day(serial.start))),
        ("training-to", text_cell(figures::day(serial.end))),
        ("training-language", text_cell(language.map_or_else(String::new, |language| language.text()))),
        ("training-taken", text_cell(format!("{} / {}", shown.taken, serial.seats))),
        ("training-waiting", number_cell(shown.waiting as i64)),
        ("training-quotas", text_cell(quotas.join(", "))),
        ("training-announced", text_cell(serial.announced.map_or_else(String::new, figures::day))),
        ("training-notice", text_cell(notice)),
        ("consignment-remark", text_cell(serial.remark.clone())),
        ("training-state-reason", text_cell(serial.state_reason.clone())),
    ])
}

fn forms(viewer: &Viewer, picture: &Picture, shown: &SerialShown) -> Vec<DeedForm> {
    let serial = &shown.serial;
    let mut forms: Vec<DeedForm> = Vec::new();
    let mut add = |deed, asks, fields: Vec<Input>| {
        let title = say(&format!("training-do-{deed}")).into_owned();
        forms.push(DeedForm { deed, title, fields, asks });
    };
    if !serial.state.is_over() && may(viewer, Action::Nominate, viewer.party.as_ref()) {
        let reason = input("reason", "reason", "text");
        let unit = Input {
            value: viewer
                .party
                .as_ref()
                .filter(|_| !may(viewer, Action::Nominate, None))
                .map_or_else(String::new, ToString::to_string),
            ..must("unit", "repair-unit", "text")
        };
        add(
            "nominate",
            false,
            vec![
                unit,
                input("offer", "training-from-offer", "text"),
                input("account", "training-from-account", "text"),
                input("line", "training-from-line", "text"),
                input("need", "panel-need", "text"),
                input("again", "training-again", "text"),
                input("person", "training-person", "text"),
                input("kept_until", "training-kept-until", "date"),
                reason,
            ],
        );
    }
    if may_shift(viewer, serial) {
        let training = picture.places.values().filter(|p| p.kind == muster_domain::place::PlaceKind::Training);
        let places: Vec<(String, String)> =
            training.map(|place| (place.code.to_string(), format!("{} {}", place.code, place.name))).collect();
        let fields = || {
            vec![
                Input { value: serial.start.to_string(), ..must("start", "training-from", "date") },
                Input {
                    value: serial.place.to_string(),
                    choices: places.clone(),
                    ..must("place", "training-place", "choice")
                },
                Input { value: serial.seats.to_string(), ..must("seats", "training-seats", "number") },
            ]
        };
        let more = [input("despite", "training-despite", "check"), input("reason", "reason", "text")];
        add("check", false, fields());
        add("move", false, fields().into_iter().chain(more).collect());
    }
    if edits(viewer, serial) && !serial.state.is_over() {
        let roles = InstructorRole::ALL.iter().map(|role| role.as_str());
        add(
            "assign",
            false,
            vec![
                must("instructor", "serial-person", "text"),
                Input { choices: words(roles), ..must("role", "training-duty", "choice") },
                input("first_day", "training-day-first", "number"),
                input("days", "training-day-count", "number"),
                input("despite", "training-despite", "check"),
                input("reason", "reason", "text"),
            ],
        );
        let named = shown.people.iter().map(|(of, _)| (of.instructor.to_string(), of.instructor.to_string()));
        let named = Input { choices: named.collect(), ..must("instructor", "serial-person", "choice") };
        if !named.choices.is_empty() {
            add("unassign", false, vec![named, input("reason", "reason", "text")]);
        }
    }
    let next: Vec<&'static str> = serial
        .state
        .next()
        .iter()
        .map(|state| state.as_str())
        .filter(|state| {
            let own = viewer.owns(serial.host.code());
            let deed = Deed { action: Action::Transition, sheet: Serial::SHEET, own, state: Some(state) };
            policy::may(viewer, &deed).is_ok()
        })
        .collect();
    if !next.is_empty() {
        let state = Input { choices: words(next.into_iter()), ..must("state", "consignment-state", "choice") };
        add("state", false, vec![state, must("reason", "reason", "text")]);
    }
    forms
}

fn uses(picture: &Picture, serial: &Serial) -> Panel {
    let columns = [
        ("training-pool", false),
        ("training-kind", false),
        ("panel-quantity", true),
        ("training-from", false),
        ("training-to", false),
    ];
    let mut panel = Panel::new("training-uses", &columns);
    for of in picture.uses(serial.code.as_str()) {
        let kind = picture.pools.get(of.pool.as_str()).and_then(|pool| pool.kind);
        let span = of.span(serial);
        panel.row(vec![
            record_cell(picture, "pools", of.pool.as_str()),
            text_cell(kind.map_or_else(String::new, |kind| text::word(kind.as_str()).into_owned())),
            number_cell(of.quantity.into()),
            text_cell(span.map_or_else(String::new, |(first, _)| figures::day(first))),
            text_cell(span.map_or_else(String::new, |(_, last)| figures::day(last))),
        ]);
    }
    panel
}

fn people(picture: &Picture, shown: &SerialShown) -> Panel {
    let columns = [
        ("serial-person", false),
        ("training-duty", false),
        ("training-from", false),
        ("training-to", false),
        ("training-speaks", false),
        ("column-instructors-party", false),
        ("training-pool", false),
    ];
    let mut panel = Panel::new("training-people", &columns);
    for (of, known) in &shown.people {
        let span = of.span(&shown.serial);
        let known = known.as_ref();
        let pool = known.and_then(|who| who.pool.as_ref()).map(|pool| record_cell(picture, "pools", pool.as_str()));
        panel.row(vec![
            record_cell(picture, Instructor::SHEET, of.instructor.as_str()),
            text_cell(text::word(of.role.as_str())),
            text_cell(span.map_or_else(String::new, |(first, _)| figures::day(first))),
            text_cell(span.map_or_else(String::new, |(_, last)| figures::day(last))),
            text_cell(known.map_or_else(String::new, |who| who.languages.text().replace('|', ", "))),
            known.map(|who| record_cell(picture, "parties", who.party.as_str())).unwrap_or_default(),
            pool.unwrap_or_default(),
        ]);
    }
    panel
}

fn nominations(picture: &Picture, shown: &SerialShown) -> Panel {
    let columns = [
        ("training-nomination", false),
        ("repair-unit", false),
        ("consignment-state", false),
        ("training-seat", false),
        ("panel-need", false),
        ("training-vetted-until", false),
        ("training-present", true),
    ];
    let mut panel = Panel::new("training-nominations", &columns);
    for (of, seated) in &shown.nominations {
        let said = shown.attendance.iter().filter(|((who, _), _)| *who == of.code);
        let (there, all) = said.fold((0, 0), |(there, all), (_, mark)| {
            (there + i64::from(mark.attendance == Attendance::Present), all + 1)
        });
        let seat = match (of.state.wants_seat(), seated) {
            (false, _) => "",
            (true, true) => "training-has-seat",
            (true, false) => "training-waits",
        };
        panel.row(vec![
            Cell::link(of.code.to_string(), nomination_address(of.code.as_str())),
            record_cell(picture, "parties", of.unit.as_str()),
            state_cell(of.state.as_str()),
            text_cell(if seat.is_empty() { String::new() } else { say(seat).into_owned() }),
            of.need.as_ref().map(|need| need_cell(picture, need.as_str())).unwrap_or_default(),
            text_cell(of.expires_on.map_or_else(String::new, figures::day)),
            Cell { number: true, ..text_cell(if all == 0 { String::new() } else { format!("{there} / {all}") }) },
        ]);
    }
    panel
}

fn trainees(shown: &SerialShown, day: Date) -> Vec<(String, &'static str, i64)> {
    let there = shown.nominations.iter().filter(|(of, _)| of.state.has_come());
    there
        .map(|(of, _)| {
            let mark = shown.attendance.get(&(of.code.clone(), day));
            let (said, version) = mark.map_or(("", 0), |mark| (mark.attendance.as_str(), mark.number));
            (of.code.to_string(), said, version)
        })
        .collect()
}

fn remarks(shown: &SerialShown) -> Vec<Note> {
    let note = |said: &muster_app::storage::training::Said| Note {
        number: said.number,
        kind: said.kind.as_str(),
        answers: said.answers,
        head: format!("{} · {}", said.actor, figures::moment(said.said_at)),
        text: said.text.clone(),
    };
    shown.said.iter().map(note).collect()
}
