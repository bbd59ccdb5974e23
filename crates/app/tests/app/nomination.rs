//! Who is left to be nominated: nobody is named twice, by two at once or by two names.

use muster_app::{
    movement::Move,
    planner::plan::Flow,
    storage::training::NominationFilter,
    training::nomination::{From, NewNomination},
};
use muster_domain::ledger::entry::{Act, Activity, Command, Note, Subject};
use muster_testkit::database::ENGINES;
use tokio::task::{JoinHandle, JoinSet};

use crate::{
    small::{Site, actor, viewer},
    training::{nominee, promised, school, told},
};

impl Site {
    /// Has the journal's writer busy for a while, so that others decide by what is there before any of them is written.
    pub(crate) async fn busy(&self) -> JoinHandle<()> {
        let note = |round: usize, n: usize| Command {
            note: Note {
                key: format!("busy {round} {n}"),
                occurred_at: Note::WHEN_RECORDED,
                actor: "t".into(),
                reason: "t".into(),
            },
            act: Act::Note { activity: Activity::Administer, subject: Subject::default(), about: "busy".into() },
        };
        let app = self.app.clone();
        let busy = tokio::spawn(async move {
            let mut rounds = JoinSet::new();
            for round in 0..8 {
                let (app, notes) = (app.clone(), (0..4_000).map(|n| note(round, n)).collect());
                rounds.spawn(async move { app.post(notes, &actor()).await.map(|_| ()) });
            }
            for round in rounds.join_all().await {
                round.unwrap();
            }
        });
        tokio::task::yield_now().await;
        busy
    }
}

#[tokio::test]
async fn a_course_begins_by_the_plans_line_or_by_nominations_never_both() {
    for engine in ENGINES {
        let (site, line) = promised(engine).await;
        let step = Move { plan: "P-001".into(), line, ..Move::default() };
        site.app.dispatch(&step, &actor()).await.unwrap();
        site.app.receive(&step, &actor()).await.unwrap();
        let busy = site.busy().await;
        let app = site.app.clone();
        let nominate = tokio::spawn(async move {
            let new = NewNomination { need: None, ..nominee("S-1", From::Line("P-001".into(), line)) };
            app.nominate(&new, &actor()).await.map(|_| ())
        });
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        let begins = site.app.dispatch(&step, &actor()).await.map(|moved| moved.activity);
        let nominated = nominate.await.unwrap();
        busy.await.unwrap();
        assert_ne!(begins.is_ok(), nominated.is_ok(), "{engine:?}: {begins:?} {nominated:?}");
        site.verifies().await;
    }
}

#[tokio::test]
async fn of_two_who_nominate_the_last_crew_at_once_one_is_told_that_nobody_is_left() {
    for engine in ENGINES {
        let site = school(engine).await;
        let own = "in_service UNIT UKR P - crew-u -";
        site.put("national_stock UKR UKR P - crew-u -", own, 1, "").await;
        let plan = site.plan().await;
        let taught = |(_, flow): &(i64, &Flow)| flow.offer == "O-C";
        let flows = plan.result().unwrap().flows;
        let (line, flow) = (1..).zip(&flows).find(taught).expect("the plan has crews taught");
        site.app.plan_accept("P-001", &actor()).await.unwrap();
        for (from, there) in [
            (From::Account(own.into()), 1),
            (From::Line("P-001".into(), line), flow.quantity),
            (From::Offer("O-C".into()), 6 - flow.quantity),
        ] {
            let new = NewNomination { need: None, ..nominee("S-2", from) };
            for _ in 1..there {
                site.app.nominate(&new, &actor()).await.unwrap();
            }
            let (one, other, by) = (actor(), actor(), &site.app);
            let both = tokio::join!(by.nominate(&new, &one), by.nominate(&new, &other));
            let refused = match both {
                (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => told(refused),
                both => panic!("{:?}: one of them is the last: {both:?}", new.from),
            };
            assert!(refused.contains("nobody-left"), "{refused}");
        }
        let all = site.app.nominations(&viewer(), &NominationFilter::default(), 100).await.unwrap();
        assert_eq!(all.len(), 7, "six of the offer, and one of the unit's own");
        site.verifies().await;
    }
}

#[tokio::test]
async fn who_comes_out_of_an_offers_own_account_counts_as_the_offers() {
    for engine in ENGINES {
        let site = school(engine).await;
        let home = "on_hand UKR UKR P - crew-u -";
        let out = async |from: From| {
            let new = NewNomination { need: None, ..nominee("S-2", from) };
            site.app.nominate(&new, &actor()).await.map(|code| code.to_string())
        };
        let (account, offer) = (|| From::Account(home.into()), || From::Offer("O-C".into()));
        assert!(told(out(account()).await.unwrap_err()).contains("nobody-left"), "nobody has come yet");
        // One came out of the offer, and is home again: six are left of it.
        let code = site.in_training("S-1").await;
        site.app.nomination_withdraw(&code, "fell ill", &actor()).await.unwrap();
        assert_eq!(site.has(home).await, 1);
        for _ in 0..5 {
            out(offer()).await.unwrap();
        }
        let last = out(account()).await.unwrap();
        let known = site.app.nomination(&viewer(), &last).await.unwrap().nomination;
        assert_eq!(known.offer.as_ref().map(|of| of.as_str()), Some("O-C"), "whose they are is known");
        assert!(told(out(offer()).await.unwrap_err()).contains("nobody-left"), "the sixth was named by the account");
        assert!(told(out(account()).await.unwrap_err()).contains("nobody-left"));
        // The other way round, the account is empty once the offer is.
        site.app.nomination_withdraw(&last, "another time", &actor()).await.unwrap();
        out(offer()).await.unwrap();
        assert!(told(out(account()).await.unwrap_err()).contains("nobody-left"), "the sixth was named by the offer");
        // Who is there besides is of no offer.
        site.put("national_stock UKR UKR P - crew-u -", home, 1, "").await;
        let more = out(account()).await.unwrap();
        assert_eq!(site.app.nomination(&viewer(), &more).await.unwrap().nomination.offer, None);
        assert!(told(out(account()).await.unwrap_err()).contains("nobody-left"));
        site.verifies().await;
    }
}
