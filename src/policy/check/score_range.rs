//! `score-range`: a score that nobody can have.

use crate::policy::read::{Cx, show};
use crate::policy::syntax::Node;

/// A score from 1 to `most`.
pub(in crate::policy) fn score_in_range(cx: &mut Cx<'_>, node: &Node, most: i64) -> Option<u8> {
    let expected = format!("a score from 1 to {most}");
    let text = cx.scalar(node, &expected)?;
    let found = text.parse::<u8>().ok().filter(|score| (1..=most).contains(&i64::from(*score)));
    if found.is_none() {
        let message = format!("`{}` is not a score of this metric", show(text));
        cx.error("score-range", node.span, message, &format!("expected {expected}"));
    }
    found
}
