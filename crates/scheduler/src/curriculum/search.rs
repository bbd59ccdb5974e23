//! Local search over timetables that keep all hard rules: a lecture moves to another period and room, and what is in its way goes where it
//! was; worse is taken now and then (simulated annealing).
//!
//! Source: Bellio, Ceschia, Di Gaspero, Schaerf and Urli, Feature-based tuning of simulated annealing applied to the curriculum-based
//! course timetabling problem, 2016; here what breaks a hard rule is never taken. A round cools down from start to end and the next,
//! twice as long, begins from the best: where time or work ends, an earlier round has been to its end.

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

/// A slot and a room.
type Place = (usize, usize);

/// What keeps a course from a slot: nothing, one lecture, or more than one.
enum Way {
    Free,
    By(usize),
    Shut,
}

/// A timetable on its way: where each lecture is, and what follows from it.
pub(super) struct Search<'c> {
    curriculum: &'c Curriculum,
    /// The course of each lecture.
    course: Vec<usize>,
    /// Slot and room of each lecture.
    at: Vec<Place>,
    /// The lecture in each room of each slot.
    cells: Vec<Option<usize>>,
    /// For each course the slots at which it can be.
    open: Vec<Vec<usize>>,
    /// For each course what can have one lecture at a time: its curricula, counted as there, then its teacher.
    holders: Vec<Vec<usize>>,
    /// For each of them and each slot the lecture that it has.
    holds: Vec<Option<usize>>,
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
            open: courses
                .iter()
                .map(|course| (0..course.closed.len()).filter(|n| !course.closed[*n]).collect())
                .collect(),
            holders,
            holds: vec![None; (curriculum.groups.len() + teachers.len()) * curriculum.slots()],
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
            self.restore(&best);
            (tries, hot) = (tries * 2, WARM);
        }
        self.restore(&best);
    }

    /// Takes over where each lecture is.
    fn restore(&mut self, at: &[Place]) {
        for lecture in 0..self.at.len() {
            self.cost += self.take(lecture);
        }
        for (lecture, at) in at.iter().enumerate() {
            self.cost += self.put(lecture, *at);
        }
    }

    /// Tries to move a lecture to another place, and what stands in its way there to the place that it leaves.
    fn attempt(&mut self, temperature: f64, chance: &mut Chance) {
        let lecture = chance.below(self.at.len());
        let (course, from) = (self.course[lecture], self.at[lecture]);
        let slot = self.open[course][chance.below(self.open[course].len())];
        let rooms = self.curriculum.rooms.len();
        let room = if slot != from.0 && chance.below(2) == 0 { from.1 } else { chance.below(rooms) };
        let Some((to, other)) = self.target(lecture, (slot, room)) else { return };
        let mut change = self.take(lecture) + other.map_or(0, |(other, _)| self.take(other));
        let before = other.map(|(other, _)| (other, self.at[other]));
        change += self.put(lecture, to) + other.map_or(0, |(other, to)| self.put(other, to));
        if change <= 0 || chance.share() < (-change as f64 / temperature).exp() {
            self.cost += change;
            return;
        }
        self.take(lecture);
        if let Some((other, _)) = other {
            self.take(other);
        }
        self.put(lecture, from);
        if let Some((other, at)) = before {
            self.put(other, at);
        }
    }

    /// Where a lecture comes to if it is to go to a slot and a room, and another lecture with where that goes then. `None`: it cannot.
    fn target(&self, lecture: usize, (slot, room): Place) -> Option<(Place, Option<(usize, Place)>)> {
        let from = self.at[lecture];
        let there = self.cells[self.cell((slot, room))];
        if slot == from.0 {
            return (room != from.1).then_some(((slot, room), there.map(|other| (other, from))));
        }
        match self.in_the_way(self.course[lecture], slot, None) {
            Way::Free => match there {
                None => Some(((slot, room), None)),
                Some(other) => self.can_go(other, from.0, lecture).then_some(((slot, room), Some((other, from)))),
            },
            Way::By(other) => {
                if !self.can_go(other, from.0, lecture) {
                    return None;
                }
                // Each keeps its room, unless a third lecture is in it.
                let own = self.at[other].1;
                let is_empty = |cell: Option<usize>, leaves: usize| cell.is_none_or(|there| there == leaves);
                let keeps = is_empty(self.cells[self.cell((slot, from.1))], other);
                let other_keeps = is_empty(self.cells[self.cell((from.0, own))], lecture);
                let (room, back) = (if keeps { from.1 } else { own }, if other_keeps { own } else { from.1 });
                Some(((slot, room), Some((other, (from.0, back)))))
            }
            Way::Shut => None,
        }
    }

    /// Whether a lecture can go to a slot that another leaves.
    fn can_go(&self, lecture: usize, slot: usize, leaves: usize) -> bool {
        let course = self.course[lecture];
        !self.curriculum.courses[course].closed[slot]
            && matches!(self.in_the_way(course, slot, Some(leaves)), Way::Free)
    }

    /// What keeps a course from a slot that a lecture leaves.
    fn in_the_way(&self, course: usize, slot: usize, leaves: Option<usize>) -> Way {
        let mut way = Way::Free;
        for holder in &self.holders[course] {
            match (self.holds[holder * self.curriculum.slots() + slot], &way) {
                (None, _) => {}
                (Some(there), _) if leaves == Some(there) => {}
                (Some(there), Way::Free) => way = Way::By(there),
                (Some(there), Way::By(other)) if *other == there => {}
                _ => return Way::Shut,
            }
        }
        way
    }

    /// Takes a lecture away; gives what that changes in the costs.
    fn take(&mut self, lecture: usize) -> i64 {
        let (slot, room) = self.at[lecture];
        let cell = self.cell((slot, room));
        self.cells[cell] = None;
        self.turn(lecture, slot, room, false)
    }

    /// Puts a lecture into a place that is free; gives what that changes in the costs.
    fn put(&mut self, lecture: usize, (slot, room): Place) -> i64 {
        self.at[lecture] = (slot, room);
        let cell = self.cell((slot, room));
        self.cells[cell] = Some(lecture);
        self.turn(lecture, slot, room, true)
    }

    /// Counts a lecture in or out; gives what that changes in the costs.
    fn turn(&mut self, lecture: usize, slot: usize, room: usize, comes: bool) -> i64 {
        let (course, slots) = (self.course[lecture], self.curriculum.slots());
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
            self.holds[holder * slots + slot] = comes.then_some(lecture);
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

    fn cell(&self, (slot, room): Place) -> usize {
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
