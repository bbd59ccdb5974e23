//! Gates: nothing leaves beside them, and who opens one says why.

use muster_app::{
    Actor, Error,
    movement::Move,
    storage::transfer::tell::Filter,
    transfer::{
        custody::Circumstances,
        making::{New, NewLine},
        packing::{Packed, PackedUnit},
    },
};
use muster_domain::{
    consignment::{Condition, ConsignmentState},
    gate::Gate,
};
use muster_testkit::database::ENGINES;

use crate::{
    small::{actor, viewer},
    transfer::{all_there, of_plan, planned},
};

fn refused<T>(result: Result<T, Error>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn serial_numbers_are_recorded_before_dispatch() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        let fine = [Packed { line: 1, condition: Some(Condition::Serviceable), ..Packed::default() }];
        let all = Circumstances { overrides: Gate::ALL.to_vec(), ..Circumstances::default() };
        let said = refused(site.app.consignment_ready(&code, &fine, &all, &actor()).await);
        assert!(said.contains("gate-serials"), "nobody may open this gate: {said}");
        let twice = vec![PackedUnit { lot: String::new(), serial: "T1".into(), quantity: 1, sscc: String::new() }; 2];
        let twice = [Packed { line: 1, units: Some(twice), ..Packed::default() }];
        let said = refused(site.app.consignment_pack(&code, &twice, &actor()).await);
        assert!(said.contains("serial-twice"), "{said}");
        site.ready(&code).await;
        site.depart(&code).await;
        let found = site.app.consignments_with(&viewer(), "T1-1", &Default::default()).await.unwrap();
        assert_eq!(found.iter().map(|c| c.code.as_str()).collect::<Vec<_>>(), [code.as_str()]);
        let closed = Filter { state: Some(ConsignmentState::Closed), ..Filter::default() };
        assert_eq!(site.app.consignments_with(&viewer(), "T1-1", &closed).await.unwrap(), [], "it is under way");
    }
}

#[tokio::test]
async fn a_line_does_not_leave_by_itself_where_a_gate_keeps_it() {
    for engine in ENGINES {
        let (site, vests, trucks) = planned(engine).await;
        let step = |line| Move { plan: "P-001".into(), line, ..Move::default() };
        let vests = Move { quantity: Some(10), ..step(vests) };
        let said = refused(site.app.dispatch(&vests, &actor()).await);
        assert!(said.contains("line-gates-shut") && said.contains("gate-clearance"), "{said}");
        site.consented().await;
        site.app.dispatch(&vests, &actor()).await.unwrap();
        // A lane that takes no such goods keeps them, too.
        site.app.dispatch(&Move { serials: vec!["T-1".into()], ..step(trucks) }, &actor()).await.unwrap();
        let fuel = crate::small::with("items.csv", "each,3000,,,,serial", "each,3000,,1202,3,serial");
        let lane = crate::small::with("lanes.csv", "D-H,D,H,road,3,20,2.5,", "D-H,D,H,road,3,20,2.5,3");
        let sheets = fuel.into_iter().filter(|s| s.name == "items.csv");
        let sheets = sheets.chain(lane.into_iter().filter(|s| s.name == "lanes.csv"));
        assert_eq!(site.import(sheets.collect()).await.issues, vec![]);
        let next = Move { serials: vec!["T-2".into()], ..step(trucks) };
        let said = refused(site.app.dispatch(&next, &actor()).await);
        assert!(said.contains("gate-lane-hazard"), "{said}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_a_donor_cleared_stays_cleared_whatever_comes_of_its_offer() {
    for engine in ENGINES {
        let site = crate::small::site(engine).await;
        site.filled().await;
        site.consented().await;
        let cleared = async || site.app.picture(&viewer()).await.unwrap().clearances.len();
        site.app.transition("offers", "O-1", "held", &actor()).await.unwrap();
        assert_eq!(cleared().await, 1);
        site.app.transition("offers", "O-1", "committed", &actor()).await.unwrap();
        site.plan().await;
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        assert_eq!(cleared().await, 1, "an accepted plan changes the offer's state, and nothing of its papers");
    }
}

#[tokio::test]
async fn whoever_opens_a_gate_says_why() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        let fine = [Packed { line: 1, condition: Some(Condition::Serviceable), ..Packed::default() }];
        let opened = Circumstances { overrides: vec![Gate::Clearance], ..Circumstances::default() };
        let silent = Actor::new(viewer(), "");
        let said = refused(site.app.consignment_ready(&code, &fine, &opened, &silent).await);
        assert!(said.contains("override-without-reason"), "{said}");
        let told = Actor::new(viewer(), "the minister called");
        site.app.consignment_ready(&code, &fine, &opened, &told).await.unwrap();
        let kept = site.app.consignment_shown(&viewer(), &code).await.unwrap().overrides;
        assert_eq!(kept[0].reason, "the minister called");
    }
}

#[tokio::test]
async fn what_a_donor_does_not_allow_goes_to_no_other_need_on_the_way_or_from_stock() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        // The vests are for protection only; R-2 is medical.
        let said = refused(site.app.consignment_redirect(&code, ("P", &[], Some("R-2")), &actor()).await);
        assert!(said.contains("goods-not-for") && said.contains("C-1"), "{said}");
        site.app.consignment_redirect(&code, ("P", &[], Some("R-1")), &actor()).await.unwrap();
        site.app.consignment_redirect(&code, ("P", &[], None), &actor()).await.unwrap();
        let stock = |need: &str| {
            let account = "on_hand JPN JPN H - vest C-1".to_owned();
            let line = NewLine::Stock { account, quantity: 5, need: Some(need.to_owned()), serials: Vec::new() };
            New { from: "H".into(), route: vec!["H-P".into()], lines: vec![line], ..New::default() }
        };
        let said = refused(site.app.consignment_make(&stock("R-2"), &actor()).await);
        assert!(said.contains("goods-not-for"), "{said}");
        site.verifies().await;
    }
}
