//! What every chunk of a chat has: its name, a list of choices, a delta in each.

use super::{
    edits::Edits,
    walk::{Choice, Event, Member},
};

/// What a chunk calls itself. The SDKs' helpers skip the ones that call themselves otherwise, and lose what they say
/// (Perplexity's last one). A chunk without a name is left alone: programs that read the deltas read it.
pub(super) const CHUNK: &str = "\"chat.completion.chunk\"";

/// What else an event may call itself. Azure's filter results have an empty name, for SDKs to skip them.
pub(super) const LEFT: [&[u8]; 3] = [b"null", b"\"\"", b"\"text_completion\""];

/// What to change around the deltas.
pub(super) fn mend(data: &[u8], event: &Event, edits: &mut Edits) {
    let object = event
        .object
        .value()
        .and_then(|range| data.get(range.clone()));
    let is_chat = event
        .list
        .iter()
        .any(|choice| choice.part.value().is_some() || lacks_delta(choice));
    if let Some(range) = event
        .object
        .value()
        .filter(|_| is_chat && !super::is_named(object))
    {
        edits.replace(range.clone(), CHUNK);
    }
    let is_named = object.is_some_and(|name| name.starts_with(b"\"") && name != b"\"\"");
    match &event.choices {
        Member::Absent if is_named => edits.insert(event.start + 1, "\"choices\":[],"),
        Member::Null(range) => edits.replace(range.clone(), "[]"),
        _ => {}
    }
    for choice in event.list.iter().filter(|choice| lacks_delta(choice)) {
        match &choice.part {
            Member::Null(range) => edits.replace(range.clone(), "{}"),
            _ => edits.insert(choice.start + 1, "\"delta\":{},"),
        }
    }
}

/// Whether a choice of a chat says something beside a delta only, such as why it ended.
fn lacks_delta(choice: &Choice) -> bool {
    let is_missing = match &choice.part {
        Member::Absent => choice.has_members,
        Member::Null(_) => true,
        Member::Value(_) => false,
    };
    is_missing && !choice.has_text
}
