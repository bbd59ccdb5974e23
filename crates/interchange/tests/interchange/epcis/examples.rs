//! The examples that come with the standard, in JSON and XML, and the schema that they belong to.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use muster_interchange::epcis::{
    self, Reading,
    hash::{event_hash_id, pre_hash},
};

/// The standard's artefacts, unpacked. They lie beside the workspace, if at all; where they do not, that is told.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub(crate) fn artefacts() -> Option<tempfile::TempDir> {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/standards/gs1_epcis2_artefacts.tar.gz");
    if !packed.exists() {
        println!("skipped: the artefacts of EPCIS 2.0 are not at hand");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let done = Command::new("tar").arg("xzf").arg(&packed).arg("-C").arg(folder.path()).status().unwrap();
    assert!(done.success());
    Some(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ["jsonld", "json", "xml"].iter().any(|known| ending == *known))
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> (Reading, Vec<String>) {
    let reading = epcis::read(&path.file_name().unwrap().to_string_lossy(), &fs::read(path).unwrap());
    let lines = reading.issues.iter().map(ToString::to_string).collect();
    (reading, lines)
}

/// The standard's schema for documents in JSON, which holds all that it refers to.
pub(crate) fn schema(artefacts: &Path) -> jsonschema::Validator {
    let schema: serde_json::Value =
        serde_json::from_slice(&fs::read(artefacts.join("EPCIS-JSON-Schema.json")).unwrap()).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// Examples with a fault of their own, and what it is.
const FAULTY: &[(&str, &str)] = &[
    // The key `eventID` stands twice in an object.
    ("JSON/AssociationEvent/AssociationEvent-h.jsonld", "AssociationEvent-h.jsonld:15: epcis-not-json"),
    // `Bizstep-` in place of `BizStep-`, twice.
    ("XML/WithSensorData/SensorDataExamples.xml", "/epcisBody/eventList/12/bizStep"),
    // Documents of master data and of capture jobs have no events.
    ("XML/CBV/CBV-11.4-2020-06-16a.xml", "`EPCISMasterDataDocument`: epcis-a-document"),
    ("XML/Mimasu/Example-masterData.xml", "`EPCISMasterDataDocument`: epcis-a-document"),
    ("XML/CaptureJob/Example-CaptureJobRunning.xml", "`EPCISCaptureJob`: epcis-a-document"),
    ("XML/CaptureJob/Example-CaptureJobSuccess.xml", "`EPCISCaptureJob`: epcis-a-document"),
    ("XML/CaptureJob/Example-CaptureJobWithErrorFile.xml", "`EPCISCaptureJob`: epcis-a-document"),
    ("XML/CaptureJob/Example-CaptureJobWithErrors.xml", "`EPCISCaptureJob`: epcis-a-document"),
    // Version 1.2 with fields of drafts of version 2.0.
    ("XSL/1.2/XML/AssociationEvent.xml", "sensorMetaData"),
    // A field of one's own without a namespace.
    ("XSL/1.2/XML/ObjectEvent.xml", "myField"),
];

#[test]
fn the_examples_of_the_standard_are_read() {
    let Some(folder) = artefacts() else { return };
    let (mut read_files, mut read_events) = (0, 0);
    for path in ["JSON", "XML", "XSL/1.2/XML"].iter().flat_map(|sub| files(&folder.path().join(sub))) {
        let name = path.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned();
        let (reading, lines) = read(&path);
        if let Some((_, fault)) = FAULTY.iter().find(|(faulty, _)| *faulty == name) {
            assert!(lines.iter().any(|line| line.contains(fault)), "{name}: {lines:?}");
            continue;
        }
        assert_eq!(lines, Vec::<String>::new(), "{name}");
        assert!(!reading.document.events.is_empty() || !reading.document.vocabularies.is_empty(), "{name}");
        read_files += 1;
        read_events += reading.document.events.len();
    }
    println!("{read_files} files with {read_events} events read without issue");
    assert!(read_files >= 80 && read_events >= 109, "{read_files} {read_events}");
}

/// The folder of examples for another context; those that the schema refuses are not examples of the standard.
#[test]
fn what_the_schema_accepts_is_read() {
    let Some(folder) = artefacts() else { return };
    let schema = schema(folder.path());
    let mut accepted = 0;
    for path in ["JSON", "JSON-simple-context"].iter().flat_map(|sub| files(&folder.path().join(sub))) {
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(&fs::read(&path).unwrap()) else { continue };
        let (_, lines) = read(&path);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if schema.is_valid(&json) && name != "AssociationEvent-h.jsonld" {
            accepted += 1;
            // A schema cannot see that this is a kind of things and not a thing.
            let kinds = lines.iter().all(|line| line.contains("09506000134352`: epcis-one-thing"));
            assert!(lines.is_empty() || kinds, "{name}: {lines:?}");
        }
    }
    println!("{accepted} files accepted by the schema");
    assert!(accepted > 40, "{accepted}");
}

#[test]
fn what_is_written_is_what_was_read_and_what_the_schema_accepts() {
    let Some(folder) = artefacts() else { return };
    let schema = schema(folder.path());
    for path in ["JSON", "XML"].iter().flat_map(|sub| files(&folder.path().join(sub))) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let document = read(&path).0.document;
        if document.events.is_empty() && document.vocabularies.is_empty() {
            continue;
        }
        let json = epcis::write_json(&document);
        let again = epcis::read("again.json", json.as_bytes());
        assert_eq!(again.issues, [], "{name}\n{json}");
        assert_eq!(again.document.events, document.events, "{name}");
        assert_eq!(again.document.vocabularies, document.vocabularies, "{name}");
        // The schema has persistent dispositions in two types of events only, XML's schema and the examples in all.
        let value = serde_json::from_str(&json).unwrap();
        let faults = schema.iter_errors(&value).map(|fault| fault.to_string());
        let faults: Vec<_> = faults
            .filter(|fault| !fault.starts_with("\"persistentDisposition\""))
            // And in XML a sensor's report needs no type if it is of an exception.
            .filter(|fault| name != "SensorDataExamples.xml" || fault != "\"type\" is a required property")
            .collect();
        assert_eq!(faults, Vec::<String>::new(), "{name}\n{json}");

        let xml = epcis::write_xml(&document);
        let again = epcis::read("again.xml", xml.as_bytes());
        assert_eq!(again.issues, [], "{name}\n{xml}");
        assert_eq!(again.document.events, document.events, "{name}\n{xml}");
        assert_eq!(again.document.vocabularies, document.vocabularies, "{name}");
        for (before, after) in document.events.iter().zip(&again.document.events) {
            assert_eq!(event_hash_id(before), event_hash_id(after), "{name}");
        }
    }
}

/// Six of the seven files say the same: their things and quantities stand in another order, their namespace has another prefix, a text
/// says that it is text, and one is JSON. The second has another offset, which the hash has been about since the draft of that example.
#[test]
fn events_that_say_the_same_have_the_same_hash() {
    let Some(folder) = artefacts() else { return };
    let all = files(&folder.path().join("XML/WithEventHashID"));
    assert_eq!(all.len(), 7);
    let mut by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in all {
        let (reading, lines) = read(&path);
        assert_eq!(lines, Vec::<String>::new());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        by_text.entry(pre_hash(&reading.document.events[0])).or_default().push(name[name.len() - 1..].to_owned());
    }
    let groups: Vec<_> = by_text.values().collect();
    assert_eq!(groups, [&vec!["2"], &vec!["1", "3", "4", "5", "6", "7"]]);
    let texts: Vec<_> = by_text.keys().map(|text| text.replace("Offset=-05:00", "Offset=-06:00")).collect();
    assert_eq!(texts[0], texts[1]);
}

/// Those pairs whose authors made them the same.
#[test]
fn both_ways_to_write_an_event_come_to_the_same() {
    let Some(folder) = artefacts() else { return };
    let first = |path: &str| read(&folder.path().join(path)).0.document.events.remove(0);
    let pairs = [
        ("JSON/Example_9.6.1-ObjectEvent.jsonld", "XML/Example_9.6.1-ObjectEvent-2020_06_18a.xml"),
        ("JSON/Example-TransactionEvents-2020_07_03y.jsonld", "XML/Example-TransactionEvent-2020_07_03y.xml"),
    ];
    for (json, xml) in pairs {
        let (json, mut xml) = (first(json), first(xml));
        assert_eq!(event_hash_id(&json), event_hash_id(&xml));
        xml.id = json.id.clone();
        assert_eq!(json, xml);
    }
}

/// The value that the published program for event hash ids has for this example in its own tests, with the address that later versions of
/// the standard give to the words for measurements.
#[test]
fn the_example_with_all_fields_has_the_published_hash() {
    let Some(folder) = artefacts() else { return };
    let path = folder.path().join("JSON/WithFullCombinationOfFields/object_event_all_possible_fields.jsonld");
    let event = read(&path).0.document.events.remove(0);
    assert_eq!(super::hashes::moved(&event), "9811bfb2672e9c3a0f6151be339d22b60db375c8b23d2740f6137cc6539f0639");
}
