//! What is written is read as the same, for every noun and for texts that do not want to be.

use muster_domain::{
    fault::Faults,
    gs1::check_digit,
    message::{Message, Value},
    picture::{Holds, Picture, Visitor, visit},
    record::{Cells, Column, Record},
};
use muster_interchange::mission::{Source, read, write_csv, write_json, write_xlsx};
use proptest::prelude::*;

/// Makes records of any noun out of drawn texts: each column gets one that it takes.
struct Make<'a> {
    picture: Picture,
    texts: &'a [String],
    draws: std::iter::Cycle<std::slice::Iter<'a, u32>>,
    rows: usize,
}

impl Make<'_> {
    fn draw(&mut self) -> u32 {
        *self.draws.next().unwrap()
    }

    /// A text that the column takes whatever it is, by what it says it expects.
    fn right(&mut self, column: &Column) -> String {
        let draw = self.draw();
        let (expected, words) = ((column.expected)(), (column.words)());
        let right = if words.is_empty() {
            let key = part(&expected);
            match key {
                "a-label" => ["owner", "participants", "public", "JPN", "JPN|DEU"][draw as usize % 5].to_owned(),
                "a-date" | "a-partial-date" => format!("20{:02}-{:02}-{:02}", draw % 100, draw % 12 + 1, draw % 28 + 1),
                "a-whole-number" | "any-whole-number" => draw.to_string(),
                "a-decimal" => format!("{}{}.{}", if draw.is_multiple_of(3) { "-" } else { "" }, draw, draw % 100),
                "a-code" | "a-code-from" => format!("-k.{draw}/_"),
                "a-country" => ["JPN", "UKR", "DEU"][draw as usize % 3].to_owned(),
                "a-currency" => ["EUR", "JPY", "USD"][draw as usize % 3].to_owned(),
                "a-stock-number" => format!("{draw:013}"),
                "a-locode" => "JPYOK".to_owned(),
                "a-un-number" => format!("{:04}", draw % 10_000),
                "a-gln" => gs1(draw, 12),
                "a-gtin" => gs1(draw, 13),
                "an-ncage" => format!("{:05}", draw % 100_000),
                "a-language" => ["en", "uk", "ja"][draw as usize % 3].to_owned(),
                _ => {
                    let text = self.texts[draw as usize % self.texts.len()].clone();
                    let text = if column.list { text.replace('|', "/").trim().to_owned() } else { text };
                    if column.required || column.list { format!("{text}x") } else { text }
                }
            }
        } else {
            words[draw as usize % words.len()].to_owned()
        };
        if column.list { [right.clone(), right].join("|") } else { right }
    }
}

/// So many digits and their check digit.
fn gs1(draw: u32, digits: usize) -> String {
    let body = format!("{draw:0digits$}");
    format!("{body}{}", check_digit(&body).unwrap())
}

/// The key of what a value must be, of each entry if it is a list, of what is known if it may be stated in words.
fn part(expected: &Message) -> &'static str {
    match expected.values.first() {
        Some((_, Value::Message(part))) => self::part(part),
        _ => expected.key,
    }
}

impl Visitor for Make<'_> {
    fn visit<R: Record>(&mut self)
    where
        Picture: Holds<R>,
    {
        for n in 0..self.rows {
            let mut texts: Vec<String> = Vec::new();
            for column in R::SHAPE.columns {
                let stated = (column.expected)().key == "stated";
                let empty = !column.required && self.draw().is_multiple_of(3);
                let text = match () {
                    () if empty => String::new(),
                    () if stated && self.draw().is_multiple_of(2) => format!("roughly {n}, said; \"twice\""),
                    () => self.right(column),
                };
                texts.push(text);
            }
            let cell = |name: &str| {
                let at = R::SHAPE.columns.iter().position(|c| c.name == name).unwrap();
                texts[at].as_str()
            };
            let mut found = Vec::new();
            let record = R::read(&mut Cells::new(&cell, &mut Faults::of(R::SHEET, "", &mut found)));
            self.picture.put(record.unwrap_or_else(|| panic!("{found:?}")));
        }
    }
}

/// Texts as a record may hold them: without space around, without control characters but line breaks and tabs.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let naughty = prop_oneof![
        "[=+@'\"\t\n,;|a-z0-9 -]{0,12}",
        "\\PC{0,20}",
        Just("=cmd|' /C calc'!A0".to_owned()),
        Just("مرحبا \u{202E}abc".to_owned()),
        Just("🇯🇵 👩🏽‍🚒".to_owned()),
        Just("_x0041_ _x000D_".to_owned()),
        Just("a\n\n\"b\"\t,c".to_owned()),
        Just("'=1".to_owned()),
        Just("''".to_owned()),
        Just("12,5".to_owned()),
    ];
    prop::collection::vec(naughty.prop_map(|text| text.trim().to_owned()), 1..12)
}

fn pictures() -> impl Strategy<Value = Picture> {
    (texts(), prop::collection::vec(any::<u32>(), 40..80), 0..5_usize).prop_map(|(texts, draws, rows)| {
        let mut make = Make { picture: Picture::default(), texts: &texts, draws: draws.iter().cycle(), rows };
        visit(&mut make);
        make.picture
    })
}

fn reads_as(sources: Vec<Source>, picture: &Picture) -> Result<(), TestCaseError> {
    let reading = read(sources);
    prop_assert_eq!(reading.issues, vec![]);
    prop_assert_eq!(&reading.picture, picture);
    Ok(())
}

fn one(name: &str, bytes: Vec<u8>) -> Vec<Source> {
    vec![Source { name: name.into(), bytes }]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn csv(picture in pictures()) {
        let sources = write_csv(&picture).into_iter().map(|(name, bytes)| Source { name, bytes }).collect();
        reads_as(sources, &picture)?;
    }

    #[test]
    fn json(picture in pictures()) {
        reads_as(one("m.json", write_json(&picture)), &picture)?;
    }

    #[test]
    fn xlsx(picture in pictures()) {
        let bytes = write_xlsx(&picture).unwrap();
        prop_assert_eq!(&bytes, &write_xlsx(&picture).unwrap());
        reads_as(one("m.xlsx", bytes), &picture)?;
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 0..3_usize) {
        read(one(["offers.csv", "m.json", "m.xlsx"][kind], bytes));
    }
}

#[test]
fn the_template_has_every_sheet_and_reads_as_nothing() {
    let files = write_csv(&Picture::default());
    assert_eq!(files.len(), muster_domain::picture::SHAPES.len());
    for (name, bytes) in &files {
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{name}");
        assert!(text.trim_end().ends_with("source,fictional"), "{name}: {text}");
    }
    reads_as(files.into_iter().map(|(name, bytes)| Source { name, bytes }).collect(), &Picture::default()).unwrap();
}
