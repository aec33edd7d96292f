//! A scenario as a form writes it.

use std::fmt::Write;

/// The form. What stands in `text` wins over the fields.
#[derive(Default)]
pub struct Asked {
    /// The scenario file.
    pub text: String,
    pub window: String,
    pub baseline: String,
    pub candidates: Vec<String>,
    pub sample: String,
}

impl Asked {
    /// Reads the fields of the form.
    pub fn read(pairs: Vec<(String, String)>) -> Self {
        let mut asked = Self::default();
        for (name, value) in pairs {
            let value = value.replace("\r\n", "\n");
            match name.as_str() {
                "text" => asked.text = value,
                "window" => asked.window = value.trim().to_owned(),
                "baseline" => asked.baseline = value.trim().to_owned(),
                "candidate" => asked.candidates.push(value.trim().to_owned()),
                "sample" => asked.sample = value.trim().to_owned(),
                _ => {}
            }
        }
        asked.candidates.retain(|candidate| !candidate.is_empty());
        asked
    }

    /// The scenario file: the text as it was written, or what the fields say.
    pub fn scenario(&self) -> String {
        if !self.text.trim().is_empty() {
            return self.text.clone();
        }
        let mut text = String::new();
        for (name, value) in [("window", &self.window), ("sample", &self.sample), ("baseline", &self.baseline)] {
            if !value.is_empty() {
                let _ = writeln!(text, "{name}: {}", quoted(value));
            }
        }
        if !self.candidates.is_empty() {
            text.push_str("candidates:\n");
        }
        for candidate in &self.candidates {
            // A revision is too long for a name in tables.
            let name: String = candidate.chars().take(8).collect();
            let _ = writeln!(
                text,
                "  {}: {}",
                quoted(&format!("{}{name}", if name.starts_with(|c: char| c.is_ascii_digit()) { "r-" } else { "" })),
                quoted(candidate)
            );
        }
        text
    }
}

/// A text that is one value whatever is in it.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '%' | '.');
    let number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if text.chars().all(plain) && !number && !text.starts_with('-') {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fields: &[(&str, &str)], expect: &str) {
        let pairs = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!(Asked::read(pairs.collect()).scenario(), expect, "{fields:?}");
    }

    #[test]
    fn fields_become_a_file() {
        check(
            &[
                ("window", "12 months"),
                ("baseline", "active"),
                ("candidate", "none"),
                ("candidate", "0123456789ab"),
                ("candidate", ""),
            ],
            "window: 12 months\nbaseline: active\ncandidates:\n  none: none\n  r-01234567: 0123456789ab\n",
        );
        check(&[("sample", "a: b")], "sample: \"a: b\"\n");
    }

    #[test]
    fn the_file_wins() {
        check(&[("text", "candidate: none\r\n"), ("window", "1 month")], "candidate: none\n");
    }
}
