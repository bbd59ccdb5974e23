//! The map: which columns of a table mean what, and how their texts are read. `docs/table-import.md` describes every key.

use muster_domain::{
    announcement::AnnouncementKind,
    code::Code,
    fault::Faults as RecordFaults,
    field::{Currency, Field},
    fixed::Fixed,
    message,
    party::Party,
    record::{Cells, Record},
};
use toml::de::DeTable;

use super::{
    date::Format,
    decimal::Writing,
    keys::{Faults, Keys},
    patterns::{Pattern, folded},
    rates::{Rate, Rule},
};
use crate::issue::Issue;

/// A column of the table: by its name, or as `#12` by its number.
#[derive(Clone, Debug)]
pub(super) struct Column(pub(super) String);

/// How to read a table.
#[derive(Clone, Debug)]
pub struct Map {
    pub(super) sheet: Option<String>,
    pub(super) header_row: u32,
    pub(super) separator: Option<u8>,
    /// Where the table was published; the provenance of what has no source of its own.
    pub(super) source: String,
    pub(super) fictional: bool,
    pub(super) code: CodeMap,
    pub(super) party: PartyMap,
    pub(super) kind: KindMap,
    pub(super) item: Texts,
    pub(super) links: Texts,
    pub(super) quantity: Option<Column>,
    pub(super) date: DateMap,
    pub(super) value: Option<Money>,
    pub(super) converted: Option<ConvertedMap>,
    pub(super) group: GroupMap,
    /// Words for what is not known.
    pub(super) unknown: Vec<Pattern>,
    /// Words for a cell in which nothing stands.
    pub(super) empty: Vec<Pattern>,
    pub(super) writing: Writing,
    pub(super) skip: Vec<Skip>,
}

#[derive(Clone, Debug)]
pub(super) struct CodeMap {
    pub(super) prefix: String,
    pub(super) column: Option<Column>,
}

#[derive(Clone, Debug)]
pub(super) struct PartyMap {
    pub(super) columns: Vec<Column>,
    /// Folded name, code.
    pub(super) names: Vec<(String, Code)>,
    pub(super) new: Vec<Party>,
    pub(super) new_nations: bool,
}

#[derive(Clone, Debug)]
pub(super) struct KindMap {
    pub(super) columns: Vec<Column>,
    pub(super) words: Vec<(Pattern, AnnouncementKind)>,
    pub(super) default: Option<AnnouncementKind>,
}

/// Columns whose texts are put together.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    pub(super) columns: Vec<Column>,
    pub(super) between: String,
}

#[derive(Clone, Debug)]
pub(super) struct DateMap {
    pub(super) columns: Vec<Column>,
    pub(super) formats: Vec<Format>,
}

/// A column of amounts and what their currency is.
#[derive(Clone, Debug)]
pub(super) struct Money {
    pub(super) column: Column,
    pub(super) currency: CurrencyMap,
}

#[derive(Clone, Debug)]
pub(super) enum CurrencyMap {
    Always(Currency),
    /// In a column, with folded words for codes.
    Column(Column, Vec<(String, Currency)>),
}

#[derive(Clone, Debug)]
pub(super) struct ConvertedMap {
    pub(super) column: Option<Column>,
    pub(super) currency: Currency,
    pub(super) rule: Option<Rule>,
    pub(super) round: u32,
    pub(super) rates: Vec<Rate>,
}

#[derive(Clone, Debug)]
pub(super) struct GroupMap {
    pub(super) column: Option<Column>,
    /// Whether each line repeats the value of its group.
    pub(super) repeated: bool,
    /// Columns whose blank cells mean what stands in the group's line above.
    pub(super) fill: Vec<Column>,
}

#[derive(Clone, Debug)]
pub(super) struct Skip {
    pub(super) column: Column,
    pub(super) text: Pattern,
    pub(super) reason: String,
}

impl Map {
    /// Reads a map.
    ///
    /// # Errors
    /// Everything that is wrong with it: what is no TOML, keys that are unknown or missing, values that are not what they must be,
    /// and rules that contradict each other.
    pub fn parse(toml: &str) -> Result<Self, Vec<Issue>> {
        let faults = Faults::of(toml);
        let (root, errors) = DeTable::parse_recoverable(toml);
        for error in &errors {
            faults.add(error.span(), "", "", message!("not-toml", error = error.message()));
        }
        let map = if errors.is_empty() { read(Keys::root(&root, &faults)) } else { None };
        let found = faults.into_vec();
        map.filter(|_| found.is_empty()).ok_or(found)
    }
}

