//! From consignments into tables, each change set-wise.

use muster_domain::{
    code::Code,
    field::Field,
    ledger::{books::Outcome, refusal::Refusal},
    message,
};

use super::{
    Attachment, Consignment, Count, EntryRef, HandlingUnit, Handover, Line, Override, Reached, Unit, Variance, Write,
    third_party,
};
use crate::{
    Error,
    db::{Conn, Db, Insert, Value},
    statements,
    training::left,
};

statements! {
    SET = "UPDATE consignment SET state = $3, place = $4, route = $5, passed = $6, departs_at = $7, arrives_at = $8, remark = $9,
        consignee = $10, destination = $11, version = version + 1 WHERE code = $1 AND version = $2";
    DROP_STEPS = "DELETE FROM consignment_step WHERE consignment = $1 AND line = $2 AND step >= $3";
    DROP_UNITS = "DELETE FROM consignment_unit WHERE consignment = $1 AND line = $2";
    LEG_ARRIVED = "UPDATE movement_leg SET arrived_at = $3 WHERE movement = $1 AND leg = $2 AND arrived_at IS NULL";
    IDENTIFIED = "UPDATE variance SET resource = $2, account = $3, quantity = $4 WHERE code = $1 AND resource IS NULL AND resolution IS NULL";
    RESOLVED = "UPDATE variance SET resolution = $2, resolved_at = $3, resolved_by = $4, reason = $5, resolved_entry = $6 WHERE code = $1 AND resolution IS NULL";
    NEXT_MILESTONE = "SELECT COUNT(*) + 1 FROM milestone WHERE consignment = $1";
    NEXT_OVERRIDE = "SELECT COUNT(*) + 1 FROM gate_override WHERE consignment = $1";
    PIN = "INSERT INTO signing_pin (user_name, pin) VALUES ($1, $2) ON CONFLICT (user_name) DO UPDATE SET pin = excluded.pin";
    REVOKE = "UPDATE signing_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    KEEP = "INSERT INTO attachment (hash, media_type, bytes, recorded_at, actor) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash) DO NOTHING";
    TAKEN = "SELECT 1 FROM consignment WHERE code = $1";
    SEES_AS = "INSERT INTO released (sheet, record, audience, owner)
        SELECT 'consignments', CAST($1 AS TEXT), audience, owner FROM released WHERE sheet = 'consignments' AND record = $2 ON CONFLICT DO NOTHING";
    HEAD_THEN = "INSERT INTO milestone_head (consignment, number, consignor, consignee, destination, leaves)
        SELECT m.consignment, m.number, c.consignor, c.consignee, c.destination, CASE WHEN m.kind = 'departed' AND NOT EXISTS (
            SELECT 1 FROM milestone b WHERE b.consignment = m.consignment AND b.kind = 'departed' AND b.number < m.number) THEN 1 ELSE 0 END
        FROM milestone m JOIN consignment c ON c.code = m.consignment WHERE m.consignment = $1 AND m.number = $2";
    LINES_THEN = "INSERT INTO milestone_line (consignment, number, line, offer, need, resource, quantity, condition)
        SELECT m.consignment, m.number, l.line, l.offer, l.need, l.resource, l.present, l.condition
        FROM milestone m JOIN consignment_line l ON l.consignment = m.consignment WHERE l.present > 0 AND m.consignment = $1 AND m.number = $2";
    UNITS_THEN = "INSERT INTO milestone_unit (consignment, number, line, unit, lot, serial, quantity, sscc)
        SELECT l.consignment, l.number, l.line, u.number, u.lot, u.serial, u.quantity, u.sscc
        FROM milestone_line l JOIN consignment_unit u ON u.consignment = l.consignment AND u.line = l.line WHERE l.consignment = $1 AND l.number = $2";
    BIND = "UPDATE consignment_line SET plan = $3, plan_line = $4, need = $5 WHERE consignment = $1 AND line = $2";
    UNITS_GO = "UPDATE handling_unit SET consignment = $2 WHERE consignment = $1";
    SEES_TOO = "INSERT INTO released (sheet, record, audience, owner) VALUES ('consignments', $1, $2, $3) ON CONFLICT DO NOTHING";
}

