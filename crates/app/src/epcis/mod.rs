//! EPCIS: custody events for partners' systems, and theirs as evidence.
//!
//! - [`told`]: what happened to consignments, as events.
//! - `index`: where an event of ours is by its id; `order`: all of them by when they happened or were recorded.
//! - [`capture`]: events of others come in; they are kept, and move nothing.
//! - [`sent`]: documents that wait to be taken in, and how that ended.
//! - [`things`]: the list of what events name.
//! - [`subscription`]: queries with names, and who is told what newly answers to them.
//!
//! Here both are asked for, page by page.

pub mod capture;
mod index;
mod order;
pub mod sent;
pub mod subscription;
pub mod things;
mod told;

use std::sync::Arc;

use muster_domain::{message, picture::Picture, viewer::Viewer};
use muster_interchange::epcis::{
    self,
    custody::{Named, Naming, to_events},
    event::{Event, Kind},
    hash::digest_of,
    query::Query,
    time::{Moment, Offset},
};
use muster_storage::{
    db::Conn,
    epcis::{
        Walk,
        captured::{self, Kept},
        told as store,
    },
};

use self::told::{Teller, did_not_occur};
pub(crate) use self::{index::Index, sent::Turns};
use crate::{App, Error, everything};

/// Most events of a page.
pub const MOST_EVENTS: usize = 500;
/// Most rows that are looked at for one page: a query to which little fits gets short pages, or empty ones, and goes on.
const MOST_ROWS: usize = 4_000;
/// Rows that are read at once.
const ROWS: i64 = 250;
/// Most rows that are looked at to count what answers.
const MOST_COUNTED: usize = 20_000;

/// Which part of what is told comes next: lines at milestones, variances found, variances resolved, what was repacked, lines at milestones that
/// were taken back, events of others.
const LINES: u8 = 0;
const FOUND: u8 = 1;
const ENDED: u8 = 2;
const REPACKED: u8 = 3;
const TAKEN_BACK: u8 = 4;
const OTHERS: u8 = 5;
const OVER: u8 = 6;

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Which part it was in.
    pub part: u8,
    /// When the last row was recorded, or happened if that is the order, in microseconds.
    pub at: i64,
    /// The last row's name: consignment, variance, or hash.
    pub name: String,
    /// Its number: milestone, or when an event was said to be wrong.
    pub number: i64,
    /// What else tells it from others: the line, or the party.
    pub rest: String,
    /// How many events of the row after it, or in a stated order of it, were told already.
    pub told: usize,
    /// How many events were told before, if only so many are wanted.
    pub given: u64,
}

impl Cursor {
    fn begin(part: u8) -> Self {
        Self { part, at: i64::MIN, name: String::new(), number: i64::MIN, rest: String::new(), told: 0, given: 0 }
    }
}

/// A page of events.
#[derive(Clone, Debug)]
pub struct Page {
    /// The events.
    pub events: Vec<Event>,
    /// Where it ended, if there may be more.
    pub next: Option<Cursor>,
}

/// A row with the events that it makes, and the cursor that stands at it.
type Row = (Cursor, Vec<Event>);

impl App {
    /// How the mission names what is its own.
    ///
    /// # Errors
    /// If there is no mission, or the database fails.
    pub async fn epcis_naming(&self) -> Result<Naming, Error> {
        self.telling().await.map(|(naming, _)| naming)
    }

    async fn telling(&self) -> Result<(Naming, Arc<Picture>), Error> {
        let picture = self.picture(&everything()).await?;
        let base = picture.mission().map(muster_domain::mission::Mission::identifiers);
        let base = base.ok_or_else(|| Error::Invalid(message!("no-mission-any-more")))?;
        Ok((Naming::new(&base).map_err(Error::Invalid)?, picture))
    }

