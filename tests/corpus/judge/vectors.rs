//! Embeddings and rankings that were translated: every number is there, at its place.

use gateway_testkit::Response;
use serde_json::Value;

use super::{Problems, is_success};
use crate::{recording::Recording, told::elements};

/// Judges embeddings.
pub(crate) fn vectors(recording: &Recording, response: &Response) -> Problems {
    let mut problems = Problems::new();
    if !is_success(response, &mut problems) {
        return problems;
    }
    let answer = response.json();
    let told: Vec<&Value> = elements(&answer["data"]).map(|entry| &entry["embedding"]).collect();
    let body = recording.json();
    let wanted = native_vectors(&body);
    if wanted.is_empty() || told != wanted {
        problems.push(format!("{} vectors were recorded, told are {} others", wanted.len(), told.len()));
    }
    for (place, entry) in elements(&answer["data"]).enumerate() {
        if entry["index"].as_u64() != Some(place as u64) || entry["object"] != "embedding" {
            problems.push(format!("entry {place} is none: index {}, object {}", entry["index"], entry["object"]));
        }
    }
    if answer["object"] != "list" || !answer["model"].is_string() || !answer["usage"].is_object() {
        problems.push("no list of embeddings with a model and a usage".to_owned());
    }
    problems
}

fn native_vectors(body: &Value) -> Vec<&Value> {
    let is_vector = |value: &Value| value[0].is_number();
    // Google: one or several; Vertex: predictions; Cohere: by type; Titan: one.
    let single = [&body["embedding"]["values"], &body["embedding"]].into_iter().filter(|value| is_vector(value));
    let google = elements(&body["embeddings"]).map(|entry| &entry["values"]);
    let vertex = elements(&body["predictions"]).map(|entry| &entry["embeddings"]["values"]);
    let by_type = body["embeddings"].as_object().into_iter().flatten().flat_map(|(_, vectors)| elements(vectors));
    let plain = elements(&body["embeddings"]);
    single.chain(google).chain(vertex).chain(by_type).chain(plain).filter(|value| is_vector(value)).collect()
}

/// Judges a ranking.
pub(crate) fn ranking(recording: &Recording, response: &Response) -> Problems {
    let mut problems = Problems::new();
    if !is_success(response, &mut problems) {
        return problems;
    }
    let (answer, body) = (response.json(), recording.json());
    let pairs = |list: &Value| -> Vec<(Value, Value)> { elements(list).map(|entry| (entry["index"].clone(), entry["relevance_score"].clone())).collect() };
    let (told, wanted) = (pairs(&answer["results"]), pairs(&body["results"]));
    if wanted.is_empty() || told != wanted {
        problems.push(format!("the ranking {wanted:?} is told as {told:?}"));
    }
    problems
}
