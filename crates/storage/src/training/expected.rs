//! Who is nominated and has not come yet: nobody is nominated twice out of what one source has.

use std::{collections::BTreeMap, fmt};

use muster_domain::{
    code::Code,
    ledger::{account::AccountKey, entry::EntryNumber},
    training::NominationState,
};

use crate::{
    Error,
    db::{Conn, Value},
    ledger::left::{come_of, left_of},
    repair::held_by,
    statements,
    transfer::read::account,
};

statements! {
    OPEN_OF = "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM open_line WHERE entry = $1";
    OF_LINE = "SELECT state, account, resource, COUNT(*) FROM nomination WHERE plan = $1 AND line = $2
        GROUP BY state, account, resource ORDER BY state, account, resource";
    LAST_OF_LINE = "SELECT CAST(COALESCE(MAX(e.number), 0) AS BIGINT) FROM allocation a
        JOIN entry e ON e.resolves >= a.first_entry AND e.resolves <= a.last_entry
        WHERE a.plan = $1 AND a.line = $2 AND e.number < $3";
    EXPECTED_FROM = "SELECT offer, COUNT(*) FROM nomination WHERE origin = $1 AND plan IS NULL AND state IN ('nominated', 'cleared')
        GROUP BY offer ORDER BY offer";
    EXPECTED_OF_LINE = "SELECT COUNT(*) FROM nomination WHERE plan = $1 AND line = $2 AND state IN ('nominated', 'cleared', 'travelling')";
    EXPECTED_OF_OFFER = "SELECT COUNT(*) FROM nomination WHERE offer = $1 AND plan IS NULL AND state IN ('nominated', 'cleared')";
}

/// From where somebody comes, with what tells how many are left there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Out of an account: people whom none of these offers brought there.
    Account(AccountKey, Vec<Code>),
    /// Out of an offer, whose people wait in this account.
    Offer(Code, AccountKey),
    /// By a line of a plan, whose course begins by this pending entry.
    Line(Code, i64, EntryNumber),
}

impl fmt::Display for Source {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account, _) => account.fmt(to),
            Self::Offer(offer, _) => offer.fmt(to),
            Self::Line(plan, line, _) => write!(to, "{plan}/{line}"),
        }
    }
}

/// How far those are who go by a line of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfLine {
    /// How many nominations name it, by their states and whether they were taught.
    pub states: BTreeMap<(NominationState, bool), i64>,
    /// The last entry by which a step of it happened or was given up, of all that are there, with nominations or without.
    pub last: EntryNumber,
}

/// How far those are who go by a line of a plan; of the journal only what came before an entry.
///
/// # Errors
/// If the engine fails.
pub async fn of_line(conn: &mut Conn, plan: &str, line: i64, before: EntryNumber) -> Result<OfLine, Error> {
    let mut all = OfLine::default();
    for row in conn.rows(OF_LINE, vec![plan.into(), line.into()]).await? {
        let trained = account(&row.text(1)?)?.resource.as_str() != row.text(2)?;
        *all.states.entry((row.word(0)?, trained)).or_default() += row.integer(3)?;
    }
    let last = conn.row(LAST_OF_LINE, vec![plan.into(), line.into(), before.into()]).await?;
    all.last = last.map_or(Ok(0), |row| row.integer(0))?;
    Ok(all)
}

/// Whether people are nominated by a line of a plan: they go as their nominations do.
///
/// # Errors
/// If the engine fails.
pub async fn is_nominated(conn: &mut Conn, plan: &str, line: i64) -> Result<bool, Error> {
    Ok(of_line(conn, plan, line, EntryNumber::MAX).await?.states.keys().any(|(state, _)| !state.is_over()))
}

/// How many may still be nominated out of a source: who is there, less who is nominated and has not come.
///
/// # Errors
/// If the engine fails.
pub async fn left(conn: &mut Conn, source: &Source) -> Result<i64, Error> {
    let (there, expected) = match source {
        Source::Account(account, offers) => {
            let mut there = held_by(conn, account).await?;
            for offer in offers {
                there -= come_of(conn, offer.as_str(), account).await?;
            }
            let mut expected = 0;
            for row in conn.rows(EXPECTED_FROM, vec![account.to_string().into()]).await? {
                let offer = row.maybe_code(0)?;
                expected += if offer.is_some_and(|offer| offers.contains(&offer)) { 0 } else { row.integer(1)? };
            }
            (there, expected)
        }
        Source::Offer(offer, account) => {
            let there = left_of(conn, offer.as_str(), account).await?;
            (there, one(conn, EXPECTED_OF_OFFER, vec![offer.into()]).await?)
        }
        Source::Line(plan, line, start) => {
            let there = one(conn, OPEN_OF, vec![(*start).into()]).await?;
            (there, one(conn, EXPECTED_OF_LINE, vec![plan.into(), (*line).into()]).await?)
        }
    };
    Ok(there - expected)
}

async fn one(conn: &mut Conn, sql: &str, values: Vec<Value>) -> Result<i64, Error> {
    conn.row(sql, values).await?.map_or(Ok(0), |row| row.integer(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_not_left_or_come_yet_is_who_statements_name() {
        for state in NominationState::ALL {
            let named = |sql: &str| sql.contains(&format!("'{state}'"));
            for sql in [EXPECTED_FROM, EXPECTED_OF_OFFER] {
                assert_eq!(named(sql), state.is_at_home(), "{state}");
            }
            // Of a line, the course's start is open until they come.
            assert_eq!(named(EXPECTED_OF_LINE), state.is_expected(), "{state}");
        }
    }
}
