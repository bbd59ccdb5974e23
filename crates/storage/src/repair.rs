//! Work orders as they are kept: their states, what blocks them, what parts they need, and what people say about them.

pub(crate) mod block;
pub(crate) mod part;
pub(crate) mod quote;
pub(crate) mod stock;

pub use block::{Block, blocked, blocked_spans, blocks};
pub use part::{Part, lacking, parts};
pub use quote::{Quote, QuoteFilter, QuotePlace, all_quotes, free, quotes, set_aside, spent};
pub use stock::{Issued, available, held, held_by, issued, parts_at, reported, stock};

use jiff::{Timestamp, civil::Date};
use muster_domain::{
    code::Code,
    ledger::{account::AccountKey, books::Outcome, entry::EntryNumber, refusal::Refusal},
    message,
    repair::{BlockingReason, Echelon, Urgency, WorkOrderState},
    viewer::Viewer,
};

use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    ledger::read::LONGEST_PAGE,
    sight::{self, SIGHT},
    statements,
    transfer::{EntryRef, read::account},
    wanted::Where,
};

statements! {
    SET = "UPDATE work_order SET state = $3, account = $4, echelon = $5, facility = $6, operator = $7, fault = $8, consignment = $9,
        contractor = $10, warranty_until = $11, under_warranty_of = $12, version = version + 1 WHERE code = $1 AND version = $2";
    OPEN_OF = "SELECT code FROM work_order WHERE resource = $1 AND serial = $2 AND serial <> ''
        AND state NOT IN ('released', 'returned', 'beyond_economic_repair', 'cannibalised', 'cancelled')";
    STEPS = "SELECT state, occurred_at, recorded_at, actor, remark, evidence, signed_by, entry FROM work_order_step WHERE work_order = $1 ORDER BY number";
    STEPS_SINCE = "SELECT w.code, w.resource, w.holder, w.facility, w.quantity, s.state, s.occurred_at
        FROM work_order_step s JOIN work_order w ON w.code = s.work_order
        WHERE {sight} AND (w.state NOT IN ('returned', 'beyond_economic_repair', 'cannibalised', 'cancelled') OR w.code IN (SELECT work_order FROM work_order_step WHERE occurred_at >= $1))
        ORDER BY w.code, s.number";
    NEXT_STEP = "SELECT COUNT(*) + 1 FROM work_order_step WHERE work_order = $1";
    REACHED_BETWEEN = "SELECT w.code, w.resource, w.facility, s.number, s.state, s.occurred_at, s.recorded_at
        FROM work_order_step s JOIN work_order w ON w.code = s.work_order
        WHERE {sight} AND s.entry > $1 AND s.entry <= $2 ORDER BY s.entry, w.code, s.number";
    NEXT_BLOCK = "SELECT COUNT(*) + 1 FROM work_order_block WHERE work_order = $1";
    UNBLOCK = "UPDATE work_order_block SET until = $3 WHERE work_order = $1 AND ($2 = '' OR reason = $2) AND until IS NULL";
    NOTES = "SELECT number, answers, said_at, actor, text, attachment FROM work_order_note WHERE work_order = $1 ORDER BY number";
    NEXT_NOTE = "SELECT COUNT(*) + 1 FROM work_order_note WHERE work_order = $1";
}

/// Columns of a work order, in the order in which [`order`] reads them.
const ORDER: &str = "w.code, w.state, w.resource, w.serial, w.quantity, w.in_service, w.holder, w.owner, w.place, w.account, w.symptom, w.urgency, w.echelon, w.facility, w.operator, w.fault, w.consignment, w.reported_at, w.version, w.contractor, w.warranty_until, w.under_warranty_of";

