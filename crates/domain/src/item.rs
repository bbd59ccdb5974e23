//! Items: lines of the catalogue, and which may stand in for which.

use crate::{
    code::{Code, Ref},
    fault::Faults,
    field::{Currency, Field, Text},
    fixed::Fixed,
    gs1::Gtin,
    hazard::Hazard,
    message,
    message::Message,
    ncage::Ncage,
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

words! {
    /// How dangerous goods are, by which their packing is chosen. Source: UN Model Regulations, 2.0.1.3.
    pub enum PackingGroup {
        /// High danger.
        I = "I",
        /// Medium danger.
        II = "II",
        /// Low danger.
        III = "III",
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
        /// Who makes it, by the code of NATO's codification system.
        ncage: Option<Ncage>,
        /// The number by which its maker knows it.
        part_number: String,
        /// The number by which trade knows it.
        gtin: Option<Gtin>,
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
        /// The name by which the regulations of all modes know them, in English.
        proper_shipping_name: String,
        /// Hazard class or division; of an explosive with its compatibility group.
        hazard_class: String,
        /// Their packing group, where the class has one.
        packing_group: Option<PackingGroup>,
        /// Mass of what explodes in one unit, in kilograms; of explosives.
        net_explosive_kg: Option<Fixed<3>>,
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

impl Item {
    /// What is said of dangerous goods is said of something that is dangerous.
    fn dangerous(&self, faults: &mut Faults<'_>) {
        let hazard = self.hazard();
        let explodes = hazard.is_some_and(Hazard::explodes);
        let named = self.un_number.is_some();
        let class = self.hazard_class.as_str();
        let known = hazard.is_none_or(Hazard::is_known);
        faults.require(known, "hazard_class", class, message!("hazard-class-known"));
        for (column, text) in
            [("proper_shipping_name", self.proper_shipping_name.clone()), ("packing_group", self.packing_group.text())]
        {
            faults.require(named || text.is_empty(), column, text, message!("with-un-number"));
        }
        // Explosives have none. Source: UN Model Regulations, 2.0.1.3.
        let group = self.packing_group.filter(|_| explodes);
        faults.require(group.is_none(), "packing_group", group.text(), message!("explosives-without-packing-group"));
        let explosive = self.net_explosive_kg;
        let right = explodes || explosive.is_none();
        faults.require(right, "net_explosive_kg", explosive.text(), message!("of-explosives-only"));
        let more = explosive.zip(self.mass_kg).is_some_and(|(explosive, mass)| explosive > mass);
        faults.require(!more, "net_explosive_kg", explosive.text(), message!("not-more-than-mass"));
    }
}

impl Rules for Item {
    fn rules(&self, faults: &mut Faults<'_>) {
        let (materiel, money) = (self.kind == ItemKind::Materiel, self.kind == ItemKind::Money);
        faults.require(!materiel || self.supply_class.is_some(), "supply_class", "", message!("supply-class-missing"));
        faults.require(!materiel || !self.purpose.is_empty(), "purpose", "", message!("purpose-missing"));
        faults.require(money || self.mass_kg.is_some(), "mass_kg", "", message!("mass-missing"));
        let amounts = [
            ("mass_kg", self.mass_kg.map(|m| m.0)),
            ("volume_m3", self.volume_m3.map(|v| v.0)),
            ("net_explosive_kg", self.net_explosive_kg.map(|m| m.0)),
        ];
        for (column, value) in amounts {
            faults.require(value.is_none_or(|v| v >= 0), column, "", message!("not-negative"));
        }
        self.dangerous(faults);
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
