//! What any text of the repository may say, and where its links lead. The repository speaks of Muster alone: not of the machine on which
//! it was written, nor of who or what wrote it.

use super::{Finding, Tree};

/// Where these words are listed, so that they do not find themselves.
const HERE: &str = "xtask/src/tidy/text.rs";

/// Files that a tool writes.
const WRITTEN_BY_TOOLS: &[&str] = &["Cargo.lock", "package-lock.json"];

const MACHINE: &str = "leave out paths of one machine: use a relative path or a variable";
const REGISTRY: &str = "leave out hosts of registries: name the package, and the ordinary client finds it";
const AUTHORS: &str = "speak of Muster alone, not of how it came to be written";

/// Words and what to do instead; a word in capitals is looked for as it is, any other in any case.
const FOREIGN: &[(&str, &str)] = &[
    ("/work/", MACHINE),
    ("/root/", MACHINE),
    ("/home/", MACHINE),
    ("/Users/", MACHINE),
    ("crates.io", REGISTRY),
    ("pypi.org", REGISTRY),
    ("pythonhosted.org", REGISTRY),
    ("registry.npmjs.org", REGISTRY),
    ("deb.debian.org", REGISTRY),
    ("language model", AUTHORS),
    ("LLM", AUTHORS),
    ("claude", AUTHORS),
    ("anthropic", AUTHORS),
    ("chatgpt", AUTHORS),
    ("copilot", AUTHORS),
    ("AI agent", AUTHORS),
    ("coding agent", AUTHORS),
    ("subagent", AUTHORS),
    ("sub-agent", AUTHORS),
    ("AI assistant", AUTHORS),
    ("coding assistant", AUTHORS),
    ("earlier session", AUTHORS),
    ("previous session", AUTHORS),
    ("next session", AUTHORS),
    ("developer session", AUTHORS),
    ("worktree", AUTHORS),
    ("CEO", AUTHORS),
];

/// Whether texts speak of Muster alone.
pub(super) fn foreign(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let own = |path: &str| path != HERE && !WRITTEN_BY_TOOLS.iter().any(|name| path.ends_with(name));
    for file in tree.files.iter().filter(|file| own(&file.path)) {
        for (line, text) in (1..).zip(file.text.lines()) {
            for (word, right) in FOREIGN.iter().filter(|(word, _)| says(text, word)) {
                findings.push(Finding::new(&file.path, line, format!("`{word}`"), *right));
            }
        }
    }
    findings
}

fn says(text: &str, word: &str) -> bool {
    let any_case = !word.contains(|c: char| c.is_ascii_uppercase());
    let text = if any_case { text.to_lowercase() } else { text.to_owned() };
    text.match_indices(word).any(|(at, _)| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if let Some(path) = word.strip_prefix('/') {
            // A folder at the root, not a part of a longer path or of an address.
            let before = text[..at].chars().next_back();
            return !path.is_empty() && !before.is_some_and(|c| is_word(c) || matches!(c, '.' | '/' | '}' | '~' | '-'));
        }
        let before = text[..at].chars().next_back().is_some_and(is_word);
        let after = text[at + word.len()..].chars().next().is_some_and(is_word);
        !before && !after
    })
}

/// Whether links between documents lead somewhere.
pub(super) fn links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in targets(&file.text) {
            let outside = target.contains("://") || target.starts_with("mailto:") || target.starts_with('#');
            let path = target.split('#').next().unwrap_or_default();
            if outside || path.is_empty() {
                continue;
            }
            let Some(full) = resolve(&file.path, path) else {
                findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("`{target}` leads out of the repository"),
                    "mend it",
                ));
                continue;
            };
            let inside = format!("{full}/");
            let there = full.is_empty() || tree.paths.iter().any(|p| *p == full || p.starts_with(&inside));
            if !there {
                let right = "link to a file that is there, by its path from this one";
                findings.push(Finding::new(&file.path, line, format!("`{target}` leads nowhere"), right));
            }
        }
    }
    findings
}

/// The targets of `[text](target)` and `[text]: target`, with their lines, outside code.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let (mut found, mut fenced) = (Vec::new(), false);
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        if let Some((_, target)) = text.split_once("]: ").filter(|(label, _)| label.starts_with('[')) {
            found.push((line, target.split(' ').next().unwrap_or_default()));
        }
        for (at, _) in text.match_indices("](") {
            let in_code = text[..at].matches('`').count() % 2 == 1;
            let target = text[at + 2..].split([')', ' ']).next().unwrap_or_default();
            if !in_code {
                found.push((line, target.trim_matches(['<', '>'])));
            }
        }
    }
    found
}

/// The path from the root of what `target` names in the file `from`; `None` if it leads out.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// A test's name is longer than that of anything else in documents: so many words at least.
const WORDS_OF_A_TEST: usize = 5;

/// Names of tests in documents that no file of Rust has.
pub(super) fn tests_named(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, text) in (1..).zip(file.text.lines()) {
            for name in text.split('`').skip(1).step_by(2).filter(|name| is_name_of_a_test(name)) {
                let function = format!("fn {name}(");
                if !tree.rust().any(|(rust, _)| rust.text.contains(&function)) {
                    let what = format!("there is no test `{name}`");
                    findings.push(Finding::new(&file.path, line, what, "name the test as it is called"));
                }
            }
        }
    }
    findings
}

fn is_name_of_a_test(name: &str) -> bool {
    name.split('_').count() >= WORDS_OF_A_TEST
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::{super::tests::found, *};

    #[test]
    fn foreign_words_are_found_in_any_text() {
        for text in [
            "see /work/main",
            "cp a /root/b",
            "`/home/me`",
            "--index https://pypi.org/simple",
            "from crates.io",
            "Written by Claude.",
            "an LLM wrote it",
            "the AI agent",
            "left for the next session",
        ] {
            assert_eq!(found(foreign, &[("docs/a.md", &format!("\n{text}\n"))]), ["docs/a.md:2"], "{text}");
        }
    }

    #[test]
    fn the_field_s_own_words_are_fine() {
        let clean = "a user's session; the shipping agent; the User-Agent; $HOME/work/x; https://example.org/work/a; homework/b; \
                     ./root/c; Fulfillment";
        assert_eq!(found(foreign, &[("docs/a.md", clean)]), [""; 0]);
        assert_eq!(found(foreign, &[("Cargo.lock", "crates.io"), (HERE, "crates.io")]), [""; 0]);
    }

    #[test]
    fn tests_that_documents_name_are_there() {
        let code = ("a.rs", "//! A.\n#[test]\nfn what_is_lost_is_told_of() {}\n");
        let told = ("docs/a.md", "`what_is_lost_is_told_of`, `plan_cache_mode`, what_is_not_marked_as_code\n");
        assert_eq!(found(tests_named, &[code, told]), [""; 0]);
        assert_eq!(found(tests_named, &[code, ("docs/a.md", "\n`what_was_lost_is_told_of`\n")]), ["docs/a.md:2"]);
    }

    #[test]
    fn links_lead_somewhere() {
        let readme =
            "[a](docs/a.md) [b](docs/) [c](https://example.org) [d](#here) [e](docs/a.md#part)\n[f]: docs/a.md\n";
        let clean = [("README.md", readme), ("docs/a.md", "[up](../README.md) `[x](y)`\n```\n[x](y)\n```\n")];
        assert_eq!(found(links, &clean), [""; 0]);
        let broken = [("docs/a.md", "[a](b.md)\n[b]: c.md\n[c](../../d.md)\n")];
        assert_eq!(found(links, &broken), ["docs/a.md:1", "docs/a.md:2", "docs/a.md:3"]);
    }
}
