//! Reading instances: everything that can be checked without planning is.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    Accepted, Component, FORMAT, FORMAT_2, Fleet, Floor, Fund, Hold, Instance, Lane, MAX_INNER, MAX_LIST, MAX_PERIODS,
    MAX_QUANTITY, Need, Offer, Package, Place, Pool, Preference, Process, Purchase, Requirement, Reserve, Resource,
    Series,
};
use crate::json::{self, At, Faults, Ids, MAX_NUMBER, Object};

/// Least of numbers that must be above 0.
const LEAST: f64 = 1e-9;

/// Keys of the lists of an instance that every document has, and of those that may be left out.
const LISTS: [&str; 7] = ["resources", "places", "lanes", "processes", "offers", "requirements", "packages"];
const LATER: [&str; 5] = ["pools", "funds", "floors", "fleets", "reserves"];

/// What reading a member must know of the document.
#[derive(Debug, Clone, Copy)]
struct Reader {
    /// Periods; none: without a horizon, nothing is held against it.
    horizon: Option<i64>,
    /// Whether the format has the later fields.
    later: bool,
}

/// Fields of the later format, which may be left out or null.
impl Reader {
    fn has(self, o: &Object<'_>, key: &str) -> bool {
        self.later && o.has(key)
    }

    fn number(self, o: &Object<'_>, key: &str, least: f64, faults: &mut Faults) -> Option<f64> {
        self.has(o, key).then(|| o.number(key, least, MAX_NUMBER, faults))
    }

    fn whole(self, o: &Object<'_>, key: &str, least: i64, most: i64, faults: &mut Faults) -> Option<i64> {
        self.has(o, key).then(|| o.whole(key, least, most, faults))
    }

    fn text(self, o: &Object<'_>, key: &str, faults: &mut Faults) -> Option<String> {
        self.has(o, key).then(|| o.text(key, faults))
    }

    fn texts(self, o: &Object<'_>, key: &str, faults: &mut Faults) -> Option<Vec<String>> {
        self.has(o, key).then(|| o.texts(key, MAX_INNER, faults))
    }

    fn series(self, o: &Object<'_>, key: &str, faults: &mut Faults) -> Option<Series> {
        self.has(o, key).then(|| self.a_series(o, key, faults))
    }

