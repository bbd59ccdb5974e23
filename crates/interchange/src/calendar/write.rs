//! Events to a calendar that every program can read. Whatever stands in a text stays within its property.
//!
//! Source: RFC 5545, sections 3.1, 3.3.11 and 3.6.1; the calendar's name by RFC 7986, and as older programs look for it.

use jiff::{
    civil::{Date, date},
    tz::Offset,
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{Event, Feed, Status};

/// Most bytes of a line before its end.
const WIDTH: usize = 75;
/// What may not stand in a web address.
const NOT_IN_URL: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// Writes a calendar. Its events are of whole days.
pub fn write(feed: &Feed) -> String {
    let mut out = String::new();
    line(&mut out, "BEGIN:VCALENDAR");
    line(&mut out, "VERSION:2.0");
    line(&mut out, "PRODID:-//Muster//Muster//EN");
    line(&mut out, "CALSCALE:GREGORIAN");
    line(&mut out, &format!("NAME:{}", text(&feed.name)));
    line(&mut out, &format!("X-WR-CALNAME:{}", text(&feed.name)));
    feed.events.iter().for_each(|one| event(&mut out, one));
    line(&mut out, "END:VCALENDAR");
    out
}

fn event(out: &mut String, event: &Event) {
    // There is no way to write a year before that.
    let first = event.first.max(date(0, 1, 1));
    let last = event.last.max(first);
    line(out, "BEGIN:VEVENT");
    line(out, &format!("UID:{}", text(&event.uid)));
    let stamp = Offset::UTC.to_datetime(event.stamp).max(date(0, 1, 1).at(0, 0, 0, 0));
    line(out, &format!("DTSTAMP:{}", stamp.strftime("%Y%m%dT%H%M%SZ")));
    line(out, &format!("DTSTART;VALUE=DATE:{}", day(first)));
    // The last day of all time has no day after it; an event without an end lasts one day.
    if let Ok(end) = last.tomorrow() {
        line(out, &format!("DTEND;VALUE=DATE:{}", day(end)));
    }
    line(out, &format!("SUMMARY:{}", text(&event.summary)));
    for (name, value) in [("LOCATION", &event.location), ("DESCRIPTION", &event.description)] {
        if !value.is_empty() {
            line(out, &format!("{name}:{}", text(value)));
        }
    }
    let status = match event.status {
        Status::Tentative => "TENTATIVE",
        Status::Confirmed => "CONFIRMED",
        Status::Cancelled => "CANCELLED",
    };
    line(out, &format!("STATUS:{status}"));
    line(out, &format!("SEQUENCE:{}", event.sequence));
    if !event.categories.is_empty() {
        let words: Vec<String> = event.categories.iter().map(|word| text(word)).collect();
        line(out, &format!("CATEGORIES:{}", words.join(",")));
    }
    if let Some(url) = &event.url {
        line(out, &format!("URL:{}", utf8_percent_encode(url, NOT_IN_URL)));
    }
    line(out, "END:VEVENT");
}

fn day(day: Date) -> impl std::fmt::Display {
    day.strftime("%Y%m%d")
}

/// A text as a value. Whatever a program might take for the end of a line is a line break of the text; other control characters but the
/// tabulator must not stand in a text and are left out.
fn text(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{1C}'..='\u{1E}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                value.push_str("\\n")
            }
            '\\' | ';' | ',' => value.extend(['\\', c]),
            '\t' => value.push(c),
            c if c.is_control() => {}
            c => value.push(c),
        }
    }
    value
}

/// Writes a content line, folded between characters where it is too long.
fn line(out: &mut String, text: &str) {
    let mut width = 0;
    for c in text.chars() {
        if width + c.len_utf8() > WIDTH {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_looks_like_this() {
        let event = Event {
            uid: "course-7@muster".into(),
            stamp: "2026-09-07T08:30:15.9Z".parse().unwrap(),
            first: date(2026, 10, 5),
            last: date(2026, 10, 9),
            summary: "Driver course; trucks, 8 t\nEND:VEVENT\r\nBEGIN:VEVENT".into(),
            location: "Łódź \\ hall 3".into(),
            description: "Žluťoučký kůň ".repeat(6),
            status: Status::Tentative,
            sequence: 2,
            categories: vec!["course".into(), "a,b".into()],
            url: Some("https://muster.example/courses/7?x=ü\r\nX:1".into()),
        };
        let expected = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Muster//Muster//EN\r\nCALSCALE:GREGORIAN\r\nNAME:Courses\r\n\
            X-WR-CALNAME:Courses\r\nBEGIN:VEVENT\r\nUID:course-7@muster\r\nDTSTAMP:20260907T083015Z\r\n\
            DTSTART;VALUE=DATE:20261005\r\nDTEND;VALUE=DATE:20261010\r\n\
            SUMMARY:Driver course\\; trucks\\, 8 t\\nEND:VEVENT\\nBEGIN:VEVENT\r\nLOCATION:Łódź \\\\ hall 3\r\n\
            DESCRIPTION:Žluťoučký kůň Žluťoučký kůň Žluťoučký kůň Žl\r\n uťoučký kůň Žluťoučký kůň Žluťoučký kůň \r\n\
            STATUS:TENTATIVE\r\nSEQUENCE:2\r\nCATEGORIES:course,a\\,b\r\n\
            URL:https://muster.example/courses/7?x=%C3%BC%0D%0AX:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(write(&Feed { name: "Courses".into(), events: vec![event] }), expected);
    }
}
