//! Lists of consignments, movements, milestones and variances, as far as a viewer sees them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    consignment::{ConsignmentState, Milestone},
    field::Field,
    gs1::Sscc,
    ledger::entry::EntryNumber,
    variance::Escalation,
    viewer::{Sight, Viewer},
};

use super::{
    Consignment, Movement, MovementLeg, Reached, Variance,
    milestone::{reached, reached_columns, with_taken_back},
    read::{CONSIGNMENT, VARIANCE, consignment, leg, movement_row as movement, variance},
    taken_back::stands,
};
use crate::{
    Error,
    db::{Conn, Row, Value},
    ledger::read::{AsOf, LONGEST_PAGE, number_at},
    sight::{self, SIGHT},
    statements,
    wanted::{Where, places},
};

statements! {
    // Without a join, in the order of an index: PostgreSQL would else read all consignments for some pages.
    REACHED_BETWEEN = concat!("SELECT ", reached_columns!(), ", m.consignment
        FROM milestone m JOIN consignment c ON c.code = m.consignment", with_taken_back!(), "
        WHERE {sight} AND ((m.entry > $1 AND m.entry <= $2) OR (y.entry > $1 AND y.entry <= $2))
          AND m.consignment IN (SELECT e.consignment FROM entry e WHERE e.number > $1 AND e.number <= $2 AND e.consignment IS NOT NULL)
        ORDER BY m.entry, m.consignment, m.number");
    ON_LEGS = "SELECT leg, COUNT(*) FROM movement_load WHERE movement = $1 GROUP BY leg ORDER BY leg";
    // What it holds, and what it held at any of its milestones.
}

/// Which consignments are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In which state.
    pub state: Option<ConsignmentState>,
    /// Where they are or to which place they go next.
    pub place: Option<String>,
    /// With something of an offer.
    pub offer: Option<String>,
    /// With something for a need.
    pub need: Option<String>,
    /// On a movement.
    pub movement: Option<String>,
    /// Only those that are open.
    pub open: bool,
    /// Only those whose next departure or arrival was to be before, or that turned up where they were not sent.
    pub late_at: Option<Timestamp>,
    /// Only those of which custody passed and nobody signed.
    pub unsigned: bool,
    /// Only some of these.
    pub codes: Option<Vec<String>>,
    /// Only those that are under way and are to arrive before.
    pub arrives_by: Option<Timestamp>,
    /// Only those after one, as [`Filter::place_of`] says.
    pub after: Option<(i64, String)>,
}

impl Filter {
    /// Whether what is asked for is told by when it is due and not by its code.
    fn by_due(&self) -> bool {
        self.late_at.is_some() || self.arrives_by.is_some()
    }

    /// Where a consignment stands in the list: when it is due, in microseconds, if that is its order, and its code.
    pub fn place_of(&self, consignment: &Consignment) -> (i64, String) {
        let due = consignment.due_at().filter(|_| self.by_due());
        (due.map_or(0, |due| due.as_microsecond()), consignment.code.to_string())
    }
}

/// When a consignment, called `c`, is to arrive or leave next.
const DUE: &str = "CASE WHEN c.state = 'under_way' THEN c.arrives_at ELSE c.departs_at END";

