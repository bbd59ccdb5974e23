//! In whose hands goods are, when they came there, and who may do what with them.

use jiff::SignedDuration;
use muster_app::{
    Actor, Error,
    interchange::mission::Source,
    transfer::{
        custody::{Circumstances, Conveyance},
        disposal::NewDisposal,
        making::{New, NewLine},
        packing::NewHandlingUnit,
        part::LinePart,
    },
};
use muster_domain::{consignment::HandlingUnitKind, gate::Gate, role::Role};
use muster_testkit::database::ENGINES;

use crate::{
    beyond::to_hub,
    loss::loss,
    redirection::way_back,
    repair::says,
    small::{actor, site, viewer},
    transfer::{all_there, counted, of_plan, planned, planned_of},
};

/// An operator keeps the hub.
fn kept(name: &str, text: &str) -> String {
    match name {
        "parties.csv" => format!("{text}\nOP,Operator,operator,POL,,test,yes"),
        "places.csv" => text.replace("H,Hub,hub,POL,,51,22,,,,", "H,Hub,hub,POL,,51,22,,,OP,"),
        _ => text.to_owned(),
    }
}

#[tokio::test]
async fn only_whose_goods_they_are_gives_them_away_and_only_whose_they_are_then_sends_them_elsewhere() {
    for engine in ENGINES {
        let (site, vests, _) = planned_of(engine, kept).await;
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        let code = to_hub(&site, vests, 100).await;
        site.arrive(&code, &all_there()).await;
        let hub = site.member("hub", "OP", Role::HubOperator).await;
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        let title =
            async |who: &Actor| site.app.consignment_transfer_title(&code, &Circumstances::default(), who).await;
        let taken = title(&hub).await;
        assert!(matches!(taken, Err(Error::Denied(_))), "{taken:?}");
        let ukraine = site.member("ukraine", "UKR", Role::RequirementsOfficer).await;
        let may = async |who: &Actor| {
            let shown = site.app.consignment_shown(&who.viewer, &code).await.unwrap();
            (shown.gives, shown.sends_on)
        };
        assert_eq!((may(&hub).await, may(&japan).await), ((false, false), (true, true)));
        title(&japan).await.unwrap();
        let home = async |who: &Actor| site.app.consignment_redirect(&code, ("D", &[], None), who).await;
        let taken = home(&japan).await;
        assert!(matches!(taken, Err(Error::Denied(_))), "{taken:?}");
        assert_eq!((may(&japan).await, may(&ukraine).await), ((false, false), (false, true)));
        home(&ukraine).await.unwrap();
        site.verifies().await;
    }
}

#[tokio::test]
async fn who_keeps_a_place_on_the_new_way_sees_what_comes_by_it() {
    for engine in ENGINES {
        let change = |name: &str, text: &str| match name {
            "places.csv" => text.replace("W,Works,repair,POL,,51,21,,,,", "W,Works,repair,POL,,51,21,,,OP,"),
            "lanes.csv" => format!("{text}\nH-W,H,W,road,1,20,2.5,,test,yes"),
            "parties.csv" => kept(name, text),
            _ => text.to_owned(),
        };
        let (site, vests, _) = planned_of(engine, change).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        let works = site.member("works", "OP", Role::HubOperator).await;
        let unseen = site.app.consignment_shown(&works.viewer, &code).await;
        assert!(matches!(unseen, Err(Error::NotFound { .. })));
        let lanes = ["H-W", "W-P"].map(str::to_owned);
        site.app.consignment_redirect(&code, ("P", &lanes, Some("R-1")), &actor()).await.unwrap();
        site.depart(&code).await;
        site.app.consignment_arrive(&code, &all_there(), &Circumstances::default(), &works).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_happened_to_a_consignment_before_it_last_changed_hands() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let arrive = async |earlier: SignedDuration| {
            let at = Some(site.app.now() - earlier);
            let how = Circumstances { at, ..Circumstances::default() };
            site.app.consignment_arrive(&code, &all_there(), &how, &actor()).await
        };
        says(arrive(SignedDuration::from_hours(1)).await, "milestone-early");
        // Two clocks, or one that tells minutes, may differ by a little.
        arrive(SignedDuration::from_mins(1)).await.unwrap();
        // What is parted off came with the rest.
        let part = site.app.consignment_split(&code, &[LinePart::of(1, 30)], &[], &actor()).await.unwrap().to_string();
        let early =
            Circumstances { at: Some(site.app.now() - SignedDuration::from_hours(1)), ..Circumstances::default() };
        let on = Conveyance { carrier: "Carrier".into(), conveyance: "PL 2".into(), ..Conveyance::default() };
        says(site.app.consignment_depart(&part, &on, &early, &actor()).await, "milestone-early");
    }
}

