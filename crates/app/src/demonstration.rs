//! The demonstration's weeks that nobody plays: what the accepted plan has for them is posted as it was planned, each step on its day, with
//! made-up serial numbers. Every ninth line is late: it departs and has not arrived.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    item::Tracking,
    ledger::{
        books::Outcome,
        entry::{Act, Activity, Command, Entry, EntryNumber, Note, Subject, Take},
    },
};
use muster_storage::{
    ledger::read::{self, EntryFilter},
    plan::{self, Allocation},
};

use crate::{Actor, App, Error, everything};

/// Every so manieth line is late.
const LATE: i64 = 9;
/// Keys of the notes in the journal that tell how far the demonstration has come.
const BEGUN: &str = "demonstration begun";
const OVER: &str = "demonstration over";

/// How far the demonstration has come in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It was never started here.
    None,
    /// It was started, and did not come to its end.
    Begun,
    /// All of it is there.
    Over,
}

/// What was posted as it was planned.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    /// Steps that this time came to the ledger.
    pub steps: usize,
    /// How many units of each offer have numbers, from 1 on, or will have once all is posted.
    pub named: BTreeMap<String, i64>,
}

/// The made-up serial number of the so manieth unit of an offer, counted from 1.
pub fn serial(offer: &str, number: i64) -> String {
    format!("{offer}-{number:05}")
}

impl App {
    /// How far the demonstration has come here.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn demonstration(&self) -> Result<Stage, Error> {
        let mut conn = self.read().await?;
        if read::entry_by_key(&mut conn, OVER).await?.is_some() {
            return Ok(Stage::Over);
        }
        let begun = read::entry_by_key(&mut conn, BEGUN).await?.is_some();
        Ok(if begun { Stage::Begun } else { Stage::None })
    }

    /// Notes in the journal that the demonstration begins; nothing if it has before.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn demonstration_begins(&self, actor: &Actor) -> Result<(), Error> {
        if self.demonstration().await? == Stage::None { self.demonstration_note(BEGUN, actor).await } else { Ok(()) }
    }

    /// Notes in the journal that all of the demonstration is there.
    ///
    /// # Errors
    /// If that was noted before, or the database fails.
    pub async fn demonstration_ends(&self, actor: &Actor) -> Result<(), Error> {
        self.demonstration_note(OVER, actor).await
    }

    async fn demonstration_note(&self, key: &str, actor: &Actor) -> Result<(), Error> {
        let note = Note {
            key: key.to_owned(),
            occurred_at: Note::WHEN_RECORDED,
            actor: actor.name().to_owned(),
            reason: actor.reason.clone(),
        };
        let about = format!("the {key}");
        let act = Act::Note { activity: Activity::Administer, subject: Subject::default(), about };
        for outcome in self.post(vec![Command { note, act }], actor).await? {
            outcome?;
        }
        Ok(())
    }

    /// Records of those lines of an accepted plan that begin before `played` that every step that was to happen by now happened on its day,
    /// without consignments. What was recorded before is not again.
    ///
    /// # Errors
    /// If the plan is not there, or the database fails.
    pub async fn post_as_planned(&self, plan: &str, played: Timestamp, actor: &Actor) -> Result<Posted, Error> {
        let picture = self.picture(&everything()).await?;
        let mut conn = self.read().await?;
        let allocations = plan::allocations(&mut conn, plan).await?;
        let commitments = commitments(&mut conn).await?;
        let mut named: BTreeMap<String, i64> = BTreeMap::new();
        let mut steps: Vec<(Entry, Vec<Take>, Option<EntryNumber>)> = Vec::new();
        for allocation in &allocations {
            let way = way(&mut conn, allocation).await?;
            if way.first().is_none_or(|first| first.note.occurred_at >= played) {
                continue;
            }
            let number = named.entry(allocation.offer.to_string()).or_default();
            let first = *number + 1;
            *number += allocation.quantity;
            let serial = picture.item_of(allocation.resource.as_str()).is_some_and(|i| i.tracking == Tracking::Serial);
            let takes = takes(allocation.offer.as_str(), allocation.quantity, serial.then_some(first));
            let due = way.into_iter().filter(|step| step.note.occurred_at <= self.now());
            let happened = if allocation.line % LATE == 0 { 1 } else { usize::MAX };
            for (n, step) in due.take(happened).enumerate() {
                let supply = (n == 0).then(|| commitments.get(allocation.offer.as_str()).copied()).flatten();
                steps.push((step, takes.clone(), supply));
            }
        }
        drop(conn);
        Ok(Posted { steps: self.post_steps(steps, actor).await?, named })
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
async fn way(conn: &mut muster_storage::db::Conn, allocation: &Allocation) -> Result<Vec<Entry>, Error> {
    let count = allocation.last - allocation.first + 1;
    Ok(read::entries(conn, &everything(), &EntryFilter::default(), allocation.first - 1, count).await?)
}

/// All units of a line: in one, or each by its serial number.
fn takes(offer: &str, quantity: i64, first_serial: Option<i64>) -> Vec<Take> {
    let take = |quantity, serial| Take { line: 0, quantity, lot: String::new(), serial };
    match first_serial {
        None => vec![take(quantity, String::new())],
        Some(first) => (first..first + quantity).map(|n| take(1, serial(offer, n))).collect(),
    }
}
