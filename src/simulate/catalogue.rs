//! What the made-up shop sells.

/// An article: number, category, tag, price and cost in cents, and how often it is bought.
pub(super) struct Article {
    pub sku: &'static str,
    pub category: &'static str,
    pub tag: Option<&'static str>,
    pub price: i64,
    pub cost: i64,
    pub weight: u32,
}

const fn article(
    sku: &'static str,
    category: &'static str,
    tag: Option<&'static str>,
    price: i64,
    cost: i64,
    weight: u32,
) -> Article {
    Article { sku, category, tag, price, cost, weight }
}

/// A sports and shoe shop with a café corner.
pub(super) const CATALOGUE: &[Article] = &[
    article("SH-1", "shoes", Some("new"), 9990, 5200, 6),
    article("SH-2", "shoes", None, 7990, 4400, 9),
    article("SH-3", "shoes", Some("outlet"), 4990, 3600, 8),
    article("SH-4", "shoes", Some("new"), 14990, 7100, 3),
    article("SH-5", "shoes", None, 6490, 3900, 8),
    article("SO-1", "socks", None, 890, 310, 22),
    article("SO-2", "socks", Some("new"), 1290, 450, 14),
    article("SO-3", "socks", Some("outlet"), 490, 290, 9),
    article("SP-1", "sport", None, 2490, 1400, 12),
    article("SP-2", "sport", Some("new"), 3990, 2200, 8),
    article("SP-3", "sport", None, 11900, 7800, 3),
    article("SP-4", "sport", Some("outlet"), 1990, 1450, 6),
    article("CL-1", "clothing", None, 2990, 1250, 13),
    article("CL-2", "clothing", Some("new"), 5990, 2600, 8),
    article("CL-3", "clothing", None, 8990, 4300, 4),
    article("CA-1", "care", None, 990, 320, 12),
    article("CA-2", "care", None, 1490, 520, 7),
    article("CF-1", "cafe", None, 340, 90, 25),
    article("CF-2", "cafe", None, 420, 150, 18),
    article("GIFT-25", "gift_card", None, 2500, 2500, 2),
    article("GIFT-50", "gift_card", None, 5000, 5000, 2),
];
