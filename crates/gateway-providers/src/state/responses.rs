//! State in a request of the Responses API: items that only their maker can read, and ids of what it keeps.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/responses/create>.

use gateway_types::json::RawObject;

use super::{
    chat::{each, says_something, start},
    piece::{Piece, StateKind},
};
use crate::peek::{Cursor, Malformed, unquote};

type Walk<T = ()> = Result<T, Malformed>;

/// Members that stand for what was said before.
const IDS: &[&[u8]] = &[b"previous_response_id", b"conversation"];

/// Items that an upstream knows only if it made them.
const BOUND_ITEMS: [&[u8]; 3] = [b"reasoning", b"compaction", b"item_reference"];

pub(super) fn may_carry(body: &RawObject) -> bool {
    let by_key = ["encrypted_content", "previous_response_id", "conversation"]
        .iter()
        .any(|key| body.may_hold_key(key));
    let items = || {
        let input = body.value_bytes("input").unwrap_or_default();
        body.may_hold_key("id")
            && BOUND_ITEMS
                .iter()
                .any(|kind| memchr::memmem::find(input, kind).is_some())
    };
    by_key || items()
}

pub(super) fn find(cursor: &mut Cursor<'_>, pieces: &mut Vec<Piece>) -> Walk {
    cursor.members(|cursor, key| match &*key.text() {
        b"input" if cursor.peek() == Some(b'[') => {
            each(cursor, |cursor, index| item(cursor, index, pieces)).map(drop)
        }
        name if IDS.contains(&name) => {
            if says_something(cursor.value()?) {
                pieces.push(Piece {
                    path: String::from_utf8_lossy(name).into_owned(),
                    kind: StateKind::Stored,
                    may_be_left: false,
                    start: key.start,
                    holder: None,
                });
            }
            Ok(())
        }
        _ => cursor.value().map(drop),
    })
}

fn item(cursor: &mut Cursor<'_>, index: usize, pieces: &mut Vec<Piece>) -> Walk {
    let start = start(cursor);
    let (mut is_encrypted, mut has_id, mut kind) = (false, false, Vec::new());
    cursor.members(|cursor, key| {
        let value = cursor.value()?;
        match &*key.text() {
            b"encrypted_content" => is_encrypted = says_something(value),
            b"id" => has_id = says_something(value),
            b"type" => kind = unquote(value).into_owned(),
            _ => {}
        }
        Ok(())
    })?;
    let is_thought = kind == b"reasoning";
    let kind = match &*kind {
        _ if is_encrypted => StateKind::Encrypted,
        b"reasoning" | b"item_reference" if has_id => StateKind::Stored,
        _ => return Ok(()),
    };
    pieces.push(Piece {
        path: format!("input[{index}]"),
        kind,
        may_be_left: is_thought,
        start,
        holder: None,
    });
    Ok(())
}
