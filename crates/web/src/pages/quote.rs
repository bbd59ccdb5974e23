//! What repairs cost: on an order's page, on the board, and on the page of the fund that pays.

use muster_app::{
    Actor, Error,
    repair::{
        Shown,
        cost::{NewQuote, Purse, Settlement},
    },
    storage::repair::Quote,
};
use muster_domain::{
    code::Code,
    field::Field as _,
    fixed::Fixed,
    message,
    picture::Picture,
    policy::{self, Action, Deed},
    repair::{QuoteState, WorkOrderState},
    viewer::Viewer,
};

use super::{
    deed::{DeedForm, Input, input, must},
    figures,
    given::Given,
    record::{
        cells::{Cell, Part},
        panels::{Panel, record_cell, state_cell, text_cell},
    },
    work_order::{attachment, order_cell},
};
use crate::{
    Site,
    text::{self, say},
};

/// An amount of money of a quotation.
fn money(quote: &Quote, amount: i64) -> Cell {
    let text = figures::money(quote.currency.code(), quote.currency.places(), amount);
    Cell { number: true, ..text_cell(text) }
}

/// Does one thing with what an order costs.
pub(super) async fn carry_out(site: &Site, code: &str, given: &Given, kept: &str, actor: &Actor) -> Result<(), Error> {
    let (app, text) = (&site.app, |name| given.text(name));
    let amount = || match text("amount") {
        "" => Ok(None),
        amount => Fixed::<3>::parse(amount)
            .map(Some)
            .map_err(|right| Error::Invalid(message!("field-must-be", name = "amount", right))),
    };
    let number = || given.number("quote").map(Option::unwrap_or_default);
    match text("deed") {
        "quote" => {
            let fund = Some(text("fund")).filter(|fund| !fund.is_empty());
            let amount = amount()?.unwrap_or_default();
            app.work_order_quote(code, &NewQuote { amount, fund, remark: text("remark"), paper: kept }, actor).await
        }
        "approve" => app.work_order_approve(code, (number()?, text("remark")), actor).await,
        "refuse" => app.work_order_refuse(code, (number()?, text("remark")), actor).await,
        "withdraw-quote" => app.work_order_withdraw_quote(code, number()?, actor).await,
        "settle" => {
            let settlement = Settlement { amount: amount()?, invoice: kept, at: given.moment("at")? };
            app.work_order_settle(code, (number()?, &settlement), actor).await
        }
        deed => Err(Error::NotFound { what: "deed", code: deed.to_owned() }),
    }
}

/// Forms for what is to be decided or paid now, and for a new quotation.
pub(super) fn forms(
    viewer: &Viewer,
    picture: &Picture,
    shown: &Shown,
    may_quote: bool,
) -> (Vec<DeedForm>, Vec<DeedForm>) {
    let may_pay = policy::may(viewer, &Deed::of(Action::Pay)).is_ok();
    let form =
        |deed, fields, asks| DeedForm { deed, title: say(&format!("repair-do-{deed}")).into_owned(), fields, asks };
    let choice = |state: QuoteState| {
        let of = |quote: &&Quote| {
            let amount = figures::money(quote.currency.code(), quote.currency.places(), quote.amount);
            let words = [("n", quote.number.into()), ("amount", amount.into()), ("fund", quote.fund.as_str().into())];
            (quote.number.to_string(), text::say_with("repair-quote-of", &words))
        };
        let open: Vec<_> = shown.quotes.iter().filter(|quote| quote.state == state).collect();
        let choices: Vec<(String, String)> = open.iter().map(of).collect();
        let first = choices.first().map(|(number, _)| number.clone());
        first.map(|value| Input { value, choices, ..must("quote", "repair-quote", "choice") })
    };
    let remark = || input("remark", "consignment-remark", "text");
    let mut first = Vec::new();
    let by_another = |quote: &Quote| quote.state != QuoteState::Quoted || quote.quoted_by != viewer.name;
    if let Some(open) = choice(QuoteState::Quoted).filter(|_| may_pay && shown.quotes.iter().all(by_another)) {
        first.push(form("approve", vec![open.clone(), remark()], true));
        first.push(form("refuse", vec![open, must("remark", "reason", "text")], false));
    }
    let over = !shown.order.state.is_open();
    if let Some(open) = choice(QuoteState::Approved).filter(|_| may_pay && over) {
        let amount = input("amount", "repair-amount-due", "text");
        let (invoice, at) = (input("file", "repair-invoice", "file"), input("at", "end-use-at", "datetime-local"));
        first.push(form("settle", vec![open, amount, invoice, at], true));
    }
    let mut others = Vec::new();
    let unsettled = [QuoteState::Quoted, QuoteState::Refused].into_iter().find_map(choice);
    if let Some(open) = unsettled.filter(|_| may_quote) {
        others.push(form("withdraw-quote", vec![open], false));
    }
    if may_quote && shown.order.state >= WorkOrderState::Triaged && !over {
        let known = picture.funds.values().map(|fund| (fund.code.to_string(), format!("{} {}", fund.code, fund.name)));
        let fund = Input {
            choices: [vec![(String::new(), String::new())], known.collect()].concat(),
            ..input("fund", "repair-fund-usual", "choice")
        };
        let (amount, paper) = (must("amount", "repair-amount", "text"), input("file", "repair-paper", "file"));
        others.push(form("quote", vec![amount, fund, remark(), paper], false));
    }
    (first, others)
}

