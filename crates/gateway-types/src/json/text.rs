//! The inside of string literals.

use std::borrow::Cow;

/// So many bytes are looked at in words before a search begins that is faster once it runs.
const SHORT: usize = 64;

/// Whether the bytes are valid UTF-8. Most texts are ASCII, which is told several times faster than the rest.
///
/// ```
/// use gateway_types::json::is_utf8;
///
/// assert!(is_utf8(b"plain") && is_utf8("h\u{e4}ttest".as_bytes()) && !is_utf8(b"\xff"));
/// ```
#[must_use]
pub fn is_utf8(bytes: &[u8]) -> bool {
    bytes.is_ascii() || std::str::from_utf8(bytes).is_ok()
}

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
#[inline]
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

/// When to try in a string whether whole blocks of it can be passed over: not in short ones, and the more seldom the
/// less comes of it.
pub(super) struct Strides {
    /// From where on the next try is worth it.
    pub(super) due: usize,
    /// So many bytes behind a try the next one is due.
    again: usize,
}

impl Strides {
    /// A string needs so many bytes before it counts as long. Most often a run ends at an escape that stands over the end
    /// of a block, and soon there is another.
    const LEAST: usize = 64;
    /// So many bytes lie between two tries at most, where block after block was not passed over.
    const MOST: usize = 1024;

    pub(super) fn from(start: usize) -> Self {
        Self {
            due: start + Self::LEAST,
            again: Self::LEAST,
        }
    }

    /// How many bytes can be passed over here.
    pub(super) fn take(&mut self, bytes: &[u8], at: usize) -> usize {
        let run = common_run(bytes.get(at..).unwrap_or_default());
        self.again = if run > 0 {
            Self::LEAST
        } else {
            Self::MOST.min(self.again * 2)
        };
        self.due = at + run + self.again;
        run
    }
}

/// So many bytes are passed over at once by [`common_run`].
const BLOCK: usize = 128;
/// In so many blocks from one with a backslash on more of them are expected.
const EXPECTED: u8 = 8;

/// How many bytes from the start, in whole blocks, are nothing but plain text, line ends, tabs, backslashes and quotes
/// as JSON strings have them (`\\n`, `\\t`, `\\\\`, `\\"`). That is what most of a long prompt is; whatever else there may be
/// is left for a closer look. No escape reaches over the end.
fn common_run(bytes: &[u8]) -> usize {
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let (behind, _) = bytes.get(1..).unwrap_or_default().as_chunks::<BLOCK>();
    // Where there was one escape there are more: for a while each block is looked at closely without being asked.
    let mut expected = 0;
    let common = blocks.iter().zip(behind).take_while(|(block, behind)| {
        if !is_text(block) {
            return is_quoting(block, behind);
        }
        if expected == 0 {
            if !holds_backslash(block) {
                return true;
            }
            expected = EXPECTED;
        }
        expected -= 1;
        has_common_escapes(block, behind)
    });
    common.count() * BLOCK
}

/// Whether there is neither a quote nor a control character. Here and below nothing is decided early and every byte is
/// treated alike, which compilers make vector instructions of: keeping the least byte takes fewer of them than
/// comparing each.
fn is_text(block: &[u8; BLOCK]) -> bool {
    // With this bit turned, the quote stands right behind the control characters and the space does not.
    let least = |least: u8, &byte: &u8| least.min(byte ^ 0x02);
    block.iter().fold(u8::MAX, least) > 0x20
}

fn holds_backslash(block: &[u8; BLOCK]) -> bool {
    let least = |least: u8, &byte: &u8| least.min(byte ^ b'\\');
    block.iter().fold(u8::MAX, least) == 0
}

/// Looks at each byte and the one behind it. A backslash that is itself escaped is looked at as if it were not: that
/// can refuse a block, and never let a bad one pass, since then every backslash in it is followed by what may follow
/// one.
fn has_common_escapes(block: &[u8; BLOCK], behind: &[u8; BLOCK]) -> bool {
    let is_odd = |odd: bool, (&byte, &next): (&u8, &u8)| {
        odd | ((byte == b'\\') & (next != b'n') & (next != b't') & (next != b'\\'))
    };
    !block.iter().zip(behind).fold(false, is_odd) && block.last() != Some(&b'\\')
}

/// Whether every quote is escaped, and what else is escaped are line ends and tabs alone: where no backslash follows
/// another, each begins an escape. Quotes are many where JSON stands in a string, or code.
fn is_quoting(block: &[u8; BLOCK], behind: &[u8; BLOCK]) -> bool {
    let is_odd = |odd: bool, (&byte, &next): (&u8, &u8)| {
        let escapes = byte == b'\\';
        let quotes = next == b'"';
        let is_common = (next == b'n') | (next == b't') | quotes;
        odd | (byte < 0x20) | (escapes & !is_common) | (quotes & !escapes)
    };
    !block.iter().zip(behind).fold(false, is_odd)
        && block.first() != Some(&b'"')
        && block.last() != Some(&b'\\')
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

        /// Long strings are looked at in other ways than short ones; serde_json knows one way only.
        #[test]
        fn long_strings_are_judged_as_by_a_slow_parser(
            fragments in prop::collection::vec(prop_oneof![
                6 => Just("Nothing but words stands here. "),
                3 => Just(r"\n"),
                2 => Just(r"\\"),
                1 => Just(r"\t"),
                1 => Just(r#"\""#),
                1 => Just(r"\u00e9"),
                1 => Just("\u{e9}"),
            ], 0..200),
            odd in prop::option::of((any::<prop::sample::Index>(), prop_oneof![
                Just(r"\x"), Just("\u{1}"), Just("\""), Just(r"\"), Just(r"\ud800"), Just(r"\u12")
            ])),
        ) {
            let mut fragments = fragments;
            if let Some((place, odd)) = odd {
                fragments.insert(place.index(fragments.len() + 1), odd);
            }
            let text = format!("\"{}\"", fragments.concat());
            let slow = serde_json::from_str::<String>(&text).is_ok();
            let fast = super::super::check(text.as_bytes(), super::super::ScanLimits::default());
            prop_assert_eq!(fast.is_ok(), slow, "{}", text);
        }
    }
}
