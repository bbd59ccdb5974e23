//! What a viewer sees of consignments: one with all that belongs to it, lists, and what passed through a place.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    consignment::{ConsignmentState, Milestone},
    delivery::DeliveryTerm,
    item::Tracking,
    ledger::entry::EntryNumber,
    picture::Picture,
    variance::Escalation,
    viewer::{Sight, Viewer},
};
use muster_storage::db::Conn;
use muster_storage::ledger::read::AsOf;
use muster_storage::transfer::{
    Consignment, EntryRef, HandlingUnit, Handover, Line, Movement, MovementLeg, Override, Reached, Unit, Worth,
    carried::{self, Carried, InAll},
    containing,
    delivered::{self as reached, Delivered},
    milestone,
    opened::{self, Opened, OpenedFilter},
    read as store,
    tell::{self, Filter, Passed, VarianceFilter},
};
use serde_json::{Value, json};

use super::{
    conveyed,
    custody::{hands, holder},
    doubt, keeper, moves,
    receipt::{self, Told},
    redirection::senders,
    taking_back,
    variance::{ShownVariance, is_last},
};
use crate::{App, Error};

/// That a consignment was or is on a leg of a movement.
#[derive(Clone, Debug)]
pub struct Ride {
    /// For which lane of its route, counted from 0.
    pub lane: usize,
    /// The movement.
    pub movement: Movement,
    /// The leg that carried it.
    pub leg: MovementLeg,
}

/// Whether the viewer sees all lines of a consignment.
pub(super) async fn sees_all(conn: &mut Conn, viewer: &Viewer, code: &str) -> Result<bool, Error> {
    let all = store::lines(conn, &crate::everything(), code).await?.len();
    Ok(store::lines(conn, viewer, code).await?.len() == all)
}

/// Whether somebody acts for all whose goods in a consignment are not the recipient's, and whether they may send it elsewhere.
fn turns(viewer: &Viewer, picture: &Picture, head: &Consignment, owners: &[Code]) -> (bool, bool) {
    let recipient = picture.recipient();
    let mut givers = owners.iter().filter(|owner| recipient != Some(*owner)).peekable();
    let sends_on = senders(picture, head, owners).into_iter().any(|party| moves(viewer, party));
    (givers.peek().is_some() && givers.all(|party| moves(viewer, party)), sends_on)
}

/// A consignment with all that the viewer sees of it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The consignment.
    pub head: Consignment,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Whether those are all that it has.
    pub whole: bool,
    /// Units of those lines.
    pub units: Vec<Unit>,
    /// Its handling units.
    pub handling_units: Vec<HandlingUnit>,
    /// Its milestones, in order, with those that were taken back.
    pub milestones: Vec<Reached>,
    /// The last milestone, if it can be taken back as long as nothing else was done and the viewer acts for whom that concerns, and whether
    /// somebody signed for it.
    pub last: Option<(Milestone, bool)>,
    /// Gates that were opened for it.
    pub overrides: Vec<Override>,
    /// The movements it was or is on. What was split off has those of its own way alone.
    pub movements: Vec<Ride>,
    /// Who signed for it.
    pub handovers: Vec<Handover>,
    /// Milestones by which custody passed and nobody signed, counted from 1.
    pub unsigned: Vec<i64>,
    /// What was wrong with it.
    pub variances: Vec<ShownVariance>,
    /// Whether it has come to its end at a place, and no unit is to have it: it can be taken into stock there.
    pub into_stock: bool,
    /// Who holds it, or takes it over where it is going.
    pub holder: Code,
    /// Who keeps the place where it is or to which it is going.
    pub keeper: Option<Code>,
    /// Whether the viewer acts for all whose goods in it are not the recipient's: they may give them.
    pub gives: bool,
    /// Whether the viewer acts for each of those into whose hands it comes next, or for whoever takes over for them.
    pub takes_over: bool,
    /// Whether the viewer acts for those whose people may send it elsewhere.
    pub sends_on: bool,
    /// Of the resources in its lines the item's name, and how its units are told apart: whoever counts a line must know it.
    pub items: BTreeMap<Code, (String, Tracking)>,
    /// Whether the viewer is told numbers of entries.
    numbers: bool,
}

