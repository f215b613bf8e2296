//! The gateway, and behind it one upstream that answers as any recorded provider did.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use gateway_testkit::{
    GatewayUnderTest, RecordedRequest, Reply, Request, Response, ScriptedUpstream,
    upstream::{Chunking, RecordedReply},
};
use serde_json::json;

use crate::upstreams::Upstream;

/// The credential that the gateway holds for every provider.
pub(crate) const KEY: &str = "sk-corpus-canary-0123456789";

/// One recording is one attempt, and the next one is asked for whatever became of it. The access log would have some
/// thousand lines that tell nobody anything.
pub(crate) const ALONE: &str = "[logging]\naccess = false\n\n[resilience]\nattempts = 1\nbreaker = false\n\n";

/// What stands before the number of an answer in a text of the request, which every dialect carries on.
const MARK: &str = "mark-";

/// A gateway with a provider for every row of the table, and the answers that are waiting to be asked for.
pub(crate) struct World {
    gateway: GatewayUnderTest,
    answers: Arc<Answers>,
    _upstream: ScriptedUpstream,
}

#[derive(Default)]
struct Answers(Mutex<Vec<Option<(RecordedReply, Chunking)>>>);

impl World {
    pub(crate) fn start() -> Self {
        let answers = Arc::new(Answers::default());
        let script = Arc::clone(&answers);
        let upstream = ScriptedUpstream::start(move |request| script.answer(request));
        // Vertex stands for two families under one name.
        let by_name: BTreeMap<String, _> = Upstream::configurable().into_iter().map(|row| (row.name(), row)).collect();
        let tables: String = by_name.iter().map(|(name, row)| row.table(name, &upstream.url(""), KEY)).collect();
        Self { gateway: GatewayUnderTest::start(&format!("{ALONE}{tables}"), &[("ENABLE_VISION", "true")]), answers, _upstream: upstream }
    }

    /// Asks the gateway; the provider behind it answers with this recording. `ask` makes the request for the model,
    /// with the mark that it is given.
    pub(crate) fn ask(&self, provider: &str, model: &str, reply: &RecordedReply, chunking: Chunking, ask: impl FnOnce(&str, &str) -> Request) -> Response {
        let number = self.answers.put(reply.clone(), chunking);
        let response = self.gateway.send(&ask(&format!("{provider}/{model}"), &format!("{MARK}{number}-")));
        self.answers.take(number);
        response
    }
}

impl Answers {
    fn put(&self, reply: RecordedReply, chunking: Chunking) -> usize {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.push(Some((reply, chunking)));
        answers.len() - 1
    }

    fn take(&self, number: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[number] = None;
    }

    fn answer(&self, request: &RecordedRequest) -> Reply {
        let body = String::from_utf8_lossy(&request.body);
        let number = marked(&body);
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match number.and_then(|number| answers.get(number)?.as_ref()) {
            Some((reply, chunking)) => reply.reply(*chunking),
            None => Reply::json(404, &json!({"error": {"message": format!("nothing was recorded for {}", request.target())}})),
        }
    }
}

fn marked(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once(MARK)?;
    rest.split_once('-')?.0.parse().ok()
}
