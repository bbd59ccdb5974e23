//! Events that others recorded, each as one party told it. They are never changed, and the journal's note of their capture seals them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use muster_domain::{message, viewer::Viewer};
use sha2::{Digest, Sha256};

use super::{LONGEST_PAGE, Walk};
use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    sight, statements,
    wanted::{Where, places},
};

statements! {
    OF_ENTRY = "SELECT hash, declared_at, party, id, event FROM epcis_event
        WHERE entry = $1 AND (hash, declared_at) > ($2, $3) ORDER BY hash, declared_at LIMIT 1000";
}

/// An event that is taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// What is read of it again.
    pub kept: Kept,
    /// Where it was seen.
    pub read_point: Option<String>,
    /// Where things were afterwards.
    pub location: Option<String>,
    /// What it names, each with its kind.
    pub names: BTreeSet<(&'static str, String)>,
}

/// An event as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its hash: 64 hexadecimal digits. With the two that follow it is its key.
    pub hash: String,
    /// When it was said to be wrong, in microseconds; 0 if it was not.
    pub declared_at: i64,
    /// The party that told it; empty for whoever has the database in hand.
    pub party: String,
    /// By which it is known.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// The step of the business.
    pub step: Option<String>,
    /// In which state things were afterwards.
    pub disposition: Option<String>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was taken in.
    pub captured_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// The event.
    pub event: String,
}

/// Where a page ended: its time, hash, when said to be wrong, party.
pub type After = (i64, String, i64, String);

/// Which events are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Known by one of these ids, or with one of these hashes.
    pub ids: Option<(Vec<String>, Vec<String>)>,
    /// When it happened: from, to.
    pub occurred: (Option<Timestamp>, Option<Timestamp>),
    /// When it was taken in: from, to.
    pub captured: (Option<Timestamp>, Option<Timestamp>),
    /// With one name of each of these: kinds of names, and names.
    pub names: Vec<(Vec<&'static str>, Vec<String>)>,
}

/// What the journal's note says of events: how many, and a hash over them.
pub fn about(events: &[New]) -> String {
    let mut sorted: Vec<&Kept> = events.iter().map(|new| &new.kept).collect();
    sorted.sort_by(|a, b| (&a.hash, a.declared_at).cmp(&(&b.hash, b.declared_at)));
    let mut seal = Seal::default();
    sorted.iter().for_each(|kept| seal.add(&kept.hash, kept.declared_at, &kept.party, &kept.id, &kept.event));
    seal.about()
}

/// The same of the events that an entry seals.
pub(crate) async fn about_entry(conn: &mut Conn, entry: i64) -> Result<String, Error> {
    let mut seal = Seal::default();
    let mut after = (String::new(), 0);
    loop {
        let rows = conn.rows(OF_ENTRY, vec![entry.into(), after.0.as_str().into(), after.1.into()]).await?;
        for row in &rows {
            after = (row.text(0)?, row.integer(1)?);
            seal.add(&after.0, after.1, &row.text(2)?, &row.text(3)?, &row.text(4)?);
        }
        if rows.is_empty() {
            return Ok(seal.about());
        }
    }
}

#[derive(Default)]
struct Seal {
    count: usize,
    hash: Sha256,
}

impl Seal {
    fn add(&mut self, hash: &str, declared_at: i64, party: &str, id: &str, event: &str) {
        self.count += 1;
        for part in [hash, &declared_at.to_string(), party, id, event] {
            self.hash.update((part.len() as u64).to_be_bytes());
            self.hash.update(part);
        }
    }

    fn about(self) -> String {
        let digits: String = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{} events, SHA-256 {digits}", self.count)
    }
}

/// Writes events that are new; a conflict if somebody else has just told one of them for the same party.
pub(crate) async fn write(conn: &mut Conn, events: &[New], entry: i64) -> Result<(), Error> {
    let party = events.first().map_or("", |new| new.kept.party.as_str());
    if !known(conn, party, events).await?.is_empty() {
        return Err(Error::Conflict(message!("changed-meanwhile")));
    }
    // Taken in when the journal took their note: a long document is read long before.
    let noted = conn.row("SELECT recorded_at FROM entry WHERE number = $1", vec![entry.into()]).await?;
    let noted = noted.map(|row| row.integer(0)).transpose()?;
    let row = |new: &New| {
        vec![
            new.kept.hash.as_str().into(),
            new.kept.declared_at.into(),
            new.kept.party.as_str().into(),
            new.kept.id.as_str().into(),
            new.kept.kind.as_str().into(),
            new.kept.step.clone().into(),
            new.kept.disposition.clone().into(),
            new.read_point.clone().into(),
            new.location.clone().into(),
            new.kept.occurred_at.as_microsecond().into(),
            noted.unwrap_or_else(|| new.kept.captured_at.as_microsecond()).into(),
            new.kept.actor.as_str().into(),
            new.kept.event.as_str().into(),
            entry.into(),
        ]
    };
    let into = "INSERT INTO epcis_event (hash, declared_at, party, id, kind, step, disposition, read_point, location, occurred_at, captured_at, actor, event, entry)";
    conn.insert(Batch::insert(into, events.iter().map(row).collect())).await?;
    let named = events.iter().flat_map(|new| new.names.iter().map(move |(kind, name)| (new, kind, name)));
    let row = |(new, kind, name): (&New, &&'static str, &String)| {
        vec![
            (*kind).into(),
            name.as_str().into(),
            new.kept.hash.as_str().into(),
            new.kept.declared_at.into(),
            new.kept.party.as_str().into(),
        ]
    };
    conn.insert(Batch::insert(
        "INSERT INTO epcis_name (kind, name, hash, declared_at, party)",
        named.map(row).collect(),
    ))
    .await
}

