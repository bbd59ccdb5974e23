//! From records to a planning instance: what plans share besides goods and ways – pools, funds, timetables – and what they should heed
//! at a price.

use std::collections::BTreeMap;

use muster_domain::{code::Ref, fixed::Fixed, fund::Fund, lane::Lane, offer::Offer};
use muster_planner::instance as planner;

use super::instance::{Build, label};
use crate::repair::cost::currency_of;

impl Build<'_> {
    /// A number per period of a lane, as far as the lane is open.
    pub(super) fn open(&self, lane: &str, number: f64) -> planner::Series {
        if self.picture.closures(lane).next().is_none() {
            return number.into();
        }
        let open = |t: usize| (number * self.open_share(lane, t) * 1_000.0).round() / 1_000.0;
        planner::Series::PerPeriod((0..self.mission.periods as usize).map(open).collect())
    }

    /// The trips of a lane that earlier plans leave, as far as it is open; part of a trip is a trip.
    pub(super) fn trips(&self, lane: &Lane) -> Option<planner::Series> {
        let code = lane.code.as_str();
        let trips = self.open(code, f64::from(lane.trips?));
        let gone = self
            .lane_tonnes
            .iter()
            .filter(|((lane, _), _)| *lane == code)
            .map(|((_, t), tonnes)| (*t, lane.trip_t.map_or(0.0, |trip| (tonnes / trip.as_f64()).ceil())));
        let gone: BTreeMap<usize, f64> = gone.filter(|(_, trips)| *trips > 0.0).collect();
        if gone.is_empty() {
            return Some(trips);
        }
        let left = |t: usize| (trips.at(t) - gone.get(&t).copied().unwrap_or(0.0)).max(0.0);
        Some(planner::Series::PerPeriod((0..self.mission.periods as usize).map(left).collect()))
    }

    /// The periods in which a lane with a timetable departs, but for days on which it is closed.
    pub(super) fn timetable(&self, lane: &Lane) -> Option<Vec<usize>> {
        let (first, every) = lane.departs_on.zip(lane.departs_every_days)?;
        let departs = |t: &usize| {
            let day = self.mission.day_of(*t as i64);
            let days = (0..i64::from(self.mission.period_days))
                .filter_map(|n| day.checked_add(jiff::Span::new().days(n)).ok());
            let runs = |day: &jiff::civil::Date| {
                let since = i64::from((*day - first).get_days());
                since >= 0 && since % i64::from(every) == 0
            };
            let closed = |day: &jiff::civil::Date| self.picture.closed(lane.code.as_str(), *day).is_some();
            days.filter(runs).any(|day| !closed(&day))
        };
        Some((0..self.mission.periods as usize).filter(departs).collect())
    }

    pub(super) fn needs(&self, process: &str) -> Vec<planner::Need> {
        let need = |n: &muster_domain::process::ProcessNeed| planner::Need {
            resource: n.resource.to_string(),
            quantity: n.quantity.as_f64(),
        };
        self.picture.needs(process).map(need).collect()
    }

    pub(super) fn holds(&self, process: &str) -> Vec<planner::Hold> {
        let hold = |h: &muster_domain::process::ProcessHold| planner::Hold {
            pool: h.pool.to_string(),
            quantity: h.quantity.as_f64(),
            periods: h.days.map(|days| self.periods(days)),
        };
        self.picture.holds(process).map(hold).collect()
    }

    /// Pools, less what the repairs and courses of earlier plans hold of them.
    pub(super) fn pools(&self) -> Vec<planner::Pool> {
        let mut held: BTreeMap<(&str, usize), f64> = BTreeMap::new();
        for (&(process, start), units) in &self.starts {
            let Some(taken) = self.picture.processes.get(process) else { continue };
            for hold in self.picture.holds(process) {
                let periods = hold.days.map_or(self.periods(taken.duration_days).max(1), |days| self.periods(days));
                for t in start..start + periods {
                    *held.entry((hold.pool.as_str(), t)).or_default() += units * hold.quantity.as_f64();
                }
            }
        }
        let pool = |pool: &muster_domain::pool::Pool| {
            let code = pool.code.as_str();
            let taken = held.iter().filter(|((p, _), _)| *p == code).map(|((_, t), units)| (*t, *units)).collect();
            planner::Pool {
                id: code.to_owned(),
                place: pool.place.to_string(),
                quantity: self.left(f64::from(pool.quantity), &taken),
                accepts: pool.accepts.as_ref().map(ToString::to_string),
                purpose: None,
            }
        };
        self.picture.pools.values().map(pool).collect()
    }

    /// The fund that pays, if it has a budget: others pay whatever it takes, and so limit nothing.
    pub(super) fn payer(&self, fund: Option<&Ref<Fund>>) -> Option<String> {
        let fund = self.picture.funds.get(fund?.as_str())?;
        fund.budget.is_some().then(|| fund.code.to_string())
    }

    /// Funds with a budget that something is paid from, less what earlier plans cost them, and what was paid or set aside for repairs in the
    /// currency of the budget.
    pub(super) fn funds(&self) -> Vec<planner::Fund> {
        let mut spent: BTreeMap<String, f64> = BTreeMap::new();
        for lane in self.picture.lanes.values() {
            let Some(sum) = self.payer(lane.fund.as_ref()).map(|fund| spent.entry(fund).or_default()) else { continue };
            let mine = self.lane_tonnes.iter().filter(|((code, _), _)| *code == lane.code.as_str());
            for (_, tonnes) in mine {
                let trips = lane.trip_t.map_or(0.0, |trip| (tonnes / trip.as_f64()).ceil());
                *sum += tonnes * lane.cost_per_t.as_f64() + trips * lane.trip_cost.map_or(0.0, |cost| cost.as_f64());
            }
        }
        for process in self.picture.processes.values() {
            let Some(sum) = self.payer(process.fund.as_ref()).map(|fund| spent.entry(fund).or_default()) else {
                continue;
            };
            let mine = self.starts.iter().filter(|((code, _), _)| *code == process.code.as_str());
            let priced = self
                .taken
                .priced
                .iter()
                .filter(|(code, at, _)| *code == process.code.as_str() && self.period(*at).is_some());
            let units =
                mine.map(|(_, units)| units).sum::<f64>() - priced.map(|(.., units)| *units as f64).sum::<f64>();
            *sum += units * process.cost.as_f64();
        }
        for (fund, money, amount) in &self.taken.repairs {
            let Some(sum) = spent.get_mut(fund.as_str()) else { continue };
            let currency = currency_of(self.picture, money).filter(|currency| *currency == self.mission.currency);
            *sum += currency.map_or(0.0, |currency| Fixed::<3>::of_minor(*amount, currency.places()).as_f64());
        }
        let fund = |(id, spent): (String, f64)| {
            let budget = self.picture.funds[&id].budget.map_or(0.0, |budget| budget.as_f64());
            planner::Fund { id, budget: (budget - spent).max(0.0).into() }
        };
        spent.into_iter().map(fund).collect()
    }

    /// The donor's wish, for each unit that has needs of that purpose.
    pub(super) fn wishes(&self, offer: &Offer) -> Vec<planner::Preference> {
        let Some(bonus) = offer.wish_bonus else { return Vec::new() };
        let units = self.groups().into_iter().filter(|(purpose, _)| *purpose == offer.wish_purpose);
        let wish = |(purpose, unit): (&str, &str)| planner::Preference {
            purpose: label(purpose, unit),
            bonus: bonus.as_f64(),
        };
        units.map(wish).collect()
    }

    /// What a plan should heed at a price: fair shares of what is still open, fleets, reserves.
    pub(super) fn add_guidelines(&self, instance: &mut planner::Instance) {
        for share in self.picture.fair_shares.values() {
            let matches = |(purpose, unit): &(&str, &str)| {
                (share.purpose.is_empty() || share.purpose == *purpose)
                    && share.unit.as_ref().is_none_or(|wanted| wanted.as_str() == *unit)
            };
            let groups: Vec<_> = self.groups().into_iter().filter(matches).collect();
            let value = (share.value.as_f64() - self.promised(&groups)).max(0.0);
            let purposes: Vec<String> = groups.into_iter().map(|(purpose, unit)| label(purpose, unit)).collect();
            let open =
                instance.requirements.iter().map(|r| &r.purpose).chain(instance.packages.iter().map(|k| &k.purpose));
            if value > 0.0 && open.into_iter().any(|purpose| purposes.contains(purpose)) {
                instance.floors.push(planner::Floor {
                    id: share.code.to_string(),
                    places: None,
                    purposes: Some(purposes),
                    value,
                    penalty: share.penalty.as_f64(),
                });
            }
        }
        for fleet in self.picture.fleets.values() {
            let requirements = self.picture.requirements.values().map(|r| (&r.unit, &r.place));
            let needs = requirements.chain(self.picture.packages.values().map(|k| (&k.unit, &k.place)));
            let mut places: Vec<String> =
                needs.filter(|(unit, _)| **unit == fleet.unit).map(|(_, place)| place.to_string()).collect();
            places.sort();
            places.dedup();
            instance.fleets.push(planner::Fleet {
                id: fleet.code.to_string(),
                places,
                resources: fleet.resources.iter().map(ToString::to_string).collect(),
                penalty: fleet.penalty.as_f64(),
            });
        }
        instance.reserves.extend(self.picture.reserves.values().map(|reserve| planner::Reserve {
            id: reserve.code.to_string(),
            resources: vec![reserve.resource.to_string()],
            places: reserve.place.as_ref().map(|place| vec![place.to_string()]),
            quantity: f64::from(reserve.quantity),
            penalty: reserve.penalty.as_f64(),
        }));
    }

    /// What earlier plans and deliveries give the needs of some purposes and units, at full value.
    fn promised(&self, groups: &[(&str, &str)]) -> f64 {
        let requirements = self.picture.requirements.values();
        let of = |purpose: &str, unit: &str| groups.contains(&(purpose, unit));
        let requirements = requirements
            .filter(|r| of(r.purpose.as_str(), r.unit.as_str()))
            .map(|r| self.bound(r.code.as_str()).values().sum::<i64>() as f64 * r.priority.as_f64());
        let packages = self.picture.packages.values().filter(|k| of(k.purpose.as_str(), k.unit.as_str())).map(|k| {
            let bound = self.bound(k.code.as_str());
            let sets = self
                .picture
                .components(k.code.as_str())
                .map(|c| bound.get(c.resource.as_str()).copied().unwrap_or(0) / i64::from(c.quantity));
            sets.min().unwrap_or(0) as f64 * k.priority.as_f64()
        });
        requirements.chain(packages).sum()
    }
}
