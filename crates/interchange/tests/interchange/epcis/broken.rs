//! Broken documents: each is refused with the place of its fault, in JSON and, where it can be written there, in XML.

use muster_interchange::epcis;
use serde_json::{Value, json};

/// An event without a fault.
fn right() -> Value {
    json!({
        "type": "ObjectEvent",
        "eventTime": "2026-09-07T14:00:00.000+02:00",
        "eventTimeZoneOffset": "+02:00",
        "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "epcList": ["urn:epc:id:sgtin:4012345.012345.12", "https://id.gs1.org/00/340123453111111115"],
        "quantityList": [{"epcClass": "https://id.gs1.org/01/04012345123456/10/L1", "quantity": 2.5, "uom": "KGM"}],
        "readPoint": {"id": "https://id.gs1.org/414/4012345000054"},
        "bizTransactionList": [{"type": "po", "bizTransaction": "https://example.org/po/1"}],
        "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00225"}],
        "destinationList": [{"type": "location", "destination": "urn:epc:id:sgln:4012345.00225.0"}],
        "ilmd": {"cbvmda:lotNumber": "L1"},
    })
}

fn document(event: &Value) -> String {
    json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"example": "https://ns.example.com/epcis/"}],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-09-07T15:00:00Z",
        "epcisBody": {"eventList": [right(), event]},
    })
    .to_string()
}

fn issues(bytes: &str) -> (usize, Vec<String>) {
    let reading = epcis::read("x", bytes.as_bytes());
    (reading.document.events.len(), reading.issues.iter().map(ToString::to_string).collect())
}

#[test]
fn the_right_one_is_read() {
    assert_eq!(issues(&document(&right())), (2, Vec::new()));
}

