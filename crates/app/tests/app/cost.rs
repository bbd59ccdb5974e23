//! What a repair costs and who pays; what a warranty covers; teams that come; parts that stand in for others.

use std::sync::Arc;

use muster_app::{
    Actor, App, Error,
    interchange::mission::Source,
    movement::Payment,
    repair::{
        cost::{NewQuote, Settlement},
        request::Triage,
        shop::Release,
    },
    storage::repair::QuoteFilter,
};
use muster_domain::{
    fixed::Fixed,
    repair::{BlockingReason, Echelon, QuoteState, WorkOrderState},
    requirement::RequirementState,
    role::Role,
    viewer::Viewer,
};
use muster_testkit::{FakeChance, FakeClock, database::ENGINES};

use crate::{
    repair::{AT_WORKS, fault, release, says, triage, workshop},
    small::{Site, actor, viewer},
};

const FUND: &str = "fund UKR JPN - F EUR -";
const PAID: &str = "consumed UKR JPN - ";

fn quote(cents: i64, fund: Option<&str>) -> NewQuote<'_> {
    NewQuote { amount: Fixed(cents * 10), fund, remark: "labour", paper: "" }
}

fn settled(cents: i64) -> Settlement<'static> {
    Settlement { amount: Some(Fixed(cents * 10)), invoice: "", at: None }
}

impl Site {
    async fn paid_in(&self, euros: i64, key: &str) {
        let payment =
            Payment { offer: "O-5".into(), amount: Some(Fixed(euros * 1_000)), at: None, key: Some(key.into()) };
        self.app.pay(&payment, &actor()).await.unwrap();
    }

    async fn repaired(&self, code: &str, works: &Actor, warranty_days: u32) {
        self.app.work_order_start(code, None, works).await.unwrap();
        self.app.work_order_test(code, (true, "", ""), works).await.unwrap();
        let signed = Release { warranty_days, ..release("works", "135790", "") };
        self.app.work_order_release(code, &signed, works).await.unwrap();
    }

    async fn works(&self) -> Actor {
        let works = self.member("works", "WKS", Role::RepairFacility).await;
        self.app.set_pin("135790", &Actor::new(Viewer::operator("works"), "my PIN")).await.unwrap();
        works
    }

    async fn sheet(&self, name: &str, text: &str) {
        let source = Source { name: name.into(), bytes: text.as_bytes().to_vec() };
        assert_eq!(self.import(vec![source]).await.issues, vec![]);
    }
}

