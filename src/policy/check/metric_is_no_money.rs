//! `not-money`: a metric that is no amount of money, where a share of it is meant to be one.

use crate::policy::read::{Cx, show};
use crate::policy::syntax::Node;

pub(in crate::policy) fn money_metric(cx: &mut Cx<'_>, metric: u16, node: &Node) {
    if cx.measure(metric).is_some_and(|measure| !measure.is_money()) {
        let message = format!("`{}` is not an amount of money", show(node.text().unwrap_or_default()));
        cx.error("not-money", node.span, message, "expected a metric in money, such as `{ sum: margin }`");
    }
}
