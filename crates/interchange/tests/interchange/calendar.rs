//! Calendars written and read: hostile texts, the files of many programs, and bytes of any kind.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use icalendar::parser;
use jiff::civil::{Date, date};
use muster_interchange::calendar::{
    Busy, Event, Feed, MOST_BYTES, MOST_EVENTS, MOST_TIMES, MOST_TIMES_IN_ALL, Status, read, write,
};
use proptest::prelude::*;

const FROM: Date = date(2026, 1, 1);
const TO: Date = date(2027, 12, 31);

/// A calendar of the given lines.
fn calendar(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{lines}\nEND:VCALENDAR\n")
}

/// The days of an event of the given lines, and the issues.
fn of_event(lines: &str) -> (Vec<String>, Vec<String>) {
    let text = calendar(&format!("BEGIN:VEVENT\nUID:u\n{lines}\nEND:VEVENT"));
    let (busy, issues) = read("x.ics", text.as_bytes(), FROM, TO);
    (busy.iter().map(days).collect(), issues.iter().map(ToString::to_string).collect())
}

fn days(busy: &Busy) -> String {
    if busy.first == busy.last { busy.first.to_string() } else { format!("{}/{}", busy.first, busy.last) }
}

fn check(lines: &str, expected: &[&str]) {
    assert_eq!(of_event(lines), (expected.iter().map(ToString::to_string).collect(), vec![]), "{lines}");
}

#[test]
fn an_event_is_busy_on_the_days_that_it_touches() {
    check("DTSTART;VALUE=DATE:20260907", &["2026-09-07"]);
    check("DTSTART;VALUE=DATE:20260907\nDTEND;VALUE=DATE:20260912", &["2026-09-07/2026-09-11"]);
    check(
        "DTSTART;TZID=\"Europe/Berlin\":20260907T230000\nDTEND;TZID=Europe/Berlin:20260908T010000",
        &["2026-09-07/2026-09-08"],
    );
    check("DTSTART:20260907T230000Z\nDTEND:20260908T000000Z", &["2026-09-07"]);
    check("DTSTART;TZID=Nowhere/At all:20260907T080000\nDURATION:PT40H", &["2026-09-07/2026-09-08"]);
    check("dtstart:20260907T080000\r\nDUR\n ATION:\n\tP2D", &["2026-09-07/2026-09-09"]);
    check("DTSTART:20251230\nDURATION:P1W", &["2025-12-30/2026-01-05"]);
    check("DTSTART:20251230\nDURATION:P1D", &[]);
    check("DTSTART:20260907\nSTATUS:CANCELLED", &[]);
}

