//! Handovers that an operator records at a terminal: signed by PIN and on paper, with photographs, and with what came on no manifest.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use muster_app::{
    Actor, App,
    storage::{db::Db, ledger::Ledger},
};
use muster_domain::viewer::Viewer;
use muster_testkit::{FakeChance, FakeClock};

use crate::{DEMO, code, muster, text};

/// What people do on the account's page.
pub(crate) async fn opened(folder: &Path) -> App {
    let key = std::fs::read_to_string(folder.join("seal.key")).unwrap();
    let bytes: Vec<u8> = (0..64).step_by(2).map(|n| u8::from_str_radix(&key[n..n + 2], 16).unwrap()).collect();
    let key = ed25519_dalek::SigningKey::from_bytes(&bytes.try_into().unwrap());
    let clock = Arc::new(FakeClock::at("2026-09-15T09:30:00Z"));
    let db = Db::sqlite(&folder.join("muster.db")).await.unwrap();
    let ledger = Ledger::open(&db, key, clock.clone()).await.unwrap();
    App::new(db, Some(ledger), clock, Arc::new(FakeChance::default()))
}

/// Gives an account a PIN.
fn set_pin(folder: &Path, name: &str, pin: &str) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        opened(folder).await.set_pin(pin, &Actor::new(Viewer::operator(name), "my PIN")).await.unwrap();
    });
}

