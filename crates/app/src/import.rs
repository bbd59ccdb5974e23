//! Imports under way: each goes on by itself, tells how far it is, and can be come back to for a while. What it wrote is in the journal;
//! what was under way when the program stopped is gone, and is sent again under the same key.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use muster_interchange::mission::{Source, read};
use tokio::sync::watch;

use crate::{
    Actor, App, Error,
    mission::{Imported, counts},
};

/// Most imports that run at once.
const MOST_RUNNING: usize = 4;

/// Most imports that are remembered.
const MOST_JOBS: usize = 100;

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
    Failed(String),
}

impl Progress {
    fn is_over(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Failed(_))
    }
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

/// All imports under way and those just done.
#[derive(Debug, Default)]
pub(crate) struct Imports(Mutex<BTreeMap<String, ImportJob>>);

impl Imports {
    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, ImportJob>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut all = self.imports.all();
        if all.values().filter(|job| !job.progress().is_over()).count() >= MOST_RUNNING {
            return Err(Error::Invalid(format!("{MOST_RUNNING} imports are under way already: try again in a moment")));
        }
        while all.len() >= MOST_JOBS {
            let over = all.values().filter(|job| job.progress().is_over());
            let Some(oldest) = over.min_by_key(|job| job.began_at).map(|job| job.code.clone()) else { break };
            all.remove(&oldest);
        }
        all.insert(job.code.clone(), job.clone());
        drop(all);
        let (app, actor) = (self.clone(), actor.clone());
        tokio::spawn(async move {
            let over = app.import_through(sources, &actor, dry_run, &tell).await;
            tell.send_replace(over.unwrap_or_else(|error| {
                tracing::warn!(%error, "an import could not be carried out");
                Progress::Failed(match error {
                    Error::Storage(_) => "the database failed".into(),
                    other => other.to_string(),
                })
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
        let reading = tokio::task::spawn_blocking(move || read(sources)).await;
        let reading = reading.map_err(|error| Error::Invalid(format!("the files could not be read: {error}")))?;
        tell.send_replace(Progress::Checking(counts(&reading.picture).values().sum()));
        Ok(Progress::Ended(Arc::new(self.import(reading, None, actor, dry_run).await?)))
    }

    /// An import that somebody asked for.
    ///
    /// # Errors
    /// If they asked for none of that code, or it is long over.
    pub fn import_job(&self, code: &str, actor: &Actor) -> Result<ImportJob, Error> {
        let found = self.imports.all().get(code).cloned().filter(|job| job.actor == actor.name());
        found.ok_or_else(|| Error::NotFound { what: "import", code: code.to_owned() })
    }
}
