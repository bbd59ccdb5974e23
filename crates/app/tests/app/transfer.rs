//! Goods go as consignments from the depot to the unit: packed, gated, counted, signed for. Each test is a thing that went wrong in
//! reality and must not go wrong here, or a sentence of the user guide.

use muster_app::{
    movement::Move,
    planner::Plan,
    storage::{
        ledger::{
            read::{self, AsOf, FlowFilter},
            step::StepFilter,
        },
        transfer::tell::{Filter, LegFilter, Passed, VarianceFilter},
    },
    transfer::{
        count::{Count, Counted},
        custody::{Circumstances, Conveyance, Done},
        handover::{Means, Signed, Signer},
        making::{New, NewLine},
        packing::{NewHandlingUnit, Packed, PackedUnit},
        part::LinePart,
        proposal::Ahead,
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

use crate::small::{Site, actor, site, sources, viewer, with};

/// A site with an accepted plan, and the numbers of the lines of vests and of trucks.
pub(crate) async fn planned(engine: muster_app::storage::dialect::Engine) -> (Site, i64, i64) {
    planned_of(engine, |_, text| text.to_owned()).await
}

/// The same, each sheet as `change` makes it.
pub(crate) async fn planned_of(
    engine: muster_app::storage::dialect::Engine,
    change: impl Fn(&str, &str) -> String,
) -> (Site, i64, i64) {
    let site = site(engine).await;
    let sources = sources(|name, text| match name {
        "mission.csv" => text
            .replace("description,source", "description,gs1_prefix,source")
            .replace("0.01,,test", "0.01,,9501101,test"),
        _ => change(name, text),
    });
    assert_eq!(site.import(sources).await.issues, vec![]);
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
    /// Somebody who works at a hub.
    pub(crate) async fn hub_operator(&self, name: &str, party: &str) {
        let roles = [Role::HubOperator].into();
        let account = muster_app::user::Account { name: name.into(), party: party.into(), roles, disabled: false };
        self.app.put_user(&account, None, &actor()).await.unwrap();
    }

    pub(crate) async fn make(&self, lines: Vec<NewLine>) -> String {
        let new = New { from: "D".into(), lines, ..New::default() };
        self.app.consignment_make(&new, &actor()).await.unwrap().to_string()
    }

    pub(crate) async fn state(&self, code: &str) -> ConsignmentState {
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
    pub(crate) async fn held(&self, offer: &str, purpose: AccountPurpose, place: &str) -> i64 {
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
    pub(crate) async fn open_of(&self, offer: &str) -> i64 {
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
        let proposals = site.app.proposals(&viewer(), "D", &Ahead::default()).await.unwrap().found;
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
        // However many events are asked for at once, each has its goods once.
        let many: Vec<Passed> = passed.iter().cycle().take(300).cloned().collect();
        for one in site.app.carried(&viewer(), &many).await.unwrap() {
            assert_eq!(one.lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [300]);
        }
        site.verifies().await;
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
        site.consented().await;
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
        assert!(site.app.proposals(&viewer(), "H", &Ahead::default()).await.unwrap().found.is_empty());
        assert!(site.app.dispatch(&Move { step: Some(2), ..moves(None) }, &actor()).await.is_err());
        // What is missing of it is received by resolving that, not past it.
        assert!(site.app.receive(&moves(None), &actor()).await.is_err());
        site.app.variance_resolve(done.variances[0].as_str(), Resolution::Found, &actor()).await.unwrap();
        assert_eq!(ready().await, [("depart", 100)], "what was found goes on with it");
        site.depart(&code).await;
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "P").await, 200);
        site.verifies().await;
    }
}

#[tokio::test]
async fn both_parties_sign_and_the_receipt_verifies_without_muster() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        for (name, party) in [("driver", "POL"), ("keeper", "UKR")] {
            site.hub_operator(name, party).await;
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
        site.arrive(&code, &all_there()).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        site.app.consignment_receive(&code, &all_there(), &right, &actor()).await.unwrap();
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        let signed: Vec<i64> = shown.handovers.iter().map(|handover| handover.milestone).collect();
        assert_eq!(signed, [2, 7], "its departure, and that the unit received it; not that the title passed");
        let receipt = site.app.receipt(&viewer(), done.handover.unwrap().as_str()).await.unwrap();
        muster_app::sealed::check(&receipt, None).unwrap();
        assert_eq!(receipt["statement"]["hands_over"]["party"], "POL");
        assert!(!receipt.to_string().contains("135790"), "no PIN stands in a receipt");
        let mut forged = receipt.clone();
        forged["statement"]["lines"][0]["counted"] = 299.into();
        assert!(muster_app::sealed::check(&forged, None).is_err());
        assert!(muster_app::sealed::check(&receipt, Some(&[7; 32])).is_err(), "another key did not seal it");
        site.verifies().await;
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
        let none = site.app.consignments(&who("DEU", Role::DonorLiaison), &Filter::default(), 10).await.unwrap();
        assert!(none.is_empty());
        let of_another = Filter { offer: Some("O-1".into()), ..Filter::default() };
        let poland = who("POL", Role::DonorLiaison);
        assert!(site.app.consignments(&poland, &of_another, 10).await.unwrap().is_empty());
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
        let with = async |viewer: &Viewer, what: &str| {
            site.app.consignments_with(viewer, what, &Default::default()).await.unwrap().len()
        };
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
        let under_way = LegFilter { under_way: true, ..LegFilter::default() };
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
        for (name, party) in [("driver", "POL"), ("keeper", "UKR")] {
            site.hub_operator(name, party).await;
            site.app.set_pin("135790", &muster_app::Actor::new(Viewer::operator(name), "set")).await.unwrap();
        }
        let photo = site.app.attach("image/jpeg", &[0xff, 0xd8, 0xff, 1], &actor()).await.unwrap();
        let signer =
            |name: &str| Signer { name: name.into(), party: String::new(), means: Means::Pin("135790".into()) };
        let (from, to, photos) = (signer("driver"), signer("keeper"), vec![photo.clone()]);
        let signed = Some(Signed { from, to, text: String::new(), photos });
        let how = Circumstances { signed, ..Circumstances::default() };
        let done = site.app.consignment_arrive(&code, &counts, &how, &actor()).await.unwrap();
        // What both signed tells of both donors' goods: it is for who sees them all.
        let handover = done.handover.unwrap();
        for (viewer, sees) in
            [(&viewer(), true), (&who("OPER", Role::HubOperator), true), (&poland, false), (&japan, false)]
        {
            assert_eq!(site.app.receipt(viewer, handover.as_str()).await.is_ok(), sees, "{viewer:?}");
            assert_eq!(site.app.attachment(viewer, handover.as_str(), &photo).await.is_ok(), sees, "{viewer:?}");
            let shown = site.app.consignment_shown(viewer, &code).await.unwrap();
            assert_eq!(shown.handovers.len(), usize::from(sees));
        }
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
        let now = Circumstances::default();
        let keyed = |seen| muster_app::Actor { key: Some("arrival".into()), seen: Some(seen), ..actor() };
        let refused = site.app.consignment_arrive(&code, &all_there(), &now, &keyed(seen)).await;
        assert!(matches!(refused, Err(muster_app::Error::Changed)), "{refused:?}");
        let seen = version().await;
        site.app.consignment_arrive(&code, &all_there(), &now, &keyed(seen)).await.unwrap();
        // What it changed itself does not refuse it when it is asked for again.
        let again = site.app.consignment_arrive(&code, &all_there(), &now, &keyed(seen)).await.unwrap();
        assert!(again.repeated);
        // The same of what is done to it besides.
        let late = muster_app::Actor { seen: Some(seen), ..actor() };
        let pack = site.app.consignment_pack(&code, &[], &late).await;
        let split = site.app.consignment_split(&code, &[LinePart::of(1, 5)], &[], &late).await.map(drop);
        let join = site.app.consignment_join(&code, &["C-1".into()], &late).await;
        let redirect = site.app.consignment_redirect(&code, ("NODE-1", &[], None), &late).await;
        let cancel = site.app.consignment_cancel(&code, &late).await;
        for refused in [pack, split, join, redirect, cancel] {
            assert!(matches!(refused, Err(muster_app::Error::Changed)), "{refused:?}");
        }
        // What somebody says of it is in nobody's way.
        site.app.consignment_note(&code, "came with snow on it", &[], &late).await.unwrap();
    }
}

#[tokio::test]
async fn more_callers_than_connections_wait_for_each_other_and_all_are_answered() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        for name in ["driver", "keeper"] {
            site.hub_operator(name, "POL").await;
            site.app.set_pin("135790", &muster_app::Actor::new(Viewer::operator(name), "set")).await.unwrap();
        }
        let first = site.make(vec![of_plan(vests, Some(10))]).await;
        site.ready(&first).await;
        let movement = site.depart(&first).await.movement.unwrap();
        let (mut callers, mut codes) = (Vec::new(), Vec::new());
        for _ in 0..12 {
            let code = site.make(vec![of_plan(vests, Some(10))]).await;
            site.ready(&code).await;
            codes.push(code);
        }
        // All at once.
        for code in codes {
            let (app, movement) = (site.app.clone(), movement.to_string());
            callers.push(tokio::spawn(async move {
                let signer =
                    |name: &str| Signer { name: name.into(), party: String::new(), means: Means::Pin("135790".into()) };
                let (from, to) = (signer("driver"), signer("keeper"));
                let how = Circumstances {
                    signed: Some(Signed { from, to, text: String::new(), photos: vec![] }),
                    overrides: vec![Gate::Clearance],
                    ..Circumstances::default()
                };
                let on = Conveyance { movement, ..Conveyance::default() };
                app.consignment_depart(&code, &on, &how, &actor()).await.map(|done| done.handover.is_some())
            }));
        }
        for caller in callers {
            assert!(caller.await.unwrap().unwrap());
        }
    }
}
