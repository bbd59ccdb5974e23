//! What is free to be sent, and what of it serves a need: nothing is sent twice, nothing comes out of an offer twice, and a need is fulfilled by
//! what it asks for alone.

use muster_app::{
    App, Error,
    storage::ledger::read::AccountFilter,
    transfer::{
        custody::Circumstances,
        making::{New, NewLine},
        packing::{Packed, PackedUnit},
    },
};
use muster_domain::{
    consignment::{Condition, ConsignmentState},
    ledger::account::AccountPurpose,
    role::Role,
};
use muster_testkit::database::ENGINES;

use crate::{
    beyond::state,
    documents::{lending, offered},
    redirection::way_back,
    repair::says,
    small::{Site, actor, viewer},
    transfer::{all_there, of_plan, planned, planned_of},
};

impl Site {
    /// Stock that can be sent from a place: account and units.
    async fn stock_at(&self, place: &str) -> Vec<(String, i64)> {
        let stock = self.app.stock(&viewer(), place, None, 1_000).await.unwrap();
        stock.found.into_iter().map(|(account, units)| (account.to_string(), units)).collect()
    }

    async fn receive(&self, code: &str) {
        self.app.consignment_receive(code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
    }

    async fn from(&self, place: &str, lines: Vec<NewLine>) -> Result<String, Error> {
        let new = New { from: place.into(), lines, ..New::default() };
        self.app.consignment_make(&new, &actor()).await.map(|code| code.to_string())
    }
}

fn of_stock(account: &str, quantity: i64, need: Option<&str>) -> NewLine {
    NewLine::Stock { account: account.into(), quantity, need: need.map(str::to_owned), serials: vec![] }
}

#[tokio::test]
async fn a_plans_line_gives_what_it_has_once_however_often_it_is_named() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let twice = vec![of_plan(vests, Some(200)), of_plan(vests, Some(200))];
        says(site.from("D", twice).await, "consignment-line-too-much");
        let code = site.from("D", vec![of_plan(vests, Some(200)), of_plan(vests, None)]).await.unwrap();
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        assert_eq!(shown.lines.iter().map(|line| line.present).collect::<Vec<_>>(), [200, 100]);
        says(site.from("D", vec![of_plan(vests, None)]).await, "consignment-line-not-there");
    }
}

