//! `unknown-script`, `unknown-function`, `wrong-parameters`: a script that cannot be called.

use crate::diagnostic::Diagnostic;
use crate::policy::read::{Cx, show};
use crate::policy::syntax::Node;
use crate::script::Function;

/// The function `file.name` with so many parameters.
pub(in crate::policy) fn script_function(
    cx: &mut Cx<'_>,
    node: &Node,
    parameters: usize,
    signature: &str,
) -> Option<Function> {
    let text = cx.scalar(node, "a function, such as `offers.win_back`")?;
    let Some((module, name)) = text.rsplit_once('.').filter(|(module, name)| !module.is_empty() && !name.is_empty())
    else {
        let message = format!("`{}` does not name a function", show(text));
        let label = "expected file and function, such as `offers.win_back` for one in `scripts/offers.rhai`";
        cx.error("unknown-script", node.span, message, label);
        return None;
    };
    if cx.broken_scripts.iter().any(|broken| broken == module) {
        return None;
    }
    let scripts = std::sync::Arc::clone(&cx.scripts);
    let Some(functions) = scripts.functions(module) else {
        let path = format!("scripts/{}.rhai", show(module).replace('.', "/"));
        let help = cx.did_you_mean(module, scripts.names());
        let mut finding = Diagnostic::error("unknown-script", node.span, format!("there is no script `{path}`"))
            .label("expected the name of a file below `scripts`");
        finding.help = help.map(|help| format!("{}.{}`", help.trim_end_matches('`'), show(name)));
        cx.note(finding);
        return None;
    };
    if let Some(found) = scripts.function(module, name, parameters) {
        return Some(found);
    }
    if let Some((_, count)) = functions.iter().find(|(known, _)| known == name) {
        let plural = if *count == 1 { "" } else { "s" };
        let message = format!("the function `{}` takes {count} parameter{plural}, not {parameters}", show(name));
        let label = format!("expected `fn {}({signature})`", show(name));
        cx.error("wrong-parameters", node.span, message, &label);
        return None;
    }
    let help = cx.did_you_mean(name, functions.iter().map(|(known, _)| known.as_str()));
    let message = format!("the script `{}` has no function `{}`", show(module), show(name));
    let mut finding = Diagnostic::error("unknown-function", node.span, message)
        .label(format!("expected `fn {}({signature})` in it", show(name)));
    finding.help = help.map(|help| format!("write `{}.{}", show(module), help.trim_start_matches("write `")));
    cx.note(finding);
    None
}
