//! Decimal numbers as people write them in tables. It must not guess: what could be two numbers is refused.

use std::borrow::Cow;

use muster_domain::{message, message::Message};

/// Whether a text can only be a number with a decimal comma: `12,5` can, `1,250` may also be a thousand and more.
pub(crate) fn only_decimal_comma(text: &str) -> bool {
    let Some((whole, fraction)) = unsigned(text).split_once(',') else { return false };
    digits(whole) && digits(fraction) && !could_be_thousands(whole, fraction)
}

/// Whether the part before a separator and the part after it may be one number with a thousands separator.
fn could_be_thousands(whole: &str, group: &str) -> bool {
    group.len() == 3 && whole.len() <= 3 && !whole.starts_with('0')
}

/// The number with a decimal point. `comma` says that the sheet has numbers that can only be ones with a decimal comma.
///
/// # Errors
/// Why the text is not one number only. A text that is no number at all is given back as it is.
pub(crate) fn with_point(text: &str, comma: bool) -> Result<Cow<'_, str>, Message> {
    let number = unsigned(text);
    if !number.starts_with(|c: char| c.is_ascii_digit()) || !number.chars().all(is_of_number) {
        return Ok(Cow::Borrowed(text));
    }
    let separators = number.chars().filter(|c| !c.is_ascii_digit()).count();
    match (separators, number.split_once(','), number.split_once('.')) {
        (0, _, _) => Ok(Cow::Borrowed(text)),
        (1, Some((whole, fraction)), _) if comma || !could_be_thousands(whole, fraction) => {
            Ok(Cow::Owned(text.replace(',', ".")))
        }
        (1, None, Some((whole, fraction))) if !comma || !could_be_thousands(whole, fraction) => Ok(Cow::Borrowed(text)),
        (1, Some((whole, rest)), _) | (1, None, Some((whole, rest))) => {
            Err(message!("two-numbers", one = format!("{whole}.{rest}"), other = format!("{whole}{rest}")))
        }
        _ => Err(message!("thousands-separators")),
    }
}

fn is_of_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, ',' | '.' | '\'' | '’' | ' ' | '\u{A0}' | '\u{202F}' | '\u{2009}')
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix('-').unwrap_or(text)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_comma_is_read_where_it_can_be_nothing_else() {
        for (text, number) in
            [("12,5", "12.5"), ("-0,125", "-0.125"), ("1234,567", "1234.567"), ("7", "7"), ("1.250", "1.250")]
        {
            assert_eq!(with_point(text, false).as_deref(), Ok(number), "{text}");
        }
        for text in ["1,250", "1.234,5", "1,234.5", "1 234", "1'234.5", "1,234,567"] {
            assert!(with_point(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn the_sheet_tells_which_it_is() {
        assert_eq!(with_point("1,250", true).as_deref(), Ok("1.250"));
        assert!(with_point("1.250", true).is_err());
        assert_eq!(with_point("1.25", true).as_deref(), Ok("1.25"));
        assert!(only_decimal_comma("12,5") && !only_decimal_comma("1,250") && only_decimal_comma("0,250"));
    }

    #[test]
    fn words_are_left_alone() {
        for text in ["several, many", "", "12 trucks", "3, 4 or 5", "2026-09"] {
            assert_eq!(with_point(text, true).as_deref(), Ok(text));
        }
    }
}
