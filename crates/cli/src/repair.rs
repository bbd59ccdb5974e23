//! `muster repair`: work orders, from the fault report to the return, and the board.

mod price;
mod told;

use std::{io::BufRead as _, path::PathBuf};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use muster_app::{
    Actor, App,
    repair::{
        ending::Recovered,
        request::{NewFault, Triage},
        sequence::Ask,
        shop::Release,
    },
    storage::repair::OrderFilter,
};
use muster_domain::{
    field::Field,
    message,
    repair::{BlockingReason, Echelon, Urgency, WorkOrderState},
};

use self::{
    price::PriceCommand,
    told::{board, listed, sequence, stand_ins, tell},
};
use crate::{Failure, args::Place, end_use::kept, open, output};

/// Most that are listed.
const MOST: i64 = 1_000;

/// Why something is done.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// Why, for the record
    #[arg(long, default_value = "repair")]
    reason: String,
}

/// What can be done with work orders.
#[derive(Debug, Subcommand)]
pub(crate) enum RepairCommand {
    /// List work orders: the most urgent first, then the oldest
    List {
        /// Also those that are over
        #[arg(long)]
        all: bool,
        /// Only in this state
        #[arg(long)]
        state: Option<String>,
        /// Only at this facility
        #[arg(long)]
        facility: Option<String>,
        /// Only of this unit
        #[arg(long)]
        holder: Option<String>,
    },
    /// Tell all that is known of a work order
    Show {
        /// The work order
        order: String,
    },
    /// The board: states, queues, turnaround, what blocks, what is lacking, availability
    Board,
    /// In which order a facility would best work: what waits there or is to come, within its bays and days
    Sequence {
        /// The facility
        facility: String,
        /// Stop after this many seconds
        #[arg(long, default_value_t = 10.0)]
        time_limit: f64,
    },
    /// Report a fault of something in service, or of unserviceable stock
    Report {
        /// What it is, as it is in the books
        resource: String,
        /// What is wrong with it
        symptom: String,
        /// Its serial number
        #[arg(long, default_value = "", hide_default_value = true)]
        serial: String,
        /// The account in which it is, for what has no serial number
        #[arg(long)]
        account: Option<String>,
        /// How many units, for what has no serial number
        #[arg(long, default_value_t = 1)]
        quantity: i64,
        /// routine, urgent or critical
        #[arg(long, default_value = "routine")]
        urgency: String,
        /// A photograph (JPEG, PNG, WebP) or paper (PDF)
        #[arg(long)]
        photo: Option<PathBuf>,
        /// When, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        #[command(flatten)]
        why: Why,
    },
    /// Decide where it is repaired: on_site, in_country or abroad
    Triage {
        /// The work order
        order: String,
        /// Where
        echelon: String,
        /// The facility, unless it is repaired on site
        #[arg(long)]
        facility: Option<String>,
        /// The party whose team comes, on site, unless the unit repairs it itself
        #[arg(long)]
        contractor: Option<String>,
        /// A remark
        #[arg(long, default_value = "", hide_default_value = true)]
        remark: String,
        #[command(flatten)]
        why: Why,
    },
    /// Make up the consignment by which it is brought to its facility
    Evacuate {
        /// The work order
        order: String,
        /// A lane of the way; again for each further one, in order [default: the quickest]
        #[arg(long)]
        lane: Vec<String>,
        #[command(flatten)]
        why: Why,
    },
    /// The facility has it
    Induct {
        /// The work order
        order: String,
        /// When, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        #[command(flatten)]
        why: Why,
    },
    /// Say what is wrong and which parts are needed, and take from stock what is there
    Diagnose {
        /// The work order
        order: String,
        /// What is wrong
        fault: String,
        /// A part, like 2:TRUCK-SPARES/ok; again for each further one [default: the facility's bill]
        #[arg(long)]
        part: Vec<String>,
        /// No parts are needed
        #[arg(long, conflicts_with = "part")]
        no_parts: bool,
        #[command(flatten)]
        why: Why,
    },
    /// Take from stock what it still lacks
    Fetch {
        /// The work order
        order: String,
        #[command(flatten)]
        why: Why,
    },
    /// Tell what is in stock there and may stand in for parts that it lacks
    StandIns {
        /// The work order
        order: String,
    },
    /// Take something from stock that stands in for a part
    Substitute {
        /// The work order
        order: String,
        /// The part that is lacking
        part: String,
        /// What stands in for it
        substitute: String,
        /// How many units
        units: i64,
        #[command(flatten)]
        why: Why,
    },
    /// What it costs: quotations, decisions, payments
    Price {
        #[command(subcommand)]
        command: PriceCommand,
    },
    /// The repair begins
    Start {
        /// The work order
        order: String,
        /// When, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        #[command(flatten)]
        why: Why,
    },
    /// Record a test: passed or failed
    Test {
        /// The work order
        order: String,
        /// passed or failed
        outcome: String,
        /// A remark; must be given of what failed
        #[arg(long, default_value = "", hide_default_value = true)]
        remark: String,
        /// A photograph (JPEG, PNG, WebP) or paper (PDF)
        #[arg(long)]
        evidence: Option<PathBuf>,
        #[command(flatten)]
        why: Why,
    },
    /// It is fit for use again; the tester's PIN is read from standard input
    Release {
        /// The work order
        order: String,
        /// The tester's account
        tester: String,
        /// For how many days whoever repaired it answers for the repair
        #[arg(long, default_value_t = 0)]
        warranty_days: u32,
        /// A remark
        #[arg(long, default_value = "", hide_default_value = true)]
        remark: String,
        #[command(flatten)]
        why: Why,
    },
    /// The unit has it back, in service
    Return {
        /// The work order
        order: String,
        /// When, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        #[command(flatten)]
        why: Why,
    },
    /// Decide that it is beyond economic repair
    WriteOff {
        /// The work order
        order: String,
        /// Why
        remark: String,
        /// The paper of the decision (PDF), or a photograph of it
        #[arg(long)]
        paper: Option<PathBuf>,
        #[command(flatten)]
        why: Why,
    },
    /// Take it apart; what is recovered goes into stock
    Cannibalise {
        /// The work order
        order: String,
        /// Why
        remark: String,
        /// What was recovered, like 2:TRUCK-SPARES/ok; again for each further one
        #[arg(long, required = true)]
        part: Vec<String>,
        /// The paper of the decision (PDF), or a photograph of it
        #[arg(long)]
        paper: Option<PathBuf>,
        #[command(flatten)]
        why: Why,
    },
    /// There is nothing to repair
    Cancel {
        /// The work order
        order: String,
        /// Why
        remark: String,
        #[command(flatten)]
        why: Why,
    },
    /// Say what keeps it from going on: parts, price, licence, tools, test_equipment, transport or decision
    Block {
        /// The work order
        order: String,
        /// What
        because: String,
        /// Whose turn it is
        turn_of: String,
        /// A remark
        #[arg(long, default_value = "", hide_default_value = true)]
        remark: String,
        #[command(flatten)]
        why: Why,
    },
    /// Something no longer keeps it
    Unblock {
        /// The work order
        order: String,
        /// What
        because: String,
        #[command(flatten)]
        why: Why,
    },
    /// Say something about it
    Note {
        /// The work order
        order: String,
        /// What
        text: String,
        /// The number of the note that it answers
        #[arg(long)]
        answers: Option<i64>,
        /// A photograph (JPEG, PNG, WebP) or paper (PDF)
        #[arg(long)]
        attachment: Option<PathBuf>,
        #[command(flatten)]
        why: Why,
    },
}

