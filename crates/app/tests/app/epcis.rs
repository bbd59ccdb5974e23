//! What happened to consignments goes to partners as events of EPCIS, and what they recorded comes in as evidence.

use std::{collections::BTreeSet, path::Path, process::Command, sync::Arc};

use muster_app::{
    Actor, App,
    epcis::{
        MOST_EVENTS,
        capture::{Captured, OnFault},
    },
    interchange::epcis::{
        self,
        custody::from_events,
        event::Event,
        hash::event_hash_id,
        query::Query,
        stream::{Form, Stream},
        time::{Moment, Offset},
    },
    interchange::mission::Source,
    storage::ledger::{Ledger, read},
    transfer::{
        count::Count,
        custody::Circumstances,
        packing::{NewHandlingUnit, Packed, PackedUnit},
        part::LinePart,
        unmanifested::{Named, Unmanifested},
    },
};
use muster_domain::{
    chance::Chance as _, code::Code, consignment::HandlingUnitKind, role::Role, variance::Resolution, viewer::Viewer,
};
use muster_testkit::{
    FakeChance, FakeClock,
    database::{ENGINES, seal_key},
};

use crate::{
    small::{Site, actor, site, viewer},
    transfer::{all_there, counted, of_plan, planned},
};

/// All events that a query asks for, by pages of so many.
pub(crate) async fn asked(
    app: &App,
    viewer: &Viewer,
    parameters: &[(&str, &str)],
    own: bool,
    most: usize,
) -> Vec<Event> {
    let mut query = Query::default();
    parameters.iter().for_each(|(name, value)| query.add(name, value).unwrap());
    let (mut events, mut next) = (Vec::new(), None);
    loop {
        let page = app.epcis_events(viewer, &query, own, next, most).await.unwrap();
        assert!(page.events.len() <= most);
        events.extend(page.events);
        next = page.next;
        if next.is_none() {
            return events;
        }
    }
}

pub(crate) async fn own(app: &App, parameters: &[(&str, &str)]) -> Vec<Event> {
    asked(app, &viewer(), parameters, true, MOST_EVENTS).await
}

pub(crate) fn ids(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.id.clone().unwrap()).collect()
}

pub(crate) fn steps(events: &[Event]) -> Vec<String> {
    let word = |event: &Event| event.step.as_ref().unwrap().uri().rsplit('-').next().unwrap().to_owned();
    events.iter().map(word).collect()
}

pub(crate) fn document(form: Form, pages: &[&[Event]]) -> String {
    let created = Moment::new("2026-09-20T00:00:00Z".parse().unwrap(), Offset(0));
    let mut stream = Stream::new(form, created);
    let mut text = stream.head();
    pages.iter().for_each(|page| text.push_str(&stream.events(page.to_vec())));
    text + &stream.tail()
}

pub(crate) async fn capture(app: &App, text: &str, actor: &Actor) -> Captured {
    app.epcis_capture("partner", text.as_bytes().to_vec(), OnFault::Rollback, actor).await.unwrap()
}

/// A consignment of vests on a pallet and trucks by serial number, all the way to the unit.
pub(crate) async fn played(engine: muster_app::storage::dialect::Engine) -> (Site, String, String) {
    let (site, vests, trucks) = planned(engine).await;
    let code = site.make(vec![of_plan(vests, None)]).await;
    let pallet =
        NewHandlingUnit { sscc: String::new(), kind: HandlingUnitKind::Pallet, gross_kg: None, seal: String::new() };
    let sscc = site.app.handling_units(&code, &[pallet], &actor()).await.unwrap().pop().unwrap();
    let on = PackedUnit { lot: String::new(), serial: String::new(), quantity: 200, sscc: sscc.clone() };
    let packed = [Packed { line: 1, units: Some(vec![on]), ..Packed::default() }];
    site.app.consignment_pack(&code, &packed, &actor()).await.unwrap();
    site.ready(&code).await;
    let with_trucks = site.make(vec![of_plan(trucks, None)]).await;
    site.ready(&with_trucks).await;
    for _ in 0..2 {
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
    }
    site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
    site.depart(&with_trucks).await;
    (site, code, sscc)
}

