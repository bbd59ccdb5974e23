//! `muster ledger …`.

use std::{path::Path, sync::Arc};

use muster_app::{
    Actor, App,
    storage::ledger::read::{AccountFilter, EntryFilter, StatementKey},
};
use muster_domain::{
    code::Code,
    field::Field,
    ledger::{
        account::{AccountKey, AccountPurpose},
        books::Outcome,
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    message,
    message::{Message, Value as Told},
};
use muster_web::words;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    sync::{Semaphore, mpsc},
};

use crate::{
    Failure,
    args::{LedgerCommand, Page, Place},
    open::{self, hex, to_hex, unreadable},
    output,
};

/// Carries a command out.
pub(crate) async fn run(place: &Place, command: &LedgerCommand) -> Result<(), Failure> {
    match command {
        LedgerCommand::Accounts { purpose, holder, owner, at, resource, page } => {
            let told = |right| Failure::Unreadable(message!("purpose-must-be", right));
            let purpose = purpose.as_deref().map(AccountPurpose::parse).transpose().map_err(told)?;
            let filter = AccountFilter {
                purpose,
                holder: holder.clone(),
                owner: owner.clone(),
                place: at.clone(),
                resource: resource.clone(),
            };
            accounts(place, &filter, page).await
        }
        LedgerCommand::Statement { account, page } => statement(place, *account, page).await,
        LedgerCommand::Entries { offer, need, plan, serial, page } => {
            let filter = EntryFilter {
                offer: offer.clone(),
                need: need.clone(),
                plan: plan.clone(),
                serial: serial.clone(),
                ..EntryFilter::default()
            };
            entries(place, &filter, page).await
        }
        LedgerCommand::Post { file, jobs } => post(place, file, *jobs).await,
        LedgerCommand::Verify { public_key, noted } => verify(place, public_key.as_deref(), noted.as_deref()).await,
    }
}

fn after(page: &Page) -> Result<i64, Failure> {
    let malformed = |_| Failure::Unreadable(message!("after-number"));
    page.after.as_deref().map_or(Ok(0), |text| text.parse().map_err(malformed))
}

async fn accounts(place: &Place, filter: &AccountFilter, page: &Page) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    let at = App::as_of(page.as_of, page.known);
    let found = app.accounts(&open::viewer(place), filter, at, after(page)?, page.limit).await?;
    let rows: Vec<_> = found
        .iter()
        .map(|(id, key, balance)| {
            let code = |code: &Option<Code>| code.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string);
            let parts = [
                id.to_string(),
                key.purpose.to_string(),
                key.holder.to_string(),
                key.owner.to_string(),
                code(&key.place),
            ];
            let rest = [
                code(&key.via),
                key.resource.to_string(),
                key.caveats_text(),
                output::whole(balance.posted),
                output::whole(balance.pending),
            ];
            parts.into_iter().chain(rest).collect()
        })
        .collect::<Vec<Vec<String>>>();
    let headings = [
        ("account", true),
        ("purpose", false),
        ("holder", false),
        ("owner", false),
        ("place", false),
        ("via", false),
        ("resource", false),
        ("caveats", false),
        ("holds", true),
        ("to come", true),
    ];
    output::table(&headings, &rows);
    if let Some((last, ..)) = found.last().filter(|_| found.len() as i64 >= page.limit) {
        output::line(&format!("More: --after {last}"));
    }
    Ok(())
}

async fn statement(place: &Place, account: i64, page: &Page) -> Result<(), Failure> {
    let malformed = || Failure::Unreadable(message!("after-numbers"));
    let key = |text: &str| -> Option<StatementKey> {
        let mut parts = text.split(',').map(|part| part.parse().ok());
        Some((parts.next()??, parts.next()??, parts.next()??))
    };
    let after = page.after.as_deref().map(|text| key(text).ok_or_else(malformed)).transpose()?;
    let app = open::reading(place).await?;
    let (name, lines) =
        app.statement(&open::viewer(place), account, App::as_of(page.as_of, page.known), after, page.limit).await?;
    output::line(&name.to_string());
    let rows: Vec<_> = lines
        .iter()
        .map(|l| {
            let code = |code: &Option<Code>| code.as_ref().map_or_else(String::new, ToString::to_string);
            let parts = [
                l.entry.to_string(),
                l.occurred_at.to_string(),
                l.recorded_at.to_string(),
                l.kind.to_string(),
                l.activity.to_string(),
            ];
            let rest = [
                output::whole(l.quantity),
                l.other.to_string(),
                code(&l.offer),
                code(&l.need),
                l.serial.clone(),
                l.actor.clone(),
                output::short(&l.reason, 40),
            ];
            parts.into_iter().chain(rest).collect()
        })
        .collect::<Vec<Vec<String>>>();
    let headings = [
        ("entry", true),
        ("occurred", false),
        ("recorded", false),
        ("kind", false),
        ("what", false),
        ("quantity", true),
        ("other", true),
        ("offer", false),
        ("need", false),
        ("serial", false),
        ("by", false),
        ("why", false),
    ];
    output::table(&headings, &rows);
    if let Some(l) = lines.last().filter(|_| lines.len() as i64 >= page.limit) {
        output::line(&format!("More: --after {},{},{}", l.occurred_at.as_microsecond(), l.entry, l.line));
    }
    Ok(())
}

