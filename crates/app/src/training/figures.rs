//! The board: what is asked for and what is taught, which serials stand in each other's way, who was told how long before, how full
//! facilities are, which needs will be late by it, and how courses turned out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use muster_domain::{
    code::Code,
    fixed::Fixed,
    lane::quickest,
    ledger::{
        account::{AccountPurpose, Whereabouts},
        entry::EntryKind,
    },
    need::Need,
    package::Package,
    picture::Picture,
    pool::PoolKind,
    process::ProcessKind,
    repair::percentile,
    resource::ResourceState,
    serial::{Serial, SerialState, days_between},
    training::{NominationState, clashes, days, seated, takes, there_on, used_between},
    viewer::Viewer,
};
use muster_storage::{
    db::Conn,
    ledger::{
        left::change,
        read::{self, AsOf, Flow, FlowFilter},
    },
    plan::{self as promised, Received},
    training::{self as store, Nomination, NominationFilter, Said},
};

use super::{MOST, counts_all, quotas};
use crate::{App, Error, day, everything, start_of};

/// Weeks over which it is told how courses turned out.
const WEEKS: i64 = 52;
/// Weeks for which it is told how full facilities are.
const AHEAD_WEEKS: i64 = 12;

/// A serial on the board.
#[derive(Clone, Debug)]
pub struct OnBoard {
    /// The serial.
    pub serial: Serial,
    /// Who has a seat: of all units for who may nominate, else of those that the viewer sees.
    pub taken: i64,
    /// Who waits for one, of the same.
    pub waiting: i64,
    /// Days between its announcement, or today if units were not told, and its start; and how many its course asks for.
    pub notice: (i64, i64),
    /// How many things stand in its way.
    pub clashes: usize,
}

impl OnBoard {
    /// Whether units are told too late.
    pub fn is_short_notice(&self) -> bool {
        self.serial.state.may_move() && self.notice.0 < self.notice.1
    }
}

/// How many trained people of a kind needs ask for, and how far they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// What they are when trained.
    pub resource: Code,
    /// Units that needs ask for.
    pub wanted: i64,
    /// Units that are in service for them.
    pub in_service: i64,
    /// Units that accepted plans have promised besides.
    pub promised: i64,
    /// Seats in serials to come and running.
    pub seats: i64,
    /// Seats that what is neither in service nor promised needs, by the share that plans expect to pass.
    pub needed: i64,
    /// Nominated and not yet there.
    pub nominated: i64,
    /// Taught now.
    pub in_training: i64,
    /// Passed and not yet back.
    pub passed: i64,
    /// The needs that ask for them.
    pub needs: Vec<Code>,
}

impl Demand {
    fn of(resource: &Code) -> Self {
        Self {
            resource: resource.clone(),
            wanted: 0,
            in_service: 0,
            promised: 0,
            seats: 0,
            needed: 0,
            nominated: 0,
            in_training: 0,
            passed: 0,
            needs: Vec::new(),
        }
    }

    /// Seats that are lacking.
    pub fn lacking(&self) -> i64 {
        (self.needed - self.seats).max(0)
    }
}

/// A need that will have its people later than it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// The need.
    pub need: Code,
    /// The serial in which they are taught.
    pub serial: Code,
    /// How many of them.
    pub units: i64,
    /// When they will be there.
    pub ready: Date,
    /// When they are due.
    pub due: Date,
}

impl Late {
    /// By how many days.
    pub fn days(&self) -> i64 {
        days_between(self.due, self.ready)
    }
}

/// When equipment, spares and manuals of a package will be there, and when its people will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InStep {
    /// The package.
    pub package: Code,
    /// When the last of its goods are there, or came; none: nothing is promised.
    pub goods: Option<Date>,
    /// Whether all of its goods are there.
    pub goods_there: bool,
    /// When the last of its people are.
    pub people: Option<Date>,
    /// When it is due.
    pub due: Date,
}

/// How full a pool is.
#[derive(Clone, Debug, PartialEq)]
pub struct Utilisation {
    /// The pool.
    pub pool: Code,
    /// What it is of.
    pub kind: Option<PoolKind>,
    /// Where.
    pub place: Code,
    /// For each week from this one on: its first day, unit-days used, unit-days there are.
    pub weeks: Vec<(Date, i64, i64)>,
}

