//! One pass over untrusted JSON: linear, without recursion, stricter than the grammar where parsers disagree.

use std::{borrow::Cow, ops::Range};

use super::{
    keys::Keys,
    refusal::{ScanError, ScanErrorKind, ScanLimits},
    text::{Strides, is_utf8, plain_run, strip_quotes, unescape},
};

/// A member of the outermost object, or an element of the outermost array: where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    /// The key with its quotes; empty for an element.
    pub(super) key: Range<usize>,
    /// Whether the key is written with escapes.
    pub(super) key_escaped: bool,
    /// The value.
    pub(super) value: Range<usize>,
    /// How many elements or members the value has, if it is an array or object.
    pub(super) len: usize,
}

/// What a scan has found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The outermost container's slots; none for a scalar.
    pub(super) slots: Vec<Slot>,
    /// The keys of all objects, at any depth.
    pub(super) keys: KeySigns,
}

/// Which keys a text may hold: a bit for each of 64 groups of keys.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct KeySigns(u64);

impl KeySigns {
    /// Keys with escapes are in all groups: what they spell does not matter.
    fn note(&mut self, plain: &str, escaped: bool) {
        self.0 |= if escaped { u64::MAX } else { sign(plain) };
    }

    pub(super) fn may_hold(self, key: &str) -> bool {
        self.0 & sign(key) != 0
    }
}

fn sign(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let of = |byte: Option<&u8>| byte.copied().map_or(0, usize::from);
    let group = bytes.len() * 7 + of(bytes.first()) * 3 + of(bytes.last());
    1 << (group % 64)
}

/// Checks a whole text.
///
/// # Errors
/// The first thing that is wrong, and where.
pub fn check(bytes: &[u8], limits: ScanLimits) -> Result<(), ScanError> {
    scan(bytes, limits).map(drop)
}

/// Scans a whole text.
pub(super) fn scan(bytes: &[u8], limits: ScanLimits) -> Result<Scan, ScanError> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err(ScanError {
            kind: ScanErrorKind::ByteOrderMark,
            offset: 0,
        });
    }
    check_utf8(bytes)?;
    Scanner::new(bytes, limits).run()
}

fn check_utf8(bytes: &[u8]) -> Scanned {
    if is_utf8(bytes) {
        return Ok(());
    }
    let offset = std::str::from_utf8(bytes)
        .err()
        .map_or(0, |error| error.valid_up_to());
    Err(ScanError {
        kind: ScanErrorKind::InvalidUtf8,
        offset,
    })
}

/// Whether this byte behind a backslash stands for one character.
#[inline]
fn is_simple_escape(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')
}

/// An open array or object.
struct Level {
    is_object: bool,
    len: usize,
    keys: Keys,
    /// Where the value of the slot that is being read began, and its key; used at the outermost level only.
    key: Range<usize>,
    key_escaped: bool,
}

/// The bytes are valid UTF-8.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    limits: ScanLimits,
    levels: Vec<Level>,
    found: Scan,
    slot_start: usize,
    /// Spent key sets, kept for their memory.
    spare: Vec<Keys>,
}

type Scanned<T = ()> = Result<T, ScanError>;

/// A part of a checked text, short enough to be looked at once more.
fn text_at(bytes: &[u8], range: Range<usize>) -> &str {
    let part = bytes.get(range).unwrap_or_default();
    std::str::from_utf8(part).unwrap_or_default()
}

impl<'a> Scanner<'a> {
    fn new(bytes: &'a [u8], limits: ScanLimits) -> Self {
        Self {
            bytes,
            at: 0,
            limits,
            levels: Vec::with_capacity(8),
            found: Scan {
                slots: Vec::with_capacity(16),
                keys: KeySigns::default(),
            },
            slot_start: 0,
            spare: Vec::new(),
        }
    }

    fn run(mut self) -> Scanned<Scan> {
        self.skip_space();
        self.value()?;
        while !self.levels.is_empty() {
            self.advance()?;
        }
        self.skip_space();
        if self.at < self.bytes.len() {
            return self.fail(ScanErrorKind::TrailingText);
        }
        Ok(self.found)
    }

