//! Texts compared as people mean them: without regard to case and to the amount of space, `*` standing for anything.

/// A text for comparing: lower case, each run of space one blank.
pub(super) fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A text in which `*` stands for anything.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Vec<String>);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self(folded(text).split('*').map(str::to_owned).collect())
    }

    /// Whether `text` is like the pattern.
    pub(super) fn is_like(&self, text: &str) -> bool {
        let text = folded(text);
        let [first, middle @ .., last] = self.0.as_slice() else {
            return self.0.first().is_some_and(|only| *only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, like) in [
            ("Undisclosed", " undisclosed ", true),
            ("undisclosed", "undisclosed number", false),
            ("until *", "Until  3/20/2022", true),
            ("*total*", "Grand total (EUR)", true),
            ("a*a", "a", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(Pattern::new(pattern).is_like(text), like, "{pattern} {text}");
        }
    }
}
