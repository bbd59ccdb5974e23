//! Statements: dated public declarations that back a participation, a pledge or a commitment.

use crate::{
    code::{Code, Ref},
    date::PartialDate,
    fault::Faults,
    field::Text,
    party::Party,
    record,
    record::Rules,
};

record! {
    /// What a party publicly declared, where and when.
    pub struct Statement in "statements" by (code) owned by (party) usually Public {
        /// Its code.
        code: Code,
        /// Who made it.
        party: Ref<Party>,
        /// When.
        date: PartialDate,
        /// Where.
        place: String,
        /// Its title.
        title: Text,
        /// What was declared, in our own words.
        text: Text,
    }
}

impl Rules for Statement {
    fn rules(&self, _: &mut Faults<'_>) {}
}
