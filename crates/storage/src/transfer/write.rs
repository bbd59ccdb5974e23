//! From consignments into tables, each change set-wise.

use muster_domain::{
    code::Code,
    field::Field,
    ledger::{books::Outcome, refusal::Refusal},
    message,
};

use super::{
    Consignment, EntryRef, HandlingUnit, Handover, Line, Origin, Override, Reached, Unit, Write, attachment, corrected,
    disposal, loss, note, repacking,
    taken_back::{self, stands},
    third_party, variance,
};
use crate::{
    Error,
    db::{Batch, Conn, Value},
    ledger::{How, Step},
    statements,
    training::left,
    transfer::{
        guard::{is_overbound, last_receipt},
        read::beside,
        stock::free_of,
    },
};

statements! {
    DROP_STEPS = "DELETE FROM consignment_step WHERE consignment = $1 AND line = $2 AND step >= $3";
    DROP_UNITS = "DELETE FROM consignment_unit WHERE consignment = $1 AND line = $2";
    TAKEN = "SELECT 1 FROM consignment WHERE code = $1";
}

// Statements for rows of one request or of several. What reads a table by them looks up each row by itself.

const SET: &str = "UPDATE consignment SET state = v.column3, place = v.column4, route = v.column5, passed = v.column6, departs_at = v.column7,
    arrives_at = v.column8, remark = v.column9, consignee = v.column10, destination = v.column11, sent_to = v.column12, version = version + 1
    FROM ({rows}) v WHERE consignment.code = v.column1 AND consignment.version = v.column2";
const BIND: &str = "UPDATE consignment_line SET plan = v.column3, plan_line = v.column4, need = v.column5
    FROM ({rows}) v WHERE consignment_line.consignment = v.column1 AND consignment_line.line = v.column2";
const UNITS_GO: &str =
    "UPDATE handling_unit SET consignment = v.column2 FROM ({rows}) v WHERE handling_unit.consignment = v.column1";
// What lay on it in a consignment that is over still names it: then it goes back to the last of those.
const UNIT_BACK: &str = "UPDATE handling_unit SET consignment = (SELECT MAX(u.consignment) FROM consignment_unit u
        WHERE u.sscc = handling_unit.sscc AND u.consignment <> handling_unit.consignment)
    FROM ({rows}) v WHERE handling_unit.consignment = v.column1 AND handling_unit.sscc = v.column2
      AND EXISTS (SELECT 1 FROM consignment_unit u WHERE u.sscc = handling_unit.sscc AND u.consignment <> handling_unit.consignment)";
const UNIT_GONE: &str = "DELETE FROM handling_unit WHERE EXISTS (SELECT 1 FROM ({rows}) v
    WHERE handling_unit.consignment = v.column1 AND handling_unit.sscc = v.column2)";
const LEG_ARRIVED: &str = "UPDATE movement_leg SET arrived_at = v.column3
    FROM ({rows}) v WHERE movement_leg.movement = v.column1 AND movement_leg.leg = v.column2 AND movement_leg.arrived_at IS NULL";
const REVOKE: &str = "UPDATE signing_key SET revoked_at = v.column2
    FROM ({rows}) v WHERE signing_key.id = v.column1 AND signing_key.revoked_at IS NULL";
const SEES: &str = "INSERT INTO released (sheet, record, audience, owner)
    SELECT 'consignments', v.column1, v.column2, v.column3 FROM ({rows}) v WHERE 1 = 1 ON CONFLICT DO NOTHING";
const SEES_AS: &str = "INSERT INTO released (sheet, record, audience, owner)
    SELECT 'consignments', v.column1, r.audience, r.owner FROM ({rows}) v JOIN released r ON r.sheet = 'consignments' AND r.record = v.column2
    WHERE 1 = 1 ON CONFLICT DO NOTHING";
const SEES_OF: &str = "INSERT INTO released (sheet, record, audience, owner)
    SELECT 'consignments', v.column1, r.audience, 0 FROM ({rows}) v JOIN released r ON r.sheet = 'consignments' AND r.record = v.column2
    WHERE 1 = 1 ON CONFLICT DO NOTHING";
