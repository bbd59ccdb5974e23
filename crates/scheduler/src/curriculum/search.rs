//! Local search over timetables that keep all hard rules: a lecture moves to another period and room, what is in its way goes to the period
//! that it leaves, what is in the way of that comes back, and so on; worse is taken now and then (simulated annealing).
//!
//! Source: Bellio, Ceschia, Di Gaspero, Schaerf and Urli, Feature-based tuning of simulated annealing applied to the curriculum-based
//! course timetabling problem, 2016; here what breaks a hard rule is never taken, and chains of Kempe lead past it. A round cools down from
//! start to end and the next, twice as long, begins from the best: where time or work ends, an earlier round has been to its end.

use super::Curriculum;
use crate::solve::{chance::Chance, clock::Clock};

/// Tries of the first round, and how many are made at one temperature.
const FIRST_ROUND: u64 = 1 << 16;
const AT_ONCE: u64 = 1 << 10;
/// Tries by which it is seen by how much costs rise that rise.
const LOOKS: u64 = 1 << 12;
/// Temperatures at which rounds begin, in turns and in such rises, and at which each ends.
const HOT: f64 = 0.35;
const WARM: f64 = 0.1;
const COLD: f64 = 0.15;
/// Most lectures that move at a time.
const LONGEST: usize = 6;
/// What a try costs in steps of the clock.
const STEP: u64 = 7;

/// A slot and a room.
type Place = (usize, usize);

/// A lecture that moves.
struct Move {
    lecture: usize,
    from: Place,
    slot: usize,
    room: Option<usize>,
}

