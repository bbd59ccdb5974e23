//! Muster's custody events as events of EPCIS, and partners' events as custody events.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    field::Field,
    gs1::{Gln, Gtin, Sscc},
};
use muster_interchange::epcis::{
    self,
    custody::{Correction, Custody, Goods, Naming, Place, State, Step, Thing, from_events, to_events},
    event::Document,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

fn naming() -> Naming {
    Naming::new("https://muster.example.org/id/").unwrap()
}

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn received() -> Custody {
    Custody {
        id: None,
        step: Step::Receiving,
        state: Some(State::InProgress),
        when: "2026-09-07T12:00:00.5Z".parse().unwrap(),
        offset_minutes: 120,
        recorded: Some("2026-09-07T13:00:00Z".parse().unwrap()),
        carrier: None,
        things: vec![
            Thing::Unit(Sscc::parse("340123453111111115").unwrap()),
            Thing::Serial(Goods::Item(code("TRUCK/73")), "JG 1/ß".into()),
            Thing::Serial(Goods::Gtin(Gtin::parse("04012345123456").unwrap()), "S-1/2".into()),
            Thing::Lot(Goods::Item(code("VEST")), "L7".into(), 40),
            Thing::Count(Goods::Gtin(Gtin::parse("04012345123456").unwrap()), 3),
        ],
        seen_at: Some(Place::Code(code("HUB-E.gate"))),
        place: Some(Place::Gln(Gln::parse("4012345000054").unwrap())),
        from_holder: Some(Place::Code(code("JPN"))),
        to_holder: Some(Place::Code(code("NSATU"))),
        from_owner: None,
        to_owner: Some(Place::Gln(Gln::parse("4012345002256").unwrap())),
        consignment: Some(code("C-0001")),
        papers: vec![("po".into(), "urn:epcglobal:cbv:bt:4012345002256:P1".into())],
        correction: None,
    }
}

/// How a receipt looks to a partner.
#[test]
fn a_receipt_is_an_object_event() {
    let (events, issues) = to_events(&[received()], &naming());
    assert_eq!(issues, []);
    let text = epcis::write_json(&Document { events, ..Document::default() });
    let event = &serde_json::from_str::<serde_json::Value>(&text).unwrap()["epcisBody"]["eventList"][0];
    let id = event["eventID"].as_str().unwrap().to_owned();
    assert!(id.starts_with("ni:///sha-256;") && id.ends_with("?ver=CBV2.0"));
    assert_eq!(
        *event,
        serde_json::json!({
            "type": "ObjectEvent", "eventID": id,
            "eventTime": "2026-09-07T14:00:00.500+02:00", "eventTimeZoneOffset": "+02:00",
            "recordTime": "2026-09-07T15:00:00.000+02:00",
            "epcList": [
                "https://id.gs1.org/00/340123453111111115",
                "https://muster.example.org/id/item-TRUCK%2F73/serial-JG%201%2F%C3%9F",
                "https://id.gs1.org/01/04012345123456/21/S-1%2F2",
            ],
            "quantityList": [
                {"epcClass": "https://muster.example.org/id/item-VEST/lot-L7", "quantity": 40},
                {"epcClass": "https://id.gs1.org/01/04012345123456", "quantity": 3},
            ],
            "action": "OBSERVE", "bizStep": "receiving", "disposition": "in_progress",
            "readPoint": {"id": "https://muster.example.org/id/place-HUB-E.gate"},
            "bizLocation": {"id": "https://id.gs1.org/414/4012345000054"},
            "bizTransactionList": [
                {"type": "desadv", "bizTransaction": "https://muster.example.org/id/consignment-C-0001"},
                {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:4012345002256:P1"},
            ],
            "sourceList": [{"type": "possessing_party", "source": "https://muster.example.org/id/party-JPN"}],
            "destinationList": [
                {"type": "possessing_party", "destination": "https://muster.example.org/id/party-NSATU"},
                {"type": "owning_party", "destination": "https://id.gs1.org/417/4012345002256"},
            ],
        })
    );
}

#[test]
fn packing_is_an_aggregation() {
    let carrier = Sscc::parse("340123453111111115").ok();
    let packed = Custody { step: Step::Packing, carrier: carrier.clone(), ..received() };
    let things = packed.things[1..].to_vec();
    let packed = Custody { things, ..packed };
    let (events, issues) = to_events(std::slice::from_ref(&packed), &naming());
    assert_eq!(issues, []);
    assert_eq!(events[0].kind.as_str(), "AggregationEvent");
    assert_eq!(events[0].parent.as_deref(), Some("https://id.gs1.org/00/340123453111111115"));
    // On what is not told, or has no code of its own: then things were seen being packed.
    let (events, issues) = to_events(&[Custody { carrier: None, ..packed.clone() }], &naming());
    assert_eq!(issues, []);
    assert_eq!((events[0].kind.as_str(), events[0].action.unwrap().as_str()), ("ObjectEvent", "OBSERVE"));
    let (_, issues) = to_events(&[Custody { step: Step::Receiving, ..packed }], &naming());
    assert_eq!(issues[0].message.to_string(), "epcis-no-carrier(step=receiving)");
}

/// A correction has the name of the event that was wrong, as its hash does not depend on it.
#[test]
fn a_correction_names_what_it_corrects() {
    let (before, _) = to_events(&[received()], &naming());
    let correction =
        Correction { declared: "2026-09-09T08:00:00Z".parse().unwrap(), did_not_occur: true, by: Vec::new() };
    let (after, issues) = to_events(&[Custody { correction: Some(correction), ..received() }], &naming());
    assert_eq!(issues, []);
    assert_eq!(before[0].id, after[0].id);
    assert!(after[0].error.is_some());
}

#[test]
fn papers_have_types_and_identifiers() {
    let papers = vec![("order".into(), "P 1".into()), (String::new(), "urn:example:1".into())];
    let (events, found) = to_events(&[Custody { papers, ..received() }], &naming());
    let told: Vec<&str> = found.iter().map(|found| found.pointer.as_str()).collect();
    assert_eq!(told, ["/0/bizTransactionList/1/type", "/0/bizTransactionList/1/bizTransaction"]);
    assert_eq!(events[0].transactions[2].kind, None);
}

#[test]
fn what_a_partner_tells_is_read_as_far_as_it_is_known() {
    let reading = epcis::read(
        "partner.json",
        br#"[
        {"type": "ObjectEvent", "eventTime": "2026-09-07T12:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE", "bizStep": "shipping",
         "epcList": ["urn:epc:id:sscc:4012345.3311111111", "urn:epc:id:sgtin:4012345.012345.S1"],
         "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.L1", "quantity": 4, "uom": "EA"}, {"epcClass": "urn:epc:idpat:sgtin:4012345.012345.*", "quantity": 5}],
         "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0"},
         "sourceList": [{"type": "possessing_party", "source": "urn:epc:id:pgln:4012345.00225"}, {"type": "location", "source": "urn:example:1"}],
         "bizTransactionList": [{"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:4012345002256:D1"}]},
        {"type": "TransformationEvent", "eventTime": "2026-09-07T12:00:00Z", "eventTimeZoneOffset": "+00:00", "inputEPCList": ["urn:example:1"], "outputEPCList": ["urn:example:2"]},
        {"type": "ObjectEvent", "eventTime": "2026-09-07T12:00:00Z", "eventTimeZoneOffset": "+00:00", "recordTime": "2026-09-07T11:00:00Z", "action": "ADD", "bizStep": "receiving", "disposition": "retail_sold",
         "epcList": ["urn:example:1"], "quantityList": [{"epcClass": "https://id.gs1.org/01/04012345123456", "quantity": 4.5, "uom": "KGM"}],
         "bizLocation": {"id": "geo:1,2"}, "destinationList": [{"type": "owning_party", "destination": "urn:example:3"}]},
        {"type": "ObjectEvent", "eventTime": "2026-09-07T12:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE", "epcList": ["urn:epc:id:sscc:4012345.3311111111"]}
    ]"#,
    );
    assert_eq!(reading.issues, []);
    let (custody, found) = from_events(&reading.document.events, &naming());
    let told: Vec<String> = found.iter().map(|f| format!("{} {}", f.pointer, f.message.key)).collect();
    assert_eq!(
        told,
        [
            "/1/type epcis-no-custody",
            "/2/action epcis-action",
            "/2/disposition must-be",
            "/2/recordTime epcis-recorded-before",
            "/2/destinationList/0/destination epcis-a-known-party",
            "/2/epcList/0 epcis-a-known-thing",
            "/2/quantityList/0/quantity epcis-a-count",
            "/2/bizLocation/id epcis-a-known-place",
            "/3/bizStep must-be",
        ]
    );
    assert_eq!(custody.len(), 1);
    let gtin = || Goods::Gtin(Gtin::parse("04012345123456").unwrap());
    assert_eq!(
        custody[0].things,
        [
            Thing::Unit(
                Sscc::parse("340123453111111112")
                    .or_else(|_| Sscc::parse("urn:epc:id:sscc:4012345.3311111111"))
                    .unwrap()
            ),
            Thing::Serial(gtin(), "S1".into()),
            Thing::Lot(gtin(), "L1".into(), 4),
            Thing::Count(gtin(), 5),
        ]
    );
    assert_eq!(custody[0].papers.len(), 1);
    assert_eq!(custody[0].from_holder, Gln::parse("4012345002256").ok().map(Place::Gln));
}

