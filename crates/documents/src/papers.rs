//! Papers: all that documents say of one consignment, as plain values. Who makes them has looked up the names and asked who may see what.

use jiff::{Timestamp, tz::TimeZone};
use muster_domain::{
    consignment::HandlingUnitKind,
    date::PartialDate,
    document::DocumentKind,
    field::{Country, Currency},
    fixed::Fixed,
    gs1::Sscc,
    item::{Nsn, PackingGroup, UnNumber},
    lane::Mode,
    resource::ResourceState,
    words,
};

/// One consignment, as it stands when its documents are issued. An empty text is not known, and prints as a blank to be filled in by
/// hand where a document needs it.
#[derive(Clone, Debug)]
pub struct Papers {
    /// The mission's name.
    pub mission: String,
    /// The number of the document.
    pub number: String,
    /// When it is issued.
    pub issued_at: Timestamp,
    /// The zone in which all times are shown.
    pub zone: TimeZone,
    /// The consignment's code.
    pub consignment: String,
    /// Where the goods are taken over.
    pub from: Place,
    /// Where they are to be delivered.
    pub to: Place,
    /// Who sends.
    pub consignor: Party,
    /// Who receives.
    pub consignee: Party,
    /// Who carries.
    pub carrier: Option<Party>,
    /// Who gave the goods.
    pub donor: Option<Party>,
    /// The way, in order. A waybill has the part of it for which it is made out, all by one mode.
    pub legs: Vec<Leg>,
    /// The goods.
    pub lines: Vec<Line>,
    /// The documents that go with it.
    pub attached: Vec<DocumentKind>,
    /// What they are packed on.
    pub handling_units: Vec<HandlingUnit>,
    /// What the carrier and the consignee are to heed.
    pub instructions: String,
    /// What the donor allows and forbids.
    pub caveats: String,
    /// What came and stands on no manifest, a thing to a line.
    pub unmanifested: String,
    /// What is odd about who signed, and when.
    pub doubts: Vec<Doubt>,
    /// Who hands over.
    pub released: Option<Signature>,
    /// Who takes over.
    pub received: Option<Signature>,
    /// By what the document can be verified.
    pub verification: Option<Verification>,
}

/// A place on the way.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Its country.
    pub country: Option<Country>,
    /// Its UN/LOCODE.
    pub locode: String,
    /// Its address, in lines.
    pub address: String,
}

/// Who takes part, with an address.
#[derive(Clone, Debug, Default)]
pub struct Party {
    /// Its name.
    pub name: String,
    /// Its address, in lines.
    pub address: String,
    /// Its country.
    pub country: Option<Country>,
    /// Whom to ask, and how.
    pub contact: String,
}

/// One part of the way, by one conveyance.
#[derive(Clone, Debug)]
pub struct Leg {
    /// How.
    pub mode: Mode,
    /// Number plate, wagon, vessel and voyage, or flight.
    pub conveyance: String,
    /// Who carries.
    pub carrier: String,
    /// From where.
    pub from: Place,
    /// To where.
    pub to: Place,
    /// When it leaves.
    pub departs: Moment,
    /// When it arrives.
    pub arrives: Moment,
}

/// When something was to be and when it was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    /// As planned.
    pub planned: Option<Timestamp>,
    /// As it was.
    pub actual: Option<Timestamp>,
}

/// Some units of one resource.
#[derive(Clone, Debug)]
pub struct Line {
    /// The consignment that it is of, where the document is of several; else empty.
    pub consignment: String,
    /// Its number in the consignment.
    pub number: u32,
    /// The item's name.
    pub item: String,
    /// Its NATO stock number.
    pub nsn: Option<Nsn>,
    /// The state it is in.
    pub state: Option<ResourceState>,
    /// Its units by lot, serial number and handling unit, as far as they are known so.
    pub units: Vec<Packed>,
    /// How many units were shipped.
    pub quantity: i64,
    /// The unit of issue.
    pub unit: String,
    /// Mass of the line, in kilograms.
    pub mass_kg: Option<Fixed<3>>,
    /// Volume of the line, in cubic metres.
    pub volume_m3: Option<Fixed<3>>,
    /// Number of the dangerous goods.
    pub un_number: Option<UnNumber>,
    /// The name by which the regulations know them.
    pub proper_shipping_name: String,
    /// Their class or division.
    pub hazard_class: String,
    /// Their packing group.
    pub packing_group: Option<PackingGroup>,
    /// Mass of what explodes in the line, in kilograms.
    pub net_explosive_kg: Option<Fixed<3>>,
    /// What it is worth.
    pub value: Option<Value>,
    /// What was counted on arrival.
    pub count: Option<Count>,
}

impl Line {
    /// The serial numbers of its units, in order.
    pub fn serials(&self) -> impl Iterator<Item = &str> {
        self.units.iter().flat_map(|units| units.serials.iter().map(String::as_str))
    }

