//! Lists of models: every model, under the id that its provider takes back.

use gateway_testkit::Response;
use serde_json::Value;

use super::{Problems, short};
use crate::{recording::Recording, told::elements};

/// Judges the list of the one provider that was asked.
pub(crate) fn list(recording: &Recording, provider: &str, response: &Response) -> Problems {
    let mut problems = Problems::new();
    if recording.status() != 200 {
        if response.status() != 502 {
            problems.push(format!("a list that cannot be had is told with {}: {}", response.status(), short(&response.text())));
        }
        return problems;
    }
    if response.status() != 200 {
        problems.push(format!("status {}: {}", response.status(), short(&response.text())));
        return problems;
    }
    let answer = response.json();
    let body = recording.json();
    let told: Vec<&str> = elements(&answer["data"]).filter_map(|model| model["id"].as_str()).collect();
    let wanted = native_ids(&body);
    if wanted.is_empty() {
        problems.push("a list in a shape that this test does not know".to_owned());
    }
    for id in wanted {
        if !told.contains(&format!("{provider}/{id}").as_str()) {
            problems.push(format!("the model {id} is not listed"));
        }
    }
    for model in elements(&answer["data"]) {
        let is_whole = model["object"] == "model" && model["created"].is_i64() && model["owned_by"].is_string() && model["served_by"] == provider;
        if !is_whole {
            problems.push(format!("a model without all it needs: {}", short(&model.to_string())));
        }
    }
    problems
}

fn native_ids(body: &Value) -> Vec<String> {
    let single = serde_json::json!([body]);
    let lists = [body, &body["data"], &body["models"], &body["modelSummaries"], &body["result"], &single];
    let id = |model: &Value| {
        let id = ["id", "modelId", "model", "name"].iter().find_map(|name| model[*name].as_str())?;
        Some(id.strip_prefix("models/").unwrap_or(id).to_owned())
    };
    let found = lists.into_iter().map(|list| elements(list).filter_map(id).collect::<Vec<_>>()).find(|ids| !ids.is_empty());
    found.unwrap_or_default()
}
