//! `docs/errors.md`: every error that the gateway answers, from the tables that it answers by.

use std::fmt::Write as _;

use gateway_providers::FaultKind;
use gateway_server::http::error::CATALOGUE;

const HEAD: &str = r#"# Errors

Made from the gateway's own tables by `cargo xtask codegen`. Do not edit.

Every error has OpenAI's form, so that SDKs raise the exceptions that they have for it:

```json
{"error": {"message": "...", "type": "invalid_request", "param": "model", "code": "missing_parameter"}}
```

`type` is a category, `code` the exact case, and `param` names the member or header at fault, or is `null`. Programs
branch on the status and on `code`; `message` is for people and may change.

- `x-request-id` is on every response; the log has the details under it.
- `x-should-retry` says whether another try can help, and official SDKs obey it. Where it is `true`, `retry-after` says
  how many seconds to wait.
- `x-error-source: upstream` marks what a provider did, not the gateway.
- `x-error-format: string` on a request, or `errors.format` in the configuration, gives `{"error": "message"}`.
"#;

const OWN: &str = "
## The gateway's own

| status | type | code | try again | what it means |
|---|---|---|---|---|
";

const FAULTS: &str = "
## What a provider did

An error that a provider answered keeps its status, and its body where that is JSON; only our own credentials are taken
out. A 401 or 403 that the gateway's own credential caused is `backend_auth_error` above. Everything else that can go
wrong with a provider:

| status | type | code | try again | message |
|---|---|---|---|---|
";

const STREAMS: &str = r#"
## In a stream

Until the first valid event came from the provider, an error has its status as above. After that the status is sent
already: the stream ends with one event that holds the error, and without `[DONE]`.

```text
data: {"error":{"message":"...","type":"backend_timeout","param":null,"code":"idle_timeout"}}
```
"#;

const BARE: &str = r"
## Before there is a request

What is no request of HTTP/1.1 gets the error object as well, with an `x-request-id`, a line in the log and a count in the
metrics (route `unreadable`), and the connection ends: `malformed_request` for a head that breaks the rules (also a length
or an encoding of the body that makes no sense) or breaks off, `url_too_long` for a target over 64 KiB,
`headers_too_large` for more or larger headers than `limits.max_headers` and `limits.max_header_size`, and
`request_timeout` for a head that takes longer than `server.header_timeout`. The caller's `x-error-format` is not known
then; the configuration's holds. A body that breaks its own chunks later on is `invalid_request` above. A connection that
closes, or is idle for too long, without a byte of a request is closed without a word.

Over HTTP/2 a malformed request is a stream error, `RST_STREAM` with `PROTOCOL_ERROR` (RFC 9113, section 8.1.1), and a broken
connection ends with `GOAWAY`: no status could be told. Headers over the limits are `headers_too_large`; from twice
`limits.max_header_size` on, a bare 431.

- `content-length` beside `transfer-encoding: chunked`: the chunks count, the length is dropped and never sent on, and
  the connection ends with the answer (RFC 9112, section 6.1).
- `upgrade: h2c` is ignored: the answer comes over HTTP/1.1. HTTP/2 is spoken over TLS, and over plain TCP with prior
  knowledge. An upgrade to anything else is `invalid_header`.
";

/// The document, in Markdown.
pub(super) fn markdown() -> String {
    let mut text = format!("{HEAD}{OWN}");
    for row in CATALOGUE {
        let status = row.status.as_u16();
        line(
            &mut text,
            status,
            row.error_type,
            row.code,
            row.retry,
            row.help,
        );
    }
    text.push_str(FAULTS);
    for kind in FaultKind::ALL {
        let spec = kind.spec();
        let status = spec.status.as_u16();
        line(
            &mut text,
            status,
            spec.error_type,
            spec.code,
            spec.client_may_retry,
            spec.message,
        );
    }
    text.push_str(STREAMS);
    text.push_str(BARE);
    text
}

fn line(text: &mut String, status: u16, error_type: &str, code: &str, retry: bool, meaning: &str) {
    let retry = if retry { "yes" } else { "no" };
    let meaning = meaning.replace('|', "\\|");
    let _ = writeln!(
        text,
        "| {status} | `{error_type}` | `{code}` | {retry} | {meaning} |"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_its_line() {
        let text = markdown();
        let rows = text
            .lines()
            .filter(|line| line.starts_with("| ") && !line.starts_with("| status"));
        assert_eq!(rows.count(), CATALOGUE.len() + FaultKind::ALL.len());
        assert!(text.contains("| 404 | `not_found` | `model_not_found` | no | "));
        assert!(text.contains("| 504 | `backend_timeout` | `idle_timeout` | "));
    }
}
