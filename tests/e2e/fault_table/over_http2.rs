//! A client that speaks HTTP/2 with prior knowledge.

use bytes::Bytes;
use futures::StreamExt as _;
use gateway_client::transport::{HttpTransport, HttpTransportConfig, HttpVersion, RequestBody, Transport as _, TransportRequest};
use gateway_e2e::fault_table::Case;
use gateway_testkit::{Head, Response, client::End, runtime};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::json;

pub(super) fn client() -> HttpTransport {
    let mut config = HttpTransportConfig::default();
    config.http_version = HttpVersion::Http2;
    let _guard = runtime().enter();
    HttpTransport::new(config).unwrap()
}

/// Asks for what a case asks for, and gives the answer in the form in which it is judged.
pub(super) fn send(client: &HttpTransport, url: &str, case: Case, model: &str) -> Response {
    let body = json!({"model": model, "messages": [{"role": "user", "content": "Hello"}], "stream": case.stream}).to_string();
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(patience) = case.row.patience {
        headers.insert("x-opengateway-timeout", HeaderValue::from_static(patience));
    }
    let request = TransportRequest { method: Method::POST, url: url.parse().unwrap(), headers, body: RequestBody::Full(body.into()), head_timeout: None };
    runtime().block_on(async {
        let mut answer = client.send(request).await.unwrap();
        let head = head_of(answer.status.as_u16(), &answer.headers);
        let (mut body, mut end) = (Vec::new(), End::Complete);
        while let Some(piece) = answer.body.next().await {
            match piece {
                Ok(bytes) => body.extend_from_slice(&bytes),
                Err(_) => end = End::Reset,
            }
        }
        Response { head, body: Bytes::from(body), pieces: Vec::new(), end }
    })
}

fn head_of(status: u16, headers: &HeaderMap) -> Head {
    let headers: Vec<(String, String)> = headers.iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
    let raw = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<String>();
    Head { start_line: format!("HTTP/2 {status}"), headers, raw: raw.into() }
}
