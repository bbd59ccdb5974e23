//! What was wrong with what came, at a terminal.

use std::path::Path;

use crate::{DEMO, code, muster, text};

/// A mission with a consignment of twenty units of which three are missing and two hurt at the hub; gives both variances.
fn missing(folder: &Path) -> [String; 2] {
    does(folder, &["import", "mission", DEMO]);
    let make = ["consignment", "make", "--from", "DEPOT-POL", "--to", "NODE-WEST", "--offer", "20:O-POL-04"];
    let made = does(folder, &make);
    let one = made.trim().trim_start_matches("Made ").trim_end_matches('.').to_owned();
    does(folder, &["consignment", "ready", &one, "--condition", "serviceable"]);
    does(folder, &["consignment", "depart", &one, "--carrier", "C", "--conveyance", "W 1"]);
    let told = does(folder, &["consignment", "arrive", &one, "--line", "1=15/2"]);
    let codes: Vec<&str> = told.split("variance ").skip(1).filter_map(|rest| rest.split_whitespace().next()).collect();
    let [short, damaged] = codes.as_slice() else { panic!("{told}") };
    [short, damaged].map(|code| (*code).to_owned())
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = muster(folder, arguments);
    (code(&output), text(&output.stdout) + &text(&output.stderr))
}

fn does(folder: &Path, arguments: &[&str]) -> String {
    let (status, told) = run(folder, arguments);
    assert_eq!(status, 0, "{arguments:?}: {told}");
    told
}

#[test]
fn part_of_a_variance_is_resolved_and_the_rest_stays_open() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [short, damaged] = missing(folder);
    let resolve = ["variance", "resolve", &short, "found", "--reason", "behind the door"];
    for (more, said) in [
        (&["--units", "3"][..], "that is all of"),
        (&["--units", "4"], "has only 3 such units"),
        (&["--units", "1", "--lot", "L"], "L is not in"),
        (&["--serial", "X"], "X is not in"),
    ] {
        let (status, told) = run(folder, &[&resolve[..], more].concat());
        assert!(status == 1 && told.contains(said), "{more:?}: {told}");
    }
    let told = does(folder, &[&resolve[..], &["--units", "1"]].concat());
    assert!(told.contains(&format!("a part of {short}, is resolved: found. The rest stays open.")), "{told}");
    let part = told.split(',').next().unwrap().trim().to_owned();
    let shown = does(folder, &["variance", "show", &short]);
    assert!(shown.contains(&format!("1 of it: {part}")) && shown.contains("2 × "), "{shown}");
    assert!(does(folder, &["variance", "show", &part]).contains(&format!("a part of {short}")));
    assert!(does(folder, &resolve).contains("is resolved: found."));
    let told = does(folder, &["variance", "resolve", &damaged, "miscounted", "--reason", "only dirty"]);
    assert!(told.contains("is resolved: miscounted."), "{told}");
}

#[test]
fn what_was_decided_to_be_lost_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [short, _] = missing(folder);
    does(folder, &["variance", "resolve", &short, "lost", "--reason", "looked for long"]);
    assert!(does(folder, &["end-use", "losses", "--open"]).contains(&short));
    let found = ["end-use", "found", &short, "--reason", "in another truck"];
    assert!(does(folder, &found).contains(&format!("What {short} is about is back.")));
    let (status, told) = run(folder, &found);
    assert!(status == 1 && told.contains("was found before"), "{told}");
    assert!(!does(folder, &["end-use", "losses", "--open"]).contains(&short));
}

#[test]
fn who_counted_wrong_counts_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    does(folder, &["import", "mission", DEMO]);
    let told = does(folder, &["variance", "report", "NODE-WEST", "crates", "7"]);
    let code = told.trim().trim_start_matches("Reported as ").split(':').next().unwrap().to_owned();
    for quantity in ["5", "6", "7"] {
        let told = does(folder, &["variance", "count", &code, quantity]);
        assert!(told.contains("counted by 1, no two counts agree yet"), "{told}");
    }
    let (status, told) = run(folder, &["variance", "count", &code, "8"]);
    assert!(status == 1 && told.contains("3 times: others count it now"), "{told}");
    let shown = does(folder, &["variance", "show", &code]);
    assert_eq!(shown.matches("counted again later").count(), 2, "{shown}");
}

#[test]
fn only_what_has_a_serial_number_is_here_under_another() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [short, damaged] = missing(folder);
    let renumber = |code: &str| run(folder, &["variance", "renumber", code, "A-1", "A-2", "--reason", "its plate"]);
    for (code, said) in [(&short, "A-1 is not in"), (&damaged, "is not missing")] {
        let (status, told) = renumber(code);
        assert!(status == 1 && told.contains(said), "{said}: {told}");
    }
}
