//! Roles: what a person does in the mission.

use crate::words;

words! {
    /// What a person does. Somebody may have several.
    pub enum Role {
        /// Brings needs and offers together and decides on plans.
        Coordinator = "coordinator",
        /// Speaks for a donor: its offers, caveats and statements.
        DonorLiaison = "donor_liaison",
        /// Speaks for the recipient's units: their needs.
        RequirementsOfficer = "requirements_officer",
        /// Plans movements: places, lanes, plans, dispatch.
        MovementPlanner = "movement_planner",
        /// Works at a hub: what comes in and goes out.
        HubOperator = "hub_operator",
        /// Matches courses, hosts, kit and interpreters.
        TrainingCoordinator = "training_coordinator",
        /// Trains.
        TrainingFacility = "training_facility",
        /// Sends what is broken to where it is mended.
        RepairManager = "repair_manager",
        /// Repairs.
        RepairFacility = "repair_facility",
        /// Keeps the funds.
        FundManager = "fund_manager",
        /// Plans the long-term development of the forces.
        DevelopmentPlanner = "development_planner",
        /// Looks whether every unit can be accounted for; changes nothing.
        Auditor = "auditor",
        /// Gives accounts and rights, keeps the system.
        Administrator = "administrator",
    }
}

impl Role {
    /// Whether it is a role of the mission's staff, who see every record; the others see what is their own party's and what is
    /// released to them.
    pub fn is_staff(self) -> bool {
        !matches!(
            self,
            Self::DonorLiaison
                | Self::RequirementsOfficer
                | Self::HubOperator
                | Self::TrainingFacility
                | Self::RepairFacility
        )
    }
}
