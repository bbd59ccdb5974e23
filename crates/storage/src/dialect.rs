//! Everything in which the two engines differ, side by side.

use muster_domain::picture::SHAPES;

use crate::{
    batch::{Batch, ROWS},
    value::Value,
};

/// A database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, in one file.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Engine {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// After a text: it is compared byte by byte, whatever the database's own order is.
    pub(crate) fn by_bytes(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " COLLATE \"C\"",
        }
    }

    /// Begins a transaction that will write.
    pub(crate) fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Begins a transaction that sees one state of the database throughout.
    pub(crate) fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        }
    }

    /// Places for a list of values. SQLite takes `$1` for a name and looks through all names for each value that is bound, so that a
    /// thousand values would cost ten times what they should: it gets `?`. A statement that has a list has no other values.
    pub(crate) fn list(self, length: usize) -> String {
        let place = |n: usize| match self {
            Self::Sqlite => "?".to_owned(),
            Self::Postgres => format!("${}", n + 1),
        };
        format!("({})", (0..length).map(place).collect::<Vec<_>>().join(","))
    }

    /// How many of `rows` rows one statement takes.
    pub(crate) fn rows_at_once(self, rows: usize, width: usize) -> usize {
        match self {
            // At most 32,766 values; and few different numbers of rows, so that few statements are prepared.
            Self::Sqlite => {
                let most = (30_000 / width.max(1)).clamp(1, rows.max(1));
                [512, 256, 128, 64, 32, 16, 8, 4, 3, 2].into_iter().find(|n| *n <= most).unwrap_or(1)
            }
            // Any number: the rows go as one list for each column, so the statement is the same.
            Self::Postgres => rows.clamp(1, 10_000),
        }
    }

    /// Whether batches of so many rows in all may be one text.
    pub(crate) fn takes_at_once(self, rows: usize) -> bool {
        match self {
            // Few, so that few texts are prepared.
            Self::Sqlite => rows <= 16,
            Self::Postgres => rows <= 20_000,
        }
    }

    /// One text for one batch, or for several in a transaction of its own: statements that the driver runs one after the
    /// other (SQLite), or one statement with parts (PostgreSQL). So a commit costs one exchange with the engine instead of six. The
    /// parts of PostgreSQL's statement see the tables as they were before; none reads what another writes, and references are checked
    /// at its end. It runs the main part first and then the others from the last to the first, hence their order: what is named first is
    /// what writers wait for. Nothing but the speed of two writers at once depends on that.
    pub(crate) fn together(self, batches: &[Batch], commit: bool) -> String {
        let mut number = 0;
        let mut parts: Vec<String> = Vec::new();
        for batch in batches {
            let rows = match self {
                Self::Sqlite => {
                    let row = self.list(batch.width());
                    format!("VALUES {}", vec![row; batch.rows.len()].join(","))
                }
                Self::Postgres => {
                    let column = |value: &Value| {
                        number += 1;
                        let kind = match value {
                            Value::Integer(_) => "BIGINT",
                            Value::Text(_) => "TEXT",
                            Value::Bytes(_) => "BYTEA",
                        };
                        format!("${number}::{kind}[]")
                    };
                    let columns: Vec<String> = batch.rows.first().into_iter().flatten().map(column).collect();
                    let names: Vec<String> = (1..=batch.width()).map(|n| format!("column{n}")).collect();
                    format!("SELECT * FROM UNNEST({}) AS r({})", columns.join(", "), names.join(", "))
                }
            };
            parts.push(batch.sql.replace(ROWS, &rows));
        }
        match self {
            Self::Sqlite if commit => format!("{}; {}; COMMIT", self.begin_write(), parts.join("; ")),
            Self::Sqlite => parts.join("; "),
            Self::Postgres => {
                let main = parts.remove(0);
                let others: Vec<String> =
                    parts.iter().enumerate().rev().map(|(n, part)| format!("part_{n} AS ({part})")).collect();
                if others.is_empty() { main } else { format!("WITH {} {main}", others.join(", ")) }
            }
        }
    }

    /// Fills the gaps `{blob}` and `{clustered}` of a schema's text.
    pub(crate) fn schema(self, text: &str) -> String {
        let (blob, clustered) = match self {
            Self::Sqlite => ("BLOB", "WITHOUT ROWID"),
            Self::Postgres => ("BYTEA", ""),
        };
        text.replace("{blob}", blob).replace("{clustered}", clustered)
    }

    /// Statements that make a table's rows unchangeable.
    pub(crate) fn append_only(self, table: &str) -> Vec<String> {
        match self {
            Self::Sqlite => ["UPDATE", "DELETE"]
                .iter()
                .map(|verb| {
                    format!(
                        "CREATE TRIGGER {table}_no_{} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
                        verb.to_lowercase()
                    )
                })
                .collect(),
            Self::Postgres => vec![
                format!(
                    "CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
                ),
                format!(
                    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
                ),
            ],
        }
    }

    /// Statements that let rows of a table go whose rows are unchangeable: what is there stays as it is.
    pub(crate) fn swept(self, table: &str) -> Vec<String> {
        match self {
            Self::Sqlite => vec![format!("DROP TRIGGER {table}_no_delete")],
            Self::Postgres => vec![
                format!("DROP TRIGGER {table}_append_only ON {table}"),
                format!(
                    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
                ),
            ],
        }
    }

    /// The condition that one text contains another, letter for letter.
    pub(crate) fn contains(self, text: &str, part: &str) -> String {
        match self {
            Self::Sqlite => format!("INSTR({text}, {part}) > 0"),
            Self::Postgres => format!("STRPOS({text}, {part}) > 0"),
        }
    }

    /// What takes the log, in which changes stand first, into the tables as far as nobody waits for it.
    pub(crate) fn shorten_log(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("PRAGMA wal_checkpoint(PASSIVE)"),
            Self::Postgres => None,
        }
    }

    /// What takes the log, in which changes stand first, into the tables and empties it: by it alone nobody could read what was deleted. Its
    /// first column is 0 if it could. PostgreSQL's log goes to replicas and archives, and is no one file's.
    pub(crate) fn empty_log(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("PRAGMA wal_checkpoint(TRUNCATE)"),
            Self::Postgres => None,
        }
    }

    /// What makes a query tell how it would be gone about, and the column in which it does.
    pub(crate) fn explain(self) -> (&'static str, usize) {
        match self {
            Self::Sqlite => ("EXPLAIN QUERY PLAN", 3),
            Self::Postgres => ("EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF)", 0),
        }
    }

    /// Keeps two processes from preparing the same new database at once; held to the end of the transaction.
    pub(crate) fn lock_schema(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT pg_advisory_xact_lock(7305811203)"),
        }
    }

    /// Lists tables and columns as `table.column`, in any order.
    pub(crate) fn columns(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
            }
            Self::Postgres => {
                "SELECT CAST(table_name || '.' || column_name AS TEXT) FROM information_schema.columns WHERE table_schema = current_schema()"
            }
        }
    }
}

/// The tables of records, from their shapes. Both engines take the same text.
pub(crate) fn record_tables() -> Vec<(&'static str, String)> {
    SHAPES
        .iter()
        .map(|shape| {
            let mut parts: Vec<String> = Vec::new();
            for column in shape.columns {
                let kind = if column.integer { "BIGINT" } else { "TEXT" };
                let null = if column.required { " NOT NULL" } else { "" };
                let reference = match (column.refers_to)().filter(|_| !column.list) {
                    Some(sheet) => format!(" REFERENCES \"{sheet}\" (\"code\") DEFERRABLE INITIALLY DEFERRED"),
                    None => String::new(),
                };
                parts.push(format!("    \"{}\" {kind}{null}{reference}", column.name));
            }
            let key: Vec<String> = shape.key.iter().map(|k| format!("\"{k}\"")).collect();
            parts.push(format!("    PRIMARY KEY ({})", key.join(", ")));
            (shape.sheet, format!("CREATE TABLE \"{}\" (\n{}\n);", shape.sheet, parts.join(",\n")))
        })
        .collect()
}
