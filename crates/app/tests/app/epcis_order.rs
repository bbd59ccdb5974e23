//! Events in the order of their times, so many of them, and the things that they name; what became known late, and what never came.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use muster_app::{
    Actor, App, Error,
    epcis::{MOST_EVENTS, subscription::NewSubscription},
    interchange::epcis::{
        event::Event,
        query::Query,
        stream::Form,
        time::{Moment, Offset},
    },
    storage::dialect::Engine,
    transfer::{
        count::Count,
        unmanifested::{Named, Unmanifested},
    },
    user::Account,
};
use muster_domain::{role::Role, variance::Resolution, viewer::Viewer};
use muster_testkit::database::ENGINES;

use crate::{
    epcis::{asked, capture, document, ids, member, own, played, steps},
    small::{Site, actor, viewer},
    transfer::{counted, of_plan, planned},
};

/// A consignment of which something was missing and hurt, with how that ended, told on other days; and what a partner tells of it.
async fn told_late(engine: Engine) -> Site {
    let (site, vests, _) = planned(engine).await;
    let code = site.make(vec![of_plan(vests, None)]).await;
    site.ready(&code).await;
    site.depart(&code).await;
    let done = site.arrive(&code, &counted(1, 285, 5)).await;
    for (n, code) in done.variances.iter().enumerate() {
        let later = site.at(&format!("2026-09-{}T08:00:00Z", 18 + n)).await;
        let variance = later.variance(&viewer(), code.as_str()).await.unwrap().variance;
        let miscounted = variance.kind.resolutions().contains(&Resolution::Miscounted);
        let resolution = if miscounted { Resolution::Miscounted } else { Resolution::WrittenOff };
        later.variance_resolve(code.as_str(), resolution, &actor()).await.unwrap();
    }
    let start: Timestamp = "2026-09-12T00:00:00Z".parse().unwrap();
    let theirs = own(&site.app, &[]).await.into_iter().filter(|event| event.error.is_none());
    let theirs: Vec<Event> = (0..)
        .zip(theirs)
        .map(|(n, event)| {
            let time = Moment::new(start + SignedDuration::from_hours(31 * (n * 5 % 7)), Offset(0));
            Event { time, id: None, recorded: None, ..event }
        })
        .collect();
    let later = site.at("2026-09-21T08:00:00Z").await;
    assert_eq!(capture(&later, &document(Form::Json, &[&theirs]), &actor()).await.new, theirs.len());
    site
}

fn sorted(events: &[Event]) -> Vec<String> {
    let mut all: Vec<String> = events.iter().map(|event| format!("{event:?}")).collect();
    all.sort();
    all
}

fn too_many(error: &Error) -> bool {
    matches!(error, Error::Invalid(message) if message.key == "epcis-answers-too-many")
}

#[tokio::test]
async fn events_come_in_the_order_of_their_times_whoever_tells_them() {
    for engine in ENGINES {
        let site = told_late(engine).await;
        let app = &site.app;
        let all = asked(app, &viewer(), &[], false, MOST_EVENTS).await;
        assert!(all.len() > 10 && all.iter().any(|event| event.error.is_some()));
        let poland = member(&site, "warsaw", "POL", Role::DonorLiaison).await;
        let japan = member(&site, "tokyo", "JPN", Role::DonorLiaison).await;
        type Time = fn(&Event) -> Timestamp;
        let times: [(&str, Time); 2] =
            [("eventTime", |event| event.time.at()), ("recordTime", |event| event.recorded.as_ref().unwrap().at())];
        for (by, time) in times {
            for (direction, most) in [("ASC", 1), ("ASC", 3), ("ASC", 500), ("DESC", 1), ("DESC", 4), ("DESC", 500)] {
                let order = [("orderBy", by), ("orderDirection", direction)];
                let found = asked(app, &viewer(), &order, false, most).await;
                assert_eq!(sorted(&found), sorted(&all), "{by} {direction} {most}");
                let mut moments: Vec<Timestamp> = found.iter().map(time).collect();
                if direction == "DESC" {
                    moments.reverse();
                }
                assert!(moments.is_sorted(), "{by} {direction} {most}");
            }
            // The latest come first where nothing is said.
            let latest = asked(app, &viewer(), &[("orderBy", by), ("eventCountLimit", "1")], false, 9).await;
            assert_eq!(
                latest.iter().map(time).collect::<Vec<_>>(),
                all.iter().map(time).max().into_iter().collect::<Vec<_>>()
            );
            for viewer in [&poland, &japan] {
                let seen = asked(app, viewer, &[], false, MOST_EVENTS).await;
                let found = asked(app, viewer, &[("orderBy", by)], false, 2).await;
                assert_eq!(sorted(&found), sorted(&seen), "nobody sees more by asking otherwise");
            }
        }
        let order = [("orderBy", "eventTime"), ("orderDirection", "ASC")];
        let whole = asked(app, &viewer(), &order, false, MOST_EVENTS).await;
        let five = [&order[..], &[("eventCountLimit", "5")]].concat();
        assert_eq!(asked(app, &viewer(), &five, false, 2).await, whole[..5]);
        let steps_only = [&order[..], &[("EQ_bizStep", "arriving")]].concat();
        let arriving: Vec<Event> =
            whole.iter().filter(|event| steps(std::slice::from_ref(event)) == ["arriving"]).cloned().collect();
        assert_eq!(asked(app, &viewer(), &steps_only, false, 1).await, arriving);
        // By ids, too.
        let some: Vec<Event> = whole.iter().step_by(2).filter(|event| event.error.is_none()).cloned().collect();
        let joined = ids(&some).join("|");
        let by_id = asked(app, &viewer(), &[&order[..], &[("EQ_eventID", &joined)]].concat(), false, 2).await;
        assert!(by_id.iter().map(|event| event.time.at()).is_sorted());
        assert_eq!(ids(&by_id).into_iter().collect::<BTreeSet<_>>(), ids(&some).into_iter().collect());
        // More than is wanted at most is not told at all.
        let most = |most: usize| [("maxEventCount", most.to_string())];
        let query = |most: &[(&str, String)]| {
            let mut query = Query::default();
            most.iter().for_each(|(name, value)| query.add(name, value).unwrap());
            query
        };
        let page = app.epcis_events(&viewer(), &query(&most(all.len())), false, None, 3).await.unwrap();
        assert_eq!(page.events.len(), 3);
        let refused = app.epcis_events(&viewer(), &query(&most(all.len() - 1)), false, None, 3).await.unwrap_err();
        assert!(too_many(&refused), "{refused}");
        let seen = asked(app, &japan, &[], false, MOST_EVENTS).await.len();
        assert!(
            app.epcis_events(&japan, &query(&most(seen)), false, None, 3).await.is_ok(),
            "who sees less counts less"
        );
        site.verifies().await;
    }
}