/// Something that is to be repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkOrder {
    /// Its code.
    pub code: Code,
    /// How far it has come.
    pub state: WorkOrderState,
    /// What it is, unserviceable.
    pub resource: Code,
    /// Its serial number; empty if it has none.
    pub serial: String,
    /// How many units.
    pub quantity: i64,
    /// Whether a unit had it in service; else it was stock.
    pub in_service: bool,
    /// The unit that had it.
    pub holder: Code,
    /// Whose it is.
    pub owner: Code,
    /// Where it broke down.
    pub place: Code,
    /// The account in which it was last seen by this order.
    pub account: AccountKey,
    /// What the unit saw.
    pub symptom: String,
    /// How urgent it is.
    pub urgency: Urgency,
    /// Where it is to be repaired, once that was decided.
    pub echelon: Option<Echelon>,
    /// At which place, once that was decided.
    pub facility: Option<Code>,
    /// Who keeps that place.
    pub operator: Option<Code>,
    /// Whose team comes to repair it where it stands, if not the unit's own.
    pub contractor: Option<Code>,
    /// What was found to be wrong.
    pub fault: String,
    /// The consignment by which it is brought, if it is.
    pub consignment: Option<Code>,
    /// When the fault was reported.
    pub reported_at: Timestamp,
    /// The last day on which whoever repaired it answers for the repair.
    pub warranty_until: Option<Date>,
    /// The order whose repair is under warranty still.
    pub under_warranty_of: Option<Code>,
    /// Counts its changes.
    pub version: i64,
}

impl WorkOrder {
    /// Whether it is repaired where its unit has it, and is its unit's all the while.
    pub fn is_on_site(&self) -> bool {
        self.in_service && self.echelon == Some(Echelon::OnSite)
    }
}

impl WorkOrder {
    /// Where it is repaired: at its facility, or where it stands.
    pub fn repaired_at(&self) -> &Code {
        self.facility.as_ref().unwrap_or(&self.place)
    }

    /// Who keeps it and its parts while it is repaired: who keeps its facility, or the unit.
    pub fn repaired_by(&self) -> &Code {
        self.operator.as_ref().unwrap_or(&self.holder)
    }
}

/// A state that a work order came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The state.
    pub state: WorkOrderState,
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// A remark.
    pub remark: String,
    /// Hash of a photograph or paper; empty if there is none.
    pub evidence: String,
    /// Who signed for it; empty if nobody did.
    pub signed_by: String,
    /// The entry that notes it.
    pub entry: EntryRef,
}

/// What somebody said about a work order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its number in the conversation, counted from 1.
    pub number: i64,
    /// The number that it answers.
    pub answers: Option<i64>,
    /// When.
    pub said_at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub text: String,
    /// Hash of a photograph or paper; empty if there is none.
    pub attachment: String,
}

/// What is written about work orders, together with entries of the journal.
#[derive(Clone, Debug)]
pub enum Write {
    /// A new order.
    New(WorkOrder),
    /// An order as it now is; refused if it changed since the version that it names.
    Set(WorkOrder),
    /// A state that it came to.
    Step(Code, Step),
    /// What keeps it from going on.
    Block(Code, Block),
    /// That something keeps it no longer: one reason, or all.
    Unblock(Code, Option<BlockingReason>, Timestamp),
    /// The parts that it needs, instead of those before.
    Parts(Code, Vec<Part>),
    /// A new quotation; its number is given when it is written.
    Quote(Code, Quote),
    /// What came of one.
    QuoteSet(Code, Quote),
    /// What somebody said; its number is given when it is written.
    Said(Code, Said),
}

