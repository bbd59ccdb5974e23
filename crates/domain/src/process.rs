//! Processes: capacity to turn one resource into another at a place – repair, training.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::Field,
    fixed::Fixed,
    fund::Fund,
    message,
    place::Place,
    pool::Pool,
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
        /// The fund that pays for it.
        fund: Option<Ref<Fund>>,
        /// Share of the units that start which come out as the output; none: all of them.
        pass_share: Option<Fixed<3>>,
    }
}

impl Rules for Process {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.input != self.output, "output", self.output.as_str(), message!("another-resource"));
        faults.require(self.cost.0 >= 0, "cost", self.cost.text(), message!("not-negative"));
        let days = self.duration_days;
        faults.require(days <= 3_650, "duration_days", days.to_string(), message!("at-most", most = 3_650));
        if let Some(share) = self.pass_share {
            faults.require(share.0 > 0, "pass_share", share.text(), message!("above-zero"));
            faults.require(share.0 <= Fixed::<3>::ONE, "pass_share", share.text(), message!("at-most", most = 1));
        }
    }
}

record! {
    /// What each unit that is repaired or taught uses up: spares, ammunition for training.
    pub struct ProcessNeed in "process_needs" by (process, resource) part of "processes" {
        /// The process.
        process: Ref<Process>,
        /// What it uses up.
        resource: Ref<Resource>,
        /// Units for each unit that starts.
        quantity: Fixed<3>,
    }
}

impl Rules for ProcessNeed {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.quantity.0 > 0, "quantity", self.quantity.text(), message!("above-zero"));
    }
}

record! {
    /// What each unit that is repaired or taught takes of a pool and gives back: a bay, an instructor's time.
    pub struct ProcessHold in "process_holds" by (process, pool) part of "processes" {
        /// The process.
        process: Ref<Process>,
        /// The pool.
        pool: Ref<Pool>,
        /// Units of the pool for each unit that starts.
        quantity: Fixed<3>,
        /// For how many days from the start; none: as long as it takes.
        days: Option<u32>,
    }
}

impl Rules for ProcessHold {
    fn rules(&self, faults: &mut Faults<'_>) {
        faults.require(self.quantity.0 > 0, "quantity", self.quantity.text(), message!("above-zero"));
        let days = self.days;
        let right = days.is_none_or(|days| (1..=3_650).contains(&days));
        faults.require(right, "days", days.text(), message!("from-to", least = 1, most = 3_650));
    }
}
