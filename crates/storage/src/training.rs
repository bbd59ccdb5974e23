//! Nominations as they are kept: their states, who was there, who met which objective, certificates, and what is said about serials.

pub(crate) mod attendance;
pub(crate) mod expected;
pub(crate) mod journey;
pub(crate) mod person;

pub use attendance::{Mark, NewMark, attendance};
pub use expected::{OfLine, Source, is_nominated, left, of_line};
pub use journey::{Journey, journeys, on_the_way};
pub use person::{person, to_erase};

use jiff::{Timestamp, civil::Date};
use muster_domain::{
    code::Code,
    ledger::{account::AccountKey, books::Outcome, entry::EntryNumber, refusal::Refusal},
    message,
    training::{NominationState, Remark},
    viewer::Viewer,
};

use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    sight::{self, SIGHT},
    statements,
    transfer::{EntryRef, read::account},
    wanted::Where,
};

statements! {
    SET = "UPDATE nomination SET serial = $3, state = $4, account = $5, authority = $6, vetted_on = $7, expires_on = $8, version = version + 1
        WHERE code = $1 AND version = $2";
    STEPS = "SELECT state, occurred_at, recorded_at, actor, remark, signed_by, entry FROM nomination_step WHERE nomination = $1 ORDER BY number";
    NEXT_STEP = "SELECT COUNT(*) + 1 FROM nomination_step WHERE nomination = $1";
    REACHED_BETWEEN = "SELECT n.code, n.serial, n.unit, s.number, s.state, s.occurred_at, s.recorded_at
        FROM nomination_step s JOIN nomination n ON n.code = s.nomination
        WHERE {sight} AND s.entry > $1 AND s.entry <= $2 ORDER BY s.entry, n.code, s.number";
    ENDED = "SELECT n.code, n.serial,
            (SELECT MIN(s.occurred_at) FROM nomination_step s WHERE s.nomination = n.code AND s.state = 'in_training'),
            (SELECT MAX(s.occurred_at) FROM nomination_step s WHERE s.nomination = n.code AND s.state = 'passed')
        FROM nomination n WHERE {sight} AND n.code IN (SELECT s.nomination FROM nomination_step s WHERE s.state IN ('passed', 'failed') AND s.occurred_at >= $1)
        ORDER BY n.code";
    COUNTS = "SELECT n.serial, n.unit, n.state, COUNT(*) FROM nomination n WHERE {sight} GROUP BY n.serial, n.unit, n.state ORDER BY n.serial, n.unit, n.state";
    NEXT_ASSESSMENT = "SELECT COUNT(*) + 1 FROM assessment WHERE nomination = $1";
    ASSESSMENTS = "SELECT objective, met, remark, assessed_at, actor FROM assessment WHERE nomination = $1 ORDER BY number";
    CERTIFICATE = "SELECT c.code, c.statement, c.hash, c.seal, c.nomination FROM certificate c JOIN nomination n ON n.code = c.nomination
        WHERE {sight} AND (c.code = $1 OR c.nomination = $1)";
    REMARKS = "SELECT number, kind, answers, said_at, actor, text FROM serial_remark WHERE serial = $1 ORDER BY number";
    NEXT_REMARK = "SELECT COUNT(*) + 1 FROM serial_remark WHERE serial = $1";
    FINDINGS = "SELECT f.serial, f.number, f.kind, f.answers, f.said_at, f.actor, f.text FROM serial_remark f WHERE f.kind = 'finding'
        AND NOT EXISTS (SELECT 1 FROM serial_remark a WHERE a.serial = f.serial AND a.answers = f.number AND a.kind = 'follow_up')
        ORDER BY f.said_at, f.serial, f.number LIMIT 1000";
    PASSED_BY = "SELECT DISTINCT n.serial FROM nomination n JOIN nomination_step s ON s.nomination = n.code
        WHERE n.trainee = $1 AND s.state = 'passed' ORDER BY n.serial";
    LAST_IN_SERIAL = "SELECT COALESCE(MAX(nominated_at), 0) FROM nomination WHERE serial = $1";
}

/// Most nominations that are read at once: more than a mission has that are not over.
const MOST_AT_ONCE: i64 = 1_000_000;
/// Columns of a nomination, in the order in which [`nomination_of`] reads them.
const NOMINATION: &str = "n.code, n.serial, n.state, n.unit, n.owner, n.resource, n.account, n.origin, n.offer, n.need, n.plan, n.line, n.authority, n.vetted_on, n.expires_on, n.nominated_at, n.version, n.trainee";

