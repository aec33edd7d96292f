//! What came of a simulation, as it is answered: figures of each side, and how the candidates differ from the baseline.

use serde::Serialize;
use utoipa::ToSchema;

use super::response::ResponseOut;
use super::words;
use crate::analytics::report::{Figure, Head, Share};
use crate::money::{Currency, Money, Rate};
use crate::policy::Bundle;
use crate::simulate::{Compared, Figures, GrantFigures, Grants, Limit, Moved, Outcome, SideOutcome};
use crate::time::{Instant, Zone};

/// What a simulation found.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SimulationReport {
    /// What it says about itself.
    pub head: Head,
    /// What its figures claim, and what they do not.
    pub claim: &'static str,
    /// From when decisions were made, and until before when, RFC 3339.
    pub window: WindowOut,
    /// Which share of the customers was looked at.
    #[schema(value_type = String)]
    pub sample: String,
    /// Customers in the base at the end of the window.
    pub customers: u64,
    /// The sides; the first is the baseline.
    pub sides: Vec<SideOut>,
    /// One per candidate: what is different.
    pub compared: Vec<ComparedOut>,
    /// What follows if customers answer as the scenario assumes; null where it assumes nothing.
    pub response: Option<ResponseOut>,
}

/// When decisions were made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationWindow)]
pub struct WindowOut {
    /// The first instant.
    pub from: String,
    /// The instant after the last.
    pub until: String,
    /// Months that are not in it whole.
    pub partial_months: Vec<String>,
}

/// One side.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SimulationSide)]
pub struct SideOut {
    /// What it is called.
    pub name: String,
    /// Where its discounts come from: `decided`, `recorded` or `none`.
    pub grants: &'static str,
    /// The policy that its classes and, where it decides, its discounts are of.
    pub revision: String,
    /// Its discounts, in a line each.
    pub rules: Vec<String>,
    /// All purchases in the window, less what came back.
    pub total: FiguresOut,
    /// Those of guests.
    pub guests: FiguresOut,
    /// Purchases that got a discount.
    pub discounted: i64,
    /// Customers who got a discount.
    pub touched: u64,
    /// By month.
    pub months: Vec<MonthOut>,
    /// By class at the time of the purchase.
    pub segments: Vec<SegmentOut>,
    /// By discount.
    pub discounts: Vec<DiscountOut>,
    /// Points.
    pub points: PointsOut,
    /// What was granted, and what the points are worth that were earned and not taken back.
    pub programme_cost: Figure,
    /// Limits that all customers share.
    pub limits: Vec<LimitOut>,
    /// Service budgets at the end of the window, by class.
    pub service: Vec<ServiceOut>,
    /// Decisions in which a script failed.
    pub script_failures: i64,
}

/// Sums over purchases, less what came back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationFigures)]
pub struct FiguresOut {
    /// Purchases.
    pub purchases: i64,
    /// Quantity × unit price.
    pub gross: Figure,
    /// What was granted.
    pub discount: Figure,
    /// Gross less discount.
    pub net: Figure,
    /// Cost of goods.
    pub cost: Figure,
    /// Net less cost.
    pub margin: Figure,
    /// Discount as a share of gross.
    pub discount_rate: Option<Share>,
    /// Points earned.
    pub points_issued: i64,
    /// Points that paid.
    pub points_redeemed: i64,
    /// What these were worth.
    pub points_paid: Figure,
}

/// A month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationMonth)]
pub struct MonthOut {
    /// Which, such as `2026-03`.
    pub month: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: FiguresOut,
}

/// A segment's classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationSegment)]
pub struct SegmentOut {
    /// The segment.
    pub segment: String,
    /// Its classes, the best first; who has none comes last.
    pub classes: Vec<ClassOut>,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationClass)]
pub struct ClassOut {
    /// Its name; null for who has none.
    pub class: Option<String>,
    /// Customers who have it at the end of the window.
    pub customers: u64,
    /// Purchases of those who had it when they bought.
    #[serde(flatten)]
    pub figures: FiguresOut,
}

