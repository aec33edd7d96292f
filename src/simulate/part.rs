//! One part of a base while it is replayed: purchases and returns in order of time, all sides at once.

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Arc;

use smallvec::SmallVec;

use super::base::{Base, GUEST, Part, RETURN, RecordedPoints};
use super::calendar::Moment;
use super::figures::{Figures, Tally};
use super::known::{Known, Marks, TakenBack};
use super::limits::Ledger;
use super::plan::{AT, Plan, What};
use super::replay::Progress;
use super::side::{Grants, Kept, Policy, Side};
use crate::engine::{CutOffs, Desk, Priced, classify_by_script, decide, limited_offers};
use crate::model::{Allowance, Basket, Decision, LotPart};
use crate::money::{Money, Quantity, UnitPrice, allot};
use crate::time::Instant;

/// Hears every decision of a replay.
pub trait Watch: Sync {
    /// A side decided on a purchase.
    fn decided(&self, side: usize, purchase: &str, decision: &Decision);
}

/// What parts share while they run.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a> {
    pub base: &'a Base,
    pub plan: &'a Plan,
    pub policies: &'a [Policy],
    /// Decisions are made from the first to before the second.
    pub window: (Instant, Instant),
    /// The first month of the window, per side.
    pub months: &'a [i32],
    pub cut_offs: &'a [CutOffs],
    /// What all parts spent, per side.
    pub ledgers: &'a [Ledger],
    /// Per side and discount: whether its common limit may run out now, so that the order of all purchases matters.
    pub scarce: &'a [Vec<bool>],
    pub watch: Option<&'a dyn Watch>,
    /// Tells whether somebody ended the run.
    pub progress: &'a Progress,
}

/// What was replayed of a part, as all sides look back at it.
#[derive(Debug)]
pub(super) struct Past {
    pub rows: Vec<i64>,
    marks: Marks,
    /// By customer.
    pub taken_back: Vec<Vec<TakenBack>>,
}

impl Past {
    fn new(shared: &Shared<'_>, part: &Part) -> Self {
        let stride = shared.plan.stride();
        let mut rows = vec![0; (part.purchases_of_customers() + part.customers.len()) * stride];
        for customer in 0..part.customers.len() {
            let purchases = part.purchases_of(customer as u32);
            rows[(purchases.end + customer) * stride + AT] = i64::MAX;
            for place in purchases {
                rows[(place + customer) * stride + AT] = part.purchases[place].at.0;
            }
        }
        Self { rows, marks: Marks::new(shared.plan, part), taken_back: vec![Vec::new(); part.customers.len()] }
    }

    /// Looks where what is known of some customers will be looked at soon. Memory answers many at once as fast as one, so
    /// that whoever comes then does not wait for each.
    pub fn fetch(&self, part: &Part, stride: usize, customers: &[u32]) {
        let mut seen = 0;
        for customer in customers.iter().copied() {
            let of = customer as usize;
            seen ^= self.marks.of(customer).next().map_or(0, |place| place as i64)
                ^ part.customers[of].since.0
                ^ i64::from(part.contact_starts[of]);
            seen ^= self.taken_back[of].len() as i64 ^ i64::from(part.starts[of]);
        }
        black_box(seen);
        for customer in customers.iter().copied() {
            let first = part.contact_starts[customer as usize] as usize;
            seen ^= part.contacts.get(first).map_or(0, |contact| contact.at.0);
            seen ^= part.contact_sums.get(first + customer as usize).map_or(0, |sums| sums.0[0]);
            for place in self.marks.of(customer) {
                let row = (place + customer as usize) * stride;
                let row = self.rows.get(row..row + stride).unwrap_or_default();
                seen = row.iter().step_by(8).fold(seen, |seen, sum| seen ^ sum);
            }
        }
        black_box(seen);
    }

    /// A customer's history as far as it was replayed, on one side.
    pub fn known<'a>(&'a self, shared: &Shared<'a>, part: &'a Part, side: usize, customer: u32) -> Known<'a> {
        Known {
            plan: shared.plan,
            side,
            bundle: &shared.policies[side].bundle,
            part,
            rows: &self.rows,
            marks: &self.marks,
            customer,
            corrections: &self.taken_back[customer as usize],
        }
    }
}

/// How many customers memory is asked for at once.
pub(super) const AHEAD: usize = 8;

