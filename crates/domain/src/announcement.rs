//! Announcements: what the world publishes about help, line by line, as it was published. An offer is itemised and bound to a place; an
//! announcement is a public figure that an offer may later be held against.

use crate::{
    code::{Code, Ref},
    date::PartialDate,
    fault::Faults,
    field::{Currency, Field, Text},
    fixed::Fixed,
    message,
    party::Party,
    record,
    record::Rules,
    stated::Stated,
    words,
};

words! {
    /// What was announced.
    pub enum AnnouncementKind {
        /// Intent.
        Pledge = "pledge",
        /// A binding promise.
        Commitment = "commitment",
        /// Something that was handed over.
        Delivery = "delivery",
        /// Money.
        Financial = "financial",
        /// Humanitarian help.
        Humanitarian = "humanitarian",
        /// Anything else.
        Other = "other",
    }
}

record! {
    /// A published line of help.
    pub struct Announcement in "announcements" by (code) owned by (party) usually Public {
        /// Its code.
        code: Code,
        /// Who helps.
        party: Ref<Party>,
        /// What was announced.
        kind: AnnouncementKind,
        /// The kind as it was published.
        kind_text: String,
        /// What is given, as it was published.
        item: String,
        /// How much of it.
        quantity: Option<Stated<Fixed<3>>>,
        /// When it was announced.
        date: Option<Stated<PartialDate>>,
        /// Its value in whole units of the currency.
        value: Option<Stated<Fixed<6>>>,
        /// Currency of the value.
        value_currency: Option<Currency>,
        /// The value in the currency into which the table was converted.
        converted: Option<Stated<Fixed<6>>>,
        /// Currency of the converted value.
        converted_currency: Option<Currency>,
        /// Units of the value's currency for one unit of the converted one.
        rate: Option<Fixed<9>>,
        /// Where the rate comes from.
        rate_source: String,
        /// The day of the rate.
        rate_date: Option<PartialDate>,
        /// Lines of one announcement share a group; its value may stand on the first line only.
        group: String,
        /// The file it was read from.
        table: Text,
        /// The line in that file, counted from 1.
        line: u32,
        /// What was published in cells that were read as more than their text, as `column=text` with `; ` between.
        original: String,
    }
}

impl Rules for Announcement {
    fn rules(&self, faults: &mut Faults<'_>) {
        let known = self.value.as_ref().and_then(Stated::known).is_some();
        faults.require(
            !known || self.value_currency.is_some(),
            "value_currency",
            "",
            message!("currency-of-value-missing"),
        );
        let known = self.converted.as_ref().and_then(Stated::known).is_some();
        let converted = !known || self.converted_currency.is_some();
        faults.require(converted, "converted_currency", "", message!("currency-of-converted-missing"));
        faults.require(self.rate.is_none_or(|r| r.0 > 0), "rate", self.rate.text(), message!("above-zero"));
        faults.require(
            self.rate.is_none() || !self.rate_source.is_empty(),
            "rate_source",
            "",
            message!("rate-source-missing"),
        );
    }
}
