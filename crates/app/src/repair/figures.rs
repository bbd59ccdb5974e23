//! The board: how many orders are in which state, the queue of each facility and when it is through, how long repairs take, what blocks, which
//! parts are lacking, and how much of what units have is fit for use. Every figure names the orders that it is made of.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use muster_domain::{
    code::Code,
    consignment::ConsignmentState,
    ledger::account::Whereabouts,
    party::PartyKind,
    picture::Picture,
    repair::{BlockingReason, QuoteState, WorkOrderState, percentile, time_outside},
    resource::ResourceState,
    viewer::Viewer,
};
use muster_storage::{
    db::Conn,
    repair::{self as store, Course, OrderFilter, QuoteFilter, WorkOrder},
    transfer::read::consignment_of,
};

use super::repairs;
use crate::{App, Error, everything, transfer::keeper};

/// Weeks over which turnaround is measured.
const WEEKS: i64 = 52;
/// Weeks over which availability is told, each by its end.
const AVAILABILITY_WEEKS: usize = 8;

/// What the board tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Orders that are not over, by state.
    pub states: Vec<(WorkOrderState, usize)>,
    /// Since when each of them is in its state.
    pub since: BTreeMap<Code, Timestamp>,
    /// Facilities with something to do.
    pub facilities: Vec<Facility>,
    /// How long repairs took, from induction to release, of those that were released in the last year.
    pub turnaround: Vec<Turnaround>,
    /// What keeps orders from going on, the most frequent first.
    pub blocking: Vec<Blocking>,
    /// Parts that orders wait for, those that block most first.
    pub lacking: Vec<Lacking>,
    /// How much of what units have is fit for use, over the last weeks.
    pub availability: Vec<Availability>,
    /// What of the orders that are not over is where.
    pub whereabouts: BTreeMap<Whereabouts, Vec<There>>,
}

/// Something at a place, or on a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct There {
    /// The order.
    pub order: Code,
    /// Its state.
    pub state: WorkOrderState,
    /// Units of it.
    pub units: i64,
}

/// What a facility has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facility {
    /// The place.
    pub place: Code,
    /// Units that are to come.
    pub coming: i64,
    /// Units that are there and not in repair.
    pub waiting: i64,
    /// Units in repair or tested.
    pub in_repair: i64,
    /// Units that may start in one period, by its repairs of what it has to do.
    pub capacity: i64,
    /// When all that is there or to come is through at that pace; none if it has no capacity for it.
    pub through: Option<jiff::civil::Date>,
}

/// How long repairs of a resource took at a facility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turnaround {
    /// What was repaired, unserviceable.
    pub resource: Code,
    /// Where; none: where it stood.
    pub facility: Option<Code>,
    /// The orders.
    pub orders: Vec<Code>,
    /// Half of them took no longer.
    pub half: SignedDuration,
    /// Nine of ten took no longer.
    pub most: SignedDuration,
    /// Half of them were worked on no longer, from the start of work to the release: without the waiting for a bay, and without the time in
    /// which something kept them from going on.
    pub in_repair: SignedDuration,
}

/// A reason for which orders stand still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocking {
    /// The reason.
    pub reason: BlockingReason,
    /// The orders.
    pub orders: Vec<Code>,
    /// Since when the first of them does.
    pub since: Timestamp,
}

/// A part that orders wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// The part.
    pub resource: Code,
    /// Units that are lacking.
    pub units: i64,
    /// The orders.
    pub orders: Vec<Code>,
    /// The requirements that were raised for it.
    pub requirements: Vec<Code>,
}

/// How much of one item that a unit has is fit for use.
#[derive(Clone, Debug, PartialEq)]
pub struct Availability {
    /// The unit.
    pub holder: Code,
    /// The item, fit for use.
    pub resource: Code,
    /// By week: its end, units that are fit for use, and all that the unit has, repairs included.
    pub weeks: Vec<(Timestamp, i64, i64)>,
    /// Orders that keep the rest.
    pub orders: Vec<Code>,
}

impl Availability {
    /// Fit for use of all, from 0 to 1, at the last of the weeks.
    pub fn rate(&self) -> Option<f64> {
        let (_, fit, all) = self.weeks.last()?;
        (*all > 0).then(|| *fit as f64 / *all as f64)
    }
}

