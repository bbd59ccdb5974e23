//! One unit by its serial number: where it is and all that happened to it, whatever became of it, for whoever may know.

use muster_app::{
    storage::{
        ledger::read::{AsOf, EntryFilter},
        transfer::{held::HeldFilter, inspection::Among},
    },
    transfer::{
        count::{Count, Counted},
        disposal::NewDisposal,
        end_use::{DueFilter, Found},
    },
    unit::Happened,
};
use muster_domain::{
    end_use::Grade,
    ledger::{account::AccountPurpose, entry::Activity},
};
use muster_testkit::database::ENGINES;

use crate::{
    end_use::{donor, in_service},
    small::{actor, viewer},
    transfer::{of_plan, planned},
};

#[tokio::test]
async fn where_a_unit_is_and_what_happened_to_it_is_told_whatever_became_of_it() {
    for engine in ENGINES {
        let (site, picture) = in_service(engine).await;
        let app = &site.app;
        let (poland, japan) = (donor(&picture, "POL").viewer, donor(&picture, "JPN").viewer);
        let of_offer = HeldFilter { offer: Some("O-2".into()), ..HeldFilter::default() };
        for (whose, count) in [(&viewer(), 3), (&poland, 3), (&japan, 0)] {
            assert_eq!(app.units(whose, &of_offer, 10).await.unwrap().len(), count, "{}", whose.name);
        }
        let page = app.units(&poland, &of_offer, 2).await.unwrap();
        let after = HeldFilter { after: page.last().map(|one| one.place()), ..of_offer.clone() };
        let rest = app.units(&poland, &after, 2).await.unwrap();
        assert_eq!(rest.iter().map(|one| one.serial.as_str()).collect::<Vec<_>>(), ["T1-3"]);
        for (filter, count) in [
            (HeldFilter { holder: Some("UNIT".into()), ..HeldFilter::default() }, 3),
            (HeldFilter { holder: Some("JPN".into()), ..HeldFilter::default() }, 0),
            (HeldFilter { place: Some("P".into()), ..HeldFilter::default() }, 3),
            (HeldFilter { place: Some("H".into()), ..HeldFilter::default() }, 0),
            (HeldFilter { resource: Some("truck-u".into()), ..HeldFilter::default() }, 3),
            (HeldFilter { resource: Some("vest".into()), ..HeldFilter::default() }, 0),
            (HeldFilter { serial: Some("T1-2".into()), ..HeldFilter::default() }, 1),
            (HeldFilter { purpose: Some(AccountPurpose::Consumed), ..HeldFilter::default() }, 0),
        ] {
            assert_eq!(app.units(&viewer(), &filter, 10).await.unwrap().len(), count, "{filter:?}");
        }
        let check = Found {
            resource: "truck".into(),
            serial: "T1-1".into(),
            grade: Grade::Sighted,
            at: None,
            evidence: String::new(),
            remark: "in the yard".into(),
        };
        app.inspect(&check, &actor()).await.unwrap();
        let certificate = app.attach("application/pdf", b"%PDF-1.7 certificate", &actor()).await.unwrap();
        let disposal = NewDisposal { resource: "truck".into(), serial: "T1-1".into(), certificate, at: None };
        app.dispose(&disposal, &actor()).await.unwrap();
        // Whoever gave it sees all of it, by whatever resource of its item; others learn nothing.
        for whose in [&viewer(), &poland] {
            let held = app.unit(whose, "truck-u", "T1-1").await.unwrap().unwrap();
            assert_eq!((held.account.purpose, held.account.holder.as_str()), (AccountPurpose::Consumed, "UNIT"));
            assert_eq!(held.offer.map(|offer| offer.to_string()), Some("O-2".into()));
            let told = app.unit_history(whose, "truck-u", "T1-1").await.unwrap();
            let has = |what, word: &str| told.iter().any(|one| one.what == what && one.word == word);
            for (what, word) in [
                (Happened::Moved, "depart"),
                (Happened::Moved, "arrive"),
                (Happened::Moved, "receive"),
                (Happened::Moved, "consume"),
                (Happened::Reached, "readied"),
                (Happened::Checked, "sighted"),
                (Happened::Disposed, ""),
            ] {
                assert!(has(what, word), "{}: {what} {word}: {told:?}", whose.name);
            }
            let left = told.iter().find(|one| one.word == "depart").unwrap();
            assert!(left.consignment.is_some() && left.way.is_some(), "{left:?}");
        }
        assert_eq!(app.unit(&japan, "truck", "T1-1").await.unwrap(), None);
        assert_eq!(app.unit_history(&japan, "truck", "T1-1").await.unwrap(), vec![]);
        assert_eq!(app.unit_history(&viewer(), "vest", "T1-1").await.unwrap(), vec![], "it is no vest");
        // The search leads to the unit; entries name their consignment, and those of records the records.
        let found = app.search(&poland, "T1-1", 5).await.unwrap();
        assert!(found.iter().any(|one| (one.sheet, one.name.as_str()) == ("units", "truck")), "{found:?}");
        assert!(app.search(&japan, "T1-1", 5).await.unwrap().is_empty());
        let of_unit = EntryFilter { serial: Some("T1-1".into()), ..EntryFilter::default() };
        let told = app.newest(&poland, &of_unit, (jiff::Timestamp::MAX, 0), 50).await.unwrap();
        assert!(told.iter().any(|one| one.consignment.is_some()), "{told:?}");
        let changes = EntryFilter { activity: Some(Activity::Change), ..EntryFilter::default() };
        let told = app.newest(&viewer(), &changes, (jiff::Timestamp::MAX, 0), 50).await.unwrap();
        assert!(told.iter().any(|one| !one.records.is_empty()), "{told:?}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_was_hurt_on_its_way_is_found_in_the_consignment_that_had_it() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let hurt = Counted {
            line: 1,
            received: 2,
            damaged: 1,
            serials: vec!["T1-1".into(), "T1-3".into()],
            damaged_serials: vec!["T1-2".into()],
            ..Counted::default()
        };
        site.arrive(&code, &Count { lines: vec![hurt], ..Count::default() }).await;
        for serial in ["T1-1", "T1-2"] {
            let found = site.app.consignments_with(&viewer(), serial, &Default::default()).await.unwrap();
            assert_eq!(found.iter().map(|head| head.code.as_str()).collect::<Vec<_>>(), [code.as_str()], "{serial}");
        }
        let told = site.app.unit_history(&viewer(), "truck", "T1-2").await.unwrap();
        let wrong = told.iter().find(|one| one.what == Happened::Variance).unwrap();
        assert_eq!(
            (wrong.word, wrong.consignment.as_ref().map(|code| code.as_str())),
            ("damaged", Some(code.as_str()))
        );
        let held = site.app.unit(&viewer(), "truck", "T1-2").await.unwrap().unwrap();
        assert_eq!(held.account.place.as_ref().map(|place| place.as_str()), Some("H"), "{held:?}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn units_to_be_checked_are_asked_for_by_place_holder_nation_and_date() {
    for engine in ENGINES {
        let (site, _) = in_service(engine).await;
        let watched = async |among: Among| {
            let filter = DueFilter { among, ..DueFilter::default() };
            let found = site.app.end_use(&viewer(), AsOf::NOW, &filter).await.unwrap();
            (found.watched, found.due.len())
        };
        let text = |text: &str| Some(text.to_owned());
        for (among, count) in [
            (Among { holder: text("UNIT"), ..Among::default() }, 3),
            (Among { holder: text("JPN"), ..Among::default() }, 0),
            (Among { place: text("P"), ..Among::default() }, 3),
            (Among { place: text("H"), ..Among::default() }, 0),
            (Among { nation: text("POL"), ..Among::default() }, 3),
            (Among { nation: text("JPN"), ..Among::default() }, 0),
        ] {
            assert_eq!(watched(among.clone()).await, (count, count), "{among:?}");
        }
        let before = |day: &str| DueFilter { before: Some(day.parse().unwrap()), ..DueFilter::default() };
        for (day, count) in [("2026-12-01T00:00:00Z", 0), ("2026-12-16T00:00:00Z", 3)] {
            let found = site.app.end_use(&viewer(), AsOf::NOW, &before(day)).await.unwrap();
            assert_eq!(found.due.len(), count, "{day}");
        }
    }
}
