//! Pallets: lines are put on them and taken off, partners are told of it once they know what lay where, and a pallet is not torn apart.

use muster_app::{
    interchange::epcis::{
        event::{Action, Event},
        query::Query,
    },
    transfer::{
        packing::NewHandlingUnit,
        part::LinePart,
        repacking::{Load, Onto},
    },
};
use muster_domain::consignment::HandlingUnitKind;
use muster_testkit::database::ENGINES;

use crate::{
    small::{Site, actor, viewer},
    transfer::{of_plan, planned},
};

fn pallet(sscc: &str) -> Onto {
    let (sscc, kind, seal) = (sscc.to_owned(), HandlingUnitKind::Pallet, String::new());
    Onto::New(NewHandlingUnit { sscc, kind, gross_kg: None, seal })
}

fn some(line: i64, quantity: i64) -> Load {
    Load { line, quantity: Some(quantity), ..Load::default() }
}

impl Site {
    async fn repack(&self, code: &str, way: (Option<&str>, &Onto), loads: &[Load]) -> Result<Option<String>, String> {
        self.app.consignment_repack(code, way, loads, &actor()).await.map_err(|error| error.to_string())
    }

    /// What lies on which handling unit: line, lot, serial number, how many.
    async fn on(&self, code: &str, sscc: &str) -> Vec<(i64, String, i64)> {
        let shown = self.app.consignment_shown(&viewer(), code).await.unwrap();
        let on = shown.units.iter().filter(|unit| unit.sscc.as_deref() == Some(sscc));
        on.map(|unit| (unit.line, unit.serial.clone(), unit.quantity)).collect()
    }

    async fn aggregated(&self) -> Vec<Event> {
        self.app.epcis_events(&viewer(), &Query::default(), true, None, 500).await.unwrap().events
    }
}

fn step(event: &Event) -> (String, Option<Action>, String) {
    let step = event.step.as_ref().unwrap().uri().rsplit('-').next().unwrap().to_owned();
    let count =
        event.quantities.first().and_then(|count| count.quantity.as_ref()).map(|count| count.as_str().to_owned());
    (step, event.action, count.unwrap_or_default())
}

