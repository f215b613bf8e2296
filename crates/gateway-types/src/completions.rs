//! `POST /v1/completions`: text continues a prompt. Legacy at OpenAI, in daily use elsewhere.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/completions>

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::chat::{FinishReason, Stop, StreamOptions};
use crate::prompt::Prompt;
use crate::{Maybe, Number, Usage};

wire_object! {
    /// The body of `POST /v1/completions`.
    ///
    /// ```
    /// use gateway_types::completions::CompletionRequest;
    /// let request = CompletionRequest::new("davinci-002", "Once upon a time").with_max_tokens(16u64);
    /// assert_eq!(request.max_tokens.copied(), Some(16));
    /// ```
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::completion_request))]
    pub struct CompletionRequest {
        required {
            /// The model's name.
            model: String,
        }
        optional {
            /// What to continue: text, texts, tokens or lists of tokens.
            prompt: Prompt => with_prompt,
            /// Text that comes after the generated text.
            suffix: String => with_suffix,
            /// The most tokens to generate; 16 where absent.
            max_tokens: u64 => with_max_tokens,
            /// Randomness, 0 to 2.
            temperature: Number => with_temperature,
            /// Sample only from the likeliest tokens with this probability together, 0 to 1.
            top_p: Number => with_top_p,
            /// How many answers per prompt.
            n: u64 => with_n,
            /// Generate this many and answer with the best `n`.
            best_of: u64 => with_best_of,
            /// Whether the answer repeats the prompt.
            echo: bool => with_echo,
            /// How many alternatives per token, up to 5; other servers take a boolean.
            logprobs: Value => with_logprobs,
            /// Token id to a bias from -100 to 100.
            #[serde(deserialize_with = "crate::json_text::maybe_object")]
            logit_bias: BTreeMap<String, Number> => with_logit_bias,
            /// Discourages tokens the more often they occurred, -2 to 2.
            frequency_penalty: Number => with_frequency_penalty,
            /// Discourages tokens that occurred at all, -2 to 2.
            presence_penalty: Number => with_presence_penalty,
            /// Asks for repeatable sampling, at best effort.
            seed: Number => with_seed,
            /// Where generation stops.
            stop: Stop => with_stop,
            /// Whether the answer comes as a stream.
            stream: bool => with_stream,
            /// What the stream carries besides the answer.
            #[serde(deserialize_with = "crate::json_text::maybe_object")]
            stream_options: StreamOptions => with_stream_options,
            /// The end user.
            user: String => with_user,
        }
    }
}

impl CompletionRequest {
    /// A request to continue `prompt`.
    pub fn new(model: impl Into<String>, prompt: impl Into<Prompt>) -> Self {
        Self {
            model: model.into(),
            prompt: Maybe::Value(prompt.into()),
            ..Self::default()
        }
    }
}

wire_object! {
    /// The answer of `POST /v1/completions`, and each chunk of its stream.
    ///
    /// Spec: <https://platform.openai.com/docs/api-reference/completions/object>
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::completion_response))]
    pub struct CompletionResponse {
        required {
            /// The answers.
            choices: Vec<CompletionChoice>,
        }
        optional {
            /// The answer's id.
            id: String,
            /// `text_completion`.
            object: String,
            /// When it was made, in seconds since 1970.
            created: i64,
            /// The model that answered.
            model: String,
            /// The tokens used; `null` in chunks before the last.
            usage: Usage,
            /// Names the server's configuration, for `seed`.
            system_fingerprint: String,
        }
    }
}

impl CompletionResponse {
    /// An answer with the fields that OpenAI always sends.
    pub fn new(
        id: impl Into<String>,
        created: i64,
        model: impl Into<String>,
        choices: impl Into<Vec<CompletionChoice>>,
    ) -> Self {
        Self {
            choices: choices.into(),
            id: Maybe::Value(id.into()),
            object: "text_completion".into(),
            created: created.into(),
            model: Maybe::Value(model.into()),
            ..Self::default()
        }
    }

    /// The text of the first answer.
    pub fn text(&self) -> Option<&str> {
        self.choices.first().map(|choice| choice.text.as_str())
    }
}

wire_object! {
    /// One answer, or one piece of it in a stream.
    pub struct CompletionChoice {
        required {
            /// Its place among the answers, from 0.
            index: u32,
            /// The text.
            text: String,
        }
        optional {
            /// Why it ended; `null` in a stream until it does.
            finish_reason: FinishReason,
            /// How likely each token was, if it was asked for.
            logprobs: CompletionLogprobs,
        }
    }
}

impl CompletionChoice {
    /// A piece of text, with `finish_reason` and `logprobs` `null` as OpenAI writes them.
    pub fn new(index: u32, text: impl Into<String>) -> Self {
        Self {
            index,
            text: text.into(),
            finish_reason: Maybe::Null,
            logprobs: Maybe::Null,
            ..Self::default()
        }
    }
}

/// Log probabilities of a completion: OpenAI's four parallel lists, or what else a server sends.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum CompletionLogprobs {
    /// OpenAI's lists.
    Lists(LogprobLists),
    /// Something else (llama.cpp sends the chat form), kept as it came.
    Other(Value),
}

impl<'de> serde::Deserialize<'de> for CompletionLogprobs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if !value.is_object() {
            return Ok(Self::Other(value));
        }
        let lists = LogprobLists::deserialize(&value);
        Ok(lists.map_or(Self::Other(value), Self::Lists))
    }
}

wire_object! {
    /// Log probabilities as parallel lists, one item per token.
    pub struct LogprobLists {
        optional {
            /// Where each token begins, in characters.
            text_offset: Vec<u64>,
            /// The natural logarithm of each probability; `null` for the first echoed token.
            token_logprobs: Vec<Option<Number>>,
            /// The tokens.
            tokens: Vec<String>,
            /// The likeliest tokens at each place.
            top_logprobs: Vec<Option<BTreeMap<String, Number>>>,
        }
    }
}
