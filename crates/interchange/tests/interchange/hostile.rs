//! Workbooks made to do harm.

use std::io::{Cursor, Write};

use muster_interchange::mission::{Reading, read};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::mission::source;

const SPREADSHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// A workbook with one sheet, `parties`, of the given XML, and more files.
pub(crate) fn workbook(sheet: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let files = [
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{rels}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="{SPREADSHEET}" xmlns:r="{rels}"><sheets><sheet name="parties" sheetId="1" r:id="rId1"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{rels}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
            ),
        ),
        ("xl/worksheets/sheet1.xml", sheet.to_owned()),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let all = files.iter().map(|(name, text)| (*name, text.as_bytes())).chain(more.iter().copied());
    for (name, bytes) in all {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(crate) fn sheet(rows: &str) -> String {
    format!(r#"<worksheet xmlns="{SPREADSHEET}"><sheetData>{rows}</sheetData></worksheet>"#)
}

/// A row of texts.
fn row(number: u32, texts: &[&str]) -> String {
    let cells: String = (b'A'..)
        .zip(texts)
        .map(|(column, text)| {
            format!(r#"<c r="{}{number}" t="inlineStr"><is><t>{text}</t></is></c>"#, char::from(column))
        })
        .collect();
    format!(r#"<row r="{number}">{cells}</row>"#)
}

fn header() -> String {
    row(1, &["code", "name", "kind", "fictional"])
}

fn read_book(bytes: Vec<u8>) -> (Reading, Vec<String>) {
    let reading = read(vec![source("book.xlsx", bytes)]);
    let lines = reading.issues.iter().map(ToString::to_string).collect();
    (reading, lines)
}

#[test]
fn a_plain_workbook_made_the_same_way_is_read() {
    let (reading, lines) = read_book(workbook(&sheet(&(header() + &row(3, &["X", "X", "unit", "yes"]))), &[]));
    assert_eq!(lines, Vec::<String>::new());
    assert!(reading.picture.parties.contains_key("X"));
}

#[test]
fn formulas_are_refused_whatever_value_stands_beside() {
    let formula = r#"<row r="2"><c r="A2" t="str"><f>CONCAT("X")</f><v>X</v></c><c r="B2" t="inlineStr"><is><t>X</t></is></c>
        <c r="C2" t="inlineStr"><is><t>unit</t></is></c><c r="D2" t="str"><f t="shared" si="4000000000" ref="D2:D9">A1</f><v>yes</v></c></row>"#;
    let (reading, lines) = read_book(workbook(&sheet(&(header() + formula)), &[]));
    assert_eq!(lines, ["book.xlsx#parties:2, A: cell-formula", "book.xlsx#parties:2, D: cell-formula",]);
    assert!(reading.picture.parties.is_empty());
}

#[test]
fn an_entity_bomb_is_refused_before_it_is_parsed() {
    let bomb =
        r#"<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>"#;
    for sheet in [format!("{bomb}{}", sheet(&row(1, &["&c;"]))), format!("<?xml version=\"1.0\"?>\n{bomb}")] {
        let (_, lines) = read_book(workbook(&sheet, &[]));
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("book.xlsx: workbook-document-type"), "{lines:?}");
    }
}

#[test]
fn a_sheet_that_inflates_is_refused() {
    let spaces = " ".repeat(40 << 20);
    let (_, lines) = read_book(workbook(&sheet(&spaces), &[]));
    assert_eq!(lines, ["book.xlsx: workbook-inflates(mib=256, ratio=200)"]);
}

#[test]
fn many_files_and_macros_are_refused() {
    let names: Vec<_> = (0..1_001).map(|n| format!("x/{n}")).collect();
    let more: Vec<_> = names.iter().map(|n| (n.as_str(), b"".as_slice())).collect();
    assert!(read_book(workbook(&sheet(""), &more)).1[0].contains("workbook-files("));
    let macros = read_book(workbook(&sheet(&header()), &[("xl/vbaProject.bin", b"x")])).1;
    assert_eq!(macros, ["book.xlsx: workbook-macros"]);
    assert_eq!(read(vec![source("book.xlsm", workbook(&sheet(&header()), &[]))]).issues.len(), 1);
}

#[test]
fn a_cell_far_out_costs_nothing() {
    let far = r#"<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row>"#;
    let (_, lines) = read_book(workbook(&sheet(&(header() + far)), &[]));
    assert_eq!(lines, ["book.xlsx#parties:1048576: cell-far-out(column=16384, most=100)"]);
}

#[test]
fn damaged_workbooks_are_refused() {
    let whole = workbook(&sheet(&(header() + &row(2, &["X", "X", "unit", "yes"]))), &[]);
    for cut in (0..whole.len()).step_by(7) {
        assert!(!read_book(whole[..cut].to_vec()).1.is_empty(), "cut at {cut}");
    }
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        read_book(bytes);
    }
    let index = sheet(r#"<row r="1"><c r="A1" t="s"><v>999999</v></c></row>"#);
    assert!(!read_book(workbook(&index, &[])).1.is_empty());
}

#[test]
fn numbers_dates_and_errors_in_cells() {
    let cells = r#"<row r="2"><c r="A2"><v>12</v></c><c r="B2"><v>0.1</v></c><c r="C2" t="e"><v>#REF!</v></c><c r="D2" t="b"><v>1</v></c></row>
        <row r="3"><c r="A3"><v>12</v></c><c r="B3"><v>0.1</v></c><c r="C3" t="inlineStr"><is><t>unit</t></is></c><c r="D3" t="b"><v>1</v></c></row>"#;
    let (reading, lines) = read_book(workbook(&sheet(&(header() + cells)), &[]));
    assert_eq!(lines, ["book.xlsx#parties:2, C: cell-error(error=#REF!)"]);
    let party = &reading.picture.parties["12"];
    assert_eq!((party.name.as_str(), party.fictional), ("0.1", true));
}

#[test]
fn absurd_attributes_are_refused_or_passed_over() {
    let cells = [
        r#"<row r="0"><c r="A0"><v>1</v></c></row>"#,
        r#"<row r="-1"><c r="-A1"><v>1</v></c></row>"#,
        r#"<row r="99999999999"><c r="ZZZZZZZZ99999999999"><v>1</v></c></row>"#,
        r#"<row r="4294967295"><c><v>1</v></c></row><row><c><v>1</v></c></row>"#,
        r#"<row r=""><c r=""><v>1</v></c></row>"#,
        r#"<row r="1"><c r="A1" s="-5"><v>1</v></c><c r="B1" s="99999999999999999999"><v>1</v></c></row>"#,
        r#"<row r="1"><c r="A1" t="s"><v>-1</v></c><c r="B1" t="s"><v></v></c></row>"#,
        r#"<row r="1"><c r="A1" t="d"><v>never</v></c><c r="B1" t="b"><v>maybe</v></c><c r="C1"><v>1e999</v></c></row>"#,
        r#"<row r="1"><c r="A1" t="inlineStr"><is><t>&#0;&#xFFFF;&bogus;</t></is></c></row>"#,
        r#"<row r="1"><c r="A1"><f t="shared" si="-1"/><v>1</v></c></row>"#,
        r#"<row r="1"><c r="A1"><v>1</v></c>"#,
        "<row><row><c><c><c/></c></c></row></row>",
    ];
    for cells in cells {
        read_book(workbook(&sheet(&(header() + cells)), &[]));
        read_book(workbook(
            &sheet(cells),
            &[("xl/sharedStrings.xml", b"<sst><si/></sst>"), ("xl/styles.xml", b"<styleSheet/>")],
        ));
    }
    let dimension = sheet(&header()).replace("<sheetData>", r#"<dimension ref="A1:XFD99999999999"/><sheetData>"#);
    read_book(workbook(&dimension, &[]));
}
