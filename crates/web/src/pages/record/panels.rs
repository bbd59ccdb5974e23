//! What a record shows beyond its own columns: what becomes of an offer, what meets a need, what a party gives.

use muster_app::{
    Error,
    fit::{Fit, Met, Misfit},
    ledger::Told,
    record::RecordView,
    storage::{ledger::read::EntryFilter, repair::QuoteFilter},
    transfer::progress::Progress,
};
use muster_domain::{
    code::Code,
    ledger::account::AccountKey,
    offer::Offer,
    picture::Picture,
    policy::{self, Action, Deed},
    viewer::Viewer,
};

use super::{
    address,
    cells::{Cell, Part, name_of, tag},
};
use crate::{
    Site,
    address::escaped,
    auth::Asker,
    pages::{figures, quote, unit},
    text::{self, say, say_with},
};

/// Most rows of a panel.
const MOST: usize = 40;

/// Codes that a cell names.
const NAMED: usize = 12;

/// Prices that a fund is to pay, in a panel.
const MOST_QUOTES: i64 = 1_000;

/// Entries of the journal in a panel.
const MOST_ENTRIES: usize = 15;

/// A table beside a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Panel {
    pub(crate) title: String,
    /// Beside the title.
    pub(crate) more: String,
    /// Each heading, and whether its column holds numbers.
    pub(crate) headings: Vec<(String, bool)>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// What is said when there is no row.
    pub(crate) none: String,
    /// Below the table.
    pub(crate) foot: String,
    /// Where there is more of it: address and words.
    pub(crate) link: Option<(String, String)>,
    /// Where all of it is as a file: the format and the address.
    pub(crate) files: Vec<(&'static str, String)>,
}

impl Panel {
    pub(crate) fn new(name: &str, headings: &[(&str, bool)]) -> Self {
        Self {
            title: say(&format!("panel-{name}")).into_owned(),
            none: say(&format!("panel-{name}-none")).into_owned(),
            headings: headings.iter().map(|(name, number)| (say(name).into_owned(), *number)).collect(),
            ..Self::default()
        }
    }

    /// Adds a row; each cell takes the label of its column.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        let labelled = cells.into_iter().zip(&self.headings);
        self.rows.push(labelled.map(|(cell, (label, _))| Cell { label: label.clone(), ..cell }).collect());
    }
}

/// A cell of plain text.
pub(crate) fn text_cell(text: impl Into<String>) -> Cell {
    Cell { parts: vec![Part { text: text.into(), ..Part::default() }], ..Cell::default() }
}

/// A cell with a number.
pub(crate) fn number_cell(number: i64) -> Cell {
    Cell { number: true, ..text_cell(figures::whole(number)) }
}

/// A cell with a word of state.
pub(crate) fn state_cell(state: &str) -> Cell {
    Cell { tag: tag(state), ..text_cell(text::word(state).into_owned()) }
}

/// A cell that names a record and leads to it, if the viewer sees it.
pub(crate) fn record_cell(picture: &Picture, sheet: &str, code: &str) -> Cell {
    let text = name_of(picture, sheet, code).map_or_else(|| code.to_owned(), |name| format!("{code} {name}"));
    Cell::link(text, if picture.has(sheet, code) { address(sheet, code) } else { String::new() })
}

/// A cell that names some codes and leads to the page of each: the first of them, and how many there are more.
pub(crate) fn codes_cell<'a>(codes: impl ExactSizeIterator<Item = &'a Code>, address: fn(&str) -> String) -> Cell {
    let more = codes.len().saturating_sub(NAMED);
    let part = |code: &Code| Part { text: code.to_string(), href: address(code.as_str()) };
    let mut parts: Vec<Part> = codes.take(NAMED).map(part).collect();
    if more > 0 {
        parts.push(Part { text: format!("+{more}"), href: String::new() });
    }
    Cell { parts, ..Cell::default() }
}

/// A cell that names a requirement or a package.
pub(crate) fn need_cell(picture: &Picture, need: &str) -> Cell {
    record_cell(picture, sheet_of(picture, need), need)
}

/// The sheet of a need.
pub(crate) fn sheet_of(picture: &Picture, need: &str) -> &'static str {
    if picture.packages.contains_key(need) { "packages" } else { "requirements" }
}

