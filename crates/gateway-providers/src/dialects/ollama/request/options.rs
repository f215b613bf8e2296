//! The options of the model's runner: sampling and limits.
//!
//! Spec: <https://docs.ollama.com/modelfile#valid-parameters-and-values>

use gateway_types::{Maybe, Number, chat::ChatRequest};
use serde_json::{Map, Value};

use crate::dialects::{dropped::Dropped, read};

/// Options that OpenAI's contract has no member for and that callers write beside its members.
const OWN: &[&str] = &[
    "top_k",
    "min_p",
    "typical_p",
    "repeat_penalty",
    "repeat_last_n",
    "mirostat",
    "mirostat_tau",
    "mirostat_eta",
    "num_ctx",
    "num_keep",
    "num_predict",
];

/// Takes everything out of the request that is an option here. A caller's own `options` object goes on, and wins.
pub(super) fn put(
    request: &mut ChatRequest,
    options: &mut Map<String, Value>,
    dropped: &mut Dropped,
) {
    for name in OWN {
        if let Some(value) = request.extra.shift_remove(*name).filter(Value::is_number) {
            options.insert((*name).to_owned(), value);
        }
    }
    if let Some(limit) = read::max_tokens(request) {
        options.insert("num_predict".to_owned(), limit.into());
    }
    let is_integer = |number: Number| number.as_i64().is_some();
    if request.seed.copied().is_some_and(is_integer) {
        number(&mut request.seed, "seed", options);
    }
    number(&mut request.temperature, "temperature", options);
    number(&mut request.top_p, "top_p", options);
    number(&mut request.frequency_penalty, "frequency_penalty", options);
    number(&mut request.presence_penalty, "presence_penalty", options);
    let stop = read::stop(request);
    if !stop.is_empty() {
        options.insert("stop".to_owned(), stop.into());
    }
    match request.extra.shift_remove("options") {
        Some(Value::Object(own)) => options.extend(own),
        Some(Value::Null) | None => {}
        Some(_) => dropped.name("options"),
    }
}

fn number(given: &mut Maybe<Number>, name: &str, options: &mut Map<String, Value>) {
    if let Some(number) = given.take().into_option()
        && let Ok(number) = serde_json::to_value(number)
    {
        options.insert(name.to_owned(), number);
    }
}
