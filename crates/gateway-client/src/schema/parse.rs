//! From an answer to a value of the type that was asked for.

use gateway_types::chat::{ChatResponse, FinishReason};
use serde::de::DeserializeOwned;

/// Why an answer holds no value of the type.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The model refused, and said this.
    #[error("the model refused: {0}")]
    Refused(String),
    /// The answer was cut off, so its JSON is not whole.
    #[error("the answer was cut off: {0}")]
    Unfinished(FinishReason),
    /// There is no text: the model called a tool, or there is no answer at all.
    #[error("the answer has no text")]
    NoText,
    /// The text is not JSON, or does not fit the type.
    #[error("the answer does not fit: {source}")]
    Json {
        /// What does not fit.
        source: serde_json::Error,
        /// The model's text.
        text: String,
    },
}

/// Reads the first answer as a `T`, as [`response_format`](super::response_format) asked for.
///
/// # Errors
/// See [`ParseError`].
pub fn parse<T: DeserializeOwned>(response: &ChatResponse) -> Result<T, ParseError> {
    let message = response.message().ok_or(ParseError::NoText)?;
    if let Some(refusal) = message
        .refusal
        .as_deref()
        .filter(|refusal| !refusal.is_empty())
    {
        return Err(ParseError::Refused(refusal.to_owned()));
    }
    let cut_off = [FinishReason::Length, FinishReason::ContentFilter];
    if let Some(reason) = response
        .finish_reason()
        .filter(|reason| cut_off.contains(reason))
    {
        return Err(ParseError::Unfinished(reason.clone()));
    }
    let text = message.text().filter(|text| !text.trim().is_empty());
    parse_text(text.ok_or(ParseError::NoText)?)
}

/// Reads a model's text as a `T`. A Markdown fence around it, which models without a strict mode like to write,
/// is taken off.
///
/// # Errors
/// [`ParseError::Json`].
pub fn parse_text<T: DeserializeOwned>(text: String) -> Result<T, ParseError> {
    serde_json::from_str(without_fence(&text)).map_err(|source| ParseError::Json { source, text })
}

fn without_fence(text: &str) -> &str {
    let text = text.trim();
    let inside = text
        .strip_prefix("```")
        .and_then(|rest| rest.strip_suffix("```"));
    // The language stands on the fence's own line.
    inside
        .and_then(|inside| inside.split_once('\n'))
        .map_or(text, |(_, inside)| inside)
}

#[cfg(test)]
mod tests {
    use gateway_types::chat::{ChatChoice, ResponseMessage};

    use super::*;

    fn response(message: ResponseMessage, reason: FinishReason) -> ChatResponse {
        ChatResponse::new("id", 0, "m", [ChatChoice::new(0, message, reason)])
    }

    fn parsed(text: &str, reason: FinishReason) -> Result<Vec<u8>, ParseError> {
        parse(&response(ResponseMessage::new(text), reason))
    }

    #[test]
    fn reads_what_fits() {
        for text in ["[1,2]", " [1,2]\n", "```json\n[1,2]\n```", "```\n[1,2]```"] {
            assert_eq!(
                parsed(text, FinishReason::Stop).unwrap(),
                [1, 2],
                "{text:?}"
            );
        }
    }

    #[test]
    fn says_why_there_is_nothing() {
        assert!(matches!(
            parsed("[1", FinishReason::Length),
            Err(ParseError::Unfinished(_))
        ));
        assert!(matches!(
            parsed("[1", FinishReason::Stop),
            Err(ParseError::Json { .. })
        ));
        assert!(matches!(
            parsed("", FinishReason::Stop),
            Err(ParseError::NoText)
        ));
        let refused = ResponseMessage::new("").with_refusal("no");
        let refused = parse::<u8>(&response(refused, FinishReason::Stop));
        assert!(matches!(refused, Err(ParseError::Refused(text)) if text == "no"));
        let none = ChatResponse::new("id", 0, "m", []);
        assert!(matches!(parse::<u8>(&none), Err(ParseError::NoText)));
    }
}
