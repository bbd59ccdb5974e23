//! What was written down wrong is put right, and what it was before stays.

use jiff::SignedDuration;
use muster_app::{
    Actor, App, Error,
    storage::{
        ledger::read::AsOf,
        transfer::{
            EntryRef, Write,
            corrected::{Correction, TakenBack},
            disposal::DisposalFilter,
            tell::LegFilter,
        },
    },
    transfer::{conveyed::Right, disposal::NewDisposal, end_use::DueFilter},
    unit::Happened,
};
use muster_domain::{code::Code, end_use::Grade, ledger::account::AccountPurpose, role::Role};
use muster_testkit::database::ENGINES;

use crate::{
    end_use::{donor, in_service},
    loss::check,
    repair::{fault, says},
    small::{actor, viewer},
    transfer::{of_plan, planned},
};

fn right(carrier: &str, conveyance: &str) -> Right {
    Right { carrier: carrier.into(), conveyance: conveyance.into() }
}

#[tokio::test]
async fn a_carrier_or_conveyance_that_was_written_down_wrong_is_put_right() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        let movement = site.depart(&code).await.movement.unwrap().to_string();
        let movement = movement.as_str();
        let correct = async |right: &Right, who: &Actor| site.app.movement_correct(movement, right, who).await;
        says(correct(&right(" ", ""), &actor()).await, "movement-says-so");
        says(correct(&right("Carrier", "PL 12345"), &actor()).await, "movement-says-so");
        says(correct(&right("", "PL 54321"), &Actor::new(viewer(), " ")).await, "reason");
        // Whoever moves nothing on it does not put it right; to who sees nothing on it, it is not there.
        let ukraine = site.member("ukraine", "UKR", Role::RequirementsOfficer).await;
        let denied = correct(&right("", "PL 54321"), &ukraine).await;
        assert!(matches!(denied, Err(Error::Denied(_))), "{denied:?}");
        let poland = site.member("poland", "POL", Role::DonorLiaison).await;
        let unseen = correct(&right("", "PL 54321"), &poland).await;
        assert!(matches!(unseen, Err(Error::NotFound { what: "movement", .. })), "{unseen:?}");
        let shown = site.app.movement_shown(&viewer(), movement).await.unwrap();
        assert!(site.app.may_correct(&viewer(), &shown).await.unwrap());
        assert!(!site.app.may_correct(&ukraine.viewer, &shown).await.unwrap());
        correct(&right("", "PL 54321"), &keyed("digits were turned", "one")).await.unwrap();
        // The same request is done once, and its key is for nothing else.
        correct(&right("", "PL 54321"), &keyed("digits were turned", "one")).await.unwrap();
        says(correct(&right("Other", ""), &keyed("digits were turned", "one")).await, "key-used");
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        correct(&right("Other", ""), &japan).await.unwrap();
        let shown = site.app.movement_shown(&viewer(), movement).await.unwrap();
        let now = (shown.movement.carrier.as_str(), shown.movement.conveyance.as_str());
        assert_eq!(now, ("Other", "PL 54321"));
        let was = |one: &Correction| (one.carrier.clone(), one.conveyance.clone(), one.reason.clone());
        let told: Vec<_> = shown.corrections.iter().map(was).collect();
        let [one, other] = [("PL 12345", "digits were turned"), ("PL 54321", "a test")]
            .map(|(conveyance, reason)| ("Carrier".to_owned(), conveyance.to_owned(), reason.to_owned()));
        assert_eq!(told, [one, other]);
        // Lists and the consignment itself say what is right.
        let legs = site.app.legs(&viewer(), &LegFilter::default(), None, 10).await.unwrap();
        assert_eq!(legs[0].movement.conveyance, "PL 54321");
        let of_it = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        assert!(of_it.json().to_string().contains("PL 54321"));
        // Of two at the same moment one is told that the other was faster.
        let before = shown.corrections[0].clone();
        site.too_late(Write::MovementCorrected(shown.movement, before), "transfer-changed").await;
        site.verifies().await;
    }
}

