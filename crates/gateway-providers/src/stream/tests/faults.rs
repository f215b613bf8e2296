//! One test a row of the fault table that concerns streams, F8 to F37.

use serde_json::json;

use super::*;
use crate::Secret;

#[test]
fn a_whole_stream_keeps_its_bytes_without_a_copy() {
    let stream = Bytes::from(events([
        said("a"),
        said("b"),
        finished(),
        "[DONE]".to_owned(),
    ]));
    let mut guard = StreamGuard::new(chunks_rules());
    let step = guard.push(stream.clone());
    assert_eq!(step.batch.bytes, stream);
    assert_eq!(
        step.batch.bytes.as_ptr(),
        stream.as_ptr(),
        "the very same bytes"
    );
    assert_eq!(step.batch.events, 3);
    assert!(matches!(step.outcome, Some(StreamOutcome::Complete)));
}

#[test]
fn f10_f12_a_break_in_the_middle_is_a_fault() {
    let stream = events([said("a")]) + "data: {\"cho";
    let heard = run(chunks_rules(), stream.as_bytes(), usize::MAX, reset());
    assert_eq!(
        (heard.text, heard.fault.map(|fault| fault.kind)),
        (events([said("a")]), Some(FaultKind::Reset))
    );
}

#[test]
fn f11_a_clean_end_without_finish_reason_is_truncated() {
    let heard = hear(&events([said("a"), said("b")]));
    assert_eq!(heard.kind(), Some(FaultKind::Truncated));
    assert_eq!(
        heard.text,
        events([said("a"), said("b")]),
        "no [DONE] after a fault"
    );
}

#[test]
fn f11_every_choice_must_have_finished() {
    let one = r#"{"choices":[{"index":1,"delta":{"content":"x"},"finish_reason":null}]}"#;
    assert_eq!(
        hear(&events([one, &finished()])).kind(),
        Some(FaultKind::Truncated)
    );
    let ended = r#"{"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}"#;
    assert_eq!(hear(&events([one, &finished(), ended])).kind(), None);
}

#[test]
fn f13_an_end_after_the_finish_reason_gets_its_done() {
    let heard = hear(&events([said("a"), finished()]));
    assert_eq!(
        (heard.kind(), heard.text),
        (None, events([said("a"), finished()]) + DONE)
    );
}

#[test]
fn f14_a_break_after_the_finish_reason_is_complete() {
    let stream = events([said("a"), finished()]);
    let heard = run(
        chunks_rules(),
        (stream.clone() + "data: {\"usa").as_bytes(),
        usize::MAX,
        reset(),
    );
    assert_eq!((heard.kind(), heard.text), (None, stream + DONE));
}

#[test]
fn f15_f16_what_follows_done_is_swallowed() {
    let stream = events([said("a"), finished()]) + DONE;
    let more = stream.clone() + &events(["{\"error\":{\"message\":\"late\"}}"]) + DONE + "<html>";
    for piece in [1, 7, usize::MAX] {
        let heard = run(chunks_rules(), more.as_bytes(), piece, reset());
        assert_eq!(
            (heard.kind(), heard.text, heard.events),
            (None, stream.clone(), 2)
        );
    }
}

#[test]
fn done_alone_proves_the_end_where_finish_reasons_are_not_sent() {
    let stream = events([said("a")]) + DONE;
    let heard = hear(&stream);
    assert_eq!((heard.kind(), heard.text), (None, stream));
}

#[test]
fn done_in_any_spelling_becomes_the_one() {
    let body = events([said("a"), finished()]);
    for done in [
        "data:[DONE]\n\n",
        "data:  [DONE]  \r\n\r\n",
        "data: [DONE]",
        "event: done\ndata: [DONE]\n\n",
        "data: [DONE]\n\ndata: [DONE]\n\n",
    ] {
        let heard = hear(&(body.clone() + done));
        assert_eq!(
            (heard.kind(), heard.text),
            (None, body.clone() + DONE),
            "{done:?}"
        );
    }
}

