//! What the language page says a checkout must do: slowly, in fractions, one sentence of the page after the other.

use super::shop::{Asks, By, Case, Discount, Grant, Row};

/// An exact fraction, reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction(i128, i128);

impl Fraction {
    pub const ZERO: Self = Self(0, 1);

    pub fn new(up: i128, down: i128) -> Self {
        assert!(down != 0, "nothing is divided by nothing");
        let (mut a, mut b) = (up.abs(), down.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let common = a.max(1) * down.signum();
        Self(up / common, down / common)
    }

    pub fn whole(value: i64) -> Self {
        Self(i128::from(value), 1)
    }

    fn times(self, other: Self) -> Self {
        Self::new(self.0 * other.0, self.1 * other.1)
    }

    fn plus(self, other: Self) -> Self {
        Self::new(self.0 * other.1 + other.0 * self.1, self.1 * other.1)
    }

    fn less(self, other: Self) -> Self {
        self.plus(Self(-other.0, other.1))
    }

    fn above(self, other: Self) -> bool {
        self.less(other).0 > 0
    }

    fn smaller(self, other: Self) -> Self {
        if self.above(other) { other } else { self }
    }

    fn floor(self) -> i64 {
        i64::try_from(self.0.div_euclid(self.1)).expect("in range")
    }

    fn ceil(self) -> i64 {
        i64::try_from(-(-self.0).div_euclid(self.1)).expect("in range")
    }

    /// Half away from zero.
    pub fn round(self) -> i64 {
        let half = Self::new(1, 2);
        if self.0 < 0 { -Self(-self.0, self.1).round() } else { self.plus(half).floor() }
    }
}

const fn share(ppm: u32) -> Fraction {
    Fraction(ppm as i128, 1_000_000)
}

/// What must come out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Must {
    pub gross: Vec<i64>,
    pub cost: Vec<i64>,
    /// Discount and amount, in the order they apply.
    pub applied: Vec<(usize, i64)>,
    /// Per line, what each applied discount granted on it.
    pub lines: Vec<Vec<(usize, i64)>>,
    pub points_paid: i64,
    pub points_redeemed: i64,
    pub points_earned: i64,
}

struct Given {
    discount: usize,
    amount: i64,
    bases: Vec<Fraction>,
    parts: Vec<i64>,
}

/// In proportion by largest remainder; of equal ones the earlier line.
fn spread(total: i64, bases: &[Fraction]) -> Vec<i64> {
    let sum = bases.iter().fold(Fraction::ZERO, |sum, base| sum.plus(*base));
    let exact: Vec<Fraction> =
        bases.iter().map(|base| Fraction::whole(total).times(*base).times(Fraction::new(sum.1, sum.0))).collect();
    let mut parts: Vec<i64> = exact.iter().map(|part| part.floor()).collect();
    let mut open = total - parts.iter().sum::<i64>();
    let mut had = vec![false; parts.len()];
    while open > 0 {
        let rest = |at: usize| exact[at].less(Fraction::whole(exact[at].floor()));
        let mut best = None;
        for at in (0..parts.len()).filter(|at| !had[*at]) {
            if best.is_none_or(|known: usize| rest(at).above(rest(known))) {
                best = Some(at);
            }
        }
        let best = best.expect("fewer cents are left than there are lines");
        had[best] = true;
        parts[best] += 1;
        open -= 1;
    }
    parts
}

impl Case {
    fn minor(&self, major: Fraction) -> Fraction {
        major.times(Fraction(10i128.pow(self.exponent), 1))
    }

    fn line_value(&self, row: &Row, price: i64) -> Fraction {
        self.minor(Fraction::new(i128::from(row.quantity), 1_000).times(Fraction::new(i128::from(price), 10_000)))
    }

    fn gross(&self, row: &Row) -> i64 {
        self.line_value(row, row.price).round()
    }

    fn cost(&self, row: &Row) -> i64 {
        match (row.cost, self.default_margin) {
            (Some(cost), _) => self.line_value(row, cost).round(),
            (None, Some(margin)) => {
                self.line_value(row, row.price).times(Fraction::whole(1).less(share(margin))).round()
            }
            (None, None) => 0,
        }
    }

