//! Which keys there are and what each takes: one table for the reader, its suggestions, and the JSON Schema.

/// The keys of one kind of map.
#[derive(Debug)]
pub(super) struct Shape {
    /// What such a map is called.
    pub(super) name: &'static str,
    /// Its keys.
    pub(super) keys: &'static [KeyInfo],
}

/// A key.
#[derive(Debug)]
pub(super) struct KeyInfo {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    /// What it means, for editors.
    pub(super) text: &'static str,
}

/// What a value looks like.
#[derive(Debug)]
pub(super) enum Kind {
    Rate,
    /// Money, a whole number or a decimal.
    Number,
    Whole,
    Duration,
    Period,
    Instant,
    Hours,
    Boolean,
    Text,
    Name,
    /// So many, with an optional ` per PERIOD`.
    PerPeriod,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A map with fixed keys.
    Shape(&'static Shape),
    /// A map from names to this.
    Map(&'static Kind),
    /// A list of this.
    List(&'static Kind),
    /// No value.
    Nothing,
    /// One of these.
    Either(&'static [Kind]),
}

pub(super) const fn key(name: &'static str, kind: Kind, text: &'static str) -> KeyInfo {
    KeyInfo { name, kind, required: false, text }
}

pub(super) const fn need(name: &'static str, kind: Kind, text: &'static str) -> KeyInfo {
    KeyInfo { name, kind, required: true, text }
}

const TEXTS: Kind = Kind::Either(&[Kind::Text, Kind::List(&Kind::Text)]);
const NAMES: Kind = Kind::Either(&[Kind::Name, Kind::List(&Kind::Name)]);

pub(super) const SUMS: &[&str] = &["gross", "discount", "net", "cost", "margin", "profit", "service_cost", "quantity"];
pub(super) const COUNTS: &[&str] = &["purchases", "interactions"];
pub(super) const AVERAGES: &[&str] = &["gross", "discount", "net", "margin", "quantity", "rating", "service_cost"];
pub(super) const SINCES: &[&str] = &["first_purchase", "last_purchase", "last_interaction"];
pub(super) const WEEKDAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
pub(super) const BASES: &[&str] = &["remaining", "original"];
pub(super) const ENFORCEMENTS: &[&str] = &["warn", "block"];
/// Words that `when` keeps for itself.
pub(super) const RESERVED: &[&str] = &["basket", "birthday_within", "attribute", "code"];
/// What a discount may grant; exactly one.
pub(super) const GRANTS: &[&str] = &["rate", "amount", "each", "ladder", "free", "script"];
/// How a segment may sort; exactly one.
pub(super) const RULES: &[&str] = &["rank_by", "by", "score", "script"];
/// What a metric may measure; exactly one.
pub(super) const MEASURES: &[&str] = &["sum", "count", "average", "days_since"];

pub(super) static BUNDLE: Shape = Shape {
    name: "policy",
    keys: &[
        key("currency", Kind::Text, "ISO 4217 code of the one currency, such as `EUR`"),
        key("timezone", Kind::Text, "IANA name of the zone in which days begin, such as `Europe/Berlin`"),
        key("costs", Kind::Shape(&COSTS), "What goods cost that state no unit cost"),
        key("metrics", Kind::Map(&Kind::Shape(&METRIC)), "Named facts about one customer as of an instant"),
        key("segments", Kind::Map(&Kind::Shape(&SEGMENT)), "Rules that sort customers into classes"),
        key("discounts", Kind::Map(&Kind::Shape(&DISCOUNT)), "Discounts, applied by priority, then in this order"),
        key("stacking", Kind::Shape(&STACKING), "What each discount is computed on"),
        key("limits", Kind::Shape(&LIMITS), "Bounds on a basket's discounts together"),
        key("points", Kind::Shape(&POINTS), "The points programme"),
        key("service", Kind::Shape(&SERVICE), "What serving customers costs and may cost"),
        key("experiments", Kind::Map(&Kind::Shape(&EXPERIMENT)), "Discounts withheld from a control group"),
    ],
};

pub(super) static COSTS: Shape = Shape {
    name: "costs",
    keys: &[key("default_margin", Kind::Rate, "Margin of lines that state no unit cost: cost is price × (1 − this)")],
};

pub(super) static METRIC: Shape = Shape {
    name: "metric",
    keys: &[
        key("sum", Kind::Word(SUMS), "A sum over purchases or interactions"),
        key("count", Kind::Word(COUNTS), "How many"),
        key("average", Kind::Word(AVERAGES), "A sum divided by how many there are; absent over nothing"),
        key("days_since", Kind::Word(SINCES), "Whole days since an event; absent without one"),
        key("within", Kind::Duration, "Only events at most this long ago, such as `12 months`"),
        key("since", Kind::Period, "Only events since the start of the current calendar period"),
        key("only", Kind::Shape(&LISTS), "Only lines with one of these values"),
        key("except", Kind::Shape(&LISTS), "No line with one of these values"),
    ],
};

pub(super) static LISTS: Shape = Shape {
    name: "choice of lines",
    keys: &[key("sku", TEXTS, "Article numbers"), key("category", TEXTS, "Categories"), key("tag", TEXTS, "Tags")],
};

pub(super) static SEGMENT: Shape = Shape {
    name: "segment",
    keys: &[
        key("rank_by", Kind::Name, "ABC analysis by this metric"),
        key("by", Kind::Name, "Thresholds of this metric"),
        key("score", Kind::Map(&Kind::Whole), "Quantile scores: metric to its number of parts"),
        key("script", Kind::Text, "A function `file.name` that returns the name of a class"),
        need(
            "classes",
            Kind::Either(&[
                Kind::Map(&Kind::Either(&[
                    Kind::Rate,
                    Kind::Number,
                    Kind::Map(&Kind::Either(&[Kind::Whole, Kind::List(&Kind::Whole)])),
                ])),
                Kind::List(&Kind::Name),
            ]),
            "The classes, the best first",
        ),
        key("refresh", Kind::Period, "How often cut-offs are computed anew (default `day`)"),
        key("keep", Kind::Duration, "A class once reached is not lost earlier than this"),
    ],
};

pub(super) static BOUNDS: Shape = Shape {
    name: "bounds",
    keys: &[
        key("at_least", Kind::Number, "≥"),
        key("more_than", Kind::Number, ">"),
        key("at_most", Kind::Number, "≤"),
        key("less_than", Kind::Number, "<"),
        key("is", Kind::Number, "="),
    ],
};

pub(super) static BASKET: Shape = Shape {
    name: "condition on the basket",
    keys: &[
        key("at_least", Kind::Number, "gross value ≥"),
        key("more_than", Kind::Number, "gross value >"),
        key("at_most", Kind::Number, "gross value ≤"),
        key("less_than", Kind::Number, "gross value <"),
        key("is", Kind::Number, "gross value ="),
        key("quantity", Kind::Either(&[Kind::Number, Kind::Shape(&BOUNDS)]), "How many units are in the basket"),
    ],
};

/// A value of `when`: of a segment, a metric, or one of the reserved words.
const CONDITION: Kind = Kind::Either(&[Kind::Text, Kind::List(&Kind::Text), Kind::Shape(&BASKET), Kind::Map(&TEXTS)]);

pub(super) static DISCOUNT: Shape = Shape {
    name: "discount",
    keys: &[
        key("when", Kind::Map(&CONDITION), "Conditions that all must hold"),
        key("if", Kind::Text, "A rhai expression that must hold too"),
        key("rate", Kind::Rate, "Grants a share of the eligible value"),
        key("amount", Kind::Number, "Grants a fixed amount"),
        key("each", Kind::Number, "Grants a fixed amount per eligible unit"),
        key("ladder", Kind::Shape(&LADDER), "Grants a rate that escalates with a metric"),
        key("free", Kind::Shape(&FREE), "Of every `buy + get` eligible units the `get` cheapest are free"),
        key("script", Kind::Text, "A function `file.name` that returns a rate, an amount or `()`"),
        key("cap", Kind::Number, "The most it grants"),
        key("lines", Kind::Shape(&LINES), "Which lines are eligible; all if absent"),
        key("uses", Kind::Shape(&USES), "How often it may be used"),
        key("budget", Kind::Either(&[Kind::PerPeriod, Kind::Shape(&BUDGET)]), "How much it may grant in all"),
        key("partial", Kind::Boolean, "Whether the budget may cut a grant to what is left (default true)"),
        key("valid", Kind::Shape(&VALID), "When it is valid"),
        key("priority", Kind::Whole, "Lower applies earlier (default 100)"),
        key("group", Kind::Name, "Of a group only the one that grants most applies"),
        key("exclusive", Kind::Boolean, "Applies alone, if it alone grants more than all others together"),
    ],
};

pub(super) static LADDER: Shape = Shape {
    name: "ladder",
    keys: &[
        need("by", Kind::Name, "The metric"),
        need("steps", Kind::Map(&Kind::Rate), "Threshold of the metric to the rate from there on"),
        key("sliced", Kind::Boolean, "Each rate is granted only on the part above its threshold"),
        key("counting_basket", Kind::Boolean, "The basket counts before the step is chosen"),
    ],
};

pub(super) static FREE: Shape = Shape {
    name: "free units",
    keys: &[need("buy", Kind::Whole, "Units paid"), need("get", Kind::Whole, "Units free")],
};

pub(super) static LINES: Shape = Shape {
    name: "choice of lines",
    keys: &[
        key("only", Kind::Shape(&LISTS), "Only lines with one of these values"),
        key("except", Kind::Shape(&LISTS), "No line with one of these values"),
        key("cheapest", Kind::Whole, "Only so many of the cheapest units among them"),
    ],
};

pub(super) static USES: Shape = Shape {
    name: "uses",
    keys: &[
        key("per_customer", Kind::PerPeriod, "How often each customer may use it, such as `1 per year`"),
        key("total", Kind::PerPeriod, "How often it may be used in all, such as `1000 per month`"),
    ],
};

pub(super) static BUDGET: Shape = Shape {
    name: "budget",
    keys: &[
        need("amount", Kind::PerPeriod, "How much"),
        key("per", Kind::Period, "In each of these periods; ever if absent"),
        key("partial", Kind::Boolean, "Whether a grant may be cut to what is left (default true)"),
    ],
};

pub(super) static VALID: Shape = Shape {
    name: "validity",
    keys: &[
        key("from", Kind::Instant, "First instant"),
        key("until", Kind::Instant, "The instant after the last"),
        key("weekdays", Kind::Either(&[Kind::Word(WEEKDAYS), Kind::List(&Kind::Word(WEEKDAYS))]), "Days of the week"),
        key("hours", Kind::Hours, "Time of day, such as `17:00-20:00`; may run over midnight"),
    ],
};

pub(super) static STACKING: Shape = Shape {
    name: "stacking",
    keys: &[key("base", Kind::Word(BASES), "What each discount is computed on (default `remaining`)")],
};

pub(super) static LIMITS: Shape = Shape {
    name: "limits",
    keys: &[
        key("max_rate", Kind::Rate, "The largest share of the basket's gross"),
        key("min_margin", Kind::Rate, "The smallest margin of a line, below 100%"),
        key("max_amount", Kind::Number, "The largest amount"),
    ],
};

pub(super) static POINTS: Shape = Shape {
    name: "points",
    keys: &[
        need("earn", Kind::Shape(&EARN), "What is earned"),
        key("multiply", Kind::Map(&Kind::Shape(&MULTIPLIER)), "Multipliers; the highest that applies counts"),
        key("redeem", Kind::Shape(&REDEEM), "How points pay; they cannot if absent"),
    ],
};

pub(super) static EARN: Shape = Shape {
    name: "earning points",
    keys: &[
        need("per", Kind::Number, "For every full amount of this"),
        need("points", Kind::Whole, "So many points"),
        key("pending", Kind::Duration, "How long until they can be redeemed"),
        key("expires", Kind::Duration, "How long until they expire, from being earned"),
    ],
};

pub(super) static MULTIPLIER: Shape = Shape {
    name: "multiplier",
    keys: &[
        key("when", Kind::Map(&CONDITION), "Conditions that all must hold"),
        need("by", Kind::Number, "By how much"),
    ],
};

pub(super) static REDEEM: Shape = Shape {
    name: "redeeming points",
    keys: &[
        need("value", Kind::Number, "Worth of one point, with up to six decimals"),
        key("at_least", Kind::Whole, "The fewest that can be redeemed at once (default 1)"),
        key("max_share", Kind::Rate, "The largest share of a purchase that points pay (default 100%)"),
    ],
};

pub(super) static SERVICE: Shape = Shape {
    name: "service",
    keys: &[
        key("costs", Kind::Map(&Kind::Number), "Standard cost by kind of interaction"),
        key("budgets", Kind::Shape(&BUDGETS), "Budgets per class of a segment"),
        key("satisfaction", Kind::Shape(&SATISFACTION), "How low satisfaction raises a budget"),
        key(
            "enforce",
            Kind::Word(ENFORCEMENTS),
            "Whether an interaction beyond the budget is refused (default `warn`)",
        ),
    ],
};

pub(super) static BUDGETS: Shape = Shape {
    name: "service budgets",
    keys: &[
        need("by", Kind::Name, "The segment"),
        need("window", Kind::Duration, "Over which time service cost is counted"),
        need("classes", Kind::Map(&Kind::Shape(&CLASS_BUDGET)), "Budget by class; a class without one has no budget"),
    ],
};

pub(super) static CLASS_BUDGET: Shape = Shape {
    name: "service budget",
    keys: &[
        need("share", Kind::Rate, "This share"),
        need("of", Kind::Name, "of this metric"),
        key("at_least", Kind::Number, "but at least this"),
        key("at_most", Kind::Number, "and at most this"),
    ],
};

pub(super) static SATISFACTION: Shape = Shape {
    name: "satisfaction",
    keys: &[
        need("by", Kind::Name, "The metric"),
        need("floor", Kind::Number, "Below this"),
        need("raise", Kind::Rate, "the budget grows by this share"),
    ],
};

pub(super) static EXPERIMENT: Shape = Shape {
    name: "experiment",
    keys: &[
        need("on", Kind::Name, "The discount"),
        need("control", Kind::Rate, "Share of customers held out"),
        need("salt", Kind::Text, "Makes the choice of customers its own"),
    ],
};

/// One policy test.
pub(super) static TEST: Shape = Shape {
    name: "policy test",
    keys: &[
        need("test", Kind::Text, "What is expected, in a sentence"),
        key("at", Kind::Instant, "As of when"),
        key("customer", Kind::Shape(&TEST_CUSTOMER), "Who buys; a guest if absent"),
        key("history", Kind::List(&Kind::Shape(&TEST_PURCHASE)), "What the customer bought before"),
        key("basket", Kind::List(&Kind::Shape(&TEST_LINE)), "The lines of the basket"),
        key("codes", TEXTS, "Codes that the customer presents"),
        key("redeem_points", Kind::Whole, "Points that the customer pays with"),
        need("expect", Kind::Shape(&TEST_EXPECT), "What the decision must be"),
    ],
};

pub(super) static TEST_CUSTOMER: Shape = Shape {
    name: "customer of a test",
    keys: &[
        key("id", Kind::Text, "The customer's id"),
        key(
            "metrics",
            Kind::Map(&Kind::Either(&[Kind::Number, Kind::Nothing])),
            "Values of metrics; `null` for one that is absent",
        ),
        key("segments", Kind::Map(&Kind::Name), "Classes by segment"),
        key("attributes", Kind::Map(&Kind::Text), "Free facts on the card"),
        key("birthday", Kind::Text, "Date of birth"),
        key("points", Kind::Whole, "Points that can be redeemed"),
        key("history", Kind::List(&Kind::Shape(&TEST_PURCHASE)), "What the customer bought before"),
    ],
};

pub(super) static TEST_PURCHASE: Shape = Shape {
    name: "purchase of a test",
    keys: &[
        need("at", Kind::Instant, "When"),
        key("lines", Kind::List(&Kind::Shape(&TEST_LINE)), "What was bought"),
        key("gross", Kind::Number, "Instead of lines: one article at this price"),
        key("net", Kind::Number, "Instead of lines: what was paid for one article"),
        key("discount", Kind::Number, "With `gross`: what was granted on it"),
        key("returns", Kind::List(&Kind::Shape(&TEST_RETURN)), "Goods that came back"),
    ],
};

pub(super) static TEST_RETURN: Shape = Shape {
    name: "return of a test",
    keys: &[
        need("at", Kind::Instant, "When"),
        key("line", Kind::Whole, "Which line of the purchase, from 1; every line if absent"),
        key("quantity", Kind::Number, "How many units; all if absent"),
    ],
};

pub(super) static TEST_LINE: Shape = Shape {
    name: "line",
    keys: &[
        need("sku", Kind::Text, "Article number"),
        key("quantity", Kind::Number, "How many (default 1)"),
        need("unit_price", Kind::Number, "Price of one"),
        key("unit_cost", Kind::Number, "Cost of one"),
        key("category", Kind::Text, "Category"),
        key("tags", TEXTS, "Tags"),
        key("discount", Kind::Number, "In a history: what was granted on this line"),
    ],
};

pub(super) static TEST_EXPECT: Shape = Shape {
    name: "expectation",
    keys: &[
        key("discount", Kind::Number, "The basket's total discount"),
        key("net", Kind::Number, "Gross less discount"),
        key("applied", NAMES, "The discounts that apply, in order"),
        key("rejected", NAMES, "Discounts that do not apply, among others"),
        key("lines", Kind::List(&Kind::Number), "The discount of each line"),
        key("points", Kind::Whole, "Points earned"),
        key("segments", Kind::Map(&Kind::Name), "Classes by segment"),
    ],
};

/// What a simulation may run.
const SIDE: Kind = Kind::Name;

pub(super) static SCENARIO: Shape = Shape {
    name: "scenario",
    keys: &[
        key(
            "window",
            Kind::Either(&[Kind::Duration, Kind::Shape(&SCENARIO_WINDOW)]),
            "When decisions are made: the last so long, or from when until when; the whole history if absent",
        ),
        key("sample", Kind::Rate, "Which share of the customers; the same ones in every run (default 100%)"),
        key("baseline", SIDE, "`active` (default), `recorded`, `none`, a revision, or a folder of policies"),
        key("candidate", SIDE, "What is compared with the baseline: the same words, a revision, or a folder"),
        key("candidates", Kind::Map(&SIDE), "Several candidates by name"),
        key(
            "ladder",
            Kind::Shape(&SCENARIO_LADDER),
            "In place of candidates: one ladder by money, in all ways it can be meant",
        ),
        key("seed", Kind::Whole, "What chance begins with (default 0)"),
        key("behaviour", Kind::Shape(&super::ask::BEHAVIOUR), "How customers are assumed to answer"),
    ],
};

pub(super) static SCENARIO_WINDOW: Shape = Shape {
    name: "window",
    keys: &[
        key("from", Kind::Instant, "From when decisions are made; what was before stands as it was recorded"),
        key("until", Kind::Instant, "Until before when; now if absent"),
    ],
};

pub(super) static SCENARIO_LADDER: Shape = Shape {
    name: "ladder",
    keys: &[
        need("steps", Kind::Map(&Kind::Rate), "Rates by the amount from which they are granted"),
        need("within", Kind::Duration, "How far those readings look back that do not look at everything"),
    ],
};
