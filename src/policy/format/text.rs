//! A whole text, and the proof that formatting changed its looks only.

use super::layout::Layout;
use super::{block, layout};
use crate::diagnostic::{Diagnostic, FileId};
use crate::policy::syntax::parse;

/// The text in canonical form; formatting it again changes nothing. Only a text that is not one whole YAML document
/// is refused, with findings that point into file 0.
///
/// What the formatter cannot rewrite without changing its meaning is left as it is.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(FileId(0), text);
    if !parsed.findings.is_empty() {
        return Err(parsed.findings);
    }
    let once = pass(text);
    // Both are checked rather than argued: that nothing changed but its looks, and that a second pass rests.
    let sound = once.as_deref().is_some_and(|once| same(text, once) && pass(once).as_deref() == Some(once));
    Ok(once.filter(|_| sound).unwrap_or_else(|| text.to_owned()))
}

fn pass(text: &str) -> Option<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    Some(block::write(&Layout::read(&text)?))
}

/// Whether two texts state the same under the same comments.
fn same(one: &str, other: &str) -> bool {
    let (a, b) = (parse(FileId(0), one), parse(FileId(0), other));
    let trees = match (&a.root, &b.root) {
        (None, None) => true,
        (Some(a), Some(b)) => a.same(b),
        _ => false,
    };
    trees && a.findings.is_empty() && b.findings.is_empty() && layout::comments(one) == layout::comments(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(format(text).as_deref(), Ok(expect), "{text}");
    }

    #[test]
    fn indents_by_two() {
        check("a:\n    b:\n        c: 1\n    d: 2\n", "a:\n  b:\n    c: 1\n  d: 2\n");
        check("a:\n- b\n-   c: 1\n    d: 2\n", "a:\n  - b\n  - c: 1\n    d: 2\n");
        check("a:\n   - - x\n     - y\n", "a:\n  - - x\n    - y\n");
    }

    #[test]
    fn spaces_flow_collections() {
        check("a: {b: 1,c:  [1 ,2],d: {},e: [ ]}", "a: { b: 1, c: [1, 2], d: {}, e: [] }\n");
        check("x: &c 1\na: [ {b: 'x, y'} , *c ]", "x: &c 1\na: [{ b: 'x, y' }, *c]\n");
        check("steps: {\n  3: 2%,   # three\n    10: 5% }\n", "steps: {\n  3: 2%,   # three\n    10: 5% }\n");
    }

    #[test]
    fn keeps_comments_and_columns() {
        check("# top\n\n\n\na:   1   # one   \n#   b\n", "# top\n\na: 1     # one\n#   b\n");
        check("m:\n    # inner\n    a: 1\n  # outer?\n", "m:\n  # inner\n  a: 1\n# outer?\n");
        check("orders:   1\nspend:    2\nx: 3\n", "orders:   1\nspend:    2\nx: 3\n");
        check("a:     1\nlonger:   2\n", "a: 1\nlonger: 2\n");
    }

    #[test]
    fn keeps_what_scalars_hold() {
        check("if: |\n    a  \n\n\n      b\nx:  1\n", "if: |\n    a  \n\n\n      b\nx: 1\n");
        check("m:\n    if: |\n        a\n          b\n", "m:\n  if: |\n      a\n        b\n");
        check("a: 'two\n\n\n    lines'\nb:   1\n", "a: 'two\n\n\n    lines'\nb: 1\n");
        check("a: \"x:   {y}\"\n", "a: \"x:   {y}\"\n");
    }

    #[test]
    fn moves_what_belongs_together() {
        check("a:\n      - b: 1\n        c: 2\n      - d: 3\n", "a:\n  - b: 1\n    c: 2\n  - d: 3\n");
        check("a: &x   {b: 1}\nc: {<<: *x,d: 2}\n", "a: &x   { b: 1 }\nc: { <<: *x, d: 2 }\n");
        check("a:   # why\n    b: 1\n", "a:   # why\n  b: 1\n");
        check("a:\n    b: [1,\n      2,   # two\n    ]\n    c: 3\n", "a:\n  b: [1,\n    2,     # two\n  ]\n  c: 3\n");
        check("'a b':   1\n\"c\" : 2\n", "'a b': 1\n\"c\": 2\n");
    }

    #[test]
    fn leaves_alone_what_it_cannot_rewrite() {
        check("? a\n:   b\n", "? a\n:   b\n");
    }

    #[test]
    fn tidies_ends() {
        check("a: 1", "a: 1\n");
        check("\n\na: 1  \n\n\n", "a: 1\n");
        check("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n");
        check("", "");
    }

    #[test]
    fn refuses_what_is_no_yaml() {
        assert!(format("a: [").is_err());
        assert!(format("a: 1\na: 2").is_err());
    }
}
