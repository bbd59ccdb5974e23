//! The works: parts that donors give, the order of work, and how long it took.

use jiff::ToSpan as _;
use muster_app::{
    Actor, Error,
    interchange::mission::Source,
    repair::{
        request::NewFault,
        sequence::{Ask, Sequence},
    },
    transfer::{
        custody::Circumstances,
        making::{New, NewLine},
    },
};
use muster_domain::{
    code::Code,
    message::Message,
    repair::{BlockingReason, Echelon, Urgency, WorkOrderState},
    requirement::RequirementState,
    role::Role,
    viewer::Viewer,
};
use muster_testkit::database::ENGINES;

use crate::{
    repair::{AT_WORKS, fault, release, says, triage, workshop},
    small::{actor, viewer},
    transfer::all_there,
};

#[tokio::test]
async fn a_donor_gives_a_part_straight_from_its_offer_and_the_works_uses_it() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        site.put("national_stock POL POL D - truck-u -", AT_WORKS, 1, "T-4").await;
        let code = app.fault_report(&fault("truck-u", "T-4"), &actor()).await.unwrap().to_string();
        app.work_order_triage(&code, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        app.work_order_induct(&code, None, &actor()).await.unwrap();
        app.work_order_diagnose(&code, ("gearbox", None), &actor()).await.unwrap();
        let raised = site.order(&code).await.parts[0].0.requirement.clone().unwrap();
        let from_offer = |from: &str, offer: &str, quantity, need: Option<&str>| New {
            from: from.into(),
            lines: vec![NewLine::Offer { offer: offer.into(), quantity, need: need.map(str::to_owned) }],
            ..New::default()
        };
        let for_it = |quantity| from_offer("D", "O-6", quantity, Some(raised.as_str()));
        let making = async |new: &New, by: &Actor| app.consignment_make(new, by).await;
        says(making(&for_it(2), &actor()).await, "misfit-need-not-open");
        app.transition("requirements", raised.as_str(), "validated", &actor()).await.unwrap();
        says(making(&from_offer("H", "O-6", 2, Some(raised.as_str())), &actor()).await, "consignment-offer-elsewhere");
        says(making(&from_offer("D", "O-4", 2, Some("R-1")), &actor()).await, "offer-not-committed");
        says(making(&from_offer("D", "O-6", 2, Some("R-1")), &actor()).await, "misfit-other");
        says(making(&from_offer("D", "O-1", 2, Some("R-2")), &actor()).await, "misfit-purpose");
        says(making(&from_offer("D", "O-6", 2, None), &actor()).await, "consignment-whither");
        says(making(&for_it(21), &actor()).await, "consignment-offer-left");
        let poland = site.member("poland", "POL", Role::DonorLiaison).await;
        assert!(making(&from_offer("D", "O-6", 2, None), &poland).await.is_err(), "it is Japan's to give");
        let there = New { to: Some("D".into()), ..from_offer("D", "O-6", 2, None) };
        says(making(&there, &actor()).await, "consignment-offer-there");
        // What other lines of the same consignment take is taken.
        let twice = New { lines: [&for_it(12).lines[..], &for_it(12).lines].concat(), ..for_it(1) };
        says(making(&twice, &actor()).await, "consignment-offer-left");
        // A package is not matched by one of its components, however many there are of it.
        let sheet = |name: &str, text: &str| Source { name: name.into(), bytes: text.as_bytes().to_vec() };
        let package = vec![
            sheet(
                "packages.csv",
                "code,name,unit,place,purpose,count,priority,due,expires,state,source,fictional\nK-1,Kit,UNIT,P,mobility,2,1,2026-10-26,2026-11-16,validated,test,yes",
            ),
            sheet(
                "package_components.csv",
                "package,resource,quantity,role,source,fictional\nK-1,spare,1,spares,test,yes\nK-1,truck,1,equipment,test,yes",
            ),
        ];
        assert_eq!(site.import(package).await.issues, vec![]);
        let kit = making(&from_offer("D", "O-6", 4, Some("K-1")), &actor()).await.unwrap().to_string();
        let state = async || app.picture(&viewer()).await.unwrap().packages["K-1"].state;
        assert_eq!(state().await, RequirementState::PartMatched);
        app.consignment_cancel(&kit, &actor()).await.unwrap();
        assert_eq!(state().await, RequirementState::Prioritised);
        // Of two who take the last at once, one is told.
        let last = New { to: Some("W".into()), ..from_offer("D", "O-6", 15, None) };
        let (one, other) = (actor(), actor());
        let both: [Result<Code, Error>; 2] = tokio::join!(making(&last, &one), making(&last, &other)).into();
        let made: Vec<&Code> = both.iter().flatten().collect();
        assert_eq!(made.len(), 1, "{both:?}");
        app.consignment_cancel(made[0].as_str(), &actor()).await.unwrap();
        // What was promised and given up is promised to nobody again.
        let left =
            async || app.unpromised(&viewer(), "D").await.unwrap().into_iter().find(|o| o.0.code.as_str() == "O-6");
        let given_up = making(&for_it(5), &actor()).await.unwrap().to_string();
        assert_eq!(left().await.unwrap().1, 15);
        app.consignment_cancel(&given_up, &actor()).await.unwrap();
        assert_eq!(left().await.unwrap().1, 20);
        let made = making(&for_it(2), &actor()).await.unwrap().to_string();
        assert_eq!(left().await.unwrap().1, 18);
        let shown = app.consignment_shown(&viewer(), &made).await.unwrap();
        assert_eq!(shown.head.route.iter().map(Code::as_str).collect::<Vec<_>>(), ["D-W"], "the quickest way");
        assert_eq!(shown.lines[0].offer.as_ref().unwrap().as_str(), "O-6");
        site.ready(&made).await;
        site.depart(&made).await;
        site.arrive(&made, &all_there()).await;
        app.consignment_receive(&made, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(site.has("in_service WKS UKR W - spare -").await, 2);
        let picture = app.picture(&viewer()).await.unwrap();
        assert_eq!(picture.requirements[raised.as_str()].state, RequirementState::Fulfilled);
        app.work_order_fetch(&code, &actor()).await.unwrap();
        assert_eq!(site.order_state(&code).await, WorkOrderState::Diagnosed);
        assert_eq!(site.has("in_service WKS UKR W - spare -").await, 0);
        site.verifies().await;
    }
}

