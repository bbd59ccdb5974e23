//! A published table, read with a map: every row accounted for, every sum exact.

use muster_domain::{
    announcement::AnnouncementKind, field::Field, message::Message, picture::Picture, record::Record, stated::Stated,
};
use muster_interchange::{
    mission::{self, Source, write_csv},
    table::{Map, Outcome, TableReading, Total, read},
};
use proptest::prelude::*;

const EXAMPLE: &str = include_str!("../../../../docs/examples/aid-tracker.toml");

const COLUMNS: [&str; 15] = [
    "ID",
    "Countries",
    "Announcement Date",
    "Type of Aid General",
    "Measure",
    "Explanation",
    "Item",
    "No. Units",
    "Source Reported Value",
    "Reporting Currency",
    "Converted  Value\nin EUR",
    "Source of Aid 1",
    "Source of Aid 2",
    "Comment",
    "Comment",
];

/// An invented table with the difficulties of real ones.
fn rows() -> Vec<Vec<&'static str>> {
    let link = "https://example.org/1";
    vec![
        vec![
            "USA1",
            "United States",
            "3/16/2022",
            "Military",
            "Commitment",
            "first\r\nof \"two\"",
            "Radios\nand sets",
            "2,000",
            "$1,000,000.50",
            "US Dollar",
            "",
            link,
            "https://example.org/2",
        ],
        vec!["USA1", "United States", "", "Military", "Commitment", "", "Body armour", "dozens", "", "", ""],
        vec![
            "JPN1",
            "Japan",
            "unclear, 04/22",
            "Humanitarian aid",
            "Delivery",
            "tents; blankets",
            "",
            "",
            "13,661",
            "JPY",
            "",
            link,
        ],
        vec![
            "JPN2",
            "jpn",
            "until 3/20/2022",
            "Military",
            "Pledge (announced)",
            "",
            "Vests",
            "500",
            "undisclosed",
            "",
            "",
        ],
        vec!["DEU1", "Germany", "4/13/2022", "Financial", "Commitment", "", "Grant", "", "€ 100.00", "Euro", "100.00"],
        vec![
            "EU1",
            "EU (Commission and Council)",
            "4/14/2022",
            "Military",
            "Commitment",
            "",
            "Fuel",
            "",
            ".",
            "Euro",
            "n/a",
        ],
        vec![],
        vec!["", "Total", "", "", "", "", "", "", "1,013,811", "", "1,234,567.89"],
        vec!["ATL1", "Atlantis", "4/14/2022", "Military", "Commitment", "", "Tridents", "3", "5", "Euro", "5"],
        vec![
            "GBR1",
            "United Kingdom",
            "31/12/2022",
            "Military",
            "Commitment",
            "",
            "Boats",
            "2 or 3",
            "12 million",
            "GBP",
            "",
        ],
        vec!["USA2", "usa", "5/1/2022", "Military", "Delivery", "", "Trucks", "1", "100", "USD", ""],
        vec!["USA2", "usa", "", "Military", "Delivery", "", "Spares", "1.5", "50.25", "USD", "45.601"],
    ]
}

fn cell(text: &str, separator: char) -> String {
    if text.contains(['\n', '\r', '"', separator]) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn text(separator: char) -> String {
    let mut all = vec![COLUMNS.to_vec()];
    all.extend(rows());
    let mut text = String::new();
    for (n, row) in all.into_iter().enumerate() {
        // 50 columns, as links are kept one to a column.
        let links = (row.len()..50).map(|at| if n == 0 { format!("Link {at}") } else { String::new() });
        let cells: Vec<_> = row.iter().map(|c| cell(c, separator)).chain(links).collect();
        text += &cells.join(&separator.to_string());
        text += "\r\n";
    }
    text
}

fn wide(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn example() -> Map {
    Map::parse(EXAMPLE).unwrap_or_else(|issues| panic!("{issues:#?}"))
}

fn reading() -> TableReading {
    read("in/tracker.txt", &wide(&text('\t')), &example(), &Picture::default())
}

fn total<'a>(totals: &'a [Total], kind: Option<AnnouncementKind>, party: Option<&str>, currency: &str) -> &'a Total {
    totals
        .iter()
        .find(|t| t.kind == kind && t.party.as_deref() == party && t.currency == currency)
        .unwrap_or_else(|| panic!("{totals:#?}"))
}

