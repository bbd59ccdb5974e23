//! Units in service on their pages: checked with evidence, handed to others once their nation agrees, disposed of with a certificate.

use axum::http::StatusCode;
use muster_app::storage::dialect::Engine;
use muster_domain::{
    code::Code,
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    role::Role,
};
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::site::{Answer, Site, as_is, operator};

pub(crate) const UNIT: &str = "/end-use/PICKUP%2Fok/PK-7";

/// A site on which a unit has a pickup of Latvia in service under two caveats.
pub(crate) async fn in_service(engine: Engine) -> Site {
    let site = Site::demonstration(engine, as_is).await.unhurried();
    let to = AccountKey::parse("in_service U-DEM-1 UKR POINT-03 - PICKUP/ok FIN-EUC|DEU-ORIGIN").unwrap();
    let from = AccountKey::parse("national_stock LVA LVA NODE-WEST - PICKUP/ok FIN-EUC|DEU-ORIGIN").unwrap();
    let units = ["PK-7", "PK-8"];
    let posting = |serial: &str| Posting { serial: serial.into(), ..Posting::new(from.clone(), to.clone(), 1) };
    let note = Note {
        key: "stock".into(),
        occurred_at: "2026-05-01T00:00:00Z".parse().unwrap(),
        actor: "tester".into(),
        reason: "a test".into(),
    };
    let subject = Subject { offer: Some(Code::new("O-LVA-01").unwrap()), ..Subject::default() };
    let act = Act::Post { activity: Activity::Adjust, subject, postings: units.map(posting).into() };
    let done = site.app.post(vec![Command { note, act }], &operator()).await.unwrap();
    assert!(done[0].is_ok(), "{done:?}");
    site
}

