//! Transfer: goods go as consignments, and every step of them is in the journal: counted, gated, signed for.
//!
//! - [`making`]: consignments are made up, from accepted plan lines or from stock; `giving`: straight from an offer; [`packing`]: what is in
//!   them; [`repacking`]: what lies on which handling unit; [`sheet`]: packing lists and counts as files.
//! - [`custody`]: readied, departed (`boarding` a conveyance), arrived, received, with [`count`]s; [`handover`]: who signed, also
//!   `signing_later`, a `signed_text` of
//!   the counts; [`doubt`]: what is odd about who signed; [`receipt`]: what a receipt tells of it at a glance.
//! - `taking_back`: a milestone that was recorded by mistake.
//! - [`inspecting`]: looked at where it stands; [`redirection`]: another way, parts of their own, together again; `passing`: title;
//!   [`returning`]: back from a unit that received it; `misrouted`: come to another place than it was sent to.
//! - [`variance`]: what was wrong with what came, until it is resolved; [`parting`]: part of it by itself; `short`: what is missing;
//!   [`unmanifested`]: what came and stands on no manifest; [`elsewhere`]: what of that the books hold at another place; [`renumber`]: what
//!   is here under another serial number.
//! - [`end_use`]: which units in service are to be checked, and what was found; [`checking`]: of many at once; [`third_party`]: who else may
//!   have them; [`loss`]: what was lost of them, and `stock_loss` of stock; `turned_up`: what a consignment had missed and is back;
//!   [`disposal`]: what was disposed of.
//! - [`progress`]: what becomes of needs and offers by it.
//! - [`conveyed`]: movements, with the consignments on each leg, and what of them was put right.
//! - [`papers`]: which documents it needs, and each as a PDF; `title`: whose the goods in them are; [`worth`]: what they are worth.
//! - [`shown`]: what a viewer sees of all that.

mod boarding;
pub mod checking;
pub mod conveyed;
pub mod count;
pub mod custody;
pub mod disposal;
pub mod doubt;
pub mod elsewhere;
pub mod end_use;
pub mod giving;
pub mod handover;
pub mod inspecting;
pub mod loss;
pub mod making;
mod misrouted;
pub mod note;
pub mod packing;
pub mod papers;
pub mod part;
pub mod parting;
mod passing;
pub mod progress;
pub mod proposal;
pub(crate) mod race;
pub mod receipt;
pub mod redirection;
pub mod renumber;
pub mod repacking;
pub mod returning;
pub mod sheet;
mod short;
pub mod shown;
pub(crate) mod signed_text;
pub mod signing;
mod signing_later;
mod stock_loss;
mod taken;
mod taking_back;
pub mod third_party;
mod title;
mod turned_up;
pub mod unmanifested;
pub mod variance;
pub(crate) mod way;
pub mod worth;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use muster_domain::{
    change::Change,
    code::Code,
    consignment::Milestone,
    item::Tracking,
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Entry, EntryNumber, Note, Posting, Subject, Take},
        refusal::MOST_POSTINGS,
    },
    message,
    message::Value,
    picture::Picture,
    place::Place,
    policy::{self, Action, Deed},
    viewer::Viewer,
};
use muster_storage::{
    db::Conn,
    ledger::{Also, Request, read},
    transfer::{Consignment, EntryRef, Handover, Line, Reached, Unit, Write, read as store, then::last_hands},
};

use crate::{
    Actor, App, Error, everything,
    movement::{refusal, supply},
};

/// A consignment with all that is needed to do something with it.
pub(crate) struct Loaded {
    pub(crate) head: Consignment,
    pub(crate) lines: Vec<Line>,
    pub(crate) units: Vec<Unit>,
    /// Pending entries by line and by what the consignment has passed before them.
    pub(crate) steps: BTreeMap<(i64, i64), EntryNumber>,
    /// Pending entries of plans after the last of these, by line: where the consignment's way ends and its plan goes on.
    pub(crate) beyond: BTreeMap<i64, RangeInclusive<EntryNumber>>,
}

