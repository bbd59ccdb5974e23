//! What was signed is of one handover alone, and what is odd about who signed is told.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signer as _, SigningKey};
use muster_app::{
    Actor,
    storage::transfer::tell::Filter,
    transfer::{
        count::Count,
        custody::{Circumstances, Conveyance, Done},
        handover::{Means, Signed, Signer},
        receipt::Told,
        unmanifested::Unmanifested,
    },
};
use muster_domain::{consignment::Milestone, gate::Gate, viewer::Viewer};
use muster_testkit::database::ENGINES;

use crate::{
    redirection::way_back,
    small::{Site, actor, viewer},
    transfer::{all_there, counted, of_plan, planned},
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

#[tokio::test]
async fn two_sign_later_for_what_was_counted_then() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        site.with_pin("one", "JPN").await;
        site.with_pin("driver", "POL").await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        site.depart(&code).await;
        let thing = Unmanifested { description: "a crate".into(), quantity: 2, ..Unmanifested::default() };
        let count = Count { unmanifested: vec![thing], ..counted(1, 290, 4) };
        site.arrive(&code, &count).await;
        site.app.consignment_redirect(&code, ("P", &[], Some("R-1")), &actor()).await.unwrap();
        let pin = |name: &str| by(name, Means::Pin("135790".into()));
        let signed = |from, to| Signed { from, to, text: String::new(), photos: Vec::new() };
        let both = || Some(signed(pin("driver"), pin("one")));
        let how = |signed| Circumstances { signed, remark: "on paper at the gate".into(), ..Circumstances::default() };
        let sign = async |number, how: &Circumstances, actor: &Actor| {
            let done = site.app.consignment_sign(&code, number, how, actor).await;
            done.map_err(|error| error.to_string())
        };
        for (number, given, said) in [
            (3, how(None), "sign-later-nobody"),
            (1, how(both()), "sign-later-no-custody"),
            (9, how(both()), "milestone"),
            (0, how(both()), "milestone"),
            (3, how(Some(signed(by("driver", Means::Pin("1".into())), pin("one")))), "pin-wrong"),
            (3, how(Some(signed(pin("one"), pin("one")))), "two-must-sign"),
        ] {
            let refused = sign(number, &given, &actor()).await.unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
        // Who has nothing to do with it has nobody sign for it.
        let poland = crate::epcis::member(&site, "driver", "POL", muster_domain::role::Role::HubOperator).await;
        assert!(sign(3, &how(both()), &Actor::new(poland, "mine")).await.is_err());
        let keyed = Actor { key: Some("later".into()), ..actor() };
        let done = sign(3, &how(both()), &keyed).await.unwrap();
        assert!(sign(3, &how(both()), &keyed).await.unwrap().repeated);
        assert!(done.warnings.iter().any(|said| said.key == "signed-later"), "{:?}", done.warnings);
        let refused = sign(3, &how(both()), &actor()).await.unwrap_err();
        assert!(refused.contains("sign-later-signed"), "{refused}");
        // They signed for what was counted at the hub, whatever became of it since.
        let handover = done.handover.unwrap();
        let receipt = site.app.receipt(&viewer(), handover.as_str()).await.unwrap();
        let said = &receipt["statement"];
        assert_eq!((&said["milestone"], &said["place"]), (&"arrived_at_node".into(), &"H".into()));
        let line = &said["lines"][0];
        let counts = ["stated", "counted", "damaged", "short"].map(|name| line[name].as_i64().unwrap());
        assert_eq!(counts, [300, 290, 4, 6]);
        assert_eq!(said["unmanifested"][0]["description"], "a crate");
        assert!(said["doubts"].as_array().unwrap().contains(&"later".into()), "{said}");
        assert_eq!(muster_app::sealed::check(&receipt, None).unwrap().len(), 2);
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        assert_eq!((shown.unsigned, shown.handovers.len()), (vec![2], 1));
        // The departure is signed for, too: nothing was counted then.
        let done = sign(2, &how(both()), &actor()).await.unwrap();
        let receipt = site.app.receipt(&viewer(), done.handover.unwrap().as_str()).await.unwrap();
        assert_eq!(receipt["statement"]["lines"][0]["counted"], 300);
        let unsigned = Filter { unsigned: true, ..Filter::default() };
        assert_eq!(site.app.consignments(&viewer(), &unsigned, 10).await.unwrap(), []);
        site.verifies().await;
    }
}
