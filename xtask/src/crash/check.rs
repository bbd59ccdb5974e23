//! What the database must hold after a crash. It is compared with what was sent and what was acknowledged, entry by entry, and with
//! its own seal: the block noted last time must still be there, so what was compared once is not compared again until the end.

use std::collections::{BTreeMap, HashMap, HashSet};

use muster_domain::{
    ledger::{
        account::{AccountId, AccountKey},
        entry::{Activity, Entry, EntryKind, EntryNumber, Hash},
        seal::BlockNumber,
    },
    viewer::Viewer,
};
use muster_storage::{
    db::Conn,
    ledger::{
        public_key,
        read::{self, AccountFilter, EntryFilter},
        verify::verify_with,
    },
};
use rand::{RngExt, rngs::StdRng};

use super::{Outcome, order::Order, program::Answer};

/// What was sent and acknowledged, and what was found so far.
#[derive(Default)]
pub(super) struct Expected {
    sent: HashMap<String, Order>,
    acknowledged: BTreeMap<String, EntryNumber>,
    refused: HashSet<String>,
    found: Found,
}

/// What was read of the ledger.
#[derive(Default)]
struct Found {
    keys: HashMap<String, EntryNumber>,
    last: EntryNumber,
    noted: Option<(BlockNumber, Hash)>,
    balances: HashMap<AccountId, i64>,
}

impl Expected {
    /// Notes what the program saw and what it answered; gives back what was not answered, which may be in the ledger or not.
    ///
    /// # Errors
    /// If an answer is about nothing that was sent.
    pub(super) fn sent(&mut self, orders: &[Order], answers: &[Answer]) -> Outcome<Vec<Order>> {
        let mut open: BTreeMap<&str, &Order> = orders.iter().map(|order| (order.key.as_str(), order)).collect();
        for answer in answers {
            if open.remove(answer.key.as_str()).is_none() {
                return Err(format!("the program answered `{}`, which was not sent, or twice", answer.key).into());
            }
            match answer.entry {
                Some(number) => {
                    let before = self.acknowledged.insert(answer.key.clone(), number);
                    if let Some(other) = before.filter(|other| *other != number) {
                        return Err(format!("`{}` was acknowledged as {other} and then as {number}", answer.key).into());
                    }
                }
                None if self.acknowledged.contains_key(&answer.key) => {
                    return Err(format!("`{}` was acknowledged and then refused: {}", answer.key, answer.text).into());
                }
                None => drop(self.refused.insert(answer.key.clone())),
            }
        }
        let open = open.into_values().cloned().collect();
        self.sent.extend(orders.iter().map(|order| (order.key.clone(), order.clone())));
        Ok(open)
    }

    /// Some orders that were acknowledged, to be sent again.
    pub(super) fn some_acknowledged(&self, rng: &mut StdRng, most: usize) -> Vec<Order> {
        let Some(last) = self.acknowledged.len().checked_sub(1) else { return Vec::new() };
        let places: HashSet<usize> = (0..most).map(|_| rng.random_range(0..=last)).collect();
        let keys = self.acknowledged.keys().enumerate().filter(|(n, _)| places.contains(n));
        keys.map(|(_, key)| self.sent[key].clone()).collect()
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    pub(super) fn entries(&self) -> EntryNumber {
        self.found.last
    }

    /// As [`Self::check`], reading every entry anew.
    pub(super) async fn check_from_the_start(&mut self, conn: &mut Conn) -> Outcome<()> {
        let noted = self.found.noted;
        self.found = Found { noted, ..Found::default() };
        self.check(conn).await
    }

    /// Compares what the database holds with what it must hold.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) async fn check(&mut self, conn: &mut Conn) -> Outcome<()> {
        let Some(key) = public_key(conn).await? else {
            let nothing = self.acknowledged.is_empty() && self.found.noted.is_none();
            return if nothing { Ok(()) } else { Err("the seal's key is gone".into()) };
        };
        let key: [u8; 32] = key.try_into().map_err(|_| "the seal's key is not one")?;
        let verified =
            verify_with(conn, key, self.found.noted, |_| ()).await?.map_err(|misfit| format!("{misfit:?}"))?;
        self.read(conn).await?;
        if verified.entries != self.found.last {
            return Err(format!("{} entries are sealed, {} are there", verified.entries, self.found.last).into());
        }
        if verified.blocks > 0 {
            self.found.noted = Some((verified.blocks, verified.head));
        }
        for (key, number) in &self.acknowledged {
            match self.found.keys.get(key) {
                None => return Err(format!("`{key}` was acknowledged as entry {number} and is lost").into()),
                Some(other) if other != number => {
                    return Err(format!("`{key}` was acknowledged as entry {number} and is entry {other}").into());
                }
                Some(_) => {}
            }
        }
        match self.refused.iter().find(|key| self.found.keys.contains_key(*key)) {
            Some(key) => Err(format!("`{key}` was refused and is in the ledger").into()),
            None => self.balances(conn).await,
        }
    }

