//! The phone at a hub, as `islands/src/hub` keeps it: consignments as Muster last told them, and an outbox of deeds. A deed is kept before
//! anything else happens, made final when it is first sent, and sent under its key, to the letter the same, until an answer decides.
//! What is not kept is gone when the phone is killed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    clock::{Contact, TOLERANCE, told},
    known::{pages, records},
    people::{Person, text},
    story::{essence, invented, lines, number, present},
    wire::{As, Break, Content, Reply, Wire, escaped},
};
use crate::Failure;

/// Names are fetched anew after so long.
const LEARNT_FOR: SignedDuration = SignedDuration::from_hours(12);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ready,
    Depart,
    Arrive,
    Receive,
    /// What was given up, told as a remark.
    Note,
}

impl Kind {
    /// The end of its address.
    pub(super) fn end(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Depart => "depart",
            Self::Arrive => "arrive",
            Self::Receive => "receive",
            Self::Note => "inspect",
        }
    }

    /// The milestone that it is.
    pub(super) fn milestone(self) -> &'static str {
        match self {
            Self::Ready => "readied",
            Self::Depart => "departed",
            Self::Arrive => "arrived_at_node",
            Self::Receive => "received_by_unit",
            Self::Note => "inspected",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Sending,
    Done,
    Refused,
    /// Given up by a person.
    Dropped,
}

/// A photograph that goes before its deed.
#[derive(Clone, Debug)]
pub(super) struct Photo {
    pub(super) bytes: &'static [u8],
    pub(super) sent: bool,
}

/// Something that was done.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    pub(super) key: String,
    pub(super) kind: Kind,
    pub(super) consignment: String,
    /// The essence of the consignment as whoever did it saw it; empty where that does not matter.
    saw: String,
    body: Value,
    photos: Vec<Photo>,
    /// When, by the phone's clock, and the last contact before.
    pub(super) made: Timestamp,
    /// Whether there was no network then.
    pub(super) offline: bool,
    contact: Option<Contact>,
    pub(super) state: State,
    /// What was sent, to the letter.
    sent: Option<String>,
    /// When, by the server's clock, once that is known.
    pub(super) at: Option<Timestamp>,
    version: Option<i64>,
    pub(super) problem: String,
    /// The consignment as Muster knew it when it refused.
    theirs: Option<Value>,
    /// The consignment on this phone tells of it already.
    settled: bool,
    /// It went into stock: no milestone tells of it.
    pub(super) is_silent: bool,
}

impl Deed {
    fn waits(&self) -> bool {
        matches!(self.state, State::Waiting | State::Sending)
    }
}

/// All that survives when the phone is killed.
#[derive(Clone, Debug, Default)]
struct Disk {
    consignments: BTreeMap<String, Value>,
    deeds: Vec<Deed>,
    contact: Option<Contact>,
    learnt: Option<Timestamp>,
}

/// What is counted over a phone's life.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) killed: usize,
    /// Requests that were sent again under their key, and how many of them Muster had done before.
    pub(super) sent_again: usize,
    pub(super) done_before: usize,
    /// Deeds of which the clock was put right.
    pub(super) put_right: usize,
}

/// How a try to send ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Sent,
    /// Nothing was decided: the same is to be tried again.
    Stuck,
    Killed,
}

/// That the phone is killed with a request of a try to send: which, counted from 0, and how.
pub(super) type Kill = (usize, Break);

pub(super) struct Phone {
    pub(super) label: String,
    pub(super) place: String,
    pub(super) me: Person,
    /// What the phone's clock shows too much.
    pub(super) shift: SignedDuration,
    pub(super) tally: Tally,
    /// Whether there is a network now.
    pub(super) online: bool,
    memory: Disk,
    disk: Disk,
}

impl Phone {
    pub(super) fn new(label: &str, place: &str, me: Person, shift: SignedDuration) -> Self {
        let (label, place) = (label.to_owned(), place.to_owned());
        let (memory, disk) = (Disk::default(), Disk::default());
        Self { label, place, me, shift, tally: Tally::default(), online: false, memory, disk }
    }

    /// What its clock shows.
    pub(super) fn now(&self, wire: &Wire) -> Timestamp {
        wire.now().saturating_add(self.shift).unwrap_or(Timestamp::MAX)
    }

    /// All that was ever done here.
    pub(super) fn deeds(&self) -> &[Deed] {
        &self.memory.deeds
    }

    /// Whether it has fetched the work of its place at least once.
    pub(super) fn is_set_up(&self) -> bool {
        self.memory.learnt.is_some()
    }

    pub(super) fn waiting(&self) -> usize {
        self.memory.deeds.iter().filter(|deed| deed.waits()).count()
    }