#[tokio::test]
async fn two_at_once_take_no_more_of_a_plan_than_there_is() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let make = || site.from("D", vec![of_plan(vests, Some(200))]);
        let (one, two) = tokio::join!(make(), make());
        assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|made| **made).count(), 1, "{one:?} {two:?}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_need_is_fulfilled_by_what_it_asks_for_alone() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        // Three hundred vests are no five trucks.
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        let before = state(&site, "R-3").await;
        let sent = site.app.consignment_redirect(&code, ("P", &[], Some("R-3")), &actor()).await;
        if sent.is_ok() {
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
            site.receive(&code).await;
        }
        assert_eq!(state(&site, "R-3").await, before);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_came_back_to_its_donors_place_comes_out_of_its_offer_once() {
    for engine in ENGINES {
        let (site, _, _) = planned(engine).await;
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        let code = site.consigned("P", vec![offered("O-1", 10, None)]).await;
        site.ready(&code).await;
        let lanes = ["D-H", "H-P"].map(str::to_owned);
        for (to, on) in [("H", Some(("D", &[][..]))), ("D", Some(("P", &lanes[..]))), ("H", None)] {
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
            assert_eq!(site.held("O-1", AccountPurpose::OnHand, to).await, 10, "at {to}");
            if let Some((on, lanes)) = on {
                site.app.consignment_redirect(&code, (on, lanes, None), &actor()).await.unwrap();
            }
        }
        assert_eq!(
            site.held("O-1", AccountPurpose::OnHand, "D").await,
            0,
            "nothing more came out of the donor's stock"
        );
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_a_consignment_brought_is_stock_once_it_was_taken_in() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        let code = site.make(vec![of_plan(vests, Some(50))]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap();
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        assert_eq!(site.stock_at("D").await, []);
        let filter =
            AccountFilter { purpose: Some(AccountPurpose::OnHand), place: Some("D".into()), ..Default::default() };
        let held = site.app.accounts(&viewer(), &filter, App::as_of(None, None), 0, 100).await.unwrap();
        let account = held.iter().find(|(.., balance)| balance.posted == 50).unwrap().1.to_string();
        says(site.from("D", vec![of_stock(&account, 10, Some("R-1"))]).await, "consignment-stock-too-much");
        site.receive(&code).await;
        assert_eq!(site.stock_at("D").await, [(account.clone(), 50)]);
        let twice = vec![of_stock(&account, 30, Some("R-1")), of_stock(&account, 30, Some("R-1"))];
        says(site.from("D", twice).await, "consignment-stock-too-much");
        site.from("D", vec![of_stock(&account, 30, Some("R-1")), of_stock(&account, 20, Some("R-1"))]).await.unwrap();
        site.verifies().await;
    }
}

#[tokio::test]
async fn stock_where_its_unit_is_is_received_there() {
    for engine in ENGINES {
        let (site, _, _) = planned(engine).await;
        let new =
            New { from: "D".into(), to: Some("P".into()), lines: vec![offered("O-1", 10, None)], ..New::default() };
        let code = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
        site.ready(&code).await;
        for _ in 0..2 {
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
        }
        site.receive(&code).await;
        let stock = site.stock_at("P").await;
        assert_eq!(stock.len(), 1);
        let account = stock[0].0.as_str();
        says(site.from("P", vec![of_stock(account, 10, None)]).await, "consignment-whither");
        let code = site.from("P", vec![of_stock(account, 10, Some("R-1"))]).await.unwrap();
        assert_eq!(site.state(&code).await, ConsignmentState::AtNode);
        site.receive(&code).await;
        assert_eq!(site.state(&code).await, ConsignmentState::Closed);
        assert_eq!(site.stock_at("P").await, []);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_has_left_is_packed_otherwise_and_stays_the_same_units() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        site.ready(&code).await;
        for _ in 0..2 {
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
        }
        let pack = async |serials: &[&str]| {
            let unit = |serial: &&str| PackedUnit {
                lot: String::new(),
                serial: (*serial).to_owned(),
                quantity: 1,
                sscc: String::new(),
            };
            let units = Some(serials.iter().map(unit).collect());
            let line = Packed { line: 1, units, condition: Some(Condition::Serviceable), remark: None };
            site.app.consignment_pack(&code, &[line], &actor()).await
        };
        for wrong in [&[][..], &["T1-1", "T1-2"], &["T1-1", "T1-2", "T1-9"]] {
            says(pack(wrong).await, "packed-otherwise");
        }
        pack(&["T1-3", "T1-2", "T1-1"]).await.unwrap();
        site.receive(&code).await;
        assert_eq!(site.held("O-2", AccountPurpose::InService, "P").await, 3);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_lent_stays_the_lenders_also_out_of_stock() {
    for engine in ENGINES {
        let site = lending(engine).await;
        let lent = site.consigned("H", vec![offered("O-6", 2, None)]).await;
        site.prepared(&lent, "L").await;
        site.depart(&lent).await;
        site.arrive(&lent, &all_there()).await;
        site.receive(&lent).await;
        let stock = site.stock_at("H").await;
        let code = site.from("H", vec![of_stock(&stock[0].0, 2, Some("R-3"))]).await.unwrap();
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        site.receive(&code).await;
        assert_eq!(site.whose_in_service().await, [("POL".to_owned(), "UNIT".to_owned())]);
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_join_shows_nobody_what_others_gave_and_who_comes_to_handle_it_sees_all() {
    for engine in ENGINES {
        let change = |name: &str, text: &str| match name {
            // Poland keeps the works, to which the goods are sent in the end.
            "places.csv" => text
                .replace("H,Hub,hub,POL,,51,22,,,,", "H,Hub,hub,POL,,51,22,,,UKR,")
                .replace("W,Works,repair,POL,,51,21,,,,", "W,Works,repair,POL,,51,21,,,POL,"),
            "lanes.csv" => format!("{text}\nH-W,H,W,road,1,20,2.5,,test,yes"),
            _ => text.to_owned(),
        };
        let (site, vests, trucks) = planned_of(engine, change).await;
        let mut codes = Vec::new();
        for line in [vests, trucks] {
            let code = site.make(vec![of_plan(line, None)]).await;
            site.ready(&code).await;
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
            codes.push(code);
        }
        let code = codes.remove(0);
        let poland = site.member("poland", "POL", Role::HubOperator).await;
        let sees = async || {
            let shown = site.app.consignment_shown(&poland.viewer, &code).await.unwrap();
            shown.lines.iter().map(|line| line.resource.to_string()).collect::<Vec<_>>()
        };
        site.app.consignment_join(&code, &codes, &actor()).await.unwrap();
        assert_eq!(sees().await, ["truck"], "Poland's own");
        let shown = site.app.consignment_shown(&poland.viewer, &code).await.unwrap();
        assert!(shown.milestones.iter().all(|reached| reached.remark.is_empty()));
        site.app.consignment_redirect(&code, ("W", &[], None), &actor()).await.unwrap();
        assert_eq!(sees().await, ["vest", "truck"], "whoever is to count it sees it");
    }
}
