//! The part of the demonstration that goes as consignments: made up, packed, counted at every node and received. Every ninth is late; now
//! and then something is short or damaged. Repairs and courses on their way begin and end when goods and people are there.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    consignment::{Condition, HandlingUnitKind},
    gate::Gate,
    item::{ItemKind, Tracking},
    ledger::{
        books::Outcome,
        entry::{Act, Activity, Command, EntryNumber, Note, Take},
    },
    picture::Picture,
    resource::ResourceState,
};
use muster_storage::{
    ledger::read::{self, EntryFilter},
    transfer::Line,
};

use super::Step;
use crate::{
    Actor, App, Error, everything,
    transfer::{
        count::{Count, Counted},
        custody::{Circumstances, Conveyance},
        making::{New, NewLine},
        packing::{NewHandlingUnit, Packed, PackedUnit},
    },
};

/// Every so manieth consignment is late.
const LATE: usize = 9;
/// In every so manieth consignment something is missing.
const SHORT: usize = 13;
/// In every so manieth consignment something was hurt.
const DAMAGED: usize = 17;
/// Most consignments that ride on one conveyance.
const ON_ONE: usize = 4;
/// Every so manieth consignment is on a pallet with a number.
const ON_PALLET: usize = 3;

/// Lines that go the same way at the same times, and so in one consignment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    /// When it leaves for the first time.
    at: Timestamp,
    from: Code,
    holder: Code,
    /// Each step: when, what, and by which lane.
    way: Vec<(Timestamp, String, Option<Code>)>,
}

/// What happens to a group next.
struct Going {
    code: String,
    done: usize,
}

fn is_transport(activity: Activity) -> bool {
    matches!(activity, Activity::Depart | Activity::Arrive | Activity::Receive)
}

/// The parts of all lines' ways on which they are moved, by what goes together.
fn groups(ways: &BTreeMap<i64, Vec<Step>>, until: Timestamp) -> BTreeMap<Group, Vec<i64>> {
    let mut groups: BTreeMap<Group, Vec<i64>> = BTreeMap::new();
    for (line, steps) in ways {
        let mut n = 0;
        while n < steps.len() {
            let moved = steps[n..].iter().take_while(|step| is_transport(step.entry.activity)).count();
            let part = &steps[n..n + moved];
            // What a unit takes over where it stands needs no consignment.
            let leaves =
                |first: &&Step| first.entry.activity == Activity::Depart && first.entry.note.occurred_at <= until;
            if let Some((first, from)) =
                part.first().filter(leaves).and_then(|first| Some((first, first.from.place.clone()?)))
            {
                let word = |step: &Step| {
                    let via = if step.entry.activity == Activity::Depart { step.to.via.clone() } else { None };
                    (step.entry.note.occurred_at, step.entry.activity.to_string(), via)
                };
                let (at, holder) = (first.entry.note.occurred_at, first.from.holder.clone());
                let way = part.iter().map(word).collect();
                groups.entry(Group { at, from, holder, way }).or_default().push(*line);
            }
            n += moved.max(1);
        }
    }
    groups
}

/// What is played, and by whom.
pub(super) struct Play<'a> {
    pub(super) app: &'a App,
    pub(super) plan: &'a str,
    pub(super) picture: &'a Picture,
    pub(super) actor: &'a Actor,
    pub(super) until: Timestamp,
    /// The steps of each line.
    pub(super) ways: &'a BTreeMap<i64, Vec<Step>>,
    /// The first serial number of each line's units.
    pub(super) serials: &'a BTreeMap<i64, i64>,
    /// Consignments with goods that are counted by number, at their first node, so far.
    pub(super) counted: usize,
    /// Conveyances that left a lane at a moment, each with how many consignments ride on it.
    pub(super) rides: BTreeMap<(Timestamp, Code), (Code, usize)>,
}

