//! Event hash ids whose values others published: the expected values for version 2.0 in the tests of the program that the standard's
//! authors keep (`epcis-event-hash-generator`, folder `tests/examples/expected/CBV2.0`), for events that say what theirs say.

use muster_interchange::epcis::{
    self,
    event::Event,
    hash::{event_hash_id, pre_hash},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The hash with the address that later versions of the standard, and that program, give to the words for measurements. Version 2.0 has
/// `https://gs1.org/voc/`.
pub(crate) fn moved(event: &Event) -> String {
    hash(&pre_hash(event).replace("https://gs1.org/voc/", "https://ref.gs1.org/voc/"))
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An event, from its type, time, offset and other fields.
fn event(kind: &str, time: &str, offset: &str, fields: &Value) -> Event {
    let mut whole = json!({
        "@context": {"example": "https://ns.example.com/epcis/"},
        "type": kind, "eventTime": time, "eventTimeZoneOffset": offset,
    });
    whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let mut reading = epcis::read("event.json", whole.to_string().as_bytes());
    assert_eq!(reading.issues, []);
    // In XML it must be the same.
    let xml = epcis::write_xml(&reading.document);
    let again = epcis::read("event.xml", xml.as_bytes());
    assert_eq!(again.issues, [], "{xml}");
    assert_eq!(again.document.events, reading.document.events);
    reading.document.events.remove(0)
}

#[test]
fn object_events_have_their_published_hashes() {
    let (place, party) = (|id: &str| json!({"id": id}), "possessing_party");
    let bt = |kind: &str, id: &str| json!({"type": kind, "bizTransaction": id});
    let po = bt("po", "http://transaction.acme.com/po/12345678");
    let all = [
        (
            event(
                "ObjectEvent",
                "2020-03-04T11:00:30.000+01:00",
                "+01:00",
                &json!({
                    "recordTime": "2020-03-04T11:00:30.999+01:00",
                    "epcList": ["urn:epc:id:sscc:4012345.0000000333", "urn:epc:id:sscc:4012345.0000000111", "urn:epc:id:sscc:4012345.0000000222"],
                    "action": "OBSERVE", "bizStep": "departing", "readPoint": place("urn:epc:id:sgln:4012345.00011.987"),
                    "example:myField1": {"example:mySubField1": "2", "example:mySubField2": "5"},
                    "example:myField2": "0", "example:myField3": {"example:mySubField3": ["3", "1"]},
                }),
            ),
            "6ae96341e0acc6d7a261364751f60e68278a81cdf51da0abb6b4e617014e39d7",
        ),
        (
            event(
                "ObjectEvent",
                "2020-03-04T11:00:30+01:00",
                "+01:00",
                &json!({
                    "epcList": ["urn:epc:id:sgtin:0614141.011111.987"], "action": "OBSERVE", "bizStep": "departing", "disposition": "in_transit",
                    "readPoint": {"id": "urn:epc:id:sgln:4012345.00011.0", "example:myField1": "AB-12"},
                    "bizTransactionList": [bt("po", "urn:epc:id:gdti:4012345.11111.123")],
                    "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00000"}],
                    "destinationList": [{"type": "owning_party", "destination": "urn:epc:id:pgln:0614141.00000"}],
                    "example:userExt": "CD-34",
                }),
            ),
            "3ae14c02c4bdc220cc31942cf804f6845eb8dec96ba6483391c92a9b165f9329",
        ),
        (
            event(
                "ObjectEvent",
                "2005-04-03T20:33:31.116-06:00",
                "-06:00",
                &json!({
                    "eventID": "ni:///sha-256;df7bb3c352fef055578554f09f5e2aa41782150ced7bd0b8af24dd3ccb30ba69?ver=CBV2.0",
                    "epcList": ["urn:epc:id:sgtin:0614141.107346.2017", "urn:epc:id:sgtin:0614141.107346.2018"],
                    "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit",
                    "readPoint": place("urn:epc:id:sgln:0614141.07346.1234"), "bizTransactionList": [po],
                }),
            ),
            "df6523665bc5e5803d6c7b84f5a04e103694d8220f2abc4f2c74310e89f31bc6",
        ),
        (
            event(
                "ObjectEvent",
                "2023-02-02T11:04:03.1415Z",
                "+01:00",
                &json!({
                    "epcList": ["https://id.gs1.de/00/040123451111111110"], "action": "OBSERVE", "bizStep": "shipping",
                    "disposition": "in_transit", "readPoint": place("https://id.gs1.de/414/4012345000115"),
                }),
            ),
            "af7658e711574363633f20b3dadc7bc4c13c6f612cf96d95e03c421c0e58f3c6",
        ),
        (
            event(
                "ObjectEvent",
                "2023-02-02T11:04:03.1414Z",
                "+01:00",
                &json!({
                    "epcList": ["https://id.gs1.de/00/040123451111111110"], "action": "OBSERVE", "bizStep": "transporting",
                    "readPoint": place("geo:50.947573340894124,6.922120147375441"),
                }),
            ),
            "0550df44527332c1fe417c5837fe61b9e71eaa93307b88519dac549bf2d4dcf9",
        ),
        (
            event(
                "ObjectEvent",
                "2019-10-21T11:00:30.000+01:00",
                "+01:00",
                &json!({
                    "epcList": ["urn:epc:id:sscc:5200001.0111111146"], "action": "OBSERVE", "bizStep": "departing",
                    "readPoint": place("urn:epc:id:sgln:5200001.99901.0"),
                    "bizTransactionList": [bt("desadv", "urn:epcglobal:cbv:bt:5200001000008:4711"), bt("inv", "urn:epcglobal:cbv:bt:5200001000008:RE1099")],
                    "sourceList": [{"type": party, "source": "urn:epc:id:pgln:5200001.00000"}],
                    "destinationList": [
                        {"type": party, "destination": "urn:epc:id:pgln:4000001.98765"},
                        {"type": "location", "destination": "urn:epc:id:sgln:4012345.00012.0"},
                    ],
                }),
            ),
            "253f0178f96349eedc207505b49044a602129605cf692e3d9f1f36c8bd1dfb0d",
        ),
    ];
    for (n, (event, hash)) in all.iter().enumerate() {
        assert_eq!(event_hash_id(event), format!("ni:///sha-256;{hash}?ver=CBV2.0"), "{n}: {}", pre_hash(event));
    }
}