#[test]
fn every_row_is_imported_or_listed_with_its_reason() {
    let reading = reading();
    let outcomes: Vec<_> = reading
        .rows
        .iter()
        .map(|row| match &row.outcome {
            Outcome::Imported(code) => format!("{} {code}", row.line),
            Outcome::LeftOut(reason) => format!("{} {}", row.line, reason),
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            "3 AID-USA1-1",
            "6 AID-USA1-2",
            "7 AID-JPN1-1",
            "8 AID-JPN2-1",
            "9 AID-DEU1-1",
            "10 AID-EU1-1",
            "11 blank-row",
            "12 skipped(reason=a total of the table itself)",
            "13 in-cell(column=Countries, value=Atlantis, said=party-unknown)",
            "14 AID-GBR1-1",
            "15 AID-USA2-1",
            "16 AID-USA2-2",
        ]
    );
    assert_eq!((reading.totals.rows, reading.totals.imported, reading.totals.left_out), (12, 9, 3));
    let parties: Vec<_> = reading.parties.iter().map(|p| p.code.as_str()).collect();
    assert_eq!(parties, ["DEU", "EU", "GBR", "JPN", "USA"]);
}

#[test]
fn figures_keep_what_was_published_and_nothing_is_guessed() {
    let reading = reading();
    let by_code = |code: &str| reading.announcements.iter().find(|a| a.code.as_str() == code).unwrap().clone();
    let first = by_code("AID-USA1-1");
    assert_eq!(first.item, "Radios\nand sets: first\nof \"two\"");
    assert_eq!((first.value.text(), first.value_currency.text()), ("1000000.5".into(), "USD".into()));
    assert_eq!(
        (first.converted.text(), first.rate.text(), first.rate_date.text()),
        ("907523.82".into(), "1.1019".into(), "2022-03".into())
    );
    assert_eq!(first.rate_source, "European Central Bank, average of March 2022");
    assert_eq!(
        (first.quantity.text(), first.date.text(), first.group.as_str()),
        ("2000".into(), "2022-03-16".into(), "USA1")
    );
    assert_eq!((first.table.as_str(), first.line), ("tracker.txt", 3));
    assert_eq!(first.source, "https://example.org/1 https://example.org/2");
    assert_eq!(
        first.original,
        "Countries=United States; Announcement Date=3/16/2022; No. Units=2,000; Source Reported Value=$1,000,000.50; Reporting Currency=US Dollar"
    );

    let second = by_code("AID-USA1-2");
    assert_eq!((second.value, second.converted, second.date.text()), (None, None, "2022-03-16".into()));
    assert_eq!(second.quantity, Some(Stated::Unknown("dozens".into())));
    assert_eq!(second.source, "Aid tracker, main data, release of April 2023");

    let tents = by_code("AID-JPN1-1");
    assert_eq!(
        (tents.kind, tents.date.text(), tents.converted.text()),
        (AnnouncementKind::Humanitarian, "2022-04".into(), "100".into())
    );
    let vests = by_code("AID-JPN2-1");
    assert_eq!(vests.date, Some(Stated::Unknown("until 3/20/2022".into())));
    assert_eq!((vests.kind, vests.kind_text.as_str()), (AnnouncementKind::Pledge, "Military / Pledge (announced)"));
    assert_eq!(vests.value, Some(Stated::Unknown("undisclosed".into())));
    let fuel = by_code("AID-EU1-1");
    assert_eq!(fuel.value, Some(Stated::Unknown("published: .".into())));
    let boats = by_code("AID-GBR1-1");
    assert_eq!(boats.value, Some(Stated::Unknown("published: 12 million".into())));
    assert_eq!(boats.date, Some(Stated::Unknown("published: 31/12/2022".into())));
}

