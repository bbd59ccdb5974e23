//! EPC URNs: names of things, kinds and patterns as EPCIS has written them from its first version, and the Digital Link that says the
//! same.
//!
//! Source: GS1 EPC Tag Data Standard 2.0, section 6 (pure identity URIs) and 8 (patterns). A URN shows how long the company's prefix is,
//! which a Digital Link does not, so there is no way back.

use crate::{message, message::Message};

use super::{
    check_digit, is_serial_character,
    link::{Link, encoded},
};

/// How the parts of a scheme, which are separated by dots, make a key.
#[derive(Debug, PartialEq, Eq)]
enum Form {
    /// Company prefix and reference, so many digits together, and a check digit.
    Number(usize),
    /// The same, with the reference's first digit before the prefix, as trade items and handling units have it.
    Turned(usize),
    /// Company prefix and a reference of any characters, so many together.
    Free(usize),
}

/// A scheme: its name, the key it makes, and what follows the number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scheme {
    name: &'static str,
    form: Form,
    key: &'static str,
    /// Most characters of the serial number, and the qualifier it becomes; without a name it is a part of the key.
    serial: Option<(usize, &'static str)>,
}

const fn scheme(name: &'static str, form: Form, key: &'static str, serial: Option<(usize, &'static str)>) -> Scheme {
    Scheme { name, form, key, serial }
}

const SCHEMES: &[Scheme] = &[
    scheme("id:sgtin", Form::Turned(13), "01", Some((20, "21"))),
    scheme("id:sscc", Form::Turned(17), "00", None),
    scheme("id:sgln", Form::Number(12), "414", Some((20, "254"))),
    scheme("id:grai", Form::Number(12), "8003", Some((16, ""))),
    scheme("id:giai", Form::Free(30), "8004", None),
    scheme("id:gsrn", Form::Number(17), "8018", None),
    scheme("id:gsrnp", Form::Number(17), "8017", None),
    scheme("id:gdti", Form::Number(12), "253", Some((17, ""))),
    scheme("id:cpi", Form::Free(30), "8010", Some((12, "8011"))),
    scheme("id:sgcn", Form::Number(12), "255", Some((12, ""))),
    scheme("id:ginc", Form::Free(30), "401", None),
    scheme("id:gsin", Form::Number(16), "402", None),
    scheme("id:upui", Form::Turned(13), "01", Some((28, "235"))),
    scheme("id:pgln", Form::Number(12), "417", None),
    scheme("class:lgtin", Form::Turned(13), "01", Some((20, "10"))),
    scheme("idpat:sgtin", Form::Turned(13), "01", Some((1, "*"))),
    scheme("idpat:grai", Form::Number(12), "8003", Some((1, "*"))),
    scheme("idpat:gdti", Form::Number(12), "253", Some((1, "*"))),
    scheme("idpat:sgcn", Form::Number(12), "255", Some((1, "*"))),
    scheme("idpat:cpi", Form::Free(30), "8010", Some((1, "*"))),
    scheme("idpat:upui", Form::Turned(13), "01", Some((1, "*"))),
];

/// Schemes that no key of GS1 says: general, of the United States' defence department, of aviation, containers and ships.
const OTHERS: &[&str] =
    &["id:gid:", "id:usdod:", "id:adi:", "id:bic:", "id:imovn:", "idpat:gid:", "idpat:usdod:", "idpat:adi:"];

/// The Digital Link that says the same as an EPC URN; `None` for those schemes that have none.
///
/// # Errors
/// If it is not a URN of a known scheme, or malformed.
pub fn link(urn: &str) -> Result<Option<Link>, Message> {
    let wrong = || message!("an-epc-urn");
    let rest = urn.strip_prefix("urn:epc:").ok_or_else(wrong)?;
    if let Some(parts) = OTHERS.iter().find_map(|name| rest.strip_prefix(name)) {
        let plain = parts.contains('.') || rest.starts_with("id:bic:") || rest.starts_with("id:imovn:");
        return if plain && parts.chars().all(|c| is_serial_character(c) || c == '#') {
            Ok(None)
        } else {
            Err(wrong())
        };
    }
    if let Some(parts) = rest.strip_prefix("id:itip:").or_else(|| rest.strip_prefix("idpat:itip:")) {
        return piece(parts, rest.starts_with("idpat:")).map(Some).ok_or_else(wrong);
    }
    let found = SCHEMES.iter().find_map(|scheme| Some((scheme, rest.strip_prefix(scheme.name)?.strip_prefix(':')?)));
    let (scheme, parts) = found.ok_or_else(wrong)?;
    scheme.link(parts).map(Some).ok_or_else(wrong)
}

impl Scheme {
    /// The scheme of single things that is called so.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        SCHEMES.iter().find(|scheme| scheme.name.strip_prefix("id:") == Some(name))
    }

    /// How many parts its names have.
    pub(super) fn parts(&self) -> usize {
        if self.serial.is_some() { 3 } else { 2 }
    }

    /// How many characters stand before the number.
    fn lead(&self) -> usize {
        usize::from(self.key == "8003")
    }

    /// The key without what makes it that of a single thing.
    pub(super) fn number(&self, prefix: &str, reference: &str) -> Option<String> {
        let number = match self.form {
            Form::Free(most) => free(prefix, reference, most)?,
            Form::Number(digits) => {
                checked(&format!("{prefix}{reference}")).filter(|number| number.len() == digits + 1)?
            }
            Form::Turned(digits) => turned(prefix, reference).filter(|number| number.len() == digits + 1)?,
        };
        Some(format!("{}{number}", "0".repeat(self.lead())))
    }

    /// Whether a link names a single thing of this scheme, or `class` all of a kind, under a company's prefix and a number, as far as
    /// these are given. How long the prefix is a link does not say: it is taken to begin like that.
    pub(super) fn fits(&self, link: &Link, prefix: Option<&str>, number: Option<&str>, class: bool) -> bool {
        let (value, qualifier) = (link.value(), link.qualifier().map(|(name, _)| name));
        let (before, length) = match self.form {
            Form::Turned(digits) => (1, digits + 1),
            Form::Number(digits) => (0, digits + 1),
            Form::Free(_) => (0, 0),
        };
        let begins = |prefix: &str| value.get(self.lead() + before..).is_some_and(|rest| rest.starts_with(prefix));
        let within = matches!(self.serial, Some((_, "")));
        let counts = |number: &str| if within { value.starts_with(number) } else { value == encoded(number) };
        let kind = match (self.serial.map(|(_, name)| name), qualifier) {
            (Some(""), None) => value.len() == self.lead() + length,
            // A location without extension is one, too.
            (None | Some("254"), None) => false,
            (Some(_), None) => true,
            (Some(own), Some(found)) if own == found => false,
            _ => return false,
        };
        link.key() == self.key && kind == class && prefix.is_none_or(begins) && number.is_none_or(counts)
    }

    fn link(&self, parts: &str) -> Option<Link> {
        let (prefix, rest) = parts.split_once('.')?;
        if !is_prefix(prefix) {
            return None;
        }
        let (reference, serial) = match (&self.serial, &self.form) {
            (None, _) => (rest, None),
            (Some(_), Form::Free(_)) => rest.rsplit_once('.').map(|(reference, serial)| (reference, Some(serial)))?,
            (Some(_), _) => rest.split_once('.').map(|(reference, serial)| (reference, Some(serial)))?,
        };
        let number = self.number(prefix, reference)?;
        let Some((most, qualifier)) = self.serial else { return Some(Link::from_key(self.key, &number)) };
        let serial = serial.filter(|serial| is_serial(serial, most))?;
        match qualifier {
            "*" => (serial == "*").then(|| Link::from_key(self.key, &number)),
            "" => Some(Link::from_key(self.key, &format!("{number}{serial}"))),
            // A location without extension is written with a zero.
            "254" if serial == "0" => Some(Link::from_key(self.key, &number)),
            _ => Some(Link::from_key(self.key, &number).with(qualifier, serial)),
        }
    }
}

