//! Files of the competition, `.ctt`: a head that says how much of everything there is, then courses, rooms, curricula and the periods
//! at which a course cannot be, one on each line.

use std::collections::HashMap;

use super::{
    Course, Curriculum, Group, MAX_BYTES, MAX_DAYS, MAX_LECTURES, MAX_MEMBERS, MAX_PERIODS, MAX_SEATS, MAX_TEXT, Room,
};
use crate::{document::Fault, problem::MAX_FAULTS};

/// What the head says, in its order.
const HEAD: [&str; 7] = ["Name", "Courses", "Rooms", "Days", "Periods_per_day", "Curricula", "Constraints"];
/// What follows it, with what a line has.
const PARTS: [(&str, &str); 4] = [
    ("COURSES", "course, teacher, lectures, least days, students"),
    ("ROOMS", "room, seats"),
    ("CURRICULA", "curriculum, number of courses, courses"),
    ("UNAVAILABILITY_CONSTRAINTS", "course, day, period"),
];

/// Reads a file.
pub(super) fn read(text: &str) -> Result<Curriculum, Vec<Fault>> {
    if text.len() > MAX_BYTES {
        let message = format!("has {} bytes, more than {MAX_BYTES}", text.len());
        return Err(vec![Fault { path: "file".into(), message }]);
    }
    let lines = text.lines().map(|line| line.trim_start_matches('\u{FEFF}').trim());
    let lines: Vec<(usize, &str)> = (1..).zip(lines).filter(|(_, line)| !line.is_empty()).collect();
    let mut reader = Reader { lines: &lines, faults: Vec::new() };
    let curriculum = reader.file();
    match curriculum {
        Some(curriculum) if reader.faults.is_empty() => Ok(curriculum),
        _ => Err(reader.faults),
    }
}

struct Reader<'t> {
    /// Lines that are left, with their numbers.
    lines: &'t [(usize, &'t str)],
    faults: Vec<Fault>,
}