#[tokio::test]
async fn a_conveyance_takes_the_next_lane_only_from_where_it_is_by_its_mode_and_for_who_knows_of_it() {
    for engine in ENGINES {
        let (site, vests, trucks) = planned(engine).await;
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        let truck = site.make(vec![of_plan(trucks, None)]).await;
        site.ready(&truck).await;
        let movement = site.depart(&truck).await.movement.unwrap().to_string();
        let authority = Circumstances { overrides: vec![Gate::Clearance], ..Circumstances::default() };
        let on = Conveyance { movement, ..Conveyance::default() };
        let departs = async |code: &str, who: &Actor| site.app.consignment_depart(code, &on, &authority, who).await;
        let other = site.make(vec![of_plan(vests, Some(100))]).await;
        site.ready(&other).await;
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        let unknown = departs(&other, &japan).await;
        assert!(matches!(unknown, Err(Error::NotFound { what: "movement", .. })), "{unknown:?}");
        site.arrive(&truck, &all_there()).await;
        says(departs(&other, &actor()).await, "movement-at-other-place");
        says(departs(&truck, &actor()).await, "movement-other-mode");
        // By road from where it is it goes on.
        site.app.consignment_redirect(&truck, ("D", &[], None), &actor()).await.unwrap();
        departs(&truck, &actor()).await.unwrap();
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_is_told_so() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let keyed = Actor { key: Some("k".into()), ..actor() };
        let first = site.make(vec![of_plan(vests, Some(100))]).await;
        let second = site.make(vec![of_plan(vests, Some(100))]).await;
        site.ready(&first).await;
        let on = Conveyance { carrier: "Carrier".into(), conveyance: "PL 1".into(), ..Conveyance::default() };
        let authority = Circumstances { overrides: vec![Gate::Clearance], ..Circumstances::default() };
        let depart = async || site.app.consignment_depart(&first, &on, &authority, &keyed).await;
        depart().await.unwrap();
        assert!(depart().await.unwrap().repeated);
        says(site.app.consignment_cancel(&second, &keyed).await, "key-used");
        let arrived = site.app.consignment_arrive(&first, &all_there(), &Circumstances::default(), &keyed).await;
        says(arrived, "key-used");
        let new = New { from: "D".into(), lines: vec![of_plan(vests, None)], ..New::default() };
        says(site.app.consignment_make(&new, &keyed).await, "key-used");
        // Nobody is told that a loss is reported, or a unit disposed of, that is not.
        says(site.app.lose(&loss("truck", "T-1"), &keyed).await, "key-used");
        let gone = NewDisposal { resource: "truck".into(), serial: "T-1".into(), ..NewDisposal::default() };
        says(site.app.dispose(&gone, &keyed).await, "key-used");
    }
}

#[tokio::test]
async fn a_handling_unit_stands_once_in_a_request() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        let sscc = "106141412345678908".to_owned();
        let pallet = NewHandlingUnit { sscc, kind: HandlingUnitKind::Pallet, gross_kg: None, seal: String::new() };
        let twice = [pallet.clone(), NewHandlingUnit { kind: HandlingUnitKind::Box, ..pallet.clone() }];
        says(site.app.handling_units(&code, &twice, &actor()).await, "sscc-twice");
        assert_eq!(site.app.handling_units(&code, &[pallet], &actor()).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_need_is_served_where_it_is() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        let line = || NewLine::Offer { offer: "O-1".into(), quantity: 10, need: Some("R-1".into()) };
        let way = |lanes: &[&str]| lanes.iter().map(|lane| (*lane).to_owned()).collect();
        let new = New { from: "D".into(), lines: vec![line()], route: way(&["D-H", "H-P"]), ..New::default() };
        let to_hub = New { route: way(&["D-H"]), ..new.clone() };
        says(site.app.consignment_make(&to_hub, &actor()).await, "need-elsewhere");
        let code = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        says(site.app.consignment_redirect(&code, ("D", &[], Some("R-1")), &actor()).await, "need-elsewhere");
    }
}

#[tokio::test]
async fn of_several_units_at_a_place_each_takes_over_its_own_and_misses_its_own() {
    for engine in ENGINES {
        let change = |name: &str, text: &str| match name {
            "parties.csv" => format!("{text}\nUNIT2,Second unit,unit,UKR,UKR,test,yes"),
            _ => text.to_owned(),
        };
        let (site, vests, _) = planned_of(engine, change).await;
        let needs =
            "code,unit,place,purpose,quantity,priority,due,expires,state,state_reason,justification,source,fictional
R-5,UNIT2,P,protection,50,1,2026-10-26,2026-11-16,validated,,,test,yes";
        let accepts = "requirement,resource,utility,source,fictional\nR-5,vest,1,test,yes";
        let source = |name: &str, text: &str| Source { name: name.into(), bytes: text.into() };
        let sources = vec![source("requirements.csv", needs), source("requirement_accepts.csv", accepts)];
        assert_eq!(site.import(sources).await.issues, vec![]);
        let way = ["D-H", "H-P"].map(str::to_owned).to_vec();
        let second = NewLine::Offer { offer: "O-1".into(), quantity: 50, need: Some("R-5".into()) };
        let lines = vec![of_plan(vests, Some(100)), second];
        let new = New { from: "D".into(), route: way, lines, ..New::default() };
        let code = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
        site.ready(&code).await;
        for _ in 0..2 {
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
        }
        let count = muster_app::transfer::count::Count { rest_as_stated: true, ..counted(1, 90, 0) };
        let receive =
            async |who: &Actor| site.app.consignment_receive(&code, &count, &Circumstances::default(), who).await;
        for unit in ["UNIT", "UNIT2"] {
            let own = site.member(&unit.to_lowercase(), unit, Role::RequirementsOfficer).await;
            let taken = receive(&own).await;
            assert!(matches!(taken, Err(Error::Denied(_))), "{unit} takes over what is another's: {taken:?}");
        }
        let done = receive(&actor()).await.unwrap();
        let short = site.app.variance(&viewer(), done.variances[0].as_str()).await.unwrap().variance;
        assert_eq!(short.holder.as_str(), "UNIT", "it was the first unit's line");
        site.verifies().await;
    }
}
