//! The list of models: <https://docs.anthropic.com/en/api/models-list>.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Fault, FaultKind, dialects::ModelsPage, listed};

/// Who made the models.
const OWNER: &str = "anthropic";

#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<Map<String, Value>>,
    #[serde(default)]
    has_more: Option<bool>,
    #[serde(default)]
    last_id: Option<String>,
}

/// One page; the next is named by the last model of this one.
pub(super) fn page(answer: &Bytes) -> Result<ModelsPage, Box<Fault>> {
    let page: Page = serde_json::from_slice(answer).map_err(|error| {
        let detail = format!("no list of models: {error}");
        Box::new(Fault::new(FaultKind::InvalidResponse, detail))
    })?;
    let models = page.data.iter().filter_map(|native| {
        let id = native.get("id")?.as_str()?;
        let created = native.get("created_at").and_then(Value::as_str);
        let created = created.and_then(seconds).unwrap_or(0);
        listed::model(id, created, OWNER, Some(native))
    });
    Ok(ModelsPage {
        models: models.collect(),
        next: page.last_id.filter(|_| page.has_more == Some(true)),
    })
}

/// A date of RFC 3339 in seconds since 1970.
fn seconds(date: &str) -> Option<i64> {
    let date: jiff::Timestamp = date.parse().ok()?;
    Some(date.as_second())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_names_its_models_and_the_next_page() {
        let answer = json!({
            "data": [
                {"type": "model", "id": "claude-a", "display_name": "A", "created_at": "2025-02-19T00:00:00Z"},
                {"type": "model", "id": "claude-b", "created_at": "soon", "max_tokens": 5},
                {"type": "model"},
            ],
            "first_id": "claude-a", "has_more": true, "last_id": "claude-b",
        });
        let read = page(&Bytes::from(answer.to_string())).unwrap();
        assert_eq!(read.next.as_deref(), Some("claude-b"));
        let objects: Vec<Value> = read
            .models
            .iter()
            .map(|model| serde_json::from_slice(model.object.bytes()).unwrap())
            .collect();
        assert_eq!(objects.len(), 2);
        assert_eq!(objects[0]["created"], 1_739_923_200);
        assert_eq!(objects[0]["display_name"], "A");
        assert_eq!(objects[1]["created"], 0);
        assert_eq!(objects[1]["owned_by"], "anthropic");
        let last = json!({"data": [], "has_more": false, "last_id": null});
        assert_eq!(page(&Bytes::from(last.to_string())).unwrap().next, None);
        assert!(page(&Bytes::from_static(b"[]")).is_err());
    }
}
