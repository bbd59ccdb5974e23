//! Who is meant by the name in a table.

use std::collections::BTreeMap;

use muster_domain::{
    code::Code,
    field::{Country, Field, Text},
    label::Release,
    message,
    message::Message,
    party::{Party, PartyKind},
    picture::Picture,
};

use super::{map::Map, patterns::folded};

/// Finds parties by name, and gathers those that are new.
pub(super) struct Parties<'a> {
    map: &'a Map,
    known: &'a Picture,
    /// Folded names of the known parties; `None` where several have the name.
    by_name: BTreeMap<String, Option<Code>>,
    /// Alpha-3 codes by folded name, alpha-2 and alpha-3 code.
    nations: BTreeMap<String, &'static str>,
    new: BTreeMap<String, Party>,
}

impl<'a> Parties<'a> {
    pub(super) fn new(map: &'a Map, known: &'a Picture) -> Self {
        let mut by_name = BTreeMap::new();
        for party in known.parties.values().chain(&map.party.new) {
            by_name
                .entry(folded(party.name.as_str()))
                .and_modify(|code: &mut Option<Code>| {
                    if code.as_ref() != Some(&party.code) {
                        *code = None;
                    }
                })
                .or_insert_with(|| Some(party.code.clone()));
        }
        Self { map, known, by_name, nations: nations(), new: BTreeMap::new() }
    }

    /// The code of the party that `text` names: by the map's names, as a code, by a known party's name, or by ISO 3166.
    ///
    /// # Errors
    /// Why no party is meant.
    pub(super) fn find(&mut self, text: &str) -> Result<Code, Message> {
        let name = folded(text);
        if name.is_empty() {
            return Err(message!("party-unnamed"));
        }
        let given = self.map.party.names.iter().find(|(n, _)| *n == name).map(|(_, code)| code.clone());
        let code = given
            .or_else(|| Code::new(text.trim()).ok().filter(|code| self.is_defined(code)))
            .or_else(|| self.by_name.get(&name).cloned().flatten())
            .or_else(|| self.nations.get(&name).and_then(|code| Code::new(code).ok()));
        let Some(code) = code else {
            return Err(message!("party-unknown"));
        };
        self.define(&code)?;
        Ok(code)
    }

    fn is_defined(&self, code: &Code) -> bool {
        self.known.parties.contains_key(code.as_str()) || self.map.party.new.iter().any(|p| p.code == *code)
    }

    /// Sees to it that there is a party of that code.
    fn define(&mut self, code: &Code) -> Result<(), Message> {
        if self.known.parties.contains_key(code.as_str()) || self.new.contains_key(code.as_str()) {
            return Ok(());
        }
        let party = match self.map.party.new.iter().find(|party| party.code == *code) {
            Some(party) => party.clone(),
            None if self.map.party.new_nations => {
                self.nation_party(code).ok_or_else(|| message!("party-no-country", code))?
            }
            None => return Err(message!("party-not-added", code)),
        };
        self.new.insert(code.as_str().to_owned(), party);
        Ok(())
    }

    fn nation_party(&self, code: &Code) -> Option<Party> {
        let country = Country::parse(code.as_str()).ok()?;
        Some(Party {
            code: code.clone(),
            name: Text::new(country.name()).ok()?,
            kind: PartyKind::Nation,
            country: Some(country),
            parent: None,
            ncage: None,
            gln: None,
            address: Vec::new(),
            contact: String::new(),
            releasable_to: Release::Usual,
            source: self.map.source.clone(),
            fictional: self.map.fictional,
        })
    }

    /// The parties that were named and are new, with the bodies above them that the map defines.
    pub(super) fn into_new(mut self) -> Vec<Party> {
        let mut above: Vec<_> = self.new.values().filter_map(|p| p.parent.clone()).collect();
        while let Some(parent) = above.pop() {
            let known = self.known.parties.contains_key(parent.as_str()) || self.new.contains_key(parent.as_str());
            let defined = self.map.party.new.iter().find(|p| p.code == *parent.code());
            if let (false, Some(party)) = (known, defined) {
                above.extend(party.parent.clone());
                self.new.insert(parent.as_str().to_owned(), party.clone());
            }
        }
        self.new.into_values().collect()
    }
}

/// The countries of ISO 3166 by their names and codes.
fn nations() -> BTreeMap<String, &'static str> {
    rust_iso3166::ALL
        .iter()
        .flat_map(|country| [country.name, country.alpha2, country.alpha3].map(|name| (folded(name), country.alpha3)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nations_are_known_by_name_and_codes() {
        for name in ["japan", "jp", "jpn"] {
            assert_eq!(nations()[name], "JPN");
        }
        assert_eq!(nations().get("united states"), None);
    }
}
