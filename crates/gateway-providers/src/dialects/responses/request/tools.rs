//! The tools on offer and the choice among them. What chat nests stands flat here.

use gateway_types::chat::{
    AllowedToolSets, ChatRequest, CustomToolDefinition, CustomToolFormat, FunctionCallChoice,
    FunctionDefinition, Tool, ToolChoice, ToolChoiceMode, ToolChoiceObject, UserLocation,
    WebSearchOptions,
};
use serde_json::{Map, Value, json};

use crate::{
    TranslateError,
    dialects::{dropped::Dropped, read::invalid},
};

/// Members of a function that Responses has and chat has not.
const OWN: &[&str] = &["defer_loading", "allowed_callers", "output_schema", "async"];

/// Takes `tools`, `functions` and `web_search_options`. Tools of other kinds are the provider's own and go on as
/// they came.
pub(super) fn offer(
    chat: &mut ChatRequest,
    dropped: &mut Dropped,
) -> Result<Vec<Value>, TranslateError> {
    let mut offer = Vec::new();
    for (index, tool) in (0..).zip(chat.tools.take().unwrap_or_default()) {
        let path = format!("tools[{index}]");
        offer.push(self::tool(tool, index, &path, dropped)?);
    }
    for (index, function) in (0..).zip(chat.functions.take().unwrap_or_default()) {
        let path = format!("functions[{index}]");
        offer.push(self::function(function, Map::new(), &path, dropped));
    }
    if let Some(options) = chat.web_search_options.take().into_option() {
        offer.push(web_search(options, dropped));
    }
    Ok(offer)
}

/// Takes `tool_choice`, or `function_call`.
pub(super) fn choice(
    chat: &mut ChatRequest,
    dropped: &mut Dropped,
) -> Result<Option<Value>, TranslateError> {
    let Some(choice) = chat.tool_choice.take().into_option() else {
        return Ok(chat.function_call.take().into_option().map(legacy));
    };
    let object = match choice {
        ToolChoice::Mode(mode) => return Ok(Some(self::mode(&mode))),
        ToolChoice::Object(object) => object,
    };
    Ok(Some(match object {
        ToolChoiceObject::Function(choice) => {
            dropped.rest("tool_choice", &choice, &["function"]);
            json!({"type": "function", "name": choice.function.name})
        }
        ToolChoiceObject::Custom(choice) => {
            dropped.rest("tool_choice", &choice, &["custom"]);
            json!({"type": "custom", "name": choice.custom.name})
        }
        ToolChoiceObject::AllowedTools(choice) => {
            dropped.rest("tool_choice", &choice, &["allowed_tools"]);
            allowed(choice.allowed_tools)?
        }
        // A hosted tool of the provider's own.
        other => json!(other),
    }))
}

fn tool(
    tool: Tool,
    index: usize,
    path: &str,
    dropped: &mut Dropped,
) -> Result<Value, TranslateError> {
    match tool {
        Tool::Function(mut tool) => {
            let function = std::mem::take(&mut tool.function);
            let own = take_own(&mut tool.extra.0);
            dropped.rest(path, &tool, &["function"]);
            Ok(self::function(
                function,
                own,
                &format!("{path}.function"),
                dropped,
            ))
        }
        Tool::Custom(mut tool) => {
            let custom = std::mem::take(&mut tool.custom);
            let own = take_own(&mut tool.extra.0);
            dropped.rest(path, &tool, &["custom"]);
            Ok(self::custom(
                custom,
                own,
                &format!("{path}.custom"),
                dropped,
            ))
        }
        other if other.tag().is_some() => Ok(json!(other)),
        _ => {
            let message = format!("`tools[{index}].type` is missing: say `\"function\"`");
            Err(invalid(format!("{path}.type"), message))
        }
    }
}