#[tokio::test]
async fn what_is_put_on_a_pallet_and_taken_off_is_told_once_it_was_told_what_lay_where() {
    for engine in ENGINES {
        let (site, vests, trucks) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        let wrong = site.repack(&code, (None, &pallet("00123456789012345678")), &[some(1, 1)]).await.unwrap_err();
        assert!(wrong.contains("an-sscc"), "a wrong check digit: {wrong}");
        let one = site.repack(&code, (None, &pallet("")), &[some(1, 200)]).await.unwrap().unwrap();
        assert_eq!(site.on(&code, &one).await, [(1, String::new(), 200)]);
        let typed = site.repack(&code, (None, &pallet("395011010013000006")), &[some(1, 1)]).await;
        let typed = match typed {
            Ok(sscc) => sscc.unwrap(),
            Err(wrong) => panic!("{wrong}"),
        };
        for (way, loads, said) in [
            ((None, Onto::Unit(one.clone())), vec![some(1, 100)], "repack-too-much"),
            ((Some(one.as_str()), Onto::Unit(one.clone())), vec![some(1, 1)], "repack-same-place"),
            ((Some(one.as_str()), Onto::Nothing), vec![some(9, 1)], "consignment-no-line"),
            ((None, Onto::Unit(one.clone())), vec![], "repack-some"),
            ((None, Onto::Unit("395011010013000013".into())), vec![some(1, 1)], "sscc-not-here"),
        ] {
            let refused = site.repack(&code, (way.0, &way.1), &loads).await.unwrap_err();
            assert!(refused.contains(said), "{said}: {refused}");
        }
        assert_eq!(site.aggregated().await, vec![], "until it is ready nobody was told what lies where");
        site.ready(&code).await;
        let before = site.aggregated().await.len();
        assert_eq!(site.repack(&code, (Some(&one), &Onto::Nothing), &[some(1, 50)]).await, Ok(None));
        site.repack(&code, (None, &Onto::Unit(typed.clone())), &[some(1, 30)]).await.unwrap();
        site.repack(&code, (Some(&one), &Onto::Unit(typed.clone())), &[]).await.unwrap();
        assert_eq!((site.on(&code, &one).await, site.on(&code, &typed).await), (vec![], vec![(1, String::new(), 181)]));
        site.app.handling_unit_remove(&code, &typed, &actor()).await.unwrap();
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        assert_eq!((shown.handling_units.len(), shown.units), (1, vec![]));
        let told = site.aggregated().await;
        let steps: Vec<_> = told[before..].iter().map(step).collect();
        let event = |step: &str, action, count: &str| (step.to_owned(), Some(action), count.to_owned());
        assert_eq!(
            steps,
            [
                event("unpacking", Action::Delete, "50"),
                event("packing", Action::Add, "30"),
                event("unpacking", Action::Delete, "150"),
                event("packing", Action::Add, "150"),
                event("unpacking", Action::Delete, "181"),
            ]
        );
        let parent = |sscc: &str| Some(format!("https://id.gs1.org/00/{sscc}"));
        let parents: Vec<_> = told[before..].iter().map(|event| event.parent.clone()).collect();
        assert_eq!(parents, [&one, &typed, &one, &typed, &typed].map(|sscc| parent(sscc)));
        // Each is found by its id and by what it names, and page by page.
        for event in &told[before..] {
            let mut query = Query::default();
            query.add("EQ_eventID", event.id.as_ref().unwrap()).unwrap();
            let found = site.app.epcis_events(&viewer(), &query, true, None, 10).await.unwrap().events;
            assert!(found.contains(event), "{event:?}");
        }
        let mut query = Query::default();
        query.add("MATCH_parentID", &parent(&typed).unwrap()).unwrap();
        assert_eq!(site.app.epcis_events(&viewer(), &query, true, None, 10).await.unwrap().events.len(), 4);
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let page = site.app.epcis_events(&viewer(), &Query::default(), true, after, 1).await.unwrap();
            paged.extend(page.events);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(paged, told);

        // What is told apart by serial number is named.
        let code = site.make(vec![of_plan(trucks, None)]).await;
        site.ready(&code).await;
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        let serial = shown.units[0].serial.clone();
        let count = shown.units.len() as i64;
        if count > 1 {
            let unnamed = site.repack(&code, (None, &pallet("")), &[some(1, 1)]).await.unwrap_err();
            assert!(unnamed.contains("unit-by-serial"), "{unnamed}");
        }
        let named = Load { line: 1, serials: vec![serial.clone()], ..Load::default() };
        let on = site.repack(&code, (None, &pallet("")), std::slice::from_ref(&named)).await.unwrap().unwrap();
        assert_eq!(site.on(&code, &on).await, [(1, serial, 1)]);
        let gone = site.repack(&code, (None, &pallet("")), &[named]).await.unwrap_err();
        assert!(gone.contains("repack-serial-elsewhere"), "{gone}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_pallet_goes_with_the_part_that_takes_all_of_it_and_is_not_torn_apart() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        let one = site.repack(&code, (None, &pallet("")), &[some(1, 120)]).await.unwrap().unwrap();
        let two = site.repack(&code, (None, &pallet("")), &[some(1, 80)]).await.unwrap().unwrap();
        site.ready(&code).await;
        let split = async |parts: &[(i64, i64)], with: &[String]| {
            let parts: Vec<LinePart> = parts.iter().map(|(line, units)| LinePart::of(*line, *units)).collect();
            let new = site.app.consignment_split(&code, &parts, with, &actor()).await;
            new.map(|new| new.to_string()).map_err(|error| error.to_string())
        };
        let torn = split(&[(1, 150)], &[]).await.unwrap_err();
        assert!(torn.contains("sscc-torn"), "{torn}");
        let unknown = split(&[], &["395011010013000013".to_owned()]).await.unwrap_err();
        assert!(unknown.contains("sscc-not-here"), "{unknown}");
        // A hundred lie on no pallet: those go first, and no pallet with them.
        let loose = split(&[(1, 40)], &[]).await.unwrap();
        let shown = site.app.consignment_shown(&viewer(), &loose).await.unwrap();
        assert_eq!((shown.lines[0].present, shown.handling_units.len()), (40, 0));
        let with = split(&[(1, 10)], std::slice::from_ref(&two)).await.unwrap();
        let shown = site.app.consignment_shown(&viewer(), &with).await.unwrap();
        assert_eq!(shown.lines[0].present, 90);
        assert_eq!(shown.handling_units.iter().map(|unit| &unit.sscc).collect::<Vec<_>>(), [&two]);
        assert_eq!(site.on(&with, &two).await, [(1, String::new(), 80)]);
        let rest = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        assert_eq!(rest.handling_units.iter().map(|unit| &unit.sscc).collect::<Vec<_>>(), [&one]);
        assert_eq!(rest.lines[0].present, 170);
        site.depart(&with).await;
        site.verifies().await;
    }
}
