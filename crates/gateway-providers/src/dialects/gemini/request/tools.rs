//! Functions, server tools, and the choice among them.
//!
//! Where a function is `strict`, the model is held to the schemas: it is whenever it must call one, and where it may
//! choose, that is what the mode `VALIDATED` is for.
//!
//! A custom tool, whose input is free text, is offered as a function with the one argument `input`; its calls go
//! back as what they were offered as. A tool without a `type` whose only member is one of the provider's own
//! tools (`{"google_search":{}}`) passes as it is, and so does `{"type":"google_search",...}`.
//!
//! Spec: <https://ai.google.dev/api/caching#Tool>.

use std::collections::BTreeSet;

use gateway_types::{
    JsonObject,
    chat::{
        AllowedToolSets, AllowedToolsMode, ChatRequest, CustomTool, FunctionCallChoice,
        FunctionDefinition, Tool, ToolChoice, ToolChoiceMode, ToolChoiceObject,
    },
};
use serde_json::{Map, Value, json};

use super::super::{
    api::Api,
    wire::request::{FunctionCallingConfig, ToolConfig},
};
use crate::{
    TranslateError,
    dialects::{dropped::Dropped, read::invalid},
};

/// The provider's own tools, by the names that clients write: protobuf's JSON takes both.
const SERVER_TOOLS: &[(&str, &str)] = &[
    ("google_search", "googleSearch"),
    ("google_search_retrieval", "googleSearchRetrieval"),
    ("google_maps", "googleMaps"),
    ("url_context", "urlContext"),
    ("code_execution", "codeExecution"),
    ("computer_use", "computerUse"),
    ("file_search", "fileSearch"),
    ("mcp_servers", "mcpServers"),
    ("retrieval", "retrieval"),
    ("enterprise_web_search", "enterpriseWebSearch"),
    ("parallel_ai_search", "parallelAiSearch"),
    ("exa_ai_search", "exaAiSearch"),
];

/// The modes of calling: <https://ai.google.dev/gemini-api/docs/function-calling#function_calling_modes>.
const MUST_NOT: &str = "NONE";
const MAY: &str = "AUTO";
const MAY_STRICTLY: &str = "VALIDATED";
const MUST: &str = "ANY";

/// The tools of a request.
#[derive(Debug, Default)]
pub(super) struct Tools {
    /// The entries of `tools`.
    pub(super) tools: Vec<Value>,
    /// What is to be done with them.
    pub(super) config: Option<ToolConfig>,
    /// Names of functions that stand for custom tools.
    pub(super) custom: BTreeSet<String>,
}

/// Takes `tools`, `functions`, `web_search_options`, and the members that choose among them.
pub(super) fn encode(
    request: &mut ChatRequest,
    api: &Api,
    dropped: &mut Dropped,
) -> Result<Tools, TranslateError> {
    let mut found = Found::default();
    let tools = request.tools.take().unwrap_or_default();
    for (index, tool) in tools.into_iter().enumerate() {
        found.add(tool, &format!("tools[{index}]"), dropped)?;
    }
    let functions = request.functions.take().unwrap_or_default();
    for (index, function) in functions.into_iter().enumerate() {
        found.add_function(function, &format!("functions[{index}]"), dropped);
    }
    if let Some(options) = request.web_search_options.take().into_option() {
        dropped.rest("web_search_options", &options, &[]);
        found.server.push(json!({ "googleSearch": {} }));
    }
    let mut calling = choice(request, dropped)?.filter(|choice| {
        // Without functions only a choice that demands one says anything: the provider refuses it.
        !found.functions.is_empty() || choice.mode == MUST
    });
    if found.is_strict {
        let calling = calling.get_or_insert_with(|| FunctionCallingConfig::of(MAY));
        if calling.mode == MAY {
            calling.mode = MAY_STRICTLY;
        }
    }
    let is_mixed = !found.functions.is_empty() && !found.server.is_empty();
    let invocations = (is_mixed && api.server_tool_parts).then_some(true);
    let config = ToolConfig {
        function_calling_config: calling,
        include_server_side_tool_invocations: invocations,
    };
    let says_something = config.function_calling_config.is_some() || invocations.is_some();
    let mut tools = found.server;
    if !found.functions.is_empty() {
        tools.push(json!({ "functionDeclarations": found.functions }));
    }
    Ok(Tools {
        tools,
        config: says_something.then_some(config),
        custom: found.custom,
    })
}

#[derive(Default)]
struct Found {
    functions: Vec<Value>,
    server: Vec<Value>,
    custom: BTreeSet<String>,
    is_strict: bool,
}

impl Found {
    fn add(&mut self, tool: Tool, path: &str, dropped: &mut Dropped) -> Result<(), TranslateError> {
        match tool {
            Tool::Function(tool) => {
                dropped.rest(path, &tool, &["type", "function"]);
                self.add_function(tool.function, &format!("{path}.function"), dropped);
            }
            Tool::Custom(tool) => self.add_custom(tool, path, dropped),
            Tool::Other(tool) => {
                let server = server_tool(tool).ok_or_else(|| {
                    let known: Vec<&str> = SERVER_TOOLS.iter().map(|(name, _)| *name).collect();
                    let message = format!(
                        "`{path}` is no tool of this provider: use `function`, `custom`, or one of {}",
                        known.join(", ")
                    );
                    invalid(format!("{path}.type"), message)
                })?;
                self.server.push(server);
            }
            _ => {
                let message = format!("`{path}.type` is not known");
                return Err(invalid(format!("{path}.type"), message));
            }
        }
        Ok(())
    }