/// `None` only where a fault was found.
fn read(root: Keys<'_>) -> Option<Map> {
    let unknown = root.table("unknown");
    let patterns = |key| unknown.texts(key).iter().map(|word| Pattern::new(word)).collect();
    let (words, empty) = (patterns("words"), patterns("empty"));
    unknown.finish();
    let skip = root.tables("skip").into_iter().filter_map(skip).collect();
    let table = root.table("table");
    let (source, fictional) = (table.required("source"), table.flag("fictional"));
    let (sheet, header_row) = (table.text("sheet"), table.number("header_row", 1, 10_000, 1));
    let separators = [("comma", b','), ("semicolon", b';'), ("tab", b'\t')];
    let separator = table.word("separator", &separators);
    table.finish();
    let code = code(root.table("code"));
    let party = party(root.table("party"), source.as_deref().unwrap_or_default(), fictional);
    let kind = kind(root.table("kind"));
    let (item, links) = (texts(root.table("item"), " – "), texts(root.table("source"), " "));
    let quantity = root.table("quantity");
    let amount = quantity.is_there().then(|| quantity.required("column")).flatten().map(Column);
    quantity.finish();
    let date = date(root.table("date"));
    let value = money(root.table("value"));
    let converted = converted(&root, root.table("converted"));
    let group = group(root.table("group"));
    let writing = writing(root.table("numbers"));
    root.finish();
    Some(Map {
        sheet,
        header_row,
        separator,
        source: source?,
        fictional,
        code: code?,
        party: party?,
        kind,
        item,
        links,
        quantity: amount,
        date,
        value,
        converted,
        group,
        unknown: words,
        empty,
        writing,
        skip,
    })
}

fn columns(keys: &Keys<'_>) -> Vec<Column> {
    keys.texts("columns").into_iter().chain(keys.text("column")).map(Column).collect()
}

fn required_columns(keys: &Keys<'_>) -> Option<Vec<Column>> {
    let found = columns(keys);
    if found.is_empty() {
        keys.fault("columns", "", message!("columns-missing"));
        return None;
    }
    Some(found)
}

fn skip(keys: Keys<'_>) -> Option<Skip> {
    let (column, text, reason) = (keys.required("column"), keys.text("text"), keys.required("reason"));
    if text.is_none() {
        keys.fault("text", "", message!("is-missing"));
    }
    keys.finish();
    Some(Skip { column: Column(column?), text: Pattern::new(&text?), reason: reason? })
}

/// Longest prefix of codes, in characters.
const LONGEST_PREFIX: usize = 20;

fn code(keys: Keys<'_>) -> Option<CodeMap> {
    let (prefix, column) = (keys.field::<Code>("prefix"), keys.text("column").map(Column));
    let prefix = prefix.filter(|prefix| {
        let short = prefix.as_str().len() <= LONGEST_PREFIX;
        if !short {
            keys.fault("prefix", prefix.as_str(), message!("prefix-length", most = LONGEST_PREFIX));
        }
        short
    });
    keys.finish();
    Some(CodeMap { prefix: prefix?.as_str().to_owned(), column })
}

fn party(keys: Keys<'_>, source: &str, fictional: bool) -> Option<PartyMap> {
    let columns = required_columns(&keys);
    let mut names = Vec::new();
    for (name, code) in keys.pairs("names") {
        match Code::new(&code) {
            Ok(code) => names.push((folded(&name), code)),
            Err(right) => keys.fault("names", &code, message!("must-be", right)),
        }
    }
    let new = keys.tables("new").into_iter().filter_map(|keys| new_party(keys, source, fictional)).collect();
    let new_nations = keys.flag("new_nations");
    keys.finish();
    Some(PartyMap { columns: columns?, names, new, new_nations })
}

/// A party that the map defines, read as a row of the sheet `parties`.
fn new_party(keys: Keys<'_>, source: &str, fictional: bool) -> Option<Party> {
    let names = ["code", "name", "kind", "country", "parent", "source"];
    let mut texts: Vec<(&str, String)> = names.iter().filter_map(|name| Some((*name, keys.text(name)?))).collect();
    texts.push(("fictional", if fictional { "yes" } else { "no" }.into()));
    texts.push(("source", source.to_owned()));
    let text = |name: &str| texts.iter().find(|(n, _)| *n == name).map_or("", |(_, text)| text.as_str());
    let mut found = Vec::new();
    let party = Party::read(&mut Cells::new(&text, &mut RecordFaults::of(Party::SHEET, "", &mut found)));
    if let Some(party) = &party {
        use muster_domain::record::Rules;
        party.rules(&mut RecordFaults::of(Party::SHEET, "", &mut found));
    }
    for fault in &found {
        keys.fault(fault.column.unwrap_or_default(), &fault.value, fault.message.clone());
    }
    keys.finish();
    party.filter(|_| found.is_empty())
}

fn kind(keys: Keys<'_>) -> KindMap {
    let columns = columns(&keys);
    let mut words = Vec::new();
    for (text, word) in keys.pairs("words") {
        match AnnouncementKind::parse(&word) {
            Ok(kind) => words.push((Pattern::new(&text), kind)),
            Err(right) => keys.fault("words", &word, message!("must-be", right)),
        }
    }
    let default = if keys.has("default") { keys.field("default") } else { None };
    if default.is_none() && columns.is_empty() {
        keys.fault("default", "", message!("default-kind-missing"));
    }
    keys.finish();
    KindMap { columns, words, default }
}