#[test]
fn what_the_map_does_not_explain_is_told_by_line_and_column() {
    let lines: Vec<_> = reading().issues.iter().map(ToString::to_string).collect();
    let expected = [
        "tracker.txt:13, Countries `Atlantis`: party-unknown",
        "tracker.txt:14, Announcement Date `31/12/2022`: not-a-date-kept",
        "tracker.txt:14, No. Units `2 or 3`: not-a-number-kept",
        "tracker.txt:14, Source Reported Value `12 million`: not-a-number-kept",
        "tracker.txt:15: no-rate(currency=USD, date=2022-05-01)",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, wanted) in lines.iter().zip(expected) {
        assert!(line.starts_with(wanted), "{line}\n{wanted}");
    }
}

#[test]
fn totals_are_exact_and_unknown_figures_are_counted() {
    let totals = reading().totals;
    let usd = total(&totals.values, None, None, "USD");
    assert_eq!((usd.sum.amount().as_str(), usd.sum.known), ("1000150.75", 3), "{usd:?}");
    let all = total(&totals.converted, None, None, "EUR");
    assert_eq!(all.sum.amount(), "907769.421");
    assert_eq!((all.sum.known, all.sum.unknown, all.sum.absent), (4, 4, 1));
    let german = total(&totals.converted, Some(AnnouncementKind::Financial), Some("DEU"), "EUR");
    assert_eq!((german.sum.amount().as_str(), german.sum.known), ("100.00", 1));
    let lines: usize = totals
        .converted
        .iter()
        .filter(|t| t.kind.is_some() && t.party.is_some())
        .map(|t| t.sum.known + t.sum.unknown + t.sum.absent)
        .sum();
    assert_eq!(lines, totals.imported);
}

#[test]
fn importing_again_and_in_other_encodings_changes_nothing() {
    let first = reading();
    for (separator, bytes) in [(',', text(',').into_bytes()), (';', text(';').into_bytes()), ('\t', wide(&text('\t')))]
    {
        let again = read("tracker.txt", &bytes, &example(), &Picture::default());
        assert_eq!(again.announcements, first.announcements, "{separator:?}");
        assert_eq!(again.totals, first.totals);
    }
}

#[test]
fn what_was_read_can_be_kept_in_a_mission_folder() {
    let reading = reading();
    let mut picture = Picture::default();
    reading.parties.iter().for_each(|party| picture.put(party.clone()));
    reading.announcements.iter().for_each(|a| picture.put(a.clone()));
    let faults: Vec<_> = picture.faults().into_iter().filter(|f| f.sheet != "mission").collect();
    assert_eq!(faults, []);
    let sources = write_csv(&picture).into_iter().map(|(name, bytes)| Source { name, bytes }).collect();
    let back = mission::read(sources);
    assert_eq!(back.issues, []);
    assert_eq!(back.picture, picture);
    assert_eq!(back.picture.announcements.values().next().unwrap().key(), "AID-DEU1-1");
}

#[test]
fn the_report_accounts_for_everything() {
    let report = reading().report_json(Message::to_string);
    assert_eq!((report["rows"].as_u64(), report["imported"].as_u64()), (Some(12), Some(9)));
    assert_eq!(report["outcomes"][8]["line"], 13);
    assert!(report["outcomes"][8]["left_out"].as_str().unwrap().contains("Atlantis"));
    assert_eq!(report["converted"][0]["sum"], "907769.421");
    assert_eq!(report["issues"].as_array().unwrap().len(), 5);
}

