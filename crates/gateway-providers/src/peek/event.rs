//! What a relay wants to know of one stream event.

use std::ops::Range;

use super::{Cursor, Malformed, member_cut, unquote};
use crate::mend;

/// The facts of one event whose data is a JSON object.
#[derive(Debug, Default)]
pub(crate) struct EventFacts<'a> {
    /// The `error` member's text, unless it says that there is none.
    pub(crate) error: Option<&'a [u8]>,
    /// The `type` member, a string with its quotes.
    pub(crate) kind: Option<&'a [u8]>,
    /// Whether there is a `message` member that is a string.
    pub(crate) has_message: bool,
    /// Whether there is a member that holds an answer of any operation, `choices` not counted.
    pub(crate) has_content: bool,
    /// Whether there is a `choices` member.
    pub(crate) has_choices: bool,
    /// The choices with something in them, one bit an index (the last bit for all indices behind it).
    pub(crate) choices: u128,
    /// Of these, the ones with a finish reason.
    pub(crate) finished: u128,
    /// Of these, the ones that say of themselves that they failed (OpenRouter).
    pub(crate) failed: u128,
    /// The usage object's text, where it is no `null`.
    pub(crate) usage: Option<&'a [u8]>,
    /// Whether a choice's content or calls may have to be mended.
    pub(crate) may_need_mending: bool,
    /// Whether it lacks something that every chunk has: its name, a list of choices, content in each.
    pub(crate) lacks_shape: bool,
    /// What to cut to take out a `"usage":null`.
    pub(crate) null_usage: Option<Range<usize>>,
}

impl<'a> EventFacts<'a> {
    /// Reads the facts and checks the whole text. The text must be valid UTF-8.
    pub(crate) fn read(data: &'a [u8]) -> Result<Self, Malformed> {
        let mut facts = Self::default();
        let mut object = None;
        let mut cursor = Cursor::new(data);
        if cursor.peek() != Some(b'{') {
            return Err(Malformed);
        }
        cursor.members(|cursor, key| {
            match key.text().as_ref() {
                b"choices" => {
                    facts.has_choices = true;
                    facts.lacks_shape |= cursor.peek() != Some(b'[');
                    return facts.read_choices(cursor);
                }
                b"object" => object = Some(cursor.value()?),
                b"error" => {
                    facts.error = Some(cursor.value()?).filter(|value| says_something(value));
                }
                b"type" => {
                    facts.kind = Some(cursor.value()?).filter(|value| value.starts_with(b"\""));
                }
                b"message" => facts.has_message = cursor.value()?.starts_with(b"\""),
                b"usage" => {
                    let value = cursor.value()?;
                    if value == b"null" {
                        facts.null_usage = Some(member_cut(data, key.start, cursor.position()));
                    } else {
                        facts.usage = Some(value);
                    }
                }
                // Groq reports its usage under `x_groq`, the Responses API inside of the `response` that its
                // last events carry.
                b"x_groq" | b"response" => return facts.read_nested_usage(cursor),
                // The answer itself, operation by operation.
                b"data" | b"results" | b"output" | b"embeddings" | b"text" => {
                    facts.has_content = true;
                    cursor.value()?;
                }
                _ => {
                    cursor.value()?;
                }
            }
            Ok(())
        })?;
        cursor.finish()?;
        facts.lacks_shape |= !facts.has_choices || !mend::is_named(object);
        Ok(facts)
    }

    /// Whether the `type` member is one of these.
    pub(crate) fn is_of_kind(&self, kinds: &[&str]) -> bool {
        self.kind.is_some_and(|kind| {
            let kind = unquote(kind);
            kinds.iter().any(|known| known.as_bytes() == kind.as_ref())
        })
    }

