//! Federal supply groups and classes: the first two and four digits of a NATO stock number, in words.
//!
//! Source: the H2 handbook of the United States' Defense Logistics Agency, which NATO's codification system has adopted, as compiled in
//! a public list of 78 groups and 692 classes. New classes are added by its owner from time to time, so a class that is not here is not
//! wrong.

/// Code and name, a line each, in the order of the codes.
const TABLE: &str = include_str!("stock_class.csv");

/// The name of a class (4 digits) or group (2 digits), in capitals as the list has it.
pub fn supply_class_name(code: &str) -> Option<&'static str> {
    let mut named = TABLE.lines().filter_map(|line| line.split_once(','));
    named.find_map(|(known, name)| (known == code).then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_names() {
        assert_eq!(supply_class_name("2320"), Some("TRUCKS AND TRUCK TRACTORS, WHEELED"));
        assert_eq!(supply_class_name("10"), Some("WEAPONS"));
        assert_eq!(supply_class_name("0000"), None);
        assert_eq!(supply_class_name(""), None);
    }

    #[test]
    fn the_table_is_in_order() {
        let codes: Vec<&str> = TABLE.lines().filter_map(|line| Some(line.split_once(',')?.0)).collect();
        assert_eq!(codes.len(), TABLE.lines().count());
        assert!(codes.is_sorted());
        assert!(codes.iter().all(|code| matches!(code.len(), 2 | 4) && code.bytes().all(|b| b.is_ascii_digit())));
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
