//! The demonstration's first weeks, played by scripted people: each has an account with rights of their own and calls Muster's API, at a desk
//! or by a phone that is without a network for days. What is played is made up; how it is done is not.
//!
//! - `clock`: the clock of the story, and what a phone makes of a clock that is wrong; `wire`: the way to the API.
//! - `people`: accounts, tokens, keys; `known`: what everybody knows; `story`: what is made up.
//! - `capability`: who is taught and what is repaired; `whole`: what becomes one package of both; `variance`: what was wrong with what came.
//! - `office`: what is done at desks; `hub`: with a phone in the hand; `phone`: the phone itself.
//! - `check`: that nothing came twice and nothing was lost.

mod capability;
mod check;
pub(crate) mod clock;
mod hub;
mod known;
mod office;
mod people;
mod phone;
mod story;
#[cfg(test)]
mod tests;
mod variance;
mod whole;
mod wire;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp, civil::Date};
use muster_app::App;
use muster_domain::{chance::Chance, message, role::Role};
use muster_web::Surroundings;

use crate::Failure;
use capability::Capability;
use clock::StoryClock;
use hub::{Hands, Keys};
use known::Known;
use office::Recorded;
use people::{Cast, Passwords, text};
use phone::{Outcome, Phone};
use story::Story;
use whole::Whole;
use wire::{Break, Wire};

/// What the wrong clock of a phone shows too much.
const WRONG_BY: SignedDuration = SignedDuration::from_mins(160);
/// Every so manieth time that a phone has something to send, it is killed in the middle.
const KILLED: usize = 4;
/// How the network is at that time, in turn.
const BREAKS: [Break; 3] = [Break::After, Break::Within, Break::Before];
/// Days after which a phone has a network again: so many at least, and how many different gaps there are.
const LEAST_GAP: usize = 3;
const GAPS: usize = 3;
/// Rounds of desks in a day, so that what goes by several short lanes gets on.
const ROUNDS: usize = 4;
/// Rounds in which all phones must have sent everything in the end.
const LAST_ROUNDS: usize = 20;

/// Where somebody works with a phone, and for whom.
type At = (String, String);

/// A second phone that did the same as another.
struct Twin {
    phone: Phone,
    other: At,
    consignment: String,
}

/// Who plays, and what has happened so far.
pub(crate) struct Play {
    wire: Wire,
    clock: Arc<StoryClock>,
    known: Known,
    cast: Cast,
    story: Story,
    capability: Capability,
    whole: Whole,
    phones: BTreeMap<At, (Phone, Keys)>,
    twin: Option<Twin>,
    pallets: BTreeMap<String, String>,
    /// Units of what was repaired that are packed already.
    promised: BTreeSet<(String, String)>,
    /// Units that are being repaired, by plan and line.
    begun: BTreeMap<(String, i64), Vec<String>>,
    owed: Option<Vec<(Timestamp, String)>>,
    recorded: Vec<Recorded>,
    refused: Vec<String>,
    given_up: Vec<String>,
    /// Offers that go before their papers are there: when those come, and which consignments went without.
    early: BTreeMap<String, (Timestamp, BTreeSet<String>)>,
    went_early: usize,
    /// Offers of which clearances were recorded.
    cleared: usize,
    deeds: usize,
    steps: usize,
    payments: usize,
    by_planner: usize,
    sendings: usize,
    /// Variances that somebody looked at because they stayed open, and how many of them were decided.
    looked_at: BTreeSet<String>,
    decided: usize,
}

