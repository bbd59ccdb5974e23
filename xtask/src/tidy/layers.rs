//! Each crate earns its place by one prohibition. Here they are, as tables.

use toml::{Table, Value};

use super::{File, Finding, Tree, source::line_of};

/// A crate and the crates of the workspace that it may use; for its own tests it may use `testkit` as well.
struct Layer {
    name: &'static str,
    uses: &'static [&'static str],
}

/// The crates, from below to above.
const LAYERS: &[Layer] = &[
    Layer { name: "domain", uses: &[] },
    Layer { name: "planner", uses: &["domain"] },
    Layer { name: "scheduler", uses: &[] },
    Layer { name: "interchange", uses: &["domain"] },
    Layer { name: "documents", uses: &["domain"] },
    Layer { name: "storage", uses: &["domain"] },
    Layer { name: "app", uses: &["domain", "planner", "scheduler", "interchange", "documents", "storage"] },
    Layer { name: "web", uses: &["domain", "app"] },
    Layer {
        name: "cli",
        uses: &["domain", "planner", "scheduler", "interchange", "documents", "storage", "app", "web"],
    },
    Layer { name: "testkit", uses: &["domain", "interchange", "storage"] },
    Layer {
        name: "xtask",
        uses: &["domain", "planner", "interchange", "documents", "storage", "app", "web", "testkit"],
    },
];

/// Libraries, the crates that may use them, and why no other may.
const LIBRARIES: &[(&[&str], &[&str], &str)] = &[
    (&["sqlx"], &["storage", "testkit", "xtask"], "only storage knows SQL"),
    (&["axum", "tower", "tower-http"], &["web", "cli"], "only web speaks HTTP, and cli starts it"),
    (&["askama"], &["web"], "only web writes pages"),
    (&["typst", "typst-layout", "typst-pdf"], &["documents"], "only documents sets type"),
    (&["fluent-bundle", "unic-langid"], &["web"], "only web has words for messages"),
    (
        &["pumpkin-solver", "pumpkin-core", "pumpkin-constraints", "pumpkin-propagators", "pumpkin-conflict-resolvers"],
        &["scheduler"],
        "only scheduler knows the constraint solver",
    ),
    (&["reqwest"], &[], "Muster calls nobody over the network but webhooks, by ureq"),
    (&["ureq"], &["web"], "Muster calls nobody over the network but the addresses that its users gave it for webhooks"),
    (&["clap"], &["cli", "xtask"], "only cli reads a command line"),
    (&["rand", "getrandom"], &["cli", "testkit", "xtask"], "chance is passed in"),
    (&["tokio"], &["storage", "app", "web", "cli", "testkit", "xtask"], "domain, planner and files wait for nothing"),
    (
        &["serde", "serde_json"],
        &["planner", "scheduler", "interchange", "storage", "app", "web", "cli", "xtask"],
        "the edges have their own types",
    ),
];

/// Where in a file a word is looked for.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// In code.
    Code,
    /// In code, as a path that may be written as a group: parent and child.
    Path(&'static str),
    /// In string literals: all of the word's parts, in order.
    Strings,
}

/// A word that belongs to some crates only.
struct Word {
    word: &'static str,
    place: Place,
    /// Where it may stand.
    only: &'static [&'static str],
    /// Whether tests of other crates may use it too.
    tests: bool,
    right: &'static str,
}

const EDGES: &[&str] = &["cli", "testkit", "xtask"];
const SQL: &[&str] = &["storage", "testkit", "xtask"];
const HTTP: &[&str] = &["web", "cli"];
const NOT_DOMAIN: &[&str] =
    &["planner", "scheduler", "interchange", "documents", "storage", "app", "web", "cli", "testkit", "xtask"];

const FILES: &str = "only cli reads files and the environment: pass the bytes or the value in";
const CLOCK: &str = "the clock and chance are passed in; only cli reads them";
const STATEMENT: &str = "only storage knows SQL: put the statement there";
const SERVING: &str = "only web speaks HTTP";
const OWN_TYPES: &str = "the edge that writes it has a type of its own";

