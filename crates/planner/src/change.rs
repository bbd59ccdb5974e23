//! Changes to an instance: what a question of "what if" is made of, and what removes the cause of a shortfall.
//!
//! A change names what it is about by the instance's own ids. Nothing here solves anything, and no change touches the
//! instance that it is asked about: [`apply`] gives another one.

use serde::{Deserialize, Serialize};

use crate::instance::{FORMAT_2, Instance, MAX_QUANTITY, Offer, Series};
use crate::solve::LimitKind;

/// Longest transit, and most time that a want is given, in periods.
const MOST_TRANSIT: usize = crate::instance::MAX_PERIODS as usize;

/// One thing that is otherwise. Periods are counted from 0, the last included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Nothing departs from a place or towards it in these periods, and nothing is begun to be repaired or taught there.
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

impl Change {
    /// What would make a limit so much wider, in some periods where only some can be named; none if nothing can.
    pub(crate) fn widen(limit: LimitKind, id: &str, (from, to): (usize, usize), more: f64) -> Option<Change> {
        let id = id.to_owned();
        Some(match limit {
            LimitKind::Lane => Change::WidenLane { lane: id, from, to, tonnes: more },
            LimitKind::Handling => Change::WidenHandling { place: id, tonnes: more },
            LimitKind::Storage => Change::WidenStorage { place: id, tonnes: more },
            // The checker's tolerance is no further unit.
            LimitKind::Process => Change::WidenProcess { process: id, units: (more - 1e-6).ceil() as i64 },
            LimitKind::Offer
            | LimitKind::Order
            | LimitKind::LaneVolume
            | LimitKind::StorageVolume
            | LimitKind::HandlingIn
            | LimitKind::Need
            | LimitKind::Pool
            | LimitKind::Fund => return None,
        })
    }
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
            each(&mut lane.capacity_t, periods, (*from, *to), |tonnes| tonnes.min(*capacity_t))?;
        }
        Change::WidenLane { lane, from, to, tonnes } => {
            limited(*tonnes)?;
            let lane = found(&mut d.lanes, |l| &l.id, "lane", lane)?;
            each(&mut lane.capacity_t, periods, (*from, *to), |now| now + tonnes)?;
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
            d.offers.push(Offer { id, donor, resource, quantity, place, from, ..Offer::default() });
        }
        Change::MoreOf { offer, units } => {
            let found = found(&mut d.offers, |o| &o.id, "offer", offer)?;
            found.quantity = found.quantity.saturating_add((*units).max(0)).min(MAX_QUANTITY);
        }
        Change::LiftCaveat { offer } => found(&mut d.offers, |o| &o.id, "offer", offer)?.only_for = None,
        Change::WidenHandling { place, tonnes } => {
            limited(*tonnes)?;
            let place = found(&mut d.places, |p| &p.id, "place", place)?;
            place.handling_t = place.handling_t.as_ref().map(|now| now.map(|now| now + tonnes));
        }
        Change::WidenStorage { place, tonnes } => {
            limited(*tonnes)?;
            let place = found(&mut d.places, |p| &p.id, "place", place)?;
            place.storage_t = place.storage_t.as_ref().map(|now| now.map(|now| now + tonnes));
        }
        Change::WidenProcess { process, units } => {
            let process = found(&mut d.processes, |p| &p.id, "process", process)?;
            let more = (*units).clamp(0, MAX_QUANTITY) as f64;
            process.capacity = process.capacity.map(|now| now + more);
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

/// Changes a number in some periods.
fn each(
    series: &mut Series,
    periods: usize,
    (from, to): (usize, usize),
    new: impl Fn(f64) -> f64,
) -> Result<(), String> {
    within(from, periods)?;
    within(to, periods)?;
    if to < from {
        return Err(format!("period {} is before {}", to + 1, from + 1));
    }
    let now = |t| series.at(t);
    let all = (0..periods).map(|t| if (from..=to).contains(&t) { new(now(t)) } else { now(t) }).collect();
    *series = Series::PerPeriod(all);
    Ok(())
}

/// Nothing departs, arrives or starts at a place in some periods.
fn close(d: &mut Instance, place: &str, from: usize, to: usize) -> Result<(), String> {
    let periods = d.periods;
    found(&mut d.places, |p| &p.id, "place", place)?;
    within(from, periods)?;
    for lane in d.lanes.iter_mut().filter(|l| l.from == place || l.to == place) {
        each(&mut lane.capacity_t, periods, (from, to), |_| 0.0)?;
        if let Some(departs) = &mut lane.departs {
            departs.retain(|t| !(from..=to).contains(t));
        }
    }
    for process in d.processes.iter_mut().filter(|p| p.place == place) {
        // A process's capacity by period is of the later format.
        d.format = FORMAT_2.into();
        each(&mut process.capacity, periods, (from, to), |_| 0.0)?;
    }
    Ok(())
}

/// All numbers by period but those of funds.
fn all_series(d: &mut Instance) -> impl Iterator<Item = &mut Series> {
    let places = d.places.iter_mut().flat_map(|p| {
        [&mut p.handling_t, &mut p.storage_t, &mut p.handling_in_t, &mut p.storage_m3].into_iter().flatten()
    });
    let lanes = d
        .lanes
        .iter_mut()
        .flat_map(|l| [Some(&mut l.capacity_t), l.capacity_m3.as_mut(), l.trips.as_mut()].into_iter().flatten());
    let orders = d.offers.iter_mut().filter_map(|o| o.purchase.as_mut()?.per_period.as_mut());
    let processes = d.processes.iter_mut().map(|p| &mut p.capacity);
    places.chain(lanes).chain(orders).chain(processes).chain(d.pools.iter_mut().map(|p| &mut p.quantity))
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
        for series in all_series(d) {
            if let Series::PerPeriod(all) = series {
                let last = all.last().copied().unwrap_or(0.0);
                all.resize(periods, last);
            }
        }
        // No money comes later than planned.
        for fund in &mut d.funds {
            if let Series::PerPeriod(all) = &mut fund.budget {
                all.resize(periods, 0.0);
            }
        }
        d.periods = periods;
    }
    Ok(())
}
