//! Requests that the demo provider refuses, in OpenAI's error shape.

use http::StatusCode;
use serde_json::json;

use super::answer::DemoAnswer;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
}

impl Refusal {
    /// A member has a value that cannot be used.
    pub(super) fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::bad_request(Some("invalid_value"), Some(param.into()), message.into())
    }

    /// A member has the wrong type.
    pub(super) fn wrong_type(param: String, expected: &str) -> Self {
        let message = format!("Invalid type for '{param}': expected {expected}.");
        Self::bad_request(Some("invalid_type"), Some(param), message)
    }

    /// A member is missing.
    pub(super) fn missing(param: String) -> Self {
        let message = format!("Missing required parameter: '{param}'.");
        Self::bad_request(Some("missing_required_parameter"), Some(param), message)
    }

    /// The body is no JSON object.
    pub(super) fn not_json(reason: &str) -> Self {
        Self::bad_request(
            None,
            None,
            format!("The body is not a JSON object: {reason}."),
        )
    }

    /// There is no such demo model.
    pub(super) fn unknown_model(model: &str) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            kind: "invalid_request_error",
            code: Some("model_not_found"),
            param: Some("model".to_owned()),
            message: format!("The demo provider has no model '{model}'."),
        }
    }

    /// A refusal that concerns no member.
    pub(super) fn other(status: StatusCode, message: String) -> Self {
        Self {
            status,
            kind: "invalid_request_error",
            code: None,
            param: None,
            message,
        }
    }

    fn bad_request(code: Option<&'static str>, param: Option<String>, message: String) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "invalid_request_error",
            code,
            param,
            message,
        }
    }

    /// The refusal as an answer.
    pub(super) fn into_answer(self) -> DemoAnswer {
        let error = json!({
            "error": { "message": self.message, "type": self.kind, "param": self.param, "code": self.code }
        });
        DemoAnswer::json(self.status, &error)
    }
}