#[tokio::test]
async fn what_happened_to_a_consignment_is_told_step_by_step() {
    for engine in ENGINES {
        let (site, code, sscc) = played(engine).await;
        let naming = site.app.epcis_naming().await.unwrap();
        let paper = naming.consignment_id(&Code::new(&code).unwrap());
        let events = own(&site.app, &[("EQ_bizTransaction_desadv", &paper)]).await;
        let expected =
            ["packing", "packing", "shipping", "arriving", "departing", "arriving", "accepting", "receiving"];
        assert_eq!(steps(&events), expected);
        // On the pallet and beside it, then all of it.
        assert_eq!(events[0].parent.as_deref(), Some(format!("https://id.gs1.org/00/{sscc}").as_str()));
        let counts: Vec<&str> =
            events.iter().map(|event| event.quantities[0].quantity.as_ref().unwrap().as_str()).collect();
        assert_eq!(counts, ["200", "100", "300", "300", "300", "300", "300", "300"]);
        assert_eq!(events[2].sources[0].id, format!("{}party-JPN", "https://muster.invalid/mission-M/"));
        assert!(events[2].location.is_none() && events[3].location.is_some());
        for event in &events {
            assert_eq!(event.id, Some(event_hash_id(event)));
            assert!(event.recorded.is_some());
        }
        let all = own(&site.app, &[]).await;
        let distinct: BTreeSet<String> = ids(&all).into_iter().collect();
        assert_eq!(distinct.len(), all.len(), "no two events have one id");
        let (custody, faults) = from_events(&all, &naming);
        assert_eq!((custody.len(), faults), (all.len(), vec![]), "we read what we write");
        // The same, one by one, and what is asked for by what it names.
        assert_eq!(ids(&asked(&site.app, &viewer(), &[], true, 1).await), ids(&all));
        let pallet = format!("https://id.gs1.org/00/{sscc}");
        assert_eq!(own(&site.app, &[("MATCH_anyEPC", &pallet)]).await.len(), 7, "all but what lay beside it");
        assert_eq!(own(&site.app, &[("MATCH_parentID", &pallet)]).await.len(), 1);
        let truck = "https://muster.invalid/mission-M/item-truck/serial-T1-1";
        assert_eq!(steps(&own(&site.app, &[("MATCH_epc", truck)]).await), ["packing", "shipping"]);
        assert_eq!(own(&site.app, &[("MATCH_epc", "https://muster.invalid/mission-M/item-truck/serial-X")]).await, []);
        let hub = "https://muster.invalid/mission-M/place-H";
        assert_eq!(steps(&own(&site.app, &[("EQ_readPoint", hub)]).await), ["arriving", "departing"]);
        assert_eq!(own(&site.app, &[("EQ_bizStep", "shipping|receiving"), ("EQ_action", "OBSERVE")]).await.len(), 3);
        assert_eq!(own(&site.app, &[("GE_eventTime", "2026-09-17T00:00:00Z")]).await, []);
        assert_eq!(own(&site.app, &[("EQ_eventID", &ids(&all)[3])]).await, all[3..4]);
        assert_eq!(own(&site.app, &[("eventType", "TransformationEvent")]).await, []);
    }
}

