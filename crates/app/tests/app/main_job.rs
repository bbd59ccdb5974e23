//! Needs and offers come in, the best plan comes out, is accepted, and what then happens is posted.

use jiff::Timestamp;
use muster_app::{
    movement::Move,
    planner::{Plan, check, explain::Reason, instance::Instance},
    report::{By, ReportRow},
    storage::ledger::{read::EntryFilter, step::StepFilter},
};
use muster_domain::{item::Tracking, ledger::entry::Activity, role::Role, viewer::Viewer};
use muster_testkit::database::ENGINES;

use crate::small::{Site, actor, site, viewer, with};

/// Where a list of open steps begins.
const START: (Timestamp, i64) = (Timestamp::MIN, 0);

pub(crate) async fn row(site: &Site, need: &str) -> ReportRow {
    let report = site.app.report(&viewer(), By::Need, None, None).await.unwrap();
    report.rows.into_iter().find(|row| row.code == need).unwrap()
}

fn step(line: i64) -> Move {
    Move {
        plan: "P-001".into(),
        line,
        step: None,
        quantity: None,
        serials: vec![],
        lot: String::new(),
        at: None,
        key: None,
    }
}

/// The line of the plan that brings `offer` to `need`.
fn line(plan: &Plan, offer: &str) -> (i64, i64, usize) {
    let found = (1..).zip(&plan.flows).find(|(_, flow)| flow.offer == offer).unwrap();
    (found.0, found.1.quantity, found.1.path.len())
}

#[tokio::test]
async fn the_best_plan_keeps_caveats_and_repairs_what_is_broken() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        let shown = site.plan().await;
        let served = &shown.summary.served;
        assert_eq!((served["R-1"].planned, served["R-3"].planned), (300, 5));
        assert_eq!(served["R-2"].planned, 0);
        let because = &served["R-2"].lacking[0].causes[0];
        assert_eq!(because.cause.reason, Reason::Caveat { offers: vec![("O-1".into(), 100)] });
        assert_eq!(because.caveats, ["C-1"]);
        assert!(served["R-1"].lacking.is_empty() && served["R-3"].lacking.is_empty());
        assert_eq!(served["R-3"].offers, [("O-2".to_owned(), 3), ("O-3".to_owned(), 2)].into());
        assert!(shown.summary.first_period == 2, "it is planned from the next week on");
        assert!(
            shown.summary.bound >= shown.summary.objective
                && shown.summary.objective >= shown.summary.first_come.objective
        );
        // What is stored is what was checked.
        let instance = Instance::parse(shown.stored.plan.instance.as_bytes()).unwrap();
        let plan = Plan::parse(shown.stored.plan.result.as_bytes()).unwrap();
        assert_eq!(check(&instance, &plan).faults, Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_accepted_plan_is_dispatched_received_and_reported() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        site.consented().await;
        let shown = site.plan().await;
        let plan = Plan::parse(shown.stored.plan.result.as_bytes()).unwrap();
        assert!(site.app.dispatch(&step(1), &actor()).await.is_err(), "nothing moves before the plan is accepted");
        let accepted = site.app.plan_accept("P-001", &actor()).await.unwrap();
        assert_eq!(accepted.allocations, plan.flows.len());
        assert!(site.app.plan_accept("P-001", &actor()).await.is_err(), "a plan is accepted once");
        let before = row(&site, "R-1").await;
        assert_eq!((before.planned.units, before.dispatched.units, before.received.units), (300, 0, 0));

        let (vests, quantity, legs) = line(&plan, "O-1");
        assert_eq!(quantity, 300, "one line carries all vests");
        let short = Move { quantity: Some(290), ..step(vests) };
        let moved = site.app.dispatch(&short, &actor()).await.unwrap();
        assert_eq!((moved.quantity, moved.open), (290, 10));
        for _ in 1..legs {
            site.app.receive(&short, &actor()).await.unwrap();
            site.app.dispatch(&short, &actor()).await.unwrap();
        }
        let after = row(&site, "R-1").await;
        assert_eq!((after.planned.units, after.dispatched.units, after.received.units), (300, 290, 0));
        site.app.receive(&short, &actor()).await.unwrap();
        let last = site.app.receive(&Move { quantity: Some(290), ..step(vests) }, &actor()).await.unwrap();
        assert_eq!(last.activity.as_str(), "receive");
        assert_eq!(row(&site, "R-1").await.received.units, 290);
        assert!(site.app.receive(&step(vests), &actor()).await.is_err(), "the other ten have not left yet");
        // They follow without being counted again, and the need is fulfilled.
        for _ in 0..legs {
            let keyed = Move { key: Some(format!("leg {}", row(&site, "R-1").await.dispatched.units)), ..step(vests) };
            let moved = site.app.dispatch(&keyed, &actor()).await.unwrap();
            assert_eq!(moved.quantity, 10);
            if moved.open == 0 && keyed.key.as_deref() == Some("leg 290") {
                let again = site.app.dispatch(&keyed, &actor()).await.unwrap();
                assert_eq!(
                    (again.entry, again.quantity),
                    (moved.entry, 10),
                    "the same key twice is the same entry once"
                );
            }
            site.app.receive(&step(vests), &actor()).await.unwrap();
        }
        site.app.receive(&step(vests), &actor()).await.unwrap();
        assert_eq!(row(&site, "R-1").await.received.units, 300);
        let state = site.app.picture(&viewer()).await.unwrap().requirements["R-1"].state;
        assert_eq!(state.as_str(), "fulfilled");
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_tracked_by_serial_number_does_not_leave_without() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        let shown = site.plan().await;
        let plan = Plan::parse(shown.stored.plan.result.as_bytes()).unwrap();
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        let (trucks, quantity, _) = line(&plan, "O-2");
        let refused = site.app.dispatch(&step(trucks), &actor()).await.unwrap_err();
        assert!(refused.to_string().contains("tracked-by-serial"), "{refused}");
        let serials: Vec<String> = (0..quantity).map(|n| format!("T{n}")).collect();
        let one = Move { serials: vec![serials[0].clone()], ..step(trucks) };
        assert_eq!(site.app.dispatch(&one, &actor()).await.unwrap().quantity, 1, "as many as are named");
        let rest = Move { serials: serials[1..].to_vec(), ..step(trucks) };
        site.app.dispatch(&rest, &actor()).await.unwrap();
        // Who sees the account that they leave is told which are there.
        let filter = StepFilter { offer: Some("O-2".into()), ready: true, ..StepFilter::default() };
        let first = site.app.open_steps(&viewer(), &filter, START, Timestamp::MAX, 1).await.unwrap();
        let held: Vec<&str> = first[0].held.iter().map(|held| held.serial.as_str()).collect();
        assert_eq!((first[0].step.activity, held), (Activity::Arrive, serials.iter().map(String::as_str).collect()));
        assert!(first[0].step.ready == quantity && first[0].tracking == Tracking::Serial);
        // On arrival they need not be named again.
        site.app.receive(&step(trucks), &actor()).await.unwrap();
        // Whoever sees the offer finds the unit by its serial number, with all that happened to it; nobody else does.
        let picture = site.app.picture(&viewer()).await.unwrap();
        let donor = |party: &str| {
            let party = muster_testkit::code(party);
            Viewer::member("donor".into(), party, [Role::DonorLiaison].into(), &picture)
        };
        for (who, expected) in [(viewer(), 3), (donor("POL"), 3), (donor("JPN"), 0)] {
            let found = site.app.search(&who, "T1", 5).await.unwrap();
            let names: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
            assert_eq!(names, if expected > 0 { vec!["truck"] } else { vec![] });
            let of_unit = EntryFilter { serial: Some("T1".into()), ..EntryFilter::default() };
            let happened = site.app.entries(&who, &of_unit, 0, 10).await.unwrap();
            assert_eq!(happened.len(), expected, "it came from the donor's stock, left, and arrived");
        }
        site.verifies().await;
    }
}

