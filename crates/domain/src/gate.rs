//! Gates: what must hold before goods go. A gate that is shut says why; some may be opened with authority and a reason, which the journal
//! keeps.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::{
    clearance,
    consignment::Condition,
    item::Tracking,
    lane::{Lane, Mode},
    message,
    message::{Message, Value},
    picture::Picture,
    resource::ResourceState,
    words,
};

words! {
    /// What a gate looks at.
    pub enum Gate {
        /// Units of tracked items are known by serial number or lot.
        Serials = "serials",
        /// What the donor's caveats ask for before release is there.
        Clearance = "clearance",
        /// The condition was looked at, and is the one that was offered.
        Condition = "condition",
        /// The lane is open.
        LaneClosed = "lane_closed",
        /// The lane takes this class of hazard.
        LaneHazard = "lane_hazard",
        /// Goods on one conveyance may travel together.
        Segregation = "segregation",
        /// What belongs together goes together. Only warns.
        Completeness = "completeness",
    }
}

impl Gate {
    /// Whether it keeps goods from going; else it warns.
    pub fn blocks(self) -> bool {
        self != Self::Completeness
    }

    /// Those that look at the lane and at what is on the conveyance: they tell of the day on which goods go.
    pub const OF_THE_WAY: [Self; 3] = [Self::LaneClosed, Self::LaneHazard, Self::Segregation];

    /// Whether somebody with authority may open it, for a reason.
    pub fn may_be_overridden(self) -> bool {
        matches!(self, Self::Clearance | Self::Condition | Self::LaneClosed | Self::LaneHazard | Self::Segregation)
    }
}

/// One thing that does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Shut {
    /// Which gate.
    pub gate: Gate,
    /// The consignment's line, counted from 1; 0 for all of it.
    pub line: i64,
    /// Why.
    pub why: Message,
}

/// A line that is to go.
#[derive(Clone, Debug)]
pub struct GateLine<'a> {
    /// Its number, counted from 1.
    pub line: i64,
    /// The resource.
    pub resource: &'a str,
    /// How many units.
    pub quantity: i64,
    /// How many of them are known by serial number or lot.
    pub known: i64,
    /// The offer, if it comes from one.
    pub offer: Option<&'a str>,
    /// The need, if it is for one.
    pub need: Option<&'a str>,
    /// The condition in which it was found, once it was looked at.
    pub condition: Option<Condition>,
}

/// What is to go, and how.
#[derive(Clone, Debug)]
pub struct Departure<'a> {
    /// All records.
    pub picture: &'a Picture,
    /// The day.
    pub on: Date,
    /// The lines.
    pub lines: Vec<GateLine<'a>>,
    /// The lane, once it is known.
    pub lane: Option<&'a Lane>,
    /// Resources that are on the same conveyance already.
    pub beside: Vec<&'a str>,
    /// What a package's needs have got so far, by need and resource: received, or at the place where they are needed.
    pub there: BTreeMap<(String, String), i64>,
}

/// The condition in which goods are to be; people and money have none.
pub fn promised(picture: &Picture, resource: &str) -> Option<Condition> {
    match picture.resources.get(resource)?.state {
        ResourceState::Serviceable => Some(Condition::Serviceable),
        ResourceState::Unserviceable => Some(Condition::Unserviceable),
        _ => None,
    }
}

/// What keeps goods of an offer from leaving by a lane without a consignment, which somebody could open there with authority. Where no
/// papers go along, nobody looks at the condition: it is looked at where the goods come.
pub fn without_papers(
    picture: &Picture,
    (offer, resource): (&str, &str),
    lane: Option<&Lane>,
    on: Date,
) -> Vec<Message> {
    let condition = promised(picture, resource);
    let line = GateLine { line: 0, resource, quantity: 0, known: 0, offer: Some(offer), need: None, condition };
    let departure = Departure { picture, on, lines: vec![line], lane, beside: Vec::new(), there: BTreeMap::new() };
    departure.shut().into_iter().filter(|shut| shut.gate.blocks()).map(|shut| shut.why).collect()
}

