//! Counts: what is found is what the books and the receipt say – which units, how many are hurt, and what nobody shipped.

use muster_app::{
    Actor,
    transfer::{
        count::{Count, Counted, CountedLot},
        custody::{Circumstances, Conveyance},
        handover::{Means, Signed, Signer},
        inspecting::Finding,
        packing::{Packed, PackedUnit},
        shown,
        unmanifested::{Named, Unmanifested},
    },
};
use muster_domain::{
    consignment::{Condition, Milestone, Seen},
    ledger::account::AccountPurpose,
    role::Role,
    variance::{Resolution, VarianceKind},
    viewer::Viewer,
};
use muster_storage::transfer::tell::VarianceFilter;
use muster_testkit::database::ENGINES;

use crate::{
    small::{Site, actor, viewer},
    transfer::{all_there, counted, of_plan, planned, planned_of},
};

impl Site {
    async fn first(&self, kind: VarianceKind) -> String {
        let all = self.app.variances(&viewer(), &VarianceFilter::default(), 10).await.unwrap();
        all.iter().find(|one| one.variance.kind == kind).unwrap().variance.code.to_string()
    }
}

fn by_serial(serials: &[&str], things: Vec<Unmanifested>) -> Count {
    let serials: Vec<String> = serials.iter().map(|serial| (*serial).to_owned()).collect();
    let received = serials.len() as i64;
    let line = Counted { line: 1, received, serials, ..Counted::default() };
    Count { lines: vec![line], rest_as_stated: false, unmanifested: things }
}

#[tokio::test]
async fn the_right_number_of_other_serial_numbers_is_not_what_was_shipped() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let at = |code: String, count| {
            let site = &site;
            async move { site.app.consignment_arrive(&code, &count, &Circumstances::default(), &actor()).await }
        };
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        let stated: Vec<&str> = shown.units.iter().map(|unit| unit.serial.as_str()).collect();
        let mut swapped = stated.clone();
        *swapped.last_mut().unwrap() = "Z-9";
        let refused = at(code.clone(), by_serial(&swapped, Vec::new())).await.unwrap_err().to_string();
        assert!(refused.contains("serial-not-here") && refused.contains("Z-9"), "{refused}");
        // It is counted with what came on no manifest, by its number.
        let named = |serials: &[&str]| Named {
            serials: serials.iter().map(|serial| (*serial).to_owned()).collect(),
            ..Named::default()
        };
        let thing = Unmanifested {
            description: "another truck".into(),
            quantity: 1,
            resource: "truck".into(),
            ..Unmanifested::default()
        };
        let rest = &stated[..stated.len() - 1];
        let nameless = at(code.clone(), by_serial(rest, vec![thing.clone()])).await.unwrap_err().to_string();
        assert!(nameless.contains("thing-by-serial"), "without its number it could never leave again: {nameless}");
        let two = Unmanifested { named: named(&["Z-9", "Z-8"]), ..thing.clone() };
        let two = at(code.clone(), by_serial(rest, vec![two])).await.unwrap_err().to_string();
        assert!(two.contains("serial-for-each"), "{two}");
        let thing = Unmanifested { named: named(&["Z-9"]), ..thing };
        let done = at(code.clone(), by_serial(rest, vec![thing])).await.unwrap();
        assert_eq!(done.variances.len(), 2);
        let (short, other) = (site.first(VarianceKind::Short).await, site.first(VarianceKind::Unmanifested).await);
        let units = site.app.variance(&viewer(), &short).await.unwrap().units;
        assert_eq!(units.iter().map(|unit| unit.serial.as_str()).collect::<Vec<_>>(), stated[stated.len() - 1..]);
        for name in ["one", "two"] {
            let counter = Actor::new(Viewer::operator(name), "count");
            site.app.variance_count(&other, (1, ""), None, &counter).await.unwrap();
        }
        site.app.variance_resolve(&other, Resolution::Accepted, &actor()).await.unwrap();
        let told = site.app.variance(&viewer(), &other).await.unwrap();
        let account = told.variance.account.unwrap();
        let stock = account.to_string().replace("quarantine", "on_hand");
        let new = muster_app::transfer::making::New {
            from: "H".into(),
            route: vec!["H-P".into()],
            lines: vec![muster_app::transfer::making::NewLine::Stock {
                account: stock,
                quantity: 1,
                need: None,
                serials: vec!["Z-9".into()],
            }],
            ..muster_app::transfer::making::New::default()
        };
        let made = site.app.consignment_make(&new, &actor()).await.unwrap();
        let units = site.app.consignment_shown(&viewer(), made.as_str()).await.unwrap().units;
        assert_eq!(
            units.iter().map(|unit| unit.serial.as_str()).collect::<Vec<_>>(),
            ["Z-9"],
            "and it can leave again"
        );
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_receipt_tells_apart_what_is_hurt_and_what_is_missing() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        for (name, party) in [("driver", "POL"), ("keeper", "UKR")] {
            site.hub_operator(name, party).await;
            let own = Actor::new(Viewer::operator(name), "my PIN");
            site.app.set_pin("135790", &own).await.unwrap();
        }
        let crate_ = Unmanifested { description: "a crate".into(), quantity: 2, ..Unmanifested::default() };
        let count = Count { unmanifested: vec![crate_], ..counted(1, 285, 5) };
        let milestone = Milestone::ArrivedAtNode;
        let text = site.app.handover_text(&viewer(), &code, milestone, &count, None).await.unwrap();
        let signer =
            |name: &str| Signer { name: name.into(), party: String::new(), means: Means::Pin("135790".into()) };
        let signed = |text: &str| Circumstances {
            signed: Some(Signed {
                from: signer("driver"),
                to: signer("keeper"),
                text: text.to_owned(),
                photos: Vec::new(),
            }),
            ..Circumstances::default()
        };
        // What keys sign tells of what is hurt and of what nobody shipped, too.
        for (from, to) in [(r#""damaged":5"#, r#""damaged":0"#), ("a crate", "a pallet")] {
            assert!(text.contains(from), "{text}");
            let wrong = signed(&text.replace(from, to));
            let refused = site.app.consignment_arrive(&code, &count, &wrong, &actor()).await.unwrap_err().to_string();
            assert!(refused.contains("signed-text-differs"), "{refused}");
        }
        let done = site.app.consignment_arrive(&code, &count, &signed(&text), &actor()).await.unwrap();
        let receipt = site.app.receipt(&viewer(), done.handover.unwrap().as_str()).await.unwrap();
        let line = &receipt["statement"]["lines"][0];
        let told = ["stated", "counted", "damaged", "short", "over"].map(|name| line[name].as_i64().unwrap());
        assert_eq!(told, [300, 285, 5, 10, 0]);
        assert_eq!(receipt["statement"]["unmanifested"][0]["description"], "a crate");
    }
}

