//! Identifiers of Muster's own: web addresses below the mission's, since CBV 2.0 (8.2.3, 8.3.2, 8.4.3, 8.5.3, 8.6.3) lets private
//! identifiers be addresses of a domain that their owner controls, and a URN's namespace would have to be registered. No part of such a
//! path is only digits, so that none can be taken for a key of GS1.

use muster_domain::{
    code::Code,
    field::Field,
    gs1::{Gln, Gtin, Sscc, link::Link},
    message,
    message::Message,
    mission::is_base,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Goods, Place};

/// All but letters, digits and what never has a meaning in a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// Where the mission's own identifiers begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming(String);

/// What an identifier names, by which one may look for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A consignment of the mission.
    Consignment(Code),
    /// A handling unit.
    Unit(Sscc),
    /// A thing by its serial number, whatever kind it is.
    Serial(String),
}

/// A goods' own part, lot or serial number: what it is, and the number.
pub(super) type Part = (&'static str, String);

impl Naming {
    /// Names below `base`, an address of `https` that ends with a slash.
    ///
    /// # Errors
    /// What would be right.
    pub fn new(base: &str) -> Result<Self, Message> {
        if is_base(base) { Ok(Self(base.to_owned())) } else { Err(message!("epcis-a-base")) }
    }

    fn own(&self, kind: &str, code: &str) -> String {
        format!("{}{kind}-{}", self.0, utf8_percent_encode(code, ESCAPED))
    }

    /// The parts of a name of ours, each of kind and code.
    fn parts<'a>(&self, id: &'a str) -> Option<Vec<(&'a str, String)>> {
        let each = |part: &'a str| {
            let (kind, code) = part.split_once('-')?;
            Some((kind, percent_decode_str(code).decode_utf8().ok()?.into_owned()))
        };
        id.strip_prefix(&self.0)?.split('/').map(each).collect()
    }

    fn code(&self, id: &str, kind: &str) -> Option<Code> {
        match self.parts(id)?.as_slice() {
            [(found, code)] if *found == kind => Code::new(code).ok(),
            _ => None,
        }
    }

    /// What of a mission an identifier names, by which one may look for it: a handling unit and a serial number whoever gave them, and a
    /// consignment of our own, also by one of its lines.
    pub fn named(&self, id: &str) -> Option<Named> {
        if let Some((_, Some(("serial", serial)))) = self.read_goods(id) {
            return Some(Named::Serial(serial));
        }
        if let Some([("consignment", code), ..]) = self.parts(id).as_deref() {
            return Code::new(code).ok().map(Named::Consignment);
        }
        Sscc::parse(id).ok().map(Named::Unit)
    }

    /// A place of our own.
    pub fn place_id(&self, code: &Code) -> String {
        self.own("place", code.as_str())
    }

    /// A consignment of our own.
    pub fn consignment_id(&self, code: &Code) -> String {
        self.own("consignment", code.as_str())
    }

    /// The code of a place of our own.
    pub fn place_code(&self, id: &str) -> Option<Code> {
        self.code(id, "place")
    }

    /// A line of a consignment.
    pub fn line(&self, consignment: &Code, line: i64) -> String {
        format!("{}/line-{line}", self.consignment(consignment))
    }

    /// The line of a consignment that an identifier names.
    pub(super) fn read_line(&self, id: &str) -> Option<(Code, i64)> {
        match self.parts(id)?.as_slice() {
            [("consignment", code), ("line", line)] => Some((Code::new(code).ok()?, line.parse().ok()?)),
            _ => None,
        }
    }

    /// One thing of an item by its serial number.
    pub fn serial_id(&self, item: &Code, serial: &str) -> String {
        self.goods(&Goods::Item(item.clone()), Some(("serial", serial)))
    }

    /// Something wrong with what came.
    pub fn variance(&self, code: &Code) -> String {
        self.own("variance", code.as_str())
    }

    /// A movement.
    pub fn movement(&self, code: &Code) -> String {
        self.own("movement", code.as_str())
    }

    /// A kind of goods, or a lot or single thing of it.
    pub(super) fn goods(&self, goods: &Goods, part: Option<(&'static str, &str)>) -> String {
        if let Goods::Gtin(gtin) = goods {
            let link = gtin.link();
            let Some((kind, number)) = part else { return link.to_string() };
            let plain =
                number.len() <= 20 && !number.is_empty() && number.chars().all(muster_domain::gs1::is_serial_character);
            if plain {
                return link.with(if kind == "lot" { "10" } else { "21" }, &number.replace('%', "%25")).to_string();
            }
        }
        let whole = match goods {
            Goods::Gtin(gtin) => self.own("gtin", gtin.as_str()),
            Goods::Item(code) => self.own("item", code.as_str()),
        };
        part.map_or(whole.clone(), |(kind, number)| format!("{whole}/{kind}-{}", utf8_percent_encode(number, ESCAPED)))
    }

    /// The goods that an identifier names, as far as they are ours or trade's.
    pub(super) fn read_goods(&self, id: &str) -> Option<(Goods, Option<Part>)> {
        if let Some(parts) = self.parts(id) {
            let (first, rest) = parts.split_first()?;
            let goods = match first.0 {
                "gtin" => Goods::Gtin(Gtin::parse(&first.1).ok()?),
                "item" => Goods::Item(Code::new(&first.1).ok()?),
                _ => return None,
            };
            let part = match rest {
                [] => None,
                [("lot", number)] => Some(("lot", number.clone())),
                [("serial", number)] => Some(("serial", number.clone())),
                _ => return None,
            };
            return Some((goods, part));
        }
        let link = Link::of(id).filter(|link| link.key() == "01" && link.holds())?;
        let goods = Goods::Gtin(Gtin::parse(link.value()).ok()?);
        let Some((kind, number)) = link.qualifier() else { return Some((goods, None)) };
        let number = percent_decode_str(number).decode_utf8().ok()?.into_owned();
        Some((goods, Some((if kind == "10" { "lot" } else { "serial" }, number))))
    }

    /// A place.
    pub(super) fn place(&self, place: &Place) -> String {
        match place {
            Place::Gln(gln) => gln.link().to_string(),
            Place::Code(code) => self.own("place", code.as_str()),
        }
    }

    pub(super) fn read_place(&self, id: &str) -> Option<Place> {
        self.code(id, "place").map(Place::Code).or_else(|| Gln::parse(id).ok().map(Place::Gln))
    }

    /// A party.
    pub(super) fn party(&self, party: &Place) -> String {
        match party {
            Place::Gln(gln) => gln.link().to_string().replace("/414/", "/417/"),
            Place::Code(code) => self.own("party", code.as_str()),
        }
    }

    pub(super) fn read_party(&self, id: &str) -> Option<Place> {
        self.code(id, "party").map(Place::Code).or_else(|| Gln::parse(id).ok().map(Place::Gln))
    }

    /// A consignment.
    pub(super) fn consignment(&self, code: &Code) -> String {
        self.own("consignment", code.as_str())
    }

    pub(super) fn read_consignment(&self, id: &str) -> Option<Code> {
        self.code(id, "consignment")
    }
}
