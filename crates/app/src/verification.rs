//! Verifications under way: the journal is recomputed by itself, tells how far it is, and can be come back to for a while.

use jiff::Timestamp;
use muster_domain::{ledger::entry::EntryNumber, ledger::seal::Misfit, message, message::Message, policy::Action};
use muster_storage::ledger::verify::Verified;
use tokio::sync::watch;

use crate::{
    Actor, App, Error,
    job::{Job, reason},
};

/// How far a verification is.
#[derive(Clone, Debug)]
pub enum Progress {
    /// So many entries fit so far, of as many as there were when it began.
    Running(EntryNumber),
    /// It is over: everything fits, or this is the first thing that does not.
    Ended(Result<Verified, Misfit>),
    /// It could not be carried out, for this reason.
    Failed(Message),
}

/// A verification under way, or just done.
#[derive(Clone, Debug)]
pub struct Verification {
    /// Its code, which nobody can guess.
    pub code: String,
    /// Who asked for it.
    pub actor: String,
    /// When it began.
    pub began_at: Timestamp,
    /// How many entries there were then.
    pub entries: EntryNumber,
    progress: watch::Receiver<Progress>,
}

impl Verification {
    /// How far it is now.
    pub fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// Waits until it is over.
    pub async fn over(&self) {
        // Nobody tells of it any more only when it is over.
        let _ = self.progress.clone().wait_for(|progress| !matches!(progress, Progress::Running(_))).await;
    }
}

impl Job for Verification {
    // Each reads the whole journal.
    const MOST_RUNNING: usize = 2;

    fn code(&self) -> &str {
        &self.code
    }

    fn began_at(&self) -> Timestamp {
        self.began_at
    }

    fn is_over(&self) -> bool {
        !matches!(self.progress(), Progress::Running(_))
    }
}

impl App {
    /// Begins to recompute the whole journal with the key that the database names, which goes on by itself.
    ///
    /// # Errors
    /// If the actor may not audit, as many run already as may, or the database fails.
    pub async fn verify_begin(&self, actor: &Actor) -> Result<Verification, Error> {
        actor.may(Action::Audit)?;
        let (entries, _) = self.journal_length(&actor.viewer).await?.unwrap_or_default();
        let (tell, progress) = watch::channel(Progress::Running(0));
        let job = Verification {
            code: self.secret(12),
            actor: actor.name().to_owned(),
            began_at: self.now(),
            entries,
            progress,
        };
        if !self.verifications.begin(&job) {
            let most = Verification::MOST_RUNNING;
            return Err(Error::Invalid(message!("verifications-under-way", most)));
        }
        let (app, viewer) = (self.clone(), actor.viewer.clone());
        tokio::spawn(async move {
            let running = |fit| {
                tell.send_replace(Progress::Running(fit));
            };
            let over = app.verify(&viewer, None, None, running).await.map_or_else(
                |error| {
                    tracing::warn!(%error, "the journal could not be recomputed");
                    Progress::Failed(reason(&error))
                },
                Progress::Ended,
            );
            tell.send_replace(over);
        });
        Ok(job)
    }

    /// A verification that somebody asked for.
    ///
    /// # Errors
    /// If they asked for none of that code, or it is long over.
    pub fn verification(&self, code: &str, actor: &Actor) -> Result<Verification, Error> {
        let found = self.verifications.get(code).filter(|job| job.actor == actor.name());
        found.ok_or_else(|| Error::NotFound { what: "verification", code: code.to_owned() })
    }
}
