//! Training on its pages and by the API: a unit nominates, the coordinator vets and moves serials, the school teaches, assesses and certifies.

use axum::http::{Request, StatusCode};
use jiff::SignedDuration;
use muster_app::{Actor, storage::dialect::Engine};
use muster_domain::{
    code::Code,
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    role::Role,
    viewer::Viewer,
};
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::site::{Answer, Site, as_is, operator};

/// The demonstration on the second day of a serial of truck crews.
async fn in_november(engine: Engine) -> Site {
    let site = Site::demonstration(engine, as_is).await.unhurried();
    site.clock.advance(SignedDuration::from_hours(24 * 70));
    site
}

async fn read(site: &Site, cookie: &str, address: &str) -> (StatusCode, Value) {
    let answer = site.ask("GET", &format!("/api/v1{address}"), cookie).await;
    (answer.status, serde_json::from_str(&answer.text).unwrap_or_default())
}

fn done(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

fn form<'a>(deed: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [vec![("deed", deed)], more.to_vec()].concat()
}

async fn with_pin(site: &Site, name: &str, party: &str, role: Role) -> String {
    let cookie = site.user(name, party, &[role]).await;
    let actor = Actor::new(Viewer { name: name.into(), ..Viewer::operator(name) }, "a test");
    site.app.set_pin("246810", &actor).await.unwrap();
    cookie
}

