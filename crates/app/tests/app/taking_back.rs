//! What was recorded by mistake is taken back: it stays as it was said, and everything is as if it had not happened.

use muster_app::{
    Actor, Error,
    interchange::{epcis::hash::event_hash_id, mission::Source},
    storage::{
        ledger::read::{self, AsOf, EntryFilter},
        transfer::tell::{Filter, LegFilter, VarianceFilter},
    },
    transfer::{
        count::{Count, Counted},
        custody::Circumstances,
        handover::Means,
        making::{New, NewLine},
        unmanifested::Unmanifested,
    },
};
use muster_domain::{
    consignment::{ConsignmentState, Milestone},
    ledger::{account::AccountPurpose, entry::Activity},
    offer::OfferState,
    variance::Resolution,
    viewer::Viewer,
};
use muster_testkit::database::ENGINES;

use crate::{
    epcis::own,
    repair::says,
    signing::by,
    small::{Site, actor, viewer},
    transfer::{all_there, counted, of_plan, planned, planned_of},
};

impl Site {
    async fn takes_back(&self, code: &str) -> Result<(), Error> {
        self.app.consignment_take_back(code, &actor()).await
    }

    async fn receives(&self, code: &str, count: &Count) {
        self.app.consignment_receive(code, count, &Circumstances::default(), &actor()).await.unwrap();
    }

    /// Milestones that stand, and those that were taken back.
    async fn milestones(&self, code: &str) -> (Vec<Milestone>, Vec<Milestone>) {
        let shown = self.app.consignment_shown(&viewer(), code).await.unwrap();
        let (stand, back): (Vec<_>, Vec<_>) = shown.milestones.iter().partition(|one| one.taken_back.is_none());
        (stand.iter().map(|one| one.kind).collect(), back.iter().map(|one| one.kind).collect())
    }
}

#[tokio::test]
async fn all_of_a_way_can_be_taken_back_step_by_step_and_gone_again() {
    use Milestone::{ArrivedAtNode, Departed, Readied, ReceivedByUnit, TitleTransferred};
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        let code = code.as_str();
        says(site.takes_back(code).await, "taken-back-nothing");
        let need = async || site.app.picture(&viewer()).await.unwrap().requirements["R-1"].state.as_str();
        let way = async || {
            site.ready(code).await;
            for _ in 0..2 {
                site.depart(code).await;
                site.arrive(code, &all_there()).await;
            }
            site.receives(code, &all_there()).await;
        };
        let matched = need().await;
        way().await;
        assert_eq!(need().await, "fulfilled");
        let before = site.app.consignment_shown(&viewer(), code).await.unwrap();
        // Received: the unit has nothing, the recipient owns nothing, the need is as it was.
        site.takes_back(code).await.unwrap();
        assert_eq!(site.state(code).await, ConsignmentState::AtNode);
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 0);
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "P").await, 300);
        assert_eq!((need().await, site.open_of("O-1").await), (matched, 300));
        // Arrived, departed, arrived, departed, readied: each time it is where it was before.
        site.takes_back(code).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "P").await, 300);
        let under_way = site.app.consignment_shown(&viewer(), code).await.unwrap();
        assert_eq!(under_way.head.state, ConsignmentState::UnderWay);
        assert_eq!(under_way.head.arrives_at, Some(under_way.movements[1].leg.arrives_at));
        assert_eq!(under_way.movements[1].leg.arrived_at, None, "the lorry is on its way, too");
        let late = Filter { late_at: under_way.head.arrives_at, ..Filter::default() };
        assert_eq!(site.app.consignments(&viewer(), &late, 10).await.unwrap(), []);
        site.takes_back(code).await.unwrap();
        assert_eq!(
            (site.state(code).await, site.held("O-1", AccountPurpose::OnHand, "H").await),
            (ConsignmentState::AtNode, 300)
        );
        let legs = site.app.legs(&viewer(), &LegFilter::default(), None, 10).await.unwrap();
        assert_eq!(legs.len(), 1, "a lorry on which nothing left did not leave");
        site.takes_back(code).await.unwrap();
        site.takes_back(code).await.unwrap();
        assert_eq!(site.state(code).await, ConsignmentState::Readied);
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "H").await, 0);
        site.takes_back(code).await.unwrap();
        assert_eq!(site.state(code).await, ConsignmentState::Packing);
        says(site.takes_back(code).await, "taken-back-nothing");
        let all = vec![Readied, Departed, ArrivedAtNode, Departed, ArrivedAtNode, TitleTransferred, ReceivedByUnit];
        assert_eq!(site.milestones(code).await, (vec![], all.clone()));
        site.verifies().await;
        // Then it goes its way as it did.
        way().await;
        assert_eq!(site.milestones(code).await, (all.clone(), all));
        let after = site.app.consignment_shown(&viewer(), code).await.unwrap();
        assert_eq!((&after.lines, &after.units), (&before.lines, &before.units));
        assert_eq!((need().await, site.held("O-1", AccountPurpose::InService, "P").await), ("fulfilled", 300));
        // What each party calls delivered counts it once.
        let terms = "code,party,name,milestone,source,fictional\nT-1,POL,gone,departed,test,yes\nT-2,UKR,there,received_by_unit,test,yes";
        let terms = Source { name: "delivery_terms.csv".into(), bytes: terms.into() };
        assert_eq!(site.import(vec![terms]).await.issues, vec![]);
        for term in ["T-1", "T-2"] {
            let (_, found) = site.app.delivered(&viewer(), term, AsOf::NOW).await.unwrap();
            assert_eq!(found.iter().map(|one| one.units).sum::<i64>(), 300, "{term}");
        }
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_was_counted_at_a_milestone_that_is_taken_back_was_not_found() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let sent = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        let serials: Vec<String> = sent.units[1..].iter().map(|unit| unit.serial.clone()).collect();
        let line = Counted { line: 1, received: serials.len() as i64, serials, ..Counted::default() };
        let boots = Unmanifested { description: "boots".into(), quantity: 2, ..Unmanifested::default() };
        let vests = Unmanifested {
            resource: "vest".into(),
            description: "vests".into(),
            quantity: 5,
            ..Unmanifested::default()
        };
        let count = Count { lines: vec![line], unmanifested: vec![boots, vests], ..Count::default() };
        let found = site.arrive(&code, &count).await.variances;
        assert_eq!(found.len(), 3);
        site.takes_back(&code).await.unwrap();
        let all = site.app.variances(&viewer(), &VarianceFilter::default(), 10).await.unwrap();
        let ended = all.iter().filter_map(|one| one.variance.resolved.as_ref()).map(|(how, ..)| *how);
        assert_eq!(ended.collect::<Vec<_>>(), [Resolution::TakenBack; 3]);
        let now = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        let mut units = now.units.clone();
        units.sort_by(|a, b| a.serial.cmp(&b.serial));
        let mut were = sent.units.clone();
        were.sort_by(|a, b| a.serial.cmp(&b.serial));
        assert_eq!((&now.lines, units), (&sent.lines, were));
        site.verifies().await;
        site.arrive(&code, &all_there()).await;
        assert_eq!(site.held("O-2", AccountPurpose::OnHand, "H").await, sent.lines[0].present);
        let open = VarianceFilter { open: true, ..VarianceFilter::default() };
        assert_eq!(site.app.variances(&viewer(), &open, 10).await.unwrap().len(), 0);
        site.verifies().await;
    }
}