impl App {
    /// A consignment that the viewer sees.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn consignment_shown(&self, viewer: &Viewer, code: &str) -> Result<Shown, Error> {
        let mut conn = self.read().await?;
        let not_found = || Error::NotFound { what: "consignment", code: code.to_owned() };
        let head = store::consignment_of(&mut conn, viewer, code).await?.ok_or_else(not_found)?;
        let lines = store::lines(&mut conn, viewer, code).await?;
        let seen: BTreeSet<i64> = lines.iter().map(|line| line.line).collect();
        let mut units = store::units(&mut conn, code).await?;
        units.retain(|unit| seen.contains(&unit.line));
        // Whoever sees not every line sees only the pallets on which theirs lie.
        let all = store::lines(&mut conn, &crate::everything(), code).await?;
        let whole = all.len() == lines.len();
        let mut handling_units = store::handling_units(&mut conn, code).await?;
        handling_units.retain(|unit| whole || units.iter().any(|u| u.sscc.as_ref() == Some(&unit.sscc)));
        let mut movements = Vec::new();
        for (passed, movement, leg) in store::loads(&mut conn, code).await? {
            let Some((movement, legs)) = store::movement(&mut conn, movement.as_str()).await? else { continue };
            let lane = usize::try_from(passed / 2).unwrap_or_default();
            movements.extend(legs.into_iter().find(|l| l.leg == leg).map(|leg| Ride { lane, movement, leg }));
        }
        let mut overrides = store::overrides(&mut conn, code).await?;
        overrides.retain(|one| one.line == 0 && whole || seen.contains(&one.line));
        let mut handovers = store::handovers(&mut conn, code).await?;
        // That somebody signed is no secret; what they signed for may be.
        let signed: BTreeSet<i64> = handovers.iter().map(|handover| handover.milestone).collect();
        handovers.retain(|handover| whole || receipt::tells_only_of(&receipt::statement(handover), &seen));
        let mut milestones = milestone::milestones(&mut conn, code).await?;
        let passes = |reached: &Reached| {
            reached.kind.passes_custody() && reached.completes.is_none() && reached.taken_back.is_none()
        };
        let passed = (1..).zip(&milestones).filter(|(number, reached)| passes(reached) && !signed.contains(number));
        let unsigned = passed.map(|(number, _)| number).collect();
        let last = (1..).zip(&milestones).filter(|(_, reached)| reached.taken_back.is_none()).last();
        let last = last.filter(|(_, reached)| taking_back::can_be(&head, reached));
        let last = last.map(|(number, reached)| (reached.kind, signed.contains(&number)));
        // What was remarked may tell of any line.
        for reached in milestones.iter_mut().filter(|_| !whole) {
            reached.remark.clear();
            reached.taken_back.iter_mut().for_each(|one| one.reason.clear());
        }
        let steps = store::next_steps(&mut conn, code, head.passed).await?;
        let into_stock = head.state == ConsignmentState::AtNode && head.has_come() && steps.is_empty();
        let holder = match head.state {
            ConsignmentState::UnderWay => holder(&all, &steps, |step| &step.to).unwrap_or(&head.consignee),
            _ => holder(&all, &steps, |step| &step.from).unwrap_or(&head.consignor),
        };
        let holder = holder.clone();
        let (picture, _) = self.memory.picture(&mut conn, &crate::everything()).await?;
        let brought = store::next_steps(&mut conn, code, head.passed - 1).await?;
        drop(conn);
        let owner = |line: &Line| steps.get(&line.line).map(|s| &s.from).or(brought.get(&line.line).map(|s| &s.to));
        let owners: Vec<Code> =
            all.iter().filter(|line| line.present > 0).filter_map(owner).map(|held| held.owner.clone()).collect();
        let (gives, sends_on) = turns(viewer, &picture, &head, &owners);
        let item = |line: &Line| {
            let item = picture.item_of(line.resource.as_str())?;
            Some((line.resource.clone(), (item.name.to_string(), item.tracking)))
        };
        let items = lines.iter().filter_map(item).collect();
        let keeper = keeper(&picture, &head.place);
        let acts = |parties: &Vec<&Code>| parties.iter().any(|party| moves(viewer, party));
        let takes_over = hands(&head, head.is_at_end(), &all, &steps, keeper.as_ref()).iter().all(acts);
        let last = last.filter(|(kind, _)| {
            let took = if taking_back::passed_before(&head, *kind) < head.passed { &brought } else { &steps };
            taking_back::concerned(&head, *kind, &all, took, keeper.as_ref()).iter().all(acts)
        });
        let filter = VarianceFilter { consignment: Some(code.to_owned()), ..VarianceFilter::default() };
        let variances = self.variances(viewer, &filter, 1_000).await?;
        let numbers = viewer.sight == Sight::Everything;
        Ok(Shown {
            head,
            lines,
            whole,
            units,
            handling_units,
            milestones,
            last,
            overrides,
            movements,
            handovers,
            unsigned,
            variances,
            into_stock,
            holder,
            keeper,
            gives,
            takes_over,
            sends_on,
            items,
            numbers,
        })
    }

    /// Consignments that the viewer sees, newest first, or by when they are due where that is asked.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn consignments(&self, viewer: &Viewer, filter: &Filter, limit: i64) -> Result<Vec<Consignment>, Error> {
        Ok(tell::consignments(&mut self.read().await?, viewer, filter, limit).await?)
    }

    /// Gates that were opened for what the viewer sees of consignments, the last first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn overrides(&self, viewer: &Viewer, filter: &OpenedFilter, limit: i64) -> Result<Vec<Opened>, Error> {
        Ok(opened::list(&mut self.read().await?, viewer, filter, limit).await?)
    }

    /// What passed through a place in a time, in order, after one of them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn passed(
        &self,
        viewer: &Viewer,
        place: &str,
        time: (Timestamp, Timestamp),
        after: Option<&Passed>,
        limit: i64,
    ) -> Result<Vec<Passed>, Error> {
        Ok(tell::passed(&mut self.read().await?, viewer, place, time, after, limit).await?)
    }

    /// What of the goods that the viewer sees was there at each of these, and by which conveyance it came or went.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn carried(&self, viewer: &Viewer, passed: &[Passed]) -> Result<Vec<Carried>, Error> {
        Ok(carried::carried(&mut self.read().await?, viewer, passed).await?)
    }

    /// What of the goods that the viewer sees passed through a place in a time, by milestone and resource.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn passed_in_all(
        &self,
        viewer: &Viewer,
        place: &str,
        time: (Timestamp, Timestamp),
    ) -> Result<Vec<InAll>, Error> {
        Ok(carried::in_all(&mut self.read().await?, viewer, place, time).await?)
    }

    /// What a party calls delivered, by its own term: the term, and what had reached its milestone as of a date.
    ///
    /// # Errors
    /// If there is no such term, or the database fails.
    pub async fn delivered(
        &self,
        viewer: &Viewer,
        term: &str,
        as_of: AsOf,
    ) -> Result<(DeliveryTerm, Vec<Delivered>), Error> {
        let picture = self.picture(viewer).await?;
        let not_found = || Error::NotFound { what: "delivery_term", code: term.to_owned() };
        let term = picture.delivery_terms.get(term).cloned().ok_or_else(not_found)?;
        let found = reached::delivered(&mut self.read().await?, viewer, term.milestone, as_of).await?;
        Ok((term, found))
    }

    /// Consignments in which a serial number or a handling unit that the viewer sees is or was, in order of their codes.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn consignments_with(
        &self,
        viewer: &Viewer,
        serial_or_sscc: &str,
        filter: &Filter,
    ) -> Result<Vec<Consignment>, Error> {
        let mut conn = self.read().await?;
        let found = containing::codes(&mut conn, viewer, serial_or_sscc).await?;
        let codes: Vec<String> = found.into_iter().collect();
        let (limit, filter) = (codes.len() as i64, Filter { codes: Some(codes), ..filter.clone() });
        Ok(tell::consignments(&mut conn, viewer, &filter, limit).await?)
    }
}

