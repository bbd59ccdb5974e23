//! All text that people are shown, in Fluent files under `locales`; none stands in templates or code. A page asks for it by its name, and
//! what the crates below have to tell comes as a message, for which [`words`] are found here.

use std::{borrow::Cow, collections::HashMap, fmt::Display, sync::OnceLock};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use muster_domain::message::{Message, Value as MessageValue};
use unic_langid::LanguageIdentifier;

/// The files of a language, one for each group of pages.
const ENGLISH: &[&str] = &[
    include_str!("../locales/en/shell.ftl"),
    include_str!("../locales/en/records.ftl"),
    include_str!("../locales/en/pages.ftl"),
    include_str!("../locales/en/plan.ftl"),
    include_str!("../locales/en/repair.ftl"),
    include_str!("../locales/en/training.ftl"),
    include_str!("../locales/en/transfer.ftl"),
    include_str!("../locales/en/words.ftl"),
    include_str!("../locales/en/api.ftl"),
    include_str!("../locales/en/messages.ftl"),
    HUB,
];

/// What the page of a hub's phone says. It takes all of it along, to say it without a network.
const HUB: &str = include_str!("../locales/en/hub.ftl");

struct Language {
    bundle: FluentBundle<FluentResource>,
    /// Texts that take no values, ready.
    plain: HashMap<String, String>,
}

fn english() -> &'static Language {
    static LANGUAGE: OnceLock<Language> = OnceLock::new();
    LANGUAGE.get_or_init(|| {
        let name: LanguageIdentifier = "en".parse().expect("English has a name");
        let mut bundle = FluentBundle::new_concurrent(vec![name]);
        bundle.set_use_isolating(false);
        let mut plain = HashMap::new();
        let mut names = Vec::new();
        for file in ENGLISH {
            names.extend(file.lines().filter_map(|line| line.split_once(" =")).map(|(name, _)| name.to_owned()));
            let resource = FluentResource::try_new((*file).to_owned()).expect("a test reads every file");
            bundle.add_resource(resource).expect("a test finds names that are there twice");
        }
        for name in names {
            let Some(pattern) = bundle.get_message(&name).and_then(|message| message.value()) else { continue };
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, None, &mut errors).into_owned();
            if errors.is_empty() {
                plain.insert(name, text);
            }
        }
        Language { bundle, plain }
    })
}

/// A text without values. A name that is in no file is shown as it is, and a test looks for those.
pub(crate) fn say(name: &str) -> Cow<'static, str> {
    english().plain.get(name).map_or_else(|| Cow::Owned(name.to_owned()), |text| Cow::Borrowed(text.as_str()))
}

/// A text without values, if there is one of that name.
pub(crate) fn said(name: &str) -> Option<&'static str> {
    english().plain.get(name).map(String::as_str)
}

/// All that the page of a hub's phone says, by name. Where a text takes a value, it holds `{$name}` in its place.
pub(crate) fn of_hub() -> HashMap<&'static str, Cow<'static, str>> {
    let bundle = &english().bundle;
    let names = HUB.lines().filter_map(|line| line.split_once(" =")).map(|(name, _)| name);
    let text = |name: &'static str| {
        let pattern = bundle.get_message(name)?.value()?;
        Some((name, bundle.format_pattern(pattern, None, &mut Vec::new())))
    };
    names.filter_map(text).collect()
}