#[tokio::test]
async fn only_the_last_that_was_done_is_taken_back_and_only_as_it_could_be_again() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        // Nobody does so without a reason, or who could not have done it.
        says(site.app.consignment_take_back(&code, &Actor::new(viewer(), " ")).await, "taken-back-without-reason");
        site.hub_operator("kyiv", "UNIT").await;
        let unit = Actor::new(
            crate::epcis::member(&site, "kyiv", "UNIT", muster_domain::role::Role::HubOperator).await,
            "mine",
        );
        assert!(site.app.consignment_take_back(&code, &unit).await.is_err());
        // The same request twice is one.
        let keyed = Actor { key: Some("back".into()), ..actor() };
        site.app.consignment_take_back(&code, &keyed).await.unwrap();
        site.app.consignment_take_back(&code, &keyed).await.unwrap();
        assert_eq!(site.state(&code).await, ConsignmentState::Readied);
        site.depart(&code).await;
        // What was hurt had lost what was promised of it, and has it again.
        for place in ["H", "P"] {
            let open = site.open_of("O-1").await;
            site.arrive(&code, &counted(1, 299, 1)).await;
            assert_eq!(site.open_of("O-1").await, open - 1, "{place}");
            site.takes_back(&code).await.unwrap();
            assert_eq!(
                (site.open_of("O-1").await, site.held("O-1", AccountPurpose::Quarantine, place).await),
                (open, 0)
            );
            site.verifies().await;
            if place == "H" {
                site.arrive(&code, &all_there()).await;
                site.depart(&code).await;
            }
        }
        site.arrive(&code, &counted(1, 297, 0)).await;
        let short = site.app.consignment_shown(&viewer(), &code).await.unwrap().variances;
        let short = short.iter().find(|one| one.variance.resolved.is_none() && one.variance.kind.as_str() == "short");
        let short = short.unwrap().variance.code.clone();
        site.app.variance_resolve(short.as_str(), Resolution::Lost, &actor()).await.unwrap();
        says(site.takes_back(&code).await, "taken-back-since");
        // What was said of it is in nobody's way; what is gone is.
        site.receives(&code, &all_there()).await;
        site.app.consignment_note(&code, "well packed", &[], &actor()).await.unwrap();
        site.takes_back(&code).await.unwrap();
        says(site.takes_back(&code).await, "taken-back-since");
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_was_signed_for_only_the_mission_takes_back_and_its_receipt_says_so() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        site.with_pin("one", "JPN").await;
        site.with_pin("driver", "POL").await;
        let code = site.make(vec![of_plan(vests, Some(10))]).await;
        site.ready(&code).await;
        let pin = || Means::Pin("135790".into());
        site.leaves(&code, by("one", pin()), by("driver", pin()), "").await.unwrap();
        let japan = crate::epcis::member(&site, "one", "JPN", muster_domain::role::Role::HubOperator).await;
        let shown = site.app.consignment_shown(&japan, &code).await.unwrap();
        assert_eq!(shown.last, Some((Milestone::Departed, true)));
        says(site.app.consignment_take_back(&code, &Actor::new(japan, "mine")).await, "taken-back-signed");
        site.takes_back(&code).await.unwrap();
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        assert_eq!(shown.told(&shown.handovers[0]).doubts, ["taken_back"]);
        assert_eq!(shown.unsigned, Vec::<i64>::new());
        // It is signed for anew.
        site.leaves(&code, by("one", pin()), by("driver", pin()), "").await.unwrap();
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        assert_eq!(shown.handovers.len(), 2);
        assert_eq!(shown.told(&shown.handovers[1]).doubts, Vec::<String>::new());
        site.verifies().await;
    }
}

