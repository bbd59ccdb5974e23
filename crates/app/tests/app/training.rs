//! People are taught: crews are nominated, vetted, come, are assessed, pass or fail, are certified and come back; serials move without
//! clashes; who is late is told.

use jiff::civil::date;
use muster_app::{
    Error,
    interchange::mission::Source,
    movement::Move,
    storage::{dialect::Engine, training::NominationFilter},
    training::{
        feed::Whose,
        nomination::{From, NewNomination, Vetting},
        school::Was,
        serial::{NewSerial, Shift},
        timetable::Ask,
    },
};
use muster_domain::{
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    role::Role,
    serial::SerialState,
    training::{Attendance, Clash, NominationState, Remark},
};
use muster_testkit::database::ENGINES;

use crate::small::{Site, actor, site, sources, viewer};

/// The small mission with a school, a course, what it uses, and a package of a truck and a crew.
pub(crate) async fn school(engine: muster_app::storage::dialect::Engine) -> Site {
    let site = site(engine).await;
    let mut all = sources(|name, text| match name {
        "parties.csv" => format!("{text}\nSCH,School operator,operator,POL,,test,yes"),
        "items.csv" => format!("{text}\ncrew,Crew,personnel,,,,crew,200,,,,quantity,test,yes"),
        "resources.csv" => format!("{text}\ncrew-u,crew,untrained,test,yes\ncrew-t,crew,trained,test,yes"),
        "processes.csv" => format!("{text}\nTEACH,training,S,crew-u,crew-t,14,4,10,test,yes"),
        "places.csv" => format!("{text}\nS,School,training,POL,,51,20,,,SCH,test,yes"),
        "lanes.csv" => {
            format!("{text}\nP-S,P,S,road,1,20,2.5,,test,yes\nS-P,S,P,road,1,20,2.5,,test,yes")
        }
        "offers.csv" => format!("{text}\nO-C,UKR,goods,crew-u,6,P,2026-09-07,,,,,committed,,,,,,,,test,yes"),
        _ => text.to_owned(),
    });
    let more = [
        (
            "packages.csv",
            "code,name,unit,place,purpose,count,priority,due,expires,state,state_reason,source,fictional\nK,Truck with crew,UNIT,P,mobility,2,900,2026-10-12,2026-11-16,validated,,test,yes",
        ),
        (
            "package_components.csv",
            "package,resource,quantity,role,source,fictional\nK,truck,1,equipment,test,yes\nK,crew-t,1,crew,test,yes",
        ),
        (
            "pools.csv",
            "code,name,place,quantity,accepts,kind,source,fictional\nINSTR,Instructors,S,3,,instructor,test,yes\nINTER,Interpreters,S,1,,interpreter,test,yes",
        ),
        (
            "place_blocks.csv",
            "place,block,from,to,pool,quantity,reason,source,fictional\nS,HOL,2026-11-02,2026-11-08,,,Holiday,test,yes",
        ),
        (
            "courses.csv",
            "code,name,discipline,level,input,output,language,duration_days,least,most,notice_days,prerequisites,standards,releasable_to,source,fictional\nTRUCK,Truck crew,crew,basic,crew-u,crew-t,en,14,1,3,30,,STANAG 2021|House rule,public,test,yes\nMORE,Truck crew again,crew,advanced,crew-u,crew-t,en,7,1,3,30,TRUCK,,public,test,yes",
        ),
        (
            "course_objectives.csv",
            "course,objective,text,source,fictional\nTRUCK,DRIVE,Drives by day and night,test,yes\nTRUCK,LOAD,Secures a load,test,yes",
        ),
        (
            "course_needs.csv",
            "course,kind,quantity,per,first_day,days,source,fictional\nTRUCK,instructor,2,serial,,,test,yes\nTRUCK,interpreter,1,serial,,7,test,yes",
        ),
        (
            "serials.csv",
            "code,course,place,host,start,end,seats,language,announced,state,state_reason,remark,source,fictional\nS-1,TRUCK,S,SCH,2026-09-14,2026-09-27,2,,2026-08-14,confirmed,,,test,yes\nS-2,TRUCK,S,SCH,2026-10-05,2026-10-18,3,,,planned,,,test,yes\nS-3,MORE,S,SCH,2026-10-26,2026-11-01,3,,,planned,,,test,yes",
        ),
        (
            "serial_uses.csv",
            "serial,pool,quantity,first_day,days,source,fictional\nS-1,INSTR,2,,,test,yes\nS-1,INTER,1,,7,test,yes\nS-2,INSTR,2,,,test,yes\nS-2,INTER,1,,7,test,yes",
        ),
    ];
    all.extend(more.map(|(name, text)| Source { name: name.into(), bytes: text.into() }));
    assert_eq!(site.import(all).await.issues, vec![]);
    site
}

