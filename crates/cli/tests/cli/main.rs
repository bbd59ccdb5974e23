//! The program as a user runs it: exit codes, what it prints, what it leaves.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod handover;
mod phone;
mod play;
mod variance;

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use muster_testkit::{passkey::Browser, receipt};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/mission");

fn muster(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_muster")).args(arguments).arg("--data").arg(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn the_main_job_runs_from_a_folder_to_a_verified_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = muster(folder.path(), arguments);
        assert_eq!(code(&output), 0, "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    };
    assert!(run(&["import", "mission", DEMO, "--dry-run"]).contains("would be written"));
    assert!(run(&["import", "mission", DEMO]).contains("were written"));
    assert!(run(&["import", "mission", DEMO]).contains("Nothing has changed"));
    let plan = run(&["plan", "run", "--from", "2026-09-07", "--time-limit", "3", "--gap", "0.2", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    assert!(plan["summary"]["objective"].as_f64() > plan["summary"]["first_come"]["objective"].as_f64());
    assert!(run(&["plan", "show", "P-001", "--lines"]).contains("O-"));
    let why = run(&["plan", "why", "P-001"]);
    assert!(why.contains("missing") && why.contains("the caveat “"), "{why}");
    assert!(run(&["plan", "why", "P-001", "--need", "R-048", "--format", "json"]).contains("\"not_offered\""));
    let asks = run(&["plan", "ask", "P-001", "--verify", "2", "--time-limit", "2", "--format", "json"]);
    let asks: serde_json::Value = serde_json::from_str(&asks).unwrap();
    assert!(asks["asks"][1]["ask"]["verified"]["gain"].as_f64().unwrap() >= 0.0, "{asks}");
    assert!(run(&["plan", "ask"]).contains(" more "));
    assert!(run(&["plan", "robust", "--samples", "100"]).contains("in nine of ten of 100 samples"));
    let what = ["plan", "what-if", "P-001", "--drop-donor", "JPN", "--close-place", "DEHAM:3-5", "--time-limit", "3"];
    let told = run(&what);
    assert!(told.contains("Japan gives nothing more") && told.contains("lines stay as they are"), "{told}");
    assert_eq!(code(&muster(folder.path(), &["plan", "what-if", "P-001", "--drop-offer", "nothing"])), 1);
    assert_eq!(code(&muster(folder.path(), &["plan", "what-if", "P-001", "--close-place", "DEHAM:30"])), 2);
    assert!(run(&["plan", "accept", "P-001"]).contains("pending entries"));
    // Planned again in the place of what was promised: with nothing changed, nothing changes. The price is high, since a plan made in a
    // moment may leave much to gain.
    let again = ["plan", "run", "--replan", "--from", "2026-09-07", "--time-limit", "3", "--gap", "0.2"];
    let told = run(&[&again[..], &["--keep", "100"]].concat());
    assert!(told.contains("stay as they are (100 %), 0 change, 0 are dropped"), "{told}");
    let kept = told.split(" stay as they are (100 %)").next().unwrap().split(' ').next_back().unwrap();
    let told = run(&["plan", "accept", "P-002"]);
    assert!(told.contains(&format!("Of the promised lines {kept} stay as they are, 0 are taken back")), "{told}");
    // From a later day, what was to have left by then cannot stay.
    let later = ["--from", "2026-10-05", "--keep", "0.02", "--format", "json"];
    let told = run(&[&again[..3], &later, &again[5..]].concat());
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let count = |name: &str| told["summary"]["replan"][name].as_u64().unwrap();
    assert!(count("kept") > 0 && count("changed") + count("dropped") > 0, "{}", told["summary"]["replan"]);
    assert_eq!(told["differences"][0]["was"][0]["plan"].as_str().unwrap_or("P-001"), "P-001");
    assert!(run(&["plan", "show", "P-003"]).contains("becomes"));
    assert_eq!(code(&muster(folder.path(), &["plan", "run", "--keep", "0.5"])), 2, "a price is for planning again");
    assert_eq!(code(&muster(folder.path(), &["plan", "run", "--replan", "--keep", "101"])), 1);
    let report = run(&["report", "--by", "donor", "--format", "json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&report).unwrap()["rows"].as_array().unwrap().len() > 20);
    assert!(run(&["ledger", "verify"]).contains("All fits"));
    let exported = folder.path().join("out.xlsx");
    run(&["export", "mission", exported.to_str().unwrap()]);
    assert!(run(&["import", "mission", exported.to_str().unwrap()]).contains("Nothing has changed"));
    let sheets = folder.path().join("sheets");
    run(&["export", "registers", sheets.to_str().unwrap()]);
    let work_orders = std::fs::read_to_string(sheets.join("work_orders.csv")).unwrap();
    assert!(work_orders.starts_with("code,state,urgency,resource,"), "{work_orders}");
}

#[test]
fn wrong_input_is_told_with_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.json");
    std::fs::write(&bad, r#"{"format":"assistance-plan/1","name":"x","periods":-1}"#).unwrap();
    let solved = muster(folder.path(), &["plan", "solve", bad.to_str().unwrap(), "--out", "/dev/null"]);
    assert_eq!(code(&solved), 2);
    assert!(text(&solved.stderr).contains("$.periods"), "{}", text(&solved.stderr));
    let missing = muster(folder.path(), &["import", "mission", "/nowhere"]);
    assert_eq!(code(&missing), 2);
    assert_eq!(code(&muster(&folder.path().join("none"), &["report"])), 2);
    let offers = folder.path().join("offers.csv");
    std::fs::write(&offers, "code,donor\nO-1,JPN\n").unwrap();
    let imported = muster(folder.path(), &["import", "mission", offers.to_str().unwrap()]);
    assert_eq!(code(&imported), 1);
    assert!(text(&imported.stderr).contains("nothing was written"), "{}", text(&imported.stderr));
    let nowhere =
        Command::new(env!("CARGO_BIN_EXE_muster")).args(["report"]).env_remove("MUSTER_DATA").output().unwrap();
    assert_eq!(code(&nowhere), 2);
    assert!(text(&nowhere.stderr).contains("--data"));
}

#[test]
fn a_template_is_a_mission_that_only_lacks_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["mission", "mission.xlsx", "mission.json"] {
        let path = folder.path().join(name);
        assert_eq!(code(&muster(folder.path(), &["template", path.to_str().unwrap()])), 0);
        let imported = muster(folder.path(), &["import", "mission", path.to_str().unwrap()]);
        assert!(text(&imported.stdout).contains("exactly one mission"), "{}", text(&imported.stdout));
    }
}

#[test]
fn posts_are_acknowledged_each_with_its_own_result() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_muster"))
        .args(["ledger", "post", "-", "--data"])
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let post = |key: &str, from: &str, to: &str, quantity: i64| {
        serde_json::json!({ "key": key, "activity": "commit", "actor": "t", "reason": "r",
            "postings": [{ "from": from, "to": to, "quantity": quantity }] })
    };
    let (outside, depot) = ("national_stock JPN JPN D - vest -", "on_hand JPN JPN D - vest -");
    let mut input = child.stdin.take().unwrap();
    for line in [post("a", outside, depot, 5), post("a", outside, depot, 5), post("b", depot, outside, 9)] {
        writeln!(input, "{line}").unwrap();
        // One after the other: they may otherwise be applied in any order.
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    writeln!(input, "no JSON").unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 1);
    let lines: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let of = |key: &str| lines.iter().filter(|l| l["key"] == key).collect::<Vec<_>>();
    assert!(of("a").len() == 2 && of("a").iter().all(|l| l["entry"] == 1), "{lines:?}");
    assert!(of("b")[0]["refused"].as_str().unwrap().contains("holds 5"), "{lines:?}");
    assert!(lines.iter().any(|l| l["error"].as_str().is_some_and(|e| e.contains("not JSON"))));
}

#[test]
fn events_of_partners_are_kept_once_or_refused_with_every_place() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let run = |arguments: &[&str]| {
        let output = muster(&data, arguments);
        (code(&output), text(&output.stdout) + &text(&output.stderr))
    };
    assert_eq!(run(&["import", "mission", DEMO]).0, 0);
    let file = |name: &str, step: &str| {
        let path = folder.path().join(name);
        let event = format!(
            r#"<ObjectEvent><eventTime>2026-09-01T10:00:00Z</eventTime><eventTimeZoneOffset>+02:00</eventTimeZoneOffset>
            <epcList><epc>urn:epc:id:sscc:4012345.3311111111</epc></epcList><action>OBSERVE</action>
            <bizStep>https://ref.gs1.org/cbv/BizStep-{step}</bizStep></ObjectEvent>"#
        );
        let document = format!(
            "<epcis:EPCISDocument xmlns:epcis=\"urn:epcglobal:epcis:xsd:2\" schemaVersion=\"2.0\" creationDate=\"2026-09-01T11:00:00Z\">
            <EPCISBody><EventList>{event}</EventList></EPCISBody></epcis:EPCISDocument>"
        );
        std::fs::write(&path, document).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (good, bad) = (file("good.xml", "receiving"), file("bad.xml", "recieving"));
    let (status, told) = run(&["import", "epcis", &bad]);
    assert!(status == 1 && told.contains("bad.xml:4") && told.contains("/bizStep"), "{status}: {told}");
    let (status, told) = run(&["import", "epcis", &good]);
    assert!(status == 0 && told.contains("1 events read: 1 are kept from now on"), "{status}: {told}");
    let (status, told) = run(&["import", "epcis", &good, "--format", "json"]);
    assert!(status == 0 && told.contains("\"new\":0"), "{status}: {told}");
    assert_eq!(run(&["import", "epcis", "/nowhere.xml"]).0, 2);
    assert!(run(&["ledger", "verify"]).1.contains("All fits"));
    // What others recorded did not happen here.
    for name in ["out.json", "out.xml"] {
        let out = folder.path().join(name);
        let (status, told) = run(&["export", "epcis", out.to_str().unwrap(), "--from", "2026-09-01T00:00:00Z"]);
        assert!(status == 0 && told.contains("Wrote 0 events"), "{status}: {told}");
        assert!(std::fs::read_to_string(&out).unwrap().contains("EPCISDocument"));
    }
    assert_eq!(run(&["export", "epcis", "out.json", "--place", "no such place"]).0, 1);
}

#[test]
fn whoever_mistypes_something_about_transfer_is_told_so_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (mission, none) = (folder.path().join("mission"), folder.path().join("none"));
    assert_eq!(code(&muster(&mission, &["import", "mission", DEMO])), 0);
    for arguments in [&["consignment", "cancel", "C-1"][..], &["variance", "count", "V-1", "2"], &["pay", "O-1"]] {
        let output = muster(&none, arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains("there is no mission in") && !none.exists(), "{arguments:?}");
    }
    let file = folder.path().join("events.json");
    let out = file.to_str().unwrap();
    for (arguments, status, words) in [
        (&["consignment", "list", "--state", "moving"][..], 2, "--state must be one of packing"),
        (&["consignment", "list", "--at", "NODE-0"], 1, "there is no place NODE-0"),
        (&["consignment", "propose", "NODE-0"], 1, "there is no place NODE-0"),
        (&["consignment", "passed", "NODE-0"], 1, "there is no place NODE-0"),
        (&["variance", "list", "--at", "NODE-0"], 1, "there is no place NODE-0"),
        (&["export", "epcis", out, "--place", "NODE-0"], 1, "there is no place NODE-0"),
        (&["export", "epcis", out, "--consignment", "C-1"], 1, "there is no consignment C-1"),
        (&["export", "epcis", "/no/where.json"], 2, "muster: /no: "),
        (&["movement", "show", "M-1"], 1, "there is no movement M-1"),
        (&["movement", "print", "M-1", "--language", "tlh"], 2, "--language must be one of"),
        (&["consignment", "make", "--from", "NODE-WEST"], 2, "--line <PLAN:LINE[:UNITS]>"),
        (&["consignment", "units", "C-1", "--count", "0"], 2, "--count"),
        (&["consignment", "note", "C-1", "x", "--photo", "Cargo.toml"], 2, "Cargo.toml must be one of image/jpeg"),
        (
            &["end-use", "dispose", "VEST/ok", "1", "x.pdf", "--reason", "x", "--at", "3 May"],
            2,
            "a moment like 2026-09-07",
        ),
        (&["end-use", "disposals", "--as-of", "3 May"], 2, "a date like 2026-09-07"),
        (&["variance", "report", "NODE-WEST", "a crate", "-3"], 1, "a quantity must be from 1"),
        (&["variance", "count", "V-1", "-3"], 1, "there is no variance V-1"),
        (&["consignment", "take-back", "C-1", "--reason", "x"], 1, "there is no consignment C-1"),
        (&["consignment", "sign", "C-1", "1", "--hands-over", "A"], 2, "--takes-over <NAME>"),
        (&["consignment", "sign", "C-1", "1"], 1, "there is no consignment C-1"),
        (&["consignment", "split", "C-1", "--line", "1"], 2, "--line must be a line with how many of its units"),
        (&["consignment", "split", "C-1", "--line", "1@"], 2, "--line must be a line with how many of its units"),
        (&["consignment", "split", "C-1", "--line", "1@A,B"], 1, "there is no consignment C-1"),
        (&["consignment", "ready", "C-1", "--override", "door"], 2, "--override must be one of"),
        (&["consignment", "pack", "C-1", "/no/list.csv"], 2, "/no/list.csv: No such file"),
        (&["consignment", "arrive", "C-1", "--count", "/no/count.csv"], 2, "/no/count.csv: No such file"),
        (&["variance", "resolve", "V-1", "gone", "--reason", "x"], 2, "RESOLUTION must be one of found"),
        (&["end-use", "inspect", "VEST/ok", "1", "seen"], 2, "GRADE must be one of sighted"),
        (&["end-use", "inspect", "VEST/ok", "1", "sighted", "--evidence", "/no/it.jpg"], 2, "/no/it.jpg: No such file"),
        (&["end-use", "third-party", "ask", "VEST/ok", "1", "POL", "why"], 1, "no unit has VEST/ok 1 in service"),
        (&["end-use", "third-party", "answer", "T-1", "POL", "maybe"], 2, "ANSWER must be one of consents"),
        (&["end-use", "third-party", "answer", "T-1", "POL", "refuses"], 1, "there is no third party transfer T-1"),
        (&["repair", "show", "W-1"], 1, "there is no work order W-1"),
        (&["repair", "report", "VEST/ok", "torn", "--serial", "1"], 1, "you have no VEST/ok 1"),
        (&["repair", "report", "VEST/ok", "torn", "--urgency", "soon"], 2, "--urgency must be one of routine"),
        (&["repair", "triage", "W-1", "far"], 2, "ECHELON must be one of on_site"),
        (&["repair", "test", "W-1", "maybe"], 2, "OUTCOME must be passed or failed"),
        (&["repair", "diagnose", "W-1", "hose", "--part", "two"], 2, "--part must be units and a resource"),
        (&["repair", "block", "W-1", "rain", "us"], 2, "BECAUSE must be one of parts"),
        (&["repair", "list", "--state", "lost"], 2, "--state must be one of requested"),
        (&["end-use", "third-party", "show", "T-1"], 1, "there is no third party transfer T-1"),
        (&["end-use", "history", "VEST/ok", "1"], 1, "there is no unit VEST/ok 1"),
        (&["end-use", "units", "--purpose", "here"], 2, "--purpose must be one of national_stock"),
        (&["end-use", "lost", "VEST/ok", "misplaced", "x"], 2, "HOW must be one of lost"),
        (&["end-use", "lost", "VEST/ok", "lost", "x"], 1, "name a serial number; or"),
        (&["end-use", "lost", "VEST/ok", "lost", "x", "--serial", "1"], 1, "no unit has VEST/ok 1 in service"),
        (&["end-use", "found", "L-1", "--reason", "x"], 1, "there is no loss report L-1"),
        (&["end-use", "record", "/no/checks.csv"], 2, "/no/checks.csv: No such file"),
        (&["end-use", "list", "--sheet", "due.json"], 2, "FILE must be one of .csv, .xlsx"),
        (&["end-use", "take-back-check", "I-1", "--reason", "x"], 1, "there is no inspection I-1"),
        (&["end-use", "take-back-disposal", "D-1", "--reason", "x"], 1, "there is no disposal D-1"),
        (&["variance", "show", "V-1"], 1, "there is no variance V-1"),
        (&["variance", "list", "--waits-for", "me"], 2, "--waits-for must be one of holder"),
        (&["user", "keys", "nobody"], 1, "there is no account nobody"),
        (&["user", "tokens", "nobody"], 1, "there is no account nobody"),
        (&["handover", "verify", "/no/receipt.json"], 2, "/no/receipt.json: No such file"),
    ] {
        let output = muster(&mission, arguments);
        let told = text(&output.stderr);
        assert!(code(&output) == status && told.contains(words), "{arguments:?}: {told}");
    }
    assert!(!file.exists());
    for (arguments, words) in [
        (&["consignment", "list"][..], "No consignments."),
        (&["movement", "list"], "Nothing is on its way."),
        (&["consignment", "passed", "NODE-WEST"], "Nothing passed through NODE-WEST in that time."),
        (&["variance", "list"], "No variances."),
        (&["end-use", "units", "--offer", "O-1"], "No units."),
        (&["end-use", "third-party", "list"], "No third-party transfers."),
        (&["end-use", "losses", "--late"], "No loss reports."),
        (&["end-use", "not-found"], "Nothing is missing."),
        (&["end-use", "escalate"], "No unit that was not found waits for anybody new."),
        (&["repair", "list"], "No work orders."),
        (&["repair", "board"], "No work orders."),
        (&["variance", "escalate"], "No variance waits for anybody new."),
    ] {
        let output = muster(&mission, arguments);
        assert!(code(&output) == 0 && text(&output.stdout).contains(words), "{arguments:?}: {}", text(&output.stdout));
    }
}

#[test]
fn who_teaches_and_who_travels_is_recorded_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = muster(folder.path(), &[&["training"], arguments].concat());
        (code(&output), text(&output.stdout) + &text(&output.stderr))
    };
    assert_eq!(code(&muster(folder.path(), &["import", "mission", DEMO])), 0);
    let (status, told) = run(&["assign", "TRUCK-26-3", "IN-1-03", "teacher"]);
    assert!(status == 2 && told.contains("ROLE must be one of lead"), "{status}: {told}");
    let wrong = ["assign", "TRUCK-26-3", "IN-1-03", "instructor"];
    let (status, told) = run(&wrong);
    assert!(status == 1 && told.contains("IN-1-03 from 2026-12-07 on") && told.contains("in ENG-26-1, too"), "{told}");
    let (status, told) = run(&[&wrong[..], &["--dry-run"]].concat());
    assert!(status == 0 && told.contains("IN-1-03 may not teach TRUCK-CREW"), "{status}: {told}");
    let (status, told) = run(&["assign", "TRUCK-26-3", "IN-1-02", "instructor", "--days", "7"]);
    assert!(status == 0 && told.contains("IN-1-02 is named for TRUCK-26-3"), "{status}: {told}");
    assert!(run(&["show", "TRUCK-26-3"]).1.contains("instructor IN-1-02 from 2026-12-07 to 2026-12-13"));
    let calendar = run(&["calendar", "--instructor", "IN-1-02"]).1;
    assert!(
        calendar.matches("BEGIN:VEVENT").count() == 2 && calendar.contains("DTEND;VALUE=DATE:20261214"),
        "{calendar}"
    );
    assert_eq!(run(&["unassign", "TRUCK-26-3", "IN-1-02"]).0, 0);
    assert_eq!(run(&["unassign", "TRUCK-26-3", "IN-1-02"]).0, 1);
    let (status, told) = run(&["nominate", "TRUCK-26-1", "U-LOG-1", "--offer", "O-UKR-01", "--need", "P-07"]);
    assert_eq!(status, 0, "{told}");
    let crew = told.trim().trim_start_matches("Nominated as ").trim_end_matches('.').to_owned();
    assert_eq!(run(&["vet", &crew, "cleared", "Office", "--expires", "2099-12-31"]).0, 0);
    let (status, told) = run(&["depart", &crew, "--lane", "L-NONE"]);
    assert!(status == 1 && told.contains("there is no lane L-NONE"), "{status}: {told}");
    let (status, told) = run(&["depart", &crew, "--conveyance", "Coach 4"]);
    assert!(status == 0 && told.contains("is travelling"), "{status}: {told}");
    let told = run(&["nomination", &crew]).1;
    assert!(told.contains("to SCHOOL-1 by") && told.contains("Coach 4"), "{told}");
    assert!(run(&["nominations", "--state", "travelling"]).1.contains(&crew));
    assert!(run(&["arrive", &crew]).1.contains("is in training"));
    assert!(text(&muster(folder.path(), &["ledger", "verify"]).stdout).contains("All fits"));
}