/// A part while it is replayed.
#[derive(Debug)]
pub(super) struct Running {
    pub past: Past,
    /// The place in the order of what happens next.
    pub next: usize,
    pub sides: Vec<Side>,
    desk: Desk,
    /// Codes and points; lines only where scripts may look at them. What else is looked at of lines is in `priced`.
    basket: Arc<Basket>,
    /// Whether the basket has codes or points.
    presented: bool,
    priced: Priced,
    /// What each side grants on each line of the purchase, or of the return, that is replayed now.
    pub granted: Vec<SmallVec<[Money; 8]>>,
    moments: Vec<Moment>,
    /// Customers whose purchases wait until the other parts are as far.
    held: HashSet<u32>,
    /// What waits, in order of time.
    pub waiting: Vec<u32>,
    /// Per candidate and customer: the purchase with the largest difference to the baseline.
    pub widest: Vec<Vec<(Money, u32)>>,
}

impl Running {
    pub fn new(shared: &Shared<'_>, part: &Part, tallies: &[Tally]) -> Self {
        let side = |(policy, tally): (&Policy, &Tally)| Side::new(policy, part, tally.clone());
        Self {
            past: Past::new(shared, part),
            next: 0,
            sides: shared.policies.iter().zip(tallies).map(side).collect(),
            desk: Desk::default(),
            basket: Arc::default(),
            presented: false,
            priced: Priced::default(),
            granted: vec![SmallVec::new(); shared.policies.len()],
            moments: Vec::new(),
            held: HashSet::new(),
            waiting: Vec::new(),
            widest: vec![vec![(Money::ZERO, 0); part.customers.len()]; shared.policies.len().saturating_sub(1)],
        }
    }

    /// Replays what happened before an instant. What depends on others is put off: see [`Running::catch_up`]. How many
    /// purchases were looked at.
    pub fn advance(&mut self, shared: &Shared<'_>, part: &Part, until: Instant, stop: &dyn Fn() -> bool) -> u64 {
        let mut count = 0;
        let mut step = |running: &mut Self, what: u32| {
            if count % 1_024 == 0 && stop() {
                return false;
            }
            count += u64::from(what & RETURN == 0);
            if !running.step(shared, part, what, false) {
                running.waiting.push(what);
            }
            true
        };
        let ahead = &part.order[self.next..];
        let happens = |what: &u32| part.at(*what) < until;
        if ahead.get(part.customers.len()).is_some_and(happens) {
            // Customers do not look at each other within a stretch: in a long one each is followed while at hand.
            let ahead = &ahead[..ahead.partition_point(happens)];
            self.next += ahead.len();
            part.by_customer(ahead).into_iter().all(|what| step(self, what));
        } else {
            for (nth, what) in ahead.iter().take_while(|what| happens(what)).enumerate() {
                if nth % AHEAD == 0 {
                    self.fetch(shared, part, &ahead[nth..ahead.len().min(nth + AHEAD)]);
                }
                self.next += 1;
                if !step(self, *what) {
                    break;
                }
            }
        }
        count
    }

    /// Looks where the next purchases will look.
    fn fetch(&self, shared: &Shared<'_>, part: &Part, ahead: &[u32]) {
        let place = |what: &u32| part.purchase_of(*what) as usize;
        let customers: SmallVec<[u32; AHEAD]> =
            ahead.iter().map(|what| part.purchases[place(what)].customer).filter(|it| *it != GUEST).collect();
        self.past.fetch(part, shared.plan.stride(), &customers);
        let mut seen = 0;
        for place in ahead.iter().map(place) {
            seen ^= part.articles_of(place).first().copied().map_or(0, i64::from);
        }
        for side in &self.sides {
            for got in customers.iter().map(|customer| &side.got[*customer as usize]) {
                seen ^= got.discount.0 ^ got.by_discount.len() as i64;
            }
        }
        black_box(seen);
    }

    /// Replays one thing that was put off.
    pub fn catch_up(&mut self, shared: &Shared<'_>, part: &Part, what: u32) {
        self.step(shared, part, what, true);
    }

    /// Forgets who waited: everybody caught up.
    pub fn release(&mut self) {
        self.held.clear();
        self.waiting.clear();
    }

    /// Replays one thing; `false` where it has to wait for others.
    fn step(&mut self, shared: &Shared<'_>, part: &Part, what: u32, alone: bool) -> bool {
        let (place, back) = match what & RETURN {
            0 => (what, None),
            _ => {
                let back = &part.returns[(what & !RETURN) as usize];
                (back.purchase, Some(back))
            }
        };
        let customer = part.purchases[place as usize].customer;
        // Guests are nobody in particular: only what a purchase itself waits for keeps its return waiting.
        let holder = if customer == GUEST { place | RETURN } else { customer };
        if !alone && !self.held.is_empty() && self.held.contains(&holder) {
            return false;
        }
        let done = match back {
            Some(back) => self.take_back(shared, part, back, alone),
            None => self.purchase(shared, part, place, alone),
        };
        if !done {
            self.held.insert(holder);
        }
        done
    }