#[tokio::test]
async fn the_order_of_work_of_a_shop_puts_what_is_urgent_first_and_waits_for_parts() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let ask = Ask { facility: "W".into(), seconds: 5.0, seed: 1 };
        let works = site.member("works", "WKS", Role::RepairFacility).await;
        let unit = site.member("unit", "UKR", Role::RequirementsOfficer).await;
        let nothing = app.repair_sequence(&ask, &works).await.unwrap();
        assert_eq!((nothing.placed.len(), nothing.unplaced.len(), nothing.solved.objective), (0, 0, Some(0)));
        assert!(matches!(app.repair_sequence(&ask, &unit).await, Err(Error::Denied(_))));
        says(app.repair_sequence(&Ask { seconds: 0.0, ..ask.clone() }, &works).await, "from-to");
        says(app.repair_sequence(&Ask { facility: "X".into(), ..ask.clone() }, &works).await, "place");
        // Two bays' worth of repairs at a time: one is in hand, one is critical, two are routine.
        let mut codes = Vec::new();
        for (serial, urgency) in [
            ("T-5", Urgency::Routine),
            ("T-6", Urgency::Routine),
            ("T-7", Urgency::Routine),
            ("T-8", Urgency::Critical),
        ] {
            site.put("national_stock POL POL D - truck-u -", AT_WORKS, 1, serial).await;
            let new = NewFault { urgency: Some(urgency), ..fault("truck-u", serial) };
            let code = app.fault_report(&new, &actor()).await.unwrap().to_string();
            app.work_order_triage(&code, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
            app.work_order_induct(&code, None, &actor()).await.unwrap();
            codes.push(code);
        }
        app.work_order_diagnose(&codes[0], ("oil", Some(&[])), &actor()).await.unwrap();
        app.work_order_start(&codes[0], None, &actor()).await.unwrap();
        let made = app.repair_sequence(&ask, &works).await.unwrap();
        assert_eq!(made.solved.status, "optimal");
        let of = |made: &Sequence, code: &str| made.placed.iter().find(|of| of.order.as_str() == code).cloned();
        let today = app.today();
        let [first, .., critical] = [0, 1, 2, 3].map(|n| of(&made, &codes[n]).unwrap());
        assert!(first.in_hand && first.end == today + 7.days(), "{first:?}");
        assert_eq!((critical.start, critical.late()), (today, None), "a bay is free for it at once");
        let starts: Vec<_> = [1, 2].map(|n| of(&made, &codes[n]).unwrap().start).into();
        assert_eq!(starts, [today + 7.days(); 2], "the others wait for a bay");
        // What lacks a part that nobody has promised is not in it; once it is promised, it is there the day after.
        app.work_order_diagnose(&codes[3], ("gearbox", None), &actor()).await.unwrap();
        let made = app.repair_sequence(&ask, &works).await.unwrap();
        assert!(of(&made, &codes[3]).is_none());
        assert_eq!(made.unplaced.len(), 1);
        assert!(made.unplaced[0].1.to_string().contains("sequence-no-part"), "{:?}", made.unplaced);
        let raised = site.order(&codes[3]).await.parts[0].0.requirement.clone().unwrap();
        app.transition("requirements", raised.as_str(), "validated", &actor()).await.unwrap();
        let given = New {
            from: "D".into(),
            lines: vec![NewLine::Offer { offer: "O-6".into(), quantity: 2, need: Some(raised.to_string()) }],
            ..New::default()
        };
        app.consignment_make(&given, &actor()).await.unwrap();
        let made = app.repair_sequence(&ask, &works).await.unwrap();
        let waits = of(&made, &codes[3]).unwrap();
        assert_eq!((waits.there, made.unplaced.len()), (Some(today + 2.days()), 0), "a day on the lane, and the next");
        assert_eq!(waits.start, today + 2.days());
        // What is withdrawn is not there.
        app.transition("requirements", raised.as_str(), "withdrawn", &actor()).await.unwrap();
        let made = app.repair_sequence(&ask, &works).await.unwrap();
        assert!(of(&made, &codes[3]).is_none());
        // What stands still for another reason is told.
        app.work_order_block(&codes[1], (BlockingReason::Price, "somebody", ""), &works).await.unwrap();
        let made = app.repair_sequence(&ask, &works).await.unwrap();
        let blocked = |(_, why): &(Code, Message)| why.to_string().contains("sequence-blocked");
        assert!(made.unplaced.iter().any(blocked), "{:?}", made.unplaced);
    }
}