#[tokio::test]
async fn a_crew_is_nominated_vetted_taught_certified_and_back_on_pages() {
    for engine in ENGINES {
        let site = in_november(engine).await;
        let unit = site.user("unit", "UKR", &[Role::RequirementsOfficer]).await;
        let school = with_pin(&site, "teacher", "TRN-1", Role::TrainingFacility).await;
        let coordinator = site.user("train", "NSATU", &[Role::TrainingCoordinator]).await;
        let japan = site.user("jpn", "JPN", &[Role::DonorLiaison]).await;
        assert_eq!(site.ask("GET", "/training", "").await.status, StatusCode::NOT_FOUND, "not for the public");
        let board = site.ask("GET", "/training", &coordinator).await.text;
        assert!(board.contains("TRUCK-26-1") && board.contains("serials-time"), "{board}");
        let serial = "/training/serials/TRUCK-26-1";
        let wrong = form("nominate", &[("unit", "U-LOG-1"), ("offer", "O-JPN-99")]);
        let refused = site.send(serial, &unit, &wrong, None).await;
        assert!(refused.text.contains("there is no offer O-JPN-99"), "{}", refused.text);
        let both = form("nominate", &[("unit", "U-LOG-1"), ("offer", "O-UKR-01"), ("line", "P-1/1")]);
        let refused = site.send(serial, &unit, &both, None).await;
        assert!(refused.text.contains("name one: an offer, an account, or a plan"), "{}", refused.text);
        let person = "Olena K., 1994";
        let right =
            form("nominate", &[("unit", "U-LOG-1"), ("offer", "O-UKR-01"), ("need", "P-07"), ("person", person)]);
        let nominated = site.send(serial, &unit, &right, None).await;
        done(&nominated);
        let page = nominated.header("location").split('?').next().unwrap().to_owned();
        let code = page.rsplit('/').next().unwrap().to_owned();
        for cookie in [&unit, &school, &coordinator] {
            let shown = site.ask("GET", &page, cookie).await;
            assert!(shown.text.contains(&code) && !shown.text.contains("Olena"), "a page names nobody");
        }
        assert_eq!(site.ask("GET", &page, &japan).await.status, StatusCode::NOT_FOUND);
        let clear = form("clear", &[("authority", "Vetting office"), ("expires", "2027-06-30")]);
        assert_eq!(site.send(&page, &school, &clear, None).await.status, StatusCode::FORBIDDEN);
        done(&site.send(&page, &coordinator, &clear, None).await);
        assert_eq!(site.send(&page, &unit, &form("arrive", &[]), None).await.status, StatusCode::FORBIDDEN);
        done(&site.send(&page, &school, &form("arrive", &[]), None).await);
        let was = format!("was {code}");
        let there = form("attendance", &[("day", "2026-11-24"), ("trainee", &code), (was.as_str(), "present")]);
        done(&site.send(serial, &school, &there, None).await);
        let shown = site.ask("GET", serial, &school).await.text;
        assert!(shown.contains("1 / 1") && shown.contains("Running"), "{shown}");
        // What stood on the page goes with the form: what nobody saw is not overwritten, and what is as it was is not said again.
        let stood = format!("stood {code}");
        assert!(shown.contains(&format!("name=\"{stood}\" value=\"1 present\"")), "{shown}");
        let said = |seen: &'static str, word: &'static str| {
            let (day, of) = (("day", "2026-11-24"), ("trainee", code.as_str()));
            form("attendance", &[day, ("stood", "2026-11-24"), of, (stood.as_str(), seen), (was.as_str(), word)])
        };
        let unseen = site.send(serial, &school, &said("0", "absent"), None).await;
        assert_ne!(unseen.status, StatusCode::SEE_OTHER, "{}", unseen.text);
        done(&site.send(serial, &school, &said("1 present", "present"), None).await);
        let shown = site.ask("GET", serial, &school).await.text;
        assert!(shown.contains(&format!("name=\"{stood}\" value=\"1 present\"")), "{shown}");
        let assessed = form(
            "assess",
            &[
                ("objective", "DRIVE"),
                ("met DRIVE", "yes"),
                ("objective", "LOAD"),
                ("met LOAD", "yes"),
                ("objective", "MAINTAIN"),
                ("met MAINTAIN", "no"),
                ("why MAINTAIN", "no oil"),
            ],
        );
        done(&site.send(&page, &school, &assessed, None).await);
        let pass = form("pass", &[("instructor", "teacher"), ("pin", "246810")]);
        let refused = site.send(&page, &school, &pass, None).await;
        assert!(refused.text.contains("has not met MAINTAIN") && !refused.text.contains("246810"), "{}", refused.text);
        let again = form("assess", &[("objective", "MAINTAIN"), ("met MAINTAIN", "yes")]);
        done(&site.send(&page, &school, &again, None).await);
        done(&site.send(&page, &school, &pass, None).await);
        let shown = site.ask("GET", &page, &unit).await.text;
        let at = shown.find("/api/v1/certificates/").unwrap();
        let pdf = shown[at..].split('"').next().unwrap().to_owned();
        let asked = Request::get(&pdf).header("cookie", &unit).body(axum::body::Body::empty()).unwrap();
        assert!(site.bytes(asked).await.starts_with(b"%PDF-"));
        assert_eq!(site.ask("GET", &pdf, &japan).await.status, StatusCode::NOT_FOUND);
        done(&site.send(&page, &unit, &form("return", &[]), None).await);
        let refused = site.send(&page, &unit, &form("person", &[("reason", " ")]), None).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "why must be said");
        let told = site.send(&page, &unit, &form("person", &[("reason", "next of kin asked")]), None).await;
        assert!(told.text.contains("Olena K., 1994"));
        done(&site.send(&page, &unit, &form("erase", &[("reason", "asked to be erased")]), None).await);
        let board = site.ask("GET", "/training", &coordinator).await.text;
        assert!(board.contains("100\u{a0}%"), "one passed of one: {board}");
    }
}