/// A discount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationDiscount)]
pub struct DiscountOut {
    /// Its name.
    pub discount: String,
    /// What it granted.
    #[serde(flatten)]
    pub granted: GrantsOut,
    /// By rate, where it has several.
    pub steps: Vec<StepOut>,
}

/// What a discount or a step granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationGrants)]
pub struct GrantsOut {
    /// On how many purchases.
    pub times: i64,
    /// How much, less what came back.
    pub amount: Figure,
    /// What these purchases were worth before discounts.
    pub gross: Figure,
}

/// A step of a discount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationStep)]
pub struct StepOut {
    /// Its rate.
    pub rate: String,
    /// What it granted.
    #[serde(flatten)]
    pub granted: GrantsOut,
}

/// What became of points.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationPoints)]
pub struct PointsOut {
    /// What customers had when the window began.
    pub opening: i64,
    /// Earned.
    pub issued: i64,
    /// Taken back with goods.
    pub reversed: i64,
    /// Paid with.
    pub redeemed: i64,
    /// Not redeemed in time.
    pub expired: i64,
    /// What customers still have.
    pub outstanding: i64,
    /// What that is worth at most; null where points cannot pay.
    pub outstanding_worth: Option<Figure>,
}

/// A limit that all customers share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationLimit)]
pub struct LimitOut {
    /// The discount.
    pub discount: String,
    /// `budget` or `uses`.
    pub limit: &'static str,
    /// The period it counts in, such as `month`; null for ever.
    pub per: Option<String>,
    /// What there is in each period: money, or how often.
    pub allowed: String,
    /// What was used, period by period.
    pub periods: Vec<LimitPeriodOut>,
}

/// What was used of a limit in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationLimitPeriod)]
pub struct LimitPeriodOut {
    /// When the period begins; null where it counts for ever.
    pub from: Option<String>,
    /// What was used in it, less what came back.
    pub used: String,
    /// What of it was left.
    pub left: Option<Share>,
    /// How a budget burned down: day by day what was left, in money.
    pub days: Vec<BurnOut>,
}

/// What was left of a budget at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationBurn)]
pub struct BurnOut {
    /// The day on which purchases were made.
    pub day: String,
    /// What was left.
    pub left: Figure,
}

/// Service budgets of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationService)]
pub struct ServiceOut {
    /// The class; null for who has none.
    pub class: Option<String>,
    /// Customers.
    pub customers: u64,
    /// What may be spent on them.
    pub granted: Figure,
    /// What was spent within the budgets' window.
    pub used: Figure,
}

/// A candidate beside the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SimulationDifference)]
pub struct ComparedOut {
    /// The candidate.
    pub candidate: String,
    /// The candidate's figures less the baseline's.
    pub difference: FiguresOut,
    /// How much more is granted, as a share of what the baseline grants; null where that is nothing.
    pub discount_change: Option<Share>,
    /// How much more discounts and points cost together, likewise.
    pub cost_change: Option<Share>,
    /// Whether that is more than nothing where the baseline costs nothing.
    #[serde(skip)]
    pub cost_rises: bool,
    /// Customers who get more.
    pub winners: u64,
    /// How much more.
    pub won: Figure,
    /// Customers who get less.
    pub losers: u64,
    /// How much less.
    pub lost: Figure,
    /// How customers' classes differ at the end of the window.
    pub migrations: Vec<MigrationOut>,
    /// Those who win most.
    pub most_won: Vec<MovedOut>,
    /// Those who lose most.
    pub most_lost: Vec<MovedOut>,
}

/// How many customers have which class on which side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationMigration)]
pub struct MigrationOut {
    /// The segment.
    pub segment: String,
    /// The baseline's classes: the rows. The last are those without one.
    pub from: Vec<Option<String>>,
    /// The candidate's classes: the columns.
    pub to: Vec<Option<String>>,
    /// Customers.
    pub customers: Vec<Vec<u64>>,
    /// Customers whose class differs.
    pub moved: u64,
}

