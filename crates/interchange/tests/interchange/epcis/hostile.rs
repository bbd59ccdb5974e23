//! Documents made to do harm: they are refused, and nothing is fetched or expanded.

use muster_interchange::epcis;

fn refused(text: &str) -> Vec<String> {
    let reading = epcis::read("x", text.as_bytes());
    assert!(reading.document.events.is_empty());
    reading.issues.iter().map(ToString::to_string).collect()
}

#[test]
fn deep_nesting_is_refused() {
    for depth in [70, 100_000] {
        let lines = refused(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("epcis-too-deep") || lines[0].contains("epcis-not-json"), "{lines:?}");
        let lines = refused(&format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)));
        assert_eq!(lines.len(), 1, "{lines:?}");
        let lines = refused(&format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth)));
        assert_eq!(lines, ["x:1: epcis-too-deep(most=64)"]);
    }
}

#[test]
fn a_document_type_with_entities_is_refused() {
    let bomb = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><epcis:EPCISDocument>&b;</epcis:EPCISDocument>";
    assert_eq!(refused(bomb), ["x:1: epcis-document-type"]);
    let file = "<!DOCTYPE l SYSTEM \"file:///etc/passwd\"><l/>";
    assert_eq!(refused(file), ["x:1: epcis-document-type"]);
    let public = "<!DOCTYPE l PUBLIC \"-//X//Y\" \"http://example.org/y.dtd\"><l/>";
    assert_eq!(refused(public), ["x:1: epcis-document-type"]);
    assert_eq!(refused("<l>&b;</l>"), ["x:1: epcis-entity(name=b)"]);
    assert_eq!(refused("<l a='&b;'/>").len(), 1);
    assert_eq!(refused("<l>&#0;</l>").len(), 1);
    assert_eq!(refused("<l>&#xFFFFFFFF;</l>").len(), 1);
}

#[test]
fn huge_numbers_texts_and_lists_are_refused() {
    let quantity = |number: &str| {
        format!(
            r#"{{"type": "ObjectEvent", "eventTime": "2026-09-07T14:00:00Z", "eventTimeZoneOffset": "+02:00", "action": "OBSERVE",
                 "quantityList": [{{"epcClass": "urn:example:1", "quantity": {number}}}]}}"#
        )
    };
    for number in ["1e999", "1e300", "-1", &"9".repeat(400), "1e-300", "0.5", "NaN", "0x10", "01"] {
        assert_eq!(refused(&quantity(number)).len(), 1, "{number}");
    }
    assert_eq!(refused(&format!("[\"{}\"]", "x".repeat(70_000))), ["x:1: epcis-text-too-long(most=65536)"]);
    assert_eq!(refused(&format!("<a>{}</a>", "x".repeat(70_000))), ["x:1: epcis-text-too-long(most=65536)"]);
    assert_eq!(refused(&format!("<a b='{}'/>", "x".repeat(70_000))), ["x:1: epcis-text-too-long(most=65536)"]);
    let many = (0..5_000).map(|n| format!("a{n}='1' ")).collect::<String>();
    assert_eq!(refused(&format!("<a {many}/>")), ["x:1: epcis-many-attributes(most=256)"]);
    let values = format!("[{}1]", "1,".repeat(3_100_000));
    assert_eq!(refused(&values), ["x:1: epcis-too-many-values(most=3000000)"]);
    let elements = format!("<a>{}</a>", "<b/>".repeat(3_100_000));
    assert_eq!(refused(&elements), ["x:1: epcis-too-many-values(most=3000000)"]);
    let events = format!("[{}{{}}]", "{},".repeat(150_000));
    let lines = refused(&events);
    assert_eq!(lines[0], "x#: epcis-too-many-events(most=100000)");
    assert!(lines.len() <= 10_001);
    assert!(epcis::read("x", &vec![b' '; epcis::MOST_BYTES + 1]).issues[0].to_string().contains("files-too-large"));
}

#[test]
fn a_long_document_is_read_however_it_is_indented() {
    let event = r#"{"type": "ObjectEvent", "eventTime": "2026-09-07T14:00:00Z", "eventTimeZoneOffset": "+02:00", "action": "OBSERVE",
        "epcList": ["urn:epc:id:sscc:4012345.3311111111"]}"#;
    let one = epcis::read("x", event.as_bytes()).document.events.remove(0);
    let document = epcis::event::Document { events: vec![one; 10_000], ..Default::default() };
    let reading = epcis::read("x", epcis::write_xml(&document).as_bytes());
    assert_eq!((reading.issues, reading.document.events.len()), (vec![], 10_000));
}

#[test]
fn events_with_faults_are_left_out_and_counted_however_many_they_are() {
    // One in whose form something is wrong, and one that goes against a rule.
    let events = [r#""action": 7"#, r#""action": "OBSERVE""#].map(|action| {
        format!(
            r#"{{"type": "ObjectEvent", "eventTime": "2026-09-07T14:00:00Z", "eventTimeZoneOffset": "+02:00", {action}}},"#
        )
    });
    for event in events {
        let lines = refused(&format!("[{}{{}}]", event.repeat(10_499)));
        assert_eq!((lines.len(), lines[10_000].as_str()), (10_001, "more-problems(count=500)"));
    }
}