#[tokio::test]
async fn partners_are_told_that_what_was_taken_back_did_not_occur() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let told = own(&site.app, &[]).await;
        let shipped = told.last().unwrap().clone();
        site.takes_back(&code).await.unwrap();
        let after = own(&site.app, &[]).await;
        assert_eq!(after[..told.len()], told, "what was told stays told");
        let wrong = &after[told.len()..];
        assert_eq!(wrong.len(), 1);
        let error = wrong[0].error.as_ref().unwrap();
        assert_eq!(error.reason.as_ref().unwrap().uri().rsplit('-').next(), Some("did_not_occur"));
        assert_eq!((&wrong[0].id, error.corrective.len()), (&shipped.id, 0));
        assert_eq!(event_hash_id(&wrong[0]), event_hash_id(&shipped), "it names what it takes back");
        let by_id = own(&site.app, &[("EQ_eventID", shipped.id.as_deref().unwrap())]).await;
        assert_eq!(by_id.len(), 2);
        let latest = own(&site.app, &[("orderBy", "eventTime"), ("orderDirection", "DESC")]).await;
        assert_eq!(latest.len(), after.len());
        // A second departure is another event, and as much the first as before.
        site.depart(&code).await;
        let again = own(&site.app, &[("GE_recordTime", "2026-09-16T00:00:00Z")]).await;
        assert_eq!(again.iter().filter(|event| event.error.is_none()).count(), told.len() + 1);
        site.verifies().await;
    }
}

#[tokio::test]
async fn an_offer_goes_back_with_what_brought_it_further() {
    for engine in ENGINES {
        let fewer = |name: &str, text: &str| match name {
            "offers.csv" => text.replace("O-1,JPN,goods,vest,500,", "O-1,JPN,goods,vest,300,"),
            _ => text.to_owned(),
        };
        let (site, vests, _) = planned_of(engine, fewer).await;
        let state = async || site.app.picture(&viewer()).await.unwrap().offers["O-1"].state;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        assert_eq!(state().await, OfferState::Departed);
        site.takes_back(&code).await.unwrap();
        assert_eq!(state().await, OfferState::Consigned);
        site.takes_back(&code).await.unwrap();
        assert_eq!(state().await, OfferState::Allocated);
        site.verifies().await;
    }
}

#[tokio::test]
async fn who_asks_what_was_known_before_is_told_what_was_known() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let terms = "code,party,name,milestone,source,fictional\nT-1,POL,gone,departed,test,yes";
        let terms = Source { name: "delivery_terms.csv".into(), bytes: terms.into() };
        assert_eq!(site.import(vec![terms]).await.issues, vec![]);
        let later = site.at("2026-09-18T12:00:00Z").await;
        later.consignment_take_back(&code, &actor()).await.unwrap();
        let told = async |known: &str| {
            let known = AsOf { occurred: known.parse().unwrap(), known: known.parse().unwrap() };
            let (_, found) = later.delivered(&viewer(), "T-1", known).await.unwrap();
            found.iter().map(|one| one.units).sum::<i64>()
        };
        assert_eq!(told("2026-09-17T12:00:00Z").await, 300);
        assert_eq!(told("2026-09-18T13:00:00Z").await, 0);
        let time = ("2026-09-01T00:00:00Z".parse().unwrap(), "2026-10-01T00:00:00Z".parse().unwrap());
        let passed = later.passed(&viewer(), "D", time, None, 10).await.unwrap();
        assert!(passed.iter().all(|one| one.kind != Milestone::Departed));
        let own = Viewer::operator("tester");
        assert_eq!(
            later.consignment_shown(&own, &code).await.unwrap().milestones[1].taken_back.as_ref().unwrap().reason,
            "a test"
        );
    }
}