#[tokio::test]
async fn who_counts_blind_is_not_told_how_many_there_are_and_the_books_take_what_was_counted() {
    for engine in ENGINES {
        for (agreed, left) in [(9, 9), (12, 12), (0, 0)] {
            let (site, vests, _) = planned(engine).await;
            let code = site.make(vec![of_plan(vests, None)]).await;
            site.ready(&code).await;
            site.depart(&code).await;
            // Ten too many are said to be there.
            site.arrive(&code, &counted(1, 310, 0)).await;
            let over = site.first(VarianceKind::Over).await;
            let holder = site.app.variance(&viewer(), &over).await.unwrap().variance.holder;
            let mut hands = Vec::new();
            for name in ["one", "two"] {
                hands.push(site.member(name, holder.as_str(), Role::HubOperator).await);
            }
            let told = site.app.variance(&hands[0].viewer, &over).await.unwrap();
            assert!(told.blind && shown::variance(&told, false)["quantity"].is_null());
            assert!(!site.app.variance(&viewer(), &over).await.unwrap().blind, "whoever has the database sees it");
            for hand in &hands {
                site.app.variance_count(&over, (agreed, ""), None, hand).await.unwrap();
            }
            assert!(!site.app.variance(&hands[1].viewer, &over).await.unwrap().blind, "now they may know");
            let accepted = site.app.variance_resolve(&over, Resolution::Accepted, &actor()).await;
            if agreed == 0 {
                assert!(accepted.unwrap_err().to_string().contains("nothing-to-take-in"));
                site.app.variance_resolve(&over, Resolution::Miscounted, &actor()).await.unwrap();
            } else {
                accepted.unwrap();
                assert_eq!(site.app.variance(&viewer(), &over).await.unwrap().variance.quantity, agreed);
            }
            assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 300 + left);
            assert_eq!(site.held("O-1", AccountPurpose::Quarantine, "H").await, 0);
            site.verifies().await;
        }
    }
}