#[test]
fn every_fault_of_a_map_is_named_with_its_line() {
    let map = "[table]\nfictional = 1\nheaders = 2\n[code]\nprefix = \"a b\"\n[party]\n[party.names]\nX = \"?\"\n[kind]\n\
        [kind.words]\nA = \"gift\"\n[date]\nformats = [\"%m/%d/%Y\", \"%d/%m/%Y\", \"%q\"]\n[value]\ncolumn = \"V\"\n\
        [numbers]\ndecimal = \"comma\"\n[[rate]]\ncurrency = \"XXY\"\n[extra]\n";
    let lines: Vec<_> = Map::parse(map).unwrap_err().iter().map(ToString::to_string).collect();
    let expected = [
        "map:1, table.source: is-missing",
        "map:2, table.fictional: true-or-false",
        "map:3, table.headers: unknown-key(",
        "map:5, code.prefix `a b`: must-be(right=a-code(",
        "map:6, party.columns: columns-missing",
        "map:7, party.names `?`: must-be(right=a-code(",
        "map:9, kind.default: default-kind-missing",
        "map:10, kind.words `gift`: must-be(right=one-of(words=pledge",
        "map:13, date.formats `%d/%m/%Y`: formats-contradict(other=%m/%d/%Y)",
        "map:13, date.formats `%q`: format-signs",
        "map:14, value.currency: currency-or-column",
        "map:17, numbers.decimal `comma`: one-character",
        "map:18, rate[0].per: is-missing",
        "map:19, rate[0].currency `XXY`: must-be(right=a-currency)",
        "map:18, rate: rate-without-converted",
        "map:20, extra: unknown-key(",
    ];
    for wanted in expected {
        assert!(lines.iter().any(|line| line.starts_with(wanted)), "{wanted}\n{lines:#?}");
    }
    let broken: Vec<_> =
        Map::parse("[table]\nsource = \n[code\n").unwrap_err().iter().map(ToString::to_string).collect();
    assert!(broken.len() >= 2 && broken[0].starts_with("map:2"), "{broken:?}");
}

/// The smallest map with more lines.
fn map(more: &str) -> Map {
    let text = format!(
        "[table]\nsource = \"s\"\nheader_row = 1\n[code]\nprefix = \"T\"\n[party]\ncolumn = \"who\"\nnew_nations = true\n{more}"
    );
    Map::parse(&text).unwrap_or_else(|issues| panic!("{issues:#?}"))
}

#[test]
fn a_value_that_each_line_repeats_is_counted_once() {
    let map = map(
        "[kind]\ndefault = \"other\"\n[value]\ncolumn = \"value\"\ncurrency = \"EUR\"\n[group]\ncolumn = \"id\"\nvalues = \"repeated\"\n",
    );
    let table = "id,who,value\nA,JPN,100\nA,JPN,100\nA,JPN,\nA,JPN,70\nB,JPN,100\n,JPN,5\n";
    let reading = read("t.csv", table.as_bytes(), &map, &Picture::default());
    assert_eq!(total(&reading.totals.values, None, None, "EUR").sum.amount(), "205.00");
    assert_eq!((reading.totals.imported, reading.totals.left_out), (5, 1));
    assert!(
        matches!(&reading.rows[3].outcome, Outcome::LeftOut(reason) if reason.to_string().contains("value-not-repeated")),
        "{:?}",
        reading.rows
    );
}

#[test]
fn a_word_may_say_that_nothing_stands_there() {
    let more = "[kind]\ndefault = \"other\"\n[value]\ncolumn = \"value\"\ncurrency = \"EUR\"\n[item]\ncolumns = [\"item\", \"more\"]\n";
    let table = "who,value,item,more\nJPN,.,Tents,.\nJPN,secret,Vests,new\nJPN,0,.,.\n";
    let words = "[unknown]\nwords = \"secret\"\nempty = \".\"\n";
    let reading = read("t.csv", table.as_bytes(), &map(&format!("{more}{words}")), &Picture::default());
    let sum = total(&reading.totals.values, None, None, "EUR").sum;
    assert_eq!((sum.known, sum.unknown, sum.absent), (1, 1, 1));
    let items: Vec<_> = reading.announcements.iter().map(|a| a.item.as_str()).collect();
    assert_eq!(items, ["Tents", "Vests – new", ""]);
    assert_eq!(reading.announcements[0].original, "who=JPN; value=.");
    assert_eq!(reading.issues, []);
}