    fn add_function(
        &mut self,
        mut function: FunctionDefinition,
        path: &str,
        dropped: &mut Dropped,
    ) {
        let mut declared = Map::new();
        declared.insert("name".to_owned(), std::mem::take(&mut function.name).into());
        if let Some(description) = function.description.take().into_option() {
            declared.insert("description".to_owned(), description.into());
        }
        if let Some(schema) = function.parameters.take().into_option() {
            declared.insert("parametersJsonSchema".to_owned(), schema.0.into());
        }
        self.is_strict |= function.strict.take() == true.into();
        dropped.rest(path, &function, &["name"]);
        self.functions.push(declared.into());
    }

    fn add_custom(&mut self, mut tool: CustomTool, path: &str, dropped: &mut Dropped) {
        let custom = &mut tool.custom;
        let mut declared = Map::new();
        declared.insert("name".to_owned(), custom.name.clone().into());
        if let Some(description) = custom.description.take().into_option() {
            declared.insert("description".to_owned(), description.into());
        }
        declared.insert(
            "parametersJsonSchema".to_owned(),
            json!({
                "type": "object",
                "properties": {"input": {"type": "string"}},
                "required": ["input"],
            }),
        );
        if custom.format.as_option().and_then(|format| format.tag()) == Some("text") {
            custom.format.take();
        }
        dropped.rest(&format!("{path}.custom"), custom, &["name"]);
        self.custom.insert(custom.name.clone());
        dropped.rest(path, &tool, &["type", "custom"]);
        self.functions.push(declared.into());
    }
}

/// A tool of the provider's own, as the provider writes it.
fn server_tool(mut tool: JsonObject) -> Option<Value> {
    let native = |name: &str| {
        SERVER_TOOLS
            .iter()
            .find(|(snake, camel)| name == *snake || name == *camel)
            .map(|(_, camel)| (*camel).to_owned())
    };
    if let Some(kind) = tool.shift_remove("type") {
        let name = native(kind.as_str()?)?;
        return Some(json!({ name: tool.0 }));
    }
    let names: Option<Vec<String>> = tool.keys().map(|name| native(name)).collect();
    let names = names.filter(|names| !names.is_empty())?;
    let members = names
        .into_iter()
        .zip(tool.0.into_iter().map(|(_, value)| value));
    Some(Value::Object(members.collect()))
}

/// What is to be called.
fn choice(
    request: &mut ChatRequest,
    dropped: &mut Dropped,
) -> Result<Option<FunctionCallingConfig>, TranslateError> {
    let legacy = request.function_call.take().into_option();
    let Some(choice) = request.tool_choice.take().into_option() else {
        return match legacy {
            None => Ok(None),
            Some(FunctionCallChoice::Mode(mode)) => by_mode(&mode, "function_call").map(Some),
            Some(FunctionCallChoice::Function(function)) => Ok(Some(any_of(vec![function.name]))),
        };
    };
    if legacy.is_some() {
        dropped.name("function_call");
    }
    Ok(Some(match choice {
        ToolChoice::Mode(mode) => by_mode(&mode, "tool_choice")?,
        ToolChoice::Object(ToolChoiceObject::Function(choice)) => {
            dropped.rest("tool_choice", &choice, &["function"]);
            any_of(vec![choice.function.name])
        }
        ToolChoice::Object(ToolChoiceObject::Custom(choice)) => {
            dropped.rest("tool_choice", &choice, &["custom"]);
            any_of(vec![choice.custom.name])
        }
        ToolChoice::Object(ToolChoiceObject::AllowedTools(choice)) => {
            dropped.rest("tool_choice", &choice, &["allowed_tools"]);
            allowed(choice.allowed_tools)?
        }
        _ => {
            let message = "`tool_choice.type` must be `function`, `custom` or `allowed_tools`";
            return Err(invalid("tool_choice.type", message));
        }
    }))
}

fn by_mode(mode: &ToolChoiceMode, param: &str) -> Result<FunctionCallingConfig, TranslateError> {
    let mode = match mode {
        ToolChoiceMode::None => MUST_NOT,
        ToolChoiceMode::Auto => MAY,
        ToolChoiceMode::Required => MUST,
        // As several other vendors call it.
        ToolChoiceMode::Other(word) if word == "any" => MUST,
        _ => {
            let message = format!("`{param}` must be `none`, `auto`, `required` or an object");
            return Err(invalid(param, message));
        }
    };
    Ok(FunctionCallingConfig::of(mode))
}

fn any_of(names: Vec<String>) -> FunctionCallingConfig {
    FunctionCallingConfig {
        mode: MUST,
        allowed_function_names: names,
    }
}

/// Some of the tools: a choice among them that may be none is what `VALIDATED` is for.
fn allowed(sets: AllowedToolSets) -> Result<FunctionCallingConfig, TranslateError> {
    let sets = match sets {
        AllowedToolSets::One(set) => vec![set],
        AllowedToolSets::Many(sets) => sets,
    };
    let must = sets
        .iter()
        .any(|set| set.mode == AllowedToolsMode::Required);
    let names: Option<Vec<String>> = sets
        .iter()
        .flat_map(|set| &set.tools)
        .map(name_of)
        .collect();
    let names = names.ok_or_else(|| {
        let param = "tool_choice.allowed_tools.tools";
        invalid(
            param,
            format!("each of `{param}` must name a function or a custom tool"),
        )
    })?;
    Ok(FunctionCallingConfig {
        mode: if must { MUST } else { MAY_STRICTLY },
        allowed_function_names: names,
    })
}

fn name_of(tool: &JsonObject) -> Option<String> {
    let nested = ["function", "custom"]
        .iter()
        .find_map(|kind| tool.get(*kind));
    let name = nested.map_or_else(|| tool.get("name"), |nested| nested.get("name"));
    name?.as_str().map(str::to_owned)
}
