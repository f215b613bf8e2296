//! The table as the programs with the official SDKs are told it: whom to ask, and what has to come of it.

use std::sync::Arc;

use gateway_testkit::{RecordedRequest, Reply, ScriptedUpstream};
use serde_json::{Map, Value, json};

use super::{
    Case, Ends, Route, Said, Stage, Told,
    stories::{Story, stories},
};

/// How often an official SDK tries by its defaults.
const TRIES: usize = 3;

/// Seconds. Who is told to wait for longer is not asked to do so twice: such a case is played without the SDK's own tries.
/// What they make of a wait is the same for 3 s, 7 s and 30 s, and the rows with the shorter ones are played with them.
const LONGEST_WAIT: u64 = 7;

/// The table, its upstreams, and an address that tells what they have seen.
#[derive(Debug)]
pub struct Contract {
    played: Arc<Played>,
    counter: ScriptedUpstream,
}

#[derive(Debug)]
struct Played {
    stage: Stage,
    stories: Vec<Story>,
}

impl Contract {
    /// Opens the stage.
    pub fn open() -> Self {
        let played = Arc::new(Played { stage: Stage::open(), stories: stories() });
        let counted = Arc::clone(&played);
        let counter = ScriptedUpstream::start(move |_| Reply::json(200, &counted.counts()));
        Self { played, counter }
    }

    /// Everything that a program has to know: `gateway` is the configuration of the gateway to start, `counts` tells what
    /// each case's upstream has seen, `cases` are what to ask for and what to expect.
    pub fn description(&self) -> Value {
        let Played { stage, stories } = &*self.played;
        let cases = Stage::cases().into_iter().map(described).chain(stories.iter().map(Story::described));
        let providers: String = stories.iter().map(Story::config).collect();
        json!({ "gateway": stage.config(&providers), "counts": self.counter.url("/"), "cases": cases.collect::<Vec<_>>() })
    }
}

impl Played {
    fn counts(&self) -> Value {
        let of_case = |case: Case| Some((case.name(), seen(&self.stage.seen_by_first(case, &model(case))?)));
        let of_stories = self.stories.iter().map(|story| (story.name(), story.seen()));
        Value::Object(Stage::cases().into_iter().filter_map(of_case).chain(of_stories).collect::<Map<_, _>>())
    }
}

/// How many requests there were, how many of them nobody waited for to the end, and how many were answered.
pub(super) fn seen(requests: &[Arc<RecordedRequest>]) -> Value {
    let left = requests.iter().filter(|request| request.peer_left().is_some()).count();
    let answered = requests.iter().filter(|request| request.answered().is_some()).count();
    json!({"requests": requests.len(), "left": left, "answered": answered})
}

fn model(case: Case) -> String {
    format!("alone-{}", case.name())
}

fn described(case: Case) -> Value {
    json!({
        "name": case.name(),
        "title": case.title(),
        "model": format!("{}/{}", case.provider(Route::Alone), model(case)),
        "stream": case.stream,
        "headers": case.row.patience.map(|patience| json!({"x-opengateway-timeout": patience})),
        "asked_before": case.row.rests,
        "beside": null,
        "leaves": false,
        "retries": is_patient(case),
        "ends": ends(case.row.ends),
        "requests": requests(case),
    })
}

fn is_patient(case: Case) -> bool {
    !matches!(case.row.ends, Ends::Error(Told { wait: Some(wait), .. }) if wait > LONGEST_WAIT)
}

pub(super) fn ends(ends: Ends) -> Value {
    match ends {
        Ends::Whole(text) => json!({"how": "whole", "text": text}),
        Ends::Broken(said) => json!({"how": "broken", "said": words(said)}),
        Ends::Error(told) => json!({"how": "error", "status": told.status, "said": words(told.said), "wait": told.wait}),
    }
}

fn words(said: Said) -> Value {
    match said {
        Said::Ours(error_type, code) => json!({"type": error_type, "code": code}),
        Said::Theirs(message) => json!({"message": message}),
    }
}

/// How many requests the upstream sees, the SDK's own tries included; `None` where it sees none by its nature.
fn requests(case: Case) -> Option<usize> {
    case.reply()?;
    let Ends::Error(told) = case.row.ends else {
        return Some(1);
    };
    // Who is left alone has been asked once before.
    if case.row.rests {
        return Some(1);
    }
    let tries = case.row.tries_alone();
    let again = is_patient(case) && told.should_retry(tries);
    Some(if again { tries * TRIES } else { tries })
}
