//! The typed client over a transport that follows a script.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use gateway_types::chat::{ChatRequest, Message};
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::{Client, ClientBuilder, ClientError};
use crate::transport::{
    RequestBody, Transport, TransportError, TransportErrorKind, TransportRequest, TransportResponse,
};

/// What the upstream does after its last chunk.
#[derive(Debug, Clone, Copy)]
enum End {
    Clean,
    Broken,
    Silent,
}

#[derive(Debug)]
struct Script {
    status: u16,
    content_type: &'static str,
    chunks: Vec<Bytes>,
    end: End,
    requests: Mutex<Vec<TransportRequest>>,
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        self.requests.lock().unwrap().push(request);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert("x-request-id", HeaderValue::from_static("req-1"));
        headers.insert("retry-after", HeaderValue::from_static("3"));
        let chunks = stream::iter(self.chunks.clone()).map(Ok);
        let broken = TransportError::new(TransportErrorKind::Body, "reset");
        let body = match self.end {
            End::Clean => chunks.boxed(),
            End::Broken => chunks.chain(stream::once(async { Err(broken) })).boxed(),
            End::Silent => chunks.chain(stream::pending()).boxed(),
        };
        Ok(TransportResponse {
            status: StatusCode::from_u16(self.status).unwrap(),
            headers,
            body,
        })
    }
}

fn script(status: u16, content_type: &'static str, body: &str, end: End) -> Arc<Script> {
    let chunks = body
        .as_bytes()
        .chunks(7)
        .map(Bytes::copy_from_slice)
        .collect();
    Arc::new(Script {
        status,
        content_type,
        chunks,
        end,
        requests: Mutex::default(),
    })
}

fn builder(script: &Arc<Script>) -> ClientBuilder {
    Client::builder("http://gateway/v1/")
        .api_key("sk-SECRET")
        .idle_timeout(Duration::from_millis(20))
        .transport(script.clone())
}

fn request() -> ChatRequest {
    ChatRequest::new("demo/chat", [Message::user("hi")])
}

const JSON: &str = "application/json";
const SSE: &str = "text/event-stream; charset=utf-8";