#[cfg(unix)]
#[test]
fn exported_events_are_as_readable_as_other_files_of_whoever_exports_them() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&muster(folder.path(), &["import", "mission", DEMO])), 0);
    for (mask, mode) in [("022", 0o644), ("027", 0o640), ("077", 0o600)] {
        let file = folder.path().join(format!("{mask}.json"));
        let line = format!("umask {mask}; exec \"$0\" export epcis \"$1\" --data \"$2\"");
        let muster = env!("CARGO_BIN_EXE_muster");
        let output = Command::new("sh").args(["-c", &line, muster]).arg(&file).arg(folder.path()).output().unwrap();
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, mode, "{mask}");
    }
}

#[test]
fn a_shop_is_scheduled_and_the_schedule_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (shop, schedule) = (path("shop.json"), path("schedule.json"));
    let jobs = |objective: &str| {
        format!(r#"{{"format":"muster-schedule/1","objective":"{objective}","jobs":[[[0,3],[1,2]],[[1,4],[0,1]]]}}"#)
    };
    std::fs::write(&shop, jobs("makespan")).unwrap();
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_muster")).arg("schedule").args(arguments).output().unwrap()
    };
    let solved = run(&["solve", &shop, "--out", &schedule, "--time-limit", "5", "--seed", "3"]);
    let told: serde_json::Value = serde_json::from_slice(&solved.stdout).unwrap();
    assert_eq!(
        (code(&solved), &told["objective"], &told["bound"], &told["status"]),
        (0, &6.into(), &6.into(), &"optimal".into())
    );
    let checked = run(&["check", &shop, &schedule]);
    let told: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!((code(&checked), &told["makespan"], &told["faults"]), (0, &6.into(), &0.into()));
    // Without a file for it, the schedule itself is printed.
    let printed = run(&["solve", &shop]);
    let printed: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(
        (&printed["format"], printed["tasks"].as_array().unwrap().len()),
        (&"muster-schedule-result/1".into(), 4)
    );
    // A schedule that breaks a rule, a problem without one, faults with their place, and what is no number of seconds.
    let broken = std::fs::read_to_string(&schedule).unwrap().replacen("\"start\": 4", "\"start\": 2", 1);
    std::fs::write(&schedule, broken).unwrap();
    let checked = run(&["check", &shop, &schedule]);
    assert_eq!(code(&checked), 1);
    assert!(text(&checked.stderr).contains("starts at 2"), "{}", text(&checked.stderr));
    std::fs::write(&shop, jobs("makespan").replace("\"jobs\"", "\"horizon\":5,\"jobs\"")).unwrap();
    let none = run(&["solve", &shop, "--out", &schedule]);
    assert_eq!(code(&none), 1);
    assert!(text(&none.stderr).contains("there is no schedule that keeps every rule"), "{}", text(&none.stderr));
    assert!(std::fs::read_to_string(&schedule).unwrap().contains("infeasible"));
    std::fs::write(&shop, jobs("makespan").replace("[1,4]", "[1,-4]")).unwrap();
    let faulty = run(&["solve", &shop, "--out", &schedule]);
    assert_eq!(code(&faulty), 2);
    assert!(text(&faulty.stderr).contains("$.jobs[1][0][1]: must not be below 0"), "{}", text(&faulty.stderr));
    assert_eq!(code(&run(&["solve", &shop, "--time-limit=-1"])), 2);
}

