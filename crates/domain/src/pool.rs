//! Pools: what is used and comes back, and what several processes of a facility share – bays, beds, test stands, instructors.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::Text,
    place::Place,
    record,
    record::Rules,
    resource::Resource,
};

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
    }
}

impl Rules for Pool {
    fn rules(&self, _: &mut Faults<'_>) {}
}