/// A customer who gets something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationMoved)]
pub struct MovedOut {
    /// Who.
    pub customer: String,
    /// What the baseline grants.
    pub baseline: Figure,
    /// What the candidate grants.
    pub candidate: Figure,
    /// The difference.
    pub difference: Figure,
    /// Why, in words.
    pub because: Vec<String>,
    /// The purchase on which both differ most; `treue explain` tells its decision under either policy.
    pub purchase: Option<String>,
}

/// What the figures claim.
pub const CLAIM: &str = "Level 0, replay: had the same purchases happened, this is what each policy costs and whom it \
    touches. Nobody buys more or less here because of a discount, so nothing is said about profit gained.";

/// What is known of a run besides its outcome.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub sample: Rate,
    /// What else was asked for, in words.
    pub filters: Vec<String>,
    pub notes: Vec<String>,
}

/// Puts an outcome into the form in which it is answered.
pub(super) fn report(outcome: &Outcome, asked: Asked) -> SimulationReport {
    let (from, until) = outcome.window;
    let zone = outcome.sides.first().map_or(Zone::UTC, |side| side.policy.bundle.zone);
    let partial = partial_months(zone, from, until);
    let sides: Vec<SideOut> = outcome.sides.iter().map(|side| side_out(side, outcome.window)).collect();
    let compared = outcome
        .compared
        .iter()
        .zip(outcome.sides.iter().skip(1))
        .map(|(compared, candidate)| compared_out(&outcome.sides[0], candidate, compared))
        .collect();
    SimulationReport {
        head: head(outcome, &asked, &partial),
        claim: CLAIM,
        window: WindowOut { from: from.to_string(), until: until.to_string(), partial_months: partial },
        sample: asked.sample.to_string(),
        customers: outcome.customers,
        sides,
        compared,
        response: None,
    }
}

fn head(outcome: &Outcome, asked: &Asked, partial: &[String]) -> Head {
    let (from, until) = outcome.window;
    let last = outcome.sides.last().map(|side| &side.policy.bundle);
    let mut head = Head {
        report: "simulation",
        as_of: until,
        from: Some(from),
        filters: asked.filters.clone(),
        revision: last.map_or_else(String::new, |bundle| bundle.revision.to_string()),
        currency: last.map_or_else(String::new, |bundle| bundle.currency.to_string()),
        timezone: last.map_or_else(String::new, |bundle| bundle.zone.to_string()),
        ..Head::default()
    };
    if asked.sample != Rate::ONE {
        head.filters.push(format!("sample {}", asked.sample));
    }
    for side in &outcome.sides {
        let bundle = &side.policy.bundle;
        let what = match side.policy.grants {
            Grants::Decide => format!("policy {}", bundle.revision),
            Grants::Recorded => format!("what was really granted; classes of policy {}", bundle.revision),
            Grants::Nothing => format!("no discounts and no points; classes of policy {}", bundle.revision),
        };
        head.define(&side.policy.name, what);
        for metric in &bundle.metrics {
            head.define(&format!("{}.{}", side.policy.name, metric.name), words::metric(metric));
        }
    }
    head.define("gross", "quantity × unit price, less what came back until the end of the window");
    head.define("discount", "what was granted, less the share of what came back");
    head.define("margin", "gross less discount less cost of goods as they were recorded");
    head.note("What was bought before the window counts as history, with what was really granted on it. Uses and budgets begin anew with the window.");
    head.note("What came back is taken out of the month, class and discount of its purchase.");
    if !partial.is_empty() {
        head.note(format!("Not whole: {}. Do not compare them with whole months.", partial.join(", ")));
    }
    if asked.sample != Rate::ONE {
        head.note(
            "Budgets and cut-offs are those of the sample alone: a budget meant for all customers lasts longer here.",
        );
    }
    head.note(
        "Who wins or loses is what a policy grants, not what it did to a customer. Customers picked for having been good, \
         or for having stayed away, move towards the average by themselves (regression to the mean: F. Galton, 1886), so a \
         before-and-after of them would flatter any discount. Only a randomised control group tells what it did.",
    );
    for note in &asked.notes {
        head.note(note.clone());
    }
    head
}

