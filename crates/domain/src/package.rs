//! Packages: items, crews, spares and manuals that are worth something only together.

use jiff::civil::Date;

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
    requirement::{RequirementState, need_rules},
    resource::Resource,
    words,
};

record! {
    /// A need for complete sets.
    pub struct Package in "packages" by (code) owned by (unit) usually Participants {
        /// Its code, not that of a requirement.
        code: Code,
        /// Its name.
        name: Text,
        /// Who needs it.
        unit: Ref<Party>,
        /// Where.
        place: Ref<Place>,
        /// What for.
        purpose: Text,
        /// Most sets wanted.
        count: u32,
        /// Value of one complete set.
        priority: Fixed<3>,
        /// Until when it is worth all of that.
        due: Date,
        /// From when it is worth nothing.
        expires: Date,
        /// How far it has come.
        state: RequirementState,
        /// Why it is in that state.
        state_reason: String,
    }
}

impl Rules for Package {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.count > 0, "count", self.count.text(), message!("one-or-more"));
        need_rules(self.priority, self.due, self.expires, self.state, &self.state_reason, faults);
    }
}

words! {
    /// What a component is to its package.
    pub enum Role {
        /// The equipment itself.
        Equipment = "equipment",
        /// Who uses it.
        Crew = "crew",
        /// What keeps it going.
        Spares = "spares",
        /// How it is used and kept.
        Manuals = "manuals",
    }
}

record! {
    /// What one set of a package holds.
    pub struct PackageComponent in "package_components" by (package, resource) part of "packages" {
        /// The package.
        package: Ref<Package>,
        /// The resource.
        resource: Ref<Resource>,
        /// Units of it in one set.
        quantity: u32,
        /// What it is to the package.
        role: Role,
    }
}

impl Rules for PackageComponent {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.quantity > 0, "quantity", self.quantity.text(), message!("one-or-more"));
    }
}
