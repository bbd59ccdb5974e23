//! Training: serials and what stands in their way, nominations from the unit's word to the certificate, timetables, and the board.

use axum::http::{Method, StatusCode, header::LOCATION};
use muster_app::{
    storage::training::{Nomination, NominationFilter},
    training::{
        feed::Whose,
        instructor::Assignment,
        nomination::{From, NewNomination, Vetting},
        school::Was,
        serial::{NewSerial, Shift},
        timetable::{Ask, Shifted},
        travel::SetOut,
    },
};
use muster_domain::{
    code::Code,
    course::LONGEST_COURSE,
    field::Field as _,
    instructor::InstructorRole,
    message,
    training::{Attendance, NominationState, Remark},
};
use serde_json::json;

use super::{
    answer::{Answer, Failure},
    ask::{Content, Operation},
    call::Call,
    document::{language_fields, languages},
    given::{Field, Given, Kind, may, must, reason, words},
    handover::receipt_schema,
    record::{USUAL, paging},
    schema,
    training_shape::{
        blocked_schema, blocked_told, board_schema, board_told, nomination_schema, nomination_told, preview_schema,
        preview_told, serial_schema, serial_told, shown_schema, timetable_schema, timetable_told, told,
    },
};
use crate::cursor;

/// Longest code or name.
const LONGEST: usize = 200;

/// Longest text.
const TEXT: usize = muster_app::text::LONGEST;

/// Most lanes of a way.
const LANES: usize = 100;

/// A calendar.
const CALENDAR: &str = "text/calendar";
/// Most seats.
const SEATS: i64 = 10_000;

type Done = futures_util::future::BoxFuture<'static, Result<Answer, Failure>>;