    /// Consignments as they are after all that was done here.
    pub(super) fn views(&self) -> Vec<Value> {
        let view = |(code, base): (&String, &Value)| {
            let untold = self.memory.deeds.iter().filter(|deed| deed.consignment == *code && !deed.settled);
            let counts = |deed: &&Deed| !matches!(deed.state, State::Refused | State::Dropped);
            untold.filter(counts).fold(base.clone(), after)
        };
        self.memory.consignments.iter().map(view).collect()
    }

    /// Whether something was done here of which Muster has not told yet.
    pub(super) fn is_untold(&self, code: &str) -> bool {
        self.memory.deeds.iter().any(|deed| deed.consignment == code && !deed.settled && deed.state != State::Dropped)
    }

    /// Something was done. When this is over, it will not be lost.
    pub(super) fn done(&mut self, wire: &Wire, kind: Kind, seen: &Value, body: Value, photos: Vec<Photo>) {
        let code = text(seen, "code");
        let deed = Deed {
            key: format!("hub-{}-{:06}", escaped(&self.label), self.memory.deeds.len() + 1),
            kind,
            consignment: code,
            saw: if kind == Kind::Note { String::new() } else { essence(seen) },
            body: invented(body),
            photos,
            made: self.now(wire),
            offline: !self.online,
            contact: self.memory.contact,
            state: State::Waiting,
            sent: None,
            at: None,
            version: None,
            problem: String::new(),
            theirs: None,
            settled: false,
            is_silent: kind == Kind::Receive && seen["into_stock"] == true,
        };
        self.memory.deeds.push(deed);
        self.keep();
    }

    /// The phone's battery is empty, or its page was closed: what was not kept is gone.
    fn kill(&mut self) {
        self.memory = self.disk.clone();
        self.tally.killed += 1;
    }

    fn keep(&mut self) {
        self.disk = self.memory.clone();
    }

    fn keep_deed(&mut self, n: usize) {
        let deed = self.memory.deeds[n].clone();
        match self.disk.deeds.get_mut(n) {
            Some(kept) => *kept = deed,
            None => self.disk.deeds.push(deed),
        }
    }

    /// Sends what waits, in order, and asks for the work of the place.
    pub(super) async fn sync(&mut self, wire: &Wire, kill: Option<Kill>) -> Result<Outcome, Failure> {
        let outcome = self.send(wire, kill).await?;
        if outcome != Outcome::Killed {
            self.fetch(wire).await?;
        }
        Ok(outcome)
    }

    async fn ask(
        &mut self,
        wire: &Wire,
        asked: (&str, &str),
        content: Content<'_>,
        key: Option<&str>,
    ) -> Result<Reply, Failure> {
        let reply = wire.ask(As::Token(&self.me.token), asked, content, key).await?;
        self.memory.contact = Some(Contact { phone: self.now(wire), server: reply.date });
        Ok(reply)
    }

    async fn send(&mut self, wire: &Wire, kill: Option<Kill>) -> Result<Outcome, Failure> {
        // By the first answer both clocks are known.
        self.ask(wire, ("GET", "/api/v1/me"), Content::None, None).await?.good(&self.me.name, "/api/v1/me")?;
        let (mut stopped, mut outcome, mut sent) = (BTreeSet::new(), Outcome::Sent, 0);
        for n in 0..self.memory.deeds.len() {
            let deed = &self.memory.deeds[n];
            if deed.state == State::Refused {
                stopped.insert(deed.consignment.clone());
            }
            if !deed.waits() || stopped.contains(&deed.consignment) {
                continue;
            }
            let killed = kill.filter(|(at, _)| *at == sent).map(|(_, how)| how);
            sent += 1;
            match self.one(wire, n, killed).await? {
                Outcome::Killed => return Ok(Outcome::Killed),
                Outcome::Stuck => {
                    stopped.insert(self.memory.deeds[n].consignment.clone());
                    outcome = Outcome::Stuck;
                }
                Outcome::Sent => {}
            }
        }
        Ok(outcome)
    }

