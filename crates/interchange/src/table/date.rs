//! Dates as a table writes them, by declared formats only.

use muster_domain::{date::PartialDate, field::Field, message, message::Message};

/// A piece of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Day,
    Month,
    /// `%B` or `%b`: an English month name, whole or its first three letters.
    MonthName,
    Year,
    /// `%y`: the last two digits of a year from 2000 on.
    ShortYear,
    Text(String),
}

/// How a date is written: `%m/%d/%Y`, `%B %Y`, `unclear, %m/%y`.
#[derive(Clone, Debug)]
pub(super) struct Format {
    pieces: Vec<Piece>,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl Format {
    /// Reads a format.
    pub(super) fn new(text: &str) -> Result<Self, Message> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let piece = match (c, c == '%') {
                (_, false) => None,
                _ => Some(match chars.next() {
                    Some('d') => Piece::Day,
                    Some('m') => Piece::Month,
                    Some('b' | 'B') => Piece::MonthName,
                    Some('Y') => Piece::Year,
                    Some('y') => Piece::ShortYear,
                    _ => return Err(message!("format-signs")),
                }),
            };
            match (piece, pieces.last_mut()) {
                (Some(piece), _) => pieces.push(piece),
                (None, Some(Piece::Text(text))) => text.extend(c.to_lowercase()),
                (None, _) => pieces.push(Piece::Text(c.to_lowercase().collect())),
            }
        }
        let count = |wanted: &[Piece]| pieces.iter().filter(|p| wanted.contains(p)).count();
        let years = count(&[Piece::Year, Piece::ShortYear]);
        let (months, days) = (count(&[Piece::Month, Piece::MonthName]), count(&[Piece::Day]));
        if years != 1 || months > 1 || days > months {
            return Err(message!("format-parts"));
        }
        Ok(Self { pieces })
    }

    /// The date that the whole text is.
    pub(super) fn read(&self, text: &str) -> Option<PartialDate> {
        let text = text.trim().to_lowercase();
        let (mut rest, mut year, mut month, mut day) = (text.as_str(), String::new(), None, None);
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => rest = rest.strip_prefix(text.as_str())?,
                Piece::Year => year = digits(&mut rest, 4, 4)?.to_owned(),
                Piece::ShortYear => year = format!("20{}", digits(&mut rest, 2, 2)?),
                Piece::Month => month = digits(&mut rest, 1, 2)?.parse::<u8>().ok(),
                Piece::Day => day = digits(&mut rest, 1, 2)?.parse::<u8>().ok(),
                Piece::MonthName => month = Some(month_name(&mut rest)?),
            }
        }
        if !rest.is_empty() {
            return None;
        }
        let part = |part: Option<u8>| part.map_or_else(String::new, |n| format!("-{n:02}"));
        PartialDate::parse(&format!("{year}{}{}", part(month), part(day))).ok()
    }

    /// Whether some text is one date by this format and another by the other.
    pub(super) fn may_contradict(&self, other: &Self) -> bool {
        [("3", "4", "2022", "22"), ("03", "04", "2022", "22"), ("10", "11", "2012", "12")].iter().any(
            |(day, month, year, short)| {
                let text: String = self
                    .pieces
                    .iter()
                    .map(|piece| match piece {
                        Piece::Day => *day,
                        Piece::Month => month,
                        Piece::MonthName => "april",
                        Piece::Year => year,
                        Piece::ShortYear => short,
                        Piece::Text(text) => text,
                    })
                    .collect();
                matches!((self.read(&text), other.read(&text)), (Some(one), Some(another)) if one != another)
            },
        )
    }
}

fn digits<'t>(rest: &mut &'t str, least: usize, most: usize) -> Option<&'t str> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (found, after) = rest.split_at_checked(count).filter(|_| count >= least)?;
    *rest = after;
    Some(found)
}

fn month_name(rest: &mut &str) -> Option<u8> {
    let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (name, after) = rest.split_at(length);
    let month = MONTHS.iter().position(|month| *month == name || (name.len() == 3 && month.starts_with(name)))?;
    *rest = after;
    u8::try_from(month + 1).ok()
}

/// The date that the text is by the formats, or by ISO 8601 to the day, which cannot be mistaken. `Err` when two of them differ.
pub(super) fn read(text: &str, formats: &[Format]) -> Result<Option<PartialDate>, Message> {
    let iso = (text.len() == 10).then(|| PartialDate::parse(text).ok()).flatten();
    let mut found = iso;
    for date in formats.iter().filter_map(|format| format.read(text)) {
        match found {
            Some(other) if other != date => {
                return Err(message!("two-dates", one = other.to_string(), other = date.to_string()));
            }
            _ => found = Some(date),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(format: &str, text: &str) -> Option<String> {
        Format::new(format).unwrap().read(text).map(|d| d.to_string())
    }

    #[test]
    fn dates_are_read_by_their_format_only() {
        assert_eq!(by("%m/%d/%Y", "3/20/2022").as_deref(), Some("2022-03-20"));
        assert_eq!(by("Unclear, %m/%y", "unclear, 04/22").as_deref(), Some("2022-04"));
        assert_eq!(by("%d %B %Y", "7 September 2026").as_deref(), Some("2026-09-07"));
        assert_eq!(by("%b %Y", "Sep 2026").as_deref(), Some("2026-09"));
        assert_eq!(by("%Y", "2026").as_deref(), Some("2026"));
        for text in ["20/3/2022", "3/20/22", "until 3/20/2022", "3/20/2022 or so", "2/30/2022", ""] {
            assert_eq!(by("%m/%d/%Y", text), None, "{text}");
        }
    }

    #[test]
    fn formats_that_contradict_each_other_are_found() {
        let format = |text| Format::new(text).unwrap();
        assert!(format("%m/%d/%Y").may_contradict(&format("%d/%m/%Y")));
        assert!(!format("%m/%d/%Y").may_contradict(&format("%m/%Y")));
        assert!(format("%m/%d/%y").may_contradict(&format("%d/%m/%y")));
        for wrong in ["%d/%Y", "%m", "%Y %y", "%q", "100%"] {
            assert!(Format::new(wrong).is_err(), "{wrong}");
        }
    }
}