const WORDS: &[Word] = &[
    Word { word: "fs", place: Place::Path("std"), only: EDGES, tests: true, right: FILES },
    Word { word: "env", place: Place::Path("std"), only: EDGES, tests: true, right: FILES },
    Word { word: "fs", place: Place::Path("tokio"), only: EDGES, tests: true, right: FILES },
    Word { word: "Timestamp::now", place: Place::Code, only: EDGES, tests: false, right: CLOCK },
    Word { word: "Zoned::now", place: Place::Code, only: EDGES, tests: false, right: CLOCK },
    Word { word: "SystemTime::now", place: Place::Code, only: EDGES, tests: false, right: CLOCK },
    Word { word: "Uuid::now_v7", place: Place::Code, only: EDGES, tests: false, right: CLOCK },
    Word { word: "Uuid::new_v4", place: Place::Code, only: EDGES, tests: false, right: CLOCK },
    Word { word: "rng", place: Place::Path("rand"), only: EDGES, tests: false, right: CLOCK },
    Word { word: "thread_rng", place: Place::Code, only: EDGES, tests: false, right: CLOCK },
    Word { word: "OsRng", place: Place::Code, only: EDGES, tests: false, right: CLOCK },
    Word { word: "sqlx::", place: Place::Code, only: SQL, tests: false, right: STATEMENT },
    Word { word: "SELECT ", place: Place::Strings, only: SQL, tests: false, right: STATEMENT },
    Word { word: "INSERT INTO ", place: Place::Strings, only: SQL, tests: false, right: STATEMENT },
    Word { word: "UPDATE | SET ", place: Place::Strings, only: SQL, tests: false, right: STATEMENT },
    Word { word: "DELETE FROM ", place: Place::Strings, only: SQL, tests: false, right: STATEMENT },
    Word { word: "CREATE TABLE ", place: Place::Strings, only: SQL, tests: false, right: STATEMENT },
    Word { word: "axum::", place: Place::Code, only: HTTP, tests: false, right: SERVING },
    Word { word: "Serialize", place: Place::Code, only: NOT_DOMAIN, tests: false, right: OWN_TYPES },
    Word { word: "Deserialize", place: Place::Code, only: NOT_DOMAIN, tests: false, right: OWN_TYPES },
    Word {
        word: "async fn",
        place: Place::Code,
        only: NOT_DOMAIN,
        tests: false,
        right: "the domain waits for nothing",
    },
];

/// A dependency in a manifest: its section, name and line.
struct Dependency {
    dev: bool,
    name: String,
    line: usize,
}

/// Whether dependencies go from above to below.
pub(super) fn directions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, krate) in manifests_in(tree) {
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == krate) else {
            let right = "name it in xtask/src/tidy/layers.rs with the crates it may use, and in docs/architecture.md";
            findings.push(Finding::new(&file.path, 1, format!("the crate {krate} has no layer"), right));
            continue;
        };
        for dependency in dependencies(file) {
            let Some(used) = dependency.name.strip_prefix("muster-") else { continue };
            let in_tests = dependency.dev && used == "testkit";
            if !layer.uses.contains(&used) && !in_tests {
                let may = if layer.uses.is_empty() { "none".to_owned() } else { layer.uses.join(", ") };
                let what = format!("{krate} depends on {used}");
                let right = format!("of the workspace's crates it may use: {may}");
                findings.push(Finding::new(&file.path, dependency.line, what, right));
            }
        }
    }
    findings
}

/// Whether libraries stay where they belong.
pub(super) fn libraries(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, krate) in manifests_in(tree) {
        for dependency in dependencies(file) {
            for (names, only, why) in LIBRARIES {
                if names.contains(&dependency.name.as_str()) && !only.contains(&krate) {
                    let what = format!("{krate} depends on {}", dependency.name);
                    findings.push(Finding::new(&file.path, dependency.line, what, *why));
                }
            }
        }
    }
    findings
}

/// Whether words stay where they belong.
pub(super) fn words(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust() {
        let Some(krate) = file.krate().filter(|_| !file.path.ends_with("/build.rs")) else { continue };
        for word in WORDS.iter().filter(|word| !word.only.contains(&krate)) {
            let lines = match word.place {
                Place::Code => source.lines_with(word.word),
                Place::Path(parent) => source.lines_with_path(parent, word.word),
                Place::Strings => {
                    let has = |text: &&(usize, String)| contains_in_order(&text.1, word.word);
                    source.strings.iter().filter(has).map(|(line, _)| *line).collect()
                }
            };
            let name = match word.place {
                Place::Path(parent) => format!("`{parent}::{}`", word.word),
                _ => format!("`{}`", word.word.trim().replace(" | ", " … ").replace("| ", "… ")),
            };
            for line in lines.into_iter().filter(|line| !(word.tests && source.is_test(*line))) {
                findings.push(Finding::new(&file.path, line, format!("{name} in {krate}"), word.right));
            }
        }
    }
    findings
}

