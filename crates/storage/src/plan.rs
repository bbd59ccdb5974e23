//! Stored plans: what was asked, what was answered, and what was accepted of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    ledger::{
        account::AccountKey,
        books::Outcome,
        entry::{Activity, EntryNumber},
        refusal::Refusal,
    },
    message, words,
};

use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    statements,
    transfer::guard::is_overbound,
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
    INSERT = "INSERT INTO plan (code, created_at, actor, state, inputs, instance, result, summary, replaces) VALUES ($1, $2, $3, 'proposed', $4, $5, $6, $7, $8)";
    ACCEPT = "UPDATE plan SET state = 'accepted' WHERE code = $1 AND state = 'proposed'";
    DISCARD = "UPDATE plan SET state = 'discarded' WHERE code = $1 AND state = 'proposed'";
    LIST = "SELECT code, created_at, actor, state, inputs, '', '', summary, '' FROM plan ORDER BY created_at DESC, code DESC LIMIT 200";
    GET = "SELECT code, created_at, actor, state, inputs, instance, result, summary, replaces FROM plan WHERE code = $1";
    COUNT = "SELECT COUNT(*) FROM plan";
    ALLOCATIONS = "SELECT line, offer, need, resource, quantity, first_entry, last_entry FROM allocation WHERE plan = $1 ORDER BY line";
    ALLOCATION = "SELECT line, offer, need, resource, quantity, first_entry, last_entry FROM allocation WHERE plan = $1 AND line = $2";
    PROMISED = "SELECT al.plan, al.line, al.offer, al.need, al.quantity, al.first_entry, al.last_entry
        FROM allocation al JOIN open_line o ON o.entry = al.first_entry AND o.line = 0
        WHERE o.quantity = al.quantity AND NOT EXISTS (SELECT 1 FROM consignment_step s JOIN consignment c ON c.code = s.consignment
          WHERE s.entry = al.first_entry AND c.state IN ('packing', 'readied'))
          AND NOT EXISTS (SELECT 1 FROM nomination n WHERE n.plan = al.plan AND n.line = al.line
            AND n.state NOT IN ('refused', 'returned', 'withdrawn'))
        ORDER BY al.first_entry";
    NOMINATED = "SELECT DISTINCT al.first_entry, al.last_entry FROM nomination n JOIN allocation al ON al.plan = n.plan AND al.line = n.line
        WHERE n.state NOT IN ('refused', 'returned', 'withdrawn')";
    RECEIPTS = "SELECT e.number, e.offer, e.need, p.resource, e.occurred_at, o.quantity
        FROM open_line o JOIN entry e ON e.number = o.entry JOIN posting p ON p.entry = o.entry AND p.line = o.line
        WHERE o.quantity > 0 AND e.kind = 'pending' AND e.activity = 'receive' AND e.offer IS NOT NULL AND e.need IS NOT NULL ORDER BY e.number";
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
    /// The promised lines that it takes the place of, as JSON; empty if it is made beside them.
    pub replaces: String,
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
    /// Commands that take back what was promised, by their place in the request, each with all that it must find open: what began
    /// meanwhile, or by which somebody was nominated, is not taken back.
    pub takes_back: Vec<(i64, i64)>,
}

/// A line of an accepted plan of which nothing has happened yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromisedLine {
    /// The plan.
    pub plan: Code,
    /// Its number within the plan.
    pub line: i64,
    /// The offer.
    pub offer: Code,
    /// The requirement or package.
    pub need: Code,
    /// How much.
    pub quantity: i64,
    /// Its pending entries, in order.
    pub steps: Vec<PromisedStep>,
}

/// A step of such a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromisedStep {
    /// The pending entry.
    pub entry: EntryNumber,
    /// What is to happen.
    pub activity: Activity,
    /// When.
    pub at: Timestamp,
    /// Where it leaves.
    pub from: AccountKey,
    /// Where it goes.
    pub to: AccountKey,
}