/// A field, what stands there wrongly (nothing takes the field away), where the fault is, and its message.
fn table() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let gone = Value::Null;
    let reason = |reason: &str| json!({"declarationTime": "2026-09-08T00:00:00Z", "reason": reason});
    let corrective = |id: &str| json!({"declarationTime": "2026-09-08T00:00:00Z", "correctiveEventIDs": [id]});
    let report = |report: Value| json!([{"sensorReport": [report]}]);
    let class = |class: &str| json!([{"epcClass": class, "quantity": 1}]);
    vec![
        ("type", json!("QuantityEvent"), "/type", "must-be(right=one-of"),
        ("type", json!(7), "/type", "must-be(right=one-of"),
        ("eventTime", gone.clone(), "/eventTime", "epcis-missing"),
        ("eventTime", json!("2026-09-07T14:00:00"), "/eventTime", "epcis-a-moment"),
        ("eventTime", json!("2026-02-29T14:00:00Z"), "/eventTime", "epcis-a-moment"),
        ("eventTime", json!("2026-09-07T24:00:00Z"), "/eventTime", "epcis-a-moment"),
        ("eventTime", json!("2016-12-31T23:59:60Z"), "/eventTime", "epcis-a-moment"),
        ("eventTime", json!(1_788_782_400), "/eventTime", "epcis-a-text"),
        ("eventTimeZoneOffset", gone.clone(), "/eventTimeZoneOffset", "epcis-missing"),
        ("eventTimeZoneOffset", json!("Z"), "/eventTimeZoneOffset", "epcis-an-offset"),
        ("eventTimeZoneOffset", json!("+2:00"), "/eventTimeZoneOffset", "epcis-an-offset"),
        ("eventTimeZoneOffset", json!("+14:30"), "/eventTimeZoneOffset", "epcis-an-offset"),
        ("recordTime", json!("yesterday"), "/recordTime", "epcis-a-moment"),
        ("eventID", json!("urn:uuid:374d95fc-9457-4a51-bd6a"), "/eventID", "epcis-an-event-id"),
        ("eventID", json!("ni:///sha-256;abc?ver=CBV2.0"), "/eventID", "epcis-an-event-id"),
        ("eventID", json!("https://example.org/event/1"), "/eventID", "epcis-an-event-id"),
        ("eventID", json!("event 1"), "/eventID", "epcis-a-uri"),
        ("action", gone.clone(), "/action", "epcis-missing-in(kind=ObjectEvent)"),
        ("action", json!("add"), "/action", "must-be(right=one-of"),
        ("action", json!("OBSERVE"), "/ilmd", "epcis-ilmd"),
        ("bizStep", json!("recieving"), "/bizStep", "epcis-a-term"),
        ("bizStep", json!("urn:epcglobal:cbv:bizstep:recieving"), "/bizStep", "epcis-a-term"),
        ("bizStep", json!("urn:epcglobal:cbv:disp:damaged"), "/bizStep", "epcis-a-term"),
        ("bizStep", json!("https://ref.gs1.org/cbv/BizStep-recieving"), "/bizStep", "epcis-a-term"),
        ("disposition", json!("broken"), "/disposition", "epcis-a-term"),
        ("disposition", json!(["damaged"]), "/disposition", "epcis-a-text"),
        ("persistentDisposition", json!({}), "/persistentDisposition", "epcis-set-or-unset"),
        (
            "persistentDisposition",
            json!({"set": ["damaged"], "unset": ["damaged"]}),
            "/persistentDisposition",
            "epcis-set-and-unset",
        ),
        (
            "persistentDisposition",
            json!({"set": ["damaged", "damaged"]}),
            "/persistentDisposition/set/1",
            "epcis-twice",
        ),
        ("epcList", json!("urn:epc:id:sgtin:4012345.012345.12"), "/epcList", "epcis-a-list"),
        ("epcList", json!(["4012345"]), "/epcList/0", "epcis-a-uri"),
        ("epcList", json!(["urn:epc:id:sgtin:4012345.12345.12"]), "/epcList/0", "must-be(right=an-epc-urn)"),
        ("epcList", json!(["urn:epc:id:stgin:4012345.012345.12"]), "/epcList/0", "must-be(right=an-epc-urn)"),
        ("epcList", json!(["urn:epc:idpat:sgtin:4012345.012345.*"]), "/epcList/0", "epcis-one-thing"),
        ("epcList", json!(["https://id.gs1.org/00/340123453111111114"]), "/epcList/0", "epcis-a-digital-link"),
        ("epcList", json!(["https://id.gs1.org/01/04012345123456"]), "/epcList/0", "epcis-one-thing"),
        ("epcList", json!(["https://id.gs1.org/99/1"]), "/epcList/0", "epcis-a-digital-link"),
        ("epcList", json!(["urn:example:1", "urn:example:2", "urn:example:1"]), "/epcList/2", "epcis-twice"),
        ("quantityList", json!([{"quantity": 1}]), "/quantityList/0/epcClass", "epcis-missing"),
        ("quantityList", class("urn:epc:id:sgtin:4012345.012345.12"), "/quantityList/0/epcClass", "epcis-a-class"),
        (
            "quantityList",
            class("https://id.gs1.org/01/04012345123457"),
            "/quantityList/0/epcClass",
            "epcis-a-digital-link",
        ),
        (
            "quantityList",
            json!([{"epcClass": "urn:example:a", "quantity": "1"}]),
            "/quantityList/0/quantity",
            "epcis-a-number",
        ),
        (
            "quantityList",
            json!([{"epcClass": "urn:example:a", "quantity": -1}]),
            "/quantityList/0/quantity",
            "epcis-a-quantity",
        ),
        (
            "quantityList",
            json!([{"epcClass": "urn:example:a", "quantity": 1.5}]),
            "/quantityList/0/quantity",
            "epcis-a-quantity",
        ),
        (
            "quantityList",
            json!([{"epcClass": "urn:example:a", "quantity": 1, "uom": "kg"}]),
            "/quantityList/0/uom",
            "epcis-a-unit",
        ),
        (
            "quantityList",
            json!([{"epcClass": "urn:example:a", "uom": "KGM"}]),
            "/quantityList/0/uom",
            "epcis-unit-of-nothing",
        ),
        (
            "quantityList",
            json!([{"epcClass": "urn:example:a", "weight": 1}]),
            "/quantityList/0/weight",
            "epcis-unknown-field",
        ),
        ("readPoint", json!({}), "/readPoint/id", "epcis-missing"),
        ("readPoint", json!({"id": "urn:epc:id:sgln:4012345.5.0"}), "/readPoint/id", "must-be(right=an-epc-urn)"),
        ("bizTransactionList", json!([{"type": "po"}]), "/bizTransactionList/0/bizTransaction", "epcis-missing"),
        (
            "bizTransactionList",
            json!([{"type": "order", "bizTransaction": "urn:example:1"}]),
            "/bizTransactionList/0/type",
            "epcis-a-term",
        ),
        (
            "bizTransactionList",
            json!([{"bizTransaction": "urn:epcglobal:cbv:bt:401:1"}]),
            "/bizTransactionList/0/bizTransaction",
            "epcis-a-transaction",
        ),
        ("sourceList", json!([{"source": "urn:example:1"}]), "/sourceList/0/type", "epcis-missing"),
        ("sourceList", json!([{"type": "owner", "source": "urn:example:1"}]), "/sourceList/0/type", "epcis-a-term"),
        ("destinationList", json!([{"type": "location"}]), "/destinationList/0/destination", "epcis-missing"),
        (
            "destinationList",
            json!([{"type": "location", "destination": "urn:example:1"}, {"type": "location", "destination": "urn:example:1"}]),
            "/destinationList/1/destination",
            "epcis-twice",
        ),
        ("errorDeclaration", json!({"reason": "incorrect_data"}), "/errorDeclaration/declarationTime", "epcis-missing"),
        ("errorDeclaration", reason("wrong"), "/errorDeclaration/reason", "epcis-a-term"),
        (
            "errorDeclaration",
            corrective("urn:example:1"),
            "/errorDeclaration/correctiveEventIDs/0",
            "epcis-an-event-id",
        ),
        (
            "errorDeclaration",
            corrective("urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"),
            "/errorDeclaration/correctiveEventIDs",
            "epcis-corrects-itself",
        ),
        ("certificationInfo", json!(["a certificate"]), "/certificationInfo/0", "epcis-a-uri"),
        ("sensorElementList", json!([{}]), "/sensorElementList/0/sensorReport", "epcis-missing"),
        ("sensorElementList", report(json!({"value": 1})), "/sensorElementList/0/sensorReport/0/type", "epcis-missing"),
        (
            "sensorElementList",
            report(json!({"type": "Heat", "value": 1})),
            "/sensorElementList/0/sensorReport/0/type",
            "epcis-a-term",
        ),
        (
            "sensorElementList",
            report(json!({"type": "Mass", "time": "noon"})),
            "/sensorElementList/0/sensorReport/0/time",
            "epcis-a-moment",
        ),
        (
            "sensorElementList",
            report(json!({"type": "Mass", "hexBinaryValue": "xyz"})),
            "/sensorElementList/0/sensorReport/0/hexBinaryValue",
            "epcis-hexadecimal",
        ),
        (
            "sensorElementList",
            report(json!({"type": "Mass", "booleanValue": "yes"})),
            "/sensorElementList/0/sensorReport/0/booleanValue",
            "epcis-a-flag",
        ),
        ("parentID", json!("urn:example:1"), "/parentID", "epcis-unknown-field(name=parentID)"),
        ("childEPCs", json!(["urn:example:1"]), "/childEPCs", "epcis-unknown-field(name=childEPCs)"),
        ("colour", json!("green"), "/colour", "epcis-unknown-field(name=colour)"),
        ("example:a b", json!("green"), "/example:a b", "epcis-a-name"),
        ("example:a", json!("gr\u{7}een"), "/example:a", "text-without-control"),
    ]
}

