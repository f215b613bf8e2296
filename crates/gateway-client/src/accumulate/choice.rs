//! One answer of several, as it grows.

use gateway_types::{
    Extra, Maybe,
    chat::{
        AudioDelta, ChatChoice, ChoiceLogprobs, ChunkChoice, Delta, FinishReason, FunctionCall,
        FunctionCallDelta, MessageAudio, ResponseMessage,
    },
};

use super::{
    merge::{
        extend_extra, keep_first, keep_last, merge, merge_content, merge_details, merge_extra,
        merge_lists, merge_logprobs, merge_reasoning, merge_text,
    },
    tool_calls::ToolCallSlots,
};

#[derive(Debug, Clone, Default)]
pub(super) struct ChoiceState {
    /// Everything but the fields below.
    message: ResponseMessage,
    tool_calls: ToolCallSlots,
    audio: AudioDelta,
    has_audio: bool,
    function_call: Option<FunctionCallDelta>,
    finish_reason: Maybe<FinishReason>,
    logprobs: Maybe<ChoiceLogprobs>,
    extra: Extra,
}

impl ChoiceState {
    pub(super) fn push(&mut self, choice: ChunkChoice) {
        keep_last(&mut self.finish_reason, choice.finish_reason);
        merge(&mut self.logprobs, choice.logprobs, merge_logprobs);
        extend_extra(&mut self.extra, choice.extra);
        if let Some(delta) = choice.delta.into_option() {
            self.push_delta(delta);
        }
    }

    fn push_delta(&mut self, delta: Delta) {
        let message = &mut self.message;
        keep_first(&mut message.role, delta.role);
        merge(&mut message.content, delta.content, merge_content);
        merge_text(&mut message.refusal, delta.refusal);
        merge_lists(&mut message.annotations, delta.annotations);
        merge(
            &mut message.reasoning_content,
            delta.reasoning_content,
            merge_reasoning,
        );
        merge(&mut message.reasoning, delta.reasoning, merge_reasoning);
        merge(
            &mut message.reasoning_details,
            delta.reasoning_details,
            merge_details,
        );
        merge_extra(&mut message.extra, delta.extra);
        self.tool_calls
            .push(delta.tool_calls.into_option().unwrap_or_default());
        if let Some(audio) = delta.audio.into_option() {
            self.push_audio(audio);
        }
        if let Some(call) = delta.function_call.into_option() {
            self.push_function_call(call);
        }
    }

    fn push_audio(&mut self, next: AudioDelta) {
        self.has_audio = true;
        keep_first(&mut self.audio.id, next.id);
        merge_text(&mut self.audio.data, next.data);
        merge_text(&mut self.audio.transcript, next.transcript);
        keep_last(&mut self.audio.expires_at, next.expires_at);
        extend_extra(&mut self.audio.extra, next.extra);
    }

    fn push_function_call(&mut self, next: FunctionCallDelta) {
        let call = self.function_call.get_or_insert_default();
        merge_text(&mut call.name, next.name);
        merge_text(&mut call.arguments, next.arguments);
        extend_extra(&mut call.extra, next.extra);
    }

    pub(super) fn finish(self, index: u32) -> ChatChoice {
        let mut message = self.message;
        message.tool_calls = self.tool_calls.finish();
        if self.has_audio {
            message.audio = Maybe::Value(finish_audio(self.audio));
        }
        message.function_call = self.function_call.map(finish_function_call).into();
        let mut choice = ChatChoice::default();
        choice.index = index;
        choice.message = message;
        choice.finish_reason = self.finish_reason;
        choice.logprobs = self.logprobs;
        choice.extra = self.extra;
        choice
    }
}

fn finish_audio(delta: AudioDelta) -> MessageAudio {
    let mut audio = MessageAudio::default();
    audio.id = delta.id.unwrap_or_default();
    audio.data = delta.data;
    audio.transcript = delta.transcript;
    audio.expires_at = delta.expires_at;
    audio.extra = delta.extra;
    audio
}

fn finish_function_call(delta: FunctionCallDelta) -> FunctionCall {
    let name = delta.name.unwrap_or_default();
    let mut call = FunctionCall::new(name, delta.arguments.unwrap_or_default());
    call.extra = delta.extra;
    call
}
