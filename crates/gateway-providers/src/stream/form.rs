//! In which form an event may be passed on.

use gateway_client::sse::Frame;

/// Whether the frame is exactly `event: <name>`, `data: <data>`, blank line, with LF.
pub(super) fn is_canonical_with_name(frame: &Frame) -> bool {
    let (Some(name), Some(data)) = (&frame.event, &frame.data) else {
        return false;
    };
    is_token(name)
        && frame
            .raw
            .strip_prefix(b"event: ")
            .and_then(|rest| rest.strip_prefix(name.as_ref()))
            .and_then(|rest| rest.strip_prefix(b"\ndata: "))
            .and_then(|rest| rest.strip_prefix(data.as_ref()))
            == Some(b"\n\n".as_slice())
}

/// Whether an event name is one that may be passed on.
pub(super) fn is_token(name: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=64).contains(&name.len()) && name.iter().all(is_plain)
}
