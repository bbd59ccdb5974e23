//! Documents of consignments: which are needed, and each as a PDF.

use muster_app::{
    documents::{Language, Languages},
    transfer::papers::Asked,
};
use muster_domain::{document::DocumentKind, field::Field as _};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure},
    call::Call,
    given::{Field, Kind, may, words},
    schema,
};
use crate::{problem::Kind as Problem, text};

pub(crate) fn list_schema() -> Value {
    let donors = schema::list(schema::text());
    let needed = schema::object([("kind", schema::text()), ("why", schema::text()), ("donors", donors)]);
    schema::object([("documents", schema::list(needed))])
}

pub(crate) async fn list(call: Call) -> Result<Answer, Failure> {
    let needed = call.site.app.documents(call.viewer(), call.part("consignment")).await?;
    let all = needed.iter().map(|one| {
        let donors: Vec<_> = one.donors.iter().map(ToString::to_string).collect();
        json!({ "kind": one.needed.kind.as_str(), "why": text::words(&one.needed.why), "donors": donors })
    });
    Ok(Answer::json(json!({ "documents": all.collect::<Vec<_>>() })))
}

pub(crate) fn print_fields() -> Vec<Field> {
    language_fields().into_iter().chain([may("handover", Kind::Text(200)), may("donor", Kind::Text(64))]).collect()
}

pub(crate) async fn print(call: Call) -> Result<Answer, Failure> {
    let (code, kind) = (call.part("consignment"), call.part("kind"));
    let kind = DocumentKind::parse(kind).map_err(|_| Failure::new(Problem::NotFound))?;
    let (handover, donor) = (call.query.maybe("handover"), call.query.maybe("donor"));
    let asked = Asked { languages: languages(&call), handover, donor };
    let bytes = call.site.app.document(code, kind, &asked, &call.actor_for("")).await?;
    Ok(Answer::file("application/pdf", format!("{code}-{kind}.pdf"), bytes))
}

pub(crate) fn language_fields() -> Vec<Field> {
    vec![may("language", words(Language::ALL)), may("second", words(Language::ALL))]
}

/// In which languages a document is asked for.
pub(crate) fn languages(call: &Call) -> Option<Languages> {
    let language = |name: &str| Language::parse(call.query.text(name)).ok();
    Some(Languages { first: language("language")?, second: language("second") })
}