    /// Events that a query asks for, as far as the viewer sees them: our own, and unless `own` those that others told.
    ///
    /// # Errors
    /// If there is no mission, more answers than is wanted at most, or the database fails.
    pub async fn epcis_events(
        &self,
        viewer: &Viewer,
        query: &Query,
        own: bool,
        after: Option<Cursor>,
        most: usize,
    ) -> Result<Page, Error> {
        let (naming, picture) = self.telling().await?;
        let rows = match query.ids() {
            Some(ids) => {
                let (all, query) = (everything(), Query::default());
                let search = Search::new(&all, &query, &naming, &picture);
                Some(self.told.rows(ids, &search, &picture, self).await?)
            }
            None => None,
        };
        let mut conn = self.read().await?;
        let wanted = wanted(&mut conn, query, &naming).await?;
        let search =
            Search { wanted, others: others(query), known: rows, ..Search::new(viewer, query, &naming, &picture) };
        let last = if own { OTHERS } else { OVER };
        let given = after.as_ref().map_or(0, |after| after.given);
        let order = query.order();
        if let (Some(limit), None) = (order.most(), &after)
            && search.exceeds(&mut conn, last, limit).await?
        {
            return Err(too_many(limit));
        }
        let rest = order.first().map_or(u64::MAX, |first| first.saturating_sub(given));
        if rest == 0 {
            return Ok(Page { events: Vec::new(), next: None });
        }
        let most = most.clamp(1, MOST_EVENTS).min(usize::try_from(rest).unwrap_or(usize::MAX));
        let page = match order.by() {
            Some(by) => order::page(&search, &mut conn, by, after, last, most).await?,
            None => search.page(&mut conn, after, last, most).await?,
        };
        let told = given.saturating_add(page.events.len() as u64);
        if let Some(limit) = order.most().filter(|limit| told > *limit) {
            return Err(too_many(limit));
        }
        let over = order.first().is_some_and(|first| told >= first);
        let next = page.next.filter(|_| !over).map(|next| Cursor { given: told, ..next });
        Ok(Page { next, ..page })
    }
}

fn too_many(most: u64) -> Error {
    Error::Invalid(message!("epcis-answers-too-many", most))
}

struct Search<'a> {
    viewer: &'a Viewer,
    query: &'a Query,
    wanted: store::Wanted,
    others: captured::Wanted,
    /// The rows of ours among which the events are, if that is known.
    known: Option<Vec<Cursor>>,
    teller: Teller<'a>,
    naming: &'a Naming,
}

impl<'a> Search<'a> {
    /// A search for everything that the viewer sees.
    fn new(viewer: &'a Viewer, query: &'a Query, naming: &'a Naming, picture: &'a Picture) -> Self {
        let (wanted, others) = (store::Wanted::default(), captured::Wanted::default());
        Self { viewer, query, wanted, others, known: None, teller: Teller::new(naming, picture), naming }
    }

    /// A page of what is wanted, in the order in which it was recorded, ours first.
    async fn page(&self, conn: &mut Conn, after: Option<Cursor>, last: u8, most: usize) -> Result<Page, Error> {
        let mut cursor = after.unwrap_or_else(|| Cursor::begin(LINES));
        let mut events = Vec::new();
        let mut looked = 0;
        while cursor.part < last && looked < MOST_ROWS {
            let rows = self.rows(conn, &cursor, Walk::default(), ROWS).await?;
            looked += rows.len();
            let over = (rows.len() as i64) < ROWS;
            for (at, made) in rows {
                let made: Vec<Event> = made.into_iter().filter(|event| self.query.wants(event)).collect();
                for (n, event) in made.into_iter().enumerate().skip(cursor.told) {
                    if events.len() == most {
                        return Ok(Page { events, next: Some(Cursor { told: n, ..cursor }) });
                    }
                    events.push(event);
                }
                cursor = at;
            }
            if over {
                cursor = Cursor::begin(cursor.part + 1);
            }
        }
        let next = (cursor.part < last).then_some(cursor);
        Ok(Page { events, next })
    }

    /// Whether more events answer than so many, or cannot be counted in a reasonable time.
    async fn exceeds(&self, conn: &mut Conn, last: u8, most: u64) -> Result<bool, Error> {
        let (mut cursor, mut looked, mut count) = (Cursor::begin(LINES), 0, 0_u64);
        while cursor.part < last {
            let rows = self.rows(conn, &cursor, Walk::default(), ROWS).await?;
            looked += rows.len();
            let made = rows.iter().flat_map(|(_, made)| made);
            count += made.filter(|event| self.query.wants(event)).count() as u64;
            if count > most || looked > MOST_COUNTED {
                return Ok(true);
            }
            cursor = match rows.last() {
                Some((at, _)) if rows.len() as i64 >= ROWS => at.clone(),
                _ => Cursor::begin(cursor.part + 1),
            };
        }
        Ok(false)
    }