    fn purchase(&mut self, shared: &Shared<'_>, part: &Part, place: u32, alone: bool) -> bool {
        let bought = part.purchases[place as usize];
        let customer = (bought.customer != GUEST).then_some(bought.customer);
        if bought.at < shared.window.0 {
            self.before_the_window(shared, part, place, customer);
            return true;
        }
        self.lay_out(shared, part, place);
        self.moments.clear();
        self.moments.extend(shared.plan.calendars.iter().map(|calendar| calendar.moment(bought.at)));
        for side in 0..self.sides.len() {
            if !self.prepare(shared, part, side, customer, alone) {
                return false;
            }
        }
        for side in 0..self.sides.len() {
            self.settle(shared, part, side, place, customer);
        }
        if let Some(customer) = customer {
            self.write_row(shared, part, place, customer);
            let granted = |side: &SmallVec<[Money; 8]>| side.iter().copied().sum::<Money>();
            let baseline = granted(&self.granted[0]);
            for (widest, lines) in self.widest.iter_mut().zip(&self.granted[1..]) {
                let difference = granted(lines) - baseline;
                let known = &mut widest[customer as usize];
                if difference.0.abs() > known.0.0.abs() {
                    *known = (difference, place);
                }
            }
        }
        true
    }

    /// What was before the window stands as it was recorded.
    fn before_the_window(&mut self, shared: &Shared<'_>, part: &Part, place: u32, customer: Option<u32>) {
        let Some(customer) = customer else { return };
        let bought = part.purchases[place as usize];
        for (side, granted) in self.granted.iter_mut().enumerate() {
            granted.clear();
            let recorded = part.lines_of(place as usize).map(|line| part.recorded_discount(line));
            match shared.policies[side].grants {
                Grants::Nothing => granted.extend(recorded.map(|_| Money::ZERO)),
                Grants::Decide | Grants::Recorded => granted.extend(recorded),
            }
        }
        if let Some(points) = part.points.get(&place) {
            let when = (bought.at, bought.sequence, shared.window);
            for (side, policy) in self.sides.iter_mut().zip(shared.policies) {
                if policy.grants != Grants::Nothing {
                    side.post_points(&policy.bundle, part, customer, when, *points);
                }
            }
        }
        self.write_row(shared, part, place, customer);
    }

    fn lay_out(&mut self, shared: &Shared<'_>, part: &Part, place: u32) {
        self.priced.clear();
        let articles = part.articles_of(place as usize);
        for article in articles {
            let known = &shared.base.articles[*article as usize];
            let (quantity, price) = (Quantity(known.line.quantity), UnitPrice(known.line.unit_price));
            self.priced.push_priced(quantity, price, known.gross, known.cost);
        }
        let extra = if part.extras.is_empty() { None } else { part.extras.get(&place) };
        let scripts = self.sides.iter().any(|side| side.scripts);
        if scripts || extra.is_some() || self.presented {
            self.presented = extra.is_some();
            let basket = Arc::make_mut(&mut self.basket);
            basket.codes.clear();
            basket.redeem_points = 0;
            if let Some(extra) = extra {
                basket.codes.clone_from(&extra.codes);
                basket.redeem_points = extra.redeem_points;
            }
            if scripts {
                basket.lines.clear();
                basket.lines.extend(articles.iter().map(|article| shared.base.articles[*article as usize].to_line()));
            }
        }
    }