pub(crate) fn nominee(serial: &str, from: From) -> NewNomination {
    NewNomination {
        serial: serial.into(),
        unit: "UNIT".into(),
        from,
        again: None,
        need: Some("K".into()),
        person: String::new(),
        kept_until: None,
    }
}

fn cleared() -> Vetting {
    Vetting {
        cleared: true,
        authority: "Vetting office".into(),
        on: None,
        expires: Some(date(2026, 12, 31)),
        remark: String::new(),
    }
}

impl Site {
    pub(crate) async fn nominated(&self, serial: &str) -> String {
        self.app.nominate(&nominee(serial, From::Offer("O-C".into())), &actor()).await.unwrap().to_string()
    }

    pub(crate) async fn in_training(&self, serial: &str) -> String {
        let code = self.nominated(serial).await;
        self.app.nomination_vet(&code, &cleared(), &actor()).await.unwrap();
        self.app.nomination_arrive(&code, (None, ""), &actor()).await.unwrap();
        code
    }

    pub(crate) async fn cleared(&self, code: &str) {
        self.app.nomination_vet(code, &cleared(), &actor()).await.unwrap();
    }

    pub(crate) async fn training_state(&self, code: &str) -> NominationState {
        self.app.nomination(&viewer(), code).await.unwrap().nomination.state
    }

    pub(crate) async fn assessed(&self, code: &str, met: bool) {
        let said = [("DRIVE".to_owned(), true, String::new()), ("LOAD".to_owned(), met, "straps".to_owned())];
        self.app.nomination_assess(code, &said, &actor()).await.unwrap();
    }
}

pub(crate) fn told(error: Error) -> String {
    error.message().to_string()
}

