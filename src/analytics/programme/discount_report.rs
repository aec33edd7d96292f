//! The report on discounts: what each cost, what was bought with it, and what it must bring to pay for itself.

use serde::Serialize;
use utoipa::ToSchema;

use super::discounts::{DiscountTally, GotSums, Rows};
use super::names::{Names, SEGMENT, What};
use crate::analytics::report::{Cell, Figure, Head, Parameter, Report, Share, Sheet};
use crate::chart::{Picture, Plot};
use crate::money::Currency;

/// What discounts and points cost, against the margin of those who got them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DiscountReport {
    /// What this is.
    pub head: Head,
    /// The segment whose classes are told apart; null where the policy has none.
    pub segment: Option<String>,
    /// Those in force in the order written, then those of earlier policies that were used.
    pub discounts: Vec<DiscountOut>,
    /// All discounts together; a purchase with two counts once.
    pub total: GotOut,
    /// The same by the class that customers had when they bought.
    pub classes: Vec<GotOut>,
    /// Purchases that points paid a part of: what they paid.
    pub points: GotOut,
    /// The same by class.
    pub points_classes: Vec<GotOut>,
    /// Purchases that were not decided here, such as imported ones: which discount theirs was is not known.
    pub unattributed: PurchaseSums,
    /// All purchases, decided here or not.
    pub purchases: PurchaseSums,
}

/// A discount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DiscountCost)]
pub struct DiscountOut {
    /// Its name.
    pub discount: String,
    /// Whether the policy in force has it.
    pub in_force: bool,
    /// All who got it.
    pub total: GotOut,
    /// The same by the class that they had when they bought.
    pub classes: Vec<GotOut>,
}

/// Purchases that got something, and those who bought them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = DiscountGot)]
pub struct GotOut {
    /// The class; null for all classes, and for who had none.
    pub class: Option<String>,
    /// How often it was used: purchases that did not come back in full.
    pub uses: u64,
    /// How many purchases got it.
    pub purchases: u64,
    /// How many of these were bought by guests.
    pub by_guests: u64,
    /// How many customers bought them.
    pub customers: u64,
    /// What was granted.
    pub granted: Figure,
    /// What of it was taken back with goods.
    pub taken_back: Figure,
    /// Granted less taken back.
    pub cost: Figure,
    /// Gross of these purchases, less returns.
    pub gross: Figure,
    /// What was paid for them, less returns.
    pub net: Figure,
    /// Net less cost of goods.
    pub margin: Figure,
    /// Cost as a share of gross; null without gross.
    pub share_of_gross: Option<Share>,
    /// By how much sales of these purchases must have grown for it to pay for itself: what it cost over the margin it
    /// leaves, d / (m − d); null where it leaves none, and no growth pays for it.
    pub break_even_uplift: Option<Share>,
    /// Margin of everything that these customers bought within the time that is looked at.
    pub customers_margin: Figure,
    /// Cost as a share of that margin as it would be without: what they were given of what they bring; null where they
    /// would bring none.
    pub share_of_customers_margin: Option<Share>,
}

/// Sums of purchases.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = DiscountPurchases)]
pub struct PurchaseSums {
    /// How many.
    pub purchases: u64,
    /// What was granted.
    pub granted: Figure,
    /// What of it was taken back with goods.
    pub taken_back: Figure,
    /// Granted less taken back.
    pub cost: Figure,
    /// Gross, less returns.
    pub gross: Figure,
    /// Net, less returns.
    pub net: Figure,
    /// Net less cost of goods.
    pub margin: Figure,
}

impl DiscountReport {
    /// Presents sums; `rows` hold the customers, too.
    pub fn new(head: Head, names: &Names, tally: &DiscountTally, rows: &Rows, currency: Currency) -> Self {
        let total = |what| got(rows.get(&(what, None)), what, None, currency);
        let classes = |what| {
            let known = names.classes().map(|(at, class)| (Some(at), Some(class.to_owned()))).chain([(None, None)]);
            let row = |(at, class)| Some(got(Some(rows.get(&(what, Some(at)))?), what, class, currency));
            known.filter_map(row).collect()
        };
        let discounts = names.discounts().filter_map(|(at, name, in_force)| {
            let what = What::Discount(at);
            (in_force || rows.contains_key(&(what, None))).then(|| DiscountOut {
                discount: name.to_owned(),
                in_force,
                total: total(what),
                classes: classes(what),
            })
        });
        let mut all = tally.decided;
        all.add(&tally.unattributed);
        Self {
            segment: Some(names.segment().to_owned()).filter(|segment| !segment.is_empty()),
            discounts: discounts.collect(),
            total: total(What::Discounts),
            classes: classes(What::Discounts),
            points: total(What::Points),
            points_classes: classes(What::Points),
            unattributed: sums(&tally.unattributed, currency),
            purchases: sums(&all, currency),
            head,
        }
    }
}

fn got(found: Option<&GotSums>, what: What, class: Option<String>, currency: Currency) -> GotOut {
    let found = found.copied().unwrap_or_default();
    let cash = |minor: i128| Figure::cash(minor, currency);
    // A discount is taken from net; what points pay is net, but brings nothing.
    let (left, customers_without) = match what {
        What::Points => (found.margin() - found.cost(), found.customers_margin),
        What::Discount(_) | What::Discounts => (found.margin(), found.customers_margin + found.cost()),
    };
    GotOut {
        class,
        uses: found.purchases - found.returned,
        purchases: found.purchases,
        by_guests: found.by_guests,
        customers: found.customers,
        granted: cash(found.granted),
        taken_back: cash(found.taken_back),
        cost: cash(found.cost()),
        gross: cash(found.gross),
        net: cash(found.net()),
        margin: cash(found.margin()),
        share_of_gross: Share::of(found.cost(), found.gross),
        break_even_uplift: Share::of(found.cost(), left),
        customers_margin: cash(found.customers_margin),
        share_of_customers_margin: Share::of(found.cost(), customers_without),
    }
}

