//! Plans, movements, payments, the journal, accounts: what the pages do, by programs.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn a_plan_is_made_accepted_and_carried_out() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let staff = site.caller("staff", "NSATU", Role::Coordinator).await;
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        germany.post("/plans", json!({ "reason": "x" })).await.is_problem(403, "forbidden");
        let told = staff.post("/plans", json!({ "seconds": 4_000, "reason": "x" })).await;
        told.is_problem(422, "invalid");
        let begun = staff.post("/plans", json!({ "seconds": 2, "gap": 0.05, "reason": "first" })).await.is(202);
        let job = begun.header("location").strip_prefix("/api/v1").unwrap().to_owned();
        germany.get(&job).await.is_problem(404, "not-found");
        let mut plan = Value::Null;
        for _ in 0..800 {
            plan = staff.get(&job).await.is(200).json()["plan"].clone();
            if plan.is_string() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let plan = plan.as_str().unwrap().to_owned();
        let address = format!("/plans/{plan}");
        let shown = staff.get(&address).await.is(200).json();
        assert!(shown["summary"].get("version").is_none() && !shown["loads"].as_array().unwrap().is_empty());
        assert_eq!(staff.get("/plans").await.json()["plans"][0]["plan"], plan);
        assert_eq!(germany.get("/plans").await.json()["plans"], json!([]));
        germany.get(&address).await.is_problem(404, "not-found");
        let needs = staff.get(&format!("{address}/needs")).await.is(200).json();
        let lacks = |need: &&Value| !need["lacking"].as_array().unwrap().is_empty();
        let need = needs["needs"].as_array().unwrap().iter().find(lacks).unwrap();
        assert!(
            need["lacking"][0]["causes"][0]["reason"]["kind"].is_string() && need["lacking"][0]["words"][0].is_string()
        );
        let asks = staff.get(&format!("{address}/asks")).await.is(200).json();
        let first = &asks["asks"][0];
        assert!(first["verified"].is_object() && first["changes"][0]["change"].is_string(), "{first}");
        let calm = staff.get(&format!("{address}/robustness?delay=0&loss=0&samples=5")).await.is(200).json();
        // A mean of equal numbers may differ from them in its last digit.
        let [mean, planned] = ["mean", "planned"].map(|name| calm[name].as_f64().unwrap());
        assert!((mean - planned).abs() <= 1e-9 * planned && calm["needs"][0]["all"] == 1.0, "{calm}");
        germany.get(&format!("{address}/robustness")).await.is_problem(404, "not-found");
        let scenario = format!("{address}/what-if");
        let changes = json!([{ "change": "drop_donor", "donor": "JPN" }]);
        let begun = staff.post(&scenario, json!({ "changes": changes, "seconds": 1 })).await.is(202);
        let job = begun.header("location").strip_prefix("/api/v1").unwrap().to_owned();
        let mut found = Value::Null;
        for _ in 0..800 {
            found = staff.get(&job).await.is(200).json()["scenario"].clone();
            if found.is_object() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!((&found["changes"], &found["before"]["objective"]), (&changes, &shown["summary"]["objective"]));
        let without = |change: Value| json!({ "changes": [change] });
        for wrong in [
            json!({}),
            without(json!({ "change": "drop_donor" })),
            without(json!({ "change": "close_place",
            "place": "NOWHERE", "from": 0, "to": 1 })),
            json!({ "changes": changes, "seconds": 0 }),
        ] {
            staff.post(&scenario, wrong).await.is_problem(422, "invalid");
        }
        germany.post(&scenario, json!({ "changes": changes })).await.is_problem(403, "forbidden");
        germany.get(&format!("{address}/needs")).await.is_problem(404, "not-found");
        germany.get(&format!("{address}/asks")).await.is_problem(404, "not-found");
        let deliveries = staff.get(&format!("{address}/deliveries?limit=2")).await.is(200).json();
        let next = deliveries["next"].as_str().unwrap();
        let more = staff.get(&format!("{address}/deliveries?limit=2&cursor={next}")).await.is(200).json();
        assert_eq!((&deliveries["deliveries"][0]["line"], &more["deliveries"][0]["line"]), (&json!(1), &json!(3)));

        let acceptance = format!("{address}/accept");
        let why = json!({ "reason": "agreed" });
        germany.keyed("accept", &acceptance).json(why.clone()).await.is_problem(403, "forbidden");
        let accepted = staff.keyed("accept", &acceptance).json(why.clone()).await.is(200);
        assert_eq!(staff.keyed("accept", &acceptance).json(why.clone()).await.is(200).text, accepted.text);
        staff.post(&format!("{address}/discard"), why).await.is_problem(422, "invalid");

        let steps = staff.get("/movements?limit=1000").await.is(200).json();
        let departs = |step: &&Value| step["activity"] == "depart" && step["open"].as_i64() > Some(1);
        let quantity_tracked = steps["steps"].as_array().unwrap().iter().filter(departs);
        let mut moved = None;
        for step in quantity_tracked {
            let body = json!({ "plan": plan, "line": step["line"], "quantity": 1, "reason": "loaded" });
            let key = format!("move-{}", step["line"]);
            let answer = staff.keyed(&key, "/movements/dispatch").json(body.clone()).await;
            if answer.status == StatusCode::OK {
                let again = staff.keyed(&key, "/movements/dispatch").json(body).await;
                assert_eq!(again.is(200).text, answer.text);
                moved = Some((step["line"].clone(), answer.json()));
                break;
            }
        }
        let (line, dispatched) = moved.unwrap();
        assert_eq!((&dispatched["activity"], &dispatched["quantity"]), (&json!("depart"), &json!(1)));
        let received = json!({ "plan": plan, "line": line, "quantity": 1, "reason": "arrived" });
        assert_eq!(staff.post("/movements/receive", received).await.is(200).json()["activity"], "arrive");
        let voided = json!({ "plan": plan, "line": line, "reason": "the road is closed" });
        assert!(staff.post("/movements/void", voided.clone()).await.is(200).json()["voided"].as_i64() > Some(0));
        germany
            .post("/movements/void", json!({ "plan": plan, "line": 999_999, "reason": "x" }))
            .await
            .is_problem(404, "not-found");
        staff.post("/movements/void", voided).await.is_problem(422, "invalid");

        // What was promised is planned again: what has left stays, what was voided is free.
        staff.post("/plans", json!({ "replan": true, "keep": 101, "reason": "x" })).await.is_problem(422, "invalid");
        // At a high price: how good the first plan is depends on how fast the machine was, and a better one may change much.
        let asked = json!({ "seconds": 2, "gap": 0.05, "replan": true, "keep": 100, "reason": "again" });
        let begun = staff.post("/plans", asked).await.is(202);
        let job = begun.header("location").strip_prefix("/api/v1").unwrap().to_owned();
        let mut again = Value::Null;
        for _ in 0..800 {
            again = staff.get(&job).await.is(200).json()["plan"].clone();
            if again.is_string() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let address = format!("/plans/{}", again.as_str().unwrap());
        let counted = staff.get(&address).await.is(200).json()["summary"]["replan"].clone();
        let count = |name: &str| counted[name].as_u64().unwrap();
        assert!(count("kept") * 100 >= 95 * (count("kept") + count("changed") + count("dropped")), "{counted}");
        let differences = staff.get(&format!("{address}/differences?limit=1000")).await.is(200).json();
        let lines = |fate: &str, side: &str| {
            let all = differences["differences"].as_array().unwrap().iter().filter(|d| d["fate"] == fate);
            all.map(|d| d[side].as_array().unwrap().len() as u64).sum::<u64>()
        };
        assert_eq!((lines("dropped", "was"), lines("new", "becomes")), (count("dropped"), count("new")));
        assert!(differences["next"].is_null());
        assert_eq!(staff.get(&format!("/plans/{plan}/differences")).await.is(200).json()["differences"], json!([]));
        germany.get(&format!("{address}/differences")).await.is_problem(404, "not-found");
        let acceptance = format!("{address}/accept");
        let why = json!({ "reason": "agreed again" });
        germany.keyed("again", &acceptance).json(why.clone()).await.is_problem(403, "forbidden");
        let accepted = staff.keyed("again", &acceptance).json(why.clone()).await.is(200);
        assert_eq!(accepted.json()["kept"], counted["kept"]);
        assert_eq!(accepted.json()["taken_back"].as_u64().unwrap(), count("changed") + count("dropped"));
        assert_eq!(staff.keyed("again", &acceptance).json(why).await.is(200).text, accepted.text);

        // What is told of the journal: numbers only to who sees everything.
        let journal = staff.get("/journal?limit=5&activity=depart").await.is(200).json();
        assert!(journal["entries"][0]["number"].is_i64());
        let theirs = germany.get("/journal?limit=50").await.is(200).json();
        let entries = theirs["entries"].as_array().unwrap();
        assert!(entries.iter().all(|e| e["number"].is_null() && e["plan"].is_null()), "{entries:?}");
        let accounts = germany.get("/ledger/accounts?limit=3").await.is(200).json();
        let account = accounts["accounts"][0]["account"].as_str().unwrap();
        let escaped: String = account.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let statement = germany.get(&format!("/ledger/accounts/{escaped}/statement")).await.is(200).json();
        assert!(statement["lines"].as_array().unwrap().iter().all(|line| line["entry"].is_null()));
        let poland = site.caller("poland", "POL", Role::DonorLiaison).await;
        poland.get(&format!("/ledger/accounts/{escaped}/statement")).await.is_problem(404, "not-found");
        let begun = staff.ask("POST", "/verifications").send("").await.is(202);
        let address = begun.header("location").strip_prefix("/api/v1").unwrap().to_owned();
        let job = begun.json();
        let verified = loop {
            let told = staff.get(&address).await.is(200).json();
            assert_eq!(told["verification"], job["verification"]);
            if told["status"] != "running" {
                break told;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        };
        assert_eq!(verified["status"], "fits", "{verified}");
        assert_eq!((&verified["checked"], verified["head"].as_str().unwrap().len()), (&verified["entries"], 64));
        germany.ask("POST", "/verifications").send("").await.is_problem(403, "forbidden");
        germany.get(&address).await.is_problem(404, "not-found");
        for path in [
            "/overview",
            "/overview?as_of=2026-09-14&known=2026-09-15",
            "/report?by=need",
            "/report?by=donor",
            "/search?q=helmet",
        ] {
            staff.get(path).await.is(200);
            site.nobody().get(path).await.is(200);
        }
    }
}

#[tokio::test]
async fn promised_money_is_paid_once() {
    let site = Site::demonstration(muster_app::storage::dialect::Engine::Sqlite, as_is).await;
    let staff = site.caller("staff", "NSATU", Role::Coordinator).await;
    let offers = staff.get("/records/offers?kind=contribution&state=committed").await.is(200).json();
    let offer = offers["records"][0]["code"].as_str().unwrap();
    let pay = |amount: &str| {
        let body = json!({ "offer": offer, "amount": amount, "reason": "bank statement" });
        staff.keyed("pay-1", "/payments").json(body)
    };
    let paid = pay("1.5").await.is(200);
    assert_eq!(paid.json()["paid_minor"], 150);
    assert_eq!(pay("1.5").await.is(200).text, paid.text);
    pay("2").await.is_problem(422, "key-reused");
    staff.post("/payments", json!({ "offer": offer, "amount": "1e9", "reason": "x" })).await.is_problem(422, "invalid");
}

#[tokio::test]
async fn accounts_are_given_and_taken() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let admin = site.caller("admin", "NSATU", Role::Administrator).await;
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        let me = germany.get("/me").await.is(200).json();
        assert_eq!(
            (&me["name"], &me["party"], &me["sees_everything"], &me["may"]),
            (&json!("germany"), &json!("DEU"), &json!(false), &json!(["move", "consent", "attach"]))
        );
        site.nobody().get("/me").await.is_problem(401, "unauthorised");
        let account = json!({ "name": "hub", "party": "OP-WEST", "roles": ["hub_operator"] });
        germany.post("/users", account.clone()).await.is_problem(403, "forbidden");
        let made = admin.post("/users", account.clone()).await.is(201);
        assert!(made.json()["secret"].as_str().is_some_and(|secret| secret.len() >= 12));
        admin.post("/users", account).await.is_problem(409, "exists");
        admin
            .post("/users", json!({ "name": "x", "party": "NOBODY", "roles": ["auditor"] }))
            .await
            .is_problem(422, "invalid");
        admin
            .post("/users", json!({ "name": "x", "party": "DEU", "roles": ["king"] }))
            .await
            .is_problem(422, "invalid");
        let other = json!({ "party": "OP-WEST", "roles": ["auditor"], "disabled": true });
        admin.ask("PUT", "/users/hub").json(other.clone()).await.is_problem(428, "precondition-required");
        let known = admin.get("/users/hub").await.is(200);
        let known = known.header("etag");
        let changed = admin.ask("PUT", "/users/hub").with("if-match", known).json(other.clone()).await.is(200);
        assert_eq!(changed.json()["disabled"], true);
        assert_ne!(changed.header("etag"), known);
        admin.ask("PUT", "/users/hub").with("if-match", known).json(other).await.is_problem(412, "changed");
        assert_eq!(admin.get("/users/hub").await.is(200).json()["roles"], json!(["auditor"]));
        admin.get("/users/none").await.is_problem(404, "not-found");
        for name in ["hub", "none"] {
            germany.get(&format!("/users/{name}")).await.is_problem(403, "forbidden");
        }
        assert!(admin.get("/users").await.is(200).json()["users"].as_array().unwrap().len() == 4);
        admin.ask("POST", "/users/germany/password").send("").await.is(200);
        admin.ask("POST", "/users/germany/sign-out").send("").await.is(204);
        let wrong = json!({ "old": "wrong", "new": "correct horse battery" });
        germany.post("/me/password", wrong).await.is_problem(422, "invalid");
        germany.ask("POST", "/me/sign-out").send("").await.is(204);
        let token = germany.get("/me/tokens").await.is(200).json()["tokens"][0]["token"].clone();
        germany.ask("DELETE", "/me/tokens/T-none").send("").await.is_problem(404, "not-found");
        admin.ask("DELETE", &format!("/users/germany/tokens/{}", token.as_str().unwrap())).send("").await.is(200);
        germany.get("/me").await.is_problem(401, "unauthorised");
    }
}