#[tokio::test]
async fn open_steps_follow_each_other_page_by_page() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        site.plan().await;
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        let page = async |from, limit| {
            site.app.open_steps(&viewer(), &StepFilter::default(), from, Timestamp::MAX, limit).await.unwrap()
        };
        let all = page(START, 1_000).await;
        assert!(all.len() > 3 && all.is_sorted_by_key(|expected| expected.step.due));
        let mut from = START;
        for one in &all {
            let found = page(from, 1).await;
            assert_eq!(found[0].step, one.step);
            from = if from.0 == one.step.due { (from.0, from.1 + 1) } else { (one.step.due, 1) };
        }
        assert!(page(from, 1).await.is_empty());
    }
}

#[tokio::test]
async fn a_plan_is_refused_when_what_it_was_made_from_has_changed() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        site.plan().await;
        site.import(with("offers.csv", "O-1,JPN,goods,vest,500", "O-1,JPN,goods,vest,100")).await;
        let refused = site.app.plan_accept("P-001", &actor()).await.unwrap_err();
        assert!(refused.to_string().contains("plan-outdated"), "{refused}");
        assert_eq!(row(&site, "R-1").await.planned.units, 0);
    }
}

#[tokio::test]
async fn what_is_voided_is_free_for_the_next_plan() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        let shown = site.plan().await;
        let plan = Plan::parse(shown.stored.plan.result.as_bytes()).unwrap();
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        let none = site.plan().await;
        assert_eq!(none.summary.lines, 0, "all that can be bound is bound");
        let (vests, ..) = line(&plan, "O-1");
        site.app.void("P-001", vests, &actor()).await.unwrap();
        assert_eq!(row(&site, "R-1").await.planned.units, 0);
        assert!(site.app.void("P-001", vests, &actor()).await.is_err());
        let again = site.plan().await;
        assert_eq!(again.summary.served["R-1"].planned, 300);
        site.verifies().await;
    }
}

#[tokio::test]
async fn two_lines_of_one_plan_do_not_promise_the_same_goods() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        site.plan().await;
        site.plan().await;
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        let refused = site.app.plan_accept("P-002", &actor()).await.unwrap_err();
        assert!(refused.to_string().contains("plan-outdated"), "{refused}");
    }
}
