//! The tables, and how a database comes by them.

use jiff::Timestamp;
use muster_domain::message;

use crate::{
    Error,
    db::{Conn, Db},
    dialect::record_tables,
    picture, statements, transfer,
};

/// The steps by which an empty database becomes one of Muster's, in order. A step that was released is never edited.
const STEPS: &[(i64, &str)] = &[
    (1, include_str!("../schema/0001_records.sql")),
    (2, include_str!("../schema/0002_ledger.sql")),
    (3, include_str!("../schema/0003_plan.sql")),
    (4, include_str!("../schema/0004_access.sql")),
    (5, include_str!("../schema/0005_webhooks.sql")),
    (SEARCH, include_str!("../schema/0006_search.sql")),
    (7, include_str!("../schema/0007_capacity.sql")),
    (8, include_str!("../schema/0008_replan.sql")),
    (9, include_str!("../schema/0009_transfer.sql")),
    (10, include_str!("../schema/0010_epcis.sql")),
    (11, include_str!("../schema/0011_third_party.sql")),
    (12, include_str!("../schema/0012_repair.sql")),
    (13, include_str!("../schema/0013_training.sql")),
    (14, include_str!("../schema/0014_told.sql")),
    (15, include_str!("../schema/0015_repair_cost.sql")),
    (16, include_str!("../schema/0016_schools.sql")),
    (17, include_str!("../schema/0017_pass_share.sql")),
    (18, include_str!("../schema/0018_conveyance.sql")),
    (19, include_str!("../schema/0019_passkeys.sql")),
    (20, include_str!("../schema/0020_escalation.sql")),
    (21, include_str!("../schema/0021_loss_report.sql")),
    (UNITS, include_str!("../schema/0022_unit.sql")),
    (23, include_str!("../schema/0023_repacking.sql")),
    (24, include_str!("../schema/0024_papers.sql")),
    (25, include_str!("../schema/0025_epcis_query.sql")),
    (26, include_str!("../schema/0026_ready_from.sql")),
    (27, include_str!("../schema/0027_line_origin.sql")),
    (28, include_str!("../schema/0028_disposal.sql")),
    (29, include_str!("../schema/0029_consignment_note.sql")),
    (30, include_str!("../schema/0030_epcis_capture.sql")),
    (31, include_str!("../schema/0031_phone_key.sql")),
    (32, include_str!("../schema/0032_found_later.sql")),
    (33, include_str!("../schema/0033_sent_to.sql")),
    (34, include_str!("../schema/0034_attachment.sql")),
    (35, include_str!("../schema/0035_worth.sql")),
    (37, include_str!("../schema/0037_unit_history.sql")),
    (38, include_str!("../schema/0038_milestone_taken_back.sql")),
    (39, include_str!("../schema/0039_variance_part.sql")),
    (40, include_str!("../schema/0040_put_right.sql")),
];

/// The step from which on texts are kept for searching; those of a database with records are written once, after all steps.
const SEARCH: i64 = 6;

/// The step from which on units in service are kept beside the journal; those that came before are worked out once, after all steps.
const UNITS: i64 = 22;

/// The step from which on it is kept which photographs and papers something names; what handovers name is looked up once, after all steps.
const NAMED: i64 = 34;

/// Of tables whose rows are never changed those that may lose some from a step on, since nothing names them.
const SWEPT: &[(i64, &str)] = &[(NAMED, "attachment")];

/// Tables whose rows are never changed, and the step that makes them.
const APPEND_ONLY: &[(i64, &str)] = &[
    (2, "seal_key"),
    (2, "account"),
    (2, "entry"),
    (2, "posting"),
    (2, "block"),
    (3, "allocation"),
    (3, "change"),
    (9, "milestone"),
    (9, "gate_override"),
    (9, "handover"),
    (9, "variance_count"),
    (9, "attachment"),
    (9, "inspection"),
    (10, "milestone_head"),
    (10, "milestone_line"),
    (10, "milestone_unit"),
    (10, "epcis_event"),
    (10, "epcis_name"),
    (12, "work_order_step"),
    (12, "work_order_note"),
    (13, "nomination_step"),
    (13, "attendance"),
    (13, "assessment"),
    (13, "certificate"),
    (13, "serial_remark"),
    (16, "nomination_journey"),
    (21, "not_found_escalation"),
    (27, "line_origin"),
    (28, "disposal"),
    (29, "consignment_note"),
    (29, "consignment_note_photo"),
    (38, "milestone_taken_back"),
    (39, "blind_count"),
    (40, "movement_correction"),
    (40, "disposal_taken_back"),
    (40, "inspection_taken_back"),
];

statements! {
    APPLIED = "SELECT number FROM schema_step ORDER BY number";
    APPLY = "INSERT INTO schema_step (number, applied_at) VALUES ($1, $2)";
}

/// Brings a database to the newest schema. Several processes may do so at once.
///
/// # Errors
/// If the engine fails, or the database was made by a newer Muster.
pub async fn migrate(db: &Db, now: Timestamp) -> Result<(), Error> {
    migrate_to(db, now, i64::MAX).await
}

/// Brings a database to the schema of a step, as Muster was then; later steps follow when it is brought to the newest.
///
/// # Errors
/// As [`migrate`].
pub async fn migrate_to(db: &Db, now: Timestamp, last: i64) -> Result<(), Error> {
    let mut conn = db.connect().await?;
    let engine = conn.engine();
    conn.run(engine.begin_write()).await?;
    if let Some(lock) = engine.lock_schema() {
        conn.run(lock).await?;
    }
    let outcome = steps(&mut conn, now, last).await;
    conn.run(if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    outcome
}

async fn steps(conn: &mut Conn, now: Timestamp, last: i64) -> Result<(), Error> {
    conn.run("CREATE TABLE IF NOT EXISTS schema_step (number BIGINT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)")
        .await?;
    let mut applied = Vec::new();
    for row in conn.rows(APPLIED, vec![]).await? {
        applied.push(row.integer(0)?);
    }
    if let Some(newer) = applied.iter().find(|n| !STEPS.iter().any(|(step, _)| step == *n)) {
        return Err(Error::Unfit(message!("database-is-newer", step = *newer)));
    }
    let engine = conn.engine();
    for (step, text) in STEPS.iter().filter(|(step, _)| *step <= last && !applied.contains(step)) {
        conn.run(&engine.schema(text)).await?;
        for (_, table) in APPEND_ONLY.iter().filter(|(made_in, _)| made_in == step) {
            for statement in engine.append_only(table) {
                conn.run(&statement).await?;
            }
        }
        for (_, table) in SWEPT.iter().filter(|(from, _)| from == step) {
            for statement in engine.swept(table) {
                conn.run(&statement).await?;
            }
        }
        conn.execute(APPLY, vec![(*step).into(), now.as_microsecond().into()]).await?;
    }
    let is_new = |step| last >= step && !applied.contains(&step);
    if is_new(SEARCH) {
        picture::make_sought(conn).await?;
    }
    if is_new(NAMED) {
        transfer::attachment::name_signed(conn).await?;
    }
    if is_new(UNITS) { transfer::unit::keep_all(conn).await } else { Ok(()) }
}

/// The text of each table of records as the domain now has it, by its sheet. The steps must lead to the same columns.
pub fn record_schema() -> Vec<(&'static str, String)> {
    record_tables()
}

/// Tables and columns of a database, as `table.column`, sorted.
///
/// # Errors
/// If the engine fails.
pub async fn columns(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let sql = conn.engine().columns();
    let mut columns = conn.rows(sql, vec![]).await?.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
    columns.sort();
    Ok(columns)
}
