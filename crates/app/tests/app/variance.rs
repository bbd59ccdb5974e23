//! What came is not what was shipped: it is kept apart or missed until it is resolved, and nothing is lost between.

use jiff::SignedDuration;
use muster_app::{
    Actor,
    storage::{
        ledger::read::AsOf,
        transfer::tell::{Filter, VarianceFilter},
    },
    transfer::{
        count::Count,
        custody::Circumstances,
        making::New,
        unmanifested::{Named, Unmanifested},
    },
    user::Account,
};
use muster_domain::{
    ledger::account::AccountPurpose,
    requirement::RequirementState,
    role::Role,
    variance::{Escalation, Resolution},
    viewer::Viewer,
};
use muster_testkit::database::ENGINES;

use crate::{
    redirection::way_back,
    repair::workshop,
    small::{actor, viewer},
    transfer::{all_there, counted, of_plan, planned, planned_of},
};

#[tokio::test]
async fn what_is_short_damaged_or_on_no_manifest_is_a_variance_and_nothing_is_lost_between() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let uncounted =
            site.app.consignment_arrive(&code, &Count::default(), &Circumstances::default(), &actor()).await;
        assert!(uncounted.unwrap_err().to_string().contains("consignment-line-uncounted"));
        let thing = Unmanifested { description: "a crate of boots".into(), quantity: 40, ..Unmanifested::default() };
        let count = Count { unmanifested: vec![thing], ..counted(1, 285, 5) };
        let done = site.arrive(&code, &count).await;
        assert_eq!(done.variances.len(), 3);
        let at = |purpose, place: &'static str| site.held("O-1", purpose, place);
        assert_eq!(at(AccountPurpose::OnHand, "H").await, 285);
        assert_eq!(at(AccountPurpose::Quarantine, "H").await, 5, "what is hurt is kept apart");
        assert_eq!(at(AccountPurpose::InTransit, "H").await, 10, "what is missing is still under way");
        assert_eq!(site.open_of("O-1").await, 295, "of the hurt nothing more is expected, of the missing it is");
        let all = site.app.variances(&viewer(), &VarianceFilter::default(), 10).await.unwrap();
        let find = |kind: &str| all.iter().find(|v| v.variance.kind.as_str() == kind).unwrap().variance.clone();
        let (short, damaged, crates) = (find("short"), find("damaged"), find("unmanifested"));
        assert_eq!(short.due_at.duration_since(short.occurred_at), SignedDuration::from_hours(24 * 30));

        // Ten are lost: written off, and nothing waits for them any more.
        site.app.variance_resolve(short.code.as_str(), Resolution::Lost, &actor()).await.unwrap();
        assert!(site.app.variance_resolve(short.code.as_str(), Resolution::Found, &actor()).await.is_err());
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "H").await, 0);
        assert_eq!(site.open_of("O-1").await, 285);
        site.app.variance_resolve(damaged.code.as_str(), Resolution::WrittenOff, &actor()).await.unwrap();

        // What nobody knows is counted blind by two before it may be used.
        let name = crates.code.as_str();
        let refused =
            site.app.variance_identify(name, "vest", &Named::default(), &actor()).await.unwrap_err().to_string();
        assert!(refused.contains("blind-count-missing"), "{refused}");
        site.app.variance_count(name, (40, "in the dark"), None, &actor()).await.unwrap();
        site.app.variance_count(name, (41, ""), None, &actor()).await.unwrap();
        let own = site.app.variance(&viewer(), name).await.unwrap();
        assert_eq!((own.agreed, own.counted_by), (None, 1), "nobody agrees with themselves");
        let (other, third) = (Viewer::operator("second"), Viewer::operator("third"));
        assert!(
            site.app.variance(&other, name).await.unwrap().counts.is_empty(),
            "the second does not see the first count"
        );
        site.app.variance_count(name, (42, ""), None, &muster_app::Actor::new(other.clone(), "count")).await.unwrap();
        site.app.variance_count(name, (41, ""), None, &muster_app::Actor::new(third, "count")).await.unwrap();
        let shown = site.app.variance(&other, name).await.unwrap();
        assert_eq!((shown.agreed, shown.counted_by, shown.counts.len()), (Some(41), 3, 4));
        site.app.variance_identify(name, "vest", &Named::default(), &actor()).await.unwrap();
        site.app.variance_resolve(name, Resolution::Accepted, &actor()).await.unwrap();
        let late = Filter { late_at: Some(jiff::Timestamp::MAX), ..Filter::default() };
        assert_eq!(site.app.consignments(&viewer(), &late, 10).await.unwrap().len(), 1);
        site.verifies().await;
    }
}

