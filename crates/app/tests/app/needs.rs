//! Needs are merged and split: what was asked for stays asked for once, and what is bound stays bound.

use muster_app::{Error, need::Merge};
use muster_domain::{need::Part, requirement::RequirementState};
use muster_testkit::{code, database::ENGINES};

use crate::small::{Site, actor, site, viewer, with};

/// The mission with a fourth requirement that asks for the same as the first.
async fn twice() -> Vec<Site> {
    let mut sites = Vec::new();
    for engine in ENGINES {
        let site = site(engine).await;
        let again = "R-4,UNIT,P,protection,40,2,2026-11-02,2026-11-16,submitted,,,test,yes\nR-1,UNIT";
        let mut sources = with("requirements.csv", "R-1,UNIT", again);
        let accepts = sources.iter_mut().find(|s| s.name == "requirement_accepts.csv").unwrap();
        accepts.bytes.extend(b"\nR-4,vest,1,test,yes");
        assert_eq!(site.import(sources).await.issues, vec![]);
        sites.push(site);
    }
    sites
}

fn merge(others: &[&str], quantity: Option<u32>) -> Merge {
    Merge { into: "R-1".into(), others: others.iter().map(|code| (*code).to_owned()).collect(), quantity }
}

fn part(name: &str, quantity: u32) -> Part {
    Part { code: code(name), quantity, place: None, due: None }
}

#[tokio::test]
async fn a_need_that_was_handed_in_twice_becomes_one() {
    for site in twice().await {
        let picture = site.app.picture(&viewer()).await.unwrap();
        assert_eq!(muster_domain::need::Need::of(&picture, "R-1").unwrap().duplicates(&picture).len(), 1);
        let merged = site.app.merge(&merge(&["R-4", "R-4"], None), None, &actor()).await.unwrap();
        assert_eq!((merged.issues.len(), merged.changes.len()), (0, 2));
        let picture = site.app.picture(&viewer()).await.unwrap();
        assert_eq!(picture.requirements["R-1"].quantity, 340);
        let gone = &picture.requirements["R-4"];
        assert_eq!((gone.state, gone.state_reason.as_str()), (RequirementState::Superseded, "merged into R-1: a test"));
        assert_eq!(site.app.history(&viewer(), "requirements", "R-4").await.unwrap().len(), 2);
        // It is over: it is merged no second time.
        let again = site.app.merge(&merge(&["R-4"], None), None, &actor()).await.unwrap_err();
        assert!(again.to_string().contains("need-not-superseded"), "{again}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_merge_of_something_changed_meanwhile_or_of_another_kind_is_refused() {
    for site in twice().await {
        let told = |error: Error| error.to_string();
        let changed = site.app.merge(&merge(&["R-4"], None), Some("other"), &actor()).await.unwrap_err();
        assert!(matches!(changed, Error::Changed), "{changed}");
        let unlike = told(site.app.merge(&merge(&["R-2"], None), None, &actor()).await.unwrap_err());
        assert!(unlike.starts_with("need-unlike("), "{unlike}");
        let absent = told(site.app.merge(&merge(&["R-9"], None), None, &actor()).await.unwrap_err());
        assert_eq!(absent, "not-found(what=need, code=R-9)");
        let none = told(site.app.merge(&merge(&[], None), None, &actor()).await.unwrap_err());
        assert!(none == "merge-none-named", "{none}");
        assert_eq!(site.app.picture(&viewer()).await.unwrap().requirements["R-1"].quantity, 300);
    }
}

#[tokio::test]
async fn a_part_is_split_off_and_the_sum_stays() {
    for site in twice().await {
        let elsewhere = Part { place: Some(code("H")), due: "2026-11-09".parse().ok(), ..part("R-5", 120) };
        let split = site.app.split("R-1", &elsewhere, None, &actor()).await.unwrap();
        assert_eq!(split.issues, vec![]);
        let picture = site.app.picture(&viewer()).await.unwrap();
        let (old, new) = (&picture.requirements["R-1"], &picture.requirements["R-5"]);
        assert_eq!(
            (old.quantity, new.quantity, new.place.as_str(), new.due.to_string()),
            (180, 120, "H", "2026-11-09".into())
        );
        assert_eq!(picture.accepts("R-5").count(), 1);
        for (wrong, why) in [(part("R-6", 180), "split-quantity(most=179)"), (part("R-2", 1), "need-exists(need=R-2)")]
        {
            let refused = site.app.split("R-1", &wrong, None, &actor()).await.unwrap_err().to_string();
            assert!(refused == why, "{refused}");
        }
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_bound_to_a_need_stays_bound_to_it() {
    for site in twice().await {
        let plan = site.plan().await;
        site.app.plan_accept(plan.stored.plan.code.as_str(), &actor()).await.unwrap();
        let refused = site.app.split("R-1", &part("R-5", 1), None, &actor()).await.unwrap_err().to_string();
        assert_eq!(refused, "need-bound-part(bound=300, need=R-1)");
        let into_other = Merge { into: "R-4".into(), others: vec!["R-1".into()], quantity: None };
        let refused = site.app.merge(&into_other, None, &actor()).await.unwrap_err().to_string();
        assert!(refused == "need-bound(need=R-1)", "{refused}");
    }
}
