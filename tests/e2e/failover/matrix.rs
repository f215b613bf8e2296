//! The fault matrix with a second provider behind the first, and without one. One row is one line of data; each has a
//! gateway of its own, since what one row does is remembered.

use std::time::{Duration, Instant};

use gateway_testkit::{Reply, Request, upstream::ClosedPort};
use serde_json::json;

use super::{BOTH, FIRST_KEY, Pair, SECOND_KEY, SEQUENCE, attempts};
use crate::support::{GOOD_CHAT, HELLO, ROLE, assert_error_headers, each};

const ALONE: &str = r#"["first"]"#;

/// Who is asked after a failure, where there is a second provider and where there is none.
#[derive(Clone, Copy, PartialEq)]
enum After {
    Nobody,
    Second,
    /// The second; without one the first once more.
    SecondOrAgain,
    /// The first once more, then the second.
    AgainThenSecond,
}
use After::{AgainThenSecond, Nobody, Second, SecondOrAgain};

/// Whether it is a fault of streams, of whole answers, or of both.
#[derive(Clone, Copy)]
enum In {
    Streams,
    Wholes,
    Both,
}
use In::{Both, Streams, Wholes};

/// (id, where, what the first does, as `x-attempts` calls it, who is next, the status alone, whether the client may try again)
type Row = (&'static str, In, fn() -> Reply, &'static str, After, u16, bool);

fn status(code: u16) -> Reply {
    Reply::json(code, &json!({"error": {"message": "its own words", "type": "x", "code": null}}))
}