fn partial_months(zone: Zone, from: Instant, until: Instant) -> Vec<String> {
    use crate::time::Period;
    let name = |at: Instant| zone.local(at).format("%Y-%m").to_string();
    let mut partial = Vec::new();
    if Period::Month.start(from, zone) != from {
        partial.push(name(from));
    }
    if Period::Month.start(until, zone) != until {
        let last = name(until.plus_micros(-1));
        if !partial.contains(&last) {
            partial.push(last);
        }
    }
    partial
}

pub(super) fn figures_out(figures: &Figures, currency: Currency) -> FiguresOut {
    let money = |amount: Money| Figure::money(amount, currency);
    FiguresOut {
        purchases: figures.purchases,
        gross: money(figures.gross),
        discount: money(figures.discount),
        net: money(figures.net()),
        cost: money(figures.cost),
        margin: money(figures.margin()),
        discount_rate: Share::of(figures.discount.wide(), figures.gross.wide()),
        points_issued: figures.points_issued,
        points_redeemed: figures.points_redeemed,
        points_paid: money(figures.points_paid),
    }
}

fn grants_out(grants: &GrantFigures, currency: Currency) -> GrantsOut {
    GrantsOut {
        times: grants.times,
        amount: Figure::money(grants.amount, currency),
        gross: Figure::money(grants.gross, currency),
    }
}

fn side_out(side: &SideOutcome, window: (Instant, Instant)) -> SideOut {
    let bundle = &*side.policy.bundle;
    let currency = bundle.currency;
    let tally = &side.tally;
    let first = bundle.zone.local(window.0).date();
    let months = tally.months.iter().zip(0u32..).map(|(figures, after)| {
        let month = first.checked_add_months(chrono::Months::new(after)).unwrap_or(first);
        MonthOut { month: month.format("%Y-%m").to_string(), figures: figures_out(figures, currency) }
    });
    let segments = bundle.segments.iter().enumerate().map(|(at, segment)| {
        let names = segment.classes.iter().map(|name| Some(name.to_string())).chain([None]);
        let class = |(slot, class): (usize, Option<String>)| {
            let figures = tally.classes.get(at).and_then(|classes| classes.get(slot)).copied().unwrap_or_default();
            let customers = side.classes.get(at).and_then(|classes| classes.get(slot)).copied().unwrap_or(0);
            ClassOut { class, customers, figures: figures_out(&figures, currency) }
        };
        SegmentOut { segment: segment.name.to_string(), classes: names.enumerate().map(class).collect() }
    });
    let discounts = side.discounts.iter().zip(&tally.discounts).zip(0u32..).map(|((name, grants), at)| {
        let steps: Vec<StepOut> = tally
            .steps
            .range((at, Rate::ZERO)..=(at, Rate::ONE))
            .map(|((_, rate), grants)| StepOut { rate: rate.to_string(), granted: grants_out(grants, currency) })
            .collect();
        DiscountOut { discount: name.to_string(), granted: grants_out(grants, currency), steps }
    });
    let grants = match side.policy.grants {
        Grants::Decide => "decided",
        Grants::Recorded => "recorded",
        Grants::Nothing => "none",
    };
    SideOut {
        name: side.policy.name.clone(),
        grants,
        revision: bundle.revision.to_string(),
        rules: if side.policy.grants == Grants::Decide { words::rules(bundle) } else { Vec::new() },
        total: figures_out(&tally.total, currency),
        guests: figures_out(&tally.guests, currency),
        discounted: tally.discounted,
        touched: side.touched,
        months: months.collect(),
        segments: segments.collect(),
        discounts: discounts.collect(),
        points: points_out(side, currency),
        programme_cost: Figure::money(programme_cost(side), currency),
        limits: if side.policy.grants == Grants::Decide { limits_out(side) } else { Vec::new() },
        service: service_out(side, currency),
        script_failures: tally.script_failures,
    }
}

