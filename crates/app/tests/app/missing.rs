//! Goods vanish where they stand, or are found after all: the books, the list of losses and what is called delivered say so.

use jiff::SignedDuration;
use muster_app::{
    App, Error,
    interchange::mission::Source,
    storage::transfer::{loss::LossFilter, tell::VarianceFilter},
    transfer::{
        custody::{Circumstances, Conveyance, Done},
        giving::Stocks,
        inspecting::Finding,
        loss::NewLoss,
        making::{New, NewLine},
        packing::{Packed, PackedUnit},
    },
};
use muster_domain::{
    code::Code,
    consignment::{Condition, ConsignmentState, Seen},
    ledger::account::AccountPurpose,
    loss::LossKind,
    requirement::RequirementState,
    role::Role,
    variance::{Escalation, Resolution, VarianceKind},
};
use muster_storage::dialect::Engine;
use muster_testkit::database::ENGINES;

use crate::{
    beyond::to_hub,
    redirection::way_back,
    repair::says,
    small::{Site, actor, viewer},
    transfer::{all_there, counted, of_plan, planned, planned_of},
};

fn missing(line: i64, quantity: Option<i64>) -> Finding {
    let (serials, lots, remark) = (Vec::new(), Vec::new(), "the fence is cut".to_owned());
    Finding { line, seen: Seen::Missing, quantity, serials, lots, remark }
}

impl Site {
    async fn inspects(&self, code: &str, finding: Finding) -> Result<Done, Error> {
        self.app.consignment_inspect(code, &[finding], &Circumstances::default(), &actor()).await
    }

    /// Misses so many units of the first line; gives the variance.
    async fn misses(&self, code: &str, quantity: i64) -> String {
        let done = self.inspects(code, missing(1, Some(quantity))).await.unwrap();
        let [variance] = done.variances.as_slice() else { panic!("{:?}", done.variances) };
        variance.to_string()
    }

    async fn resolve(&self, variance: &str, resolution: Resolution) {
        self.app.variance_resolve(variance, resolution, &actor()).await.unwrap();
    }

    async fn present(&self, code: &str) -> i64 {
        self.app.consignment_shown(&viewer(), code).await.unwrap().lines[0].present
    }

    /// How many units a party calls delivered whose term is this milestone.
    async fn delivered(&self, milestone: &str) -> i64 {
        let name = format!("T-{}", milestone.replace('_', "-").to_uppercase());
        let terms = format!("code,party,name,milestone,source,fictional\n{name},POL,Term,{milestone},test,yes");
        let terms = Source { name: "delivery_terms.csv".into(), bytes: terms.into() };
        assert_eq!(self.import(vec![terms]).await.issues, vec![]);
        let (_, rows) = self.app.delivered(&viewer(), &name, App::as_of(None, None)).await.unwrap();
        rows.iter().map(|row| row.units).sum()
    }

    async fn losses(&self, filter: LossFilter) -> Vec<String> {
        let found = self.app.loss_reports(&viewer(), &filter, 10).await.unwrap();
        found.iter().map(|one| one.code.to_string()).collect()
    }
}

/// A site with a consignment of all vests that has come to the hub, and the line of its plan.
async fn at_hub(engine: Engine) -> (Site, String, i64) {
    let (site, vests, _) = planned(engine).await;
    let code = site.make(vec![of_plan(vests, None)]).await;
    site.ready(&code).await;
    site.depart(&code).await;
    site.arrive(&code, &all_there()).await;
    (site, code, vests)
}

