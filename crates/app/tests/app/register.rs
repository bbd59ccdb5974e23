//! Registers: what happened as sheets, each row for those who see it.

use muster_app::{
    Actor, Error,
    list::Format,
    storage::{
        ledger::read::EntryFilter,
        register::{REGISTERS, Register},
    },
    transfer::{custody::Circumstances, packing::Packed, unmanifested::Unmanifested},
};
use muster_domain::{consignment::Condition, repair::Echelon, role::Role, viewer::Viewer};
use muster_testkit::database::ENGINES;
use serde_json::Value;

use crate::{
    repair::{fault, triage, workshop},
    small::{actor, viewer},
    transfer::all_there,
};

#[tokio::test]
async fn what_happened_goes_out_as_sheets_to_those_who_see_it() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let unit = site.member("unit", "UKR", Role::RequirementsOfficer).await;
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        let code = app.fault_report(&fault("truck", "T-1"), &unit).await.unwrap().to_string();
        app.work_order_triage(&code, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        let way = app.work_order_evacuate(&code, &["P-W".into()], &unit).await.unwrap().to_string();
        let packed = Packed { line: 1, units: None, condition: Some(Condition::Unserviceable), remark: None };
        app.consignment_ready(&way, &[packed], &Circumstances::default(), &actor()).await.unwrap();
        site.depart(&way).await;
        site.arrive(&way, &all_there()).await;
        app.work_order_induct(&code, None, &actor()).await.unwrap();
        let read = async |name: &str, actor: &Actor| -> Vec<Value> {
            let bytes = app.export_register(name, Format::Json, actor).await.unwrap();
            let told: Value = serde_json::from_slice(&bytes).unwrap();
            told[name].as_array().unwrap().clone()
        };
        let orders = read("work_orders", &unit).await;
        let of = |row: &Value, column: &str| row[column].as_str().unwrap_or_default().to_owned();
        assert_eq!(orders.len(), 1);
        assert_eq!(
            ["code", "state", "serial", "quantity", "facility"].map(|column| of(&orders[0], column)),
            [code.as_str(), "inducted", "T-1", "1", "W"]
        );
        assert_eq!(of(&orders[0], "reported_at"), "2026-09-16T12:00:00Z");
        let steps = read("work_order_steps", &unit).await;
        let states: Vec<String> = steps.iter().map(|row| of(row, "state")).collect();
        assert_eq!(states, ["requested", "triaged", "triaged", "inducted"]);
        let passed = read("milestones", &unit).await;
        let passed: Vec<String> = passed.iter().map(|row| of(row, "milestone")).collect();
        assert_eq!(passed, ["readied", "departed", "arrived_at_node"]);
        let legs = read("movement_legs", &unit).await;
        assert_eq!([of(&legs[0], "consignment"), of(&legs[0], "lane")], [way.as_str(), "P-W"]);
        let units = read("units", &unit).await;
        let units: Vec<[String; 3]> =
            units.iter().map(|row| ["serial", "state", "holder"].map(|column| of(row, column))).collect();
        assert_eq!(units.iter().map(|[serial, ..]| serial.as_str()).collect::<Vec<_>>(), ["T-1", "T-2", "T-3"]);
        assert_eq!(units[1], ["T-2", "in_service", "UNIT"]);
        // Each of them on both engines, for who sees little and for who sees all; nobody else learns that there is anything.
        for Register { name, .. } in REGISTERS {
            assert_eq!(read(name, &japan).await, Vec::<Value>::new(), "{name}");
            assert_eq!(read(name, &actor()).await, read(name, &unit).await, "{name}");
        }
        let files = app.export_registers(Format::Csv, &unit).await.unwrap();
        assert_eq!(files.len(), REGISTERS.len());
        let (_, csv) = files.iter().find(|(name, _)| name == "work_order_steps.csv").unwrap();
        assert!(csv.starts_with(b"work_order,number,state,occurred_at,recorded_at\n"));
        assert_eq!(app.export_registers(Format::Xlsx, &unit).await.unwrap().len(), 1);
        let absent = app.export_register("people", Format::Csv, &unit).await;
        assert!(matches!(absent, Err(Error::NotFound { what: "sheet", .. })));
        let public = Actor::new(Viewer::public(), "a test");
        assert!(matches!(app.export_register("work_orders", Format::Csv, &public).await, Err(Error::NotFound { .. })));
        let noted = app.newest(&viewer(), &EntryFilter::default(), (jiff::Timestamp::MAX, 0), 5).await.unwrap();
        assert!(
            noted.iter().any(|told| told.entry.about.starts_with("registers.xlsx")),
            "who took it out is on the record"
        );
        site.verifies().await;
    }
}

#[tokio::test]
async fn the_register_of_variances_does_not_tell_how_many_to_whoever_is_still_to_count_them() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let member = async |name: &str| site.member(name, "UKR", Role::HubOperator).await;
        let (one, two, third) = (member("one").await, member("two").await, member("three").await);
        let reader = site.member("reader", "UKR", Role::Auditor).await;
        let thing = Unmanifested { description: "crates".into(), quantity: 17, ..Unmanifested::default() };
        let code = app.report_unmanifested("P", &thing, None, &one).await.unwrap();
        let told = async |actor: &Actor| -> Vec<String> {
            let bytes = app.export_register("variances", Format::Json, actor).await.unwrap();
            let told: Value = serde_json::from_slice(&bytes).unwrap();
            let rows = told["variances"].as_array().unwrap();
            rows.iter().map(|row| row["quantity"].as_str().unwrap_or_default().to_owned()).collect()
        };
        for actor in [&one, &two, &third] {
            assert_eq!(told(actor).await, [""], "{} is to count it blind", actor.viewer.name);
        }
        assert_eq!(told(&reader).await, ["17"], "who does not count may know");
        app.variance_count(code.as_str(), (17, ""), None, &one).await.unwrap();
        assert_eq!(
            (told(&one).await, told(&two).await),
            (vec![String::new()], vec![String::new()]),
            "one may count again"
        );
        app.variance_count(code.as_str(), (17, ""), None, &two).await.unwrap();
        assert_eq!(told(&third).await, ["17"], "two agree: nobody counts any more");
    }
}