    /// Gathers the facts of one side; `false` where they depend on what others do meanwhile.
    fn prepare(&mut self, shared: &Shared<'_>, part: &Part, at: usize, customer: Option<u32>, alone: bool) -> bool {
        let policy = &shared.policies[at];
        let bundle = &*policy.bundle;
        let calendar = shared.plan.sides[at].calendar;
        let (calendar, moment) = (&shared.plan.calendars[calendar], self.moments[calendar]);
        let cut_offs = &shared.cut_offs[at];
        let side = &mut self.sides[at];
        let points = customer.map_or(0, |customer| side.redeemable(customer, moment.at));
        let (scripts, limited) = (side.scripts, side.limited);
        let facts = match customer {
            None => side.guest(bundle, cut_offs),
            Some(customer) => {
                let facts = side.card(shared.base, part, customer);
                let known = self.past.known(shared, part, at, customer);
                known.metrics(&moment, &cut_offs.fits, false, &mut facts.metrics);
                known.classes(&moment, cut_offs, &facts.metrics, &mut facts.classes);
                facts
            }
        };
        facts.at = moment.at;
        facts.points = points;
        facts.local = calendar.local(&moment);
        facts.snapshot = cut_offs.id;
        facts.failures.clear();
        if scripts {
            *facts = classify_by_script(bundle, facts.clone());
        }
        if policy.grants != Grants::Decide || !limited {
            return true;
        }
        facts.allowances.fill(Allowance::default());
        for slot in limited_offers(bundle, facts, &self.basket, &self.priced) {
            if !alone && shared.scarce[at].get(slot).copied().unwrap_or(false) {
                return false;
            }
            let left = self.sides[at].allowance(bundle, &shared.ledgers[at], slot, customer, moment.at);
            self.sides[at].facts().allowances[slot] = left;
        }
        true
    }

    /// Decides on one side and posts it.
    fn settle(&mut self, shared: &Shared<'_>, part: &Part, at: usize, place: u32, customer: Option<u32>) {
        let policy = &shared.policies[at];
        let bundle = &*policy.bundle;
        let bought = part.purchases[place as usize];
        let side = &mut self.sides[at];
        let granted = &mut self.granted[at];
        granted.clear();
        let mut applied: SmallVec<[(u32, Option<crate::money::Rate>, Money); 4]> = SmallVec::new();
        let mut points = RecordedPoints::default();
        let (mut watched, mut decision) = (None, None);
        match policy.grants {
            Grants::Decide => {
                let passes = &shared.plan.sides[at].passes;
                self.priced.passes.clear();
                part.articles_of(place as usize).iter().for_each(|it| self.priced.passes.copy(passes, *it as usize));
                // Nobody hears of reasons but who watches.
                let made = match shared.watch {
                    Some(_) => &*watched.insert(decide(bundle, &side.facts, &self.basket, &self.priced)),
                    None => self.desk.decide_briefly(bundle, &side.facts, &self.basket, &self.priced),
                };
                granted.extend(made.lines.iter().map(|line| line.discount));
                applied.extend(made.applied.iter().map(|it| (u32::from(it.discount), it.rate, it.amount)));
                let totals = &made.totals;
                let (earned, redeemed) = (totals.points_earned, totals.points_redeemed);
                points = RecordedPoints { earned, redeemed, paid: totals.points_paid };
                side.note_failures(made);
                if let Some(watch) = shared.watch {
                    watch.decided(at, part.id_of(place as usize), made);
                }
                decision = Some(made);
            }
            Grants::Recorded => {
                granted.extend(part.lines_of(place as usize).map(|line| part.recorded_discount(line)));
                let known = part.granted.get(&place).into_iter().flatten();
                applied.extend(known.map(|granted| (granted.name, granted.rate, granted.amount)));
                points = part.points.get(&place).copied().unwrap_or_default();
            }
            Grants::Nothing => granted.extend(self.priced.gross.iter().map(|_| Money::ZERO)),
        }
        let total: Money = granted.iter().copied().sum();
        let figures = Figures {
            purchases: 1,
            gross: self.priced.total,
            discount: total,
            cost: self.priced.cost.iter().copied().sum(),
            points_issued: points.earned,
            points_redeemed: points.redeemed,
            points_paid: points.paid,
        };
        let calendar = &shared.plan.calendars[shared.plan.sides[at].calendar];
        let month = calendar.month(&self.moments[shared.plan.sides[at].calendar]) - shared.months[at];
        let month = usize::try_from(month).unwrap_or(0);
        side.tally.add(figures, month, &side.facts.classes, customer.is_none());
        side.tally.discounted += i64::from(total > Money::ZERO);
        for (discount, rate, amount) in &applied {
            let grants = super::figures::Grants { times: 1, amount: *amount, gross: self.priced.total };
            if let Some(known) = side.tally.discounts.get_mut(*discount as usize) {
                *known += grants;
            }
            if let Some(rate) = rate {
                *side.tally.steps.entry((*discount, *rate)).or_default() += grants;
            }
            if policy.grants == Grants::Decide {
                if bundle.discounts[*discount as usize].budget.is_some() {
                    let day = super::limits::period(bundle, Some(crate::time::Period::Day), bought.at);
                    *side.tally.burned.entry((*discount, day)).or_default() += *amount;
                }
                side.post_limits(bundle, *discount, customer, bought.at, 1, *amount);
            }
            if let Some(customer) = customer {
                side.got[customer as usize].add(*discount, *amount);
            }
        }
        let mut posted = crate::model::PurchasePoints::default();
        if let Some(customer) = customer {
            let got = &mut side.got[customer as usize];
            got.discount += total;
            got.points += points.earned;
            if points != RecordedPoints::default() {
                let when = (bought.at, bought.sequence, shared.window);
                posted = side.post_points(bundle, part, customer, when, points);
            }
        }
        if !bought.comes_back() {
            return;
        }
        // How many were redeemed is known by what was taken; where no account is kept there is nothing to take from.
        if posted.taken.is_empty() && points.redeemed > 0 {
            posted.taken.push(LotPart { lot: 0, points: points.redeemed });
        }
        let by_discount = |line: usize| match decision {
            Some(decision) => {
                decision.lines[line].discounts.iter().map(|(it, amount)| (u32::from(*it), *amount)).collect()
            }
            None => match part.granted_lines.get(&place).and_then(|lines| lines.get(line)) {
                Some(known) => known.iter().copied().collect(),
                None => shares(&applied, granted[line]),
            },
        };
        let lines = (0..granted.len()).map(|line| (granted[line], by_discount(line))).collect();
        let kept = Kept {
            month,
            classes: side.facts.classes.iter().copied().collect(),
            lines,
            points: posted,
            applied: applied.iter().map(|(discount, rate, _)| (*discount, *rate)).collect(),
        };
        side.kept.insert(place, kept);
    }