fn error_event(code: &str) -> Reply {
    Reply::sse(&[format!(r#"{{"error":{{"message":"m","type":"t","code":"{code}"}}}}"#)])
}

const ROWS: &[Row] = &[
    ("F6 reset", Both, Reply::reset_at_once, "backend_connection_reset", SecondOrAgain, 502, false),
    ("F6 eof", Both, Reply::close_at_once, "backend_connection_reset", SecondOrAgain, 502, false),
    ("F17 first event: server error", Streams, || error_event("server_error"), "500", SecondOrAgain, 500, false),
    ("F17 first event: rate limit", Streams, || error_event("rate_limit_exceeded"), "429", SecondOrAgain, 429, false),
    ("F17 first event: bad request", Streams, || error_event("invalid_value"), "400", Nobody, 400, false),
    ("F31 empty stream", Streams, || Reply::sse::<&str>(&[]), "backend_empty_response", Second, 502, true),
    ("F31 only [DONE]", Streams, || Reply::sse(&["[DONE]"]), "backend_empty_response", Second, 502, true),
    ("F33 error with 200", Both, || Reply::json(200, &json!({"error": {"message": "m", "code": 503}})), "503", SecondOrAgain, 503, false),
    ("F34 HTML", Both, || Reply::text(200, "text/html", "<html>hello</html>"), "invalid_response", Second, 502, true),
    ("F36 cut body", Wholes, || Reply::text(200, "application/json", GOOD_CHAT).content_length(9_000).cut(), "backend_stream_truncated", Second, 502, true),
    ("F37 no JSON", Wholes, || Reply::text(200, "application/json", "{\"id\":"), "invalid_response", Second, 502, true),
    ("F38 400", Both, || status(400), "400", Nobody, 400, false),
    ("F38 404", Both, || status(404), "404", Second, 404, false),
    ("F38 413", Both, || status(413), "413", Nobody, 413, false),
    ("F38 422", Both, || status(422), "422", Nobody, 422, false),
    ("F39 401", Both, || status(401), "401", Second, 502, false),
    ("F39 403", Both, || status(403), "403", Second, 502, false),
    ("F40 402", Both, || status(402), "402", Second, 402, false),
    ("F40 no quota", Both, || Reply::json(429, &json!({"error": {"message": "m", "code": "insufficient_quota"}})), "429", Second, 429, true),
    ("F41 408", Both, || status(408), "408", AgainThenSecond, 408, false),
    ("F41 409", Both, || status(409), "409", AgainThenSecond, 409, false),
    ("F42 429", Both, || status(429), "429", SecondOrAgain, 429, false),
    ("F43 429, 1 s", Both, || status(429).header("retry-after", "1"), "429", SecondOrAgain, 429, true),
    ("F43 429, 30 s", Both, || status(429).header("retry-after", "30"), "429", Second, 429, true),
    ("F43 503, 30 s", Both, || status(503).header("retry-after", "30"), "503", Second, 503, true),
    ("F44 500", Both, || status(500), "500", SecondOrAgain, 500, false),
    ("F44 502", Both, || status(502), "502", SecondOrAgain, 502, false),
    ("F44 503", Both, || status(503), "503", SecondOrAgain, 503, false),
    ("F44 504", Both, || status(504), "504", SecondOrAgain, 504, false),
    ("F45 501", Both, || status(501), "501", Nobody, 501, false),
    ("F46 529", Both, || status(529), "529", Second, 529, true),
    ("F47 HTML 503", Both, || Reply::text(503, "text/html", "<html>nginx</html>"), "503", SecondOrAgain, 503, false),
    ("F48 redirect", Both, || Reply::status(302).header("location", "http://127.0.0.1:1/"), "backend_redirect", Nobody, 502, false),
];

fn kinds(of: In) -> &'static [bool] {
    match of {
        Both => &[false, true],
        Streams => &[true],
        Wholes => &[false],
    }
}

#[test]
fn with_a_second_provider() {
    each(ROWS, |(id, of, reply, name, after, ..)| {
        for stream in kinds(*of) {
            let pair = Pair::failing(reply());
            let response = pair.chat(BOTH, *stream);
            let shown = format!("{id}, stream {stream}: {} {}", response.head.start_line, response.text());
            let first = format!("first={name}");
            let (expected, calls) = match after {
                Nobody => (first, (1, 0)),
                Second | SecondOrAgain => (format!("{first},second=200"), (1, 1)),
                AgainThenSecond => (format!("{first},{first},second=200"), (2, 1)),
            };
            assert_eq!((attempts(&response), pair.calls()), (expected.as_str(), calls), "{shown}");
            if *after == Nobody {
                assert_error_headers(&shown, &response);
            } else {
                assert_eq!((response.status(), response.header("x-selected-provider")), (200, Some("second")), "{shown}");
                let whole = if *stream { response.streamed_text() == "Hello" && response.text().ends_with("data: [DONE]\n\n") } else { response.text() == GOOD_CHAT };
                assert!(whole && response.header("x-error-source").is_none(), "{shown}");
            }
            no_key_in(&response);
        }
    });
}

#[test]
fn with_the_first_alone() {
    each(ROWS, |(id, of, reply, name, after, status, retry)| {
        for stream in kinds(*of) {
            let pair = Pair::failing(reply());
            let response = pair.chat(ALONE, *stream);
            let shown = format!("{id}, stream {stream}: {} {}", response.head.start_line, response.text());
            let again = matches!(after, SecondOrAgain | AgainThenSecond);
            let expected = if again { format!("first={name},first={name}") } else { format!("first={name}") };
            assert_eq!((attempts(&response), pair.calls()), (expected.as_str(), (1 + usize::from(again), 0)), "{shown}");
            assert_eq!(response.status(), *status, "{shown}");
            assert_eq!(response.header("x-should-retry"), Some(retry.to_string().as_str()), "{shown}");
            assert_error_headers(&shown, &response);
            no_key_in(&response);
        }
    });
}

#[track_caller]
fn no_key_in(response: &gateway_testkit::Response) {
    let head = String::from_utf8_lossy(&response.head.raw).into_owned();
    for key in [FIRST_KEY, SECOND_KEY] {
        assert!(!head.contains(key) && !response.text().contains(key));
    }
}

/// F1: nobody listens. The second provider is asked, and only with its own key.
#[test]
fn f1_a_provider_that_cannot_be_reached() {
    let pair = Pair::failing(Reply::status(500));
    let closed = ClosedPort::take();
    let config = format!(
        "[providers.dead]\nvendor = \"custom\"\nbase_url = \"http://{}/v1\"\napi_key = \"{FIRST_KEY}\"\n\
         [providers.second]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"{SECOND_KEY}\"\n",
        closed.address(),
        pair.second.url("/v1")
    );
    let gateway = gateway_testkit::GatewayUnderTest::start(&config, &[]);
    for stream in [false, true] {
        let response = gateway.send(&Request::chat("m", stream).header(SEQUENCE, r#"["dead","second"]"#));
        assert_eq!((response.status(), attempts(&response)), (200, "dead=connect_failed,second=200"), "{}", response.text());
    }
    assert_eq!(pair.calls().1, 2);
}

/// (id, what comes after the first event)
type Late = (&'static str, fn(Reply) -> Reply);

const LATE: &[Late] = &[
    ("F8 silence", |reply| reply.hang()),
    ("F10 reset", |reply| reply.reset()),
    ("F11 clean end", |reply| reply),
    ("F17 error", |reply| reply.event(r#"{"error":{"message":"m","code":"server_error"}}"#)),
    ("F21 no JSON", |reply| reply.event("{\"id\":")),
];

/// After the first byte the answer is the first one's, whatever becomes of it.
#[test]
fn never_after_the_first_byte() {
    each(LATE, |(id, then)| {
        let pair = Pair::failing(then(Reply::stream().event(ROLE).event(HELLO)));
        let response = pair.chat(BOTH, true);
        let shown = format!("{id}: {}", response.text());
        assert_eq!((response.status(), attempts(&response), pair.calls()), (200, "first=200", (1, 0)), "{shown}");
        let events = response.events();
        assert!(events.last().is_some_and(|event| event.contains("\"error\"")) && !response.text().contains("[DONE]"), "{shown}");
    });
}

/// F7: whoever gives a time of their own has it for each attempt; whoever does not pays for one.
#[test]
fn f7_a_first_token_that_does_not_come() {
    for stream in [false, true] {
        let pair = Pair::failing(Reply::never());
        let began = Instant::now();
        let response = pair.gateway.send(&Request::chat("m", stream).header(SEQUENCE, BOTH).header("x-opengateway-timeout", "300ms"));
        let late = if stream { "first_token_timeout" } else { "deadline_exceeded" };
        assert_eq!((response.status(), attempts(&response)), (200, format!("first={late},second=200").as_str()), "{}", response.text());
        assert!(began.elapsed() < Duration::from_secs(3));
    }
    let pair = Pair::start(|request| if request.path().ends_with("/models") { Reply::status(404) } else { Reply::never() }, "[timeouts]\nfirst_token = \"300ms\"\n", &[]);
    let first = pair.first.url("/v1");
    let config = |more: &str| {
        format!(
            "{more}[timeouts]\nfirst_token = \"300ms\"\n[providers.first]\nvendor = \"custom\"\nbase_url = \"{first}\"\napi_key = \"{FIRST_KEY}\"\n[providers.second]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"{SECOND_KEY}\"\n",
            pair.second.url("/v1")
        )
    };
    for (more, status, expected) in [("", 504, "first=first_token_timeout"), ("[resilience]\nretry_timeouts = true\n", 200, "first=first_token_timeout,second=200")] {
        let gateway = gateway_testkit::GatewayUnderTest::start(&config(more), &[]);
        let response = gateway.send(&Request::chat("m", true).header(SEQUENCE, BOTH));
        assert_eq!((response.status(), attempts(&response)), (status, expected), "{}", response.text());
    }
}

/// A form flows past: it is sent once.
#[test]
fn a_form_is_sent_once() {
    let pair = Pair::failing(status(503));
    let body = "--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm\r\n--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\nabc\r\n--x--\r\n";
    let request = || {
        let request = Request::post("/v1/audio/transcriptions", body).without("content-type");
        request.header("content-type", "multipart/form-data; boundary=x").header(SEQUENCE, BOTH)
    };
    for _ in 0..5 {
        let response = pair.gateway.send(&request());
        assert_eq!((response.status(), attempts(&response)), (503, "first=503"), "{}", response.text());
        assert_eq!(response.header("x-should-retry"), Some("true"), "nothing was tried again");
    }
    // The first is left alone by now, so the form goes to the second at once.
    let response = pair.gateway.send(&request());
    assert_eq!(attempts(&response), "second=200", "{}", response.text());
}