fn texts(keys: Keys<'_>, between: &str) -> Texts {
    let found = Texts { columns: columns(&keys), between: keys.text("between").unwrap_or_else(|| between.to_owned()) };
    keys.finish();
    found
}

fn date(keys: Keys<'_>) -> DateMap {
    let mut formats: Vec<(String, Format)> = Vec::new();
    for text in keys.texts("formats") {
        match Format::new(&text) {
            Err(right) => keys.fault("formats", &text, right),
            Ok(format) => {
                if let Some((other, _)) = formats.iter().find(|(_, f)| f.may_contradict(&format)) {
                    keys.fault("formats", &text, message!("formats-contradict", other));
                }
                formats.push((text, format));
            }
        }
    }
    let map = DateMap { columns: columns(&keys), formats: formats.into_iter().map(|(_, format)| format).collect() };
    keys.finish();
    map
}

fn money(keys: Keys<'_>) -> Option<Money> {
    let column = keys.is_there().then(|| keys.required("column")).flatten();
    let always = if keys.has("currency") { keys.field::<Currency>("currency") } else { None };
    let mut words = Vec::new();
    for (text, code) in keys.pairs("currencies") {
        match Currency::parse(&code) {
            Ok(currency) => words.push((folded(&text), currency)),
            Err(right) => keys.fault("currencies", &code, message!("must-be", right)),
        }
    }
    let from = keys.text("currency_column");
    if keys.is_there() && keys.has("currency") == from.is_some() {
        keys.fault("currency", "", message!("currency-or-column"));
    }
    keys.finish();
    let currency = match from {
        Some(column) => CurrencyMap::Column(Column(column), words),
        None => CurrencyMap::Always(always?),
    };
    Some(Money { column: Column(column?), currency })
}

fn converted(root: &Keys<'_>, keys: Keys<'_>) -> Option<ConvertedMap> {
    let rates: Vec<_> = root.tables("rate").into_iter().filter_map(rate).collect();
    if !keys.is_there() {
        if root.has("rate") {
            root.fault("rate", "", message!("rate-without-converted"));
        }
        return None;
    }
    let (column, currency) = (keys.text("column").map(Column), keys.field::<Currency>("currency"));
    let (rule, round) = (keys.word("rates", &Rule::ALL), keys.number("round", 0, 6, 2));
    if root.has("rate") && !keys.has("rates") {
        keys.fault("rates", "", message!("rates-rule-missing"));
    }
    if column.is_none() && rule.is_none() {
        keys.fault("column", "", message!("converted-column-missing"));
    }
    for (n, (per, rate)) in rates.iter().enumerate() {
        let twice = rates[..n].iter().any(|(_, other)| {
            other.currency == rate.currency && (other.date == rate.date || rule == Some(Rule::Fixed))
        });
        if twice {
            root.fault("rate", rate.currency.code(), message!("rate-twice"));
        }
        if currency.is_some_and(|currency| currency != *per) {
            root.fault("rate", per.code(), message!("rate-per-converted"));
        }
    }
    keys.finish();
    let rates = rates.into_iter().map(|(_, rate)| rate).collect();
    Some(ConvertedMap { column, currency: currency?, rule, round, rates })
}

fn rate(keys: Keys<'_>) -> Option<(Currency, Rate)> {
    let (currency, per) = (keys.field("currency"), keys.field("per"));
    let (date, source) = (keys.field("date"), keys.required("source"));
    let value = keys.field::<Fixed<9>>("value").filter(|value| {
        if value.0 <= 0 {
            keys.fault("value", &value.to_string(), message!("above-zero"));
        }
        value.0 > 0
    });
    keys.finish();
    Some((per?, Rate { currency: currency?, date: date?, value: value?, source: source? }))
}

fn group(keys: Keys<'_>) -> GroupMap {
    let values = keys.word("values", &[("each", false), ("repeated", true)]);
    let map = GroupMap {
        column: keys.text("column").map(Column),
        repeated: values.unwrap_or_default(),
        fill: keys.texts("fill").into_iter().map(Column).collect(),
    };
    if keys.is_there() && map.column.is_none() {
        keys.fault("column", "", message!("group-column-missing"));
    }
    keys.finish();
    map
}

fn writing(keys: Keys<'_>) -> Writing {
    let one = |key: &'static str| {
        let text = keys.text(key)?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_alphanumeric() => Some(c),
            _ => {
                keys.fault(key, &text, message!("one-character"));
                None
            }
        }
    };
    let (decimal, thousands) = (one("decimal").unwrap_or('.'), one("thousands"));
    if thousands == Some(decimal) {
        keys.fault("thousands", "", message!("another-character"));
    }
    // Whoever says that a blank separates groups means any of them.
    let thousands = match thousands {
        Some(c) if c.is_whitespace() => vec![' ', '\u{A0}', '\u{202F}', '\u{2009}'],
        other => other.into_iter().collect(),
    };
    let ignore = keys.texts("ignore");
    keys.finish();
    Writing { decimal, thousands, ignore }
}
