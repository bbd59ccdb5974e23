//! Consignments take another course: back, into stock, to another owner, in parts, together.

use muster_app::{
    storage::transfer::tell::LegFilter,
    transfer::{
        count::Count,
        custody::{Circumstances, Conveyance},
        handover::{Means, Signed, Signer},
        making::New,
        packing::NewHandlingUnit,
        part::LinePart,
        repacking::{Load, Onto},
    },
};
use muster_domain::{
    consignment::{ConsignmentState, HandlingUnitKind, Milestone},
    gate::Gate,
    ledger::account::AccountPurpose,
    requirement::RequirementState,
};
use muster_testkit::database::ENGINES;

use crate::{
    small::{actor, viewer},
    transfer::{all_there, counted, of_plan, planned},
};

#[tokio::test]
async fn a_consignment_that_is_cancelled_gives_everything_back_and_one_that_left_is_sent_back() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let first = site.make(vec![of_plan(vests, None)]).await;
        site.app.consignment_cancel(&first, &actor()).await.unwrap();
        assert_eq!(site.state(&first).await, ConsignmentState::Cancelled);
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        assert!(
            site.app
                .consignment_cancel(&code, &actor())
                .await
                .unwrap_err()
                .to_string()
                .contains("consignment-has-left")
        );
        site.arrive(&code, &all_there()).await;
        let nowhere = site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap_err().to_string();
        assert!(nowhere.contains("no-way"), "{nowhere}");
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap();
        assert_eq!(site.open_of("O-1").await, 0, "the unit is promised nothing any more");
        let picture = site.app.picture(&viewer()).await.unwrap();
        assert_eq!(picture.requirements["R-1"].state, RequirementState::Prioritised, "its need is open again");
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "D").await, 300);
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_has_come_to_its_end_at_a_hub_is_taken_into_stock_there() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let to_hub =
            New { from: "D".into(), to: Some("H".into()), lines: vec![of_plan(vests, Some(100))], ..New::default() };
        let code = site.app.consignment_make(&to_hub, &actor()).await.unwrap().to_string();
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        let receive = async |count: Count, signed: Option<Signed>| {
            let circumstances = Circumstances { signed, ..Circumstances::default() };
            site.app.consignment_receive(&code, &count, &circumstances, &actor()).await
        };
        let counted_again = receive(counted(1, 99, 0), None).await.unwrap_err().to_string();
        assert!(counted_again.contains("consignment-counted"), "{counted_again}");
        let somebody =
            |name: &str| Signer { name: name.into(), party: String::new(), means: Means::Pin("135790".into()) };
        let both = Signed { from: somebody("a"), to: somebody("b"), text: String::new(), photos: vec![] };
        let signed = receive(all_there(), Some(both)).await.unwrap_err().to_string();
        assert!(signed.contains("stock-unsigned"), "{signed}");
        receive(all_there(), None).await.unwrap();
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        assert_eq!((shown.head.state, shown.lines[0].present), (ConsignmentState::Closed, 100));
        let never = [Milestone::ReceivedByUnit, Milestone::TitleTransferred];
        assert!(shown.milestones.iter().all(|m| !never.contains(&m.kind)), "no unit has it");
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 100);
        let on = New { from: "H".into(), lines: vec![of_plan(vests, None)], ..New::default() };
        site.app.consignment_make(&on, &actor()).await.unwrap();
        site.verifies().await;
    }
}

#[tokio::test]
async fn title_passes_where_the_goods_are_and_the_way_goes_on() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let early = site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await;
        assert!(early.unwrap_err().to_string().contains("milestone-not-now"));
        site.arrive(&code, &all_there()).await;
        site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await.unwrap();
        let again = site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await;
        assert!(again.unwrap_err().to_string().contains("title-there"));
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        let titles: Vec<&str> = shown
            .milestones
            .iter()
            .filter(|m| m.kind == Milestone::TitleTransferred)
            .map(|m| m.place.as_str())
            .collect();
        assert_eq!(titles, ["H"], "title passed once, at the hub");
        assert_eq!(site.held("O-1", AccountPurpose::InService, "P").await, 300);
        site.verifies().await;
    }
}

