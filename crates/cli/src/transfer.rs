//! What can be asked of transfer on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::{Timestamp, civil::Date};
use muster_app::documents::{Language, Languages};
use muster_domain::field::Field;

use crate::{
    Failure,
    args::{Format, ListFormat},
    sheet::SheetKind,
    signing::Signing,
    worth::Stated,
};

/// What can be asked of consignments.
#[derive(Debug, Subcommand)]
pub(crate) enum ConsignmentCommand {
    /// List consignments, newest first; late ones and those that are to arrive, what was due first before others
    List {
        /// Only those in this state, as `under_way`
        #[arg(long)]
        state: Option<String>,
        /// Only those at this place, or going there next
        #[arg(long)]
        at: Option<String>,
        /// Only those with something of this offer
        #[arg(long)]
        offer: Option<String>,
        /// Only those with something for this need
        #[arg(long)]
        need: Option<String>,
        /// Only those that hold or held this serial number or handling unit
        #[arg(long)]
        contains: Option<String>,
        /// Only those that are late
        #[arg(long)]
        late: bool,
        /// Only those of which custody passed and nobody signed
        #[arg(long)]
        unsigned: bool,
        /// Only those under way that are to arrive by then, like 2026-11-20T08:00:00Z
        #[arg(long, value_parser = crate::args::moment)]
        arrives_by: Option<Timestamp>,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Tell what accepted plans are to move from a place next, grouped into consignments
    Propose {
        /// The place
        place: String,
        /// Only what is to leave before, like 2026-11-20T08:00:00Z
        #[arg(long, value_parser = crate::args::moment)]
        before: Option<Timestamp>,
    },
    /// Tell what may still be sent from a place: of offers, what nobody was promised, and what lies there for nobody
    Available {
        /// The place
        place: String,
    },
    /// Tell how many units of an offer have reached each milestone
    Progress {
        /// The offer
        offer: String,
    },
    /// Make up a consignment from lines of accepted plans, from stock, or straight from an offer
    Make {
        /// The place it leaves
        #[arg(long)]
        from: String,
        /// The place it is for [default: as far as its lines go together]
        #[arg(long)]
        to: Option<String>,
        /// A line of a plan, as P-001:7, or a part of it, as P-001:7:20; may be given several times
        #[arg(long = "line", value_name = "PLAN:LINE[:UNITS]", required_unless_present_any = ["stock", "offers"])]
        lines: Vec<String>,
        /// Units from an account, as the ledger names it, for nobody or for a need; may be given several times
        #[arg(long = "stock", value_name = "UNITS:ACCOUNT[:NEED]")]
        stock: Vec<String>,
        /// Units of an offer that nobody was promised, for a need or for the place; may be given several times
        #[arg(long = "offer", value_name = "UNITS:OFFER[:NEED]")]
        offers: Vec<String>,
        /// The lanes of its way, with commas between, where it is made from stock or an offer [default: the quickest]
        #[arg(long, value_delimiter = ',')]
        route: Vec<String>,
        /// A remark
        #[arg(long, default_value = "", hide_default_value = true)]
        remark: String,
        #[command(flatten)]
        why: Why,
    },
    /// Return what a unit received to a depot, a hub or a repair facility: makes up a consignment of it
    Return {
        /// Where it goes back
        #[arg(long)]
        to: String,
        /// The resource, with serial numbers
        #[arg(long, requires = "serials", default_value = "", hide_default_value = true)]
        resource: String,
        /// A serial number; may be given several times
        #[arg(long = "serial", requires = "resource", required_unless_present = "stock")]
        serials: Vec<String>,
        /// Units without serial numbers, from the account in which they are in service; may be given several times
        #[arg(long, value_name = "UNITS:ACCOUNT[:LOT]")]
        stock: Vec<String>,
        /// Its nation is to own it again
        #[arg(long)]
        give_back: bool,
        /// The lanes of its way, with commas between [default: the quickest]
        #[arg(long, value_delimiter = ',')]
        route: Vec<String>,
        /// A remark
        #[arg(long, default_value = "", hide_default_value = true)]
        remark: String,
        #[command(flatten)]
        why: Why,
    },
    /// Show a consignment: lines, units, milestones, movements, handovers, variances
    Show {
        /// Its code
        code: String,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Tell what keeps a consignment from going
    Gates {
        /// Its code
        code: String,
    },
    /// Put pallets, boxes or containers into a consignment; each gets an SSCC unless it has one
    Units {
        /// The consignment
        code: String,
        /// What they are, as `pallet`
        #[arg(long, default_value = "pallet")]
        kind: String,
        /// How many
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
        count: u16,
        /// The number of one that has one
        #[arg(long, conflicts_with = "count")]
        sscc: Option<String>,
        /// Mass of each with all that is on it, in kilograms
        #[arg(long)]
        gross_kg: Option<i64>,
        /// Its seal
        #[arg(long, default_value = "", hide_default_value = true)]
        seal: String,
        #[command(flatten)]
        why: Why,
    },
    /// Put units of lines on a pallet, box or container
    Put {
        /// The consignment
        code: String,
        /// A line, as 2: all of it that lies there; some of it as 2=10, of a lot as 2=10@LOT, by serial number as 2@A,B; may be given several
        /// times [default: all that lies on --from]
        #[arg(long = "line", value_name = "LINE[=UNITS][@NAMES]", required_unless_present = "from")]
        lines: Vec<String>,
        /// The SSCC of the one on which they are put
        #[arg(long, value_name = "SSCC", conflicts_with_all = ["new", "sscc"])]
        on: Option<String>,
        /// A new one of this kind, instead [default: pallet]
        #[arg(long, value_name = "KIND")]
        new: Option<String>,
        /// The number of the new one, if it has one
        #[arg(long)]
        sscc: Option<String>,
        /// The SSCC of the one on which they lie [default: they lie on none]
        #[arg(long, value_name = "SSCC")]
        from: Option<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Take units of lines off a pallet, box or container, or all that lies on it
    TakeOff {
        /// The consignment
        code: String,
        /// The SSCC of the one on which they lie
        from: String,
        /// A line, as for `put`; may be given several times [default: all that lies on it]
        #[arg(long = "line", value_name = "LINE[=UNITS][@NAMES]")]
        lines: Vec<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Take a pallet, box or container out of a consignment; what lies on it is taken off
    RemoveUnit {
        /// The consignment
        code: String,
        /// Its SSCC
        sscc: String,
        #[command(flatten)]
        why: Why,
    },
    /// Say what lines hold, by a packing list with the columns line, lot, serial, quantity, sscc, condition, remark
    Pack {
        /// The consignment
        code: String,
        /// CSV file or workbook
        list: PathBuf,
        #[command(flatten)]
        why: Why,
    },
    /// Write a sheet of what is known of it, to be filled in and given to `pack`, or to `--count` of `arrive` and `receive`
    Sheet {
        /// The consignment
        code: String,
        /// What is to be filled in
        #[arg(value_enum)]
        kind: SheetKind,
        /// CSV file or workbook to write, as count.xlsx
        file: PathBuf,
        /// Of a count the lines alone, for who counts blind
        #[arg(long)]
        blind: bool,
    },
    /// Record that it is counted, packed and in order
    Ready {
        /// The consignment
        code: String,
        /// The condition in which all lines were found that are not looked at yet
        #[arg(long)]
        condition: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// Record that it leaves the place where it is
    Depart {
        /// The consignment
        code: String,
        /// Who carries
        #[arg(long, default_value = "", hide_default_value = true)]
        carrier: String,
        /// Plate, train, vessel or flight
        #[arg(long, default_value = "", hide_default_value = true)]
        conveyance: String,
        /// A movement that is there already, instead
        #[arg(long, default_value = "", hide_default_value = true)]
        movement: String,
        #[command(flatten)]
        signing: Signing,
        #[command(flatten)]
        how: How,
    },
    /// Record that it reaches its next place, and what was counted there
    Arrive(Counting),
    /// Record in which condition lines were found where they stand, and what of them is not there any more
    Inspect {
        /// The consignment
        code: String,
        /// A line and its condition, as 2=damaged, or 2=missing; of some of its units only 2=missing:3, by serial number 2=missing@PK-1,PK-2,
        /// or by lots 2=missing@L-1:3,L-2:1; may be given several times
        #[arg(long = "line", required = true, value_name = "LINE=CONDITION")]
        lines: Vec<String>,
        /// What is said of a line, as 2=cracked; may be given several times
        #[arg(long = "line-remark", value_name = "LINE=TEXT")]
        remarks: Vec<String>,
        #[command(flatten)]
        how: How,
    },
    /// Make the recipient the owner, where the goods are
    Title {
        /// The consignment
        code: String,
        #[command(flatten)]
        how: How,
    },
    /// Record that the unit takes over what has come, and what was counted
    Receive(Counting),
    /// Give up one that has not left
    Cancel {
        /// The consignment
        code: String,
        #[command(flatten)]
        why: Why,
    },
    /// Two sign later for a milestone by which custody passed and for which nobody signed: by PIN or on paper
    Sign {
        /// The consignment
        code: String,
        /// Which of its milestones, counted from 1 as `muster consignment show` lists them
        milestone: i64,
        /// A remark
        #[arg(long, default_value = "", hide_default_value = true)]
        remark: String,
        #[command(flatten)]
        signing: Signing,
        #[command(flatten)]
        why: Why,
    },
    /// Take back its last milestone (readied, departed, arrived, received), which was recorded by mistake: it counts for nothing any more
    TakeBack {
        /// The consignment
        code: String,
        #[command(flatten)]
        why: Why,
    },
    /// Record that something came to a place to which it was not sent
    TurnedUp {
        /// The place where it is
        place: String,
        /// The exact code of the consignment, or the number (SSCC) of a handling unit
        #[arg(value_name = "CODE_OR_SSCC")]
        thing: String,
        /// What is to be said of it, as "came with the train from HUB-A"
        remark: String,
        /// When it came, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        #[command(flatten)]
        why: Why,
    },
    /// Send it another way from where it is, or back
    Redirect {
        /// The consignment
        code: String,
        /// Where to
        to: String,
        /// By these lanes, with commas between [default: the quickest]
        #[arg(long, value_delimiter = ',')]
        route: Vec<String>,
        /// For this need [default: for nobody; it goes to the place]
        #[arg(long)]
        need: Option<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Make lines or parts of them a consignment of their own
    Split {
        /// The consignment
        code: String,
        /// A line and how many of its units, as 2=10, or which, by serial number, as 2@A,B; besides those on handling units that are named;
        /// may be given several times
        #[arg(long = "line", required_unless_present = "with", value_name = "LINE[=UNITS][@SERIALS]")]
        lines: Vec<String>,
        /// The SSCC of a pallet, box or container that goes with all that lies on it; may be given several times
        #[arg(long = "unit", value_name = "SSCC")]
        with: Vec<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Say something of it, in whatever state it is, with photographs
    Note {
        /// The consignment
        code: String,
        /// What is to be said
        text: String,
        /// A photograph (JPEG, PNG, WebP) or paper (PDF); may be given several times
        #[arg(long = "photo", value_name = "FILE")]
        photos: Vec<PathBuf>,
        #[command(flatten)]
        why: Why,
    },
    /// State what a line is worth: all its units together
    Value {
        /// The consignment
        code: String,
        #[command(flatten)]
        stated: Stated,
        #[command(flatten)]
        why: Why,
    },
    /// Let others at the same place on the same way become part of it
    Join {
        /// The consignment that stays
        code: String,
        /// The others
        #[arg(required = true)]
        others: Vec<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Print a document as PDF: packing_list, manifest, waybill, form_302, donation_certificate, handover_receipt or label
    Print {
        /// The consignment
        code: String,
        /// Which document [default: list those that it needs]
        kind: Option<String>,
        /// File to write [default: CODE-KIND.pdf]
        #[arg(long)]
        out: Option<PathBuf>,
        #[command(flatten)]
        printed: Printed,
        /// The handover of which the receipt is, or `new` for a form to be signed on paper [default: the last]
        #[arg(long)]
        handover: Option<String>,
        /// Of donation certificates, the donor who gives, where several do
        #[arg(long)]
        donor: Option<String>,
    },
    /// Tell what a party calls delivered, by its own term, as of any date
    Delivered {
        /// Code of the delivery term
        term: String,
        /// As of this day, like 2026-11-20 [default: today]
        #[arg(long, value_parser = crate::args::day)]
        as_of: Option<Date>,
        /// As it was known on this day [default: today]
        #[arg(long, value_parser = crate::args::day)]
        known: Option<Date>,
    },
    /// List gates that were opened with authority, the last first
    Overrides {
        /// Only this gate, as `clearance`
        #[arg(long)]
        gate: Option<String>,
        /// Only those that somebody opened
        #[arg(long)]
        by: Option<String>,
        /// Only those for this consignment
        #[arg(long)]
        consignment: Option<String>,
        /// Only those opened since, like 2026-11-20T08:00:00Z
        #[arg(long, value_parser = crate::args::moment)]
        from: Option<Timestamp>,
        /// Only those opened by then
        #[arg(long, value_parser = crate::args::moment)]
        to: Option<Timestamp>,
        /// How results are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Tell what passed through a place in a time
    Passed {
        /// The place
        place: String,
        /// From this moment on, like 2026-11-20T08:00:00Z
        #[arg(long, value_parser = crate::args::moment)]
        from: Option<Timestamp>,
        /// Before this moment
        #[arg(long, value_parser = crate::args::moment)]
        to: Option<Timestamp>,
    },
}

/// Why, and under which name of the caller's own.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// Why, for the record
    #[arg(long, default_value = AS_PLANNED)]
    pub(crate) reason: String,
    /// Your own name for this request: the same key twice is recorded once
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// The version of the consignment as you saw it, which `show` tells: if it is another by now, nothing is done
    #[arg(long, value_name = "VERSION")]
    pub(crate) seen: Option<i64>,
}

/// What is recorded where no other reason is given.
pub(crate) const AS_PLANNED: &str = "as planned";

/// When and with which authority.
#[derive(Debug, Args)]
pub(crate) struct How {
    /// When it happened, like 2026-11-20T08:00:00Z [default: now]
    #[arg(long, value_parser = crate::args::moment)]
    pub(crate) at: Option<Timestamp>,
    /// Open this gate with authority, as `clearance`; may be given several times
    #[arg(long = "override", value_name = "GATE")]
    pub(crate) overrides: Vec<String>,
    /// A remark
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) remark: String,
    #[command(flatten)]
    pub(crate) why: Why,
}

/// What was counted.
#[derive(Debug, Args)]
pub(crate) struct Counting {
    /// The consignment
    pub(crate) code: String,
    /// What was counted: CSV file or workbook with the columns line, lot, received, damaged, serials, damaged_serials, remark
    #[arg(long)]
    pub(crate) count: Option<PathBuf>,
    /// Lines that are not in the count were found as stated
    #[arg(long)]
    pub(crate) rest_as_stated: bool,
    /// What was counted of a line, as 2=8: 8 are there and right, or 2=8/1: 1 more is damaged; by lot as 2=L-1:5,L-2:3/1; may be given several
    /// times
    #[arg(long = "line", value_name = "LINE=COUNT")]
    pub(crate) lines: Vec<String>,
    /// Something that came and stands on no manifest, as “what=a crate;units=3”; with resource= if it is known what it is, and with lot=
    /// or serials=A,B by what it is told apart; may be given several times
    #[arg(long, value_name = "what=TEXT;units=N")]
    pub(crate) unmanifested: Vec<String>,
    #[command(flatten)]
    pub(crate) signing: Signing,
    #[command(flatten)]
    pub(crate) how: How,
}

/// In which languages a document is printed.
#[derive(Debug, Args)]
pub(crate) struct Printed {
    /// Language: en, uk, de, fr, pl or ja [default: those of who sends and of who receives]
    #[arg(long)]
    language: Option<String>,
    /// A second language beside it
    #[arg(long, requires = "language")]
    second: Option<String>,
}

impl Printed {
    /// The languages, if they were named.
    pub(crate) fn languages(&self) -> Result<Option<Languages>, Failure> {
        let parse = |text: &String| Language::parse(text).map_err(|right| Failure::option("--language", right));
        let Some(first) = self.language.as_ref().map(parse).transpose()? else { return Ok(None) };
        Ok(Some(Languages { first, second: self.second.as_ref().map(parse).transpose()? }))
    }
}
