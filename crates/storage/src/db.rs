//! Connections, rows and values of both engines. Nothing outside this file and [`crate::dialect`] asks which engine it is.

use std::{
    path::Path,
    str::FromStr,
    sync::OnceLock,
    time::{Duration, Instant},
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool, Postgres, Row as _, Sqlite,
    SqliteConnection, SqlitePool, Transaction,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    query::Query,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};

use crate::{Error, dialect::Engine};
pub use crate::{batch::Batch, value::Value};

/// Where a database is.
#[derive(Clone, Debug)]
enum Address {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

#[derive(Clone, Debug)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A database, ready for use.
#[derive(Clone, Debug)]
pub struct Db {
    address: Address,
    readers: Pool,
    /// For single statements. Whoever runs one while they hold a view must not wait for views of others, who may do the same.
    writers: Pool,
}

/// Readers that may be at work at once.
const READERS: u32 = 8;

/// Single statements that may be at work at once.
const WRITERS: u32 = 2;

impl Db {
    /// Opens the SQLite database in `file`, which is made if it is absent. Every commit is on disk before it returns.
    ///
    /// # Errors
    /// If the file cannot be opened as a database.
    pub async fn sqlite(file: &Path) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30))
            // Of all pages in it SQLite looks at each in every commit that split one.
            .pragma("cache_size", "-16384")
            // A page that every commit touches goes from the log into the file once in 40 MB of log, not in 4.
            .pragma("wal_autocheckpoint", "10000")
            // What is deleted is written over: who trainees were is erased, not only no longer found.
            .pragma("secure_delete", "ON")
            .statement_cache_capacity(500)
            .disable_statement_logging();
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(options.clone()).await?;
        let writers = SqlitePoolOptions::new().max_connections(WRITERS).connect_lazy_with(options.clone());
        Ok(Self { address: Address::Sqlite(options), readers: Pool::Sqlite(readers), writers: Pool::Sqlite(writers) })
    }

    /// Opens a PostgreSQL database by its address (`postgres://user@host/name`).
    ///
    /// # Errors
    /// If the address is malformed, or the server cannot be reached or refuses.
    pub async fn postgres(url: &str) -> Result<Self, Error> {
        let options = PgConnectOptions::from_str(url)?.statement_cache_capacity(500).disable_statement_logging();
        let pool = |most| PgPoolOptions::new().max_connections(most).test_before_acquire(false);
        let readers = pool(READERS).connect_with(options.clone()).await?;
        let writers = pool(WRITERS).connect_lazy_with(options.clone());
        Ok(Self {
            address: Address::Postgres(options),
            readers: Pool::Postgres(readers),
            writers: Pool::Postgres(writers),
        })
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        match self.address {
            Address::Sqlite(_) => Engine::Sqlite,
            Address::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs one statement, in a transaction of its own.
    ///
    /// # Errors
    /// If the engine refuses.
    pub(crate) async fn execute(&self, sql: &str, values: Vec<Value>) -> Result<(), Error> {
        self.changed(sql, values).await.map(|_| ())
    }

    /// Runs one statement, in a transaction of its own, and tells how many rows it changed.
    ///
    /// # Errors
    /// If the engine refuses.
    pub(crate) async fn changed(&self, sql: &str, values: Vec<Value>) -> Result<u64, Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match &self.writers {
            Pool::Sqlite(pool) => bind_sqlite(sqlx::query(sql), values).execute(pool).await?.rows_affected(),
            Pool::Postgres(pool) => bind_postgres(sqlx::query(sql), values).execute(pool).await?.rows_affected(),
        })
    }

    /// A view of one state of the database.
    ///
    /// It begins in a task of its own, which goes on when nobody waits for it any more: sqlx gives a connection on which a beginning was
    /// given up back with the transaction open, and whoever came next could not write.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn read(&self) -> Result<Conn, Error> {
        let (begin, readers) = (self.engine().begin_read(), self.readers.clone());
        let begun = tokio::spawn(async move {
            Ok(match readers {
                Pool::Sqlite(pool) => Conn::SqliteRead(pool.begin_with(begin).await?),
                Pool::Postgres(pool) => Conn::PostgresRead(pool.begin_with(begin).await?),
            })
        });
        // The task neither panics nor is stopped, but for the end of the program.
        begun.await.map_err(|_| Error::Stopped)?
    }

    /// A connection of its own, for a writer. What it says again and again are lookups by keys, however many rows go with them: PostgreSQL
    /// need not think anew each time how to go about it.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn connect(&self) -> Result<Conn, Error> {
        Ok(match &self.address {
            Address::Sqlite(options) => Conn::Sqlite(SqliteConnection::connect_with(options).await?),
            Address::Postgres(options) => {
                let options = options.clone().options([("plan_cache_mode", "force_generic_plan")]);
                Conn::Postgres(PgConnection::connect_with(&options).await?)
            }
        })
    }

    /// Takes what was deleted out of the files of SQLite; gives whether that could be done: it cannot while somebody reads a state of before.
    /// PostgreSQL keeps what was deleted until its next vacuum, and in its log.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn forget(&self) -> Result<bool, Error> {
        let Some(sql) = self.engine().empty_log() else { return Ok(true) };
        let mut conn = self.connect().await?;
        // Writers wait meanwhile, so it does not wait long.
        conn.run("PRAGMA busy_timeout = 2000").await?;
        conn.row(sql, vec![]).await?.map_or(Ok(true), |row| Ok(row.integer(0)? == 0))
    }

    /// Closes all connections but those that callers made for themselves.
    pub async fn close(&self) {
        for pool in [&self.readers, &self.writers] {
            match pool {
                Pool::Sqlite(pool) => pool.close().await,
                Pool::Postgres(pool) => pool.close().await,
            }
        }
    }
}

