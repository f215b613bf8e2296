//! A walk over JSON text that checks what it passes.
//!
//! More lenient than the scan of requests, since what an upstream sends is shown to the client and not decided
//! upon: duplicate keys and halves of surrogate pairs (some upstreams cut text there) pass. The grammar and a
//! bound on the depth hold. Nothing is recursive and nothing is allocated.

use std::{borrow::Cow, ops::Range};

use gateway_types::json::{is_utf8, plain_run};

/// How deep arrays and objects may nest.
const MAX_DEPTH: u32 = 128;

/// The text is no JSON, or nests too deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

type Walk<T = ()> = Result<T, Malformed>;

/// A place in a JSON text. The text must be valid UTF-8; the cursor reads bytes only.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    depth: u32,
}

/// One member of an object: its key and where it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    /// The key with its quotes.
    quoted: &'a [u8],
    escaped: bool,
    /// Where the key's quote stands.
    pub(crate) start: usize,
}

impl<'a> Key<'a> {
    /// The key's text. An escaped key costs an allocation; upstreams do not write them.
    #[inline]
    pub(crate) fn text(&self) -> Cow<'a, [u8]> {
        if self.escaped {
            unquote(self.quoted)
        } else {
            let end = self.quoted.len().saturating_sub(1);
            Cow::Borrowed(self.quoted.get(1..end).unwrap_or_default())
        }
    }
}

/// The text of a checked string literal; what cannot be decoded (half a surrogate pair) stays as written.
#[inline]
pub(crate) fn unquote(quoted: &[u8]) -> Cow<'_, [u8]> {
    let inner = quoted
        .get(1..quoted.len().saturating_sub(1))
        .unwrap_or_default();
    if memchr::memchr(b'\\', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    match serde_json::from_slice::<String>(quoted) {
        Ok(text) => Cow::Owned(text.into_bytes()),
        Err(_) => Cow::Borrowed(inner),
    }
}

