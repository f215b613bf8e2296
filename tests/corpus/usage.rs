//! What a provider's report of tokens means in OpenAI's words: the arithmetic of each, written without a look at
//! the gateway's.

use serde_json::Value;

use crate::upstreams::Family;

/// Tokens in OpenAI's meaning: the prompt includes what came from a cache and what was written to one, the
/// completion includes the thinking. `None` where nothing is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) prompt: Option<u64>,
    pub(crate) completion: Option<u64>,
    pub(crate) total: Option<u64>,
    pub(crate) cached: Option<u64>,
    pub(crate) written: Option<u64>,
    pub(crate) reasoning: Option<u64>,
}

impl Counts {
    /// What a native report means. `None` where the provider reported nothing.
    pub(crate) fn native(family: Family, usage: &Value) -> Option<Self> {
        let n = |path: &str| path.split('.').try_fold(usage, |value, name| value.get(name)).and_then(count);
        let sum = |parts: &[Option<u64>]| parts.iter().any(Option::is_some).then(|| parts.iter().flatten().sum());
        if !usage.is_object() {
            return None;
        }
        let mut counts = match family {
            Family::Anthropic => Self {
                prompt: sum(&[n("input_tokens"), n("cache_read_input_tokens"), n("cache_creation_input_tokens")]),
                completion: n("output_tokens"),
                cached: n("cache_read_input_tokens"),
                written: n("cache_creation_input_tokens"),
                reasoning: n("output_tokens_details.thinking_tokens"),
                total: None,
            },
            Family::Gemini => Self {
                prompt: sum(&[n("promptTokenCount"), n("toolUsePromptTokenCount")]),
                completion: sum(&[n("candidatesTokenCount"), n("thoughtsTokenCount")]),
                total: n("totalTokenCount"),
                cached: n("cachedContentTokenCount"),
                reasoning: n("thoughtsTokenCount"),
                written: None,
            },
            Family::Bedrock => Self {
                prompt: sum(&[n("inputTokens"), n("cacheReadInputTokens"), n("cacheWriteInputTokens")]),
                completion: n("outputTokens"),
                cached: n("cacheReadInputTokens"),
                written: n("cacheWriteInputTokens"),
                ..Self::default()
            },
            Family::Cohere => Self {
                prompt: n("tokens.input_tokens").or(n("billed_units.input_tokens")),
                completion: n("tokens.output_tokens").or(n("billed_units.output_tokens")),
                cached: n("cached_tokens"),
                reasoning: n("tokens.reasoning_tokens"),
                ..Self::default()
            },
            Family::Ollama => Self { prompt: n("prompt_eval_count"), completion: n("eval_count"), ..Self::default() },
            Family::Responses | Family::OpenAi => return Some(Self::openai(usage)),
        };
        counts.total = counts.total.or_else(|| sum(&[counts.prompt, counts.completion]));
        Some(counts)
    }

    /// A report under OpenAI's names, whichever vendor wrote it.
    pub(crate) fn openai(usage: &Value) -> Self {
        let n = |path: &str| path.split('.').try_fold(usage, |value, name| value.get(name)).and_then(count);
        let first = |paths: &[&str]| paths.iter().find_map(|path| n(path));
        let (prompt, completion, total) = (first(&["prompt_tokens", "input_tokens"]), first(&["completion_tokens", "output_tokens"]), n("total_tokens"));
        let mut counts = Self {
            prompt,
            completion,
            total,
            cached: first(&[
                "prompt_tokens_details.cached_tokens",
                "input_tokens_details.cached_tokens",
                "prompt_cache_hit_tokens",
                "num_cached_tokens",
                "cached_tokens",
                "cache_read_input_tokens",
            ]),
            written: first(&["prompt_tokens_details.cache_write_tokens", "input_tokens_details.cache_write_tokens"]),
            reasoning: first(&["completion_tokens_details.reasoning_tokens", "output_tokens_details.reasoning_tokens", "reasoning_tokens"]),
        };
        if let (Some(prompt), Some(completion), Some(total), Some(reasoning)) = (prompt, completion, total, counts.reasoning) {
            if reasoning > 0 && total == prompt + completion + reasoning {
                // xAI counts thinking beside the completion.
                counts.completion = Some(completion + reasoning);
            } else if reasoning > completion {
                // Vercel and DoubleWord: the total is trusted.
                counts.reasoning = Some(completion);
            }
        }
        counts
    }

    /// What differs, in words. What is expected to be unsaid may be said as nothing, or be left unsaid.
    pub(crate) fn differences(self, told: Self) -> Vec<String> {
        let rows = [
            ("prompt tokens", self.prompt, told.prompt),
            ("completion tokens", self.completion, told.completion),
            ("total tokens", self.total, told.total),
            ("cached tokens", self.cached, told.cached),
            ("cache write tokens", self.written, told.written),
            ("reasoning tokens", self.reasoning, told.reasoning),
        ];
        let differs = |wanted: Option<u64>, told: Option<u64>| wanted.unwrap_or_default() != told.unwrap_or_default();
        rows.into_iter().filter(|(_, wanted, told)| differs(*wanted, *told)).map(|(name, wanted, told)| format!("usage: {name} {wanted:?}, told {told:?}")).collect()
    }
}

/// Some upstreams write counts as `12.0`.
fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0).map(|number| number as u64))
}
