//! What the assistant said, as native history: thinking with its signatures, text, calls, and the blocks that
//! only Anthropic has, each in its place.

use gateway_types::chat::{
    AssistantMessage, ContentPart, MessageContent, ReasoningDetail, ToolCall,
};
use serde_json::{Map, Value};

use super::{
    super::wire::{Block, Object},
    CUSTOM_INPUT, Notes, cache, content,
    ids::Ids,
    order::Pieces,
};
use crate::{TranslateError, dialects::read};

/// The members of `provider_data` that are read here. The others told something, and have no way back.
const DATA: &str = "provider_data";
/// What we, and others who speak to Claude, call the format of its thinking: `anthropic-claude-v1`.
const FORMAT_STEM: &str = "anthropic";

/// Parts in Anthropic's own words that may stand with the assistant.
const OWN_PARTS: &[&str] = &[
    "thinking",
    "redacted_thinking",
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "compaction",
];

/// The blocks of an assistant's message.
pub(super) fn blocks(
    mut message: AssistantMessage,
    path: &str,
    ids: &mut Ids,
    notes: &mut Notes<'_>,
) -> Result<Vec<Block>, TranslateError> {
    let mark = cache::take(&mut message.extra);
    let mut pieces = Pieces {
        thoughts: thoughts(&mut message, path, notes),
        text: text(&mut message, path, notes)?,
        calls: calls(&mut message, path, ids, notes)?,
        ..Pieces::default()
    };
    read_data(&mut message, &mut pieces, path, notes);
    notes.dropped.rest(path, &message, &[]);
    let mut blocks = pieces.in_order();
    // A turn cannot end in thinking; what was cut off there is of no use to the next one either.
    while matches!(
        blocks.last(),
        Some(Block::Thinking { .. } | Block::RedactedThinking { .. })
    ) {
        blocks.pop();
        notes.dropped.name(format!("{path}.reasoning_details"));
    }
    cache::mark_last(&mut blocks, mark, path, &mut notes.dropped);
    Ok(blocks)
}

/// Signed thinking of our own format goes back as it came. Unsigned thinking is refused by the API: it is left
/// out and named, unless it only repeats what the blocks say.
fn thoughts(message: &mut AssistantMessage, path: &str, notes: &mut Notes<'_>) -> Vec<Block> {
    let details = message.reasoning_details.take().unwrap_or_default();
    let mut blocks = Vec::new();
    let mut told = String::new();
    for (index, detail) in details.into_iter().enumerate() {
        told.push_str(detail.text.as_deref().unwrap_or_default());
        match thought(detail) {
            Some(block) => blocks.push(block),
            None => notes
                .dropped
                .name(format!("{path}.reasoning_details[{index}]")),
        }
    }
    for (name, member) in [
        ("reasoning_content", &mut message.reasoning_content),
        ("reasoning", &mut message.reasoning),
    ] {
        if let Some(text) = member.take().into_option()
            && !text.is_empty()
            && text != told
        {
            notes.dropped.name(format!("{path}.{name}"));
        }
    }
    blocks
}

fn thought(detail: ReasoningDetail) -> Option<Block> {
    let format = detail.format.as_deref();
    if format.is_some_and(|format| !format.starts_with(FORMAT_STEM)) {
        return None;
    }
    match detail.kind.as_deref()? {
        "reasoning.text" => Some(Block::Thinking {
            thinking: detail.text.unwrap_or_default(),
            signature: detail
                .signature
                .into_option()
                .filter(|text| !text.is_empty())?,
        }),
        "reasoning.encrypted" => Some(Block::RedactedThinking {
            data: detail.data.into_option()?,
        }),
        _ => None,
    }
}

fn text(
    message: &mut AssistantMessage,
    path: &str,
    notes: &mut Notes<'_>,
) -> Result<Vec<Block>, TranslateError> {
    let mut blocks = Vec::new();
    let path_of_content = format!("{path}.content");
    match message.content.take().into_option() {
        None => {}
        Some(MessageContent::Text(text)) => {
            blocks = content::text_block(text, None, &path_of_content, notes);
        }
        Some(MessageContent::Parts(parts)) => {
            for (index, part) in parts.into_iter().enumerate() {
                let path = format!("{path_of_content}[{index}]");
                match part {
                    ContentPart::Text(part) => {
                        blocks.extend(content::text_part(part, &path, notes));
                    }
                    ContentPart::Refusal(mut part) => {
                        let text = std::mem::take(&mut part.refusal);
                        notes.dropped.rest(&path, &part, &["refusal"]);
                        blocks.extend(content::text_block(text, None, &path, notes));
                    }
                    ContentPart::Other(part) if content::is_own(&part, OWN_PARTS) => {
                        blocks.push(Block::Own(part.0));
                    }
                    other => return Err(read::refused_part(&path, &other)),
                }
            }
        }
    }
    if let Some(refusal) = message.refusal.take().into_option() {
        let path = format!("{path}.refusal");
        blocks.extend(content::text_block(refusal, None, &path, notes));
    }
    Ok(blocks)
}

