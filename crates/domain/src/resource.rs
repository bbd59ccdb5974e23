//! Resources: an item in one state – what the ledger counts.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    item::{Item, ItemKind},
    record,
    record::Rules,
    words,
};

words! {
    /// The state in which an item is counted.
    pub enum ResourceState {
        /// Goods fit for use.
        Serviceable = "serviceable",
        /// Goods that must be repaired first.
        Unserviceable = "unserviceable",
        /// People before their training.
        Untrained = "untrained",
        /// People after it.
        Trained = "trained",
        /// Money.
        Funds = "funds",
    }
}

impl ResourceState {
    /// The kind of item that can be in this state.
    pub fn kind(self) -> ItemKind {
        match self {
            Self::Serviceable | Self::Unserviceable => ItemKind::Materiel,
            Self::Untrained | Self::Trained => ItemKind::Personnel,
            Self::Funds => ItemKind::Money,
        }
    }
}

record! {
    /// An item in one state.
    pub struct Resource in "resources" by (code) owned by () usually Participants {
        /// Its code.
        code: Code,
        /// The item.
        item: Ref<Item>,
        /// The state.
        state: ResourceState,
    }
}

impl Rules for Resource {
    fn rules(&self, _: &mut Faults<'_>) {}
}