#[test]
fn events_of_other_types_have_their_published_hashes() {
    let all = [
        (
            event(
                "AggregationEvent",
                "2019-10-21T11:58:56.591+02:00",
                "+02:00",
                &json!({
                    "parentID": "urn:epc:id:sscc:4047023.0111111122",
                    "childEPCs": (["98", "97", "107", "109"].map(|n| format!("urn:epc:id:sgtin:4047023.077551.{n}"))),
                    "action": "ADD", "bizStep": "packing", "readPoint": {"id": "urn:epc:id:sgln:4047023.00012.0"},
                }),
            ),
            "c941e6486c561c2be83c28dc228c150eaef9a6befb1015e6cc563982fb7414b6",
        ),
        (
            event(
                "AggregationEvent",
                "2019-10-21T17:30:56.591+02:00",
                "+02:00",
                &json!({
                    "parentID": "urn:epc:id:sscc:4012344.0111111133",
                    "childQuantityList": [
                        {"epcClass": "urn:epc:class:lgtin:4054739.099902.P2", "quantity": 12, "uom": "KGM"},
                        {"epcClass": "urn:epc:class:lgtin:4054739.012345.lot2", "quantity": 17},
                    ],
                    "action": "ADD", "bizStep": "packing", "readPoint": {"id": "urn:epc:id:sgln:4012345.00025.0"},
                }),
            ),
            "cfda50b7ff23682e989bafc3747ac9b752f405305fcde6618280f6be27344f35",
        ),
        (
            event(
                "TransactionEvent",
                "2019-10-21T00:05:00-06:00",
                "-06:00",
                &json!({
                    "epcList": ["urn:epc:id:sgtin:0614141.107340.1", "urn:epc:id:sgtin:0614141.107340.2"],
                    "action": "ADD", "bizStep": "shipping",
                    "readPoint": {"id": "urn:epc:id:sgln:4012345.00000.5"}, "bizLocation": {"id": "urn:epc:id:sgln:4012345.00000.0"},
                    "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:4012345123456:RE100099"}],
                }),
            ),
            "cf6559dc931963f19ed9cd2fe33c02ef64c8cfd557e5a96b086a87db315b7122",
        ),
        (
            event(
                "TransformationEvent",
                "2019-10-21T14:58:56.591+02:00",
                "+02:00",
                &json!({
                    "inputEPCList": ["urn:epc:id:sgtin:4012345.011122.25", "urn:epc:id:sgtin:4000001.065432.99886655"],
                    "outputEPCList": (["25", "26", "27", "28"].map(|n| format!("urn:epc:id:sgtin:4012345.077889.{n}"))),
                    "inputQuantityList": [
                        {"epcClass": "urn:epc:class:lgtin:4012345.011111.4444", "quantity": 10, "uom": "KGM"},
                        {"epcClass": "urn:epc:class:lgtin:0614141.077777.987", "quantity": 30},
                        {"epcClass": "urn:epc:idpat:sgtin:4012345.066666.*", "quantity": 220},
                    ],
                    "bizStep": "commissioning", "readPoint": {"id": "urn:epc:id:sgln:4012345.00001.0"},
                    "ilmd": {"example:bestBeforeDate": "2015-11-10", "example:batch": "XYZ"},
                }),
            ),
            "36ab2ba0e3eac03d14a630148c63c31da00b8c4f1c311f501eb459e89a6e6350",
        ),
        (
            event(
                "TransformationEvent",
                "2019-10-21T14:58:56.591+02:00",
                "+02:00",
                &json!({
                    "inputEPCList": ["urn:epc:id:sgtin:4012345.011122.25", "urn:epc:id:sgtin:4000001.065432.99886655"],
                    "outputQuantityList": [{"epcClass": "urn:epc:class:lgtin:4054739.099902.P20131121", "quantity": 9520}],
                    "transformationID": "urn:epc:id:gdti:4012345.55555.1234",
                    "bizStep": "http://epcis.example.com/user/vocab/bizstep/exampling",
                    "readPoint": {"id": "urn:epc:id:sgln:4012345.00001.0"},
                }),
            ),
            "756558aa09b2d38c6bcb6e50eab2fcbebd9bde17362a7c4f4686a5d7f5fb013f",
        ),
    ];
    for (n, (event, hash)) in all.iter().enumerate() {
        assert_eq!(event_hash_id(event), format!("ni:///sha-256;{hash}?ver=CBV2.0"), "{n}: {}", pre_hash(event));
    }
}

