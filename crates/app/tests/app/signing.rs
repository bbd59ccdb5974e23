//! What was signed is of one handover alone, and what is odd about who signed is told.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signer as _, SigningKey};
use muster_app::{
    Actor,
    transfer::{
        custody::{Circumstances, Conveyance, Done},
        handover::{Means, Signed, Signer},
        receipt::Told,
    },
};
use muster_domain::{consignment::Milestone, gate::Gate, viewer::Viewer};
use muster_testkit::database::ENGINES;

use crate::{
    redirection::way_back,
    small::{Site, actor, viewer},
    transfer::{all_there, of_plan, planned},
};

pub(crate) fn by(name: &str, means: Means) -> Signer {
    Signer { name: name.into(), party: String::new(), means }
}

impl Site {
    pub(crate) async fn leaves(&self, code: &str, from: Signer, to: Signer, text: &str) -> Result<Done, String> {
        let on = Conveyance { carrier: "Carrier".into(), conveyance: "PL 1".into(), ..Conveyance::default() };
        let signed = Signed { from, to, text: text.to_owned(), photos: Vec::new() };
        let how = Circumstances { overrides: vec![Gate::Clearance], signed: Some(signed), ..Circumstances::default() };
        let done = self.app.consignment_depart(code, &on, &how, &actor()).await;
        done.map_err(|error| error.to_string())
    }

    pub(crate) async fn with_pin(&self, name: &str, party: &str) {
        self.hub_operator(name, party).await;
        self.app.set_pin("135790", &Actor::new(Viewer::operator(name), "my PIN")).await.unwrap();
    }
}

#[tokio::test]
async fn what_keys_signed_is_of_one_handover_alone() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.with_pin("driver", "POL").await;
        site.hub_operator("keeper", "JPN").await;
        let device = SigningKey::from_bytes(&[7; 32]);
        let public = BASE64.encode(device.verifying_key().as_bytes());
        let own = Actor::new(Viewer::operator("keeper"), "my key");
        let key = site.app.add_signing_key(&public, "phone", None, &own).await.unwrap();
        let departs = async |text: &str| {
            let signature = BASE64.encode(device.sign(text.as_bytes()).to_bytes());
            let keeper = by("keeper", Means::Key { key: key.clone(), signature });
            site.leaves(&code, keeper, by("driver", Means::Pin("135790".into())), text).await
        };
        let (milestone, all) = (Milestone::Departed, all_there());
        let text = site.app.handover_text(&viewer(), &code, milestone, &all, None).await.unwrap();
        for (told, lacking) in [(",\"place\":\"D\"", "place"), ("\"at\":", "at")] {
            let other = text.replace(told, if lacking == "at" { "\"then\":" } else { "" });
            assert_ne!(other, text, "{text}");
            let refused = departs(&other).await.unwrap_err();
            assert!(refused.contains("signed-text-lacks") && refused.contains(lacking), "{refused}");
        }
        assert_eq!(departs(&text).await.unwrap().warnings.len(), 1, "that the gate was opened, and nothing else");
        site.arrive(&code, &all).await;
        // At the hub the same goods leave in the same number, and those who signed are not there.
        let elsewhere = departs(&text).await.unwrap_err();
        assert!(elsewhere.contains("signed-text-differs") && elsewhere.contains("place"), "{elsewhere}");
        site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap();
        site.depart(&code).await;
        site.arrive(&code, &all).await;
        site.app.consignment_redirect(&code, ("H", &[], None), &actor()).await.unwrap();
        let again = departs(&text).await.unwrap_err();
        assert!(again.contains("signed-before"), "{again}");
        // Of a phone whose clock is wrong the text keeps the time: that is told.
        let at = Some("2026-09-16T09:00:00Z".parse().unwrap());
        let early = site.app.handover_text(&viewer(), &code, milestone, &all, at).await.unwrap();
        let told = departs(&early).await.unwrap().warnings;
        assert!(told.iter().any(|said| said.key == "signed-at-other-time"), "{told:?}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn that_both_who_signed_are_of_one_party_or_strangers_is_told() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        for (name, party) in [("one", "JPN"), ("two", "JPN"), ("strange", "POL")] {
            site.with_pin(name, party).await;
        }
        for (from, to, said) in [
            ("one", "two", &["signed-by-one-party"][..]),
            ("one", "strange", &[]),
            ("strange", "strange", &["signed-by-one-party", "signed-by-strangers"]),
        ] {
            let code = site.make(vec![of_plan(vests, Some(10))]).await;
            site.ready(&code).await;
            let pin = || Means::Pin("135790".into());
            let (from, to) = match from == to {
                true => {
                    site.with_pin("stranger", "POL").await;
                    (by(from, pin()), by("stranger", pin()))
                }
                false => (by(from, pin()), by(to, pin())),
            };
            let done = site.leaves(&code, from, to, "").await.unwrap();
            let odd: Vec<&str> =
                done.warnings.iter().map(|said| said.key).filter(|key| key.starts_with("signed")).collect();
            assert_eq!(odd, said);
            let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
            assert_eq!(Told::of(&shown.handovers[0]).doubts.len(), said.len(), "it stands in the receipt");
        }
    }
}
