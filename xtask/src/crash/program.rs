//! Starts the program, feeds it, kills it, and keeps what it acknowledged before that.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    sync::Notify,
    time::{sleep, timeout},
};

use super::{Order, Outcome};

/// Longest time a program may take that is not killed, or for its first answer.
const LONGEST: Duration = Duration::from_secs(120);

/// When the program is killed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kill {
    Never,
    /// So long after it was started.
    AfterStart(Duration),
    /// So long after its first answer.
    AfterAnswer(Duration),
}

/// What the program said of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) key: String,
    /// The entry's number; `None`: it was refused.
    pub(super) entry: Option<i64>,
    pub(super) text: String,
}

/// What a run came to.
#[derive(Debug, Default)]
pub(super) struct Ran {
    pub(super) import: bool,
    /// It ended by itself and said that all is well; posts may each be refused.
    pub(super) acknowledged: bool,
    pub(super) killed: bool,
    /// Something was sent and not answered when it was killed.
    pub(super) at_work: bool,
    /// How many orders it may have seen.
    pub(super) sent: usize,
    pub(super) answers: Vec<Answer>,
}

/// The program, and where its database is.
pub(super) struct Program {
    file: PathBuf,
    place: Vec<OsString>,
    own: bool,
}

impl Program {
    pub(super) fn new(file: PathBuf, place: Vec<String>, seal_key: &Path, own: bool) -> Self {
        let mut place: Vec<OsString> = place.into_iter().map(OsString::from).collect();
        place.extend(["--seal-key".into(), seal_key.as_os_str().to_owned()]);
        Self { file, place, own }
    }

    fn start(&self, words: &[&str], more: &[OsString]) -> Outcome<Child> {
        let mut command = Command::new(&self.file);
        if self.own {
            command.arg("crash-stand-in");
        }
        command.args(words).args(more).args(&self.place);
        Ok(command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?)
    }

    /// Sends orders and kills the program meanwhile.
    pub(super) async fn post(&self, orders: &[Order], kill: Kill) -> Outcome<Ran> {
        let mut child = self.start(&["ledger", "post", "-", "--jobs", "64"], &[])?;
        let mut input = child.stdin.take().ok_or("no standard input")?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let lines: Vec<String> = orders.iter().map(Order::line).collect();
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = sent.clone();
        let feeding = tokio::spawn(async move {
            for line in lines {
                // Counted before it is written: from then on it may be in the ledger.
                counted.fetch_add(1, Ordering::SeqCst);
                if input.write_all(line.as_bytes()).await.is_err() {
                    break;
                }
            }
        });
        let first = Arc::new(Notify::new());
        let answered = first.clone();
        let reading = tokio::spawn(async move {
            let mut lines = BufReader::new(output);
            let mut answers = Vec::new();
            let mut line = String::new();
            // A line without its end was not wholly told, so it is no acknowledgement.
            while lines.read_line(&mut line).await.is_ok_and(|n| n > 0) && line.ends_with('\n') {
                answers.push(std::mem::take(&mut line));
                answered.notify_one();
            }
            answers
        });
        match kill {
            Kill::Never => {}
            Kill::AfterStart(moment) => sleep(moment).await,
            Kill::AfterAnswer(moment) => {
                timeout(LONGEST, first.notified()).await.map_err(|_| "the program gave no answer")?;
                sleep(moment).await;
            }
        }
        let (killed, ended) = end(&mut child, kill).await?;
        feeding.await?;
        let answers = reading.await?.iter().map(|line| answer(line)).collect::<Result<Vec<_>, _>>()?;
        let answers: Vec<Answer> = answers.into_iter().flatten().collect();
        let sent = sent.load(Ordering::SeqCst);
        // Refusals make it end with a failure that is none.
        let acknowledged = !killed && (ended || answers.len() == orders.len());
        Ok(Ran { acknowledged, killed, at_work: answers.len() < sent, sent, answers, import: false })
    }

    /// Imports a mission's folder and perhaps kills the program meanwhile.
    pub(super) async fn import(&self, folder: &Path, kill: Kill) -> Outcome<Ran> {
        let mut child = self.start(&["import", "mission"], &[folder.as_os_str().to_owned()])?;
        drop(child.stdin.take());
        let mut output = child.stdout.take().ok_or("no standard output")?;
        let reading = tokio::spawn(async move {
            let mut text = Vec::new();
            tokio::io::AsyncReadExt::read_to_end(&mut output, &mut text).await.map(|_| text)
        });
        if let Kill::AfterStart(moment) = kill {
            sleep(moment).await;
        }
        let (killed, acknowledged) = end(&mut child, kill).await?;
        let text = reading.await??;
        if !killed && !acknowledged {
            return Err(format!("an import was not taken: {}", String::from_utf8_lossy(&text)).into());
        }
        Ok(Ran { import: true, acknowledged, killed, at_work: killed, ..Ran::default() })
    }
}

/// Kills the program unless it has ended or may end by itself: whether it was killed, and whether it ended well.
async fn end(child: &mut Child, kill: Kill) -> Outcome<(bool, bool)> {
    if matches!(kill, Kill::Never) {
        let status = timeout(LONGEST, child.wait()).await.map_err(|_| "the program did not end")??;
        return Ok((false, status.success()));
    }
    if let Some(status) = child.try_wait()? {
        return Ok((false, status.success()));
    }
    child.start_kill()?;
    let status = child.wait().await?;
    // It may have ended in the meantime.
    Ok((status.code().is_none(), status.success()))
}

/// Reads an answer; `None`: it says that the outcome is not known.
fn answer(line: &str) -> Result<Option<Answer>, String> {
    let malformed = || format!("the program answered {line}");
    let value: Value = serde_json::from_str(line).map_err(|_| malformed())?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let key = text("key").ok_or_else(malformed)?;
    if text("error").is_some() {
        return Ok(None);
    }
    let entry = value.get("entry").and_then(Value::as_i64);
    let text = match entry {
        Some(_) => String::new(),
        None => text("refused").ok_or_else(malformed)?,
    };
    Ok(Some(Answer { key, entry, text }))
}