#[tokio::test]
async fn plans_count_with_what_was_observed_once_it_is_accepted() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let works = site.member("works", "WKS", Role::RepairFacility).await;
        let manager = site.member("manager", "POL", Role::RepairManager).await;
        app.set_pin("135790", &Actor::new(Viewer::operator("works"), "my PIN")).await.unwrap();
        assert_eq!(app.observed(&viewer()).await.unwrap(), []);
        let code = site.diagnosed("T-4").await;
        app.work_order_start(&code, None, &works).await.unwrap();
        // Ten days pass in which nobody can go on: they are none of the work.
        app.work_order_block(&code, (BlockingReason::Tools, "WKS", ""), &works).await.unwrap();
        let app = &site.at("2026-09-26T12:00:00Z").await;
        app.work_order_unblock(&code, BlockingReason::Tools, &works).await.unwrap();
        app.work_order_test(&code, (true, "", ""), &works).await.unwrap();
        app.work_order_release(&code, &release("works", "135790", ""), &works).await.unwrap();
        let observed = app.observed(&manager.viewer).await.unwrap();
        let of = &observed[0];
        assert_eq!((of.process.as_str(), of.times, of.days(), of.planned), ("FIX", 1, 1, 7));
        says(app.observed_accept("FIX", (3, None), &manager).await, "observed-otherwise");
        assert!(matches!(app.observed_accept("SEW", (1, None), &manager).await, Err(Error::NotFound { .. })));
        assert!(matches!(
            app.observed_accept("FIX", (1, None), &works).await,
            Err(Error::Denied(_) | Error::NotFound { .. })
        ));
        app.observed_accept("FIX", (1, None), &manager).await.unwrap();
        let picture = app.picture(&viewer()).await.unwrap();
        assert_eq!(picture.processes["FIX"].duration_days, 1);
        assert_eq!(picture.needs("FIX").count(), 1, "its bill stays");
        assert!(!app.observed(&viewer()).await.unwrap()[0].differs());
        site.verifies().await;
    }
}
