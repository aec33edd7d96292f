//! Takes a history in and lays it out in memory.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use super::base::{
    Article, ArticleLine, Back, BackLine, Base, Bought, Card, Contact, ContactSums, Extra, GUEST, Granted, Part,
    RETURN, RecordedPoints,
};
use super::sample::Sample;
use crate::id::Name;
use crate::metric::{Totals, interaction_adds};
use crate::model::{Attribute, Customer, Interaction, Purchase, PurchaseLine, ReturnLine};
use crate::money::{Money, Quantity, Rate};
use crate::time::Instant;

/// In how many parts a base is cut: enough that many processors have something to do, and that a part fits their caches.
const PARTS: usize = 128;

/// What was recorded of a purchase besides the purchase itself.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// Codes that were presented.
    pub codes: Vec<Box<str>>,
    /// What it did to points.
    pub points: RecordedPoints,
    /// Discounts that were granted: name, rate, amount.
    pub granted: Vec<(Name, Option<Rate>, Money)>,
    /// The same line by line; may be empty where nothing came back.
    pub lines: Vec<Vec<(Name, Money)>>,
}

/// Takes a history in, purchase by purchase in any order, and lays it out.
#[derive(Debug)]
pub struct BaseBuilder {
    sample: Sample,
    until: Instant,
    articles: HashMap<Article, u32>,
    attributes: Vec<BTreeMap<String, Attribute>>,
    names: HashMap<Name, u32>,
    hasher: BuildHasherDefault<DefaultHasher>,
    parts: Vec<PartBuilder>,
}

#[derive(Debug, Default)]
struct PartBuilder {
    customers: HashMap<Box<str>, u32>,
    cards: Vec<Card>,
    purchases: Vec<Bought>,
    lines: Vec<u32>,
    discounts: Vec<Money>,
    id_ends: Vec<u32>,
    ids: String,
    extras: HashMap<u32, Extra>,
    points: HashMap<u32, RecordedPoints>,
    granted: HashMap<u32, Vec<Granted>>,
    granted_lines: HashMap<u32, Vec<Vec<(u32, Money)>>>,
    returns: Vec<Back>,
    contacts: Vec<(u32, Instant, u64, Totals)>,
}

impl BaseBuilder {
    /// An empty base that takes in what happened before an instant, of the sampled customers.
    pub fn new(sample: Sample, until: Instant) -> Self {
        Self {
            sample,
            until,
            articles: HashMap::new(),
            attributes: vec![BTreeMap::new()],
            names: HashMap::new(),
            hasher: BuildHasherDefault::new(),
            parts: (0..PARTS).map(|_| PartBuilder::default()).collect(),
        }
    }

    /// Whether a customer is in the sample.
    pub fn wants(&self, customer: &str) -> bool {
        self.sample.holds(customer)
    }

    /// Takes a card in.
    pub fn card(&mut self, card: &Customer) {
        if !self.wants(&card.id) || card.created_at >= self.until {
            return;
        }
        let attributes = match self.attributes.iter().position(|known| *known == card.attributes) {
            Some(at) => at as u32,
            None => {
                self.attributes.push(card.attributes.clone());
                self.attributes.len() as u32 - 1
            }
        };
        let (part, customer) = self.customer(&card.id);
        let known = &mut self.parts[part].cards[customer as usize];
        known.birthday = card.birthday;
        known.attributes = attributes;
        known.since = known.since.min(card.created_at);
    }

