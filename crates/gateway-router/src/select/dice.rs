//! Random numbers that a seed repeats.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

/// What one step adds to the state (SplitMix64, Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A source of random numbers without a lock. Nobody's secret hangs on them.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    /// The same numbers for the same seed; without one, other numbers in each process.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(0_u8));
        Self(AtomicU64::new(seed))
    }

    /// The next number.
    pub(crate) fn roll(&self) -> u64 {
        let state = self.0.fetch_add(STEP, Ordering::Relaxed);
        let mixed = state.wrapping_add(STEP);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A place below `count`, each as likely as the others; 0 where there is none.
    pub(crate) fn below(&self, count: usize) -> usize {
        let wide = u128::from(self.roll()) * (count as u128);
        usize::try_from(wide >> 64).unwrap_or_default()
    }

    /// A fraction above 0, at most 1.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a fraction needs no more than the digits that a float has"
    )]
    pub(crate) fn fraction(&self) -> f64 {
        ((self.roll() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself_and_others_differ() {
        let rolls = |seed| {
            let dice = Dice::new(seed);
            std::array::from_fn::<u64, 4, _>(|_| dice.roll())
        };
        // The published sequence for the seed 1234567.
        assert_eq!(
            rolls(Some(1_234_567)),
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431
            ]
        );
        assert_ne!(rolls(None), rolls(None));
    }

    #[test]
    fn places_and_fractions_are_spread_evenly() {
        let dice = Dice::new(Some(7));
        let mut counts = [0_u32; 5];
        for _ in 0..50_000 {
            counts[dice.below(5)] += 1;
        }
        assert!(
            counts.iter().all(|count| (9_700..=10_300).contains(count)),
            "{counts:?}"
        );
        assert_eq!((dice.below(1), dice.below(0)), (0, 0));
        let fractions: Vec<f64> = (0..50_000).map(|_| dice.fraction()).collect();
        assert!(
            fractions
                .iter()
                .all(|fraction| 0.0 < *fraction && *fraction <= 1.0)
        );
        let mean = fractions.iter().sum::<f64>() / 50_000.0;
        assert!((0.495..0.505).contains(&mean), "{mean}");
    }
}
