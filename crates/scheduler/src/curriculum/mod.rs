//! Weekly timetables of courses: curriculum-based course timetabling as in the second International Timetabling Competition, track 3.
//!
//! [`Curriculum`] is what is asked, [`Timetable`] what is answered, [`judge`] what an answer is worth, [`solve_curriculum`] the solver:
//! from the problem of hard rules alone ([`Curriculum::problem`]) the general solver makes a first timetable, and a local search makes it
//! better. The judge must share nothing with either.
//!
//! Source: Di Gaspero, McCollum and Schaerf, The Second International Timetabling Competition (ITC-2007): Curriculum-based Course
//! Timetabling (Track 3), technical report, 2007.

mod judge;
mod read;
mod search;
mod solve;
mod timetable;

use std::collections::BTreeMap;

pub use self::{
    judge::{Verdict, judge},
    solve::{Outcome, solve_curriculum},
    timetable::{Lecture, Timetable},
};
use crate::{
    document::{Demand, Document, FORMAT, Fault, Objective, Resource, Stretch, Task},
    problem::Problem,
};

/// Most bytes of a file.
pub const MAX_BYTES: usize = 4 << 20;
/// Most courses, rooms and curricula, each.
pub const MAX_MEMBERS: usize = 1_000;
/// Most days.
pub const MAX_DAYS: usize = 100;
/// Most periods of a day.
pub const MAX_PERIODS: usize = 64;
/// Most lectures of all courses.
pub const MAX_LECTURES: usize = 10_000;
/// Most students of a course, and seats of a room.
pub const MAX_SEATS: i64 = 1_000_000;
/// Longest name, in bytes.
pub const MAX_TEXT: usize = 100;

/// What is to be put into a timetable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Curriculum {
    name: String,
    days: usize,
    periods: usize,
    courses: Vec<Course>,
    rooms: Vec<Room>,
    groups: Vec<Group>,
}

/// A course.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Course {
    id: String,
    teacher: String,
    lectures: usize,
    /// Over how many days its lectures should be spread at least.
    least_days: usize,
    students: i64,
    /// For each slot whether nothing may be there. Slots are the periods of all days, one after the other.
    closed: Vec<bool>,
}

/// A room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Room {
    id: String,
    seats: i64,
}

/// Courses that the same students attend: what the format calls a curriculum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Group {
    id: String,
    courses: Vec<usize>,
}

impl Curriculum {
    /// Reads a file in the competition's format, `.ctt`.
    ///
    /// # Errors
    /// All that is wrong in it, each with its line.
    pub fn read(text: &str) -> Result<Self, Vec<Fault>> {
        read::read(text)
    }

    /// Its name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many lectures are to be placed.
    #[must_use]
    pub fn lectures(&self) -> usize {
        self.courses.iter().map(|course| course.lectures).sum()
    }

    /// How many periods there are in all days.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.days * self.periods
    }

    /// The hard rules as a scheduling problem. Each lecture is a task that takes one unit of time; each course, teacher and curriculum is
    /// a resource that does one thing at a time, and all rooms are one resource of which there are as many. Nothing is ever due, so that
    /// every schedule costs nothing and a solve ends with the first.
    #[must_use]
    pub fn document(&self) -> Document {
        let time = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let one = |id: String| Resource { id, capacity: 1, calendar: Vec::new() };
        let teachers: BTreeMap<&str, ()> = self.courses.iter().map(|course| (course.teacher.as_str(), ())).collect();
        let mut resources =
            vec![Resource { id: "rooms".into(), capacity: time(self.rooms.len()), calendar: Vec::new() }];
        resources.extend(teachers.keys().map(|teacher| one(format!("teacher {teacher}"))));
        resources.extend(self.groups.iter().map(|group| one(format!("curriculum {}", group.id))));
        resources.extend(
            self.courses
                .iter()
                .map(|course| Resource { calendar: closed(&course.closed), ..one(format!("course {}", course.id)) }),
        );
        let mut tasks = Vec::with_capacity(self.lectures());
        for (n, course) in self.courses.iter().enumerate() {
            let mut demands = vec![Demand::whole("rooms", 1), Demand::whole(format!("teacher {}", course.teacher), 1)];
            demands.push(Demand::whole(format!("course {}", course.id), 1));
            let attended = self.groups.iter().filter(|group| group.courses.contains(&n));
            demands.extend(attended.map(|group| Demand::whole(format!("curriculum {}", group.id), 1)));
            tasks.extend((0..course.lectures).map(|nth| Task {
                id: task_id(course, nth),
                duration: Some(1),
                demands: demands.clone(),
                ..Task::default()
            }));
        }
        Document {
            format: FORMAT.into(),
            name: self.name.clone(),
            objective: Objective::WeightedTardiness,
            horizon: Some(time(self.slots())),
            resources,
            tasks,
            ..Document::default()
        }
    }

    /// The hard rules as a problem for the solver.
    ///
    /// # Errors
    /// What is more than a problem may have: together at most 999 courses, teachers and curricula, and at most 97 curricula of one course.
    pub fn problem(&self) -> Result<Problem, Vec<Fault>> {
        Problem::new(&self.document())
    }
}

/// The name of a lecture's task.
fn task_id(course: &Course, nth: usize) -> String {
    format!("{} {}", course.id, nth + 1)
}

/// The stretches of slots in which nothing may be.
fn closed(slots: &[bool]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for (slot, _) in (0..).zip(slots).filter(|(_, closed)| **closed) {
        match stretches.last_mut().filter(|last| last.to == slot) {
            Some(last) => last.to += 1,
            None => stretches.push(Stretch { from: slot, to: slot + 1, capacity: 0 }),
        }
    }
    stretches
}