    /// Writes the sums after a purchase, and the classes right after it.
    fn write_row(&mut self, shared: &Shared<'_>, part: &Part, place: u32, customer: u32) {
        let plan = shared.plan;
        let stride = plan.stride();
        let start = (place as usize + customer as usize) * stride;
        let articles = part.articles_of(place as usize);
        let (before, after) = self.past.rows[start..start + 2 * stride].split_at_mut(stride);
        for (at, column) in plan.columns.iter().enumerate() {
            if let What::At | What::Kept { .. } = column.what {
                continue;
            }
            let counts = &plan.counts[column.track];
            let counting = articles.iter().enumerate().filter(|(_, article)| counts[**article as usize]);
            let known = counting.clone().map(|(_, article)| &shared.base.articles[*article as usize]);
            let adds = match column.what {
                What::Purchases => i64::from(counting.clone().next().is_some()),
                What::Quantity => known.map(|it| it.line.quantity).sum(),
                What::Gross => known.map(|it| it.gross.0).sum(),
                What::Cost => known.map(|it| it.cost.0).sum(),
                What::Discount { side } => counting.map(|(line, _)| self.granted[side][line].0).sum(),
                What::At | What::Kept { .. } => 0,
            };
            after[at] = before[at] + adds;
        }
        self.touch(customer);
        self.write_kept(shared, part, place, customer);
    }

    /// Notes that a customer's sums changed.
    pub fn touch(&mut self, customer: u32) {
        for side in self.sides.iter_mut().filter(|side| side.cut_offs) {
            side.touched.push(customer);
        }
    }

    pub fn write_kept(&mut self, shared: &Shared<'_>, part: &Part, place: u32, customer: u32) {
        let stride = shared.plan.stride();
        for (at, column) in shared.plan.columns.iter().enumerate() {
            let What::Kept { side, segment } = column.what else { continue };
            let known = self.past.known(shared, part, side, customer);
            let rank = known.rank_after(segment, part.purchases[place as usize].at, place as usize + 1);
            self.past.rows[(place as usize + customer as usize) * stride + at] = rank;
        }
    }
}

/// A line's discount, by discount, where it is known of the whole purchase only: of what was imported.
fn shares(applied: &[(u32, Option<crate::money::Rate>, Money)], total: Money) -> SmallVec<[(u32, Money); 2]> {
    let weights: Vec<Money> = applied.iter().map(|(.., amount)| *amount).collect();
    let whole: Money = weights.iter().copied().sum();
    if whole <= Money::ZERO {
        return SmallVec::new();
    }
    let mut parts = SmallVec::<[Money; 8]>::new();
    allot(total.at_most(whole), &weights, &mut parts);
    applied.iter().map(|(discount, ..)| *discount).zip(parts).collect()
}