/// How a course turned out at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turnout {
    /// The course.
    pub course: Code,
    /// Where.
    pub place: Code,
    /// How many passed.
    pub passed: i64,
    /// How many failed, and did not pass later.
    pub failed: i64,
    /// Days from arrival to certificate for half of those who passed.
    pub half: Option<SignedDuration>,
    /// The serials.
    pub serials: BTreeSet<Code>,
}

/// All that the board tells.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Serials that are not over, by their start.
    pub serials: Vec<OnBoard>,
    /// What is asked for.
    pub demand: Vec<Demand>,
    /// What will be late.
    pub late: Vec<Late>,
    /// Goods and people of packages.
    pub in_step: Vec<InStep>,
    /// How full facilities are.
    pub utilisation: Vec<Utilisation>,
    /// How courses turned out in the last year.
    pub results: Vec<Turnout>,
    /// Findings that were not followed up.
    pub findings: Vec<(Code, Said)>,
    /// Nominations by state.
    pub pipeline: BTreeMap<NominationState, i64>,
    /// Trainees who are at a facility or on their way, where they were last known to be: each by their nomination, with its state.
    pub whereabouts: BTreeMap<Whereabouts, Vec<(Code, NominationState)>>,
}

impl App {
    /// The board, as far as the viewer sees it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn training_figures(&self, viewer: &Viewer) -> Result<Figures, Error> {
        let picture = self.training_picture(viewer).await?;
        let mut conn = self.read().await?;
        let today = self.today();
        let current = NominationFilter { current: true, ..NominationFilter::default() };
        let current = store::nominations(&mut conn, viewer, &current, MOST).await?;
        let counts = store::counts(&mut conn, viewer).await?;
        let mut pipeline = BTreeMap::new();
        for (_, _, state, count) in &counts {
            *pipeline.entry(*state).or_default() += count;
        }
        let (whole, _) = self.memory.picture(&mut conn, &everything()).await?;
        let findings = store::findings(&mut conn).await?;
        let hears = |serial: &Code| {
            whole.serials.get(serial.as_str()).is_some_and(|serial| viewer.sees_all_of(serial.host.code()))
        };
        let flows = read::flows(&mut conn, viewer, FlowFilter::default(), AsOf::NOW).await?;
        Ok(Figures {
            serials: on_board(&picture, &mut conn, viewer, today).await?,
            demand: demand(&picture, &flows, &current),
            late: late(&picture, &current),
            in_step: in_step(&mut conn, &picture, &current, viewer).await?,
            utilisation: utilisation(&picture, today),
            results: results(&mut conn, &picture, viewer, self.now()).await?,
            findings: findings.into_iter().filter(|(serial, _)| hears(serial)).collect(),
            pipeline,
            whereabouts: whereabouts(&current),
        })
    }
}

fn whereabouts(current: &[Nomination]) -> BTreeMap<Whereabouts, Vec<(Code, NominationState)>> {
    let mut all: BTreeMap<Whereabouts, Vec<(Code, NominationState)>> = BTreeMap::new();
    for nomination in current.iter().filter(|of| of.state.is_there() || of.state.is_on_the_way()) {
        if let Some(at) = nomination.account.whereabouts() {
            all.entry(at).or_default().push((nomination.code.clone(), nomination.state));
        }
    }
    all
}

async fn on_board(picture: &Picture, conn: &mut Conn, viewer: &Viewer, today: Date) -> Result<Vec<OnBoard>, Error> {
    let mut serials: Vec<&Serial> = picture.serials.values().filter(|serial| !serial.state.is_over()).collect();
    serials.sort_by_key(|serial| (serial.start, serial.code.clone()));
    let mut units: BTreeMap<Code, Vec<(Code, NominationState, i64)>> = BTreeMap::new();
    let counted = if counts_all(viewer) { everything() } else { viewer.clone() };
    for (serial, unit, state, count) in store::counts(conn, &counted).await? {
        units.entry(serial).or_default().push((unit, state, count));
    }
    let board = |serial: &Serial| {
        let of = units.get(&serial.code).map(Vec::as_slice).unwrap_or_default();
        let quotas = quotas(picture, serial);
        let wanting: Vec<&Code> = of
            .iter()
            .filter(|(_, state, _)| state.wants_seat())
            .flat_map(|(unit, _, count)| std::iter::repeat_n(unit, usize::try_from(*count).unwrap_or(0)))
            .collect();
        let taken = seated(serial.seats, &quotas, &wanting, |unit| unit).len() as i64;
        let asked = picture.courses.get(serial.course.as_str()).map_or(0, |course| i64::from(course.notice_days));
        OnBoard {
            serial: serial.clone(),
            taken,
            waiting: wanting.len() as i64 - taken,
            notice: (serial.notice(today), asked),
            clashes: clashes(picture, serial).len(),
        }
    };
    Ok(serials.into_iter().map(board).collect())
}

