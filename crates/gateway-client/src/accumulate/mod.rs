//! From the chunks of a stream to the answer that would have come without streaming.

mod choice;
mod merge;
mod tool_calls;

use std::collections::BTreeMap;

use gateway_types::chat::{ChatChunk, ChatResponse};

use self::{
    choice::ChoiceState,
    merge::{extend_extra, keep_first, keep_last},
};

/// Folds chunks into a [`ChatResponse`].
///
/// Text, refusals, thinking, spoken answers and arguments are put together in the order they come, per answer.
/// The usage of the last chunk that has one counts; it is never summed.
///
/// ```
/// use gateway_client::ChatAccumulator;
/// use gateway_types::chat::{ChatChunk, ChunkChoice, Delta};
///
/// let mut answer = ChatAccumulator::new();
/// for piece in ["Hel", "lo"] {
///     let delta = Delta::default().with_content(piece);
///     answer.push(ChatChunk::new("chatcmpl-1", 0, "demo/chat", [ChunkChoice::new(0, delta)]));
/// }
/// assert_eq!(answer.finish().text().as_deref(), Some("Hello"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct ChatAccumulator {
    /// Everything but the choices.
    response: ChatResponse,
    choices: BTreeMap<u32, ChoiceState>,
}

impl ChatAccumulator {
    /// An answer of which nothing has come.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next chunk.
    pub fn push(&mut self, chunk: ChatChunk) {
        let response = &mut self.response;
        keep_first(&mut response.id, chunk.id);
        keep_first(&mut response.created, chunk.created);
        keep_first(&mut response.model, chunk.model);
        keep_last(&mut response.usage, chunk.usage);
        keep_last(&mut response.service_tier, chunk.service_tier);
        keep_last(&mut response.system_fingerprint, chunk.system_fingerprint);
        keep_last(&mut response.moderation, chunk.moderation);
        extend_extra(&mut response.extra, chunk.extra);
        for choice in chunk.choices.into_option().unwrap_or_default() {
            self.choices.entry(choice.index).or_default().push(choice);
        }
    }

