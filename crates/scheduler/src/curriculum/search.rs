//! Local search over timetables that keep all hard rules: lectures move to another period and room, or two change places, and worse is
//! taken now and then (simulated annealing).
//!
//! Source of the moves: Bellio, Ceschia, Di Gaspero, Schaerf and Urli, Feature-based tuning of simulated annealing applied to the
//! curriculum-based course timetabling problem, 2016; here what breaks a hard rule is never taken. A round cools down from start to end
//! and the next, twice as long, begins from the best: where time or work ends, an earlier round has been to its end.

use super::Curriculum;
use crate::solve::{chance::Chance, clock::Clock};

/// Tries of the first round, and how many are made at one temperature.
const FIRST_ROUND: u64 = 1 << 20;
const AT_ONCE: u64 = 1 << 10;
/// Temperature at which the first round begins, the later ones begin, and each ends.
const HOT: f64 = 10.0;
const WARM: f64 = 3.0;
const COLD: f64 = 0.12;
/// What a try costs in steps of the clock.
const STEP: u64 = 2;

/// A timetable on its way: where each lecture is, and what follows from it.
pub(super) struct Search<'c> {
    curriculum: &'c Curriculum,
    /// The course of each lecture.
    course: Vec<usize>,
    /// Slot and room of each lecture.
    at: Vec<(usize, usize)>,
    /// The lecture in each room of each slot.
    cells: Vec<Option<usize>>,
    /// For each course what can have one lecture at a time: its curricula, counted as there, then its teacher.
    holders: Vec<Vec<usize>>,
    /// For each of them and each day the periods at which it has a lecture, as bits.
    held: Vec<u64>,
    /// For each course and day how many lectures there are.
    on_day: Vec<usize>,
    /// For each course on how many days it has lectures.
    days_used: Vec<usize>,
    /// For each course and room how many lectures there are.
    in_room: Vec<usize>,
    /// For each course how many rooms it uses.
    rooms_used: Vec<usize>,
    /// The soft costs of the timetable.
    cost: i64,
}

impl<'c> Search<'c> {
    /// Begins from a timetable that keeps all hard rules: course, slot and room of every lecture.
    pub(super) fn new(curriculum: &'c Curriculum, lectures: &[(usize, usize, usize)]) -> Self {
        let courses = &curriculum.courses;
        let mut teachers: Vec<&str> = courses.iter().map(|course| course.teacher.as_str()).collect();
        teachers.sort_unstable();
        teachers.dedup();
        let mut holders: Vec<Vec<usize>> = vec![Vec::new(); courses.len()];
        for (n, group) in curriculum.groups.iter().enumerate() {
            group.courses.iter().for_each(|&course| holders[course].push(n));
        }
        for (holders, course) in holders.iter_mut().zip(courses) {
            let teacher = teachers.partition_point(|teacher| *teacher < course.teacher.as_str());
            holders.push(curriculum.groups.len() + teacher);
        }
        let (rooms, days) = (curriculum.rooms.len(), curriculum.days);
        let mut search = Self {
            curriculum,
            course: lectures.iter().map(|(course, ..)| *course).collect(),
            at: lectures.iter().map(|(_, slot, room)| (*slot, *room)).collect(),
            cells: vec![None; curriculum.slots() * rooms],
            holders,
            held: vec![0; (curriculum.groups.len() + teachers.len()) * days],
            on_day: vec![0; courses.len() * days],
            days_used: vec![0; courses.len()],
            in_room: vec![0; courses.len() * rooms],
            rooms_used: vec![0; courses.len()],
            cost: courses.iter().map(|course| 5 * as_cost(course.least_days)).sum(),
        };
        for (n, &(_, slot, room)) in lectures.iter().enumerate() {
            search.cost += search.put(n, (slot, room));
        }
        search
    }

    /// The soft costs.
    pub(super) fn cost(&self) -> i64 {
        self.cost
    }

    /// Course, slot and room of every lecture.
    pub(super) fn lectures(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.course.iter().zip(&self.at).map(|(course, (slot, room))| (*course, *slot, *room))
    }

    /// Searches until the clock ends it or nothing is left that costs; what stands then is the best that was found.
    pub(super) fn run(&mut self, chance: &mut Chance, clock: &mut Clock<'_>) {
        let (mut best, mut lowest) = (self.at.clone(), self.cost);
        clock.objective = Some(lowest);
        let (mut tries, mut hot) = (FIRST_ROUND, HOT);
        while lowest > 0 && !self.at.is_empty() && !clock.done() {
            let levels = tries / AT_ONCE;
            let cooling = (COLD / hot).powf(1.0 / levels as f64);
            let mut temperature = hot;
            for _ in 0..levels {
                for _ in 0..AT_ONCE {
                    self.attempt(temperature, chance);
                    if self.cost < lowest {
                        lowest = self.cost;
                        best.clone_from(&self.at);
                        clock.objective = Some(lowest);
                    }
                }
                if clock.spend(AT_ONCE * STEP) || lowest == 0 {
                    break;
                }
                temperature *= cooling;
            }
            self.become_(&best);
            (tries, hot) = (tries * 2, WARM);
        }
        self.become_(&best);
    }

