//! The words of the Core Business Vocabulary, and the three ways in which each is written.
//!
//! Source: CBV 2.0, sections 7.1 (business steps), 7.2 (dispositions), 7.3 (business transaction types), 7.4 (source and destination
//! types), 7.5 (error reasons), 7.6 (components of sensor readings); the words are those of the JSON schema. In JSON a word stands bare
//! (`receiving`); everywhere it may stand as a web URI (`https://ref.gs1.org/cbv/BizStep-receiving`), as a CURIE
//! (`cbv:BizStep-receiving`) or, from version 1, as a URN (`urn:epcglobal:cbv:bizstep:receiving`). Anybody may have words of one's own,
//! as URIs; bare words are the standard's alone.

use muster_domain::{message, message::Message};

/// Where the words of the vocabulary stand.
pub(super) const CBV: &str = "https://ref.gs1.org/cbv/";
/// Where the words for what sensors measure stand.
pub(super) const GS1: &str = "https://gs1.org/voc/";
/// Where the words of EPCIS itself stand.
pub(super) const EPCIS: &str = "https://ref.gs1.org/epcis/";

/// A list of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// How it is called in a web URI, before the word.
    web: &'static str,
    /// How it is called in a URN; empty if no URN has it.
    urn: &'static str,
    words: &'static [&'static str],
}

impl Vocabulary {
    /// Its words.
    pub fn words(&self) -> &'static [&'static str] {
        self.words
    }
}

/// Business steps.
pub const STEPS: Vocabulary = Vocabulary {
    web: "https://ref.gs1.org/cbv/BizStep-",
    urn: "urn:epcglobal:cbv:bizstep:",
    words: &[
        "accepting",
        "arriving",
        "assembling",
        "collecting",
        "commissioning",
        "consigning",
        "creating_class_instance",
        "cycle_counting",
        "decommissioning",
        "departing",
        "destroying",
        "disassembling",
        "dispensing",
        "encoding",
        "entering_exiting",
        "holding",
        "inspecting",
        "installing",
        "killing",
        "loading",
        "other",
        "packing",
        "picking",
        "receiving",
        "removing",
        "repackaging",
        "repairing",
        "replacing",
        "reserving",
        "retail_selling",
        "sampling",
        "sensor_reporting",
        "shipping",
        "staging_outbound",
        "stock_taking",
        "stocking",
        "storing",
        "transporting",
        "unloading",
        "unpacking",
        "void_shipping",
    ],
};

/// Dispositions.
pub const DISPOSITIONS: Vocabulary = Vocabulary {
    web: "https://ref.gs1.org/cbv/Disp-",
    urn: "urn:epcglobal:cbv:disp:",
    words: &[
        "active",
        "available",
        "completeness_inferred",
        "completeness_verified",
        "conformant",
        "container_closed",
        "container_open",
        "damaged",
        "destroyed",
        "dispensed",
        "disposed",
        "encoded",
        "expired",
        "in_progress",
        "in_transit",
        "inactive",
        "mismatch_class",
        "mismatch_instance",
        "mismatch_quantity",
        "needs_replacement",
        "no_pedigree_match",
        "non_conformant",
        "non_sellable_other",
        "partially_dispensed",
        "recalled",
        "reserved",
        "retail_sold",
        "returned",
        "sellable_accessible",
        "sellable_not_accessible",
        "stolen",
        "unavailable",
        "unknown",
    ],
};

/// Types of business transactions.
pub const TRANSACTIONS: Vocabulary = Vocabulary {
    web: "https://ref.gs1.org/cbv/BTT-",
    urn: "urn:epcglobal:cbv:btt:",
    words: &[
        "bol",
        "cert",
        "desadv",
        "inv",
        "pedigree",
        "po",
        "poc",
        "prodorder",
        "recadv",
        "rma",
        "testprd",
        "testres",
        "upevt",
    ],
};