impl Loaded {
    pub(crate) fn units_of(&self, line: i64) -> Vec<Unit> {
        self.units.iter().filter(|unit| unit.line == line).cloned().collect()
    }

    /// What is still to come of a line from a step on, in order: the consignment's own steps, and then what its plan is to do with it.
    pub(crate) fn coming(&self, line: i64, from: i64) -> impl Iterator<Item = EntryNumber> {
        self.steps.range((line, from)..=(line, i64::MAX)).map(|(_, entry)| *entry).chain(self.beyond(line))
    }

    /// What its plan is to do with a line after the consignment's way, in order.
    pub(crate) fn beyond(&self, line: i64) -> impl Iterator<Item = EntryNumber> {
        self.beyond.get(&line).cloned().into_iter().flatten()
    }
}

/// By what a request that was done before is known: what its first entry is, and words of what it says.
pub(crate) type Did<'a> = (Activity, &'a str);

/// By how much two clocks may differ before somebody is told that a moment cannot have been.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(2);

/// Something that is being done with consignments: what is to be written, all of it or nothing. All that it reads it reads by `conn`:
/// whoever asks for a second connection while they hold one waits for ever once all callers do.
pub(crate) struct Work<'a> {
    pub(crate) app: &'a App,
    pub(crate) actor: &'a Actor,
    pub(crate) picture: Arc<Picture>,
    version: i64,
    pub(crate) conn: Conn,
    /// When it happened.
    pub(crate) at: Timestamp,
    pub(crate) now: Timestamp,
    /// What its entries are called.
    base: String,
    pub(crate) commands: Vec<Command>,
    pub(crate) writes: Vec<Write>,
    /// What was signed, of the milestone that is reached last.
    signed: Option<(Code, Handover)>,
    pub(crate) repairs: Vec<muster_storage::repair::Write>,
    pub(crate) trainings: Vec<muster_storage::training::Write>,
    pub(crate) changes: Vec<Change>,
}

