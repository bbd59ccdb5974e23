//! Imports under way: each goes on by itself, tells how far it is, and can be come back to for a while. What it wrote is in the journal;
//! what was under way when the program stopped is gone, and is sent again under the same key.

use std::sync::Arc;

use jiff::Timestamp;
use muster_domain::{message, message::Message};
use muster_interchange::mission::{Source, read};
use tokio::sync::watch;

use crate::{
    Actor, App, Error, blocking,
    job::{Job, reason},
    mission::{Imported, counts},
};

/// How far an import is.
#[derive(Clone, Debug)]
pub enum Progress {
    /// The files are read.
    Reading,
    /// So many records were read and are held against those there are.
    Checking(usize),
    /// It is done, or would be; or it has problems and nothing was written.
    Ended(Arc<Imported>),
    /// It could not be done, for this reason.
    Failed(Message),
}

/// An import under way, or just done.
#[derive(Clone, Debug)]
pub struct ImportJob {
    /// Its code, which nobody can guess.
    pub code: String,
    /// Who asked for it.
    pub actor: String,
    /// When it began.
    pub began_at: Timestamp,
    /// Whether it is only tried.
    pub dry_run: bool,
    progress: watch::Receiver<Progress>,
}

impl ImportJob {
    /// How far it is now.
    pub fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }
}

impl Job for ImportJob {
    const MOST_RUNNING: usize = 4;

    fn code(&self) -> &str {
        &self.code
    }

    fn began_at(&self) -> Timestamp {
        self.began_at
    }

    fn is_over(&self) -> bool {
        matches!(self.progress(), Progress::Ended(_) | Progress::Failed(_))
    }
}

impl App {
    /// Begins an import, which goes on by itself.
    ///
    /// # Errors
    /// If as many run already as may.
    pub fn import_begin(&self, sources: Vec<Source>, actor: &Actor, dry_run: bool) -> Result<ImportJob, Error> {
        let (tell, progress) = watch::channel(Progress::Reading);
        let job = ImportJob {
            code: self.secret(20),
            actor: actor.name().to_owned(),
            began_at: self.now(),
            dry_run,
            progress,
        };
        if !self.imports.begin(&job) {
            let most = ImportJob::MOST_RUNNING;
            return Err(Error::Invalid(message!("imports-under-way", most)));
        }
        let (app, actor) = (self.clone(), actor.clone());
        tokio::spawn(async move {
            let over = app.import_through(sources, &actor, dry_run, &tell).await;
            tell.send_replace(over.unwrap_or_else(|error| {
                tracing::warn!(%error, "an import could not be carried out");
                Progress::Failed(reason(&error))
            }));
        });
        Ok(job)
    }

    async fn import_through(
        &self,
        sources: Vec<Source>,
        actor: &Actor,
        dry_run: bool,
        tell: &watch::Sender<Progress>,
    ) -> Result<Progress, Error> {
        let reading = blocking(move || Ok(read(sources))).await?;
        tell.send_replace(Progress::Checking(counts(&reading.picture).values().sum()));
        Ok(Progress::Ended(Arc::new(self.import(reading, &[], actor, dry_run).await?)))
    }

    /// An import that somebody asked for.
    ///
    /// # Errors
    /// If they asked for none of that code, or it is long over.
    pub fn import_job(&self, code: &str, actor: &Actor) -> Result<ImportJob, Error> {
        let found = self.imports.get(code).filter(|job| job.actor == actor.name());
        found.ok_or_else(|| Error::NotFound { what: "import", code: code.to_owned() })
    }
}
