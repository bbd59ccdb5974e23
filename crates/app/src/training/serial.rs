//! Serials: what stands in the way of one, other dates for it, what it uses, and what is said about it. What changes of a serial changes as
//! any record does, by the same rights and with the same history.

use std::sync::Arc;

use jiff::{ToSpan, civil::Date};
use muster_domain::{
    change::{Change, changes, merged},
    code::{Code, Ref},
    course::{Course, CourseNeed},
    fault::{Fault, Faults},
    field::Field as _,
    instructor::{InstructorRole, SerialInstructor},
    ledger::entry::Activity,
    message,
    picture::Picture,
    policy::{self, Action},
    pool::Pool,
    record::Record,
    serial::{Serial, SerialState, SerialUse},
    training::{Clash, NominationState, Remark, clashes, days, there_on, used_on},
    viewer::{Sight, Viewer},
};
use muster_storage::{
    db::Conn,
    training::{self as store, Nomination, NominationFilter, Said, Write},
};

use super::figures::Late;
use crate::{
    Actor, App, Error, everything,
    mission::{keep_parts, keep_serial_parts, own_prefix},
    text::some_text,
    transfer::keeper,
};

/// A run of a course that is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewSerial {
    /// Its code; none: one is made of the course's and the year.
    pub code: Option<String>,
    /// The course.
    pub course: String,
    /// Where.
    pub place: String,
    /// First day.
    pub start: Date,
    /// Seats; none: as many as the course takes at most.
    pub seats: Option<u32>,
    /// Whether it is to be although something stands in its way.
    pub despite: bool,
}

/// What is to change of a serial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Another first day; it stays as long as it is.
    pub start: Option<Date>,
    /// Another place; what it uses is then chosen anew.
    pub place: Option<String>,
    /// Other seats.
    pub seats: Option<u32>,
    /// Whether it is to be although something stands in its way.
    pub despite: bool,
}

/// What would be if a serial were changed.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The serial as it would be.
    pub serial: Serial,
    /// What it would use.
    pub uses: Vec<SerialUse>,
    /// Who would teach and interpret.
    pub people: Vec<SerialInstructor>,
    /// What would stand in its way.
    pub clashes: Vec<Clash>,
    /// Days between today, when units would be told, and its start; and how many it should be.
    pub notice: (i64, i64),
    /// Needs that would be late by it, and are not yet, or later than they are.
    pub late: Vec<Late>,
    /// Trainees who set out for it or are there already, of those that the viewer sees, if it would be on other days: that reaches them on
    /// the way.
    pub set_out: usize,
}