/// Somebody who is to be taught: a person, a crew or a team, by a code of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nomination {
    /// Their code: it is all that is known of them here.
    pub code: Code,
    /// The code of the first nomination of the same trainee.
    pub trainee: Code,
    /// The serial.
    pub serial: Code,
    /// How far it has come.
    pub state: NominationState,
    /// The unit that they come from.
    pub unit: Code,
    /// Whose they are.
    pub owner: Code,
    /// What they are before the course.
    pub resource: Code,
    /// The account in which they are.
    pub account: AccountKey,
    /// The account from which they come, and to which they go back untrained.
    pub origin: AccountKey,
    /// The offer by which they were named, if one.
    pub offer: Option<Code>,
    /// The need that they are taught for.
    pub need: Option<Code>,
    /// The line of an accepted plan whose seat they take.
    pub line: Option<(Code, i64)>,
    /// Who vetted them; empty: nobody yet.
    pub authority: String,
    /// When.
    pub vetted_on: Option<Date>,
    /// Until when that holds.
    pub expires_on: Option<Date>,
    /// When they were nominated; in that order seats are given.
    pub nominated_at: Timestamp,
    /// Counts its changes.
    pub version: i64,
}

impl Nomination {
    /// Whether they were taught: they passed.
    pub fn is_trained(&self) -> bool {
        self.account.resource != self.resource
    }
}

/// A state that a nomination came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The state.
    pub state: NominationState,
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// A remark.
    pub remark: String,
    /// Who signed for it; empty if nobody did.
    pub signed_by: String,
    /// The entry that notes it.
    pub entry: EntryRef,
}

/// Whether an objective was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The objective.
    pub objective: Code,
    /// Whether it was met.
    pub met: bool,
    /// A remark.
    pub remark: String,
    /// When.
    pub assessed_at: Timestamp,
    /// By whom.
    pub actor: String,
}

/// What somebody who passed may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its code.
    pub code: Code,
    /// Whose it is.
    pub nomination: Code,
    /// What it says, as JSON.
    pub statement: String,
    /// SHA-256 of that, in hexadecimal digits.
    pub hash: String,
    /// The seal over it, in base 64.
    pub seal: String,
}

/// What somebody said about a serial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its number, counted from 1.
    pub number: i64,
    /// What kind of remark it is.
    pub kind: Remark,
    /// The number that it answers.
    pub answers: Option<i64>,
    /// When.
    pub said_at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub text: String,
}

/// What is written about training, together with entries of the journal.
#[derive(Clone, Debug)]
pub enum Write {
    /// A new nomination; refused if nobody is left where they come from.
    New(Nomination, Box<Source>),
    /// Nothing; refused if somebody is nominated by a line of a plan, which is given up.
    NobodyBy(Code, i64),
    /// Nothing; refused if those who go by a line of a plan are not so far any more, or further.
    LineIs(Code, i64, OfLine),
    /// A nomination as it now is; refused if it changed since the version that it names.
    Set(Nomination),
    /// A state that it came to.
    Step(Code, Step),
    /// They set out; on what, is erased at that moment at the latest.
    Journey(Code, Journey, Timestamp),
    /// Who they are, and when that is erased.
    Person(Code, String, Timestamp),
    /// Nobody is to know any more who they are.
    Erase(Code),
    /// The same for all whose time is over.
    EraseDue(Timestamp),
    /// Whether they were there on a day.
    Attendance(NewMark),
    /// Whether they met an objective.
    Assessment(Code, Assessment),
    /// A certificate, and the entry that notes it.
    Certificate(Certificate, EntryRef),
    /// What was said about a serial; its number is given when it is written.
    Said(Code, Said),
}

