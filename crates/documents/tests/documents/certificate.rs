//! Certificates of training.

use jiff::tz::TimeZone;
use muster_documents::{
    Language, Languages,
    certificate::{Certificate, MOST_OBJECTIVES, Objective, pdf},
    papers::{Method, Signature, Verification},
};

use crate::pages::text;

fn certificate() -> Certificate {
    let at = "2026-12-06T15:00:00Z".parse().unwrap();
    Certificate {
        mission: "Mission".into(),
        number: "Q-261206-AAAAAA".into(),
        issued_at: at,
        zone: TimeZone::UTC,
        trainee: "N-261123-BBBBBB".into(),
        course: "Truck crew".into(),
        level: "basic".into(),
        place: "School 1".into(),
        host: "Operator".into(),
        from: "2026-11-23".into(),
        to: "2026-12-06".into(),
        language: "en".into(),
        standards: vec!["STANAG 2021".into()],
        objectives: vec![Objective { code: "DRIVE".into(), text: "Drives by day and night".into() }],
        signed: Signature {
            name: "teacher".into(),
            party: "Operator".into(),
            role: String::new(),
            place: "School 1".into(),
            signed_at: Some(at),
            method: Method::Pin,
            key: String::new(),
            signature: String::new(),
        },
        verification: Verification {
            text: String::new(),
            hash: "ab".repeat(32),
            key: "cd".repeat(16),
            qr: "muster-certificate/1 Q".into(),
            sealed: String::new(),
        },
    }
}

#[test]
fn every_language_prints_a_certificate_with_all_it_says() {
    for first in Language::ALL {
        let languages = Languages { first: *first, second: Some(Language::English) };
        let told = text(&pdf(&certificate(), languages).unwrap());
        for said in
            ["N-261123-BBBBBB", "Truck crew", "STANAG 2021", "Drives by day and night", "teacher", &"ab".repeat(32)]
        {
            assert!(told.contains(said), "{first}: {said} is not in {told}");
        }
    }
    let english = text(&pdf(&certificate(), Language::English.into()).unwrap());
    insta::assert_snapshot!("training_certificate", english);
}

#[test]
fn a_certificate_is_the_same_each_time_and_holds_only_so_much() {
    let languages = Languages::from(Language::English);
    assert_eq!(pdf(&certificate(), languages).unwrap(), pdf(&certificate(), languages).unwrap());
    let hostile = Certificate { course: "#import \"/etc/passwd\": * ]".into(), ..certificate() };
    assert!(text(&pdf(&hostile, languages).unwrap()).contains("#import"), "a name is printed as it is");
    let one = certificate().objectives;
    let many = Certificate { objectives: one.into_iter().cycle().take(MOST_OBJECTIVES + 1).collect(), ..certificate() };
    assert!(pdf(&many, languages).is_err());
}
