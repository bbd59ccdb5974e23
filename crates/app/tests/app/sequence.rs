//! The order of work keeps for a repair what it holds on the days on which it does: others have it on the rest.

use jiff::{ToSpan as _, civil::Date};
use muster_app::{
    interchange::mission::Source,
    repair::{
        request::NewFault,
        sequence::{Ask, Sequence},
    },
};
use muster_domain::repair::{Echelon, Urgency};
use muster_testkit::database::ENGINES;

use crate::{
    repair::{AT_WORKS, fault, triage, workshop},
    small::{Site, actor},
};

/// The workshop with so much of a pool of which each unit that a process starts holds one, on so many days.
async fn shop(engine: muster_app::storage::dialect::Engine, units: u32, (process, days): (&str, &str)) -> Site {
    let site = workshop(engine).await;
    let pools =
        format!("code,name,place,quantity,accepts,kind,source,fictional\nSTAND,Stand,W,{units},,test_stand,test,yes");
    let holds = format!("process,pool,quantity,days,source,fictional\n{process},STAND,1,{days},test,yes");
    let all = [("pools.csv", pools), ("process_holds.csv", holds)];
    let all = all.map(|(name, text)| Source { name: name.into(), bytes: text.into() });
    assert_eq!(site.import(all.to_vec()).await.issues, vec![]);
    site
}

impl Site {
    /// An order that waits at the works.
    async fn waiting(&self, new: NewFault) -> String {
        let code = self.app.fault_report(&new, &actor()).await.unwrap().to_string();
        self.app.work_order_triage(&code, &triage(Echelon::Abroad, Some("W"), ""), &actor()).await.unwrap();
        self.app.work_order_induct(&code, None, &actor()).await.unwrap();
        code
    }

    async fn truck(&self, serial: &str, urgency: Urgency) -> String {
        self.put("national_stock POL POL D - truck-u -", AT_WORKS, 1, serial).await;
        self.waiting(NewFault { urgency: Some(urgency), ..fault("truck-u", serial) }).await
    }

    async fn vests(&self, quantity: i64, urgency: Urgency) -> String {
        let torn = "on_hand WKS UKR W - vest-u -";
        self.put("national_stock JPN JPN D - vest-u -", torn, quantity, "").await;
        let account = Some(torn.to_owned());
        self.waiting(NewFault { account, quantity, urgency: Some(urgency), ..fault("vest-u", "") }).await
    }

    async fn begun(&self, code: &str) {
        self.app.work_order_diagnose(code, ("seams", Some(&[])), &actor()).await.unwrap();
        self.app.work_order_start(code, None, &actor()).await.unwrap();
    }

    async fn order_of_work(&self) -> Sequence {
        let ask = Ask { facility: "W".into(), seconds: 5.0, seed: 1 };
        let made = self.app.repair_sequence(&ask, &actor()).await.unwrap();
        assert_eq!((made.solved.status, &made.unplaced), ("optimal", &vec![]), "{made:?}");
        made
    }
}

/// In how many days some orders start, the earliest first.
fn starts(made: &Sequence, today: Date, orders: &[String]) -> Vec<i64> {
    let of = made.placed.iter().filter(|placed| orders.contains(&placed.order.to_string()));
    of.map(|placed| muster_domain::serial::days_between(today, placed.start)).collect()
}

#[tokio::test]
async fn a_stand_that_a_repair_holds_on_its_first_days_is_free_for_the_next_then() {
    for engine in ENGINES {
        let site = shop(engine, 1, ("FIX", "2")).await;
        let mut trucks = Vec::new();
        for serial in ["T-5", "T-6", "T-7"] {
            trucks.push(site.truck(serial, Urgency::Critical).await);
        }
        // Within fourteen days, two at a time, as there is room for: were the stand held for all seven days, the third would be late.
        let made = site.order_of_work().await;
        assert_eq!(made.solved.objective, Some(0));
        let starts = starts(&made, site.app.today(), &trucks);
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= 2), "one at a time on the stand: {starts:?}");
        assert!(starts[2] - starts[0] >= 7 && starts[2] <= 7, "two at a time in the works: {starts:?}");
    }
}

#[tokio::test]
async fn what_is_repaired_in_turns_holds_the_stand_on_the_first_days_of_each() {
    for engine in ENGINES {
        let site = shop(engine, 1, ("SEW", "2")).await;
        let long = site.vests(3, Urgency::Critical).await;
        let mut short = Vec::new();
        for _ in 0..2 {
            short.push(site.vests(1, Urgency::Critical).await);
        }
        let today = site.app.today();
        // Three turns are seven days late by themselves; the others go between the first and the second.
        let made = site.order_of_work().await;
        assert_eq!(made.solved.objective, Some(7 * Urgency::Critical.weight()));
        assert_eq!(starts(&made, today, std::slice::from_ref(&long)), [0]);
        assert!(starts(&made, today, &short)[1] <= 5, "{made:?}");
        // So it is while they are in repair: two more have to wait until the second turn has had the stand, too.
        site.begun(&long).await;
        for _ in 0..2 {
            short.push(site.vests(1, Urgency::Critical).await);
        }
        let made = site.order_of_work().await;
        let of = starts(&made, today, &short);
        assert!(of[0] >= 2 && of[1] - of[0] >= 2 && of[1] <= 5, "before the second turn: {of:?}");
        assert_eq!(of[2..], [9, 11], "after its first two days");
        assert_eq!(made.placed.iter().find(|of| of.in_hand).map(|of| of.end), Some(today + 21.days()));
    }
}

#[tokio::test]
async fn the_last_turn_holds_no_more_than_it_needs() {
    for engine in ENGINES {
        let site = shop(engine, 2, ("SEW", "")).await;
        // Two at once, then one: beside that there is room for another from the eighth day on.
        let three = site.vests(3, Urgency::Routine).await;
        site.begun(&three).await;
        let one = site.vests(1, Urgency::Critical).await;
        let made = site.order_of_work().await;
        assert_eq!((starts(&made, site.app.today(), &[one]), made.solved.objective), (vec![7], Some(0)));
    }
}
