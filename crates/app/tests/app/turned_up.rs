//! What a consignment missed and somebody decided to be lost turns up after all: it is stock where it was missed, once.

use jiff::SignedDuration;
use muster_app::{
    Actor, Error,
    storage::{ledger::read::AsOf, transfer::loss::LossFilter},
    transfer::{
        count::{Count, Counted},
        custody::Circumstances,
        inspecting::Finding,
        unmanifested::{Named, Unmanifested},
    },
};
use muster_domain::{
    consignment::Seen, ledger::account::AccountPurpose, role::Role, variance::Resolution, viewer::Viewer,
};
use muster_testkit::database::ENGINES;

use crate::{
    repair::says,
    small::{Site, actor, viewer},
    transfer::{all_there, counted, of_plan, planned},
};

async fn lost(site: &Site, variance: &str) {
    site.app.variance_resolve(variance, Resolution::Lost, &actor()).await.unwrap();
}

async fn free(site: &Site) -> i64 {
    site.app.stock(&viewer(), "H", None, 10).await.unwrap().found.iter().map(|(_, units)| units).sum()
}

#[tokio::test]
async fn what_did_not_come_and_was_lost_is_found_again_once() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let short = site.arrive(&code, &counted(1, 290, 0)).await.variances[0].to_string();
        says(site.app.loss_found(&short, None, &actor()).await, "not-found");
        lost(&site, &short).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        let open = async |as_of| {
            let filter = LossFilter { open: true, as_of, ..LossFilter::default() };
            let found = site.app.loss_reports(&viewer(), &filter, 10).await.unwrap();
            found.iter().map(|one| one.code.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(open(None).await, [short.as_str()]);
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        assert!(matches!(site.app.loss_found(&short, None, &japan).await, Err(Error::Denied(_))), "it may see it");
        let now = site.app.now();
        let before = Some(now - SignedDuration::from_hours(1));
        says(site.app.loss_found(&short, before, &actor()).await, "loss-found-early");

        let later = site.at(&(now + SignedDuration::from_hours(24)).to_string()).await;
        let why = Actor { reason: "in the next truck".into(), ..actor() };
        let find = async || later.loss_found(&short, None, &why).await;
        let (one, other) = tokio::join!(find(), find());
        assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|done| **done).count(), 1, "{one:?} {other:?}");
        says(later.loss_found(&short, None, &why).await, "loss-found-before");
        assert_eq!(site.held("O-1", AccountPurpose::Lost, "H").await, 0);
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "H").await, 0);
        assert_eq!((site.held("O-1", AccountPurpose::OnHand, "H").await, free(&site).await), (10, 10));
        assert_eq!(site.open_of("O-1").await, 0, "nothing is promised of it");
        let report = later.loss_report(&japan.viewer, &short).await.unwrap();
        let found = report.found.unwrap();
        assert_eq!((found.at, found.reason.as_str()), (later.now(), "in the next truck"));
        let none: [&str; 0] = [];
        assert_eq!(open(None).await, none);
        assert_eq!(open(Some(AsOf { occurred: now, known: now })).await, [short.as_str()], "then it was still lost");
        let resolved = later.variance(&viewer(), &short).await.unwrap().variance.resolved;
        assert_eq!(resolved.map(|(how, ..)| how), Some(Resolution::Lost), "what was decided stays decided");
        site.verifies().await;
    }
}

#[tokio::test]
async fn the_same_request_finds_it_once_and_what_vanished_where_it_stood_is_stock_there() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        let (serials, lots, remark) = (Vec::new(), Vec::new(), "the fence is cut".to_owned());
        let gone = Finding { line: 1, seen: Seen::Missing, quantity: Some(10), serials, lots, remark };
        let done = site.app.consignment_inspect(&code, &[gone], &Circumstances::default(), &actor()).await.unwrap();
        let short = done.variances[0].to_string();
        lost(&site, &short).await;
        let keyed = Actor { key: Some("found".into()), ..actor() };
        for _ in 0..2 {
            site.app.loss_found(&short, None, &keyed).await.unwrap();
        }
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 300);
        assert_eq!(free(&site).await, 10);
        site.depart(&code).await;
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "P").await, 290);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_the_books_hold_at_another_place_by_now_is_not_found_here() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let units = site.app.consignment_shown(&viewer(), &code).await.unwrap().units;
        let mut serials: Vec<String> = units.iter().map(|unit| unit.serial.clone()).collect();
        let missing = serials.pop().unwrap();
        let line = Counted { line: 1, received: serials.len() as i64, serials, ..Counted::default() };
        let done = site.arrive(&code, &Count { lines: vec![line], ..Count::default() }).await;
        let short = done.variances[0].to_string();
        lost(&site, &short).await;
        // It came to the works without papers, and is in the books there.
        let truck = Unmanifested {
            description: "a truck".into(),
            quantity: 1,
            resource: "truck".into(),
            named: Named { serials: vec![missing.clone()], ..Named::default() },
            ..Unmanifested::default()
        };
        let party = Some(muster_domain::code::Code::new("POL").unwrap());
        let works = Actor::new(Viewer { party, ..viewer() }, "it stands here");
        let seen = site.app.report_unmanifested("W", &truck, None, &works).await.unwrap().to_string();
        says(site.app.loss_found(&short, None, &actor()).await, "unit-held-at");
        for name in ["one", "two"] {
            let counter = Actor::new(Viewer::operator(name), "count");
            site.app.variance_count(&seen, (1, ""), None, &counter).await.unwrap();
        }
        site.app.variance_resolve(&seen, Resolution::Miscounted, &actor()).await.unwrap();
        site.app.loss_found(&short, None, &actor()).await.unwrap();
        let told = site.app.unit_history(&viewer(), "truck", &missing).await.unwrap();
        assert!(told.iter().any(|one| one.what == muster_app::unit::Happened::Found), "{told:?}");
        assert_eq!(site.held("O-2", AccountPurpose::OnHand, "H").await, 3);
        site.verifies().await;
    }
}