#[test]
fn f17_f18_f19_errors_in_every_shape_are_faults_with_the_upstreams_words() {
    let limited = json!({"error":{"message":"slow","type":"rate_limit_exceeded"}});
    for (event, status, error) in [
        (
            "data: {\"error\":{\"message\":\"slow\",\"type\":\"rate_limit_exceeded\"}}\n\n",
            429,
            limited.clone(),
        ),
        (
            "data: {\"id\":\"x\",\"error\":{\"message\":\"slow\",\"type\":\"rate_limit_exceeded\"},\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\"}]}\n\n",
            429,
            limited,
        ),
        (
            "event: error\ndata: {\"error\":{\"message\":\"bad\",\"type\":\"invalid_request_error\"},\"status_code\":400}\n\n",
            400,
            json!({"error":{"message":"bad","type":"invalid_request_error"}}),
        ),
        (
            "event: error\ndata: {\"type\":\"error\",\"message\":\"m\",\"code\":\"overloaded\"}\n\n",
            503,
            json!({"error":{"type":"backend_error","message":"m","code":"overloaded"}}),
        ),
        (
            "data: {\"type\":\"error\",\"message\":\"m\"}\n\n",
            502,
            json!({"error":{"type":"backend_error","message":"m"}}),
        ),
        (
            "data: {\"error\":\"boom\"}\n\n",
            502,
            json!({"error":{"message":"boom","type":"backend_error"}}),
        ),
        (
            "data: {\"object\":\"error\",\"message\":\"m\",\"type\":\"NotFoundError\",\"code\":404}\n\n",
            404,
            json!({"error":{"object":"error","message":"m","type":"NotFoundError","code":404}}),
        ),
        (
            "error: {\"code\":500,\"message\":\"m\"}\n\n",
            500,
            json!({"error":{"code":500,"message":"m","type":"backend_error"}}),
        ),
    ] {
        let mut error = error;
        for name in ["param", "code"] {
            let members = error["error"].as_object_mut().unwrap();
            members.entry(name).or_insert(Value::Null);
        }
        for before in [String::new(), events([said("a")])] {
            let heard = hear(&(before.clone() + event));
            assert_eq!(heard.kind(), Some(FaultKind::InStream), "{event}");
            assert_eq!(
                (heard.upstream_status(), heard.upstream_error(), heard.text),
                (Some(status), error.clone(), before),
                "{event}"
            );
        }
    }
}

#[test]
fn f17_our_credential_is_not_echoed() {
    let rules = GuardRules {
        redactor: crate::Redactor::new(&[Secret::from("sk-secret-12345")]),
        ..chunks_rules()
    };
    let stream = events(["{\"error\":{\"message\":\"key sk-secret-12345 is bad\",\"code\":401}}"]);
    let heard = run(rules, stream.as_bytes(), usize::MAX, UpstreamEnd::Clean);
    assert_eq!(heard.upstream_status(), Some(401));
    assert!(!heard.upstream_error().to_string().contains("12345"));
    assert!(!heard.fault.unwrap().detail.contains("12345"));
}

#[test]
fn f19_an_error_that_is_null_is_none() {
    let chunk = finished().replace("\"id\"", "\"error\":null,\"id\"");
    assert_eq!(hear(&events([&chunk])).text, events([&chunk]) + DONE);
}

#[test]
fn f20_text_outside_of_events_is_a_fault() {
    for (stray, kind) in [
        (
            "{\"error\":{\"message\":\"m\",\"code\":503}}\n\n",
            FaultKind::InStream,
        ),
        (
            "{\"error\":{\"message\":\"m\",\"code\":503}}",
            FaultKind::InStream,
        ),
        (
            "{\n  \"error\": {\n    \"message\": \"m\", \"code\": 503\n  }\n}\n\n",
            FaultKind::InStream,
        ),
        ("{\"choices\":[]}\n\n", FaultKind::Protocol),
        ("{\"choi\n\n", FaultKind::Protocol),
        (
            "<html><body>Bad gateway</body></html>\n\n",
            FaultKind::Protocol,
        ),
        ("upstream connect error\n\n", FaultKind::Protocol),
    ] {
        let heard = hear(&(events([said("a")]) + stray));
        assert_eq!(heard.kind(), Some(kind), "{stray}");
        assert_eq!(
            heard.upstream_status(),
            (kind == FaultKind::InStream).then_some(503),
            "{stray}"
        );
        assert_eq!(heard.text, events([said("a")]));
    }
    let ignored = hear(&("x-trace: 1\n\nfoo:bar\n".to_owned() + &events([said("a"), finished()])));
    assert_eq!(
        (ignored.kind(), ignored.text),
        (None, events([said("a"), finished()]) + DONE)
    );
}

