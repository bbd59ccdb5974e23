//! Training: units nominate who is to be taught; they are vetted, seated, taught, assessed and certified. Here are the states of that, which
//! serials stand in each other's way, and who has a seat.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, civil::Date};

use crate::{
    code::Code,
    course::Language,
    field::Field,
    instructor::{self, InstructorRole},
    picture::Picture,
    place::PlaceBlock,
    pool::PoolKind,
    serial::{Serial, days_between},
    words,
};

words! {
    /// How far a nomination has come.
    pub enum NominationState {
        /// A unit named a trainee.
        Nominated = "nominated",
        /// They may take part: they were vetted.
        Cleared = "cleared",
        /// They may not take part.
        Refused = "refused",
        /// They are on their way to the facility.
        Travelling = "travelling",
        /// They are at the facility and are taught.
        InTraining = "in_training",
        /// They met every objective.
        Passed = "passed",
        /// They did not; they may try again.
        Failed = "failed",
        /// They are on their way home: trained, or not.
        Returning = "returning",
        /// They are back with their unit: trained, or not.
        Returned = "returned",
        /// They do not take part after all.
        Withdrawn = "withdrawn",
    }
}

impl NominationState {
    /// The states that may follow this one.
    pub fn next(self) -> &'static [Self] {
        use NominationState::{
            Cleared, Failed, InTraining, Nominated, Passed, Refused, Returned, Returning, Travelling, Withdrawn,
        };
        match self {
            Nominated => &[Cleared, Refused, Withdrawn],
            // A clearance is renewed, or taken back.
            Cleared => &[Cleared, Refused, Travelling, InTraining, Withdrawn],
            // Who does not come after all turns back.
            Travelling => &[InTraining, Withdrawn],
            // Sent home before the end.
            InTraining => &[Passed, Failed, Withdrawn],
            // Another try, or home without a certificate.
            Failed => &[InTraining, Returning, Returned],
            Passed => &[Returning, Returned],
            Returning => &[Returned],
            Refused | Returned | Withdrawn => &[],
        }
    }

    /// Whether a state may follow.
    pub fn allows(self, next: Self) -> bool {
        self.next().contains(&next)
    }

    /// Whether it takes up a seat, or waits for one.
    pub fn wants_seat(self) -> bool {
        !matches!(self, Self::Refused | Self::Withdrawn)
    }

    /// Whether the trainee has not left home yet.
    pub fn is_at_home(self) -> bool {
        matches!(self, Self::Nominated | Self::Cleared)
    }

    /// Whether the trainee has not come yet.
    pub fn is_expected(self) -> bool {
        self.is_at_home() || self == Self::Travelling
    }

    /// Whether the trainee is at the facility.
    pub fn is_there(self) -> bool {
        matches!(self, Self::InTraining | Self::Passed | Self::Failed)
    }

    /// Whether the trainee is on the way, to the facility or home.
    pub fn is_on_the_way(self) -> bool {
        matches!(self, Self::Travelling | Self::Returning)
    }

    /// Whether the trainee is or was at the facility, and was not sent home.
    pub fn has_come(self) -> bool {
        self.is_there() || matches!(self, Self::Returning | Self::Returned)
    }

    /// Whether nothing follows.
    pub fn is_over(self) -> bool {
        self.next().is_empty()
    }
}

words! {
    /// Whether a trainee was there on a day.
    pub enum Attendance {
        /// They were.
        Present = "present",
        /// They were not.
        Absent = "absent",
        /// They were not, for a reason that counts: ill, called away.
        Excused = "excused",
    }
}

words! {
    /// What is said about a serial.
    pub enum Remark {
        /// What instructors or trainees say of it.
        Feedback = "feedback",
        /// What is to be done otherwise next time.
        Lesson = "lesson",
        /// What a visit found wrong; it stays open until it is followed up.
        Finding = "finding",
        /// What was done about a finding.
        FollowUp = "follow_up",
    }
}