/// Consignments that the viewer sees, newest code first; those that are asked for by when they are due, what was due first before others.
///
/// # Errors
/// If the engine fails.
pub async fn consignments(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Consignment>, Error> {
    let mut all = Where::after(vec![limit.clamp(1, LONGEST_PAGE + 1).into()]);
    all.and(|n| {
        let sight = sight::consignments(viewer, n);
        (sight.sql, sight.values)
    });
    all.is("c.state", filter.state.map(|state| state.as_str()));
    all.is("c.place", filter.place.clone());
    for (column, value) in [("offer", &filter.offer), ("need", &filter.need)] {
        let Some(value) = value else { continue };
        all.and(|n| {
            let seen = sight::consignment_lines(viewer, n + 1);
            let line = format!("l.consignment = c.code AND l.{column} = ${n} AND {}", seen.sql);
            let values = std::iter::once(value.as_str().into()).chain(seen.values).collect();
            (format!("EXISTS (SELECT 1 FROM consignment_line l WHERE {line})"), values)
        });
    }
    if let Some(movement) = &filter.movement {
        let load = |n| format!("SELECT 1 FROM movement_load o WHERE o.consignment = c.code AND o.movement = ${n}");
        all.and(|n| (format!("EXISTS ({})", load(n)), vec![movement.as_str().into()]));
    }
    if filter.open || filter.late_at.is_some() {
        // By what they are in and not by what they are not in: so an engine finds them by the index of states.
        let open = ConsignmentState::ALL.iter().filter(|state| state.is_open()).map(|state| state.to_string());
        all.among("c.state", &open.collect::<Vec<_>>());
    }
    if let Some(at) = filter.late_at {
        all.and(|n| (format!("({DUE} < ${n} OR c.sent_to IS NOT NULL)"), vec![at.as_microsecond().into()]));
    }
    if let Some(codes) = &filter.codes {
        all.among("c.code", codes);
    }
    if filter.unsigned {
        all.plain(&unsigned());
    }
    if let Some(at) = filter.arrives_by {
        all.and(|n| (format!("c.state = 'under_way' AND c.arrives_at <= ${n}"), vec![at.as_microsecond().into()]));
    }
    let order = if filter.by_due() { format!("COALESCE({DUE}, 0), c.code") } else { "c.code DESC".to_owned() };
    match &filter.after {
        Some((at, code)) if filter.by_due() => {
            let values = vec![(*at).into(), code.as_str().into()];
            all.and(|n| (format!("(COALESCE({DUE}, 0), c.code) > (${n}, ${})", n + 1), values));
        }
        Some((_, code)) => all.and(|n| (format!("c.code < ${n}"), vec![code.as_str().into()])),
        None => {}
    }
    let sql = format!("SELECT {CONSIGNMENT} FROM consignment c WHERE {} ORDER BY {order} LIMIT $1", all.text());
    conn.rows(&sql, all.values).await?.iter().map(consignment).collect()
}

/// That custody of a consignment, called `c`, passed once and nobody signed for that. What was found later passed with the rest.
fn unsigned() -> String {
    let passes = Milestone::ALL.iter().filter(|kind| kind.passes_custody());
    let passes: Vec<String> = passes.map(|kind| format!("'{}'", kind.as_str())).collect();
    format!(
        "EXISTS (SELECT 1 FROM milestone m WHERE m.consignment = c.code AND m.kind IN ({}) AND m.completes IS NULL AND {}
          AND NOT EXISTS (SELECT 1 FROM handover h WHERE h.consignment = m.consignment AND h.milestone = m.number))",
        passes.join(", "),
        stands!("m")
    )
}

/// Which legs of movements are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LegFilter {
    /// Of one movement.
    pub movement: Option<String>,
    /// By a lane.
    pub lane: Option<String>,
    /// Only those that have not arrived.
    pub under_way: bool,
    /// Only those that have not arrived, or not before.
    pub since: Option<Timestamp>,
    /// Only those that were to arrive before and have not.
    pub late_at: Option<Timestamp>,
}

/// A leg of a movement, with how many consignments are on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conveyed {
    /// The movement.
    pub movement: Movement,
    /// The leg.
    pub leg: MovementLeg,
    /// Consignments on it that the viewer sees.
    pub consignments: i64,
}

impl Conveyed {
    /// Where it stands in the list of legs.
    pub fn place(&self) -> LegPlace {
        (self.leg.departed_at, self.movement.code.to_string(), self.leg.leg)
    }
}

/// A place in the list of legs: departure, movement and leg.
pub type LegPlace = (Timestamp, String, i64);

