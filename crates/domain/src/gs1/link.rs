//! GS1 Digital Link URIs: a key of GS1, and what narrows it down, as the path of a web address.
//!
//! Source: GS1 Digital Link Standard: URI Syntax 1.2, sections 4.4 (keys and their qualifiers) and 4.11 (canonical form). Of a link only
//! what names a thing is kept: its key, and the one qualifier that says most. Domain, query and what else stands in the path are not.

use std::fmt;

use super::{checks, is_serial_character};

/// The domain of links in their canonical form.
pub const CANONICAL: &str = "https://id.gs1.org";

/// A key: its application identifier, how many digits it begins with, the how manieth of them checks those before it, and how many
/// characters may follow.
struct Key {
    ai: &'static str,
    digits: usize,
    checked: usize,
    rest: usize,
    /// What narrows it down, the finest first, with the most characters of each.
    qualifiers: &'static [(&'static str, usize)],
}

const fn key(ai: &'static str, digits: usize, rest: usize, qualifiers: &'static [(&'static str, usize)]) -> Key {
    Key { ai, digits, checked: digits, rest, qualifiers }
}

const KEYS: &[Key] = &[
    key("00", 18, 0, &[]),
    key("01", 14, 0, &[("21", 20), ("235", 28), ("10", 20)]),
    key("253", 13, 17, &[]),
    key("255", 13, 12, &[]),
    key("401", 0, 30, &[]),
    key("402", 17, 0, &[]),
    key("414", 13, 0, &[("254", 20)]),
    key("417", 13, 0, &[]),
    key("8003", 14, 16, &[]),
    key("8004", 0, 30, &[]),
    // A trade item number, and the piece's number and total, 2 digits each.
    Key { ai: "8006", digits: 18, checked: 14, rest: 0, qualifiers: &[("21", 20), ("10", 20)] },
    key("8010", 0, 30, &[("8011", 12)]),
    key("8017", 18, 0, &[]),
    key("8018", 18, 0, &[]),
];

impl Key {
    /// The value in its full length, if it is one of this key. A trade item number may lack the zeros before it.
    fn value(&self, text: &str) -> Option<String> {
        let padded =
            if self.ai == "01" && [8, 12, 13].contains(&text.len()) { format!("{text:0>14}") } else { text.into() };
        let (digits, rest) = padded.split_at_checked(self.digits)?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && is_component(rest, self.rest);
        (plain && !padded.is_empty()).then_some(padded)
    }

    fn holds(&self, value: &str) -> bool {
        self.checked == 0 || value.get(..self.checked).is_some_and(checks)
    }
}

/// Whether a part of a path holds at most so many characters of GS1, some of which may be written with `%`.
fn is_component(text: &str, most: usize) -> bool {
    let mut count = 0;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        count += 1;
        let good = match byte {
            b'%' => {
                bytes.next().is_some_and(|b| b.is_ascii_hexdigit())
                    && bytes.next().is_some_and(|b| b.is_ascii_hexdigit())
            }
            b'/' => false,
            _ => is_serial_character(char::from(byte)),
        };
        if !good {
            return false;
        }
    }
    count <= most
}

/// A key of GS1 as a link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    key: &'static str,
    value: String,
    qualifier: Option<(&'static str, String)>,
}

impl Link {
    /// The link that a URI is or is the same as: a Digital Link on any domain, or an EPC URN. `None` for other URIs.
    pub fn of(uri: &str) -> Option<Self> {
        if uri.starts_with("urn:epc:") { super::epc::link(uri).ok().flatten() } else { Self::parse(uri) }
    }

    /// Reads a Digital Link on any domain, with any path before the key. `None` if the URI is not one.
    pub fn parse(uri: &str) -> Option<Self> {
        let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
        let path = rest.split(['?', '#']).next()?.split_once('/')?.1;
        let segments: Vec<&str> = path.split('/').collect();
        let start =
            |pair: &[&str]| KEYS.iter().find_map(|key| Some((key, (key.ai == pair[0]).then(|| key.value(pair[1]))??)));
        let (at, (key, value)) = segments.windows(2).enumerate().find_map(|(at, pair)| Some((at, start(pair)?)))?;
        let after = &segments[at + 2..];
        let given = |(ai, most): &(&'static str, usize)| {
            let pair = after.chunks_exact(2).find(|pair| pair[0] == *ai)?;
            (!pair[1].is_empty() && is_component(pair[1], *most)).then(|| (*ai, pair[1].to_owned()))
        };
        Some(Self { key: key.ai, value, qualifier: key.qualifiers.iter().find_map(given) })
    }

    /// A key that is known to be right.
    pub(super) fn from_key(key: &'static str, value: &str) -> Self {
        Self { key, value: encoded(value), qualifier: None }
    }

    /// The same, narrowed down.
    #[must_use]
    pub fn with(mut self, qualifier: &'static str, value: &str) -> Self {
        self.qualifier = Some((qualifier, encoded(value)));
        self
    }

    /// The key's application identifier.
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// The key's value, as it stands in a path.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What narrows it down: application identifier and value as it stands in a path.
    pub fn qualifier(&self) -> Option<(&'static str, &str)> {
        self.qualifier.as_ref().map(|(ai, value)| (*ai, value.as_str()))
    }

    /// Whether its check digit is right, if it has one.
    pub fn holds(&self) -> bool {
        KEYS.iter().find(|key| key.ai == self.key).is_some_and(|key| key.holds(&self.value))
    }

    /// Whether it names one thing, rather than a kind or a lot of things.
    pub fn is_instance(&self) -> bool {
        let long = |digits: usize| self.value.len() > digits;
        match self.key {
            "01" | "8006" => self.qualifier.as_ref().is_some_and(|(ai, _)| *ai != "10"),
            "253" | "255" => long(13),
            "8003" => long(14),
            "8010" => self.qualifier.is_some(),
            _ => true,
        }
    }
}

/// In canonical form.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CANONICAL}/{}/{}", self.key, self.value)?;
        self.qualifier.as_ref().map_or(Ok(()), |(ai, value)| write!(f, "/{ai}/{value}"))
    }
}