// Who gave something in it and comes to handle it sees all of it from then on.
const HANDLES: &str = "UPDATE released SET owner = 1 FROM ({rows}) v
    WHERE released.sheet = 'consignments' AND released.record = v.column1 AND released.audience = v.column2 AND released.owner = 0";
const CAME_FROM: &str = "INSERT INTO line_origin (consignment, line, of_consignment, of_line, of_number)
    SELECT v.column1, v.column2, v.column3, v.column4, v.column5 FROM ({rows}) v";
// Whatever that came from, it came from, too.
const CAME_FROM_BEFORE: &str = "INSERT INTO line_origin (consignment, line, of_consignment, of_line, of_number)
    SELECT v.column1, v.column2, o.of_consignment, o.of_line, o.of_number
    FROM ({rows}) v JOIN line_origin o ON o.consignment = v.column3 AND o.line = v.column4";
const MILESTONE: &str = "INSERT INTO milestone (consignment, number, kind, place, movement, occurred_at, recorded_at, actor, remark, entry, completes)";
// What a consignment holds at a milestone is kept with it: lines and units change later. A line's number 0 stands for all.
const HEAD_THEN: &str = concat!(
    "INSERT INTO milestone_head (consignment, number, consignor, consignee, destination, leaves)
    SELECT v.column1, v.column2, c.consignor, c.consignee, c.destination, CASE WHEN v.column3 = 'departed' AND NOT EXISTS (
        SELECT 1 FROM milestone b WHERE b.consignment = v.column1 AND b.kind = 'departed' AND b.number < v.column2 AND ",
    stands!("b"),
    ") THEN 1 ELSE 0 END FROM ({rows}) v JOIN consignment c ON c.code = v.column1"
);
const LINES_THEN: &str =
    "INSERT INTO milestone_line (consignment, number, line, offer, need, resource, quantity, condition)
    SELECT v.column1, v.column2, l.line, l.offer, l.need, l.resource, l.present, l.condition
    FROM ({rows}) v JOIN consignment_line l ON l.consignment = v.column1 AND (v.column3 = 0 OR l.line = v.column3) WHERE l.present > 0";
// Of what had been missing, only that.
const LINE_LATE: &str =
    "INSERT INTO milestone_line (consignment, number, line, offer, need, resource, quantity, condition)
    SELECT v.column1, v.column2, l.line, l.offer, l.need, l.resource, v.column4, l.condition
    FROM ({rows}) v JOIN consignment_line l ON l.consignment = v.column1 AND l.line = v.column3";
const UNITS_THEN: &str = "INSERT INTO milestone_unit (consignment, number, line, unit, lot, serial, quantity, sscc)
    SELECT v.column1, v.column2, l.line, u.number, u.lot, u.serial, u.quantity, u.sscc
    FROM ({rows}) v JOIN consignment_line l ON l.consignment = v.column1 AND (v.column3 = 0 OR l.line = v.column3)
        JOIN consignment_unit u ON u.consignment = l.consignment AND u.line = l.line WHERE l.present > 0";
const HANDOVER: &str =
    "INSERT INTO handover (code, consignment, milestone, place, occurred_at, statement, hash, seal, entry)";
const SIGNED_LATER: &str = "INSERT INTO handover (code, consignment, milestone, place, occurred_at, statement, hash, seal, entry)
    SELECT v.column1, v.column2, v.column3, v.column4, v.column5, v.column6, v.column7, v.column8, v.column9 FROM ({rows}) v
    WHERE NOT EXISTS (SELECT 1 FROM handover h WHERE h.consignment = v.column2 AND h.milestone = v.column3)";
const OVERRIDDEN: &str = "INSERT INTO gate_override (consignment, number, gate, line, reason, actor, recorded_at, entry)
    SELECT v.column1, v.column2 + (SELECT COUNT(*) FROM gate_override o WHERE o.consignment = v.column1), v.column3, v.column4, v.column5,
        v.column6, v.column7, v.column8 FROM ({rows}) v";

/// The steps in which one thing is written; `outcomes` are those of its request's commands.
pub(crate) fn steps<'a>(write: &'a Write, outcomes: &'a [Result<Outcome, Refusal>]) -> Result<Vec<Step<'a>>, Error> {
    let entry = |entry: EntryRef| entry.number(outcomes);
    let rows = |batch| vec![Step::Rows(batch, How::After)];
    let with = |batch| vec![Step::Rows(batch, How::With)];
    let each = |sql, code, row| vec![Step::Rows(Batch::of(sql, vec![row]), How::Each(code))];
    // Units of a variance, instead of those before.
    let renamed = |code: &Code, units: &[Unit]| {
        let unnamed = Batch::of(variance::UNNAMED, vec![vec![code.into()]]);
        [unnamed, variance::unit_rows(code, units)].into_iter().flat_map(rows).collect::<Vec<_>>()
    };
    Ok(match write {
        Write::Steps(_, lines) if lines.is_empty() => Vec::new(),
        Write::Units(_, lines, units) if lines.is_empty() && units.is_empty() => Vec::new(),
        Write::New(..)
        | Write::Drawn(..)
        | Write::Taken(..)
        | Write::Unbound(..)
        | Write::Received(..)
        | Write::Boards(..)
        | Write::Steps(..)
        | Write::Units(..)
        | Write::Named(..) => vec![Step::Transfer(write, outcomes)],
        Write::Sees(code, audiences) => {
            let handles = audiences.iter().filter(|(_, handles)| *handles);
            let handling = handles.map(|(audience, _)| vec![code.into(), audience.into()]).collect();
            rows(sees(code, audiences)).into_iter().chain(rows(Batch::of(HANDLES, handling))).collect()
        }
        Write::SeesAs(code, other) => rows(Batch::of(SEES_AS, vec![vec![code.into(), other.into()]])),
        Write::SeesOf(code, other) => rows(Batch::of(SEES_OF, vec![vec![code.into(), other.into()]])),
        Write::Bound(code, lines) => {
            let row = |line: &Line| {
                let plan = line.plan.as_ref();
                let (plan, number) = (plan.map(|(plan, _)| plan.to_string()), plan.map(|(_, number)| *number));
                vec![code.into(), line.line.into(), plan.into(), number.into(), Value::from(&line.need)]
            };
            rows(Batch::of(BIND, lines.iter().map(row).collect()))
        }
        Write::UnitsGo(code, to) => rows(Batch::of(UNITS_GO, vec![vec![code.into(), to.into()]])),
        Write::Set(changed) => each(SET, &changed.code, set_row(changed)),
        Write::Lines(code, lines) => rows(line_rows(code, lines)),
        Write::HandlingUnits(code, units) => rows(handling_rows(code, units)),
        Write::HandlingUnitGone(code, sscc) => {
            let row = || vec![vec![code.into(), sscc.as_str().into()]];
            [UNIT_BACK, UNIT_GONE].into_iter().flat_map(|text| rows(Batch::of(text, row()))).collect()
        }
        Write::Repacked(all) if all.is_empty() => Vec::new(),
        Write::Repacked(all) => {
            let (heads, units) = repacking::rows(all, entry)?;
            rows(heads).into_iter().chain(with(units)).collect()
        }
        Write::Noted(note) => {
            let (head, photos) = note::rows(note, entry(note.entry)?);
            rows(head).into_iter().chain(with(photos)).collect()
        }
        Write::CameFrom(code, origins) => {
            let row = |one: &Origin| {
                vec![code.into(), one.line.into(), Value::from(&one.of), one.of_line.into(), one.of_number.into()]
            };
            let all = || -> Vec<Vec<Value>> { origins.iter().map(row).collect() };
            rows(Batch::of(CAME_FROM, all())).into_iter().chain(rows(Batch::of(CAME_FROM_BEFORE, all()))).collect()
        }
        Write::Reached((code, number), reached, lines) => {
            let of = |line: &i64| vec![code.into(), (*number).into(), (*line).into()];
            let held: Vec<Vec<Value>> = lines.as_deref().unwrap_or(&[0]).iter().map(of).collect();
            let then = [(LINES_THEN, held.clone()), (UNITS_THEN, held)].map(|(sql, rows)| with(Batch::of(sql, rows)));
            milestone(code, *number, reached, entry(reached.entry)?)
                .into_iter()
                .chain(then.into_iter().flatten())
                .collect()
        }
        Write::ReachedLate((code, number), late) => {
            let (reached, found) = late.as_ref();
            let key = || [code.into(), (*number).into()];
            let line = key().into_iter().chain([found.line.into(), found.quantity.into()]).collect();
            let unit = |(n, unit): (i64, &Unit)| {
                let (lot, serial) = (unit.lot.as_str().into(), unit.serial.as_str().into());
                let of = [found.line.into(), n.into(), lot, serial, unit.quantity.into()];
                key().into_iter().chain(of).collect()
            };
            let units = (0..).zip(&found.units).map(unit).collect();
            let into = "INSERT INTO milestone_unit (consignment, number, line, unit, lot, serial, quantity)";
            let then = [Batch::of(LINE_LATE, vec![line]), Batch::insert(into, units)].map(with);
            milestone(code, *number, reached, entry(reached.entry)?)
                .into_iter()
                .chain(then.into_iter().flatten())
                .collect()
        }
        Write::TakenBack((code, number), one) => rows(taken_back::row(code, *number, one, entry(one.entry)?)),
        Write::Unloaded((code, passed), (movement, leg)) => {
            let row = || vec![vec![code.into(), (*passed).into(), movement.into(), (*leg).into()]];
            [taken_back::UNLOAD, taken_back::EMPTY_LEG]
                .into_iter()
                .flat_map(|text| rows(Batch::of(text, row())))
                .collect()
        }
        Write::LegGoesOn(movement, leg, code) => {
            rows(Batch::of(taken_back::LEG_GOES_ON, vec![vec![movement.into(), (*leg).into(), code.into()]]))
        }
        Write::Overrides(code, overrides) => {
            let mut new = Vec::new();
            for (number, one) in (1..).zip(overrides) {
                new.push(override_row(code, number, one, entry(one.entry)?));
            }
            rows(Batch::of(OVERRIDDEN, new))
        }
        Write::Movement(new) => {
            let row = vec![
                Value::from(&new.code),
                new.mode.as_str().into(),
                new.carrier.as_str().into(),
                new.conveyance.as_str().into(),
                new.created_at.as_microsecond().into(),
            ];
            let into = "INSERT INTO movement (code, mode, carrier, conveyance, created_at)";
            rows(Batch::insert(into, vec![row]))
        }
        Write::Leg(movement, leg) => {
            let row = vec![
                movement.into(),
                leg.leg.into(),
                Value::from(&leg.lane),
                leg.departed_at.as_microsecond().into(),
                leg.arrives_at.as_microsecond().into(),
            ];
            let into = "INSERT INTO movement_leg (movement, leg, lane, departed_at, arrives_at)";
            with(Batch::insert(into, vec![row]))
        }
        Write::Load(code, (movement, leg), passed) => {
            let row = vec![code.into(), (*passed).into(), movement.into(), (*leg).into()];
            with(Batch::insert("INSERT INTO movement_load (consignment, passed, movement, leg)", vec![row]))
        }
        Write::MovementCorrected(right, before) => {
            let right = each(corrected::RIGHT, &before.movement, corrected::right_row(right, before));
            right.into_iter().chain(with(corrected::before_row(before, entry(before.entry)?))).collect()
        }
        Write::LegArrived(movement, leg, at) => {
            let row = vec![movement.into(), (*leg).into(), at.as_microsecond().into()];
            with(Batch::of(LEG_ARRIVED, vec![row]))
        }
        Write::Variance(new, units) => rows(variance::row(new, entry(new.entry)?))
            .into_iter()
            .chain(with(variance::unit_rows(&new.code, units)))
            .collect(),
        Write::Count(variance, count) => rows(variance::count_row(variance, count)),
        Write::Identified(code, (resource, account, quantity), units) => {
            let noted = outcomes.iter().flatten().map(Outcome::number).max();
            let row = vec![code.into(), resource.into(), account.to_string().into(), (*quantity).into(), noted.into()];
            let mut steps = each(variance::IDENTIFIED, code, row);
            if !units.is_empty() {
                steps.extend(renamed(code, units));
            }
            steps
        }
        Write::BookedApart(code, accounts) => {
            let (from, to, units) = accounts.as_ref();
            let row = vec![code.into(), from.to_string().into(), to.to_string().into(), (*units).into()];
            each(variance::BOOKED_APART, code, row)
        }
        Write::Recounted(code, (stated, counted)) => {
            each(variance::RECOUNTED, code, vec![code.into(), (*stated).into(), (*counted).into()])
        }
        Write::VarianceUnits(code, units) => renamed(code, units),
        Write::Parted(parted) => {
            let (of, new, units, rest) = parted.as_ref();
            let mut steps = each(variance::PARTED, &of.code, variance::parted_row(of, new.quantity));
            steps.extend(renamed(&of.code, rest));
            steps.extend(rows(variance::row(new, entry(new.entry)?)));
            steps.extend(with(variance::unit_rows(&new.code, units)));
            steps
        }
        Write::Escalated(variance, (level, at), noted) => {
            let row = vec![variance.into(), level.as_str().into(), at.as_microsecond().into(), entry(*noted)?.into()];
            rows(Batch::insert("INSERT INTO variance_escalation (variance, level, recorded_at, entry)", vec![row]))
        }
        Write::Resolved(code, (known, units), (resolution, at, actor, reason), noted) => {
            let row = vec![
                code.into(),
                resolution.as_str().into(),
                at.as_microsecond().into(),
                actor.as_str().into(),
                reason.as_str().into(),
                entry(*noted)?.into(),
                known.as_ref().map_or_else(String::new, ToString::to_string).into(),
                (*units).into(),
            ];
            each(variance::RESOLVED, code, row)
        }
        Write::Inspection(new) => {
            let row = vec![
                Value::from(&new.code),
                Value::from(&new.resource),
                new.serial.as_str().into(),
                new.grade.as_str().into(),
                new.occurred_at.as_microsecond().into(),
                new.recorded_at.as_microsecond().into(),
                new.actor.as_str().into(),
                new.evidence.as_str().into(),
                new.remark.as_str().into(),
                entry(new.entry)?.into(),
            ];
            let into = "INSERT INTO inspection (code, resource, serial, grade, occurred_at, recorded_at, actor, evidence, remark, entry)";
            rows(Batch::insert(into, vec![row]))
        }
        Write::InspectionTakenBack((code, _), back) => {
            each(corrected::INSPECTION_BACK, code, corrected::back_row(code, back, entry(back.entry)?))
        }
        Write::Disposed(new) => rows(disposal::row(new, entry(new.entry)?)),
        Write::DisposalTakenBack(code, back) => {
            each(corrected::DISPOSAL_BACK, code, corrected::back_row(code, back, entry(back.entry)?))
        }
        Write::Lost(new) => rows(loss::report_row(new, entry(new.entry)?)),
        Write::LossFound(code, found) => each(loss::FOUND, code, loss::found_row(code, found, entry(found.entry)?)),
        Write::TurnedUp(code, found) => each(loss::TURNED_UP, code, loss::found_row(code, found, entry(found.entry)?)),
        Write::NotFoundEscalated(inspection, (level, at), noted) => {
            let row = vec![inspection.into(), level.as_str().into(), at.as_microsecond().into(), entry(*noted)?.into()];
            rows(Batch::insert("INSERT INTO not_found_escalation (inspection, level, recorded_at, entry)", vec![row]))
        }
        Write::Pin(user, pin) => {
            let into = "INSERT INTO signing_pin (user_name, pin)";
            let then = "ON CONFLICT (user_name) DO UPDATE SET pin = excluded.pin";
            rows(Batch::insert_or(into, then, vec![vec![user.as_str().into(), pin.as_str().into()]]))
        }
        Write::SigningKey(key) => {
            let (credential, rp) =
                key.passkey.as_ref().map_or(("", ""), |key| (key.credential.as_str(), key.relying_party.as_str()));
            let row = vec![
                key.id.as_str().into(),
                key.user.as_str().into(),
                key.public_key.as_str().into(),
                key.label.as_str().into(),
                key.created_at.as_microsecond().into(),
                key.kind().into(),
                credential.into(),
                rp.into(),
                Value::from(&key.token),
            ];
            let into =
                "INSERT INTO signing_key (id, user_name, public_key, label, created_at, kind, credential, rp, token)";
            rows(Batch::insert(into, vec![row]))
        }
        Write::KeyRevoked(id, at) => {
            rows(Batch::of(REVOKE, vec![vec![id.as_str().into(), at.as_microsecond().into()]]))
        }
        Write::Handover(code, new) => with(Batch::insert(HANDOVER, vec![handover_row(code, new, entry(new.entry)?)])),
        Write::SignedLater(code, new) => each(SIGNED_LATER, code, handover_row(code, new, entry(new.entry)?)),
        Write::ThirdPartyAsked(new) => {
            let [asked, nations] = third_party::asked(new, entry(new.entry)?);
            rows(asked).into_iter().chain(with(nations)).collect()
        }
        Write::ThirdPartyAnswered(code, nation, said) => {
            each(third_party::ANSWERED, code, third_party::answer_row(code, nation, said, entry(said.entry)?))
        }
        Write::ThirdPartyEnded(code, (state, at, actor), noted) => {
            let row = vec![
                code.into(),
                state.as_str().into(),
                at.as_microsecond().into(),
                actor.as_str().into(),
                entry(*noted)?.into(),
            ];
            each(third_party::ENDED, code, row)
        }
    })
}

/// That a consignment reached a milestone, and who sent it to whom then.
fn milestone<'a>(code: &Code, number: i64, reached: &Reached, entry: i64) -> [Step<'a>; 2] {
    let key = || [code.into(), number.into()];
    let row = key().into_iter().chain(reached_row(reached, entry)).collect();
    let head = key().into_iter().chain([reached.kind.as_str().into()]).collect();
    [
        Step::Rows(Batch::insert(MILESTONE, vec![row]), How::After),
        Step::Rows(Batch::of(HEAD_THEN, vec![head]), How::With),
    ]
}