/// The published value is that of a document in JSON, whose namespace of master data ends with a colon. In XML it does not, and an event
/// must have one hash.
#[test]
fn master_data_have_one_namespace() {
    let event = event(
        "ObjectEvent",
        "2019-10-21T14:58:56.000+02:00",
        "+02:00",
        &json!({
            "quantityList": [{"epcClass": "urn:epc:class:lgtin:4054739.099914.20160711", "quantity": 600, "uom": "KGM"}],
            "action": "ADD", "bizStep": "commissioning", "readPoint": {"id": "urn:epc:id:sgln:4054739.00001.0"},
            "ilmd": {"cbvmda:bestBeforeDate": "2019-10-21"},
        }),
    );
    let published = "5f396ea5cb32fe4d0980cb79f5a5eb9640559e9f5a6cefa5c98a7d6ad554b50b";
    assert_eq!(hash(&pre_hash(&event).replace("cbv:mda}", "cbv:mda:}")), published);
}

#[test]
fn every_key_of_gs1_comes_to_its_digital_link() {
    let event = event(
        "ObjectEvent",
        "2023-03-27T11:30:00.0Z",
        "+01:00",
        &json!({
            "epcList": [
                "urn:epc:id:sgtin:4012345.012345.12", "urn:epc:id:sscc:4012345.0000000333", "https://id.gs1.org/00/040123450000003338",
                "urn:epc:id:grai:4012345.66666.87", "urn:epc:id:giai:4012345.AAbb", "urn:epc:id:gsrn:4012345.9876540000",
                "urn:epc:id:gsrnp:4012345.0000098765", "urn:epc:id:gdti:4012345.55555.98", "urn:epc:id:cpi:4012345.ABC.123",
                "urn:epc:id:sgcn:4012345.99999.44", "urn:epc:id:ginc:4012345.333", "urn:epc:id:gsin:4012345.999987654",
                "urn:epc:id:itip:4012345.012345.01.02.999", "urn:epc:id:upui:4012345.012345.AB12",
            ],
            "quantityList": [
                {"epcClass": "urn:epc:class:lgtin:4054739.099914.20160711"}, {"epcClass": "urn:epc:idpat:sgtin:4054739.099914.*"},
                {"epcClass": "urn:epc:idpat:grai:4012345.66666.*"}, {"epcClass": "urn:epc:idpat:gdti:4012345.55555.*"},
                {"epcClass": "urn:epc:idpat:sgcn:4012345.99999.*"}, {"epcClass": "urn:epc:idpat:cpi:4012345.ABC.*"},
                {"epcClass": "urn:epc:idpat:itip:4012345.012345.01.02.*"},
            ],
            "action": "OBSERVE", "bizStep": "other", "readPoint": {"id": "urn:epc:id:sgln:4012345.00011.987"},
        }),
    );
    let hash = "ni:///sha-256;40744f32beff53a4bf5bb5956d465cb52de5bbcc9f131409d8efb903b04d9351?ver=CBV2.0";
    assert_eq!(event_hash_id(&event), hash, "{}", pre_hash(&event));
}

