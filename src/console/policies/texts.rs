//! The files of a bundle as a form carries them, so that none is lost between two pages.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;
use crate::diagnostic::Sources;

/// A file with its text.
#[derive(Clone, Deserialize)]
pub struct File {
    pub path: String,
    pub text: String,
}

/// What is in force.
#[derive(Deserialize)]
pub struct State {
    pub revision: String,
    pub files: Vec<File>,
    pub activated_at: String,
    pub activated_by: String,
    pub note: String,
    pub last_failed_reload: Option<FailedReload>,
    pub planned: Option<Planned>,
}

/// Files of the folder that were refused.
#[derive(Deserialize)]
pub struct FailedReload {
    pub at: String,
    pub diagnostics: Vec<Finding>,
    pub failure: Option<String>,
}

/// A revision that will come into force.
#[derive(Deserialize)]
pub struct Planned {
    pub revision: String,
    pub at: String,
    pub by: String,
}

/// A stored revision.
#[derive(Deserialize)]
pub struct Stored {
    pub revision: String,
    pub stored_at: String,
    pub by: String,
    pub note: String,
    #[serde(default)]
    pub files: Vec<File>,
}

/// A finding about a bundle.
#[derive(Debug, Clone, Deserialize)]
pub struct Finding {
    pub severity: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub message: String,
    pub expected: String,
    pub help: Option<String>,
}

/// What a check found.
#[derive(Deserialize)]
pub struct Checked {
    pub diagnostics: Vec<Finding>,
}

/// The editor's form.
#[derive(Default)]
pub struct Form {
    /// The revision whose files were opened.
    pub base: String,
    /// What was in force then.
    pub active: String,
    pub note: String,
    /// The file that is looked at.
    pub file: String,
    pub files: Vec<File>,
    /// The ladder whose steps are to be written into its file.
    pub ladder: String,
    pub thresholds: Vec<(String, String)>,
    pub rates: Vec<(String, String)>,
    /// A file to begin.
    pub new_file: String,
}

impl Form {
    /// Reads the fields of a form in their order.
    pub fn read(pairs: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "base" => form.base = value,
                "active" => form.active = value,
                "note" => form.note = value,
                "file" => form.file = value,
                "path" => form.files.push(File { path: value, text: String::new() }),
                "text" => {
                    if let Some(file) = form.files.last_mut() {
                        // Browsers send lines as mail does.
                        file.text = value.replace("\r\n", "\n");
                    }
                }
                "ladder" => form.ladder = value,
                "new_file" => form.new_file = value.trim().to_owned(),
                _ => {
                    if let Some(discount) = name.strip_prefix("threshold:") {
                        form.thresholds.push((discount.to_owned(), value.trim().to_owned()));
                    } else if let Some(discount) = name.strip_prefix("rate:") {
                        form.rates.push((discount.to_owned(), value.trim().to_owned()));
                    }
                }
            }
        }
        form
    }

    /// The steps that the form holds of a ladder, without empty ones.
    pub fn steps(&self, discount: &str) -> Vec<(String, String)> {
        let of = |pairs: &[(String, String)]| -> Vec<String> {
            pairs.iter().filter(|(name, _)| name == discount).map(|(_, value)| value.clone()).collect()
        };
        let pairs = of(&self.thresholds).into_iter().zip(of(&self.rates));
        pairs.filter(|(threshold, rate)| !threshold.is_empty() && !rate.is_empty()).collect()
    }

    /// The body of a call about these files.
    pub fn body(&self) -> Value {
        body(&self.files, &self.note)
    }
}

/// The body of a call about files.
pub fn body(files: &[File], note: &str) -> Value {
    let files: BTreeMap<&str, &str> = files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    json!({ "files": files, "note": note })
}

/// The files as the compiler takes them.
pub fn sources(files: &[File]) -> Sources {
    Sources::new(files.iter().map(|file| (file.path.clone(), file.text.clone())))
}

/// What is in force.
pub async fn state(visitor: &Visitor) -> Result<State, Trouble> {
    visitor.get("/v1/policies").await
}

/// A stored revision with its files.
pub async fn stored(visitor: &Visitor, revision: &str) -> Result<Stored, Trouble> {
    visitor.get(&format!("/v1/policies/revisions/{}", crate::console::ask::encoded(revision))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_carries_files_and_steps_in_their_order() {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let pairs = [
            ("base", "b"),
            ("path", "policies/a.yaml"),
            ("text", "x\r\ny"),
            ("path", "policies/b.yaml"),
            ("text", ""),
            ("threshold:regulars", "3"),
            ("rate:regulars", "2%"),
            ("threshold:others", "9"),
            ("rate:others", "1%"),
            ("threshold:regulars", ""),
            ("rate:regulars", ""),
        ];
        let form = Form::read(pairs.into_iter().map(pair).collect());
        let texts: Vec<_> = form.files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
        assert_eq!(texts, [("policies/a.yaml", "x\ny"), ("policies/b.yaml", "")]);
        assert_eq!(form.steps("regulars"), [("3".to_owned(), "2%".to_owned())]);
    }
}
