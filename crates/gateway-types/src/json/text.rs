//! The inside of string literals.

use std::borrow::Cow;

/// So many bytes are looked at in words before a search begins that is faster once it runs.
const SHORT: usize = 64;

/// How many bytes from the start may stand in a JSON string as they are: neither quote, backslash nor control
/// character (RFC 8259, section 7).
///
/// ```
/// assert_eq!(gateway_types::json::plain_run(br#"as it is", and more"#), 8);
/// ```
#[inline]
pub fn plain_run(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    let short = words.iter().take(SHORT / 8);
    for (before, word) in short.enumerate() {
        let stops = stops_in(u64::from_le_bytes(*word));
        if stops != 0 {
            return before * 8 + (stops.trailing_zeros() / 8) as usize;
        }
    }
    let seen = words.len().min(SHORT / 8) * 8;
    let rest = bytes.get(seen..).unwrap_or_default();
    let run = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
    seen + before_control(rest.get(..run).unwrap_or_default())
}

/// A bit for each byte of a little-endian word that ends a run. The lowest one is exact, higher ones may be false.
fn stops_in(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // The classic test of all eight bytes for being less than a number. With this bit turned, the quote stands
    // right behind the control characters and the space does not.
    let turned = word ^ (ONES * 0x02);
    let backslash = word ^ (ONES * u64::from(b'\\'));
    (turned.wrapping_sub(ONES * 0x21) & !turned | backslash.wrapping_sub(ONES) & !backslash) & HIGHS
}

/// How many bytes stand before the first control character. There is none in good text, so that all of it is looked
/// at without a branch.
fn before_control(bytes: &[u8]) -> usize {
    let any = bytes.iter().fold(false, |any, &byte| any | (byte < 0x20));
    if !any {
        return bytes.len();
    }
    bytes.iter().take_while(|&&byte| byte >= 0x20).count()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plain_run_ends_where_a_slow_search_ends(
            start in prop::collection::vec(0x5e_u8..=0xff, 0..70),
            rest in prop::collection::vec(prop_oneof![0x1e_u8..0x24, 0x5a_u8..0x5e, any::<u8>()], 0..40),
        ) {
            let bytes = [start, rest].concat();
            let slow = bytes.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1F)).count();
            prop_assert_eq!(plain_run(&bytes), slow);
        }
    }
}
