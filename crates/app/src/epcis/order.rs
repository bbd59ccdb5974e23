//! Events in the order in which they happened or were recorded, be they ours or others': each part is read in that order from the
//! database, by its index, and of what is read of all of them the first is told next. So a page costs what it holds, whatever there is
//! before it and after it.

use std::{cmp::Reverse, collections::VecDeque};

use muster_interchange::epcis::order::By;
use muster_storage::{db::Conn, epcis::Walk};

use super::{Cursor, LINES, MOST_ROWS, OTHERS, Page, ROWS, Row, Search};
use crate::Error;

/// Fewest rows that are read at once of each part.
const FEWEST: i64 = 20;

/// A part that is read in order.
struct Stream {
    from: Cursor,
    walk: Walk,
    /// What was read and not yet told.
    rows: VecDeque<Row>,
    over: bool,
}

impl Stream {
    /// A part from where a page ended. Of rows of the same moment those of earlier parts come first, whichever way the order goes.
    fn begin(part: u8, after: Option<&Cursor>, walk: Walk) -> Self {
        let begin = Cursor::begin(part);
        let (from, inclusive) = match after {
            None => (Cursor { at: if walk.descending { i64::MAX } else { i64::MIN }, ..begin }, false),
            Some(after) if after.part == part => (after.clone(), after.told > 0),
            Some(after) => {
                // No row has the names with which a part begins, so that this is with or without the rows of that moment.
                let with = part > after.part;
                let at = if walk.descending == with { after.at.saturating_add(1) } else { after.at };
                (Cursor { at, ..begin }, false)
            }
        };
        Self { from, walk: Walk { inclusive, ..walk }, rows: VecDeque::new(), over: false }
    }

    async fn fill(&mut self, search: &Search<'_>, conn: &mut Conn, most: i64) -> Result<(), Error> {
        if self.over || !self.rows.is_empty() {
            return Ok(());
        }
        let known = search.known.is_some() && self.from.part != OTHERS;
        let rows = if known {
            // Few, since each has an id that was asked for.
            let all = search.rows(conn, &Cursor::begin(self.from.part), Walk::default(), ROWS).await?;
            self.sorted(all)
        } else {
            search.rows(conn, &self.from, self.walk, most).await?
        };
        self.over = known || (rows.len() as i64) < most;
        self.walk.inclusive = false;
        if let Some((last, _)) = rows.last() {
            self.from = last.clone();
        }
        self.rows = rows.into();
        Ok(())
    }

    /// Rows that were read in the order in which they were recorded, from where the part begins on.
    fn sorted(&self, rows: Vec<Row>) -> Vec<Row> {
        let place = |(at, made): Row| {
            let occurred = made.first().map(|event| event.time.at().as_microsecond());
            let at = Cursor { at: occurred.filter(|_| self.walk.by_occurred).unwrap_or(at.at), ..at };
            (at, made)
        };
        let mut rows: Vec<Row> = rows.into_iter().map(place).collect();
        rows.sort_by(|(a, _), (b, _)| a.order(b));
        if self.walk.descending {
            rows.reverse();
        }
        let comes = |(at, _): &Row| match at.order(&self.from) {
            std::cmp::Ordering::Equal => self.walk.inclusive,
            other => other.is_lt() == self.walk.descending,
        };
        rows.into_iter().filter(comes).collect()
    }
}

/// A page of events by one of their times, the latest first if `descending`.
pub(super) async fn page(
    search: &Search<'_>,
    conn: &mut Conn,
    (by, descending): (By, bool),
    after: Option<Cursor>,
    last: u8,
    most: usize,
) -> Result<Page, Error> {
    let walk = Walk { by_occurred: by == By::EventTime, descending, inclusive: false };
    let mut streams: Vec<Stream> = (LINES..last).map(|part| Stream::begin(part, after.as_ref(), walk)).collect();
    let at_once = i64::try_from(most).unwrap_or(ROWS).clamp(FEWEST, ROWS);
    let (mut events, mut place) = (Vec::new(), after);
    for _ in 0..MOST_ROWS {
        for stream in &mut streams {
            stream.fill(search, conn, at_once).await?;
        }
        let heads = streams.iter_mut().filter(|stream| !stream.rows.is_empty());
        // Of several that are the same moment's the first one, either way.
        let next = if descending {
            heads.min_by_key(|stream| stream.rows.front().map(|(at, _)| Reverse(at.at)))
        } else {
            heads.min_by_key(|stream| stream.rows.front().map(|(at, _)| at.at))
        };
        let Some((at, made)) = next.and_then(|stream| stream.rows.pop_front()) else {
            return Ok(Page { events, next: None });
        };
        let told = place.as_ref().filter(|place| place.part == at.part && place.order(&at).is_eq());
        let told = told.map_or(0, |place| place.told);
        for (n, event) in made.into_iter().filter(|event| search.query.wants(event)).enumerate().skip(told) {
            if events.len() == most {
                let next = if n == 0 { place } else { Some(Cursor { told: n, ..at }) };
                return Ok(Page { events, next });
            }
            events.push(event);
        }
        place = Some(at);
    }
    Ok(Page { events, next: place })
}
