//! `muster need`: needs are merged and split.

use clap::Subcommand;
use jiff::civil::Date;
use muster_app::{mission::Imported, need::Merge};
use muster_domain::{code::Code, field::Field, need::Part};

use crate::{Failure, args::Place, open, output};

/// What can be done with needs.
#[derive(Debug, Subcommand)]
pub(crate) enum NeedCommand {
    /// Merge needs of the same unit, purpose and goods into one; the others are superseded by it
    Merge {
        /// The need that stays
        into: String,
        /// Those that are merged into it
        #[arg(required = true)]
        others: Vec<String>,
        /// How many units or sets it is then for [default: all of them together]
        #[arg(long)]
        quantity: Option<u32>,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
    /// Split a part off a need: a new need, like it, for another place or day
    Split {
        /// The need
        need: String,
        /// Code of the new need
        new: String,
        /// How many units or sets go over
        #[arg(long)]
        quantity: u32,
        /// Where they are needed [default: at the same place]
        #[arg(long)]
        place: Option<String>,
        /// By when [default: by the same day]
        #[arg(long, value_parser = crate::args::day)]
        due: Option<Date>,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
}

pub(crate) async fn run(place: &Place, command: NeedCommand) -> Result<(), Failure> {
    let app = open::writing(place).await?;
    match command {
        NeedCommand::Merge { into, others, quantity, reason } => {
            let merge = Merge { into, others, quantity };
            tell(app.merge(&merge, None, &open::actor(place, &reason)).await?)
        }
        NeedCommand::Split { need, new, quantity, place: to, due, reason } => {
            let at = to.as_deref().map(Code::parse).transpose().map_err(|right| Failure::option("--place", right))?;
            let code = Code::parse(&new).map_err(|right| Failure::option("NEW", right))?;
            let part = Part { code, quantity, place: at, due };
            tell(app.split(&need, &part, None, &open::actor(place, &reason)).await?)
        }
    }
}

/// Says for each need that changed what it is now.
fn tell(imported: Imported) -> Result<(), Failure> {
    let imported = imported.done()?;
    for change in imported.changes.iter().filter(|change| !change.key.contains(' ')) {
        let columns = change.columns().into_iter().filter(|_| change.before.is_some());
        let what: Vec<String> = columns.map(|(column, before, after)| format!("{column} {before} → {after}")).collect();
        let what = if what.is_empty() { "made".to_owned() } else { what.join(", ") };
        output::line(&format!("{}: {what}", change.key));
    }
    Ok(())
}
