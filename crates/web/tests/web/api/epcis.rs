//! Partners' systems send and ask for events by the bindings of GS1's standard.

use std::time::Duration;

use super::*;

const LINKED: &str = "application/ld+json";

impl<'a> Caller<'a> {
    pub(super) fn epcis(&self, method: &str, path: &str) -> Asked<'a> {
        let mut request = Request::builder().method(method).uri(format!("/epcis/v2{path}"));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        Asked { site: self.site, request }
    }

    async fn events(&self, query: &str) -> Value {
        let answer = self.epcis("GET", &format!("/events{query}")).send("").await.is(200);
        assert_eq!(answer.header("content-type"), LINKED);
        assert_eq!(answer.header("gs1-epcis-version"), "2.0.0");
        answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"].clone()
    }

    /// How a document that was sent ended.
    pub(super) async fn captured(&self, media_type: &str, on_fault: &str, body: String) -> Value {
        let asked = self.epcis("POST", "/capture").with("content-type", media_type);
        let begun = asked.with("gs1-capture-error-behaviour", on_fault).send(body).await.is(202);
        let path = begun.header("location").strip_prefix("/epcis/v2").unwrap().to_owned();
        for _ in 0..400 {
            let job = self.epcis("GET", &path).send("").await.is(200).json();
            if job["running"] == false {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{path} does not end");
    }
}

pub(super) fn event(serial: &str, day: &str) -> Value {
    json!({
        "type": "ObjectEvent", "eventTime": format!("2026-09-{day}T10:00:00.000Z"), "eventTimeZoneOffset": "+02:00",
        "epcList": [format!("https://id.gs1.org/01/04012345111118/21/{serial}"), "https://id.gs1.org/00/340123453111111115"],
        "action": "OBSERVE", "bizStep": "receiving", "disposition": "in_progress",
        "readPoint": { "id": "https://id.gs1.org/414/4012345000054" },
        "bizTransactionList": [{ "type": "po", "bizTransaction": "https://example.org/orders/7" }],
    })
}

pub(super) fn document(events: &[Value]) -> String {
    json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-09-14T10:00:00.000Z",
        "epcisBody": { "eventList": events },
    })
    .to_string()
}

