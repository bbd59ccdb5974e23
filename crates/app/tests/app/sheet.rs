//! What is filled in by hand: sheets that are taken out with what is known, and sent back.

use muster_app::{
    Error,
    list::Format,
    transfer::{count::Count, custody::Circumstances, sheet},
};
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;

use crate::{
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
        assert!(empty.starts_with(b"line,lot,serial,quantity,sscc,condition,remark"), "{empty:?}");
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
