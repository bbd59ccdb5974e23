//! `muster export epcis` and `muster import epcis`.

use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use jiff::Timestamp;
use muster_app::{
    epcis::{MOST_EVENTS, capture::OnFault},
    interchange::epcis::{
        query::{Query, Wrong},
        stream::{Form, Stream},
        time::{Moment, Offset},
    },
};
use muster_domain::{code::Code, message};
use muster_web::words;
use serde_json::json;

use crate::{
    Failure,
    args::{Format, Place},
    import::{extension, print_issues, source},
    open::{self, unreadable},
    output,
};

/// Which events are written, and where.
#[derive(Debug, Args)]
pub(crate) struct Out {
    /// File to write: JSON-LD, or XML if its name ends in .xml
    file: PathBuf,
    /// Only what happened from then on, like 2026-11-20T08:00:00Z
    #[arg(long, value_parser = crate::args::moment)]
    from: Option<Timestamp>,
    /// Only what happened before, like 2026-11-27T08:00:00Z
    #[arg(long, value_parser = crate::args::moment)]
    to: Option<Timestamp>,
    /// Only at this place
    #[arg(long)]
    place: Option<String>,
    /// Only of this consignment
    #[arg(long)]
    consignment: Option<String>,
}

/// Which events are taken in.
#[derive(Debug, Args)]
pub(crate) struct In {
    /// The document: JSON-LD or XML
    file: PathBuf,
    /// Why, for the record
    #[arg(long, default_value = "import of custody events")]
    reason: String,
    /// How results are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Writes custody events, page by page.
pub(crate) async fn export(place: &Place, out: &Out) -> Result<(), Failure> {
    let Out { file, from, to, place: at, consignment } = out;
    let app = open::reading(place).await?;
    open::place(&app, place, at.as_deref()).await?;
    if let Some(consignment) = consignment {
        app.consignment_shown(&open::viewer(place), consignment).await?;
    }
    let naming = app.epcis_naming().await?;
    let code = |text: &str| Code::new(text).map_err(|right| Failure::Told(message!("must-be", right)));
    let mut query = Query::default();
    let asked = [
        ("GE_eventTime", from.map(|at| at.to_string())),
        ("LT_eventTime", to.map(|at| at.to_string())),
        ("EQ_readPoint", at.as_deref().map(code).transpose()?.map(|code| naming.place_id(&code))),
        (
            "EQ_bizTransaction_desadv",
            consignment.as_deref().map(code).transpose()?.map(|code| naming.consignment_id(&code)),
        ),
    ];
    for (name, value) in asked.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        query.add(name, value).map_err(|wrong| match wrong {
            Wrong::Value(why) => Failure::Told(why),
            Wrong::NotDone => Failure::Told(message!("not-known-here")),
        })?;
    }
    let form = if extension(file) == "xml" { Form::Xml } else { Form::Json };
    let mut stream = Stream::new(form, Moment::new(app.now(), Offset(0)));
    let failed = |error: std::io::Error| unreadable(file, &error);
    // What was there stays until all is written.
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = open::beside(folder)?;
    let mut count = 0;
    {
        let mut out = BufWriter::new(new.as_file_mut());
        out.write_all(stream.head().as_bytes()).map_err(failed)?;
        let viewer = open::viewer(place);
        let mut next = None;
        loop {
            let page = app.epcis_events(&viewer, &query, true, next, MOST_EVENTS).await?;
            count += page.events.len();
            out.write_all(stream.events(page.events).as_bytes()).map_err(failed)?;
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        out.write_all(stream.tail().as_bytes()).map_err(failed)?;
        out.flush().map_err(failed)?;
    }
    new.persist(file).map_err(|error| unreadable(file, &error.error))?;
    output::line(&format!("Wrote {count} events to {}.", file.display()));
    Ok(())
}

/// Takes in custody events of others.
pub(crate) async fn import(place: &Place, taken: &In) -> Result<(), Failure> {
    let In { file, reason, format } = taken;
    let source = source(file, &mut 0)?;
    let app = open::writing(place).await?;
    let actor = open::actor(place, reason);
    let captured = app.epcis_capture(&source.name, source.bytes, OnFault::Rollback, &actor).await?;
    let good = captured.issues.is_empty();
    if *format == Format::Json {
        let issues: Vec<_> = captured.issues.iter().map(|issue| issue.json(words)).collect();
        let told = json!({ "read": captured.read, "new": captured.new, "issues": issues });
        output::line(&told.to_string());
        return if good { Ok(()) } else { Err(Failure::Printed) };
    }
    if !good {
        print_issues(&captured.issues, 200);
        output::error(&words(&message!("nothing-written", count = captured.issues.len())));
        return Err(Failure::Printed);
    }
    let known = captured.read - captured.new;
    output::line(&format!("{} events read: {} are kept from now on, {known} were known.", captured.read, captured.new));
    Ok(())
}
