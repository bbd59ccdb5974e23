//! Consignments as they are kept: what is in them, their milestones, movements, variances and handovers. [`write`] puts them into the
//! tables in the transaction of the entries that they name; [`read`] gives them to who may see them, [`tell`] as lists, [`then`] as they were.

pub mod attachment;
pub mod carried;
pub mod containing;
pub mod corrected;
pub mod delivered;
pub mod disposal;
mod entry;
pub mod guard;
pub mod held;
pub mod history;
pub mod inspection;
pub mod loss;
pub mod milestone;
pub mod note;
pub mod opened;
pub mod progress;
pub mod read;
pub mod repacking;
pub mod standing;
pub mod stock;
pub mod taken_back;
pub mod tell;
pub mod then;
pub mod third_party;
pub(crate) mod unit;
mod variance;
pub(crate) mod worth;
mod write;

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    consignment::{Condition, ConsignmentState, HandlingUnitKind, Milestone},
    end_use::Grade,
    gate::Gate,
    lane::Mode,
    ledger::account::AccountKey,
    third_party::{Answer, ThirdPartyState},
    variance::{Escalation, Resolution},
};

use crate::{training::Source, wanted::Where};

pub use entry::EntryRef;
pub use taken_back::TakenBack;
pub(crate) use variance::in_parts;
pub use variance::{Count, PartOf, Variance, parts};
pub use worth::Worth;
pub(crate) use write::{steps, write};

/// Every fixed statement of these modules.
pub(crate) const ALL_STATEMENTS: &[&[(&str, &str)]] = &[
    attachment::STATEMENTS,
    carried::STATEMENTS,
    containing::STATEMENTS,
    corrected::STATEMENTS,
    delivered::STATEMENTS,
    guard::STATEMENTS,
    inspection::STATEMENTS,
    loss::STATEMENTS,
    milestone::STATEMENTS,
    note::STATEMENTS,
    progress::STATEMENTS,
    read::STATEMENTS,
    standing::STATEMENTS,
    stock::STATEMENTS,
    taken_back::STATEMENTS,
    tell::STATEMENTS,
    then::STATEMENTS,
    third_party::STATEMENTS,
    unit::STATEMENTS,
    write::STATEMENTS,
];

/// That a column names the item of a resource, the value `$n`, in some state: what is broken or mended is the same thing.
pub(crate) fn same_item(column: &str, n: usize) -> String {
    format!(
        "{column} IN (SELECT s.code FROM resources s WHERE s.item = (SELECT item FROM resources WHERE code = ${n}))"
    )
}

/// That a table's row is of a unit, in whatever state: resource and serial number; without, any row will do.
fn of_unit(all: &mut Where, table: &str, unit: Option<&(String, String)>) {
    if let Some((resource, serial)) = unit {
        all.and(|n| (same_item(&format!("{table}.resource"), n), vec![resource.as_str().into()]));
        all.is(&format!("{table}.serial"), Some(serial.as_str()));
    }
}

/// Goods under one document set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consignment {
    /// Its code.
    pub code: Code,
    /// Where it stands.
    pub state: ConsignmentState,
    /// Who sends it.
    pub consignor: Code,
    /// Who is to have it.
    pub consignee: Code,
    /// The place it leaves.
    pub origin: Code,
    /// The place it is for.
    pub destination: Code,
    /// Where it is, or to which place it is going.
    pub place: Code,
    /// The lanes of its way, in order.
    pub route: Vec<Code>,
    /// How many ends of its route it has passed: 0 before it left, 1 on the first lane, 2 at that lane's end.
    pub passed: i64,
    /// When it was made up.
    pub created_at: Timestamp,
    /// When it is to leave the place where it is.
    pub departs_at: Option<Timestamp>,
    /// When it is to reach its next place.
    pub arrives_at: Option<Timestamp>,
    /// A remark.
    pub remark: String,
    /// The consignment out of which it was made, by splitting or redirection.
    pub made_from: Option<Code>,
    /// Where it was going when it turned up at the place where it stands.
    pub sent_to: Option<Code>,
    /// How often it changed; what is written names the version that it knew.
    pub version: i64,
    /// How many milestones it has reached.
    pub milestones: i64,
}

