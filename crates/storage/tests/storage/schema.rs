//! The tables are the same on both engines, and both take every statement.

use muster_storage::{all_statements, schema};
use muster_testkit::database::{ENGINES, database};

#[test]
fn the_tables_of_records_are_those_of_the_domain() {
    let file = include_str!("../../schema/0001_records.sql");
    assert!(file == schema::record_schema(), "schema/0001_records.sql should be:\n{}", schema::record_schema());
}

#[tokio::test]
async fn both_engines_have_the_same_columns() {
    let mut found = Vec::new();
    for engine in ENGINES {
        let database = database(engine).await;
        let mut conn = database.db.read().await.unwrap();
        found.push(schema::columns(&mut conn).await.unwrap());
    }
    assert_eq!(found[0], found[1]);
    assert!(found[0].len() > 200, "only {} columns", found[0].len());
}

#[tokio::test]
async fn both_engines_take_every_statement() {
    for engine in ENGINES {
        let database = database(engine).await;
        let mut conn = database.db.read().await.unwrap();
        for (name, sql) in all_statements() {
            conn.prepare(sql).await.unwrap_or_else(|error| panic!("{} does not take {name}: {error}", engine.name()));
        }
    }
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    for engine in ENGINES {
        let database = database(engine).await;
        schema::migrate(&database.db, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    }
}
