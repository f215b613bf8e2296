//! State in a chat: in what the assistant said before.

use std::{ops::Range, sync::LazyLock};

use gateway_types::json::RawObject;
use memchr::memmem::Finder;

use super::piece::{Holder, Piece, StateKind};
use crate::peek::{Cursor, Key, Malformed, unquote};

type Walk<T = ()> = Result<T, Malformed>;

/// Keys without which there is no state.
const SIGNS: &[&str] = &[
    "reasoning_details",
    "extra_content",
    "provider_data",
    "audio",
    "signature",
];

/// Lists in a dialect's part of `provider_data` that go back to the upstream; its other members only tell something
/// of an answer.
const WAY_BACK: &[&[u8]] = &[b"blocks", b"items", b"parts"];

/// Parts of a message's content in Anthropic's own words that must come back as they were.
const OWN_PARTS: &[&[u8]] = &[b"thinking", b"redacted_thinking"];

/// The maker of those parts.
const OWN_PARTS_MAKER: &str = "anthropic";

static REDACTED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("redacted_thinking"));

pub(super) fn may_carry(body: &RawObject) -> bool {
    let redacted = || body.may_hold_key("data") && REDACTED.find(body.bytes()).is_some();
    SIGNS.iter().any(|key| body.may_hold_key(key)) || redacted()
}

pub(super) fn find(cursor: &mut Cursor<'_>, pieces: &mut Vec<Piece>) -> Walk {
    cursor.members(|cursor, key| {
        if &*key.text() != b"messages" {
            return cursor.value().map(drop);
        }
        each(cursor, |cursor, index| {
            message(cursor, &format!("messages[{index}]"), pieces)
        })
        .map(drop)
    })
}

fn message(cursor: &mut Cursor<'_>, path: &str, pieces: &mut Vec<Piece>) -> Walk {
    cursor.members(|cursor, key| match &*key.text() {
        b"reasoning_details" => details(cursor, key, path, pieces),
        b"content" if cursor.peek() == Some(b'[') => parts(cursor, key, path, pieces),
        b"tool_calls" => each(cursor, |cursor, index| {
            call(cursor, &format!("{path}.tool_calls[{index}]"), pieces)
        })
        .map(drop),
        b"extra_content" => {
            let path = format!("{path}.extra_content");
            named(cursor, key, &path, pieces, is_object)
        }
        b"provider_data" => {
            let path = format!("{path}.provider_data");
            named(cursor, key, &path, pieces, goes_back)
        }
        b"audio" => recording(cursor, key, path, pieces),
        _ => cursor.value().map(drop),
    })
}

fn call(cursor: &mut Cursor<'_>, path: &str, pieces: &mut Vec<Piece>) -> Walk {
    cursor.members(|cursor, key| match &*key.text() {
        b"extra_content" => {
            let path = format!("{path}.extra_content");
            named(cursor, key, &path, pieces, is_object)
        }
        _ => cursor.value().map(drop),
    })
}

/// A detail is state where it is signed or encrypted.
fn details(cursor: &mut Cursor<'_>, key: Key<'_>, path: &str, pieces: &mut Vec<Piece>) -> Walk {
    let first = pieces.len();
    let len = each(cursor, |cursor, index| {
        let start = start(cursor);
        let mut format = Box::default();
        let mut is_state = false;
        cursor.members(|cursor, key| {
            let value = cursor.value()?;
            match &*key.text() {
                b"format" if value.first() == Some(&b'"') => {
                    format = String::from_utf8_lossy(&unquote(value)).into();
                }
                b"signature" | b"data" => is_state |= says_something(value),
                _ => {}
            }
            Ok(())
        })?;
        if is_state {
            let path = format!("{path}.reasoning_details[{index}]");
            pieces.push(Piece::to_be_left(path, format, start..cursor.position()));
        }
        Ok(())
    })?;
    held_by(pieces, first, key.start, len);
    Ok(())
}

