//! A consignment ends at a hub and its plan goes on from there: what happens to its goods there is true of what is still to come of the plan.

use muster_app::transfer::{custody::Circumstances, inspecting::Finding, making::New, part::LinePart, proposal::Ahead};
use muster_domain::{
    consignment::{ConsignmentState, Seen},
    ledger::account::AccountPurpose,
    requirement::RequirementState,
    variance::Resolution,
};
use muster_testkit::database::ENGINES;

use crate::{
    redirection::way_back,
    repair::says,
    small::{Site, actor, viewer},
    transfer::{all_there, counted, of_plan, planned},
};

/// A consignment of vests under way from the depot to the hub, where it ends.
pub(crate) async fn to_hub(site: &Site, vests: i64, quantity: i64) -> String {
    let lines = vec![of_plan(vests, Some(quantity))];
    let new = New { from: "D".into(), to: Some("H".into()), lines, ..New::default() };
    let code = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
    site.ready(&code).await;
    site.depart(&code).await;
    code
}

pub(crate) async fn state(site: &Site, need: &str) -> RequirementState {
    site.app.picture(&viewer()).await.unwrap().requirements[need].state
}

/// How much of the plan can go on from the hub.
async fn proposed(site: &Site) -> i64 {
    let all = site.app.proposals(&viewer(), "H", &Ahead::default()).await.unwrap();
    all.found.iter().flat_map(|proposal| &proposal.lines).map(|line| line.quantity).sum()
}

pub(crate) async fn goes_on(site: &Site, vests: i64) {
    let new = New { from: "H".into(), lines: vec![of_plan(vests, None)], ..New::default() };
    let code = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
    site.ready(&code).await;
    site.depart(&code).await;
    site.arrive(&code, &all_there()).await;
    site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
}

#[tokio::test]
async fn what_is_hurt_or_lost_where_a_consignment_ends_goes_on_by_no_plan() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = to_hub(&site, vests, 100).await;
        assert_eq!(state(&site, "R-1").await, RequirementState::Matched);
        let done = site.arrive(&code, &counted(1, 85, 5)).await;
        assert_eq!((proposed(&site).await, site.open_of("O-1").await), (85, 295));
        assert_eq!(state(&site, "R-1").await, RequirementState::PartMatched, "five of its vests are hurt");
        site.app.variance_resolve(done.variances[0].as_str(), Resolution::Lost, &actor()).await.unwrap();
        assert_eq!((proposed(&site).await, site.open_of("O-1").await), (85, 285));
        let hurt = Finding {
            line: 1,
            seen: Seen::Damaged,
            quantity: Some(5),
            serials: vec![],
            lots: vec![],
            remark: String::new(),
        };
        site.app.consignment_inspect(&code, &[hurt], &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!((proposed(&site).await, site.open_of("O-1").await), (80, 280));
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        goes_on(&site, vests).await;
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 80);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_missed_where_a_consignment_ends_goes_on_by_its_plan_once_it_is_found() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = to_hub(&site, vests, 100).await;
        let done = site.arrive(&code, &counted(1, 90, 0)).await;
        site.app.variance_resolve(done.variances[0].as_str(), Resolution::Found, &actor()).await.unwrap();
        assert_eq!((proposed(&site).await, site.open_of("O-1").await), (100, 300));
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_consignment_at_its_end_is_sent_elsewhere_unless_its_goods_went_on_in_another() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        let back = to_hub(&site, vests, 100).await;
        let done = site.arrive(&back, &counted(1, 90, 0)).await;
        site.app.consignment_redirect(&back, ("D", &[], None), &actor()).await.unwrap();
        assert_eq!((proposed(&site).await, site.open_of("O-1").await), (0, 200));
        site.app.variance_resolve(done.variances[0].as_str(), Resolution::Lost, &actor()).await.unwrap();
        assert_eq!((proposed(&site).await, site.open_of("O-1").await), (0, 200));
        site.depart(&back).await;
        site.arrive(&back, &all_there()).await;
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "D").await, 90);

        let code = to_hub(&site, vests, 50).await;
        site.arrive(&code, &all_there()).await;
        let new = New { from: "H".into(), lines: vec![of_plan(vests, Some(20))], ..New::default() };
        site.app.consignment_make(&new, &actor()).await.unwrap();
        says(site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await, "consignment-went-on");
        let title = site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await;
        says(title, "consignment-went-on");
        site.verifies().await;
    }
}