fn number(entry: EntryRef) -> Option<EntryNumber> {
    match entry {
        EntryRef::Known(number) => Some(number),
        EntryRef::Command(_) => None,
    }
}

fn code(code: Option<&Code>) -> Value {
    code.map(Code::as_str).into()
}

fn moment(at: Option<Timestamp>) -> Value {
    at.map(|at| at.to_string()).into()
}

/// A consignment without what belongs to it, as JSON.
pub fn head(head: &Consignment) -> Value {
    json!({
        "code": head.code.as_str(),
        "state": head.state.as_str(),
        "consignor": head.consignor.as_str(),
        "consignee": head.consignee.as_str(),
        "origin": head.origin.as_str(),
        "destination": head.destination.as_str(),
        "place": head.place.as_str(),
        "route": head.route.iter().map(Code::as_str).collect::<Vec<_>>(),
        "lane": code(head.lane()),
        "at_end": head.is_at_end(),
        "created_at": head.created_at.to_string(),
        "departs_at": moment(head.departs_at),
        "arrives_at": moment(head.arrives_at),
        "remark": head.remark,
        "made_from": code(head.made_from.as_ref()),
        "sent_to": code(head.sent_to.as_ref()),
        "version": head.version,
    })
}

/// A gate that was opened with authority, as JSON.
pub fn opened(one: &Opened) -> Value {
    json!({
        "consignment": one.consignment.as_str(),
        "gate": one.gate.gate.as_str(),
        "line": one.gate.line,
        "resource": one.resource.as_ref().map(|resource| resource.as_str()),
        "reason": one.gate.reason,
        "actor": one.gate.actor,
        "recorded_at": one.gate.recorded_at.to_string(),
        "taken_back": one.taken_back,
    })
}

