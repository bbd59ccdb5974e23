//! Part of a variance is resolved by itself: what is left of it stays open, and nothing is lost or told twice between them.

use muster_app::{
    Actor,
    storage::transfer::loss::LossFilter,
    transfer::{
        count::{Count, Counted},
        parting::SomeOf,
        unmanifested::{Named, Unmanifested},
    },
};
use muster_domain::{ledger::account::AccountPurpose, variance::Resolution, viewer::Viewer};
use muster_testkit::database::ENGINES;

use crate::{
    epcis::{own, steps},
    repair::says,
    small::{Site, actor, viewer},
    transfer::{all_there, counted, of_plan, planned},
};

fn some(quantity: i64) -> SomeOf {
    SomeOf { quantity: Some(quantity), ..SomeOf::default() }
}

fn named(serials: &[&str]) -> SomeOf {
    SomeOf { serials: serials.iter().map(|serial| (*serial).to_owned()).collect(), ..SomeOf::default() }
}

/// A consignment of all units of a plan's line that is on its way to the hub.
async fn under_way(site: &Site, line: i64) -> String {
    let code = site.make(vec![of_plan(line, None)]).await;
    site.ready(&code).await;
    site.depart(&code).await;
    code
}

#[tokio::test]
async fn of_what_is_missing_some_is_found_some_is_lost_and_the_rest_stays_open() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = under_way(&site, vests).await;
        let short = site.arrive(&code, &counted(1, 290, 0)).await.variances[0].to_string();
        let resolve = async |some: SomeOf, resolution: Resolution, actor: &Actor| {
            site.app.variance_resolve_some(&short, &some, resolution, actor).await
        };
        let present = async || site.app.consignment_shown(&viewer(), &code).await.unwrap().lines[0].present;
        for (wrong, said) in [
            (some(10), "variance-part-all"),
            (some(11), "variance-part-more"),
            (some(0), "variance-part-how-many"),
            (SomeOf { lot: "L".into(), ..some(1) }, "variance-part-not-in"),
            (named(&["X"]), "variance-part-not-in"),
        ] {
            says(resolve(wrong, Resolution::Found, &actor()).await, said);
        }
        let found = resolve(some(4), Resolution::Found, &actor()).await.unwrap();
        let part = site.app.variance(&viewer(), found.as_str()).await.unwrap();
        assert_eq!((part.variance.quantity, part.variance.part_of.as_ref().unwrap().as_str()), (4, short.as_str()));
        assert_eq!(part.variance.resolved.as_ref().map(|(how, ..)| *how), Some(Resolution::Found));
        let rest = site.app.variance(&viewer(), &short).await.unwrap();
        assert_eq!((rest.variance.quantity, rest.variance.resolved.is_none()), (6, true));
        assert_eq!(rest.parts.iter().map(|part| (&part.code, part.quantity)).collect::<Vec<_>>(), [(&found, 4)]);
        assert_eq!((present().await, site.open_of("O-1").await), (294, 300), "it is with the rest again");
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "H").await, 6);

        // The same request twice is done once.
        let keyed = Actor { key: Some("two are lost".into()), ..actor() };
        let lost = resolve(some(2), Resolution::Lost, &keyed).await.unwrap();
        assert_eq!(resolve(some(2), Resolution::Lost, &keyed).await.unwrap(), lost);
        says(resolve(some(1), Resolution::Lost, &keyed).await, "key-used");
        assert_eq!(site.held("O-1", AccountPurpose::Lost, "H").await, 2);
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "H").await, 4);
        assert_eq!(site.open_of("O-1").await, 298);
        let losses = site.app.loss_reports(&viewer(), &LossFilter::default(), 10).await.unwrap();
        assert_eq!(losses.iter().map(|one| (&one.code, one.quantity)).collect::<Vec<_>>(), [(&lost, 2)]);

        site.app.variance_resolve(&short, Resolution::Found, &actor()).await.unwrap();
        says(resolve(some(1), Resolution::Found, &actor()).await, "variance-over");
        assert_eq!(present().await, 298);
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "P").await, 298);
        site.verifies().await;
    }
}

#[tokio::test]
async fn two_who_resolve_parts_at_the_same_moment_take_no_more_than_there_is() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = under_way(&site, vests).await;
        let short = site.arrive(&code, &counted(1, 290, 0)).await.variances[0].to_string();
        let six = some(6);
        let resolve = async || site.app.variance_resolve_some(&short, &six, Resolution::Found, &actor()).await;
        let (one, other) = tokio::join!(resolve(), resolve());
        assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|done| **done).count(), 1, "{one:?} {other:?}");
        assert_eq!(site.app.variance(&viewer(), &short).await.unwrap().variance.quantity, 4);
        site.verifies().await;
    }
}

