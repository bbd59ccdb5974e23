//! Movements: one conveyance's journey in legs, with the consignments that are on it. Carrier and conveyance are put right where they were
//! written down wrong; what stood there before stays.

use std::collections::BTreeSet;

use jiff::Timestamp;
use muster_domain::{code::Code, ledger::entry::Activity, message, policy::Action, viewer::Viewer};
use muster_storage::{
    db::Conn,
    transfer::{
        Consignment, Movement, MovementLeg, Write,
        corrected::{self, Correction},
        read as store,
        tell::{self, Conveyed, LegFilter, LegPlace},
    },
};
use serde_json::{Value, json};

use super::{moves, shown};
use crate::{Actor, App, Error, everything, text::text_of};

/// Longest name of a carrier or conveyance, in characters.
const LONGEST: usize = 200;

/// A movement, as far as a viewer sees what is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownMovement {
    /// The movement.
    pub movement: Movement,
    /// Its legs with a consignment that the viewer sees.
    pub legs: Vec<ShownLeg>,
    /// What stood there before it was put right, the first first.
    pub corrections: Vec<Correction>,
}

/// What is right of a movement; what is empty stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Right {
    /// Who carries.
    pub carrier: String,
    /// Plate, train, vessel or flight.
    pub conveyance: String,
}

/// A leg of a movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownLeg {
    /// The leg.
    pub leg: MovementLeg,
    /// Consignments on it that the viewer sees.
    pub consignments: Vec<Consignment>,
    /// How many there are on it.
    all: i64,
}

impl ShownLeg {
    /// Whether the viewer sees all consignments that are on it.
    pub fn is_whole(&self) -> bool {
        self.consignments.len() as i64 == self.all
    }
}

impl App {
    /// Legs of movements with a consignment that the viewer sees, the last departed first, after one of them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn legs(
        &self,
        viewer: &Viewer,
        filter: &LegFilter,
        after: Option<&LegPlace>,
        limit: i64,
    ) -> Result<Vec<Conveyed>, Error> {
        Ok(tell::legs(&mut self.read().await?, viewer, filter, after, limit).await?)
    }

    /// A movement with those of its legs on which there is a consignment that the viewer sees.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn movement_shown(&self, viewer: &Viewer, code: &str) -> Result<ShownMovement, Error> {
        let mut conn = self.read().await?;
        let not_found = || Error::NotFound { what: "movement", code: code.to_owned() };
        let mut loaded = tell::loaded(&mut conn, viewer, code).await?;
        let found = store::movement(&mut conn, code).await?.filter(|_| !loaded.is_empty());
        let (movement, legs) = found.ok_or_else(not_found)?;
        let corrections = corrected::corrections(&mut conn, &movement.code).await?;
        let seen = |leg: MovementLeg| {
            let (consignments, all) = loaded.remove(&leg.leg)?;
            Some(ShownLeg { leg, consignments, all })
        };
        Ok(ShownMovement { movement, legs: legs.into_iter().filter_map(seen).collect(), corrections })
    }

    /// Whether the viewer may put right what was written down of a movement.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn may_correct(&self, viewer: &Viewer, shown: &ShownMovement) -> Result<bool, Error> {
        let on: Vec<&Consignment> = shown.legs.iter().flat_map(|leg| &leg.consignments).collect();
        let hands = hands(&mut self.read().await?, &on).await?;
        Ok(hands.iter().any(|party| moves(viewer, party)))
    }

    /// Carrier or conveyance of a movement were written down wrong, for the actor's reason: its papers print what is right from now on. What
    /// stood there before stays with it, and the journal notes it of each consignment that was on it.
    ///
    /// # Errors
    /// If there is no such movement, nothing is put right, the actor moves nothing that they see on it, or the ledger or the database refuses.
    pub async fn movement_correct(&self, code: &str, right: &Right, actor: &Actor) -> Result<(), Error> {
        let (carrier, conveyance) = (named("carrier", &right.carrier)?, named("conveyance", &right.conveyance)?);
        let said = [("carrier", &carrier), ("conveyance", &conveyance)];
        let said = said.into_iter().filter_map(|(what, name)| Some(format!("{what} {}", name.as_ref()?)));
        let did = format!("{code} put right: {};", said.collect::<Vec<_>>().join(", "));
        // The same movement may be put right again.
        let base = format!("{code} put right {}", self.secret(16));
        let Some(mut work) = self.work_once(actor, (&base, &did), None).await? else { return Ok(()) };
        let seen = tell::loaded(&mut work.conn, &actor.viewer, code).await?;
        let found = store::movement(&mut work.conn, code).await?.filter(|_| !seen.is_empty());
        let not_found = || Error::NotFound { what: "movement", code: code.to_owned() };
        let (before, _) = found.ok_or_else(not_found)?;
        let on: Vec<&Consignment> = seen.values().flat_map(|(on, _)| on).collect();
        let hands = hands(&mut work.conn, &on).await?;
        work.may(Action::Move, &hands.iter().collect::<Vec<_>>())?;
        let right = Movement {
            carrier: carrier.unwrap_or_else(|| before.carrier.clone()),
            conveyance: conveyance.unwrap_or_else(|| before.conveyance.clone()),
            ..before.clone()
        };
        if right == before {
            return Err(Error::Invalid(message!("movement-says-so", movement = code)));
        }
        let all = tell::loaded(&mut work.conn, &everything(), code).await?;
        let on: BTreeSet<Code> = all.into_values().flat_map(|(on, _)| on).map(|head| head.code).collect();
        let about = format!("{did} before it was {}, {}", before.carrier, before.conveyance);
        let noted: Vec<_> = on.iter().map(|of| work.noted(Activity::Change, of, about.clone())).collect();
        let entry = *noted.first().ok_or_else(not_found)?;
        work.writes.push(Write::MovementCorrected(
            right,
            Correction {
                movement: before.code,
                carrier: before.carrier,
                conveyance: before.conveyance,
                recorded_at: work.now,
                actor: work.actor.name().to_owned(),
                reason: work.actor.reason.clone(),
                entry,
            },
        ));
        work.done().await
    }
}

