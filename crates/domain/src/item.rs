//! Items: lines of the catalogue, and which may stand in for which.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::{Currency, Field, Text},
    fixed::Fixed,
    hazard::Hazard,
    message,
    message::Message,
    record,
    record::Rules,
    stock_class::supply_class_name,
    words,
};

words! {
    /// What kind of thing an item is.
    pub enum ItemKind {
        /// Goods.
        Materiel = "materiel",
        /// Crews and other people who are trained.
        Personnel = "personnel",
        /// Money, counted in minor units of a currency.
        Money = "money",
    }
}

words! {
    /// NATO class of supply.
    pub enum SupplyClass {
        /// Subsistence.
        I = "I",
        /// Equipment under establishment tables.
        II = "II",
        /// Fuel and lubricants.
        III = "III",
        /// Other equipment, construction material.
        IV = "IV",
        /// Ammunition and explosives.
        V = "V",
    }
}

words! {
    /// How an item's units are told apart.
    pub enum Tracking {
        /// Not at all: by number only.
        Quantity = "quantity",
        /// By lot.
        Lot = "lot",
        /// Each by its serial number.
        Serial = "serial",
    }
}

/// A NATO stock number: 4 digits of supply class, 2 of nation, 7 of item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nsn(String);

impl Nsn {
    /// The name of its federal supply class, if the list has it.
    pub fn class_name(&self) -> Option<&'static str> {
        supply_class_name(&self.0[..4])
    }
}

impl Field for Nsn {
    fn expected() -> Message {
        message!("a-stock-number")
    }

    fn parse(text: &str) -> Result<Self, Message> {
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        let plain = digits.len() == 13 && digits.bytes().all(|b| b.is_ascii_digit());
        if plain { Ok(Self(digits)) } else { Err(Self::expected()) }
    }

    fn text(&self) -> String {
        let d = &self.0;
        format!("{}-{}-{}-{}", &d[..4], &d[4..6], &d[6..9], &d[9..])
    }
}

/// Four digits that name dangerous goods in the United Nations' list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnNumber(String);

impl UnNumber {
    /// The four digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Field for UnNumber {
    fn expected() -> Message {
        message!("a-un-number")
    }

    fn parse(text: &str) -> Result<Self, Message> {
        let plain = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
        if plain { Ok(Self(text.to_owned())) } else { Err(Self::expected()) }
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

record! {
    /// A line of the catalogue.
    pub struct Item in "items" by (code) owned by () usually Participants {
        /// Its code.
        code: Code,
        /// Its name.
        name: Text,
        /// What kind of thing it is.
        kind: ItemKind,
        /// Its NATO stock number.
        nsn: Option<Nsn>,
        /// Its class of supply.
        supply_class: Option<SupplyClass>,
        /// What it is for.
        purpose: String,
        /// What is counted: `each`, `set`, `crew`; for money the currency, counted in minor units.
        unit_of_issue: Text,
        /// Mass of one unit in kilograms.
        mass_kg: Option<Fixed<3>>,
        /// Volume of one unit in cubic metres.
        volume_m3: Option<Fixed<6>>,
        /// UN number, for dangerous goods.
        un_number: Option<UnNumber>,
        /// Hazard class or division.
        hazard_class: String,
        /// How its units are told apart.
        tracking: Tracking,
    }
}

impl Item {
    /// What is dangerous about it, if anything is.
    pub fn hazard(&self) -> Option<Hazard<'_>> {
        let un_number = self.un_number.as_ref().map(UnNumber::as_str);
        let hazard = Hazard { class: &self.hazard_class, un_number };
        Some(hazard).filter(|hazard| !hazard.class.is_empty() || hazard.un_number.is_some())
    }

    /// The currency that an item of money is.
    pub fn currency(&self) -> Option<Currency> {
        (self.kind == ItemKind::Money).then(|| Currency::parse(self.unit_of_issue.as_str()).ok()).flatten()
    }
}

impl Rules for Item {
    fn rules(&self, faults: &mut Faults<'_>) {
        let (materiel, money) = (self.kind == ItemKind::Materiel, self.kind == ItemKind::Money);
        faults.require(!materiel || self.supply_class.is_some(), "supply_class", "", message!("supply-class-missing"));
        faults.require(!materiel || !self.purpose.is_empty(), "purpose", "", message!("purpose-missing"));
        faults.require(money || self.mass_kg.is_some(), "mass_kg", "", message!("mass-missing"));
        for (column, value) in [("mass_kg", self.mass_kg.map(|m| m.0)), ("volume_m3", self.volume_m3.map(|v| v.0))] {
            faults.require(value.is_none_or(|v| v >= 0), column, "", message!("not-negative"));
        }
        faults.require(
            !money || self.currency().is_some(),
            "unit_of_issue",
            self.unit_of_issue.as_str(),
            message!("money-in-currency"),
        );
        faults.require(
            !money || self.tracking == Tracking::Quantity,
            "tracking",
            self.tracking.as_str(),
            message!("money-by-quantity"),
        );
    }
}

record! {
    /// An item that may stand in for another.
    pub struct Substitute in "substitutes" by (item, substitute) part of "items" {
        /// What is wanted.
        item: Ref<Item>,
        /// What may stand in for it.
        substitute: Ref<Item>,
        /// Share of the value it brings.
        utility: Fixed<3>,
    }
}

impl Rules for Substitute {
    fn rules(&self, faults: &mut Faults<'_>) {
        utility_rule(self.utility, faults);
        let same = self.item == self.substitute;
        faults.require(!same, "substitute", self.substitute.as_str(), message!("another-item"));
    }
}

/// A utility is a share: above 0 and at most 1.
pub(crate) fn utility_rule(utility: Fixed<3>, faults: &mut Faults<'_>) {
    let right = utility.0 > 0 && utility.0 <= Fixed::<3>::ONE;
    faults.require(right, "utility", utility.to_string(), message!("a-share"));
}
