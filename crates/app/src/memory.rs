//! What need not be read from the database twice as long as nothing has changed: the records as each kind of viewer sees them, the overview
//! drawn from them, the words in their columns.

use std::{collections::VecDeque, sync::Arc};

use jiff::civil::Date;
use muster_domain::{picture::Picture, viewer::Viewer};
use muster_storage::{db::Conn, list, picture};
use tokio::sync::Mutex;

use crate::{Error, overview::Overview};

/// How many kinds of viewer are remembered.
const KINDS: usize = 24;

/// What is remembered.
#[derive(Default)]
pub(crate) struct Memory {
    pictures: Mutex<VecDeque<Remembered>>,
    overviews: Mutex<VecDeque<(Seen, Arc<Overview>)>>,
    words: Mutex<VecDeque<(WordsOf, Words)>>,
}

/// What an overview was drawn from: for whom, the last change of any record, the last entry, the dates as of which, and today.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) audiences: Option<Vec<String>>,
    pub(crate) version: i64,
    pub(crate) entry: i64,
    pub(crate) at: (Option<Date>, Option<Date>),
    pub(crate) today: Date,
}

/// A column's words: for whom, the last change of any record, sheet and column.
type WordsOf = (Option<Vec<String>>, i64, String, String);

/// Words with how often each stands there.
type Words = Vec<(String, i64)>;

/// Most columns whose words are remembered.
const COLUMNS: usize = 400;

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

    /// An overview that was drawn before from the same.
    pub(crate) async fn overview(&self, seen: &Seen) -> Option<Arc<Overview>> {
        self.overviews.lock().await.iter().find(|(known, _)| known == seen).map(|(_, overview)| overview.clone())
    }

    /// Remembers an overview.
    pub(crate) async fn keep_overview(&self, seen: Seen, overview: Arc<Overview>) {
        let mut overviews = self.overviews.lock().await;
        overviews.push_front((seen, overview));
        overviews.truncate(KINDS);
    }

    /// The words in a column, counted once for each kind of viewer as long as no record changes.
    pub(crate) async fn words(
        &self,
        conn: &mut Conn,
        viewer: &Viewer,
        sheet: &str,
        column: &str,
    ) -> Result<Words, muster_storage::Error> {
        let of = (viewer.audiences(), picture::version(conn).await?, sheet.to_owned(), column.to_owned());
        if let Some((_, words)) = self.words.lock().await.iter().find(|(known, _)| *known == of) {
            return Ok(words.clone());
        }
        let words = list::words(conn, viewer, sheet, column).await?;
        let mut all = self.words.lock().await;
        all.push_front((of, words.clone()));
        all.truncate(COLUMNS);
        Ok(words)
    }
}
