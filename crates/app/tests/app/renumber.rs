//! A serial number that was written down wrong: what is missing is here under another, and goes on by that.

use muster_app::{
    storage::ledger::read::EntryFilter,
    transfer::{
        count::{Count, Counted},
        custody::Circumstances,
        inspecting::Finding,
        unmanifested::{Named, Unmanifested},
    },
    unit::Happened,
};
use muster_domain::{
    consignment::Seen,
    ledger::account::AccountPurpose,
    variance::{Resolution, VarianceKind},
};
use muster_testkit::database::ENGINES;

use crate::{
    repair::says,
    small::{Site, actor, viewer},
    transfer::{of_plan, planned},
};

fn truck(serials: &[&str]) -> Unmanifested {
    Unmanifested {
        description: "trucks that stand on no manifest".into(),
        quantity: serials.len() as i64,
        resource: "truck".into(),
        named: Named { serials: serials.iter().map(|serial| (*serial).to_owned()).collect(), ..Named::default() },
        ..Unmanifested::default()
    }
}

/// A consignment of three trucks that arrives at the hub with so many of them, and with others; gives it, the numbers on its papers, and
/// the variances of what is missing and of what stood on no manifest.
async fn arrived(site: &Site, trucks: i64, came: usize, others: &[&str]) -> (String, Vec<String>, [String; 2]) {
    let code = site.make(vec![of_plan(trucks, None)]).await;
    site.ready(&code).await;
    site.depart(&code).await;
    let units = site.app.consignment_shown(&viewer(), &code).await.unwrap().units;
    let serials: Vec<String> = units.iter().map(|unit| unit.serial.clone()).collect();
    let there = serials[..came].to_vec();
    let line = Counted { line: 1, received: came as i64, serials: there, ..Counted::default() };
    let unmanifested = if others.is_empty() { Vec::new() } else { vec![truck(others)] };
    let done = site.arrive(&code, &Count { lines: vec![line], unmanifested, ..Count::default() }).await;
    let mut found = [String::new(), String::new()];
    for variance in &done.variances {
        let kind = site.app.variance(&viewer(), variance.as_str()).await.unwrap().variance.kind;
        found[usize::from(kind != VarianceKind::Short)] = variance.to_string();
    }
    (code, serials, found)
}

async fn serials(site: &Site, code: &str) -> Vec<String> {
    let units = site.app.consignment_shown(&viewer(), code).await.unwrap().units;
    let mut serials: Vec<String> = units.into_iter().map(|unit| unit.serial).collect();
    serials.sort();
    serials
}

#[tokio::test]
async fn what_is_missing_by_its_papers_is_what_came_on_none() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let (code, papers, [short, other]) = arrived(&site, trucks, 2, &["T-112"]).await;
        let wrong = papers[2].as_str();
        let renumber =
            async |of: &str, wrong: &str, right: &str| site.app.variance_renumber(of, wrong, right, &actor()).await;
        says(renumber(&short, wrong, wrong).await, "renumber-same");
        says(renumber(&short, wrong, " ").await, "unit-name-length");
        says(renumber(&short, "X", "T-112").await, "variance-part-not-in");
        says(renumber(&short, wrong, &papers[0]).await, "unit-held-at");
        says(renumber(&other, "T-112", "X").await, "renumber-not-missing");
        let alone = site.app.variance_resolve(&other, Resolution::Manifested, &actor()).await;
        says(alone, "must-be");
        assert_eq!(renumber(&short, wrong, "T-112").await.unwrap().as_str(), short);

        let ended = async |of: &str| {
            let resolved = site.app.variance(&viewer(), of).await.unwrap().variance.resolved.unwrap();
            (resolved.0, resolved.3)
        };
        let said = format!("{wrong} is T-112");
        let reason = format!("{said}: a test");
        assert_eq!(ended(&short).await, (Resolution::Found, reason.clone()));
        assert_eq!(ended(&other).await, (Resolution::Manifested, reason.clone()));
        let there = serials(&site, &code).await;
        assert!(there.len() == 3 && there.contains(&"T-112".to_owned()), "{there:?}");
        assert_eq!(site.held("O-2", AccountPurpose::OnHand, "H").await, 3);
        assert_eq!(site.held("O-2", AccountPurpose::InTransit, "H").await, 0);
        let noted = site.app.newest(&viewer(), &EntryFilter::default(), (jiff::Timestamp::MAX, 0), 50).await.unwrap();
        assert!(noted.iter().any(|told| told.entry.about.starts_with(&said)), "it is in the journal");
        let told = site.app.unit_history(&viewer(), "truck", "T-112").await.unwrap();
        assert!(told.iter().any(|one| one.what == Happened::Resolved && one.remark == reason), "{told:?}");
        says(renumber(&short, "T-112", "T-113").await, "variance-over");
        // It goes on by its right number.
        site.depart(&code).await;
        assert_eq!(site.held("O-2", AccountPurpose::InTransit, "P").await, 3);
        site.verifies().await;
    }
}