/// The same with something on its standard input.
fn fed(folder: &Path, arguments: &[&str], input: &str) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_muster"))
        .args(arguments)
        .arg("--data")
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (code(&output), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn a_handover_is_recorded_at_a_terminal_with_who_signed_and_what_came_besides() {
    let folder = tempfile::tempdir().unwrap();
    let (mission, file) = (folder.path().join("mission"), |name: &str| folder.path().join(name));
    let run = |arguments: &[&str]| {
        let output = muster(&mission, arguments);
        (code(&output), text(&output.stdout) + &text(&output.stderr))
    };
    let does = |arguments: &[&str]| {
        let (status, told) = run(arguments);
        assert_eq!(status, 0, "{arguments:?}: {told}");
        told
    };
    does(&["import", "mission", DEMO]);
    does(&["user", "put", "wera", "--party", "OP-WEST", "--role", "hub_operator"]);
    set_pin(&mission, "wera", "246802");
    let made = does(&["consignment", "make", "--from", "DEPOT-POL", "--to", "NODE-WEST", "--offer", "20:O-POL-04"]);
    let one = made.trim().trim_start_matches("Made ").trim_end_matches('.').to_owned();
    // Some of it is put on a pallet with a number of its own, and some of that taken off again.
    let sscc = "395011010013000006";
    let put = ["consignment", "put", &one, "--sscc", sscc, "--line"];
    for (line, status, said) in [
        ("1=21", 1, "there lie 20 units of line 1, not 21"),
        ("1=0", 2, "--line must be a line, with units, a lot"),
        ("one", 2, "--line must be a line, with units, a lot"),
    ] {
        let (ended, told) = run(&[&put[..], &[line]].concat());
        assert!(ended == status && told.contains(said), "{line}: {told}");
    }
    let (status, told) = run(&["consignment", "put", &one, "--sscc", "395011010013000007", "--line", "1=12"]);
    assert!(status == 1 && told.contains("SSCC"), "{told}");
    assert!(does(&[&put[..], &["1=12"]].concat()).contains(sscc));
    assert!(does(&["consignment", "take-off", &one, sscc, "--line", "1=2"]).contains("Taken off."));
    let shown = does(&["consignment", "show", &one]);
    assert!(shown.contains(&format!("pallet {sscc}   [line 1: 10]")), "{shown}");
    let (status, told) = run(&["consignment", "split", &one, "--line", "1=15"]);
    assert!(status == 1 && told.contains("would be torn apart"), "{told}");
    let (status, told) = run(&["consignment", "split", &one, "--line", "1=1@A"]);
    assert!(status == 1 && told.contains("is not known by serial number"), "{told}");
    let made = does(&["consignment", "split", &one, "--unit", sscc]);
    let part = made.trim().trim_start_matches("Made ").split(' ').next().unwrap().to_owned();
    assert!(does(&["consignment", "show", &part]).contains("[line 1: 10]"));
    does(&["consignment", "remove-unit", &part, sscc]);
    assert!(!does(&["consignment", "show", &part]).contains(sscc));
    does(&["consignment", "join", &one, &part]);
    does(&["consignment", "ready", &one, "--condition", "serviceable"]);
    let told = does(&["consignment", "take-back", &one, "--reason", "it was not"]);
    assert!(told.contains("is taken back"), "{told}");
    let shown = does(&["consignment", "show", &one]);
    assert!(shown.contains("readied DEPOT-POL") && shown.contains("(taken back)"), "{shown}");
    does(&["consignment", "ready", &one, "--condition", "serviceable"]);
    // What is known of it goes out as a sheet, and comes back as it is or as it was filled in.
    let (list, count) = (file("list.csv"), file("count.csv"));
    let (list, count) = (list.to_str().unwrap(), count.to_str().unwrap());
    does(&["consignment", "sheet", &one, "packing", list]);
    assert!(
        std::fs::read_to_string(list).unwrap().starts_with("\u{feff}line,lot,serial,quantity,sscc,condition,remark")
    );
    assert!(does(&["consignment", "pack", &one, list]).contains("Packed 2 lines"));
    let (status, told) = run(&["consignment", "sheet", &one, "count", "count.json"]);
    assert!(status == 2 && told.contains("FILE must be one of .csv, .xlsx"), "{told}");
    does(&["consignment", "sheet", &one, "count", count, "--blind"]);
    let (status, told) = run(&["consignment", "arrive", &one, "--count", count]);
    assert!(status == 1 && told.contains("count.csv:2, received"), "{told}");
    let (jpeg, words) = (file("paper.jpg"), file("words.txt"));
    std::fs::write(&jpeg, [0xff, 0xd8, 0xff, 0xe0, 1]).unwrap();
    std::fs::write(&words, "no picture").unwrap();
    std::fs::write(file("pins"), "246802\n").unwrap();
    let (jpeg, words, pins) = (jpeg.to_str().unwrap(), words.to_str().unwrap(), file("pins"));
    let pins = pins.to_str().unwrap();
    let depart = ["consignment", "depart", &one, "--carrier", "C", "--conveyance", "W 1"];
    let signed = ["--hands-over", "wera", "--takes-over", "Driver", "--takes-over-party", "C"];
    let paper = |of| [&depart[..], &signed, &["--takes-over-paper", of]].concat();
    for (arguments, status, said) in [
        ([&depart[..], &["--hands-over", "wera"]].concat(), 2, "--takes-over <NAME>"),
        ([&depart[..], &["--photo", jpeg]].concat(), 2, "--hands-over <NAME>"),
        ([&paper(words)[..], &["--pins", pins]].concat(), 2, "must be one of image/jpeg"),
        ([&paper("/no/it.jpg")[..], &["--pins", pins]].concat(), 2, "/no/it.jpg: No such file"),
        ([&depart[..], &signed[..4], &["--pins", pins]].concat(), 2, "those who sign by PIN: 2"),
    ] {
        let (ended, told) = run(&arguments);
        assert!(ended == status && told.contains(said), "{arguments:?}: {told}");
    }
    // It left unsigned, is signed for once the paper is there, and had not left after all.
    does(&depart);
    let papers = ["--hands-over", "Keeper", "--takes-over", "Driver", "--hands-over-paper", jpeg];
    let sign = [&["consignment", "sign", &one, "3"][..], &papers, &["--takes-over-paper", jpeg]].concat();
    let told = does(&sign);
    assert!(told.contains("was signed for") && told.contains("later than it was recorded"), "{told}");
    let (status, told) = run(&sign);
    assert!(status == 1 && told.contains("was signed for, as"), "{told}");
    does(&["consignment", "take-back", &one, "--reason", "it was another"]);
    let shown = does(&["consignment", "show", &one]);
    assert!(shown.contains("what was signed for did not happen"), "{shown}");
    let from_input = [&paper(jpeg)[..], &["--pins", "-", "--photo", jpeg]].concat();
    let (status, told) = fed(&mission, &from_input, "111111\n");
    assert!(status == 1 && told.contains("not the PIN of wera"), "{told}");
    let (status, told) = fed(&mission, &from_input, "246802\n");
    // A wrong PIN is waited for.
    let told = if status == 0 {
        told
    } else {
        assert!(told.contains("wait"), "{told}");
        std::thread::sleep(std::time::Duration::from_secs(3));
        let (status, told) = fed(&mission, &from_input, "246802\n");
        assert_eq!(status, 0, "{told}");
        told
    };
    let handover = told.split("handover ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let shown = does(&["consignment", "show", &one]);
    let line = format!("handover {handover} departed at DEPOT-POL: wera (OP-WEST, pin) to Driver (C, paper), papers");
    assert!(shown.contains(&line), "{shown}");
    // A plate that was written down wrong is put right, and what it was stays.
    let legs = does(&["movement", "list", "--format", "json"]);
    let leg: serde_json::Value = serde_json::from_str(legs.lines().next().unwrap()).unwrap();
    let movement = leg["movement"].as_str().unwrap().to_owned();
    let correct = ["movement", "correct", &movement, "--reason", "a digit was missing"];
    let (status, told) = run(&correct);
    assert!(status == 1 && told.contains("says so already"), "{told}");
    assert!(does(&[&correct[..], &["--conveyance", "W 12"]].concat()).contains("is put right"));
    let shown = does(&["movement", "show", &movement]);
    assert!(shown.contains(", C, W 12") && shown.contains("was C, W 1 until "), "{shown}");
    assert!(shown.contains(": a digit was missing"), "{shown}");
    let receipt = file("receipt.json");
    std::fs::write(&receipt, does(&["handover", "receipt", &handover])).unwrap();
    let checked = does(&["handover", "verify", receipt.to_str().unwrap()]);
    assert!(checked.contains("Driver (C) takes over, by paper"), "{checked}");
    let paper = file("receipt.pdf");
    does(&["consignment", "print", &one, "handover_receipt", "--out", paper.to_str().unwrap()]);
    assert_eq!(does(&["handover", "verify", paper.to_str().unwrap()]), checked, "the PDF carries the same receipt");
    does(&["consignment", "print", &one, "packing_list", "--out", paper.to_str().unwrap()]);
    let (status, told) = run(&["handover", "verify", paper.to_str().unwrap()]);
    assert!(status == 1 && told.contains("this PDF carries no receipt"), "{told}");

    let arrive = ["consignment", "arrive", &one, "--rest-as-stated"];
    for wrong in ["a crate", "units=2", "what=a crate;units=two", "what=a crate;colour=red"] {
        let (status, told) = run(&[&arrive[..], &["--unmanifested", wrong]].concat());
        assert!(status == 2 && told.contains("--unmanifested must be like what=a crate;units=3"), "{wrong}: {told}");
    }
    for wrong in ["1", "1=some", "1=L-1:", "x=3"] {
        let (status, told) = run(&["consignment", "arrive", &one, "--line", wrong]);
        assert!(status == 2 && told.contains("--line must be a line and what was counted"), "{wrong}: {told}");
    }
    let (status, told) = run(&["consignment", "arrive", &one, "--rest-as-stated", "--line", "1=L-1:10"]);
    assert!(status == 1 && told.contains("line 1 is not known by lot"), "{told}");
    let things = ["--unmanifested", "what=a crate; units=3; remark=wet", "--unmanifested"];
    let named = "what=two pickups;units=2;resource=PICKUP/ok;serials=PK-8,PK-9";
    let both = ["--hands-over", "Driver", "--takes-over", "Keeper", "--hands-over-paper", jpeg];
    let arrive = [&arrive[..], &["--line", "1=9/1"]].concat();
    let all = [&arrive[..], &things, &[named], &both, &["--takes-over-paper", jpeg]].concat();
    let told = does(&all);
    assert_eq!(told.matches("variance V-").count(), 3, "one of ten is damaged: {told}");
    let listed = does(&["variance", "list"]);
    assert!(listed.contains("a crate") && listed.contains("PICKUP/ok"), "{listed}");
    let shown = does(&["consignment", "show", &one]);
    assert_eq!(shown.matches("  handover H-").count(), 3, "one is of what did not happen: {shown}");
    assert!(!shown.contains("(unsigned)"), "{shown}");
    let come = does(&["consignment", "progress", "O-POL-04"]);
    assert!(come.contains("20 of 220  departed"), "{come}");
    let (status, told) = run(&["consignment", "progress", "O-0"]);
    assert!(status == 1 && told.contains("there is no offer O-0"), "{told}");
    // What vanished there is said missing.
    let inspect = ["consignment", "inspect", &one, "--line"];
    for (line, status, said) in [
        ("1=missing:900", 1, "900"),
        ("1=missing:many", 2, "--line must be LINE=CONDITION"),
        ("1=missing@PK-1", 1, "line 1"),
        ("1=gone", 2, "--line must be LINE=CONDITION"),
    ] {
        let (ended, told) = run(&[&inspect[..], &[line]].concat());
        assert!(ended == status && told.contains(said), "{line}: {told}");
    }
    let told = does(&[&inspect[..], &["1=missing:2"]].concat());
    assert!(told.contains("variance V-"), "{told}");
    // Lists for spreadsheets, as they are filtered; what nothing names stays for a month.
    let sheet = does(&["consignment", "list", "--at", "NODE-WEST", "--format", "csv"]);
    assert!(sheet.starts_with("code,state,consignor,") && sheet.contains(&one), "{sheet}");
    assert!(!does(&["consignment", "list", "--unsigned", "--format", "csv"]).contains(&one));
    let sheet = does(&["variance", "list", "--format", "csv"]);
    assert!(sheet.starts_with("code,kind,") && sheet.contains("a crate") && sheet.contains(",short,"), "{sheet}");
    for (list, begins) in [
        (&["movement", "list", "--all"][..], "movement,leg,"),
        (&["end-use", "losses"], "code,how,"),
        (&["end-use", "list"], "resource,serial,"),
        (&["end-use", "third-party", "list"], "code,state,"),
        (&["end-use", "disposals"], "code,resource,"),
    ] {
        let sheet = does(&[list, &["--format", "csv"]].concat());
        assert!(sheet.starts_with(begins), "{sheet}");
    }
    assert!(does(&["end-use", "disposals", "--format", "json"]).contains("\"disposals\""));
    // What is due goes out as a sheet of checks; what is wrong with one that comes back is told with its row and column.
    let sheet = file("checks.csv");
    let checks = sheet.to_str().unwrap();
    does(&["end-use", "list", "--sheet", checks]);
    assert!(std::fs::read_to_string(&sheet).unwrap().starts_with("resource,serial,grade,date,remark"));
    let (status, told) = run(&["end-use", "record", checks]);
    assert!(status == 1 && told.contains("says of no unit what was found"), "{told}");
    std::fs::write(&sheet, "resource,serial,grade\nVEST/ok,1,sighted\nVEST/ok,1,seen\n").unwrap();
    let (status, told) = run(&["end-use", "record", checks]);
    assert!(status == 1 && told.contains("checks.csv:3, grade `seen`"), "{told}");
    std::fs::write(&sheet, "resource,serial,grade\nVEST/ok,1,sighted\n").unwrap();
    let (status, told) = run(&["end-use", "record", checks]);
    assert!(status == 1 && told.contains("checks.csv:2, serial `1`: no unit has VEST/ok 1 in service"), "{told}");
    assert!(does(&["handover", "sweep"]).contains("Nothing is to be thrown away."));
}
