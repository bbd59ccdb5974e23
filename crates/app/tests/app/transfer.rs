//! Goods go as consignments from the depot to the unit: packed, gated, counted, signed for. Each test is a thing that went wrong in
//! reality and must not go wrong here, or a sentence of the user guide.

use jiff::SignedDuration;
use muster_app::{
    movement::Move,
    planner::Plan,
    storage::{
        ledger::{
            read::{self, AsOf, FlowFilter},
            step::StepFilter,
        },
        transfer::tell::{Filter, LegFilter, VarianceFilter},
    },
    transfer::{
        conveyed::place_of,
        count::{Count, Counted},
        custody::{Circumstances, Conveyance, Done},
        handover::{Means, Signed, Signer, check_receipt},
        making::{New, NewLine},
        packing::{NewHandlingUnit, Packed, PackedUnit},
        variance::Unmanifested,
    },
};
use muster_domain::{
    consignment::{Condition, ConsignmentState, HandlingUnitKind, Milestone},
    gate::Gate,
    ledger::account::AccountPurpose,
    role::Role,
    variance::Resolution,
    viewer::Viewer,
};
use muster_testkit::database::ENGINES;

use crate::small::{Site, actor, site, viewer, with};

/// A site with an accepted plan, and the numbers of the lines of vests and of trucks.
pub(crate) async fn planned(engine: muster_app::storage::dialect::Engine) -> (Site, i64, i64) {
    let site = site(engine).await;
    let sources = with("mission.csv", "description,source", "description,gs1_prefix,source");
    let sources = sources.into_iter().map(|mut source| {
        if source.name == "mission.csv" {
            let text = String::from_utf8(source.bytes).unwrap();
            source.bytes = text.replace("0.01,,test", "0.01,,9501101,test").into_bytes();
        }
        source
    });
    assert_eq!(site.import(sources.collect()).await.issues, vec![]);
    let shown = site.plan().await;
    let plan = Plan::parse(shown.stored.plan.result.as_bytes()).unwrap();
    site.app.plan_accept("P-001", &actor()).await.unwrap();
    let line = |offer: &str| (1..).zip(&plan.flows).find(|(_, flow)| flow.offer == offer).unwrap().0;
    let (vests, trucks) = (line("O-1"), line("O-2"));
    (site, vests, trucks)
}

pub(crate) fn of_plan(line: i64, quantity: Option<i64>) -> NewLine {
    NewLine::Plan { plan: "P-001".into(), line, quantity }
}

impl Site {
    pub(crate) async fn make(&self, lines: Vec<NewLine>) -> String {
        let new = New { from: "D".into(), lines, ..New::default() };
        self.app.consignment_make(&new, &actor()).await.unwrap().to_string()
    }

    async fn state(&self, code: &str) -> ConsignmentState {
        self.app.consignment_shown(&viewer(), code).await.unwrap().head.state
    }

    /// Packs serial-tracked lines and finds everything serviceable.
    pub(crate) async fn ready(&self, code: &str) -> Done {
        let shown = self.app.consignment_shown(&viewer(), code).await.unwrap();
        let packed = shown.lines.iter().map(|line| Packed {
            line: line.line,
            units: (line.resource.as_str() == "truck" && shown.units.is_empty())
                .then(|| serials(line.line, line.present)),
            condition: Some(Condition::Serviceable),
            remark: None,
        });
        let authority = Circumstances { overrides: vec![Gate::Clearance], ..Circumstances::default() };
        self.app.consignment_ready(code, &packed.collect::<Vec<_>>(), &authority, &actor()).await.unwrap()
    }

    pub(crate) async fn depart(&self, code: &str) -> Done {
        let on = Conveyance { carrier: "Carrier".into(), conveyance: "PL 12345".into(), ..Conveyance::default() };
        let authority = Circumstances { overrides: vec![Gate::Clearance], ..Circumstances::default() };
        self.app.consignment_depart(code, &on, &authority, &actor()).await.unwrap()
    }

    pub(crate) async fn arrive(&self, code: &str, count: &Count) -> Done {
        self.app.consignment_arrive(code, count, &Circumstances::default(), &actor()).await.unwrap()
    }

    /// Units of an offer that are in accounts for a purpose at a place.
    async fn held(&self, offer: &str, purpose: AccountPurpose, place: &str) -> i64 {
        let mut conn = self.database.db.read().await.unwrap();
        let filter = FlowFilter { offer: Some(offer), need: None };
        let flows = read::flows(&mut conn, &viewer(), filter, AsOf::NOW).await.unwrap();
        let is = |side: &(AccountPurpose, Option<muster_domain::code::Code>)| {
            side.0 == purpose && side.1.as_ref().is_some_and(|p| p.as_str() == place)
        };
        let posted = flows.iter().filter(|flow| flow.kind == muster_domain::ledger::entry::EntryKind::Posted);
        posted.map(|flow| (i64::from(is(&flow.to)) - i64::from(is(&flow.from))) * flow.quantity).sum()
    }

