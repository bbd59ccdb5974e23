//! What an integer program must know of lumps: trips, least loads, further types of a fleet, and limits that are passed
//! at a price. Each is a variable that makes room in rows of its own, or in rows that are there.

use std::collections::BTreeMap;

use super::column::Capacities;
use super::integer::{Choice, Row};
use super::network::Network;
use super::room::Room;

/// Loads below this are none.
const NOTHING: f64 = 1e-9;

/// A variable that makes room.
#[derive(Debug)]
pub(super) struct Lump {
    /// Of one.
    pub(super) cost: f64,
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) whole: bool,
    pub(super) entries: Vec<(usize, f64)>,
}

/// Variables and the rows that they need, numbered after the program's.
#[derive(Debug, Default)]
pub(super) struct Lumps {
    pub(super) lumps: Vec<Lump>,
    /// Least and most of each row.
    pub(super) rows: Vec<(f64, f64)>,
    /// Entries of each column, per unit.
    pub(super) of_column: Vec<Vec<(usize, f64)>>,
}

impl Lumps {
    /// `rows` are those of the program.
    pub(super) fn new(
        (network, capacities, room): (&Network, &Capacities, &Room),
        columns: &[Choice<'_>],
        rows: &BTreeMap<Row, (usize, f64)>,
    ) -> Lumps {
        let priced = rows.iter().filter_map(|(key, (row, _))| match *key {
            Row::Capacity(id) => capacities.penalty(network, id).map(|penalty| (*row, penalty)),
            _ => None,
        });
        let mut all = Lumps { of_column: vec![Vec::new(); columns.len()], ..Lumps::default() };
        let passed =
            |(row, cost)| Lump { cost, least: 0.0, most: f64::INFINITY, whole: false, entries: vec![(row, -1.0)] };
        all.lumps.extend(priced.map(passed));
        if network.lumps {
            let build = Build { network, capacities, room, columns, rows };
            build.lanes(&mut all);
            build.fleets(&mut all);
        }
        all
    }

    /// The least values that make room enough for row activities of all else.
    pub(super) fn start(&self, activity: &[f64], upper: &[f64]) -> Vec<f64> {
        let mut activity = activity.to_vec();
        let mut values = Vec::with_capacity(self.lumps.len());
        for lump in &self.lumps {
            let makes_room = lump.entries.iter().filter(|(row, each)| *each < 0.0 && upper[*row].is_finite());
            let needed = makes_room.map(|&(row, each)| (activity[row] - upper[row]) / -each);
            let needed = needed.fold(lump.least, f64::max);
            let value = (if lump.whole { (needed - 1e-7).ceil() } else { needed }).min(lump.most);
            lump.entries.iter().for_each(|&(row, each)| activity[row] += each * value);
            values.push(value);
        }
        values
    }
}

/// A column on a lane in a period, with tonnes and cubic metres of a unit.
type Load = (usize, f64, f64);

struct Build<'a> {
    network: &'a Network,
    capacities: &'a Capacities,
    room: &'a Room,
    columns: &'a [Choice<'a>],
    rows: &'a BTreeMap<Row, (usize, f64)>,
}

