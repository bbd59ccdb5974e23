//! Documents: the papers that goods travel with, and the rules by which a movement needs them.
//!
//! What a document looks like is told elsewhere; here is only which there are and when they are due.

use crate::{
    field::Country,
    lane::Mode,
    message,
    message::Message,
    party::{Party, PartyKind},
    picture::Picture,
    words,
};

words! {
    /// What a document is.
    pub enum DocumentKind {
        /// What is in which handling unit.
        PackingList = "packing_list",
        /// All that one conveyance carries.
        Manifest = "manifest",
        /// The contract of carriage: consignment note, sea waybill or air waybill.
        Waybill = "waybill",
        /// What the customs declaration of a force under the Status of Forces Agreement is filled in from.
        Form302 = "form_302",
        /// That goods were given, to whom, under which conditions and at which value.
        DonationCertificate = "donation_certificate",
        /// That custody passed, with two signatures and a count of each line.
        HandoverReceipt = "handover_receipt",
        /// A logistic label for each handling unit.
        Label = "label",
    }
}

words! {
    /// Who carries goods.
    pub enum Carrier {
        /// Armed forces, with conveyances of their own.
        Force = "force",
        /// A company, for payment.
        Commercial = "commercial",
    }
}

/// What about a movement decides which documents it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// It begins in one country and ends in another, or passes through another.
    pub crosses_border: bool,
    /// How it moves.
    pub mode: Mode,
    /// Who carries.
    pub carrier: Carrier,
    /// The title to some of the goods passes to others, on the way or at its end.
    pub given: bool,
    /// Some of the goods belong to a [force](force_of), and go on belonging to it.
    pub kept: bool,
    /// Every country on the way, and that of the force, is a party to the NATO Status of Forces Agreement, or to that of the Partnership
    /// for Peace.
    pub status_of_forces: bool,
    /// Some of the goods are dangerous in transport: they have a UN number.
    pub hazardous: bool,
    /// The goods are on handling units, each with a number of its own.
    pub handling_units: bool,
}

/// A document that a movement needs, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// What is needed.
    pub kind: DocumentKind,
    /// The first rule that asks for it.
    pub why: Message,
}

/// When a document is due.
struct Rule {
    kind: DocumentKind,
    when: fn(&Facts) -> bool,
    why: fn() -> Message,
}

/// The rules, in the order in which documents are laid together. Of two rules for one document the first that holds gives the reason.
const RULES: &[Rule] = &[
    Rule { kind: DocumentKind::PackingList, when: always, why: || message!("document-counts-packages") },
    Rule { kind: DocumentKind::Manifest, when: always, why: || message!("document-counts-load") },
    // Convention on the Contract for the International Carriage of Goods by Road (CMR), articles 1 and 4: for reward, between two
    // countries.
    Rule {
        kind: DocumentKind::Waybill,
        when: |facts| hired(facts, Mode::Road) && facts.crosses_border,
        why: || message!("document-road-across-border"),
    },
    Rule {
        kind: DocumentKind::Waybill,
        when: |facts| hired(facts, Mode::Road),
        why: || message!("document-road-within-country"),
    },
    // Uniform Rules concerning the Contract of International Carriage of Goods by Rail (CIM), article 6.
    Rule { kind: DocumentKind::Waybill, when: |facts| hired(facts, Mode::Rail), why: || message!("document-rail") },
    Rule { kind: DocumentKind::Waybill, when: |facts| hired(facts, Mode::Sea), why: || message!("document-sea") },
    // Montreal Convention, article 4.
    Rule { kind: DocumentKind::Waybill, when: |facts| hired(facts, Mode::Air), why: || message!("document-air") },
    // ADR and RID 5.4.1, IMDG Code 5.4.1, ICAO Technical Instructions 5;4.1: particulars of dangerous goods travel with them. Forces
    // that carry their own may be exempt by national rules, which are not the same everywhere: the paper does no harm.
    Rule { kind: DocumentKind::Waybill, when: |facts| facts.hazardous, why: || message!("document-dangerous-goods") },
    // Agreement between the Parties to the North Atlantic Treaty regarding the Status of their Forces, article XI: goods of a force,
    // for its own use. What is sold or given away on the way is no longer that, and goes by an ordinary declaration.
    Rule {
        kind: DocumentKind::Form302,
        when: |facts| facts.crosses_border && facts.status_of_forces && facts.kept,
        why: || message!("document-customs-of-forces"),
    },
    Rule {
        kind: DocumentKind::DonationCertificate,
        when: |facts| facts.given,
        why: || message!("document-title-given"),
    },
    Rule { kind: DocumentKind::HandoverReceipt, when: always, why: || message!("document-custody-passes") },
    Rule { kind: DocumentKind::Label, when: |facts| facts.handling_units, why: || message!("document-marks-units") },
];

fn always(_: &Facts) -> bool {
    true
}

/// Whether a company carries for payment, in this way.
fn hired(facts: &Facts, mode: Mode) -> bool {
    facts.carrier == Carrier::Commercial && facts.mode == mode
}

/// Countries, by ISO 3166 alpha-3, whose forces come under the NATO Status of Forces Agreement of 1951 or, by that of the Partnership
/// for Peace of 1995, under the same terms. Source: the depositary's lists of parties as known in 2025.
const STATUS_OF_FORCES: &[&str] = &[
    "ALB", "ARM", "AUT", "BEL", "BGR", "BIH", "CAN", "CHE", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GBR",
    "GEO", "GRC", "HRV", "HUN", "ISL", "ITA", "KAZ", "KGZ", "LTU", "LUX", "LVA", "MDA", "MKD", "MNE", "NLD", "NOR",
    "POL", "PRT", "ROU", "SRB", "SVK", "SVN", "SWE", "TUR", "UKR", "USA", "UZB",
];