/// Writes one thing; `outcomes` are those of the request's commands.
pub(crate) async fn write(conn: &mut Conn, write: &Write, outcomes: &[Result<Outcome, Refusal>]) -> Result<(), Error> {
    let entry = |entry: EntryRef| entry.number(outcomes);
    match write {
        Write::New(new, source) => {
            // Of two who name the last one at once, one is told.
            if left(conn, source).await? < 1 {
                return Err(Error::Conflict(message!("nobody-left", from = source.to_string())));
            }
            // Seats are given in the order of nomination: no two of a serial came at once.
            let last =
                conn.row(LAST_IN_SERIAL, vec![Value::from(&new.serial)]).await?.map_or(Ok(0), |row| row.integer(0))?;
            let at = new.nominated_at.as_microsecond().max(last + 1);
            let mut row = changing(new);
            row.extend([
                Value::from(&new.unit),
                Value::from(&new.owner),
                Value::from(&new.resource),
                new.origin.to_string().into(),
                Value::from(&new.offer),
                Value::from(&new.need),
                new.line.as_ref().map(|(plan, _)| plan.to_string()).into(),
                new.line.as_ref().map(|(_, line)| *line).into(),
                at.into(),
                Value::from(&new.trainee),
            ]);
            let into = "INSERT INTO nomination (code, version, serial, state, account, authority, vetted_on, expires_on, unit, owner, resource, origin, offer, need, plan, line, nominated_at, trainee)";
            conn.insert(Batch::insert(into, vec![row])).await
        }
        Write::NobodyBy(plan, line) => match is_nominated(conn, plan.as_str(), *line).await? {
            false => Ok(()),
            true => Err(Error::Conflict(message!("line-nominated", line = *line, plan))),
        },
        Write::LineIs(plan, line, was) => {
            // What the request itself writes into the journal is no news.
            let own = outcomes.iter().flatten().map(Outcome::number).min().unwrap_or(i64::MAX);
            match of_line(conn, plan.as_str(), *line, own).await? == *was {
                true => Ok(()),
                false => Err(Error::Conflict(message!("transfer-changed", code = format!("{plan}/{line}")))),
            }
        }
        Write::Set(set) => match conn.execute(SET, changing(set)).await? {
            1 => Ok(()),
            _ => Err(Error::Conflict(message!("transfer-changed", code = &set.code))),
        },
        Write::Step(code, step) => {
            let row = vec![
                code.into(),
                next(conn, NEXT_STEP, vec![code.into()]).await?.into(),
                step.state.as_str().into(),
                step.occurred_at.as_microsecond().into(),
                step.recorded_at.as_microsecond().into(),
                step.actor.as_str().into(),
                step.remark.as_str().into(),
                step.signed_by.as_str().into(),
                entry(step.entry)?.into(),
            ];
            let into = "INSERT INTO nomination_step (nomination, number, state, occurred_at, recorded_at, actor, remark, signed_by, entry)";
            conn.insert(Batch::insert(into, vec![row])).await
        }
        Write::Journey(code, new, until) => journey::begin(conn, code, new, *until).await,
        Write::Person(code, who, until) => person::keep(conn, code, who, *until).await,
        Write::Erase(code) => person::erase(conn, code).await,
        Write::EraseDue(now) => person::erase_due(conn, *now).await,
        Write::Attendance(new) => attendance::say(conn, new).await,
        Write::Assessment(code, assessment) => {
            let row = vec![
                code.into(),
                next(conn, NEXT_ASSESSMENT, vec![code.into()]).await?.into(),
                Value::from(&assessment.objective),
                i64::from(assessment.met).into(),
                assessment.remark.as_str().into(),
                assessment.assessed_at.as_microsecond().into(),
                assessment.actor.as_str().into(),
            ];
            let into = "INSERT INTO assessment (nomination, number, objective, met, remark, assessed_at, actor)";
            conn.insert(Batch::insert(into, vec![row])).await
        }
        Write::Certificate(certificate, noted) => {
            let row = vec![
                Value::from(&certificate.code),
                Value::from(&certificate.nomination),
                certificate.statement.as_str().into(),
                certificate.hash.as_str().into(),
                certificate.seal.as_str().into(),
                entry(*noted)?.into(),
            ];
            let into = "INSERT INTO certificate (code, nomination, statement, hash, seal, entry)";
            conn.insert(Batch::insert(into, vec![row])).await
        }
        Write::Said(serial, said) => {
            let row = vec![
                serial.into(),
                next(conn, NEXT_REMARK, vec![serial.into()]).await?.into(),
                said.kind.as_str().into(),
                said.answers.into(),
                said.said_at.as_microsecond().into(),
                said.actor.as_str().into(),
                said.text.as_str().into(),
            ];
            let into = "INSERT INTO serial_remark (serial, number, kind, answers, said_at, actor, text)";
            conn.insert(Batch::insert(into, vec![row])).await
        }
    }
}

/// Code and version, and all that may change of a nomination.
fn changing(of: &Nomination) -> Vec<Value> {
    let day = |day: Option<Date>| Value::from(day.map(|day| day.to_string()));
    vec![
        Value::from(&of.code),
        of.version.into(),
        Value::from(&of.serial),
        of.state.as_str().into(),
        of.account.to_string().into(),
        of.authority.as_str().into(),
        day(of.vetted_on),
        day(of.expires_on),
    ]
}

async fn next(conn: &mut Conn, sql: &str, values: Vec<Value>) -> Result<i64, Error> {
    conn.row(sql, values).await?.map_or(Ok(1), |row| row.integer(0))
}