#[tokio::test]
async fn title_that_passes_where_a_consignment_ends_promises_its_need_once_and_the_plan_goes_on() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = to_hub(&site, vests, 100).await;
        site.arrive(&code, &all_there()).await;
        site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!((proposed(&site).await, site.open_of("O-1").await), (0, 300), "each unit is promised once");
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        assert_eq!((shown.head.state, shown.head.destination.as_str()), (ConsignmentState::AtNode, "P"));
        let early = site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await;
        says(early, "consignment-not-at-end");
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 100);
        assert_eq!((site.open_of("O-1").await, state(&site, "R-1").await), (200, RequirementState::Matched));
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_parted_off_where_a_consignment_ends_is_there_as_the_rest_is() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        let code = to_hub(&site, vests, 100).await;
        site.arrive(&code, &all_there()).await;
        let part = site.app.consignment_split(&code, &[LinePart::of(1, 30)], &[], &actor()).await.unwrap().to_string();
        let hurt = Finding {
            line: 1,
            seen: Seen::Damaged,
            quantity: Some(5),
            serials: vec![],
            lots: vec![],
            remark: String::new(),
        };
        site.app.consignment_inspect(&part, &[hurt], &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!((proposed(&site).await, site.open_of("O-1").await), (95, 295));
        // Together again, all of it is known; parted once more, each goes its own way.
        site.app.consignment_join(&code, &[part], &actor()).await.unwrap();
        let part = site.app.consignment_split(&code, &[LinePart::of(2, 25)], &[], &actor()).await.unwrap().to_string();
        site.app.consignment_redirect(&part, ("D", &[], None), &actor()).await.unwrap();
        assert_eq!(proposed(&site).await, 70);
        site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(proposed(&site).await, 0, "the consignment takes its plan's way over");
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_missing_is_taken_back_once_however_often_the_rest_changes_its_way() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let done = site.arrive(&code, &counted(1, 290, 0)).await;
        site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await.unwrap();
        site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap();
        site.app.consignment_redirect(&code, ("P", &[], Some("R-1")), &actor()).await.unwrap();
        assert_eq!(site.open_of("O-1").await, 290);
        site.app.variance_resolve(done.variances[0].as_str(), Resolution::Found, &actor()).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 300);
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "P").await, 290);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_the_unit_missed_and_found_is_received_and_its_need_fulfilled() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        for _ in 0..2 {
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
        }
        let count = counted(1, 290, 0);
        let done = site.app.consignment_receive(&code, &count, &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(state(&site, "R-1").await, RequirementState::Matched);
        site.app.variance_resolve(done.variances[0].as_str(), Resolution::Found, &actor()).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 300);
        assert_eq!((state(&site, "R-1").await, site.open_of("O-1").await), (RequirementState::Fulfilled, 0));
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_one_consignment_misses_keeps_nothing_of_others_from_going_on() {
    for engine in ENGINES {
        for end in [Resolution::Lost, Resolution::Found] {
            let (site, vests, _) = planned(engine).await;
            assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
            let misses = site.make(vec![of_plan(vests, Some(50))]).await;
            site.ready(&misses).await;
            site.depart(&misses).await;
            let done = site.arrive(&misses, &counted(1, 40, 0)).await;
            let other = to_hub(&site, vests, 40).await;
            site.arrive(&other, &all_there()).await;
            assert_eq!((proposed(&site).await, site.open_of("O-1").await), (40, 300));
            site.app.consignment_redirect(&misses, ("D", &[], None), &actor()).await.unwrap();
            assert_eq!((proposed(&site).await, site.open_of("O-1").await), (40, 250));
            let part =
                site.app.consignment_split(&other, &[LinePart::of(1, 10)], &[], &actor()).await.unwrap().to_string();
            site.app.consignment_redirect(&part, ("D", &[], None), &actor()).await.unwrap();
            assert_eq!((proposed(&site).await, site.open_of("O-1").await), (30, 240));
            site.app.variance_resolve(done.variances[0].as_str(), end, &actor()).await.unwrap();
            assert_eq!((proposed(&site).await, site.open_of("O-1").await), (30, 240));
            site.app.consignment_redirect(&other, ("D", &[], None), &actor()).await.unwrap();
            assert_eq!((proposed(&site).await, site.open_of("O-1").await), (0, 210));
            site.verifies().await;
        }
    }
}

#[tokio::test]
async fn title_that_passes_where_something_is_missing_leaves_its_need_open_for_that() {
    for engine in ENGINES {
        for end in [Resolution::Lost, Resolution::Found] {
            let (site, vests, _) = planned(engine).await;
            let code = site.make(vec![of_plan(vests, None)]).await;
            site.ready(&code).await;
            site.depart(&code).await;
            let done = site.arrive(&code, &counted(1, 290, 0)).await;
            assert_eq!(state(&site, "R-1").await, RequirementState::Matched);
            site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await.unwrap();
            assert_eq!((state(&site, "R-1").await, site.open_of("O-1").await), (RequirementState::PartMatched, 290));
            site.app.variance_resolve(done.variances[0].as_str(), end, &actor()).await.unwrap();
            assert_eq!((state(&site, "R-1").await, site.open_of("O-1").await), (RequirementState::PartMatched, 290));
            site.verifies().await;
        }
    }
}
