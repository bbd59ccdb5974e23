//! In which order a facility would best work: what waits there or is to come is scheduled within its bays, test stands and mechanics, when
//! it and its parts are there, so that what is urgent is late as little as can be. What is in repair already stays where it is.
//!
//! Times are days. An order of several units holds a bay for each, in as many turns as there is room for; what a repair holds on its first
//! days only is held on those of each turn, and left to others on the rest.

use std::collections::BTreeMap;

use jiff::{ToSpan as _, civil::Date};
use muster_domain::{
    code::Code,
    message,
    message::Message,
    picture::Picture,
    policy::Action,
    process::Process,
    repair::{BlockingReason, WorkOrderState},
    requirement::RequirementState,
    serial::days_between,
    training::{days, is_closed, there_on},
};
use muster_scheduler::document::{Demand, Document, FORMAT, Objective, Resource, Task};
use muster_storage::{
    db::Conn,
    plan as promised,
    repair::{self as store, OrderFilter, WorkOrder},
    transfer::read::consignment_of,
};

use super::repairs;
use crate::{
    Actor, App, Error, blocking, day, everything,
    scheduled::{Solved, held, solved, stretches},
    training::figures::travel_days,
    transfer::keeper,
};

/// How far ahead it is looked, in days.
const HORIZON: i64 = 365;
/// Most of anything that the scheduler counts at a time.
const MOST: i64 = 1_000_000;
/// Most seconds that it may take.
const MOST_SECONDS: f64 = 60.0;

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The facility.
    pub facility: String,
    /// Most seconds that it takes.
    pub seconds: f64,
    /// The seed of everything random.
    pub seed: u64,
}

/// An order with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order: Code,
    /// Its first day; of what is in repair: today.
    pub start: Date,
    /// The day on which it is through.
    pub end: Date,
    /// When it ought to be.
    pub due: Date,
    /// Whether it is in repair already.
    pub in_hand: bool,
    /// From when on it and its parts are there, if that is to come.
    pub there: Option<Date>,
}

impl Placed {
    /// Days by which it is late; none if it is not.
    pub fn late(&self) -> Option<i64> {
        Some(days_between(self.due, self.end)).filter(|days| *days > 0)
    }
}

/// The order of work.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// How the search ended; what it costs are days too late, each weighed by its urgency.
    pub solved: Solved,
    /// Orders with their times, the earliest first.
    pub placed: Vec<Placed>,
    /// Orders that have none, and why.
    pub unplaced: Vec<(Code, Message)>,
}

/// An order that may be scheduled.
struct Waiting<'a> {
    order: &'a WorkOrder,
    process: &'a Process,
    /// From when on it and its parts are there.
    there: Date,
}

