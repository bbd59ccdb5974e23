//! One consignment with all that belongs to it, as far as a viewer sees it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{code::Code, field::Field, ledger::account::AccountKey, variance::Escalation, viewer::Viewer};

use super::{
    Consignment, Count, ED25519, EntryRef, HandlingUnit, Handover, Line, Movement, MovementLeg, Override, PASSKEY,
    Passkey, SigningKey, Unit, Variance, Worth,
};
use crate::{
    Error,
    db::{Conn, Row, Value},
    sight::{self, SIGHT},
    statements,
};

/// Units of an open entry `o` that belong to consignments: what stands before it with one that is open, and what one misses that should
/// have come or gone by it. What was promised after it was missed is for the rest alone. What did not come and is not to go on by it any more,
/// since the rest of its line goes elsewhere, holds up nothing of others: it is open in the step before and not in this one.
macro_rules! bound_units {
    () => {
        "CAST(COALESCE((SELECT SUM(l.present) FROM consignment_step s JOIN consignment c ON c.code = s.consignment AND c.passed = s.step
            JOIN consignment_line l ON l.consignment = s.consignment AND l.line = s.line
            WHERE s.entry = o.entry AND c.state NOT IN ('closed', 'cancelled')), 0)
          + COALESCE((SELECT SUM(v.quantity) FROM consignment_step s
            JOIN variance v ON v.consignment = s.consignment AND v.line = s.line AND v.kind = 'short' AND v.resolution IS NULL AND v.entry > s.entry
            JOIN posting b ON b.entry = s.entry AND b.line = 0 JOIN account m ON m.id = b.from_account
            WHERE s.entry = o.entry AND m.name = v.account), 0)
          - COALESCE((SELECT SUM(v.quantity) FROM consignment_step t
            JOIN consignment_line l ON l.consignment = t.consignment AND l.line = t.line
            JOIN variance v ON v.consignment = t.consignment AND v.line = t.line AND v.kind = 'short' AND v.resolution IS NULL AND v.entry > t.entry
            WHERE t.entry = o.entry - 1
              AND EXISTS (SELECT 1 FROM allocation a WHERE o.entry > a.first_entry AND o.entry <= a.last_entry)
              AND EXISTS (SELECT 1 FROM account m WHERE m.name = v.account AND m.purpose = 'in_transit')
              AND NOT EXISTS (SELECT 1 FROM consignment_step n WHERE n.consignment = t.consignment AND n.line = t.line AND n.entry = o.entry)
              AND (l.plan IS NULL OR EXISTS (SELECT 1 FROM consignment_step n
                WHERE n.consignment = t.consignment AND n.line = t.line AND n.step > t.step))), 0) AS BIGINT)"
    };
}
pub(crate) use bound_units;

/// How much of an open entry `o` of a plan's line can happen now: what the step before, `po`, has done and no consignment has.
macro_rules! ready_units {
    () => {
        concat!("o.quantity - COALESCE(po.quantity, 0) - ", $crate::transfer::read::bound_units!())
    };
}
pub(crate) use ready_units;

/// Columns of a consignment, in the order in which [`consignment`] reads them.
pub(super) const CONSIGNMENT: &str = "c.code, c.state, c.consignor, c.consignee, c.origin, c.destination, c.place, c.route, c.passed, c.created_at, c.departs_at, c.arrives_at, c.remark, c.made_from, c.version,
    (SELECT COUNT(*) FROM milestone n WHERE n.consignment = c.code), c.sent_to";
/// Columns of a variance, in the order in which [`variance`] reads them.
pub(crate) const VARIANCE: &str = "v.code, v.kind, v.consignment, v.line, v.place, v.holder, v.resource, v.description, v.quantity, v.account, v.offer, v.need, v.occurred_at, v.recorded_at, v.actor, v.remark, v.due_at, v.entry, v.resolution, v.resolved_at, v.resolved_by, v.reason, v.part_of";

