//! Units: what of items with serial numbers ever came into service. The journal says where each was at any date, and what it says is
//! worked out here once, by the writer, in the transaction that changes it: a list of a hundred thousand units as of a date reads rows
//! instead of moves. Whoever asks the journal itself gets the same answer: a test compares both after random histories, and `muster ledger
//! verify` does so for what is kept.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::ledger::{
    account::AccountPurpose,
    books::Books,
    entry::{Entry, EntryNumber},
};

use super::Write;
use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    ledger::Also,
    statements,
};

/// What stands in the tables for no end.
pub(super) const NEVER: i64 = i64::MAX;

/// Units that are worked out at once.
const AT_ONCE: usize = 512;

statements! {
    EVER = "SELECT DISTINCT p.serial FROM account a CROSS JOIN posting p
        WHERE p.to_account = a.id AND a.purpose = 'in_service' AND p.kind = 'posted' AND p.serial <> ''";
    // Units that never came into service.
    STRAY = "SELECT u.serial FROM unit u WHERE NOT EXISTS (SELECT 1 FROM posting p JOIN account a ON a.id = p.to_account
        WHERE p.serial <> '' AND p.serial = u.serial AND p.kind = 'posted' AND a.purpose = 'in_service') LIMIT 1";
    GIVEN = "SELECT offer, given FROM unit_given";
}

// Of a serial number, everything that ever moved under it, whatever is of which item, in the order of the journal.
const MOVES: &str = "SELECT s.item, p.serial, p.entry, p.occurred_at, p.kind, p.from_account, p.to_account, a.purpose, a.holder, a.owner,
      a.caveats, e.offer, c.number
    FROM posting p JOIN resources s ON s.code = p.resource JOIN account a ON a.id = p.to_account JOIN entry e ON e.number = p.entry
      LEFT JOIN entry c ON c.corrects = p.entry
    WHERE p.serial <> '' AND p.serial IN {} ORDER BY p.entry, p.line";
const CHECKS: &str =
    "SELECT s.item, i.serial, i.entry, i.occurred_at, b.entry FROM inspection i JOIN resources s ON s.code = i.resource
      LEFT JOIN inspection_taken_back b ON b.inspection = i.code
    WHERE i.grade <> 'not_found' AND i.serial IN {} ORDER BY i.entry, i.code";
const STATES: &str =
    "SELECT serial, item, from_at, until_at, from_entry, until_entry, account, holder, owner, caveats, offer, given, received_at, checked_at
    FROM unit_state WHERE serial IN {} ORDER BY serial, item, number";
const KNOWN: &str = "SELECT DISTINCT serial FROM unit WHERE serial IN {}";
const OF_RESOURCES: &str = "SELECT DISTINCT p.serial FROM account a CROSS JOIN posting p
    WHERE p.to_account = a.id AND p.serial <> '' AND a.resource IN {}";
const FORGET: &str = "DELETE FROM unit_state WHERE serial IN (SELECT v.column1 FROM ({rows}) v)";
const FORGET_UNIT: &str = "DELETE FROM unit WHERE serial IN (SELECT v.column1 FROM ({rows}) v)";

/// What a transaction touches of units.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// Serial numbers of what comes into service.
    arrived: BTreeSet<String>,
    /// Other serial numbers: of units if these ever came into service.
    moved: BTreeSet<String>,
    /// Resources that are of another item now.
    resources: BTreeSet<String>,
}

impl Touched {
    /// What entries and what goes with them touch.
    pub(crate) fn by<'a>(books: &Books, entries: &[&Entry], also: impl Iterator<Item = &'a Also>) -> Self {
        let mut touched = Self::default();
        for line in entries.iter().flat_map(|entry| &entry.lines).filter(|line| !line.serial.is_empty()) {
            let arrived = books.account(line.to).is_some_and(|to| to.purpose == AccountPurpose::InService);
            let into = if arrived { &mut touched.arrived } else { &mut touched.moved };
            into.insert(line.serial.clone());
        }
        for also in also {
            match also {
                Also::Transfer(writes) => {
                    let checked = |write: &Write| match write {
                        Write::Inspection(new) => Some(new.serial.clone()),
                        Write::InspectionTakenBack((_, serial), _) => Some(serial.clone()),
                        _ => None,
                    };
                    touched.moved.extend(writes.iter().filter_map(checked));
                }
                Also::Records { changes, .. } => {
                    let of_resources = changes.iter().filter(|change| change.sheet == "resources");
                    let other_item =
                        of_resources.filter(|change| change.columns().iter().any(|(name, ..)| *name == "item"));
                    touched.resources.extend(other_item.map(|change| change.key.clone()));
                }
                _ => {}
            }
        }
        touched
    }

    /// Whether that is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.arrived.is_empty() && self.moved.is_empty() && self.resources.is_empty()
    }
}