#[tokio::test]
async fn a_partner_sends_a_document_and_finds_its_events_again() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await.unhurried();
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        let poland = site.caller("poland", "POL", Role::DonorLiaison).await;
        let staff = site.caller("staff", "NSATU", Role::MovementPlanner).await;
        let auditor = site.caller("auditor", "NSATU", Role::Auditor).await;
        let all = document(&[event("A", "01"), event("B", "02"), event("C", "03")]);
        let job = germany.captured("application/json", "rollback", all.clone()).await;
        assert_eq!((&job["success"], &job["errors"]), (&json!(true), &json!([])), "{job}");
        assert_eq!(germany.epcis("GET", "/capture").send("").await.is(200).json().as_array().unwrap().len(), 1);
        assert_eq!(germany.captured(LINKED, "rollback", all.clone()).await["success"], true, "once more is no fault");
        let jobs = germany.epcis("GET", "/capture?perPage=1").send("").await.is(200);
        let rest = jobs.header("link").strip_prefix("</epcis/v2").unwrap().split_once('>').unwrap().0;
        let rest = germany.epcis("GET", rest).send("").await.is(200);
        assert_eq!((rest.json().as_array().unwrap().len(), rest.header("link")), (1, ""));
        germany.epcis("GET", "/capture?nextPageToken=1").send("").await.is_problem(400, "bad-request");
        assert_eq!(poland.epcis("GET", "/capture").send("").await.is(200).json(), json!([]));
        let id = job["captureID"].as_str().unwrap();
        poland.epcis("GET", &format!("/capture/{id}")).send("").await.is_problem(404, "not-found");
        assert_eq!(germany.events("").await.as_array().unwrap().len(), 3);
        assert_eq!(staff.events("").await.as_array().unwrap().len(), 3);
        assert_eq!(poland.events("").await, json!([]), "what others sent is theirs and the staff's");
        auditor.epcis("POST", "/capture").with("content-type", LINKED).send(all).await.is_problem(403, "forbidden");
        site.nobody().epcis("GET", "/events").send("").await.is_problem(401, "unauthorised");

        // By what they name, in whichever form it is written, and by what they say.
        for (query, count) in [
            ("?MATCH_epc=urn:epc:id:sgtin:4012345.011111.A", 1),
            ("?MATCH_epc=https://id.gs1.org/01/04012345111118/21/A%7Chttps://id.gs1.org/01/04012345111118/21/B", 2),
            ("?MATCH_anyEPC=urn:epc:id:sscc:4012345.3311111111", 3),
            ("?MATCH_anyEPC=https://id.gs1.org/00/340123453111111115", 3),
            ("?MATCH_parentID=https://id.gs1.org/00/340123453111111115", 0),
            ("?EQ_bizTransaction_po=https://example.org/orders/7&LT_eventTime=2026-09-03T00:00:00Z", 2),
            ("?EQ_bizTransaction_inv=https://example.org/orders/7", 0),
            ("?EQ_bizStep=receiving&EQ_disposition=in_progress&EQ_action=OBSERVE&eventType=ObjectEvent", 3),
            ("?EQ_readPoint=https://id.gs1.org/414/4012345000054&GE_recordTime=2026-09-15T00:00:00Z", 3),
            ("?EQ_bizLocation=https://id.gs1.org/414/4012345000054", 0),
            ("?WD_readPoint=https://id.gs1.org/414/4012345000054", 3),
            ("?WD_readPoint=urn:epc:id:sgln:4012345.00005.0", 3),
            ("?WD_bizLocation=https://id.gs1.org/414/4012345000054", 0),
            ("?MATCH_epc=urn:epc:idpat:sgtin:4012345.*.*", 3),
            ("?MATCH_epc=urn:epc:idpat:sgtin:4012345.011111.*", 3),
            ("?MATCH_epc=urn:epc:idpat:sgtin:4012346.*.*%7Curn:epc:id:sgtin:4012345.011111.A", 1),
            ("?MATCH_epc=urn:epc:idpat:giai:*.*", 0),
            ("?MATCH_anyEPC=urn:epc:idpat:sscc:*.*", 3),
            ("?MATCH_anyEPCClass=urn:epc:idpat:sgtin:*.*.*", 0),
            ("?GT_quantity=0", 0),
            ("?orderBy=eventTime&eventCountLimit=2", 2),
            ("?orderBy=recordTime&orderDirection=ASC&MATCH_epc=urn:epc:idpat:sgtin:4012345.*.*", 3),
            ("?maxEventCount=3", 3),
        ] {
            let found = germany.events(query).await;
            assert_eq!(found.as_array().unwrap().len(), count, "{query}: {found}");
        }

        // Page by page.
        let (mut path, mut seen) = ("/events?perPage=2".to_owned(), 0);
        loop {
            let answer = germany.epcis("GET", &path).send("").await.is(200);
            let page = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"].clone();
            seen += page.as_array().unwrap().len();
            let Some(next) = answer.header("link").strip_prefix("</epcis/v2") else { break };
            path = next.split_once('>').unwrap().0.to_owned();
        }
        assert_eq!(seen, 3);
        let xml = germany.epcis("GET", "/events").with("accept", "application/xml").send("").await.is(200);
        assert_eq!(xml.header("content-type"), "application/xml");
        assert!(xml.text.contains("<epcisq:EPCISQueryDocument") && xml.text.contains("<bizStep>"), "{}", xml.text);
        // What is given out comes in again, as the same.
        assert_eq!(germany.captured("application/xml", "rollback", xml.text).await["success"], true);
        assert_eq!(germany.events("").await.as_array().unwrap().len(), 3);

        // Beside what they are about.
        let found = germany.get("/captured-events?serial=B").await.is(200).json();
        assert_eq!(found["events"][0]["document"]["epcisBody"]["eventList"][0]["bizStep"], "receiving");
        assert_eq!((found["events"].as_array().unwrap().len(), &found["events"][0]["party"]), (1, &json!("DEU")));
        let found = germany.get("/captured-events?sscc=340123453111111115&limit=2").await.is(200).json();
        let rest = format!("/captured-events?sscc=340123453111111115&cursor={}", found["next"].as_str().unwrap());
        assert_eq!(germany.get(&rest).await.is(200).json()["events"].as_array().unwrap().len(), 1);
        assert_eq!(poland.get("/captured-events?serial=B").await.is(200).json()["events"], json!([]));
        germany.get("/captured-events?sscc=340123453111111116").await.is_problem(422, "invalid");
    }
}