statements! {
    LINES = "SELECT l.line, l.plan, l.plan_line, l.offer, l.need, l.resource, l.quantity, l.present, l.condition, l.value_minor, l.value_currency, l.value_method, l.value_date, l.value_source, l.remark, l.ready_from, l.value_units
        FROM consignment_line l WHERE {sight} AND l.consignment = $1 ORDER BY l.line";
    STEPS = "SELECT line, step, entry FROM consignment_step WHERE consignment = $1 ORDER BY line, step";
    BEYOND = "SELECT s.line, s.entry, al.last_entry FROM consignment_step s JOIN consignment_line l ON l.consignment = s.consignment AND l.line = s.line
        JOIN allocation al ON al.plan = l.plan AND al.line = l.plan_line AND s.entry BETWEEN al.first_entry AND al.last_entry
        WHERE s.consignment = $1 AND NOT EXISTS (SELECT 1 FROM consignment_step t
            WHERE t.consignment = s.consignment AND t.line = s.line AND t.step > s.step) ORDER BY s.line";
    UNITS = "SELECT line, lot, serial, quantity, sscc FROM consignment_unit WHERE consignment = $1 ORDER BY line, number";
    HANDLING_UNITS = "SELECT sscc, kind, gross_kg, seal FROM handling_unit WHERE consignment = $1 ORDER BY sscc";
    OVERRIDES = "SELECT gate, line, reason, actor, recorded_at, entry FROM gate_override WHERE consignment = $1 ORDER BY number";
    LOADS = "SELECT passed, movement, leg FROM movement_load WHERE consignment = $1 ORDER BY passed";
    MOVEMENT = "SELECT code, mode, carrier, conveyance, created_at FROM movement WHERE code = $1";
    LEGS = "SELECT leg, lane, departed_at, arrives_at, arrived_at FROM movement_leg WHERE movement = $1 ORDER BY leg";
    BESIDE = "SELECT DISTINCT l.resource FROM movement_load o JOIN consignment_line l ON l.consignment = o.consignment
        WHERE o.movement = $1 AND o.leg = $2 AND l.present > 0 ORDER BY l.resource";
    HANDOVERS = "SELECT code, milestone, place, occurred_at, statement, hash, seal, entry FROM handover WHERE consignment = $1 ORDER BY milestone, code";
    HANDOVER = "SELECT h.code, h.milestone, h.place, h.occurred_at, h.statement, h.hash, h.seal, h.entry FROM handover h
        JOIN consignment c ON c.code = h.consignment WHERE {sight} AND h.code = $1";
    PIN_OF = "SELECT pin FROM signing_pin WHERE user_name = $1";
    KEYS_OF = "SELECT id, user_name, public_key, label, created_at, revoked_at, kind, credential, rp, token FROM signing_key WHERE user_name = $1 ORDER BY created_at DESC, id LIMIT 200";
    KEY = "SELECT id, user_name, public_key, label, created_at, revoked_at, kind, credential, rp, token FROM signing_key WHERE id = $1";
    SIGNER = "SELECT k.id, k.user_name, k.public_key, k.label, k.created_at, k.revoked_at, k.kind, k.credential, k.rp, k.token, u.party
        FROM signing_key k LEFT JOIN users u ON u.name = k.user_name AND u.disabled = 0 WHERE k.id = $1";
    ATTACHMENT = "SELECT media_type, bytes FROM attachment WHERE hash = $1";
    NEXT_STEPS = "SELECT s.line, s.entry, f.name, t.name, e.occurred_at FROM consignment_step s JOIN posting p ON p.entry = s.entry AND p.line = 0
        JOIN entry e ON e.number = s.entry JOIN account f ON f.id = p.from_account JOIN account t ON t.id = p.to_account
        WHERE s.consignment = $1 AND s.step = $2";
    TITLES = "SELECT s.line, s.step, f.owner, t.owner FROM consignment_step s JOIN posting p ON p.entry = s.entry AND p.line = 0
        JOIN account f ON f.id = p.from_account JOIN account t ON t.id = p.to_account
        WHERE s.consignment = $1 ORDER BY s.line, s.step";
    BOUND = concat!("SELECT o.entry, ", bound_units!(), " FROM open_line o WHERE o.entry BETWEEN $1 AND $2 ORDER BY o.entry");
}

/// A consignment that the viewer sees.
///
/// # Errors
/// If the engine fails.
pub async fn consignment_of(conn: &mut Conn, viewer: &Viewer, code: &str) -> Result<Option<Consignment>, Error> {
    let sight = sight::consignments(viewer, 2);
    let sql = format!("SELECT {CONSIGNMENT} FROM consignment c WHERE {} AND c.code = $1", sight.sql);
    let mut values: Vec<Value> = vec![code.into()];
    values.extend(sight.values);
    conn.row(&sql, values).await?.map(|row| consignment(&row)).transpose()
}

