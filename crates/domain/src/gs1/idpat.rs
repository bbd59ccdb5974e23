//! Patterns of EPCs: `urn:epc:idpat:sgtin:4012345.*.*` is everything with a serial number under a company's prefix.
//!
//! Source: GS1 EPC Tag Data Standard 2.0, section 8 (pure identity patterns). Only the last parts may be `*`; ranges of numbers are for
//! patterns of what stands on tags (section 13), which EPCIS does not take.

use crate::{message, message::Message};

use super::{
    epc::{self, Scheme},
    link::Link,
};

/// What begins all of them.
pub const BEGIN: &str = "urn:epc:idpat:";

/// What begins the names of single things.
const ONE: &str = "urn:epc:id:";

/// Schemes that no key of GS1 says, and how many parts their names have.
const OTHERS: &[(&str, usize)] = &[("gid", 3), ("usdod", 2), ("adi", 3)];

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The scheme, and the parts of its names that are given.
    name: String,
    given: Vec<String>,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// One thing.
    One(Option<Link>),
    /// Things under a key of GS1; its number, if that is given.
    Keyed(&'static Scheme, Option<String>),
    /// Things of a scheme that has no links.
    Other,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What would be right.
    pub fn parse(urn: &str) -> Result<Self, Message> {
        read(urn).ok_or_else(|| message!("an-epc-pattern"))
    }

    /// Whether a thing, by its URI, is among those meant; `class`: whether all of a kind of things are.
    pub fn fits(&self, uri: &str, class: bool) -> bool {
        if let Kind::One(Some(one)) = &self.kind {
            return Link::of(uri).is_some_and(|link| link == *one);
        }
        // A URN says how long the company's prefix is, so that its parts are compared.
        let urn = uri.strip_prefix(if class { BEGIN } else { ONE });
        if let Some((name, parts)) = urn.and_then(|urn| urn.split_once(':')) {
            let mut parts = parts.split('.');
            return name == self.name && self.given.iter().all(|given| parts.next() == Some(given));
        }
        match &self.kind {
            Kind::Keyed(scheme, number) => {
                let prefix = self.given.first().map(String::as_str);
                Link::of(uri).is_some_and(|link| scheme.fits(&link, prefix, number.as_deref(), class))
            }
            Kind::One(_) | Kind::Other => false,
        }
    }
}

fn read(urn: &str) -> Option<Pattern> {
    let (name, parts) = urn.strip_prefix(BEGIN)?.split_once(':')?;
    let other = OTHERS.iter().find(|(other, _)| *other == name);
    let scheme = Scheme::named(name);
    let count = other.map(|(_, count)| *count).or_else(|| scheme.map(Scheme::parts))?;
    let parts: Vec<&str> = parts.splitn(count, '.').collect();
    let given = parts.iter().take_while(|part| **part != "*").count();
    if parts.len() != count || parts[given..].iter().any(|part| *part != "*") {
        return None;
    }
    let kind = if given == count {
        Kind::One(epc::link(&format!("{ONE}{name}:{}", parts.join("."))).ok()?)
    } else if let Some(scheme) = scheme {
        if given > 0 && !epc::is_prefix(parts[0]) {
            return None;
        }
        let number = if given > 1 { Some(scheme.number(parts[0], parts[1])?) } else { None };
        Kind::Keyed(scheme, number)
    } else {
        let filled: Vec<&str> = parts.iter().map(|part| if *part == "*" { "0" } else { part }).collect();
        epc::link(&format!("{ONE}{name}:{}", filled.join("."))).ok()?;
        Kind::Other
    };
    Some(Pattern { name: name.to_owned(), given: parts[..given].iter().map(|part| (*part).to_owned()).collect(), kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_what_it_begins_like() {
        let sgtin = "https://id.gs1.org/01/10614141073464/21/2017";
        let sgln = "https://id.gs1.org/414/0614141073467";
        for (pattern, uri, fits) in [
            ("sgtin:0614141.107346.2017", sgtin, true),
            ("sgtin:0614141.107346.2018", sgtin, false),
            ("sgtin:0614141.107346.*", sgtin, true),
            ("sgtin:0614141.107346.*", "urn:epc:id:sgtin:0614141.107346.2017", true),
            ("sgtin:0614141.107347.*", sgtin, false),
            ("sgtin:0614141.*.*", sgtin, true),
            ("sgtin:061414.*.*", sgtin, true),
            ("sgtin:061414.*.*", "urn:epc:id:sgtin:0614141.107346.2017", false),
            ("sgtin:0614142.*.*", sgtin, false),
            ("sgtin:*.*.*", sgtin, true),
            ("sgtin:*.*.*", "https://id.gs1.org/01/10614141073464", false),
            ("sgtin:*.*.*", "https://id.gs1.org/01/10614141073464/10/2017", false),
            ("sscc:*.*", sgtin, false),
            ("sscc:4012345.*", "https://id.gs1.org/00/040123450000003338", true),
            ("sscc:4012346.*", "https://id.gs1.org/00/040123450000003338", false),
            ("sgln:0614141.07346.*", sgln, true),
            ("sgln:0614141.*.*", "https://id.gs1.org/414/0614141073467/254/12", true),
            ("grai:4012345.*.*", "https://id.gs1.org/8003/0401234500077118765", true),
            ("grai:4012345.00077.*", "https://id.gs1.org/8003/04012345000771", false),
            ("giai:4000001.*", "https://id.gs1.org/8004/4000001111", true),
            ("giai:4000002.*", "https://id.gs1.org/8004/4000001111", false),
            ("cpi:0614141.*.*", "https://id.gs1.org/8010/0614141123ABC/8011/123456789", true),
            ("cpi:0614141.123ABC.*", "https://id.gs1.org/8010/0614141123ABC/8011/123456789", true),
            ("cpi:0614141.123ABD.*", "https://id.gs1.org/8010/0614141123ABC/8011/123456789", false),
            ("gid:95100000.12345.*", "urn:epc:id:gid:95100000.12345.400", true),
            ("gid:95100000.1234.*", "urn:epc:id:gid:95100000.12345.400", false),
            ("usdod:2S194.*", "urn:epc:id:usdod:2S194.12345678901", true),
        ] {
            let read = Pattern::parse(&format!("{BEGIN}{pattern}")).unwrap();
            assert_eq!(read.fits(uri, false), fits, "{pattern} {uri}");
        }
        let whole = Pattern::parse("urn:epc:idpat:sgtin:0614141.*.*").unwrap();
        assert!(whole.fits("https://id.gs1.org/01/10614141073464", true));
        assert!(whole.fits("urn:epc:idpat:sgtin:0614141.107346.*", true));
        assert!(!whole.fits("https://id.gs1.org/01/10614141073464/10/LOT", true));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for wrong in [
            "urn:epc:idpat:sgtin:*.107346.2017",
            "urn:epc:idpat:sgtin:0614141.*.2017",
            "urn:epc:idpat:sgtin:0614141.*",
            "urn:epc:idpat:sgtin:0614141.10734.*",
            "urn:epc:idpat:sgtin:0614141.[1-9].*",
            "urn:epc:idpat:sgtin:06x4141.*.*",
            "urn:epc:idpat:sgtin:",
            "urn:epc:idpat:nothing:*.*",
            "urn:epc:idpat:sscc:4012345.*.*",
            "urn:epc:idpat:gid:*.1.*",
            "urn:epc:pat:sgtin-96:3.0652642.[1024-2047].*",
        ] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
