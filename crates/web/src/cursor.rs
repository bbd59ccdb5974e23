//! Where a page ended, as a text that callers give back and need not read. It holds nothing but what stood on the page.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use muster_app::list::place_after;
use serde::{Serialize, de::DeserializeOwned};

/// Longest cursor: it may hold a long text by which a list is sorted.
pub(crate) const LONGEST: usize = 24 << 10;

/// How JSON writes the character that no text may hold.
const NUL: &[u8] = b"\\u0000";

pub(crate) fn write(place: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// Reads what [`write`] wrote; `None` if it is something else.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    // No place has that in its name, and PostgreSQL takes none of it.
    let fits = !bytes.windows(NUL.len()).any(|part| part == NUL);
    serde_json::from_slice(&bytes).ok().filter(|_| fits)
}

/// A page and whether there is more: one row more than `limit` was asked for.
pub(crate) fn cut<T>(rows: &mut Vec<T>, limit: usize) -> bool {
    let more = rows.len() > limit;
    rows.truncate(limit);
    more
}

/// Cuts a page to `limit` rows, and gives the cursor of where it ends if there is more.
pub(crate) fn next<T, P: Serialize>(rows: &mut Vec<T>, limit: usize, place: impl Fn(&T) -> P) -> Option<String> {
    let more = cut(rows, limit);
    rows.last().filter(|_| more).map(|last| write(&place(last)))
}

/// Cuts a page that is paged by moments to `limit` rows, and gives its cursor if there is more; `began` is where it began.
pub(crate) fn turn<T>(
    rows: &mut Vec<T>,
    limit: usize,
    began: (i64, usize),
    moment: impl Fn(&T) -> Timestamp,
) -> Option<String> {
    let more = cut(rows, limit);
    let moments: Vec<i64> = rows.iter().map(|row| moment(row).as_microsecond()).collect();
    place_after(&moments, began).filter(|_| more).map(|place| write(&place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let place = ("сортировка".to_owned(), "O/1".to_owned());
        assert_eq!(read(&write(&place)), Some(place));
        for wrong in ["", "!", "bnVsbA", "WzFd", &write(&("a\0", "b"))] {
            assert!(read::<(String, String)>(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn rows_of_one_moment_are_counted_across_pages() {
        assert_eq!(place_after(&[9, 8, 7, 7], (i64::MAX, 0)), Some((7, 2)));
        assert_eq!(place_after(&[7, 7, 7], (7, 2)), Some((7, 5)));
        assert_eq!(place_after(&[7, 6], (7, 2)), Some((6, 1)));
        assert_eq!(place_after(&[], (7, 2)), None);
    }
}
