//! What was given with a check attached is watched, and what is overdue can be told for any past date.

use std::sync::Arc;

use muster_app::{
    interchange::mission::Source,
    planner::Plan,
    storage::{
        ledger::read::AsOf,
        transfer::{disposal::DisposalFilter, third_party::Filter},
    },
    transfer::{
        custody::{Circumstances, Conveyance},
        disposal::NewDisposal,
        end_use::{DueFilter, Found},
        loss::NewLoss,
        packing::Packed,
        third_party::NewThirdPartyTransfer,
    },
    user::Account,
};
use muster_domain::{
    consignment::Condition,
    end_use::Grade,
    gate::Gate,
    repair::Echelon,
    role::Role,
    third_party::{Answer, ThirdPartyState},
    viewer::Viewer,
};
use muster_testkit::database::ENGINES;

use crate::{
    loss::loss,
    repair::{fault, release, says, triage},
    small::{actor, site, viewer, with},
    transfer::{all_there, of_plan},
};

#[tokio::test]
async fn what_is_not_checked_in_time_is_delinquent_as_of_any_date() {
    for engine in ENGINES {
        let (site, picture) = in_service(engine).await;
        let at = |text: &str| AsOf { occurred: text.parse().unwrap(), known: jiff::Timestamp::MAX };
        let overdue =
            async |date: &str| site.app.end_use(&viewer(), at(date), &DueFilter::default()).await.unwrap().overdue;
        assert_eq!(overdue("2026-12-14T00:00:00Z").await, 0, "ninety days have not passed");
        assert_eq!(overdue("2026-12-16T00:00:00Z").await, 3);
        let found = |serial: &str, grade| Found {
            resource: "truck".into(),
            serial: serial.into(),
            grade,
            at: None,
            evidence: String::new(),
            remark: String::new(),
        };
        let unsaid = site.app.inspect(&found("T1-1", Grade::NotFound), &actor()).await.unwrap_err().to_string();
        assert!(unsaid.contains("not-found-remark"), "{unsaid}");
        let strange = site.app.inspect(&found("X", Grade::Sighted), &actor()).await.unwrap_err().to_string();
        assert!(strange.contains("not-in-service"), "{strange}");
        // Who may not check it is told so only if they know of it: Poland gave it, Japan did not.
        let donor = |party: &str| donor(&picture, party);
        let tries = async |party: &str, serial: &str| {
            site.app.inspect(&found(serial, Grade::Sighted), &donor(party)).await.unwrap_err()
        };
        assert!(tries("JPN", "T1-1").await.to_string().contains("not-in-service"));
        let (there, nowhere) = (tries("JPN", "T1-1").await.to_string(), tries("JPN", "X").await.to_string());
        assert_eq!(there, nowhere.replace("=X)", "=T1-1)"), "both sound the same");
        let early = Found { at: Some("2026-09-01T00:00:00Z".parse().unwrap()), ..found("T1-1", Grade::Sighted) };
        says(site.app.inspect(&early, &actor()).await, "check-before-receipt");
        // Who has it checks it, and so does the nation that gave it.
        let keyed = muster_app::Actor { key: Some("check".into()), ..donor("POL") };
        let check = site.app.inspect(&found("T1-1", Grade::Sighted), &keyed).await.unwrap();
        assert_eq!(site.app.inspect(&found("T1-1", Grade::Sighted), &keyed).await.unwrap(), check, "once");
        let told = async |party: &str, resource| {
            site.app.inspections(&donor(party).viewer, resource, "T1-1").await.unwrap().len()
        };
        assert_eq!((told("POL", "truck").await, told("JPN", "truck").await, told("POL", "vest").await), (1, 0, 0));
        let not_found = Found { remark: "unit moved".into(), ..found("T1-2", Grade::NotFound) };
        site.app.inspect(&not_found, &actor()).await.unwrap();
        assert_eq!(overdue("2026-12-16T00:00:00Z").await, 2, "what was not found stays due");
        assert_eq!(overdue("2027-09-20T00:00:00Z").await, 3, "after a year it is due again");
        // As it was known before anything was received, nothing was watched.
        let before = AsOf { occurred: jiff::Timestamp::MAX, known: "2026-09-01T00:00:00Z".parse().unwrap() };
        assert_eq!(site.app.end_use(&viewer(), before, &DueFilter::default()).await.unwrap().watched, 0);
        // What is disposed of needs its certificate, and is watched no more.
        let bare = site.app.dispose(&disposed("T1-3", &"0".repeat(64)), &actor()).await.unwrap_err().to_string();
        assert!(bare.contains("attachment"), "{bare}");
        let paper = site.app.attach("application/pdf", b"%PDF-1.7 certificate", &actor()).await.unwrap();
        let keyed = muster_app::Actor { key: Some("dispose".into()), ..actor() };
        let early = NewDisposal { at: Some("2026-09-01T00:00:00Z".parse().unwrap()), ..disposed("T1-3", &paper) };
        let early = site.app.dispose(&early, &actor()).await.unwrap_err().to_string();
        assert!(early.contains("disposal-before-receipt"), "{early}");
        let new = disposed("T1-3", &paper);
        let gone = site.app.dispose(&new, &keyed).await.unwrap();
        assert_eq!(site.app.dispose(&new, &keyed).await.unwrap(), gone, "once");
        // Who gave it sees that, and the certificate; nobody else does.
        let all = DisposalFilter::default();
        for (party, sees) in [("POL", true), ("JPN", false)] {
            let viewer = donor(party).viewer;
            assert_eq!(site.app.disposals(&viewer, &all, 10).await.unwrap().len(), usize::from(sees), "{party}");
            let certificate = site.app.disposal_certificate(&viewer, gone.as_str()).await;
            assert_eq!(certificate.is_ok_and(|(kind, _)| kind == "application/pdf"), sees, "{party}");
            let offer = site.app.disposal(&viewer, gone.as_str()).await.ok().and_then(|one| one.offer);
            assert_eq!(offer.map(|offer| offer.to_string()), sees.then(|| "O-2".to_owned()));
        }
        assert_eq!(site.app.end_use(&viewer(), AsOf::NOW, &DueFilter::default()).await.unwrap().watched, 2);
        assert_eq!(site.app.inspections(&viewer(), "truck", "T1-1").await.unwrap().len(), 1);
        site.verifies().await;
    }
}