    /// Takes a purchase in, with its returns.
    pub fn purchase(&mut self, sequence: u64, purchase: &Purchase, recorded: Option<Recorded>) {
        if purchase.at >= self.until {
            return;
        }
        let (part, customer) = match &purchase.customer {
            Some(id) if self.wants(id) => self.customer(id),
            Some(_) => return,
            None if self.wants(&purchase.id) => (self.part_of(&purchase.id), GUEST),
            None => return,
        };
        let articles: Vec<u32> = purchase.lines.iter().map(|line| self.article(line)).collect();
        let granted: Vec<Granted> = recorded
            .iter()
            .flat_map(|recorded| &recorded.granted)
            .map(|(name, rate, amount)| Granted { name: self.name(name), rate: *rate, amount: *amount })
            .collect();
        let lines: Vec<Vec<(u32, Money)>> = recorded
            .iter()
            .flat_map(|recorded| &recorded.lines)
            .map(|line| line.iter().map(|(name, amount)| (self.name(name), *amount)).collect())
            .collect();
        let part = &mut self.parts[part];
        if let Some(card) = part.cards.get_mut(customer as usize) {
            card.since = card.since.min(purchase.at.plus_micros(1));
        }
        let at = part.purchases.len() as u32;
        let first_line = part.lines.len() as u32;
        part.purchases.push(Bought { at: purchase.at, sequence, customer, first_line });
        part.lines.extend(articles);
        part.discounts.extend(purchase.lines.iter().map(|line| line.discount));
        part.ids.push_str(&purchase.id);
        part.id_ends.push(part.ids.len() as u32);
        if let Some(Recorded { codes, points, .. }) = recorded {
            if let Some(card) = part.cards.get_mut(customer as usize) {
                card.redeems |= points.redeemed > 0;
            }
            if !codes.is_empty() || points.redeemed > 0 {
                part.extras.insert(at, Extra { codes, redeem_points: points.redeemed });
            }
            if points != RecordedPoints::default() {
                part.points.insert(at, points);
            }
            if !granted.is_empty() {
                part.granted.insert(at, granted);
            }
            if !lines.is_empty() {
                part.granted_lines.insert(at, lines);
            }
        }
        let mut taken = vec![0; if purchase.returns.is_empty() { 0 } else { purchase.lines.len() }];
        for (nth, goods) in purchase.returns.iter().enumerate() {
            let line = |back: &ReturnLine| {
                let taken = taken.get_mut(back.line as usize)?;
                let from = Quantity(*taken);
                *taken += back.quantity.0;
                let ReturnLine { line, gross, cost, discount, .. } = *back;
                Some(BackLine { line, from, until: Quantity(*taken), gross, cost, discount })
            };
            let lines: Vec<BackLine> = goods.lines.iter().filter_map(line).collect();
            if goods.at < self.until {
                part.returns.push(Back { purchase: at, nth: nth as u32, at: goods.at, lines });
            }
        }
    }

    /// Takes a contact in.
    pub fn interaction(&mut self, sequence: u64, interaction: &Interaction) {
        if interaction.at >= self.until || !self.wants(&interaction.customer) {
            return;
        }
        let (part, customer) = self.customer(&interaction.customer);
        let part = &mut self.parts[part];
        let card = &mut part.cards[customer as usize];
        card.since = card.since.min(interaction.at.plus_micros(1));
        part.contacts.push((customer, interaction.at, sequence, interaction_adds(interaction)));
    }

    fn part_of(&self, id: &str) -> usize {
        (self.hasher.hash_one(id) % PARTS as u64) as usize
    }

    fn customer(&mut self, id: &str) -> (usize, u32) {
        let at = self.part_of(id);
        let part = &mut self.parts[at];
        if let Some(known) = part.customers.get(id) {
            return (at, *known);
        }
        let new = part.cards.len() as u32;
        part.customers.insert(id.into(), new);
        let (id, since) = (id.into(), Instant::MAX);
        part.cards.push(Card { id, birthday: None, attributes: 0, since, redeems: false });
        (at, new)
    }

    fn article(&mut self, line: &PurchaseLine) -> u32 {
        let article = Article {
            line: ArticleLine {
                sku: line.sku.clone(),
                category: line.category.clone(),
                tags: line.tags.clone(),
                quantity: line.quantity.0,
                unit_price: line.unit_price.0,
            },
            gross: line.gross,
            cost: line.cost,
        };
        let new = self.articles.len() as u32;
        *self.articles.entry(article).or_insert(new)
    }

    fn name(&mut self, name: &Name) -> u32 {
        let new = self.names.len() as u32;
        *self.names.entry(Arc::clone(name)).or_insert(new)
    }

    /// Lays everything out by customer and time.
    pub fn finish(self) -> Base {
        self.finish_while(&|| true).unwrap_or_default()
    }

    /// The same, as long as it is wanted.
    pub fn finish_while(self, go_on: &dyn Fn() -> bool) -> Option<Base> {
        use rayon::iter::{IntoParallelIterator, ParallelExtend, ParallelIterator};
        let mut articles: Vec<(Article, u32)> = self.articles.into_iter().collect();
        articles.sort_unstable_by_key(|(_, at)| *at);
        let mut names: Vec<(Name, u32)> = self.names.into_iter().collect();
        names.sort_unstable_by_key(|(_, at)| *at);
        let mut parts: Vec<Part> = Vec::with_capacity(PARTS);
        let mut left = self.parts.into_iter();
        loop {
            let next: Vec<PartBuilder> = left.by_ref().take(8).collect();
            if next.is_empty() {
                break;
            }
            if !go_on() {
                return None;
            }
            parts.par_extend(next.into_par_iter().map(PartBuilder::finish));
        }
        let instants = |part: &Part| {
            let bought = part.purchases.iter().map(|bought| bought.at);
            let other = part.returns.iter().map(|back| back.at).chain(part.contacts.iter().map(|contact| contact.at));
            bought.chain(other).fold(None, |span: Option<(Instant, Instant)>, at| match span {
                Some((first, last)) => Some((first.min(at), last.max(at))),
                None => Some((at, at)),
            })
        };
        let span = parts.iter().filter_map(instants).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        Some(Base {
            articles: articles.into_iter().map(|(article, _)| article).collect(),
            attributes: self.attributes,
            parts,
            names: names.into_iter().map(|(name, _)| name).collect(),
            span,
        })
    }
}

