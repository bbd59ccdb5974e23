//! What repairs cost: quotations, what funds have for them, and what was decided and paid.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    field::Currency,
    fixed::Fixed,
    ledger::{account::AccountKey, books::Outcome, refusal::Refusal},
    message,
    repair::QuoteState,
    viewer::Viewer,
};

use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    ledger::read::LONGEST_PAGE,
    sight::{self, SIGHT},
    statements,
    transfer::{EntryRef, read::account},
};

statements! {
    QUOTES = "SELECT w.code, q.number, q.state, q.party, q.fund, q.resource, q.currency, q.amount, q.remark, q.paper, q.quoted_at, q.quoted_by,
            q.decided_at, q.decided_by, q.decision, q.obligation, q.paid, q.paid_at, q.paid_by, q.invoice
        FROM work_order_quote q JOIN work_order w ON w.code = q.work_order
        WHERE {sight} AND (CAST($1 AS TEXT) IS NULL OR q.work_order = $1) AND (CAST($2 AS TEXT) IS NULL OR q.fund = $2)
          AND (CAST($3 AS TEXT) IS NULL OR q.state = $3)
          AND (CAST($4 AS BIGINT) IS NULL OR (q.quoted_at, w.code, q.number) < ($4, $5, $6))
        ORDER BY q.quoted_at DESC, w.code DESC, q.number DESC LIMIT $7";
    NEXT_QUOTE = "SELECT COUNT(*) + 1 FROM work_order_quote WHERE work_order = $1";
    SET_QUOTE = "UPDATE work_order_quote SET state = $3, decided_at = $4, decided_by = $5, decision = $6, obligation = $7, paid = $8, paid_at = $9,
        paid_by = $10, invoice = $11 WHERE work_order = $1 AND number = $2";
    // What is promised to a fund does not count: only what was paid into it may be set aside.
    FREE = "SELECT a.name, b.posted - (SELECT CAST(COALESCE(SUM(o.quantity), 0) AS BIGINT) FROM posting p
            JOIN open_line o ON o.entry = p.entry AND o.line = p.line WHERE p.from_account = a.id AND p.kind = 'pending')
        FROM account a JOIN balance b ON b.account = a.id
        WHERE a.purpose = 'fund' AND a.via = $1 AND a.resource = $2 AND b.posted > 0 ORDER BY a.id";
    OPEN_LINES = "SELECT line, quantity FROM open_line WHERE entry = $1 AND quantity > 0 ORDER BY line";
    SPENT = "SELECT fund, resource, CAST(SUM(CASE WHEN state = 'paid' THEN paid ELSE amount END) AS BIGINT) FROM work_order_quote
        WHERE state IN ('approved', 'paid') GROUP BY fund, resource ORDER BY fund, resource";
}

/// What whoever repairs asks for it, and what came of that. Amounts are in minor units of the fund's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Its number among those of the order, counted from 1; given when it is written.
    pub number: i64,
    /// How far it has come.
    pub state: QuoteState,
    /// Who is to be paid.
    pub party: Code,
    /// Which fund is to pay.
    pub fund: Code,
    /// The money that it is, as a resource.
    pub resource: Code,
    /// Its currency.
    pub currency: Currency,
    /// How much is asked; above 0.
    pub amount: i64,
    /// What for.
    pub remark: String,
    /// Hash of the paper of the quotation; empty if there is none.
    pub paper: String,
    /// When it was made.
    pub quoted_at: Timestamp,
    /// By whom.
    pub quoted_by: String,
    /// When it was decided, if it was.
    pub decided_at: Option<Timestamp>,
    /// Who decided; empty if nobody did.
    pub decided_by: String,
    /// What they said.
    pub decision: String,
    /// The pending entry that sets the money aside.
    pub obligation: Option<EntryRef>,
    /// What was paid.
    pub paid: i64,
    /// When.
    pub paid_at: Option<Timestamp>,
    /// Who recorded it; empty if nobody did.
    pub paid_by: String,
    /// Hash of the invoice; empty if there is none.
    pub invoice: String,
}

impl Quote {
    /// An amount of its money in words, from minor units.
    pub fn money(&self, amount: i64) -> String {
        format!("{} {}", Fixed::<3>::of_minor(amount, self.currency.places()), self.currency.code())
    }
}

/// Which quotations are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuoteFilter {
    /// Those of one order.
    pub order: Option<String>,
    /// Those that a fund is to pay.
    pub fund: Option<String>,
    /// Those in this state.
    pub state: Option<QuoteState>,
    /// Those that were made before one, as [`Quote::place`] says.
    pub before: Option<QuotePlace>,
}

/// A place in the list of quotations: when it was made in microseconds, its order, and its number.
pub type QuotePlace = (i64, String, i64);

impl Quote {
    /// Where it stands in the list of quotations.
    pub fn place(&self, order: &Code) -> QuotePlace {
        (self.quoted_at.as_microsecond(), order.to_string(), self.number)
    }
}

/// All quotations that the viewer sees, however many, in the order of [`quotes`].
///
/// # Errors
/// If the engine fails.
pub async fn all_quotes(conn: &mut Conn, viewer: &Viewer, filter: &QuoteFilter) -> Result<Vec<(Code, Quote)>, Error> {
    let (mut all, mut filter) = (Vec::new(), filter.clone());
    loop {
        let page = quotes(conn, viewer, &filter, LONGEST_PAGE).await?;
        let more = page.len() as i64 == LONGEST_PAGE;
        filter.before = page.last().map(|(order, quote)| quote.place(order));
        all.extend(page);
        if !more {
            return Ok(all);
        }
    }
}

