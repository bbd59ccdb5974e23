//! Changes to an instance: what a question of "what if" is made of, and what removes the cause of a shortfall.
//!
//! A change names what it is about by the instance's own ids. Nothing here solves anything, and no change touches the
//! instance that it is asked about: [`apply`] gives another one.

use serde::{Deserialize, Serialize};

use crate::instance::{Capacity, Instance, Lane, MAX_QUANTITY, Offer};

/// Longest transit, and most time that a want is given, in periods.
const MOST_TRANSIT: usize = crate::instance::MAX_PERIODS as usize;

/// One thing that is otherwise. Periods are counted from 0, the last included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Nothing departs from a place or towards it in these periods. If these are all periods, nothing is repaired or
    /// taught there either.
    ClosePlace {
        /// The place.
        place: String,
        /// First period.
        from: usize,
        /// Last period.
        to: usize,
    },
    /// At most so much departs on a lane in these periods; 0 closes it.
    LimitLane {
        /// The lane.
        lane: String,
        /// First period.
        from: usize,
        /// Last period.
        to: usize,
        /// Tonnes per period.
        capacity_t: f64,
    },
    /// A lane takes longer: the ship is slower, the crossing waits.
    DelayLane {
        /// The lane.
        lane: String,
        /// Periods more.
        periods: usize,
    },
    /// A donor gives nothing of what is still open.
    DropDonor {
        /// The donor.
        donor: String,
    },
    /// An offer falls away.
    DropOffer {
        /// The offer.
        offer: String,
    },
    /// An offer is there later.
    DelayOffer {
        /// The offer.
        offer: String,
        /// Periods later.
        periods: usize,
    },
    /// Somebody offers more.
    AddOffer {
        /// Id of the new offer.
        offer: String,
        /// Who gives it.
        donor: String,
        /// What.
        resource: String,
        /// Units.
        quantity: i64,
        /// Where it waits.
        place: String,
        /// First period in which it is there.
        from: usize,
    },
    /// An offer has more units.
    MoreOf {
        /// The offer.
        offer: String,
        /// Units more.
        units: i64,
    },
    /// An offer may serve any purpose.
    LiftCaveat {
        /// The offer.
        offer: String,
    },
    /// More may depart on a lane in these periods.
    WidenLane {
        /// The lane.
        lane: String,
        /// First period.
        from: usize,
        /// Last period.
        to: usize,
        /// Tonnes more per period.
        tonnes: f64,
    },
    /// A place handles more per period.
    WidenHandling {
        /// The place.
        place: String,
        /// Tonnes more per period.
        tonnes: f64,
    },
    /// A place stores more.
    WidenStorage {
        /// The place.
        place: String,
        /// Tonnes more.
        tonnes: f64,
    },
    /// A workshop or school begins more per period.
    WidenProcess {
        /// The process.
        process: String,
        /// Units more per period.
        units: i64,
    },
    /// A want may be met later: it is due and expires later, beyond the last period if need be.
    MoreTime {
        /// The requirement or package.
        want: String,
        /// Periods more.
        periods: usize,
    },
}

/// The instance as it would be.
///
/// # Errors
/// If a change names what is not there, or asks for what cannot be; the words name it.
pub fn apply(instance: &Instance, changes: &[Change]) -> Result<Instance, String> {
    let mut changed = instance.clone();
    for change in changes {
        one(&mut changed, change)?;
    }
    Ok(changed)
}