/// A form of the unit's page.
pub(crate) async fn send(site: &Site, cookie: &str, fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Answer {
    site.send(UNIT, cookie, fields, file).await
}

async fn api(site: &Site, cookie: &str, address: &str, body: Value) -> (StatusCode, Value) {
    site.call(cookie, address, body).await
}

#[tokio::test]
async fn a_unit_is_checked_with_evidence_and_disposed_of_with_its_certificate() {
    for engine in ENGINES {
        let site = in_service(engine).await;
        let list = site.get("/end-use").await;
        assert!(list.text.contains(UNIT) && list.text.contains("2 units in service are watched"), "{}", list.text);
        assert!(list.text.contains("2 of them are overdue"), "since May: {}", list.text);
        // A list that is longer than its page goes on.
        let due = async |rest: &str| -> Value {
            serde_json::from_str(&site.get(&format!("/api/v1/end-use?limit=1{rest}")).await.text).unwrap()
        };
        let first = due("").await;
        assert_eq!((&first["due"][0]["serial"], &first["more"]), (&json!("PK-7"), &json!(true)), "{first}");
        let last = due(&format!("&cursor={}", first["next"].as_str().unwrap())).await;
        assert_eq!((&last["due"][0]["serial"], &last["next"]), (&json!("PK-8"), &Value::Null), "{last}");
        // What was typed stays when something is wrong with it.
        for (filter, count) in [
            ("holder=U-DEM-1", 2),
            ("holder=U-DEM-2", 0),
            ("place=POINT-03", 2),
            ("place=FWD-A", 0),
            ("nation=LVA", 2),
            ("nation=FIN", 0),
        ] {
            let told = due(&format!("&{filter}")).await;
            assert_eq!(told["watched"], json!(count), "{filter}: {told}");
            let page = site.get(&format!("/end-use?{filter}&until=2027-12-31")).await.text;
            assert!(page.contains(&format!("{count} units in service are watched")), "{filter}: {page}");
        }
        // Where each unit is stands in a list, beside its offer, and where it is searched for.
        for address in ["/units?offer=O-LVA-01", "/records/offers/O-LVA-01", "/search?q=PK-7", "/journal?serial=PK-7"] {
            let page = site.get(address).await.text;
            assert!(page.contains(&format!("href=\"{UNIT}\"")), "{address}: {page}");
        }
        assert!(site.get("/units?place=FWD-A").await.text.contains("There is none that you see."));
        let check = [("deed", "check"), ("grade", "not_found"), ("at", "2026-09-01T08:00"), ("remark", "")];
        let refused = send(&site, &site.cookie, &check, None).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("what was done to find it") && refused.text.contains("2026-09-01T08:00"));
        let check = [("deed", "check"), ("grade", "sighted"), ("at", "2026-09-01T08:00"), ("remark", "in the yard")];
        let strange = send(&site, &site.cookie, &check, Some(("text/html", b"<script>"))).await;
        assert_eq!(strange.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", strange.text);
        let done = send(&site, &site.cookie, &check, Some(("application/pdf", b"%PDF-1.7 seen"))).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let page = site.get(UNIT).await;
        assert!(page.text.contains("in the yard") && page.text.contains("Sighted"), "{}", page.text);
        let at = page.text.find("/api/v1/inspections/").unwrap();
        let evidence = page.text[at..].split('"').next().unwrap();
        let file = site.get(evidence).await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "application/pdf"));
        assert!(site.get("/end-use?overdue=yes").await.text.contains("PK-8"));
        assert!(!site.get("/end-use?overdue=yes").await.text.contains("PK-7"));
        // Finland sees nothing of Latvia's.
        let finland = site.user("fin", "FIN", &[Role::DonorLiaison]).await;
        for address in [UNIT, evidence] {
            assert_eq!(site.ask("GET", address, &finland).await.status, StatusCode::NOT_FOUND, "{address}");
        }
        let bare = send(&site, &site.cookie, &[("deed", "dispose"), ("reason", "burnt out")], None).await;
        assert!(bare.text.contains("choose the certificate") && bare.text.contains("burnt out"), "{}", bare.text);
        let paper = Some(("application/pdf", &b"%PDF-1.7 certificate"[..]));
        let unsaid =
            send(&site, &site.cookie, &[("deed", "dispose"), ("reason", "burnt out"), ("at", "soon")], paper).await;
        assert!(unsaid.text.contains("came already") && unsaid.text.contains("burnt out"), "{}", unsaid.text);
        let kept = unsaid.text.split("name=\"evidence\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let dispose = [("deed", "dispose"), ("reason", "burnt out"), ("evidence", kept)];
        let done = send(&site, &site.cookie, &dispose, None).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let page = site.get(UNIT).await.text;
        assert!(page.contains("It was disposed of.") && page.contains("burnt out"), "{page}");
        assert!(page.contains("End-use check: Sighted") && page.contains("Adjustment"), "its whole history: {page}");
        let told: Value = serde_json::from_str(&site.get("/api/v1/units/PICKUP%2Fok/PK-7").await.text).unwrap();
        assert_eq!(told["unit"]["purpose"], json!("consumed"), "{told}");
        let happened = |what: &str| told["history"].as_array().unwrap().iter().any(|one| one["what"] == json!(what));
        assert!(["moved", "checked", "disposed"].into_iter().all(happened), "{told}");
        let list: Value = serde_json::from_str(&site.get("/api/v1/units?offer=O-LVA-01&limit=1").await.text).unwrap();
        assert_eq!(list["units"][0]["serial"], json!("PK-7"), "{list}");
        assert!(list["next"].is_string(), "{list}");
        for address in ["/api/v1/units/PICKUP%2Fok/PK-7", "/api/v1/units/PICKUP%2Fok/none"] {
            assert_eq!(site.ask("GET", address, &finland).await.status, StatusCode::NOT_FOUND, "{address}");
        }
        assert!(site.get("/journal?activity=change").await.text.contains("href=\"/records/"), "what was changed");
        let at = page.find("/api/v1/disposals/").unwrap();
        let certificate = page[at..].split('"').next().unwrap();
        let file = site.get(certificate).await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "application/pdf"));
        assert_eq!(site.ask("GET", certificate, &finland).await.status, StatusCode::NOT_FOUND);
        let latvia = site.user("lva", "LVA", &[Role::DonorLiaison]).await;
        assert!(site.ask("GET", "/api/v1/disposals", &latvia).await.text.contains("burnt out"), "who gave it");
        assert!(!site.ask("GET", UNIT, &latvia).await.text.contains("Take the disposal back"), "it had it not");
        assert!(!site.ask("GET", "/api/v1/disposals", &finland).await.text.contains("burnt out"));
    }
}

