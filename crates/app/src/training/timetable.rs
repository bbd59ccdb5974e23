//! When serials would best be: those that may still move are scheduled within what there is of instructors, interpreters, ranges, kit and
//! beds, without what hosts keep for themselves, each so long before its start that units can be told, and so that needs have their people
//! in time. What units count on moves only if it gains more than its price.
//!
//! The model is stricter than the field in one thing: what a serial uses on some of its days is kept free for it on all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, civil::Date};
use muster_domain::{
    code::Code,
    instructor::{Instructor, is_named_on},
    message,
    message::Message,
    need::Need,
    picture::Picture,
    policy::Action,
    serial::{Serial, SerialState, days_between},
    training::{Clash, clashes, days, is_closed, takes, there_on, used_between, used_on},
};
use muster_scheduler::document::{Document, FORMAT, Objective, Preferred, Resource, Task};
use muster_storage::training::{self as store, Nomination, NominationFilter};

use super::serial::told;
use crate::{
    Actor, App, Error, blocking, everything,
    mission::keep_serial_parts,
    scheduled::{Solved, solved, stretches},
};

/// Longest horizon, in days.
const LONGEST: i64 = 1_100;
/// What a day costs by which one trainee is there too late, and what it costs to move a serial, in the same unit.
const PRICE: i64 = 5;

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Only serials at this place.
    pub place: Option<String>,
    /// No serial ends after this day; none: a year from today.
    pub until: Option<Date>,
    /// Whether serials that units were told of may move, too.
    pub confirmed: bool,
    /// Most seconds that it takes.
    pub seconds: f64,
    /// The seed of everything random.
    pub seed: u64,
}

/// Another start for a serial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shifted {
    /// The serial.
    pub serial: Code,
    /// Its first day now.
    pub from: Date,
    /// Its first day in the timetable.
    pub to: Date,
}

/// When serials would best be.
#[derive(Clone, Debug)]
pub struct Timetable {
    /// How the search ended; what it costs are days by which trainees are too late, and prices of moves.
    pub solved: Solved,
    /// How many serials were scheduled.
    pub serials: usize,
    /// Those that would move.
    pub shifted: Vec<Shifted>,
    /// Why serials cannot be placed at all, or what would still stand in their way.
    pub reasons: Vec<(Code, Message)>,
}

impl App {
    /// When serials would best be. Nothing is changed.
    ///
    /// # Errors
    /// If the actor may not plan, the time is out of bounds, or the database fails.
    pub async fn timetable(&self, ask: &Ask, actor: &Actor) -> Result<Timetable, Error> {
        actor.may(Action::Plan)?;
        if !(0.1..=600.0).contains(&ask.seconds) {
            return Err(Error::Invalid(message!("from-to", least = 1, most = 600)));
        }
        let picture = self.training_picture(&actor.viewer).await?;
        let current = NominationFilter { current: true, ..NominationFilter::default() };
        let nominations = store::nominations(&mut self.read().await?, &everything(), &current, super::MOST).await?;
        let (ask, today) = (ask.clone(), self.today());
        blocking(move || timetable(&picture, &nominations, &ask, today)).await
    }

