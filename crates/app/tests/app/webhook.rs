//! Webhooks tell what repair comes to, to those who see it; what people wrote stays where it is.

use muster_domain::{repair::Echelon, role::Role};
use muster_testkit::database::ENGINES;

use crate::{
    repair::{fault, triage, workshop},
    small::actor,
};

#[tokio::test]
async fn who_sees_an_order_is_told_by_webhook_what_it_came_to_and_not_what_people_wrote() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let unit = site.member("unit", "UKR", Role::RequirementsOfficer).await;
        let works = site.member("works", "WKS", Role::RepairFacility).await;
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        let mut hooks = Vec::new();
        for whose in [&unit, &works, &japan] {
            hooks.push(site.hook(&["work_order.state_reached"], whose).await);
        }
        let other = site.hook(&["consignment.milestone_reached"], &unit).await;
        let code = app.fault_report(&fault("truck", "T-1"), &unit).await.unwrap().to_string();
        assert!(site.told(&hooks[1], &works).await.is_empty(), "nobody brings it to the works yet");
        let why = "Ivan says that it is far";
        app.work_order_triage(&code, &triage(Echelon::Abroad, Some("W"), why), &actor()).await.unwrap();
        let told = site.told(&hooks[0], &unit).await;
        let first = &told[0];
        assert_eq!(first["type"], "work_order.state_reached");
        let at = app.work_order(&unit.viewer, &code).await.unwrap().steps[0].occurred_at.to_string();
        let data = serde_json::json!({
            "code": code, "step": 1, "state": "requested", "resource": "truck-u", "facility": null, "occurred_at": at
        });
        assert_eq!(first["data"], data, "before it was decided where it is repaired");
        assert_eq!(told.len(), 2);
        let triaged = &told[1]["data"];
        assert_eq!(
            (&triaged["state"], &triaged["step"], &triaged["facility"]),
            (&"triaged".into(), &2.into(), &"W".into())
        );
        let heard: Vec<String> =
            site.told(&hooks[1], &works).await.iter().map(|one| one["data"]["state"].to_string()).collect();
        assert_eq!(heard, ["\"triaged\""], "the works see it from then on");
        assert!(site.told(&hooks[2], &japan).await.is_empty(), "it is none of another nation's");
        assert!(site.told(&other, &unit).await.is_empty(), "who asked for something else is told nothing");
        let all = format!("{told:?}");
        assert!(!all.contains("Ivan") && !all.contains("does not start"), "{all}");
    }
}
