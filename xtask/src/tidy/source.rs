//! Rust text taken apart: code without comments and strings, the strings, and which lines are tests. It reads tokens, not syntax, which is
//! enough for rules about words.

/// A file of Rust.
pub(super) struct Source {
    /// The text with comments and the contents of strings blanked; as long as the text, with the same lines.
    pub(super) code: String,
    /// String literals: line, counted from 1, and contents.
    pub(super) strings: Vec<(usize, String)>,
    /// For each line whether it belongs to a test.
    tests: Vec<bool>,
}

impl Source {
    /// Takes `text` apart; by its `path` a whole file may be a test.
    pub(super) fn parse(path: &str, text: &str) -> Self {
        let (code, strings) = Scanner::scan(text);
        let whole = ["/tests/", "/benches/", "/examples/"].iter().any(|folder| path.contains(folder))
            || path.ends_with("/tests.rs")
            || path.ends_with("_tests.rs");
        let mut tests = vec![whole; code.lines().count() + 1];
        for range in test_modules(&code) {
            tests[range].fill(true);
        }
        Self { code, strings, tests }
    }

    /// Whether a line, counted from 1, belongs to a test.
    pub(super) fn is_test(&self, line: usize) -> bool {
        self.tests.get(line - 1).copied().unwrap_or(false)
    }

    /// The lines, counted from 1, on which `token` stands in the code and is not a part of a longer word.
    pub(super) fn lines_with(&self, token: &str) -> Vec<usize> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let mut lines = Vec::new();
        for (at, _) in self.code.match_indices(token) {
            let before = self.code[..at].chars().next_back().is_some_and(is_word) && token.starts_with(is_word);
            let after = self.code[at + token.len()..].chars().next().is_some_and(is_word) && token.ends_with(is_word);
            if !before && !after {
                lines.push(line_of(&self.code, at));
            }
        }
        lines
    }

    /// The lines on which the path `parent::child` stands, also as `use parent::{…, child, …}`.
    pub(super) fn lines_with_path(&self, parent: &str, child: &str) -> Vec<usize> {
        let mut lines = self.lines_with(&format!("{parent}::{child}"));
        for line in self.lines_with(&format!("{parent}::{{")) {
            let start = self.code.lines().take(line - 1).map(|l| l.len() + 1).sum::<usize>();
            let Some(open) = self.code[start..].find('{').map(|n| start + n) else { continue };
            if in_group(&self.code[open..], child) {
                lines.push(line);
            }
        }
        lines
    }
}

/// The line, counted from 1, of a place in a text.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Whether `name` begins one of the parts of the braces that `text` begins with.
fn in_group(text: &str, name: &str) -> bool {
    let (mut depth, mut part) = (0, String::new());
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && c == ',') {
            if part.trim_start_matches('{').split("::").next().is_some_and(|first| first.trim() == name) {
                return true;
            }
            part.clear();
        } else {
            part.push(c);
        }
        if depth == 0 {
            break;
        }
    }
    false
}

/// The lines, counted from 0, of items that are only built for tests.
fn test_modules(code: &str) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    for (at, _) in code.match_indices("#[cfg(test)]") {
        let Some(open) = code[at..].find(['{', ';']).map(|n| at + n).filter(|n| code[*n..].starts_with('{')) else {
            continue;
        };
        let mut depth = 0;
        let close = code[open..].char_indices().find(|(_, c)| {
            depth += i32::from(*c == '{') - i32::from(*c == '}');
            depth == 0
        });
        let end = close.map_or(code.len(), |(n, _)| open + n);
        ranges.push(line_of(code, at) - 1..line_of(code, end));
    }
    ranges
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    line: usize,
    code: String,
    strings: Vec<(usize, String)>,
}

