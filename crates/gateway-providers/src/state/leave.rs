//! Taking state out of a body, every other byte staying where it is.

use std::{collections::BTreeSet, ops::Range};

use bytes::BytesMut;
use gateway_types::json::{RawObject, ScanError, ScanLimits};

use super::piece::{Holder, Piece};
use crate::peek::{Cursor, Malformed};

/// The body was within its limits before, and nothing nests deeper now.
const LIMITS: ScanLimits = ScanLimits { max_depth: 1024 };

pub(super) fn without(body: &RawObject, pieces: &[&Piece]) -> Result<RawObject, ScanError> {
    let text = body.bytes();
    let mut cuts = Vec::new();
    // The strict scan has been passed: the walk comes to the end.
    let _ = cut(text, 0, &starts(pieces), &mut cuts);
    let mut left = BytesMut::with_capacity(text.len());
    let mut done = 0;
    for cut in cuts {
        left.extend_from_slice(text.get(done..cut.start).unwrap_or_default());
        done = cut.end;
    }
    left.extend_from_slice(text.get(done..).unwrap_or_default());
    RawObject::parse(left.freeze(), LIMITS)
}

/// Where what goes begins. A holder that would be left with nothing goes as a whole.
fn starts(pieces: &[&Piece]) -> BTreeSet<usize> {
    let of = |holder: Holder| {
        let held = pieces.iter().filter(|piece| piece.holder == Some(holder));
        held.count()
    };
    let start = |piece: &&Piece| match piece.holder {
        Some(holder) if of(holder) == holder.len => holder.start,
        _ => piece.range.start,
    };
    pieces.iter().map(start).collect()
}

/// One member or element of a container.
struct Item {
    range: Range<usize>,
    goes: bool,
}

/// The cuts in a container that begins at `base` of the body, in their order.
fn cut(
    container: &[u8],
    base: usize,
    gone: &BTreeSet<usize>,
    cuts: &mut Vec<Range<usize>>,
) -> Result<(), Malformed> {
    let mut items: Vec<Item> = Vec::new();
    let mut inner: Vec<(usize, &[u8])> = Vec::new();
    let mut note = |start: usize, value: &[u8], end: usize| -> bool {
        let range = base + start..base + end;
        let goes = gone.contains(&range.start);
        let holds = !goes && gone.range(range.clone()).next().is_some();
        items.push(Item { range, goes });
        holds && matches!(value.first(), Some(b'{' | b'['))
    };
    let mut cursor = Cursor::new(container);
    if cursor.peek() == Some(b'{') {
        cursor.members(|cursor, key| {
            let value = cursor.value()?;
            let end = cursor.position();
            if note(key.start, value, end) {
                inner.push((base + end - value.len(), value));
            }
            Ok(())
        })?;
    } else {
        cursor.elements(|cursor| {
            let value = cursor.value()?;
            let end = cursor.position();
            let start = end - value.len();
            if note(start, value, end) {
                inner.push((base + start, value));
            }
            Ok(())
        })?;
    }
    let mut found: Vec<Range<usize>> = gaps(&items);
    for (base, container) in inner {
        cut(container, base, gone, &mut found)?;
    }
    found.sort_by_key(|range| range.start);
    cuts.append(&mut found);
    Ok(())
}

/// What goes with its comma: up to the next item where one stays behind it, else from the end of the one before.
fn gaps(items: &[Item]) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    for (place, item) in items.iter().enumerate().filter(|(_, item)| item.goes) {
        let later = items.get(place + 1..).unwrap_or_default();
        if later.iter().any(|item| !item.goes) {
            let next = later
                .first()
                .map_or(item.range.end, |next| next.range.start);
            cuts.push(item.range.start..next);
            continue;
        }
        let before = place.checked_sub(1).and_then(|before| items.get(before));
        let start = before.map_or(item.range.start, |before| before.range.end);
        cuts.push(start..item.range.end);
    }
    cuts
}