/// The standard's schema, where its artefacts lie beside the workspace.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn schema() -> Option<jsonschema::Validator> {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/standards/gs1_epcis2_artefacts.tar.gz");
    if !packed.exists() {
        println!("skipped: the artefacts of EPCIS 2.0 are not at hand");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(Command::new("tar").arg("xzf").arg(&packed).arg("-C").arg(folder.path()).status().unwrap().success());
    let text = std::fs::read(folder.path().join("EPCIS-JSON-Schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&text).unwrap();
    Some(jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
}

#[tokio::test]
async fn what_one_mission_exports_another_takes_in_once() {
    let schema = schema();
    for engine in ENGINES {
        let (from, ..) = played(engine).await;
        let events = own(&from.app, &[]).await;
        let (first, rest) = events.split_at(3);
        let to = site(engine).await;
        to.filled().await;
        for (n, form) in [Form::Json, Form::Xml].into_iter().enumerate() {
            let text = document(form, &[first, &[], rest]);
            let reading = epcis::read("export", text.as_bytes());
            assert_eq!((reading.issues, &reading.document.events), (vec![], &events), "{text}");
            if let (Form::Json, Some(schema)) = (form, &schema) {
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
                assert_eq!(errors, Vec::<String>::new());
            }
            let captured = capture(&to.app, &text, &actor()).await;
            let new = if n == 0 { events.len() } else { 0 };
            assert_eq!((captured.read, captured.new, captured.issues), (events.len(), new, vec![]));
            assert_eq!(capture(&to.app, &text, &actor()).await.new, 0, "the same event twice is kept once");
        }
        assert!(own(&to.app, &[]).await.is_empty(), "evidence is nothing that happened here");
        let kept = asked(&to.app, &viewer(), &[], false, 4).await;
        let sorted = |events: &[Event]| ids(events).into_iter().collect::<BTreeSet<_>>();
        assert_eq!((kept.len(), sorted(&kept)), (events.len(), sorted(&events)));
        assert!(kept.iter().all(|event| Some(event_hash_id(event)) == event.id), "ids are the same on both sides");
        to.verifies().await;
        // One entry seals them all, and none moves anything.
        let mut conn = to.database.db.read().await.unwrap();
        let entries = read::entries(&mut conn, &viewer(), &read::EntryFilter::default(), 0, 100).await.unwrap();
        let noted = entries.iter().filter(|entry| entry.activity.as_str() == "capture");
        assert_eq!(noted.count(), 1);
    }
}

#[tokio::test]
async fn what_several_tell_at_once_is_kept_once() {
    for engine in ENGINES {
        let (from, ..) = played(engine).await;
        let events = own(&from.app, &[]).await;
        let to = site(engine).await;
        to.filled().await;
        // Another process on the same database, with chances of its own.
        let chance = FakeChance::default();
        chance.fill(&mut [0; 9_999]);
        let clock = Arc::new(FakeClock::at("2026-09-16T12:00:00Z"));
        let ledger = Ledger::open(&to.database.db, seal_key(), clock.clone()).await.unwrap();
        let other = App::new(to.database.db.clone(), Some(ledger), clock, Arc::new(chance));
        let tell = |n: usize| {
            let app = if n.is_multiple_of(2) { to.app.clone() } else { other.clone() };
            let text = document(Form::Json, &[&events[n % 3..]]);
            tokio::spawn(async move { capture(&app, &text, &actor()).await })
        };
        let telling: Vec<_> = (0..12).map(tell).collect();
        let mut new = 0;
        for told in telling {
            new += told.await.unwrap().new;
        }
        assert_eq!(new, events.len());
        assert_eq!(asked(&to.app, &viewer(), &[], false, MOST_EVENTS).await.len(), events.len());
        to.verifies().await;
    }
}

#[tokio::test]
async fn an_event_that_was_told_stays_the_same_whatever_happens_later() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let before = own(&site.app, &[]).await;
        let done = site.arrive(&code, &counted(1, 285, 5)).await;
        site.app.consignment_split(&code, &[LinePart::of(1, 100)], &[], &actor()).await.unwrap();
        let after = own(&site.app, &[]).await;
        assert_eq!(after[..before.len()], before);
        assert_eq!(steps(&after[before.len()..]), ["arriving", "inspecting"]);
        let disposition =
            |event: &Event| event.disposition.as_ref().unwrap().uri().rsplit('-').next().unwrap().to_owned();
        let told: Vec<String> = after[before.len()..].iter().map(disposition).collect();
        assert_eq!(told, ["mismatch_quantity", "damaged"]);
        let short = done
            .variances
            .iter()
            .find(|code| !after.iter().any(|event| event.transactions.iter().any(|t| t.id.ends_with(code.as_str()))));
        // Nothing was missing: that the arrival was told wrongly is said, and what is right.
        site.app.variance_resolve(short.unwrap().as_str(), Resolution::Miscounted, &actor()).await.unwrap();
        let now = own(&site.app, &[]).await;
        // Each is found by its id, and with it what says that it was wrong.
        for event in &now {
            let same: Vec<Event> = now.iter().filter(|other| other.id == event.id).cloned().collect();
            assert_eq!(own(&site.app, &[("EQ_eventID", event.id.as_ref().unwrap())]).await, same);
        }
        let [right, wrong] = &now[after.len()..] else { panic!("{now:?}") };
        assert_eq!(wrong.id, after[before.len()].id, "the declaration has the id of the event");
        let error = wrong.error.as_ref().unwrap();
        assert_eq!(error.corrective, [right.id.clone().unwrap()]);
        assert_eq!(right.quantities[0].quantity.as_ref().unwrap().as_str(), "295");
        assert_eq!(own(&site.app, &[("EXISTS_errorDeclaration", "true")]).await.len(), 1);
        // Elsewhere both are kept: the event, and that it was wrong.
        let captured = capture(&site.app, &document(Form::Xml, &[&now]), &actor()).await;
        assert_eq!((captured.new, captured.issues), (now.len(), vec![]));
        site.verifies().await;
    }
}

#[tokio::test]
async fn an_event_is_found_by_its_id_whenever_it_came_to_be() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        let app = &site.app;
        let by_ids = async || {
            let all = own(app, &[]).await;
            for event in &all {
                assert_eq!(own(app, &[("EQ_eventID", event.id.as_ref().unwrap())]).await, std::slice::from_ref(event));
            }
            all
        };
        let ready = by_ids().await;
        site.depart(&code).await;
        let thing = Unmanifested { description: "a crate".into(), quantity: 40, ..Unmanifested::default() };
        let count = Count { unmanifested: vec![thing], ..counted(1, 300, 0) };
        let done = site.arrive(&code, &count).await;
        let before = by_ids().await;
        assert_eq!(before.len(), ready.len() + 2, "nobody knows what is in the crate");
        // What it is is known later than that it is there.
        let [crates] = done.variances.as_slice() else { panic!("{:?}", done.variances) };
        for name in ["first", "second"] {
            let counting = Actor::new(Viewer::operator(name), "count");
            app.variance_count(crates.as_str(), (40, ""), None, &counting).await.unwrap();
        }
        app.variance_identify(crates.as_str(), "vest", &Named::default(), &actor()).await.unwrap();
        let identified = by_ids().await;
        assert_eq!(identified.len(), before.len() + 1);
        // Elsewhere the same has other names, and those are its own.
        let all = format!("{}|{}", ids(&ready).join("|"), ids(&identified).join("|"));
        assert_eq!(own(app, &[("EQ_eventID", &all)]).await, identified);
        let text =
            "code,name,recipient,start,period_days,periods,currency,cost_weight,description,id_base,source,fictional
M,Small mission,UKR,2026-09-07,7,12,EUR,0.01,,https://muster.example.org/id/,test,yes";
        let sheet = Source { name: "mission.csv".into(), bytes: text.into() };
        assert_eq!(site.import(vec![sheet]).await.issues, vec![]);
        let renamed = by_ids().await;
        assert_eq!(renamed.len(), identified.len());
        assert_eq!(own(app, &[("EQ_eventID", &all)]).await, []);
    }
}

