//! Content lines: a name, parameters and a value, folded over several lines of the file. What a value means is for others.
//!
//! Source: RFC 5545, section 3.1. Lines may end without a carriage return, and a fold may lie within a character, as old programs have it.

use crate::encoding::{Undecodable, decode};

/// A content line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'t> {
    /// Its name, in capitals.
    pub(super) name: String,
    /// Its parameters: names in capitals, and values without quotes, of which there may be several with commas between.
    pub(super) parameters: Vec<(String, String)>,
    /// Its value as it stands there.
    pub(super) value: &'t str,
}

/// Content lines that are put together again, each with the line on which it begins, counted from 1.
pub(super) struct Unfolded {
    text: String,
    numbers: Vec<u64>,
}

impl Unfolded {
    /// Decodes a file and puts its lines together.
    pub(super) fn new(bytes: &[u8]) -> Result<Self, Undecodable> {
        let (mut joined, mut numbers) = (Vec::with_capacity(bytes.len()), Vec::new());
        for (number, raw) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
            match raw {
                [] => {}
                [b' ' | b'\t', rest @ ..] if !numbers.is_empty() => joined.extend_from_slice(rest),
                _ => {
                    if !numbers.is_empty() {
                        joined.push(b'\n');
                    }
                    numbers.push(number);
                    joined.extend_from_slice(raw);
                }
            }
        }
        match decode(&joined) {
            Ok(text) => Ok(Self { text, numbers }),
            Err(error) => Err(Undecodable { line: number(&numbers, error.line), ..error }),
        }
    }

    /// The lines with their numbers.
    pub(super) fn lines(&self) -> impl Iterator<Item = (u64, &str)> {
        let lines = self.text.split('\n').filter(|line| !line.trim().is_empty());
        (1..).zip(lines).map(|(nth, line)| (number(&self.numbers, nth), line))
    }
}

/// On which line of the file the `nth` content line begins.
fn number(numbers: &[u64], nth: u64) -> u64 {
    usize::try_from(nth - 1).ok().and_then(|nth| numbers.get(nth)).or(numbers.last()).copied().unwrap_or(1)
}

impl<'t> Line<'t> {
    /// Takes a content line apart; `None`: it is none.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let (name, mut rest) = word(text, &[';', ':'])?;
        let mut parameters = Vec::new();
        while let Some(more) = rest.strip_prefix(';') {
            // A semicolon too many harms nobody.
            if more.starts_with([';', ':']) {
                rest = more;
                continue;
            }
            let (name, more) = word(more, &['='])?;
            let (value, more) = values(more.strip_prefix('=')?)?;
            parameters.push((name, value));
            rest = more;
        }
        Some(Self { name, parameters, value: rest.strip_prefix(':')? })
    }

    /// The value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The value as text: a backslash stands before what would mean something else.
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.value.len());
        let mut chars = self.value.chars();
        while let Some(c) = chars.next() {
            match (c, c == '\\') {
                (_, true) => match chars.next() {
                    Some('n' | 'N') => text.push('\n'),
                    Some(c @ ('\\' | ';' | ',' | ':' | '"')) => text.push(c),
                    Some(c) => text.extend(['\\', c]),
                    None => text.push('\\'),
                },
                (c, false) => text.push(c),
            }
        }
        text
    }
}

/// A name up to one of the characters that may follow it, and what follows.
fn word<'t>(text: &'t str, until: &[char]) -> Option<(String, &'t str)> {
    let (word, rest) = text.split_at(text.find(until)?);
    let is_word =
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.');
    is_word.then(|| (word.to_ascii_uppercase(), rest))
}

/// The values of a parameter without their quotes, and what follows them.
fn values(text: &str) -> Option<(String, &str)> {
    let (mut value, mut rest) = (String::new(), text);
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (inner, after) = quoted.split_once('"')?;
            value.push_str(inner);
            rest = after;
        } else {
            let (inner, after) = rest.split_at(rest.find([',', ';', ':', '"'])?);
            value.push_str(inner);
            rest = after;
        }
        match rest.chars().next()? {
            ',' => {
                value.push(',');
                rest = &rest[1..];
            }
            ';' | ':' => return Some((value, rest)),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart() {
        let line = Line::parse(r#"Dtstart;TZID="Europe/Berlin: a;b";value=DATE,x:2026:09"#).unwrap();
        assert_eq!((line.name.as_str(), line.value), ("DTSTART", "2026:09"));
        assert_eq!((line.parameter("TZID"), line.parameter("VALUE")), (Some("Europe/Berlin: a;b"), Some("DATE,x")));
        assert_eq!(Line::parse("X;A=\"b\",\"c\",d:").unwrap().parameter("A"), Some("b,c,d"));
        assert_eq!(Line::parse("X;;A=b;:c").unwrap().parameter("A"), Some("b"));
        for none in ["", "NAME", ":value", "NAME;A:x", "NAME;A=\"b:x", "NAME;A=\"b\"c:x", "A NAME:x", "É:x"] {
            assert_eq!(Line::parse(none), None, "{none}");
        }
    }

    #[test]
    fn text_is_read_without_its_backslashes() {
        assert_eq!(Line::parse(r"A:one\, two\; \\n \n\N\x\").unwrap().text(), "one, two; \\n \n\n\\x\\");
    }

    #[test]
    fn folded_lines_are_put_together_and_keep_their_number() {
        let mut bytes = b"\xEF\xBB\xBFA:1\r\n 2\n\t3\r\n\r\nB:\xC3".to_vec();
        bytes.extend(b"\n \xA9\nC:\n");
        let unfolded = Unfolded::new(&bytes).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(unfolded.lines().collect::<Vec<_>>(), [(1, "A:123"), (5, "B:é"), (7, "C:")]);
        assert_eq!(Unfolded::new(b"A:\xC3\xA9\n b\nC:\nD:\xFF").map(|_| ()).unwrap_err().line, 4);
    }
}