#[tokio::test]
async fn what_is_stolen_overnight_is_missed_goes_nowhere_and_is_found_or_lost() {
    for engine in ENGINES {
        for resolution in [Resolution::Found, Resolution::Lost] {
            let (site, code, vests) = at_hub(engine).await;
            for wrong in [0, 301] {
                says(site.inspects(&code, missing(1, Some(wrong))).await, "split-too-much");
            }
            let short = site.misses(&code, 10).await;
            let variance = site.app.variance(&viewer(), &short).await.unwrap().variance;
            assert_eq!((variance.kind, variance.quantity, variance.place.as_str()), (VarianceKind::Short, 10, "H"));
            assert_eq!(variance.due_at.duration_since(variance.occurred_at), SignedDuration::from_hours(24 * 30));
            assert_eq!((site.present(&code).await, site.open_of("O-1").await), (290, 300), "they are still promised");
            assert_eq!(
                site.held("O-1", AccountPurpose::OnHand, "H").await,
                300,
                "nobody knows that they are elsewhere"
            );
            // Nobody else takes them, by the plan or past it.
            let again = New { from: "H".into(), lines: vec![of_plan(vests, None)], ..New::default() };
            says(site.app.consignment_make(&again, &actor()).await, "consignment-line-not-there");
            assert_eq!(site.app.stock(&viewer(), "H", None, 10).await.unwrap(), Stocks::default());
            site.depart(&code).await;
            assert_eq!(site.held("O-1", AccountPurpose::InTransit, "P").await, 290);
            says(site.app.consignment_make(&again, &actor()).await, "consignment-line-not-there");
            site.resolve(&short, resolution).await;
            site.arrive(&code, &all_there()).await;
            site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
            let state = site.app.picture(&viewer()).await.unwrap().requirements["R-1"].state;
            if resolution == Resolution::Found {
                // The rest has gone on: it follows by its plan.
                assert_eq!((state, site.open_of("O-1").await), (RequirementState::Matched, 10));
                let after = site.app.consignment_make(&again, &actor()).await.unwrap().to_string();
                site.ready(&after).await;
                site.depart(&after).await;
                site.arrive(&after, &all_there()).await;
                site.app.consignment_receive(&after, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
                assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 300);
                assert_eq!(site.delivered("received_by_unit").await, 300);
            } else {
                assert_eq!((state, site.open_of("O-1").await), (RequirementState::PartMatched, 0));
                assert_eq!(site.held("O-1", AccountPurpose::Lost, "H").await, 10);
                assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 0);
                says(site.app.consignment_make(&again, &actor()).await, "consignment-line-not-there");
            }
            site.verifies().await;
        }
    }
}

#[tokio::test]
async fn what_is_found_where_the_rest_still_stands_goes_on_with_it() {
    for engine in ENGINES {
        let (site, code, _) = at_hub(engine).await;
        let short = site.misses(&code, 10).await;
        site.resolve(&short, Resolution::Found).await;
        assert_eq!((site.present(&code).await, site.delivered("arrived_at_node").await), (300, 300));
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        // At its end as on its way: what the unit has not taken over yet.
        let short = site.misses(&code, 20).await;
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 280);
        assert_eq!(site.delivered("received_by_unit").await, 280);
        site.resolve(&short, Resolution::Miscounted).await;
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 300, "the unit has it after all");
        assert_eq!((site.present(&code).await, site.delivered("received_by_unit").await), (300, 300));
        let state = site.app.picture(&viewer()).await.unwrap().requirements["R-1"].state;
        assert_eq!(state, RequirementState::Fulfilled);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_missing_where_it_stood_is_resolved_though_the_rest_took_another_way() {
    for engine in ENGINES {
        for resolution in [Resolution::Lost, Resolution::Found] {
            for turn in ["title", "back", "to the unit again"] {
                let (site, code, _) = at_hub(engine).await;
                let short = site.misses(&code, 10).await;
                match turn {
                    "title" => {
                        let turned =
                            site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await;
                        turned.unwrap();
                    }
                    "back" => {
                        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
                        site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap();
                    }
                    _ => site.app.consignment_redirect(&code, ("P", &[], Some("R-1")), &actor()).await.unwrap(),
                }
                let bound = if turn == "back" { 0 } else { 290 };
                assert_eq!(site.open_of("O-1").await, bound, "{turn} {resolution}");
                site.resolve(&short, resolution).await;
                let found = if resolution == Resolution::Found { 10 } else { 0 };
                assert_eq!(site.open_of("O-1").await, bound, "{turn} {resolution}");
                assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 290 + found, "{turn} {resolution}");
                assert_eq!(site.present(&code).await, 290, "what is promised nothing is stock of the place");
                let stock = site.app.stock(&viewer(), "H", None, 10).await.unwrap().found;
                assert_eq!(stock.iter().map(|(_, units)| units).sum::<i64>(), found, "{turn} {resolution}");
                site.depart(&code).await;
                site.arrive(&code, &all_there()).await;
                site.verifies().await;
            }
        }
    }
}