fn contains_in_order(text: &str, parts: &str) -> bool {
    let mut rest = text;
    parts.split('|').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

/// Whether each crate says what it is and keeps the workspace's lints.
pub(super) fn manifests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, _) in manifests_in(tree) {
        let table: Table = match file.text.parse() {
            Ok(table) => table,
            Err(error) => {
                findings.push(Finding::new(&file.path, 1, format!("it is not TOML: {error}"), "mend it"));
                continue;
            }
        };
        let at = |section: &str, key: &str| table.get(section).and_then(|s| s.get(key));
        if at("package", "description").and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
            let right = "say in `description` what the crate is for";
            findings.push(Finding::new(&file.path, 1, "the crate has no description", right));
        }
        if at("lints", "workspace").and_then(Value::as_bool) != Some(true) {
            let right = "write `[lints]` and `workspace = true`";
            findings.push(Finding::new(&file.path, 1, "the crate does not keep the workspace's lints", right));
        }
    }
    findings
}

fn manifests_in(tree: &Tree) -> impl Iterator<Item = (&File, &str)> {
    tree.files.iter().filter_map(|file| Some((file, file.manifest_of()?)))
}

fn dependencies(file: &File) -> Vec<Dependency> {
    let table: Table = file.text.parse().unwrap_or_default();
    let mut found = Vec::new();
    collect(file, &table, &mut found);
    for (_, target) in table.get("target").and_then(Value::as_table).into_iter().flatten() {
        if let Some(target) = target.as_table() {
            collect(file, target, &mut found);
        }
    }
    found
}

