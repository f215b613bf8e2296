//! What goes to the upstream.

use super::*;
use crate::provider::ProxyRequest;
use http::Method;

async fn request(row: &str, call: Call) -> (TransportRequest, Option<String>) {
    let bench = bench(row, Script::json(r#"{"choices":[{}]}"#));
    let reply = bench.provider.call(call).await.unwrap();
    let dropped = reply
        .headers
        .get("x-gateway-dropped")
        .map(|value| value.to_str().unwrap().to_owned());
    (bench.sent(), dropped)
}

async fn rewritten(row: &str, body: &str, stream: bool) -> String {
    sent_body(request(row, call(Operation::Chat, body, stream)).await.0)
}

#[tokio::test]
async fn only_the_model_changes_and_only_when_it_differs() {
    let odd = r#" {"seed":12345678901234567890123, "model" : "lab/m","x":1e2,"messages":[{"content":"\u00e9"}] } "#;
    let expected = odd.replace("lab/m", "m");
    assert_eq!(rewritten(PLAIN_ROW, odd, false).await, expected);
    assert_eq!(rewritten(PLAIN_ROW, &expected, false).await, expected);
}

#[tokio::test]
async fn usage_is_asked_for_in_streams_and_the_clients_options_stay() {
    for (given, sent) in [
        (
            r#"{"model":"m"}"#,
            r#"{"model":"m","stream_options":{"include_usage":true}}"#,
        ),
        (
            r#"{"stream_options":null,"model":"m"}"#,
            r#"{"stream_options":{"include_usage":true},"model":"m"}"#,
        ),
        (
            r#"{"model":"m","stream_options":{"include_obfuscation":false}}"#,
            r#"{"model":"m","stream_options":{"include_obfuscation":false,"include_usage":true}}"#,
        ),
        (
            r#"{"model":"m","stream_options":{"include_usage":false,"x":1}}"#,
            r#"{"model":"m","stream_options":{"include_usage":true,"x":1}}"#,
        ),
        (
            r#"{"model":"m","stream_options":{"include_usage":true}}"#,
            r#"{"model":"m","stream_options":{"include_usage":true}}"#,
        ),
        (
            r#"{"model":"m","stream_options":"yes"}"#,
            r#"{"model":"m","stream_options":"yes"}"#,
        ),
    ] {
        assert_eq!(rewritten(PLAIN_ROW, given, true).await, sent);
        assert_eq!(
            rewritten(PLAIN_ROW, given, false).await,
            given,
            "not outside of streams"
        );
    }
    let mut uncounted = call(Operation::Chat, r#"{"model":"m"}"#, true);
    uncounted.count_tokens = false;
    assert_eq!(
        sent_body(request(PLAIN_ROW, uncounted).await.0),
        r#"{"model":"m"}"#
    );
}

#[tokio::test]
async fn what_a_vendor_refuses_is_renamed_or_dropped_and_named() {
    let row = format!(
        "{PLAIN_ROW}\nquirks = [\"no_stream_options\"]\ndrop = [\"user\"]\nrename = {{ max_completion_tokens = \"max_tokens\" }}"
    );
    let body = r#"{"model":"m","max_completion_tokens":5,"user":"u","stream_options":{"include_usage":true}}"#;
    let (request, dropped) = request(&row, call(Operation::Chat, body, true)).await;
    assert_eq!(sent_body(request), r#"{"model":"m","max_tokens":5}"#);
    assert_eq!(dropped.as_deref(), Some("user, stream_options"));
    let both = r#"{"max_tokens":1,"max_completion_tokens":5,"model":"m"}"#;
    assert_eq!(
        rewritten(&row, both, false).await,
        r#"{"max_tokens":1,"model":"m"}"#
    );
}

#[tokio::test]
async fn headers_are_the_callers_the_providers_and_the_credential() {
    let mut call = call(Operation::Chat, r#"{"model":"m"}"#, true);
    for (name, value) in [
        ("traceparent", "00-1-2-01"),
        ("openai-beta", "x=v1"),
        ("authorization", "Bearer callers"),
        ("x-api-key", "callers"),
        ("cookie", "a=b"),
        ("host", "elsewhere.test"),
        ("x-team", "callers"),
    ] {
        call.headers.insert(name, HeaderValue::from_static(value));
    }
    let (request, _) = request(PLAIN_ROW, call).await;
    let header = |name: &str| {
        request
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap())
    };
    assert_eq!(request.url.as_str(), "https://lab.test/v1/chat/completions");
    assert_eq!(header("authorization"), Some("Bearer sk-test-key-123456"));
    assert!(request.headers["authorization"].is_sensitive());
    assert_eq!(
        (
            header("traceparent"),
            header("openai-beta"),
            header("x-team")
        ),
        (Some("00-1-2-01"), Some("x=v1"), Some("team-secret-9"))
    );
    assert_eq!(
        (
            header("accept"),
            header("accept-encoding"),
            header("content-type")
        ),
        (
            Some("text/event-stream"),
            Some("identity"),
            Some("application/json")
        )
    );
    assert_eq!(
        (header("x-api-key"), header("cookie"), header("host")),
        (None, None, None)
    );
    assert_eq!(request.head_timeout, Some(Duration::from_secs(120)));
}

#[tokio::test]
async fn what_is_not_offered_is_refused_before_anything_is_sent() {
    let bench = bench(PLAIN_ROW, Script::json("{}"));
    let reply = bench.ask(Operation::Moderations, false).await;
    assert!(
        matches!(
            reply,
            Err(CallError::Translate(
                crate::TranslateError::UnsupportedOperation { .. }
            ))
        ),
        "{reply:?}"
    );
    assert!(bench.transport.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn forms_pass_as_they_are() {
    let bench = bench(PLAIN_ROW, Script::json(r#"{"text":"hi"}"#));
    let mut call = call(Operation::Transcriptions, r#"{"model":"m"}"#, false);
    let form = HeaderValue::from_static("multipart/form-data; boundary=x");
    call.payload = Payload::Opaque {
        content_type: form.clone(),
        body: body(vec![Act::Say("--x")]),
        length: Some(3),
    };
    bench.provider.call(call).await.unwrap();
    let sent = bench.sent();
    assert_eq!(sent.headers["content-type"], form);
    let RequestBody::Stream {
        length: Some(3),
        mut stream,
    } = sent.body
    else {
        panic!("a stream was expected")
    };
    assert_eq!(stream.next().await.unwrap().unwrap(), "--x");
}

#[tokio::test]
async fn raw_requests_stay_below_the_base_and_their_answers_lose_cookies_only() {
    let script = Script::json("{\"a\":1}")
        .header("set-cookie", "a=b")
        .header("x-request-id", "r1")
        .header("etag", "e");
    let bench = bench(PLAIN_ROW, script);
    let raw = |path: &str| ProxyRequest {
        method: Method::POST,
        path: path.to_owned(),
        query: Some("a=b".to_owned()),
        headers: HeaderMap::from_iter([(
            http::header::AUTHORIZATION,
            HeaderValue::from_static("Bearer callers"),
        )]),
        body: RequestBody::Empty,
    };
    let mut answer = bench
        .provider
        .proxy(raw("/v1/chat/completions"))
        .await
        .unwrap();
    assert_eq!(answer.body.next().await.unwrap().unwrap(), "{\"a\":1}");
    assert_eq!(answer.headers.get("x-upstream-request-id").unwrap(), "r1");
    assert!(answer.headers.contains_key("etag") && !answer.headers.contains_key("set-cookie"));
    let sent = bench.sent();
    assert_eq!(
        sent.url.as_str(),
        "https://lab.test/v1/chat/completions?a=b"
    );
    assert_eq!(sent.headers["authorization"], "Bearer sk-test-key-123456");
    for path in ["/../admin", "/files", "//evil.test/x", "/v1/%2e%2e/x"] {
        let refused = bench.provider.proxy(raw(path)).await;
        assert!(
            matches!(
                refused,
                Err(CallError::Translate(crate::TranslateError::PathNotAllowed(
                    _
                )))
            ),
            "{path}: {refused:?}"
        );
    }
    assert!(bench.transport.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_raw_error_loses_our_key_only() {
    let script = Script::new(401, "text/plain", "bad key sk-test-key-123456!")
        .header("content-length", "27");
    let request = ProxyRequest {
        method: Method::GET,
        path: "/models".to_owned(),
        query: None,
        headers: HeaderMap::new(),
        body: RequestBody::Empty,
    };
    let mut answer = bench(PLAIN_ROW, script)
        .provider
        .proxy(request)
        .await
        .unwrap();
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.headers.contains_key("content-length")
        ),
        (401, false)
    );
    assert_eq!(
        answer.body.next().await.unwrap().unwrap(),
        "bad key [redacted]!"
    );
}

#[tokio::test]
async fn models_are_listed_with_the_static_ones_behind() {
    let row = format!("{PLAIN_ROW}\n[models]\nstatic = [\"a\", \"extra\"]");
    let bench = bench(
        &row,
        Script::json(r#"{"object":"list","data":[{"id":"b"},{"id":"a"}]}"#),
    );
    let listing = bench.provider.models().await.unwrap();
    let ids: Vec<_> = listing
        .models
        .iter()
        .map(|model| model.id.as_str())
        .collect();
    assert_eq!(ids, ["b", "a", "extra"]);
    assert!(listing.raw.is_some());
    let sent = bench.sent();
    assert_eq!(
        (sent.method, sent.url.as_str()),
        (Method::GET, "https://lab.test/v1/models")
    );

    let none = format!("{PLAIN_ROW}\n[models]\nshape = \"none\"\nstatic = [\"only\"]");
    let bench = super::bench(&none, Script::json("{}"));
    assert_eq!(bench.provider.models().await.unwrap().models.len(), 1);
    assert!(bench.transport.sent.lock().unwrap().is_empty());
}

const OPENAI_ROW: &str = r#"
    id = "openai"
    base_url = "http://upstream.test/v1"
    key_required = false
    operations = ["chat"]
"#;

#[tokio::test]
async fn what_a_model_refuses_is_taken_out_and_named() {
    for (given, sent, dropped) in [
        (
            r#"{"model":"gpt-4.1","temperature":0.2,"max_tokens":5}"#,
            r#"{"model":"gpt-4.1","temperature":0.2,"max_tokens":5}"#,
            None,
        ),
        (
            r#"{"model":"o3","max_tokens":5,"temperature":0.2,"top_p":1,"stop":null,"seed":1}"#,
            r#"{"model":"o3","max_completion_tokens":5,"top_p":1,"stop":null,"seed":1}"#,
            Some("temperature"),
        ),
        (
            r#"{"model":"gpt-5.1","max_tokens":5,"max_completion_tokens":6,"temperature":0.2}"#,
            r#"{"model":"gpt-5.1","max_completion_tokens":6,"temperature":0.2}"#,
            None,
        ),
        (
            r#"{"model":"gpt-5.1","reasoning_effort":"low","temperature":0.2}"#,
            r#"{"model":"gpt-5.1","reasoning_effort":"low"}"#,
            Some("temperature"),
        ),
        (
            r#"{"model":"gpt-5.5","reasoning_effort":"none","temperature":0.2}"#,
            r#"{"model":"gpt-5.5","reasoning_effort":"none","temperature":0.2}"#,
            None,
        ),
    ] {
        let mut call = call(Operation::Chat, given, false);
        call.model = serde_json::from_str::<serde_json::Value>(given).unwrap()["model"]
            .as_str()
            .unwrap()
            .to_owned();
        let (request, told) = request(OPENAI_ROW, call).await;
        assert_eq!(sent_body(request), sent);
        assert_eq!(told.as_deref(), dropped, "{given}");
    }
}

#[tokio::test]
async fn options_for_this_provider_are_merged_and_those_for_others_are_named() {
    let given = r#"{"model":"m","a":{"x":1},"provider_options":{"openai":{"a":{"y":2},"b":3},"google":{}}}"#;
    let (request, told) = request(PLAIN_ROW, call(Operation::Chat, given, false)).await;
    assert_eq!(
        sent_body(request),
        r#"{"model":"m","a":{"x":1,"y":2},"b":3}"#
    );
    assert_eq!(told.as_deref(), Some("provider_options.google"));
}

#[tokio::test]
async fn in_strict_mode_nothing_is_dropped() {
    let row = PLAIN_ROW.to_owned() + "\ndrop = [\"seed\"]\n";
    for (strict, body, refused) in [
        (true, r#"{"model":"m","seed":1}"#, true),
        (false, r#"{"model":"m","seed":1}"#, false),
        (true, r#"{"model":"m"}"#, false),
    ] {
        let bench = bench(&row, Script::json(r#"{"choices":[{}]}"#));
        let mut call = call(Operation::Chat, body, false);
        call.strict = strict;
        let told = bench.provider.call(call).await;
        assert_eq!(told.is_err(), refused, "{body}");
        if let Err(CallError::Translate(error)) = told {
            assert!(error.to_string().contains("`seed`"), "{error}");
        }
    }
}