#[tokio::test]
async fn a_serial_is_checked_before_it_moves_and_a_timetable_is_found() {
    for engine in ENGINES {
        let site = in_november(engine).await;
        let coordinator = site.user("train", "NSATU", &[Role::TrainingCoordinator]).await;
        let school = site.user("school", "TRN-1", &[Role::TrainingFacility]).await;
        let other = site.user("other", "TRN-3", &[Role::TrainingFacility]).await;
        let page = "/training/serials/TRUCK-26-3";
        // Its bar may be shifted by who may move it: that shows what other days would mean, and saves nothing.
        let shifts = "\"check\":\"/training/serials/TRUCK-26-3?start=\"";
        for (cookie, may) in [(&coordinator, true), (&school, true), (&other, false)] {
            assert_eq!(site.ask("GET", "/training", cookie).await.text.contains(shifts), may);
            let asked = site.ask("GET", &format!("{page}?start=2026-12-01"), cookie).await;
            let told = ["INSTRUCTORS-1 from 2026-12-01", "not the 30", "value=\"2026-12-01\""];
            assert_eq!(told.map(|part| asked.text.contains(part)), [may; 3], "{}", asked.text);
        }
        assert!(site.ask("GET", page, &coordinator).await.text.contains("value=\"2026-12-07\""));
        let asked = site.ask("GET", &format!("{page}?start=soon"), &coordinator).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        let onto = [("start", "2026-12-01"), ("place", "SCHOOL-1"), ("seats", "3")];
        let checked = site.send(page, &coordinator, &form("check", &onto), None).await;
        assert!(
            checked.text.contains("INSTRUCTORS-1 from 2026-12-01") && checked.text.contains("not the 30"),
            "{}",
            checked.text
        );
        let refused = site.send(page, &coordinator, &form("move", &onto), None).await;
        assert!(refused.text.contains("something is in its way: INSTRUCTORS-1"), "{}", refused.text);
        assert!(refused.text.contains("value=\"2026-12-01\""), "what was typed stays");
        let free = [("start", "2027-01-11"), ("place", "SCHOOL-1"), ("seats", "3")];
        assert_eq!(site.send(page, &other, &form("move", &free), None).await.status, StatusCode::NOT_FOUND);
        done(&site.send(page, &school, &form("move", &free), None).await);
        let shown = site.ask("GET", page, &school).await.text;
        assert!(shown.contains("value=\"2027-01-11\""), "{shown}");
        let new = form("check", &[("course", "TRUCK-CREW"), ("place", "SCHOOL-1"), ("start", "2027-01-11")]);
        let checked = site.send("/training", &coordinator, &new, None).await;
        assert!(checked.text.contains("RANGE-1"), "{}", checked.text);
        let despite = [
            ("course", "TRUCK-CREW"),
            ("place", "SCHOOL-1"),
            ("start", "2027-01-11"),
            ("seats", "2"),
            ("despite", "yes"),
        ];
        done(&site.send("/training", &coordinator, &form("new", &despite), None).await);
        let made = site.send("/training", &coordinator, &form("timetable", &[("place", "SCHOOL-1")]), None).await;
        assert!(made.text.contains("gap 0") && made.text.contains("name=\"shifted\""), "{}", made.text);
        let at = made.text.find("name=\"shifted\" value=\"").unwrap() + "name=\"shifted\" value=\"".len();
        let shifted = made.text[at..].split('"').next().unwrap().to_owned();
        done(&site.send("/training", &coordinator, &form("accept", &[("shifted", &shifted)]), None).await);
        let remark = form("remark", &[("kind", "finding"), ("text", "the heating fails at night")]);
        done(&site.send(page, &coordinator, &remark, None).await);
        assert!(site.ask("GET", "/training", &school).await.text.contains("the heating fails at night"));
        assert!(!site.ask("GET", "/training", &other).await.text.contains("the heating fails at night"));
    }
}

