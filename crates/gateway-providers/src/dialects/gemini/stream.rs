//! What reads the answers, whole and in events.
//!
//! Spec: <https://ai.google.dev/api/generate-content#GenerateContentResponse>. Events are answers of the same
//! shape; there is none that says that the stream is over: it is complete when its candidates have ended.

use std::collections::BTreeSet;

use bytes::Bytes;
use gateway_types::Usage;
use serde_json::{Map, Value};

use super::{api::Api, choice::ChoiceState, fault, response, wire::answer::Answer};
use crate::{
    Fault, FaultKind,
    answer::AnswerWriter,
    dialects::{AnswerDecoder, Flow, NativeRequest},
    framing::NativeEvent,
};

/// Reads one answer, over as many requests as it takes.
#[derive(Debug)]
pub(super) struct GeminiDecoder {
    api: &'static Api,
    /// Names of functions that stand for custom tools.
    custom: BTreeSet<String>,
    choices: Vec<ChoiceState>,
    /// The request as it went out, to be sent again with a token.
    request: Option<NativeRequest>,
    /// The token with which the answer goes on.
    token: Option<String>,
    /// What earlier requests of this answer used.
    before: Option<Usage>,
    /// What all requests used so far.
    so_far: Option<Usage>,
}

impl GeminiDecoder {
    pub(super) fn new(api: &'static Api, custom: BTreeSet<String>) -> Self {
        Self {
            api,
            custom,
            choices: Vec::new(),
            request: None,
            token: None,
            before: None,
            so_far: None,
        }
    }

    fn read(&mut self, native: Answer<'_>, answer: &mut AnswerWriter) -> Result<(), Box<Fault>> {
        if let Some(error) = native.error {
            return Err(fault::in_answer(error.get()));
        }
        let reading = response::Reading {
            finish_reasons: self.api.finish_reasons,
            custom: &self.custom,
            before: self.before.as_ref(),
        };
        let token = response::read(&reading, native, &mut self.choices, answer)?;
        self.token = token.or(self.token.take());
        self.so_far = answer.usage_so_far().cloned();
        Ok(())
    }
}

impl AnswerDecoder for GeminiDecoder {
    fn sent(&mut self, request: &NativeRequest) {
        self.request = Some(request.clone());
    }

    fn event(
        &mut self,
        event: &NativeEvent,
        answer: &mut AnswerWriter,
    ) -> Result<Flow, Box<Fault>> {
        let native = serde_json::from_slice(&event.data)
            .map_err(|error| broken(FaultKind::Protocol, &error))?;
        self.read(native, answer)?;
        Ok(Flow::More)
    }

    fn whole(&mut self, body: &Bytes, answer: &mut AnswerWriter) -> Result<(), Box<Fault>> {
        let wrong = |error| broken(FaultKind::InvalidResponse, &error);
        if body.trim_ascii_start().first() != Some(&b'[') {
            return self.read(serde_json::from_slice(body).map_err(wrong)?, answer);
        }
        // As a stream without `alt=sse` comes.
        let natives: Vec<Answer<'_>> = serde_json::from_slice(body).map_err(wrong)?;
        natives
            .into_iter()
            .try_for_each(|native| self.read(native, answer))
    }

    fn follow_up(&mut self) -> Option<NativeRequest> {
        let token = self.token.take()?;
        let mut request = self.request.clone()?;
        let mut body: Map<String, Value> = serde_json::from_slice(&request.body).ok()?;
        body.insert("continuationToken".to_owned(), token.into());
        self.before = self.so_far.take();
        request.body = Value::Object(body).to_string().into();
        Some(request)
    }
}

fn broken(kind: FaultKind, error: &serde_json::Error) -> Box<Fault> {
    Box::new(Fault::new(
        kind,
        format!("no answer of this protocol: {error}"),
    ))
}