impl Build<'_> {
    fn row(&self, all: &mut Lumps, least: f64, most: f64) -> usize {
        all.rows.push((least, most));
        self.rows.len() + all.rows.len() - 1
    }

    /// Trips and least loads of lanes that go so, by lane and period.
    fn lanes(&self, all: &mut Lumps) {
        let mut loads: BTreeMap<(usize, usize), Vec<Load>> = BTreeMap::new();
        let lumpy =
            |l: usize| self.network.lanes[l].trip.is_some_and(|t| t.cost > 0.0) || self.network.lanes[l].least > 0.0;
        for (n, Choice { column, .. }) in self.columns.iter().enumerate() {
            for (l, t) in column.lanes().filter(|&(l, _)| lumpy(l)) {
                let used = |id: Option<usize>| {
                    let mut uses = column.uses.iter();
                    id.and_then(|id| uses.find(|u| u.0 == id)).map_or(0.0, |u| u.1)
                };
                let load = (n, used(Some(self.capacities.lane(l, t))), used(self.capacities.lane_m3(l, t)));
                loads.entry((l, t)).or_default().push(load);
            }
        }
        for ((l, t), loads) in loads {
            let lane = &self.network.lanes[l];
            let there = |id: usize| (self.capacities.limit[id] - self.room.capacity[id]).max(0.0);
            let tonnes = there(self.capacities.lane(l, t));
            let m3 = self.capacities.lane_m3(l, t).map_or(0.0, there);
            if let Some(trip) = lane.trip.filter(|trip| trip.cost > 0.0) {
                let mut entries = Vec::new();
                if let Some(each) = trip.tonnes {
                    let row = self.row(all, f64::NEG_INFINITY, -tonnes);
                    loads.iter().for_each(|&(n, mass, _)| all.of_column[n].push((row, mass)));
                    entries.push((row, -each));
                }
                if let Some(each) = trip.m3 {
                    let row = self.row(all, f64::NEG_INFINITY, -m3);
                    loads.iter().for_each(|&(n, _, volume)| all.of_column[n].push((row, volume)));
                    entries.push((row, -each));
                }
                let (least, most) = (trip.number(tonnes, m3), f64::INFINITY);
                entries.extend(self.payments(all, (l, t), &loads, trip.share(tonnes, m3)));
                all.lumps.push(Lump { cost: trip.cost, least, most, whole: true, entries });
            }
            if lane.least > 0.0 && tonnes + NOTHING < lane.least {
                let load = self.row(all, if tonnes > NOTHING { lane.least - tonnes } else { 0.0 }, f64::INFINITY);
                loads.iter().for_each(|&(n, mass, _)| all.of_column[n].push((load, mass)));
                if tonnes <= NOTHING {
                    let any = self.row(all, f64::NEG_INFINITY, 0.0);
                    loads.iter().for_each(|&(n, mass, _)| all.of_column[n].push((any, mass)));
                    let entries = vec![(any, -lane.capacity[t].max(lane.least)), (load, -lane.least)];
                    all.lumps.push(Lump { cost: 0.0, least: 0.0, most: 1.0, whole: true, entries });
                }
            }
        }
    }

    /// What a trip takes of the fund that pays for it, instead of what its loads would if trips were full; `there` is how
    /// many trips other loads would be.
    fn payments(&self, all: &mut Lumps, (l, t): (usize, usize), loads: &[Load], there: f64) -> Vec<(usize, f64)> {
        let lane = &self.network.lanes[l];
        let Some((fund, trip)) = lane.fund.zip(lane.trip) else { return Vec::new() };
        let mut rows = Vec::new();
        self.capacities.paying(self.network, Some(fund), t, 1.0, &mut |id, _| {
            rows.extend(self.rows.get(&Row::Capacity(id)).map(|row| row.0));
        });
        // What others pay for full trips is counted in what is left.
        let full: Vec<_> = rows.iter().map(|&row| (row, -trip.paid * there)).collect();
        all.lumps.push(Lump { cost: 0.0, least: 1.0, most: 1.0, whole: false, entries: full });
        for &row in &rows {
            for &(n, mass, volume) in loads {
                all.of_column[n].push((row, -trip.paid * trip.share(mass, volume)));
            }
        }
        rows.into_iter().map(|row| (row, trip.paid)).collect()
    }

    /// Types beyond the first of each fleet.
    fn fleets(&self, all: &mut Lumps) {
        let mut types: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (n, Choice { column, .. }) in self.columns.iter().enumerate() {
            self.network.wants[column.want].types.iter().for_each(|&t| types.entry(t).or_default().push(n));
        }
        for (fleet, &penalty) in self.network.fleets.iter().enumerate().filter(|(_, penalty)| **penalty > 0.0) {
            let has = |&(_, units): &(&(usize, usize), &f64)| *units > 0.5;
            let there = self.room.types.range((fleet, 0)..(fleet + 1, 0)).filter(has).count();
            let new: Vec<_> = types
                .range((fleet, 0)..(fleet + 1, 0))
                .filter(|(type_, _)| self.room.types.get(type_).is_none_or(|units| *units <= 0.5))
                .collect();
            if new.is_empty() {
                continue;
            }
            let further = self.row(all, f64::NEG_INFINITY, 1.0 - there as f64);
            for (_, columns) in new {
                let mut entries = vec![(further, 1.0)];
                for &n in columns {
                    let row = self.row(all, f64::NEG_INFINITY, 0.0);
                    all.of_column[n].push((row, 1.0));
                    entries.push((row, -(self.columns[n].most as f64)));
                }
                all.lumps.push(Lump { cost: 0.0, least: 0.0, most: 1.0, whole: true, entries });
            }
            let entries = vec![(further, -1.0)];
            all.lumps.push(Lump { cost: penalty, least: 0.0, most: f64::INFINITY, whole: false, entries });
        }
    }
}
