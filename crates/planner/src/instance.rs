//! Planning instances, formats `assistance-plan/2` and `assistance-plan/1` (see docs/assistance-plan.md).
//!
//! The types are the document's own shape, with the document's own ids. Reading checks everything that can be checked
//! without planning, and lists every fault. It must not solve anything, and it reads bytes, not files.

mod read;

use serde::Serialize;

pub use crate::json::Fault;
use crate::json::{self, Faults};

/// The format's name, in the field `format`, of what has none of the later fields.
pub const FORMAT: &str = "assistance-plan/1";
/// The format's name with all fields.
pub const FORMAT_2: &str = "assistance-plan/2";
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

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What is offered, what is wanted, and the network between them.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Instance {
    /// [`FORMAT`] or [`FORMAT_2`].
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
    /// What is used and comes back.
    #[serde(skip_serializing_if = "is_default")]
    pub pools: Vec<Pool>,
    /// Money that costs are paid from.
    #[serde(skip_serializing_if = "is_default")]
    pub funds: Vec<Fund>,
    /// Least values of some wants.
    #[serde(skip_serializing_if = "is_default")]
    pub floors: Vec<Floor>,
    /// Force elements that should not have many types.
    #[serde(skip_serializing_if = "is_default")]
    pub fleets: Vec<Fleet>,
    /// What is held back.
    #[serde(skip_serializing_if = "is_default")]
    pub reserves: Vec<Reserve>,
}

/// Something countable in one state.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Resource {
    /// Its id.
    pub id: String,
    /// Tonnes per unit.
    pub unit_mass_t: f64,
    /// Hazard class that lanes may forbid.
    pub hazard: Option<String>,
    /// Cubic metres per unit.
    #[serde(skip_serializing_if = "is_default")]
    pub unit_volume_m3: f64,
}

/// A node of the network.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
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
    pub handling_t: Option<Series>,
    /// Most tonnes that may wait from one period to the next; none: no limit.
    pub storage_t: Option<Series>,
    /// Most tonnes that may arrive by lanes in one period; none: no limit.
    #[serde(skip_serializing_if = "is_default")]
    pub handling_in_t: Option<Series>,
    /// Most cubic metres that may wait from one period to the next; none: no limit.
    #[serde(skip_serializing_if = "is_default")]
    pub storage_m3: Option<Series>,
}

/// A number for each period.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Series {
    /// The same in every period.
    Constant(f64),
    /// One number per period.
    PerPeriod(Vec<f64>),
}

impl Default for Series {
    fn default() -> Series {
        Series::Constant(0.0)
    }
}

impl From<f64> for Series {
    fn from(number: f64) -> Series {
        Series::Constant(number)
    }
}

impl Series {
    /// The number of a period; nothing outside the horizon.
    pub fn at(&self, period: usize) -> f64 {
        match self {
            Series::Constant(number) => *number,
            Series::PerPeriod(numbers) => numbers.get(period).copied().unwrap_or(0.0),
        }
    }

    /// The numbers of so many periods.
    pub fn over(&self, periods: usize) -> Vec<f64> {
        (0..periods).map(|t| self.at(t)).collect()
    }

    /// The same with each number changed.
    #[must_use]
    pub fn map(&self, mut change: impl FnMut(f64) -> f64) -> Series {
        match self {
            Series::Constant(number) => Series::Constant(change(*number)),
            Series::PerPeriod(numbers) => Series::PerPeriod(numbers.iter().map(|&n| change(n)).collect()),
        }
    }
}

/// A link from one place to another.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
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
    pub capacity_t: Series,
    /// Cost per tonne.
    pub cost_per_t: f64,
    /// Hazard classes it may not carry.
    pub forbids: Vec<String>,
    /// Cubic metres departing per period; none: no limit.
    #[serde(skip_serializing_if = "is_default")]
    pub capacity_m3: Option<Series>,
    /// Timetable: periods in which it departs; none: every one.
    #[serde(skip_serializing_if = "is_default")]
    pub departs: Option<Vec<usize>>,
    /// Tonnes that one trip takes; a lane with this or the next goes in trips.
    #[serde(skip_serializing_if = "is_default")]
    pub trip_t: Option<f64>,
    /// Cubic metres that one trip takes.
    #[serde(skip_serializing_if = "is_default")]
    pub trip_m3: Option<f64>,
    /// Cost of each trip.
    #[serde(skip_serializing_if = "is_default")]
    pub trip_cost: f64,
    /// Most trips per period; none: as many as the capacity takes.
    #[serde(skip_serializing_if = "is_default")]
    pub trips: Option<Series>,
    /// Least tonnes that depart in a period in which anything departs.
    #[serde(skip_serializing_if = "is_default")]
    pub least_t: f64,
    /// Fund that pays its costs.
    #[serde(skip_serializing_if = "is_default")]
    pub fund: Option<String>,
}

/// Repair, training: one unit of a resource becomes one unit of another.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
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
    pub capacity: Series,
    /// Cost per unit.
    pub cost: f64,
    /// What each unit uses up besides its input.
    #[serde(skip_serializing_if = "is_default")]
    pub needs: Vec<Need>,
    /// What each unit takes of pools, and gives back.
    #[serde(skip_serializing_if = "is_default")]
    pub holds: Vec<Hold>,
    /// The purpose that what it needs is given for.
    #[serde(skip_serializing_if = "is_default")]
    pub purpose: Option<String>,
    /// Fund that pays its cost.
    #[serde(skip_serializing_if = "is_default")]
    pub fund: Option<String>,
    /// Share of the units that start which come out as the output, above 0 to 1; none: all of them. Plans count with all.
    #[serde(skip_serializing_if = "is_default")]
    pub pass_share: Option<f64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_one(lot: &i64) -> bool {
    *lot == 1
}

