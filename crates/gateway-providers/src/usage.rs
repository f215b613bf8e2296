//! Tokens as the upstream counted them, in OpenAI's meaning: input includes cached tokens, output includes
//! reasoning tokens.

/// The counts of one answer. `None` is 'not said', which is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenUsage {
    /// Tokens read, cached ones among them.
    pub input: Option<u64>,
    /// Tokens written, reasoning among them.
    pub output: Option<u64>,
    /// The upstream's own sum.
    pub total: Option<u64>,
    /// Of the input: read from the provider's prompt cache.
    pub cached: Option<u64>,
    /// Of the output: reasoning.
    pub reasoning: Option<u64>,
}
