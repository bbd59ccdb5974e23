//! Instructors and interpreters as people: in one serial a day, when they are available, for what they may teach and speak.

use jiff::civil::date;
use muster_app::{
    Error,
    interchange::mission::Source,
    training::{
        feed::Whose,
        instructor::Assignment,
        serial::{Preview, Shift},
        timetable::Ask,
    },
};
use muster_domain::{instructor::InstructorRole, role::Role, training::Clash};
use muster_testkit::database::ENGINES;

use crate::{
    small::{Site, actor, viewer},
    training::{school, told},
};

/// The school with people: `A` and `I` are of its pools, the others are guests or lack something.
async fn staffed(engine: muster_app::storage::dialect::Engine) -> Site {
    let site = school(engine).await;
    let rows = "code,party,pool,courses,languages,from,to,source,fictional
SCH-A,SCH,INSTR,TRUCK|MORE,en|pl,,,test,yes
GUEST,JPN,,,en|ja,2026-10-01,2026-10-10,test,yes
NOVICE,JPN,,MORE,ja,,,test,yes
VISITOR,JPN,,,en,2026-10-20,2026-10-29,test,yes
SCH-I,SCH,INTER,,en|uk,,,test,yes
SCH-M,SCH,INTER,,en,,,test,yes";
    let all = vec![Source { name: "instructors.csv".into(), bytes: rows.into() }];
    assert_eq!(site.import(all).await.issues, vec![]);
    site
}

fn named(instructor: &str, role: InstructorRole) -> Assignment {
    Assignment { instructor: instructor.into(), role, first_day: None, days: None, despite: false }
}

impl Site {
    async fn assign(&self, serial: &str, new: &Assignment) -> Result<Preview, Error> {
        self.app.serial_assign(serial, new, &actor()).await
    }

    async fn who(&self, serial: &str) -> Vec<String> {
        let shown = self.app.serial(&viewer(), serial).await.unwrap();
        shown.people.iter().map(|(of, _)| of.instructor.to_string()).collect()
    }
}

#[tokio::test]
async fn somebody_teaches_in_one_serial_a_day() {
    for engine in ENGINES {
        let site = staffed(engine).await;
        let lead = named("SCH-A", InstructorRole::Lead);
        assert_eq!(site.assign("S-1", &lead).await.unwrap().clashes, vec![]);
        assert_eq!(site.assign("S-2", &lead).await.unwrap().clashes, vec![]);
        let twice = |clashes: &[Clash]| -> Vec<_> {
            let of = |clash: &Clash| match clash {
                Clash::Twice { instructor, on, days, with } => {
                    Some((instructor.to_string(), *on, *days, with.iter().map(ToString::to_string).collect::<Vec<_>>()))
                }
                _ => None,
            };
            clashes.iter().filter_map(of).collect()
        };
        let onto = Shift { start: Some(date(2026, 9, 21)), ..Shift::default() };
        let would = site.app.serial_preview(&viewer(), "S-2", &onto).await.unwrap();
        assert_eq!(twice(&would.clashes), [("SCH-A".into(), date(2026, 9, 21), 7, vec!["S-1".to_owned()])]);
        assert!(would.people.iter().any(|of| of.instructor.as_str() == "SCH-A"), "they move along");
        // What nobody else takes part in stands in nobody's way.
        let first_week = Assignment { days: Some(7), ..lead.clone() };
        site.assign("S-1", &first_week).await.unwrap();
        let would = site.app.serial_preview(&viewer(), "S-2", &onto).await.unwrap();
        assert_eq!(twice(&would.clashes), [], "in the first week alone, they are free in the second");
        site.app.serial_move("S-2", &Shift { despite: true, ..onto }, &actor()).await.unwrap();
        assert_eq!(site.who("S-2").await, ["SCH-A"], "a move loses nobody");
        site.app.transition("serials", "S-2", "confirmed", &actor()).await.unwrap();
        assert_eq!(site.who("S-2").await, ["SCH-A"], "nor does a state");
        let board = site.app.training_figures(&viewer()).await.unwrap();
        let before = board.serials.iter().find(|of| of.serial.code.as_str() == "S-1").unwrap().clashes;
        site.assign("S-1", &Assignment { despite: true, ..lead }).await.unwrap();
        let board = site.app.training_figures(&viewer()).await.unwrap();
        let now = board.serials.iter().find(|of| of.serial.code.as_str() == "S-1").unwrap().clashes;
        assert_eq!(now, before + 1, "the board counts it");
        site.app.serial_unassign("S-2", "SCH-A", &actor()).await.unwrap();
        assert_eq!(site.who("S-2").await, Vec::<String>::new());
        assert!(matches!(site.app.serial_unassign("S-2", "SCH-A", &actor()).await, Err(Error::NotFound { .. })));
        site.verifies().await;
    }
}