impl PartBuilder {
    fn finish(self) -> Part {
        let customers = self.cards.len();
        // By customer (guests are the last one), then by time.
        let mut places: Vec<u32> = (0..self.purchases.len() as u32).collect();
        let key = |at: &u32| {
            let bought = &self.purchases[*at as usize];
            (bought.customer, bought.at, bought.sequence)
        };
        places.sort_unstable_by_key(key);
        let mut part = Part { customers: self.cards, ..Part::default() };
        let mut moved = vec![0u32; places.len()];
        let granted_any = self.discounts.iter().any(|discount| *discount != Money::ZERO);
        part.purchases.reserve_exact(self.purchases.len());
        part.lines.reserve_exact(self.lines.len());
        part.id_ends.reserve_exact(self.id_ends.len());
        part.ids.reserve_exact(self.ids.len());
        for (new, old) in places.iter().enumerate() {
            moved[*old as usize] = new as u32;
            let old = *old as usize;
            let bought = self.purchases[old];
            let end = self.purchases.get(old + 1).map_or(self.lines.len(), |next| next.first_line as usize);
            let lines = bought.first_line as usize..end;
            part.purchases.push(Bought { first_line: part.lines.len() as u32, ..bought });
            part.lines.extend_from_slice(&self.lines[lines.clone()]);
            if granted_any {
                part.discounts.extend_from_slice(&self.discounts[lines]);
            }
            let start = old.checked_sub(1).map_or(0, |before| self.id_ends[before] as usize);
            part.ids.push_str(&self.ids[start..self.id_ends[old] as usize]);
            part.id_ends.push(part.ids.len() as u32);
        }
        let starts = |key: &dyn Fn(usize) -> u32, count: usize| {
            let mut starts = Vec::with_capacity(customers + 1);
            let mut at = 0;
            for customer in 0..=customers as u32 {
                while at < count && key(at) < customer {
                    at += 1;
                }
                starts.push(at as u32);
            }
            starts
        };
        part.starts = starts(&|at| part.purchases[at].customer, part.purchases.len());
        part.extras = self.extras.into_iter().map(|(at, extra)| (moved[at as usize], extra)).collect();
        part.points = self.points.into_iter().map(|(at, points)| (moved[at as usize], points)).collect();
        part.granted_lines = self.granted_lines.into_iter().map(|(at, lines)| (moved[at as usize], lines)).collect();
        part.granted = self.granted.into_iter().map(|(at, granted)| (moved[at as usize], granted)).collect();
        part.returns = self.returns;
        for back in &mut part.returns {
            back.purchase = moved[back.purchase as usize];
        }
        part.returns.sort_unstable_by_key(|back| (back.purchase, back.nth));
        for at in part.returns.iter().map(|back| back.purchase) {
            part.purchases[at as usize].first_line |= RETURN;
        }
        let mut contacts = self.contacts;
        contacts.sort_unstable_by_key(|(customer, at, sequence, _)| (*customer, *at, *sequence));
        part.contact_starts = starts(&|at| contacts[at].0, contacts.len());
        part.contacts = contacts.iter().map(|(customer, at, ..)| Contact { at: *at, customer: *customer }).collect();
        for of_customer in part.contact_starts.windows(2) {
            let mut before = ContactSums::default();
            part.contact_sums.push(before);
            for (.., adds) in &contacts[of_customer[0] as usize..of_customer[1] as usize] {
                let adds = ContactSums([adds.interactions, adds.service_cost, adds.ratings, adds.rating_sum]);
                before = before.plus(adds);
                part.contact_sums.push(before);
            }
        }
        part.contact_order = (0..part.contacts.len() as u32).collect();
        part.contact_order.sort_by_key(|at| part.contacts[*at as usize].at);
        part.arrivals = (0..customers as u32).collect();
        part.arrivals.sort_by_key(|customer| part.customers[*customer as usize].since);
        part.order = order(&part);
        part
    }
}

/// What happened in order of time; of one instant purchases first, then what came back.
fn order(part: &Part) -> Vec<u32> {
    let purchases = (0..part.purchases.len() as u32).map(|at| {
        let bought = &part.purchases[at as usize];
        (bought.at, false, bought.sequence, at)
    });
    let returns =
        (0..part.returns.len() as u32).map(|at| (part.returns[at as usize].at, true, u64::from(at), at | RETURN));
    let mut order: Vec<_> = purchases.chain(returns).collect();
    order.sort_unstable();
    order.into_iter().map(|(.., what)| what).collect()
}
