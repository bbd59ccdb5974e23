//! The one writer: it takes what has come in since the last commit, decides it in memory, and writes it in one transaction (group
//! commit). Each caller is told what came of its own request, after the commit. Requests that are all or nothing go together as long as
//! all of them succeed; if one does not, nothing of the group is written, and each has a transaction of its own.
//!
//! The books stay in memory between transactions. They are still true as long as the journal's next number is free: every transaction
//! that changes a balance also writes an entry, and its number is unique. If another process took the number, the insert fails, and
//! the writer loads the books anew and tries again. A refusal writes nothing, so before it is told, the journal's end is looked up.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ed25519_dalek::SigningKey;
use muster_domain::{
    clock::Clock,
    ledger::{
        books::{Books, Outcome},
        entry::{Command, Entry, Hash},
        refusal::Refusal,
        seal::BlockNumber,
    },
    message,
};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    Request,
    also::{self, Part},
    load, write,
};
use crate::{
    Error,
    db::{Conn, Db},
    transfer::unit::{self, Touched},
};

type Each = Vec<Result<Outcome, Refusal>>;
type Reply<T> = oneshot::Sender<Result<T, Error>>;

pub(super) enum Job {
    Each { commands: Vec<Command>, reply: Reply<Each> },
    Together { request: Box<Request>, reply: Reply<Vec<Outcome>> },
}

/// Most commands in one transaction, unless one request alone has more.
const MOST_COMMANDS: usize = 4_096;
/// Most values that the books keep in memory between transactions.
const MOST_LOADED: usize = 500_000;
/// Longest wait for callers that were just answered.
const MOST_PATIENCE: Duration = Duration::from_millis(4);
/// How often a transaction is tried when other processes write too.
const TRIES: u32 = 8;

pub(super) struct Writer {
    db: Db,
    conn: Conn,
    key: SigningKey,
    clock: Arc<dyn Clock>,
    books: Option<Books>,
    last_block: Option<(BlockNumber, Hash)>,
    /// Look keys up before writing. Only after a conflict: a repeated key is rare.
    careful: bool,
    /// Callers that may be back soon: those answered last and those that waited meanwhile.
    expected: usize,
    /// How long they are waited for.
    patience: Duration,
    /// Who is told of commits.
    committed: watch::Sender<()>,
}

impl Writer {
    pub(super) fn new(
        db: Db,
        conn: Conn,
        key: SigningKey,
        clock: Arc<dyn Clock>,
        committed: watch::Sender<()>,
    ) -> Self {
        Self {
            db,
            conn,
            key,
            clock,
            books: None,
            last_block: None,
            careful: false,
            expected: 0,
            patience: Duration::ZERO,
            committed,
        }
    }