#[tokio::test]
async fn a_crew_is_nominated_vetted_taught_certified_and_serves_its_package() {
    for engine in ENGINES {
        let site = school(engine).await;
        let teacher = site.member("teacher", "SCH", Role::TrainingFacility).await;
        site.app.set_pin("123456", &teacher).await.unwrap();
        let officer = site.member("officer", "UKR", Role::RequirementsOfficer).await;
        let code = site.app.nominate(&nominee("S-1", From::Offer("O-C".into())), &officer).await.unwrap().to_string();
        let refused = site.app.nomination_arrive(&code, (None, ""), &teacher).await.unwrap_err();
        assert!(told(refused).contains("nomination-not-now"), "nobody comes unvetted");
        let refused = site.app.nomination_vet(&code, &cleared(), &officer).await.unwrap_err();
        assert!(told(refused).contains("only-these-may"), "a unit does not vet its own");
        let soon = Vetting { expires: Some(date(2026, 9, 20)), ..cleared() };
        site.app.nomination_vet(&code, &soon, &actor()).await.unwrap();
        let refused = site.app.nomination_arrive(&code, (None, ""), &teacher).await.unwrap_err();
        assert!(told(refused).contains("vetting-expires"));
        site.app.nomination_vet(&code, &cleared(), &actor()).await.unwrap();
        site.app.nomination_arrive(&code, (None, ""), &teacher).await.unwrap();
        assert_eq!(site.has("in_process UKR UKR S S-1 crew-u -").await, 1, "they are in the serial");
        assert_eq!(site.has("on_hand UKR UKR P - crew-u -").await, 0, "one came out of the offer, and went");
        let serial = site.app.serial(&viewer(), "S-1").await.unwrap().serial;
        assert_eq!(serial.state, SerialState::Running, "the first who comes begins it");
        let today = date(2026, 9, 16);
        let was = |attendance, version| [Was { nomination: code.clone(), attendance, version }];
        site.app.serial_attendance("S-1", today, &was(Attendance::Absent, Some(0)), &teacher).await.unwrap();
        let late = site.app.serial_attendance("S-1", today, &was(Attendance::Present, Some(0)), &teacher).await;
        assert!(matches!(late, Err(Error::Changed)), "somebody else said something of that day meanwhile");
        site.app.serial_attendance("S-1", today, &was(Attendance::Absent, Some(1)), &teacher).await.unwrap();
        site.app.serial_attendance("S-1", today, &was(Attendance::Excused, None), &teacher).await.unwrap();
        let marks = site.app.serial(&officer.viewer, "S-1").await.unwrap().attendance;
        let marks: Vec<_> = marks.values().map(|mark| (mark.attendance, mark.number, mark.actor.as_str())).collect();
        assert_eq!(marks, [(Attendance::Excused, 3, "teacher")]);
        // Two who knew the same at the same time: one of them was faster.
        let at_once = was(Attendance::Absent, Some(3));
        let both = tokio::join!(
            site.app.serial_attendance("S-1", today, &at_once, &teacher),
            site.app.serial_attendance("S-1", today, &at_once, &teacher)
        );
        assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
        let faster = site.app.serial(&viewer(), "S-1").await.unwrap().attendance;
        assert_eq!(faster.values().map(|mark| mark.number).collect::<Vec<_>>(), [4]);
        site.app.serial_attendance("S-1", today, &was(Attendance::Excused, Some(4)), &teacher).await.unwrap();
        let shown = site.app.nomination(&officer.viewer, &code).await.unwrap();
        assert_eq!(shown.attendance, [(today, Attendance::Excused)], "what was said last holds");
        let tomorrow = was(Attendance::Present, None);
        assert!(site.app.serial_attendance("S-1", date(2026, 9, 17), &tomorrow, &teacher).await.is_err());
        site.assessed(&code, false).await;
        let pass = ("teacher", "123456", "");
        let refused = site.app.nomination_pass(&code, pass, &teacher).await.unwrap_err();
        assert!(told(refused).contains("objective-not-met"));
        site.assessed(&code, true).await;
        let refused = site.app.nomination_pass(&code, ("teacher", "000000", ""), &teacher).await.unwrap_err();
        assert!(told(refused).contains("pin-wrong"));
        let certificate = site.app.nomination_pass(&code, pass, &teacher).await.unwrap();
        assert_eq!(site.has("on_hand UKR UKR S - crew-t -").await, 1, "trained, at the school");
        let shown = site.app.certificate(&officer.viewer, certificate.as_str()).await.unwrap();
        assert_eq!(shown["format"], muster_app::sealed::CERTIFICATE);
        muster_app::sealed::check(&shown, None).unwrap();
        let mut forged = shown.clone();
        forged["statement"]["course"] = "PILOT".into();
        assert!(muster_app::sealed::check(&forged, None).is_err());
        let pdf = site.app.certificate_pdf(certificate.as_str(), None, &officer).await.unwrap();
        assert!(pdf.starts_with(b"%PDF-"));
        site.app.nomination_return(&code, None, &officer).await.unwrap();
        assert_eq!(
            site.has("in_service UNIT UKR P - crew-t -").await,
            1,
            "in the unit's service, where its package is"
        );
        let figures = site.app.training_figures(&viewer()).await.unwrap();
        let crew = figures.demand.iter().find(|of| of.resource.as_str() == "crew-t");
        let crew = crew.unwrap();
        assert_eq!((crew.wanted, crew.in_service, crew.seats), (2, 1, 8));
        assert_eq!(figures.results.iter().map(|of| (of.passed, of.failed)).collect::<Vec<_>>(), [(1, 0)]);
        site.verifies().await;
    }
}

