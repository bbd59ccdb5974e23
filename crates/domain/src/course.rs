//! Courses: the catalogue of what is taught, with what each run of it needs and what who passed can do.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::{Field, Text},
    message,
    message::Message,
    pool::PoolKind,
    record,
    record::Rules,
    resource::Resource,
    words,
};

/// Most trainees of one serial, and most seats for one unit in it.
pub const MOST_SEATS: u32 = 10_000;
/// Most days that a course takes.
pub const LONGEST_COURSE: u32 = 3_650;

words! {
    /// What a course is about: who is taught what.
    pub enum Discipline {
        /// What every soldier can do.
        Basic = "basic",
        /// What a specialist can do alone.
        Specialist = "specialist",
        /// How a crew uses its equipment.
        Crew = "crew",
        /// How equipment is kept and mended.
        Maintenance = "maintenance",
        /// How others are treated: first aid to surgery.
        Medical = "medical",
        /// How mines and other explosives are found and cleared.
        Demining = "demining",
        /// How bridges, shelters and roads are built and water is made fit to drink.
        Engineering = "engineering",
        /// How people talk to each other over distance.
        Communications = "communications",
        /// How others are led.
        Leadership = "leadership",
        /// How a unit works as one.
        Collective = "collective",
        /// How others are taught.
        Instructor = "instructor",
    }
}

words! {
    /// How far a course goes.
    pub enum CourseLevel {
        /// For who begins.
        Basic = "basic",
        /// For who has learnt the basics.
        Intermediate = "intermediate",
        /// For who knows the work.
        Advanced = "advanced",
    }
}

/// A language, by its two letters in ISO 639-1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Language(String);

impl Field for Language {
    fn expected() -> Message {
        message!("a-language")
    }

    fn parse(text: &str) -> Result<Self, Message> {
        let plain = text.len() == 2 && text.bytes().all(|b| b.is_ascii_lowercase());
        if plain { Ok(Self(text.to_owned())) } else { Err(Self::expected()) }
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

record! {
    /// What is taught.
    pub struct Course in "courses" by (code) owned by () usually Participants {
        /// Its code.
        code: Code,
        /// Its name.
        name: Text,
        /// What it is about.
        discipline: Discipline,
        /// How far it goes.
        level: CourseLevel,
        /// Who comes: a person, a crew or a team, untrained.
        input: Ref<Resource>,
        /// What they are after it.
        output: Ref<Resource>,
        /// The language in which it is taught.
        language: Language,
        /// Days it takes, with those on which nothing is taught.
        duration_days: u32,
        /// With fewer trainees it is not worth running, in units of the resource.
        least: u32,
        /// Most trainees of one serial, in units of the resource.
        most: u32,
        /// Days before its start by which a unit must know of its seats.
        notice_days: u32,
        /// Courses that must have been passed before.
        prerequisites: Vec<Ref<Course>>,
        /// What it meets: standards, agreements, requirements of the force.
        standards: Vec<Text>,
    }
}

impl Rules for Course {
    fn rules(&self, faults: &mut Faults<'_>) {
        let days = self.duration_days;
        let right = (1..=LONGEST_COURSE).contains(&days);
        faults.require(right, "duration_days", days.text(), message!("from-to", least = 1, most = LONGEST_COURSE));
        let right = (1..=MOST_SEATS).contains(&self.most);
        faults.require(right, "most", self.most.text(), message!("from-to", least = 1, most = MOST_SEATS));
        faults.require(self.least <= self.most, "least", self.least.text(), message!("at-most", most = self.most));
        faults.require(
            self.notice_days <= 365,
            "notice_days",
            self.notice_days.text(),
            message!("at-most", most = 365),
        );
        let before = self.prerequisites.iter().all(|course| *course.code() != self.code);
        faults.require(before, "prerequisites", self.code.as_str(), message!("another-course"));
    }
}

record! {
    /// What who passed the course can do: each is assessed by itself.
    pub struct CourseObjective in "course_objectives" by (course, objective) part of "courses" {
        /// The course.
        course: Ref<Course>,
        /// Its code within the course.
        objective: Code,
        /// What the trainee does, under which conditions, to which standard.
        text: Text,
    }
}

impl Rules for CourseObjective {
    fn rules(&self, _: &mut Faults<'_>) {}
}

words! {
    /// For what a need of a course is counted.
    pub enum NeedPer {
        /// Once for the whole serial.
        Serial = "serial",
        /// For each of its seats.
        Seat = "seat",
    }
}

record! {
    /// What a serial of a course needs, day by day: instructors, interpreters, a range, kit, beds.
    pub struct CourseNeed in "course_needs" by (course, kind) part of "courses" {
        /// The course.
        course: Ref<Course>,
        /// Of what kind.
        kind: PoolKind,
        /// How many units.
        quantity: u32,
        /// For the serial, or for each seat.
        per: NeedPer,
        /// From which day of the course on, the first being 1; none: from the first.
        first_day: Option<u32>,
        /// For how many days; none: to the last.
        days: Option<u32>,
    }
}

impl CourseNeed {
    /// Units that a serial of so many seats needs.
    pub fn units(&self, seats: u32) -> u32 {
        match self.per {
            NeedPer::Serial => self.quantity,
            NeedPer::Seat => self.quantity.saturating_mul(seats),
        }
    }
}

impl Rules for CourseNeed {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.quantity > 0, "quantity", self.quantity.text(), message!("one-or-more"));
        days_rule(self.first_day, self.days, faults);
    }
}

/// Days of a course: from which on, and for how many.
pub(crate) fn days_rule(first_day: Option<u32>, days: Option<u32>, faults: &mut Faults<'_>) {
    for (column, days) in [("first_day", first_day), ("days", days)] {
        let right = days.is_none_or(|days| (1..=LONGEST_COURSE).contains(&days));
        faults.require(right, column, days.text(), message!("from-to", least = 1, most = LONGEST_COURSE));
    }
}
