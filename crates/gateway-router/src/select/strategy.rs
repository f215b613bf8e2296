//! The order of an alias's targets, for each strategy. Those that are left alone now come last, so that what they
//! would have had is shared by all others as the strategy says, not by the one behind them.

use tokio::time::Instant;

use super::dice::Dice;
use crate::resolve::{Pool, Strategy, Target};

/// Puts the targets into the order of the pool's strategy.
pub(super) fn ordered(
    targets: Vec<Target>,
    pool: &Pool,
    (dice, stream): (&Dice, bool),
    is_well: impl Fn(&Target) -> bool,
) -> Vec<Target> {
    if pool.strategy == Strategy::Ordered || targets.len() < 2 {
        return targets;
    }
    let (mut order, mut resting): (Vec<_>, Vec<_>) = targets.into_iter().partition(is_well);
    match pool.strategy {
        Strategy::Ordered => {}
        Strategy::Weighted => by_weight(&mut order, dice),
        Strategy::RoundRobin => rotate(&mut order, pool.next_turn()),
        Strategy::LeastLatency => by_pace(&mut order, dice, stream),
    }
    order.append(&mut resting);
    order
}

/// The one whose turn it is in front, the others behind it in their circle.
pub(super) fn rotate<T>(order: &mut [T], turn: usize) {
    if let Some(by) = turn.checked_rem(order.len()) {
        order.rotate_left(by);
    }
}

/// A random order in which each next one is drawn by weight from those that are left: each target draws a time from an
/// exponential distribution of its weight's rate, and the earliest is first (Efraimidis and Spirakis, "Weighted random
/// sampling with a reservoir", 2006). Without a weight it never comes, so those are last.
fn by_weight(order: &mut [Target], dice: &Dice) {
    order.sort_by_cached_key(|target| {
        let time = match target.weight {
            0 => f64::INFINITY,
            weight => -dice.fraction().ln() / f64::from(weight),
        };
        Sortable(time)
    });
}

/// Of two taken at random the lighter one in front, then the other, then the rest from light to heavy. Taking the
/// lightest of all would send every request of a moment to the same target.
fn by_pace(order: &mut [Target], dice: &Dice, stream: bool) {
    let now = Instant::now();
    let weight = |target: &Target| {
        let pace = target.pace.as_ref();
        Sortable(pace.map_or(0.0, |pace| pace.weight(stream, now)))
    };
    let count = order.len();
    if count > 2 {
        order.swap(0, dice.below(count));
        order.swap(1, 1 + dice.below(count - 1));
    }
    let (two, rest) = order.split_at_mut(count.min(2));
    // Of two that weigh the same, such as two that nobody has tried, chance decides.
    rotate(two, dice.below(2));
    two.sort_by_cached_key(weight);
    rest.sort_by_cached_key(weight);
}

/// A number with an order; none of them is a NaN.
#[derive(PartialEq)]
struct Sortable(f64);

impl Eq for Sortable {}

impl PartialOrd for Sortable {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sortable {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
