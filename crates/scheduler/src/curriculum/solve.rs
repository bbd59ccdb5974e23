//! From a curriculum to a timetable: the general solver for the hard rules, then the local search for the soft ones.

use std::{collections::HashMap, ops::ControlFlow};

use super::{Curriculum, Timetable, Verdict, judge, search::Search};
use crate::{
    document::Fault,
    schedule::Status,
    solve::{Limits, Progress, chance::Chance, clock::Clock, solve},
};

/// How a solve ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// `Optimal`: nothing costs. `Feasible`: a timetable, perhaps not the best. `Infeasible`: the hard rules cannot be kept.
    /// `Stopped`: no timetable was found, and none was ruled out.
    pub status: Status,
    /// The timetable and what the judge says of it; he has found no fault.
    pub found: Option<(Timetable, Verdict)>,
    /// How long it took.
    pub seconds: f64,
    /// How long it took to the first timetable.
    pub first_seconds: f64,
}

/// Makes a timetable: the best that is found when nothing costs any more, a limit is reached or `progress` breaks. Of a limit of work
/// each of the two steps has half.
///
/// # Errors
/// What is more than the solver can take, see [`Curriculum::problem`].
pub fn solve_curriculum(
    curriculum: &Curriculum,
    limits: &Limits,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Outcome, Vec<Fault>> {
    let problem = curriculum.problem()?;
    let half = Limits { work: limits.work.map(|work| work / 2), ..*limits };
    let mut stopped = false;
    // The first step knows of no costs but 0.
    let schedule = solve(&problem, &half, &mut |now| {
        let answer = progress(&Progress { objective: None, ..*now });
        stopped = answer.is_break();
        answer
    });
    let seconds = schedule.seconds;
    if schedule.objective.is_none() {
        return Ok(Outcome { status: schedule.status, found: None, seconds, first_seconds: seconds });
    }
    let timetable = curriculum.timetable(&schedule)?;
    let mut search = Search::new(curriculum, &places(curriculum, &timetable));
    let rest = Limits { time: limits.time.saturating_sub(std::time::Duration::from_secs_f64(seconds)), ..half };
    let mut told = |now: &Progress| progress(&Progress { seconds: seconds + now.seconds, ..*now });
    let mut clock = Clock::new(rest, &mut told);
    if !stopped {
        search.run(&mut Chance::new(limits.seed), &mut clock);
    }
    let mut lectures: Vec<_> =
        search.lectures().map(|(course, slot, room)| curriculum.lecture(course, slot, room)).collect();
    lectures.sort();
    let timetable = Timetable { lectures };
    let verdict = judge(curriculum, &timetable);
    assert!(verdict.faults.is_empty(), "the solver made a timetable that breaks rules: {:?}", verdict.faults);
    assert_eq!(verdict.cost(), search.cost(), "the search counts as the judge does");
    let status = if verdict.cost() == 0 { Status::Optimal } else { Status::Feasible };
    let found = Some((timetable, verdict));
    Ok(Outcome { status, found, seconds: seconds + clock.seconds(), first_seconds: seconds })
}

/// Course, slot and room of every lecture.
fn places(curriculum: &Curriculum, timetable: &Timetable) -> Vec<(usize, usize, usize)> {
    let courses: HashMap<&str, usize> = curriculum.courses.iter().map(|course| course.id.as_str()).zip(0..).collect();
    let rooms: HashMap<&str, usize> = curriculum.rooms.iter().map(|room| room.id.as_str()).zip(0..).collect();
    (timetable.lectures.iter())
        .map(|lecture| {
            let slot = lecture.day * curriculum.periods + lecture.period;
            (courses[lecture.course.as_str()], slot, rooms[lecture.room.as_str()])
        })
        .collect()
}
