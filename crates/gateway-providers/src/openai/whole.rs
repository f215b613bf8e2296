//! Answers that come in one piece: whether they are what was asked for. Pure.

use bytes::Bytes;
use gateway_types::json::is_utf8;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::{
    Fault, FaultKind, Operation, TokenUsage,
    fault::UpstreamError,
    peek::{event::EventFacts, is_valid},
    raw_usage,
    secret::Redactor,
    upstream_error::{self, implied_status, redacted, retry_delay},
};

/// What a check found.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// What the answer says it used.
    pub(super) usage: Option<TokenUsage>,
    /// Whether something in it may have to be mended.
    pub(super) may_need_mending: bool,
}

/// Checks the body of a success and reads its usage.
///
/// Only what makes an answer useless is a fault: it is no JSON, it is an error in the clothes of a success, or
/// a completion without any choice. White space before the JSON (some upstreams send line ends to keep the
/// connection awake) belongs to the answer.
pub(super) fn check(
    operation: Operation,
    bytes: &Bytes,
    reasoning_beside: bool,
    redactor: &Redactor,
) -> Result<Checked, Box<Fault>> {
    let Some(facts) = facts_of(bytes) else {
        if !is_valid(bytes) {
            let detail = format!("a success whose body of {} bytes is no JSON", bytes.len());
            return Err(Box::new(Fault::new(FaultKind::InvalidResponse, detail)));
        }
        // JSON, but no object: some rerankers and embedders answer with a bare array.
        return if bytes.trim_ascii().starts_with(b"[") && !answers_in_choices(operation) {
            Ok(Checked::default())
        } else {
            Err(Box::new(Fault::new(
                FaultKind::InvalidResponse,
                "a success whose body is no JSON object",
            )))
        };
    };
    if is_error(&facts) {
        return Err(Box::new(disguised_error(bytes, redactor)));
    }
    if facts.choices != 0 && facts.failed == facts.choices {
        return Err(Box::new(failed_choices(bytes, redactor)));
    }
    if answers_in_choices(operation) && facts.choices == 0 {
        let (kind, detail) = if facts.has_choices {
            (FaultKind::Empty, "a success with no choice in it")
        } else {
            (FaultKind::InvalidResponse, "a completion without `choices`")
        };
        return Err(Box::new(Fault::new(kind, detail)));
    }
    Ok(Checked {
        usage: facts
            .usage
            .and_then(|usage| raw_usage::read(usage, reasoning_beside)),
        may_need_mending: operation == Operation::Chat && facts.may_need_mending,
    })
}

/// The facts of a text that is one valid JSON object; checked in the same walk.
fn facts_of(bytes: &[u8]) -> Option<EventFacts<'_>> {
    is_utf8(bytes).then(|| EventFacts::read(bytes).ok())?
}

fn answers_in_choices(operation: Operation) -> bool {
    matches!(operation, Operation::Chat | Operation::Completions)
}

fn is_error(facts: &EventFacts<'_>) -> bool {
    let says_error = facts.error.is_some() || facts.has_message || facts.is_of_kind(&["error"]);
    says_error && facts.choices == 0 && !facts.has_content
}

/// An answer all of whose choices say that they failed: the first one's error stands for it.
fn failed_choices(bytes: &[u8], redactor: &Redactor) -> Fault {
    let upstream = upstream_error::in_stream(bytes, redactor);
    let detail = format!(
        "a success whose choices failed, as good as a status {}",
        upstream.status
    );
    Fault {
        kind: FaultKind::InStream,
        detail,
        upstream: Some(upstream),
    }
}

/// An error with a success's status: it counts as one with the status that it implies.
fn disguised_error(bytes: &Bytes, redactor: &Redactor) -> Fault {
    let value = serde_json::from_slice::<Value>(bytes).unwrap_or(Value::Null);
    let status = implied_status(&value).unwrap_or(StatusCode::BAD_GATEWAY);
    let upstream = UpstreamError {
        status,
        headers: HeaderMap::new(),
        body: Some(redacted(bytes.clone(), redactor)),
        retry_after: retry_delay(&value),
    };
    let detail = format!("a success whose body is an error, as good as a status {status}");
    Fault {
        kind: FaultKind::InStream,
        detail,
        upstream: Some(upstream),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(
        operation: Operation,
        body: &'static str,
    ) -> Result<Option<u64>, (FaultKind, Option<u16>)> {
        check(
            operation,
            &Bytes::from_static(body.as_bytes()),
            false,
            &Redactor::default(),
        )
        .map(|checked| checked.usage.and_then(|usage| usage.total))
        .map_err(|fault| {
            (
                fault.kind,
                fault.upstream_status().map(|status| status.as_u16()),
            )
        })
    }

    #[test]
    fn what_was_asked_for_passes_and_tells_its_usage() {
        use Operation::{Chat, Embeddings, Moderations, Rerank, Responses, Transcriptions};
        for (operation, body, total) in [
            (
                Chat,
                "\n\n\n{\"choices\":[{\"message\":{}}],\"usage\":{\"total_tokens\":3}}\n",
                Some(3),
            ),
            (Chat, r#"{"choices":[{"message":{}}],"error":null}"#, None),
            (
                Chat,
                r#"{"choices":[{"message":{},"error":null},{"message":{},"error":{"code":503}}]}"#,
                None,
            ),
            (
                Embeddings,
                r#"{"object":"list","data":[],"usage":{"prompt_tokens":2,"total_tokens":2}}"#,
                Some(2),
            ),
            (
                Responses,
                r#"{"object":"response","error":{"code":"server_error","message":"m"},"output":[]}"#,
                None,
            ),
            (Moderations, r#"{"id":"m","results":[]}"#, None),
            (Rerank, r#"[{"index":0,"score":0.5}]"#, None),
            (Transcriptions, r#"{"text":""}"#, None),
        ] {
            assert_eq!(verdict(operation, body), Ok(total), "{body}");
        }
    }

    #[test]
    fn what_is_none_is_a_fault() {
        use FaultKind::{Empty, InStream, InvalidResponse};
        for (body, kind, status) in [
            ("", InvalidResponse, None),
            ("<html>", InvalidResponse, None),
            ("{\"choices\":[{}]", InvalidResponse, None),
            ("null", InvalidResponse, None),
            ("[]", InvalidResponse, None),
            ("{}", InvalidResponse, None),
            (r#"{"choices":null}"#, Empty, None),
            (r#"{"choices":[]}"#, Empty, None),
            (
                r#"{"error":{"message":"m","code":429}}"#,
                InStream,
                Some(429),
            ),
            (
                r#"{"error":{"message":"m","type":"authentication_error"},"choices":[]}"#,
                InStream,
                Some(401),
            ),
            (r#"{"error":"m"}"#, InStream, Some(502)),
            (
                r#"{"object":"error","message":"m","code":"1500","raw_status_code":400}"#,
                InStream,
                Some(400),
            ),
            (
                r#"{"type":"error","code":"server_error"}"#,
                InStream,
                Some(500),
            ),
            (
                r#"{"choices":[{"message":{"content":"Hel"},"finish_reason":"error","error":{"code":503,"message":"m"}}]}"#,
                InStream,
                Some(503),
            ),
        ] {
            assert_eq!(
                verdict(Operation::Chat, body),
                Err((kind, status)),
                "{body}"
            );
        }
    }
}
