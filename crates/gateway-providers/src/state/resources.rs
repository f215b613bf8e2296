//! The ids of what an account keeps beside conversations, wherever a request names them: an upload belongs to the
//! account that it was sent to, and no other finds it.

use std::{fmt, sync::LazyLock};

use gateway_types::json::RawObject;
use memchr::memmem::Finder;

use super::{
    chat::{each, inside},
    piece::{Piece, StateKind},
};
use crate::peek::{Cursor, Key, Malformed};

type Walk = Result<(), Malformed>;

/// Where an id stands in the value of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// It is the value, or each of a list.
    Value,
    /// It is the value, or the member `id` of it.
    ValueOrId,
    /// It is the member `id` of the value.
    Id,
}

/// Keys whose values name what an account keeps.
///
/// Sources: <https://platform.openai.com/docs/api-reference/responses/create>,
/// <https://platform.openai.com/docs/api-reference/files>, <https://docs.anthropic.com/en/docs/build-with-claude/files>,
/// <https://docs.anthropic.com/en/api/messages> (`container`), <https://ai.google.dev/api/caching>,
/// <https://ai.google.dev/api/files>.
const KEYS: &[(&str, Shape)] = &[
    ("file_id", Shape::Value),
    ("file_ids", Shape::Value),
    ("vector_store_ids", Shape::Value),
    ("container", Shape::ValueOrId),
    ("container_id", Shape::Value),
    ("cachedContent", Shape::Value),
    ("cached_content", Shape::Value),
    ("fileUri", Shape::Value),
    ("file_uri", Shape::Value),
];

/// Keys at the top of a request that do.
const TOP_KEYS: &[(&str, Shape)] = &[("prompt", Shape::Id)];

/// Keys below which nothing names anything: schemas, free texts, what only tells of an answer, and state that is
/// found elsewhere.
const PASSED: &[&str] = &[
    "annotations",
    "arguments",
    "extra_content",
    "function",
    "input_schema",
    "json_schema",
    "metadata",
    "output_schema",
    "parameters",
    "provider_data",
    "reasoning_details",
    "results",
    "schema",
];

/// Before the name of whom options are for.
const OPTIONS: &str = "provider_options.";

/// Where Gemini's API keeps what was uploaded to it: <https://ai.google.dev/api/files#File>.
static UPLOADS: LazyLock<Finder<'static>> =
    LazyLock::new(|| Finder::new("https://generativelanguage.googleapis.com/"));

/// Keys that addresses of uploads stand under.
const ADDRESSES: &[&str] = &["url", "image_url", "file_url", "video_url", "file_data"];

pub(super) fn may_carry(body: &RawObject) -> bool {
    let has_upload = || {
        ADDRESSES.iter().any(|key| body.may_hold_key(key)) && UPLOADS.find(body.bytes()).is_some()
    };
    KEYS.iter().any(|(key, _)| body.may_hold_key(key))
        || TOP_KEYS.iter().any(|(key, _)| body.get(key).is_some())
        || has_upload()
}

/// Where the walk is; written out only where something is found.
#[derive(Clone, Copy)]
enum Path<'a> {
    Top,
    Member(&'a Path<'a>, &'a [u8]),
    Element(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Member(Self::Top, name) => f.write_str(&String::from_utf8_lossy(name)),
            Self::Member(above, name) => write!(f, "{above}.{}", String::from_utf8_lossy(name)),
            Self::Element(above, index) => write!(f, "{above}[{index}]"),
        }
    }
}

pub(super) fn find(cursor: &mut Cursor<'_>, pieces: &mut Vec<Piece>) -> Walk {
    let first = pieces.len();
    members(cursor, Path::Top, pieces)?;
    for piece in pieces.iter_mut().skip(first) {
        let options = piece.path.strip_prefix(OPTIONS);
        let addressee = options.and_then(|path| path.split('.').next());
        piece.addressee = addressee.map(Box::from);
    }
    Ok(())
}

fn members(cursor: &mut Cursor<'_>, path: Path<'_>, pieces: &mut Vec<Piece>) -> Walk {
    cursor.members(|cursor, key| {
        let name = key.text();
        let is = |known: &str| name == known.as_bytes();
        if PASSED.iter().any(|passed| is(passed)) {
            return cursor.value().map(drop);
        }
        let is_top = matches!(path, Path::Top);
        let top = if is_top { TOP_KEYS } else { &[] };
        let known = KEYS.iter().chain(top).find(|(known, _)| is(known));
        let path = Path::Member(&path, &name);
        match known {
            Some((_, shape)) => named(cursor, key, *shape, path, pieces),
            None => any(cursor, Some(key), path, pieces),
        }
    })
}

/// A value that may hold names further below.
fn any(
    cursor: &mut Cursor<'_>,
    key: Option<Key<'_>>,
    path: Path<'_>,
    pieces: &mut Vec<Piece>,
) -> Walk {
    match cursor.peek() {
        Some(b'{') => members(cursor, path, pieces),
        Some(b'[') => each(cursor, |cursor, index| {
            any(cursor, None, Path::Element(&path, index), pieces)
        })
        .map(drop),
        Some(b'"') => {
            let start = key.map_or(cursor.position(), |key| key.start);
            let value = cursor.value()?;
            if value
                .get(1..)
                .is_some_and(|text| text.starts_with(UPLOADS.needle()))
            {
                note(cursor, start, value, path, pieces);
            }
            Ok(())
        }
        _ => cursor.value().map(drop),
    }
}