/// Who does something for a reason, under a name of their own for it.
fn keyed(reason: &str, key: &str) -> Actor {
    Actor { key: Some(key.into()), ..Actor::new(viewer(), reason) }
}

/// Units that are watched.
async fn watched(app: &App) -> usize {
    app.end_use(&viewer(), AsOf::NOW, &DueFilter::default()).await.unwrap().watched
}

#[tokio::test]
async fn a_disposal_that_was_recorded_by_mistake_is_taken_back_once() {
    for engine in ENGINES {
        let (site, picture) = in_service(engine).await;
        let app = &site.app;
        let order = app.fault_report(&fault("truck", "T1-1"), &actor()).await.unwrap();
        let before = app.unit(&viewer(), "truck", "T1-1").await.unwrap().unwrap().account;
        let certificate = app.attach("application/pdf", b"%PDF-1.7 certificate", &actor()).await.unwrap();
        let new = NewDisposal { resource: "truck".into(), serial: "T1-1".into(), certificate, at: None };
        let code = app.dispose(&new, &actor()).await.unwrap();
        let code = code.as_str();
        assert_eq!(watched(app).await, 2);
        let take_back = async |who: &Actor| app.disposal_taken_back(code, who).await;
        // Who gave it sees the disposal, and does not take it back; to others it is not there.
        let denied = take_back(&donor(&picture, "POL")).await;
        assert!(matches!(denied, Err(Error::Denied(_))), "{denied:?}");
        let unseen = take_back(&donor(&picture, "JPN")).await;
        assert!(matches!(unseen, Err(Error::NotFound { what: "disposal", .. })), "{unseen:?}");
        says(take_back(&Actor::new(viewer(), "")).await, "reason");
        take_back(&keyed("T1-2 was meant", "one")).await.unwrap();
        take_back(&keyed("T1-2 was meant", "one")).await.unwrap();
        says(take_back(&actor()).await, "disposal-taken-back-before");
        says(take_back(&keyed("again", "two")).await, "disposal-taken-back-before");
        // It is in service where it was; the disposal stays with its certificate, and its work order ended.
        let held = app.unit(&viewer(), "truck", "T1-1").await.unwrap().unwrap();
        assert_eq!((&held.account, held.account.purpose), (&before, AccountPurpose::InService));
        assert_eq!(watched(app).await, 3);
        let poland = donor(&picture, "POL").viewer;
        let found = app.disposal(&poland, code).await.unwrap();
        assert_eq!(found.taken_back.as_ref().unwrap().reason, "T1-2 was meant");
        assert!(app.disposal_certificate(&poland, code).await.is_ok());
        let ended = app.disposal_work_orders(&viewer(), &found).await.unwrap();
        assert_eq!(ended.iter().map(|one| &one.code).collect::<Vec<_>>(), [&order]);
        assert!(ended[0].state.is_over(), "{ended:?}");
        let told = app.unit_history(&poland, "truck", "T1-1").await.unwrap();
        let has =
            |what| told.iter().any(|one| one.what == what && one.code.as_ref().is_some_and(|c| c.as_str() == code));
        assert!(has(Happened::Disposed) && has(Happened::DisposalTakenBack), "{told:?}");
        // As it was known before, nobody had taken it back.
        let later = site.at("2026-10-01T12:00:00Z").await;
        let again = later.dispose(&NewDisposal { serial: "T1-2".into(), ..new }, &actor()).await.unwrap();
        let last = site.at("2026-10-02T12:00:00Z").await;
        last.disposal_taken_back(again.as_str(), &actor()).await.unwrap();
        let known = AsOf { known: "2026-10-01T18:00:00Z".parse().unwrap(), ..AsOf::NOW };
        let filter = DisposalFilter { as_of: Some(known), code: Some(again.to_string()), ..DisposalFilter::default() };
        let then = last.disposals(&viewer(), &filter, 1).await.unwrap();
        assert_eq!((then.len(), &then[0].taken_back), (1, &None));
        // Of two at the same moment one is told that the other was faster.
        let back = TakenBack {
            recorded_at: found.recorded_at,
            actor: "tester".into(),
            reason: "late".into(),
            entry: EntryRef::Command(0),
        };
        site.too_late(Write::DisposalTakenBack(found.code, back), "transfer-changed").await;
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_check_of_another_unit_counts_for_nothing_once_it_is_taken_back() {
    for engine in ENGINES {
        let (site, picture) = in_service(engine).await;
        let app = &site.app;
        let at = |days: i64| site.app.now() + SignedDuration::from_hours(24 * days);
        let later = async |days: i64| site.at(&at(days).to_string()).await;
        let missing = async |as_of: AsOf| app.not_found(&viewer(), as_of).await.unwrap();
        let checked = async |app: &App| {
            let (unit, _) = app.unit_in_service(&viewer(), "truck", "T1-1").await.unwrap().unwrap();
            unit.checked_at
        };
        let first = later(1).await.inspect(&check("T1-1", Grade::Sighted), &actor()).await.unwrap();
        let wrong = later(2).await.inspect(&check("T1-1", Grade::Sighted), &actor()).await.unwrap();
        let gone = later(3).await.inspect(&check("T1-2", Grade::NotFound), &actor()).await.unwrap();
        let then = later(4).await.inspect(&check("T1-2", Grade::Sighted), &actor()).await.unwrap();
        assert_eq!((checked(app).await, missing(AsOf::NOW).await.len()), (Some(at(2)), 0));
        let app = later(5).await;
        let take_back = async |code: &Code, who: &Actor| app.check_taken_back(code.as_str(), who).await;
        let unseen = take_back(&wrong, &donor(&picture, "JPN")).await;
        assert!(matches!(unseen, Err(Error::NotFound { what: "inspection", .. })), "{unseen:?}");
        // The nation that gave it checks it, and takes back what was wrong of that.
        let poland = Actor { key: Some("back".into()), ..donor(&picture, "POL") };
        take_back(&wrong, &poland).await.unwrap();
        take_back(&wrong, &poland).await.unwrap();
        says(take_back(&wrong, &actor()).await, "check-taken-back-before");
        assert_eq!(checked(&app).await, Some(at(1)), "the check before counts");
        // What found it was of another: it is missing since the check that did not find it.
        take_back(&then, &actor()).await.unwrap();
        let found = missing(AsOf::NOW).await;
        assert_eq!(found.iter().map(|one| (&one.of.inspection, one.of.since)).collect::<Vec<_>>(), [(&gone, at(3))]);
        // What did not find it was of another, too: then nothing is missing.
        take_back(&gone, &actor()).await.unwrap();
        assert_eq!(missing(AsOf::NOW).await, []);
        // As it was known on the days before, all of them count.
        let known = AsOf { known: at(4), ..AsOf::NOW };
        let due = app.end_use(&viewer(), known, &DueFilter::default()).await.unwrap().due;
        let when = |serial: &str| due.iter().find(|one| one.unit.serial == serial).unwrap().unit.checked_at;
        assert_eq!((when("T1-1"), when("T1-2")), (Some(at(2)), Some(at(4))));
        let now = app.end_use(&viewer(), AsOf::NOW, &DueFilter::default()).await.unwrap().due;
        let unchecked = now.iter().filter(|one| one.unit.checked_at.is_none()).count();
        assert_eq!(unchecked, 2, "T1-2 and T1-3 were never seen");
        // They stay with the unit.
        let all = app.inspections(&poland.viewer, "truck", "T1-1").await.unwrap();
        let stands = |code: &Code| all.iter().find(|one| one.code == *code).unwrap().taken_back.is_none();
        assert_eq!((stands(&first), stands(&wrong)), (true, false));
        let told = app.unit_history(&viewer(), "truck", "T1-2").await.unwrap();
        assert_eq!(told.iter().filter(|one| one.what == Happened::CheckTakenBack).count(), 2, "{told:?}");
        // Of two at the same moment one is told that the other was faster.
        let back = all.iter().find_map(|one| one.taken_back.clone()).unwrap();
        let back = TakenBack { entry: EntryRef::Command(0), ..back };
        site.too_late(Write::InspectionTakenBack((wrong, "T1-1".into()), back), "transfer-changed").await;
        site.verifies().await;
    }
}