pub(crate) async fn run(place: &Place, command: RepairCommand) -> Result<(), Failure> {
    use RepairCommand as C;
    let writing = async |why: &Why| -> Result<(App, Actor), Failure> {
        Ok((open::writing(place).await?, open::actor(place, &why.reason)))
    };
    match command {
        C::List { all, state, facility, holder } => {
            let state = state.map(|state| WorkOrderState::parse(&state)).transpose();
            let state = state.map_err(|right| Failure::option("--state", right))?;
            let current = !all && state.is_none();
            let filter = OrderFilter { state, facility, holder, current, ..OrderFilter::default() };
            let found = open::reading(place).await?.work_orders(&open::viewer(place), &filter, MOST + 1).await?;
            listed(&found);
            Ok(())
        }
        C::Show { order } => {
            let app = open::reading(place).await?;
            tell(&app.work_order(&open::viewer(place), &order).await?, app.now());
            Ok(())
        }
        C::Board => board(&open::reading(place).await?, place).await,
        C::Sequence { facility, time_limit } => {
            let app = open::reading(place).await?;
            let ask = Ask { facility, seconds: time_limit, seed: 1 };
            sequence(&app.repair_sequence(&ask, &open::actor(place, "a look")).await?);
            Ok(())
        }
        C::Report { resource, symptom, serial, account, quantity, urgency, photo, at, why } => {
            let urgency = Urgency::parse(&urgency).map_err(|right| Failure::option("--urgency", right))?;
            let (app, actor) = writing(&why).await?;
            let photo = attached(&app, photo, &actor).await?;
            let urgency = Some(urgency);
            let new = NewFault { resource, serial, account, quantity, symptom, urgency, photo, at };
            let code = app.fault_report(&new, &actor).await?;
            output::line(&format!("Reported as {code}."));
            Ok(())
        }
        C::Triage { order, echelon, facility, contractor, remark, why } => {
            let echelon = Echelon::parse(&echelon).map_err(|right| Failure::option("ECHELON", right))?;
            let (app, actor) = writing(&why).await?;
            let (facility, contractor) = (facility.as_deref(), contractor.as_deref());
            let decided = Triage { echelon, facility, contractor, remark: &remark };
            app.work_order_triage(&order, &decided, &actor).await?;
            said(&app, &actor, &order).await
        }
        C::Evacuate { order, lane, why } => {
            let (app, actor) = writing(&why).await?;
            let consignment = app.work_order_evacuate(&order, &lane, &actor).await?;
            output::line(&format!("{order} goes as consignment {consignment}."));
            Ok(())
        }
        C::Induct { order, at, why } => {
            let (app, actor) = writing(&why).await?;
            app.work_order_induct(&order, at, &actor).await?;
            said(&app, &actor, &order).await
        }
        C::Diagnose { order, fault, part, no_parts, why } => {
            let parts = part.iter().map(|text| units(text)).collect::<Result<Vec<_>, _>>()?;
            let parts = (no_parts || !parts.is_empty()).then_some(parts);
            let (app, actor) = writing(&why).await?;
            app.work_order_diagnose(&order, (&fault, parts.as_deref()), &actor).await?;
            said(&app, &actor, &order).await
        }
        C::Fetch { order, why } => {
            let (app, actor) = writing(&why).await?;
            app.work_order_fetch(&order, &actor).await?;
            said(&app, &actor, &order).await
        }
        C::StandIns { order } => {
            let (app, viewer) = (open::reading(place).await?, open::viewer(place));
            let shown = app.work_order(&viewer, &order).await?;
            stand_ins(&app.work_order_stand_ins(&viewer, &shown).await?);
            Ok(())
        }
        C::Substitute { order, part, substitute, units, why } => {
            let (app, actor) = writing(&why).await?;
            app.work_order_substitute(&order, (&part, &substitute, units), &actor).await?;
            said(&app, &actor, &order).await
        }
        C::Price { command } => price::run(place, command).await,
        C::Start { order, at, why } => {
            let (app, actor) = writing(&why).await?;
            app.work_order_start(&order, at, &actor).await?;
            said(&app, &actor, &order).await
        }
        C::Test { order, outcome, remark, evidence, why } => {
            let passed = match outcome.as_str() {
                "passed" => true,
                "failed" => false,
                _ => return Err(Failure::option("OUTCOME", message!("passed-or-failed"))),
            };
            let (app, actor) = writing(&why).await?;
            let evidence = attached(&app, evidence, &actor).await?;
            app.work_order_test(&order, (passed, &remark, &evidence), &actor).await?;
            said(&app, &actor, &order).await
        }
        C::Release { order, tester, warranty_days, remark, why } => {
            let (app, actor) = writing(&why).await?;
            let mut pin = String::new();
            std::io::stdin().lock().read_line(&mut pin).ok();
            let signed = Release { tester: &tester, pin: pin.trim(), remark: &remark, warranty_days };
            app.work_order_release(&order, &signed, &actor).await?;
            said(&app, &actor, &order).await
        }
        C::Return { order, at, why } => {
            let (app, actor) = writing(&why).await?;
            app.work_order_return(&order, at, &actor).await?;
            said(&app, &actor, &order).await
        }
        C::WriteOff { order, remark, paper, why } => {
            let (app, actor) = writing(&why).await?;
            let paper = attached(&app, paper, &actor).await?;
            app.work_order_write_off(&order, (&remark, &paper), &actor).await?;
            said(&app, &actor, &order).await
        }
        C::Cannibalise { order, remark, part, paper, why } => {
            let recovered = |text: &String| {
                let (resource, quantity) = units(text)?;
                Ok(Recovered { resource, quantity, serial: String::new() })
            };
            let recovered = part.iter().map(recovered).collect::<Result<Vec<_>, Failure>>()?;
            let (app, actor) = writing(&why).await?;
            let paper = attached(&app, paper, &actor).await?;
            app.work_order_cannibalise(&order, (&remark, &paper), &recovered, &actor).await?;
            said(&app, &actor, &order).await
        }
        C::Cancel { order, remark, why } => {
            let (app, actor) = writing(&why).await?;
            app.work_order_cancel(&order, &remark, &actor).await?;
            said(&app, &actor, &order).await
        }
        C::Block { order, because, turn_of, remark, why } => {
            let because = BlockingReason::parse(&because).map_err(|right| Failure::option("BECAUSE", right))?;
            let (app, actor) = writing(&why).await?;
            app.work_order_block(&order, (because, &turn_of, &remark), &actor).await?;
            output::line(&format!("{order} is blocked: {because}. It is the turn of {turn_of}."));
            Ok(())
        }
        C::Unblock { order, because, why } => {
            let because = BlockingReason::parse(&because).map_err(|right| Failure::option("BECAUSE", right))?;
            let (app, actor) = writing(&why).await?;
            app.work_order_unblock(&order, because, &actor).await?;
            output::line(&format!("{order} is no longer blocked by {because}."));
            Ok(())
        }
        C::Note { order, text, answers, attachment, why } => {
            let (app, actor) = writing(&why).await?;
            let attachment = attached(&app, attachment, &actor).await?;
            app.work_order_say(&order, (&text, answers, &attachment), &actor).await?;
            output::line("Said.");
            Ok(())
        }
    }
}

