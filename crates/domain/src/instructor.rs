//! Instructors and interpreters as people: what they may teach, what they speak, when they are available, and in which serials they do so.
//! They are known by codes alone; who they are is for the party that sends them to know.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::{
    code::{Code, Ref},
    course::{Course, Language, days_rule},
    fault::Faults,
    field::Field,
    message,
    party::Party,
    picture::Picture,
    pool::{Pool, PoolKind},
    record,
    record::Rules,
    serial::Serial,
    training::{Clash, days},
    words,
};

words! {
    /// What somebody does in a serial.
    pub enum InstructorRole {
        /// Who answers for what is taught, and teaches.
        Lead = "lead",
        /// Who teaches.
        Instructor = "instructor",
        /// Who interprets.
        Interpreter = "interpreter",
    }
}

impl InstructorRole {
    /// The kind of pool for which somebody counts who is of none.
    pub fn kind(self) -> PoolKind {
        match self {
            Self::Lead | Self::Instructor => PoolKind::Instructor,
            Self::Interpreter => PoolKind::Interpreter,
        }
    }
}

record! {
    /// Somebody who teaches or interprets.
    pub struct Instructor in "instructors" by (code) owned by (party) usually Participants {
        /// Their code; it is never a name.
        code: Code,
        /// Who sends them.
        party: Ref<Party>,
        /// The pool of whose number they are one; none: they come besides.
        pool: Option<Ref<Pool>>,
        /// The courses that they may teach; none named: any.
        courses: Vec<Ref<Course>>,
        /// The languages that they speak.
        languages: Vec<Language>,
        /// The first day on which they are available; none: they are now.
        from: Option<Date>,
        /// The last day on which they are; none: for good.
        to: Option<Date>,
    }
}

impl Instructor {
    /// Whether they are available on a day.
    pub fn is_available(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// Whether they may teach a course.
    pub fn may_teach(&self, course: &str) -> bool {
        self.courses.is_empty() || self.courses.iter().any(|may| may.as_str() == course)
    }

    /// Whether they speak a language as somebody must who does this: an interpreter speaks one more.
    pub fn speaks(&self, language: &Language, role: InstructorRole) -> bool {
        let another = self.languages.iter().any(|other| other != language);
        self.languages.contains(language) && (role != InstructorRole::Interpreter || another)
    }
}

impl Rules for Instructor {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(!self.languages.is_empty(), "languages", "", message!("language-missing"));
        let right = self.from.zip(self.to).is_none_or(|(from, to)| from <= to);
        faults.require(right, "to", self.to.text(), message!("not-before-first-day"));
    }
}

record! {
    /// Somebody who teaches or interprets in a serial.
    pub struct SerialInstructor in "serial_instructors" by (serial, instructor) part of "serials" {
        /// The serial.
        serial: Ref<Serial>,
        /// Who.
        instructor: Ref<Instructor>,
        /// What they do in it.
        role: InstructorRole,
        /// From which day of the serial on, the first being 1; none: from the first.
        first_day: Option<u32>,
        /// For how many days; none: to the last.
        days: Option<u32>,
    }
}

impl SerialInstructor {
    /// The days on which they are in a serial, if any: first and last.
    pub fn span(&self, serial: &Serial) -> Option<(Date, Date)> {
        serial.span(self.first_day, self.days)
    }

    fn is_there(&self, serial: &Serial, day: Date) -> bool {
        self.span(serial).is_some_and(|(first, last)| first <= day && day <= last)
    }
}

impl Rules for SerialInstructor {
    fn rules(&self, faults: &mut Faults<'_>) {
        days_rule(self.first_day, self.days, faults);
    }
}

/// How many of a pool are named for a serial, whatever their days.
pub fn named_of(picture: &Picture, serial: &Serial) -> BTreeMap<Code, i64> {
    let mut named: BTreeMap<Code, i64> = BTreeMap::new();
    for of in picture.taught_by(serial.code.as_str()) {
        if let Some(pool) = picture.instructors.get(of.instructor.as_str()).and_then(|who| who.pool.as_ref()) {
            *named.entry(pool.code().clone()).or_default() += 1;
        }
    }
    named
}