#[tokio::test]
async fn missing_goods_that_come_later_go_on_their_way() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let done = site.arrive(&code, &counted(1, 290, 0)).await;
        site.depart(&code).await;
        site.app.variance_resolve(done.variances[0].as_str(), Resolution::Found, &actor()).await.unwrap();
        assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 10);
        let new = New { from: "H".into(), lines: vec![of_plan(vests, Some(10))], ..New::default() };
        let after = site.app.consignment_make(&new, &actor()).await.unwrap();
        site.ready(after.as_str()).await;
        site.depart(after.as_str()).await;
        assert_eq!(site.held("O-1", AccountPurpose::InTransit, "P").await, 300);
    }
}

#[tokio::test]
async fn what_is_missing_is_resolved_though_the_rest_took_another_way() {
    for engine in ENGINES {
        for resolution in [Resolution::Lost, Resolution::Found] {
            for turn in ["title", "back"] {
                let (site, vests, _) = planned(engine).await;
                let code = site.make(vec![of_plan(vests, None)]).await;
                site.ready(&code).await;
                site.depart(&code).await;
                let done = site.arrive(&code, &counted(1, 290, 0)).await;
                if turn == "title" {
                    site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await.unwrap();
                } else {
                    assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
                    site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap();
                }
                let short = done.variances[0].as_str();
                site.app.variance_resolve(short, resolution, &actor()).await.unwrap();
                let found = if resolution == Resolution::Found { 10 } else { 0 };
                let bound = if turn == "title" { 290 } else { 0 };
                let state = site.app.picture(&viewer()).await.unwrap().requirements["R-1"].state;
                assert_ne!(state, RequirementState::Matched, "{turn} {resolution}: what is found is stock");
                assert_eq!(site.held("O-1", AccountPurpose::InTransit, "H").await, 0, "{turn} {resolution}");
                assert_eq!(site.held("O-1", AccountPurpose::OnHand, "H").await, 290 + found, "{turn} {resolution}");
                assert_eq!(site.open_of("O-1").await, bound, "{turn} {resolution}");
                site.depart(&code).await;
                site.arrive(&code, &all_there()).await;
                let there = if turn == "title" { "P" } else { "D" };
                assert_eq!(site.held("O-1", AccountPurpose::OnHand, there).await, 290, "{turn} {resolution}");
                site.verifies().await;
            }
        }
    }
}

