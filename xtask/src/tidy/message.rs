//! What people are told: a message is a key with values in the code, and its words stand in a file for each language. Neither may be
//! without the other, and the words take exactly the values that the code gives.

use std::collections::{BTreeMap, BTreeSet};

use super::{File, Finding, Tree, source::line_of};

/// Where a language keeps the words for messages: before and after its name.
const WORDS: (&str, &str) = ("crates/web/locales/", "/messages.ftl");

/// How a message begins in code.
const BEGINS: &str = "message!(";

/// A message where it is given.
struct Given<'t> {
    path: &'t str,
    line: usize,
    /// `None`: it is not written out.
    key: Option<&'t str>,
    values: BTreeSet<&'t str>,
}

/// The words for a message.
struct Words<'t> {
    line: usize,
    values: BTreeSet<&'t str>,
}

/// Whether every message has words in every language, with exactly its values, and no words are left over.
pub(super) fn messages(tree: &Tree) -> Vec<Finding> {
    let given: Vec<Given<'_>> = tree.files.iter().flat_map(given).collect();
    let mut findings = Vec::new();
    for one in given.iter().filter(|one| one.key.is_none()) {
        let right = "write it out, so that it can be looked for";
        findings.push(Finding::new(one.path, one.line, "the key of a message is no literal", right));
    }
    let is_words = |file: &&File| file.path.starts_with(WORDS.0) && file.path.ends_with(WORDS.1);
    let languages: Vec<&File> = tree.files.iter().filter(is_words).collect();
    if let (Some(first), []) = (given.first(), languages.as_slice()) {
        let right = format!("write them in {}en{}", WORDS.0, WORDS.1);
        findings.push(Finding::new(first.path, first.line, "there are messages and no words for any", right));
    }
    for file in languages {
        let words = words(file, &mut findings);
        for (key, one) in given.iter().filter_map(|one| Some((one.key?, one))) {
            let what = match words.get(key) {
                None => format!("the message `{key}` has no words"),
                Some(words) if words.values != one.values => {
                    format!("the message `{key}` gives {}, its words take {}", list(&one.values), list(&words.values))
                }
                Some(_) => continue,
            };
            findings.push(Finding::new(one.path, one.line, what, format!("mend it there or in {}", file.path)));
        }
        let used: BTreeSet<&str> = given.iter().filter_map(|one| one.key).collect();
        for (key, words) in words.iter().filter(|(key, _)| !used.contains(*key)) {
            let what = format!("no code gives the message `{key}`");
            findings.push(Finding::new(&file.path, words.line, what, "take its words away"));
        }
    }
    findings
}

fn list(values: &BTreeSet<&str>) -> String {
    if values.is_empty() { "no values".to_owned() } else { values.iter().copied().collect::<Vec<_>>().join(", ") }
}

/// The messages that a file gives outside tests.
fn given(file: &File) -> Vec<Given<'_>> {
    let Some(source) = &file.rust else { return Vec::new() };
    let mut found = Vec::new();
    for (at, _) in source.code.match_indices(BEGINS) {
        let line = line_of(&source.code, at);
        let joined = source.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let arguments = arguments(&source.code, at + BEGINS.len());
        let texts: Vec<&str> = arguments.iter().map(|range| file.text[range.clone()].trim()).collect();
        let [first, values @ ..] = texts.as_slice() else { continue };
        // What begins so is a rule of the macro itself.
        if joined || source.is_test(line) || first.starts_with('@') {
            continue;
        }
        let key = first.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let name =
            |text: &&'_ str| text.len() - text.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len();
        let values = values.iter().map(|text| &text[..name(text)]).filter(|name| !name.is_empty()).collect();
        found.push(Given { path: &file.path, line, key, values });
    }
    found
}

/// The places of the arguments of a call, from behind its opening bracket on.
fn arguments(code: &str, from: usize) -> Vec<std::ops::Range<usize>> {
    let (mut found, mut depth, mut begin) = (Vec::new(), 0_u32, from);
    for (n, c) in code[from..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                found.push(begin..from + n);
                break;
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(begin..from + n);
                begin = from + n + 1;
            }
            _ => {}
        }
    }
    found
}

/// The words of a language by key. A line that begins in the margin begins a message; those that are indented go on with it.
fn words<'t>(file: &'t File, findings: &mut Vec<Finding>) -> BTreeMap<&'t str, Words<'t>> {
    let mut all: BTreeMap<&str, Words<'_>> = BTreeMap::new();
    let mut last = None;
    for (line, text) in (1..).zip(file.text.lines()) {
        let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
        if let Some((key, _)) = text.split_once('=').filter(|_| begins) {
            let key = key.trim();
            if all.insert(key, Words { line, values: BTreeSet::new() }).is_some() {
                findings.push(Finding::new(&file.path, line, format!("`{key}` has words twice"), "choose one of them"));
            }
            last = Some(key);
        }
        let indented = text.starts_with(' ') || begins;
        if let Some(words) = last.filter(|_| indented).and_then(|key| all.get_mut(key)) {
            let names = text.split('$').skip(1);
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            words.values.extend(names.map(|rest| rest.split(|c| !is_part(c)).next().unwrap_or_default()));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{super::tests::found, *};

    const FTL: &str = "crates/web/locales/en/messages.ftl";

    #[test]
    fn a_message_and_its_words_fit() {
        let code = "fn a() {\n    f(message!(\"one\"), message!(\"at-most\", most, what = g(1, \"x, y\"), ));\n\
                    \x20   $crate::message!(\"several\", count = n);\n}\n\
                    macro_rules! message { (@value $x:ident) => { $crate::message!(@value $x) }; }\n\
                    #[cfg(test)]\nmod tests { fn t() { message!(\"made-up\"); } }\n";
        let words = "# A comment with $x = y.\none = must be one\nat-most = { $what }: at most { $most }\n\
                     several = { $count ->\n    [one] one\n   *[other] { $count } of them\n  }\n";
        assert_eq!(found(messages, &[("crates/domain/src/a.rs", code), (FTL, words)]), [""; 0]);
        assert_eq!(found(messages, &[("docs/a.md", "message!(\"one\")"), (FTL, "")]), [""; 0]);
    }

    #[test]
    fn words_that_are_missing_take_other_values_or_are_left_over_are_found() {
        let of = |code: &str, words: &str| found(messages, &[("crates/app/src/a.rs", code), (FTL, words)]);
        assert_eq!(of("\nmessage!(\"one\");", "\ntwo = must be two\n"), ["crates/app/src/a.rs:2", &format!("{FTL}:2")]);
        assert_eq!(of("message!(\"one\", most);", "one = at most\n"), ["crates/app/src/a.rs:1"]);
        assert_eq!(of("message!(\"one\");", "one = at most { $most }\n"), ["crates/app/src/a.rs:1"]);
        assert_eq!(of("message!(\"one\", least = 1);", "one = at most { $most }\n"), ["crates/app/src/a.rs:1"]);
        assert_eq!(of("message!(\"one\");", "one = must be one\none = must be 1\n"), [format!("{FTL}:2")]);
        assert_eq!(of("message!(key);", ""), ["crates/app/src/a.rs:1"]);
    }

    #[test]
    fn every_language_has_words() {
        let german = "crates/web/locales/de/messages.ftl";
        let files = [("crates/app/src/a.rs", "message!(\"one\");"), (FTL, "one = must be one\n"), (german, "")];
        assert_eq!(found(messages, &files), ["crates/app/src/a.rs:1"]);
        assert_eq!(found(messages, &files[..1]), ["crates/app/src/a.rs:1"]);
    }
}