#[tokio::test]
async fn who_is_named_is_available_may_teach_the_course_and_speaks_its_language() {
    for engine in ENGINES {
        let site = staffed(engine).await;
        let guest = named("GUEST", InstructorRole::Instructor);
        let refused = told(site.assign("S-2", &guest).await.unwrap_err());
        assert!(
            refused.contains("clash-away") && refused.contains("2026-10-11") && refused.contains("days=8"),
            "{refused}"
        );
        let on_their_days = Assignment { days: Some(6), ..guest.clone() };
        assert_eq!(site.assign("S-2", &on_their_days).await.unwrap().clashes, vec![]);
        let novice = named("NOVICE", InstructorRole::Instructor);
        let would = site.app.serial_assign_preview(&viewer(), "S-2", &novice).await.unwrap();
        let kinds = would.clashes.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(kinds, ["NOVICE: may not teach TRUCK", "NOVICE: en"]);
        let interprets = Assignment { role: InstructorRole::Interpreter, ..novice };
        let would = site.app.serial_assign_preview(&viewer(), "S-2", &interprets).await.unwrap();
        assert_eq!(would.clashes.len(), 1, "who interprets teaches nothing, but must speak it: {:?}", would.clashes);
        let alone = told(site.assign("S-2", &named("SCH-M", InstructorRole::Interpreter)).await.unwrap_err());
        assert!(alone.contains("clash-no-interpreter"), "one language is too few: {alone}");
        site.assign("S-2", &named("SCH-I", InstructorRole::Interpreter)).await.unwrap();
        for wrong in [
            Assignment { first_day: Some(0), ..guest.clone() },
            Assignment { days: Some(0), ..guest.clone() },
            Assignment { first_day: Some(15), ..guest.clone() },
        ] {
            let refused = site.app.serial_assign_preview(&viewer(), "S-2", &wrong).await;
            assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        }
        let nobody = site.assign("S-2", &named("NOBODY", InstructorRole::Lead)).await;
        assert!(matches!(nobody, Err(Error::NotFound { what: "instructor", .. })));
        let calendar = |who: &str| Whose { instructor: Some(who.into()), ..Whose::default() };
        let feed = site.app.training_calendar(&viewer(), &calendar("GUEST")).await.unwrap();
        assert_eq!(feed.matches("BEGIN:VEVENT").count(), 1);
        assert!(feed.contains("DTSTART;VALUE=DATE:20261005") && feed.contains("DTEND;VALUE=DATE:20261011"), "{feed}");
        assert!(site.app.training_calendar(&viewer(), &calendar("NOBODY")).await.is_err());
    }
}

