//! A small dialect over a scripted transport: what every dialect gets from the provider around it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use gateway_client::transport::{
    RequestBody, Transport, TransportError, TransportErrorKind, TransportRequest, TransportResponse,
};
use gateway_types::{chat::FinishReason, json::RawObject};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::TranslatedProvider;
use crate::{
    Call, CallError, Catalog, Fault, FaultKind, Operation, Payload, Provider, ProviderInput,
    ProviderSettings, ReplyBody, TranslateError,
    answer::AnswerWriter,
    call::Timeouts,
    dialects::{
        AnswerDecoder, Ask, Decoder, Dialect, Encoded, Flow, ModelsPage, NativePath, NativeRequest,
        dropped::Dropped, native_error,
    },
    fault::UpstreamError,
    framing::NativeEvent,
    listed,
};

/// Speaks `{"say":"..."}` events, `{"end":true}` at the end, and `{"go_on":"token"}` where more is to be asked for.
#[derive(Debug)]
struct Parrot;

#[derive(Debug, Default)]
struct ParrotDecoder {
    next: Option<String>,
}

fn request(body: &Value) -> NativeRequest {
    let path = NativePath::new(["say", "a/b"])
        .with_verb("now")
        .with_query("q", "1 2");
    NativeRequest::post(path, body.to_string())
}

impl Dialect for Parrot {
    fn name(&self) -> &'static str {
        "parrot"
    }

    fn operations(&self) -> &'static [Operation] {
        &[Operation::Chat]
    }

    fn encode(&self, ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
        let chat = ask.chat()?;
        let mut dropped = Dropped::default();
        dropped.rest(
            "",
            &chat,
            &["model", "messages", "stream", "stream_options"],
        );
        Ok(Encoded {
            requests: vec![request(&json!({"of": ask.model}))],
            dropped: dropped.into_names(),
            decoder: Decoder::Chat(Box::new(ParrotDecoder::default())),
        })
    }

    fn error(&self, status: StatusCode, _: &HeaderMap, body: &Bytes) -> UpstreamError {
        let message = String::from_utf8_lossy(body).into_owned();
        native_error::with_status(
            status,
            native_error::NativeError {
                message: Some(message),
                code: Some("parrot_error".to_owned()),
                ..Default::default()
            },
        )
    }

    fn models_path(&self, _: &ProviderSettings, page: Option<&str>) -> Option<NativePath> {
        let path = NativePath::new(["birds"]);
        Some(match page {
            Some(page) => path.with_query("page", page),
            None => path,
        })
    }

    fn models_page(
        &self,
        settings: &ProviderSettings,
        answer: &Bytes,
    ) -> Result<ModelsPage, Box<Fault>> {
        let answer: Value = serde_json::from_slice(answer)
            .map_err(|_| Fault::new(FaultKind::InvalidResponse, "no list"))?;
        let model = answer["bird"].as_str().unwrap_or_default();
        Ok(ModelsPage {
            models: listed::model(model, 0, &settings.name, None)
                .into_iter()
                .collect(),
            next: answer["next"].as_str().map(str::to_owned),
        })
    }
}

impl AnswerDecoder for ParrotDecoder {
    fn event(
        &mut self,
        event: &NativeEvent,
        answer: &mut AnswerWriter,
    ) -> Result<Flow, Box<Fault>> {
        let event: Value = serde_json::from_slice(&event.data)
            .map_err(|_| Fault::new(FaultKind::Protocol, "no JSON"))?;
        answer.text(0, event["say"].as_str().unwrap_or_default());
        if let Some(token) = event["go_on"].as_str() {
            self.next = Some(token.to_owned());
            return Ok(Flow::Complete);
        }
        if event["end"] == true {
            answer.finish(0, FinishReason::Stop, Some("done"));
            return Ok(Flow::Complete);
        }
        Ok(Flow::More)
    }