impl Consignment {
    /// The lane on which it is, or goes next.
    pub fn lane(&self) -> Option<&Code> {
        usize::try_from(self.passed / 2).ok().and_then(|n| self.route.get(n))
    }

    /// When it is to arrive, or to leave where it stands.
    pub fn due_at(&self) -> Option<Timestamp> {
        if self.state == ConsignmentState::UnderWay { self.arrives_at } else { self.departs_at }
    }

    /// Whether it has gone all its way.
    pub fn is_at_end(&self) -> bool {
        self.passed == 2 * self.route.len() as i64
    }

    /// Whether it has gone all its way and is where it is for: not where that ended because it turned up at another place.
    pub fn has_come(&self) -> bool {
        self.is_at_end() && self.place == self.destination
    }
}

/// A line: so many units of one resource, of one offer, for one need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, counted from 1.
    pub line: i64,
    /// The plan and its line, if it comes from one.
    pub plan: Option<(Code, i64)>,
    /// The offer.
    pub offer: Option<Code>,
    /// The need.
    pub need: Option<Code>,
    /// The resource.
    pub resource: Code,
    /// How many units were packed.
    pub quantity: i64,
    /// How many of them are still with the consignment.
    pub present: i64,
    /// In which condition they were found.
    pub condition: Option<Condition>,
    /// What they are worth, if it is known.
    pub worth: Option<Worth>,
    /// Of what goes back from who received it: the account in which it was in service before.
    pub ready_from: Option<AccountKey>,
    /// A remark.
    pub remark: String,
}

/// Where a line came from when it was split off or joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The line that is new.
    pub line: i64,
    /// The consignment it came out of.
    pub of: Code,
    /// The line there that it was, or was part of.
    pub of_line: i64,
    /// How many milestones had been reached there by then.
    pub of_number: i64,
}

/// Units of a line known by lot or serial number, or on a handling unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The line.
    pub line: i64,
    /// The lot, or empty.
    pub lot: String,
    /// The serial number, or empty.
    pub serial: String,
    /// How many.
    pub quantity: i64,
    /// The handling unit that they are on.
    pub sscc: Option<String>,
}

/// A pallet, box or container with its own number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlingUnit {
    /// Its serial shipping container code: 18 digits, the last a check digit.
    pub sscc: String,
    /// What it is.
    pub kind: HandlingUnitKind,
    /// Its mass with all that is on it, in kilograms.
    pub gross_kg: Option<i64>,
    /// Its seal, or empty.
    pub seal: String,
}

/// A milestone that was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Which.
    pub kind: Milestone,
    /// Where.
    pub place: Code,
    /// On which movement, for departures and arrivals.
    pub movement: Option<Code>,
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// A remark.
    pub remark: String,
    /// Which earlier milestone it completes, counted from 1, where it is only of units that had been missing then.
    pub completes: Option<i64>,
    /// The entry of the journal that says so.
    pub entry: EntryRef,
    /// That it was recorded by mistake, and counts for nothing.
    pub taken_back: Option<TakenBack>,
}

/// Units of a line that had been missing and reach a milestone after the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The line.
    pub line: i64,
    /// How many.
    pub quantity: i64,
    /// Those known by lot or serial number.
    pub units: Vec<Unit>,
}

/// A gate that was opened with authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Which.
    pub gate: Gate,
    /// Of which line; 0 for all.
    pub line: i64,
    /// Why.
    pub reason: String,
    /// By whom.
    pub actor: String,
    /// When.
    pub recorded_at: Timestamp,
    /// The entry that notes it.
    pub entry: EntryRef,
}