/// Quotations that the viewer sees, with the order of each: the newest first.
///
/// # Errors
/// If the engine fails.
pub async fn quotes(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &QuoteFilter,
    limit: i64,
) -> Result<Vec<(Code, Quote)>, Error> {
    let sight = sight::quotes(viewer, 8);
    let state = filter.state.map(|state| state.as_str().to_owned());
    let (at, order, number) = match &filter.before {
        Some((at, order, number)) => (Some(*at), order.as_str(), *number),
        None => (None, "", 0),
    };
    let mut values: Vec<Value> = vec![filter.order.clone().into(), filter.fund.clone().into(), state.into()];
    values.extend([at.into(), order.into(), number.into(), limit.clamp(1, LONGEST_PAGE + 1).into()]);
    values.extend(sight.values);
    let rows = conn.rows(&QUOTES.replace(SIGHT, &sight.sql), values).await?;
    rows.iter().map(|row| Ok((row.word(0)?, quote(row)?))).collect()
}

fn quote(row: &Row) -> Result<Quote, Error> {
    Ok(Quote {
        number: row.integer(1)?,
        state: row.word(2)?,
        party: row.word(3)?,
        fund: row.word(4)?,
        resource: row.word(5)?,
        currency: row.word(6)?,
        amount: row.integer(7)?,
        remark: row.text(8)?,
        paper: row.text(9)?,
        quoted_at: row.timestamp(10)?,
        quoted_by: row.text(11)?,
        decided_at: row.maybe_timestamp(12)?,
        decided_by: row.text(13)?,
        decision: row.text(14)?,
        obligation: row.maybe_integer(15)?.map(EntryRef::Known),
        paid: row.integer(16)?,
        paid_at: row.maybe_timestamp(17)?,
        paid_by: row.text(18)?,
        invoice: row.text(19)?,
    })
}

/// What a fund has of some money that was not set aside, by account: what was paid into it, in the order in which the accounts were made.
/// Below 0 if more was set aside than is there.
///
/// # Errors
/// If the engine fails.
pub async fn free(conn: &mut Conn, fund: &Code, money: &Code) -> Result<Vec<(AccountKey, i64)>, Error> {
    let rows = conn.rows(FREE, vec![fund.into(), money.into()]).await?;
    rows.iter().map(|row| Ok((account(&row.text(0)?)?, row.integer(1)?))).collect()
}

/// What is still set aside by a pending entry: lines and amounts.
///
/// # Errors
/// If the engine fails.
pub async fn set_aside(conn: &mut Conn, obligation: EntryRef) -> Result<Vec<(u32, i64)>, Error> {
    let EntryRef::Known(number) = obligation else { return Ok(Vec::new()) };
    let line = |row: &Row| {
        let line = u32::try_from(row.integer(0)?).map_err(|_| Error::Corrupt("a line must have a number".into()))?;
        Ok((line, row.integer(1)?))
    };
    conn.rows(OPEN_LINES, vec![number.into()]).await?.iter().map(line).collect()
}

/// What of funds was set aside or paid for repairs: fund, money, amount.
///
/// # Errors
/// If the engine fails.
pub async fn spent(conn: &mut Conn) -> Result<Vec<(Code, Code, i64)>, Error> {
    let rows = conn.rows(SPENT, Vec::new()).await?;
    rows.iter().map(|row| Ok((row.word(0)?, row.word(1)?, row.integer(2)?))).collect()
}

/// Writes a new quotation.
pub(super) async fn write(conn: &mut Conn, order: &Code, quote: &Quote) -> Result<(), Error> {
    let row = vec![
        order.into(),
        super::next(conn, NEXT_QUOTE, order).await?.into(),
        quote.state.as_str().into(),
        Value::from(&quote.party),
        Value::from(&quote.fund),
        Value::from(&quote.resource),
        quote.currency.code().into(),
        quote.amount.into(),
        quote.remark.as_str().into(),
        quote.paper.as_str().into(),
        quote.quoted_at.as_microsecond().into(),
        quote.quoted_by.as_str().into(),
        "".into(),
        "".into(),
        0.into(),
        "".into(),
        "".into(),
    ];
    let into = "INSERT INTO work_order_quote (work_order, number, state, party, fund, resource, currency, amount, remark, paper, quoted_at, quoted_by, decided_by, decision, paid, paid_by, invoice)";
    conn.insert(Batch::insert(into, vec![row])).await
}

/// Writes what came of a quotation; refused if by it more of the fund is set aside than is there.
pub(super) async fn set(
    conn: &mut Conn,
    (order, quote): (&Code, &Quote),
    outcomes: &[Result<Outcome, Refusal>],
) -> Result<(), Error> {
    let moment = |at: Option<Timestamp>| Value::from(at.map(Timestamp::as_microsecond));
    let obligation = quote.obligation.map(|entry| entry.number(outcomes)).transpose()?;
    let values = vec![
        order.into(),
        quote.number.into(),
        quote.state.as_str().into(),
        moment(quote.decided_at),
        quote.decided_by.as_str().into(),
        quote.decision.as_str().into(),
        obligation.into(),
        quote.paid.into(),
        moment(quote.paid_at),
        quote.paid_by.as_str().into(),
        quote.invoice.as_str().into(),
    ];
    conn.execute(SET_QUOTE, values).await?;
    let free = free(conn, &quote.fund, &quote.resource).await?;
    match quote.state == QuoteState::Approved && free.iter().any(|(_, free)| *free < 0) {
        true => Err(Error::Conflict(message!("fund-spent", fund = &quote.fund))),
        false => Ok(()),
    }
}
