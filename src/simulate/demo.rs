//! A made-up base whose buying looks like a real shop's.
//!
//! Each customer buys at a rate of their own until they drop out: the Pareto/NBD process (Schmittlein, Morrison and
//! Colombo, "Counting Your Customers", Management Science 33, 1987). Rates and dropout are gamma distributed over
//! customers, so few buy often and many once; the size of baskets is log-normal over customers, which together gives an
//! ABC-like skew. Every customer has a stream of random numbers of their own, so any part of the base can be made
//! alone, in parallel, and is the same each time.

use chrono::{Datelike, Days, NaiveDate, NaiveTime, Timelike};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp, Gamma, LogNormal};

use super::catalogue::{Article, CATALOGUE};
use crate::model::{Attribute, Basket, Customer, Interaction, Line, Purchase, PurchaseLine, Return};
use crate::money::{Currency, Money, Quantity, UnitPrice};
use crate::time::{Instant, Zone};

/// Which base to make up.
#[derive(Debug, Clone, Copy)]
pub struct Demo {
    seed: u64,
    customers: u64,
    until: Instant,
    zone: Zone,
    currency: Currency,
    /// Mean purchases per customer and day while active.
    rate: f64,
}

/// One made-up customer with everything they did, in order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeUp {
    /// The card.
    pub customer: Customer,
    /// Purchases, some partly returned.
    pub purchases: Vec<Purchase>,
    /// Calls, greetings, complaints.
    pub interactions: Vec<Interaction>,
}

/// Shape of the buying rate over customers: below one, so that many buy rarely.
const RATE_SHAPE: f64 = 0.7;
/// Shape and scale (in days) of the dropout rate over customers.
const DROPOUT_SHAPE: f64 = 1.2;
const DROPOUT_DAYS: f64 = 420.0;

impl Demo {
    /// Customers came in over these days.
    pub const DAYS: u64 = 1_095;

    /// A base of so many customers who on average bought `mean_purchases` times until an instant.
    pub fn new(seed: u64, customers: u64, mean_purchases: f64, until: Instant, zone: Zone, currency: Currency) -> Self {
        // Expected days that a customer is active, with arrivals spread evenly: a Lomax lifetime cut off at the end.
        let active = |days: f64| {
            let s = DROPOUT_SHAPE - 1.0;
            DROPOUT_DAYS / s * (1.0 - (DROPOUT_DAYS / (DROPOUT_DAYS + days)).powf(s))
        };
        let mean_active: f64 = (0..Self::DAYS).map(|day| active(day as f64)).sum::<f64>() / Self::DAYS as f64;
        let rate = (mean_purchases - 1.0).max(0.0) / mean_active;
        Self { seed, customers, until, zone, currency, rate }
    }

    /// How many customers the base has.
    pub const fn customers(&self) -> u64 {
        self.customers
    }

    /// Makes up the customer with this number, from 0.
    pub fn make(&self, number: u64) -> MadeUp {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(number);
        let id = format!("c-{}", number + 1);
        let last_day = self.zone.local(self.until).date();
        let came = last_day.checked_sub_days(Days::new(rng.random_range(1..Self::DAYS))).unwrap_or(last_day);
        let taste = LogNormal::new(0.0, 0.7).map_or(1.0, |d| d.sample(&mut rng));
        let days = self.buying_days(&mut rng, came, last_day);
        let mut purchases: Vec<Purchase> =
            days.iter().enumerate().map(|(nth, day)| self.purchase(&mut rng, &id, nth, *day, taste)).collect();
        // Two purchases of one day come in any order.
        purchases.sort_by_key(|purchase| purchase.at);
        let interactions = self.interactions(&mut rng, &id, came, last_day, purchases.len());
        MadeUp { customer: self.card(&mut rng, id, came), purchases, interactions }
    }

    fn buying_days(&self, rng: &mut ChaCha8Rng, came: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
        let days = (last - came).num_days() as f64;
        let mut sample = |shape: f64, scale: f64| Gamma::new(shape, scale).map_or(0.0, |d| d.sample(rng));
        let rate = sample(RATE_SHAPE, self.rate / RATE_SHAPE);
        let dropout = sample(DROPOUT_SHAPE, 1.0 / DROPOUT_DAYS);
        let alive = Exp::new(dropout.max(1e-9)).map_or(days, |d| d.sample(rng)).min(days);
        let mut bought = vec![came];
        let Ok(gap) = Exp::new(rate.max(1e-9)) else { return bought };
        let mut day = 0.0;
        loop {
            day += gap.sample(rng);
            if day > alive || bought.len() > 5_000 {
                return bought;
            }
            bought.push(came.checked_add_days(Days::new(day as u64)).unwrap_or(last));
        }
    }