/// Works out anew what was touched, once all else of the transaction is written.
pub(crate) async fn keep(conn: &mut Conn, touched: Touched) -> Result<(), Error> {
    let mut serials = touched.arrived;
    let values = |texts: BTreeSet<String>| texts.into_iter().map(Value::from);
    for row in conn.rows_in(KNOWN, values(touched.moved)).await? {
        serials.insert(row.text(0)?);
    }
    for row in conn.rows_in(OF_RESOURCES, values(touched.resources)).await? {
        serials.insert(row.text(0)?);
    }
    let serials: Vec<String> = serials.into_iter().collect();
    for some in serials.chunks(AT_ONCE) {
        work_out(conn, some).await?;
    }
    Ok(())
}

/// Works out all units, for a database that was made before they were kept.
pub(crate) async fn keep_all(conn: &mut Conn) -> Result<(), Error> {
    for some in ever(conn).await?.chunks(AT_ONCE) {
        work_out(conn, some).await?;
    }
    Ok(())
}

/// A unit of which the tables do not say what the journal says, if there is one: its serial number, or an offer of which it is said wrongly
/// what was given.
pub(crate) async fn misfit(conn: &mut Conn) -> Result<Option<String>, Error> {
    if let Some(row) = conn.row(STRAY, vec![]).await? {
        return row.text(0).map(Some);
    }
    let pairs = conn.rows(GIVEN, vec![]).await?;
    let pairs = pairs.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect::<Result<BTreeSet<_>, Error>>()?;
    if let Some((offer, _)) = pairs.iter().find(|(offer, given)| !given.split(' ').any(|one| one == offer)) {
        return Ok(Some(offer.clone()));
    }
    for some in ever(conn).await?.chunks(AT_ONCE) {
        let (mut kept, said) = (kept(conn, some).await?, said(conn, some).await?);
        for ((serial, item), unit) in said {
            let lacks = unit.pairs().any(|pair| !pairs.contains(&pair));
            if lacks || kept.remove(&(serial.clone(), item)).unwrap_or_default() != unit.states {
                return Ok(Some(serial));
            }
        }
        if let Some(((serial, _), _)) = kept.pop_first() {
            return Ok(Some(serial));
        }
    }
    Ok(None)
}

/// The serial numbers of everything that ever came into service.
async fn ever(conn: &mut Conn) -> Result<Vec<String>, Error> {
    conn.rows(EVER, vec![]).await?.iter().map(|row| row.text(0)).collect()
}

/// A serial number and its item.
type Name = (String, String);

/// What the journal says of a unit.
struct Said {
    /// The offers of which it ever moved, in order.
    given: String,
    /// The columns after its name and number.
    states: Vec<Vec<Value>>,
}

impl Said {
    /// Each of the offers, with all of them.
    fn pairs(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.given.split(' ').filter(|offer| !offer.is_empty()).map(|offer| (offer.to_owned(), self.given.clone()))
    }
}

/// Works out the units of some serial numbers from the journal.
async fn said(conn: &mut Conn, serials: &[String]) -> Result<BTreeMap<Name, Said>, Error> {
    let values = || serials.iter().map(|serial| Value::from(serial.as_str()));
    let mut units: BTreeMap<Name, History> = BTreeMap::new();
    for row in conn.rows_in(MOVES, values()).await? {
        let unit = units.entry((row.text(1)?, row.text(0)?)).or_default();
        if let Some(offer) = row.maybe_text(11)? {
            unit.given.insert(offer);
        }
        if row.text(4)? == "posted" {
            unit.moves.push(moved(&row)?);
        }
    }
    for row in conn.rows_in(CHECKS, values()).await? {
        if let Some(unit) = units.get_mut(&(row.text(1)?, row.text(0)?)) {
            unit.checks.push(Check { entry: row.integer(2)?, at: row.integer(3)?, taken_back: row.maybe_integer(4)? });
        }
    }
    units.retain(|_, unit| unit.moves.iter().any(|one| one.purpose == AccountPurpose::InService));
    let said = |unit: History| {
        let given = unit.given.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        Said { states: unit.rows(&given).collect(), given }
    };
    Ok(units.into_iter().map(|(name, unit)| (name, said(unit))).collect())
}

/// What the tables say of the units of some serial numbers: the columns after name and number.
async fn kept(conn: &mut Conn, serials: &[String]) -> Result<BTreeMap<Name, Vec<Vec<Value>>>, Error> {
    let mut kept: BTreeMap<Name, Vec<Vec<Value>>> = BTreeMap::new();
    for row in conn.rows_in(STATES, serials.iter().map(|serial| Value::from(serial.as_str()))).await? {
        let state = vec![
            row.integer(2)?.into(),
            row.integer(3)?.into(),
            row.integer(4)?.into(),
            row.integer(5)?.into(),
            row.integer(6)?.into(),
            row.text(7)?.into(),
            row.text(8)?.into(),
            row.text(9)?.into(),
            row.maybe_text(10)?.into(),
            row.text(11)?.into(),
            row.integer(12)?.into(),
            row.maybe_integer(13)?.into(),
        ];
        kept.entry((row.text(0)?, row.text(1)?)).or_default().push(state);
    }
    Ok(kept)
}

