//! Planning instances, format `assistance-plan/1`.
//!
//! The types are the document's own shape, with the document's own ids. Reading checks everything that can be checked
//! without planning, and lists every fault. It must not solve anything, and it reads bytes, not files.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value;

pub use crate::json::Fault;
use crate::json::{self, At, Faults, Ids, MAX_NUMBER, Object};

/// The format's name, in the field `format`.
pub const FORMAT: &str = "assistance-plan/1";
/// Largest document that is read, in bytes.
pub const MAX_BYTES: usize = 256 << 20;
/// Most periods.
pub const MAX_PERIODS: i64 = 2_000;
/// Most members of a list (offers, lanes, …).
pub const MAX_LIST: usize = 200_000;
/// Most members of a list inside a member (accepted resources, components, purposes, hazard classes).
pub const MAX_INNER: usize = 1_000;
/// Largest quantity or count.
pub const MAX_QUANTITY: i64 = 1_000_000_000;

/// What is offered, what is wanted, and the network between them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Instance {
    /// Always [`FORMAT`].
    pub format: String,
    /// A name for people.
    pub name: String,
    /// Number of periods T; periods are 0 … T−1.
    pub periods: usize,
    /// Weight of cost in the objective.
    pub cost_weight: f64,
    /// Everything that is offered, wanted or made.
    pub resources: Vec<Resource>,
    /// Nodes.
    pub places: Vec<Place>,
    /// Links between places.
    pub lanes: Vec<Lane>,
    /// What turns a resource into another at a place.
    pub processes: Vec<Process>,
    /// What donors give.
    pub offers: Vec<Offer>,
    /// Wants that count by the unit.
    pub requirements: Vec<Requirement>,
    /// Wants that count by the complete set.
    pub packages: Vec<Package>,
}

/// Something countable in one state.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Resource {
    /// Its id.
    pub id: String,
    /// Tonnes per unit.
    pub unit_mass_t: f64,
    /// Hazard class that lanes may forbid.
    pub hazard: Option<String>,
}

/// A node of the network.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// Depot, hub, delivery point …; for people only.
    pub kind: String,
    /// Position, kilometres east; for people only.
    pub x_km: f64,
    /// Position, kilometres north; for people only.
    pub y_km: f64,
    /// Most tonnes that may depart by lanes in one period; none: no limit.
    pub handling_t: Option<f64>,
    /// Most tonnes that may wait from one period to the next; none: no limit.
    pub storage_t: Option<f64>,
}

/// Tonnes that may depart on a lane per period.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Capacity {
    /// The same in every period.
    Constant(f64),
    /// One number per period.
    PerPeriod(Vec<f64>),
}

impl Capacity {
    /// Tonnes that may depart in a period; nothing departs outside the horizon.
    pub fn in_period(&self, period: usize) -> f64 {
        match self {
            Capacity::Constant(tonnes) => *tonnes,
            Capacity::PerPeriod(tonnes) => tonnes.get(period).copied().unwrap_or(0.0),
        }
    }
}

/// A link from one place to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lane {
    /// Its id.
    pub id: String,
    /// Place it leaves.
    pub from: String,
    /// Place it reaches.
    pub to: String,
    /// Road, rail, sea, air; for people only.
    pub mode: String,
    /// Periods from departure to arrival; 0: within the period.
    pub transit: usize,
    /// Tonnes departing per period.
    pub capacity_t: Capacity,
    /// Cost per tonne.
    pub cost_per_t: f64,
    /// Hazard classes it may not carry.
    pub forbids: Vec<String>,
}

/// Repair, training: one unit of a resource becomes one unit of another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Process {
    /// Its id.
    pub id: String,
    /// Repair, training …; for people only.
    pub kind: String,
    /// Place where it happens.
    pub place: String,
    /// Resource taken.
    pub input: String,
    /// Resource given.
    pub output: String,
    /// Periods it takes.
    pub duration: usize,
    /// Units that may start per period.
    pub capacity: f64,
    /// Cost per unit.
    pub cost: f64,
}

