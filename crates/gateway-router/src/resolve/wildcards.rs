//! Names with one `*`, found without looking at each of them.
//!
//! A wildcard is what stands before its star and what stands behind it. Those whose two parts are equally long have one
//! shape; of one shape at most one matches a name, and two look-ups find it. So the cost is that of the shapes, of which
//! there are few, however many wildcards there are.

use std::{cmp::Reverse, collections::HashMap};

use super::alias::Route;

/// All wildcards.
#[derive(Debug, Default)]
pub(super) struct Wildcards {
    all: Vec<Wildcard>,
    /// The most literal bytes first; of equals the longer beginning.
    shapes: Vec<Shape>,
}

/// A name with one `*`, and where it leads.
#[derive(Debug)]
pub(super) struct Wildcard {
    pub(super) name: String,
    pub(super) route: Route,
}

/// The wildcards whose parts are so many bytes long.
#[derive(Debug)]
struct Shape {
    before: usize,
    after: usize,
    /// By the beginning, then by the end: the place among all.
    places: HashMap<String, HashMap<String, usize>>,
}

impl Shape {
    /// What this shape's wildcards come after each other by.
    fn order(before: usize, after: usize) -> Reverse<(usize, usize)> {
        Reverse((before + after, before))
    }

    /// The place of the wildcard that matches, and what its star stands for: one character at least.
    fn find<'n>(&self, name: &'n str) -> Option<(usize, &'n str)> {
        let middle = name.len().checked_sub(self.before + self.after)?;
        let (before, rest) = name.split_at_checked(self.before)?;
        let (captured, after) = rest.split_at_checked(middle)?;
        let place = *self.places.get(before)?.get(after)?;
        (!captured.is_empty()).then_some((place, captured))
    }
}

impl Wildcards {
    /// Adds one whose star is there; gives the name back when there is one of that name.
    pub(super) fn add(&mut self, name: String, star: usize, route: Route) -> Result<(), String> {
        let (before, after) = name.split_at(star);
        let after = after.strip_prefix('*').unwrap_or(after);
        let (before, after) = (before.to_owned(), after.to_owned());
        let shape = self.shape(before.len(), after.len());
        let place = self.all.len();
        let Some(shape) = self.shapes.get_mut(shape) else {
            return Err(name);
        };
        let ends = shape.places.entry(before).or_default();
        if ends.contains_key(&after) {
            return Err(name);
        }
        ends.insert(after, place);
        self.all.push(Wildcard { name, route });
        Ok(())
    }

    /// The place of a shape, which is made where there is none.
    fn shape(&mut self, before: usize, after: usize) -> usize {
        let order = Shape::order(before, after);
        let found = self
            .shapes
            .binary_search_by_key(&order, |shape| Shape::order(shape.before, shape.after));
        found.unwrap_or_else(|place| {
            let shape = Shape {
                before,
                after,
                places: HashMap::new(),
            };
            self.shapes.insert(place, shape);
            place
        })
    }

    /// The most specific one that matches, and what its star stands for.
    pub(super) fn find<'n>(&self, name: &'n str) -> Option<(&Wildcard, &'n str)> {
        let mut found = self.shapes.iter().filter_map(|shape| shape.find(name));
        let (place, captured) = found.next()?;
        Some((self.all.get(place)?, captured))
    }

    /// The one of exactly that name.
    pub(super) fn named(&self, name: &str) -> Option<&Wildcard> {
        let (before, after) = name.split_once('*')?;
        let alike = |shape: &&Shape| shape.before == before.len() && shape.after == after.len();
        let shape = self.shapes.iter().find(alike)?;
        let place = *shape.places.get(before)?.get(after)?;
        self.all.get(place)
    }

    /// All of them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Wildcard> {
        self.all.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::resolve::pool::{Pool, PoolSettings, Strategy as PoolStrategy};

    fn route() -> Route {
        Route {
            targets: Box::default(),
            hidden: false,
            pool: Arc::new(Pool::new(
                "",
                PoolStrategy::Ordered,
                PoolSettings::default(),
            )),
        }
    }

    fn wildcards(names: &[String]) -> Wildcards {
        let mut all = Wildcards::default();
        for name in names {
            let _ = all.add(name.clone(), name.find('*').unwrap(), route());
        }
        all
    }

    /// The same by looking at each: the most literal bytes win, of equals the longer beginning.
    fn by_hand<'n>(names: &[String], asked: &'n str) -> Option<(String, &'n str)> {
        let mut fits: Vec<(usize, usize, &String, &str)> = names
            .iter()
            .filter_map(|name| {
                let (before, after) = name.split_once('*')?;
                let captured = asked.strip_prefix(before)?.strip_suffix(after)?;
                (!captured.is_empty()).then_some((name.len(), before.len(), name, captured))
            })
            .collect();
        fits.sort();
        let (_, _, name, captured) = fits.pop()?;
        Some((name.clone(), captured))
    }

    proptest! {
        #[test]
        fn the_index_finds_what_looking_at_each_finds(
            names in prop::collection::vec("[abé]{0,3}\\*[abé]{0,3}", 0..12),
            asked in "[abé*]{0,7}",
        ) {
            let all = wildcards(&names);
            let found = all.find(&asked).map(|(wildcard, captured)| (wildcard.name.clone(), captured));
            prop_assert_eq!(found, by_hand(&names, &asked));
            for name in &names {
                prop_assert_eq!(&all.named(name).unwrap().name, name);
            }
        }
    }

    #[test]
    fn a_name_is_there_once_and_a_shape_for_all_of_its_names() {
        let names: Vec<String> = (0..10_000).map(|n| format!("family-{n:05}-*")).collect();
        let mut all = wildcards(&names);
        assert_eq!((all.all.len(), all.shapes.len()), (10_000, 1));
        assert_eq!(all.find("family-04711-x").unwrap().1, "x");
        assert!(all.find("family-04711-").is_none() && all.find("").is_none());
        let again = names[7].clone();
        let star = again.find('*').unwrap();
        assert_eq!(all.add(again.clone(), star, route()), Err(again));
        assert!(all.named("family-*").is_none() && all.named("family").is_none());
    }
}
