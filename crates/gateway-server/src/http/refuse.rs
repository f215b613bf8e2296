//! Answers to what never became a request: a head that cannot be read, is too large, breaks off or is too slow. They
//! carry the error object, have an id and leave a line in the log like every other answer.

use std::{fmt::Write as _, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};

use super::{
    error::{ApiError, ErrorKind},
    identify::Principal,
};
use crate::{
    app::App,
    observe::{Exchange, RequestId},
};

/// The route of such requests, as logs and metrics show it.
const UNREADABLE: &str = "unreadable";
/// The method of such requests in the log: nobody knows it.
const NO_METHOD: &[u8] = b"-";

/// Why there is no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The head breaks the rules of HTTP/1.1; the text says which, in the words of the parser.
    Malformed(String),
    /// The request's target is longer than the parser takes.
    TargetTooLong,
    /// There are more headers, or larger ones, than the limits allow.
    HeadTooLarge,
    /// The client stopped sending in the middle of the head.
    BrokenOff,
    /// The head did not arrive in time.
    TooSlow,
}

/// Makes such answers.
pub type Refuser = Arc<dyn Fn(Refusal) -> Refused + Send + Sync>;

/// An answer to no request. Its line is written when it is dropped.
pub struct Refused {
    bytes: Bytes,
    exchange: Exchange,
}

impl Refused {
    /// The whole answer of HTTP/1.1, after which the connection ends.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Notes that all of it has been written.
    pub fn written(&mut self) {
        self.exchange.record.complete = true;
    }
}

/// Answers in the style that the newest configuration asks for.
pub fn refuser(app: &Arc<App>) -> Refuser {
    let app = Arc::clone(app);
    Arc::new(move |refusal| refused(&app, &refusal))
}

fn refused(app: &App, refusal: &Refusal) -> Refused {
    let live = app.live();
    let request_id = RequestId::of(&HeaderMap::new());
    let method = Method::from_bytes(NO_METHOD).unwrap_or_default();
    let observers = Arc::clone(&live.process.observers);
    let mut exchange = Exchange::begin(observers, request_id.clone(), method, UNREADABLE);
    Principal::Anonymous
        .name()
        .clone_into(&mut exchange.record.principal);
    let error = error(refusal);
    let style = live.settings.error_style;
    let body = error.body(style);
    exchange.record.error = Some(error.code());
    exchange.record.error_detail = error.log_detail().map(str::to_owned);
    exchange.record.bytes_out = body.len() as u64;
    let (mut parts, _) = error.into_response(style).into_parts();
    exchange.record.status = Some(parts.status);
    parts.headers.insert("x-request-id", request_id.header());
    let response = Response::from_parts(parts, body);
    Refused {
        bytes: written_out(&response),
        exchange,
    }
}

fn error(refusal: &Refusal) -> ApiError {
    match refusal {
        Refusal::Malformed(why) => {
            let message = format!("This cannot be read as a request of HTTP: {why}.");
            ApiError::new(ErrorKind::MalformedRequest, message)
        }
        Refusal::BrokenOff => ApiError::new(
            ErrorKind::MalformedRequest,
            "The request broke off before the end of its head: an empty line has to follow the headers.",
        ),
        Refusal::TargetTooLong => ApiError::new(
            ErrorKind::UrlTooLong,
            "The request's URL is too long. Send what it carries in the body.",
        ),
        Refusal::HeadTooLarge => head_too_large(),
        Refusal::TooSlow => ApiError::new(
            ErrorKind::RequestTimeout,
            "The request's head did not arrive in time.",
        )
        .detail("server.header_timeout has passed"),
    }
}

/// 431: too many headers, or too large ones.
pub fn head_too_large() -> ApiError {
    ApiError::new(
        ErrorKind::HeadersTooLarge,
        "The request has more headers, or larger ones, than this gateway takes. Send fewer or shorter ones.",
    )
    .detail("limits.max_headers or limits.max_header_size has been reached")
}

fn written_out(response: &Response<Bytes>) -> Bytes {
    let status = response.status();
    let mut text = format!("{}\r\n", status_line(status));
    for (name, value) in response.headers() {
        append(&mut text, name.as_str(), value);
    }
    append(&mut text, "connection", &HeaderValue::from_static("close"));
    let length = HeaderValue::from(response.body().len());
    append(&mut text, header::CONTENT_LENGTH.as_str(), &length);
    append(&mut text, header::DATE.as_str(), &now());
    text.push_str("\r\n");
    [text.as_bytes(), response.body()].concat().into()
}

fn status_line(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or_default();
    format!("HTTP/1.1 {} {reason}", status.as_str())
}

/// Every header of such an answer is of the gateway's own making, and ASCII.
fn append(text: &mut String, name: &str, value: &HeaderValue) {
    if let Ok(value) = value.to_str() {
        // A string takes everything.
        let _ = write!(text, "{name}: {value}\r\n");
    }
}

fn now() -> HeaderValue {
    let text = httpdate::fmt_http_date(std::time::SystemTime::now());
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

impl std::fmt::Debug for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Refused({} bytes)", self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_and_ends_the_connection() {
        let (parts, _) = head_too_large()
            .into_response(crate::http::error::ErrorStyle::default())
            .into_parts();
        let bytes = written_out(&Response::from_parts(parts, Bytes::from_static(b"{}")));
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(text.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
        for line in [
            "content-type: application/json",
            "content-length: 2",
            "connection: close",
            "x-should-retry: false",
        ] {
            assert!(text.contains(&format!("\r\n{line}\r\n")), "{line}: {text}");
        }
        assert!(text.ends_with(" GMT\r\n\r\n{}"), "{text}");
    }
}