/// Legs with a consignment that the viewer sees, the last departed first, after one of them.
///
/// # Errors
/// If the engine fails.
pub async fn legs(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &LegFilter,
    after: Option<&LegPlace>,
    limit: i64,
) -> Result<Vec<Conveyed>, Error> {
    let mut all = Where::after(vec![limit.clamp(1, LONGEST_PAGE + 1).into()]);
    all.and(|n| {
        let sight = sight::consignments(viewer, n);
        (sight.sql, sight.values)
    });
    all.is("g.movement", filter.movement.clone());
    all.is("g.lane", filter.lane.clone());
    if filter.under_way || filter.late_at.is_some() {
        all.plain("g.arrived_at IS NULL");
    }
    if let Some(at) = filter.since {
        all.and(|n| (format!("(g.arrived_at IS NULL OR g.arrived_at >= ${n})"), vec![at.as_microsecond().into()]));
    }
    if let Some(at) = filter.late_at {
        all.and(|n| (format!("g.arrives_at < ${n}"), vec![at.as_microsecond().into()]));
    }
    if let Some((at, movement, leg)) = after {
        let values = vec![at.as_microsecond().into(), movement.as_str().into(), (*leg).into()];
        all.and(|n| {
            let (at, movement, leg) = (n, n + 1, n + 2);
            (
                format!(
                    "(g.departed_at < ${at} OR (g.departed_at = ${at} AND (g.movement, g.leg) > (${movement}, ${leg})))"
                ),
                values,
            )
        });
    }
    let sql = format!(
        "SELECT m.code, m.mode, m.carrier, m.conveyance, m.created_at, g.leg, g.lane, g.departed_at, g.arrives_at, g.arrived_at, COUNT(*)
        FROM movement_leg g JOIN movement m ON m.code = g.movement
          JOIN movement_load o ON o.movement = g.movement AND o.leg = g.leg JOIN consignment c ON c.code = o.consignment
        WHERE {} GROUP BY m.code, g.movement, g.leg ORDER BY g.departed_at DESC, g.movement, g.leg LIMIT $1",
        all.text()
    );
    let conveyed =
        |row: &Row| Ok(Conveyed { movement: movement(row, 0)?, leg: leg(row, 5)?, consignments: row.integer(10)? });
    conn.rows(&sql, all.values).await?.iter().map(conveyed).collect()
}

/// Consignments that the viewer sees on a movement, by the leg on which they are, and how many there are on each leg in all.
///
/// # Errors
/// If the engine fails.
pub async fn loaded(
    conn: &mut Conn,
    viewer: &Viewer,
    movement: &str,
) -> Result<BTreeMap<i64, (Vec<Consignment>, i64)>, Error> {
    let mut legs: BTreeMap<i64, (Vec<Consignment>, i64)> = BTreeMap::new();
    for row in conn.rows(ON_LEGS, vec![movement.into()]).await? {
        legs.insert(row.integer(0)?, (Vec::new(), row.integer(1)?));
    }
    let sight = sight::consignments(viewer, 2);
    let mut values: Vec<Value> = vec![movement.into()];
    values.extend(sight.values);
    let sql = format!(
        "SELECT {CONSIGNMENT}, o.leg FROM movement_load o JOIN consignment c ON c.code = o.consignment
        WHERE {} AND o.movement = $1 ORDER BY o.leg, c.code",
        sight.sql
    );
    for row in conn.rows(&sql, values).await? {
        legs.entry(row.integer(17)?).or_default().0.push(consignment(&row)?);
    }
    legs.retain(|_, (seen, _)| !seen.is_empty());
    Ok(legs)
}

/// A milestone that was reached at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The consignment.
    pub consignment: Code,
    /// Which milestone.
    pub kind: Milestone,
    /// When.
    pub occurred_at: Timestamp,
    /// Which of the consignment's milestones it is.
    pub number: i64,
}

/// So many consignments are few: what passed of them is looked up for each. Of more, a walk along a place's milestones soon meets one.
const FEW: i64 = 10_000;

/// How many consignments are looked up at once: the last of these, or for the rest the first that is enough, so that few statements are prepared.
const AT_ONCE: [usize; 3] = [16, 64, 256];

/// What the viewer may know of all that passed through a place in a time, in order, after one of them.
///
/// # Errors
/// If the engine fails.
pub async fn passed(
    conn: &mut Conn,
    viewer: &Viewer,
    place: &str,
    time: (Timestamp, Timestamp),
    after: Option<&Passed>,
    limit: i64,
) -> Result<Vec<Passed>, Error> {
    passed_by(conn, viewer, place, time, after, limit, (FEW, AT_ONCE[2])).await
}

