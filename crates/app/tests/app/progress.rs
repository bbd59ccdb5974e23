//! An offer comes to a milestone by its consignments, once all of it has reached that.

use muster_app::transfer::{
    custody::Circumstances,
    making::{New, NewLine},
};
use muster_domain::{consignment::Milestone, offer::OfferState};
use muster_testkit::database::ENGINES;

use crate::{
    repair::says,
    small::{Site, actor, viewer},
    transfer::{all_there, of_plan, planned, planned_of},
};

impl Site {
    async fn offer_state(&self) -> OfferState {
        self.app.picture(&viewer()).await.unwrap().offers["O-1"].state
    }

    async fn come(&self, kind: Milestone) -> Option<i64> {
        let progress = self.app.offer_progress(&viewer(), "O-1").await.unwrap();
        assert_eq!(progress.offered, Some(500));
        progress.reached.into_iter().find(|(of, _)| *of == kind).map(|(_, units)| units)
    }
}

#[tokio::test]
async fn an_offer_that_was_left_behind_is_caught_up_when_a_server_begins() {
    for engine in ENGINES {
        let fewer = |name: &str, text: &str| match name {
            "offers.csv" => text.replace("O-1,JPN,goods,vest,500,", "O-1,JPN,goods,vest,300,"),
            _ => text.to_owned(),
        };
        let (site, vests, _) = planned_of(engine, fewer).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        assert_eq!(site.offer_state().await, OfferState::Departed);
        // As if the server had ended before it wrote so.
        for state in ["held", "consigned"] {
            assert_eq!(site.app.transition("offers", "O-1", state, &actor()).await.unwrap().issues, vec![]);
        }
        for _ in 0..2 {
            site.app.offers_catch_up(&actor()).await.unwrap();
            assert_eq!(site.offer_state().await, OfferState::Departed);
        }
        site.verifies().await;
    }
}

#[tokio::test]
async fn an_offer_follows_its_consignments_once_all_of_it_has_come_so_far_and_never_back() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let app = &site.app;
        let one = site.make(vec![of_plan(vests, None)]).await;
        let line = NewLine::Offer { offer: "O-1".into(), quantity: 200, need: None };
        let new = New { from: "D".into(), to: Some("H".into()), lines: vec![line], ..New::default() };
        let other = app.consignment_make(&new, &actor()).await.unwrap().to_string();
        assert_eq!((site.offer_state().await, site.come(Milestone::Readied).await), (OfferState::Allocated, None));
        site.ready(&one).await;
        assert_eq!((site.offer_state().await, site.come(Milestone::Readied).await), (OfferState::Allocated, Some(300)));
        // Nobody says by hand what its consignments say.
        says(app.transition("offers", "O-1", "departed", &actor()).await, "offer-follows");
        site.ready(&other).await;
        assert_eq!((site.offer_state().await, site.come(Milestone::Readied).await), (OfferState::Consigned, Some(500)));
        site.depart(&one).await;
        assert_eq!(site.offer_state().await, OfferState::Consigned);
        // What is parted off has left with the rest.
        site.depart(&other).await;
        assert_eq!((site.offer_state().await, site.come(Milestone::Departed).await), (OfferState::Departed, Some(500)));
        site.arrive(&one, &all_there()).await;
        site.arrive(&other, &all_there()).await;
        assert_eq!(site.offer_state().await, OfferState::ArrivedAtNode);
        // What goes on from there departs a second time, and takes the offer nowhere back; what is held stays held.
        site.depart(&one).await;
        assert_eq!(
            (site.offer_state().await, site.come(Milestone::Departed).await),
            (OfferState::ArrivedAtNode, Some(500))
        );
        assert_eq!(app.transition("offers", "O-1", "held", &actor()).await.unwrap().issues, vec![]);
        site.arrive(&one, &all_there()).await;
        app.consignment_receive(&one, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(site.offer_state().await, OfferState::Held);
        assert_eq!(app.transition("offers", "O-1", "arrived_at_node", &actor()).await.unwrap().issues, vec![]);
        assert_eq!(site.come(Milestone::ReceivedByUnit).await, Some(300), "the rest is stock of the hub");
        site.verifies().await;
    }
}