#[test]
fn every_fault_is_told_with_its_place() {
    let table = table();
    assert!(table.len() > 40);
    for (field, wrong, place, said) in table {
        let mut event = right();
        let fields = event.as_object_mut().unwrap();
        if wrong.is_null() {
            drop(fields.remove(field))
        } else {
            drop(fields.insert(field.to_owned(), wrong.clone()))
        }
        let (events, lines) = issues(&document(&event));
        let at = format!("x#/epcisBody/eventList/1{place}");
        let told = |line: &String| {
            line.strip_prefix(&at).is_some_and(|rest| rest.starts_with([':', ' ']) && rest.contains(said))
        };
        assert!(lines.iter().any(told), "{field} {wrong}: {lines:?}");
        assert_eq!(events, 1, "the event beside is read: {field} {wrong}");
    }
}

#[test]
fn types_of_events_need_what_is_theirs() {
    let base = json!({"eventTime": "2026-09-07T14:00:00Z", "eventTimeZoneOffset": "+02:00"});
    let with = |kind: &str, fields: Value| {
        let mut event = base.clone();
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        event["type"] = kind.into();
        issues(&event.to_string()).1
    };
    let one = json!(["urn:example:1"]);
    for (kind, fields, told) in [
        ("ObjectEvent", json!({"action": "OBSERVE"}), "x#/epcList: epcis-missing-in(kind=ObjectEvent)"),
        (
            "AggregationEvent",
            json!({"action": "ADD", "childEPCs": one}),
            "x#/parentID: epcis-missing-in(kind=AggregationEvent)",
        ),
        ("AggregationEvent", json!({"action": "DELETE"}), "x#/parentID: epcis-missing-in(kind=AggregationEvent)"),
        (
            "AggregationEvent",
            json!({"action": "ADD", "parentID": "urn:example:2"}),
            "x#/childEPCs: epcis-missing-in(kind=AggregationEvent)",
        ),
        (
            "AggregationEvent",
            json!({"action": "ADD", "parentID": "urn:example:1", "childEPCs": one}),
            "x#/childEPCs `urn:example:1`: epcis-within-itself",
        ),
        (
            "AssociationEvent",
            json!({"action": "OBSERVE", "childEPCs": one}),
            "x#/parentID: epcis-missing-in(kind=AssociationEvent)",
        ),
        (
            "TransactionEvent",
            json!({"action": "ADD", "epcList": one}),
            "x#/bizTransactionList: epcis-missing-in(kind=TransactionEvent)",
        ),
        (
            "TransformationEvent",
            json!({"inputEPCList": one}),
            "x#/outputEPCList: epcis-missing-in(kind=TransformationEvent)",
        ),
        (
            "TransformationEvent",
            json!({"outputEPCList": one}),
            "x#/inputEPCList: epcis-missing-in(kind=TransformationEvent)",
        ),
        (
            "TransformationEvent",
            json!({"action": "ADD", "inputEPCList": one, "outputEPCList": one}),
            "x#/action `ADD`: epcis-unknown-field(name=action)",
        ),
    ] {
        assert_eq!(with(kind, fields), [told]);
    }
    let right = json!({"action": "DELETE", "parentID": "urn:example:2"});
    assert_eq!(with("AggregationEvent", right.clone()), Vec::<String>::new());
    assert_eq!(with("AssociationEvent", right), Vec::<String>::new());
    let tied = json!({"transformationID": "urn:example:3", "inputEPCList": one});
    assert_eq!(with("TransformationEvent", tied), Vec::<String>::new());
}