/// What was granted, and the worth of points that were earned and not taken back.
fn programme_cost(side: &SideOutcome) -> Money {
    let points = &side.tally.points;
    side.tally.total.discount + worth(side, points.issued - points.reversed).unwrap_or_default()
}

/// What so many points pay at most; absent where points cannot pay.
fn worth(side: &SideOutcome, points: i64) -> Option<Money> {
    let bundle = &side.policy.bundle;
    let rule = bundle.points.as_ref()?.redeem?;
    let exact = rule.value.0.saturating_mul(i128::from(points.max(0)));
    Some(crate::money::Number(exact).to_money(bundle.currency).unwrap_or(Money(i64::MAX)))
}

impl SimulationReport {
    /// Whether some candidate's discounts and points cost more than this share more than the baseline's.
    pub fn cost_rises_above(&self, most: Rate) -> bool {
        let rises = |compared: &ComparedOut| match compared.cost_change {
            Some(change) => change.0 > i64::from(most.ppm()),
            None => compared.cost_rises,
        };
        self.compared.iter().any(rises)
    }
}

fn points_out(side: &SideOutcome, currency: Currency) -> PointsOut {
    let points = &side.tally.points;
    PointsOut {
        opening: points.opening,
        issued: points.issued,
        reversed: points.reversed,
        redeemed: points.redeemed,
        expired: points.expired,
        outstanding: points.outstanding(),
        outstanding_worth: worth(side, points.outstanding()).map(|worth| Figure::money(worth, currency)),
    }
}

fn limits_out(side: &SideOutcome) -> Vec<LimitOut> {
    let bundle = &*side.policy.bundle;
    let mut found = Vec::new();
    for (discount, at) in bundle.discounts.iter().zip(0u16..) {
        let start = |from: Instant| (from != Instant::MIN).then(|| from.to_string());
        if let Some(limit) = discount.uses_total {
            let left = |used: i64| Share::of(i128::from(limit.count) - i128::from(used), i128::from(limit.count));
            let periods = side.ledger.periods(at, Limit::Uses).into_iter().map(|(from, spent)| LimitPeriodOut {
                from: start(from),
                used: spent.uses.to_string(),
                left: left(spent.uses),
                days: Vec::new(),
            });
            found.push(LimitOut {
                discount: discount.name.to_string(),
                limit: "uses",
                per: limit.per.map(|per| per.to_string()),
                allowed: limit.count.to_string(),
                periods: periods.collect(),
            });
        }
        if let Some(budget) = discount.budget {
            let periods = side.ledger.periods(at, Limit::Budget).into_iter().map(|(from, spent)| {
                let end = budget.per.map_or(Instant::MAX, |per| per.next(from, bundle.zone));
                let mut left = budget.amount;
                let days = side.tally.burned.range((u32::from(at), from)..(u32::from(at), end));
                let days = days.map(|((_, day), amount)| {
                    left -= *amount;
                    let day = bundle.zone.local(*day).date().to_string();
                    BurnOut { day, left: Figure::money(left, bundle.currency) }
                });
                LimitPeriodOut {
                    from: start(from),
                    used: spent.amount.format(bundle.currency),
                    days: days.collect(),
                    left: Share::of((budget.amount - spent.amount).wide(), budget.amount.wide()),
                }
            });
            found.push(LimitOut {
                discount: discount.name.to_string(),
                limit: "budget",
                per: budget.per.map(|per| per.to_string()),
                allowed: budget.amount.format(bundle.currency),
                periods: periods.collect(),
            });
        }
    }
    found
}

fn service_out(side: &SideOutcome, currency: Currency) -> Vec<ServiceOut> {
    let bundle = &*side.policy.bundle;
    let budgets = bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
    let Some(budgets) = budgets else { return Vec::new() };
    let classes = &bundle.segments[budgets.segment as usize].classes;
    let names = classes.iter().map(|name| Some(name.to_string())).chain([None]);
    names
        .zip(&side.service)
        .map(|(class, figures)| ServiceOut {
            class,
            customers: figures.customers,
            granted: Figure::money(figures.granted, currency),
            used: Figure::money(figures.used, currency),
        })
        .collect()
}