/// What an order costs.
pub(super) fn of_order(picture: &Picture, code: &str, quotes: &[Quote]) -> Panel {
    let columns = [
        ("repair-quote", true),
        ("consignment-state", false),
        ("repair-asked", true),
        ("repair-fund", false),
        ("repair-payee", false),
        ("repair-for", false),
        ("repair-who", false),
        ("repair-decision", false),
        ("repair-paid", true),
        ("repair-papers", false),
    ];
    let mut panel = Panel::new("repair-quotes", &columns);
    for quote in quotes {
        let papers = [("repair-quote", &quote.paper), ("repair-invoice", &quote.invoice)];
        let kept = papers.into_iter().filter(|(_, hash)| !hash.is_empty());
        let paper = |(name, hash): (&str, &String)| Part { text: say(name).into_owned(), href: attachment(code, hash) };
        let papers = Cell { parts: kept.map(paper).collect(), ..Cell::default() };
        let said = |by: &str, what: &str| [by, what].map(str::to_owned).into_iter().filter(|part| !part.is_empty());
        let decided: Vec<String> = said(&quote.decided_by, &quote.decision).collect();
        panel.row(vec![
            Cell { number: true, ..text_cell(quote.number.to_string()) },
            state_cell(quote.state.as_str()),
            money(quote, quote.amount),
            record_cell(picture, "funds", quote.fund.as_str()),
            record_cell(picture, "parties", quote.party.as_str()),
            text_cell(quote.remark.clone()),
            text_cell(quote.quoted_by.clone()),
            text_cell(decided.join(": ")),
            if quote.state == QuoteState::Paid { money(quote, quote.paid) } else { Cell::default() },
            papers,
        ]);
    }
    panel
}

/// Quotations of several orders: those to be decided or paid on the board, each with its fund, and those of a fund on its page.
pub(crate) fn of_orders<'a>(
    (name, with_fund): (&str, bool),
    picture: &Picture,
    quotes: impl Iterator<Item = &'a (Code, Quote)>,
) -> Panel {
    let mut columns = vec![
        ("repair-order", false),
        ("consignment-state", false),
        ("repair-asked", true),
        ("repair-paid", true),
        ("repair-payee", false),
        ("repair-since", false),
    ];
    if with_fund {
        columns.push(("repair-fund", false));
    }
    let mut panel = Panel::new(name, &columns);
    for (order, quote) in quotes {
        panel.row(vec![
            order_cell(order),
            state_cell(quote.state.as_str()),
            money(quote, quote.amount),
            if quote.state == QuoteState::Paid { money(quote, quote.paid) } else { Cell::default() },
            record_cell(picture, "parties", quote.party.as_str()),
            text_cell(figures::moment(quote.quoted_at)),
            // A row has no more cells than the panel has columns.
            record_cell(picture, "funds", quote.fund.as_str()),
        ]);
    }
    panel
}

/// What is in a fund, by who gave it.
pub(crate) fn of_fund(picture: &Picture, purses: &[Purse]) -> Panel {
    let columns =
        [("repair-donor", false), ("repair-in-fund", true), ("repair-set-aside", true), ("repair-free", true)];
    let mut panel = Panel::new("fund-money", &columns);
    for purse in purses {
        let money = |amount| Cell {
            number: true,
            ..text_cell(figures::money(purse.currency.code(), purse.currency.places(), amount))
        };
        panel.row(vec![
            record_cell(picture, "parties", purse.owner.as_str()),
            money(purse.there),
            money(purse.there - purse.free),
            money(purse.free),
        ]);
    }
    panel
}
