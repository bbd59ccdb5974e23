//! What the simple event query can ask for, and whether an event is it.
//!
//! Source: EPCIS 2.0, section 8.2.7.1 (SimpleEventQuery), with the names that its REST bindings give to parameters; several values stand
//! with `|` between them. Identifiers are compared in their canonical form, so that a URN finds a Digital Link and the other way round.

use std::{cmp::Ordering, collections::BTreeSet};

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    field::Field,
    gs1::{
        idpat::{self, Pattern},
        link::Link,
    },
    message,
    message::Message,
};

use serde_json::{Map, Value};

use super::{
    condition::{self, Condition},
    custody::{Named, Naming},
    decimal::Decimal,
    event::{Action, Event, Kind, Location, Related},
    hash::{canonical, event_hash_id},
    order::{self, Order},
    term::{DISPOSITIONS, PARTIES, REASONS, STEPS, TRANSACTIONS, Term, Vocabulary},
    time::Moment,
};

/// Parameters that are answered, but for those of one type of transaction, source or destination.
const PARAMETERS: &[&str] = &[
    "eventType",
    "GE_eventTime",
    "LT_eventTime",
    "GE_recordTime",
    "LT_recordTime",
    "EQ_action",
    "EQ_bizStep",
    "EQ_disposition",
    "EQ_persistentDisposition_set",
    "EQ_persistentDisposition_unset",
    "EQ_readPoint",
    "WD_readPoint",
    "EQ_bizLocation",
    "WD_bizLocation",
    "EQ_transformationID",
    "MATCH_epc",
    "MATCH_parentID",
    "MATCH_inputEPC",
    "MATCH_outputEPC",
    "MATCH_anyEPC",
    "MATCH_epcClass",
    "MATCH_inputEPCClass",
    "MATCH_outputEPCClass",
    "MATCH_anyEPCClass",
    "EQ_quantity",
    "GT_quantity",
    "GE_quantity",
    "LT_quantity",
    "LE_quantity",
    "EQ_eventID",
    "EXISTS_errorDeclaration",
    "GE_errorDeclarationTime",
    "LT_errorDeclarationTime",
    "EQ_errorReason",
    "EQ_correctiveEventID",
];

/// Beginning of a parameter with a type at its end, the words that may stand there, what of an event has such types, and the kind under
/// which its names are kept.
type Typed = (&'static str, &'static Vocabulary, fn(&Event) -> &[Related], &'static str);

const TYPED: &[Typed] = &[
    ("EQ_bizTransaction_", &TRANSACTIONS, |event| &event.transactions, "transaction"),
    ("EQ_source_", &PARTIES, |event| &event.sources, "source"),
    ("EQ_destination_", &PARTIES, |event| &event.destinations, "destination"),
];

/// Beginnings of parameters that the standard has and that are not answered.
const OTHERS: &[&str] = &["WD_", "EQ_", "GT_", "GE_", "LT_", "LE_", "EXISTS_", "EQATTR_", "HASATTR_", "MATCH_"];

/// Most values of one parameter.
const MOST_VALUES: usize = 100;

/// Where an event names something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Epc,
    Parent,
    Input,
    Output,
    Class,
    InputClass,
    OutputClass,
}

impl Role {
    /// The kind under which such a name is kept.
    fn kind(self) -> &'static str {
        match self {
            Self::Epc => "epc",
            Self::Parent => "parent",
            Self::Input => "input",
            Self::Output => "output",
            Self::Class => "class",
            Self::InputClass => "input_class",
            Self::OutputClass => "output_class",
        }
    }

    /// Whether kinds and lots are named there, rather than single things.
    fn is_class(self) -> bool {
        matches!(self, Self::Class | Self::InputClass | Self::OutputClass)
    }

    fn of(self, event: &Event) -> Vec<&str> {
        let transformed = event.kind == Kind::Transformation;
        let epcs = || event.epcs.iter().map(String::as_str).collect();
        let classes = || event.quantities.iter().map(|quantity| quantity.class.as_str()).collect();
        match self {
            Self::Epc if !transformed => epcs(),
            Self::Input if transformed => epcs(),
            Self::Class if !transformed => classes(),
            Self::InputClass if transformed => classes(),
            Self::Parent => event.parent.iter().map(String::as_str).collect(),
            Self::Output => event.outputs.iter().map(String::as_str).collect(),
            Self::OutputClass => event.output_quantities.iter().map(|quantity| quantity.class.as_str()).collect(),
            _ => Vec::new(),
        }
    }
}