#[tokio::test]
async fn what_is_missing_for_thirty_days_was_taken_to_the_mission_and_to_the_nation_that_gave_it() {
    for engine in ENGINES {
        // Somebody else keeps the hub than who gave the goods.
        let kept = planned_of(engine, |name, text| match name {
            "parties.csv" => format!("{text}\nOP,Operator,operator,POL,,test,yes"),
            "places.csv" => text.replace("H,Hub,hub,POL,,51,22,,,,", "H,Hub,hub,POL,,51,22,,,OP,"),
            _ => text.to_owned(),
        });
        let (site, vests, trucks) = kept.await;
        let (japan, poland) = (
            site.member("japan", "JPN", Role::DonorLiaison).await,
            site.member("poland", "POL", Role::DonorLiaison).await,
        );
        let staff = site.member("staff", "POL", Role::Coordinator).await;
        let events = ["variance.escalated".to_owned()];
        let hook = site.app.webhook_put("x", "https://example.org", &events, &japan).await.unwrap().0.code.to_string();
        let mut short = Vec::new();
        for line in [vests, trucks] {
            let code = site.make(vec![of_plan(line, None)]).await;
            site.ready(&code).await;
            site.depart(&code).await;
            if line == vests {
                short = site.arrive(&code, &counted(1, 285, 5)).await.variances;
            }
        }
        let [missing, hurt] = [0, 1].map(|n| short[n].to_string());
        let variance = site.app.variance(&viewer(), &missing).await.unwrap().variance;
        let hub = site.member("hub", variance.holder.as_str(), Role::HubOperator).await;
        // Who is to have the goods sees what is wrong with them, too, and gave none of them.
        let code = variance.consignment.unwrap();
        let unit = site.app.consignment_shown(&viewer(), code.as_str()).await.unwrap().head.consignee;
        let unit = site.member("unit", unit.as_str(), Role::RequirementsOfficer).await;
        assert_eq!(site.app.variances(&unit.viewer, &VarianceFilter::default(), 10).await.unwrap().len(), 2);
        let found = site.app.now();
        let after = |days: i64| (found + SignedDuration::from_hours(24 * days)).to_string();
        let waiting = async |days: i64| {
            let app = site.at(&after(days)).await;
            let mut all = Vec::new();
            for who in [&hub, &staff, &japan, &poland, &unit] {
                all.push(app.variances_waiting(&who.viewer, 10).await.unwrap().len());
            }
            all
        };
        assert_eq!(waiting(14).await, [2, 0, 0, 0, 0], "who holds it looks for it");
        assert_eq!(waiting(15).await, [2, 2, 0, 0, 0], "the mission decides");
        assert_eq!(waiting(30).await, [2, 2, 2, 0, 0], "nobody has decided: the nation whose goods they are");

        let escalated = async |days: i64| site.at(&after(days)).await.variances_escalate(&actor()).await.unwrap();
        assert_eq!(escalated(14).await, 0);
        assert_eq!((escalated(16).await, escalated(17).await), (2, 0), "once");
        let late = site.at(&after(20)).await;
        late.variance_resolve(&hurt, Resolution::WrittenOff, &actor()).await.unwrap();
        assert_eq!(late.variance(&viewer(), &hurt).await.unwrap().waits_for, None);
        // Nobody looked for long, as after a break of the server: it is told as soon as somebody does.
        assert_eq!(escalated(301).await, 1);
        let late = site.at(&after(302)).await;
        let shown = late.variance(&japan.viewer, &missing).await.unwrap();
        assert_eq!(shown.waits_for, Some(Escalation::Nations));
        let at = |days: i64| found + SignedDuration::from_hours(24 * days);
        assert_eq!(shown.escalations, [(Escalation::Mission, at(16)), (Escalation::Nations, at(301))]);
        let due_by = Some(Escalation::Nations.due_by(late.now()));
        let overdue = VarianceFilter { due_by, ..VarianceFilter::default() };
        let overdue = late.variances(&viewer(), &overdue, 10).await.unwrap();
        assert_eq!(overdue.iter().map(|one| one.variance.code.as_str()).collect::<Vec<_>>(), [&missing]);
        // As of a day, by the clock of that day: what was found later, or ended later, is not known yet.
        let then = async |days: i64| {
            let moment = at(days);
            let as_of = Some(AsOf { occurred: moment, known: moment });
            let filter = VarianceFilter { open: true, as_of, ..VarianceFilter::default() };
            let found = late.variances(&viewer(), &filter, 10).await.unwrap();
            found
                .into_iter()
                .map(|one| (one.waits_for, one.escalations.len(), one.variance.resolved))
                .collect::<Vec<_>>()
        };
        let open = |level, escalations| (Some(level), escalations, None);
        assert_eq!(then(-1).await, vec![]);
        assert_eq!(then(1).await, vec![open(Escalation::Holder, 0); 2]);
        assert_eq!(then(19).await, vec![open(Escalation::Mission, 1); 2]);
        assert_eq!(then(29).await, vec![open(Escalation::Mission, 1)], "one ended on the 20th day");
        // It is in the journal, and the nation is told.
        while late.webhooks_look().await.unwrap() {}
        let told = late.webhook_deliveries(&japan.viewer, &hook, None, 10).await.unwrap();
        let level = |body: &str| serde_json::from_str::<serde_json::Value>(body).unwrap()["data"]["level"].clone();
        let mut levels: Vec<String> = told.iter().map(|one| level(&one.body).to_string()).collect();
        levels.sort();
        assert_eq!(levels, [r#""mission""#, r#""mission""#, r#""nations""#]);
        site.verifies().await;
    }
}

#[tokio::test]
async fn donors_are_told_by_webhook_what_their_goods_reached_and_what_was_wrong_with_them() {
    for engine in ENGINES {
        let (site, vests, trucks) = planned(engine).await;
        let events = ["consignment.milestone_reached", "variance.found", "variance.resolved"].map(str::to_owned);
        let mut hooks = Vec::new();
        for (name, party) in [("japan", "JPN"), ("poland", "POL")] {
            let account =
                Account { name: name.into(), party: party.into(), roles: [Role::DonorLiaison].into(), disabled: false };
            site.app.put_user(&account, None, &actor()).await.unwrap();
            let picture = site.app.picture(&viewer()).await.unwrap();
            let party = muster_domain::code::Code::new(party).unwrap();
            let own = Viewer::member(name.into(), party, [Role::DonorLiaison].into(), &picture);
            let asker = Actor::new(own.clone(), "told");
            let put = site.app.webhook_put("x", "https://example.org", &events, &asker);
            hooks.push((own, put.await.unwrap().0.code.to_string()));
        }
        let code = site.make(vec![of_plan(vests, None)]).await;
        let other = site.make(vec![of_plan(trucks, None)]).await;
        for code in [&code, &other] {
            site.ready(code).await;
            site.depart(code).await;
        }
        let short = site.arrive(&code, &counted(1, 290, 0)).await;
        while site.app.webhooks_look().await.unwrap() {}
        site.app.variance_resolve(short.variances[0].as_str(), Resolution::Found, &actor()).await.unwrap();
        while site.app.webhooks_look().await.unwrap() {}
        let mut told = Vec::new();
        for (viewer, hook) in &hooks {
            let all = site.app.webhook_deliveries(viewer, hook, None, 100).await.unwrap();
            let body = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["data"].clone();
            let mut said: Vec<String> = all
                .iter()
                .map(|one| body(&one.body))
                .map(|data| match data["variance"].is_string() {
                    true if data["resolution"].is_string() => format!("resolved: {}", data["resolution"]),
                    true => format!("{} of {}: {}", data["kind"], data["consignment"], data["quantity"]),
                    false => format!("{} {}", data["consignment"], data["milestone"]),
                })
                .map(|said| said.replace('"', "").replace(&code, "vests").replace(&other, "trucks"))
                .collect();
            said.sort();
            told.push(said);
        }
        assert_eq!(
            told[0],
            [
                "resolved: found",
                "short of vests: 10",
                "vests arrived_at_node",
                "vests arrived_at_node",
                "vests departed",
                "vests readied"
            ]
        );
        assert_eq!(told[1], ["trucks departed", "trucks readied"]);
    }
}

#[tokio::test]
async fn what_was_found_and_counted_days_ago_is_dated_then() {
    for engine in ENGINES {
        let site = workshop(engine).await;
        let app = &site.app;
        let ago = |hours: i64| Some(app.now() - SignedDuration::from_hours(hours));
        let thing = Unmanifested { description: "crates".into(), quantity: 3, ..Unmanifested::default() };
        let code = app.report_unmanifested("W", &thing, ago(72), &actor()).await.unwrap();
        let shown = app.variance(&viewer(), code.as_str()).await.unwrap().variance;
        assert_eq!(Some(shown.occurred_at), ago(72));
        assert_eq!(shown.due_at.duration_since(shown.occurred_at), SignedDuration::from_hours(24 * 30));
        let early = app.variance_count(code.as_str(), (3, ""), ago(73), &actor()).await.unwrap_err();
        assert!(early.to_string().contains("count-before-variance"), "{early}");
        app.variance_count(code.as_str(), (3, ""), ago(48), &actor()).await.unwrap();
        let shown = app.variance(&viewer(), code.as_str()).await.unwrap();
        assert_eq!(Some(shown.counts[0].counted_at), ago(48));
        let late = app.report_unmanifested("W", &thing, ago(-1), &actor()).await.unwrap_err();
        assert!(late.to_string().contains("ledger-in-future"), "{late}");
        site.verifies().await;
    }
}