/// One conveyance's journey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Its code.
    pub code: Code,
    /// By road, rail, sea or air.
    pub mode: Mode,
    /// Who carries.
    pub carrier: String,
    /// Plate, train, vessel or flight.
    pub conveyance: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A leg of a movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovementLeg {
    /// Its number, counted from 1.
    pub leg: i64,
    /// The lane.
    pub lane: Code,
    /// When it left.
    pub departed_at: Timestamp,
    /// When it is to arrive.
    pub arrives_at: Timestamp,
    /// When it arrived.
    pub arrived_at: Option<Timestamp>,
}

/// What both parties signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Its code.
    pub code: Code,
    /// Which milestone of the consignment it is for, counted from 1.
    pub milestone: i64,
    /// Where.
    pub place: Code,
    /// When.
    pub occurred_at: Timestamp,
    /// What was signed, as JSON in its canonical form.
    pub statement: String,
    /// Its SHA-256, in hexadecimal digits.
    pub hash: String,
    /// Muster's own signature over the statement with its signatures, in base 64.
    pub seal: String,
    /// The entry that notes it.
    pub entry: EntryRef,
}

/// One thing that is written about consignments, in the transaction of the entries that it names.
#[derive(Clone, Debug)]
pub enum Write {
    /// A new consignment, and who sees it: each audience, and whether as one that handles it.
    New(Consignment, Vec<(Code, bool)>),
    /// So many units are drawn from an offer: refused if others drew them at the same moment.
    Drawn(Source, i64),
    /// So many units are taken from where an entry of a plan begins, by its number: refused if others took them at the same moment.
    Taken(Code, i64, i64),
    /// Something names a photograph or paper, by its hash: it stays.
    Named(String),
    /// That no consignment has units of what is pending of a plan's line, from the first to the last of its entries: refused if one was made of
    /// them at the same moment.
    Unbound((Code, i64), (i64, i64)),
    /// That units got nothing for a need since this entry: refused if others received for it at the same moment.
    Received(Code, i64),
    /// That these resources are on a leg of a movement, in order: refused if others boarded it with something else at the same moment.
    Boards((Code, i64), Vec<String>),
    /// Who sees a consignment besides.
    Sees(Code, Vec<(Code, bool)>),
    /// Whoever sees something of the second consignment sees the same of the first, into which its goods go.
    SeesOf(Code, Code),
    /// Whoever sees the second consignment sees the first, too.
    SeesAs(Code, Code),
    /// The plan and need that lines are bound to from now on.
    Bound(Code, Vec<Line>),
    /// Handling units of the first consignment go on in the second.
    UnitsGo(Code, Code),
    /// A consignment as it now is; refused if it changed since the version that it names.
    Set(Consignment),
    /// Lines as they now are.
    Lines(Code, Vec<Line>),
    /// Pending entries along the rest of lines' ways: the line, the first step, and the entries from there on, instead of those that were
    /// there. What it passed stays, for what it still misses should have come by it.
    Steps(Code, Vec<(i64, i64, Vec<EntryRef>)>),
    /// Units of these lines, instead of those before.
    Units(Code, Vec<i64>, Vec<Unit>),
    /// Handling units.
    HandlingUnits(Code, Vec<HandlingUnit>),
    /// A milestone of a consignment, which it is, counted from 1, and the lines that reached it; none: all that are there.
    Reached((Code, i64), Reached, Option<Vec<i64>>),
    /// A milestone of a consignment, which it is, counted from 1, that units reached which had been missing.
    ReachedLate((Code, i64), Box<(Reached, Found)>),
    /// A milestone of a consignment, by which it is, counted from 1, was recorded by mistake; refused if it was taken back before.
    TakenBack((Code, i64), TakenBack),
    /// A consignment that had passed so much is no longer on that leg of a movement.
    Unloaded((Code, i64), (Code, i64)),
    /// A leg of a movement did not arrive with this consignment after all.
    LegGoesOn(Code, i64, Code),
    /// Lines of a consignment that came out of lines of others, whose milestones up to then they reached, too.
    CameFrom(Code, Vec<Origin>),
    /// A handling unit of a consignment on which nothing lies any more is none of it from now on.
    HandlingUnitGone(Code, String),
    /// What was put on handling units and taken off them.
    Repacked(Vec<repacking::Repacking>),
    /// Something that was said.
    Noted(note::Note),
    /// Gates opened with authority.
    Overrides(Code, Vec<Override>),
    /// A new movement.
    Movement(Movement),
    /// A new leg of a movement.
    Leg(Code, MovementLeg),
    /// That a consignment is on a leg: movement, leg, and what the consignment had passed.
    Load(Code, (Code, i64), i64),
    /// A movement as it is right, and what stood there before; refused if somebody put it right meanwhile.
    MovementCorrected(Movement, corrected::Correction),
    /// That a leg arrived.
    LegArrived(Code, i64, Timestamp),
    /// A new variance with its units.
    Variance(Box<Variance>, Vec<Unit>),
    /// A blind count, in the place of those that the same person made before.
    Count(Code, Count),
    /// What an unmanifested thing turned out to be, where it is now and how many; and its units, if they are others than were known before.
    Identified(Code, (Code, AccountKey, i64), Vec<Unit>),
    /// That so much that is missed in the first account is booked in the second from now on; refused if it is otherwise by now.
    BookedApart(Code, Box<(AccountKey, AccountKey, i64)>),
    /// How many of it were stated, and how many two people counted; refused if others were stated by now.
    Recounted(Code, (i64, i64)),
    /// That units of a variance as it was known are the second from now on, with the units of that and of the rest; refused if it had
    /// ended, or is otherwise by now.
    Parted(Box<(Variance, Variance, Vec<Unit>, Vec<Unit>)>),
    /// Units of a variance, instead of those before.
    VarianceUnits(Code, Vec<Unit>),
    /// That a variance was taken to somebody because it stayed open, when, and the entry that notes it.
    Escalated(Code, (Escalation, Timestamp), EntryRef),
    /// How a variance of so much that lay in that account ended, when, by whom and why, and the entry that notes it; refused if it had ended,
    /// is of another quantity, or has come into the books by now.
    Resolved(Code, (Option<AccountKey>, i64), (Resolution, Timestamp, String, String), EntryRef),
    /// What both parties signed.
    Handover(Code, Handover),
    /// What both parties signed after it was recorded; refused if it was signed for by then.
    SignedLater(Code, Handover),
    /// An end-use check.
    Inspection(Inspection),
    /// That a check, of a unit by its serial number, was of another or found something else; refused if it was taken back before.
    InspectionTakenBack((Code, String), corrected::TakenBack),
    /// That something in service was disposed of.
    Disposed(Box<disposal::Disposal>),
    /// That a disposal was recorded by mistake; refused if it was taken back before.
    DisposalTakenBack(Code, corrected::TakenBack),
    /// That something in service was lost.
    Lost(Box<loss::LossReport>),
    /// That what was reported lost was found again; refused if it had been.
    LossFound(Code, loss::FoundAgain),
    /// The same of what a variance decided to be lost.
    TurnedUp(Code, loss::FoundAgain),
    /// That a unit that a check did not find was taken to somebody, when, and the entry that notes it.
    NotFoundEscalated(Code, (Escalation, Timestamp), EntryRef),
    /// A third-party transfer that is asked for.
    ThirdPartyAsked(ThirdPartyTransfer),
    /// What a nation, named second, says to a third-party transfer; refused if it has said something.
    ThirdPartyAnswered(Code, Code, Said),
    /// How a third-party transfer ended, when and by whom, and the entry that notes it; refused if it had ended.
    ThirdPartyEnded(Code, (ThirdPartyState, Timestamp, String), EntryRef),
    /// The PIN by which somebody signs, hashed.
    Pin(String, String),
    /// A key by which somebody signs.
    SigningKey(SigningKey),
    /// That a key no longer signs, and since when.
    KeyRevoked(String, Timestamp),
}

