//! Nobody learns of what they may not see: what is hidden from somebody may be other than it is, and every answer to them stays the same,
//! byte by byte.

use axum::http::StatusCode;
use muster_app::{
    interchange::mission::Source,
    storage::{dialect::Engine, register::REGISTERS},
};
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;

use serde_json::Value;

use crate::site::{Answer, Site, as_is, operator};

const COLUMNS: &str = "code,donor,kind,resource,quantity,place,available_from,caveats,fund,earmark,terms,state,state_reason,value,value_currency,value_method,value_date,statement,note,releasable_to,source,fictional";

/// Everything hidden from Poland and Ukraine that differs from mission to mission, drawn from a seed.
fn hidden(seed: u64) -> Vec<Source> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    let mut offers = format!("{COLUMNS}\n");
    // Hidden offers of the demonstration, other than they are …
    let quantity = 1 + draw(900);
    offers.push_str(&format!(
        "O-JPN-11,JPN,goods,PICKUP/ok,{quantity},JPYOK,2026-12,,,,,committed,,,,,,,changed {quantity},,test,yes\n"
    ));
    // … and more of them.
    for n in 0..draw(12) {
        let (quantity, resource) = (1 + draw(5_000), ["VEST/ok", "HELMET/ok", "SANDBAG/ok"][draw(3) as usize]);
        let state = ["pledged", "offered", "committed"][draw(3) as usize];
        let to = ["owner", "", "DEU"][draw(3) as usize];
        offers.push_str(&format!("HID-{n},JPN,goods,{resource},{quantity},JPYOK,2026-09-2{},,,,,{state},,{quantity}00.00,EUR,guess,2026-05,,secret {quantity},{to},test,yes\n", draw(9)));
    }
    let mut caveats = String::from(
        "code,party,name,purposes,recipients,non_lethal,uses,conditions,first_check_days,recheck_days,text,releasable_to,source,fictional\n",
    );
    for n in 0..draw(4) {
        caveats.push_str(&format!("HIDCAV-{n},JPN,Hidden {},,,,,,,,secret,owner,test,yes\n", draw(1_000)));
    }
    let mut requirements = String::from(
        "code,unit,place,purpose,quantity,priority,due,expires,state,state_reason,justification,releasable_to,source,fictional\n",
    );
    let mut accepts = String::from("requirement,resource,utility,source,fictional\n");
    // A need that even its recipient's other units see, but Poland does not: it is hidden from donors only.
    for n in 0..draw(3) {
        requirements.push_str(&format!(
            "HIDREQ-{n},U-DEM-1,POINT-05,demining,{},7,2026-10-09,2026-11-30,draft,,secret,owner,test,yes\n",
            1 + draw(60)
        ));
        accepts.push_str(&format!("HIDREQ-{n},VEST/ok,1,test,yes\n"));
    }
    let source = |name: &str, text: String| Source { name: name.into(), bytes: text.into_bytes() };
    vec![
        source("offers.csv", offers),
        source("caveats.csv", caveats),
        source("requirements.csv", requirements),
        source("requirement_accepts.csv", accepts),
    ]
}

/// Addresses of every kind, of what is seen, hidden and absent alike.
pub(crate) fn addresses() -> Vec<String> {
    let mut all: Vec<String> = [
        "/",
        "/?as_of=2026-09-14",
        "/?known=2026-09-15",
        "/needs",
        "/needs?q=vest&state=open",
        "/offers",
        "/partners",
        "/places",
        "/catalogue",
        "/plan",
        "/plan/P-001",
        "/movements",
        "/movements?offer=HID-0",
        "/journal",
        "/journal?offer=HID-0",
        "/journal?activity=change",
        "/journal?entry=5",
        "/journal?before=9",
        "/oversight",
        "/administration",
        "/account",
        "/import",
        "/search?q=HID",
        "/search?q=secret",
        "/search?q=vest",
        "/search?q=JPN",
        "/metrics",
        "/sign-in",
        "/nowhere",
        "/records/offers?donor=JPN",
        "/records/offers?q=secret",
        "/records/offers?sort=-quantity",
        "/records/offers?sort=state&after=HID-0&from=committed",
        "/records/offers?state=committed&sort=donor",
        "/records/offers?after=GGG",
        "/records/requirements?sort=priority",
        "/records/requirements/new",
        "/records/offers/new",
        "/records/offers/HID-0",
        "/records/offers/HID-0/edit",
        "/records/offers/ABSENT",
        "/records/offers/O-JPN-11",
        "/records/caveats/HIDCAV-0",
        "/records/requirements/HIDREQ-0",
        "/records/parties/JPN",
        "/records/participations/PART-JPN",
        "/records/items/VEST",
        "/records/requirements/R-001",
        "/records/packages/P-01",
        "/records/offers/O-JPN-01",
        "/records/offers/O-POL-01",
        "/records/places/JPYOK",
        "/export/offers.csv",
        "/export/offers.json",
        "/export/offers.xlsx",
        "/export/offers.csv?q=secret",
        "/export/requirements.json",
        "/export/all.json",
        "/export/registers.json",
        "/export/work_orders.csv",
        "/export/nominations.xlsx",
        "/export/consignments.csv",
    ]
    .map(str::to_owned)
    .into();
    for sheet in [
        "parties",
        "mission",
        "statements",
        "caveats",
        "participations",
        "items",
        "resources",
        "places",
        "lanes",
        "processes",
        "pools",
        "fair_shares",
        "fleets",
        "reserves",
        "end_use_rules",
        "funds",
        "offers",
        "requirements",
        "packages",
        "announcements",
        "lane_closures",
    ] {
        all.push(format!("/records/{sheet}"));
    }
    all
}