/// As [`passed`], where so many consignments are few, and so many are looked up at once. What is given is the same.
///
/// # Errors
/// If the engine fails.
pub async fn passed_by(
    conn: &mut Conn,
    viewer: &Viewer,
    place: &str,
    (from, to): (Timestamp, Timestamp),
    after: Option<&Passed>,
    limit: i64,
    (most, at_once): (i64, usize),
) -> Result<Vec<Passed>, Error> {
    // Both bounds begin where the page does: an engine walks from one of them, and which one it takes is its own affair.
    let from = after.map_or(from, |after| from.max(after.occurred_at));
    let (code, number) =
        after.filter(|p| p.occurred_at == from).map_or(("", 0), |p| (p.consignment.as_str(), p.number));
    let at = from.as_microsecond();
    let mut values: Vec<Value> = vec![
        place.into(),
        at.into(),
        to.as_microsecond().into(),
        at.into(),
        code.into(),
        number.into(),
        limit.clamp(1, LONGEST_PAGE).into(),
    ];
    let Some(own) = few(conn, viewer, most).await? else {
        let sight = sight::consignments_one_by_one(viewer, values.len() + 1);
        values.extend(sight.values);
        let rows = conn.rows(&passing(&sight.sql, "c.place", "c.code"), values).await?;
        return rows.iter().map(passed_of).collect();
    };
    let mut found = Vec::new();
    // What comes of one lookup is joined with what comes of another, by bytes.
    let code = format!("c.code{}", conn.engine().by_bytes());
    for some in own.chunks(at_once) {
        let length = AT_ONCE.into_iter().find(|length| *length >= some.len()).unwrap_or(some.len());
        let among = format!("c.code IN ({})", places(values.len() + 1, length));
        // The place as an expression, so that no engine walks along all of its milestones.
        let among = passing(&among, "c.place || ''", &code);
        let filled = some.iter().chain(std::iter::repeat(&some[0])).take(length).map(|code| code.as_str().into());
        let values = values.iter().cloned().chain(filled).collect();
        for row in conn.rows(&among, values).await? {
            found.push(passed_of(&row)?);
        }
    }
    found.sort_by(|a, b| (a.occurred_at, &a.consignment, a.number).cmp(&(b.occurred_at, &b.consignment, b.number)));
    found.truncate(usize::try_from(limit.clamp(1, LONGEST_PAGE)).unwrap_or(0));
    Ok(found)
}

/// Milestones of consignments that fit a condition, at the place `$1` from `$2` to `$3`, after one of them, in order.
fn passing(fit: &str, place: &str, code: &str) -> String {
    // That it stands, looked up row by row, so that no engine makes a join of it and leaves the index.
    let stands =
        "(SELECT y.number FROM milestone_taken_back y WHERE y.consignment = c.code AND y.number = c.number) IS NULL";
    format!(
        "SELECT c.code, c.kind, c.place, c.occurred_at, c.number
        FROM (SELECT consignment AS code, kind, place, occurred_at, number FROM milestone) c
        WHERE {fit} AND {stands} AND {place} = $1 AND c.occurred_at >= $2 AND c.occurred_at < $3
          AND (c.occurred_at, {code}, c.number) > ($4, $5, $6)
        ORDER BY c.occurred_at, {code}, c.number LIMIT $7"
    )
}

/// All consignments that are released to the viewer, if they are few.
async fn few(conn: &mut Conn, viewer: &Viewer, most: i64) -> Result<Option<Vec<String>>, Error> {
    let Some((audiences, values)) = sight::audiences(viewer, 2) else { return Ok(None) };
    let mut values: Vec<Value> = std::iter::once(most.into()).chain(values).collect();
    let own = format!("FROM released WHERE sheet = 'consignments' AND audience IN {audiences}");
    if conn.row(&format!("SELECT 1 {own} LIMIT 1 OFFSET $1"), values.clone()).await?.is_some() {
        return Ok(None);
    }
    values[0] = (most + 1).into();
    let rows = conn.rows(&format!("SELECT DISTINCT record {own} ORDER BY record LIMIT $1"), values).await?;
    rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>().map(Some)
}

