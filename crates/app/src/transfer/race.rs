//! Two at the same moment: what one of them knew is looked at again where it is written, and who came second begins anew with what is true now.

use muster_storage::Error as Stored;

use crate::Error;

/// How often something is begun anew because others were faster.
pub(crate) const TRIES: usize = 8;

/// Whether others were faster with something of which this knew too little, and nothing was done: begun anew it may well succeed.
pub(crate) fn was_overtaken(error: &Error) -> bool {
    let Error::Storage(Stored::Conflict(why)) = error else { return false };
    matches!(why.key, "need-received-meanwhile" | "movement-boarded")
}

/// Does something, and again as long as others are faster.
macro_rules! unless_overtaken {
    ($done:expr) => {{
        let mut tries = 1;
        loop {
            match $done {
                Err(error)
                    if tries < $crate::transfer::race::TRIES && $crate::transfer::race::was_overtaken(&error) =>
                {
                    tries += 1;
                }
                done => break done,
            }
        }
    }};
}
pub(crate) use unless_overtaken;
