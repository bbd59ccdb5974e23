//! The days on which something stands in a calendar. An event without a day that can be read is left out; whatever else in it cannot be
//! read is passed over, and told.
//!
//! Source: RFC 5545, sections 3.6.1 and 3.8.5. Components may lie in any other, and one may lack its end.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use muster_domain::{message, message::Message};

use super::{
    Busy, MOST_BYTES, MOST_EVENTS, MOST_TIMES, MOST_TIMES_IN_ALL,
    line::{Line, Unfolded},
    moment::Moment,
    rule::{Rule, Wanted},
};
use crate::issue::{Issue, Issues, shown};

/// Deepest nesting of components.
const DEEPEST: usize = 50;
/// Most days of all rules that are looked at.
const WORK: u64 = 50_000_000;

/// Reads the days from `from` to `to` on which something stands in a calendar, in the order in which it stands there; what began before
/// and goes on belongs to it, what was cancelled does not. `file` is its name in issues.
///
/// Never fails: what cannot be read is an issue.
pub fn read(file: &str, bytes: &[u8], from: Date, to: Date) -> (Vec<Busy>, Vec<Issue>) {
    let mut reader =
        Reader { file, issues: Issues::default(), open: Vec::new(), events: Vec::new(), begun: 0, any: false };
    if bytes.len() > MOST_BYTES {
        reader.tell(None, message!("files-too-large", bytes = bytes.len(), most = MOST_BYTES));
        return (Vec::new(), reader.issues.into_vec());
    }
    match Unfolded::new(bytes) {
        Ok(unfolded) => {
            let told = unfolded.lines().try_for_each(|(number, text)| reader.line(number, text));
            if told.is_some() && !reader.any {
                reader.tell(None, message!("calendar-none"));
            }
        }
        Err(error) => reader.tell(Some(error.line), error.message),
    }
    reader.close(0);
    let busy = reader.busy(from, to);
    (busy, reader.issues.into_vec())
}

struct Reader<'f> {
    file: &'f str,
    issues: Issues,
    /// Components that have begun.
    open: Vec<Open>,
    events: Vec<Draft>,
    /// How many events have begun.
    begun: usize,
    /// Whether any component has begun.
    any: bool,
}

/// A component that has begun.
struct Open {
    name: String,
    line: u64,
    event: Option<Draft>,
}

/// What an event says of its days.
#[derive(Default)]
struct Draft {
    line: u64,
    uid: String,
    summary: String,
    first: Option<Moment>,
    end: Option<End>,
    rule: Option<(u64, Rule)>,
    /// Other days on which it is, each with its last day if it is told.
    added: Vec<(Date, Option<Date>)>,
    /// Days on which it is not.
    left_out: BTreeSet<Date>,
    /// The day of the event with the same uid which it stands in place of.
    replaces: Option<Date>,
    cancelled: bool,
}

/// When an event ends, and the line that says so.
enum End {
    At(u64, Moment),
    After(u64, String),
}

