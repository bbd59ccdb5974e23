//! What was written down wrong is put right, and what it was before stays.

use muster_app::{
    Actor, Error,
    storage::transfer::{Write, corrected::Correction, tell::LegFilter},
    transfer::conveyed::Right,
};
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;

use crate::{
    repair::says,
    small::{actor, viewer},
    transfer::{of_plan, planned},
};

fn right(carrier: &str, conveyance: &str) -> Right {
    Right { carrier: carrier.into(), conveyance: conveyance.into() }
}

#[tokio::test]
async fn a_carrier_or_conveyance_that_was_written_down_wrong_is_put_right() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        let movement = site.depart(&code).await.movement.unwrap().to_string();
        let movement = movement.as_str();
        let correct = async |right: &Right, who: &Actor| site.app.movement_correct(movement, right, who).await;
        let because = |reason: &str, key: &str| Actor { key: Some(key.into()), ..Actor::new(viewer(), reason) };
        says(correct(&right(" ", ""), &actor()).await, "movement-says-so");
        says(correct(&right("Carrier", "PL 12345"), &actor()).await, "movement-says-so");
        says(correct(&right("", "PL 54321"), &Actor::new(viewer(), " ")).await, "reason");
        // Whoever moves nothing on it does not put it right; to who sees nothing on it, it is not there.
        let ukraine = site.member("ukraine", "UKR", Role::RequirementsOfficer).await;
        let denied = correct(&right("", "PL 54321"), &ukraine).await;
        assert!(matches!(denied, Err(Error::Denied(_))), "{denied:?}");
        let poland = site.member("poland", "POL", Role::DonorLiaison).await;
        let unseen = correct(&right("", "PL 54321"), &poland).await;
        assert!(matches!(unseen, Err(Error::NotFound { what: "movement", .. })), "{unseen:?}");
        let shown = site.app.movement_shown(&viewer(), movement).await.unwrap();
        assert!(site.app.may_correct(&viewer(), &shown).await.unwrap());
        assert!(!site.app.may_correct(&ukraine.viewer, &shown).await.unwrap());
        correct(&right("", "PL 54321"), &because("digits were turned", "one")).await.unwrap();
        // The same request is done once, and its key is for nothing else.
        correct(&right("", "PL 54321"), &because("digits were turned", "one")).await.unwrap();
        says(correct(&right("Other", ""), &because("digits were turned", "one")).await, "key-used");
        let japan = site.member("japan", "JPN", Role::DonorLiaison).await;
        correct(&right("Other", ""), &japan).await.unwrap();
        let shown = site.app.movement_shown(&viewer(), movement).await.unwrap();
        let now = (shown.movement.carrier.as_str(), shown.movement.conveyance.as_str());
        assert_eq!(now, ("Other", "PL 54321"));
        let was = |one: &Correction| (one.carrier.clone(), one.conveyance.clone(), one.reason.clone());
        let told: Vec<_> = shown.corrections.iter().map(was).collect();
        let [one, other] = [("PL 12345", "digits were turned"), ("PL 54321", "a test")]
            .map(|(conveyance, reason)| ("Carrier".to_owned(), conveyance.to_owned(), reason.to_owned()));
        assert_eq!(told, [one, other]);
        // Lists and the consignment itself say what is right.
        let legs = site.app.legs(&viewer(), &LegFilter::default(), None, 10).await.unwrap();
        assert_eq!(legs[0].movement.conveyance, "PL 54321");
        let of_it = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        assert!(of_it.json().to_string().contains("PL 54321"));
        // Of two at the same moment one is told that the other was faster.
        let before = shown.corrections[0].clone();
        site.too_late(Write::MovementCorrected(shown.movement, before), "transfer-changed").await;
        site.verifies().await;
    }
}
