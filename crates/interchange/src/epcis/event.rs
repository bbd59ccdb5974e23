//! Documents and events as EPCIS models them, whichever way they are written.
//!
//! Source: EPCIS 2.0, section 7.4 (event types). The five types share one struct: what a type has not is empty, and [`rules`](super::rules)
//! refuses it where it stands nevertheless.

use muster_domain::words;

use super::{
    decimal::Decimal,
    extra::{Extra, Fields},
    term::Term,
    time::{Moment, Offset},
};

words! {
    /// The types of events.
    pub enum Kind {
        /// Something happened to things or to a quantity.
        Object = "ObjectEvent",
        /// Things were put together or taken apart.
        Aggregation = "AggregationEvent",
        /// Things were tied to a business transaction or let go.
        Transaction = "TransactionEvent",
        /// Things went in, other things came out.
        Transformation = "TransformationEvent",
        /// Things were mounted on another or removed.
        Association = "AssociationEvent",
    }
}

words! {
    /// How an event relates to the life of its things (EPCIS 2.0, 7.3.2).
    pub enum Action {
        /// They were there.
        Observe = "OBSERVE",
        /// They came to be, or were added.
        Add = "ADD",
        /// They ceased to be, or were taken away.
        Delete = "DELETE",
    }
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its type.
    pub kind: Kind,
    /// When it happened.
    pub time: Moment,
    /// How far local time was from UTC where it happened.
    pub offset: Offset,
    /// When it was recorded by whoever keeps it.
    pub recorded: Option<Moment>,
    /// What names it.
    pub id: Option<String>,
    /// That it was wrong, if so.
    pub error: Option<ErrorDeclaration>,
    /// Certificates that concern it.
    pub certification: Vec<String>,
    /// How it relates to the life of its things; a transformation has none.
    pub action: Option<Action>,
    /// The thing that holds the others.
    pub parent: Option<String>,
    /// Things: `epcList`, `childEPCs` or `inputEPCList`.
    pub epcs: Vec<String>,
    /// Quantities: `quantityList`, `childQuantityList` or `inputQuantityList`.
    pub quantities: Vec<Quantity>,
    /// Things that came out of a transformation.
    pub outputs: Vec<String>,
    /// Quantities that came out of a transformation.
    pub output_quantities: Vec<Quantity>,
    /// What ties several events of one transformation together.
    pub transformation: Option<String>,
    /// Which step of the business it was.
    pub step: Option<Term>,
    /// In which state the things are afterwards.
    pub disposition: Option<Term>,
    /// States that hold from now until they are unset.
    pub set: Vec<Term>,
    /// States that hold no more.
    pub unset: Vec<Term>,
    /// Where it was seen.
    pub read_point: Option<Location>,
    /// Where the things are afterwards.
    pub location: Option<Location>,
    /// Business transactions.
    pub transactions: Vec<Related>,
    /// From whom or where.
    pub sources: Vec<Related>,
    /// To whom or where.
    pub destinations: Vec<Related>,
    /// What sensors say.
    pub sensors: Vec<Sensor>,
    /// Master data of things that came to be, by instance or lot.
    pub ilmd: Fields,
    /// Fields beyond the standard.
    pub extra: Fields,
}

impl Event {
    /// An event of which no more is known than its type, when it was and how it relates to the life of its things.
    pub fn new(kind: Kind, time: Moment, offset: Offset, action: Option<Action>) -> Self {
        Self {
            kind,
            time,
            offset,
            recorded: None,
            id: None,
            error: None,
            certification: Vec::new(),
            action,
            parent: None,
            epcs: Vec::new(),
            quantities: Vec::new(),
            outputs: Vec::new(),
            output_quantities: Vec::new(),
            transformation: None,
            step: None,
            disposition: None,
            set: Vec::new(),
            unset: Vec::new(),
            read_point: None,
            location: None,
            transactions: Vec::new(),
            sources: Vec::new(),
            destinations: Vec::new(),
            sensors: Vec::new(),
            ilmd: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// What the lists of things and quantities are called in this type of event.
    pub(super) fn lists(&self) -> (&'static str, &'static str) {
        lists(self.kind)
    }
}

/// The names of the lists of things and of quantities in a type of event.
pub(super) fn lists(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Object | Kind::Transaction => ("epcList", "quantityList"),
        Kind::Aggregation | Kind::Association => ("childEPCs", "childQuantityList"),
        Kind::Transformation => ("inputEPCList", "inputQuantityList"),
    }
}

/// That an event was wrong (EPCIS 2.0, 7.4.1.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDeclaration {
    /// When that was declared.
    pub time: Moment,
    /// Why.
    pub reason: Option<Term>,
    /// Events that put it right.
    pub corrective: Vec<String>,
    /// Fields beyond the standard.
    pub extra: Fields,
}

/// So much of a class of things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// The class: a kind or a lot.
    pub class: String,
    /// How much, if it is known.
    pub quantity: Option<Decimal>,
    /// In which unit (UN/ECE Recommendation 20); none if it is counted.
    pub unit: Option<String>,
}

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// What names it.
    pub id: String,
    /// Fields beyond the standard.
    pub extra: Fields,
}

/// A transaction, source or destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Of which type.
    pub kind: Option<Term>,
    /// What names it.
    pub id: String,
}

/// What sensors say. Kept as it is: Muster draws nothing from it. Names without a namespace are the standard's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sensor {
    /// About all its reports.
    pub metadata: Fields,
    /// Its reports.
    pub reports: Vec<Fields>,
    /// Fields beyond the standard.
    pub extra: Fields,
}

/// A document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// What query it answers, if it is such an answer.
    pub query: Option<Query>,
    /// When it was made.
    pub created: Option<Moment>,
    /// What names it, in JSON.
    pub id: Option<String>,
    /// Fields of its head beside, by name: sender, receiver, instanceIdentifier.
    pub head: Vec<(String, String)>,
    /// Prefixes of namespaces, by which names are written.
    pub prefixes: Vec<(String, String)>,
    /// Addresses of contexts beside the standard's, in JSON. Nothing is fetched from them.
    pub contexts: Vec<String>,
    /// Master data that it brings along.
    pub vocabularies: Vec<MasterData>,
    /// Its events.
    pub events: Vec<Event>,
    /// Fields beyond the standard, of the document.
    pub extra: Fields,
}

/// The query that a document answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Its name.
    pub name: String,
    /// The subscription under which it was asked.
    pub subscription: Option<String>,
}

/// Master data of one vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterData {
    /// Of what.
    pub kind: String,
    /// Its elements.
    pub elements: Vec<Element>,
}

/// An element of master data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// What names it.
    pub id: String,
    /// What is known of it, by name.
    pub attributes: Vec<(String, Extra)>,
    /// What belongs to it.
    pub children: Vec<String>,
}
