//! Boarding: on which conveyance a consignment goes. One that is there already takes more on the lane on which it is, or goes on by the next.

use jiff::{SignedDuration, Timestamp};
use muster_domain::{code::Code, lane::Lane, message, message::Value};
use muster_storage::transfer::{Movement, MovementLeg, Write, milestone, read as store, tell};

use super::Work;
use crate::Error;

/// On which conveyance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conveyance {
    /// The movement, if it is there already: then the consignment goes with others.
    pub movement: String,
    /// Who carries.
    pub carrier: String,
    /// Plate, train, vessel or flight.
    pub conveyance: String,
}

impl Work<'_> {
    /// The movement and leg on which it goes: one that is there and leaves by the same lane, or a new one.
    pub(super) async fn board(
        &mut self,
        consignment: &Code,
        conveyance: &Conveyance,
        lane: &Lane,
    ) -> Result<(Code, i64), Error> {
        let leg = |number| MovementLeg {
            leg: number,
            lane: lane.code.clone(),
            departed_at: self.at,
            arrives_at: arrival(lane, self.at),
            arrived_at: None,
        };
        if conveyance.movement.is_empty() {
            if conveyance.carrier.trim().is_empty() || conveyance.conveyance.trim().is_empty() {
                return Err(Error::Invalid(message!("carrier-and-conveyance")));
            }
            let code = self.app.dated_code("M");
            let first = leg(1);
            self.writes.push(Write::Movement(Movement {
                code: code.clone(),
                mode: lane.mode,
                carrier: conveyance.carrier.trim().to_owned(),
                conveyance: conveyance.conveyance.trim().to_owned(),
                created_at: self.now,
            }));
            self.writes.push(Write::Leg(code.clone(), first));
            return Ok((code, 1));
        }
        let asked = conveyance.movement.as_str();
        let missing = || Error::NotFound { what: "movement", code: asked.to_owned() };
        // Who sees nothing that rides on it does not know of it.
        let mut seen = !tell::loaded(&mut self.conn, &self.actor.viewer, asked).await?.is_empty();
        // What was on it by a departure that was taken back knows it.
        if !seen {
            let own = milestone::milestones(&mut self.conn, consignment.as_str()).await?;
            seen = own.iter().any(|one| one.movement.as_ref().is_some_and(|movement| movement.as_str() == asked));
        }
        let found = store::movement(&mut self.conn, asked).await?.filter(|_| seen);
        let (movement, legs) = found.ok_or_else(missing)?;
        // It may have gone on since: what left with it then is told late.
        let left_by =
            |leg: &&MovementLeg| leg.lane == lane.code && leg.arrived_at.is_some_and(|arrived| self.at < arrived);
        // Or it waits for others that go with it.
        let waits = |leg: &&MovementLeg| leg.lane == lane.code && leg.arrived_at.is_none();
        let there = legs.iter().rfind(left_by).or_else(|| legs.last().filter(waits));
        let (number, next) = match (there, legs.last()) {
            (Some(there), _) => (there.leg, None),
            (None, Some(last)) if last.arrived_at.is_none() => {
                return Err(Error::Invalid(message!("movement-elsewhere", movement = asked, lane = &last.lane)));
            }
            (None, last) => {
                self.may_go_on(&movement, last, lane)?;
                let number = last.map_or(1, |last| last.leg + 1);
                (number, Some(leg(number)))
            }
        };
        self.boards(&movement.code, number).await?;
        self.writes.extend(next.map(|next| Write::Leg(movement.code.clone(), next)));
        Ok((movement.code, number))
    }

    /// That nobody boards the same leg unseen: what goes together is held against each other.
    async fn boards(&mut self, movement: &Code, leg: i64) -> Result<(), Error> {
        let known = store::beside(&mut self.conn, movement.as_str(), leg).await?;
        self.writes.push(Write::Boards((movement.clone(), leg), known));
        Ok(())
    }

    /// That a movement that has arrived can leave by a lane: it is of that mode, and where the lane begins.
    fn may_go_on(&self, movement: &Movement, last: Option<&MovementLeg>, lane: &Lane) -> Result<(), Error> {
        let code = &movement.code;
        if movement.mode != lane.mode {
            let (mode, by) = (Value::word(movement.mode.as_str()), Value::word(lane.mode.as_str()));
            return Err(Error::Invalid(message!("movement-other-mode", movement = code, mode, lane = &lane.code, by)));
        }
        let at = last.and_then(|last| self.picture.lanes.get(last.lane.as_str())).map(|lane| lane.to.code());
        match at.filter(|at| *at != lane.from.code()) {
            Some(place) => {
                Err(Error::Invalid(message!("movement-at-other-place", movement = code, place, lane = &lane.code)))
            }
            None => Ok(()),
        }
    }
}

/// When it is to be at the end of a lane.
pub(super) fn arrival(lane: &Lane, departed: Timestamp) -> Timestamp {
    let days = SignedDuration::from_hours(24 * i64::from(lane.transit_days));
    departed.checked_add(days).unwrap_or(Timestamp::MAX)
}
