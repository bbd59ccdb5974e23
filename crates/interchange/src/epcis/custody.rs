//! Muster's custody events, to EPCIS and back.
//!
//! Source: EPCIS 2.0, section 7.4.2 (object events) and 7.4.3 (aggregation events); CBV 2.0, sections 7.1 to 7.5 (words) and 8.2 to 8.6
//! (identifiers; private ones are web addresses of a domain that one controls, 8.2.3). What is kept and what is not is told in
//! `docs/epcis.md`. It must not know the mission: whether a code names anything is for the caller to see.

mod naming;

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    field::Field,
    gs1::{Gln, Gtin, Sscc},
    message, words,
};

pub use self::naming::{Named, Naming};
use super::{
    decimal::Decimal,
    event::{Action, ErrorDeclaration, Event, Kind, Location, Quantity, Related},
    found::{Finds, Found},
    hash::event_hash_id,
    rules,
    term::{DISPOSITIONS, PARTIES, REASONS, STEPS, TRANSACTIONS, Term, Vocabulary, is_uri},
    time::{Moment, Offset},
};

words! {
    /// What was done, in the words of CBV 2.0, section 7.1.
    pub enum Step {
        /// Things were given their numbers, and are known from now on.
        Commissioning = "commissioning",
        /// Things were put on a handling unit.
        Packing = "packing",
        /// Things were taken from a handling unit.
        Unpacking = "unpacking",
        /// Things were put on a conveyance.
        Loading = "loading",
        /// Things were taken from a conveyance.
        Unloading = "unloading",
        /// A consignment was made ready and its custody passes on.
        Shipping = "shipping",
        /// It left a place.
        Departing = "departing",
        /// It was seen on its way.
        Transporting = "transporting",
        /// It came to a place.
        Arriving = "arriving",
        /// It was counted and received.
        Receiving = "receiving",
        /// Its condition was looked at.
        Inspecting = "inspecting",
        /// Its title or custody was accepted.
        Accepting = "accepting",
        /// It was put into store.
        Storing = "storing",
        /// It is held and may not go on: quarantine.
        Holding = "holding",
        /// It was counted where it stands.
        StockTaking = "stock_taking",
        /// It was being repaired.
        Repairing = "repairing",
        /// It was put into service.
        Installing = "installing",
        /// What was said to be shipped was not.
        VoidShipping = "void_shipping",
        /// Its numbers are no longer used.
        Decommissioning = "decommissioning",
        /// It was destroyed.
        Destroying = "destroying",
    }
}

impl Step {
    /// How it relates to the life of its things, or to what they were put on if that is told.
    fn action(self, carried: bool) -> Action {
        match self {
            Self::Commissioning => Action::Add,
            Self::Decommissioning | Self::Destroying => Action::Delete,
            Self::Packing | Self::Loading if carried => Action::Add,
            Self::Unpacking | Self::Unloading if carried => Action::Delete,
            _ => Action::Observe,
        }
    }

    /// Whether things are put together or taken apart by it.
    fn joins(self) -> bool {
        matches!(self, Self::Packing | Self::Unpacking | Self::Loading | Self::Unloading)
    }
}

