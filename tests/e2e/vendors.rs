//! Every row of the vendor catalogue, configured as a user would and called for everything it offers: what the
//! upstream sees is what the row says.

use std::{collections::BTreeMap, sync::Arc};

use gateway_providers::{
    Auth, Operation, Quirk,
    operation::{BodyKind, OPERATIONS},
    vendor::{Catalog, VendorRow},
};
use gateway_testkit::{GatewayUnderTest, RecordedRequest, Reply, Request, Response, ScriptedUpstream};
use serde_json::{Value, json};

use crate::support::{assert_error, each, good_upstream};

struct World {
    upstream: ScriptedUpstream,
    gateway: GatewayUnderTest,
    rows: Vec<Arc<VendorRow>>,
}

/// One provider of each vendor, named as the vendor, all below one upstream.
fn world() -> World {
    let rows: Vec<Arc<VendorRow>> = Catalog::builtin().unwrap().iter().filter(|row| row.dialect == "openai").cloned().collect();
    let upstream = ScriptedUpstream::start(good_upstream);
    let config: String =
        rows.iter().map(|row| format!("[providers.{}]\nbase_url = \"{}\"\napi_key = \"{}\"\n", row.id, upstream.url(&base_path(row)), key(row))).collect();
    let gateway = GatewayUnderTest::start(&config, &[]);
    World { upstream, gateway, rows }
}

fn base_path(row: &VendorRow) -> String {
    format!("/at/{}", row.id)
}

fn key(row: &VendorRow) -> String {
    format!("sk-of-{}-0123456789", row.id)
}

/// A small request for an operation, with members that some vendors rename or refuse.
fn request(operation: Operation, model: &str, content: &str) -> Request {
    let path = format!("/v1{}", operation.path());
    if operation.spec().body == BodyKind::Multipart {
        let form = format!(
            "--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n--B\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\n{content}\r\n--B--\r\n"
        );
        return Request::new("POST", &path).header("content-type", "multipart/form-data; boundary=B").body(form);
    }
    let mut body = json!({
        "model": model, "input": content, "prompt": content, "query": content, "documents": [content],
        "messages": [{"role": "user", "content": content}], "voice": "v",
    });
    each(EXTRA, |member| {
        body[*member] = json!(7);
    });
    Request::json(&path, &body)
}

/// Members of a request that vendor rows rename or drop.
const EXTRA: &[&str] =
    &["max_completion_tokens", "seed", "user", "store", "service_tier", "safety_identifier", "dimensions", "parallel_tool_calls", "metadata", "logit_bias_x"];

#[test]
fn every_vendor_is_called_as_its_row_says() {
    let world = world();
    assert!(world.rows.len() >= 35, "{} rows", world.rows.len());
    each(&world.rows, |row| {
        for spec in &OPERATIONS {
            let marker = format!("<{}:{}>", row.id, spec.name);
            let response = world.gateway.send(&request(spec.operation, &format!("{}/up/model:1", row.id), &marker));
            let seen = seen(&world.upstream, &marker);
            if row.operations.contains(&spec.operation) {
                assert_eq!(response.status(), 200, "{marker}: {}", response.text());
                let seen = seen.unwrap_or_else(|| panic!("{marker} did not reach the upstream"));
                assert_call(row, spec.operation, &seen);
                assert_named(row, spec.operation, &response);
            } else {
                assert_error(&marker, &response, 501, "unsupported", "unsupported_operation");
                assert_eq!(response.header("x-should-retry"), Some("false"), "{marker}");
                assert!(seen.is_none(), "{marker}: a call was made");
            }
        }
    });
}

fn seen(upstream: &ScriptedUpstream, marker: &str) -> Option<Arc<RecordedRequest>> {
    upstream.requests().into_iter().find(|request| String::from_utf8_lossy(&request.body).contains(marker))
}

fn assert_call(row: &VendorRow, operation: Operation, seen: &RecordedRequest) {
    let what = format!("{} {operation}", row.id);
    let path = row.path(operation).replace("{model}", "up%2Fmodel%3A1");
    assert_eq!(seen.path(), format!("{}{path}", base_path(row)), "{what}");
    assert_auth(row, seen, &what);
    each(&row.query, |(name, value)| {
        assert!(query(seen).iter().any(|(key, given)| key == name && given == value), "{what}: {}", seen.target());
    });
    each(&row.headers, |(name, value)| {
        assert_eq!(seen.header(name), Some(value.as_str()), "{what}");
    });
    assert_eq!(seen.model().as_deref(), Some("up/model:1"), "{what}");
    if operation.spec().body == BodyKind::Json {
        assert_members(row, &seen.json(), &what);
    }
}