/// Writes one thing; `outcomes` are those of the request's commands.
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
        Write::Sees(code, audiences) => see(conn, code, audiences).await,
        Write::SeesAs(code, other) => conn.execute(SEES_AS, vec![code.into(), other.into()]).await.map(|_| ()),
        Write::Bound(code, lines) => {
            for line in lines {
                let (plan, number) = line.plan.as_ref().map_or((None, None), |(p, n)| (Some(p.to_string()), Some(*n)));
                let values = vec![code.into(), line.line.into(), plan.into(), number.into(), Value::from(&line.need)];
                conn.execute(BIND, values).await?;
            }
            Ok(())
        }
        Write::UnitsGo(code, to) => conn.execute(UNITS_GO, vec![code.into(), to.into()]).await.map(|_| ()),
        Write::Set(changed) => set(conn, changed).await,
        Write::Lines(code, lines) => conn.insert(line_rows(code, lines)).await,
        Write::Steps(code, lines) => {
            let mut rows = Vec::new();
            for (line, first, steps) in lines {
                conn.execute(DROP_STEPS, vec![code.into(), (*line).into(), (*first).into()]).await?;
                for (n, step) in (*first..).zip(steps) {
                    rows.push(vec![code.into(), (*line).into(), n.into(), entry(*step)?.into()]);
                }
            }
            conn.insert(Insert::new("INSERT INTO consignment_step (consignment, line, step, entry)", rows)).await
        }
        Write::Units(code, lines, units) => set_units(conn, code, lines, units).await,
        Write::HandlingUnits(code, units) => conn.insert(handling_rows(code, units)).await,
        Write::Reached(code, reached) => {
            let number = next(conn, NEXT_MILESTONE, code).await?;
            let row = reached_row(code, number, reached, entry(reached.entry)?);
            let into = "INSERT INTO milestone (consignment, number, kind, place, movement, occurred_at, recorded_at, actor, remark, entry)";
            conn.insert(Insert::new(into, vec![row])).await?;
            // What it then held is kept with it: lines and units change later.
            for sql in [HEAD_THEN, LINES_THEN, UNITS_THEN] {
                conn.execute(sql, vec![code.into(), number.into()]).await?;
            }
            Ok(())
        }
        Write::Overrides(code, overrides) => {
            let first = next(conn, NEXT_OVERRIDE, code).await?;
            let mut rows = Vec::new();
            for (number, one) in (first..).zip(overrides) {
                rows.push(override_row(code, number, one, entry(one.entry)?));
            }
            let into = "INSERT INTO gate_override (consignment, number, gate, line, reason, actor, recorded_at, entry)";
            conn.insert(Insert::new(into, rows)).await
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
            conn.insert(Insert::new(into, vec![row])).await
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
            conn.insert(Insert::new(into, vec![row])).await
        }
        Write::Load(code, (movement, leg), passed) => {
            let row = vec![code.into(), (*passed).into(), movement.into(), (*leg).into()];
            let into = "INSERT INTO movement_load (consignment, passed, movement, leg)";
            conn.insert(Insert::new(into, vec![row])).await
        }
        Write::LegArrived(movement, leg, at) => {
            let values = vec![movement.into(), (*leg).into(), at.as_microsecond().into()];
            conn.execute(LEG_ARRIVED, values).await.map(|_| ())
        }
        Write::Variance(new, units) => new_variance(conn, new, units, entry(new.entry)?).await,
        Write::Count(variance, count) => count_it(conn, variance, count).await,
        Write::Identified(code, resource, account, quantity) => {
            let values = vec![code.into(), resource.into(), account.to_string().into(), (*quantity).into()];
            one(conn.execute(IDENTIFIED, values).await?, code)
        }
        Write::Resolved(code, (resolution, at, actor, reason), noted) => {
            let values = vec![
                code.into(),
                resolution.as_str().into(),
                at.as_microsecond().into(),
                actor.as_str().into(),
                reason.as_str().into(),
                entry(*noted)?.into(),
            ];
            one(conn.execute(RESOLVED, values).await?, code)
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
            conn.insert(Insert::new(into, vec![row])).await
        }
        Write::ThirdPartyAsked(new) => third_party::ask(conn, new, entry(new.entry)?).await,
        Write::ThirdPartyAnswered(code, nation, said) => {
            one(third_party::answer(conn, code, nation, said, entry(said.entry)?).await?, code)
        }
        Write::ThirdPartyEnded(code, end, noted) => one(third_party::end(conn, code, end, entry(*noted)?).await?, code),
        Write::Pin(user, pin) => conn.execute(PIN, vec![user.as_str().into(), pin.as_str().into()]).await.map(|_| ()),
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
            ];
            let into = "INSERT INTO signing_key (id, user_name, public_key, label, created_at, kind, credential, rp)";
            conn.insert(Insert::new(into, vec![row])).await
        }
        Write::KeyRevoked(id, at) => {
            let values = vec![id.as_str().into(), at.as_microsecond().into()];
            conn.execute(REVOKE, values).await.map(|_| ())
        }
        Write::Handover(code, new) => new_handover(conn, code, new, entry(new.entry)?).await,
    }
}

/// Keeps a photograph or paper; the same bytes twice are kept once.
///
/// # Errors
/// If the engine fails.
pub async fn keep(db: &Db, new: &Attachment, actor: &str, now: jiff::Timestamp) -> Result<(), Error> {
    let values = vec![
        new.hash.as_str().into(),
        new.media_type.as_str().into(),
        new.bytes.as_slice().into(),
        now.as_microsecond().into(),
        actor.into(),
    ];
    db.execute(KEEP, values).await
}

fn route(route: &[Code]) -> Value {
    route.iter().map(Code::as_str).collect::<Vec<_>>().join("|").into()
}

fn one(changed: u64, code: &Code) -> Result<(), Error> {
    if changed == 1 { Ok(()) } else { Err(Error::Conflict(message!("transfer-changed", code))) }
}

