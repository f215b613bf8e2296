//! `[errors]`: how errors look.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How errors look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Errors {
    /// The form of the gateway's own errors. A caller can ask for the other with `x-error-format`.
    pub format: ErrorFormat,
    /// The words in an error's `type`.
    pub type_style: ErrorTypeStyle,
    /// What becomes of an upstream's error body.
    pub upstream: UpstreamErrors,
}

/// The form of the gateway's own errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorFormat {
    /// `{"error":{"message","type","param","code"}}`.
    #[default]
    Object,
    /// `{"error":"message"}`.
    String,
}

/// The words in an error's `type`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorTypeStyle {
    /// The gateway's categories, e.g. `invalid_request`.
    #[default]
    Gateway,
    /// OpenAI's, e.g. `invalid_request_error`.
    Openai,
}

/// What becomes of an upstream's error body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamErrors {
    /// It reaches the caller as it is, our own credentials taken out.
    #[default]
    Pass,
    /// The caller gets a general text in its place.
    Mask,
}
