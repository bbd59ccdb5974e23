//! `muster end-use third-party`: a unit in service goes to somebody else, once the nations that gave it agree.

use clap::Subcommand;
use jiff::Timestamp;
use muster_app::{
    storage::transfer::{ThirdPartyTransfer, third_party::Filter},
    transfer::third_party::NewThirdPartyTransfer,
};
use muster_domain::{field::Field, third_party::Answer};

use crate::{Failure, args::Place, open, output};

/// Most that are listed.
const MOST: i64 = 1_000;

/// What can be done with third-party transfers.
#[derive(Debug, Subcommand)]
pub(crate) enum ThirdPartyCommand {
    /// List them, newest first
    List {
        /// Only those that may still come about
        #[arg(long)]
        open: bool,
    },
    /// Tell what is asked and what each nation says
    Show {
        /// Its code
        transfer: String,
    },
    /// Ask that a unit may go to a party
    Ask {
        /// The resource
        resource: String,
        /// The serial number
        serial: String,
        /// The party that is to have it
        receiver: String,
        /// What for
        purpose: String,
        /// Why, for the record
        #[arg(long, default_value = "third-party transfer")]
        reason: String,
    },
    /// Record what a nation says: consents or refuses
    Answer {
        /// Its code
        transfer: String,
        /// The nation
        nation: String,
        /// What it says
        answer: String,
        /// Its letter or file, or why
        #[arg(long, default_value = "", hide_default_value = true)]
        reference: String,
        /// Why, for the record
        #[arg(long, default_value = "the nation's answer")]
        reason: String,
    },
    /// Record that the unit was handed over
    HandOver {
        /// Its code
        transfer: String,
        /// When, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        /// Why, for the record
        #[arg(long, default_value = "all nations agree")]
        reason: String,
    },
    /// Withdraw it
    Withdraw {
        /// Its code
        transfer: String,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
}

pub(crate) async fn run(place: &Place, command: ThirdPartyCommand) -> Result<(), Failure> {
    match command {
        ThirdPartyCommand::List { open } => {
            let filter = Filter { open, ..Filter::default() };
            let app = open::reading(place).await?;
            let found = app.third_party_transfers(&open::viewer(place), &filter, MOST + 1).await?;
            let row = |one: &ThirdPartyTransfer| {
                let unit = format!("{} {}", one.resource, one.serial);
                let (from, to) = (one.holder.to_string(), one.receiver.to_string());
                vec![one.code.to_string(), one.state().to_string(), unit, from, to, one.asked_at.to_string()]
            };
            if found.is_empty() {
                output::line("No third-party transfers.");
                return Ok(());
            }
            let rows: Vec<Vec<String>> = found.iter().take(MOST as usize).map(row).collect();
            let headings = ["transfer", "state", "unit", "from", "to", "asked"];
            output::table(&headings.map(|heading| (heading, false)), &rows);
            if found.len() as i64 > MOST {
                output::remark(&format!("Only the first {} are listed.", output::whole(MOST)));
            }
            Ok(())
        }
        ThirdPartyCommand::Show { transfer } => {
            let app = open::reading(place).await?;
            let one = app.third_party_transfer(&open::viewer(place), &transfer).await?;
            output::line(&format!(
                "{} {}: {} {} from {} to {}, for {}",
                one.code,
                one.state(),
                one.resource,
                one.serial,
                one.holder,
                one.receiver,
                one.purpose
            ));
            for nation in &one.nations {
                match &nation.said {
                    None => output::line(&format!("  {} has not answered", nation.nation)),
                    Some(said) => output::line(&format!(
                        "  {} {}  {}  by {}  {}",
                        nation.nation, said.answer, said.at, said.actor, said.reference
                    )),
                }
            }
            Ok(())
        }
        ThirdPartyCommand::Ask { resource, serial, receiver, purpose, reason } => {
            let (app, actor) = (open::writing(place).await?, open::actor(place, &reason));
            let new = NewThirdPartyTransfer { resource, serial, receiver, purpose };
            let code = app.third_party_ask(&new, &actor).await?;
            let made = app.third_party_transfer(&actor.viewer, code.as_str()).await?;
            let nations: Vec<&str> = made.nations.iter().map(|nation| nation.nation.as_str()).collect();
            output::line(&match nations.as_slice() {
                [] => format!("Asked as {code}; no nation must agree."),
                nations => format!("Asked as {code}; it waits for {}.", nations.join(", ")),
            });
            Ok(())
        }
        ThirdPartyCommand::Answer { transfer, nation, answer, reference, reason } => {
            let answer = Answer::parse(&answer).map_err(|right| Failure::option("ANSWER", right))?;
            let (app, actor) = (open::writing(place).await?, open::actor(place, &reason));
            app.third_party_answer(&transfer, (&nation, answer, &reference), &actor).await?;
            said(&app, &actor, &transfer).await
        }
        ThirdPartyCommand::HandOver { transfer, at, reason } => {
            let (app, actor) = (open::writing(place).await?, open::actor(place, &reason));
            app.third_party_hand_over(&transfer, at, &actor).await?;
            said(&app, &actor, &transfer).await
        }
        ThirdPartyCommand::Withdraw { transfer, reason } => {
            let (app, actor) = (open::writing(place).await?, open::actor(place, &reason));
            app.third_party_withdraw(&transfer, &actor).await?;
            said(&app, &actor, &transfer).await
        }
    }
}

/// Tells how far it is now.
async fn said(app: &muster_app::App, actor: &muster_app::Actor, transfer: &str) -> Result<(), Failure> {
    let one = app.third_party_transfer(&actor.viewer, transfer).await?;
    output::line(&format!("{} is {}.", one.code, one.state()));
    Ok(())
}
