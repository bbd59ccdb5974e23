//! What a document carries besides its pages: the sealed statement of a receipt or a certificate, so that who has the PDF needs no other
//! file to check it.

use hayro_syntax::{
    Pdf,
    object::{Dict, Name, Object, Stream},
};

/// The sealed statement, as JSON, that is attached to a receipt or a certificate; nothing if these bytes are no PDF, or it carries none or
/// several.
pub fn sealed(pdf: &[u8]) -> Option<Vec<u8>> {
    let pdf = Pdf::new(pdf.to_vec()).ok()?;
    let mut files = pdf.objects().into_iter().filter_map(|object| match object {
        Object::Stream(stream) if is_sealed(&stream) => stream.decoded().ok().map(|bytes| bytes.into_owned()),
        _ => None,
    });
    let first = files.next()?;
    files.next().is_none().then_some(first)
}

fn is_sealed(stream: &Stream<'_>) -> bool {
    let name = |dict: &Dict<'_>, key: &str| dict.get::<Name<'_>>(key).map(|name| name.to_vec());
    let dict = stream.dict();
    name(dict, "Type").as_deref() == Some(b"EmbeddedFile")
        && name(dict, "Subtype").is_some_and(|kind| kind == b"application/json")
}