const ROLES: &[Role] =
    &[Role::Epc, Role::Parent, Role::Input, Role::Output, Role::Class, Role::InputClass, Role::OutputClass];

/// A moment of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Occurred,
    Recorded,
    Declared,
}

impl When {
    fn of(self, event: &Event) -> Option<Timestamp> {
        match self {
            Self::Occurred => Some(event.time.at()),
            Self::Recorded => event.recorded.as_ref().map(Moment::at),
            Self::Declared => event.error.as_ref().map(|error| error.time.at()),
        }
    }
}

#[derive(Clone, Debug)]
enum Test {
    Kind(Vec<Kind>),
    Time(When, bool, Timestamp),
    Action(Vec<Action>),
    Term(fn(&Event) -> Vec<&Term>, Vec<String>),
    Id(fn(&Event) -> Vec<&str>, Vec<String>),
    ReadPoint(Vec<String>),
    Within(fn(&Event) -> Option<&Location>, Vec<String>),
    EventId(Vec<String>),
    Match(Vec<Role>, Vec<String>, Vec<Pattern>),
    Quantity(fn(Ordering) -> bool, Vec<Decimal>),
    Related(fn(&Event) -> &[Related], &'static str, String, Vec<String>),
    Declared,
    Field(Condition),
}

/// A query.
#[derive(Clone, Debug, Default)]
pub struct Query {
    tests: Vec<Test>,
    order: Order,
}

/// Why a parameter will not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The standard has it, and it is not answered.
    NotDone,
    /// What is wrong with it.
    Value(Message),
}