/// A unit in service that is to go to somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThirdPartyTransfer {
    /// Its code.
    pub code: Code,
    /// The resource.
    pub resource: Code,
    /// The serial number.
    pub serial: String,
    /// Who has it.
    pub holder: Code,
    /// Who is to have it.
    pub receiver: Code,
    /// What for.
    pub purpose: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// By whom.
    pub asked_by: String,
    /// The entry that notes it.
    pub entry: EntryRef,
    /// The nations that must agree, in order.
    pub nations: Vec<NationAnswer>,
    /// How it ended, when and by whom, if somebody ended it.
    pub ended: Option<(ThirdPartyState, Timestamp, String)>,
}

impl ThirdPartyTransfer {
    /// Its place in the list of all: when it was asked for, in microseconds, and its code.
    pub fn place(&self) -> (i64, String) {
        (self.asked_at.as_microsecond(), self.code.to_string())
    }

    /// How far it is.
    pub fn state(&self) -> ThirdPartyState {
        let answers = self.nations.iter().map(|nation| nation.said.as_ref().map(|said| said.answer));
        self.ended.as_ref().map_or_else(|| ThirdPartyState::of(answers), |(state, ..)| *state)
    }
}

/// A nation that is asked, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NationAnswer {
    /// The nation.
    pub nation: Code,
    /// What it said, once it did.
    pub said: Option<Said>,
}

