//! Everything in which the two engines differ, side by side.

use muster_domain::picture::SHAPES;

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
pub(crate) fn record_tables() -> Vec<String> {
    SHAPES
        .iter()
        .map(|shape| {
            let mut parts: Vec<String> = Vec::new();
            for column in shape.columns {
                let kind = if column.integer { "BIGINT" } else { "TEXT" };
                let null = if column.required { " NOT NULL" } else { "" };
                let list = (column.expected)().starts_with("a list");
                let reference = match (column.refers_to)().filter(|_| !list) {
                    Some(sheet) => format!(" REFERENCES \"{sheet}\" (\"code\") DEFERRABLE INITIALLY DEFERRED"),
                    None => String::new(),
                };
                parts.push(format!("    \"{}\" {kind}{null}{reference}", column.name));
            }
            let key: Vec<String> = shape.key.iter().map(|k| format!("\"{k}\"")).collect();
            parts.push(format!("    PRIMARY KEY ({})", key.join(", ")));
            format!("CREATE TABLE \"{}\" (\n{}\n);", shape.sheet, parts.join(",\n"))
        })
        .collect()
}