#[tokio::test]
async fn of_units_with_serial_numbers_those_are_found_that_are_named() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let code = under_way(&site, trucks).await;
        let units = site.app.consignment_shown(&viewer(), &code).await.unwrap().units;
        let [came, found, gone] = [0, 1, 2].map(|n| units[n].serial.clone());
        let line = Counted { line: 1, received: 1, serials: vec![came.clone()], ..Counted::default() };
        let done = site.arrive(&code, &Count { lines: vec![line], ..Count::default() }).await;
        let short = done.variances[0].to_string();
        let resolve =
            async |some: SomeOf| site.app.variance_resolve_some(&short, &some, Resolution::Found, &actor()).await;
        for (wrong, said) in [
            (some(1), "variance-part-serials"),
            (named(&[&came]), "variance-part-not-in"),
            (named(&[&found, &found]), "serial-twice"),
            (named(&[&found, &gone]), "variance-part-all"),
            (SomeOf { quantity: Some(2), ..named(&[&found]) }, "serial-for-each"),
        ] {
            says(resolve(wrong).await, said);
        }
        let part = resolve(named(&[&found])).await.unwrap();
        let serials = async |variance: &str| {
            let units = site.app.variance(&viewer(), variance).await.unwrap().units;
            units.into_iter().map(|unit| unit.serial).collect::<Vec<_>>()
        };
        assert_eq!(serials(part.as_str()).await, [found.as_str()]);
        assert_eq!(serials(&short).await, [gone.as_str()]);
        let there = site.app.consignment_shown(&viewer(), &code).await.unwrap().units;
        let there: Vec<&str> = there.iter().map(|unit| unit.serial.as_str()).collect();
        assert!(there.len() == 2 && there.contains(&found.as_str()), "{there:?}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn part_of_what_is_counted_blind_leaves_quarantine_once_two_agree_on_all_of_it() {
    for engine in ENGINES {
        let (site, ..) = planned(engine).await;
        let thing = Unmanifested {
            description: "a crate of vests".into(),
            quantity: 40,
            resource: "vest".into(),
            ..Unmanifested::default()
        };
        let keeper = site.member("keeper", "UKR", muster_domain::role::Role::HubOperator).await;
        let code = site.app.report_unmanifested("H", &thing, None, &keeper).await.unwrap().to_string();
        let resolve = async |quantity, how| site.app.variance_resolve_some(&code, &some(quantity), how, &actor()).await;
        says(resolve(5, Resolution::WrittenOff).await, "blind-count-missing");
        for name in ["one", "two"] {
            let counter = Actor::new(Viewer::operator(name), "count");
            site.app.variance_count(&code, (41, ""), None, &counter).await.unwrap();
        }
        says(resolve(41, Resolution::Accepted).await, "variance-part-all");
        resolve(5, Resolution::Accepted).await.unwrap();
        resolve(6, Resolution::WrittenOff).await.unwrap();
        let rest = site.app.variance(&viewer(), &code).await.unwrap();
        assert_eq!((rest.variance.quantity, rest.agreed, rest.parts.len()), (30, Some(41), 2));
        let apart = rest.variance.account.unwrap().to_string();
        assert_eq!(site.has(&apart).await, 30, "the books took what was counted");
        site.app.variance_resolve(&code, Resolution::Accepted, &actor()).await.unwrap();
        assert_eq!(site.has(&apart).await, 0);
        assert_eq!(site.has(&apart.replace("quarantine", "on_hand")).await, 35);
        // Of what nobody knows nothing is in the books.
        let unknown = Unmanifested { resource: String::new(), ..thing };
        let unknown = site.app.report_unmanifested("H", &unknown, None, &keeper).await.unwrap().to_string();
        let part = site.app.variance_resolve_some(&unknown, &some(1), Resolution::WrittenOff, &actor()).await;
        says(part, "variance-unknown");
        let named: Named = Named::default();
        says(site.app.variance_identify(&unknown, "vest", &named, &actor()).await, "blind-count-missing");
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_partners_were_told_stays_the_same_and_what_was_counted_wrong_is_put_right_bit_by_bit() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = under_way(&site, vests).await;
        let done = site.arrive(&code, &counted(1, 285, 5)).await;
        let [short, damaged] = [0, 1].map(|n| done.variances[n].to_string());
        let before = own(&site.app, &[]).await;
        let resolve = async |variance: &str, quantity, how| {
            site.app.variance_resolve_some(variance, &some(quantity), how, &actor()).await.unwrap();
        };
        resolve(&damaged, 2, Resolution::WrittenOff).await;
        let after = own(&site.app, &[]).await;
        assert_eq!(after[..before.len()], before, "five were hurt, whatever became of them");
        assert_eq!(steps(&after[before.len()..]), ["decommissioning"]);
        assert_eq!(after.last().unwrap().quantities[0].quantity.as_ref().unwrap().as_str(), "2");

        let later = site.at("2026-09-17T08:00:00Z").await;
        later.variance_resolve_some(&short, &some(4), Resolution::Miscounted, &actor()).await.unwrap();
        let later = site.at("2026-09-18T08:00:00Z").await;
        later.variance_resolve(&short, Resolution::Miscounted, &actor()).await.unwrap();
        let now = own(&site.app, &[]).await;
        let [first, declared, second, again] = &now[after.len()..] else { panic!("{now:?}") };
        let quantity = |event: &muster_app::interchange::epcis::event::Event| {
            event.quantities[0].quantity.as_ref().unwrap().as_str().to_owned()
        };
        assert_eq!([quantity(first), quantity(second)], ["289", "295"]);
        let disposition = first.disposition.as_ref().unwrap().uri().to_owned();
        assert!(disposition.ends_with("mismatch_quantity"), "{disposition}");
        assert_eq!(declared.id, again.id, "both say of the arrival that it was told wrongly");
        assert_eq!(again.error.as_ref().unwrap().corrective, [second.id.clone().unwrap()]);
        site.verifies().await;
    }
}
