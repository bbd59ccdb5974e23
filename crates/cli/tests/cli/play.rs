//! `muster demo`: what it says that people did stands in the ledger.

use std::{collections::BTreeSet, process::Command, sync::Arc};

use jiff::Timestamp;
use muster_app::{
    App,
    storage::{db::Db, dialect::Engine, ledger::read::EntryFilter, transfer::tell::Filter},
};
use muster_domain::{consignment::Milestone, viewer::Viewer};
use muster_testkit::{FakeChance, FakeClock, database};

use super::text;

/// The number before some words.
#[track_caller]
fn before(told: &str, words: &str) -> usize {
    let (head, _) = told.split_once(words).unwrap_or_else(|| panic!("“{words}” is not in: {told}"));
    let number = head.rsplit(|c: char| !c.is_ascii_digit() && c != '\u{202f}').next().unwrap_or_default();
    number.replace('\u{202f}', "").parse().unwrap_or_else(|_| panic!("no number before “{words}” in: {told}"))
}

#[tokio::test]
async fn what_the_demonstration_says_that_people_did_stands_in_the_ledger() {
    for engine in database::ENGINES {
        let folder = tempfile::tempdir().unwrap();
        let (arguments, db, _kept) = match engine {
            Engine::Sqlite => {
                let data = folder.path().to_str().unwrap().to_owned();
                (["--data".to_owned(), data], None, None)
            }
            Engine::Postgres => {
                let made = database::empty(engine).await;
                (["--database".to_owned(), made.address.clone()], Some(made.db.clone()), Some(made))
            }
        };
        let run = |given: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
            let command = command.args(given).args(&arguments).env("MUSTER_SEAL_KEY", folder.path().join("seal.key"));
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{given:?}: {}{}", text(&output.stdout), text(&output.stderr));
            text(&output.stdout)
        };
        let told = run(&["demo", "--no-serve", "--time-limit", "1"]);
        assert!(run(&["ledger", "verify"]).contains("All fits"));
        let db = match db {
            Some(db) => db,
            None => Db::sqlite(&folder.path().join("muster.db")).await.unwrap(),
        };
        let clock = Arc::new(FakeClock::at("2027-01-01T00:00:00Z"));
        let app = App::new(db, None, clock, Arc::new(FakeChance::default()));
        holds(&app, &told).await;
        // Asked again, it plays nothing again.
        let again = run(&["demo", "--no-serve"]);
        assert!(!again.contains("Played by the API"), "{again}");
    }
}

/// What was told is what is there.
async fn holds(app: &App, told: &str) {
    let viewer = Viewer::operator("tester");
    let consignments = app.consignments(&viewer, &Filter::default(), None, 10_000).await.unwrap();
    assert_eq!(before(told, " consignments, "), consignments.len(), "{told}");
    let (mut handovers, mut variances, mut pallets, mut serials) = (0, 0, 0, 0);
    let (mut recorded, mut rides, mut on) = (BTreeSet::new(), BTreeSet::new(), 0);
    for head in &consignments {
        let shown = app.consignment_shown(&viewer, head.code.as_str()).await.unwrap();
        handovers += shown.handovers.len();
        variances += shown.variances.len();
        pallets += shown.handling_units.len();
        serials += shown.units.iter().filter(|unit| !unit.serial.is_empty()).count();
        on += shown.movements.len();
        rides.extend(shown.movements.iter().map(|(movement, leg)| (movement.code.clone(), leg.leg)));
        for reached in shown.milestones.iter().filter(|reached| reached.kind != Milestone::TitleTransferred) {
            let one = (head.code.clone(), reached.kind.as_str(), reached.occurred_at, reached.actor.clone());
            assert!(recorded.insert(one.clone()), "{one:?} stands there twice");
        }
        for handover in &shown.handovers {
            let receipt = app.receipt(&viewer, handover.code.as_str()).await.unwrap();
            let by = |side: &str| receipt["statement"][side]["means"] == "key";
            assert!(by("hands_over") && by("takes_over"), "both signed by their keys: {receipt}");
        }
    }
    assert_eq!(before(told, " signed handovers"), handovers, "{told}");
    assert_eq!(before(told, " variances;"), variances, "{told}");
    assert_eq!(before(told, " milestones of"), recorded.len(), "{told}");
    assert!(
        handovers > 10 && variances >= 2 && pallets > 10 && serials > 50,
        "{handovers} {variances} {pallets} {serials}"
    );
    assert!(on > rides.len(), "some ride together: {on} on {}", rides.len());
    let days: BTreeSet<_> = recorded.iter().map(|(_, _, at, _)| at.as_second().div_euclid(86_400)).collect();
    assert!(days.len() > 10, "it goes on day after day");
    let late = Filter { late_at: Some("2026-11-02T00:00:00Z".parse().unwrap()), ..Filter::default() };
    assert!(!app.consignments(&viewer, &late, None, 10).await.unwrap().is_empty(), "some are late");
    // The deeds of the phones are known by their keys: one each, and none of what was given up.
    let newest = app.newest(&viewer, &EntryFilter::default(), (Timestamp::MAX, 0), 1_000_000).await.unwrap();
    let of_phones = newest.iter().map(|told| told.entry.note.key.as_str());
    let deeds = of_phones.filter(|key| key.contains(" hub-") && key.ends_with(" 0")).count();
    assert_eq!(
        (before(told, " deeds of the phones"), before(told, " deeds without a network")),
        (deeds, deeds),
        "{told}"
    );
    assert!(before(told, " times one was killed") > 0 && told.contains("minutes fast"), "{told}");
    let given_up = told.lines().filter(|line| line.contains("hub-2: arrive of ")).count();
    assert_eq!(given_up, 1, "two did the same, and one gave up: {told}");
}
