//! How a Rust file is written.

use super::{Finding, Tree};

/// Most lines of a file.
const MOST_LINES: usize = 600;

/// Shortcuts, what to do instead, and whether tests may take them.
const SHORTCUTS: &[(&str, bool, &str)] = &[
    ("#[allow(", false, "write `#[expect(lint, reason = \"…\")]`"),
    ("#![allow(", false, "write `#![expect(lint, reason = \"…\")]`"),
    ("todo!", false, "finish it or leave it out"),
    ("unimplemented!", false, "finish it or leave it out"),
    ("dbg!", false, "use tracing, or nothing"),
    (".unwrap()", true, "handle it, or `expect` with why it cannot fail"),
];

/// Whether each file says what it is for.
pub(super) fn module_docs(tree: &Tree) -> Vec<Finding> {
    let undocumented = tree.rust().filter(|(file, _)| !file.text.starts_with("//!"));
    undocumented
        .map(|(file, _)| {
            let right = "begin with `//!`: what the module is for, and what it must not do";
            Finding::new(&file.path, 1, "the file does not say what it is for", right)
        })
        .collect()
}

/// Whether each file is one idea.
pub(super) fn size(tree: &Tree) -> Vec<Finding> {
    let lines = tree.rust().map(|(file, _)| (file, file.text.lines().count()));
    lines
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(file, lines)| {
            let right = format!("split it by noun into files of at most {MOST_LINES}");
            Finding::new(&file.path, MOST_LINES + 1, format!("the file has {lines} lines"), right)
        })
        .collect()
}

/// Whether there are shortcuts.
pub(super) fn shortcuts(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust() {
        for (word, in_tests, right) in SHORTCUTS {
            for line in source.lines_with(word).into_iter().filter(|line| !(*in_tests && source.is_test(*line))) {
                findings.push(Finding::new(&file.path, line, format!("`{word}`"), *right));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{super::tests::found, *};

    #[test]
    fn a_file_begins_with_what_it_is_for() {
        assert_eq!(found(module_docs, &[("a.rs", "//! Parties.\n"), ("b.rs", "use a;\n")]), ["b.rs:1"]);
        assert_eq!(found(module_docs, &[("a.rs", "/// A function's docs.\nfn a() {}\n"), ("b.md", "")]), ["a.rs:1"]);
    }

    #[test]
    fn a_file_is_not_too_long() {
        assert_eq!(found(size, &[("a.rs", &"\n".repeat(600)), ("b.rs", &"\n".repeat(601))]), ["b.rs:601"]);
    }

    #[test]
    fn shortcuts_are_found_in_code_only() {
        for text in
            ["#[allow(dead_code)]", "#![allow(dead_code)]", "todo!()", "unimplemented!()", "dbg!(x)", "x.unwrap()"]
        {
            assert_eq!(found(shortcuts, &[("src/a.rs", &format!("\n{text};\n"))]), ["src/a.rs:2"], "{text}");
        }
        let clean = "#[expect(dead_code, reason = \"todo!\")]\nfn a() { x.unwrap_or(1); } // dbg!(x)\n#[cfg(test)]\nmod tests { fn b() { x.unwrap(); } }";
        assert_eq!(found(shortcuts, &[("src/a.rs", clean), ("crates/a/tests/b.rs", "x.unwrap();")]), [""; 0]);
        assert_eq!(found(shortcuts, &[("crates/a/tests/b.rs", "todo!();")]), ["crates/a/tests/b.rs:1"]);
    }
}
