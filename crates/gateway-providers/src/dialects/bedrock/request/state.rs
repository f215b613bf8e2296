//! What an earlier answer of Bedrock's must have back: thinking with its signatures, and blocks of server tools.

use base64::{Engine, engine::general_purpose::STANDARD};
use gateway_types::{
    JsonObject,
    chat::{AssistantMessage, ReasoningDetail},
};
use serde_json::Value;

use super::super::{
    response::{BLOCKS, CLAUDE_FORMAT, FACTS, OPAQUE_FORMAT},
    wire::{Block, Reasoning},
};
use crate::dialects::dropped::Dropped;

/// The dialect's member of `provider_data`.
const DIALECT: &str = "bedrock";

/// Takes an answer's opaque blocks out of the message, in the order in which they must stand before everything else.
/// Thinking that is not signed is refused by the models that sign, and is of no use to the others: it is named.
pub(super) fn take(
    message: &mut AssistantMessage,
    path: &str,
    dropped: &mut Dropped,
) -> Vec<Block> {
    let mut blocks = thinking(message, path, dropped);
    if !blocks.is_empty() {
        // The same thinking once more, as text.
        message.reasoning_content.take();
        message.reasoning.take();
    }
    if let Some(Value::Object(data)) = message.extra.shift_remove("provider_data") {
        blocks.extend(server_blocks(data.into(), path, dropped));
    }
    blocks
}

fn thinking(message: &mut AssistantMessage, path: &str, dropped: &mut Dropped) -> Vec<Block> {
    let details = message.reasoning_details.take().unwrap_or_default();
    let mut blocks = Vec::new();
    for (index, detail) in joined(details) {
        match native(&detail) {
            Some(block) => blocks.push(Block::ReasoningContent(block)),
            None => dropped.name(format!("{path}.reasoning_details[{index}]")),
        }
    }
    blocks
}

/// The details, each with its place; parts of one block that a client did not put together are joined.
fn joined(details: Vec<ReasoningDetail>) -> Vec<(usize, ReasoningDetail)> {
    let mut joined: Vec<(usize, ReasoningDetail)> = Vec::new();
    for (place, detail) in details.into_iter().enumerate() {
        match joined.last_mut() {
            Some((_, last)) if continues(last, &detail) => append(last, detail),
            _ => joined.push((place, detail)),
        }
    }
    joined
}

fn continues(last: &ReasoningDetail, next: &ReasoningDetail) -> bool {
    last.kind == next.kind
        && last.kind.as_deref() == Some("reasoning.text")
        && last.index.is_value()
        && last.index == next.index
        && !last.signature.is_value()
}

fn append(last: &mut ReasoningDetail, next: ReasoningDetail) {
    if let Some(more) = next.text.into_option() {
        let mut text = last.text.take().unwrap_or_default();
        text.push_str(&more);
        last.text = text.into();
    }
    if next.signature.is_value() {
        last.signature = next.signature;
    }
    if next.format.is_value() {
        last.format = next.format;
    }
}

fn native(detail: &ReasoningDetail) -> Option<Reasoning> {
    let format: Option<&str> = detail.format.as_deref();
    let data: Option<&str> = detail.data.as_deref();
    match (detail.kind.as_deref()?, format) {
        ("reasoning.text", Some(CLAUDE_FORMAT) | None) => Some(Reasoning::ReasoningText {
            text: detail.text.as_option().cloned().unwrap_or_default(),
            signature: detail
                .signature
                .as_option()
                .filter(|s| !s.is_empty())?
                .clone(),
        }),
        ("reasoning.encrypted", Some(CLAUDE_FORMAT)) => {
            Some(Reasoning::RedactedContent(STANDARD.encode(data?)))
        }
        ("reasoning.encrypted", Some(OPAQUE_FORMAT)) => {
            Some(Reasoning::RedactedContent(data?.to_owned()))
        }
        _ => None,
    }
}

/// What stands in `provider_data`: blocks go back, facts about the answer are nothing that a model reads, and the rest
/// is named.
fn server_blocks(mut data: JsonObject, path: &str, dropped: &mut Dropped) -> Vec<Block> {
    let path = format!("{path}.provider_data");
    let own = data.shift_remove(DIALECT);
    dropped.rest(&path, &data, &[]);
    let Some(Value::Object(mut own)) = own else {
        return Vec::new();
    };
    let mut blocks = Vec::new();
    if let Some(Value::Array(given)) = own.shift_remove(BLOCKS) {
        for (index, block) in given.into_iter().enumerate() {
            if block.is_object() {
                blocks.push(Block::Native(block));
            } else {
                dropped.name(format!("{path}.{DIALECT}.{BLOCKS}[{index}]"));
            }
        }
    }
    dropped.rest(&format!("{path}.{DIALECT}"), &own, FACTS);
    blocks
}
