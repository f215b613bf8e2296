//! The kinds of tools, each as Anthropic knows it.

use gateway_types::{
    Extra,
    chat::{
        CustomToolDefinition, CustomToolFormat, FunctionDefinition, SearchContextSize,
        UserLocation, WebSearchOptions,
    },
};
use serde_json::{Value, json};

use super::{
    super::{
        schema,
        wire::{self, ClientTool, Object},
    },
    CUSTOM_INPUT, Notes,
};

/// Members of Anthropic's tools that may stand with a tool or its function as an extension.
const OWN_MEMBERS: &[&str] = &[
    "cache_control",
    "defer_loading",
    "input_examples",
    "allowed_callers",
    "eager_input_streaming",
];

/// The web search that every model with tools has:
/// <https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/web-search-tool>.
const WEB_SEARCH: &str = "web_search_20250305";

pub(super) fn function_tool(
    mut function: FunctionDefinition,
    mut extra: Extra,
    path: &str,
    notes: &mut Notes<'_>,
) -> ClientTool {
    // A function of old stands alone; one of `tools` in an object of its own.
    let path_of_function = if path.starts_with("functions") {
        path.to_owned()
    } else {
        format!("{path}.function")
    };
    let mut own = take_own(&mut extra);
    own.extend(take_own(&mut function.extra));
    let mut tool = ClientTool {
        name: std::mem::take(&mut function.name),
        description: function.description.take().into_option(),
        input_schema: input_schema(function.parameters.take().unwrap_or_default().0),
        strict: None,
        own,
    };
    if function.strict.take().into_option() == Some(true) {
        if notes.rule.structured_outputs {
            let path = format!("{path_of_function}.parameters");
            schema::make_strict(&mut tool.input_schema, &path, &mut notes.dropped);
            tool.strict = Some(true);
        } else {
            notes.dropped.name(format!("{path_of_function}.strict"));
        }
    }
    notes.dropped.rest(&path_of_function, &function, &["name"]);
    notes.dropped.rest(path, &extra, &["type"]);
    tool
}

pub(super) fn custom_tool(
    mut custom: CustomToolDefinition,
    mut extra: Extra,
    path: &str,
    notes: &mut Notes<'_>,
) -> ClientTool {
    let own = take_own(&mut extra);
    let mut description = custom.description.take().into_option().unwrap_or_default();
    match custom.format.take().into_option() {
        None | Some(CustomToolFormat::Text(_)) => {}
        Some(CustomToolFormat::Grammar(format)) => {
            let grammar = &format.grammar;
            if !description.is_empty() {
                description.push_str("\n\n");
            }
            description.push_str(&format!(
                "The input must follow this grammar ({}):\n{}",
                grammar.syntax, grammar.definition
            ));
            notes.dropped.name(format!("{path}.custom.format"));
        }
        Some(_) => notes.dropped.name(format!("{path}.custom.format")),
    }
    notes
        .dropped
        .rest(&format!("{path}.custom"), &custom, &["name"]);
    notes.dropped.rest(path, &extra, &["type"]);
    let schema = json!({
        "type": "object",
        "properties": {CUSTOM_INPUT: {"type": "string"}},
        "required": [CUSTOM_INPUT],
        "additionalProperties": false,
    });
    ClientTool {
        name: custom.name,
        description: (!description.is_empty()).then_some(description),
        input_schema: schema.as_object().cloned().unwrap_or_default(),
        strict: None,
        own,
    }
}

/// A tool of which nothing is known but that it was called.
pub(super) fn recalled(name: String) -> ClientTool {
    ClientTool {
        name,
        description: Some("It is no longer there.".to_owned()),
        input_schema: input_schema(Object::new()),
        ..ClientTool::default()
    }
}

/// A schema of an object, which Anthropic wants to be told as one.
fn input_schema(mut schema: Object) -> Object {
    if !schema.contains_key("type") {
        schema.insert("type".to_owned(), "object".into());
        if schema.len() == 1 {
            schema.insert("properties".to_owned(), json!({}));
        }
    }
    schema
}

pub(super) fn web_search(mut options: WebSearchOptions, notes: &mut Notes<'_>) -> wire::Tool {
    let mut tool = Object::from_iter([
        ("type".to_owned(), WEB_SEARCH.into()),
        ("name".to_owned(), "web_search".into()),
    ]);
    if let Some(UserLocation::Approximate(location)) = options.user_location.as_option() {
        let place = serde_json::to_value(&location.approximate).unwrap_or_default();
        if let Value::Object(mut place) = place {
            place.retain(|_, value| !value.is_null());
            place.insert("type".to_owned(), "approximate".into());
            tool.insert("user_location".to_owned(), place.into());
        }
        notes
            .dropped
            .rest("web_search_options.user_location", &location.extra, &[]);
        options.user_location.take();
    }
    // As much as where nobody says it.
    if options.search_context_size.as_option() == Some(&SearchContextSize::Medium) {
        options.search_context_size.take();
    }
    notes.dropped.rest("web_search_options", &options, &[]);
    wire::Tool::Own(tool)
}

/// Whether a tool is in Anthropic's own words: `web_search_20250305`, `mcp_toolset`, or with an `input_schema`.
pub(super) fn is_own(tool: &Object) -> bool {
    let is_dated = |kind: &str| {
        kind.rsplit_once('_').is_some_and(|(_, date)| {
            date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let kind = tool.get("type").and_then(Value::as_str);
    kind.is_some_and(|kind| is_dated(kind) || kind == "mcp_toolset")
        || (tool.contains_key("input_schema") && tool.contains_key("name"))
}

fn take_own(extra: &mut Extra) -> Object {
    OWN_MEMBERS
        .iter()
        .filter_map(|name| extra.shift_remove_entry(*name))
        .filter(|(_, value)| !value.is_null())
        .collect()
}