    /// Its lots, each with how many units are of it.
    pub fn lots(&self) -> Vec<(&str, i64)> {
        let of_lots = self.units.iter().filter(|units| !units.lot.is_empty());
        sums(of_lots.map(|units| (units.lot.as_str(), units.quantity)))
    }

    /// The handling units on which some of it lies, each with how many units lie there.
    pub fn lies_on(&self) -> Vec<(&Sscc, i64)> {
        sums(self.units.iter().filter_map(|units| Some((units.handling_unit.as_ref()?, units.quantity))))
    }

    /// How many of its units lie on a handling unit; none: nothing of it does.
    pub fn on(&self, sscc: &Sscc) -> Option<i64> {
        let there = self.units.iter().filter(|units| units.handling_unit.as_ref() == Some(sscc));
        there.map(|units| units.quantity).reduce(|all, more| all + more)
    }
}

/// How many there are of each, in the order in which they are first named.
fn sums<T: PartialEq>(all: impl Iterator<Item = (T, i64)>) -> Vec<(T, i64)> {
    let mut sums: Vec<(T, i64)> = Vec::new();
    for (of, quantity) in all {
        match sums.iter_mut().find(|(known, _)| *known == of) {
            Some((_, sum)) => *sum += quantity,
            None => sums.push((of, quantity)),
        }
    }
    sums
}

/// Units of a line that are of one lot and lie together.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    /// Their lot, or empty.
    pub lot: String,
    /// Their serial numbers, as far as they are known.
    pub serials: Vec<String>,
    /// How many they are.
    pub quantity: i64,
    /// The handling unit on which they lie.
    pub handling_unit: Option<Sscc>,
}

/// What a line is worth, and who says so.
#[derive(Clone, Debug)]
pub struct Value {
    /// In minor units of the currency.
    pub amount_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// How it was found.
    pub method: String,
    /// As of when, as far as that is known.
    pub date: Option<PartialDate>,
    /// Who or what says so.
    pub source: String,
}

/// What was counted on arrival, in units of issue.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// What came, damaged or too much or not.
    pub received: i64,
    /// What did not come.
    pub short: i64,
    /// What came damaged.
    pub damaged: i64,
    /// What came and was not shipped.
    pub over: i64,
    /// What there is to say about it.
    pub remark: String,
    /// Which units it is of, where they are known one by one or by lot.
    pub particulars: Vec<Particular>,
}

words! {
    /// What a count says of units.
    pub enum Finding {
        /// They are there and right.
        Received = "received",
        /// They are not there.
        Short = "short",
        /// They are damaged.
        Damaged = "damaged",
        /// They are there and were not shipped.
        Over = "over",
    }
}

/// Units of which a count says the same.
#[derive(Clone, Debug)]
pub struct Particular {
    /// What it says.
    pub finding: Finding,
    /// Their lot, or empty.
    pub lot: String,
    /// Their serial numbers.
    pub serials: Vec<String>,
    /// How many they are.
    pub quantity: i64,
}

/// A pallet, box or container.
#[derive(Clone, Debug)]
pub struct HandlingUnit {
    /// Its number.
    pub sscc: Sscc,
    /// What it is.
    pub packing: HandlingUnitKind,
    /// Its mass with what is on it, in kilograms.
    pub gross_kg: Option<Fixed<3>>,
    /// The number of its seal.
    pub seal: String,
}

words! {
    /// What is odd about the signatures on a receipt.
    pub enum Doubt {
        /// Both are of one party, though the goods change hands.
        OneParty = "one_party",
        /// Neither is of a party that has the goods or is to have them.
        Strangers = "strangers",
        /// They tell another time than what is recorded.
        OtherTime = "other_time",
        /// They were given after it was recorded.
        Later = "later",
        /// What they are for was recorded by mistake, and taken back.
        TakenBack = "taken_back",
    }
}

words! {
    /// How somebody signed.
    pub enum Method {
        /// By a key of their own.
        Key = "key",
        /// By a passkey.
        Passkey = "passkey",
        /// By a number that only they know.
        Pin = "pin",
        /// By hand, on paper.
        Paper = "paper",
    }
}

/// Who signed for what.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The name.
    pub name: String,
    /// For which party.
    pub party: String,
    /// In which role.
    pub role: String,
    /// Where.
    pub place: String,
    /// When.
    pub signed_at: Option<Timestamp>,
    /// How.
    pub method: Method,
    /// Name or fingerprint of the key.
    pub key: String,
    /// The signature, or how it begins.
    pub signature: String,
}

/// By what a document can be verified.
#[derive(Clone, Debug)]
pub struct Verification {
    /// What to do with it.
    pub text: String,
    /// The hash of what the document says.
    pub hash: String,
    /// The fingerprint of the public key.
    pub key: String,
    /// What the QR code holds.
    pub qr: String,
    /// What was sealed, as JSON; it is attached to the document.
    pub sealed: String,
}
