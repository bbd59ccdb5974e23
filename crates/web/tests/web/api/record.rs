//! Records: made, changed, taken from state to state, paged, and hidden.

use super::*;

#[tokio::test]
async fn an_offer_is_made_changed_and_taken_on() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        let made = germany.post("/records/offers?reason=new", offer("DEU-1/a")).await.is(201);
        assert_eq!(made.header("location"), "/api/v1/records/offers/DEU-1%2Fa");
        let address = "/records/offers/DEU-1%2Fa";
        let shown = germany.get(address).await.is(200);
        assert_eq!((shown.json(), shown.header("etag")), (made.json(), made.header("etag")));
        assert_eq!(shown.json()["quantity"], "10");

        let same = germany.ask("GET", address).with("if-none-match", shown.header("etag")).send("").await.is(304);
        assert_eq!((same.text.as_str(), same.header("etag")), ("", shown.header("etag")));
        germany.ask("PATCH", address).json(json!({ "quantity": "11" })).await.is_problem(428, "precondition-required");
        let stale = germany.ask("PATCH", address).with("if-match", "\"0\"").json(json!({ "quantity": "11" })).await;
        stale.is_problem(412, "changed");
        let changed = germany.change("PATCH", address, json!({ "quantity": "11", "note": "Наступне" })).await.is(200);
        assert_eq!((&changed.json()["quantity"], &changed.json()["note"]), (&json!("11"), &json!("Наступне")));
        assert_ne!(changed.header("etag"), shown.header("etag"));
        let emptied = germany.change("PATCH", address, json!({ "note": null })).await.is(200);
        assert!(emptied.json().get("note").is_none());
        let replaced = germany.change("PUT", address, offer("DEU-1/a")).await.is(200);
        assert_eq!(replaced.json(), made.json());
        germany.change("PUT", address, offer("DEU-2")).await.is_problem(422, "invalid");

        let next = json!({ "state": "committed", "reason": "cabinet decision" });
        let wrong =
            germany.change("POST", &format!("{address}/state"), json!({ "state": "in_service", "reason": "x" })).await;
        assert!(matches!(wrong.status.as_u16(), 403 | 422), "{}", wrong.text);
        let offered = json!({ "state": "offered", "reason": "itemised" });
        germany.change("POST", &format!("{address}/state"), offered).await.is(200);
        let committed = germany.change("POST", &format!("{address}/state"), next).await.is(200);
        assert_eq!(committed.json()["state"], "committed");

        let history = germany.get(&format!("{address}/history")).await.is(200).json();
        let reasons: Vec<_> =
            history["history"].as_array().unwrap().iter().map(|past| past["reason"].clone()).collect();
        assert_eq!(reasons.first(), Some(&json!("cabinet decision")));
        assert_eq!(reasons.last(), Some(&json!("new")));
        let access = germany.get(&format!("{address}/access")).await.is(200).json();
        assert_eq!((&access["owner"], &access["edit"]), (&json!("DEU"), &json!(true)));
        let fits = germany.get(&format!("{address}/fits")).await.is(200).json();
        assert!(fits["fits"].as_array().is_some_and(|fits| !fits.is_empty()), "{fits}");
        assert_eq!(germany.get(&format!("{address}/met")).await.is(200).json()["met"], json!([]));
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_field_by_field() {
    let site = Site::demonstration(muster_app::storage::dialect::Engine::Sqlite, as_is).await;
    let staff = site.caller("staff", "NSATU", Role::Coordinator).await;
    let pointers = |answer: &Answer| -> Vec<String> {
        let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|error| error["pointer"].as_str().or(error["parameter"].as_str()).unwrap().to_owned())
            .collect()
    };
    let mut wrong = offer("DEU-9");
    (wrong["quantity"], wrong["resource"], wrong["colour"]) = (json!("10x"), json!("NOTHING/ok"), json!("red"));
    let told = staff.post("/records/offers", wrong.clone()).await;
    told.is_problem(422, "invalid");
    assert_eq!(pointers(&told), ["#/colour"]);
    wrong.as_object_mut().unwrap().remove("colour");
    let told = staff.post("/records/offers", wrong.clone()).await;
    assert!(pointers(&told).contains(&"#/quantity".to_owned()), "{}", told.text);
    wrong["quantity"] = json!(10);
    assert_eq!(pointers(&staff.post("/records/offers", wrong).await), ["#/quantity"]);

    let need = json!({
        "code": "R-X", "unit": "U-DEM-1", "place": "POINT-05", "purpose": "demining", "quantity": "5", "priority": "9",
        "due": "2026-10-09", "expires": "2026-11-30", "state": "draft", "justification": "x", "fictional": "yes",
        "requirement_accepts": [{ "resource": "DET-DUAL/ok", "utility": "many", "fictional": "yes" }],
    });
    let told = staff.post("/records/requirements", need.clone()).await;
    assert!(pointers(&told).contains(&"#/requirement_accepts/0/utility".to_owned()), "{}", told.text);
    let mut right = need;
    right["requirement_accepts"][0]["utility"] = json!("1");
    let made = staff.post("/records/requirements", right.clone()).await.is(201).json();
    assert_eq!(made["requirement_accepts"][0]["resource"], "DET-DUAL/ok");
    staff.post("/records/requirements", right).await.is_problem(409, "exists");
    let kept = staff.change("PATCH", "/records/requirements/R-X", json!({ "quantity": "6" })).await.is(200).json();
    assert_eq!(kept["requirement_accepts"], made["requirement_accepts"], "parts that are not named stay");
    staff.change("PUT", "/records/requirements/R-X", json!({ "code": "R-X" })).await.is_problem(422, "invalid");

    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("sort=colour", "sort"),
        ("colour=red", "colour"),
        ("cursor=!", "cursor"),
    ] {
        let told = staff.get(&format!("/records/offers?{query}")).await;
        told.is_problem(422, "invalid");
        assert_eq!(pointers(&told), [name], "{query}");
    }
    let text = staff.ask("POST", "/records/offers").with("content-type", "text/plain").send("x").await;
    text.is_problem(415, "unsupported-media");
    for body in ["", "[]", "{", &"[".repeat(10_000), "\"x\""] {
        let told =
            staff.ask("POST", "/records/offers").with("content-type", "application/json").send(body.to_owned()).await;
        told.is_problem(400, "bad-request");
    }
    let large = format!("{{\"note\": \"{}\"}}", "x".repeat(2 << 20));
    let told = staff.ask("POST", "/records/offers").with("content-type", "application/json").send(large).await;
    told.is_problem(413, "too-large");
    staff.get("/records/lane_closures").await.is_problem(404, "not-found");
    staff.get("/nowhere").await.is_problem(404, "not-found");
    staff.ask("DELETE", "/records/offers").send("").await.is_problem(405, "method-not-allowed");
}

