//! Calendars for other programs: serials of a facility, a course, a unit, a trainee or an instructor, as whole days; and the days that a host keeps for
//! itself, out of its own calendar.

use jiff::{ToSpan, civil::Date};
use muster_domain::{
    code::{Code, Ref},
    field::{Field, Text},
    message,
    picture::Picture,
    place::PlaceBlock,
    serial::{Serial, SerialState},
    viewer::Viewer,
};
use muster_interchange::{
    Issue,
    calendar::{self, Busy, Event, Feed, Status},
    mission::Reading,
};
use muster_storage::training::{self as store, NominationFilter};

use crate::{Actor, App, Error, mission::keep_parts};

/// Days ahead of today for which a host's calendar is read, unless it is said otherwise.
const AHEAD: i64 = 730;

/// Whose serials a calendar holds; nothing named: all that the viewer sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whose {
    /// At this place.
    pub place: Option<String>,
    /// Of this course.
    pub course: Option<String>,
    /// For which this unit nominated somebody or has seats kept.
    pub unit: Option<String>,
    /// In which this instructor or interpreter is, on their days.
    pub instructor: Option<String>,
    /// For which this trainee is nominated, by the code of one of their nominations.
    pub trainee: Option<String>,
}

/// What came of a host's calendar.
#[derive(Clone, Debug)]
pub struct Blocked {
    /// The blocks that the place has now out of it.
    pub blocks: Vec<PlaceBlock>,
    /// What could not be read, or only in part.
    pub issues: Vec<Issue>,
}

impl App {
    /// Serials that the viewer sees, as a calendar in iCalendar (RFC 5545). It names nobody.
    ///
    /// # Errors
    /// If the trainee or the instructor is not there, or the database fails.
    pub async fn training_calendar(&self, viewer: &Viewer, whose: &Whose) -> Result<String, Error> {
        let picture = self.training_picture(viewer).await?;
        if let Some(who) = whose.instructor.as_ref().filter(|who| !picture.instructors.contains_key(*who)) {
            return Err(Error::NotFound { what: "instructor", code: who.clone() });
        }
        let mut conn = self.read().await?;
        let mut only: Option<Vec<Code>> = None;
        if let Some(unit) = &whose.unit {
            let filter = NominationFilter { unit: Some(unit.clone()), ..NominationFilter::default() };
            let all = store::nominations(&mut conn, viewer, &filter, super::MOST).await?;
            let kept = picture.serial_quotas.values().filter(|quota| quota.unit.as_str() == unit);
            let kept = kept.map(|quota| quota.serial.code().clone());
            let wanting = all.into_iter().filter(|of| of.state.wants_seat()).map(|of| of.serial);
            only = Some(wanting.chain(kept).collect());
        }
        if let Some(trainee) = &whose.trainee {
            let one = super::nomination(&mut conn, viewer, trainee).await?;
            let filter = NominationFilter { unit: Some(one.unit.to_string()), ..NominationFilter::default() };
            let all = store::nominations(&mut conn, viewer, &filter, super::MOST).await?;
            let own = all.into_iter().filter(|of| of.trainee == one.trainee && of.state.wants_seat());
            let own: Vec<Code> = own.map(|of| of.serial).collect();
            only = Some(match only {
                Some(before) => before.into_iter().filter(|serial| own.contains(serial)).collect(),
                None => own,
            });
        }
        let is = |asked: &Option<String>, code: &str| asked.as_ref().is_none_or(|asked| asked == code);
        let serials = picture.serials.values().filter(|serial| {
            is(&whose.place, serial.place.as_str())
                && is(&whose.course, serial.course.as_str())
                && only.as_ref().is_none_or(|only| only.contains(&serial.code))
        });
        let name = picture.mission().map(|mission| mission.name.to_string()).unwrap_or_default();
        let events = serials.filter_map(|serial| {
            let whole = (serial.start, serial.end);
            let days = match &whose.instructor {
                Some(who) => {
                    picture.taught_by(serial.code.as_str()).find(|of| of.instructor.as_str() == who)?.span(serial)?
                }
                None => whole,
            };
            Some(self.event(&picture, serial, days))
        });
        let events = events.collect();
        Ok(calendar::write(&Feed { name, events }))
    }