    /// Units of an offer that are promised for a step and open.
    async fn open_of(&self, offer: &str) -> i64 {
        let mut conn = self.database.db.read().await.unwrap();
        let filter = read::EntryFilter { offer: Some(offer.into()), ..read::EntryFilter::default() };
        let open =
            read::open(&mut conn, &filter, Some(muster_domain::ledger::entry::Activity::Receive), 0, 1_000).await;
        open.unwrap().iter().map(|open| open.quantity).sum()
    }
}

fn serials(line: i64, quantity: i64) -> Vec<PackedUnit> {
    let unit =
        |n: i64| PackedUnit { lot: String::new(), serial: format!("T{line}-{n}"), quantity: 1, sscc: String::new() };
    (1..=quantity).map(unit).collect()
}

pub(crate) fn all_there() -> Count {
    Count { rest_as_stated: true, ..Count::default() }
}

pub(crate) fn counted(line: i64, received: i64, damaged: i64) -> Count {
    Count { lines: vec![Counted { line, received, damaged, ..Counted::default() }], ..Count::default() }
}

#[tokio::test]
async fn a_consignment_goes_from_the_depot_to_the_unit_and_every_milestone_has_its_own_time() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let proposals = site.app.proposals(&viewer(), "D", jiff::Timestamp::MAX).await.unwrap();
        assert!(
            proposals.iter().any(|p| p.to.as_str() == "P" && p.lines.iter().any(|l| l.line == vests)),
            "{proposals:?}"
        );
        let code = site.make(vec![of_plan(vests, None)]).await;
        let code = code.as_str();
        assert!(
            site.app
                .consignment_make(
                    &New { from: "D".into(), lines: vec![of_plan(vests, None)], ..New::default() },
                    &actor()
                )
                .await
                .is_err(),
            "its units are bound"
        );
        assert_eq!(site.ready(code).await.warnings.len(), 1, "the clearance was opened with authority");
        for leg in 0..2 {
            site.depart(code).await;
            assert_eq!(site.state(code).await, ConsignmentState::UnderWay);
            let to = ["H", "P"][leg];
            assert_eq!(
                site.held("O-1", AccountPurpose::InTransit, to).await,
                300,
                "what is under way is in an account of its own"
            );
            site.arrive(code, &all_there()).await;
            assert_eq!(site.held("O-1", AccountPurpose::OnHand, to).await, 300);
        }
        let received = site.app.consignment_receive(code, &all_there(), &Circumstances::default(), &actor()).await;
        received.unwrap();
        let shown = site.app.consignment_shown(&viewer(), code).await.unwrap();
        use Milestone::{ArrivedAtNode, Departed, Readied, ReceivedByUnit, TitleTransferred};
        let reached: Vec<(Milestone, &str)> = shown.milestones.iter().map(|m| (m.kind, m.place.as_str())).collect();
        let expected = [
            (Readied, "D"),
            (Departed, "D"),
            (ArrivedAtNode, "H"),
            (Departed, "H"),
            (ArrivedAtNode, "P"),
            (TitleTransferred, "P"),
            (ReceivedByUnit, "P"),
        ];
        assert_eq!(reached, expected);
        assert_eq!((shown.head.state, shown.movements.len()), (ConsignmentState::Closed, 2));
        let state = site.app.picture(&viewer()).await.unwrap().requirements["R-1"].state;
        assert_eq!(state.as_str(), "fulfilled");
        // Each party's own term says what it calls delivered.
        let terms = "code,party,name,milestone,source,fictional
T-1,POL,handed to the carrier,departed,test,yes
T-2,UKR,in the unit's hands,received_by_unit,test,yes";
        let terms = muster_app::interchange::mission::Source { name: "delivery_terms.csv".into(), bytes: terms.into() };
        assert_eq!(site.import(vec![terms]).await.issues, vec![]);
        for term in ["T-1", "T-2"] {
            let (_, rows) = site.app.delivered(&viewer(), term, AsOf::NOW).await.unwrap();
            assert_eq!(rows.iter().map(|row| row.units).sum::<i64>(), 300, "{term}");
        }
        let early = AsOf { occurred: "2026-09-01T00:00:00Z".parse().unwrap(), known: jiff::Timestamp::MAX };
        assert_eq!(site.app.delivered(&viewer(), "T-2", early).await.unwrap().1, vec![]);
        // A node stands on every event, so what passed through it can be listed.
        let time = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
        let passed = site.app.passed(&viewer(), "H", time, None, 10).await.unwrap();
        assert_eq!(passed.iter().map(|p| p.kind).collect::<Vec<_>>(), [ArrivedAtNode, Departed]);
        assert_eq!(site.app.passed(&viewer(), "H", time, passed.first(), 10).await.unwrap().len(), 1);
        site.verifies().await;
    }
}

