//! Caveats: what a donor allows, and what must be there before it lets go.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::Text,
    message,
    party::Party,
    picture::Picture,
    record,
    record::Rules,
    words,
};

words! {
    /// What must be there before goods are released.
    pub enum Condition {
        /// The nation of origin agrees to the transfer.
        OriginConsent = "origin_consent",
        /// The donor has declared the goods surplus.
        SurplusDeclared = "surplus_declared",
        /// The recipient has signed an end-use certificate.
        EndUseCertificate = "end_use_certificate",
    }
}

record! {
    /// A donor's limit on what it gives.
    pub struct Caveat in "caveats" by (code) owned by (party) usually Owner {
        /// Its code.
        code: Code,
        /// The donor.
        party: Ref<Party>,
        /// Its name.
        name: Text,
        /// Purposes it may serve; none named: any.
        purposes: Vec<Text>,
        /// Parties that may receive it; none named: any.
        recipients: Vec<Ref<Party>>,
        /// Whether the donor declares it non-lethal. Never inferred.
        non_lethal: Option<bool>,
        /// Allowed uses, in words.
        uses: String,
        /// What must be there before release.
        conditions: Vec<Condition>,
        /// Days from arrival to the first end-use check.
        first_check_days: Option<u32>,
        /// Days between later checks.
        recheck_days: Option<u32>,
        /// The limit in words.
        text: Text,
    }
}

/// Why a caveat keeps an offer from a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excludes {
    /// It does not allow the purpose.
    Purpose,
    /// It does not allow the recipient.
    Recipient,
}

impl Caveat {
    /// Why it keeps what it limits from a unit that needs it for a purpose; `None` if it does not.
    pub fn excludes(&self, picture: &Picture, purpose: &str, unit: &str) -> Option<Excludes> {
        let purposes = self.purposes.is_empty() || self.purposes.iter().any(|p| p.as_str() == purpose);
        let to = |r: &Ref<Party>| picture.belongs(unit, r.as_str());
        let recipients = self.recipients.is_empty() || self.recipients.iter().any(to);
        match (purposes, recipients) {
            (false, _) => Some(Excludes::Purpose),
            (true, false) => Some(Excludes::Recipient),
            (true, true) => None,
        }
    }
}

impl Rules for Caveat {
    fn rules(&self, faults: &mut Faults<'_>) {
        let again = self.recheck_days.map_or_else(String::new, |d| d.to_string());
        faults.require(self.recheck_days != Some(0), "recheck_days", again, message!("one-or-more"));
    }
}
