//! The picture: all records of a mission together, and what must hold between them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::{
    announcement::Announcement,
    caveat::Caveat,
    clearance::Clearance,
    code::{Code, Ref},
    course::{Course, CourseNeed, CourseObjective},
    delivery::DeliveryTerm,
    end_use::{self, EndUseRule},
    fault::{Fault, Faults},
    fund::Fund,
    guideline::{FairShare, Fleet, Reserve},
    hazard::Hazard,
    instructor::{Instructor, SerialInstructor},
    item::{Item, ItemKind, Substitute},
    lane::{Lane, LaneClosure, quickest},
    message,
    mission::Mission,
    offer::Offer,
    package::{Package, PackageComponent},
    participation::{Participation, ParticipationStep},
    party::Party,
    place::{Place, PlaceBlock},
    pool::{Pool, PoolKind},
    process::{Process, ProcessHold, ProcessKind, ProcessNeed},
    record::{Record, Shape},
    requirement::{Requirement, RequirementAccept},
    resource::{Resource, ResourceState},
    serial::{Serial, SerialQuota, SerialUse},
    stated::Stated,
    statement::Statement,
};

/// The records of one kind by key.
pub type Sheet<R> = BTreeMap<String, R>;

/// Something that holds the records of one kind.
pub trait Holds<R: Record> {
    /// The records.
    fn sheet(&self) -> &Sheet<R>;
    /// The records, to change.
    fn sheet_mut(&mut self) -> &mut Sheet<R>;
}

/// Something done to every sheet in turn, in an order in which references come after what they refer to.
pub trait Visitor {
    /// Does it to the sheet of `R`.
    fn visit<R: Record>(&mut self)
    where
        Picture: Holds<R>;
}

macro_rules! sheets {
    ($($field:ident: $record:ty,)+) => {
        /// All records of a mission.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Picture { $(#[doc = concat!("The sheet `", stringify!($field), "`.")] pub $field: Sheet<$record>,)+ }

        $(impl Holds<$record> for Picture {
            fn sheet(&self) -> &Sheet<$record> { &self.$field }
            fn sheet_mut(&mut self) -> &mut Sheet<$record> { &mut self.$field }
        })+

        /// The shape of every sheet, in the order of [`visit`].
        pub const SHAPES: &[Shape] = &[$(<$record as Record>::SHAPE),+];

        /// Calls `visitor` for each sheet.
        pub fn visit(visitor: &mut impl Visitor) {
            $(visitor.visit::<$record>();)+
        }
    };
}

sheets! {
    parties: Party,
    mission: Mission,
    statements: Statement,
    caveats: Caveat,
    participations: Participation,
    participation_steps: ParticipationStep,
    items: Item,
    substitutes: Substitute,
    resources: Resource,
    end_use_rules: EndUseRule,
    places: Place,
    lanes: Lane,
    lane_closures: LaneClosure,
    funds: Fund,
    pools: Pool,
    place_blocks: PlaceBlock,
    processes: Process,
    process_needs: ProcessNeed,
    process_holds: ProcessHold,
    courses: Course,
    course_objectives: CourseObjective,
    course_needs: CourseNeed,
    instructors: Instructor,
    serials: Serial,
    serial_uses: SerialUse,
    serial_instructors: SerialInstructor,
    serial_quotas: SerialQuota,
    offers: Offer,
    clearances: Clearance,
    requirements: Requirement,
    requirement_accepts: RequirementAccept,
    packages: Package,
    package_components: PackageComponent,
    announcements: Announcement,
    fair_shares: FairShare,
    fleets: Fleet,
    reserves: Reserve,
    delivery_terms: DeliveryTerm,
}

impl Shape {
    /// The shape of a sheet.
    pub fn of(sheet: &str) -> Option<&'static Self> {
        SHAPES.iter().find(|shape| shape.sheet == sheet)
    }
}