/// A donor's quantity of a resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Offer {
    /// Its id.
    pub id: String,
    /// Who gives; for people only.
    pub donor: String,
    /// What is given.
    pub resource: String,
    /// Units.
    pub quantity: i64,
    /// Where it is.
    pub place: String,
    /// First period in which it is available.
    pub from: usize,
    /// Purposes the donor allows; none: any.
    pub only_for: Option<Vec<String>>,
}

/// A resource that meets a requirement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accepted {
    /// The resource.
    pub resource: String,
    /// Share of the value it earns, 0 … 1.
    pub utility: f64,
}

/// A want that counts by the unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Requirement {
    /// Its id.
    pub id: String,
    /// Where it is wanted.
    pub place: String,
    /// What it is for: offers may be restricted to purposes.
    pub purpose: String,
    /// What meets it.
    pub accepts: Vec<Accepted>,
    /// Most units that count.
    pub quantity: i64,
    /// Value per unit.
    pub priority: f64,
    /// Last period of full value.
    pub due: usize,
    /// First period of no value.
    pub expires: usize,
}

/// A part of a package's set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Component {
    /// The resource.
    pub resource: String,
    /// Units per set.
    pub quantity: i64,
}

/// A want that counts by the complete set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Package {
    /// Its id.
    pub id: String,
    /// Where it is wanted.
    pub place: String,
    /// What it is for.
    pub purpose: String,
    /// What a set consists of.
    pub components: Vec<Component>,
    /// Most sets wanted.
    pub count: i64,
    /// Value per complete set.
    pub priority: f64,
    /// Last period of full value.
    pub due: usize,
    /// First period of no value.
    pub expires: usize,
}

impl Instance {
    /// Reads an instance.
    ///
    /// # Errors
    /// Every fault of the document with its path, up to [`crate::json::MAX_FAULTS`].
    pub fn parse(bytes: &[u8]) -> Result<Instance, Vec<Fault>> {
        let document = json::document(bytes, MAX_BYTES)?;
        let mut faults = Faults::default();
        let instance = read(&document, &mut faults);
        match instance {
            Some(instance) if faults.is_empty() => Ok(instance),
            _ => Err(faults.into_list()),
        }
    }

    /// Writes the instance as JSON, in the same format.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("an instance has text keys and finite numbers")
    }
}

fn read(document: &Value, faults: &mut Faults) -> Option<Instance> {
    let root = Object::new(&At::ROOT, document, faults)?;
    let format = root.text("format", faults);
    if !format.is_empty() && format != FORMAT {
        faults.add(&At::ROOT.key("format"), format!("must be {FORMAT:?}, is {format:?}"));
    }
    let before = faults.len();
    let periods = root.whole("periods", 1, MAX_PERIODS, faults);
    // Without a horizon, nothing is held against it.
    let horizon = (faults.len() == before).then_some(periods);
    let instance = Instance {
        format,
        name: root.text("name", faults),
        periods: size(periods),
        cost_weight: root.number("cost_weight", 0.0, MAX_NUMBER, faults),
        resources: root.list("resources", MAX_LIST, faults, resource),
        places: root.list("places", MAX_LIST, faults, place),
        lanes: root.list("lanes", MAX_LIST, faults, |at, v, f| lane(at, v, horizon, f)),
        processes: root.list("processes", MAX_LIST, faults, process),
        offers: root.list("offers", MAX_LIST, faults, |at, v, f| offer(at, v, horizon, f)),
        requirements: root.list("requirements", MAX_LIST, faults, requirement),
        packages: root.list("packages", MAX_LIST, faults, package),
    };
    // Members that are no objects were left out above, so positions would be wrong: references wait for a repair.
    if members(document) == instance.members() {
        references(&instance, faults);
    }
    Some(instance)
}

fn members(document: &Value) -> usize {
    ["resources", "places", "lanes", "processes", "offers", "requirements", "packages"]
        .iter()
        .map(|key| document.get(key).and_then(Value::as_array).map_or(0, Vec::len))
        .sum()
}

fn size(whole: i64) -> usize {
    usize::try_from(whole).expect("read with a least of 0")
}