pub(crate) fn operations() -> Vec<Operation> {
    let deed = |end: &str, name, mut fields: Vec<Field>, handler: fn(Call) -> Done| {
        fields.push(reason());
        let path = format!("/nominations/{{nomination}}/{end}");
        Operation::write(Method::POST, path, name, Content::Fields(fields), shown_schema(), handler).contended()
    };
    let of_serial = |end: &str, name, mut fields: Vec<Field>, gives, handler: fn(Call) -> Done| {
        fields.push(reason());
        let path = format!("/serials/{{serial}}/{end}");
        Operation::write(Method::POST, path, name, Content::Fields(fields), gives, handler).contended()
    };
    let text = |name| must(name, Kind::Text(TEXT));
    let note = |name| may(name, Kind::Text(TEXT));
    let at = || may("at", Kind::Moment);
    let nominations = schema::page("nominations", nomination_schema());
    let nominate_fields = Content::Fields([new_fields(), vec![reason()]].concat());
    let serial_fields = Content::Fields([new_serial_fields(), vec![reason()]].concat());
    let ask = Content::Fields(vec![
        may("place", Kind::Text(LONGEST)),
        may("until", Kind::Date),
        may("confirmed", Kind::Boolean),
        may("seconds", Kind::Number(0.1, 60.0)),
        may("seed", Kind::Integer(0, i64::from(u32::MAX))),
    ]);
    let accept = Content::Fields(vec![must("shifted", Kind::Objects(1_000, shifted_fields())), reason()]);
    vec![
        Operation::write(Method::POST, "/serials", "new-serial", serial_fields, serial_schema(), new_serial)
            .makes(201)
            .contended(),
        Operation::write(
            Method::POST,
            "/serials/preview",
            "preview-new-serial",
            Content::Fields(new_serial_fields()),
            preview_schema(),
            preview_new,
        )
        .looks(),
        Operation::get("/serials/{serial}", "show-serial", serial_schema(), show_serial),
        Operation::write(
            Method::POST,
            "/serials/{serial}/preview",
            "preview-serial",
            Content::Fields(shift_fields()),
            preview_schema(),
            preview,
        )
        .looks(),
        of_serial("move", "move-serial", shift_fields(), preview_schema(), |call| Box::pin(move_serial(call))),
        of_serial(
            "attendance",
            "record-attendance",
            vec![must("day", Kind::Date), must("trainees", Kind::Objects(1_000, attendance_fields()))],
            serial_schema(),
            |call| Box::pin(attendance(call)),
        ),
        Operation::write(
            Method::POST,
            "/serials/{serial}/instructors/preview",
            "preview-instructor",
            Content::Fields(assign_fields()),
            preview_schema(),
            preview_assign,
        )
        .looks(),
        of_serial("instructors", "name-instructor", assign_fields(), preview_schema(), |call| Box::pin(assign(call))),
        of_serial(
            "instructors/remove",
            "remove-instructor",
            vec![must("instructor", Kind::Text(LONGEST))],
            serial_schema(),
            |call| Box::pin(unassign(call)),
        ),
        of_serial(
            "remarks",
            "say-of-serial",
            vec![must("kind", words(Remark::ALL)), text("text"), may("answers", Kind::Integer(1, 1_000_000))],
            serial_schema(),
            |call| Box::pin(say(call)),
        ),
        Operation::get("/nominations", "list-nominations", nominations, list).query(list_fields()),
        Operation::write(Method::POST, "/nominations", "nominate", nominate_fields, shown_schema(), nominate)
            .makes(201),
        Operation::get("/nominations/{nomination}", "show-nomination", shown_schema(), show),
        deed(
            "vet",
            "vet-nomination",
            vec![
                must("cleared", Kind::Boolean),
                must("authority", Kind::Text(LONGEST)),
                may("on", Kind::Date),
                may("expires", Kind::Date),
                note("remark"),
            ],
            |call| Box::pin(vet(call)),
        ),
        deed("move", "move-nomination", vec![must("serial", Kind::Text(LONGEST))], |call| Box::pin(move_over(call))),
        deed(
            "depart",
            "depart-nomination",
            vec![
                at(),
                may("lanes", Kind::Texts(LANES, LONGEST)),
                may("conveyance", Kind::Text(LONGEST)),
                note("remark"),
            ],
            |call| Box::pin(depart(call)),
        ),
        deed("arrive", "arrive-nomination", vec![at(), note("remark")], |call| Box::pin(arrive(call))),
        deed("assess", "assess-nomination", vec![must("objectives", Kind::Objects(200, objective_fields()))], |call| {
            Box::pin(assess(call))
        }),
        deed(
            "pass",
            "pass-nomination",
            vec![must("instructor", Kind::Text(LONGEST)), must("pin", Kind::Text(LONGEST)), note("remark")],
            |call| Box::pin(pass(call)),
        ),
        deed("fail", "fail-nomination", vec![text("remark")], |call| Box::pin(fail(call))),
        deed("return", "return-nomination", vec![at()], |call| Box::pin(come_back(call))),
        deed("withdraw", "withdraw-nomination", vec![text("remark")], |call| Box::pin(withdraw(call))),
        Operation::write(
            Method::POST,
            "/nominations/{nomination}/person",
            "show-trainee",
            Content::Fields(vec![reason()]),
            schema::object([("person", schema::maybe(schema::text()))]),
            person,
        ),
        deed("erase", "erase-trainee", vec![], |call| Box::pin(erase(call))),
        Operation::get("/certificates/{certificate}", "show-certificate", receipt_schema(), certificate),
        Operation::get("/certificates/{certificate}/pdf", "print-certificate", schema::text(), certificate_pdf)
            .query(language_fields())
            .file(vec!["application/pdf"]),
        Operation::get("/training", "show-training-board", board_schema(), board),
        Operation::get("/training/calendar", "show-training-calendar", schema::text(), calendar)
            .query(vec![
                may("place", Kind::Text(LONGEST)),
                may("course", Kind::Text(LONGEST)),
                may("unit", Kind::Text(LONGEST)),
                may("trainee", Kind::Text(LONGEST)),
                may("instructor", Kind::Text(LONGEST)),
            ])
            .file(vec![CALENDAR]),
        Operation::write(
            Method::POST,
            "/places/{place}/calendar",
            "take-calendar",
            Content::Bytes(&[CALENDAR], muster_app::interchange::calendar::MOST_BYTES),
            blocked_schema(),
            take_calendar,
        )
        .query(vec![may("until", Kind::Date)]),
        Operation::write(Method::POST, "/training/timetable", "make-timetable", ask, timetable_schema(), timetable)
            .looks(),
        Operation::deed(Method::POST, "/training/timetable/accept", "accept-timetable", accept, accept_timetable)
            .contended(),
    ]
}

fn new_serial_fields() -> Vec<Field> {
    vec![
        may("code", Kind::Text(LONGEST)),
        must("course", Kind::Text(LONGEST)),
        must("place", Kind::Text(LONGEST)),
        must("start", Kind::Date),
        may("seats", Kind::Integer(1, SEATS)),
        may("despite", Kind::Boolean),
    ]
}

fn shift_fields() -> Vec<Field> {
    vec![
        may("start", Kind::Date),
        may("place", Kind::Text(LONGEST)),
        may("seats", Kind::Integer(1, SEATS)),
        may("despite", Kind::Boolean),
    ]
}