impl Play {
    /// Everybody comes together. Those who are there already sign in with their passwords. `named` tells how many units of each offer have
    /// got a number already.
    pub(crate) async fn begin(
        app: App,
        around: Surroundings,
        clock: Arc<StoryClock>,
        chance: Arc<dyn Chance>,
        passwords: Passwords,
        named: BTreeMap<String, i64>,
    ) -> Result<Self, Failure> {
        let wire = Wire::new(app, around, clock.clone());
        let mut cast = Cast::new(chance, passwords);
        let coordinator = cast.person(&wire, "coordinator").await?;
        let known = match Known::learn(&wire, &coordinator).await {
            Ok(known) => known,
            Err(failure) => {
                cast.leave(&wire).await?;
                return Err(failure);
            }
        };
        for (name, party) in [("japan", "JPN"), ("poland", "POL"), ("ukraine", "UKR"), ("hub", "OP-WEST")] {
            cast.is_mover(name, party);
        }
        Ok(Self {
            wire,
            clock,
            known,
            cast,
            story: Story::after(named),
            capability: Capability::default(),
            whole: Whole::default(),
            phones: BTreeMap::new(),
            twin: None,
            pallets: BTreeMap::new(),
            promised: BTreeSet::new(),
            begun: BTreeMap::new(),
            owed: None,
            recorded: Vec::new(),
            refused: Vec::new(),
            given_up: Vec::new(),
            early: BTreeMap::new(),
            went_early: 0,
            cleared: 0,
            deeds: 0,
            steps: 0,
            payments: 0,
            by_planner: 0,
            sendings: 0,
            looked_at: BTreeSet::new(),
            decided: 0,
        })
    }

    /// One day: money is paid, desks work in the morning, phones from noon on.
    pub(crate) async fn day(&mut self, date: Date, number: usize) -> Result<(), Failure> {
        let hour = |hours| muster_app::start_of(date).saturating_add(SignedDuration::from_hours(hours));
        self.clock.set(hour(6).unwrap_or(Timestamp::MAX));
        self.pay().await?;
        self.variances().await?;
        for _ in 0..ROUNDS {
            if !self.at_desks().await? {
                break;
            }
        }
        self.capability(date).await?;
        self.clock.set(hour(12).unwrap_or(Timestamp::MAX));
        self.at_phones(number).await
    }

    /// A day after all that: only what is taught and repaired goes on.
    pub(crate) async fn afterwards(&mut self, date: Date) -> Result<(), Failure> {
        self.clock
            .set(muster_app::start_of(date).saturating_add(SignedDuration::from_hours(6)).unwrap_or(Timestamp::MAX));
        self.capability(date).await
    }

    async fn at_phones(&mut self, day: usize) -> Result<(), Failure> {
        for at in self.phones.keys().cloned().collect::<Vec<_>>() {
            let n: usize = at.0.bytes().chain(at.1.bytes()).map(usize::from).sum();
            let online = (day + n).is_multiple_of(LEAST_GAP + n % GAPS);
            self.with_phone(&at, online).await?;
        }
        self.with_twin().await
    }

    async fn with_phone(&mut self, at: &At, online: bool) -> Result<(), Failure> {
        let Some((mut phone, keys)) = self.phones.remove(at) else { return Ok(()) };
        let online = online || !phone.is_set_up();
        phone.online = online;
        if online {
            let waiting = phone.waiting();
            self.sendings += usize::from(waiting > 0);
            let n = self.sendings / KILLED;
            let killed = waiting > 0 && self.sendings.is_multiple_of(KILLED);
            let kill = killed.then(|| (n % waiting, BREAKS[n % BREAKS.len()]));
            let outcome = phone.sync(&self.wire, kill).await?;
            self.give_up(&mut phone, true);
            if outcome != Outcome::Killed && self.twin.is_none() {
                self.second_phone(&phone, at).await?;
            }
        }
        let Self { wire, known, story, .. } = self;
        Hands { wire, known, story, keys: &keys }.work(&mut phone);
        if online && phone.waiting() > 0 {
            phone.sync(&self.wire, None).await?;
            self.give_up(&mut phone, true);
        }
        self.phones.insert(at.clone(), (phone, keys));
        Ok(())
    }

    /// People look at what was refused, as they would: Muster's version holds. Where nobody else was faster, a desk goes on.
    fn give_up(&mut self, phone: &mut Phone, to_desk: bool) {
        for (code, said) in phone.give_up(&self.wire) {
            if to_desk {
                self.story.at_desk.insert(code);
            }
            self.given_up.push(said);
        }
    }