impl App {
    /// Begins to do something, unless it was done before under the same key: then nothing is to be done.
    pub(crate) async fn work<'a>(
        &'a self,
        actor: &'a Actor,
        base: &str,
        at: Option<Timestamp>,
    ) -> Result<Option<Work<'a>>, Error> {
        let conn = self.read().await?;
        self.work_on(conn, actor, base, at, |_| true).await
    }

    /// The same; what was done before under the same key is it only if its first entry begins with these words.
    pub(crate) async fn work_once<'a>(
        &'a self,
        actor: &'a Actor,
        (base, words): (&str, &str),
        at: Option<Timestamp>,
    ) -> Result<Option<Work<'a>>, Error> {
        self.work_on(self.read().await?, actor, base, at, |before| before.about.starts_with(words)).await
    }

    /// The same, on what `conn` sees. What was done before under the same key is it only if `same` says so of its first entry.
    async fn work_on<'a>(
        &'a self,
        mut conn: Conn,
        actor: &'a Actor,
        base: &str,
        at: Option<Timestamp>,
        same: impl Fn(&Entry) -> bool,
    ) -> Result<Option<Work<'a>>, Error> {
        let base = match &actor.key {
            Some(key) => format!("{} {key}", actor.name()),
            None => base.to_owned(),
        };
        if let Some(before) = read::entry_by_key(&mut conn, &format!("{base} 0")).await? {
            return match actor.key {
                Some(_) if same(&before) => Ok(None),
                Some(_) => Err(Error::Invalid(message!("key-used"))),
                None => Err(Error::Changed),
            };
        }
        let (picture, version) = self.memory.picture(&mut conn, &everything()).await?;
        let now = self.now();
        let at = at.unwrap_or(now);
        if at > now {
            return Err(Error::Invalid(message!("ledger-in-future", at = at.to_string())));
        }
        Ok(Some(Work {
            app: self,
            actor,
            picture,
            version,
            conn,
            at,
            now,
            base,
            commands: Vec::new(),
            writes: Vec::new(),
            signed: None,
            repairs: Vec::new(),
            trainings: Vec::new(),
            changes: Vec::new(),
        }))
    }

    /// Begins to do what may be done again and again: each time is another.
    pub(crate) async fn work_anew<'a>(&'a self, actor: &'a Actor) -> Result<Work<'a>, Error> {
        let mut work = self.work(actor, &format!("anew {}", self.secret(16)), None).await?.ok_or(Error::Changed)?;
        work.base = format!("{} anew {}", actor.name(), self.secret(16));
        Ok(work)
    }

    /// Begins to do something with a consignment as it now is and as the actor knew it; nothing, if it was done before under the same key.
    pub(crate) async fn begin_with<'a>(
        &'a self,
        code: &str,
        (activity, words): Did<'_>,
        at: Option<Timestamp>,
        actor: &'a Actor,
    ) -> Result<Option<(Loaded, Work<'a>)>, Error> {
        let mut conn = self.read().await?;
        let loaded = self.consignment(&mut conn, code, actor).await?;
        let version = format!("{code} version {}", loaded.head.version);
        let same = |before: &Entry| {
            let of_it = before.subject.consignment.as_ref() == Some(&loaded.head.code);
            // A part says its own code before the words.
            let says = match words.starts_with(' ') {
                true => before.about.ends_with(words),
                false => before.about.starts_with(words),
            };
            of_it && before.activity == activity && says
        };
        let Some(mut work) = self.work_on(conn, actor, &version, at, same).await? else { return Ok(None) };
        if actor.seen.is_some_and(|seen| seen != loaded.head.version) {
            return Err(Error::Changed);
        }
        if let Some(at) = at {
            work.follows(&loaded.head, at).await?;
        }
        Ok(Some((loaded, work)))
    }

    /// The entry by which the same request was done before.
    pub(crate) async fn before(&self, actor: &Actor) -> Result<Entry, Error> {
        let key = format!("{} {} 0", actor.name(), actor.key.as_deref().unwrap_or_default());
        let entry = read::entry_by_key(&mut self.read().await?, &key).await?;
        entry.ok_or_else(|| Error::Invalid(message!("key-used")))
    }

    /// The consignment that was made under the same key, of which the first entry says these words.
    pub(crate) async fn made_before(&self, actor: &Actor, words: &str) -> Result<Code, Error> {
        let before = self.before(actor).await?;
        let made = before.subject.consignment.filter(|_| before.about.starts_with(words));
        made.ok_or_else(|| Error::Invalid(message!("key-used")))
    }

    /// The code with which the first entry of the same request begins what it says, as codes of that kind begin.
    pub(crate) async fn named_before(&self, actor: &Actor, kind: &str) -> Result<Code, Error> {
        let said = self.before(actor).await?.about;
        let code = said.split(' ').next().filter(|code| code.starts_with(&format!("{kind}-")));
        let code = code.and_then(|code| Code::new(code).ok());
        code.ok_or_else(|| Error::Invalid(message!("key-used")))
    }

    /// A consignment that the actor sees, with all its lines.
    pub(crate) async fn consignment(&self, conn: &mut Conn, code: &str, actor: &Actor) -> Result<Loaded, Error> {
        let not_found = || Error::NotFound { what: "consignment", code: code.to_owned() };
        let head = store::consignment_of(conn, &actor.viewer, code).await?.ok_or_else(not_found)?;
        Ok(Loaded {
            lines: store::lines(conn, &everything(), code).await?,
            units: store::units(conn, code).await?,
            steps: store::steps(conn, code).await?.into_iter().collect(),
            beyond: store::beyond(conn, code)
                .await?
                .into_iter()
                .map(|(line, own, last)| (line, own + 1..=last))
                .collect(),
            head,
        })
    }
}