#[test]
fn f21_invalid_json_in_an_event_is_a_fault() {
    for data in [
        "{\"choices\":[",
        "{}{}",
        "hello",
        "5",
        "[]",
        "\"text\"",
        "{'a':1}",
        "NaN",
    ] {
        let heard = hear(&(events([said("a"), data.to_owned()]) + &events([finished()]) + DONE));
        assert_eq!(heard.kind(), Some(FaultKind::Protocol), "{data}");
        assert_eq!(heard.text, events([said("a")]));
    }
}

#[test]
fn f22_events_that_say_nothing_are_left_out() {
    let noise = "data:\n\ndata: \n\nevent: ping\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\nretry: 500\n\nid: 7\n\n: OPENROUTER PROCESSING\n\n\n\n";
    let heard =
        hear(&(noise.to_owned() + &events([said("a")]) + noise + &events([finished()]) + noise));
    assert_eq!(
        (heard.kind(), heard.text, heard.events),
        (None, events([said("a"), finished()]) + DONE, 2)
    );
}

#[test]
fn f23_every_form_comes_out_as_the_canonical_one() {
    let whole = events([said("ä€😀"), finished()]) + DONE;
    let (first, last) = (said("ä€😀"), finished());
    let split = first.replace(",\"choices\"", ",\ndata: \"choices\"");
    for stream in [
        whole.replace('\n', "\r\n"),
        whole.replace('\n', "\r"),
        whole.replace("data: ", "data:"),
        format!(": c\nid: 1\nevent: message\ndata: {first}\nretry: 3\n\ndata: {last}\n\n"),
    ] {
        for piece in [1, 2, 3, 5, usize::MAX] {
            let heard = run(chunks_rules(), stream.as_bytes(), piece, UpstreamEnd::Clean);
            assert_eq!(
                (heard.kind(), heard.text),
                (None, whole.clone()),
                "{stream:?} in pieces of {piece}"
            );
        }
    }
    let joined = first.replace(",\"choices\"", ", \"choices\"");
    assert_eq!(
        hear(&events([split, last.clone()])).text,
        events([joined, last]) + DONE
    );
}

#[test]
fn f24_one_bom_is_stripped() {
    let stream = events([said("a"), finished()]);
    for piece in [1, 2, usize::MAX] {
        let heard = run(
            chunks_rules(),
            format!("\u{feff}{stream}").as_bytes(),
            piece,
            UpstreamEnd::Clean,
        );
        assert_eq!((heard.kind(), heard.text), (None, stream.clone() + DONE));
    }
}

#[test]
fn f25_invalid_utf8_is_a_fault() {
    let mut stream = events([said("a"), said("XX"), finished()]).into_bytes();
    let at = stream.windows(2).position(|pair| pair == b"XX").unwrap();
    stream[at] = 0xff;
    let heard = run(chunks_rules(), &stream, usize::MAX, UpstreamEnd::Clean);
    assert_eq!(
        (heard.kind(), heard.text),
        (Some(FaultKind::Protocol), events([said("a")]))
    );
}