#[tokio::test]
async fn who_teaches_and_who_is_on_the_way_stands_on_pages() {
    for engine in ENGINES {
        let site = in_november(engine).await;
        let unit = site.user("unit", "UKR", &[Role::RequirementsOfficer]).await;
        let school = site.user("school", "TRN-1", &[Role::TrainingFacility]).await;
        let coordinator = site.user("train", "NSATU", &[Role::TrainingCoordinator]).await;
        let japan = site.user("jpn", "JPN", &[Role::DonorLiaison]).await;
        let page = "/training/serials/TRUCK-26-3";
        let shown = site.ask("GET", page, &school).await.text;
        assert!(shown.contains("IN-1-01") && shown.contains("IP-1-01"), "{shown}");
        let twice = [("instructor", "IN-1-03"), ("role", "instructor")];
        let refused = site.send(page, &school, &form("assign", &twice), None).await;
        assert!(refused.text.contains("in ENG-26-1, too"), "{}", refused.text);
        for wrong in [("first_day", "0"), ("days", "5000000000"), ("role", "cook"), ("instructor", "NOBODY")] {
            let refused = site.send(page, &school, &form("assign", &[&[wrong], &twice[..]].concat()), None).await;
            assert_ne!(refused.status, StatusCode::SEE_OTHER, "{wrong:?}");
        }
        let despite = form("assign", &[&twice[..], &[("despite", "yes")]].concat());
        assert_eq!(site.send(page, &unit, &despite, None).await.status, StatusCode::FORBIDDEN);
        done(&site.send(page, &school, &despite, None).await);
        let shown = site.ask("GET", page, &coordinator).await.text;
        assert!(shown.contains("IN-1-03 may not teach TRUCK-CREW"), "it stays until it is mended: {shown}");
        done(&site.send(page, &school, &form("unassign", &[("instructor", "IN-1-03")]), None).await);
        let shown = site.ask("GET", page, &coordinator).await.text;
        assert!(!shown.contains("IN-1-03"), "{shown}");
        let right = form("nominate", &[("unit", "U-LOG-1"), ("offer", "O-UKR-01"), ("need", "P-07")]);
        let nominated = site.send("/training/serials/TRUCK-26-1", &unit, &right, None).await;
        done(&nominated);
        let page = nominated.header("location").split('?').next().unwrap().to_owned();
        let code = page.rsplit('/').next().unwrap().to_owned();
        let clear = form("clear", &[("authority", "Vetting office"), ("expires", "2027-06-30")]);
        done(&site.send(&page, &coordinator, &clear, None).await);
        assert!(!site.ask("GET", "/movements", &unit).await.text.contains(&code));
        let depart = form("depart", &[("conveyance", "Coach 4")]);
        done(&site.send(&page, &unit, &depart, None).await);
        let shown = site.ask("GET", &page, &school).await.text;
        assert!(shown.contains("Travelling") && shown.contains("Coach 4"), "{shown}");
        let moving = site.ask("GET", "/movements", &unit).await.text;
        assert!(moving.contains(&code) && moving.contains("Coach 4"), "{moving}");
        assert!(!site.ask("GET", "/movements", &japan).await.text.contains(&code), "not for everybody");
        let on_map = async |cookie: &str| {
            let board = site.ask("GET", "/training", cookie).await.text;
            let data = board.split_once("id=\"where-map\">").map(|(_, rest)| rest.split("</script>").next().unwrap());
            data.map(|data| serde_json::from_str::<Value>(data).unwrap())
        };
        let map = on_map(&coordinator).await.unwrap();
        assert_eq!(map["lanes"][0]["value"], json!(1.0), "one is on the way: {map}");
        assert!(map["lanes"][0]["text"].as_str().unwrap().contains("one trainee"), "{map}");
        assert_eq!(on_map(&japan).await, None);
        done(&site.send(&page, &school, &form("arrive", &[]), None).await);
        let map = on_map(&coordinator).await.unwrap();
        assert_eq!(
            (&map["places"][0]["id"], &map["places"][0]["amount"]["value"]),
            (&json!("SCHOOL-1"), &json!(1)),
            "{map}"
        );
        assert!(!site.ask("GET", "/movements", &unit).await.text.contains(&code), "who has come is under way no more");
    }
}

