//! A provider of your own beside the built-in ones: it echoes what it is told.
//!
//! `cargo run -p gateway-providers --example custom_provider`

use std::sync::Arc;

use async_trait::async_trait;
use gateway_client::transport::TransportResponse;
use gateway_providers::{
    Call, CallError, Operation, Payload, Provider, Registry, Reply, ReplyBody, TranslateError,
    demo::{DemoConfig, DemoProvider},
    provider::{ModelListing, ProxyRequest},
    typed::ProviderExt,
};
use gateway_types::chat::{
    ChatChoice, ChatRequest, ChatResponse, FinishReason, Message, ResponseMessage,
};
use http::{HeaderMap, StatusCode};

#[derive(Debug)]
struct Echo;

impl Echo {
    fn unsupported(operation: Operation) -> CallError {
        TranslateError::UnsupportedOperation {
            provider: "echo".to_owned(),
            operation,
        }
        .into()
    }
}

#[async_trait]
impl Provider for Echo {
    fn name(&self) -> &str {
        "echo"
    }

    fn vendor(&self) -> &str {
        "echo"
    }

    fn supports(&self, operation: Operation) -> bool {
        operation == Operation::Chat
    }

    async fn call(&self, call: Call) -> Result<Reply, CallError> {
        let Payload::Json(body) = &call.payload else {
            return Err(Self::unsupported(call.operation));
        };
        let invalid = |error: serde_json::Error| TranslateError::InvalidValue {
            param: "messages".to_owned(),
            message: error.to_string(),
        };
        let request: ChatRequest = serde_json::from_slice(body.bytes()).map_err(invalid)?;
        let said = serde_json::to_string(&request.messages).map_err(invalid)?;
        let choice = ChatChoice::new(0, ResponseMessage::new(said), FinishReason::Stop);
        let answer = ChatResponse::new("echo-1", 0, call.model, [choice]);
        let bytes = serde_json::to_vec(&answer).map_err(invalid)?.into();
        let body = ReplyBody::Whole { bytes, usage: None };
        Ok(Reply {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body,
        })
    }

    async fn models(&self) -> Result<ModelListing, CallError> {
        Ok(ModelListing::default())
    }

    async fn proxy(&self, _request: ProxyRequest) -> Result<TransportResponse, CallError> {
        Err(Self::unsupported(Operation::Chat))
    }
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut registry = Registry::new();
    registry.register(Arc::new(Echo))?;
    registry.register(Arc::new(DemoProvider::new(DemoConfig::default())?))?;
    for provider in registry.iter() {
        let request = ChatRequest::new("chat", [Message::user("Hello there")]);
        let answer = provider.chat(&request).await?;
        println!("{}: {}", provider.name(), answer.text().unwrap_or_default());
    }
    Ok(())
}