impl<'t> Reader<'t> {
    fn fault(&mut self, line: usize, message: impl Into<String>) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { path: format!("line {line}"), message: message.into() });
        }
    }

    /// The file; `None`, with a fault, if it is not whole.
    fn file(&mut self) -> Option<Curriculum> {
        let name = self.head(HEAD[0])?;
        self.text(name.0, name.1);
        let mut counts = [0; 6];
        let most = [MAX_MEMBERS, MAX_MEMBERS, MAX_DAYS, MAX_PERIODS, MAX_MEMBERS, MAX_MEMBERS * MAX_DAYS * MAX_PERIODS];
        for ((count, key), most) in counts.iter_mut().zip(&HEAD[1..]).zip(most) {
            let (line, value) = self.head(key)?;
            *count = self.number(line, key, value, 0, most)?;
        }
        let [courses, rooms, days, periods, groups, closed] = counts;
        let mut curriculum = Curriculum { name: name.1.to_owned(), days, periods, ..Curriculum::default() };
        for (part, count) in PARTS.iter().zip([courses, rooms, groups, closed]) {
            let members = self.part(part.0, count)?;
            let names: HashMap<String, usize> =
                curriculum.courses.iter().enumerate().map(|(n, course)| (course.id.clone(), n)).collect();
            for (line, text) in members {
                let fields: Vec<&str> = text.split_whitespace().collect();
                let taken = match part.0 {
                    "COURSES" => self.course(*line, &fields, &mut curriculum),
                    "ROOMS" => self.room(*line, &fields, &mut curriculum),
                    "CURRICULA" => self.group(*line, &fields, &names, &mut curriculum),
                    _ => self.closed(*line, &fields, &names, &mut curriculum),
                };
                if taken.is_none() {
                    self.fault(*line, format!("must have: {}", part.1));
                    // What speaks of it further down is not at fault.
                    let (id, closed) = (fields[0].to_owned(), vec![false; curriculum.slots()]);
                    if part.0 == "COURSES" {
                        curriculum.courses.push(Course { id, closed, ..Course::default() });
                    }
                }
            }
        }
        match self.lines {
            [(_, "END.")] => {}
            [(line, text), ..] => self.fault(*line, format!("must be END., is {text:?}")),
            [] => self.faults.push(Fault { path: "file".into(), message: "must end with END.".into() }),
        }
        let lectures = curriculum.lectures();
        if lectures > MAX_LECTURES {
            let message = format!("has {lectures} lectures, more than {MAX_LECTURES}");
            self.faults.push(Fault { path: "file".into(), message });
        }
        Some(curriculum)
    }

    /// The value of a line of the head.
    fn head(&mut self, key: &str) -> Option<(usize, &'t str)> {
        let (line, text) = self.next(&format!("{key}:"))?;
        let value = text.strip_prefix(key).and_then(|rest| rest.trim_start().strip_prefix(':')).map(str::trim);
        if value.is_none() {
            self.fault(line, format!("must be {key}: and a value, is {text:?}"));
        }
        value.map(|value| (line, value))
    }

    /// The lines of a part: as many as the head says.
    fn part(&mut self, key: &str, count: usize) -> Option<&'t [(usize, &'t str)]> {
        let (line, text) = self.next(&format!("{key}:"))?;
        if text.strip_suffix(':').map(str::trim_end) != Some(key) {
            self.fault(line, format!("must be {key}:, is {text:?}"));
            return None;
        }
        // What begins the next part, or ends the file.
        let ends =
            |text: &str| text == "END." || text.strip_suffix(':').is_some_and(|key| !key.contains(char::is_whitespace));
        let has = self.lines.iter().position(|(_, text)| ends(text)).unwrap_or(self.lines.len());
        // Some public files miscount the periods at which a course cannot be; that the file is whole is seen by its end.
        if has != count && key != PARTS[3].0 {
            self.fault(line, format!("{key} has {has} lines, and the head says {count}"));
            return None;
        }
        let (part, rest) = self.lines.split_at(has);
        self.lines = rest;
        Some(part)
    }

    fn next(&mut self, wanted: &str) -> Option<(usize, &'t str)> {
        let Some((first, rest)) = self.lines.split_first() else {
            self.faults.push(Fault { path: "file".into(), message: format!("ends before {wanted}") });
            return None;
        };
        self.lines = rest;
        Some(*first)
    }

    fn text(&mut self, line: usize, text: &str) {
        if text.len() > MAX_TEXT {
            self.fault(line, format!("has a name of more than {MAX_TEXT} bytes"));
        }
    }

    fn number(&mut self, line: usize, what: &str, text: &str, least: usize, most: usize) -> Option<usize> {
        let number = text.parse().ok().filter(|n| (least..=most).contains(n));
        if number.is_none() {
            self.fault(line, format!("{what} must be a whole number from {least} to {most}, is {text:?}"));
        }
        number
    }

    /// A name that no other member of its list has.
    fn id(&mut self, line: usize, id: &str, mut others: impl Iterator<Item = bool>) {
        self.text(line, id);
        if others.any(|same| same) {
            self.fault(line, format!("{id:?} stands there twice"));
        }
    }

    /// `None`: the line has not the fields that it must have.
    fn course(&mut self, line: usize, fields: &[&str], curriculum: &mut Curriculum) -> Option<()> {
        let [id, teacher, lectures, least_days, students] = *fields else { return None };
        self.id(line, id, curriculum.courses.iter().map(|course| course.id == id));
        self.text(line, teacher);
        let lectures = self.number(line, "lectures", lectures, 1, curriculum.slots().max(1));
        let least_days = self.number(line, "least days", least_days, 0, MAX_DAYS);
        let students = self.number(line, "students", students, 0, MAX_SEATS as usize);
        curriculum.courses.push(Course {
            id: id.to_owned(),
            teacher: teacher.to_owned(),
            lectures: lectures.unwrap_or(0),
            least_days: least_days.unwrap_or(0),
            students: students.and_then(|n| i64::try_from(n).ok()).unwrap_or(0),
            closed: vec![false; curriculum.slots()],
        });
        Some(())
    }

    fn room(&mut self, line: usize, fields: &[&str], curriculum: &mut Curriculum) -> Option<()> {
        let [id, seats] = *fields else { return None };
        self.id(line, id, curriculum.rooms.iter().map(|room| room.id == id));
        let seats = self.number(line, "seats", seats, 0, MAX_SEATS as usize);
        let seats = seats.and_then(|n| i64::try_from(n).ok()).unwrap_or(0);
        curriculum.rooms.push(Room { id: id.to_owned(), seats });
        Some(())
    }

    fn group(
        &mut self,
        line: usize,
        fields: &[&str],
        names: &HashMap<String, usize>,
        curriculum: &mut Curriculum,
    ) -> Option<()> {
        let [id, count, ref members @ ..] = *fields else { return None };
        self.id(line, id, curriculum.groups.iter().map(|group| group.id == id));
        let count = self.number(line, "number of courses", count, 0, MAX_MEMBERS);
        if count.is_some_and(|count| count != members.len()) {
            self.fault(line, format!("says that it has {} courses and has {}", fields[1], members.len()));
        }
        let mut courses: Vec<usize> = members.iter().filter_map(|name| self.known(line, name, names)).collect();
        courses.sort_unstable();
        courses.dedup();
        if courses.len() < members.len() && self.faults.is_empty() {
            self.fault(line, "names a course twice");
        }
        curriculum.groups.push(Group { id: id.to_owned(), courses });
        Some(())
    }

    fn closed(
        &mut self,
        line: usize,
        fields: &[&str],
        names: &HashMap<String, usize>,
        curriculum: &mut Curriculum,
    ) -> Option<()> {
        let [course, day, period] = *fields else { return None };
        let course = self.known(line, course, names);
        let day = self.number(line, "day", day, 0, curriculum.days.saturating_sub(1));
        let period = self.number(line, "period", period, 0, curriculum.periods.saturating_sub(1));
        if let (Some(course), Some(day), Some(period)) = (course, day, period) {
            let slot = day * curriculum.periods + period;
            if let Some(closed) = curriculum.courses[course].closed.get_mut(slot) {
                *closed = true;
            }
        }
        Some(())
    }

    fn known(&mut self, line: usize, name: &str, names: &HashMap<String, usize>) -> Option<usize> {
        let known = names.get(name).copied();
        if known.is_none() {
            self.fault(line, format!("there is no course {name:?}"));
        }
        known
    }
}
