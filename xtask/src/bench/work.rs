//! What is posted: entries of one posting each, over a thousand accounts, and the same as rows for a raw insert.

use jiff::{SignedDuration, Timestamp};
use muster_domain::ledger::{
    account::{AccountKey, AccountPurpose},
    entry::Command,
};
use muster_storage::{
    Error,
    db::{Batch, Conn, Value},
};
use muster_testkit::account::{account, post};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use uuid::Uuid;

/// Donors' stocks, from which everything comes.
const STOCKS: usize = 100;
/// Depots, to which it goes.
const DEPOTS: usize = 900;
/// Resources; an account is of one.
const RESOURCES: usize = 20;
/// Time between two entries, in seconds: a million take half a year.
const APART: i64 = 15;

/// A source of entries, the same every time.
pub(super) struct Work {
    rng: StdRng,
    stocks: Vec<AccountKey>,
    depots: Vec<AccountKey>,
    hot: AccountKey,
    made: i64,
}

impl Work {
    pub(super) fn new() -> Self {
        let resource = |n: usize| format!("item-{}/ok", n % RESOURCES);
        let stock = |n: usize| {
            account(
                AccountPurpose::NationalStock,
                &format!("D{:02}", n / RESOURCES),
                &format!("PORT-{n}"),
                &resource(n),
            )
        };
        let depot = |n: usize| account(AccountPurpose::OnHand, "HUB", &format!("DEPOT-{n}"), &resource(n));
        Self {
            rng: StdRng::seed_from_u64(1),
            stocks: (0..STOCKS).map(stock).collect(),
            depots: (0..DEPOTS).map(depot).collect(),
            hot: account(AccountPurpose::OnHand, "HUB", "DEPOT-HOT", &resource(0)),
            made: 0,
        }
    }

    /// Before everything that is posted.
    pub(super) fn start() -> Timestamp {
        "2026-05-01T00:00:00Z".parse().expect("that is a time")
    }

    /// The account with a tenth of all postings.
    pub(super) fn hot(&self) -> &AccountKey {
        &self.hot
    }

    pub(super) fn accounts(&self) -> impl Iterator<Item = &AccountKey> {
        self.stocks.iter().chain(&self.depots).chain([&self.hot])
    }

    /// The next entry: a gift that reached a depot, one in ten the hot one.
    pub(super) fn next(&mut self) -> Command {
        let (from, to) = self.pair();
        let (from, to) = (self.stocks[from].clone(), self.key(to));
        let at = Self::start() + SignedDuration::from_secs(self.made * APART);
        self.made += 1;
        post(&Uuid::now_v7().to_string(), at, from, to, self.rng.random_range(1..=50))
    }

    pub(super) fn batch(&mut self, count: usize) -> Vec<Command> {
        (0..count).map(|_| self.next()).collect()
    }

    /// A stock and a depot of the same resource, as positions; the hot depot is the one after the last.
    fn pair(&mut self) -> (usize, usize) {
        let to = if self.rng.random_range(0..10) == 0 { DEPOTS } else { self.rng.random_range(0..DEPOTS) };
        let from =
            self.rng.random_range(0..STOCKS / RESOURCES) * RESOURCES + if to == DEPOTS { 0 } else { to % RESOURCES };
        (from, to)
    }

    fn key(&self, depot: usize) -> AccountKey {
        self.depots.get(depot).unwrap_or(&self.hot).clone()
    }

    /// The rows of the next entries, as they would stand in the tables `entry` and `posting`.
    pub(super) fn rows(&mut self, count: usize) -> Rows {
        let mut rows = Rows { entries: Vec::with_capacity(count), postings: Vec::with_capacity(count) };
        for _ in 0..count {
            let (from, to) = self.pair();
            let at = (Self::start() + SignedDuration::from_secs(self.made * APART)).as_microsecond();
            self.made += 1;
            let mut hash = || Value::from(self.rng.random::<[u8; 32]>().as_slice());
            let none = || Value::Text(None);
            rows.entries.push(vec![
                self.made.into(),
                "posted".into(),
                "depart".into(),
                at.into(),
                at.into(),
                "tester".into(),
                "a test".into(),
                Uuid::now_v7().to_string().into(),
                hash(),
                none(),
                none(),
                none(),
                Value::Integer(None),
                Value::Integer(None),
                hash(),
            ]);
            rows.postings.push(posting_row(self.made, at, from, STOCKS + to, &self.stocks[from]));
        }
        rows
    }

