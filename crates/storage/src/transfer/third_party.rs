//! Third-party transfers as they are kept: who asks to hand on what it was given, and what the nations that gave it say.

use std::collections::BTreeMap;

use muster_domain::{code::Code, ledger::entry::EntryNumber, viewer::Viewer};

use super::{EntryRef, NationAnswer, Said, ThirdPartyTransfer, read::time};
use crate::{
    Error,
    db::{Batch, Conn, Row, Value},
    ledger::read::LONGEST_PAGE,
    sight, statements,
    wanted::Where,
};

/// Columns of a third-party transfer, in the order in which [`transfer`] reads them.
const TRANSFER: &str = "t.code, t.resource, t.serial, t.holder, t.receiver, t.purpose, t.asked_at, t.asked_by, t.entry, t.ended, t.ended_at, t.ended_by";
/// Columns of an answer, in the order in which [`nation`] reads them, and what it answers.
const ANSWERS: &str = "nation, answer, reference, answered_at, answered_by, entry, transfer";

statements! {
    OFFER = "SELECT e.offer FROM posting p JOIN entry e ON e.number = p.entry
        WHERE p.resource IN (SELECT s.code FROM resources s WHERE s.item = (SELECT item FROM resources WHERE code = $1))
          AND p.serial = $2 AND p.serial <> '' AND p.kind = 'posted' AND e.offer IS NOT NULL
        ORDER BY p.entry DESC LIMIT 1";
}

pub(super) const ANSWERED: &str = "UPDATE third_party_answer SET answer = v.column3, reference = v.column4, answered_at = v.column5,
    answered_by = v.column6, entry = v.column7 FROM ({rows}) v
    WHERE third_party_answer.transfer = v.column1 AND third_party_answer.nation = v.column2 AND third_party_answer.answer IS NULL";
pub(super) const ENDED: &str = "UPDATE third_party_transfer SET ended = v.column2, ended_at = v.column3, ended_by = v.column4,
    ended_entry = v.column5 FROM ({rows}) v WHERE third_party_transfer.code = v.column1 AND third_party_transfer.ended IS NULL";

/// Which third-party transfers are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of them.
    pub code: Option<String>,
    /// Those of a unit, in whatever state: resource and serial number.
    pub unit: Option<(String, String)>,
    /// Only those of which something may still come.
    pub open: bool,
    /// Only those that were asked for, answered or ended by an entry after one and up to another.
    pub changed: Option<(EntryNumber, EntryNumber)>,
    /// Only those asked for before one: when it was, in microseconds, and its code.
    pub after: Option<(i64, String)>,
}

