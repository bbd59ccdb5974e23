//! Funds: pools of money that a party keeps for the mission.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::{Currency, Field, Text},
    fixed::Fixed,
    message,
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
        /// What plans may spend of it on transport, repair and training, in the mission's currency; none: no limit.
        budget: Option<Fixed<2>>,
    }
}

impl Rules for Fund {
    fn rules(&self, faults: &mut Faults<'_>) {
        let budget = self.budget;
        faults.require(budget.is_none_or(|b| b.0 >= 0), "budget", budget.text(), message!("not-negative"));
    }
}
