//! The pass-through law from end to end: outside of the model's name the upstream receives the client's bytes, and
//! the client the upstream's.

use std::sync::LazyLock;

use gateway_testkit::{GatewayUnderTest, Reply, Request, Response, ScriptedUpstream, client::End, sse::event};
use proptest::{prelude::*, test_runner::Config};

use crate::support::{FINISH, HELLO, ROLE, USAGE, assert_error, each, lab, lab_config, model_list};

/// What stands around the echo, so that every operation takes it for an answer.
const BEFORE: &str = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}],"data":[{}],"results":[{}],"output":[{}],"created":1,"object":"response","status":"completed","echo":"#;
const AFTER: &str = " }";

/// The body between them: what the upstream was sent.
fn echoed(response: &Response) -> String {
    let text = response.text();
    let inner = text.strip_prefix(BEFORE).and_then(|text| text.strip_suffix(AFTER));
    inner.unwrap_or_else(|| panic!("no echo: {text}")).to_owned()
}

/// An upstream that answers with what it was sent.
struct Echo {
    upstream: ScriptedUpstream,
    gateway: GatewayUnderTest,
}

fn echo() -> &'static Echo {
    static ECHO: LazyLock<Echo> = LazyLock::new(|| {
        let upstream = ScriptedUpstream::start(|request| match request.path() {
            "/v1/models" => Reply::json(200, &model_list(&["echo", "org/echo"])),
            _ => Reply::text(200, "application/json", [BEFORE.as_bytes(), &request.body, AFTER.as_bytes()].concat()),
        });
        let gateway = GatewayUnderTest::start(&lab_config(&upstream), &[]);
        Echo { upstream, gateway }
    });
    &ECHO
}

/// JSON as a machine never writes it: any white space, any escapes, any spelling of a number.
fn json_text(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![Just("null".to_owned()), Just("true".to_owned()), string_text(), "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,8})?([eE][+-]?[0-9]{1,2})?",];
    leaf.prop_recursive(depth, 24, 4, |inner| {
        let array = (space(), prop::collection::vec((inner.clone(), space()), 0..4)).prop_map(|(space, items)| {
            let items: Vec<String> = items.into_iter().map(|(item, after)| format!("{item}{after}")).collect();
            format!("[{space}{}]", items.join(","))
        });
        prop_oneof![array, object_text(inner)]
    })
    .boxed()
}

