//! What is lost in service is reported in time, or it shows; what a check did not find is taken on until somebody says what became of it.

use jiff::SignedDuration;
use muster_app::{
    Actor, Error,
    storage::{
        ledger::read::AsOf,
        transfer::loss::{LossFilter, LossReport},
    },
    transfer::{
        end_use::{DueFilter, Found},
        loss::NewLoss,
    },
    user::Account,
};
use muster_domain::{
    code::Code,
    end_use::Grade,
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    loss::LossKind,
    repair::{Echelon, WorkOrderState},
    role::Role,
    variance::Escalation,
    viewer::Viewer,
};
use muster_testkit::database::ENGINES;

use crate::{
    end_use::{donor, in_service},
    repair::{fault, says, triage, workshop},
    small::{actor, viewer},
};

pub(crate) fn loss(resource: &str, serial: &str) -> NewLoss {
    NewLoss {
        resource: resource.into(),
        serial: serial.into(),
        account: None,
        lot: String::new(),
        quantity: 1,
        offer: None,
        how: LossKind::Lost,
        at: None,
        known_at: None,
        place: None,
        circumstances: "left behind when the crossing was shelled".into(),
        evidence: String::new(),
    }
}

pub(crate) fn check(serial: &str, grade: Grade) -> Found {
    Found {
        resource: "truck".into(),
        serial: serial.into(),
        grade,
        at: None,
        evidence: String::new(),
        remark: "the unit moved".into(),
    }
}

async fn reports(app: &muster_app::App, viewer: &Viewer, filter: LossFilter) -> Vec<LossReport> {
    app.loss_reports(viewer, &filter, 10).await.unwrap()
}

