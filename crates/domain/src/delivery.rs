//! Delivery terms: what a party calls "delivered". Muster knows milestones only; a report that says "delivered" says by whose term.

use crate::{
    code::{Code, Ref},
    consignment::Milestone,
    fault::Faults,
    field::Text,
    party::Party,
    record,
    record::Rules,
};

record! {
    /// What a party means when it says "delivered".
    pub struct DeliveryTerm in "delivery_terms" by (code) owned by (party) usually Participants {
        /// Its code.
        code: Code,
        /// Whose term it is.
        party: Ref<Party>,
        /// Its name, as reports show it.
        name: Text,
        /// The milestone that it means.
        milestone: Milestone,
    }
}

impl Rules for DeliveryTerm {
    fn rules(&self, _: &mut Faults<'_>) {}
}
