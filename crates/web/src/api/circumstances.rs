//! When something happened, with which authority, and who signed: what every deed to a consignment may be given.

use muster_app::transfer::{
    custody::Circumstances,
    handover::{LONGEST_PASSKEY_PART, Means, Signed, Signer},
};
use muster_domain::{field::Field as _, gate::Gate, message};

use super::{
    answer::{Failure, Fault},
    given::{Field, Given, Kind, deed_fields, may, must},
};
use crate::problem::Kind as Problem;

/// Longest name or code.
const LONGEST: usize = 200;
/// Longest remark.
const REMARK: usize = 1_000;
/// Longest text that keys sign.
const SIGNED: usize = 1 << 20;

fn signer_fields() -> Vec<Field> {
    vec![
        must("name", Kind::Text(LONGEST)),
        may("party", Kind::Text(LONGEST)),
        may("pin", Kind::Text(20)),
        may("key", Kind::Text(LONGEST)),
        may("signature", Kind::Text(LONGEST)),
        may("authenticator_data", Kind::Text(LONGEST_PASSKEY_PART)),
        may("client_data", Kind::Text(LONGEST_PASSKEY_PART)),
        may("photo", Kind::Text(64)),
    ]
}

fn signed_fields() -> Vec<Field> {
    vec![
        must("hands_over", Kind::Object(signer_fields())),
        must("takes_over", Kind::Object(signer_fields())),
        may("text", Kind::Text(SIGNED)),
        may("photos", Kind::Texts(50, 64)),
    ]
}

/// Who hands over and who takes over, and how they sign.
pub(crate) fn signed_kind() -> Kind {
    Kind::Object(signed_fields())
}

pub(crate) fn circumstance_fields() -> [Field; 6] {
    let [version, reason] = deed_fields();
    [
        may("at", Kind::Moment),
        may("overrides", Kind::Texts(Gate::ALL.len(), 40)),
        may("signed", signed_kind()),
        may("remark", Kind::Text(REMARK)),
        version,
        reason,
    ]
}

pub(crate) fn circumstances(given: &Given) -> Result<Circumstances, Failure> {
    let wrong = |place: &[&str], said| Failure::new(Problem::Invalid).with(vec![Fault::at(place).says(said)]);
    let mut overrides = Vec::new();
    for gate in given.texts("overrides") {
        let gate = Gate::parse(&gate).map_err(|right| wrong(&["overrides"], message!("must-be", right)))?;
        overrides.push(gate);
    }
    let signed = given.object("signed", &signed_fields()).map(|signed| {
        let signer = |name: &'static str| {
            let given = signed.object(name, &signer_fields()).unwrap_or_default();
            let signature = given.text("signature").to_owned();
            let passkey = (given.maybe("authenticator_data"), given.maybe("client_data"));
            let means = match (given.maybe("pin"), given.maybe("key"), given.maybe("photo"), passkey) {
                (Some(pin), None, None, (None, None)) => Means::Pin(pin),
                (None, Some(key), None, (None, None)) => Means::Key { key, signature },
                (None, Some(key), None, (Some(authenticator_data), Some(client_data))) => {
                    Means::Passkey { key, signature, authenticator_data, client_data }
                }
                (None, None, Some(photo), (None, None)) => Means::Paper(photo),
                _ => return Err(wrong(&["signed", name], message!("one-means"))),
            };
            Ok(Signer { name: given.text("name").to_owned(), party: given.text("party").to_owned(), means })
        };
        let (from, to) = (signer("hands_over")?, signer("takes_over")?);
        Ok::<_, Failure>(Signed { from, to, text: signed.text("text").to_owned(), photos: signed.texts("photos") })
    });
    Ok(Circumstances {
        at: given.moment("at"),
        overrides,
        signed: signed.transpose()?,
        remark: given.text("remark").to_owned(),
    })
}
