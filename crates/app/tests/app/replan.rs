//! Something changes: a new plan takes the place of what was promised, what has begun stays, and what need not change stays too.

use std::{collections::BTreeMap, sync::Arc};

use muster_app::{
    interchange::mission::Source,
    movement::Move,
    plan::fate::{Fate, Fates},
    planner::{
        Plan, check,
        instance::Instance,
        plan::{Flow, Leg},
    },
    report::{By, ReportRow},
    storage::{
        ledger::{
            Also, Ledger, Request,
            read::{self, AsOf, EntryFilter, FlowFilter},
        },
        picture,
        plan::{self as store, Acceptance, PlanState},
    },
    training::nomination::{From, NewNomination},
};
use muster_domain::{
    ledger::{
        account::AccountPurpose,
        entry::{Act, Command, Entry, EntryKind, EntryNumber, Note},
    },
    offer::OfferState,
    requirement::RequirementState,
};
use muster_testkit::{
    FakeClock,
    database::{ENGINES, seal_key},
};

use crate::{
    small::{SHEETS, Site, actor, site, viewer},
    training::{nominee, school},
};

/// The small mission with many small offers and needs, and a package of trucks and vests.
fn many() -> BTreeMap<String, String> {
    let mut sheets: BTreeMap<String, String> =
        SHEETS.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    for n in 1..=40 {
        let day = ["2026-09-07", "2026-09-28", "2026-10-05", "2026-10-12"][n % 4];
        let offer = format!("\nV-{n:02},POL,goods,vest,10,D,{day},,,,,committed,,,,,,,,test,yes");
        sheets.get_mut("offers.csv").unwrap().push_str(&offer);
        let need = format!("\nN-{n:02},UNIT,P,protection,10,{},2026-11-02,2026-11-23,validated,,,test,yes", 1 + n % 3);
        sheets.get_mut("requirements.csv").unwrap().push_str(&need);
        sheets.get_mut("requirement_accepts.csv").unwrap().push_str(&format!("\nN-{n:02},vest,1,test,yes"));
    }
    sheets
}

fn as_sources(sheets: &BTreeMap<String, String>) -> Vec<Source> {
    sheets.iter().map(|(name, text)| Source { name: name.clone(), bytes: text.clone().into_bytes() }).collect()
}

fn closed(lane: &str, from: &str, to: &str) -> Source {
    let text = format!("lane,from,to,reason,source,fictional\n{lane},{from},{to},Bridge,test,yes");
    Source { name: "lane_closures.csv".into(), bytes: text.into_bytes() }
}

fn step(plan: &str, line: i64, quantity: Option<i64>) -> Move {
    Move { plan: plan.into(), line, step: None, quantity, serials: vec![], lot: String::new(), at: None, key: None }
}

impl Site {
    async fn with(&self, sheets: &BTreeMap<String, String>) {
        assert_eq!(self.import(as_sources(sheets)).await.issues, vec![]);
    }

    async fn change(&self, source: Source) {
        assert_eq!(self.import(vec![source]).await.issues, vec![]);
    }

    async fn fates(&self, plan: &str) -> Fates {
        self.app.plan_fates(&viewer(), plan).await.unwrap().unwrap()
    }

    async fn entries_of(&self, plan: &str) -> Vec<Entry> {
        let filter = EntryFilter { plan: Some(plan.into()), ..EntryFilter::default() };
        self.app.entries(&viewer(), &filter, 0, 1_000).await.unwrap()
    }

    /// What is open of each pending entry.
    async fn open(&self) -> BTreeMap<i64, i64> {
        let mut conn = self.database.db.read().await.unwrap();
        let open = read::open(&mut conn, &EntryFilter::default(), None, 0, 100_000).await.unwrap();
        open.into_iter().map(|line| (line.entry, line.quantity)).collect()
    }

    async fn allocated(&self, plan: &str) -> Vec<store::Allocation> {
        store::allocations(&mut self.database.db.read().await.unwrap(), plan).await.unwrap()
    }

