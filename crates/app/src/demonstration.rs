//! Plays the first weeks of the demonstration as they might have gone: what the accepted plan has for them happens on its day, with
//! made-up serial numbers, and money that was promised by then is paid. Every ninth line is late: it departs and has not arrived.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    item::Tracking,
    ledger::{
        books::Outcome,
        entry::{Act, Activity, Command, Entry, EntryNumber, Note, Take},
    },
};
use muster_storage::{
    ledger::read::{self, EntryFilter},
    plan,
};

use crate::{Actor, App, Error, movement::Payment};

/// Every so manieth line is late.
const LATE: i64 = 9;

impl App {
    /// Records that every step of an accepted plan that was to happen by `until` happened on its day. Tells how many entries that made.
    ///
    /// # Errors
    /// If the plan is not there, or the database fails.
    pub async fn play(&self, plan: &str, until: Timestamp, actor: &Actor) -> Result<usize, Error> {
        let picture = self.picture(&actor.viewer).await?;
        let mut conn = self.read().await?;
        let allocations = plan::allocations(&mut conn, plan).await?;
        let mut commitments: BTreeMap<String, EntryNumber> = BTreeMap::new();
        for open in read::open(&mut conn, &EntryFilter::default(), Some(Activity::Commit), 0, i64::MAX).await? {
            let entry =
                read::entries(&mut conn, &actor.viewer, &EntryFilter::default(), open.entry - 1, 1).await?.pop();
            if let Some(offer) = entry.and_then(|e| e.subject.offer) {
                commitments.insert(offer.to_string(), open.entry);
            }
        }
        let mut steps: Vec<(Entry, Vec<Take>, Option<EntryNumber>)> = Vec::new();
        let mut next_serial: BTreeMap<String, i64> = BTreeMap::new();
        for allocation in allocations {
            let filter = EntryFilter { plan: Some(plan.to_owned()), ..EntryFilter::default() };
            let count = allocation.last - allocation.first + 1;
            let entries = read::entries(&mut conn, &actor.viewer, &filter, allocation.first - 1, count).await?;
            let serial = picture.item_of(allocation.resource.as_str()).is_some_and(|i| i.tracking == Tracking::Serial);
            let first = next_serial.entry(allocation.offer.to_string()).or_insert(1);
            let takes = takes(allocation.offer.as_str(), allocation.quantity, serial.then_some(*first));
            *first += allocation.quantity;
            let due = entries.into_iter().filter(|entry| entry.note.occurred_at <= until);
            let happened = if allocation.line % LATE == 0 { 1 } else { usize::MAX };
            for (n, entry) in due.take(happened).enumerate() {
                let supply = (n == 0).then(|| commitments.get(allocation.offer.as_str()).copied()).flatten();
                steps.push((entry, takes.clone(), supply));
            }
        }
        drop(conn);
        for offer in picture.offers.values().filter(|o| o.kind.is_money()) {
            let due = offer.available_from.known().is_some_and(|from| crate::start_of(from.latest()) <= until);
            if due && commitments.contains_key(offer.code.as_str()) {
                let at = offer.available_from.known().map(|from| crate::start_of(from.latest()));
                self.pay(&Payment { offer: offer.code.to_string(), amount: None, at, key: None }, actor).await?;
            }
        }
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

/// All units of a line: in one, or each by its serial number.
fn takes(offer: &str, quantity: i64, first_serial: Option<i64>) -> Vec<Take> {
    let take = |quantity, serial| Take { line: 0, quantity, lot: String::new(), serial };
    match first_serial {
        None => vec![take(quantity, String::new())],
        Some(first) => (first..first + quantity).map(|n| take(1, format!("{offer}-{n:04}"))).collect(),
    }
}