    fn whole(&mut self, body: &Bytes, answer: &mut AnswerWriter) -> Result<(), Box<Fault>> {
        let event = NativeEvent {
            kind: crate::framing::EventKind::Event,
            name: None,
            data: body.clone(),
        };
        self.event(&event, answer).map(drop)
    }

    fn follow_up(&mut self) -> Option<NativeRequest> {
        self.next
            .take()
            .map(|token| request(&json!({"token": token})))
    }
}

/// Answers in order; remembers what it was asked.
#[derive(Debug)]
struct Script {
    answers: Mutex<Vec<(u16, &'static str, bool)>>,
    asked: Mutex<Vec<(Method, String, String)>>,
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        let body = match request.body {
            RequestBody::Full(body) => String::from_utf8_lossy(&body).into_owned(),
            _ => String::new(),
        };
        let url = request.url.to_string();
        self.asked.lock().unwrap().push((request.method, url, body));
        let (status, text, broken) = self.answers.lock().unwrap().remove(0);
        let pieces = text
            .as_bytes()
            .chunks(5)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)));
        let mut pieces: Vec<_> = pieces.collect();
        if broken {
            pieces.push(Err(TransportError::new(TransportErrorKind::Body, "reset")));
        }
        Ok(TransportResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: stream::iter(pieces).boxed(),
        })
    }
}