#[tokio::test]
async fn serial_numbers_are_recorded_before_dispatch() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        let fine = [Packed { line: 1, condition: Some(Condition::Serviceable), ..Packed::default() }];
        let all = Circumstances { overrides: Gate::ALL.to_vec(), ..Circumstances::default() };
        let refused = site.app.consignment_ready(&code, &fine, &all, &actor()).await.unwrap_err().to_string();
        assert!(refused.contains("gate-serials"), "nobody may open this gate: {refused}");
        let twice = vec![PackedUnit { lot: String::new(), serial: "T1".into(), quantity: 1, sscc: String::new() }; 2];
        let twice = [Packed { line: 1, units: Some(twice), ..Packed::default() }];
        let refused = site.app.consignment_pack(&code, &twice, &actor()).await.unwrap_err().to_string();
        assert!(refused.contains("serial-twice"), "{refused}");
        site.ready(&code).await;
        site.depart(&code).await;
        let found = site.app.consignments_with(&viewer(), "T1-1").await.unwrap();
        assert_eq!(found.iter().map(|c| c.code.as_str()).collect::<Vec<_>>(), [code.as_str()]);
    }
}

#[tokio::test]
async fn goods_in_another_condition_than_offered_do_not_leave_unseen() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        let clearance = Circumstances { overrides: vec![Gate::Clearance], ..Circumstances::default() };
        let refused = site.app.consignment_ready(&code, &[], &clearance, &actor()).await.unwrap_err().to_string();
        assert!(refused.contains("gate-condition-unknown"), "{refused}");
        let broken = [Packed { line: 1, condition: Some(Condition::Damaged), ..Packed::default() }];
        let refused = site.app.consignment_ready(&code, &broken, &clearance, &actor()).await.unwrap_err().to_string();
        assert!(refused.contains("gate-condition-differs"), "{refused}");
    }
}

#[tokio::test]
async fn a_donors_condition_blocks_until_it_is_met_or_overridden_with_authority() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        let fine = [Packed { line: 1, condition: Some(Condition::Serviceable), ..Packed::default() }];
        let plain = Circumstances::default();
        let refused = site.app.consignment_ready(&code, &fine, &plain, &actor()).await.unwrap_err().to_string();
        assert!(refused.contains("gate-clearance"), "{refused}");
        // Who may move goods may not open the gate.
        let hub = Viewer { roles: [Role::HubOperator].into(), party: Some("JPN".parse_code()), ..viewer() };
        let hub = muster_app::Actor::new(hub, "in a hurry");
        let all = Circumstances { overrides: vec![Gate::Clearance], ..Circumstances::default() };
        let refused = site.app.consignment_ready(&code, &fine, &all, &hub).await.unwrap_err().to_string();
        assert!(refused.contains("deed-override"), "{refused}");
        let met = "offer,condition,authority,reference,date,expires,source,fictional
O-1,origin_consent,Ministry,No 7,2026-09-10,,test,yes";
        let met = muster_app::interchange::mission::Source { name: "clearances.csv".into(), bytes: met.into() };
        assert_eq!(site.import(vec![met]).await.issues, vec![]);
        let done = site.app.consignment_ready(&code, &fine, &plain, &actor()).await.unwrap();
        assert!(done.warnings.is_empty(), "{done:?}");
        assert!(site.app.consignment_shown(&viewer(), &code).await.unwrap().overrides.is_empty());
    }
}

trait ParseCode {
    fn parse_code(&self) -> muster_domain::code::Code;
}

impl ParseCode for str {
    fn parse_code(&self) -> muster_domain::code::Code {
        muster_domain::code::Code::new(self).unwrap()
    }
}

