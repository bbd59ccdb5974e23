//! `muster repair price`: what repairs cost, and the fund that pays.

use std::path::PathBuf;

use clap::Subcommand;
use jiff::Timestamp;
use muster_app::{
    repair::cost::{NewQuote, Settlement},
    storage::repair::{Quote, QuoteFilter},
};
use muster_domain::{code::Code, field::Field, fixed::Fixed, repair::QuoteState};

use super::{MOST, Why, attached};
use crate::{Failure, args::Place, open, output};

/// What can be done with quotations.
#[derive(Debug, Subcommand)]
pub(crate) enum PriceCommand {
    /// List quotations, the newest first
    List {
        /// Only those that this fund is to pay
        #[arg(long)]
        fund: Option<String>,
        /// Only those in this state: quoted, approved, refused, withdrawn or paid
        #[arg(long)]
        state: Option<String>,
    },
    /// Quote what a repair costs; the order waits until it is decided
    Quote {
        /// The work order
        order: String,
        /// How much, in the fund's currency
        amount: String,
        /// The fund [default: the one that pays for such repairs there]
        #[arg(long)]
        fund: Option<String>,
        /// What for
        #[arg(long, default_value = "", hide_default_value = true)]
        remark: String,
        /// The paper of the quotation (PDF), or a photograph of it
        #[arg(long)]
        paper: Option<PathBuf>,
        #[command(flatten)]
        why: Why,
    },
    /// Approve a price; not by who quoted it
    Approve {
        /// The work order
        order: String,
        /// The number of the quotation
        number: i64,
        /// A remark; must be given where the repair is under warranty
        #[arg(long, default_value = "", hide_default_value = true)]
        remark: String,
        #[command(flatten)]
        why: Why,
    },
    /// Refuse a price; not by who quoted it
    Refuse {
        /// The work order
        order: String,
        /// The number of the quotation
        number: i64,
        /// Why
        remark: String,
        #[command(flatten)]
        why: Why,
    },
    /// Take a price back that was not decided, or was refused
    Withdraw {
        /// The work order
        order: String,
        /// The number of the quotation
        number: i64,
        #[command(flatten)]
        why: Why,
    },
    /// Record what was paid of what was set aside; the rest is free again
    Settle {
        /// The work order
        order: String,
        /// The number of the quotation
        number: i64,
        /// How much, in the fund's currency; 0 for nothing [default: all that was set aside, if it was repaired]
        #[arg(long)]
        amount: Option<String>,
        /// The invoice (PDF), or a photograph of it
        #[arg(long)]
        invoice: Option<PathBuf>,
        /// When, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        #[command(flatten)]
        why: Why,
    },
}

pub(super) async fn run(place: &Place, command: PriceCommand) -> Result<(), Failure> {
    use PriceCommand as C;
    let amount_of = |name, text: &str| Fixed::<3>::parse(text).map_err(|right| Failure::option(name, right));
    let (order, why) = match &command {
        C::List { fund, state } => {
            let state = state.as_deref().map(QuoteState::parse).transpose();
            let state = state.map_err(|right| Failure::option("--state", right))?;
            let filter = QuoteFilter { fund: fund.clone(), state, ..QuoteFilter::default() };
            listed(&open::reading(place).await?.quotes(&open::viewer(place), &filter, MOST).await?);
            return Ok(());
        }
        C::Quote { order, why, .. }
        | C::Approve { order, why, .. }
        | C::Refuse { order, why, .. }
        | C::Withdraw { order, why, .. }
        | C::Settle { order, why, .. } => (order.clone(), why),
    };
    let (app, actor) = (open::writing(place).await?, open::actor(place, &why.reason));
    match command {
        C::List { .. } => {}
        C::Quote { amount, fund, remark, paper, .. } => {
            let amount = amount_of("AMOUNT", &amount)?;
            let paper = attached(&app, paper, &actor).await?;
            let new = NewQuote { amount, fund: fund.as_deref(), remark: &remark, paper: &paper };
            app.work_order_quote(&order, &new, &actor).await?;
        }
        C::Approve { number, remark, .. } => app.work_order_approve(&order, (number, &remark), &actor).await?,
        C::Refuse { number, remark, .. } => app.work_order_refuse(&order, (number, &remark), &actor).await?,
        C::Withdraw { number, .. } => app.work_order_withdraw_quote(&order, number, &actor).await?,
        C::Settle { number, amount, invoice, at, .. } => {
            let amount = amount.as_deref().map(|text| amount_of("--amount", text)).transpose()?;
            let invoice = attached(&app, invoice, &actor).await?;
            let settlement = Settlement { amount, invoice: &invoice, at };
            app.work_order_settle(&order, (number, &settlement), &actor).await?;
        }
    }
    let shown = app.work_order(&actor.viewer, &order).await?;
    for quote in &shown.quotes {
        output::line(&in_words(quote));
    }
    Ok(())
}

/// A quotation on a line.
pub(super) fn in_words(quote: &Quote) -> String {
    let amount = money(quote, quote.amount);
    let paid = match quote.state {
        QuoteState::Paid => format!(", {} paid to {}", money(quote, quote.paid), quote.party),
        _ => String::new(),
    };
    let decided = if quote.decided_by.is_empty() { String::new() } else { format!(" by {}", quote.decided_by) };
    let told =
        [&quote.remark, &quote.decision].map(|text| if text.is_empty() { String::new() } else { format!("  {text}") });
    format!(
        "quotation {}: {amount} of {} for {}, {}{decided}{paid}{}",
        quote.number,
        quote.fund,
        quote.party,
        quote.state,
        told.concat()
    )
}

fn money(quote: &Quote, amount: i64) -> String {
    format!("{} {}", output::money(amount, quote.currency.places()), quote.currency.code())
}

fn listed(found: &[(Code, Quote)]) {
    if found.is_empty() {
        output::line("No quotations.");
        return;
    }
    let row = |(order, quote): &(Code, Quote)| {
        vec![
            order.to_string(),
            quote.number.to_string(),
            quote.state.to_string(),
            money(quote, quote.amount),
            if quote.state == QuoteState::Paid { money(quote, quote.paid) } else { String::new() },
            quote.fund.to_string(),
            quote.party.to_string(),
            quote.quoted_at.to_string(),
        ]
    };
    let headings = [
        ("order", false),
        ("number", true),
        ("state", false),
        ("asked", true),
        ("paid", true),
        ("fund", false),
        ("to be paid", false),
        ("since", false),
    ];
    output::table(&headings, &found.iter().map(row).collect::<Vec<_>>());
}
