//! Names that are spelled nearly like a given one, found among any number of them by looking at a few.
//!
//! A typo leaves what stands before it and what stands behind it as it was. So the names that are meant stand close to
//! the misspelt one in one of two orders: by their beginnings, or by their ends. Of a few hundred names every one is
//! looked at that way, of ten thousand as many.

use std::{cmp::Ordering, sync::Arc};

/// How many names are looked at in each of the two orders.
const LOOKED_AT: usize = 96;

/// So many names are indexed at most: the work that an index makes is bounded, too.
const MOST_NAMES: usize = 20_000;

/// Names in the two orders.
#[derive(Debug, Default)]
pub(crate) struct NearNames {
    by_beginning: Box<[Arc<str>]>,
    by_end: Box<[Arc<str>]>,
}

impl NearNames {
    /// An index of these, or of the first of them where there are more than it takes.
    pub(crate) fn new(names: impl IntoIterator<Item = Arc<str>>) -> Self {
        let mut by_beginning: Box<[Arc<str>]> = names.into_iter().take(MOST_NAMES).collect();
        let mut by_end = by_beginning.clone();
        by_beginning.sort_by_cached_key(|name| folded(name).collect::<Box<[u8]>>());
        by_end.sort_by_cached_key(|name| folded(name).rev().collect::<Box<[u8]>>());
        Self {
            by_beginning,
            by_end,
        }
    }

    /// The names next to this one in either order; some of them twice.
    pub(super) fn around<'a>(&'a self, wanted: &str) -> impl Iterator<Item = &'a Arc<str>> {
        let from_beginning = |a: &str, b: &str| meet(folded(a), folded(b));
        let from_end = |a: &str, b: &str| meet(folded(a).rev(), folded(b).rev());
        let by_beginning = next_to(&self.by_beginning, wanted, from_beginning);
        by_beginning.chain(next_to(&self.by_end, wanted, from_end))
    }
}

/// The names that share most with this one, out of an order in which those stand around its place.
fn next_to<'a>(
    order: &'a [Arc<str>],
    wanted: &str,
    meet: impl Fn(&str, &str) -> Meeting + Copy,
) -> impl Iterator<Item = &'a Arc<str>> {
    let place = order.partition_point(|name| meet(name, wanted).order.is_lt());
    let (before, behind) = order.split_at_checked(place).unwrap_or_default();
    let with_shared = move |name: &'a Arc<str>| (meet(name, wanted).shared, name);
    let mut before = before.iter().rev().map(with_shared).peekable();
    let mut behind = behind.iter().map(with_shared).peekable();
    let nearer = move || {
        let shared = |side: Option<&(usize, &Arc<str>)>| side.map(|(shared, _)| *shared);
        let (_, name) = if shared(before.peek()) > shared(behind.peek()) {
            before.next()
        } else {
            behind.next()
        }?;
        Some(name)
    };
    std::iter::from_fn(nearer).take(LOOKED_AT)
}

/// What two names are to each other, read in one direction.
struct Meeting {
    /// So many bytes are the same.
    shared: usize,
    order: Ordering,
}

fn meet(a: impl Iterator<Item = u8>, mut b: impl Iterator<Item = u8>) -> Meeting {
    let mut shared = 0;
    for a in a {
        match b.next() {
            Some(b) if a == b => shared += 1,
            other => {
                let order = Some(a).cmp(&other);
                return Meeting { shared, order };
            }
        }
    }
    let order = None.cmp(&b.next());
    Meeting { shared, order }
}

/// Without regard to ASCII case; the case of other letters only moves a name away from where it is looked for.
fn folded(text: &str) -> impl DoubleEndedIterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}

/// A name, and how far others are from it: in inserted, deleted and replaced characters, without regard to case.
#[derive(Debug)]
pub(super) struct Yardstick {
    wanted: Vec<char>,
    limit: usize,
    /// The name that is measured, and the row of the table that is at hand; kept for the next one.
    name: Vec<char>,
    row: Vec<usize>,
}

impl Yardstick {
    /// For a name in lower case, and for distances up to this limit.
    pub(super) fn new(wanted: &str, limit: usize) -> Self {
        Self {
            wanted: wanted.chars().collect(),
            limit,
            name: Vec::new(),
            row: Vec::new(),
        }
    }

    /// The distance of the name that these parts make up, if it is within the limit.
    pub(super) fn distance(&mut self, parts: &[&str]) -> Option<usize> {
        if !self.may_be_near(parts) {
            return None;
        }
        self.name.clear();
        for part in parts {
            self.name.extend(part.chars().flat_map(char::to_lowercase));
        }
        let (wanted, name) = differing(&self.wanted, &self.name);
        levenshtein(wanted, name, self.limit, &mut self.row)
    }

    /// Whether a name of so many bytes can be within the limit: most names are ruled out by that alone.
    fn may_be_near(&self, parts: &[&str]) -> bool {
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        // A character is at most four bytes.
        let width = if parts.iter().all(|part| part.is_ascii()) {
            1
        } else {
            4
        };
        let length = self.wanted.len();
        bytes <= (length + self.limit) * width && bytes + self.limit >= length
    }
}