pub(super) fn consignment(row: &Row) -> Result<Consignment, Error> {
    let route = row.text(7)?;
    Ok(Consignment {
        code: row.word(0)?,
        state: row.word(1)?,
        consignor: row.word(2)?,
        consignee: row.word(3)?,
        origin: row.word(4)?,
        destination: row.word(5)?,
        place: row.word(6)?,
        route: if route.is_empty() { Vec::new() } else { parsed(&route)? },
        passed: row.integer(8)?,
        created_at: row.timestamp(9)?,
        departs_at: row.maybe_timestamp(10)?,
        arrives_at: row.maybe_timestamp(11)?,
        remark: row.text(12)?,
        made_from: row.maybe_code(13)?,
        version: row.integer(14)?,
        milestones: row.integer(15)?,
        sent_to: row.maybe_code(16)?,
    })
}

pub(crate) fn time(microseconds: i64) -> Result<jiff::Timestamp, Error> {
    jiff::Timestamp::from_microsecond(microseconds).map_err(|error| Error::Corrupt(error.to_string()))
}

fn parsed<F: Field>(text: &str) -> Result<F, Error> {
    F::parse(text).map_err(|right| Error::Corrupt(format!("`{text}` must be {right}")))
}

/// The lines of a consignment that the viewer sees, in order.
///
/// # Errors
/// If the engine fails.
pub async fn lines(conn: &mut Conn, viewer: &Viewer, code: &str) -> Result<Vec<Line>, Error> {
    let sight = sight::consignment_lines(viewer, 2);
    let mut values: Vec<Value> = vec![code.into()];
    values.extend(sight.values);
    conn.rows(&LINES.replace(SIGHT, &sight.sql), values).await?.iter().map(line).collect()
}

fn line(row: &Row) -> Result<Line, Error> {
    let plan = match (row.maybe_code(1)?, row.maybe_integer(2)?) {
        (Some(plan), Some(line)) => Some((plan, line)),
        _ => None,
    };
    let worth = match (row.maybe_integer(9)?, row.maybe_text(10)?) {
        (Some(minor), Some(currency)) => Some(Worth {
            minor,
            units: row.integer(16)?,
            currency: parsed(&currency)?,
            method: row.text(11)?,
            date: row.text(12)?,
            source: row.text(13)?,
        }),
        _ => None,
    };
    Ok(Line {
        line: row.integer(0)?,
        plan,
        offer: row.maybe_code(3)?,
        need: row.maybe_code(4)?,
        resource: row.word(5)?,
        quantity: row.integer(6)?,
        present: row.integer(7)?,
        condition: row.maybe_text(8)?.map(|text| parsed(&text)).transpose()?,
        worth,
        remark: row.text(14)?,
        ready_from: row.maybe_text(15)?.map(|name| account(&name)).transpose()?,
    })
}

/// The pending entries along each line's way: the line, what the consignment has passed before that step, and the entry.
///
/// # Errors
/// If the engine fails.
pub async fn steps(conn: &mut Conn, code: &str) -> Result<Vec<((i64, i64), i64)>, Error> {
    let rows = conn.rows(STEPS, vec![code.into()]).await?;
    rows.iter().map(|row| Ok(((row.integer(0)?, row.integer(1)?), row.integer(2)?))).collect()
}

/// What accepted plans are to do with each line after the last of its steps: the line, that step's entry, and the last entry of its plan's
/// line.
///
/// # Errors
/// If the engine fails.
pub async fn beyond(conn: &mut Conn, code: &str) -> Result<Vec<(i64, i64, i64)>, Error> {
    let rows = conn.rows(BEYOND, vec![code.into()]).await?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.integer(1)?, row.integer(2)?))).collect()
}

/// Units of the lines of a consignment known by lot or serial number, or on handling units.
///
/// # Errors
/// If the engine fails.
pub async fn units(conn: &mut Conn, code: &str) -> Result<Vec<Unit>, Error> {
    conn.rows(UNITS, vec![code.into()]).await?.iter().map(unit).collect()
}

pub(super) fn unit(row: &Row) -> Result<Unit, Error> {
    Ok(Unit {
        line: row.integer(0)?,
        lot: row.text(1)?,
        serial: row.text(2)?,
        quantity: row.integer(3)?,
        sscc: row.maybe_text(4)?,
    })
}

/// The handling units of a consignment.
///
/// # Errors
/// If the engine fails.
pub async fn handling_units(conn: &mut Conn, code: &str) -> Result<Vec<HandlingUnit>, Error> {
    conn.rows(HANDLING_UNITS, vec![code.into()]).await?.iter().map(handling_unit).collect()
}