/// Whether a country is a party to the NATO Status of Forces Agreement or to that of the Partnership for Peace.
pub fn under_status_of_forces(country: &str) -> bool {
    STATUS_OF_FORCES.contains(&country)
}

/// The country of whose force a party is: a nation, one of its units, or a body below them, like a ministry; none of all others.
pub fn force_of<'p>(picture: &'p Picture, party: &str) -> Option<&'p Country> {
    const HIGHEST: usize = 20;
    let above = |party: &&'p Party| picture.parties.get(party.parent.as_ref()?.as_str());
    let chain = || std::iter::successors(picture.parties.get(party), above).take(HIGHEST);
    let armed = matches!(chain().next()?.kind, PartyKind::Nation | PartyKind::Unit | PartyKind::Organisation);
    let nation = chain().find(|party| party.kind == PartyKind::Nation).filter(|_| armed);
    nation.and_then(|nation| nation.country.as_ref())
}

/// The documents that a movement needs, each once, in the order in which they are laid together.
pub fn required(facts: &Facts) -> Vec<Needed> {
    let mut needed: Vec<Needed> = Vec::new();
    for rule in RULES.iter().filter(|rule| (rule.when)(facts)) {
        if needed.iter().all(|one| one.kind != rule.kind) {
            needed.push(Needed { kind: rule.kind, why: (rule.why)() });
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A force moves harmless goods of its own within its country.
    const OWN: Facts = Facts {
        crosses_border: false,
        mode: Mode::Road,
        carrier: Carrier::Force,
        given: false,
        kept: true,
        status_of_forces: true,
        hazardous: false,
        handling_units: false,
    };

    /// What is needed besides what always is: document and reason.
    fn besides(facts: Facts) -> Vec<String> {
        let always = ["packing_list", "manifest", "handover_receipt"];
        let needed = required(&facts);
        assert!(always.iter().all(|kind| needed.iter().any(|one| one.kind.as_str() == *kind)), "{needed:?}");
        let others = needed.iter().filter(|one| !always.contains(&one.kind.as_str()));
        others.map(|one| format!("{} {}", one.kind, one.why.key)).collect()
    }

    #[test]
    fn what_is_counted_is_listed_and_signed_for_always() {
        assert_eq!(besides(OWN), [""; 0]);
        assert_eq!(besides(Facts { handling_units: true, ..OWN }), ["label document-marks-units"]);
    }

    #[test]
    fn a_company_carries_under_the_contract_of_its_mode() {
        let hired = Facts { carrier: Carrier::Commercial, ..OWN };
        assert_eq!(besides(hired), ["waybill document-road-within-country"]);
        let across = Facts { crosses_border: true, status_of_forces: false, ..hired };
        for (mode, why) in [
            (Mode::Road, "document-road-across-border"),
            (Mode::Rail, "document-rail"),
            (Mode::Sea, "document-sea"),
            (Mode::Air, "document-air"),
        ] {
            assert_eq!(besides(Facts { mode, ..across }), [format!("waybill {why}")]);
        }
    }

    #[test]
    fn dangerous_goods_travel_with_their_particulars_whoever_carries() {
        let dangerous = Facts { hazardous: true, ..OWN };
        assert_eq!(besides(dangerous), ["waybill document-dangerous-goods"]);
        // The contract is the better reason.
        let hired = Facts { carrier: Carrier::Commercial, ..dangerous };
        assert_eq!(besides(hired), ["waybill document-road-within-country"]);
    }

    #[test]
    fn a_force_declares_its_own_goods_at_borders_and_nothing_that_is_sold_or_given() {
        let across = Facts { crosses_border: true, ..OWN };
        assert_eq!(besides(across), ["form_302 document-customs-of-forces"]);
        assert_eq!(besides(Facts { status_of_forces: false, ..across }), [""; 0]);
        assert_eq!(besides(Facts { kept: false, ..across }), [""; 0], "a supplier's");
        let given = Facts { given: true, kept: false, ..across };
        assert_eq!(besides(given), ["donation_certificate document-title-given"]);
        let both = ["form_302 document-customs-of-forces", "donation_certificate document-title-given"];
        assert_eq!(besides(Facts { kept: true, ..given }), both);
    }

    #[test]
    fn each_document_is_needed_once_and_each_rule_has_a_case() {
        let flags = [false, true];
        let mut held = vec![false; RULES.len()];
        for n in 0..64_usize {
            let flag = |bit: usize| flags[(n >> bit) & 1];
            for (mode, carrier) in
                Mode::ALL.iter().flat_map(|mode| Carrier::ALL.iter().map(move |carrier| (*mode, *carrier)))
            {
                let facts = Facts {
                    crosses_border: flag(0),
                    mode,
                    carrier,
                    given: flag(4),
                    kept: flag(5),
                    status_of_forces: flag(1),
                    hazardous: flag(2),
                    handling_units: flag(3),
                };
                let needed = required(&facts);
                for (rule, held) in RULES.iter().zip(&mut held) {
                    *held |= needed.contains(&Needed { kind: rule.kind, why: (rule.why)() });
                }
                let mut kinds: Vec<_> = needed.iter().map(|one| one.kind).collect();
                kinds.dedup();
                assert_eq!(kinds.len(), needed.len(), "{facts:?}");
                assert!(kinds.is_sorted(), "{facts:?}");
            }
        }
        assert!(held.iter().all(|held| *held), "{held:?}");
    }
}