fn assign_fields() -> Vec<Field> {
    let days = || Kind::Integer(1, i64::from(LONGEST_COURSE));
    vec![
        must("instructor", Kind::Text(LONGEST)),
        must("role", words(InstructorRole::ALL)),
        may("first_day", days()),
        may("days", days()),
        may("despite", Kind::Boolean),
    ]
}

fn attendance_fields() -> Vec<Field> {
    vec![
        must("nomination", Kind::Text(LONGEST)),
        must("attendance", words(Attendance::ALL)),
        may("version", Kind::Integer(0, 1_000_000)),
    ]
}

fn objective_fields() -> Vec<Field> {
    vec![must("objective", Kind::Text(LONGEST)), must("met", Kind::Boolean), may("remark", Kind::Text(TEXT))]
}

fn shifted_fields() -> Vec<Field> {
    vec![must("serial", Kind::Text(LONGEST)), must("from", Kind::Date), must("to", Kind::Date)]
}

fn list_fields() -> Vec<Field> {
    let own = [
        may("serial", Kind::Text(LONGEST)),
        may("state", words(NominationState::ALL)),
        may("unit", Kind::Text(LONGEST)),
        may("need", Kind::Text(LONGEST)),
        may("current", Kind::Boolean),
    ];
    paging().into_iter().chain(own).collect()
}

fn new_fields() -> Vec<Field> {
    vec![
        must("serial", Kind::Text(LONGEST)),
        must("unit", Kind::Text(LONGEST)),
        may("account", Kind::Text(1_000)),
        may("offer", Kind::Text(LONGEST)),
        may("plan", Kind::Text(LONGEST)),
        may("line", Kind::Integer(1, i64::from(u32::MAX))),
        may("again", Kind::Text(LONGEST)),
        may("need", Kind::Text(LONGEST)),
        may("person", Kind::Text(TEXT)),
        may("kept_until", Kind::Date),
    ]
}

fn count(given: &Given, name: &str) -> Option<u32> {
    given.integer(name).and_then(|count| u32::try_from(count).ok())
}

fn seats(given: &Given) -> Option<u32> {
    count(given, "seats")
}

fn assignment_of(call: &Call) -> Assignment {
    Assignment {
        instructor: call.given.text("instructor").to_owned(),
        role: InstructorRole::parse(call.given.text("role")).unwrap_or(InstructorRole::Instructor),
        first_day: count(&call.given, "first_day"),
        days: count(&call.given, "days"),
        despite: call.given.yes("despite"),
    }
}

fn new_of(call: &Call) -> NewSerial {
    NewSerial {
        code: call.given.maybe("code"),
        course: call.given.text("course").to_owned(),
        place: call.given.text("place").to_owned(),
        start: call.given.date("start").unwrap_or_default(),
        seats: seats(&call.given),
        despite: call.given.yes("despite"),
    }
}

fn shift_of(call: &Call) -> Shift {
    Shift {
        start: call.given.date("start"),
        place: call.given.maybe("place"),
        seats: seats(&call.given),
        despite: call.given.yes("despite"),
    }
}

async fn new_serial(call: Call) -> Result<Answer, Failure> {
    let code = call.site.app.serial_new(&new_of(&call), &call.actor()).await?;
    let place = format!("/api/v1/serials/{code}");
    Ok(serial(&call, code.as_str()).await?.status(StatusCode::CREATED).header(LOCATION, place))
}

async fn preview_new(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(preview_told(&call.site.app.serial_new_preview(call.viewer(), &new_of(&call)).await?)))
}

async fn serial(call: &Call, code: &str) -> Result<Answer, Failure> {
    let (app, viewer) = (&call.site.app, call.viewer());
    let shown = app.serial(viewer, code).await?;
    Ok(Answer::json(serial_told(&shown, &app.serial_clashes(viewer, code).await?)))
}

async fn show_serial(call: Call) -> Result<Answer, Failure> {
    serial(&call, call.part("serial")).await
}

async fn preview(call: Call) -> Result<Answer, Failure> {
    let would = call.site.app.serial_preview(call.viewer(), call.part("serial"), &shift_of(&call)).await?;
    Ok(Answer::json(preview_told(&would)))
}

async fn move_serial(call: Call) -> Result<Answer, Failure> {
    let moved = call.site.app.serial_move(call.part("serial"), &shift_of(&call), &call.actor()).await?;
    Ok(Answer::json(preview_told(&moved)))
}