#[tokio::test]
async fn what_is_short_damaged_or_on_no_manifest_is_a_variance_and_nothing_is_lost_between() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let uncounted =
            site.app.consignment_arrive(&code, &Count::default(), &Circumstances::default(), &actor()).await;
        assert!(uncounted.unwrap_err().to_string().contains("consignment-line-uncounted"));
        let thing = Unmanifested { description: "a crate of boots".into(), quantity: 40, ..Unmanifested::default() };
        let count = Count { unmanifested: vec![thing], ..counted(1, 285, 5) };
        let done = site.arrive(&code, &count).await;
        assert_eq!(done.variances.len(), 3);
        let at = |purpose, place: &'static str| site.held("O-1", purpose, place);
        assert_eq!(at(AccountPurpose::OnHand, "H").await, 285);
        assert_eq!(at(AccountPurpose::Quarantine, "H").await, 5, "what is hurt is kept apart");
        assert_eq!(at(AccountPurpose::InTransit, "H").await, 10, "what is missing is still under way");
        assert_eq!(site.open_of("O-1").await, 295, "of the hurt nothing more is expected, of the missing it is");
        let all = site.app.variances(&viewer(), &VarianceFilter::default(), 10).await.unwrap();
        let find = |kind: &str| all.iter().find(|v| v.variance.kind.as_str() == kind).unwrap().variance.clone();
        let (short, damaged, crates) = (find("short"), find("damaged"), find("unmanifested"));
        assert_eq!(short.due_at.duration_since(short.occurred_at), SignedDuration::from_hours(24 * 30));

        // Ten are lost: written off, and nothing waits for them any more.
        site.app.variance_resolve(short.code.as_str(), Resolution::Lost, &actor()).await.unwrap();
        assert!(site.app.variance_resolve(short.code.as_str(), Resolution::Found, &actor()).await.is_err());
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "H").await, 0);
        assert_eq!(site.open_of("O-1").await, 285);
        site.app.variance_resolve(damaged.code.as_str(), Resolution::WrittenOff, &actor()).await.unwrap();

        // What nobody knows is counted blind by two before it may be used.
        let name = crates.code.as_str();
        let refused = site.app.variance_identify(name, "vest", &actor()).await.unwrap_err().to_string();
        assert!(refused.contains("blind-count-missing"), "{refused}");
        site.app.variance_count(name, 41, "", &actor()).await.unwrap();
        assert!(site.app.variance_count(name, 40, "", &actor()).await.is_err(), "one counts once");
        let (other, third) = (Viewer::operator("second"), Viewer::operator("third"));
        assert!(
            site.app.variance(&other, name).await.unwrap().counts.is_empty(),
            "the second does not see the first count"
        );
        site.app.variance_count(name, 42, "", &muster_app::Actor::new(other.clone(), "count")).await.unwrap();
        site.app.variance_count(name, 41, "", &muster_app::Actor::new(third, "count")).await.unwrap();
        let shown = site.app.variance(&other, name).await.unwrap();
        assert_eq!((shown.agreed, shown.counts.len()), (Some(41), 3));
        site.app.variance_identify(name, "vest", &actor()).await.unwrap();
        site.app.variance_resolve(name, Resolution::Accepted, &actor()).await.unwrap();
        let late = Filter { late_at: Some(jiff::Timestamp::MAX), ..Filter::default() };
        assert_eq!(site.app.consignments(&viewer(), &late, None, 10).await.unwrap().len(), 1);
        site.verifies().await;
    }
}

#[tokio::test]
async fn missing_goods_that_come_later_go_on_their_way() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let done = site.arrive(&code, &counted(1, 290, 0)).await;
        site.app.variance_resolve(done.variances[0].as_str(), Resolution::Found, &actor()).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 300);
        let new = New { from: "H".into(), lines: vec![of_plan(vests, Some(10))], ..New::default() };
        let after = site.app.consignment_make(&new, &actor()).await.unwrap();
        site.ready(after.as_str()).await;
        site.depart(after.as_str()).await;
        site.depart(&code).await;
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "P").await, 300);
    }
}

#[tokio::test]
async fn goods_of_an_open_consignment_go_with_it_alone() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, Some(200))]).await;
        let moves = |quantity| Move { plan: "P-001".into(), line: vests, quantity, ..Move::default() };
        let ready = async || {
            let all = StepFilter { offer: Some("O-1".into()), ready: true, ..StepFilter::default() };
            let (from, to) = ((jiff::Timestamp::MIN, 0), jiff::Timestamp::MAX);
            let steps = site.app.open_steps(&viewer(), &all, from, to, 10).await.unwrap();
            steps.iter().map(|e| (e.step.activity.as_str(), e.step.ready)).collect::<Vec<_>>()
        };
        assert_eq!(ready().await, [("depart", 100)], "of 300 those that are in no consignment");
        assert!(site.app.dispatch(&moves(Some(101)), &actor()).await.is_err());
        site.ready(&code).await;
        site.depart(&code).await;
        assert_eq!(ready().await, [("depart", 100)]);
        let under_way = site.app.receive(&moves(None), &actor()).await.unwrap_err().to_string();
        assert!(under_way.contains("nothing-to-receive"), "{under_way}");
        let bound = site.app.void("P-001", vests, &actor()).await.unwrap_err().to_string();
        assert!(bound.contains("line-in-consignment"), "{bound}");
        let done = site.arrive(&code, &counted(1, 190, 0)).await;
        // At the hub they are still its own.
        let again = New { from: "H".into(), lines: vec![of_plan(vests, None)], ..New::default() };
        let twice = site.app.consignment_make(&again, &actor()).await.unwrap_err().to_string();
        assert!(twice.contains("consignment-line-not-there"), "{twice}");
        assert!(site.app.proposals(&viewer(), "H", jiff::Timestamp::MAX).await.unwrap().is_empty());
        assert!(site.app.dispatch(&Move { step: Some(2), ..moves(None) }, &actor()).await.is_err());
        // What is missing of it is received by resolving that, not past it.
        assert!(site.app.receive(&moves(None), &actor()).await.is_err());
        site.app.variance_resolve(done.variances[0].as_str(), Resolution::Found, &actor()).await.unwrap();
        assert_eq!(ready().await, [("depart", 100), ("depart", 10)], "what was found goes on without it");
        site.depart(&code).await;
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_missing_is_resolved_though_the_rest_took_another_way() {
    for engine in ENGINES {
        for resolution in [Resolution::Lost, Resolution::Found] {
            for turn in ["title", "back"] {
                let (site, vests, _) = planned(engine).await;
                let code = site.make(vec![of_plan(vests, None)]).await;
                site.ready(&code).await;
                site.depart(&code).await;
                let done = site.arrive(&code, &counted(1, 290, 0)).await;
                if turn == "title" {
                    site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await.unwrap();
                } else {
                    assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
                    site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap();
                }
                let short = done.variances[0].as_str();
                site.app.variance_resolve(short, resolution, &actor()).await.unwrap();
                let found = if resolution == Resolution::Found { 10 } else { 0 };
                let bound = if turn == "title" { 290 } else { 0 };
                assert_eq!(site.held("O-1", AccountPurpose::InTransit, "H").await, 0, "{turn} {resolution}");
                assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 290 + found, "{turn} {resolution}");
                assert_eq!(site.open_of("O-1").await, bound, "{turn} {resolution}");
                site.depart(&code).await;
                site.arrive(&code, &all_there()).await;
                let there = if turn == "title" { "P" } else { "D" };
                assert_eq!(site.held("O-1", AccountPurpose::OnHand, there).await, 290, "{turn} {resolution}");
                site.verifies().await;
            }
        }
    }
}

