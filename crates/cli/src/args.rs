//! What can be asked on the command line.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{Timestamp, civil::Date};
use muster_domain::message;
use muster_web::words;

use crate::{
    conveyed::MovementCommand,
    end_use::EndUseCommand,
    need::NeedCommand,
    plan::PlanCommand,
    repair::RepairCommand,
    schedule::ScheduleCommand,
    training::TrainingCommand,
    transfer::ConsignmentCommand,
    variance::{HandoverCommand, VarianceCommand},
};

/// Coordinates help to one country's armed forces: what is needed, who offers what, the best plan, and where every unit is now.
#[derive(Debug, Parser)]
#[command(name = "muster", version, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the mission is kept.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    /// Keep the mission in this folder, in an embedded SQLite database
    #[arg(long, global = true, value_name = "DIR", env = "MUSTER_DATA", conflicts_with = "database")]
    pub(crate) data: Option<PathBuf>,
    /// Keep the mission in this PostgreSQL database (postgres://user@host/name)
    #[arg(long, global = true, value_name = "URL", env = "MUSTER_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// File with the secret key that seals the ledger; made if it is absent [default: seal.key in the data folder]
    #[arg(long, global = true, value_name = "FILE", env = "MUSTER_SEAL_KEY", hide_env_values = true)]
    pub(crate) seal_key: Option<PathBuf>,
    /// Who you are, for the record
    #[arg(long, global = true, value_name = "NAME", env = "MUSTER_ACTOR")]
    pub(crate) actor: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the demonstration mission, tell what it needs and what the plan achieves, and serve its page
    Demo(Demo),
    /// Serve the pages
    Serve(Serve),
    /// Write an empty mission: a folder of CSV files, or a workbook if the name ends in .xlsx
    Template {
        /// Folder or .xlsx file to write
        path: PathBuf,
    },
    /// Bring records in
    #[command(subcommand)]
    Import(Import),
    /// Take records out
    #[command(subcommand)]
    Export(Export),
    /// Solve, check, run, show and accept plans
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Sequence the work of a shop, a course or a project, and check such a schedule, in files; no database is used
    #[command(subcommand)]
    Schedule(ScheduleCommand),
    /// Record that goods of a plan's line left, or that their repair or course began
    Dispatch(Step),
    /// Record that goods of a plan's line arrived, or were taken over by the unit
    Receive(Step),
    /// Record that promised money was received
    Pay(Pay),
    /// Give up what is still open of a plan's line
    Void(Void),
    /// Consignments: goods under one document set, from the depot to the unit
    #[command(subcommand)]
    Consignment(ConsignmentCommand),
    /// Movements: conveyances on their way, what is on them, and their manifests
    #[command(subcommand)]
    Movement(MovementCommand),
    /// What was wrong with what came: counted, named and resolved
    #[command(subcommand)]
    Variance(VarianceCommand),
    /// End-use checks of units in service: due, overdue as of any date, found, disposed of
    #[command(subcommand)]
    EndUse(EndUseCommand),
    /// Work orders: what is broken, where it is repaired, what it waits for; and the board
    #[command(subcommand)]
    Repair(RepairCommand),
    /// Serials of courses, who is nominated for them, timetables; and the board
    #[command(subcommand)]
    Training(TrainingCommand),
    /// Receipts of handovers, and by what people sign
    #[command(subcommand)]
    Handover(HandoverCommand),
    /// Take an offer, requirement, package or serial into another state
    Transition(Transition),
    /// Merge needs that ask for the same, or split a part off one
    #[command(subcommand)]
    Need(NeedCommand),
    /// Show who changed a record, when and why
    History {
        /// Sheet, as `offers`
        sheet: String,
        /// The record's code
        key: String,
    },
    /// Needed, offered, planned, dispatched and received, as of any date
    Report(Report),
    /// Accounts, statements, entries and verification of the ledger
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Accounts of people and programs
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// List all accounts
    List,
    /// Make an account, or change its party, roles and standing; a new one's password is shown once
    Put {
        /// The name to sign in by
        name: String,
        /// Code of its party
        #[arg(long)]
        party: String,
        /// What it does, as `donor_liaison`; may be given several times
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// It may no longer sign in
        #[arg(long)]
        disabled: bool,
    },
    /// Give an account a new password, which is shown once
    Reset {
        /// The account
        name: String,
    },
    /// List the keys and passkeys by which somebody signs
    Keys {
        /// The account
        name: String,
    },
    /// List the API tokens of an account, a phone's with its signing key
    Tokens {
        /// The account
        name: String,
    },
    /// Revoke a token or a signing key; of a phone both go at once
    Revoke {
        /// The account
        name: String,
        /// The token, as `T-4K7M2QXA`, or the name of the key, as `muster user tokens` and `muster user keys` list them
        device: String,
    },
    /// End all sessions of an account
    SignOut {
        /// The account
        name: String,
    },
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
}

