//! A search as a form writes it.

use std::fmt::Write;

use super::scenario::quoted;
use crate::money::{Number, Rate};
use crate::policy::{Bundle, movable};

/// The form. What stands in `text` wins over the fields.
#[derive(Default)]
pub struct Wanted {
    /// The file of the search.
    pub text: String,
    /// The stored revision whose settings move; the one in force where it is empty.
    pub policy: String,
    pub window: String,
    pub sample: String,
    pub tries: String,
    /// `frontier`, or `maximize` or `minimize` with a figure, such as `maximize margin`.
    pub goal: String,
    /// How customers answer to prices, by class; those without a class are not asked for.
    pub elasticity: Vec<(String, String)>,
    pub keeps: Vec<Bound>,
    pub moves: Vec<Moves>,
}

/// A bound on a figure.
#[derive(Default, Clone)]
pub struct Bound {
    pub figure: String,
    pub at_least: String,
    pub at_most: String,
}

/// A setting that may move.
#[derive(Default, Clone)]
pub struct Moves {
    pub path: String,
    /// What is written there now.
    pub now: String,
    pub chosen: bool,
    pub from: String,
    pub to: String,
    pub by: String,
}

/// The figures that a form offers.
pub const FIGURES: [&str; 5] = ["margin", "profit", "net", "discount", "service"];

/// How many bounds a form has.
const BOUNDS: usize = 2;

/// Settings that are no matter of how much: their names.
const NO_MATTER: [&str; 5] = ["priority", "buy", "get", "cheapest", "salt"];

impl Wanted {
    /// Reads the fields of the form, in their order.
    pub fn read(pairs: Vec<(String, String)>) -> Self {
        let mut wanted = Self::default();
        for (name, value) in pairs {
            let value = value.replace("\r\n", "\n");
            let trimmed = value.trim().to_owned();
            match name.as_str() {
                "text" => wanted.text = value,
                "policy" => wanted.policy = trimmed,
                "window" => wanted.window = trimmed,
                "sample" => wanted.sample = trimmed,
                "tries" => wanted.tries = trimmed,
                "goal" => wanted.goal = trimmed,
                // The first field of a row begins it.
                "figure" => wanted.keeps.push(Bound { figure: trimmed, ..Bound::default() }),
                "path" => wanted.moves.push(Moves { path: trimmed, ..Moves::default() }),
                _ => wanted.read_row(&name, trimmed),
            }
        }
        wanted
    }

    fn read_row(&mut self, name: &str, value: String) {
        if let Some(class) = name.strip_prefix("elasticity:") {
            self.elasticity.push((class.to_owned(), value));
        } else if let Some(keep) = self.keeps.last_mut().filter(|_| name == "at_least" || name == "at_most") {
            *(if name == "at_least" { &mut keep.at_least } else { &mut keep.at_most }) = value;
        } else if let Some(moves) = self.moves.last_mut() {
            match name {
                "move" => moves.chosen = true,
                "from" => moves.from = value,
                "to" => moves.to = value,
                "by" => moves.by = value,
                _ => {}
            }
        }
    }

    /// Adds what the form offers beyond what was sent: every setting of the policy, the classes, empty bounds.
    pub fn complete(&mut self, bundle: &Bundle) {
        let sent = std::mem::take(&mut self.moves);
        let offered = movable(&bundle.sources).into_iter().filter(|(path, _)| {
            let last = path.rsplit('.').next().unwrap_or_default();
            !NO_MATTER.contains(&last)
        });
        self.moves = offered
            .map(|(path, now)| match sent.iter().find(|moves| moves.path == path) {
                Some(moves) => Moves { now, ..moves.clone() },
                None => Moves::around(path, now),
            })
            .collect();
        // Rates are what is asked about most.
        self.moves.sort_by_key(|moves| !moves.now.ends_with('%'));
        let segment = asked_segment(bundle).map(|segment| &bundle.segments[segment]);
        let classes = segment.map_or(&[][..], |segment| &segment.classes);
        self.elasticity = classes
            .iter()
            .map(|class| {
                let sent = self.elasticity.iter().find(|(known, _)| **known == **class).map(|(_, value)| value.clone());
                (class.to_string(), sent.unwrap_or_default())
            })
            .collect();
        self.keeps.resize(BOUNDS.max(self.keeps.len()), Bound::default());
    }

    /// The file: the text as it was written, or what the fields say.
    pub fn search(&self, bundle: &Bundle) -> String {
        if !self.text.trim().is_empty() {
            return self.text.clone();
        }
        let mut text = String::new();
        for (name, value) in [("window", &self.window), ("sample", &self.sample), ("tries", &self.tries)] {
            if !value.is_empty() {
                let value = if name == "tries" { value.clone() } else { quoted(value) };
                let _ = writeln!(text, "{name}: {value}");
            }
        }
        if let Some(segment) = asked_segment(bundle) {
            let _ = writeln!(text, "by: {}", quoted(&bundle.segments[segment].name));
        }
        text.push_str("move:\n");
        for moves in self.moves.iter().filter(|moves| moves.chosen) {
            let [from, to, by] = [&moves.from, &moves.to, &moves.by].map(|value| quoted(value));
            let _ = writeln!(text, "  {}: {{ from: {from}, to: {to}, by: {by} }}", quoted(&moves.path));
        }
        let stated = || self.elasticity.iter().filter(|(_, value)| !value.is_empty());
        if stated().next().is_some() {
            text.push_str("elasticity:\n");
        }
        for (class, value) in stated() {
            let _ = writeln!(text, "  {}: {}", quoted(class), quoted(value));
        }
        if let Some((goal, figure)) = self.goal.split_once(' ') {
            let _ = writeln!(text, "{}: {}", quoted(goal), quoted(figure));
        }
        let is_bounded = |keep: &Bound| !keep.at_least.is_empty() || !keep.at_most.is_empty();
        let kept = |keep: &&Bound| !keep.figure.is_empty() && is_bounded(keep);
        if self.keeps.iter().any(|keep| kept(&keep)) {
            text.push_str("keep:\n");
        }
        for keep in self.keeps.iter().filter(kept) {
            let bounds = [("at_least", &keep.at_least), ("at_most", &keep.at_most)];
            let bounds: Vec<String> = bounds
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| format!("{name}: {}", value.replace(',', ".")))
                .collect();
            let _ = writeln!(text, "  {}: {{ {} }}", quoted(&keep.figure), bounds.join(", "));
        }
        text
    }
}

