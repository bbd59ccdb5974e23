//! The examples that come with the standard. They lie beside the workspace, if at all.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use muster_interchange::epcis::{
    self,
    event::Event,
    hash::{event_hash_id, pre_hash},
};

/// The standard's artefacts, unpacked; `None`, and told so, where they are not at hand.
fn artefacts() -> Option<tempfile::TempDir> {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/standards/gs1_epcis2_artefacts.tar.gz");
    if !packed.exists() {
        println!("skipped: {} is not there", packed.display());
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let done = Command::new("tar").arg("xzf").arg(&packed).arg("-C").arg(folder.path()).status().unwrap();
    assert!(done.success());
    Some(folder)
}

fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> (epcis::Reading, Vec<String>) {
    let reading = epcis::read(&path.file_name().unwrap().to_string_lossy(), &fs::read(path).unwrap());
    let lines = reading.issues.iter().map(ToString::to_string).collect();
    (reading, lines)
}

#[test]
fn explore() {
    let Some(folder) = artefacts() else { return };
    for sub in ["JSON", "JSON-simple-context", "XML", "XSL/1.2/XML"] {
        for path in files(&folder.path().join(sub), &["jsonld", "xml", "json"]) {
            let (reading, lines) = read(&path);
            println!(
                "{} events={} issues={}",
                path.strip_prefix(folder.path()).unwrap().display(),
                reading.document.events.len(),
                lines.len()
            );
            for line in lines.iter().take(6) {
                println!("    {line}");
            }
            for event in &reading.document.events {
                if let Some(id) = &event.id {
                    if id.starts_with("ni:") {
                        println!(
                            "    HASH {} {id} {}",
                            if *id == event_hash_id(event) { "same" } else { "DIFF" },
                            event_hash_id(event)
                        );
                    }
                }
            }
        }
    }
}
