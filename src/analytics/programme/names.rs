//! Names of discounts and classes across revisions: a decision knows places in its own bundle only.

use std::collections::HashMap;

use crate::analytics::report::Parameter;
use crate::id::Revision;
use crate::policy::Bundle;

/// Whose classes discounts and points are looked at by.
pub(super) const SEGMENT: Parameter = Parameter {
    name: Parameter::SEGMENT.name,
    says: "The segment of the policy whose classes are told apart; the first one where it is absent.",
};

/// What costs something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A discount, by its place among the names.
    Discount(u16),
    /// All discounts together.
    Discounts,
    /// Points that paid for a part.
    Points,
}

/// A class of the segment that is looked at, by its place among the names; absent where a customer had none.
pub type ClassIndex = Option<u16>;

/// Discounts and the classes of one segment, by name, as all revisions know them.
#[derive(Debug, Clone, Default)]
pub struct Names {
    segment: String,
    discounts: Vec<String>,
    classes: Vec<String>,
    /// How many of the discounts are those of the bundle in force.
    current: usize,
    revisions: HashMap<Revision, Places>,
}

/// Where the names of one bundle are.
#[derive(Debug, Clone, Default)]
struct Places {
    discounts: Vec<u16>,
    segment: Option<usize>,
    classes: Vec<u16>,
}

impl Names {
    /// The names of the bundle in force, and the segment whose classes are told apart; absent for none.
    pub fn new(bundle: &Bundle, segment: Option<u16>) -> Self {
        let segment = segment.map(|at| bundle.segments[at as usize].name.to_string()).unwrap_or_default();
        let mut names = Self { segment, ..Self::default() };
        names.learn(bundle);
        names.current = names.discounts.len();
        names
    }

    /// Takes in the names of another bundle.
    pub fn learn(&mut self, bundle: &Bundle) {
        let segment = bundle.segments.iter().position(|segment| segment.name.as_ref() == self.segment);
        let known = bundle.discounts.iter().map(|discount| place(&mut self.discounts, &discount.name)).collect();
        let classes = segment.map_or(&[][..], |at| &bundle.segments[at].classes);
        let classes = classes.iter().map(|class| place(&mut self.classes, class)).collect();
        self.revisions.insert(bundle.revision, Places { discounts: known, segment, classes });
    }

    /// Whether the names of a revision are known.
    pub fn knows(&self, revision: Revision) -> bool {
        self.revisions.contains_key(&revision)
    }

    /// A discount of a revision.
    pub fn discount(&self, revision: Revision, slot: u16) -> Option<u16> {
        self.revisions.get(&revision)?.discounts.get(slot as usize).copied()
    }

    /// The class of the segment among the classes that a decision of a revision knows.
    pub fn class(&self, revision: Revision, classes: &[Option<u16>]) -> ClassIndex {
        let places = self.revisions.get(&revision)?;
        let class = (*classes.get(places.segment?)?)?;
        places.classes.get(class as usize).copied()
    }

    /// The segment; empty for none.
    pub fn segment(&self) -> &str {
        &self.segment
    }

    /// All discounts with whether they are in force: those of the bundle in force come first, in their order.
    pub fn discounts(&self) -> impl Iterator<Item = (u16, &str, bool)> {
        self.discounts.iter().enumerate().map(|(at, name)| (at as u16, name.as_str(), at < self.current))
    }

    /// All classes: those of the bundle in force come first, in their order.
    pub fn classes(&self) -> impl Iterator<Item = (u16, &str)> {
        self.classes.iter().enumerate().map(|(at, name)| (at as u16, name.as_str()))
    }
}

fn place(names: &mut Vec<String>, name: &str) -> u16 {
    let found = names.iter().position(|known| known == name);
    found.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    }) as u16
}