async fn entries(place: &Place, filter: &EntryFilter, page: &Page) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    let found = app.entries(&open::viewer(place), filter, after(page)?, page.limit).await?;
    let rows: Vec<_> = found
        .iter()
        .map(|e| {
            let code = |code: &Option<Code>| code.as_ref().map_or_else(String::new, ToString::to_string);
            let quantity: Vec<_> =
                e.lines.iter().map(|l| format!("{} {}→{}", output::whole(l.quantity), l.from, l.to)).collect();
            let parts = [
                e.number.to_string(),
                e.note.occurred_at.to_string(),
                e.kind.to_string(),
                e.activity.to_string(),
                quantity.join(", "),
            ];
            let rest = [
                code(&e.subject.offer),
                code(&e.subject.need),
                code(&e.subject.plan),
                e.note.actor.clone(),
                output::short(&e.note.reason, 40),
            ];
            parts.into_iter().chain(rest).collect()
        })
        .collect::<Vec<Vec<String>>>();
    let headings = [
        ("entry", true),
        ("occurred", false),
        ("kind", false),
        ("what", false),
        ("quantity and accounts", false),
        ("offer", false),
        ("need", false),
        ("plan", false),
        ("by", false),
        ("why", false),
    ];
    output::table(&headings, &rows);
    if let Some(last) = found.last().filter(|_| found.len() as i64 >= page.limit) {
        output::line(&format!("More: --after {}", last.number));
    }
    Ok(())
}

async fn verify(place: &Place, public_key: Option<&str>, noted: Option<&str>) -> Result<(), Failure> {
    let hash = |text: &str| hex(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = public_key
        .map(|text| hash(text).ok_or_else(|| Failure::Unreadable(message!("public-key-digits"))))
        .transpose()?;
    let block = |text: &str| {
        let (number, digits) = text.split_once(':')?;
        Some((number.parse().ok()?, hash(digits)?))
    };
    let noted =
        noted.map(|text| block(text).ok_or_else(|| Failure::Unreadable(message!("noted-digits")))).transpose()?;
    match open::reading(place).await?.verify(&open::viewer(place), key, noted, |_| ()).await? {
        Ok(verified) => {
            output::line(&format!(
                "All fits: {} entries in {} sealed blocks; every balance is the sum of its postings.",
                output::whole(verified.entries),
                output::whole(verified.blocks)
            ));
            output::line(&format!(
                "Note this to tell later whether anything was cut off: {}:{}",
                verified.blocks,
                to_hex(&verified.head)
            ));
            Ok(())
        }
        Err(misfit) => {
            let (entry, what) = (misfit.entry, misfit.what);
            Err(Failure::Told(match misfit.block {
                Some(block) => message!("misfit-at-entry-in-block", entry, block, what),
                None if entry > 0 => message!("misfit-at-entry", entry, what),
                None => message!("misfit-at-accounts", what),
            }))
        }
    }
}

/// Longest line of a stream of entries, in bytes.
const LONGEST_LINE: u64 = 1 << 20;

async fn post(place: &Place, file: &Path, jobs: usize) -> Result<(), Failure> {
    let input: Box<dyn AsyncRead + Send + Unpin> = if file == Path::new("-") {
        Box::new(tokio::io::stdin())
    } else {
        Box::new(tokio::fs::File::open(file).await.map_err(|error| unreadable(file, &error))?)
    };
    let app = Arc::new(open::making(place).await?);
    let actor = Arc::new(open::actor(place, "posted by hand"));
    let known = Arc::new(Known::of(&app, &actor).await?);
    let slots = Arc::new(Semaphore::new(jobs.clamp(1, 1_024)));
    let (answers, mut queue) = mpsc::unbounded_channel::<(Value, bool)>();
    let printing = tokio::spawn(async move {
        let mut all_well = true;
        while let Some((answer, well)) = queue.recv().await {
            output::line(&answer.to_string());
            all_well &= well;
        }
        all_well
    });
    let mut reader = BufReader::new(input);
    let mut number = 0_u64;
    loop {
        let mut bytes = Vec::new();
        let read = (&mut reader)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut bytes)
            .await
            .map_err(|error| unreadable(file, &error))?;
        if read == 0 {
            break;
        }
        number += 1;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let slot = slots.clone().acquire_owned().await.expect("nobody closes the slots");
        let (app, known, actor, answers) = (app.clone(), known.clone(), actor.clone(), answers.clone());
        tokio::spawn(async move {
            let answer = answer(&app, &known, &actor, &bytes, number).await;
            // Nobody listens only when the program ends.
            drop(answers.send(answer));
            drop(slot);
        });
    }
    drop(answers);
    if printing.await.unwrap_or(false) { Ok(()) } else { Err(Failure::Printed) }
}