impl Scanner {
    fn scan(text: &str) -> (String, Vec<(usize, String)>) {
        let (chars, code) = (text.chars().collect(), String::with_capacity(text.len()));
        let mut scanner = Self { chars, at: 0, line: 1, code, strings: Vec::new() };
        while let Some(c) = scanner.peek(0) {
            match (c, scanner.peek(1)) {
                ('/', Some('/')) => scanner.line_comment(),
                ('/', Some('*')) => scanner.block_comment(),
                ('"', _) => scanner.string(0, false),
                ('r', Some('"' | '#')) if scanner.raw_hashes().is_some() => {
                    let hashes = scanner.raw_hashes().unwrap_or(0);
                    (0..=hashes).for_each(|_| scanner.keep());
                    scanner.string(hashes, true);
                }
                ('\'', _) => scanner.quote(),
                _ => scanner.keep(),
            }
        }
        (scanner.code, scanner.strings)
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    /// Takes a character over into the code.
    fn keep(&mut self) {
        let c = self.chars[self.at];
        self.line += usize::from(c == '\n');
        self.code.push(c);
        self.at += 1;
    }

    /// Leaves a character out of the code, but keeps lines and lengths as they are.
    fn blank(&mut self) {
        let c = self.chars[self.at];
        self.line += usize::from(c == '\n');
        if c == '\n' {
            self.code.push(c);
        } else {
            self.code.extend(std::iter::repeat_n(' ', c.len_utf8()));
        }
        self.at += 1;
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.blank();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.chars.len() {
            let step = match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => 1,
                (Some('*'), Some('/')) => -1,
                _ => 0,
            };
            depth += step;
            self.blank();
            if step != 0 {
                self.blank();
            }
            if depth == 0 {
                break;
            }
        }
    }

    /// How many `#` open a raw string here; `None` if none begins here.
    fn raw_hashes(&self) -> Option<usize> {
        let before = self.at.checked_sub(1).map(|n| self.chars[n]);
        let joined = before.is_some_and(|c| (c.is_alphanumeric() || c == '_') && !matches!(c, 'b' | 'c'));
        let hashes = self.chars[self.at + 1..].iter().take_while(|c| **c == '#').count();
        (!joined && self.peek(1 + hashes) == Some('"')).then_some(hashes)
    }

    /// A string, from its opening quotation mark on.
    fn string(&mut self, hashes: usize, raw: bool) {
        let (line, mut text) = (self.line, String::new());
        self.keep();
        while let Some(c) = self.peek(0) {
            if c == '"' && (1..=hashes).all(|n| self.peek(n) == Some('#')) {
                self.keep();
                break;
            }
            let escaped = c == '\\' && !raw && self.at + 1 < self.chars.len();
            for _ in 0..=usize::from(escaped) {
                text.push(self.chars[self.at]);
                self.blank();
            }
        }
        self.strings.push((line, text));
    }

    /// A character literal or a lifetime.
    fn quote(&mut self) {
        if self.peek(1) == Some('\\') {
            self.keep();
            self.blank();
            self.blank();
            while self.peek(0).is_some_and(|c| c != '\'' && c != '\n') {
                self.blank();
            }
        } else if self.peek(2) == Some('\'') {
            self.keep();
            self.blank();
        }
        if self.peek(0).is_some() {
            self.keep();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        Source::parse("a.rs", text).code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        assert_eq!(code("a // b\nc /* d /* e */ f */ g"), "a c g");
        assert_eq!(
            code(r##"a("b\"c", r#"d"e"#, br"f", 'g', '\'', '"', "h")"##),
            r##"a(" ", r#" "#, br" ", ' ', ' ', ' ', " ")"##
        );
        assert_eq!(code("fn f<'a>(x: &'a str) -> &'a str { x }"), "fn f<'a>(x: &'a str) -> &'a str { x }");
    }

    #[test]
    fn strings_keep_their_line_and_contents() {
        let source = Source::parse("a.rs", "\nlet a = \"x\ny\";\nlet b = r#\"z\"#;");
        assert_eq!(source.strings, [(2, "x\ny".to_owned()), (4, "z".to_owned())]);
    }

    #[test]
    fn a_test_module_is_known_by_its_attribute_or_its_folder() {
        let source = Source::parse("src/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n");
        assert_eq!((1..=6).map(|n| source.is_test(n)).collect::<Vec<_>>(), [false, true, true, true, true, false]);
        assert!(Source::parse("crates/a/tests/b.rs", "fn a() {}").is_test(1));
        assert!(!Source::parse("src/a.rs", "#[cfg(test)]\nmod tests;\nfn a() {}").is_test(3));
    }

    #[test]
    fn a_word_is_found_whole_and_in_groups() {
        let source = Source::parse(
            "a.rs",
            "use std::{collections::BTreeMap, env, fs::File};\nlet x = my_std::fs;\nstd::fs::read(x);",
        );
        assert_eq!(source.lines_with("std::fs"), [3]);
        assert_eq!(source.lines_with_path("std", "fs"), [3, 1]);
        assert_eq!(source.lines_with_path("std", "env"), [1]);
        assert_eq!(source.lines_with_path("std", "net"), [] as [usize; 0]);
    }
}