    /// One step inside the innermost open container, after a value or right after its bracket.
    fn advance(&mut self) -> Scanned {
        self.skip_space();
        let depth = self.levels.len();
        let Some(level) = self.levels.last_mut() else {
            return Ok(());
        };
        let is_object = level.is_object;
        let first = level.len == 0;
        match self.peek() {
            Some(b'}') if is_object => self.close(),
            Some(b']') if !is_object => self.close(),
            Some(b',') if !first => {
                self.at += 1;
                self.skip_space();
                self.entry(depth, is_object)
            }
            Some(_) if first => self.entry(depth, is_object),
            Some(_) => self.fail(ScanErrorKind::Expected(if is_object {
                "`,` or `}`"
            } else {
                "`,` or `]`"
            })),
            None => self.fail(ScanErrorKind::UnexpectedEnd),
        }
    }

    /// A member or an element: its key, then its value.
    fn entry(&mut self, depth: usize, is_object: bool) -> Scanned {
        let (key, escaped) = if is_object {
            self.key()?
        } else {
            (0..0, false)
        };
        if depth == 1 {
            self.slot_start = self.at;
        }
        if let Some(level) = self.levels.last_mut() {
            level.len += 1;
            level.key = key;
            level.key_escaped = escaped;
        }
        self.value()?;
        // A container is entered, not finished: its slot is noted when it closes.
        if self.levels.len() == depth {
            self.note_slot(0);
        }
        Ok(())
    }

    fn note_slot(&mut self, len: usize) {
        if let [outermost] = self.levels.as_mut_slice() {
            let key = std::mem::take(&mut outermost.key);
            self.found.slots.push(Slot {
                key,
                key_escaped: outermost.key_escaped,
                value: self.slot_start..self.at,
                len,
            });
        }
    }

    fn close(&mut self) -> Scanned {
        self.at += 1;
        if let Some(mut level) = self.levels.pop() {
            level.keys.clear();
            self.spare.push(level.keys);
            self.note_slot(level.len);
        }
        Ok(())
    }

