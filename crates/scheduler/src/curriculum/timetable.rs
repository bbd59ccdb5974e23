//! A timetable as it stands in files of the competition: on each line a course, a room, a day and a period, for one lecture.

use std::collections::HashMap;
use std::fmt::Write;

use super::{Curriculum, MAX_BYTES, task_id};
use crate::{document::Fault, problem::MAX_FAULTS, schedule::Schedule};

/// A timetable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timetable {
    /// The lectures.
    pub lectures: Vec<Lecture>,
}

/// Where and when a lecture is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lecture {
    /// The course.
    pub course: String,
    /// The room.
    pub room: String,
    /// The day, counted from 0.
    pub day: usize,
    /// The period of that day, counted from 0.
    pub period: usize,
}

impl Timetable {
    /// Reads a file. Whether there are such courses, rooms, days and periods is for the judge.
    ///
    /// # Errors
    /// Every line that is none of a timetable.
    pub fn read(text: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        if text.len() > MAX_BYTES {
            let message = format!("has {} bytes, more than {MAX_BYTES}", text.len());
            return Err(vec![Fault { path: "file".into(), message }]);
        }
        let mut lectures = Vec::new();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            match lecture(line) {
                Some(lecture) => lectures.push(lecture),
                None if faults.len() < MAX_FAULTS => {
                    let message = "must have: course, room, day, period".into();
                    faults.push(Fault { path: format!("line {number}"), message });
                }
                None => {}
            }
        }
        if faults.is_empty() { Ok(Self { lectures }) } else { Err(faults) }
    }

    /// The timetable as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for Lecture { course, room, day, period } in &self.lectures {
            writeln!(text, "{course} {room} {day} {period}").expect("a text takes what is written into it");
        }
        text
    }
}

fn lecture(line: &str) -> Option<Lecture> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [course, room, day, period] = *fields else { return None };
    let (day, period) = (day.parse().ok()?, period.parse().ok()?);
    Some(Lecture { course: course.to_owned(), room: room.to_owned(), day, period })
}

impl Curriculum {
    /// A schedule of [`Curriculum::problem`] as a timetable: in each period the lecture with the most students gets the room with the most
    /// seats, the next the next, which leaves the fewest without a seat.
    ///
    /// # Errors
    /// The tasks that are no lectures, or at no time at which there is a period and a room.
    pub fn timetable(&self, schedule: &Schedule) -> Result<Timetable, Vec<Fault>> {
        let ids: HashMap<String, usize> = (self.courses.iter().enumerate())
            .flat_map(|(n, course)| (0..course.lectures).map(move |nth| (task_id(course, nth), n)))
            .collect();
        let (mut slots, mut faults) = (vec![Vec::new(); self.slots()], Vec::new());
        for placed in &schedule.tasks {
            let slot = usize::try_from(placed.start).ok().and_then(|start| slots.get_mut(start));
            match (ids.get(&placed.id), slot) {
                (Some(course), Some(slot)) if slot.len() < self.rooms.len() => slot.push(*course),
                _ => {
                    let message = format!("is no lecture of a period with a room, at {}", placed.start);
                    faults.push(Fault { path: format!("task {:?}", placed.id), message });
                }
            }
        }
        if !faults.is_empty() {
            faults.truncate(MAX_FAULTS);
            return Err(faults);
        }
        let mut rooms: Vec<usize> = (0..self.rooms.len()).collect();
        rooms.sort_by_key(|&room| std::cmp::Reverse(self.rooms[room].seats));
        let mut lectures = Vec::with_capacity(schedule.tasks.len());
        for (slot, mut courses) in slots.into_iter().enumerate() {
            courses.sort_by_key(|&course| std::cmp::Reverse(self.courses[course].students));
            lectures.extend(courses.into_iter().zip(&rooms).map(|(course, &room)| self.lecture(course, slot, room)));
        }
        lectures.sort();
        Ok(Timetable { lectures })
    }

    /// A lecture of a course at a slot in a room.
    pub(super) fn lecture(&self, course: usize, slot: usize, room: usize) -> Lecture {
        Lecture {
            course: self.courses[course].id.clone(),
            room: self.rooms[room].id.clone(),
            day: slot / self.periods,
            period: slot % self.periods,
        }
    }
}
