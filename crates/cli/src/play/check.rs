//! In the end: every deed of every outbox is in the ledger once, or was given up by name; what the ledger tells of consignments is what was
//! done, no more and no less; and the seal holds.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use muster_domain::message;
use serde_json::Value;

use super::{
    Play,
    known::{is_due, moment, pages},
    people::text,
    phone::{Deed, Phone, State, Tally, path},
    wire::{As, Content},
};
use crate::{Failure, output};

/// How long it is waited before the verification is asked for again.
const PAUSE: Duration = Duration::from_millis(50);
/// How often it is asked for: five minutes are enough for a mission of this size.
const LOOKS: usize = 6_000;
/// Most refusals that are told one by one.
const MOST_TOLD: usize = 5;
/// How long after its day something may be under way still: longer than any phone is without a network.
const OVERDUE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checked {
    pub(crate) consignments: usize,
    people: usize,
    requests: (usize, usize),
    steps: usize,
    payments: usize,
    opened: usize,
    by_planner: usize,
    handovers: usize,
    variances: usize,
    decided: usize,
    phones: usize,
    deeds: usize,
    offline: usize,
    cleared: usize,
    tally: (usize, usize, usize, usize),
    wrong_clock: Option<(String, i64)>,
    given_up: Vec<String>,
    pub(crate) refused: Vec<String>,
    milestones: usize,
    entries: i64,
    blocks: i64,
}

impl Play {
    /// Looks whether all is as it should be.
    ///
    /// # Errors
    /// What is not.
    pub(crate) async fn check(&mut self) -> Result<Checked, Failure> {
        let sum = |of: fn(&Tally) -> usize| self.outboxes().map(|phone| of(&phone.tally)).sum::<usize>();
        let tally = (sum(|t| t.killed), sum(|t| t.sent_again), sum(|t| t.done_before), sum(|t| t.put_right));
        let mut checked = Checked { tally, phones: self.outboxes().count(), ..Checked::default() };
        checked.deeds = self.outboxes().flat_map(Phone::deeds).filter(|deed| deed.state == State::Done).count();
        checked.wrong_clock = self.wrong_clock()?;
        let offline = |deed: &&Deed| deed.state == State::Done && deed.offline;
        checked.offline = self.outboxes().flat_map(Phone::deeds).filter(offline).count();
        self.repeated(checked.deeds).await?;
        self.all_came().await?;
        self.milestones(&mut checked).await?;
        self.verified(&mut checked).await?;
        checked.refused.clone_from(&self.refused);
        checked.consignments = self.story.consignments();
        checked.people = self.cast.len();
        checked.requests = self.wire.counts();
        (checked.steps, checked.payments, checked.decided) = (self.steps, self.payments, self.decided);
        (checked.by_planner, checked.cleared) = (self.by_planner, self.cleared);
        checked.given_up.clone_from(&self.given_up);
        Ok(checked)
    }

    /// The phone whose clock was wrong: what it did is in the ledger at the time at which it was done.
    fn wrong_clock(&self) -> Result<Option<(String, i64)>, Failure> {
        let Some(phone) = self.outboxes().find(|phone| !phone.shift.is_zero()) else { return Ok(None) };
        for deed in phone.deeds().iter().filter(|deed| deed.state == State::Done) {
            let right = deed.made.saturating_sub(phone.shift).unwrap_or(deed.made);
            let off = deed.at.map(|at| at.duration_since(right).abs());
            if off.is_none_or(|off| off > super::clock::TOLERANCE) {
                return Err(Failure::Told(message!("play-clock", key = deed.key.as_str())));
            }
        }
        Ok(Some((phone.label.clone(), phone.shift.as_mins())))
    }

    /// All deeds of the phones are sent again: Muster must know all of them by their keys.
    async fn repeated(&mut self, all: usize) -> Result<(), Failure> {
        let (mut known, mut unknown) = (0, 0);
        let twin = self.twin.as_mut().map(|twin| &mut twin.phone);
        for phone in self.phones.values_mut().map(|(phone, _)| phone).chain(twin) {
            let (of_it, not) = phone.repeat(&self.wire).await?;
            (known, unknown) = (known + of_it, unknown + not);
        }
        if known == all && unknown == 0 { Ok(()) } else { Err(Failure::Told(message!("play-lost", known, all))) }
    }

    /// Nothing is under way long after it should have come, but for what the story loses.
    async fn all_came(&mut self) -> Result<(), Failure> {
        let planner = self.cast.person(&self.wire, "movement").await?;
        let open = pages(&self.wire, &planner, "/api/v1/consignments?open=true&limit=1000", "consignments").await?;
        let since = self.wire.now().saturating_sub(OVERDUE).unwrap_or(Timestamp::MIN);
        let is_stuck = |head: &&Value| {
            head["state"] == "under_way"
                && is_due(head, "arrives_at", since)
                && !self.story.is_lost(&text(head, "code"))
        };
        for head in open.iter().filter(is_stuck) {
            // A departure that was refused at first is told late, and nobody takes in what is not known to be on its way.
            let shown = self.get(&planner, &path(&text(head, "code"))).await?;
            let last = shown["milestones"].as_array().and_then(|all| all.last());
            if last.is_none_or(|last| is_due(last, "recorded_at", since)) {
                let (consignment, place) = (text(head, "code"), text(head, "place"));
                return Err(Failure::Told(message!("play-stuck", consignment, place, due = text(head, "arrives_at"))));
            }
        }
        Ok(())
    }