async fn preview_assign(call: Call) -> Result<Answer, Failure> {
    let (code, new) = (call.part("serial"), assignment_of(&call));
    Ok(Answer::json(preview_told(&call.site.app.serial_assign_preview(call.viewer(), code, &new).await?)))
}

async fn assign(call: Call) -> Result<Answer, Failure> {
    let (code, new) = (call.part("serial"), assignment_of(&call));
    Ok(Answer::json(preview_told(&call.site.app.serial_assign(code, &new, &call.actor()).await?)))
}

async fn unassign(call: Call) -> Result<Answer, Failure> {
    let (code, who) = (call.part("serial"), call.given.text("instructor"));
    call.site.app.serial_unassign(code, who, &call.actor()).await?;
    show_serial(call).await
}

async fn attendance(call: Call) -> Result<Answer, Failure> {
    let one = |given: &Given| Was {
        nomination: given.text("nomination").to_owned(),
        attendance: Attendance::parse(given.text("attendance")).unwrap_or(Attendance::Absent),
        version: given.integer("version"),
    };
    let who: Vec<_> = call.given.objects("trainees", &attendance_fields()).iter().map(one).collect();
    let on = call.given.date("day").unwrap_or_default();
    call.site.app.serial_attendance(call.part("serial"), on, &who, &call.actor()).await?;
    show_serial(call).await
}

async fn say(call: Call) -> Result<Answer, Failure> {
    let kind = Remark::parse(call.given.text("kind")).unwrap_or(Remark::Feedback);
    let said = (kind, call.given.text("text"), call.given.integer("answers"));
    call.site.app.serial_say(call.part("serial"), said, &call.actor()).await?;
    show_serial(call).await
}

async fn list(call: Call) -> Result<Answer, Failure> {
    let filter = NominationFilter {
        code: None,
        serial: call.query.maybe("serial"),
        state: call.query.maybe("state").and_then(|state| NominationState::parse(&state).ok()),
        unit: call.query.maybe("unit"),
        need: call.query.maybe("need"),
        current: call.query.yes("current"),
        after: call.query.cursor()?,
    };
    let limit = call.query.integer("limit").unwrap_or(USUAL);
    let mut found = call.site.app.nominations(call.viewer(), &filter, limit + 1).await?;
    let place = |last: &Nomination| (last.nominated_at.as_microsecond(), last.code.to_string());
    let next = cursor::next(&mut found, limit as usize, place);
    Ok(Answer::json(json!({ "nominations": found.iter().map(nomination_told).collect::<Vec<_>>(), "next": next })))
}

async fn nominate(call: Call) -> Result<Answer, Failure> {
    let given = &call.given;
    let from = match (given.maybe("account"), given.maybe("offer"), given.maybe("plan").zip(given.integer("line"))) {
        (Some(account), None, None) => From::Account(account),
        (None, Some(offer), None) => From::Offer(offer),
        (None, None, Some((plan, line))) => From::Line(plan, line),
        _ => {
            let one = message!("nominee-from-one");
            return Err(muster_app::Error::Invalid(one).into());
        }
    };
    let new = NewNomination {
        serial: given.text("serial").to_owned(),
        unit: given.text("unit").to_owned(),
        from,
        again: given.maybe("again"),
        need: given.maybe("need"),
        person: given.text("person").to_owned(),
        kept_until: given.date("kept_until"),
    };
    let code = call.site.app.nominate(&new, &call.actor()).await?;
    let shown = call.site.app.nomination(call.viewer(), code.as_str()).await?;
    let place = format!("/api/v1/nominations/{code}");
    Ok(Answer::json(told(&shown)).status(StatusCode::CREATED).header(LOCATION, place))
}

async fn show(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(told(&call.site.app.nomination(call.viewer(), call.part("nomination")).await?)))
}

async fn vet(call: Call) -> Result<Answer, Failure> {
    let vetting = Vetting {
        cleared: call.given.yes("cleared"),
        authority: call.given.text("authority").to_owned(),
        on: call.given.date("on"),
        expires: call.given.date("expires"),
        remark: call.given.text("remark").to_owned(),
    };
    call.site.app.nomination_vet(call.part("nomination"), &vetting, &call.actor()).await?;
    show(call).await
}

async fn move_over(call: Call) -> Result<Answer, Failure> {
    call.site.app.nomination_move(call.part("nomination"), call.given.text("serial"), &call.actor()).await?;
    show(call).await
}

async fn depart(call: Call) -> Result<Answer, Failure> {
    let new = SetOut {
        lanes: call.given.texts("lanes"),
        conveyance: call.given.text("conveyance").to_owned(),
        at: call.given.moment("at"),
        remark: call.given.text("remark").to_owned(),
    };
    call.site.app.nomination_depart(call.part("nomination"), &new, &call.actor()).await?;
    show(call).await
}

