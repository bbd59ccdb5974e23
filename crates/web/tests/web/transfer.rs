//! Consignments on their pages: made up, packed, gated, counted, signed for and printed; what is typed stays when something is wrong.

use axum::http::StatusCode;
use muster_app::Actor;
use muster_domain::{
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    role::Role,
    viewer::Viewer,
};
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::site::{Site, as_is, operator};

/// The form by which a consignment of vests and two pickups is made ready.
pub(crate) const READY: &str =
    "deed=ready&condition+1=serviceable&units+1=L-1+300&units+2=PK-1%0APK-2&condition+2=serviceable";

/// A site with goods at a hub, and the account in which they are.
pub(crate) async fn stocked(engine: muster_app::storage::dialect::Engine) -> (Site, [&'static str; 2]) {
    let site = Site::demonstration(engine, as_is).await.unhurried();
    let accounts = ["on_hand OP-WEST POL NODE-WEST - VEST/ok -", "on_hand OP-WEST POL NODE-WEST - PICKUP/ok -"];
    for (n, account) in accounts.iter().enumerate() {
        let to = AccountKey::parse(account).unwrap();
        let from = AccountKey::parse(&account.replace("on_hand OP-WEST", "national_stock POL")).unwrap();
        let unit = |serial: &str, quantity| Posting {
            serial: serial.into(),
            ..Posting::new(from.clone(), to.clone(), quantity)
        };
        let lot = Posting { lot: "L-1".into(), ..unit("", 500) };
        let postings = if n == 0 { vec![lot] } else { vec![unit("PK-1", 1), unit("PK-2", 1)] };
        let note = Note {
            key: format!("stock {n}"),
            occurred_at: Note::WHEN_RECORDED,
            actor: "tester".into(),
            reason: "a test".into(),
        };
        let act = Act::Post { activity: Activity::Adjust, subject: Subject::default(), postings };
        let done = site.app.post(vec![Command { note, act }], &operator()).await.unwrap();
        assert!(done[0].is_ok(), "{done:?}");
    }
    (site, accounts)
}

pub(crate) async fn api(site: &Site, method: &str, address: &str, body: Value) -> (StatusCode, Value) {
    use axum::{body::Body, http::Request};
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{address}"))
        .header("cookie", &site.cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json");
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let answer = site.answer(request.body(body).unwrap()).await;
    (answer.status, serde_json::from_str(&answer.text).unwrap_or_default())
}

pub(crate) async fn made(site: &Site, accounts: &[&str]) -> String {
    let lines: Vec<Value> = accounts
        .iter()
        .map(|account| json!({ "account": account, "quantity": if account.contains("VEST") { 300 } else { 2 } }))
        .collect();
    let new = json!({ "from": "NODE-WEST", "route": ["NODE-WEST.CROSS-2.rail"], "lines": lines, "reason": "test" });
    let (status, shown) = api(site, "POST", "/consignments", new).await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    shown["code"].as_str().unwrap().to_owned()
}

async fn shown_movement(site: &Site, code: &str) -> String {
    let (_, shown) = api(site, "GET", &format!("/consignments/{code}"), Value::Null).await;
    shown["movements"][0]["movement"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_consignment_is_readied_sent_counted_and_printed_on_its_page() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = made(&site, &accounts).await;
        let page = format!("/consignments/{code}");
        let list = site.get("/consignments").await;
        assert!(list.status == StatusCode::OK && list.text.contains(&code), "{}", list.text);
        let shown = site.get(&page).await;
        assert!(shown.text.contains("PK-1"), "units that are known where they lie are named: {}", shown.text);
        assert!(shown.text.contains("nobody has looked at the condition"), "{}", shown.text);
        // What was typed stays when a gate is shut.
        let typed = "deed=ready&condition+1=serviceable&units+1=L-1+300&units+2=PK-1%0APK-9&condition+2=serviceable";
        let refused = site.post(&page, &site.cookie, &typed.replace("PK-1%0APK-9", "PK-9")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("1 of 2") && refused.text.contains("PK-9"), "{}", refused.text);
        let done = site.post(&page, &site.cookie, READY).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let nobody = site.post(&page, &site.cookie, "deed=depart&carrier=&conveyance=").await;
        assert!(nobody.text.contains("say who carries"), "{}", nobody.text);
        let done = site.post(&page, &site.cookie, "deed=depart&carrier=Carrier&conveyance=W+1").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        for address in [page.as_str(), "/consignments"] {
            assert!(site.get(address).await.text.contains("on the way to CROSS-2"), "{address}");
        }
        // Its conveyance has a page, is on its way on the list's map and by days, and has a manifest.
        let movement = shown_movement(&site, &code).await;
        let way = site.get("/movements").await;
        let pictures = way.text.contains("id=\"way-map\"") && way.text.contains("id=\"way-time\"");
        assert!(pictures && way.text.contains(&format!("href=\"/movements/{movement}\"")), "{}", way.text);
        let moved = site.get(&format!("/movements/{movement}")).await;
        assert!(moved.text.contains("Carrier, W 1") && moved.text.contains(&code), "{}", moved.text);
        let manifest = site.get(&format!("/api/v1/movements/{movement}/manifest?leg=1&language=en")).await;
        assert_eq!((manifest.status, manifest.header("content-type")), (StatusCode::OK, "application/pdf"));
        let (_, legs) = api(&site, "GET", "/legs?under_way=true&limit=1", Value::Null).await;
        assert_eq!((&legs["legs"][0]["movement"], &legs["legs"][0]["consignments"]), (&json!(movement), &json!(1)));
        assert_eq!(site.get("/movements/M-1").await.status, StatusCode::NOT_FOUND);
        let count = "deed=arrive&received+1=298&damaged+1=1&unit+2=there+PK-1&unit+2=missing+PK-2&thing=a+crate&thing_quantity=3";
        let done = site.post(&page, &site.cookie, count).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let shown = site.get(&page).await;
        for word in ["298 / 300", "Short", "Damaged", "Unmanifested", "a crate"] {
            assert!(shown.text.contains(word), "{word}: {}", shown.text);
        }
        let open = site.get("/variances").await;
        assert_eq!(open.text.matches("href=\"/variances/V-").count(), 4, "{}", open.text);
        // Somebody looks at it later, and says what they saw.
        let look = "deed=inspect&condition+1=serviceable&remark+1=dry&at=2026-09-15T09:30&remark=by+day&reason=a+look";
        let done = site.post(&page, &site.cookie, look).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let (_, now) = api(&site, "GET", &format!("/consignments/{code}"), Value::Null).await;
        let last = now["milestones"].as_array().unwrap().last().unwrap();
        assert_eq!((&now["lines"][0]["remark"], &last["remark"]), (&json!("dry"), &json!("by day")), "{now}");
        // The lanes that are named are taken, or it is said why not.
        let away = "deed=redirect&to=NODE-WEST&route=NODE-WEST.CROSS-2.rail&reason=x";
        let away = site.post(&page, &site.cookie, away).await;
        assert!(away.text.contains("name=\"route\" value=\"NODE-WEST.CROSS-2.rail\""), "{}", away.text);
        // No unit is to have it: it goes into stock where it is.
        assert!(shown.text.contains("Take into stock") && !shown.text.contains("Record receipt"), "{}", shown.text);
        let done = site.post(&page, &site.cookie, "deed=stock&reason=it+ends+here").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let (_, now) = api(&site, "GET", &format!("/consignments/{code}"), Value::Null).await;
        assert_eq!((&now["state"], &now["into_stock"]), (&json!("closed"), &json!(false)));
        let paper =
            site.get(&format!("/api/v1/consignments/{code}/documents/packing_list?language=en&second=uk")).await;
        assert_eq!((paper.status, paper.header("content-type")), (StatusCode::OK, "application/pdf"));
        assert!(paper.text.starts_with("%PDF-"));
        let none = site.get(&format!("/api/v1/consignments/{code}/documents/handover_receipt")).await;
        assert!(none.status == StatusCode::OK && none.text.starts_with("%PDF-"), "a form to be signed by hand");
        let none = site.get(&format!("/api/v1/consignments/{code}/documents/handover_receipt?handover=H-1")).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "nobody has signed");
        let (_, needed) = api(&site, "GET", &format!("/consignments/{code}/documents"), Value::Null).await;
        let kinds: Vec<&str> =
            needed["documents"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
        assert!(kinds.contains(&"waybill") && !kinds.contains(&"form_302"), "{kinds:?}: it stays in Poland");
    }
}

#[tokio::test]
async fn a_handover_is_signed_by_two_and_its_receipt_is_printed() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = made(&site, &accounts[..1]).await;
        for (name, party) in [("wera", "OP-WEST"), ("omar", "UKR")] {
            site.user(name, party, &[Role::HubOperator]).await;
            let own = Actor::new(Viewer::operator(name), "my PIN");
            site.app.set_pin("246802", &own).await.unwrap();
        }
        let one = |name: &str, pin: &str| json!({ "name": name, "pin": pin });
        let signed = |pin: &str| json!({ "hands_over": one("wera", pin), "takes_over": one("omar", "246802") });
        let path = |end: &str| format!("/consignments/{code}/{end}");
        let ready = json!({
            "lines": [{ "line": 1, "condition": "serviceable", "units": [{ "lot": "L-1", "quantity": 300 }] }],
            "reason": "test",
        });
        assert_eq!(api(&site, "POST", &path("ready"), ready).await.0, StatusCode::OK);
        let depart = |pin| json!({ "carrier": "C", "conveyance": "W 1", "signed": signed(pin), "reason": "test" });
        let (status, said) = api(&site, "POST", &path("depart"), depart("111111")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(said["detail"].as_str().unwrap().contains("not the PIN of wera"), "{said}");
        site.clock.advance(jiff::SignedDuration::from_mins(10));
        let (status, done) = api(&site, "POST", &path("depart"), depart("246802")).await;
        assert_eq!(status, StatusCode::OK, "{done}");
        let handover = done["handover"].as_str().unwrap();
        let (_, receipt) = api(&site, "GET", &format!("/handovers/{handover}/receipt"), Value::Null).await;
        muster_app::sealed::check(&receipt, None).unwrap();
        let paper = site.get(&format!("/api/v1/consignments/{code}/documents/handover_receipt")).await;
        assert!(paper.status == StatusCode::OK && paper.text.starts_with("%PDF-"), "{}", paper.text);
        // Somebody who has nothing to do with it is told nothing of it.
        let japan = site.user("jun", "JPN", &[Role::DonorLiaison]).await;
        for address in [path(""), format!("/handovers/{handover}/receipt"), path("documents/manifest")] {
            let address = format!("/api/v1{}", address.trim_end_matches('/'));
            assert_eq!(site.ask("GET", &address, &japan).await.status, StatusCode::NOT_FOUND, "{address}");
        }
        assert_eq!(site.ask("GET", &format!("/consignments/{code}"), &japan).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn faults_in_a_nested_body_are_told_with_their_place() {
    let (site, accounts) = stocked(ENGINES[0]).await;
    let code = made(&site, &accounts[..1]).await;
    for (body, said) in [
        (json!({ "lines": [{ "line": 1, "received": -1 }], "reason": "x" }), "0: received"),
        (json!({ "lines": [{ "received": 1 }], "reason": "x" }), "0: line"),
        (json!({ "lines": [{ "line": 1, "received": 1, "colour": 2 }], "reason": "x" }), "colour"),
        (json!({ "signed": { "hands_over": { "name": "a" } }, "reason": "x" }), "takes_over"),
        (json!({ "overrides": ["door"], "lines": [], "reason": "x" }), "overrides"),
    ] {
        let (status, answer) = api(&site, "POST", &format!("/consignments/{code}/arrive"), body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert!(answer.to_string().contains(said), "{said}: {answer}");
    }
}

/// Vests at the west hub on their way to a unit by a crossing that nobody keeps and a hub forward.
const WAY: [&str; 3] = ["NODE-WEST.CROSS-2.rail", "CROSS-2.FWD-B.road", "FWD-B.POINT-05.road"];

/// Which deeds a page offers, in the order of their names.
fn offered(page: &str) -> Vec<&str> {
    let mut deeds: Vec<&str> =
        page.split("name=\"deed\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    deeds.sort_unstable();
    deeds.dedup();
    deeds
}

const DEEDS: [&str; 14] = [
    "arrive", "cancel", "depart", "inspect", "join", "pack", "ready", "receive", "redirect", "repack", "split",
    "title", "units", "value",
];

#[tokio::test]
async fn everybody_is_offered_what_they_may_do_where_the_consignment_is() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let sender = site.user("wera", "OP-WEST", &[Role::HubOperator]).await;
        let hub = site.user("fedir", "OP-FWD", &[Role::HubOperator]).await;
        let unit = site.user("dana", "U-DEM-1", &[Role::RequirementsOfficer]).await;
        let giver = site.user("ola", "POL", &[Role::DonorLiaison]).await;
        let line = json!({ "account": accounts[0], "quantity": 300, "need": "R-003" });
        let new = json!({ "from": "NODE-WEST", "route": WAY, "lines": [line], "reason": "test" });
        let (status, shown) = api(&site, "POST", "/consignments", new).await;
        assert_eq!(status, StatusCode::CREATED, "{shown}");
        let page = format!("/consignments/{}", shown["code"].as_str().unwrap());
        let (before, there) = (["inspect", "pack", "repack", "units"], ["inspect", "pack", "repack", "units"]);
        let (decides, none) = (["join", "redirect", "split", "value"], [].as_slice());
        let all = |some: &[&'static str], others: &[&'static str]| [some, others].concat();
        let ready = "condition+1=serviceable&units+1=L-1+300&deed=ready";
        let (leave, come) = ("carrier=C&conveyance=W+1&deed=depart", "rest=as_stated&deed=arrive");
        // What somebody does, and what each is offered before: who sent it, who keeps the hub on its way, whose it will be.
        let steps = [
            (&sender, ready, all(&before, &["cancel", "join", "ready", "split", "value"]), none, before.to_vec()),
            (&sender, leave, all(&before, &["cancel", "depart", "join", "split", "value"]), none, before.to_vec()),
            (&sender, come, vec!["arrive", "value"], none, vec!["arrive"]),
            (&sender, leave, all(&there, &all(&decides, &["depart"])), none, there.to_vec()),
            (&hub, come, vec!["value"], &["arrive"], vec!["arrive"]),
            (&hub, leave, all(&there, &decides), &["depart", "inspect"], there.to_vec()),
            (&unit, come, vec!["value"], &["arrive"], vec!["arrive"]),
            (&unit, "rest=as_stated&deed=receive", all(&there, &decides), none, all(&there, &["receive"])),
            (&unit, "", vec![], none, vec![]),
        ];
        for (n, (who, form, of_sender, of_hub, of_unit)) in steps.into_iter().enumerate() {
            // Whose the goods are gives them away, wherever they lie on their way.
            let title = offered(&site.ask("GET", &page, &giver).await.text).contains(&"title");
            assert_eq!(title, [3, 5, 7].contains(&n), "before {form} on {engine:?}");
            for (viewer, expected) in [(&sender, of_sender), (&hub, of_hub.to_vec()), (&unit, of_unit)] {
                let shown = site.ask("GET", &page, viewer).await;
                let mut expected = expected;
                // Whoever sees all of it and moves goods may say something of it.
                expected.push("note");
                expected.sort_unstable();
                // What puts right what was recorded has tests of its own.
                let mut deeds = offered(&shown.text);
                deeds.retain(|deed| !["sign", "take_back"].contains(deed));
                assert_eq!(deeds, expected, "before {form} on {engine:?}");
                // What is not offered is refused.
                for deed in DEEDS.iter().filter(|deed| !expected.contains(deed)) {
                    let typed = format!("carrier=C&conveyance=W&to=FWD-A&reason=x&deed={deed}");
                    let refused = site.post(&page, viewer, &typed).await;
                    assert!(refused.status.is_client_error(), "{deed} before {form}: {}", refused.text);
                }
            }
            if !form.is_empty() {
                let done = site.post(&page, who, form).await;
                assert_eq!(done.status, StatusCode::SEE_OTHER, "{form}: {}", done.text);
            }
        }
    }
}

/// Whether a field of a page holds what was typed.
fn holds(page: &str, name: &str, value: &str) -> bool {
    let name = format!("name=\"{name}\"");
    let mut fields = page.split(&name).skip(1).filter_map(|rest| rest.split('>').next());
    fields.any(|field| field.contains(&format!(" value=\"{value}\"")))
}

#[tokio::test]
async fn a_form_that_is_refused_holds_all_that_was_typed_and_no_other_form_does() {
    let (site, accounts) = stocked(ENGINES[0]).await;
    let code = made(&site, &accounts).await;
    let page = format!("/consignments/{code}");
    let (circumstances, told) = (
        "at=2026-09-15T08%3A00&remark=dry+%26+clean&reason=by+hand",
        [("at", "2026-09-15T08:00"), ("remark", "dry &#38; clean"), ("reason", "by hand")],
    );
    let again = async |form: &str, told: &[(&str, &str)]| {
        let refused = site.post(&page, &site.cookie, form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}: {}", refused.text);
        for (name, value) in told {
            assert!(holds(&refused.text, name, value), "{name} of {form}: {}", refused.text);
        }
        refused.text
    };
    let shown = again(
        &format!("deed=ready&units+1=&units+2=PK-7&condition+2=damaged&override=evidence&{circumstances}"),
        &told,
    )
    .await;
    assert!(shown.contains("name=\"units 1\" rows=\"3\"></textarea>"), "what was emptied stays empty: {shown}");
    assert!(shown.contains(">PK-7</textarea>") && shown.contains("<option value=\"damaged\" selected>"), "{shown}");
    assert_eq!(shown.matches("by hand").count(), 1, "only one form was sent: {shown}");
    let units = "deed=units&kind=box&count=3&sscc=123&gross_kg=40&seal=S-1";
    again(units, &[("count", "3"), ("sscc", "123"), ("gross_kg", "40"), ("seal", "S-1")]).await;
    let split =
        again("deed=split&split+1=300&split+2=2&reason=all+of+it", &[("split 1", "300"), ("reason", "all of it")]);
    assert!(split.await.contains("<details open><summary>Split"), "the form is open");
    let join = again("deed=join&others=C-1,+C-2&reason=together", &[("others", "C-1, C-2"), ("reason", "together")]);
    assert!(join.await.contains("there is no consignment C-1"), "the form is there, though what was typed is not");
    assert_eq!(site.post(&page, &site.cookie, READY).await.status, StatusCode::SEE_OTHER);
    let form = format!("deed=depart&carrier=C&conveyance=&movement=M-9&from_name=wera&from_pin=135790&{circumstances}");
    let shown =
        again(&form, &[&told[..], &[("carrier", "C"), ("movement", "M-9"), ("from_name", "wera")]].concat()).await;
    assert!(!shown.contains("135790"), "a PIN is not sent back");
    let depart = "deed=depart&carrier=C&conveyance=W+1";
    assert_eq!(site.post(&page, &site.cookie, depart).await.status, StatusCode::SEE_OTHER);
    let count = "deed=arrive&received+1=many&damaged+1=7&unit+2=damaged+PK-1&unit+2=missing+PK-2&rest=as_stated&thing=a+crate&thing_quantity=4";
    let counted = [("received 1", "many"), ("damaged 1", "7"), ("thing", "a crate"), ("thing_quantity", "4")];
    let shown = again(&format!("{count}&{circumstances}"), &[&told[..], &counted].concat()).await;
    for chosen in ["value=\"damaged PK-1\" selected", "value=\"missing PK-2\" selected", "value=\"as_stated\" checked"]
    {
        assert!(shown.contains(chosen), "{chosen}: {shown}");
    }
}

#[tokio::test]
async fn a_donor_sends_straight_from_its_offer() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await.unhurried();
        let poland = site.user("pol", "POL", &[Role::DonorLiaison]).await;
        let latvia = site.user("lva", "LVA", &[Role::DonorLiaison]).await;
        let offer = site.ask("GET", "/records/offers/O-POL-03", &poland).await.text;
        let link = "/consignments/new?from=DEPOT-POL&amp;offer=O-POL-03";
        assert!(offer.contains(link) || offer.contains(&link.replace("&amp;", "&#38;")), "{offer}");
        let page = site.ask("GET", "/consignments/new?from=DEPOT-POL&offer=O-POL-03", &poland).await.text;
        assert!(page.contains("value=\"O-POL-03\" selected") && page.contains("28 left"), "{page}");
        // What was typed stays when something is wrong with it.
        let typed =
            "from=DEPOT-POL&days=28&from_offer=yes&offer=O-POL-03&quantity=29&to=NODE-WEST&remark=by+hand&reason=asked";
        let refused = site.post("/consignments", &poland, typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains("28 are promised to nobody"), "{}", refused.text);
        for (name, value) in [("quantity", "29"), ("to", "NODE-WEST"), ("remark", "by hand")] {
            assert!(holds(&refused.text, name, value), "{name}: {}", refused.text);
        }
        let right = typed.replace("=29", "=2");
        assert_ne!(site.post("/consignments", &latvia, &right).await.status, StatusCode::SEE_OTHER, "not hers to give");
        let made = site.post("/consignments", &poland, &right).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
        let shown = site.ask("GET", made.header("location"), &poland).await.text;
        assert!(shown.contains("NODE-WEST") && shown.contains("O-POL-03"), "{shown}");
        // Its page and the API tell how much of it has come how far; nobody else is told.
        let ready = "deed=ready&condition+1=serviceable&units+1=TR-1%0ATR-2";
        let ready = site.post(made.header("location").split('?').next().unwrap(), &poland, ready).await;
        assert_eq!(ready.status, StatusCode::SEE_OTHER, "{}", ready.text);
        let offer = site.ask("GET", "/records/offers/O-POL-03", &poland).await.text;
        assert!(offer.contains("How far it has come") && offer.contains("2 of 28"), "{offer}");
        let progress = "/api/v1/records/offers/O-POL-03/progress";
        let told: Value = serde_json::from_str(&site.ask("GET", progress, &poland).await.text).unwrap();
        assert_eq!(told, json!({ "offered": 28, "reached": [{ "milestone": "readied", "units": 2 }] }));
        assert_eq!(site.ask("GET", progress, &latvia).await.status, StatusCode::NOT_FOUND);
        let page = site.ask("GET", "/consignments/new?from=DEPOT-POL", &poland).await.text;
        assert!(page.contains("26 left"), "{page}");
    }
}

#[tokio::test]
async fn a_consignment_that_cannot_be_made_up_is_asked_for_again_as_it_was_typed() {
    let site = Site::demonstration(ENGINES[0], as_is).await.unhurried();
    site.plan().await;
    site.app.plan_accept("P-001", &operator()).await.unwrap();
    let places = site.app.picture(&Viewer::operator("tester")).await.unwrap();
    let mut from = None;
    for place in places.places.keys() {
        let page = site.get(&format!("/consignments/new?from={place}&days=400")).await;
        if page.text.matches("name=\"line\"").count() > 1 {
            from = Some((place.clone(), page.text));
            break;
        }
    }
    let (from, page) = from.expect("something of the plan leaves somewhere");
    let lines: Vec<&str> =
        page.split("name=\"line\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let (first, second) = (lines[0], lines[1]);
    let typed = format!(
        "from={from}&days=399&line={first}&quantity+{first}=999999999&quantity+{second}=1&remark=on+top&reason=by+hand"
    );
    let refused = site.post("/consignments", &site.cookie, &typed).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    for (name, value) in [("days", "399"), ("remark", "on top"), ("reason", "by hand")] {
        assert!(holds(&refused.text, name, value), "{name}: {}", refused.text);
    }
    assert!(holds(&refused.text, &format!("quantity {first}"), "999999999"), "{}", refused.text);
    assert!(holds(&refused.text, &format!("quantity {second}"), "1"), "{}", refused.text);
    assert!(refused.text.contains(&format!("value=\"{first}\" checked")), "{}", refused.text);
    assert!(!refused.text.contains(&format!("value=\"{second}\" checked")), "{}", refused.text);
}

#[tokio::test]
async fn what_was_wrong_with_a_form_is_told_on_it_and_what_may_not_be_done_on_a_page_of_its_own() {
    let (site, accounts) = stocked(ENGINES[0]).await;
    let code = made(&site, &accounts).await;
    let report = "place=NODE-0&description=a+crate&quantity=2&reason=found";
    let refused = site.post("/variances", &site.cookie, report).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.text.contains("NODE-0") && holds(&refused.text, "description", "a crate"), "{}", refused.text);
    let done = site.post("/variances", &site.cookie, &report.replace("NODE-0", "NODE-WEST")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let variance = done.header("location").split('?').next().unwrap().to_owned();
    let count = site.post(&variance, &site.cookie, "deed=count&quantity=few&remark=in+the+rain").await;
    assert_eq!(count.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", count.text);
    assert!(holds(&count.text, "quantity", "few") && holds(&count.text, "remark", "in the rain"), "{}", count.text);
    let resolve = site.post(&variance, &site.cookie, "deed=resolve&resolution=&reason=gone").await;
    assert!(holds(&resolve.text, "reason", "gone"), "{}", resolve.text);
    // Whoever may not is told so with the status of it, and by no form.
    let (new, page) = (format!("from=NODE-WEST&line={code}:1"), format!("/consignments/{code}"));
    let japan = site.user("jun", "JPN", &[Role::DonorLiaison]).await;
    for (address, form, viewer, status) in [
        ("/variances", "place=NODE-WEST&description=a+crate&quantity=2&reason=found", &japan, StatusCode::FORBIDDEN),
        (page.as_str(), "deed=cancel&reason=x", &japan, StatusCode::NOT_FOUND),
        (variance.as_str(), "deed=count&quantity=2", &japan, StatusCode::NOT_FOUND),
        ("/consignments", new.as_str(), &japan, StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = site.post(address, viewer, form).await;
        assert_eq!(answer.status, status, "{address}: {}", answer.text);
    }
}

#[tokio::test]
async fn what_nobody_was_promised_is_told_by_place() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let left = async |account: &str| {
            let (status, told) = api(&site, "GET", "/places/NODE-WEST/available", Value::Null).await;
            assert_eq!(status, StatusCode::OK, "{told}");
            let of = told["stock"].as_array().unwrap().iter().find(|one| one["account"] == account).cloned();
            of.map_or(0, |one| one["units"].as_i64().unwrap())
        };
        assert_eq!(left(accounts[0]).await, 500);
        made(&site, &accounts[..1]).await;
        assert_eq!(left(accounts[0]).await, 200, "what a consignment takes along is on its way to somebody");
        let (_, offered) = api(&site, "GET", "/places/NODE-WEST/available", Value::Null).await;
        assert!(offered["offers"].as_array().unwrap().iter().all(|one| one["units"].as_i64() > Some(0)), "{offered}");
        let unknown = api(&site, "GET", "/places/NOWHERE/available", Value::Null).await;
        assert_eq!(unknown.0, StatusCode::NOT_FOUND);
        // Page by page there is the same; what is no place in the list is told so.
        let (mut rest, mut stock) = ("limit=1".to_owned(), Vec::new());
        loop {
            let (_, page) = api(&site, "GET", &format!("/places/NODE-WEST/available?{rest}"), Value::Null).await;
            stock.extend(page["stock"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            rest = format!("limit=1&cursor={next}");
        }
        assert!(stock.len() > 1 && json!(stock) == offered["stock"], "{stock:?}");
        let wrong = api(&site, "GET", "/places/NODE-WEST/available?cursor=nowhere", Value::Null).await;
        assert_eq!(wrong.0, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.1);
        let page = site.get("/consignments/new?from=NODE-WEST&cursor=nowhere").await;
        assert!(page.text.contains(accounts[1]), "{}", page.text);
    }
}