#[tokio::test]
async fn who_counted_wrong_counts_again_as_long_as_no_two_agree() {
    for engine in ENGINES {
        let (site, ..) = planned(engine).await;
        let app = &site.app;
        let mut hands = Vec::new();
        for name in ["one", "two", "three"] {
            hands.push(site.member(name, "UKR", Role::HubOperator).await);
        }
        let [one, two, three] = hands.as_slice() else { panic!("{hands:?}") };
        let thing = Unmanifested { description: "a crate".into(), quantity: 40, ..Unmanifested::default() };
        let code = app.report_unmanifested("H", &thing, None, one).await.unwrap().to_string();
        let count = async |quantity: i64, by: &Actor| app.variance_count(&code, (quantity, ""), None, by).await;
        let seen = async |by: &Actor| {
            let shown = app.variance(&by.viewer, &code).await.unwrap();
            let counts = shown.counts.iter().map(|one| (one.actor.clone(), one.quantity)).collect::<Vec<_>>();
            (shown.blind, shown.agreed, counts)
        };
        let of = |who: &str, quantity: i64| (who.to_owned(), quantity);
        count(39, one).await.unwrap();
        count(41, one).await.unwrap();
        // What somebody said before and says no more is nobody's count.
        count(39, two).await.unwrap();
        assert_eq!(seen(one).await, (true, None, vec![of("one", 39), of("one", 41)]));
        assert_eq!(seen(two).await, (true, None, vec![of("two", 39)]), "neither knows the other's");
        // The same request twice is one count.
        let keyed = Actor { key: Some("again".into()), ..two.clone() };
        for _ in 0..2 {
            count(42, &keyed).await.unwrap();
        }
        assert_eq!(seen(two).await.2, [of("two", 39), of("two", 42)]);
        count(40, two).await.unwrap();
        assert!(count(41, two).await.unwrap_err().to_string().contains("counted-often"), "that would be no count");
        count(40, three).await.unwrap();
        let (blind, agreed, counts) = seen(one).await;
        assert_eq!((blind, agreed, counts.len()), (false, Some(40), 6), "all of them stay, and all may see them now");
        assert!(count(40, one).await.unwrap_err().to_string().contains("counted-enough"));
        app.variance_identify(&code, "vest", &Named::default(), one).await.unwrap();
        assert_eq!(app.variance(&viewer(), &code).await.unwrap().variance.quantity, 40);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_found_damaged_where_it_came_is_kept_apart_and_not_received() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        let found = |quantity, condition| {
            let (serials, lots) = (Vec::new(), Vec::new());
            vec![Finding { line: 1, seen: Seen::from(condition), quantity, serials, lots, remark: "wet".into() }]
        };
        let plain = Circumstances::default();
        let fine = found(None, Condition::Serviceable);
        assert!(site.app.consignment_inspect(&code, &fine, &plain, &actor()).await.unwrap().variances.is_empty());
        for wrong in [0, 301] {
            let too_many = found(Some(wrong), Condition::Damaged);
            assert!(site.app.consignment_inspect(&code, &too_many, &plain, &actor()).await.is_err(), "{wrong}");
        }
        let twice = [found(Some(1), Condition::Damaged), found(Some(1), Condition::Damaged)].concat();
        assert!(site.app.consignment_inspect(&code, &twice, &plain, &actor()).await.is_err());
        let hurt = found(Some(7), Condition::Damaged);
        let done = site.app.consignment_inspect(&code, &hurt, &plain, &actor()).await.unwrap();
        assert_eq!(done.variances.len(), 1);
        let variance = site.app.variance(&viewer(), done.variances[0].as_str()).await.unwrap().variance;
        assert_eq!((variance.kind, variance.quantity), (VarianceKind::Damaged, 7));
        assert_eq!(site.held("O-1", AccountPurpose::Quarantine, "H").await, 7);
        assert_eq!(site.open_of("O-1").await, 293, "of the hurt nothing more is expected");
        let line = &site.app.consignment_shown(&viewer(), &code).await.unwrap().lines[0];
        assert_eq!((line.present, line.condition), (293, Some(Condition::Serviceable)));
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        site.app.consignment_receive(&code, &all_there(), &plain, &actor()).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 293);
        site.verifies().await;
    }
}

fn lots(lots: &[(&str, i64, i64)]) -> Count {
    let of = |(lot, received, damaged): &(&str, i64, i64)| CountedLot {
        lot: (*lot).to_owned(),
        received: *received,
        damaged: *damaged,
    };
    let sum = |of: fn(&(&str, i64, i64)) -> i64| lots.iter().map(of).sum();
    let line = Counted {
        line: 1,
        received: sum(|of| of.1),
        damaged: sum(|of| of.2),
        lots: lots.iter().map(of).collect(),
        ..Counted::default()
    };
    Count { lines: vec![line], ..Count::default() }
}

