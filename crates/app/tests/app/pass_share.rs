//! The share of those taught that passes: in plans, and in the seats that it takes.

use muster_app::interchange::mission::Source;
use muster_domain::{fixed::Fixed, role::Role};
use muster_testkit::database::ENGINES;

use crate::{
    repair::says,
    small::{actor, viewer},
    training::school,
};

#[tokio::test]
async fn the_share_that_passes_goes_into_plans_and_asks_for_more_seats() {
    for engine in ENGINES {
        let site = school(engine).await;
        let app = &site.app;
        let share = async || {
            let (inputs, _) = app.instance(None, None).await.unwrap();
            let process = inputs.problem.processes.iter().find(|of| of.id == "TEACH").unwrap().clone();
            (process.pass_share, serde_json::to_string(&process).unwrap().contains("pass_share"))
        };
        let needed = async || {
            let figures = app.training_figures(&viewer()).await.unwrap();
            let crew = figures.demand.into_iter().find(|of| of.resource.as_str() == "crew-t").unwrap();
            (crew.wanted, crew.needed, crew.lacking())
        };
        let set = async |share: &str| {
            let head = "code,kind,place,input,output,duration_days,capacity,cost,pass_share,source,fictional";
            let text = format!("{head}\nTEACH,training,S,crew-u,crew-t,14,4,10,{share},test,yes");
            site.import(vec![Source { name: "processes.csv".into(), bytes: text.into_bytes() }]).await.issues
        };
        assert_eq!((share().await, needed().await), ((None, false), (2, 2, 0)), "all pass");
        for (wrong, why) in [("0", "above-zero"), ("-0.5", "above-zero"), ("1.001", "at-most")] {
            let issues = set(wrong).await;
            assert!(format!("{issues:?}").contains(why), "{wrong}: {issues:?}");
        }
        assert!(!set("0.5555").await.is_empty(), "three places at most");
        assert_eq!(set("0.3").await, vec![]);
        // Two of three tenths: 6.67 seats.
        assert_eq!((share().await, needed().await), ((Some(0.3), true), (2, 7, 0)));
        assert_eq!(set("0.125").await, vec![]);
        assert_eq!(needed().await.1, 16);
        assert_eq!(set("").await, vec![]);
        assert_eq!((share().await, needed().await.1), ((None, false), 2));
    }
}

#[tokio::test]
async fn plans_count_with_the_share_that_passed_once_it_is_accepted() {
    for engine in ENGINES {
        let site = school(engine).await;
        let app = &site.app;
        let teacher = site.member("teacher", "SCH", Role::TrainingFacility).await;
        app.set_pin("123456", &teacher).await.unwrap();
        let crews = [site.nominated("S-1").await, site.nominated("S-1").await];
        for crew in &crews {
            site.cleared(crew).await;
            app.nomination_arrive(crew, (None, ""), &teacher).await.unwrap();
        }
        site.assessed(&crews[0], true).await;
        app.nomination_pass(&crews[0], ("teacher", "123456", ""), &teacher).await.unwrap();
        site.assessed(&crews[1], false).await;
        app.nomination_fail(&crews[1], "loads not secured", &teacher).await.unwrap();
        let observed = app.observed(&viewer()).await.unwrap();
        let of = observed.iter().find(|of| of.process.as_str() == "TEACH").unwrap();
        let half = Fixed(500);
        assert_eq!((of.share, of.planned_share, of.differs()), (Some(half), None, true));
        let days = of.days();
        says(app.observed_accept("TEACH", (days, Some(Fixed(900))), &actor()).await, "observed-share-otherwise");
        let share = async || app.picture(&viewer()).await.unwrap().processes["TEACH"].pass_share;
        app.observed_accept("TEACH", (days, None), &actor()).await.unwrap();
        assert_eq!(share().await, None, "who names no share changes none");
        app.observed_accept("TEACH", (days, Some(half)), &actor()).await.unwrap();
        assert_eq!(share().await, Some(half));
        assert!(
            !app.observed(&viewer()).await.unwrap().iter().any(|of| of.process.as_str() == "TEACH" && of.differs())
        );
    }
}