fn disposed(serial: &str, certificate: &str) -> NewDisposal {
    let (resource, serial, certificate) = ("truck".into(), serial.into(), certificate.to_owned());
    NewDisposal { resource, serial, certificate, at: None }
}

/// A site on which Poland's three trucks T1-1 to T1-3 are in service under its caveat.
pub(crate) async fn in_service(
    engine: muster_app::storage::dialect::Engine,
) -> (crate::small::Site, Arc<muster_domain::picture::Picture>) {
    let site = site(engine).await;
    let sources = with("offers.csv", "O-2,POL,goods,truck,3,D,2026-09-07,,", "O-2,POL,goods,truck,3,D,2026-09-07,C-2,");
    let more = |mut source: muster_app::interchange::mission::Source| {
        if source.name == "caveats.csv" {
            source.bytes.extend(b"\nC-2,POL,Checked,mobility,UKR,yes,,,90,365,checked each year,test,yes");
        }
        source
    };
    assert_eq!(site.import(sources.into_iter().map(more).collect()).await.issues, vec![]);
    let shown = site.plan().await;
    let plan = Plan::parse(shown.stored.plan.result.as_bytes()).unwrap();
    site.app.plan_accept("P-001", &actor()).await.unwrap();
    let trucks = (1..).zip(&plan.flows).find(|(_, flow)| flow.offer == "O-2").unwrap().0;
    let code = site.make(vec![of_plan(trucks, None)]).await;
    site.ready(&code).await;
    for _ in 0..2 {
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
    }
    site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
    let picture = site.app.picture(&viewer()).await.unwrap();
    (site, picture)
}

pub(crate) fn donor(picture: &muster_domain::picture::Picture, party: &str) -> muster_app::Actor {
    let party = muster_domain::code::Code::new(party).unwrap();
    muster_app::Actor::new(Viewer::member("somebody".into(), party, [Role::DonorLiaison].into(), picture), "answer")
}

