//! `muster movement`: conveyances on their way, what is on them, and their manifests.

use std::{fs, path::PathBuf};

use clap::Subcommand;
use jiff::Timestamp;
use muster_app::{
    Actor,
    listed::Listing,
    storage::transfer::tell::LegFilter,
    transfer::conveyed::{Right, conveyed},
};

use crate::{
    Failure,
    args::{Format, ListFormat, Place},
    listed, open, output,
    transfer::Printed,
};

/// What can be asked of movements.
#[derive(Debug, Subcommand)]
pub(crate) enum MovementCommand {
    /// List legs of movements with consignments on them, the last departed first
    List {
        /// Also those that have arrived
        #[arg(long)]
        all: bool,
        /// Only those that were to arrive and have not
        #[arg(long)]
        late: bool,
        /// Only by this lane
        #[arg(long)]
        lane: Option<String>,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Show a movement with the consignments on each leg
    Show {
        /// The movement
        code: String,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Put right a carrier or conveyance that was written down wrong; what stood there before stays with the movement
    Correct {
        /// The movement
        code: String,
        /// Who carries [default: it stays]
        #[arg(long, default_value = "", hide_default_value = true)]
        carrier: String,
        /// Plate, train, vessel or flight [default: it stays]
        #[arg(long, default_value = "", hide_default_value = true)]
        conveyance: String,
        /// Why, for the record
        #[arg(long)]
        reason: String,
        /// Your own name for this request: the same key twice is recorded once
        #[arg(long)]
        key: Option<String>,
    },
    /// Print the manifest of all that is on a movement's leg as a PDF
    Print {
        /// The movement
        code: String,
        /// The leg [default: its last]
        #[arg(long)]
        leg: Option<i64>,
        /// File to write [default: CODE-manifest.pdf]
        #[arg(long)]
        out: Option<PathBuf>,
        #[command(flatten)]
        printed: Printed,
    },
}

pub(crate) async fn run(place: &Place, command: MovementCommand) -> Result<(), Failure> {
    match command {
        MovementCommand::List { all, late, lane, format } => list(place, all, late, lane, format).await,
        MovementCommand::Show { code, format } => show(place, &code, format).await,
        MovementCommand::Correct { code, carrier, conveyance, reason, key } => {
            let app = open::writing(place).await?;
            let actor = Actor { key, ..open::actor(place, &reason) };
            app.movement_correct(&code, &Right { carrier, conveyance }, &actor).await?;
            output::line(&format!("{code} is put right."));
            Ok(())
        }
        MovementCommand::Print { code, leg, out, printed } => {
            let languages = printed.languages()?;
            let app = open::writing(place).await?;
            let actor = open::actor(place, "printed on the command line");
            let bytes = app.manifest(&code, leg, languages, &actor).await?;
            let out = out.unwrap_or_else(|| PathBuf::from(format!("{code}-manifest.pdf")));
            fs::write(&out, bytes).map_err(|error| open::unreadable(&out, &error))?;
            output::line(&format!("Wrote {}.", open::shown(&out)));
            Ok(())
        }
    }
}

async fn list(place: &Place, all: bool, late: bool, lane: Option<String>, format: ListFormat) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    let filter = LegFilter { lane, under_way: !all, late_at: late.then(|| app.now()), ..LegFilter::default() };
    if listed::as_csv(&app, place, format, &Listing::Legs(filter.clone())).await? {
        return Ok(());
    }
    let (mut after, mut rows) = (None, Vec::new());
    loop {
        let page = app.legs(&open::viewer(place), &filter, after.as_ref(), 1_000).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.place());
        for one in &page {
            if format == ListFormat::Json {
                output::line(&conveyed(one).to_string());
                continue;
            }
            rows.push(vec![
                one.movement.code.to_string(),
                format!("{}, {}", one.movement.carrier, one.movement.conveyance),
                one.leg.lane.to_string(),
                one.leg.departed_at.to_string(),
                arrival(one.leg.arrived_at, one.leg.arrives_at),
                output::whole(one.consignments),
            ]);
        }
    }
    if format == ListFormat::Human && rows.is_empty() {
        output::line("Nothing is on its way.");
    } else if format == ListFormat::Human {
        let headings = [
            ("movement", false),
            ("conveyance", false),
            ("lane", false),
            ("departed", false),
            ("arrived", false),
            ("consignments", true),
        ];
        output::table(&headings, &rows);
    }
    Ok(())
}

fn arrival(arrived: Option<Timestamp>, expected: Timestamp) -> String {
    arrived.map_or_else(|| format!("expected {expected}"), |at| at.to_string())
}

async fn show(place: &Place, code: &str, format: Format) -> Result<(), Failure> {
    let shown = open::reading(place).await?.movement_shown(&open::viewer(place), code).await?;
    if format == Format::Json {
        output::line(&shown.json().to_string());
        return Ok(());
    }
    let movement = &shown.movement;
    output::line(&format!("{}: {}, {}, {}", movement.code, movement.mode, movement.carrier, movement.conveyance));
    for was in &shown.corrections {
        let (before, at) = (format!("{}, {}", was.carrier, was.conveyance), was.recorded_at);
        output::line(&format!("  was {before} until {at}, by {}: {}", was.actor, was.reason));
    }
    for one in &shown.legs {
        let (leg, arrived) = (&one.leg, arrival(one.leg.arrived_at, one.leg.arrives_at));
        output::line(&format!("leg {}, {}: departed {}, arrived {arrived}", leg.leg, leg.lane, leg.departed_at));
        for head in &one.consignments {
            output::line(&format!("  {} {} for {}, to {}", head.code, head.state, head.consignee, head.destination));
        }
        if !one.is_whole() {
            output::remark("There are also consignments on it that you do not see.");
        }
    }
    Ok(())
}