fn demand(picture: &Picture, flows: &[Flow], current: &[Nomination]) -> Vec<Demand> {
    let mut all: BTreeMap<&Code, Demand> = BTreeMap::new();
    let trained = |resource: &str| is_trained(picture, resource);
    for component in picture.package_components.values().filter(|of| trained(of.resource.as_str())) {
        let Some(package) = picture.packages.get(component.package.as_str()) else { continue };
        if package.state.counts() {
            let of = all.entry(component.resource.code()).or_insert_with_key(|code| Demand::of(code));
            of.wanted += i64::from(component.quantity) * i64::from(package.count);
            of.needs.push(package.code.clone());
        }
    }
    for accept in picture.requirement_accepts.values().filter(|of| trained(of.resource.as_str())) {
        let Some(requirement) = picture.requirements.get(accept.requirement.as_str()) else { continue };
        if requirement.state.counts() {
            let of = all.entry(accept.resource.code()).or_insert_with_key(|code| Demand::of(code));
            of.wanted += i64::from(requirement.quantity);
            of.needs.push(requirement.code.clone());
        }
    }
    for flow in flows.iter().filter(|flow| flow.need.is_some() && flow.to.0 == AccountPurpose::InService) {
        if let Some(of) = all.get_mut(&flow.resource) {
            let there = if flow.kind == EntryKind::Posted { flow.quantity } else { 0 };
            of.in_service += there;
            of.promised += change(flow) - there;
        }
    }
    let made = |serial: &str| {
        let serial = picture.serials.get(serial)?;
        picture.courses.get(serial.course.as_str()).map(|course| course.output.code())
    };
    for serial in picture.serials.values().filter(|serial| !serial.state.is_over()) {
        if let Some(resource) = made(serial.code.as_str()) {
            all.entry(resource).or_insert_with_key(|code| Demand::of(code)).seats += i64::from(serial.seats);
        }
    }
    for nomination in current {
        let Some(resource) = made(nomination.serial.as_str()) else { continue };
        let of = all.entry(resource).or_insert_with_key(|code| Demand::of(code));
        match nomination.state {
            state if state.is_expected() => of.nominated += 1,
            NominationState::Passed => of.passed += 1,
            NominationState::Returning if nomination.is_trained() => of.passed += 1,
            state if state.is_there() => of.in_training += 1,
            _ => {}
        }
    }
    for of in all.values_mut() {
        of.needed = seats_for(picture, &of.resource, (of.wanted - of.in_service - of.promised).max(0));
    }
    all.into_values().collect()
}

/// Seats from which so many trained people come, rounded up: by the shares of the processes that train them, each as much as it can start.
fn seats_for(picture: &Picture, resource: &Code, units: i64) -> i64 {
    let (mut start, mut pass) = (0, 0);
    let training = picture.processes.values().filter(|of| of.kind == ProcessKind::Training);
    for process in training.filter(|of| of.output.code() == resource) {
        let weight = i128::from(process.capacity.max(1)) * i128::from(Fixed::<3>::ONE);
        start += weight;
        pass += process.pass_share.map_or(weight, |share| weight / i128::from(Fixed::<3>::ONE) * i128::from(share.0));
    }
    if pass == 0 {
        return units;
    }
    i64::try_from((i128::from(units) * start + pass - 1) / pass).unwrap_or(i64::MAX)
}

/// Days that it takes to come from one place to another; none: no lanes lead there.
pub(crate) fn travel_days(picture: &Picture, from: &str, to: &str) -> Option<i64> {
    let way = quickest(&picture.lanes, from, to, |_| true)?;
    Some(way.iter().filter_map(|lane| picture.lanes.get(lane.as_str())).map(|lane| i64::from(lane.transit_days)).sum())
}

/// When people who are taught in a serial for a need will be there: after it, and the way.
fn ready(picture: &Picture, serial: &Serial, need: &Need) -> Option<Date> {
    let way = travel_days(picture, serial.place.as_str(), need.place().as_str()).unwrap_or(0);
    serial.end.checked_add((way + 1).days()).ok()
}