/// Keeps a photograph or paper, if one is named; gives its hash, or nothing.
async fn attached(app: &App, path: Option<PathBuf>, actor: &Actor) -> Result<String, Failure> {
    match path {
        Some(path) => kept(app, &path, actor).await,
        None => Ok(String::new()),
    }
}

/// Units and a resource, like `2:TRUCK-SPARES/ok`.
fn units(text: &str) -> Result<(String, i64), Failure> {
    let right = || Failure::option("--part", message!("units-and-resource"));
    let (units, resource) = text.split_once(':').ok_or_else(right)?;
    Ok((resource.to_owned(), units.parse().map_err(|_| right())?))
}

/// Tells how far an order is now.
async fn said(app: &App, actor: &Actor, order: &str) -> Result<(), Failure> {
    let shown = app.work_order(&actor.viewer, order).await?;
    output::line(&format!("{order} is {}.", shown.order.state));
    for (part, issued) in shown.parts.iter().filter(|(part, issued)| *issued < part.wanted) {
        if shown.order.state != WorkOrderState::WaitingForParts {
            break;
        }
        let raised = part.requirement.as_ref().map_or_else(String::new, |code| format!(", requirement {code}"));
        output::line(&format!("  lacks {} of {} {}{raised}", part.wanted - issued, part.wanted, part.resource));
    }
    Ok(())
}