async fn next(conn: &mut Conn, sql: &str, code: &Code) -> Result<i64, Error> {
    conn.row(sql, vec![code.into()]).await?.map_or(Ok(1), |row| row.integer(0))
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
        0.into(),
    ];
    let into = "INSERT INTO consignment (code, state, consignor, consignee, origin, destination, place, route, passed, created_at, departs_at, arrives_at, remark, made_from, version)";
    conn.insert(Insert::new(into, vec![row])).await?;
    see(conn, &new.code, audiences).await
}

/// Those who see a consignment, each once; who handles it and gives something in it, as who handles it.
async fn see(conn: &mut Conn, code: &Code, audiences: &[(Code, bool)]) -> Result<(), Error> {
    for owner in [true, false] {
        for (audience, _) in audiences.iter().filter(|(_, handles)| *handles == owner) {
            conn.execute(SEES_TOO, vec![code.into(), audience.into(), i64::from(owner).into()]).await?;
        }
    }
    Ok(())
}

async fn set(conn: &mut Conn, changed: &Consignment) -> Result<(), Error> {
    let values = vec![
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
    ];
    one(conn.execute(SET, values).await?, &changed.code)
}

fn line_rows(code: &Code, lines: &[Line]) -> Insert {
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
        ]
    };
    let into = "INSERT INTO consignment_line (consignment, line, plan, plan_line, offer, need, resource, quantity, present, condition, value_minor, value_currency, value_method, value_date, value_source, remark)";
    let then = "ON CONFLICT (consignment, line) DO UPDATE SET quantity = excluded.quantity, present = excluded.present, condition = excluded.condition, value_minor = excluded.value_minor, remark = excluded.remark";
    Insert::or(into, then, lines.iter().map(row).collect())
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
    conn.insert(Insert::new(into, (0..).zip(units).map(row).collect())).await
}

fn handling_rows(code: &Code, units: &[HandlingUnit]) -> Insert {
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
    Insert::or(into, then, units.iter().map(row).collect())
}

fn reached_row(code: &Code, number: i64, reached: &Reached, entry: i64) -> Vec<Value> {
    vec![
        code.into(),
        number.into(),
        reached.kind.as_str().into(),
        Value::from(&reached.place),
        Value::from(&reached.movement),
        reached.occurred_at.as_microsecond().into(),
        reached.recorded_at.as_microsecond().into(),
        reached.actor.as_str().into(),
        reached.remark.as_str().into(),
        entry.into(),
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

async fn new_variance(conn: &mut Conn, new: &Variance, units: &[Unit], entry: i64) -> Result<(), Error> {
    let row = vec![
        Value::from(&new.code),
        new.kind.as_str().into(),
        Value::from(&new.consignment),
        new.line.into(),
        Value::from(&new.place),
        Value::from(&new.holder),
        Value::from(&new.resource),
        new.description.as_str().into(),
        new.quantity.into(),
        new.account.as_ref().map(ToString::to_string).into(),
        Value::from(&new.offer),
        Value::from(&new.need),
        new.occurred_at.as_microsecond().into(),
        new.recorded_at.as_microsecond().into(),
        new.actor.as_str().into(),
        new.remark.as_str().into(),
        new.due_at.as_microsecond().into(),
        entry.into(),
    ];
    let into = "INSERT INTO variance (code, kind, consignment, line, place, holder, resource, description, quantity, account, offer, need, occurred_at, recorded_at, actor, remark, due_at, entry)";
    conn.insert(Insert::new(into, vec![row])).await?;
    let unit = |(number, unit): (i64, &Unit)| {
        vec![
            Value::from(&new.code),
            number.into(),
            unit.lot.as_str().into(),
            unit.serial.as_str().into(),
            unit.quantity.into(),
        ]
    };
    let into = "INSERT INTO variance_unit (variance, number, lot, serial, quantity)";
    conn.insert(Insert::new(into, (0..).zip(units).map(unit).collect())).await
}

async fn count_it(conn: &mut Conn, variance: &Code, count: &Count) -> Result<(), Error> {
    let row = vec![
        variance.into(),
        count.actor.as_str().into(),
        count.quantity.into(),
        count.counted_at.as_microsecond().into(),
        count.remark.as_str().into(),
    ];
    let into = "INSERT INTO variance_count (variance, actor, quantity, counted_at, remark)";
    conn.insert(Insert::new(into, vec![row])).await
}

async fn new_handover(conn: &mut Conn, code: &Code, new: &Handover, entry: i64) -> Result<(), Error> {
    let row = vec![
        Value::from(&new.code),
        code.into(),
        new.milestone.into(),
        Value::from(&new.place),
        new.occurred_at.as_microsecond().into(),
        new.statement.as_str().into(),
        new.hash.as_str().into(),
        new.seal.as_str().into(),
        entry.into(),
    ];
    let into = "INSERT INTO handover (code, consignment, milestone, place, occurred_at, statement, hash, seal, entry)";
    conn.insert(Insert::new(into, vec![row])).await
}