#[tokio::test]
async fn events_are_found_by_quantity_place_and_order() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await.unhurried();
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        let poland = site.caller("poland", "POL", Role::DonorLiaison).await;
        let weighed = |day: &str, quantity: Value, place: &str| {
            let mut event = event(&format!("S{day}"), day);
            let lot = "https://id.gs1.org/01/04012345111118/10/L";
            event["quantityList"] = json!([{ "epcClass": lot, "quantity": quantity, "uom": "KGM" }]);
            event["readPoint"]["id"] = json!(place);
            event
        };
        let within = "urn:epc:id:sgln:4012345.00005.12";
        let all = [
            weighed("03", json!(9.5), within),
            weighed("01", json!(10), "https://id.gs1.org/414/4012345000054"),
            weighed("02", json!(100), "https://id.gs1.org/414/9501101530003"),
        ];
        assert_eq!(germany.captured(LINKED, "rollback", document(&all)).await["success"], true);
        let days = async |query: &str| -> Vec<String> {
            let found = germany.events(query).await;
            let day = |event: &Value| event["eventTime"].as_str().unwrap()[8..10].to_owned();
            found.as_array().unwrap().iter().map(day).collect()
        };
        let ascending = "?orderBy=eventTime&orderDirection=ASC";
        for (query, expected) in [
            ("", vec!["01", "02", "03"]),
            ("&EQ_quantity=10.0", vec!["01"]),
            ("&EQ_quantity=10%7C1e2", vec!["01", "02"]),
            ("&GT_quantity=10", vec!["02"]),
            ("&GE_quantity=10", vec!["01", "02"]),
            ("&LT_quantity=10", vec!["03"]),
            ("&LE_quantity=10&GE_quantity=9.5", vec!["01", "03"]),
            ("&WD_readPoint=https://id.gs1.org/414/4012345000054", vec!["01", "03"]),
            ("&EQ_readPoint=https://id.gs1.org/414/4012345000054", vec!["01"]),
            ("&WD_readPoint=urn:epc:id:sgln:4012345.00005.12", vec!["03"]),
            ("&eventCountLimit=2", vec!["01", "02"]),
        ] {
            assert_eq!(days(&format!("{ascending}{query}")).await, expected, "{query}");
        }
        assert_eq!(days("?orderBy=eventTime").await, ["03", "02", "01"], "the latest first");
        // A limit holds over all pages.
        let first = "/events?orderBy=eventTime&eventCountLimit=2&perPage=1";
        let next = germany.epcis("GET", first).send("").await.is(200);
        let rest = next.header("link").strip_prefix("</epcis/v2").unwrap().split_once('>').unwrap().0;
        let rest = germany.epcis("GET", rest).send("").await.is(200);
        assert!(rest.text.contains("2026-09-02") && rest.header("link").is_empty(), "{}", rest.text);
        let refused = germany.epcis("GET", "/events?maxEventCount=2").send("").await;
        refused.is_problem(413, "query-too-large");
        assert_eq!(refused.json()["type"], "epcisException:QueryTooLargeException");
        // All things that are named, for whom sees the events.
        let list = germany.epcis("GET", "/epcs?perPage=3").send("").await.is(200);
        let rest = list.header("link").strip_prefix("</epcis/v2").unwrap().split_once('>').unwrap().0;
        let rest = germany.epcis("GET", rest).send("").await.is(200);
        let members = |answer: &Answer| answer.json()["member"].as_array().unwrap().clone();
        let named = [members(&list), members(&rest)].concat();
        assert_eq!(named.len(), 4, "{named:?}");
        assert!(named.contains(&json!("https://id.gs1.org/00/340123453111111115")));
        assert_eq!(poland.epcis("GET", "/epcs").send("").await.is(200).json()["member"], json!([]));
        site.nobody().epcis("GET", "/epcs").send("").await.is_problem(401, "unauthorised");
        // A token holds nothing, and is let go of.
        germany.epcis("DELETE", "/nextPageToken/abc").send("").await.is(204);
        let options = germany.epcis("OPTIONS", "/nextPageToken/abc").send("").await.is(204);
        assert_eq!(options.header("allow"), "DELETE, OPTIONS");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_place_and_what_is_not_done_is_said() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await.unhurried();
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        let send =
            |media_type, body: String| germany.epcis("POST", "/events").with("content-type", media_type).send(body);
        let made = send("application/json", event("A", "01").to_string()).await.is(201);
        let place = made.header("location").strip_prefix("/epcis/v2").unwrap().to_owned();
        assert!(place.starts_with("/events/ni:///sha-256;") || place.contains("sha-256"), "{place}");
        let found = germany.epcis("GET", &place).send("").await.is(200).json();
        let list = &found["epcisBody"]["queryResults"]["resultsBody"]["eventList"];
        assert_eq!(list[0]["eventTime"], "2026-09-01T10:00:00.000Z");
        send(LINKED, event("A", "01").to_string()).await.is_problem(409, "exists");
        let two = send(LINKED, document(&[event("B", "01"), event("C", "01")])).await;
        two.is_problem(400, "bad-request");

        // JSON Schema lets these through.
        for (field, value, pointer) in [
            ("eventTime", json!("2026-02-29T10:00:00Z"), "#/eventTime"),
            ("bizStep", json!("recieving"), "#/bizStep"),
            ("epcList", json!(["https://id.gs1.org/01/04012345111119/21/A"]), "#/epcList/0"),
        ] {
            let mut wrong = event("X", "01");
            wrong[field] = value;
            let refused = send(LINKED, wrong.to_string()).await;
            refused.is_problem(400, "bad-request");
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{}", refused.text);
        }
        let mut wrong = event("X", "01");
        wrong["bizStep"] = json!("recieving");
        let job = germany.captured(LINKED, "rollback", document(&[event("B", "01"), wrong.clone()])).await;
        assert_eq!(job["success"], false);
        let said = job["errors"][0]["detail"].as_str().unwrap();
        assert!(said.contains("events.json#/epcisBody/eventList/1/bizStep"), "{said}");
        assert_eq!(germany.events("").await.as_array().unwrap().len(), 1, "all of a document or nothing");
        let job = germany.captured(LINKED, "proceed", document(&[event("B", "01"), wrong])).await;
        assert_eq!((&job["success"], &job["captureErrorBehaviour"]), (&json!(false), &json!("proceed")));
        assert_eq!(germany.events("").await.as_array().unwrap().len(), 2);
        let post = |media_type: &'static str| germany.epcis("POST", "/capture").with("content-type", media_type);
        post(LINKED).send("{\"type\": ").await.is_problem(400, "bad-request");
        post("text/csv").send("a,b").await.is_problem(415, "unsupported-media");
        post(LINKED).with("gs1-capture-error-behaviour", "perhaps").send("{}").await.is_problem(400, "bad-request");

        for (path, status, name) in [
            ("/events?EQ_bizStep=recieving", 400, "bad-request"),
            ("/events?GE_eventTime=yesterday", 400, "bad-request"),
            ("/events?colour=blue", 400, "bad-request"),
            ("/events?perPage=0", 400, "bad-request"),
            ("/events?nextPageToken=x", 400, "bad-request"),
            ("/events?orderBy=colour", 400, "bad-request"),
            ("/events?orderBy=eventTime&orderDirection=UP", 400, "bad-request"),
            ("/events?eventCountLimit=3", 400, "bad-request"),
            ("/events?orderBy=eventTime&eventCountLimit=0", 400, "bad-request"),
            ("/events?orderBy=eventTime&eventCountLimit=3&maxEventCount=3", 400, "bad-request"),
            ("/events?maxEventCount=-1", 400, "bad-request"),
            ("/events?maxEventCount=1%7C2", 400, "bad-request"),
            ("/events?GE_quantity=much", 400, "bad-request"),
            ("/events?GE_quantity=1%7C2", 400, "bad-request"),
            ("/events?MATCH_epc=urn:epc:idpat:sgtin:*.011111.A", 400, "bad-request"),
            ("/events?MATCH_epc=urn:epc:idpat:sgtin:4012345.[1-9].*", 400, "bad-request"),
            ("/events?maxEventCount=1", 413, "query-too-large"),
            ("/events?orderBy=https://example.org/ns/a", 501, "not-implemented"),
            ("/events?EQ_type=gs1:Temperature&EQATTR_https://example.org/%23a_b=1", 501, "not-implemented"),
            ("/epcs?nextPageToken=x", 400, "bad-request"),
            ("/epcs?perPage=0", 400, "bad-request"),
            ("/nextPageToken/x", 405, "method-not-allowed"),
            ("/nothing", 404, "not-found"),
            ("/events/urn:uuid:5b0e0000-0000-4000-8000-000000000000", 404, "not-found"),
        ] {
            let answer = germany.epcis("GET", path).send("").await;
            answer.is_problem(status, name);
            assert_eq!(answer.header("gs1-epcis-version"), "2.0.0", "{path}");
        }
    }
}