#[tokio::test]
async fn a_loss_that_is_reported_after_301_days_says_so_and_was_taken_on_long_before() {
    for engine in ENGINES {
        let (site, picture) = in_service(engine).await;
        let told = async |name: &str, party: &str| {
            let roles = [Role::DonorLiaison].into();
            let account = Account { name: name.into(), party: party.into(), roles, disabled: false };
            site.app.put_user(&account, None, &actor()).await.unwrap();
            let who = Actor { viewer: Viewer { name: name.into(), ..donor(&picture, party).viewer }, ..actor() };
            let events = ["loss.reported".to_owned(), "not_found.escalated".to_owned()];
            let hook = site.app.webhook_put("x", "https://example.org", &events, &who).await.unwrap().0.code;
            (who, hook.to_string())
        };
        let (poland, polish) = told("poland", "POL").await;
        let (japan, japanese) = told("japan", "JPN").await;
        let start = site.app.now();
        let after = |days: i64| start + SignedDuration::from_hours(24 * days);
        let later = async |days: i64| site.at(&after(days).to_string()).await;

        site.app.inspect(&check("T1-1", Grade::NotFound), &actor()).await.unwrap();
        site.app.inspect(&check("T1-2", Grade::NotFound), &actor()).await.unwrap();
        later(1).await.inspect(&check("T1-1", Grade::NotFound), &actor()).await.unwrap();
        let missing = site.app.not_found(&viewer(), AsOf::NOW).await.unwrap();
        assert_eq!(missing.len(), 2);
        assert!(missing.iter().all(|one| one.of.since == start && one.due_at == after(30)), "the first check counts");
        assert_eq!(site.app.not_found(&poland.viewer, AsOf::NOW).await.unwrap().len(), 2, "Poland gave them");
        assert_eq!(site.app.not_found(&japan.viewer, AsOf::NOW).await.unwrap(), []);
        // One is found by the next check: nobody waits for it any more.
        later(10).await.inspect(&check("T1-2", Grade::Sighted), &actor()).await.unwrap();

        let taken = async |days: i64| {
            let app = later(days).await;
            // Each clock of a test has the same chance; these are to have names of their own.
            (0..days).for_each(|_| drop(app.secret_name()));
            app.not_found_escalate(&actor()).await.unwrap()
        };
        assert_eq!(taken(14).await, 0);
        assert_eq!((taken(15).await, taken(16).await), (1, 0), "to the mission, once");
        assert_eq!((taken(31).await, taken(300).await), (1, 0), "to the nation that gave it, once");
        assert!(matches!(site.app.not_found_escalate(&poland).await, Err(Error::Denied(_))));
        let missing = later(300).await.not_found(&poland.viewer, AsOf::NOW).await.unwrap();
        assert_eq!(missing[0].waits_for, Escalation::Nations);
        assert_eq!(missing[0].escalations, [(Escalation::Mission, after(15)), (Escalation::Nations, after(31))]);

        // Whoever reports it says that they knew for eleven days; the check said so 301 days ago.
        let app = later(301).await;
        let unit = site.member("unit", "UKR", Role::RequirementsOfficer).await;
        let lost = NewLoss { at: Some(after(20)), known_at: Some(after(290)), ..loss("truck-u", "T1-1") };
        says(app.lose(&NewLoss { at: Some(after(291)), ..lost.clone() }, &unit).await, "loss-known-before");
        says(app.lose(&NewLoss { at: Some(after(-30)), ..lost.clone() }, &unit).await, "loss-before-receipt");
        says(app.lose(&NewLoss { known_at: Some(after(302)), ..lost.clone() }, &unit).await, "in-future");
        says(app.lose(&NewLoss { quantity: 2, ..lost.clone() }, &unit).await, "ledger-serial-one");
        says(app.lose(&NewLoss { circumstances: " ".into(), ..lost.clone() }, &unit).await, "some-text");
        says(app.lose(&NewLoss { evidence: "0".repeat(64), ..lost.clone() }, &unit).await, "attachment");
        says(app.lose(&NewLoss { place: Some("nowhere".into()), ..lost.clone() }, &unit).await, "not-found");
        says(app.lose(&NewLoss { serial: "X".into(), ..lost.clone() }, &unit).await, "not-in-service");
        says(app.lose(&lost, &japan).await, "not-in-service");
        assert!(matches!(app.lose(&lost, &poland).await, Err(Error::Denied(_))), "it knows of it and may not");
        let keyed = Actor { key: Some("lost".into()), ..unit.clone() };
        let code = app.lose(&lost, &keyed).await.unwrap();
        assert_eq!(app.lose(&lost, &keyed).await.unwrap(), code, "once");
        let report = app.loss_report(&unit.viewer, code.as_str()).await.unwrap();
        assert_eq!((report.due_at, report.days_late()), (after(30), 271));
        assert_eq!(report.offer.as_ref().map(Code::as_str), Some("O-2"));
        let in_time = app.lose(&NewLoss { how: LossKind::Captured, ..loss("truck", "T1-3") }, &unit).await.unwrap();
        let late = async |viewer: &Viewer| {
            let filter = LossFilter { late: true, ..LossFilter::default() };
            reports(&app, viewer, filter).await.into_iter().map(|one| one.code).collect::<Vec<_>>()
        };
        assert_eq!(late(&viewer()).await, std::slice::from_ref(&code));
        assert_eq!(late(&poland.viewer).await, std::slice::from_ref(&code));
        assert_eq!(reports(&app, &poland.viewer, LossFilter::default()).await.len(), 2);
        assert_eq!(reports(&app, &japan.viewer, LossFilter::default()).await, []);
        assert!(matches!(app.loss_report(&japan.viewer, code.as_str()).await, Err(Error::NotFound { .. })));

        // It is no longer in service, no longer missing, and its history stays.
        assert_eq!(app.end_use(&viewer(), AsOf::NOW, &DueFilter::default()).await.unwrap().watched, 1);
        assert!(app.unit_in_service(&viewer(), "truck", "T1-1").await.unwrap().is_none());
        assert_eq!(app.not_found(&viewer(), AsOf::NOW).await.unwrap(), []);
        assert_eq!(app.inspections(&viewer(), "truck", "T1-1").await.unwrap().len(), 2);
        // As of a date: when it was known to nobody, nothing was reported.
        let on = |day: i64, known: i64| AsOf { occurred: after(day), known: after(known) };
        let then =
            async |as_of| reports(&app, &viewer(), LossFilter { as_of: Some(as_of), ..LossFilter::default() }).await;
        assert_eq!(then(on(25, 25)).await, []);
        assert_eq!(then(on(25, 302)).await.len(), 1);
        assert_eq!(app.not_found(&viewer(), on(25, 25)).await.unwrap().len(), 1);
        assert_eq!(app.not_found(&viewer(), on(5, 5)).await.unwrap().len(), 2);

        // It is found after all: in service again, and its check overdue since the winter.
        let app = later(310).await;
        says(app.loss_found(code.as_str(), Some(after(19)), &unit).await, "loss-found-early");
        assert!(matches!(app.loss_found(code.as_str(), None, &japan).await, Err(Error::NotFound { .. })));
        assert!(matches!(app.loss_found(code.as_str(), None, &poland).await, Err(Error::Denied(_))));
        app.loss_found(code.as_str(), None, &Actor { reason: "under the snow".into(), ..unit.clone() }).await.unwrap();
        says(later(311).await.loss_found(code.as_str(), None, &unit).await, "loss-found-before");
        let found = app.loss_report(&poland.viewer, code.as_str()).await.unwrap().found.unwrap();
        assert_eq!((found.at, found.reason.as_str()), (after(310), "under the snow"));
        assert_eq!(then(on(305, 305)).await.iter().filter(|one| one.found.is_some()).count(), 0, "it was not yet");
        let open = reports(&app, &viewer(), LossFilter { open: true, ..LossFilter::default() }).await;
        assert_eq!(open.iter().map(|one| &one.code).collect::<Vec<_>>(), [&in_time]);
        let (_, next) = app.unit_in_service(&viewer(), "truck", "T1-1").await.unwrap().unwrap();
        assert_eq!(next.map(|next| next.due_at), Some(after(90)), "its clock is that of its receipt");
        assert_eq!(app.not_found(&viewer(), AsOf::NOW).await.unwrap(), [], "it is found");

        // The nation that gave it was told all along, the other nothing.
        while app.webhooks_look().await.unwrap() {}
        let deliveries = app.webhook_deliveries(&poland.viewer, &polish, None, 10).await.unwrap();
        for said in [r#""level":"mission""#, r#""level":"nations""#, r#""days_late":271"#, r#""how":"captured""#] {
            assert_eq!(deliveries.iter().filter(|one| one.body.contains(said)).count(), 1, "{said}: {deliveries:?}");
        }
        assert_eq!(app.webhook_deliveries(&japan.viewer, &japanese, None, 10).await.unwrap(), []);
        site.verifies().await;
    }
}

