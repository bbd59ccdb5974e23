//! What repairs cost, and parts that stand in for others.

use muster_app::{
    Error,
    repair::cost::{NewQuote, Settlement},
    storage::repair::{Quote, QuoteFilter},
};
use muster_domain::{field::Field as _, repair::QuoteState};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    ask::Operation,
    call::Call,
    given::{Kind, may, must, words},
    movement::decimal,
    record::{USUAL, paging},
    repair::{HASH, LONGEST, TEXT, deed, show},
    schema,
};
use crate::cursor;

pub(crate) fn operations() -> Vec<Operation> {
    let remark = || may("remark", Kind::Text(TEXT));
    let told = [("order", schema::text())].into_iter().chain(quote_columns());
    let quotes = schema::page("quotes", schema::object(told));
    let stand_in = schema::object([
        ("part", schema::text()),
        ("substitute", schema::text()),
        ("utility", schema::text()),
        ("quantity", schema::integer()),
    ]);
    let stand_ins = schema::object([("stand_ins", schema::list(stand_in))]);
    vec![
        Operation::get("/work-orders/{order}/stand-ins", "list-stand-ins", stand_ins, list_stand_ins),
        deed(
            "substitute",
            "substitute-work-order-part",
            vec![
                must("part", Kind::Text(LONGEST)),
                must("substitute", Kind::Text(LONGEST)),
                must("quantity", Kind::Integer(1, 1_000_000)),
            ],
            |call| Box::pin(substitute(call)),
        ),
        Operation::get("/repair/quotes", "list-quotes", quotes, list).query(
            paging()
                .into_iter()
                .chain([
                    may("order", Kind::Text(LONGEST)),
                    may("fund", Kind::Text(LONGEST)),
                    may("state", words(QuoteState::ALL)),
                ])
                .collect(),
        ),
        deed(
            "quotes",
            "quote-work-order",
            vec![
                must("amount", Kind::Decimal),
                may("fund", Kind::Text(LONGEST)),
                remark(),
                may("paper", Kind::Text(HASH)),
            ],
            |call| Box::pin(quote(call)),
        ),
        deed("quotes/{number}/approve", "approve-quote", vec![remark()], |call| Box::pin(approve(call))),
        deed("quotes/{number}/refuse", "refuse-quote", vec![must("remark", Kind::Text(TEXT))], |call| {
            Box::pin(refuse(call))
        }),
        deed("quotes/{number}/withdraw", "withdraw-quote", vec![], |call| Box::pin(withdraw(call))),
        deed(
            "quotes/{number}/settle",
            "settle-quote",
            vec![may("amount", Kind::Decimal), may("invoice", Kind::Text(HASH)), may("at", Kind::Moment)],
            |call| Box::pin(settle(call)),
        ),
    ]
}

/// Columns of a quotation. Amounts are in minor units: `places` decimal places make a whole one.
pub(super) fn quote_columns() -> Vec<(&'static str, Value)> {
    vec![
        ("number", schema::integer()),
        ("state", schema::text()),
        ("party", schema::text()),
        ("fund", schema::text()),
        ("currency", schema::text()),
        ("places", schema::integer()),
        ("amount_minor", schema::integer()),
        ("remark", schema::text()),
        ("paper", schema::text()),
        ("quoted_at", schema::moment()),
        ("quoted_by", schema::text()),
        ("decided_at", schema::maybe(schema::moment())),
        ("decided_by", schema::text()),
        ("decision", schema::text()),
        ("paid_minor", schema::integer()),
        ("paid_at", schema::maybe(schema::moment())),
        ("paid_by", schema::text()),
        ("invoice", schema::text()),
    ]
}