impl Query {
    /// Adds a parameter.
    ///
    /// # Errors
    /// Why it will not do.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), Wrong> {
        let values: Vec<&str> = value.split('|').map(str::trim).filter(|value| !value.is_empty()).collect();
        if values.is_empty() || values.len() > MOST_VALUES {
            return Err(Wrong::Value(message!("epcis-some-values", most = MOST_VALUES)));
        }
        if value.chars().any(char::is_control) {
            return Err(Wrong::Value(message!("text-without-control")));
        }
        if order::PARAMETERS.contains(&name) {
            let [value] = values.as_slice() else { return Err(one_value()) };
            return self.order.add(name, value);
        }
        self.tests.push(test(name, &values)?);
        Ok(())
    }

    /// Reads a query as a named one is defined: an object of parameters, each with a value or a list of values.
    ///
    /// # Errors
    /// The parameter that will not do, and why.
    pub fn read(definition: &Map<String, Value>) -> Result<Self, (String, Wrong)> {
        let mut query = Self::default();
        for (name, value) in definition {
            let text = |value: &Value| match value {
                Value::String(text) if !text.contains('|') => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(flag) => Some(flag.to_string()),
                _ => None,
            };
            let texts = match value {
                Value::Array(values) => values.iter().map(text).collect(),
                value => text(value).map(|text| vec![text]),
            };
            let wrong = || (name.clone(), Wrong::Value(message!("epcis-a-value")));
            let texts: Vec<String> = texts.ok_or_else(wrong)?;
            if !is_standard(name) {
                return Err((name.clone(), Wrong::Value(message!("epcis-no-parameter"))));
            }
            query.add(name, &texts.join("|")).map_err(|why| (name.clone(), why))?;
        }
        query.check().map_err(|(name, why)| (name.to_owned(), Wrong::Value(why)))?;
        Ok(query)
    }

    /// Whether all its parameters go together.
    ///
    /// # Errors
    /// The parameter that does not, and why.
    pub fn check(&self) -> Result<(), (&'static str, Message)> {
        self.order.check()
    }

    /// In which order events are wanted, and how many.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Whether an event is asked for.
    pub fn wants(&self, event: &Event) -> bool {
        self.tests.iter().all(|test| test.fits(event))
    }

    /// Whether it asks for types of events among which these are.
    pub fn may_be(&self, kinds: &[Kind]) -> bool {
        self.tests
            .iter()
            .all(|test| !matches!(test, Test::Kind(wanted) if !wanted.iter().any(|kind| kinds.contains(kind))))
    }

    /// From when on and until when it happened, then from when on and until when it was recorded, as far as that is asked.
    pub fn times(&self) -> [Option<Timestamp>; 4] {
        let one = |which: When, least: bool| {
            let asked = self.tests.iter().filter_map(move |test| match test {
                Test::Time(what, from, at) if *from == least && *what == which => Some(*at),
                _ => None,
            });
            if least { asked.max() } else { asked.min() }
        };
        use When::{Occurred, Recorded};
        [one(Occurred, true), one(Occurred, false), one(Recorded, true), one(Recorded, false)]
    }

    /// Names of which an event must have one of each: kinds under which they are kept, and the names.
    pub fn names(&self) -> Vec<(Vec<&'static str>, Vec<String>)> {
        let each = |test: &Test| match test {
            Test::Match(roles, names, patterns) if patterns.is_empty() => {
                Some((roles.iter().map(|role| role.kind()).collect(), names.clone()))
            }
            Test::Related(_, kind, _, names) => Some((vec![*kind], names.clone())),
            _ => None,
        };
        self.tests.iter().filter_map(each).collect()
    }

    /// The ids of which an event must have one, if that is asked.
    pub fn ids(&self) -> Option<&[String]> {
        self.tests.iter().find_map(|test| match test {
            Test::EventId(ids) => Some(ids.as_slice()),
            _ => None,
        })
    }

    /// What of ours the event must name, one of each: handling units, serial numbers, consignments.
    pub fn ours(&self, naming: &Naming) -> Vec<Vec<Option<Named>>> {
        self.names().iter().map(|(_, names)| names.iter().map(|name| naming.named(name)).collect()).collect()
    }

    /// The one place of ours where the event must have been seen, if it is one.
    pub fn place(&self, naming: &Naming) -> Option<Code> {
        self.tests.iter().find_map(|test| match test {
            Test::ReadPoint(ids) => match ids.as_slice() {
                [id] => naming.place_code(id),
                _ => None,
            },
            _ => None,
        })
    }
}