impl Work<'_> {
    /// Whether the actor may move what these parties hold.
    pub(crate) fn may(&self, action: Action, parties: &[&Code]) -> Result<(), Error> {
        let own = parties.iter().any(|party| self.actor.viewer.owns(party));
        Ok(policy::may(&self.actor.viewer, &Deed { own, ..Deed::of(action) })?)
    }

    /// That something did not happen to a consignment before what is in it last changed hands or its owner, as far as clocks agree; what was
    /// parted off or joined did so with what it was a part of.
    async fn follows(&mut self, head: &Consignment, at: Timestamp) -> Result<(), Error> {
        let last = last_hands(&mut self.conn, head.code.as_str()).await?;
        let Some((milestone, last)) = last.filter(|(_, last)| last.duration_since(at) > CLOCKS_DIFFER) else {
            return Ok(());
        };
        let (milestone, last) = (Value::word(milestone.as_str()), last.to_string());
        Err(Error::Invalid(message!("milestone-early", consignment = &head.code, milestone, last)))
    }

    /// A place of the mission that the actor sees.
    pub(crate) async fn place(&mut self, code: &str) -> Result<Place, Error> {
        let (seen, _) = self.app.memory.picture(&mut self.conn, &self.actor.viewer).await?;
        let missing = || Error::NotFound { what: "place", code: code.to_owned() };
        seen.places.get(code).cloned().ok_or_else(missing)
    }

    /// Who keeps a place.
    pub(crate) fn keeper(&self, place: &Code) -> Option<Code> {
        keeper(&self.picture, place)
    }

    /// The place at which a way ends; none, if it has no lanes or nobody knows the last.
    pub(super) fn end_of(&self, route: &[Code]) -> Option<&Code> {
        Some(self.picture.lanes.get(route.last()?.as_str())?.to.code())
    }

    /// Who keeps the places along a way: they see what comes by it, as those who handle it.
    pub(super) fn keepers_along(&self, from: &str, route: &[Code]) -> Vec<(Code, bool)> {
        let lanes = route.iter().filter_map(|lane| self.picture.lanes.get(lane.as_str()));
        let places = [from].into_iter().chain(lanes.map(|lane| lane.to.as_str()));
        let operators = places.filter_map(|place| self.picture.places.get(place)?.operator.as_ref());
        operators.map(|operator| (operator.code().clone(), true)).collect()
    }

    pub(crate) fn note(&self, occurred_at: Timestamp) -> Note {
        Note {
            key: format!("{} {}", self.base, self.commands.len()),
            occurred_at,
            actor: self.actor.name().to_owned(),
            reason: self.actor.reason.clone(),
        }
    }

    /// Adds a command; gives its place.
    pub(crate) fn command(&mut self, act: Act) -> EntryRef {
        let occurred_at = match &act {
            Act::Void { .. } => self.now,
            _ => self.at,
        };
        self.command_at(occurred_at, act)
    }

    pub(crate) fn command_at(&mut self, occurred_at: Timestamp, act: Act) -> EntryRef {
        let note = self.note(occurred_at);
        self.commands.push(Command { note, act });
        EntryRef::Command(self.commands.len() - 1)
    }

    /// A note in the journal of what was done with a consignment.
    pub(crate) fn noted(&mut self, activity: Activity, consignment: &Code, about: String) -> EntryRef {
        let subject = Subject { consignment: Some(consignment.clone()), ..Subject::default() };
        self.command(Act::Note { activity, subject, about })
    }

    /// A note in the journal of what was done that is about no record.
    pub(crate) fn noted_about(&mut self, activity: Activity, about: String) -> EntryRef {
        self.command(Act::Note { activity, subject: Subject::default(), about })
    }

    pub(crate) fn tracking(&self, resource: &Code) -> Tracking {
        self.picture.item_of(resource.as_str()).map_or(Tracking::Quantity, |item| item.tracking)
    }

    /// Records that units of a pending entry moved.
    pub(crate) fn settle(&mut self, pending: EntryNumber, takes: Vec<Take>) {
        for part in takes.chunks(MOST_POSTINGS) {
            self.command(Act::Settle { pending, takes: part.to_vec() });
        }
    }

    /// Takes units out of the steps of a line that are still to come, and out of what its plan was to do with them after.
    pub(crate) fn release(&mut self, loaded: &Loaded, line: i64, from_step: i64, quantity: i64) {
        self.release_of(loaded, (line, from_step), quantity, |_| true);
    }

    /// Takes units out of those steps of a line that are still to come of which `of` says so.
    pub(crate) fn release_of(
        &mut self,
        loaded: &Loaded,
        (line, from_step): (i64, i64),
        quantity: i64,
        of: impl Fn(EntryNumber) -> bool,
    ) {
        let coming: Vec<EntryNumber> = loaded.coming(line, from_step).filter(|entry| of(*entry)).collect();
        for pending in coming.into_iter().rev() {
            let take = Take { line: 0, quantity, lot: String::new(), serial: String::new() };
            self.command(Act::Void { pending, takes: vec![take] });
        }
    }

    /// Posts that units moved from one account to another; gives the last of its entries.
    pub(crate) fn post(
        &mut self,
        activity: Activity,
        subject: Subject,
        from: &AccountKey,
        to: &AccountKey,
        takes: &[Take],
    ) -> EntryRef {
        for part in takes.chunks(MOST_POSTINGS) {
            let posting = |take: &Take| Posting {
                from: from.clone(),
                to: to.clone(),
                quantity: take.quantity,
                lot: take.lot.clone(),
                serial: take.serial.clone(),
            };
            self.command(Act::Post {
                activity,
                subject: subject.clone(),
                postings: part.iter().map(posting).collect(),
            });
        }
        EntryRef::Command(self.commands.len().saturating_sub(1))
    }

    /// Units that what is to be written brings into an account.
    pub(crate) fn brought_to(&self, account: &AccountKey) -> i64 {
        let posted = self.commands.iter().filter_map(|command| match &command.act {
            Act::Post { postings, .. } => Some(postings),
            _ => None,
        });
        let of = |posting: &Posting| {
            let (comes, goes) = (posting.to == *account, posting.from == *account);
            (i64::from(comes) - i64::from(goes)) * posting.quantity
        };
        posted.flatten().map(of).sum()
    }

    /// What must come out of offers' commitments so that goods are where they leave: for each offer and account all units together.
    pub(crate) async fn supply(&mut self, wanted: Vec<(Code, AccountKey, Vec<Take>)>) -> Result<(), Error> {
        let mut together: BTreeMap<(Code, AccountKey), Vec<Take>> = BTreeMap::new();
        for (offer, account, takes) in wanted {
            together.entry((offer, account)).or_default().extend(takes);
        }
        for ((offer, account), takes) in together {
            let quantity = takes.iter().map(|take| take.quantity).sum();
            let picture = self.picture.clone();
            let commands = supply(&mut self.conn, &picture, offer.as_str(), &account, &takes, quantity).await?;
            for command in commands {
                self.command(command.act);
            }
        }
        Ok(())
    }

    /// Writes all of it, or nothing.
    pub(crate) async fn done(self) -> Result<(), Error> {
        let Work { app, actor, version, conn, commands, mut writes, signed, repairs, trainings, changes, .. } = self;
        writes.extend(signed.map(|(code, handover)| Write::Handover(code, handover)));
        // Others may read while it is written.
        drop(conn);
        let came = |write: &Write| match write {
            Write::Reached((code, _), ..) | Write::ReachedLate((code, _), _) => Some(code.clone()),
            _ => None,
        };
        let went = |write: &Write| match write {
            Write::TakenBack((code, _), _) => Some(code.clone()),
            _ => None,
        };
        let reached: BTreeSet<Code> = writes.iter().filter_map(came).collect();
        let back: BTreeSet<Code> = writes.iter().filter_map(went).collect();
        let mut request = Request { commands, also: Vec::new() };
        app.records(&mut request, changes, version, &Actor { key: None, ..actor.clone() });
        request.also.push(Also::Transfer(writes));
        request.also.push(Also::Repair(repairs));
        request.also.push(Also::Training(trainings));
        app.ledger()?.submit(request).await.map_err(refusal)?;
        app.offers_follow((&reached, &back), actor).await;
        Ok(())
    }

    /// A milestone of a consignment, with all that is in it.
    pub(crate) fn reached(
        &mut self,
        head: &Consignment,
        kind: Milestone,
        movement: Option<Code>,
        remark: &str,
        entry: EntryRef,
    ) {
        self.reached_by(head, (kind, None), movement, remark, entry);
    }

    /// A milestone that only some lines of a consignment reached; none: all that are there.
    pub(crate) fn reached_by(
        &mut self,
        head: &Consignment,
        (kind, lines): (Milestone, Option<Vec<i64>>),
        movement: Option<Code>,
        remark: &str,
        entry: EntryRef,
    ) {
        let reached = self.reaching(head, kind, movement, remark, entry);
        let number = self.next_milestone(head);
        if let Some((_, handover)) = &mut self.signed {
            handover.milestone = number;
        }
        self.writes.push(Write::Reached((head.code.clone(), number), reached, lines));
    }

    /// That a consignment reaches a milestone now.
    fn reaching(
        &self,
        head: &Consignment,
        kind: Milestone,
        movement: Option<Code>,
        remark: &str,
        entry: EntryRef,
    ) -> Reached {
        Reached {
            kind,
            place: head.place.clone(),
            movement,
            occurred_at: self.at,
            recorded_at: self.now,
            actor: self.actor.name().to_owned(),
            remark: remark.to_owned(),
            completes: None,
            entry,
            taken_back: None,
        }
    }

    /// Which of a consignment's milestones the next one is.
    fn next_milestone(&self, head: &Consignment) -> i64 {
        let of_it = |write: &&Write| match write {
            Write::Reached((of, _), ..) | Write::ReachedLate((of, _), _) => *of == head.code,
            _ => false,
        };
        head.milestones + 1 + self.writes.iter().filter(of_it).count() as i64
    }
}

