//! Files that somebody sent to be imported and looks at before they are: kept for a while, so that they need not be sent twice.

use std::{collections::VecDeque, sync::Mutex};

use jiff::{SignedDuration, Timestamp};
use muster_app::interchange::mission::Source;

/// How long a file is kept.
const KEPT: SignedDuration = SignedDuration::from_mins(30);

/// Most bytes that are kept of all.
const MOST_BYTES: usize = 256 << 20;

/// What somebody sent.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    /// Its name in addresses; nobody can guess it.
    pub(crate) code: String,
    /// Who sent it: nobody else gets it.
    pub(crate) user: String,
    pub(crate) sources: Vec<Source>,
    pub(crate) reason: String,
    pub(crate) at: Timestamp,
}

impl Upload {
    fn size(&self) -> usize {
        self.sources.iter().map(|source| source.bytes.len()).sum()
    }
}

/// All that were sent and not imported yet, newest first.
#[derive(Default)]
pub(crate) struct Uploads(Mutex<VecDeque<Upload>>);

impl Uploads {
    fn kept(&self) -> std::sync::MutexGuard<'_, VecDeque<Upload>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Keeps one, and forgets those that are old or too many.
    pub(crate) fn keep(&self, upload: Upload) {
        let mut all = self.kept();
        let oldest = upload.at - KEPT;
        all.push_front(upload);
        let mut bytes = 0;
        all.retain(|upload| {
            bytes += upload.size();
            upload.at >= oldest && bytes <= MOST_BYTES
        });
    }

    /// One of somebody's own.
    pub(crate) fn get(&self, code: &str, user: &str) -> Option<Upload> {
        self.kept().iter().find(|upload| upload.code == code && upload.user == user).cloned()
    }

    /// Forgets one.
    pub(crate) fn forget(&self, code: &str) {
        self.kept().retain(|upload| upload.code != code);
    }
}