/// Writes one thing; `outcomes` are those of the request's commands.
pub(crate) async fn write(conn: &mut Conn, write: &Write, outcomes: &[Result<Outcome, Refusal>]) -> Result<(), Error> {
    let entry = |entry: EntryRef| entry.number(outcomes);
    match write {
        Write::New(new) => {
            // Of two who report the same at once, one is told.
            if let Some(open) = conn.row(OPEN_OF, vec![Value::from(&new.resource), new.serial.as_str().into()]).await? {
                return Err(Error::Conflict(message!("work-order-open", order = open.text(0)?)));
            }
            let into = "INSERT INTO work_order (code, version, state, account, echelon, facility, operator, fault, consignment, contractor, warranty_until, under_warranty_of, resource, serial, quantity, in_service, holder, owner, place, symptom, urgency, reported_at)";
            let mut row = changing(new);
            row.extend([
                Value::from(&new.resource),
                new.serial.as_str().into(),
                new.quantity.into(),
                i64::from(new.in_service).into(),
                Value::from(&new.holder),
                Value::from(&new.owner),
                Value::from(&new.place),
                new.symptom.as_str().into(),
                new.urgency.as_str().into(),
                new.reported_at.as_microsecond().into(),
            ]);
            conn.insert(Batch::insert(into, vec![row])).await
        }
        Write::Set(order) => match conn.execute(SET, changing(order)).await? {
            1 => Ok(()),
            _ => Err(Error::Conflict(message!("transfer-changed", code = &order.code))),
        },
        Write::Step(code, step) => {
            let row = vec![
                code.into(),
                next(conn, NEXT_STEP, code).await?.into(),
                step.state.as_str().into(),
                step.occurred_at.as_microsecond().into(),
                step.recorded_at.as_microsecond().into(),
                step.actor.as_str().into(),
                step.remark.as_str().into(),
                step.evidence.as_str().into(),
                step.signed_by.as_str().into(),
                entry(step.entry)?.into(),
            ];
            let into = "INSERT INTO work_order_step (work_order, number, state, occurred_at, recorded_at, actor, remark, evidence, signed_by, entry)";
            conn.insert(Batch::insert(into, vec![row])).await
        }
        Write::Block(code, block) => {
            let row = vec![
                code.into(),
                next(conn, NEXT_BLOCK, code).await?.into(),
                block.reason.as_str().into(),
                block.turn_of.as_str().into(),
                block.remark.as_str().into(),
                block.since.as_microsecond().into(),
                block.actor.as_str().into(),
            ];
            let into = "INSERT INTO work_order_block (work_order, number, reason, turn_of, remark, since, actor)";
            conn.insert(Batch::insert(into, vec![row])).await
        }
        Write::Unblock(code, reason, at) => {
            let reason = reason.map_or("", BlockingReason::as_str);
            conn.execute(UNBLOCK, vec![code.into(), reason.into(), at.as_microsecond().into()]).await.map(|_| ())
        }
        Write::Parts(code, parts) => part::write(conn, code, parts).await,
        Write::Quote(code, quote) => quote::write(conn, code, quote).await,
        Write::QuoteSet(code, quote) => quote::set(conn, (code, quote), outcomes).await,
        Write::Said(code, said) => {
            let row = vec![
                code.into(),
                next(conn, NEXT_NOTE, code).await?.into(),
                said.answers.into(),
                said.said_at.as_microsecond().into(),
                said.actor.as_str().into(),
                said.text.as_str().into(),
                said.attachment.as_str().into(),
            ];
            let into = "INSERT INTO work_order_note (work_order, number, answers, said_at, actor, text, attachment)";
            conn.insert(Batch::insert(into, vec![row])).await
        }
    }
}

/// Code and version, and all that may change of an order.
fn changing(order: &WorkOrder) -> Vec<Value> {
    vec![
        Value::from(&order.code),
        order.version.into(),
        order.state.as_str().into(),
        order.account.to_string().into(),
        order.echelon.map(|echelon| echelon.as_str().to_owned()).into(),
        Value::from(&order.facility),
        Value::from(&order.operator),
        order.fault.as_str().into(),
        Value::from(&order.consignment),
        Value::from(&order.contractor),
        order.warranty_until.map(|day| day.to_string()).into(),
        Value::from(&order.under_warranty_of),
    ]
}

async fn next(conn: &mut Conn, sql: &str, code: &Code) -> Result<i64, Error> {
    conn.row(sql, vec![code.into()]).await?.map_or(Ok(1), |row| row.integer(0))
}

/// Which work orders are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// One of them.
    pub code: Option<String>,
    /// In this state.
    pub state: Option<WorkOrderState>,
    /// Only those with something to be done at the facility or before.
    pub open: bool,
    /// Only those that are not over.
    pub current: bool,
    /// At this facility.
    pub facility: Option<String>,
    /// Of this unit.
    pub holder: Option<String>,
    /// With this serial number.
    pub serial: Option<String>,
    /// Only those that came to a state by this entry.
    pub by: Option<EntryNumber>,
    /// Only those after one, as [`WorkOrder::place`] says.
    pub after: Option<OrderPlace>,
}

/// A place in the list of work orders: how many kinds of urgency go before, when it was reported in microseconds, and its code.
pub type OrderPlace = (i64, i64, String);