/// What the API lists for the coordinator.
async fn listed(site: &Site, address: &str, list: &str, name: &str) -> Vec<String> {
    let answer: Value = serde_json::from_str(&site.get(address).await.text).unwrap();
    let all = answer[list].as_array().unwrap_or_else(|| panic!("{address}: {answer}")).iter();
    all.map(|one| one[name].as_str().unwrap().to_owned()).collect()
}

/// Every address of the API that can be looked at, by its own description, of what is seen, hidden and absent alike.
pub(crate) async fn api_addresses(site: &Site) -> Vec<String> {
    let description: Value = serde_json::from_str(&site.get("/api/openapi.json").await.text).unwrap();
    let mut all = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        let Some(get) = methods.get("get") else { continue };
        let parts = match path.split_once('{').map(|(before, _)| before) {
            None => vec![],
            Some("/api/v1/ledger/accounts/") => {
                let japan = "/api/v1/ledger/accounts?limit=5&holder=JPN";
                let accounts = listed(site, japan, "accounts", "account").await;
                accounts.iter().map(|account| escaped(account)).chain(["stock".into()]).collect()
            }
            Some("/api/v1/registers/") => REGISTERS.iter().map(|register| register.name.to_owned()).collect(),
            Some(before) if before.starts_with("/api/v1/records/") => {
                let sheet = before.trim_end_matches('/');
                let seen = listed(site, &format!("{sheet}?limit=1"), "records", "code").await;
                let hidden = match sheet.rsplit('/').next().unwrap() {
                    "offers" => &["O-BEL-01", "O-JPN-11", "HID-0", "ABSENT"] as &[&str],
                    "caveats" => &["HIDCAV-0"],
                    "requirements" => &["HIDREQ-0", "R-002"],
                    _ => &[],
                };
                seen.into_iter().chain(hidden.iter().map(|&code| code.to_owned())).collect()
            }
            Some(_) => ["P-001", "anna", "pola"].map(str::to_owned).into(),
        };
        let fill =
            |part: &String| format!("{}{part}{}", path.split('{').next().unwrap(), path.split('}').nth(1).unwrap());
        let filled = if parts.is_empty() { vec![path.clone()] } else { parts.iter().map(fill).collect() };
        let named = |name: &str| {
            let parameters = get["parameters"].as_array();
            parameters.is_some_and(|all| all.iter().any(|one| one["in"] == "query" && one["name"] == name))
        };
        for address in filled {
            for (name, query) in [
                ("limit", "limit=2"),
                ("total", "limit=3&total=true&sort=-code"),
                ("q", "q=secret"),
                ("q", "q=JPN"),
                ("donor", "donor=JPN"),
                ("offer", "offer=HID-0"),
                ("holder", "holder=JPN"),
                ("as_of", "as_of=2026-09-14&known=2026-09-15"),
                ("format", "format=json"),
                ("by", "by=donor"),
            ] {
                if named(name) {
                    all.push(format!("{address}?{query}"));
                }
            }
            all.push(address);
        }
    }
    assert!(all.len() > 200, "{}", all.len());
    all
}

/// What somebody is answered at each address, and at what the answers lead on to.
pub(crate) async fn answers(site: &Site, cookie: &str, addresses: &[String]) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    for address in addresses {
        let mut address = address.clone();
        loop {
            let answer = site.ask("GET", &address, cookie).await;
            assert!(!answer.status.is_server_error(), "{address}\n{}", answer.text);
            let page: Value = serde_json::from_str(&answer.text).unwrap_or_default();
            let next = page["next"].as_str().map(escaped);
            let (path, query) = address.split_once('?').unwrap_or((&address, ""));
            let kept: String =
                query.split('&').filter(|pair| !pair.starts_with("cursor=")).map(|pair| format!("{pair}&")).collect();
            let again = next.map(|cursor| format!("{path}?{kept}cursor={cursor}"));
            let turned = address.contains("cursor=");
            answers.push((std::mem::take(&mut address), answer));
            match again {
                Some(again) if !turned => address = again,
                _ => break,
            }
        }
    }
    answers
}