#[test]
fn what_sensors_say_is_in_the_hash() {
    let first = event(
        "ObjectEvent",
        "2020-04-01T15:00:00+01:00",
        "+01:00",
        &json!({
            "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"], "action": "OBSERVE", "bizStep": "inspecting",
            "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0"},
            "sensorElementList": [{
                "sensorMetadata": {"deviceID": "urn:epc:id:giai:4000001.111", "deviceMetadata": "https://id.gs1.org/8004/4000001111"},
                "sensorReport": [
                    {"type": "Temperature", "value": 26, "sDev": 0.1, "uom": "CEL"},
                    {"type": "AbsoluteHumidity", "value": 12.1, "uom": "A93"},
                    {"type": "Dimensionless", "microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011", "value": 0.05, "uom": "C35"},
                    {"type": "Dimensionless", "chemicalSubstance": "https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N", "value": 0.18, "uom": "C35"},
                ],
            }],
        }),
    );
    assert_eq!(
        moved(&first),
        "271565c346ae2fb28c4583c4dca4ab4772d465eb4e0b6e548d77d8b49377d95c",
        "{}",
        pre_hash(&first)
    );
    let second = event(
        "ObjectEvent",
        "2023-02-12T11:04:03.1415Z",
        "+01:00",
        &json!({
            "certificationInfo": "https://accreditation-council.example.org/certificate/ABC12345",
            "epcList": ["https://id.gs1.de/01/04012345999990/21/XYZ-1234"], "action": "OBSERVE", "bizStep": "receiving",
            "disposition": "in_progress", "readPoint": {"id": "https://id.gs1.de/414/4012345000115"},
            "sensorElementList": [{
                "sensorMetadata": {"time": "2023-02-12T11:04:03.1007Z", "bizRules": "https://id.example.com/253/4012345000054987"},
                "sensorReport": [{
                    "type": "Dimensionless", "exception": "ALARM_CONDITION",
                    "coordinateReferenceSystem": "http://www.opengis.net/def/crs/EPSG/0/27700",
                }],
            }],
        }),
    );
    assert_eq!(
        moved(&second),
        "bf052637920f56c28bd6bc4ce10bb296203fcddc543f1e293d5a77b07592dcec",
        "{}",
        pre_hash(&second)
    );
}
