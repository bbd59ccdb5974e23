//! What was given with a check attached is watched, and what is overdue can be told for any past date.

use muster_app::{
    planner::Plan,
    storage::ledger::read::AsOf,
    transfer::{custody::Circumstances, end_use::Found},
};
use muster_domain::{end_use::Grade, role::Role, viewer::Viewer};
use muster_testkit::database::ENGINES;

use crate::{
    small::{actor, site, viewer, with},
    transfer::{all_there, of_plan},
};

#[tokio::test]
async fn what_is_not_checked_in_time_is_delinquent_as_of_any_date() {
    for engine in ENGINES {
        let site = site(engine).await;
        let sources =
            with("offers.csv", "O-2,POL,goods,truck,3,D,2026-09-07,,", "O-2,POL,goods,truck,3,D,2026-09-07,C-2,");
        let caveat = |mut source: muster_app::interchange::mission::Source| {
            if source.name == "caveats.csv" {
                source.bytes.extend(b"\nC-2,POL,Checked,mobility,UKR,yes,,,90,365,checked each year,test,yes");
            }
            source
        };
        assert_eq!(site.import(sources.into_iter().map(caveat).collect()).await.issues, vec![]);
        let shown = site.plan().await;
        let plan = Plan::parse(shown.stored.plan.result.as_bytes()).unwrap();
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        let trucks = (1..).zip(&plan.flows).find(|(_, flow)| flow.offer == "O-2").unwrap().0;
        let code = site.make(vec![of_plan(trucks, None)]).await;
        site.ready(&code).await;
        for _ in 0..2 {
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
        }
        site.app.consignment_receive(&code, &all_there(), &Circumstances::default(), &actor()).await.unwrap();
        let at = |text: &str| AsOf { occurred: text.parse().unwrap(), known: jiff::Timestamp::MAX };
        let overdue = async |date: &str| site.app.end_use(&viewer(), at(date), None).await.unwrap().overdue;
        assert_eq!(overdue("2026-12-14T00:00:00Z").await, 0, "ninety days have not passed");
        assert_eq!(overdue("2026-12-16T00:00:00Z").await, 3);
        let found = |serial: &str, grade| Found {
            resource: "truck".into(),
            serial: serial.into(),
            grade,
            at: None,
            evidence: String::new(),
            remark: String::new(),
        };
        let unsaid = site.app.inspect(&found("T1-1", Grade::NotFound), &actor()).await.unwrap_err().to_string();
        assert!(unsaid.contains("not-found-remark"), "{unsaid}");
        let strange = site.app.inspect(&found("X", Grade::Sighted), &actor()).await.unwrap_err().to_string();
        assert!(strange.contains("not-in-service"), "{strange}");
        // Who may not check it is told so only if they know of it: Poland gave it, Japan did not.
        let picture = site.app.picture(&viewer()).await.unwrap();
        let donor = |party: &str| {
            let party = muster_domain::code::Code::new(party).unwrap();
            let viewer = Viewer::member("somebody".into(), party, [Role::DonorLiaison].into(), &picture);
            muster_app::Actor::new(viewer, "look")
        };
        let tries = async |party: &str, serial: &str| {
            site.app.inspect(&found(serial, Grade::Sighted), &donor(party)).await.unwrap_err()
        };
        assert!(matches!(tries("POL", "T1-1").await, muster_app::Error::Denied(_)));
        assert!(tries("JPN", "T1-1").await.to_string().contains("not-in-service"));
        let (there, nowhere) = (tries("JPN", "T1-1").await.to_string(), tries("JPN", "X").await.to_string());
        assert_eq!(there, nowhere.replace("=X)", "=T1-1)"), "both sound the same");
        let keyed = muster_app::Actor { key: Some("check".into()), ..actor() };
        let check = site.app.inspect(&found("T1-1", Grade::Sighted), &keyed).await.unwrap();
        assert_eq!(site.app.inspect(&found("T1-1", Grade::Sighted), &keyed).await.unwrap(), check, "once");
        let told = async |party: &str, resource| {
            site.app.inspections(&donor(party).viewer, resource, "T1-1").await.unwrap().len()
        };
        assert_eq!((told("POL", "truck").await, told("JPN", "truck").await, told("POL", "vest").await), (1, 0, 0));
        let not_found = Found { remark: "unit moved".into(), ..found("T1-2", Grade::NotFound) };
        site.app.inspect(&not_found, &actor()).await.unwrap();
        assert_eq!(overdue("2026-12-16T00:00:00Z").await, 2, "what was not found stays due");
        assert_eq!(overdue("2027-09-20T00:00:00Z").await, 3, "after a year it is due again");
        // As it was known before anything was received, nothing was watched.
        let before = AsOf { occurred: jiff::Timestamp::MAX, known: "2026-09-01T00:00:00Z".parse().unwrap() };
        assert_eq!(site.app.end_use(&viewer(), before, None).await.unwrap().watched, 0);
        // What is disposed of needs its certificate, and is watched no more.
        let bare = site.app.dispose("truck", "T1-3", &"0".repeat(64), &actor()).await.unwrap_err().to_string();
        assert!(bare.contains("attachment"), "{bare}");
        let paper = site.app.attach("application/pdf", b"%PDF-1.7 certificate", &actor()).await.unwrap();
        site.app.dispose("truck", "T1-3", &paper, &actor()).await.unwrap();
        assert_eq!(site.app.end_use(&viewer(), AsOf::NOW, None).await.unwrap().watched, 2);
        assert_eq!(site.app.inspections(&viewer(), "truck", "T1-1").await.unwrap().len(), 1);
        site.verifies().await;
    }
}