    /// Gives serials the starts of a timetable, all of them or none; units that were told are told anew.
    ///
    /// # Errors
    /// If a serial is not there, changed meanwhile or has begun, the actor may not change it, or the ledger or the database refuses.
    pub async fn timetable_accept(&self, shifted: &[Shifted], actor: &Actor) -> Result<(), Error> {
        let picture = self.training_picture(&actor.viewer).await?;
        let mut incoming = Picture::default();
        for shift in shifted {
            let code = shift.serial.as_str();
            let serial = picture.serials.get(code);
            let serial = serial.ok_or_else(|| Error::NotFound { what: "serial", code: code.to_owned() })?;
            if serial.start != shift.from {
                return Err(Error::Changed);
            }
            if !serial.state.may_move() {
                return Err(Error::Invalid(message!("serial-has-begun", serial = code)));
            }
            let mut moved = serial.starting(shift.to);
            moved.announced = moved.announced.map(|_| self.today());
            keep_serial_parts(&picture, code, &mut incoming);
            incoming.put(moved);
        }
        let mut after = (*picture).clone();
        incoming.serials.values().for_each(|serial| after.put(serial.clone()));
        for serial in incoming.serials.values() {
            let before = picture.serials.get(serial.code.as_str()).map(|before| clashes(&picture, before));
            let new: Vec<Clash> = clashes(&after, serial);
            if let Some(clash) = new.first().filter(|_| before.is_none_or(|before| new.len() > before.len())) {
                let (clash, more) = (told(clash), new.len() - 1);
                return Err(Error::Invalid(message!("serial-clashes", clash, more)));
            }
        }
        self.serials_written(&incoming, format!("timetable of {} serials accepted", shifted.len()), actor).await
    }
}

/// What a serial may not start before, should end by, and what a day too late costs.
fn wishes(picture: &Picture, serial: &Serial, nominations: &[Nomination], today: Date) -> (Date, Option<Date>, i64) {
    let notice = picture.courses.get(serial.course.as_str()).map_or(0, |course| i64::from(course.notice_days));
    // Who was told already need not be told anew unless it moves; it never moves to sooner than now.
    let release = today.checked_add(notice.days()).unwrap_or(today).min(serial.start).max(today);
    let mut due: Option<Date> = None;
    let mut weight = 0;
    for nomination in nominations.iter().filter(|n| n.serial == serial.code && n.state.wants_seat()) {
        let Some(need) = nomination.need.as_ref().and_then(|need| Need::of(picture, need.as_str())) else { continue };
        let way = super::figures::travel_days(picture, serial.place.as_str(), need.place().as_str()).unwrap_or(0);
        let by = need.due().checked_sub((way + 1).days()).unwrap_or(need.due());
        due = Some(due.map_or(by, |due| due.min(by)));
        weight += 1;
    }
    (release, due, weight.max(1))
}

fn timetable(picture: &Picture, nominations: &[Nomination], ask: &Ask, today: Date) -> Result<Timetable, Error> {
    let until = ask.until.or_else(|| today.checked_add(365.days()).ok()).unwrap_or(today);
    let horizon = days_between(today, until) + 1;
    if !(1..=LONGEST).contains(&horizon) {
        return Err(Error::Invalid(message!("timetable-until", most = LONGEST)));
    }
    let here = |serial: &Serial| ask.place.as_ref().is_none_or(|place| place == serial.place.as_str());
    let moves = |serial: &Serial| {
        serial.start > today
            && serial.end <= until
            && (serial.state == SerialState::Planned || ask.confirmed && serial.state == SerialState::Confirmed)
    };
    let all: Vec<&Serial> =
        picture.serials.values().filter(|serial| !serial.state.is_over() && serial.end >= today).collect();
    let (mut free, mut fixed): (Vec<&Serial>, Vec<&Serial>) =
        all.iter().partition(|serial| here(serial) && moves(serial));
    let mut reasons: Vec<(Code, Message)> = Vec::new();
    // What alone can never be placed keeps nobody else from being placed.
    free.retain(|serial| {
        let never = never_fits(picture, serial, today, until);
        reasons.extend(never.iter().map(|clash| (serial.code.clone(), told(clash))));
        if never.is_empty() && is_for_a_part(picture, serial, (today, until)) {
            reasons.extend(clashes(picture, serial).iter().map(|clash| (serial.code.clone(), told(clash))));
            fixed.push(serial);
            return false;
        }
        never.is_empty()
    });
    let document = document(picture, &free, &fixed, nominations, (ask, today, horizon));
    let schedule = solved(&document, ask.seconds, ask.seed)?;
    let mut after = picture.clone();
    let mut shifted = Vec::new();
    for (serial, placed) in free.iter().zip(&schedule.tasks) {
        let to = today.checked_add(placed.start.days()).unwrap_or(serial.start);
        if to != serial.start {
            shifted.push(Shifted { serial: serial.code.clone(), from: serial.start, to });
            after.put(serial.starting(to));
        }
    }
    if schedule.objective.is_none() {
        reasons.extend(overfull(picture, &free, &fixed, (today, until)));
    }
    let still = free.iter().filter_map(|serial| after.serials.get(serial.code.as_str()));
    for serial in still.filter(|_| schedule.objective.is_some()) {
        reasons.extend(clashes(&after, serial).iter().map(|clash| (serial.code.clone(), told(clash))));
    }
    Ok(Timetable { solved: Solved::of(&schedule), serials: free.len(), shifted, reasons })
}

