//! Lines of a stream that are no field of an event.

use bytes::Bytes;
use gateway_client::sse::Frame;

/// What a frame with stray lines turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stray {
    /// Fields that nobody knows; the rules of event streams say to ignore them.
    Ignored,
    /// A JSON object outside of any event, or behind an `error:` field: its text.
    Object(Bytes),
    /// Text that belongs to no event stream.
    Garbage,
}

/// The fields that a frame itself has read.
const KNOWN_FIELDS: &[&[u8]] = &[b"data", b"event", b"id", b"retry"];

/// Judges a frame's stray lines. The worst of them counts: an object, then garbage.
pub(super) fn judge(frame: &Frame) -> Stray {
    let mut worst = Stray::Ignored;
    for line in stray_lines(&frame.raw) {
        // llama-box ends a failed stream with `error: {...}`.
        let text = line.strip_prefix(b"error:").unwrap_or(line).trim_ascii();
        if text.starts_with(b"{") {
            return Stray::Object(frame.raw.slice_ref(text));
        }
        if !is_unknown_field(line) {
            worst = Stray::Garbage;
        }
    }
    worst
}

fn stray_lines(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw.split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter(|line| {
            let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
            !line.is_empty() && !name.is_empty() && !KNOWN_FIELDS.contains(&name)
        })
}

/// `name:` or `name: value` with a name like those of fields.
fn is_unknown_field(line: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', line) else {
        return false;
    };
    let name = line.get(..colon).unwrap_or_default();
    name.len() <= 64
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