    /// Writes the accounts that the rows name.
    pub(super) async fn write_accounts(&self, conn: &mut Conn) -> Result<(), Error> {
        let row = |(n, key): (usize, &AccountKey)| {
            let external = i64::from(key.purpose.is_external());
            let code = |c: &Option<muster_domain::code::Code>| Value::Text(c.as_ref().map(ToString::to_string));
            vec![
                account_id(n).into(),
                key.to_string().into(),
                key.purpose.as_str().into(),
                key.holder.as_str().into(),
                key.owner.as_str().into(),
                code(&key.place),
                code(&key.via),
                key.resource.as_str().into(),
                key.caveats_text().into(),
                external.into(),
            ]
        };
        let insert = "INSERT INTO account (id, name, purpose, holder, owner, place, via, resource, caveats, external)";
        conn.insert(Batch::insert(insert, self.accounts().enumerate().map(row).collect())).await
    }
}

/// Rows of the tables `entry` and `posting`.
#[derive(Clone)]
pub(super) struct Rows {
    entries: Vec<Vec<Value>>,
    postings: Vec<Vec<Value>>,
}

impl Rows {
    /// Inserts them, many to a statement, in one transaction.
    pub(super) async fn write(self, conn: &mut Conn) -> Result<(), Error> {
        conn.run("BEGIN").await?;
        conn.insert(Batch::insert(ENTRY, self.entries)).await?;
        conn.insert(Batch::insert(POSTING, self.postings)).await?;
        conn.run("COMMIT").await
    }
}

const ENTRY: &str = "INSERT INTO entry (number, kind, activity, occurred_at, recorded_at, actor, reason, idempotency_key, fingerprint, offer, need, plan, resolves, corrects, digest)";
const POSTING: &str = "INSERT INTO posting (entry, line, kind, occurred_at, from_account, to_account, resource, quantity, lot, serial, settles)";

fn account_id(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX) + 1
}

fn posting_row(entry: i64, at: i64, from: usize, to: usize, of: &AccountKey) -> Vec<Value> {
    vec![
        entry.into(),
        0.into(),
        "posted".into(),
        at.into(),
        account_id(from).into(),
        account_id(to).into(),
        of.resource.as_str().into(),
        7.into(),
        "".into(),
        "".into(),
        Value::Integer(None),
    ]
}

/// A bare commit's table: a posting's columns and key, and nothing that has to be looked up elsewhere.
pub(super) const BARE_TABLE: &str = "CREATE TABLE bare (entry BIGINT NOT NULL, line BIGINT NOT NULL, kind TEXT NOT NULL, occurred_at BIGINT NOT NULL,
    from_account BIGINT NOT NULL, to_account BIGINT NOT NULL, resource TEXT NOT NULL, quantity BIGINT NOT NULL, lot TEXT NOT NULL, serial TEXT NOT NULL,
    settles BIGINT, PRIMARY KEY (entry, line))";

/// Commits one row.
pub(super) async fn bare_commit(conn: &mut Conn, n: i64) -> Result<(), Error> {
    conn.run("BEGIN").await?;
    let insert = "INSERT INTO bare (entry, line, kind, occurred_at, from_account, to_account, resource, quantity, lot, serial, settles) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let values = vec![
        n.into(),
        0.into(),
        "posted".into(),
        (1_777_593_600_000_000 + n).into(),
        1.into(),
        2.into(),
        "item-1/ok".into(),
        7.into(),
        "".into(),
        "".into(),
        Value::Integer(None),
    ];
    conn.execute(insert, values).await?;
    conn.run("COMMIT").await
}