/// A connection, or a reader's transaction on one.
#[derive(Debug)]
pub enum Conn {
    /// A writer's, to SQLite.
    Sqlite(SqliteConnection),
    /// A writer's, to PostgreSQL.
    Postgres(PgConnection),
    /// A reader's, to SQLite.
    SqliteRead(Transaction<'static, Sqlite>),
    /// A reader's, to PostgreSQL.
    PostgresRead(Transaction<'static, Postgres>),
}

/// Runs `$body` with `$conn` bound to the engine's connection and `$bind` to the function that binds values.
macro_rules! on {
    ($self:expr, |$conn:ident, $bind:ident, $row:ident| $body:expr) => {
        match $self {
            Conn::Sqlite($conn) => {
                let ($bind, $row) = (bind_sqlite, Row::Sqlite);
                $body
            }
            Conn::Postgres($conn) => {
                let ($bind, $row) = (bind_postgres, Row::Postgres);
                $body
            }
            Conn::SqliteRead(read) => {
                let ($conn, $bind, $row) = (&mut **read, bind_sqlite, Row::Sqlite);
                $body
            }
            Conn::PostgresRead(read) => {
                let ($conn, $bind, $row) = (&mut **read, bind_postgres, Row::Postgres);
                $body
            }
        }
    };
}

impl Conn {
    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) | Self::SqliteRead(_) => Engine::Sqlite,
            Self::Postgres(_) | Self::PostgresRead(_) => Engine::Postgres,
        }
    }

    /// Runs a statement and tells how many rows it changed.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn execute(&mut self, sql: &str, values: Vec<Value>) -> Result<u64, Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, |conn, bind, _row| Ok(bind(sqlx::query(sql), values).execute(conn).await?.rows_affected()))
    }

    /// Runs statements that take no values.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn run(&mut self, sql: &str) -> Result<(), Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, |conn, _bind, _row| sqlx::raw_sql(sql).execute(conn).await.map(|_| ())?);
        Ok(())
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn rows(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        let watch = Watch::begin(&values);
        let text = AssertSqlSafe(sql.to_owned());
        let rows = on!(self, |conn, bind, row| {
            let rows = bind(sqlx::query(text), values).fetch_all(conn).await?;
            rows.into_iter().map(row).collect()
        });
        watch.end(sql);
        Ok(rows)
    }

    /// How the engine goes about a query, line by line.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn explain(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<String>, Error> {
        let (explain, column) = self.engine().explain();
        let rows = self.rows(&format!("{explain} {sql}"), values).await?;
        rows.iter().map(|row| row.text(column)).collect()
    }

    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn row(&mut self, sql: &str, values: Vec<Value>) -> Result<Option<Row>, Error> {
        let watch = Watch::begin(&values);
        let text = AssertSqlSafe(sql.to_owned());
        let found = on!(self, |conn, bind, row| bind(sqlx::query(text), values).fetch_optional(conn).await?.map(row));
        watch.end(sql);
        Ok(found)
    }

    /// Prepares a statement without running it.
    ///
    /// # Errors
    /// If the engine does not take it.
    pub async fn prepare(&mut self, sql: &str) -> Result<(), Error> {
        // With what everybody sees, which is the shortest condition.
        let sql = sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(sql.replace(crate::sight::SIGHT, "1 = 1")));
        on!(self, |conn, _bind, _row| conn.prepare(sql).await.map(|_| ())?);
        Ok(())
    }

    /// Inserts rows, many to a statement.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn insert(&mut self, batch: Batch) -> Result<(), Error> {
        self.change(batch).await.map(|_| ())
    }

    /// Runs a statement with its rows, many at once, and tells how many rows of its table it changed.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn change(&mut self, mut batch: Batch) -> Result<u64, Error> {
        let mut changed = 0;
        while !batch.rows.is_empty() {
            let rest = batch.rows.split_off(self.engine().rows_at_once(batch.rows.len(), batch.width()));
            let rows = std::mem::replace(&mut batch.rows, rest);
            changed += self.change_now(vec![Batch { sql: batch.sql.clone(), rows }], false).await?;
        }
        Ok(changed)
    }

    /// Inserts rows into several tables, in order. Few rows take one exchange with the engine.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn insert_all(&mut self, mut batches: Vec<Batch>) -> Result<(), Error> {
        batches.retain(|batch| !batch.rows.is_empty());
        if !batches.is_empty() && self.engine().takes_at_once(batches.iter().map(|batch| batch.rows.len()).sum()) {
            return self.change_now(batches, false).await.map(|_| ());
        }
        for batch in batches {
            self.insert(batch).await?;
        }
        Ok(())
    }

    /// Inserts rows into several tables, in order, in a transaction of its own. Few rows take one exchange with the engine.
    ///
    /// # Errors
    /// If the engine refuses; the transaction may then still be open.
    pub async fn commit(&mut self, mut batches: Vec<Batch>) -> Result<(), Error> {
        batches.retain(|batch| !batch.rows.is_empty());
        if batches.is_empty() {
            return Ok(());
        }
        if self.engine().takes_at_once(batches.iter().map(|batch| batch.rows.len()).sum()) {
            return self.change_now(batches, true).await.map(|_| ());
        }
        self.run(self.engine().begin_write()).await?;
        self.insert_all(batches).await?;
        self.run("COMMIT").await
    }

    /// Sends one text with all rows.
    async fn change_now(&mut self, batches: Vec<Batch>, commit: bool) -> Result<u64, Error> {
        let sql = self.engine().together(&batches, commit);
        let rows = batches.into_iter().map(|batch| batch.rows);
        let conn = match self {
            Self::Postgres(conn) => conn,
            Self::PostgresRead(read) => &mut **read,
            _ => return self.execute(&sql, rows.flatten().flatten().collect()).await,
        };
        let query = rows.flat_map(columns).fold(sqlx::query(AssertSqlSafe(sql)), |query, column| match column {
            Column::Integer(column) => query.bind(column),
            Column::Text(column) => query.bind(column),
            Column::Bytes(column) => query.bind(column),
        });
        Ok(query.execute(conn).await?.rows_affected())
    }

    /// The rows of a query for a set of values: `{}` in `sql` stands for the list.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn rows_in(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Vec<Row>, Error> {
        let values: Vec<Value> = values.into_iter().collect();
        let mut found = Vec::new();
        for chunk in values.chunks(512) {
            // Lists are filled up with their first value to a few lengths, so that few statements are prepared.
            let length = [1, 4, 32, 512].into_iter().find(|n| *n >= chunk.len()).unwrap_or(512);
            let filled = chunk.iter().chain(std::iter::repeat(&chunk[0])).take(length).cloned().collect();
            found.extend(self.rows(&sql.replace("{}", &self.engine().list(length)), filled).await?);
        }
        Ok(found)
    }
}

