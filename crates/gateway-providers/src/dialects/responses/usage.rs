//! Usage in the words of chat.
//!
//! `input_tokens` holds what was read from and written to caches, `output_tokens` holds the thinking, as in chat;
//! only the names differ. What only some upstreams report (costs, searches) stays beside them.

use gateway_types::Usage;
use serde_json::{Map, Value, json};

/// Where the counts of a report go: Responses' name, chat's name.
const COUNTS: [(&str, &str); 5] = [
    ("input_tokens", "prompt_tokens"),
    ("output_tokens", "completion_tokens"),
    ("total_tokens", "total_tokens"),
    ("input_tokens_details", "prompt_tokens_details"),
    ("output_tokens_details", "completion_tokens_details"),
];

/// Reads a report; nothing where there is none.
pub(super) fn usage(report: Option<Value>) -> Option<Usage> {
    let Some(Value::Object(mut report)) = report else {
        return None;
    };
    let mut told = Map::new();
    for (native, name) in COUNTS {
        // A few compatible servers report in chat's words.
        let value = report.shift_remove(native).filter(|value| !value.is_null());
        let value = value.or_else(|| report.shift_remove(name));
        if let Some(value) = value.filter(|value| !value.is_null()) {
            told.insert(name.to_owned(), value);
        }
    }
    let count = |name: &str| told.get(name).and_then(Value::as_u64);
    let sum = count("prompt_tokens")?.saturating_add(count("completion_tokens").unwrap_or(0));
    told.entry("total_tokens").or_insert(json!(sum));
    told.extend(report);
    serde_json::from_value(Value::Object(told)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_change_their_names_and_nothing_else() {
        let told = usage(Some(json!({
            "input_tokens": 5, "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1},
            "output_tokens": 7, "output_tokens_details": {"reasoning_tokens": 4},
            "total_tokens": 12, "cost": 0.5
        })));
        assert_eq!(
            serde_json::to_value(told).unwrap(),
            json!({
                "prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1},
                "completion_tokens": 7, "completion_tokens_details": {"reasoning_tokens": 4},
                "total_tokens": 12, "cost": 0.5
            })
        );
    }

    #[test]
    fn what_is_missing_is_made_or_left_out() {
        let told = usage(Some(
            json!({"input_tokens": 5, "output_tokens": 1, "input_tokens_details": null}),
        ));
        assert_eq!(
            serde_json::to_value(told).unwrap(),
            json!({"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6})
        );
        let chat = usage(Some(
            json!({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}),
        ));
        assert_eq!(chat.and_then(|usage| usage.total_tokens.copied()), Some(5));
        for nothing in [None, Some(Value::Null), Some(json!({})), Some(json!("x"))] {
            assert!(usage(nothing).is_none());
        }
    }
}