    fn instant(&self, rng: &mut ChaCha8Rng, day: NaiveDate, from: u32, until: u32) -> Instant {
        let seconds = rng.random_range(from * 3_600..until * 3_600);
        let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap_or_default();
        // Made-up history ends before the present.
        self.zone.instant(day.and_time(time)).min(self.until.plus_micros(-1_000_000))
    }

    fn purchase(&self, rng: &mut ChaCha8Rng, customer: &str, nth: usize, day: NaiveDate, taste: f64) -> Purchase {
        let at = self.instant(rng, day, 9, 20);
        let mut lines = Vec::new();
        loop {
            let article = pick(rng);
            let quantity = Quantity::units(if article.price < 1_500 { rng.random_range(1..=3) } else { 1 });
            lines.push(self.line(article, quantity));
            // Who has more to spend fills the basket fuller.
            if lines.len() >= 8 || rng.random::<f64>() > 0.45 * taste.min(1.9) {
                break;
            }
        }
        let mut purchase = Purchase {
            id: format!("{customer}-{}", nth + 1),
            customer: Some(customer.to_owned()),
            at,
            recorded_at: at,
            revision: None,
            lines,
            returns: Vec::new(),
        };
        if rng.random::<f64>() < 0.04 {
            let later = Instant(at.0 + rng.random_range(1..14) * 86_400_000_000);
            if later < self.until
                && let Ok(lines) =
                    crate::ledger::take_back(&purchase, Some(&[crate::ledger::Asked { line: 0, quantity: None }]))
            {
                purchase.returns.push(Return { id: format!("{}-r", purchase.id), at: later, lines });
            }
        }
        purchase
    }

    /// What a checkout would have been asked for a made-up purchase.
    pub fn basket(purchase: &Purchase) -> Basket {
        let line = |line: &PurchaseLine| Line {
            sku: line.sku.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            unit_cost: CATALOGUE.iter().find(|it| it.sku == &*line.sku).map(|it| UnitPrice(it.cost * 100)),
            category: line.category.clone(),
            tags: line.tags.clone(),
        };
        Basket { lines: purchase.lines.iter().map(line).collect(), ..Basket::default() }
    }

    fn line(&self, article: &Article, quantity: Quantity) -> PurchaseLine {
        // The catalogue is in hundredths of the major unit, whatever the currency.
        let unit_price = UnitPrice(article.price * 100);
        let money = |price: UnitPrice| price.times(quantity, self.currency).unwrap_or(Money::ZERO);
        PurchaseLine {
            sku: article.sku.into(),
            category: Some(article.category.into()),
            tags: article.tag.map(Into::into).into_iter().collect(),
            quantity,
            unit_price,
            gross: money(unit_price),
            discount: Money::ZERO,
            cost: money(UnitPrice(article.cost * 100)),
        }
    }

    fn interactions(
        &self,
        rng: &mut ChaCha8Rng,
        customer: &str,
        came: NaiveDate,
        last: NaiveDate,
        purchases: usize,
    ) -> Vec<Interaction> {
        let days = (last - came).num_days().max(1) as u64;
        // Everybody gets a greeting now and then, whatever they bring; who buys more also calls more.
        let count =
            (days / 365) as usize + usize::from(rng.random::<f64>() < 0.15) + rng.random_range(0..=purchases) / 12;
        let mut made: Vec<Interaction> = (0..count)
            .map(|nth| {
                let (kind, cents) = match rng.random_range(0..10) {
                    0..5 => ("greeting", 120),
                    5..8 => ("call", 450),
                    8 => ("email", 5),
                    _ => ("complaint", 900),
                };
                let day = came.checked_add_days(Days::new(rng.random_range(0..days))).unwrap_or(last);
                let rating = match kind {
                    "complaint" => Some(rng.random_range(1..=3)),
                    "call" => Some(rng.random_range(3..=5)),
                    _ => None,
                };
                let cost = UnitPrice(cents * 100).times(Quantity::ONE, self.currency).unwrap_or_default();
                Interaction {
                    id: format!("{customer}-i{}", nth + 1),
                    customer: customer.to_owned(),
                    kind: kind.to_owned(),
                    at: self.instant(rng, day, 9, 18),
                    cost,
                    rating,
                    note: None,
                }
            })
            .collect();
        made.sort_by_key(|interaction| interaction.at);
        made
    }

