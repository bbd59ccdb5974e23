//! Opens the mission's database, and the key that seals its ledger.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use muster_app::{
    Actor, App, Error,
    storage::{db::Db, ledger::Ledger, schema},
};
use muster_domain::{chance::Chance, clock::Clock, message, viewer::Viewer};

use crate::{Failure, args::Place};

/// The clock of the machine.
#[derive(Debug)]
pub(crate) struct MachineClock;

impl Clock for MachineClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock that is passed to everything else")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The chance of the machine.
#[derive(Debug)]
pub(crate) struct MachineChance;

impl Chance for MachineChance {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("a machine without random numbers cannot keep secrets");
    }
}

/// Opens the mission for reading and writing; a new database gets its tables and its key.
pub(crate) async fn making(place: &Place) -> Result<App, Failure> {
    making_at(place, Arc::new(MachineClock)).await
}

/// As [`making`], by another clock than the machine's.
pub(crate) async fn making_at(place: &Place, clock: Arc<dyn Clock>) -> Result<App, Failure> {
    with_ledger(place, database(place, true).await?, clock).await
}

/// Opens a mission that is there already, for reading and writing.
pub(crate) async fn writing(place: &Place) -> Result<App, Failure> {
    with_ledger(place, database(place, false).await?, Arc::new(MachineClock)).await
}

/// That there is such a place, where one is named: else whoever mistypes it is told that nothing is there.
pub(crate) async fn place(app: &App, place: &Place, code: Option<&str>) -> Result<(), Failure> {
    let Some(code) = code else { return Ok(()) };
    let known = app.picture(&viewer(place)).await?.places.contains_key(code);
    known.then_some(()).ok_or_else(|| Error::NotFound { what: "place", code: code.to_owned() }.into())
}

async fn with_ledger(place: &Place, db: Db, clock: Arc<dyn Clock>) -> Result<App, Failure> {
    let key = seal_key(place)?;
    let ledger = Ledger::open(&db, key, clock.clone()).await?;
    Ok(App::new(db, Some(ledger), clock, Arc::new(MachineChance)))
}

/// Opens a mission that is there already, for reading.
pub(crate) async fn reading(place: &Place) -> Result<App, Failure> {
    Ok(App::new(database(place, false).await?, None, Arc::new(MachineClock), Arc::new(MachineChance)))
}

/// Who asks, and why.
pub(crate) fn actor(place: &Place, reason: &str) -> Actor {
    Actor::new(viewer(place), reason)
}

/// Who asks. Whoever has the database in hand sees everything and may do everything.
#[expect(clippy::disallowed_methods, reason = "only this crate reads the environment")]
pub(crate) fn viewer(place: &Place) -> Viewer {
    let user = || std::env::var("USER").ok().filter(|name| !name.is_empty());
    Viewer::operator(place.actor.clone().or_else(user).unwrap_or_else(|| "operator".into()))
}

async fn database(place: &Place, make: bool) -> Result<Db, Failure> {
    let db = match (&place.data, &place.database) {
        (Some(folder), _) => {
            let file = folder.join("muster.db");
            if make {
                fs::create_dir_all(folder).map_err(|error| unreadable(folder, &error))?;
            } else if !file.exists() {
                return Err(Failure::Unreadable(message!("no-mission-in", path = shown(folder))));
            }
            Db::sqlite(&file).await?
        }
        (None, Some(url)) => Db::postgres(url).await?,
        (None, None) => {
            return Err(Failure::Unreadable(message!("no-place-given")));
        }
    };
    schema::migrate(&db, MachineClock.now()).await?;
    Ok(db)
}

/// The key's file: the one given, or in the data folder, or in the user's own folder for state.
#[expect(clippy::disallowed_methods, reason = "only this crate reads the environment")]
fn seal_key_file(place: &Place) -> Result<PathBuf, Failure> {
    if let Some(file) = &place.seal_key {
        return Ok(file.clone());
    }
    if let Some(folder) = &place.data {
        return Ok(folder.join("seal.key"));
    }
    let state = std::env::var("XDG_STATE_HOME").map(PathBuf::from);
    let home = std::env::var("HOME").map(|home| Path::new(&home).join(".local/state"));
    let folder = state.or(home).map_err(|_| Failure::Unreadable(message!("no-seal-key-given")))?;
    Ok(folder.join("muster").join("seal.key"))
}

fn seal_key(place: &Place) -> Result<SigningKey, Failure> {
    let file = seal_key_file(place)?;
    match fs::read_to_string(&file) {
        Ok(text) => {
            let bytes = hex(text.trim()).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            let malformed = || Failure::Unreadable(message!("seal-key-malformed", path = shown(&file)));
            Ok(SigningKey::from_bytes(&bytes.ok_or_else(malformed)?))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => new_seal_key(&file),
        Err(error) => Err(unreadable(&file, &error)),
    }
}

/// Makes a key that only its owner may read. Of two processes that do so at once, one makes it and the other reads it.
fn new_seal_key(file: &Path) -> Result<SigningKey, Failure> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::Told(message!("no-random-numbers", error = error.to_string())))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| unreadable(folder, &error))?;
    let failed = |error: std::io::Error| unreadable(file, &error);
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    writeln!(new, "{}", to_hex(&bytes)).map_err(failed)?;
    new.as_file().sync_all().map_err(failed)?;
    match new.persist_noclobber(file) {
        Ok(_) => Ok(SigningKey::from_bytes(&bytes)),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            let text = fs::read_to_string(file).map_err(failed)?;
            let bytes = hex(text.trim()).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            bytes
                .map(|bytes| SigningKey::from_bytes(&bytes))
                .ok_or_else(|| Failure::Unreadable(message!("seal-key-malformed", path = shown(file))))
        }
        Err(error) => Err(failed(error.error)),
    }
}

/// A path, for people.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// All of a file.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| unreadable(path, &error))
}

/// A file in a folder that is to become another when all is written; as readable as files are that this process makes.
pub(crate) fn beside(folder: &Path) -> Result<tempfile::NamedTempFile, Failure> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What the process's mask leaves of it.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    // The error itself names a file that nobody asked for.
    builder.tempfile_in(folder).map_err(|error| unreadable(folder, &error.kind().into()))
}

/// Why a file or folder cannot be used.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Unreadable(message!("file-unusable", path = shown(path), error = error.to_string()))
}

/// Bytes from hexadecimal digits.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.is_ascii() && text.len().is_multiple_of(2);
    let pair = |n: usize| u8::from_str_radix(&text[n..n + 2], 16).ok();
    if digits { (0..text.len()).step_by(2).map(pair).collect() } else { None }
}

/// Hexadecimal digits from bytes.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