    /// Of each line the part that is eligible, and how many units that is (thousandths).
    fn eligible(&self, discount: &Discount) -> Vec<(Fraction, i64)> {
        let Some(lines) = &discount.lines else {
            return self.lines.iter().map(|row| (Fraction::whole(1), row.quantity)).collect();
        };
        let meant = |row: &Row| {
            (lines.only.is_empty() || row.category.is_some_and(|category| lines.only.contains(&category)))
                && !(lines.except_new && row.new)
        };
        let mut units: Vec<i64> = self.lines.iter().map(|row| if meant(row) { row.quantity } else { 0 }).collect();
        if let Some(cheapest) = lines.cheapest {
            units = self.cheapest_of(&units, i64::from(cheapest) * 1_000);
        }
        let part = |(row, units): (&Row, &i64)| (Fraction::new(i128::from(*units), i128::from(row.quantity)), *units);
        self.lines.iter().zip(&units).map(part).collect()
    }

    /// So many of the cheapest of these units; of equal price the earlier line first.
    fn cheapest_of(&self, units: &[i64], mut wanted: i64) -> Vec<i64> {
        let mut taken = vec![0; units.len()];
        let mut order: Vec<usize> = (0..units.len()).collect();
        order.sort_by_key(|at| (self.lines[*at].price, *at));
        for at in order {
            taken[at] = units[at].min(wanted);
            wanted -= taken[at];
        }
        taken
    }

    fn may(&self, discount: &Discount) -> bool {
        let facts = &self.facts;
        let gross: i64 = self.lines.iter().map(|row| self.gross(row)).sum();
        let holds = discount.when.iter().all(|asks| match asks {
            Asks::OrdersAtLeast(n) => facts.orders >= *n,
            Asks::OrdersBelow(n) => facts.orders < *n,
            Asks::SpendAbove(n) => Fraction::whole(facts.spend).above(self.minor(Fraction::whole(*n))),
            Asks::RecencyAtMost(n) => facts.recency.is_some_and(|days| days <= *n),
            Asks::Gross(n) => !self.minor(Fraction::whole(*n)).above(Fraction::whole(gross)),
            Asks::FewerUnitsThan(n) => self.lines.iter().map(|row| row.quantity).sum::<i64>() < n * 1_000,
            Asks::Tier(tier) => facts.tier == Some(*tier),
            Asks::Code => self.presents_code,
        });
        holds
            && discount.uses_left != Some(0)
            && self.eligible(discount).iter().any(|(_, units)| *units > 0)
            && self.step(discount).is_none_or(|rate| rate.is_some())
    }

    /// The metric of a ladder, in minor units where it is money.
    fn metric(&self, by: By) -> Option<Fraction> {
        match by {
            By::Orders => Some(Fraction::whole(self.facts.orders)),
            By::Spend => Some(Fraction::whole(self.facts.spend)),
            By::Units => Some(Fraction::new(i128::from(self.facts.units), 1_000)),
            By::Recency => self.facts.recency.map(Fraction::whole),
        }
    }

    fn threshold(&self, by: By, millionths: i128) -> Fraction {
        let value = Fraction::new(millionths, 1_000_000);
        if by == By::Spend { self.minor(value) } else { value }
    }

    /// For a ladder that is not sliced: the rate of the step it stands on, if any.
    fn step(&self, discount: &Discount) -> Option<Option<u32>> {
        let Grant::Ladder { by, steps, sliced: false, counting } = &discount.grant else { return None };
        let Some(mut value) = self.metric(*by) else { return Some(None) };
        if *counting {
            let eligible = self.eligible(discount);
            value = value.plus(match by {
                By::Orders => Fraction::whole(1),
                By::Units => Fraction::new(eligible.iter().map(|(_, units)| i128::from(*units)).sum(), 1_000),
                By::Spend | By::Recency => eligible
                    .iter()
                    .zip(&self.lines)
                    .fold(Fraction::ZERO, |sum, (part, row)| sum.plus(part.0.times(Fraction::whole(self.gross(row))))),
            });
        }
        Some(steps.iter().rev().find(|(from, _)| !self.threshold(*by, *from).above(value)).map(|(_, rate)| *rate))
    }