/// How lists are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
    /// For spreadsheets: all rows
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Address to serve on
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Only tell, do not serve
    #[arg(long)]
    pub(crate) no_serve: bool,
    /// Let people play all of the first eight weeks through the API, not only what leaves in the last two of them; it takes minutes
    #[arg(long)]
    pub(crate) play: bool,
    /// Most seconds for the plan
    #[arg(long, default_value_t = 20.0)]
    pub(crate) time_limit: f64,
    #[command(flatten)]
    pub(crate) api: Api,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address to serve on
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// People come by https, through a proxy that ends it: cookies are marked so
    #[arg(long)]
    pub(crate) behind_https: bool,
    #[command(flatten)]
    pub(crate) api: Api,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Api {
    /// Requests a second that the API takes from one account, or from one address without an account
    #[arg(long, default_value = "50")]
    pub(crate) api_rate: NonZeroU32,
    /// Let webhooks lead to this machine and into private networks
    #[arg(long)]
    pub(crate) private_webhooks: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Import a mission: a folder of CSV files, one such file, a workbook, or a JSON document
    Mission {
        /// Folder, .csv, .xlsx or .json
        path: PathBuf,
        /// Only tell what would be wrong and what would change
        #[arg(long)]
        dry_run: bool,
        /// Why, for the record
        #[arg(long, default_value = "import of a mission")]
        reason: String,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Take in custody events that others recorded (GS1 EPCIS 2.0 or 1.2), as evidence; all of a document or nothing
    Epcis(crate::epcis::In),
    /// Import a table that somebody published, by a mapping file
    Table {
        /// The table: .csv, .tsv or .xlsx
        file: PathBuf,
        /// The mapping
        #[arg(long)]
        map: PathBuf,
        /// Only tell what would be imported
        #[arg(long)]
        dry_run: bool,
        /// Write what became of each row, as JSON
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// Why, for the record
        #[arg(long, default_value = "import of a published table")]
        reason: String,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// Export the mission: into a folder, or a file whose name ends in .xlsx or .json
    Mission {
        /// Folder or file to write
        path: PathBuf,
    },
    /// Export what happened as sheets: consignments, movements, variances, work orders, nominations; into a folder, or a file whose name
    /// ends in .xlsx or .json
    Registers {
        /// Folder or file to write
        path: PathBuf,
    },
    /// Export what happened to consignments as custody events for partners (GS1 EPCIS 2.0)
    Epcis(crate::epcis::Out),
}

#[derive(Debug, Args)]
pub(crate) struct Solving {
    /// Stop at this proven gap
    #[arg(long, default_value_t = 0.001)]
    pub(crate) gap: f64,
    /// Stop after this many seconds
    #[arg(long, default_value_t = 60.0)]
    pub(crate) time_limit: f64,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// What would be otherwise. Periods are counted from 1, as in `5-8`; without them all are meant.
#[derive(Debug, Args)]
pub(crate) struct WhatIf {
    /// The plan's code
    pub(crate) code: String,
    /// Nothing goes through a place: CODE or CODE:5-8
    #[arg(long, value_name = "PLACE[:WEEKS]")]
    pub(crate) close_place: Vec<String>,
    /// A lane is closed: CODE or CODE:5-8
    #[arg(long, value_name = "LANE[:WEEKS]")]
    pub(crate) close_lane: Vec<String>,
    /// A lane takes at most so many tonnes a period: CODE:TONNES or CODE:TONNES:5-8
    #[arg(long, value_name = "LANE:TONNES[:WEEKS]")]
    pub(crate) limit_lane: Vec<String>,
    /// A lane takes so many periods longer
    #[arg(long, value_name = "LANE:N")]
    pub(crate) delay_lane: Vec<String>,
    /// A donor gives nothing of what is still open
    #[arg(long, value_name = "DONOR")]
    pub(crate) drop_donor: Vec<String>,
    /// An offer falls away
    #[arg(long, value_name = "OFFER")]
    pub(crate) drop_offer: Vec<String>,
    /// An offer comes so many periods later
    #[arg(long, value_name = "OFFER:N")]
    pub(crate) delay_offer: Vec<String>,
    /// Somebody offers more: RESOURCE:UNITS:PLACE or RESOURCE:UNITS:PLACE:WEEK
    #[arg(long, value_name = "RESOURCE:UNITS:PLACE[:WEEK]")]
    pub(crate) add_offer: Vec<String>,
    /// A line changes only if that gains so much, as a share of what a line of the plan is worth on average
    #[arg(long, default_value_t = muster_app::plan::what_if::KEEP)]
    pub(crate) keep: f64,
    /// Most seconds [default: three tenths of the time that the plan took]
    #[arg(long)]
    pub(crate) time_limit: Option<f64>,
    /// How results are printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Step {
    /// The plan
    pub(crate) plan: String,
    /// The line, as `muster plan show --lines` numbers it
    pub(crate) line: i64,
    /// How many units [default: all that are there for the step furthest along]
    #[arg(long)]
    pub(crate) quantity: Option<i64>,
    /// Serial numbers, with commas between, for items that are tracked so
    #[arg(long, value_delimiter = ',')]
    pub(crate) serial: Vec<String>,
    /// Lot, for items that are tracked so
    #[arg(long, default_value = "")]
    pub(crate) lot: String,
    /// When it happened, like 2026-11-20T08:00:00Z [default: now]
    #[arg(long, value_parser = crate::args::moment)]
    pub(crate) at: Option<Timestamp>,
    /// Your own name for this request: the same key twice is recorded once
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// Why, for the record
    #[arg(long, default_value = "as planned")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Pay {
    /// The offer: a grant, loan or contribution
    pub(crate) offer: String,
    /// How much, in whole units of its currency, like 2500000.00 [default: all that is open]
    #[arg(long)]
    pub(crate) amount: Option<String>,
    /// When it was paid, like 2026-11-20T08:00:00Z [default: now]
    #[arg(long, value_parser = crate::args::moment)]
    pub(crate) at: Option<Timestamp>,
    /// Your own name for this request: the same key twice is recorded once
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// Why, for the record
    #[arg(long, default_value = "as promised")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Void {
    /// The plan
    pub(crate) plan: String,
    /// The line, as `muster plan show --lines` numbers it
    pub(crate) line: i64,
    /// Why, for the record
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Transition {
    /// Sheet: offers, requirements or packages
    pub(crate) sheet: String,
    /// The record's code
    pub(crate) code: String,
    /// The new state
    pub(crate) state: String,
    /// Why, for the record
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rows {
    /// A row for each requirement and package
    Requirement,
    /// A row for each donor
    Donor,
    /// A row for each purpose
    Purpose,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// What the rows are
    #[arg(long, value_enum, default_value = "purpose")]
    pub(crate) by: Rows,
    /// What had happened by the end of this day (UTC) [default: now]
    #[arg(long, value_parser = crate::args::day)]
    pub(crate) as_of: Option<Date>,
    /// As known at the end of this day (UTC) [default: now]
    #[arg(long, value_parser = crate::args::day)]
    pub(crate) known: Option<Date>,
    /// How results are printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// List accounts with what they hold
    Accounts {
        /// Only with this purpose, as `on_hand`
        #[arg(long)]
        purpose: Option<String>,
        /// Only held by this party
        #[arg(long)]
        holder: Option<String>,
        /// Only owned by this party
        #[arg(long)]
        owner: Option<String>,
        /// Only at this place
        #[arg(long)]
        at: Option<String>,
        /// Only of this resource
        #[arg(long)]
        resource: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Show an account's statement
    Statement {
        /// The account's number
        account: i64,
        #[command(flatten)]
        page: Page,
    },
    /// List entries
    Entries {
        /// Only for this offer
        #[arg(long)]
        offer: Option<String>,
        /// Only for this requirement or package
        #[arg(long)]
        need: Option<String>,
        /// Only from this plan
        #[arg(long)]
        plan: Option<String>,
        /// Only with the unit of this serial number
        #[arg(long)]
        serial: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Post entries, one JSON object a line, and print what came of each after its commit
    Post {
        /// File, or - for standard input
        file: PathBuf,
        /// How many may be under way at once
        #[arg(long, default_value_t = 64)]
        jobs: usize,
    },
    /// Recompute every hash, signature and balance, and name the first entry that does not fit
    Verify {
        /// The public key, as 64 hexadecimal digits [default: the one the database names]
        #[arg(long)]
        public_key: Option<String>,
        /// A block that you noted earlier, as NUMBER:HASH: tells whether the ledger was cut short
        #[arg(long)]
        noted: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Page {
    /// Begin after this row, as the last page's end names it
    #[arg(long)]
    pub(crate) after: Option<String>,
    /// How many rows
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: i64,
    /// What had happened by the end of this day (UTC) [default: now]
    #[arg(long, value_parser = crate::args::day)]
    pub(crate) as_of: Option<Date>,
    /// As known at the end of this day (UTC) [default: now]
    #[arg(long, value_parser = crate::args::day)]
    pub(crate) known: Option<Date>,
}

/// A moment, or what one looks like.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| words(&message!("must-be", right = message!("a-moment"))))
}

/// A day, or what one looks like.
pub(crate) fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| words(&message!("must-be", right = message!("a-date"))))
}
