//! Which keys questions have.

use crate::policy::keys::{Kind, SCENARIO_WINDOW, Shape, key, need};

pub(super) const SCALES: &[&str] = &["rating", "share"];

pub(super) static QUESTION: Shape = Shape {
    name: "service question",
    keys: &[
        key("as_of", Kind::Instant, "As of when the base is measured (default now)"),
        need("discount_rate", Kind::Text, "What a period of waiting takes off money, such as `10%`"),
        key("budget", Kind::Number, "The most that may be spent in a period on all customers"),
        key("satisfaction", Kind::Shape(&SATISFACTION), "How satisfaction is measured, and its least average"),
        need("classes", Kind::Map(&Kind::Shape(&CLASS)), "What is assumed of each class"),
    ],
};

pub(super) static SATISFACTION: Shape = Shape {
    name: "satisfaction",
    keys: &[
        key("scale", Kind::Word(SCALES), "`rating` from 1 to 5, or `share` of the customers who are content"),
        key("floor", Kind::Text, "The least that its average over all customers may be"),
    ],
};

pub(super) static CLASS: Shape = Shape {
    name: "class of a service question",
    keys: &[
        key("customers", Kind::Whole, "How many (default as measured)"),
        key("margin", Kind::Text, "What a customer brings in a period before service (default as measured)"),
        key("spend", Kind::Text, "What service of a customer costs in a period (default as measured)"),
        need("keeps", Kind::Text, "The share of customers who stay at that spend: `60%`, `50% to 70%` or `45 of 75`"),
        key("without", Kind::Text, "The share who stay without any service (default 0%)"),
        need("ceiling", Kind::Text, "The share that no service exceeds"),
        key("satisfied", Kind::Shape(&SATISFIED), "How satisfied they are"),
    ],
};

pub(super) static SATISFIED: Shape = Shape {
    name: "satisfaction of a class",
    keys: &[
        key("now", Kind::Text, "At the spend of now (default as measured)"),
        key("without", Kind::Text, "Without any service (default the lowest of the scale)"),
        key("ceiling", Kind::Text, "What no service exceeds (default the highest of the scale)"),
        key("floor", Kind::Text, "The least that it may be"),
    ],
};

/// One for all, or one by class.
const BY_CLASS: Kind = Kind::Either(&[Kind::Text, Kind::Map(&Kind::Text)]);

pub(super) static SEARCH: Shape = Shape {
    name: "search",
    keys: &[
        key(
            "window",
            Kind::Either(&[Kind::Duration, Kind::Shape(&SCENARIO_WINDOW)]),
            "Which part of the history is replayed",
        ),
        key("sample", Kind::Rate, "Which share of the customers; the same ones in every run (default 100%)"),
        key("seed", Kind::Whole, "What chance begins with (default 0)"),
        key("tries", Kind::Whole, "How many policies are tried at most (default 200)"),
        key("by", Kind::Name, "The segment whose classes are meant (default that of service budgets, or the first)"),
        need("move", Kind::Map(&Kind::Shape(&MOVE)), "What may move, by its place in the policy"),
        key("elasticity", BY_CLASS, "By how many per cent more is bought for each per cent less to pay, by class"),
        key("satisfied", Kind::Map(&Kind::Shape(&SATISFIED_AT)), "How satisfied classes are for what service may cost"),
        key("maximize", Kind::Text, "As much as can be of a figure, such as `margin`"),
        key("minimize", Kind::Text, "As little as can be of a figure, such as `discount.A`"),
        key("keep", Kind::Map(&Kind::Shape(&KEEP)), "What has to be kept, by figure"),
    ],
};

pub(super) static MOVE: Shape = Shape {
    name: "setting that may move",
    keys: &[
        need("from", Kind::Text, "Its lowest value"),
        need("to", Kind::Text, "Its highest value"),
        need("by", Kind::Text, "How far each step goes"),
    ],
};

pub(super) static KEEP: Shape = Shape {
    name: "bound on a figure",
    keys: &[key("at_least", Kind::Number, "≥"), key("at_most", Kind::Number, "≤")],
};

pub(super) static SATISFIED_AT: Shape = Shape {
    name: "satisfaction at a spend",
    keys: &[
        need("spend", Kind::Text, "What service of a customer costs in a period, now"),
        need("now", Kind::Text, "The average rating at that spend, from 1 to 5"),
        key("without", Kind::Text, "The rating without any service (default 1)"),
        key("ceiling", Kind::Text, "The rating that no service exceeds (default 5)"),
    ],
};

/// The section `behaviour` of a scenario.
pub(in crate::policy) static BEHAVIOUR: Shape = Shape {
    name: "behaviour",
    keys: &[
        key("by", Kind::Name, "The segment whose classes are meant (default that of service budgets, or the first)"),
        key("runs", Kind::Whole, "How often chance is played out (default 200)"),
        key("elasticity", BY_CLASS, "By how many per cent more is bought for each per cent less to pay, by class"),
        key("rival", Kind::Shape(&RIVAL), "An offer of somebody else"),
        key("churn", Kind::Map(&Kind::Shape(&CHURN)), "How many leave, by class"),
        key("newcomers", Kind::Text, "How many new customers come in a month"),
    ],
};

pub(super) static RIVAL: Shape = Shape {
    name: "rival",
    keys: &[
        need("rate", Kind::Text, "What he takes off"),
        need("from", Kind::Instant, "Since when"),
        key("classes", Kind::Either(&[Kind::Name, Kind::List(&Kind::Name)]), "Whom he reaches (default everybody)"),
        need("switch", Kind::Text, "The share of those who leave for him unless they get as much here"),
    ],
};

pub(super) static CHURN: Shape = Shape {
    name: "churn of a class",
    keys: &[
        need("monthly", Kind::Text, "The share that leaves in a month, as service is now"),
        key("falls", Kind::Text, "By how much that falls for each point of satisfaction more"),
        key("spend", Kind::Text, "What service of a customer costs in a period, now"),
        key("now", Kind::Text, "The average rating at that spend, from 1 to 5"),
        key("without", Kind::Text, "The rating without any service (default 1)"),
        key("ceiling", Kind::Text, "The rating that no service exceeds (default 5)"),
    ],
};
