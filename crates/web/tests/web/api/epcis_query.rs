//! Events by kind, step, place and thing; queries with names; and who is told what newly answers to them.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use muster_web::tell_webhooks;

use super::{
    epcis::{document, event},
    webhook::{HERE, head, listener, sign},
    *,
};

const JSON: &str = "application/json";

impl Caller<'_> {
    async fn puts(&self, path: &str, body: Value) -> Answer {
        self.epcis("POST", path).with("content-type", JSON).send(body.to_string()).await
    }

    async fn gets(&self, path: &str) -> Answer {
        self.epcis("GET", path).send("").await
    }

    async fn finds(&self, path: &str) -> usize {
        let found = self.gets(path).await.is(200).json();
        found["epcisBody"]["queryResults"]["resultsBody"]["eventList"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn events_are_found_by_step_state_place_and_thing() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await.unhurried();
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        let poland = site.caller("poland", "POL", Role::DonorLiaison).await;
        germany.captured(JSON, "rollback", document(&[event("A", "01"), event("B", "02")])).await;
        let top = germany.gets("").await.is(200).json();
        germany.gets("/").await.is(308);
        assert_eq!(top["member"].as_array().unwrap().len(), 9, "{top}");
        for (list, member) in
            [("eventTypes", "ObjectEvent"), ("bizSteps", "receiving"), ("dispositions", "in_progress")]
        {
            let all = germany.gets(&format!("/{list}")).await.is(200).json();
            assert!(all["member"].as_array().unwrap().contains(&json!(member)), "{all}");
            let one = germany.gets(&format!("/{list}/{member}")).await.is(200).json();
            assert_eq!(one["member"], json!(["events"]));
            assert_eq!(germany.finds(&format!("/{list}/{member}/events")).await, 2, "{list}");
            assert_eq!(poland.finds(&format!("/{list}/{member}/events")).await, 0, "what others sent is theirs");
        }
        let places = germany.gets("/readPoints").await.is(200).json();
        assert!(places["member"].as_array().unwrap().len() > 20, "{places}");
        let there = "/readPoints/https%3A%2F%2Fid.gs1.org%2F414%2F4012345000054";
        assert_eq!(germany.finds(&format!("{there}/events")).await, 2);
        assert_eq!(germany.finds(&format!("{there}/events?GE_eventTime=2026-09-02T00:00:00Z")).await, 1);
        let thing = "/epcs/https%3A%2F%2Fid.gs1.org%2F01%2F04012345111118%2F21%2FA";
        assert_eq!(germany.finds(&format!("{thing}/events")).await, 1);
        assert_eq!(germany.gets(thing).await.is(200).json()["member"], json!(["events"]));
        poland.gets(thing).await.is_problem(404, "not-found");
        germany.gets("/bizSteps/nonsense").await.is_problem(400, "bad-request");
        let next = germany.gets("/bizSteps/receiving/events?perPage=1").await.is(200);
        let link = next.header("link").to_owned();
        assert!(link.starts_with("</epcis/v2/bizSteps/receiving/events?perPage=1&nextPageToken="), "{link}");
        let options = germany.epcis("OPTIONS", "/events").send("").await.is(204);
        assert!(options.header("allow").contains("GET") && options.header("gs1-epcis-max") == "2.0.0");
        germany.epcis("PUT", "/events").send("").await.is_problem(405, "method-not-allowed");
        // Each address says what it takes; documents how much they may hold.
        let takes = async |path: &str| germany.epcis("OPTIONS", path).send("").await.is(204);
        assert_eq!(takes("/eventTypes").await.header("allow"), "GET, HEAD, OPTIONS");
        assert_eq!(takes("/queries/mine").await.header("allow"), "DELETE, GET, HEAD, OPTIONS");
        let capture = takes("/capture").await;
        assert_eq!(
            (capture.header("allow"), capture.header("gs1-epcis-capture-limit")),
            ("GET, HEAD, OPTIONS, POST", "100000")
        );
        assert_eq!(capture.header("gs1-epcis-capture-file-size-limit"), "67108864");
        // Lists come in pages, too.
        let first = germany.gets("/eventTypes?perPage=2").await.is(200);
        assert_eq!(first.json()["member"].as_array().unwrap().len(), 2);
        assert_eq!(first.header("link"), "</epcis/v2/eventTypes?perPage=2&nextPageToken=2>; rel=\"next\"");
        let rest = germany.gets("/eventTypes?perPage=500&nextPageToken=2").await.is(200);
        assert_eq!((rest.json()["member"].as_array().unwrap().len(), rest.header("link")), (3, ""));
        germany.gets("/eventTypes?nextPageToken=x").await.is_problem(400, "bad-request");
        // Who wants something else is told so.
        for (name, value) in [("accept", "text/html"), ("gs1-epcis-min", "2.1"), ("gs1-cbv-max", "1.2")] {
            germany.epcis("GET", "/events").with(name, value).send("").await.is_problem(406, "not-acceptable");
        }
        let wrong = germany.gets("/events?GE_eventTime=never").await.is(400).json();
        assert_eq!(wrong["type"], "epcisException:QueryParameterException", "{wrong}");
    }
}

