//! Plan against actual of processes: how long repairs and courses took, and what share of trainees passed, beside what plans say. What was
//! observed becomes the planner's only when somebody accepts it.

use jiff::SignedDuration;
use muster_domain::{
    code::Code,
    fixed::Fixed,
    message,
    picture::Picture,
    process::{Process, ProcessKind},
    viewer::Viewer,
};
use muster_interchange::mission::Reading;

use crate::{
    Actor, App, Error,
    mission::keep_parts,
    repair::{self, repairs},
    training,
};

/// How long a process took, and what share passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The process.
    pub process: Code,
    /// What it does.
    pub kind: ProcessKind,
    /// Where.
    pub place: Code,
    /// What goes in.
    pub input: Code,
    /// How often it was seen in the last year: orders that were released, people who passed.
    pub times: usize,
    /// Half of them took no longer.
    pub half: SignedDuration,
    /// Days that plans count with.
    pub planned: u32,
    /// The share that passed, of courses; above 0.
    pub share: Option<Fixed<3>>,
    /// The share that plans count with; none: all.
    pub planned_share: Option<Fixed<3>>,
}

impl Observed {
    /// Whole days within which half of them were through.
    pub fn days(&self) -> u32 {
        u32::try_from((self.half.as_hours() + 23) / 24).unwrap_or(0).max(1)
    }

    /// Whether plans count with something else.
    pub fn differs(&self) -> bool {
        let all = Fixed(Fixed::<3>::ONE);
        let share = self.share.is_some_and(|share| share != self.planned_share.unwrap_or(all));
        self.days() != self.planned || share
    }
}

/// How long repairs took, by the board's figures: the work itself, since plans count waiting for bays and parts by themselves.
pub fn of_repairs(picture: &Picture, figures: &repair::figures::Figures) -> Vec<Observed> {
    let of = |took: &repair::figures::Turnaround| {
        let process = repairs(picture, &took.resource, Some(took.facility.as_ref()?)).next()?;
        Some(of(process, took.orders.len(), took.in_repair, None))
    };
    figures.turnaround.iter().filter_map(of).collect()
}

/// How long courses took, by the board's figures.
pub fn of_courses(picture: &Picture, figures: &training::figures::Figures) -> Vec<Observed> {
    let of = |result: &training::figures::Turnout| {
        let course = picture.courses.get(result.course.as_str())?;
        let process = picture.teaches(course, result.place.as_str())?;
        let over = result.passed + result.failed;
        let share = Fixed((result.passed * Fixed::<3>::ONE + over / 2) / over.max(1));
        let share = Some(share).filter(|share| share.0 > 0);
        Some(of(process, usize::try_from(result.passed).unwrap_or(0), result.half?, share))
    };
    figures.results.iter().filter_map(of).collect()
}

fn of(process: &Process, times: usize, half: SignedDuration, share: Option<Fixed<3>>) -> Observed {
    Observed {
        process: process.code.clone(),
        kind: process.kind,
        place: process.place.code().clone(),
        input: process.input.code().clone(),
        times,
        half,
        planned: process.duration_days,
        share,
        planned_share: process.pass_share,
    }
}

impl App {
    /// How long processes took in the last year, of what the viewer sees, by process.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn observed(&self, viewer: &Viewer) -> Result<Vec<Observed>, Error> {
        let picture = self.picture(viewer).await?;
        let mut found = of_repairs(&picture, &self.repair_figures(viewer).await?);
        found.extend(of_courses(&picture, &self.training_figures(viewer).await?));
        found.sort_by(|a, b| a.process.cmp(&b.process));
        Ok(found)
    }

    /// Plans count with so many days of a process from now on, and with the share that passes if one is named, as they were observed.
    ///
    /// # Errors
    /// If the process was never seen or took another time or another share passed meanwhile, the actor may not change it, or the database
    /// refuses.
    pub async fn observed_accept(
        &self,
        process: &str,
        (days, share): (u32, Option<Fixed<3>>),
        actor: &Actor,
    ) -> Result<(), Error> {
        let observed = self.observed(&actor.viewer).await?.into_iter().find(|of| of.process.as_str() == process);
        let observed = observed.ok_or_else(|| Error::NotFound { what: "process", code: process.to_owned() })?;
        if observed.days() != days {
            return Err(Error::Invalid(message!("observed-otherwise", process, days = i64::from(observed.days()))));
        }
        if share.is_some() && share != observed.share {
            let passed = observed.share.unwrap_or_default().to_string();
            return Err(Error::Invalid(message!("observed-share-otherwise", process, passed)));
        }
        let picture = self.picture(&actor.viewer).await?;
        let missing = || Error::NotFound { what: "process", code: process.to_owned() };
        let mut changed = picture.processes.get(process).cloned().ok_or_else(missing)?;
        changed.duration_days = days;
        if share.is_some() {
            changed.pass_share = share.filter(|share| share.0 < Fixed::<3>::ONE);
        }
        let mut incoming = Picture::default();
        keep_parts(&picture.process_needs, process, &mut incoming);
        keep_parts(&picture.process_holds, process, &mut incoming);
        incoming.put(changed);
        self.import(Reading::of(incoming), &[], actor, false).await?.done().map(drop)
    }
}
