//! Usage, put together from several reports and told in OpenAI's meaning.
//!
//! `input_tokens`, `cache_read_input_tokens` and `cache_creation_input_tokens` are disjoint and add up to what
//! OpenAI calls the prompt; `output_tokens` includes thinking. A stream reports at its beginning, with an
//! output that is provisional, and at its end, cumulatively: within a request nothing is ever added up. An answer that
//! takes several requests used what all of them used.
//!
//! Spec: <https://docs.anthropic.com/en/api/messages#response-usage>

use gateway_types::{CompletionTokensDetails, PromptTokensDetails, Usage};
use serde_json::Value;

use super::wire::Object;

/// All reports of one answer so far.
#[derive(Debug, Default)]
pub(super) struct Reports {
    merged: Object,
    /// What earlier requests of this answer used.
    before: Object,
}

/// Counts that a later report may say as 0 only since it does not know them, where the first one did.
const SAID_ONCE: &[&str] = &[
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
];

/// Members that have a place of their own in OpenAI's usage, or in the answer.
const TOLD_ELSEWHERE: &[&str] = &[
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "output_tokens_details",
    "service_tier",
];

impl Reports {
    /// Reads one more report.
    pub(super) fn merge(&mut self, report: Object) {
        for (name, value) in report {
            let is_unsaid =
                SAID_ONCE.contains(&name.as_str()) && value == 0 && self.merged.contains_key(&name);
            if !value.is_null() && !is_unsaid {
                self.merged.insert(name, value);
            }
        }
    }

    /// The answer goes on in another request, which reports for itself.
    pub(super) fn next_request(&mut self) {
        self.before = self.all();
        self.merged = Object::new();
    }

    /// What all requests used.
    fn all(&self) -> Object {
        let mut all = self.before.clone();
        add(&mut all, &self.merged);
        all
    }

    /// The tier that was used, in OpenAI's words where it has one for it.
    pub(super) fn service_tier(&self) -> Option<&str> {
        match self.merged.get("service_tier")?.as_str()? {
            "standard" => Some("default"),
            tier => Some(tier),
        }
    }

    /// All reports together; `None` where there was none.
    pub(super) fn told(&self) -> Option<Usage> {
        if self.merged.is_empty() && self.before.is_empty() {
            return None;
        }
        let all = self.all();
        let count = |name: &str| all.get(name).and_then(Value::as_u64);
        let read = count("cache_read_input_tokens");
        let written = count("cache_creation_input_tokens");
        let input = count("input_tokens")
            .unwrap_or(0)
            .saturating_add(read.unwrap_or(0))
            .saturating_add(written.unwrap_or(0));
        let mut usage = Usage::new(input, count("output_tokens").unwrap_or(0));
        if read.is_some() || written.is_some() {
            let mut details = PromptTokensDetails::default();
            details.cached_tokens = read.into();
            details.cache_write_tokens = written.into();
            usage.prompt_tokens_details = details.into();
        }
        if let Some(Value::Object(native)) = all.get("output_tokens_details") {
            usage.completion_tokens_details = completion_details(native).into();
        }
        let others = all
            .iter()
            .filter(|(name, _)| !TOLD_ELSEWHERE.contains(&name.as_str()));
        for (name, value) in others {
            usage.extra.insert(name.clone(), value.clone());
        }
        Some(usage)
    }
}

fn completion_details(native: &Object) -> CompletionTokensDetails {
    let mut details = CompletionTokensDetails::default();
    for (name, value) in native {
        if name == "thinking_tokens" {
            details.reasoning_tokens = value.as_u64().into();
        } else {
            details.extra.insert(name.clone(), value.clone());
        }
    }
    details
}

/// Counts are added, lists put together; of everything else the later one stays.
fn add(all: &mut Object, more: &Object) {
    for (name, value) in more {
        match (all.get_mut(name), value) {
            (Some(Value::Object(mine)), Value::Object(more)) => add(mine, more),
            (Some(Value::Array(mine)), Value::Array(more)) => mine.extend(more.iter().cloned()),
            (Some(mine), value) => {
                let sum = mine.as_u64().zip(value.as_u64());
                *mine = sum.map_or_else(|| value.clone(), |(a, b)| a.saturating_add(b).into());
            }
            (None, value) => {
                all.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_several_requests_used_is_added_up() {
        let mut reports = Reports::default();
        reports.merge(object(json!({
            "input_tokens": 10, "output_tokens": 4, "server_tool_use": {"web_search_requests": 2},
            "service_tier": "standard", "iterations": [{"type": "message"}],
        })));
        reports.next_request();
        assert_eq!(reports.told().unwrap().prompt_tokens.copied(), Some(10));
        reports.merge(object(
            json!({"input_tokens": 2, "cache_read_input_tokens": 14, "output_tokens": 1}),
        ));
        reports.merge(object(json!({
            "output_tokens": 5, "server_tool_use": {"web_search_requests": 1},
            "service_tier": "priority", "iterations": [{"type": "message"}],
        })));
        assert_eq!(
            serde_json::to_value(reports.told().unwrap()).unwrap(),
            json!({
                "prompt_tokens": 26, "completion_tokens": 9, "total_tokens": 35,
                "prompt_tokens_details": {"cached_tokens": 14},
                "server_tool_use": {"web_search_requests": 3},
                "iterations": [{"type": "message"}, {"type": "message"}],
            })
        );
        assert_eq!(reports.service_tier(), Some("priority"));
    }

    #[test]
    fn reports_are_merged_and_never_added_up() {
        let mut reports = Reports::default();
        assert!(reports.told().is_none());
        reports.merge(object(
            json!({"input_tokens": 7, "cache_read_input_tokens": 3, "output_tokens": 40, "service_tier": "standard"}),
        ));
        reports.merge(object(
            json!({"input_tokens": 0, "cache_creation_input_tokens": 5, "output_tokens": 4,
                "cache_read_input_tokens": null, "output_tokens_details": {"thinking_tokens": 2},
                "server_tool_use": {"web_search_requests": 1}}),
        ));
        let told = serde_json::to_value(reports.told().unwrap()).unwrap();
        assert_eq!(
            told,
            json!({
                "prompt_tokens": 15, "completion_tokens": 4, "total_tokens": 19,
                "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 5},
                "completion_tokens_details": {"reasoning_tokens": 2},
                "server_tool_use": {"web_search_requests": 1},
            })
        );
        assert_eq!(reports.service_tier(), Some("default"));
    }
}