#[tokio::test]
async fn before_it_leaves_whoever_packs_it_misses_units_by_serial_number() {
    for engine in ENGINES {
        for resolution in [Resolution::Found, Resolution::Lost] {
            let (site, _, trucks) = planned(engine).await;
            let code = site.make(vec![of_plan(trucks, None)]).await;
            says(site.inspects(&code, missing(1, Some(1))).await, "missing-unnamed");
            site.ready(&code).await;
            says(site.inspects(&code, missing(1, Some(1))).await, "count-by-serial");
            let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
            let gone = shown.units[0].serial.clone();
            let one = Finding { serials: vec![gone.clone()], ..missing(1, None) };
            says(site.inspects(&code, Finding { serials: vec!["X".into()], ..one.clone() }).await, "count-by-serial");
            let poland = site.member("poland", "POL", Role::DonorLiaison).await;
            let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
            let plain = Circumstances::default();
            let stranger = site.app.consignment_inspect(&code, std::slice::from_ref(&one), &plain, &japan).await;
            assert!(stranger.is_err(), "it is not theirs");
            let done = site.app.consignment_inspect(&code, &[one], &plain, &poland).await.unwrap();
            let short = done.variances[0].as_str();
            let told = site.app.variance(&poland.viewer, short).await.unwrap();
            assert_eq!((told.units[0].serial.as_str(), told.variance.holder.as_str()), (gone.as_str(), "POL"));
            assert_eq!((site.present(&code).await, site.open_of("O-2").await), (2, 3));
            site.resolve(short, resolution).await;
            site.depart(&code).await;
            let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
            let found = resolution == Resolution::Found;
            assert_eq!(shown.units.iter().any(|unit| unit.serial == gone), found);
            let left = if found { 3 } else { 2 };
            assert_eq!(site.held("O-2", AccountPurpose::InTransit, "P").await.max(site.open_of("O-2").await), left);
            assert_eq!(site.held("O-2", AccountPurpose::Lost, "D").await, 3 - left, "its donor gave two, and lost one");
            site.verifies().await;
        }
    }
}