impl Reader<'_> {
    fn tell(&mut self, line: Option<u64>, message: Message) {
        let issue = Issue::of_file(self.file, message);
        self.issues.add(Issue { line, ..issue });
    }

    fn tell_of(&mut self, line: u64, column: &str, value: &str, message: Message) {
        self.issues.add(Issue::of_file(self.file, message).on_line(line).in_column(column, value));
    }

    /// Takes a line; `None`: nothing more is read.
    fn line(&mut self, number: u64, text: &str) -> Option<()> {
        let Some(line) = Line::parse(text.trim_end_matches('\r')) else {
            let message = if self.any { message!("calendar-no-line") } else { message!("calendar-none") };
            self.issues.add(Issue { value: shown(text), ..Issue::of_file(self.file, message).on_line(number) });
            // What does not begin as a calendar is another kind of file.
            return self.any.then_some(());
        };
        let name = line.value.trim().to_ascii_uppercase();
        match line.name.as_str() {
            "BEGIN" => return self.begin(number, name),
            "END" => match self.open.iter().rposition(|open| open.name == name) {
                Some(at) => {
                    self.close(at + 1);
                    self.events.extend(self.open.pop().and_then(|open| open.event));
                }
                None => self.tell_of(number, "END", &name, message!("calendar-not-begun")),
            },
            _ => {
                if !self.any {
                    self.tell(Some(number), message!("calendar-none"));
                    return None;
                }
                self.property(number, &line);
            }
        }
        Some(())
    }

    fn begin(&mut self, number: u64, name: String) -> Option<()> {
        self.any = true;
        if self.open.len() == DEEPEST {
            self.tell(Some(number), message!("calendar-too-deep", most = DEEPEST));
            return None;
        }
        let mut event = None;
        if name == "VEVENT" {
            if self.begun == MOST_EVENTS {
                self.tell(Some(number), message!("calendar-too-many-events", most = MOST_EVENTS));
                return None;
            }
            self.begun += 1;
            event = Some(Draft { line: number, ..Draft::default() });
        }
        self.open.push(Open { name, line: number, event });
        Some(())
    }

    /// Ends components that have no end of their own, down to so many.
    fn close(&mut self, keep: usize) {
        while self.open.len() > keep {
            let Some(open) = self.open.pop() else { return };
            self.tell_of(open.line, "BEGIN", &open.name, message!("calendar-not-ended"));
            self.events.extend(open.event);
        }
    }

    /// Takes a property, if it is an event's.
    fn property(&mut self, number: u64, line: &Line<'_>) {
        let Some(event) = self.open.last_mut().and_then(|open| open.event.as_mut()) else { return };
        let mut wrong: Vec<(String, Message)> = Vec::new();
        let mut moment = |text: &str| {
            let moment = Moment::parse(text);
            if moment.is_none() {
                wrong.push((text.to_owned(), message!("must-be", right = message!("a-calendar-date"))));
            }
            moment
        };
        match line.name.as_str() {
            "UID" => event.uid = shown(line.text().trim()),
            "SUMMARY" => event.summary = shown(line.text().trim()),
            "STATUS" => event.cancelled = line.value.trim().eq_ignore_ascii_case("CANCELLED"),
            "DTSTART" => event.first = moment(line.value).or(event.first),
            "DTEND" => event.end = moment(line.value).map(|end| End::At(number, end)).or(event.end.take()),
            "DURATION" => event.end = Some(End::After(number, line.value.to_owned())),
            "EXDATE" => event.left_out.extend(values(line).filter_map(&mut moment).map(|moment| moment.day)),
            "RDATE" => {
                for value in values(line) {
                    let (from, until) =
                        value.split_once('/').map_or((value, None), |(from, until)| (from, Some(until)));
                    let Some(from) = moment(from) else { continue };
                    // A period has an end or a stretch of time; one that cannot be read is as long as the event.
                    let end = until.and_then(|until| Moment::parse(until).or_else(|| from.after(until)));
                    event.added.push((from.day, end.and_then(|end| from.last_day(end))));
                }
            }
            "RECURRENCE-ID" => {
                event.replaces = moment(line.value).map(|moment| moment.day);
                if line.parameter("RANGE").is_some() {
                    wrong.push((line.value.to_owned(), message!("calendar-range")));
                }
            }
            "RRULE" if event.rule.is_some() => {
                wrong.push((line.value.to_owned(), message!("calendar-rule", part = "RRULE")));
            }
            "RRULE" => match Rule::parse(line.value) {
                Ok(rule) => event.rule = Some((number, rule)),
                Err(part) => wrong.push((line.value.to_owned(), message!("calendar-rule", part = shown(&part)))),
            },
            "EXRULE" => wrong.push((line.value.to_owned(), message!("calendar-rule", part = "EXRULE"))),
            _ => {}
        }
        for (value, message) in wrong {
            self.tell_of(number, &line.name, &value, message);
        }
    }

    /// The days of all events.
    fn busy(&mut self, from: Date, to: Date) -> Vec<Busy> {
        let events = std::mem::take(&mut self.events);
        let mut replaced: BTreeMap<&str, BTreeSet<Date>> = BTreeMap::new();
        for event in events.iter().filter(|event| !event.uid.is_empty()) {
            if let Some(day) = event.replaces {
                replaced.entry(&event.uid).or_default().insert(day);
            }
        }
        let nothing = BTreeSet::new();
        let (mut busy, mut work) = (Vec::new(), WORK);
        for event in &events {
            let replaced = replaced.get(event.uid.as_str()).filter(|_| event.replaces.is_none()).unwrap_or(&nothing);
            let is_out = |day: &Date| event.left_out.contains(day) || replaced.contains(day);
            for (first, last) in self.times(event, from, to, &mut work) {
                if is_out(&first) {
                    continue;
                }
                if busy.len() == MOST_TIMES_IN_ALL {
                    self.tell(Some(event.line), message!("calendar-too-many-times", most = MOST_TIMES_IN_ALL));
                    return busy;
                }
                busy.push(Busy { first, last, summary: event.summary.clone(), uid: event.uid.clone() });
            }
        }
        busy
    }

    /// The first and last days of an event, as often as it is.
    fn times(&mut self, event: &Draft, from: Date, to: Date, work: &mut u64) -> Vec<(Date, Date)> {
        let Some(first) = event.first.filter(|_| !event.cancelled) else {
            if !event.cancelled {
                self.tell_of(event.line, "UID", &event.uid, message!("calendar-no-start"));
            }
            return Vec::new();
        };
        let last = match &event.end {
            None => Some(first.day),
            Some(End::At(line, end)) => first.last_day(*end).or_else(|| {
                self.tell_of(*line, "DTEND", &end.day.to_string(), message!("calendar-ends-before"));
                None
            }),
            Some(End::After(line, stretch)) => first.after(stretch).and_then(|end| first.last_day(end)).or_else(|| {
                let right = message!("a-calendar-duration");
                self.tell_of(*line, "DURATION", stretch, message!("must-be", right));
                None
            }),
        };
        let length = last.unwrap_or(first.day).duration_since(first.day);
        let ends = |day: Date| day.checked_add(length).unwrap_or(Date::MAX);
        let mut days = vec![first.day];
        if let Some((line, rule)) = &event.rule {
            let wanted = Wanted { from: from.checked_sub(length).unwrap_or(Date::MIN), to, most: MOST_TIMES };
            let (found, all) = rule.days(first.day, &wanted, work);
            if !all {
                self.tell_of(*line, "UID", &event.uid, message!("calendar-times-cut", most = MOST_TIMES));
            }
            days = found;
        }
        let mut times: BTreeMap<Date, Date> = days.into_iter().map(|day| (day, ends(day))).collect();
        times.extend(event.added.iter().map(|(day, last)| (*day, last.unwrap_or_else(|| ends(*day)))));
        let mut times: Vec<(Date, Date)> =
            times.into_iter().filter(|(first, last)| *last >= from && *first <= to).collect();
        if times.len() > MOST_TIMES {
            self.tell_of(event.line, "UID", &event.uid, message!("calendar-times-cut", most = MOST_TIMES));
            times.truncate(MOST_TIMES);
        }
        times
    }
}

/// The values of a list.
fn values<'t>(line: &Line<'t>) -> impl Iterator<Item = &'t str> {
    line.value.split(',').map(str::trim).filter(|value| !value.is_empty())
}