/// Third-party transfers that the viewer sees, newest first.
///
/// # Errors
/// If the engine fails.
pub async fn list(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<ThirdPartyTransfer>, Error> {
    let mut all = Where::after(vec![limit.clamp(1, LONGEST_PAGE + 1).into()]);
    all.and(|n| {
        let sight = sight::third_party_transfers(viewer, n);
        (sight.sql, sight.values)
    });
    all.is("t.code", filter.code.clone());
    super::of_unit(&mut all, "t", filter.unit.as_ref());
    if filter.open {
        all.plain("t.ended IS NULL AND NOT EXISTS (SELECT 1 FROM third_party_answer r WHERE r.transfer = t.code AND r.answer = 'refuses')");
    }
    if let Some((after, last)) = filter.changed {
        all.and(|n| {
            let within = |entry: &str| format!("{entry} > ${n} AND {entry} <= ${}", n + 1);
            let answered =
                format!("SELECT 1 FROM third_party_answer c WHERE c.transfer = t.code AND {}", within("c.entry"));
            let sql = format!("({} OR {} OR EXISTS ({answered}))", within("t.entry"), within("t.ended_entry"));
            (sql, vec![after.into(), last.into()])
        });
    }
    all.before("t.asked_at", "t.code", filter.after.as_ref());
    let sql = format!(
        "SELECT {TRANSFER} FROM third_party_transfer t WHERE {} ORDER BY t.asked_at DESC, t.code DESC LIMIT $1",
        all.text()
    );
    let mut found: Vec<ThirdPartyTransfer> =
        conn.rows(&sql, all.values).await?.iter().map(transfer).collect::<Result<_, _>>()?;
    let mut of_them = Where::after(Vec::new());
    of_them.among("transfer", &found.iter().map(|one| one.code.to_string()).collect::<Vec<_>>());
    let sql = format!("SELECT {ANSWERS} FROM third_party_answer WHERE {} ORDER BY nation", of_them.text());
    let mut answers: BTreeMap<Code, Vec<NationAnswer>> = BTreeMap::new();
    for row in conn.rows(&sql, of_them.values).await? {
        answers.entry(row.word(6)?).or_default().push(nation(&row)?);
    }
    for one in &mut found {
        one.nations = answers.remove(&one.code).unwrap_or_default();
    }
    Ok(found)
}

/// The offer as part of which a unit, in whatever state it was then, was given.
///
/// # Errors
/// If the engine fails.
pub async fn offer_of(conn: &mut Conn, resource: &str, serial: &str) -> Result<Option<Code>, Error> {
    let row = conn.row(OFFER, vec![resource.into(), serial.into()]).await?;
    row.map_or(Ok(None), |row| row.maybe_code(0))
}

fn transfer(row: &Row) -> Result<ThirdPartyTransfer, Error> {
    let ended =
        row.maybe_text(9)?.map(|_| Ok::<_, Error>((row.word(9)?, row.timestamp(10)?, row.text(11)?))).transpose()?;
    Ok(ThirdPartyTransfer {
        code: row.word(0)?,
        resource: row.word(1)?,
        serial: row.text(2)?,
        holder: row.word(3)?,
        receiver: row.word(4)?,
        purpose: row.text(5)?,
        asked_at: row.timestamp(6)?,
        asked_by: row.text(7)?,
        entry: EntryRef::Known(row.integer(8)?),
        nations: Vec::new(),
        ended,
    })
}

fn nation(row: &Row) -> Result<NationAnswer, Error> {
    let said = match (row.maybe_text(1)?, row.maybe_integer(3)?, row.maybe_integer(5)?) {
        (Some(_), Some(at), Some(entry)) => Some(Said {
            answer: row.word(1)?,
            reference: row.text(2)?,
            at: time(at)?,
            actor: row.text(4)?,
            entry: EntryRef::Known(entry),
        }),
        _ => None,
    };
    Ok(NationAnswer { nation: row.word(0)?, said })
}

/// One that is asked for, and the nations that must agree.
pub(super) fn asked(new: &ThirdPartyTransfer, entry: i64) -> [Batch; 2] {
    let row = vec![
        new.code.as_str().into(),
        new.resource.as_str().into(),
        new.serial.as_str().into(),
        new.holder.as_str().into(),
        new.receiver.as_str().into(),
        new.purpose.as_str().into(),
        new.asked_at.as_microsecond().into(),
        new.asked_by.as_str().into(),
        entry.into(),
    ];
    let into = "INSERT INTO third_party_transfer (code, resource, serial, holder, receiver, purpose, asked_at, asked_by, entry)";
    let asked = Batch::insert(into, vec![row]);
    let nation = |one: &NationAnswer| vec![new.code.as_str().into(), one.nation.as_str().into(), "".into()];
    let into = "INSERT INTO third_party_answer (transfer, nation, reference)";
    [asked, Batch::insert(into, new.nations.iter().map(nation).collect())]
}

/// What a nation said.
pub(super) fn answer_row(code: &Code, nation: &Code, said: &Said, entry: i64) -> Vec<Value> {
    vec![
        code.as_str().into(),
        nation.as_str().into(),
        said.answer.as_str().into(),
        said.reference.as_str().into(),
        said.at.as_microsecond().into(),
        said.actor.as_str().into(),
        entry.into(),
    ]
}