/// The name of a carrier or conveyance, if one is given.
fn named(what: &'static str, name: &str) -> Result<Option<String>, Error> {
    if name.trim().is_empty() { Ok(None) } else { text_of(what, name, LONGEST).map(Some) }
}

/// Whose people move what is on a conveyance: of each consignment who sends it, and who has it now.
async fn hands(conn: &mut Conn, on: &[&Consignment]) -> Result<BTreeSet<Code>, Error> {
    let mut hands = BTreeSet::new();
    for head in on {
        let next = store::next_steps(conn, head.code.as_str(), head.passed).await?;
        hands.extend(next.into_values().map(|step| step.from.holder));
        hands.insert(head.consignor.clone());
    }
    Ok(hands)
}

fn leg(leg: &MovementLeg) -> Value {
    let moment = |at: Timestamp| at.to_string();
    json!({
        "leg": leg.leg,
        "lane": leg.lane.as_str(),
        "departed_at": moment(leg.departed_at),
        "arrives_at": moment(leg.arrives_at),
        "arrived_at": leg.arrived_at.map(moment),
    })
}

fn movement(movement: &Movement) -> Value {
    json!({
        "movement": movement.code.as_str(),
        "mode": movement.mode.as_str(),
        "carrier": movement.carrier,
        "conveyance": movement.conveyance,
    })
}

/// A movement and one of its legs, as JSON.
pub(super) fn moved(on: &Movement, by: &MovementLeg) -> Value {
    let mut all = movement(on);
    for (name, value) in leg(by).as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    all
}

/// A leg in a list, as JSON.
pub fn conveyed(conveyed: &Conveyed) -> Value {
    let mut all = moved(&conveyed.movement, &conveyed.leg);
    all["consignments"] = conveyed.consignments.into();
    all
}

impl ShownMovement {
    /// As JSON.
    pub fn json(&self) -> Value {
        let legs = self.legs.iter().map(|shown| {
            let mut one = leg(&shown.leg);
            one["consignments"] = shown.consignments.iter().map(shown::head).collect();
            one
        });
        let mut all = movement(&self.movement);
        all["legs"] = legs.collect();
        let before = |was: &Correction| {
            json!({
                "carrier": was.carrier,
                "conveyance": was.conveyance,
                "corrected_at": was.recorded_at.to_string(),
                "actor": was.actor,
                "reason": was.reason,
            })
        };
        all["corrections"] = self.corrections.iter().map(before).collect();
        all
    }
}