#[tokio::test]
async fn consignments_are_split_and_joined_and_every_unit_stays_on_its_way() {
    for engine in ENGINES {
        let (site, _, trucks) = planned(engine).await;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        let part = site.app.consignment_split(&code, &[LinePart::of(1, 1)], &[], &actor()).await.unwrap().to_string();
        let all =
            site.app.consignment_split(&part, &[LinePart::of(1, 1)], &[], &actor()).await.unwrap_err().to_string();
        assert!(all.contains("split-some"), "{all}");
        let shown = site.app.consignment_shown(&viewer(), &part).await.unwrap();
        assert_eq!(shown.units.iter().map(|u| u.serial.as_str()).collect::<Vec<_>>(), ["T1-1"]);
        site.depart(&part).await;
        let apart =
            site.app.consignment_join(&code, std::slice::from_ref(&part), &actor()).await.unwrap_err().to_string();
        assert!(apart.contains("join-apart"), "{apart}");
        site.depart(&code).await;
        for code in [&part, &code] {
            site.arrive(code, &all_there()).await;
        }
        let keyed = muster_app::Actor { key: Some("join".into()), ..actor() };
        for _ in 0..2 {
            site.app.consignment_join(&code, std::slice::from_ref(&part), &keyed).await.unwrap();
        }
        assert_eq!(site.state(&part).await, ConsignmentState::Closed);
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        assert_eq!(site.held("O-2", AccountPurpose::InService, "P").await, 3);
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_part_takes_the_serial_numbers_that_are_named() {
    for engine in ENGINES {
        let (site, vests, trucks) = planned(engine).await;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        let named = |quantity, serials: &[&str]| LinePart {
            line: 1,
            quantity,
            serials: serials.iter().map(|serial| (*serial).to_owned()).collect(),
        };
        let split = async |code: &str, parts: &[LinePart], with: &[String]| {
            let new = site.app.consignment_split(code, parts, with, &actor()).await;
            new.map(|new| new.to_string()).map_err(|error| error.to_string())
        };
        let units = async |code: &str| {
            let shown = site.app.consignment_shown(&viewer(), code).await.unwrap();
            let mut serials: Vec<String> = shown.units.into_iter().map(|unit| unit.serial).collect();
            serials.sort();
            serials
        };
        let unpacked = split(&code, &[named(None, &["T1-1"])], &[]).await.unwrap_err();
        assert!(unpacked.contains("split-serial-not-here"), "none is named yet: {unpacked}");
        site.ready(&code).await;
        for (part, said) in [
            (named(None, &[]), "split-how-many"),
            (named(None, &["T1-9"]), "split-serial-not-here"),
            (named(Some(2), &["T1-3"]), "serial-for-each(quantity=2, given=1)"),
            (named(None, &["T1-3", "T1-3"]), "serial-twice"),
            (LinePart { line: 7, ..named(None, &["T1-3"]) }, "consignment-no-line"),
            (named(None, &["T1-1", "T1-2", "T1-3"]), "split-some"),
        ] {
            let refused = split(&code, &[part], &[]).await.unwrap_err();
            assert!(refused.contains(said), "{said}: {refused}");
        }
        let other = site.make(vec![of_plan(vests, None)]).await;
        let nameless = split(&other, &[named(None, &["T1-3"])], &[]).await.unwrap_err();
        assert!(nameless.contains("split-no-serials"), "{nameless}");
        // At a place on its way, one that is named and one that comes first.
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        let part = split(&code, &[named(Some(1), &["T1-3"]), LinePart::of(1, 1)], &[]).await.unwrap();
        assert_eq!((units(&part).await, units(&code).await), (vec!["T1-1".into(), "T1-3".into()], vec!["T1-2".into()]));
        // What lies on a pallet goes with it, or is taken off first.
        let new = NewHandlingUnit {
            kind: HandlingUnitKind::Pallet,
            sscc: String::new(),
            gross_kg: None,
            seal: String::new(),
        };
        let load = Load { line: 1, ..Load::default() };
        let on = site.app.consignment_repack(&part, (None, &Onto::New(new)), &[load], &actor()).await.unwrap().unwrap();
        let torn = split(&part, &[named(None, &["T1-3"])], &[]).await.unwrap_err();
        assert!(torn.contains("sscc-torn"), "{torn}");
        let goes = split(&part, &[named(None, &["T1-3"])], &[on]).await.unwrap_err();
        assert!(goes.contains("split-serial-goes"), "{goes}");
        for code in [&part, &code] {
            site.depart(code).await;
            site.arrive(code, &all_there()).await;
            site.app.consignment_receive(code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        }
        assert_eq!(site.held("O-2", AccountPurpose::InService, "P").await, 3);
        site.verifies().await;
    }
}

#[tokio::test]
async fn consignments_ride_together_on_one_conveyance_and_one_manifest() {
    for engine in ENGINES {
        let (site, vests, trucks) = planned(engine).await;
        let mut codes = Vec::new();
        for line in [vests, trucks] {
            codes.push(site.make(vec![of_plan(line, None)]).await);
            site.ready(codes.last().unwrap()).await;
        }
        let movement = site.depart(&codes[0]).await.movement.unwrap();
        let authority = Circumstances { overrides: vec![Gate::Clearance], ..Circumstances::default() };
        let on = Conveyance { movement: movement.to_string(), ..Conveyance::default() };
        let with = site.app.consignment_depart(&codes[1], &on, &authority, &actor()).await.unwrap();
        assert_eq!(with.movement.as_ref(), Some(&movement));
        let all = LegFilter::default();
        let legs = site.app.legs(&viewer(), &all, None, 10).await.unwrap();
        assert_eq!(
            legs.iter().map(|l| (l.leg.leg, l.leg.lane.as_str(), l.consignments)).collect::<Vec<_>>(),
            [(1, "D-H", 2)]
        );
        site.arrive(&codes[0], &all_there()).await;
        site.arrive(&codes[1], &all_there()).await;
        site.depart(&codes[0]).await;
        // One after the other, each once.
        let first = site.app.legs(&viewer(), &all, None, 1).await.unwrap();
        let then = site.app.legs(&viewer(), &all, Some(&first[0].place()), 10).await.unwrap();
        let lanes: std::collections::BTreeSet<_> = [&first[0], &then[0]].map(|one| one.leg.lane.as_str()).into();
        assert_eq!(lanes, ["D-H", "H-P"].into());
        assert_eq!(then.len(), 1);
        let late = LegFilter { late_at: Some(jiff::Timestamp::MAX), ..LegFilter::default() };
        assert_eq!(site.app.legs(&viewer(), &late, None, 10).await.unwrap().len(), 1, "what arrived is not late");
        let shown = site.app.movement_shown(&viewer(), movement.as_str()).await.unwrap();
        assert_eq!(shown.legs[0].consignments.len(), 2);
        let pdf = site.app.manifest(movement.as_str(), Some(1), None, &actor()).await.unwrap();
        assert!(pdf.starts_with(b"%PDF-"));
        assert!(site.app.manifest(movement.as_str(), Some(2), None, &actor()).await.is_err());
    }
}

/// A lane from the hub back to the depot.
pub(crate) fn way_back() -> muster_app::interchange::mission::Source {
    let lane = "code,from,to,mode,transit_days,capacity_t,cost_per_t,forbids,source,fictional
H-D,H,D,road,3,20,2.5,,test,yes";
    muster_app::interchange::mission::Source { name: "lanes.csv".into(), bytes: lane.into() }
}
