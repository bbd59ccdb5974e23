//! Made-up events: what is written is what is read, in JSON and in XML, and an event's hash does not depend on how it is written.

use jiff::Timestamp;
use muster_interchange::epcis::{
    self,
    decimal::Decimal,
    event::{Action, Document, ErrorDeclaration, Event, Kind, Location, Quantity, Related, Sensor},
    extra::{Extra, Fields, Name},
    hash::event_hash_id,
    rules::check,
    term::{DISPOSITIONS, PARTIES, REASONS, STEPS, TRANSACTIONS, Term},
    time::{Moment, Offset},
};
use proptest::{
    collection::{btree_set, vec},
    option,
    prelude::*,
    sample::{select, subsequence},
};

/// Texts with what JSON and XML must write in another way, without spaces at the ends, where no hash sees them.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z<>&\"'é€漢][ a-zA-Z0-9<>&\"'/\\\\é€\t\n]{0,8}[a-z]"
}

fn uri() -> impl Strategy<Value = String> {
    prop_oneof![
        "urn:example:[a-z0-9]{1,8}",
        "https://example\\.org/[a-z]{1,8}/~[a-zA-Z0-9._-]{1,6}%2F&x=[a-z]",
        "[0-9]{6}".prop_map(|n| format!("urn:epc:id:sgtin:4012345.{n}.s1")),
        "[0-9]{9}".prop_map(|n| format!("urn:epc:id:sscc:4012345.3{n}")),
    ]
}

fn moment() -> impl Strategy<Value = (Moment, Offset)> {
    (0_i64..4_000_000_000_000, -840_i16..=840).prop_map(|(milliseconds, minutes)| {
        (Moment::new(Timestamp::from_millisecond(milliseconds).unwrap(), Offset(minutes)), Offset(minutes))
    })
}

fn number() -> impl Strategy<Value = Decimal> {
    (-1_000_000_i64..1_000_000, 0_usize..5).prop_map(|(n, places)| Decimal::parse(&format!("{n}e-{places}")).unwrap())
}

fn name() -> impl Strategy<Value = Name> {
    let space = select(vec!["https://a.example/", "urn:example:b:", "https://c.example/ns#", "urn:epcglobal:cbv:mda"]);
    (space, "[a-z][a-zA-Z0-9_-]{0,5}").prop_map(|(space, local)| Name { space: space.to_owned(), local })
}

fn unlike(fields: Vec<(Name, Extra)>) -> Fields {
    let mut kept = Fields::new();
    for (name, value) in fields {
        if kept.iter().all(|(other, _)| *other != name) {
            kept.push((name, value));
        }
    }
    kept
}

fn extra() -> impl Strategy<Value = Extra> {
    let single = prop_oneof![
        text().prop_map(Extra::Text),
        number().prop_map(Extra::Number),
        any::<bool>().prop_map(Extra::Flag),
    ];
    single.prop_recursive(3, 12, 3, |inner| {
        let fields = vec((name(), inner.clone()), 1..4).prop_map(|fields| Extra::Fields(unlike(fields))).boxed();
        let several = vec(prop_oneof![text().prop_map(Extra::Text), fields.clone()], 2..4).prop_map(Extra::Many);
        prop_oneof![fields, several]
    })
}

fn fields() -> impl Strategy<Value = Fields> {
    vec((name(), extra()), 0..3).prop_map(unlike)
}

fn sensor() -> impl Strategy<Value = Sensor> {
    let report =
        (select(vec!["Mass", "Temperature"]), option::of(number()), option::of(text()), option::of(any::<bool>()));
    let report = report.prop_map(|(kind, value, said, flag)| {
        let standard = |local: &str| Name { space: String::new(), local: local.to_owned() };
        let mut fields = vec![(standard("type"), Extra::Text(format!("https://gs1.org/voc/{kind}")))];
        fields.extend(value.map(|value| (standard("value"), Extra::Number(value))));
        fields.extend(said.map(|said| (standard("stringValue"), Extra::Text(said))));
        fields.extend(flag.map(|flag| (standard("booleanValue"), Extra::Flag(flag))));
        fields
    });
    (vec(report, 1..3), fields()).prop_map(|(reports, extra)| Sensor { metadata: Fields::new(), reports, extra })
}

fn related(types: &'static [&'static str], vocabulary: epcis::term::Vocabulary) -> impl Strategy<Value = Vec<Related>> {
    btree_set(uri(), 0..3).prop_flat_map(move |ids| {
        let ids: Vec<String> = ids.into_iter().collect();
        vec(select(types), ids.len()).prop_map(move |kinds| {
            let each = kinds.iter().zip(&ids);
            each.map(|(kind, id)| Related { kind: Some(Term::parse(kind, &vocabulary).unwrap()), id: id.clone() })
                .collect()
        })
    })
}

fn quantities() -> impl Strategy<Value = Vec<Quantity>> {
    let unit = select(vec!["KGM", "LTR"]).prop_map(str::to_owned);
    let amount = prop_oneof![
        Just((None, None)),
        (0_u64..1_000_000).prop_map(|n| (Some(Decimal::from(n)), None)),
        (0_u64..1_000_000, unit).prop_map(|(n, unit)| (Decimal::parse(&format!("{n}e-2")).ok(), Some(unit))),
    ];
    let class = prop_oneof![
        "urn:example:[a-z0-9]{1,8}",
        "[0-9]{6}".prop_map(|n| format!("urn:epc:class:lgtin:4012345.{n}.L1"))
    ];
    let one = (class, amount).prop_map(|(class, (quantity, unit))| Quantity { class, quantity, unit });
    vec(one, 1..3)
}

