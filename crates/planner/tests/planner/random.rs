//! Small random instances with everything that is awkward: lanes without transit, circles, chains of processes,
//! limits of 0, offers at their destination, wants nobody can serve.

use muster_planner::instance::{
    Accepted, Component, FORMAT, FORMAT_2, Fleet, Floor, Fund, Hold, Instance, Lane, Need, Offer, Package, Place, Pool,
    Preference, Process, Purchase, Requirement, Reserve, Resource, Series,
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
        ..Instance::default()
    }
}

/// An instance with some of the fields of the later format.
pub(crate) fn later(seed: u64, size: Size) -> Instance {
    let mut i = sized(seed, size);
    let dice = &mut Dice(seed ^ 0x5eed);
    let (periods, places) = (i.periods, i.places.len());
    i.format = FORMAT_2.into();
    let series = |dice: &mut Dice, most: usize| match dice.one_in(2) {
        true => Series::PerPeriod((0..periods).map(|_| dice.below(most) as f64).collect()),
        false => Series::Constant(dice.below(most) as f64),
    };
    let maybe = |dice: &mut Dice, most: usize| dice.one_in(3).then(|| series(dice, most));
    let fund = |dice: &mut Dice| dice.one_in(2).then(|| format!("fund-{}", dice.below(2)));
    let purpose = |dice: &mut Dice| dice.one_in(2).then(|| (*dice.pick(&PURPOSES)).to_owned());
    let some =
        |dice: &mut Dice, all: Vec<String>| -> Vec<String> { all.into_iter().filter(|_| dice.one_in(2)).collect() };
    let ids = |what: &str, n: usize| -> Vec<String> { (0..n).map(|n| format!("{what}-{n}")).collect() };
    i.funds = (0..2).map(|n| Fund { id: format!("fund-{n}"), budget: series(dice, 60) }).collect();
    let pool = |n: usize, dice: &mut Dice| Pool {
        id: format!("pool-{n}"),
        place: format!("place-{}", dice.below(places)),
        quantity: series(dice, 3),
        accepts: dice.one_in(2).then(|| format!("item-{}", dice.below(RESOURCES))),
        purpose: purpose(dice),
    };
    i.pools = (0..2).map(|n| pool(n, dice)).collect();
    for r in &mut i.resources {
        r.unit_volume_m3 = *dice.pick(&[0.0, 1.0, 4.0]);
    }
    for p in &mut i.places {
        (p.handling_in_t, p.storage_m3) = (maybe(dice, 12), maybe(dice, 12));
        if dice.one_in(3) {
            p.handling_t = Some(series(dice, 12));
        }
    }
    for l in &mut i.lanes {
        l.capacity_m3 = maybe(dice, 15);
        l.departs = dice.one_in(4).then(|| (0..periods).filter(|_| dice.one_in(2)).collect());
        if dice.one_in(3) {
            l.trip_t = (!dice.one_in(3)).then(|| *dice.pick(&[1.0, 2.5, 6.0]));
            l.trip_m3 = (l.trip_t.is_none() || dice.one_in(2)).then_some(5.0);
            (l.trip_cost, l.trips) = (*dice.pick(&[0.0, 20.0, 100.0]), maybe(dice, 4));
        }
        l.least_t = if dice.one_in(4) { *dice.pick(&[1.0, 2.5, 5.0]) } else { 0.0 };
        l.fund = fund(dice);
    }
    for p in &mut i.processes {
        let need = |dice: &mut Dice| Need {
            resource: format!("item-{}", dice.below(RESOURCES)),
            quantity: *dice.pick(&[0.5, 1.0, 2.0]),
        };
        p.needs = (0..dice.below(3)).map(|_| need(dice)).collect();
        let hold = |n: usize, dice: &mut Dice| Hold {
            pool: format!("pool-{n}"),
            quantity: *dice.pick(&[0.5, 1.0]),
            periods: dice.one_in(2).then(|| dice.from(1, 3)),
        };
        p.holds = (0..dice.below(3)).map(|n| hold(n, dice)).collect();
        (p.purpose, p.fund) = (purpose(dice), fund(dice));
        if dice.one_in(2) {
            p.capacity = series(dice, 5);
        }
    }
    for o in &mut i.offers {
        o.lot = *dice.pick(&[1, 1, 2]);
        o.until = dice.one_in(4).then(|| dice.below(periods + 2));
        o.purchase = dice.one_in(4).then(|| Purchase {
            cost: *dice.pick(&[0.0, 10.0]),
            lead: dice.below(3),
            per_period: maybe(dice, 4),
            fund: fund(dice),
        });
        if dice.one_in(3) {
            o.prefers = vec![Preference { purpose: (*dice.pick(&PURPOSES)).into(), bonus: *dice.pick(&[0.0, 3.0]) }];
        }
    }
    let floor = |n: usize, dice: &mut Dice| Floor {
        id: format!("floor-{n}"),
        places: dice.one_in(2).then(|| some(dice, ids("place", places))),
        purposes: purpose(dice).map(|p| vec![p]),
        value: dice.below(60) as f64,
        penalty: *dice.pick(&[0.0, 0.5, 2.0]),
    };
    i.floors = (0..dice.below(2)).map(|n| floor(n, dice)).collect();
    let fleet = |n: usize, dice: &mut Dice| Fleet {
        id: format!("fleet-{n}"),
        places: some(dice, ids("place", places)),
        resources: some(dice, ids("item", RESOURCES)),
        penalty: *dice.pick(&[0.0, 5.0, 50.0]),
    };
    i.fleets = (0..dice.below(2)).map(|n| fleet(n, dice)).collect();
    let reserve = |n: usize, dice: &mut Dice| Reserve {
        id: format!("reserve-{n}"),
        resources: some(dice, ids("item", RESOURCES)),
        places: dice.one_in(2).then(|| some(dice, ids("place", places))),
        quantity: dice.below(6) as f64,
        penalty: *dice.pick(&[0.0, 4.0, 40.0]),
    };
    i.reserves = (0..dice.below(2)).map(|n| reserve(n, dice)).collect();
    i
}