#[test]
fn an_event_that_recurs_is_busy_each_time() {
    check(
        "DTSTART:20260907\nRRULE:FREQ=WEEKLY;COUNT=4\nEXDATE:20260914,20260921\nRDATE:20261001\nRDATE;VALUE=PERIOD:20261005T080000/PT30H",
        &["2026-09-07", "2026-09-28", "2026-10-01", "2026-10-05/2026-10-06"],
    );
    check("DTSTART:16040101\nDTEND:16040103\nRRULE:FREQ=YEARLY", &["2026-01-01/2026-01-02", "2027-01-01/2027-01-02"]);
    // One time is moved, one is called off.
    let text = calendar(
        "BEGIN:VEVENT\nUID:a\nDTSTART:20260907\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260908\nDTSTART:20260920\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260909\nDTSTART:20260909\nSTATUS:CANCELLED\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:b\nDTSTART:20260908\nSUMMARY:b\\, not a\nEND:VEVENT",
    );
    let (busy, issues) = read("x.ics", text.as_bytes(), FROM, TO);
    assert_eq!(issues, []);
    assert_eq!(busy.iter().map(days).collect::<Vec<_>>(), ["2026-09-07", "2026-09-20", "2026-09-08"]);
    assert_eq!((busy[2].uid.as_str(), busy[2].summary.as_str()), ("b", "b, not a"));
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_read() {
    let told = |lines: &str, days: &[&str], issues: &[&str]| {
        let expected: (Vec<_>, Vec<_>) =
            (days.iter().map(ToString::to_string).collect(), issues.iter().map(ToString::to_string).collect());
        assert_eq!(of_event(lines), expected, "{lines}");
    };
    told("SUMMARY:x", &[], &["x.ics:4, UID `u`: calendar-no-start"]);
    told(
        "DTSTART:tomorrow",
        &[],
        &["x.ics:6, DTSTART `tomorrow`: must-be(right=a-calendar-date)", "x.ics:4, UID `u`: calendar-no-start"],
    );
    told("DTSTART:20260907\nDTEND:20260901", &["2026-09-07"], &["x.ics:7, DTEND `2026-09-01`: calendar-ends-before"]);
    told(
        "DTSTART:20260907\nDURATION:-P1D",
        &["2026-09-07"],
        &["x.ics:7, DURATION `-P1D`: must-be(right=a-calendar-duration)"],
    );
    told(
        "DTSTART:20260907\nRRULE:FREQ=SECONDLY;COUNT=9",
        &["2026-09-07"],
        &["x.ics:7, RRULE `FREQ=SECONDLY;COUNT=9`: calendar-rule(part=FREQ=SECONDLY)"],
    );
    told("DTSTART:20260907\nno line at all", &["2026-09-07"], &["x.ics:7 `no line at all`: calendar-no-line"]);
    told("DTSTART:20260907\nEND:VALARM", &["2026-09-07"], &["x.ics:7, END `VALARM`: calendar-not-begun"]);
    told("DTSTART:20260907\nBEGIN:VALARM", &["2026-09-07"], &["x.ics:7, BEGIN `VALARM`: calendar-not-ended"]);
    let whole = |bytes: &[u8]| read("x.ics", bytes, FROM, TO).1.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(whole(b""), ["x.ics: calendar-none"]);
    assert_eq!(whole(b"code,name\nA,B\n"), ["x.ics:1 `code,name`: calendar-none"]);
    assert_eq!(whole(b"SUMMARY:x\n"), ["x.ics:1: calendar-none"]);
    assert_eq!(whole(b"BEGIN:VEVENT\nDTSTART:20260907"), ["x.ics:1, BEGIN `VEVENT`: calendar-not-ended"]);
}

#[test]
fn what_is_too_much_is_told() {
    let told = |text: &str| {
        let (busy, issues) = read("x.ics", text.as_bytes(), date(1, 1, 1), Date::MAX);
        (busy.len(), issues.iter().map(|issue| issue.message.key).collect::<Vec<_>>())
    };
    assert_eq!(told(&" ".repeat(MOST_BYTES + 1)), (0, vec!["files-too-large"]));
    let event = "BEGIN:VEVENT\nUID:u\nDTSTART:20260907\nEND:VEVENT\n";
    assert_eq!(told(&calendar(&event.repeat(MOST_EVENTS))), (MOST_EVENTS, vec![]));
    let (busy, issues) = told(&calendar(&event.repeat(MOST_EVENTS + 1)));
    assert_eq!((busy, issues), (MOST_EVENTS, vec!["calendar-too-many-events", "calendar-not-ended"]));
    let daily = event.replace("END", "RRULE:FREQ=DAILY\nEND");
    assert_eq!(told(&calendar(&daily)), (MOST_TIMES, vec!["calendar-times-cut"]));
    let (busy, issues) = told(&calendar(&daily.repeat(60)));
    assert_eq!((busy, issues.last()), (MOST_TIMES_IN_ALL, Some(&"calendar-too-many-times")));
    let never = event.replace("END", "RRULE:FREQ=YEARLY;COUNT=9;BYMONTHDAY=31;BYDAY=MO;BYSETPOS=300\nEND");
    assert_eq!(told(&calendar(&never.repeat(1_000))).0, 1_000);
    assert_eq!(told(&"BEGIN:A\n".repeat(100_000)).1.first(), Some(&"calendar-too-deep"));
    let dates = "20260907,".repeat(1_000_000);
    assert_eq!(told(&calendar(&event.replace("END", &format!("RDATE:{dates}\nEND")))), (1, vec![]));
}

/// A text as it comes back: all breaks of lines are alike, and there are no other control characters but tabulators.
fn as_text(text: &str) -> String {
    let breaks = ['\r', '\u{B}', '\u{C}', '\u{1C}', '\u{1D}', '\u{1E}', '\u{85}', '\u{2028}', '\u{2029}'];
    let text = text.replace("\r\n", "\n").replace(breaks, "\n");
    text.chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect()
}

fn text() -> impl Strategy<Value = String> {
    let hostile = prop_oneof![
        Just("\r\n".to_owned()),
        Just("\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:forged".to_owned()),
        Just("\r\n ".to_owned()),
        Just("\\n\\,\\".to_owned()),
        Just("\u{2028}\u{85}\u{B}\0\u{7F}\u{9B}".to_owned()),
        Just(";:,\"^n".to_owned()),
        Just("ð\u{301}€".repeat(60)),
        "[ -~]{0,90}",
        "\\PC{0,40}",
        any::<String>(),
    ];
    prop::collection::vec(hostile, 0..4).prop_map(|parts| parts.concat())
}

fn event() -> impl Strategy<Value = Event> {
    let status = prop_oneof![Just(Status::Tentative), Just(Status::Confirmed), Just(Status::Cancelled)];
    let when = (0_i64..4_000_000_000, 0_i64..100_000, 0_i64..400);
    let texts = (text(), text(), text(), text());
    let more = (status, any::<u32>(), prop::collection::vec(text(), 0..3), prop::option::of(text()));
    (when, texts, more).prop_map(
        |((stamp, from, long), (uid, summary, location, description), (status, sequence, categories, url))| {
            let first = date(1950, 1, 1) + jiff::SignedDuration::from_hours(24 * from);
            let last = first + jiff::SignedDuration::from_hours(24 * long);
            let stamp = jiff::Timestamp::from_second(stamp).unwrap();
            Event { uid, stamp, first, last, summary, location, description, status, sequence, categories, url }
        },
    )
}

/// The properties of an event in the eyes of a reader that is not Muster's.
fn properties(component: &parser::Component<'_>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for property in &component.properties {
        let before = all.insert(property.name.to_string(), property.val.to_string());
        assert_eq!(before, None, "{} stands twice", property.name);
    }
    all
}

