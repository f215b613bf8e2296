//! What more there is to a stream: the shape of its errors, what becomes of a whole answer, usage.

use gateway_testkit::{Reply, Request, client::End, sse, sse::event};

use super::judge::assert_whole_stream;
use crate::support::{FINISH, HELLO, ROLE, USAGE, assert_no_canary, lab};

const REPLIED: &str = r#"{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello","reasoning_content":"hm","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}"#;

fn ended() -> Reply {
    Reply::sse(&[ROLE, HELLO, FINISH])
}

/// An echoed credential is redacted in a stream as well, and whatever name the upstream gives to its error event, it has
/// none at the client.
#[test]
fn f17_an_error_in_a_stream_has_one_shape_and_no_secret() {
    let error = event(&format!(r#"{{"error":{{"message":"no more for {}","type":"x"}}}}"#, crate::support::UPSTREAM_KEY));
    for named in [error.clone(), format!("event: error\n{error}")] {
        let response = lab().chat("f17", true, Reply::sse(&[ROLE, HELLO]).send(named));
        assert_eq!((response.status(), response.end), (200, End::Complete), "{}", response.text());
        let last = response.chunks().pop().unwrap();
        assert!(last["error"]["message"].as_str().is_some_and(|text| text.starts_with("no more for ")), "{last}");
        let items = sse::items(&response.body);
        assert!(items.iter().all(|item| !matches!(item, sse::Item::Event { name, .. } if name == "error")), "{}", response.text());
        assert_no_canary(&response);
    }
}

/// A stream that was asked for and came as a whole answer is turned into one, nothing lost.
#[test]
fn f32_a_whole_answer_to_a_streaming_request() {
    let response = lab().chat("f32", true, Reply::text(200, "application/json", REPLIED));
    assert_whole_stream("F32", &response, "Hello");
    let chunks = response.chunks();
    let find = |pointer: &str| chunks.iter().find_map(|chunk| chunk.pointer(pointer).filter(|value| !value.is_null()).cloned());
    assert!(chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk" && chunk["id"] == "c1"), "{}", response.text());
    assert_eq!(find("/choices/0/delta/role").unwrap(), "assistant");
    assert_eq!(find("/choices/0/delta/reasoning_content").unwrap(), "hm");
    assert_eq!(find("/choices/0/delta/tool_calls/0/id").unwrap(), "t1");
    assert_eq!(find("/choices/0/delta/tool_calls/0/index").unwrap(), 0);
    assert_eq!(find("/choices/0/finish_reason").unwrap(), "tool_calls");
}

/// F28 and F29: several usage reports pass to a client that asked for them; none is made up.
#[test]
fn f28_f29_usage_is_relayed_as_it_came() {
    let lab = lab();
    for (id, reply, count) in [("F28", ended().event(USAGE).event(USAGE).done(), 2), ("F29", ended().done(), 0)] {
        let model = lab.model("f28", reply);
        let body = format!(r#"{{"model":"{model}","stream":true,"stream_options":{{"include_usage":true}},"messages":[{{"role":"user","content":"x"}}]}}"#);
        let response = lab.gateway.send(&Request::post("/v1/chat/completions", body));
        assert_whole_stream(id, &response, "Hello");
        let reports = response.chunks().iter().filter(|chunk| chunk["usage"].is_object()).count();
        assert_eq!(reports, count, "{id}: {}", response.text());
    }
}
