//! What plans share besides goods and ways: trips, budgets, spares that repairs use up, bays and instructors that they hold; and what
//! they should heed at a price.

use muster_app::{
    interchange::mission::Source,
    planner::{
        Plan, check,
        instance::Instance,
        instance::Series,
        plan::{Leg, Target},
    },
    storage::ledger::read::EntryFilter,
};
use muster_domain::ledger::entry::{Activity, Entry};
use muster_testkit::database::ENGINES;

use crate::small::{Site, actor, site, sources, viewer};

const MORE: &[(&str, &str)] = &[
    (
        "pools.csv",
        "code,name,place,quantity,accepts,source,fictional
BAYS,Bays,W,1,,test,yes
COACHES,Instructors,W,0,coach,test,yes",
    ),
    ("process_needs.csv", "process,resource,quantity,source,fictional\nFIX,spare,1,test,yes"),
    (
        "process_holds.csv",
        "process,pool,quantity,days,source,fictional\nFIX,BAYS,1,,test,yes\nFIX,COACHES,0.5,7,test,yes",
    ),
    (
        "fair_shares.csv",
        "code,name,unit,purpose,value,penalty,source,fictional\nS-1,Mobility,UNIT,mobility,1000,0.5,test,yes",
    ),
    ("fleets.csv", "code,name,unit,resources,penalty,source,fictional\nL-1,Few types,UNIT,truck|vest,7,test,yes"),
    ("reserves.csv", "code,name,resource,place,quantity,penalty,source,fictional\nV-1,Vests,vest,,250,0.9,test,yes"),
];

/// The small mission with all of that.
fn mission() -> Vec<Source> {
    let mut all = sources(|name, text| {
        match name {
        "items.csv" => format!(
            "{text}\nspare,Spare,materiel,,II,mobility,each,50,0.5,,,quantity,test,yes\ncoach,Coach,personnel,,,,each,80,,,,quantity,test,yes"
        ),
        "resources.csv" => format!("{text}\nspare,spare,serviceable,test,yes\ncoach,coach,trained,test,yes"),
        "lanes.csv" => "code,from,to,mode,transit_days,capacity_t,cost_per_t,departs_on,departs_every_days,trip_t,trip_cost,trips,fund,source,fictional
D-H,D,H,road,3,20,2.5,,,,,,F,test,yes
H-P,H,P,road,2,20,2.5,,,,,,,test,yes
D-W,D,W,road,1,20,2.5,2026-09-09,14,6,100,1,,test,yes
W-P,W,P,road,3,20,2.5,,,,,,,test,yes"
            .into(),
        "funds.csv" => "code,name,holder,currency,budget,source,fictional\nF,Fund,UKR,EUR,5,test,yes".into(),
        "offers.csv" => "code,donor,kind,resource,quantity,place,available_from,caveats,state,lot,lent_until,wish_purpose,wish_bonus,source,fictional
O-1,JPN,goods,vest,500,D,2026-09-07,C-1,committed,50,,,,test,yes
O-2,POL,goods,truck,3,D,2026-09-07,,committed,,,mobility,2.5,test,yes
O-3,POL,goods,truck-u,4,D,2026-09-07,,committed,,,,,test,yes
O-6,POL,goods,spare,1,D,2026-09-07,,committed,,,,,test,yes
O-7,POL,goods,coach,1,D,2026-09-07,,committed,,2026-11-02,,,test,yes"
            .into(),
        _ => text.to_owned(),
    }
    });
    all.extend(MORE.iter().map(|(name, text)| Source { name: (*name).into(), bytes: text.as_bytes().to_vec() }));
    all
}

async fn planned(site: &Site) -> (Instance, Plan) {
    let shown = site.plan().await;
    let instance = Instance::parse(shown.stored.plan.instance.as_bytes()).unwrap();
    let plan = Plan::parse(shown.stored.plan.result.as_bytes()).unwrap();
    assert_eq!(check(&instance, &plan).faults, Vec::<String>::new());
    (instance, plan)
}

fn units(plan: &Plan, fits: impl Fn(&Target) -> bool) -> i64 {
    plan.flows.iter().filter(|flow| fits(&flow.target)).map(|flow| flow.quantity).sum()
}

