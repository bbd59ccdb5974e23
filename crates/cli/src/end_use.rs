//! `muster end-use`: units in service that must be checked, and what inspectors found.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use jiff::{Timestamp, civil::Date};
use muster_app::{
    Actor, App, end_of,
    listed::Listing,
    storage::transfer::inspection::Among,
    transfer::{
        end_use::{DueFilter, Found},
        handover::media_type_of,
    },
};
use muster_domain::{end_use::Grade, field::Field};

use crate::{
    Failure,
    args::{ListFormat, Place},
    disposal::{self, DisposalCommand},
    listed,
    loss::{self, LossCommand},
    open, output,
    sheet::{self, faultless},
    signing::picture,
    third_party::{self, ThirdPartyCommand},
    unit::{self, UnitCommand},
};

/// What can be asked of end-use checks.
#[derive(Debug, Subcommand)]
pub(crate) enum EndUseCommand {
    /// List units whose check is due, the longest overdue first
    List {
        /// As of this day, like 2026-11-20 [default: today]
        #[arg(long, value_parser = crate::args::day)]
        as_of: Option<Date>,
        /// As it was known on this day [default: today]
        #[arg(long, value_parser = crate::args::day)]
        known: Option<Date>,
        /// Only those that are overdue
        #[arg(long)]
        overdue: bool,
        /// Only those that are due by the end of this day
        #[arg(long, value_parser = crate::args::day)]
        until: Option<Date>,
        /// Only those in the hands of this party
        #[arg(long)]
        holder: Option<String>,
        /// Only those at this place
        #[arg(long)]
        at: Option<String>,
        /// Only those that this nation gave
        #[arg(long)]
        nation: Option<String>,
        /// Write them to this file (.csv, .xlsx) as a sheet to be filled in and given to `record`, instead
        #[arg(long, value_name = "FILE", conflicts_with = "format")]
        sheet: Option<PathBuf>,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Record the checks of a sheet with the columns resource, serial, grade, date, remark: all of them, or none
    Record {
        /// CSV file or workbook
        file: PathBuf,
        /// Why, for the record
        #[arg(long, default_value = "end-use check")]
        reason: String,
        /// Your own name for this request: the same key twice is recorded once
        #[arg(long)]
        key: Option<String>,
    },
    /// Record what was found of a unit: sighted, unserviceable, accounted or not_found
    Inspect {
        /// The resource
        resource: String,
        /// The serial number
        serial: String,
        /// What was found
        grade: String,
        /// When, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        /// A photograph (JPEG, PNG, WebP) or paper (PDF) that shows it
        #[arg(long)]
        evidence: Option<PathBuf>,
        /// A remark
        #[arg(long, default_value = "", hide_default_value = true)]
        remark: String,
        /// Why, for the record
        #[arg(long, default_value = "end-use check")]
        reason: String,
    },
    /// Take back a check that was of another unit or found something else: it counts for nothing from then on
    TakeBackCheck {
        /// The check, as `muster end-use history` tells it
        check: String,
        /// Why, for the record
        #[arg(long)]
        reason: String,
        /// Your own name for this request: the same key twice is recorded once
        #[arg(long)]
        key: Option<String>,
    },
    /// List units, and tell where one is and all that happened to it
    #[command(flatten)]
    Unit(UnitCommand),
    /// Ask, answer and hand over: a unit in service goes to somebody else
    #[command(subcommand)]
    ThirdParty(ThirdPartyCommand),
    /// Report losses, list them, and record what was found again
    #[command(flatten)]
    Loss(LossCommand),
    /// Record what was disposed of, list it, and take out its certificates
    #[command(flatten)]
    Disposal(DisposalCommand),
}

pub(crate) async fn run(place: &Place, command: EndUseCommand) -> Result<(), Failure> {
    match command {
        EndUseCommand::List { as_of, known, overdue, until, holder, at, nation, sheet, format } => {
            let app = open::reading(place).await?;
            let among = Among { holder, place: at, nation };
            let filter = DueFilter { overdue, before: until.map(end_of), among, ..DueFilter::default() };
            let as_of = App::as_of(as_of, known);
            if let Some(file) = sheet {
                let (format, listing) = (sheet::format(&file)?, Listing::EndUseChecks(as_of, filter));
                return sheet::keep(&file, &app.export_list(&listing, format, &open::actor(place, "export")).await?);
            }
            if listed::as_sheet(&app, place, format, &Listing::EndUse(as_of, filter.clone())).await? {
                return Ok(());
            }
            let found = app.end_use(&open::viewer(place), as_of, &filter).await?;
            output::line(&format!(
                "{} units are watched, {} are overdue.",
                output::whole(found.watched as i64),
                output::whole(found.overdue as i64)
            ));
            let rows: Vec<Vec<String>> = found
                .due
                .iter()
                .map(|due| {
                    let unit = &due.unit;
                    vec![
                        due.due_at.to_string(),
                        if due.overdue { "overdue" } else { "due" }.to_owned(),
                        unit.account.resource.to_string(),
                        unit.serial.clone(),
                        unit.account.holder.to_string(),
                        unit.checked_at.map_or_else(|| "never".to_owned(), |at| at.to_string()),
                        due.rules.iter().map(|(_, code)| code.as_str()).collect::<Vec<_>>().join(", "),
                    ]
                })
                .collect();
            let headings = ["due", "state", "resource", "serial number", "unit", "checked", "rule"];
            output::table(&headings.map(|heading| (heading, false)), &rows);
            if found.next.is_some() {
                output::remark(&format!("Only the first {} are listed.", output::whole(found.due.len() as i64)));
            }
            Ok(())
        }
        EndUseCommand::Inspect { resource, serial, grade, at, evidence, remark, reason } => {
            let grade = Grade::parse(&grade).map_err(|right| Failure::option("GRADE", right))?;
            let (app, actor) = (open::writing(place).await?, open::actor(place, &reason));
            let evidence = match evidence {
                Some(path) => kept(&app, &path, &actor).await?,
                None => String::new(),
            };
            let code = app.inspect(&Found { resource, serial, grade, at, evidence, remark }, &actor).await?;
            output::line(&format!("Recorded as {code}."));
            Ok(())
        }
        EndUseCommand::Record { file, reason, key } => {
            let bytes = open::bytes(&file)?;
            let actor = Actor { key, ..open::actor(place, &reason) };
            let done = open::writing(place).await?.inspect_all(&open::shown(&file), &bytes, &actor).await?;
            let checks = if done.issues.is_empty() { Ok(done.checks) } else { Err(done.issues) };
            for code in faultless(checks)? {
                output::line(&format!("Recorded as {code}."));
            }
            Ok(())
        }
        EndUseCommand::TakeBackCheck { check, reason, key } => {
            let actor = Actor { key, ..open::actor(place, &reason) };
            open::writing(place).await?.check_taken_back(&check, &actor).await?;
            output::line(&format!("{check} is taken back."));
            Ok(())
        }
        EndUseCommand::Unit(command) => unit::run(place, command).await,
        EndUseCommand::Loss(command) => loss::run(place, command).await,
        EndUseCommand::ThirdParty(command) => third_party::run(place, command).await,
        EndUseCommand::Disposal(command) => disposal::run(place, command).await,
    }
}

/// Keeps a photograph or paper; gives its hash.
pub(crate) async fn kept(app: &App, path: &Path, actor: &Actor) -> Result<String, Failure> {
    let bytes = picture(path)?;
    let media_type = media_type_of(&bytes).unwrap_or_default();
    Ok(app.attach(media_type, &bytes, actor).await?)
}