fn resource(at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Resource> {
    let o = Object::new(at, value, faults)?;
    Some(Resource {
        id: o.text("id", faults),
        unit_mass_t: o.number("unit_mass_t", 0.0, MAX_NUMBER, faults),
        hazard: o.text_or_null("hazard", faults),
    })
}

fn place(at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Place> {
    let o = Object::new(at, value, faults)?;
    Some(Place {
        id: o.text("id", faults),
        kind: o.text("kind", faults),
        x_km: o.number("x_km", -MAX_NUMBER, MAX_NUMBER, faults),
        y_km: o.number("y_km", -MAX_NUMBER, MAX_NUMBER, faults),
        handling_t: o.number_or_null("handling_t", 0.0, MAX_NUMBER, faults),
        storage_t: o.number_or_null("storage_t", 0.0, MAX_NUMBER, faults),
    })
}

fn lane(at: &At<'_>, value: &Value, horizon: Option<i64>, faults: &mut Faults) -> Option<Lane> {
    let o = Object::new(at, value, faults)?;
    Some(Lane {
        id: o.text("id", faults),
        from: o.text("from", faults),
        to: o.text("to", faults),
        mode: o.text("mode", faults),
        transit: size(o.whole("transit", 0, MAX_PERIODS, faults)),
        capacity_t: capacity(&o, horizon, faults),
        cost_per_t: o.number("cost_per_t", 0.0, MAX_NUMBER, faults),
        forbids: o.texts("forbids", MAX_INNER, faults),
    })
}

fn capacity(lane: &Object<'_>, horizon: Option<i64>, faults: &mut Faults) -> Capacity {
    match lane.get("capacity_t", faults) {
        Some(Value::Array(_)) => {}
        Some(value) => {
            return Capacity::Constant(json::number(&lane.at.key("capacity_t"), value, 0.0, MAX_NUMBER, faults));
        }
        None => return Capacity::Constant(0.0),
    }
    let list = lane.list("capacity_t", MAX_LIST, faults, |at, v, f| Some(json::number(at, v, 0.0, MAX_NUMBER, f)));
    if let Some(periods) = horizon
        && list.len() != size(periods)
    {
        let message = format!("has {} members, must have one for each of {periods} periods", list.len());
        faults.add(&lane.at.key("capacity_t"), message);
    }
    Capacity::PerPeriod(list)
}

fn process(at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Process> {
    let o = Object::new(at, value, faults)?;
    Some(Process {
        id: o.text("id", faults),
        kind: o.text("kind", faults),
        place: o.text("place", faults),
        input: o.text("input", faults),
        output: o.text("output", faults),
        duration: size(o.whole("duration", 0, MAX_PERIODS, faults)),
        capacity: o.number("capacity", 0.0, MAX_NUMBER, faults),
        cost: o.number("cost", 0.0, MAX_NUMBER, faults),
    })
}

fn offer(at: &At<'_>, value: &Value, horizon: Option<i64>, faults: &mut Faults) -> Option<Offer> {
    let o = Object::new(at, value, faults)?;
    let only_for = match o.get("only_for", faults) {
        None | Some(Value::Null) => None,
        Some(_) => Some(o.texts("only_for", MAX_INNER, faults)),
    };
    Some(Offer {
        id: o.text("id", faults),
        donor: o.text("donor", faults),
        resource: o.text("resource", faults),
        quantity: o.whole("quantity", 0, MAX_QUANTITY, faults),
        place: o.text("place", faults),
        from: size(o.whole("from", 0, horizon.unwrap_or(MAX_PERIODS) - 1, faults)),
        only_for,
    })
}

/// Due and expires, which must be in order.
fn window(o: &Object<'_>, faults: &mut Faults) -> (usize, usize) {
    let due = o.whole("due", 0, 10 * MAX_PERIODS, faults);
    let expires = o.whole("expires", 0, 10 * MAX_PERIODS, faults);
    if o.has("due") && o.has("expires") && expires < due {
        faults.add(&o.at.key("expires"), format!("{expires} is before due {due}"));
    }
    (size(due), size(expires))
}

fn requirement(at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Requirement> {
    let o = Object::new(at, value, faults)?;
    let (due, expires) = window(&o, faults);
    let accepts = o.list("accepts", MAX_INNER, faults, |at, v, faults| {
        let o = Object::new(at, v, faults)?;
        Some(Accepted { resource: o.text("resource", faults), utility: o.number("utility", 0.0, 1.0, faults) })
    });
    Some(Requirement {
        id: o.text("id", faults),
        place: o.text("place", faults),
        purpose: o.text("purpose", faults),
        accepts,
        quantity: o.whole("quantity", 0, MAX_QUANTITY, faults),
        priority: o.number("priority", 0.0, MAX_NUMBER, faults),
        due,
        expires,
    })
}

fn package(at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Package> {
    let o = Object::new(at, value, faults)?;
    let (due, expires) = window(&o, faults);
    let components = o.list("components", MAX_INNER, faults, |at, v, faults| {
        let o = Object::new(at, v, faults)?;
        Some(Component { resource: o.text("resource", faults), quantity: o.whole("quantity", 1, MAX_QUANTITY, faults) })
    });
    if components.is_empty() && o.has("components") {
        faults.add(&at.key("components"), "is empty: a set of nothing would be worth something");
    }
    Some(Package {
        id: o.text("id", faults),
        place: o.text("place", faults),
        purpose: o.text("purpose", faults),
        components,
        count: o.whole("count", 0, MAX_QUANTITY, faults),
        priority: o.number("priority", 0.0, MAX_NUMBER, faults),
        due,
        expires,
    })
}

impl Instance {
    fn members(&self) -> usize {
        let wants = self.offers.len() + self.requirements.len() + self.packages.len();
        self.resources.len() + self.places.len() + self.lanes.len() + self.processes.len() + wants
    }
}

/// Finds duplicate ids and references to what is not there.
fn references(i: &Instance, faults: &mut Faults) {
    let resources = Ids::of("resources", i.resources.iter().map(|x| x.id.as_str()), faults);
    let places = Ids::of("places", i.places.iter().map(|x| x.id.as_str()), faults);
    Ids::of("lanes", i.lanes.iter().map(|x| x.id.as_str()), faults);
    Ids::of("processes", i.processes.iter().map(|x| x.id.as_str()), faults);
    Ids::of("offers", i.offers.iter().map(|x| x.id.as_str()), faults);
    Ids::of("requirements", i.requirements.iter().map(|x| x.id.as_str()), faults);
    Ids::of("packages", i.packages.iter().map(|x| x.id.as_str()), faults);
    let mut check = |list: &str, n: usize, key: &str, ids: &Ids, what: &str, id: &str| {
        let at = At::ROOT.key(list);
        ids.expect(&at.index(n).key(key), what, id, faults);
    };
    for (n, x) in i.lanes.iter().enumerate() {
        check("lanes", n, "from", &places, "place", &x.from);
        check("lanes", n, "to", &places, "place", &x.to);
    }
    for (n, x) in i.processes.iter().enumerate() {
        check("processes", n, "place", &places, "place", &x.place);
        check("processes", n, "input", &resources, "resource", &x.input);
        check("processes", n, "output", &resources, "resource", &x.output);
    }
    for (n, x) in i.offers.iter().enumerate() {
        check("offers", n, "resource", &resources, "resource", &x.resource);
        check("offers", n, "place", &places, "place", &x.place);
    }
    for (n, x) in i.requirements.iter().enumerate() {
        check("requirements", n, "place", &places, "place", &x.place);
    }
    for (n, x) in i.packages.iter().enumerate() {
        check("packages", n, "place", &places, "place", &x.place);
    }
    inner_references(i, &resources, faults);
}

fn inner_references(i: &Instance, resources: &Ids, faults: &mut Faults) {
    for (n, x) in i.requirements.iter().enumerate() {
        let (list, mut seen) = (At::ROOT.key("requirements"), HashSet::new());
        let member = list.index(n);
        let accepts = member.key("accepts");
        for (m, accepted) in x.accepts.iter().enumerate() {
            let place = accepts.index(m);
            resources.expect(&place.key("resource"), "resource", &accepted.resource, faults);
            if !accepted.resource.is_empty() && !seen.insert(&accepted.resource) {
                faults.add(&place.key("resource"), format!("{:?} is accepted twice", accepted.resource));
            }
        }
    }
    for (n, x) in i.packages.iter().enumerate() {
        let list = At::ROOT.key("packages");
        let member = list.index(n);
        let components = member.key("components");
        for (m, part) in x.components.iter().enumerate() {
            resources.expect(&components.index(m).key("resource"), "resource", &part.resource, faults);
        }
    }
}