/// What serials share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scarce {
    /// Units of a pool.
    Pool(Code),
    /// A place, which hosts may close.
    Place(Code),
    /// Somebody who teaches or interprets, in one serial at a time.
    Person(Code),
}

/// A name of its own among all that serials share, and one in the model.
impl std::fmt::Display for Scarce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pool(pool) => write!(f, "pool {pool}"),
            Self::Place(place) => write!(f, "place {place}"),
            Self::Person(who) => write!(f, "instructor {who}"),
        }
    }
}

/// Whether somebody is available on a day and in no serial that stays where it is.
fn is_free(picture: &Picture, fixed: &[&Serial], who: &Code, day: Date) -> bool {
    let available = picture.instructors.get(who.as_str()).is_none_or(|who| who.is_available(day));
    available && !fixed.iter().any(|serial| is_named_on(picture, serial, who.as_str(), day))
}

/// The problem: a task for each serial that may move; pools with what is left of them by days.
fn document(
    picture: &Picture,
    free: &[&Serial],
    fixed: &[&Serial],
    nominations: &[Nomination],
    (ask, today, horizon): (&Ask, Date, i64),
) -> Document {
    let at = |day: Date| days_between(today, day);
    let mut demands: BTreeMap<&str, BTreeMap<Scarce, i64>> = BTreeMap::new();
    for serial in free {
        let own = demands.entry(serial.code.as_str()).or_default();
        own.extend(takes(picture, serial).into_iter().map(|(pool, units)| (Scarce::Pool(pool), units)));
        let named = picture.taught_by(serial.code.as_str());
        own.extend(named.map(|of| (Scarce::Person(of.instructor.code().clone()), 1)));
        own.insert(Scarce::Place(serial.place.code().clone()), 1);
    }
    let used: BTreeSet<&Scarce> = demands.values().flat_map(BTreeMap::keys).collect();
    let last = today.checked_add((horizon - 1).days()).unwrap_or(today);
    let resource = |of: &Scarce| {
        let most = match of {
            Scarce::Pool(pool) => picture.pools.get(pool.as_str()).map_or(0, |pool| i64::from(pool.quantity)),
            Scarce::Place(_) => free.len() as i64,
            Scarce::Person(_) => 1,
        };
        let left = |day: Date| match of {
            Scarce::Pool(pool) => {
                let used: i64 = fixed.iter().map(|serial| used_on(picture, serial, pool.as_str(), day)).sum();
                (there_on(picture, pool.as_str(), day) - used).max(0)
            }
            Scarce::Place(place) if is_closed(picture, place.as_str(), day) => 0,
            Scarce::Place(_) => most,
            Scarce::Person(who) => i64::from(is_free(picture, fixed, who, day)),
        };
        Resource { id: of.to_string(), capacity: most, calendar: stretches(most, days(today, last).map(left)) }
    };
    let task = |serial: &&Serial| {
        let (release, due, weight) = wishes(picture, serial, nominations, today);
        let price = if serial.state == SerialState::Confirmed { 10 * PRICE } else { PRICE };
        Task {
            id: serial.code.to_string(),
            duration: Some(serial.days()),
            demands: demands[serial.code.as_str()].iter().map(|(of, units)| (of.to_string(), *units)).collect(),
            release: at(release),
            due: due.map(|due| (at(due) + 1).max(0)),
            weight: Some(weight),
            preferred: Some(Preferred { start: at(serial.start), price }),
            ..Task::default()
        }
    };
    Document {
        format: FORMAT.into(),
        name: ask.place.clone().unwrap_or_default(),
        objective: Objective::WeightedTardiness,
        horizon: Some(horizon),
        resources: used.into_iter().map(resource).collect(),
        tasks: free.iter().map(task).collect(),
        ..Document::default()
    }
}