    /// The books fit, no offer gives more than it has, and no need gets more than it asks for.
    async fn is_sound(&self) {
        self.verifies().await;
        let picture = self.app.picture(&viewer()).await.unwrap();
        let mut conn = self.database.db.read().await.unwrap();
        let flows = read::flows(&mut conn, &viewer(), FlowFilter::default(), AsOf::NOW).await.unwrap();
        let (mut given, mut got): (BTreeMap<String, i64>, BTreeMap<String, i64>) = Default::default();
        for flow in flows.iter().filter(|flow| flow.to.0 == AccountPurpose::InService) {
            let units = match flow.kind {
                EntryKind::Pending => flow.quantity,
                EntryKind::Void => -flow.quantity,
                EntryKind::Posted if !flow.settles => flow.quantity,
                _ => 0,
            };
            *given.entry(flow.offer.as_ref().unwrap().to_string()).or_default() += units;
            *got.entry(flow.need.as_ref().unwrap().to_string()).or_default() += units;
        }
        assert!(!given.is_empty());
        for (offer, units) in given {
            let most = picture.offered_units(&picture.offers[&offer]).unwrap();
            assert!((0..=most).contains(&units), "{offer} gives {units} of {most}");
            let state = picture.offers[&offer].state;
            if state != OfferState::Cancelled {
                assert_eq!(units > 0, state == OfferState::Allocated, "{offer} gives {units} and is {state}");
            }
        }
        for (need, units) in got {
            let Some(requirement) = picture.requirements.get(&need) else { continue };
            let most = i64::from(requirement.quantity);
            assert!((0..=most).contains(&units), "{need} gets {units} of {most}");
            let state = match units {
                0 => RequirementState::Prioritised,
                n if n == most => RequirementState::Matched,
                _ => RequirementState::PartMatched,
            };
            if requirement.state != RequirementState::Fulfilled {
                assert_eq!(requirement.state, state, "{need} gets {units} of {most}");
            }
        }
        // What is open is there once: a line's steps are all open or all not, but for what has begun.
        let mut promised: BTreeMap<(String, String, i64), usize> = BTreeMap::new();
        for line in store::promised(&mut conn).await.unwrap() {
            *promised.entry((line.plan.to_string(), line.need.to_string(), line.line)).or_default() += 1;
        }
        assert!(promised.values().all(|lines| *lines == 1));
    }

    async fn row(&self, need: &str) -> ReportRow {
        let report = self.app.report(&viewer(), By::Need, None, None).await.unwrap();
        report.rows.into_iter().find(|row| row.code == need).unwrap()
    }
}

fn result(shown: &muster_app::plan::Shown) -> Plan {
    let instance = Instance::parse(shown.stored.plan.instance.as_bytes()).unwrap();
    let plan = Plan::parse(shown.stored.plan.result.as_bytes()).unwrap();
    assert_eq!(check(&instance, &plan).faults, Vec::<String>::new());
    plan
}

/// The line of the plan that fits, counted from 1.
fn line(plan: &Plan, fits: impl Fn(&Flow) -> bool) -> i64 {
    (1..).zip(&plan.flows).find(|(_, flow)| fits(flow)).unwrap().0
}

fn over(flow: &Flow, way: &str) -> bool {
    flow.path.iter().any(|leg| matches!(leg, Leg::Lane { lane, .. } if lane == way))
}

impl Site {
    /// P-001 is accepted, and P-002 is to take its place: the line of the vests, and what is promised of it.
    async fn replanned(&self) -> (i64, store::Allocation) {
        let first = result(&self.plan().await);
        self.app.plan_accept("P-001", &actor()).await.unwrap();
        self.change(closed("H-P", "2026-09-14", "2026-09-27")).await;
        self.replan(None).await;
        let vests = line(&first, |flow| flow.offer == "O-1");
        (vests, self.allocated("P-001").await.into_iter().find(|a| a.line == vests).unwrap())
    }

    /// That plan P-002 takes nothing back by an acceptance that was decided earlier: a step that is pending, and so many units.
    async fn refuses_late(&self, pending: EntryNumber, quantity: i64) {
        let ledger = Ledger::open(&self.database.db, seal_key(), Arc::new(FakeClock::at("2026-09-16T12:00:00Z"))).await;
        let note = Note {
            key: "plan P-002 takes back".into(),
            occurred_at: Note::WHEN_RECORDED,
            actor: "tester".into(),
            reason: "a race".into(),
        };
        let acceptance = Acceptance {
            plan: muster_testkit::code("P-002"),
            version: picture::version(&mut self.database.db.read().await.unwrap()).await.unwrap(),
            allocations: vec![],
            takes_back: vec![(0, quantity)],
        };
        let request = Request {
            commands: vec![Command { note, act: Act::Void { pending, takes: Vec::new() } }],
            also: vec![Also::Acceptance(acceptance)],
        };
        let refused = ledger.unwrap().submit(request).await.unwrap_err();
        assert!(refused.to_string().contains("plan-outdated"), "{refused}");
    }
}