pub(super) fn quote_told(quote: &Quote) -> Value {
    json!({
        "number": quote.number,
        "state": quote.state.as_str(),
        "party": quote.party.as_str(),
        "fund": quote.fund.as_str(),
        "currency": quote.currency.code(),
        "places": quote.currency.places(),
        "amount_minor": quote.amount,
        "remark": quote.remark,
        "paper": quote.paper,
        "quoted_at": quote.quoted_at.to_string(),
        "quoted_by": quote.quoted_by,
        "decided_at": quote.decided_at.map(|at| at.to_string()),
        "decided_by": quote.decided_by,
        "decision": quote.decision,
        "paid_minor": quote.paid,
        "paid_at": quote.paid_at.map(|at| at.to_string()),
        "paid_by": quote.paid_by,
        "invoice": quote.invoice,
    })
}

async fn list_stand_ins(call: Call) -> Result<Answer, Failure> {
    let (app, viewer) = (&call.site.app, call.viewer());
    let shown = app.work_order(viewer, call.part("order")).await?;
    let found = app.work_order_stand_ins(viewer, &shown).await?;
    let told = found.iter().map(|of| {
        json!({
            "part": of.part.as_str(),
            "substitute": of.substitute.as_str(),
            "utility": of.utility.to_string(),
            "quantity": of.units,
        })
    });
    Ok(Answer::json(json!({ "stand_ins": told.collect::<Vec<_>>() })))
}

async fn substitute(call: Call) -> Result<Answer, Failure> {
    let units = call.given.integer("quantity").unwrap_or_default();
    let taken = (call.given.text("part"), call.given.text("substitute"), units);
    call.site.app.work_order_substitute(call.part("order"), taken, &call.actor()).await?;
    show(call).await
}

async fn list(call: Call) -> Result<Answer, Failure> {
    let filter = QuoteFilter {
        order: call.query.maybe("order"),
        fund: call.query.maybe("fund"),
        state: call.query.maybe("state").and_then(|state| QuoteState::parse(&state).ok()),
        before: call.query.cursor()?,
    };
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let told = |(order, quote): &(muster_domain::code::Code, Quote)| {
        let mut told = quote_told(quote);
        told["order"] = order.as_str().into();
        told
    };
    let mut found = call.site.app.quotes(call.viewer(), &filter, limit + 1).await?;
    let next = cursor::next(&mut found, limit as usize, |(order, quote)| quote.place(order));
    Ok(Answer::json(json!({ "quotes": found.iter().map(told).collect::<Vec<_>>(), "next": next })))
}

async fn quote(call: Call) -> Result<Answer, Failure> {
    let fund = call.given.maybe("fund");
    let new = NewQuote {
        amount: decimal(&call, "amount")?.unwrap_or_default(),
        fund: fund.as_deref(),
        remark: call.given.text("remark"),
        paper: call.given.text("paper"),
    };
    call.site.app.work_order_quote(call.part("order"), &new, &call.actor()).await?;
    show(call).await
}

/// The number in the path.
fn number(call: &Call) -> Result<i64, Error> {
    let text = call.part("number");
    text.parse().map_err(|_| Error::NotFound { what: "quotation", code: text.to_owned() })
}

async fn approve(call: Call) -> Result<Answer, Failure> {
    let decided = (number(&call)?, call.given.text("remark"));
    call.site.app.work_order_approve(call.part("order"), decided, &call.actor()).await?;
    show(call).await
}

async fn refuse(call: Call) -> Result<Answer, Failure> {
    let decided = (number(&call)?, call.given.text("remark"));
    call.site.app.work_order_refuse(call.part("order"), decided, &call.actor()).await?;
    show(call).await
}

async fn withdraw(call: Call) -> Result<Answer, Failure> {
    call.site.app.work_order_withdraw_quote(call.part("order"), number(&call)?, &call.actor()).await?;
    show(call).await
}

async fn settle(call: Call) -> Result<Answer, Failure> {
    let settlement = Settlement {
        amount: decimal(&call, "amount")?,
        invoice: call.given.text("invoice"),
        at: call.given.moment("at"),
    };
    call.site.app.work_order_settle(call.part("order"), (number(&call)?, &settlement), &call.actor()).await?;
    show(call).await
}
