//! Photographs and papers: who keeps them, how much of them, and what becomes of those that nothing names.

use muster_app::Error;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;

use crate::{
    repair::says,
    small::{Site, actor, site, viewer},
    transfer::{of_plan, planned},
};

const JPEG: &str = "image/jpeg";

impl Site {
    async fn picture(&self, n: u8) -> String {
        self.app.attach(JPEG, &[0xff, 0xd8, 0xff, n], &actor()).await.unwrap()
    }
}

#[tokio::test]
async fn what_nothing_names_for_a_month_is_thrown_away_and_what_something_names_never() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        let note = async |app: &muster_app::App, hash: &str| {
            app.consignment_note(&code, "look", &[hash.to_owned()], &actor()).await
        };
        let (named, lone, sent_again, late) =
            (site.picture(1).await, site.picture(2).await, site.picture(3).await, site.picture(4).await);
        note(&site.app, &named).await.unwrap();
        assert_eq!(site.app.attachments_sweep(&actor()).await.unwrap(), 0);
        // On the thirtieth day a phone may still name what it sent; what is sent once more has its days anew.
        let soon = site.at("2026-10-16T11:00:00Z").await;
        assert_eq!(soon.attach(JPEG, &[0xff, 0xd8, 0xff, 3], &actor()).await.unwrap(), sent_again);
        note(&soon, &late).await.unwrap();
        assert_eq!(soon.attachments_sweep(&actor()).await.unwrap(), 0);
        // After that nothing may name it, and a day later it is gone.
        let over = site.at("2026-10-16T13:00:00Z").await;
        says(note(&over, &lone).await, "attachment-not-kept");
        assert_eq!(over.attachments_sweep(&actor()).await.unwrap(), 0);
        let gone = site.at("2026-10-17T13:00:00Z").await;
        assert_eq!(gone.attachments_sweep(&actor()).await.unwrap(), 1);
        assert_eq!(gone.attachments_sweep(&actor()).await.unwrap(), 0);
        note(&gone, &sent_again).await.unwrap();
        // What something names stays, however old it is, and may be named again.
        let years = site.at("2029-01-01T00:00:00Z").await;
        assert_eq!(years.attachments_sweep(&actor()).await.unwrap(), 0);
        note(&years, &named).await.unwrap();
        for (hash, there) in [(&named, true), (&late, true), (&sent_again, true), (&lone, false)] {
            let kept = years.consignment_attachment(&viewer(), &code, hash).await;
            assert_eq!(kept.is_ok(), there, "{hash}");
        }
        site.verifies().await;
    }
}

#[tokio::test]
async fn who_records_nothing_that_takes_evidence_keeps_none() {
    for engine in ENGINES {
        let site = site(engine).await;
        site.filled().await;
        let auditor = site.member("ada", "UKR", Role::Auditor).await;
        let refused = site.app.attach(JPEG, &[0xff, 0xd8, 0xff, 1], &auditor).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        let hub = site.member("omar", "UKR", Role::HubOperator).await;
        site.app.attach(JPEG, &[0xff, 0xd8, 0xff, 1], &hub).await.unwrap();
    }
}
