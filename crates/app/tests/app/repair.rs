//! What is broken is repaired and comes back: a truck breaks down, is brought to the works, waits for a part, is repaired, tested, released
//! and returned. What is not worth it ends otherwise.

use std::collections::BTreeMap;

use muster_app::{
    Actor, Error,
    repair::{
        Shown,
        cost::NewQuote,
        ending::Recovered,
        request::{NewFault, Triage},
        shop::Release,
    },
    storage::repair::{OrderFilter, QuoteFilter, WorkOrder},
    transfer::{
        custody::Circumstances,
        making::{New, NewLine},
        packing::Packed,
    },
    user::Account,
};
use muster_domain::{
    code::Code,
    consignment::Condition,
    fixed::Fixed,
    ledger::{
        account::{AccountKey, Whereabouts},
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    repair::{BlockingReason, Echelon, Urgency, WorkOrderState},
    requirement::RequirementState,
    role::Role,
    viewer::Viewer,
};
use muster_testkit::database::ENGINES;

use crate::{
    small::{Site, actor, site, sources, viewer},
    transfer::all_there,
};

const TRUCK: &str = "in_service UNIT UKR P - truck -";
const BROKEN: &str = "in_service UNIT UKR P - truck-u -";
pub(crate) const AT_WORKS: &str = "on_hand WKS UKR W - truck-u -";
const SPARES: &str = "on_hand WKS WKS W - spare -";

/// The small mission with a works that somebody keeps, a lane to it, and a bill of one and a half spares for a truck.
pub(crate) async fn workshop(engine: muster_app::storage::dialect::Engine) -> Site {
    let site = site(engine).await;
    let mut all = sources(|name, text| match name {
        "parties.csv" => format!("{text}\nWKS,Works,operator,POL,,test,yes"),
        "items.csv" => format!("{text}\nspare,Spare,materiel,,II,mobility,each,20,,,,quantity,test,yes"),
        "resources.csv" => format!("{text}\nspare,spare,serviceable,test,yes\nvest-u,vest,unserviceable,test,yes"),
        "processes.csv" => format!("{text}\nSEW,repair,W,vest-u,vest,7,100,1,test,yes"),
        "places.csv" => text.replace("W,Works,repair,POL,,51,21,,,,", "W,Works,repair,POL,,51,21,,,WKS,"),
        "offers.csv" => format!("{text}\nO-6,JPN,goods,spare,20,D,2026-09-07,,,,,committed,,,,,,,,test,yes"),
        "lanes.csv" => format!("{text}\nP-W,P,W,road,3,20,2.5,,test,yes"),
        _ => text.to_owned(),
    });
    all.push(muster_app::interchange::mission::Source {
        name: "process_needs.csv".into(),
        bytes: b"process,resource,quantity,source,fictional\nFIX,spare,1.5,test,yes".to_vec(),
    });
    assert_eq!(site.import(all).await.issues, vec![]);
    for serial in ["T-1", "T-2", "T-3"] {
        site.put("national_stock POL POL D - truck -", TRUCK, 1, serial).await;
    }
    site
}

impl Site {
    /// Puts something somewhere.
    pub(crate) async fn put(&self, from: &str, to: &str, quantity: i64, serial: &str) {
        let account = |text| AccountKey::parse(text).unwrap();
        let posting = Posting { serial: serial.into(), ..Posting::new(account(from), account(to), quantity) };
        let note = Note {
            key: format!("{to} {serial} {}", self.app.secret_name()),
            occurred_at: Note::WHEN_RECORDED,
            actor: "tester".into(),
            reason: "a test".into(),
        };
        let act = Act::Post { activity: Activity::Ready, subject: Subject::default(), postings: vec![posting] };
        let done = self.app.post(vec![Command { note, act }], &actor()).await.unwrap();
        assert!(done[0].is_ok(), "{done:?}");
    }

    async fn spares(&self, quantity: i64) {
        self.put("national_stock POL POL D - spare -", SPARES, quantity, "").await;
    }

    /// What an account has.
    pub(crate) async fn has(&self, account: &str) -> i64 {
        let account = AccountKey::parse(account).unwrap();
        let mut conn = self.database.db.read().await.unwrap();
        muster_app::storage::repair::held_by(&mut conn, &account).await.unwrap()
    }

    pub(crate) async fn order(&self, code: &str) -> Shown {
        self.app.work_order(&viewer(), code).await.unwrap()
    }

    pub(crate) async fn order_state(&self, code: &str) -> WorkOrderState {
        self.order(code).await.order.state
    }

    pub(crate) async fn member(&self, name: &str, party: &str, role: Role) -> Actor {
        let picture = self.app.picture(&viewer()).await.unwrap();
        let account = Account { name: name.into(), party: party.into(), roles: [role].into(), disabled: false };
        self.app.put_user(&account, None, &actor()).await.unwrap();
        let party = Code::new(party).unwrap();
        Actor::new(Viewer::member(name.into(), party, [role].into(), &picture), "a test")
    }

    /// A broken truck at the works, diagnosed with no part lacking.
    pub(crate) async fn diagnosed(&self, serial: &str) -> String {
        self.put("national_stock POL POL D - truck-u -", AT_WORKS, 1, serial).await;
        let code = self.app.fault_report(&fault("truck-u", serial), &actor()).await.unwrap().to_string();
        self.app.work_order_triage(&code, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        self.app.work_order_induct(&code, None, &actor()).await.unwrap();
        self.spares(2).await;
        self.app.work_order_diagnose(&code, ("gearbox", None), &actor()).await.unwrap();
        assert_eq!(self.order_state(&code).await, WorkOrderState::Diagnosed);
        code
    }
}

pub(crate) fn fault(resource: &str, serial: &str) -> NewFault {
    NewFault {
        resource: resource.into(),
        serial: serial.into(),
        symptom: "does not start".into(),
        urgency: Some(Urgency::Urgent),
        ..NewFault::default()
    }
}

pub(crate) fn triage<'a>(echelon: Echelon, facility: Option<&'a str>, remark: &'a str) -> Triage<'a> {
    Triage { echelon, facility, contractor: None, remark }
}

pub(crate) fn release<'a>(tester: &'a str, pin: &'a str, remark: &'a str) -> Release<'a> {
    Release { tester, pin, remark, warranty_days: 0 }
}

