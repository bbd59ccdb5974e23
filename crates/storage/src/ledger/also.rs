//! What requests write besides entries: each in its own order, and the same statement of several of them as one.

use std::{collections::VecDeque, ops::Range};

use muster_domain::{
    code::Code,
    ledger::{books::Outcome, refusal::Refusal},
    message,
};

use super::Also;
use crate::{
    Error,
    batch::Batch,
    db::Conn,
    epcis, picture, plan, repair, training,
    transfer::{self, Write},
    user,
};

type Outcomes = [Result<Outcome, Refusal>];

/// What one request writes besides entries, and which of the transaction's commands are its own.
pub(super) struct Part<'a> {
    pub(super) also: &'a [Also],
    pub(super) of: Range<usize>,
}

/// One thing that is written.
pub(crate) enum Step<'a> {
    /// Rows for one statement.
    Rows(Batch, How<'a>),
    /// What is written about consignments in exchanges of its own.
    Transfer(&'a Write, &'a Outcomes),
    /// What else is written in exchanges of its own.
    Also(&'a Also, &'a Outcomes),
}

/// How rows are written.
#[derive(Clone, Copy)]
pub(crate) enum How<'a> {
    /// After what was written before.
    After,
    /// Maybe in one exchange with the step before: neither reads or changes what the other writes.
    With,
    /// After what was written before, and each row is to change one, or somebody was faster with what the code names.
    Each(&'a Code),
}

/// Writes what the requests of one transaction write besides entries; `outcomes` are those of its commands.
pub(super) async fn write(conn: &mut Conn, parts: &[Part<'_>], outcomes: &Outcomes) -> Result<(), Error> {
    let mut queues = Vec::with_capacity(parts.len());
    for part in parts {
        queues.push(steps(part, &outcomes[part.of.clone()])?);
    }
    while let Some(step) = next(&mut queues) {
        match step {
            Step::Rows(batch, How::Each(code)) => {
                let rows = batch.rows.len() as u64;
                if conn.change(batch).await? != rows {
                    return Err(Error::Conflict(message!("transfer-changed", code)));
                }
            }
            Step::Rows(batch, _) => {
                let mut batches = vec![batch];
                while let Some(Step::Rows(_, How::With)) = queues.iter().find_map(VecDeque::front)
                    && let Some(Step::Rows(batch, _)) = next(&mut queues)
                {
                    batches.push(batch);
                }
                conn.insert_all(batches).await?;
            }
            Step::Transfer(write, outcomes) => transfer::write(conn, write, outcomes).await?,
            Step::Also(also, outcomes) => own(conn, also, outcomes).await?,
        }
    }
    Ok(())
}

fn steps<'a>(part: &Part<'a>, outcomes: &'a Outcomes) -> Result<VecDeque<Step<'a>>, Error> {
    let mut steps = VecDeque::new();
    for also in part.also {
        match also {
            Also::Transfer(writes) => {
                for write in writes {
                    steps.extend(transfer::steps(write, outcomes)?);
                }
            }
            also => steps.push_back(Step::Also(also, outcomes)),
        }
    }
    Ok(steps)
}

/// The next thing to write. Rows take with them those of every other request whose turn it is to write by the same statement; of one
/// request never two steps at once, for the second may be about the same row.
fn next<'a>(queues: &mut [VecDeque<Step<'a>>]) -> Option<Step<'a>> {
    let first = queues.iter().position(|queue| !queue.is_empty())?;
    let mut step = queues[first].pop_front()?;
    if let Step::Rows(batch, _) = &mut step {
        for queue in &mut queues[first + 1..] {
            if let Some(Step::Rows(other, _)) = queue.front()
                && other.sql == batch.sql
                && let Some(Step::Rows(other, _)) = queue.pop_front()
            {
                batch.rows.extend(other.rows);
            }
        }
    }
    Some(step)
}

async fn own(conn: &mut Conn, also: &Also, outcomes: &Outcomes) -> Result<(), Error> {
    match also {
        Also::Records { changes, version, by, note } => {
            require_version(conn, *version).await?;
            let entry = match outcomes.get(*note) {
                Some(Ok(outcome)) => outcome.number(),
                _ => return Err(Error::Corrupt("changes of records name a note that was not written".into())),
            };
            picture::write(conn, changes, *version, by, entry).await
        }
        Also::Plan(new) => plan::write(conn, new).await,
        Also::Discard(code) => plan::discard(conn, code).await,
        Also::User(change) => user::write(conn, change).await,
        Also::Transfer(_) => unreachable!("it is written in steps"),
        Also::Repair(writes) => {
            for write in writes {
                repair::write(conn, write, outcomes).await?;
            }
            Ok(())
        }
        Also::Training(writes) => {
            for write in writes {
                training::write(conn, write, outcomes).await?;
            }
            Ok(())
        }
        Also::Capture(events, note) => match outcomes.get(*note) {
            Some(Ok(outcome)) => epcis::write(conn, events, outcome.number()).await,
            _ => Err(Error::Corrupt("events name a note that was not written".into())),
        },
        Also::Acceptance(acceptance) => {
            require_version(conn, acceptance.version).await?;
            plan::accept(conn, acceptance, outcomes).await
        }
    }
}

async fn require_version(conn: &mut Conn, version: i64) -> Result<(), Error> {
    let same = picture::version(conn).await? == version;
    if same { Ok(()) } else { Err(Error::Conflict(message!("records-changed"))) }
}