fn resource(dice: &mut Dice, n: usize) -> Resource {
    let hazard = dice.one_in(4).then(|| "flammable".to_owned());
    let unit_mass_t = *dice.pick(&[0.0, 0.1, 1.0, 2.5]);
    Resource { id: format!("item-{n}"), unit_mass_t, hazard, ..Resource::default() }
}

fn place(dice: &mut Dice, n: usize) -> Place {
    let limit = |dice: &mut Dice| dice.one_in(3).then(|| (dice.below(12) as f64).into());
    let (handling_t, storage_t) = (limit(dice), limit(dice));
    Place { id: format!("place-{n}"), kind: "any".into(), handling_t, storage_t, ..Place::default() }
}

fn lane(dice: &mut Dice, n: usize, places: usize, periods: usize) -> Lane {
    let capacity_t = match dice.one_in(3) {
        true => Series::PerPeriod((0..periods).map(|_| dice.below(15) as f64).collect()),
        false => Series::Constant(dice.below(15) as f64),
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
        ..Lane::default()
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
        capacity: (dice.below(5) as f64).into(),
        cost: *dice.pick(&[0.0, 5.0]),
        ..Process::default()
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
        ..Offer::default()
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

/// A small mission that has a use for every field of the later format: a road and a flight from a depot to a point
/// with a shop, which makes trucks of wrecks with spares, bays and instructors.
pub(crate) fn shop(seed: u64) -> Instance {
    let dice = &mut Dice(seed);
    let periods = dice.from(2, 4);
    let resource = |id: &str, unit_mass_t, unit_volume_m3| Resource {
        id: id.into(),
        unit_mass_t,
        unit_volume_m3,
        ..Resource::default()
    };
    let place = |id: &str, dice: &mut Dice| Place {
        id: id.into(),
        kind: "any".into(),
        handling_in_t: dice.one_in(4).then_some(Series::Constant(4.0)),
        storage_m3: dice.one_in(5).then_some(Series::Constant(4.0)),
        ..Place::default()
    };
    let fund = |dice: &mut Dice| dice.one_in(2).then(|| "trust".to_owned());
    let trip_t = dice.one_in(2).then(|| *dice.pick(&[2.5, 5.0]));
    let road = Lane {
        id: "road".into(),
        from: "depot".into(),
        to: "point".into(),
        mode: "road".into(),
        transit: dice.below(2),
        capacity_t: Series::Constant(*dice.pick(&[4.0, 6.0, 10.0])),
        cost_per_t: 1.0,
        capacity_m3: dice.one_in(3).then_some(Series::Constant(6.0)),
        departs: dice.one_in(3).then(|| vec![1]),
        trip_m3: (trip_t.is_some() && dice.one_in(3)).then_some(4.0),
        trip_cost: trip_t.map_or(0.0, |_| *dice.pick(&[10.0, 60.0, 150.0])),
        trips: trip_t.and_then(|_| dice.one_in(3).then_some(Series::Constant(2.0))),
        trip_t,
        least_t: *dice.pick(&[0.0, 0.0, 2.0, 4.0]),
        fund: fund(dice),
        ..Lane::default()
    };
    let air = Lane {
        id: "air".into(),
        mode: "air".into(),
        transit: 0,
        capacity_t: Series::Constant(*dice.pick(&[0.0, 2.0])),
        cost_per_t: 30.0,
        ..Lane { from: "depot".into(), to: "point".into(), ..Lane::default() }
    };
    let need = |resource: &str, quantity| Need { resource: resource.into(), quantity };
    let hold = |pool: &str, quantity, periods| Hold { pool: pool.into(), quantity, periods };
    let repair = Process {
        id: "repair".into(),
        kind: "repair".into(),
        place: "point".into(),
        input: "wreck".into(),
        output: "truck".into(),
        duration: dice.below(2),
        capacity: Series::Constant(2.0),
        cost: 3.0,
        needs: if dice.one_in(3) { vec![] } else { vec![need("spare", *dice.pick(&[0.5, 1.0, 2.0]))] },
        holds: [hold("bays", 1.0, dice.one_in(2).then_some(2)), hold("instructors", 0.5, None)]
            .into_iter()
            .filter(|_| dice.one_in(2))
            .collect(),
        purpose: dice.one_in(3).then(|| "mobility".into()),
        fund: fund(dice),
        pass_share: dice.one_in(4).then_some(0.5),
    };
    let pool = |id: &str, quantity, accepts: Option<&str>| Pool {
        id: id.into(),
        place: "point".into(),
        quantity: Series::Constant(quantity),
        accepts: accepts.map(Into::into),
        purpose: None,
    };
    let wish = |dice: &mut Dice| match dice.one_in(3) {
        true => vec![Preference { purpose: "mobility".into(), bonus: 6.0 }],
        false => vec![],
    };
    let offer = |id: &str, resource: &str, quantity: usize, dice: &mut Dice| Offer {
        id: id.into(),
        donor: "N".into(),
        resource: resource.into(),
        quantity: quantity as i64,
        place: "depot".into(),
        prefers: wish(dice),
        ..Offer::default()
    };
    let mut offers = vec![
        offer("wrecks", "wreck", dice.from(1, 2), dice),
        offer("spares", "spare", dice.from(1, 2), dice),
        offer("trucks", "truck", dice.below(2), dice),
        offer("vans", "van", dice.below(2), dice),
        offer("instructors", "instructor", dice.below(2), dice),
    ];
    offers[1].lot = dice.from(1, 2) as i64;
    offers[4].until = dice.one_in(2).then(|| dice.from(1, periods));
    offers[1].purchase = dice.one_in(2).then(|| Purchase {
        cost: 4.0,
        lead: dice.below(2),
        per_period: dice.one_in(3).then_some(Series::Constant(1.0)),
        fund: fund(dice),
    });
    let due = dice.below(periods);
    let policy = |dice: &mut Dice| dice.one_in(3);
    Instance {
        format: FORMAT_2.into(),
        name: format!("shop-{seed}"),
        periods,
        cost_weight: *dice.pick(&[0.05, 0.2]),
        resources: vec![
            resource("truck", 2.0, 3.0),
            resource("wreck", 2.0, 4.0),
            resource("spare", 0.5, 1.0),
            resource("van", 1.0, 2.0),
            resource("instructor", 0.1, 0.0),
        ],
        places: vec![place("depot", dice), place("point", dice)],
        lanes: vec![road, air],
        processes: vec![repair],
        pools: vec![pool("bays", *dice.pick(&[1.0, 2.0]), None), pool("instructors", 0.0, Some("instructor"))],
        funds: vec![Fund {
            id: "trust".into(),
            budget: match dice.one_in(2) {
                true => Series::Constant(*dice.pick(&[5.0, 40.0, 160.0])),
                false => Series::PerPeriod((0..periods).map(|_| *dice.pick(&[0.0, 10.0, 60.0])).collect()),
            },
        }],
        offers,
        requirements: vec![Requirement {
            id: "lorries".into(),
            place: "point".into(),
            purpose: "mobility".into(),
            accepts: vec![
                Accepted { resource: "truck".into(), utility: 1.0 },
                Accepted { resource: "van".into(), utility: 0.6 },
            ],
            quantity: dice.from(1, 3) as i64,
            priority: 20.0,
            due,
            expires: due + 3,
        }],
        packages: vec![Package {
            id: "column".into(),
            place: "point".into(),
            purpose: "medical".into(),
            components: vec![
                Component { resource: "truck".into(), quantity: 1 },
                Component { resource: "van".into(), quantity: 1 },
            ],
            count: dice.below(2) as i64,
            priority: 45.0,
            due,
            expires: due + 3,
        }],
        floors: if policy(dice) {
            vec![Floor {
                id: "fair".into(),
                places: None,
                purposes: Some(vec!["medical".into()]),
                value: 40.0,
                penalty: 1.5,
            }]
        } else {
            vec![]
        },
        fleets: if policy(dice) {
            let (places, resources) = (vec!["point".into()], vec!["truck".into(), "van".into()]);
            vec![Fleet { id: "column".into(), places, resources, penalty: *dice.pick(&[2.0, 30.0]) }]
        } else {
            vec![]
        },
        reserves: if policy(dice) {
            vec![Reserve {
                id: "stock".into(),
                resources: vec!["truck".into(), "van".into()],
                places: None,
                quantity: 1.0,
                penalty: *dice.pick(&[3.0, 50.0]),
            }]
        } else {
            vec![]
        },
    }
}