#[tokio::test]
async fn needs_are_merged_and_split() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let staff = site.caller("staff", "NSATU", Role::Coordinator).await;
        let need = |code: &str, quantity: &str| {
            json!({
                "code": code, "unit": "U-DEM-1", "place": "POINT-05", "purpose": "demining", "quantity": quantity, "priority": "9",
                "due": "2026-10-09", "expires": "2026-11-30", "state": "validated", "fictional": "yes", "source": "test",
                "requirement_accepts": [{ "resource": "DET-DUAL/ok", "utility": "1", "fictional": "yes", "source": "test" }],
            })
        };
        for (code, quantity) in [("R-X", "5"), ("R-Y", "6")] {
            staff.post("/records/requirements", need(code, quantity)).await.is(201);
        }
        let address = "/records/requirements/R-X";
        let merge = format!("{address}/merge");
        let told = staff.change("POST", &merge, json!({ "others": ["R-001"], "reason": "x" })).await;
        told.is_problem(422, "invalid");
        staff.change("POST", &merge, json!({ "others": ["R-Z"], "reason": "x" })).await.is_problem(404, "not-found");
        let merged = staff.change("POST", &merge, json!({ "others": ["R-Y"], "reason": "twice" })).await.is(200);
        assert_eq!(merged.json()["quantity"], "11");
        assert_eq!(staff.get("/records/requirements/R-Y").await.json()["state"], "superseded");
        let split = format!("{address}/split");
        let part = json!({ "code": "R-X2", "quantity": 4, "due": "2026-10-16", "reason": "later" });
        let rest = staff.change("POST", &split, part.clone()).await.is(200);
        assert_eq!(rest.json()["quantity"], "7");
        let new = staff.get("/records/requirements/R-X2").await.is(200).json();
        assert_eq!(
            (&new["quantity"], &new["due"], &new["state"]),
            (&json!("4"), &json!("2026-10-16"), &json!("validated"))
        );
        staff.change("POST", &split, part).await.is_problem(422, "invalid");
        staff
            .change("POST", &split, json!({ "code": "!", "quantity": 1, "reason": "x" }))
            .await
            .is_problem(422, "invalid");
        staff
            .ask("POST", &split)
            .json(json!({ "code": "R-X3", "quantity": 1, "reason": "x" }))
            .await
            .is_problem(428, "precondition-required");
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        let denied = germany.change("POST", &split, json!({ "code": "DEU-X3", "quantity": 1, "reason": "x" })).await;
        denied.is_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn what_is_hidden_is_answered_as_what_is_not_there() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let (germany, poland) = (
            site.caller("germany", "DEU", Role::DonorLiaison).await,
            site.caller("poland", "POL", Role::DonorLiaison).await,
        );
        germany.post("/records/offers", offer("DEU-SECRET")).await.is(201);
        for other in [&poland, &site.nobody()] {
            for end in ["", "/history", "/access", "/fits", "/met"] {
                let hidden = other.get(&format!("/records/offers/DEU-SECRET{end}")).await;
                let absent = other.get(&format!("/records/offers/DEU-ABSENT{end}")).await;
                hidden.is_problem(404, "not-found");
                assert_eq!((&hidden.text, &hidden.headers), (&absent.text, &absent.headers), "{end}");
            }
            for path in [
                "/records/offers?q=secret",
                "/records/offers?donor=DEU&total=true",
                "/search?q=DEU-SECRET",
                "/export/offers?format=json",
            ] {
                assert!(!other.get(path).await.is(200).text.contains("DEU-SECRET"), "{path}");
            }
        }
        for (method, end) in [("PUT", ""), ("PATCH", ""), ("POST", "/state")] {
            let body = if end.is_empty() { offer("DEU-SECRET") } else { json!({ "state": "offered", "reason": "x" }) };
            for key in ["DEU-SECRET", "DEU-ABSENT"] {
                let path = format!("/records/offers/{key}{end}");
                poland.ask(method, &path).with("if-match", "*").json(body.clone()).await.is_problem(404, "not-found");
            }
        }
        poland.post("/records/offers", offer("POL-X")).await.is_problem(403, "forbidden");
        site.nobody().post("/records/offers", offer("DEU-2")).await.is_problem(401, "unauthorised");
        let tagged = poland.post("/records/offers", offer("DEU-SECRET")).await;
        let free = poland.post("/records/offers", offer("DEU-ABSENT")).await;
        assert_eq!(
            tagged.text.replace("SECRET", "ABSENT"),
            free.text,
            "a code that is taken is told as one that is free"
        );
        // A token for reading changes nothing.
        let read = germany.post("/me/tokens", json!({ "label": "reader", "days": 1 })).await.is(201).json();
        let reader = Caller { token: Some(read["secret"].as_str().unwrap().to_owned()), ..germany.clone() };
        reader.get("/records/offers/DEU-SECRET").await.is(200);
        reader.post("/records/offers", offer("DEU-3")).await.is_problem(403, "forbidden");
        Caller { token: Some("muster_wrong".into()), ..germany.clone() }
            .get("/me")
            .await
            .is_problem(401, "unauthorised");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let staff = site.caller("staff", "NSATU", Role::Coordinator).await;
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        for (caller, path, limit, more) in [
            (&staff, "/records/offers", 7, ""),
            (&staff, "/records/offers", 7, "&sort=-resource&kind=goods"),
            (&staff, "/records/requirements", 9, "&sort=quantity"),
            (&germany, "/records/offers", 3, ""),
            (&germany, "/records/places", 9, "&q=a"),
            (&staff, "/journal", 9, ""),
            (&germany, "/journal", 2, ""),
            (&staff, "/ledger/accounts", 11, ""),
            (&germany, "/ledger/accounts", 2, ""),
        ] {
            let rows = |answer: &Answer| -> Vec<Value> {
                let page = answer.json();
                ["records", "entries", "accounts"].iter().find_map(|name| page[*name].as_array().cloned()).unwrap()
            };
            let whole = caller.get(&format!("{path}?limit=1000{more}")).await;
            assert_eq!(whole.status, StatusCode::OK, "{engine:?} {path}{more}: {}", whole.text);
            let whole = rows(&whole);
            let (mut all, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = caller.get(&format!("{path}?limit={limit}{more}{cursor}")).await.is(200);
                all.extend(rows(&page));
                match page.json()["next"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert!(all.len() > 3, "{path}: {}", all.len());
            assert_eq!(all, whole, "{path}");
        }
        let total = staff.get("/records/offers?limit=1&total=true&donor=DEU").await.is(200).json();
        assert!(total["total"].as_i64() > Some(1) && total["records"].as_array().unwrap().len() == 1);
    }
}