/// What of a resource units took over for a need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The need.
    pub need: Code,
    /// What.
    pub resource: Code,
    /// How much, less what was taken out of service again.
    pub units: i64,
    /// When the last of it was taken over.
    pub last: Timestamp,
}

/// What a unit is to take over and has not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The pending entry.
    pub entry: EntryNumber,
    /// Of which offer.
    pub offer: Code,
    /// For which need.
    pub need: Code,
    /// Of what.
    pub resource: Code,
    /// When.
    pub at: Timestamp,
    /// How much is open.
    pub open: i64,
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
        new.replaces.as_str().into(),
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
    let nominated = if acceptance.takes_back.is_empty() { Vec::new() } else { nominated(conn).await? };
    for (index, expected) in &acceptance.takes_back {
        let found = match usize::try_from(*index).ok().and_then(|n| outcomes.get(n)) {
            Some(Ok(Outcome::Written(entry))) if !entry.resolves.is_some_and(|of| holds(&nominated, of)) => {
                entry.lines.iter().map(|line| line.quantity).sum()
            }
            _ => 0,
        };
        if found != *expected {
            return Err(Error::Conflict(message!("plan-outdated", plan = &acceptance.plan)));
        }
    }
    // Nor may a consignment have been made of them since.
    let resolved = |(index, _): &(i64, i64)| match outcomes.get(usize::try_from(*index).ok()?) {
        Some(Ok(Outcome::Written(entry))) => entry.resolves,
        _ => None,
    };
    if is_overbound(conn, acceptance.takes_back.iter().filter_map(resolved)).await? {
        return Err(Error::Conflict(message!("plan-outdated", plan = &acceptance.plan)));
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
    conn.insert(Batch::insert(insert, rows)).await
}

/// The first and last pending entries of lines by which somebody is nominated who is not back yet.
async fn nominated(conn: &mut Conn) -> Result<Vec<(EntryNumber, EntryNumber)>, Error> {
    conn.rows(NOMINATED, vec![]).await?.iter().map(|row| Ok((row.integer(0)?, row.integer(1)?))).collect()
}

fn holds(nominated: &[(EntryNumber, EntryNumber)], pending: EntryNumber) -> bool {
    nominated.iter().any(|(first, last)| (*first..=*last).contains(&pending))
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
        replaces: row.text(8)?,
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
    conn.rows(ALLOCATIONS, vec![plan.into()]).await?.iter().map(read_allocation).collect()
}

/// One allocation of an accepted plan.
///
/// # Errors
/// If the engine fails.
pub async fn allocation(conn: &mut Conn, plan: &str, line: i64) -> Result<Option<Allocation>, Error> {
    conn.row(ALLOCATION, vec![plan.into(), line.into()]).await?.map(|row| read_allocation(&row)).transpose()
}

fn read_allocation(row: &Row) -> Result<Allocation, Error> {
    Ok(Allocation {
        line: row.integer(0)?,
        offer: row.word(1)?,
        need: row.word(2)?,
        resource: row.word(3)?,
        quantity: row.integer(4)?,
        first: row.integer(5)?,
        last: row.integer(6)?,
    })
}