/// What those units of a line that are there are worth.
fn worth(worth: &Worth, present: i64) -> Value {
    json!({
        "minor": worth.of(present),
        "currency": worth.currency.code(),
        "method": worth.method,
        "date": worth.date,
        "source": worth.source,
    })
}

fn unit(unit: &Unit) -> Value {
    json!({ "lot": unit.lot, "serial": unit.serial, "quantity": unit.quantity, "sscc": unit.sscc })
}

/// Whom something that stayed open was taken to, and when, as JSON.
pub fn escalations(all: &[(Escalation, Timestamp)]) -> Value {
    all.iter().map(|(level, at)| json!({ "level": level.as_str(), "at": at.to_string() })).collect()
}

/// A variance as JSON.
pub fn variance(shown: &ShownVariance, numbers: bool) -> Value {
    let ShownVariance { variance, units, counts, counted_by, agreed, escalations, waits_for, blind, elsewhere, parts } =
        shown;
    let parts = parts.iter().map(|part| json!({ "variance": part.code.as_str(), "quantity": part.quantity }));
    let elsewhere = elsewhere.iter().map(|one| {
        json!({
            "serial": one.serial,
            "account": one.account.as_ref().map(ToString::to_string),
            "consignment": code(one.consignment.as_ref()),
        })
    });
    let counted = counts.iter().map(|count| {
        json!({
            "actor": count.actor,
            "quantity": count.quantity,
            "again": !is_last(count, counts),
            "counted_at": count.counted_at.to_string(),
            "remark": count.remark,
        })
    });
    let resolved = variance
        .resolved
        .as_ref()
        .map(|(how, at, by, why)| json!({ "resolution": how.as_str(), "at": at.to_string(), "by": by, "reason": why }));
    json!({
        "code": variance.code.as_str(),
        "kind": variance.kind.as_str(),
        "consignment": code(variance.consignment.as_ref()),
        "line": variance.line,
        "place": variance.place.as_str(),
        "holder": variance.holder.as_str(),
        "resource": code(variance.resource.as_ref()),
        "in_books": variance.account.is_some(),
        "elsewhere": elsewhere.collect::<Vec<_>>(),
        "description": variance.description,
        "quantity": Some(variance.quantity).filter(|_| !blind),
        "units": units.iter().filter(|_| !blind).map(unit).collect::<Vec<_>>(),
        "occurred_at": variance.occurred_at.to_string(),
        "recorded_at": variance.recorded_at.to_string(),
        "actor": variance.actor,
        "remark": variance.remark,
        "due_at": variance.due_at.to_string(),
        "waits_for": waits_for.map(|level| level.as_str()),
        "escalations": self::escalations(escalations),
        "entry": number(variance.entry).filter(|_| numbers),
        "counts": counted.collect::<Vec<_>>(),
        "counted_by": counted_by,
        "agreed": agreed,
        "resolutions": variance.kind.resolutions().iter().map(|r| r.as_str()).collect::<Vec<_>>(),
        "resolved": resolved,
        "part_of": code(variance.part_of.as_ref()),
        "parts": parts.collect::<Vec<_>>(),
    })
}

