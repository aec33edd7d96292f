//! `ladder-cliff`: at a step of a ladder that counts the basket, a bigger basket costs less to pay.

use crate::diagnostic::Diagnostic;
use crate::money::{Money, Rate};
use crate::policy::read::{Cx, WrittenStep};

/// Points at the step where the price drops most.
pub(in crate::policy) fn ladder_cliff(cx: &mut Cx<'_>, steps: &[WrittenStep]) {
    let Some(currency) = cx.currency else { return };
    let drops = steps.iter().enumerate().filter_map(|(at, written)| {
        let before = if at == 0 { Rate::ZERO } else { steps[at - 1].step.rate };
        // A customer with nothing in the metric yet, whose basket alone reaches the step, or just misses it.
        let reaching = written.step.threshold.to_money(currency).filter(|money| *money > Money(1))?;
        let missing = reaching - Money(1);
        let (pays_reaching, pays_missing) = (reaching - written.step.rate.of(reaching), missing - before.of(missing));
        (pays_reaching < pays_missing).then_some((
            pays_missing - pays_reaching,
            written,
            reaching,
            missing,
            pays_reaching,
            pays_missing,
        ))
    });
    let worst = drops.reduce(|worst, drop| if drop.0 > worst.0 { drop } else { worst });
    if let Some((_, written, reaching, missing, pays_reaching, pays_missing)) = worst {
        let money = |amount: Money| amount.format(currency);
        let message = format!(
            "at this step a basket of {} costs {} to pay, less than {} for one of {}",
            money(reaching),
            money(pays_reaching),
            money(pays_missing),
            money(missing)
        );
        let finding = Diagnostic::warning("ladder-cliff", written.threshold, message)
            .label("the price drops here")
            .help("add `sliced: true`, which grants each rate only on what lies above its step");
        cx.note(finding);
    }
}
