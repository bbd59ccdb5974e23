//! Training: serials of courses are planned and moved without clashes; units nominate who is to be taught; they are vetted, taught,
//! assessed and certified, and every trainee is in the journal at each step.
//!
//! - [`serial`]: runs of courses: what stands in their way, other dates, what is said about them.
//! - [`instructor`]: who teaches and interprets in them.
//! - [`nomination`]: who is to be taught, who may, and who they are.
//! - [`school`]: who came, who was there, who met which objective, who is back.
//! - [`travel`]: who is on the way, to the facility and home.
//! - [`certificate`]: what who passed may show, and how it is verified.
//! - [`figures`]: the board: demand, seats, notice, utilisation, and which packages will be late.
//! - [`timetable`]: when serials would best be.
//! - [`feed`]: calendars for other programs.

pub mod certificate;
pub mod feed;
pub mod figures;
pub mod instructor;
pub mod nomination;
pub mod school;
pub mod serial;
pub mod timetable;
pub mod travel;

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use muster_domain::{
    code::Code,
    instructor::{Instructor, SerialInstructor},
    ledger::account::{AccountKey, AccountPurpose},
    message,
    picture::Picture,
    policy::{self, Action, Deed},
    serial::Serial,
    training::{Attendance, NominationState, seated},
    viewer::Viewer,
};
use muster_storage::{
    db::Conn,
    training::{
        self as store, Assessment, Certificate, Journey, Mark, Nomination, NominationFilter, Said, Step, Write,
    },
    transfer::EntryRef,
};

use crate::{Actor, App, Error, everything, transfer::Work};

/// Most nominations that are looked at.
const MOST: i64 = 1_000_000;

/// A nomination with all that is known of it but who it is.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The nomination.
    pub nomination: Nomination,
    /// Whether they have a seat; else they wait for one.
    pub seated: bool,
    /// The states that it came to.
    pub steps: Vec<Step>,
    /// What was assessed.
    pub assessments: Vec<Assessment>,
    /// On which days they were there.
    pub attendance: Vec<(Date, Attendance)>,
    /// How they travelled, the last journey last.
    pub journeys: Vec<Journey>,
    /// What they may show.
    pub certificate: Option<Certificate>,
}

/// A serial with those who are nominated for it, as far as the viewer sees them.
#[derive(Clone, Debug)]
pub struct SerialShown {
    /// The serial.
    pub serial: Serial,
    /// Nominations in the order of their making, and whether each has a seat.
    pub nominations: Vec<(Nomination, bool)>,
    /// How many seats are taken: by all units for who may nominate, else by those that the viewer sees.
    pub taken: usize,
    /// How many wait for a seat, of the same.
    pub waiting: usize,
    /// Who was there on which day.
    pub attendance: BTreeMap<(Code, Date), Mark>,
    /// Who teaches and interprets in it, and what is known of them.
    pub people: Vec<(SerialInstructor, Option<Instructor>)>,
    /// What was said about it; for who teaches and who coordinates.
    pub said: Vec<Said>,
}

impl App {
    /// Nominations that the viewer sees, in the order of their making.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn nominations(
        &self,
        viewer: &Viewer,
        filter: &NominationFilter,
        limit: i64,
    ) -> Result<Vec<Nomination>, Error> {
        Ok(store::nominations(&mut self.read().await?, viewer, filter, limit).await?)
    }

    /// One that the viewer sees, with all that is known of it but who it is.
    ///
    /// # Errors
    /// If there is none of that code, or the database fails.
    pub async fn nomination(&self, viewer: &Viewer, code: &str) -> Result<Shown, Error> {
        let mut conn = self.read().await?;
        let nomination = nomination(&mut conn, viewer, code).await?;
        let (picture, _) = self.memory.picture(&mut conn, &everything()).await?;
        let all = of_serial(&mut conn, &everything(), nomination.serial.as_str()).await?;
        let has = picture.serials.get(nomination.serial.as_str());
        let seated = has.is_some_and(|serial| seats(&picture, serial, &all).contains(&nomination.code));
        let attendance = store::attendance(&mut conn, nomination.serial.as_str()).await?;
        let own = attendance.into_iter().filter(|((of, _), _)| *of == nomination.code);
        Ok(Shown {
            seated,
            steps: store::steps(&mut conn, code).await?,
            assessments: store::assessments(&mut conn, code).await?,
            attendance: own.map(|((_, day), mark)| (day, mark.attendance)).collect(),
            journeys: store::journeys(&mut conn, code).await?,
            certificate: store::certificate(&mut conn, viewer, code).await?,
            nomination,
        })
    }

    /// A serial that the viewer sees, with those nominations of it that they see.
    ///
    /// # Errors
    /// If there is none of that code, or the database fails.
    pub async fn serial(&self, viewer: &Viewer, code: &str) -> Result<SerialShown, Error> {
        let mut conn = self.read().await?;
        let (picture, _) = self.memory.picture(&mut conn, viewer).await?;
        let serial = picture.serials.get(code).cloned();
        let serial = serial.ok_or_else(|| Error::NotFound { what: "serial", code: code.to_owned() })?;
        let all = of_serial(&mut conn, &everything(), code).await?;
        let (whole, _) = self.memory.picture(&mut conn, &everything()).await?;
        let has = seats(&whole, &serial, &all);
        let seen = of_serial(&mut conn, viewer, code).await?;
        let mut attendance = store::attendance(&mut conn, code).await?;
        attendance.retain(|(of, _), _| seen.iter().any(|n| n.code == *of));
        // What is said is for who teaches and who coordinates.
        let hears = viewer.sees_all_of(serial.host.code());
        let said = if hears { store::remarks(&mut conn, code).await? } else { Vec::new() };
        let counted = if counts_all(viewer) { &all } else { &seen };
        let wants = counted.iter().filter(|n| n.state.wants_seat()).count();
        let taken = counted.iter().filter(|n| has.contains(&n.code)).count();
        let picture = self.training_picture(viewer).await?;
        let known = |of: &SerialInstructor| picture.instructors.get(of.instructor.as_str()).cloned();
        Ok(SerialShown {
            nominations: seen.into_iter().map(|n| (has.contains(&n.code), n)).map(|(has, n)| (n, has)).collect(),
            taken,
            waiting: wants - taken,
            people: picture.taught_by(code).map(|of| (of.clone(), known(of))).collect(),
            serial,
            attendance,
            said,
        })
    }

    /// Begins to do something with a nomination as it now is; nothing, if it was done before under the same key.
    async fn begin_training<'a>(
        &'a self,
        code: &str,
        at: Option<Timestamp>,
        actor: &'a Actor,
    ) -> Result<Option<(Nomination, Work<'a>)>, Error> {
        let found = nomination(&mut self.read().await?, &actor.viewer, code).await?;
        // Everything that is done with a nomination counts its version on.
        let base = format!("{code} version {}", found.version);
        let Some(mut work) = self.work(actor, &base, at).await? else { return Ok(None) };
        let last = store::steps(&mut work.conn, code).await?.last().map(|step| step.occurred_at);
        match last.filter(|last| work.at < *last) {
            Some(last) => Err(Error::Invalid(message!("nomination-early", last = last.to_string()))),
            None => Ok(Some((found, work))),
        }
    }
}

