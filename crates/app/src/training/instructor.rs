//! Who teaches and interprets in a serial: what would stand in the way if somebody did, and that they do. Who they are is no concern of
//! this: they are known by codes.

use std::sync::Arc;

use muster_domain::{
    code::Ref,
    fault::Faults,
    instructor::{InstructorRole, SerialInstructor},
    message,
    picture::Picture,
    record::{Record as _, Rules as _},
    serial::Serial,
    viewer::Viewer,
};

use super::serial::Preview;
use crate::{Actor, App, Error};

/// Somebody who is to teach or interpret in a serial; who is named already is from then on named so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Who, by code.
    pub instructor: String,
    /// What they do.
    pub role: InstructorRole,
    /// From which day of the serial on, the first being 1; none: from the first.
    pub first_day: Option<u32>,
    /// For how many days; none: to the last.
    pub days: Option<u32>,
    /// Whether they are to although something new stands in the way.
    pub despite: bool,
}

impl App {
    /// What a serial would be if somebody taught or interpreted in it, with all that would stand in its way.
    ///
    /// # Errors
    /// If there is no such serial or it is over, there is nobody of that code, or the database fails.
    pub async fn serial_assign_preview(&self, viewer: &Viewer, code: &str, new: &Assignment) -> Result<Preview, Error> {
        let (picture, serial, mut people) = self.open_serial(viewer, code).await?;
        let who = picture.instructors.get(&new.instructor);
        let who = who.ok_or_else(|| Error::NotFound { what: "instructor", code: new.instructor.clone() })?;
        people.retain(|of| *of.instructor.code() != who.code);
        let named = SerialInstructor {
            serial: Ref::new(serial.code.clone()),
            instructor: Ref::new(who.code.clone()),
            role: new.role,
            first_day: new.first_day,
            days: new.days,
            source: "named in Muster".into(),
            fictional: who.fictional || serial.fictional,
        };
        let mut faults = Vec::new();
        named.rules(&mut Faults::of(SerialInstructor::SHEET, named.key(), &mut faults));
        if let Some(fault) = faults.pop() {
            return Err(Error::Invalid(fault.message));
        }
        if named.span(&serial).is_none() {
            return Err(Error::Invalid(message!("day-of-serial", days = serial.days())));
        }
        people.push(named);
        let uses = picture.uses(code).cloned().collect();
        self.previewed(viewer, picture, serial, (uses, people)).await
    }

    /// Has somebody teach or interpret in a serial.
    ///
    /// # Errors
    /// As for its preview; if something stands in the way that did not before, or does so more, the actor may not change the serial, or the ledger or the
    /// database refuses.
    pub async fn serial_assign(&self, code: &str, new: &Assignment, actor: &Actor) -> Result<Preview, Error> {
        let before = self.serial_clashes(&actor.viewer, code).await?;
        let preview = self.serial_assign_preview(&actor.viewer, code, new).await?;
        let mut told = preview.clone();
        told.clashes.retain(|clash| clash.is_worse_than(&before));
        self.serial_kept(&told, new.despite, actor).await?;
        Ok(preview)
    }

    /// Somebody does not teach or interpret in a serial after all.
    ///
    /// # Errors
    /// If there is no such serial or it is over, they are not named for it, the actor may not change it, or the ledger or the database refuses.
    pub async fn serial_unassign(&self, code: &str, instructor: &str, actor: &Actor) -> Result<(), Error> {
        let (picture, serial, mut people) = self.open_serial(&actor.viewer, code).await?;
        let named = people.len();
        people.retain(|of| of.instructor.as_str() != instructor);
        if people.len() == named {
            return Err(Error::NotFound { what: "instructor", code: instructor.to_owned() });
        }
        let uses = picture.uses(code).cloned().collect();
        let would = self.previewed(&actor.viewer, picture, serial, (uses, people)).await?;
        self.serial_kept(&would, true, actor).await
    }

    /// A serial that is not over, with who is named for it, among the records that a viewer sees.
    async fn open_serial(
        &self,
        viewer: &Viewer,
        code: &str,
    ) -> Result<(Arc<Picture>, Serial, Vec<SerialInstructor>), Error> {
        let picture = self.training_picture(viewer).await?;
        let serial = picture.serials.get(code).cloned();
        let serial = serial.ok_or_else(|| Error::NotFound { what: "serial", code: code.to_owned() })?;
        if serial.state.is_over() {
            return Err(Error::Invalid(message!("serial-not-open", serial = code)));
        }
        let people = picture.taught_by(code).cloned().collect();
        Ok((picture, serial, people))
    }
}
