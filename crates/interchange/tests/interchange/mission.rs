//! Reading a mission folder: every problem by file, line and column.

use muster_domain::{fixed::Fixed, picture::Picture, stated::Stated};
use muster_interchange::mission::{Reading, Source, read, read_whole};

pub(crate) fn source(name: &str, bytes: impl AsRef<[u8]>) -> Source {
    Source { name: name.into(), bytes: bytes.as_ref().to_vec() }
}

fn one(name: &str, text: &str) -> Reading {
    read(vec![source(name, text)])
}

fn lines(reading: &Reading) -> Vec<String> {
    reading.issues.iter().map(ToString::to_string).collect()
}

const PARTIES: &str = "code,name,kind,country,parent,source,fictional\n";
const ITEMS: &str = "code;name;kind;supply_class;purpose;unit_of_issue;mass_kg;volume_m3;tracking;fictional\n";

#[test]
fn header_names_are_trimmed_and_case_does_not_matter() {
    let reading = one("in/Parties.CSV", " Code , NAME,Kind,country,fictional,\nX,  Unit X ,unit,,yes,\n");
    assert_eq!(lines(&reading), Vec::<String>::new());
    assert_eq!(reading.picture.parties["X"].name.as_str(), "Unit X");
}

#[test]
fn every_problem_is_told_at_once_with_its_place() {
    let text = "code,name,kind,country,kind,colour,source\r\nX,,,,unit,,\r\nY,\"Y\r\nY\",state,??,,,\r\nZ,Z,unit,\r\n";
    let found = lines(&one("parties.csv", text));
    let expected = [
        "parties.csv:1, kind: header-twice",
        "parties.csv:1, colour: not-a-column(sheet=parties",
        "parties.csv:1, fictional: column-missing(right=yes-or-no)",
        "parties.csv:2, name: empty-must-be(right=some-text",
        "parties.csv:2, kind: empty-must-be(right=one-of",
        "parties.csv:3, kind `state`: must-be(right=one-of(words=nation",
        "parties.csv:3, country `??`: must-be(right=a-country)",
        "parties.csv:5: cells-unlike-header(cells=4, width=7)",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (line, wanted) in found.iter().zip(expected) {
        assert!(line.starts_with(wanted), "{line}\n{wanted}");
    }
}

#[test]
fn a_key_that_is_taken_names_both_lines() {
    let reading = one("parties.csv", &format!("{PARTIES}X,X,unit,,,,yes\n\nX,Y,unit,,,,yes\n"));
    assert_eq!(lines(&reading), ["parties.csv:4, code `X`: named-before(at=row-at-line(line=2))"]);
    assert_eq!(reading.picture.parties["X"].name.as_str(), "X");
}

#[test]
fn unknown_files_and_sheets_given_twice_are_told() {
    let parties = format!("{PARTIES}X,X,unit,,,,yes\n");
    let reading = read(vec![
        source("parties.csv", &parties),
        source("parties.tsv", parties.replace(',', "\t")),
        source("party.csv", "code\n"),
        source("photo.png", [0x89, b'P']),
        source("old.xls", [0xD0, 0xCF, 0x11, 0xE0]),
        source("offers.csv", ""),
        source("README.md", "# What this is"),
    ]);
    let found = lines(&reading);
    assert_eq!(found.len(), 5, "{found:#?}");
    assert_eq!(found[0], "parties.tsv: sheet-twice(sheet=parties, file=parties.csv)");
    assert!(found[1].starts_with("party.csv: not-a-mission-sheet("));
    assert!(found[2].starts_with("photo.png: not-a-mission-file("));
    assert!(found[3].starts_with("old.xls: other-workbook"));
    assert!(found[4].starts_with("offers.csv:1: sheet-empty(columns=code, donor"));
}

#[test]
fn encodings_and_separators_do_not_matter() {
    let text = format!("{PARTIES}X,\"Zürich, „Süd“\",unit,CHE,,,yes\n");
    let wide: Vec<u8> =
        "\u{FEFF}".chars().chain(text.chars()).collect::<String>().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = text.replace(['„', '“'], "'").chars().map(|c| c as u8).collect();
    for bytes in [text.clone().into_bytes(), wide, latin] {
        let reading = read(vec![source("parties.csv", bytes)]);
        assert_eq!(lines(&reading), Vec::<String>::new());
        assert!(reading.picture.parties["X"].name.as_str().starts_with("Zürich, "));
    }
    let broken = read(vec![source("parties.csv", [text.as_bytes(), b"Y,\xFF,unit,,,,yes\n"].concat())]);
    assert_eq!(lines(&broken), ["parties.csv:3: not-utf-8(byte=0xFF)"]);
}

#[test]
fn a_decimal_comma_is_read_and_never_guessed() {
    let text = |a: &str, b: &str| {
        format!("{ITEMS}A;A;materiel;II;p;each;{a};;quantity;yes\nB;B;materiel;II;p;each;{b};;quantity;yes\n")
    };
    let both = one("items.csv", &text("12,5", "1,250"));
    assert_eq!(lines(&both), Vec::<String>::new());
    assert_eq!(both.picture.items["A"].mass_kg, Some(Fixed(12_500)));
    assert_eq!(both.picture.items["B"].mass_kg, Some(Fixed(1_250)));

    let alone = one("items.csv", &text("7", "1,250"));
    assert!(
        lines(&alone)[0].starts_with("items.csv:3, mass_kg `1,250`: two-numbers(one=1.250, other=1250)"),
        "{:?}",
        lines(&alone)
    );
    let point = one("items.csv", &text("12,5", "1.250"));
    assert!(lines(&point)[0].starts_with("items.csv:3, mass_kg `1.250`: two-numbers("), "{:?}", lines(&point));
    let thousands = one("items.csv", &text("7", "1.234,5"));
    assert_eq!(lines(&thousands), ["items.csv:3, mass_kg `1.234,5`: thousands-separators"]);
}

#[test]
fn unknown_is_kept_in_its_words_and_is_not_zero() {
    let text = "code,donor,kind,resource,quantity,place,available_from,state,fictional\n\
                O1,X,goods,R,undisclosed,P,2026-09,pledged,yes\n\
                O2,X,goods,R,,P,2026,pledged,yes\n\
                O3,X,goods,R,1o0,P,2026,pledged,yes\n";
    let reading = one("offers.csv", text);
    assert_eq!(reading.picture.offers["O1"].quantity, Stated::Unknown("undisclosed".into()));
    let found = lines(&reading);
    assert!(found[0].starts_with("offers.csv:3, quantity: empty-must-be("), "{found:#?}");
    assert!(found[1].starts_with("offers.csv:4, quantity `1o0`: must-be(right=stated(right=a-decimal("), "{found:#?}");
    assert_eq!(found.len(), 2);
}

#[test]
fn guarded_formulas_are_read_as_they_were() {
    let reading = one("parties.csv", &format!("{PARTIES}X,'=1+1,unit,,,'tis,yes\n"));
    assert_eq!(reading.picture.parties["X"].name.as_str(), "=1+1");
    assert_eq!(reading.picture.parties["X"].source, "'tis");
}

#[test]
fn what_does_not_hold_between_records_is_told_by_line() {
    let parties = source("parties.csv", format!("{PARTIES}X,X,unit,,NOBODY,,no\n"));
    let found = read_whole(vec![parties]);
    assert_eq!(
        lines(&found),
        [
            "parties.csv:2, parent `NOBODY`: must-be(right=a-code-from(sheet=parties))",
            "parties.csv:2, source: source-missing",
            "of-sheet(sheet=mission, said=one-mission(count=0))",
        ]
    );
}

#[test]
fn a_part_of_a_mission_is_checked_on_what_is_stored() {
    let stored = one("parties.csv", &format!("{PARTIES}X,X,unit,,,,yes\nY,Y,unit,,GONE,,yes\n")).picture;
    let funds = one("funds.csv", "code,name,holder,currency,fictional\nF,F,X,EUR,yes\nG,G,Z,EUR,yes\n");
    assert_eq!(lines(&funds), Vec::<String>::new());
    let found: Vec<_> = funds.check(&stored).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "parent `GONE`: stored-record(said=must-be(right=a-code-from(sheet=parties)), key=Y, sheet=parties)",
            "funds.csv:3, holder `Z`: must-be(right=a-code-from(sheet=parties))",
            "of-sheet(sheet=mission, said=one-mission(count=0))",
        ]
    );
}

