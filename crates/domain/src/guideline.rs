//! Guidelines: what a plan should also heed, at a price – fair shares, fleets of few types, reserves.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::{Field, Text},
    fixed::Fixed,
    message,
    party::Party,
    place::Place,
    record,
    record::Rules,
    resource::Resource,
};

record! {
    /// A least value for a unit or a purpose.
    pub struct FairShare in "fair_shares" by (code) owned by () usually Participants {
        /// Its code.
        code: Code,
        /// Its name.
        name: Text,
        /// The unit whose needs count; none: any.
        unit: Option<Ref<Party>>,
        /// The purpose for which they are; none: any.
        purpose: String,
        /// What a plan should be worth to them at least, in the units of the needs' values.
        value: Fixed<3>,
        /// What each unit of value that is missing costs a plan.
        penalty: Fixed<3>,
    }
}

impl Rules for FairShare {
    fn rules(&self, faults: &mut Faults<'_>) {
        for (column, number) in [("value", self.value), ("penalty", self.penalty)] {
            faults.require(number.0 > 0, column, number.text(), message!("above-zero"));
        }
    }
}

record! {
    /// Types of which a unit should not have to keep many.
    pub struct Fleet in "fleets" by (code) owned by () usually Participants {
        /// Its code.
        code: Code,
        /// Its name.
        name: Text,
        /// The unit.
        unit: Ref<Party>,
        /// The types.
        resources: Vec<Ref<Resource>>,
        /// What each type beyond the first costs a plan, in value.
        penalty: Fixed<3>,
    }
}

impl Rules for Fleet {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.penalty.0 > 0, "penalty", self.penalty.text(), message!("above-zero"));
        faults.require(self.resources.len() > 1, "resources", self.resources.text(), message!("fleet-of-one"));
    }
}

record! {
    /// Units of a resource that should not be planned.
    pub struct Reserve in "reserves" by (code) owned by () usually Participants {
        /// Its code.
        code: Code,
        /// Its name.
        name: Text,
        /// The resource.
        resource: Ref<Resource>,
        /// Where it waits; none: anywhere.
        place: Option<Ref<Place>>,
        /// Units.
        quantity: u32,
        /// What each unit that is missing costs a plan, in value.
        penalty: Fixed<3>,
    }
}

impl Rules for Reserve {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.penalty.0 > 0, "penalty", self.penalty.text(), message!("above-zero"));
    }
}