/// A lane from the hub back to the depot.
fn way_back() -> muster_app::interchange::mission::Source {
    let lane = "code,from,to,mode,transit_days,capacity_t,cost_per_t,forbids,source,fictional
H-D,H,D,road,3,20,2.5,,test,yes";
    muster_app::interchange::mission::Source { name: "lanes.csv".into(), bytes: lane.into() }
}

#[tokio::test]
async fn both_parties_sign_and_the_receipt_verifies_without_muster() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        for (name, party) in [("driver", "POL"), ("keeper", "UKR")] {
            let account = muster_app::user::Account {
                name: name.into(),
                party: party.into(),
                roles: [Role::HubOperator].into(),
                disabled: false,
            };
            site.app.put_user(&account, None, &actor()).await.unwrap();
            let own = muster_app::Actor::new(Viewer::operator(name), "my PIN");
            site.app.set_pin("135790", &own).await.unwrap();
            assert!(site.app.set_pin("12ab", &own).await.is_err());
        }
        let signer =
            |name: &str, pin: &str| Signer { name: name.into(), party: String::new(), means: Means::Pin(pin.into()) };
        let signed = |from, to| Circumstances {
            overrides: vec![Gate::Clearance],
            signed: Some(Signed { from, to, text: String::new(), photos: vec![] }),
            ..Circumstances::default()
        };
        let on = Conveyance { carrier: "Carrier".into(), conveyance: "PL 1".into(), ..Conveyance::default() };
        let wrong = signed(signer("driver", "135790"), signer("driver", "135790"));
        let refused = site.app.consignment_depart(&code, &on, &wrong, &actor()).await.unwrap_err().to_string();
        assert!(refused.contains("two-must-sign"), "{refused}");
        let wrong = signed(signer("driver", "135790"), signer("keeper", "000000"));
        let refused = site.app.consignment_depart(&code, &on, &wrong, &actor()).await.unwrap_err().to_string();
        assert!(refused.contains("pin-wrong"), "{refused}");
        let right = signed(signer("driver", "135790"), signer("keeper", "135790"));
        let done = site.app.consignment_depart(&code, &on, &right, &actor()).await.unwrap();
        let receipt = site.app.receipt(&viewer(), done.handover.unwrap().as_str()).await.unwrap();
        check_receipt(&receipt, None).unwrap();
        assert_eq!(receipt["statement"]["hands_over"]["party"], "POL");
        assert!(!receipt.to_string().contains("135790"), "no PIN stands in a receipt");
        let mut forged = receipt.clone();
        forged["statement"]["lines"][0]["counted"] = 299.into();
        assert!(check_receipt(&forged, None).is_err());
        assert!(check_receipt(&receipt, Some(&[7; 32])).is_err(), "another key did not seal it");
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_consignment_that_is_cancelled_gives_everything_back_and_one_that_left_is_sent_back() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let first = site.make(vec![of_plan(vests, None)]).await;
        site.app.consignment_cancel(&first, &actor()).await.unwrap();
        assert_eq!(site.state(&first).await, ConsignmentState::Cancelled);
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        assert!(
            site.app
                .consignment_cancel(&code, &actor())
                .await
                .unwrap_err()
                .to_string()
                .contains("consignment-has-left")
        );
        site.arrive(&code, &all_there()).await;
        let nowhere = site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap_err().to_string();
        assert!(nowhere.contains("no-way"), "{nowhere}");
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap();
        assert_eq!(site.open_of("O-1").await, 0, "the unit is promised nothing any more");
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "D").await, 300);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_has_come_to_its_end_at_a_hub_is_taken_into_stock_there() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let to_hub =
            New { from: "D".into(), to: Some("H".into()), lines: vec![of_plan(vests, Some(100))], ..New::default() };
        let code = site.app.consignment_make(&to_hub, &actor()).await.unwrap().to_string();
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        let receive = async |count: Count, signed: Option<Signed>| {
            let circumstances = Circumstances { signed, ..Circumstances::default() };
            site.app.consignment_receive(&code, &count, &circumstances, &actor()).await
        };
        let counted_again = receive(counted(1, 99, 0), None).await.unwrap_err().to_string();
        assert!(counted_again.contains("consignment-counted"), "{counted_again}");
        let somebody =
            |name: &str| Signer { name: name.into(), party: String::new(), means: Means::Pin("135790".into()) };
        let both = Signed { from: somebody("a"), to: somebody("b"), text: String::new(), photos: vec![] };
        let signed = receive(all_there(), Some(both)).await.unwrap_err().to_string();
        assert!(signed.contains("stock-unsigned"), "{signed}");
        receive(all_there(), None).await.unwrap();
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        assert_eq!((shown.head.state, shown.lines[0].present), (ConsignmentState::Closed, 100));
        let never = [Milestone::ReceivedByUnit, Milestone::TitleTransferred];
        assert!(shown.milestones.iter().all(|m| !never.contains(&m.kind)), "no unit has it");
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 100);
        let on = New { from: "H".into(), lines: vec![of_plan(vests, None)], ..New::default() };
        site.app.consignment_make(&on, &actor()).await.unwrap();
        site.verifies().await;
    }
}