/// Whether somebody may move what a party has.
fn moves(viewer: &Viewer, party: &Code) -> bool {
    policy::may(viewer, &Deed { own: viewer.owns(party), ..Deed::of(Action::Move) }).is_ok()
}

/// Who keeps a place.
pub(crate) fn keeper(picture: &Picture, place: &Code) -> Option<Code> {
    let place = picture.places.get(place.as_str())?;
    place.operator.as_ref().map(|operator| operator.code().clone())
}

/// For whose sake a line moves.
pub(crate) fn subject(consignment: &Code, line: &Line) -> Subject {
    Subject {
        offer: line.offer.clone(),
        need: line.need.clone(),
        plan: line.plan.as_ref().map(|(plan, _)| plan.clone()),
        consignment: Some(consignment.clone()),
    }
}

/// Takes for units known by lot or serial number, or for a bare number.
///
/// # Errors
/// If units that are tracked are not all known: what is not named would stay behind in the books.
pub(crate) fn takes(tracking: Tracking, units: &[Unit], quantity: i64) -> Result<Vec<Take>, Error> {
    if tracking == Tracking::Quantity {
        return Ok(vec![Take { line: 0, quantity, lot: String::new(), serial: String::new() }]);
    }
    let known: i64 = units.iter().map(|unit| unit.quantity).sum();
    if known == quantity { Ok(named(units)) } else { Err(Error::Invalid(message!("units-not-named", quantity, known))) }
}

/// Takes for units known by lot or serial number.
pub(crate) fn named(units: &[Unit]) -> Vec<Take> {
    let take =
        |unit: &Unit| Take { line: 0, quantity: unit.quantity, lot: unit.lot.clone(), serial: unit.serial.clone() };
    units.iter().map(take).collect()
}