    /// Reads the entries that are new, each of which must say what was sent.
    async fn read(&mut self, conn: &mut Conn) -> Outcome<()> {
        let accounts: HashMap<AccountId, AccountKey> =
            accounts(conn).await?.into_iter().map(|(id, (key, _))| (id, key)).collect();
        loop {
            let page = read::entries(
                conn,
                &Viewer::operator("xtask"),
                &EntryFilter::default(),
                self.found.last,
                read::LONGEST_PAGE,
            )
            .await?;
            if page.is_empty() {
                return Ok(());
            }
            for entry in page {
                if entry.number != self.found.last + 1 {
                    return Err(format!("entry {} follows {}", entry.number, self.found.last).into());
                }
                self.found.last = entry.number;
                self.compare(&entry, &accounts)?;
                if entry.kind == EntryKind::Posted {
                    for line in &entry.lines {
                        *self.found.balances.entry(line.from).or_default() -= line.quantity;
                        *self.found.balances.entry(line.to).or_default() += line.quantity;
                    }
                }
            }
        }
    }

    fn compare(&mut self, entry: &Entry, accounts: &HashMap<AccountId, AccountKey>) -> Outcome<()> {
        let key = &entry.note.key;
        let Some(order) = self.sent.get(key) else {
            // An import names its entries so, and notes what it changed; the mission's check looks after them.
            let imported = key.starts_with("offer ") || entry.kind == EntryKind::Noted;
            return if imported { Ok(()) } else { Err(format!("`{key}` is in the ledger and was never sent").into()) };
        };
        let wanted = order.command();
        let line = |line: &muster_domain::ledger::entry::Line| {
            accounts.get(&line.from) == Some(&order.from)
                && accounts.get(&line.to) == Some(&order.to)
                && line.quantity == order.quantity
        };
        let same = entry.kind == EntryKind::Posted
            && entry.activity == Activity::Depart
            && entry.note == wanted.note
            && entry.fingerprint == wanted.fingerprint()
            && matches!(entry.lines.as_slice(), [only] if line(only));
        if !same {
            return Err(format!("entry {} does not say what was sent as `{key}`", entry.number).into());
        }
        match self.found.keys.insert(key.clone(), entry.number) {
            Some(other) => Err(format!("`{key}` is there twice: {other} and {}", entry.number).into()),
            None => Ok(()),
        }
    }

    async fn balances(&self, conn: &mut Conn) -> Outcome<()> {
        for (id, (key, posted)) in accounts(conn).await? {
            let sum = self.found.balances.get(&id).copied().unwrap_or(0);
            if posted != sum {
                return Err(format!("`{key}` holds {posted}, its postings come to {sum}").into());
            }
        }
        Ok(())
    }
}