#[tokio::test]
async fn who_fails_may_try_again_or_goes_home_as_they_came() {
    for engine in ENGINES {
        let site = school(engine).await;
        let (one, two) = (site.in_training("S-1").await, site.in_training("S-1").await);
        site.app.nomination_fail(&one, "the load came loose", &actor()).await.unwrap();
        site.app.nomination_arrive(&one, (None, ""), &actor()).await.unwrap();
        assert_eq!(site.training_state(&one).await, NominationState::InTraining, "another try");
        assert_eq!(site.has("in_process UKR UKR S S-1 crew-u -").await, 2, "it moved nobody");
        site.app.nomination_fail(&one, "again", &actor()).await.unwrap();
        site.app.nomination_return(&one, None, &actor()).await.unwrap();
        site.app.nomination_withdraw(&two, "fell ill", &actor()).await.unwrap();
        assert_eq!(site.has("on_hand UKR UKR P - crew-u -").await, 2, "both are where they came from");
        assert_eq!(site.has("in_process UKR UKR S S-1 crew-u -").await, 0);
        assert!(site.app.nomination_withdraw(&two, "again", &actor()).await.is_err());
        let again =
            NewNomination { again: Some(one), ..nominee("S-2", From::Account("on_hand UKR UKR P - crew-u -".into())) };
        let third = site.app.nominate(&again, &actor()).await.unwrap();
        let known = site.app.nomination(&viewer(), third.as_str()).await.unwrap().nomination;
        assert_ne!(known.trainee, known.code, "the same trainee as before");
        let offered = nominee("S-2", From::Offer("O-C".into()));
        for _ in 0..5 {
            site.app.nominate(&offered, &actor()).await.expect("who came home may be nominated again");
        }
        site.verifies().await;
    }
}

#[tokio::test]
async fn seats_are_few_and_nobody_is_nominated_twice_or_out_of_nothing() {
    for engine in ENGINES {
        let site = school(engine).await;
        let codes = [site.nominated("S-1").await, site.nominated("S-1").await, site.nominated("S-1").await];
        let shown = site.app.serial(&viewer(), "S-1").await.unwrap();
        assert_eq!((shown.taken, shown.waiting), (2, 1));
        site.app.nomination_vet(&codes[2], &cleared(), &actor()).await.unwrap();
        let refused = site.app.nomination_arrive(&codes[2], (None, ""), &actor()).await.unwrap_err();
        assert!(told(refused).contains("nomination-without-seat"));
        site.app.nomination_withdraw(&codes[0], "leave", &actor()).await.unwrap();
        site.app.nomination_arrive(&codes[2], (None, ""), &actor()).await.unwrap();
        site.app.nomination_move(&codes[1], "S-2", &actor()).await.unwrap();
        assert!(site.app.nomination_move(&codes[2], "S-2", &actor()).await.is_err(), "who is there stays");
        let early = site.nominated("S-2").await;
        site.app.nomination_withdraw(&site.nominated("S-1").await, "waits no more", &actor()).await.unwrap();
        let shown = site.app.serial(&viewer(), "S-1").await.unwrap();
        assert!(shown.nominations.iter().any(|(of, seated)| of.code.as_str() == codes[2] && *seated));
        for _ in 0..3 {
            site.nominated("S-2").await;
        }
        assert_eq!(site.training_state(&early).await, NominationState::Nominated);
        let refused = site.app.nominate(&nominee("S-2", From::Offer("O-C".into())), &actor()).await.unwrap_err();
        assert!(told(refused).contains("nobody-left"), "six crews were offered");
        let wrong = site.app.nominate(&nominee("S-2", From::Offer("O-1".into())), &actor()).await.unwrap_err();
        assert!(told(wrong).contains("nominee-of-other-kind"), "vests are not taught");
        let goods = NewNomination { need: Some("R-3".into()), ..nominee("S-2", From::Offer("O-C".into())) };
        let wrong = site.app.nominate(&goods, &actor()).await.unwrap_err();
        assert!(told(wrong).contains("need-of-others"), "a crew is no truck");
        let officer = site.member("other", "JPN", Role::RequirementsOfficer).await;
        assert!(site.app.nominate(&nominee("S-2", From::Offer("O-C".into())), &officer).await.is_err());
        let seen = site.app.nominations(&officer.viewer, &NominationFilter::default(), 100).await.unwrap();
        assert!(seen.is_empty(), "another nation sees none of them");
    }
}

