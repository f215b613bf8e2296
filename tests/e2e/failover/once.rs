//! Who is asked twice, and who is not, beyond the rows of the fault table.

use gateway_testkit::{GatewayUnderTest, Reply, Request};
use serde_json::json;

use super::{BOTH, FIRST_KEY, Pair, SECOND_KEY, SEQUENCE, attempts};

/// F7: whoever does not begin to answer may be at work, and is paid for: nobody else is asked unless the operator says so.
#[test]
fn f7_a_first_token_that_does_not_come() {
    let pair = Pair::start(|request| if request.path().ends_with("/models") { Reply::status(404) } else { Reply::never() }, "[timeouts]\nfirst_token = \"300ms\"\n", &[]);
    let first = pair.first.url("/v1");
    let config = |more: &str| {
        format!(
            "{more}[timeouts]\nfirst_token = \"300ms\"\n[providers.first]\nvendor = \"custom\"\nbase_url = \"{first}\"\napi_key = \"{FIRST_KEY}\"\n[providers.second]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"{SECOND_KEY}\"\n",
            pair.second.url("/v1")
        )
    };
    for (more, status, expected) in [("", 504, "first=first_token_timeout"), ("[resilience]\nretry_timeouts = true\n", 200, "first=first_token_timeout,second=200")] {
        let gateway = GatewayUnderTest::start(&config(more), &[]);
        let response = gateway.send(&Request::chat("m", true).header(SEQUENCE, BOTH));
        assert_eq!((response.status(), attempts(&response)), (status, expected), "{}", response.text());
    }
}

/// A form flows past: it is sent once.
#[test]
fn a_form_is_sent_once() {
    let pair = Pair::failing(Reply::json(503, &json!({"error": {"message": "its own words"}})));
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