pub(crate) fn says<T: std::fmt::Debug>(result: Result<T, Error>, what: &str) {
    let error = result.unwrap_err().to_string();
    assert!(error.contains(what), "{error} says nothing of {what}");
}

#[tokio::test]
async fn a_truck_breaks_is_brought_waits_for_a_part_is_repaired_and_comes_back() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let unit = site.member("unit", "UKR", Role::RequirementsOfficer).await;
        let works = site.member("works", "WKS", Role::RepairFacility).await;
        let manager = site.member("manager", "POL", Role::RepairManager).await;
        for name in ["works", "manager"] {
            app.set_pin("135790", &Actor::new(Viewer::operator(name), "my PIN")).await.unwrap();
        }
        let rate = async || app.repair_figures(&viewer()).await.unwrap().availability.first().and_then(|of| of.rate());
        site.spares(1).await;
        // Who has nothing of it learns nothing.
        says(app.fault_report(&fault("truck", "T-9"), &unit).await, "repair-not-held");
        says(app.fault_report(&fault("truck", "T-1"), &works).await, "repair-not-held");
        says(app.fault_report(&NewFault { symptom: " ".into(), ..fault("truck", "T-1") }, &unit).await, "some-text");
        let keyed = Actor { key: Some("fault".into()), ..unit.clone() };
        let code = app.fault_report(&fault("truck", "T-1"), &keyed).await.unwrap().to_string();
        assert_eq!(app.fault_report(&fault("truck", "T-1"), &keyed).await.unwrap().as_str(), code, "once");
        says(app.fault_report(&fault("truck-u", "T-1"), &unit).await, "work-order-open");
        assert_eq!((site.has(TRUCK).await, site.has(BROKEN).await), (2, 1), "it is unserviceable in the books");
        let others = Viewer::member(
            "other".into(),
            Code::new("JPN").unwrap(),
            [Role::DonorLiaison].into(),
            &app.picture(&viewer()).await.unwrap(),
        );
        assert_eq!(app.work_orders(&others, &OrderFilter::default(), 10).await.unwrap(), []);
        assert!(matches!(app.work_order(&others, &code).await, Err(Error::NotFound { .. })));
        // Where it is repaired, the repair manager decides, and only where it can be.
        let decide = async |echelon, facility, by: &Actor| {
            app.work_order_triage(&code, &triage(echelon, facility, ""), by).await
        };
        assert!(matches!(decide(Echelon::Abroad, Some("W"), &unit).await, Err(Error::Denied(_))));
        says(decide(Echelon::Abroad, Some("H"), &actor()).await, "triage-cannot");
        says(decide(Echelon::InCountry, Some("W"), &actor()).await, "triage-echelon");
        says(decide(Echelon::Abroad, None, &actor()).await, "triage-facility");
        says(decide(Echelon::OnSite, Some("W"), &actor()).await, "triage-facility");
        decide(Echelon::Abroad, Some("W"), &actor()).await.unwrap();
        // The facility sees it now, and waits for it.
        assert_eq!(app.work_order(&works.viewer, &code).await.unwrap().order.state, WorkOrderState::Triaged);
        says(app.work_order_evacuate(&code, &["P-W".into(), "W-P".into()], &unit).await, "evacuate-elsewhere");
        let way = app.work_order_evacuate(&code, &["P-W".into()], &unit).await.unwrap().to_string();
        assert_eq!(site.order(&code).await.order.consignment.unwrap().as_str(), way);
        says(app.work_order_evacuate(&code, &["P-W".into()], &unit).await, "work-order-under-way");
        says(app.work_order_cancel(&code, "runs again", &unit).await, "work-order-under-way");
        let packed = Packed { line: 1, units: None, condition: Some(Condition::Unserviceable), remark: None };
        app.consignment_ready(&way, &[packed], &Circumstances::default(), &actor()).await.unwrap();
        let is = async |at: Whereabouts| {
            let told = app.repair_figures(&viewer()).await.unwrap().whereabouts;
            let told: Vec<_> = told.iter().map(|(at, there)| (at, there[0].order.as_str(), there[0].units)).collect();
            assert_eq!(told, [(&at, code.as_str(), 1)]);
        };
        let place = |place| Whereabouts::Place(Code::new(place).unwrap());
        is(place("P")).await;
        site.depart(&way).await;
        is(Whereabouts::Lane(Code::new("P-W").unwrap())).await;
        assert_eq!(app.repair_figures(&others).await.unwrap().whereabouts, BTreeMap::new());
        says(app.work_order_induct(&code, None, &works).await, "work-order-elsewhere");
        site.arrive(&way, &all_there()).await;
        assert!(matches!(app.work_order_induct(&code, None, &unit).await, Err(Error::Denied(_))));
        app.work_order_induct(&code, None, &works).await.unwrap();
        assert_eq!(site.has(AT_WORKS).await, 1);
        is(place("W")).await;
        // Two spares by the bill, one is there: the other becomes a requirement.
        says(app.work_order_start(&code, None, &works).await, "work-order-undiagnosed");
        app.work_order_diagnose(&code, ("gearbox", None), &works).await.unwrap();
        let shown = site.order(&code).await;
        assert_eq!(shown.order.state, WorkOrderState::WaitingForParts);
        assert_eq!(shown.parts.iter().map(|(part, issued)| (part.wanted, *issued)).collect::<Vec<_>>(), [(2, 1)]);
        let raised = shown.parts[0].0.requirement.clone().unwrap();
        let picture = app.picture(&viewer()).await.unwrap();
        let requirement = &picture.requirements[raised.as_str()];
        assert_eq!((requirement.quantity, requirement.state), (1, RequirementState::Submitted));
        assert!(requirement.justification.contains(&code), "{}", requirement.justification);
        assert_eq!(shown.blocked().map(|block| block.reason).collect::<Vec<_>>(), [BlockingReason::Parts]);
        says(app.work_order_fetch(&code, &works).await, "work-order-no-stock");
        says(app.work_order_start(&code, None, &works).await, "work-order-undiagnosed");
        let figures = app.repair_figures(&viewer()).await.unwrap();
        assert_eq!((figures.lacking[0].units, figures.lacking[0].orders[0].as_str()), (1, code.as_str()));
        assert_eq!((figures.facilities[0].waiting, figures.facilities[0].capacity), (1, 2));
        site.spares(5).await;
        app.work_order_fetch(&code, &works).await.unwrap();
        let shown = site.order(&code).await;
        assert_eq!((shown.order.state, shown.blocked().count()), (WorkOrderState::Diagnosed, 0));
        assert_eq!(site.has(SPARES).await, 4);
        app.work_order_start(&code, None, &works).await.unwrap();
        assert_eq!(site.has(AT_WORKS).await, 0, "it is being repaired");
        says(app.work_order_test(&code, (false, "", ""), &works).await, "some-text");
        app.work_order_test(&code, (false, "leaks oil", ""), &works).await.unwrap();
        assert_eq!(site.order_state(&code).await, WorkOrderState::InRepair);
        says(app.work_order_release(&code, &release("works", "135790", ""), &works).await, "work-order-not-now");
        app.work_order_test(&code, (true, "", ""), &works).await.unwrap();
        // Who tested it signs.
        says(app.work_order_release(&code, &release("works", "000000", ""), &works).await, "pin-wrong");
        says(app.work_order_release(&code, &release("manager", "135790", ""), &manager).await, "tester-elsewhere");
        app.work_order_release(&code, &release("works", "135790", ""), &works).await.unwrap();
        let shown = site.order(&code).await;
        assert_eq!(shown.steps.last().unwrap().signed_by, "works, WKS");
        assert_eq!((site.has("on_hand WKS UKR W - truck -").await, site.has(SPARES).await), (1, 4));
        assert_eq!(shown.parts[0].1, 0, "its parts are used up");
        assert_eq!(rate().await, Some(2.0 / 3.0));
        says(app.work_order_return(&code, None, &works).await, "deed-move");
        // Back by another consignment.
        let line = NewLine::Stock {
            account: "on_hand WKS UKR W - truck -".into(),
            quantity: 1,
            need: None,
            serials: vec!["T-1".into()],
        };
        let back = New { from: "W".into(), route: vec!["W-P".into()], lines: vec![line], ..New::default() };
        let back = app.consignment_make(&back, &works).await.unwrap().to_string();
        site.ready(&back).await;
        site.depart(&back).await;
        says(app.work_order_return(&code, None, &unit).await, "work-order-not-back");
        site.arrive(&back, &all_there()).await;
        app.consignment_receive(&back, &all_there(), &Circumstances::default(), &actor()).await.ok();
        app.work_order_return(&code, None, &unit).await.unwrap();
        assert_eq!((site.has(TRUCK).await, site.has(BROKEN).await), (3, 0));
        let figures = app.repair_figures(&viewer()).await.unwrap();
        assert_eq!(figures.turnaround[0].orders.len(), 1);
        assert_eq!((rate().await, figures.states.len()), (Some(1.0), 0));
        let states: Vec<WorkOrderState> = site.order(&code).await.steps.iter().map(|step| step.state).collect();
        assert_eq!(
            (states.first(), states.last()),
            (Some(&WorkOrderState::Requested), Some(&WorkOrderState::Returned))
        );
        says(app.work_order_block(&code, (BlockingReason::Price, "somebody", ""), &works).await, "work-order-block");
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_not_worth_it_ends_otherwise_and_gives_back_what_it_took() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let works = site.member("works", "WKS", Role::RepairFacility).await;
        let gone = site.diagnosed("B-1").await;
        assert_eq!(site.has(SPARES).await, 0, "they were taken for it");
        assert!(matches!(app.work_order_write_off(&gone, ("too dear", ""), &works).await, Err(Error::Denied(_))));
        says(app.work_order_write_off(&gone, (" ", ""), &actor()).await, "some-text");
        says(app.work_order_write_off(&gone, ("too dear", &"0".repeat(64)), &actor()).await, "attachment");
        let paper = app.attach("application/pdf", b"%PDF-1.7 decision", &actor()).await.unwrap();
        app.work_order_write_off(&gone, ("too dear", &paper), &actor()).await.unwrap();
        assert_eq!((site.has(SPARES).await, site.has(AT_WORKS).await), (2, 0), "its spares are back, it is gone");
        let (media_type, _) = app.work_order_attachment(&works.viewer, &gone, &paper).await.unwrap();
        assert_eq!(media_type, "application/pdf");
        // Cannibalised while in repair: what is recovered has the owner of what it was.
        let parts = site.diagnosed("B-2").await;
        app.work_order_start(&parts, None, &works).await.unwrap();
        let recovered =
            |resource: &str, quantity| Recovered { resource: resource.into(), quantity, ..Recovered::default() };
        let try_with =
            async |what: &[Recovered]| app.work_order_cannibalise(&parts, ("frame bent", ""), what, &actor()).await;
        says(try_with(&[]).await, "cannibalise-parts");
        says(try_with(&[recovered("wheel", 1)]).await, "not-found");
        says(try_with(&[recovered("spare", 0)]).await, "work-order-parts");
        try_with(&[recovered("spare", 3)]).await.unwrap();
        assert_eq!(site.has("on_hand WKS UKR W - spare -").await, 3);
        assert_eq!(site.has(SPARES).await, 4, "two of before, and the two it had taken");
        // Nothing to repair after all: as it was.
        let unit = site.member("unit", "UKR", Role::RequirementsOfficer).await;
        let runs = app.fault_report(&fault("truck", "T-2"), &unit).await.unwrap().to_string();
        says(app.work_order_cancel(&runs, "", &unit).await, "some-text");
        app.work_order_cancel(&runs, "the tank was empty", &unit).await.unwrap();
        assert_eq!((site.has(TRUCK).await, site.has(BROKEN).await), (3, 0));
        says(app.work_order_induct(&runs, None, &actor()).await, "work-order-not-now");
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_can_be_mended_where_it_stands_is_with_advice_from_afar() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let unit = site.member("unit", "UKR", Role::RequirementsOfficer).await;
        let mechanic = site.member("mechanic", "UNIT", Role::RequirementsOfficer).await;
        app.set_pin("135790", &Actor::new(Viewer::operator("mechanic"), "my PIN")).await.unwrap();
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        let code = app.fault_report(&fault("truck", "T-3"), &unit).await.unwrap().to_string();
        app.work_order_triage(&code, &triage(Echelon::OnSite, None, "a hose, they have one"), &actor()).await.unwrap();
        app.work_order_say(&code, ("Which hose is it?", None, ""), &actor()).await.unwrap();
        says(app.work_order_say(&code, ("The upper one", Some(7), ""), &unit).await, "work-order-answer");
        app.work_order_say(&code, ("The upper one", Some(1), ""), &unit).await.unwrap();
        let said = site.order(&code).await.said;
        assert_eq!((said.len(), said[1].answers, said[1].actor.as_str()), (2, Some(1), "unit"));
        assert!(matches!(
            app.work_order_say(&code, ("I see nothing", None, ""), &japan).await,
            Err(Error::NotFound { .. })
        ));
        app.work_order_block(&code, (BlockingReason::Tools, "the depot", "a clamp"), &unit).await.unwrap();
        says(app.work_order_block(&code, (BlockingReason::Tools, "x", ""), &unit).await, "work-order-block");
        assert_eq!(app.repair_figures(&viewer()).await.unwrap().blocking[0].reason, BlockingReason::Tools);
        app.work_order_unblock(&code, BlockingReason::Tools, &unit).await.unwrap();
        says(app.work_order_unblock(&code, BlockingReason::Tools, &unit).await, "work-order-unblock");
        app.work_order_induct(&code, None, &mechanic).await.unwrap();
        says(app.work_order_diagnose(&code, ("hose", Some(&[("wheel".into(), 1)])), &mechanic).await, "not-found");
        app.work_order_diagnose(&code, ("hose", Some(&[])), &mechanic).await.unwrap();
        app.work_order_start(&code, None, &mechanic).await.unwrap();
        app.work_order_test(&code, (true, "", ""), &mechanic).await.unwrap();
        app.work_order_release(&code, &release("mechanic", "135790", "as new"), &mechanic).await.unwrap();
        assert_eq!(site.order_state(&code).await, WorkOrderState::Returned);
        assert_eq!((site.has(TRUCK).await, site.has(BROKEN).await), (3, 0));
        // What has no serial number is named by its account.
        site.put("national_stock JPN JPN D - spare -", "in_service UNIT UKR P - spare -", 5, "").await;
        let some =
            NewFault { account: Some("in_service UNIT UKR P - spare -".into()), quantity: 6, ..fault("spare", "") };
        says(app.fault_report(&some, &unit).await, "repair-quantity");
        says(app.fault_report(&NewFault { quantity: 2, ..some }, &unit).await, "no-unserviceable");
        site.verifies().await;
    }
}

