//! Goods that turn up at another place than they were sent to are not lost: whoever keeps that place says so, and they go on from there.

use muster_app::{
    Actor, Error,
    interchange::mission::Source,
    storage::transfer::tell::Filter,
    transfer::{
        custody::{Circumstances, Conveyance},
        packing::NewHandlingUnit,
        proposal::Ahead,
        repacking::{Load, Onto},
    },
};
use muster_domain::{
    consignment::{ConsignmentState, HandlingUnitKind, Milestone},
    ledger::account::AccountPurpose,
    requirement::RequirementState,
    role::Role,
};
use muster_testkit::database::ENGINES;

use crate::{
    beyond::{state, to_hub},
    small::{Site, actor, viewer},
    transfer::{all_there, of_plan, planned_of},
};

/// The hub and the works are kept by two operators.
fn kept(name: &str, text: &str) -> String {
    match name {
        "parties.csv" => format!("{text}\nOP,Operator,operator,POL,,test,yes\nOW,Works,operator,POL,,test,yes"),
        "places.csv" => text
            .replace("H,Hub,hub,POL,,51,22,,,,", "H,Hub,hub,POL,,51,22,,,OP,")
            .replace("W,Works,repair,POL,,51,21,,,,", "W,Works,repair,POL,,51,21,,,OW,"),
        _ => text.to_owned(),
    }
}

impl Site {
    async fn turned_up(&self, at: (&str, &str), who: &Actor) -> Result<String, Error> {
        let remark = "fell off the train at Works";
        self.app.consignment_turned_up(at, None, remark, who).await.map(|code| code.to_string())
    }
}

#[tokio::test]
async fn what_turns_up_elsewhere_is_in_the_keeping_of_who_found_it_and_goes_on_from_there() {
    for engine in ENGINES {
        let (site, vests, _) = planned_of(engine, kept).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let hub = site.member("hub", "OP", Role::HubOperator).await;
        let works = site.member("works", "OW", Role::HubOperator).await;
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        assert!(site.app.consignment_shown(&works.viewer, &code).await.is_err(), "nobody sent it there");
        // Whoever keeps neither place may not, an exact code is needed, and what is right is an arrival.
        let other = site.member("other", "UKR", Role::HubOperator).await;
        for (at, who, said) in [
            (("W", code.as_str()), &other, "denied"),
            (("W", code.as_str()), &hub, "denied"),
            (("W", &code[..code.len() - 1]), &works, "turned-up-nothing"),
            (("W", "000000000000000000"), &works, "turned-up-nothing"),
            (("H", code.as_str()), &hub, "turned-up-right"),
        ] {
            let refused = site.turned_up(at, who).await.unwrap_err();
            let told = refused.to_string();
            // Who does not even see the place is told so.
            let denied = matches!(refused, Error::Denied(_) | Error::NotFound { what: "place", .. });
            assert!(if said == "denied" { denied } else { told.contains(said) }, "{at:?} {said}: {refused:?}");
        }
        let silent = site.app.consignment_turned_up(("W", &code), None, " ", &works).await.unwrap_err().to_string();
        assert!(silent.contains("remark"), "{silent}");
        let keyed = Actor { key: Some("found".into()), ..works.clone() };
        assert_eq!(site.turned_up(("W", &code), &keyed).await.unwrap(), code);
        assert_eq!(site.turned_up(("W", &code), &keyed).await.unwrap(), code, "once");
        let again = site.turned_up(("W", &code), &works).await.unwrap_err().to_string();
        assert!(again.contains("turned-up-nothing"), "{again}");

        let shown = site.app.consignment_shown(&works.viewer, &code).await.unwrap();
        let route: Vec<&str> = shown.head.route.iter().map(|lane| lane.as_str()).collect();
        assert_eq!((shown.head.state, shown.head.place.as_str()), (ConsignmentState::AtNode, "W"));
        assert_eq!((shown.head.sent_to.as_ref().map(|place| place.as_str()), route), (Some("H"), vec!["D-H", "W-P"]));
        let last = shown.milestones.last().unwrap();
        assert_eq!((last.kind, last.place.as_str()), (Milestone::ArrivedAtNode, "W"));
        assert_eq!(shown.holder.as_str(), "OW");
        for (purpose, place, units) in
            [(AccountPurpose::OnHand, "W", 300), (AccountPurpose::InTransit, "H", 0), (AccountPurpose::OnHand, "H", 0)]
        {
            assert_eq!(site.held("O-1", purpose, place).await, units, "{purpose} {place}");
        }
        // Its donor sees it among what needs attention; its need is served as before.
        let late = Filter { late_at: Some(site.app.now()), ..Filter::default() };
        assert_eq!(site.app.consignments(&japan.viewer, &late, 10).await.unwrap().len(), 1);
        assert_eq!(site.open_of("O-1").await, 300);
        assert_eq!(state(&site, "R-1").await, RequirementState::Matched);
        assert!(
            site.app.proposals(&viewer(), "H", &Ahead::default()).await.unwrap().found.is_empty(),
            "nothing lies there"
        );

        let on = Conveyance { carrier: "C".into(), conveyance: "PL 2".into(), ..Conveyance::default() };
        let plain = Circumstances::default();
        let clear = Circumstances { overrides: vec![muster_domain::gate::Gate::Clearance], ..Circumstances::default() };
        let refused = site.app.consignment_depart(&code, &on, &plain, &hub).await.unwrap_err();
        assert!(matches!(refused, Error::Denied(_)), "it is not in the hub's hands: {refused:?}");
        site.app.consignment_depart(&code, &on, &clear, &actor()).await.unwrap();
        let head = site.app.consignment_shown(&viewer(), &code).await.unwrap().head;
        assert_eq!((head.sent_to, head.place.as_str()), (None, "P"));
        site.arrive(&code, &all_there()).await;
        site.app.consignment_receive(&code, &all_there(), &plain, &actor()).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 300);
        assert_eq!(state(&site, "R-1").await, RequirementState::Fulfilled);
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_pallet_that_turns_up_elsewhere_is_a_consignment_of_its_own_and_the_rest_goes_its_way() {
    for engine in ENGINES {
        let (site, vests, _) = planned_of(engine, kept).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        let new = NewHandlingUnit {
            sscc: String::new(),
            kind: HandlingUnitKind::Pallet,
            gross_kg: None,
            seal: String::new(),
        };
        let some = [Load { line: 1, quantity: Some(100), ..Load::default() }];
        let sscc = site.app.consignment_repack(&code, (None, &Onto::New(new)), &some, &actor()).await.unwrap().unwrap();
        site.ready(&code).await;
        site.depart(&code).await;
        let works = site.member("works", "OW", Role::HubOperator).await;
        let part = site.turned_up(("W", &sscc), &works).await.unwrap();
        assert_ne!(part, code);
        assert!(site.app.consignment_shown(&works.viewer, &code).await.is_err(), "the rest is none of theirs");
        let shown = site.app.consignment_shown(&works.viewer, &part).await.unwrap();
        assert_eq!((shown.lines[0].present, shown.head.place.as_str()), (100, "W"));
        assert_eq!(shown.handling_units[0].sscc, sscc);
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "H").await, 200);
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "W").await, 100);
        assert_eq!(site.open_of("O-1").await, 300);
        let all = site.arrive(&code, &all_there()).await;
        assert!(all.variances.is_empty(), "200 were stated by then");
        for code in [&code, &part] {
            site.depart(code).await;
            site.arrive(code, &all_there()).await;
            let done = site.app.consignment_receive(code, &all_there(), &Circumstances::default(), &actor()).await;
            done.unwrap();
        }
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 300);
        assert_eq!(state(&site, "R-1").await, RequirementState::Fulfilled);
        site.verifies().await;
    }
}