/// A query that takes longer is told to the operator, without its values.
const SLOW: Duration = Duration::from_secs(1);

/// Who looks at every query: its text, its values, how long it took.
pub type Watcher = fn(&str, &[Value], Duration);

static WATCHER: OnceLock<Watcher> = OnceLock::new();

/// Has every query of this process looked at, from now on; for benchmarks. The first watcher stays.
pub fn watch(watcher: Watcher) {
    WATCHER.get_or_init(|| watcher);
}

/// A query on its way.
struct Watch {
    began: Instant,
    /// Its values, if somebody looks.
    values: Vec<Value>,
}

impl Watch {
    fn begin(values: &[Value]) -> Self {
        let values = if WATCHER.get().is_some() { values.to_vec() } else { Vec::new() };
        Self { began: Instant::now(), values }
    }

    fn end(self, sql: &str) {
        let took = self.began.elapsed();
        if let Some(watcher) = WATCHER.get() {
            watcher(sql, &self.values, took);
        }
        if took >= SLOW {
            tracing::warn!(seconds = took.as_secs_f64(), sql, "a query was slow");
        }
    }
}

/// The values of one column, as PostgreSQL takes them.
enum Column {
    Integer(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Vec<u8>>),
}

fn columns(rows: Vec<Vec<Value>>) -> Vec<Column> {
    let count = rows.len();
    let column = |value: &Value| match value {
        Value::Integer(_) => Column::Integer(Vec::with_capacity(count)),
        Value::Text(_) => Column::Text(Vec::with_capacity(count)),
        Value::Bytes(_) => Column::Bytes(Vec::with_capacity(count)),
    };
    let mut columns: Vec<Column> = rows.first().into_iter().flatten().map(column).collect();
    for (column, value) in rows.into_iter().flat_map(|row| (0..row.len()).zip(row)) {
        match (&mut columns[column], value) {
            (Column::Integer(column), Value::Integer(value)) => column.push(value),
            (Column::Text(column), Value::Text(value)) => column.push(value),
            (Column::Bytes(column), Value::Bytes(value)) => column.push(value),
            _ => unreachable!("a column has one kind of value"),
        }
    }
    columns
}