    fn event(&self, picture: &Picture, serial: &Serial, (first, last): (Date, Date)) -> Event {
        let course = picture.courses.get(serial.course.as_str());
        let place = picture.places.get(serial.place.as_str());
        let mission = picture.mission().map(|mission| mission.code.to_string()).unwrap_or_default();
        let status = match serial.state {
            SerialState::Planned => Status::Tentative,
            SerialState::Cancelled => Status::Cancelled,
            _ => Status::Confirmed,
        };
        Event {
            uid: format!("{}@{mission}.serials.muster.invalid", serial.code),
            stamp: self.now(),
            first,
            last,
            summary: course.map_or_else(|| serial.course.to_string(), |course| course.name.to_string()),
            location: place.map_or_else(|| serial.place.to_string(), |place| place.name.to_string()),
            description: format!("{} ({})", serial.code, serial.state),
            status,
            sequence: 0,
            categories: course.map(|course| vec![course.discipline.text()]).unwrap_or_default(),
            url: None,
        }
    }

    /// Takes the days on which something stands in a host's own calendar as days that it keeps its place for itself. What came out of a
    /// calendar before is replaced; what was entered by hand stays.
    ///
    /// # Errors
    /// If there is no such place, nothing in the calendar can be read, the actor may not change the place, or the ledger or the database
    /// refuses.
    pub async fn place_calendar(
        &self,
        place: &str,
        (file, bytes): (&str, &[u8]),
        until: Option<Date>,
        actor: &Actor,
    ) -> Result<Blocked, Error> {
        let picture = self.picture(&actor.viewer).await?;
        let record = picture.places.get(place).cloned();
        let record = record.ok_or_else(|| Error::NotFound { what: "place", code: place.to_owned() })?;
        let today = self.today();
        let until = until.or_else(|| today.checked_add(AHEAD.days()).ok()).unwrap_or(today);
        let (busy, issues) = calendar::read(file, bytes, today, until);
        if let (true, Some(issue)) = (busy.is_empty(), issues.first()) {
            return Err(Error::Invalid(issue.told_message()));
        }
        let mut incoming = Picture::default();
        keep_parts(&picture.place_blocks, place, &mut incoming);
        let by_hand = |block: &PlaceBlock| {
            !block.block.as_str().starts_with(OUT_OF_CALENDAR) || !block.source.starts_with(SOURCE)
        };
        incoming.place_blocks.retain(|_, block| by_hand(block));
        let mut blocks = Vec::new();
        for (n, busy) in (1..).zip(&busy) {
            blocks.push(block(&record.code, n, busy, file, record.fictional)?);
        }
        incoming.put(record);
        blocks.iter().for_each(|block| incoming.put(block.clone()));
        self.import(Reading::of(incoming), &[], actor, false).await?.done()?;
        Ok(Blocked { blocks, issues })
    }
}

/// How the codes of blocks begin that came out of a calendar.
const OUT_OF_CALENDAR: &str = "CAL-";
/// How their sources begin.
const SOURCE: &str = "calendar ";
/// Why they are kept. What stands in a host's calendar is its own, and what a record says stays for good.
const REASON: &str = "Kept in the host’s calendar";

fn block(place: &Code, n: usize, busy: &Busy, file: &str, fictional: bool) -> Result<PlaceBlock, Error> {
    let code = format!("{OUT_OF_CALENDAR}{n:04}");
    if n > 2_000 {
        return Err(Error::Invalid(message!("calendar-too-full", most = 2_000)));
    }
    Ok(PlaceBlock {
        place: Ref::new(place.clone()),
        block: Code::new(&code).map_err(Error::must_be)?,
        from: busy.first,
        to: busy.last,
        pool: None,
        quantity: None,
        reason: Text::new(REASON).map_err(Error::must_be)?,
        source: format!("{SOURCE}{file}"),
        fictional,
    })
}