/// What a nation said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whether it agrees.
    pub answer: Answer,
    /// Its letter or file, or why; may be empty.
    pub reference: String,
    /// When.
    pub at: Timestamp,
    /// Who entered it.
    pub actor: String,
    /// The entry that notes it.
    pub entry: EntryRef,
}

/// An end-use check of a unit in service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Its code.
    pub code: Code,
    /// The resource.
    pub resource: Code,
    /// The serial number.
    pub serial: String,
    /// What was found.
    pub grade: Grade,
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// Hash of a photograph or paper; empty if there is none.
    pub evidence: String,
    /// A remark.
    pub remark: String,
    /// The entry that notes it.
    pub entry: EntryRef,
    /// That it was recorded by mistake, and counts for nothing.
    pub taken_back: Option<corrected::TakenBack>,
}

/// A key by which somebody signs on a device of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name.
    pub id: String,
    /// Whose it is.
    pub user: String,
    /// Its public half in base 64: of Ed25519 its 32 bytes, of a passkey its SubjectPublicKeyInfo.
    pub public_key: String,
    /// How browsers know it, if it is a passkey; else it is a key of Ed25519.
    pub passkey: Option<Passkey>,
    /// Where it lies.
    pub label: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Since when it no longer signs.
    pub revoked_at: Option<Timestamp>,
    /// The token of the phone that has it: one is revoked with the other. None: it stands for itself.
    pub token: Option<Code>,
}

impl SigningKey {
    /// Whether it signs for the phone that has this token.
    pub fn is_of(&self, token: &Code) -> bool {
        self.revoked_at.is_none() && self.token.as_ref() == Some(token)
    }

    /// Its kind in one word.
    pub fn kind(&self) -> &'static str {
        if self.passkey.is_some() { PASSKEY } else { ED25519 }
    }
}

/// A key that a page of ours made and uses.
pub const ED25519: &str = "ed25519";

/// A key that a browser uses for who unlocks it, by WebAuthn: ES256.
pub const PASSKEY: &str = "passkey";

/// How browsers know a passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its name to them, in base 64 for addresses.
    pub credential: String,
    /// The host at whose pages, and at those of hosts below it, it signs.
    pub relying_party: String,
}

/// A photograph or paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub hash: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}
