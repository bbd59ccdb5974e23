//! `muster consignment note`: what somebody says of a consignment.

use std::path::PathBuf;

use muster_app::Actor;

use crate::{Failure, args::Place, end_use::kept, open, output};

/// Says it, with photographs.
pub(crate) async fn add(
    place: &Place,
    code: &str,
    text: &str,
    photos: &[PathBuf],
    actor: &Actor,
) -> Result<(), Failure> {
    let app = open::writing(place).await?;
    let mut hashes = Vec::new();
    for photo in photos {
        hashes.push(kept(&app, photo, actor).await?);
    }
    app.consignment_note(code, text, &hashes, actor).await?;
    output::line(&format!("Said of {code}."));
    Ok(())
}