async fn answer(app: &App, known: &Known, actor: &Actor, bytes: &[u8], number: u64) -> (Value, bool) {
    let command = match command(bytes) {
        Ok(command) => command,
        Err(fault) => return (json!({ "line": number, "error": words(&fault) }), false),
    };
    let key = command.note.key.clone();
    if let Err(fault) = known.check(&command) {
        return (json!({ "key": key, "refused": words(&fault) }), false);
    }
    match app.post(vec![command], actor).await {
        Ok(outcomes) => match outcomes.into_iter().next() {
            Some(Ok(Outcome::Written(entry))) => (json!({ "key": key, "entry": entry.number }), true),
            Some(Ok(Outcome::Repeated(entry))) => (json!({ "key": key, "entry": entry, "repeated": true }), true),
            Some(Err(refusal)) => (json!({ "key": key, "refused": words(&refusal.message()) }), false),
            None => (json!({ "key": key, "error": words(&message!("no-outcome")) }), false),
        },
        Err(error) => (json!({ "key": key, "error": words(&error.message()) }), false),
    }
}

/// The codes that an entry may name, once there is a mission. Without one, anything that is a code goes.
struct Known(Option<Arc<muster_domain::picture::Picture>>);

impl Known {
    async fn of(app: &App, actor: &Actor) -> Result<Self, Failure> {
        let picture = app.picture(&actor.viewer).await?;
        Ok(Self(picture.mission().is_some().then_some(picture)))
    }

    fn check(&self, command: &Command) -> Result<(), Message> {
        let (Some(picture), Act::Post { postings, .. }) = (&self.0, &command.act) else { return Ok(()) };
        for key in postings.iter().flat_map(|p| [&p.from, &p.to]) {
            let there = [
                ("party", picture.parties.contains_key(key.holder.as_str()), key.holder.as_str()),
                ("party", picture.parties.contains_key(key.owner.as_str()), key.owner.as_str()),
                ("resource", picture.resources.contains_key(key.resource.as_str()), key.resource.as_str()),
                (
                    "place",
                    key.place.as_ref().is_none_or(|p| picture.places.contains_key(p.as_str())),
                    key.place.as_ref().map_or("", Code::as_str),
                ),
            ];
            if let Some((what, _, code)) = there.iter().find(|(_, there, _)| !there) {
                return Err(message!("not-in-mission", what = Told::word(*what), code = *code));
            }
        }
        Ok(())
    }
}

/// Reads one line: `key`, `activity`, `actor`, `reason`, `postings` (`from`, `to`, `quantity`, `lot`, `serial`), and, if it was not just
/// now, `occurred_at`.
fn command(bytes: &[u8]) -> Result<Command, Message> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| message!("line-no-json", error = error.to_string()))?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).ok_or_else(|| message!("field-text", name));
    let occurred_at = match value.get("occurred_at") {
        None => Note::WHEN_RECORDED,
        Some(at) => {
            at.as_str().and_then(|at| at.parse().ok()).ok_or_else(|| must_be("occurred_at", message!("a-moment")))?
        }
    };
    let postings = value.get("postings").and_then(Value::as_array).ok_or_else(|| message!("postings-missing"))?;
    let activity = Activity::parse(text("activity")?).map_err(|right| must_be("activity", right))?;
    let postings = postings.iter().map(posting).collect::<Result<Vec<_>, _>>()?;
    let note =
        Note { key: text("key")?.into(), occurred_at, actor: text("actor")?.into(), reason: text("reason")?.into() };
    Ok(Command { note, act: Act::Post { activity, subject: Subject::default(), postings } })
}

fn must_be(name: &str, right: Message) -> Message {
    message!("field-must-be", name, right)
}

fn posting(value: &Value) -> Result<Posting, Message> {
    let account = |name: &str| {
        let text = value.get(name).and_then(Value::as_str).ok_or_else(|| must_be(name, message!("an-account")))?;
        AccountKey::parse(text).map_err(|right| must_be(name, right))
    };
    let optional = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let quantity = value
        .get("quantity")
        .and_then(Value::as_i64)
        .ok_or_else(|| must_be("quantity", message!("any-whole-number")))?;
    Ok(Posting {
        from: account("from")?,
        to: account("to")?,
        quantity,
        lot: optional("lot"),
        serial: optional("serial"),
    })
}
