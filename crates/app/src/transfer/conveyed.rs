//! Movements: one conveyance's journey in legs, with the consignments that are on it.

use jiff::Timestamp;
use muster_domain::viewer::Viewer;
use muster_storage::transfer::{
    Consignment, Movement, MovementLeg, read as store,
    tell::{self, Conveyed, LegFilter, LegPlace},
};
use serde_json::{Value, json};

use super::shown;
use crate::{App, Error};

/// A movement, as far as a viewer sees what is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownMovement {
    /// The movement.
    pub movement: Movement,
    /// Its legs with a consignment that the viewer sees.
    pub legs: Vec<ShownLeg>,
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
        let seen = |leg: MovementLeg| {
            let (consignments, all) = loaded.remove(&leg.leg)?;
            Some(ShownLeg { leg, consignments, all })
        };
        Ok(ShownMovement { movement, legs: legs.into_iter().filter_map(seen).collect() })
    }
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
        all
    }
}