fn event() -> impl Strategy<Value = Event> {
    let what = (btree_set(uri(), 1..4), quantities(), uri(), btree_set(uri(), 1..3), quantities());
    let why = (
        option::of(select(vec!["receiving", "shipping", "urn:example:step"])),
        option::of(select(vec!["damaged", "in_transit"])),
        subsequence(vec!["reserved", "conformant", "expired"], 0..=3),
    );
    let place = || option::of((uri(), fields()).prop_map(|(id, extra)| Location { id, extra }));
    let lists = (
        related(&["po", "desadv", "urn:example:type"], TRANSACTIONS),
        related(&["owning_party", "possessing_party", "location"], PARTIES),
        related(&["owning_party", "location"], PARTIES),
    );
    let rest = (
        vec(sensor(), 0..2),
        fields(),
        fields(),
        option::of(moment()),
        option::of((moment(), fields())),
        any::<bool>(),
    );
    let head = (select(Kind::ALL), select(Action::ALL), moment());
    (head, what, why, (place(), place()), lists, rest).prop_map(|(head, what, why, places, lists, rest)| {
        let (kind, action, (time, offset)) = head;
        let transformation = kind == Kind::Transformation;
        let mut event = Event::new(kind, time, offset, (!transformation).then_some(action));
        let parent = what.2;
        event.epcs = what.0.into_iter().filter(|epc| *epc != parent).collect();
        event.quantities = what.1;
        if !matches!(kind, Kind::Object | Kind::Transformation) {
            event.parent = Some(parent);
        }
        if transformation {
            event.outputs = what.3.into_iter().collect();
            event.output_quantities = what.4;
        }
        event.step = why.0.map(|step| Term::parse(step, &STEPS).unwrap());
        event.disposition = why.1.map(|word| Term::parse(word, &DISPOSITIONS).unwrap());
        event.set = why.2.iter().map(|word| Term::parse(word, &DISPOSITIONS).unwrap()).collect();
        (event.read_point, event.location) = places;
        (event.transactions, event.sources, event.destinations) = lists;
        if kind == Kind::Transaction && event.transactions.is_empty() {
            event.transactions.push(Related { kind: None, id: "urn:example:1".into() });
        }
        event.sensors = rest.0;
        if transformation || (kind == Kind::Object && action == Action::Add) {
            event.ilmd = rest.1;
        }
        event.extra = rest.2;
        event.recorded = rest.3.map(|(moment, _)| moment);
        event.error = rest.4.map(|((time, _), extra)| ErrorDeclaration {
            time,
            reason: Some(Term::parse("incorrect_data", &REASONS).unwrap()),
            corrective: Vec::new(),
            extra,
        });
        event.id = rest.5.then(|| event_hash_id(&event));
        event
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_is_read_again(events in vec(event(), 1..4)) {
        for event in &events {
            prop_assert_eq!(check(event), []);
        }
        let prefixes = vec![("a".to_owned(), "https://a.example/".to_owned())];
        let document = Document { events, prefixes, ..Document::default() };
        let json = epcis::write_json(&document);
        let xml = epcis::write_xml(&document);
        for (name, text) in [("x.json", &json), ("x.xml", &xml)] {
            let again = epcis::read(name, text.as_bytes());
            prop_assert_eq!(&again.issues, &[], "{}", text);
            prop_assert_eq!(&again.document.events, &document.events, "{}", text);
            for (before, after) in document.events.iter().zip(&again.document.events) {
                prop_assert_eq!(event_hash_id(before), event_hash_id(after));
            }
        }
    }

    #[test]
    fn the_order_of_lists_does_not_matter_to_the_hash_and_what_is_in_them_does(event in event()) {
        let mut other = event.clone();
        other.epcs.reverse();
        other.quantities.reverse();
        other.outputs.reverse();
        other.transactions.reverse();
        other.sources.reverse();
        other.sensors.reverse();
        other.extra.reverse();
        other.ilmd.reverse();
        other.set.reverse();
        other.id = None;
        other.recorded = None;
        other.error = None;
        other.certification = vec!["urn:example:certificate".into()];
        prop_assert_eq!(event_hash_id(&event), event_hash_id(&other));
        other.epcs.push("urn:example:another:thing".into());
        prop_assert_ne!(event_hash_id(&event), event_hash_id(&other));
    }

    #[test]
    fn anything_is_read_or_refused(text in "\\PC{0,200}") {
        let reading = epcis::read("x", text.as_bytes());
        prop_assert!(!reading.issues.is_empty());
    }
}

/// What is written is what the standard's schema accepts.
#[test]
fn the_schema_accepts_what_is_made_up() {
    let Some(folder) = super::examples::artefacts() else { return };
    let schema = super::examples::schema(folder.path());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(100));
    let checked = runner.run(&vec(event(), 1..3), |mut events| {
        // The schema has persistent dispositions in two types of events only.
        events
            .iter_mut()
            .filter(|e| !matches!(e.kind, Kind::Object | Kind::Transformation))
            .for_each(|e| e.set.clear());
        let json = epcis::write_json(&Document { events, ..Document::default() });
        let value = serde_json::from_str(&json).unwrap();
        let faults: Vec<String> = schema.iter_errors(&value).map(|fault| fault.to_string()).collect();
        prop_assert!(faults.is_empty(), "{faults:?} {json}");
        Ok(())
    });
    checked.unwrap();
}