#[tokio::test]
async fn what_has_begun_stays_and_what_cannot_be_any_more_is_replaced() {
    for engine in ENGINES {
        let site = site(engine).await;
        let sheets = many();
        site.with(&sheets).await;
        site.consented().await;
        let first = result(&site.plan().await);
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        site.is_sound().await;
        let before = site.entries_of("P-001").await;
        // Ten of the vests of one line leave, the rest of it has not.
        let vests = line(&first, |flow| flow.offer == "O-1");
        site.app.dispatch(&step("P-001", vests, Some(10)), &actor()).await.unwrap();
        let begun = site.allocated("P-001").await.into_iter().find(|a| a.line == vests).unwrap();
        let open = site.open().await;
        // One of the lanes that are used is closed for some weeks.
        let lane = if first.flows.iter().any(|flow| over(flow, "D-H")) { "D-H" } else { "D-W" };
        let hit = first.flows.iter().filter(|flow| over(flow, lane)).count();
        site.change(closed(lane, "2026-09-14", "2026-11-15")).await;
        let shown = site.replan(None).await;
        let counted = shown.summary.replan.unwrap();
        assert_eq!(counted.promised(), first.flows.len() - 1, "what has begun is not promised any more");
        assert!(counted.changed + counted.dropped > 0 && hit > 0);
        let second = result(&shown);
        assert!(second.flows.iter().all(|flow| !over(flow, lane)));
        let fates = site.fates("P-002").await;
        assert!(fates.differences.iter().all(|d| d.was.iter().all(|(p, _)| p.line != vests || p.plan != "P-001")));
        let accepted = site.app.plan_accept("P-002", &actor()).await.unwrap();
        assert_eq!((accepted.kept, accepted.taken_back), (counted.kept, counted.changed + counted.dropped));
        site.is_sound().await;
        let (after, entries) = (site.open().await, site.entries_of("P-001").await);
        for number in begun.first..=begun.last {
            assert_eq!(after.get(&number), open.get(&number), "what has begun is as it was");
        }
        for kept in &fates.kept {
            assert!((kept.promise.first..=kept.promise.last).all(|number| after[&number] == open[&number]));
            assert!(
                site.allocated("P-002")
                    .await
                    .iter()
                    .all(|a| a.line != kept.line || second.flows[kept.line as usize - 1].quantity > a.quantity)
            );
        }
        let gone: Vec<_> = fates.differences.iter().flat_map(|d| &d.was).collect();
        for (promise, flow) in &gone {
            for number in promise.first..=promise.last {
                assert!(!after.contains_key(&number), "what was taken back is not open");
                let voids: Vec<_> = entries.iter().filter(|e| e.resolves == Some(number)).collect();
                assert_eq!((voids.len(), voids[0].kind), (1, EntryKind::Void));
                assert_eq!(voids[0].lines[0].quantity, flow.quantity);
                assert!(voids[0].note.reason.contains("P-002"), "{}", voids[0].note.reason);
            }
        }
        // What was written first is still there, word for word.
        assert_eq!(&entries[..before.len()], &before[..]);
        assert_eq!(site.app.plan(&viewer(), Some("P-001")).await.unwrap().stored.state, PlanState::Accepted);
        let refused = site.app.plan_accept("P-002", &actor()).await.unwrap_err();
        assert!(refused.to_string().contains("plan-is-already"), "{refused}");
        // The way goes on: a line that stays and a new one leave, and what was taken back does not.
        if let Some(kept) = fates.kept.first() {
            let steps = site.app.dispatch(&step("P-001", kept.promise.line, None), &actor()).await;
            assert!(steps.is_ok() || steps.unwrap_err().to_string().contains("tracked"));
        }
        let taken = gone[0].0.line;
        assert!(site.app.dispatch(&step("P-001", taken, None), &actor()).await.is_err());
    }
}