    /// What one discount grants on what is left.
    fn grant(&self, at: usize, left: &[i64]) -> Option<Given> {
        let discount = &self.discounts[at];
        let eligible = self.eligible(discount);
        let value = |line: usize| if self.original { self.gross(&self.lines[line]) } else { left[line] };
        let bases: Vec<Fraction> =
            eligible.iter().enumerate().map(|(line, (part, _))| part.times(Fraction::whole(value(line)))).collect();
        let total = bases.iter().fold(Fraction::ZERO, |sum, base| sum.plus(*base));
        if total == Fraction::ZERO {
            return None;
        }
        let units: i64 = eligible.iter().map(|(_, units)| units).sum();
        let exact = match &discount.grant {
            Grant::Rate(ppm) => total.times(share(*ppm)),
            Grant::Amount(amount) => Fraction::whole(*amount).smaller(total),
            Grant::Each(amount) => {
                Fraction::whole(*amount).times(Fraction::new(i128::from(units), 1_000)).smaller(total)
            }
            Grant::Free(buy, get) => {
                let free = units / 1_000 / i64::from(buy + get) * i64::from(*get) * 1_000;
                let quantities: Vec<i64> = eligible.iter().map(|(_, units)| *units).collect();
                let taken = self.cheapest_of(&quantities, free);
                (0..taken.len()).filter(|line| taken[*line] > 0).fold(Fraction::ZERO, |sum, line| {
                    let part = Fraction::new(i128::from(taken[line]), i128::from(quantities[line]));
                    sum.plus(bases[line].times(part))
                })
            }
            Grant::Ladder { by, steps, sliced: true, .. } => {
                let bottom = self.metric(*by)?;
                let top = bottom.plus(total);
                let mut sum = Fraction::ZERO;
                for (step, (from, rate)) in steps.iter().enumerate() {
                    let from = self.threshold(*by, *from);
                    let until = steps.get(step + 1).map_or(top, |(next, _)| self.threshold(*by, *next).smaller(top));
                    let from = if bottom.above(from) { bottom } else { from };
                    if until.above(from) {
                        sum = sum.plus(until.less(from).times(share(*rate)));
                    }
                }
                sum
            }
            Grant::Ladder { .. } => total.times(share(self.step(discount)??)),
        };
        let mut amount = exact.round();
        if let Some(cap) = discount.cap {
            amount = amount.min(cap);
        }
        if let Some((partial, left)) = discount.budget {
            if amount > left && !partial {
                return None;
            }
            amount = amount.min(left);
        }
        if amount == 0 {
            return None;
        }
        let mut parts = spread(amount, &bases);
        for (part, left) in parts.iter_mut().zip(left) {
            assert!(self.original || *part <= *left, "no line goes below zero");
            *part = (*part).min(*left);
        }
        let amount = parts.iter().sum();
        (amount > 0).then_some(Given { discount: at, amount, bases, parts })
    }

    /// These discounts, one after another, then the limits.
    fn apply(&self, chosen: &[usize]) -> Vec<Given> {
        let mut left: Vec<i64> = self.lines.iter().map(|row| self.gross(row)).collect();
        let mut given: Vec<Given> = Vec::new();
        let mut winners: Vec<(u8, Option<usize>)> = Vec::new();
        for &at in chosen {
            if let Some(group) = self.discounts[at].group {
                if !winners.iter().any(|(known, _)| *known == group) {
                    let mut best: Option<(usize, i64)> = None;
                    for &member in chosen.iter().filter(|at| self.discounts[**at].group == Some(group)) {
                        if let Some(granted) = self.grant(member, &left)
                            && best.is_none_or(|(_, amount)| granted.amount > amount)
                        {
                            best = Some((member, granted.amount));
                        }
                    }
                    winners.push((group, best.map(|(member, _)| member)));
                }
                if !winners.contains(&(group, Some(at))) {
                    continue;
                }
            }
            if let Some(granted) = self.grant(at, &left) {
                left.iter_mut().zip(&granted.parts).for_each(|(left, part)| *left -= part);
                given.push(granted);
            }
        }
        self.limit(&mut given);
        given.retain(|given| given.amount > 0);
        given
    }

