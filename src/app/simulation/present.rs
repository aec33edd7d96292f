//! From an outcome to the report.

use super::report::{
    BurnOut, CLAIM, ClassOut, ComparedOut, DiscountOut, FiguresOut, GrantsOut, LimitOut, LimitPeriodOut, MigrationOut,
    MonthOut, MovedOut, PointsOut, SegmentOut, ServiceOut, SideOut, SimulationReport, StepOut, WindowOut,
};
use super::words;
use crate::analytics::report::{Figure, Head, Share};
use crate::money::{Currency, Money, Number, Rate};
use crate::policy::Bundle;
use crate::simulate::{Compared, Figures, GrantFigures, Grants, Limit, Moved, Outcome, SideOutcome};
use crate::time::{Instant, Period, Zone};

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
    Some(Number(exact).to_money(bundle.currency).unwrap_or(Money(i64::MAX)))
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