/// Somebody of a party that sees what is released to it.
pub(crate) async fn member(site: &Site, name: &str, party: &str, role: Role) -> Viewer {
    let picture = site.app.picture(&viewer()).await.unwrap();
    Viewer::member(name.into(), Code::new(party).unwrap(), [role].into(), &picture)
}

#[tokio::test]
async fn a_donor_is_told_of_its_own_lines_by_the_same_events_as_the_staff() {
    for engine in ENGINES {
        let (site, ..) = played(engine).await;
        let all = own(&site.app, &[]).await;
        let poland = member(&site, "warsaw", "POL", Role::DonorLiaison).await;
        let seen = asked(&site.app, &poland, &[], true, MOST_EVENTS).await;
        let of = |item: &str| {
            let names = |event: &Event| {
                let of_item = |id: &String| id.contains(&format!("/item-{item}"));
                event.epcs.iter().any(of_item) || event.quantities.iter().any(|q| of_item(&q.class))
            };
            all.iter().filter(|event| names(event)).cloned().collect::<Vec<_>>()
        };
        assert_eq!(seen, of("truck"));
        // Whoever knows the id of what they do not see is told nothing.
        let by_id = |event: &Event| event.id.clone().unwrap();
        for event in &all {
            let found = asked(&site.app, &poland, &[("EQ_eventID", &by_id(event))], true, MOST_EVENTS).await;
            assert_eq!(found.contains(event), seen.contains(event));
        }
        assert!(!seen.is_empty());
        let stranger = Viewer::public();
        assert_eq!(asked(&site.app, &stranger, &[], false, MOST_EVENTS).await, []);

        // What a party takes in is its own and the staff's.
        let text = document(Form::Json, &[&seen]);
        let warsaw = Actor::new(poland.clone(), "evidence");
        assert_eq!(capture(&site.app, &text, &warsaw).await.new, seen.len());
        let japan = member(&site, "tokyo", "JPN", Role::DonorLiaison).await;
        let others = |events: Vec<Event>| events.len();
        assert_eq!(others(asked(&site.app, &poland, &[], false, MOST_EVENTS).await), 2 * seen.len());
        let mine = asked(&site.app, &japan, &[], true, MOST_EVENTS).await.len();
        assert_eq!(others(asked(&site.app, &japan, &[], false, MOST_EVENTS).await), mine);
        assert_eq!(capture(&site.app, &text, &Actor::new(japan, "evidence")).await.new, seen.len(), "a second witness");
        let reader = member(&site, "reader", "POL", Role::Auditor).await;
        let denied = site.app.epcis_capture("x", text.into_bytes(), OnFault::Rollback, &Actor::new(reader, "")).await;
        assert!(denied.unwrap_err().to_string().contains("deed-move"));

        // It is found from what it names.
        let find = |named: [Option<&str>; 3]| {
            let named = named.map(|name| name.map(str::to_owned));
            let app = site.app.clone();
            async move { app.epcis_evidence(&viewer(), named, None, 100).await.unwrap().len() }
        };
        assert_eq!(find([None, Some("T1-1"), None]).await, 4);
        assert_eq!(find([None, Some("T1-99"), None]).await, 0);
        let code = seen[0].transactions[0].id.rsplit("consignment-").next().unwrap().to_owned();
        assert_eq!(find([Some(&code), None, None]).await, 2 * seen.len());
        assert_eq!(find([None, None, Some("340123453111111115")]).await, 0);
    }
}