#[tokio::test]
async fn a_repair_is_quoted_approved_by_somebody_else_and_paid_out_of_the_fund() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let works = site.works().await;
        let keeper = site.member("keeper", "POL", Role::FundManager).await;
        let budget = "code,name,holder,currency,budget,source,fictional\nF,Fund,UKR,EUR,9000,test,yes";
        site.sheet("funds.csv", budget).await;
        let processes = "code,kind,place,input,output,duration_days,capacity,cost,fund,source,fictional\nFIX,repair,W,truck-u,truck,7,2,10,F,test,yes";
        site.sheet("processes.csv", processes).await;
        let code = site.diagnosed("T-4").await;
        says(app.work_order_quote(&code, &quote(1, Some("G")), &works).await, "not-found");
        says(app.work_order_quote(&code, &quote(0, None), &works).await, "above-zero");
        let fine = NewQuote { amount: Fixed(1), ..quote(0, None) };
        says(app.work_order_quote(&code, &fine, &works).await, "amount-places");
        assert!(matches!(app.work_order_quote(&code, &quote(1, None), &keeper).await, Err(Error::Denied(_))));
        app.work_order_quote(&code, &quote(400_000, None), &works).await.unwrap();
        // A second one takes the place of the first.
        app.work_order_quote(&code, &quote(520_050, None), &works).await.unwrap();
        let shown = site.order(&code).await;
        let states: Vec<QuoteState> = shown.quotes.iter().map(|quote| quote.state).collect();
        assert_eq!(states, [QuoteState::Withdrawn, QuoteState::Quoted]);
        let blocked: Vec<_> = shown.blocked().map(|block| (block.reason, block.turn_of.as_str())).collect();
        assert_eq!(blocked, [(BlockingReason::Price, "UKR")]);
        says(app.work_order_start(&code, None, &works).await, "work-order-price");
        assert!(matches!(app.work_order_approve(&code, (2, ""), &works).await, Err(Error::Denied(_))));
        says(app.work_order_approve(&code, (1, ""), &keeper).await, "quote-decided");
        says(app.work_order_approve(&code, (9, ""), &keeper).await, "not-found");
        // A promise pays nothing, and what is for protection only pays for no truck.
        says(app.work_order_approve(&code, (2, ""), &keeper).await, "fund-short");
        site.put("national_stock JPN JPN - - EUR C-1", "fund UKR JPN - F EUR C-1", 900_000, "").await;
        site.paid_in(6_000, "first").await;
        says(app.work_order_refuse(&code, (2, ""), &keeper).await, "some-text");
        app.work_order_refuse(&code, (2, "too dear"), &keeper).await.unwrap();
        let shown = site.order(&code).await;
        assert_eq!(shown.blocked().map(|block| block.turn_of.as_str()).collect::<Vec<_>>(), ["WKS"]);
        says(app.work_order_start(&code, None, &works).await, "work-order-price");
        says(app.work_order_unblock(&code, BlockingReason::Price, &works).await, "work-order-price");
        app.work_order_quote(&code, &quote(520_050, None), &works).await.unwrap();
        app.work_order_approve(&code, (3, "agreed"), &keeper).await.unwrap();
        assert_eq!(site.order(&code).await.blocked().count(), 0);
        // What is set aside is not free for another.
        let second = site.diagnosed("T-5").await;
        app.work_order_quote(&second, &quote(100_000, None), &works).await.unwrap();
        says(app.work_order_approve(&second, (1, ""), &keeper).await, "799.5");
        let left = async || app.instance(None, None).await.unwrap().0.problem.funds[0].available(1)[0];
        let waiting = left().await;
        site.repaired(&code, &works, 0).await;
        let begun = left().await;
        assert!((begun - waiting).abs() < 1e-6, "what was agreed is counted once: {waiting:?} {begun:?}");
        assert!(
            (begun - (9_000.0 - 5_200.5 - 10.0)).abs() < 1e-6,
            "the second one costs what the process says: {begun}"
        );
        says(app.work_order_settle(&code, (3, &settled(520_051)), &keeper).await, "quote-more");
        says(app.work_order_settle(&second, (1, &settled(1)), &keeper).await, "quote-decided");
        assert!(matches!(app.work_order_settle(&code, (3, &settled(1)), &works).await, Err(Error::Denied(_))));
        app.work_order_settle(&code, (3, &settled(500_000)), &keeper).await.unwrap();
        assert_eq!(site.has(&format!("{PAID}{code} EUR -")).await, 500_000);
        assert_eq!(site.has(FUND).await, 100_000);
        let told = &app.overview(&viewer()).await.unwrap().money[0];
        let promised = 125_000_050 - 600_000;
        assert_eq!((told.promised, told.received, told.set_aside, told.paid), (promised, 1_500_000, 0, 500_000));
        // The rest is free again.
        app.work_order_approve(&second, (1, ""), &keeper).await.unwrap();
        says(app.work_order_settle(&second, (1, &settled(1)), &keeper).await, "quote-too-early");
        app.work_order_write_off(&second, ("bent frame", ""), &actor()).await.unwrap();
        let all = Settlement { amount: None, ..settled(0) };
        says(app.work_order_settle(&second, (1, &all), &keeper).await, "quote-amount");
        app.work_order_settle(&second, (1, &settled(0)), &keeper).await.unwrap();
        let all = app.quotes(&viewer(), &QuoteFilter { fund: Some("F".into()), ..QuoteFilter::default() }, 100).await;
        let paid: Vec<i64> = all.unwrap().iter().map(|(_, quote)| quote.paid).collect();
        assert_eq!((paid.iter().sum::<i64>(), site.has(FUND).await), (500_000, 100_000));
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        assert_eq!(app.quotes(&japan.viewer, &QuoteFilter::default(), 100).await.unwrap(), []);
        assert_eq!(app.quotes(&works.viewer, &QuoteFilter::default(), 100).await.unwrap().len(), 4);
        site.verifies().await;
    }
}