pub(super) fn handling_unit(row: &Row) -> Result<HandlingUnit, Error> {
    Ok(HandlingUnit { sscc: row.text(0)?, kind: row.word(1)?, gross_kg: row.maybe_integer(2)?, seal: row.text(3)? })
}

/// The gates that were opened for a consignment with authority.
///
/// # Errors
/// If the engine fails.
pub async fn overrides(conn: &mut Conn, code: &str) -> Result<Vec<Override>, Error> {
    let rows = conn.rows(OVERRIDES, vec![code.into()]).await?;
    let one = |row: &Row| {
        Ok(Override {
            gate: row.word(0)?,
            line: row.integer(1)?,
            reason: row.text(2)?,
            actor: row.text(3)?,
            recorded_at: row.timestamp(4)?,
            entry: EntryRef::Known(row.integer(5)?),
        })
    };
    rows.iter().map(one).collect()
}

/// The legs on which a consignment was or is: what it had passed, the movement, and the leg's number.
///
/// # Errors
/// If the engine fails.
pub async fn loads(conn: &mut Conn, code: &str) -> Result<Vec<(i64, Code, i64)>, Error> {
    let rows = conn.rows(LOADS, vec![code.into()]).await?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.word(1)?, row.integer(2)?))).collect()
}

/// A movement with its legs. It is shown only to who sees a consignment on it.
///
/// # Errors
/// If the engine fails.
pub async fn movement(conn: &mut Conn, code: &str) -> Result<Option<(Movement, Vec<MovementLeg>)>, Error> {
    let Some(row) = conn.row(MOVEMENT, vec![code.into()]).await? else { return Ok(None) };
    let legs = conn.rows(LEGS, vec![code.into()]).await?;
    Ok(Some((movement_row(&row, 0)?, legs.iter().map(|row| leg(row, 0)).collect::<Result<_, Error>>()?)))
}

/// A movement from a row's five columns from `at` on.
pub(super) fn movement_row(row: &Row, at: usize) -> Result<Movement, Error> {
    Ok(Movement {
        code: row.word(at)?,
        mode: row.word(at + 1)?,
        carrier: row.text(at + 2)?,
        conveyance: row.text(at + 3)?,
        created_at: row.timestamp(at + 4)?,
    })
}

/// A leg from a row's five columns from `at` on.
pub(super) fn leg(row: &Row, at: usize) -> Result<MovementLeg, Error> {
    Ok(MovementLeg {
        leg: row.integer(at)?,
        lane: row.word(at + 1)?,
        departed_at: row.timestamp(at + 2)?,
        arrives_at: row.timestamp(at + 3)?,
        arrived_at: row.maybe_timestamp(at + 4)?,
    })
}

