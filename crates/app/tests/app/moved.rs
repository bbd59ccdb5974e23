//! What a need gets is what is still to come or has come: what was lost, or went elsewhere, is neither planned nor on its way.

use muster_app::{report::By, transfer::custody::Circumstances};
use muster_domain::variance::Resolution;
use muster_testkit::database::ENGINES;

use crate::{
    beyond::{goes_on, to_hub},
    main_job::row,
    redirection::way_back,
    small::{Site, actor, viewer},
    transfer::{counted, planned},
};

/// Units planned, dispatched and received of the vests' need.
async fn figures(site: &Site) -> (i64, i64, i64) {
    let row = row(site, "R-1").await;
    (row.planned.units, row.dispatched.units, row.received.units)
}

#[tokio::test]
async fn what_was_lost_or_sent_elsewhere_is_not_on_its_way() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        assert_eq!(figures(&site).await, (300, 0, 0));
        let code = to_hub(&site, vests, 100).await;
        assert_eq!(figures(&site).await, (300, 100, 0));
        let done = site.arrive(&code, &counted(1, 90, 0)).await;
        assert_eq!(figures(&site).await, (300, 100, 0), "nobody has decided yet that ten are lost");
        site.app.variance_resolve(done.variances[0].as_str(), Resolution::Lost, &actor()).await.unwrap();
        assert_eq!(figures(&site).await, (290, 90, 0));
        site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap();
        assert_eq!(figures(&site).await, (200, 0, 0));
        let donors = site.app.report(&viewer(), By::Donor, None, None).await.unwrap();
        assert!(donors.rows.iter().all(|row| row.dispatched.tonnes <= row.planned.tonnes), "{donors:?}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_goes_on_from_a_hub_is_counted_once() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = to_hub(&site, vests, 100).await;
        site.arrive(&code, &counted(1, 100, 0)).await;
        assert_eq!(figures(&site).await, (300, 100, 0));
        site.app
            .consignment_receive(&code, &crate::transfer::all_there(), &Circumstances::default(), &actor())
            .await
            .unwrap();
        goes_on(&site, vests).await;
        assert_eq!(figures(&site).await, (300, 100, 100));
        site.verifies().await;
    }
}
