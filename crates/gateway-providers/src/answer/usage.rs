//! Usage as it is counted, from usage as it is told.

use gateway_types::Usage;

use crate::TokenUsage;

/// The counts of a report in OpenAI's meaning.
pub fn token_usage(usage: &Usage) -> TokenUsage {
    TokenUsage {
        input: usage.prompt_tokens.copied(),
        output: usage.completion_tokens.copied(),
        total: usage.total_tokens.copied(),
        cached: usage
            .prompt_tokens_details
            .as_option()
            .and_then(|details| details.cached_tokens.copied()),
        reasoning: usage
            .completion_tokens_details
            .as_option()
            .and_then(|details| details.reasoning_tokens.copied()),
    }
}