type SqliteQuery = Query<'static, Sqlite, SqliteArguments>;
type PostgresQuery = Query<'static, Postgres, PgArguments>;

fn bind_sqlite(query: SqliteQuery, values: Vec<Value>) -> SqliteQuery {
    values.into_iter().fold(query, |query, value| match value {
        Value::Integer(n) => query.bind(n),
        Value::Text(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}

fn bind_postgres(query: PostgresQuery, values: Vec<Value>) -> PostgresQuery {
    values.into_iter().fold(query, |query, value| match value {
        Value::Integer(n) => query.bind(n),
        Value::Text(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}

/// A row of a result.
#[derive(Debug)]
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

macro_rules! get {
    ($self:expr, $column:expr) => {
        match $self {
            Row::Sqlite(row) => row.try_get($column),
            Row::Postgres(row) => row.try_get($column),
        }
        .map_err(|error| Error::Corrupt(error.to_string()))
    };
}

impl Row {
    /// A whole number.
    ///
    /// # Errors
    /// If the column holds something else.
    pub fn integer(&self, column: usize) -> Result<i64, Error> {
        get!(self, column)
    }

    /// A whole number that may be absent.
    ///
    /// # Errors
    /// If the column holds something else.
    pub fn maybe_integer(&self, column: usize) -> Result<Option<i64>, Error> {
        get!(self, column)
    }

    /// Text.
    ///
    /// # Errors
    /// If the column holds something else.
    pub fn text(&self, column: usize) -> Result<String, Error> {
        get!(self, column)
    }

    /// Text that may be absent.
    ///
    /// # Errors
    /// If the column holds something else.
    pub fn maybe_text(&self, column: usize) -> Result<Option<String>, Error> {
        get!(self, column)
    }

    /// Bytes.
    ///
    /// # Errors
    /// If the column holds something else.
    pub fn bytes(&self, column: usize) -> Result<Vec<u8>, Error> {
        get!(self, column)
    }

    /// A field of the domain, kept as its text.
    ///
    /// # Errors
    /// If the column holds something else.
    pub fn word<F: muster_domain::field::Field>(&self, column: usize) -> Result<F, Error> {
        let text = self.text(column)?;
        F::parse(&text).map_err(|right| Error::Corrupt(format!("`{text}` must be {right}")))
    }

    /// A code that may be absent.
    ///
    /// # Errors
    /// If the column holds something else.
    pub fn maybe_code(&self, column: usize) -> Result<Option<muster_domain::code::Code>, Error> {
        let Some(text) = self.maybe_text(column)? else { return Ok(None) };
        muster_domain::code::Code::new(&text)
            .map(Some)
            .map_err(|right| Error::Corrupt(format!("`{text}` must be {right}")))
    }

    /// A day that may be absent, kept as text.
    ///
    /// # Errors
    /// If the column holds something else.
    pub fn maybe_date(&self, column: usize) -> Result<Option<jiff::civil::Date>, Error> {
        let Some(text) = self.maybe_text(column)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Error::Corrupt(format!("`{text}` must be a date")))
    }

    /// A point in time, kept as microseconds.
    ///
    /// # Errors
    /// If the column holds something else.
    pub fn timestamp(&self, column: usize) -> Result<jiff::Timestamp, Error> {
        jiff::Timestamp::from_microsecond(self.integer(column)?).map_err(|error| Error::Corrupt(error.to_string()))
    }

    /// A point in time that may be absent, kept as microseconds.
    ///
    /// # Errors
    /// If the column holds something else.
    pub fn maybe_timestamp(&self, column: usize) -> Result<Option<jiff::Timestamp>, Error> {
        self.maybe_integer(column)?.map_or(Ok(None), |_| self.timestamp(column).map(Some))
    }
}

impl Error {
    /// Whether the database did not answer: what it was asked to do may have been done.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::Database(error) if !matches!(error, sqlx::Error::Database(_)))
    }

    /// Whether another writer was faster, so that trying again may succeed.
    pub(crate) fn is_contention(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return matches!(self, Self::Overtaken) };
        // Unique violation; serialization failure and deadlock of PostgreSQL; SQLite's busy.
        error.is_unique_violation() || matches!(error.code().as_deref(), Some("40001" | "40P01" | "5" | "517"))
    }
}