#[tokio::test]
async fn goods_without_serial_numbers_are_repaired_as_many_as_they_are() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let (vests, torn) = ("in_service UNIT UKR P - vest -", "in_service UNIT UKR P - vest-u -");
        site.put("national_stock JPN JPN D - vest -", vests, 10, "").await;
        let some = |account: &str, resource: &str, quantity| NewFault {
            account: Some(account.into()),
            quantity,
            ..fault(resource, "")
        };
        let code = app.fault_report(&some(vests, "vest", 4), &actor()).await.unwrap().to_string();
        assert_eq!((site.has(vests).await, site.has(torn).await), (6, 4));
        says(app.fault_report(&some(torn, "vest-u", 1), &actor()).await, "repair-quantity");
        // What is known one by one is reported so.
        says(app.fault_report(&some(TRUCK, "truck", 1), &actor()).await, "repair-serial-or-account");
        app.work_order_triage(&code, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        let way = app.work_order_evacuate(&code, &["P-W".into()], &actor()).await.unwrap().to_string();
        says(app.work_order_induct(&code, None, &actor()).await, "work-order-elsewhere");
        let packed = Packed { line: 1, units: None, condition: Some(Condition::Unserviceable), remark: None };
        app.consignment_ready(&way, &[packed], &Circumstances::default(), &actor()).await.unwrap();
        site.depart(&way).await;
        site.arrive(&way, &all_there()).await;
        app.work_order_induct(&code, None, &actor()).await.unwrap();
        says(
            app.work_order_diagnose(&code, ("seams", Some(&[("vest".into(), 1)])), &actor()).await,
            "work-order-parts",
        );
        app.work_order_diagnose(&code, ("seams", Some(&[])), &actor()).await.unwrap();
        app.work_order_start(&code, None, &actor()).await.unwrap();
        app.work_order_test(&code, (true, "", ""), &actor()).await.unwrap();
        site.member("works", "WKS", Role::RepairFacility).await;
        app.set_pin("135790", &Actor::new(Viewer::operator("works"), "my PIN")).await.unwrap();
        app.work_order_release(&code, &release("works", "135790", ""), &actor()).await.unwrap();
        // The unit fetches them.
        app.work_order_return(&code, None, &actor()).await.unwrap();
        assert_eq!((site.has(vests).await, site.has(torn).await), (10, 0));
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_was_to_bring_it_may_be_cancelled_and_stock_is_stock_again() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let code = app.fault_report(&fault("truck", "T-1"), &actor()).await.unwrap().to_string();
        app.work_order_triage(&code, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        let way = app.work_order_evacuate(&code, &["P-W".into()], &actor()).await.unwrap().to_string();
        app.consignment_cancel(&way, &actor()).await.unwrap();
        assert_eq!(site.order(&code).await.order.consignment, None);
        app.work_order_cancel(&code, "it runs", &actor()).await.unwrap();
        assert_eq!((site.has(TRUCK).await, site.has("on_hand UNIT UKR P - truck-u -").await), (3, 0));
        // Broken stock that is repaired is stock, and may break again.
        let stock = site.diagnosed("B-1").await;
        app.work_order_start(&stock, None, &actor()).await.unwrap();
        app.work_order_test(&stock, (true, "", ""), &actor()).await.unwrap();
        site.member("works", "WKS", Role::RepairFacility).await;
        app.set_pin("135790", &Actor::new(Viewer::operator("works"), "my PIN")).await.unwrap();
        app.work_order_release(&stock, &release("works", "135790", ""), &actor()).await.unwrap();
        assert_eq!(site.order_state(&stock).await, WorkOrderState::Returned);
        assert_eq!(site.has("on_hand WKS UKR W - truck -").await, 1);
        // What is lost before it is there is given up.
        let lost = app.fault_report(&fault("truck", "T-2"), &actor()).await.unwrap().to_string();
        app.work_order_triage(&lost, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        app.work_order_write_off(&lost, ("burnt out on the road", ""), &actor()).await.unwrap();
        assert_eq!((site.has(TRUCK).await, site.has(BROKEN).await), (2, 0));
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_requirement_asks_for_what_an_order_lacks_still_until_somebody_gives_for_it() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        site.put("national_stock POL POL D - truck-u -", AT_WORKS, 1, "B-1").await;
        let code = app.fault_report(&fault("truck-u", "B-1"), &actor()).await.unwrap().to_string();
        app.work_order_triage(&code, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        app.work_order_induct(&code, None, &actor()).await.unwrap();
        app.work_order_diagnose(&code, ("gearbox", None), &actor()).await.unwrap();
        let raised = site.order(&code).await.parts[0].0.requirement.clone().unwrap();
        let asks = async || app.picture(&viewer()).await.unwrap().requirements[raised.as_str()].clone();
        assert_eq!((asks().await.quantity, asks().await.state), (2, RequirementState::Submitted));
        // One is found otherwise.
        site.spares(1).await;
        app.work_order_fetch(&code, &actor()).await.unwrap();
        let shown = site.order(&code).await;
        assert_eq!((shown.order.state, shown.parts[0].1), (WorkOrderState::WaitingForParts, 1));
        assert_eq!((shown.parts[0].0.requirement.as_ref(), asks().await.quantity), (Some(&raised), 1));
        let accepts = app.picture(&viewer()).await.unwrap();
        assert_eq!(accepts.requirement_accepts.values().filter(|of| *of.requirement.code() == raised).count(), 1);
        site.spares(1).await;
        app.work_order_fetch(&code, &actor()).await.unwrap();
        assert_eq!(site.order_state(&code).await, WorkOrderState::Diagnosed);
        assert_eq!(asks().await.state, RequirementState::Withdrawn);
        site.verifies().await;
    }
}

#[tokio::test]
async fn orders_and_prices_come_page_by_page_as_they_come_at_once() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        for (n, urgency) in [Urgency::Routine, Urgency::Critical, Urgency::Urgent, Urgency::Critical, Urgency::Routine]
            .into_iter()
            .enumerate()
        {
            let serial = format!("B-{n}");
            site.put("national_stock POL POL D - truck-u -", AT_WORKS, 1, &serial).await;
            let new = NewFault { urgency: Some(urgency), ..fault("truck-u", &serial) };
            let code = app.fault_report(&new, &actor()).await.unwrap().to_string();
            app.work_order_triage(&code, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
            let price = NewQuote { amount: Fixed(1_000), fund: Some("F"), remark: "", paper: "" };
            app.work_order_quote(&code, &price, &actor()).await.unwrap();
        }
        let all = app.work_orders(&viewer(), &OrderFilter::default(), 10).await.unwrap();
        let urgencies: Vec<Urgency> = all.iter().map(|order| order.urgency).collect();
        assert_eq!(
            urgencies,
            [Urgency::Critical, Urgency::Critical, Urgency::Urgent, Urgency::Routine, Urgency::Routine]
        );
        let (mut paged, mut filter) = (Vec::new(), OrderFilter::default());
        while paged.len() < all.len() {
            let page = app.work_orders(&viewer(), &filter, 2).await.unwrap();
            assert!((1..=2).contains(&page.len()), "{page:?}");
            filter.after = page.last().map(WorkOrder::place);
            paged.extend(page);
        }
        assert_eq!(paged, all);
        let prices = app.quotes(&viewer(), &QuoteFilter::default(), 10).await.unwrap();
        assert_eq!(prices.len(), 5);
        let (mut paged, mut filter) = (Vec::new(), QuoteFilter::default());
        while paged.len() < prices.len() {
            let page = app.quotes(&viewer(), &filter, 2).await.unwrap();
            assert!((1..=2).contains(&page.len()), "{page:?}");
            filter.before = page.last().map(|(order, quote)| quote.place(order));
            paged.extend(page);
        }
        assert_eq!(paged, prices);
        site.verifies().await;
    }
}

#[tokio::test]
async fn plans_leave_to_a_works_what_it_has_to_repair() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let free = async || {
            let shown = site.plan().await;
            let detail = site.app.plan_detail(&viewer(), Some(shown.stored.plan.code.as_str())).await.unwrap();
            let fix = detail.loads.iter().find(|load| load.code == "FIX").unwrap();
            fix.periods.iter().map(|(_, capacity)| capacity.unwrap()).collect::<Vec<f64>>()
        };
        let before = free().await;
        assert!(before.iter().all(|free| *free == 2.0), "{before:?}");
        for n in 0..6 {
            let serial = format!("B-{n}");
            site.put("national_stock POL POL D - truck-u -", AT_WORKS, 1, &serial).await;
            let code = site.app.fault_report(&fault("truck-u", &serial), &actor()).await.unwrap();
            site.app.work_order_triage(code.as_str(), &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        }
        // Two start in the period of today, the second, and two in each of the next.
        let after = free().await;
        let expected: Vec<f64> = (0..12).map(|period| if (1..4).contains(&period) { 0.0 } else { 2.0 }).collect();
        assert_eq!(after, expected);
    }
}