/// How many are taught in each serial that takes place for each need, of nominations that want a seat, with when they will be there: the way
/// is looked for once.
fn for_needs<'p>(
    picture: &'p Picture,
    nominations: impl Iterator<Item = &'p Nomination>,
) -> Vec<(&'p Serial, Need, i64, Date)> {
    let mut units: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for nomination in nominations.filter(|nomination| nomination.state.wants_seat()) {
        if let Some(need) = &nomination.need {
            *units.entry((nomination.serial.as_str(), need.as_str())).or_default() += 1;
        }
    }
    let of = |((serial, need), units): ((&str, &str), i64)| {
        let serial = picture.serials.get(serial).filter(|serial| serial.state.takes_place())?;
        let need = Need::of(picture, need)?;
        let ready = ready(picture, serial, &need)?;
        Some((serial, need, units, ready))
    };
    units.into_iter().filter_map(of).collect()
}

/// Needs whose people will be there later than they are due, by the nominations that are given.
pub(super) fn late(picture: &Picture, nominations: &[Nomination]) -> Vec<Late> {
    let away = nominations.iter().filter(|nomination| nomination.state != NominationState::Returned);
    let late = for_needs(picture, away).into_iter().filter(|(_, need, _, ready)| *ready > need.due());
    let late = late.map(|(serial, need, units, ready)| Late {
        need: need.code().clone(),
        serial: serial.code.clone(),
        units,
        ready,
        due: need.due(),
    });
    let mut all: Vec<Late> = late.collect();
    all.sort_by_key(|late| std::cmp::Reverse(late.days()));
    all
}

/// When goods and people of packages will be there, by what accepted plans promise and who is nominated.
async fn in_step(
    conn: &mut Conn,
    picture: &Picture,
    current: &[Nomination],
    viewer: &Viewer,
) -> Result<Vec<InStep>, Error> {
    // What is promised is the mission's to know, or the unit's whose need it is.
    let mut last: BTreeMap<(Code, bool), Date> = BTreeMap::new();
    for receipt in promised::receipts(conn).await?.into_iter().filter(|receipt| receipt.open > 0) {
        let people = is_trained(picture, receipt.resource.as_str());
        let at = day(receipt.at);
        last.entry((receipt.need, people)).and_modify(|known| *known = at.max(*known)).or_insert(at);
    }
    for (_, need, _, at) in for_needs(picture, current.iter().filter(|nomination| nomination.line.is_none())) {
        let key = (need.code().clone(), true);
        last.entry(key).and_modify(|known| *known = at.max(*known)).or_insert(at);
    }
    let at = |package: &Package, people| last.get(&(package.code.clone(), people)).copied();
    let seen = picture.packages.values().filter(|package| viewer.sees_all_of(package.unit.code()));
    let seen: Vec<&Package> = seen.filter(|package| at(package, true).is_some()).collect();
    let codes: Vec<&Code> = seen.iter().map(|package| &package.code).collect();
    let received = promised::received(conn, &codes).await?;
    let of = |package: &&Package| {
        let came = came(picture, package, &received);
        InStep {
            package: package.code.clone(),
            goods: came.or(at(package, false)),
            goods_there: came.is_some(),
            people: at(package, true),
            due: package.due,
        }
    };
    Ok(seen.iter().map(of).collect())
}

/// When the last of a package's goods came; none: some of them have not.
fn came(picture: &Picture, package: &Package, received: &[Received]) -> Option<Date> {
    let goods = picture.components(package.code.as_str()).filter(|of| !is_trained(picture, of.resource.as_str()));
    let last = goods.map(|of| {
        let wanted = i64::from(of.quantity) * i64::from(package.count);
        let of_it = |had: &&Received| had.need == package.code && had.resource == *of.resource.code();
        received.iter().find(of_it).filter(|had| had.units >= wanted).map(|had| day(had.last))
    });
    last.collect::<Option<Vec<Date>>>()?.into_iter().max()
}

/// Whether a resource is people who were taught.
fn is_trained(picture: &Picture, resource: &str) -> bool {
    picture.resources.get(resource).is_some_and(|of| of.state == ResourceState::Trained)
}