fn query(seen: &RecordedRequest) -> Vec<(String, String)> {
    let query = seen.target().split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The credential is where the row says, and nowhere else.
fn assert_auth(row: &VendorRow, seen: &RecordedRequest, what: &str) {
    let head = String::from_utf8_lossy(&seen.head.raw).into_owned();
    let key = key(row);
    let count = head.matches(&key).count();
    match &row.auth {
        Auth::Bearer | Auth::Aws { .. } | Auth::Google => assert_eq!(seen.header("authorization"), Some(format!("Bearer {key}").as_str()), "{what}"),
        Auth::Header { name } => assert!(seen.header(name.as_str()) == Some(key.as_str()), "{what}: {head}"),
        Auth::Query { name } => assert!(query(seen).contains(&(name.clone(), key)), "{what}: {head}"),
        Auth::None => assert_eq!(count, 0, "{what}: {head}"),
    }
    assert!(count == usize::from(row.auth != Auth::None), "{what}: {head}");
}

fn assert_members(row: &VendorRow, body: &Value, what: &str) {
    each(EXTRA, |member| {
        let kept = body.get(*member).is_some();
        match row.rename.get(*member) {
            _ if row.drop.contains(*member) => assert!(!kept, "{what}: {member} was not dropped"),
            Some(other) => assert!(!kept && body.get(other) == Some(&json!(7)), "{what}: {member} is not {other}: {body}"),
            None => assert!(kept, "{what}: {member} is gone"),
        }
    });
}

/// What was taken out is named to the caller.
fn assert_named(row: &VendorRow, operation: Operation, response: &Response) {
    if operation.spec().body != BodyKind::Json {
        return;
    }
    let named = response.header("x-gateway-dropped").unwrap_or_default();
    each(EXTRA.iter().filter(|member| row.drop.contains(**member)), |member| {
        assert!(named.split(',').any(|name| name.trim() == *member), "{} {operation}: {member} is not among {named:?}", row.id);
    });
}

#[test]
fn every_vendor_streams_with_its_quirks() {
    let world = world();
    for row in world.rows.iter().filter(|row| row.operations.contains(&Operation::Chat)) {
        for (case, options) in [json!(null), json!({"include_usage": true})].iter().enumerate() {
            let marker = format!("<{} stream {case}>", row.id);
            let body = json!({"model": format!("{}/m", row.id), "stream": true, "stream_options": options, "messages": [{"role": "user", "content": marker}]});
            let response = world.gateway.send(&Request::json("/v1/chat/completions", &body));
            assert_eq!((response.status(), response.streamed_text().as_str()), (200, "Hello"), "{marker}: {}", response.text());
            let seen = seen(&world.upstream, &marker).unwrap().json();
            let asks = seen.pointer("/stream_options/include_usage") == Some(&json!(true));
            if row.quirks.contains(&Quirk::NoStreamOptions) {
                assert!(seen.get("stream_options").is_none_or(Value::is_null), "{marker}: {seen}");
            } else {
                assert!(asks, "{marker}: {seen}");
            }
        }
    }
}

/// Each vendor's list is asked for where the row says, with the credential; one that has none is not asked.
#[test]
fn every_vendor_lists_its_models() {
    let world = world();
    let response = world.gateway.send(&Request::get("/v1/models"));
    assert_eq!(response.status(), 200);
    let asked: BTreeMap<String, Arc<RecordedRequest>> = world.upstream.requests().into_iter().map(|request| (request.path().to_owned(), request)).collect();
    each(&world.rows, |row| {
        match row.models.request_path() {
            Some(path) => {
                let path = format!("{}{path}", base_path(row));
                let seen = asked.get(&path).unwrap_or_else(|| panic!("{}: nobody asked {path}", row.id));
                assert_auth(row, seen, &row.id);
            }
            None => assert!(!asked.keys().any(|path| path.starts_with(&format!("{}/", base_path(row)))), "{} was asked", row.id),
        }
        for model in &row.models.static_models {
            assert!(response.text().contains(&format!("\"{}/{model}\"", row.id)), "{}/{model} is not listed", row.id);
        }
    });
}

/// S0-13: a TGI backend has no embeddings, and the gateway says so without asking.
#[test]
fn tgi_embeddings_are_a_structured_501() {
    let upstream = ScriptedUpstream::replying(Reply::status(200));
    let gateway = GatewayUnderTest::start("", &[("BACKEND", "tgi"), ("BACKEND_URL", &upstream.url(""))]);
    each(["/v1/embeddings", "/embeddings"], |path| {
        let response = gateway.send(&Request::post(path, r#"{"model":"BAAI/bge-small-en-v1.5","input":["self hosted chat api"]}"#));
        assert_error("TGI", &response, 501, "unsupported", "unsupported_operation");
        assert_eq!(response.header("x-should-retry"), Some("false"), "SDKs retry a 501");
    });
    assert!(upstream.requests().iter().all(|request| request.method() == "GET"));
}

/// A vendor of the user's own is the same row, written into the configuration.
#[test]
fn a_vendor_of_ones_own() {
    let upstream = ScriptedUpstream::start(good_upstream);
    let config = format!(
        r#"
[vendors.acme]
base_url = "{}"
auth = {{ type = "x-header", name = "x-acme-key" }}
operations = ["chat", "embeddings"]
paths = {{ chat = "/talk/{{model}}" }}
query = {{ version = "7" }}
headers = {{ x-acme = "1" }}
rename = {{ max_completion_tokens = "max_tokens" }}
drop = ["user"]
quirks = ["no_stream_options"]
models = {{ shape = "none", static = ["a/b"] }}

[providers.acme]
api_key = "sk-of-acme-0123456789"
"#,
        upstream.url("/base")
    );
    let gateway = GatewayUnderTest::start(&config, &[]);
    let response = gateway.send(&request(Operation::Chat, "acme/a/b", "hi"));
    assert_eq!(response.status(), 200, "{}", response.text());
    let seen = upstream.requests().pop().unwrap();
    assert_eq!(seen.target(), "/base/talk/a%2Fb?version=7");
    assert_eq!((seen.header("x-acme-key"), seen.header("x-acme"), seen.header("authorization")), (Some("sk-of-acme-0123456789"), Some("1"), None));
    assert_eq!((seen.json()["max_tokens"].clone(), seen.json().get("user").cloned()), (json!(7), None));
    assert_eq!(gateway.send(&request(Operation::Moderations, "acme/a/b", "hi")).status(), 501);
    assert_eq!(gateway.send(&Request::get("/v1/models")).json()["data"][0]["id"], "acme/a/b");
}
