//! A photograph or paper that goes with a form. It is kept when it comes, so that whoever sent a form that was refused need not choose it
//! again.

use muster_app::Error;

use super::given::Given;
use crate::{Site, auth::Asker};

/// The field that names, by its hash, what came with a form.
const FIELD: &str = "evidence";

/// Keeps what came with a form, which from then on names it.
///
/// # Errors
/// If it is none of the kinds that are kept, or the database refuses.
pub(crate) async fn keep(
    site: &Site,
    asker: &Asker,
    given: &mut Given,
    file: Option<(String, Vec<u8>)>,
) -> Result<(), Error> {
    let Some((media_type, bytes)) = file else { return Ok(()) };
    let hash = site.app.attach(&media_type, &bytes, &asker.actor(given.reason())).await?;
    given.without(FIELD);
    given.and(FIELD, hash);
    Ok(())
}

/// The hash of what came with a form, now or when it was refused; empty for nothing.
pub(crate) fn kept(given: &Given) -> String {
    given.text(FIELD).to_owned()
}