#[tokio::test]
async fn a_request_with_a_key_is_done_once() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let (germany, staff) = (
            site.caller("germany", "DEU", Role::DonorLiaison).await,
            site.caller("staff", "NSATU", Role::Coordinator).await,
        );
        let first = germany.keyed("key-1", "/records/offers").json(offer("DEU-1")).await.is(201);
        let again = germany.keyed("key-1", "/records/offers").json(offer("DEU-1")).await.is(201);
        assert_eq!(
            (&first.text, first.header("etag"), first.header("location")),
            (&again.text, again.header("etag"), again.header("location"))
        );
        assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
        germany.keyed("key-1", "/records/offers").json(offer("DEU-2")).await.is_problem(422, "key-reused");
        assert_eq!(germany.get("/records/offers/DEU-1/history").await.json()["history"].as_array().unwrap().len(), 1);
        // Another's key is another key.
        staff.keyed("key-1", "/records/offers").json(offer("DEU-7")).await.is(201);
        // What failed may be mended and sent again under the same key.
        let wrong = staff.keyed("key-2", "/records/offers").json(json!({})).await;
        wrong.is_problem(422, "invalid");
        staff.keyed("key-2", "/records/offers").json(offer("DEU-8")).await.is(201);
        // Secrets are shown once.
        let token = json!({ "label": "x", "days": 1 });
        let first = staff.keyed("key-1", "/me/tokens").json(token.clone()).await;
        first.is_problem(422, "key-reused");
        let first = staff.keyed("key-3", "/me/tokens").json(token.clone()).await.is(201);
        let again = staff.keyed("key-3", "/me/tokens").json(token).await.is(201);
        assert!(first.json()["secret"].is_string() && again.json()["secret"].is_null());
        assert_eq!(first.json()["token"], again.json()["token"]);
        let bad = staff.ask("POST", "/me/tokens").with("idempotency-key", &"x".repeat(200)).json(json!({})).await;
        bad.is_problem(400, "bad-request");
        // Many at once: one is done, the others are told so.
        let all = futures_util::future::join_all(
            (0..8).map(|_| germany.keyed("key-9", "/records/offers").json(offer("DEU-9"))),
        );
        let statuses: Vec<u16> = all.await.iter().map(|answer| answer.status.as_u16()).collect();
        assert!(statuses.contains(&201) && statuses.iter().all(|s| [201, 409].contains(s)), "{statuses:?}");
    }
}