    /// Somebody else at the same hub takes a phone of their own, and knows nothing of what the first will do.
    async fn second_phone(&mut self, first: &Phone, at: &At) -> Result<(), Failure> {
        if self.known.places.get(&at.0).is_none_or(|place| place.kind != "hub") {
            return Ok(());
        }
        let (wire, known, story) = (&self.wire, &self.known, &mut self.story);
        let first_will = Hands { wire, known, story, keys: &Keys::new() };
        let Some(seen) = first.views().into_iter().find(|view| first_will.comes(first, view)) else { return Ok(()) };
        let name = format!("{}-2", first.me.name);
        self.cast.enrol(&self.wire, &name, &at.1, &[Role::HubOperator]).await?;
        let me = self.cast.person(&self.wire, &name).await?;
        let mut phone = Phone::new(&format!("{} {name}", at.0), &at.0, me.clone(), SignedDuration::ZERO);
        phone.sync(&self.wire, None).await?;
        let mut keys = Keys::new();
        let (gives, takes) = hub::hands(&self.known, &seen, phone::Kind::Arrive);
        let driver = self.cast.mover(&self.wire, &self.known, &gives).await?;
        keys.insert(gives, self.cast.key(&self.wire, &driver, &phone.label).await?);
        keys.insert(takes, self.cast.key(&self.wire, &me, &phone.label).await?);
        let Self { wire, known, story, .. } = self;
        Hands { wire, known, story, keys: &keys }.next(&mut phone, &seen);
        self.twin = Some(Twin { phone, other: at.clone(), consignment: text(&seen, "code") });
        Ok(())
    }

    /// The second phone gets a network after the first one had.
    async fn with_twin(&mut self) -> Result<(), Failure> {
        let Some(mut twin) = self.twin.take() else { return Ok(()) };
        let first = self.phones.get(&twin.other).map(|(phone, _)| phone);
        let of_it = |deed: &&phone::Deed| deed.consignment == twin.consignment && deed.state == phone::State::Done;
        if first.is_some_and(|first| first.deeds().iter().any(|deed| of_it(&deed))) && twin.phone.waiting() > 0 {
            twin.phone.sync(&self.wire, None).await?;
            self.give_up(&mut twin.phone, false);
        }
        self.twin = Some(twin);
        Ok(())
    }

    /// All phones get a network until nothing is left in them.
    pub(crate) async fn end(&mut self) -> Result<(), Failure> {
        for _ in 0..LAST_ROUNDS {
            for at in self.phones.keys().cloned().collect::<Vec<_>>() {
                let Some((mut phone, keys)) = self.phones.remove(&at) else { continue };
                phone.sync(&self.wire, None).await?;
                self.give_up(&mut phone, true);
                self.phones.insert(at, (phone, keys));
            }
            // Whatever the first one did: nothing may be left in the second.
            if let Some(mut twin) = self.twin.take() {
                twin.phone.sync(&self.wire, None).await?;
                self.give_up(&mut twin.phone, false);
                self.twin = Some(twin);
            }
            if self.outboxes().all(|phone| phone.waiting() == 0) {
                return Ok(());
            }
        }
        let left: usize = self.outboxes().map(Phone::waiting).sum();
        Err(Failure::Told(message!("play-unsent", left)))
    }

    /// Everybody gives back their token: what was played is over, whether it went well or not.
    pub(crate) async fn leave(&mut self) -> Result<(), Failure> {
        self.cast.leave(&self.wire).await
    }

    /// What was refused, whenever it was.
    pub(crate) fn refused(&self) -> &[String] {
        &self.refused
    }

    /// All phones that there are.
    fn outboxes(&self) -> impl Iterator<Item = &Phone> {
        self.phones.values().map(|(phone, _)| phone).chain(self.twin.as_ref().map(|twin| &twin.phone))
    }

    /// What the clock of the so manieth phone shows too much.
    fn shift_of(&self, n: usize) -> SignedDuration {
        if n == 1 { WRONG_BY } else { SignedDuration::ZERO }
    }
}