/// Why a serial cannot be as it is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// More of a pool is used than there is.
    Pool {
        /// The pool.
        pool: Code,
        /// The first day on which that is so.
        on: Date,
        /// On how many days.
        days: usize,
        /// Units that all serials use on that first day.
        used: i64,
        /// Units there are on it.
        there: i64,
        /// The other serials that use it then.
        with: Vec<Code>,
    },
    /// The host keeps the whole place for itself.
    Closed {
        /// The block.
        block: Code,
        /// Its first day.
        from: Date,
        /// Its last day.
        to: Date,
        /// Why.
        reason: String,
    },
    /// The course needs more of something than the serial has.
    Short {
        /// Of what kind.
        kind: PoolKind,
        /// Units it needs.
        wanted: i64,
        /// Units it has on the day on which it has least.
        has: i64,
    },
    /// More seats begin in one period than the place can begin to teach.
    Starts {
        /// Seats of all serials that begin in the period.
        seats: i64,
        /// As many can.
        capacity: i64,
        /// The other serials that begin then.
        with: Vec<Code>,
    },
    /// Somebody is in another serial on the same day.
    Twice {
        /// Who.
        instructor: Code,
        /// The first day on which that is so.
        on: Date,
        /// On how many days.
        days: usize,
        /// The other serials in which they are on that first day.
        with: Vec<Code>,
    },
    /// Somebody is not available on days on which they are to be there.
    Away {
        /// Who.
        instructor: Code,
        /// The first of these days.
        on: Date,
        /// How many there are.
        days: usize,
    },
    /// Somebody may not teach the course.
    Unqualified {
        /// Who.
        instructor: Code,
        /// The course.
        course: Code,
    },
    /// Somebody does not speak what is taught in, or interprets and speaks nothing besides.
    Silent {
        /// Who.
        instructor: Code,
        /// What is taught in.
        language: Language,
        /// What they are to do.
        role: InstructorRole,
    },
}

impl Clash {
    /// Whether other days might mend it: what it needs is taken or closed on these.
    pub fn is_of_days(&self) -> bool {
        matches!(self, Self::Pool { .. } | Self::Closed { .. } | Self::Twice { .. } | Self::Away { .. })
    }

    /// Whether it stands in the way more than what did before: of the same kind and about the same, no more days, units or others.
    pub fn is_worse_than(&self, before: &[Self]) -> bool {
        !before.iter().any(|old| self.is_covered_by(old))
    }

    fn is_covered_by(&self, old: &Self) -> bool {
        let within = |with: &[Code], before: &[Code]| with.iter().all(|other| before.contains(other));
        match (self, old) {
            (
                Self::Pool { pool, days, used, there, .. },
                Self::Pool { pool: of, days: before, used: was_used, there: were, .. },
            ) => pool == of && days <= before && used - there <= was_used - were,
            (Self::Short { kind, wanted, has }, Self::Short { kind: of, wanted: was_wanted, has: had }) => {
                kind == of && wanted - has <= was_wanted - had
            }
            (Self::Starts { seats, capacity, .. }, Self::Starts { seats: were, capacity: could, .. }) => {
                seats - capacity <= were - could
            }
            (
                Self::Twice { instructor, days, with, .. },
                Self::Twice { instructor: of, days: before, with: others, .. },
            ) => instructor == of && days <= before && within(with, others),
            (Self::Away { instructor, days, .. }, Self::Away { instructor: of, days: before, .. }) => {
                instructor == of && days <= before
            }
            _ => self == old,
        }
    }
}

/// All that stands in the way of a serial as it is; `serial` need not be in the picture, or may be there with other dates.
pub fn clashes(picture: &Picture, serial: &Serial) -> Vec<Clash> {
    let mut found = Vec::new();
    if serial.state.is_over() {
        return found;
    }
    let others = picture.serials.values().filter(|other| other.code != serial.code && !other.state.is_over());
    let others: Vec<&Serial> = others.collect();
    let beside: Vec<&Serial> =
        others.iter().filter(|other| other.start <= serial.end && serial.start <= other.end).copied().collect();
    for block in picture.blocks(serial.place.as_str()).filter(|block| block.pool.is_none()) {
        if block.from <= serial.end && serial.start <= block.to {
            found.push(Clash::Closed {
                block: block.block.clone(),
                from: block.from,
                to: block.to,
                reason: block.reason.to_string(),
            });
        }
    }
    found.extend(short(picture, serial));
    for pool in takes(picture, serial).keys() {
        found.extend(pool_clash(picture, serial, pool.as_str(), &beside));
    }
    found.extend(instructor::clashes(picture, serial, &beside));
    found.extend(starts(picture, serial, &others));
    found
}

/// The pools of which a serial takes something, each with the most units on any of its days.
pub fn takes(picture: &Picture, serial: &Serial) -> BTreeMap<Code, i64> {
    let mut takes = instructor::named_of(picture, serial);
    for of in picture.uses(serial.code.as_str()) {
        let units = takes.entry(of.pool.code().clone()).or_default();
        *units = i64::from(of.quantity).max(*units);
    }
    takes
}

/// Units of a pool that a serial uses on a day: those that it says, of which those of the pool who are named are some.
pub fn used_on(picture: &Picture, serial: &Serial, pool: &str, day: Date) -> i64 {
    let uses = picture.uses(serial.code.as_str()).filter(|of| of.pool.as_str() == pool);
    let on = uses.filter(|of| of.span(serial).is_some_and(|(first, last)| first <= day && day <= last));
    let said = on.map(|of| i64::from(of.quantity)).sum::<i64>();
    said.max(instructor::named_on(picture, serial, pool, day))
}