/// Whether the whole text is one JSON value in valid UTF-8.
pub(crate) fn is_valid(text: &[u8]) -> bool {
    let mut cursor = Cursor::new(text);
    is_utf8(text) && cursor.value().is_ok() && cursor.finish().is_ok()
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
        }
    }

    /// The first byte of what comes next, white space left out.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.at).copied() {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Nothing but white space may be left.
    pub(crate) fn finish(mut self) -> Walk {
        self.peek().map_or(Ok(()), |_| Err(Malformed))
    }

    /// Where the cursor stands, in bytes.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Walks over an object's members. `visit` must pass each value, by any of the cursor's methods. What is
    /// no object is passed without a visit.
    #[inline]
    pub(crate) fn members(&mut self, mut visit: impl FnMut(&mut Self, Key<'a>) -> Walk) -> Walk {
        if self.peek() != Some(b'{') {
            return self.value().map(drop);
        }
        self.enter()?;
        if self.peek() == Some(b'}') {
            return self.leave();
        }
        loop {
            let key = self.key()?;
            visit(self, key)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => return self.leave(),
                _ => return Err(Malformed),
            }
        }
    }

    /// Walks over an array's elements, under the same rule.
    #[inline]
    pub(crate) fn elements(&mut self, mut visit: impl FnMut(&mut Self) -> Walk) -> Walk {
        if self.peek() != Some(b'[') {
            return self.value().map(drop);
        }
        self.enter()?;
        if self.peek() == Some(b']') {
            return self.leave();
        }
        loop {
            visit(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => return self.leave(),
                _ => return Err(Malformed),
            }
        }
    }

    /// Passes one value of any kind and gives its text.
    #[inline]
    pub(crate) fn value(&mut self) -> Walk<&'a [u8]> {
        let first = self.peek();
        let start = self.at;
        if matches!(first, Some(b'{' | b'[')) {
            self.container()?;
        } else {
            self.scalar()?;
        }
        self.text.get(start..self.at).ok_or(Malformed)
    }

    /// Passes one array or object.
    fn container(&mut self) -> Walk {
        // One bit a level: whether it is an object.
        let mut objects: u128 = 0;
        let outer = self.depth;
        loop {
            match self.peek().ok_or(Malformed)? {
                bracket @ (b'{' | b'[') => {
                    self.enter()?;
                    objects = objects << 1 | u128::from(bracket == b'{');
                    if self.peek() != Some(if bracket == b'{' { b'}' } else { b']' }) {
                        if bracket == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                    self.leave()?;
                    objects >>= 1;
                }
                _ => self.scalar()?,
            }
            // A value has ended: pass what closes with it, up to the next value.
            loop {
                if self.depth == outer {
                    return Ok(());
                }
                let is_object = objects & 1 == 1;
                match self.peek().ok_or(Malformed)? {
                    b',' => {
                        self.at += 1;
                        if is_object {
                            self.key()?;
                        }
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return Err(Malformed),
                }
                self.leave()?;
                objects >>= 1;
            }
        }
    }

    #[inline]
    fn enter(&mut self) -> Walk {
        if self.depth >= MAX_DEPTH {
            return Err(Malformed);
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Passes a closing bracket.
    #[inline]
    fn leave(&mut self) -> Walk {
        self.depth = self.depth.checked_sub(1).ok_or(Malformed)?;
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn key(&mut self) -> Walk<Key<'a>> {
        if self.peek() != Some(b'"') {
            return Err(Malformed);
        }
        let start = self.at;
        let escaped = self.string()?;
        let quoted = self.text.get(start..self.at).ok_or(Malformed)?;
        if self.peek() != Some(b':') {
            return Err(Malformed);
        }
        self.at += 1;
        Ok(Key {
            quoted,
            escaped,
            start,
        })
    }

    #[inline]
    fn scalar(&mut self) -> Walk {
        match self.text.get(self.at) {
            Some(b'"') => self.string().map(drop),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(Malformed),
        }
    }

    fn word(&mut self, word: &[u8]) -> Walk {
        if !self.rest().starts_with(word) {
            return Err(Malformed);
        }
        self.at += word.len();
        Ok(())
    }

    /// Passes a string and says whether it holds an escape.
    #[inline]
    fn string(&mut self) -> Walk<bool> {
        self.at += 1;
        let mut escaped = false;
        loop {
            self.at += plain_run(self.rest());
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(Malformed),
            }
        }
    }

    fn escape(&mut self) -> Walk {
        let length = match self.text.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => {
                let digits = self.text.get(self.at + 2..self.at + 6).ok_or(Malformed)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return Err(Malformed);
                }
                6
            }
            _ => return Err(Malformed),
        };
        self.at += length;
        Ok(())
    }

    fn number(&mut self) -> Walk {
        self.at += usize::from(self.text.get(self.at) == Some(&b'-'));
        let leading_zero = self.text.get(self.at) == Some(&b'0');
        if self.digits()? > 1 && leading_zero {
            return Err(Malformed);
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.text.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Walk<usize> {
        let count = self
            .rest()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        self.at += count;
        if count == 0 {
            Err(Malformed)
        } else {
            Ok(count)
        }
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// The bytes of a member with the comma that goes with it: what to cut so that the object stays valid.
pub(crate) fn member_cut(text: &[u8], key_start: usize, value_end: usize) -> Range<usize> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    let before = text.get(..key_start).unwrap_or_default();
    let spaces = before
        .iter()
        .rev()
        .take_while(|byte| is_space(byte))
        .count();
    let comma = key_start.checked_sub(spaces + 1);
    if let Some(comma) = comma.filter(|&at| text.get(at) == Some(&b',')) {
        return comma..value_end;
    }
    let after = text.get(value_end..).unwrap_or_default();
    let spaces = after.iter().take_while(|byte| is_space(byte)).count();
    match after.get(spaces) {
        Some(b',') => key_start..value_end + spaces + 1,
        _ => key_start..value_end,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agrees(text: &[u8]) {
        let ours = is_valid(text);
        let theirs = std::str::from_utf8(text).is_ok()
            && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
        assert_eq!(ours, theirs, "{:?}", String::from_utf8_lossy(text));
    }

    #[test]
    fn the_grammar_is_that_of_json() {
        for text in [
            "{}",
            "[]",
            " [ ] ",
            "{\"a\":1}",
            "{\"a\":1,}",
            "[1,]",
            "[,1]",
            "{,}",
            "[1 2]",
            "{\"a\" 1}",
            "{a:1}",
            "[[[]]]",
            "[{]}",
            "{\"a\":[}",
            "]",
            "}",
            "",
            " ",
            "1 1",
            "01",
            "-",
            "-0",
            "-01",
            "1.",
            "1.5e",
            "1e5",
            "1E+5",
            "1e-05",
            ".5",
            "+1",
            "tru",
            "true",
            "truex",
            "nul",
            "null",
            "\"",
            "\"\\\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"\\ud800\"",
            "\"\t\"",
            "\"abcdefgh\tijklmnop\"",
            "[\"a\\\\\"]",
            "{\"a\":{\"b\":[1,{\"c\":null}],\"d\":\"x\"},\"e\":[[],{}]}",
            "{\"a\":1,\"a\":2}",
            "\u{feff}{}",
        ] {
            agrees(text.as_bytes());
        }
        agrees(b"\"\xff\"");
        agrees(b"\"\xff");
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_valid(nested(128).as_bytes()));
        assert!(!is_valid(nested(129).as_bytes()));
        assert!(!is_valid("[".repeat(2_000_000).as_bytes()));
    }

    #[test]
    fn members_and_elements_visit_in_order_and_values_keep_their_text() {
        let mut seen = Vec::new();
        let mut cursor = Cursor::new(br#" {"a" : [1, {"x":2} ], "\u0062":"c", "d":{}} "#);
        cursor
            .members(|cursor, key| {
                let value = cursor.value()?;
                seen.push((key.text().into_owned(), value.to_owned()));
                Ok(())
            })
            .unwrap();
        cursor.finish().unwrap();
        let expected: [(&[u8], &[u8]); 3] = [
            (b"a", br#"[1, {"x":2} ]"#),
            (b"b", br#""c""#),
            (b"d", b"{}"),
        ];
        assert_eq!(
            seen,
            expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn a_member_is_cut_with_its_comma() {
        for (text, rest) in [
            (r#"{"a":1,"u":null}"#, r#"{"a":1}"#),
            (r#"{"a":1 , "u":null , "b":2}"#, r#"{"a":1  , "b":2}"#),
            (r#"{"u":null,"a":1}"#, r#"{"a":1}"#),
            (r#"{ "u":null }"#, r#"{  }"#),
        ] {
            let start = text.find("\"u\"").unwrap();
            let cut = member_cut(text.as_bytes(), start, text.find("null").unwrap() + 4);
            let mut left = text.to_owned();
            left.replace_range(cut, "");
            assert_eq!(left, rest);
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_serde_on_mutilated_json(text in r#"[\[\]{}:,"\\ntrue0-9.eE+ \u{7f}-\u{ff}-]{0,24}"#) {
            agrees(text.as_bytes());
        }
    }
}
