//! What is filled in by hand: sheets that are taken out with what is known, and sent back.

use muster_app::{
    Actor, Error,
    list::Format,
    listed::Listing,
    storage::ledger::read::AsOf,
    transfer::{count::Count, custody::Circumstances, end_use::DueFilter, sheet},
};
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;

use crate::{
    end_use::{donor, in_service},
    repair::says,
    small::{actor, viewer},
    transfer::{of_plan, planned},
};

/// The rows of a CSV file after its header.
fn rows(bytes: &[u8]) -> Vec<String> {
    String::from_utf8(bytes.to_vec()).unwrap().lines().skip(1).map(str::to_owned).collect()
}

#[tokio::test]
async fn packing_lists_and_counts_are_taken_out_filled_in_and_sent_back() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let app = &site.app;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        let packing = async |format| app.packing_sheet(&code, format, &actor()).await.unwrap();
        let empty = packing(Format::Csv).await;
        assert!(empty.starts_with(b"\xEF\xBB\xBFline,lot,serial,quantity,sscc,condition,remark"), "{empty:?}");
        assert_eq!(rows(&empty), ["1,,,,,,", "1,,,,,,", "1,,,,,,"], "one for each that is to be named");
        assert_eq!(sheet::packed("list.csv", &empty).unwrap()[0].units, None, "so far nobody has named one");
        site.ready(&code).await;
        let known = packing(Format::Csv).await;
        assert_eq!(rows(&known), ["1,,T1-1,1,,serviceable,", "1,,T1-2,1,,,", "1,,T1-3,1,,,"]);
        // As it was taken out it says what is so already, and a workbook says the same.
        let listed = sheet::packed("list.csv", &known).unwrap();
        assert_eq!(sheet::packed("list.xlsx", &packing(Format::Xlsx).await).unwrap(), listed);
        let before = app.consignment_shown(&viewer(), &code).await.unwrap();
        app.consignment_pack(&code, &listed, &actor()).await.unwrap();
        let after = app.consignment_shown(&viewer(), &code).await.unwrap();
        assert_eq!((&after.units, &after.lines), (&before.units, &before.lines));
        site.depart(&code).await;
        let count = async |blind| rows(&app.count_sheet(&code, blind, Format::Csv, &actor()).await.unwrap());
        assert_eq!(count(true).await, ["1,,,,,,"]);
        let open = count(false).await;
        assert_eq!(open, ["1,,,,T1-1|T1-2|T1-3,,"]);
        let header = "line,lot,received,damaged,serials,damaged_serials,remark\n";
        let unfilled = sheet::counted("count.csv", format!("{header}{}\n", open[0]).as_bytes()).unwrap_err();
        assert_eq!((unfilled[0].line, unfilled[0].column.as_deref()), (Some(2), Some("received")));
        says(Err::<(), _>(sheet::faulty(&unfilled)), "count.csv:2, received");
        let filled = format!("{header}1,,2,,T1-1|T1-3,,one is not there\n");
        let lines = sheet::counted("count.csv", filled.as_bytes()).unwrap();
        let count = Count { lines, ..Count::default() };
        let done = app.consignment_arrive(&code, &count, &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(done.variances.len(), 1, "T1-2 is missing");
        // Who does not see it takes out nothing.
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        let unseen = app.packing_sheet(&code, Format::Csv, &japan).await;
        assert!(matches!(unseen, Err(Error::NotFound { .. })), "{unseen:?}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn checks_of_many_units_are_recorded_by_a_sheet_all_or_none() {
    for engine in ENGINES {
        let (site, picture) = in_service(engine).await;
        let app = &site.app;
        let listing = Listing::EndUseChecks(AsOf::NOW, DueFilter::default());
        let due = app.export_list(&listing, Format::Csv, &actor()).await.unwrap();
        assert!(due.starts_with(b"resource,serial,grade,date,remark"), "{due:?}");
        assert_eq!(rows(&due), ["truck,T1-1,,,", "truck,T1-2,,,", "truck,T1-3,,,"]);
        let header = "resource,serial,grade,date,remark\n";
        let send = async |rows: &str, who: &Actor| {
            app.inspect_all("checks.csv", format!("{header}{rows}").as_bytes(), who).await
        };
        let places = async |rows: &str, who: &Actor| {
            let done = send(rows, who).await.unwrap();
            assert!(done.checks.is_empty(), "{done:?}");
            let place = |issue: &muster_app::interchange::Issue| (issue.line, issue.column.clone().unwrap_or_default());
            done.issues.iter().map(place).collect::<Vec<_>>()
        };
        let at = |line: u64, column: &str| (Some(line), column.to_owned());
        assert_eq!(send("truck,T1-1,,,\n", &actor()).await.unwrap().issues.len(), 1, "nobody said what was found");
        let wrong = "truck,T1-3,sighted,2026-09-16,\ntruck,T1-1,sighted,2026-09-15,\ntruck,X,sighted,,\n\
            truck,T1-2,not_found,,\ntruck,T1-2,sighted,2027-01-01,\n";
        let told = places(wrong, &actor()).await;
        assert_eq!(told, [at(3, "date"), at(4, "serial"), at(5, "remark"), at(6, "date")]);
        assert_eq!(places("truck,T1-1,seen,,\n", &actor()).await, [at(2, "grade")]);
        let twice = "truck,T1-1,sighted,,\ntruck,T1-1,not_found,,\n";
        assert_eq!(places(twice, &actor()).await, [at(3, "serial")], "one of them was to be another");
        assert_eq!(places("truck,T1-1,sighted,,\n", &donor(&picture, "JPN")).await, [at(2, "serial")]);
        let checks = async |serial: &str| app.inspections(&viewer(), "truck", serial).await.unwrap();
        assert_eq!(checks("T1-3").await, [], "with one fault nothing is recorded");
        let right = "truck,T1-3,,,\ntruck,T1-1,sighted,2026-09-16,in the yard\ntruck,T1-2,not_found,,nobody knows\n";
        let keyed = Actor { key: Some("round".into()), ..donor(&picture, "POL") };
        let done = send(right, &keyed).await.unwrap();
        assert_eq!((done.checks.len(), &done.issues), (2, &vec![]));
        assert_eq!(send(right, &keyed).await.unwrap(), done, "once");
        says(send("truck,T1-1,sighted,,\n", &keyed).await, "key-used");
        says(send("truck,T1-3,sighted,,\ntruck,T1-2,not_found,,gone\n", &keyed).await, "key-used");
        let all = checks("T1-1").await;
        let one = &all[0];
        let told = (&one.code, one.occurred_at, one.remark.as_str());
        assert_eq!(told, (&done.checks[0], app.now(), "in the yard"), "a day counts to its end, but not beyond now");
        assert_eq!(app.not_found(&viewer(), AsOf::NOW).await.unwrap().len(), 1);
        site.verifies().await;
    }
}
