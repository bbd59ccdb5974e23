//! The pages on a new database, and somebody who is signed in.

use std::{num::NonZeroU32, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use muster_app::{
    Actor, App, interchange::mission::Source, storage::dialect::Engine, storage::ledger::Ledger, user::Account,
};
use muster_domain::{role::Role, viewer::Viewer};
use muster_testkit::{
    FakeChance, FakeClock,
    database::{TestDb, database, seal_key},
};
use muster_web::Surroundings;
use serde_json::Value;
use tower::ServiceExt;

/// The second day of the second week of the demonstration.
const NOW: &str = "2026-09-15T09:30:00Z";

pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) app: App,
    pub(crate) clock: Arc<FakeClock>,
    /// The session of a coordinator who is an auditor and an administrator too.
    pub(crate) cookie: String,
    // Holds the folder of the database.
    pub(crate) db: TestDb,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) fn operator() -> Actor {
    Actor::new(Viewer::operator("tester"), "a test")
}

impl Site {
    pub(crate) async fn new(engine: Engine) -> Self {
        let db = database(engine).await;
        let clock = Arc::new(FakeClock::at(NOW));
        let ledger = Ledger::open(&db.db, seal_key(), clock.clone()).await.unwrap();
        let app = App::new(db.db.clone(), Some(ledger), clock.clone(), Arc::new(FakeChance::default()));
        let mut site = Self { router: muster_web::router(app.clone()), app, clock, cookie: String::new(), db };
        site.cookie = site.user("anna", "NSATU", &[Role::Coordinator, Role::Auditor, Role::Administrator]).await;
        site
    }

    /// The demonstration mission, its sheets changed by `change`.
    pub(crate) async fn demonstration(engine: Engine, change: impl Fn(&str, String) -> String) -> Self {
        let site = Self::new(engine).await;
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/mission");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let sources = files.filter(|path| path.extension().is_some_and(|ending| ending == "csv")).map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = change(&name, std::fs::read_to_string(&path).unwrap());
            Source { name, bytes: text.into_bytes() }
        });
        site.import(sources.collect()).await;
        site
    }

    /// One whose API takes any number of requests.
    pub(crate) fn unhurried(self) -> Self {
        let around = Surroundings { api_rate: NonZeroU32::MAX, ..Surroundings::default() };
        Self { router: muster_web::router_in(self.app.clone(), around), ..self }
    }

    pub(crate) async fn import(&self, sources: Vec<Source>) {
        let imported = self.app.import_mission(sources, &operator(), false).await.unwrap();
        assert!(imported.issues.is_empty(), "{:?}", imported.issues);
    }

    /// The session of somebody new.
    pub(crate) async fn user(&self, name: &str, party: &str, roles: &[Role]) -> String {
        let account =
            Account { name: name.into(), party: party.into(), roles: roles.iter().copied().collect(), disabled: false };
        let password = self.app.put_user(&account, None, &operator()).await.unwrap().unwrap();
        let form = format!("name={name}&password={password}");
        let answer = self.post("/sign-in", "", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    pub(crate) async fn ask(&self, method: &str, address: &str, cookie: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(address)
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin");
        self.answer(request.body(Body::empty()).unwrap()).await
    }

    /// As the coordinator.
    pub(crate) async fn get(&self, address: &str) -> Answer {
        self.ask("GET", address, &self.cookie).await
    }

    /// A form with a file, as a browser sends it.
    pub(crate) async fn send(
        &self,
        address: &str,
        cookie: &str,
        fields: &[(&str, &str)],
        file: Option<(&str, &[u8])>,
    ) -> Answer {
        let file = file.map(|(media_type, bytes)| ("file", media_type, bytes));
        self.send_files(address, cookie, fields, file.as_slice()).await
    }

    /// A form with files: the field of each, its media type and bytes.
    pub(crate) async fn send_files(
        &self,
        address: &str,
        cookie: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.bytes());
        }
        for (field, media_type, bytes) in files {
            let head =
                format!("--b\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"f\"\r\ncontent-type: ");
            body.extend(format!("{head}{media_type}\r\n\r\n").bytes());
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--b--\r\n");
        let request = Request::post(address)
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "multipart/form-data; boundary=b");
        self.answer(request.body(Body::from(body)).unwrap()).await
    }

    /// A write by the API.
    pub(crate) async fn call(&self, cookie: &str, address: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::post(format!("/api/v1{address}"))
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json");
        let answer = self.answer(request.body(Body::from(body.to_string())).unwrap()).await;
        (answer.status, serde_json::from_str(&answer.text).unwrap_or_default())
    }

    /// A form sent from our own pages.
    pub(crate) async fn post(&self, address: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::builder()
            .method("POST")
            .uri(address)
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        self.answer(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub(crate) async fn answer(&self, request: Request<Body>) -> Answer {
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 20_000_000).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: head.status, headers: head.headers, text }
    }

    /// The body of an answer as it is.
    pub(crate) async fn bytes(&self, request: Request<Body>) -> Vec<u8> {
        let body = self.router.clone().oneshot(request).await.unwrap().into_body();
        to_bytes(body, 10_000_000).await.unwrap().to_vec()
    }
}

pub(crate) fn as_is(_: &str, text: String) -> String {
    text
}
