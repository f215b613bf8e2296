//! The chat request.

use std::collections::BTreeMap;

use crate::{JsonObject, Number};

use super::{
    AudioOptions, CacheOptions, CacheRetention, FunctionCallChoice, FunctionDefinition, Message,
    Modality, ModerationOptions, Prediction, ReasoningEffort, ReasoningOptions, ResponseFormat,
    ServiceTier, Stop, StreamOptions, Tool, ToolChoice, Verbosity, WebSearchOptions,
};

wire_object! {
    /// The body of `POST /v1/chat/completions`.
    ///
    /// Spec: <https://platform.openai.com/docs/api-reference/chat/create>
    ///
    /// Reasoning models refuse the sampling parameters. Fields of other vendors (`top_k`,
    /// `guided_json`) live in [`extra`](Self::extra).
    ///
    /// ```
    /// # fn main() -> Result<(), serde_json::Error> {
    /// use gateway_types::chat::{ChatRequest, Message, StreamOptions};
    /// let request = ChatRequest::new("gpt-6-luna", [Message::user("hi")])
    ///     .with_temperature(0.2)
    ///     .with_stream(true)
    ///     .with_stream_options(StreamOptions::default().with_include_usage(true))
    ///     .with_extra("top_k", 40);
    /// assert_eq!(
    ///     serde_json::to_string(&request)?,
    ///     r#"{"model":"gpt-6-luna","messages":[{"role":"user","content":"hi"}],"stream":true,"#.to_owned()
    ///         + r#""stream_options":{"include_usage":true},"temperature":0.2,"top_k":40}"#
    /// );
    /// # Ok(()) }
    /// ```
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::chat_request))]
    pub struct ChatRequest {
        required {
            /// The model's name.
            model: String,
            /// The conversation so far, oldest first.
            messages: Vec<Message>,
        }
        optional {
            /// Whether the answer comes as a stream of chunks.
            stream: bool => with_stream,
            /// What the stream carries besides the answer; only with `stream`.
            #[serde(deserialize_with = "crate::json_text::maybe_object")]
            stream_options: StreamOptions => with_stream_options,
            /// The most tokens to generate, thinking included.
            max_completion_tokens: u64 => with_max_completion_tokens,
            /// The same, as older models and most other vendors call it.
            max_tokens: u64 => with_max_tokens,
            /// Randomness, 0 to 2; 1 where absent.
            temperature: Number => with_temperature,
            /// Sample only from the likeliest tokens with this probability together, 0 to 1.
            top_p: Number => with_top_p,
            /// Discourages tokens the more often they occurred, -2 to 2.
            frequency_penalty: Number => with_frequency_penalty,
            /// Discourages tokens that occurred at all, -2 to 2.
            presence_penalty: Number => with_presence_penalty,
            /// Token id to a bias from -100 (never) to 100 (only).
            #[serde(deserialize_with = "crate::json_text::maybe_object")]
            logit_bias: BTreeMap<String, Number> => with_logit_bias,
            /// Asks for repeatable sampling, at best effort.
            seed: Number => with_seed,
            /// How many answers to generate.
            n: u64 => with_n,
            /// Where generation stops.
            stop: Stop => with_stop,
            /// Whether to answer with log probabilities.
            logprobs: bool => with_logprobs,
            /// How many alternatives per token, 0 to 20; needs `logprobs`.
            top_logprobs: u64 => with_top_logprobs,
            /// The tools on offer.
            tools: Vec<Tool> => with_tools,
            /// Which of them the model may or must call.
            tool_choice: ToolChoice => with_tool_choice,
            /// Whether it may call several at once; true where absent.
            parallel_tool_calls: bool => with_parallel_tool_calls,
            /// Functions on offer; replaced by `tools`.
            functions: Vec<FunctionDefinition> => with_functions,
            /// Which function to call; replaced by `tool_choice`.
            function_call: FunctionCallChoice => with_function_call,
            /// What shape the answer must have.
            #[serde(deserialize_with = "crate::json_text::maybe_object")]
            response_format: ResponseFormat => with_response_format,
            /// How much the model thinks.
            reasoning_effort: ReasoningEffort => with_reasoning_effort,
            /// Extension of OpenRouter: how much the model thinks, in more detail.
            reasoning: ReasoningOptions => with_reasoning,
            /// How long the answer is.
            verbosity: Verbosity => with_verbosity,
            /// The kinds of answer that are wanted; text where absent.
            modalities: Vec<Modality> => with_modalities,
            /// How a spoken answer sounds; needed for the modality `audio`.
            audio: AudioOptions => with_audio,
            /// Text that much of the answer will repeat.
            prediction: Prediction => with_prediction,
            /// How a search model searches the web.
            web_search_options: WebSearchOptions => with_web_search_options,
            /// Moderation beside the request.
            moderation: ModerationOptions => with_moderation,
            /// How the request is scheduled and priced.
            service_tier: ServiceTier => with_service_tier,
            /// Requests with the same key and prefix share a prompt cache.
            prompt_cache_key: String => with_prompt_cache_key,
            /// How the prompt is cached (gpt-5.6 and later).
            prompt_cache_options: CacheOptions => with_prompt_cache_options,
            /// How long a cached prefix lives; deprecated.
            prompt_cache_retention: CacheRetention => with_prompt_cache_retention,
            /// A stable, anonymous id of the end user, for abuse detection; up to 128 characters.
            safety_identifier: String => with_safety_identifier,
            /// The end user; replaced by the two fields above.
            user: String => with_user,
            /// Up to 16 pairs; keys up to 64, values up to 512 characters.
            metadata: JsonObject => with_metadata,
            /// Whether OpenAI keeps the answer for later retrieval.
            store: bool => with_store,
        }
    }
}

impl ChatRequest {
    /// A request with the two fields that every server wants.
    pub fn new(model: impl Into<String>, messages: impl Into<Vec<Message>>) -> Self {
        Self {
            model: model.into(),
            messages: messages.into(),
            ..Self::default()
        }
    }

    /// Whether the answer is to be streamed.
    pub fn is_stream(&self) -> bool {
        self.stream.copied().unwrap_or(false)
    }
}