/// A piece of a trade item: prefix, reference, piece, total and serial number.
fn piece(parts: &str, pattern: bool) -> Option<Link> {
    let [prefix, reference, piece, total, serial] = parts.splitn(5, '.').collect::<Vec<_>>().try_into().ok()?;
    let two = |text: &str| text.len() == 2 && is_digits(text);
    let number = turned(prefix, reference).filter(|number| number.len() == 14 && two(piece) && two(total))?;
    let link = Link::from_key("8006", &format!("{number}{piece}{total}"));
    if pattern { (serial == "*").then_some(link) } else { is_serial(serial, 20).then(|| link.with("21", serial)) }
}

fn turned(prefix: &str, reference: &str) -> Option<String> {
    let (first, rest) = reference.split_at_checked(1)?;
    checked(&format!("{first}{prefix}{rest}"))
}

fn free(prefix: &str, reference: &str, most: usize) -> Option<String> {
    let number = format!("{prefix}{reference}");
    (is_serial(reference, most) && prefix.len() + length(reference) <= most).then_some(number)
}

fn checked(number: &str) -> Option<String> {
    check_digit(number).map(|check| format!("{number}{check}"))
}

/// Whether it may be a company's prefix.
pub(super) fn is_prefix(text: &str) -> bool {
    (6..=12).contains(&text.len()) && is_digits(text)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Characters, of which those written with `%` are one each.
fn length(text: &str) -> usize {
    text.len() - 2 * text.matches('%').count().min(text.len() / 3)
}

fn is_serial(text: &str, most: usize) -> bool {
    let escapes = text.split('%').skip(1);
    let escaped =
        escapes.clone().all(|after| after.get(..2).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())));
    // What the URN's own syntax needs must be written with `%`.
    let plain = text.chars().all(|c| is_serial_character(c) && !"\"&/<>?".contains(c));
    !text.is_empty() && escaped && plain && length(text) <= most && encoded(text).len() <= 3 * most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_says_the_same_as_its_link() {
        // Left and right as in the examples of the Tag Data Standard and of the published event hash ids.
        for (urn, uri) in [
            ("urn:epc:id:sgtin:0614141.107346.2017", "01/10614141073464/21/2017"),
            ("urn:epc:id:sscc:4012345.0000000333", "00/040123450000003338"),
            ("urn:epc:id:sgln:0614141.07346.1234", "414/0614141073467/254/1234"),
            ("urn:epc:id:sgln:4012345.00005.0", "414/4012345000054"),
            ("urn:epc:id:grai:4012345.00077.18765", "8003/0401234500077118765"),
            ("urn:epc:id:giai:4000001.111", "8004/4000001111"),
            ("urn:epc:id:gsrn:0614141.0000010253", "8018/061414100000102534"),
            ("urn:epc:id:gdti:0614141.00001.1618034", "253/06141410000121618034"),
            ("urn:epc:id:pgln:4012345.00225", "417/4012345002256"),
            ("urn:epc:id:cpi:0614141.123ABC.123456789", "8010/0614141123ABC/8011/123456789"),
            ("urn:epc:id:itip:4012345.012345.01.02.987", "8006/040123451234560102/21/987"),
            ("urn:epc:class:lgtin:4012345.012345.998877", "01/04012345123456/10/998877"),
            ("urn:epc:idpat:sgtin:4012345.066666.*", "01/04012345666663"),
            ("urn:epc:id:sgtin:0614141.107346.a%2Fb", "01/10614141073464/21/a%2Fb"),
        ] {
            assert_eq!(link(urn).unwrap().unwrap().to_string(), format!("https://id.gs1.org/{uri}"), "{urn}");
        }
        assert_eq!(link("urn:epc:id:usdod:2S194.12345678901"), Ok(None));
    }

    #[test]
    fn malformed_ones_are_refused() {
        for urn in [
            "urn:epc:id:sgtin:0614141.10734.2017",
            "urn:epc:id:sgtin:0614141.107346",
            "urn:epc:id:sgtin:0614141.107346.",
            "urn:epc:id:sgtin:0614141.107346.a/b",
            "urn:epc:id:sgtin:0614141.107346.a%2",
            "urn:epc:id:sscc:4012345.000000033",
            "urn:epc:id:sscc:4012345.00000003x3",
            "urn:epc:id:nothing:1.2.3",
            "urn:epc:idpat:sgtin:4012345.066666.7",
            "urn:epc:id:usdod:",
            "urn:epc",
        ] {
            assert!(link(urn).is_err(), "{urn}");
        }
    }
}