#[tokio::test]
async fn people_of_a_pool_are_of_its_number_and_guests_come_besides() {
    for engine in ENGINES {
        let site = staffed(engine).await;
        let one =
            "serial,pool,quantity,first_day,days,source,fictional\nS-2,INSTR,1,,,test,yes\nS-2,INTER,1,,7,test,yes";
        let serial = "code,course,place,host,start,end,seats,language,announced,state,state_reason,remark,source,fictional\nS-2,TRUCK,S,SCH,2026-10-05,2026-10-18,3,,,planned,,,test,yes";
        let sources = [("serials.csv", serial), ("serial_uses.csv", one)];
        let sources = sources.map(|(name, text)| Source { name: name.into(), bytes: text.into() });
        assert_eq!(site.import(sources.to_vec()).await.issues, vec![]);
        let lacks = async || {
            let clashes = site.app.serial_clashes(&viewer(), "S-2").await.unwrap();
            clashes.iter().filter(|clash| matches!(clash, Clash::Short { .. })).count()
        };
        assert_eq!(lacks().await, 1, "the course needs two instructors, the serial has one of the pool");
        site.assign("S-2", &named("SCH-A", InstructorRole::Instructor)).await.unwrap();
        assert_eq!(lacks().await, 1, "who is named of the pool is that one");
        let guest = Assignment { despite: true, ..named("GUEST", InstructorRole::Instructor) };
        site.assign("S-2", &guest).await.unwrap();
        assert_eq!(lacks().await, 0, "a guest comes besides");
        let pools =
            "code,name,place,quantity,accepts,kind,source,fictional\nINSTR,Instructors,S,0,,instructor,test,yes";
        let pools = vec![Source { name: "pools.csv".into(), bytes: pools.into() }];
        assert_eq!(site.import(pools).await.issues, vec![]);
        let over = site.app.serial_clashes(&viewer(), "S-2").await.unwrap();
        assert!(over.iter().any(|clash| matches!(clash, Clash::Pool { used: 1, there: 0, .. })), "{over:?}");
    }
}

#[tokio::test]
async fn the_first_of_two_guests_who_are_lacking_is_taken_on() {
    for engine in ENGINES {
        let site = staffed(engine).await;
        let uses = "serial,pool,quantity,first_day,days,source,fictional\nS-2,INTER,1,,7,test,yes";
        let serial = "code,course,place,host,start,end,seats,language,announced,state,state_reason,remark,source,fictional\nS-2,TRUCK,S,SCH,2026-10-05,2026-10-18,3,,,planned,,,test,yes";
        let people = "code,party,pool,courses,languages,from,to,source,fictional\nG1,JPN,,,en,,,test,yes\nG2,JPN,,,en,,,test,yes";
        let sources = [("serials.csv", serial), ("serial_uses.csv", uses), ("instructors.csv", people)];
        let sources = sources.map(|(name, text)| Source { name: name.into(), bytes: text.into() });
        assert_eq!(site.import(sources.to_vec()).await.issues, vec![]);
        let lacks = async || {
            let clashes = site.app.serial_clashes(&viewer(), "S-2").await.unwrap();
            clashes.iter().find_map(|clash| {
                if let Clash::Short { wanted, has, .. } = clash { Some((*wanted, *has)) } else { None }
            })
        };
        assert_eq!(lacks().await, Some((2, 0)));
        site.assign("S-2", &named("G1", InstructorRole::Instructor)).await.unwrap();
        assert_eq!(lacks().await, Some((2, 1)), "one is still lacking, as was known");
        let fewer = Assignment { days: Some(3), ..named("G1", InstructorRole::Instructor) };
        let refused = told(site.assign("S-2", &fewer).await.unwrap_err());
        assert!(refused.contains("clash-short"), "both are lacking again later on: {refused}");
        site.assign("S-2", &named("G2", InstructorRole::Instructor)).await.unwrap();
        assert_eq!(lacks().await, None);
    }
}

#[tokio::test]
async fn who_changes_a_serial_names_who_teaches_in_it() {
    for engine in ENGINES {
        let site = staffed(engine).await;
        let host = site.member("host", "SCH", Role::TrainingFacility).await;
        let lead = named("SCH-A", InstructorRole::Lead);
        site.app.serial_assign("S-1", &lead, &host).await.unwrap();
        assert_eq!(site.app.serial(&host.viewer, "S-1").await.unwrap().people.len(), 1);
        let officer = site.member("officer", "UKR", Role::RequirementsOfficer).await;
        let refused = site.app.serial_assign("S-2", &lead, &officer).await.unwrap_err();
        assert!(told(refused).contains("only-these-may"));
        let wrong = "code,party,pool,courses,languages,from,to,source,fictional
X,JPN,,,,,,test,yes
Y,JPN,,,en,2026-10-02,2026-10-01,test,yes";
        let wrong = vec![Source { name: "instructors.csv".into(), bytes: wrong.into() }];
        let issues: Vec<_> = site.import(wrong).await.issues.iter().filter_map(|issue| issue.column.clone()).collect();
        assert_eq!(issues, ["languages", "to"]);
    }
}