/// Why a serial has no place on any day, were it alone.
fn never_fits(picture: &Picture, serial: &Serial, today: Date, until: Date) -> Vec<Clash> {
    let length = usize::try_from(serial.days()).unwrap_or(0);
    for (pool, used) in takes(picture, serial) {
        let there = days(today, until).map(|day| there_on(picture, pool.as_str(), day)).max().unwrap_or(0);
        if used > there {
            return vec![Clash::Pool { pool, on: serial.start, days: length, used, there, with: Vec::new() }];
        }
    }
    for of in picture.taught_by(serial.code.as_str()) {
        let Some(who) = picture.instructors.get(of.instructor.as_str()) else { continue };
        let Some((first, last)) = of.span(serial) else { continue };
        if window(who, (today, until)) < days_between(first, last) + 1 {
            return vec![Clash::Away { instructor: who.code.clone(), on: serial.start, days: length }];
        }
    }
    Vec::new()
}

/// Days on which somebody is available within a time, at most 0 if they are not.
fn window(who: &Instructor, (today, until): (Date, Date)) -> i64 {
    let from = who.from.map_or(today, |from| from.max(today));
    days_between(from, who.to.map_or(until, |to| to.min(until))) + 1
}

/// Whether somebody is named for some days of a serial who is not available for as many as all of it has: the search knows whole serials
/// alone, so it cannot place it.
fn is_for_a_part(picture: &Picture, serial: &Serial, time: (Date, Date)) -> bool {
    let mut named = picture.taught_by(serial.code.as_str());
    named.any(|of| picture.instructors.get(of.instructor.as_str()).is_some_and(|who| window(who, time) < serial.days()))
}

/// Pools of which serials together use more than there is, and people who are in more of them than they have days.
fn overfull(
    picture: &Picture,
    free: &[&Serial],
    fixed: &[&Serial],
    (today, until): (Date, Date),
) -> Vec<(Code, Message)> {
    let mut wanted: BTreeMap<Code, (i64, &Code)> = BTreeMap::new();
    let mut people: BTreeMap<&Code, (i64, &Code)> = BTreeMap::new();
    for serial in free {
        for (pool, units) in takes(picture, serial) {
            wanted.entry(pool).or_insert((0, &serial.code)).0 += units * serial.days();
        }
        for of in picture.taught_by(serial.code.as_str()) {
            people.entry(of.instructor.code()).or_insert((0, &serial.code)).0 += serial.days();
        }
    }
    let mut found = Vec::new();
    let mut told = |of: &Code, (wanted, serial): (i64, &Code), left: i64| {
        if wanted > left {
            found.push((serial.clone(), message!("timetable-overfull", pool = of, wanted, left)));
        }
    };
    for (pool, wanted) in &wanted {
        let there: i64 = days(today, until).map(|day| there_on(picture, pool.as_str(), day)).sum();
        let taken = fixed.iter().map(|serial| used_between(picture, serial, pool.as_str(), (today, until)));
        told(pool, *wanted, (there - taken.sum::<i64>()).max(0));
    }
    for (who, wanted) in people {
        let free = days(today, until).filter(|day| is_free(picture, fixed, who, *day)).count();
        told(who, wanted, free as i64);
    }
    found
}