#[tokio::test]
async fn who_has_not_passed_what_comes_before_is_not_taught_more() {
    for engine in ENGINES {
        let site = school(engine).await;
        let teacher = site.member("teacher", "SCH", Role::TrainingFacility).await;
        site.app.set_pin("123456", &teacher).await.unwrap();
        site.app.transition("serials", "S-3", "confirmed", &actor()).await.unwrap();
        let first = site.nominated("S-3").await;
        site.app.nomination_vet(&first, &cleared(), &actor()).await.unwrap();
        let refused = site.app.nomination_arrive(&first, (None, ""), &actor()).await.unwrap_err();
        assert!(told(refused).contains("course-before"));
        let passed = site.in_training("S-1").await;
        site.assessed(&passed, true).await;
        site.app.nomination_pass(&passed, ("teacher", "123456", ""), &teacher).await.unwrap();
        site.app.nomination_return(&passed, None, &actor()).await.unwrap();
        let again = NewNomination { again: Some(passed), ..nominee("S-3", From::Offer("O-C".into())) };
        let more = site.app.nominate(&again, &actor()).await.unwrap().to_string();
        site.app.nomination_vet(&more, &cleared(), &actor()).await.unwrap();
        site.app.nomination_arrive(&more, (None, ""), &actor()).await.unwrap();
    }
}

#[tokio::test]
async fn a_serial_moves_without_clashes_and_tells_which_package_will_be_late() {
    for engine in ENGINES {
        let site = school(engine).await;
        site.nominated("S-2").await;
        let shift = |start| Shift { start: Some(start), ..Shift::default() };
        let onto = site.app.serial_preview(&viewer(), "S-2", &shift(date(2026, 9, 21))).await.unwrap();
        let pools: Vec<&str> = onto
            .clashes
            .iter()
            .filter_map(|clash| if let Clash::Pool { pool, .. } = clash { Some(pool.as_str()) } else { None })
            .collect();
        assert_eq!(pools, ["INSTR"], "the interpreter of S-1 is free by then, its instructors are not");
        let refused = site.app.serial_move("S-2", &shift(date(2026, 9, 21)), &actor()).await.unwrap_err();
        assert!(told(refused).contains("serial-clashes"));
        let into = site.app.serial_preview(&viewer(), "S-2", &shift(date(2026, 11, 1))).await.unwrap();
        assert!(into.clashes.iter().any(|clash| matches!(clash, Clash::Closed { .. })));
        let late = site.app.serial_move("S-2", &shift(date(2026, 10, 12)), &actor()).await.unwrap();
        let late: Vec<_> = late.late.iter().map(|of| (of.need.as_str(), of.ready, of.days())).collect();
        assert_eq!(late, [("K", date(2026, 10, 27), 15)], "it ends on the 25th, and the way takes a day");
        let figures = site.app.training_figures(&viewer()).await.unwrap();
        assert_eq!(figures.late.len(), 1, "the board says so, too");
        let serial = figures.serials.iter().find(|of| of.serial.code.as_str() == "S-2").unwrap();
        assert!(serial.is_short_notice(), "it begins in 26 days, and units were not told: {:?}", serial.notice);
        site.in_training("S-1").await;
        assert!(site.app.serial_move("S-1", &shift(date(2026, 10, 5)), &actor()).await.is_err(), "it has begun");
        let refused = site.app.transition("serials", "S-1", "completed", &actor()).await.unwrap_err();
        assert!(told(refused).contains("trainees-are-there"));
    }
}

#[tokio::test]
async fn a_new_serial_is_given_what_its_course_needs() {
    for engine in ENGINES {
        let site = school(engine).await;
        let new =
            NewSerial { course: "TRUCK".into(), place: "S".into(), start: date(2026, 11, 16), ..NewSerial::default() };
        let code = site.app.serial_new(&new, &actor()).await.unwrap();
        assert_eq!(code.as_str(), "TRUCK-26-01");
        let picture = site.app.picture(&viewer()).await.unwrap();
        let uses: Vec<_> = picture.uses(code.as_str()).map(|of| (of.pool.as_str(), of.quantity, of.days)).collect();
        assert_eq!(uses, [("INSTR", 2, None), ("INTER", 1, Some(7))]);
        let refused = site.app.serial_new(&new, &actor()).await.unwrap_err();
        assert!(told(refused).contains("serial-clashes"), "a second one at the same time finds no instructors");
        let host = site.member("host", "SCH", Role::TrainingFacility).await;
        let own = NewSerial { start: date(2026, 12, 7), ..new.clone() };
        assert_eq!(site.app.serial_new(&own, &host).await.unwrap().as_str(), "SCH-TRUCK-26-01");
        site.app.serial_say("S-1", (Remark::Finding, "beds are damp", None), &actor()).await.unwrap();
        assert_eq!(site.app.training_figures(&host.viewer).await.unwrap().findings.len(), 1);
        site.app.serial_say("S-1", (Remark::FollowUp, "dried", Some(1)), &host).await.unwrap();
        assert!(site.app.training_figures(&host.viewer).await.unwrap().findings.is_empty());
    }
}