fn utilisation(picture: &Picture, today: Date) -> Vec<Utilisation> {
    let taking: Vec<&Serial> = picture.serials.values().filter(|serial| serial.state.takes_place()).collect();
    let mut pools: BTreeSet<Code> = BTreeSet::new();
    for serial in &taking {
        pools.extend(takes(picture, serial).into_keys());
    }
    let monday = |day: Date| day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).unwrap_or(day);
    let first = monday(today);
    let of = |pool: &str| {
        let record = picture.pools.get(pool)?;
        let week = |n: i64| {
            let from = first.checked_add((7 * n).days()).unwrap_or(first);
            let to = from.checked_add(6.days()).unwrap_or(from);
            let there = days(from, to).map(|day| there_on(picture, pool, day)).sum();
            let used = taking.iter().map(|serial| used_between(picture, serial, pool, (from, to)));
            (from, used.sum(), there)
        };
        Some(Utilisation {
            pool: record.code.clone(),
            kind: record.kind,
            place: record.place.code().clone(),
            weeks: (0..AHEAD_WEEKS).map(week).collect(),
        })
    };
    pools.iter().map(Code::as_str).filter_map(of).collect()
}

async fn results(conn: &mut Conn, picture: &Picture, viewer: &Viewer, now: Timestamp) -> Result<Vec<Turnout>, Error> {
    let since = now.checked_sub(SignedDuration::from_hours(24 * 7 * WEEKS)).unwrap_or(Timestamp::MIN);
    let mut all: BTreeMap<(Code, Code), (Turnout, Vec<SignedDuration>)> = BTreeMap::new();
    for ended in store::ended(conn, viewer, since).await? {
        let Some(serial) = picture.serials.get(ended.serial.as_str()) else { continue };
        let key = (serial.course.code().clone(), serial.place.code().clone());
        let (course, place) = key.clone();
        let new = Turnout { course, place, passed: 0, failed: 0, half: None, serials: BTreeSet::new() };
        let (result, took) = all.entry(key).or_insert((new, Vec::new()));
        result.serials.insert(serial.code.clone());
        match ended.passed_at {
            Some(passed) => {
                result.passed += 1;
                took.extend(ended.came_at.map(|came| passed.duration_since(came)));
            }
            None => result.failed += 1,
        }
    }
    Ok(all.into_values().map(|(result, took)| Turnout { half: percentile(&took, 0.5), ..result }).collect())
}

/// What nominations that no plan made take of the capacity to teach, and what of offers and needs is promised by them, so that plans leave
/// it to them: process, the start of its period, units; and flows as if they were pending.
///
/// # Errors
/// If the database fails.
pub(crate) async fn promised_by_nominations(
    conn: &mut Conn,
    picture: &Picture,
) -> Result<(Vec<(String, Timestamp, i64)>, Vec<Flow>), Error> {
    let current = NominationFilter { current: true, ..NominationFilter::default() };
    let current = store::nominations(conn, &everything(), &current, MOST).await?;
    let (mut starts, mut flows) = (Vec::new(), Vec::new());
    for nomination in current.iter().filter(|n| n.line.is_none()) {
        let Some(serial) = picture.serials.get(nomination.serial.as_str()) else { continue };
        let Some(course) = picture.courses.get(serial.course.as_str()) else { continue };
        let pending = |from: (AccountPurpose, Option<Code>), to, resource: &Code| Flow {
            offer: nomination.offer.clone(),
            need: nomination.need.clone(),
            kind: EntryKind::Pending,
            settles: false,
            resource: resource.clone(),
            from,
            to,
            quantity: 1,
        };
        let there = || Some(serial.place.code().clone());
        if nomination.state.wants_seat() && serial.state.takes_place() {
            // Seats stay taken when people have come: the account of a serial is none of a process.
            if let Some(process) = picture.teaches(course, serial.place.as_str()) {
                starts.push((process.code.to_string(), start_of(serial.start), 1));
            }
        }
        // Who has set out is where they come from no more.
        if nomination.state.is_at_home() && serial.state.takes_place() {
            let from = (nomination.origin.purpose, nomination.origin.place.clone());
            flows.push(pending(from, (AccountPurpose::InProcess, there()), &nomination.resource));
        }
        let failed = nomination.state == NominationState::Failed
            || nomination.state == NominationState::Returning && !nomination.is_trained();
        let will_serve = nomination.state.wants_seat() && !failed;
        if nomination.need.is_some() && will_serve && serial.state != SerialState::Cancelled {
            let from = (AccountPurpose::OnHand, there());
            flows.push(pending(from, (AccountPurpose::InService, None), course.output.code()));
        }
    }
    Ok((starts, flows))
}
