//! What a Rust file is called: a noun of the domain has one name in every crate, so that a feature is one word to search for.

use std::collections::BTreeSet;

use super::{Finding, Tree};

/// Other words for the domain's nouns, which no module is called by.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("announcement", &["publication"]),
    ("caveat", &["restriction"]),
    ("fund", &["budget"]),
    ("item", &["article", "product", "material"]),
    ("lane", &["route"]),
    ("ledger", &["bookkeeping"]),
    ("mission", &["operation"]),
    ("offer", &["donation", "gift"]),
    ("package", &["bundle"]),
    ("participation", &["participant", "membership"]),
    ("party", &["actor", "stakeholder"]),
    ("place", &["location", "site"]),
    ("requirement", &["demand"]),
    ("statement", &["declaration"]),
];

/// Whether modules are called by the domain's nouns.
pub(super) fn nouns(tree: &Tree) -> Vec<Finding> {
    let own = |path: &str| path.starts_with("crates/domain/src/");
    let nouns: BTreeSet<&str> = tree.rust().filter(|(f, _)| own(&f.path)).flat_map(|(f, _)| modules(&f.path)).collect();
    let mut findings = Vec::new();
    for (file, _) in tree.rust().filter(|(f, _)| f.path.starts_with("crates/") && !own(&f.path)) {
        for name in modules(&file.path).into_iter().filter(|name| !nouns.contains(name)) {
            if let Some(noun) = noun_meant(name, &nouns) {
                let what = format!("`{name}` is another name for `{noun}`");
                findings.push(Finding::new(&file.path, 1, what, format!("call it `{noun}`, as the domain does")));
            }
        }
    }
    findings
}

/// The modules that a file of `src` stands for: its folders and its own name.
fn modules(path: &str) -> Vec<&str> {
    let Some((_, inside)) = path.split_once("/src/") else { return Vec::new() };
    let names = inside.trim_end_matches(".rs").split('/');
    names.filter(|name| !["lib", "main", "mod"].contains(name)).collect()
}

fn noun_meant<'a>(name: &str, nouns: &BTreeSet<&'a str>) -> Option<&'a str> {
    let synonym = |noun: &str| {
        let others = SYNONYMS.iter().filter(|(of, _)| *of == noun).flat_map(|(_, others)| *others);
        others.into_iter().any(|other| name == *other || name == plural(other))
    };
    nouns.iter().copied().find(|noun| name == plural(noun) || plural(name) == **noun || synonym(noun))
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if noun.ends_with(['s', 'x']) || noun.ends_with("ch") || noun.ends_with("sh") => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::found, *};

    /// What is found in another crate's file when the domain has these modules.
    fn check(other: &str, domain: &[&str]) -> Vec<String> {
        let own: Vec<String> = domain.iter().map(|noun| format!("crates/domain/src/{noun}.rs")).collect();
        let files: Vec<(&str, &str)> = own.iter().map(String::as_str).chain([other]).map(|path| (path, "")).collect();
        found(nouns, &files)
    }

    #[test]
    fn another_name_for_a_noun_is_found() {
        for (other, noun) in [
            ("crates/storage/src/parties.rs", "party"),
            ("crates/web/src/pages/processes.rs", "process"),
            ("crates/web/src/offers/mod.rs", "offer"),
            ("crates/app/src/donation.rs", "offer"),
            ("crates/app/src/locations.rs", "place"),
            ("crates/storage/src/ledger/book.rs", "ledger/books"),
        ] {
            let path = format!("{other}:1");
            assert_eq!(check(other, &["fund", noun]), [path], "{other}");
        }
    }

    #[test]
    fn the_same_name_and_other_things_are_fine() {
        for other in [
            "crates/storage/src/party.rs",
            "crates/storage/src/writer.rs",
            "crates/storage/tests/parties.rs",
            "crates/storage/src/ledger/mod.rs",
        ] {
            assert_eq!(check(other, &["party", "process", "ledger/mod"]), [""; 0], "{other}");
        }
    }
}