/// The panels of a record.
pub(crate) async fn of(
    site: &Site,
    asker: &Asker,
    picture: &Picture,
    record: &RecordView,
) -> Result<Vec<Panel>, Error> {
    let (app, viewer, key) = (&site.app, &asker.viewer, record.key.as_str());
    let by = |offer: Option<&str>, need: Option<&str>| EntryFilter {
        offer: offer.map(str::to_owned),
        need: need.map(str::to_owned),
        ..EntryFilter::default()
    };
    let journal = async |filter: EntryFilter| -> Result<Panel, Error> {
        let told = app.newest(viewer, &filter, (jiff::Timestamp::MAX, 0), MOST_ENTRIES).await?;
        let mut panel = journal_panel(picture, &told);
        if told.len() == MOST_ENTRIES {
            let (name, code) = match (&filter.offer, &filter.need) {
                (Some(code), _) => ("offer", code),
                (None, need) => ("need", need.as_ref().unwrap_or(&record.key)),
            };
            panel.link = Some((format!("/journal?{name}={}", escaped(code)), say("panel-journal-all").into_owned()));
        }
        Ok(panel)
    };
    match record.shape.sheet {
        "offers" => {
            let goods = record.cell("kind") == "goods";
            let mut panels = Vec::new();
            if goods {
                let progress = app.offer_progress(viewer, key).await?;
                if !progress.reached.is_empty() {
                    panels.push(come(&progress));
                }
                panels.push(goes(picture, &app.goes(viewer, key).await?));
                let mut needs = fits(picture, &app.fits_of_offer(viewer, key).await?, true);
                needs.link = picture.offers.get(key).and_then(|offer| send(viewer, offer));
                panels.push(needs);
                panels.extend(unit::of_offer(site, asker, picture, key).await?);
            }
            panels.push(journal(by(Some(key), None)).await?);
            Ok(panels)
        }
        "requirements" | "packages" => Ok(vec![
            meets(picture, &app.met(viewer, key).await?),
            fits(picture, &app.fits_of_need(viewer, key).await?, false),
            journal(by(None, Some(key))).await?,
        ]),
        "parties" => Ok(vec![offers_of(picture, key)]),
        "participations" => Ok(vec![offers_of(picture, record.cell("party"))]),
        "places" => {
            let mut lanes = lanes_of(picture, key);
            let passed = || (format!("/passed?place={}", escaped(key)), say("asked-passed-here").into_owned());
            lanes.link = viewer.is_known().then(passed);
            Ok(vec![lanes])
        }
        "items" => Ok(vec![states_of(picture, key)]),
        "funds" => {
            let paid = QuoteFilter { fund: Some(key.to_owned()), ..QuoteFilter::default() };
            let quotes = app.quotes(viewer, &paid, MOST_QUOTES).await?;
            let purses = app.purses(viewer, key).await?;
            Ok(vec![
                quote::of_fund(picture, &purses),
                quote::of_orders(("fund-repairs", false), picture, quotes.iter()),
            ])
        }
        "caveats" => Ok(vec![limited_by(picture, key)]),
        _ => Ok(Vec::new()),
    }
}

fn goes(picture: &Picture, met: &[Met]) -> Panel {
    let columns =
        [("panel-need", false), ("panel-planned", true), ("panel-dispatched", true), ("panel-received", true)];
    let mut panel = Panel::new("goes", &columns);
    for m in met {
        let need = m.other.as_str();
        let [planned, dispatched, received] = [m.planned, m.dispatched, m.received].map(number_cell);
        panel.row(vec![need_cell(picture, need), planned, dispatched, received]);
    }
    panel
}

fn meets(picture: &Picture, met: &[Met]) -> Panel {
    let columns = [
        ("panel-offer", false),
        ("panel-donor", false),
        ("panel-planned", true),
        ("panel-dispatched", true),
        ("panel-received", true),
    ];
    let mut panel = Panel::new("meets", &columns);
    for m in met {
        let offer = m.other.as_str();
        let donor = picture.offers.get(offer).map(|o| o.donor.as_str());
        let donor = donor.map_or_else(|| text_cell("–"), |donor| record_cell(picture, "parties", donor));
        let [planned, dispatched, received] = [m.planned, m.dispatched, m.received].map(number_cell);
        panel.row(vec![record_cell(picture, "offers", offer), donor, planned, dispatched, received]);
    }
    panel
}