#[tokio::test]
async fn a_unit_goes_to_others_when_every_nation_concerned_agrees() {
    for engine in ENGINES {
        let site = in_service(engine).await;
        let ask = [("deed", "ask"), ("receiver", "U-DEM-2"), ("purpose", "more mines there")];
        let nobody = send(&site, &site.cookie, &[("deed", "ask"), ("receiver", "X"), ("purpose", "why")], None).await;
        assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nobody.text);
        assert!(nobody.text.contains("value=\"why\""), "{}", nobody.text);
        let done = send(&site, &site.cookie, &ask, None).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let page = done.header("location").split('?').next().unwrap().to_owned();
        let code = page.rsplit('/').next().unwrap();
        let shown = site.get(&page).await.text;
        assert!(shown.contains("no answer yet") && !shown.contains("value=\"hand-over\""), "{shown}");
        for nation in ["DEU", "FIN", "LVA"] {
            assert!(shown.contains(&format!("<option value=\"{nation}\">")), "the mission may speak for {nation}");
        }
        let latvia = site.user("lva", "LVA", &[Role::DonorLiaison]).await;
        let own = site.ask("GET", &page, &latvia).await;
        let for_others = own.text.contains("<option value=\"DEU\">") || own.text.contains("value=\"withdraw\"");
        assert!(own.text.contains("<option value=\"LVA\">") && !for_others, "{}", own.text);
        // Who gave it may check it; what only who has it may do is not offered to them.
        let given = site.ask("GET", UNIT, &latvia).await.text;
        let sends = |page: &str| (page.contains("value=\"ask\""), page.contains("href=\"/returns"));
        assert!(given.contains("value=\"check\"") && sends(&given) == (false, false), "{given}");
        let held = site.get(UNIT).await.text;
        assert!(sends(&held) == (true, true) && held.contains("<datalist id=\"parties\">"), "{held}");
        // Every nation that is asked has notice, whatever else it sees; nobody else has.
        let others = [("fin", "FIN", true), ("pol", "POL", false)];
        for (name, nation, asked) in [("lva2", "LVA", true)].into_iter().chain(others) {
            let cookie = site.user(name, nation, &[Role::DonorLiaison]).await;
            assert_eq!(site.ask("GET", "/end-use", &cookie).await.text.contains(code), asked, "{nation}");
        }
        // By API, page and mission: each nation answers once, a nation for another never.
        let answers = format!("/third-party-transfers/{code}/answer");
        let yes = |nation: &str| json!({ "nation": nation, "answer": "consents", "reason": "asked" });
        assert_eq!(api(&site, &latvia, &answers, yes("DEU")).await.0, StatusCode::FORBIDDEN);
        assert_eq!(api(&site, &latvia, &answers, json!({ "answer": "yes" })).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        let (status, said) = api(&site, &latvia, &answers, yes("LVA")).await;
        assert_eq!((status, &said["state"]), (StatusCode::OK, &json!("asked")), "{said}");
        let form = "deed=answer&nation=DEU&answer=consents&reference=";
        let unsaid = site.post(&page, &site.cookie, form).await;
        assert!(unsaid.text.contains("by which letter"), "{}", unsaid.text);
        for nation in ["DEU", "FIN"] {
            let form = format!("deed=answer&nation={nation}&answer=consents&reference=letter+12");
            let done = site.post(&page, &site.cookie, &form).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        assert!(site.get(&page).await.text.contains("value=\"hand-over\""));
        let done = site.post(&page, &site.cookie, "deed=hand-over&at=").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let over = site.get(&page).await.text;
        assert!(
            over.contains("Transferred") && !over.contains("<form method=\"post\" action=\"/third-party"),
            "{over}"
        );
        assert!(site.get(UNIT).await.text.contains("U-DEM-2"));
        let other =
            json!({ "resource": "PICKUP/ok", "serial": "PK-8", "receiver": "U-DEM-2", "purpose": "x", "reason": "x" });
        let (status, made) = api(&site, &site.cookie, "/third-party-transfers", other).await;
        assert_eq!((status, &made["state"]), (StatusCode::CREATED, &json!("asked")), "{made}");
        // The newest first, each on its page.
        let list = async |rest: &str| -> Value {
            serde_json::from_str(&site.get(&format!("/api/v1/third-party-transfers?limit=1{rest}")).await.text).unwrap()
        };
        let first = list("").await;
        let last = list(&format!("&cursor={}", first["next"].as_str().unwrap())).await;
        let codes = [&first, &last].map(|page| page["transfers"][0]["code"].as_str().unwrap().to_owned());
        assert!(codes[0] != codes[1] && last["next"].is_null(), "{first} {last}");
    }
}

#[tokio::test]
async fn a_loss_is_reported_on_the_units_page_listed_and_taken_back_when_it_is_found() {
    for engine in ENGINES {
        let site = in_service(engine).await;
        let latvia = site.user("lva", "LVA", &[Role::DonorLiaison]).await;
        let finland = site.user("fin", "FIN", &[Role::DonorLiaison]).await;
        // What a check did not find is on the list until it is found or reported.
        let check = [("deed", "check"), ("grade", "not_found"), ("at", "2026-05-02T08:00"), ("remark", "searched")];
        assert_eq!(send(&site, &site.cookie, &check, None).await.status, StatusCode::SEE_OTHER);
        for address in ["/end-use", "/losses", "/oversight"] {
            let page = site.get(address).await.text;
            assert!(page.contains("Not found: report due") && page.contains("Jun\u{a0}2026"), "{address}: {page}");
        }
        let missing = async |cookie: &str| site.ask("GET", "/api/v1/not-found", cookie).await.text;
        assert!(missing(&latvia).await.contains(r#""waits_for":"nations""#), "{}", missing(&latvia).await);
        assert_eq!(missing(&finland).await, r#"{"not_found":[]}"#);
        // The first page shows it to whom it waits for, and to nobody else.
        for (cookie, waits) in [(&site.cookie, true), (&latvia, true), (&finland, false)] {
            let first = site.ask("GET", "/", cookie).await.text;
            assert_eq!(first.contains("What waits for you: not found") && first.contains("PK-7"), waits, "{first}");
            let told = site.ask("GET", "/api/v1/not-found?waiting=true", cookie).await.text;
            assert_eq!(told.contains("PK-7"), waits, "{told}");
        }
        muster_web::keep_time(&site.app).await.unwrap();
        assert!(missing(&latvia).await.contains(r#""level":"mission""#));
        // What was typed stays when something is wrong with it.
        let lost = [("deed", "lost"), ("how", "destroyed"), ("known_at", "2026-05-03T08:00"), ("circumstances", "")];
        let refused = send(&site, &site.cookie, &lost, None).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(
            refused.text.contains("2026-05-03T08:00") && refused.text.contains("<option value=\"destroyed\" selected>")
        );
        // What was chosen came with it, and need not be chosen again.
        let refused = send(&site, &site.cookie, &lost, Some(("application/pdf", b"%PDF-1.7 seen"))).await;
        assert!(refused.text.contains("came already"), "{}", refused.text);
        let kept = refused.text.split("name=\"evidence\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let lost = [
            ("deed", "lost"),
            ("how", "destroyed"),
            ("known_at", "2026-05-03T08:00"),
            ("circumstances", "burnt out"),
            ("evidence", kept),
        ];
        let done = send(&site, &site.cookie, &lost, None).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let page = done.header("location").split('?').next().unwrap().to_owned();
        let code = page.rsplit('/').next().unwrap();
        let shown = site.get(&page).await.text;
        assert!(shown.contains("Destroyed") && shown.contains("days late") && shown.contains("burnt out"), "{shown}");
        assert!(site.get(UNIT).await.text.contains(&format!("It is reported lost: {code}")));
        assert_eq!(missing(&latvia).await, r#"{"not_found":[]}"#);
        // Latvia gave it and sees it, Finland sees nothing of it; the evidence goes with it.
        let evidence = format!("/api/v1/loss-reports/{code}/evidence");
        for address in [&page, &evidence, UNIT] {
            assert_eq!(site.ask("GET", address, &latvia).await.status, StatusCode::OK, "{address}");
            assert_eq!(site.ask("GET", address, &finland).await.status, StatusCode::NOT_FOUND, "{address}");
        }
        assert!(!site.ask("GET", "/losses", &finland).await.text.contains(code));
        let late = site.ask("GET", "/losses?late=yes", &latvia).await.text;
        assert!(late.contains(code) && !late.contains("Found again"), "no form for who may not: {late}");
        assert!(site.get("/oversight").await.text.contains(code), "it came late");
        assert!(!site.get("/losses?as_of=2026-05-01").await.text.contains(code), "not lost then");
        let list = site.ask("GET", "/api/v1/loss-reports?late=true&how=destroyed&holder=U-DEM-1", &latvia).await;
        let list: Value = serde_json::from_str(&list.text).unwrap();
        assert_eq!(list["reports"][0]["code"], json!(code), "{list}");
        assert_eq!(
            site.ask("GET", "/api/v1/loss-reports?how=gone", &latvia).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        // By API: in time, and only of what is there.
        let other = json!({ "resource": "PICKUP/ok", "serial": "PK-8", "how": "stolen", "circumstances": "at night", "reason": "x" });
        assert_eq!(api(&site, &latvia, "/loss-reports", other.clone()).await.0, StatusCode::FORBIDDEN);
        let (status, made) = api(&site, &site.cookie, "/loss-reports", other.clone()).await;
        assert_eq!(
            (status, &made["days_late"], &made["offer"]),
            (StatusCode::CREATED, &json!(0), &json!("O-LVA-01")),
            "{made}"
        );
        assert_eq!(api(&site, &site.cookie, "/loss-reports", other).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        let found = format!("/loss-reports/{}/found", made["code"].as_str().unwrap());
        let (status, again) = api(&site, &site.cookie, &found, json!({ "reason": "the police had it" })).await;
        assert_eq!((status, &again["found"]["reason"]), (StatusCode::OK, &json!("the police had it")), "{again}");
        // On the page, too; then the unit is in service as before.
        let done = site.post(&page, &site.cookie, "deed=found&at=&reason=another+was+burnt+out").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let twice = site.post(&page, &site.cookie, "deed=found&at=&reason=again").await;
        assert!(twice.text.contains("was found before"), "{}", twice.text);
        assert!(site.get(UNIT).await.text.contains("name=\"grade\""), "it may be checked again");
        let bare = [("resource", "VEST/ok"), ("serial", ""), ("how", "lost"), ("circumstances", "x"), ("deed", "lost")];
        let bare = site.send("/losses", &site.cookie, &bare, None).await;
        assert!(
            bare.text.contains("name a serial number; or") && bare.text.contains("value=\"VEST/ok\""),
            "{}",
            bare.text
        );
    }
}

#[tokio::test]
async fn a_unit_goes_back_from_its_page_and_by_the_api() {
    for engine in ENGINES {
        let site = in_service(engine).await;
        let unit = site.get(UNIT).await.text;
        let address = "/returns?resource=PICKUP%2Fok&amp;serial=PK-7";
        assert!(unit.contains(address) || unit.contains(&address.replace("&amp;", "&#38;")), "{unit}");
        let page = site.get("/returns?resource=PICKUP%2Fok&serial=PK-7").await.text;
        for told in ["value=\"PICKUP/ok\"", "FIN-EUC", "DEU-ORIGIN", "O-LVA-01", "Node Forward A"] {
            assert!(page.contains(told), "{told}: {page}");
        }
        let form = |to: &str| format!("resource=PICKUP%2Fok&serials=PK-7&to={to}&quantity=&reason=worn+out");
        let refused = site.post("/returns", &site.cookie, &form("POINT-03")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains("worn out") && refused.text.contains("a depot, a hub or a repair facility"));
        let done = site.post("/returns", &site.cookie, &form("FWD-A")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let made = done.header("location").split('?').next().unwrap().to_owned();
        assert!(site.get(&made).await.text.contains("PK-7"));
        let body = json!({
            "lines": [{ "resource": "PICKUP/ok", "serials": ["PK-8"] }], "to": "FWD-B", "give_back": true, "reason": "worn out",
        });
        let latvia = site.user("lva", "LVA", &[Role::DonorLiaison]).await;
        assert_eq!(api(&site, &latvia, "/returns", body.clone()).await.0, StatusCode::FORBIDDEN);
        let (status, back) = api(&site, &site.cookie, "/returns", body.clone()).await;
        assert_eq!((status, &back["destination"]), (StatusCode::CREATED, &json!("FWD-B")), "{back}");
        assert_eq!(back["lines"][0]["offer"], json!("O-LVA-01"), "{back}");
        assert_eq!(api(&site, &site.cookie, "/returns", body).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        // The register of losses is on the page of losses, for whoever sees any.
        assert!(site.get("/losses").await.text.contains("/export/loss_reports.csv"));
    }
}