#[tokio::test]
async fn nothing_tells_of_what_is_hidden() {
    for engine in ENGINES {
        let seeds: &[u64] = if engine == Engine::Sqlite { &[1, 2, 3] } else { &[4] };
        let plain = Site::demonstration(engine, as_is).await.unhurried();
        let mut addresses = addresses();
        addresses.extend(api_addresses(&plain).await);
        let mut visitors = vec![("the public", String::new())];
        visitors.push(("Poland", plain.user("pola", "POL", &[Role::DonorLiaison]).await));
        visitors.push(("an operator", plain.user("oper", "OP-WEST", &[Role::HubOperator]).await));
        later(&plain).await;
        let mut before = Vec::new();
        for (_, cookie) in &visitors {
            before.push(answers(&plain, cookie, &addresses).await);
        }
        for seed in seeds {
            let other = Site::demonstration(engine, as_is).await.unhurried();
            other.import(hidden(*seed)).await;
            let cookies = [
                String::new(),
                other.user("pola", "POL", &[Role::DonorLiaison]).await,
                other.user("oper", "OP-WEST", &[Role::HubOperator]).await,
            ];
            later(&other).await;
            for address in
                ["/records/offers/O-JPN-11", "/api/v1/records/offers/O-JPN-11", "/api/v1/records/offers?total=true"]
            {
                assert_ne!(plain.get(address).await.text, other.get(address).await.text);
            }
            for (((who, _), cookie), before) in visitors.iter().zip(&cookies).zip(&before) {
                let after = answers(&other, cookie, &addresses).await;
                same(&format!("{engine:?} {seed}: {who}"), before, &after);
            }
        }
    }
}

/// That somebody's answers are the same, byte by byte.
pub(crate) fn same(who: &str, before: &[(String, Answer)], after: &[(String, Answer)]) {
    for ((address, was), (again, is)) in before.iter().zip(after) {
        assert_eq!(address, again, "{who}: the page before tells by where it leads");
        assert_eq!(was.status, is.status, "{who}: {address} tells by its status");
        assert_eq!(was.headers, is.headers, "{who}: {address} tells by a header");
        assert!(was.text == is.text, "{who}: {address} tells:\n{}", difference(&was.text, &is.text));
    }
    assert_eq!(before.len(), after.len(), "{who}");
}

/// What happens afterwards that everybody concerned sees: its numbers in the journal differ.
async fn later(site: &Site) {
    let row =
        format!("{COLUMNS}\nPOL-1,POL,goods,VEST/ok,40,PLGDY,2026-09-20,,,,,committed,,,,,,,,participants,test,yes\n");
    site.import(vec![Source { name: "offers.csv".into(), bytes: row.into_bytes() }]).await;
    site.app.transition("offers", "POL-1", "held", &operator()).await.unwrap();
}

/// As part of an address.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn difference(a: &str, b: &str) -> String {
    let different = a.lines().zip(b.lines()).find(|(a, b)| a != b);
    different.map_or_else(|| "one is longer".to_owned(), |(a, b)| format!("- {a}\n+ {b}"))
}

#[tokio::test]
async fn what_is_hidden_and_what_is_absent_are_refused_alike() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        site.import(hidden(7)).await;
        let poland = site.user("pola", "POL", &[Role::DonorLiaison]).await;
        for (hidden, absent) in [
            ("/records/offers/O-JPN-11/state", "/records/offers/O-JPN-99/state"),
            ("/records/offers/O-JPN-11", "/records/offers/O-JPN-99"),
        ] {
            let form = "state=held&reason=no&etag=x";
            let (one, two) = (site.post(hidden, &poland, form).await, site.post(absent, &poland, form).await);
            assert_eq!(one.status, StatusCode::NOT_FOUND, "{}", one.text);
            assert_eq!((one.status, one.text), (two.status, two.text));
        }
        let seen = site.post("/records/offers/O-BEL-01/state", &poland, "state=held&reason=no").await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN, "what one sees one may still not change");
    }
}

#[tokio::test]
async fn another_site_cannot_make_a_browser_change_anything() {
    use axum::{body::Body, http::Request};
    let site = Site::demonstration(Engine::Sqlite, as_is).await;
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
    {
        let request = Request::builder()
            .method("POST")
            .uri("/records/offers/O-BEL-01/state")
            .header("cookie", &site.cookie)
            .header("host", "muster.example")
            .header(name, value)
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = site.answer(request.body(Body::from("state=held&reason=x")).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let request = Request::builder()
        .method("POST")
        .uri("/records/offers/O-BEL-01/state")
        .header("cookie", &site.cookie)
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = site.answer(request.body(Body::from("state=held&reason=x")).unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "a browser that does not say where it comes from");
}
