//! Dangerous goods: which may travel together. By road, rail and air on one conveyance, by ADR 2025, 7.5.2 (mixed loading); in the air beside
//! each other, by 49 CFR 175.78 (as the table of ICAO's Technical Instructions and IATA's regulations); at sea in one cargo transport unit, by
//! the IMDG Code, 7.2.4 and 7.3.4. What the entries of single goods ask for besides is not known here.

/// Articles of class 9 that may travel with explosives: life-saving appliances, air bags and the like.
/// Source: ADR 2025, table 7.5.2.1, note b.
const LIFE_SAVING: [&str; 3] = ["2990", "3072", "3268"];

/// Compatibility groups of explosives that may travel together, each pair in the order of its letters. Those that only may in separate
/// compartments (B with D) are none. Source: ADR 2025, table 7.5.2.2.
const COMPATIBLE: [&str; 28] = [
    "AA", "BB", "BS", "CC", "CD", "CE", "CG", "CN", "CS", "DD", "DE", "DG", "DN", "DS", "EE", "EG", "EN", "ES", "FF",
    "FS", "GG", "GS", "HH", "HS", "JJ", "JS", "NS", "SS",
];

/// Groups of which only the same goods may travel together: nothing is known of how others of the group bear with them.
/// Source: ADR 2025, table 7.5.2.2, notes b and d.
const SAME_GOODS: [char; 2] = ['L', 'N'];

/// Classes and divisions of the table of segregation at sea, in the order of its rows and columns: 1.2 and 1.5 are as 1.1, 1.6 is as 1.3.
const SEA_CLASSES: [&str; 17] =
    ["1.1", "1.3", "1.4", "2.1", "2.2", "2.3", "3", "4.1", "4.2", "4.3", "5.1", "5.2", "6.1", "6.2", "7", "8", "9"];

/// How far goods of two classes are to be apart at sea: `1` away from, `2` separated from, `3` by a complete compartment or hold, `4`
/// longitudinally by one; `X` not by their classes; `*` by their compatibility groups. Source: IMDG Code, 7.2.4, with 4.3 as since amendment
/// 37-14.
const AT_SEA: [&str; 17] = [
    "***4224444442424X",
    "***4224334442422X",
    "***211222222X422X",
    "442XXX212222X421X",
    "221XXX1X1XX1X21XX",
    "221XXX2X2XX2X21XX",
    "442212XX2222X32XX",
    "4321XXXX1X12X321X",
    "43221221X1221321X",
    "4422XX2X1X22X221X",
    "4422XX2122X21312X",
    "44221222222X1322X",
    "22XXXXXX1X11X1XXX",
    "4444223332331X33X",
    "222211222212X3X2X",
    "4221XXX11122X32XX",
    "XXXXXXXXXXXXXXXXX",
];

/// Classes and divisions of which packages may not lie next to each other in an aircraft. Source: 49 CFR 175.78.
const APART_IN_THE_AIR: [[&str; 2]; 3] = [["3", "5.1"], ["4.2", "5.1"], ["4.3", "8"]];

/// What is dangerous about goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hazard<'a> {
    /// The class or division; of an explosive with its compatibility group, as in `1.4S`.
    pub class: &'a str,
    /// The UN number, four digits, if it is known.
    pub un_number: Option<&'a str>,
}

/// What an explosive is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Explosive {
    /// Its compatibility group.
    Group(char),
    /// Of a group that nobody stated.
    Unknown,
}

/// The UN number that a text is, as `UN 1202` or `1202`; none, if it is a class.
pub fn un_number(text: &str) -> Option<&str> {
    let number = text.trim().strip_prefix("UN").unwrap_or(text).trim();
    Some(number).filter(|number| number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit()))
}

