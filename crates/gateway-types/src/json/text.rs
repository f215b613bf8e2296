//! The inside of string literals.

use std::borrow::Cow;

/// How many bytes from the start are neither quote, backslash nor control character.
pub(super) fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // The classic test for a zero byte, for each byte of the word at once. It can only err on bytes after the
    // first hit, and the exact search below looks at that word again.
    let has_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let mut run = 0;
    for word in bytes.chunks_exact(8) {
        let Ok(word) = <[u8; 8]>::try_from(word) else {
            break;
        };
        let word = u64::from_le_bytes(word);
        let quote = has_zero(word ^ (ONES * u64::from(b'"')));
        let backslash = has_zero(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        if quote | backslash | control != 0 {
            break;
        }
        run += 8;
    }
    let tail = bytes.get(run..).unwrap_or_default();
    run + tail
        .iter()
        .take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1F))
        .count()
}

pub(super) fn strip_quotes(quoted: &str) -> &str {
    quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or_default()
}

/// The text of a checked string literal.
pub(super) fn unescape(quoted: &str) -> Cow<'_, str> {
    if !quoted.contains('\\') {
        return Cow::Borrowed(strip_quotes(quoted));
    }
    // A checked literal always parses.
    Cow::Owned(serde_json::from_str::<String>(quoted).unwrap_or_default())
}