fn object_text(value: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = String> {
    prop::collection::vec((space(), string_text(), space(), value, space()), 0..4).prop_map(|members| {
        let members: Vec<String> = members
            .into_iter()
            .enumerate()
            // A number in front keeps keys apart, however they are spelt.
            .map(|(index, (a, key, b, value, c))| format!("{a}\"k{index}{}{b}:{value}{c}", &key[1..]))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

fn string_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -!#-\\[\\]-~äß中🦀]{0,6}",
        Just("\\u00e9".to_owned()),
        Just("\\uD83E\\uDD80".to_owned()),
        Just("\\/".to_owned()),
        Just("\\n\\t\\\"\\\\".to_owned()),
        Just("\\u0000".to_owned()),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn space() -> impl Strategy<Value = String> {
    "[ \t\r\n]{0,3}"
}

/// A chat request around unknown members; `@` stands for the model's value.
fn request_text() -> impl Strategy<Value = String> {
    let member = (string_text(), space(), json_text(3), space());
    let members = prop::collection::vec(member, 0..5);
    (space(), members, space(), space(), 0..6_usize, json_text(2)).prop_map(|(open, members, before, after, place, content)| {
        let mut parts: Vec<String> = members.into_iter().enumerate().map(|(index, (key, a, value, b))| format!("{a}\"x{index}{}:{value}{b}", &key[1..])).collect();
        parts.push(format!("\"messages\"{before}:[{{\"role\":\"user\",\"content\":\"x\",\"y\":{content}}}]{after}"));
        let place = place.min(parts.len());
        parts.insert(place, format!("{before}\"model\"{after}:{before}@{after}"));
        format!("{{{open}{}}}{after}", parts.join(","))
    })
}

fn sent(template: &str, model: &str) -> String {
    template.replacen('@', model, 1)
}

proptest! {
    #![proptest_config(Config { cases: 96, failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_body_keeps_its_bytes_both_ways(template in request_text().prop_filter("one mark", |text| text.matches('@').count() == 1)) {
        let models = [("\"lab/echo\"", "\"echo\""), ("\"lab\\/echo\"", "\"echo\""), ("\"echo\"", "\"echo\""), ("\"org\\/echo\"", "\"org\\/echo\"")];
        for (asked, seen) in models {
            let response = echo().gateway.send(&Request::post("/v1/chat/completions", sent(&template, asked)));
            prop_assert_eq!(response.status(), 200, "{}", response.text());
            prop_assert_eq!(echoed(&response), sent(&template, seen));
        }
    }
}

#[test]
fn every_json_operation_keeps_its_bytes() {
    let bodies = [
        ("/v1/chat/completions", r#"{ "messages":[{"role":"user","content":"é"}], "model" : @ ,"seed":12345678901234567890123,"temperature":1e0,"top_k":null}"#),
        ("/v1/completions", r#"{ "model" : @ ,"prompt":["a",  "b"],"echo":false}"#),
        ("/v1/embeddings", r#"{"input":["a"],"model":@,"encoding_format":"base64","dimensions":0}"#),
        ("/v1/images/generations", r#"{"prompt":"a cat","model":@,"size":"1024x1024"}"#),
        ("/v1/responses", r#"{"input":"hi","model":@,"store":false}"#),
        ("/v1/moderations", r#"{"input":"hi","model":@}"#),
        ("/v1/rerank", r#"{"query":"q","documents":["a","b"],"model":@,"top_n":1}"#),
    ];
    each(bodies, |(path, template)| {
        for path in [path, path.trim_start_matches("/v1")] {
            let response = echo().gateway.send(&Request::post(path, sent(template, "\"lab/echo\"")));
            assert_eq!((response.status(), echoed(&response)), (200, sent(template, "\"echo\"")), "{path}");
            let below = path.trim_start_matches("/v1");
            assert!(echo().upstream.requests().iter().any(|request| request.path().ends_with(below) && request.body == sent(template, "\"echo\"")), "{path}");
        }
    });
}

#[test]
fn a_stream_keeps_its_bytes() {
    let odd = r#"{ "id":"c1" ,"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"caf\u00e9","x":1.50}}],"obfuscation":"aZ9" }"#;
    let lab = lab();
    let whole: String = [ROLE, odd, HELLO, FINISH, USAGE, "[DONE]"].map(event).concat();
    for reply in [Reply::stream().send(whole.clone()), Reply::stream().send(whole.clone()).trickle(17, std::time::Duration::from_micros(200))] {
        let model = lab.model("bytes", reply);
        let body = format!(r#"{{"model":"{model}","stream":true,"stream_options":{{"include_usage":true}},"messages":[{{"role":"user","content":"x"}}]}}"#);
        let response = lab.gateway.send(&Request::post("/v1/chat/completions", body));
        assert_eq!((response.status(), response.end), (200, End::Complete));
        assert_eq!(response.text(), whole);
    }
}

/// S3's string-encoded members arrive as JSON; `arguments` and `content` stay the strings they are.
#[test]
fn string_encoded_members_become_json() {
    let body = r#"{"model":"lab/echo","messages":[{"role":"assistant","content":"{\"a\":1}","tool_calls":"[{\"id\":\"t\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]"},{"role":"tool","tool_call_id":"t","content":"x"}],"logit_bias":"{\"50256\": -100}","response_format":"{\"type\":\"json_object\"}","temperature":0.50}"#;
    let expected = r#"{"model":"echo","messages":[{"role":"assistant","content":"{\"a\":1}","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"t","content":"x"}],"logit_bias":{"50256": -100},"response_format":{"type":"json_object"},"temperature":0.50}"#;
    let response = echo().gateway.send(&Request::post("/v1/chat/completions", body));
    assert_eq!((response.status(), echoed(&response).as_str()), (200, expected));
}

#[test]
fn a_multipart_form_keeps_its_bytes_but_for_the_model() {
    let form = |model: &str| {
        let mut bytes = b"--B0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n".to_vec();
        bytes.extend((0..=255).cycle().take(100_000));
        bytes.extend(format!("\r\n--B0\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n--B0--\r\n").bytes());
        bytes
    };
    for path in ["/v1/audio/transcriptions", "/v1/audio/translations", "/v1/images/edits", "/v1/images/variations"] {
        let request = Request::new("POST", path).header("content-type", "multipart/form-data; boundary=B0").body(form("lab/form"));
        let lab = lab();
        lab.upstream.script("form", Reply::text(200, "application/json", "{\"text\": \"ok\"}"));
        let before = lab.upstream.requests_for("form").len();
        let response = lab.gateway.send(&request);
        assert_eq!((response.status(), response.text().as_str()), (200, "{\"text\": \"ok\"}"), "{path}");
        let seen = lab.upstream.requests_for("form");
        let seen = &seen[before];
        assert_eq!(seen.target(), path);
        assert_eq!(seen.header("content-type"), Some("multipart/form-data; boundary=B0"));
        assert!(seen.body == form("form"), "{path}: {} bytes", seen.body.len());
    }
}

#[test]
fn speech_is_bytes() {
    let sound: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let lab = lab();
    let model = lab.model("speech", Reply::text(200, "audio/mpeg", sound.clone()).chunked());
    let body = format!(r#"{{"model":"{model}","input":"hi","voice":"alloy"}}"#);
    let response = lab.gateway.send(&Request::post("/v1/audio/speech", body));
    assert_eq!((response.status(), response.header("content-type")), (200, Some("audio/mpeg")));
    assert!(response.body == sound);
}

/// Typed streams pass as well, without a `[DONE]` that is not theirs.
#[test]
fn a_responses_stream_keeps_its_bytes() {
    let whole = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}\n\n\
        event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"hi\"}\n\n\
        event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1,\"total_tokens\":2}}}\n\n";
    let lab = lab();
    let model = lab.model("responses", Reply::stream().send(whole));
    let body = format!(r#"{{"model":"{model}","input":"hi","stream":true}}"#);
    let response = lab.gateway.send(&Request::post("/v1/responses", body));
    assert_eq!((response.status(), response.text().as_str(), response.end), (200, whole, End::Complete));
}

/// Files come as a form, references as JSON; each goes on as it came, but for the model's name.
#[test]
fn image_edits_are_passed_on_as_a_form_or_as_json() {
    let lab = lab();
    let model = lab.model("edit", Reply::text(200, "application/json", r#"{"created":1,"data":[{"b64_json":"AA=="}]}"#));
    let upstream_model = model.strip_prefix("lab/").unwrap();
    let json =
        format!(r#"{{ "prompt":"gr\u00fcn", "images":[{{"image_url":"data:image/png;base64,AAAA"}},{{"file_id":"f-1"}}], "model" : "{model}", "n":1.0, "mine":[] }}"#);
    let answer = lab.gateway.send(&Request::post("/v1/images/edits", json.clone()));
    assert_eq!((answer.status(), answer.json()["data"][0]["b64_json"].as_str()), (200, Some("AA==")), "{}", answer.text());
    let form =
        format!("--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n--B\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nx\r\n--B--\r\n");
    let request = Request::new("POST", "/v1/images/edits").header("content-type", "multipart/form-data; boundary=B").body(form.clone());
    assert_eq!(lab.gateway.send(&request).status(), 200);
    let sent: Vec<_> = lab.upstream.requests().into_iter().filter(|sent| String::from_utf8_lossy(&sent.body).contains(upstream_model)).collect();
    let bodies: Vec<_> = sent.iter().map(|sent| String::from_utf8_lossy(&sent.body).into_owned()).collect();
    assert_eq!(bodies, [json, form].map(|body| body.replace(&model, upstream_model)));
    assert!(sent.iter().all(|sent| sent.path() == "/v1/images/edits"));
    assert_eq!(sent[0].header("content-type"), Some("application/json"));
    let none = lab.gateway.send(&Request::post("/v1/images/edits", r#"{"model":"lab/alpha","images":[]}"#));
    assert_error("no prompt", &none, 400, "invalid_request", "missing_parameter");
    assert_eq!(none.error()["param"], "prompt");
    let text = Request::post("/v1/images/edits", "x").without("content-type").header("content-type", "text/plain");
    assert_error("neither", &lab.gateway.send(&text), 415, "invalid_request", "unsupported_media_type");
}