#[tokio::test]
async fn a_package_whose_goods_came_is_in_step_with_people_who_are_to_come() {
    for engine in ENGINES {
        let site = school(engine).await;
        let step = async || {
            let figures = site.app.training_figures(&viewer()).await.unwrap();
            figures.in_step.iter().map(|of| (of.goods, of.goods_there, of.people.is_some())).collect::<Vec<_>>()
        };
        assert_eq!(step().await, [], "nobody is taught for it");
        site.nominated("S-2").await;
        assert_eq!(step().await, [(None, false, true)], "no goods are promised");
        let receive = async |serial: &str, day: &str, resource: &str| {
            let account = |of: &str| AccountKey::parse(&format!("{of} {resource} -")).unwrap();
            let (from, to) = (account("national_stock POL POL D -"), account("in_service UNIT UKR P -"));
            let posting = Posting { serial: serial.into(), ..Posting::new(from, to, 1) };
            let occurred_at = format!("{day}T12:00:00Z").parse().unwrap();
            let note = Note { key: format!("{serial} {day}"), occurred_at, actor: "t".into(), reason: "t".into() };
            let subject = Subject { need: Some(muster_testkit::code("K")), ..Subject::default() };
            let act = Act::Post { activity: Activity::Receive, subject, postings: vec![posting] };
            let done = site.app.post(vec![Command { note, act }], &actor()).await.unwrap();
            assert!(done[0].is_ok(), "{done:?}");
        };
        receive("T-1", "2026-09-12", "truck").await;
        assert_eq!(step().await, [(None, false, true)], "one truck of two");
        receive("T-2", "2026-09-10", "truck").await;
        assert_eq!(step().await, [(Some(date(2026, 9, 12)), true, true)], "since the last of them came");
        let host = site.member("host", "SCH", Role::TrainingFacility).await;
        let hosts = site.app.training_figures(&host.viewer).await.unwrap();
        assert!(hosts.in_step.is_empty(), "a host is not told of it");
        // What is promised is there when the last of it is to come.
        let other = school(engine).await;
        other.plan().await;
        other.app.plan_accept("P-001", &actor()).await.unwrap();
        let figures = other.app.training_figures(&viewer()).await.unwrap();
        let told: Vec<_> = figures.in_step.iter().map(|of| (of.goods.is_some(), of.goods_there)).collect();
        assert_eq!(told, [(true, false)]);
    }
}

#[tokio::test]
async fn a_timetable_moves_what_clashes_and_little_else() {
    for engine in ENGINES {
        let site = school(engine).await;
        let second = NewSerial {
            course: "TRUCK".into(),
            place: "S".into(),
            start: date(2026, 10, 19),
            seats: Some(1),
            ..NewSerial::default()
        };
        let despite = NewSerial { start: date(2026, 10, 12), despite: true, ..second };
        let code = site.app.serial_new(&despite, &actor()).await.unwrap();
        let ask = Ask { place: Some("S".into()), until: None, confirmed: false, seconds: 5.0, seed: 1 };
        let made = site.app.timetable(&ask, &actor()).await.unwrap();
        assert_eq!(made.solved.status, "optimal");
        assert_eq!(made.solved.objective, Some(made.solved.bound));
        assert_eq!(made.serials, 3);
        assert_eq!(made.shifted.len(), 1, "one of the two that clash moves: {:?}", made.shifted);
        assert_eq!(made.reasons, vec![]);
        site.app.timetable_accept(&made.shifted, &actor()).await.unwrap();
        for serial in ["S-2", "S-3", code.as_str()] {
            assert_eq!(site.app.serial_clashes(&viewer(), serial).await.unwrap(), vec![], "{serial}");
        }
        assert!(matches!(site.app.timetable_accept(&made.shifted, &actor()).await, Err(Error::Changed)));
        let picture = site.app.picture(&viewer()).await.unwrap();
        assert_eq!(picture.serials["S-3"].start, date(2026, 10, 26), "what clashes with nothing stays");
    }
}