/// Works out the units of some serial numbers and puts what comes of it in the place of what was known of them.
async fn work_out(conn: &mut Conn, serials: &[String]) -> Result<(), Error> {
    let (mut heads, mut states, mut pairs) = (Vec::new(), Vec::new(), BTreeSet::new());
    for ((serial, item), unit) in said(conn, serials).await? {
        pairs.extend(unit.pairs());
        let name = [Value::from(serial), Value::from(item)];
        for (number, state) in (1_i64..).zip(unit.states) {
            states.push(name.iter().cloned().chain([number.into()]).chain(state).collect());
        }
        heads.push(name.to_vec());
    }
    let gone = || serials.iter().map(|serial| vec![serial.as_str().into()]).collect();
    conn.change(Batch::of(FORGET, gone())).await?;
    conn.change(Batch::of(FORGET_UNIT, gone())).await?;
    conn.insert(Batch::insert("INSERT INTO unit (serial, item)", heads)).await?;
    let into = "INSERT INTO unit_state (serial, item, number, from_at, until_at, from_entry, until_entry, account, holder, owner, caveats, offer, given, received_at, checked_at)";
    conn.insert(Batch::insert(into, states)).await?;
    let pairs = pairs.into_iter().map(|(offer, given)| vec![offer.into(), given.into()]).collect();
    let known = "ON CONFLICT (offer, given) DO NOTHING";
    conn.insert(Batch::insert_or("INSERT INTO unit_given (offer, given)", known, pairs)).await
}

fn moved(row: &Row) -> Result<Move, Error> {
    Ok(Move {
        entry: row.integer(2)?,
        at: row.integer(3)?,
        from: row.integer(5)?,
        to: row.integer(6)?,
        purpose: row.word(7)?,
        account: [row.text(8)?, row.text(9)?, row.text(10)?],
        offer: row.maybe_text(11)?,
        corrected: row.maybe_integer(12)?,
    })
}

/// One move of a unit.
#[derive(Clone, Debug)]
struct Move {
    entry: EntryNumber,
    /// When, in microseconds.
    at: i64,
    from: i64,
    to: i64,
    /// Of the account that it went to.
    purpose: AccountPurpose,
    /// That account's holder, owner and caveats.
    account: [String; 3],
    offer: Option<String>,
    /// The entry that corrects it.
    corrected: Option<EntryNumber>,
}

/// A check that found a unit.
#[derive(Clone, Copy, Debug)]
struct Check {
    entry: EntryNumber,
    /// When, in microseconds.
    at: i64,
    /// The entry by which it was taken back.
    taken_back: Option<EntryNumber>,
}

/// Everything that happened to a unit, each in the order of the journal.
#[derive(Clone, Debug, Default)]
struct History {
    moves: Vec<Move>,
    /// Checks that found it.
    checks: Vec<Check>,
    /// The offers of which it ever moved, or was to.
    given: BTreeSet<String>,
}

/// What is known of a unit for some dates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    /// When it first came into service.
    received: Option<i64>,
    checked: Option<i64>,
    /// The moves by which it came to where it is: one, as a rule. Where one entry takes a thing apart and names its number twice, two.
    last: Vec<usize>,
    /// The offer of the last move that names one.
    offer: Option<String>,
}

/// A state, for dates from one until before another, from an entry on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    from_at: i64,
    until_at: i64,
    from_entry: EntryNumber,
    until_entry: EntryNumber,
    state: State,
}

impl History {
    /// Rows of [`Self::spans`] of which the unit is somewhere: the columns after its name and number.
    fn rows<'a>(&'a self, given: &'a str) -> impl Iterator<Item = Vec<Value>> + 'a {
        self.spans().into_iter().flat_map(move |span| {
            let received = span.state.received;
            let here = span.state.last.clone().into_iter().map(|n| &self.moves[n]).filter(|one| one.is_somewhere());
            let row = move |one: &Move| {
                let [holder, owner, caveats] = &one.account;
                vec![
                    span.from_at.into(),
                    span.until_at.into(),
                    span.from_entry.into(),
                    span.until_entry.into(),
                    one.to.into(),
                    holder.as_str().into(),
                    owner.as_str().into(),
                    caveats.as_str().into(),
                    Value::Text(span.state.offer.clone()),
                    given.into(),
                    received.into(),
                    span.state.checked.into(),
                ]
            };
            here.filter(move |_| received.is_some()).map(row).collect::<Vec<_>>()
        })
    }