/// Which nominations are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NominationFilter {
    /// One of them.
    pub code: Option<String>,
    /// For this serial.
    pub serial: Option<String>,
    /// In this state.
    pub state: Option<NominationState>,
    /// Of this unit.
    pub unit: Option<String>,
    /// For this need.
    pub need: Option<String>,
    /// Only those that are not over.
    pub current: bool,
    /// Only those after one: when it was made, in microseconds, and its code.
    pub after: Option<(i64, String)>,
}

/// Nominations that the viewer sees, in the order in which they were made.
///
/// # Errors
/// If the engine fails.
pub async fn nominations(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &NominationFilter,
    limit: i64,
) -> Result<Vec<Nomination>, Error> {
    let mut all = Where::after(vec![limit.clamp(1, MOST_AT_ONCE).into()]);
    all.and(|n| {
        let sight = sight::nominations(viewer, n);
        (sight.sql, sight.values)
    });
    all.is("n.code", filter.code.clone());
    all.is("n.serial", filter.serial.clone());
    all.is("n.state", filter.state.map(|state| state.as_str().to_owned()));
    all.is("n.unit", filter.unit.clone());
    all.is("n.need", filter.need.clone());
    if filter.current {
        let current = NominationState::ALL.iter().filter(|state| !state.is_over());
        all.among("n.state", &current.map(|state| state.as_str().to_owned()).collect::<Vec<_>>());
    }
    if let Some((at, code)) = &filter.after {
        let values = vec![(*at).into(), code.as_str().into()];
        all.and(|n| (format!("(n.nominated_at, n.code) > (${n}, ${})", n + 1), values));
    }
    let sql =
        format!("SELECT {NOMINATION} FROM nomination n WHERE {} ORDER BY n.nominated_at, n.code LIMIT $1", all.text());
    conn.rows(&sql, all.values).await?.iter().map(nomination_of).collect()
}

fn nomination_of(row: &Row) -> Result<Nomination, Error> {
    Ok(Nomination {
        code: row.word(0)?,
        serial: row.word(1)?,
        state: row.word(2)?,
        unit: row.word(3)?,
        owner: row.word(4)?,
        resource: row.word(5)?,
        account: account(&row.text(6)?)?,
        origin: account(&row.text(7)?)?,
        offer: row.maybe_code(8)?,
        need: row.maybe_code(9)?,
        line: row.maybe_code(10)?.zip(row.maybe_integer(11)?),
        authority: row.text(12)?,
        vetted_on: row.maybe_date(13)?,
        expires_on: row.maybe_date(14)?,
        nominated_at: row.timestamp(15)?,
        version: row.integer(16)?,
        trainee: row.word(17)?,
    })
}

/// The states that a nomination came to, in order.
///
/// # Errors
/// If the engine fails.
pub async fn steps(conn: &mut Conn, nomination: &str) -> Result<Vec<Step>, Error> {
    let step = |row: &Row| {
        Ok(Step {
            state: row.word(0)?,
            occurred_at: row.timestamp(1)?,
            recorded_at: row.timestamp(2)?,
            actor: row.text(3)?,
            remark: row.text(4)?,
            signed_by: row.text(5)?,
            entry: EntryRef::Known(row.integer(6)?),
        })
    };
    conn.rows(STEPS, vec![nomination.into()]).await?.iter().map(step).collect()
}

/// A state that a nomination came to, with nothing of who it is and nothing that people wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The nomination.
    pub code: Code,
    /// The serial.
    pub serial: Code,
    /// The unit that they come from.
    pub unit: Code,
    /// Which of the nomination's states it is, counted from 1.
    pub step: i64,
    /// The state.
    pub state: NominationState,
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// States of nominations that the viewer sees, by the entries that say so: after one up to another. Few entries at once, for all of them
/// are given.
///
/// # Errors
/// If the engine fails.
pub async fn reached_between(
    conn: &mut Conn,
    viewer: &Viewer,
    (after, last): (EntryNumber, EntryNumber),
) -> Result<Vec<Reached>, Error> {
    let sight = sight::nominations(viewer, 3);
    let mut values: Vec<Value> = vec![after.into(), last.into()];
    values.extend(sight.values);
    let reached = |row: &Row| {
        Ok(Reached {
            code: row.word(0)?,
            serial: row.word(1)?,
            unit: row.word(2)?,
            step: row.integer(3)?,
            state: row.word(4)?,
            occurred_at: row.timestamp(5)?,
            recorded_at: row.timestamp(6)?,
        })
    };
    conn.rows(&REACHED_BETWEEN.replace(SIGHT, &sight.sql), values).await?.iter().map(reached).collect()
}