#[tokio::test]
async fn a_timetable_has_everybody_in_one_serial_at_a_time_and_only_when_they_are_available() {
    for engine in ENGINES {
        let site = staffed(engine).await;
        let lead = named("SCH-A", InstructorRole::Lead);
        site.assign("S-2", &lead).await.unwrap();
        site.assign("S-3", &lead).await.unwrap();
        let onto = Shift { start: Some(date(2026, 10, 12)), despite: true, ..Shift::default() };
        site.app.serial_move("S-3", &onto, &actor()).await.unwrap();
        let ask = Ask { place: None, until: None, confirmed: false, seconds: 5.0, seed: 1 };
        let made = site.app.timetable(&ask, &actor()).await.unwrap();
        assert_eq!((made.solved.status, made.shifted.len()), ("optimal", 1), "{made:?}");
        site.app.timetable_accept(&made.shifted, &actor()).await.unwrap();
        for serial in ["S-2", "S-3"] {
            assert_eq!(site.app.serial_clashes(&viewer(), serial).await.unwrap(), vec![], "{serial}");
            assert_eq!(site.who(serial).await, ["SCH-A"]);
        }
        // Who comes for six days of a longer course is no reason to move it, nor are others put onto it.
        let start = site.app.serial(&viewer(), "S-2").await.unwrap().serial.start;
        let guest = Assignment { days: Some(6), despite: true, ..named("GUEST", InstructorRole::Instructor) };
        let there = Shift { start: Some(date(2026, 10, 5)), despite: true, ..Shift::default() };
        site.app.serial_move("S-2", &there, &actor()).await.unwrap();
        site.assign("S-2", &guest).await.unwrap();
        let made = site.app.timetable(&ask, &actor()).await.unwrap();
        let of_it = made.reasons.iter().filter(|(serial, _)| serial.as_str() == "S-2").count();
        assert_eq!((of_it, made.shifted.iter().any(|of| of.serial.as_str() == "S-2")), (0, false), "{made:?}");
        site.app.serial_unassign("S-2", "GUEST", &actor()).await.unwrap();
        let back = Shift { start: Some(start), despite: true, ..Shift::default() };
        site.app.serial_move("S-2", &back, &actor()).await.unwrap();
        // Somebody who comes for ten days teaches a course of seven in them.
        site.app.serial_unassign("S-3", "SCH-A", &actor()).await.unwrap();
        site.app.serial_unassign("S-2", "SCH-A", &actor()).await.unwrap();
        let late = Shift { start: Some(date(2026, 11, 16)), despite: true, ..Shift::default() };
        site.app.serial_move("S-3", &late, &actor()).await.unwrap();
        let guest = Assignment { despite: true, ..named("VISITOR", InstructorRole::Lead) };
        site.assign("S-3", &guest).await.unwrap();
        let made = site.app.timetable(&ask, &actor()).await.unwrap();
        let to = made.shifted.iter().find(|of| of.serial.as_str() == "S-3").map(|of| of.to);
        assert!(to.is_some_and(|to| to >= date(2026, 10, 20) && to <= date(2026, 10, 23)), "{made:?}");
        // A course of fourteen days has no room in ten.
        site.assign("S-2", &guest).await.unwrap();
        let made = site.app.timetable(&ask, &actor()).await.unwrap();
        let why: Vec<_> = made.reasons.iter().map(|(serial, why)| (serial.as_str(), why.key)).collect();
        assert!(why.contains(&("S-2", "clash-away")), "{why:?}");
    }
}