/// Where a consignment of an offer is made up, for who may.
fn send(viewer: &Viewer, offer: &Offer) -> Option<(String, String)> {
    let own = viewer.party.as_ref() == Some(offer.donor.code());
    let may = policy::may(viewer, &Deed { own, ..Deed::of(Action::Move) }).is_ok();
    let place = offer.place.as_ref().filter(|_| may && offer.state.is_committed())?;
    let address = format!("/consignments/new?from={}&offer={}", escaped(place.as_str()), escaped(offer.code.as_str()));
    Some((address, say("consignment-of-it").into_owned()))
}

fn fits(picture: &Picture, fits: &muster_app::fit::Fits, of_offer: bool) -> Panel {
    let columns = if of_offer {
        [("panel-need", false), ("panel-fits", false), ("panel-days", true)]
    } else {
        [("panel-offer", false), ("panel-fits", false), ("panel-days", true)]
    };
    let mut panel = Panel::new(if of_offer { "fits-needs" } else { "fits-offers" }, &columns);
    let right = fits.fits.iter().filter(|fit| fit.misfits.is_empty()).count();
    panel.more = say_with("panel-fits-count", &[("n", right.into()), ("all", fits.fits.len().into())]);
    for fit in fits.fits.iter().take(MOST) {
        let other = if of_offer {
            need_cell(picture, fit.need.as_str())
        } else {
            record_cell(picture, "offers", fit.offer.as_str())
        };
        let days = fit.days.map_or_else(|| text_cell("–"), |days| number_cell(i64::from(days)));
        panel.row(vec![other, verdict(picture, fit), Cell { number: true, ..days }]);
    }
    let mut foot = Vec::new();
    if fits.fits.len() > MOST {
        foot.push(say_with("panel-more", &[("n", (fits.fits.len() - MOST).into())]));
    }
    if fits.others > 0 {
        let name = if of_offer { "panel-other-needs" } else { "panel-other-offers" };
        foot.push(say_with(name, &[("n", fits.others.into())]));
    }
    panel.foot = foot.join(" ");
    panel
}

/// Whether an offer fits a need, and if not why not.
fn verdict(picture: &Picture, fit: &Fit) -> Cell {
    if fit.misfits.is_empty() {
        let mut text = say("fits").into_owned();
        if let Some(process) = fit.process.as_ref().and_then(|code| picture.processes.get(code.as_str())) {
            let place = name_of(picture, "places", process.place.as_str()).unwrap_or_else(|| process.place.to_string());
            let kind = text::word(process.kind.as_str()).to_lowercase();
            text = say_with("fits-after", &[("x", format!("{kind} ({place})").into())]);
        }
        return Cell { tag: "met", ..text_cell(text) };
    }
    let why = |misfit: &Misfit| text::words(&misfit.message(picture));
    text_cell(fit.misfits.iter().map(why).collect::<Vec<_>>().join("; "))
}

/// What the journal says for a record's sake, newest first.
pub(crate) fn journal_panel(picture: &Picture, told: &[Told]) -> Panel {
    let columns = [
        ("panel-when", false),
        ("panel-what", false),
        ("panel-quantity", true),
        ("panel-from-to", false),
        ("panel-who", false),
    ];
    let mut panel = Panel::new("journal", &columns);
    for told in told {
        panel.row(entry_cells(picture, told));
    }
    panel
}

/// Where something is, for people: in whose hands, at which place, what for.
pub(crate) fn side_text(picture: &Picture, key: &AccountKey) -> String {
    let place = key.place.as_ref().map(|p| name_of(picture, "places", p.as_str()).unwrap_or_else(|| p.to_string()));
    let holder = name_of(picture, "parties", key.holder.as_str()).unwrap_or_else(|| key.holder.to_string());
    let purpose = unit::purpose_name(key.purpose);
    match place {
        Some(place) => format!("{holder}, {place} ({purpose})"),
        None => format!("{holder} ({purpose})"),
    }
}

