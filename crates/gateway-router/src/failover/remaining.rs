//! Which of a request's targets are still to be asked, and in which order. A request whose first target answers allocates
//! nothing here.

/// Places in a list of targets, the next one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remaining {
    /// All from the first number up to the second.
    Range(usize, usize),
    /// These.
    Listed(Vec<usize>),
}

impl Remaining {
    /// All places of a list of this length.
    pub(super) fn all(length: usize) -> Self {
        Self::Range(0, length)
    }

    /// The place at this number from the front.
    pub(super) fn get(&self, at: usize) -> Option<usize> {
        match self {
            Self::Range(first, end) => Some(first + at).filter(|place| place < end),
            Self::Listed(places) => places.get(at).copied(),
        }
    }

    /// The places, the next one first.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + '_ {
        (0..).map_while(|at| self.get(at))
    }

    /// That place is done with.
    pub(super) fn leave(&mut self, place: usize) {
        match self {
            Self::Range(first, end) if *first == place && *first < *end => *first += 1,
            _ => self.change(|places| places.retain(|other| *other != place)),
        }
    }

    /// Takes those for which this holds to the front, the order being kept among them and among the others.
    pub(super) fn prefer(&mut self, is_preferred: impl Fn(usize) -> bool) {
        if self.places().any(&is_preferred) {
            self.change(|places| places.sort_by_key(|place| !is_preferred(*place)));
        }
    }

    /// Each of two takes the other's place.
    pub(super) fn swap(&mut self, one: usize, other: usize) {
        self.change(|places| {
            for place in places {
                *place = match *place {
                    place if place == one => other,
                    place if place == other => one,
                    place => place,
                };
            }
        });
    }

    /// Changes the places one by one, which a range cannot be.
    fn change(&mut self, change: impl FnOnce(&mut Vec<usize>)) {
        let mut places = match self {
            Self::Listed(places) => std::mem::take(places),
            Self::Range(first, end) => (*first..*end).collect(),
        };
        change(&mut places);
        *self = Self::Listed(places);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(remaining: &Remaining) -> Vec<usize> {
        remaining.places().collect()
    }

    #[test]
    fn places_are_left_in_any_order() {
        let mut remaining = Remaining::all(4);
        assert_eq!(left(&remaining), [0, 1, 2, 3]);
        remaining.leave(0);
        assert_eq!(remaining, Remaining::Range(1, 4), "without a list");
        remaining.leave(2);
        remaining.leave(2);
        assert_eq!(left(&remaining), [1, 3]);
        remaining.leave(1);
        remaining.leave(3);
        assert_eq!((remaining.get(0), left(&remaining)), (None, vec![]));
        let mut one = Remaining::all(1);
        one.leave(0);
        one.leave(0);
        assert_eq!(left(&one), [0; 0]);
    }

    #[test]
    fn two_change_places() {
        let mut remaining = Remaining::all(4);
        remaining.swap(0, 2);
        assert_eq!(left(&remaining), [2, 1, 0, 3]);
        remaining.leave(2);
        assert_eq!(left(&remaining), [1, 0, 3]);
    }

    #[test]
    fn the_preferred_come_first_and_the_order_stays() {
        let mut remaining = Remaining::all(5);
        remaining.prefer(|place| place > 9);
        assert_eq!(remaining, Remaining::all(5));
        remaining.prefer(|place| place % 2 == 1);
        assert_eq!(left(&remaining), [1, 3, 0, 2, 4]);
        remaining.leave(3);
        remaining.prefer(|place| place == 4);
        assert_eq!(left(&remaining), [4, 1, 0, 2]);
    }
}