impl App {
    /// What stands in the way of each serial that is still to come, of those that the viewer sees.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn serial_clashes(&self, viewer: &Viewer, code: &str) -> Result<Vec<Clash>, Error> {
        let picture = self.training_picture(viewer).await?;
        let serial = picture.serials.get(code);
        let serial = serial.ok_or_else(|| Error::NotFound { what: "serial", code: code.to_owned() })?;
        Ok(clashes(&picture, serial))
    }

    /// The records that a viewer sees; who hosts serials knows what is kept and used at their places, even who sees no catalogue.
    pub(super) async fn training_picture(&self, viewer: &Viewer) -> Result<Arc<Picture>, Error> {
        let seen = self.picture(viewer).await?;
        if viewer.sight == Sight::Everything {
            return Ok(seen);
        }
        let whole = self.picture(&everything()).await?;
        let mut picture = (*seen).clone();
        let own = |place: &str| {
            let keeps = Code::new(place).ok().and_then(|place| keeper(&whole, &place));
            keeps.is_some_and(|keeper| viewer.owns(&keeper))
        };
        let hosted: Vec<&Serial> =
            whole.serials.values().filter(|s| viewer.owns(s.host.code()) || own(s.place.as_str())).collect();
        for serial in hosted {
            picture.put(serial.clone());
            keep_serial_parts(&whole, serial.code.as_str(), &mut picture);
            let named = whole.taught_by(serial.code.as_str());
            let named = named.filter_map(|of| whole.instructors.get(of.instructor.as_str()));
            named.for_each(|instructor| picture.put(instructor.clone()));
            if let Some(course) = whole.courses.get(serial.course.as_str()) {
                picture.put(course.clone());
                keep_parts(&whole.course_needs, course.code.as_str(), &mut picture);
                keep_parts(&whole.course_objectives, course.code.as_str(), &mut picture);
            }
        }
        for (code, place) in whole.places.iter().filter(|(code, _)| own(code)) {
            picture.put(place.clone());
            keep_parts(&whole.place_blocks, code, &mut picture);
            whole.pools.values().filter(|pool| pool.place.as_str() == code).for_each(|pool| picture.put(pool.clone()));
            let processes = whole.processes.values().filter(|process| process.place.as_str() == code);
            processes.for_each(|process| picture.put(process.clone()));
        }
        let kept = |pool: &Ref<Pool>| whole.pools.get(pool.as_str()).is_some_and(|pool| own(pool.place.as_str()));
        let kept = whole.instructors.values().filter(|of| of.pool.as_ref().is_some_and(kept));
        kept.for_each(|instructor| picture.put(instructor.clone()));
        Ok(Arc::new(picture))
    }

    /// What a new serial would be: what it would use, and what would stand in its way.
    ///
    /// # Errors
    /// If the course or the place is not there, or the database fails.
    pub async fn serial_new_preview(&self, viewer: &Viewer, new: &NewSerial) -> Result<Preview, Error> {
        let picture = self.training_picture(viewer).await?;
        let course = picture.courses.get(&new.course);
        let course = course.ok_or_else(|| Error::NotFound { what: "course", code: new.course.clone() })?;
        let place = picture.places.get(&new.place);
        let place = place.ok_or_else(|| Error::NotFound { what: "place", code: new.place.clone() })?;
        let host = place.operator.as_ref().map(|operator| operator.code().clone()).or_else(|| viewer.party.clone());
        let host = host.ok_or_else(|| Error::Invalid(message!("place-without-operator", place = &place.code)))?;
        let code = match &new.code {
            Some(code) => Code::new(code).map_err(Error::must_be)?,
            None => self.serial_code(viewer, course, new.start).await?,
        };
        let serial = Serial {
            code,
            course: Ref::new(course.code.clone()),
            place: Ref::new(place.code.clone()),
            host: Ref::new(host),
            start: new.start,
            end: new.start.checked_add((i64::from(course.duration_days) - 1).days()).unwrap_or(new.start),
            seats: new.seats.unwrap_or(course.most),
            language: None,
            announced: None,
            state: SerialState::Planned,
            state_reason: String::new(),
            remark: String::new(),
            releasable_to: course.releasable_to.clone(),
            source: String::new(),
            fictional: course.fictional,
        };
        let uses = propose(&picture, &serial);
        self.previewed(viewer, picture, serial, (uses, Vec::new())).await
    }

    async fn serial_code(&self, viewer: &Viewer, course: &Course, start: Date) -> Result<Code, Error> {
        let whole = self.picture(&everything()).await?;
        let prefix = own_prefix(viewer).unwrap_or_default();
        let stem = format!("{prefix}{}-{:02}", course.code, start.year() % 100);
        let name = |n: u32| format!("{stem}-{n:02}");
        let free = (1..100_000).map(name).find(|name| !whole.serials.contains_key(name)).unwrap_or(stem);
        Code::new(&free).map_err(Error::must_be)
    }

    /// Makes a serial with what it uses; gives its code.
    ///
    /// # Errors
    /// As for its preview; if something stands in its way, the actor may not make it, or the ledger or the database refuses.
    pub async fn serial_new(&self, new: &NewSerial, actor: &Actor) -> Result<Code, Error> {
        let preview = self.serial_new_preview(&actor.viewer, new).await?;
        let mut serial = preview.serial.clone();
        serial.source = format!("planned in Muster by {}", actor.name());
        let code = serial.code.clone();
        if let Some(prefix) = own_prefix(&actor.viewer).filter(|own| !code.as_str().starts_with(own)) {
            return Err(Error::Invalid(message!("code-begins", prefix)));
        }
        if self.picture(&everything()).await?.serials.contains_key(code.as_str()) {
            return Err(Error::Invalid(message!("code-taken")));
        }
        self.serial_kept(&Preview { serial, ..preview }, new.despite, actor).await?;
        Ok(code)
    }

    /// What would be if a serial were changed.
    ///
    /// # Errors
    /// If there is no such serial or it has begun, the place is not there, or the database fails.
    pub async fn serial_preview(&self, viewer: &Viewer, code: &str, shift: &Shift) -> Result<Preview, Error> {
        let picture = self.training_picture(viewer).await?;
        let before = picture.serials.get(code);
        let before = before.ok_or_else(|| Error::NotFound { what: "serial", code: code.to_owned() })?;
        if !before.state.may_move() {
            return Err(Error::Invalid(message!("serial-has-begun", serial = code)));
        }
        let mut serial = before.starting(shift.start.unwrap_or(before.start));
        serial.seats = shift.seats.unwrap_or(serial.seats);
        let elsewhere = shift.place.as_ref().is_some_and(|place| place != before.place.as_str());
        if let Some(place) = shift.place.as_ref().filter(|_| elsewhere) {
            let place =
                picture.places.get(place).ok_or_else(|| Error::NotFound { what: "place", code: place.clone() })?;
            serial.place = Ref::new(place.code.clone());
            serial.host = place.operator.clone().unwrap_or(serial.host);
        }
        // Units are told anew.
        if serial.start != before.start || elsewhere {
            serial.announced = serial.announced.map(|_| self.today());
        }
        let uses = if elsewhere { propose(&picture, &serial) } else { picture.uses(code).cloned().collect() };
        // Who is one of a pool of the place that it leaves stays there.
        let stays = |of: &&SerialInstructor| {
            let pool = picture.instructors.get(of.instructor.as_str()).and_then(|who| who.pool.as_ref());
            let pool = pool.and_then(|pool| picture.pools.get(pool.as_str()));
            elsewhere && pool.is_some_and(|pool| pool.place == before.place)
        };
        let people = picture.taught_by(code).filter(|of| !stays(of)).cloned().collect();
        self.previewed(viewer, picture.clone(), serial, (uses, people)).await
    }

    /// What would be if a serial were so, used this, and had these people.
    pub(super) async fn previewed(
        &self,
        viewer: &Viewer,
        before: Arc<Picture>,
        serial: Serial,
        (uses, people): (Vec<SerialUse>, Vec<SerialInstructor>),
    ) -> Result<Preview, Error> {
        let code = serial.code.as_str();
        let mut picture = (*before).clone();
        picture.put(serial.clone());
        picture.serial_uses.retain(|_, of| of.serial.as_str() != code);
        uses.iter().for_each(|of| picture.put(of.clone()));
        picture.serial_instructors.retain(|_, of| of.serial.as_str() != code);
        people.iter().for_each(|of| picture.put(of.clone()));
        let notice_days = picture.courses.get(serial.course.as_str()).map_or(0, |course| i64::from(course.notice_days));
        let mut conn = self.read().await?;
        let filter = NominationFilter { serial: Some(code.to_owned()), ..NominationFilter::default() };
        let own = store::nominations(&mut conn, viewer, &filter, super::MOST).await?;
        drop(conn);
        let known = super::figures::late(&before, &own);
        let mut late = super::figures::late(&picture, &own);
        late.retain(|of| !known.iter().any(|was| was.need == of.need && was.ready >= of.ready));
        let notice = muster_domain::serial::days_between(self.today(), serial.start);
        let set_out = |of: &&Nomination| of.state == NominationState::Travelling || of.state.is_there();
        let moves = before.serials.get(code).is_some_and(|was| (was.start, was.end) != (serial.start, serial.end));
        let set_out = own.iter().filter(|of| moves && set_out(of)).count();
        let clashes = clashes(&picture, &serial);
        Ok(Preview { clashes, serial, uses, people, notice: (notice, notice_days), late, set_out })
    }

    /// Gives a serial other dates, another place or other seats.
    ///
    /// # Errors
    /// As for its preview; if something stands in its way, the actor may not change it, or the ledger or the database refuses.
    pub async fn serial_move(&self, code: &str, shift: &Shift, actor: &Actor) -> Result<Preview, Error> {
        let preview = self.serial_preview(&actor.viewer, code, shift).await?;
        self.serial_kept(&preview, shift.despite, actor).await?;
        Ok(preview)
    }

    /// Keeps a serial as it would be, with its quotas.
    ///
    /// # Errors
    /// If something stands in its way and it is not to be despite that, the actor may not, or the ledger or the database refuses.
    pub(super) async fn serial_kept(&self, would: &Preview, despite: bool, actor: &Actor) -> Result<(), Error> {
        let (serial, clashes) = (&would.serial, &would.clashes);
        if let Some(clash) = clashes.first().filter(|_| !despite) {
            return Err(Error::Invalid(message!("serial-clashes", clash = told(clash), more = clashes.len() - 1)));
        }
        let seen = self.training_picture(&actor.viewer).await?;
        let mut incoming = Picture::default();
        keep_parts(&seen.serial_quotas, serial.code.as_str(), &mut incoming);
        would.uses.iter().for_each(|of| incoming.put(of.clone()));
        would.people.iter().for_each(|of| incoming.put(of.clone()));
        let about = format!("{} from {} to {} at {}", serial.code, serial.start, serial.end, serial.place);
        incoming.put(serial.clone());
        self.serials_written(&incoming, about, actor).await
    }

    /// Writes serials as they are to be, by the rights of any record. They may name what their host does not see: what its course needs is
    /// at its own place.
    pub(super) async fn serials_written(&self, incoming: &Picture, about: String, actor: &Actor) -> Result<(), Error> {
        let Some(mut work) = self.work(actor, &format!("serial {}", self.secret(12)), None).await? else {
            return Ok(());
        };
        let whole = work.picture.clone();
        let (changes, refused) = changes(&whole, incoming);
        let after = merged(&whole, incoming);
        for change in &changes {
            for deed in policy::deeds(&actor.viewer, change, &whole, &after) {
                policy::may(&actor.viewer, &deed)?;
            }
        }
        let changed =
            |fault: &Fault| changes.iter().any(|change| change.sheet == fault.sheet && change.key == fault.key);
        let found = after.faults().into_iter().filter(changed);
        let ends = self.serial_faults(&mut work.conn, &changes).await?;
        let faults = refused.into_iter().chain(found).chain(ends);
        if let Some(fault) = faults.into_iter().next() {
            return Err(Error::Invalid(fault.message));
        }
        work.noted_about(Activity::Plan, about);
        work.changes.extend(changes);
        work.done().await
    }

    /// Says something about a serial: feedback, a lesson, a finding of a visit, or what was done about one.
    ///
    /// # Errors
    /// If there is no such serial or no such finding, the actor may neither teach there nor coordinate, or the ledger or the database refuses.
    pub async fn serial_say(
        &self,
        code: &str,
        (kind, text, answers): (Remark, &str, Option<i64>),
        actor: &Actor,
    ) -> Result<(), Error> {
        let shown = self.serial(&actor.viewer, code).await?;
        let Some(mut work) = self.work(actor, &format!("{code} remark {}", shown.said.len()), None).await? else {
            return Ok(());
        };
        work.may(Action::Train, &[shown.serial.host.code()])?;
        let text = some_text("text", text)?;
        let of = |number: i64| shown.said.iter().find(|said| said.number == number);
        let right = match (kind, answers) {
            (Remark::FollowUp, Some(number)) => of(number).is_some_and(|said| said.kind == Remark::Finding),
            (Remark::FollowUp, None) => false,
            (_, Some(number)) => of(number).is_some(),
            (_, None) => true,
        };
        if !right {
            return Err(Error::Invalid(message!("no-such-remark")));
        }
        work.noted_about(Activity::Inspect, format!("{code}: {kind} said"));
        let said = Said { number: 0, kind, answers, said_at: work.now, actor: work.actor.name().to_owned(), text };
        work.trainings.push(Write::Said(shown.serial.code.clone(), said));
        work.done().await
    }

    /// What keeps serials from coming to the states to which changes would take them: before one ends or goes elsewhere, who is there must
    /// have passed or gone home, and who is on the way there must have come or turned back. It may be on other days for them, but not on
    /// fewer than those for which it was recorded who was there.
    pub(crate) async fn serial_faults(&self, conn: &mut Conn, changes: &[Change]) -> Result<Vec<Fault>, Error> {
        let mut found = Vec::new();
        for change in changes.iter().filter(|change| change.sheet == Serial::SHEET && change.before.is_some()) {
            let Some(after) = &change.after else { continue };
            let state = Serial::SHAPE.cell(&after.cells, "state");
            let ends = [SerialState::Completed.as_str(), SerialState::Cancelled.as_str()].contains(&state);
            let changes = |columns: &[&str]| change.columns().iter().any(|(column, ..)| columns.contains(column));
            let elsewhere = changes(&["place", "course"]);
            let mut faults = Faults::of(Serial::SHEET, &change.key, &mut found);
            if changes(&["start", "end"]) {
                let (start, end) = (Serial::SHAPE.cell(&after.cells, "start"), Serial::SHAPE.cell(&after.cells, "end"));
                let told = store::attendance(conn, &change.key).await?;
                // Days of records sort as they follow on each other.
                let outside = |day: &&Date| day.to_string().as_str() < start || day.to_string().as_str() > end;
                if let Some(day) = told.keys().map(|(_, day)| day).find(outside) {
                    faults.require(false, "start", start, message!("attendance-outside", on = day.to_string()));
                }
            }
            if !ends && !elsewhere {
                continue;
            }
            let all = super::of_serial(conn, &everything(), &change.key).await?;
            // Who passed or failed goes home from where they are.
            let is_there = |state: NominationState| match elsewhere {
                true => state.is_there(),
                false => state == NominationState::InTraining,
            };
            let there = all.iter().filter(|of| is_there(of.state)).count();
            let on_the_way = all.iter().filter(|of| of.state == NominationState::Travelling).count();
            // A plan's line leads to one place and makes one thing.
            let bound = all.iter().filter(|of| of.line.is_some() && !of.state.is_over()).count();
            faults.require(there == 0, "state", state, message!("trainees-are-there", there));
            faults.require(on_the_way == 0, "state", state, message!("trainees-on-the-way", on_the_way));
            faults.require(!elsewhere || bound == 0, "place", "", message!("trainees-by-line", bound));
        }
        Ok(found)
    }
}

