//! Certificates of training: that somebody passed a course, what they can do, and by what that can be verified.

use jiff::{Timestamp, tz::TimeZone};
use typst::foundations::{Dict, IntoValue, dict};

use crate::{
    Error, LONGEST_TEXT, Languages, MOST_TEXT, at_most, data,
    data::{array, text},
    figures,
    papers::{Signature, Verification},
    press,
};
use muster_domain::message;

/// Most objectives, and most standards, on one certificate.
pub const MOST_OBJECTIVES: usize = 200;

/// What a certificate says. An empty text is not known.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The mission's name.
    pub mission: String,
    /// The certificate's code.
    pub number: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// The code by which the trainee is known.
    pub trainee: String,
    /// The course's name.
    pub course: String,
    /// How far it goes, as a word of the domain.
    pub level: String,
    /// Where.
    pub place: String,
    /// Who hosted it.
    pub host: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The language in which it was taught, by its two letters.
    pub language: String,
    /// What it meets.
    pub standards: Vec<String>,
    /// What the trainee can do.
    pub objectives: Vec<Objective>,
    /// Who signed.
    pub signed: Signature,
    /// By what it can be verified.
    pub verification: Verification,
}

/// What somebody who passed can do.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Its code.
    pub code: String,
    /// What they do, under which conditions, to which standard.
    pub text: String,
}

/// Prints a certificate: the bytes of a PDF, the same for the same certificate.
///
/// # Errors
/// If there is more than one certificate holds.
pub fn pdf(certificate: &Certificate, languages: Languages) -> Result<Vec<u8>, Error> {
    let most = |count| at_most(count, MOST_OBJECTIVES, |most| message!("document-lines-at-most", most));
    most(certificate.objectives.len())?;
    most(certificate.standards.len())?;
    let codes = languages.codes();
    let data = of(certificate, &codes);
    let (all, longest) = data::characters(&data);
    at_most(all, MOST_TEXT, |most| message!("document-text-at-most", most))?;
    at_most(longest, LONGEST_TEXT, |most| message!("document-one-text-at-most", most))?;
    let ident = format!("{}/training_certificate/{}/{}", certificate.mission, certificate.number, codes.join("-"));
    press::pdf("training_certificate", data, ident, certificate.issued_at).map_err(Error::Template)
}

fn of(it: &Certificate, languages: &[&str]) -> Dict {
    dict! {
        "languages" => array(languages.iter().copied()),
        "mission" => text(&it.mission),
        "number" => text(&it.number),
        "issued" => figures::time(it.issued_at, &it.zone),
        "zone" => it.zone.iana_name().unwrap_or_default(),
        "trainee" => text(&it.trainee),
        "course" => text(&it.course),
        "level" => it.level.as_str(),
        "place" => text(&it.place),
        "host" => text(&it.host),
        "from" => text(&it.from),
        "to" => text(&it.to),
        "language" => text(&it.language),
        "standards" => array(it.standards.iter().map(|standard| text(standard))),
        "objectives" => array(it.objectives.iter().map(|of| dict! { "code" => text(&of.code), "text" => text(&of.text) }.into_value())),
        "signed" => data::signature(&it.signed, &it.zone),
        "verification" => data::verification(&it.verification),
    }
}