#[tokio::test]
async fn goods_without_serial_numbers_are_lost_by_quantity_and_whoever_gave_them_sees_it() {
    const VESTS: &str = "in_service UNIT UKR P - vest C-1";
    for engine in ENGINES {
        let site = workshop(engine).await;
        let picture = site.app.picture(&viewer()).await.unwrap();
        let gives = async |offer: &str, from: &str, quantity: i64| {
            let account = |text| AccountKey::parse(text).unwrap();
            let note = Note {
                key: format!("{offer} {quantity}"),
                occurred_at: Note::WHEN_RECORDED,
                actor: "tester".into(),
                reason: "a test".into(),
            };
            let subject = Subject { offer: Some(Code::new(offer).unwrap()), ..Subject::default() };
            let postings = vec![Posting::new(account(from), account(VESTS), quantity)];
            let act = Act::Post { activity: Activity::Ready, subject, postings };
            assert!(site.app.post(vec![Command { note, act }], &actor()).await.unwrap()[0].is_ok());
        };
        gives("O-1", "national_stock JPN JPN D - vest C-1", 10).await;
        let unit = site.member("unit", "UKR", Role::RequirementsOfficer).await;
        let app = &site.app;
        let lost = NewLoss { account: Some(VESTS.into()), quantity: 3, ..loss("vest", "") };
        says(app.lose(&NewLoss { account: None, ..lost.clone() }, &unit).await, "loss-serial-or-account");
        says(app.lose(&NewLoss { lot: "L".into(), ..lost.clone() }, &unit).await, "loss-serial-or-account");
        says(app.lose(&NewLoss { account: Some("x".into()), ..lost.clone() }, &unit).await, "an-account");
        says(app.lose(&NewLoss { quantity: 11, ..lost.clone() }, &unit).await, "loss-quantity");
        says(app.lose(&NewLoss { resource: "truck".into(), ..lost.clone() }, &unit).await, "not-in-service");
        says(app.lose(&NewLoss { offer: Some("O-2".into()), ..lost.clone() }, &unit).await, "loss-other-offer");
        let stock = Some("on_hand UNIT UKR P - vest C-1".to_owned());
        says(app.lose(&NewLoss { account: stock, ..lost.clone() }, &unit).await, "not-in-stock");
        let truck = Some("in_service UNIT UKR P - truck -".to_owned());
        says(app.lose(&NewLoss { account: truck, ..loss("truck", "") }, &unit).await, "loss-serial-or-account");
        says(app.lose(&lost, &donor(&picture, "JPN")).await, "not-in-service");
        let code = app.lose(&lost, &unit).await.unwrap();
        assert_eq!(site.has(VESTS).await, 7);
        let seen = async |party: &str| reports(app, &donor(&picture, party).viewer, LossFilter::default()).await.len();
        assert_eq!((seen("JPN").await, seen("POL").await), (1, 0), "Japan gave them");
        app.loss_found(code.as_str(), None, &unit).await.unwrap();
        assert_eq!(site.has(VESTS).await, 10);
        // Once others gave the same, nobody guesses whose it was: all who gave see it, unless it is said.
        gives("O-2", "national_stock POL POL D - vest C-1", 5).await;
        app.lose(&lost, &unit).await.unwrap();
        assert_eq!((seen("JPN").await, seen("POL").await), (2, 1));
        app.lose(&NewLoss { offer: Some("O-2".into()), ..lost.clone() }, &unit).await.unwrap();
        assert_eq!((seen("JPN").await, seen("POL").await), (2, 2));
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_work_order_ends_with_the_loss_of_what_it_is_about_and_says_so() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let unit = site.member("unit", "UKR", Role::RequirementsOfficer).await;
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        for serial in ["K-1", "K-2", "K-3"] {
            site.put("national_stock POL POL D - truck C-1", "in_service UNIT UKR P - truck C-1", 1, serial).await;
        }
        let order = app.fault_report(&fault("truck", "K-1"), &unit).await.unwrap().to_string();
        let other = app.fault_report(&fault("truck", "K-2"), &unit).await.unwrap().to_string();
        app.work_order_triage(&order, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        let open = async |serial| {
            let found = app.unit_work_orders(&unit.viewer, "truck", serial).await.unwrap();
            found.iter().map(|order| order.code.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(open("K-1").await, [order.as_str()], "whoever reports it lost is told before");
        let code = app.lose(&loss("truck", "K-1"), &unit).await.unwrap();
        let report = app.loss_report(&unit.viewer, code.as_str()).await.unwrap();
        let ended = app.loss_work_orders(&unit.viewer, &report).await.unwrap();
        assert_eq!(ended.iter().map(|order| order.code.as_str()).collect::<Vec<_>>(), [order.as_str()]);
        let shown = app.work_order(&unit.viewer, &order).await.unwrap();
        assert_eq!(shown.order.state, WorkOrderState::Cancelled);
        assert!(shown.steps.last().unwrap().remark.contains(code.as_str()), "{:?}", shown.steps);
        assert_eq!((open("K-1").await, open("K-2").await), (vec![], vec![other.clone()]));
        // What was begun on the spot is given up.
        app.work_order_triage(&other, &triage(Echelon::OnSite, None, ""), &actor()).await.unwrap();
        app.work_order_induct(&other, None, &actor()).await.unwrap();
        app.work_order_diagnose(&other, ("gearbox", Some(&[])), &actor()).await.unwrap();
        app.lose(&loss("truck", "K-2"), &unit).await.unwrap();
        let given_up = app.work_order(&unit.viewer, &other).await.unwrap().order.state;
        assert_eq!(given_up, WorkOrderState::BeyondEconomicRepair);
        assert!(app.loss_work_orders(&japan.viewer, &report).await.unwrap().is_empty());
        // Found again it is as broken as before: whoever wants it mended reports the fault anew.
        app.loss_found(code.as_str(), None, &unit).await.unwrap();
        assert_eq!(open("K-1").await, Vec::<String>::new());
        app.fault_report(&fault("truck-u", "K-1"), &unit).await.unwrap();
        // Also once the team has begun; found again, it is in service and as broken as before.
        let begun = app.fault_report(&fault("truck", "K-3"), &unit).await.unwrap().to_string();
        app.work_order_triage(&begun, &triage(Echelon::OnSite, None, ""), &actor()).await.unwrap();
        app.work_order_induct(&begun, None, &actor()).await.unwrap();
        app.work_order_diagnose(&begun, ("gearbox", Some(&[])), &actor()).await.unwrap();
        let later = site.at(&(app.now() + SignedDuration::from_hours(2)).to_string()).await;
        later.work_order_start(&begun, None, &actor()).await.unwrap();
        let early = NewLoss { at: Some(app.now() + SignedDuration::from_hours(1)), ..loss("truck-u", "K-3") };
        says(later.lose(&early, &unit).await, "loss-before-move");
        let lost = later.lose(&loss("truck-u", "K-3"), &unit).await.unwrap();
        assert_eq!(
            later.work_order(&unit.viewer, &begun).await.unwrap().order.state,
            WorkOrderState::BeyondEconomicRepair
        );
        assert_eq!(site.has("lost UNIT UKR P - truck-u C-1").await, 2);
        later.loss_found(lost.as_str(), None, &unit).await.unwrap();
        assert_eq!(site.has("in_service UNIT UKR P - truck-u C-1").await, 2);
        later.fault_report(&fault("truck-u", "K-3"), &unit).await.unwrap();
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_was_not_found_waits_for_who_has_it_and_later_for_others() {
    for engine in ENGINES {
        let (site, picture) = in_service(engine).await;
        let unit = site.member("unit", "UKR", Role::RequirementsOfficer).await;
        let coordinator = site.member("staff", "UKR", Role::Coordinator).await;
        let (poland, japan) = (donor(&picture, "POL"), donor(&picture, "JPN"));
        site.app.inspect(&check("T1-1", Grade::NotFound), &actor()).await.unwrap();
        let waits = async |app: &muster_app::App, who: &Viewer| app.not_found_waiting(who).await.unwrap().len();
        let later = async |days: i64| {
            let now = site.app.now() + SignedDuration::from_hours(24 * days);
            site.at(&now.to_string()).await
        };
        for (days, [own, mission, nation, other]) in [(1, [1, 0, 0, 0]), (16, [1, 1, 0, 0]), (31, [1, 1, 1, 0])] {
            let app = later(days).await;
            let viewers = [&unit.viewer, &coordinator.viewer, &poland.viewer, &japan.viewer];
            for (who, expected) in viewers.into_iter().zip([own, mission, nation, other]) {
                assert_eq!(waits(&app, who).await, expected, "{} after {days} days", who.name);
            }
        }
    }
}
