//! Who is nominated and has not come yet: nobody is nominated twice out of what one source has.

use std::collections::BTreeMap;

use muster_domain::{code::Code, ledger::account::AccountKey, training::NominationState};

use crate::{Error, db::Conn, statements};

statements! {
    OF_LINE = "SELECT state, COUNT(*) FROM nomination WHERE plan = $1 AND line = $2 GROUP BY state ORDER BY state";
    EXPECTED_FROM = "SELECT COUNT(*) FROM nomination WHERE origin = $1 AND plan IS NULL AND state IN ('nominated', 'cleared')";
    EXPECTED_OF_LINE = "SELECT COUNT(*) FROM nomination WHERE plan = $1 AND line = $2 AND state IN ('nominated', 'cleared')";
    EXPECTED_OF_OFFER = "SELECT COUNT(*) FROM nomination WHERE offer = $1 AND plan IS NULL AND state IN ('nominated', 'cleared')";
}

/// From where trainees who have not come yet are expected.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// Out of an account.
    Account(&'a AccountKey),
    /// Out of an offer.
    Offer(&'a Code),
    /// By a line of a plan.
    Line(&'a Code, i64),
}

/// How many nominations name a line of a plan, by their states.
///
/// # Errors
/// If the engine fails.
pub async fn of_line(conn: &mut Conn, plan: &str, line: i64) -> Result<BTreeMap<NominationState, i64>, Error> {
    let rows = conn.rows(OF_LINE, vec![plan.into(), line.into()]).await?;
    rows.iter().map(|row| Ok((row.word(0)?, row.integer(1)?))).collect()
}

/// How many trainees are nominated from somewhere and have not come yet.
///
/// # Errors
/// If the engine fails.
pub async fn expected(conn: &mut Conn, from: Source<'_>) -> Result<i64, Error> {
    let row = match from {
        Source::Account(account) => conn.row(EXPECTED_FROM, vec![account.to_string().into()]).await?,
        Source::Offer(offer) => conn.row(EXPECTED_OF_OFFER, vec![offer.into()]).await?,
        Source::Line(plan, line) => conn.row(EXPECTED_OF_LINE, vec![plan.into(), line.into()]).await?,
    };
    row.map_or(Ok(0), |row| row.integer(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_not_come_yet_is_who_statements_name() {
        for state in NominationState::ALL {
            for sql in [EXPECTED_FROM, EXPECTED_OF_LINE, EXPECTED_OF_OFFER] {
                assert_eq!(sql.contains(&format!("'{state}'")), state.is_expected(), "{state}");
            }
        }
    }
}