#[tokio::test]
async fn with_no_change_everything_stays() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.with(&many()).await;
        let lines = site.plan().await.summary.lines;
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        let entries = site.entries_of("P-001").await;
        let shown = site.replan(None).await;
        let counted = shown.summary.replan.unwrap();
        assert_eq!((counted.kept, counted.changed, counted.dropped, counted.new), (lines, 0, 0, 0));
        let accepted = site.app.plan_accept("P-002", &actor()).await.unwrap();
        assert_eq!((accepted.allocations, accepted.entries, accepted.taken_back), (0, 0, 0));
        assert_eq!(site.entries_of("P-001").await, entries, "nothing is written of lines that stay");
        site.is_sound().await;
        // And again, from the lines of the first plan.
        assert_eq!(site.replan(None).await.summary.replan.unwrap().kept, lines);
    }
}

#[tokio::test]
async fn after_a_small_change_nearly_all_stays() {
    for engine in ENGINES {
        let site = site(engine).await;
        let mut sheets = many();
        site.with(&sheets).await;
        let first = result(&site.plan().await);
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        // One small offer is withdrawn.
        let gone = first.flows.iter().map(|flow| &flow.offer).find(|offer| offer.starts_with("V-")).unwrap();
        let offers = sheets.remove("offers.csv").unwrap();
        let (head, row) = (offers.lines().next().unwrap(), offers.lines().find(|row| row.starts_with(gone)).unwrap());
        let text = format!("{head}\n{}", row.replace("committed,", "cancelled,gone"));
        site.change(Source { name: "offers.csv".into(), bytes: text.into_bytes() }).await;
        let counted = site.replan(None).await.summary.replan.unwrap();
        assert!(counted.dropped + counted.changed >= 1);
        assert!(counted.kept as f64 >= 0.95 * counted.promised() as f64, "{counted:?}");
        site.app.plan_accept("P-002", &actor()).await.unwrap();
        let picture = site.app.picture(&viewer()).await.unwrap();
        assert_eq!(picture.offers[gone].state, OfferState::Cancelled, "what was withdrawn stays so");
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_plan_is_refused_once_a_promised_line_has_begun_meanwhile() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        site.consented().await;
        let first = result(&site.plan().await);
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        site.change(closed("H-P", "2026-09-14", "2026-09-27")).await;
        site.replan(None).await;
        site.replan(None).await;
        site.app.plan_accept("P-002", &actor()).await.unwrap();
        let vests = line(&first, |flow| flow.offer == "O-1");
        let moved = site.app.dispatch(&step("P-001", vests, Some(1)), &actor()).await;
        let plan = if moved.is_ok() { "P-001" } else { "P-002" };
        if plan == "P-002" {
            let allocations = site.allocated("P-002").await;
            let line = allocations.iter().find(|a| a.offer.as_str() == "O-1").unwrap().line;
            site.app.dispatch(&step("P-002", line, Some(1)), &actor()).await.unwrap();
        }
        let refused = site.app.plan_accept("P-003", &actor()).await.unwrap_err();
        assert!(refused.to_string().contains("plan-outdated"), "{refused}");
        site.is_sound().await;
    }
}

#[tokio::test]
async fn the_horizon_rolls_on() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.with(&many()).await;
        let first = result(&site.plan().await);
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        // Weeks later, nothing has left: what was to leave by then cannot stay as it was.
        let departs = |flow: &Flow| flow.path.first().map_or(flow.arrive, Leg::start);
        let late = first.flows.iter().filter(|flow| departs(flow) < 4).count();
        assert!(late > 0 && late < first.flows.len());
        let shown = site.replan(Some("2026-10-07")).await;
        assert_eq!(shown.summary.first_period, 4, "the week in which the day lies");
        let counted = shown.summary.replan.unwrap();
        assert_eq!(counted.promised(), first.flows.len());
        assert!(counted.changed + counted.dropped >= late && counted.kept > 0, "{counted:?}, {late} late");
        assert!(shown.summary.served.values().all(|n| n.planned >= n.open || n.offers.is_empty()), "all come in time");
        assert!(result(&shown).flows.iter().all(|flow| departs(flow) >= 4));
        site.app.plan_accept("P-002", &actor()).await.unwrap();
        site.is_sound().await;
    }
}

