//! What tells one piece of state from all others: long random text and ids, found by their keys in an answer that
//! passes by and in the request that brings them back. Nothing is parsed for it but the values themselves.

use std::{borrow::Cow, sync::LazyLock};

use memchr::memmem::Finder;

use crate::{Operation, peek::unquote};

/// The ends of the keys of signatures and encrypted texts, closing quote included; `ignature` stands for
/// `signature`, `thought_signature` and `thoughtSignature`.
const OPAQUE: [&str; 4] = [
    "ignature\"",
    "\"data\"",
    "\"encrypted_content\"",
    "\"encrypted_index\"",
];

/// The keys of ids that come back. Not `item_id`, which every event of a stream repeats.
const IDS: [&str; 3] = ["\"id\"", "\"file_id\"", "\"container_id\""];

/// What an event of a chat has in it that names something by an id: what was said aloud, a container. The ids of
/// ordinary events name nothing that comes back.
const NAMING: [&str; 2] = ["\"audio\"", "\"container"];

/// A longer text is no id.
const LONGEST_ID: usize = 256;

static OPAQUE_KEYS: LazyLock<[Finder<'static>; 4]> = LazyLock::new(|| OPAQUE.map(Finder::new));
static ID_KEYS: LazyLock<[Finder<'static>; 3]> = LazyLock::new(|| IDS.map(Finder::new));
static NAMING_KEYS: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| NAMING.map(Finder::new));

/// Visits the marks in an answer or in whole events of one: of signatures and encrypted texts, and of ids that a later
/// request can name. Text that holds none costs a few searches for a short word.
///
/// ```
/// use gateway_providers::{Operation, state::marks_of_answer};
///
/// let event = br#"data: {"choices":[{"delta":{"reasoning_details":[{"signature":"c2lnbmVk"}]}}]}"#;
/// let mut marks = Vec::new();
/// marks_of_answer(Operation::Chat, event, |mark| marks.push(mark.to_vec()));
/// assert_eq!(marks, [b"c2lnbmVk".to_vec()]);
/// ```
pub fn marks_of_answer(operation: Operation, text: &[u8], mut visit: impl FnMut(&[u8])) {
    opaque(text, &mut visit);
    let names_something = match operation {
        Operation::Responses => true,
        Operation::Chat => NAMING_KEYS.iter().any(|key| key.find(text).is_some()),
        _ => false,
    };
    if names_something {
        values(&*ID_KEYS, text, |id| {
            if id.len() <= LONGEST_ID {
                visit(id);
            }
        });
    }
}

/// Visits the marks of signatures and encrypted texts.
pub(super) fn opaque(text: &[u8], visit: &mut impl FnMut(&[u8])) {
    values(&*OPAQUE_KEYS, text, visit);
}

fn values(keys: &[Finder<'_>], text: &[u8], mut visit: impl FnMut(&[u8])) {
    for key in keys {
        for at in key.find_iter(text) {
            let behind = text.get(at + key.needle().len()..).unwrap_or_default();
            if let Some(value) = string(behind) {
                visit(&value);
            }
        }
    }
}

/// The string that follows a key, where one does and says something.
fn string(behind: &[u8]) -> Option<Cow<'_, [u8]>> {
    let value = behind.trim_ascii_start().strip_prefix(b":")?;
    let value = value.trim_ascii_start();
    let inner = value.strip_prefix(b"\"")?;
    let mut end = 0;
    loop {
        let rest = inner.get(end..)?;
        end += memchr::memchr2(b'"', b'\\', rest)?;
        if inner.get(end) == Some(&b'"') {
            break;
        }
        end += 2;
    }
    (end > 0).then(|| unquote(value.get(..end + 2).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(operation: Operation, text: &str) -> Vec<String> {
        let mut marks = Vec::new();
        marks_of_answer(operation, text.as_bytes(), |mark| {
            marks.push(String::from_utf8_lossy(mark).into_owned());
        });
        marks
    }

    #[test]
    fn every_form_of_a_signature_is_found_and_what_only_looks_like_one_is_not() {
        let found = |text: &str| marks(Operation::Chat, text);
        assert_eq!(found(r#"{"signature" : "abc"}"#), ["abc"]);
        assert_eq!(found(r#"{"thought_signature":"abc"}"#), ["abc"]);
        assert_eq!(found(r#"{"thoughtSignature":"a\/b"}"#), ["a/b"]);
        assert_eq!(
            found(r#"{"type":"reasoning.encrypted","data":"xyz"}"#),
            ["xyz"]
        );
        assert_eq!(
            found(r#"{"encrypted_content":"e","encrypted_index":"i"}"#),
            ["e", "i"]
        );
        for none in [
            r#"{"signature":""}"#,
            r#"{"signature":null}"#,
            r#"{"data":[1]}"#,
            r#"{"content":"say \"signature\":\"x\" aloud"}"#,
            r#"{"signature":"cut"#,
            r#"{"signature":"cut\"#,
            r#"{"id":"chatcmpl-1","choices":[]}"#,
        ] {
            assert_eq!(found(none), Vec::<String>::new(), "{none}");
        }
    }

    #[test]
    fn ids_are_told_where_they_can_come_back() {
        let answer =
            r#"{"id":"resp_1","item_id":"x","output":[{"id":"rs_1","container_id":"cntr_1"}]}"#;
        assert_eq!(
            marks(Operation::Responses, answer),
            ["resp_1", "rs_1", "cntr_1"]
        );
        let aloud = r#"{"choices":[{"delta":{"audio":{"id":"audio_1"}}}]}"#;
        assert_eq!(marks(Operation::Chat, aloud), ["audio_1"]);
        assert_eq!(marks(Operation::Embeddings, answer), Vec::<String>::new());
    }
}
