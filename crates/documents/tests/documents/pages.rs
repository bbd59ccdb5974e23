//! What stands on the pages.

use std::{fs, path::Path};

use muster_documents::{
    Language::{self, *},
    Languages,
    attached::sealed as sealed_in,
    papers::Papers,
    pdf,
};
use muster_domain::{document::DocumentKind, lane::Mode};

use crate::sample;

/// Prints a document and keeps it in the build's folder, to be looked at.
pub(crate) fn print(name: &str, papers: &Papers, kind: DocumentKind, languages: impl Into<Languages>) -> Vec<u8> {
    let bytes = pdf(papers, kind, languages.into()).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documents");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.pdf")), &bytes).unwrap();
    bytes
}

/// The text of a document, as a reader would copy it.
pub(crate) fn text(bytes: &[u8]) -> String {
    let text = pdf_extract::extract_text_from_mem(bytes).unwrap();
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn both(first: Language, second: Language) -> Languages {
    Languages { first, second: Some(second) }
}

#[test]
fn each_document_says_what_it_must() {
    for kind in DocumentKind::ALL {
        let name = kind.as_str();
        let papers = if *kind == DocumentKind::HandoverReceipt { sample::counted() } else { sample::papers() };
        insta::assert_snapshot!(name, text(&print(name, &papers, *kind, English)));
    }
}

#[test]
fn a_waybill_has_the_fields_of_its_mode() {
    for mode in Mode::ALL {
        let mut papers = sample::papers();
        papers.legs.iter_mut().for_each(|leg| leg.mode = *mode);
        let name = format!("waybill-{mode}");
        let text = text(&print(&name, &papers, DocumentKind::Waybill, English));
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn every_language_prints_every_document() {
    for language in Language::ALL {
        for kind in DocumentKind::ALL {
            let name = format!("{kind}-{language}");
            let text = text(&print(&name, &sample::counted(), *kind, *language));
            if *kind == DocumentKind::PackingList {
                insta::assert_snapshot!(name, text);
            }
        }
    }
}

#[test]
fn labels_stand_in_both_languages_of_the_parties() {
    for kind in DocumentKind::ALL {
        let name = format!("{kind}-en-uk");
        let text = text(&print(&name, &sample::counted(), *kind, both(English, Ukrainian)));
        insta::assert_snapshot!(name, text);
    }
    print("waybill-de-pl", &sample::papers(), DocumentKind::Waybill, both(German, Polish));
    print("form_302-fr-ja", &sample::papers(), DocumentKind::Form302, both(French, Japanese));
}

#[test]
fn what_is_not_known_is_left_to_be_filled_in() {
    for kind in DocumentKind::ALL {
        print(&format!("{kind}-bare"), &sample::bare(), *kind, both(English, Ukrainian));
    }
    let bare = print("receipt-bare", &sample::bare(), DocumentKind::HandoverReceipt, English);
    assert!(text(&bare).contains("write down what was received"));
}

#[test]
fn a_long_table_repeats_its_head_and_counts_its_pages() {
    let papers = sample::long(300, 400);
    for kind in [DocumentKind::DonationCertificate, DocumentKind::HandoverReceipt, DocumentKind::Label] {
        print(&format!("{kind}-long"), &papers, kind, both(English, Ukrainian));
    }
    let bytes = print("packing_list-long", &papers, DocumentKind::PackingList, English);
    let text = text(&bytes);
    let pages = pages(&bytes);
    assert!(pages > 10, "{pages}");
    assert!(text.contains(&format!("Page 1 of {pages}")) && text.contains(&format!("Page {pages} of {pages}")));
    let heads = text.matches("Unit of issue").count();
    assert!(heads > 10, "{heads} heads on {pages} pages");
    for serial in ["GEN-0050-00000", "GEN-0300-00399"] {
        assert!(text.contains(serial), "{serial}");
    }
}

#[test]
fn a_thousand_lines_are_printed_on_no_more_pages_than_they_need() {
    let pages = pages(&print("manifest-1000", &sample::long(1_000, 10), DocumentKind::Manifest, English));
    assert!((30..=60).contains(&pages), "{pages} pages");
}

#[test]
fn sums_are_made_for_each_currency_apart() {
    let text = text(&print("certificate", &sample::papers(), DocumentKind::DonationCertificate, English));
    let text = text.replace('\u{202f}', " ");
    assert!(text.contains("100 345.67 EUR"), "{text}");
    assert!(text.contains("43 200 000 JPY"), "{text}");
}

#[test]
fn the_same_papers_give_the_same_bytes() {
    for kind in DocumentKind::ALL {
        let print = || pdf(&sample::papers(), *kind, both(English, Japanese)).unwrap();
        assert!(print() == print(), "{kind}");
    }
}

/// How many pages a document has.
pub(crate) fn pages(bytes: &[u8]) -> usize {
    pdf_extract::extract_text_from_mem_by_pages(bytes).unwrap().len()
}

#[test]
fn a_receipt_carries_what_was_sealed() {
    let receipt = print("handover_receipt-sealed", &sample::counted(), DocumentKind::HandoverReceipt, English);
    let sealed = br#"{"format":"muster-receipt/1"}"#;
    assert_eq!(sealed_in(&receipt).as_deref(), Some(&sealed[..]));

    let unsealed = Papers { verification: None, ..sample::counted() };
    let list = print("packing_list-unsealed", &unsealed, DocumentKind::PackingList, English);
    for (other, why) in
        [(&list[..], "no receipt"), (&receipt[..200], "cut short"), (b"%PDF-1.7", "empty"), (b"", "nothing")]
    {
        assert_eq!(sealed_in(other), None, "{why}");
    }
}