words! {
    /// In which state the things are afterwards, in the words of CBV 2.0, section 7.2.
    pub enum State {
        /// Known, and not yet used.
        Active = "active",
        /// Ready for use.
        Available = "available",
        /// As the papers say, counted.
        CompletenessVerified = "completeness_verified",
        /// As it should be.
        Conformant = "conformant",
        /// Damaged.
        Damaged = "damaged",
        /// No more.
        Destroyed = "destroyed",
        /// Thrown away.
        Disposed = "disposed",
        /// Being worked on, or on its usual way.
        InProgress = "in_progress",
        /// Between two places.
        InTransit = "in_transit",
        /// Numbers no longer used.
        Inactive = "inactive",
        /// Not the kind that the papers say.
        MismatchClass = "mismatch_class",
        /// Not the things that the papers say.
        MismatchInstance = "mismatch_instance",
        /// Not as many as the papers say.
        MismatchQuantity = "mismatch_quantity",
        /// To be repaired or replaced.
        NeedsReplacement = "needs_replacement",
        /// Not as it should be.
        NonConformant = "non_conformant",
        /// Kept for somebody.
        Reserved = "reserved",
        /// Came back.
        Returned = "returned",
        /// Stolen.
        Stolen = "stolen",
        /// Not to be used for now.
        Unavailable = "unavailable",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

/// A custody event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    /// What names it: an event hash id, or a UUID that a partner gave. Without one it gets its hash id.
    pub id: Option<String>,
    /// What was done.
    pub step: Step,
    /// In which state the things are afterwards.
    pub state: Option<State>,
    /// When it happened, to the millisecond.
    pub when: Timestamp,
    /// How far local time was from UTC, in minutes.
    pub offset_minutes: i16,
    /// When it was recorded, to the millisecond.
    pub recorded: Option<Timestamp>,
    /// The handling unit or conveyance that things were put on or taken from, if it has a code; only for steps that do so.
    pub carrier: Option<Sscc>,
    /// What it is about.
    pub things: Vec<Thing>,
    /// Where it was seen.
    pub seen_at: Option<Place>,
    /// Where the things are afterwards.
    pub place: Option<Place>,
    /// Who had it before.
    pub from_holder: Option<Place>,
    /// Who has it now.
    pub to_holder: Option<Place>,
    /// Whose it was before.
    pub from_owner: Option<Place>,
    /// Whose it is now.
    pub to_owner: Option<Place>,
    /// The consignment.
    pub consignment: Option<Code>,
    /// Other papers: the type in the words of CBV 2.0, section 7.3, or none, and an identifier.
    pub papers: Vec<(String, String)>,
    /// That it was wrong, if so.
    pub correction: Option<Correction>,
}

/// A thing or a quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A handling unit, whatever is on it.
    Unit(Sscc),
    /// One thing by its serial number.
    Serial(Goods, String),
    /// So many of a lot.
    Lot(Goods, String, u64),
    /// So many of a kind.
    Count(Goods, u64),
    /// A line of a consignment's papers, of which nothing came: there is nothing else to name, and no quantity of nothing.
    Line(Code, i64),
}

/// A kind of goods: by the number that trade gives it, or by its code in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goods {
    /// Trade's number.
    Gtin(Gtin),
    /// Code of an item.
    Item(Code),
}

/// A place or party: by the number that trade gives it, or by its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Trade's number.
    Gln(Gln),
    /// Code of a place or party.
    Code(Code),
}

/// That an event was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// When that was said, to the millisecond.
    pub declared: Timestamp,
    /// Whether it did not happen at all, rather than otherwise.
    pub did_not_occur: bool,
    /// The events that put it right.
    pub by: Vec<String>,
}

/// Events of EPCIS, with what is wrong with them: pointers begin with the number of the event. All are returned.
pub fn to_events(custody: &[Custody], naming: &Naming) -> (Vec<Event>, Vec<Found>) {
    let mut finds = Finds::default();
    let events: Vec<Event> = custody.iter().map(|custody| to_event(custody, naming)).collect();
    for (n, (event, custody)) in events.iter().zip(custody).enumerate() {
        if !custody.step.joins() && custody.carrier.is_some() {
            finds.add(format!("/{n}/parentID"), "", message!("epcis-no-carrier", step = custody.step.as_str()));
        }
        let first = usize::from(custody.consignment.is_some());
        for (paper, (kind, id)) in custody.papers.iter().enumerate() {
            let at = format!("/{n}/bizTransactionList/{}", first + paper);
            if let (false, Err(message)) = (kind.is_empty(), Term::parse(kind, &TRANSACTIONS)) {
                finds.add(format!("{at}/type"), kind, message);
            }
            if !is_uri(id) {
                finds.add(format!("{at}/bizTransaction"), id, message!("epcis-a-uri"));
            }
        }
        finds.within(&format!("/{n}"), rules::find(event));
    }
    (events, finds.into_vec())
}