    fn read_choices(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        let mut place = 0;
        cursor.elements(|cursor| {
            let mut index = place;
            let (mut finished, mut failed, mut has_content) = (false, false, false);
            cursor.members(|cursor, key| {
                match key.text().as_ref() {
                    b"index" => index = small_number(cursor.value()?).unwrap_or(index),
                    b"finish_reason" | b"finish_details" => {
                        finished |= says_something(cursor.value()?);
                    }
                    b"error" => failed |= says_something(cursor.value()?),
                    b"usage" => self.note_nested_usage(cursor.value()?),
                    // A text completion's choice is its own content.
                    b"text" => {
                        has_content = true;
                        cursor.value()?;
                    }
                    b"delta" => {
                        has_content |= cursor.peek() != Some(b'n');
                        self.may_need_mending |= mend::pass_delta(cursor)?;
                    }
                    b"message" => {
                        has_content |= cursor.peek() != Some(b'n');
                        self.may_need_mending |= mend::pass_message(cursor)?;
                    }
                    _ => {
                        cursor.value()?;
                    }
                }
                Ok(())
            })?;
            self.lacks_shape |= !has_content;
            let bit = 1 << index.min(127);
            self.choices |= bit;
            self.finished |= if finished { bit } else { 0 };
            self.failed |= if failed { bit } else { 0 };
            place += 1;
            Ok(())
        })
    }

    fn read_nested_usage(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        cursor.members(|cursor, key| {
            let value = cursor.value()?;
            if key.text().as_ref() == b"usage" {
                self.note_nested_usage(value);
            }
            Ok(())
        })
    }

    /// A usage that stands deeper counts where the event itself has none.
    fn note_nested_usage(&mut self, value: &'a [u8]) {
        if value != b"null" && self.usage.is_none() {
            self.usage = Some(value);
        }
    }
}

/// Upstreams write 'none' in several ways.
pub(crate) fn says_something(value: &[u8]) -> bool {
    !matches!(value, b"null" | b"\"\"" | b"false")
}

fn small_number(value: &[u8]) -> Option<u32> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_of_a_chunk_are_read_in_one_pass() {
        let data = br#"{"id":"c","choices":[{"index":2,"delta":{"content":"finish_reason"},"finish_reason":"stop"},{"index":0,"delta":{},"finish_reason":null}],"usage":null,"x":1}"#;
        let facts = EventFacts::read(data).unwrap();
        assert!(facts.has_choices && facts.error.is_none() && facts.usage.is_none());
        assert_eq!((facts.choices, facts.finished), (0b101, 0b100));
        let mut left = data.to_vec();
        left.drain(facts.null_usage.unwrap());
        assert!(left.ends_with(br#""finish_reason":null}],"x":1}"#));
    }

    #[test]
    fn usage_is_found_at_every_place() {
        for data in [
            r#"{"choices":[],"usage":{"a":1}}"#,
            r#"{"choices":[],"x_groq":{"id":"r","usage":{"a":1}}}"#,
            r#"{"choices":[],"x_groq":{"usage":{"b":1}},"usage":{"a":1}}"#,
            r#"{"type":"response.completed","response":{"usage":{"a":1}}}"#,
            r#"{"choices":[{"index":0,"delta":{},"usage":{"a":1}}]}"#,
        ] {
            assert_eq!(
                EventFacts::read(data.as_bytes()).unwrap().usage,
                Some(br#"{"a":1}"#.as_slice()),
                "{data}"
            );
        }
    }

    #[test]
    fn an_error_that_says_nothing_is_none() {
        for (data, is_error) in [
            (r#"{"error":null}"#, false),
            (r#"{"error":""}"#, false),
            (r#"{"error":false}"#, false),
            (r#"{"error":"no"}"#, true),
            (r#"{"error":{}}"#, true),
            (r#"{"\u0065rror":{"code":1}}"#, true),
        ] {
            assert_eq!(
                EventFacts::read(data.as_bytes()).unwrap().error.is_some(),
                is_error,
                "{data}"
            );
        }
        for data in ["5", "[]", "{", "{}x", "", "\"a\""] {
            assert!(EventFacts::read(data.as_bytes()).is_err(), "{data}");
        }
    }
}
