//! Cells that a spreadsheet would take for a formula are written with an apostrophe before them, and read without it.

use std::borrow::Cow;

/// What spreadsheets take as the beginning of a formula, with the full-width forms that some of them take for the same; see OWASP,
/// "CSV injection".
fn begins_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// Whether [`strip`] would take an apostrophe away.
fn is_guarded(text: &str) -> bool {
    text.strip_prefix('\'').is_some_and(|rest| rest.starts_with('\'') || begins_formula(rest))
}

/// A negative number is no formula, and must stay a number for the spreadsheet.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// The cell as it is written.
pub(crate) fn guard(text: &str) -> Cow<'_, str> {
    if (begins_formula(text) && !is_number(text)) || is_guarded(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The cell as it was before [`guard`].
pub(crate) fn strip(text: &str) -> &str {
    if is_guarded(text) { &text[1..] } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_neutralised_and_numbers_left() {
        assert_eq!(guard("=cmd()"), "'=cmd()");
        assert_eq!(guard("-2+3"), "'-2+3");
        assert_eq!(guard("-12.5"), "-12.5");
        assert_eq!(guard("O'Neill"), "O'Neill");
        assert_eq!(strip("'tis so"), "'tis so");
    }

    proptest! {
        #[test]
        fn guarding_is_reversible(text in "['=+@\t-]{0,4}[a-z0-9]{0,2}|\\PC*") {
            let written = guard(&text);
            prop_assert_eq!(strip(&written), text.as_str());
            prop_assert!(is_number(&text) || !begins_formula(&written));
        }
    }
}