#[test]
fn a_stored_record_that_breaks_a_younger_rule_stops_no_other() {
    let items = "code,name,kind,supply_class,purpose,unit_of_issue,mass_kg,un_number,hazard_class,tracking,fictional\n";
    let item = |code: &str, class: &str| {
        format!("{items}{code},Fuel,materiel,III,mobility,litre,1,1202,{class},quantity,yes\n")
    };
    let stored = one("items.csv", &item("old", "fuel")).picture;
    let told = |code: &str, class: &str| -> Vec<String> {
        let found = one("items.csv", &item(code, class)).check(&stored);
        found.iter().map(ToString::to_string).filter(|said| said.contains("hazard-class")).collect()
    };
    assert_eq!((told("new", "3").len(), told("new", "fuel").len(), told("old", "fuel").len()), (0, 1, 1));
}

#[test]
fn what_follows_from_a_record_that_could_not_be_read_is_not_told_again() {
    let parties = source("parties.csv", format!("{PARTIES}X,X,nothing,,,,yes\n"));
    let funds = source("funds.csv", "code,name,holder,currency,fictional\nF,F,X,EUR,yes\n");
    let found = lines(&read_whole(vec![parties, funds]));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("parties.csv:2, kind `nothing`: must-be(right=one-of("));
    assert!(found[1].starts_with("of-sheet(sheet=mission, said=one-mission("));
}