fn test(name: &str, values: &[&str]) -> Result<Test, Wrong> {
    let own = || values.iter().map(|value| canonical(value)).collect::<Vec<_>>();
    let time = |what: When, least: bool| {
        let moment = Moment::parse(values[0]).map_err(Wrong::Value)?;
        if values.len() == 1 { Ok(Test::Time(what, least, moment.at())) } else { Err(one_value()) }
    };
    let terms = |what: fn(&Event) -> Vec<&Term>, vocabulary: &Vocabulary| {
        let read = |value: &&str| Term::parse(value, vocabulary).map(|term| term.uri().to_owned());
        Ok(Test::Term(what, values.iter().map(read).collect::<Result<_, _>>().map_err(Wrong::Value)?))
    };
    let among = |roles: &[Role]| {
        let (patterns, names): (Vec<&str>, Vec<&str>) =
            values.iter().partition(|value| value.starts_with(idpat::BEGIN));
        let patterns = patterns.into_iter().map(Pattern::parse).collect::<Result<_, _>>();
        let names = names.into_iter().map(canonical).collect();
        Ok(Test::Match(roles.to_vec(), names, patterns.map_err(|right| Wrong::Value(message!("must-be", right)))?))
    };
    let quantity = |is: fn(Ordering) -> bool, most: usize| {
        let read = |value: &&str| Decimal::parse(value).map_err(|right| Wrong::Value(message!("must-be", right)));
        let numbers = values.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if numbers.len() <= most { Ok(Test::Quantity(is, numbers)) } else { Err(one_value()) }
    };
    match name {
        "eventType" => Ok(Test::Kind(words(values)?)),
        "GE_eventTime" => time(When::Occurred, true),
        "LT_eventTime" => time(When::Occurred, false),
        "GE_recordTime" => time(When::Recorded, true),
        "LT_recordTime" => time(When::Recorded, false),
        "EQ_action" => Ok(Test::Action(words(values)?)),
        "EQ_bizStep" => terms(|event| event.step.iter().collect(), &STEPS),
        "EQ_disposition" => terms(|event| event.disposition.iter().collect(), &DISPOSITIONS),
        "EQ_persistentDisposition_set" => terms(|event| event.set.iter().collect(), &DISPOSITIONS),
        "EQ_persistentDisposition_unset" => terms(|event| event.unset.iter().collect(), &DISPOSITIONS),
        "EQ_readPoint" => Ok(Test::ReadPoint(own())),
        "WD_readPoint" => Ok(Test::Within(|event| event.read_point.as_ref(), own())),
        "WD_bizLocation" => Ok(Test::Within(|event| event.location.as_ref(), own())),
        "EQ_quantity" => quantity(Ordering::is_eq, MOST_VALUES),
        "GT_quantity" => quantity(Ordering::is_gt, 1),
        "GE_quantity" => quantity(Ordering::is_ge, 1),
        "LT_quantity" => quantity(Ordering::is_lt, 1),
        "LE_quantity" => quantity(Ordering::is_le, 1),
        "EQ_bizLocation" => Ok(Test::Id(|event| event.location.iter().map(|p| p.id.as_str()).collect(), own())),
        "EQ_transformationID" => Ok(Test::Id(|event| event.transformation.iter().map(String::as_str).collect(), own())),
        "MATCH_epc" => among(&[Role::Epc]),
        "MATCH_parentID" => among(&[Role::Parent]),
        "MATCH_inputEPC" => among(&[Role::Input]),
        "MATCH_outputEPC" => among(&[Role::Output]),
        "MATCH_anyEPC" => among(&[Role::Epc, Role::Parent, Role::Input, Role::Output]),
        "MATCH_epcClass" => among(&[Role::Class]),
        "MATCH_inputEPCClass" => among(&[Role::InputClass]),
        "MATCH_outputEPCClass" => among(&[Role::OutputClass]),
        "MATCH_anyEPCClass" => among(&[Role::Class, Role::InputClass, Role::OutputClass]),
        "EQ_eventID" => Ok(Test::EventId(values.iter().map(|value| (*value).to_owned()).collect())),
        "EXISTS_errorDeclaration" => match values {
            ["true"] => Ok(Test::Declared),
            ["false"] => Ok(Test::Kind(Kind::ALL.to_vec())),
            _ => Err(Wrong::Value(message!("epcis-a-flag"))),
        },
        "GE_errorDeclarationTime" => time(When::Declared, true),
        "LT_errorDeclarationTime" => time(When::Declared, false),
        "EQ_errorReason" => {
            terms(|event| event.error.iter().filter_map(|error| error.reason.as_ref()).collect(), &REASONS)
        }
        "EQ_correctiveEventID" => Ok(Test::Id(
            |event| event.error.iter().flat_map(|error| error.corrective.iter().map(String::as_str)).collect(),
            own(),
        )),
        _ => typed(name, values, own()),
    }
}

/// A parameter of a family: its name tells of which type, or which field.
fn typed(name: &str, values: &[&str], ids: Vec<String>) -> Result<Test, Wrong> {
    for (begin, vocabulary, what, kept) in TYPED {
        if let Some(Ok(kind)) = name.strip_prefix(begin).map(|kind| Term::parse(kind, vocabulary)) {
            return Ok(Test::Related(*what, kept, kind.uri().to_owned(), ids));
        }
    }
    if let Some(condition) = Condition::asked(name, values)? {
        return Ok(Test::Field(condition));
    }
    Err(if is_standard(name) { Wrong::NotDone } else { Wrong::Value(message!("not-known-here")) })
}

/// Whether the standard has a parameter of this name, be it answered or not.
pub fn is_standard(name: &str) -> bool {
    let whole = || PARAMETERS.contains(&name) || order::PARAMETERS.contains(&name);
    OTHERS.iter().any(|other| name.starts_with(other)) || whole()
}