/// An entry as cells: when, what, how much, from where to where, who and why.
pub(crate) fn entry_cells(picture: &Picture, told: &Told) -> Vec<Cell> {
    let entry = &told.entry;
    let what = say_with(
        &format!("entry-{}", entry.kind.as_str()),
        &[("x", text::word(&format!("activity-{}", entry.activity.as_str())).into_owned().into())],
    );
    let quantity: i64 = told.lines.iter().map(|line| line.line.quantity).sum();
    let unit = told.lines.first().and_then(|line| picture.item_of(line.from.1.resource.as_str()));
    let amount = match (told.lines.is_empty(), unit.and_then(|item| item.currency())) {
        (true, _) => String::new(),
        (false, Some(currency)) => figures::money(currency.code(), currency.places(), quantity),
        (false, None) => figures::whole(quantity),
    };
    let way = match told.lines.first() {
        Some(line) => format!("{} → {}", side_text(picture, &line.from.1), side_text(picture, &line.to.1)),
        None => entry.about.clone(),
    };
    let href = if entry.number > 0 { format!("/journal?entry={}", entry.number) } else { String::new() };
    vec![
        text_cell(figures::moment(entry.note.occurred_at)),
        Cell::link(what, href),
        Cell { number: true, ..text_cell(amount) },
        text_cell(way),
        text_cell(format!("{}: {}", entry.note.actor, entry.note.reason)),
    ]
}

/// How many units of an offer have reached each milestone.
fn come(progress: &Progress) -> Panel {
    let mut panel = Panel::new("progress", &[("panel-what", false), ("panel-quantity", true)]);
    for (kind, units) in &progress.reached {
        let all = progress.offered.map_or_else(|| "?".to_owned(), figures::whole);
        let told = say_with("offer-progress", &[("n", figures::whole(*units).into()), ("all", all.into())]);
        panel.row(vec![text_cell(text::word(kind.as_str()).into_owned()), Cell { number: true, ..text_cell(told) }]);
    }
    panel
}

fn offers_of(picture: &Picture, party: &str) -> Panel {
    let columns =
        [("panel-offer", false), ("panel-quantity", true), ("panel-state", false), ("panel-available", false)];
    let mut panel = Panel::new("offers", &columns);
    let offers: Vec<_> = picture.offers.values().filter(|o| o.donor.as_str() == party).collect();
    panel.more = say_with("count-offers", &[("n", offers.len().into()), ("text", offers.len().to_string().into())]);
    for offer in offers.into_iter().take(MOST) {
        use muster_domain::field::Field;
        panel.row(vec![
            record_cell(picture, "offers", offer.code.as_str()),
            Cell { number: true, ..text_cell(super::cells::number(&offer.quantity.text())) },
            state_cell(offer.state.as_str()),
            text_cell(figures::day_text(&offer.available_from.text())),
        ]);
    }
    panel
}

fn lanes_of(picture: &Picture, place: &str) -> Panel {
    let columns = [("panel-lane", false), ("panel-mode", false), ("panel-days", true), ("panel-capacity", true)];
    let mut panel = Panel::new("lanes", &columns);
    let lanes = picture.lanes.values().filter(|l| l.from.as_str() == place || l.to.as_str() == place);
    for lane in lanes.take(MOST) {
        use muster_domain::field::Field;
        panel.row(vec![
            record_cell(picture, "lanes", lane.code.as_str()),
            text_cell(text::word(lane.mode.as_str()).into_owned()),
            number_cell(i64::from(lane.transit_days)),
            Cell { number: true, ..text_cell(lane.capacity_t.text()) },
        ]);
    }
    panel
}

fn states_of(picture: &Picture, item: &str) -> Panel {
    let columns = [("panel-resource", false), ("panel-offered", true), ("panel-needs", true)];
    let mut panel = Panel::new("states", &columns);
    for resource in picture.resources.values().filter(|r| r.item.as_str() == item) {
        let code = resource.code.as_str();
        let offers = picture.offers.values().filter(|o| o.resource.as_str() == code).count();
        let accepts = picture.requirement_accepts.values().filter(|a| a.resource.as_str() == code).count();
        let components = picture.package_components.values().filter(|c| c.resource.as_str() == code).count();
        let count = |n: usize| number_cell(i64::try_from(n).unwrap_or(i64::MAX));
        panel.row(vec![record_cell(picture, "resources", code), count(offers), count(accepts + components)]);
    }
    panel
}

fn limited_by(picture: &Picture, caveat: &str) -> Panel {
    let columns = [("panel-offer", false), ("panel-state", false)];
    let mut panel = Panel::new("limited", &columns);
    let limited = picture.offers.values().filter(|o| o.caveats.iter().any(|c| c.as_str() == caveat));
    for offer in limited.take(MOST) {
        panel.row(vec![record_cell(picture, "offers", offer.code.as_str()), state_cell(offer.state.as_str())]);
    }
    panel
}
