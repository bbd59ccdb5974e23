//! Pools: what is used and comes back, and what several processes of a facility share – bays, beds, test stands, instructors.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::Text,
    place::Place,
    record,
    record::Rules,
    resource::Resource,
    words,
};

words! {
    /// What a pool is of.
    pub enum PoolKind {
        /// Room to repair one thing.
        Bay = "bay",
        /// Where what was repaired is tested.
        TestStand = "test_stand",
        /// Who repairs.
        Mechanic = "mechanic",
        /// Who teaches.
        Instructor = "instructor",
        /// Who interprets.
        Interpreter = "interpreter",
        /// A room to teach in.
        Classroom = "classroom",
        /// Where shooting, blasting, clearing or driving is practised.
        Range = "range",
        /// A machine that stands for the real one.
        Simulator = "simulator",
        /// Equipment to be taught on.
        TrainingKit = "training_kit",
        /// A bed for a night.
        Bed = "bed",
    }
}

record! {
    /// What several processes share.
    pub struct Pool in "pools" by (code) owned by () usually Participants {
        /// Its code.
        code: Code,
        /// Its name.
        name: Text,
        /// Where it is.
        place: Ref<Place>,
        /// Units there are in every period.
        quantity: u32,
        /// What raises it when it is brought there: instructors, training kit, given or lent.
        accepts: Option<Ref<Resource>>,
        /// What it is of.
        kind: Option<PoolKind>,
    }
}

impl Rules for Pool {
    fn rules(&self, _: &mut Faults<'_>) {}
}