#[tokio::test]
async fn title_passes_where_the_goods_are_and_the_way_goes_on() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let early = site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await;
        assert!(early.unwrap_err().to_string().contains("milestone-not-now"));
        site.arrive(&code, &all_there()).await;
        site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await.unwrap();
        let again = site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await;
        assert!(again.unwrap_err().to_string().contains("title-there"));
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        let titles: Vec<&str> = shown
            .milestones
            .iter()
            .filter(|m| m.kind == Milestone::TitleTransferred)
            .map(|m| m.place.as_str())
            .collect();
        assert_eq!(titles, ["H"], "title passed once, at the hub");
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 300);
        site.verifies().await;
    }
}

#[tokio::test]
async fn consignments_are_split_and_joined_and_every_unit_stays_on_its_way() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        let part = site.app.consignment_split(&code, &[(1, 1)], &actor()).await.unwrap().to_string();
        let all = site.app.consignment_split(&part, &[(1, 1)], &actor()).await.unwrap_err().to_string();
        assert!(all.contains("split-some"), "{all}");
        let shown = site.app.consignment_shown(&viewer(), &part).await.unwrap();
        assert_eq!(shown.units.iter().map(|u| u.serial.as_str()).collect::<Vec<_>>(), ["T1-1"]);
        site.depart(&part).await;
        let apart =
            site.app.consignment_join(&code, std::slice::from_ref(&part), &actor()).await.unwrap_err().to_string();
        assert!(apart.contains("join-apart"), "{apart}");
        site.depart(&code).await;
        for code in [&part, &code] {
            site.arrive(code, &all_there()).await;
        }
        let keyed = muster_app::Actor { key: Some("join".into()), ..actor() };
        for _ in 0..2 {
            site.app.consignment_join(&code, std::slice::from_ref(&part), &keyed).await.unwrap();
        }
        assert_eq!(site.state(&part).await, ConsignmentState::Closed);
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(site.held("O-2", AccountPurpose::InService, "P").await, 3);
        site.verifies().await;
    }
}

#[tokio::test]
async fn consignments_ride_together_on_one_conveyance_and_one_manifest() {
    for engine in ENGINES {
        let (site, vests, trucks) = planned(engine).await;
        let mut codes = Vec::new();
        for line in [vests, trucks] {
            codes.push(site.make(vec![of_plan(line, None)]).await);
            site.ready(codes.last().unwrap()).await;
        }
        let movement = site.depart(&codes[0]).await.movement.unwrap();
        let authority = Circumstances { overrides: vec![Gate::Clearance], ..Circumstances::default() };
        let on = Conveyance { movement: movement.to_string(), ..Conveyance::default() };
        let with = site.app.consignment_depart(&codes[1], &on, &authority, &actor()).await.unwrap();
        assert_eq!(with.movement.as_ref(), Some(&movement));
        let all = LegFilter::default();
        let legs = site.app.legs(&viewer(), &all, None, 10).await.unwrap();
        assert_eq!(
            legs.iter().map(|l| (l.leg.leg, l.leg.lane.as_str(), l.consignments)).collect::<Vec<_>>(),
            [(1, "D-H", 2)]
        );
        site.arrive(&codes[0], &all_there()).await;
        site.arrive(&codes[1], &all_there()).await;
        site.depart(&codes[0]).await;
        // The last departed first, one after the other.
        let first = site.app.legs(&viewer(), &all, None, 1).await.unwrap();
        let then = site.app.legs(&viewer(), &all, Some(&place_of(&first[0])), 10).await.unwrap();
        assert_eq!([first[0].leg.lane.as_str(), then[0].leg.lane.as_str()], ["H-P", "D-H"]);
        assert_eq!(then.len(), 1);
        let late = LegFilter { late_at: Some(jiff::Timestamp::MAX), ..LegFilter::default() };
        assert_eq!(site.app.legs(&viewer(), &late, None, 10).await.unwrap().len(), 1, "what arrived is not late");
        let shown = site.app.movement_shown(&viewer(), movement.as_str()).await.unwrap();
        assert_eq!(shown.legs[0].consignments.len(), 2);
        let pdf = site.app.manifest(movement.as_str(), Some(1), None, &actor()).await.unwrap();
        assert!(pdf.starts_with(b"%PDF-"));
        if let Ok(out) = std::env::var("MUSTER_KEEP_MANIFEST") {
            std::fs::write(out, pdf).unwrap();
        }
        assert!(site.app.manifest(movement.as_str(), Some(2), None, &actor()).await.is_err());
    }
}