#[tokio::test]
async fn where_nothing_leads_on_it_waits_for_who_may_send_it_elsewhere() {
    for engine in ENGINES {
        let (site, vests, _) = planned_of(engine, |name, text| match name {
            "lanes.csv" => {
                text.replace("W-P,W,P,road,3,20,2.5,,test,yes", "W-D,W,D,road,3,20,2.5,,test,yes")
                    + "\nD-X,D,X,road,1,20,2.5,,test,yes"
            }
            "places.csv" => kept(name, text) + "\nX,Yard,hub,POL,,51,20,,,OW,test,yes",
            _ => kept(name, text),
        })
        .await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let works = site.member("works", "OW", Role::HubOperator).await;
        site.turned_up(("X", &code), &works).await.unwrap();
        assert_eq!(site.open_of("O-1").await, 0, "nothing is promised by a way that is not there");
        assert_ne!(state(&site, "R-1").await, RequirementState::Matched);
        let stock = site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &works).await;
        assert!(stock.unwrap_err().to_string().contains("consignment-not-at-end"), "it is no stock of who found it");
        let lane = "code,from,to,mode,transit_days,capacity_t,cost_per_t,forbids,source,fictional
X-P,X,P,road,3,20,2.5,,test,yes";
        assert_eq!(site.import(vec![Source { name: "lanes.csv".into(), bytes: lane.into() }]).await.issues, vec![]);
        let elsewhere = site.app.consignment_redirect(&code, ("P", &[], Some("R-1")), &works).await.unwrap_err();
        assert!(matches!(elsewhere, Error::Denied(_)), "{elsewhere:?}");
        site.app.consignment_redirect(&code, ("P", &[], Some("R-1")), &actor()).await.unwrap();
        assert_eq!(state(&site, "R-1").await, RequirementState::Matched);
        let head = site.app.consignment_shown(&viewer(), &code).await.unwrap().head;
        assert_eq!((head.sent_to, head.destination.as_str()), (None, "P"));
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 300);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_its_plan_was_to_do_after_the_hub_is_promised_from_where_it_turned_up() {
    for engine in ENGINES {
        let (site, vests, _) = planned_of(engine, kept).await;
        let code = to_hub(&site, vests, 100).await;
        let works = site.member("works", "OW", Role::HubOperator).await;
        site.turned_up(("W", &code), &works).await.unwrap();
        let head = site.app.consignment_shown(&viewer(), &code).await.unwrap().head;
        assert_eq!((head.destination.as_str(), head.consignee.as_str()), ("P", "UNIT"));
        assert_eq!((site.open_of("O-1").await, state(&site, "R-1").await), (300, RequirementState::Matched));
        assert!(site.app.proposals(&viewer(), "H", &Ahead::default()).await.unwrap().found.is_empty());
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 100);
        site.verifies().await;
    }
}