#[test]
fn faults_of_a_document_are_told() {
    let head = |kind: &str, version: &str, body: &str| {
        format!(
            r#"{{"@context": [], "type": "{kind}", "schemaVersion": "{version}", "creationDate": "2026-09-07T15:00:00Z", "epcisBody": {body}}}"#
        )
    };
    for (text, told) in [
        (String::new(), "x:1: epcis-not-json"),
        ("[".into(), "x:1: epcis-not-json"),
        ("7".into(), "x# `7`: epcis-a-document"),
        ("{}".into(), "x#/type: epcis-a-document"),
        ("[7]".into(), "x#/0 `7`: epcis-an-event"),
        (r#"{"type": "EPCISDocument"}"#.into(), "x#/schemaVersion: epcis-missing"),
        (head("EPCISDocument", "3.0", r#"{"eventList": []}"#), "x#/schemaVersion `3.0`: epcis-version"),
        (head("EPCISDocument", "2.0", r#"{"eventList": {}}"#), "x#/epcisBody/eventList: epcis-a-list"),
        (head("EPCISDocument", "2.0", "{}"), "x#/epcisBody/eventList: epcis-missing"),
        (head("EPCISQueryDocument", "2.0", "{}"), "x#/epcisBody/queryResults/queryName: epcis-missing"),
        (
            r#"{"type": "ObjectEvent", "type": "ObjectEvent"}"#.into(),
            "x:1: epcis-not-json(error=the key `type` stands twice",
        ),
    ] {
        let lines = issues(&text).1;
        assert!(lines.iter().any(|line| line.starts_with(told)), "{text}: {lines:?}");
    }
}

#[test]
fn faults_in_xml_are_told_with_line_and_place() {
    let document = |event: &str| {
        format!(
            "<epcis:EPCISDocument xmlns:epcis=\"urn:epcglobal:epcis:xsd:2\" schemaVersion=\"2.0\" creationDate=\"2026-09-07T15:00:00Z\">\n\
             <EPCISBody>\n<EventList>\n<ObjectEvent>\n{event}\n</ObjectEvent>\n</EventList>\n</EPCISBody>\n</epcis:EPCISDocument>"
        )
    };
    let times = "<eventTime>2026-09-07T14:00:00Z</eventTime><eventTimeZoneOffset>+02:00</eventTimeZoneOffset>";
    for (event, told) in [
        (String::new(), "x:4, /epcisBody/eventList/0/eventTime: epcis-missing"),
        (
            format!(
                "{times}\n<epcList>\n<epc>urn:example:1</epc>\n<epc>urn:epc:id:sscc:1</epc>\n</epcList>\n<action>OBSERVE</action>"
            ),
            "x:8, /epcisBody/eventList/0/epcList/1 `urn:epc:id:sscc:1`: must-be(right=an-epc-urn)",
        ),
        (
            format!(
                "{times}\n<action>OBSERVE</action>\n<quantityList><quantityElement>\n<epcClass>urn:example:1</epcClass>\n<quantity>many</quantity></quantityElement></quantityList>"
            ),
            "x:9, /epcisBody/eventList/0/quantityList/0/quantity `many`: epcis-a-decimal",
        ),
        (
            format!("{times}\n<action>OBSERVE</action>\n<colour>green</colour>"),
            "x:7, /epcisBody/eventList/0/colour `green`: epcis-unknown-field",
        ),
        (format!("{times}\n<p:colour>green</p:colour>"), "x:6: epcis-prefix(prefix=p)"),
        (format!("{times}\n<action>OBSERVE"), "x:7: epcis-not-xml"),
        (format!("{times}\n<action>&nbsp;</action>"), "x:6: epcis-entity(name=nbsp)"),
        (format!("{times}\n<action a='1' a='2'>ADD</action>"), "x:6: epcis-not-xml"),
    ] {
        let lines = issues(&document(&event)).1;
        assert!(lines.iter().any(|line| line.starts_with(told)), "{event}: {lines:?}");
    }
    assert_eq!(issues("<html/>").1, ["x:1, /type `html`: epcis-a-document"]);
    assert_eq!(issues("<a></a><b></b>").1.len(), 1);
    assert_eq!(issues("<a></a>text").1.len(), 1);
}
