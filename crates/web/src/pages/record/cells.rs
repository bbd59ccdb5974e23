//! How pages show a cell of a record: numbers to the right, words of state as such, codes as links to what they name.

use muster_domain::{
    field::Field as _,
    item::Nsn,
    picture::Picture,
    record::{Column, Shape},
};

use super::{Kind, address, kind};
use crate::{
    pages::figures,
    text::{self, say},
};

/// A cell, ready to be shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    /// Name of the column.
    pub(crate) label: String,
    /// What stands in it, each with its link.
    pub(crate) parts: Vec<Part>,
    /// Whether it is a number.
    pub(crate) number: bool,
    /// How a word of state looks; empty for other words.
    pub(crate) tag: &'static str,
}

/// A word or name in a cell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    pub(crate) text: String,
    /// Where it leads; empty for nowhere.
    pub(crate) href: String,
}

impl Cell {
    /// A name that leads somewhere.
    pub(crate) fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { parts: vec![Part { text: text.into(), href: href.into() }], ..Self::default() }
    }

    /// Whether nothing stands in it.
    fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.text.is_empty())
    }
}

/// What is known of something: the name of each fact in words, and the fact. What is not known is left out.
pub(crate) fn facts<'a>(all: impl IntoIterator<Item = (&'a str, Cell)>) -> Vec<(String, Cell)> {
    all.into_iter().filter(|(_, cell)| !cell.is_empty()).map(|(name, cell)| (say(name).into_owned(), cell)).collect()
}

