//! `exceeds-max-rate`: discounts that together reach `limits.max_rate`, so that marketing promises what is cut again.

use crate::diagnostic::Diagnostic;
use crate::money::Rate;
use crate::policy::bundle::{Grant, Limits, Stacking};
use crate::policy::read::{Cx, WrittenDiscount, show};

pub(in crate::policy) fn exceeds_max_rate(
    cx: &mut Cx<'_>,
    discounts: &[Option<WrittenDiscount>],
    limits: &Limits,
    stacking: Stacking,
) {
    let Some(limit) = limits.max_rate else { return };
    let rated: Vec<(&WrittenDiscount, Rate)> =
        discounts.iter().flatten().filter_map(|written| Some((written, top_rate(&written.discount.grant)?))).collect();
    for (at, (written, rate)) in rated.iter().enumerate() {
        let name = show(&written.discount.name);
        if *rate > limit {
            let message = format!("`{name}` grants up to {rate}, more than the {limit} that `max_rate` allows");
            let finding = Diagnostic::warning("exceeds-max-rate", written.name, message)
                .label("what exceeds the limit is cut from every basket");
            cx.note(finding);
            continue;
        }
        let partner = rated[..at]
            .iter()
            .filter(|(earlier, top)| *top <= limit && may_meet(written, earlier))
            .max_by_key(|(_, top)| *top);
        let Some((earlier, top)) = partner else { continue };
        let together = together(*rate, *top, stacking);
        if together > u64::from(limit.ppm()) {
            let sum = Rate::from_ppm(together.min(1_000_000) as u32).unwrap_or(Rate::ONE);
            let other = show(&earlier.discount.name);
            let message = format!(
                "`{name}` and `{other}` together grant up to {sum}, more than the {limit} that `max_rate` allows"
            );
            let finding = Diagnostic::warning("exceeds-max-rate", written.name, message)
                .label(format!("grants up to {rate}"))
                .related(earlier.name, format!("grants up to {top}"))
                .help("put both into one `group`, or raise `limits.max_rate`");
            cx.note(finding);
        }
    }
}

fn top_rate(grant: &Grant) -> Option<Rate> {
    match grant {
        Grant::Rate(rate) => Some(*rate),
        Grant::Ladder(ladder) => ladder.steps.iter().map(|step| step.rate).max(),
        Grant::Amount(_) | Grant::Each(_) | Grant::Free { .. } | Grant::Script(_) => None,
    }
}

fn may_meet(one: &WrittenDiscount, other: &WrittenDiscount) -> bool {
    let (one, other) = (&one.discount, &other.discount);
    let grouped = one.group.is_some() && one.group == other.group;
    !grouped && !one.exclusive && !other.exclusive
}

/// Of both rates together, in millionths.
fn together(one: Rate, other: Rate, stacking: Stacking) -> u64 {
    let (a, b) = (u64::from(one.ppm()), u64::from(other.ppm()));
    match stacking {
        Stacking::Original => a + b,
        Stacking::Remaining => a + b - a * b / 1_000_000,
    }
}
