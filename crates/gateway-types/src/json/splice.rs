//! Changes to an object that leave every other byte where it was.

use std::{collections::BTreeMap, ops::Range};

use bytes::{BufMut, Bytes, BytesMut};

use super::{object::RawObject, scan::Slot};

/// A set of changes to one [`RawObject`]. Of two changes to one member the later one counts.
#[derive(Debug)]
pub struct Edit<'a> {
    object: &'a RawObject,
    /// By the place of the member in the object.
    changes: BTreeMap<usize, Change>,
    added: Vec<(String, String)>,
}

#[derive(Debug)]
enum Change {
    Value(String),
    Key(String),
    Both(String, String),
    Gone,
}

impl<'a> Edit<'a> {
    pub(super) fn new(object: &'a RawObject) -> Self {
        Self {
            object,
            changes: BTreeMap::new(),
            added: Vec::new(),
        }
    }

    /// Sets a member to a JSON text, at its place where it is there already, else at the end.
    ///
    /// `json` must be a valid JSON value; it is written as it is.
    pub fn set(&mut self, key: &str, json: impl Into<String>) -> &mut Self {
        let json = json.into();
        match self.place(key) {
            Some(place) => {
                let change = match self.changes.remove(&place) {
                    Some(Change::Key(new_key) | Change::Both(new_key, _)) => {
                        Change::Both(new_key, json)
                    }
                    Some(Change::Value(_) | Change::Gone) | None => Change::Value(json),
                };
                self.changes.insert(place, change);
            }
            None => {
                self.added.retain(|(other, _)| other != key);
                self.added.push((key.to_owned(), json));
            }
        }
        self
    }

    /// Sets a member to a string.
    pub fn set_string(&mut self, key: &str, text: &str) -> &mut Self {
        self.set(key, quote(text))
    }

    /// Takes a member out; nothing happens where it is missing.
    pub fn remove(&mut self, key: &str) -> &mut Self {
        self.added.retain(|(other, _)| other != key);
        if let Some(place) = self.place(key) {
            self.changes.insert(place, Change::Gone);
        }
        self
    }

    /// Gives a member another key and leaves its value; nothing happens where it is missing.
    pub fn rename(&mut self, key: &str, new_key: &str) -> &mut Self {
        if let Some(place) = self.place(key) {
            let change = match self.changes.remove(&place) {
                Some(Change::Value(json) | Change::Both(_, json)) => {
                    Change::Both(new_key.to_owned(), json)
                }
                Some(Change::Key(_)) | None => Change::Key(new_key.to_owned()),
                Some(Change::Gone) => Change::Gone,
            };
            self.changes.insert(place, change);
        }
        self
    }

    /// Whether anything is to change.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.added.is_empty()
    }

    /// The changed object's bytes; the very same bytes, uncopied, when nothing changes.
    pub fn apply(&self) -> Bytes {
        if self.is_empty() {
            return self.object.bytes().clone();
        }
        let mut out = BytesMut::with_capacity(self.object.bytes().len() + self.growth());
        for piece in self.pieces() {
            out.put_slice(&piece);
        }
        out.freeze()
    }

    /// The changed object's bytes in pieces, none of which is empty. What stays is not copied: so a large object
    /// can be written out without being put together first.
    ///
    /// ```
    /// use gateway_types::json::{RawObject, ScanLimits};
    ///
    /// let object = RawObject::parse(br#"{"model":"a/b","n":1}"#.as_slice().into(), ScanLimits::default())?;
    /// let mut edit = object.edit();
    /// edit.set_string("model", "b");
    /// assert_eq!(edit.pieces(), [r#"{"model":"#, r#""b""#, r#","n":1}"#]);
    /// # Ok::<(), gateway_types::json::ScanError>(())
    /// ```
    pub fn pieces(&self) -> Vec<Bytes> {
        let bytes = self.object.bytes();
        let mut pieces = Vec::with_capacity(3);
        let mut copied = 0;
        for (range, text) in self.replacements() {
            pieces.push(part(bytes, copied..range.start));
            pieces.push(text.into());
            copied = range.end;
        }
        pieces.push(part(bytes, copied..bytes.len()));
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }

    fn growth(&self) -> usize {
        let changed = self.changes.values().map(|change| match change {
            Change::Value(text) | Change::Key(text) => text.len(),
            Change::Both(key, value) => key.len() + value.len(),
            Change::Gone => 0,
        });
        let added = self
            .added
            .iter()
            .map(|(key, value)| key.len() + value.len() + 8);
        changed.chain(added).sum()
    }

    /// What replaces what, in the order of the bytes.
    fn replacements(&self) -> Vec<(Range<usize>, String)> {
        let mut list = Vec::with_capacity(self.changes.len() + 1);
        for (&place, change) in &self.changes {
            let Some(slot) = self.object.slots().get(place) else {
                continue;
            };
            match change {
                Change::Value(json) => list.push((slot.value.clone(), json.clone())),
                Change::Key(key) => list.push((slot.key.clone(), quote(key))),
                Change::Both(key, json) => {
                    list.push((slot.key.clone(), quote(key)));
                    list.push((slot.value.clone(), json.clone()));
                }
                Change::Gone => list.push((self.gap(place, slot), String::new())),
            }
        }
        if !self.added.is_empty() {
            list.push(self.addition());
        }
        list
    }

    /// The bytes that go with a member: up to the next member, so that the comma goes with it. Members at the
    /// end of the object, after which no other stays, go with the comma before them.
    fn gap(&self, place: usize, slot: &Slot) -> Range<usize> {
        let slots = self.object.slots();
        let stays = |place: &usize| !matches!(self.changes.get(place), Some(Change::Gone));
        if (place + 1..slots.len()).any(|later| stays(&later)) {
            let next = slots
                .get(place + 1)
                .map_or(slot.value.end, |next| next.key.start);
            return slot.key.start..next;
        }
        // Nothing stays behind it: from the end of the member before it.
        let start = match place.checked_sub(1).and_then(|before| slots.get(before)) {
            Some(before) => before.value.end,
            None => slot.key.start,
        };
        start..slot.value.end
    }

    /// New members, before the closing brace.
    fn addition(&self) -> (Range<usize>, String) {
        let slots = self.object.slots();
        let bytes = self.object.bytes();
        let brace = bytes
            .iter()
            .rposition(|&byte| byte == b'}')
            .unwrap_or(bytes.len());
        let at = slots.last().map_or(brace, |last| last.value.end);
        let any_stays =
            (0..slots.len()).any(|place| !matches!(self.changes.get(&place), Some(Change::Gone)));
        let mut text = String::new();
        for (index, (key, json)) in self.added.iter().enumerate() {
            if any_stays || index > 0 {
                text.push(',');
            }
            text.push_str(&quote(key));
            text.push(':');
            text.push_str(json);
        }
        (at..at, text)
    }

    fn place(&self, key: &str) -> Option<usize> {
        let slot = self.object.slot(key)?;
        self.object.slots().iter().position(|other| other == slot)
    }
}

/// A part of the bytes, uncopied.
fn part(bytes: &Bytes, range: Range<usize>) -> Bytes {
    bytes.slice_ref(bytes.get(range).unwrap_or_default())
}

/// A string as a JSON literal.
fn quote(text: &str) -> String {
    // Writing a string cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}
