//! What a unit received goes back to a depot or a repair place, with its serial numbers and its conditions, under whoever owns it.

use muster_app::{
    Actor, Error,
    interchange::mission::Source,
    storage::ledger::read::AsOf,
    transfer::{
        custody::Circumstances,
        end_use::DueFilter,
        making::{New, NewLine},
        packing::Packed,
        part::LinePart,
        returning::{NewReturn, ReturnLine},
    },
};
use muster_domain::{
    consignment::{Condition, ConsignmentState},
    ledger::account::AccountPurpose,
    role::Role,
};
use muster_testkit::database::ENGINES;

use crate::{
    end_use::{donor, in_service},
    repair::says,
    small::{Site, actor, viewer},
    transfer::all_there,
};

fn back(serials: &[&str], to: &str) -> NewReturn {
    let serials = serials.iter().map(|serial| (*serial).to_owned()).collect();
    let line = ReturnLine { resource: "truck".into(), serials, ..ReturnLine::default() };
    NewReturn { lines: vec![line], to: to.into(), ..NewReturn::default() }
}

fn lanes() -> Source {
    let text = "code,from,to,mode,transit_days,capacity_t,cost_per_t,forbids,source,fictional
P-H,P,H,road,3,20,2.5,,test,yes
H-D,H,D,road,3,20,2.5,,test,yes";
    Source { name: "lanes.csv".into(), bytes: text.into() }
}

async fn goes(site: &Site, code: &str, legs: usize) {
    let packed = Packed { line: 1, units: None, condition: Some(Condition::Serviceable), remark: None };
    site.app.consignment_ready(code, &[packed], &Circumstances::default(), &actor()).await.unwrap();
    for _ in 0..legs {
        site.depart(code).await;
        site.arrive(code, &all_there()).await;
    }
}