    /// The next rows of the cursor's part, at most so many; fewer if there are no more, and all if they are known.
    async fn rows(&self, conn: &mut Conn, cursor: &Cursor, walk: Walk, most: i64) -> Result<Vec<Row>, Error> {
        let none = cursor.part != OTHERS && !self.query.may_be(&[Kind::Object, Kind::Aggregation]);
        if none {
            return Ok(Vec::new());
        }
        match (cursor.part, &self.known) {
            (OTHERS, _) => self.captured(conn, cursor, walk, most).await,
            (_, Some(known)) => self.known(conn, cursor, known).await,
            (LINES | TAKEN_BACK, _) => self.lines(conn, cursor, &self.wanted, walk, most).await,
            (REPACKED, _) => self.repacked(conn, cursor, &self.wanted, walk, most).await,
            _ => self.variances(conn, cursor, &self.wanted, walk, most).await,
        }
    }

    /// Those of the known rows that come next and that the viewer sees.
    async fn known(&self, conn: &mut Conn, cursor: &Cursor, known: &[Cursor]) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        for at in known.iter().filter(|at| at.part == cursor.part && at.is_after(cursor)) {
            let name = Some(vec![at.name.clone()]);
            let found = if matches!(at.part, LINES | REPACKED | TAKEN_BACK) {
                let last = at.rest.parse().unwrap_or(i64::MIN);
                let before = Cursor { rest: i64::saturating_sub(last, 1).to_string(), ..at.clone() };
                let wanted = store::Wanted { consignments: name, ..store::Wanted::default() };
                match at.part {
                    REPACKED => self.repacked(conn, &before, &wanted, Walk::default(), 1).await?,
                    _ => self.lines(conn, &before, &wanted, Walk::default(), 1).await?,
                }
            } else {
                let wanted = store::Wanted { variances: name, ..store::Wanted::default() };
                self.variances(conn, &Cursor::begin(at.part), &wanted, Walk::default(), ROWS).await?
            };
            rows.extend(found.into_iter().filter(|(found, _)| found == at));
        }
        Ok(rows)
    }

    fn events(&self, custody: &[epcis::custody::Custody]) -> Vec<Event> {
        let (events, faults) = to_events(custody, self.naming);
        for fault in faults {
            tracing::warn!(?fault, "an event of a consignment is not as the standard has it");
        }
        events
    }

    async fn lines(
        &self,
        conn: &mut Conn,
        cursor: &Cursor,
        wanted: &store::Wanted,
        walk: Walk,
        most: i64,
    ) -> Result<Vec<Row>, Error> {
        let line = cursor.rest.parse().unwrap_or(i64::MIN);
        let after = (cursor.at, cursor.name.clone(), cursor.number, line);
        let wanted = store::Wanted { taken_back: cursor.part == TAKEN_BACK, ..wanted.clone() };
        let lines = store::lines(conn, self.viewer, &wanted, &after, walk, most).await?;
        let row = |told: &store::Told| {
            let at = Cursor {
                at: time(walk, told.taken_back_at.unwrap_or(told.recorded_at), told.occurred_at),
                name: told.consignment.to_string(),
                number: told.number,
                rest: told.line.to_string(),
                ..Cursor::begin(cursor.part)
            };
            let custody = match told.taken_back_at {
                Some(at) => did_not_occur(self.teller.line(told), at),
                None => self.teller.line(told),
            };
            (at, self.events(&custody))
        };
        Ok(lines.iter().map(row).collect())
    }

    async fn repacked(
        &self,
        conn: &mut Conn,
        cursor: &Cursor,
        wanted: &store::Wanted,
        walk: Walk,
        most: i64,
    ) -> Result<Vec<Row>, Error> {
        let number = cursor.rest.parse().unwrap_or(i64::MIN);
        let after = (cursor.at, cursor.name.clone(), cursor.number, number);
        let row = |one: &store::Repacked| {
            let at = Cursor {
                at: time(walk, one.recorded_at, one.occurred_at),
                name: one.consignment.to_string(),
                number: one.version,
                rest: one.number.to_string(),
                ..Cursor::begin(REPACKED)
            };
            (at, self.events(&[self.teller.repacked(one)].into_iter().flatten().collect::<Vec<_>>()))
        };
        Ok(store::repackings(conn, self.viewer, wanted, &after, walk, most).await?.iter().map(row).collect())
    }

    async fn variances(
        &self,
        conn: &mut Conn,
        cursor: &Cursor,
        wanted: &store::Wanted,
        walk: Walk,
        most: i64,
    ) -> Result<Vec<Row>, Error> {
        let ended = cursor.part == ENDED;
        let after = (cursor.at, cursor.name.clone());
        // Of what is in no consignment things may be asked for, too.
        let wanted = store::Wanted { consignments: None, ..wanted.clone() };
        let mut rows = Vec::new();
        for found in store::variances(conn, self.viewer, &wanted, ended, &after, walk, most).await? {
            let variance = &found.variance;
            let custody = if ended {
                let line = match self.teller.asks_for_line(&found) {
                    true => store::line_of(conn, self.viewer, variance).await?,
                    false => None,
                };
                self.teller.ended(&found, line.as_ref())
            } else {
                self.teller.found(&found)
            };
            let at = Cursor { name: variance.code.to_string(), at: found.at, ..Cursor::begin(cursor.part) };
            rows.push((at, self.events(&custody)));
        }
        Ok(rows)
    }

    async fn captured(&self, conn: &mut Conn, cursor: &Cursor, walk: Walk, most: i64) -> Result<Vec<Row>, Error> {
        let after = (cursor.at, cursor.name.clone(), cursor.number, cursor.rest.clone());
        let kept = captured::page(conn, self.viewer, &self.others, &after, walk, most).await?;
        let row = |kept: Kept| {
            let at = Cursor {
                at: time(walk, kept.captured_at, kept.occurred_at),
                name: kept.hash.clone(),
                number: kept.declared_at,
                rest: kept.party.clone(),
                ..Cursor::begin(OTHERS)
            };
            (at, event_of(&kept).into_iter().collect())
        };
        Ok(kept.into_iter().map(row).collect())
    }
}