/// What that reader leaves as it is written: lists.
fn escaped(text: &str) -> String {
    as_text(text).replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_is_read_back_the_same(name in text(), events in prop::collection::vec(event(), 0..4)) {
        let feed = Feed { name, events };
        let written = write(&feed);
        for line in written.split("\r\n") {
            prop_assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line:?}");
            prop_assert!(line.chars().all(|c| !c.is_control() || c == '\t'), "{line:?}");
        }
        let unfolded = parser::unfold(&written);
        let parsed = parser::read_calendar(&unfolded).unwrap();
        prop_assert_eq!(parsed.components.len(), feed.events.len());
        for (component, event) in parsed.components.iter().zip(&feed.events) {
            let found = properties(component);
            let text = |name: &str| found.get(name).cloned().unwrap_or_default();
            // That reader leaves a UID as it is written unless it says that it is a text, and the summary as it is meant.
            prop_assert_eq!(text("SUMMARY"), as_text(&event.summary));
            prop_assert_eq!(text("DESCRIPTION"), as_text(&event.description));
            prop_assert_eq!(text("LOCATION"), as_text(&event.location));
            prop_assert_eq!(text("UID"), as_text(&event.uid));
            prop_assert_eq!(text("SEQUENCE"), event.sequence.to_string());
            let categories: Vec<_> = event.categories.iter().map(|word| escaped(word)).collect();
            prop_assert_eq!(text("CATEGORIES"), categories.join(","));
            prop_assert_eq!(found.contains_key("URL"), event.url.is_some());
            prop_assert_eq!(text("DTSTART"), event.first.strftime("%Y%m%d").to_string());
        }
        let (busy, issues) = read("feed.ics", written.as_bytes(), Date::MIN, Date::MAX);
        prop_assert_eq!(issues, []);
        let cut = |text: &str| {
            let text = as_text(text).trim().to_owned();
            match text.char_indices().nth(200) { Some((end, _)) => format!("{}…", &text[..end]), None => text }
        };
        let expected: Vec<Busy> = feed
            .events
            .iter()
            .filter(|event| event.status != Status::Cancelled)
            .map(|event| {
                Busy { first: event.first, last: event.last, summary: cut(&event.summary), uid: cut(&event.uid) }
            })
            .collect();
        prop_assert_eq!(busy, expected);
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300), whole in any::<bool>()) {
        let lines = [b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260907\n".as_slice(), &bytes].concat();
        read("x.ics", if whole { &lines } else { &bytes }, FROM, TO);
    }

    #[test]
    fn any_rule_is_read(
        rule in "(FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY))(;(INTERVAL=[0-9]{1,5}|COUNT=[0-9]{1,9}|UNTIL=[0-9]{8}|BYDAY=(-?[0-9]{0,2}(MO|SU),){0,3}TU|BYMONTH=[0-9]{1,2}|BYMONTHDAY=-?[0-9]{1,2}|BYSETPOS=-?[0-9]{1,3}|WKST=SU)){0,4}",
        first in "[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])",
    ) {
        of_event(&format!("DTSTART:{first}\nRRULE:{rule}"));
    }
}

/// Files by name.
type Samples = Vec<(String, Vec<u8>)>;

/// The files of many programs, unpacked. They lie beside the workspace, if at all; where they do not, that is told.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn samples() -> Option<Samples> {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/standards/icalendar_samples.tar.gz");
    if !packed.exists() {
        println!("skipped: the samples of calendars are not at hand");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let done = Command::new("tar").arg("xzf").arg(&packed).arg("-C").arg(folder.path()).status().unwrap();
    assert!(done.success());
    let mut paths = Vec::new();
    collect(folder.path(), &mut paths);
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    Some(paths.iter().map(|path| (name(path), fs::read(path).unwrap())).collect())
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|ending| ending == "ics") {
            paths.push(path);
        }
    }
}

