//! Consignments: goods under one document set, and the milestones by which they come from a donor's depot to the unit that uses them.
//!
//! A consignment goes along lanes from place to place. What moves in it is in the journal; here stands which milestone may follow which.

use crate::words;

words! {
    /// How far a consignment has come. Each milestone has its own time and place; none of them is "delivered".
    pub enum Milestone {
        /// Counted, packed, its papers and conditions in order.
        Readied = "readied",
        /// Left a place.
        Departed = "departed",
        /// Reached a place: counted by who took it over.
        ArrivedAtNode = "arrived_at_node",
        /// Looked at: condition of each line.
        Inspected = "inspected",
        /// The recipient owns it.
        TitleTransferred = "title_transferred",
        /// The unit has it.
        ReceivedByUnit = "received_by_unit",
    }
}

impl Milestone {
    /// Whether goods come into other hands by it: then both sign, as a rule.
    pub fn passes_custody(self) -> bool {
        matches!(self, Self::Departed | Self::ArrivedAtNode | Self::ReceivedByUnit)
    }
}

words! {
    /// Where a consignment stands.
    pub enum ConsignmentState {
        /// Lines may still be added, packed and taken out.
        Packing = "packing",
        /// Ready to go.
        Readied = "readied",
        /// On a lane.
        UnderWay = "under_way",
        /// At a place on its way, or at its end.
        AtNode = "at_node",
        /// The unit has it, or what was left of it went into other consignments.
        Closed = "closed",
        /// Given up before it left.
        Cancelled = "cancelled",
    }
}

impl ConsignmentState {
    /// Whether a milestone may follow.
    pub fn allows(self, milestone: Milestone) -> bool {
        use ConsignmentState::{AtNode, Packing, Readied, UnderWay};
        match milestone {
            Milestone::Readied => self == Packing,
            Milestone::Departed => matches!(self, Readied | AtNode),
            Milestone::ArrivedAtNode => self == UnderWay,
            Milestone::Inspected => matches!(self, AtNode | Packing | Readied),
            Milestone::TitleTransferred | Milestone::ReceivedByUnit => self == AtNode,
        }
    }

    /// Whether its goods are bound to it.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Closed | Self::Cancelled)
    }

    /// Whether it has not left yet, so that giving it up gives everything back.
    pub fn may_be_cancelled(self) -> bool {
        matches!(self, Self::Packing | Self::Readied)
    }
}

words! {
    /// In which condition goods were found.
    pub enum Condition {
        /// Fit for use.
        Serviceable = "serviceable",
        /// Not fit for use without repair.
        Unserviceable = "unserviceable",
        /// Fit, but parts, accessories or papers are missing.
        Incomplete = "incomplete",
        /// Hurt on the way.
        Damaged = "damaged",
    }
}

words! {
    /// What whoever looks at goods that stand somewhere sees of them.
    pub enum Seen {
        /// Fit for use.
        Serviceable = "serviceable",
        /// Not fit for use without repair.
        Unserviceable = "unserviceable",
        /// Fit, but parts, accessories or papers are missing.
        Incomplete = "incomplete",
        /// Hurt.
        Damaged = "damaged",
        /// Not there any more.
        Missing = "missing",
    }
}

impl Seen {
    /// The condition in which they are; none of what is not there.
    pub fn condition(self) -> Option<Condition> {
        match self {
            Self::Serviceable => Some(Condition::Serviceable),
            Self::Unserviceable => Some(Condition::Unserviceable),
            Self::Incomplete => Some(Condition::Incomplete),
            Self::Damaged => Some(Condition::Damaged),
            Self::Missing => None,
        }
    }
}

impl From<Condition> for Seen {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::Serviceable => Self::Serviceable,
            Condition::Unserviceable => Self::Unserviceable,
            Condition::Incomplete => Self::Incomplete,
            Condition::Damaged => Self::Damaged,
        }
    }
}

words! {
    /// What holds goods together on their way.
    pub enum HandlingUnitKind {
        /// A pallet.
        Pallet = "pallet",
        /// A box or crate.
        Box = "box",
        /// A freight container.
        Container = "container",
        /// A vehicle that moves as freight or on its own wheels.
        Vehicle = "vehicle",
        /// Something else.
        Other = "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consignment_departs_only_when_readied_or_at_a_node_and_ends_for_good() {
        for state in ConsignmentState::ALL {
            for milestone in Milestone::ALL {
                let over = !state.is_open();
                assert!(!over || !state.allows(*milestone), "{state} {milestone}");
            }
            let may = matches!(state, ConsignmentState::Readied | ConsignmentState::AtNode);
            assert_eq!(state.allows(Milestone::Departed), may, "{state}");
        }
        assert!(!ConsignmentState::UnderWay.may_be_cancelled());
    }
}