#[test]
fn the_example_knows_the_donors_of_a_tracker() {
    let donors = "Australia|Austria|Belgium|Bulgaria|Canada|China|Croatia|Cyprus|Czech Republic|Denmark|EU (Commission and Council)|\
        European Investment Bank|Estonia|Finland|France|Germany|Greece|Hungary|Iceland|India|Ireland|Italy|Japan|Latvia|Lithuania|\
        Luxembourg|Malta|Netherlands|New Zealand|Norway|Poland|Portugal|Romania|Slovakia|Slovenia|South Korea|Spain|Sweden|\
        Switzerland|Taiwan|Turkey|United Kingdom|United States";
    let mut table = text(',').lines().take(2).collect::<Vec<_>>().join("\n") + "\n";
    for (n, donor) in donors.split('|').enumerate() {
        table += &format!("X{n},{donor},4/14/2022,Military,Commitment,,Vests,1,1,EUR,1\n");
    }
    let reading = read("t.csv", table.as_bytes(), &example(), &Picture::default());
    assert_eq!(reading.issues, []);
    assert_eq!((reading.totals.imported, reading.parties.len()), (43, 43));
}

#[test]
fn columns_that_are_missing_or_there_twice_leave_every_row_out() {
    let map =
        map("[kind]\ndefault = \"other\"\n[quantity]\ncolumn = \"units\"\n[source]\ncolumns = [\"link\", \"#4\"]\n");
    let reading = read("t.csv", b"who,link,amount,Link\nJPN,a,1,b\n", &map, &Picture::default());
    assert_eq!(reading.totals.left_out, 1);
    let lines: Vec<_> = reading.issues.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "t.csv:1, link: header-several(columns=#2, #4)",
            "t.csv:1, units: not-in-header(columns=who, link, amount, Link)",
        ]
        .iter()
        .rev()
        .copied()
        .collect::<Vec<_>>()
    );
}

#[test]
fn decimal_comma_titles_above_and_shifted_rows() {
    let map = Map::parse(
        "[table]\nsource = \"s\"\nheader_row = 2\nfictional = true\n[code]\nprefix = \"T\"\n[party]\ncolumn = \"who\"\nnew_nations = true\n[kind]\ndefault = \"other\"\n\
        [value]\ncolumn = \"value\"\ncurrency = \"EUR\"\n[numbers]\ndecimal = \",\"\nthousands = \".\"\n",
    )
    .unwrap();
    let table = "Aid, by country, in euros\nwho;value\nJPN;1.234,56\nJPN;12.34\nJPN;1;2\nJPN\nJPN;\"7\nJPN;8\n";
    let reading = read("t.csv", table.as_bytes(), &map, &Picture::default());
    let sum = total(&reading.totals.values, None, None, "EUR").sum;
    assert_eq!((sum.amount().as_str(), sum.known, sum.unknown, sum.absent), ("1234.56", 1, 1, 1));
    assert_eq!((reading.totals.rows, reading.totals.left_out), (5, 2));
    assert!(matches!(&reading.rows[4].outcome, Outcome::LeftOut(reason) if reason.key == "quotation-open"));
    assert!(reading.announcements[0].fictional);
}