/// Unit-days of a pool that a serial uses from a day to another, both counted.
pub fn used_between(picture: &Picture, serial: &Serial, pool: &str, (from, to): (Date, Date)) -> i64 {
    let (first, last) = (serial.start.max(from), serial.end.min(to));
    if instructor::named_of(picture, serial).keys().any(|named| named.as_str() == pool) {
        return days(first, last).map(|day| used_on(picture, serial, pool, day)).sum();
    }
    let own = picture.uses(serial.code.as_str()).filter(|of| of.pool.as_str() == pool);
    own.filter_map(|of| {
        let (begin, end) = of.span(serial)?;
        Some(i64::from(of.quantity) * (days_between(begin.max(from), end.min(to)) + 1).max(0))
    })
    .sum()
}

/// Units of a pool that there are on a day, without what its host keeps.
pub fn there_on(picture: &Picture, pool: &str, day: Date) -> i64 {
    let Some(record) = picture.pools.get(pool) else { return 0 };
    let all = i64::from(record.quantity);
    let keeps = |block: &PlaceBlock| match (&block.pool, block.quantity) {
        (Some(of), Some(units)) if of.as_str() == pool => i64::from(units),
        (Some(of), None) if of.as_str() == pool => all,
        (None, _) => all,
        _ => 0,
    };
    let on = picture.blocks(record.place.as_str()).filter(|block| block.from <= day && day <= block.to);
    (all - on.map(keeps).sum::<i64>()).max(0)
}

/// Whether the host keeps a whole place for itself on a day.
pub fn is_closed(picture: &Picture, place: &str, day: Date) -> bool {
    picture.blocks(place).any(|block| block.pool.is_none() && block.from <= day && day <= block.to)
}

/// The days from one to another, both counted; at most ten years of them.
pub fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    (0..3_660_i64).map_while(move |n| from.checked_add(n.days()).ok()).take_while(move |day| *day <= to)
}

/// `beside` are the others of which a day is the serial's, too.
fn pool_clash(picture: &Picture, serial: &Serial, pool: &str, beside: &[&Serial]) -> Option<Clash> {
    let shares = |other: &&&Serial| takes(picture, other).keys().any(|of| of.as_str() == pool);
    let others: Vec<&Serial> = beside.iter().filter(shares).copied().collect();
    let mut first: Option<(Date, i64, i64)> = None;
    let mut count = 0;
    for day in days(serial.start, serial.end) {
        let own = used_on(picture, serial, pool, day);
        // Where the whole place is closed, that is told once.
        if own == 0 || is_closed(picture, serial.place.as_str(), day) {
            continue;
        }
        let used = own + others.iter().map(|other| used_on(picture, other, pool, day)).sum::<i64>();
        let there = there_on(picture, pool, day);
        if used > there {
            first.get_or_insert((day, used, there));
            count += 1;
        }
    }
    let (on, used, there) = first?;
    let with = others.iter().filter(|other| used_on(picture, other, pool, on) > 0).map(|other| other.code.clone());
    Some(Clash::Pool { pool: Code::new(pool).ok()?, on, days: count, used, there, with: with.collect() })
}

/// What its course needs of each kind, where the serial has less.
fn short(picture: &Picture, serial: &Serial) -> Vec<Clash> {
    let mut found = Vec::new();
    for need in picture.course_needs(serial.course.as_str()) {
        let wanted = i64::from(need.units(serial.seats));
        let of_kind = |pool: &str| picture.pools.get(pool).is_some_and(|pool| pool.kind == Some(need.kind));
        let all = takes(picture, serial);
        let pools: Vec<&str> = all.keys().map(Code::as_str).filter(|pool| of_kind(pool)).collect();
        let Some((first, last)) = serial.span(need.first_day, need.days) else { continue };
        let has = |day| {
            let of_pools = pools.iter().map(|pool| used_on(picture, serial, pool, day)).sum::<i64>();
            of_pools + instructor::guests_on(picture, serial, need.kind, day)
        };
        let has = days(first, last).map(has).min().unwrap_or(wanted);
        if has < wanted {
            found.push(Clash::Short { kind: need.kind, wanted, has });
        }
    }
    found
}

