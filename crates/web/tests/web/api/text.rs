//! Texts that often go wrong come back as they were, through every text field and every export; what no text may hold is refused.

use std::num::NonZeroU32;

use muster_app::interchange::mission::{Source, read};
use muster_domain::picture::SHAPES;
use muster_web::{Surroundings, router_in};

use super::*;

const NAUGHTY: &[&str] = &[
    "undefined",
    "null",
    "NULL",
    "true",
    "NaN",
    "Infinity",
    "0",
    "-1",
    "1e309",
    "0x1F",
    "1,000.50",
    "٠١٢٣",
    "½",
    "２０２６",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1+1)",
    "=1+1",
    "=HYPERLINK(\"http://x\")",
    "'=1",
    "%0A=1",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "&lt;b&gt;&amp;",
    "javascript:alert(1)",
    "<!-- ]]> -->",
    "'; DROP TABLE offers; --",
    "1' OR '1'='1",
    "\\' OR 1=1 --",
    "%' OR '%'='",
    "Robert'); DROP TABLE users;--",
    "$1",
    "{}",
    "{{7*7}}",
    "${7*7}",
    "\"",
    "'",
    "`",
    "\"\"\"",
    "a\"b,c;d|e",
    "a\tb",
    "line one\nline two",
    "\\",
    "\\n",
    "C:\\x\\y",
    "/../../etc/passwd",
    "%2e%2e%2f",
    "%s%n%d",
    "Ω≈ç√∫",
    "Україна – допомога",
    "日本国 支援",
    "خدمات المساعدة",
    "עברית",
    "اختبار‏ abc ‎123",
    "\u{202e}gnirts desrever\u{202c}",
    "a\u{200b}b\u{200d}c",
    "\u{feff}bom",
    "e\u{301} é",
    "ﬀ ǆ ẞ ı İ",
    "👩‍👩‍👧‍👦 🇺🇦 🏳️‍🌈 👍🏽",
    "\u{10ffff}\u{e000}",
    "Z͑ͫa̴l̶g̷o̸",
    "😀😀😀",
    "a\u{2028}b\u{2029}c",
    "\u{a0}nbsp\u{a0}inside",
];

/// What no text may hold.
const REFUSED: &[&str] = &["nul \u{0} byte", "bell \u{7}", "escape \u{1b}[31m", "delete \u{7f}", "c1 \u{85} next line"];

/// A record of a sheet and the columns that hold any text.
fn subjects() -> [(&'static str, Value, &'static [&'static str]); 3] {
    [
        ("offers", offer("N"), &["earmark", "terms", "state_reason", "value_method", "note", "source"]),
        ("requirements", need(), &["state_reason", "justification", "source"]),
        (
            "parties",
            json!({ "code": "N", "name": "x", "kind": "organisation", "source": "x", "fictional": "yes" }),
            &["name", "source"],
        ),
    ]
}

fn need() -> Value {
    json!({
        "code": "N", "unit": "U-DEM-1", "place": "POINT-05", "purpose": "demining", "quantity": "5", "priority": "9",
        "due": "2026-10-09", "expires": "2026-11-30", "state": "draft", "justification": "x", "fictional": "yes",
        "requirement_accepts": [{ "resource": "DET-DUAL/ok", "utility": "1", "fictional": "yes" }],
    })
}

/// The column of each record in an export, read back as an import reads it.
fn column(name: &str, bytes: Vec<u8>, sheet: &str, column: &str) -> Vec<(String, String)> {
    let reading = read(vec![Source { name: name.into(), bytes }]);
    assert!(reading.issues.is_empty(), "{:?}", reading.issues);
    let shape = SHAPES.iter().find(|shape| shape.sheet == sheet).unwrap();
    let at = shape.columns.iter().position(|c| c.name == column).unwrap();
    let keys: Vec<String> = match sheet {
        "offers" => reading.picture.offers.keys().cloned().collect(),
        "requirements" => reading.picture.requirements.keys().cloned().collect(),
        _ => reading.picture.parties.keys().cloned().collect(),
    };
    let cells = |key: &String| reading.picture.cells(sheet, key).unwrap()[at].clone();
    keys.iter().filter(|key| key.starts_with("N-")).map(|key| (key.clone(), cells(key))).collect()
}

#[tokio::test]
async fn naughty_texts_come_back_as_they_were() {
    let long = "ї".repeat(4_000);
    for engine in ENGINES {
        let mut site = Site::demonstration(engine, as_is).await;
        let around = Surroundings { api_rate: NonZeroU32::MAX, ..Surroundings::default() };
        site.router = router_in(site.app.clone(), around);
        let staff = site.caller("staff", "NSATU", Role::Coordinator).await;
        for (sheet, record, columns) in subjects() {
            let mut wanted: Vec<(String, String)> = Vec::new();
            for (n, text) in NAUGHTY.iter().copied().chain([long.as_str()]).enumerate() {
                let code = format!("N-{n:03}");
                let mut record = record.clone();
                record["code"] = code.clone().into();
                for column in columns {
                    record[*column] = text.into();
                }
                // With keys, since chance repeats itself in tests.
                let made = staff
                    .keyed(&format!("{sheet}-{code}"), &format!("/records/{sheet}"))
                    .json(record)
                    .await
                    .is(201)
                    .json();
                let shown = staff.get(&format!("/records/{sheet}/{code}")).await.is(200).json();
                assert_eq!(made, shown);
                for column in columns {
                    assert_eq!(shown[*column].as_str().unwrap(), text.trim(), "{sheet}.{column}");
                }
                wanted.push((code, text.trim().to_owned()));
            }
            for format in ["json", "csv", "xlsx"] {
                let answer = staff.ask("GET", &format!("/export/{sheet}?format={format}"));
                let request = answer.request.body(Body::empty()).unwrap();
                let bytes = site.bytes(request).await;
                if format == "csv" {
                    let text = String::from_utf8_lossy(&bytes);
                    let opens = |cell: &str| text.contains(&format!(",{cell}")) || text.contains(&format!(",\"{cell}"));
                    assert!(
                        !["=cmd", "=1+1", "@SUM", "+1+1", "=HYPERLINK"].into_iter().any(opens),
                        "a formula came through"
                    );
                }
                for name in columns {
                    assert_eq!(
                        column(&format!("{sheet}.{format}"), bytes.clone(), sheet, name),
                        wanted,
                        "{format} {name}"
                    );
                }
            }
            for text in REFUSED.iter().copied().chain([format!("{long}x").as_str()]) {
                for column in columns {
                    let mut record = record.clone();
                    record["code"] = "N-REFUSED".into();
                    record[*column] = text.into();
                    let told = staff.post(&format!("/records/{sheet}"), record).await;
                    told.is_problem(422, "invalid");
                    assert_eq!(told.json()["errors"][0]["pointer"], format!("#/{column}"), "{text:?}");
                }
            }
        }
        for text in NAUGHTY.iter().chain(REFUSED) {
            let text: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            for path in
                ["/records/offers?q=", "/records/offers?note=", "/search?q=", "/journal?actor=", "/movements?place="]
            {
                let answer = staff.get(&format!("{path}{text}")).await;
                assert!(matches!(answer.status.as_u16(), 200 | 422), "{path}{text}: {}", answer.text);
            }
            for path in [
                format!("/records/offers/{text}"),
                format!("/ledger/accounts/{text}/statement"),
                format!("/users/{text}"),
            ] {
                let answer = staff.get(&path).await;
                assert!(matches!(answer.status.as_u16(), 403 | 404), "{path}: {} {}", answer.status, answer.text);
            }
        }
    }
}
