//! Jobs: work that goes on by itself, tells how far it is, and can be come back to for a while. What it wrote is in the database; what was
//! under way when the program stopped is gone.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use muster_domain::{message, message::Message};

/// Most jobs of one kind that are remembered.
const MOST_REMEMBERED: usize = 100;

/// A job of one kind.
pub(crate) trait Job: Clone {
    /// Most that run at once.
    const MOST_RUNNING: usize;

    /// Its code, which nobody can guess.
    fn code(&self) -> &str;

    /// When it began.
    fn began_at(&self) -> Timestamp;

    /// Whether it has ended.
    fn is_over(&self) -> bool;
}

/// The jobs of one kind that are under way or just done.
#[derive(Debug)]
pub(crate) struct Jobs<J>(Mutex<BTreeMap<String, J>>);

impl<J> Default for Jobs<J> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<J: Job> Jobs<J> {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, J>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a new one in, unless as many run already as may, and forgets the oldest that are over. Tells whether it was taken in.
    pub(crate) fn begin(&self, job: &J) -> bool {
        let mut all = self.all();
        if all.values().filter(|job| !job.is_over()).count() >= J::MOST_RUNNING {
            return false;
        }
        while all.len() >= MOST_REMEMBERED {
            let over = all.values().filter(|job| job.is_over());
            let Some(oldest) = over.min_by_key(|job| job.began_at()).map(|job| job.code().to_owned()) else { break };
            all.remove(&oldest);
        }
        all.insert(job.code().to_owned(), job.clone());
        true
    }

    /// One by its code.
    pub(crate) fn get(&self, code: &str) -> Option<J> {
        self.all().get(code).cloned()
    }

    /// Those that run, oldest first.
    pub(crate) fn running(&self) -> Vec<J> {
        let mut running: Vec<J> = self.all().values().filter(|job| !job.is_over()).cloned().collect();
        running.sort_by_key(Job::began_at);
        running
    }
}

/// Why a job failed, for whoever asked for it: what failed inside is logged, never told.
pub(crate) fn reason(error: &crate::Error) -> Message {
    match error {
        crate::Error::Storage(_) => message!("database-failed-inside"),
        other => other.message(),
    }
}