impl Picture {
    /// Whether there is a record of that key.
    pub fn has(&self, sheet: &str, key: &str) -> bool {
        struct Find<'a> {
            picture: &'a Picture,
            sheet: &'a str,
            key: &'a str,
            found: bool,
        }
        impl Visitor for Find<'_> {
            fn visit<R: Record>(&mut self)
            where
                Picture: Holds<R>,
            {
                self.found |= R::SHEET == self.sheet && self.picture.of::<R>().contains_key(self.key);
            }
        }
        let mut find = Find { picture: self, sheet, key, found: false };
        visit(&mut find);
        find.found
    }

    /// A record's cells, in the order of its sheet's columns.
    pub fn cells(&self, sheet: &str, key: &str) -> Option<Vec<String>> {
        struct Get<'a> {
            picture: &'a Picture,
            sheet: &'a str,
            key: &'a str,
            cells: Option<Vec<String>>,
        }
        impl Visitor for Get<'_> {
            fn visit<R: Record>(&mut self)
            where
                Picture: Holds<R>,
            {
                if R::SHEET == self.sheet {
                    self.cells = self.picture.of::<R>().get(self.key).map(Record::cells);
                }
            }
        }
        let mut get = Get { picture: self, sheet, key, cells: None };
        visit(&mut get);
        get.cells
    }

    /// The cells of a record's parts of one sheet, by key.
    pub fn parts(&self, part: &str, code: &str) -> Vec<Vec<String>> {
        struct Gather<'a> {
            picture: &'a Picture,
            part: &'a str,
            code: &'a str,
            rows: Vec<Vec<String>>,
        }
        impl Visitor for Gather<'_> {
            fn visit<R: Record>(&mut self)
            where
                Picture: Holds<R>,
            {
                if R::SHEET == self.part {
                    self.rows = parts(self.picture.of::<R>(), self.code).map(Record::cells).collect();
                }
            }
        }
        let mut gather = Gather { picture: self, part, code, rows: Vec::new() };
        visit(&mut gather);
        gather.rows
    }

    /// The records of one kind.
    pub fn of<R: Record>(&self) -> &Sheet<R>
    where
        Self: Holds<R>,
    {
        self.sheet()
    }

    /// Puts a record in its place.
    pub fn put<R: Record>(&mut self, record: R)
    where
        Self: Holds<R>,
    {
        self.sheet_mut().insert(record.key(), record);
    }

    /// The party that is helped, once there is a mission.
    pub fn recipient(&self) -> Option<&Code> {
        self.mission().map(|mission| mission.recipient.code())
    }

    /// The mission, once there is one.
    pub fn mission(&self) -> Option<&Mission> {
        self.mission.values().next()
    }

    /// The resources that meet a requirement, best first.
    pub fn accepts(&self, requirement: &str) -> impl Iterator<Item = &RequirementAccept> {
        parts(&self.requirement_accepts, requirement)
    }

    /// The components of a package.
    pub fn components(&self, package: &str) -> impl Iterator<Item = &PackageComponent> {
        parts(&self.package_components, package)
    }

    /// The steps of a participation, in order.
    pub fn steps(&self, participation: &str) -> Vec<&ParticipationStep> {
        let mut steps: Vec<_> = parts(&self.participation_steps, participation).collect();
        steps.sort_by_key(|s| s.step);
        steps
    }

    /// What a process uses up.
    pub fn needs(&self, process: &str) -> impl Iterator<Item = &ProcessNeed> {
        parts(&self.process_needs, process)
    }

    /// What a process takes of pools.
    pub fn holds(&self, process: &str) -> impl Iterator<Item = &ProcessHold> {
        parts(&self.process_holds, process)
    }

    /// What a serial of a course needs.
    pub fn course_needs(&self, course: &str) -> impl Iterator<Item = &CourseNeed> {
        parts(&self.course_needs, course)
    }

    /// What who passed a course can do.
    pub fn objectives(&self, course: &str) -> impl Iterator<Item = &CourseObjective> {
        parts(&self.course_objectives, course)
    }

    /// What a serial uses.
    pub fn uses(&self, serial: &str) -> impl Iterator<Item = &SerialUse> {
        parts(&self.serial_uses, serial)
    }

    /// Who teaches and interprets in a serial.
    pub fn taught_by(&self, serial: &str) -> impl Iterator<Item = &SerialInstructor> {
        parts(&self.serial_instructors, serial)
    }

    /// The seats of a serial that units may fill before others.
    pub fn quotas(&self, serial: &str) -> impl Iterator<Item = &SerialQuota> {
        parts(&self.serial_quotas, serial)
    }

    /// What a host keeps for itself at a place.
    pub fn blocks(&self, place: &str) -> impl Iterator<Item = &PlaceBlock> {
        parts(&self.place_blocks, place)
    }

    /// The capacity of a place to teach what a course teaches, as planners know it.
    pub fn teaches(&self, course: &Course, place: &str) -> Option<&Process> {
        self.processes.values().find(|process| {
            process.kind == ProcessKind::Training
                && process.place.as_str() == place
                && (&process.input, &process.output) == (&course.input, &course.output)
        })
    }

    /// The closures of a lane.
    pub fn closures(&self, lane: &str) -> impl Iterator<Item = &LaneClosure> {
        parts(&self.lane_closures, lane)
    }

    /// The closure by which a lane is closed on a day, if it is.
    pub fn closed(&self, lane: &str, on: Date) -> Option<&LaneClosure> {
        self.closures(lane).find(|closure| (closure.from..=closure.to).contains(&on))
    }

    /// The lanes that lead quickest from one place to another for what leaves on a day: by those that are open then, if any lead there.
    pub fn quickest(&self, from: &str, to: &str, on: Date) -> Option<Vec<Code>> {
        let open = |lane: &Lane| self.closed(lane.code.as_str(), on).is_none();
        quickest(&self.lanes, from, to, open).or_else(|| quickest(&self.lanes, from, to, |_| true))
    }

    /// The item of which a resource is a state.
    pub fn item_of(&self, resource: &str) -> Option<&Item> {
        self.resources.get(resource).and_then(|r| self.items.get(r.item.as_str()))
    }

    /// What is dangerous about a resource, if anything is.
    pub fn hazard_of(&self, resource: &str) -> Option<Hazard<'_>> {
        self.item_of(resource).and_then(Item::hazard)
    }

    /// Whether a party is another, belongs to it, or is a unit of that country.
    pub fn belongs(&self, party: &str, to: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut above = Some(party);
        while let Some(code) = above.filter(|code| seen.insert(*code)) {
            let record = self.parties.get(code);
            if code == to || record.and_then(|p| p.country.as_ref()).is_some_and(|c| c.as_str() == to) {
                return true;
            }
            above = record.and_then(|p| p.parent.as_ref()).map(|parent| parent.as_str());
        }
        false
    }

    /// What meets a requirement, by resource with its share of the value: what it names, and what may stand in for that.
    pub fn accepted(&self, requirement: &str) -> BTreeMap<&str, f64> {
        let mut utilities: BTreeMap<&str, f64> = BTreeMap::new();
        for accept in self.accepts(requirement) {
            utilities.insert(accept.resource.as_str(), accept.utility.as_f64());
        }
        let named = utilities.clone();
        for (resource, utility) in &named {
            let Some(wanted) = self.resources.get(*resource) else { continue };
            for substitute in self.substitutes.values().filter(|s| s.item == wanted.item) {
                let same_state = |r: &&Resource| r.item == substitute.substitute && r.state == wanted.state;
                let Some(stand_in) = self.resources.values().find(same_state) else { continue };
                let share = utility * substitute.utility.as_f64();
                if !named.contains_key(stand_in.code.as_str()) {
                    let best = utilities.entry(stand_in.code.as_str()).or_insert(share);
                    *best = best.max(share);
                }
            }
        }
        utilities
    }

    /// An offer's quantity in the ledger's unit (units of issue, or minor units of its currency); `None` while it is unknown.
    pub fn offered_units(&self, offer: &Offer) -> Option<i64> {
        let quantity = offer.quantity.known()?;
        match self.item_of(offer.resource.as_str())?.currency() {
            Some(currency) => quantity.minor(currency.places()),
            None => quantity.whole(),
        }
    }

    /// Everything that does not hold, within records and between them.
    pub fn faults(&self) -> Vec<Fault> {
        let mut check = Check { picture: self, found: Vec::new() };
        visit(&mut check);
        let mut found = check.found;
        mission_rules(self, &mut found);
        party_rules(self, &mut found);
        participation_rules(self, &mut found);
        resource_rules(self, &mut found);
        end_use::faults(self, &mut found);
        process_rules(self, &mut found);
        training_rules(self, &mut found);
        offer_rules(self, &mut found);
        need_rules(self, &mut found);
        found
    }
}