/// Resources that are on a leg already.
///
/// # Errors
/// If the engine fails.
pub async fn beside(conn: &mut Conn, movement: &str, leg: i64) -> Result<Vec<String>, Error> {
    let rows = conn.rows(BESIDE, vec![movement.into(), leg.into()]).await?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// The handovers of a consignment.
///
/// # Errors
/// If the engine fails.
pub async fn handovers(conn: &mut Conn, code: &str) -> Result<Vec<Handover>, Error> {
    conn.rows(HANDOVERS, vec![code.into()]).await?.iter().map(handover).collect()
}

/// A handover of a consignment that the viewer sees.
///
/// # Errors
/// If the engine fails.
pub async fn handover_of(conn: &mut Conn, viewer: &Viewer, code: &str) -> Result<Option<Handover>, Error> {
    let sight = sight::consignments(viewer, 2);
    let mut values: Vec<Value> = vec![code.into()];
    values.extend(sight.values);
    conn.row(&HANDOVER.replace(SIGHT, &sight.sql), values).await?.map(|row| handover(&row)).transpose()
}

fn handover(row: &Row) -> Result<Handover, Error> {
    Ok(Handover {
        code: row.word(0)?,
        milestone: row.integer(1)?,
        place: row.word(2)?,
        occurred_at: row.timestamp(3)?,
        statement: row.text(4)?,
        hash: row.text(5)?,
        seal: row.text(6)?,
        entry: EntryRef::Known(row.integer(7)?),
    })
}

pub(crate) fn variance(row: &Row) -> Result<Variance, Error> {
    let resolved = match (row.maybe_text(18)?, row.maybe_integer(19)?) {
        (Some(resolution), Some(at)) => Some((
            parsed(&resolution)?,
            time(at)?,
            row.maybe_text(20)?.unwrap_or_default(),
            row.maybe_text(21)?.unwrap_or_default(),
        )),
        _ => None,
    };
    let account = row.maybe_text(9)?.map(|name| account(&name));
    Ok(Variance {
        code: row.word(0)?,
        kind: row.word(1)?,
        consignment: row.maybe_code(2)?,
        line: row.integer(3)?,
        place: row.word(4)?,
        holder: row.word(5)?,
        resource: row.maybe_code(6)?,
        description: row.text(7)?,
        quantity: row.integer(8)?,
        account: account.transpose()?,
        offer: row.maybe_code(10)?,
        need: row.maybe_code(11)?,
        occurred_at: row.timestamp(12)?,
        recorded_at: row.timestamp(13)?,
        actor: row.text(14)?,
        remark: row.text(15)?,
        due_at: row.timestamp(16)?,
        entry: EntryRef::Known(row.integer(17)?),
        resolved,
        part_of: row.maybe_code(22)?,
    })
}

/// The blind counts of variances, of each in order.
///
/// # Errors
/// If the engine fails.
pub async fn counts(conn: &mut Conn, variances: &[&Code]) -> Result<BTreeMap<String, Vec<Count>>, Error> {
    let sql = "SELECT variance, actor, number, quantity, counted_at, remark FROM blind_count WHERE variance IN {} ORDER BY counted_at, actor, number";
    let count = |row: &Row| {
        Ok(Count {
            actor: row.text(1)?,
            number: row.integer(2)?,
            quantity: row.integer(3)?,
            counted_at: row.timestamp(4)?,
            remark: row.text(5)?,
        })
    };
    by_code(conn, sql, variances, count).await
}

/// The units of variances known by lot or serial number, of each in order.
///
/// # Errors
/// If the engine fails.
pub async fn variance_units(conn: &mut Conn, variances: &[&Code]) -> Result<BTreeMap<String, Vec<Unit>>, Error> {
    let sql =
        "SELECT variance, lot, serial, quantity FROM variance_unit WHERE variance IN {} ORDER BY variance, number";
    let unit = |row: &Row| {
        Ok(Unit { line: 0, lot: row.text(1)?, serial: row.text(2)?, quantity: row.integer(3)?, sscc: None })
    };
    by_code(conn, sql, variances, unit).await
}

/// Whom variances were taken to because they stayed open, and when, of each in order.
///
/// # Errors
/// If the engine fails.
pub async fn escalations(
    conn: &mut Conn,
    variances: &[&Code],
) -> Result<BTreeMap<String, Vec<(Escalation, Timestamp)>>, Error> {
    let sql =
        "SELECT variance, level, recorded_at FROM variance_escalation WHERE variance IN {} ORDER BY variance, entry";
    by_code(conn, sql, variances, |row| Ok((row.word(1)?, row.timestamp(2)?))).await
}

/// Rows of some codes, which each row names first, by code.
pub(super) async fn by_code<T>(
    conn: &mut Conn,
    sql: &str,
    codes: &[&Code],
    read: impl Fn(&Row) -> Result<T, Error>,
) -> Result<BTreeMap<String, Vec<T>>, Error> {
    let mut found: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for row in conn.rows_in(sql, codes.iter().map(|code| code.as_str().into())).await? {
        found.entry(row.text(0)?).or_default().push(read(&row)?);
    }
    Ok(found)
}

/// Of open entries, the first to the last of some, the units that belong to consignments: they move with those alone.
///
/// # Errors
/// If the engine fails.
pub async fn bound(conn: &mut Conn, first: i64, last: i64) -> Result<BTreeMap<i64, i64>, Error> {
    let rows = conn.rows(BOUND, vec![first.into(), last.into()]).await?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.integer(1)?))).collect()
}

/// The next step of a line: its pending entry, the accounts between which it moves, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// The entry.
    pub entry: i64,
    /// Where it leaves.
    pub from: AccountKey,
    /// Where it goes.
    pub to: AccountKey,
    /// When it is to happen.
    pub due: jiff::Timestamp,
}

