//! `reserved-name`: a name that `when` keeps for itself.

use crate::policy::keys::RESERVED;
use crate::policy::read::Cx;
use crate::policy::syntax::Key;

pub(in crate::policy) fn reserved_name(cx: &mut Cx<'_>, key: &Key, what: &str) {
    if RESERVED.contains(&key.text.as_str()) {
        let message = format!("`{}` cannot be the name of a {what}: it has a meaning in `when`", key.text);
        cx.error("reserved-name", key.span, message, "expected another name");
    }
}
