//! Why an answer ended. Spec: <https://ai.google.dev/api/generate-content#FinishReason>.

use gateway_types::chat::FinishReason;
use http::StatusCode;

use crate::{
    Fault,
    dialects::native_error::{NativeError, in_stream},
};

/// What a `finishReason` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nothing: it goes on.
    Unspecified,
    /// A normal end.
    Normal,
    /// The limit of tokens.
    Limit,
    /// A filter.
    Filtered,
    /// The model failed; what it said before may be of use.
    Broken,
    /// More is to be had with a token.
    Continued,
    /// Something else.
    Other,
}

const ENDINGS: &[(&str, Ending)] = &[
    ("STOP", Ending::Normal),
    ("MAX_TOKENS", Ending::Limit),
    ("SAFETY", Ending::Filtered),
    ("RECITATION", Ending::Filtered),
    ("BLOCKLIST", Ending::Filtered),
    ("PROHIBITED_CONTENT", Ending::Filtered),
    ("SPII", Ending::Filtered),
    ("MODEL_ARMOR", Ending::Filtered),
    ("IMAGE_SAFETY", Ending::Filtered),
    ("IMAGE_PROHIBITED_CONTENT", Ending::Filtered),
    ("IMAGE_RECITATION", Ending::Filtered),
    ("MALFORMED_FUNCTION_CALL", Ending::Broken),
    ("MALFORMED_RESPONSE", Ending::Broken),
    ("MISSING_THOUGHT_SIGNATURE", Ending::Broken),
    ("UNEXPECTED_TOOL_CALL", Ending::Broken),
    ("TOO_MANY_TOOL_CALLS", Ending::Broken),
    ("CONTINUATION", Ending::Continued),
    ("FINISH_REASON_UNSPECIFIED", Ending::Unspecified),
    ("", Ending::Unspecified),
];

/// Names of `blockReason` by number: `PromptFeedback.BlockedReason` of `google.cloud.aiplatform.v1`.
pub(super) const BLOCK_REASONS: &[&str] = &[
    "BLOCKED_REASON_UNSPECIFIED",
    "SAFETY",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "MODEL_ARMOR",
    "IMAGE_SAFETY",
    "JAILBREAK",
];

/// What a reason means.
pub(super) fn of(native: &str) -> Ending {
    ENDINGS
        .iter()
        .find(|(name, _)| *name == native)
        .map_or(Ending::Other, |(_, ending)| *ending)
}

impl Ending {
    /// OpenAI's word for it. What is no normal end is never called one.
    pub(super) fn reason(self, native: &str) -> FinishReason {
        match self {
            Self::Normal => FinishReason::Stop,
            // An answer that could go on and is not let to was cut off.
            Self::Limit | Self::Continued => FinishReason::Length,
            Self::Filtered => FinishReason::ContentFilter,
            Self::Broken | Self::Other | Self::Unspecified => {
                FinishReason::Other(native.to_ascii_lowercase())
            }
        }
    }
}

/// A model that failed and said nothing.
pub(super) fn broken(native: &str, message: Option<&str>) -> Box<Fault> {
    let message = message.map_or_else(
        || format!("The model gave no answer ({native})."),
        str::to_owned,
    );
    let error = NativeError {
        message: Some(message),
        code: Some(native.to_owned()),
        ..NativeError::default()
    };
    in_stream(StatusCode::BAD_GATEWAY, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_normal_end_is_never_called_one() {
        for (native, reason) in [
            ("STOP", FinishReason::Stop),
            ("MAX_TOKENS", FinishReason::Length),
            ("CONTINUATION", FinishReason::Length),
            ("PROHIBITED_CONTENT", FinishReason::ContentFilter),
            ("MODEL_ARMOR", FinishReason::ContentFilter),
            (
                "UNEXPECTED_TOOL_CALL",
                FinishReason::Other("unexpected_tool_call".to_owned()),
            ),
            ("OTHER", FinishReason::Other("other".to_owned())),
            ("A_NEW_ONE", FinishReason::Other("a_new_one".to_owned())),
        ] {
            assert_eq!(of(native).reason(native), reason, "{native}");
        }
    }
}