/// The records whose key begins with `parent` and a space.
fn parts<'a, R>(sheet: &'a Sheet<R>, parent: &str) -> impl Iterator<Item = &'a R> + use<'a, R> {
    let first = format!("{parent} ");
    let prefix = first.clone();
    sheet.range(first..).take_while(move |(key, _)| key.starts_with(&prefix)).map(|(_, record)| record)
}

/// Each record's own rules, its provenance, and that what it names is there.
struct Check<'a> {
    picture: &'a Picture,
    found: Vec<Fault>,
}

impl Visitor for Check<'_> {
    fn visit<R: Record>(&mut self)
    where
        Picture: Holds<R>,
    {
        for (key, record) in self.picture.of::<R>() {
            let mut faults = Faults::of(R::SHEET, key, &mut self.found);
            record.rules(&mut faults);
            for (column, reference) in record.references() {
                if !self.picture.has(reference.sheet, reference.code) {
                    let right = message!("a-code-from", sheet = reference.sheet);
                    faults.column(column, reference.code, message!("must-be", right));
                }
            }
            let cells = record.cells();
            if let [.., source, fictional] = cells.as_slice() {
                let told = fictional == "yes" || !source.trim().is_empty();
                faults.require(told, "source", "", message!("source-missing"));
            }
        }
    }
}

