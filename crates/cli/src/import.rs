//! `muster template`, `import` and `export`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use muster_app::{
    Actor,
    interchange::{
        Issue,
        mission::{MOST_BYTES, Source, write_csv, write_json, write_xlsx},
    },
    list::Format as FileFormat,
    mission::Imported,
};
use muster_domain::{
    message,
    picture::{Picture, SHAPES},
};
use muster_web::words;
use serde_json::json;

use crate::{
    Failure,
    args::{Export, Format, Import, Place},
    epcis,
    open::{self, unreadable},
    output,
};

/// Writes an empty mission.
pub(crate) fn template(path: &Path) -> Result<(), Failure> {
    write(path, &Picture::default())?;
    output::line(&format!(
        "Wrote an empty mission to {}. Fill it in and run: muster import mission {0} --data DIR",
        path.display()
    ));
    Ok(())
}

/// Writes all records.
pub(crate) async fn export(place: &Place, export: &Export) -> Result<(), Failure> {
    let path = match export {
        Export::Mission { path } => path,
        Export::Registers { path } => return registers(place, path).await,
        Export::Epcis(out) => return epcis::export(place, out).await,
    };
    let picture = open::reading(place).await?.picture(&open::viewer(place)).await?;
    write(path, &picture)?;
    output::line(&format!("Wrote the mission to {}.", path.display()));
    Ok(())
}

async fn registers(place: &Place, path: &Path) -> Result<(), Failure> {
    let ending = extension(path);
    let format = FileFormat::of(&ending).filter(|format| *format != FileFormat::Csv);
    let actor = Actor::new(open::viewer(place), "export");
    let files = open::reading(place).await?.export_registers(format.unwrap_or(FileFormat::Csv), &actor).await?;
    if format.is_none() {
        fs::create_dir_all(path).map_err(|error| unreadable(path, &error))?;
    }
    for (name, bytes) in files {
        let file = if format.is_some() { path.to_owned() } else { path.join(name) };
        fs::write(&file, bytes).map_err(|error| unreadable(&file, &error))?;
    }
    output::line(&format!("Wrote what happened to {}.", path.display()));
    Ok(())
}

fn write(path: &Path, picture: &Picture) -> Result<(), Failure> {
    let one = |bytes: Vec<u8>| fs::write(path, bytes).map_err(|error| unreadable(path, &error));
    match extension(path).as_str() {
        "xlsx" => one(write_xlsx(picture).map_err(Failure::Told)?),
        "json" => one(write_json(picture)),
        _ => {
            fs::create_dir_all(path).map_err(|error| unreadable(path, &error))?;
            write_csv(picture).into_iter().try_for_each(|(name, bytes)| {
                let file = path.join(name);
                fs::write(&file, bytes).map_err(|error| unreadable(&file, &error))
            })
        }
    }
}

pub(crate) fn extension(path: &Path) -> String {
    path.extension().map_or_else(String::new, |e| e.to_string_lossy().to_lowercase())
}

/// Reads a folder's files, or one file. What is too large is not read.
pub(crate) fn sources(path: &Path) -> Result<Vec<Source>, Failure> {
    let failed = |error: std::io::Error| unreadable(path, &error);
    let mut files: Vec<PathBuf> = if path.is_dir() {
        let entries = fs::read_dir(path).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let plain = entries.into_iter().map(|entry| entry.path()).filter(|file| file.is_file());
        plain.filter(|file| !file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))).collect()
    } else {
        vec![path.to_owned()]
    };
    files.sort();
    let mut total = 0;
    files.iter().map(|file| source(file, &mut total)).collect()
}

pub(crate) fn source(file: &Path, total: &mut u64) -> Result<Source, Failure> {
    *total += fs::metadata(file).map_err(|error| unreadable(file, &error))?.len();
    if *total > MOST_BYTES as u64 {
        return Err(Failure::Unreadable(message!("files-of-more", path = open::shown(file), most = MOST_BYTES)));
    }
    let bytes = open::bytes(file)?;
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Source { name, bytes })
}

