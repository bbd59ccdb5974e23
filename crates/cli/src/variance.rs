//! `muster variance`: what was wrong with what came. `muster handover`: receipts, and checking them without Muster's database.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::{Timestamp, civil::Date};
use muster_app::{
    App,
    listed::Listing,
    sealed::Signed,
    storage::transfer::tell::VarianceFilter,
    transfer::{
        elsewhere::is_in_words,
        parting::SomeOf,
        shown,
        unmanifested::{Named, Unmanifested},
        variance::{ShownVariance, is_last},
    },
};
use muster_domain::{
    field::Field,
    message,
    variance::{Escalation, Resolution},
};

use crate::{
    Failure,
    args::{Format, ListFormat, Place},
    listed, open, output,
};

/// Variances in a list.
const MOST: i64 = 1_000;

/// What can be asked of variances.
#[derive(Debug, Subcommand)]
pub(crate) enum VarianceCommand {
    /// List variances, those whose time runs out first before others
    List {
        /// Also those that are resolved
        #[arg(long)]
        all: bool,
        /// Only those whose time has run out
        #[arg(long, conflicts_with = "waits_for")]
        overdue: bool,
        /// Only those open for so long that they wait for them: holder, mission or nations
        #[arg(long, value_name = "WHO")]
        waits_for: Option<String>,
        /// Only at this place
        #[arg(long)]
        at: Option<String>,
        /// As of the end of this day
        #[arg(long, value_parser = crate::args::day)]
        as_of: Option<Date>,
        /// As known at the end of this day
        #[arg(long, value_parser = crate::args::day)]
        known: Option<Date>,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Show a variance: what is wrong, its counts, whom it waits for and was taken to
    Show {
        /// The variance
        code: String,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Take variances that stayed open to whom they wait for by now, as the server does by itself
    Escalate,
    /// Report something that came and belongs to no consignment
    Report {
        /// The place, as NODE-WEST
        place: String,
        /// What was seen, as "two crates, wet"
        description: String,
        /// How many
        #[arg(allow_negative_numbers = true)]
        quantity: i64,
        /// What it is, if that is known
        #[arg(long, default_value = "", hide_default_value = true)]
        resource: String,
        #[command(flatten)]
        named: NamedBy,
        /// When it was found, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        /// Why, for the record
        #[arg(long, default_value = "came on no manifest")]
        reason: String,
    },
    /// Count what is kept apart, not knowing what others counted; as long as no two agree, again in the place of the count before
    Count {
        /// The variance
        code: String,
        /// How many are there
        #[arg(allow_negative_numbers = true)]
        quantity: i64,
        /// When they were counted, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        /// A remark
        #[arg(long, default_value = "", hide_default_value = true)]
        remark: String,
    },
    /// Say what a thing on no manifest is
    Identify {
        /// The variance
        code: String,
        /// The resource
        resource: String,
        #[command(flatten)]
        named: NamedBy,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
    /// Resolve a variance, or part of it: found, lost, accepted, to_repair, written_off, returned or miscounted
    Resolve {
        /// The variance
        code: String,
        /// How it ended
        resolution: String,
        /// Only so many of its units: the rest stays open
        #[arg(long)]
        units: Option<i64>,
        #[command(flatten)]
        named: NamedBy,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
    /// Say that what is missing is here under another serial number than was written down
    Renumber {
        /// The variance
        code: String,
        /// The serial number on the papers
        wrong: String,
        /// The serial number on its plate
        right: String,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
}

/// What can be asked of handovers.
#[derive(Debug, Subcommand)]
pub(crate) enum HandoverCommand {
    /// Throw away photographs and papers that nothing named for thirty days, as the server does by itself
    Sweep,
    /// Print the sealed receipt of a handover, as JSON
    Receipt {
        /// The handover
        code: String,
    },
    /// Check a receipt, without any database: that nothing was altered, that Muster sealed it, and that keys and passkeys signed it
    Verify {
        /// The receipt, as JSON or as the PDF that carries it
        receipt: PathBuf,
        /// The public key that is trusted, as 64 hexadecimal digits [default: the one in the receipt]
        #[arg(long)]
        public_key: Option<String>,
    },
}

/// By what units that nobody shipped are told apart.
#[derive(Debug, Args)]
pub(crate) struct NamedBy {
    /// Their lot
    #[arg(long, default_value = "", hide_default_value = true)]
    lot: String,
    /// The serial number of one of them; as often as there are units
    #[arg(long = "serial")]
    serials: Vec<String>,
}

impl NamedBy {
    fn named(self) -> Named {
        Named { lot: self.lot, serials: self.serials }
    }
}

pub(crate) async fn run(place: &Place, command: VarianceCommand) -> Result<(), Failure> {
    match command {
        VarianceCommand::List { all, overdue, waits_for, at, as_of, known, format } => {
            let parse = |who: &String| Escalation::parse(who).map_err(|right| Failure::option("--waits-for", right));
            let waits_for = waits_for.as_ref().map(parse).transpose()?;
            let app = open::reading(place).await?;
            open::place(&app, place, at.as_deref()).await?;
            let as_of = Some(App::as_of(as_of, known));
            let filter = VarianceFilter { open: !all, place: at, as_of, ..VarianceFilter::default() };
            let filter = filter.waiting_for(overdue.then_some(Escalation::Nations).or(waits_for), app.now());
            if listed::as_csv(&app, place, format, &Listing::Variances(filter.clone())).await? {
                return Ok(());
            }
            let mut found = app.variances(&open::viewer(place), &filter, MOST + 1).await?;
            let more = found.len() as i64 > MOST;
            found.truncate(MOST as usize);
            match format {
                ListFormat::Json => found.iter().for_each(|v| output::line(&shown::variance(v, true).to_string())),
                _ => tell(&found),
            }
            if more {
                let most = output::whole(MOST);
                output::remark(&format!("Only the first {most} are listed: ask for one place, or for those overdue."));
            }
            Ok(())
        }
        VarianceCommand::Show { code, format } => {
            let app = open::reading(place).await?;
            let shown = app.variance(&open::viewer(place), &code).await?;
            match format {
                Format::Json => output::line(&shown::variance(&shown, true).to_string()),
                Format::Human => show(&shown),
            }
            Ok(())
        }
        VarianceCommand::Escalate => {
            let app = open::writing(place).await?;
            let times = app.variances_escalate(&open::actor(place, "its time has come")).await?;
            output::line(&match times {
                0 => "No variance waits for anybody new.".to_owned(),
                1 => "One variance was taken on.".to_owned(),
                _ => format!("Variances were taken on {} times.", output::whole(times as i64)),
            });
            Ok(())
        }
        VarianceCommand::Report { place: node, description, quantity, resource, named, at, reason } => {
            let thing = Unmanifested { description, quantity, resource, named: named.named(), remark: String::new() };
            let app = open::writing(place).await?;
            let code = app.report_unmanifested(&node, &thing, at, &open::actor(place, &reason)).await?;
            output::line(&format!("Reported as {code}: have it counted by two people."));
            Ok(())
        }
        VarianceCommand::Count { code, quantity, at, remark } => {
            let app = open::writing(place).await?;
            app.variance_count(&code, (quantity, &remark), at, &open::actor(place, "counted")).await?;
            let shown = app.variance(&open::viewer(place), &code).await?;
            output::line(&match shown.agreed {
                Some(agreed) => format!("{code}: two counts agree on {}.", output::whole(agreed)),
                None => format!("{code}: counted by {}, no two counts agree yet.", shown.counted_by),
            });
            Ok(())
        }
        VarianceCommand::Identify { code, resource, named, reason } => {
            let app = open::writing(place).await?;
            app.variance_identify(&code, &resource, &named.named(), &open::actor(place, &reason)).await?;
            output::line(&format!("{code} is {resource}."));
            Ok(())
        }
        VarianceCommand::Resolve { code, resolution, units, named, reason } => {
            let resolution = Resolution::parse(&resolution).map_err(|right| Failure::option("RESOLUTION", right))?;
            let some = SomeOf { quantity: units, lot: named.lot, serials: named.serials };
            let app = open::writing(place).await?;
            let resolved = app.variance_resolve_some(&code, &some, resolution, &open::actor(place, &reason)).await?;
            output::line(&match some.is_all() {
                true => format!("{code} is resolved: {resolution}."),
                false => format!("{resolved}, a part of {code}, is resolved: {resolution}. The rest stays open."),
            });
            Ok(())
        }
        VarianceCommand::Renumber { code, wrong, right, reason } => {
            let app = open::writing(place).await?;
            let found = app.variance_renumber(&code, &wrong, &right, &open::actor(place, &reason)).await?;
            output::line(&format!("{wrong} is {right}: {found} is resolved: found."));
            Ok(())
        }
    }
}

/// What is wrong, and whose it is to do something about it.
fn show(shown: &ShownVariance) {
    let variance = &shown.variance;
    let what = variance.resource.as_ref().map_or(variance.description.clone(), ToString::to_string);
    let of = match &variance.consignment {
        Some(consignment) if variance.line > 0 => format!(" of {consignment}, line {}", variance.line),
        Some(consignment) => format!(" of {consignment}"),
        None => String::new(),
    };
    let quantity = output::whole(variance.quantity);
    output::line(&format!("{}: {} × {what}, {}, at {}{of}", variance.code, quantity, variance.kind, variance.place));
    if let Some(whole) = &variance.part_of {
        output::line(&format!("  a part of {whole}"));
    }
    for part in &shown.parts {
        output::line(&format!("  {} of it: {}", output::whole(part.quantity), part.code));
    }
    for unit in &shown.units {
        output::line(&format!("  {}", if unit.serial.is_empty() { &unit.lot } else { &unit.serial }));
    }
    if is_in_words(variance) {
        output::line("  not in the books yet, which hold it elsewhere or did: identify it once they agree");
    }
    for one in &shown.elsewhere {
        output::line(&format!("  the books hold {} at {}", one.serial, one.place()));
    }
    output::line(&format!("  held by {}, found {} by {}", variance.holder, variance.occurred_at, variance.actor));
    if !variance.remark.is_empty() {
        output::line(&format!("  {}", variance.remark));
    }
    for count in &shown.counts {
        let again = if is_last(count, &shown.counts) { "" } else { ", counted again later" };
        let (quantity, by, at) = (output::whole(count.quantity), &count.actor, count.counted_at);
        output::line(&format!("  counted {quantity} by {by}, {at}{again}"));
    }
    for (level, at) in &shown.escalations {
        output::line(&format!("  taken to the {level}, {at}"));
    }
    output::line(&match (&variance.resolved, shown.waits_for) {
        (Some((how, at, by, why)), _) => format!("  resolved: {how}, {at} by {by}: {why}"),
        (None, Some(level)) => format!("  due {}, waits for the {level}", variance.due_at),
        (None, None) => format!("  due {}", variance.due_at),
    });
}

fn tell(found: &[ShownVariance]) {
    if found.is_empty() {
        output::line("No variances.");
        return;
    }
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|shown| {
            let variance = &shown.variance;
            let what = variance.resource.as_ref().map_or(variance.description.clone(), ToString::to_string);
            vec![
                variance.code.to_string(),
                variance.kind.to_string(),
                output::whole(variance.quantity),
                output::short(&what, 32),
                variance.place.to_string(),
                variance.consignment.as_ref().map_or_else(String::new, ToString::to_string),
                variance.due_at.to_string(),
                shown.waits_for.map_or("", |level| level.as_str()).to_owned(),
                variance.resolved.as_ref().map_or("open", |(how, ..)| how.as_str()).to_owned(),
            ]
        })
        .collect();
    let headings =
        ["variance", "kind", "units", "what", "place", "consignment", "due", "waits for", "state"].map(|h| (h, false));
    output::table(&headings, &rows);
}

pub(crate) async fn handover(place: &Place, command: HandoverCommand) -> Result<(), Failure> {
    match command {
        HandoverCommand::Sweep => {
            let app = open::writing(place).await?;
            let swept = app.attachments_sweep(&open::actor(place, "nothing named them")).await?;
            output::line(&match swept {
                0 => "Nothing is to be thrown away.".to_owned(),
                1 => "One photograph or paper was thrown away.".to_owned(),
                _ => format!("{} photographs and papers were thrown away.", output::whole(swept as i64)),
            });
            Ok(())
        }
        HandoverCommand::Receipt { code } => {
            let receipt = open::reading(place).await?.receipt(&open::viewer(place), &code).await?;
            output::line(&receipt.to_string());
            Ok(())
        }
        HandoverCommand::Verify { receipt, public_key } => {
            let digits = || Failure::Unreadable(message!("public-key-digits"));
            let key = public_key.map(|text| open::hex(&text).filter(|key| key.len() == 32).ok_or_else(digits));
            let key = key.transpose()?;
            let bytes = open::bytes(&receipt)?;
            let value = muster_app::sealed::read(&bytes).map_err(Failure::Told)?;
            let signed = muster_app::sealed::check(&value, key.as_deref()).map_err(Failure::Told)?;
            output::line(match key {
                Some(_) => "The receipt is as it was sealed with this key.",
                None => "The receipt is as it was sealed. Compare its public key with the mission’s to know by whom.",
            });
            for one in &signed {
                output::line(&told(one));
            }
            let wrong = |one: &Signed| matches!(one.right, Some(Err(_)));
            if signed.iter().any(wrong) { Err(Failure::Printed) } else { Ok(()) }
        }
    }
}

/// Who signed a handover, by what, and whether that is right.
fn told(one: &Signed) -> String {
    let does = if one.hands_over { "hands over" } else { "takes over" };
    let by = if one.key.is_empty() { one.means.clone() } else { format!("{} {}", one.means, one.key) };
    let right = match &one.right {
        Some(Ok(())) => "the signature is right".to_owned(),
        Some(Err(said)) => format!("the signature is wrong: {}", muster_web::words(said)),
        None if one.means == "pin" => "only Muster could check the PIN, and did".to_owned(),
        None => "look at the photograph of the paper".to_owned(),
    };
    format!("{} ({}) {does}, by {by}: {right}.", one.name, one.party)
}