/// Lines of accepted plans of which nothing has happened, nothing was taken back, nothing is in a consignment and nobody is nominated, in the
/// order in which they were accepted.
///
/// # Errors
/// If the engine fails.
pub async fn promised(conn: &mut Conn) -> Result<Vec<PromisedLine>, Error> {
    let rows = conn.rows(PROMISED, vec![]).await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        let line = PromisedLine {
            plan: row.word(0)?,
            line: row.integer(1)?,
            offer: row.word(2)?,
            need: row.word(3)?,
            quantity: row.integer(4)?,
            steps: Vec::new(),
        };
        lines.push((line, row.integer(5)?..=row.integer(6)?));
    }
    let numbers: Vec<Value> = lines.iter().flat_map(|(_, numbers)| numbers.clone()).map(Value::from).collect();
    let sql = "SELECT e.number, e.activity, e.occurred_at, f.name, t.name, o.quantity
        FROM entry e JOIN posting p ON p.entry = e.number AND p.line = 0 JOIN open_line o ON o.entry = e.number AND o.line = 0
          JOIN account f ON f.id = p.from_account JOIN account t ON t.id = p.to_account WHERE e.number IN {}";
    let mut steps: BTreeMap<EntryNumber, (PromisedStep, i64)> = BTreeMap::new();
    for row in if numbers.is_empty() { Vec::new() } else { conn.rows_in(sql, numbers).await? } {
        let account = |n| {
            let name = row.text(n)?;
            AccountKey::parse(&name).map_err(|_| Error::Corrupt(format!("{name} is no name of an account")))
        };
        let (entry, activity, at) = (row.integer(0)?, row.word(1)?, row.timestamp(2)?);
        let step = PromisedStep { entry, activity, at, from: account(3)?, to: account(4)? };
        steps.insert(entry, (step, row.integer(5)?));
    }
    let mut promised = Vec::with_capacity(lines.len());
    for (mut line, numbers) in lines {
        let count = numbers.clone().count();
        let open = numbers.filter_map(|n| steps.remove(&n)).filter(|(_, open)| *open == line.quantity);
        line.steps = open.map(|(step, _)| step).collect();
        if line.steps.len() == count {
            promised.push(line);
        }
    }
    Ok(promised)
}

/// What units are to take over and have not yet, by entry.
///
/// # Errors
/// If the engine fails.
pub async fn receipts(conn: &mut Conn) -> Result<Vec<Receipt>, Error> {
    let rows = conn.rows(RECEIPTS, vec![]).await?;
    let receipt = |row: &Row| {
        Ok(Receipt {
            entry: row.integer(0)?,
            offer: row.word(1)?,
            need: row.word(2)?,
            resource: row.word(3)?,
            at: row.timestamp(4)?,
            open: row.integer(5)?,
        })
    };
    rows.iter().map(receipt).collect()
}

/// What units took over for some needs, by need and resource.
///
/// # Errors
/// If the engine fails.
pub async fn received(conn: &mut Conn, needs: &[&Code]) -> Result<Vec<Received>, Error> {
    if needs.is_empty() {
        return Ok(Vec::new());
    }
    // What was corrected never was so, and what corrects it only takes it back.
    let sql = "SELECT e.need, p.resource, CAST(SUM(CASE WHEN t.purpose = 'in_service' THEN p.quantity ELSE -p.quantity END) AS BIGINT),
            MAX(CASE WHEN t.purpose = 'in_service' THEN p.occurred_at END)
        FROM entry e JOIN posting p ON p.entry = e.number
          JOIN account f ON f.id = p.from_account JOIN account t ON t.id = p.to_account
        WHERE p.kind = 'posted' AND e.corrects IS NULL AND NOT EXISTS (SELECT 1 FROM entry c WHERE c.corrects = e.number)
          AND (t.purpose = 'in_service' AND f.purpose <> 'in_service' OR f.purpose = 'in_service' AND t.purpose <> 'in_service')
          AND e.need IN {}
        GROUP BY e.need, p.resource HAVING MAX(CASE WHEN t.purpose = 'in_service' THEN p.occurred_at END) IS NOT NULL";
    let received = |row: &Row| {
        Ok(Received { need: row.word(0)?, resource: row.word(1)?, units: row.integer(2)?, last: row.timestamp(3)? })
    };
    conn.rows_in(sql, needs.iter().map(|need| Value::from(*need))).await?.iter().map(received).collect()
}

#[cfg(test)]
mod tests {
    use muster_domain::training::NominationState;

    use super::*;

    #[test]
    fn the_nominations_that_are_over_are_those_that_statements_name() {
        for state in NominationState::ALL {
            for sql in [PROMISED, NOMINATED] {
                assert_eq!(sql.contains(&format!("'{state}'")), state.is_over(), "{state}");
            }
        }
    }
}