impl Departure<'_> {
    /// All that does not hold, line by line.
    pub fn shut(&self) -> Vec<Shut> {
        let mut shut = Vec::new();
        self.lane_closed(&mut shut);
        for line in &self.lines {
            self.serials(line, &mut shut);
            self.clearance(line, &mut shut);
            self.condition(line, &mut shut);
            self.lane_hazard(line, &mut shut);
        }
        self.segregation(&mut shut);
        self.completeness(&mut shut);
        shut
    }

    fn serials(&self, line: &GateLine<'_>, shut: &mut Vec<Shut>) {
        let tracking = self.picture.item_of(line.resource).map_or(Tracking::Quantity, |item| item.tracking);
        let (given, quantity) = (line.known, line.quantity);
        if tracking != Tracking::Quantity && given != quantity {
            let why = match tracking {
                Tracking::Lot => message!("gate-lots", resource = line.resource, quantity, given),
                _ => message!("gate-serials", resource = line.resource, quantity, given),
            };
            shut.push(Shut { gate: Gate::Serials, line: line.line, why });
        }
    }

    fn clearance(&self, line: &GateLine<'_>, shut: &mut Vec<Shut>) {
        let Some(offer) = line.offer else { return };
        for condition in clearance::lacking(self.picture, offer, self.on) {
            let why = message!("gate-clearance", offer, condition = Value::word(condition.as_str()));
            shut.push(Shut { gate: Gate::Clearance, line: line.line, why });
        }
    }

    fn condition(&self, line: &GateLine<'_>, shut: &mut Vec<Shut>) {
        let Some(promised) = promised(self.picture, line.resource) else { return };
        let why = match line.condition {
            None => message!("gate-condition-unknown", resource = line.resource),
            Some(found) if found != promised => {
                message!("gate-condition-differs", resource = line.resource, found = Value::word(found.as_str()))
            }
            Some(_) => return,
        };
        shut.push(Shut { gate: Gate::Condition, line: line.line, why });
    }

    fn lane_closed(&self, shut: &mut Vec<Shut>) {
        let Some(lane) = self.lane else { return };
        if let Some(closure) = self.picture.closed(lane.code.as_str(), self.on) {
            let (lane, reason) = (lane.code.as_str(), closure.reason.as_str());
            let why = message!("gate-lane-closed", lane, until = closure.to.to_string(), reason);
            shut.push(Shut { gate: Gate::LaneClosed, line: 0, why });
        }
    }

    fn lane_hazard(&self, line: &GateLine<'_>, shut: &mut Vec<Shut>) {
        let (Some(lane), Some(hazard)) = (self.lane, self.picture.hazard_of(line.resource)) else { return };
        if lane.forbids.iter().any(|forbidden| hazard.is_forbidden_by(forbidden.as_str())) {
            let class = hazard.class;
            let why = message!("gate-lane-hazard", lane = lane.code.as_str(), class, resource = line.resource);
            shut.push(Shut { gate: Gate::LaneHazard, line: line.line, why });
        }
    }

    /// On the road, by rail and in the air of all that is on one conveyance; at sea of what is in the consignment, since a ship has room to
    /// keep others apart. In the air also of what may not lie next to each other in the consignment.
    fn segregation(&self, shut: &mut Vec<Shut>) {
        match self.lane.map(|lane| lane.mode) {
            Some(Mode::Sea) => return self.apart(shut, Self::apart_at_sea),
            Some(Mode::Air) => self.apart(shut, Self::apart_in_the_air),
            _ => {}
        }
        let all: BTreeSet<&str> =
            self.lines.iter().map(|line| line.resource).chain(self.beside.iter().copied()).collect();
        for line in &self.lines {
            let apart = all.iter().find(|other| !self.may_travel_together(line.resource, other));
            if let Some(other) = apart {
                let why = message!("gate-segregation", resource = line.resource, other = *other);
                shut.push(Shut { gate: Gate::Segregation, line: line.line, why });
            }
        }
    }

    /// For each line, one of the others from which it is to be kept apart, and why.
    fn apart(&self, shut: &mut Vec<Shut>, why: impl Fn(&Self, &str, &str) -> Option<Message>) {
        for line in &self.lines {
            let mut others = self.lines.iter().filter(|other| other.resource != line.resource);
            if let Some(why) = others.find_map(|other| why(self, line.resource, other.resource)) {
                shut.push(Shut { gate: Gate::Segregation, line: line.line, why });
            }
        }
    }

    fn apart_at_sea(&self, resource: &str, other: &str) -> Option<Message> {
        let degree = self.picture.hazard_of(resource)?.apart_at_sea(self.picture.hazard_of(other)?)?;
        Some(message!("gate-segregation-sea", resource, other, degree = i64::from(degree)))
    }

    fn apart_in_the_air(&self, resource: &str, other: &str) -> Option<Message> {
        let apart = self.picture.hazard_of(resource)?.apart_in_the_air(self.picture.hazard_of(other)?);
        apart.then(|| message!("gate-segregation-air", resource, other))
    }

    /// By [`crate::hazard::Hazard::may_travel_with`].
    fn may_travel_together(&self, one: &str, other: &str) -> bool {
        // The same goods travel together, whatever they are.
        let (Some(a), Some(b)) = (self.picture.hazard_of(one), self.picture.hazard_of(other)) else { return true };
        one == other || a.may_travel_with(b)
    }

    /// A package's components that neither go along nor are there in step with those that go.
    fn completeness(&self, shut: &mut Vec<Shut>) {
        let needs: BTreeSet<&str> = self.lines.iter().filter_map(|line| line.need).collect();
        for need in needs.into_iter().filter(|need| self.picture.packages.contains_key(*need)) {
            let got = |resource: &str| {
                let along = self.lines.iter().filter(|l| l.need == Some(need) && l.resource == resource);
                let there = self.there.get(&(need.to_owned(), resource.to_owned())).copied().unwrap_or(0);
                along.map(|l| l.quantity).sum::<i64>() + there
            };
            let sets = |quantity: u32, got: i64| got / i64::from(quantity.max(1));
            let parts: Vec<_> = self.picture.components(need).collect();
            let most = parts.iter().map(|c| sets(c.quantity, got(c.resource.as_str()))).max().unwrap_or(0);
            for part in parts {
                let have = got(part.resource.as_str());
                if sets(part.quantity, have) < most {
                    let wanted = most * i64::from(part.quantity);
                    let why =
                        message!("gate-completeness", package = need, resource = part.resource.as_str(), have, wanted);
                    shut.push(Shut { gate: Gate::Completeness, line: 0, why });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        item::Item,
        package::{Package, PackageComponent},
        record::of_cells as read,
        resource::Resource,
    };

    fn picture() -> Picture {
        let mut picture = Picture::default();
        let told = [("source", "test"), ("fictional", "yes")];
        for (code, class, un_number) in [
            ("gun", "", ""),
            ("spares", "", ""),
            ("shell", "1.1D", "0168"),
            ("fuze", "1.2B", "0107"),
            ("fuel", "3", "1202"),
            ("oxygen", "2.2", "1072"),
            ("bleach", "5.1", "1748"),
        ] {
            let item =
                [("code", code), ("name", code), ("kind", "materiel"), ("supply_class", "V"), ("purpose", "fires")];
            let more = [("unit_of_issue", "each"), ("mass_kg", "10"), ("tracking", "quantity")];
            let hazard = [("hazard_class", class), ("un_number", un_number)];
            picture.put(read::<Item>(&[&item[..], &more[..], &hazard[..], &told[..]].concat()));
            let resource = [("code", code), ("item", code), ("state", "serviceable")];
            picture.put(read::<Resource>(&[&resource[..], &told[..]].concat()));
        }
        let package = [("code", "PK"), ("name", "Battery"), ("unit", "U"), ("place", "P"), ("purpose", "fires")];
        let more = [
            ("count", "2"),
            ("priority", "50"),
            ("due", "2026-10-05"),
            ("expires", "2026-11-01"),
            ("state", "validated"),
        ];
        picture.put(read::<Package>(&[&package[..], &more[..], &told[..]].concat()));
        for (resource, quantity, role) in [("gun", "6", "equipment"), ("spares", "2", "spares")] {
            let component = [("package", "PK"), ("resource", resource), ("quantity", quantity), ("role", role)];
            picture.put(read::<PackageComponent>(&[&component[..], &told[..]].concat()));
        }
        picture
    }

    fn line<'a>(line: i64, resource: &'a str, quantity: i64) -> GateLine<'a> {
        let condition = Some(Condition::Serviceable);
        GateLine { line, resource, quantity, known: 0, offer: None, need: None, condition }
    }

    fn departure<'a>(picture: &'a Picture, lines: Vec<GateLine<'a>>) -> Departure<'a> {
        let on = "2026-09-16".parse().unwrap();
        Departure { picture, on, lines, lane: None, beside: Vec::new(), there: BTreeMap::new() }
    }

    #[test]
    fn at_sea_and_in_the_air_a_consignment_holds_nothing_that_a_table_keeps_apart() {
        let picture = picture();
        let lane = |mode| {
            let own = [("code", "L"), ("from", "A"), ("to", "B"), ("mode", mode), ("transit_days", "3")];
            let more = [("capacity_t", "10"), ("cost_per_t", "1"), ("source", "test"), ("fictional", "yes")];
            read::<Lane>(&[&own[..], &more[..]].concat())
        };
        let both = || vec![line(1, "fuel", 1), line(2, "oxygen", 1), line(3, "gun", 1)];
        let by = |lane: &Lane, lines, beside| {
            let shut = Departure { lane: Some(lane), beside, ..departure(&picture, lines) }.shut();
            shut.iter().map(|one| (one.line, one.why.key)).collect::<Vec<_>>()
        };
        let (road, sea, air) = (lane("road"), lane("sea"), lane("air"));
        assert_eq!(by(&road, both(), vec![]), []);
        assert_eq!(by(&sea, both(), vec![]), [(1, "gate-segregation-sea"), (2, "gate-segregation-sea")]);
        assert_eq!(by(&air, both(), vec![]), []);
        let react = || vec![line(1, "bleach", 1), line(2, "fuel", 1)];
        assert_eq!(by(&road, react(), vec![]), []);
        assert_eq!(by(&air, react(), vec![]), [(1, "gate-segregation-air"), (2, "gate-segregation-air")]);
        // A ship has room to keep others apart, a truck has not.
        let shells = || vec![line(1, "shell", 1)];
        assert_eq!(by(&sea, shells(), vec!["fuel"]), []);
        assert_eq!(by(&road, shells(), vec!["fuel"]), [(1, "gate-segregation")]);
    }

    #[test]
    fn nothing_leaves_by_a_lane_on_a_day_on_which_it_is_closed() {
        let mut picture = picture();
        let told = [("source", "test"), ("fictional", "yes")];
        let closed = [("lane", "L"), ("from", "2026-10-05"), ("to", "2026-10-07"), ("reason", "repairs")];
        picture.put(read::<crate::lane::LaneClosure>(&[&closed[..], &told[..]].concat()));
        let lane = [("code", "L"), ("from", "A"), ("to", "B"), ("mode", "road"), ("transit_days", "1")];
        let more = [("capacity_t", "20"), ("cost_per_t", "1")];
        let lane = read::<Lane>(&[&lane[..], &more[..], &told[..]].concat());
        picture.put(lane.clone());
        let by = |day: &str| {
            let on = day.parse().unwrap();
            let lane = Some(&lane);
            let departure = Departure {
                picture: &picture,
                on,
                lines: Vec::new(),
                lane,
                beside: Vec::new(),
                there: BTreeMap::new(),
            };
            departure.shut().iter().map(|shut| (shut.line, shut.why.key)).collect::<Vec<_>>()
        };
        assert_eq!(by("2026-10-04"), []);
        assert_eq!(by("2026-10-07"), [(0, "gate-lane-closed")]);
        assert_eq!(by("2026-10-08"), []);
        assert!(Gate::LaneClosed.may_be_overridden());
    }

    #[test]
    fn a_package_that_goes_without_its_spares_is_warned_of() {
        let picture = picture();
        let of_package = |one| GateLine { need: Some("PK"), ..one };
        let guns = departure(&picture, vec![of_package(line(1, "gun", 12))]);
        let shut = guns.shut();
        assert_eq!(shut.iter().map(|one| one.gate).collect::<Vec<_>>(), [Gate::Completeness]);
        assert!(!Gate::Completeness.blocks());
        let why = shut[0].why.to_string();
        assert!(why.contains("spares") && why.contains('4'), "{why}");
        // Half of them lie there already, the others go along.
        let there = BTreeMap::from([(("PK".to_owned(), "spares".to_owned()), 2)]);
        let whole = vec![of_package(line(1, "gun", 12)), of_package(line(2, "spares", 2))];
        assert_eq!(Departure { there, ..departure(&picture, whole) }.shut(), []);
    }

    #[test]
    fn explosives_do_not_travel_with_other_goods_that_are_dangerous() {
        let picture = picture();
        let gates = |lines: &[&'static str], beside: &[&'static str]| {
            let lines = (1..).zip(lines).map(|(n, resource)| line(n, resource, 1)).collect();
            let shut = Departure { beside: beside.to_vec(), ..departure(&picture, lines) }.shut();
            shut.iter().map(|one| (one.gate, one.line)).collect::<Vec<_>>()
        };
        assert_eq!(gates(&["shell", "gun", "spares"], &["shell"]), []);
        assert_eq!(gates(&["shell", "fuel"], &[]), [(Gate::Segregation, 1), (Gate::Segregation, 2)]);
        assert_eq!(
            gates(&["shell"], &["fuze"]),
            [(Gate::Segregation, 1)],
            "what is on the conveyance already counts, too"
        );
    }
}