    fn card(&self, rng: &mut ChaCha8Rng, id: String, came: NaiveDate) -> Customer {
        let first = FIRST[rng.random_range(0..FIRST.len())];
        let last = LAST[rng.random_range(0..LAST.len())];
        let age = rng.random_range(18 * 365..80 * 365);
        let birthday = came.checked_sub_days(Days::new(age)).filter(|_| rng.random::<f64>() < 0.7);
        let role = if rng.random::<f64>() < 0.01 { "employee" } else { "customer" };
        let joined = self.instant(rng, came, 9, 20);
        Customer {
            email: Some(format!("{}.{}@example.org", first.to_lowercase(), id)),
            name: Some(format!("{first} {last}")),
            birthday: birthday.filter(|day| day.year() > 1900),
            attributes: [("role".to_owned(), Attribute::Text(role.to_owned()))].into(),
            consent: [("newsletter".to_owned(), joined.to_utc().second().is_multiple_of(2))].into(),
            created_at: joined,
            updated_at: joined,
            id,
            phone: None,
            address: None,
        }
    }
}

fn pick(rng: &mut ChaCha8Rng) -> &'static Article {
    let total: u32 = CATALOGUE.iter().map(|article| article.weight).sum();
    let mut at = rng.random_range(0..total);
    for article in CATALOGUE {
        if at < article.weight {
            return article;
        }
        at -= article.weight;
    }
    &CATALOGUE[0]
}

const FIRST: &[&str] = &[
    "Anna", "Ben", "Clara", "David", "Elif", "Finn", "Greta", "Hannes", "Ida", "Jonas", "Katrin", "Lukas", "Mia",
    "Nils", "Olga", "Paul", "Ronja", "Samir", "Tina", "Uwe", "Vera", "Willi", "Yasmin", "Zoe",
];
const LAST: &[&str] = &[
    "Albrecht", "Becker", "Christ", "Dogan", "Engel", "Fischer", "Graf", "Hoffmann", "Ivanov", "Jung", "Keller",
    "Lang", "Maier", "Nowak", "Otto", "Peters", "Richter", "Schmidt", "Thiel", "Ulrich", "Vogel", "Weber", "Yilmaz",
    "Zimmer",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn demo(customers: u64) -> Demo {
        let zone = Zone::from_name("Europe/Berlin").expect("a zone");
        let until = zone.parse_instant("2026-11-01").expect("an instant");
        Demo::new(7, customers, 8.0, until, zone, Currency::from_code("EUR").expect("a currency"))
    }

    #[test]
    fn the_same_seed_makes_the_same_base() {
        assert_eq!(demo(10).make(3), demo(1_000).make(3));
        assert_ne!(demo(10).make(3), demo(10).make(4));
    }

    #[test]
    fn the_base_looks_like_a_shop() {
        let base: Vec<MadeUp> = (0..2_000).map(|number| demo(2_000).make(number)).collect();
        let counts: Vec<usize> = base.iter().map(|made| made.purchases.len()).collect();
        let mean = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
        assert!((6.5..9.5).contains(&mean), "asked for 8 purchases per customer, made {mean}");
        let mut spend: Vec<i64> = base
            .iter()
            .map(|made| made.purchases.iter().flat_map(|p| &p.lines).map(|line| line.gross.0).sum())
            .collect();
        spend.sort_unstable_by(|a, b| b.cmp(a));
        let top: i64 = spend[..spend.len() / 5].iter().sum();
        let share = top as f64 / spend.iter().sum::<i64>() as f64;
        assert!((0.5..0.8).contains(&share), "the top fifth holds {share}");
        for made in &base {
            assert!(made.purchases.is_sorted_by_key(|purchase| purchase.at));
            assert!(made.purchases.iter().all(|p| p.at < demo(1).until && !p.lines.is_empty()));
        }
    }
}