fn to_event(custody: &Custody, naming: &Naming) -> Event {
    let offset = Offset(custody.offset_minutes);
    let moment = |at: Timestamp| Moment::new(at, offset);
    let carrier = custody.carrier.as_ref().filter(|_| custody.step.joins());
    let kind = if carrier.is_some() { Kind::Aggregation } else { Kind::Object };
    let action = custody.step.action(carrier.is_some());
    let mut event = Event::new(kind, moment(custody.when), offset, Some(action));
    event.recorded = custody.recorded.map(moment);
    event.parent = carrier.map(|unit| unit.link().to_string());
    for thing in &custody.things {
        match thing {
            Thing::Unit(unit) => event.epcs.push(unit.link().to_string()),
            Thing::Serial(goods, serial) => event.epcs.push(naming.goods(goods, Some(("serial", serial)))),
            Thing::Lot(goods, lot, count) => {
                event.quantities.push(amount(naming.goods(goods, Some(("lot", lot))), *count))
            }
            Thing::Count(goods, count) => event.quantities.push(amount(naming.goods(goods, None), *count)),
            Thing::Line(consignment, line) => event.epcs.push(naming.line(consignment, *line)),
        }
    }
    event.step = Some(Term::of(&STEPS, custody.step.as_str()));
    event.disposition = custody.state.map(|state| Term::of(&DISPOSITIONS, state.as_str()));
    let location =
        |place: &Option<Place>| place.as_ref().map(|place| Location { id: naming.place(place), extra: Vec::new() });
    event.read_point = location(&custody.seen_at);
    event.location = location(&custody.place);
    let consignment = custody.consignment.iter().map(|code| related(&TRANSACTIONS, "desadv", naming.consignment(code)));
    let papers = custody.papers.iter().map(|(kind, id)| related(&TRANSACTIONS, kind, id.clone()));
    event.transactions = consignment.chain(papers).collect();
    let parties = |holder: &Option<Place>, owner: &Option<Place>| {
        let party = |kind: &str, party: &Option<Place>| {
            party.as_ref().map(|party| related(&PARTIES, kind, naming.party(party)))
        };
        [party("possessing_party", holder), party("owning_party", owner)].into_iter().flatten().collect()
    };
    event.sources = parties(&custody.from_holder, &custody.from_owner);
    event.destinations = parties(&custody.to_holder, &custody.to_owner);
    event.error = custody.correction.as_ref().map(|correction| {
        let reason = if correction.did_not_occur { "did_not_occur" } else { "incorrect_data" };
        ErrorDeclaration {
            time: moment(correction.declared),
            reason: Some(Term::of(&REASONS, reason)),
            corrective: correction.by.clone(),
            extra: Vec::new(),
        }
    });
    event.id = Some(custody.id.clone().unwrap_or_else(|| event_hash_id(&event)));
    event
}

fn amount(class: String, count: u64) -> Quantity {
    Quantity { class, quantity: Some(Decimal::from(count)), unit: None }
}

fn related(vocabulary: &Vocabulary, kind: &str, id: String) -> Related {
    Related { kind: Term::parse(kind, vocabulary).ok(), id }
}

/// Custody events of EPCIS' events, and why others are none: pointers begin with the number of the event.
pub fn from_events(events: &[Event], naming: &Naming) -> (Vec<Custody>, Vec<Found>) {
    let mut finds = Finds::default();
    let mut all = Vec::new();
    for (n, event) in events.iter().enumerate() {
        let before = finds.count();
        let reader = Reader { event, naming, at: format!("/{n}"), finds: &mut finds };
        let custody = reader.custody();
        if finds.count() == before {
            all.extend(custody);
        }
    }
    (all, finds.into_vec())
}

struct Reader<'a> {
    event: &'a Event,
    naming: &'a Naming,
    at: String,
    finds: &'a mut Finds,
}

