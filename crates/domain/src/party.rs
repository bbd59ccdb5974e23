//! Parties: who takes part – nations, organisations, units, operators, suppliers.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::{Country, Text},
    gs1::Gln,
    message,
    ncage::Ncage,
    record,
    record::Rules,
    words,
};

words! {
    /// What a party is.
    pub enum PartyKind {
        /// A country, by its ISO 3166 alpha-3 code.
        Nation = "nation",
        /// A body of several nations or a public institution.
        Organisation = "organisation",
        /// A unit of the forces that are helped.
        Unit = "unit",
        /// Who runs a facility.
        Operator = "operator",
        /// A company that sells.
        Supplier = "supplier",
    }
}

record! {
    /// Who takes part.
    pub struct Party in "parties" by (code) owned by (code) usually Participants {
        /// Its code; for a nation ISO 3166 alpha-3.
        code: Code,
        /// Its name.
        name: Text,
        /// What it is.
        kind: PartyKind,
        /// Its country.
        country: Option<Country>,
        /// The body or unit it belongs to.
        parent: Option<Ref<Party>>,
        /// Its code in NATO's codification system.
        ncage: Option<Ncage>,
        /// Its number in trade.
        gln: Option<Gln>,
        /// Where papers reach it, in lines.
        address: Vec<Text>,
        /// Whom to ask, and how: an office and its telephone or mail, no person's.
        contact: String,
    }
}

impl Rules for Party {
    fn rules(&self, faults: &mut Faults<'_>) {
        let own = self.country.as_ref().map(Country::as_str);
        faults.require(
            self.kind != PartyKind::Nation || own == Some(self.code.as_str()),
            "country",
            own.unwrap_or_default(),
            message!("nation-by-its-code"),
        );
        faults.require(
            self.parent.as_ref().is_none_or(|p| *p.code() != self.code),
            "parent",
            self.code.as_str(),
            message!("another-party"),
        );
    }
}
