//! Gates that were opened with authority are listed for who sees what they were opened for.

use muster_app::{
    Actor,
    storage::transfer::opened::{Opened, OpenedFilter},
};
use muster_domain::{gate::Gate, role::Role, viewer::Viewer};
use muster_testkit::database::ENGINES;

use crate::{
    small::{Site, viewer},
    transfer::{of_plan, planned},
};

async fn listed(site: &Site, who: &Viewer, filter: OpenedFilter) -> Vec<Opened> {
    site.app.overrides(who, &filter, 100).await.unwrap()
}

#[tokio::test]
async fn gates_that_were_opened_are_listed_as_each_consignment_shows_them() {
    for engine in ENGINES {
        let (site, vests, trucks) = planned(engine).await;
        // Of two donors.
        let mut codes = Vec::new();
        for lines in
            [of_plan(vests, Some(10)), of_plan(trucks, Some(1)), of_plan(vests, Some(20))].map(|line| vec![line])
        {
            let code = site.make(lines).await;
            site.ready(&code).await;
            site.depart(&code).await;
            codes.push(code);
        }
        let members: Vec<Actor> = vec![
            site.member("japan", "JPN", Role::DonorLiaison).await,
            site.member("poland", "POL", Role::DonorLiaison).await,
            site.member("unit", "UKR", Role::RequirementsOfficer).await,
        ];
        let everything = viewer();
        for who in members.iter().map(|actor| &actor.viewer).chain([&everything]) {
            let mut shown = Vec::new();
            for code in &codes {
                if let Ok(consignment) = site.app.consignment_shown(who, code).await {
                    shown.extend(consignment.overrides.into_iter().map(|one| (code.clone(), one)));
                }
            }
            let all = listed(&site, who, OpenedFilter::default()).await;
            let mut told: Vec<_> = all.iter().map(|one| (one.consignment.to_string(), one.gate.clone())).collect();
            let key = |(code, one): &(String, muster_app::storage::transfer::Override)| {
                (code.clone(), one.recorded_at, one.line, one.gate, format!("{:?}", one.entry))
            };
            shown.sort_by_key(key);
            told.sort_by_key(key);
            assert_eq!(told, shown, "{}", who.name);
            // One after the other, each once.
            let (mut one_by_one, mut after) = (Vec::new(), None);
            loop {
                let filter = OpenedFilter { after: after.take(), ..OpenedFilter::default() };
                let page = site.app.overrides(who, &filter, 1).await.unwrap();
                let Some(last) = page.last() else { break };
                after = Some(last.place());
                one_by_one.extend(page);
            }
            assert_eq!(one_by_one, all);
        }
        let all = listed(&site, &everything, OpenedFilter::default()).await;
        assert!(!all.is_empty(), "the caveats' gate was opened");
        let of = |gate| OpenedFilter { gate: Some(gate), ..OpenedFilter::default() };
        assert_eq!(listed(&site, &everything, of(Gate::Clearance)).await, all);
        assert_eq!(listed(&site, &everything, of(Gate::Segregation)).await, vec![]);
        let by = |name: &str| OpenedFilter { actor: Some(name.into()), ..OpenedFilter::default() };
        assert_eq!(listed(&site, &everything, by(&all[0].gate.actor)).await, all);
        assert_eq!(listed(&site, &everything, by("nobody")).await, vec![]);
        let until = |to| OpenedFilter { to: Some(to), ..OpenedFilter::default() };
        assert_eq!(listed(&site, &everything, until(all[0].gate.recorded_at)).await, all);
        let before = all[all.len() - 1].gate.recorded_at - jiff::SignedDuration::from_secs(1);
        assert_eq!(listed(&site, &everything, until(before)).await, vec![]);
        site.verifies().await;
    }
}
