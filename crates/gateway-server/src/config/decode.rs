//! From the tree to the typed configuration, with every mistake found and none of the values shown.
//!
//! Serde stops at the first mistake. So the value that it stopped at is noted and taken out of the tree, and serde
//! reads the tree again, until it reads to the end.

use serde::de::DeserializeOwned;
use toml::de::ValueDeserializer;

use super::{document::Document, near::nearest, path::Path, problem::Problem};

/// More mistakes than anybody reads in one go; a bound on the work that a hostile file can make.
const MOST: usize = 200;

/// The beginning of serde's message about a key that has to be there.
const MISSING: &str = "missing field";

/// A mistake and where in the tree it stood.
pub(crate) struct Mistake {
    pub(crate) path: Path,
    pub(crate) problem: Problem,
}

/// Reads the tree as `T`. What is wrong is left at its default and noted.
pub(crate) fn decode<T: DeserializeOwned + Default>(
    document: &mut Document<'_>,
) -> (T, Vec<Mistake>) {
    let mut mistakes: Vec<Mistake> = Vec::new();
    while mistakes.len() < MOST {
        let error = match T::deserialize(ValueDeserializer::from(document.root().clone())) {
            Ok(value) => return (value, mistakes),
            Err(error) => error,
        };
        let path = error
            .span()
            .and_then(|span| document.find(&span))
            .unwrap_or_default();
        if document.fall_back_to_text(&path) {
            continue;
        }
        let (message, help) = explain(error.message());
        let position = error
            .span()
            .and_then(|span| document.position_of(span.start));
        let problem = Problem {
            position,
            key: path.to_string(),
            message,
            help,
        };
        let removed = document.remove(&path);
        // What is left of a wrong table is not wrong once more: it is empty, or lacks the key that was misspelt.
        let follows = |known: &Mistake| {
            known.path.starts_with(&path)
                && (known.problem.position == problem.position
                    || error.message().starts_with(MISSING))
        };
        if !mistakes.iter().any(follows) {
            mistakes.push(Mistake { path, problem });
        }
        if !removed {
            break;
        }
    }
    (T::default(), mistakes)
}

/// Serde's message in our words: what is wrong, and what to change. Values are cut out of it; names of keys stay.
fn explain(message: &str) -> (String, Option<String>) {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if message.starts_with("unknown field") {
        let (written, known) = quoted
            .split_first()
            .map_or(("", [].as_slice()), |(first, rest)| (*first, rest));
        let help = match nearest(written, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known here: {}", known.join(", ")),
        };
        return ("there is no such key".to_owned(), Some(help));
    }
    if message.starts_with("unknown variant") {
        let (written, known) = quoted
            .split_first()
            .map_or(("", [].as_slice()), |(first, rest)| (*first, rest));
        let help =
            nearest(written, known.iter().copied()).map(|meant| format!("did you mean `{meant}`?"));
        return (format!("expected one of: {}", known.join(", ")), help);
    }
    if let Some(found) = message.strip_prefix("invalid type: ") {
        let expected = message.rsplit(", expected ").next().unwrap_or_default();
        return (
            format!("expected {}, found {}", plain(expected), kind(found)),
            None,
        );
    }
    if let Some((_, expected)) = message
        .strip_prefix("invalid value: ")
        .and_then(|rest| rest.rsplit_once(", expected "))
    {
        return (format!("expected {expected}"), None);
    }
    if message.starts_with(MISSING) {
        return (
            format!("the key `{}` is missing", quoted.first().unwrap_or(&"")),
            None,
        );
    }
    if message.starts_with("wanted ") {
        return ("expected a text".to_owned(), None);
    }
    (message.to_owned(), None)
}

/// Serde's and Rust's names of types in words.
fn plain(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "a boolean" => "true or false",
        "a string" | "path string" => "a text",
        "a sequence" => "a list",
        "a map" => "a table",
        other if other.starts_with("struct ") => "a table",
        other => other,
    }
}

/// What was found, by the first word of serde's description: the rest would be the value.
fn kind(found: &str) -> &'static str {
    const KINDS: [(&str, &str); 6] = [
        ("string", "a text"),
        ("integer", "a whole number"),
        ("floating", "a number with a fraction"),
        ("boolean", "true or false"),
        ("sequence", "a list"),
        ("map", "a table"),
    ];
    KINDS
        .iter()
        .find(|(word, _)| found.starts_with(word))
        .map_or("something else", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::config::origin::Origin;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default, deny_unknown_fields)]
    struct Sample {
        name: Option<String>,
        count: u8,
        list: Vec<String>,
        nested: BTreeMap<String, Inner>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default, deny_unknown_fields)]
    struct Inner {
        on: bool,
        colour: Option<Colour>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Colour {
        Red,
        Green,
    }

    fn read(text: &str) -> (Sample, Vec<String>) {
        let mut document = Document::parse("f", text).unwrap();
        let (sample, mistakes) = decode(&mut document);
        (
            sample,
            mistakes
                .into_iter()
                .map(|mistake| mistake.problem.to_string())
                .collect(),
        )
    }

    #[test]
    fn every_mistake_is_found_and_no_value_is_shown() {
        let (sample, mistakes) = read(
            "naem = 'sk-1'\nname = 'ok'\ncount = 'sk-2'\nlist = ['a', 7, 'b']\n\
             [nested.x]\non = 'sk-3'\ncolour = 'gren'\n[nested.y]\non = true\ncolour = 'sk-4'\nextra = 1\n",
        );
        let mut sorted = mistakes.clone();
        sorted.sort();
        assert_eq!(
            sorted,
            [
                "f:10:10: nested.y.colour: expected one of: red, green",
                "f:11:1: nested.y.extra: there is no such key\n    help: known here: on, colour",
                "f:1:1: naem: there is no such key\n    help: did you mean `name`?",
                "f:3:9: count: expected a whole number, found a text",
                "f:4:14: list[1]: expected a text, found a whole number",
                "f:6:6: nested.x.on: expected true or false, found a text",
                "f:7:10: nested.x.colour: expected one of: red, green\n    help: did you mean `green`?",
            ]
        );
        assert!(!mistakes.concat().contains("sk-"));
        assert_eq!(sample.name.as_deref(), Some("ok"));
        assert_eq!(sample.list, ["a", "b"]);
        assert_eq!(
            sample.nested.get("y"),
            Some(&Inner {
                on: true,
                colour: None
            })
        );
    }

    #[test]
    fn a_table_in_the_place_of_a_value_is_one_mistake() {
        let (_, mistakes) = read("[list.x]\ny = 1\n");
        assert_eq!(mistakes, ["f:1:2: list: expected a list, found a table"]);
    }

    #[test]
    fn a_variable_that_looks_like_a_number_may_be_text() {
        let mut document = Document::empty();
        document.set_value(
            &Path::of(&["name"]),
            "1234",
            Origin::Variable("NAME".into()),
        );
        document.set_value(
            &Path::of(&["count"]),
            "12",
            Origin::Variable("COUNT".into()),
        );
        let (sample, mistakes) = decode::<Sample>(&mut document);
        assert!(mistakes.is_empty());
        assert_eq!((sample.name.as_deref(), sample.count), (Some("1234"), 12));
    }
}