fn starts(picture: &Picture, serial: &Serial, others: &[&Serial]) -> Option<Clash> {
    let (course, mission) = (picture.courses.get(serial.course.as_str())?, picture.mission()?);
    let process = picture.teaches(course, serial.place.as_str())?;
    let period = mission.period_of(serial.start);
    let same = |other: &&&Serial| {
        let taught = picture.courses.get(other.course.as_str());
        other.place == serial.place
            && mission.period_of(other.start) == period
            && taught.is_some_and(|taught| (&taught.input, &taught.output) == (&course.input, &course.output))
    };
    let with: Vec<&&Serial> = others.iter().filter(same).collect();
    let seats = i64::from(serial.seats) + with.iter().map(|other| i64::from(other.seats)).sum::<i64>();
    let capacity = i64::from(process.capacity);
    (seats > capacity).then(|| Clash::Starts {
        seats,
        capacity,
        with: with.iter().map(|other| other.code.clone()).collect(),
    })
}

/// Who has a seat of a serial, of those who want one in the order of their nomination: first each unit's own seats, then those that are
/// left. The others wait, in that order.
pub fn seated<'a, T>(
    seats: u32,
    quotas: &BTreeMap<Code, u32>,
    nominations: &'a [T],
    unit: impl Fn(&T) -> &Code,
) -> Vec<&'a T> {
    let mut own = quotas.clone();
    let mut free = seats.saturating_sub(quotas.values().sum());
    let mut seated = Vec::new();
    for nomination in nominations {
        let left = own.get_mut(unit(nomination)).filter(|left| **left > 0).unwrap_or(&mut free);
        if *left > 0 {
            *left -= 1;
            seated.push(nomination);
        }
    }
    seated
}

/// A course's prerequisites that are not among what was passed.
pub fn unmet(picture: &Picture, course: &str, passed: &BTreeSet<Code>) -> Vec<Code> {
    let before = picture.courses.get(course).map(|course| course.prerequisites.as_slice()).unwrap_or_default();
    before.iter().map(|course| course.code().clone()).filter(|course| !passed.contains(course)).collect()
}

/// In words for logs and the journal.
impl std::fmt::Display for Clash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pool { pool, on, used, there, .. } => write!(f, "{pool} on {on}: {used} of {there}"),
            Self::Closed { block, from, to, .. } => write!(f, "{block} from {} to {}", from.text(), to.text()),
            Self::Short { kind, wanted, has } => write!(f, "{kind}: {has} of {wanted}"),
            Self::Starts { seats, capacity, .. } => write!(f, "{seats} seats begin, {capacity} can"),
            Self::Twice { instructor, on, .. } => write!(f, "{instructor} on {on}: in another serial, too"),
            Self::Away { instructor, on, .. } => write!(f, "{instructor} on {on}: not available"),
            Self::Unqualified { instructor, course } => write!(f, "{instructor}: may not teach {course}"),
            Self::Silent { instructor, language, .. } => write!(f, "{instructor}: {}", language.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nomination_can_come_to_an_end_and_nobody_is_taught_without_clearance() {
        use NominationState::{InTraining, Nominated, Passed};
        for state in NominationState::ALL {
            let mut reached = vec![*state];
            let mut n = 0;
            while n < reached.len() {
                for next in reached[n].next() {
                    if !reached.contains(next) {
                        reached.push(*next);
                    }
                }
                n += 1;
            }
            assert!(reached.iter().any(|state| state.is_over()), "{state} goes round for ever");
            assert!(*state == Nominated || !reached.contains(&Nominated), "{state} begins anew");
        }
        assert!(!Nominated.allows(InTraining));
        assert!(!InTraining.allows(NominationState::Returned), "who is taught passes, fails or is sent home");
        assert!(!NominationState::Cleared.allows(Passed));
        assert!(!Nominated.allows(NominationState::Travelling), "nobody sets out without clearance");
        for state in NominationState::ALL {
            let places = [state.is_expected(), state.is_there(), *state == NominationState::Returning, state.is_over()];
            assert_eq!(places.iter().filter(|is| **is).count(), 1, "{state} is at one place");
        }
    }

    #[test]
    fn a_units_own_seats_are_kept_for_it_and_others_are_first_come() {
        let code = |text: &str| Code::new(text).unwrap();
        let quotas = BTreeMap::from([(code("A"), 2)]);
        let names = |units: &[&str], seats| {
            let all: Vec<(usize, Code)> = units.iter().map(|unit| code(unit)).enumerate().collect();
            seated(seats, &quotas, &all, |(_, unit)| unit).iter().map(|(n, _)| *n).collect::<Vec<_>>()
        };
        assert_eq!(names(&["B", "B", "A", "A"], 3), [0, 2, 3], "one seat is free, two are A's");
        assert_eq!(names(&["A", "A", "A", "B"], 3), [0, 1, 2], "A takes the free one, too: it came first");
        assert_eq!(names(&["B", "A"], 2), [1], "B waits, even where A has not come yet");
    }
}