#[test]
fn f26_an_event_over_the_limit_is_a_fault() {
    let rules = GuardRules {
        max_event_bytes: 200,
        ..chunks_rules()
    };
    for stream in [
        events([said("a"), said(&"x".repeat(200)), finished()]),
        events([said("a")]) + &"x".repeat(300),
    ] {
        for piece in [1, 64, usize::MAX] {
            let heard = run(rules.clone(), stream.as_bytes(), piece, UpstreamEnd::Clean);
            assert_eq!(
                (heard.kind(), heard.text),
                (Some(FaultKind::TooLarge), events([said("a")]))
            );
        }
    }
}

#[test]
fn f27_the_last_event_needs_no_blank_line_if_it_is_whole() {
    let body = events([said("a")]);
    for end in ["", "\n", "\r\n"] {
        let heard = hear(&format!("{body}data: {}{end}", finished()));
        assert_eq!(
            (heard.kind(), heard.text),
            (None, events([said("a"), finished()]) + DONE),
            "{end:?}"
        );
    }
    let cut = &finished()[..30];
    assert_eq!(
        hear(&format!("{body}data: {cut}")).kind(),
        Some(FaultKind::Truncated)
    );
    assert_eq!(
        hear(&format!("{body}dat")).kind(),
        Some(FaultKind::Truncated)
    );
    let after_finish = hear(&(events([said("a"), finished()]) + "data: {\"usa"));
    assert_eq!(
        (after_finish.kind(), after_finish.text),
        (None, events([said("a"), finished()]) + DONE)
    );
}

#[test]
fn f31_a_stream_without_content_is_empty() {
    let no_choice = r#"{"choices":[],"usage":{"total_tokens":1}}"#;
    for stream in ["", "\n\n", ": hello\n\n", DONE, "data:\n\n"] {
        let heard = hear(stream);
        assert_eq!(
            (heard.kind(), heard.text.as_str()),
            (Some(FaultKind::Empty), ""),
            "{stream:?}"
        );
    }
    assert_eq!(
        hear(&(events([no_choice]) + DONE)).kind(),
        Some(FaultKind::Empty)
    );
}

#[test]
fn typed_streams_keep_their_names_and_get_no_done() {
    let created =
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{}}\n\n";
    let completed = "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"error\":null}}\n\n";
    let both = format!("{created}{completed}");
    for stream in [
        both.clone(),
        both.clone() + DONE,
        both.replace('\n', "\r\n") + ": bye\n\n",
    ] {
        let heard = hear_typed(&stream);
        assert_eq!(
            (heard.kind(), heard.text.as_str(), heard.events),
            (None, both.as_str(), 2),
            "{stream:?}"
        );
    }
    assert_eq!(hear_typed(created).kind(), Some(FaultKind::Truncated));
    assert_eq!(
        hear_typed(&format!("{created}{DONE}")).kind(),
        Some(FaultKind::Truncated)
    );
    assert_eq!(hear_typed(DONE).kind(), Some(FaultKind::Empty));
    let broken = run(GuardRules::new(TYPED), both.as_bytes(), usize::MAX, reset());
    assert_eq!((broken.kind(), broken.text), (None, both));
    let error = hear_typed(&format!(
        "{created}event: error\ndata: {{\"type\":\"error\",\"code\":\"server_error\",\"message\":\"m\"}}\n\n"
    ));
    assert_eq!(
        (error.kind(), error.upstream_status(), error.text.as_str()),
        (Some(FaultKind::InStream), Some(500), created)
    );
}

#[test]
fn typed_events_with_names_that_are_none_lose_them() {
    let data = "{\"type\":\"response.completed\"}";
    let heard = hear_typed(&format!("event: a b<c>\ndata: {data}\n\n"));
    assert_eq!(heard.text, format!("data: {data}\n\n"));
}

#[test]
fn a_typed_event_may_carry_an_error_member_of_its_own() {
    let item = "data: {\"type\":\"response.mcp_call.failed\",\"error\":\"no\"}\n\n";
    let end = "data: {\"type\":\"response.completed\"}\n\n";
    assert_eq!(hear_typed(&format!("{item}{end}")).kind(), None);
    assert_eq!(
        hear_typed("data: {\"error\":{\"message\":\"m\",\"code\":429}}\n\n").upstream_status(),
        Some(429)
    );
}
