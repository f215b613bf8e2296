//! Requests and what becomes of them, and the headers that go with them.

use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::{Asking, asking, native};
use crate::dialects::{
    NativePath,
    anthropic::{Anthropic, BetaPlace, Host, VersionPlace},
    proof::{Bench, check_golden},
};

static ELSEWHERE: Host = Host {
    dialect: "cloud",
    chat_path: |model, stream| {
        let verb = if stream {
            "streamRawPredict"
        } else {
            "rawPredict"
        };
        NativePath::new(["models", model]).with_verb(verb)
    },
    models_path: None,
    model_in_body: false,
    stream_in_body: true,
    version: VersionPlace::Member { usual: "cloud-1" },
    betas: BetaPlace::Member,
    url_sources: false,
};

#[test]
fn requests_become_what_the_golden_files_say() {
    check_golden("anthropic", &Bench::new("anthropic", Anthropic::new()));
}

fn hello() -> Value {
    json!({"model": "alias", "messages": [{"role": "user", "content": "hi"}], "temperature": 0.5})
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

#[test]
fn the_version_is_the_callers_or_the_rows_and_sampling_follows_it() {
    let request = hello();
    for (callers, version, dropped) in [
        (vec![], "2023-06-01", vec![]),
        (
            vec![("anthropic-version", "2023-06-01")],
            "2023-06-01",
            vec![],
        ),
        (
            vec![("anthropic-version", "2026-10-21")],
            "2026-10-21",
            vec!["temperature"],
        ),
    ] {
        let headers = headers(&callers);
        let encoded = asking("claude-haiku-4-5", &request, &headers)
            .encode()
            .unwrap();
        let sent = &encoded.requests[0];
        assert_eq!(sent.headers["anthropic-version"], version);
        assert_eq!(encoded.dropped, dropped);
        assert_eq!(
            native(&encoded)["temperature"].is_null(),
            !dropped.is_empty()
        );
    }
}

#[test]
fn features_of_the_caller_and_of_the_request_are_joined() {
    let request = json!({"model": "alias", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "read"}, {"type": "file", "file": {"file_id": "file_1"}}
    ]}]});
    let callers = headers(&[
        ("anthropic-beta", "one, two"),
        ("anthropic-beta", "two,three"),
    ]);
    let encoded = asking("claude-haiku-4-5", &request, &callers)
        .encode()
        .unwrap();
    let sent = &encoded.requests[0].headers;
    assert_eq!(sent["anthropic-beta"], "one,two,three,files-api-2025-04-14");
    let elsewhere = Asking {
        host: &ELSEWHERE,
        ..asking("claude-haiku-4-5", &request, &callers)
    };
    let encoded = elsewhere.encode().unwrap();
    assert!(encoded.requests[0].headers.is_empty());
    assert_eq!(
        native(&encoded)["anthropic_beta"],
        json!(["one", "two", "three", "files-api-2025-04-14"])
    );
}

#[test]
fn another_host_has_its_own_path_and_members() {
    let request = hello();
    let callers = headers(&[("anthropic-version", "2026-10-21")]);
    for (stream, verb) in [(false, "rawPredict"), (true, "streamRawPredict")] {
        let encoded = Asking {
            host: &ELSEWHERE,
            stream,
            ..asking("claude-sonnet-4-5", &request, &callers)
        }
        .encode()
        .unwrap();
        let path = &encoded.requests[0].path;
        assert_eq!(path.verb, Some(verb));
        assert_eq!(path.segments, ["models", "claude-sonnet-4-5"]);
        let body = native(&encoded);
        assert_eq!(body["anthropic_version"], "cloud-1");
        assert_eq!(body["model"], Value::Null);
        assert_eq!(body["stream"].as_bool(), stream.then_some(true));
        assert_eq!(body["temperature"], 0.5);
    }
    let linked = json!({"model": "alias", "messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "https://pictures.test/a.png"}}
    ]}]});
    let refused = Asking {
        host: &ELSEWHERE,
        ..asking("claude-sonnet-4-5", &linked, &callers)
    };
    let error = refused.encode().unwrap_err().to_string();
    assert!(
        error.contains("messages[0].content[0].image_url.url"),
        "{error}"
    );
}