#[tokio::test]
async fn of_lots_whoever_looks_says_which_are_missing() {
    for engine in ENGINES {
        let (site, vests, _) = planned_of(engine, |name, text| match name {
            "items.csv" => text.replace("each,10,,,,quantity", "each,10,,,,lot"),
            _ => text.to_owned(),
        })
        .await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        let unit = |lot: &str, quantity| PackedUnit {
            lot: lot.to_owned(),
            serial: String::new(),
            quantity,
            sscc: String::new(),
        };
        let packed = Packed {
            line: 1,
            units: Some(vec![unit("L-1", 200), unit("L-2", 100)]),
            condition: Some(Condition::Serviceable),
            remark: None,
        };
        let authority =
            Circumstances { overrides: vec![muster_domain::gate::Gate::Clearance], ..Circumstances::default() };
        site.app.consignment_ready(&code, &[packed], &authority, &actor()).await.unwrap();
        let on = Conveyance { carrier: "C".into(), conveyance: "PL 1".into(), ..Conveyance::default() };
        site.app.consignment_depart(&code, &on, &authority, &actor()).await.unwrap();
        site.arrive(&code, &all_there()).await;
        let of = |lots: &[(&str, i64)]| {
            let lots = lots.iter().map(|(lot, units)| ((*lot).to_owned(), *units)).collect();
            Finding { lots, ..missing(1, None) }
        };
        says(site.inspects(&code, of(&[("L-3", 1)])).await, "lot-not-here");
        says(site.inspects(&code, of(&[("L-2", 101)])).await, "split-too-much");
        says(site.inspects(&code, of(&[("L-2", 1), ("L-2", 1)])).await, "count-lot-twice");
        says(site.inspects(&code, Finding { quantity: Some(4), ..of(&[("L-2", 5)]) }).await, "count-by-lot");
        let done = site.inspects(&code, of(&[("L-2", 5), ("L-1", 2)])).await.unwrap();
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        let mut left: Vec<(String, i64)> = shown.units.iter().map(|unit| (unit.lot.clone(), unit.quantity)).collect();
        left.sort();
        assert_eq!(left, [("L-1".to_owned(), 198), ("L-2".to_owned(), 95)]);
        site.resolve(done.variances[0].as_str(), Resolution::Found).await;
        assert_eq!(site.present(&code).await, 300);
        site.depart(&code).await;
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_waits_to_be_taken_into_stock_is_missed_too() {
    for engine in ENGINES {
        for resolution in [Resolution::Found, Resolution::Lost] {
            let (site, vests, _) = planned(engine).await;
            let lines = vec![of_plan(vests, Some(100))];
            let new = New { from: "D".into(), to: Some("H".into()), lines, ..New::default() };
            let code = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
            site.ready(&code).await;
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
            let short = site.misses(&code, 10).await;
            assert_eq!(site.held("O-1", AccountPurpose::Quarantine, "H").await, 10, "nobody promises them to others");
            assert_eq!((site.present(&code).await, site.open_of("O-1").await), (90, 290));
            site.resolve(&short, resolution).await;
            let found = resolution == Resolution::Found;
            assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, if found { 100 } else { 90 });
            assert_eq!(site.held("O-1", AccountPurpose::Lost, "H").await, if found { 0 } else { 10 });
            site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
            site.verifies().await;
        }
    }
}

#[tokio::test]
async fn what_is_found_after_the_count_was_delivered_too() {
    for engine in ENGINES {
        for resolution in [Resolution::Found, Resolution::Miscounted] {
            let (site, vests, trucks) = planned(engine).await;
            let code = site.make(vec![of_plan(vests, None)]).await;
            site.ready(&code).await;
            site.depart(&code).await;
            let at_hub = site.arrive(&code, &counted(1, 290, 0)).await.variances[0].to_string();
            assert_eq!(site.delivered("arrived_at_node").await, 290);
            site.depart(&code).await;
            site.arrive(&code, &counted(1, 285, 0)).await;
            // At the point it was first counted later; what is found there had come to the hub before.
            let all = VarianceFilter { consignment: Some(code.clone()), ..VarianceFilter::default() };
            let all = site.app.variances(&viewer(), &all, 10).await.unwrap();
            let at_point = all.iter().find(|one| one.variance.place.as_str() == "P").unwrap();
            let at_point = at_point.variance.code.to_string();
            site.resolve(&at_point, resolution).await;
            assert_eq!((site.present(&code).await, site.delivered("arrived_at_node").await), (290, 290));
            site.resolve(&at_hub, resolution).await;
            assert_eq!((site.present(&code).await, site.delivered("arrived_at_node").await), (290, 300));
            let (count, plain) = (counted(1, 280, 0), Circumstances::default());
            let received = site.app.consignment_receive(&code, &count, &plain, &actor()).await;
            let by_unit = received.unwrap().variances[0].to_string();
            assert_eq!(
                (site.delivered("received_by_unit").await, site.delivered("title_transferred").await),
                (280, 280)
            );
            site.resolve(&by_unit, resolution).await;
            assert_eq!(
                (site.delivered("received_by_unit").await, site.delivered("title_transferred").await),
                (290, 290)
            );
            let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
            assert_eq!((shown.lines[0].present, shown.head.state), (290, ConsignmentState::Closed));
            assert_eq!(shown.milestones.iter().filter(|one| one.completes.is_some()).count(), 4);
            // One by one, and all of a line.
            let code = site.make(vec![of_plan(trucks, None)]).await;
            site.ready(&code).await;
            site.depart(&code).await;
            let all = site.arrive(&code, &counted(1, 0, 0)).await.variances[0].to_string();
            assert_eq!(site.delivered("arrived_at_node").await, 300);
            site.resolve(&all, resolution).await;
            let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
            assert_eq!((shown.units.len(), site.delivered("arrived_at_node").await), (3, 303));
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
            assert_eq!(site.delivered("arrived_at_node").await, 303, "what goes on arrived before");
            site.verifies().await;
        }
    }
}

#[tokio::test]
async fn a_consignment_of_which_nothing_is_there_is_over_once_nobody_looks_for_it() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let short = site.arrive(&code, &counted(1, 0, 0)).await.variances[0].to_string();
        assert_eq!(site.state(&code).await, ConsignmentState::AtNode, "it may be found");
        let on = Conveyance { carrier: "C".into(), conveyance: "PL 1".into(), ..Conveyance::default() };
        let empty = site.app.consignment_depart(&code, &on, &Circumstances::default(), &actor()).await;
        says(empty, "consignment-empty");
        site.resolve(&short, Resolution::Lost).await;
        assert_eq!(site.state(&code).await, ConsignmentState::Closed);
        assert!(site.app.consignment_shown(&viewer(), &code).await.unwrap().is_empty());
        // All of it hurt: nobody looks for anything.
        let (site, code, _) = at_hub(engine).await;
        site.inspects(&code, Finding { seen: Seen::Damaged, ..missing(1, None) }).await.unwrap();
        assert_eq!(site.state(&code).await, ConsignmentState::Closed);
        // All of it stolen, and found again.
        let (site, code, _) = at_hub(engine).await;
        let short = site.misses(&code, 300).await;
        assert_eq!(site.state(&code).await, ConsignmentState::AtNode);
        site.resolve(&short, Resolution::Found).await;
        site.depart(&code).await;
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "P").await, 300);
        site.verifies().await;
    }
}

