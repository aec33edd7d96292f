//! One side of a replay in one part: its facts, uses, points, and what it counts.

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::base::{Base, Part, RecordedPoints};
use super::cuts::{Passed, refresh};
use super::figures::{Got, Tally};
use super::limits::{Ledger, Limit, is_common};
use super::models::Fit;
use super::plan::asks_scripts;
use super::quantiles::Values;
use crate::engine::{CutOffs, threshold_class};
use crate::ledger::{PointsShare, earn, expire, given_back, points_share, redeem, redeemable, reverse_earned};
use crate::metric::{History, Reader};
use crate::model::{
    Allowance, Customer, Decision, Facts, Lot, PointsAccount, Purchase, PurchaseLine, PurchasePoints, Reason, Return,
    ReturnLine,
};
use crate::money::{Money, Number, Rate};
use crate::policy::{Bundle, SegmentRule};
use crate::time::{Instant, Local};

/// What one side of a replay does.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What the report calls it.
    pub name: String,
    /// Metrics, segments and, where it decides, discounts.
    pub bundle: Arc<Bundle>,
    /// Where discounts come from.
    pub grants: Grants,
    /// Fits the models that its metrics ask; without it what a model expects is absent.
    pub fit: Option<Fit>,
}

/// Where a side's discounts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grants {
    /// The bundle decides.
    Decide,
    /// What was really granted.
    Recorded,
    /// There are none.
    Nothing,
}

/// Discounts and what each granted.
pub(super) type Granted = SmallVec<[(u32, Money); 2]>;

/// What is kept of a purchase that comes back, for its returns.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    pub month: usize,
    pub classes: SmallVec<[Option<u16>; 4]>,
    /// Per line what was granted, in all and by discount.
    pub lines: Vec<(Money, Granted)>,
    pub points: PurchasePoints,
    /// Discounts that apply, with their rates.
    pub applied: SmallVec<[(u32, Option<Rate>); 2]>,
}

/// One side in one part.
#[derive(Debug)]
pub(super) struct Side {
    pub facts: Arc<Facts>,
    guest_metrics: Vec<Option<Number>>,
    /// The set of attributes that the card in the facts has.
    attributes: Option<u32>,
    pub uses: HashMap<(u32, u16, Instant), u64>,
    accounts: HashMap<u32, PointsAccount>,
    pub kept: HashMap<u32, Kept>,
    pub tally: Tally,
    pub got: Vec<Got>,
    /// Spent of common limits since the others last heard of it.
    pub spent: Ledger,
    pub scripts: bool,
    /// Whether anything looks at who a customer is.
    names: bool,
    /// Customers whose sums changed since cut-offs were taken last; empty where there are none.
    pub touched: Vec<u32>,
    /// How far the starts of windows had come then.
    pub passed: Passed,
    /// What their cut-offs are taken from.
    pub values: Values,
    pub cut_offs: bool,
    /// Whether some discount has limited uses or a budget.
    pub limited: bool,
}

impl Side {
    pub fn new(policy: &Policy, part: &Part, tally: Tally) -> Self {
        let bundle = &policy.bundle;
        let mut nothing = History::default();
        let mut reader = Reader::new(&mut nothing, bundle.zone, bundle.currency);
        let value = |metric| match reader.value(metric, Instant::MIN) {
            Ok(value) => value,
        };
        let guest_metrics = bundle.metrics.iter().map(value).collect();
        let facts = Facts {
            at: Instant::MIN,
            local: Local::default(),
            customer: None,
            metrics: Vec::new(),
            classes: Vec::new(),
            failures: Vec::new(),
            snapshot: 0,
            allowances: vec![Allowance::default(); bundle.discounts.len()],
            points: 0,
        };
        let scripts = asks_scripts(bundle);
        Self {
            facts: Arc::new(facts),
            guest_metrics,
            attributes: None,
            uses: HashMap::new(),
            accounts: HashMap::new(),
            kept: HashMap::new(),
            tally,
            got: vec![Got::default(); part.customers.len()],
            spent: Ledger::default(),
            scripts,
            names: scripts || !bundle.experiments.is_empty(),
            touched: Vec::new(),
            passed: Passed::default(),
            values: Values::default(),
            limited: bundle.discounts.iter().any(|it| it.uses_per_customer.is_some() || is_common(it)),
            cut_offs: bundle.segments.iter().any(|segment| refresh(&segment.rule).is_some()),
        }
    }

    /// The facts to fill in; nobody else holds them between two decisions.
    pub fn facts(&mut self) -> &mut Facts {
        Arc::make_mut(&mut self.facts)
    }

    /// The facts with a customer's card in them.
    pub fn card(&mut self, base: &Base, part: &Part, customer: u32) -> &mut Facts {
        let card = &part.customers[customer as usize];
        let facts = Arc::make_mut(&mut self.facts);
        let known = facts.customer.get_or_insert_with(|| {
            self.attributes = None;
            Customer::default()
        });
        if self.names {
            known.id.clear();
            known.id.push_str(&card.id);
        }
        known.birthday = card.birthday;
        if self.attributes != Some(card.attributes) {
            known.attributes.clone_from(&base.attributes[card.attributes as usize]);
            self.attributes = Some(card.attributes);
        }
        facts
    }