impl App {
    /// In which order a facility would best work. Nothing is changed.
    ///
    /// # Errors
    /// If there is no such facility, the actor neither keeps it nor decides on repairs, the time is out of bounds, or the database fails.
    pub async fn repair_sequence(&self, ask: &Ask, actor: &Actor) -> Result<Sequence, Error> {
        let mut conn = self.read().await?;
        let (seen, _) = self.memory.picture(&mut conn, &actor.viewer).await?;
        let place = seen.places.get(&ask.facility).map(|place| place.code.clone());
        let place = place.ok_or_else(|| Error::NotFound { what: "place", code: ask.facility.clone() })?;
        let (picture, _) = self.memory.picture(&mut conn, &everything()).await?;
        if !keeper(&picture, &place).is_some_and(|keeper| actor.viewer.owns(&keeper)) {
            actor.may(Action::Triage)?;
        }
        if !(0.1..=MOST_SECONDS).contains(&ask.seconds) {
            return Err(Error::Invalid(message!("from-to", least = 1, most = MOST_SECONDS.to_string())));
        }
        let today = self.today();
        let open = OrderFilter { facility: Some(place.to_string()), open: true, ..OrderFilter::default() };
        let orders = store::all_orders(&mut conn, &actor.viewer, &open).await?;
        let parts = parts_come(&mut conn).await?;
        let period = picture.mission().map_or(7, |mission| i64::from(mission.period_days)).max(1);
        let stopped: BTreeMap<Code, BlockingReason> = store::blocked(&mut conn, &actor.viewer)
            .await?
            .into_iter()
            .filter(|(_, block)| block.reason != BlockingReason::Parts && block.reason != BlockingReason::Transport)
            .map(|(code, block)| (code, block.reason))
            .collect();
        let (mut waiting, mut in_hand, mut unplaced) = (Vec::new(), Vec::new(), Vec::new());
        for order in &orders {
            let Some(process) = repairs(&picture, &order.resource, Some(&place)).next() else {
                unplaced.push((order.code.clone(), message!("sequence-no-repair")));
                continue;
            };
            if let Some(reason) = stopped.get(&order.code) {
                let reason = message::Value::word(reason.as_str());
                unplaced.push((order.code.clone(), message!("sequence-blocked", reason)));
            } else if order.state.is_in_hand() {
                in_hand.push((order, process, began(&mut conn, order, today).await?));
            } else {
                match comes(&mut conn, &picture, order, (&place, &parts, today)).await? {
                    Some(there) => waiting.push(Waiting { order, process, there }),
                    None => unplaced.push((order.code.clone(), message!("sequence-no-part"))),
                }
            }
        }
        let in_hand: Vec<InHand<'_>> = in_hand
            .into_iter()
            .map(|(order, process, began)| {
                let holds = holds(&picture, process, period);
                let turns = Turns::of(&holds, process, order.quantity);
                let left = (turns.days - days_between(began, today)).max(1);
                let left = if order.state == WorkOrderState::Tested { 1 } else { left };
                let turns = Turns { at_once: turns.at_once.max(1), ..turns };
                InHand { order, holds, turns, left, began }
            })
            .collect();
        let document = document(&picture, &place, (&mut waiting, &in_hand), &mut unplaced, (today, period));
        let mut placed: Vec<Placed> = in_hand
            .iter()
            .map(|of| Placed {
                order: of.order.code.clone(),
                start: today,
                end: after(today, of.left),
                due: due(of.order),
                in_hand: true,
                there: None,
            })
            .collect();
        let of = |(waiting, task): (&Waiting<'_>, &Task)| Placed {
            order: waiting.order.code.clone(),
            start: today,
            end: after(today, task.duration.unwrap_or_default()),
            due: due(waiting.order),
            in_hand: false,
            there: Some(waiting.there).filter(|there| *there > today),
        };
        let waiting: Vec<Placed> = waiting.iter().zip(&document.tasks).map(of).collect();
        drop(conn);
        let (seconds, seed) = (ask.seconds, ask.seed);
        let schedule = blocking(move || solved(&document, seconds, seed)).await?;
        for (waiting, task) in waiting.into_iter().zip(&schedule.tasks) {
            // Further than calendars were looked at nothing is known.
            if task.start >= HORIZON {
                unplaced.push((waiting.order, message!("sequence-too-far")));
                continue;
            }
            let (start, end) = (after(waiting.start, task.start), after(waiting.end, task.start));
            placed.push(Placed { start, end, ..waiting });
        }
        placed.sort_by_key(|placed| (placed.start, placed.end, placed.order.clone()));
        Ok(Sequence { solved: Solved::of(&schedule), placed, unplaced })
    }
}

fn after(today: Date, days: i64) -> Date {
    today.checked_add(days.days()).unwrap_or(Date::MAX)
}

/// When an order ought to be through.
fn due(order: &WorkOrder) -> Date {
    after(day(order.reported_at), order.urgency.days())
}

/// Since when it is in repair.
async fn began(conn: &mut Conn, order: &WorkOrder, today: Date) -> Result<Date, Error> {
    let steps = store::steps(conn, order.code.as_str()).await?;
    let began = steps.iter().find(|step| step.state == WorkOrderState::InRepair);
    Ok(began.map_or(today, |step| day(step.occurred_at)))
}

