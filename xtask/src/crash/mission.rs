//! Imports of the demonstration mission, each with a change that can be recognised: all of it is there, or nothing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use muster_domain::{ledger::entry::Activity, viewer::Viewer};
use muster_storage::{
    db::Conn,
    ledger::read::{self, EntryFilter},
    picture,
};

use super::Outcome;
use crate::workspace;

/// Offers whose quantity changes with each import.
const OFFERS: usize = 40;

/// What can be recognised of an import: the round in the mission's description, and the quantities of offers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    round: u32,
    offers: BTreeMap<String, i64>,
}

/// The mission as it is imported again and again.
pub(super) struct Mission {
    folder: PathBuf,
    /// How long an undisturbed import takes.
    pub(super) took: Duration,
    /// What the last copy says.
    copied: Option<Mark>,
    /// What the database may hold.
    possible: Vec<Mark>,
}

impl Mission {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.join("mission"), took: Duration::ZERO, copied: None, possible: Vec::new() }
    }

    /// Writes a copy that is recognisable as this round's.
    pub(super) fn copy(&mut self, round: u32) -> Outcome<PathBuf> {
        fs::create_dir_all(&self.folder)?;
        for file in fs::read_dir(workspace().join("demo/mission"))? {
            let file = file?.path();
            let name = file.file_name().ok_or("a file has a name")?;
            let mut text = fs::read_to_string(&file)?;
            if name == "mission.csv" {
                text = text.replacen("Half a year", &format!("Round {round}: half a year"), 1);
            }
            if name == "offers.csv" {
                let (changed, offers) = offers(&text, round);
                text = changed;
                self.copied = Some(Mark { round, offers });
            }
            fs::write(self.folder.join(name), text)?;
        }
        if round == 0 {
            self.possible = self.copied.iter().cloned().collect();
        }
        Ok(self.folder.clone())
    }

    /// Notes that the last copy was imported, perhaps.
    pub(super) fn sent(&mut self, round: u32, acknowledged: bool) {
        if acknowledged {
            self.possible.clear();
        }
        self.possible.extend(self.copied.clone().filter(|mark| mark.round == round));
    }

    /// Compares the records, and the commitments in the ledger, with what they may be.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) async fn check(&mut self, conn: &mut Conn) -> Outcome<()> {
        let picture = picture::load(conn, &Viewer::operator("xtask")).await?;
        let told = &picture.mission().ok_or("the mission is gone")?.description;
        let round = told.strip_prefix("Round ").and_then(|rest| rest.split(':').next()).and_then(|n| n.parse().ok());
        let Some(mark) = self.possible.iter().find(|mark| Some(mark.round) == round) else {
            return Err(format!("the mission says `{told}`, which was not imported or is older than what was").into());
        };
        for (code, quantity) in &mark.offers {
            let offer = picture.offers.get(code).ok_or_else(|| format!("the offer {code} is gone"))?;
            let units = picture.offered_units(offer);
            if units != Some(*quantity) {
                return Err(
                    format!("the offer {code} is of {units:?}, not {quantity} as in round {}", mark.round).into()
                );
            }
            let filter = EntryFilter { offer: Some(code.clone()), ..EntryFilter::default() };
            let open = read::open(conn, &filter, Some(Activity::Commit), 0, 1_000).await?;
            let open: i64 = open.iter().map(|line| line.quantity).sum();
            if offer.state.is_committed() && open != *quantity {
                return Err(format!("the offer {code} is of {quantity}, {open} are pending in the ledger").into());
            }
        }
        self.possible = vec![mark.clone()];
        Ok(())
    }
}

/// The sheet of offers with some quantities raised by the round's number, and those quantities.
fn offers(text: &str, round: u32) -> (String, BTreeMap<String, i64>) {
    let mut changed = BTreeMap::new();
    let line = |line: &str| {
        // The first five columns hold codes, words and numbers, never a comma.
        let cells: Vec<&str> = line.splitn(6, ',').collect();
        match (cells.as_slice(), changed.len() < OFFERS) {
            ([code, donor, "goods", resource, quantity, rest], true) => {
                let Ok(quantity) = quantity.parse::<i64>() else { return line.to_owned() };
                let quantity = quantity + i64::from(round);
                changed.insert((*code).to_owned(), quantity);
                [code, donor, "goods", resource, &quantity.to_string(), rest].join(",")
            }
            _ => line.to_owned(),
        }
    };
    let lines: Vec<String> = text.lines().map(line).collect();
    (lines.join("\n") + "\n", changed)
}
