//! State in a request of the Responses API: items that only their maker can read, and ids of what it keeps.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/responses/create>.

use std::{ops::Range, sync::LazyLock};

use gateway_types::json::RawObject;
use memchr::memmem::Finder;

use super::{
    chat::{each, inside, says_something, start},
    piece::{Piece, StateKind},
};
use crate::peek::{Cursor, Malformed, unquote};

type Walk<T = ()> = Result<T, Malformed>;

/// Members that stand for what was said before.
const IDS: &[&[u8]] = &[b"previous_response_id", b"conversation"];

/// Items that an upstream knows only if it made them.
static BOUND_ITEMS: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| ["reasoning", "compaction", "item_reference"].map(Finder::new));

pub(super) fn may_carry(body: &RawObject) -> bool {
    let by_key = ["encrypted_content", "previous_response_id", "conversation"]
        .iter()
        .any(|key| body.may_hold_key(key));
    let items = || {
        let input = body.value_bytes("input").unwrap_or_default();
        body.may_hold_key("id") && BOUND_ITEMS.iter().any(|kind| kind.find(input).is_some())
    };
    by_key || items()
}

pub(super) fn find(cursor: &mut Cursor<'_>, pieces: &mut Vec<Piece>) -> Walk {
    cursor.members(|cursor, key| match &*key.text() {
        b"input" if cursor.peek() == Some(b'[') => {
            each(cursor, |cursor, index| item(cursor, index, pieces)).map(drop)
        }
        name if IDS.contains(&name) => {
            let (is_there, id) = id(cursor)?;
            if is_there {
                let path = String::from_utf8_lossy(name).into_owned();
                let range = key.start..cursor.position();
                pieces.push(Piece::named_by_id(path, StateKind::Stored, range, id));
            }
            Ok(())
        }
        _ => cursor.value().map(drop),
    })
}

/// Whether something is named, as a string or as an object with an id, and where the id stands.
fn id(cursor: &mut Cursor<'_>) -> Walk<(bool, Option<Range<usize>>)> {
    if cursor.peek() != Some(b'{') {
        let value = cursor.value()?;
        return Ok((says_something(value), inside(cursor, value)));
    }
    let (mut is_there, mut id) = (false, None);
    cursor.members(|cursor, key| {
        is_there = true;
        let value = cursor.value()?;
        if &*key.text() == b"id" {
            id = inside(cursor, value);
        }
        Ok(())
    })?;
    Ok((is_there, id))
}

fn item(cursor: &mut Cursor<'_>, index: usize, pieces: &mut Vec<Piece>) -> Walk {
    let start = start(cursor);
    let (mut is_encrypted, mut id, mut kind) = (false, None, Vec::new());
    cursor.members(|cursor, key| {
        let value = cursor.value()?;
        match &*key.text() {
            b"encrypted_content" => is_encrypted = says_something(value),
            b"id" => id = inside(cursor, value),
            b"type" => kind = unquote(value).into_owned(),
            _ => {}
        }
        Ok(())
    })?;
    let is_thought = kind == b"reasoning";
    let kind = match &*kind {
        _ if is_encrypted => StateKind::Encrypted,
        b"reasoning" | b"item_reference" if id.is_some() => StateKind::Stored,
        _ => return Ok(()),
    };
    let range = start..cursor.position();
    let mut piece = Piece::named_by_id(format!("input[{index}]"), kind, range, id);
    piece.may_be_left = is_thought;
    pieces.push(piece);
    Ok(())
}