/// Samples with faults of their own, other than that an event has no day.
const FAULTY: &[&str] = &[
    "big_bad_calendar.ics",
    "broken_dtstart.ics",
    "event_with_escaped_character3.ics",
    "event_with_escaped_characters.ics",
    "fuzz_testcase_0_char_in_component_name.ics",
    "fuzz_testcase_invalid_month.ics",
    "invalid_duration.ics",
    "issue_1081_invalid_rrule_freq.ics",
    "issue_1081_invalid_start_and_end.ics",
    "issue_1081_invalid_start_valid_end.ics",
    "issue_104_broken_calendar.ics",
    "issue_104_mark_events_broken.ics",
    "issue_168_input.ics",
    "issue_348_exception_parsing_value.ics",
    "issue_351_whitespace_in_property_and_params.ics",
    "issue_464_invalid_rdate.ics",
    "multiple_timezones.ics",
    "pr_480_summary_with_colon.ics",
    "small_bad_calendar.ics",
    "timezone_rdate.ics",
    "timezone_same_start_and_offset.ics",
    // Nothing is wrong with these: calendars of other peoples, and what becomes of all later times.
    "rfc_7529.ics",
    "issue_156_RDATE_with_PERIOD_TZID_khal.ics",
    "issue_156_RDATE_with_PERIOD_TZID_khal_2.ics",
];

#[test]
fn the_files_of_many_programs_are_read() {
    let Some(samples) = samples() else { return };
    let (mut clean, mut times) = (0, 0);
    for (name, bytes) in &samples {
        let (busy, issues) = read(name, bytes, date(1970, 1, 1), date(2040, 12, 31));
        let issues: Vec<_> = issues.iter().filter(|issue| issue.message.key != "calendar-no-start").collect();
        // Events that recur each day for ever.
        let issues: Vec<_> = issues.iter().filter(|issue| issue.message.key != "calendar-times-cut").collect();
        assert_eq!(issues.is_empty(), !FAULTY.contains(&name.as_str()), "{name}: {issues:?}");
        assert!(busy.iter().all(|busy| busy.first <= busy.last), "{name}");
        clean += usize::from(issues.is_empty());
        times += busy.len();
    }
    println!("{clean} of {} files read without fault, with {times} times of events", samples.len());
    assert!(samples.len() >= 164 && clean >= 140 && times > 300, "{clean} {times}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn damaged_files_are_read(changes in prop::collection::vec((any::<prop::sample::Index>(), damage()), 1..6), which in any::<prop::sample::Index>()) {
        static SAMPLES: std::sync::OnceLock<Option<Samples>> = std::sync::OnceLock::new();
        let Some(samples) = SAMPLES.get_or_init(samples) else { return Ok(()) };
        let (name, mut bytes) = which.get(samples).clone();
        for (at, damage) in changes {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            match damage {
                Damage::Cut => bytes.truncate(at),
                Damage::Byte(byte) => bytes.iter_mut().skip(at).take(1).for_each(|b| *b = byte),
                Damage::Text(text) => bytes.splice(at..at, text.bytes()).for_each(drop),
                Damage::Double => bytes.extend_from_within(at..),
            }
        }
        let (busy, _) = read(&name, &bytes, FROM, TO);
        prop_assert!(busy.iter().all(|busy| busy.first <= busy.last && busy.first <= TO && busy.last >= FROM));
    }
}

#[derive(Clone, Debug)]
enum Damage {
    Cut,
    Byte(u8),
    Text(&'static str),
    Double,
}

fn damage() -> impl Strategy<Value = Damage> {
    let texts = [
        "\n",
        "\r\n ",
        ":",
        ";",
        ",",
        "\"",
        "\\",
        "/",
        "-",
        "0",
        "99999999",
        "BEGIN:VEVENT\n",
        "\nEND:VEVENT\n",
        "\nRRULE:FREQ=DAILY\n",
        "\nRRULE:FREQ=YEARLY;BYDAY=-53MO;BYSETPOS=-1;INTERVAL=100000\n",
        "\nDTSTART:00010101\n",
        "\nDTSTART:99991231\n",
        "\nDURATION:P9999W\n",
        "\nDTEND:99991231T235959Z\n",
        "\nRDATE:00010101/99991231,20260907/P1W\n",
        "\nEXDATE:\n",
        "\u{FEFF}",
    ];
    prop_oneof![
        1 => Just(Damage::Cut),
        4 => any::<u8>().prop_map(Damage::Byte),
        6 => prop::sample::select(texts.to_vec()).prop_map(Damage::Text),
        1 => Just(Damage::Double),
    ]
}
