//! Plays the first weeks of the demonstration as they might have gone: what the accepted plan has for them happens on its day, with
//! made-up serial numbers, and money that was promised by then is paid. What left in the last weeks goes as consignments ([`consigned`]);
//! what left before is posted as it was planned. Every ninth line is late: it departs and has not arrived.

mod consigned;

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    item::Tracking,
    ledger::{
        books::Outcome,
        entry::{Act, Activity, Command, Entry, EntryNumber, Note, Take},
    },
    picture::Picture,
};
use muster_storage::{
    ledger::read::{self, EntryFilter},
    plan::{self, Allocation},
};

use crate::{Actor, App, Error, everything, movement::Payment};

/// What was played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// Consignments that went.
    pub consignments: usize,
    /// Steps that were posted without one.
    pub steps: usize,
}

/// A step of a line: its entry, and the accounts between which it moves.
struct Step {
    entry: Entry,
    from: muster_domain::ledger::account::AccountKey,
    to: muster_domain::ledger::account::AccountKey,
}

/// Every so manieth line is late.
const LATE: i64 = 9;

impl App {
    /// Records that every step of an accepted plan that was to happen by `until` happened on its day. Lines that leave from `consigned`
    /// on go as consignments.
    ///
    /// # Errors
    /// If the plan is not there, or the database fails.
    pub async fn play(
        &self,
        plan: &str,
        (consigned, until): (Timestamp, Timestamp),
        actor: &Actor,
    ) -> Result<Played, Error> {
        let picture = self.picture(&everything()).await?;
        let mut conn = self.read().await?;
        let allocations = plan::allocations(&mut conn, plan).await?;
        let commitments = commitments(&mut conn).await?;
        let mut serials: BTreeMap<i64, i64> = BTreeMap::new();
        let mut next: BTreeMap<&str, i64> = BTreeMap::new();
        let (mut posted, mut ways) = (Vec::new(), BTreeMap::new());
        for allocation in &allocations {
            let number = next.entry(allocation.offer.as_str()).or_insert(1);
            serials.insert(allocation.line, *number);
            *number += allocation.quantity;
            let steps = steps(&mut conn, allocation).await?;
            match steps.first() {
                Some(first) if first.entry.note.occurred_at >= consigned => drop(ways.insert(allocation.line, steps)),
                Some(_) => posted.push((allocation, steps)),
                None => {}
            }
        }
        drop(conn);
        self.pay_what_is_due(&picture, &commitments, until, actor).await?;
        let mut steps: Vec<(Entry, Vec<Take>, Option<EntryNumber>)> = Vec::new();
        for (allocation, way) in posted {
            let serial = picture.item_of(allocation.resource.as_str()).is_some_and(|i| i.tracking == Tracking::Serial);
            let first = serials.get(&allocation.line).copied().unwrap_or(1);
            let takes = takes(allocation.offer.as_str(), allocation.quantity, serial.then_some(first));
            let due = way.into_iter().filter(|step| step.entry.note.occurred_at <= until);
            let happened = if allocation.line % LATE == 0 { 1 } else { usize::MAX };
            for (n, step) in due.take(happened).enumerate() {
                let supply = (n == 0).then(|| commitments.get(allocation.offer.as_str()).copied()).flatten();
                steps.push((step.entry, takes.clone(), supply));
            }
        }
        let steps = self.post_steps(steps, actor).await?;
        let play = consigned::Play {
            app: self,
            plan,
            picture: &picture,
            actor,
            until,
            ways: &ways,
            serials: &serials,
            counted: 0,
            rides: BTreeMap::new(),
        };
        let (consignments, others) = play.run().await?;
        Ok(Played { consignments, steps: steps + others })
    }

    async fn pay_what_is_due(
        &self,
        picture: &Picture,
        commitments: &BTreeMap<String, EntryNumber>,
        until: Timestamp,
        actor: &Actor,
    ) -> Result<(), Error> {
        for offer in picture.offers.values().filter(|o| o.kind.is_money()) {
            let at = offer.available_from.known().map(|from| crate::start_of(from.latest()));
            if commitments.contains_key(offer.code.as_str()) && at.is_some_and(|at| at <= until) {
                self.pay(&Payment { offer: offer.code.to_string(), amount: None, at, key: None }, actor).await?;
            }
        }
        Ok(())
    }

    /// Posts steps in the order of their days; goods come out of their donors' commitments with their first step.
    async fn post_steps(
        &self,
        mut steps: Vec<(Entry, Vec<Take>, Option<EntryNumber>)>,
        actor: &Actor,
    ) -> Result<usize, Error> {
        steps.sort_by_key(|(entry, ..)| (entry.note.occurred_at, entry.number));
        let commands = steps.into_iter().flat_map(|(entry, takes, supply)| {
            let note = |what: &str| Note {
                key: format!("{what} {}", entry.number),
                occurred_at: entry.note.occurred_at,
                actor: actor.name().to_owned(),
                reason: actor.reason.clone(),
            };
            let settle =
                |what: &str, pending| Command { note: note(what), act: Act::Settle { pending, takes: takes.clone() } };
            supply
                .map(|pending| settle("readied for", pending))
                .into_iter()
                .chain([settle("played", entry.number)])
                .collect::<Vec<_>>()
        });
        let outcomes = self.ledger()?.post_all(commands.collect()).await?;
        Ok(outcomes.iter().filter(|outcome| matches!(outcome, Ok(Outcome::Written(_)))).count())
    }
}

/// The open commitment of each offer.
async fn commitments(conn: &mut muster_storage::db::Conn) -> Result<BTreeMap<String, EntryNumber>, Error> {
    let mut commitments = BTreeMap::new();
    for open in read::open(conn, &EntryFilter::default(), Some(Activity::Commit), 0, i64::MAX).await? {
        let entry = read::entries(conn, &everything(), &EntryFilter::default(), open.entry - 1, 1).await?.pop();
        if let Some(offer) = entry.and_then(|e| e.subject.offer) {
            commitments.insert(offer.to_string(), open.entry);
        }
    }
    Ok(commitments)
}

/// The steps of a line, in order.
async fn steps(conn: &mut muster_storage::db::Conn, allocation: &Allocation) -> Result<Vec<Step>, Error> {
    let count = allocation.last - allocation.first + 1;
    let entries = read::entries(conn, &everything(), &EntryFilter::default(), allocation.first - 1, count).await?;
    let mut accounts = read::accounts_between(conn, allocation.first, allocation.last).await?;
    let step = |entry: Entry| {
        let (from, to) = accounts.remove(&entry.number)?;
        Some(Step { entry, from, to })
    };
    Ok(entries.into_iter().filter_map(step).collect())
}

/// All units of a line: in one, or each by its serial number.
fn takes(offer: &str, quantity: i64, first_serial: Option<i64>) -> Vec<Take> {
    let take = |quantity, serial| Take { line: 0, quantity, lot: String::new(), serial };
    match first_serial {
        None => vec![take(quantity, String::new())],
        Some(first) => (first..first + quantity).map(|n| take(1, format!("{offer}-{n:04}"))).collect(),
    }
}