fn calls(
    message: &mut AssistantMessage,
    path: &str,
    ids: &mut Ids,
    notes: &mut Notes<'_>,
) -> Result<Vec<Block>, TranslateError> {
    let mut blocks = Vec::new();
    let calls = message.tool_calls.take().unwrap_or_default();
    for (index, call) in calls.into_iter().enumerate() {
        let path = format!("{path}.tool_calls[{index}]");
        blocks.push(native_call(call, &path, ids, notes)?);
    }
    if let Some(mut call) = message.function_call.take().into_option() {
        let path = format!("{path}.function_call");
        let name = std::mem::take(&mut call.name);
        let arguments = std::mem::take(&mut call.arguments);
        notes.dropped.rest(&path, &call, &["name", "arguments"]);
        blocks.push(Block::ToolUse {
            id: ids.of_call("", &name),
            input: arguments_object(&arguments, &format!("{path}.arguments"))?,
            name,
            own: Object::new(),
            cache_control: None,
        });
    }
    Ok(blocks)
}

fn native_call(
    call: ToolCall,
    path: &str,
    ids: &mut Ids,
    notes: &mut Notes<'_>,
) -> Result<Block, TranslateError> {
    let (id, name, input, extra_content, mut extra) = match call {
        ToolCall::Function(mut call) => {
            let function = std::mem::take(&mut call.function);
            let input =
                arguments_object(&function.arguments, &format!("{path}.function.arguments"))?;
            let rest = &function.extra;
            notes.dropped.rest(&format!("{path}.function"), rest, &[]);
            (
                call.id,
                function.name,
                input,
                call.extra_content,
                call.extra,
            )
        }
        ToolCall::Custom(call) => {
            let custom = call.custom.into_option().unwrap_or_default();
            let input = Object::from_iter([(CUSTOM_INPUT.to_owned(), custom.input.into())]);
            let rest = &custom.extra;
            notes.dropped.rest(&format!("{path}.custom"), rest, &[]);
            (call.id, custom.name, input, call.extra_content, call.extra)
        }
        other => {
            let (Some(name), Some(arguments)) = (other.name(), other.arguments_text()) else {
                let message = format!("`{path}` must have a `type` of function or custom");
                return Err(read::invalid(format!("{path}.type"), message));
            };
            let input = arguments_object(arguments, &format!("{path}.function.arguments"))?;
            let id = other.id().unwrap_or_default().to_owned();
            (
                id,
                name.to_owned(),
                input,
                Default::default(),
                Default::default(),
            )
        }
    };
    let mut own = Object::new();
    if let Some(extra_content) = extra_content.into_option() {
        own = own_of_call(extra_content.0, &format!("{path}.extra_content"), notes);
    }
    let cache_control = cache::take(&mut extra);
    // Put there by clients that keep a stream's calls as they came.
    extra.shift_remove("index");
    notes.dropped.rest(path, &extra, &[]);
    Ok(Block::ToolUse {
        id: ids.of_call(&id, &name),
        name,
        input,
        own,
        cache_control,
    })
}

/// What rides along a call in our own words; what others put there is named.
fn own_of_call(extra_content: Value, path: &str, notes: &mut Notes<'_>) -> Object {
    let Value::Object(mut vendors) = extra_content else {
        notes.dropped.name(path);
        return Object::new();
    };
    let own = vendors.shift_remove("anthropic");
    notes.dropped.rest(path, &vendors, &[]);
    match own {
        Some(Value::Object(mut own)) => {
            for ours in ["type", "id", "name", "input", "cache_control"] {
                own.shift_remove(ours);
            }
            own
        }
        _ => Object::new(),
    }
}

/// Arguments as the object that Anthropic wants. Nothing at all is an empty object.
fn arguments_object(arguments: &str, path: &str) -> Result<Object, TranslateError> {
    if arguments.trim().is_empty() {
        return Ok(Object::new());
    }
    serde_json::from_str(arguments).map_err(|_| {
        let message = format!("`{path}` must be the text of a JSON object for this provider");
        read::invalid(path, message)
    })
}

/// Reads what our own answers told at `provider_data`, under the dialect's name or Anthropic's own.
fn read_data(
    message: &mut AssistantMessage,
    pieces: &mut Pieces,
    path: &str,
    notes: &mut Notes<'_>,
) {
    let Some(Value::Object(mut names)) = message.extra.shift_remove(DATA) else {
        return;
    };
    let own = names.shift_remove(notes.host.dialect);
    let own = own.or_else(|| names.shift_remove("anthropic"));
    notes.dropped.rest(&format!("{path}.{DATA}"), &names, &[]);
    let Some(Value::Object(mut own)) = own else {
        return;
    };
    let mut list = |name: &str| match own.shift_remove(name) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let objects = |items: Vec<Value>| {
        let objects = items.into_iter().filter_map(|item| match item {
            Value::Object(object) => Some(object),
            _ => None,
        });
        objects.collect::<Vec<Map<String, Value>>>()
    };
    pieces.own = objects(list("blocks"))
        .into_iter()
        .map(Block::Own)
        .collect();
    pieces.layout = objects(list("layout"));
    pieces.citations = list("citations");
    // An answer's own facts, and its citations' addresses: nothing that could be sent back.
    message.extra.shift_remove("annotations");
}