/// An order that is in repair, for so many days more.
struct InHand<'a> {
    order: &'a WorkOrder,
    holds: Vec<Hold<'a>>,
    turns: Turns,
    left: i64,
    began: Date,
}

/// How the units of an order are repaired: so many at once, turn after turn.
struct Turns {
    at_once: i64,
    quantity: i64,
    /// How many turns there are.
    count: i64,
    /// Days that each of them takes.
    each: i64,
    /// Days that all of it takes.
    days: i64,
}

impl Turns {
    fn of(holds: &[Hold<'_>], process: &Process, quantity: i64) -> Self {
        let room = |hold: &Hold<'_>| if hold.each > 0 { hold.there * 1_000 / hold.each } else { quantity };
        let at_once = holds.iter().map(room).min().unwrap_or(0).min(quantity);
        let count = if at_once > 0 { (quantity + at_once - 1) / at_once } else { 1 };
        let each = i64::from(process.duration_days);
        Self { at_once, quantity, count, each: each.max(1), days: (each * count).max(1) }
    }

    /// What is held on a day of the repair, the first being 0; of what takes longer than it should, as at its end.
    fn held(&self, hold: &Hold<'_>, day: i64) -> i64 {
        let turn = (day / self.each).min(self.count - 1);
        let units = self.at_once.min(self.quantity - turn * self.at_once);
        if hold.days.is_none_or(|days| day - turn * self.each < days) { whole(hold.each, units) } else { 0 }
    }

    /// What the scheduler is told. Further than calendars are looked at it is held all the time.
    fn demands(&self, hold: &Hold<'_>) -> Vec<Demand> {
        let known = self.days.min(HORIZON);
        let mut demands = held(&hold.id, (0..known).map(|day| self.held(hold, day)));
        if known < self.days {
            demands.push(Demand::part(&hold.id, whole(hold.each, self.at_once), known, self.days));
        }
        demands
    }
}

/// When the last of what is promised to each need is received.
async fn parts_come(conn: &mut Conn) -> Result<BTreeMap<Code, Date>, Error> {
    let mut last: BTreeMap<Code, Date> = BTreeMap::new();
    for receipt in promised::receipts(conn).await? {
        let at = day(receipt.at);
        last.entry(receipt.need).and_modify(|known| *known = at.max(*known)).or_insert(at);
    }
    Ok(last)
}

/// From when on an order and its parts are at the facility; none if a part is lacking that nobody has promised.
async fn comes(
    conn: &mut Conn,
    picture: &Picture,
    order: &WorkOrder,
    (place, parts, today): (&Code, &BTreeMap<Code, Date>, Date),
) -> Result<Option<Date>, Error> {
    if order.state == WorkOrderState::WaitingForParts {
        let mut there = today;
        for part in store::parts(conn, order.code.as_str()).await? {
            let Some(requirement) = part.requirement else { continue };
            // What was received is there to be fetched; what is promised in part is not there.
            match picture.requirements.get(requirement.as_str()).map(|of| of.state) {
                Some(RequirementState::Fulfilled) => {}
                Some(RequirementState::Matched) => {
                    there = parts.get(&requirement).map_or(there, |at| there.max(after(*at, 1)));
                }
                _ => return Ok(None),
            }
        }
        return Ok(Some(there));
    }
    if order.state.is_in_shop() || order.account.place.as_ref() == Some(place) {
        return Ok(Some(today));
    }
    let brings = match &order.consignment {
        Some(code) => consignment_of(conn, &everything(), code.as_str()).await?,
        None => None,
    };
    let from = order.account.place.as_ref().unwrap_or(&order.place);
    let way = travel_days(picture, from.as_str(), place.as_str()).unwrap_or(0);
    let arrives = brings.and_then(|brings| brings.arrives_at).map(day);
    Ok(Some(arrives.unwrap_or_else(|| after(today, way)).max(today)))
}

/// What each unit of a repair holds.
struct Hold<'p> {
    /// The scheduler's name for it.
    id: String,
    /// The pool; none: a place among those that the facility can do at a time.
    pool: Option<&'p str>,
    /// Thousandths of a unit of it.
    each: i64,
    /// How much there is in all.
    there: i64,
    /// For so many days; none: all the time.
    days: Option<i64>,
}

