//! What can be made up of accepted plans, page by page.

use muster_app::transfer::proposal::{Ahead, ProposedLine};
use muster_testkit::database::ENGINES;

use crate::{small::viewer, transfer::planned};

#[tokio::test]
async fn what_plans_are_to_move_from_a_place_is_the_same_page_by_page() {
    for engine in ENGINES {
        let (site, ..) = planned(engine).await;
        let sorted = |mut lines: Vec<ProposedLine>| {
            lines.sort_by_key(|line| (line.plan.clone(), line.line));
            lines
        };
        let all = site.app.proposals(&viewer(), "D", &Ahead::default()).await.unwrap();
        assert_eq!(all.next, None);
        let all = sorted(all.found.into_iter().flat_map(|proposal| proposal.lines).collect());
        let (mut ahead, mut lines) = (Ahead { limit: 1, ..Ahead::default() }, Vec::new());
        loop {
            let page = site.app.proposals(&viewer(), "D", &ahead).await.unwrap();
            lines.extend(page.found.into_iter().flat_map(|proposal| proposal.lines));
            let Some(next) = page.next else { break };
            ahead.from = next;
        }
        assert!(all.len() > 1 && sorted(lines.clone()) == all, "{lines:?}");
    }
}