impl App {
    /// The board, of what the viewer sees.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn repair_figures(&self, viewer: &Viewer) -> Result<Figures, Error> {
        let mut conn = self.read().await?;
        let (picture, _) = self.memory.picture(&mut conn, viewer).await?;
        let (whole, _) = self.memory.picture(&mut conn, &everything()).await?;
        let now = self.now();
        let since = now.checked_sub(SignedDuration::from_hours(24 * 7 * WEEKS)).unwrap_or(Timestamp::MIN);
        let courses = store::courses(&mut conn, viewer, since).await?;
        let current: Vec<&Course> = courses.iter().filter(|course| !state(course).is_over()).collect();
        let mut states: BTreeMap<WorkOrderState, usize> = BTreeMap::new();
        current.iter().for_each(|course| *states.entry(state(course)).or_default() += 1);
        let mut blocking: BTreeMap<BlockingReason, Blocking> = BTreeMap::new();
        for (code, block) in store::blocked(&mut conn, viewer).await? {
            let (reason, since) = (block.reason, block.since);
            let of = blocking.entry(reason).or_insert(Blocking { reason, orders: Vec::new(), since });
            of.since = of.since.min(since);
            of.orders.push(code);
        }
        let mut lacking: BTreeMap<Code, Lacking> = BTreeMap::new();
        for (code, part, units) in store::lacking(&mut conn, viewer).await? {
            if units > 0 {
                let of = lacking.entry(part.resource.clone()).or_insert_with(|| Lacking {
                    resource: part.resource,
                    units: 0,
                    orders: Vec::new(),
                    requirements: Vec::new(),
                });
                of.units += units;
                of.orders.push(code);
                of.requirements.extend(part.requirement);
            }
        }
        let weeks = weeks(now);
        let fit = store::available(&mut conn, viewer, weeks[0], weeks.len()).await?;
        let mut blocking: Vec<Blocking> = blocking.into_values().collect();
        blocking.sort_by_key(|of| std::cmp::Reverse(of.orders.len()));
        let mut lacking: Vec<Lacking> = lacking.into_values().collect();
        lacking.sort_by_key(|of| (std::cmp::Reverse(of.orders.len()), std::cmp::Reverse(of.units)));
        Ok(Figures {
            states: states.into_iter().collect(),
            since: current.iter().filter_map(|c| Some((c.code.clone(), since_when(c)?))).collect(),
            facilities: self.facilities(viewer, (&picture, &whole), &current),
            turnaround: turnaround(&courses, since, &store::blocked_spans(&mut conn, viewer, since).await?),
            blocking,
            lacking,
            availability: availability(viewer, &picture, &courses, &weeks, &fit),
            whereabouts: whereabouts(&mut conn, viewer).await?,
        })
    }

    /// By the picture that the viewer sees; who keeps a facility knows what it can do, even who sees no catalogue.
    fn facilities(&self, viewer: &Viewer, (seen, whole): (&Picture, &Picture), current: &[&Course]) -> Vec<Facility> {
        let mut by_place: BTreeMap<&Code, Vec<&Course>> = BTreeMap::new();
        for course in current.iter().filter(|course| state(course).is_open()) {
            if let Some(place) = &course.facility {
                by_place.entry(place).or_default().push(course);
            }
        }
        let period = whole.mission().map_or(7, |mission| i64::from(mission.period_days));
        let facility = |(place, courses): (&Code, Vec<&Course>)| {
            let keeps = keeper(whole, place).is_some_and(|keeper| viewer.owns(&keeper));
            let picture = if keeps { whole } else { seen };
            let units = |of: fn(WorkOrderState) -> bool| -> i64 {
                courses.iter().filter(|course| of(state(course))).map(|course| course.quantity).sum()
            };
            let (coming, in_repair) = (units(|state| !state.is_in_shop()), units(WorkOrderState::is_in_hand));
            let waiting = units(WorkOrderState::is_in_shop) - in_repair;
            // By repair: units that may start in a period, days that one takes, units that are there or to come.
            let mut processes: BTreeMap<&Code, (i64, i64, i64)> = BTreeMap::new();
            for course in &courses {
                if let Some(process) = repairs(picture, &course.resource, Some(place)).next() {
                    let figures = (i64::from(process.capacity), i64::from(process.duration_days), 0);
                    let of = processes.entry(&process.code).or_insert(figures);
                    of.2 += if state(course).is_in_hand() { 0 } else { course.quantity };
                }
            }
            let capacity: i64 = processes.values().map(|(capacity, ..)| capacity).sum();
            let days = processes.values().map(|(capacity, days, units)| {
                let periods = if *capacity > 0 { (units + capacity - 1) / capacity } else { return None };
                Some((periods - 1).max(0) * period + days)
            });
            let days = days.collect::<Option<Vec<i64>>>().and_then(|days| days.into_iter().max());
            Facility {
                place: place.clone(),
                coming,
                waiting,
                in_repair,
                capacity,
                through: days.and_then(|days| self.today().checked_add(days.days()).ok()),
            }
        };
        by_place.into_iter().map(facility).collect()
    }
}