/// Writes what takes exchanges of its own: it looks at the tables first, or takes rows out of them.
pub(crate) async fn write(conn: &mut Conn, write: &Write, outcomes: &[Result<Outcome, Refusal>]) -> Result<(), Error> {
    let entry = |entry: EntryRef| entry.number(outcomes);
    match write {
        Write::New(new, audiences) => new_one(conn, new, audiences).await,
        Write::Drawn(source, units) => match left(conn, source).await? {
            // Its entries are written by now.
            0.. => Ok(()),
            short => Err(Error::Conflict(message!(
                "consignment-offer-left",
                offer = source.to_string(),
                left = short + units,
                quantity = *units
            ))),
        },
        Write::Taken(code, entry, units) => match free_of(conn, *entry).await? {
            0.. => Ok(()),
            short => Err(Error::Conflict(message!(
                "consignment-plan-taken",
                consignment = code,
                free = short + units,
                quantity = *units
            ))),
        },
        Write::Unbound((plan, line), (first, last)) => match is_overbound(conn, *first..=*last).await? {
            false => Ok(()),
            true => Err(Error::Conflict(message!("line-in-consignment", line = *line, plan))),
        },
        Write::Received(need, known) => {
            let own = outcomes.iter().flatten().map(Outcome::number).min().unwrap_or(i64::MAX);
            match last_receipt(conn, need, own).await? == *known {
                true => Ok(()),
                false => Err(Error::Conflict(message!("need-received-meanwhile", need))),
            }
        }
        Write::Boards((movement, leg), known) => match beside(conn, movement.as_str(), *leg).await? == *known {
            true => Ok(()),
            false => Err(Error::Conflict(message!("movement-boarded", movement))),
        },
        Write::Steps(code, lines) => {
            let mut rows = Vec::new();
            for (line, first, steps) in lines {
                conn.execute(DROP_STEPS, vec![code.into(), (*line).into(), (*first).into()]).await?;
                for (n, step) in (*first..).zip(steps) {
                    rows.push(vec![code.into(), (*line).into(), n.into(), entry(*step)?.into()]);
                }
            }
            conn.insert(Batch::insert("INSERT INTO consignment_step (consignment, line, step, entry)", rows)).await
        }
        Write::Units(code, lines, units) => set_units(conn, code, lines, units).await,
        Write::Named(hash) => attachment::name(conn, hash).await,
        _ => Err(Error::Corrupt("what is written in rows was to be written by itself".into())),
    }
}

