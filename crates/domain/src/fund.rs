//! Funds: pools of money that a party keeps for the mission.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::{Currency, Text},
    party::Party,
    record,
    record::Rules,
};

record! {
    /// A pool of money.
    pub struct Fund in "funds" by (code) owned by (holder) usually Participants {
        /// Its code.
        code: Code,
        /// Its name.
        name: Text,
        /// Who keeps it.
        holder: Ref<Party>,
        /// Its currency.
        currency: Currency,
    }
}

impl Rules for Fund {
    fn rules(&self, _: &mut Faults<'_>) {}
}
