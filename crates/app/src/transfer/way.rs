//! Ways: lanes one after the other, and those that units of a plan's line are to go next from a place.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    lane::Lane,
    ledger::{
        account::AccountKey,
        entry::{Activity, EntryNumber},
    },
    message,
    picture::Picture,
};
use muster_storage::{db::Conn, ledger::read};

use crate::{
    Error,
    movement::{Step, ready, steps},
};

/// The part of a plan line's way that a consignment takes.
pub(super) struct Way {
    pub(super) plan: Code,
    pub(super) line: i64,
    /// What can go now and is in no other consignment.
    pub(super) free: i64,
    pub(super) held: AccountKey,
    pub(super) offer: Option<Code>,
    pub(super) need: Option<Code>,
    pub(super) departs_at: Timestamp,
    pub(super) route: Vec<Code>,
    pub(super) entries: Vec<EntryNumber>,
    pub(super) last: AccountKey,
}

/// The lanes that units of a plan's line are to go next from a place, up to a place or as far as they are not repaired or used; none if
/// nothing of it can leave there.
pub(super) async fn way(
    conn: &mut Conn,
    plan: &str,
    line: i64,
    from: &str,
    to: Option<&str>,
) -> Result<Option<Way>, Error> {
    let (allocation, steps) = steps(conn, plan, line).await?;
    let mut between = read::accounts_between(conn, allocation.first, allocation.last).await?;
    let accounts: Vec<_> = steps.iter().map(|step| between.remove(&step.entry.number)).collect();
    let leaves = |(n, step): &(usize, &Step)| {
        step.entry.activity == Activity::Depart
            && accounts[*n].as_ref().is_some_and(|(a, _)| a.place.as_ref().is_some_and(|p| p.as_str() == from))
            && ready(&steps, *n) > 0
    };
    let Some((first, begin)) = steps.iter().enumerate().find(leaves) else { return Ok(None) };
    let (mut route, mut entries, mut last) = (Vec::new(), Vec::new(), None);
    for (step, sides) in steps[first..].iter().zip(&accounts[first..]) {
        let Some((_, going)) = sides else { return Ok(None) };
        match step.entry.activity {
            Activity::Depart => route.extend(going.via.clone()),
            Activity::Arrive => {}
            Activity::Receive => {
                entries.push(step.entry.number);
                last = Some(going.clone());
                break;
            }
            _ => break,
        }
        entries.push(step.entry.number);
        last = Some(going.clone());
        if step.entry.activity == Activity::Arrive
            && to.is_some_and(|to| going.place.as_ref().is_some_and(|p| p.as_str() == to))
        {
            // The receipt belongs to it where the way ends there.
            let next = first + entries.len();
            if let Some(receipt) = steps.get(next).filter(|step| step.entry.activity == Activity::Receive) {
                entries.push(receipt.entry.number);
                last = accounts[next].as_ref().map(|(_, going)| going.clone());
            }
            break;
        }
    }
    let (held, _) = accounts[first].clone().expect("it was just found");
    let Some(last) = last else { return Ok(None) };
    Ok(Some(Way {
        plan: Code::new(plan).map_err(Error::must_be)?,
        line,
        free: ready(&steps, first),
        held,
        offer: begin.entry.subject.offer.clone(),
        need: begin.entry.subject.need.clone(),
        departs_at: begin.entry.note.occurred_at,
        route,
        entries,
        last,
    }))
}

/// Lanes by their codes, each beginning where the one before ends, the first where something is.
///
/// # Errors
/// If there is no such lane, or one begins elsewhere.
pub(crate) fn following<'p>(picture: &'p Picture, from: Option<&Code>, codes: &[Code]) -> Result<Vec<&'p Lane>, Error> {
    let (mut lanes, mut at): (Vec<&Lane>, Option<&Code>) = (Vec::new(), from);
    for code in codes {
        let missing = || Error::NotFound { what: "lane", code: code.to_string() };
        let lane = picture.lanes.get(code.as_str()).ok_or_else(missing)?;
        if Some(lane.from.code()) != at {
            return Err(Error::Invalid(message!("route-broken", lane = code)));
        }
        at = Some(lane.to.code());
        lanes.push(lane);
    }
    Ok(lanes)
}