/// A timetable on its way: where each lecture is, and what follows from it.
pub(super) struct Search<'c> {
    curriculum: &'c Curriculum,
    /// The course of each lecture.
    course: Vec<usize>,
    /// Slot and room of each lecture.
    at: Vec<Place>,
    /// How many lectures each slot has.
    used: Vec<usize>,
    /// Room for moves, kept between tries.
    moves: Vec<Move>,
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
            used: vec![0; curriculum.slots()],
            moves: Vec::new(),
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
        if self.at.is_empty() {
            return;
        }
        let rises: Vec<i64> = (0..LOOKS).map(|_| self.attempt(COLD, chance)).filter(|change| *change > 0).collect();
        let rise = (rises.iter().sum::<i64>() as f64 / rises.len().max(1) as f64).max(1.0);
        let (mut tries, mut hot, mut warm) = (FIRST_ROUND, (HOT * rise).max(COLD), (WARM * rise).max(COLD));
        while lowest > 0 && !clock.done() {
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
            (tries, hot, warm) = (tries * 2, warm, hot);
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

    /// Tries to move a lecture to another place, and what stands in its way there to the slot that it leaves.
    /// Gives what that changes in the costs, whether or not it is left so.
    fn attempt(&mut self, temperature: f64, chance: &mut Chance) -> i64 {
        let mut change = 0;
        let lecture = chance.below(self.at.len());
        let (course, from) = (self.course[lecture], self.at[lecture]);
        let slot = self.open[course][chance.below(self.open[course].len())];
        let room = chance.below(self.curriculum.rooms.len());
        let room = if slot != from.0 && chance.below(2) == 0 { from.1 } else { room };
        let mut moves = std::mem::take(&mut self.moves);
        moves.clear();
        if self.plan(lecture, (slot, room), &mut moves) {
            change = self.make(&mut moves);
            if change <= 0 || chance.share() < (-change as f64 / temperature).exp() {
                self.cost += change;
            } else {
                for step in &moves {
                    self.take(step.lecture);
                }
                for step in &moves {
                    self.put(step.lecture, step.from);
                }
            }
        }
        self.moves = moves;
        change
    }

    /// Plans how a lecture comes to a slot, and to the room unless others must leave the slot for it; says whether it can.
    fn plan(&self, lecture: usize, (slot, room): Place, moves: &mut Vec<Move>) -> bool {
        let from = self.at[lecture];
        let there = self.cells[self.cell((slot, room))];
        let step =
            |lecture: usize, slot: usize, room: Option<usize>| Move { lecture, from: self.at[lecture], slot, room };
        if slot == from.0 {
            moves.push(step(lecture, slot, Some(room)));
            moves.extend(there.map(|other| step(other, slot, Some(from.1))));
            return room != from.1;
        }
        moves.push(step(lecture, slot, None));
        // Who is in the way of one that moves to the slot moves to the slot that is left, and the other way round.
        let mut next = 0;
        while let Some(&Move { lecture: one, slot: to, .. }) = moves.get(next) {
            let other_slot = if to == slot { from.0 } else { slot };
            for holder in &self.holders[self.course[one]] {
                let Some(other) = self.holds[holder * self.curriculum.slots() + to] else { continue };
                if moves.iter().any(|step| step.lecture == other) {
                    continue;
                }
                if moves.len() == LONGEST || self.curriculum.courses[self.course[other]].closed[other_slot] {
                    return false;
                }
                moves.push(step(other, other_slot, None));
            }
            next += 1;
        }
        if let [alone] = moves.as_mut_slice() {
            alone.room = Some(room);
            // One that is only in the room and not in the way goes to the place that is left, if nothing there is in its way.
            let Some(other) = there else { return true };
            let course = self.course[other];
            let holds =
                |holder: &usize| self.holds[holder * self.curriculum.slots() + from.0].is_some_and(|n| n != lecture);
            moves.push(step(other, from.0, Some(from.1)));
            return !self.curriculum.courses[course].closed[from.0] && !self.holders[course].iter().any(holds);
        }
        let come = moves.iter().filter(|step| step.slot == slot).count();
        let go = moves.len() - come;
        let rooms = self.curriculum.rooms.len();
        self.used[slot] + come - go <= rooms && self.used[from.0] + go - come <= rooms
    }

    /// Makes moves; gives what that changes in the costs. One that names no room keeps its own if that is empty, else it gets the one
    /// that costs least.
    fn make(&mut self, moves: &mut [Move]) -> i64 {
        let mut change: i64 = moves.iter().map(|step| self.take(step.lecture)).sum();
        for step in &mut *moves {
            step.room =
                step.room.or(Some(step.from.1)).filter(|room| self.cells[self.cell((step.slot, *room))].is_none());
            if let Some(room) = step.room {
                change += self.put(step.lecture, (step.slot, room));
            }
        }
        for step in moves.iter().filter(|step| step.room.is_none()) {
            let course = self.course[step.lecture];
            let (students, rooms) = (self.curriculum.courses[course].students, &self.curriculum.rooms);
            let empty = (0..rooms.len()).filter(|room| self.cells[self.cell((step.slot, *room))].is_none());
            let cost = |room: &usize| {
                let beyond = (students - rooms[*room].seats).max(0);
                (beyond + i64::from(self.in_room[course * rooms.len() + room] == 0), rooms[*room].seats)
            };
            let room = empty.min_by_key(cost).expect("a plan leaves a room for each");
            change += self.put(step.lecture, (step.slot, room));
        }
        change
    }

    /// Takes a lecture away; gives what that changes in the costs.
    fn take(&mut self, lecture: usize) -> i64 {
        let (slot, room) = self.at[lecture];
        let cell = self.cell((slot, room));
        self.cells[cell] = None;
        self.used[slot] -= 1;
        self.turn(lecture, slot, room, false)
    }

    /// Puts a lecture into a place that is free; gives what that changes in the costs.
    fn put(&mut self, lecture: usize, (slot, room): Place) -> i64 {
        self.at[lecture] = (slot, room);
        let cell = self.cell((slot, room));
        self.cells[cell] = Some(lecture);
        self.used[slot] += 1;
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
