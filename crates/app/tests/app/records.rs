//! Records come in, with history and commitments, or not at all.

use muster_app::{
    App,
    interchange::mission::{Source, write_csv, write_json, write_xlsx},
    storage::ledger::read::AccountFilter,
};
use muster_domain::ledger::account::AccountPurpose;
use muster_testkit::database::ENGINES;

use crate::small::{actor, site, sources, viewer, with};

async fn pending(app: &App, purpose: AccountPurpose, resource: &str) -> i64 {
    let filter = AccountFilter { purpose: Some(purpose), resource: Some(resource.into()), ..AccountFilter::default() };
    let accounts = app.accounts(&viewer(), &filter, App::as_of(None, None), 0, 100).await.unwrap();
    accounts.iter().map(|(.., balance)| balance.pending).sum()
}

#[tokio::test]
async fn importing_again_changes_nothing_and_every_format_says_the_same() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        let picture = site.app.picture(&viewer()).await.unwrap();
        let csv = write_csv(&picture).into_iter().map(|(name, bytes)| Source { name, bytes }).collect();
        let one = |name: &str, bytes| vec![Source { name: name.into(), bytes }];
        for again in [
            sources(|_, t| t.into()),
            csv,
            one("m.json", write_json(&picture)),
            one("m.xlsx", write_xlsx(&picture).unwrap()),
        ] {
            let imported = site.import(again).await;
            assert_eq!(imported.issues, vec![]);
            assert_eq!(imported.changes, vec![]);
        }
        assert_eq!(site.app.picture(&viewer()).await.unwrap(), picture);
        site.verifies().await;
    }
}

#[tokio::test]
async fn with_any_problem_nothing_is_written_and_each_is_named() {
    for engine in ENGINES {
        let site = site(engine).await;
        let bad = with("offers.csv", "O-2,POL,goods,truck,3,D", "O-2,POL,goods,truck,3x,NOWHERE");
        let imported = site.import(bad).await;
        let told: Vec<_> =
            imported.issues.iter().map(|i| (i.file.as_str(), i.line, i.column.as_deref().unwrap_or(""))).collect();
        assert_eq!(told, [("offers.csv", Some(3), "quantity")], "{:?}", imported.issues);
        let imported = site.import(with("offers.csv", "truck,3,D", "truck,3,NOWHERE")).await;
        let told: Vec<_> =
            imported.issues.iter().map(|i| (i.line, i.column.as_deref().unwrap_or(""), i.value.as_str())).collect();
        assert_eq!(told, [(Some(3), "place", "NOWHERE")]);
        assert!(site.app.picture(&viewer()).await.unwrap().offers.is_empty());
    }
}

#[tokio::test]
async fn a_dry_run_tells_all_and_writes_nothing() {
    for engine in ENGINES {
        let site = site(engine).await;
        let tried = site.app.import_mission(sources(|_, t| t.into()), &actor(), true).await.unwrap();
        assert_eq!((tried.issues.len(), tried.counts("offers"), tried.entries), (0, (5, 0, 0), 4));
        assert!(site.app.picture(&viewer()).await.unwrap().mission().is_none());
        let written = site.import(sources(|_, t| t.into())).await;
        assert_eq!(written.changes, tried.changes);
    }
}

#[tokio::test]
async fn a_changed_offer_is_an_update_with_history_and_a_new_commitment() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        assert_eq!(pending(&site.app, AccountPurpose::OnHand, "vest").await, 500);
        let imported = site.import(with("offers.csv", "O-1,JPN,goods,vest,500", "O-1,JPN,goods,vest,450")).await;
        assert_eq!(imported.counts("offers"), (0, 1, 0));
        assert_eq!(pending(&site.app, AccountPurpose::OnHand, "vest").await, 450);
        let past = site.app.history(&viewer(), "offers", "O-1").await.unwrap();
        let quantity =
            |side: &Option<std::collections::BTreeMap<String, String>>| side.as_ref().unwrap()["quantity"].clone();
        assert_eq!((quantity(&past[0].before), quantity(&past[0].after), past.len()), ("500".into(), "450".into(), 2));
        site.app.transition("offers", "O-1", "held", &actor()).await.unwrap();
        assert_eq!(pending(&site.app, AccountPurpose::OnHand, "vest").await, 0);
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_state_is_not_taken_back() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        let refused = site.app.transition("offers", "O-1", "pledged", &actor()).await.unwrap_err();
        assert!(refused.to_string().contains("state-may-follow(state=committed)"), "{refused}");
        assert!(site.app.transition("offers", "O-9", "held", &actor()).await.is_err());
        let imported = site.import(with("requirements.csv", "validated", "draft")).await;
        assert_eq!(imported.issues.len(), 3);
    }
}

#[tokio::test]
async fn money_is_promised_and_received_to_the_cent() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        assert_eq!(pending(&site.app, AccountPurpose::Fund, "EUR").await, 125_000_050);
        let payment = |amount: &str, key: &str| muster_app::movement::Payment {
            offer: "O-5".into(),
            amount: Some(muster_domain::field::Field::parse(amount).unwrap()),
            at: None,
            key: Some(key.into()),
        };
        let (minor, currency, open) = site.app.pay(&payment("1000000.25", "a"), &actor()).await.unwrap();
        assert_eq!((minor, currency.code(), open), (100_000_025, "EUR", 25_000_025));
        assert!(site.app.pay(&payment("250000.26", "b"), &actor()).await.is_err());
        assert!(site.app.pay(&payment("0.001", "c"), &actor()).await.is_err());
        let money = site.app.overview(&viewer()).await.unwrap().money.clone();
        assert_eq!((money[0].promised, money[0].received), (25_000_025, 100_000_025));
    }
}

#[tokio::test]
async fn the_picture_of_a_past_day_has_the_records_of_that_day() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        let known = |day: &str| Some(day.parse().unwrap());
        let rows = |report: muster_app::report::Report| report.rows.len();
        let by = muster_app::report::By::Need;
        assert_eq!(rows(site.app.report(&viewer(), by, None, known("2026-09-15")).await.unwrap()), 0);
        assert_eq!(rows(site.app.report(&viewer(), by, None, known("2026-09-16")).await.unwrap()), 3);
    }
}