#[test]
fn json_tells_the_path() {
    let text = r#"{"parties": [
        {"code": "X", "name": "X", "kind": "unit", "fictional": "yes", "code": "Y"},
        {"code": "Z", "name": 5, "kind": "unit", "fictional": "yes", "colour": "red"},
        {"code": "Q", "name": "Q", "kind": ["unit"], "fictional": "yes", "parent": null}
    ], "crews": [], "items": []}"#;
    let reading = one("m.json", text);
    assert_eq!(
        lines(&reading)[..3],
        [
            "m.json#parties[0], code: object-key-twice",
            "m.json#parties[1], name: json-not-text(what=json-number)",
            "m.json#parties[2], kind: json-not-text(what=json-array)",
        ]
    );
    assert!(lines(&reading).iter().any(|l| l.starts_with("m.json#parties, colour: not-a-column(")));
    assert!(lines(&reading).iter().any(|l| l.starts_with("m.json#crews: not-a-mission-sheet(")));
    let broken = lines(&one("m.json", "{\"parties\": [\n{]}"));
    assert!(broken[0].starts_with("m.json:2: not-mission-json("), "{broken:?}");
    let deep = format!("{{\"parties\": [{{\"code\": {}1", "[".repeat(100_000));
    let refused = lines(&one("m.json", &deep));
    assert!(refused[0].starts_with("m.json:1: not-mission-json("), "{refused:?}");
}

#[test]
fn an_object_of_countless_keys_is_refused() {
    let keys: Vec<_> = (0..1_001).map(|n| format!("\"k{n}\":\"\"")).collect();
    let found = lines(&one("m.json", &format!("{{\"parties\": [{{{}}}]}}", keys.join(","))));
    assert!(found[0] == "m.json:1: json-many-keys(most=1000)", "{found:?}");
    let some = lines(&one("m.json", &format!("{{\"parties\": [{{{}}}]}}", keys[..101].join(","))));
    assert!(some.iter().any(|l| l == "m.json#parties[0], k100: column-too-many(most=100)"), "{some:?}");
}

#[test]
fn more_bytes_than_allowed_are_not_looked_at() {
    let half = vec![b' '; (256 << 20) / 2 + 1];
    let reading = read(vec![source("parties.csv", &half), source("items.csv", half)]);
    assert_eq!(reading.issues.len(), 1);
    assert_eq!(reading.issues[0].message.key, "files-too-large");
    assert_eq!(reading.picture, Picture::default());
}

/// A sheet of `rows` offers.
fn offers(rows: usize) -> Vec<u8> {
    let mut text =
        "code,donor,kind,resource,quantity,place,available_from,caveats,fund,earmark,terms,state,state_reason,\
        value,value_currency,value_method,value_date,statement,note,source,fictional\n"
            .to_owned();
    for n in 0..rows {
        text += &format!(
            "OFFER-{n},JPN,goods,ARMOUR,{},YOKOHAMA,2026-09-07,C1|C2,,,,pledged,,{}.50,EUR,replacement cost,2026,S-1,\
             \"a note, with a comma\",https://example.org/{n},yes\n",
            n + 1,
            n
        );
    }
    text.into_bytes()
}

#[test]
fn a_large_sheet_is_read_whole() {
    let bytes = offers(100_000);
    let reading = read(vec![source("offers.csv", bytes)]);
    assert_eq!((reading.issues.len(), reading.picture.offers.len()), (0, 100_000));
}
