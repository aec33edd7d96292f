//! How words are kept: a structure per part of the console, once in each language, so that none can be missing.

use super::customers::Customers;
use super::policies::Policies;
use super::reports::Reports;
use super::shell::{Common, Door, Nav, Overview, TroubleWords};
use super::trial::Trial;
use crate::engine::Language;

/// Makes a structure of words with its two languages: `key: "English" | "German",`.
macro_rules! words {
    ($name:ident { $($key:ident: $english:literal | $german:literal,)* }) => {
        pub struct $name { $(pub $key: &'static str,)* }

        impl $name {
            pub const ENGLISH: Self = Self { $($key: $english,)* };
            pub const GERMAN: Self = Self { $($key: $german,)* };
        }
    };
}
pub(super) use words;

/// All words of a language.
pub struct Words {
    pub common: Common,
    pub nav: Nav,
    pub door: Door,
    pub trouble: TroubleWords,
    pub overview: Overview,
    pub customers: Customers,
    pub trial: Trial,
    pub policies: Policies,
    pub reports: Reports,
}

static ENGLISH: Words = Words {
    common: Common::ENGLISH,
    nav: Nav::ENGLISH,
    door: Door::ENGLISH,
    trouble: TroubleWords::ENGLISH,
    overview: Overview::ENGLISH,
    customers: Customers::ENGLISH,
    trial: Trial::ENGLISH,
    policies: Policies::ENGLISH,
    reports: Reports::ENGLISH,
};

static GERMAN: Words = Words {
    common: Common::GERMAN,
    nav: Nav::GERMAN,
    door: Door::GERMAN,
    trouble: TroubleWords::GERMAN,
    overview: Overview::GERMAN,
    customers: Customers::GERMAN,
    trial: Trial::GERMAN,
    policies: Policies::GERMAN,
    reports: Reports::GERMAN,
};

impl Words {
    /// The words of a language.
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }
}

/// A sentence with its gaps, written `{}`, filled in order.
pub fn filled(sentence: &str, values: &[&str]) -> String {
    let mut parts = sentence.split("{}");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (at, part) in parts.enumerate() {
        out.push_str(values.get(at).copied().unwrap_or_default());
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn gaps_are_filled_in_order() {
        assert_eq!(filled("{} of {}", &["a", "b{}"]), "a of b{}");
        assert_eq!(filled("nothing", &["a"]), "nothing");
    }
}
