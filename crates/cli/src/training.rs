//! `muster training`: serials of courses, who is nominated for them, timetables, and the board.

mod told;

use std::{fs, io::BufRead as _, path::PathBuf};

use clap::{Args, Subcommand};
use jiff::{Timestamp, civil::Date};
use muster_app::{
    Actor, App,
    storage::training::NominationFilter,
    training::{
        feed::Whose,
        instructor::Assignment,
        nomination::{From, NewNomination, Vetting},
        school::Was,
        serial::{NewSerial, Shift},
        timetable::Ask,
        travel::SetOut,
    },
};
use muster_domain::{
    field::Field,
    instructor::InstructorRole,
    message,
    training::{Attendance, NominationState, Remark},
};

use self::told::{board, listed, preview, said, show, timetable, told_of};
use crate::{Failure, args::Place, open, output};

/// Most that are listed.
const MOST: i64 = 1_000;

/// Why something is done.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// Why, for the record
    #[arg(long, default_value = "training")]
    reason: String,
}

/// What can be done about training.
#[derive(Debug, Subcommand)]
pub(crate) enum TrainingCommand {
    /// The board: serials, demand, what will be late, and how courses turned out
    Board,
    /// A serial: who is nominated, and what stands in its way
    Show {
        /// The serial
        serial: String,
    },
    /// Plan a serial; what its course needs is chosen from what is free at the place
    New {
        /// The course
        course: String,
        /// Where
        place: String,
        /// First day, like 2026-11-30
        start: Date,
        /// Seats [default: as many as the course takes]
        #[arg(long)]
        seats: Option<u32>,
        /// Its code [default: made of the course's and the year]
        #[arg(long)]
        code: Option<String>,
        /// Plan it even if something is in its way
        #[arg(long)]
        despite: bool,
        /// Only tell what would be
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        why: Why,
    },
    /// Give a serial other dates, another place or other seats
    Move {
        /// The serial
        serial: String,
        /// First day
        #[arg(long, value_parser = crate::args::day)]
        start: Option<Date>,
        /// Where
        #[arg(long)]
        place: Option<String>,
        /// Seats
        #[arg(long)]
        seats: Option<u32>,
        /// Move it even if something is in its way
        #[arg(long)]
        despite: bool,
        /// Only tell what would be
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        why: Why,
    },
    /// Have somebody teach or interpret in a serial
    Assign {
        /// The serial
        serial: String,
        /// Who, by code
        instructor: String,
        /// lead, instructor or interpreter
        role: String,
        /// From its which day on [default: from the first]
        #[arg(long)]
        first_day: Option<u32>,
        /// For how many days [default: to the last]
        #[arg(long)]
        days: Option<u32>,
        /// Even if something new is in its way
        #[arg(long)]
        despite: bool,
        /// Only tell what would be
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        why: Why,
    },
    /// Somebody does not teach or interpret in a serial after all
    Unassign {
        /// The serial
        serial: String,
        /// Who, by code
        instructor: String,
        #[command(flatten)]
        why: Why,
    },
    /// Find when serials would best be
    Timetable {
        /// Only serials at this place
        #[arg(long)]
        place: Option<String>,
        /// None ends after this day [default: a year from today]
        #[arg(long, value_parser = crate::args::day)]
        until: Option<Date>,
        /// Also serials that units were told of may move
        #[arg(long)]
        confirmed: bool,
        /// Stop after this many seconds
        #[arg(long, default_value_t = 10.0)]
        time_limit: f64,
        /// Move the serials
        #[arg(long)]
        accept: bool,
        #[command(flatten)]
        why: Why,
    },
    /// Say something about a serial: feedback, lesson, finding or follow_up
    Remark {
        /// The serial
        serial: String,
        /// feedback, lesson, finding or follow_up
        kind: String,
        /// What
        text: String,
        /// The number of the remark that it answers
        #[arg(long)]
        answers: Option<i64>,
        #[command(flatten)]
        why: Why,
    },
    /// Record who was there on a day
    Attendance {
        /// The serial
        serial: String,
        /// The day
        day: Date,
        /// A trainee and present, absent or excused, like N-261101-ABCDEF=present; again for each further one
        #[arg(required = true)]
        trainee: Vec<String>,
        #[command(flatten)]
        why: Why,
    },
    /// List nominations
    Nominations {
        /// Only for this serial
        #[arg(long)]
        serial: Option<String>,
        /// Only in this state
        #[arg(long)]
        state: Option<String>,
        /// Only of this unit
        #[arg(long)]
        unit: Option<String>,
        /// Also those that are over
        #[arg(long)]
        all: bool,
    },
    /// Nominate somebody for a serial: from an offer, an account or a plan's line
    Nominate {
        /// The serial
        serial: String,
        /// The unit that they come from
        unit: String,
        /// The offer by which they are given
        #[arg(long)]
        offer: Option<String>,
        /// The account that they come out of
        #[arg(long)]
        account: Option<String>,
        /// The line of an accepted plan, like P-001/7
        #[arg(long)]
        line: Option<String>,
        /// The need that they are taught for
        #[arg(long)]
        need: Option<String>,
        /// An earlier nomination of the same trainee
        #[arg(long)]
        again: Option<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Tell how far a nomination is; it names nobody
    Nomination {
        /// The nomination
        nomination: String,
    },
    /// Record how somebody was vetted
    Vet {
        /// The nomination
        nomination: String,
        /// cleared or refused
        outcome: String,
        /// Who vetted them
        authority: String,
        /// Until when it holds
        #[arg(long, value_parser = crate::args::day)]
        expires: Option<Date>,
        /// A remark; must be given of who is refused
        #[arg(long, default_value = "", hide_default_value = true)]
        remark: String,
        #[command(flatten)]
        why: Why,
    },
    /// Somebody sets out: who was cleared for the facility, who passed or failed for home
    Depart {
        /// The nomination
        nomination: String,
        /// A lane of the way; again for each further one, in order [default: the quickest, or those of the plan's line]
        #[arg(long)]
        lane: Vec<String>,
        /// On what, or who carries them
        #[arg(long, default_value = "", hide_default_value = true)]
        conveyance: String,
        /// When, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        #[command(flatten)]
        why: Why,
    },
    /// Somebody came to the facility
    Arrive {
        /// The nomination
        nomination: String,
        /// When, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        #[command(flatten)]
        why: Why,
    },
    /// Record which objectives somebody met
    Assess {
        /// The nomination
        nomination: String,
        /// An objective that was met; again for each further one
        #[arg(long)]
        met: Vec<String>,
        /// An objective that was not, and why, like LOAD=straps loose; again for each further one
        #[arg(long)]
        not_met: Vec<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Somebody passed; the instructor's PIN is read from standard input
    Pass {
        /// The nomination
        nomination: String,
        /// The instructor's account
        instructor: String,
        #[command(flatten)]
        why: Why,
    },
    /// Somebody did not pass
    Fail {
        /// The nomination
        nomination: String,
        /// Why
        remark: String,
        #[command(flatten)]
        why: Why,
    },
    /// Somebody is back with their unit
    Return {
        /// The nomination
        nomination: String,
        /// When, like 2026-11-20T08:00:00Z [default: now]
        #[arg(long, value_parser = crate::args::moment)]
        at: Option<Timestamp>,
        #[command(flatten)]
        why: Why,
    },
    /// Somebody does not take part after all
    Withdraw {
        /// The nomination
        nomination: String,
        /// Why
        remark: String,
        #[command(flatten)]
        why: Why,
    },
    /// Print a certificate: as a sealed JSON, or as a PDF into a file
    Certificate {
        /// The certificate, or its nomination
        certificate: String,
        /// The file for the PDF
        #[arg(long)]
        pdf: Option<PathBuf>,
    },
    /// Print serials as a calendar (iCalendar)
    Calendar {
        /// Only at this place
        #[arg(long)]
        place: Option<String>,
        /// Only of this course
        #[arg(long)]
        course: Option<String>,
        /// Only those of this unit
        #[arg(long)]
        unit: Option<String>,
        /// Only those of this trainee, by the code of a nomination
        #[arg(long)]
        trainee: Option<String>,
        /// Only those of this instructor or interpreter, on their days
        #[arg(long)]
        instructor: Option<String>,
    },
    /// Take the days of a host's calendar (iCalendar) as days that it keeps its place for itself
    TakeCalendar {
        /// The place
        place: String,
        /// The calendar (.ics)
        file: PathBuf,
        /// No day after this [default: two years from today]
        #[arg(long, value_parser = crate::args::day)]
        until: Option<Date>,
        #[command(flatten)]
        why: Why,
    },
    /// Erase who trainees were whose time is over
    Erase {
        #[command(flatten)]
        why: Why,
    },
}

pub(crate) async fn run(place: &Place, command: TrainingCommand) -> Result<(), Failure> {
    use TrainingCommand as C;
    let writing = async |why: &Why| -> Result<(App, Actor), Failure> {
        Ok((open::writing(place).await?, open::actor(place, &why.reason)))
    };
    match command {
        C::Board => board(&open::reading(place).await?, place).await,
        C::Show { serial } => show(&open::reading(place).await?, place, &serial).await,
        C::New { course, place: at, start, seats, code, despite, dry_run, why } => {
            let new = NewSerial { code, course, place: at, start, seats, despite };
            if dry_run {
                let app = open::reading(place).await?;
                preview(&app.serial_new_preview(&open::viewer(place), &new).await?);
                return Ok(());
            }
            let (app, actor) = writing(&why).await?;
            let code = app.serial_new(&new, &actor).await?;
            output::line(&format!("Planned as {code}."));
            Ok(())
        }
        C::Move { serial, start, place: at, seats, despite, dry_run, why } => {
            let shift = Shift { start, place: at, seats, despite };
            if dry_run {
                let app = open::reading(place).await?;
                preview(&app.serial_preview(&open::viewer(place), &serial, &shift).await?);
                return Ok(());
            }
            let (app, actor) = writing(&why).await?;
            preview(&app.serial_move(&serial, &shift, &actor).await?);
            output::line(&format!("{serial} is moved."));
            Ok(())
        }
        C::Assign { serial, instructor, role, first_day, days, despite, dry_run, why } => {
            let role = InstructorRole::parse(&role).map_err(|right| Failure::option("ROLE", right))?;
            let new = Assignment { instructor, role, first_day, days, despite };
            if dry_run {
                let app = open::reading(place).await?;
                preview(&app.serial_assign_preview(&open::viewer(place), &serial, &new).await?);
                return Ok(());
            }
            let (app, actor) = writing(&why).await?;
            preview(&app.serial_assign(&serial, &new, &actor).await?);
            output::line(&format!("{} is named for {serial}.", new.instructor));
            Ok(())
        }
        C::Unassign { serial, instructor, why } => {
            let (app, actor) = writing(&why).await?;
            app.serial_unassign(&serial, &instructor, &actor).await?;
            output::line(&format!("{instructor} is named for {serial} no more."));
            Ok(())
        }
        C::Timetable { place: at, until, confirmed, time_limit, accept, why } => {
            let (app, actor) = writing(&why).await?;
            let ask = Ask { place: at, until, confirmed, seconds: time_limit, seed: 1 };
            let made = app.timetable(&ask, &actor).await?;
            timetable(&made);
            if accept && !made.shifted.is_empty() {
                app.timetable_accept(&made.shifted, &actor).await?;
                output::line(&format!("{} serials are moved.", made.shifted.len()));
            }
            Ok(())
        }
        C::Remark { serial, kind, text, answers, why } => {
            let kind = Remark::parse(&kind).map_err(|right| Failure::option("KIND", right))?;
            let (app, actor) = writing(&why).await?;
            app.serial_say(&serial, (kind, &text, answers), &actor).await?;
            output::line("Said.");
            Ok(())
        }
        C::Attendance { serial, day, trainee, why } => {
            let who = trainee.iter().map(|text| attended(text)).collect::<Result<Vec<_>, _>>()?;
            let (app, actor) = writing(&why).await?;
            app.serial_attendance(&serial, day, &who, &actor).await?;
            output::line(&format!("Attendance of {} recorded.", who.len()));
            Ok(())
        }
        C::Nominations { serial, state, unit, all } => {
            let state = state.map(|state| NominationState::parse(&state)).transpose();
            let state = state.map_err(|right| Failure::option("--state", right))?;
            let current = !all && state.is_none();
            let filter = NominationFilter { serial, state, unit, current, ..NominationFilter::default() };
            let found = open::reading(place).await?.nominations(&open::viewer(place), &filter, MOST + 1).await?;
            listed(&found);
            Ok(())
        }
        C::Nominate { serial, unit, offer, account, line, need, again, why } => {
            let from = match (offer, account, line) {
                (Some(offer), None, None) => From::Offer(offer),
                (None, Some(account), None) => From::Account(account),
                (None, None, Some(line)) => {
                    let right = || Failure::option("--line", message!("line-as-plan-line"));
                    let (plan, line) = line.rsplit_once('/').ok_or_else(right)?;
                    From::Line(plan.to_owned(), line.parse().map_err(|_| right())?)
                }
                _ => return Err(Failure::Told(message!("nominee-from-one"))),
            };
            let new = NewNomination { serial, unit, from, again, need, person: String::new(), kept_until: None };
            let (app, actor) = writing(&why).await?;
            let code = app.nominate(&new, &actor).await?;
            output::line(&format!("Nominated as {code}."));
            Ok(())
        }
        C::Nomination { nomination } => told_of(&open::reading(place).await?, place, &nomination).await,
        C::Vet { nomination, outcome, authority, expires, remark, why } => {
            let cleared = match outcome.as_str() {
                "cleared" => true,
                "refused" => false,
                _ => return Err(Failure::option("OUTCOME", message!("cleared-or-refused"))),
            };
            let (app, actor) = writing(&why).await?;
            let vetting = Vetting { cleared, authority, on: None, expires, remark };
            app.nomination_vet(&nomination, &vetting, &actor).await?;
            said(&app, place, &nomination).await
        }
        C::Depart { nomination, lane, conveyance, at, why } => {
            let (app, actor) = writing(&why).await?;
            let new = SetOut { lanes: lane, conveyance, at, remark: String::new() };
            app.nomination_depart(&nomination, &new, &actor).await?;
            said(&app, place, &nomination).await
        }
        C::Arrive { nomination, at, why } => {
            let (app, actor) = writing(&why).await?;
            app.nomination_arrive(&nomination, (at, ""), &actor).await?;
            said(&app, place, &nomination).await
        }
        C::Assess { nomination, met, not_met, why } => {
            let mut all: Vec<(String, bool, String)> = met.into_iter().map(|of| (of, true, String::new())).collect();
            for text in not_met {
                let right = || Failure::option("--not-met", message!("objective-and-why"));
                let (objective, because) = text.split_once('=').ok_or_else(right)?;
                all.push((objective.to_owned(), false, because.to_owned()));
            }
            let (app, actor) = writing(&why).await?;
            app.nomination_assess(&nomination, &all, &actor).await?;
            output::line("Recorded.");
            Ok(())
        }
        C::Pass { nomination, instructor, why } => {
            let (app, actor) = writing(&why).await?;
            let mut pin = String::new();
            std::io::stdin().lock().read_line(&mut pin).ok();
            let certificate = app.nomination_pass(&nomination, (&instructor, pin.trim(), ""), &actor).await?;
            output::line(&format!("{nomination} passed; the certificate is {certificate}."));
            Ok(())
        }
        C::Fail { nomination, remark, why } => {
            let (app, actor) = writing(&why).await?;
            app.nomination_fail(&nomination, &remark, &actor).await?;
            said(&app, place, &nomination).await
        }
        C::Return { nomination, at, why } => {
            let (app, actor) = writing(&why).await?;
            app.nomination_return(&nomination, at, &actor).await?;
            said(&app, place, &nomination).await
        }
        C::Withdraw { nomination, remark, why } => {
            let (app, actor) = writing(&why).await?;
            app.nomination_withdraw(&nomination, &remark, &actor).await?;
            said(&app, place, &nomination).await
        }
        C::Certificate { certificate, pdf } => {
            if let Some(path) = pdf {
                let (app, actor) = writing(&Why { reason: "certificate".into() }).await?;
                let bytes = app.certificate_pdf(&certificate, None, &actor).await?;
                fs::write(&path, bytes).map_err(|error| open::unreadable(&path, &error))?;
                return Ok(());
            }
            let app = open::reading(place).await?;
            let shown = app.certificate(&open::viewer(place), &certificate).await?;
            output::line(&shown.to_string());
            Ok(())
        }
        C::Calendar { place: at, course, unit, trainee, instructor } => {
            let app = open::reading(place).await?;
            let whose = Whose { place: at, course, unit, trainee, instructor };
            output::line(app.training_calendar(&open::viewer(place), &whose).await?.trim_end());
            Ok(())
        }
        C::TakeCalendar { place: at, file, until, why } => {
            let bytes = fs::read(&file).map_err(|error| open::unreadable(&file, &error))?;
            let (app, actor) = writing(&why).await?;
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let taken = app.place_calendar(&at, (&name, &bytes), until, &actor).await?;
            for issue in &taken.issues {
                output::remark(&muster_web::words(&issue.told_message()));
            }
            output::line(&format!("{at} is kept by its host on {} stretches of days.", taken.blocks.len()));
            Ok(())
        }
        C::Erase { why } => {
            let (app, actor) = writing(&why).await?;
            let erased = app.erase_due(&actor).await?;
            output::line(&format!("Erased: {erased}."));
            Ok(())
        }
    }
}

/// A trainee and whether they were there, like `N-261101-ABCDEF=present`.
fn attended(text: &str) -> Result<Was, Failure> {
    let right = |right| Failure::option("TRAINEE", right);
    let (trainee, attendance) = text.split_once('=').ok_or_else(|| right(message!("trainee-and-attendance")))?;
    Ok(Was { nomination: trainee.to_owned(), attendance: Attendance::parse(attendance).map_err(right)?, version: None })
}