fn provider(answers: &[(u16, &'static str, bool)]) -> (TranslatedProvider, Arc<Script>) {
    let catalog = Catalog::builtin().unwrap();
    let mut input = ProviderInput::new(Arc::clone(catalog.get("vllm").unwrap()));
    input.base_url = Some("http://upstream.test/v1?x".replace("?x", ""));
    let settings = Arc::new(ProviderSettings::resolve(input).unwrap());
    let script = Arc::new(Script {
        answers: Mutex::new(answers.to_vec()),
        asked: Mutex::default(),
    });
    let signer = Arc::new(settings.credential.clone());
    let transport: Arc<dyn Transport> = script.clone();
    (
        TranslatedProvider::new(settings, transport, signer, Arc::new(Parrot)),
        script,
    )
}

fn call(stream: bool, body: &Value) -> Call {
    let body = RawObject::parse(body.to_string().into(), Default::default()).unwrap();
    Call {
        operation: Operation::Chat,
        model: "grey".to_owned(),
        payload: Payload::Json(body),
        stream,
        count_tokens: true,
        strict: false,
        headers: HeaderMap::new(),
        timeouts: Timeouts::default(),
    }
}

async fn streamed(answers: &[(u16, &'static str, bool)]) -> (String, Option<FaultKind>) {
    let (provider, _) = provider(answers);
    let body = json!({"model": "grey", "messages": []});
    let reply = match provider.call(call(true, &body)).await {
        Ok(reply) => reply,
        Err(CallError::Fault(fault)) => return (String::new(), Some(fault.kind)),
        Err(error) => panic!("{error}"),
    };
    let ReplyBody::Events(events) = reply.body else {
        panic!("no stream");
    };
    let mut text = String::new();
    let mut fault = None;
    for item in events.collect::<Vec<_>>().await {
        match item {
            Ok(batch) => text.push_str(std::str::from_utf8(&batch.bytes).unwrap()),
            Err(error) => fault = Some(error.kind),
        }
    }
    (text, fault)
}

#[tokio::test]
async fn an_answer_over_several_requests_is_one_stream() {
    let parts = [
        (
            200,
            "data: {\"say\":\"one \"}\r\n\r\ndata: {\"go_on\":\"t1\"}\r\n\r\n",
            false,
        ),
        (
            200,
            "data: {\"say\":\"two\"}\n\ndata: {\"end\":true}\n\n",
            false,
        ),
    ];
    let (text, fault) = streamed(&parts).await;
    assert_eq!(fault, None);
    assert_eq!(text.matches("[DONE]").count(), 1);
    assert_eq!(text.matches("\"finish_reason\":\"stop\"").count(), 1);
    assert!(text.contains("\"content\":\"one \"") && text.contains("\"content\":\"two\""));
}

#[tokio::test]
async fn a_stream_without_its_end_is_never_a_success() {
    for (answer, broken, expected) in [
        ("data: {\"say\":\"one\"}\n\n", false, FaultKind::Truncated),
        ("data: {\"say\":\"one\"}\n\n", true, FaultKind::Reset),
        (
            "data: {\"say\":\"one\"}\n\ndata: [DONE]\n\n",
            false,
            FaultKind::Truncated,
        ),
        ("", false, FaultKind::Empty),
        (
            "data: {\"say\":\"one\"}\n\nhello\n\n",
            false,
            FaultKind::Protocol,
        ),
        ("data: {\"say\"\n\n", false, FaultKind::Protocol),
    ] {
        let (text, fault) = streamed(&[(200, answer, broken)]).await;
        assert_eq!(fault, Some(expected), "{answer:?}");
        assert!(!text.contains("[DONE]"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_whole_answer_tells_what_was_dropped_and_where_it_was_asked() {
    let (provider, script) = provider(&[
        (200, "{\"say\":\"one \",\"go_on\":\"t1\"}", false),
        (200, "{\"say\":\"two\",\"end\":true}", false),
    ]);
    let body = json!({
        "model": "grey", "messages": [], "seed": 1, "mine": true,
        "provider_options": {"parrot": {"loud": true}, "crow": {}},
    });
    let reply = provider.call(call(false, &body)).await.unwrap();
    assert_eq!(
        reply.headers["x-gateway-dropped"],
        "seed, mine, provider_options.crow"
    );
    let ReplyBody::Whole { bytes, .. } = reply.body else {
        panic!("no whole answer");
    };
    let told: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(told["choices"][0]["message"]["content"], "one two");
    let asked = script.asked.lock().unwrap();
    let (method, url, sent) = &asked[0];
    assert_eq!(method, Method::POST);
    assert_eq!(url, "http://upstream.test/v1/say/a%2Fb:now?q=1+2");
    assert_eq!(sent, r#"{"of":"grey","loud":true}"#);
}

#[tokio::test]
async fn errors_are_told_in_one_shape() {
    let (provider, _) = provider(&[(529, "no seeds", false)]);
    let body = json!({"model": "grey", "messages": []});
    let Err(CallError::Fault(fault)) = provider.call(call(false, &body)).await else {
        panic!("an error was asked for");
    };
    let upstream = fault.upstream.unwrap();
    assert_eq!(upstream.status.as_u16(), 529);
    let body: Value = serde_json::from_slice(&upstream.body.unwrap()).unwrap();
    assert_eq!(
        body,
        json!({"error": {
            "message": "no seeds", "type": "overloaded_error", "param": null, "code": "parrot_error",
        }})
    );
}

#[tokio::test]
async fn every_page_of_models_is_read() {
    let (provider, script) = provider(&[
        (200, "{\"bird\":\"grey\",\"next\":\"p2\"}", false),
        (200, "{\"bird\":\"red\"}", false),
    ]);
    let listing = provider.models().await.unwrap();
    let ids: Vec<_> = listing
        .models
        .iter()
        .map(|model| model.id.as_str())
        .collect();
    assert_eq!(ids, ["grey", "red"]);
    assert!(
        script.asked.lock().unwrap()[1]
            .1
            .ends_with("/v1/birds?page=p2")
    );
}

#[tokio::test]
async fn a_body_that_is_no_chat_is_refused_by_its_member() {
    let (provider, script) = provider(&[]);
    let body = json!({"model": "grey", "messages": [{"role": "user", "content": 5}]});
    let Err(CallError::Translate(TranslateError::InvalidValue { param, message })) =
        provider.call(call(false, &body)).await
    else {
        panic!("an error was asked for");
    };
    assert!(param.starts_with("messages[0]"), "{param}: {message}");
    assert!(script.asked.lock().unwrap().is_empty());
}