/// What a serial would use, by what its course needs: of each kind the pools of its place that have most left.
fn propose(picture: &Picture, serial: &Serial) -> Vec<SerialUse> {
    let mut uses: Vec<SerialUse> = Vec::new();
    for need in picture.course_needs(serial.course.as_str()) {
        let mut wanted = need.units(serial.seats);
        let of_kind = |pool: &&Pool| pool.kind == Some(need.kind) && pool.place == serial.place;
        let mut pools: Vec<(u32, &Code)> = picture
            .pools
            .values()
            .filter(of_kind)
            .map(|pool| (left(picture, serial, need, pool.code.as_str()), &pool.code))
            .collect();
        pools.sort_by_key(|(left, code)| (std::cmp::Reverse(*left), *code));
        let first = pools.first().map(|(_, code)| (*code).clone());
        for (left, pool) in pools {
            let quantity = wanted.min(left);
            if quantity > 0 {
                uses.push(use_of(serial, need, pool, quantity));
                wanted -= quantity;
            }
        }
        // What is lacking is asked of the first, so that it shows.
        if let (Some(first), true) = (first, wanted > 0) {
            match uses.iter_mut().find(|of| *of.pool.code() == first) {
                Some(of) => of.quantity += wanted,
                None => uses.push(use_of(serial, need, &first, wanted)),
            }
        }
    }
    uses
}

