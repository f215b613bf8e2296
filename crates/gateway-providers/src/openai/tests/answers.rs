//! Whole answers and errors.

use super::*;

#[tokio::test]
async fn a_whole_answer_keeps_its_bytes() {
    let text = "\n\n {\"choices\":[{\"message\":{\"content\":\"\\u00e9\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}, \"x\":1e2}\n";
    let script = Script::json(text)
        .header("x-request-id", "req_9")
        .header("set-cookie", "a=b")
        .header("x-ratelimit-limit-requests", "5");
    let reply = bench(PLAIN_ROW, script)
        .ask(Operation::Chat, false)
        .await
        .unwrap();
    assert_eq!(reply.headers.get("x-upstream-request-id").unwrap(), "req_9");
    assert!(
        reply.headers.contains_key("x-ratelimit-limit-requests")
            && !reply.headers.contains_key("set-cookie")
    );
    let ReplyBody::Whole { bytes, usage } = reply.body else {
        panic!("a whole answer was expected")
    };
    assert_eq!(
        (bytes.as_ref(), usage.unwrap().total),
        (text.as_bytes(), Some(3))
    );
}

#[tokio::test]
async fn f34_json_under_another_name_gets_its_own() {
    for (given, told) in [
        ("text/plain", "application/json"),
        (
            "application/json; charset=utf-8",
            "application/json; charset=utf-8",
        ),
        ("application/problem+json", "application/problem+json"),
    ] {
        let script = Script::new(200, given, r#"{"choices":[{}]}"#);
        let reply = bench(PLAIN_ROW, script)
            .ask(Operation::Chat, false)
            .await
            .unwrap();
        assert_eq!(reply.headers.get("content-type").unwrap(), told);
    }
}

#[tokio::test]
async fn f34_to_f37_a_success_that_is_none_is_a_fault() {
    let cases = [
        (
            Script::new(200, "text/html", "<html>hi</html>"),
            FaultKind::InvalidResponse,
        ),
        (Script::json("<html>"), FaultKind::InvalidResponse),
        (Script::json(""), FaultKind::InvalidResponse),
        (Script::json("{\"choices\":[{}"), FaultKind::InvalidResponse),
        (
            Script::json("{\"error\":{\"message\":\"m\",\"code\":429}}"),
            FaultKind::InStream,
        ),
        (Script::json("{\"choices\":[]}"), FaultKind::Empty),
        (
            Script {
                body: vec![
                    Act::Say("{\"choices\""),
                    Act::Break(TransportErrorKind::Body),
                ],
                ..Script::json("")
            },
            FaultKind::Truncated,
        ),
        (
            Script::json("{\"choices\":[{}]}").header("content-encoding", "gzip"),
            FaultKind::InvalidResponse,
        ),
        (
            Script::new(200, "text/event-stream", "data: {}\n\n"),
            FaultKind::InvalidResponse,
        ),
    ];
    for (script, kind) in cases {
        let reply = bench(PLAIN_ROW, script.clone())
            .ask(Operation::Chat, false)
            .await;
        let found = fault(reply);
        assert_eq!(found.kind, kind, "{found:?}");
        if kind == FaultKind::InStream {
            assert_eq!(found.upstream_status(), Some(StatusCode::TOO_MANY_REQUESTS));
        }
    }
}

#[tokio::test]
async fn f52_an_answer_over_the_limit_is_refused() {
    let huge: &'static str = Box::leak(" ".repeat(33 << 20).into_boxed_str());
    let script = Script {
        body: vec![Act::Say(huge), Act::Say(huge), Act::Hang],
        ..Script::json("")
    };
    assert_eq!(
        fault(bench(PLAIN_ROW, script).ask(Operation::Chat, false).await).kind,
        FaultKind::TooLarge
    );
}

#[tokio::test]
async fn f38_to_f47_an_error_status_keeps_status_body_and_headers() {
    let body = "{\"error\": {\"message\":\"slow\",\"code\":null}}";
    let script = Script::new(429, "application/json", body)
        .header("retry-after", "7")
        .header("location", "https://x.test")
        .header("request-id", "r");
    let found = fault(bench(PLAIN_ROW, script).ask(Operation::Chat, false).await);
    let upstream = found.upstream.unwrap();
    assert_eq!(
        (found.kind, upstream.status.as_u16(), upstream.retry_after),
        (FaultKind::Status, 429, Some(Duration::from_secs(7)))
    );
    assert_eq!(upstream.body.as_deref(), Some(body.as_bytes()));
    assert!(
        upstream.headers.contains_key("x-upstream-request-id")
            && !upstream.headers.contains_key("location")
    );

    for body in [
        "",
        "<html>Bad gateway</html>",
        "null",
        "Service Unavailable",
        "{\"error\":",
    ] {
        let found = fault(
            bench(PLAIN_ROW, Script::new(503, "text/html", body))
                .ask(Operation::Chat, true)
                .await,
        );
        let upstream = found.upstream.unwrap();
        assert_eq!(
            (found.kind, upstream.status.as_u16(), upstream.body),
            (FaultKind::Status, 503, None),
            "{body}"
        );
    }
}

#[tokio::test]
async fn c03_our_key_is_taken_out_of_errors() {
    let body = "{\"error\":{\"message\":\"Incorrect key: sk-test-key-123456 or sk-te***3456\"}}";
    let script = Script::new(401, "application/json", body)
        .header("openai-organization", "org-sk-test-key-123456");
    let upstream = fault(bench(PLAIN_ROW, script).ask(Operation::Chat, false).await)
        .upstream
        .unwrap();
    let text = String::from_utf8(upstream.body.unwrap().to_vec()).unwrap();
    assert!(
        !text.contains("123456") && !text.contains("sk-te") && text.contains("Incorrect key"),
        "{text}"
    );
    assert!(!upstream.headers.contains_key("openai-organization"));
}

#[tokio::test]
async fn d7_a_delay_in_the_body_counts_where_no_header_does() {
    let body = "{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"retryDelay\":\"34.5s\"}]}}";
    let found = fault(
        bench(PLAIN_ROW, Script::new(429, "application/json", body))
            .ask(Operation::Chat, false)
            .await,
    );
    assert_eq!(
        found.upstream.unwrap().retry_after,
        Some(Duration::from_millis(34_500))
    );
}

#[tokio::test]
async fn f48_redirects_are_never_followed() {
    for status in [301, 302, 303, 307, 308] {
        let script = Script::new(status, "text/html", "")
            .header("location", "https://evil.test/?key=sk-test-key-123456");
        let bench = bench(PLAIN_ROW, script);
        let found = fault(bench.ask(Operation::Chat, status % 2 == 0).await);
        assert_eq!(found.kind, FaultKind::Redirect);
        assert!(!found.detail.contains("123456"), "{}", found.detail);
        assert_eq!(bench.transport.sent.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn f1_to_f6_transport_errors_are_told_apart() {
    use TransportErrorKind as T;
    for (given, kind) in [
        (T::Dns, FaultKind::Dns),
        (T::Connect, FaultKind::Unreachable),
        (T::ConnectTimeout, FaultKind::ConnectTimeout),
        (T::Tls, FaultKind::Tls),
        (T::ResetBeforeHead, FaultKind::Reset),
        (T::Protocol, FaultKind::Protocol),
    ] {
        for stream in [true, false] {
            let script = Script {
                before_head: vec![Act::Break(given)],
                ..Script::json("")
            };
            assert_eq!(
                fault(bench(PLAIN_ROW, script).ask(Operation::Chat, stream).await).kind,
                kind
            );
        }
    }
    let script = Script {
        before_head: vec![Act::Break(T::RequestBody)],
        ..Script::json("")
    };
    let reply = bench(PLAIN_ROW, script).ask(Operation::Chat, false).await;
    assert!(
        matches!(reply, Err(CallError::Translate(_))),
        "the caller's own fault: {reply:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_has_a_deadline_over_head_and_body() {
    for script in [
        Script {
            before_head: vec![Act::Hang],
            ..Script::json("")
        },
        Script {
            before_head: vec![Act::Wait(400)],
            body: vec![Act::Say("{"), Act::Wait(300), Act::Say("}")],
            ..Script::json("")
        },
    ] {
        let start = tokio::time::Instant::now();
        assert_eq!(
            fault(bench(PLAIN_ROW, script).ask(Operation::Chat, false).await).kind,
            FaultKind::Deadline
        );
        assert_eq!(start.elapsed().as_secs(), 600);
    }
}

#[tokio::test]
async fn sound_and_plain_text_pass_as_they_are() {
    for (operation, content_type, body) in [
        (Operation::Speech, "audio/mpeg", "ID3"),
        (Operation::Transcriptions, "text/plain", "hello"),
    ] {
        let reply = bench(PLAIN_ROW, Script::new(200, content_type, body))
            .ask(operation, false)
            .await
            .unwrap();
        assert_eq!(reply.headers.get("content-type").unwrap(), content_type);
        let ReplyBody::Binary(mut stream) = reply.body else {
            panic!("bytes were expected")
        };
        assert_eq!(stream.next().await.unwrap().unwrap(), body);
    }
    let page = bench(PLAIN_ROW, Script::new(200, "text/html", "<html>"))
        .ask(Operation::Speech, false)
        .await;
    assert_eq!(fault(page).kind, FaultKind::InvalidResponse);
    let error = bench(
        PLAIN_ROW,
        Script::json("{\"error\":{\"message\":\"m\",\"code\":400}}"),
    )
    .ask(Operation::Speech, false)
    .await;
    assert_eq!(fault(error).kind, FaultKind::InStream);
}

/// F8 for what nobody looks into: the idle time holds there as well.
#[tokio::test(start_paused = true)]
async fn f8_sound_that_falls_silent_ends() {
    let mut script = Script::new(200, "audio/mpeg", "ID3");
    script.body.push(Act::Hang);
    let start = tokio::time::Instant::now();
    let reply = bench(PLAIN_ROW, script)
        .ask(Operation::Speech, false)
        .await
        .unwrap();
    let ReplyBody::Binary(mut stream) = reply.body else {
        panic!("bytes were expected")
    };
    assert_eq!(stream.next().await.unwrap().unwrap(), "ID3");
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(Fault::in_body(&error).kind, FaultKind::IdleTimeout);
    assert_eq!(start.elapsed(), Timeouts::default().idle);
    assert!(stream.next().await.is_none());
}