    /// Works until all callers are gone.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut next = None;
        loop {
            let Some(first) = (match next.take() {
                Some(job) => Some(job),
                None => queue.recv().await,
            }) else {
                return;
            };
            match first {
                Job::Together { request, reply } => {
                    let (first, mut group) = (request.commands.len(), vec![(request, reply)]);
                    if group[0].0.goes_with_others() {
                        let pick = |job| match job {
                            Job::Together { request, reply } if request.goes_with_others() => {
                                Ok((request.commands.len(), (request, reply)))
                            }
                            other => Err(other),
                        };
                        next = self.gather(&mut queue, &mut group, first, pick).await;
                    }
                    self.together(group, &queue).await;
                }
                Job::Each { commands, reply } => {
                    let (first, mut batch) = (commands.len(), vec![(commands, reply)]);
                    let pick = |job| match job {
                        Job::Each { commands, reply } => Ok((commands.len(), (commands, reply))),
                        other => Err(other),
                    };
                    next = self.gather(&mut queue, &mut batch, first, pick).await;
                    self.each(batch, &queue).await;
                }
            }
        }
    }

    /// Takes into the batch what else has come in, and gives back what cannot be in it. Callers that were just answered often send
    /// their next command at once. Whoever of them came too late would wait for a whole commit and from then on go in turns with the
    /// others, half of them in each commit; so they are waited for, a part of the time that a commit takes.
    /// `pick` takes a job apart: how many commands it has, and what goes into the batch.
    async fn gather<T>(
        &self,
        queue: &mut mpsc::Receiver<Job>,
        batch: &mut Vec<T>,
        mut count: usize,
        pick: impl Fn(Job) -> Result<(usize, T), Job>,
    ) -> Option<Job> {
        let until = tokio::time::Instant::now() + self.patience;
        while count < MOST_COMMANDS {
            let job = match queue.try_recv() {
                Ok(job) => job,
                Err(_) if batch.len() >= self.expected => break,
                // Whoever is waited for needs the processor more than this does.
                Err(_) => match tokio::time::timeout_at(until, queue.recv()).await {
                    Ok(Some(job)) => job,
                    _ => break,
                },
            };
            match pick(job) {
                Ok((commands, one)) => {
                    count += commands;
                    batch.push(one);
                }
                Err(other) => return Some(other),
            }
        }
        None
    }

    /// Runs what writes, and learns from it how long callers are to be waited for.
    async fn timed(
        &mut self,
        commands: &[Command],
        parts: &[Part<'_>],
        whole: bool,
        callers: usize,
    ) -> Result<Each, Error> {
        let start = Instant::now();
        let outcomes = self.transact(commands, parts, whole).await;
        self.patience = (start.elapsed() / 2).min(MOST_PATIENCE);
        self.expected = callers;
        outcomes
    }

    async fn each(&mut self, batch: Vec<(Vec<Command>, Reply<Each>)>, queue: &mpsc::Receiver<Job>) {
        let (requests, replies): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let lengths: Vec<usize> = requests.iter().map(Vec::len).collect();
        let commands: Vec<Command> = requests.into_iter().flatten().collect();
        let outcomes = self.timed(&commands, &[], false, replies.len()).await;
        self.expected += queue.len();
        match outcomes {
            Ok(outcomes) => {
                let mut outcomes = outcomes.into_iter();
                for (reply, length) in replies.into_iter().zip(lengths) {
                    drop(reply.send(Ok(outcomes.by_ref().take(length).collect())));
                }
            }
            Err(error) => {
                tracing::error!(%error, "a batch of entries could not be written");
                for reply in replies {
                    drop(reply.send(Err(Error::Conflict(message!("ledger-not-written")))));
                }
            }
        }
    }

    /// Writes requests that are each all or nothing: in one transaction if all of them succeed, else one after the other.
    async fn together(&mut self, group: Vec<(Box<Request>, Reply<Vec<Outcome>>)>, queue: &mpsc::Receiver<Job>) {
        let callers = group.len();
        let mut written = None;
        if callers > 1 {
            let commands: Vec<Command> = group.iter().flat_map(|(request, _)| request.commands.clone()).collect();
            let mut parts = Vec::with_capacity(callers);
            for (request, _) in &group {
                let first = parts.last().map_or(0, |part: &Part<'_>| part.of.end);
                parts.push(Part { also: &request.also, of: first..first + request.commands.len() });
            }
            let outcomes = self.timed(&commands, &parts, true, callers).await;
            match outcomes {
                // Whether it was written nobody knows: what is tried again might be done twice.
                Err(error) if error.is_lost() => {
                    tracing::error!(%error, "requests could not be written together");
                    for (_, reply) in group {
                        drop(reply.send(Err(Error::Conflict(message!("ledger-not-written")))));
                    }
                    self.expected = callers + queue.len();
                    return;
                }
                // Whatever is wrong, whose it is shows when each is tried alone.
                Err(_) => {}
                Ok(all) => written = all.into_iter().collect::<Result<Vec<Outcome>, Refusal>>().ok(),
            }
        }
        match written {
            Some(outcomes) => {
                let mut outcomes = outcomes.into_iter();
                for (request, reply) in group {
                    drop(reply.send(Ok(outcomes.by_ref().take(request.commands.len()).collect())));
                }
            }
            None => {
                for (request, reply) in group {
                    let outcome = self.alone(&request).await;
                    drop(reply.send(outcome));
                }
            }
        }
        self.expected = callers + queue.len();
    }

    async fn alone(&mut self, request: &Request) -> Result<Vec<Outcome>, Error> {
        let part = Part { also: &request.also, of: 0..request.commands.len() };
        let outcomes = self.timed(&request.commands, &[part], true, 1).await?;
        let index = |(index, outcome): (usize, Result<Outcome, Refusal>)| {
            outcome.map_err(|refusal| Error::Refused { index, refusal })
        };
        outcomes.into_iter().enumerate().map(index).collect()
    }

    /// Decides and writes commands in one transaction, again if another process was faster.
    async fn transact(&mut self, commands: &[Command], parts: &[Part<'_>], whole: bool) -> Result<Each, Error> {
        for attempt in 1.. {
            let outcome = self.attempt(commands, parts, whole).await;
            self.careful = false;
            let Err(error) = outcome else { return outcome };
            self.forget().await?;
            if attempt == TRIES || !error.is_contention() {
                return Err(error);
            }
            self.careful = true;
            tokio::time::sleep(Duration::from_millis(u64::from(attempt * attempt))).await;
        }
        unreachable!("the loop ends by returning")
    }

    /// Forgets what is in memory, and gets a connection that is surely in no transaction.
    async fn forget(&mut self) -> Result<(), Error> {
        self.books = None;
        if self.conn.run("ROLLBACK").await.is_err() {
            self.conn = self.db.connect().await?;
        }
        Ok(())
    }

    async fn attempt(&mut self, commands: &[Command], parts: &[Part<'_>], whole: bool) -> Result<Each, Error> {
        if self.books.as_ref().is_none_or(|books| books.size() > MOST_LOADED) {
            (self.books, self.last_block) =
                load::head(&mut self.conn).await.map(|(books, block)| (Some(books), block))?;
        }
        let books = self.books.as_mut().expect("the books were just loaded");
        load::missing(&mut self.conn, books, commands, self.careful).await?;
        let now = self.clock.now();
        let outcomes: Each = commands.iter().map(|command| books.apply(command, now)).collect();
        let refused = outcomes.iter().any(Result::is_err);
        let entries: Vec<&Entry> = outcomes.iter().filter_map(written).collect();
        let bare = parts.iter().all(|part| part.also.is_empty());
        if (whole && refused) || (entries.is_empty() && bare) {
            books.roll_back(0);
            let fresh = !refused || load::last_entry(&mut self.conn).await?.0 == books.last_entry();
            return if fresh { Ok(outcomes) } else { Err(Error::Overtaken) };
        }
        let (inserts, block) = write::entries(books, &entries, self.last_block, &self.key);
        let touched = Touched::by(books, &entries, parts.iter().flat_map(|part| part.also));
        if bare && touched.is_empty() {
            self.conn.commit(inserts).await?;
        } else {
            self.conn.run(self.conn.engine().begin_write()).await?;
            self.conn.insert_all(inserts).await?;
            also::write(&mut self.conn, parts, &outcomes).await?;
            unit::keep(&mut self.conn, touched).await?;
            self.conn.run("COMMIT").await?;
        }
        if block.is_some() {
            self.last_block = block;
        }
        self.committed.send_replace(());
        Ok(outcomes)
    }
}

fn written(outcome: &Result<Outcome, Refusal>) -> Option<&Entry> {
    match outcome {
        Ok(Outcome::Written(entry)) => Some(entry),
        _ => None,
    }
}