fn piece(text: &str) -> String {
    let chunk = json!({"id": "c", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    format!("data: {chunk}\n\n")
}

const STOP: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// The text of a streamed answer, and how the stream ended.
async fn streamed(body: &str, end: End) -> (String, Option<ClientError>) {
    let client = builder(&script(200, SSE, body, end)).build().unwrap();
    let mut stream = client.chat_stream(&request()).await.unwrap();
    let mut text = String::new();
    while let Some(item) = stream.next().await {
        match item {
            Ok(chunk) => text.push_str(&chunk.text().unwrap_or_default()),
            Err(error) => {
                assert!(
                    stream.next().await.is_none(),
                    "something came after the error"
                );
                return (text, Some(error));
            }
        }
    }
    (text, None)
}

#[tokio::test]
async fn a_request_is_what_it_should_be() {
    let answer = json!({"choices": [{"index": 0, "message": {"content": "hello"}, "finish_reason": "stop"}]});
    let script = script(200, JSON, &answer.to_string(), End::Clean);
    let client = builder(&script).build().unwrap();
    let response = client.chat(&request().with_stream(true)).await.unwrap();
    assert_eq!(response.text().as_deref(), Some("hello"));

    let sent = script.requests.lock().unwrap().pop().unwrap();
    assert_eq!(sent.url.as_str(), "http://gateway/v1/chat/completions");
    assert_eq!(sent.headers["authorization"], "Bearer sk-SECRET");
    assert!(sent.headers["authorization"].is_sensitive());
    assert_eq!(sent.headers["content-type"], "application/json");
    let RequestBody::Full(body) = sent.body else {
        panic!("{:?}", sent.body)
    };
    assert_eq!(
        serde_json::from_slice::<Value>(&body).unwrap(),
        json!({"model": "demo/chat", "messages": [{"role": "user", "content": "hi"}]})
    );
    for shown in [
        format!("{client:?}"),
        format!("{:?}", builder(&script)),
        format!("{:?}", sent.headers),
    ] {
        assert!(!shown.contains("SECRET"), "{shown}");
    }
}

#[tokio::test]
async fn a_stream_request_says_so() {
    let script = script(200, SSE, &(piece("a") + STOP + DONE), End::Clean);
    builder(&script)
        .build()
        .unwrap()
        .chat_stream(&request())
        .await
        .unwrap();
    let sent = script.requests.lock().unwrap().pop().unwrap();
    assert_eq!(sent.headers["accept"], "text/event-stream");
    let RequestBody::Full(body) = sent.body else {
        panic!("{:?}", sent.body)
    };
    assert_eq!(
        serde_json::from_slice::<Value>(&body).unwrap()["stream"],
        true
    );
}

#[tokio::test]
async fn a_models_name_stays_one_part_of_the_path() {
    let script = script(200, JSON, r#"{"id":"Qwen/Qwen3"}"#, End::Clean);
    let client = builder(&script).build().unwrap();
    assert_eq!(client.model("Qwen/Qwen3").await.unwrap().id, "Qwen/Qwen3");
    let sent = script.requests.lock().unwrap().pop().unwrap();
    assert_eq!(sent.url.as_str(), "http://gateway/v1/models/Qwen%2FQwen3");
    assert!(matches!(
        client.model("..").await,
        Err(ClientError::Path(_))
    ));
}

#[tokio::test]
async fn an_error_status_is_an_api_error() {
    let body = r#"{"error":{"message":"slow down","type":"rate_limit_exceeded","param":null,"code":"rpm"}}"#;
    let client = builder(&script(429, JSON, body, End::Clean))
        .build()
        .unwrap();
    let Err(ClientError::Api(error)) = client.chat(&request()).await else {
        panic!("no API error")
    };
    assert_eq!(error.status, 429);
    assert_eq!(error.error.code_text(), Some("rpm"));
    assert_eq!(error.request_id.as_deref(), Some("req-1"));
    assert_eq!(error.retry_after, Some(Duration::from_secs(3)));
    assert_eq!(error.body, body);
    assert_eq!(error.to_string(), "429: slow down (request req-1)");
}

#[tokio::test]
async fn an_error_with_a_good_status_is_an_error() {
    let body = r#"{"error":"no such model"}"#;
    let client = builder(&script(200, JSON, body, End::Clean))
        .build()
        .unwrap();
    assert!(matches!(
        client.chat(&request()).await,
        Err(ClientError::Api(_))
    ));
    assert!(matches!(
        client.chat_stream(&request()).await,
        Err(ClientError::Api(_))
    ));
}

#[tokio::test]
async fn what_is_no_answer_is_decode() {
    for (content_type, body) in [
        ("text/html", "<html>"),
        (JSON, "{}"),
        (JSON, ""),
        (JSON, "{\"choices\":"),
    ] {
        let client = builder(&script(200, content_type, body, End::Clean))
            .build()
            .unwrap();
        assert!(
            matches!(
                client.chat(&request()).await,
                Err(ClientError::Decode { .. })
            ),
            "{body}"
        );
        let stream = client.chat_stream(&request()).await;
        assert!(matches!(stream, Err(ClientError::Decode { .. })), "{body}");
    }
}

#[tokio::test]
async fn limits_hold() {
    let client = builder(&script(200, JSON, &"x".repeat(200), End::Clean)).max_answer_bytes(100);
    let result = client.build().unwrap().chat(&request()).await;
    assert!(matches!(result, Err(ClientError::TooLarge(_))));

    let client = builder(&script(200, JSON, "{", End::Silent))
        .build()
        .unwrap();
    assert!(matches!(
        client.chat(&request()).await,
        Err(ClientError::Stalled { .. })
    ));

    let client = builder(&script(200, JSON, "{", End::Broken))
        .build()
        .unwrap();
    assert!(matches!(
        client.chat(&request()).await,
        Err(ClientError::Transport(_))
    ));
}

#[tokio::test]
async fn complete_streams_end_well() {
    let bodies = [
        piece("a") + &piece("b") + STOP + DONE,
        piece("a") + &piece("b") + STOP,
        piece("a") + &piece("b") + DONE,
        piece("a") + &piece("b") + STOP + "data: [DONE] \r\n\r\n",
        "\u{feff}: hi\n\n".to_owned()
            + &piece("a")
            + "event: ping\ndata:\n\nretry: 5\n\nid: 1\n\n"
            + &piece("b")
            + STOP
            + DONE,
        (piece("a") + &piece("b") + STOP + DONE).replace('\n', "\r\n"),
        piece("a") + &piece("b") + STOP.trim_end(),
        piece("a") + "\u{feff}x: 1\n" + &piece("b") + STOP + DONE,
        piece("a") + &piece("b") + "data: {\"error\":null,\"choices\":[]}\n\n" + STOP + DONE,
    ];
    for body in bodies {
        let (text, error) = streamed(&body, End::Clean).await;
        assert!(text == "ab" && error.is_none(), "{body}: {text} {error:?}");
    }
}

#[tokio::test]
async fn what_comes_after_the_last_word_takes_nothing_away() {
    for (body, end) in [
        (piece("ab") + STOP, End::Broken),
        (piece("ab") + STOP, End::Silent),
        (piece("ab") + STOP + DONE, End::Broken),
        (
            piece("ab") + STOP + DONE + "data: {\"error\":{}}\n\n",
            End::Silent,
        ),
    ] {
        let (text, error) = streamed(&body, end).await;
        assert!(text == "ab" && error.is_none(), "{body}: {text} {error:?}");
    }
}

#[tokio::test]
async fn a_stream_that_only_stops_is_truncated() {
    let second_answer_open = STOP.replace("\"index\":0", "\"index\":1") + &piece("ab");
    for body in [
        piece("ab"),
        String::new(),
        DONE.to_owned(),
        ": hi\n\n".to_owned(),
        second_answer_open,
    ] {
        let (_, error) = streamed(&body, End::Clean).await;
        assert!(
            matches!(error, Some(ClientError::Truncated)),
            "{body}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_stream_that_breaks_or_stalls_says_so() {
    let (text, error) = streamed(&piece("ab"), End::Broken).await;
    assert!(
        text == "ab" && matches!(error, Some(ClientError::Transport(_))),
        "{error:?}"
    );
    let (text, error) = streamed(&piece("ab"), End::Silent).await;
    assert!(
        text == "ab" && matches!(error, Some(ClientError::Stalled { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_error_inside_a_stream_is_an_error() {
    for event in [
        r#"data: {"error":{"message":"boom","type":"server_error"}}"#,
        r#"data: {"error":"boom"}"#,
        "event: error\ndata: {\"type\":\"overloaded\",\"message\":\"boom\"}",
        r#"{"error":{"message":"boom"}}"#,
    ] {
        let (text, error) = streamed(&(piece("ab") + event + "\n\n" + DONE), End::Clean).await;
        let Some(ClientError::Api(error)) = error else {
            panic!("{event}: {error:?}")
        };
        assert_eq!(
            (text.as_str(), error.error.message.as_str()),
            ("ab", "boom"),
            "{event}"
        );
    }
}

#[tokio::test]
async fn nonsense_inside_a_stream_is_decode() {
    for event in ["data: {\"choices\"", "data: 5", "<html>", "hello"] {
        let (_, error) = streamed(&(piece("ab") + event + "\n\n" + STOP + DONE), End::Clean).await;
        assert!(
            matches!(error, Some(ClientError::Decode { .. })),
            "{event}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_stream_is_put_together() {
    let client = builder(&script(
        200,
        SSE,
        &(piece("a") + &piece("b") + STOP + DONE),
        End::Clean,
    ))
    .build()
    .unwrap();
    let response = client
        .chat_stream(&request())
        .await
        .unwrap()
        .collect_response()
        .await
        .unwrap();
    assert_eq!(response.text().as_deref(), Some("ab"));
    assert_eq!(
        response.finish_reason().map(ToString::to_string).as_deref(),
        Some("stop")
    );
}

#[test]
fn what_cannot_be_sent_is_refused_when_the_client_is_made() {
    assert!(matches!(
        Client::builder("gateway").build(),
        Err(ClientError::BaseUrl(_))
    ));
    let error = Client::builder("http://gateway")
        .api_key("a\nSECRET")
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the value of header authorization has a character that no header may have"
    );
}