fn one(d: &mut Instance, change: &Change) -> Result<(), String> {
    let periods = d.periods;
    match change {
        Change::ClosePlace { place, from, to } => close(d, place, *from, *to)?,
        Change::LimitLane { lane, from, to, capacity_t } => {
            limited(*capacity_t)?;
            let lane = found(&mut d.lanes, |l| &l.id, "lane", lane)?;
            each(lane, periods, *from, *to, |tonnes| tonnes.min(*capacity_t))?;
        }
        Change::WidenLane { lane, from, to, tonnes } => {
            limited(*tonnes)?;
            let lane = found(&mut d.lanes, |l| &l.id, "lane", lane)?;
            each(lane, periods, *from, *to, |now| now + tonnes)?;
        }
        Change::DelayLane { lane, periods: longer } => {
            let lane = found(&mut d.lanes, |l| &l.id, "lane", lane)?;
            lane.transit = lane.transit.saturating_add(*longer).min(MOST_TRANSIT);
        }
        Change::DropDonor { donor } => {
            let before = d.offers.len();
            d.offers.retain(|o| o.donor != *donor);
            if d.offers.len() == before {
                return Err(format!("nothing of what is planned with comes from {donor:?}"));
            }
        }
        Change::DropOffer { offer } => {
            found(&mut d.offers, |o| &o.id, "offer", offer)?;
            d.offers.retain(|o| o.id != *offer);
        }
        Change::DelayOffer { offer, periods: later } => {
            let found = found(&mut d.offers, |o| &o.id, "offer", offer)?;
            found.from = found.from.saturating_add(*later);
            if found.from >= periods {
                d.offers.retain(|o| o.id != *offer);
            }
        }
        Change::AddOffer { offer, donor, resource, quantity, place, from } => {
            found(&mut d.resources, |r| &r.id, "resource", resource)?;
            found(&mut d.places, |p| &p.id, "place", place)?;
            if d.offers.iter().any(|o| o.id == *offer) {
                return Err(format!("there is an offer {offer:?} already"));
            }
            if !(1..=MAX_QUANTITY).contains(quantity) {
                return Err(format!("a quantity must be 1 to {MAX_QUANTITY}"));
            }
            within(*from, periods)?;
            let (id, donor, resource) = (offer.clone(), donor.clone(), resource.clone());
            let (quantity, place, from) = (*quantity, place.clone(), *from);
            d.offers.push(Offer { id, donor, resource, quantity, place, from, only_for: None });
        }
        Change::MoreOf { offer, units } => {
            let found = found(&mut d.offers, |o| &o.id, "offer", offer)?;
            found.quantity = found.quantity.saturating_add((*units).max(0)).min(MAX_QUANTITY);
        }
        Change::LiftCaveat { offer } => found(&mut d.offers, |o| &o.id, "offer", offer)?.only_for = None,
        Change::WidenHandling { place, tonnes } => {
            limited(*tonnes)?;
            let place = found(&mut d.places, |p| &p.id, "place", place)?;
            place.handling_t = place.handling_t.map(|now| now + tonnes);
        }
        Change::WidenStorage { place, tonnes } => {
            limited(*tonnes)?;
            let place = found(&mut d.places, |p| &p.id, "place", place)?;
            place.storage_t = place.storage_t.map(|now| now + tonnes);
        }
        Change::WidenProcess { process, units } => {
            let process = found(&mut d.processes, |p| &p.id, "process", process)?;
            process.capacity += (*units).clamp(0, MAX_QUANTITY) as f64;
        }
        Change::MoreTime { want, periods: more } => later(d, want, *more)?,
    }
    Ok(())
}

fn found<'d, T>(list: &'d mut [T], id: impl Fn(&T) -> &String, what: &str, wanted: &str) -> Result<&'d mut T, String> {
    list.iter_mut().find(|x| id(x) == wanted).ok_or_else(|| format!("there is no {what} {wanted:?} in the plan"))
}

fn within(period: usize, periods: usize) -> Result<(), String> {
    if period < periods { Ok(()) } else { Err(format!("period {} is after the last, {periods}", period + 1)) }
}

fn limited(tonnes: f64) -> Result<(), String> {
    let fits = (0.0..=1e9).contains(&tonnes);
    if fits { Ok(()) } else { Err("tonnes must be 0 to a thousand million".into()) }
}

/// Changes what may depart on a lane in some periods.
fn each(lane: &mut Lane, periods: usize, from: usize, to: usize, new: impl Fn(f64) -> f64) -> Result<(), String> {
    within(from, periods)?;
    within(to, periods)?;
    if to < from {
        return Err(format!("period {} is before {}", to + 1, from + 1));
    }
    let now = |t| lane.capacity_t.in_period(t);
    let all = (0..periods).map(|t| if (from..=to).contains(&t) { new(now(t)) } else { now(t) }).collect();
    lane.capacity_t = Capacity::PerPeriod(all);
    Ok(())
}

fn close(d: &mut Instance, place: &str, from: usize, to: usize) -> Result<(), String> {
    let periods = d.periods;
    found(&mut d.places, |p| &p.id, "place", place)?;
    within(from, periods)?;
    for lane in d.lanes.iter_mut().filter(|l| l.from == place || l.to == place) {
        each(lane, periods, from, to, |_| 0.0)?;
    }
    if from == 0 && to + 1 >= periods {
        d.processes.iter_mut().filter(|p| p.place == place).for_each(|p| p.capacity = 0.0);
    }
    Ok(())
}

/// Gives a want more time, and the whole instance more periods if the want's time goes beyond the last.
fn later(d: &mut Instance, want: &str, more: usize) -> Result<(), String> {
    let requirement = d.requirements.iter_mut().find(|r| r.id == want).map(|r| (&mut r.due, &mut r.expires));
    let package = d.packages.iter_mut().find(|k| k.id == want).map(|k| (&mut k.due, &mut k.expires));
    let (due, expires) = requirement.or(package).ok_or_else(|| format!("there is no need {want:?} in the plan"))?;
    let more = more.min(MOST_TRANSIT);
    (*due, *expires) = (*due + more, *expires + more);
    let needed = (*expires).max(*due + 1);
    if needed > d.periods {
        let periods = needed.min(MOST_TRANSIT);
        for lane in &mut d.lanes {
            if let Capacity::PerPeriod(all) = &mut lane.capacity_t {
                let last = all.last().copied().unwrap_or(0.0);
                all.resize(periods, last);
            }
        }
        d.periods = periods;
    }
    Ok(())
}
