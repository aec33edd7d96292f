//! A sample of customers that is the same in every run and on every machine.

use crate::money::Rate;

/// A share of the customers, chosen by a hash of their ids: whoever is in a sample is in every larger one too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample(Rate);

impl Sample {
    /// Everybody.
    pub const ALL: Self = Self(Rate::ONE);

    /// This share of the customers.
    pub const fn new(share: Rate) -> Self {
        Self(share)
    }

    /// The share.
    pub const fn share(self) -> Rate {
        self.0
    }

    /// Whether a customer is in it.
    pub fn holds(self, customer: &str) -> bool {
        if self.0 == Rate::ONE {
            return true;
        }
        let hash = blake3::hash(customer.as_bytes());
        let number = hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let share = (u128::from(number) * u128::from(Rate::ONE.ppm())) >> 64;
        share < u128::from(self.0.ppm())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_hold_their_share_and_grow() {
        let share = |text: &str| Sample::new(Rate::parse(text).expect("a rate"));
        let held = |sample: Sample| (0..10_000).filter(|n| sample.holds(&format!("c-{n}"))).count();
        assert!((900..1_100).contains(&held(share("10%"))));
        assert_eq!(held(Sample::ALL), 10_000);
        assert_eq!(held(share("0%")), 0);
        assert!((0..10_000).all(|n| {
            let id = format!("c-{n}");
            !share("10%").holds(&id) || share("20%").holds(&id)
        }));
    }
}