/// Brings records in.
pub(crate) async fn run(place: &Place, import: &Import) -> Result<(), Failure> {
    match import {
        Import::Mission { path, dry_run, reason, format } => {
            let sources = sources(path)?;
            let app = open::making(place).await?;
            let imported = app.import_mission(sources, &open::actor(place, reason), *dry_run).await?;
            tell(&imported, *format)
        }
        Import::Epcis(taken) => epcis::import(place, taken).await,
        Import::Table { file, map, dry_run, report, reason, format } => {
            let source = source(file, &mut 0)?;
            let map_text = fs::read_to_string(map).map_err(|error| unreadable(map, &error))?;
            let app = open::making(place).await?;
            let actor = open::actor(place, reason);
            let table = match app.import_table(&source.name, &source.bytes, &map_text, &actor, *dry_run).await? {
                Ok(table) => table,
                Err(issues) => {
                    output::error(&words(&message!(
                        "map-with-problems",
                        path = open::shown(map),
                        count = issues.len()
                    )));
                    issues.iter().for_each(|issue| output::line(&issue.told(words)));
                    return Err(Failure::Printed);
                }
            };
            if let Some(file) = report {
                let text = format!("{:#}\n", table.reading.report_json(words));
                fs::write(file, text).map_err(|error| unreadable(file, &error))?;
            }
            if *format == Format::Json {
                output::line(&table.reading.report_json(words).to_string());
                return if table.imported.issues.is_empty() { Ok(()) } else { Err(Failure::Printed) };
            }
            tell_table(&table.reading);
            tell(&table.imported, Format::Human)
        }
    }
}

fn tell_table(reading: &muster_app::interchange::table::TableReading) {
    let totals = &reading.totals;
    output::line(&format!(
        "{}: {} rows, {} imported, {} left out.",
        reading.table, totals.rows, totals.imported, totals.left_out
    ));
    let headings = [
        ("", false),
        ("kind", false),
        ("party", false),
        ("currency", false),
        ("amount", true),
        ("unknown", true),
        ("none", true),
    ];
    let row = |name: &str, total: &muster_app::interchange::table::Total| {
        let party = total.party.as_ref().map_or("all".to_owned(), ToString::to_string);
        let kind = total.kind.map_or("all".to_owned(), |k| k.to_string());
        let sum = &total.sum;
        vec![
            name.to_owned(),
            kind,
            party,
            total.currency.clone(),
            sum.amount(),
            sum.unknown.to_string(),
            sum.absent.to_string(),
        ]
    };
    let overall = |t: &&muster_app::interchange::table::Total| t.party.is_none();
    let mut rows: Vec<_> = totals.values.iter().filter(overall).map(|t| row("value", t)).collect();
    rows.extend(totals.converted.iter().filter(overall).map(|t| row("converted", t)));
    output::table(&headings, &rows);
    print_issues(&reading.issues, 20);
}

pub(crate) fn print_issues(issues: &[Issue], most: usize) {
    for issue in issues.iter().take(most) {
        output::line(&issue.told(words));
    }
    if issues.len() > most {
        output::line(&format!("… and {} more", issues.len() - most));
    }
}

/// Prints what came of an import; problems are a failure.
fn tell(imported: &Imported, format: Format) -> Result<(), Failure> {
    if format == Format::Json {
        let sheets: serde_json::Map<_, _> = SHAPES
            .iter()
            .map(|shape| {
                let (new, changed, removed) = imported.counts(shape.sheet);
                let read = imported.read.get(shape.sheet).copied().unwrap_or(0);
                (shape.sheet.to_owned(), json!({ "read": read, "new": new, "changed": changed, "removed": removed }))
            })
            .collect();
        let issues: Vec<_> = imported.issues.iter().map(|issue| issue.json(words)).collect();
        let written = imported.issues.is_empty() && !imported.dry_run;
        output::line(
            &json!({ "written": written, "issues": issues, "entries": imported.entries, "sheets": sheets }).to_string(),
        );
        return if imported.issues.is_empty() { Ok(()) } else { Err(Failure::Printed) };
    }
    if !imported.issues.is_empty() {
        print_issues(&imported.issues, 200);
        output::error(&words(&message!("nothing-written", count = imported.issues.len())));
        return Err(Failure::Printed);
    }
    if imported.changes.is_empty() {
        output::line("Nothing has changed: all records are here already.");
        return Ok(());
    }
    let row = |sheet: &'static str| {
        let (new, changed, removed) = imported.counts(sheet);
        let read = imported.read.get(sheet).copied().unwrap_or(0);
        let cell = |n: usize| if n == 0 { "·".to_owned() } else { n.to_string() };
        (new + changed + removed > 0)
            .then(|| vec![sheet.to_owned(), read.to_string(), cell(new), cell(changed), cell(removed)])
    };
    let rows: Vec<_> = SHAPES.iter().filter_map(|shape| row(shape.sheet)).collect();
    output::table(&[("sheet", false), ("read", true), ("new", true), ("changed", true), ("removed", true)], &rows);
    let verb = if imported.dry_run { "would be" } else { "were" };
    output::line(&format!("{} records {verb} written, {} ledger entries.", imported.changes.len(), imported.entries));
    Ok(())
}