/// Names of all parameters that are answered.
pub fn parameters() -> Vec<String> {
    let typed = |(begin, vocabulary, ..): &Typed| {
        vocabulary.words().iter().map(|word| format!("{begin}{word}")).collect::<Vec<_>>()
    };
    let whole = PARAMETERS.iter().chain(condition::PARAMETERS).chain(&order::PARAMETERS).map(|name| (*name).to_owned());
    whole.chain(TYPED.iter().flat_map(typed)).collect()
}

fn words<W: Field>(values: &[&str]) -> Result<Vec<W>, Wrong> {
    let read = |value: &&str| W::parse(value).map_err(|right| Wrong::Value(message!("must-be", right)));
    values.iter().map(read).collect()
}

fn one_value() -> Wrong {
    Wrong::Value(message!("epcis-some-values", most = 1))
}

impl Test {
    fn fits(&self, event: &Event) -> bool {
        match self {
            Self::Kind(kinds) => kinds.contains(&event.kind),
            Self::Time(what, true, least) => what.of(event).is_some_and(|at| at >= *least),
            Self::Time(what, false, before) => what.of(event).is_some_and(|at| at < *before),
            Self::Action(actions) => event.action.is_some_and(|action| actions.contains(&action)),
            Self::Term(what, uris) => what(event).iter().any(|term| uris.iter().any(|uri| uri == term.uri())),
            Self::Id(what, ids) => what(event).iter().any(|id| ids.contains(&canonical(id))),
            Self::ReadPoint(ids) => event.read_point.as_ref().is_some_and(|place| ids.contains(&canonical(&place.id))),
            Self::EventId(ids) => {
                let known = event.id.as_ref().is_some_and(|id| ids.contains(id));
                known || ids.contains(&event_hash_id(event))
            }
            Self::Within(what, ids) => what(event).is_some_and(|place| is_within(&place.id, ids)),
            Self::Match(roles, names, patterns) => roles.iter().any(|role| {
                let fits = |id: &str| patterns.iter().any(|pattern| pattern.fits(id, role.is_class()));
                role.of(event).iter().any(|id| names.contains(&canonical(id)) || fits(id))
            }),
            Self::Quantity(is, numbers) => {
                let all = event.quantities.iter().chain(&event.output_quantities);
                let mut known = all.filter_map(|one| one.quantity.as_ref());
                known.any(|one| numbers.iter().any(|number| is(one.compare(number))))
            }
            Self::Related(what, _, kind, ids) => what(event).iter().any(|related| {
                related.kind.as_ref().is_some_and(|k| k.uri() == kind) && ids.contains(&canonical(&related.id))
            }),
            Self::Declared => event.error.is_some(),
            Self::Field(condition) => condition.fits(event),
        }
    }
}

/// Whether a place is one of these or lies within one: what a location number's extension names is within the location (GS1 General
/// Specifications, 3.5.12). Places of the mission do not lie in each other.
fn is_within(place: &str, ids: &[String]) -> bool {
    let within = |link: Link| {
        (link.key() == "414").then(|| format!("{}/414/{}", muster_domain::gs1::link::CANONICAL, link.value()))
    };
    ids.contains(&canonical(place)) || Link::of(place).and_then(within).is_some_and(|whole| ids.contains(&whole))
}

/// All that an event names, in canonical form, each with the kind under which it is kept; and what of it is ours: `consignment`, `sscc`,
/// `serial`.
pub fn names(event: &Event, naming: &Naming) -> BTreeSet<(&'static str, String)> {
    let mut names = BTreeSet::new();
    for role in ROLES {
        names.extend(role.of(event).iter().map(|id| (role.kind(), canonical(id))));
    }
    for (.., list, kind) in TYPED {
        names.extend(list(event).iter().map(|related| (*kind, canonical(&related.id))));
    }
    let ours: Vec<Named> = names.iter().filter_map(|(_, id)| naming.named(id)).collect();
    names.extend(ours.into_iter().map(|named| match named {
        Named::Consignment(code) => ("consignment", code.to_string()),
        Named::Unit(sscc) => ("sscc", sscc.to_string()),
        Named::Serial(serial) => ("serial", serial),
    }));
    names
}