/// Types of sources and destinations.
pub const PARTIES: Vocabulary = Vocabulary {
    web: "https://ref.gs1.org/cbv/SDT-",
    urn: "urn:epcglobal:cbv:sdt:",
    words: &["location", "owning_party", "possessing_party"],
};

/// Reasons of errors.
pub const REASONS: Vocabulary = Vocabulary {
    web: "https://ref.gs1.org/cbv/ER-",
    urn: "urn:epcglobal:cbv:er:",
    words: &["did_not_occur", "incorrect_data"],
};

/// Components of what a sensor reports.
pub const COMPONENTS: Vocabulary = Vocabulary {
    web: "https://ref.gs1.org/cbv/Comp-",
    urn: "",
    words: &[
        "altitude",
        "axial_distance",
        "azimuth",
        "easting",
        "elevation_angle",
        "height",
        "latitude",
        "longitude",
        "northing",
        "polar_angle",
        "spherical_radius",
        "x",
        "y",
        "z",
    ],
};

/// What a sensor warns of.
pub const ALERTS: Vocabulary = Vocabulary { web: GS1, urn: "", words: &["ALARM_CONDITION", "ERROR_CONDITION"] };

/// What a sensor measures.
pub const MEASUREMENTS: Vocabulary = Vocabulary {
    web: GS1,
    urn: "",
    words: &[
        "AbsoluteHumidity",
        "AbsorbedDose",
        "AbsorbedDoseRate",
        "Acceleration",
        "Altitude",
        "AmountOfSubstance",
        "AmountOfSubstancePerUnitVolume",
        "Angle",
        "AngularAcceleration",
        "AngularMomentum",
        "AngularVelocity",
        "Area",
        "Capacitance",
        "Conductance",
        "Conductivity",
        "Count",
        "Density",
        "Dimensionless",
        "DoseEquivalent",
        "DoseEquivalentRate",
        "DynamicViscosity",
        "ElectricCharge",
        "ElectricCurrent",
        "ElectricCurrentDensity",
        "ElectricFieldStrength",
        "Energy",
        "Exposure",
        "Force",
        "Frequency",
        "Illuminance",
        "Inductance",
        "Irradiance",
        "KinematicViscosity",
        "Length",
        "LinearMomentum",
        "Luminance",
        "LuminousFlux",
        "LuminousIntensity",
        "MagneticFlux",
        "MagneticFluxDensity",
        "MagneticVectorPotential",
        "Mass",
        "MassConcentration",
        "MassFlowRate",
        "MassPerAreaTime",
        "MemoryCapacity",
        "MolalityOfSolute",
        "MolarEnergy",
        "MolarMass",
        "MolarVolume",
        "Power",
        "Pressure",
        "RadiantFlux",
        "RadiantIntensity",
        "Radioactivity",
        "RelativeHumidity",
        "Resistance",
        "Resistivity",
        "SolidAngle",
        "SpecificVolume",
        "Speed",
        "SurfaceDensity",
        "SurfaceTension",
        "Temperature",
        "Time",
        "Torque",
        "Voltage",
        "Volume",
        "VolumeFlowRate",
        "VolumeFraction",
        "VolumetricFlux",
        "Wavenumber",
    ],
};

/// A word of a vocabulary, or somebody's own, as its URI.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(String);

