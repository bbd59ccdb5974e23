//! Small random instances with everything that is awkward: lanes without transit, circles, chains of processes,
//! limits of 0, offers at their destination, wants nobody can serve.

use muster_planner::instance::{
    Accepted, Capacity, Component, FORMAT, Instance, Lane, Offer, Package, Place, Process, Requirement, Resource,
};

/// A generator of numbers (splitmix64), so that tests need no other.
#[derive(Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap()
    }

    pub(crate) fn from(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most + 1 - least)
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// How large an instance is at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) periods: usize,
    pub(crate) places: usize,
    pub(crate) lanes: usize,
    pub(crate) offers: usize,
    pub(crate) wants: usize,
    pub(crate) quantity: usize,
}

pub(crate) const SMALL: Size = Size { periods: 8, places: 5, lanes: 10, offers: 6, wants: 6, quantity: 9 };
/// Small enough to try everything.
pub(crate) const TINY: Size = Size { periods: 3, places: 3, lanes: 3, offers: 2, wants: 2, quantity: 2 };

const RESOURCES: usize = 4;
const PURPOSES: [&str; 3] = ["medical", "mobility", "demining"];

pub(crate) fn instance(seed: u64) -> Instance {
    sized(seed, SMALL)
}

pub(crate) fn sized(seed: u64, size: Size) -> Instance {
    let dice = &mut Dice(seed);
    let (periods, places) = (dice.from(1, size.periods), dice.from(1, size.places));
    Instance {
        format: FORMAT.into(),
        name: format!("random-{seed}"),
        periods,
        cost_weight: *dice.pick(&[0.0, 0.01, 0.1]),
        resources: (0..RESOURCES).map(|n| resource(dice, n)).collect(),
        places: (0..places).map(|n| place(dice, n)).collect(),
        lanes: (0..dice.from(0, size.lanes)).map(|n| lane(dice, n, places, periods)).collect(),
        processes: (0..dice.from(0, 4)).map(|n| process(dice, n, places)).collect(),
        offers: (0..dice.from(0, size.offers)).map(|n| offer(dice, n, places, periods, size)).collect(),
        requirements: (0..dice.from(0, size.wants)).map(|n| requirement(dice, n, places, periods, size)).collect(),
        packages: (0..dice.from(0, size.wants / 2)).map(|n| package(dice, n, places, periods)).collect(),
    }
}

fn resource(dice: &mut Dice, n: usize) -> Resource {
    let hazard = dice.one_in(4).then(|| "flammable".to_owned());
    Resource { id: format!("item-{n}"), unit_mass_t: *dice.pick(&[0.0, 0.1, 1.0, 2.5]), hazard }
}

fn place(dice: &mut Dice, n: usize) -> Place {
    let limit = |dice: &mut Dice| dice.one_in(3).then(|| dice.below(12) as f64);
    let (handling_t, storage_t) = (limit(dice), limit(dice));
    Place { id: format!("place-{n}"), kind: "any".into(), x_km: 0.0, y_km: 0.0, handling_t, storage_t }
}

fn lane(dice: &mut Dice, n: usize, places: usize, periods: usize) -> Lane {
    let capacity_t = match dice.one_in(3) {
        true => Capacity::PerPeriod((0..periods).map(|_| dice.below(15) as f64).collect()),
        false => Capacity::Constant(dice.below(15) as f64),
    };
    Lane {
        id: format!("lane-{n}"),
        from: format!("place-{}", dice.below(places)),
        to: format!("place-{}", dice.below(places)),
        mode: "road".into(),
        transit: dice.below(3),
        capacity_t,
        cost_per_t: *dice.pick(&[0.0, 3.0, 10.0]),
        forbids: if dice.one_in(4) { vec!["flammable".into()] } else { vec![] },
    }
}

fn process(dice: &mut Dice, n: usize, places: usize) -> Process {
    Process {
        id: format!("process-{n}"),
        kind: "repair".into(),
        place: format!("place-{}", dice.below(places)),
        input: format!("item-{}", dice.below(RESOURCES)),
        output: format!("item-{}", dice.below(RESOURCES)),
        duration: dice.below(3),
        capacity: dice.below(5) as f64,
        cost: *dice.pick(&[0.0, 5.0]),
    }
}

fn offer(dice: &mut Dice, n: usize, places: usize, periods: usize, size: Size) -> Offer {
    Offer {
        id: format!("offer-{n}"),
        donor: "N".into(),
        resource: format!("item-{}", dice.below(RESOURCES)),
        quantity: dice.from(0, size.quantity) as i64,
        place: format!("place-{}", dice.below(places)),
        from: dice.below(periods.div_ceil(2)),
        only_for: dice.one_in(3).then(|| PURPOSES.iter().filter(|_| dice.one_in(2)).map(|p| (*p).into()).collect()),
    }
}

fn window(dice: &mut Dice, periods: usize) -> (usize, usize) {
    let due = dice.below(periods);
    (due, due + dice.below(4))
}

fn requirement(dice: &mut Dice, n: usize, places: usize, periods: usize, size: Size) -> Requirement {
    let (due, expires) = window(dice, periods);
    let first = dice.below(RESOURCES);
    let accepts = (0..dice.from(0, 2)).map(|n| Accepted {
        resource: format!("item-{}", (first + n) % RESOURCES),
        utility: *dice.pick(&[1.0, 0.7, 0.0]),
    });
    Requirement {
        id: format!("requirement-{n}"),
        accepts: accepts.collect(),
        place: format!("place-{}", dice.below(places)),
        purpose: (*dice.pick(&PURPOSES)).into(),
        quantity: dice.from(0, size.quantity) as i64,
        priority: *dice.pick(&[0.0, 1.0, 5.0, 20.0]),
        due,
        expires,
    }
}

fn package(dice: &mut Dice, n: usize, places: usize, periods: usize) -> Package {
    let (due, expires) = window(dice, periods);
    let component = |dice: &mut Dice| Component {
        resource: format!("item-{}", dice.below(RESOURCES)),
        quantity: dice.from(1, 3) as i64,
    };
    Package {
        id: format!("package-{n}"),
        components: (0..dice.from(1, 3)).map(|_| component(dice)).collect(),
        place: format!("place-{}", dice.below(places)),
        purpose: (*dice.pick(&PURPOSES)).into(),
        count: dice.from(0, 3) as i64,
        priority: *dice.pick(&[0.0, 30.0, 100.0]),
        due,
        expires,
    }
}