    /// Sends one deed. What was refused is sent, too: a person decides on it.
    async fn one(&mut self, wire: &Wire, n: usize, kill: Option<Break>) -> Result<Outcome, Failure> {
        for photo in 0..self.memory.deeds[n].photos.len() {
            let Photo { bytes, sent } = self.memory.deeds[n].photos[photo];
            if sent {
                continue;
            }
            let reply = self.ask(wire, ("POST", "/api/v1/attachments"), Content::Jpeg(bytes), None).await?;
            reply.good(&self.me.name, "/api/v1/attachments")?;
            self.memory.deeds[n].photos[photo].sent = true;
            self.keep_deed(n);
        }
        if self.memory.deeds[n].sent.is_some() {
            self.tally.sent_again += 1;
        } else {
            self.freeze(n);
        }
        self.memory.deeds[n].state = State::Sending;
        self.keep_deed(n);
        for again in [true, false] {
            let Deed { key, kind, consignment, sent, saw, .. } = self.memory.deeds[n].clone();
            let path = format!("{}/{}", path(&consignment), kind.end());
            let (asked, body) = (("POST", path.as_str()), sent.unwrap_or_default());
            let content = Content::Json(&body);
            if let Some(how) = kill {
                wire.broken(As::Token(&self.me.token), asked, content, Some(&key), how).await?;
                self.kill();
                return Ok(Outcome::Killed);
            }
            let reply = self.ask(wire, asked, content, Some(&key)).await?;
            self.tally.done_before += usize::from(reply.is_again());
            if reply.status >= 500 || reply.is_under_way() {
                return Ok(Outcome::Stuck);
            }
            if reply.is_done() {
                let deed = &mut self.memory.deeds[n];
                deed.state = State::Done;
                deed.version = reply.body["version"].as_i64();
                self.keep_deed(n);
                return Ok(Outcome::Sent);
            }
            let theirs = self.ask(wire, ("GET", &self::path(&consignment)), Content::None, None).await?;
            let theirs = Some(theirs.body).filter(|_| theirs.status == 200);
            let unchanged = theirs.as_ref().is_some_and(|theirs| essence(theirs) == saw);
            if reply.status == 412 && again && unchanged {
                // Somebody changed what does not matter to this.
                let mut body: Value = serde_json::from_str(&body).unwrap_or_default();
                body["version"] = theirs.map_or(Value::Null, |theirs| theirs["version"].clone());
                self.memory.deeds[n].sent = Some(body.to_string());
                self.keep_deed(n);
                continue;
            }
            let deed = &mut self.memory.deeds[n];
            // A remark that is not taken is in the phone's journal still.
            deed.state = if kind == Kind::Note { State::Dropped } else { State::Refused };
            deed.problem = reply.why();
            deed.sent = None;
            deed.theirs = theirs;
            self.keep_deed(n);
            break;
        }
        Ok(Outcome::Sent)
    }

    /// Makes of a deed what is sent.
    fn freeze(&mut self, n: usize) {
        let earlier = &self.memory.deeds[..n];
        let after = earlier.iter().filter_map(|deed| deed.at).max().unwrap_or(Timestamp::MIN);
        let deed = &self.memory.deeds[n];
        // What came before it on this phone made the consignment what the deed found.
        let same =
            |before: &&Deed| before.consignment == deed.consignment && before.state == State::Done && !before.settled;
        let version = earlier.iter().rev().find(same).and_then(|before| before.version);
        let Some(now) = self.memory.contact else { return };
        let at = told(deed.made, deed.contact, now, after);
        let shift = at.duration_since(deed.made);
        let mut body = deed.body.clone();
        body["at"] = at.to_string().into();
        if shift.abs() > TOLERANCE {
            self.tally.put_right += 1;
            let said = format!("the phone's clock was put right by {} minutes", shift.as_mins());
            let remark = text(&body, "remark");
            body["remark"] = if remark.is_empty() { said } else { format!("{remark} · {said}") }.into();
        }
        if let Some(version) = version.filter(|_| body.get("version").is_some()) {
            body["version"] = version.into();
        }
        let deed = &mut self.memory.deeds[n];
        deed.at = Some(at);
        deed.sent = Some(body.to_string());
    }

    /// The work of the place, as it now is.
    async fn fetch(&mut self, wire: &Wire) -> Result<(), Failure> {
        let place = escaped(&self.place);
        let list = format!("/api/v1/consignments?place={place}&open=true&limit=1000");
        let heads = pages(wire, &self.me, &list, "consignments").await?;
        let now = self.now(wire);
        if self.memory.learnt.is_none_or(|learnt| now.duration_since(learnt).abs() >= LEARNT_FOR) {
            for sheet in ["places", "lanes", "resources", "items"] {
                records(wire, &self.me, sheet).await?;
            }
            self.memory.learnt = Some(now);
        }
        let variances = format!("/api/v1/variances?place={place}&open=true&limit=1000");
        self.ask(wire, ("GET", &variances), Content::None, None).await?.good(&self.me.name, &variances)?;
        let is_open = |deed: &&Deed| deed.waits() || deed.state == State::Refused;
        let open: BTreeSet<String> =
            self.memory.deeds.iter().filter(is_open).map(|deed| deed.consignment.clone()).collect();
        let known = |head: &&Value| {
            let known = self.memory.consignments.get(&text(head, "code"));
            known.is_none_or(|known| known["version"] != head["version"])
        };
        let mut stale: BTreeSet<String> = heads.iter().filter(known).map(|head| text(head, "code")).collect();
        let untold = |deed: &&Deed| deed.state == State::Done && !deed.settled;
        stale.extend(self.memory.deeds.iter().filter(untold).map(|deed| deed.consignment.clone()));
        for code in stale.difference(&open) {
            let reply = self.ask(wire, ("GET", &path(code)), Content::None, None).await?;
            let told = reply.good(&self.me.name, &path(code))?.body;
            self.memory.consignments.insert(code.clone(), told);
            let of_it = self.memory.deeds.iter_mut().filter(|deed| deed.consignment == *code);
            of_it.filter(|deed| deed.state == State::Done).for_each(|deed| deed.settled = true);
        }
        let listed: BTreeSet<String> = heads.iter().map(|head| text(head, "code")).collect();
        self.memory.consignments.retain(|code, _| listed.contains(code) || open.contains(code));
        self.keep();
        Ok(())
    }