impl WorkOrder {
    /// Where it stands in the list of work orders.
    pub fn place(&self) -> OrderPlace {
        let before = match self.urgency {
            Urgency::Critical => 0,
            Urgency::Urgent => 1,
            Urgency::Routine => 2,
        };
        (before, self.reported_at.as_microsecond(), self.code.to_string())
    }
}

/// All work orders that the viewer sees, however many, in the order of [`orders`].
///
/// # Errors
/// If the engine fails.
pub async fn all_orders(conn: &mut Conn, viewer: &Viewer, filter: &OrderFilter) -> Result<Vec<WorkOrder>, Error> {
    let (mut all, mut filter) = (Vec::new(), filter.clone());
    loop {
        let page = orders(conn, viewer, &filter, LONGEST_PAGE).await?;
        let more = page.len() as i64 == LONGEST_PAGE;
        filter.after = page.last().map(WorkOrder::place);
        all.extend(page);
        if !more {
            return Ok(all);
        }
    }
}

/// Work orders that the viewer sees: the most urgent first, then the oldest.
///
/// # Errors
/// If the engine fails.
pub async fn orders(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &OrderFilter,
    limit: i64,
) -> Result<Vec<WorkOrder>, Error> {
    let mut all = Where::after(vec![limit.clamp(1, LONGEST_PAGE + 1).into()]);
    all.and(|n| {
        let sight = sight::work_orders(viewer, n);
        (sight.sql, sight.values)
    });
    all.is("w.code", filter.code.clone());
    all.is("w.state", filter.state.map(|state| state.as_str().to_owned()));
    all.is("w.facility", filter.facility.clone());
    all.is("w.holder", filter.holder.clone());
    all.is("w.serial", filter.serial.clone());
    let states = |of: fn(WorkOrderState) -> bool| -> Vec<String> {
        WorkOrderState::ALL.iter().filter(|s| of(**s)).map(|s| s.as_str().to_owned()).collect()
    };
    if filter.open {
        all.among("w.state", &states(WorkOrderState::is_open));
    }
    if filter.current {
        all.among("w.state", &states(|state| !state.is_over()));
    }
    let order = "CASE w.urgency WHEN 'critical' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END, w.reported_at, w.code";
    if let Some(entry) = filter.by {
        let by = |n| format!("EXISTS (SELECT 1 FROM work_order_step s WHERE s.work_order = w.code AND s.entry = ${n})");
        all.and(|n| (by(n), vec![entry.into()]));
    }
    if let Some((before, at, code)) = &filter.after {
        let values = vec![(*before).into(), (*at).into(), code.as_str().into()];
        all.and(|n| (format!("({order}) > (${n}, ${}, ${})", n + 1, n + 2), values));
    }
    let sql = format!("SELECT {ORDER} FROM work_order w WHERE {} ORDER BY {order} LIMIT $1", all.text());
    conn.rows(&sql, all.values).await?.iter().map(order_of).collect()
}

fn order_of(row: &Row) -> Result<WorkOrder, Error> {
    let echelon = row.maybe_text(12)?.map(|_| row.word(12)).transpose()?;
    Ok(WorkOrder {
        code: row.word(0)?,
        state: row.word(1)?,
        resource: row.word(2)?,
        serial: row.text(3)?,
        quantity: row.integer(4)?,
        in_service: row.integer(5)? != 0,
        holder: row.word(6)?,
        owner: row.word(7)?,
        place: row.word(8)?,
        account: account(&row.text(9)?)?,
        symptom: row.text(10)?,
        urgency: row.word(11)?,
        echelon,
        facility: row.maybe_code(13)?,
        operator: row.maybe_code(14)?,
        fault: row.text(15)?,
        consignment: row.maybe_code(16)?,
        reported_at: row.timestamp(17)?,
        version: row.integer(18)?,
        contractor: row.maybe_code(19)?,
        warranty_until: row.maybe_date(20)?,
        under_warranty_of: row.maybe_code(21)?,
    })
}