#[tokio::test]
async fn a_package_that_has_begun_is_not_brought_twice() {
    for engine in ENGINES {
        let site = site(engine).await;
        let mut sheets = many();
        sheets.insert(
            "packages.csv".into(),
            "code,name,unit,place,purpose,count,priority,due,expires,state,state_reason,source,fictional
K-1,Trucks with vests,UNIT,P,mobility,3,5000,2026-10-26,2026-11-16,validated,,test,yes"
                .into(),
        );
        sheets.insert(
            "package_components.csv".into(),
            "package,resource,quantity,role,source,fictional
K-1,truck,1,equipment,test,yes
K-1,vest,10,equipment,test,yes"
                .into(),
        );
        site.with(&sheets).await;
        let shown = site.plan().await;
        let first = result(&shown);
        assert_eq!(shown.summary.served["K-1"].planned, 3);
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        // The first vests of the package leave.
        let vests = |flow: &Flow| flow.target.id() == "K-1" && !flow.offer.starts_with("O-2") && flow.offer != "O-3";
        let begun = line(&first, vests);
        let units = first.flows[begun as usize - 1].quantity;
        site.app.dispatch(&step("P-001", begun, None), &actor()).await.unwrap();
        let shown = site.replan(None).await;
        assert_eq!(shown.summary.served["K-1"].planned, 3, "what has begun counts");
        let counted = shown.summary.replan.unwrap();
        assert_eq!((counted.kept, counted.changed, counted.dropped), (first.flows.len() - 1, 0, 0), "{counted:?}");
        // The trucks that were to come are gone: others come instead, and no more vests.
        site.change(closed("D-W", "2026-09-14", "2026-11-30")).await;
        let shown = site.replan(None).await;
        let second = result(&shown);
        let more: i64 = second
            .flows
            .iter()
            .filter(|flow| flow.target.id() == "K-1" && !flow.offer.contains(' ') && vests(flow))
            .map(|flow| flow.quantity)
            .sum();
        assert_eq!(more + units, 10 * shown.summary.served["K-1"].planned);
        site.app.plan_accept("P-003", &actor()).await.unwrap();
        site.is_sound().await;
        assert!(site.row("K-1").await.planned.units <= 3);
        let fates = site.fates("P-003").await;
        assert!(fates.differences.iter().any(|d| d.fate != Fate::New));
    }
}

#[tokio::test]
async fn what_begins_while_a_plan_is_accepted_is_not_taken_back() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        site.consented().await;
        let (vests, allocation) = site.replanned().await;
        // What acceptance decided before the vests left is written after.
        site.app.dispatch(&step("P-001", vests, Some(10)), &actor()).await.unwrap();
        let before = site.entries_of("P-001").await;
        site.refuses_late(allocation.first, allocation.quantity).await;
        assert_eq!(site.entries_of("P-001").await, before);
        assert_eq!(site.app.plan(&viewer(), Some("P-002")).await.unwrap().stored.state, PlanState::Proposed);
    }
}

#[tokio::test]
async fn what_a_consignment_is_made_of_while_a_plan_is_accepted_is_not_taken_back() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        let (vests, allocation) = site.replanned().await;
        let made = site.make(vec![crate::transfer::of_plan(vests, Some(10))]).await;
        let before = site.entries_of("P-001").await;
        site.refuses_late(allocation.first, allocation.quantity).await;
        assert_eq!(site.entries_of("P-001").await, before, "nothing was taken from {made}");
        assert_eq!(site.app.plan(&viewer(), Some("P-002")).await.unwrap().stored.state, PlanState::Proposed);
    }
}

