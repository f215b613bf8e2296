//! An answer before it is a response: status, headers, and where its body comes from.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;

use super::{
    error::{ApiError, ErrorKind},
    relay::Source,
};

/// An answer on its way to the client.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Headers of this answer; those that every answer has come later.
    pub headers: HeaderMap,
    /// The body.
    pub source: Source,
}

impl Answer {
    /// 200 with JSON that is written already.
    pub fn raw_json(bytes: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        Self {
            status: StatusCode::OK,
            headers,
            source: Source::Whole(bytes),
        }
    }

    /// 200 with a value as JSON.
    ///
    /// # Errors
    /// 500 when the value cannot be written, which is a defect.
    pub fn json(value: &impl Serialize) -> Result<Self, ApiError> {
        match serde_json::to_vec(value) {
            Ok(bytes) => Ok(Self::raw_json(bytes.into())),
            Err(error) => Err(ApiError::new(
                ErrorKind::InternalError,
                "The answer could not be written.",
            )
            .detail(error.to_string())),
        }
    }

    /// 200 with text of a content type.
    pub fn text(content_type: &'static str, text: impl Into<Bytes>) -> Self {
        let mut answer = Self::raw_json(text.into());
        answer
            .headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer
    }

    /// Another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

const UNSAFE_IN_HEADER: &AsciiSet = &CONTROLS.add(b'%').add(b',').add(b'"');

/// Text of any origin as a header's value: what could end or split a header is percent-encoded.
pub fn header_text(text: &str) -> HeaderValue {
    let encoded = utf8_percent_encode(text, UNSAFE_IN_HEADER).to_string();
    HeaderValue::from_str(&encoded).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_out_of_a_header() {
        for (text, value) in [
            ("Qwen/Qwen2.5:7b", "Qwen/Qwen2.5:7b"),
            ("a\r\nb: c", "a%0D%0Ab: c"),
            ("é", "%C3%A9"),
            ("a,b", "a%2Cb"),
        ] {
            assert_eq!(header_text(text), value);
        }
    }
}
