//! A timetable keeps for a serial what it uses on the days on which it does: others have it on the rest.

use jiff::{ToSpan as _, civil::Date, civil::date};
use muster_app::{
    interchange::mission::Source,
    training::{
        instructor::Assignment,
        timetable::{Ask, Shifted, Timetable},
    },
};
use muster_domain::{code::Code, instructor::InstructorRole};
use muster_testkit::database::ENGINES;

use crate::{
    small::{Site, actor, viewer},
    training::{school, told},
};

/// The school with a range that its host keeps up to the 15th of November, people, and serials of seven days that nobody else is in the way of.
async fn ranges(engine: muster_app::storage::dialect::Engine, serials: &[(&str, Date)], uses: &[(&str, &str)]) -> Site {
    let site = school(engine).await;
    let serial = |(code, start): &(&str, Date)| {
        let end = *start + 6.days();
        format!("{code},MORE,S,SCH,{start},{end},1,,,planned,,,test,yes")
    };
    let rows = |head: &str, rows: Vec<String>| format!("{head}\n{}", rows.join("\n"));
    let all = [
        (
            "pools.csv",
            "code,name,place,quantity,accepts,kind,source,fictional\nRANGE,Range,S,1,,range,test,yes".to_owned(),
        ),
        (
            "place_blocks.csv",
            "place,block,from,to,pool,quantity,reason,source,fictional\nS,OWN,2026-09-01,2026-11-15,RANGE,,Exercise,test,yes".to_owned(),
        ),
        (
            "instructors.csv",
            "code,party,pool,courses,languages,from,to,source,fictional
ALWAYS,SCH,,,en,,,test,yes
BRIEF,JPN,,,en,2026-11-16,2026-11-18,test,yes
PAST,JPN,,,en,2026-09-16,2026-09-20,test,yes
INTER-1,SCH,INTER,,en|uk,,,test,yes
INTER-2,SCH,INTER,,en|pl,,,test,yes"
                .to_owned(),
        ),
        (
            "serials.csv",
            rows(
                "code,course,place,host,start,end,seats,language,announced,state,state_reason,remark,source,fictional",
                serials.iter().map(serial).collect(),
            ),
        ),
        (
            "serial_uses.csv",
            rows(
                "serial,pool,quantity,first_day,days,source,fictional",
                uses.iter().map(|(serial, days)| format!("{serial},RANGE,1,{days},test,yes")).collect(),
            ),
        ),
    ];
    let all = all.into_iter().filter(|(_, text)| !text.ends_with('\n'));
    let all = all.map(|(name, text)| Source { name: name.into(), bytes: text.into() }).collect();
    assert_eq!(site.import(all).await.issues, vec![]);
    site
}

impl Site {
    /// Names somebody on days of a serial, whatever stands in the way.
    async fn name(&self, serial: &str, who: &str, role: InstructorRole, (first, days): (u32, u32)) {
        let named =
            Assignment { instructor: who.into(), role, first_day: Some(first), days: Some(days), despite: true };
        self.app.serial_assign(serial, &named, &actor()).await.unwrap();
    }

    async fn timetable(&self) -> Timetable {
        let ask = Ask { place: None, until: Some(date(2026, 11, 25)), confirmed: false, seconds: 5.0, seed: 1 };
        self.app.timetable(&ask, &actor()).await.unwrap()
    }

    async fn starts(&self, serials: [&str; 2]) -> [Date; 2] {
        let picture = self.app.picture(&viewer()).await.unwrap();
        serials.map(|serial| picture.serials[serial].start)
    }
}

/// The reasons that are told of a serial.
fn why<'m>(made: &'m Timetable, serial: &str) -> Vec<&'m str> {
    made.reasons.iter().filter(|(of, _)| of.as_str() == serial).map(|(_, why)| why.key).collect()
}

const BOTH: [(&str, Date); 2] = [("A", date(2026, 11, 16)), ("B", date(2026, 11, 16))];

#[tokio::test]
async fn serials_that_use_the_range_on_other_days_are_at_the_same_time() {
    for engine in ENGINES {
        let site = ranges(engine, &BOTH, &[("A", "2,2"), ("B", "5,2")]).await;
        let made = site.timetable().await;
        assert_eq!(
            (made.solved.status, made.solved.objective, made.shifted.len()),
            ("optimal", Some(0), 0),
            "{made:?}"
        );
        assert_eq!(made.reasons, vec![]);
    }
}

#[tokio::test]
async fn a_serial_waits_for_the_range_and_not_for_the_end_of_who_is_on_it() {
    for engine in ENGINES {
        // From the 16th, when the range is free, to the 25th there is no room for one after the other.
        let site = ranges(engine, &BOTH, &[("A", "2,2"), ("B", "2,2")]).await;
        let made = site.timetable().await;
        assert_eq!((made.solved.status, made.shifted.len(), &made.reasons), ("optimal", 1, &vec![]), "{made:?}");
        site.app.timetable_accept(&made.shifted, &actor()).await.unwrap();
        for serial in ["A", "B"] {
            assert_eq!(site.app.serial_clashes(&viewer(), serial).await.unwrap(), vec![], "{serial}");
        }
        let [a, b] = site.starts(["A", "B"]).await;
        let apart = muster_domain::serial::days_between(a, b).abs();
        assert!((2..=4).contains(&apart), "{a} and {b} overlap, and are on the range one after the other");
        // Day by day it is checked again, whoever made the dates.
        let closer = |serial: &str, from: Date, other: Date| {
            let to = other + if from > other { 1.days() } else { (-1).days() };
            vec![Shifted { serial: Code::new(serial).unwrap(), from, to }]
        };
        let refused = site.app.timetable_accept(&closer("B", b, a), &actor()).await.unwrap_err();
        assert!(told(refused).contains("serial-clashes"));
    }
}

