//! `muster demo`: what it says that people did stands in the ledger.

use std::{collections::BTreeSet, process::Command, sync::Arc};

use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use muster_app::{
    Actor, App,
    demonstration::Stage,
    storage::{
        db::Db,
        dialect::Engine,
        ledger::{Ledger, read::EntryFilter},
        repair::OrderFilter,
        transfer::tell::Filter,
    },
};
use muster_domain::{
    consignment::Milestone,
    ledger::{account::AccountPurpose, entry::EntryKind},
    place::PlaceKind,
    repair::{QuoteState, WorkOrderState},
    requirement::RequirementState,
    viewer::Viewer,
};
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
        assert_eq!(app.demonstration().await.unwrap(), Stage::Over);
        // Asked again, it plays nothing again.
        let again = run(&["demo", "--no-serve"]);
        assert!(!again.contains("Played by the API"), "{again}");
    }
}

/// What was told is what is there.
async fn holds(app: &App, told: &str) {
    let viewer = Viewer::operator("tester");
    let consignments = app.consignments(&viewer, &Filter::default(), 10_000).await.unwrap();
    assert_eq!(before(told, " consignments, "), consignments.len(), "{told}");
    let (mut handovers, mut variances, mut decided, mut pallets, mut serials) = (0, 0, 0, 0, 0);
    let picture = app.picture(&viewer).await.unwrap();
    let (mut overrides, mut opened, mut opened_came) = (0, 0, 0);
    let (mut recorded, mut rides, mut on) = (BTreeSet::new(), BTreeSet::new(), 0);
    for head in &consignments {
        let shown = app.consignment_shown(&viewer, head.code.as_str()).await.unwrap();
        handovers += shown.handovers.len();
        variances += shown.variances.len();
        decided += shown.variances.iter().filter(|one| one.variance.resolved.is_some()).count();
        pallets += shown.handling_units.len();
        serials += shown.units.iter().filter(|unit| !unit.serial.is_empty()).count();
        on += shown.movements.len();
        rides.extend(shown.movements.iter().map(|ride| (ride.movement.code.clone(), ride.leg.leg)));
        let at_hub = |reached: &muster_app::storage::transfer::Reached| {
            let place = picture.places.get(reached.place.as_str());
            reached.kind == Milestone::ArrivedAtNode && place.is_some_and(|place| place.kind == PlaceKind::Hub)
        };
        overrides += shown.overrides.len();
        opened += usize::from(!shown.overrides.is_empty());
        opened_came += usize::from(!shown.overrides.is_empty() && shown.milestones.iter().any(at_hub));
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
    assert_eq!(before(told, " variances, "), variances, "{told}");
    assert_eq!(before(told, " of them decided by the mission"), decided, "{told}");
    assert_eq!(before(told, " times a gate was opened"), overrides, "{told}");
    assert_eq!(before(told, " milestones of"), recorded.len(), "{told}");
    assert!(
        handovers > 10 && variances >= 2 && pallets > 10 && serials > 50,
        "{handovers} {variances} {pallets} {serials}"
    );
    assert!(on > rides.len(), "some ride together: {on} on {}", rides.len());
    assert!(opened_came > 0, "what was opened with authority comes where there is a phone: {opened}");
    assert!(opened * 4 < consignments.len(), "authority is the exception: {opened} of {}", consignments.len());
    let days: BTreeSet<_> = recorded.iter().map(|(_, _, at, _)| at.as_second().div_euclid(86_400)).collect();
    assert!(days.len() > 10, "it goes on day after day");
    let late = Filter { late_at: Some("2026-11-02T00:00:00Z".parse().unwrap()), ..Filter::default() };
    assert!(!app.consignments(&viewer, &late, 10).await.unwrap().is_empty(), "some are late");
    // The deeds of the phones are known by their keys: one each, and none of what was given up.
    let newest = app.newest(&viewer, &EntryFilter::default(), (Timestamp::MAX, 0), 1_000_000).await.unwrap();
    let of_phones = newest.iter().map(|told| told.entry.note.key.as_str());
    let deeds = of_phones.filter(|key| key.contains(" hub-") && key.ends_with(" 0")).count();
    assert_eq!((before(told, " deeds of the phones"), before(told, " deeds, ")), (deeds, deeds), "{told}");
    let offline = before(told, " of them without a network");
    assert!(offline > 0 && offline < deeds, "{told}");
    // No unit comes out of a donor's stock twice.
    let mut numbered = BTreeSet::new();
    for told in newest.iter().filter(|told| told.entry.kind == EntryKind::Posted) {
        for line in told.lines.iter().filter(|line| !line.line.serial.is_empty()) {
            if line.from.1.purpose == AccountPurpose::NationalStock {
                let unit = (line.from.1.resource.clone(), line.line.serial.clone());
                assert!(numbered.insert(unit.clone()), "{unit:?} twice");
            }
        }
    }
    // What leaves before the weeks that are played was known in its week.
    let recorded: BTreeSet<_> = newest.iter().map(|told| told.entry.recorded_at.as_second() / 604_800).collect();
    assert!(recorded.len() >= 8, "{recorded:?}");
    let marked = |told: &&muster_app::ledger::Told| {
        told.entry.note.key.contains(" desk-") || told.entry.note.key.contains(" hub-")
    };
    for told in newest.iter().filter(marked) {
        assert!(told.entry.note.reason.ends_with("(invented)"), "{}", told.entry.note.reason);
    }
    assert!(!picture.clearances.is_empty(), "papers of donors are recorded");
    assert!(before(told, " times one was killed") > 0 && told.contains("minutes fast"), "{told}");
    let given_up = told.lines().filter(|line| line.contains("-2: arrive of ")).count();
    assert_eq!(given_up, 1, "two did the same, and one gave up: {told}");
    assert!(!told.contains("requests at desks were refused"), "{told}");
    // A vehicle that broke down is mended with a part that a donor then gave, and completes a package with a crew that was taught.
    assert_eq!(picture.packages["UKR-P-90"].state, RequirementState::Fulfilled);
    let of_vehicle = OrderFilter { serial: Some("POL-O-90-00001".into()), ..OrderFilter::default() };
    let order = app.work_orders(&viewer, &of_vehicle, 10).await.unwrap().pop().unwrap();
    let shown = app.work_order(&viewer, order.code.as_str()).await.unwrap();
    let came_to: Vec<WorkOrderState> = shown.steps.iter().map(|step| step.state).collect();
    assert!(came_to.contains(&WorkOrderState::WaitingForParts), "{came_to:?}");
    assert_eq!(came_to.last(), Some(&WorkOrderState::Returned));
    let raised = shown.parts[0].0.requirement.as_ref().unwrap();
    assert_eq!(picture.requirements[raised.as_str()].state, RequirementState::Fulfilled);
    let paid: Vec<_> = shown.quotes.iter().map(|quote| (quote.state, quote.amount, quote.paid)).collect();
    assert_eq!(paid, [(QuoteState::Paid, 170_000, 165_000)], "out of what Germany paid into the fund");
    assert!(order.warranty_until.is_some());
    let figures = app.repair_figures(&viewer).await.unwrap();
    assert!(
        figures.availability.iter().any(|of| of.holder == order.holder && of.rate() == Some(1.0)),
        "all is fit again"
    );
}

#[tokio::test]
async fn a_demonstration_that_was_interrupted_is_not_told_as_a_whole_one() {
    for engine in database::ENGINES {
        let folder = tempfile::tempdir().unwrap();
        let made = database::empty(engine).await;
        let key = folder.path().join("seal.key");
        let arguments = match engine {
            Engine::Sqlite => ["--data".to_owned(), folder.path().to_str().unwrap().to_owned()],
            Engine::Postgres => ["--database".to_owned(), made.address.clone()],
        };
        let run = |given: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
            let output = command.args(given).args(&arguments).env("MUSTER_SEAL_KEY", &key).output().unwrap();
            (output.status.code(), text(&output.stdout) + &text(&output.stderr))
        };
        let (code, told) = run(&["demo", "--no-serve", "--time-limit", "-1"]);
        assert_eq!(code, Some(2), "{told}");
        let mission = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/mission");
        let (code, told) = run(&["import", "mission", mission]);
        assert_eq!(code, Some(0), "nothing was imported by what could not be read: {told}");
        assert_eq!(run(&["demo", "--no-serve"]).0, Some(0), "a mission of somebody's own is told");
        let db = match engine {
            Engine::Sqlite => Db::sqlite(&folder.path().join("muster.db")).await.unwrap(),
            Engine::Postgres => made.db.clone(),
        };
        let (clock, chance) = (Arc::new(FakeClock::at("2027-01-01T00:00:00Z")), Arc::new(FakeChance::default()));
        let secret = std::fs::read_to_string(&key).unwrap();
        let byte = |n: usize| u8::from_str_radix(&secret[2 * n..2 * n + 2], 16).unwrap();
        let ledger =
            Ledger::open(&db, SigningKey::from_bytes(&std::array::from_fn(byte)), clock.clone()).await.unwrap();
        let app = App::new(db, Some(ledger), clock, chance);
        app.demonstration_begins(&Actor::new(Viewer::operator("tester"), "a test")).await.unwrap();
        assert_eq!(app.demonstration().await.unwrap(), Stage::Begun);
        drop(app);
        let (code, told) = run(&["demo", "--no-serve"]);
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains("interrupted") && told.contains("empty folder"), "{told}");
    }
}
