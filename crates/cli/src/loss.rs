//! `muster end-use lost`, `losses`, `found`, `not-found` and `escalate`: losses of what is in service or in stock.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::{Timestamp, civil::Date};
use muster_app::{
    App,
    listed::Listing,
    storage::transfer::loss::{LossFilter, LossReport},
    transfer::loss::NewLoss,
};
use muster_domain::{field::Field, loss::LossKind};

use crate::{
    Failure,
    args::{ListFormat, Place},
    end_use::kept,
    listed, open, output,
};

/// Reports in a list.
const MOST: i64 = 1_000;

/// What can be asked of losses.
#[derive(Debug, Subcommand)]
pub(crate) enum LossCommand {
    /// Report that something in service or in stock was lost, destroyed, stolen or captured: it leaves that
    Lost(Box<Lost>),
    /// List loss reports, and what consignments missed and was decided to be lost, the last reported first
    Losses {
        /// As of this day, like 2026-11-20 [default: today]
        #[arg(long, value_parser = crate::args::day)]
        as_of: Option<Date>,
        /// As it was known on this day [default: today]
        #[arg(long, value_parser = crate::args::day)]
        known: Option<Date>,
        /// Only those that came more than 30 days after the loss became known
        #[arg(long)]
        late: bool,
        /// Only those of what was not found again
        #[arg(long)]
        open: bool,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Record that what was reported lost was found again: it is in service or in stock as before
    Found {
        /// The loss report
        report: String,
        /// When, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        /// How it was found, or why the report was wrong
        #[arg(long)]
        reason: String,
    },
    /// List units that a check did not find, and until when each must be found or reported lost
    NotFound {
        /// As of this day, like 2026-11-20 [default: today]
        #[arg(long, value_parser = crate::args::day)]
        as_of: Option<Date>,
        /// As it was known on this day [default: today]
        #[arg(long, value_parser = crate::args::day)]
        known: Option<Date>,
        /// Only those that wait for the mission by now
        #[arg(long, conflicts_with_all = ["as_of", "known"])]
        waiting: bool,
    },
    /// Take units that were not found to whom they wait for by now, as the server does by itself
    Escalate,
}

/// What is reported.
#[derive(Debug, Args)]
pub(crate) struct Lost {
    /// The resource
    resource: String,
    /// How: lost, destroyed, stolen or captured
    how: String,
    /// What happened, in words
    circumstances: String,
    /// The serial number
    #[arg(long, default_value = "", hide_default_value = true)]
    serial: String,
    /// The account in which it is: in stock, or in service for what has no serial number
    #[arg(long)]
    account: Option<String>,
    /// The lot, for what is known by lots
    #[arg(long, default_value = "", hide_default_value = true)]
    lot: String,
    /// How many units, for what has no serial number
    #[arg(long, default_value_t = 1)]
    quantity: i64,
    /// Of which offer it was, for what has no serial number
    #[arg(long)]
    offer: Option<String>,
    /// When it was lost, like 2026-11-20T08:00:00Z [default: when it became known]
    #[arg(long, value_parser = crate::args::moment)]
    at: Option<Timestamp>,
    /// When that became known [default: now]
    #[arg(long, value_parser = crate::args::moment)]
    known_at: Option<Timestamp>,
    /// Where [default: where it was in service]
    #[arg(long)]
    place: Option<String>,
    /// A photograph (JPEG, PNG, WebP) or paper (PDF) that shows it
    #[arg(long)]
    evidence: Option<PathBuf>,
    /// Why, for the record
    #[arg(long, default_value = "loss report")]
    reason: String,
}

pub(crate) async fn run(place: &Place, command: LossCommand) -> Result<(), Failure> {
    match command {
        LossCommand::Lost(lost) => {
            let Lost {
                resource,
                how,
                circumstances,
                serial,
                account,
                lot,
                quantity,
                offer,
                at,
                known_at,
                place: lost_at,
                evidence,
                reason,
            } = *lost;
            let how = LossKind::parse(&how).map_err(|right| Failure::option("HOW", right))?;
            let (app, actor) = (open::writing(place).await?, open::actor(place, &reason));
            let evidence = match evidence {
                Some(path) => kept(&app, &path, &actor).await?,
                None => String::new(),
            };
            let new = NewLoss {
                resource,
                serial,
                account,
                lot,
                quantity,
                offer,
                how,
                at,
                known_at,
                place: lost_at,
                circumstances,
                evidence,
            };
            let code = app.lose(&new, &actor).await?;
            let report = app.loss_report(&open::viewer(place), code.as_str()).await?;
            output::line(&format!("Reported as {code}{}.", late(&report)));
            for order in app.loss_work_orders(&open::viewer(place), &report).await? {
                output::line(&format!("Work order {} ends with it: {}.", order.code, order.state));
            }
            Ok(())
        }
        LossCommand::Losses { as_of, known, late, open, format } => {
            let app = open::reading(place).await?;
            let filter = LossFilter { late, open, as_of: Some(App::as_of(as_of, known)), ..LossFilter::default() };
            if listed::as_sheet(&app, place, format, &Listing::Losses(filter.clone())).await? {
                return Ok(());
            }
            let mut found = app.loss_reports(&open::viewer(place), &filter, MOST + 1).await?;
            let more = found.len() as i64 > MOST;
            found.truncate(MOST as usize);
            tell(&found);
            if more {
                output::remark(&format!("Only the last {} are listed.", output::whole(MOST)));
            }
            Ok(())
        }
        LossCommand::Found { report, at, reason } => {
            let app = open::writing(place).await?;
            app.loss_found(&report, at, &open::actor(place, &reason)).await?;
            output::line(&format!("What {report} is about is back."));
            Ok(())
        }
        LossCommand::NotFound { as_of, known, waiting } => {
            let app = open::reading(place).await?;
            let found = match waiting {
                true => app.not_found_waiting(&open::viewer(place)).await?,
                false => app.not_found(&open::viewer(place), App::as_of(as_of, known)).await?,
            };
            if found.is_empty() {
                output::line("Nothing is missing.");
                return Ok(());
            }
            let rows: Vec<Vec<String>> = found
                .iter()
                .map(|missing| {
                    let unit = &missing.unit;
                    vec![
                        unit.account.resource.to_string(),
                        unit.serial.clone(),
                        unit.account.holder.to_string(),
                        missing.of.since.to_string(),
                        missing.due_at.to_string(),
                        missing.waits_for.to_string(),
                    ]
                })
                .collect();
            let headings = ["resource", "serial number", "unit", "not found", "report due", "waits for"];
            output::table(&headings.map(|heading| (heading, false)), &rows);
            Ok(())
        }
        LossCommand::Escalate => {
            let app = open::writing(place).await?;
            let times = app.not_found_escalate(&open::actor(place, "its time has come")).await?;
            output::line(&match times {
                0 => "No unit that was not found waits for anybody new.".to_owned(),
                1 => "One unit that was not found was taken on.".to_owned(),
                _ => format!("Units that were not found were taken on {} times.", output::whole(times as i64)),
            });
            Ok(())
        }
    }
}

/// By how much a report came late.
fn late(report: &LossReport) -> String {
    match report.days_late() {
        0 => String::new(),
        1 => ", one day late".to_owned(),
        days => format!(", {} days late", output::whole(days)),
    }
}

fn tell(found: &[LossReport]) {
    if found.is_empty() {
        output::line("No loss reports.");
        return;
    }
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|report| {
            let unit = if report.serial.is_empty() { &report.lot } else { &report.serial };
            vec![
                report.code.to_string(),
                report.how.to_string(),
                output::whole(report.quantity),
                report.account.resource.to_string(),
                unit.clone(),
                report.account.holder.to_string(),
                report.known_at.to_string(),
                format!("{}{}", report.recorded_at, late(report)),
                if report.found.is_some() { "found again" } else { "lost" }.to_owned(),
                report.consignment.as_ref().map_or_else(String::new, ToString::to_string),
            ]
        })
        .collect();
    let headings =
        ["report", "how", "units", "what", "serial or lot", "holder", "known", "reported", "state", "consignment"];
    output::table(&headings.map(|heading| (heading, false)), &rows);
}
