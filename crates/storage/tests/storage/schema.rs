//! The tables are the same on both engines, and both take every statement.

use std::collections::BTreeSet;

use muster_domain::{picture::SHAPES, viewer::Viewer};
use muster_storage::{
    all_statements,
    list::{self, Query},
    schema,
};
use muster_testkit::database::{ENGINES, database, empty};

#[tokio::test]
async fn the_tables_of_records_are_those_of_the_domain() {
    for engine in ENGINES {
        let database = database(engine).await;
        let found = schema::columns(&mut database.db.read().await.unwrap()).await.unwrap();
        for shape in SHAPES {
            let table = format!("{}.", shape.sheet);
            let there: BTreeSet<&str> = found.iter().filter_map(|column| column.strip_prefix(&table)).collect();
            let wanted: BTreeSet<&str> = shape.columns.iter().map(|column| column.name).collect();
            let text = schema::record_schema().into_iter().find(|(sheet, _)| *sheet == shape.sheet).unwrap().1;
            assert_eq!(there, wanted, "on {} the table of {} should be:\n{text}", engine.name(), shape.sheet);
        }
    }
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

#[tokio::test]
async fn a_database_of_before_learns_what_a_search_looks_at() {
    for engine in ENGINES {
        let database = database(engine).await;
        let mut conn = database.db.connect().await.unwrap();
        // As a database was left by the steps before the sixth, with a record in it.
        for statement in [
            "DROP INDEX posting_of_serial",
            "DROP TABLE sought",
            "DELETE FROM schema_step WHERE number = 6",
            "INSERT INTO parties (code, name, kind, source, fictional) VALUES ('POL', 'Łódź Trust', 'nation', 'test', 'no')",
        ] {
            conn.run(statement).await.unwrap();
        }
        schema::migrate(&database.db, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
        let found = |text: &str| Query { sheet: "parties".into(), text: text.into(), limit: 10, ..Query::default() };
        for (text, expected) in [("łódź", 1), ("ŁÓDŹ T", 1), ("pol", 1), ("l_dz", 0), ("%", 0), ("lodz", 0)] {
            let rows = list::page(&mut conn, &Viewer::operator("t"), &found(text)).await.unwrap();
            assert_eq!(rows.len(), expected, "{}: {text}", engine.name());
        }
    }
}

#[tokio::test]
async fn a_query_tells_how_it_is_gone_about() {
    for engine in ENGINES {
        let database = database(engine).await;
        let mut conn = database.db.read().await.unwrap();
        let sql = "SELECT u.entry FROM posting u WHERE u.serial = $1 AND u.serial <> ''";
        let lines = conn.explain(sql, vec!["A-1".into()]).await.unwrap();
        assert!(lines.join("\n").contains("posting"), "{lines:?}");
    }
}

#[tokio::test]
async fn records_of_before_are_kept_when_columns_come() {
    for engine in ENGINES {
        let database = empty(engine).await;
        let now = jiff::Timestamp::UNIX_EPOCH;
        schema::migrate_to(&database.db, now, 5).await.unwrap();
        let mut conn = database.db.connect().await.unwrap();
        let party = "INSERT INTO parties (code, name, kind, source, fictional) VALUES ('POL', 'Poland', 'nation', 'test', 'no')";
        let fund = "INSERT INTO funds (code, name, holder, currency, source, fictional) VALUES ('F', 'Fund', 'POL', 'EUR', 'test', 'yes')";
        for statement in [party, fund] {
            conn.run(statement).await.unwrap();
        }
        schema::migrate(&database.db, now).await.unwrap();
        let rows = conn.rows("SELECT code, name, source FROM funds WHERE budget IS NULL", vec![]).await.unwrap();
        let texts: Vec<String> = (0..3).map(|n| rows[0].text(n).unwrap()).collect();
        assert_eq!((rows.len(), texts.join(" ")), (1, "F Fund test".into()));
    }
}