/// How many nominations there are of each serial, unit and state, of those that the viewer sees.
///
/// # Errors
/// If the engine fails.
pub async fn counts(conn: &mut Conn, viewer: &Viewer) -> Result<Vec<(Code, Code, NominationState, i64)>, Error> {
    let sight = sight::nominations(viewer, 1);
    let rows = conn.rows(&COUNTS.replace(SIGHT, &sight.sql), sight.values).await?;
    rows.iter().map(|row| Ok((row.word(0)?, row.word(1)?, row.word(2)?, row.integer(3)?))).collect()
}

/// Somebody who passed or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The nomination.
    pub code: Code,
    /// The serial.
    pub serial: Code,
    /// When they came.
    pub came_at: Option<Timestamp>,
    /// When they passed; none: they failed.
    pub passed_at: Option<Timestamp>,
}

/// Who passed or failed since a moment, of those that the viewer sees.
///
/// # Errors
/// If the engine fails.
pub async fn ended(conn: &mut Conn, viewer: &Viewer, since: Timestamp) -> Result<Vec<Ended>, Error> {
    let sight = sight::nominations(viewer, 2);
    let mut values: Vec<Value> = vec![since.as_microsecond().into()];
    values.extend(sight.values);
    let ended = |row: &Row| {
        Ok(Ended {
            code: row.word(0)?,
            serial: row.word(1)?,
            came_at: row.maybe_timestamp(2)?,
            passed_at: row.maybe_timestamp(3)?,
        })
    };
    conn.rows(&ENDED.replace(SIGHT, &sight.sql), values).await?.iter().map(ended).collect()
}

/// What was assessed of a trainee, in order.
///
/// # Errors
/// If the engine fails.
pub async fn assessments(conn: &mut Conn, nomination: &str) -> Result<Vec<Assessment>, Error> {
    let assessment = |row: &Row| {
        Ok(Assessment {
            objective: row.word(0)?,
            met: row.integer(1)? != 0,
            remark: row.text(2)?,
            assessed_at: row.timestamp(3)?,
            actor: row.text(4)?,
        })
    };
    conn.rows(ASSESSMENTS, vec![nomination.into()]).await?.iter().map(assessment).collect()
}

/// A certificate that the viewer sees, by its code or by that of its nomination.
///
/// # Errors
/// If the engine fails.
pub async fn certificate(conn: &mut Conn, viewer: &Viewer, code: &str) -> Result<Option<Certificate>, Error> {
    let sight = sight::nominations(viewer, 2);
    let mut values: Vec<Value> = vec![code.into()];
    values.extend(sight.values);
    let certificate = |row: Row| {
        Ok(Certificate {
            code: row.word(0)?,
            statement: row.text(1)?,
            hash: row.text(2)?,
            seal: row.text(3)?,
            nomination: row.word(4)?,
        })
    };
    conn.row(&CERTIFICATE.replace(SIGHT, &sight.sql), values).await?.map(certificate).transpose()
}

/// What was said about a serial, in order.
///
/// # Errors
/// If the engine fails.
pub async fn remarks(conn: &mut Conn, serial: &str) -> Result<Vec<Said>, Error> {
    conn.rows(REMARKS, vec![serial.into()]).await?.iter().map(|row| said(row, 0)).collect()
}

/// Findings that were not followed up, the oldest first; at most a thousand. Whoever shows them asks which serials the viewer sees.
///
/// # Errors
/// If the engine fails.
pub async fn findings(conn: &mut Conn) -> Result<Vec<(Code, Said)>, Error> {
    let rows = conn.rows(FINDINGS, vec![]).await?;
    rows.iter().map(|row| Ok((row.word(0)?, said(row, 1)?))).collect()
}

fn said(row: &Row, first: usize) -> Result<Said, Error> {
    Ok(Said {
        number: row.integer(first)?,
        kind: row.word(first + 1)?,
        answers: row.maybe_integer(first + 2)?,
        said_at: row.timestamp(first + 3)?,
        actor: row.text(first + 4)?,
        text: row.text(first + 5)?,
    })
}

/// The serials that a trainee passed.
///
/// # Errors
/// If the engine fails.
pub async fn passed_by(conn: &mut Conn, trainee: &Code) -> Result<Vec<Code>, Error> {
    conn.rows(PASSED_BY, vec![trainee.into()]).await?.iter().map(|row| row.word(0)).collect()
}