impl Part {
    fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// A record's name, for people: what its columns say, or its code.
pub(crate) fn name_of(picture: &Picture, sheet: &str, code: &str) -> Option<String> {
    let text = match sheet {
        "parties" => picture.parties.get(code)?.name.to_string(),
        "items" => picture.items.get(code)?.name.to_string(),
        "places" => picture.places.get(code)?.name.to_string(),
        "caveats" => picture.caveats.get(code)?.name.to_string(),
        "funds" => picture.funds.get(code)?.name.to_string(),
        "pools" => picture.pools.get(code)?.name.to_string(),
        "fair_shares" => picture.fair_shares.get(code)?.name.to_string(),
        "fleets" => picture.fleets.get(code)?.name.to_string(),
        "reserves" => picture.reserves.get(code)?.name.to_string(),
        "end_use_rules" => name_of(picture, "items", picture.end_use_rules.get(code)?.item.as_str())?,
        "packages" => picture.packages.get(code)?.name.to_string(),
        "courses" => picture.courses.get(code)?.name.to_string(),
        "serials" => name_of(picture, "courses", picture.serials.get(code)?.course.as_str())?,
        "statements" => picture.statements.get(code)?.title.to_string(),
        "resources" => {
            let resource = picture.resources.get(code)?;
            let item = picture.items.get(resource.item.as_str())?;
            match item.currency() {
                Some(_) => item.name.to_string(),
                None => format!("{}, {}", item.name, text::word(resource.state.as_str()).to_lowercase()),
            }
        }
        "lanes" => {
            let lane = picture.lanes.get(code)?;
            let place = |code: &str| picture.places.get(code).map_or_else(|| code.to_owned(), |p| p.name.to_string());
            format!("{} – {}", place(lane.from.as_str()), place(lane.to.as_str()))
        }
        "processes" => {
            let process = picture.processes.get(code)?;
            let item = picture.item_of(process.output.as_str())?;
            format!("{}, {}", text::word(process.kind.as_str()), item.name)
        }
        "offers" => {
            let offer = picture.offers.get(code)?;
            name_of(picture, "resources", offer.resource.as_str())?
        }
        "requirements" => {
            let accept = picture.accepts(code).next()?;
            picture.item_of(accept.resource.as_str())?.name.to_string()
        }
        "participations" => {
            let participation = picture.participations.get(code)?;
            name_of(picture, "parties", participation.party.as_str())?
        }
        "mission" => picture.mission.get(code)?.name.to_string(),
        _ => return None,
    };
    Some(text)
}

/// A cell of a row of `shape`.
pub(crate) fn cell(picture: &Picture, shape: &Shape, column: &Column, text: &str) -> Cell {
    let label = text::column(shape.sheet, column.name).into_owned();
    let refers_to = (column.refers_to)();
    let reference = |code: &str| match refers_to {
        Some(sheet) => {
            let name = name_of(picture, sheet, code);
            Part {
                // What one does not see has a code and nothing more.
                href: if picture.has(sheet, code) { address(sheet, code) } else { String::new() },
                text: name.unwrap_or_else(|| code.to_owned()),
            }
        }
        None => Part::plain(text::word(code).into_owned()),
    };
    let mut cell = Cell { label, ..Cell::default() };
    if text.is_empty() {
        return cell;
    }
    match kind(column) {
        Kind::Number => {
            cell.number = true;
            cell.parts = vec![Part::plain(number(text))];
        }
        Kind::Day => cell.parts = vec![Part::plain(figures::day_text(text))],
        Kind::Flag => cell.parts = vec![Part::plain(text::word(text).into_owned())],
        Kind::Word => {
            cell.tag = if column.name == "state" { tag(text) } else { "" };
            cell.parts = vec![Part::plain(text::word(text).into_owned())];
        }
        Kind::Reference => cell.parts = vec![reference(text)],
        Kind::List => cell.parts = text.split('|').map(|part| reference(part.trim())).collect(),
        Kind::Label => cell.parts = vec![Part::plain(label_text(picture, text))],
        // What may be a day in part or in words is shown as a day where it is one.
        Kind::Text => {
            cell.parts = vec![Part::plain(figures::day_text(text))];
            // A stock number begins with its federal supply class.
            let class = Some(text).filter(|_| column.name == "nsn").and_then(|text| Nsn::parse(text).ok());
            let name = class.as_ref().and_then(Nsn::class_name);
            cell.parts.extend(name.map(|name| Part::plain(format!("{} {}", &text[..4], name.to_lowercase()))));
        }
        Kind::Prose => cell.parts = vec![Part::plain(text)],
    }
    cell
}

/// A number as it was written, with its thousands apart; words that stand for a number stay as they are.
pub(crate) fn number(text: &str) -> String {
    let (whole, rest) = text.split_once('.').map_or((text, ""), |(whole, rest)| (whole, rest));
    match whole.parse::<i64>() {
        Ok(whole) if rest.is_empty() => figures::whole(whole),
        Ok(whole) => format!("{}.{rest}", figures::whole(whole)),
        Err(_) => text.to_owned(),
    }
}

/// To whom a record is released, for people.
pub(crate) fn label_text(picture: &Picture, text: &str) -> String {
    match text {
        "" => say("label-usual").into_owned(),
        "owner" | "participants" | "public" => say(&format!("label-{text}")).into_owned(),
        parties => {
            let name = |code: &str| name_of(picture, "parties", code).unwrap_or_else(|| code.to_owned());
            parties.split('|').map(|code| name(code.trim())).collect::<Vec<_>>().join(", ")
        }
    }
}

/// How a word of state looks: the word tells, this helps.
pub(crate) fn tag(state: &str) -> &'static str {
    match state {
        "received_by_unit" | "in_service" | "fulfilled" | "accepted" | "active" | "returned" | "completed" => {
            "received"
        }
        "committed" | "allocated" | "readied" | "consigned" | "departed" | "arrived_at_node" | "inspected"
        | "title_transferred" | "matched" | "validated" | "prioritised" | "tested" | "released" | "cleared"
        | "passed" | "confirmed" | "running" => "met",
        "part_matched" | "held" | "suspended" | "proposed" | "waiting_for_parts" => "part",
        "rejected"
        | "cancelled"
        | "withdrawn"
        | "superseded"
        | "ended"
        | "discarded"
        | "beyond_economic_repair"
        | "cannibalised"
        | "refused"
        | "failed" => "bad",
        _ => "open",
    }
}