/// Which events with the hashes of these a party has told already: hashes, and when they were said to be wrong.
///
/// # Errors
/// If the engine fails.
pub async fn known(conn: &mut Conn, party: &str, events: &[New]) -> Result<BTreeSet<(String, i64)>, Error> {
    let sql = "SELECT hash, declared_at, party FROM epcis_event WHERE hash IN {}";
    let hashes = events.iter().map(|new| Value::from(new.kept.hash.as_str()));
    let mut known = BTreeSet::new();
    for row in conn.rows_in(sql, hashes).await? {
        if row.text(2)? == party {
            known.insert((row.text(0)?, row.integer(1)?));
        }
    }
    Ok(known)
}

/// Events of others that the viewer sees, in an order, after one of them.
///
/// # Errors
/// If the engine fails.
pub async fn page(
    conn: &mut Conn,
    viewer: &Viewer,
    wanted: &Wanted,
    after: &After,
    walk: Walk,
    limit: i64,
) -> Result<Vec<Kept>, Error> {
    let (at, hash, declared, party) = after;
    let values: Vec<Value> = vec![
        limit.clamp(1, LONGEST_PAGE).into(),
        (*at).into(),
        hash.as_str().into(),
        (*declared).into(),
        party.as_str().into(),
    ];
    let mut all = Where::after(values);
    let time = walk.time("e.captured_at", "e.occurred_at");
    let order = walk.after(&mut all, &[time, "e.hash", "e.declared_at", "e.party"]);
    all.and(|n| {
        let sight = sight::captured(viewer, n);
        (sight.sql, sight.values)
    });
    let moment = |at: Option<Timestamp>| at.map(Timestamp::as_microsecond);
    all.is("e.occurred_at >=", moment(wanted.occurred.0));
    all.is("e.occurred_at <", moment(wanted.occurred.1));
    all.is("e.captured_at >=", moment(wanted.captured.0));
    all.is("e.captured_at <", moment(wanted.captured.1));
    if let Some((ids, hashes)) = &wanted.ids {
        all.and(|n| {
            let (id, hash) = (places(n, ids.len()), places(n + ids.len(), hashes.len()));
            let sql = if hashes.is_empty() {
                format!("e.id IN ({id})")
            } else {
                format!("(e.id IN ({id}) OR e.hash IN ({hash}))")
            };
            (sql, ids.iter().chain(hashes).map(|id| Value::from(id.as_str())).collect())
        });
    }
    for (kinds, names) in &wanted.names {
        all.and(|n| {
            let (kind, name) = (places(n, kinds.len()), places(n + kinds.len(), names.len()));
            let sql = format!(
                "EXISTS (SELECT 1 FROM epcis_name n WHERE n.kind IN ({kind}) AND n.name IN ({name})
                    AND n.hash = e.hash AND n.declared_at = e.declared_at AND n.party = e.party)"
            );
            let values = kinds.iter().map(|k| Value::from(*k)).chain(names.iter().map(|n| Value::from(n.as_str())));
            (sql, values.collect())
        });
    }
    let sql = format!(
        "SELECT e.hash, e.declared_at, e.party, e.id, e.kind, e.step, e.disposition, e.occurred_at, e.captured_at, e.actor, e.event FROM epcis_event e
        WHERE {} ORDER BY {order} LIMIT $1",
        all.text()
    );
    conn.rows(&sql, all.values).await?.iter().map(kept).collect()
}

fn kept(row: &Row) -> Result<Kept, Error> {
    Ok(Kept {
        hash: row.text(0)?,
        declared_at: row.integer(1)?,
        party: row.text(2)?,
        id: row.text(3)?,
        kind: row.text(4)?,
        step: row.maybe_text(5)?,
        disposition: row.maybe_text(6)?,
        occurred_at: row.timestamp(7)?,
        captured_at: row.timestamp(8)?,
        actor: row.text(9)?,
        event: row.text(10)?,
    })
}
