//! `cargo xtask tidy`: the workspace's habits as rules that a machine can hold it to.
//!
//! A rule looks at paths and texts and returns findings; only [`Tree::read`] touches the disk, so that a test is a path and a text.
//!
//! - [`layers`]: which crate may depend on what, and which words belong to one crate only.
//! - [`code`]: how a Rust file is written; [`names`]: what it is called.
//! - [`message`]: what people are told, and the words for it.
//! - [`text`]: what any file of the repository may say, and where its links lead.
//! - [`source`]: Rust text taken apart into code, strings and tests.

mod code;
mod layers;
mod message;
mod names;
mod source;
mod text;

use std::{fmt, fs, path::Path, process::Command};

use source::Source;

/// One thing that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    /// Counted from 1.
    line: usize,
    what: String,
    right: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>, right: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into(), right: right.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.path, self.line, self.what, self.right)
    }
}

/// One rule.
struct Rule {
    name: &'static str,
    says: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
}

/// Every rule.
const RULES: &[Rule] = &[
    Rule { name: "layers", says: "a crate depends only on the crates below it", check: layers::directions },
    Rule {
        name: "libraries",
        says: "a library that belongs to some crates is used by no other",
        check: layers::libraries,
    },
    Rule { name: "words", says: "SQL, HTTP, files, clock and chance stay in their crates", check: layers::words },
    Rule { name: "manifest", says: "a crate has a description and the workspace's lints", check: layers::manifests },
    Rule { name: "module docs", says: "a file of Rust begins with `//!`: what it is for", check: code::module_docs },
    Rule { name: "file size", says: "a file of Rust has at most 600 lines", check: code::size },
    Rule { name: "shortcuts", says: "no allow attribute, todo, dbg, or unwrap outside tests", check: code::shortcuts },
    Rule { name: "nouns", says: "a noun's module has the same name in every crate", check: names::nouns },
    Rule { name: "messages", says: "a message has words with exactly its values", check: message::messages },
    Rule {
        name: "own text",
        says: "no paths of one machine, no registry hosts; of Muster alone",
        check: text::foreign,
    },
    Rule { name: "tests", says: "a test that a document names is there", check: text::tests_named },
    Rule { name: "links", says: "a link from one document to another leads somewhere", check: text::links },
];

/// The rules, one to a line.
pub(crate) fn table() -> String {
    RULES.iter().map(|rule| format!("{:<12} {}", rule.name, rule.says)).collect::<Vec<_>>().join("\n")
}

/// Checks the workspace in `root` and says how it went.
///
/// # Errors
/// The findings, one to a line; or why the files cannot be read.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let tree = Tree::read(root)?;
    let mut findings: Vec<_> =
        RULES.iter().flat_map(|rule| (rule.check)(&tree).into_iter().map(move |f| (f, rule.name))).collect();
    findings.sort();
    let counts = format!("{} rules, {} files, {} findings", RULES.len(), tree.files.len(), findings.len());
    if findings.is_empty() {
        println!("tidy: {counts}");
        return Ok(());
    }
    let lines: Vec<String> = findings.iter().map(|(finding, rule)| format!("{finding} ({rule})")).collect();
    Err(format!("{}\ntidy: {counts}", lines.join("\n")))
}

/// A text file of the repository.
struct File {
    /// From the workspace's folder, with `/`.
    path: String,
    text: String,
    /// What is in it, if it is Rust.
    rust: Option<Source>,
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        let rust = path.ends_with(".rs").then(|| Source::parse(path, text));
        Self { path: path.to_owned(), text: text.to_owned(), rust }
    }

    /// The crate it belongs to: `domain` for `crates/domain/…`, `xtask` for `xtask/…`.
    fn krate(&self) -> Option<&str> {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("crates") => parts.next(),
            Some("xtask") => Some("xtask"),
            _ => None,
        }
    }

    /// The crate whose manifest it is.
    fn manifest_of(&self) -> Option<&str> {
        self.krate().filter(|krate| {
            self.path == format!("crates/{krate}/Cargo.toml") || (*krate == "xtask" && self.path == "xtask/Cargo.toml")
        })
    }
}

/// The repository's text files.
struct Tree {
    files: Vec<File>,
    /// Every file's path, text or not.
    paths: Vec<String>,
}

impl Tree {
    /// Reads what git knows and what it would not ignore, so that a file is checked before it is committed.
    fn read(root: &Path) -> Result<Self, String> {
        let git = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
        let output = Command::new("git").arg("-C").arg(root).args(git).output();
        let output = output.map_err(|error| format!("git cannot be run: {error}"))?;
        if !output.status.success() {
            return Err(format!("git cannot list the files: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let listed = String::from_utf8_lossy(&output.stdout);
        let (mut files, mut paths) = (Vec::new(), Vec::new());
        for path in listed.split('\0').filter(|path| root.join(path).is_file()) {
            let bytes = fs::read(root.join(path)).map_err(|error| format!("{path} cannot be read: {error}"))?;
            paths.push(path.to_owned());
            if let Some(text) = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')) {
                files.push(File::new(path, &text));
            }
        }
        Ok(Self { files, paths })
    }

    fn rust(&self) -> impl Iterator<Item = (&File, &Source)> {
        self.files.iter().filter_map(|file| Some((file, file.rust.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Tree {
        /// A repository of these paths and texts.
        pub(super) fn of(files: &[(&str, &str)]) -> Self {
            let paths = files.iter().map(|(path, _)| (*path).to_owned()).collect();
            Self { files: files.iter().map(|(path, text)| File::new(path, text)).collect(), paths }
        }
    }

    /// Where a rule finds something, as `path:line`.
    pub(super) fn found(check: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files)).iter().map(|f| format!("{}:{}", f.path, f.line)).collect()
    }

    #[test]
    fn the_workspace_is_tidy() {
        if let Err(findings) = run(&crate::workspace()) {
            panic!("\n{findings}");
        }
    }

    #[test]
    fn a_finding_says_where_what_and_what_is_right() {
        let finding = Finding::new("a.rs", 3, "this is wrong", "do that");
        assert_eq!(finding.to_string(), "a.rs:3: this is wrong; do that");
    }
}
