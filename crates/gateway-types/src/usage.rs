//! The tokens that a request used.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat/object#chat-object-usage>

wire_object! {
    /// The tokens that a chat or a completion used.
    ///
    /// Cached and audio tokens are part of `prompt_tokens`, reasoning tokens part of
    /// `completion_tokens`; the two together are `total_tokens`. Servers leave out or null each
    /// of them, and an explicit zero is not missing: so each has three states.
    pub struct Usage {
        optional {
            /// Tokens read.
            prompt_tokens: u64,
            /// Tokens written, thinking included.
            completion_tokens: u64,
            /// Both together.
            total_tokens: u64,
            /// What the read tokens were.
            prompt_tokens_details: PromptTokensDetails => with_prompt_tokens_details,
            /// What the written tokens were.
            completion_tokens_details: CompletionTokensDetails => with_completion_tokens_details,
        }
    }
}

impl Usage {
    /// The counts, with their sum.
    pub fn new(prompt_tokens: u64, completion_tokens: u64) -> Self {
        Self {
            prompt_tokens: prompt_tokens.into(),
            completion_tokens: completion_tokens.into(),
            total_tokens: prompt_tokens.saturating_add(completion_tokens).into(),
            ..Self::default()
        }
    }
}

wire_object! {
    /// What the read tokens were.
    pub struct PromptTokensDetails {
        optional {
            /// Read from the prompt cache.
            cached_tokens: u64 => with_cached_tokens,
            /// Written to the prompt cache.
            cache_write_tokens: u64 => with_cache_write_tokens,
            /// Of audio.
            audio_tokens: u64 => with_audio_tokens,
            /// Of text.
            text_tokens: u64 => with_text_tokens,
            /// Of images.
            image_tokens: u64 => with_image_tokens,
        }
    }
}

wire_object! {
    /// What the written tokens were.
    pub struct CompletionTokensDetails {
        optional {
            /// Thinking, which the answer does not show.
            reasoning_tokens: u64 => with_reasoning_tokens,
            /// Of audio.
            audio_tokens: u64 => with_audio_tokens,
            /// Of text.
            text_tokens: u64 => with_text_tokens,
            /// Taken from the request's prediction.
            accepted_prediction_tokens: u64 => with_accepted_prediction_tokens,
            /// Predicted wrongly, and charged all the same.
            rejected_prediction_tokens: u64 => with_rejected_prediction_tokens,
        }
    }
}