#[tokio::test]
async fn a_unit_returns_what_it_received_and_what_was_given_stays_the_countrys() {
    for engine in ENGINES {
        let (site, picture) = in_service(engine).await;
        let app = &site.app;
        let unit = site.member("unit", "UNIT", Role::RequirementsOfficer).await;
        let stranger = donor(&picture, "JPN");
        says(app.goods_return(&back(&["T1-1"], "D"), &unit).await, "no-way");
        // What the donor asks for before it lets go of more trucks is no matter of those that come back.
        let stricter = "code,party,name,purposes,recipients,non_lethal,uses,conditions,first_check_days,recheck_days,text,source,fictional
C-2,POL,Checked,mobility,UKR,yes,,origin_consent,90,365,checked each year,test,yes";
        let stricter = Source { name: "caveats.csv".into(), bytes: stricter.into() };
        assert_eq!(site.import(vec![lanes(), stricter]).await.issues, vec![]);
        says(app.goods_return(&back(&["X"], "D"), &unit).await, "not-in-service");
        says(app.goods_return(&back(&["T1-1", "T1-1"], "D"), &unit).await, "return-twice");
        says(app.goods_return(&back(&["T1-1"], "P"), &unit).await, "return-place");
        says(app.goods_return(&NewReturn { lines: vec![], ..back(&[], "D") }, &unit).await, "consignment-some-lines");
        says(app.goods_return(&back(&["T1-1"], "D"), &stranger).await, "not-found");
        // Who gave it sees it, but it is not theirs to move.
        let poland = donor(&picture, "POL");
        let denied = app.goods_return(&back(&["T1-1"], "D"), &poland).await;
        assert!(matches!(denied, Err(Error::Denied(_) | Error::NotFound { .. })), "{denied:?}");
        let keyed = Actor { key: Some("back".into()), ..unit.clone() };
        let code = app.goods_return(&back(&["T1-1", "T1-2"], "D"), &keyed).await.unwrap();
        assert_eq!(app.goods_return(&back(&["T1-1", "T1-2"], "D"), &keyed).await.unwrap(), code, "once");
        says(app.goods_return(&back(&["T1-1"], "D"), &unit).await, "not-in-service");
        // Whoever has it sees whose gift it was, and its nation sees that it comes back.
        let shown = app.consignment_shown(&unit.viewer, code.as_str()).await.unwrap();
        let offer = shown.lines[0].offer.as_ref().map(|offer| offer.as_str());
        assert_eq!((shown.lines.len(), shown.lines[0].present, offer), (1, 2, Some("O-2")));
        let serials: Vec<&str> = shown.units.iter().map(|unit| unit.serial.as_str()).collect();
        assert_eq!(serials, ["T1-1", "T1-2"]);
        assert!(app.consignment_shown(&donor(&picture, "POL").viewer, code.as_str()).await.is_ok());
        let unseen = app.consignment_shown(&stranger.viewer, code.as_str()).await;
        assert!(matches!(unseen, Err(Error::NotFound { .. })));
        // No gate asks anew for what was asked before it was given.
        goes(&site, code.as_str(), 2).await;
        app.consignment_receive(code.as_str(), &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        let shown = app.consignment_shown(&viewer(), code.as_str()).await.unwrap();
        assert_eq!(shown.head.state, ConsignmentState::Closed);
        // It is watched on, at the depot, and still the country's.
        let (truck, next) = app.unit_in_service(&viewer(), "truck", "T1-1").await.unwrap().unwrap();
        let account = &truck.account;
        assert_eq!((account.purpose, account.owner.as_str()), (AccountPurpose::OnHand, "UKR"));
        assert_eq!(account.place.as_ref().map(|place| place.as_str()), Some("D"));
        assert_eq!(account.caveats.iter().map(|caveat| caveat.as_str()).collect::<Vec<_>>(), ["C-2"]);
        assert!(next.is_some());
        assert_eq!(app.end_use(&viewer(), AsOf::NOW, &DueFilter::default()).await.unwrap().watched, 3);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_given_back_is_its_nations_again_and_goods_without_numbers_go_by_quantity() {
    for engine in ENGINES {
        let (site, _) = in_service(engine).await;
        let app = &site.app;
        assert_eq!(site.import(vec![lanes()]).await.issues, vec![]);
        let given = NewReturn { give_back: true, ..back(&["T1-3"], "H") };
        let code = app.goods_return(&given, &actor()).await.unwrap();
        let (truck, _) = app.unit_in_service(&viewer(), "truck", "T1-3").await.unwrap().unwrap();
        assert_eq!((truck.account.owner.as_str(), truck.account.holder.as_str()), ("POL", "UNIT"));
        goes(&site, code.as_str(), 1).await;
        let service = "in_service UNIT UKR P - vest -";
        site.put("national_stock JPN JPN D - vest -", service, 30, "").await;
        let many = |quantity, give_back| NewReturn {
            lines: vec![ReturnLine { account: Some(service.into()), quantity, ..ReturnLine::default() }],
            to: "H".into(),
            give_back,
            ..NewReturn::default()
        };
        says(app.goods_return(&many(31, false), &actor()).await, "return-quantity");
        says(app.goods_return(&many(10, true), &actor()).await, "return-giver-unknown");
        let two = NewReturn { lines: [many(1, false).lines, back(&["T1-3"], "H").lines].concat(), ..many(1, false) };
        says(app.goods_return(&two, &actor()).await, "not-in-service");
        let code = app.goods_return(&many(10, false), &actor()).await.unwrap();
        goes(&site, code.as_str(), 1).await;
        app.consignment_receive(code.as_str(), &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        // A return that has not left is given up: then all is in service as it was, and may go back another time.
        let other = app.goods_return(&many(5, false), &actor()).await.unwrap();
        app.consignment_cancel(other.as_str(), &actor()).await.unwrap();
        let again = app.goods_return(&many(20, false), &actor()).await.unwrap();
        app.consignment_cancel(again.as_str(), &actor()).await.unwrap();
        let given = NewReturn { give_back: true, ..back(&["T1-2"], "H") };
        let code = app.goods_return(&given, &actor()).await.unwrap();
        app.consignment_cancel(code.as_str(), &actor()).await.unwrap();
        let (truck, _) = app.unit_in_service(&viewer(), "truck", "T1-2").await.unwrap().unwrap();
        assert_eq!((truck.account.owner.as_str(), truck.account.purpose), ("UKR", AccountPurpose::InService));
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_given_up_leaves_everything_as_it_was_whoever_had_it_and_whose_it_was() {
    for engine in ENGINES {
        let (site, _) = in_service(engine).await;
        let app = &site.app;
        assert_eq!(site.import(vec![lanes()]).await.issues, vec![]);
        // A nation that has something of its own in service, and a unit that has what a third party gave it.
        for service in ["in_service JPN JPN P - vest -", "in_service UNIT POL P - vest -"] {
            site.put("national_stock JPN JPN D - vest -", service, 10, "").await;
            let line = ReturnLine { account: Some(service.into()), quantity: 10, ..ReturnLine::default() };
            let back = NewReturn { lines: vec![line], to: "H".into(), ..NewReturn::default() };
            let code = app.goods_return(&back, &actor()).await.unwrap();
            says(app.goods_return(&back, &actor()).await, "return-quantity");
            // A part of it, too, knows where it was.
            let part = app.consignment_split(code.as_str(), &[LinePart::of(1, 4)], &[], &actor()).await.unwrap();
            for code in [&part, &code] {
                app.consignment_cancel(code.as_str(), &actor()).await.unwrap();
            }
            app.goods_return(&back, &actor()).await.unwrap();
        }
        // What a unit only keeps stays stock.
        let stock = "on_hand UNIT UKR P - vest -";
        site.put("national_stock JPN JPN D - vest -", stock, 10, "").await;
        let line = NewLine::Stock { account: stock.into(), quantity: 10, need: None, serials: vec![] };
        let new = New { from: "P".into(), to: Some("H".into()), lines: vec![line], ..New::default() };
        for _ in 0..2 {
            let code = app.consignment_make(&new, &actor()).await.unwrap();
            app.consignment_cancel(code.as_str(), &actor()).await.unwrap();
        }
        site.verifies().await;
    }
}