    fn list<T>(
        self,
        o: &Object<'_>,
        key: &str,
        faults: &mut Faults,
        read: impl FnMut(&At<'_>, &Value, &mut Faults) -> Option<T>,
    ) -> Vec<T> {
        if self.has(o, key) { o.list(key, MAX_LIST, faults, read) } else { Vec::new() }
    }

    /// A number for all periods, or one for each.
    fn a_series(self, o: &Object<'_>, key: &str, faults: &mut Faults) -> Series {
        match o.get(key, faults) {
            Some(Value::Array(_)) => {}
            Some(value) => return Series::Constant(json::number(&o.at.key(key), value, 0.0, MAX_NUMBER, faults)),
            None => return Series::default(),
        }
        let list = o.list(key, MAX_LIST, faults, |at, v, f| Some(json::number(at, v, 0.0, MAX_NUMBER, f)));
        if let Some(periods) = self.horizon
            && list.len() != size(periods)
        {
            let message = format!("has {} members, must have one for each of {periods} periods", list.len());
            faults.add(&o.at.key(key), message);
        }
        Series::PerPeriod(list)
    }

    /// A number of before, which may be a list in the later format.
    fn number_or_series(self, o: &Object<'_>, key: &str, faults: &mut Faults) -> Series {
        if self.later { self.a_series(o, key, faults) } else { o.number(key, 0.0, MAX_NUMBER, faults).into() }
    }

    fn limit(self, o: &Object<'_>, key: &str, faults: &mut Faults) -> Option<Series> {
        match o.get(key, faults)? {
            Value::Null => None,
            _ => Some(self.number_or_series(o, key, faults)),
        }
    }

    fn resource(self, at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Resource> {
        let o = Object::new(at, value, faults)?;
        Some(Resource {
            id: o.text("id", faults),
            unit_mass_t: o.number("unit_mass_t", 0.0, MAX_NUMBER, faults),
            hazard: o.text_or_null("hazard", faults),
            unit_volume_m3: self.number(&o, "unit_volume_m3", 0.0, faults).unwrap_or(0.0),
        })
    }

    fn place(self, at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Place> {
        let o = Object::new(at, value, faults)?;
        Some(Place {
            id: o.text("id", faults),
            kind: o.text("kind", faults),
            x_km: o.number("x_km", -MAX_NUMBER, MAX_NUMBER, faults),
            y_km: o.number("y_km", -MAX_NUMBER, MAX_NUMBER, faults),
            handling_t: self.limit(&o, "handling_t", faults),
            storage_t: self.limit(&o, "storage_t", faults),
            handling_in_t: self.series(&o, "handling_in_t", faults),
            storage_m3: self.series(&o, "storage_m3", faults),
        })
    }

    fn lane(self, at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Lane> {
        let o = Object::new(at, value, faults)?;
        let last = self.horizon.unwrap_or(MAX_PERIODS) - 1;
        let departs = self.has(&o, "departs").then(|| {
            let period = |at: &At<'_>, v: &Value, f: &mut Faults| Some(size(json::whole(at, v, 0, last, f)));
            o.list("departs", MAX_LIST, faults, period)
        });
        let lane = Lane {
            id: o.text("id", faults),
            from: o.text("from", faults),
            to: o.text("to", faults),
            mode: o.text("mode", faults),
            transit: size(o.whole("transit", 0, MAX_PERIODS, faults)),
            capacity_t: self.a_series(&o, "capacity_t", faults),
            cost_per_t: o.number("cost_per_t", 0.0, MAX_NUMBER, faults),
            forbids: o.texts("forbids", MAX_INNER, faults),
            capacity_m3: self.series(&o, "capacity_m3", faults),
            departs,
            trip_t: self.number(&o, "trip_t", LEAST, faults),
            trip_m3: self.number(&o, "trip_m3", LEAST, faults),
            trip_cost: self.number(&o, "trip_cost", 0.0, faults).unwrap_or(0.0),
            trips: self.series(&o, "trips", faults),
            least_t: self.number(&o, "least_t", 0.0, faults).unwrap_or(0.0),
            fund: self.text(&o, "fund", faults),
        };
        if lane.trip_t.is_none() && lane.trip_m3.is_none() {
            for (key, there) in [("trips", lane.trips.is_some()), ("trip_cost", lane.trip_cost > 0.0)] {
                if there {
                    faults.add(&at.key(key), "says nothing without trip_t or trip_m3: what a trip takes");
                }
            }
        }
        Some(lane)
    }

    fn process(self, at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Process> {
        let o = Object::new(at, value, faults)?;
        let need = |at: &At<'_>, v: &Value, faults: &mut Faults| {
            let o = Object::new(at, v, faults)?;
            let quantity = o.number("quantity", LEAST, MAX_NUMBER, faults);
            Some(Need { resource: o.text("resource", faults), quantity })
        };
        let hold = |at: &At<'_>, v: &Value, faults: &mut Faults| {
            let o = Object::new(at, v, faults)?;
            let quantity = o.number("quantity", LEAST, MAX_NUMBER, faults);
            let periods = self.whole(&o, "periods", 1, MAX_PERIODS, faults).map(size);
            Some(Hold { pool: o.text("pool", faults), quantity, periods })
        };
        Some(Process {
            id: o.text("id", faults),
            kind: o.text("kind", faults),
            place: o.text("place", faults),
            input: o.text("input", faults),
            output: o.text("output", faults),
            duration: size(o.whole("duration", 0, MAX_PERIODS, faults)),
            capacity: self.number_or_series(&o, "capacity", faults),
            cost: o.number("cost", 0.0, MAX_NUMBER, faults),
            needs: self.list(&o, "needs", faults, need),
            holds: self.list(&o, "holds", faults, hold),
            purpose: self.text(&o, "purpose", faults),
            fund: self.text(&o, "fund", faults),
            pass_share: self.has(&o, "pass_share").then(|| o.number("pass_share", LEAST, 1.0, faults)),
        })
    }

    fn offer(self, at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Offer> {
        let o = Object::new(at, value, faults)?;
        let only_for = match o.get("only_for", faults) {
            None | Some(Value::Null) => None,
            Some(_) => Some(o.texts("only_for", MAX_INNER, faults)),
        };
        let prefers = self.list(&o, "prefers", faults, |at, v, faults| {
            let o = Object::new(at, v, faults)?;
            Some(Preference { purpose: o.text("purpose", faults), bonus: o.number("bonus", 0.0, MAX_NUMBER, faults) })
        });
        let mut purposes = HashSet::new();
        for (n, twice) in prefers.iter().map(|p| !purposes.insert(p.purpose.as_str())).enumerate() {
            if twice {
                faults.add(&at.key("prefers").index(n).key("purpose"), "is preferred twice");
            }
        }
        let purchase = if self.has(&o, "purchase") { self.purchase(&at.key("purchase"), &o, faults) } else { None };
        Some(Offer {
            id: o.text("id", faults),
            donor: o.text("donor", faults),
            resource: o.text("resource", faults),
            quantity: o.whole("quantity", 0, MAX_QUANTITY, faults),
            place: o.text("place", faults),
            from: size(o.whole("from", 0, self.horizon.unwrap_or(MAX_PERIODS) - 1, faults)),
            only_for,
            lot: self.whole(&o, "lot", 1, MAX_QUANTITY, faults).unwrap_or(1),
            until: self.whole(&o, "until", 0, 10 * MAX_PERIODS, faults).map(size),
            purchase,
            prefers,
        })
    }

    fn purchase(self, at: &At<'_>, offer: &Object<'_>, faults: &mut Faults) -> Option<Purchase> {
        let o = Object::new(at, offer.get("purchase", faults)?, faults)?;
        Some(Purchase {
            cost: o.number("cost", 0.0, MAX_NUMBER, faults),
            lead: size(o.whole("lead", 0, MAX_PERIODS, faults)),
            per_period: self.series(&o, "per_period", faults),
            fund: self.text(&o, "fund", faults),
        })
    }

    fn pool(self, at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Pool> {
        let o = Object::new(at, value, faults)?;
        Some(Pool {
            id: o.text("id", faults),
            place: o.text("place", faults),
            quantity: self.a_series(&o, "quantity", faults),
            accepts: self.text(&o, "accepts", faults),
            purpose: self.text(&o, "purpose", faults),
        })
    }

    fn fund(self, at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Fund> {
        let o = Object::new(at, value, faults)?;
        Some(Fund { id: o.text("id", faults), budget: self.a_series(&o, "budget", faults) })
    }

    fn floor(self, at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Floor> {
        let o = Object::new(at, value, faults)?;
        Some(Floor {
            id: o.text("id", faults),
            places: self.texts(&o, "places", faults),
            purposes: self.texts(&o, "purposes", faults),
            value: o.number("value", 0.0, MAX_NUMBER, faults),
            penalty: o.number("penalty", 0.0, MAX_NUMBER, faults),
        })
    }

    fn reserve(self, at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Reserve> {
        let o = Object::new(at, value, faults)?;
        Some(Reserve {
            id: o.text("id", faults),
            resources: o.texts("resources", MAX_INNER, faults),
            places: self.texts(&o, "places", faults),
            quantity: o.number("quantity", 0.0, MAX_NUMBER, faults),
            penalty: o.number("penalty", 0.0, MAX_NUMBER, faults),
        })
    }
}

fn fleet(at: &At<'_>, value: &Value, faults: &mut Faults) -> Option<Fleet> {
    let o = Object::new(at, value, faults)?;
    Some(Fleet {
        id: o.text("id", faults),
        places: o.texts("places", MAX_INNER, faults),
        resources: o.texts("resources", MAX_INNER, faults),
        penalty: o.number("penalty", 0.0, MAX_NUMBER, faults),
    })
}

pub(super) fn instance(document: &Value, faults: &mut Faults) -> Option<Instance> {
    let root = Object::new(&At::ROOT, document, faults)?;
    let format = root.format([FORMAT_2, FORMAT], faults);
    let before = faults.len();
    let periods = root.whole("periods", 1, MAX_PERIODS, faults);
    let reader = Reader { horizon: (faults.len() == before).then_some(periods), later: format == FORMAT_2 };
    let instance = Instance {
        format,
        name: root.text("name", faults),
        periods: size(periods),
        cost_weight: root.number("cost_weight", 0.0, MAX_NUMBER, faults),
        resources: root.list("resources", MAX_LIST, faults, |at, v, f| reader.resource(at, v, f)),
        places: root.list("places", MAX_LIST, faults, |at, v, f| reader.place(at, v, f)),
        lanes: root.list("lanes", MAX_LIST, faults, |at, v, f| reader.lane(at, v, f)),
        processes: root.list("processes", MAX_LIST, faults, |at, v, f| reader.process(at, v, f)),
        offers: root.list("offers", MAX_LIST, faults, |at, v, f| reader.offer(at, v, f)),
        requirements: root.list("requirements", MAX_LIST, faults, requirement),
        packages: root.list("packages", MAX_LIST, faults, package),
        pools: reader.list(&root, "pools", faults, |at, v, f| reader.pool(at, v, f)),
        funds: reader.list(&root, "funds", faults, |at, v, f| reader.fund(at, v, f)),
        floors: reader.list(&root, "floors", faults, |at, v, f| reader.floor(at, v, f)),
        fleets: reader.list(&root, "fleets", faults, fleet),
        reserves: reader.list(&root, "reserves", faults, |at, v, f| reader.reserve(at, v, f)),
    };
    // Members that are no objects were left out above, so positions would be wrong: references wait for a repair.
    if members(document, reader.later) == instance.members() {
        references(&instance, faults);
    }
    Some(instance)
}

fn members(document: &Value, later: bool) -> usize {
    let lists = LISTS.iter().chain(LATER.iter().filter(|_| later));
    lists.map(|key| document.get(key).and_then(Value::as_array).map_or(0, Vec::len)).sum()
}

fn size(whole: i64) -> usize {
    usize::try_from(whole).expect("read with a least of 0")
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
        let policy = self.floors.len() + self.fleets.len() + self.reserves.len();
        let network = self.resources.len() + self.places.len() + self.lanes.len() + self.processes.len();
        network + wants + self.pools.len() + self.funds.len() + policy
    }
}

/// What ids there are.
struct Known {
    resources: Ids,
    places: Ids,
    pools: Ids,
    funds: Ids,
}

/// Finds duplicate ids and references to what is not there.
fn references(i: &Instance, faults: &mut Faults) {
    fn ids<'i, T>(list: &str, members: &'i [T], id: fn(&'i T) -> &'i str, faults: &mut Faults) -> Ids {
        Ids::of(list, members.iter().map(id), faults)
    }
    let known = Known {
        resources: ids("resources", &i.resources, |x| &x.id, faults),
        places: ids("places", &i.places, |x| &x.id, faults),
        pools: ids("pools", &i.pools, |x| &x.id, faults),
        funds: ids("funds", &i.funds, |x| &x.id, faults),
    };
    ids("lanes", &i.lanes, |x| &x.id, faults);
    ids("processes", &i.processes, |x| &x.id, faults);
    ids("offers", &i.offers, |x| &x.id, faults);
    ids("requirements", &i.requirements, |x| &x.id, faults);
    ids("packages", &i.packages, |x| &x.id, faults);
    ids("floors", &i.floors, |x| &x.id, faults);
    ids("fleets", &i.fleets, |x| &x.id, faults);
    ids("reserves", &i.reserves, |x| &x.id, faults);
    let Known { resources, places, pools, funds } = &known;
    let mut check = |list: &str, n: usize, key: &str, ids: &Ids, what: &str, id: &str| {
        let at = At::ROOT.key(list);
        ids.expect(&at.index(n).key(key), what, id, faults);
    };
    for (n, x) in i.lanes.iter().enumerate() {
        check("lanes", n, "from", places, "place", &x.from);
        check("lanes", n, "to", places, "place", &x.to);
        x.fund.iter().for_each(|fund| check("lanes", n, "fund", funds, "fund", fund));
    }
    for (n, x) in i.processes.iter().enumerate() {
        check("processes", n, "place", places, "place", &x.place);
        check("processes", n, "input", resources, "resource", &x.input);
        check("processes", n, "output", resources, "resource", &x.output);
        x.needs.iter().for_each(|need| check("processes", n, "needs", resources, "resource", &need.resource));
        x.holds.iter().for_each(|hold| check("processes", n, "holds", pools, "pool", &hold.pool));
        x.fund.iter().for_each(|fund| check("processes", n, "fund", funds, "fund", fund));
    }
    for (n, x) in i.offers.iter().enumerate() {
        check("offers", n, "resource", resources, "resource", &x.resource);
        check("offers", n, "place", places, "place", &x.place);
        let fund = x.purchase.iter().filter_map(|p| p.fund.as_ref());
        fund.for_each(|fund| check("offers", n, "purchase", funds, "fund", fund));
    }
    for (n, x) in i.requirements.iter().enumerate() {
        check("requirements", n, "place", places, "place", &x.place);
    }
    for (n, x) in i.packages.iter().enumerate() {
        check("packages", n, "place", places, "place", &x.place);
    }
    for (n, x) in i.pools.iter().enumerate() {
        check("pools", n, "place", places, "place", &x.place);
        x.accepts.iter().for_each(|resource| check("pools", n, "accepts", resources, "resource", resource));
    }
    for (n, x) in i.floors.iter().enumerate() {
        x.places.iter().flatten().for_each(|place| check("floors", n, "places", places, "place", place));
    }
    for (n, x) in i.fleets.iter().enumerate() {
        x.places.iter().for_each(|place| check("fleets", n, "places", places, "place", place));
        x.resources.iter().for_each(|r| check("fleets", n, "resources", resources, "resource", r));
    }
    for (n, x) in i.reserves.iter().enumerate() {
        x.places.iter().flatten().for_each(|place| check("reserves", n, "places", places, "place", place));
        x.resources.iter().for_each(|r| check("reserves", n, "resources", resources, "resource", r));
    }
    inner_references(i, resources, faults);
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
