//! What need not be read from the database twice: the records as each kind of viewer sees them, as long as none has changed.

use std::{collections::VecDeque, sync::Arc};

use muster_domain::{picture::Picture, viewer::Viewer};
use muster_storage::{db::Conn, picture};
use tokio::sync::Mutex;

use crate::Error;

/// How many kinds of viewer are remembered.
const KINDS: usize = 24;

/// What is remembered.
#[derive(Default)]
pub(crate) struct Memory {
    pictures: Mutex<VecDeque<Remembered>>,
}

struct Remembered {
    /// Viewers who see the same have the same audiences.
    audiences: Option<Vec<String>>,
    version: i64,
    picture: Arc<Picture>,
}

impl Memory {
    /// The records that the viewer sees, as the transaction of `conn` sees them, and the number of the last change of any.
    pub(crate) async fn picture(&self, conn: &mut Conn, viewer: &Viewer) -> Result<(Arc<Picture>, i64), Error> {
        let version = picture::version(conn).await?;
        let audiences = viewer.audiences();
        let found = {
            let pictures = self.pictures.lock().await;
            pictures.iter().find(|r| r.version == version && r.audiences == audiences).map(|r| r.picture.clone())
        };
        if let Some(picture) = found {
            return Ok((picture, version));
        }
        let picture = Arc::new(picture::load(conn, viewer).await?);
        let mut pictures = self.pictures.lock().await;
        pictures.retain(|r| r.audiences != audiences);
        pictures.push_front(Remembered { audiences, version, picture: picture.clone() });
        pictures.truncate(KINDS);
        Ok((picture, version))
    }
}
