//! From one recording to everything that is asked because of it.

use gateway_testkit::upstream::Chunking;

use crate::{
    ask,
    judge::{self, Problems},
    recording::Recording,
    told::Told,
    upstreams::{Family, Operation, Upstream, operations},
    world::World,
};

/// What is wrong with one recording, and in which of its runs.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// What was done, e.g. `chat, 7 bytes`, and what is wrong with it.
    pub(crate) problems: Vec<(String, String)>,
    /// How many requests were sent for it.
    pub(crate) runs: usize,
    /// What the client got: once for each operation and form.
    pub(crate) emitted: Vec<Emitted>,
}

/// An answer as the client got it.
#[derive(Debug)]
pub(crate) struct Emitted {
    pub(crate) operation: Operation,
    pub(crate) stream: bool,
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
    /// What was found in it; nothing where it is no chat.
    pub(crate) told: Told,
}

/// One way to ask for one recording.
struct Run<'a> {
    world: &'a World,
    recording: &'a Recording,
    family: Family,
    operation: Operation,
    stream: bool,
    chunking: Chunking,
}

/// Asks for a recording in every way that it can be asked for. `None` where there is none.
pub(crate) fn judge(world: &World, recording: &Recording) -> Option<Verdict> {
    let operations = operations(recording);
    if operations.is_empty() {
        return None;
    }
    let mut verdict = Verdict::default();
    for (family, operation) in operations.into_iter().filter(|(_, operation)| *operation != Operation::Models) {
        if !Upstream::configurable().contains(&Upstream::of(recording, family)) {
            verdict.problems.push((format!("{operation:?}"), format!("nobody speaks {family:?} yet")));
            continue;
        }
        let run = |stream, chunking| Run { world, recording, family, operation, stream, chunking };
        if recording.streaming {
            verdict.take_stream(&Chunking::ALL.map(|chunking| run(true, chunking)));
        } else {
            verdict.take(&run(false, Chunking::Whole));
            if operation == Operation::Chat {
                // A whole answer where a stream was asked for is told as the stream that it would have been.
                verdict.take(&run(true, Chunking::Whole));
                verdict.take(&run(true, Chunking::Bytes(7)));
            }
        }
    }
    Some(verdict)
}

impl Verdict {
    /// A stream says the same however it is cut.
    fn take_stream(&mut self, runs: &[Run<'_>; 4]) {
        let mut told = runs.each_ref().map(|run| self.take(run));
        told.iter_mut().for_each(|told| told.forget_made_ids(&runs[0].recording.reply.body));
        for (run, other) in runs.iter().zip(&told) {
            if *other != told[0] {
                self.problems.push((run.to_string(), "it is told differently than in one piece".to_owned()));
            }
        }
    }

    fn take(&mut self, run: &Run<'_>) -> Told {
        self.runs += 1;
        let (problems, told, emitted) = run.judge();
        self.problems.extend(problems.into_iter().map(|problem| (run.to_string(), problem)));
        let is_known = |known: &Emitted| (known.operation, known.stream) == (emitted.operation, emitted.stream);
        if !self.emitted.iter().any(is_known) {
            self.emitted.push(emitted);
        }
        told
    }
}

impl Run<'_> {
    fn judge(&self) -> (Problems, Told, Emitted) {
        let Self { recording, family, operation, stream, .. } = *self;
        let upstream = Upstream::of(recording, family);
        let passed = family == Family::OpenAi;
        let model = if recording.model.is_empty() { "some-model" } else { &recording.model };
        let ask = |model: &str, mark: &str| ask::request(recording, operation, (model, mark), stream, passed);
        let response = self.world.ask(&upstream.name(), model, &recording.reply, self.chunking, ask);
        let is_chat = operation == Operation::Chat;
        let (mut problems, told) = if recording.status() >= 400 {
            (judge::error(recording, family, &response), Told::default())
        } else if recording.is_faulted() && is_chat {
            (judge::faulted(recording, &response), Told::default())
        } else if is_chat && passed && stream == recording.streaming {
            judge::passed_chat(recording, &response, stream)
        } else if is_chat {
            judge::chat(recording, family, &response, stream)
        } else if passed {
            (judge::passed(recording, &response, stream), Told::default())
        } else if operation == Operation::Rerank {
            (judge::ranking(recording, &response), Told::default())
        } else {
            (judge::vectors(recording, &response), Told::default())
        };
        if response.text().contains(crate::world::KEY) {
            problems.push("the gateway's credential is in the answer".to_owned());
        }
        let content_type = response.header("content-type").unwrap_or_default().to_owned();
        let emitted = Emitted { operation, stream, status: response.status(), content_type, body: response.text(), told: told.clone() };
        (problems, told, emitted)
    }
}

impl std::fmt::Display for Run<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} as {:?}", self.operation, self.family)?;
        if self.stream {
            write!(f, ", streamed, {:?}", self.chunking)?;
        }
        Ok(())
    }
}