#[tokio::test]
async fn a_document_with_faults_is_refused_with_every_place_and_nothing_of_it_is_kept() {
    let good = r#"{"type":"ObjectEvent","eventTime":"2026-09-01T10:00:00Z","eventTimeZoneOffset":"+02:00",
        "epcList":["urn:epc:id:sgtin:4012345.011111.T-1","urn:epc:id:sscc:4012345.3111111111"],"action":"OBSERVE","bizStep":"receiving",
        "example:seal":"unbroken"}"#;
    let document = |events: &[String]| {
        format!(
            r#"{{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{{"example":"https://example.org/ns/"}}],
            "type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-09-02T10:00:00Z",
            "epcisBody":{{"eventList":[{}]}}}}"#,
            events.join(",")
        )
    };
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        let bad = [good.replace("2026-09-01", "2026-02-29"), good.to_owned(), good.replace("receiving", "recieving")];
        let refused = capture(&site.app, &document(&bad), &actor()).await;
        let places: Vec<&str> = refused.issues.iter().map(|issue| issue.file.as_str()).collect();
        let expected = ["partner#/epcisBody/eventList/0/eventTime", "partner#/epcisBody/eventList/2/bizStep"];
        assert_eq!((refused.new, places), (0, expected.to_vec()));
        assert_eq!(asked(&site.app, &viewer(), &[], false, 10).await, []);
        // Whoever asks for it gets those that are right; once more in the other form, it is the same event.
        let captured = site.app.epcis_capture("partner", document(&bad).into_bytes(), OnFault::Proceed, &actor()).await;
        let captured = captured.unwrap();
        assert_eq!((captured.new, captured.issues.len()), (1, 2));
        let link = good.replace("urn:epc:id:sgtin:4012345.011111.T-1", "https://id.gs1.org/01/04012345111118/21/T-1");
        assert_eq!(capture(&site.app, &document(&[link]), &actor()).await.new, 0);
        let kept =
            asked(&site.app, &viewer(), &[("MATCH_epc", "urn:epc:id:sgtin:4012345.011111.T-1")], false, 10).await;
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].extra.len(), 1, "fields beyond the standard are kept");
        assert_eq!(
            site.app.epcis_evidence(&viewer(), [None, Some("T-1".into()), None], None, 10).await.unwrap().len(),
            1
        );
        site.verifies().await;
    }
}