fn mission_rules(picture: &Picture, found: &mut Vec<Fault>) {
    if picture.mission.len() != 1 {
        let message = message!("one-mission", count = picture.mission.len());
        Faults::of(Mission::SHEET, "", found).record(message);
    }
}

fn party_rules(picture: &Picture, found: &mut Vec<Fault>) {
    for (code, party) in &picture.parties {
        let mut seen = BTreeSet::from([code.as_str()]);
        let mut above = party.parent.as_ref();
        while let Some(parent) = above {
            if !seen.insert(parent.as_str()) {
                let message = message!("parent-leads-back");
                Faults::of(Party::SHEET, code, found).column("parent", parent.as_str(), message);
                break;
            }
            above = picture.parties.get(parent.as_str()).and_then(|p| p.parent.as_ref());
        }
    }
}

fn participation_rules(picture: &Picture, found: &mut Vec<Fault>) {
    for code in picture.participations.keys() {
        let steps = picture.steps(code);
        if steps.is_empty() {
            Faults::of(Participation::SHEET, code, found).record(message!("participation-without-step"));
        }
        for (n, step) in steps.iter().enumerate() {
            let mut faults = Faults::of(ParticipationStep::SHEET, step.key(), found);
            faults.require(step.step as usize == n + 1, "step", step.step.to_string(), message!("step-follows"));
            if let Some(before) = n.checked_sub(1).map(|b| steps[b]) {
                let follows = before.state.next().contains(&step.state);
                faults.require(
                    follows,
                    "state",
                    step.state.as_str(),
                    message!("state-may-follow", state = before.state.as_str()),
                );
                faults.require(
                    step.on.latest() >= before.on.earliest(),
                    "on",
                    step.on.to_string(),
                    message!("not-before-step-before"),
                );
            }
        }
    }
}

fn resource_rules(picture: &Picture, found: &mut Vec<Fault>) {
    let mut seen = BTreeSet::new();
    for (code, resource) in &picture.resources {
        let mut faults = Faults::of(Resource::SHEET, code, found);
        if let Some(item) = picture.items.get(resource.item.as_str()) {
            let message = message!("state-of-kind", kind = item.kind.as_str());
            faults.require(resource.state.kind() == item.kind, "state", resource.state.as_str(), message);
        }
        let first = seen.insert((resource.item.as_str(), resource.state));
        faults.require(first, "state", resource.state.as_str(), message!("another-state"));
    }
}

fn process_rules(picture: &Picture, found: &mut Vec<Fault>) {
    for (code, process) in &picture.processes {
        let (from, to) = match process.kind {
            ProcessKind::Repair => (ResourceState::Unserviceable, ResourceState::Serviceable),
            ProcessKind::Training => (ResourceState::Untrained, ResourceState::Trained),
        };
        let mut faults = Faults::of(Process::SHEET, code, found);
        for (column, resource, state) in [("input", &process.input, from), ("output", &process.output, to)] {
            let right = picture.resources.get(resource.as_str()).is_none_or(|r| r.state == state);
            faults.require(right, column, resource.as_str(), message!("resource-in-state", state = state.as_str()));
        }
    }
}