fn passed_of(row: &Row) -> Result<Passed, Error> {
    let (consignment, kind) = (row.word(0)?, row.word(1)?);
    Ok(Passed { consignment, kind, occurred_at: row.timestamp(3)?, number: row.integer(4)? })
}

/// Milestones of consignments that the viewer sees, by the entries that say so: after one up to another. Few entries at once, for all of
/// them are given.
///
/// # Errors
/// If the engine fails.
pub async fn reached_between(
    conn: &mut Conn,
    viewer: &Viewer,
    (after, last): (EntryNumber, EntryNumber),
) -> Result<Vec<(Code, Reached)>, Error> {
    let sight = sight::consignments(viewer, 3);
    let mut values: Vec<Value> = vec![after.into(), last.into()];
    values.extend(sight.values);
    let rows = conn.rows(&REACHED_BETWEEN.replace(SIGHT, &sight.sql), values).await?;
    rows.iter().map(|row| Ok((row.word(14)?, reached(row)?))).collect()
}

/// The consignment with this exact code that is under way, or the one with the handling unit of this exact number, and that number. It is found
/// for whoever has it in their hands, and told to nobody else.
///
/// # Errors
/// If the engine fails.
pub async fn under_way(conn: &mut Conn, code_or_sscc: &str) -> Result<Option<(Consignment, Option<String>)>, Error> {
    let sscc = Sscc::parse(code_or_sscc).ok().map(|sscc| sscc.to_string());
    let of = match sscc {
        Some(_) => "c.code = (SELECT h.consignment FROM handling_unit h WHERE h.sscc = $1)",
        None => "c.code = $1",
    };
    let sql = format!("SELECT {CONSIGNMENT} FROM consignment c WHERE {of} AND c.state = 'under_way'");
    let wanted = sscc.clone().unwrap_or_else(|| code_or_sscc.to_owned());
    let row = conn.row(&sql, vec![wanted.into()]).await?;
    row.map(|row| Ok((consignment(&row)?, sscc))).transpose()
}

/// Which variances are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VarianceFilter {
    /// One of them.
    pub code: Option<String>,
    /// Only those that are not resolved.
    pub open: bool,
    /// Of a consignment.
    pub consignment: Option<String>,
    /// At a place.
    pub place: Option<String>,
    /// Only those that are not resolved and whose time runs out by then.
    pub due_by: Option<Timestamp>,
    /// Only those that wait for the viewer at a moment.
    pub waiting_at: Option<Timestamp>,
    /// Only those that were not taken to somebody.
    pub not_yet: Option<Escalation>,
    /// Only those that came about by an entry after one and up to another.
    pub found: Option<(EntryNumber, EntryNumber)>,
    /// Only those that ended by an entry after one and up to another.
    pub ended: Option<(EntryNumber, EntryNumber)>,
    /// The last found first, instead of those whose time runs out first.
    pub newest: bool,
    /// As of a date, as known on a date: those that were found by then, open unless they had ended by then.
    pub as_of: Option<AsOf>,
    /// Only those after one: when its time runs out, in microseconds, and its code.
    pub after: Option<(i64, String)>,
}

impl VarianceFilter {
    /// The moment of which it is asked: now, or as of when.
    pub fn moment(&self, now: Timestamp) -> Timestamp {
        self.as_of.map_or(now, |at| at.occurred.min(at.known).min(now))
    }

    /// Only those that wait for somebody, if it is said for whom, at the moment of which it is asked.
    #[must_use]
    pub fn waiting_for(self, whom: Option<Escalation>, now: Timestamp) -> Self {
        let due_by = whom.map(|level| level.due_by(self.moment(now)));
        Self { due_by, ..self }
    }
}

