//! Requests in OpenAI's words and in Bedrock's, side by side in `tests/golden/bedrock`.
//!
//! `GATEWAY_BLESS=1` writes what comes out now; look at the difference before it is kept.

use std::{fs, path::PathBuf};

use serde_json::{Map, Value, json};

use super::replay;
use crate::{Operation, TranslateError};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/bedrock")
}

fn outcome(case: &Value) -> Map<String, Value> {
    let model = case["model"].as_str().unwrap();
    let stream = case["request"]["stream"] == true;
    let told = match replay::encode(Operation::Chat, model, stream, &case["request"]) {
        Ok(encoded) => {
            let request = &encoded.requests[0];
            let native: Value = serde_json::from_slice(&request.body).unwrap();
            let url = replay::settings().native_url(&request.path);
            json!({"path": url.path(), "native": native, "dropped": encoded.dropped})
        }
        Err(TranslateError::InvalidValue { param, message }) => {
            json!({"error": {"param": param, "message": message}})
        }
        Err(error) => panic!("{error}"),
    };
    told.as_object().unwrap().clone()
}

#[test]
fn requests_are_put_as_the_golden_files_have_them() {
    let bless = std::env::var_os("GATEWAY_BLESS").is_some();
    let mut wrong = Vec::new();
    let mut files = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        files += 1;
        let mut case: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let told = outcome(&case);
        let members = case.as_object_mut().unwrap();
        let written: Map<String, Value> = members
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "about" | "model" | "request"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if written == told {
            continue;
        }
        wrong.push(format!(
            "{}: {}",
            path.display(),
            Value::Object(told.clone())
        ));
        if bless {
            members.retain(|name, _| matches!(name.as_str(), "about" | "model" | "request"));
            members.extend(told);
            fs::write(&path, format!("{case:#}\n")).unwrap();
        }
    }
    assert!(files >= 10, "the golden files are gone");
    assert!(bless || wrong.is_empty(), "{}", wrong.join("\n"));
}
