//! Where the things stand that may have to be mended.

use std::ops::Range;

use crate::peek::{Cursor, Malformed, event::says_something, unquote};

/// One choice of an answer or an event.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) index: u32,
    /// The finish reason, where it is one.
    pub(super) finish: Option<Range<usize>>,
    /// The content, where it is a list.
    pub(super) content: Option<Range<usize>>,
    /// Whether thinking is told beside the content already.
    pub(super) has_reasoning: bool,
    pub(super) calls: Vec<Call>,
}

/// One tool call of a delta.
#[derive(Debug)]
pub(super) struct Call {
    /// Where its brace stands.
    pub(super) start: usize,
    pub(super) has_index: bool,
    pub(super) has_name: bool,
    id: Option<Range<usize>>,
}

impl Choice {
    /// Its place in a set of choices.
    pub(super) fn bit(&self) -> u128 {
        1 << self.index.min(127)
    }
}

impl Call {
    /// Its id; empty where it has none.
    pub(super) fn id(&self, data: &[u8]) -> String {
        let quoted = self.id.clone().and_then(|id| data.get(id));
        quoted.map_or_else(String::new, |quoted| {
            String::from_utf8_lossy(&unquote(quoted)).into_owned()
        })
    }
}

/// The choices of an answer; `part` is what holds their content. What cannot be read is left as it is.
pub(super) fn choices(data: &[u8], part: &[u8]) -> Vec<Choice> {
    let mut found = Vec::new();
    let mut cursor = Cursor::new(data);
    let walked = cursor.members(|cursor, key| {
        if key.text().as_ref() != b"choices" {
            return cursor.value().map(drop);
        }
        cursor.elements(|cursor| {
            let place = u32::try_from(found.len()).unwrap_or(u32::MAX);
            found.push(read_choice(cursor, part, place)?);
            Ok(())
        })
    });
    if walked.is_err() { Vec::new() } else { found }
}

fn read_choice(cursor: &mut Cursor<'_>, part: &[u8], place: u32) -> Result<Choice, Malformed> {
    let mut choice = Choice {
        index: place,
        ..Choice::default()
    };
    cursor.members(|cursor, key| {
        match key.text().as_ref() {
            b"index" => {
                let (value, _) = passed(cursor)?;
                let number = std::str::from_utf8(value).ok();
                choice.index = number.and_then(|text| text.parse().ok()).unwrap_or(place);
            }
            b"finish_reason" => {
                let (value, range) = passed(cursor)?;
                choice.finish = says_something(value).then_some(range);
            }
            name if name == part => return read_part(cursor, &mut choice),
            _ => {
                cursor.value()?;
            }
        }
        Ok(())
    })?;
    Ok(choice)
}

fn read_part(cursor: &mut Cursor<'_>, choice: &mut Choice) -> Result<(), Malformed> {
    cursor.members(|cursor, key| {
        match key.text().as_ref() {
            b"content" => {
                let (value, range) = passed(cursor)?;
                choice.content = value.starts_with(b"[").then_some(range);
            }
            b"reasoning_content" | b"reasoning" => {
                choice.has_reasoning |= says_something(passed(cursor)?.0);
            }
            b"tool_calls" => {
                return cursor.elements(|cursor| {
                    choice.calls.extend(read_call(cursor)?);
                    Ok(())
                });
            }
            _ => {
                cursor.value()?;
            }
        }
        Ok(())
    })
}

fn read_call(cursor: &mut Cursor<'_>) -> Result<Option<Call>, Malformed> {
    if cursor.peek() != Some(b'{') {
        cursor.value()?;
        return Ok(None);
    }
    let mut call = Call {
        start: cursor.position(),
        has_index: false,
        has_name: false,
        id: None,
    };
    let mut is_empty = true;
    cursor.members(|cursor, key| {
        is_empty = false;
        let name = key.text();
        if matches!(name.as_ref(), b"function" | b"custom") {
            return cursor.members(|cursor, key| {
                let (value, _) = passed(cursor)?;
                call.has_name |= key.text().as_ref() == b"name" && says_something(value);
                Ok(())
            });
        }
        let (value, range) = passed(cursor)?;
        match name.as_ref() {
            b"index" => call.has_index |= value != b"null",
            b"id" if value.starts_with(b"\"") => call.id = Some(range),
            _ => {}
        }
        Ok(())
    })?;
    Ok(Some(call).filter(|_| !is_empty))
}

/// The next value, and where it stands.
fn passed<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a [u8], Range<usize>), Malformed> {
    let value = cursor.value()?;
    let end = cursor.position();
    Ok((value, end - value.len()..end))
}