impl Moves {
    /// A grid around what is written now: down to half of it and up to half more.
    fn around(path: String, now: String) -> Self {
        let number = now.split(" per ").next().unwrap_or_default();
        let parsed = match number.ends_with('%') {
            true => Rate::parse(number).ok().map(|rate| i128::from(rate.ppm())),
            false => Number::parse(number).ok().map(|number| number.0),
        };
        let Some(value) = parsed else { return Self { path, now, ..Self::default() } };
        let rate = number.ends_with('%');
        // Rates go by halves of a per cent, and what is whole stays whole.
        let unit: i128 = match rate {
            true => 5_000,
            false if number.contains('.') => 100_000,
            false => 1_000_000,
        };
        let by = (value.abs() / 4 / unit).max(1) * unit;
        let (from, to) = ((value - 2 * by).max(0), value + 2 * by);
        let written = |millionths: i128| match rate {
            true => format!("{}%", Number(millionths * 100)),
            false => Number(millionths).to_string(),
        };
        Self { path, now, chosen: false, from: written(from), to: written(to), by: written(by) }
    }
}

/// The segment whose classes are asked for: that of service budgets, or the first.
fn asked_segment(bundle: &Bundle) -> Option<usize> {
    let budgets = bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
    budgets.map(|budgets| budgets.segment as usize).or((!bundle.segments.is_empty()).then_some(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;
    use crate::policy::{compile, search_question};

    const SHOP: &str = "currency: EUR\ntimezone: UTC\nmetrics: { orders: { count: purchases } }\nsegments: { tier: { by: orders, \
                        classes: { gold: 3, new: 0 } } }\ndiscounts:\n  regulars: { ladder: { by: orders, steps: { 0: 2%, \
                        10: 5% } }, priority: 7 }\n  thanks: { amount: 10, budget: 500 per month }\n";

    fn bundle() -> Bundle {
        compile(Sources::new([("policies/p.yaml".to_owned(), SHOP.to_owned())])).bundle.expect("it compiles")
    }

    fn wanted(fields: &[(&str, &str)]) -> Wanted {
        Wanted::read(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn what_may_move_is_offered_with_a_grid_around_it() {
        let mut wanted = wanted(&[]);
        wanted.complete(&bundle());
        let offered =
            wanted.moves.iter().map(|moves| [&*moves.path, &*moves.now, &*moves.from, &*moves.to, &*moves.by]);
        let offered: Vec<_> = offered.filter(|[path, ..]| path.starts_with("discounts")).collect();
        assert_eq!(
            offered,
            [
                ["discounts.regulars.ladder.steps.0", "2%", "1%", "3%", "0.5%"],
                ["discounts.regulars.ladder.steps.10", "5%", "3%", "7%", "1%"],
                ["discounts.thanks.amount", "10", "6", "14", "2"],
                ["discounts.thanks.budget", "500 per month", "250", "750", "125"],
            ]
        );
        assert_eq!(wanted.elasticity.len(), 2);
    }

    #[test]
    fn fields_become_a_file_that_can_be_read() {
        let fields = [
            ("window", "12 months"),
            ("sample", "10%"),
            ("tries", "40"),
            ("goal", "maximize margin"),
            ("elasticity:gold", "1 to 3"),
            ("elasticity:new", ""),
            ("figure", "discount"),
            ("at_least", ""),
            ("at_most", "5000"),
            ("path", "discounts.regulars.ladder.steps.0"),
            ("move", "on"),
            ("from", "0%"),
            ("to", "4%"),
            ("by", "1%"),
            ("path", "discounts.thanks.amount"),
            ("from", "5"),
            ("to", "15"),
            ("by", "5"),
        ];
        let bundle = bundle();
        let text = wanted(&fields).search(&bundle);
        assert_eq!(
            text,
            "window: 12 months\nsample: 10%\ntries: 40\nby: tier\nmove:\n  discounts.regulars.ladder.steps.0: { from: 0%, to: \
             4%, by: 1% }\nelasticity:\n  gold: 1 to 3\nmaximize: margin\nkeep:\n  discount: { at_most: 5000 }\n"
        );
        let sources = Sources::new([("search".to_owned(), text)]);
        let (question, findings) = search_question(&sources, &bundle, &bundle.sources);
        assert!(question.is_some() && findings.is_empty(), "{findings:?}");
        assert_eq!(wanted(&[("text", "move: x\r\n"), ("window", "1 month")]).search(&bundle), "move: x\n");
    }
}
