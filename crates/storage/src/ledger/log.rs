//! SQLite's log of changes goes into its tables beside the writer. Else every ten thousandth page of it would make a commit, and all who
//! wait for it, wait until ten thousand pages are written. PostgreSQL does so by itself.

use std::time::Duration;

use tokio::sync::watch;

use crate::{Error, db::Db};

/// So long it waits after each time: what is written again and again meanwhile is taken once.
const PAUSE: Duration = Duration::from_millis(200);

/// Takes the log into the tables after commits, until the writer that tells of them is gone.
pub(super) async fn keep_short(db: Db, commits: watch::Receiver<()>) {
    if let Err(error) = try_to(db, commits).await {
        // The writer's own commits do it then.
        tracing::warn!(%error, "the log is not taken into the tables beside the writer");
    }
}

async fn try_to(db: Db, mut commits: watch::Receiver<()>) -> Result<(), Error> {
    let Some(sql) = db.engine().shorten_log() else { return Ok(()) };
    let mut conn = db.connect().await?;
    while commits.changed().await.is_ok() {
        conn.row(sql, vec![]).await?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