/// Variances that the viewer sees: those of consignments that they see, those that their party holds, and those of offers they see; the
/// longest open first, or the last found.
///
/// # Errors
/// If the engine fails.
pub async fn variances(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &VarianceFilter,
    limit: i64,
) -> Result<Vec<Variance>, Error> {
    let mut all = Where::after(vec![limit.clamp(1, LONGEST_PAGE + 1).into()]);
    all.and(|n| {
        let sight = sight::variances(viewer, n);
        (sight.sql, sight.values)
    });
    all.is("v.code", filter.code.clone());
    all.is("v.consignment", filter.consignment.clone());
    all.is("v.place", filter.place.clone());
    let then = filter.moment(Timestamp::MAX);
    if let Some(at) = filter.as_of {
        all.is("v.occurred_at <=", Some(at.occurred.as_microsecond()));
        all.is("v.entry <=", Some(number_at(conn, at.known).await?));
    }
    if filter.open || filter.due_by.is_some() || filter.waiting_at.is_some() {
        match filter.as_of {
            None => all.plain("v.resolution IS NULL"),
            Some(_) => {
                let values = vec![then.as_microsecond().into()];
                all.and(|n| (format!("(v.resolution IS NULL OR v.resolved_at > ${n})"), values));
            }
        }
    }
    if let Some(at) = filter.due_by {
        all.and(|n| (format!("v.due_at <= ${n}"), vec![at.as_microsecond().into()]));
    }
    if let Some(at) = filter.waiting_at {
        let level = if viewer.sight == Sight::Everything { Escalation::Mission } else { Escalation::Nations };
        all.and(|n| {
            let held = sight::own(viewer, "v.holder", n + 1);
            // The same values stand for who holds it and who gave it.
            let gave = sight::gave(viewer, "v.offer", n + 1);
            let values = std::iter::once(level.due_by(at).as_microsecond().into()).chain(held.values).collect();
            (format!("((v.due_at <= ${n} AND {}) OR {})", gave.sql, held.sql), values)
        });
    }
    if let Some(level) = filter.not_yet {
        let told = |n| format!("SELECT 1 FROM variance_escalation x WHERE x.variance = v.code AND x.level = ${n}");
        all.and(|n| (format!("NOT EXISTS ({})", told(n)), vec![level.as_str().into()]));
    }
    if filter.found.is_some() {
        // What was parted off later was found with the rest.
        all.plain("v.part_of IS NULL");
    }
    for (column, span) in [("v.entry", filter.found), ("v.resolved_entry", filter.ended)] {
        if let Some((after, last)) = span {
            all.and(|n| (format!("{column} > ${n} AND {column} <= ${}", n + 1), vec![after.into(), last.into()]));
        }
    }
    if let Some((at, code)) = &filter.after {
        let values = vec![(*at).into(), code.as_str().into()];
        let comes = if filter.newest { "<" } else { ">" };
        all.and(|n| (format!("(v.due_at, v.code) {comes} (${n}, ${})", n + 1), values));
    }
    let order = if filter.newest { "v.due_at DESC, v.code DESC" } else { "v.due_at, v.code" };
    let sql = format!("SELECT {VARIANCE} FROM variance v WHERE {} ORDER BY {order} LIMIT $1", all.text());
    let known = |row: &Row| {
        let found = variance(row)?;
        Ok(Variance { resolved: found.resolved.filter(|(_, at, ..)| *at <= then), ..found })
    };
    conn.rows(&sql, all.values).await?.iter().map(known).collect()
}

/// Whom variances that the viewer sees were taken to because they stayed open, by entries after one and up to another, in their order.
///
/// # Errors
/// If the engine fails.
pub async fn escalated_between(
    conn: &mut Conn,
    viewer: &Viewer,
    (after, last): (EntryNumber, EntryNumber),
) -> Result<Vec<(Variance, Escalation, Timestamp)>, Error> {
    let sight = sight::variances(viewer, 3);
    let sql = format!(
        "SELECT {VARIANCE}, x.level, x.recorded_at FROM variance_escalation x JOIN variance v ON v.code = x.variance
        WHERE {} AND x.entry > $1 AND x.entry <= $2 ORDER BY x.entry",
        sight.sql
    );
    let mut values: Vec<Value> = vec![after.into(), last.into()];
    values.extend(sight.values);
    let escalated = |row: &Row| Ok((variance(row)?, row.word(23)?, row.timestamp(24)?));
    conn.rows(&sql, values).await?.iter().map(escalated).collect()
}