/// With `%` where a path needs it (table 7-1 of the standard); what is written so already stays.
pub(super) fn encoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let escape = text.get(at + 1..at + 3).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        match c {
            '%' if escape => written.push(c),
            c if c.is_ascii_alphanumeric() || "-._'=;<>\"?&".contains(c) && !"?&\"<>".contains(c) => written.push(c),
            c => written.push_str(&format!("%{:02X}", u32::from(c))),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(uri: &str) -> Option<String> {
        Link::of(uri).map(|link| link.to_string())
    }

    #[test]
    fn a_link_is_the_same_on_every_domain() {
        let same = [
            (
                "https://example.org/some/path/01/04012345123456/10/L1/21/S1?x=y",
                "https://id.gs1.org/01/04012345123456/21/S1",
            ),
            ("http://id.gs1.org/01/4012345123456/22/V/10/L1", "https://id.gs1.org/01/04012345123456/10/L1"),
            ("https://example.com/253/4012345000054987", "https://id.gs1.org/253/4012345000054987"),
            ("https://id.gs1.org/414/4012345000054/254/A%2FB", "https://id.gs1.org/414/4012345000054/254/A%2FB"),
            ("https://example.org/8004/401234599999", "https://id.gs1.org/8004/401234599999"),
        ];
        for (uri, link) in same {
            assert_eq!(canonical(uri).as_deref(), Some(link));
        }
        for other in
            ["https://www.ncbi.nlm.nih.gov/taxonomy/1126011", "https://id.gs1.org/", "https://x/01/12", "geo:1,2"]
        {
            assert_eq!(canonical(other), None, "{other}");
        }
    }

    #[test]
    fn a_link_knows_whether_its_check_digit_is_right() {
        for (uri, right) in [
            ("https://id.gs1.org/00/340123453111111115", true),
            ("https://id.gs1.org/00/340123453111111114", false),
            ("https://id.gs1.org/8006/040123451234560102", true),
            ("https://id.gs1.org/8006/040123451234570102", false),
            ("https://id.gs1.org/401/ABC", true),
        ] {
            assert_eq!(Link::parse(uri).map(|link| link.holds()), Some(right), "{uri}");
        }
    }

    #[test]
    fn a_kind_of_things_is_not_a_thing() {
        for (uri, one) in [
            ("https://id.gs1.org/01/04012345123456", false),
            ("https://id.gs1.org/01/04012345123456/10/L1", false),
            ("https://id.gs1.org/01/04012345123456/21/S1", true),
            ("https://id.gs1.org/8003/04012345000078", false),
            ("https://id.gs1.org/00/340123453111111115", true),
        ] {
            assert_eq!(Link::parse(uri).map(|link| link.is_instance()), Some(one), "{uri}");
        }
    }
}