fn sums(found: &GotSums, currency: Currency) -> PurchaseSums {
    let cash = |minor: i128| Figure::cash(minor, currency);
    PurchaseSums {
        purchases: found.purchases,
        granted: cash(found.granted),
        taken_back: cash(found.taken_back),
        cost: cash(found.cost()),
        gross: cash(found.gross),
        net: cash(found.net()),
        margin: cash(found.margin()),
    }
}

impl Report for DiscountReport {
    const NAME: &'static str = "discounts";
    const TAKES: &'static [Parameter] = &[Parameter::AS_OF, Parameter::WINDOW, Parameter::FROM, SEGMENT];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        let mut discounts = Sheet::new("discounts", "What each discount cost, and what was bought with it", &COLUMNS);
        let mut classes = Sheet::new("classes", "The same by the class that customers had then", &COLUMNS).long();
        for one in &self.discounts {
            let name = if one.in_force { one.discount.clone() } else { format!("{} (earlier)", one.discount) };
            discounts.push(row(&name, "", &one.total));
            one.classes.iter().for_each(|class| classes.push(class_row(&name, class)));
        }
        discounts.push(row("all discounts", "", &self.total));
        self.classes.iter().for_each(|class| classes.push(class_row("all discounts", class)));
        discounts.push(row("points", "", &self.points));
        self.points_classes.iter().for_each(|class| classes.push(class_row("points", class)));
        let columns = ["of", "purchases", "granted", "taken_back", "cost", "gross", "net", "margin"];
        let mut purchases = Sheet::new("purchases", "All purchases, and those that were not decided here", &columns);
        for (name, sums) in [("all", &self.purchases), ("unattributed", &self.unattributed)] {
            purchases.push([
                name.into(),
                sums.purchases.into(),
                sums.granted.into(),
                sums.taken_back.into(),
                sums.cost.into(),
                sums.gross.into(),
                sums.net.into(),
                sums.margin.into(),
            ]);
        }
        vec![discounts, classes, purchases]
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        let used = || self.discounts.iter().filter(|one| one.total.purchases > 0);
        let costs = Picture {
            title: "What each discount cost".to_owned(),
            describes: self.says().join("; "),
            across: String::new(),
            up: self.head.currency.clone(),
            plot: Plot::Bars(used().map(|one| (one.discount.clone(), one.total.cost.as_f64())).collect()),
        };
        let labels = used().map(|one| one.discount.clone()).collect();
        let of = |part: fn(&GotOut) -> Figure| used().map(|one| part(&one.total).as_f64()).collect();
        let left = Picture {
            title: "Margin of the purchases that got a discount, and what it cost".to_owned(),
            describes: self.says().join("; "),
            across: String::new(),
            up: self.head.currency.clone(),
            plot: Plot::Stacked(
                labels,
                vec![("margin".to_owned(), of(|row| row.margin)), ("cost".to_owned(), of(|row| row.cost))],
            ),
        };
        vec![("costs", costs), ("margins", left)]
    }

    fn says(&self) -> Vec<String> {
        let used = self.discounts.iter().filter(|one| one.total.purchases > 0);
        let mut says: Vec<String> = used.map(|one| in_words(&one.discount, &one.total)).collect();
        let never: Vec<&str> =
            self.discounts.iter().filter(|one| one.total.purchases == 0).map(|one| &*one.discount).collect();
        if !never.is_empty() {
            says.push(format!("never used: {}", never.join(", ")));
        }
        if self.points.purchases > 0 {
            says.push(in_words("points", &self.points));
        }
        let (some, all) = (&self.unattributed, &self.purchases);
        if some.purchases > 0 {
            let discount = if some.granted.is_zero() {
                "and state no discount".to_owned()
            } else {
                format!("their discounts of {} are not attributed", some.cost)
            };
            says.push(format!("{} of {} purchases were not decided here, {discount}", some.purchases, all.purchases));
        }
        says
    }
}

const COLUMNS: [&str; 15] = [
    "what",
    "class",
    "uses",
    "purchases",
    "customers",
    "granted",
    "taken_back",
    "cost",
    "gross",
    "net",
    "margin",
    "share_of_gross",
    "break_even_uplift",
    "customers_margin",
    "share_of_customers_margin",
];

fn class_row(what: &str, got: &GotOut) -> [Cell; 15] {
    row(what, got.class.as_deref().unwrap_or("(none)"), got)
}

fn row(what: &str, class: &str, got: &GotOut) -> [Cell; 15] {
    [
        what.into(),
        class.into(),
        got.uses.into(),
        got.purchases.into(),
        got.customers.into(),
        got.granted.into(),
        got.taken_back.into(),
        got.cost.into(),
        got.gross.into(),
        got.net.into(),
        got.margin.into(),
        got.share_of_gross.into(),
        got.break_even_uplift.into(),
        got.customers_margin.into(),
        got.share_of_customers_margin.into(),
    ]
}

/// What a row says, and no more: whether sales grew is for an experiment to show.
fn in_words(name: &str, got: &GotOut) -> String {
    let pays = match got.break_even_uplift {
        Some(uplift) => format!("it pays for itself where it raised their sales by {}", uplift.percent()),
        None => "it leaves no margin, so no growth in sales pays for it".to_owned(),
    };
    let many = |count: u64, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let (purchases, customers) = (many(got.purchases, "purchase"), many(got.customers, "customer"));
    format!("{name} cost {} on {purchases} by {customers}: {pays}", got.cost)
}
