//! Operations: what the API can be asked for. Each says all that its description and its checking need; the routes and the OpenAPI
//! document are both made from it.

use std::{borrow::Cow, future::Future, sync::Arc};

use axum::{
    extract::{Request, State},
    http::Method,
    routing::{MethodFilter, MethodRouter, on},
};
use futures_util::future::{BoxFuture, FutureExt};
use muster_domain::record::Shape;
use serde_json::Value;

use super::{
    answer::{Answer, Failure},
    call::{self, Call},
    given::Field,
};
use crate::{
    Site,
    auth::Asker,
    text::{self, say, say_with},
};

/// Who may ask; what they are told is decided by what they see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody.
    Anyone,
    /// Who has an account.
    Known,
}

/// What a body holds.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    None,
    /// A JSON object with these fields.
    Fields(Vec<Field>),
    /// A JSON object of one of these media types, by its schema.
    Object(&'static [&'static str], Value),
    /// Files to be imported.
    Files,
    /// One file of one of these media types, at most so many bytes long.
    Bytes(&'static [&'static str], usize),
    /// A document of somebody else's standard, in one of these media types, at most so many bytes long.
    Document(&'static [&'static str], usize),
}

/// What a good answer holds.
#[derive(Clone, Debug)]
pub(crate) enum Gives {
    None,
    Json(Value),
    /// A file of one of these media types.
    File(Vec<&'static str>),
    /// A document of somebody else's standard, in one of these media types.
    Document(&'static [&'static str]),
}

/// Where the API's own operations stand.
pub(crate) const OWN: &str = "/api/v1";

type Handler = Arc<dyn Fn(Call) -> BoxFuture<'static, Result<Answer, Failure>> + Send + Sync>;

/// One thing that the API can be asked for.
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// Below what it stands: [`OWN`], or the bindings of a standard.
    pub(crate) root: &'static str,
    /// From there on.
    pub(crate) path: String,
    /// The group in which it is described: the name of a text.
    pub(crate) tag: &'static str,
    /// Its name, and that of its text.
    pub(crate) name: &'static str,
    /// The sheet that it is about.
    pub(crate) shape: Option<&'static Shape>,
    pub(crate) access: Access,
    /// Whether it changes anything: then it takes a key, and no token for reading.
    pub(crate) writes: bool,
    /// Whether it changes only a record that is as the caller knew it.
    pub(crate) conditional: bool,
    /// Whether somebody may have been faster, although the caller names no state that they knew.
    pub(crate) contended: bool,
    /// Whether its answer names the record's state.
    pub(crate) etag: bool,
    /// Whether its answer names where something is found.
    pub(crate) location: bool,
    pub(crate) query: Vec<Field>,
    pub(crate) body: Content,
    pub(crate) status: u16,
    pub(crate) gives: Gives,
    pub(crate) handler: Handler,
}

impl Operation {
    fn new<F, Fut>(method: Method, path: impl Into<String>, name: &'static str, handler: F) -> Self
    where
        F: Fn(Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Answer, Failure>> + Send + 'static,
    {
        Self {
            writes: method != Method::GET,
            method,
            root: OWN,
            path: path.into(),
            tag: "",
            name,
            shape: None,
            access: Access::Known,
            conditional: false,
            contended: false,
            etag: false,
            location: false,
            query: Vec::new(),
            body: Content::None,
            status: 200,
            gives: Gives::None,
            handler: Arc::new(move |call| handler(call).boxed()),
        }
    }

    pub(crate) fn get<F, Fut>(path: impl Into<String>, name: &'static str, gives: Value, handler: F) -> Self
    where
        F: Fn(Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Answer, Failure>> + Send + 'static,
    {
        Self { gives: Gives::Json(gives), ..Self::new(Method::GET, path, name, handler) }
    }

    /// A request that changes something and is answered with JSON.
    pub(crate) fn write<F, Fut>(
        method: Method,
        path: impl Into<String>,
        name: &'static str,
        body: Content,
        gives: Value,
        handler: F,
    ) -> Self
    where
        F: Fn(Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Answer, Failure>> + Send + 'static,
    {
        Self { body, gives: Gives::Json(gives), ..Self::new(method, path, name, handler) }
    }

    /// A request that changes something and is answered with nothing.
    pub(crate) fn deed<F, Fut>(
        method: Method,
        path: impl Into<String>,
        name: &'static str,
        body: Content,
        handler: F,
    ) -> Self
    where
        F: Fn(Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Answer, Failure>> + Send + 'static,
    {
        Self { body, status: 204, ..Self::new(method, path, name, handler) }
    }

    pub(crate) fn anyone(self) -> Self {
        Self { access: Access::Anyone, ..self }
    }

    /// It changes nothing, whatever its method.
    pub(crate) fn looks(self) -> Self {
        Self { writes: false, ..self }
    }

    pub(crate) fn conditional(self) -> Self {
        Self { conditional: true, etag: true, ..self }
    }

    pub(crate) fn contended(self) -> Self {
        Self { contended: true, ..self }
    }

    pub(crate) fn etag(self) -> Self {
        Self { etag: true, ..self }
    }

    /// It makes something that is found elsewhere.
    pub(crate) fn makes(self, status: u16) -> Self {
        Self { status, location: true, ..self }
    }

    pub(crate) fn query(self, query: Vec<Field>) -> Self {
        Self { query, ..self }
    }

    pub(crate) fn of(self, shape: &'static Shape) -> Self {
        Self { shape: Some(shape), ..self }
    }

    pub(crate) fn file(self, media_types: Vec<&'static str>) -> Self {
        Self { gives: Gives::File(media_types), ..self }
    }

    /// It is one of a standard's bindings, which stand below `root`.
    pub(crate) fn below(self, root: &'static str) -> Self {
        Self { root, ..self }
    }

    /// It is answered with a document of somebody else's standard.
    pub(crate) fn document(self, media_types: &'static [&'static str]) -> Self {
        Self { gives: Gives::Document(media_types), ..self }
    }

    /// Its whole address.
    pub(crate) fn address(&self) -> String {
        format!("{}{}", self.root, self.path)
    }

    /// Its name among all operations.
    pub(crate) fn id(&self) -> String {
        match self.shape {
            Some(shape) => format!("{}-{}", self.name, shape.sheet.replace('_', "-")),
            None => self.name.to_owned(),
        }
    }

    /// What it does, for people.
    pub(crate) fn summary(&self) -> Cow<'static, str> {
        let name = format!("api-{}", self.name);
        match self.shape {
            Some(shape) => say_with(&name, &[("x", text::sheet(shape.sheet).into_owned().into())]).into(),
            None => say(&name),
        }
    }

    /// The names in its path.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    pub(crate) fn route(self: Arc<Self>) -> MethodRouter<Site> {
        let filter = MethodFilter::try_from(self.method.clone()).unwrap_or(MethodFilter::GET);
        on(filter, move |State(site): State<Site>, asker: Asker, request: Request| {
            call::run(self.clone(), site, asker, request)
        })
    }
}
