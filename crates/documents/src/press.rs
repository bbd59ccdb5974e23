//! The press: templates, words and fonts of this crate, and nothing else, made into a PDF by typst. There is no folder, no network and
//! no clock that a template could reach.

use std::{collections::HashMap, sync::LazyLock};

use jiff::{Timestamp, tz::TimeZone};
use typst::{
    Library, LibraryExt, World,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Dict, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

/// Files of this crate by the names under which templates know them.
macro_rules! files {
    ($($name:literal)+) => { [$(($name, include_str!(concat!("../", $name)))),+] };
}

const FILES: [(&str, &str); 15] = files! {
    "templates/common.typ"
    "templates/packing_list.typ"
    "templates/manifest.typ"
    "templates/waybill.typ"
    "templates/form_302.typ"
    "templates/donation_certificate.typ"
    "templates/handover_receipt.typ"
    "templates/label.typ"
    "templates/training_certificate.typ"
    "words/en.toml"
    "words/uk.toml"
    "words/de.toml"
    "words/fr.toml"
    "words/pl.toml"
    "words/ja.toml"
};

/// Source Sans for Latin, Greek and Cyrillic; Noto Sans for Japanese, of which it has the characters of code page 932.
const FONTS: [&[u8]; 3] = [
    include_bytes!("../fonts/SourceSans3-Regular.otf"),
    include_bytes!("../fonts/SourceSans3-Semibold.otf"),
    include_bytes!("../fonts/NotoSansJP-Regular.otf"),
];

/// What is the same for all documents.
struct Stock {
    sources: HashMap<FileId, Source>,
    fonts: Vec<Font>,
    book: LazyHash<FontBook>,
}

static STOCK: LazyLock<Stock> = LazyLock::new(|| {
    let sources = FILES.iter().map(|(name, text)| (file(name), Source::new(file(name), (*text).to_owned())));
    let fonts: Vec<Font> = FONTS.iter().flat_map(|bytes| Font::iter(Bytes::new(*bytes))).collect();
    Stock { sources: sources.collect(), book: LazyHash::new(FontBook::from_fonts(&fonts)), fonts }
});

fn file(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("names of files are relative and plain");
    FileId::new(RootedPath::new(VirtualRoot::Project, path))
}

/// The files as a template reads them, for one document.
struct Sheet {
    library: LazyHash<Library>,
    main: FileId,
}

impl World for Sheet {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &STOCK.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let missing = || FileError::NotFound(id.get().vpath().get_without_slash().into());
        STOCK.sources.get(&id).cloned().ok_or_else(missing)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.source(id).map(Bytes::from_string)
    }

    fn font(&self, index: usize) -> Option<Font> {
        STOCK.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// Makes a PDF of a template and what it is given: the same bytes for the same data.
///
/// # Errors
/// What typst says. It is a fault of the template.
pub(crate) fn pdf(template: &str, data: Dict, ident: String, issued_at: Timestamp) -> Result<Vec<u8>, String> {
    let library = Library::builder().with_inputs(data).build();
    let sheet = Sheet { library: LazyHash::new(library), main: file(&format!("templates/{template}.typ")) };
    let document = typst::compile::<PagedDocument>(&sheet).output;
    let options = PdfOptions { ident: Smart::Custom(ident), timestamp: timestamp(issued_at), ..PdfOptions::default() };
    let made = document.and_then(|document| typst_pdf::pdf(&document, &options));
    // What typst remembers of a document is of use while it is set, and would stay for good.
    comemo::evict(0);
    made.map_err(|faults| faults.iter().map(told).collect::<Vec<_>>().join("; "))
}

fn told(fault: &SourceDiagnostic) -> String {
    let at = fault.span.id().map(|id| id.get().vpath().get_without_slash().to_owned());
    format!("{}: {}", at.as_deref().unwrap_or("pdf"), fault.message)
}

/// `None` for years that a PDF cannot name.
fn timestamp(at: Timestamp) -> Option<typst_pdf::Timestamp> {
    let utc = at.to_zoned_datetime(TimeZone::UTC);
    let two = |number: i8| number.unsigned_abs();
    let (date, time) = (utc.date(), utc.time());
    let (month, day) = (two(date.month()), two(date.day()));
    let (hour, minute, second) = (two(time.hour()), two(time.minute()), two(time.second()));
    let at = Datetime::from_ymd_hms(date.year().into(), month, day, hour, minute, second)?;
    Some(typst_pdf::Timestamp::new_utc(at))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use muster_domain::{
        consignment::HandlingUnitKind, course::CourseLevel, document::DocumentKind, lane::Mode, resource::ResourceState,
    };
    use toml::{Table, Value};

    use super::*;
    use crate::{
        Language,
        papers::{Doubt, Finding, Method},
    };

    fn words(language: Language) -> Table {
        let name = format!("words/{language}.toml");
        FILES.iter().find(|(file, _)| *file == name).expect("there are words for every language").1.parse().unwrap()
    }

    /// The gaps in the words for a key.
    fn gaps(said: &Value) -> BTreeSet<&str> {
        let parts = said.as_str().unwrap().split('{').skip(1);
        parts.map(|part| part.split_once('}').expect("a gap is closed").0).collect()
    }

    #[test]
    fn every_language_has_the_same_keys_with_the_same_gaps() {
        let english = words(Language::English);
        for language in Language::ALL {
            let words = words(*language);
            assert!(words.keys().eq(english.keys()), "{language}: the keys are those of English");
            for (key, said) in &words {
                assert_eq!(gaps(said), gaps(&english[key]), "{language}: {key}");
                assert_eq!(said.as_str().map(str::trim), said.as_str().filter(|said| !said.is_empty()), "{key}");
            }
        }
    }

    #[test]
    fn every_key_is_used_and_every_word_of_the_domain_has_one() {
        let templates: String =
            FILES.iter().filter(|(name, _)| name.ends_with(".typ")).map(|(_, text)| *text).collect();
        let mut made = BTreeSet::new();
        for mode in Mode::ALL {
            made.extend([format!("mode-{mode}"), format!("waybill-{mode}"), format!("waybill-{mode}-note")]);
        }
        made.extend(ResourceState::ALL.iter().map(|state| format!("state-{state}")));
        made.extend(CourseLevel::ALL.iter().map(|level| format!("level-{level}")));
        made.extend(HandlingUnitKind::ALL.iter().map(|kind| format!("packing-{kind}")));
        made.extend(Doubt::ALL.iter().map(|doubt| format!("doubt-{doubt}")));
        made.extend(Finding::ALL.iter().map(|finding| finding.to_string()));
        made.extend(Method::ALL.iter().map(|method| format!("method-{method}")));
        let english = words(Language::English);
        for key in &made {
            assert!(english.contains_key(key), "{key} has no words");
        }
        for key in english.keys() {
            assert!(made.contains(key) || templates.contains(&format!("\"{key}\"")), "no template says {key}");
        }
    }

    #[test]
    fn every_document_has_a_template() {
        for kind in DocumentKind::ALL {
            assert!(FILES.iter().any(|(name, _)| *name == format!("templates/{kind}.typ")), "{kind}");
        }
    }

    #[test]
    fn the_fonts_have_a_sign_for_every_letter_of_the_words() {
        for language in Language::ALL {
            for c in words(*language).values().flat_map(|said| said.as_str().unwrap().chars()) {
                let has = |font: &Font| font.info().coverage.contains(c.into());
                assert!(STOCK.fonts.iter().any(has), "{language}: {c:?}");
            }
        }
    }
}
