//! The error object.
//!
//! Spec: <https://platform.openai.com/docs/guides/error-codes>

use serde_json::Value;

use crate::Maybe;

wire_object! {
    /// The body of an answer that is an error.
    ///
    /// ```
    /// # fn main() -> Result<(), serde_json::Error> {
    /// use gateway_types::error::ErrorBody;
    /// let body = ErrorBody::new("invalid_request", "messages must not be empty").with_param("messages");
    /// assert_eq!(
    ///     serde_json::to_string(&body)?,
    ///     r#"{"error":{"message":"messages must not be empty","type":"invalid_request","param":"messages","code":null}}"#
    /// );
    /// # Ok(()) }
    /// ```
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::error))]
    pub struct ErrorBody {
        required {
            /// What went wrong.
            error: ErrorObject,
        }
    }
}

impl ErrorBody {
    /// An error of a category, with `param` and `code` `null`.
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error: ErrorObject::new(kind, message),
            ..Self::default()
        }
    }

    /// Names the part of the request that is wrong, such as `messages[0].content`.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.error = self.error.with_param(param);
        self
    }

    /// Gives the stable name on which programs branch.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.error = self.error.with_code(Value::String(code.into()));
        self
    }
}

wire_object! {
    /// What went wrong.
    pub struct ErrorObject {
        required {
            /// Text for people.
            message: String,
        }
        optional {
            /// The category.
            #[serde(rename = "type")]
            kind: String => with_kind,
            /// The part of the request that is wrong.
            param: String => with_param,
            /// The stable name on which programs branch; some servers put a number here.
            code: Value => with_code,
        }
    }
}

impl ErrorObject {
    /// An error of a category, with `param` and `code` `null`.
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            kind: Maybe::Value(kind.into()),
            param: Maybe::Null,
            code: Maybe::Null,
            ..Self::default()
        }
    }

    /// The code, where it is text as OpenAI writes it.
    pub fn code_text(&self) -> Option<&str> {
        self.code.as_option().and_then(Value::as_str)
    }
}