async fn accounts(conn: &mut Conn) -> Outcome<BTreeMap<AccountId, (AccountKey, i64)>> {
    let (mut all, mut last) = (BTreeMap::new(), 0);
    loop {
        let page =
            read::accounts(conn, &Viewer::operator("xtask"), &AccountFilter::default(), last, read::LONGEST_PAGE)
                .await?;
        let Some((end, ..)) = page.last() else { return Ok(all) };
        last = *end;
        all.extend(page.into_iter().map(|(id, key, balance)| (id, (key, balance.posted))));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use muster_storage::{dialect::Engine, ledger::Ledger};
    use muster_testkit::{
        FakeClock,
        database::{TestDb, database, seal_key},
    };
    use rand::SeedableRng;

    use super::{super::order::Orders, *};

    /// A ledger with some of the orders, and what the program would have said of those.
    async fn posted(count: usize) -> (TestDb, Vec<Order>, Vec<Answer>) {
        let database = database(Engine::Sqlite).await;
        let clock = Arc::new(FakeClock::at("2026-11-23T12:00:00Z"));
        let ledger = Ledger::open(&database.db, seal_key(), clock).await.unwrap();
        let (mut orders, mut rng) = (Orders::default(), StdRng::seed_from_u64(7));
        let orders: Vec<Order> = (0..count + 10).map(|_| orders.next(1, &mut rng)).collect();
        let mut answers = Vec::new();
        for order in &orders[..count] {
            let outcome = ledger.post(order.command()).await.unwrap();
            let entry = outcome.as_ref().ok().map(|outcome| outcome.number());
            answers.push(Answer { key: order.key.clone(), entry, text: String::new() });
        }
        (database, orders, answers)
    }

    /// What the check says when the program sent `orders` and acknowledged `answers`.
    async fn fault(database: &TestDb, orders: &[Order], answers: &[Answer]) -> String {
        let mut expected = Expected::default();
        expected.sent(orders, answers).unwrap();
        let mut conn = database.db.read().await.unwrap();
        expected.check(&mut conn).await.map_or_else(|fault| fault.to_string(), |()| String::new())
    }

    #[tokio::test]
    async fn what_is_there_as_acknowledged_passes() {
        let (database, orders, answers) = posted(60).await;
        assert_eq!(fault(&database, &orders, &answers).await, "");
        assert_eq!(fault(&database, &orders, &answers[..40]).await, "", "what was not acknowledged may be there");
    }

    #[tokio::test]
    async fn a_false_acknowledgement_is_found() {
        let (database, orders, answers) = posted(60).await;
        let change = |change: &dyn Fn(&mut Vec<Answer>)| {
            let mut answers = answers.clone();
            change(&mut answers);
            answers
        };
        let lost = change(&|a| a.push(Answer { key: orders[65].key.clone(), entry: Some(61), text: String::new() }));
        assert!(fault(&database, &orders, &lost).await.contains("is lost"));
        let moved = change(&|a| *a.iter_mut().find_map(|a| a.entry.as_mut()).unwrap() += 1);
        assert!(fault(&database, &orders, &moved).await.contains("was acknowledged as entry"));
        let refused = change(&|a| a.iter_mut().find(|a| a.entry.is_some()).unwrap().entry = None);
        assert!(fault(&database, &orders, &refused).await.contains("was refused and is in the ledger"));
        let mut other = orders.clone();
        let written = answers.iter().position(|a| a.entry.is_some()).unwrap();
        other[written].quantity += 1;
        assert!(fault(&database, &other, &answers).await.contains("does not say what was sent"));
        assert!(fault(&database, &orders[30..], &answers[30..]).await.contains("was never sent"));
    }

    #[tokio::test]
    async fn a_ledger_that_was_cut_short_is_found() {
        let (database, orders, answers) = posted(60).await;
        let mut expected = Expected::default();
        expected.sent(&orders, &answers).unwrap();
        expected.check(&mut database.db.read().await.unwrap()).await.unwrap();
        let (shorter, ..) = posted(40).await;
        let fault = expected.check(&mut shorter.db.read().await.unwrap()).await.unwrap_err();
        assert!(fault.to_string().contains("misfit-cut-short"), "{fault}");
    }
}
