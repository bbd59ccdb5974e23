//! Cells to figures and dates. What the map does not say how to read stays in its words.

use muster_domain::{
    date::PartialDate,
    field::{Field, LONGEST_TEXT},
    fixed::Fixed,
    message,
    message::Message,
    stated::Stated,
};

use super::{
    date,
    decimal::{Decimal, Writing},
    map::Map,
};

/// What a cell says, and what is to be told about it.
pub(super) struct Said<T> {
    /// `None`: the cell is empty.
    pub(super) value: Option<Stated<T>>,
    /// Why it is not known, where the map does not expect it.
    pub(super) issue: Option<Message>,
}

impl<T: Field> Said<T> {
    fn known(value: T) -> Self {
        Self { value: Some(Stated::Known(value)), issue: None }
    }

    fn unknown(text: &str, issue: Option<Message>) -> Self {
        Self { value: Some(Stated::Unknown(words::<T>(text))), issue }
    }
}

/// A number with `P` places; one with more is rounded to even.
pub(super) fn number<const P: u32>(text: &str, typed: bool, map: &Map) -> Said<Fixed<P>> {
    if text.is_empty() {
        return Said { value: None, issue: None };
    }
    if map.unknown.iter().any(|word| word.is_like(text)) {
        return Said::unknown(text, None);
    }
    let plain = Writing::PLAIN;
    let Some(decimal) = Decimal::read(text, if typed { &plain } else { &map.writing }) else {
        return Said::unknown(text, Some(message!("not-a-number-kept")));
    };
    match decimal.fixed() {
        Some(number) => Said::known(number),
        None => Said::unknown(text, Some(message!("too-large-kept"))),
    }
}

/// A date.
pub(super) fn date(text: &str, map: &Map) -> Said<PartialDate> {
    if text.is_empty() {
        return Said { value: None, issue: None };
    }
    match date::read(text, &map.date.formats) {
        Ok(Some(date)) => Said::known(date),
        Err(why) => Said::unknown(text, Some(message!("kept-as-unknown", why))),
        Ok(None) if map.unknown.iter().any(|word| word.is_like(text)) => Said::unknown(text, None),
        Ok(None) => Said::unknown(text, Some(message!("not-a-date-kept"))),
    }
}

/// The words as a record keeps them: those that would be read as a value, or refused, say that they are what was published.
pub(super) fn words<T: Field>(text: &str) -> String {
    let text = short(text);
    match Stated::<T>::parse(&text) {
        Ok(Stated::Unknown(words)) => words,
        _ => short(&format!("published: {text}")),
    }
}

/// The text as a record takes it: without control characters, and cut where it is too long.
pub(super) fn short(text: &str) -> String {
    let plain = |c: char| if c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c };
    let text: String = text.chars().map(plain).collect();
    let text = text.trim().to_owned();
    match text.char_indices().nth(LONGEST_TEXT) {
        None => text,
        Some(_) => text.chars().take(LONGEST_TEXT - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words_when_they_are_read_again() {
        for text in ["dozens", ".", "12", "12,5 or so", "\u{7}bell"] {
            let kept = words::<Fixed<3>>(text);
            assert_eq!(Stated::<Fixed<3>>::parse(&kept), Ok(Stated::Unknown(kept.clone())), "{text}");
        }
        assert_eq!(words::<PartialDate>("2022"), "published: 2022");
        assert_eq!(words::<Fixed<3>>("dozens"), "dozens");
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        let cut = short(&"ä".repeat(5_000));
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (LONGEST_TEXT, true));
        assert_eq!(short(&"x".repeat(LONGEST_TEXT)).len(), LONGEST_TEXT);
    }
}