/// How many of a pool are named for a serial on a day.
pub fn named_on(picture: &Picture, serial: &Serial, pool: &str, day: Date) -> i64 {
    let of_pool = |who: &str| {
        let own = picture.instructors.get(who).and_then(|who| who.pool.as_ref());
        own.is_some_and(|own| own.as_str() == pool)
    };
    let named = picture.taught_by(serial.code.as_str()).filter(|of| of.is_there(serial, day));
    named.filter(|of| of_pool(of.instructor.as_str())).count() as i64
}

/// Whether somebody is in a serial on a day.
pub fn is_named_on(picture: &Picture, serial: &Serial, who: &str, day: Date) -> bool {
    let mut all = picture.taught_by(serial.code.as_str());
    all.any(|of| of.instructor.as_str() == who && of.is_there(serial, day))
}

/// How many of no pool are named for a serial on a day who do what a kind of pool is of.
pub(crate) fn guests_on(picture: &Picture, serial: &Serial, kind: PoolKind, day: Date) -> i64 {
    let guest = |who: &str| picture.instructors.get(who).is_some_and(|who| who.pool.is_none());
    let named = picture.taught_by(serial.code.as_str()).filter(|of| of.role.kind() == kind && of.is_there(serial, day));
    named.filter(|of| guest(of.instructor.as_str())).count() as i64
}

/// What keeps those who are named for a serial from being there and doing what they are named for. `beside` are the other serials of which
/// a day is the serial's, too. Of somebody whose record is not in the picture, only what other serials say of them is known.
pub(crate) fn clashes(picture: &Picture, serial: &Serial, beside: &[&Serial]) -> Vec<Clash> {
    let course = picture.courses.get(serial.course.as_str());
    let language = serial.language.as_ref().or_else(|| course.map(|course| &course.language));
    let mut found = Vec::new();
    for of in picture.taught_by(serial.code.as_str()) {
        let instructor = of.instructor.code().clone();
        let Some((first, last)) = of.span(serial) else { continue };
        let elsewhere = |day: Date| {
            let named = move |other: &&&Serial| is_named_on(picture, other, of.instructor.as_str(), day);
            beside.iter().filter(named).map(|other| other.code.clone()).collect::<Vec<_>>()
        };
        let twice: Vec<Date> = days(first, last).filter(|day| !elsewhere(*day).is_empty()).collect();
        if let Some(on) = twice.first().copied() {
            let with = elsewhere(on);
            found.push(Clash::Twice { instructor: instructor.clone(), on, days: twice.len(), with });
        }
        let Some(who) = picture.instructors.get(instructor.as_str()) else { continue };
        let away: Vec<Date> = days(first, last).filter(|day| !who.is_available(*day)).collect();
        if let Some(on) = away.first().copied() {
            found.push(Clash::Away { instructor: instructor.clone(), on, days: away.len() });
        }
        if of.role != InstructorRole::Interpreter && !who.may_teach(serial.course.as_str()) {
            found.push(Clash::Unqualified { instructor: instructor.clone(), course: serial.course.code().clone() });
        }
        if let Some(language) = language.filter(|language| !who.speaks(language, of.role)) {
            let (language, role) = (language.clone(), of.role);
            found.push(Clash::Silent { instructor, language, role });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_speaks_what_is_taught_in_and_one_more() {
        let language = |text: &str| Language::parse(text).unwrap();
        let who = |languages: &[&str]| Instructor {
            code: Code::new("A").unwrap(),
            party: Ref::new(Code::new("P").unwrap()),
            pool: None,
            courses: Vec::new(),
            languages: languages.iter().map(|text| language(text)).collect(),
            from: None,
            to: None,
            releasable_to: crate::label::Release::Usual,
            source: String::new(),
            fictional: true,
        };
        let (en, role) = (language("en"), InstructorRole::Interpreter);
        assert!(who(&["en"]).speaks(&en, InstructorRole::Lead));
        assert!(!who(&["uk"]).speaks(&en, InstructorRole::Instructor));
        assert!(!who(&["en"]).speaks(&en, role), "to interpret, one language is too few");
        assert!(!who(&["uk", "pl"]).speaks(&en, role));
        assert!(who(&["uk", "en"]).speaks(&en, role));
    }
}
