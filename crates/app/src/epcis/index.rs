//! Where our own events are, by their hash ids. They are made of what is kept when they are asked for, and an id does not say of what; so
//! each is made once to learn its id, and from then on only what is new.
//!
//! It must not decide who sees what: it leads to rows, which are read again for whoever asks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use muster_domain::picture::Picture;
use muster_interchange::epcis::{custody::Naming, hash::digest_of};
use muster_storage::{db::Conn, epcis::Walk};
use tokio::sync::Mutex;

use super::{Cursor, ENDED, FOUND, LINES, REPACKED, ROWS, Search, TAKEN_BACK};
use crate::{App, Error};

/// How long after others a row may be committed that was recorded before them.
pub(super) const LATE: SignedDuration = SignedDuration::from_mins(1);

/// The events of one mission.
#[derive(Debug, Default)]
pub(crate) struct Index(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    made_with: Option<MadeWith>,
    /// The beginning of a hash, and a row that has an event with such.
    rows: BTreeSet<(u64, Spot)>,
    /// The last row of each part.
    last: BTreeMap<u8, Cursor>,
    /// When it was last brought up to date.
    at: Timestamp,
}

/// Part, when it was recorded, name, number, line.
type Spot = (u8, i64, String, i64, i64);

/// What of the records events are made of: if it changes, so do their ids.
#[derive(Debug, PartialEq)]
struct MadeWith {
    naming: Naming,
    recipient: Option<String>,
    /// Items of resources.
    items: BTreeMap<String, String>,
}

impl MadeWith {
    fn of(naming: &Naming, picture: &Picture) -> Self {
        let item = |resource: &str| picture.item_of(resource).map(|item| (resource.to_owned(), item.code.to_string()));
        Self {
            naming: naming.clone(),
            recipient: picture.mission().map(|mission| mission.recipient.code().to_string()),
            items: picture.resources.values().filter_map(|resource| item(resource.code.as_str())).collect(),
        }
    }

    /// Whether all events are as they were. Of resources that are new there are none yet.
    fn still(&self, now: &Self) -> bool {
        let same = |(resource, item): (&String, &String)| now.items.get(resource) == Some(item);
        self.naming == now.naming && self.recipient == now.recipient && self.items.iter().all(same)
    }
}

impl Index {
    /// The rows that may have events with one of these ids, in order. `search` must see everything and want everything.
    pub(super) async fn rows(
        &self,
        ids: &[String],
        search: &Search<'_>,
        picture: &Picture,
        app: &App,
    ) -> Result<Vec<Cursor>, Error> {
        let wanted: BTreeSet<u64> = ids.iter().filter_map(|id| beginning(id)).collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut known = self.0.lock().await;
        let mut conn = app.read().await?;
        known.bring_up_to_date(search, MadeWith::of(search.naming, picture), &mut conn, app.now()).await?;
        let of = |hash: u64| known.rows.range((hash, Spot::default())..).take_while(move |(other, _)| *other == hash);
        let found: BTreeSet<&Spot> = wanted.into_iter().flat_map(of).map(|(_, spot)| spot).collect();
        Ok(found.into_iter().map(cursor).collect())
    }
}

impl Known {
    /// What is there stays if this ends early, and the next goes on from it.
    async fn bring_up_to_date(
        &mut self,
        search: &Search<'_>,
        made_with: MadeWith,
        conn: &mut Conn,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !self.made_with.as_ref().is_some_and(|before| before.still(&made_with)) {
            *self = Self::default();
        }
        self.made_with = Some(made_with);
        let settled = self.at.saturating_sub(LATE).unwrap_or(Timestamp::MIN).as_microsecond();
        self.at = now;
        for part in [LINES, FOUND, ENDED, REPACKED, TAKEN_BACK] {
            let begin = Cursor { at: settled, ..Cursor::begin(part) };
            let mut from = match self.last.get(&part) {
                Some(last) if last.at < settled => last.clone(),
                Some(_) => begin,
                None => Cursor::begin(part),
            };
            loop {
                let rows = search.rows(conn, &from, Walk::default(), ROWS).await?;
                rows.iter().for_each(|row| self.add(row));
                let Some((last, _)) = rows.last() else { break };
                from = last.clone();
                self.last.insert(part, from.clone());
                if (rows.len() as i64) < ROWS {
                    break;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, (at, events): &super::Row) {
        let hashes = events.iter().filter_map(|event| beginning(event.id.as_ref()?));
        self.rows.extend(hashes.map(|hash| (hash, spot(at))));
    }
}

/// The first 16 digits of an event hash id of ours. Those of two events may be the same, so the rows are read again.
fn beginning(id: &str) -> Option<u64> {
    u64::from_str_radix(digest_of(id)?.get(..16)?, 16).ok()
}

fn spot(cursor: &Cursor) -> Spot {
    (cursor.part, cursor.at, cursor.name.clone(), cursor.number, cursor.rest.parse().unwrap_or(i64::MIN))
}

fn cursor((part, at, name, number, line): &Spot) -> Cursor {
    let rest = if matches!(*part, LINES | REPACKED | TAKEN_BACK) { line.to_string() } else { String::new() };
    Cursor { at: *at, name: name.clone(), number: *number, rest, ..Cursor::begin(*part) }
}

impl Cursor {
    /// Whether it stands after another.
    pub(super) fn is_after(&self, other: &Self) -> bool {
        self.order(other).is_gt()
    }

    /// Which of two stands first.
    pub(super) fn order(&self, other: &Self) -> std::cmp::Ordering {
        spot(self).cmp(&spot(other))
    }
}
