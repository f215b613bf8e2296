//! Where the things stand that may have to be mended.

use std::ops::Range;

use crate::peek::{Cursor, Malformed, event::says_something, unquote};

/// A member of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Member {
    /// It is not there.
    #[default]
    Absent,
    /// It is `null`, which stands here.
    Null(Range<usize>),
    /// It has a value, which stands here.
    Value(Range<usize>),
}

/// One answer, or one event of a stream.
#[derive(Debug, Default)]
pub(super) struct Event {
    /// Where its brace stands.
    pub(super) start: usize,
    pub(super) object: Member,
    pub(super) choices: Member,
    pub(super) list: Vec<Choice>,
}

/// One choice of an answer or an event.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Where its brace stands.
    pub(super) start: usize,
    pub(super) index: u32,
    /// The finish reason, where it is one.
    pub(super) finish: Option<Range<usize>>,
    /// What holds its content: the delta, or the message.
    pub(super) part: Member,
    /// Whether it has members at all.
    pub(super) has_members: bool,
    /// Whether it is a choice of a text completion.
    pub(super) has_text: bool,
    /// The content, where it is a list.
    pub(super) content: Option<Range<usize>>,
    /// Whether thinking is told beside the content already.
    pub(super) has_reasoning: bool,
    pub(super) calls: Vec<Call>,
    /// The entries of lists that grow from event to event.
    pub(super) entries: Vec<Entry>,
}

/// One tool call of a delta.
#[derive(Debug, Default)]
pub(super) struct Call {
    /// Where its brace stands.
    pub(super) start: usize,
    pub(super) index: Member,
    pub(super) kind: Member,
    pub(super) id: Option<Range<usize>>,
    pub(super) name: Option<Range<usize>>,
}

/// One entry of a list that grows.
#[derive(Debug)]
pub(super) struct Entry {
    /// Where its brace stands.
    pub(super) start: usize,
    pub(super) list: &'static str,
    pub(super) has_index: bool,
}

/// Members of a delta that are lists of objects, each event with the next ones.
const GROWING_LISTS: &[&str] = &["annotations", "images"];

impl Member {
    fn of(value: &[u8], range: Range<usize>) -> Self {
        if value == b"null" {
            Self::Null(range)
        } else {
            Self::Value(range)
        }
    }

    /// Where its value stands, where it has one.
    pub(super) fn value(&self) -> Option<&Range<usize>> {
        match self {
            Self::Value(range) => Some(range),
            Self::Absent | Self::Null(_) => None,
        }
    }
}

impl Choice {
    /// Its place in a set of choices.
    pub(super) fn bit(&self) -> u128 {
        1 << self.index.min(127)
    }
}

/// The text of a string that stands here; empty where none does.
pub(super) fn string(data: &[u8], range: Option<&Range<usize>>) -> String {
    let quoted = range.and_then(|range| data.get(range.clone()));
    quoted.map_or_else(String::new, |quoted| {
        String::from_utf8_lossy(&unquote(quoted)).into_owned()
    })
}

/// An answer or an event; `part` is what holds a choice's content. What cannot be read is left as it is.
pub(super) fn event(data: &[u8], part: &[u8]) -> Event {
    let mut event = Event::default();
    let mut cursor = Cursor::new(data);
    cursor.peek();
    event.start = cursor.position();
    let walked = cursor.members(|cursor, key| {
        match key.text().as_ref() {
            b"object" => event.object = member(cursor)?,
            b"choices" if cursor.peek() == Some(b'[') => {
                let start = cursor.position();
                read_choices(cursor, part, &mut event.list)?;
                event.choices = Member::Value(start..cursor.position());
            }
            b"choices" => event.choices = member(cursor)?,
            _ => {
                cursor.value()?;
            }
        }
        Ok(())
    });
    if walked.is_err() {
        Event::default()
    } else {
        event
    }
}

fn read_choices(
    cursor: &mut Cursor<'_>,
    part: &[u8],
    list: &mut Vec<Choice>,
) -> Result<(), Malformed> {
    cursor.elements(|cursor| {
        let place = u32::try_from(list.len()).unwrap_or(u32::MAX);
        list.push(read_choice(cursor, part, place)?);
        Ok(())
    })
}

fn read_choice(cursor: &mut Cursor<'_>, part: &[u8], place: u32) -> Result<Choice, Malformed> {
    cursor.peek();
    let mut choice = Choice {
        start: cursor.position(),
        index: place,
        ..Choice::default()
    };
    cursor.members(|cursor, key| {
        choice.has_members = true;
        match key.text().as_ref() {
            b"index" => {
                let (value, _) = passed(cursor)?;
                choice.index = number(value).unwrap_or(place);
            }
            b"finish_reason" => {
                let (value, range) = passed(cursor)?;
                choice.finish = says_something(value).then_some(range);
            }
            b"text" => choice.has_text = member(cursor)? != Member::Absent,
            name if name == part && cursor.peek() == Some(b'{') => {
                let start = cursor.position();
                read_part(cursor, &mut choice)?;
                choice.part = Member::Value(start..cursor.position());
            }
            name if name == part => choice.part = member(cursor)?,
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
        let name = key.text();
        match name.as_ref() {
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
            name => {
                let growing = GROWING_LISTS.iter().find(|list| list.as_bytes() == name);
                match growing {
                    Some(list) if cursor.peek() == Some(b'[') => {
                        return read_entries(cursor, list, &mut choice.entries);
                    }
                    _ => {
                        cursor.value()?;
                    }
                }
            }
        }
        Ok(())
    })
}

fn read_entries(
    cursor: &mut Cursor<'_>,
    list: &'static str,
    entries: &mut Vec<Entry>,
) -> Result<(), Malformed> {
    cursor.elements(|cursor| {
        if cursor.peek() != Some(b'{') {
            return cursor.value().map(drop);
        }
        let start = cursor.position();
        let (mut has_index, mut has_members) = (false, false);
        cursor.members(|cursor, key| {
            has_members = true;
            has_index |= key.text().as_ref() == b"index";
            cursor.value().map(drop)
        })?;
        if has_members {
            entries.push(Entry {
                start,
                list,
                has_index,
            });
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
        ..Call::default()
    };
    let mut is_empty = true;
    cursor.members(|cursor, key| {
        is_empty = false;
        match key.text().as_ref() {
            b"function" | b"custom" if cursor.peek() == Some(b'{') => {
                return cursor.members(|cursor, key| {
                    let (value, range) = passed(cursor)?;
                    if key.text().as_ref() == b"name" && says_something(value) {
                        call.name = Some(range);
                    }
                    Ok(())
                });
            }
            b"index" => call.index = member(cursor)?,
            b"type" => call.kind = member(cursor)?,
            b"id" => {
                let (value, range) = passed(cursor)?;
                call.id = value.starts_with(b"\"").then_some(range);
            }
            _ => {
                cursor.value()?;
            }
        }
        Ok(())
    })?;
    Ok(Some(call).filter(|_| !is_empty))
}

pub(super) fn number(value: &[u8]) -> Option<u32> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn member(cursor: &mut Cursor<'_>) -> Result<Member, Malformed> {
    let (value, range) = passed(cursor)?;
    Ok(Member::of(value, range))
}

/// The next value, and where it stands.
fn passed<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a [u8], Range<usize>), Malformed> {
    let value = cursor.value()?;
    let end = cursor.position();
    Ok((value, end - value.len()..end))
}