#[tokio::test]
async fn a_crew_of_an_accepted_plan_goes_the_way_that_was_promised() {
    for engine in ENGINES {
        let site = school(engine).await;
        let teacher = site.member("teacher", "SCH", Role::TrainingFacility).await;
        site.app.set_pin("123456", &teacher).await.unwrap();
        let plan = site.plan().await;
        let line = (1..)
            .zip(&plan.result().unwrap().flows)
            .find(|(_, flow)| flow.offer == "O-C")
            .expect("the plan has crews taught")
            .0;
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        let from = From::Line("P-001".into(), line);
        let code = site
            .app
            .nominate(&NewNomination { need: None, ..nominee("S-1", from) }, &actor())
            .await
            .unwrap()
            .to_string();
        // From then on they go by their nomination alone.
        let step = Move { plan: "P-001".into(), line, step: None, ..Move::default() };
        let refused =
            [site.app.dispatch(&step, &actor()).await.err(), site.app.void("P-001", line, &actor()).await.err()];
        for refused in refused {
            let refused = refused.map(told).unwrap_or_default();
            assert!(refused.contains("line-nominated") || refused.is_empty(), "{refused}");
        }
        site.app.nomination_vet(&code, &cleared(), &actor()).await.unwrap();
        site.app.nomination_arrive(&code, (None, ""), &actor()).await.unwrap();
        let finish = site.app.receive(&step, &actor()).await.unwrap_err();
        assert!(told(finish).contains("line-nominated"), "nobody is trained past their instructor");
        assert_eq!(site.has("in_process SCH UKR S TEACH crew-u -").await, 1, "in the process that the plan named");
        site.assessed(&code, true).await;
        site.app.nomination_pass(&code, ("teacher", "123456", ""), &teacher).await.unwrap();
        site.app.nomination_return(&code, None, &actor()).await.unwrap();
        let home = site.app.nomination(&viewer(), &code).await.unwrap().nomination;
        assert_eq!(home.need.as_ref().map(|need| need.as_str()), Some("K"));
        assert!(home.account.to_string().starts_with("in_service UNIT"), "{}", home.account);
        assert_eq!(home.account.resource.as_str(), "crew-t");
        site.verifies().await;
    }
}

/// A site with an accepted plan that has crews taught, and the line of it that does.
pub(crate) async fn promised(engine: Engine) -> (Site, i64) {
    let site = school(engine).await;
    let plan = site.plan().await;
    let line = (1..).zip(&plan.result().unwrap().flows).find(|(_, flow)| flow.offer == "O-C").unwrap().0;
    site.app.plan_accept("P-001", &actor()).await.unwrap();
    (site, line)
}

#[tokio::test]
async fn a_line_is_given_up_or_somebody_is_nominated_by_it_never_both() {
    for engine in ENGINES {
        for void_first in [false, true] {
            let (site, line) = promised(engine).await;
            let busy = site.busy().await;
            let app = site.app.clone();
            let void = async move { app.void("P-001", line, &actor()).await.map(|_| ()) };
            let app = site.app.clone();
            let nominate = async move {
                let new = NewNomination { need: None, ..nominee("S-1", From::Line("P-001".into(), line)) };
                app.nominate(&new, &actor()).await.map(|_| ())
            };
            let pause = tokio::time::sleep(std::time::Duration::from_millis(60));
            let (void, nominate) = if void_first {
                let void = tokio::spawn(void);
                pause.await;
                let nominate = nominate.await;
                (void.await.unwrap(), nominate)
            } else {
                let nominate = tokio::spawn(nominate);
                pause.await;
                let void = void.await;
                (void, nominate.await.unwrap())
            };
            busy.await.unwrap();
            assert_ne!(void.is_ok(), nominate.is_ok(), "{engine:?} {void_first}: {void:?} {nominate:?}");
            site.verifies().await;
        }
    }
}