#[tokio::test]
async fn whoever_receives_says_which_lot_is_short_and_the_receipt_tells_it() {
    for engine in ENGINES {
        let (site, vests, _) = planned_of(engine, |name, text| match name {
            "items.csv" => text.replace("each,10,,,,quantity", "each,10,,,,lot"),
            _ => text.to_owned(),
        })
        .await;
        for (name, party) in [("driver", "POL"), ("keeper", "UKR")] {
            site.hub_operator(name, party).await;
            site.app.set_pin("246802", &Actor::new(Viewer::operator(name), "my PIN")).await.unwrap();
        }
        let code = site.make(vec![of_plan(vests, None)]).await;
        let unit = |lot: &str, quantity| PackedUnit {
            lot: lot.to_owned(),
            serial: String::new(),
            quantity,
            sscc: String::new(),
        };
        let packed = Packed {
            line: 1,
            units: Some(vec![unit("L-1", 200), unit("L-2", 100)]),
            condition: Some(Condition::Serviceable),
            remark: None,
        };
        let authority =
            Circumstances { overrides: vec![muster_domain::gate::Gate::Clearance], ..Circumstances::default() };
        site.app.consignment_ready(&code, &[packed], &authority, &actor()).await.unwrap();
        let on = Conveyance { carrier: "C".into(), conveyance: "PL 1".into(), ..Conveyance::default() };
        site.app.consignment_depart(&code, &on, &authority, &actor()).await.unwrap();
        let arrive = async |count: &Count, how: &Circumstances| {
            site.app.consignment_arrive(&code, count, how, &actor()).await.map_err(|error| error.to_string())
        };
        let mut uneven = lots(&[("L-1", 200, 0), ("L-2", 95, 0)]);
        uneven.lines[0].received = 300;
        for (count, said) in [
            (lots(&[("L-1", 200, 0), ("L-3", 100, 0)]), "lot-not-here"),
            (lots(&[("L-1", 100, 0), ("L-1", 100, 0)]), "count-lot-twice"),
            (uneven, "count-by-lot"),
        ] {
            let refused = arrive(&count, &Circumstances::default()).await.unwrap_err();
            assert!(refused.contains(said), "{said}: {refused}");
        }
        // Three too many of one lot make up for nothing that another misses.
        let count = lots(&[("L-1", 203, 0), ("L-2", 90, 4)]);
        let milestone = Milestone::ArrivedAtNode;
        let text = site.app.handover_text(&viewer(), &code, milestone, &count, None).await.unwrap();
        let told: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            told["lines"][0]["lots"],
            serde_json::json!([
                { "lot": "L-1", "counted": 200, "over": 3 },
                { "lot": "L-2", "counted": 90, "damaged": 4 },
            ])
        );
        let signer =
            |name: &str| Signer { name: name.to_owned(), party: String::new(), means: Means::Pin("246802".to_owned()) };
        let signed = |text: String| {
            let signed = Signed { from: signer("driver"), to: signer("keeper"), text, photos: Vec::new() };
            Circumstances { signed: Some(signed), ..Circumstances::default() }
        };
        let other = text.replace("\"counted\":90", "\"counted\":91");
        assert_ne!(other, text);
        assert!(arrive(&count, &signed(other)).await.unwrap_err().contains("signed-text-differs"), "of other lots");
        let done = arrive(&count, &signed(text)).await.unwrap();
        let found = async |kind| {
            let one = site.app.variance(&viewer(), &site.first(kind).await).await.unwrap();
            let units = one.units.iter().map(|unit| (unit.lot.clone(), unit.quantity));
            (one.variance.quantity, units.collect::<Vec<_>>())
        };
        let lot = |lot: &str, quantity| vec![(lot.to_owned(), quantity)];
        assert_eq!(found(VarianceKind::Short).await, (6, lot("L-2", 6)));
        assert_eq!(found(VarianceKind::Damaged).await, (4, lot("L-2", 4)));
        assert_eq!(found(VarianceKind::Over).await, (3, lot("L-1", 3)));
        let receipt = site.app.receipt(&viewer(), done.handover.unwrap().as_str()).await.unwrap();
        muster_app::sealed::check(&receipt, None).unwrap();
        assert_eq!(
            receipt["statement"]["lines"][0]["lot_counts"],
            serde_json::json!([
                { "lot": "L-1", "counted": 200, "damaged": 0, "short": 0, "over": 3 },
                { "lot": "L-2", "counted": 90, "damaged": 4, "short": 6, "over": 0 },
            ])
        );
        let there = site.app.consignment_shown(&viewer(), &code).await.unwrap().units;
        let there: Vec<_> = there.iter().map(|unit| (unit.lot.clone(), unit.quantity)).collect();
        assert_eq!(there, [("L-1".to_owned(), 200), ("L-2".to_owned(), 90)]);
        site.verifies().await;
    }
}