fn use_of(serial: &Serial, need: &CourseNeed, pool: &Code, quantity: u32) -> SerialUse {
    SerialUse {
        serial: Ref::new(serial.code.clone()),
        pool: Ref::new(pool.clone()),
        quantity,
        first_day: need.first_day,
        days: need.days,
        source: "chosen in Muster by what the course needs".into(),
        fictional: serial.fictional,
    }
}

/// Units of a pool that no other serial uses on any day on which a course would need them.
fn left(picture: &Picture, serial: &Serial, need: &CourseNeed, pool: &str) -> u32 {
    let others = picture.serials.values().filter(|other| other.code != serial.code && other.state.takes_place());
    let others: Vec<&Serial> = others.collect();
    let Some((first, last)) = serial.span(need.first_day, need.days) else { return 0 };
    let used = |day: Date| -> i64 { others.iter().map(|other| used_on(picture, other, pool, day)).sum() };
    let least = days(first, last).map(|day| there_on(picture, pool, day) - used(day)).min();
    u32::try_from(least.unwrap_or(0)).unwrap_or(0)
}

/// A clash for a person.
pub fn told(clash: &Clash) -> muster_domain::message::Message {
    use muster_domain::message::Value;
    let names = |with: &[Code]| {
        let names = with.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Some(names).filter(|names| !names.is_empty())
    };
    match clash {
        Clash::Pool { pool, on, days, used, there, with } => {
            let (on, days, used, there) = (on.to_string(), *days, *used, *there);
            match names(with) {
                None => message!("clash-pool", pool, on, days, used, there),
                Some(with) => message!("clash-pool-with", pool, on, days, used, there, with),
            }
        }
        Clash::Closed { block, from, to, reason } => {
            message!("clash-closed", block, from = from.to_string(), to = to.to_string(), reason)
        }
        Clash::Short { kind, wanted, has } => {
            message!("clash-short", kind = Value::word(kind.as_str()), wanted = *wanted, has = *has)
        }
        Clash::Starts { seats, capacity, with } => {
            let (seats, capacity) = (*seats, *capacity);
            match names(with) {
                None => message!("clash-starts", seats, capacity),
                Some(with) => message!("clash-starts-with", seats, capacity, with),
            }
        }
        Clash::Twice { instructor, on, days, with } => {
            let (on, days, with) = (on.to_string(), *days, names(with).unwrap_or_default());
            message!("clash-twice", instructor, on, days, with)
        }
        Clash::Away { instructor, on, days } => {
            message!("clash-away", instructor, on = on.to_string(), days = *days)
        }
        Clash::Unqualified { instructor, course } => message!("clash-unqualified", instructor, course),
        Clash::Silent { instructor, language, role } => {
            let language = language.text();
            match role {
                InstructorRole::Interpreter => message!("clash-no-interpreter", instructor, language),
                _ => message!("clash-silent", instructor, language),
            }
        }
    }
}