    /// The answer as far as it has come.
    #[must_use]
    pub fn finish(self) -> ChatResponse {
        let mut response = self.response;
        response.object = "chat.completion".into();
        response.choices = self
            .choices
            .into_iter()
            .map(|(index, state)| state.finish(index))
            .collect();
        response
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn fold(chunks: &[Value]) -> Value {
        let mut answer = ChatAccumulator::new();
        for chunk in chunks {
            answer.push(serde_json::from_value(chunk.clone()).unwrap());
        }
        serde_json::to_value(answer.finish()).unwrap()
    }

    fn deltas(deltas: &[Value]) -> Value {
        let chunks: Vec<_> = deltas
            .iter()
            .map(|delta| json!({"choices": [{"index": 0, "delta": delta}]}))
            .collect();
        fold(&chunks)["choices"][0]["message"].clone()
    }

    #[test]
    fn a_plain_answer() {
        let chunk = |choices: Value, usage: Value| {
            json!({"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "m",
                "system_fingerprint": "fp", "choices": choices, "usage": usage, "x_vendor": 1})
        };
        let whole = fold(&[
            chunk(
                json!([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]),
                Value::Null,
            ),
            chunk(
                json!([{"index": 0, "delta": {"content": "Hel"}, "finish_reason": null}]),
                Value::Null,
            ),
            chunk(
                json!([{"index": 0, "delta": {"content": "lo"}, "finish_reason": null}]),
                Value::Null,
            ),
            chunk(
                json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]),
                Value::Null,
            ),
            chunk(
                json!([]),
                json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}),
            ),
        ]);
        assert_eq!(
            whole,
            json!({"id": "c1", "object": "chat.completion", "created": 7, "model": "m",
                "system_fingerprint": "fp", "x_vendor": 1,
                "choices": [{"index": 0, "finish_reason": "stop",
                    "message": {"role": "assistant", "content": "Hello"}}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}})
        );
    }

    #[test]
    fn several_answers_in_any_order() {
        let piece = |index: u32, text: &str, reason: Value| json!({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": reason}]});
        let whole = fold(&[
            piece(1, "b", Value::Null),
            piece(0, "a", Value::Null),
            piece(1, "B", json!("length")),
            piece(0, "A", json!("stop")),
        ]);
        assert_eq!(whole["choices"][0]["message"]["content"], "aA");
        assert_eq!(whole["choices"][1]["message"]["content"], "bB");
        assert_eq!(whole["choices"][1]["finish_reason"], "length");
    }

    #[test]
    fn cumulative_usage_is_not_summed() {
        let usage = |tokens: u64| json!({"choices": [], "usage": {"completion_tokens": tokens}});
        assert_eq!(fold(&[usage(1), usage(5)])["usage"]["completion_tokens"], 5);
    }

    #[test]
    fn tool_calls_by_index_with_gaps() {
        let message = deltas(&[
            json!({"tool_calls": [{"index": 0, "id": "a", "type": "function",
                "function": {"name": "f", "arguments": ""}, "extra_content": {"google": {"thought_signature": "s"}}}]}),
            json!({"tool_calls": [{"index": 2, "id": "b", "type": "function",
                "function": {"name": "get_", "arguments": "{}"}}]}),
            json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"x\":"}}]}),
            json!({"tool_calls": [{"index": 2, "function": {"name": "time"}}, {"index": 0, "function": {"arguments": "1}"}}]}),
        ]);
        assert_eq!(
            message["tool_calls"],
            json!([
                {"type": "function", "id": "a", "function": {"name": "f", "arguments": "{\"x\":1}"},
                    "extra_content": {"google": {"thought_signature": "s"}}},
                {"type": "function", "id": "b", "function": {"name": "get_time", "arguments": "{}"}},
            ])
        );
    }

    #[test]
    fn tool_calls_that_share_an_index_are_told_apart_by_id() {
        let call = |id: &str, arguments: &str| json!({"tool_calls": [{"index": 0, "id": id, "function": {"name": "f", "arguments": arguments}}]});
        let rest = json!({"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]});
        let message = deltas(&[call("a", "{}"), call("b", "{"), rest]);
        assert_eq!(message["tool_calls"][0]["function"]["arguments"], "{}");
        assert_eq!(message["tool_calls"][1]["function"]["arguments"], "{}");
        assert_eq!(message["tool_calls"][1]["id"], "b");
    }

    #[test]
    fn tool_calls_without_index_by_id_and_without_id_by_place() {
        let by_id = deltas(&[
            json!({"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "1"}}, {"id": "b", "function": {"name": "g"}}]}),
            json!({"tool_calls": [{"id": "b", "function": {"arguments": "2"}}]}),
        ]);
        assert_eq!(
            by_id["tool_calls"][1]["function"],
            json!({"name": "g", "arguments": "2"})
        );

        let by_place = deltas(&[
            json!({"tool_calls": [{"function": {"name": "f", "arguments": "{"}}, {"function": {"name": "g", "arguments": "1"}}]}),
            json!({"tool_calls": [{"function": {"arguments": "}"}}, {"function": {"arguments": "2"}}]}),
            json!({"tool_calls": [{"function": {"name": "f", "arguments": "3"}}]}),
        ]);
        let arguments: Vec<_> = by_place["tool_calls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| &call["function"]["arguments"])
            .collect();
        assert_eq!(arguments, ["{}", "12", "3"]);
    }

    #[test]
    fn a_name_that_is_repeated_in_every_piece_is_one_name() {
        let piece = |arguments: &str| json!({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": arguments}}]});
        let message = deltas(&[piece("{"), piece("}")]);
        assert_eq!(
            message["tool_calls"][0]["function"],
            json!({"name": "f", "arguments": "{}"})
        );
    }

    #[test]
    fn custom_tools_keep_their_kind() {
        let message = deltas(&[
            json!({"tool_calls": [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "sh", "input": "l"}}]}),
            json!({"tool_calls": [{"index": 0, "custom": {"input": "s"}}]}),
        ]);
        assert_eq!(
            message["tool_calls"],
            json!([{"type": "custom", "id": "a", "custom": {"name": "sh", "input": "ls"}}])
        );
    }

    #[test]
    fn everything_else_of_a_message() {
        let message = deltas(&[
            json!({"role": "assistant", "content": null, "refusal": "n", "reasoning_content": "th", "audio": {"id": "x", "data": "A"}}),
            json!({"refusal": "o", "reasoning_content": "ink", "audio": {"transcript": "t", "data": "B"}, "x": "1"}),
            json!({"function_call": {"name": "f", "arguments": "{"}, "x": "2"}),
            json!({"function_call": {"arguments": "}"}, "annotations": [{"type": "a"}]}),
        ]);
        assert_eq!(
            message,
            json!({"role": "assistant", "content": null, "refusal": "no", "reasoning_content": "think",
                "audio": {"id": "x", "data": "AB", "transcript": "t"}, "x": "12",
                "function_call": {"name": "f", "arguments": "{}"}, "annotations": [{"type": "a"}]})
        );
    }

    #[test]
    fn blocks_of_thinking_go_on_where_they_began() {
        let message = deltas(&[
            json!({"reasoning_details": [{"type": "reasoning.text", "text": "a", "index": 0}]}),
            json!({"reasoning_details": [{"type": "reasoning.text", "text": "b", "index": 0}]}),
            json!({"reasoning_details": [{"type": "reasoning.text", "signature": "s", "index": 0}]}),
            json!({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x", "index": 1}]}),
        ]);
        assert_eq!(
            message["reasoning_details"],
            json!([{"type": "reasoning.text", "text": "ab", "signature": "s", "index": 0},
                {"type": "reasoning.encrypted", "data": "x", "index": 1}])
        );
    }

    #[test]
    fn log_probabilities_are_put_in_a_row() {
        let chunk = |token: &str| {
            json!({"choices": [{"index": 0, "delta": {}, "logprobs":
                {"content": [{"token": token, "logprob": -1}], "refusal": null}}]})
        };
        let whole = fold(&[chunk("a"), chunk("b")]);
        let tokens = &whole["choices"][0]["logprobs"]["content"];
        assert_eq!(
            (&tokens[0]["token"], &tokens[1]["token"]),
            (&json!("a"), &json!("b"))
        );
    }
}
