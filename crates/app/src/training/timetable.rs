//! When serials would best be: those that may still move are scheduled within what there is of instructors, interpreters, ranges, kit and
//! beds, without what hosts keep for themselves, each so long before its start that units can be told, and so that needs have their people
//! in time. What units count on moves only if it gains more than its price.
//!
//! A serial uses a pool on the days on which it says so or people of it are named, people on the days for which they are, its place on all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, civil::Date};
use muster_domain::{
    code::Code,
    instructor::is_named_on,
    message,
    message::Message,
    need::Need,
    picture::Picture,
    policy::Action,
    serial::{Serial, SerialState, days_between},
    training::{Clash, clashes, days, is_closed, takes, there_on, used_on},
};
use muster_scheduler::document::{Document, FORMAT, Objective, Preferred, Resource, Task};
use muster_storage::training::{self as store, Nomination, NominationFilter};

use super::serial::told;
use crate::{
    Actor, App, Error, blocking, everything,
    mission::keep_serial_parts,
    scheduled::{Solved, held, solved, stretches},
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
    let (mut free, fixed): (Vec<&Serial>, Vec<&Serial>) = all.iter().partition(|serial| here(serial) && moves(serial));
    let uses: BTreeMap<&str, Uses> = free.iter().map(|of| (of.code.as_str(), uses(picture, of))).collect();
    let used: BTreeSet<&Scarce> = uses.values().flat_map(BTreeMap::keys).collect();
    let left: BTreeMap<&Scarce, Left> =
        used.into_iter().map(|of| (of, Left::new(picture, of, &fixed, (today, until)))).collect();
    let mut reasons: Vec<(Code, Message)> = Vec::new();
    // What has no place beside what stays keeps nobody else from being placed.
    let mut settled = picture.clone();
    free.iter().for_each(|serial| _ = settled.serials.remove(serial.code.as_str()));
    free.retain(|serial| {
        let release = days_between(today, wishes(picture, serial, nominations, today).0);
        let fits = (release..=horizon - serial.days()).any(|start| fits(&uses[serial.code.as_str()], &left, start));
        if !fits {
            let never = clashes(&settled, serial).into_iter().filter(Clash::is_of_days);
            reasons.extend(never.map(|clash| (serial.code.clone(), told(&clash))));
        }
        fits
    });
    let document = document(picture, &free, (&uses, &left), nominations, (ask, today, horizon));
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
        reasons.extend(overfull(&free, &uses, &left));
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

/// What a serial uses on each of its days.
type Uses = BTreeMap<Scarce, Vec<i64>>;

fn uses(picture: &Picture, serial: &Serial) -> Uses {
    let by_day = |units: &dyn Fn(Date) -> i64| days(serial.start, serial.end).map(units).collect();
    let mut uses = Uses::from([(Scarce::Place(serial.place.code().clone()), by_day(&|_| 1))]);
    for pool in takes(picture, serial).into_keys() {
        let units = by_day(&|day| used_on(picture, serial, pool.as_str(), day));
        uses.insert(Scarce::Pool(pool), units);
    }
    for who in picture.taught_by(serial.code.as_str()).map(|of| of.instructor.code()) {
        let there = by_day(&|day| i64::from(is_named_on(picture, serial, who.as_str(), day)));
        uses.insert(Scarce::Person(who.clone()), there);
    }
    uses
}

/// What is left of something that serials share beside those that stay where they are.
struct Left {
    /// How much there is on any day at most.
    most: i64,
    /// On each day from today on.
    by_day: Vec<i64>,
}

impl Left {
    fn new(picture: &Picture, of: &Scarce, fixed: &[&Serial], (today, until): (Date, Date)) -> Self {
        let on = |day: Date| match of {
            Scarce::Pool(pool) => {
                let used: i64 = fixed.iter().map(|serial| used_on(picture, serial, pool.as_str(), day)).sum();
                (there_on(picture, pool.as_str(), day) - used).max(0)
            }
            Scarce::Place(place) if is_closed(picture, place.as_str(), day) => 0,
            // As many serials as there may be.
            Scarce::Place(_) => picture.serials.len() as i64,
            Scarce::Person(who) => i64::from(is_free(picture, fixed, who, day)),
        };
        let by_day: Vec<i64> = days(today, until).map(on).collect();
        Self { most: by_day.iter().copied().max().unwrap_or(0), by_day }
    }
}

/// Whether somebody is available on a day and in no serial that stays where it is.
fn is_free(picture: &Picture, fixed: &[&Serial], who: &Code, day: Date) -> bool {
    let available = picture.instructors.get(who.as_str()).is_none_or(|who| who.is_available(day));
    available && !fixed.iter().any(|serial| is_named_on(picture, serial, who.as_str(), day))
}

/// Whether all that a serial uses is left if it starts so many days from today, were it the only one to move.
fn fits(uses: &Uses, left: &BTreeMap<&Scarce, Left>, start: i64) -> bool {
    let start = usize::try_from(start).unwrap_or(0);
    uses.iter().all(|(of, used)| {
        let left = left[of].by_day.get(start..start + used.len());
        left.is_some_and(|left| used.iter().zip(left).all(|(used, left)| used <= left))
    })
}

/// The problem: a task for each serial that may move; what they share with what is left of it by days.
fn document(
    picture: &Picture,
    free: &[&Serial],
    (uses, left): (&BTreeMap<&str, Uses>, &BTreeMap<&Scarce, Left>),
    nominations: &[Nomination],
    (ask, today, horizon): (&Ask, Date, i64),
) -> Document {
    let at = |day: Date| days_between(today, day);
    let task = |serial: &&Serial| {
        let (release, due, weight) = wishes(picture, serial, nominations, today);
        let price = if serial.state == SerialState::Confirmed { 10 * PRICE } else { PRICE };
        let uses = uses[serial.code.as_str()].iter();
        Task {
            id: serial.code.to_string(),
            duration: Some(serial.days()),
            demands: uses.flat_map(|(of, units)| held(&of.to_string(), units.iter().copied())).collect(),
            release: at(release),
            due: due.map(|due| (at(due) + 1).max(0)),
            weight: Some(weight),
            preferred: Some(Preferred { start: at(serial.start), price }),
            ..Task::default()
        }
    };
    let resource = |(of, left): (&&Scarce, &Left)| Resource {
        id: of.to_string(),
        capacity: left.most,
        calendar: stretches(left.most, left.by_day.iter().copied()),
    };
    Document {
        format: FORMAT.into(),
        name: ask.place.clone().unwrap_or_default(),
        objective: Objective::WeightedTardiness,
        horizon: Some(horizon),
        resources: left.iter().map(resource).collect(),
        tasks: free.iter().map(task).collect(),
        ..Document::default()
    }
}

/// Pools of which serials together use more than is left, and people who are in them on more days than they have.
fn overfull(free: &[&Serial], uses: &BTreeMap<&str, Uses>, left: &BTreeMap<&Scarce, Left>) -> Vec<(Code, Message)> {
    let mut wanted: BTreeMap<&Scarce, (i64, &Code)> = BTreeMap::new();
    for serial in free {
        for (of, units) in &uses[serial.code.as_str()] {
            wanted.entry(of).or_insert((0, &serial.code)).0 += units.iter().sum::<i64>();
        }
    }
    let told = |(of, (wanted, serial)): (&Scarce, (i64, &Code))| {
        let (Scarce::Pool(code) | Scarce::Person(code)) = of else { return None };
        let left = left[of].by_day.iter().sum::<i64>();
        (wanted > left).then(|| (serial.clone(), message!("timetable-overfull", pool = code, wanted, left)))
    };
    wanted.into_iter().filter_map(told).collect()
}