/// The value of a key that names something.
fn named(
    cursor: &mut Cursor<'_>,
    key: Key<'_>,
    shape: Shape,
    path: Path<'_>,
    pieces: &mut Vec<Piece>,
) -> Walk {
    match (cursor.peek(), shape) {
        (Some(b'"'), Shape::Value | Shape::ValueOrId) => {
            let value = cursor.value()?;
            note(cursor, key.start, value, path, pieces);
            Ok(())
        }
        (Some(b'['), Shape::Value) => each(cursor, |cursor, index| {
            cursor.peek();
            let start = cursor.position();
            let value = cursor.value()?;
            note(cursor, start, value, Path::Element(&path, index), pieces);
            Ok(())
        })
        .map(drop),
        (Some(b'{'), Shape::Id | Shape::ValueOrId) => cursor.members(|cursor, key| {
            let name = key.text();
            let path = Path::Member(&path, &name);
            match KEYS.iter().find(|(known, _)| name == known.as_bytes()) {
                _ if &*name == b"id" => named(cursor, key, Shape::Value, path, pieces),
                Some((_, shape)) => named(cursor, key, *shape, path, pieces),
                None => any(cursor, Some(key), path, pieces),
            }
        }),
        _ => cursor.value().map(drop),
    }
}

fn note(cursor: &Cursor<'_>, start: usize, value: &[u8], path: Path<'_>, pieces: &mut Vec<Piece>) {
    if let Some(id) = inside(cursor, value) {
        let range = start..cursor.position();
        let path = path.to_string();
        pieces.push(Piece::named_by_id(
            path,
            StateKind::Resource,
            range,
            Some(id),
        ));
    }
}

#[cfg(test)]
mod tests {
    use gateway_types::json::ScanLimits;
    use serde_json::{Value, json};

    use crate::{
        Operation,
        state::{CarriedState, StateKind},
    };

    /// Each id with its path, and whom it is for.
    fn found(operation: Operation, body: &Value) -> Vec<String> {
        let text = body.to_string();
        let body = gateway_types::json::RawObject::parse(text.into(), ScanLimits::default());
        let body = body.unwrap();
        let state = CarriedState::read(operation, &body);
        let mut shown = Vec::new();
        for piece in state.pieces() {
            assert_eq!(*piece.kind(), StateKind::Resource, "{}", piece.path());
            assert!(!piece.may_be_left());
            let mut marks = Vec::new();
            state.marks(&body, piece, |mark| {
                marks.push(String::from_utf8_lossy(mark).into_owned());
            });
            let addressee = piece.addressee().unwrap_or_default();
            shown.push(format!("{addressee} {} {}", piece.path(), marks.concat()));
        }
        shown
    }

    #[test]
    fn what_a_chat_names_of_an_account_is_found() {
        let upload = "https://generativelanguage.googleapis.com/v1beta/files/x";
        let body = json!({
            "messages": [
                {"role": "user", "content": [
                    {"type": "file", "file": {"file_id": "file-1"}},
                    {"type": "image_url", "image_url": {"url": upload}},
                    {"type": "image_url", "image_url": {"url": "https://example.com/files/x"}},
                    {"type": "document", "source": {"type": "file", "file_id": "file_2"}},
                ]},
                {"role": "assistant", "content": "a", "annotations": [{"file_id": "no"}], "tool_calls": [
                    {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"file_id\":\"no\"}"}},
                ]},
            ],
            "tools": [{"type": "function", "function": {"parameters": {"properties": {"file_id": {"default": "no"}}}}}],
            "metadata": {"file_id": "no"},
            "provider_options": {
                "google": {"cachedContent": "cachedContents/1"},
                "anthropic": {"container": {"id": "cont_1", "skills": []}},
            },
        });
        assert_eq!(
            found(Operation::Chat, &body),
            [
                " messages[0].content[0].file.file_id file-1".to_owned(),
                format!(" messages[0].content[1].image_url.url {upload}"),
                " messages[0].content[3].source.file_id file_2".to_owned(),
                "google provider_options.google.cachedContent cachedContents/1".to_owned(),
                "anthropic provider_options.anthropic.container.id cont_1".to_owned(),
            ]
        );
    }

    #[test]
    fn what_a_response_is_asked_with_names_too() {
        let body = json!({
            "prompt": {"id": "pmpt_1", "variables": {"x": {"type": "input_file", "file_id": "file-0"}}},
            "input": [
                {"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}, {"type": "input_image", "file_id": null}]},
                {"type": "code_interpreter_call", "container_id": "cntr_1", "code": "x"},
                {"type": "file_search_call", "results": [{"file_id": "no"}]},
            ],
            "tools": [
                {"type": "file_search", "vector_store_ids": ["vs_1", "vs_2"]},
                {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-2"]}},
                {"type": "code_interpreter", "container": "cntr_2"},
                {"type": "function", "name": "f", "parameters": {"file_id": "no"}},
            ],
        });
        assert_eq!(
            found(Operation::Responses, &body),
            [
                " prompt.id pmpt_1",
                " prompt.variables.x.file_id file-0",
                " input[0].content[0].file_id file-1",
                " input[1].container_id cntr_1",
                " tools[0].vector_store_ids[0] vs_1",
                " tools[0].vector_store_ids[1] vs_2",
                " tools[1].container.file_ids[0] file-2",
                " tools[2].container cntr_2",
            ]
        );
    }

    #[test]
    fn a_text_that_is_called_so_is_none() {
        let plain = json!({
            "prompt": "say {\"file_id\":\"x\"}",
            "messages": [{"role": "user", "content": "file_id"}],
            "file_id": 7, "vector_store_ids": [], "container": {"type": "auto"}, "file_ids": "",
        });
        assert_eq!(found(Operation::Chat, &plain), Vec::<String>::new());
        let elsewhere = json!({"file_id": "file-1"});
        assert_eq!(
            found(Operation::Embeddings, &elsewhere),
            Vec::<String>::new()
        );
    }
}