#[test]
fn a_receipt_is_checked_with_who_signed_it() {
    let folder = tempfile::tempdir().unwrap();
    let browser = Browser::new(1, "muster.example");
    let signed = r#"{"consignment":"C-1","milestone":"arrived_at_node","lines":[{"line":1,"counted":40}]}"#;
    let made = browser.sign(signed);
    let statement = |counted: i64| {
        serde_json::json!({
            "consignment": "C-1",
            "milestone": "arrived_at_node",
            "lines": [{ "line": 1, "counted": counted }],
            "hands_over": { "name": "driver", "party": "POL", "means": "pin" },
            "takes_over": {
                "name": "keeper", "party": "UKR", "means": "passkey", "key": "0123456789abcdef",
                "public_key": browser.public_key(), "relying_party": "muster.example", "signature": made.signature,
                "authenticator_data": made.authenticator_data, "client_data": made.client_data,
            },
            "signed_text": signed,
        })
        .to_string()
    };
    let file = folder.path().join("receipt.json");
    let verify = |receipt: String| {
        std::fs::write(&file, receipt).unwrap();
        let output = muster(folder.path(), &["handover", "verify", file.to_str().unwrap()]);
        (code(&output), text(&output.stdout) + &text(&output.stderr))
    };
    let (status, told) = verify(receipt::sealed(&statement(40)));
    assert_eq!(status, 0, "{told}");
    for words in [
        "The receipt is as it was sealed.",
        "driver (POL) hands over, by pin: only Muster could check the PIN, and did.",
        "keeper (UKR) takes over, by passkey 0123456789abcdef: the signature is right.",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    // What was sealed is not what was signed.
    let (status, told) = verify(receipt::sealed(&statement(41)));
    assert!(
        status == 1 && told.contains("the signature is wrong: what was signed differs from this in its lines"),
        "{told}"
    );
    let (status, told) = verify(receipt::sealed(&statement(40)).replace("POL", "DEU"));
    assert!(status == 1 && told.contains("was altered") && !told.contains("keeper"), "{told}");
}