#[test]
fn a_workbook_is_read_with_its_numbers_and_dates_as_they_are() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let other = book.add_worksheet();
    other.set_name("Notes").unwrap().write_string(0, 0, "nothing").unwrap();
    let page = book.add_worksheet();
    let date = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    page.set_name("Main Data").unwrap();
    for (column, name) in ["who", "value", "when", "what"].iter().enumerate() {
        page.write_string(0, column as u16, *name).unwrap();
    }
    page.write_string(1, 0, "Japan").unwrap();
    page.write_number(1, 1, 1_234.5).unwrap();
    page.write_datetime_with_format(1, 2, rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 9, 7).unwrap(), &date)
        .unwrap();
    page.write_string(2, 0, "JP").unwrap();
    page.write_formula(2, 1, "=1+1").unwrap();
    page.write_string(3, 0, "JP").unwrap();
    page.write_string(3, 1, "1.234,5").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let more = "[kind]\ndefault = \"other\"\n[value]\ncolumn = \"value\"\ncurrency = \"EUR\"\n[date]\ncolumn = \"when\"\n[numbers]\ndecimal = \",\"\nthousands = \".\"\n";
    let unsure = read("t.xlsx", &bytes, &map(more), &Picture::default());
    assert!(unsure.issues.last().unwrap().message.key == "workbook-of-sheets", "{:?}", unsure.issues);
    let map = Map::parse(&format!("[table]\nsource = \"s\"\nsheet = \"main data\"\n[code]\nprefix = \"T\"\n[party]\ncolumn = \"who\"\nnew_nations = true\n{more}")).unwrap();
    let reading = read("t.xlsx", &bytes, &map, &Picture::default());
    assert_eq!(reading.announcements[0].date.text(), "2026-09-07");
    let sum = total(&reading.totals.values, None, None, "EUR").sum;
    assert_eq!((sum.amount().as_str(), sum.known, sum.unknown), ("2469.00", 2, 1), "{:?}", reading.issues);
    assert_eq!(reading.rows[0].line, 2);
}

/// Cells as tables have them, and worse.
fn cells() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[0-9]{1,12}([.,][0-9]{1,8})?",
        "[0-9]{1,3}(,[0-9]{3}){0,3}(\\.[0-9]{2})?",
        "[0-9]{1,2}/[0-9]{1,2}/(20)?[0-9]{2}",
        "(Japan|jpn|Atlantis|EU \\(Commission and Council\\)|Total)",
        "(undisclosed|dozens|\\.|unclear, 04/22|until 3/20/2022|Euro|USD|-)",
        "\\PC{0,12}",
        "['=+@\"\t\r\n,; a]{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_stands_in_a_table_no_row_and_no_figure_is_lost(
        rows in prop::collection::vec(prop::collection::vec(cells(), 13), 0..12),
        ids in prop::collection::vec("[A-C]?", 12),
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&COLUMNS[..13]).unwrap();
        for (row, id) in rows.iter().zip(&ids) {
            // The first cell is never empty text alone, so that no line is blank as a whole.
            writer.write_record([id.as_str(), "Japan"].into_iter().chain(row.iter().skip(2).map(String::as_str))).unwrap();
        }
        let reading = read("t.csv", &writer.into_inner().unwrap(), &example(), &Picture::default());
        prop_assert_eq!(reading.rows.len(), rows.len());
        prop_assert_eq!(reading.totals.imported + reading.totals.left_out, rows.len());
        prop_assert_eq!(reading.totals.imported, rows.len());
        let counted = |totals: &[Total]| -> usize {
            totals.iter().filter(|t| t.kind.is_none() && t.party.is_none()).map(|t| t.sum.known + t.sum.unknown + t.sum.absent).sum()
        };
        prop_assert_eq!((counted(&reading.totals.values), counted(&reading.totals.converted)), (rows.len(), rows.len()));
        // A figure that was published is known, or unknown; it is never absent.
        let published = rows.iter().filter(|row| !row[8].trim().is_empty()).count();
        let stated = reading.announcements.iter().filter(|a| a.value.is_some()).count();
        prop_assert_eq!(published, stated);

        let mut picture = Picture::default();
        reading.parties.iter().for_each(|party| picture.put(party.clone()));
        reading.announcements.iter().for_each(|a| picture.put(a.clone()));
        prop_assert_eq!(picture.announcements.len(), rows.len());
        let faults: Vec<_> = picture.faults().into_iter().filter(|f| f.sheet != "mission").collect();
        prop_assert_eq!(faults, vec![]);
        let sources = write_csv(&picture).into_iter().map(|(name, bytes)| Source { name, bytes }).collect();
        let back = mission::read(sources);
        prop_assert_eq!(back.issues, vec![]);
        prop_assert_eq!(back.picture, picture);
    }

    #[test]
    fn any_bytes_are_a_table_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let reading = read("t.csv", &bytes, &example(), &Picture::default());
        prop_assert_eq!(reading.rows.len(), reading.totals.left_out);
    }
}