    fn limit(&self, given: &mut [Given]) {
        if let Some(margin) = self.min_margin {
            for (line, row) in self.lines.iter().enumerate() {
                let kept = Fraction::whole(1).less(share(margin));
                let least = Fraction::whole(self.cost(row)).times(Fraction::new(kept.1, kept.0)).ceil();
                let room = (self.gross(row) - least).max(0);
                let mut excess = given.iter().map(|given| given.parts[line]).sum::<i64>() - room;
                for given in given.iter_mut().rev() {
                    let cut = given.parts[line].min(excess.max(0));
                    given.parts[line] -= cut;
                    given.amount -= cut;
                    excess -= cut;
                }
            }
        }
        let gross: i64 = self.lines.iter().map(|row| self.gross(row)).sum();
        let most = self.max_rate.map(|ppm| Fraction::whole(gross).times(share(ppm)).floor());
        for bound in most.into_iter().chain(self.max_amount) {
            let mut excess = given.iter().map(|given| given.amount).sum::<i64>() - bound;
            for given in given.iter_mut().rev() {
                let cut = given.amount.min(excess.max(0));
                if cut == 0 {
                    continue;
                }
                excess -= cut;
                given.amount -= cut;
                // A smaller amount is allotted anew, but no line gets more than it had.
                let anew = spread(given.amount, &given.bases);
                let had: Vec<Fraction> = given.parts.iter().copied().map(Fraction::whole).collect();
                let more = anew.iter().zip(&given.parts).any(|(new, old)| new > old);
                given.parts = if more { spread(given.amount, &had) } else { anew };
            }
        }
    }

    pub fn must(&self) -> Must {
        let mut order: Vec<usize> = (0..self.discounts.len()).collect();
        order.sort_by_key(|at| (self.discounts[*at].priority.unwrap_or(100), *at));
        order.retain(|at| self.may(&self.discounts[*at]));
        let (alone, together): (Vec<usize>, Vec<usize>) =
            order.into_iter().partition(|at| self.discounts[*at].exclusive);
        let sum = |given: &[Given]| given.iter().map(|given| given.amount).sum::<i64>();
        let mut best = self.apply(&together);
        // In order, so of exclusive ones that grant the same the first is taken.
        for at in alone {
            let single = self.apply(&[at]);
            if sum(&single) > sum(&best) {
                best = single;
            }
        }
        let gross: Vec<i64> = self.lines.iter().map(|row| self.gross(row)).collect();
        let net = gross.iter().sum::<i64>() - sum(&best);
        let (points_redeemed, points_paid) = self.redeem(net);
        Must {
            cost: self.lines.iter().map(|row| self.cost(row)).collect(),
            applied: best.iter().map(|given| (given.discount, given.amount)).collect(),
            lines: (0..gross.len())
                .map(|line| best.iter().map(|g| (g.discount, g.parts[line])).filter(|(_, part)| *part > 0).collect())
                .collect(),
            gross,
            points_paid,
            points_redeemed,
            points_earned: self.earn(net - points_paid),
        }
    }

    fn redeem(&self, net: i64) -> (i64, i64) {
        let rule = self.points.as_ref().and_then(|points| points.redeem);
        let Some((value, least, most)) = rule.filter(|_| self.facts.card) else { return (0, 0) };
        let worth = self.minor(Fraction::new(i128::from(value), 1_000_000));
        let bound = Fraction::whole(net).times(share(most)).floor();
        let payable = Fraction::whole(bound).times(Fraction::new(worth.1, worth.0)).floor();
        let used = self.redeem.min(self.facts.points).min(payable);
        if used < i64::from(least) || used <= 0 {
            return (0, 0);
        }
        let paid = Fraction::whole(used).times(worth).round().min(net);
        // Points that pay nothing are not taken.
        if paid > 0 { (used, paid) } else { (0, 0) }
    }

    fn earn(&self, paid: i64) -> i64 {
        let Some(points) = self.points.as_ref().filter(|_| self.facts.card) else { return 0 };
        let applying = points.multiply.iter().filter(|(_, tier)| self.facts.tier == Some(*tier));
        let factor = applying.map(|(by, _)| *by).max().unwrap_or(1_000);
        Fraction::new(i128::from(paid), i128::from(points.per))
            .times(Fraction::new(i128::from(points.points) * i128::from(factor), 1_000))
            .floor()
    }
}

#[test]
fn the_oracle_knows_the_worked_examples() {
    let check = |total: i64, bases: &[i64], expect: &[i64]| {
        let bases: Vec<Fraction> = bases.iter().copied().map(Fraction::whole).collect();
        assert_eq!(spread(total, &bases), expect);
    };
    check(50, &[333, 333, 333], &[17, 17, 16]);
    check(100, &[50, 30, 20], &[50, 30, 20]);
    assert_eq!(Fraction::new(4995, 100).round(), 50);
    assert_eq!(Fraction::new(-5, 2).round(), -3);
    assert_eq!(Fraction::whole(8500).times(Fraction::new(100, 88)).ceil(), 9660);
}