/// All names of things, by pages of so many.
async fn things(app: &App, viewer: &Viewer, most: usize) -> Vec<String> {
    let (mut names, mut next) = (Vec::new(), None);
    loop {
        let page = app.epcis_things(viewer, next, most).await.unwrap();
        assert!(page.names.len() <= most);
        names.extend(page.names);
        next = page.next;
        if next.is_none() {
            return names;
        }
    }
}

#[tokio::test]
async fn all_things_that_events_name_are_listed_once_for_whom_sees_them() {
    for engine in ENGINES {
        let (site, ..) = played(engine).await;
        let later = site.at("2026-09-21T08:00:00Z").await;
        let other = r#"{"type":"ObjectEvent","eventTime":"2026-09-01T10:00:00Z","eventTimeZoneOffset":"+02:00",
            "epcList":["urn:epc:id:sgtin:4012345.011111.T-1","https://muster.invalid/mission-M/item-truck/serial-T1-1"],
            "action":"OBSERVE","bizStep":"receiving"}"#;
        let poland = member(&site, "warsaw", "POL", Role::DonorLiaison).await;
        let japan = member(&site, "tokyo", "JPN", Role::DonorLiaison).await;
        assert_eq!(capture(&later, other, &Actor::new(poland.clone(), "x")).await.new, 1);
        for viewer in [&viewer(), &poland, &japan, &Viewer::public()] {
            let events = asked(&site.app, viewer, &[], false, MOST_EVENTS).await;
            let named = events.iter().flat_map(|event| event.epcs.iter().chain(&event.parent));
            let named = named
                .map(|id| id.replace("urn:epc:id:sgtin:4012345.011111.", "https://id.gs1.org/01/04012345111118/21/"));
            let named: BTreeSet<String> = named.collect();
            for most in [1, 3, 500] {
                let found = things(&site.app, viewer, most).await;
                assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), named, "{} {most}", viewer.name);
                assert_eq!(found.len(), named.len(), "each once");
            }
        }
        assert_eq!(things(&site.app, &Viewer::public(), 9).await, Vec::<String>::new());
        assert!(things(&site.app, &poland, 500).await.len() > things(&site.app, &japan, 500).await.len());
    }
}

