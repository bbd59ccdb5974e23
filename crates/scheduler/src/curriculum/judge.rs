//! Judges a timetable by the curriculum alone: the rules of the competition, one after the other, counted anew.
//!
//! It shares nothing with the solver but what is asked, and must stay so: every timetable passes here before it counts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Curriculum, Timetable};
use crate::problem::MAX_FAULTS;

/// What a student without a seat costs.
const ROOM_CAPACITY: i64 = 1;
/// What a day costs that a course is spread over too few.
const MINIMUM_WORKING_DAYS: i64 = 5;
/// What a lecture costs that stands alone in a curriculum's day.
const CURRICULUM_COMPACTNESS: i64 = 2;
/// What each room of a course beyond the first costs.
const ROOM_STABILITY: i64 = 1;

/// What a timetable is worth, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Every hard rule that is broken, in words.
    pub faults: Vec<String>,
    /// For each lecture the students beyond the seats of its room.
    pub room_capacity: i64,
    /// For each course the days by which it has fewer than it should, times 5.
    pub minimum_working_days: i64,
    /// For each curriculum the lectures that have none of the curriculum in the period before or after on the same day, times 2.
    pub curriculum_compactness: i64,
    /// For each course the rooms beyond the first.
    pub room_stability: i64,
}

impl Verdict {
    /// All soft costs.
    #[must_use]
    pub fn cost(&self) -> i64 {
        self.room_capacity + self.minimum_working_days + self.curriculum_compactness + self.room_stability
    }
}

/// A lecture whose names are known.
struct Placed {
    course: usize,
    room: usize,
    when: (usize, usize),
}

/// Judges a timetable.
#[must_use]
pub fn judge(curriculum: &Curriculum, timetable: &Timetable) -> Verdict {
    let mut verdict = Verdict::default();
    let placed = placed(curriculum, timetable, &mut verdict.faults);
    hard(curriculum, &placed, &mut verdict.faults);
    verdict.faults.truncate(MAX_FAULTS);
    for (n, course) in curriculum.courses.iter().enumerate() {
        let own = || placed.iter().filter(|lecture| lecture.course == n);
        let beyond = |lecture: &Placed| (course.students - curriculum.rooms[lecture.room].seats).max(0);
        verdict.room_capacity += own().map(beyond).sum::<i64>() * ROOM_CAPACITY;
        let days: BTreeSet<usize> = own().map(|lecture| lecture.when.0).collect();
        verdict.minimum_working_days += count(course.least_days.saturating_sub(days.len())) * MINIMUM_WORKING_DAYS;
        let rooms: BTreeSet<usize> = own().map(|lecture| lecture.room).collect();
        verdict.room_stability += count(rooms.len().saturating_sub(1)) * ROOM_STABILITY;
    }
    for group in &curriculum.groups {
        let courses: BTreeSet<usize> = group.courses.iter().copied().collect();
        let times: Vec<(usize, usize)> =
            placed.iter().filter(|lecture| courses.contains(&lecture.course)).map(|lecture| lecture.when).collect();
        let set: BTreeSet<(usize, usize)> = times.iter().copied().collect();
        let alone = |(day, period): &&(usize, usize)| {
            !(set.contains(&(*day, period + 1)) || *period > 0 && set.contains(&(*day, period - 1)))
        };
        verdict.curriculum_compactness += count(times.iter().filter(alone).count()) * CURRICULUM_COMPACTNESS;
    }
    verdict
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The lectures whose course, room, day and period there are.
fn placed(curriculum: &Curriculum, timetable: &Timetable, faults: &mut Vec<String>) -> Vec<Placed> {
    let courses: BTreeMap<&str, usize> = curriculum.courses.iter().map(|course| course.id.as_str()).zip(0..).collect();
    let rooms: BTreeMap<&str, usize> = curriculum.rooms.iter().map(|room| room.id.as_str()).zip(0..).collect();
    let mut placed = Vec::new();
    for lecture in &timetable.lectures {
        let (day, period) = (lecture.day, lecture.period);
        match (courses.get(lecture.course.as_str()), rooms.get(lecture.room.as_str())) {
            (None, _) => faults.push(format!("there is no course {:?}", lecture.course)),
            (_, None) => faults.push(format!("there is no room {:?}", lecture.room)),
            _ if day >= curriculum.days || period >= curriculum.periods => {
                faults.push(format!("there is no period {period} on a day {day}"));
            }
            (Some(&course), Some(&room)) => placed.push(Placed { course, room, when: (day, period) }),
        }
    }
    placed
}

/// The hard rules: all lectures are there, none where its course cannot be, no room, teacher or curriculum has two at a time.
fn hard(curriculum: &Curriculum, placed: &[Placed], faults: &mut Vec<String>) {
    let mut lectures = vec![0; curriculum.courses.len()];
    let mut by_time: BTreeMap<(usize, usize), Vec<&Placed>> = BTreeMap::new();
    for lecture in placed {
        lectures[lecture.course] += 1;
        by_time.entry(lecture.when).or_default().push(lecture);
    }
    for (course, has) in curriculum.courses.iter().zip(lectures) {
        if has != course.lectures {
            faults.push(format!("course {:?} has {has} lectures, must have {}", course.id, course.lectures));
        }
    }
    let of = |n: usize| curriculum.groups.iter().filter(move |group| group.courses.contains(&n));
    for ((day, period), here) in by_time {
        for (n, one) in here.iter().enumerate() {
            let course = &curriculum.courses[one.course];
            let at = format!("on day {day} at period {period}");
            if course.closed[day * curriculum.periods + period] {
                faults.push(format!("course {:?} cannot be {at}", course.id));
            }
            for two in &here[n + 1..] {
                let other = &curriculum.courses[two.course];
                let both = format!("courses {:?} and {:?}", course.id, other.id);
                if one.room == two.room {
                    faults.push(format!("{both} are in room {:?} {at}", curriculum.rooms[one.room].id));
                }
                if one.course == two.course {
                    faults.push(format!("course {:?} has two lectures {at}", course.id));
                } else if course.teacher == other.teacher {
                    faults.push(format!("{both} have teacher {:?} {at}", course.teacher));
                } else if let Some(group) = of(one.course).find(|group| group.courses.contains(&two.course)) {
                    faults.push(format!("{both} are of curriculum {:?} {at}", group.id));
                }
            }
        }
    }
}
