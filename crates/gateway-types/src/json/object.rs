//! A JSON object that keeps its bytes.

use std::{borrow::Cow, ops::Range};

use bytes::Bytes;

use super::{
    refusal::{ScanError, ScanErrorKind, ScanLimits},
    scan::{self, Scan, Slot},
    signs::KeySigns,
    splice::Edit,
    text,
};

/// A JSON object as it came: its bytes, strictly checked, and where each of its own members stands.
///
/// ```
/// use gateway_types::json::{RawObject, ScanLimits};
///
/// let body = br#"{"model": "lab/qwen", "seed":12345678901234567890123, "x":1e2}"#;
/// let object = RawObject::parse(body.as_slice().into(), ScanLimits::default())?;
/// assert_eq!(object.string("model").as_deref(), Some("lab/qwen"));
///
/// let mut edit = object.edit();
/// edit.set_string("model", "qwen");
/// assert_eq!(edit.apply(), br#"{"model": "qwen", "seed":12345678901234567890123, "x":1e2}"#.as_slice());
/// # Ok::<(), gateway_types::json::ScanError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RawObject {
    bytes: Bytes,
    slots: Vec<Slot>,
    keys: KeySigns,
}

/// One member of a [`RawObject`], read only.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// The key as written, with its quotes.
    pub quoted_key: &'a str,
    /// The value as written.
    pub value: &'a str,
    /// How many elements or members the value has, if it is an array or object; otherwise 0.
    pub len: usize,
}

/// One element of a JSON array, see [`elements`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Where the element stands in the array's bytes.
    pub range: Range<usize>,
}

impl RawObject {
    /// Checks the bytes and finds the members.
    ///
    /// # Errors
    /// The first thing that is wrong; [`ScanErrorKind::Expected`] too for a value that is no object.
    pub fn parse(bytes: Bytes, limits: ScanLimits) -> Result<Self, ScanError> {
        let Scan { slots, keys } = scan::scan(&bytes, limits)?;
        let start = bytes
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())
            .unwrap_or_default();
        if bytes.get(start) != Some(&b'{') {
            return Err(ScanError {
                kind: ScanErrorKind::Expected("an object"),
                offset: start,
            });
        }
        Ok(Self { bytes, slots, keys })
    }

    /// The bytes as they came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The members in their order.
    pub fn members(&self) -> impl Iterator<Item = Member<'_>> {
        self.slots.iter().map(|slot| self.member(slot))
    }

    /// The member of that name, whatever escapes its key is written with.
    pub fn get(&self, key: &str) -> Option<Member<'_>> {
        self.slot(key).map(|slot| self.member(slot))
    }

    /// The bytes of that member's value. Unlike [`get`](Self::get), this costs nothing for a large value.
    pub fn value_bytes(&self, key: &str) -> Option<&[u8]> {
        self.slot(key)
            .map(|slot| self.bytes.get(slot.value.clone()).unwrap_or_default())
    }

    /// How many elements or members that member's value has, if it is an array or object; otherwise 0.
    pub fn len_of(&self, key: &str) -> Option<usize> {
        self.slot(key).map(|slot| slot.len)
    }

    /// Whether any object in here, at whatever depth, may have a key of that name. A 'no' is sure; a 'yes' means
    /// that it is worth looking.
    ///
    /// ```
    /// use gateway_types::json::{RawObject, ScanLimits};
    ///
    /// let body = br#"{"messages":[{"role":"user","content":"tool_calls"}]}"#;
    /// let object = RawObject::parse(body.as_slice().into(), ScanLimits::default())?;
    /// assert!(object.may_hold_key("role") && !object.may_hold_key("tool_calls"));
    /// # Ok::<(), gateway_types::json::ScanError>(())
    /// ```
    pub fn may_hold_key(&self, key: &str) -> bool {
        self.keys.may_hold(key)
    }

    /// The text of a member that is a string; `None` when it is missing or something else.
    pub fn string(&self, key: &str) -> Option<Cow<'_, str>> {
        let value = self.get(key)?.value;
        value.starts_with('"').then(|| text::unescape(value))
    }

    /// Begins a set of changes.
    pub fn edit(&self) -> Edit<'_> {
        Edit::new(self)
    }

    pub(super) fn slot(&self, key: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| self.is_key(slot, key))
    }

    fn is_key(&self, slot: &Slot, key: &str) -> bool {
        let quoted = self.bytes.get(slot.key.clone()).unwrap_or_default();
        let inner = quoted
            .get(1..quoted.len().saturating_sub(1))
            .unwrap_or_default();
        if slot.key_escaped {
            text::unescape(self.slice(&slot.key)) == key
        } else {
            inner == key.as_bytes()
        }
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    fn member(&self, slot: &Slot) -> Member<'_> {
        Member {
            quoted_key: self.slice(&slot.key),
            value: self.slice(&slot.value),
            len: slot.len,
        }
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        // The scan has checked that the bytes are UTF-8 and that tokens begin and end at character boundaries.
        self.bytes
            .get(range.clone())
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

impl Member<'_> {
    /// The key's text.
    pub fn key(&self) -> Cow<'_, str> {
        text::unescape(self.quoted_key)
    }

    /// The value as a typed one.
    ///
    /// # Errors
    /// When the value is of another shape.
    pub fn parse<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.value)
    }

    /// Whether the value is `null`.
    pub fn is_null(&self) -> bool {
        self.value == "null"
    }
}

/// Checks an array and gives its elements' places.
///
/// # Errors
/// As [`RawObject::parse`]; [`ScanErrorKind::Expected`] for a value that is no array.
pub fn elements(array: &[u8], limits: ScanLimits) -> Result<Vec<Element>, ScanError> {
    let Scan { slots, .. } = scan::scan(array, limits)?;
    let start = array
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())
        .unwrap_or_default();
    if array.get(start) != Some(&b'[') {
        return Err(ScanError {
            kind: ScanErrorKind::Expected("an array"),
            offset: start,
        });
    }
    Ok(slots
        .into_iter()
        .map(|slot| Element { range: slot.value })
        .collect())
}