#[tokio::test]
async fn stock_of_a_place_is_reported_lost_and_found_again() {
    for engine in ENGINES {
        let kept = planned_of(engine, |name, text| match name {
            "parties.csv" => format!("{text}\nOP,Operator,operator,POL,,test,yes"),
            "places.csv" => text.replace("H,Hub,hub,POL,,51,22,,,,", "H,Hub,hub,POL,,51,22,,,OP,"),
            _ => text.to_owned(),
        });
        let (site, vests, _) = kept.await;
        let hub = site.member("hub", "OP", Role::HubOperator).await;
        let (japan, poland) = (
            site.member("japan", "JPN", Role::DonorLiaison).await,
            site.member("poland", "POL", Role::DonorLiaison).await,
        );
        let hook = site.hook(&["loss.reported"], &japan).await;
        let code = to_hub(&site, vests, 100).await;
        site.arrive(&code, &all_there()).await;
        let account = "on_hand OP JPN H - vest C-1";
        let of = |quantity| NewLoss {
            resource: "vest".into(),
            serial: String::new(),
            account: Some(account.into()),
            lot: String::new(),
            quantity,
            offer: None,
            how: LossKind::Stolen,
            at: None,
            known_at: None,
            place: None,
            circumstances: "the fence was cut".into(),
            evidence: String::new(),
        };
        says(site.app.lose(&of(5), &hub).await, "loss-in-consignment");
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        says(site.app.lose(&of(101), &hub).await, "loss-quantity");
        says(site.app.lose(&NewLoss { serial: "X".into(), ..of(1) }, &hub).await, "loss-stock-units");
        says(site.app.lose(&NewLoss { resource: "truck".into(), ..of(1) }, &hub).await, "not-in-stock");
        says(site.app.lose(&of(5), &poland).await, "not-in-stock");
        let before = Some(site.app.now() - SignedDuration::from_hours(72));
        says(site.app.lose(&NewLoss { at: before, ..of(5) }, &hub).await, "loss-before-stock");
        let lost = site.app.lose(&of(5), &hub).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 95);
        assert_eq!(site.held("O-1", AccountPurpose::Lost, "H").await, 5);
        let told = site.told(&hook, &japan).await;
        assert_eq!((told.len(), &told[0]["data"]["report"]), (1, &lost.as_str().into()));
        let report = site.app.loss_report(&japan.viewer, lost.as_str()).await.unwrap();
        assert_eq!((report.offer.as_ref().map(Code::as_str), report.days_late()), (Some("O-1"), 0));
        assert!(site.app.loss_report(&poland.viewer, lost.as_str()).await.is_err());
        assert!(site.app.loss_found(lost.as_str(), None, &japan).await.is_err(), "who keeps it says so");
        site.app.loss_found(lost.as_str(), None, &hub).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 100);
        // What a consignment took up from stock is its own.
        let new = New { from: "H".into(), lines: vec![of_plan(vests, Some(98))], ..New::default() };
        let code = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
        says(site.app.lose(&of(3), &hub).await, "loss-in-consignment");
        site.misses(&code, 50).await;
        says(site.app.lose(&of(3), &hub).await, "loss-in-consignment");
        site.app.lose(&of(2), &hub).await.unwrap();
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_was_decided_late_to_be_lost_is_in_the_list_of_late_losses() {
    for engine in ENGINES {
        let (site, code, _) = at_hub(engine).await;
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        let poland = site.member("poland", "POL", Role::DonorLiaison).await;
        let hook = site.hook(&["loss.reported"], &japan).await;
        let (early, late) = (site.misses(&code, 10).await, site.misses(&code, 20).await);
        site.resolve(&early, Resolution::Lost).await;
        let after = site.app.now() + SignedDuration::from_hours(24 * 35);
        let app = site.at(&after.to_string()).await;
        assert_eq!(app.variances_escalate(&actor()).await.unwrap(), 2);
        app.variance_resolve(&late, Resolution::Lost, &actor()).await.unwrap();
        let told = app.variance(&viewer(), &late).await.unwrap();
        assert_eq!(told.escalations.last().map(|(level, _)| *level), Some(Escalation::Nations));
        let only_late = LossFilter { late: true, ..LossFilter::default() };
        assert_eq!(site.losses(only_late.clone()).await, [late.as_str()]);
        assert_eq!(site.losses(LossFilter::default()).await, [late.as_str(), early.as_str()]);
        let stolen = LossFilter { how: Some(LossKind::Stolen), ..LossFilter::default() };
        assert_eq!(site.losses(stolen).await, Vec::<String>::new());
        let first = app.loss_report(&viewer(), &late).await.unwrap();
        assert_eq!((first.days_late(), first.quantity, first.consignment.as_ref().unwrap().as_str()), (5, 20, &*code));
        let place = Some((first.recorded_at.as_microsecond(), first.code.to_string()));
        let rest = site.losses(LossFilter { after: place, ..LossFilter::default() }).await;
        assert_eq!(rest, [early.as_str()]);
        let seen = async |whose: &muster_app::Actor| {
            app.loss_reports(&whose.viewer, &LossFilter::default(), 10).await.unwrap().len()
        };
        assert_eq!((seen(&japan).await, seen(&poland).await), (2, 0));
        let told = site.told(&hook, &japan).await;
        let mut days: Vec<i64> = told.iter().map(|one| one["data"]["days_late"].as_i64().unwrap()).collect();
        days.sort_unstable();
        assert_eq!(days, [0, 5]);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_missing_is_nobodys_to_send_though_the_rest_took_another_way() {
    for engine in ENGINES {
        for turn in ["back", "title"] {
            for resolution in [Resolution::Found, Resolution::Lost] {
                let (site, code, _) = at_hub(engine).await;
                assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
                let short = site.misses(&code, 10).await;
                if turn == "back" {
                    site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap();
                } else {
                    site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await.unwrap();
                }
                let variance = site.app.variance(&viewer(), &short).await.unwrap().variance;
                let account = variance.account.unwrap();
                assert_eq!(account.purpose, AccountPurpose::Quarantine, "{turn}");
                assert_eq!(
                    site.app.stock(&viewer(), "H", None, 10).await.unwrap().found,
                    [],
                    "{turn}: they are no free stock"
                );
                let stock = account.to_string().replace("quarantine", "on_hand");
                let taken = New {
                    from: "H".into(),
                    to: Some("P".into()),
                    lines: vec![NewLine::Stock { account: stock, quantity: 10, need: None, serials: vec![] }],
                    ..New::default()
                };
                says(site.app.consignment_make(&taken, &actor()).await, "consignment-stock-too-much");
                site.depart(&code).await;
                assert_eq!(site.app.stock(&viewer(), "H", None, 10).await.unwrap().found, [], "{turn}");
                site.resolve(&short, resolution).await;
                let free: i64 =
                    site.app.stock(&viewer(), "H", None, 10).await.unwrap().found.iter().map(|(_, units)| units).sum();
                assert_eq!(free, if resolution == Resolution::Found { 10 } else { 0 }, "{turn} {resolution}");
                assert_eq!(site.held("O-1", AccountPurpose::Quarantine, "H").await, 0, "{turn} {resolution}");
                site.verifies().await;
            }
        }
    }
}