/// Vests on the lane that the fund pays for.
fn by_hub(plan: &Plan) -> i64 {
    let hub = |leg: &Leg| matches!(leg, Leg::Lane { lane, .. } if lane == "D-H");
    plan.flows.iter().filter(|flow| flow.path.iter().any(hub)).map(|flow| flow.quantity).sum()
}

#[tokio::test]
async fn a_plan_keeps_to_trips_budgets_spares_and_bays() {
    for engine in ENGINES {
        let site = site(engine).await;
        assert_eq!(site.import(mission()).await.issues, vec![]);
        let (instance, plan) = planned(&site).await;
        let to = |need: &'static str| move |target: &Target| target.id() == need;
        // Each vest is worth more than what it lacks in the reserve, but the fund pays for two tonnes only; the others go by
        // the works.
        assert_eq!((units(&plan, to("R-1")), by_hub(&plan)), (300, 200));
        assert!(plan.flows.iter().filter(|flow| flow.offer == "O-1").all(|flow| flow.quantity % 50 == 0));
        // Three trucks, and one that the only spare repairs; an instructor is lent for it.
        assert_eq!(units(&plan, to("R-3")), 4);
        assert_eq!(units(&plan, |t| *t == Target::Process { id: "FIX".into(), input: 0 }), 1);
        assert_eq!(units(&plan, |t| *t == Target::Pool("COACHES".into())), 1);
        // One trip of six tonnes in every other week.
        let road = instance.lanes.iter().find(|lane| lane.id == "D-W").unwrap();
        assert_eq!(road.departs.as_deref(), Some([0, 2, 4, 6, 8, 10].as_slice()));
        assert_eq!((road.trip_t, road.trip_cost, &road.trips), (Some(6.0), 100.0, &Some(Series::Constant(1.0))));
        // What should be heed at a price.
        let share = &instance.floors[0];
        assert_eq!(
            (share.value, share.penalty, share.purposes.as_deref()),
            (1000.0, 0.5, Some(["mobility@UNIT".to_owned()].as_slice()))
        );
        assert_eq!((&instance.fleets[0].places, instance.fleets[0].penalty), (&vec!["P".to_owned()], 7.0));
        assert_eq!((instance.reserves[0].quantity, instance.reserves[0].penalty), (250.0, 0.9));
        let wish = &instance.offers.iter().find(|offer| offer.id == "O-2").unwrap().prefers[0];
        assert_eq!((wish.purpose.as_str(), wish.bonus), ("mobility@UNIT", 2.5));
    }
}

#[tokio::test]
async fn what_an_accepted_plan_uses_and_holds_is_in_the_books_and_not_planned_again() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.import(mission()).await;
        let (_, plan) = planned(&site).await;
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        site.verifies().await;
        let entries = site.app.entries(&viewer(), &EntryFilter::default(), 0, 1_000).await.unwrap();
        let of = |activity: Activity, offer: &str| {
            let mine =
                |e: &&Entry| e.activity == activity && e.subject.offer.as_ref().is_some_and(|o| o.as_str() == offer);
            entries.iter().filter(mine).flat_map(|e| &e.lines).map(|line| line.quantity).sum::<i64>()
        };
        assert_eq!(of(Activity::Consume, "O-6"), 1, "the spare is to be used up");
        assert_eq!((of(Activity::Start, "O-7"), of(Activity::Finish, "O-7")), (1, 1), "the instructor goes home");
        // What is left for others: no money, and one bay less in the week of the repair.
        let (instance, _) = site.app.instance(None, None).await.unwrap();
        assert_eq!((by_hub(&plan), &instance.problem.funds[0].budget), (200, &Series::Constant(0.0)));
        let bays = instance.problem.pools.iter().find(|pool| pool.id == "BAYS").unwrap();
        let Series::PerPeriod(bays) = &bays.quantity else { panic!("{bays:?}") };
        assert_eq!(bays.iter().filter(|left| **left == 0.0).count(), 1);
        assert!(instance.problem.offers.iter().all(|offer| offer.id != "O-6" && offer.id != "O-7"));
        // Planned anew with nothing changed, spares and instructors stay promised as they were.
        let again = site.replan(None).await;
        let fates = site.app.plan_fates(&viewer(), again.stored.plan.code.as_str()).await.unwrap().unwrap();
        assert_eq!((fates.kept.len(), fates.differences.len()), (plan.flows.len(), 0));
    }
}
