//! The table as the programs with the official SDKs are told it: whom to ask, and what has to come of it.

use std::sync::Arc;

use gateway_testkit::{Reply, ScriptedUpstream};
use serde_json::{Map, Value, json};

use super::{Case, Ends, Route, Said, Stage, Told};

/// How often an official SDK tries by its defaults.
const TRIES: usize = 3;

/// Who has to wait for longer is not asked to: such a case is played without the SDK's own retries.
const LONGEST_WAIT: u64 = 3;

/// The table, its upstreams, and an address that tells what they have seen.
#[derive(Debug)]
pub struct Contract {
    stage: Arc<Stage>,
    counter: ScriptedUpstream,
}

impl Contract {
    /// Opens the stage.
    pub fn open() -> Self {
        let stage = Arc::new(Stage::open());
        let counted = Arc::clone(&stage);
        let counter = ScriptedUpstream::start(move |_| Reply::json(200, &counts(&counted)));
        Self { stage, counter }
    }

    /// Everything that a program has to know: `gateway` is the configuration of the gateway to start, `counts` tells how
    /// many requests each case's upstream has seen, `cases` are what to ask for and what to expect.
    pub fn description(&self) -> Value {
        let cases: Vec<Value> = Stage::cases().into_iter().map(described).collect();
        json!({ "gateway": self.stage.config(""), "counts": self.counter.url("/"), "cases": cases })
    }
}

fn counts(stage: &Stage) -> Value {
    let count = |case: Case| Some((case.name(), stage.seen_by_first(case, &model(case))?.len().into()));
    Value::Object(Stage::cases().into_iter().filter_map(count).collect::<Map<_, _>>())
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
        "retries": is_patient(case),
        "ends": ends(case.row.ends),
        "requests": requests(case),
    })
}

fn is_patient(case: Case) -> bool {
    !matches!(case.row.ends, Ends::Error(Told { wait: Some(wait), .. }) if wait > LONGEST_WAIT)
}

fn ends(ends: Ends) -> Value {
    match ends {
        Ends::Whole(text) => json!({"how": "whole", "text": text}),
        Ends::Broken(said) => json!({"how": "broken", "said": words(said)}),
        Ends::Error(told) => json!({"how": "error", "status": told.status, "said": words(told.said)}),
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
