//! Arguments of a call that come in pieces by JSON path, written as one JSON text as they come.
//!
//! Spec: `PartialArg` of <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/function-calling>;
//! paths are those of RFC 9535: `$.city`, `$['a b'].list[0]`.

use super::wire::answer::PartialArg;

/// The JSON text of one call's arguments so far.
#[derive(Debug, Default)]
pub(super) struct PartialArgs {
    /// The path of the last value; the containers that it stands in are open.
    path: Vec<Step>,
    begun: bool,
    in_string: bool,
}

/// One step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(u64),
}

impl PartialArgs {
    /// Writes what is new.
    pub(super) fn push(&mut self, piece: &PartialArg<'_>, out: &mut String) {
        let path = steps(piece.json_path.as_deref().unwrap_or_default());
        let goes_on = piece.will_continue == Some(true);
        if self.in_string && path == self.path {
            write_text(piece.string_value.as_deref().unwrap_or_default(), out);
            self.in_string = goes_on;
            if !goes_on {
                out.push('"');
            }
            return;
        }
        if !self.move_to(path, out) {
            return;
        }
        if let Some(text) = piece.string_value.as_deref() {
            out.push('"');
            write_text(text, out);
            self.in_string = goes_on;
            if !goes_on {
                out.push('"');
            }
        } else if let Some(number) = piece.number_value {
            out.push_str(number.get());
        } else if let Some(truth) = piece.bool_value {
            out.push_str(if truth { "true" } else { "false" });
        } else {
            out.push_str("null");
        }
    }

    /// Writes the end; nothing where nothing came.
    pub(super) fn finish(&mut self, out: &mut String) {
        if !self.begun {
            return;
        }
        self.close_string(out);
        self.close_to(0, out);
        out.push('}');
        *self = Self::default();
    }

    /// Closes what is left, and opens what is entered. `false` where the value cannot stand there: it was
    /// written already, or something stands in its way.
    fn move_to(&mut self, path: Vec<Step>, out: &mut String) -> bool {
        let shared = self
            .path
            .iter()
            .zip(&path)
            .take_while(|(mine, new)| mine == new)
            .count();
        if shared == path.len() || (self.begun && shared == self.path.len()) {
            return false;
        }
        let is_member = |at: usize| matches!(path.get(at), Some(Step::Member(_)));
        if shared == 0 && !is_member(0) {
            return false;
        }
        if self.begun {
            let before = self.path.get(shared);
            if matches!(before, Some(Step::Member(_))) != is_member(shared) {
                return false;
            }
            self.close_string(out);
            self.close_to(shared, out);
            out.push(',');
        } else {
            self.begun = true;
            out.push('{');
        }
        for (at, step) in path.iter().enumerate().skip(shared) {
            if let Step::Member(name) = step {
                out.push('"');
                write_text(name, out);
                out.push_str("\":");
            }
            if at + 1 < path.len() {
                out.push(if is_member(at + 1) { '{' } else { '[' });
            }
        }
        self.path = path;
        true
    }

    fn close_string(&mut self, out: &mut String) {
        if std::mem::take(&mut self.in_string) {
            out.push('"');
        }
    }

    /// Closes the containers of all steps behind this one.
    fn close_to(&self, step: usize, out: &mut String) {
        for step in self.path.iter().skip(step + 1).rev() {
            out.push(match step {
                Step::Member(_) => '}',
                Step::Element(_) => ']',
            });
        }
    }
}

/// The steps of a path behind `$`. What is no path has none.
fn steps(path: &str) -> Vec<Step> {
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = if let Some(inner) = rest.strip_prefix('[') {
            match bracketed(inner) {
                Some(found) => found,
                None => break,
            }
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (name, after) = name.split_at(end);
            (Step::Member(name.to_owned()), after)
        };
        steps.push(step);
        rest = after;
    }
    steps
}

/// What stands in brackets, and what comes behind them.
fn bracketed(inner: &str) -> Option<(Step, &str)> {
    let Some(quote) = inner.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
        let (number, after) = inner.split_once(']')?;
        return Some((Step::Element(number.trim().parse().ok()?), after));
    };
    let mut name = String::new();
    let mut escaped = false;
    for (at, c) in inner.char_indices().skip(1) {
        if escaped {
            name.push(c);
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            let after = inner.get(at + 1..)?.strip_prefix(']')?;
            return Some((Step::Member(name), after));
        } else {
            name.push(c);
        }
    }
    None
}

/// Text as it stands inside of a JSON string.
fn write_text(text: &str, out: &mut String) {
    if let Ok(quoted) = serde_json::to_string(text) {
        out.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn written(pieces: &[Value]) -> Value {
        let mut arguments = PartialArgs::default();
        let mut text = String::new();
        for piece in pieces {
            let piece = piece.to_string();
            arguments.push(&serde_json::from_str(&piece).unwrap(), &mut text);
        }
        arguments.finish(&mut text);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    #[test]
    fn pieces_become_one_object() {
        let pieces = [
            json!({"jsonPath": "$.name", "stringValue": "A \"b", "willContinue": true}),
            json!({"jsonPath": "$.name", "stringValue": "\n", "willContinue": true}),
            json!({"jsonPath": "$.name", "stringValue": ""}),
            json!({"jsonPath": "$.at.lat", "numberValue": 1.50}),
            json!({"jsonPath": "$.at.deep.on", "boolValue": true}),
            json!({"jsonPath": "$['a.b'][0].x", "nullValue": "NULL_VALUE"}),
            json!({"jsonPath": "$['a.b'][0].y", "stringValue": "é", "willContinue": true}),
            json!({"jsonPath": "$['a.b'][1].x", "numberValue": 12345678901234567890_u64}),
            json!({"jsonPath": "$.list[0]", "stringValue": "p"}),
            json!({"jsonPath": "$.list[1]", "stringValue": "q"}),
        ];
        assert_eq!(
            written(&pieces),
            json!({
                "name": "A \"b\n", "at": {"lat": 1.5, "deep": {"on": true}},
                "a.b": [{"x": null, "y": "é"}, {"x": 12345678901234567890_u64}], "list": ["p", "q"]
            })
        );
    }

    #[test]
    fn what_cannot_stand_there_is_left_out() {
        for pieces in [
            vec![
                json!({"jsonPath": "$.a", "numberValue": 1}),
                json!({"jsonPath": "$.a.b", "numberValue": 2}),
            ],
            vec![
                json!({"jsonPath": "$.a", "numberValue": 1}),
                json!({"jsonPath": "$.a", "numberValue": 2}),
            ],
            vec![
                json!({"jsonPath": "$.a", "numberValue": 1}),
                json!({"jsonPath": "$[0]", "numberValue": 2}),
            ],
            vec![
                json!({"jsonPath": "$.a", "numberValue": 1}),
                json!({"jsonPath": "$", "numberValue": 2}),
            ],
            vec![
                json!({"jsonPath": "$.a", "numberValue": 1}),
                json!({"jsonPath": "", "numberValue": 2}),
            ],
        ] {
            assert_eq!(written(&pieces), json!({"a": 1}), "{pieces:?}");
        }
    }
}