#[tokio::test]
async fn what_is_known_late_is_told_to_subscribers_as_of_then() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let account = Account {
            name: "staff".into(),
            party: "UKR".into(),
            roles: [Role::MovementPlanner].into(),
            disabled: false,
        };
        site.app.put_user(&account, None, &actor()).await.unwrap();
        let staff = Actor::new(member(&site, "staff", "UKR", Role::MovementPlanner).await, "x");
        let holding = serde_json::json!({ "EQ_bizStep": "holding" });
        site.app.epcis_query_put("held", holding.as_object().unwrap(), &staff).await.unwrap().unwrap();
        let limited = serde_json::json!({ "orderBy": "eventTime", "eventCountLimit": 1 });
        site.app.epcis_query_put("last", limited.as_object().unwrap(), &staff).await.unwrap().unwrap();
        let new = NewSubscription {
            url: "https://example.org/hook".into(),
            secret: None,
            schedule: None,
            report_if_empty: false,
            since: None,
        };
        site.app.epcis_subscribe("held", &new, &staff).await.unwrap();
        let refused = site.app.epcis_subscribe("last", &new, &staff).await.unwrap_err();
        assert!(matches!(&refused, Error::Invalid(message) if message.key == "epcis-no-limit-to-tell"), "{refused}");

        let thing = Unmanifested { description: "a crate".into(), quantity: 40, ..Unmanifested::default() };
        let done = site.arrive(&code, &Count { unmanifested: vec![thing], ..counted(1, 300, 0) }).await;
        let [crates] = done.variances.as_slice() else { panic!("{:?}", done.variances) };
        let arrived = own(&site.app, &[]).await;
        // Two days later somebody knows what it is.
        let later = site.at("2026-09-18T12:00:00Z").await;
        while later.epcis_look(later.now()).await.unwrap() {}
        assert!(later.webhooks_due(9).await.unwrap().is_empty());
        for name in ["first", "second"] {
            let counting = Actor::new(Viewer::operator(name), "count");
            later.variance_count(crates.as_str(), (40, ""), None, &counting).await.unwrap();
        }
        later.variance_identify(crates.as_str(), "vest", &Named::default(), &actor()).await.unwrap();
        let now = own(&later, &[]).await;
        let [event] = &now.iter().filter(|event| !arrived.contains(event)).cloned().collect::<Vec<_>>()[..] else {
            panic!("{now:?}")
        };
        assert_eq!(steps(std::slice::from_ref(event)), ["holding"]);
        assert_eq!(event.time.at(), arrived.last().unwrap().time.at(), "it was there when it arrived");
        assert!(event.recorded.as_ref().unwrap().at() >= later.now());
        assert_eq!(own(&later, &[("GE_recordTime", "2026-09-18T00:00:00Z")]).await, std::slice::from_ref(event));
        assert_eq!(own(&later, &[("EQ_eventID", event.id.as_ref().unwrap())]).await, std::slice::from_ref(event));
        let after = site.at("2026-09-18T12:02:00Z").await;
        // A long time is told a day in each turn.
        for _ in 0..4 {
            after.epcis_look(after.now()).await.unwrap();
        }
        let due = after.webhooks_due(9).await.unwrap();
        assert_eq!(due.len(), 1);
        assert!(due[0].body.contains(event.id.as_ref().unwrap().as_str()), "{}", due[0].body);
        site.verifies().await;
    }
}

#[tokio::test]
async fn that_nothing_of_a_line_came_is_told_of_its_papers() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, Some(200)), of_plan(vests, Some(100))]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let before = own(&site.app, &[]).await;
        let done = site.arrive(&code, &Count { rest_as_stated: true, ..counted(2, 0, 0) }).await;
        let [missing] = done.variances.as_slice() else { panic!("{:?}", done.variances) };
        let after = own(&site.app, &[]).await;
        let told = &after[before.len()..];
        assert_eq!(steps(told), ["arriving", "inspecting"], "one line came, of the other the papers are told");
        let line = format!("https://muster.invalid/mission-M/consignment-{code}/line-2");
        assert_eq!(told[1].epcs, std::slice::from_ref(&line));
        assert!(told[1].quantities.is_empty() && told[1].location.is_none() && told[1].read_point.is_some());
        assert!(told[1].disposition.as_ref().unwrap().uri().ends_with("mismatch_quantity"));
        assert_eq!(own(&site.app, &[("MATCH_epc", &line)]).await, told[1..]);
        assert!(things(&site.app, &viewer(), 2).await.contains(&line));
        let naming = site.app.epcis_naming().await.unwrap();
        let (custody, faults) = muster_app::interchange::epcis::custody::from_events(told, &naming);
        assert_eq!((custody.len(), faults), (2, vec![]), "we read what we write");
        // The donor of the line sees it, others do not.
        let japan = member(&site, "tokyo", "JPN", Role::DonorLiaison).await;
        let poland = member(&site, "warsaw", "POL", Role::DonorLiaison).await;
        assert_eq!(asked(&site.app, &japan, &[("MATCH_epc", &line)], true, 9).await, told[1..]);
        assert_eq!(asked(&site.app, &poland, &[("MATCH_epc", &line)], true, 9).await, []);
        // It had come after all: what did, and that it was told wrongly.
        site.app.variance_resolve(missing.as_str(), Resolution::Miscounted, &actor()).await.unwrap();
        let now = own(&site.app, &[]).await;
        let [right, wrong] = &now[after.len()..] else { panic!("{now:?}") };
        assert_eq!((steps(std::slice::from_ref(right)), &wrong.id), (vec!["receiving".to_owned()], &told[1].id));
        assert_eq!(right.quantities[0].quantity.as_ref().unwrap().as_str(), "100");
        assert_eq!(wrong.error.as_ref().unwrap().corrective, [right.id.clone().unwrap()]);
        let captured = capture(&site.app, &document(Form::Xml, &[&now]), &actor()).await;
        assert_eq!((captured.new, captured.issues), (now.len(), vec![]));
        site.verifies().await;
    }
}