/// What a unit that starts a process uses up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Need {
    /// The resource.
    pub resource: String,
    /// Units per unit that starts.
    pub quantity: f64,
}

/// What a unit that starts a process takes of a pool and gives back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hold {
    /// The pool.
    pub pool: String,
    /// Units per unit that starts.
    pub quantity: f64,
    /// Periods from the start on; none: as long as the process takes, at least 1.
    pub periods: Option<usize>,
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
    /// Units that stay together, at least 1: every flow is a multiple.
    #[serde(skip_serializing_if = "is_one")]
    pub lot: i64,
    /// Lent: first period in which the donor needs it back; none: given.
    #[serde(skip_serializing_if = "is_default")]
    pub until: Option<usize>,
    /// Bought from a supplier.
    #[serde(skip_serializing_if = "is_default")]
    pub purchase: Option<Purchase>,
    /// The donor's wishes.
    #[serde(skip_serializing_if = "is_default")]
    pub prefers: Vec<Preference>,
}

impl Default for Offer {
    /// Nothing of nothing, in lots of one.
    fn default() -> Offer {
        let text = String::new;
        Offer {
            id: text(),
            donor: text(),
            resource: text(),
            quantity: 0,
            place: text(),
            from: 0,
            only_for: None,
            lot: 1,
            until: None,
            purchase: None,
            prefers: Vec::new(),
        }
    }
}

/// How an offer is bought.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Purchase {
    /// Cost per unit.
    pub cost: f64,
    /// Periods from order to availability.
    pub lead: usize,
    /// Units that may be ordered per period; none: no limit.
    pub per_period: Option<Series>,
    /// Fund that pays.
    pub fund: Option<String>,
}

/// A donor's wish.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preference {
    /// What the donor would like its offer to be used for.
    pub purpose: String,
    /// Value of each unit that is.
    pub bonus: f64,
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
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
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

/// What is used and comes back.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Pool {
    /// Its id.
    pub id: String,
    /// Where what is delivered to it must come.
    pub place: String,
    /// Units there are.
    pub quantity: Series,
    /// Resource that raises it when delivered.
    pub accepts: Option<String>,
    /// The purpose that what it accepts is given for.
    pub purpose: Option<String>,
}

/// Money that costs are paid from.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Fund {
    /// Its id.
    pub id: String,
    /// All of it, or what becomes available in each period.
    pub budget: Series,
}

impl Fund {
    /// What is available by each of so many periods.
    pub fn available(&self, periods: usize) -> Vec<f64> {
        match &self.budget {
            Series::Constant(all) => vec![*all; periods],
            Series::PerPeriod(each) => {
                let mut sum = 0.0;
                (0..periods)
                    .map(|t| {
                        sum += each.get(t).copied().unwrap_or(0.0);
                        sum
                    })
                    .collect()
            }
        }
    }
}

/// A least value of some wants.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Floor {
    /// Its id.
    pub id: String,
    /// Places of its wants; none: any.
    pub places: Option<Vec<String>>,
    /// Purposes of its wants; none: any.
    pub purposes: Option<Vec<String>>,
    /// The value.
    pub value: f64,
    /// Per unit of value that is missing.
    pub penalty: f64,
}

/// A force element that should not have to keep many types.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Fleet {
    /// Its id.
    pub id: String,
    /// Where it gets what it wants.
    pub places: Vec<String>,
    /// The types.
    pub resources: Vec<String>,
    /// For each type beyond the first.
    pub penalty: f64,
}

/// What is held back of offers.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Reserve {
    /// Its id.
    pub id: String,
    /// The resources.
    pub resources: Vec<String>,
    /// Places of the offers; none: any.
    pub places: Option<Vec<String>>,
    /// Units.
    pub quantity: f64,
    /// Per unit missing.
    pub penalty: f64,
}

impl Instance {
    /// Reads an instance.
    ///
    /// # Errors
    /// Every fault of the document with its path, up to [`crate::json::MAX_FAULTS`].
    pub fn parse(bytes: &[u8]) -> Result<Instance, Vec<Fault>> {
        let document = json::document(bytes, MAX_BYTES)?;
        let mut faults = Faults::default();
        let instance = read::instance(&document, &mut faults);
        match instance {
            Some(instance) if faults.is_empty() => Ok(instance),
            _ => Err(faults.into_list()),
        }
    }

    /// Takes the first format, if a reader of that loses nothing.
    pub fn settle_format(&mut self) {
        let mut read_as = |format: &str| {
            self.format = format.into();
            let read = Instance::parse(self.to_json().as_bytes()).ok()?;
            Some(Instance { format: String::new(), ..read })
        };
        let (first, all) = (read_as(FORMAT), read_as(FORMAT_2));
        if first.is_some() && first == all {
            self.format = FORMAT.into();
        }
    }

    /// Writes the instance as JSON, in the same format.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("an instance has text keys and finite numbers")
    }
}