fn compared_out(baseline: &SideOutcome, candidate: &SideOutcome, compared: &Compared) -> ComparedOut {
    let currency = candidate.policy.bundle.currency;
    let difference = candidate.tally.total - baseline.tally.total;
    let costs = (programme_cost(baseline), programme_cost(candidate));
    let migrations = compared.migrations.iter().map(|migration| {
        let names = |bundle: &Bundle, place: usize| {
            bundle.segments[place].classes.iter().map(|name| Some(name.to_string())).chain([None]).collect()
        };
        let (from, to): (Vec<Option<String>>, Vec<Option<String>>) =
            (names(&baseline.policy.bundle, migration.places.0), names(&candidate.policy.bundle, migration.places.1));
        let mut moved = 0;
        for (row, counts) in from.iter().zip(&migration.counts) {
            moved += to.iter().zip(counts).filter(|(column, _)| *column != row).map(|(_, count)| count).sum::<u64>();
        }
        let segment = migration.segment.to_string();
        MigrationOut { segment, from, to, customers: migration.counts.clone(), moved }
    });
    ComparedOut {
        candidate: candidate.policy.name.clone(),
        difference: FiguresOut { discount_rate: None, ..figures_out(&difference, currency) },
        discount_change: Share::of(difference.discount.wide(), baseline.tally.total.discount.wide()),
        cost_change: Share::of(costs.1.wide() - costs.0.wide(), costs.0.wide()),
        cost_rises: costs.1 > costs.0,
        winners: compared.winners.0,
        won: Figure::money(compared.winners.1, currency),
        losers: compared.losers.0,
        lost: Figure::money(compared.losers.1, currency),
        migrations: migrations.collect(),
        most_won: compared.won.iter().map(|moved| moved_out(moved, candidate)).collect(),
        most_lost: compared.lost.iter().map(|moved| moved_out(moved, candidate)).collect(),
    }
}

fn moved_out(moved: &Moved, candidate: &SideOutcome) -> MovedOut {
    let bundle = &*candidate.policy.bundle;
    let money = |amount: Money| amount.format(bundle.currency);
    let mut differences: Vec<(String, Money, Money)> = moved
        .by_discount
        .iter()
        .filter(|(_, (before, after))| before != after)
        .map(|(name, (before, after))| (name.to_string(), *before, *after))
        .collect();
    differences.sort_by_key(|(_, before, after)| std::cmp::Reverse((*after - *before).0.abs()));
    let mut because: Vec<String> = differences
        .iter()
        .map(|(name, before, after)| match (*before == Money::ZERO, *after == Money::ZERO) {
            (true, _) => format!("{name} grants {}, which the baseline does not", money(*after)),
            (_, true) => format!("{name} grants nothing in place of {}", money(*before)),
            _ => format!("{name} grants {} in place of {}", money(*after), money(*before)),
        })
        .collect();
    for (segment, before, after) in &moved.classes {
        let name = |class: &Option<crate::id::Name>| class.as_ref().map_or("no class", |name| name.as_ref()).to_owned();
        because.push(format!("{segment} is {} in place of {} at the end", name(after), name(before)));
    }
    if moved.points.0 != moved.points.1 {
        because.push(format!("earns {} points in place of {}", moved.points.1, moved.points.0));
    }
    if let Some((purchase, at, difference)) = &moved.widest {
        let day = bundle.zone.local(*at).date();
        let (more, amount) = if difference.0 > 0 { ("more", *difference) } else { ("less", -*difference) };
        because.push(format!("most on {purchase} of {day}: {} {more}", money(amount)));
    }
    MovedOut {
        customer: moved.customer.clone(),
        baseline: Figure::money(moved.granted.0, bundle.currency),
        candidate: Figure::money(moved.granted.1, bundle.currency),
        difference: Figure::money(moved.granted.1 - moved.granted.0, bundle.currency),
        because,
        purchase: moved.widest.as_ref().map(|(purchase, ..)| purchase.clone()),
    }
}
