//! Processes: capacity to turn one resource into another at a place – repair, training.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::Field,
    fixed::Fixed,
    message,
    place::Place,
    record,
    record::Rules,
    resource::Resource,
    words,
};

words! {
    /// What a process does.
    pub enum ProcessKind {
        /// Unserviceable goods become serviceable.
        Repair = "repair",
        /// Untrained people become trained.
        Training = "training",
    }
}

record! {
    /// Capacity to turn one unit of a resource into one unit of another.
    pub struct Process in "processes" by (code) owned by () usually Participants {
        /// Its code.
        code: Code,
        /// What it does.
        kind: ProcessKind,
        /// Where.
        place: Ref<Place>,
        /// What goes in.
        input: Ref<Resource>,
        /// What comes out.
        output: Ref<Resource>,
        /// Days it takes.
        duration_days: u32,
        /// Units that may start in one period.
        capacity: u32,
        /// Cost of one unit, in the mission's currency.
        cost: Fixed<2>,
    }
}

impl Rules for Process {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.input != self.output, "output", self.output.as_str(), message!("another-resource"));
        faults.require(self.cost.0 >= 0, "cost", self.cost.text(), message!("not-negative"));
        let days = self.duration_days;
        faults.require(days <= 3_650, "duration_days", days.to_string(), message!("at-most", most = 3_650));
    }
}
