//! A document that a partner sent is kept until it is taken in, whoever stops meanwhile.

use std::{collections::BTreeSet, sync::Arc};

use jiff::SignedDuration;
use muster_app::{
    Actor, App, Error,
    epcis::{capture::OnFault, sent::Outcome},
    interchange::epcis::query::Query,
    storage::{epcis::sent as store, ledger::Ledger},
    user::Account,
};
use muster_domain::{code::Code, message::Message, role::Role, viewer::Viewer};
use muster_testkit::{
    FakeChance, FakeClock,
    database::{ENGINES, seal_key},
};

use crate::small::{Site, actor, site, viewer};

fn document(serials: &[&str]) -> Vec<u8> {
    let event = |serial: &&str| {
        format!(
            r#"{{"type":"ObjectEvent","eventTime":"2026-09-01T10:00:00Z","eventTimeZoneOffset":"+02:00",
            "epcList":["urn:epc:id:sgtin:4012345.011111.{serial}"],"action":"OBSERVE","bizStep":"receiving"}}"#
        )
    };
    let events: Vec<String> = serials.iter().map(event).collect();
    format!(
        r#"{{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument","schemaVersion":"2.0",
        "creationDate":"2026-09-02T10:00:00Z","epcisBody":{{"eventList":[{}]}}}}"#,
        events.join(",")
    )
    .into_bytes()
}

/// Another server on the same database, with a clock of its own.
async fn server(site: &Site, seed: u64) -> (App, Arc<FakeClock>) {
    let clock = Arc::new(FakeClock::at("2026-09-16T12:00:00Z"));
    let ledger = Ledger::open(&site.database.db, seal_key(), clock.clone()).await.unwrap();
    (App::new(site.database.db.clone(), Some(ledger), clock.clone(), Arc::new(FakeChance::seeded(seed))), clock)
}

async fn account(site: &Site, name: &str, disabled: bool) -> Actor {
    let roles = BTreeSet::from([Role::DonorLiaison]);
    let known = Account { name: name.into(), party: "POL".into(), roles, disabled };
    site.app.put_user(&known, None, &actor()).await.unwrap();
    let picture = site.app.picture(&viewer()).await.unwrap();
    let viewer = Viewer::member(name.into(), Code::new("POL").unwrap(), [Role::DonorLiaison].into(), &picture);
    Actor::new(viewer, "evidence")
}

fn say(message: &Message) -> String {
    message.to_string()
}

async fn kept(app: &App) -> usize {
    app.epcis_events(&viewer(), &Query::default(), false, None, 100).await.unwrap().events.len()
}

#[tokio::test]
async fn what_was_sent_is_taken_in_by_the_next_server_where_one_stopped() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        let warsaw = account(&site, "warsaw", false).await;
        let send = async |bytes: Vec<u8>| site.app.epcis_send("x.json", bytes, OnFault::Rollback, &warsaw).await;
        let ended = async |app: &App, code: &str| app.epcis_job(code, &warsaw).await.unwrap().ended;
        // Longer than a part, so that its parts are put together again.
        let long: Vec<String> = (0..9_000).map(|n| format!("A{n}")).collect();
        let long = document(&long.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(long.len() > 1 << 20);
        let job = send(long).await.unwrap();
        assert_eq!(ended(&site.app, &job.code).await, None);
        // The server stops before it begins; another starts.
        let (next, clock) = server(&site, 7).await;
        assert_eq!(ended(&next, &job.code).await, None);
        assert_eq!(next.epcis_take_in(say).await.unwrap(), 1);
        let at = next.now();
        assert_eq!(ended(&site.app, &job.code).await, Some(Outcome { at, failed: false, faults: vec![] }));
        assert_eq!(next.epcis_take_in(say).await.unwrap(), 0, "once");
        assert_eq!(kept(&next).await, 100);

        // It stops while it takes one in: after a while the next one begins anew, and nothing is there twice.
        let job = send(document(&["B1", "A1"])).await.unwrap();
        let until = next.now() + SignedDuration::from_mins(2);
        assert!(store::begin(&site.database.db, next.now(), until).await.unwrap().is_some());
        assert_eq!(next.epcis_take_in(say).await.unwrap(), 0, "somebody has it");
        clock.advance(SignedDuration::from_mins(3));
        assert_eq!(next.epcis_take_in(say).await.unwrap(), 1);
        assert!(!ended(&next, &job.code).await.unwrap().failed);
        let by = |serial: &str| {
            let mut query = Query::default();
            query.add("MATCH_epc", &format!("urn:epc:id:sgtin:4012345.011111.{serial}")).unwrap();
            query
        };
        for serial in ["B1", "A1"] {
            let page = next.epcis_events(&viewer(), &by(serial), false, None, 9).await.unwrap();
            assert_eq!(page.events.len(), 1, "{serial}");
        }

        // One at which every server ends is not begun for ever.
        let job = send(document(&["C1"])).await.unwrap();
        for _ in 0..5 {
            store::begin(&site.database.db, next.now(), next.now()).await.unwrap().unwrap();
        }
        assert_eq!(next.epcis_take_in(say).await.unwrap(), 1);
        let given_up = ended(&next, &job.code).await.unwrap();
        assert_eq!(
            (given_up.failed, given_up.faults.as_slice()),
            (true, &["capture-given-up(tries=5)".to_owned()][..])
        );
        site.verifies().await;
    }
}