#[tokio::test]
async fn a_query_with_a_name_is_its_makers_own() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await.unhurried();
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        let poland = site.caller("poland", "POL", Role::DonorLiaison).await;
        germany.captured(JSON, "rollback", document(&[event("A", "01"), event("B", "02")])).await;
        let asked = json!({ "eventType": ["ObjectEvent"], "EQ_bizStep": ["shipping", "receiving"] });
        let made = germany.puts("/queries", json!({ "name": "mine", "query": asked })).await.is(201);
        assert_eq!(made.header("location"), "/epcis/v2/queries/mine");
        germany.puts("/queries", json!({ "name": "mine", "query": {} })).await.is_problem(409, "exists");
        assert_eq!(germany.gets("/queries/mine").await.is(200).json()["query"], asked);
        assert_eq!(germany.gets("/queries").await.is(200).json().as_array().unwrap().len(), 1);
        assert_eq!(germany.finds("/queries/mine/events").await, 2);
        assert_eq!(germany.finds("/queries/mine/events?perPage=1").await, 1);
        let last = json!({ "orderBy": "eventTime", "eventCountLimit": 1 });
        germany.puts("/queries", json!({ "name": "last", "query": last })).await.is(201);
        assert_eq!(germany.finds("/queries/last/events").await, 1);
        let told = json!({ "dest": "https://example.org/", "stream": true });
        germany.puts("/queries/last/subscriptions", told).await.is_problem(400, "bad-request");
        germany.epcis("DELETE", "/queries/last").send("").await.is(204);
        // Others have queries of their own.
        assert_eq!(poland.gets("/queries").await.is(200).json(), json!([]));
        poland.gets("/queries/mine").await.is_problem(404, "not-found");
        poland.gets("/queries/mine/events").await.is_problem(404, "not-found");
        poland.puts("/queries", json!({ "name": "mine", "query": {} })).await.is(201);
        for (wrong, status, problem) in [
            (json!({ "query": {} }), 400, "bad-request"),
            (json!({ "name": "x" }), 400, "bad-request"),
            (json!({ "name": "x", "query": { "EQ_bizStep": ["nonsense"] } }), 400, "bad-request"),
            (json!({ "name": "x", "query": { "nonsense": "1" } }), 400, "bad-request"),
            (json!({ "name": "x", "query": { "eventType": { "a": 1 } } }), 400, "bad-request"),
            (json!({ "name": "x", "query": { "MATCH_epc": "a\u{0}b" } }), 400, "bad-request"),
            (json!({ "name": "x", "query": { "eventCountLimit": 2 } }), 400, "bad-request"),
            (json!({ "name": "x", "query": { "orderBy": "https://example.org/ns/a" } }), 501, "not-implemented"),
        ] {
            germany.puts("/queries", wrong).await.is_problem(status, problem);
        }
        germany.epcis("DELETE", "/queries/mine").send("").await.is(204);
        germany.gets("/queries/mine").await.is_problem(404, "not-found");
        assert_eq!(poland.gets("/queries").await.is(200).json().as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn who_subscribed_to_a_query_is_told_what_newly_answers_and_only_what_they_see() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await.unhurried();
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        let poland = site.caller("poland", "POL", Role::DonorLiaison).await;
        germany.captured(JSON, "rollback", document(&[event("A", "01")])).await;
        site.clock.advance(SignedDuration::from_secs(1));
        let (url, letters) = listener(&[200]).await;
        let (other, others) = listener(&[200]).await;
        for caller in [&germany, &poland] {
            caller.puts("/queries", json!({ "name": "all", "query": { "EQ_bizStep": "receiving" } })).await.is(201);
        }
        let stream = |url: &str| json!({ "dest": url, "signatureToken": "a secret of theirs", "stream": true });
        let made = germany.puts("/queries/all/subscriptions", stream(&url)).await.is(201);
        let id = made.json()["subscriptionID"].as_str().unwrap().to_owned();
        assert!(made.json().get("signatureToken").is_none());
        poland.puts("/queries/all/subscriptions", stream(&other)).await.is(201);
        site.clock.advance(SignedDuration::from_secs(90));
        assert_eq!(tell_webhooks(&site.app, HERE).await.unwrap(), 0, "what was there before is not told");
        germany.captured(JSON, "rollback", document(&[event("B", "02"), event("C", "03")])).await;
        site.clock.advance(SignedDuration::from_secs(90));
        assert_eq!(tell_webhooks(&site.app, HERE).await.unwrap(), 1);
        site.clock.advance(SignedDuration::from_secs(90));
        assert_eq!(tell_webhooks(&site.app, HERE).await.unwrap(), 0, "once");
        let (head_text, body) = letters.lock().unwrap()[0].clone();
        let told: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(told["type"], "EPCISQueryDocument");
        let results = &told["epcisBody"]["queryResults"];
        assert_eq!((&results["queryName"], &results["subscriptionID"]), (&json!("all"), &json!(id)));
        assert_eq!(results["resultsBody"]["eventList"].as_array().unwrap().len(), 2, "{told}");
        let signed = format!("{}.{}.{body}", head(&head_text, "webhook-id"), head(&head_text, "webhook-timestamp"));
        let expected = format!("v1,{}", sign(&STANDARD.encode("a secret of theirs"), &signed)).to_lowercase();
        assert_eq!(head(&head_text, "gs1-signature"), expected);
        assert_eq!(others.lock().unwrap().len(), 0, "Poland does not see it");
        let shown = germany.gets(&format!("/queries/all/subscriptions/{id}")).await.is(200).json();
        assert!(shown["lastNotifiedAt"].is_string() && shown["stream"] == true, "{shown}");
        poland.gets(&format!("/queries/all/subscriptions/{id}")).await.is_problem(404, "not-found");
        germany.epcis("DELETE", &format!("/queries/all/subscriptions/{id}")).send("").await.is(204);
        assert_eq!(germany.gets("/queries/all/subscriptions").await.is(200).json(), json!([]));
        // By a schedule, also that there is nothing new; and what was recorded since a moment.
        let hourly = json!({
            "dest": url, "schedule": { "minute": "5" }, "reportIfEmpty": true,
            "initialRecordTime": "2026-09-15T00:00:00Z",
        });
        germany.puts("/queries/all/subscriptions", hourly).await.is(201);
        assert_eq!(tell_webhooks(&site.app, HERE).await.unwrap(), 0, "it is not yet time");
        for expected in [3, 0] {
            site.clock.advance(SignedDuration::from_hours(1));
            assert_eq!(tell_webhooks(&site.app, HERE).await.unwrap(), 1);
            let (_, body) = letters.lock().unwrap().last().unwrap().clone();
            let told: Value = serde_json::from_str(&body).unwrap();
            let events = told["epcisBody"]["queryResults"]["resultsBody"]["eventList"].as_array().map_or(0, Vec::len);
            assert_eq!(events, expected, "{told}");
        }
        for wrong in [
            json!({ "dest": url }),
            json!({ "dest": url, "stream": true, "schedule": { "hour": "1" } }),
            json!({ "dest": "ftp://x", "stream": true }),
            json!({ "dest": url, "schedule": { "hour": "25" } }),
            json!({ "dest": url, "stream": true, "initialRecordTime": "yesterday" }),
            json!({ "dest": url, "stream": true, "initialRecordTime": "-000001-01-01T00:00:00Z" }),
            json!({ "dest": url, "stream": true, "initialRecordTime": 5 }),
            json!({ "dest": url, "stream": true, "reportIfEmpty": true }),
            json!({ "dest": url, "stream": true, "signatureToken": "a\u{0}b" }),
        ] {
            germany.puts("/queries/all/subscriptions", wrong).await.is_problem(400, "bad-request");
        }
        germany.puts("/queries/none/subscriptions", stream(&url)).await.is_problem(404, "not-found");
        // With a query goes who is told of it.
        germany.epcis("DELETE", "/queries/all").send("").await.is(204);
        assert_eq!(germany.get("/webhooks").await.is(200).json()["webhooks"], json!([]));
    }
}
