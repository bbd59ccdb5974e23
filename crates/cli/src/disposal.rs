//! `muster end-use dispose`, `disposals`, `certificate` and `take-back-disposal`: what was in service and left the books.

use std::{fs, path::PathBuf};

use clap::Subcommand;
use jiff::{Timestamp, civil::Date};
use muster_app::{
    Actor, App, listed::Listing, storage::transfer::disposal::DisposalFilter, transfer::disposal::NewDisposal,
};

use crate::{
    Failure,
    args::{ListFormat, Place},
    end_use::kept,
    listed, open, output,
};

/// What can be asked of disposals.
#[derive(Debug, Subcommand)]
pub(crate) enum DisposalCommand {
    /// Record that a unit was disposed of, with its certificate (PDF or photograph)
    Dispose {
        /// The resource, as PICKUP/ok
        resource: String,
        /// The serial number
        serial: String,
        /// The certificate: a file (PDF, JPEG, PNG, WebP)
        certificate: PathBuf,
        /// When, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
    /// List disposals, the last recorded first
    Disposals {
        /// As of this day, like 2026-11-20 [default: today]
        #[arg(long, value_parser = crate::args::day)]
        as_of: Option<Date>,
        /// As it was known on this day [default: today]
        #[arg(long, value_parser = crate::args::day)]
        known: Option<Date>,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Take back a disposal that was recorded by mistake: the unit is in service again where it was
    TakeBackDisposal {
        /// The disposal, as `muster end-use disposals` lists it
        disposal: String,
        /// Why, for the record
        #[arg(long)]
        reason: String,
        /// Your own name for this request: the same key twice is recorded once
        #[arg(long)]
        key: Option<String>,
    },
    /// Write the certificate of a disposal to a file
    Certificate {
        /// The disposal, as `muster end-use disposals` lists it
        disposal: String,
        /// The file that is written, as certificate.pdf
        file: PathBuf,
    },
}

/// Most disposals that are listed.
const MOST: i64 = 1_000;

pub(crate) async fn run(place: &Place, command: DisposalCommand) -> Result<(), Failure> {
    match command {
        DisposalCommand::Dispose { resource, serial, certificate, at, reason } => {
            let (app, actor) = (open::writing(place).await?, open::actor(place, &reason));
            let certificate = kept(&app, &certificate, &actor).await?;
            let code = app
                .dispose(&NewDisposal { resource: resource.clone(), serial: serial.clone(), certificate, at }, &actor)
                .await?;
            output::line(&format!("{resource} {serial} is disposed of: {code}."));
        }
        DisposalCommand::Disposals { as_of, known, format } => {
            let app = open::reading(place).await?;
            let filter = DisposalFilter { as_of: Some(App::as_of(as_of, known)), ..DisposalFilter::default() };
            if listed::as_sheet(&app, place, format, &Listing::Disposals(filter.clone())).await? {
                return Ok(());
            }
            let mut found = app.disposals(&open::viewer(place), &filter, MOST + 1).await?;
            let more = found.len() as i64 > MOST;
            found.truncate(MOST as usize);
            if found.is_empty() {
                output::line("Nothing was disposed of.");
                return Ok(());
            }
            let row = |one: &muster_app::storage::transfer::disposal::Disposal| {
                let account = &one.account;
                let (resource, holder) = (account.resource.to_string(), account.holder.to_string());
                let (at, offer) = (one.occurred_at.to_string(), one.offer.as_ref().map(ToString::to_string));
                vec![
                    one.code.to_string(),
                    resource,
                    one.serial.clone(),
                    holder,
                    offer.unwrap_or_default(),
                    at,
                    one.actor.clone(),
                    one.taken_back.as_ref().map_or_else(String::new, |back| back.recorded_at.to_string()),
                ]
            };
            let rows: Vec<Vec<String>> = found.iter().map(row).collect();
            let headings = ["disposal", "resource", "serial number", "unit", "offer", "when", "by", "taken back"];
            output::table(&headings.map(|heading| (heading, false)), &rows);
            if more {
                output::remark(&format!("Only the last {} are listed.", output::whole(MOST)));
            }
        }
        DisposalCommand::TakeBackDisposal { disposal, reason, key } => {
            let app = open::writing(place).await?;
            let actor = Actor { key, ..open::actor(place, &reason) };
            app.disposal_taken_back(&disposal, &actor).await?;
            output::line(&format!("{disposal} is taken back: the unit is in service again."));
            let taken = app.disposal(&open::viewer(place), &disposal).await?;
            let ended = app.disposal_work_orders(&open::viewer(place), &taken).await?;
            for order in ended {
                output::remark(&format!("Work order {} ended with it, and stays ended.", order.code));
            }
        }
        DisposalCommand::Certificate { disposal, file } => {
            let app = open::reading(place).await?;
            let (_, bytes) = app.disposal_certificate(&open::viewer(place), &disposal).await?;
            fs::write(&file, bytes).map_err(|error| open::unreadable(&file, &error))?;
            output::line(&format!("Wrote {}.", open::shown(&file)));
        }
    }
    Ok(())
}