impl Term {
    /// Reads a word in any of its forms.
    ///
    /// # Errors
    /// What would be right, for a bare word or a URI of the standard's that the vocabulary has not.
    pub fn parse(text: &str, vocabulary: &Vocabulary) -> Result<Self, Message> {
        let wrong = || message!("epcis-a-term", words = vocabulary.words.join(", "));
        let text = text.trim();
        if !text.contains(':') {
            return vocabulary.words.contains(&text).then(|| Self::of(vocabulary, text)).ok_or_else(wrong);
        }
        let full = expanded(text);
        // Where the words stood before, and where later versions have them.
        let moved = [("https://ns.gs1.org/cbv/", CBV), ("https://ref.gs1.org/voc/", GS1)];
        let moved = moved.iter().find_map(|(other, own)| Some(format!("{own}{}", full.strip_prefix(other)?)));
        let full = moved.unwrap_or(full);
        let urn = (!vocabulary.urn.is_empty()).then(|| full.strip_prefix(vocabulary.urn)).flatten();
        if let Some(word) = urn.or_else(|| full.strip_prefix(vocabulary.web)) {
            // What sensors measure is a list that grows on its own.
            let known = vocabulary.words.contains(&word) || vocabulary.web == GS1;
            return if known { Ok(Self::of(vocabulary, word)) } else { Err(wrong()) };
        }
        let others = full.starts_with(CBV) || full.starts_with("urn:epcglobal:cbv:");
        if others || !is_uri(&full) { Err(wrong()) } else { Ok(Self(full)) }
    }

    /// A word that the vocabulary has.
    pub(super) fn of(vocabulary: &Vocabulary, word: &str) -> Self {
        Self(format!("{}{word}", vocabulary.web))
    }

    /// Its URI.
    pub fn uri(&self) -> &str {
        &self.0
    }

    /// The bare word, if it is one of the standard's.
    pub fn word(&self, vocabulary: &Vocabulary) -> Option<&str> {
        self.0.strip_prefix(vocabulary.web).filter(|word| vocabulary.words.contains(word))
    }
}

/// A compact URI of the standard's own prefixes in full; others stay as they are, since their prefixes are the sender's.
pub(super) fn expanded(text: &str) -> String {
    let prefixes = [("gs1:", GS1), ("cbv:", CBV), ("epcis:", EPCIS)];
    let full = prefixes.iter().find_map(|(prefix, full)| Some(format!("{full}{}", text.strip_prefix(prefix)?)));
    full.unwrap_or_else(|| text.to_owned())
}

/// Whether it is a URI as far as EPCIS needs: a scheme, a colon, and after it the characters of RFC 3986, whole escapes and at most one
/// fragment.
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let begins = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'()*+,;=%".contains(c);
    let hex = |text: &str| text.get(..2).is_some_and(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
    let escapes = rest.split('%').skip(1).all(hex);
    let form = begins && scheme.chars().all(plain) && !rest.is_empty();
    form && escapes && rest.chars().all(allowed) && rest.matches('#').count() <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_same_in_every_form() {
        for text in [
            "receiving",
            "cbv:BizStep-receiving",
            "https://ref.gs1.org/cbv/BizStep-receiving",
            "https://ns.gs1.org/cbv/BizStep-receiving",
            "urn:epcglobal:cbv:bizstep:receiving",
        ] {
            let term = Term::parse(text, &STEPS).unwrap();
            assert_eq!(
                (term.uri(), term.word(&STEPS)),
                ("https://ref.gs1.org/cbv/BizStep-receiving", Some("receiving"))
            );
        }
        for own in ["https://example.org/step/blessing", "urn:example:step", "example:x"] {
            assert_eq!(Term::parse(own, &STEPS).unwrap().word(&STEPS), None);
        }
        for wrong in [
            "recieving",
            "urn:epcglobal:cbv:bizstep:recieving",
            "urn:epcglobal:cbv:disp:damaged",
            "",
            "a b:c",
            ":x",
            "urn:a%2",
            "urn:%zz",
            "urn:a#b#c",
            "urn:é",
            "a_b:c",
        ] {
            assert!(Term::parse(wrong, &STEPS).is_err(), "{wrong}");
        }
    }

    #[test]
    fn vocabularies_are_in_order() {
        for vocabulary in [STEPS, DISPOSITIONS, TRANSACTIONS, PARTIES, REASONS, COMPONENTS, ALERTS, MEASUREMENTS] {
            assert!(vocabulary.words.is_sorted(), "{}", vocabulary.web);
        }
    }
}