#[tokio::test]
async fn all_of_training_goes_by_the_api() {
    for engine in ENGINES {
        let site = in_november(engine).await;
        let unit = site.user("unit", "UKR", &[Role::RequirementsOfficer]).await;
        let school = with_pin(&site, "teacher", "TRN-1", Role::TrainingFacility).await;
        let coordinator = site.user("train", "NSATU", &[Role::TrainingCoordinator]).await;
        let (status, board) = read(&site, &coordinator, "/training").await;
        assert_eq!(status, StatusCode::OK);
        let serials = board["serials"].as_array().unwrap();
        let told = serials.iter().find(|of| of["code"] == "TRUCK-26-2").unwrap();
        assert_eq!((&told["notice_days"], &told["notice_wanted"]), (&json!(18), &json!(30)), "told 18 days ahead");
        let nominate =
            json!({ "serial": "TRUCK-26-1", "unit": "U-LOG-1", "offer": "O-UKR-01", "need": "P-07", "reason": "x" });
        let (status, made) = site.call(&unit, "/nominations", nominate.clone()).await;
        assert_eq!((status, &made["seated"]), (StatusCode::CREATED, &json!(true)), "{made}");
        let code = made["code"].as_str().unwrap().to_owned();
        let deed = async |cookie: &str, end: &str, body: Value| {
            site.call(cookie, &format!("/nominations/{code}/{end}"), body).await
        };
        let vet = json!({ "cleared": true, "authority": "Office", "expires": "2027-06-30", "reason": "x" });
        assert_eq!(deed(&coordinator, "vet", vet).await.0, StatusCode::OK);
        let on_the_way = json!({ "conveyance": "Coach 4", "reason": "x" });
        let (status, _) = deed(&unit, "depart", json!({ "lanes": ["L-NONE"], "reason": "x" })).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, told) = deed(&unit, "depart", on_the_way).await;
        assert_eq!((status, &told["state"]), (StatusCode::OK, &json!("travelling")), "{told}");
        assert_eq!(
            (&told["journeys"][0]["to"], &told["journeys"][0]["conveyance"]),
            (&json!("SCHOOL-1"), &json!("Coach 4"))
        );
        let (status, told) = deed(&school, "arrive", json!({ "remark": "by bus", "reason": "x" })).await;
        assert_eq!((status, &told["state"]), (StatusCode::OK, &json!("in_training")), "{told}");
        assert!(told.to_string().contains("by bus"), "{told}");
        let (status, _) = deed(&school, "arrive", json!({ "reason": "x" })).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "nobody comes twice");
        let was = async |word: &str, version: i64| {
            let one = json!({ "nomination": code, "attendance": word, "version": version });
            let body = json!({ "day": "2026-11-24", "trainees": [one], "reason": "x" });
            site.call(&school, "/serials/TRUCK-26-1/attendance", body).await
        };
        assert_eq!(was("absent", 0).await.0, StatusCode::OK);
        let (status, told) = was("present", 0).await;
        assert_eq!(status, StatusCode::PRECONDITION_FAILED, "somebody said something else meanwhile: {told}");
        let (status, told) = was("excused", 1).await;
        assert_eq!(status, StatusCode::OK);
        let mark = told["attendance"].as_array().unwrap().iter().find(|mark| mark["nomination"] == code.as_str());
        let mark = mark.unwrap();
        assert_eq!(
            (&mark["attendance"], &mark["version"], &mark["actor"]),
            (&json!("excused"), &json!(2), &json!("teacher"))
        );
        let all: Vec<Value> =
            ["DRIVE", "LOAD", "MAINTAIN"].iter().map(|of| json!({ "objective": of, "met": true })).collect();
        assert_eq!(deed(&school, "assess", json!({ "objectives": all, "reason": "x" })).await.0, StatusCode::OK);
        let pass = json!({ "instructor": "teacher", "pin": "246810", "reason": "x" });
        let (status, told) = deed(&school, "pass", pass).await;
        assert_eq!((status, &told["state"]), (StatusCode::OK, &json!("passed")), "{told}");
        let (status, sealed) =
            read(&site, &unit, &format!("/certificates/{}", told["certificate"].as_str().unwrap())).await;
        assert_eq!(status, StatusCode::OK);
        muster_app::sealed::check(&sealed, None).unwrap();
        assert_eq!(sealed["statement"]["trainee"], json!(code));
        assert_eq!(deed(&unit, "return", json!({ "reason": "x" })).await.0, StatusCode::OK);
        let (_, list) = read(&site, &unit, "/nominations?state=returned").await;
        assert_eq!(list["nominations"].as_array().unwrap().len(), 1);
        let japan = site.user("jpn", "JPN", &[Role::DonorLiaison]).await;
        let (_, list) = read(&site, &japan, "/nominations").await;
        assert_eq!(list["nominations"], json!([]));
        let who = json!({ "instructor": "IN-1-02", "role": "instructor", "days": 7 });
        let (status, would) = site.call(&coordinator, "/serials/TRUCK-26-3/instructors/preview", who.clone()).await;
        let last = would["instructors"].as_array().and_then(|all| all.last().cloned());
        let told = json!({ "instructor": "IN-1-02", "role": "instructor", "from": "2026-12-07", "to": "2026-12-13" });
        assert_eq!((status, last), (StatusCode::OK, Some(told)), "{would}");
        let with = |reason: &str| {
            let mut all = who.clone();
            all["reason"] = reason.into();
            all
        };
        assert_eq!(site.call(&coordinator, "/serials/TRUCK-26-3/instructors", with("x")).await.0, StatusCode::OK);
        let (_, shown) = read(&site, &coordinator, "/serials/TRUCK-26-3").await;
        assert!(shown["instructors"].to_string().contains("IN-1-02"), "{shown}");
        let gone = json!({ "instructor": "IN-1-02", "reason": "x" });
        let (status, shown) = site.call(&coordinator, "/serials/TRUCK-26-3/instructors/remove", gone).await;
        assert!(status == StatusCode::OK && !shown["instructors"].to_string().contains("IN-1-02"), "{shown}");
        let feed = site.ask("GET", "/api/v1/training/calendar?instructor=JPN-IN-01", &coordinator).await.text;
        assert!(feed.matches("BEGIN:VEVENT").count() == 3 && feed.contains("DTSTART;VALUE=DATE:20261123"), "{feed}");
        let (status, would) =
            site.call(&coordinator, "/serials/TRUCK-26-3/preview", json!({ "start": "2026-12-01" })).await;
        assert_eq!(status, StatusCode::OK, "{would}");
        assert!(!would["clashes"].as_array().unwrap().is_empty());
        let (status, _) = site.call(&coordinator, "/serials/TRUCK-26-9/preview", json!({})).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, refused) = site.call(&unit, "/nominations", json!({ "serial": 7, "reason": "x" })).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
        let (status, made) = site.call(&coordinator, "/training/timetable", json!({ "seconds": 2.0 })).await;
        assert_eq!((status, made["objective"].is_i64()), (StatusCode::OK, true), "{made}");
    }
}

