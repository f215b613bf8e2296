//! Where a cached prefix of the prompt ends: Anthropic's `cache_control`, sent as an extension of OpenAI's
//! members, or OpenAI's own `prompt_cache_breakpoint`.

use gateway_types::{Extra, Maybe, chat::CacheBreakpoint};
use serde_json::{Value, json};

use super::super::wire::Block;
use crate::dialects::dropped::Dropped;

/// The member's name.
const MEMBER: &str = "cache_control";

/// Takes the mark of a message, a part or a tool.
pub(super) fn take(extra: &mut Extra) -> Option<Value> {
    extra.shift_remove(MEMBER).filter(|mark| !mark.is_null())
}

/// Takes the mark of a part. A lifetime that OpenAI offers is one hour here, the longest there is.
pub(super) fn take_of_part(
    extra: &mut Extra,
    breakpoint: &mut Maybe<CacheBreakpoint>,
) -> Option<Value> {
    let own = take(extra);
    let breakpoint = breakpoint.take().into_option();
    own.or_else(|| {
        breakpoint.map(|breakpoint| {
            if breakpoint.ttl.is_value() {
                json!({"type": "ephemeral", "ttl": "1h"})
            } else {
                json!({"type": "ephemeral"})
            }
        })
    })
}

/// Marks the last block of a message; names the mark where there is none that can carry it.
pub(super) fn mark_last(
    blocks: &mut [Block],
    mark: Option<Value>,
    path: &str,
    dropped: &mut Dropped,
) {
    let Some(mark) = mark else { return };
    match blocks.last_mut() {
        Some(
            Block::Text { cache_control, .. }
            | Block::Image { cache_control, .. }
            | Block::Document { cache_control, .. }
            | Block::ToolUse { cache_control, .. }
            | Block::ToolResult { cache_control, .. },
        ) => {
            cache_control.get_or_insert(mark);
        }
        Some(Block::Own(block)) => {
            block.entry(MEMBER).or_insert(mark);
        }
        Some(Block::Thinking { .. } | Block::RedactedThinking { .. }) | None => {
            dropped.name(format!("{path}.{MEMBER}"));
        }
    }
}