async fn nomination(conn: &mut Conn, viewer: &Viewer, code: &str) -> Result<Nomination, Error> {
    let filter = NominationFilter { code: Some(code.to_owned()), ..NominationFilter::default() };
    let found = store::nominations(conn, viewer, &filter, 1).await?.pop();
    found.ok_or_else(|| Error::NotFound { what: "nomination", code: code.to_owned() })
}

async fn of_serial(conn: &mut Conn, viewer: &Viewer, serial: &str) -> Result<Vec<Nomination>, Error> {
    let filter = NominationFilter { serial: Some(serial.to_owned()), ..NominationFilter::default() };
    Ok(store::nominations(conn, viewer, &filter, MOST).await?)
}

/// Whether somebody is told how many seats all units have taken: who may nominate is to know what is left.
fn counts_all(viewer: &Viewer) -> bool {
    policy::may(viewer, &Deed { own: true, ..Deed::of(Action::Nominate) }).is_ok()
}

/// The seats of a serial that units may fill before others.
fn quotas(picture: &Picture, serial: &Serial) -> BTreeMap<Code, u32> {
    picture.quotas(serial.code.as_str()).map(|quota| (quota.unit.code().clone(), quota.seats)).collect()
}

/// Who has a seat of a serial, by all nominations of it.
fn seats(picture: &Picture, serial: &Serial, all: &[Nomination]) -> Vec<Code> {
    let quotas = quotas(picture, serial);
    let mut wanting: Vec<&Nomination> = all.iter().filter(|n| n.state.wants_seat()).collect();
    // Who has come or set out keeps their seat, whoever was nominated before them.
    wanting.sort_by_key(|n| (n.state.is_at_home(), n.state.is_expected()));
    let has = seated(serial.seats, &quotas, &wanting, |n| &n.unit);
    has.into_iter().map(|n| n.code.clone()).collect()
}

impl Work<'_> {
    /// A serial of the mission, whoever sees it.
    fn serial_of(&self, nomination: &Nomination) -> Result<Serial, Error> {
        let serial = self.picture.serials.get(nomination.serial.as_str()).cloned();
        serial.ok_or_else(|| Error::NotFound { what: "serial", code: nomination.serial.to_string() })
    }

    /// That a nomination may come to a state.
    fn comes_to(nomination: &Nomination, state: NominationState) -> Result<(), Error> {
        match nomination.state.allows(state) {
            true => Ok(()),
            false => Err(Error::Invalid(message!(
                "nomination-not-now",
                nomination = &nomination.code,
                state = muster_domain::message::Value::word(nomination.state.as_str())
            ))),
        }
    }

    /// Writes that a nomination came to its state, and what else changed of it.
    fn trained(&mut self, nomination: Nomination, remark: &str, signed_by: &str, entry: EntryRef) {
        let step = Step {
            state: nomination.state,
            occurred_at: self.at,
            recorded_at: self.now,
            actor: self.actor.name().to_owned(),
            remark: remark.to_owned(),
            signed_by: signed_by.to_owned(),
            entry,
        };
        self.trainings.push(Write::Step(nomination.code.clone(), step));
        self.trainings.push(Write::Set(nomination));
    }
}

/// The account of a serial's own for somebody at its place.
fn in_serial(serial: &Serial, origin: &AccountKey, resource: &Code) -> AccountKey {
    AccountKey {
        purpose: AccountPurpose::InProcess,
        place: Some(serial.place.code().clone()),
        via: Some(serial.code.clone()),
        resource: resource.clone(),
        ..origin.clone()
    }
}
