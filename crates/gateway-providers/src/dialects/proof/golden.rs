//! Golden files of requests: what a client sends, and what becomes of it.
//!
//! Each file holds `request` and `model`, for other operations than chat also `operation`, and what follows:
//! `native` (a body, or several), `path` and `dropped`, or `error`. With `GATEWAY_BLESS=1` in the environment the
//! second half is written instead of compared; who does that reads the difference.

use std::{fs, path::PathBuf};

use serde_json::{Map, Value, json};

use super::Bench;
use crate::{Operation, TranslateError, dialects::Encoded};

/// Checks all files of `tests/golden/<folder>`.
pub(crate) fn check_golden(folder: &str, bench: &Bench) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(folder);
    let bless = std::env::var_os("GATEWAY_BLESS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let file: Map<String, Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let mut actual: Map<String, Value> = file
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "operation" | "model" | "request"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let operation = match file.get("operation").and_then(Value::as_str) {
            None => Operation::Chat,
            Some(name) => serde_json::from_value(name.into()).unwrap(),
        };
        let mut request = file["request"].clone();
        request["model"] = "alias".into();
        let model = file["model"].as_str().unwrap();
        actual.extend(outcome(bench.encode(operation, model, &request)));
        count += 1;
        if bless {
            let text = serde_json::to_string_pretty(&actual).unwrap();
            fs::write(&path, format!("{text}\n")).unwrap();
        } else if actual != file {
            let actual = serde_json::to_string_pretty(&actual).unwrap();
            wrong.push(format!("{}:\n{actual}", path.display()));
        }
    }
    assert!(count > 0, "no golden files in {}", folder.display());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn outcome(encoded: Result<Encoded, TranslateError>) -> Map<String, Value> {
    let told = match encoded {
        Err(TranslateError::InvalidValue { param, message }) => {
            json!({"error": {"param": param, "message": message}})
        }
        Err(error) => panic!("{error}"),
        Ok(encoded) => {
            let body = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
            let bodies: Vec<Value> = encoded.requests.iter().map(|one| body(&one.body)).collect();
            let path = encoded.requests[0].path.segments.join("/");
            let native = match <[Value; 1]>::try_from(bodies) {
                Ok([one]) => one,
                Err(several) => several.into(),
            };
            json!({"path": path, "native": native, "dropped": encoded.dropped})
        }
    };
    match told {
        Value::Object(told) => told,
        _ => Map::new(),
    }
}
