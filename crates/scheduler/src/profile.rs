//! What of a resource is free over time, as steps: where a task fits, and what is left when it took its place.
//!
//! It knows nothing of tasks. The checker has its own way to count, so that a mistake here is found there.

use crate::problem::Store;

/// Free amounts from times on, by time; the first step is before everything, the last never ends.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    steps: Vec<(i64, i64)>,
}

const BEFORE_ALL: i64 = i64::MIN / 4;

impl Profile {
    pub(crate) fn new(store: &Store) -> Self {
        let mut steps = vec![(BEFORE_ALL, store.capacity)];
        steps.extend(&store.steps);
        Self { steps }
    }

    /// The step that a time lies in.
    fn at(&self, time: i64) -> usize {
        self.steps.partition_point(|(from, _)| *from <= time) - 1
    }

    pub(crate) fn fits(&self, start: i64, end: i64, amount: i64) -> bool {
        start >= end || self.earliest(start, end - start, amount) == start
    }

    /// The earliest start from a time on at which so much is free for so long. The last step must have so much.
    pub(crate) fn earliest(&self, from: i64, duration: i64, amount: i64) -> i64 {
        let (mut step, mut start) = (self.at(from), from);
        loop {
            let ends = self.steps.get(step + 1).map_or(i64::MAX, |(time, _)| *time);
            if self.steps[step].1 < amount {
                if ends == i64::MAX {
                    // Only where what is settled holds for ever more than there is, which no problem does.
                    return start;
                }
                start = ends;
            } else if ends >= start + duration {
                return start;
            }
            step += 1;
        }
    }

    /// The latest start such that so much is free for so long, all of it before a time.
    pub(crate) fn latest(&self, until: i64, duration: i64, amount: i64) -> i64 {
        let (mut step, mut end) = (self.at(until - 1), until);
        loop {
            let (begins, free) = self.steps[step];
            if free < amount {
                if step == 0 {
                    return end - duration;
                }
                end = begins;
            } else if begins <= end - duration {
                return end - duration;
            }
            step -= 1;
        }
    }

    /// Takes an amount for a time.
    pub(crate) fn take(&mut self, start: i64, end: i64, amount: i64) {
        if start >= end {
            return;
        }
        let mut first = self.at(start);
        if self.steps[first].0 < start {
            self.steps.insert(first + 1, (start, self.steps[first].1));
            first += 1;
        }
        let mut next = first;
        while next < self.steps.len() && self.steps[next].0 < end {
            self.steps[next].1 -= amount;
            next += 1;
        }
        if self.steps.get(next).is_none_or(|(time, _)| *time > end) {
            self.steps.insert(next, (end, self.steps[next - 1].1 + amount));
        }
        // Steps that differ no longer become one, so that what is full stays short.
        for at in [next, first] {
            if at > 0 && at < self.steps.len() && self.steps[at].1 == self.steps[at - 1].1 {
                self.steps.remove(at);
            }
        }
    }

    /// Becomes like another without asking for memory.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.steps.clear();
        self.steps.extend_from_slice(&other.steps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_with_a_pause() -> Profile {
        Profile::new(&Store { id: "bay".into(), capacity: 2, steps: vec![(10, 0), (12, 2)] })
    }

    #[test]
    fn a_task_waits_for_what_is_free_and_does_not_run_into_a_pause() {
        let mut bay = two_with_a_pause();
        assert_eq!(bay.earliest(0, 5, 2), 0);
        bay.take(0, 5, 1);
        assert_eq!((bay.earliest(0, 5, 2), bay.earliest(0, 5, 1)), (5, 0));
        assert_eq!(bay.earliest(7, 5, 1), 12);
        // From 5 to 10 and from 12 on both are free; before 5 only one is.
        assert_eq!((bay.latest(20, 8, 2), bay.latest(19, 8, 1), bay.latest(9, 4, 2)), (12, 2, 5));
    }

    #[test]
    fn equal_steps_become_one() {
        let mut bay = two_with_a_pause();
        let before = bay.steps.len();
        bay.take(2, 4, 1);
        bay.take(4, 6, 1);
        assert_eq!(bay.steps.len(), before + 2);
    }
}
