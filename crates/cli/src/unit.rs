//! `muster end-use units` and `history`: where units with serial numbers are, and all that happened to one.

use clap::Subcommand;
use muster_app::{
    Error,
    storage::transfer::held::{HeldFilter, HeldUnit},
    unit::Happening,
};
use muster_domain::{code::Code, field::Field, ledger::account::AccountPurpose};

use crate::{Failure, args::Place, open, output};

/// Most units that are listed.
const MOST: i64 = 1_000;

/// What can be asked of units.
#[derive(Debug, Subcommand)]
pub(crate) enum UnitCommand {
    /// List units with serial numbers, each with where it is, who has it, whose it is and of which offer; whatever became of it
    Units {
        /// Of this offer
        #[arg(long)]
        offer: Option<String>,
        /// In the hands of this party
        #[arg(long)]
        holder: Option<String>,
        /// At this place, or on their way to it
        #[arg(long)]
        at: Option<String>,
        /// Of this resource, in whatever state
        #[arg(long)]
        resource: Option<String>,
        /// In an account for this: on_hand, in_transit, in_process, in_service, quarantine, consumed, lost, national_stock
        #[arg(long)]
        purpose: Option<String>,
        /// After this unit, as the last line tells: its serial number and its resource
        #[arg(long, num_args = 2, value_names = ["SERIAL", "RESOURCE"])]
        after: Option<Vec<String>>,
    },
    /// Tell where a unit is, and all that happened to it, the newest first
    History {
        /// The resource, in whatever state
        resource: String,
        /// The serial number
        serial: String,
    },
}

pub(crate) async fn run(place: &Place, command: UnitCommand) -> Result<(), Failure> {
    match command {
        UnitCommand::Units { offer, holder, at, resource, purpose, after } => {
            let purpose = purpose.map(|word| AccountPurpose::parse(&word)).transpose();
            let purpose = purpose.map_err(|right| Failure::option("--purpose", right))?;
            let after = after.and_then(|after| <[String; 2]>::try_from(after).ok());
            let after = after.map(|[serial, resource]| (serial, resource));
            let filter = HeldFilter { offer, holder, place: at, resource, purpose, after, ..HeldFilter::default() };
            list(place, &filter).await
        }
        UnitCommand::History { resource, serial } => history(place, &resource, &serial).await,
    }
}

/// A code, or nothing.
fn code(code: Option<&Code>) -> String {
    code.map_or_else(String::new, ToString::to_string)
}

async fn list(place: &Place, filter: &HeldFilter) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    let mut found = app.units(&open::viewer(place), filter, MOST + 1).await?;
    let more = found.len() as i64 > MOST;
    found.truncate(MOST as usize);
    if found.is_empty() {
        output::line("No units.");
        return Ok(());
    }
    let row = |one: &HeldUnit| {
        let account = &one.account;
        vec![
            one.serial.clone(),
            account.resource.to_string(),
            account.purpose.to_string(),
            code(account.place.as_ref()),
            account.holder.to_string(),
            account.owner.to_string(),
            code(one.offer.as_ref()),
            code(one.consignment.as_ref()),
            one.since.to_string(),
        ]
    };
    let headings =
        ["serial number", "resource", "state", "place", "held by", "owned by", "offer", "consignment", "since"];
    output::table(&headings.map(|heading| (heading, false)), &found.iter().map(row).collect::<Vec<_>>());
    if let Some((serial, resource)) = found.last().filter(|_| more).map(HeldUnit::place) {
        output::remark(&format!("More: --after {serial} {resource}"));
    }
    Ok(())
}

async fn history(place: &Place, resource: &str, serial: &str) -> Result<(), Failure> {
    let (app, viewer) = (open::reading(place).await?, open::viewer(place));
    let held = app.unit(&viewer, resource, serial).await?;
    let happened = app.unit_history(&viewer, resource, serial).await?;
    if held.is_none() && happened.is_empty() {
        return Err(Error::NotFound { what: "unit", code: format!("{resource} {serial}") }.into());
    }
    if let Some(held) = held {
        let account = &held.account;
        let at = account.place.as_ref().map_or_else(String::new, |place| format!(" at {place}"));
        let of = held.offer.as_ref().map_or_else(String::new, |offer| format!(", of offer {offer}"));
        output::line(&format!(
            "{} {serial} is {}{at}, held by {}, owned by {}{of}, since {}.",
            account.resource, account.purpose, account.holder, account.owner, held.since
        ));
    }
    let row = |one: &Happening| {
        let way = one.way.as_ref().map_or_else(String::new, |(from, to)| {
            format!("{} {} → {} {}", from.purpose, from.holder, to.purpose, to.holder)
        });
        vec![
            one.occurred_at.to_string(),
            format!("{} {}", one.what, one.word).trim_end().to_owned(),
            code(one.code.as_ref()),
            code(one.place.as_ref()),
            way,
            code(one.consignment.as_ref()),
            one.actor.clone(),
            output::short(&one.remark, 40),
        ]
    };
    let headings = ["when", "what", "code", "place", "from → to", "consignment", "by", "why"];
    output::table(&headings.map(|heading| (heading, false)), &happened.iter().map(row).collect::<Vec<_>>());
    Ok(())
}
