//! What comes on no manifest though the books hold its number elsewhere: what was seen is never lost, and goes into the books once they
//! agree.

use muster_app::{
    Actor,
    transfer::{
        count::{Count, Counted},
        shown,
        unmanifested::{Named, Unmanifested},
    },
};
use muster_domain::{
    ledger::account::AccountPurpose,
    role::Role,
    variance::{Resolution, VarianceKind},
};
use muster_testkit::database::ENGINES;

use crate::{
    small::{Site, actor, viewer},
    transfer::{counted, of_plan, planned, planned_of},
};

/// Two people count one thing that is kept apart.
async fn counted_twice(site: &Site, variance: &str) {
    for name in ["one", "two"] {
        let counter = Actor::new(muster_domain::viewer::Viewer::operator(name), "count");
        site.app.variance_count(variance, (1, ""), None, &counter).await.unwrap();
    }
}

fn truck(serial: &str) -> Unmanifested {
    Unmanifested {
        description: "a truck that nobody sent here".into(),
        quantity: 1,
        resource: "truck".into(),
        named: Named { serials: vec![serial.into()], ..Named::default() },
        ..Unmanifested::default()
    }
}

/// A consignment of three trucks that arrives at the hub with two of them; gives the missing one's number and variance.
async fn short_of_one(site: &Site, trucks: i64) -> (String, String) {
    let code = site.make(vec![of_plan(trucks, None)]).await;
    site.ready(&code).await;
    site.depart(&code).await;
    let units = site.app.consignment_shown(&viewer(), &code).await.unwrap().units;
    let mut serials: Vec<String> = units.iter().map(|unit| unit.serial.clone()).collect();
    let missing = serials.pop().unwrap();
    let line = Counted { line: 1, received: serials.len() as i64, serials, ..Counted::default() };
    let done = site.arrive(&code, &Count { lines: vec![line], ..Count::default() }).await;
    (missing, done.variances[0].to_string())
}

#[tokio::test]
async fn a_count_succeeds_though_the_books_hold_what_came_besides_elsewhere() {
    for engine in ENGINES {
        let (site, vests, trucks) = planned(engine).await;
        let (missing, short) = short_of_one(&site, trucks).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        // One that the books hold elsewhere, one that is named twice, one that nobody knows.
        let things = vec![truck(&missing), truck("Z-1"), truck("Z-1")];
        let done = site.arrive(&code, &Count { unmanifested: things, ..counted(1, 300, 0) }).await;
        assert_eq!(done.variances.len(), 3, "what was seen is not lost");
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 300);
        let mut told = Vec::new();
        for code in &done.variances {
            told.push(site.app.variance(&viewer(), code.as_str()).await.unwrap());
        }
        assert!(told.iter().all(|one| one.variance.kind == VarianceKind::Unmanifested));
        let in_books: Vec<bool> = told.iter().map(|one| one.variance.account.is_some()).collect();
        assert_eq!(in_books, [false, true, false]);
        let held = &told[0].elsewhere[0];
        assert_eq!(held.serial, missing);
        assert!(held.account.as_ref().is_some_and(|account| account.purpose == AccountPurpose::InTransit), "{held:?}");
        assert!(held.consignment.is_some(), "which consignment misses it");
        assert_eq!(told[0].units[0].serial, missing, "and its number is kept");

        // It goes into the books once they agree, and until then says why not.
        let name = done.variances[0].as_str();
        counted_twice(&site, name).await;
        let identify = async || site.app.variance_identify(name, "truck", &Named::default(), &actor()).await;
        let refused = identify().await.unwrap_err().to_string();
        assert!(refused.contains("unit-held-at"), "{refused}");
        let early = site.app.variance_resolve(name, Resolution::Accepted, &actor()).await.unwrap_err().to_string();
        assert!(early.contains("variance-unknown"), "{early}");
        site.app.variance_resolve(&short, Resolution::Lost, &actor()).await.unwrap();
        assert!(site.app.variance(&viewer(), name).await.unwrap().elsewhere.is_empty());
        identify().await.unwrap();
        let again = identify().await.unwrap_err().to_string();
        assert!(again.contains("variance-known") || again.contains("changed"), "{again}");
        site.app.variance_resolve(name, Resolution::Accepted, &actor()).await.unwrap();

        // A number that was misread is put right by whoever says what it is.
        let twice = done.variances[2].as_str();
        counted_twice(&site, twice).await;
        let named = Named { serials: vec!["Z-7".into()], ..Named::default() };
        site.app.variance_identify(twice, "truck", &named, &actor()).await.unwrap();
        let units = site.app.variance(&viewer(), twice).await.unwrap().units;
        assert_eq!(units.iter().map(|unit| unit.serial.as_str()).collect::<Vec<_>>(), ["Z-7"]);
        site.verifies().await;
    }
}

#[tokio::test]
async fn where_the_books_hold_it_is_told_to_who_may_see_that() {
    for engine in ENGINES {
        let (site, _, trucks) = planned_of(engine, |name, text| match name {
            "parties.csv" => format!("{text}\nOP,Operator,operator,POL,,test,yes"),
            "places.csv" => text.replace("W,Works,repair,POL,,51,21,,,,", "W,Works,repair,POL,,51,21,,,OP,"),
            _ => text.to_owned(),
        })
        .await;
        let (missing, short) = short_of_one(&site, trucks).await;
        let works = site.member("works", "OP", Role::HubOperator).await;
        let code = site.app.report_unmanifested("W", &truck(&missing), None, &works).await.unwrap();
        let name = code.as_str();
        counted_twice(&site, name).await;
        let shown = site.app.variance(&works.viewer, name).await.unwrap();
        assert!(shown.elsewhere.is_empty(), "{:?}", shown.elsewhere);
        assert_eq!(shown::variance(&shown, false)["in_books"], false);
        let none = Named::default();
        let refused = site.app.variance_identify(name, "truck", &none, &works).await.unwrap_err().to_string();
        assert!(refused.contains("unit-held-elsewhere"), "{refused}");
        // It is found to be this one: it was never where it was looked for.
        site.app.variance_resolve(&short, Resolution::Lost, &actor()).await.unwrap();
        site.app.variance_identify(name, "truck", &none, &works).await.unwrap();
        let account = site.app.variance(&works.viewer, name).await.unwrap().variance.account;
        assert!(account.is_some_and(|account| account.purpose == AccountPurpose::Quarantine));
        site.verifies().await;
    }
}