/// The states that an order came to, in order.
///
/// # Errors
/// If the engine fails.
pub async fn steps(conn: &mut Conn, order: &str) -> Result<Vec<Step>, Error> {
    let step = |row: &Row| {
        Ok(Step {
            state: row.word(0)?,
            occurred_at: row.timestamp(1)?,
            recorded_at: row.timestamp(2)?,
            actor: row.text(3)?,
            remark: row.text(4)?,
            evidence: row.text(5)?,
            signed_by: row.text(6)?,
            entry: EntryRef::Known(row.integer(7)?),
        })
    };
    conn.rows(STEPS, vec![order.into()]).await?.iter().map(step).collect()
}

/// A state that an order came to, with nothing that people wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The order.
    pub code: Code,
    /// What is repaired.
    pub resource: Code,
    /// Where it is repaired, once that was decided.
    pub facility: Option<Code>,
    /// Which of the order's states it is, counted from 1.
    pub step: i64,
    /// The state.
    pub state: WorkOrderState,
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// States of orders that the viewer sees, by the entries that say so: after one up to another. Few entries at once, for all of them are
/// given.
///
/// # Errors
/// If the engine fails.
pub async fn reached_between(
    conn: &mut Conn,
    viewer: &Viewer,
    (after, last): (EntryNumber, EntryNumber),
) -> Result<Vec<Reached>, Error> {
    let sight = sight::work_orders(viewer, 3);
    let mut values: Vec<Value> = vec![after.into(), last.into()];
    values.extend(sight.values);
    let reached = |row: &Row| {
        Ok(Reached {
            code: row.word(0)?,
            resource: row.word(1)?,
            facility: row.maybe_code(2)?,
            step: row.integer(3)?,
            state: row.word(4)?,
            occurred_at: row.timestamp(5)?,
            recorded_at: row.timestamp(6)?,
        })
    };
    conn.rows(&REACHED_BETWEEN.replace(SIGHT, &sight.sql), values).await?.iter().map(reached).collect()
}

/// How an order came along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The order.
    pub code: Code,
    /// What is repaired, unserviceable.
    pub resource: Code,
    /// The unit that had it.
    pub holder: Code,
    /// Where it is repaired.
    pub facility: Option<Code>,
    /// How many units.
    pub quantity: i64,
    /// The states that it came to, and when.
    pub steps: Vec<(WorkOrderState, Timestamp)>,
}

/// How the orders that the viewer sees came along: those that are not over, and those of which something happened since a moment.
///
/// # Errors
/// If the engine fails.
pub async fn courses(conn: &mut Conn, viewer: &Viewer, since: Timestamp) -> Result<Vec<Course>, Error> {
    let sight = sight::work_orders(viewer, 2);
    let mut values: Vec<Value> = vec![since.as_microsecond().into()];
    values.extend(sight.values);
    let sql = STEPS_SINCE.replace(SIGHT, &sight.sql);
    let mut courses: Vec<Course> = Vec::new();
    for row in conn.rows(&sql, values).await? {
        let code: Code = row.word(0)?;
        if courses.last().is_none_or(|last| last.code != code) {
            courses.push(Course {
                code,
                resource: row.word(1)?,
                holder: row.word(2)?,
                facility: row.maybe_code(3)?,
                quantity: row.integer(4)?,
                steps: Vec::new(),
            });
        }
        if let Some(course) = courses.last_mut() {
            course.steps.push((row.word(5)?, row.timestamp(6)?));
        }
    }
    Ok(courses)
}

/// What people said about an order, in order.
///
/// # Errors
/// If the engine fails.
pub async fn notes(conn: &mut Conn, order: &str) -> Result<Vec<Said>, Error> {
    let said = |row: &Row| {
        Ok(Said {
            number: row.integer(0)?,
            answers: row.maybe_integer(1)?,
            said_at: row.timestamp(2)?,
            actor: row.text(3)?,
            text: row.text(4)?,
            attachment: row.text(5)?,
        })
    };
    conn.rows(NOTES, vec![order.into()]).await?.iter().map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orders_that_are_over_are_those_that_statements_name() {
        for state in WorkOrderState::ALL {
            assert_eq!(STEPS_SINCE.contains(&format!("'{state}'")), state.is_over(), "{state}");
            assert_eq!(OPEN_OF.contains(&format!("'{state}'")), !state.is_open(), "{state}");
        }
    }
}