fn training_rules(picture: &Picture, found: &mut Vec<Fault>) {
    for (code, course) in &picture.courses {
        let mut faults = Faults::of(Course::SHEET, code, found);
        // Who was taught before may be taught more.
        let state = |resource: &Ref<Resource>| picture.resources.get(resource.as_str()).map(|r| r.state);
        let people = state(&course.input).is_none_or(|state| state.kind() == ItemKind::Personnel);
        faults.require(people, "input", course.input.as_str(), message!("resource-of-people"));
        let trained = state(&course.output).is_none_or(|state| state == ResourceState::Trained);
        let right = message!("resource-in-state", state = ResourceState::Trained.as_str());
        faults.require(trained, "output", course.output.as_str(), right);
        faults.require(course.input != course.output, "output", course.output.as_str(), message!("another-resource"));
    }
    for (code, serial) in &picture.serials {
        let mut faults = Faults::of(Serial::SHEET, code, found);
        let kept: u32 = picture.quotas(code).map(|quota| quota.seats).fold(0, u32::saturating_add);
        let seats = serial.seats;
        faults.require(kept <= seats, "seats", seats.to_string(), message!("quotas-beyond-seats", kept));
        if let Some(course) = picture.courses.get(serial.course.as_str()) {
            faults.require(seats <= course.most, "seats", seats.to_string(), message!("at-most", most = course.most));
        }
    }
    for (code, instructor) in &picture.instructors {
        let pool = instructor.pool.as_ref().and_then(|pool| picture.pools.get(pool.as_str()));
        let people = [None, Some(PoolKind::Instructor), Some(PoolKind::Interpreter)];
        let right = pool.is_none_or(|pool| people.contains(&pool.kind));
        let named = instructor.pool.as_ref().map_or("", |pool| pool.as_str());
        Faults::of(Instructor::SHEET, code, found).require(right, "pool", named, message!("pool-of-instructors"));
    }
    for (key, block) in &picture.place_blocks {
        let pool = block.pool.as_ref().and_then(|pool| picture.pools.get(pool.as_str()));
        let there = pool.is_none_or(|pool| pool.place == block.place);
        let message = message!("pool-of-place", place = block.place.as_str());
        let named = block.pool.as_ref().map_or("", |pool| pool.as_str());
        Faults::of(PlaceBlock::SHEET, key.as_str(), found).require(there, "pool", named, message);
    }
}

fn offer_rules(picture: &Picture, found: &mut Vec<Fault>) {
    for (code, offer) in &picture.offers {
        let mut faults = Faults::of(Offer::SHEET, code, found);
        for caveat in &offer.caveats {
            let own = picture.caveats.get(caveat.as_str()).is_none_or(|c| c.party == offer.donor);
            faults.require(own, "caveats", caveat.as_str(), message!("caveat-of", party = offer.donor.as_str()));
        }
        let Some(item) = picture.item_of(offer.resource.as_str()) else { continue };
        let currency = item.currency();
        let right = currency.is_some() == offer.kind.is_money();
        let kind = offer.kind.as_str();
        let message =
            if offer.kind.is_money() { message!("money-for", kind) } else { message!("goods-or-people-for", kind) };
        faults.require(right, "resource", offer.resource.as_str(), message);
        let known = offer.quantity.known().is_some() && right;
        let exact = !known || picture.offered_units(offer).is_some();
        let places = currency.map_or(0, |c| c.places());
        faults.require(exact, "quantity", stated_text(&offer.quantity), message!("quantity-exact", places));
        if let (Some(fund), Some(currency)) =
            (offer.fund.as_ref().and_then(|f| picture.funds.get(f.as_str())), currency)
        {
            let same = fund.currency == currency;
            faults.require(same, "fund", fund.key(), message!("fund-in", currency = currency.code()));
        }
    }
}

fn stated_text<F: crate::field::Field>(stated: &Stated<F>) -> String {
    use crate::field::Field;
    stated.text()
}

fn need_rules(picture: &Picture, found: &mut Vec<Fault>) {
    for code in picture.requirements.keys() {
        let mut faults = Faults::of(Requirement::SHEET, code, found);
        if picture.accepts(code).next().is_none() {
            faults.record(message!("requirement-accepts-none"));
        }
        faults.require(!picture.packages.contains_key(code), "code", code, message!("code-of-package"));
    }
    for code in picture.packages.keys() {
        if picture.components(code).count() < 2 {
            Faults::of(Package::SHEET, code, found).record(message!("package-of-few"));
        }
    }
    let mut wanted: Vec<(&'static str, String, &str)> = Vec::new();
    wanted.extend(
        picture.requirement_accepts.iter().map(|(k, a)| (RequirementAccept::SHEET, k.clone(), a.resource.as_str())),
    );
    wanted.extend(
        picture.package_components.iter().map(|(k, c)| (PackageComponent::SHEET, k.clone(), c.resource.as_str())),
    );
    for (sheet, key, resource) in wanted {
        let money = picture.item_of(resource).is_some_and(|i| i.currency().is_some());
        Faults::of(sheet, key, found).require(!money, "resource", resource, message!("not-money"));
    }
}