fn route(route: &[Code]) -> Value {
    route.iter().map(Code::as_str).collect::<Vec<_>>().join("|").into()
}

async fn new_one(conn: &mut Conn, new: &Consignment, audiences: &[(Code, bool)]) -> Result<(), Error> {
    if conn.row(TAKEN, vec![Value::from(&new.code)]).await?.is_some() {
        return Err(Error::Conflict(message!("consignment-taken", code = &new.code)));
    }
    let row = vec![
        Value::from(&new.code),
        new.state.as_str().into(),
        Value::from(&new.consignor),
        Value::from(&new.consignee),
        Value::from(&new.origin),
        Value::from(&new.destination),
        Value::from(&new.place),
        route(&new.route),
        new.passed.into(),
        new.created_at.as_microsecond().into(),
        new.departs_at.map(|at| at.as_microsecond()).into(),
        new.arrives_at.map(|at| at.as_microsecond()).into(),
        new.remark.as_str().into(),
        Value::from(&new.made_from),
        Value::from(&new.sent_to),
        0.into(),
    ];
    let into = "INSERT INTO consignment (code, state, consignor, consignee, origin, destination, place, route, passed, created_at, departs_at, arrives_at, remark, made_from, sent_to, version)";
    conn.insert(Batch::insert(into, vec![row])).await?;
    conn.insert(sees(&new.code, audiences)).await
}