#[tokio::test]
async fn nobody_decides_on_a_price_that_they_quoted_and_what_ends_is_priced_no_more() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        site.paid_in(6_000, "first").await;
        let code = site.diagnosed("T-4").await;
        says(app.work_order_quote(&code, &quote(1, None), &actor()).await, "quote-fund");
        app.work_order_quote(&code, &quote(100, Some("F")), &actor()).await.unwrap();
        says(app.work_order_approve(&code, (1, ""), &actor()).await, "quote-second-person");
        app.work_order_write_off(&code, ("bent frame", ""), &actor()).await.unwrap();
        assert_eq!(site.order(&code).await.quotes[0].state, QuoteState::Withdrawn);
        says(app.work_order_quote(&code, &quote(100, Some("F")), &actor()).await, "quote-not-now");
        // Two who spend the last of a fund at once: one is told.
        let keeper = site.member("keeper", "POL", Role::FundManager).await;
        let (one, other) = (site.diagnosed("T-5").await, site.diagnosed("T-6").await);
        for code in [&one, &other] {
            app.work_order_quote(code, &quote(400_000, Some("F")), &actor()).await.unwrap();
        }
        let both = tokio::join!(
            app.work_order_approve(&one, (1, ""), &keeper),
            app.work_order_approve(&other, (1, ""), &keeper)
        );
        assert_eq!([both.0.is_ok(), both.1.is_ok()].iter().filter(|ok| **ok).count(), 1, "{both:?}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_decided_anew_is_priced_anew_and_nobody_sees_the_price_of_another() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let works = site.works().await;
        let keeper = site.member("keeper", "POL", Role::FundManager).await;
        site.sheet("parties.csv", "code,name,kind,country,source,fictional\nWK2,Works 2,operator,POL,test,yes").await;
        let second = site.member("second", "WK2", Role::RepairFacility).await;
        site.paid_in(6_000, "first").await;
        let code = app.fault_report(&fault("truck", "T-1"), &actor()).await.unwrap().to_string();
        let team = |contractor| Triage { echelon: Echelon::OnSite, facility: None, contractor, remark: "" };
        app.work_order_triage(&code, &team(None), &actor()).await.unwrap();
        says(app.work_order_quote(&code, &quote(100, Some("F")), &actor()).await, "quote-payee");
        says(app.work_order_triage(&code, &team(Some("POL")), &actor()).await, "triage-contractor-kind");
        app.work_order_triage(&code, &team(Some("WKS")), &actor()).await.unwrap();
        app.work_order_quote(&code, &quote(500_000, Some("F")), &actor()).await.unwrap();
        app.work_order_approve(&code, (1, ""), &keeper).await.unwrap();
        let free = async || app.purses(&viewer(), "F").await.unwrap()[0].free;
        assert_eq!(free().await, 100_000);
        app.work_order_triage(&code, &team(Some("WK2")), &actor()).await.unwrap();
        assert_eq!((free().await, site.order(&code).await.quotes[0].state), (600_000, QuoteState::Withdrawn));
        // Who comes in the place of another sees nothing of what that one asked; that one sees its own.
        app.work_order_quote(&code, &quote(300_000, Some("F")), &actor()).await.unwrap();
        let seen = app.work_order(&second.viewer, &code).await.unwrap().quotes;
        assert_eq!(seen.iter().map(|quote| quote.party.as_str()).collect::<Vec<_>>(), ["WK2"]);
        let own = app.quotes(&works.viewer, &QuoteFilter::default(), 100).await.unwrap();
        assert_eq!(own.iter().map(|(_, quote)| quote.amount).collect::<Vec<_>>(), [500_000]);
        // A price that is taken back is no price.
        app.work_order_refuse(&code, (2, "too dear"), &keeper).await.unwrap();
        assert!(app.work_order_withdraw_quote(&code, 2, &works).await.is_err());
        app.work_order_withdraw_quote(&code, 2, &second).await.unwrap();
        says(app.work_order_withdraw_quote(&code, 2, &second).await, "quote-decided");
        assert_eq!(site.order(&code).await.blocked().count(), 0);
        app.work_order_cancel(&code, "runs again", &actor()).await.unwrap();
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_repair_under_warranty_costs_nothing_without_a_word_and_ends_with_its_last_day() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let works = site.works().await;
        let keeper = site.member("keeper", "POL", Role::FundManager).await;
        site.paid_in(6_000, "first").await;
        let code = site.diagnosed("T-4").await;
        app.work_order_start(&code, None, &works).await.unwrap();
        app.work_order_test(&code, (true, "", ""), &works).await.unwrap();
        let signed = |warranty_days| Release { warranty_days, ..release("works", "135790", "") };
        says(app.work_order_release(&code, &signed(4_000), &works).await, "warranty-wrong");
        app.work_order_release(&code, &signed(30), &works).await.unwrap();
        let last = site.order(&code).await.order.warranty_until.unwrap();
        assert_eq!(last.to_string(), "2026-10-16");
        site.put("on_hand WKS UKR W - truck -", "in_service UNIT UKR P - truck -", 1, "T-4").await;
        let again = app.fault_report(&fault("truck", "T-4"), &actor()).await.unwrap().to_string();
        assert_eq!(site.order(&again).await.order.under_warranty_of.unwrap().as_str(), code);
        app.work_order_triage(&again, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        app.work_order_quote(&again, &quote(100, Some("F")), &actor()).await.unwrap();
        says(app.work_order_approve(&again, (1, ""), &keeper).await, "quote-under-warranty");
        app.work_order_approve(&again, (1, "run over by a tank"), &keeper).await.unwrap();
        app.work_order_cancel(&again, "runs again", &actor()).await.unwrap();
        // Another truck is under no warranty, and this one not for ever.
        let other = app.fault_report(&fault("truck", "T-1"), &actor()).await.unwrap().to_string();
        assert_eq!(site.order(&other).await.order.under_warranty_of, None);
        let clock = Arc::new(FakeClock::at("2026-10-17T12:00:00Z"));
        let ledger = muster_app::storage::ledger::Ledger::open(
            &site.database.db,
            muster_testkit::database::seal_key(),
            clock.clone(),
        );
        let ledger = ledger.await.unwrap();
        let later = App::new(site.database.db.clone(), Some(ledger), clock, Arc::new(FakeChance::default()));
        let late = later.fault_report(&fault("truck", "T-4"), &actor()).await.unwrap().to_string();
        assert_eq!(later.work_order(&viewer(), &late).await.unwrap().order.under_warranty_of, None);
    }
}