#[tokio::test]
async fn the_board_tells_of_a_package_whose_goods_are_there() {
    let site = in_november(Engine::Sqlite).await;
    let unit = site.user("unit", "UKR", &[Role::RequirementsOfficer]).await;
    let coordinator = site.user("train", "NSATU", &[Role::TrainingCoordinator]).await;
    let named = form("nominate", &[("unit", "U-LOG-1"), ("offer", "O-UKR-01"), ("need", "P-07")]);
    done(&site.send("/training/serials/TRUCK-26-1", &unit, &named, None).await);
    let in_step = async || {
        let (status, told) = read(&site, &coordinator, "/training").await;
        assert_eq!(status, StatusCode::OK);
        told["in_step"].as_array().unwrap().iter().find(|of| of["package"] == "P-07").unwrap().clone()
    };
    let before = in_step().await;
    assert_eq!((&before["goods"], &before["goods_there"]), (&Value::Null, &false.into()));
    let page = site.ask("GET", "/training", &coordinator).await.text;
    assert!(page.contains("no goods are promised") && !page.contains("all goods are there"), "{page}");
    let mut postings = Vec::new();
    for (resource, units) in [("MANUALS/ok", 20), ("TRUCK-SPARES/ok", 8)] {
        postings.push(received(resource, units, ""));
    }
    postings.extend((1..=20).map(|n| received("T73-LIGHT/ok", 1, &format!("T-{n}"))));
    let note = Note {
        key: "received".into(),
        occurred_at: "2026-11-20T12:00:00Z".parse().unwrap(),
        actor: "tester".into(),
        reason: "a test".into(),
    };
    let subject = Subject { need: Some(Code::new("P-07").unwrap()), ..Subject::default() };
    let act = Act::Post { activity: Activity::Receive, subject, postings };
    let posted = site.app.post(vec![Command { note, act }], &operator()).await.unwrap();
    assert!(posted[0].is_ok(), "{posted:?}");
    let after = in_step().await;
    assert_eq!((&after["goods"], &after["goods_there"]), (&"2026-11-20".into(), &true.into()));
    let page = site.ask("GET", "/training", &coordinator).await.text;
    assert!(page.contains("all goods are there") && !page.contains("no goods are promised"), "{page}");
}

fn received(resource: &str, quantity: i64, serial: &str) -> Posting {
    let account = |of: &str| AccountKey::parse(&format!("{of} {resource} -")).unwrap();
    let (from, to) = (account("national_stock JPN JPN NODE-WEST -"), account("in_service U-LOG-1 UKR POINT-01 -"));
    Posting { serial: serial.into(), ..Posting::new(from, to, quantity) }
}