fn collect(file: &File, table: &Table, found: &mut Vec<Dependency>) {
    for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
        for (key, value) in table.get(section).and_then(Value::as_table).into_iter().flatten() {
            // A renamed dependency is known by its own name.
            let name = value.get("package").and_then(Value::as_str).unwrap_or(key);
            let header = file.text.find(&format!("{section}]")).unwrap_or(0);
            let at = file.text[header..].find(&format!("\n{key}")).map_or(header, |n| header + n + 1);
            let dev = section == "dev-dependencies";
            found.push(Dependency { dev, name: name.to_owned(), line: line_of(&file.text, at) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::found, *};

    #[test]
    fn a_crate_depends_only_on_those_below() {
        let planner = "[dependencies]\nmuster-domain.workspace = true\nmuster-storage.workspace = true\n";
        assert_eq!(found(directions, &[("crates/planner/Cargo.toml", planner)]), ["crates/planner/Cargo.toml:3"]);
        let table = "[package]\n[dependencies.muster-web]\npath = \"../web\"\n";
        assert_eq!(found(directions, &[("crates/app/Cargo.toml", table)]).len(), 1);
        let renamed = "[dependencies]\nbase = { package = \"muster-storage\" }\n";
        assert_eq!(found(directions, &[("crates/web/Cargo.toml", renamed)]), ["crates/web/Cargo.toml:2"]);
        let target = "[target.'cfg(unix)'.dependencies]\nmuster-web = \"1\"\n";
        assert_eq!(found(directions, &[("crates/storage/Cargo.toml", target)]), ["crates/storage/Cargo.toml:2"]);
        assert_eq!(found(directions, &[("crates/extra/Cargo.toml", "")]), ["crates/extra/Cargo.toml:1"]);
        let clean =
            "[dependencies]\nmuster-domain.workspace = true\n\n[dev-dependencies]\nmuster-testkit.workspace = true\n";
        assert_eq!(found(directions, &[("crates/storage/Cargo.toml", clean)]), [""; 0]);
        let shipped = "[dependencies]\nmuster-testkit.workspace = true\n";
        assert_eq!(found(directions, &[("crates/storage/Cargo.toml", shipped)]).len(), 1);
    }

    #[test]
    fn libraries_stay_in_their_crates() {
        for (krate, library) in [
            ("domain", "sqlx"),
            ("domain", "tokio"),
            ("domain", "serde"),
            ("domain", "rand"),
            ("planner", "sqlx"),
            ("interchange", "axum"),
            ("app", "axum"),
            ("web", "sqlx"),
            ("cli", "reqwest"),
            ("web", "typst"),
        ] {
            let (path, text) = (format!("crates/{krate}/Cargo.toml"), format!("[dependencies]\n\n{library} = \"1\"\n"));
            assert_eq!(found(libraries, &[(&path, &text)]), [format!("{path}:3")], "{library} in {krate}");
        }
        for (krate, library) in [("storage", "sqlx"), ("web", "axum"), ("cli", "axum"), ("interchange", "serde")] {
            let (path, text) = (format!("crates/{krate}/Cargo.toml"), format!("[dependencies]\n{library} = \"1\"\n"));
            assert_eq!(found(libraries, &[(&path, &text)]), [""; 0], "{library} in {krate}");
        }
    }

    /// `krate: code` gives as many findings as there are lines that are said to be wrong.
    fn check(krate: &str, code: &str, lines: &[usize]) {
        let path = format!("crates/{krate}/src/a.rs");
        let expected: Vec<String> = lines.iter().map(|line| format!("{path}:{line}")).collect();
        assert_eq!(found(words, &[(&path, code)]), expected, "{krate}: {code}");
    }

    #[test]
    fn files_environment_clock_and_chance_belong_to_the_command() {
        check("interchange", "\nlet text = std::fs::read(path);", &[2]);
        check("web", "use std::{env, sync::Arc};", &[1]);
        check("app", "use tokio::fs;", &[1]);
        check("app", "let now = jiff::Timestamp::now();", &[1]);
        check("storage", "let now = Zoned::now();", &[1]);
        check("planner", "let now = SystemTime::now();", &[1]);
        check("domain", "let chance = rand::rng();", &[1]);
        check("web", "let id = Uuid::now_v7();", &[1]);
        check("cli", "use std::{env, fs}; let now = Timestamp::now(); let chance = rand::rng();", &[]);
        check("interchange", "#[cfg(test)]\nmod tests {\n    use std::fs;\n}", &[]);
        check(
            "app",
            "/// Never calls `Timestamp::now`.\nlet now = clock.now(); let v = env!(\"CARGO_PKG_VERSION\");",
            &[],
        );
    }

    #[test]
    fn statements_belong_to_storage() {
        check("app", "let sql = \"SELECT 1\";", &[1]);
        check("web", "let sql = r#\"\n INSERT INTO entry\"#;", &[1]);
        check("cli", "let sql = \"UPDATE plan\n SET state = 1\";", &[1]);
        check("interchange", "let sql = \"DELETE FROM entry\";", &[1]);
        check("domain", "let sql = \"CREATE TABLE entry\";", &[1]);
        check("app", "sqlx::query(text)", &[1]);
        check("storage", "let sql = \"SELECT 1\"; sqlx::query(sql)", &[]);
        check("app", "// SELECT 1\nlet help = \"Select what you need, UPDATE nothing\";", &[]);
    }

    #[test]
    fn the_domain_and_the_pages_keep_to_themselves() {
        check("app", "use axum::Router;", &[1]);
        check("domain", "#[derive(Clone, Serialize)]\nstruct A;", &[1]);
        check("domain", "async fn a() {}", &[1]);
        check("web", "use axum::Router;\n#[derive(Serialize)] struct A; async fn a() {}", &[]);
    }

    #[test]
    fn a_crate_says_what_it_is() {
        let good = "[package]\ndescription = \"Pages\"\n[lints]\nworkspace = true\n";
        assert_eq!(found(manifests, &[("crates/web/Cargo.toml", good)]), [""; 0]);
        assert_eq!(found(manifests, &[("crates/web/Cargo.toml", "[package]\ndescription = \"\"\n")]).len(), 2);
        assert_eq!(found(manifests, &[("xtask/Cargo.toml", "[package]\ndescription = \"x\"\n")]).len(), 1);
        assert_eq!(found(manifests, &[("crates/web/Cargo.toml", "[package")]).len(), 1);
    }
}
