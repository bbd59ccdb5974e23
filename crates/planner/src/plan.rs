//! Plans, formats `assistance-plan-result/2` and `assistance-plan-result/1`.
//!
//! A plan names what it uses by the ids of its instance. Reading checks the document's shape only; whether it keeps
//! the rules is for [`crate::check`].

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::instance::{Fault, MAX_BYTES};
use crate::json::{self, At, Faults, Object};

/// The format's name, in the field `format`, of what has none of the later legs and targets.
pub const FORMAT: &str = "assistance-plan-result/1";
/// The format's name with all of them.
pub const FORMAT_2: &str = "assistance-plan-result/2";
/// Most flows or package lines.
pub const MAX_LINES: usize = 10_000_000;
/// Most legs of a path.
pub const MAX_LEGS: usize = 10_000;

/// Who gets what from whom, on which way.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Name of the instance.
    pub name: String,
    /// Value less weighted cost.
    pub objective: f64,
    /// A proven upper bound on the objective of every plan, if one is known.
    pub bound: Option<f64>,
    /// Quantities on their ways.
    pub flows: Vec<Flow>,
    /// Sets completed.
    pub packages: Vec<Line>,
}

/// A quantity of an offer on its way to a want.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Flow {
    /// The offer's id.
    pub offer: String,
    /// Units; more than 0 in a plan that keeps the rules.
    pub quantity: i64,
    /// Legs in order.
    pub path: Vec<Leg>,
    /// Period of delivery.
    pub arrive: i64,
    /// What it is for.
    pub target: Target,
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Leg {
    /// Takes a lane.
    Lane {
        /// The lane's id.
        lane: String,
        /// Period of departure.
        depart: i64,
    },
    /// Goes through a process.
    Process {
        /// The process's id.
        process: String,
        /// Period of its start.
        start: i64,
    },
    /// Is ordered: the first leg of what is bought.
    Order {
        /// Period of the order.
        order: i64,
    },
}

impl Leg {
    /// Period in which it begins.
    pub fn start(&self) -> i64 {
        match self {
            Leg::Lane { depart: period, .. } | Leg::Process { start: period, .. } | Leg::Order { order: period } => {
                *period
            }
        }
    }
}

/// What a flow is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A requirement.
    Requirement(String),
    /// A component of a package.
    Package {
        /// The package's id.
        id: String,
        /// Position of the component.
        component: usize,
    },
    /// What a process needs besides its input.
    Process {
        /// The process's id.
        id: String,
        /// Position of the need.
        input: usize,
    },
    /// A pool.
    Pool(String),
}

impl Target {
    /// Whether it is worth something only through what it makes possible.
    pub fn is_supply(&self) -> bool {
        matches!(self, Target::Process { .. } | Target::Pool(_))
    }

    /// Id of the requirement, package, process or pool.
    pub fn id(&self) -> &str {
        match self {
            Target::Requirement(id) | Target::Package { id, .. } | Target::Process { id, .. } | Target::Pool(id) => id,
        }
    }
}

/// Sets of a package completed by a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The package's id.
    pub package: String,
    /// Complete by this period.
    pub period: i64,
    /// Sets; more than 0 in a plan that keeps the rules.
    pub count: i64,
}

impl Plan {
    /// The plan that does nothing.
    pub fn empty(name: &str) -> Plan {
        Plan { name: name.to_owned(), objective: 0.0, bound: None, flows: Vec::new(), packages: Vec::new() }
    }

    /// [`FORMAT`], or [`FORMAT_2`] if it has a leg or a target of the later format.
    pub fn format(&self) -> &'static str {
        let later =
            |flow: &Flow| flow.target.is_supply() || flow.path.iter().any(|leg| matches!(leg, Leg::Order { .. }));
        if self.flows.iter().any(later) { FORMAT_2 } else { FORMAT }
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// Every fault of the document's shape with its path.
    pub fn parse(bytes: &[u8]) -> Result<Plan, Vec<Fault>> {
        let document = json::document(bytes, MAX_BYTES)?;
        Plan::from_value(&document)
    }

    /// Writes the plan as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a plan has text keys and finite numbers")
    }

    fn from_value(document: &Value) -> Result<Plan, Vec<Fault>> {
        let mut faults = Faults::default();
        let plan = read(document, &mut faults);
        match plan {
            Some(plan) if faults.is_empty() => Ok(plan),
            _ => Err(faults.into_list()),
        }
    }
}

