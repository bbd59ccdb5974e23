//! How far needs have come: fulfilled by what was received, or not any more; and how any of them comes into another state.

use std::collections::BTreeMap;

use muster_domain::{
    change::{Change, changes},
    code::Code,
    ledger::{account::AccountPurpose, entry::EntryKind},
    picture::Picture,
    requirement::RequirementState,
};
use muster_storage::{
    db::Conn,
    ledger::read::{self, AsOf, FlowFilter},
};

use crate::{Error, everything, mission::keep_parts, transfer::giving::asked};

/// Why a need that is fulfilled by what was received is so.
const RECEIVED: &str = "all of it was received";

/// The change by which a need is fulfilled, if what is received now, in units by what they are, fulfils it with what was before: each part
/// of what it asks for by what it accepts, and by nothing else.
pub(crate) async fn fulfilled(
    conn: &mut Conn,
    picture: &Picture,
    need: &str,
    received: &BTreeMap<Code, i64>,
) -> Result<Vec<Change>, Error> {
    let all = !received.values().all(|units| *units == 0) && has_all(conn, picture, need, received).await?;
    if !all {
        return Ok(Vec::new());
    }
    Ok(need_comes_to(picture, need, RequirementState::Fulfilled, RECEIVED))
}

/// The change by which a need that was fulfilled is not, if it is not with what is received now, in units by what they are: what was received
/// by mistake counts less than nothing. It is matched as it was before.
pub(crate) async fn unfulfilled(
    conn: &mut Conn,
    picture: &Picture,
    need: &str,
    received: &BTreeMap<Code, i64>,
    reason: &str,
) -> Result<Vec<Change>, Error> {
    let because = |reason: &str| reason == RECEIVED;
    let requirement = picture.requirements.get(need).is_some_and(|of| because(of.state_reason.as_str()));
    let package = picture.packages.get(need).is_some_and(|of| because(of.state_reason.as_str()));
    // What somebody said by hand is theirs to say otherwise.
    if !(requirement || package) || has_all(conn, picture, need, received).await? {
        return Ok(Vec::new());
    }
    let mut incoming = Picture::default();
    let was = |state| state == RequirementState::Fulfilled;
    need_from(picture, need, (was, RequirementState::Matched), reason, &mut incoming);
    Ok(changes(picture, &incoming).0)
}

/// Whether units have all of a need that it asks for, with what is received now, in units by what they are.
async fn has_all(
    conn: &mut Conn,
    picture: &Picture,
    need: &str,
    received: &BTreeMap<Code, i64>,
) -> Result<bool, Error> {
    let filter = FlowFilter { offer: None, need: Some(need) };
    let flows = read::flows(conn, &everything(), filter, AsOf::NOW).await?;
    let mut has: BTreeMap<&str, i64> = received.iter().map(|(of, units)| (of.as_str(), *units)).collect();
    for flow in flows.iter().filter(|flow| flow.kind == EntryKind::Posted) {
        let units = match (flow.from.0, flow.to.0) {
            (_, AccountPurpose::InService) => flow.quantity,
            (AccountPurpose::InService, _) => -flow.quantity,
            _ => 0,
        };
        *has.entry(flow.resource.as_str()).or_default() += units;
    }
    let of = |resources: &Vec<&str>| resources.iter().filter_map(|of| has.get(of)).sum::<i64>();
    let parts = asked(picture, need);
    Ok(!parts.is_empty() && parts.iter().all(|(resources, wanted)| of(resources) >= *wanted))
}

/// The change that takes a need into another state, if that state may follow.
pub(crate) fn need_comes_to(picture: &Picture, need: &str, state: RequirementState, reason: &str) -> Vec<Change> {
    let mut incoming = Picture::default();
    need_in(picture, need, state, reason, &mut incoming);
    changes(picture, &incoming).0
}

/// Takes a need into another state, if that state may follow.
pub(crate) fn need_in(picture: &Picture, need: &str, state: RequirementState, reason: &str, incoming: &mut Picture) {
    need_from(picture, need, (|before| before.next().contains(&state), state), reason, incoming);
}

/// Takes a need from a state of which `from` says so into another.
fn need_from(
    picture: &Picture,
    need: &str,
    (from, state): (impl Fn(RequirementState) -> bool, RequirementState),
    reason: &str,
    incoming: &mut Picture,
) {
    if let Some(requirement) = picture.requirements.get(need).filter(|r| from(r.state)) {
        let mut requirement = requirement.clone();
        (requirement.state, requirement.state_reason) = (state, reason.to_owned());
        incoming.put(requirement);
        keep_parts(&picture.requirement_accepts, need, incoming);
    }
    if let Some(package) = picture.packages.get(need).filter(|k| from(k.state)) {
        let mut package = package.clone();
        (package.state, package.state_reason) = (state, reason.to_owned());
        incoming.put(package);
        keep_parts(&picture.package_components, need, incoming);
    }
}
