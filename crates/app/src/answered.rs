//! Requests that carry a key of their own: each is done once, and the same request sent again gets the same answer.

use jiff::SignedDuration;
use muster_storage::answered::{self as store, Answered};

use crate::{App, Error};

/// How long an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// After so long a request without an answer is taken to have died; the journal then tells whether it was done.
const DEAD_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// What there is to do with a request under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is new: do it.
    New,
    /// It was done: its status and answer.
    Done(u16, String),
    /// It is being done.
    UnderWay,
    /// Another request was made under that key.
    Other,
}

impl App {
    /// Takes a key for a request, of which `request` is a hash.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn answer_begin(&self, user: &str, key: &str, request: &[u8]) -> Result<Turn, Error> {
        let now = self.now();
        store::forget_old(&self.db, now - KEPT).await?;
        if store::begin(&self.db, user, key, request, now).await? {
            return Ok(Turn::New);
        }
        let found = store::find(&mut self.read().await?, user, key).await?;
        // It was given free this moment.
        let Some(Answered { request: before, begun_at, status, answer }) = found else { return Ok(Turn::UnderWay) };
        if before != request {
            return Ok(Turn::Other);
        }
        if status != 0 {
            return Ok(Turn::Done(u16::try_from(status).unwrap_or(500), answer));
        }
        let dead = now.duration_since(begun_at) > DEAD_AFTER;
        let taken = dead && store::take_over(&self.db, user, key, begun_at, now).await?;
        Ok(if taken { Turn::New } else { Turn::UnderWay })
    }

    /// Keeps the answer to a request; without one its key is free again.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn answer_end(&self, user: &str, key: &str, answer: Option<(u16, &str)>) -> Result<(), Error> {
        match answer {
            Some((status, text)) => store::end(&self.db, user, key, i64::from(status), text).await?,
            None => store::forget(&self.db, user, key).await?,
        }
        Ok(())
    }
}
