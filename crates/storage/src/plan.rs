//! Stored plans: what was asked, what was answered, and what was accepted of it.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    ledger::{books::Outcome, refusal::Refusal},
    message, words,
};

use crate::{
    Error,
    db::{Conn, Insert, Row},
    statements,
};

words! {
    /// How far a plan has come.
    pub enum PlanState {
        /// It was made.
        Proposed = "proposed",
        /// Its lines are allocations and pending entries.
        Accepted = "accepted",
        /// It was put aside.
        Discarded = "discarded",
    }
}

statements! {
    INSERT = "INSERT INTO plan (code, created_at, actor, state, inputs, instance, result, summary) VALUES ($1, $2, $3, 'proposed', $4, $5, $6, $7)";
    ACCEPT = "UPDATE plan SET state = 'accepted' WHERE code = $1 AND state = 'proposed'";
    DISCARD = "UPDATE plan SET state = 'discarded' WHERE code = $1 AND state = 'proposed'";
    LIST = "SELECT code, created_at, actor, state, inputs, '', '', summary FROM plan ORDER BY created_at DESC, code DESC LIMIT 200";
    GET = "SELECT code, created_at, actor, state, inputs, instance, result, summary FROM plan WHERE code = $1";
    COUNT = "SELECT COUNT(*) FROM plan";
    ALLOCATIONS = "SELECT line, offer, need, resource, quantity, first_entry, last_entry FROM allocation WHERE plan = $1 ORDER BY line";
}

/// A plan to be stored.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// Its code.
    pub code: Code,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who asked for it.
    pub actor: String,
    /// Hash of its inputs.
    pub inputs: String,
    /// The instance, as `assistance-plan/1`.
    pub instance: String,
    /// The result, as `assistance-plan-result/1`.
    pub result: String,
    /// What it achieves and what limits it, as JSON.
    pub summary: String,
}

/// A stored plan.
#[derive(Clone, Debug)]
pub struct StoredPlan {
    /// The plan; instance and result are empty in lists.
    pub plan: NewPlan,
    /// How far it has come.
    pub state: PlanState,
}

/// A quantity of an offer bound to a need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// Its number within the plan.
    pub line: i64,
    /// The offer.
    pub offer: Code,
    /// The requirement or package.
    pub need: Code,
    /// What is bound, in the state in which it is offered.
    pub resource: Code,
    /// How much.
    pub quantity: i64,
    /// The first of its pending entries. In an [`Acceptance`]: the first of its commands in the request, counted from 0.
    pub first: i64,
    /// The last of them.
    pub last: i64,
}

/// What turns a plan into allocations and pending entries.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// The plan.
    pub plan: Code,
    /// The last change of any record that the plan's inputs knew.
    pub version: i64,
    /// Its allocations, their entries named by their place in the request.
    pub allocations: Vec<Allocation>,
}

pub(crate) async fn write(conn: &mut Conn, new: &NewPlan) -> Result<(), Error> {
    let values = vec![
        new.code.as_str().into(),
        new.created_at.as_microsecond().into(),
        new.actor.as_str().into(),
        new.inputs.as_str().into(),
        new.instance.as_str().into(),
        new.result.as_str().into(),
        new.summary.as_str().into(),
    ];
    conn.execute(INSERT, values).await.map(|_| ())
}

pub(crate) async fn discard(conn: &mut Conn, code: &Code) -> Result<(), Error> {
    if conn.execute(DISCARD, vec![code.as_str().into()]).await? != 1 {
        return Err(Error::Conflict(message!("plan-not-proposed", plan = code)));
    }
    Ok(())
}

pub(crate) async fn accept(
    conn: &mut Conn,
    acceptance: &Acceptance,
    outcomes: &[Result<Outcome, Refusal>],
) -> Result<(), Error> {
    if conn.execute(ACCEPT, vec![acceptance.plan.as_str().into()]).await? != 1 {
        return Err(Error::Conflict(message!("plan-not-proposed", plan = &acceptance.plan)));
    }
    let number = |index: i64| match usize::try_from(index).ok().and_then(|n| outcomes.get(n)) {
        Some(Ok(outcome)) => Ok(outcome.number()),
        _ => Err(Error::Corrupt("an allocation names an entry that was not written".into())),
    };
    let mut rows = Vec::with_capacity(acceptance.allocations.len());
    for allocation in &acceptance.allocations {
        rows.push(vec![
            acceptance.plan.as_str().into(),
            allocation.line.into(),
            allocation.offer.as_str().into(),
            allocation.need.as_str().into(),
            allocation.resource.as_str().into(),
            allocation.quantity.into(),
            number(allocation.first)?.into(),
            number(allocation.last)?.into(),
        ]);
    }
    let insert = "INSERT INTO allocation (plan, line, offer, need, resource, quantity, first_entry, last_entry)";
    conn.insert(Insert::new(insert, rows)).await
}

fn stored(row: &Row) -> Result<StoredPlan, Error> {
    let plan = NewPlan {
        code: row.word(0)?,
        created_at: row.timestamp(1)?,
        actor: row.text(2)?,
        inputs: row.text(4)?,
        instance: row.text(5)?,
        result: row.text(6)?,
        summary: row.text(7)?,
    };
    Ok(StoredPlan { plan, state: row.word(3)? })
}

/// The newest 200 plans, newest first, without instance and result.
///
/// # Errors
/// If the engine fails.
pub async fn list(conn: &mut Conn) -> Result<Vec<StoredPlan>, Error> {
    conn.rows(LIST, vec![]).await?.iter().map(stored).collect()
}

/// A plan, if there is one of that code.
///
/// # Errors
/// If the engine fails.
pub async fn get(conn: &mut Conn, code: &str) -> Result<Option<StoredPlan>, Error> {
    conn.row(GET, vec![code.into()]).await?.map(|row| stored(&row)).transpose()
}

/// How many plans there are.
///
/// # Errors
/// If the engine fails.
pub async fn count(conn: &mut Conn) -> Result<i64, Error> {
    conn.row(COUNT, vec![]).await?.map_or(Ok(0), |row| row.integer(0))
}

/// The allocations of an accepted plan, in order.
///
/// # Errors
/// If the engine fails.
pub async fn allocations(conn: &mut Conn, plan: &str) -> Result<Vec<Allocation>, Error> {
    conn.rows(ALLOCATIONS, vec![plan.into()])
        .await?
        .iter()
        .map(|row| {
            Ok(Allocation {
                line: row.integer(0)?,
                offer: row.word(1)?,
                need: row.word(2)?,
                resource: row.word(3)?,
                quantity: row.integer(4)?,
                first: row.integer(5)?,
                last: row.integer(6)?,
            })
        })
        .collect()
}