/// Those who see a consignment, each once; who handles it and gives something in it, as who handles it.
fn sees(code: &Code, audiences: &[(Code, bool)]) -> Batch {
    let of = |owner| audiences.iter().filter(move |(_, handles)| *handles == owner);
    let row = |(audience, owner): &(Code, bool)| vec![code.into(), audience.into(), i64::from(*owner).into()];
    Batch::of(SEES, of(true).chain(of(false)).map(row).collect())
}

fn set_row(changed: &Consignment) -> Vec<Value> {
    vec![
        Value::from(&changed.code),
        changed.version.into(),
        changed.state.as_str().into(),
        Value::from(&changed.place),
        route(&changed.route),
        changed.passed.into(),
        changed.departs_at.map(|at| at.as_microsecond()).into(),
        changed.arrives_at.map(|at| at.as_microsecond()).into(),
        changed.remark.as_str().into(),
        Value::from(&changed.consignee),
        Value::from(&changed.destination),
        Value::from(&changed.sent_to),
    ]
}

fn line_rows(code: &Code, lines: &[Line]) -> Batch {
    let row = |line: &Line| {
        let worth = line.worth.as_ref();
        let of = |get: fn(&super::Worth) -> &str| Value::from(worth.map_or("", get));
        vec![
            code.into(),
            line.line.into(),
            line.plan.as_ref().map(|(plan, _)| plan.to_string()).into(),
            line.plan.as_ref().map(|(_, line)| *line).into(),
            Value::from(&line.offer),
            Value::from(&line.need),
            Value::from(&line.resource),
            line.quantity.into(),
            line.present.into(),
            line.condition.map(|condition| condition.text()).into(),
            worth.map(|w| w.minor).into(),
            worth.map(|w| w.currency.code().to_owned()).into(),
            of(|w| &w.method),
            of(|w| &w.date),
            of(|w| &w.source),
            line.remark.as_str().into(),
            line.ready_from.as_ref().map(ToString::to_string).into(),
            worth.map(|w| w.units).into(),
        ]
    };
    let into = "INSERT INTO consignment_line (consignment, line, plan, plan_line, offer, need, resource, quantity, present, condition, value_minor, value_currency, value_method, value_date, value_source, remark, ready_from, value_units)";
    let then = "ON CONFLICT (consignment, line) DO UPDATE SET quantity = excluded.quantity, present = excluded.present, condition = excluded.condition, value_minor = excluded.value_minor, value_currency = excluded.value_currency, value_method = excluded.value_method, value_date = excluded.value_date, value_source = excluded.value_source, value_units = excluded.value_units, remark = excluded.remark";
    Batch::insert_or(into, then, lines.iter().map(row).collect())
}