async fn arrive(call: Call) -> Result<Answer, Failure> {
    let said = (call.given.moment("at"), call.given.text("remark"));
    call.site.app.nomination_arrive(call.part("nomination"), said, &call.actor()).await?;
    show(call).await
}

async fn assess(call: Call) -> Result<Answer, Failure> {
    let one = |given: &Given| (given.text("objective").to_owned(), given.yes("met"), given.text("remark").to_owned());
    let said: Vec<_> = call.given.objects("objectives", &objective_fields()).iter().map(one).collect();
    call.site.app.nomination_assess(call.part("nomination"), &said, &call.actor()).await?;
    show(call).await
}

async fn pass(call: Call) -> Result<Answer, Failure> {
    let signed = (call.given.text("instructor"), call.given.text("pin"), call.given.text("remark"));
    call.site.app.nomination_pass(call.part("nomination"), signed, &call.actor()).await?;
    show(call).await
}

async fn fail(call: Call) -> Result<Answer, Failure> {
    call.site.app.nomination_fail(call.part("nomination"), call.given.text("remark"), &call.actor()).await?;
    show(call).await
}

async fn come_back(call: Call) -> Result<Answer, Failure> {
    call.site.app.nomination_return(call.part("nomination"), call.given.moment("at"), &call.actor()).await?;
    show(call).await
}

async fn withdraw(call: Call) -> Result<Answer, Failure> {
    call.site.app.nomination_withdraw(call.part("nomination"), call.given.text("remark"), &call.actor()).await?;
    show(call).await
}

async fn person(call: Call) -> Result<Answer, Failure> {
    let person = call.site.app.nomination_person(call.part("nomination"), &call.actor()).await?;
    // Nobody is told again who it is without a note, nor after it was erased.
    Ok(Answer::json(json!({ "person": person })).secret("person"))
}

async fn erase(call: Call) -> Result<Answer, Failure> {
    call.site.app.nomination_erase(call.part("nomination"), &call.actor()).await?;
    show(call).await
}

async fn certificate(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(call.site.app.certificate(call.viewer(), call.part("certificate")).await?))
}

async fn certificate_pdf(call: Call) -> Result<Answer, Failure> {
    let code = call.part("certificate");
    let bytes = call.site.app.certificate_pdf(code, languages(&call), &call.actor_for("")).await?;
    Ok(Answer::file("application/pdf", format!("{code}.pdf"), bytes))
}

async fn timetable(call: Call) -> Result<Answer, Failure> {
    let ask = Ask {
        place: call.given.maybe("place"),
        until: call.given.date("until"),
        confirmed: call.given.yes("confirmed"),
        seconds: call.given.number("seconds").unwrap_or(5.0),
        seed: call.given.integer("seed").and_then(|seed| u64::try_from(seed).ok()).unwrap_or(1),
    };
    let made = call.site.app.timetable(&ask, &call.actor_for("")).await?;
    Ok(Answer::json(timetable_told(&made)))
}

async fn calendar(call: Call) -> Result<Answer, Failure> {
    let asked = |name| call.query.maybe(name);
    let whose = Whose {
        place: asked("place"),
        course: asked("course"),
        unit: asked("unit"),
        trainee: asked("trainee"),
        instructor: asked("instructor"),
    };
    let text = call.site.app.training_calendar(call.viewer(), &whose).await?;
    Ok(Answer::file(CALENDAR, "serials.ics".into(), text.into_bytes()))
}

async fn take_calendar(call: Call) -> Result<Answer, Failure> {
    let (place, until) = (call.part("place"), call.query.date("until"));
    let taken = call.site.app.place_calendar(place, ("calendar.ics", &call.bytes), until, &call.actor_for("")).await?;
    Ok(Answer::json(blocked_told(&taken)))
}

async fn accept_timetable(call: Call) -> Result<Answer, Failure> {
    let mut shifted = Vec::new();
    for given in call.given.objects("shifted", &shifted_fields()) {
        shifted.push(Shifted {
            serial: Code::new(given.text("serial"))
                .map_err(|right| muster_app::Error::Invalid(message!("must-be", right)))?,
            from: given.date("from").unwrap_or_default(),
            to: given.date("to").unwrap_or_default(),
        });
    }
    call.site.app.timetable_accept(&shifted, &call.actor()).await?;
    Ok(Answer::none())
}

async fn board(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(board_told(&call.site.app.training_figures(call.viewer()).await?)))
}
