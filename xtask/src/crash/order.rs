//! What is posted: gifts that reach a depot, and moves from one depot to another, which may be refused.

use jiff::Timestamp;
use muster_domain::ledger::{
    account::{AccountKey, AccountPurpose},
    entry::{Act, Activity, Command, Note, Posting, Subject},
};
use muster_testkit::account::account;
use rand::{RngExt, rngs::StdRng};
use serde_json::{Value, json};

/// Places and resources that the demonstration mission knows too.
const PLACES: [&str; 5] = ["ALDRZ", "BEANR", "BEZEE", "BGVAR", "CAHAL"];
const RESOURCES: [&str; 3] = ["AMBULANCE/ok", "BOOTS/ok", "BATT-LI/ok"];
const OCCURRED: &str = "2020-01-01T00:00:00Z";
const ACTOR: &str = "crash";
const REASON: &str = "a trial by crash";

/// One entry to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) key: String,
    pub(super) from: AccountKey,
    pub(super) to: AccountKey,
    pub(super) quantity: i64,
}

impl Order {
    /// What it says, as storage takes it.
    pub(super) fn command(&self) -> Command {
        let occurred_at: Timestamp = OCCURRED.parse().expect("that is a time");
        let note = Note { key: self.key.clone(), occurred_at, actor: ACTOR.into(), reason: REASON.into() };
        let postings = vec![Posting::new(self.from.clone(), self.to.clone(), self.quantity)];
        Command { note, act: Act::Post { activity: Activity::Depart, subject: Subject::default(), postings } }
    }

    /// What it says, as the program reads it.
    pub(super) fn line(&self) -> String {
        let posting = json!({ "from": self.from.to_string(), "to": self.to.to_string(), "quantity": self.quantity });
        let order = json!({
            "key": self.key, "activity": "depart", "occurred_at": OCCURRED, "actor": ACTOR, "reason": REASON,
            "postings": [posting],
        });
        format!("{order}\n")
    }

    /// Reads what [`Self::line`] wrote.
    pub(super) fn read(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let posting = value.get("postings")?.get(0)?;
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let key = |name: &str| every_account().find(|key| Some(key.to_string()) == text(posting, name));
        let quantity = posting.get("quantity")?.as_i64()?;
        Some(Self { key: text(&value, "key")?, from: key("from")?, to: key("to")?, quantity })
    }
}

fn stock(place: &str, resource: &str) -> AccountKey {
    account(AccountPurpose::NationalStock, "JPN", place, resource)
}

fn depot(place: &str, resource: &str) -> AccountKey {
    account(AccountPurpose::OnHand, "JPN", place, resource)
}

fn every_account() -> impl Iterator<Item = AccountKey> {
    let pairs = PLACES.into_iter().flat_map(|place| RESOURCES.into_iter().map(move |resource| (place, resource)));
    pairs.flat_map(|(place, resource)| [stock(place, resource), depot(place, resource)])
}

/// A source of orders.
#[derive(Default)]
pub(super) struct Orders(u64);

impl Orders {
    pub(super) fn next(&mut self, round: u32, rng: &mut StdRng) -> Order {
        self.0 += 1;
        let resource = RESOURCES[rng.random_range(0..RESOURCES.len())];
        let (a, b) = (rng.random_range(0..PLACES.len()), rng.random_range(1..PLACES.len()));
        let other = PLACES[(a + b) % PLACES.len()];
        let gift = rng.random_range(0..10) < 5;
        let from = if gift { stock(PLACES[a], resource) } else { depot(other, resource) };
        let quantity = rng.random_range(1..=if gift { 5 } else { 8 });
        Order { key: format!("crash-{round}-{}", self.0), from, to: depot(PLACES[a], resource), quantity }
    }
}