async fn set_units(conn: &mut Conn, code: &Code, lines: &[i64], units: &[Unit]) -> Result<(), Error> {
    for line in lines {
        conn.execute(DROP_UNITS, vec![code.into(), (*line).into()]).await?;
    }
    let row = |(number, unit): (i64, &Unit)| {
        vec![
            code.into(),
            unit.line.into(),
            number.into(),
            unit.lot.as_str().into(),
            unit.serial.as_str().into(),
            unit.quantity.into(),
            unit.sscc.clone().into(),
        ]
    };
    let into = "INSERT INTO consignment_unit (consignment, line, number, lot, serial, quantity, sscc)";
    conn.insert(Batch::insert(into, (0..).zip(units).map(row).collect())).await
}

fn handling_rows(code: &Code, units: &[HandlingUnit]) -> Batch {
    let row = |unit: &HandlingUnit| {
        vec![
            unit.sscc.as_str().into(),
            code.into(),
            unit.kind.as_str().into(),
            unit.gross_kg.into(),
            unit.seal.as_str().into(),
        ]
    };
    let into = "INSERT INTO handling_unit (sscc, consignment, kind, gross_kg, seal)";
    // A pallet goes on in another consignment when its goods do.
    let then = "ON CONFLICT (sscc) DO UPDATE SET consignment = excluded.consignment, kind = excluded.kind, gross_kg = excluded.gross_kg, seal = excluded.seal";
    Batch::insert_or(into, then, units.iter().map(row).collect())
}

fn reached_row(reached: &Reached, entry: i64) -> [Value; 9] {
    [
        reached.kind.as_str().into(),
        Value::from(&reached.place),
        Value::from(&reached.movement),
        reached.occurred_at.as_microsecond().into(),
        reached.recorded_at.as_microsecond().into(),
        reached.actor.as_str().into(),
        reached.remark.as_str().into(),
        entry.into(),
        reached.completes.into(),
    ]
}

fn override_row(code: &Code, number: i64, one: &Override, entry: i64) -> Vec<Value> {
    vec![
        code.into(),
        number.into(),
        one.gate.as_str().into(),
        one.line.into(),
        one.reason.as_str().into(),
        one.actor.as_str().into(),
        one.recorded_at.as_microsecond().into(),
        entry.into(),
    ]
}

fn handover_row(code: &Code, new: &Handover, entry: i64) -> Vec<Value> {
    vec![
        Value::from(&new.code),
        code.into(),
        new.milestone.into(),
        Value::from(&new.place),
        new.occurred_at.as_microsecond().into(),
        new.statement.as_str().into(),
        new.hash.as_str().into(),
        new.seal.as_str().into(),
        entry.into(),
    ]
}
