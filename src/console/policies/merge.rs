//! Merging three texts line by line: what somebody began with, what others made of it, and what they made of it.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Three texts merged.
pub struct Merged {
    pub text: String,
    /// Places where both changed the same lines differently; they are marked in the text.
    pub conflicts: usize,
}

/// What a stretch of the ancestor became on one side.
struct Change {
    base: Range<usize>,
    new: Range<usize>,
}

/// Merges two texts that come from one. Nothing of either is lost: where both changed the same lines, both stand there
/// between marks, as git writes them.
pub fn merge(base: &str, theirs: &str, mine: &str, names: (&str, &str)) -> Merged {
    let [base, theirs, mine] = [base, theirs, mine].map(lines);
    let (theirs_changed, mine_changed) = (changes(&base, &theirs), changes(&base, &mine));
    let mut merged = Merged { text: String::new(), conflicts: 0 };
    let (mut at, mut t, mut m) = (0, 0, 0);
    loop {
        let first =
            [theirs_changed.get(t), mine_changed.get(m)].into_iter().flatten().map(|change| change.base.start).min();
        let Some(start) = first else { break };
        merged.text.extend(base[at..start].iter().copied());
        // Changes of both sides that touch belong together.
        let (t_from, m_from, mut end) = (t, m, start);
        loop {
            let before = (t, m);
            while let Some(change) = theirs_changed.get(t).filter(|change| touches(change, start, end)) {
                end = end.max(change.base.end);
                t += 1;
            }
            while let Some(change) = mine_changed.get(m).filter(|change| touches(change, start, end)) {
                end = end.max(change.base.end);
                m += 1;
            }
            if before == (t, m) {
                break;
            }
        }
        let their_side = side(&theirs, &theirs_changed[t_from..t], start, end);
        let my_side = side(&mine, &mine_changed[m_from..m], start, end);
        let (their_side, my_side) = (their_side.map(|range| &theirs[range]), my_side.map(|range| &mine[range]));
        match (their_side, my_side) {
            (Some(theirs), None) => merged.text.extend(theirs.iter().copied()),
            (None, Some(mine)) => merged.text.extend(mine.iter().copied()),
            (Some(theirs), Some(mine)) if theirs == mine => merged.text.extend(mine.iter().copied()),
            (Some(theirs), Some(mine)) => {
                merged.conflicts += 1;
                mark(&mut merged.text, "<<<<<<<", names.0, theirs);
                mark(&mut merged.text, "=======", "", mine);
                merged.text.push_str(&format!(">>>>>>> {}\n", names.1));
            }
            (None, None) => {}
        }
        at = end;
    }
    merged.text.extend(base[at..].iter().copied());
    merged
}

fn touches(change: &Change, start: usize, end: usize) -> bool {
    change.base.start <= end && change.base.start >= start
}

fn mark(text: &mut String, sign: &str, name: &str, lines: &[&str]) {
    text.push_str(format!("{sign} {name}").trim_end());
    text.push('\n');
    text.extend(lines.iter().copied());
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

/// The lines of one side that stand for `start..end` of the ancestor; absent where that side did not change them.
fn side(lines: &[&str], changes: &[Change], start: usize, end: usize) -> Option<Range<usize>> {
    let (first, last) = (changes.first()?, changes.last()?);
    let from = first.new.start - (first.base.start - start);
    let until = last.new.end + (end - last.base.end);
    Some(from..until.min(lines.len()))
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn changes(base: &[&str], new: &[&str]) -> Vec<Change> {
    let ops = capture_diff_slices(Algorithm::Myers, base, new);
    let changed = ops.into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    changed.map(|op| Change { base: op.old_range(), new: op.new_range() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, theirs: &str, mine: &str, expect: &str, conflicts: usize) {
        let spread = |text: &str| text.chars().map(|c| format!("{c}\n")).collect::<String>();
        let merged = merge(&spread(base), &spread(theirs), &spread(mine), ("theirs", "mine"));
        let shown = merged.text.replace("<<<<<<< theirs", "<").replace("=======", "=").replace(">>>>>>> mine", ">");
        assert_eq!((shown.replace('\n', "").as_str(), merged.conflicts), (expect, conflicts), "{base} {theirs} {mine}");
    }

    #[test]
    fn changes_of_both_sides_are_kept() {
        check("abcdef", "aXcdef", "abcdYf", "aXcdYf", 0);
        check("abcdef", "abcdef", "abcYf", "abcYf", 0);
        check("abcdef", "acdef", "abcdef", "acdef", 0);
        check("abc", "abcX", "Yabc", "YabcX", 0);
        check("abc", "abc", "abc", "abc", 0);
        check("", "", "", "", 0);
    }

    #[test]
    fn the_same_change_is_no_conflict() {
        check("abc", "aXc", "aXc", "aXc", 0);
        check("abc", "ac", "ac", "ac", 0);
    }

    #[test]
    fn what_conflicts_is_marked_and_nothing_is_lost() {
        check("abc", "aXc", "aYc", "a<X=Y>c", 1);
        check("abc", "ac", "aYc", "a<=Y>c", 1);
        check("abcde", "aXXde", "abYde", "a<XX=bY>de", 1);
        check("", "X", "Y", "<X=Y>", 1);
        check("abcdefg", "aXcdeZg", "aYcdefg", "a<X=Y>cdeZg", 1);
    }
}