impl Hazard<'_> {
    fn explosive(self) -> Option<Explosive> {
        let class =
            self.class.trim().split(|c: char| !c.is_ascii_alphanumeric() && c != '.').next().unwrap_or_default();
        let division = class.strip_prefix('1').filter(|rest| rest.is_empty() || rest.starts_with('.'))?;
        let group = division.chars().last().filter(char::is_ascii_alphabetic);
        Some(group.map_or(Explosive::Unknown, |group| Explosive::Group(group.to_ascii_uppercase())))
    }

    /// Whether it is an explosive: of class 1.
    pub fn explodes(self) -> bool {
        self.explosive().is_some()
    }

    /// Whether something that forbids a class, a division or a UN number forbids it: what forbids class 1 forbids 1.1D, too, and what forbids
    /// UN 1202 (written so, or as its four digits) forbids that alone.
    pub fn is_forbidden_by(self, forbidden: &str) -> bool {
        if let Some(number) = un_number(forbidden) {
            return self.un_number == Some(number);
        }
        let forbidden = forbidden.trim();
        if self.class.trim().is_empty() || forbidden.is_empty() {
            return false;
        }
        // “3, II” is class 3 of packing group II; what forbids all of class 3 forbids it.
        self.class.trim().strip_prefix(forbidden).is_some_and(|rest| {
            let within_division = forbidden.ends_with(|c: char| c.is_ascii_digit())
                && rest.starts_with(|c: char| c.is_ascii_alphabetic());
            rest.is_empty() || within_division || rest.starts_with(['.', ',', ' '])
        })
    }

    /// The number of its class or division, without what is said besides.
    fn division(&self) -> &str {
        let digits = |c: char| c.is_ascii_digit() || c == '.';
        self.class.split(|c| !digits(c)).find(|part| !part.is_empty()).unwrap_or_default()
    }

    /// Where its class stands in the table of segregation at sea; none: nobody stated one that is there.
    fn at_sea(self) -> Option<usize> {
        let place = |class: &str| SEA_CLASSES.iter().position(|known| *known == class);
        match self.division() {
            "1" | "1.2" | "1.5" => place("1.1"),
            "1.6" => place("1.3"),
            named => place(named),
        }
    }

    /// Whether its class is one of the UN Model Regulations, 2.0.1.1; else nobody can tell with what it may travel.
    pub fn is_known(self) -> bool {
        self.at_sea().is_some()
    }

    /// Whether packages of both may not lie next to each other in an aircraft.
    pub fn apart_in_the_air(self, other: Self) -> bool {
        let (one, two) = (self.division(), other.division());
        APART_IN_THE_AIR.iter().any(|pair| *pair == [one, two] || *pair == [two, one])
    }

    /// How far both are to be apart at sea, from 1 (away from) to 4 (separated longitudinally by a complete compartment or hold); none:
    /// they may be in one cargo transport unit, as far as their classes and compatibility groups tell.
    pub fn apart_at_sea(self, other: Self) -> Option<u8> {
        let (one, two) = (self.at_sea()?, other.at_sea()?);
        match AT_SEA[one].as_bytes()[two] {
            b'*' => (!self.may_travel_with(other)).then_some(4),
            digit => digit.is_ascii_digit().then(|| digit - b'0'),
        }
    }

    fn is_life_saving(self) -> bool {
        self.un_number.is_some_and(|un| LIFE_SAVING.contains(&un))
    }

    /// Whether both may travel on one conveyance. Explosives travel with nothing of another class, except that group S travels with all
    /// and life-saving appliances travel with explosives; among explosives the compatibility groups decide, and whose group nobody stated
    /// travels with no other explosive.
    pub fn may_travel_with(self, other: Self) -> bool {
        use Explosive::{Group, Unknown};
        match (self.explosive(), other.explosive()) {
            (None, None) => true,
            (Some(Group('S')), None) | (None, Some(Group('S'))) => true,
            (Some(_), None) => other.is_life_saving(),
            (None, Some(_)) => self.is_life_saving(),
            (Some(Group(one)), Some(Group(two))) => {
                let pair = [one.min(two), one.max(two)].iter().collect::<String>();
                let same = one == two && self.un_number.is_some() && self.un_number == other.un_number;
                COMPATIBLE.contains(&pair.as_str()) || (same && SAME_GOODS.contains(&one))
            }
            (Some(Unknown), Some(_)) | (Some(_), Some(Unknown)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(class: &str) -> Hazard<'_> {
        Hazard { class, un_number: None }
    }

    /// Says of a class with which others it may go, and that it is the same the other way round.
    fn goes_with(class: &str, others: &[&str]) -> Vec<bool> {
        let both = |other: &&str| {
            let with = of(class).may_travel_with(of(other));
            assert_eq!(with, of(other).may_travel_with(of(class)), "{class} and {other}");
            with
        };
        others.iter().map(both).collect()
    }

    #[test]
    fn explosives_travel_with_nothing_of_another_class() {
        assert_eq!(goes_with("1.1D", &["3", "8", "9", "2.1"]), [false; 4]);
        assert_eq!(goes_with("1.4S", &["3", "8", "1.1D", "1.4G"]), [true; 4]);
        assert_eq!(goes_with("3", &["8", "9", "3, II", "10"]), [true; 4], "no explosive at all");
        let air_bag = Hazard { class: "9", un_number: Some("3268") };
        assert!(air_bag.may_travel_with(of("1.4G")) && of("1.1D").may_travel_with(air_bag));
    }

    #[test]
    fn compatibility_groups_decide_among_explosives() {
        assert_eq!(goes_with("1.1D", &["1.2E", "1.3C", "1.4G", "1.2D", "1.4s"]), [true; 5]);
        assert_eq!(goes_with("1.1D", &["1.1B", "1.2F", "1.2H", "1.1A", "1.2L"]), [false; 5]);
        assert_eq!(goes_with("1.1A", &["1.1A", "1.4S"]), [true, false]);
        assert_eq!(goes_with("1.2L", &["1.4S", "1.2L"]), [false, false]);
        let same = Hazard { class: "1.2L", un_number: Some("0248") };
        assert!(same.may_travel_with(same) && !same.may_travel_with(Hazard { un_number: Some("0249"), ..same }));
    }

    #[test]
    fn what_forbids_a_class_forbids_its_divisions_and_groups() {
        let forbids = |forbidden: &str, class: &str| of(class).is_forbidden_by(forbidden);
        for (forbidden, class) in
            [("1", "1.1D"), ("1.1", "1.1D"), ("1.1D", "1.1D"), ("3", "3, II"), ("3", "3"), ("2.1", "2.1")]
        {
            assert!(forbids(forbidden, class), "{forbidden} {class}");
        }
        for (forbidden, class) in
            [("1.1D", "1.1"), ("1.4S", "1.4G"), ("1", "10"), ("3", "8"), ("2.1", "2.2"), ("", "3"), ("3", "")]
        {
            assert!(!forbids(forbidden, class), "{forbidden} {class}");
        }
        let fuel = Hazard { class: "3", un_number: Some("1202") };
        assert_eq!(["1.1D", "1202", " UN 1202"].map(un_number), [None, Some("1202"), Some("1202")]);
        assert_eq!(["UN1202", "UN 1202", "1202", "1203"].map(|un| fuel.is_forbidden_by(un)), [true, true, true, false]);
    }

    #[test]
    fn the_table_of_segregation_at_sea_is_the_same_both_ways() {
        for (row, one) in SEA_CLASSES.iter().enumerate() {
            assert_eq!(AT_SEA[row].len(), SEA_CLASSES.len(), "{one}");
            for (column, two) in SEA_CLASSES.iter().enumerate() {
                assert_eq!(AT_SEA[row].as_bytes()[column], AT_SEA[column].as_bytes()[row], "{one} and {two}");
            }
        }
    }

    #[test]
    fn at_sea_more_is_kept_apart_than_on_the_road() {
        let apart = |one: &'static str, two: &'static str| of(one).apart_at_sea(of(two));
        assert_eq!(
            [apart("3", "5.1"), apart("3", "2.2"), apart("3", "8"), apart("3, II", "3")],
            [Some(2), Some(1), None, None]
        );
        assert!(of("3").may_travel_with(of("5.1")), "on the road they may");
        assert_eq!([apart("1.1D", "3"), apart("1.4G", "6.1"), apart("1.2E", "8")], [Some(4), None, Some(4)]);
        assert_eq!([apart("1.1D", "1.1B"), apart("1.1D", "1.2E")], [Some(4), None]);
        assert_eq!([apart("Class 3", "5.1"), apart("3", "4.3"), apart("2.1", "4.3")], [Some(2); 3]);
        assert_eq!([apart("6.2", "1.6N"), apart("", "3"), apart("10", "3")], [Some(4), None, None]);
    }

    #[test]
    fn in_the_air_what_reacts_lies_apart() {
        let apart = |one: &'static str, two: &'static str| {
            let apart = of(one).apart_in_the_air(of(two));
            assert_eq!(apart, of(two).apart_in_the_air(of(one)), "{one} and {two}");
            apart
        };
        assert_eq!([apart("3, II", "5.1"), apart("4.2", "5.1"), apart("4.3", "8"), apart("Class 8", "4.3")], [true; 4]);
        assert_eq!(
            [apart("3", "8"), apart("4.2", "8"), apart("5.2", "3"), apart("2.1", "5.1"), apart("", "")],
            [false; 5]
        );
    }

    #[test]
    fn a_class_is_one_that_there_is() {
        let known = ["1", "1.1D", "1.4S", "2.1", "3, II", "Class 3", "6.1 (8)", "9"].map(|class| of(class).is_known());
        assert_eq!(known, [true; 8]);
        assert_eq!(["", "10", "2.4", "0", "1.7", "fuel", "3.1"].map(|class| of(class).is_known()), [false; 7]);
    }

    #[test]
    fn whose_group_nobody_stated_travels_alone() {
        assert_eq!(goes_with("1.1", &["1.1", "1.1D", "1", "3", "1.4S"]), [false; 5]);
    }
}