impl Play<'_> {
    /// Plays it moment by moment. Gives how many consignments were made up, and how many other steps there were.
    pub(super) async fn run(mut self) -> Result<(usize, usize), Error> {
        let groups: Vec<(Group, Vec<i64>)> = groups(self.ways, self.until).into_iter().collect();
        let all = self.ways.values().flatten().map(|step| step.entry.note.occurred_at);
        let moments: BTreeSet<Timestamp> = all.filter(|at| *at <= self.until).collect();
        let (mut going, mut other) = (BTreeMap::<usize, Going>::new(), 0);
        for at in moments {
            // What ends at a moment may let something leave at the same one, and so on.
            loop {
                let mut happened = self.work(at, &[Activity::Finish]).await?;
                other += happened;
                for (n, (group, lines)) in groups.iter().enumerate() {
                    if group.at == at && !going.contains_key(&n) {
                        going.extend(self.make(n, group, lines).await?.map(|made| (n, made)));
                    }
                    let Some(one) = going.get_mut(&n) else { continue };
                    // What is late is not heard of any more.
                    let last = if n % LATE == LATE - 1 { 1 } else { usize::MAX };
                    while let Some((when, what, lane)) =
                        group.way.get(one.done).filter(|(when, ..)| *when <= at && one.done < last)
                    {
                        self.step(n, one, (*when, what, lane.as_ref())).await?;
                        one.done += 1;
                        happened += 1;
                    }
                }
                let begun = self.work(at, &[Activity::Start, Activity::Consume]).await?;
                other += begun;
                if happened + begun == 0 {
                    break;
                }
            }
        }
        Ok((going.len(), other))
    }

    /// Repairs and courses that begin or end, and spares that are used, with the units that are there for them.
    async fn work(&self, at: Timestamp, activities: &[Activity]) -> Result<usize, Error> {
        let mut done = 0;
        for (line, steps) in self.ways {
            for (n, step) in steps.iter().enumerate() {
                if step.entry.note.occurred_at != at || !activities.contains(&step.entry.activity) {
                    continue;
                }
                done += usize::from(self.settle(*line, n, step).await?);
            }
        }
        Ok(done)
    }

    /// One step of a line that is no transport: all units that have come so far. Whether there were any.
    async fn settle(&self, line: i64, n: usize, step: &Step) -> Result<bool, Error> {
        let (_, steps) = crate::movement::steps(&mut self.app.read().await?, self.plan, line).await?;
        let ready = crate::movement::ready(&steps, n);
        if ready <= 0 {
            return Ok(false);
        }
        let mut commands = Vec::new();
        let takes = self.takes(step.entry.lines.first().map_or(0, |l| l.from), ready).await?;
        let key = |what: &str| format!("played {what} {}", step.entry.number);
        let note = |what: &str| Note {
            key: key(what),
            occurred_at: step.entry.note.occurred_at,
            actor: self.actor.name().to_owned(),
            reason: self.actor.reason.clone(),
        };
        if n == 0
            && let Some(pending) = self.commitment(line).await?
        {
            commands.push(Command { note: note("supply"), act: Act::Settle { pending, takes: takes.clone() } });
        }
        commands.push(Command { note: note("step"), act: Act::Settle { pending: step.entry.number, takes } });
        let outcomes = self.app.ledger()?.post_all(commands).await?;
        Ok(outcomes.iter().any(|outcome| matches!(outcome, Ok(Outcome::Written(_)))))
    }

    /// Units in an account: by lot or serial number as far as they are known, so many of them.
    async fn takes(&self, account: i64, quantity: i64) -> Result<Vec<Take>, Error> {
        let held = read::holdings(&mut self.app.read().await?, account).await?;
        let take = |lot: String, serial: String, quantity| Take { line: 0, quantity, lot, serial };
        let (mut left, mut takes) = (quantity, Vec::new());
        for (lot, serial, units) in held {
            let part = units.min(left);
            if part > 0 {
                takes.push(take(lot, serial, part));
                left -= part;
            }
        }
        if left > 0 {
            takes.push(take(String::new(), String::new(), left));
        }
        Ok(takes)
    }

    async fn commitment(&self, line: i64) -> Result<Option<EntryNumber>, Error> {
        let offer = self.ways.get(&line).and_then(|steps| steps.first()?.entry.subject.offer.clone());
        let Some(offer) = offer else { return Ok(None) };
        let filter = EntryFilter { offer: Some(offer.to_string()), ..EntryFilter::default() };
        let open = read::open(&mut self.app.read().await?, &filter, Some(Activity::Commit), 0, 1).await?;
        Ok(open.first().map(|open| open.entry))
    }

    /// Makes up, packs and readies a consignment of all that has come so far; none if nothing has.
    async fn make(&self, n: usize, group: &Group, lines: &[i64]) -> Result<Option<Going>, Error> {
        let mut there = Vec::new();
        for line in lines {
            let (_, steps) = crate::movement::steps(&mut self.app.read().await?, self.plan, *line).await?;
            let same = |step: &crate::movement::Step| {
                step.entry.note.occurred_at == group.at && step.entry.activity == Activity::Depart
            };
            let ready = steps.iter().position(same).map_or(0, |n| crate::movement::ready(&steps, n));
            if ready > 0 {
                there.push(*line);
            }
        }
        if there.is_empty() {
            return Ok(None);
        }
        let new_line = |line: &i64| NewLine::Plan { plan: self.plan.to_owned(), line: *line, quantity: None };
        let new = New { from: group.from.to_string(), lines: there.iter().map(new_line).collect(), ..New::default() };
        let code = self.app.consignment_make(&new, self.actor).await?.to_string();
        let mut sscc = String::new();
        let numbered = self.picture.mission().is_some_and(|mission| !mission.gs1_prefix.is_empty());
        let goods = there.iter().all(|line| self.is_goods(*line));
        if n.is_multiple_of(ON_PALLET) && numbered && goods {
            let kind = HandlingUnitKind::Pallet;
            let pallet = NewHandlingUnit { sscc: String::new(), kind, gross_kg: None, seal: format!("S{n:05}") };
            sscc = self.app.handling_units(&code, &[pallet], self.actor).await?.pop().unwrap_or_default();
        }
        let shown = self.app.consignment_shown(&everything(), &code).await?;
        let packed = shown.lines.iter().map(|line| {
            let state = self.picture.resources.get(line.resource.as_str()).map(|r| r.state);
            let condition = match state {
                Some(ResourceState::Serviceable) => Some(Condition::Serviceable),
                Some(ResourceState::Unserviceable) => Some(Condition::Unserviceable),
                _ => None,
            };
            let plan_line = line.plan.as_ref().map_or(0, |(_, line)| *line);
            let first = self.serials.get(&plan_line).copied().unwrap_or(1);
            Packed { line: line.line, units: self.units(line, first, &sscc), condition, remark: None }
        });
        let how = self.how(group.at);
        self.app.consignment_ready(&code, &packed.collect::<Vec<_>>(), &how, self.actor).await?;
        Ok(Some(Going { code, done: 0 }))
    }

    fn is_goods(&self, line: i64) -> bool {
        let first = self.ways.get(&line).and_then(|steps| steps.first());
        let item = first.and_then(|step| self.picture.item_of(step.from.resource.as_str()));
        item.is_some_and(|item| item.kind == ItemKind::Materiel)
    }

    fn units(&self, line: &Line, first: i64, sscc: &str) -> Option<Vec<PackedUnit>> {
        let offer = line.offer.as_ref().map_or("", Code::as_str);
        let unit = |lot: String, serial: String, quantity| PackedUnit { lot, serial, quantity, sscc: sscc.to_owned() };
        match self.picture.item_of(line.resource.as_str()).map(|item| item.tracking)? {
            Tracking::Serial => {
                Some((first..first + line.present).map(|n| unit(String::new(), format!("{offer}-{n:04}"), 1)).collect())
            }
            Tracking::Lot => Some(vec![unit(format!("{offer}-L1"), String::new(), line.present)]),
            Tracking::Quantity if sscc.is_empty() => None,
            Tracking::Quantity => Some(vec![unit(String::new(), String::new(), line.present)]),
        }
    }

    /// On its day; what only paper would open is opened, since no paper is made up.
    fn how(&self, at: Timestamp) -> Circumstances {
        let overrides = Gate::ALL.iter().copied().filter(|gate| gate.may_be_overridden()).collect();
        Circumstances { at: Some(at), overrides, ..Circumstances::default() }
    }

    async fn step(
        &mut self,
        n: usize,
        going: &Going,
        (at, what, lane): (Timestamp, &str, Option<&Code>),
    ) -> Result<(), Error> {
        let (code, how) = (going.code.as_str(), self.how(at));
        if what == Activity::Depart.as_str() {
            let lane = lane.and_then(|lane| self.picture.lanes.get(lane.as_str()));
            let alone = Conveyance {
                movement: String::new(),
                carrier: "Example Carrier (invented)".into(),
                conveyance: lane.map_or_else(String::new, |lane| format!("{} {n:04}", lane.mode)),
            };
            let Some(lane) = lane else {
                return self.app.consignment_depart(code, &alone, &how, self.actor).await.map(drop);
            };
            let leaves = (at, lane.code.clone());
            let ride = self.rides.get(&leaves).filter(|(_, riding)| *riding < ON_ONE).cloned();
            if let Some((movement, riding)) = ride {
                let together = Conveyance { movement: movement.to_string(), ..Conveyance::default() };
                // What may not travel beside it goes alone.
                if self.app.consignment_depart(code, &together, &how, self.actor).await.is_ok() {
                    self.rides.insert(leaves, (movement, riding + 1));
                    return Ok(());
                }
            }
            let done = self.app.consignment_depart(code, &alone, &how, self.actor).await?;
            self.rides.extend(done.movement.map(|movement| (leaves, (movement, 1))));
            return Ok(());
        }
        let shown = self.app.consignment_shown(&everything(), code).await?;
        let mut count = Count { rest_as_stated: true, ..Count::default() };
        let by_number = |line: &&Line| {
            let tracking = self.picture.item_of(line.resource.as_str()).map(|item| item.tracking);
            tracking == Some(Tracking::Quantity) && line.present > 4
        };
        if let Some(line) = shown.lines.iter().find(by_number).filter(|_| going.done == 1) {
            self.counted += 1;
            let (short, hurt) = (self.counted % SHORT == SHORT / 2, self.counted % DAMAGED == DAMAGED / 2);
            if short || hurt {
                let damaged = i64::from(hurt) * 2;
                let received = line.present - damaged - i64::from(short);
                let remark = if hurt { "wet cartons" } else { "one carton less than on the list" }.to_owned();
                count.lines.push(Counted { line: line.line, received, damaged, remark, ..Counted::default() });
            }
        }
        if what == Activity::Arrive.as_str() {
            self.app.consignment_arrive(code, &count, &how, self.actor).await?;
            let arrived = self.app.consignment_shown(&everything(), code).await?;
            if arrived.into_stock {
                let as_it_is = Count { rest_as_stated: true, ..Count::default() };
                self.app.consignment_receive(code, &as_it_is, &how, self.actor).await?;
            }
            Ok(())
        } else {
            self.app.consignment_receive(code, &count, &how, self.actor).await.map(drop)
        }
    }
}