/// Both without the beginning and the end that they share.
fn differing<'a>(a: &'a [char], b: &'a [char]) -> (&'a [char], &'a [char]) {
    let same = |(a, b): &(&char, &char)| a == b;
    let before = a.iter().zip(b).take_while(same).count();
    let (a, b) = (rest(a, before), rest(b, before));
    let behind = a.iter().rev().zip(b.iter().rev()).take_while(same).count();
    let cut = |of: &'a [char]| of.get(..of.len() - behind).unwrap_or_default();
    (cut(a), cut(b))
}

fn rest(of: &[char], from: usize) -> &[char] {
    of.get(from..).unwrap_or_default()
}

/// Levenshtein's distance, if it is within the limit: his table, of which one row is kept.
fn levenshtein(a: &[char], b: &[char], limit: usize, row: &mut Vec<usize>) -> Option<usize> {
    row.clear();
    row.extend(0..=b.len());
    for (index, a) in a.iter().enumerate() {
        let (mut diagonal, mut left) = (index, index + 1);
        let mut best = left;
        let mut cells = row.iter_mut();
        if let Some(first) = cells.next() {
            *first = left;
        }
        for (cell, b) in cells.zip(b) {
            let up = *cell;
            left = (up + 1).min(left + 1).min(diagonal + usize::from(a != b));
            (*cell, diagonal, best) = (left, up, best.min(left));
        }
        if best > limit {
            return None;
        }
    }
    row.last().copied().filter(|far| *far <= limit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn far(a: &str, b: &str) -> Option<usize> {
        Yardstick::new(&a.to_lowercase(), 3).distance(&[b])
    }

    #[test]
    fn distances_are_counted_up_to_the_limit() {
        for (a, b, expected) in [
            ("gpt-4o", "GPT-4o", Some(0)),
            ("gpt4o", "gpt-4o", Some(1)),
            ("kitten", "sitting", Some(3)),
            ("gpt-4o", "claude", None),
            ("", "abc", Some(3)),
            ("abc", "", Some(3)),
            ("ü", "u", Some(1)),
            ("aba", "abaaba", Some(3)),
            ("qwen-trubo", "qwen-turbo", Some(2)),
        ] {
            assert_eq!(far(a, b), expected, "{a} {b}");
        }
        let mut yardstick = Yardstick::new("opnai/gpt-4o", 3);
        assert_eq!(yardstick.distance(&["openai", "/", "gpt-4o"]), Some(1));
    }

    /// The whole table, as it is taught.
    fn taught(a: &[char], b: &[char]) -> usize {
        let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                table[i][j] = match (i, j) {
                    (0, _) => j,
                    (_, 0) => i,
                    _ => (table[i - 1][j] + 1)
                        .min(table[i][j - 1] + 1)
                        .min(table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1])),
                };
            }
        }
        table[a.len()][b.len()]
    }

    proptest! {
        #[test]
        fn one_row_and_the_whole_table_say_the_same(a in "[abü]{0,9}", b in "[abü]{0,9}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let expected = Some(taught(&chars(&a), &chars(&b))).filter(|far| *far <= 3);
            prop_assert_eq!(far(&a, &b), expected);
        }
    }

    fn index(names: &[String]) -> NearNames {
        NearNames::new(names.iter().map(|name| Arc::from(name.as_str())))
    }

    #[test]
    fn of_few_names_all_are_looked_at_and_of_many_as_many() {
        for (count, expected) in [(0, 0), (1, 1), (96, 96), (150, 150), (10_000, 192)] {
            let names: Vec<String> = (0..count).map(|n| format!("{n:05}-{n:05}")).collect();
            let near = index(&names);
            for wanted in ["", "00031-00031", "05000-0", "zzz"] {
                let looked: Vec<_> = near.around(wanted).collect();
                assert!(looked.len() <= 2 * LOOKED_AT, "{}", looked.len());
                let different: std::collections::HashSet<_> = looked.into_iter().collect();
                assert!(different.len() <= expected);
                if count <= LOOKED_AT {
                    assert_eq!(different.len(), count, "{wanted}");
                }
            }
        }
    }

    /// Names as they are: families, sizes, dates.
    fn thousands() -> Vec<String> {
        let families = ["gpt", "claude", "gemini", "llama", "qwen", "mistral", "glm"];
        let sizes = ["mini", "large", "8b", "70b-instruct", "flash", "opus"];
        let mut names = Vec::new();
        for family in families {
            for size in sizes {
                for version in 1..=9 {
                    for month in 1..=12 {
                        names.push(format!("{family}-{version}-{size}-2025-{month:02}"));
                    }
                }
            }
        }
        names
    }

    /// Each name with one character wrong, in each place: the name is among those that are looked at.
    #[test]
    fn one_typo_anywhere_leads_to_the_name_among_thousands() {
        let names = thousands();
        assert_eq!(names.len(), 4_536);
        let near = index(&names);
        let mut missed = Vec::new();
        for name in names.iter().step_by(7) {
            for at in 0..name.len() {
                let without = format!("{}{}", &name[..at], &name[at + 1..]);
                let other = format!("{}x{}", &name[..at], &name[at + 1..]);
                let more = format!("{}x{}", &name[..at], &name[at..]);
                for typo in [without, other, more] {
                    if !near.around(&typo).any(|found| **found == **name) {
                        missed.push(typo);
                    }
                }
            }
        }
        assert!(
            missed.is_empty(),
            "{} missed: {:?}",
            missed.len(),
            missed.first()
        );
    }
}
