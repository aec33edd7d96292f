//! Which files make up a bundle, and the hash of their content.

use crate::diagnostic::Sources;
use crate::id::Revision;

/// Whether a path is that of a file with policy tests.
pub fn is_test(path: &str) -> bool {
    path.ends_with(".test.yaml") || path.ends_with(".test.yml")
}

/// Whether a path is that of a policy.
pub(super) fn is_policy(path: &str) -> bool {
    (path.ends_with(".yaml") || path.ends_with(".yml")) && !is_test(path)
}

/// Whether a path is that of a script.
pub(super) fn is_script(path: &str) -> bool {
    path.ends_with(".rhai")
}

/// The policies and scripts only.
pub(super) fn without_tests(sources: &Sources) -> Sources {
    let content = sources.iter().filter(|(_, source)| is_policy(&source.path) || is_script(&source.path));
    Sources::new(content.map(|(_, source)| (source.path.to_string(), source.text.to_string())))
}

/// The hash of a bundle's content: paths and texts of its policies and scripts, and nothing else.
pub fn revision(sources: &Sources) -> Revision {
    let mut hash = blake3::Hasher::new();
    for (_, source) in sources.iter().filter(|(_, source)| is_policy(&source.path) || is_script(&source.path)) {
        // Lengths keep two files from hashing like one that joins them.
        for part in [&source.path, &source.text] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
    }
    let mut first = [0; 16];
    first.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    Revision(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depends_on_content_only() {
        let of = |files: &[(&str, &str)]| {
            revision(&Sources::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))))
        };
        let one = of(&[("policies/a.yaml", "x"), ("scripts/b.rhai", "y")]);
        assert_eq!(one, of(&[("scripts/b.rhai", "y"), ("policies/a.yaml", "x")]), "order");
        assert_eq!(one, of(&[("policies/a.yaml", "x"), ("policies/a.test.yaml", "t"), ("scripts/b.rhai", "y")]));
        assert_ne!(one, of(&[("policies/a.yaml", "xy"), ("scripts/b.rhai", "")]));
        assert_ne!(one, of(&[("policies/a2.yaml", "x"), ("scripts/b.rhai", "y")]));
    }
}
