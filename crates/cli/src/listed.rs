//! Lists as files for spreadsheets and programs.

use muster_app::{Actor, App, list::Format, listed::Listing};

use crate::{
    Failure,
    args::{ListFormat, Place},
    open, output,
};

/// Prints a list as CSV, where that is asked for; gives whether it was.
pub(crate) async fn as_csv(app: &App, place: &Place, format: ListFormat, listing: &Listing) -> Result<bool, Failure> {
    if format == ListFormat::Csv {
        as_file(app, place, Format::Csv, listing).await?;
    }
    Ok(format == ListFormat::Csv)
}

/// The same of a list that programs, too, get as a file.
pub(crate) async fn as_sheet(app: &App, place: &Place, format: ListFormat, listing: &Listing) -> Result<bool, Failure> {
    if format == ListFormat::Json {
        as_file(app, place, Format::Json, listing).await?;
        output::line("");
        return Ok(true);
    }
    as_csv(app, place, format, listing).await
}

async fn as_file(app: &App, place: &Place, format: Format, listing: &Listing) -> Result<(), Failure> {
    let bytes = app.export_list(listing, format, &Actor::new(open::viewer(place), "export")).await?;
    output::file(&bytes);
    Ok(())
}