impl Shown {
    /// Whether it is over, and nothing of it is with it: what became of it stands in its variances.
    pub fn is_empty(&self) -> bool {
        let nothing = self.whole && self.lines.iter().all(|line| line.present == 0);
        self.head.state == ConsignmentState::Closed && nothing && !self.variances.is_empty()
    }

    /// What a handover of it tells; that what was signed for was taken back is odd about it, too.
    pub fn told(&self, handover: &Handover) -> Told {
        let mut told = Told::of(handover);
        let reached = usize::try_from(handover.milestone - 1).ok().and_then(|n| self.milestones.get(n));
        if reached.is_some_and(|reached| reached.taken_back.is_some()) {
            told.doubts.push(doubt::TAKEN_BACK.to_owned());
        }
        told
    }

    /// As JSON. Numbers of entries are told only to who sees everything.
    pub fn json(&self) -> Value {
        let entry = |entry| number(entry).filter(|_| self.numbers);
        let lines = self.lines.iter().map(|line| {
            json!({
                "line": line.line,
                "plan": code(line.plan.as_ref().map(|(plan, _)| plan)),
                "plan_line": line.plan.as_ref().map(|(_, line)| *line),
                "offer": code(line.offer.as_ref()),
                "need": code(line.need.as_ref()),
                "resource": line.resource.as_str(),
                "item": self.items.get(&line.resource).map(|(name, _)| name),
                "tracking": self.items.get(&line.resource).map(|(_, tracking)| tracking.as_str()),
                "quantity": line.quantity,
                "present": line.present,
                "condition": line.condition.map(|condition| condition.as_str()),
                "value": line.worth.as_ref().map(|of| worth(of, line.present)),
                "remark": line.remark,
                "units": self.units.iter().filter(|u| u.line == line.line).map(unit).collect::<Vec<_>>(),
            })
        });
        let milestones = (1..).zip(&self.milestones).map(|(number, reached)| {
            json!({
                "milestone": reached.kind.as_str(),
                "place": reached.place.as_str(),
                "movement": code(reached.movement.as_ref()),
                "occurred_at": reached.occurred_at.to_string(),
                "recorded_at": reached.recorded_at.to_string(),
                "actor": reached.actor,
                "remark": reached.remark,
                "completes": reached.completes,
                "unsigned": self.unsigned.contains(&number),
                "taken_back": reached.taken_back.as_ref().map(|one| {
                    json!({ "at": one.recorded_at.to_string(), "by": one.actor, "reason": one.reason })
                }),
                "entry": entry(reached.entry),
            })
        });
        let overrides = self.overrides.iter().map(|one| {
            json!({
                "gate": one.gate.as_str(),
                "line": one.line,
                "reason": one.reason,
                "actor": one.actor,
                "recorded_at": one.recorded_at.to_string(),
            })
        });
        let movements = self.movements.iter().map(|ride| conveyed::moved(&ride.movement, &ride.leg));
        let handovers = self.handovers.iter().map(|one| receipt::handover(one, &self.told(one)));
        let handling_units = self.handling_units.iter().map(|unit| {
            json!({ "sscc": unit.sscc, "kind": unit.kind.as_str(), "gross_kg": unit.gross_kg, "seal": unit.seal })
        });
        let mut all = head(&self.head);
        all["lines"] = lines.collect();
        all["into_stock"] = self.into_stock.into();
        all["handling_units"] = handling_units.collect();
        all["milestones"] = milestones.collect();
        all["overrides"] = overrides.collect();
        all["movements"] = movements.collect();
        all["handovers"] = handovers.collect();
        all["variances"] = self.variances.iter().map(|v| variance(v, self.numbers)).collect();
        all
    }
}
