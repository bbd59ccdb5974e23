//! Moments and zones as EPCIS writes them.
//!
//! Source: EPCIS 2.0, section 7.3.3 and the type `DateTimeStamp` of its XML schema: a date, a time with seconds, and always a zone.
//! `24:00:00` and leap seconds, which XML Schema and RFC 3339 would each let through in part, are refused: the schema does, and no two
//! programs agree on when they are.

use std::fmt;

use jiff::Timestamp;
use muster_domain::{message, message::Message};

/// A moment. It keeps the zone and the digits with which it was written; two are equal if they are the same moment.
#[derive(Clone, Debug)]
pub struct Moment {
    text: String,
    at: Timestamp,
}

impl Moment {
    /// Reads a moment like `2026-09-07T14:00:00.000+02:00`.
    ///
    /// # Errors
    /// What would be right.
    pub fn parse(text: &str) -> Result<Self, Message> {
        let wrong = || message!("epcis-a-moment");
        let text = text.trim();
        let bytes = text.as_bytes();
        let form = b"0000-00-00T00:00:00";
        let fits = bytes.len() > form.len()
            && form
                .iter()
                .zip(bytes)
                .all(|(form, byte)| if *form == b'0' { byte.is_ascii_digit() } else { form == byte });
        if !fits {
            return Err(wrong());
        }
        let rest = &text[form.len()..];
        let (fraction, zone) = rest.split_at(rest.find(['Z', '+', '-']).ok_or_else(wrong)?);
        let digits = fraction.strip_prefix('.');
        let plain = fraction.is_empty()
            || digits
                .is_some_and(|digits| (1..=30).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()));
        if !plain || (zone != "Z" && Offset::parse(zone).is_err()) || &text[17..19] == "60" || &text[..4] == "0000" {
            return Err(wrong());
        }
        // What is finer than a nanosecond is kept in the text only.
        let kept = digits.map_or(String::new(), |digits| format!(".{}", &digits[..digits.len().min(9)]));
        let at = format!("{}{kept}{zone}", &text[..19]).parse().map_err(|_| wrong())?;
        Ok(Self { text: text.to_owned(), at })
    }

    /// A moment, written in a zone to the millisecond.
    pub fn new(at: Timestamp, offset: Offset) -> Self {
        let local = at + jiff::SignedDuration::from_mins(i64::from(offset.0));
        let text = format!("{}{offset}", local.strftime("%Y-%m-%dT%H:%M:%S.%3f"));
        let at = text.parse().unwrap_or(at);
        Self { text, at }
    }

    /// When it is.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// In UTC, rounded to the millisecond: the form that a hash takes (CBV 2.0, 8.9).
    pub(super) fn canonical(&self) -> String {
        let round = jiff::TimestampRound::new().smallest(jiff::Unit::Millisecond).mode(jiff::RoundMode::HalfExpand);
        self.at.round(round).unwrap_or(self.at).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Moment {}

/// How far local time at the event was from UTC, in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset(pub i16);

impl Offset {
    /// Reads an offset like `+02:00`, up to 14 hours.
    ///
    /// # Errors
    /// What would be right.
    pub fn parse(text: &str) -> Result<Self, Message> {
        let wrong = || message!("epcis-an-offset");
        let [sign, h, hh, b':', m, mm] = text.as_bytes() else { return Err(wrong()) };
        let digits = [h, hh, m, mm];
        if !matches!(sign, b'+' | b'-') || !digits.iter().all(|d| d.is_ascii_digit()) {
            return Err(wrong());
        }
        let two = |high: &u8, low: &u8| i16::from(high - b'0') * 10 + i16::from(low - b'0');
        let (hours, minutes) = (two(h, hh), two(m, mm));
        if minutes > 59 || hours * 60 + minutes > 14 * 60 {
            return Err(wrong());
        }
        let total = hours * 60 + minutes;
        Ok(Self(if *sign == b'-' { -total } else { total }))
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", self.0.abs() / 60, self.0.abs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_a_date_a_time_and_a_zone() {
        for right in [
            "2005-04-04T20:33:31.116-06:00",
            "2020-06-15T21:41:19Z",
            "2024-02-29T00:00:00+14:00",
            "2005-04-03T20:33:31.116000123456-06:00",
        ] {
            assert!(Moment::parse(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "2020-06-15",
            "2020-06-15T21:41:19",
            "2020-06-15T21:41Z",
            "2020-06-15 21:41:19Z",
            "2021-02-29T00:00:00Z",
            "2020-06-15T24:00:00Z",
            "2016-12-31T23:59:60Z",
            "2020-06-15T21:41:19.Z",
            "2020-06-15T21:41:19+14:01",
            "2020-06-15T21:41:19+2:00",
            "20200615T214119Z",
            "2020-06-15T21:41:19Z[Europe/Berlin]",
            "-2020-06-15T21:41:19Z",
            "2020-06-15T21:41:19ééZ",
        ] {
            assert!(Moment::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_moment_is_the_same_in_every_zone() {
        let one = Moment::parse("2005-04-04T20:33:31.116-06:00").unwrap();
        assert_eq!(one, Moment::parse("2005-04-05T02:33:31.1160Z").unwrap());
        assert_eq!(one.canonical(), "2005-04-05T02:33:31.116Z");
        assert_eq!(Moment::new(one.at(), Offset(-360)).as_str(), "2005-04-04T20:33:31.116-06:00");
        for (text, canonical) in [
            ("2023-01-18T11:04:03.1415Z", "2023-01-18T11:04:03.142Z"),
            ("2023-01-18T11:04:03.1414Z", "2023-01-18T11:04:03.141Z"),
            ("2023-12-31T23:59:59.9999Z", "2024-01-01T00:00:00.000Z"),
            ("2023-01-18T11:04:03Z", "2023-01-18T11:04:03.000Z"),
        ] {
            assert_eq!(Moment::parse(text).unwrap().canonical(), canonical);
        }
    }
}