fn read(document: &Value, faults: &mut Faults) -> Option<Plan> {
    let root = Object::new(&At::ROOT, document, faults)?;
    root.format([FORMAT_2, FORMAT], faults);
    let bound = if root.has("bound") { root.number_or_null("bound", f64::MIN, f64::MAX, faults) } else { None };
    Some(Plan {
        name: root.text("name", faults),
        objective: root.number("objective", f64::MIN, f64::MAX, faults),
        bound,
        flows: root.list("flows", MAX_LINES, faults, flow),
        packages: if root.has("packages") { root.list("packages", MAX_LINES, faults, line) } else { Vec::new() },
    })
}

fn flow(at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Flow> {
    let o = Object::new(at, value, faults)?;
    Some(Flow {
        offer: o.text("offer", faults),
        quantity: o.whole("quantity", i64::MIN, i64::MAX, faults),
        path: o.list("path", MAX_LEGS, faults, leg),
        arrive: o.whole("arrive", i64::MIN, i64::MAX, faults),
        target: target(&o, faults),
    })
}

fn leg(at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Leg> {
    let o = Object::new(at, value, faults)?;
    match (o.has("lane"), o.has("process"), o.has("order")) {
        (false, false, true) => Some(Leg::Order { order: o.whole("order", i64::MIN, i64::MAX, faults) }),
        (true, false, false) => {
            Some(Leg::Lane { lane: o.text("lane", faults), depart: o.whole("depart", i64::MIN, i64::MAX, faults) })
        }
        (false, true, false) => {
            let process = o.text("process", faults);
            Some(Leg::Process { process, start: o.whole("start", i64::MIN, i64::MAX, faults) })
        }
        _ => {
            faults.add(at, "must name either a lane or a process, or be an order");
            None
        }
    }
}

fn target(o: &Object<'_>, faults: &mut Faults) -> Target {
    let position = |key: &str, faults: &mut Faults| {
        usize::try_from(o.whole(key, 0, i64::MAX, faults)).expect("read with a least of 0")
    };
    let mut named = ["requirement", "package", "process", "pool"].into_iter().filter(|key| o.has(key));
    match (named.next(), named.next()) {
        (Some("package"), None) => {
            Target::Package { id: o.text("package", faults), component: position("component", faults) }
        }
        (Some("process"), None) => Target::Process { id: o.text("process", faults), input: position("input", faults) },
        (Some("pool"), None) => Target::Pool(o.text("pool", faults)),
        (Some("requirement"), None) => Target::Requirement(o.text("requirement", faults)),
        _ => {
            faults.add(o.at, "must name either a requirement, a package, a process or a pool");
            Target::Requirement(String::new())
        }
    }
}

fn line(at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Line> {
    let o = Object::new(at, value, faults)?;
    Some(Line {
        package: o.text("package", faults),
        period: o.whole("period", i64::MIN, i64::MAX, faults),
        count: o.whole("count", i64::MIN, i64::MAX, faults),
    })
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("Plan", 6)?;
        s.serialize_field("format", self.format())?;
        s.serialize_field("name", &self.name)?;
        s.serialize_field("objective", &self.objective)?;
        s.serialize_field("bound", &self.bound)?;
        s.serialize_field("flows", &self.flows)?;
        s.serialize_field("packages", &self.packages)?;
        s.end()
    }
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Plan, D::Error> {
        let document = Value::deserialize(deserializer)?;
        Plan::from_value(&document).map_err(|faults| {
            let list: Vec<String> = faults.iter().map(ToString::to_string).collect();
            serde::de::Error::custom(list.join("; "))
        })
    }
}

impl Serialize for Flow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("Flow", 6)?;
        s.serialize_field("offer", &self.offer)?;
        s.serialize_field("quantity", &self.quantity)?;
        s.serialize_field("path", &self.path)?;
        s.serialize_field("arrive", &self.arrive)?;
        match &self.target {
            Target::Requirement(id) => s.serialize_field("requirement", id)?,
            Target::Package { id, component } => {
                s.serialize_field("package", id)?;
                s.serialize_field("component", component)?;
            }
            Target::Process { id, input } => {
                s.serialize_field("process", id)?;
                s.serialize_field("input", input)?;
            }
            Target::Pool(id) => s.serialize_field("pool", id)?,
        }
        s.end()
    }
}

impl Serialize for Leg {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("Leg", 2)?;
        match self {
            Leg::Lane { lane, depart } => {
                s.serialize_field("lane", lane)?;
                s.serialize_field("depart", depart)?;
            }
            Leg::Process { process, start } => {
                s.serialize_field("process", process)?;
                s.serialize_field("start", start)?;
            }
            Leg::Order { order } => s.serialize_field("order", order)?,
        }
        s.end()
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("Line", 3)?;
        s.serialize_field("package", &self.package)?;
        s.serialize_field("period", &self.period)?;
        s.serialize_field("count", &self.count)?;
        s.end()
    }
}