/// The steps of a consignment's lines after so many ends were passed, by line.
///
/// # Errors
/// If the engine fails.
pub async fn next_steps(conn: &mut Conn, code: &str, passed: i64) -> Result<BTreeMap<i64, NextStep>, Error> {
    let rows = conn.rows(NEXT_STEPS, vec![code.into(), passed.into()]).await?;
    let step = |row: &Row| {
        let (from, to) = (account(&row.text(2)?)?, account(&row.text(3)?)?);
        Ok((row.integer(0)?, NextStep { entry: row.integer(1)?, from, to, due: row.timestamp(4)? }))
    };
    rows.iter().map(step).collect()
}

/// Whose the goods of a line are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// Before the consignment left.
    pub before: Code,
    /// Now.
    pub now: Code,
    /// When it will have come to its end.
    pub after: Code,
}

/// Whose the goods of a consignment are that has passed so many ends, by line.
///
/// # Errors
/// If the engine fails.
pub async fn titles(conn: &mut Conn, code: &str, passed: i64) -> Result<BTreeMap<i64, Title>, Error> {
    let mut titles: BTreeMap<i64, Title> = BTreeMap::new();
    for row in conn.rows(TITLES, vec![code.into()]).await? {
        let (step, from, to): (i64, Code, Code) = (row.integer(1)?, row.word(2)?, row.word(3)?);
        let first = || Title { before: from.clone(), now: from.clone(), after: from.clone() };
        let title = titles.entry(row.integer(0)?).or_insert_with(first);
        match step < passed {
            true => title.now = to.clone(),
            false if step == passed => title.now = from,
            false => {}
        }
        title.after = to;
    }
    Ok(titles)
}

pub(crate) fn account(name: &str) -> Result<AccountKey, Error> {
    AccountKey::parse(name).map_err(|_| Error::Corrupt(format!("{name} is no name of an account")))
}

/// The hashed PIN by which somebody signs.
///
/// # Errors
/// If the engine fails.
pub async fn pin_of(conn: &mut Conn, user: &str) -> Result<Option<String>, Error> {
    conn.row(PIN_OF, vec![user.into()]).await?.map(|row| row.text(0)).transpose()
}

/// The keys by which somebody signs, newest first.
///
/// # Errors
/// If the engine fails.
pub async fn keys_of(conn: &mut Conn, user: &str) -> Result<Vec<SigningKey>, Error> {
    conn.rows(KEYS_OF, vec![user.into()]).await?.iter().map(signing_key).collect()
}

/// A key by which somebody signs.
///
/// # Errors
/// If the engine fails.
pub async fn key(conn: &mut Conn, id: &str) -> Result<Option<SigningKey>, Error> {
    conn.row(KEY, vec![id.into()]).await?.map(|row| signing_key(&row)).transpose()
}

/// A key by which somebody signs, and their party if their account is open.
///
/// # Errors
/// If the engine fails.
pub async fn signer(conn: &mut Conn, id: &str) -> Result<Option<(SigningKey, Option<Code>)>, Error> {
    let found = conn.row(SIGNER, vec![id.into()]).await?;
    found.map(|row| Ok((signing_key(&row)?, row.maybe_code(10)?))).transpose()
}

fn signing_key(row: &Row) -> Result<SigningKey, Error> {
    let passkey = match row.text(6)?.as_str() {
        ED25519 => None,
        PASSKEY => Some(Passkey { credential: row.text(7)?, relying_party: row.text(8)? }),
        other => return Err(Error::Corrupt(format!("`{other}` is no kind of signing key"))),
    };
    Ok(SigningKey {
        id: row.text(0)?,
        user: row.text(1)?,
        public_key: row.text(2)?,
        passkey,
        label: row.text(3)?,
        created_at: row.timestamp(4)?,
        revoked_at: row.maybe_timestamp(5)?,
        token: row.maybe_code(9)?,
    })
}

/// A photograph or paper: its media type and bytes.
///
/// # Errors
/// If the engine fails.
pub async fn attachment(conn: &mut Conn, hash: &str) -> Result<Option<(String, Vec<u8>)>, Error> {
    conn.row(ATTACHMENT, vec![hash.into()]).await?.map(|row| Ok((row.text(0)?, row.bytes(1)?))).transpose()
}

/// Of what kind photographs and papers are, by hash.
///
/// # Errors
/// If the engine fails.
pub async fn kinds_kept(conn: &mut Conn, hashes: &[&str]) -> Result<BTreeMap<String, String>, Error> {
    let sql = "SELECT hash, media_type FROM attachment WHERE hash IN {}";
    let rows = conn.rows_in(sql, hashes.iter().map(|hash| (*hash).into())).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}