/// Where the things are whose orders are not over: where the order last saw them, or where the consignment is that brings them.
async fn whereabouts(conn: &mut Conn, viewer: &Viewer) -> Result<BTreeMap<Whereabouts, Vec<There>>, Error> {
    let current = OrderFilter { current: true, ..OrderFilter::default() };
    let mut all: BTreeMap<Whereabouts, Vec<There>> = BTreeMap::new();
    for order in store::all_orders(conn, viewer, &current).await? {
        let brings = order.consignment.as_ref().filter(|_| order.state == WorkOrderState::Triaged);
        let seen = match brings {
            Some(brings) => consignment_of(conn, viewer, brings.as_str()).await?,
            None => None,
        };
        // Where a consignment is, knows who sees it: to others its order is nowhere.
        if let (Some(brings), None) = (brings, &seen) {
            let hidden = consignment_of(conn, &everything(), brings.as_str()).await?;
            if hidden.is_some_and(|hidden| hidden.state != ConsignmentState::Cancelled) {
                continue;
            }
        }
        let at = match seen {
            Some(brings) if brings.state == ConsignmentState::UnderWay => brings.lane().cloned().map(Whereabouts::Lane),
            Some(brings) if brings.state != ConsignmentState::Cancelled => Some(Whereabouts::Place(brings.place)),
            _ => order.account.whereabouts(),
        };
        // What a unit has in service is in an account without a place: it is where it broke down.
        let at = at.unwrap_or(Whereabouts::Place(order.place));
        all.entry(at).or_default().push(There { order: order.code, state: order.state, units: order.quantity });
    }
    Ok(all)
}

/// What orders that wait at a facility will take of its repairs.
#[derive(Default)]
pub(crate) struct Waiting {
    /// Process, the start of the period in which they start, and units.
    pub(crate) starts: Vec<(String, Timestamp, i64)>,
    /// Those of them for which a fund has set aside what was agreed.
    pub(crate) priced: Vec<(String, Timestamp, i64)>,
}

/// When orders that wait at a facility will start there, by its repairs and their capacity: the most urgent first, then the oldest. The
/// planner leaves that much of each repair to them.
///
/// # Errors
/// If the database fails.
pub(crate) async fn waiting(conn: &mut Conn, picture: &Picture, today: jiff::civil::Date) -> Result<Waiting, Error> {
    let Some(mission) = picture.mission() else { return Ok(Waiting::default()) };
    let agreed = QuoteFilter { state: Some(QuoteState::Approved), ..QuoteFilter::default() };
    // What is agreed in other money is none of a budget's.
    let agreed = store::all_quotes(conn, &everything(), &agreed).await?.into_iter();
    let agreed = agreed.filter(|(_, quote)| quote.currency == mission.currency);
    let agreed: BTreeSet<Code> = agreed.map(|(order, _)| order).collect();
    let mut priced: BTreeMap<(Code, i64), i64> = BTreeMap::new();
    let open = OrderFilter { open: true, ..OrderFilter::default() };
    let waiting = |order: &&WorkOrder| !order.state.is_in_hand();
    let mut used: BTreeMap<(Code, i64), i64> = BTreeMap::new();
    for order in store::all_orders(conn, &everything(), &open).await?.iter().filter(waiting) {
        let Some(facility) = &order.facility else { continue };
        let Some(process) = repairs(picture, &order.resource, Some(facility)).next() else { continue };
        let (mut left, mut period) = (order.quantity, mission.period_of(today));
        while left > 0 && process.capacity > 0 && period < i64::from(mission.periods) {
            let there = used.entry((process.code.clone(), period)).or_default();
            let units = left.min(i64::from(process.capacity) - *there).max(0);
            if agreed.contains(&order.code) {
                *priced.entry((process.code.clone(), period)).or_default() += units;
            }
            (*there, left, period) = (*there + units, left - units, period + 1);
        }
    }
    let start = |((process, period), units): ((Code, i64), i64)| {
        (process.to_string(), crate::start_of(mission.day_of(period)), units)
    };
    let told = |all: BTreeMap<_, i64>| all.into_iter().filter(|(_, units)| *units > 0).map(start).collect();
    Ok(Waiting { starts: told(used), priced: told(priced) })
}

/// The state that an order is in.
fn state(course: &Course) -> WorkOrderState {
    course.steps.last().map_or(WorkOrderState::Requested, |(state, _)| *state)
}

