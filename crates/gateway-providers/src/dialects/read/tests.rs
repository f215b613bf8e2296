//! What is taken is understood; what is left is named.

use gateway_types::chat::{ChatRequest, MessageContent};
use serde_json::{Value, json};

use super::*;
use crate::dialects::dropped::Dropped;

fn request(mut members: Value) -> ChatRequest {
    members["model"] = "m".into();
    members["messages"] = json!([]);
    serde_json::from_value(members).unwrap()
}

fn rest(request: &ChatRequest, mut dropped: Dropped) -> Vec<String> {
    dropped.rest("", request, READ_ELSEWHERE);
    dropped.into_names()
}

fn tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}})
}

#[test]
fn what_happens_anyway_is_not_told_as_dropped() {
    let mut request = request(json!({
        "n": 1, "modalities": ["text"], "store": false, "parallel_tool_calls": true, "logprobs": false,
        "top_logprobs": 0, "service_tier": "auto", "stream_options": {"include_usage": true}
    }));
    forget_defaults(&mut request);
    assert_eq!(rest(&request, Dropped::default()), [""; 0]);
}

#[test]
fn what_does_not_happen_anyway_stays() {
    let mut request = request(json!({
        "n": 2, "modalities": ["text", "audio"], "store": true, "parallel_tool_calls": false,
        "logprobs": true, "top_logprobs": 0, "service_tier": "flex"
    }));
    forget_defaults(&mut request);
    let names = rest(&request, Dropped::default());
    for name in [
        "n",
        "modalities",
        "store",
        "parallel_tool_calls",
        "logprobs",
        "service_tier",
    ] {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
}

#[test]
fn limits_and_stops_have_several_names() {
    let mut both = request(json!({"max_tokens": 5, "max_completion_tokens": 7, "stop": ["a", ""]}));
    assert_eq!(
        (max_tokens(&mut both), stop(&mut both)),
        (Some(7), vec!["a".to_owned()])
    );
    let mut older = request(json!({"max_tokens": 5, "stop": "x"}));
    assert_eq!(
        (max_tokens(&mut older), stop(&mut older)),
        (Some(5), vec!["x".to_owned()])
    );
    assert_eq!(rest(&both, Dropped::default()), [""; 0]);
}

#[test]
fn a_choice_keeps_the_functions_that_may_be_called() {
    let cases = [
        (json!("none"), vec!["a", "b"], Some(Choice::None)),
        (json!("auto"), vec!["a", "b"], Some(Choice::Auto)),
        (json!("required"), vec!["a", "b"], Some(Choice::Required)),
        (json!("any"), vec!["a", "b"], Some(Choice::Required)),
        (
            json!({"type": "function", "function": {"name": "b"}}),
            vec!["b"],
            Some(Choice::Required),
        ),
        (
            json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [tool("a")]}}),
            vec!["a"],
            Some(Choice::Auto),
        ),
        (
            json!({"type": "allowed_tools", "allowed_tools": [{"mode": "required", "tools": [{"name": "b"}]}]}),
            vec!["b"],
            Some(Choice::Required),
        ),
    ];
    for (choice, names, expected) in cases {
        let mut request =
            request(json!({"tools": [tool("a"), tool("b")], "tool_choice": choice.clone()}));
        let mut dropped = Dropped::default();
        let offer = Offer::take(&mut request, &mut dropped).unwrap();
        let kept: Vec<&str> = offer
            .functions
            .iter()
            .map(|known| known.name.as_str())
            .collect();
        assert_eq!((kept, offer.choice), (names.clone(), expected), "{choice}");
        let shut_out = [("a", "tools[0]"), ("b", "tools[1]")];
        let named: Vec<&str> = shut_out
            .iter()
            .filter(|(name, _)| !names.contains(name))
            .map(|(_, path)| *path)
            .collect();
        assert_eq!(rest(&request, dropped), named, "{choice}");
    }
}

#[test]
fn functions_of_old_are_tools() {
    let mut request = request(json!({
        "functions": [{"name": "a", "description": "d", "mine": 1}], "function_call": {"name": "a"}
    }));
    let mut dropped = Dropped::default();
    let offer = Offer::take(&mut request, &mut dropped).unwrap();
    assert_eq!(
        (offer.choice, offer.said_by),
        (Some(Choice::Required), "function_call")
    );
    assert_eq!(offer.functions[0].description.as_deref(), Some("d"));
    assert_eq!(rest(&request, dropped), ["functions[0].mine"]);
}