#[tokio::test]
async fn the_same_request_twice_is_done_once() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let keyed = |key: &str| muster_app::Actor { key: Some(key.into()), ..actor() };
        let new = New { from: "D".into(), lines: vec![of_plan(vests, None)], ..New::default() };
        let code = site.app.consignment_make(&new, &keyed("make")).await.unwrap();
        assert_eq!(site.app.consignment_make(&new, &keyed("make")).await.unwrap(), code);
        site.ready(code.as_str()).await;
        site.depart(code.as_str()).await;
        let arrive = || async {
            site.app
                .consignment_arrive(code.as_str(), &counted(1, 299, 0), &Circumstances::default(), &keyed("arrive"))
                .await
        };
        assert_eq!(arrive().await.unwrap().variances.len(), 1);
        assert!(arrive().await.unwrap().repeated);
        assert_eq!(site.app.variances(&viewer(), &VarianceFilter::default(), 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_donor_sees_only_its_own_lines_of_what_goes_together() {
    for engine in ENGINES {
        let site = site(engine).await;
        let operated = |mut source: muster_app::interchange::mission::Source| {
            let text = String::from_utf8(source.bytes).unwrap();
            source.bytes = match source.name.as_str() {
                "places.csv" => text.replace("H,Hub,hub,POL,,51,22,,,,", "H,Hub,hub,POL,,51,22,,,OPER,"),
                "parties.csv" => {
                    format!("{text}\nOPER,Operator,operator,POL,,test,yes\nDEU,Germany,nation,DEU,,ISO 3166,no")
                }
                _ => text,
            }
            .into_bytes();
            source
        };
        let sources = with("mission.csv", "M,", "M,").into_iter().map(operated).collect();
        assert_eq!(site.import(sources).await.issues, vec![]);
        let shown = site.plan().await;
        let plan = Plan::parse(shown.stored.plan.result.as_bytes()).unwrap();
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        let line = |offer: &str| (1..).zip(&plan.flows).find(|(_, flow)| flow.offer == offer).unwrap().0;
        let lines = [line("O-1"), line("O-2")];
        for line in lines {
            let new =
                New { from: "D".into(), to: Some("H".into()), lines: vec![of_plan(line, None)], ..New::default() };
            let code = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
            site.ready(&code).await;
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
            let ended =
                site.app.consignment_depart(&code, &Conveyance::default(), &Circumstances::default(), &actor()).await;
            assert!(ended.unwrap_err().to_string().contains("consignment-at-end"), "it was for the hub only");
        }
        let new = New { from: "H".into(), lines: lines.map(|line| of_plan(line, None)).into(), ..New::default() };
        let code = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
        site.ready(&code).await;
        let picture = site.app.picture(&viewer()).await.unwrap();
        let who = |party: &str, role| Viewer::member("somebody".into(), party.parse_code(), [role].into(), &picture);
        let sees = async |viewer: &Viewer| match site.app.consignment_shown(viewer, &code).await {
            Ok(shown) => shown.lines.iter().map(|line| line.resource.to_string()).collect::<Vec<_>>(),
            Err(_) => vec!["nothing".to_owned()],
        };
        assert_eq!(sees(&who("POL", Role::DonorLiaison)).await, ["truck"]);
        assert_eq!(sees(&who("JPN", Role::DonorLiaison)).await, ["vest"]);
        assert_eq!(sees(&who("OPER", Role::HubOperator)).await, ["vest", "truck"], "who keeps the place sees all");
        assert_eq!(sees(&who("UKR", Role::RequirementsOfficer)).await, ["vest", "truck"]);
        assert_eq!(sees(&who("DEU", Role::DonorLiaison)).await, ["nothing"]);
        assert_eq!(sees(&Viewer::public()).await, ["nothing"]);
        let none = site.app.consignments(&who("DEU", Role::DonorLiaison), &Filter::default(), None, 10).await.unwrap();
        assert!(none.is_empty());
        let of_another = Filter { offer: Some("O-1".into()), ..Filter::default() };
        let poland = who("POL", Role::DonorLiaison);
        assert!(site.app.consignments(&poland, &of_another, None, 10).await.unwrap().is_empty());
        // Nor is a donor told what keeps the other's goods from going, or where their serial numbers and pallets are.
        let told = async |viewer: &Viewer| {
            let gates = site.app.gates(&code, &muster_app::Actor::new(viewer.clone(), "look")).await.unwrap();
            gates.iter().map(|shut| shut.line).collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(told(&viewer()).await, [1].into(), "the vests want a clearance");
        assert_eq!(told(&poland).await, [].into());
        assert_eq!(told(&who("JPN", Role::DonorLiaison)).await, [1].into());
        assert_eq!(told(&who("OPER", Role::HubOperator)).await, [1].into());
        let serial = site.app.consignment_shown(&viewer(), &code).await.unwrap().units[0].serial.clone();
        let japan = who("JPN", Role::DonorLiaison);
        let with = async |viewer: &Viewer, what: &str| site.app.consignments_with(viewer, what).await.unwrap().len();
        assert!(with(&viewer(), &serial).await > 0);
        assert_eq!(with(&poland, &serial).await, with(&viewer(), &serial).await);
        assert_eq!(with(&japan, &serial).await, 0, "the serial number is Poland's");
        let pallet = NewHandlingUnit {
            sscc: "106141412345678908".into(),
            kind: HandlingUnitKind::Pallet,
            gross_kg: None,
            seal: String::new(),
        };
        let sscc = site.app.handling_units(&code, &[pallet], &actor()).await.unwrap()[0].clone();
        assert_eq!((with(&viewer(), &sscc).await, with(&japan, &sscc).await, with(&poland, &sscc).await), (1, 0, 0));
        let on =
            |serial: &str| PackedUnit { lot: String::new(), serial: serial.into(), quantity: 1, sscc: sscc.clone() };
        let units = site.app.consignment_shown(&viewer(), &code).await.unwrap().units;
        let packed =
            Packed { line: 2, units: Some(units.iter().map(|u| on(&u.serial)).collect()), ..Packed::default() };
        site.app.consignment_pack(&code, &[packed], &actor()).await.unwrap();
        assert_eq!((with(&japan, &sscc).await, with(&poland, &sscc).await), (0, 1));
        // Who may not send it is not told why it could not go.
        let on = Conveyance { carrier: "Carrier".into(), conveyance: "PL 1".into(), ..Conveyance::default() };
        let circumstances = Circumstances::default();
        let refused = site
            .app
            .consignment_depart(&code, &on, &circumstances, &muster_app::Actor::new(poland.clone(), "go"))
            .await;
        assert!(matches!(refused, Err(muster_app::Error::Denied(_))), "{refused:?}");
        // What is short of one donor's goods is not told to the other.
        let movement = site.depart(&code).await.movement.unwrap();
        let under_way = LegFilter { until: Some(jiff::Timestamp::MAX), ..LegFilter::default() };
        let legs = async |viewer: &Viewer| site.app.legs(viewer, &under_way, None, 10).await.unwrap().len();
        let germany = who("DEU", Role::DonorLiaison);
        assert_eq!((legs(&viewer()).await, legs(&poland).await, legs(&germany).await), (1, 1, 0));
        let shown = site.app.movement_shown(&poland, movement.as_str()).await.unwrap();
        assert_eq!((shown.legs.len(), shown.legs[0].is_whole()), (1, true));
        assert!(site.app.movement_shown(&germany, movement.as_str()).await.is_err());
        let manifest = async |viewer: &Viewer| {
            let actor = muster_app::Actor::new(viewer.clone(), "print");
            site.app.manifest(movement.as_str(), None, None, &actor).await
        };
        let part = manifest(&poland).await.unwrap_err().to_string();
        assert!(part.contains("manifest-not-all"), "a manifest of half of it would be wrong: {part}");
        assert!(manifest(&viewer()).await.unwrap().starts_with(b"%PDF-"));
        let counts = Count { rest_as_stated: true, ..counted(1, 290, 0) };
        site.arrive(&code, &counts).await;
        let told = |viewer: Viewer| async {
            site.app.variances(&{ viewer }, &VarianceFilter::default(), 10).await.unwrap().len()
        };
        assert_eq!((told(poland).await, told(who("JPN", Role::DonorLiaison)).await), (0, 1));
    }
}

#[tokio::test]
async fn whoever_saw_a_consignment_otherwise_than_it_is_changes_nothing() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        let version = async || site.app.consignment_shown(&viewer(), &code).await.unwrap().head.version;
        let seen = version().await;
        site.ready(&code).await;
        site.depart(&code).await;
        let as_seen = |version| Circumstances { version: Some(version), ..Circumstances::default() };
        let keyed = muster_app::Actor { key: Some("arrival".into()), ..actor() };
        let refused = site.app.consignment_arrive(&code, &all_there(), &as_seen(seen), &keyed).await;
        assert!(matches!(refused, Err(muster_app::Error::Changed)), "{refused:?}");
        let now = version().await;
        site.app.consignment_arrive(&code, &all_there(), &as_seen(now), &keyed).await.unwrap();
        // What it changed itself does not refuse it when it is asked for again.
        let again = site.app.consignment_arrive(&code, &all_there(), &as_seen(now), &keyed).await.unwrap();
        assert!(again.repeated);
    }
}