/// Since when an order is in its state: what only repeats it begins nothing.
fn since_when(course: &Course) -> Option<Timestamp> {
    let same = course.steps.iter().rev().take_while(|(at, _)| *at == state(course));
    same.last().map(|(_, at)| *at)
}

/// The ends of the last weeks, now being the last.
fn weeks(now: Timestamp) -> [Timestamp; AVAILABILITY_WEEKS] {
    let before = |weeks: usize| now - SignedDuration::from_hours(24 * 7 * weeks as i64);
    std::array::from_fn(|n| before(AVAILABILITY_WEEKS - 1 - n))
}

fn turnaround(
    courses: &[Course],
    since: Timestamp,
    blocked: &BTreeMap<Code, Vec<(Timestamp, Timestamp)>>,
) -> Vec<Turnaround> {
    let mut all: BTreeMap<(Code, Option<Code>), Took> = BTreeMap::new();
    for course in courses {
        let at = |wanted| course.steps.iter().find(|(state, _)| *state == wanted).map(|(_, at)| *at);
        if let (Some(from), Some(to)) = (at(WorkOrderState::Inducted), at(WorkOrderState::Released))
            && to >= since
        {
            let took = all.entry((course.resource.clone(), course.facility.clone())).or_default();
            took.orders.push(course.code.clone());
            took.durations.push(to.duration_since(from));
            let started = at(WorkOrderState::InRepair).unwrap_or(from);
            took.in_repair.push(time_outside((started, to), blocked.get(&course.code).map_or(&[], Vec::as_slice)));
        }
    }
    let of = |((resource, facility), took): ((Code, Option<Code>), Took)| {
        let (half, most) = (percentile(&took.durations, 0.5)?, percentile(&took.durations, 0.9)?);
        let in_repair = percentile(&took.in_repair, 0.5)?;
        Some(Turnaround { resource, facility, orders: took.orders, half, most, in_repair })
    };
    all.into_iter().filter_map(of).collect()
}

/// Repairs of one kind, and how long each took.
#[derive(Default)]
struct Took {
    orders: Vec<Code>,
    durations: Vec<SignedDuration>,
    in_repair: Vec<SignedDuration>,
}

/// Serviceable units in service of all that a unit has: those, and what its orders that are not over keep from it. Only what units had
/// repaired or have in repair is told: of the rest all is fit.
fn availability(
    viewer: &Viewer,
    picture: &Picture,
    courses: &[Course],
    weeks: &[Timestamp],
    fit: &BTreeMap<(Code, Code), Vec<i64>>,
) -> Vec<Availability> {
    let item = |resource: &Code| picture.resources.get(resource.as_str()).map(|resource| resource.item.code().clone());
    let whole = |item: &Code| {
        let fit =
            |r: &&muster_domain::resource::Resource| r.item.code() == item && r.state == ResourceState::Serviceable;
        picture.resources.values().find(fit).map(|r| r.code.clone())
    };
    // Who sees an order and not all that its unit has would be told a wrong rate.
    let is_unit = |holder: &Code| {
        if !viewer.sees_all_of(holder) {
            return false;
        }
        let kind = picture.parties.get(holder.as_str()).map(|party| party.kind);
        matches!(kind, Some(PartyKind::Unit | PartyKind::Nation))
    };
    let mut of_units: BTreeMap<(&Code, Code), Vec<&Course>> = BTreeMap::new();
    for course in courses.iter().filter(|course| is_unit(&course.holder)) {
        if let Some(item) = item(&course.resource) {
            of_units.entry((&course.holder, item)).or_default().push(course);
        }
    }
    let kept = |course: &Course, at: Timestamp| {
        let begun = course.steps.first().is_some_and(|(_, reported)| *reported <= at);
        let over = course.steps.iter().any(|(state, ended)| state.is_over() && *ended <= at);
        begun && !over
    };
    let one = |((holder, item), courses): ((&Code, Code), Vec<&Course>)| {
        let resource = whole(&item)?;
        let fit = fit.get(&(holder.clone(), resource.clone()));
        let week = |(n, at): (usize, &Timestamp)| {
            let fit = fit.map_or(0, |weeks| weeks[n]);
            let kept: i64 = courses.iter().filter(|c| kept(c, *at)).map(|course| course.quantity).sum();
            (*at, fit, fit + kept)
        };
        Some(Availability {
            holder: holder.clone(),
            weeks: weeks.iter().enumerate().map(week).collect(),
            orders: courses.iter().filter(|c| !state(c).is_over()).map(|course| course.code.clone()).collect(),
            resource,
        })
    };
    of_units.into_iter().filter_map(one).collect()
}