impl Reader<'_> {
    fn add(&mut self, pointer: &str, value: &str, message: muster_domain::message::Message) {
        self.finds.add(format!("{}{pointer}", self.at), value, message);
    }

    fn custody(mut self) -> Option<Custody> {
        let event = self.event;
        if !matches!(event.kind, Kind::Object | Kind::Aggregation) {
            self.add("/type", event.kind.as_str(), message!("epcis-no-custody"));
            return None;
        }
        let step = self.step()?;
        let disposition = event.disposition.as_ref().map(|term| term.word(&DISPOSITIONS).unwrap_or(term.uri()));
        let state = disposition.map(State::parse).transpose().unwrap_or_else(|right| {
            self.add("/disposition", disposition.unwrap_or_default(), message!("must-be", right));
            None
        });
        let recorded = event.recorded.as_ref().map(Moment::at);
        if recorded.is_some_and(|recorded| recorded < event.time.at()) {
            self.add(
                "/recordTime",
                event.recorded.as_ref().map_or("", Moment::as_str),
                message!("epcis-recorded-before"),
            );
        }
        let carrier = event.parent.as_ref().and_then(|parent| self.unit(parent, "/parentID"));
        let [from_holder, from_owner] = self.parties(&event.sources, "/sourceList", "source");
        let [to_holder, to_owner] = self.parties(&event.destinations, "/destinationList", "destination");
        let mut consignment = None;
        let mut papers = Vec::new();
        for transaction in &event.transactions {
            let kind = transaction.kind.as_ref().map_or("", |kind| kind.word(&TRANSACTIONS).unwrap_or(kind.uri()));
            match self.naming.read_consignment(&transaction.id) {
                Some(code) if consignment.is_none() && kind == "desadv" => consignment = Some(code),
                _ => papers.push((kind.to_owned(), transaction.id.clone())),
            }
        }
        Some(Custody {
            id: event.id.clone(),
            step,
            state,
            when: event.time.at(),
            offset_minutes: event.offset.0,
            recorded,
            carrier,
            things: self.things(),
            seen_at: self.location(event.read_point.as_ref(), "/readPoint/id"),
            place: self.location(event.location.as_ref(), "/bizLocation/id"),
            from_holder,
            to_holder,
            from_owner,
            to_owner,
            consignment,
            papers,
            correction: event.error.as_ref().map(|error| Correction {
                declared: error.time.at(),
                did_not_occur: error.reason.as_ref().and_then(|reason| reason.word(&REASONS)) == Some("did_not_occur"),
                by: error.corrective.clone(),
            }),
        })
    }

    fn step(&mut self) -> Option<Step> {
        let event = self.event;
        let word = event.step.as_ref().map_or("", |step| step.word(&STEPS).unwrap_or(step.uri()));
        let step = match Step::parse(word) {
            Ok(step) => step,
            Err(right) => {
                self.add("/bizStep", word, message!("must-be", right));
                return None;
            }
        };
        let carried = event.kind == Kind::Aggregation;
        if carried && !step.joins() {
            self.add("/bizStep", word, message!("epcis-not-together"));
        }
        let right = step.action(carried);
        if event.action != Some(right) {
            let action = event.action.map_or("", |action| action.as_str());
            self.add("/action", action, message!("epcis-action", step = word, action = right.as_str()));
        }
        Some(step)
    }

    fn unit(&mut self, id: &str, at: &str) -> Option<Sscc> {
        Sscc::parse(id).map_err(|right| self.add(at, id, message!("must-be", right))).ok()
    }

    fn things(&mut self) -> Vec<Thing> {
        let event = self.event;
        let (things, quantities) = event.lists();
        let mut found = Vec::new();
        for (n, epc) in event.epcs.iter().enumerate() {
            let named = match self.naming.read_goods(epc) {
                Some((goods, Some(("serial", serial)))) => Some(Thing::Serial(goods, serial)),
                _ => {
                    let line = self.naming.read_line(epc).map(|(consignment, line)| Thing::Line(consignment, line));
                    line.or_else(|| Sscc::parse(epc).ok().map(Thing::Unit))
                }
            };
            match named {
                Some(thing) => found.push(thing),
                None => self.add(&format!("/{things}/{n}"), epc, message!("epcis-a-known-thing")),
            }
        }
        for (n, quantity) in event.quantities.iter().enumerate() {
            let at = format!("/{quantities}/{n}");
            // Each, piece and unit are counted (UN/ECE Recommendation 20).
            let counted = quantity.unit.as_deref().is_none_or(|unit| matches!(unit, "EA" | "H87" | "C62"));
            let count = quantity.quantity.as_ref().and_then(|number| number.as_str().parse::<u64>().ok());
            let Some(count) = count.filter(|_| counted) else {
                let said = quantity.quantity.as_ref().map_or("", Decimal::as_str);
                self.add(&format!("{at}/quantity"), said, message!("epcis-a-count"));
                continue;
            };
            match self.naming.read_goods(&quantity.class) {
                Some((goods, None)) => found.push(Thing::Count(goods, count)),
                Some((goods, Some(("lot", lot)))) => found.push(Thing::Lot(goods, lot, count)),
                _ => self.add(&format!("{at}/epcClass"), &quantity.class, message!("epcis-a-known-kind")),
            }
        }
        found
    }

    fn location(&mut self, location: Option<&Location>, at: &str) -> Option<Place> {
        let id = &location?.id;
        let place = self.naming.read_place(id);
        if place.is_none() {
            self.add(at, id, message!("epcis-a-known-place"));
        }
        place
    }

    /// Holder and owner. Where the things are, if a partner says it here, is told by the places.
    fn parties(&mut self, list: &[Related], at: &str, within: &str) -> [Option<Place>; 2] {
        let mut found = [None, None];
        for (n, party) in list.iter().enumerate() {
            let slot = match party.kind.as_ref().and_then(|kind| kind.word(&PARTIES)) {
                Some("possessing_party") => 0,
                Some("owning_party") => 1,
                _ => continue,
            };
            let read = self.naming.read_party(&party.id);
            if read.is_none() || found[slot].is_some() {
                self.add(&format!("{at}/{n}/{within}"), &party.id, message!("epcis-a-known-party"));
            }
            found[slot] = read;
        }
        found
    }
}
