//! Which target a conversation goes to first where the weights decide: weighted rendezvous hashing. Each target draws
//! a number for the conversation, and the best draw for its weight wins. Nodes agree on it without a word between them,
//! the shares are those of the weights, and a target that comes or goes moves its own conversations only.
//!
//! The draw is the logarithm method: Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998;
//! Schindelhauer and Schomaker, "Weighted distributed hash tables", 2005.

use super::key::{ConversationKey, Place};

/// The place of the winner among these; `None` where none has a weight.
pub(super) fn winner(
    key: ConversationKey,
    targets: impl IntoIterator<Item = (Place, u32)>,
) -> Option<usize> {
    let drawn = targets
        .into_iter()
        .enumerate()
        .filter(|(_, (_, weight))| *weight > 0)
        .map(|(at, (place, weight))| (at, time(place.drawn_by(key), weight)));
    drawn
        .min_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(at, _)| at)
}

/// A time from an exponential distribution whose rate is the weight: the earliest is of each target with the
/// probability of its share.
fn time(drawn: u64, weight: u32) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a fraction needs no more than the digits that a float has"
    )]
    let fraction = ((drawn >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    -fraction.ln() / f64::from(weight)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::target;

    fn places(count: usize) -> Vec<Place> {
        let names = ["a", "b", "c", "d", "e", "f"];
        let targets = names.iter().take(count).map(|name| target(name, "m"));
        targets.map(|target| Place::of(&target)).collect()
    }

    fn key(seed: u64, number: u32) -> ConversationKey {
        ConversationKey::new("t", "test", format!("{seed}-{number}").as_bytes())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// The count of each target's conversations lies within five standard deviations of its share: less than one
        /// of a million right ones would not.
        #[test]
        fn shares_are_those_of_the_weights(
            seed in any::<u64>(),
            weights in prop::collection::vec(0_u32..=20, 2..=6),
        ) {
            const CONVERSATIONS: u32 = 4_000;
            let total: u32 = weights.iter().sum();
            prop_assume!(total > 0);
            let places = places(weights.len());
            let mut counts = vec![0_u32; weights.len()];
            for number in 0..CONVERSATIONS {
                let targets = places.iter().copied().zip(weights.iter().copied());
                let at = winner(key(seed, number), targets).unwrap();
                counts[at] += 1;
            }
            for (count, weight) in counts.iter().zip(&weights) {
                let share = f64::from(*weight) / f64::from(total);
                let expected = share * f64::from(CONVERSATIONS);
                let deviation = (expected * (1.0 - share)).sqrt();
                let off = (f64::from(*count) - expected).abs();
                prop_assert!(off <= 5.0 * deviation, "{counts:?} of {weights:?}");
            }
        }

        /// Who is not there any more gives its conversations away, and nobody else's move.
        #[test]
        fn a_target_that_goes_moves_its_own_conversations_only(
            seed in any::<u64>(),
            weights in prop::collection::vec(1_u32..=20, 2..=6),
            gone in any::<prop::sample::Index>(),
        ) {
            let gone = gone.index(weights.len());
            let places = places(weights.len());
            for number in 0..200 {
                let all = places.iter().copied().zip(weights.iter().copied());
                let before = winner(key(seed, number), all.clone()).unwrap();
                let left = all.map(|(place, weight)| (place, if place == places[gone] { 0 } else { weight }));
                let after = winner(key(seed, number), left).unwrap();
                prop_assert!(after == before || before == gone);
            }
        }
    }

    #[test]
    fn without_any_weight_nobody_wins() {
        let targets = places(2).into_iter().map(|place| (place, 0));
        assert_eq!(winner(key(1, 1), targets), None);
        assert_eq!(winner(key(1, 1), []), None);
    }
}