    /// What is known of the unit at every date, as it became known: entry by entry. An entry changes what holds from its own date on; what
    /// held before stays known as it was to who knows no later entry.
    fn spans(&self) -> Vec<Span> {
        let whole =
            Span { from_at: i64::MIN, until_at: NEVER, from_entry: 0, until_entry: NEVER, state: State::default() };
        let (mut open, mut past) = (vec![whole], Vec::new());
        for (entry, event) in self.events() {
            match event {
                Event::Checked(at) => {
                    change(&mut open, &mut past, (entry, at), |_, state| state.checked = state.checked.max(Some(at)));
                }
                Event::Moved(first, end) => {
                    let (moves, last) = (&self.moves[first..end], self.last(first, end));
                    let at = moves[0].at;
                    let came = moves.iter().any(|one| one.purpose == AccountPurpose::InService);
                    change(&mut open, &mut past, (entry, at), |_, state| {
                        state.last.clone_from(&last);
                        if came {
                            state.received = Some(state.received.map_or(at, |received| received.min(at)));
                        }
                        if let Some(offer) = &moves[0].offer {
                            state.offer = Some(offer.clone());
                        }
                    });
                }
                Event::Corrected => change(&mut open, &mut past, (entry, i64::MIN), |from_at, state| {
                    let counts = |one: &&Move| {
                        one.entry <= entry
                            && one.at <= from_at
                            && one.purpose == AccountPurpose::InService
                            && one.corrected.is_none_or(|by| by > entry)
                    };
                    state.received = self.moves.iter().filter(counts).map(|one| one.at).min();
                }),
                Event::Unchecked => change(&mut open, &mut past, (entry, i64::MIN), |from_at, state| {
                    let counts = |one: &&Check| {
                        one.entry <= entry && one.at <= from_at && one.taken_back.is_none_or(|by| by > entry)
                    };
                    state.checked = self.checks.iter().filter(counts).map(|one| one.at).max();
                }),
            }
        }
        past.extend(open);
        past
    }

    /// What happened, entry by entry.
    fn events(&self) -> Vec<(EntryNumber, Event)> {
        let mut events: Vec<(EntryNumber, Event)> = Vec::new();
        let mut first = 0;
        for some in self.moves.chunk_by(|a, b| a.entry == b.entry) {
            let end = first + some.len();
            events.push((some[0].entry, Event::Moved(first, end)));
            events.extend(some[0].corrected.map(|by| (by, Event::Corrected)));
            first = end;
        }
        events.extend(self.checks.iter().map(|one| (one.entry, Event::Checked(one.at))));
        events.extend(self.checks.iter().filter_map(|one| Some((one.taken_back?, Event::Unchecked))));
        // What a correction takes back it takes back after its own moves.
        events.sort_by_key(|(entry, event)| (*entry, matches!(event, Event::Corrected)));
        events
    }

    /// The moves of one entry that lead to where the unit then is. What is repaired goes in and comes out by one entry, of which what came
    /// out counts.
    fn last(&self, first: usize, end: usize) -> Vec<usize> {
        let moves = &self.moves[first..end];
        let goes_on = |one: &Move| {
            let in_process = one.purpose == AccountPurpose::InProcess;
            moves.iter().any(|other| other.from == one.to || (in_process && other.purpose != AccountPurpose::InProcess))
        };
        (first..end).filter(|n| !goes_on(&self.moves[*n])).collect()
    }
}

/// What happened to a unit by an entry.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// Moves from one place of the history until before another.
    Moved(usize, usize),
    /// A check found it, then.
    Checked(i64),
    /// A check that found it was taken back.
    Unchecked,
    /// An entry that moved it was corrected.
    Corrected,
}

impl Move {
    /// Whether it leads to where somebody has the unit.
    fn is_somewhere(&self) -> bool {
        !matches!(self.purpose, AccountPurpose::NationalStock | AccountPurpose::Consumed | AccountPurpose::Lost)
    }
}

/// Changes what is known from a date on, by an entry. `how` is told from when on a state holds.
fn change(open: &mut Vec<Span>, past: &mut Vec<Span>, (entry, at): (EntryNumber, i64), how: impl Fn(i64, &mut State)) {
    if let Some(n) = open.iter().position(|span| span.from_at < at && at < span.until_at) {
        let later = Span { from_at: at, ..open[n].clone() };
        open[n].until_at = at;
        open.insert(n + 1, later);
    }
    for span in open.iter_mut().filter(|span| span.from_at >= at) {
        let mut state = span.state.clone();
        how(span.from_at, &mut state);
        if state == span.state {
            continue;
        }
        // What one entry changes twice was never so in between.
        if span.from_entry < entry {
            past.push(Span { until_entry: entry, ..span.clone() });
        }
        (span.from_entry, span.state) = (entry, state);
    }
}
