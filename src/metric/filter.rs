//! Which lines of a basket or purchase are meant.

use serde::{Deserialize, Serialize};

/// A choice of lines by sku, category and tag. All lists given must match; within a list one value is enough.
///
/// The lists are sorted, so equal filters are equal values and a long list is searched by halving.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LineFilter {
    /// `only`: what a line must match.
    pub only: Lists,
    /// `except`: what it must not match (any list of these is enough to leave it out).
    pub except: Lists,
}

/// Values by kind; an empty list states nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lists {
    /// Article numbers.
    pub sku: Vec<Box<str>>,
    /// Categories.
    pub category: Vec<Box<str>>,
    /// Tags.
    pub tag: Vec<Box<str>>,
}

impl Lists {
    /// Whether nothing is stated.
    pub const fn is_empty(&self) -> bool {
        self.sku.is_empty() && self.category.is_empty() && self.tag.is_empty()
    }

    /// Brings the lists into their one order.
    pub fn sort(&mut self) {
        for list in [&mut self.sku, &mut self.category, &mut self.tag] {
            list.sort();
            list.dedup();
        }
    }
}

impl LineFilter {
    /// Whether every line is meant.
    pub const fn is_all(&self) -> bool {
        self.only.is_empty() && self.except.is_empty()
    }

    /// Whether a line with these properties is meant.
    pub fn matches(&self, sku: &str, category: Option<&str>, tags: &[Box<str>]) -> bool {
        let has = |list: &[Box<str>], value: &str| list.binary_search_by(|known| known.as_ref().cmp(value)).is_ok();
        let in_category = |lists: &Lists| category.is_some_and(|category| has(&lists.category, category));
        let tagged = |lists: &Lists| tags.iter().any(|tag| has(&lists.tag, tag));
        let only = &self.only;
        (only.sku.is_empty() || has(&only.sku, sku))
            && (only.category.is_empty() || in_category(only))
            && (only.tag.is_empty() || tagged(only))
            && !(has(&self.except.sku, sku) || in_category(&self.except) || tagged(&self.except))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_and_except() {
        let lists = |category: &[&str], tag: &[&str]| {
            let boxed = |list: &[&str]| list.iter().map(|t| Box::from(*t)).collect();
            let mut lists = Lists { sku: vec![], category: boxed(category), tag: boxed(tag) };
            lists.sort();
            lists
        };
        let filter = LineFilter { only: lists(&["shoes", "boots"], &[]), except: lists(&[], &["sale"]) };
        assert!(filter.matches("X", Some("shoes"), &[]));
        assert!(!filter.matches("X", Some("hats"), &[]));
        assert!(!filter.matches("X", None, &[]));
        assert!(!filter.matches("X", Some("boots"), &["new".into(), "sale".into()]));
        assert!(LineFilter::default().matches("X", None, &[]));
    }
}