#[tokio::test]
async fn what_has_gone_on_by_others_stays_where_it_came_to() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let to_hub =
            New { from: "D".into(), to: Some("H".into()), lines: vec![of_plan(vests, None)], ..New::default() };
        let first = site.app.consignment_make(&to_hub, &actor()).await.unwrap().to_string();
        site.ready(&first).await;
        site.depart(&first).await;
        site.arrive(&first, &all_there()).await;
        // Its plan goes on from the hub in another consignment.
        let on = New { from: "H".into(), lines: vec![of_plan(vests, Some(100))], ..New::default() };
        let second = site.app.consignment_make(&on, &actor()).await.unwrap().to_string();
        says(site.takes_back(&first).await, "consignment-plan-taken");
        site.app.consignment_cancel(&second, &actor()).await.unwrap();
        site.takes_back(&first).await.unwrap();
        assert_eq!(site.state(&first).await, ConsignmentState::UnderWay);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_went_into_stock_by_mistake_waits_again_unless_somebody_sent_of_it() {
    for engine in ENGINES {
        let (site, ..) = planned(engine).await;
        let line = NewLine::Offer { offer: "O-1".into(), quantity: 50, need: None };
        let new = New { from: "D".into(), to: Some("H".into()), lines: vec![line], ..New::default() };
        let code = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        for _ in 0..2 {
            site.receives(&code, &all_there()).await;
            assert_eq!(site.state(&code).await, ConsignmentState::Closed);
            site.takes_back(&code).await.unwrap();
            assert_eq!(site.state(&code).await, ConsignmentState::AtNode);
        }
        // Not while some of it is promised to others.
        site.receives(&code, &all_there()).await;
        let account = "on_hand JPN JPN H - vest C-1".to_owned();
        let line = NewLine::Stock { account, quantity: 10, need: Some("R-1".into()), serials: Vec::new() };
        let new = New { from: "H".into(), route: vec!["H-P".into()], lines: vec![line], ..New::default() };
        let other = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
        says(site.takes_back(&code).await, "taken-back-gone");
        site.app.consignment_cancel(&other, &actor()).await.unwrap();
        site.takes_back(&code).await.unwrap();
        site.takes_back(&code).await.unwrap();
        assert_eq!(
            (site.state(&code).await, site.held("O-1", AccountPurpose::OnHand, "H").await),
            (ConsignmentState::UnderWay, 0)
        );
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_a_donor_gives_no_more_does_not_wait_to_be_handed_over_again() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let committed = async || {
            let mut conn = site.database.db.read().await.unwrap();
            let filter = EntryFilter { offer: Some("O-1".into()), ..EntryFilter::default() };
            let open = read::open(&mut conn, &filter, Some(Activity::Commit), 0, 100).await.unwrap();
            open.iter().map(|one| one.quantity).sum::<i64>()
        };
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        assert_eq!(committed().await, 500);
        site.depart(&code).await;
        assert_eq!(committed().await, 200);
        assert_eq!(site.app.transition("offers", "O-1", "cancelled", &actor()).await.unwrap().issues, vec![]);
        assert_eq!(committed().await, 0);
        site.takes_back(&code).await.unwrap();
        assert_eq!(committed().await, 0);
        site.verifies().await;
    }
}

#[tokio::test]
async fn who_is_told_of_milestones_is_told_that_one_was_taken_back() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        site.hub_operator("clerk", "JPN").await;
        let clerk = crate::epcis::member(&site, "clerk", "JPN", muster_domain::role::Role::HubOperator).await;
        let clerk = Actor::new(clerk, "to know");
        let hook = site.hook(&["consignment.milestone_reached"], &clerk).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        let told = site.told(&hook, &clerk).await;
        assert_eq!(told.len(), 1, "{told:?}");
        site.takes_back(&code).await.unwrap();
        let told = site.told(&hook, &clerk).await;
        let back: Vec<_> = told.iter().filter(|one| !one["data"]["taken_back_at"].is_null()).collect();
        assert_eq!((back.len(), &back[0]["data"]["milestone"]), (1, &"readied".into()), "{told:?}");
    }
}