/// Thinking as a part of the content.
fn parts(cursor: &mut Cursor<'_>, key: Key<'_>, path: &str, pieces: &mut Vec<Piece>) -> Walk {
    let first = pieces.len();
    let len = each(cursor, |cursor, index| {
        let start = start(cursor);
        let mut is_state = false;
        cursor.members(|cursor, key| {
            let value = cursor.value()?;
            is_state |= &*key.text() == b"type" && OWN_PARTS.contains(&&*unquote(value));
            Ok(())
        })?;
        if is_state {
            let path = format!("{path}.content[{index}]");
            let range = start..cursor.position();
            pieces.push(Piece::to_be_left(path, OWN_PARTS_MAKER.into(), range));
        }
        Ok(())
    })?;
    held_by(pieces, first, key.start, len);
    Ok(())
}

/// State under the names of who wants it back.
fn named(
    cursor: &mut Cursor<'_>,
    key: Key<'_>,
    path: &str,
    pieces: &mut Vec<Piece>,
    is_state: fn(&[u8]) -> bool,
) -> Walk {
    let first = pieces.len();
    let mut len = 0;
    cursor.members(|cursor, key| {
        len += 1;
        let value = cursor.value()?;
        if says_something(value) && is_state(value) {
            let name = String::from_utf8_lossy(&key.text()).into_owned();
            let path = format!("{path}.{name}");
            let range = key.start..cursor.position();
            pieces.push(Piece::to_be_left(path, name.into(), range));
        }
        Ok(())
    })?;
    held_by(pieces, first, key.start, len);
    Ok(())
}

fn is_object(value: &[u8]) -> bool {
    value.starts_with(b"{")
}

/// Whether there is a list in it that goes back.
fn goes_back(data: &[u8]) -> bool {
    let mut found = false;
    let _ = Cursor::new(data).members(|cursor, key| {
        let value = cursor.value()?;
        found |= WAY_BACK.contains(&&*key.text()) && value.starts_with(b"[") && has_elements(value);
        Ok(())
    });
    found
}

/// What the assistant said aloud, by the id under which the upstream keeps it: the message has no other content.
fn recording(cursor: &mut Cursor<'_>, key: Key<'_>, path: &str, pieces: &mut Vec<Piece>) -> Walk {
    let mut id = None;
    cursor.members(|cursor, key| {
        let value = cursor.value()?;
        if &*key.text() == b"id" {
            id = inside(cursor, value);
        }
        Ok(())
    })?;
    if id.is_some() {
        let range = key.start..cursor.position();
        let path = format!("{path}.audio");
        pieces.push(Piece::named_by_id(path, StateKind::Stored, range, id));
    }
    Ok(())
}

/// Visits the elements of a list, each of which the visit must pass; says how many there are.
pub(super) fn each<'a>(
    cursor: &mut Cursor<'a>,
    mut visit: impl FnMut(&mut Cursor<'a>, usize) -> Walk,
) -> Walk<usize> {
    let mut count = 0;
    cursor.elements(|cursor| {
        visit(cursor, count)?;
        count += 1;
        Ok(())
    })?;
    Ok(count)
}

/// Where the next value begins.
pub(super) fn start(cursor: &mut Cursor<'_>) -> usize {
    cursor.peek();
    cursor.position()
}

/// Where the text stands of a string that has just been read; `None` where it is none, or an empty one.
pub(super) fn inside(cursor: &Cursor<'_>, value: &[u8]) -> Option<Range<usize>> {
    let end = cursor.position();
    let is_text = value.first() == Some(&b'"') && value.len() > 2;
    is_text.then(|| end - value.len() + 1..end - 1)
}

/// Whether a value is more than `null`, an empty text, list or object.
pub(super) fn says_something(value: &[u8]) -> bool {
    match value.first() {
        Some(b'"') => value.len() > 2,
        Some(b'[' | b'{') => has_elements(value),
        first => first != Some(&b'n'),
    }
}

fn has_elements(container: &[u8]) -> bool {
    let inner = container.get(1..container.len().saturating_sub(1));
    inner.is_some_and(|inner| inner.iter().any(|byte| !byte.is_ascii_whitespace()))
}

fn held_by(pieces: &mut [Piece], first: usize, start: usize, len: usize) {
    for piece in pieces.iter_mut().skip(first) {
        piece.holder = Some(Holder { start, len });
    }
}