#[test]
fn names_begin_with_an_address_of_ones_own() {
    for wrong in [
        "",
        "http://muster.example.org/",
        "https://",
        "https://muster.example.org",
        "https://muster.example.org/a b/",
        "https://x/?a/",
        "https://x/8004/",
    ] {
        assert!(Naming::new(wrong).is_err(), "{wrong}");
    }
}

fn codes() -> impl Strategy<Value = Code> {
    "[A-Za-z0-9./_-]{1,12}".prop_map(|text| code(&text))
}

fn gtin() -> impl Strategy<Value = Goods> {
    "[0-9]{13}".prop_map(|body| {
        Goods::Gtin(Gtin::parse(&format!("{body}{}", muster_domain::gs1::check_digit(&body).unwrap())).unwrap())
    })
}

fn unit() -> impl Strategy<Value = Sscc> {
    (0_u8..10, 0_u64..1_000_000_000).prop_map(|(extension, serial)| Sscc::next(extension, "4012345", serial).unwrap())
}

fn place() -> impl Strategy<Value = Option<Place>> {
    let gln = (0_u32..100_000).prop_map(|n| {
        let body = format!("4012345{n:05}");
        Place::Gln(Gln::parse(&format!("{body}{}", muster_domain::gs1::check_digit(&body).unwrap())).unwrap())
    });
    option::of(prop_oneof![gln, codes().prop_map(Place::Code)])
}

