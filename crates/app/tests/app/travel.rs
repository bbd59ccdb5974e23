//! Trainees travel: they set out by lanes for the facility and for home, are in accounts of their own while under way, turn back, and agree
//! with what plans promise.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::date};
use muster_app::{
    Error,
    interchange::mission::Source,
    movement::Move,
    storage::Error::Conflict,
    storage::{ledger::step::StepFilter, transfer::EntryRef},
    training::{
        nomination::{From, NewNomination, Vetting},
        serial::Shift,
        travel::SetOut,
    },
};
use muster_domain::{
    code::Code,
    ledger::{account::Whereabouts, entry::Activity},
    role::Role,
    training::{Attendance, NominationState},
    viewer::Viewer,
};
use muster_testkit::database::ENGINES;

use crate::{
    small::{Site, actor, viewer},
    training::{nominee, school, told},
};

const HOME: &str = "on_hand UKR UKR P - crew-u -";
const OUT: &str = "in_transit UKR UKR S P-S crew-u -";
const BACK: &str = "in_transit UKR UKR P S-P crew-t -";
const BACK_UNTRAINED: &str = "in_transit UKR UKR P S-P crew-u -";

fn by(conveyance: &str) -> SetOut {
    SetOut { conveyance: conveyance.into(), ..SetOut::default() }
}

impl Site {
    async fn activities(&self) -> Vec<Activity> {
        let all = self.app.entries(&viewer(), &Default::default(), 0, 1_000).await.unwrap();
        let moves = all.iter().filter(|entry| !entry.lines.is_empty()).map(|entry| entry.activity);
        moves.filter(|of| [Activity::Depart, Activity::Arrive, Activity::Start].contains(of)).collect()
    }

    /// What is open of a line, by its steps.
    async fn open_by_step(&self, line: i64) -> BTreeMap<i64, i64> {
        let from = (Timestamp::MIN, 0);
        let all = self.app.open_steps(&viewer(), &StepFilter::default(), from, Timestamp::MAX, 1_000).await.unwrap();
        let own = all.iter().map(|of| &of.step).filter(|step| step.line == line);
        own.map(|step| (step.step, step.open)).collect()
    }

    async fn sets_out(&self, code: &str) -> Result<(), Error> {
        self.app.nomination_depart(code, &by("Bus 7"), &actor()).await
    }

    async fn comes(&self, code: &str) {
        self.app.nomination_arrive(code, (None, ""), &actor()).await.unwrap();
    }

    async fn is(&self, code: &str, state: NominationState) {
        assert_eq!(self.app.nomination(&viewer(), code).await.unwrap().nomination.state, state);
    }

    async fn passes(&self, code: &str) {
        let met = ["DRIVE", "LOAD"].map(|of| (of.to_owned(), true, String::new()));
        self.app.nomination_assess(code, &met, &actor()).await.unwrap();
        self.app.nomination_pass(code, ("teacher", "123456", ""), &actor()).await.unwrap();
    }

    /// An accepted plan of which a line has two crews taught, who were both nominated by it and cleared.
    async fn two_by_line(&self) -> (i64, [String; 2]) {
        let plan = self.plan().await;
        let flows = &plan.result().unwrap().flows;
        let (line, flow) = (1..).zip(flows).find(|(_, flow)| flow.offer == "O-C").expect("the plan has crews taught");
        assert_eq!(flow.quantity, 2);
        self.app.plan_accept("P-001", &actor()).await.unwrap();
        let mut codes = [String::new(), String::new()];
        for code in &mut codes {
            let new = NewNomination { need: None, ..nominee("S-1", From::Line("P-001".into(), line)) };
            *code = self.app.nominate(&new, &actor()).await.unwrap().to_string();
            self.cleared(code).await;
        }
        (line, codes)
    }

    async fn teacher(&self) {
        let teacher = self.member("teacher", "SCH", Role::TrainingFacility).await;
        self.app.set_pin("123456", &teacher).await.unwrap();
    }
}

