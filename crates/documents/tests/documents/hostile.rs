//! What a name may hold is not up to us. It prints as it is, or not at all, and never does anything.

use muster_documents::{
    Error, LONGEST_TEXT,
    Language::{English, Japanese, Polish},
    Languages, MOST_LINES, MOST_SERIALS,
    papers::{Packed, Papers, Verification},
    pdf,
};
use muster_domain::document::DocumentKind;

use crate::{
    pages::{pages, print, text},
    sample,
};

/// Puts a text wherever a text can stand.
fn everywhere(text: &str) -> Papers {
    let mut papers = sample::counted();
    let text = || text.to_owned();
    (papers.mission, papers.number, papers.consignment) = (text(), text(), text());
    (papers.instructions, papers.caveats) = (text(), text());
    for place in [&mut papers.from, &mut papers.to] {
        (place.name, place.locode, place.address) = (text(), text(), text());
    }
    let others = [&mut papers.carrier, &mut papers.donor].into_iter().flatten();
    for party in [&mut papers.consignor, &mut papers.consignee].into_iter().chain(others) {
        (party.name, party.address, party.contact) = (text(), text(), text());
    }
    for leg in &mut papers.legs {
        (leg.conveyance, leg.carrier, leg.from.name, leg.to.name) = (text(), text(), text(), text());
    }
    for line in &mut papers.lines {
        (line.item, line.unit, line.hazard_class) = (text(), text(), text());
        line.proper_shipping_name = text();
        line.units.push(Packed { lot: text(), serials: vec![text(); 5], quantity: 5, handling_unit: None });
        line.value.iter_mut().for_each(|value| (value.method, value.source) = (text(), text()));
        line.count.iter_mut().for_each(|count| count.remark = text());
        line.count.iter_mut().flat_map(|count| &mut count.particulars).for_each(|units| units.lot = text());
    }
    for unit in &mut papers.handling_units {
        unit.seal = text();
    }
    for sign in [&mut papers.released, &mut papers.received].into_iter().flatten() {
        (sign.name, sign.party, sign.role, sign.place) = (text(), text(), text(), text());
        (sign.key, sign.signature) = (text(), text());
    }
    papers.verification = Some(Verification { text: text(), hash: text(), key: text(), qr: text(), sealed: text() });
    papers
}

#[test]
fn markup_in_a_name_is_a_name() {
    // Short, since a label shows only how a text begins.
    for markup in [
        "#panic()",
        "*_$[",
        "= #{ ] $ \\u{41} @a <b> `c` // d",
        "#image(\"/words/en.toml\")",
        "]#eval(\"1\")[",
        "{donor} {n}",
        "{recipient}{m}",
    ] {
        for kind in DocumentKind::ALL {
            let said = text(&print("markup", &everywhere(markup), *kind, English));
            let said: String = said.split_whitespace().collect();
            let whole: String = markup.split_whitespace().collect();
            assert!(said.contains(&whole), "{kind}: {markup}\n{said}");
        }
    }
}

#[test]
fn a_text_without_gaps_stays_in_its_column() {
    for kind in DocumentKind::ALL {
        let name = format!("{kind}-wide");
        print(&name, &everywhere(&"W".repeat(120)), *kind, Languages { first: English, second: Some(Polish) });
    }
    let longest = everywhere(&"Ω".repeat(LONGEST_TEXT));
    for kind in [DocumentKind::HandoverReceipt, DocumentKind::Label] {
        let pages = pages(&print(&format!("{kind}-longest"), &longest, kind, English));
        assert!(pages < 400, "{kind}: {pages} pages");
    }
}

#[test]
fn what_cannot_be_seen_is_not_printed() {
    for odd in [
        "a\0b\u{7}c\r\n\td",
        "\u{202e}evil\u{202c}\u{200b}",
        "\u{feff}",
        "e\u{301}\u{301}\u{301}\u{301}",
        "🚚 ﷽ 한국 \u{10ffff}",
    ] {
        for kind in DocumentKind::ALL {
            print("odd", &everywhere(odd), *kind, Japanese);
        }
    }
    let said = text(&print("turned", &everywhere("A\u{202e}B\u{200b}C"), DocumentKind::Manifest, English));
    assert!(said.contains("ABC") && !said.contains('\u{202e}'));
}

#[test]
fn there_is_a_limit_to_everything() {
    let refused = |papers: &Papers| match pdf(papers, DocumentKind::Manifest, English.into()) {
        Err(Error::TooMuch(message)) => message.key,
        other => panic!("{:?}", other.map(|bytes| bytes.len())),
    };
    let mut papers = sample::papers();
    papers.lines = vec![papers.lines[0].clone(); MOST_LINES + 1];
    assert_eq!(refused(&papers), "document-lines-at-most");

    let mut papers = sample::papers();
    papers.lines[0].units[0].serials = vec!["S".to_owned(); MOST_SERIALS + 1];
    assert_eq!(refused(&papers), "document-serials-at-most");

    let mut papers = sample::papers();
    papers.mission = "x".repeat(LONGEST_TEXT + 1);
    assert_eq!(refused(&papers), "document-one-text-at-most");

    let mut papers = sample::papers();
    papers.instructions = "line\n".repeat(600_000);
    assert_eq!(refused(&papers), "document-text-at-most");

    let mut papers = sample::papers();
    papers.handling_units.clear();
    assert_eq!(pdf(&papers, DocumentKind::Label, English.into()), Err(Error::NothingToLabel));
}