    /// The milestones of all consignments are those that people recorded, each once.
    async fn milestones(&mut self, checked: &mut Checked) -> Result<(), Failure> {
        // How often each was done, and how often the ledger tells of it.
        let mut done: BTreeMap<(String, String, String, i64), (i64, i64)> = BTreeMap::new();
        for (consignment, milestone, actor, at) in self.recorded.clone() {
            done.entry((consignment, milestone, actor, at.as_microsecond())).or_default().0 += 1;
        }
        for phone in self.outboxes() {
            for deed in phone.deeds().iter().filter(|deed| deed.state == State::Done && !deed.is_silent) {
                let at = deed.at.map_or(0, Timestamp::as_microsecond);
                let milestone = deed.kind.milestone().to_owned();
                done.entry((deed.consignment.clone(), milestone, phone.me.name.clone(), at)).or_default().0 += 1;
            }
        }
        checked.milestones = done.len();
        let auditor = self.cast.person(&self.wire, "auditor").await?;
        for code in self.story.codes().map(str::to_owned).collect::<Vec<_>>() {
            let asked = path(&code);
            let reply = self.wire.ask(As::Token(&auditor.token), ("GET", &asked), Content::None, None).await?;
            let told = reply.good(&auditor.name, &asked)?.body;
            let all = |name: &str| told[name].as_array().map_or(0, Vec::len);
            checked.handovers += all("handovers");
            checked.variances += all("variances");
            checked.opened += all("overrides");
            for reached in told["milestones"].as_array().into_iter().flatten() {
                // It comes with the receipt.
                if reached["milestone"] != "title_transferred" {
                    let at = moment(reached, "occurred_at").map_or(0, Timestamp::as_microsecond);
                    let key = (code.clone(), text(reached, "milestone"), text(reached, "actor"), at);
                    done.entry(key).or_default().1 += 1;
                }
            }
        }
        match done.into_iter().find(|(_, (done, told))| done != told) {
            None => Ok(()),
            Some(((consignment, milestone, actor, _), (done, told))) => {
                Err(Failure::Told(message!("play-miscounted", consignment, milestone, actor, done, told)))
            }
        }
    }

    /// The auditor verifies the ledger.
    async fn verified(&mut self, checked: &mut Checked) -> Result<(), Failure> {
        let auditor = self.cast.person(&self.wire, "auditor").await?;
        let by = As::Token(&auditor.token);
        let asked = "/api/v1/verifications";
        let mut told = self.wire.ask(by, ("POST", asked), Content::None, None).await?.good(&auditor.name, asked)?.body;
        for _ in 0..LOOKS {
            if told["status"] != "running" {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            let path = format!("{asked}/{}", text(&told, "verification"));
            told = self.wire.ask(by, ("GET", &path), Content::None, None).await?.good(&auditor.name, &path)?.body;
        }
        let number = |name: &str| told[name].as_i64();
        match (told["status"].as_str(), number("entries"), number("blocks")) {
            (Some("fits"), Some(entries), Some(blocks)) => {
                (checked.entries, checked.blocks) = (entries, blocks);
                Ok(())
            }
            _ => Err(Failure::Told(message!("play-unverified", said = told.to_string()))),
        }
    }
}

impl Checked {
    /// Tells it.
    pub(crate) fn tell(&self) {
        let n = |n: usize| output::whole(i64::try_from(n).unwrap_or(i64::MAX));
        let (killed, again, before, put_right) = self.tally;
        output::line(&format!(
            "Played by the API, all of it invented: {} people made {} requests ({} of them told to wait). {} consignments, {} steps of \
             repairs and courses, {} payments, {} signed handovers, {} variances, {} of them decided by the mission; {} clearances of donors, {} times a gate was opened with \
             authority, {} times the movement planner did what those concerned do not see.",
            n(self.people),
            n(self.requests.0),
            n(self.requests.1),
            n(self.consignments),
            n(self.steps),
            n(self.payments),
            n(self.handovers),
            n(self.variances),
            n(self.decided),
            n(self.cleared),
            n(self.opened),
            n(self.by_planner),
        ));
        if !self.refused.is_empty() {
            output::line(&format!("{} requests at desks were refused:", n(self.refused.len())));
            self.refused.iter().take(MOST_TOLD).for_each(|said| output::line(&format!("  {said}")));
        }
        output::line(&format!(
            "{} phones did {} deeds, {} of them without a network. {} times one was killed while it sent; {} requests went again under their keys, of \
             which Muster had done {} before.",
            n(self.phones),
            n(self.deeds),
            n(self.offline),
            n(killed),
            n(again),
            n(before),
        ));
        if let Some((label, minutes)) = &self.wrong_clock {
            output::line(&format!(
                "The clock of the phone {label} was {minutes} minutes fast: {} deeds were put right, each to the time when it was done.",
                n(put_right)
            ));
        }
        output::line(&format!("Given up by name, and told as a remark where that could be: {}.", self.given_up.len()));
        self.given_up.iter().for_each(|said| output::line(&format!("  {said}")));
        output::line(&format!(
            "Checked: all {} deeds of the phones are in the ledger once – sent again, each was known by its key – and the {} milestones of \
             consignments are those that people recorded. The ledger verifies: {} entries in {} blocks.",
            n(self.deeds),
            n(self.milestones),
            output::whole(self.entries),
            output::whole(self.blocks),
        ));
    }
}
