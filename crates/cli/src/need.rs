//! `muster need`: needs are merged and split.

use muster_app::{mission::Imported, need::Merge};
use muster_domain::{code::Code, field::Field, message, need::Part};

use crate::{
    Failure,
    args::{NeedCommand, Place},
    open, output,
};

pub(crate) async fn run(place: &Place, command: NeedCommand) -> Result<(), Failure> {
    let app = open::writing(place).await?;
    match command {
        NeedCommand::Merge { into, others, quantity, reason } => {
            let merge = Merge { into, others, quantity };
            tell(app.merge(&merge, None, &open::actor(place, &reason)).await?)
        }
        NeedCommand::Split { need, new, quantity, place: to, due, reason } => {
            let wrong = |option: &str, right| Failure::Unreadable(message!("option-must-be", option, right));
            let at = to.as_deref().map(|to| Code::parse(to).map_err(|right| wrong("--place", right))).transpose()?;
            let code = Code::parse(&new).map_err(|right| wrong("NEW", right))?;
            let part = Part { code, quantity, place: at, due };
            tell(app.split(&need, &part, None, &open::actor(place, &reason)).await?)
        }
    }
}

/// Says for each need that changed what it is now.
fn tell(imported: Imported) -> Result<(), Failure> {
    let imported = imported.done()?;
    for change in imported.changes.iter().filter(|change| !change.key.contains(' ')) {
        let columns = change.columns().into_iter().filter(|_| change.before.is_some());
        let what: Vec<String> = columns.map(|(column, before, after)| format!("{column} {before} → {after}")).collect();
        let what = if what.is_empty() { "made".to_owned() } else { what.join(", ") };
        output::line(&format!("{}: {what}", change.key));
    }
    Ok(())
}
