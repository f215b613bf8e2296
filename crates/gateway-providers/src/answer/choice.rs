//! What is known of one choice while its answer is written.

use gateway_types::chat::FinishReason;

use super::ToolCallKind;

/// One choice.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) index: u32,
    /// Whether the role was told.
    pub(super) begun: bool,
    pub(super) calls: Vec<Call>,
    /// How many images were told.
    pub(super) images: u32,
    /// Why it ended, once it did: OpenAI's word and the upstream's own.
    pub(super) finish: Option<(FinishReason, Option<String>)>,
}

/// One tool call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) kind: ToolCallKind,
    pub(super) has_arguments: bool,
}

/// What a list holds of a choice, made where it holds nothing yet. There are few choices: a list is looked through
/// faster than a map.
pub(super) fn found_or_made<T>(
    list: &mut Vec<T>,
    is_it: impl FnMut(&T) -> bool,
    make: impl FnOnce() -> T,
) -> &mut T {
    let place = match list.iter().position(is_it) {
        Some(place) => place,
        None => {
            list.push(make());
            list.len() - 1
        }
    };
    #[expect(
        clippy::indexing_slicing,
        reason = "the place was found or made just now"
    )]
    &mut list[place]
}

impl Choice {
    pub(super) fn new(index: u32) -> Self {
        Self {
            index,
            ..Self::default()
        }
    }

    /// The calls that never got an argument. A function without arguments has `{}`: `""` is no JSON.
    pub(super) fn calls_without_arguments(&self) -> impl Iterator<Item = u32> {
        self.calls
            .iter()
            .zip(0..)
            .filter(|(call, _)| call.kind == ToolCallKind::Function && !call.has_arguments)
            .map(|(_, index)| index)
    }

    /// The reason that the client is told. Upstreams that have no reason of its own for calls say `stop`.
    pub(super) fn reason(&self) -> Option<(FinishReason, Option<&str>)> {
        let (reason, native) = self.finish.as_ref()?;
        let reason = if *reason == FinishReason::Stop && !self.calls.is_empty() {
            FinishReason::ToolCalls
        } else {
            reason.clone()
        };
        Some((reason, native.as_deref()))
    }
}