/// What a unit of a repair holds: pools, and a place among those that the facility can do at a time.
fn holds<'p>(picture: &'p Picture, process: &'p Process, period: i64) -> Vec<Hold<'p>> {
    let turns = (i64::from(process.duration_days) + period - 1) / period;
    let there = i64::from(process.capacity).saturating_mul(turns.max(1)).min(MOST);
    let at_once = Hold { id: format!("process {}", process.code), pool: None, each: 1_000, there, days: None };
    let pools = picture.holds(process.code.as_str()).filter_map(|hold| {
        let pool = picture.pools.get(hold.pool.as_str())?;
        Some(Hold {
            id: format!("pool {}", pool.code),
            pool: Some(pool.code.as_str()),
            each: hold.quantity.0,
            there: i64::from(pool.quantity).min(MOST),
            days: hold.days.map(i64::from),
        })
    });
    pools.chain([at_once]).collect()
}

/// Whole units of a pool that so many units of a repair hold, each a thousandth of `each`.
fn whole(each: i64, units: i64) -> i64 {
    (each.saturating_mul(units) + 999) / 1_000
}

/// The problem: a task for each order, the resources with what is left of them by days. What cannot be done there at all is taken out.
fn document(
    picture: &Picture,
    place: &Code,
    (waiting, in_hand): (&mut Vec<Waiting<'_>>, &[InHand<'_>]),
    unplaced: &mut Vec<(Code, Message)>,
    (today, period): (Date, i64),
) -> Document {
    let mut resources: BTreeMap<String, (Option<&str>, i64)> = BTreeMap::new();
    let mut tasks = Vec::new();
    waiting.retain(|waiting| {
        let order = waiting.order;
        let holds = holds(picture, waiting.process, period);
        let turns = Turns::of(&holds, waiting.process, order.quantity);
        if turns.at_once < 1 {
            unplaced.push((order.code.clone(), message!("sequence-no-room")));
            return false;
        }
        resources.extend(holds.iter().map(|hold| (hold.id.clone(), (hold.pool, hold.there))));
        tasks.push(Task {
            id: order.code.to_string(),
            duration: Some(turns.days),
            demands: holds.iter().flat_map(|hold| turns.demands(hold)).collect(),
            release: days_between(today, waiting.there).max(0),
            due: Some(days_between(today, due(order)).max(0)),
            weight: Some(order.urgency.weight()),
            ..Task::default()
        });
        true
    });
    let used = |id: &str, on: Date| -> i64 {
        let of = |of: &InHand<'_>| {
            let hold = of.holds.iter().find(|hold| hold.id == id && days_between(today, on) < of.left);
            hold.map_or(0, |hold| of.turns.held(hold, days_between(of.began, on)))
        };
        in_hand.iter().map(of).sum()
    };
    let resource = |(id, (pool, most)): (String, (Option<&str>, i64))| {
        let left = |on: Date| {
            let there = match pool {
                Some(pool) => there_on(picture, pool, on),
                None if is_closed(picture, place.as_str(), on) => 0,
                None => most,
            };
            (there - used(&id, on)).clamp(0, most)
        };
        let calendar = stretches(most, days(today, after(today, HORIZON - 1)).map(left));
        Resource { id, capacity: most, calendar }
    };
    Document {
        format: FORMAT.into(),
        name: place.to_string(),
        objective: Objective::WeightedTardiness,
        resources: resources.into_iter().map(resource).collect(),
        tasks,
        ..Document::default()
    }
}
