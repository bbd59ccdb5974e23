//! Phones at a hub: a phone's token and the key by which it signs are one device, and are revoked in one act.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signer as _, SigningKey};
use muster_app::{
    Actor, sealed,
    storage::{transfer::Passkey, user::Token},
    transfer::{
        custody::{Circumstances, Conveyance},
        handover::{Means, Signed, Signer},
        signing::Revoked,
    },
};
use muster_domain::{consignment::Milestone, gate::Gate, role::Role, viewer::Viewer};
use muster_testkit::{database::ENGINES, passkey::Browser};

use crate::{
    small::{Site, actor, viewer},
    transfer::{all_there, of_plan, planned},
};

fn own(name: &str) -> Actor {
    Actor::new(Viewer::operator(name), "my phone")
}

/// A phone of somebody: its token with its secret, its key and the key's name.
struct Phone {
    token: Token,
    secret: String,
    device: SigningKey,
    key: String,
}

async fn phone(site: &Site, of: &str, seed: u8) -> Phone {
    let (token, secret) = site.app.grant_token("Hub phone H", true, 90, &own(of)).await.unwrap();
    let device = SigningKey::from_bytes(&[seed; 32]);
    let public = BASE64.encode(device.verifying_key().as_bytes());
    let key = site.app.add_signing_key(&public, "Hub phone H", Some(token.code.as_str()), &own(of)).await.unwrap();
    Phone { token, secret, device, key }
}

impl Phone {
    fn signs(&self, text: &str) -> Means {
        Means::Key { key: self.key.clone(), signature: BASE64.encode(self.device.sign(text.as_bytes()).to_bytes()) }
    }

    fn whole(&self) -> Revoked {
        Revoked { token: Some(self.token.code.clone()), keys: vec![self.key.clone()] }
    }

    /// Whether requests with its token are taken, and whether its key signs.
    async fn counts(&self, site: &Site) -> (bool, bool) {
        let keys = site.app.signing_keys(&self.token.user, &actor()).await.unwrap();
        let key = keys.iter().find(|key| key.id == self.key).unwrap();
        (site.app.token(&self.secret).await.unwrap().is_some(), key.revoked_at.is_none())
    }
}

#[tokio::test]
async fn a_phone_that_was_lost_neither_sends_nor_signs_once_its_token_is_revoked() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let code = site.make(vec![of_plan(vests, None)]).await;
        site.ready(&code).await;
        for (name, party) in [("keeper", "JPN"), ("driver", "POL")] {
            site.hub_operator(name, party).await;
        }
        site.app.set_pin("135790", &own("driver")).await.unwrap();
        let lost = phone(&site, "keeper", 7).await;
        let browser = Browser::new(1, "muster.example");
        let known = Passkey { credential: browser.credential(), relying_party: "muster.example".into() };
        site.app.add_passkey(&browser.public_key(), known, "security key", &own("keeper")).await.unwrap();
        let signed = |text: &str| {
            let by = |name: &str, means| Signer { name: name.into(), party: String::new(), means };
            let driver = by("driver", Means::Pin("135790".into()));
            Signed { from: by("keeper", lost.signs(text)), to: driver, text: text.to_owned(), photos: vec![] }
        };
        let text = site.app.handover_text(&viewer(), &code, Milestone::Departed, &all_there(), None).await.unwrap();
        let on = Conveyance { carrier: "Carrier".into(), conveyance: "PL 1".into(), ..Conveyance::default() };
        let how = |text: &str| Circumstances {
            overrides: vec![Gate::Clearance],
            signed: Some(signed(text)),
            ..Circumstances::default()
        };
        let left = site.app.consignment_depart(&code, &on, &how(&text), &actor()).await.unwrap();

        let revoked = site.app.revoke_token("keeper", lost.token.code.as_str(), &own("keeper")).await.unwrap();
        assert_eq!(revoked, lost.whole());
        assert_eq!(lost.counts(&site).await, (false, false));
        let keys = site.app.signing_keys("keeper", &own("keeper")).await.unwrap();
        let stays: Vec<_> = keys.iter().filter(|key| key.revoked_at.is_none()).map(|key| key.kind()).collect();
        assert_eq!(stays, ["passkey"], "it stands for itself");
        let (milestone, all) = (Milestone::ArrivedAtNode, all_there());
        let text = site.app.handover_text(&viewer(), &code, milestone, &all, None).await.unwrap();
        let arrived = site.app.consignment_arrive(&code, &all, &how(&text), &actor()).await;
        let refused = arrived.unwrap_err().to_string();
        assert!(refused.contains("signing-key-revoked"), "{refused}");
        let receipt = site.app.receipt(&viewer(), left.handover.unwrap().as_str()).await.unwrap();
        let told = sealed::check(&receipt, None).unwrap();
        assert_eq!(told[0].right, Some(Ok(())), "what was signed before stays valid");
        site.verifies().await;
    }
}

#[tokio::test]
async fn whichever_part_of_a_phone_is_revoked_by_whom_the_other_goes_with_it() {
    for engine in ENGINES {
        let (site, ..) = planned(engine).await;
        for (name, party) in [("keeper", "JPN"), ("driver", "POL")] {
            site.hub_operator(name, party).await;
        }
        let one = phone(&site, "keeper", 1).await;
        let add = async |seed: u8, token: Option<&str>, by: &str| {
            let public = BASE64.encode(SigningKey::from_bytes(&[seed; 32]).verifying_key().as_bytes());
            let added = site.app.add_signing_key(&public, "Hub phone H", token, &own(by)).await;
            added.map_err(|error| error.to_string())
        };
        let token = one.token.code.as_str();
        assert_eq!(add(1, Some(token), "keeper").await.unwrap(), one.key, "twice is once");
        for (seed, token, by, said) in [
            (1, None, "keeper", "key-registered"),
            (9, Some("T-NONE"), "keeper", "key-token-none"),
            (9, Some(token), "driver", "key-token-none"),
        ] {
            let refused = add(seed, token, by).await.unwrap_err();
            assert!(refused.contains(said), "{said}: {refused}");
        }
        let (two, three, four) =
            (phone(&site, "keeper", 2).await, phone(&site, "keeper", 3).await, phone(&site, "keeper", 4).await);
        let alone = add(5, None, "keeper").await.unwrap();
        // By the key, by who keeps the system, and by closing the account.
        assert_eq!(site.app.revoke_signing_key(&two.key, &own("keeper")).await.unwrap(), two.whole());
        assert_eq!(two.counts(&site).await, (false, false));
        assert_eq!(site.app.revoke_token("keeper", three.token.code.as_str(), &actor()).await.unwrap(), three.whole());
        assert_eq!(three.counts(&site).await, (false, false));
        assert_eq!((one.counts(&site).await, four.counts(&site).await), ((true, true), (true, true)), "others go on");
        let account = muster_app::user::Account {
            name: "keeper".into(),
            party: "JPN".into(),
            roles: [Role::HubOperator].into(),
            disabled: true,
        };
        site.app.put_user(&account, None, &actor()).await.unwrap();
        assert_eq!(four.counts(&site).await, (false, false));
        let keys = site.app.signing_keys("keeper", &actor()).await.unwrap();
        let stays: Vec<_> = keys.iter().filter(|key| key.revoked_at.is_none()).map(|key| &key.id).collect();
        assert_eq!(stays, [&alone], "a key without a phone stands for itself");
        let revoked = site.app.revoke_signing_key(&alone, &actor()).await.unwrap();
        assert_eq!(revoked, Revoked { token: None, keys: vec![alone] });
        site.verifies().await;
    }
}