    /// A key with its colon; gives the key's place with the quotes, and whether it holds an escape.
    fn key(&mut self) -> Scanned<(Range<usize>, bool)> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => {}
            Some(_) => return self.fail(ScanErrorKind::Expected("a key in double quotes")),
            None => return self.fail(ScanErrorKind::UnexpectedEnd),
        }
        let escaped = self.string()?;
        let key = start..self.at;
        self.note_key(key.clone(), escaped)?;
        self.skip_space();
        self.expect(b':', "`:`")?;
        self.skip_space();
        Ok((key, escaped))
    }

    fn note_key(&mut self, key: Range<usize>, escaped: bool) -> Scanned {
        let quoted = text_at(self.bytes, key.clone());
        let plain = if escaped {
            unescape(quoted)
        } else {
            Cow::Borrowed(strip_quotes(quoted))
        };
        if plain.starts_with("$serde_json::private::") {
            return Err(ScanError {
                kind: ScanErrorKind::ReservedKey(plain.into_owned()),
                offset: key.start,
            });
        }
        self.found.keys.note(&plain, escaped);
        let Some(level) = self.levels.last_mut() else {
            return Ok(());
        };
        if level.keys.insert(self.bytes, key.clone(), &plain, escaped) {
            return Ok(());
        }
        Err(ScanError {
            kind: ScanErrorKind::DuplicateKey(plain.into_owned()),
            offset: key.start,
        })
    }

    /// A scalar is read whole; of a container only the opening bracket.
    fn value(&mut self) -> Scanned {
        match self.peek() {
            Some(b'{') => self.open(true),
            Some(b'[') => self.open(false),
            Some(b'"') => self.string().map(drop),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.fail(ScanErrorKind::Expected("a value")),
            None => self.fail(ScanErrorKind::UnexpectedEnd),
        }
    }

    fn open(&mut self, is_object: bool) -> Scanned {
        if self.levels.len() >= self.limits.max_depth {
            return self.fail(ScanErrorKind::TooDeep(self.limits.max_depth));
        }
        self.at += 1;
        let keys = self.spare.pop().unwrap_or_default();
        self.levels.push(Level {
            is_object,
            len: 0,
            keys,
            key: 0..0,
            key_escaped: false,
        });
        Ok(())
    }

    fn literal(&mut self, word: &'static str) -> Scanned {
        if self.rest().starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        self.fail(ScanErrorKind::Expected("a value"))
    }

    fn number(&mut self) -> Scanned {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.at;
        match self.digits()? {
            1 => {}
            _ if self.bytes.get(whole) == Some(&b'0') => {
                return Err(ScanError {
                    kind: ScanErrorKind::Expected("a number without leading zeros"),
                    offset: start,
                });
            }
            _ => {}
        }
        let mut plain = true;
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            plain = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        // Fewer than 308 digits without an exponent are always in range.
        if plain && self.at - start < 308 {
            return Ok(());
        }
        let number = text_at(self.bytes, start..self.at).parse::<f64>();
        let in_range = number.is_ok_and(f64::is_finite);
        if in_range {
            Ok(())
        } else {
            Err(ScanError {
                kind: ScanErrorKind::NumberOutOfRange,
                offset: start,
            })
        }
    }

    fn digits(&mut self) -> Scanned<usize> {
        let count = self
            .rest()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        self.at += count;
        if count == 0 {
            return match self.peek() {
                Some(_) => self.fail(ScanErrorKind::Expected("a digit")),
                None => self.fail(ScanErrorKind::UnexpectedEnd),
            };
        }
        Ok(count)
    }

    /// Reads a string, quotes included; says whether it holds an escape.
    fn string(&mut self) -> Scanned<bool> {
        // Where the next run begins depends on where the last one ended: the place is not sent through memory.
        let bytes = self.bytes;
        let mut at = self.at + 1;
        let mut escaped = false;
        let mut strides = Strides::from(at);
        loop {
            if at >= strides.due {
                let run = strides.take(bytes, at);
                at += run;
                escaped |= run > 0;
            }
            let near = bytes.len().min(strides.due);
            at += plain_run(bytes.get(at..near).unwrap_or_default());
            if at == near && near < bytes.len() {
                continue;
            }
            match bytes.get(at..).unwrap_or_default() {
                [b'\\', kind, ..] if is_simple_escape(*kind) => {
                    escaped = true;
                    at += 2;
                }
                [b'"', ..] => {
                    self.at = at + 1;
                    return Ok(escaped);
                }
                rest => {
                    self.at = at;
                    match rest.first() {
                        Some(b'\\') => self.escape()?,
                        Some(_) => return self.fail(ScanErrorKind::ControlCharacter),
                        None => return self.fail(ScanErrorKind::UnexpectedEnd),
                    }
                    escaped = true;
                    at = self.at;
                }
            }
        }
    }

    /// An escape that is more than a backslash and a letter.
    fn escape(&mut self) -> Scanned {
        match self.bytes.get(self.at + 1) {
            Some(b'u') => self.unicode_escape(),
            Some(_) => self.fail(ScanErrorKind::InvalidEscape),
            None => self.fail(ScanErrorKind::UnexpectedEnd),
        }
    }

    fn unicode_escape(&mut self) -> Scanned {
        let first = self.hex_unit()?;
        match first {
            0xD800..=0xDBFF => {
                let low_at = self.at;
                let low = if self.rest().starts_with(b"\\u") {
                    self.hex_unit()?
                } else {
                    0
                };
                if (0xDC00..=0xDFFF).contains(&low) {
                    return Ok(());
                }
                Err(ScanError {
                    kind: ScanErrorKind::LoneSurrogate,
                    offset: low_at.saturating_sub(6),
                })
            }
            0xDC00..=0xDFFF => Err(ScanError {
                kind: ScanErrorKind::LoneSurrogate,
                offset: self.at.saturating_sub(6),
            }),
            _ => Ok(()),
        }
    }

    /// `\uXXXX` at the current place.
    fn hex_unit(&mut self) -> Scanned<u32> {
        let unit = self
            .bytes
            .get(self.at + 2..self.at + 6)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match unit {
            Some(unit) => {
                self.at += 6;
                Ok(unit)
            }
            None => self.fail(ScanErrorKind::InvalidEscape),
        }
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Scanned {
        match self.peek() {
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => self.fail(ScanErrorKind::Expected(what)),
            None => self.fail(ScanErrorKind::UnexpectedEnd),
        }
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn fail<T>(&self, kind: ScanErrorKind) -> Scanned<T> {
        Err(ScanError {
            kind,
            offset: self.at,
        })
    }
}