    /// The facts of a guest.
    pub fn guest(&mut self, bundle: &Bundle, cut_offs: &CutOffs) -> &mut Facts {
        let facts = Arc::make_mut(&mut self.facts);
        facts.customer = None;
        facts.metrics.clone_from(&self.guest_metrics);
        facts.classes.clear();
        for (slot, segment) in bundle.segments.iter().enumerate() {
            facts.classes.push(match &segment.rule {
                SegmentRule::Thresholds { metric, floors, descending, .. } => {
                    threshold_class(self.guest_metrics[*metric as usize], floors, descending)
                }
                SegmentRule::Rank { .. } | SegmentRule::Score { .. } => cut_offs.class(slot, segment, &facts.metrics),
                SegmentRule::Script(_) => None,
            });
        }
        facts
    }

    /// What is left of a discount to a customer, as the common ledger and what this part spent since say.
    pub fn allowance(
        &self,
        bundle: &Bundle,
        common: &Ledger,
        slot: usize,
        customer: Option<u32>,
        at: Instant,
    ) -> Allowance {
        let discount = &bundle.discounts[slot];
        let place = slot as u16;
        let mut left = Allowance::default();
        if let (Some(limit), Some(customer)) = (discount.uses_per_customer, customer) {
            let period = super::limits::period(bundle, limit.per, at);
            let used = self.uses.get(&(customer, place, period)).copied().unwrap_or(0);
            left.customer_uses = Some(limit.count.saturating_sub(used));
        }
        if let Some(limit) = discount.uses_total {
            let key = (place, Limit::Uses, super::limits::period(bundle, limit.per, at));
            let used = common.get(key).uses + self.spent.get(key).uses;
            left.total_uses = Some(limit.count.saturating_sub(u64::try_from(used).unwrap_or(0)));
        }
        if let Some(budget) = discount.budget {
            let key = (place, Limit::Budget, super::limits::period(bundle, budget.per, at));
            let spent = common.get(key).amount + self.spent.get(key).amount;
            left.budget = Some((budget.amount - spent).max(Money::ZERO));
        }
        left
    }

    /// Posts what a purchase takes of a discount's limits, or what a return gives back.
    pub fn post_limits(
        &mut self,
        bundle: &Bundle,
        slot: u32,
        customer: Option<u32>,
        at: Instant,
        uses: i64,
        amount: Money,
    ) {
        let Some(discount) = bundle.discounts.get(slot as usize) else { return };
        let place = slot as u16;
        if let (Some(limit), Some(customer)) = (discount.uses_per_customer, customer)
            && uses != 0
        {
            let used = self.uses.entry((customer, place, super::limits::period(bundle, limit.per, at))).or_default();
            *used = used.saturating_add_signed(uses);
        }
        if let Some(limit) = discount.uses_total {
            self.spent.post((place, Limit::Uses, super::limits::period(bundle, limit.per, at)), uses, Money::ZERO);
        }
        if let Some(budget) = discount.budget {
            self.spent.post((place, Limit::Budget, super::limits::period(bundle, budget.per, at)), uses, amount);
        }
    }

    /// Whether it matters which points a customer has left.
    fn has_account(&self, part: &Part, customer: u32) -> bool {
        self.scripts || part.customers[customer as usize].redeems
    }

    /// Points that a customer can redeem.
    pub fn redeemable(&self, customer: u32, at: Instant) -> i64 {
        self.accounts.get(&customer).map_or(0, |account| redeemable(account, at, at))
    }

    /// Posts what a purchase redeems and earns; `sequence` names its lot. What was taken from which lot.
    pub fn post_points(
        &mut self,
        bundle: &Bundle,
        part: &Part,
        customer: u32,
        (at, sequence, window): (Instant, u64, (Instant, Instant)),
        points: RecordedPoints,
    ) -> PurchasePoints {
        let counts = at >= window.0;
        let rule = bundle.points.as_ref().map(|points| points.earn);
        let after = |duration: Option<crate::time::Duration>| duration.map(|it| it.after(at, bundle.zone));
        let expires_at = if points.earned > 0 { after(rule.and_then(|rule| rule.expires)) } else { None };
        let mut posted = PurchasePoints { earned: points.earned, lot: 0, taken: Vec::new(), paid: points.paid };
        let known = &mut self.tally.points;
        if counts {
            known.issued += points.earned;
            known.redeemed += points.redeemed;
        } else {
            known.opening += points.earned - points.redeemed;
        }
        if !self.has_account(part, customer) {
            let over_by = |when: Instant| expires_at.is_some_and(|expires_at| expires_at <= when);
            let known = &mut self.tally.points;
            match (over_by(window.0), over_by(window.1)) {
                (true, _) => known.opening -= points.earned,
                (false, true) => known.expired += points.earned,
                (false, false) => {}
            }
            posted.lot = u64::from(over_by(window.1));
            return posted;
        }
        let account = self.accounts.entry(customer).or_default();
        let mut expired: i64 = expire(account, at).iter().map(|part| part.points).sum();
        if points.redeemed > 0 {
            posted.taken = redeem(account, points.redeemed, at, at).unwrap_or_default();
        }
        if points.earned > 0 {
            let matures_at = after(rule.and_then(|rule| rule.pending)).unwrap_or(at);
            posted.lot = sequence + 1;
            let (id, left) = (posted.lot, points.earned);
            // More points than anybody can have are refused in the shop; here they are left out.
            let _ = earn(account, Lot { id, earned_at: at, matures_at, expires_at, left, expired: 0 });
            expired += expire(account, at).iter().map(|part| part.points).sum::<i64>();
        }
        if counts {
            self.tally.points.expired += expired;
        } else {
            self.tally.points.opening -= expired;
        }
        posted
    }