    /// Takes over where each lecture is.
    fn become_(&mut self, at: &[(usize, usize)]) {
        for lecture in 0..self.at.len() {
            self.cost += self.take(lecture);
        }
        for (lecture, at) in at.iter().enumerate() {
            self.cost += self.put(lecture, *at);
        }
    }

    /// Tries to move a lecture to another place, and what is there to its own.
    fn attempt(&mut self, temperature: f64, chance: &mut Chance) {
        let lecture = chance.below(self.at.len());
        let to = (chance.below(self.curriculum.slots()), chance.below(self.curriculum.rooms.len()));
        let from = self.at[lecture];
        let other = self.cells[self.cell(to)];
        if to == from || self.curriculum.courses[self.course[lecture]].closed[to.0] {
            return;
        }
        if to.0 != from.0 {
            // What holds the lecture back in the other slot may be the one that would leave it.
            let leaves = other.map(|other| self.course[other]);
            let back = leaves.is_some_and(|other| {
                self.curriculum.courses[other].closed[from.0]
                    || !self.is_free(other, from.0, Some(self.course[lecture]))
            });
            if back || !self.is_free(self.course[lecture], to.0, leaves) {
                return;
            }
        }
        let mut change = self.take(lecture) + other.map_or(0, |other| self.take(other));
        change += self.put(lecture, to) + other.map_or(0, |other| self.put(other, from));
        if change <= 0 || chance.share() < (-change as f64 / temperature).exp() {
            self.cost += change;
            return;
        }
        self.take(lecture);
        if let Some(other) = other {
            self.take(other);
            self.put(other, to);
        }
        self.put(lecture, from);
    }

    /// Whether a course can be at a slot, once a lecture of the course that leaves it has left.
    fn is_free(&self, course: usize, slot: usize, leaves: Option<usize>) -> bool {
        let (day, bit) = self.time(slot);
        let days = self.curriculum.days;
        let is_held = |holder: &usize| self.held[holder * days + day] & bit != 0;
        let is_left = |holder: &usize| leaves.is_some_and(|leaves| self.holders[leaves].contains(holder));
        !self.holders[course].iter().any(|holder| is_held(holder) && !is_left(holder))
    }

    /// Takes a lecture away; gives what that changes in the costs.
    fn take(&mut self, lecture: usize) -> i64 {
        let (slot, room) = self.at[lecture];
        let cell = self.cell((slot, room));
        self.cells[cell] = None;
        self.turn(self.course[lecture], slot, room, false)
    }

    /// Puts a lecture into a place that is free; gives what that changes in the costs.
    fn put(&mut self, lecture: usize, (slot, room): (usize, usize)) -> i64 {
        self.at[lecture] = (slot, room);
        let cell = self.cell((slot, room));
        self.cells[cell] = Some(lecture);
        self.turn(self.course[lecture], slot, room, true)
    }

    /// Counts a lecture of a course in or out; gives what that changes in the costs.
    fn turn(&mut self, course: usize, slot: usize, room: usize, comes: bool) -> i64 {
        let (day, bit) = self.time(slot);
        let (days, rooms) = (self.curriculum.days, self.curriculum.rooms.len());
        let step = |n: &mut usize| if comes { *n += 1 } else { *n -= 1 };
        let asked = &self.curriculum.courses[course];
        let beyond = (asked.students - self.curriculum.rooms[room].seats).max(0);
        let mut change = if comes { beyond } else { -beyond };
        for &holder in &self.holders[course] {
            let held = &mut self.held[holder * days + day];
            let before = *held;
            *held ^= bit;
            if holder < self.curriculum.groups.len() {
                change += 2 * (alone(*held) - alone(before));
            }
        }
        let on_day = &mut self.on_day[course * days + day];
        let was_there = *on_day > 0;
        step(on_day);
        if was_there != (*on_day > 0) {
            let before = asked.least_days.saturating_sub(self.days_used[course]);
            step(&mut self.days_used[course]);
            change += 5 * (as_cost(asked.least_days.saturating_sub(self.days_used[course])) - as_cost(before));
        }
        let in_room = &mut self.in_room[course * rooms + room];
        let was_there = *in_room > 0;
        step(in_room);
        if was_there != (*in_room > 0) {
            let before = self.rooms_used[course].saturating_sub(1);
            step(&mut self.rooms_used[course]);
            change += as_cost(self.rooms_used[course].saturating_sub(1)) - as_cost(before);
        }
        change
    }

    fn cell(&self, (slot, room): (usize, usize)) -> usize {
        slot * self.curriculum.rooms.len() + room
    }

    /// The day of a slot, and its period as a bit.
    fn time(&self, slot: usize) -> (usize, u64) {
        (slot / self.curriculum.periods, 1 << (slot % self.curriculum.periods))
    }
}

/// How many periods of a day have none beside them.
fn alone(held: u64) -> i64 {
    i64::from((held & !(held << 1) & !(held >> 1)).count_ones())
}

fn as_cost(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_alone_if_none_is_beside_it() {
        assert_eq!(alone(0b1_0110_1001), 3);
        assert_eq!((alone(0), alone(1), alone(1 << 63 | 1)), (0, 1, 2));
    }
}