#[tokio::test]
async fn a_crew_travels_to_the_school_and_home_and_is_under_way_in_the_books() {
    for engine in ENGINES {
        let site = school(engine).await;
        site.teacher().await;
        let code = site.nominated("S-1").await;
        let refused = site.sets_out(&code).await.unwrap_err();
        assert!(told(refused).contains("nomination-not-now"), "nobody sets out unvetted");
        site.cleared(&code).await;
        let other = site.member("other", "JPN", Role::RequirementsOfficer).await;
        assert!(site.app.nomination_depart(&code, &by(""), &other).await.is_err());
        for (lanes, fault) in [(vec!["S-P"], "route-broken"), (vec!["P-S", "S-P"], "route-ends-elsewhere")] {
            let wrong = SetOut { lanes: lanes.into_iter().map(str::to_owned).collect(), ..SetOut::default() };
            let refused = told(site.app.nomination_depart(&code, &wrong, &actor()).await.unwrap_err());
            assert!(refused.contains(fault), "{refused}");
        }
        site.sets_out(&code).await.unwrap();
        site.is(&code, NominationState::Travelling).await;
        assert_eq!((site.has(HOME).await, site.has(OUT).await), (0, 1), "one came out of the offer, and is on the way");
        assert!(site.sets_out(&code).await.is_err(), "nobody sets out twice");
        let way = site.app.trainees_on_the_way(&viewer(), 10).await.unwrap();
        let way: Vec<_> =
            way.iter().map(|(of, way)| (of.code.as_str(), way.to.as_str(), way.conveyance.as_str())).collect();
        assert_eq!(way, [(code.as_str(), "S", "Bus 7")]);
        assert_eq!(site.app.trainees_on_the_way(&other.viewer, 10).await.unwrap(), [], "not for everybody");
        let on = |lane| Whereabouts::Lane(Code::new(lane).unwrap());
        let is = async |at: Whereabouts, state, viewer: &Viewer| {
            let told = site.app.training_figures(viewer).await.unwrap().whereabouts;
            assert_eq!(told, BTreeMap::from([(at, vec![(Code::new(&code).unwrap(), state)])]));
        };
        is(on("P-S"), NominationState::Travelling, &viewer()).await;
        assert_eq!(site.app.training_figures(&other.viewer).await.unwrap().whereabouts, BTreeMap::new());
        site.comes(&code).await;
        assert_eq!((site.has(OUT).await, site.has("in_process UKR UKR S S-1 crew-u -").await), (0, 1));
        is(Whereabouts::Place(Code::new("S").unwrap()), NominationState::InTraining, &viewer()).await;
        assert_eq!(site.activities().await, [Activity::Depart, Activity::Arrive, Activity::Start]);
        site.passes(&code).await;
        site.sets_out(&code).await.unwrap();
        site.is(&code, NominationState::Returning).await;
        assert_eq!(site.has(BACK).await, 1, "trained, on the way home");
        is(on("S-P"), NominationState::Returning, &viewer()).await;
        let was = [muster_app::training::school::Was {
            nomination: code.clone(),
            attendance: Attendance::Present,
            version: None,
        }];
        let day = date(2026, 9, 16);
        site.app.serial_attendance("S-1", day, &was, &actor()).await.expect("who was there may still be recorded");
        let figures = site.app.training_figures(&viewer()).await.unwrap();
        let crew = figures.demand.iter().find(|of| of.resource.as_str() == "crew-t").unwrap();
        assert_eq!((crew.passed, crew.in_training, crew.in_service), (1, 0, 0));
        site.app.nomination_erase(&code, &actor()).await.unwrap();
        let shown = site.app.nomination(&viewer(), &code).await.unwrap();
        assert!(shown.journeys.iter().all(|of| of.conveyance.is_empty()), "nor is it known who drove them");
        site.app.nomination_return(&code, None, &actor()).await.unwrap();
        assert_eq!((site.has(BACK).await, site.has("in_service UNIT UKR P - crew-t -").await), (0, 1));
        let shown = site.app.nomination(&viewer(), &code).await.unwrap();
        let ways: Vec<_> = shown.journeys.iter().map(|of| (of.from.as_str(), of.to.as_str())).collect();
        assert_eq!(ways, [("P", "S"), ("S", "P")]);
        assert_eq!(site.app.trainees_on_the_way(&viewer(), 10).await.unwrap(), []);
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_way_of_several_lanes_is_gone_lane_by_lane() {
    for engine in ENGINES {
        let site = school(engine).await;
        let lanes = "code,from,to,mode,transit_days,capacity_t,cost_per_t,forbids,source,fictional
P-B,P,D,road,2,20,2.5,,test,yes
B-S,D,S,rail,3,20,2.5,,test,yes";
        let lanes = vec![Source { name: "lanes.csv".into(), bytes: lanes.into() }];
        assert_eq!(site.import(lanes).await.issues, vec![]);
        let code = site.nominated("S-1").await;
        site.cleared(&code).await;
        let new = SetOut { lanes: vec!["P-B".into(), "B-S".into()], ..SetOut::default() };
        site.app.nomination_depart(&code, &new, &actor()).await.unwrap();
        assert_eq!(site.has("in_transit UKR UKR D P-B crew-u -").await, 1);
        let journey = site.app.nomination(&viewer(), &code).await.unwrap().journeys.remove(0);
        assert_eq!(journey.arrives_at.duration_since(journey.departed_at).as_hours(), 24 * 5);
        site.comes(&code).await;
        let went = [Activity::Depart, Activity::Arrive, Activity::Depart, Activity::Arrive, Activity::Start];
        assert_eq!(site.activities().await, went);
        assert_eq!(site.has("in_process UKR UKR S S-1 crew-u -").await, 1);
        site.verifies().await;
    }
}

#[tokio::test]
async fn who_turns_back_or_fails_comes_home_and_may_be_named_again() {
    for engine in ENGINES {
        let site = school(engine).await;
        let (one, two) = (site.nominated("S-1").await, site.nominated("S-1").await);
        for code in [&one, &two] {
            site.cleared(code).await;
            site.sets_out(code).await.unwrap();
        }
        let refused = site.app.transition("serials", "S-1", "cancelled", &actor()).await.unwrap_err();
        assert!(told(refused).contains("trainees-on-the-way"));
        assert!(site.app.nomination_move(&one, "S-2", &actor()).await.is_err(), "who has set out goes where they go");
        site.app.nomination_withdraw(&one, "fell ill", &actor()).await.unwrap();
        assert_eq!((site.has(OUT).await, site.has(HOME).await), (1, 1), "turned back");
        site.comes(&two).await;
        site.app.nomination_fail(&two, "the load came loose", &actor()).await.unwrap();
        site.sets_out(&two).await.unwrap();
        assert_eq!(site.has(BACK_UNTRAINED).await, 1);
        assert!(
            site.app.nomination_arrive(&two, (None, ""), &actor()).await.is_err(),
            "no further try on the way home"
        );
        site.app.nomination_return(&two, None, &actor()).await.unwrap();
        assert_eq!((site.has(BACK_UNTRAINED).await, site.has(HOME).await), (0, 2), "both are where they came from");
        for _ in 0..6 {
            site.nominated("S-2").await;
        }
        let refused = site.app.nominate(&nominee("S-2", From::Offer("O-C".into())), &actor()).await.unwrap_err();
        assert!(told(refused).contains("nobody-left"), "six crews were offered, whoever travelled");
        let account = nominee("S-2", From::Account(HOME.into()));
        assert!(site.app.nominate(&account, &actor()).await.is_err(), "and they are the offer's");
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_crew_of_a_plans_line_travels_the_way_that_was_promised() {
    for engine in ENGINES {
        let site = school(engine).await;
        site.teacher().await;
        let plan = site.plan().await;
        let flows = &plan.result().unwrap().flows;
        let (line, flow) = (1..).zip(flows).find(|(_, flow)| flow.offer == "O-C").expect("the plan has crews taught");
        let units = flow.quantity;
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        let named = async || {
            let from = From::Line("P-001".into(), line);
            let new = NewNomination { need: None, ..nominee("S-1", from) };
            let code = site.app.nominate(&new, &actor()).await.unwrap().to_string();
            site.cleared(&code).await;
            code
        };
        let code = named().await;
        let own = SetOut { lanes: vec!["P-S".into()], ..SetOut::default() };
        let refused = told(site.app.nomination_depart(&code, &own, &actor()).await.unwrap_err());
        assert!(refused.contains("line-has-lanes"), "{refused}");
        let steps = async || -> Vec<i64> {
            let open = site.open_by_step(line).await;
            (0..7).map(|n| units - open.get(&n).copied().unwrap_or(0)).collect()
        };
        site.sets_out(&code).await.unwrap();
        assert_eq!(&steps().await[..3], [1, 0, 0], "they departed, and did not come yet");
        let more = NewNomination { need: None, ..nominee("S-1", From::Line("P-001".into(), line)) };
        let mut others = Vec::new();
        for _ in 1..units {
            others.push(named().await);
        }
        assert!(site.app.nominate(&more, &actor()).await.is_err(), "who is on the way is still one of the line's");
        if let Some(other) = others.first() {
            // Who comes without having been seen on the way does not come by another's departure.
            site.comes(other).await;
            assert_eq!(&steps().await[..3], [2, 1, 1]);
        }
        let before = steps().await;
        site.comes(&code).await;
        let now = steps().await;
        assert_eq!((now[0], now[1], now[2]), (before[0], before[1] + 1, before[2] + 1));
        site.passes(&code).await;
        site.sets_out(&code).await.unwrap();
        let on_the_way = steps().await;
        assert_eq!(on_the_way[3..], [1, 1, 0, 0], "trained, and on the way home");
        site.app.nomination_return(&code, None, &actor()).await.unwrap();
        assert_eq!(steps().await.last(), Some(&1), "received for the need");
        site.verifies().await;
    }
}

#[tokio::test]
async fn who_turns_back_on_a_plans_way_gives_up_what_was_promised_of_them() {
    for engine in ENGINES {
        let site = school(engine).await;
        let plan = site.plan().await;
        let flows = &plan.result().unwrap().flows;
        let (line, flow) = (1..).zip(flows).find(|(_, flow)| flow.offer == "O-C").expect("the plan has crews taught");
        let units = flow.quantity;
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        let new = NewNomination { need: None, ..nominee("S-1", From::Line("P-001".into(), line)) };
        let code = site.app.nominate(&new, &actor()).await.unwrap().to_string();
        site.cleared(&code).await;
        site.sets_out(&code).await.unwrap();
        site.app.nomination_withdraw(&code, "fell ill", &actor()).await.unwrap();
        assert_eq!(site.has(HOME).await, 1, "back where they came from");
        let open = site.open_by_step(line).await;
        let left: Vec<i64> = (0..7).map(|n| open.get(&n).copied().unwrap_or(0)).collect();
        assert_eq!(left, [units - 1; 7], "one less of everything");
        site.verifies().await;
    }
}

const SERVES: &str = "in_service UNIT UKR P - crew-t -";

#[tokio::test]
async fn who_comes_home_serves_though_others_of_the_line_came_to_nothing() {
    for engine in ENGINES {
        for on_the_way in [true, false] {
            let site = school(engine).await;
            site.teacher().await;
            let (line, [one, two]) = site.two_by_line().await;
            site.sets_out(&one).await.unwrap();
            if on_the_way {
                site.app.nomination_withdraw(&one, "fell ill", &actor()).await.unwrap();
            } else {
                site.comes(&one).await;
                site.app.nomination_fail(&one, "the load came loose", &actor()).await.unwrap();
                site.sets_out(&one).await.unwrap();
                site.is(&one, NominationState::Returning).await;
            }
            site.comes(&two).await;
            site.passes(&two).await;
            site.app.nomination_return(&two, None, &actor()).await.unwrap();
            assert_eq!(site.has(SERVES).await, 1, "{engine:?} {on_the_way}");
            assert_eq!(site.open_by_step(line).await, BTreeMap::new(), "nothing of the line is left");
            site.verifies().await;
        }
    }
}

#[tokio::test]
async fn who_goes_home_with_others_is_not_taken_for_one_who_failed() {
    for engine in ENGINES {
        let site = school(engine).await;
        site.teacher().await;
        let (line, [one, two]) = site.two_by_line().await;
        for code in [&one, &two] {
            site.comes(code).await;
        }
        site.app.nomination_fail(&one, "the load came loose", &actor()).await.unwrap();
        site.sets_out(&one).await.unwrap();
        site.passes(&two).await;
        let step = Move { plan: "P-001".into(), line, ..Move::default() };
        assert_eq!(site.app.dispatch(&step, &actor()).await.unwrap().activity, Activity::Depart);
        let left = site.open_by_step(line).await;
        site.sets_out(&two).await.unwrap();
        site.is(&two, NominationState::Returning).await;
        assert_eq!(site.open_by_step(line).await, left, "they are the one who departed");
        site.app.nomination_return(&two, None, &actor()).await.unwrap();
        assert_eq!((site.has(SERVES).await, site.open_by_step(line).await), (1, BTreeMap::new()));
        site.verifies().await;
    }
}

#[tokio::test]
async fn two_recorded_at_once_do_not_go_with_the_same_other() {
    for engine in ENGINES {
        let site = school(engine).await;
        let (line, [one, two]) = site.two_by_line().await;
        // One departed by the plan's line, as far as was recorded.
        let step = Move { plan: "P-001".into(), line, quantity: Some(1), ..Move::default() };
        assert_eq!(site.app.dispatch(&step, &actor()).await.unwrap().quantity, 1);
        let busy = site.busy().await;
        let both = tokio::join!(site.sets_out(&one), site.sets_out(&two));
        busy.await.unwrap();
        for (code, went) in [(&one, both.0), (&two, both.1)] {
            if let Err(refused) = went {
                assert!(matches!(refused, Error::Storage(Conflict(_))), "{refused:?}");
                site.sets_out(code).await.unwrap();
            }
        }
        assert_eq!(site.open_by_step(line).await.get(&0), None, "two departed");
        site.comes(&one).await;
        site.comes(&two).await;
        site.verifies().await;
    }
}

#[tokio::test]
async fn who_departs_by_the_line_in_the_same_moment_is_not_counted_twice() {
    for engine in ENGINES {
        let site = school(engine).await;
        let (line, [one, two]) = site.two_by_line().await;
        let step = Move { plan: "P-001".into(), line, quantity: Some(1), ..Move::default() };
        let busy = site.busy().await;
        let by = actor();
        let (by_line, by_name) = tokio::join!(site.app.dispatch(&step, &by), site.sets_out(&one));
        busy.await.unwrap();
        let by_line = by_line.unwrap().entry;
        if let Err(refused) = by_name {
            assert!(matches!(refused, Error::Storage(Conflict(_))), "{refused:?}");
            site.sets_out(&one).await.unwrap();
            assert_eq!(site.open_by_step(line).await.get(&0), Some(&1), "one departed, by the line and by name");
        } else {
            let steps = site.app.nomination(&viewer(), &one).await.unwrap().steps;
            let EntryRef::Known(by_name) = steps.last().unwrap().entry else { panic!("it is written") };
            assert!(by_name < by_line, "else whoever departed by the line is the one who is named");
        }
        site.sets_out(&two).await.unwrap();
        site.comes(&one).await;
        site.comes(&two).await;
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_clearance_is_taken_back_and_given_again_on_the_way() {
    for engine in ENGINES {
        let site = school(engine).await;
        let code = site.nominated("S-1").await;
        site.cleared(&code).await;
        site.sets_out(&code).await.unwrap();
        let vetting = |cleared, expires| Vetting {
            cleared,
            authority: "Second office".into(),
            on: None,
            expires,
            remark: "seen again".into(),
        };
        let vet = async |cleared, expires| site.app.nomination_vet(&code, &vetting(cleared, expires), &actor()).await;
        let refused = async || told(site.app.nomination_arrive(&code, (None, ""), &actor()).await.unwrap_err());
        vet(false, None).await.unwrap();
        site.is(&code, NominationState::Travelling).await;
        assert!(refused().await.contains("clearance-taken-back"));
        vet(true, Some(date(2026, 9, 26))).await.unwrap();
        assert!(refused().await.contains("vetting-expires"), "the course ends a day later");
        vet(true, Some(date(2026, 9, 27))).await.unwrap();
        let shown = site.app.nomination(&viewer(), &code).await.unwrap();
        assert_eq!((shown.nomination.state, shown.journeys.len()), (NominationState::Travelling, 1));
        site.comes(&code).await;
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_serial_stays_where_it_is_for_those_on_the_way_and_there_and_may_be_on_other_days() {
    for engine in ENGINES {
        let site = school(engine).await;
        let places = vec![Source {
            name: "places.csv".into(),
            bytes: "code,name,kind,country,unlocode,latitude,longitude,handling_t,storage_t,operator,source,fictional\nS9,Other school,training,POL,,51,20,,,SCH,test,yes".into(),
        }];
        assert_eq!(site.import(places).await.issues, vec![]);
        let code = site.nominated("S-1").await;
        site.cleared(&code).await;
        site.sets_out(&code).await.unwrap();
        let serials = |start: &str, end: &str, (place, state): (&str, &str)| {
            let bytes = format!(
                "code,course,place,host,start,end,seats,language,announced,state,state_reason,remark,source,fictional\nS-1,TRUCK,{place},SCH,{start},{end},2,,2026-08-14,{state},,,test,yes"
            );
            vec![Source { name: "serials.csv".into(), bytes: bytes.into() }]
        };
        let told_of = async |serials| {
            let issues = site.import(serials).await.issues;
            issues.iter().map(|issue| issue.message.key).collect::<Vec<_>>()
        };
        let elsewhere = || serials("2026-09-14", "2026-09-27", ("S9", "confirmed"));
        assert_eq!(told_of(elsewhere()).await, ["trainees-on-the-way"]);
        // Other days reach them on the way, and whoever looks at them is told that.
        let shift = Shift { start: Some(date(2026, 9, 15)), ..Shift::default() };
        assert_eq!(site.app.serial_preview(&viewer(), "S-1", &shift).await.unwrap().set_out, 1);
        let later = || serials("2026-09-15", "2026-09-28", ("S", "confirmed"));
        assert_eq!(told_of(later()).await, Vec::<&str>::new());
        site.comes(&code).await;
        site.app.nomination_fail(&code, "the load came loose", &actor()).await.unwrap();
        assert_eq!(told_of(serials("2026-09-15", "2026-09-28", ("S9", "running"))).await, ["trainees-are-there"]);
        site.sets_out(&code).await.unwrap();
        assert_eq!(site.has(BACK_UNTRAINED).await, 1, "from where they are");
        site.verifies().await;
    }
}