#[tokio::test]
async fn what_serials_use_together_is_counted_by_the_days_on_which_they_do() {
    for engine in ENGINES {
        let site = ranges(engine, &BOTH, &[("A", ","), ("B", ",")]).await;
        let made = site.timetable().await;
        assert_eq!((made.solved.status, made.solved.objective), ("infeasible", None), "{made:?}");
        assert_eq!(why(&made, "A"), ["timetable-overfull"]);
        let told = made.reasons[0].1.to_string();
        assert!(told.contains("RANGE") && told.contains("wanted=14") && told.contains("left=10"), "{told}");
    }
}

#[tokio::test]
async fn somebody_who_is_named_for_some_days_is_free_on_the_others() {
    for engine in ENGINES {
        let site = ranges(engine, &BOTH, &[]).await;
        site.name("A", "ALWAYS", InstructorRole::Lead, (1, 2)).await;
        site.name("B", "ALWAYS", InstructorRole::Lead, (4, 2)).await;
        let made = site.timetable().await;
        assert_eq!((made.solved.objective, made.shifted.len(), &made.reasons), (Some(0), 0, &vec![]), "{made:?}");
        // On the same days one of them moves, by as many days as they are there or more.
        site.name("B", "ALWAYS", InstructorRole::Lead, (1, 2)).await;
        let made = site.timetable().await;
        assert_eq!((made.solved.status, made.shifted.len(), &made.reasons), ("optimal", 1, &vec![]), "{made:?}");
        // Who comes for three days has a serial moved onto them: its last three days are theirs.
        site.app.serial_unassign("B", "ALWAYS", &actor()).await.unwrap();
        site.name("B", "BRIEF", InstructorRole::Instructor, (5, 3)).await;
        let made = site.timetable().await;
        let moved = Shifted { serial: Code::new("B").unwrap(), from: date(2026, 11, 16), to: date(2026, 11, 12) };
        assert_eq!((made.serials, &made.shifted, &made.reasons), (4, &vec![moved], &vec![]), "{made:?}");
    }
}

#[tokio::test]
async fn a_serial_is_left_out_only_where_its_own_days_have_no_room() {
    for engine in ENGINES {
        let site = ranges(engine, &BOTH, &[]).await;
        // There is one interpreter at a time: two who are there one after the other are one.
        site.name("A", "INTER-1", InstructorRole::Interpreter, (1, 3)).await;
        site.name("A", "INTER-2", InstructorRole::Interpreter, (4, 4)).await;
        // Who is there now would teach the last days of what cannot begin before units know of it.
        site.name("B", "PAST", InstructorRole::Lead, (5, 3)).await;
        let made = site.timetable().await;
        assert_eq!((made.serials, made.solved.objective, made.shifted.len()), (3, Some(0), 0), "{made:?}");
        assert_eq!((why(&made, "A"), why(&made, "B")), (vec![], vec!["clash-away"]), "{made:?}");
        // Both at once are one too many on any day.
        site.name("A", "INTER-2", InstructorRole::Interpreter, (3, 5)).await;
        let made = site.timetable().await;
        assert_eq!((made.serials, why(&made, "A")), (2, vec!["clash-pool"]), "{made:?}");
    }
}

#[tokio::test]
async fn what_stays_where_it_is_keeps_its_days_and_no_others() {
    for engine in ENGINES {
        // C may not move, and is on the range up to the 20th; B comes to it on the 21st.
        let serials = [("B", date(2026, 11, 16)), ("C", date(2026, 11, 16)), ("D", date(2026, 11, 17))];
        let uses = [("B", "6,1"), ("C", "1,5"), ("D", "4,2")];
        let site = ranges(engine, &serials, &uses).await;
        site.app.transition("serials", "C", "confirmed", &actor()).await.unwrap();
        let made = site.timetable().await;
        assert_eq!((made.solved.status, made.serials, why(&made, "B")), ("optimal", 4, vec![]), "{made:?}");
        // D comes to it when B has left it, on the 22nd.
        let moved: Vec<_> = made.shifted.iter().map(|of| (of.serial.as_str(), of.to)).collect();
        assert_eq!(moved[..], [("D", date(2026, 11, 19))], "{made:?}");
    }
}

#[tokio::test]
async fn what_has_no_place_beside_what_stays_keeps_nobody_else_from_one() {
    for engine in ENGINES {
        let serials = [("A", date(2026, 11, 17)), ("B", date(2026, 11, 16)), ("C", date(2026, 11, 16))];
        // C is on the range up to the 20th; A would be on it for seven days of the five that are left to the 25th.
        let site = ranges(engine, &serials, &[("A", ","), ("B", "5,2"), ("C", "1,5")]).await;
        site.app.transition("serials", "C", "confirmed", &actor()).await.unwrap();
        let made = site.timetable().await;
        assert_eq!(
            (made.solved.status, made.serials, why(&made, "A")),
            ("optimal", 3, vec!["clash-pool-with"]),
            "{made:?}"
        );
        let moved: Vec<_> = made.shifted.iter().map(|of| of.serial.as_str()).collect();
        assert_eq!(moved, ["B"], "its first day on the range is no more C's last: {made:?}");
    }
}