#[tokio::test]
async fn what_was_given_goes_to_others_only_once_its_nation_agrees() {
    for engine in ENGINES {
        let (site, picture) = in_service(engine).await;
        let app = &site.app;
        let new = |serial: &str, receiver: &str| NewThirdPartyTransfer {
            resource: "truck".into(),
            serial: serial.into(),
            receiver: receiver.into(),
            purpose: "a hospital needs it".into(),
        };
        for (wrong, says) in [
            (new("X", "JPN"), "not-in-service"),
            (new("T1-1", "nobody"), "not-found"),
            (NewThirdPartyTransfer { purpose: " ".into(), ..new("T1-1", "JPN") }, "some-text"),
        ] {
            let error = app.third_party_ask(&wrong, &actor()).await.unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        // Poland is told by its webhook, too, step by step.
        let account =
            Account { name: "poland".into(), party: "POL".into(), roles: [Role::DonorLiaison].into(), disabled: false };
        app.put_user(&account, None, &actor()).await.unwrap();
        let asker =
            muster_app::Actor { viewer: Viewer { name: "poland".into(), ..donor(&picture, "POL").viewer }, ..actor() };
        let events = ["third_party_transfer.state_changed".to_owned()];
        let hook = app.webhook_put("x", "https://example.org", &events, &asker).await.unwrap().0.code.to_string();
        let keyed = muster_app::Actor { key: Some("ask".into()), ..actor() };
        let code = app.third_party_ask(&new("T1-1", "JPN"), &keyed).await.unwrap();
        assert_eq!(app.third_party_ask(&new("T1-1", "JPN"), &keyed).await.unwrap(), code, "once");
        let twice = app.third_party_ask(&new("T1-1", "POL"), &actor()).await.unwrap_err().to_string();
        assert!(twice.contains("third-party-asked"), "{twice}");
        let shown = app.third_party_transfer(&viewer(), code.as_str()).await.unwrap();
        let asked: Vec<&str> = shown.nations.iter().map(|nation| nation.nation.as_str()).collect();
        assert_eq!((shown.state(), asked), (ThirdPartyState::Asked, vec!["POL"]), "Poland gave it");
        // Poland has notice of it, Japan does not learn of it.
        let (poland, japan) = (donor(&picture, "POL"), donor(&picture, "JPN"));
        let list = async |viewer: &Viewer| app.third_party_transfers(viewer, &still_open(), 10).await.unwrap().len();
        assert_eq!((list(&poland.viewer).await, list(&japan.viewer).await), (1, 0));
        let waits = app.third_party_hand_over(code.as_str(), None, &actor()).await.unwrap_err().to_string();
        assert!(waits.contains("third-party-waits"), "{waits}");
        let answer = async |nation: &str, answer, reference: &str, by: &muster_app::Actor| {
            app.third_party_answer(code.as_str(), (nation, answer, reference), by).await
        };
        let strange = answer("JPN", Answer::Consents, "", &poland).await.unwrap_err().to_string();
        assert!(strange.contains("third-party-not-asked"), "{strange}");
        let unseen = answer("POL", Answer::Consents, "", &japan).await.unwrap_err();
        assert!(matches!(unseen, muster_app::Error::NotFound { .. }), "{unseen}");
        // The mission speaks for a nation only with the nation's letter, and nobody refuses without a word.
        for by in [&actor(), &poland] {
            let bare = answer("POL", Answer::Refuses, " ", by).await.unwrap_err().to_string();
            assert!(bare.contains("third-party-unsaid"), "{bare}");
        }
        while app.webhooks_look().await.unwrap() {}
        answer("POL", Answer::Consents, "", &poland).await.unwrap();
        while app.webhooks_look().await.unwrap() {}
        let again = answer("POL", Answer::Refuses, "changed our mind", &poland).await.unwrap_err().to_string();
        assert!(again.contains("third-party-over"), "{again}");
        let denied = app.third_party_hand_over(code.as_str(), None, &poland).await.unwrap_err();
        assert!(matches!(denied, muster_app::Error::Denied(_)), "{denied}");
        app.third_party_hand_over(code.as_str(), None, &actor()).await.unwrap();
        let shown = app.third_party_transfer(&poland.viewer, code.as_str()).await.unwrap();
        assert_eq!(shown.state(), ThirdPartyState::Transferred);
        while app.webhooks_look().await.unwrap() {}
        let told = app.webhook_deliveries(&asker.viewer, &hook, None, 10).await.unwrap();
        for state in ["asked", "agreed", "transferred"] {
            assert!(told.iter().any(|one| one.body.contains(&format!("\"state\":\"{state}\""))), "{state}: {told:?}");
        }
        assert_eq!(told.len(), 3);
        // It is watched on, with its new holder.
        let (unit, due) = app.unit_in_service(&viewer(), "truck", "T1-1").await.unwrap().unwrap();
        assert_eq!((unit.account.holder.as_str(), due.is_some()), ("JPN", true));
        assert_eq!(app.end_use(&viewer(), AsOf::NOW, &DueFilter::default()).await.unwrap().watched, 3);
        // Who has it now sees it, may check it, and sees what is asked about it; of the others they see nothing.
        let seen = app.unit_in_service(&japan.viewer, "truck", "T1-1").await.unwrap();
        assert!(seen.is_some_and(|(unit, _)| unit.account.holder.as_str() == "JPN"));
        assert_eq!(app.end_use(&japan.viewer, AsOf::NOW, &DueFilter::default()).await.unwrap().watched, 1);
        assert!(app.unit_in_service(&japan.viewer, "truck", "T1-2").await.unwrap().is_none());
        let found = Found {
            resource: "truck".into(),
            serial: "T1-1".into(),
            grade: Grade::Sighted,
            at: None,
            evidence: String::new(),
            remark: String::new(),
        };
        app.inspect(&found, &japan).await.unwrap();
        assert_eq!(app.inspections(&japan.viewer, "truck", "T1-1").await.unwrap().len(), 1);
        let onward = app.third_party_ask(&new("T1-1", "POL"), &actor()).await.unwrap();
        assert_eq!(list(&japan.viewer).await, 1);
        app.third_party_withdraw(onward.as_str(), &japan).await.unwrap();
        let over = app.third_party_withdraw(code.as_str(), &actor()).await.unwrap_err().to_string();
        assert!(over.contains("third-party-over"), "{over}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_lent_or_goes_to_another_unit_of_its_owner_keeps_its_owner() {
    for engine in ENGINES {
        let (site, _) = in_service(engine).await;
        let app = &site.app;
        let parties = "code,name,kind,country,parent,source,fictional\nUNIT2,Second unit,unit,UKR,UKR,test,yes";
        let offers = "code,donor,kind,resource,quantity,place,available_from,caveats,state,lent_until,source,fictional
O-2,POL,goods,truck,3,D,2026-09-07,C-2,received_by_unit,2027-09-07,test,yes";
        let source = |name: &str, text: &str| Source { name: name.into(), bytes: text.into() };
        assert_eq!(site.import(vec![source("parties.csv", parties)]).await.issues, vec![]);
        let hand_over = async |serial: &str, receiver: &str| {
            let (resource, receiver, purpose) = ("truck".into(), receiver.into(), "exchange".into());
            let new = NewThirdPartyTransfer { resource, serial: serial.into(), receiver, purpose };
            let code = app.third_party_ask(&new, &actor()).await.unwrap();
            app.third_party_answer(code.as_str(), ("POL", Answer::Consents, "letter 7"), &actor()).await.unwrap();
            app.third_party_hand_over(code.as_str(), None, &actor()).await.unwrap();
            let (unit, _) = app.unit_in_service(&viewer(), "truck", serial).await.unwrap().unwrap();
            (unit.account.holder.to_string(), unit.account.owner.to_string())
        };
        assert_eq!(hand_over("T1-1", "UNIT2").await, ("UNIT2".into(), "UKR".into()), "it stays the country's");
        // All of it was received, and so is the offer.
        assert_eq!(site.import(vec![source("offers.csv", offers)]).await.issues, vec![]);
        assert_eq!(
            hand_over("T1-2", "JPN").await,
            ("JPN".into(), "UKR".into()),
            "what is lent is nobody's to give away"
        );
        site.verifies().await;
    }
}

#[tokio::test]
async fn nobody_disposes_of_a_unit_or_loses_it_before_it_was_handed_over() {
    for engine in ENGINES {
        let (site, _) = in_service(engine).await;
        let parties = "code,name,kind,country,parent,source,fictional\nUNIT2,Second unit,unit,UKR,UKR,test,yes";
        let parties = Source { name: "parties.csv".into(), bytes: parties.into() };
        assert_eq!(site.import(vec![parties]).await.issues, vec![]);
        let app = site.at("2026-10-10T12:00:00Z").await;
        for serial in ["T1-1", "T1-2"] {
            let (resource, receiver, purpose) = ("truck".into(), "UNIT2".into(), "exchange".into());
            let new = NewThirdPartyTransfer { resource, serial: serial.into(), receiver, purpose };
            let code = app.third_party_ask(&new, &actor()).await.unwrap();
            app.third_party_answer(code.as_str(), ("POL", Answer::Consents, "letter 7"), &actor()).await.unwrap();
            app.third_party_hand_over(code.as_str(), None, &actor()).await.unwrap();
        }
        let app = site.at("2026-11-01T12:00:00Z").await;
        let paper = app.attach("application/pdf", b"%PDF-1.7 certificate", &actor()).await.unwrap();
        let dispose = async |serial: &str, at: &str| {
            let new = NewDisposal { at: Some(at.parse().unwrap()), ..disposed(serial, &paper) };
            app.dispose(&new, &actor()).await.map_err(|error| error.to_string())
        };
        let lose = async |serial: &str, at: &str| {
            let new = NewLoss { at: Some(at.parse().unwrap()), ..loss("truck", serial) };
            app.lose(&new, &actor()).await.map_err(|error| error.to_string())
        };
        let early = dispose("T1-1", "2026-10-03T12:00:00Z").await.unwrap_err();
        assert!(early.contains("disposal-before-move(serial=T1-1, at=2026-10-10T12:00:00Z)"), "{early}");
        let early = lose("T1-2", "2026-10-03T12:00:00Z").await.unwrap_err();
        assert!(early.contains("loss-before-move(serial=T1-2, at=2026-10-10T12:00:00Z)"), "{early}");
        // A report that was taken back is no move.
        let lost = lose("T1-2", "2026-10-20T12:00:00Z").await.unwrap();
        app.loss_found(lost.as_str(), None, &actor()).await.unwrap();
        lose("T1-2", "2026-10-12T12:00:00Z").await.unwrap();
        dispose("T1-1", "2026-10-10T12:00:00Z").await.unwrap();
        dispose("T1-3", "2026-10-03T12:00:00Z").await.unwrap();
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_a_nation_refuses_or_nobody_wants_any_more_stays_where_it_is() {
    for engine in ENGINES {
        let (site, picture) = in_service(engine).await;
        let app = &site.app;
        let ask = async |serial: &str| {
            let (resource, receiver, purpose) = ("truck".into(), "JPN".into(), "exchange".into());
            let new = NewThirdPartyTransfer { resource, serial: serial.into(), receiver, purpose };
            app.third_party_ask(&new, &actor()).await.unwrap().to_string()
        };
        let poland = donor(&picture, "POL");
        let refused = ask("T1-1").await;
        app.third_party_answer(&refused, ("POL", Answer::Refuses, "not to Japan"), &poland).await.unwrap();
        let withdrawn = ask("T1-2").await;
        app.third_party_withdraw(&withdrawn, &actor()).await.unwrap();
        app.third_party_withdraw(&withdrawn, &actor()).await.unwrap_err();
        for code in [&refused, &withdrawn] {
            let over = app.third_party_hand_over(code, None, &actor()).await.unwrap_err().to_string();
            assert!(over.contains("third-party-over"), "{over}");
        }
        assert_eq!(app.third_party_transfers(&viewer(), &still_open(), 10).await.unwrap(), vec![]);
        // What is over takes no room in a list of what is open.
        let open = ask("T1-3").await;
        let newer = ask("T1-2").await;
        app.third_party_answer(&newer, ("POL", Answer::Refuses, "not to Japan"), &poland).await.unwrap();
        let first = app.third_party_transfers(&viewer(), &still_open(), 1).await.unwrap();
        assert_eq!(first.iter().map(|one| one.code.to_string()).collect::<Vec<_>>(), [open]);
        // It may be asked for anew, and what is disposed of meanwhile is not handed over.
        let moved = ask("T1-1").await;
        app.third_party_answer(&moved, ("POL", Answer::Consents, "letter 7"), &actor()).await.unwrap();
        let paper = app.attach("application/pdf", b"%PDF-1.7 certificate", &actor()).await.unwrap();
        app.dispose(&disposed("T1-1", &paper), &actor()).await.unwrap();
        let gone = app.third_party_hand_over(&moved, None, &actor()).await.unwrap_err().to_string();
        assert!(gone.contains("not-in-service"), "{gone}");
        let (unit, _) = app.unit_in_service(&viewer(), "truck", "T1-2").await.unwrap().unwrap();
        assert_ne!(unit.account.holder.as_str(), "JPN");
        site.verifies().await;
    }
}

#[tokio::test]
async fn nothing_is_handed_over_to_a_third_party_before_it_was_last_moved() {
    for engine in ENGINES {
        let (site, picture) = in_service(engine).await;
        let (resource, receiver, purpose) = ("truck".into(), "JPN".into(), "exchange".into());
        let new = NewThirdPartyTransfer { resource, serial: "T1-1".into(), receiver, purpose };
        let code = site.app.third_party_ask(&new, &actor()).await.unwrap().to_string();
        site.app.third_party_answer(&code, ("POL", Answer::Consents, ""), &donor(&picture, "POL")).await.unwrap();
        // It breaks a month later, with who asked.
        let later = site.at("2026-12-01T12:00:00Z").await;
        later.fault_report(&crate::repair::fault("truck", "T1-1"), &actor()).await.unwrap();
        let hand_over = async |at: &str| {
            let at = Some(at.parse().unwrap());
            later.third_party_hand_over(&code, at, &actor()).await.map_err(|error| error.to_string())
        };
        let early = hand_over("2026-11-30T12:00:00Z").await.unwrap_err();
        assert!(early.contains("third-party-before-move(serial=T1-1, at=2026-12-01T12:00:00Z)"), "{early}");
        hand_over("2026-12-01T12:00:00Z").await.unwrap();
    }
}

/// The small mission with its works, on which a unit has trucks in service since 16 September, to be checked after 90 days and then each year.
async fn watched(engine: muster_app::storage::dialect::Engine) -> crate::small::Site {
    let site = crate::repair::workshop(engine).await;
    for serial in ["K-1", "K-2"] {
        site.put("national_stock POL POL D - truck C-1", "in_service UNIT UKR P - truck C-1", 1, serial).await;
    }
    site
}

#[tokio::test]
async fn a_fault_or_a_repair_gives_nobody_more_time_for_a_check() {
    for engine in ENGINES {
        let site = watched(engine).await;
        let (unit, works) = (
            site.member("unit", "UKR", Role::RequirementsOfficer).await,
            site.member("works", "WKS", Role::RepairFacility).await,
        );
        site.app.set_pin("135790", &muster_app::Actor::new(Viewer::operator("works"), "my PIN")).await.unwrap();
        let overdue = async |day: &str, known: &str| {
            let as_of = AsOf { occurred: day.parse().unwrap(), known: known.parse().unwrap() };
            let list = site.app.end_use(&viewer(), as_of, &DueFilter::default()).await.unwrap();
            list.due.iter().filter(|due| due.overdue).map(|due| due.unit.serial.clone()).collect::<Vec<_>>()
        };
        let now = async |day: &str| overdue(day, "2028-01-01T00:00:00Z").await;
        // One was checked in time, and breaks a month later: its next check is due a year after the check.
        let found = Found {
            resource: "truck".into(),
            serial: "K-2".into(),
            grade: Grade::Sighted,
            at: None,
            evidence: String::new(),
            remark: String::new(),
        };
        site.at("2026-12-01T00:00:00Z").await.inspect(&found, &actor()).await.unwrap();
        let broke = site.at("2026-12-20T00:00:00Z").await;
        broke.fault_report(&fault("truck", "K-2"), &unit).await.unwrap();
        // The other was never checked, and breaks when that is overdue.
        assert_eq!(now("2026-12-14T00:00:00Z").await, [""; 0]);
        assert_eq!(now("2026-12-19T00:00:00Z").await, ["K-1"]);
        let code = broke.fault_report(&fault("truck", "K-1"), &unit).await.unwrap().to_string();
        assert_eq!(now("2026-12-21T00:00:00Z").await, ["K-1"], "it is broken");
        let app = site.at("2026-12-22T00:00:00Z").await;
        app.work_order_triage(&code, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        let way = app.work_order_evacuate(&code, &["P-W".into()], &unit).await.unwrap().to_string();
        let packed = Packed { line: 1, units: None, condition: Some(Condition::Unserviceable), remark: None };
        app.consignment_ready(&way, &[packed], &Circumstances::default(), &actor()).await.unwrap();
        let on = Conveyance { carrier: "Carrier".into(), conveyance: "PL 12345".into(), ..Conveyance::default() };
        let authority = Circumstances { overrides: vec![Gate::Clearance], ..Circumstances::default() };
        app.consignment_depart(&way, &on, &authority, &actor()).await.unwrap();
        assert_eq!(now("2026-12-23T00:00:00Z").await, ["K-1"], "it is on its way");
        let app = site.at("2026-12-24T00:00:00Z").await;
        app.consignment_arrive(&way, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        app.work_order_induct(&code, None, &works).await.unwrap();
        site.put("national_stock POL POL D - spare -", "on_hand WKS WKS W - spare -", 2, "").await;
        app.work_order_diagnose(&code, ("gearbox", None), &works).await.unwrap();
        app.work_order_start(&code, None, &works).await.unwrap();
        assert_eq!(now("2026-12-25T00:00:00Z").await, ["K-1"], "it is being repaired");
        let app = site.at("2027-01-10T00:00:00Z").await;
        app.work_order_test(&code, (true, "", ""), &works).await.unwrap();
        app.work_order_release(&code, &release("works", "135790", ""), &works).await.unwrap();
        assert_eq!(now("2027-01-11T00:00:00Z").await, ["K-1"], "it is mended, and not yet back");
        site.at("2027-01-12T00:00:00Z").await.work_order_return(&code, None, &unit).await.unwrap();
        assert_eq!(now("2027-01-13T00:00:00Z").await, ["K-1"], "it is back");
        // It is so as of any date, as known on any.
        assert_eq!(now("2026-12-21T00:00:00Z").await, ["K-1"]);
        assert_eq!(overdue("2026-12-21T00:00:00Z", "2026-12-16T00:00:00Z").await, ["K-1"], "before it broke");
        assert_eq!(overdue("2026-12-21T00:00:00Z", "2026-11-30T00:00:00Z").await, ["K-1", "K-2"], "before the check");
        assert_eq!(now("2027-11-30T00:00:00Z").await, ["K-1"]);
        assert_eq!(now("2027-12-02T00:00:00Z").await, ["K-1", "K-2"], "a year after the check, broken as it is");
        // Whoever names it by another state means the same unit, and what is found of it counts.
        let again = Found { resource: "truck".into(), ..found };
        site.at("2027-12-03T00:00:00Z").await.inspect(&again, &actor()).await.unwrap();
        assert_eq!(now("2027-12-04T00:00:00Z").await, ["K-1"]);
        for resource in ["truck", "truck-u"] {
            assert_eq!(site.app.inspections(&viewer(), resource, "K-2").await.unwrap().len(), 2, "{resource}");
        }
        site.verifies().await;
    }
}

#[tokio::test]
async fn an_item_is_checked_by_the_missions_rule_whoever_gave_it_and_the_stricter_rule_holds() {
    for engine in ENGINES {
        let site = site(engine).await;
        let rules = |rows: &str| {
            let text = format!("code,item,first_check_days,recheck_days,source,fictional{rows}");
            let file =
                muster_app::interchange::mission::Source { name: "end_use_rules.csv".into(), bytes: text.into() };
            let mut all = with(
                "items.csv",
                "EUR,Euro,",
                "lorry,Lorry,materiel,,II,mobility,each,3000,,,,serial,test,yes\nEUR,Euro,",
            );
            all.push(file);
            all
        };
        let wrong = site.import(rules("\nE-1,vest,30,180,test,yes\nE-2,truck,30,0,test,yes")).await;
        let faults = wrong.issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        for fault in ["end-use-rule-without-serial", "one-or-more"] {
            assert!(faults.contains(fault), "{faults}");
        }
        assert_eq!(site.import(rules("\nE-1,truck,30,180,test,yes")).await.issues, vec![]);
        site.put("national_stock POL POL D - truck -", "in_service UNIT UKR P - truck -", 1, "K-1").await;
        site.put("national_stock POL POL D - truck C-1", "in_service UNIT UKR P - truck C-1", 1, "K-2").await;
        let next = async |serial: &str| {
            let (_, next) = site.app.unit_in_service(&viewer(), "truck", serial).await.unwrap().unwrap();
            next.map(|next| (next.due_at.to_string(), next.rules.into_iter().map(|(_, code)| code).collect::<Vec<_>>()))
        };
        let due = |day: &str, rule: &str| Some((format!("{day}T12:00:00Z"), vec![rule.to_owned()]));
        assert_eq!(next("K-1").await, due("2026-10-16", "E-1"));
        assert_eq!(next("K-2").await, due("2026-10-16", "E-1"), "a month is less than the ninety days of its caveat");
        let listed = site.app.end_use(&viewer(), AsOf::NOW, &DueFilter::default()).await.unwrap();
        assert_eq!((listed.watched, listed.due[0].rules[0].0), (2, "end_use_rules"));
        // The mission changes its mind; the donor's caveat holds as before.
        assert_eq!(site.import(rules("\nE-1,truck,120,180,test,yes")).await.issues, vec![]);
        assert_eq!(next("K-1").await, due("2027-01-14", "E-1"));
        assert_eq!(next("K-2").await, due("2026-12-15", "C-1"));
        let found = |serial: &str| Found {
            resource: "truck".into(),
            serial: serial.into(),
            grade: Grade::Sighted,
            at: None,
            evidence: String::new(),
            remark: String::new(),
        };
        site.app.inspect(&found("K-2"), &actor()).await.unwrap();
        assert_eq!(next("K-2").await, due("2027-03-15", "E-1"), "its caveat would wait a year");
        // What turns out to be another item is watched as that.
        let mut other = rules("\nE-1,truck,120,180,test,yes\nE-2,lorry,10,10,test,yes");
        for source in other.iter_mut().filter(|source| source.name == "resources.csv") {
            let text = String::from_utf8(source.bytes.clone()).unwrap();
            source.bytes = text.replace("truck,truck,serviceable", "truck,lorry,serviceable").into();
        }
        assert_eq!(site.import(other).await.issues, vec![]);
        assert_eq!(next("K-1").await, due("2026-09-26", "E-2"));
        assert_eq!(site.app.end_use(&viewer(), AsOf::NOW, &DueFilter::default()).await.unwrap().watched, 2);
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_work_order_ends_with_the_disposal_of_what_it_is_about() {
    for engine in ENGINES {
        let site = watched(engine).await;
        let app = &site.app;
        let order = app.fault_report(&fault("truck", "K-1"), &actor()).await.unwrap().to_string();
        app.work_order_triage(&order, &triage(Echelon::OnSite, None, ""), &actor()).await.unwrap();
        app.work_order_induct(&order, None, &actor()).await.unwrap();
        let paper = app.attach("application/pdf", b"%PDF-1.7 certificate", &actor()).await.unwrap();
        let keyed = muster_app::Actor { key: Some("dispose".into()), ..actor() };
        let code = app.dispose(&disposed("K-1", &paper), &keyed).await.unwrap();
        assert_eq!(app.dispose(&disposed("K-1", &paper), &keyed).await.unwrap(), code);
        assert_eq!(app.unit_work_orders(&viewer(), "truck", "K-1").await.unwrap(), vec![]);
        let shown = app.work_order(&viewer(), &order).await.unwrap();
        assert!(shown.steps.last().unwrap().remark.contains(code.as_str()), "{:?}", shown.steps);
        let again = app.dispose(&disposed("K-1", &paper), &actor()).await.unwrap_err().to_string();
        assert!(again.contains("not-in-service"), "{again}");
        site.verifies().await;
    }
}

/// Third-party transfers of which something may still come.
fn still_open() -> Filter {
    Filter { open: true, ..Filter::default() }
}