#[tokio::test]
async fn whatever_happens_nothing_is_promised_twice() {
    for (seed, engine) in (7_u64..).zip(ENGINES) {
        let site = site(engine).await;
        let sheets = many();
        site.with(&sheets).await;
        site.plan().await;
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        let mut random = seed;
        let mut below = |n: usize| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) as usize % n
        };
        let offers: Vec<&str> = sheets["offers.csv"].lines().filter(|row| row.starts_with("V-")).collect();
        for round in 0..6 {
            // Some lines begin, some of them only in part.
            let promised = store::promised(&mut site.database.db.read().await.unwrap()).await.unwrap();
            let vests: Vec<_> = promised.iter().filter(|l| !["O-2", "O-3"].contains(&l.offer.as_str())).collect();
            for _ in 0..3 {
                let line = vests[below(vests.len())];
                let part = (below(2) == 0).then_some(1 + below(line.quantity as usize) as i64);
                let moved = site.app.dispatch(&step(line.plan.as_str(), line.line, part), &actor()).await;
                assert!(moved.is_ok() || round > 0 || part.is_some(), "{moved:?}");
            }
            match below(3) {
                0 => {
                    let lane = ["D-H", "H-P", "D-W", "W-P"][below(4)];
                    let (from, to) = [("2026-09-21", "2026-10-04"), ("2026-10-12", "2026-10-25")][below(2)];
                    site.change(closed(lane, from, to)).await;
                }
                1 => {
                    let (head, row) = (sheets["offers.csv"].lines().next().unwrap(), offers[below(offers.len())]);
                    let text = format!("{head}\n{}", row.replace("committed,", "cancelled,gone"));
                    site.change(Source { name: "offers.csv".into(), bytes: text.into_bytes() }).await;
                }
                _ => {
                    let head = sheets["offers.csv"].lines().next().unwrap();
                    let text =
                        format!("{head}\nX-{round},POL,goods,vest,15,D,2026-10-05,,,,,committed,,,,,,,,test,yes");
                    site.change(Source { name: "offers.csv".into(), bytes: text.into_bytes() }).await;
                }
            }
            let shown = site.replan(None).await;
            result(&shown);
            let accepted = site.app.plan_accept(shown.stored.plan.code.as_str(), &actor()).await.unwrap();
            let counted = shown.summary.replan.unwrap();
            assert_eq!((accepted.kept, accepted.taken_back), (counted.kept, counted.changed + counted.dropped));
            site.is_sound().await;
        }
    }
}

#[tokio::test]
async fn a_line_by_which_somebody_is_nominated_stays_until_they_are_not() {
    for engine in ENGINES {
        let site = school(engine).await;
        let first = result(&site.plan().await);
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        let crews = line(&first, |flow| flow.offer == "O-C");
        let allocation = site.allocated("P-001").await.into_iter().find(|a| a.line == crews).unwrap();
        let of_line = |fates: &Fates| {
            let is = |plan: &str, line: i64| plan == "P-001" && line == crews;
            let gone = fates.differences.iter().flat_map(|d| &d.was).any(|(p, _)| is(&p.plan, p.line));
            gone || fates.kept.iter().any(|kept| is(&kept.promise.plan, kept.promise.line))
        };
        // The way home is closed: what is only promised cannot stay as it is.
        site.change(closed("S-P", "2026-09-14", "2026-11-22")).await;
        site.replan(None).await;
        let fates = site.fates("P-002").await;
        assert!(fates.differences.iter().any(|d| d.was.iter().any(|(p, _)| p.line == crews)), "{fates:?}");
        // Somebody is nominated meanwhile.
        let new = NewNomination { need: None, ..nominee("S-1", From::Line("P-001".into(), crews)) };
        let code = site.app.nominate(&new, &actor()).await.unwrap();
        let refused = site.app.plan_accept("P-002", &actor()).await.unwrap_err();
        assert!(refused.to_string().contains("plan-outdated"), "{refused}");
        let open = site.open().await;
        let shown = site.replan(None).await;
        assert!(!of_line(&site.fates("P-003").await), "it is as what has begun");
        assert_eq!(shown.summary.replan.unwrap().promised(), first.flows.len() - 1);
        // What acceptance decided before they were nominated is written after.
        site.refuses_late(allocation.last, allocation.quantity).await;
        site.app.plan_accept("P-003", &actor()).await.unwrap();
        let after = site.open().await;
        for number in allocation.first..=allocation.last {
            assert_eq!(after.get(&number), open.get(&number), "what they come by is as it was");
            assert_eq!(after.get(&number), Some(&allocation.quantity));
        }
        site.verifies().await;
        // They do not come after all: the line is only promised again.
        site.app.nomination_withdraw(code.as_str(), "fell ill", &actor()).await.unwrap();
        site.replan(None).await;
        assert!(of_line(&site.fates("P-004").await));
        site.app.plan_accept("P-004", &actor()).await.unwrap();
        assert!(!site.open().await.contains_key(&allocation.first), "and was taken back");
        site.verifies().await;
    }
}