#[tokio::test]
async fn how_documents_ended_is_told_to_their_senders_for_a_while() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        let (next, clock) = server(&site, 9).await;
        let (warsaw, other) = (account(&site, "warsaw", false).await, account(&site, "other", false).await);
        let send = async |bytes: Vec<u8>, who: &Actor| next.epcis_send("x.json", bytes, OnFault::Proceed, who).await;
        let wrong = String::from_utf8(document(&["A1", "A2"])).unwrap().replacen("receiving", "recieving", 1);
        let first = send(wrong.into_bytes(), &warsaw).await.unwrap();
        for n in 0..3 {
            clock.advance(SignedDuration::from_secs(1));
            send(document(&[&format!("B{n}")]), &warsaw).await.unwrap();
        }
        let refused = send(document(&["C1"]), &warsaw).await.unwrap_err();
        assert!(matches!(&refused, Error::Invalid(message) if message.key == "captures-under-way"), "{refused}");
        let others = send(document(&["C1"]), &other).await.unwrap();
        assert!(next.epcis_job(&first.code, &other).await.is_err(), "it is another's");
        let stranger = Actor::new(Viewer::public(), "");
        assert!(matches!(send(document(&["D"]), &stranger).await, Err(Error::Denied(_))));
        // Whoever may no longer sign in sends nothing.
        account(&site, "other", true).await;
        assert_eq!(next.epcis_take_in(say).await.unwrap(), 5);
        let told = next.epcis_job(&first.code, &warsaw).await.unwrap().ended.unwrap();
        assert_eq!((told.failed, told.faults.len()), (false, 1));
        assert!(told.faults[0].contains("x.json#/epcisBody/eventList/0/bizStep"), "{:?}", told.faults);
        let told = next.epcis_job(&others.code, &other).await.unwrap().ended.unwrap();
        assert_eq!((told.failed, told.faults.as_slice()), (true, &["capture-without-account".to_owned()][..]));
        assert_eq!(kept(&next).await, 4);
        // Newest first, page by page.
        let page = next.epcis_jobs(&warsaw, None, 3).await.unwrap();
        let last = (page[2].began_at.as_microsecond(), page[2].code.clone());
        let rest = next.epcis_jobs(&warsaw, Some(last), 3).await.unwrap();
        assert_eq!((page.len(), rest.len(), &rest[0].code), (3, 1, &first.code));
        assert!(page[0].began_at > page[1].began_at);
        // After a week it is forgotten, but not what still waits.
        let waits = send(document(&["E1"]), &warsaw).await.unwrap();
        clock.advance(SignedDuration::from_hours(24 * 8));
        assert_eq!(next.epcis_take_in(say).await.unwrap(), 1);
        assert_eq!(next.epcis_jobs(&warsaw, None, 9).await.unwrap().len(), 1);
        assert!(next.epcis_job(&waits.code, &warsaw).await.unwrap().ended.is_some());
        assert!(next.epcis_job(&first.code, &warsaw).await.is_err());
    }
}
