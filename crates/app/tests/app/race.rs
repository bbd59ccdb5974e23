//! Two at the same moment: neither does what the other made wrong meanwhile, and nothing is lost between them.

use std::sync::Arc;

use muster_app::{
    storage::{
        ledger::{Also, Ledger, Request},
        transfer::Write,
    },
    transfer::{
        custody::{Circumstances, Conveyance, Done},
        making::New,
    },
};
use muster_domain::{
    code::Code,
    consignment::ConsignmentState,
    gate::Gate,
    ledger::entry::{Act, Activity, Command, Note, Subject},
    requirement::RequirementState,
};
use muster_testkit::{
    FakeClock, code,
    database::{ENGINES, seal_key},
};

use crate::{
    beyond::state,
    repair::says,
    small::{Site, actor, viewer},
    transfer::{all_there, of_plan, planned, planned_of},
};

impl Site {
    /// Writes what somebody decided before all that has happened here.
    pub(crate) async fn too_late(&self, write: Write, said: &str) {
        let clock = Arc::new(FakeClock::at("2026-09-16T12:00:00Z"));
        let ledger = Ledger::open(&self.database.db, seal_key(), clock).await.unwrap();
        let key = format!("late {write:?}").chars().take(100).collect();
        let note = Note { key, occurred_at: Note::WHEN_RECORDED, actor: "tester".into(), reason: "a race".into() };
        let act = Act::Note { activity: Activity::Inspect, subject: Subject::default(), about: "late".into() };
        let also = vec![Also::Transfer(vec![write])];
        let refused = ledger.submit(Request { commands: vec![Command { note, act }], also }).await.unwrap_err();
        assert!(refused.to_string().contains(said), "{said}: {refused}");
    }

    /// A consignment that has come to the end of its way, or to the hub.
    async fn brought(&self, line: i64, quantity: Option<i64>, hops: usize) -> String {
        let code = self.make(vec![of_plan(line, quantity)]).await;
        self.ready(&code).await;
        for _ in 0..hops {
            self.depart(&code).await;
            self.arrive(&code, &all_there()).await;
        }
        code
    }

    async fn rides(&self, code: &str, movement: &Code) -> Result<Done, muster_app::Error> {
        let on = Conveyance { movement: movement.to_string(), ..Conveyance::default() };
        let clear = Circumstances { overrides: vec![Gate::Clearance], ..Circumstances::default() };
        self.app.consignment_depart(code, &on, &clear, &actor()).await
    }
}

#[tokio::test]
async fn two_receipts_at_once_fulfil_the_need_that_neither_fulfils_alone() {
    for engine in ENGINES {
        let (site, vests, _) = planned(engine).await;
        let one = site.brought(vests, Some(100), 2).await;
        let two = site.brought(vests, Some(150), 2).await;
        let three = site.brought(vests, None, 2).await;
        let plain = Circumstances::default();
        let all = all_there();
        let receive = |code: &str| {
            let (site, plain, all, code) = (&site, &plain, &all, code.to_owned());
            async move { site.app.consignment_receive(&code, all, plain, &actor()).await }
        };
        let (a, b, c) = tokio::join!(receive(&one), receive(&two), receive(&three));
        assert!(a.is_ok() && b.is_ok() && c.is_ok(), "{a:?} {b:?} {c:?}");
        assert_eq!(state(&site, "R-1").await, RequirementState::Fulfilled);
        // What was decided before them is not written after.
        site.too_late(Write::Received(code("R-1"), 0), "need-received-meanwhile").await;
        site.verifies().await;
    }
}

#[tokio::test]
async fn two_that_board_at_once_are_held_against_each_other() {
    for engine in ENGINES {
        let (site, vests, trucks) = planned_of(engine, |name, text| match name {
            "items.csv" => text
                .replace(
                    "vest,Vest,materiel,,II,protection,each,10,,,,",
                    "vest,Vest,materiel,,II,protection,each,10,,0048,1.1D,",
                )
                .replace(
                    "truck,Truck,materiel,,II,mobility,each,3000,,,,",
                    "truck,Truck,materiel,,II,mobility,each,3000,,1203,3,",
                ),
            "lanes.csv" => text.replace("H-P,H,P,rail", "H-P,H,P,road"),
            _ => text.to_owned(),
        })
        .await;
        let first = site.make(vec![of_plan(vests, Some(100))]).await;
        site.ready(&first).await;
        let movement = site.depart(&first).await.movement.unwrap();
        site.arrive(&first, &all_there()).await;
        let (one, two) = (site.brought(vests, None, 1).await, site.brought(trucks, None, 1).await);
        let (a, b) = tokio::join!(site.rides(&one, &movement), site.rides(&two, &movement));
        assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|went| **went).count(), 1, "{a:?} {b:?}");
        says(if a.is_ok() { b } else { a }, "gates-shut");
        let under_way = [site.state(&one).await, site.state(&two).await];
        assert_eq!(under_way.iter().filter(|state| **state == ConsignmentState::UnderWay).count(), 1);
        site.too_late(Write::Boards((movement, 2), Vec::new()), "movement-boarded").await;
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_line_of_which_a_consignment_is_made_is_not_voided_at_the_same_moment() {
    for engine in ENGINES {
        for yields in [0, 1, 4, 16, 64] {
            let (site, vests, _) = planned(engine).await;
            let void = async {
                for _ in 0..yields {
                    tokio::task::yield_now().await;
                }
                site.app.void("P-001", vests, &actor()).await
            };
            let new = New { from: "D".into(), lines: vec![of_plan(vests, Some(200))], ..New::default() };
            let maker = actor();
            let (made, voided) = tokio::join!(site.app.consignment_make(&new, &maker), void);
            assert_ne!(made.is_ok(), voided.is_ok(), "{made:?} {voided:?}");
            if let Ok(code) = made {
                let shown = site.app.consignment_shown(&viewer(), code.as_str()).await.unwrap();
                assert_eq!((shown.lines[0].present, site.open_of("O-1").await), (200, 300));
            }
            site.verifies().await;
        }
        let (site, vests, _) = planned(engine).await;
        let made = site.make(vec![of_plan(vests, Some(200))]).await;
        let mut conn = site.database.db.read().await.unwrap();
        let of = muster_app::storage::plan::allocation(&mut conn, "P-001", vests).await.unwrap().unwrap();
        drop(conn);
        // Somebody decided to void it before, when nothing of it was in a consignment; their entries are written first.
        let clock = Arc::new(FakeClock::at("2026-09-16T12:00:00Z"));
        let ledger = Ledger::open(&site.database.db, seal_key(), clock).await.unwrap();
        let void = |pending: i64| Command {
            note: Note {
                key: format!("late void {pending}"),
                occurred_at: Note::WHEN_RECORDED,
                actor: "tester".into(),
                reason: "a race".into(),
            },
            act: Act::Void { pending, takes: Vec::new() },
        };
        let commands = (of.first..=of.last).rev().map(void).collect();
        let guard = Write::Unbound((code("P-001"), vests), (of.first, of.last));
        let refused = ledger.submit(Request { commands, also: vec![Also::Transfer(vec![guard])] }).await.unwrap_err();
        assert!(refused.to_string().contains("line-in-consignment"), "{refused}");
        assert_eq!(site.open_of("O-1").await, 300, "nothing was taken from {made}");
        site.verifies().await;
    }
}