#[test]
fn a_choice_of_what_is_not_offered_is_refused_and_other_tools_are_named() {
    let mut wrong = request(json!({
        "tools": [tool("a")], "tool_choice": {"type": "function", "function": {"name": "zz"}}
    }));
    let Err(TranslateError::InvalidValue { param, .. }) =
        Offer::take(&mut wrong, &mut Dropped::default())
    else {
        panic!("taken");
    };
    assert_eq!(param, "tool_choice.function.name");
    let mut request = request(json!({
        "tools": [{"type": "web_search"}, {"type": "custom", "custom": {"name": "c"}}],
        "tool_choice": {"type": "custom", "custom": {"name": "c"}}
    }));
    let mut dropped = Dropped::default();
    assert_eq!(
        Offer::take(&mut request, &mut dropped).unwrap().functions,
        []
    );
    assert_eq!(
        dropped.into_names(),
        ["tools[0]", "tools[1]", "tool_choice"]
    );
}

#[test]
fn formats_keep_what_the_model_reads() {
    let schema = json!({"type": "object"});
    let mut with = request(
        json!({"response_format": {"type": "json_schema", "json_schema": {
            "name": "n", "strict": true, "description": "d", "schema": schema, "x": 1
        }}}),
    );
    let mut dropped = Dropped::default();
    let format = Format::take(&mut with, &mut dropped);
    let Some(Format::Schema(schema)) = format else {
        panic!("{format:?}");
    };
    assert_eq!(
        Value::Object(schema.0),
        json!({"type": "object", "description": "d"})
    );
    assert_eq!(rest(&with, dropped), ["response_format.json_schema.x"]);
    for (given, expected, left) in [
        (json!({"type": "json_object"}), Some(Format::Json), vec![]),
        (json!({"type": "text"}), None, vec![]),
        (
            json!({"type": "grammar", "grammar": "g"}),
            None,
            vec!["response_format"],
        ),
    ] {
        let mut request = request(json!({"response_format": given}));
        let mut dropped = Dropped::default();
        assert_eq!(Format::take(&mut request, &mut dropped), expected);
        assert_eq!(rest(&request, dropped), left);
    }
}

#[test]
fn thinking_is_asked_for_in_three_ways() {
    let read = |members: Value| {
        let mut request = request(members);
        let mut dropped = Dropped::default();
        let ask = ThinkingAsk::take(&mut request, &mut dropped);
        (ask, rest(&request, dropped))
    };
    let (ask, left) = read(json!({"reasoning_effort": "none"}));
    assert!(ask.is_off() && ask.says_something() && left.is_empty());
    let (ask, left) = read(json!({
        "reasoning": {"effort": "high", "max_tokens": 900, "exclude": true, "summary": "auto"}
    }));
    assert_eq!(
        (ask.effort.as_deref(), ask.budget, ask.exclude),
        (Some("high"), Some(900), true)
    );
    assert_eq!(left, ["reasoning.summary"]);
    let (ask, left) = read(json!({"thinking": {"type": "enabled", "budget_tokens": 5, "x": 1}}));
    assert_eq!(
        (ask.enabled, ask.budget, ask.is_off()),
        (Some(true), Some(5), false)
    );
    assert_eq!(left, ["thinking.x"]);
    let (ask, _) = read(json!({"thinking": {"type": "disabled"}}));
    assert!(ask.is_off());
    assert!(!read(json!({})).0.says_something());
}

#[test]
fn text_only_content_refuses_the_rest_by_name() {
    let content: MessageContent = serde_json::from_value(json!([
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
        {"type": "refusal", "refusal": "b"}
    ]))
    .unwrap();
    let mut dropped = Dropped::default();
    assert_eq!(
        text(content, "messages[0].content", &mut dropped).unwrap(),
        "ab"
    );
    assert_eq!(
        dropped.into_names(),
        ["messages[0].content[0].cache_control"]
    );
    for (part, param) in [
        (
            json!({"type": "image_url", "image_url": {"url": "u"}}),
            "c[0].image_url",
        ),
        (json!({"type": "file", "file": {}}), "c[0].file"),
        (json!({"type": "video_url"}), "c[0].type"),
    ] {
        let content: MessageContent = serde_json::from_value(json!([part])).unwrap();
        let Err(TranslateError::InvalidValue { param: named, .. }) =
            text(content, "c", &mut Dropped::default())
        else {
            panic!("taken");
        };
        assert_eq!(named, param);
    }
}