    /// Posts what the `nth` return of a purchase takes back and gives back of its points.
    pub fn take_points_back(
        &mut self,
        bundle: &Bundle,
        part: &Part,
        purchase: &Purchase,
        points: &PurchasePoints,
        (nth, customer, at): (usize, u32, Instant),
    ) -> PointsShare {
        let (before, until) = (points_share(purchase, points, nth), points_share(purchase, points, nth + 1));
        let share = until - before;
        if !self.has_account(part, customer) {
            // Where nothing is ever redeemed, a lot is there whole until it is over; `lot` says whether that is so at the end.
            let rule = bundle.points.as_ref().and_then(|points| points.earn.expires);
            if rule.is_none_or(|expires| at < expires.after(purchase.at, bundle.zone)) {
                self.tally.points.reversed += share.earned;
                self.tally.points.expired -= if points.lot == 0 { 0 } else { share.earned };
            }
            return share;
        }
        let account = self.accounts.entry(customer).or_default();
        let mut expired: i64 = expire(account, at).iter().map(|part| part.points).sum();
        for back in given_back(&points.taken, before.redeemed, until.redeemed) {
            if let Some(lot) = account.lots.iter_mut().find(|lot| lot.id == back.lot) {
                lot.left += back.points;
            }
        }
        let mut lapsed = 0;
        if share.earned > 0
            && let Some(lot) = account.lots.iter_mut().find(|lot| lot.id == points.lot)
        {
            lapsed = reverse_earned(lot, share.earned);
        }
        expired += expire(account, at).iter().map(|part| part.points).sum::<i64>();
        self.tally.points.expired += expired;
        self.tally.points.reversed += share.earned - lapsed;
        self.tally.points.redeemed -= share.redeemed;
        share
    }

    /// Posts what expired by the start of the window.
    pub fn open_window(&mut self, from: Instant) {
        self.tally.points.opening -= self.expire_all(from);
    }

    /// Posts what expired by its end.
    pub fn close_window(&mut self, until: Instant) {
        self.tally.points.expired += self.expire_all(until);
    }

    fn expire_all(&mut self, by: Instant) -> i64 {
        self.accounts.values_mut().flat_map(|account| expire(account, by)).map(|part| part.points).sum()
    }

    /// Notes failures of scripts.
    pub fn note_failures(&mut self, decision: &Decision) {
        if !self.scripts {
            return;
        }
        let mut failed = decision.trace.iter().chain(decision.failures.iter().map(|(_, reason)| reason));
        self.tally.script_failures += i64::from(failed.any(|reason| matches!(reason, Reason::ScriptFailed { .. })));
    }
}

/// A purchase as the rules of returns look at it: with what this side granted.
pub(super) fn as_purchase(base: &Base, part: &Part, place: u32, kept: &Kept) -> Purchase {
    let lines = part.articles_of(place as usize).iter().zip(&kept.lines).map(|(article, (discount, _))| {
        let article = &base.articles[*article as usize];
        PurchaseLine {
            sku: "".into(),
            category: None,
            tags: Vec::new(),
            quantity: crate::money::Quantity(article.line.quantity),
            unit_price: crate::money::UnitPrice(article.line.unit_price),
            gross: article.gross,
            discount: *discount,
            cost: article.cost,
        }
    });
    let returns = part.returns_of(place).iter().map(|back| Return {
        id: String::new(),
        at: back.at,
        lines: back
            .lines
            .iter()
            .map(|line| ReturnLine {
                line: line.line,
                quantity: crate::money::Quantity(line.until.0 - line.from.0),
                gross: line.gross,
                discount: line.discount,
                cost: line.cost,
            })
            .collect(),
    });
    let at = part.purchases[place as usize].at;
    Purchase {
        id: String::new(),
        customer: None,
        at,
        recorded_at: at,
        revision: None,
        lines: lines.collect(),
        returns: returns.collect(),
    }
}
