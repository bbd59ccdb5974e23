//! Sheets that people fill in: packing lists and counts of consignments, and end-use checks, written with what is known.

use std::{fs, path::Path};

use clap::ValueEnum;
use muster_app::{interchange::Issue, list::Format};
use muster_domain::message;
use muster_web::words;

use crate::{Failure, args::Place, open, output};

/// What is filled in of a consignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SheetKind {
    /// A packing list, for `pack`
    Packing,
    /// A count, for `arrive` and `receive`
    Count,
}

/// What was read of a file, or all that is wrong with it, told.
pub(crate) fn faultless<T>(read: Result<T, Vec<Issue>>) -> Result<T, Failure> {
    read.map_err(|issues| {
        for issue in &issues {
            output::error(&issue.told(words));
        }
        Failure::Printed
    })
}

/// The format of a sheet, by its file's name: CSV or a workbook.
pub(crate) fn format(file: &Path) -> Result<Format, Failure> {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let format = Format::of(&ending).filter(|format| *format != Format::Json);
    format.ok_or_else(|| Failure::option("FILE", message!("one-of", words = ".csv, .xlsx")))
}

/// Writes a file, and says so.
pub(crate) fn keep(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(file, bytes).map_err(|error| open::unreadable(file, &error))?;
    output::line(&format!("Wrote {}.", open::shown(file)));
    Ok(())
}

/// Writes what is to be filled in of a consignment.
pub(crate) async fn write(place: &Place, code: &str, kind: SheetKind, file: &Path, blind: bool) -> Result<(), Failure> {
    let format = format(file)?;
    let (app, actor) = (open::writing(place).await?, open::actor(place, "export"));
    let bytes = match kind {
        SheetKind::Packing => app.packing_sheet(code, format, &actor).await?,
        SheetKind::Count => app.count_sheet(code, blind, format, &actor).await?,
    };
    keep(file, &bytes)
}