#[tokio::test]
async fn one_of_several_gets_its_number_and_the_others_stay_missing() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let (code, papers, [short, _]) = arrived(&site, trucks, 1, &[]).await;
        let keyed = muster_app::Actor { key: Some("once".into()), ..actor() };
        let renumber = async || site.app.variance_renumber(&short, &papers[1], "T-112", &keyed).await.unwrap();
        let part = renumber().await;
        assert_eq!(renumber().await, part, "once");
        let of = async |variance: &str| {
            let shown = site.app.variance(&viewer(), variance).await.unwrap();
            let units = shown.units.into_iter().map(|unit| unit.serial).collect::<Vec<_>>();
            (shown.variance.resolved.is_some(), units)
        };
        assert_eq!(of(part.as_str()).await, (true, vec!["T-112".to_owned()]));
        assert_eq!(of(&short).await, (false, vec![papers[2].clone()]));
        assert_eq!(serials(&site, &code).await.len(), 2);
        site.verifies().await;
    }
}

#[tokio::test]
async fn of_several_on_no_manifest_one_is_taken_out_once_they_are_counted() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let (_, papers, [short, other]) = arrived(&site, trucks, 2, &["T-112", "Z-1"]).await;
        let renumber = async || site.app.variance_renumber(&short, &papers[2], "T-112", &actor()).await;
        says(renumber().await, "blind-count-missing");
        for name in ["one", "two"] {
            let counter = muster_app::Actor::new(muster_domain::viewer::Viewer::operator(name), "count");
            site.app.variance_count(&other, (2, ""), None, &counter).await.unwrap();
        }
        renumber().await.unwrap();
        let rest = site.app.variance(&viewer(), &other).await.unwrap();
        assert_eq!((rest.variance.quantity, rest.variance.resolved), (1, None));
        assert_eq!(rest.units.iter().map(|unit| unit.serial.as_str()).collect::<Vec<_>>(), ["Z-1"]);
        assert_eq!(site.has(&rest.variance.account.unwrap().to_string()).await, 1);
        site.app.variance_resolve(&other, Resolution::Accepted, &actor()).await.unwrap();
        site.verifies().await;
    }
}

#[tokio::test]
async fn before_it_leaves_it_gets_its_number_on_the_papers_alone() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        site.ready(&code).await;
        let wrong = serials(&site, &code).await[0].clone();
        let (lots, remark) = (Vec::new(), "another stands there".to_owned());
        let gone = Finding { line: 1, seen: Seen::Missing, quantity: None, serials: vec![wrong.clone()], lots, remark };
        let done = site.app.consignment_inspect(&code, &[gone], &Circumstances::default(), &actor()).await.unwrap();
        let short = done.variances[0].to_string();
        site.app.variance_renumber(&short, &wrong, "T-112", &actor()).await.unwrap();
        let there = serials(&site, &code).await;
        assert!(there.len() == 3 && there.contains(&"T-112".to_owned()) && !there.contains(&wrong), "{there:?}");
        site.depart(&code).await;
        assert_eq!(site.held("O-2", AccountPurpose::InTransit, "P").await.max(site.open_of("O-2").await), 3);
        site.verifies().await;
    }
}
