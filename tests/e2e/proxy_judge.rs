//! `/proxy` under the operator's switches: what is shut at `/v1` is shut there, judged by what the provider will use.

use gateway_testkit::{GatewayUnderTest, Request, Response, ScriptedUpstream};
use serde_json::json;

use crate::support::{GOOD_CHAT, Lab, assert_error, each, good_upstream, lab};

const CHAT: &str = "/chat/completions";

/// A gateway with Azure's deployments, one of which may be used.
fn deployments(list: &str) -> (GatewayUnderTest, ScriptedUpstream) {
    let upstream = ScriptedUpstream::start(good_upstream);
    let config = format!(
        "[auth]\n{list}\n[providers.azd]\nvendor = \"azure_deployments\"\nbase_url = \"{}\"\napi_key = \"sk-0123456789abcdef\"\n\
         proxy = [\"POST /**\", \"GET /**\"]\n[features]\nvision = true\n",
        upstream.url("/openai")
    );
    (GatewayUnderTest::start(&config, &[]), upstream)
}

fn chat(gateway: &GatewayUnderTest, path: &str, body: &str) -> Response {
    gateway.send(&Request::post(&format!("/proxy/azd{path}"), body.to_owned()))
}

/// The provider takes the deployment from the path: a harmless model in the body must not open another one there.
#[test]
fn a_deployment_in_the_path_is_judged() {
    for list in ["allowed_models = [\"azd/open\"]", "disallowed_models = [\"shut\"]"] {
        let (gateway, upstream) = deployments(list);
        let (open, shut, none) = (r#"{"model":"open","messages":[]}"#, r#"{"model":"shut","messages":[]}"#, r#"{"messages":[]}"#);
        for (path, body, allowed) in [
            ("/deployments/open/chat/completions", open, true),
            ("/deployments/open/chat/completions", none, true),
            ("/deployments/open/chat/completions?api-version=2024-10-21", open, true),
            ("/deployments/shut/chat/completions", open, false),
            ("/deployments/shut/chat/completions", none, false),
            ("/deployments/open/chat/completions", shut, false),
            ("/deployments/%73hut/chat/completions", open, false),
            ("/Deployments/SHUT/chat/completions", open, false),
            ("/deployments/shut;x/chat/completions", open, false),
            ("/deployments/shut/something/new", open, false),
            ("/deployments/open/deployments/shut", open, false),
        ] {
            let response = chat(&gateway, path, body);
            if allowed {
                assert_eq!((response.status(), response.text().as_str()), (200, GOOD_CHAT), "{list} {path} {body}");
            } else {
                assert_error(&format!("{list} {path} {body}"), &response, 403, "permission_denied", "model_not_allowed");
            }
        }
        let get = gateway.send(&Request::get("/proxy/azd/deployments/shut/chat/completions"));
        assert_error("without a body", &get, 403, "permission_denied", "model_not_allowed");
        assert!(upstream.requests().iter().all(|request| !request.target().to_lowercase().contains("hut")), "{list}");
    }
}

/// Without lists nobody judges, and a body of any form passes as it is.
#[test]
fn without_lists_nothing_is_judged() {
    let (gateway, _upstream) = deployments("");
    for body in [r#"{"model":"a","model":"b"}"#, "no JSON"] {
        assert_eq!(chat(&gateway, "/deployments/any/chat/completions", body).status(), 200, "{body}");
    }
}

/// S2-60: while images are switched off, requests with image content are rejected, raw ones as well.
#[test]
fn images_are_refused_here_too() {
    let image = json!({"type": "image_url", "image_url": {"url": "https://x.example/a.png"}});
    let of_messages = json!({"model": "alpha", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}, image]}]}).to_string();
    let anthropic =
        r#"{"model":"alpha","messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]}]}"#.to_owned();
    let of_input = r#"{"model":"alpha","input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,AA=="}]}]}"#.to_owned();
    let rows = [
        (CHAT, "application/json", &of_messages, "messages[0].content[1]"),
        ("/v1/chat/completions", "text/plain", &of_messages, "messages[0].content[1]"),
        (CHAT, "multipart/form-data; boundary=x", &of_messages, "messages[0].content[1]"),
        ("/v1/messages", "application/json", &anthropic, "messages[0].content[0]"),
        ("/v1/responses", "application/json", &of_input, "input[0].content[0]"),
    ];
    let send = |lab: &Lab, path: &str, kind: &str, body: &str| {
        lab.gateway.send(&Request::new("POST", &format!("/proxy/lab{path}")).header("content-type", kind).body(body.to_owned()))
    };
    let wide = |vision| Lab::configured(|config| config.replace("timeouts =", "proxy = [\"POST /**\"]\ntimeouts =") + &format!("\n[features]\nvision = {vision}\n"));
    let (blind, seeing) = (wide(false), wide(true));
    each(rows, |(path, kind, body, param)| {
        let response = send(&blind, path, kind, body);
        assert_error(path, &response, 400, "invalid_request", "vision_disabled");
        assert_eq!(response.error()["param"], param, "{path}");
        assert_eq!(send(&seeing, path, kind, body).status(), 200, "{path}");
    });
    assert!(blind.upstream.requests().iter().all(|request| request.method() != "POST"));
    // What could hide an image from the gateway and show it to the provider goes nowhere.
    let disguised = r#"{"messages":[],"\u006dessages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}"#;
    assert_error("disguised", &send(lab(), CHAT, "application/json", disguised), 400, "invalid_request", "invalid_json");
    assert_eq!(send(&blind, "/embeddings", "application/json", "not read").status(), 200, "other paths are not looked into");
    assert_eq!(send(lab(), CHAT, "application/json", r#"{"model":"alpha","messages":[{"role":"user","content":"an image_url"}]}"#).text(), GOOD_CHAT);
}
