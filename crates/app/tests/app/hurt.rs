//! What was kept apart as damaged was not: it is with its line again, or stock of the place, and everybody is told that it was said wrongly.

use muster_app::transfer::{
    custody::Circumstances,
    inspecting::Finding,
    making::{New, NewLine},
    parting::SomeOf,
};
use muster_domain::{
    consignment::{Condition, ConsignmentState, Seen},
    ledger::account::AccountPurpose,
    variance::Resolution,
};
use muster_testkit::database::ENGINES;

use crate::{
    epcis::{own, steps},
    repair::says,
    small::{Site, actor, viewer},
    transfer::{all_there, counted, of_plan, planned},
};

/// A consignment of a hundred vests that comes to its end at the hub.
async fn to_stock(site: &Site) -> String {
    let lines = vec![NewLine::Offer { offer: "O-1".into(), quantity: 100, need: None }];
    let new = New { from: "D".into(), to: Some("H".into()), lines, ..New::default() };
    let code = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
    site.ready(&code).await;
    site.depart(&code).await;
    code
}

async fn miscounted(site: &Site, variance: &str) {
    site.app.variance_resolve(variance, Resolution::Miscounted, &actor()).await.unwrap();
}

async fn free(site: &Site) -> i64 {
    site.app.stock(&viewer(), "H", None, 10).await.unwrap().found.iter().map(|(_, units)| units).sum()
}

#[tokio::test]
async fn what_was_not_hurt_is_in_its_line_again_where_that_has_come_to_its_end() {
    for engine in ENGINES {
        let (site, ..) = planned(engine).await;
        let code = to_stock(&site).await;
        let damaged = site.arrive(&code, &counted(1, 90, 10)).await.variances[0].to_string();
        let four = SomeOf { quantity: Some(4), ..SomeOf::default() };
        site.app.variance_resolve_some(&damaged, &four, Resolution::Miscounted, &actor()).await.unwrap();
        let line = async || site.app.consignment_shown(&viewer(), &code).await.unwrap().lines[0].clone();
        assert_eq!(line().await.present, 94);
        assert_eq!(site.held("O-1", AccountPurpose::Quarantine, "H").await, 6);
        miscounted(&site, &damaged).await;
        assert_eq!(line().await.present, 100);
        assert_eq!(site.held("O-1", AccountPurpose::Quarantine, "H").await, 0);
        assert_eq!((site.held("O-1", AccountPurpose::OnHand, "H").await, free(&site).await), (100, 0));
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(free(&site).await, 100);
        let again = site.app.variance_resolve(&damaged, Resolution::Miscounted, &actor()).await;
        says(again, "changed-meanwhile");
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_was_not_hurt_is_stock_where_the_rest_goes_on_or_nothing_was_left() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let damaged = site.arrive(&code, &counted(1, 295, 5)).await.variances[0].to_string();
        assert_eq!((site.open_of("O-1").await, free(&site).await), (295, 0));
        miscounted(&site, &damaged).await;
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 300);
        assert_eq!((site.open_of("O-1").await, free(&site).await), (295, 5), "nothing is promised of them any more");
        site.depart(&code).await;
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "P").await, 295);
        site.arrive(&code, &all_there()).await;
        // All of a line was said to be hurt: its consignment was over.
        let (serials, lots, remark) = (Vec::new(), Vec::new(), "wet".to_owned());
        let all = Finding { line: 1, seen: Seen::from(Condition::Damaged), quantity: None, serials, lots, remark };
        let done = site.app.consignment_inspect(&code, &[all], &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(site.state(&code).await, ConsignmentState::Closed);
        miscounted(&site, done.variances[0].as_str()).await;
        assert_eq!(site.state(&code).await, ConsignmentState::Closed);
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "P").await, 295);
        assert_eq!(site.held("O-1", AccountPurpose::Quarantine, "P").await, 0);
        site.verifies().await;
    }
}

#[tokio::test]
async fn partners_are_told_that_the_damage_was_told_wrongly() {
    for engine in ENGINES {
        let (site, ..) = planned(engine).await;
        let code = to_stock(&site).await;
        let damaged = site.arrive(&code, &counted(1, 90, 10)).await.variances[0].to_string();
        let before = own(&site.app, &[]).await;
        let told = before.last().unwrap();
        assert_eq!(steps(std::slice::from_ref(told)), ["inspecting"]);
        let later = site.at("2026-09-17T08:00:00Z").await;
        let four = SomeOf { quantity: Some(4), ..SomeOf::default() };
        later.variance_resolve_some(&damaged, &four, Resolution::Miscounted, &actor()).await.unwrap();
        let later = site.at("2026-09-18T08:00:00Z").await;
        later.variance_resolve(&damaged, Resolution::Miscounted, &actor()).await.unwrap();
        let now = own(&site.app, &[]).await;
        assert_eq!(now[..before.len()], before);
        let [right, hurt, wrong, all, again] = &now[before.len()..] else { panic!("{now:?}") };
        let said = |event: &muster_app::interchange::epcis::event::Event| {
            let quantity = event.quantities[0].quantity.as_ref().unwrap().as_str().to_owned();
            let disposition = event.disposition.as_ref().unwrap().uri().rsplit('-').next().unwrap().to_owned();
            (quantity, disposition)
        };
        let expected = [("4", "conformant"), ("6", "damaged"), ("10", "damaged"), ("10", "conformant")];
        let expected = expected.map(|(quantity, disposition)| (quantity.to_owned(), disposition.to_owned()));
        assert_eq!([right, hurt, wrong, all].map(said), expected);
        assert_eq!((&wrong.id, &again.id), (&told.id, &told.id), "the declarations have the id of the event");
        let by =
            |event: &muster_app::interchange::epcis::event::Event| event.error.as_ref().unwrap().corrective.clone();
        assert_eq!(by(wrong), [right.id.clone().unwrap(), hurt.id.clone().unwrap()]);
        assert_eq!(by(again), [all.id.clone().unwrap()]);
        site.verifies().await;
    }
}