    /// All that was sent and done is sent once more, under the same keys. Gives how often Muster knew it, and how often not.
    pub(super) async fn repeat(&mut self, wire: &Wire) -> Result<(usize, usize), Failure> {
        let (mut known, mut unknown) = (0, 0);
        for deed in self.memory.deeds.clone().into_iter().filter(|deed| deed.state == State::Done) {
            let path = format!("{}/{}", path(&deed.consignment), deed.kind.end());
            let content = Content::Json(deed.sent.as_deref().unwrap_or_default());
            let reply = self.ask(wire, ("POST", &path), content, Some(&deed.key)).await?;
            let same = reply.is_done() && reply.is_again();
            known += usize::from(same);
            unknown += usize::from(!same);
        }
        Ok((known, unknown))
    }

    /// A person looks at what was refused and gives it up: Muster's version holds, and what was done is told as a remark. Gives what was
    /// given up: the consignment, and in words.
    pub(super) fn give_up(&mut self, wire: &Wire) -> Vec<(String, String)> {
        let refused: Vec<usize> =
            (0..self.memory.deeds.len()).filter(|n| self.memory.deeds[*n].state == State::Refused).collect();
        let mut given_up = Vec::new();
        for n in refused {
            let deed = &mut self.memory.deeds[n];
            deed.state = State::Dropped;
            let (label, kind, code) = (&self.label, deed.kind.end(), deed.consignment.clone());
            let problem = deed.problem.clone();
            given_up.push((code.clone(), format!("{label}: {kind} of {code} – {problem}")));
            let Some(theirs) = deed.theirs.clone() else { continue };
            for untold in self.memory.deeds.iter_mut().filter(|deed| deed.consignment == code) {
                untold.settled |= untold.state == State::Done;
            }
            self.memory.consignments.insert(code, theirs.clone());
            if matches!(theirs["state"].as_str(), Some("packing" | "readied" | "at_node")) {
                let remark = format!("given up on the phone {}: {kind} – {problem}", self.label);
                let body = json!({ "at": "", "lines": [], "remark": remark, "reason": "what Muster knows holds" });
                self.done(wire, Kind::Note, &theirs, body, Vec::new());
            }
        }
        self.keep();
        given_up
    }
}

/// Where the API has a consignment.
pub(super) fn path(code: &str) -> String {
    format!("/api/v1/consignments/{}", escaped(code))
}

/// A consignment after a deed of which Muster has not told.
fn after(mut now: Value, deed: &Deed) -> Value {
    match deed.kind {
        Kind::Ready => now["state"] = "readied".into(),
        Kind::Depart => {
            now["state"] = "under_way".into();
            now["place"] = "".into();
        }
        Kind::Arrive => {
            counted(&mut now, deed);
            now["state"] = "at_node".into();
            let route: Vec<&Value> = now["route"].as_array().into_iter().flatten().collect();
            let next = route.iter().position(|lane| **lane == now["lane"]).and_then(|n| route.get(n + 1));
            let next = next.map_or(Value::Null, |lane| (*lane).clone());
            now["at_end"] = next.is_null().into();
            now["lane"] = next;
        }
        Kind::Receive => now["state"] = "closed".into(),
        Kind::Note => {}
    }
    now
}

/// Its lines as they were counted.
fn counted(now: &mut Value, deed: &Deed) {
    let counts: BTreeMap<i64, i64> = lines(&deed.body).map(|c| (number(c, "line"), number(c, "received"))).collect();
    for line in now["lines"].as_array_mut().into_iter().flatten() {
        if let Some(count) = counts.get(&number(line, "line")).filter(|_| present(line) > 0) {
            line["present"] = (*count).into();
        }
    }
}
