//! The answers that hyper writes by itself: to a head that it cannot read it says a bare status, before there is a
//! request that anybody else could answer.
//!
//! Such an answer is known by its look, and what merely looks like it (a part of an upstream's answer can hold any
//! text) is not touched: it is held back for a moment only. Whether it was hyper's own is said by hyper itself, whose
//! connection then ends with the error that it answered. Where it does not, the bytes go out as they are.

use http::StatusCode;

/// What hyper could have written by itself, held back.
#[derive(Debug)]
pub(super) struct OwnAnswer {
    pub(super) status: StatusCode,
    pub(super) bytes: Vec<u8>,
}

/// The statuses that hyper answers by itself, with its words for them.
const STATUS_LINES: [(&[u8], StatusCode); 3] = [
    (b" 400 Bad Request", StatusCode::BAD_REQUEST),
    (b" 414 URI Too Long", StatusCode::URI_TOO_LONG),
    (
        b" 431 Request Header Fields Too Large",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    ),
];
/// What stands between the status line and the date's value, where nobody but hyper has written a header.
const HEADERS: &[u8] = b"\r\nconnection: close\r\ncontent-length: 0\r\ndate: ";
const VERSIONS: [&[u8]; 2] = [b"HTTP/1.1", b"HTTP/1.0"];
/// A date is always as long as this (RFC 9110, section 5.6.7).
const DATE: usize = "Sun, 06 Nov 1994 08:49:37 GMT".len();
const END: &[u8] = b"\r\n\r\n";

/// Where in these bytes such an answer begins, which then goes to their end, and its status.
pub(super) fn find(bytes: &[u8]) -> Option<(usize, StatusCode)> {
    let dated = bytes.strip_suffix(END)?;
    let undated = dated.get(..dated.len().checked_sub(DATE)?)?;
    let line = undated.strip_suffix(HEADERS)?;
    let (versioned, status) = STATUS_LINES
        .iter()
        .find_map(|(text, status)| Some((line.strip_suffix(*text)?, *status)))?;
    let before = VERSIONS
        .iter()
        .find_map(|version| versioned.strip_suffix(*version))?;
    Some((before.len(), status))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYPERS: &str = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: Sat, 21 Nov 2026 09:00:00 GMT\r\n\r\n";

    #[test]
    fn only_a_bare_status_at_the_end_is_found() {
        let bad = StatusCode::BAD_REQUEST;
        assert_eq!(find(HYPERS.as_bytes()), Some((0, bad)));
        let behind = format!("the end of another answer{HYPERS}");
        assert_eq!(find(behind.as_bytes()), Some((25, bad)));
        let older = HYPERS.replace("1.1 400 Bad Request", "1.0 414 URI Too Long");
        assert_eq!(find(older.as_bytes()), Some((0, StatusCode::URI_TOO_LONG)));
        for other in [
            HYPERS.replace("date:", "x-request-id: 1\r\ndate:"),
            HYPERS.replace("content-length: 0", "content-length: 10"),
            HYPERS.replace("400 Bad Request", "404 Not Found"),
            HYPERS.replace("HTTP/1.1", "HTTP/2"),
            format!("{HYPERS}{{}}"),
            "\r\n\r\n".to_owned(),
            String::new(),
        ] {
            assert_eq!(find(other.as_bytes()), None, "{other}");
        }
    }
}
