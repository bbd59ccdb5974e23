//! Steps that are to happen and have not yet: what is due, late, or waits for the step before.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    ledger::{
        account::AccountPurpose,
        entry::{Activity, EntryNumber},
    },
    viewer::Viewer,
};

use super::read::LONGEST_PAGE;
use crate::{
    Error,
    db::{Conn, Value},
    sight::{self, SIGHT},
    statements,
    transfer::read::ready_units,
};

statements! {
    STEPS = concat!("SELECT e.number, e.activity, e.occurred_at, e.offer, e.need, e.plan, COALESCE(al.line, 0), o.quantity, p.quantity, p.resource,
            f.purpose, f.holder, f.place, t.purpose, t.holder, t.place, COALESCE(f.via, t.via),
            e.number - COALESCE(al.first_entry, e.number), ", ready_units!(), "
        FROM open_line o JOIN entry e ON e.number = o.entry JOIN posting p ON p.entry = o.entry AND p.line = o.line
          JOIN account f ON f.id = p.from_account JOIN account t ON t.id = p.to_account
          LEFT JOIN allocation al ON al.plan = e.plan AND e.number BETWEEN al.first_entry AND al.last_entry
          LEFT JOIN open_line po ON po.entry = e.number - 1 AND po.line = o.line AND e.number > al.first_entry
        WHERE {sight} AND o.quantity > 0 AND e.kind = 'pending' AND e.activity <> 'commit' AND e.occurred_at < $1 AND e.occurred_at >= $7
          AND (CAST($2 AS TEXT) IS NULL OR e.offer = $2) AND (CAST($3 AS TEXT) IS NULL OR e.need = $3)
          AND (CAST($4 AS TEXT) IS NULL OR f.place = $4 OR t.place = $4) AND ($6 = 0 OR ", ready_units!(), " > 0)
        ORDER BY e.occurred_at, e.number LIMIT $5 OFFSET $8");
    HELD = "SELECT h.lot, h.serial, h.quantity FROM posting p JOIN account a ON a.id = p.from_account JOIN holding h ON h.account = a.id
        WHERE {sight} AND p.entry = $1 AND h.quantity > 0 ORDER BY h.lot, h.serial LIMIT $2";
    VOIDED = "SELECT CAST(COALESCE(SUM(p.quantity), 0) AS BIGINT) FROM entry e JOIN posting p ON p.entry = e.number
        WHERE e.resolves = $1 AND e.kind = 'void' AND NOT EXISTS (SELECT 1 FROM entry c WHERE c.corrects = e.number)";
}

/// A step that was to happen and has not yet, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenStep {
    /// The pending entry.
    pub entry: EntryNumber,
    /// What is to happen.
    pub activity: Activity,
    /// When.
    pub due: Timestamp,
    /// Of which offer.
    pub offer: Option<Code>,
    /// For which need.
    pub need: Option<Code>,
    /// By which plan, and its line; 0 for none.
    pub plan: Option<Code>,
    /// Line of the plan.
    pub line: i64,
    /// Which step of the line it is, counted from 0.
    pub step: i64,
    /// How much of it can happen now: the step before has happened, and no consignment has it.
    pub ready: i64,
    /// What is open of it.
    pub open: i64,
    /// All of it.
    pub quantity: i64,
    /// Of what.
    pub resource: Code,
    /// Where it leaves: purpose, holder and place of the account.
    pub from: (AccountPurpose, Code, Option<Code>),
    /// Where it goes.
    pub to: (AccountPurpose, Code, Option<Code>),
    /// By which lane or through which process.
    pub via: Option<Code>,
}

/// Units known by lot or serial number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The lot, or empty.
    pub lot: String,
    /// The serial number, or empty.
    pub serial: String,
    /// How many.
    pub quantity: i64,
}

/// Which open steps are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct StepFilter {
    /// Of which offer.
    pub offer: Option<String>,
    /// For which need.
    pub need: Option<String>,
    /// From or to which place.
    pub place: Option<String>,
    /// Only those that can happen now: the step before has happened, and not all of it is in consignments.
    pub ready: bool,
}

/// Steps that were to happen before a moment and have not, soonest first: from another moment on, without the first `skip` of them.
///
/// # Errors
/// If the engine fails.
pub async fn open_steps(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &StepFilter,
    (from, skip): (Timestamp, i64),
    before: Timestamp,
    limit: i64,
) -> Result<Vec<OpenStep>, Error> {
    let sight = sight::entries(viewer, 9);
    let mut values: Vec<Value> = vec![
        before.as_microsecond().into(),
        filter.offer.clone().into(),
        filter.need.clone().into(),
        filter.place.clone().into(),
        // One more tells whether there is more.
        limit.clamp(1, LONGEST_PAGE + 1).into(),
        i64::from(filter.ready).into(),
        from.as_microsecond().into(),
        skip.max(0).into(),
    ];
    values.extend(sight.values);
    conn.rows(&STEPS.replace(SIGHT, &sight.sql), values)
        .await?
        .iter()
        .map(|row| {
            Ok(OpenStep {
                entry: row.integer(0)?,
                activity: row.word(1)?,
                due: row.timestamp(2)?,
                offer: row.maybe_code(3)?,
                need: row.maybe_code(4)?,
                plan: row.maybe_code(5)?,
                line: row.integer(6)?,
                open: row.integer(7)?,
                quantity: row.integer(8)?,
                resource: row.word(9)?,
                from: (row.word(10)?, row.word(11)?, row.maybe_code(12)?),
                to: (row.word(13)?, row.word(14)?, row.maybe_code(15)?),
                via: row.maybe_code(16)?,
                step: row.integer(17)?,
                ready: row.integer(18)?,
            })
        })
        .collect()
}

/// Units known by lot or serial number in the account that an entry leaves, as far as the viewer sees that account.
///
/// # Errors
/// If the engine fails.
pub async fn held(conn: &mut Conn, viewer: &Viewer, entry: EntryNumber, limit: i64) -> Result<Vec<Held>, Error> {
    let sight = sight::accounts(viewer, 3);
    let mut values: Vec<Value> = vec![entry.into(), limit.clamp(1, LONGEST_PAGE).into()];
    values.extend(sight.values);
    let rows = conn.rows(&HELD.replace(SIGHT, &sight.sql), values).await?;
    rows.iter().map(|row| Ok(Held { lot: row.text(0)?, serial: row.text(1)?, quantity: row.integer(2)? })).collect()
}

/// Units of a pending entry that were voided: they are neither open nor did they happen.
///
/// # Errors
/// If the engine fails.
pub async fn voided(conn: &mut Conn, pending: EntryNumber) -> Result<i64, Error> {
    conn.row(VOIDED, vec![pending.into()]).await?.map_or(Ok(0), |row| row.integer(0))
}
