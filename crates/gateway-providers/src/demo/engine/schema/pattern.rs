//! A text that a simple regular expression matches.
//!
//! Known are literals, classes, groups, alternatives and repetition, with anchors at the ends. Assertions,
//! back references and properties are not: then there is no text, and the schema is refused.

use std::{iter::Peekable, str::Chars};

/// The longest text, in characters.
const LONGEST: usize = 4096;
/// How deep groups may nest.
const DEEPEST: usize = 32;
/// What stands for a class that says what is not in it.
const USUAL: &str = "a0 -A_.~é";

/// A text that the expression matches, the same one every time; `None` for an expression that is not known.
pub(super) fn sample(pattern: &str) -> Option<String> {
    let mut parser = Parser {
        rest: pattern.chars().peekable(),
        depth: 0,
    };
    let text = parser.alternatives()?;
    parser.rest.next().is_none().then_some(text)
}

struct Parser<'p> {
    rest: Peekable<Chars<'p>>,
    depth: usize,
}

/// The members of a class, as ranges.
#[derive(Default)]
struct Class {
    ranges: Vec<(char, char)>,
}

impl Parser<'_> {
    /// The first of the alternatives; the others are read too, since they may be what is not known.
    fn alternatives(&mut self) -> Option<String> {
        let first = self.sequence()?;
        while self.rest.next_if_eq(&'|').is_some() {
            self.sequence()?;
        }
        Some(first)
    }

    fn sequence(&mut self) -> Option<String> {
        let mut text = String::new();
        self.rest.next_if_eq(&'^');
        while let Some(&next) = self.rest.peek() {
            match next {
                '|' | ')' => break,
                '$' => {
                    self.rest.next();
                    // An end before the end matches nothing.
                    return matches!(self.rest.peek(), None | Some('|' | ')')).then_some(text);
                }
                _ => {
                    let atom = self.atom()?;
                    let times = self.times()?;
                    text.push_str(&atom.repeat(times));
                }
            }
            if text.len() > LONGEST {
                return None;
            }
        }
        Some(text)
    }

    fn atom(&mut self) -> Option<String> {
        match self.rest.next()? {
            '(' => self.group(),
            '[' => self.class().map(String::from),
            '.' => Some("a".to_owned()),
            '\\' => self.escape()?.first().map(String::from),
            '^' | '*' | '+' | '?' | '{' => None,
            literal => Some(literal.to_string()),
        }
    }

    fn group(&mut self) -> Option<String> {
        if self.rest.next_if_eq(&'?').is_some() {
            self.rest.next_if_eq(&':')?;
        }
        self.depth += 1;
        let text = (self.depth <= DEEPEST)
            .then(|| self.alternatives())
            .flatten()?;
        self.depth -= 1;
        self.rest.next_if_eq(&')').map(|_| text)
    }

    fn class(&mut self) -> Option<char> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut class = Class::default();
        loop {
            let start = match self.rest.next()? {
                ']' => break,
                '[' => return None,
                '\\' => self.escape()?,
                literal => Class::of(literal),
            };
            match start.single().filter(|_| self.is_range()) {
                Some(low) => class.ranges.push((low, self.range_end()?)),
                None => class.ranges.extend(start.ranges),
            }
        }
        if negated {
            USUAL.chars().find(|character| !class.contains(*character))
        } else {
            class.first()
        }
    }

    /// Whether a hyphen stands here that does not end the class.
    fn is_range(&self) -> bool {
        let mut ahead = self.rest.clone();
        ahead.next() == Some('-') && ahead.next().is_some_and(|after| after != ']')
    }

    fn range_end(&mut self) -> Option<char> {
        self.rest.next();
        match self.rest.next()? {
            '\\' => self.escape()?.single(),
            literal => Some(literal),
        }
    }

    fn escape(&mut self) -> Option<Class> {
        match self.rest.next()? {
            'd' => Some(Class {
                ranges: vec![('0', '9')],
            }),
            'w' => Some(Class {
                ranges: vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
            }),
            's' => Some(Class {
                ranges: vec![(' ', ' '), ('\t', '\r')],
            }),
            'n' => Some(Class::of('\n')),
            'r' => Some(Class::of('\r')),
            't' => Some(Class::of('\t')),
            letter if letter.is_ascii_alphanumeric() => None,
            literal => Some(Class::of(literal)),
        }
    }

    /// How often the atom just read is repeated.
    fn times(&mut self) -> Option<usize> {
        let times = match self.rest.peek() {
            Some('*' | '+' | '?') => {
                self.rest.next();
                1
            }
            Some('{') => self.counted()?,
            _ => return Some(1),
        };
        // A lazy repetition matches the same texts.
        self.rest.next_if_eq(&'?');
        Some(times)
    }

    fn counted(&mut self) -> Option<usize> {
        self.rest.next();
        let mut inside = String::new();
        loop {
            match self.rest.next()? {
                '}' => break,
                character => inside.push(character),
            }
        }
        let (least, most) = inside.split_once(',').unwrap_or((&inside, &inside));
        let least: usize = least.parse().ok()?;
        let most = if most.is_empty() {
            usize::MAX
        } else {
            most.parse().ok()?
        };
        (least <= most && least <= LONGEST).then_some(least)
    }
}

impl Class {
    fn of(character: char) -> Self {
        Self {
            ranges: vec![(character, character)],
        }
    }

    fn first(&self) -> Option<char> {
        self.ranges
            .first()
            .filter(|(low, high)| low <= high)
            .map(|(low, _)| *low)
    }

    fn single(&self) -> Option<char> {
        match self.ranges.as_slice() {
            [(low, high)] if low == high => Some(*low),
            _ => None,
        }
    }

    fn contains(&self, character: char) -> bool {
        self.ranges
            .iter()
            .any(|(low, high)| (low..=high).contains(&&character))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_known_expressions() {
        let table = [
            ("^[A-Z]{3}-\\d{2,4}$", Some("AAA-00")),
            ("^(red|green)s?$", Some("reds")),
            ("(?:ab)+c*", Some("abc")),
            ("^[^@\\s]+@[^@]+\\.[a-z]{2,}$", Some("a@a.aa")),
            ("^\\+?[1-9][0-9_-]*$", Some("+10")),
            ("[a-]", Some("a")),
            ("", Some("")),
            ("^a$b", None),
            ("(?=a)a", None),
            ("(a)\\1", None),
            ("\\bword", None),
            ("[", None),
            ("a{2", None),
            ("a)", None),
            ("a{9999}", None),
        ];
        for (pattern, text) in table {
            assert_eq!(sample(pattern).as_deref(), text, "{pattern}");
        }
        assert_eq!(sample(&"(".repeat(100_000)), None);
    }
}
