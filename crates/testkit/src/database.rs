//! A new database for each test, on either engine.

use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use muster_storage::{db::Db, dialect::Engine, schema};
use tempfile::TempDir;
use uuid::Uuid;

/// A database that is gone when it is dropped (SQLite), or with its server (PostgreSQL).
#[derive(Debug)]
pub struct TestDb {
    /// The database, its schema made.
    pub db: Db,
    /// Its address: a file for SQLite, a URL for PostgreSQL.
    pub address: String,
    _folder: Option<TempDir>,
}

/// Both engines.
pub const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// The address of the PostgreSQL server for tests; `scripts/with-postgres` starts one and sets it.
#[expect(clippy::disallowed_methods, reason = "tests are told their server by the environment")]
pub fn postgres_server() -> String {
    std::env::var("MUSTER_TEST_POSTGRES").expect(
        "MUSTER_TEST_POSTGRES is not set: run tests with `make test` or `scripts/with-postgres cargo nextest run`",
    )
}

/// A new database without tables.
pub async fn empty(engine: Engine) -> TestDb {
    match engine {
        Engine::Sqlite => {
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            let file = folder.path().join("muster.db");
            let db = Db::sqlite(&file).await.expect("SQLite opens a new file");
            TestDb { db, address: file.display().to_string(), _folder: Some(folder) }
        }
        Engine::Postgres => {
            let server = postgres_server();
            let name = format!("test_{}", Uuid::now_v7().simple());
            let admin = Db::postgres(&server).await.expect("the PostgreSQL server answers");
            let mut conn = admin.connect().await.expect("the PostgreSQL server answers");
            conn.run(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
            let (host, _) = server.rsplit_once('/').expect("the server's address ends with a database");
            let address = format!("{host}/{name}");
            let db = Db::postgres(&address).await.expect("the new database answers");
            TestDb { db, address, _folder: None }
        }
    }
}

/// A new database with all tables.
pub async fn database(engine: Engine) -> TestDb {
    let database = empty(engine).await;
    schema::migrate(&database.db, Timestamp::UNIX_EPOCH).await.expect("a new database takes the schema");
    database
}

/// The key with which tests seal.
pub fn seal_key() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}