fn custody() -> impl Strategy<Value = Custody> {
    let goods = || prop_oneof![gtin(), codes().prop_map(Goods::Item)];
    let number = || prop_oneof!["[A-Za-z0-9/%+ -]{1,12}", "\\PC{1,30}", "[0-9]{8,14}"];
    let thing = prop_oneof![
        unit().prop_map(Thing::Unit),
        (goods(), number()).prop_map(|(goods, serial)| Thing::Serial(goods, serial)),
        (goods(), number(), any::<u64>()).prop_map(|(goods, lot, count)| Thing::Lot(goods, lot, count)),
        (goods(), any::<u64>()).prop_map(|(goods, count)| Thing::Count(goods, count)),
    ];
    let when = || (0_i64..4_000_000_000_000).prop_map(|ms| Timestamp::from_millisecond(ms).unwrap());
    let correction = option::of((when(), any::<bool>()).prop_map(|(declared, did_not_occur)| Correction {
        declared,
        did_not_occur,
        by: Vec::new(),
    }));
    let head = (
        select(Step::ALL),
        option::of(select(State::ALL)),
        when(),
        -840_i16..=840,
        option::of(0_i64..100_000),
        option::of(unit()),
    );
    let places = (place(), place(), place(), place(), place(), place());
    (head, vec(thing, 1..5), places, option::of(codes()), correction).prop_map(
        |(head, things, places, consignment, correction)| {
            let (step, state, when, offset_minutes, later, carrier) = head;
            let joins = matches!(step, Step::Packing | Step::Unpacking | Step::Loading | Step::Unloading);
            Custody {
                id: None,
                step,
                state,
                when,
                offset_minutes,
                recorded: later.map(|later| when + jiff::SignedDuration::from_millis(later)),
                carrier: carrier.filter(|_| joins),
                things,
                seen_at: places.0,
                place: places.1,
                from_holder: places.2,
                to_holder: places.3,
                from_owner: places.4,
                to_owner: places.5,
                consignment,
                papers: Vec::new(),
                correction,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_of_a_custody_event_is_lost(custody in custody()) {
        let (events, issues) = to_events(std::slice::from_ref(&custody), &naming());
        // The same thing twice, or on itself, is told and not written.
        prop_assume!(issues.iter().all(|found| !["epcis-twice", "epcis-within-itself"].contains(&found.message.key)));
        prop_assert_eq!(issues, []);
        let document = Document { events, ..Document::default() };
        for text in [epcis::write_json(&document), epcis::write_xml(&document)] {
            let reading = epcis::read("x", text.as_bytes());
            prop_assert_eq!(reading.issues, [], "{}", text);
            let (mut again, issues) = from_events(&reading.document.events, &naming());
            prop_assert_eq!(issues, [], "{}", text);
            prop_assert!(again[0].id.take().is_some());
            // Units and single things stand in one list, lots and counts in another.
            let sorted = |custody: &Custody| {
                let (mut things, counts): (Vec<_>, Vec<_>) =
                    custody.things.iter().cloned().partition(|thing| matches!(thing, Thing::Unit(_) | Thing::Serial(..)));
                things.extend(counts);
                Custody { things, ..custody.clone() }
            };
            prop_assert_eq!(&again[0], &sorted(&custody), "{}", text);
        }
    }
}