#[tokio::test]
async fn a_team_comes_and_repairs_where_it_stands_with_the_parts_of_the_unit() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let works = site.works().await;
        site.put("national_stock JPN JPN D - spare -", "in_service UNIT UKR P - spare -", 2, "").await;
        let code = app.fault_report(&fault("truck", "T-1"), &actor()).await.unwrap().to_string();
        let team = |echelon, contractor| Triage { echelon, facility: None, contractor, remark: "" };
        assert!(matches!(app.work_order(&works.viewer, &code).await, Err(Error::NotFound { .. })));
        let abroad = Triage { facility: Some("W"), ..team(Echelon::Abroad, Some("WKS")) };
        says(app.work_order_triage(&code, &abroad, &actor()).await, "triage-contractor");
        says(app.work_order_triage(&code, &team(Echelon::OnSite, Some("NOBODY")), &actor()).await, "not-found");
        app.work_order_triage(&code, &team(Echelon::OnSite, Some("WKS")), &actor()).await.unwrap();
        let other = site.member("other", "POL", Role::RepairFacility).await;
        assert!(app.work_order_induct(&code, None, &other).await.is_err());
        app.work_order_induct(&code, None, &works).await.unwrap();
        app.work_order_diagnose(&code, ("gearbox", Some(&[("spare".into(), 2)])), &works).await.unwrap();
        assert_eq!(site.order_state(&code).await, WorkOrderState::Diagnosed);
        // The team does not see the fund: that of such repairs pays, or somebody else names one.
        says(app.work_order_quote(&code, &quote(100, Some("F")), &works).await, "not-found");
        app.work_order_quote(&code, &quote(100, Some("F")), &actor()).await.unwrap();
        let quoted = &site.order(&code).await.quotes[0];
        assert_eq!(quoted.party.as_str(), "WKS", "the team is paid");
        site.paid_in(10, "first").await;
        app.work_order_approve(&code, (1, ""), &site.member("keeper", "POL", Role::FundManager).await).await.unwrap();
        app.work_order_start(&code, None, &works).await.unwrap();
        app.work_order_test(&code, (true, "", ""), &works).await.unwrap();
        let unit = site.member("mechanic", "UNIT", Role::RequirementsOfficer).await;
        app.set_pin("135790", &Actor::new(Viewer::operator("mechanic"), "my PIN")).await.unwrap();
        says(app.work_order_release(&code, &release("mechanic", "135790", ""), &unit).await, "tester-elsewhere");
        app.work_order_release(&code, &release("works", "135790", ""), &works).await.unwrap();
        assert_eq!(site.order_state(&code).await, WorkOrderState::Returned);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_as_good_is_taken_by_itself_what_is_less_by_decision_and_the_requirement_goes() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let works = site.works().await;
        let items = ["copy", "makeshift"]
            .map(|item| format!("\n{item},{item},materiel,,II,mobility,each,20,,,,quantity,test,yes"));
        let head = "code,name,kind,nsn,supply_class,purpose,unit_of_issue,mass_kg,volume_m3,un_number,hazard_class,tracking,source,fictional\nspare,Spare,materiel,,II,mobility,each,20,,,,quantity,test,yes";
        let sheets = [
            ("items.csv", format!("{head}{}", items.concat())),
            ("resources.csv", "code,item,state,source,fictional\ncopy,copy,serviceable,test,yes\nmakeshift,makeshift,serviceable,test,yes".to_owned()),
            ("substitutes.csv", "item,substitute,utility,source,fictional\nspare,copy,1,test,yes\nspare,makeshift,0.6,test,yes".to_owned()),
        ];
        let all = sheets.map(|(name, text)| Source { name: name.into(), bytes: text.into_bytes() });
        assert_eq!(site.import(all.to_vec()).await.issues, vec![]);
        site.put("national_stock POL POL D - truck-u -", AT_WORKS, 1, "T-4").await;
        // One of its spares the works was given for a need of its own.
        let service = "in_service WKS WKS W - spare -";
        site.put("national_stock POL POL D - spare -", service, 1, "").await;
        site.put("national_stock POL POL D - copy -", "on_hand WKS WKS W - copy -", 1, "").await;
        site.put("national_stock POL POL D - makeshift -", "on_hand WKS WKS W - makeshift -", 5, "").await;
        let code = app.fault_report(&fault("truck-u", "T-4"), &actor()).await.unwrap().to_string();
        app.work_order_triage(&code, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        app.work_order_induct(&code, None, &works).await.unwrap();
        app.work_order_diagnose(&code, ("gearbox", Some(&[("spare".into(), 4)])), &works).await.unwrap();
        let shown = site.order(&code).await;
        assert_eq!(shown.order.state, WorkOrderState::WaitingForParts);
        let parts = |shown: &muster_app::repair::Shown| -> Vec<(String, i64, i64)> {
            shown.parts.iter().map(|(part, issued)| (part.resource.to_string(), part.wanted, *issued)).collect()
        };
        assert_eq!(parts(&shown), [("copy".into(), 1, 1), ("spare".into(), 3, 1)]);
        let raised = shown.parts[1].0.requirement.clone().unwrap();
        let picture = app.picture(&viewer()).await.unwrap();
        assert_eq!(picture.requirements[raised.as_str()].quantity, 2);
        let offered = app.work_order_stand_ins(&works.viewer, &shown).await.unwrap();
        let told: Vec<_> = offered.iter().map(|of| (of.part.as_str(), of.substitute.as_str(), of.units)).collect();
        assert_eq!(told, [("spare", "makeshift", 2)]);
        let stand_in =
            async |substitute, units| app.work_order_substitute(&code, ("spare", substitute, units), &works).await;
        says(stand_in("vest", 1).await, "work-order-substitute");
        says(stand_in("copy", 1).await, "work-order-substitute");
        says(stand_in("makeshift", 3).await, "work-order-substitute-units");
        stand_in("makeshift", 2).await.unwrap();
        let shown = site.order(&code).await;
        assert_eq!(shown.order.state, WorkOrderState::Diagnosed);
        assert_eq!(parts(&shown), [("copy".into(), 1, 1), ("makeshift".into(), 2, 2), ("spare".into(), 1, 1)]);
        assert_eq!(shown.parts[1].0.instead_of.as_ref().map(|code| code.as_str()), Some("spare"));
        let state = async || app.picture(&viewer()).await.unwrap().requirements[raised.as_str()].state;
        assert_eq!(state().await, RequirementState::Withdrawn, "nobody gives what is not needed");
        // A second look keeps what stands in, and takes more of it once it is there.
        let again =
            async |units| app.work_order_diagnose(&code, ("gearbox", Some(&[("spare".into(), units)])), &works).await;
        again(4).await.unwrap();
        assert_eq!(
            parts(&site.order(&code).await),
            [("copy".into(), 1, 1), ("makeshift".into(), 2, 2), ("spare".into(), 1, 1)]
        );
        site.put("national_stock POL POL D - copy -", "on_hand WKS WKS W - copy -", 2, "").await;
        again(6).await.unwrap();
        let shown = site.order(&code).await;
        assert_eq!(parts(&shown), [("copy".into(), 3, 3), ("makeshift".into(), 2, 2), ("spare".into(), 1, 1)]);
        // What was taken goes back where it came from.
        assert_eq!((site.has(service).await, site.has("on_hand WKS WKS W - makeshift -").await), (0, 3));
        app.work_order_write_off(&code, ("bent frame", ""), &actor()).await.unwrap();
        let back = (site.has(service).await, site.has("on_hand WKS WKS W - spare -").await);
        assert_eq!((back, site.has("on_hand WKS WKS W - makeshift -").await), ((1, 0), 5));
        site.verifies().await;
    }
}