/// A text with values.
pub(crate) fn say_with(name: &str, values: &[(&str, Value<'_>)]) -> String {
    let mut arguments = FluentArgs::new();
    for (key, value) in values {
        let value = match value {
            Value::Text(text) => FluentValue::from(text.as_ref().to_owned()),
            Value::Count(count) => FluentValue::from(*count),
        };
        arguments.set((*key).to_owned(), value);
    }
    formatted(name, &arguments).unwrap_or_else(|| name.to_owned())
}

fn formatted(name: &str, arguments: &FluentArgs<'_>) -> Option<String> {
    let bundle = &english().bundle;
    let pattern = bundle.get_message(name).and_then(|message| message.value())?;
    Some(bundle.format_pattern(pattern, Some(arguments), &mut Vec::new()).into_owned())
}

/// A message of the domain in words. One that has none is shown as in logs, and `cargo xtask tidy` looks for those.
pub fn words(message: &Message) -> String {
    // Beyond this, a number would lose its last digits on the way.
    const EXACT: u64 = 1 << 53;
    if message.values.is_empty() {
        return say(message.key).into_owned();
    }
    let mut arguments = FluentArgs::new();
    for (name, value) in &message.values {
        let value = match value {
            MessageValue::Text(text) => text.clone().into(),
            MessageValue::Number(number) if number.unsigned_abs() <= EXACT => FluentValue::from(*number),
            MessageValue::Number(number) => number.to_string().into(),
            MessageValue::Word(name) => word(name).to_lowercase().into(),
            MessageValue::Message(part) => words(part).into(),
            MessageValue::List(parts) => parts.iter().map(words).collect::<Vec<_>>().join(", ").into(),
        };
        arguments.set(*name, value);
    }
    formatted(message.key, &arguments).unwrap_or_else(|| message.to_string())
}

/// A value in a text.
pub(crate) enum Value<'a> {
    /// A text, as it is.
    Text(Cow<'a, str>),
    /// A number by which the text chooses its form.
    Count(i64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text.as_str().into())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Value<'_> {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Value<'_> {
    fn from(count: usize) -> Self {
        Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

/// A text with a number that chooses its form.
pub(crate) fn counted(name: &str, count: usize) -> String {
    let n = i64::try_from(count).unwrap_or(i64::MAX);
    say_with(name, &[("n", n.into()), ("text", super::pages::figures::whole(n).into())])
}

/// The name of a column, for people.
pub(crate) fn column(sheet: &str, column: &str) -> Cow<'static, str> {
    let own = said(&format!("column-{sheet}-{column}").replace('_', "-"));
    own.or_else(|| said(&format!("column-{column}").replace('_', "-")))
        .map_or_else(|| Cow::Owned(super::pages::figures::words(column)), Cow::Borrowed)
}

/// The name of a sheet, for people: `offers` is Offers.
pub(crate) fn sheet(sheet: &str) -> Cow<'static, str> {
    say(&format!("sheet-{sheet}").replace('_', "-"))
}

/// The name of one record of a sheet: `offers` is offer.
pub(crate) fn one_of(sheet: &str) -> Cow<'static, str> {
    say(&format!("one-of-{sheet}").replace('_', "-"))
}

/// A word of the domain, for people: a state, a kind, a role.
pub(crate) fn word(word: &str) -> Cow<'static, str> {
    said(&format!("word-{word}").replace('_', "-"))
        .map_or_else(|| Cow::Owned(super::pages::figures::words(word)), Cow::Borrowed)
}

/// What templates call.
#[expect(unreachable_pub, reason = "the filters' own macro writes what it makes as public")]
pub(crate) mod filters {
    use super::{Display, say as said, say_with};

    /// The text of that name.
    #[askama::filter_fn]
    pub(crate) fn say(name: impl Display, _: &dyn askama::Values) -> askama::Result<std::borrow::Cow<'static, str>> {
        Ok(said(&name.to_string()))
    }

    /// A number in the text of that name, which chooses its form by it.
    #[askama::filter_fn]
    pub(crate) fn say_n(n: impl Display, _: &dyn askama::Values, name: &str) -> askama::Result<String> {
        let n: i64 = n.to_string().parse().unwrap_or(0);
        Ok(say_with(name, &[("n", n.into()), ("text", crate::pages::figures::whole(n).into())]))
    }

    /// Something in the text of that name.
    #[askama::filter_fn]
    pub(crate) fn say_x(x: impl Display, _: &dyn askama::Values, name: &str) -> askama::Result<String> {
        Ok(say_with(name, &[("x", x.to_string().into())]))
    }

    /// A word of the domain.
    #[askama::filter_fn]
    pub(crate) fn word(word: impl Display, _: &dyn askama::Values) -> askama::Result<std::borrow::Cow<'static, str>> {
        Ok(super::word(&word.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use muster_domain::message;

    use super::*;

    #[test]
    fn every_text_is_there_once_and_right() {
        let mut names = BTreeSet::new();
        for file in ENGLISH {
            FluentResource::try_new((*file).to_owned()).expect("the file is Fluent");
            for (name, _) in file.lines().filter_map(|line| line.split_once(" =")).filter(|(n, _)| !n.starts_with(' '))
            {
                assert!(names.insert(name.to_owned()), "{name} is there twice");
            }
        }
        assert_eq!(say_with("count-needs", &[("n", 1_i64.into()), ("text", "1".into())]), "1 need");
    }

    #[test]
    fn a_message_is_told_in_words_with_its_parts() {
        let roles = vec![
            message!("role", role = MessageValue::word("coordinator")),
            message!("role-of-party", role = MessageValue::word("donor_liaison")),
        ];
        let deed = message!("deed-transition-to", sheet = MessageValue::word("offers"), state = "committed");
        assert_eq!(
            words(&message!("only-these-may", deed, who = roles)),
            "only these may take offers to `committed`: coordinator, donor liaison of the party concerned"
        );
        let list = message!("a-list", each = message!("one-of", words = "road, rail"));
        let told = words(&message!("empty-must-be", right = list));
        assert_eq!(told, "is empty, must be a list, separated by |, each one of road, rail");
        assert_eq!(words(&message!("more-problems", count = 1)), "1 more problem is not listed");
        assert_eq!(words(&message!("one-mission", count = 0)), "there must be exactly one mission, there are 0");
    }

    #[test]
    fn numbers_are_told_to_the_last_digit_and_without_marks() {
        for number in [1_000_000, 1_000_000_000_000_000, i64::MAX, i64::MIN, -90] {
            assert_eq!(words(&message!("at-most", most = number)), format!("must be at most {number}"));
        }
    }

    #[test]
    fn every_name_that_a_template_asks_for_is_there() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            for part in text.split("{{").skip(1) {
                let part = part.split("}}").next().unwrap_or_default().trim();
                if let (true, Some(name)) = (part.contains("|say"), part.split('"').nth(1)) {
                    assert!(english().bundle.has_message(name), "{}: there is no text {name}", path.display());
                }
            }
        }
    }

    #[test]
    fn every_register_has_a_name_on_pages() {
        for register in muster_app::storage::register::REGISTERS {
            let name = format!("register-{}", register.name);
            assert!(english().bundle.has_message(&name), "there is no text {name}");
        }
    }
}