#[tokio::test]
async fn serials_are_told_as_calendars_and_a_hosts_calendar_keeps_its_days() {
    for engine in ENGINES {
        let site = school(engine).await;
        let code = site.nominated("S-2").await;
        let of = async |whose: Whose| {
            let text = site.app.training_calendar(&viewer(), &whose).await.unwrap();
            text.lines()
                .filter_map(|line| line.strip_prefix("DTSTART;VALUE=DATE:").map(str::to_owned))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(Whose::default()).await, ["20260914", "20261005", "20261026"]);
        assert_eq!(of(Whose { course: Some("MORE".into()), ..Whose::default() }).await, ["20261026"]);
        assert_eq!(of(Whose { unit: Some("UNIT".into()), ..Whose::default() }).await, ["20261005"]);
        assert_eq!(of(Whose { trainee: Some(code), ..Whose::default() }).await, ["20261005"]);
        assert!(of(Whose { place: Some("W".into()), ..Whose::default() }).await.is_empty());
        let holidays = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260901T000000Z\r\n\
            DTSTART;VALUE=DATE:20261010\r\nDTEND;VALUE=DATE:20261012\r\nSUMMARY:Feast\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let host = site.member("host", "SCH", Role::TrainingFacility).await;
        for _ in 0..2 {
            let taken = site.app.place_calendar("S", ("h.ics", holidays.as_bytes()), None, &host).await.unwrap();
            assert_eq!(taken.issues, vec![]);
            assert_eq!(taken.blocks.len(), 1, "what came out of it before is replaced");
        }
        let picture = site.app.picture(&viewer()).await.unwrap();
        let blocks: Vec<_> = picture.blocks("S").map(|of| (of.block.as_str(), of.from, of.to)).collect();
        let (feast, holiday) = (date(2026, 10, 10), date(2026, 11, 2));
        assert_eq!(blocks, [("CAL-0001", feast, date(2026, 10, 11)), ("HOL", holiday, date(2026, 11, 8))]);
        let clashes = site.app.serial_clashes(&viewer(), "S-2").await.unwrap();
        assert!(
            clashes.iter().any(|clash| matches!(clash, Clash::Closed { block, .. } if block.as_str() == "CAL-0001"))
        );
        let other = site.member("other", "POL", Role::TrainingFacility).await;
        assert!(site.app.place_calendar("S", ("h.ics", holidays.as_bytes()), None, &other).await.is_err());
        let nothing = site.app.place_calendar("S", ("h.ics", b"no calendar"), None, &host).await.unwrap_err();
        assert!(matches!(nothing, Error::Invalid(_)), "{nothing}");
    }
}

#[tokio::test]
async fn who_sees_a_nomination_is_told_by_webhook_what_it_came_to_and_never_who_it_is() {
    for engine in ENGINES {
        let site = school(engine).await;
        let officer = site.member("officer", "UKR", Role::RequirementsOfficer).await;
        let host = site.member("host", "SCH", Role::TrainingFacility).await;
        let donor = site.member("donor", "JPN", Role::DonorLiaison).await;
        let mut hooks = Vec::new();
        for whose in [&officer, &host, &donor] {
            hooks.push(site.hook(&["nomination.state_reached"], whose).await);
        }
        let new = NewNomination { person: "Taras T., 1990".into(), ..nominee("S-1", From::Offer("O-C".into())) };
        let code = site.app.nominate(&new, &actor()).await.unwrap().to_string();
        site.app.nomination_vet(&code, &cleared(), &actor()).await.unwrap();
        site.app.nomination_arrive(&code, (None, ""), &host).await.unwrap();
        site.app.nomination_withdraw(&code, "Taras fell ill", &officer).await.unwrap();
        let steps = site.app.nomination(&officer.viewer, &code).await.unwrap().steps;
        let data: Vec<_> = (1..)
            .zip(steps)
            .map(|(step, of)| {
                let (state, at) = (of.state.as_str(), of.occurred_at.to_string());
                serde_json::json!({
                    "code": code, "step": step, "state": state, "serial": "S-1", "unit": "UNIT", "occurred_at": at
                })
            })
            .collect();
        assert_eq!(data.len(), 4);
        for (hook, whose) in [(&hooks[0], &officer), (&hooks[1], &host)] {
            let told = site.told(hook, whose).await;
            assert!(told.iter().all(|one| one["type"] == "nomination.state_reached"), "{told:?}");
            assert_eq!(told.iter().map(|one| one["data"].clone()).collect::<Vec<_>>(), data);
            assert!(!format!("{told:?}").contains("Taras"), "it names nobody");
        }
        assert!(site.told(&hooks[2], &donor).await.is_empty(), "another nation sees none of them");
    }
}