/// The time by which a row has its place.
fn time(walk: Walk, recorded: jiff::Timestamp, occurred: jiff::Timestamp) -> i64 {
    if walk.by_occurred { occurred } else { recorded }.as_microsecond()
}

/// An event of others, recorded by us when it was taken in.
fn event_of(kept: &Kept) -> Option<Event> {
    let event = epcis::read("", kept.event.as_bytes()).document.events.pop();
    if event.is_none() {
        tracing::error!(hash = kept.hash, "an event that was taken in cannot be read");
    }
    let id = || Some(kept.id.clone());
    event.map(|event| Event {
        recorded: Some(Moment::new(kept.captured_at, Offset(0))),
        id: event.id.clone().or_else(id),
        ..event
    })
}

/// What of a query can be asked of our own tables.
async fn wanted(conn: &mut Conn, query: &Query, naming: &Naming) -> Result<store::Wanted, Error> {
    let [from, to, recorded_from, recorded_to] = query.times();
    let mut consignments: Option<Vec<String>> = None;
    for names in query.ours(naming) {
        let mut all = Some(Vec::new());
        for name in names {
            let found = match name {
                Some(Named::Consignment(code)) => Some(vec![code.to_string()]),
                Some(Named::Unit(sscc)) => store::holding(conn, sscc.as_str(), true).await?,
                Some(Named::Serial(serial)) => store::holding(conn, &serial, false).await?,
                None => None,
            };
            all = all.zip(found).map(|(mut all, found)| {
                all.extend(found);
                all
            });
        }
        if let Some(mut all) = all {
            all.retain(|code| consignments.as_ref().is_none_or(|known| known.contains(code)));
            consignments = Some(all);
        }
    }
    Ok(store::Wanted {
        occurred: (from, to),
        recorded: (recorded_from, recorded_to),
        place: query.place(naming).map(|code| code.to_string()),
        consignments,
        variances: None,
        taken_back: false,
    })
}

/// What of a query can be asked of the events of others.
fn others(query: &Query) -> captured::Wanted {
    let [from, to, recorded_from, recorded_to] = query.times();
    let ids = query.ids().map(|ids| {
        let hashes = ids.iter().filter_map(|id| digest_of(id)).map(str::to_owned);
        (ids.to_vec(), hashes.collect())
    });
    captured::Wanted { ids, occurred: (from, to), captured: (recorded_from, recorded_to), names: query.names() }
}