fn function(
    mut function: FunctionDefinition,
    own: Map<String, Value>,
    path: &str,
    dropped: &mut Dropped,
) -> Value {
    let parameters = function.parameters.take().into_option();
    let parameters = parameters.map_or_else(
        || json!({"type": "object", "properties": {}}),
        |parameters| Value::Object(parameters.0),
    );
    let mut flat = json!({
        "type": "function",
        "name": std::mem::take(&mut function.name),
        "parameters": parameters,
        // Chat's default is not to follow the schema strictly; the default here is the reverse.
        "strict": function.strict.take().unwrap_or(false),
    });
    put(
        &mut flat,
        "description",
        function.description.take().into_option(),
    );
    extend(&mut flat, take_own(&mut function.extra.0));
    extend(&mut flat, own);
    dropped.rest(path, &function, &["name"]);
    flat
}

fn custom(
    mut custom: CustomToolDefinition,
    own: Map<String, Value>,
    path: &str,
    dropped: &mut Dropped,
) -> Value {
    let mut flat = json!({"type": "custom", "name": std::mem::take(&mut custom.name)});
    put(
        &mut flat,
        "description",
        custom.description.take().into_option(),
    );
    let format = custom
        .format
        .take()
        .into_option()
        .map(|format| match format {
            CustomToolFormat::Grammar(format) => {
                let mut grammar = json!(format.grammar);
                if let Some(grammar) = grammar.as_object_mut() {
                    grammar.shift_insert(0, "type".to_owned(), "grammar".into());
                }
                dropped.rest(&format!("{path}.format"), &format, &["grammar"]);
                grammar
            }
            other => json!(other),
        });
    put(&mut flat, "format", format);
    extend(&mut flat, own);
    dropped.rest(path, &custom, &["name"]);
    flat
}

fn web_search(mut options: WebSearchOptions, dropped: &mut Dropped) -> Value {
    let mut flat = json!({"type": "web_search"});
    let size = options.search_context_size.take().into_option();
    put(
        &mut flat,
        "search_context_size",
        size.map(|size| json!(size)),
    );
    let location = options.user_location.take().into_option();
    let location = location.map(|location| match location {
        UserLocation::Approximate(location) => {
            let mut place = json!(location.approximate);
            if let Some(place) = place.as_object_mut() {
                place.shift_insert(0, "type".to_owned(), "approximate".into());
            }
            let path = "web_search_options.user_location";
            dropped.rest(path, &location, &["approximate"]);
            place
        }
        other => json!(other),
    });
    put(&mut flat, "user_location", location);
    dropped.rest("web_search_options", &options, &[]);
    flat
}

fn mode(mode: &ToolChoiceMode) -> Value {
    // Several other servers say `any`.
    match mode.as_str() {
        "any" => "required".into(),
        mode => mode.into(),
    }
}

fn legacy(choice: FunctionCallChoice) -> Value {
    match choice {
        FunctionCallChoice::Mode(mode) => self::mode(&mode),
        FunctionCallChoice::Function(function) => {
            json!({"type": "function", "name": function.name})
        }
    }
}

fn allowed(sets: AllowedToolSets) -> Result<Value, TranslateError> {
    let mut sets = match sets {
        AllowedToolSets::One(set) => vec![set],
        AllowedToolSets::Many(sets) => sets,
    };
    let (Some(set), true) = (sets.pop(), sets.is_empty()) else {
        let param = "tool_choice.allowed_tools";
        return Err(invalid(param, format!("`{param}`: send one object")));
    };
    let tools: Vec<Value> = set
        .tools
        .into_iter()
        .map(|tool| flat_name(tool.0))
        .collect();
    Ok(json!({"type": "allowed_tools", "mode": set.mode, "tools": tools}))
}

/// `{"type":"function","function":{"name":...}}` without its nesting.
fn flat_name(mut tool: Map<String, Value>) -> Value {
    for kind in ["function", "custom"] {
        if let Some(Value::Object(nested)) = tool.get(kind).cloned() {
            tool.shift_remove(kind);
            tool.extend(nested);
        }
    }
    Value::Object(tool)
}

fn take_own(extra: &mut Map<String, Value>) -> Map<String, Value> {
    let own = OWN
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), extra.shift_remove(*name)?)));
    own.collect()
}

fn put(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(object), Some(value)) = (object.as_object_mut(), value) {
        object.insert(name.to_owned(), value.into());
    }
}

fn extend(object: &mut Value, members: Map<String, Value>) {
    if let Some(object) = object.as_object_mut() {
        object.extend(members);
    }
}