#[test]
fn prefixes_and_contexts_of_many_events_are_read_once_and_not_without_limit() {
    let event = |context: &str| {
        format!(
            r#"{{"@context": [{context}], "type": "ObjectEvent", "eventTime": "2026-09-07T14:00:00Z", "eventTimeZoneOffset": "+02:00",
                "action": "OBSERVE", "epcList": ["urn:epc:id:sscc:4012345.3311111111"], "p1:a": "x"}}"#
        )
    };
    let prefixes = |from: usize, to: usize, space: &str| {
        let each = (from..to).map(|n| format!(r#""p{n}": "{space}{n}:""#)).collect::<Vec<_>>();
        format!("{{{}}}", each.join(", "))
    };
    // The same over and over is once, and what one event declares is nothing to another.
    let one = event(&format!(r#""https://example.org/context", {}"#, prefixes(0, 100, "urn:e:")));
    let other = event(r#"{"p1": "urn:other:"}"#);
    let reading = epcis::read("x", format!("[{}{other}]", format!("{one},").repeat(2_000)).as_bytes());
    assert_eq!((reading.issues, reading.document.events.len()), (vec![], 2_001));
    assert_eq!((reading.document.prefixes.len(), reading.document.contexts.len()), (101, 1));
    assert_eq!(reading.document.events[1_999].extra[0].0.space, "urn:e:1:");
    assert_eq!(reading.document.events[2_000].extra[0].0.space, "urn:other:");
    let alone = epcis::Apart::new(&reading.document.prefixes).write(reading.document.events[0].clone());
    assert!(alone.contains(r#""p1": "urn:e:1:""#) && !alone.contains("p2"), "{alone}");
    let undeclared = event("").replace("p1:a", "own");
    assert_eq!(refused(&undeclared), ["x#/own `x`: epcis-unknown-field(name=own)"]);
    // Others are not.
    assert_eq!(refused(&event(&prefixes(0, 501, "urn:e:"))), ["x#/@context: epcis-many-prefixes(most=500)"]);
    let contexts = (0..101).map(|n| format!("\"https://example.org/{n}\"")).collect::<Vec<_>>().join(", ");
    assert_eq!(refused(&event(&contexts)), ["x#/@context: epcis-many-contexts(most=100)"]);
    let spaces = |from: usize| (from..from + 255).map(|n| format!(" xmlns:n{n}='urn:n:{n}'")).collect::<String>();
    let bindings = |a: &str, b: &str| refused(&format!("<a{a}><b{b}/></a>"));
    assert_eq!(bindings(&spaces(0), &spaces(255)), ["x:1: epcis-many-prefixes(most=500)"], "in force");
    assert_eq!(bindings(&(spaces(0) + " a='' b=''"), ""), ["x:1: epcis-many-attributes(most=256)"]);
    let beside = format!("<a><b{}/><b{}/></a>", spaces(0), spaces(255));
    assert_eq!(refused(&beside), ["x:1: epcis-many-prefixes(most=500)"], "in all");
    // Namespaces without a prefix get one, however many there are; so do fields that stand side by side.
    let many = (0..20_000).map(|n| format!(r#""urn:n{n}:a": 1"#)).collect::<Vec<_>>().join(", ");
    let reading = epcis::read("x", event("").replace(r#""p1:a": "x""#, &many).as_bytes());
    let text = epcis::write_xml(&epcis::event::Document { created: None, ..reading.document });
    assert_eq!(text.matches(" xmlns:ns").count(), 20_000);
    let fields = (0..50_000).map(|n| format!("<e:f{n}/>")).collect::<String>();
    let reading = epcis::read("x", format!("<e:a xmlns:e='urn:e:'>{fields}</e:a>").as_bytes());
    assert_eq!(reading.issues.len(), 1, "no event");
}

#[test]
fn damaged_documents_are_read_or_refused() {
    let whole = r#"<?xml version="1.0"?><epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:e="urn:e:" schemaVersion="2.0" creationDate="2026-09-07T15:00:00Z"><EPCISBody><EventList><ObjectEvent><eventTime>2026-09-07T14:00:00Z</eventTime><eventTimeZoneOffset>+02:00</eventTimeZoneOffset><epcList><epc>urn:epc:id:sscc:4012345.3311111111</epc></epcList><action>OBSERVE</action><sensorElementList><sensorElement><sensorReport type="gs1:Mass" value="1.5"/></sensorElement></sensorElementList><e:a e:b="1">x<![CDATA[y]]></e:a></ObjectEvent></EventList></EPCISBody></epcis:EPCISDocument>"#;
    let reading = epcis::read("x", whole.as_bytes());
    assert_eq!(reading.issues, []);
    let json = epcis::write_json(&reading.document);
    for whole in [whole, &json] {
        for cut in 0..whole.len() {
            epcis::read("x", &whole.as_bytes()[..cut]);
            let mut bytes = whole.as_bytes().to_vec();
            for changed in [0x55, 0x20, 0x04, 0x80] {
                bytes[cut] ^= changed;
                epcis::read("x", &bytes);
                bytes[cut] ^= changed;
            }
        }
    }
}
