//! The tools on offer, and the choice among them.

use std::collections::BTreeSet;

use gateway_types::{
    JsonObject,
    chat::{
        AllowedToolSets, AllowedToolsMode, ChatRequest, CustomTool, CustomToolFormat,
        FunctionCallChoice, FunctionDefinition, FunctionTool, Tool, ToolChoice, ToolChoiceMode,
        ToolChoiceObject,
    },
};
use serde_json::{Value, json};

use super::{
    super::wire::{CachePoint, InputSchema, NativeTool, NativeToolChoice, ToolConfig, ToolSpec},
    cache_point,
    history::CUSTOM_INPUT,
    thinking::Thought,
};
use crate::{
    TranslateError,
    dialects::{
        dropped::Dropped,
        read::{functions, invalid, tools},
    },
    rules::ModelRule,
};

/// What stands as the description of a tool that only the history knows.
const GONE: &str = "No longer available. Do not call it.";

/// What a request offers.
#[derive(Debug, Default)]
pub(super) struct Offer {
    tools: Vec<Offered>,
    choice: Option<Choice>,
    /// The member that said it.
    said_by: &'static str,
}

/// One tool, with the cache point behind it.
#[derive(Debug)]
struct Offered {
    tool: NativeTool,
    name: String,
    /// Where it stands in the request.
    path: String,
    is_custom: bool,
    point: Option<CachePoint>,
}

#[derive(Debug, PartialEq, Eq)]
enum Choice {
    None,
    Auto,
    Any,
    One(String),
}

/// Takes `tools`, `functions`, `tool_choice` and `function_call` out of the request.
pub(super) fn read(
    chat: &mut ChatRequest,
    rule: &ModelRule,
    dropped: &mut Dropped,
) -> Result<Offer, TranslateError> {
    let mut offer = Offer {
        said_by: "tool_choice",
        ..Offer::default()
    };
    for (path, tool) in tools(chat) {
        let offered = match tool {
            Tool::Function(tool) => Some(function_tool(tool, &path, rule, dropped)),
            Tool::Custom(tool) => Some(custom_tool(tool, &path, dropped)),
            Tool::Other(tool) => system_tool(tool, &path, dropped),
            _ => None,
        };
        match offered {
            Some(offered) => offer.tools.push(offered),
            None => dropped.name(path),
        }
    }
    for (path, function) in functions(chat) {
        offer
            .tools
            .push(function_offered(function, None, &path, rule, dropped));
    }
    let legacy = chat.function_call.take().into_option();
    match (chat.tool_choice.take().into_option(), legacy) {
        (Some(choice), _) => offer.choose(choice, dropped)?,
        (None, Some(choice)) => offer.choose_legacy(choice, dropped),
        (None, None) => {}
    }
    Ok(offer)
}

fn function_tool(
    mut tool: FunctionTool,
    path: &str,
    rule: &ModelRule,
    dropped: &mut Dropped,
) -> Offered {
    let mut function = std::mem::take(&mut tool.function);
    let inner = format!("{path}.function");
    let point = cache_point(&mut tool.extra, path, dropped)
        .or_else(|| cache_point(&mut function.extra, &inner, dropped));
    dropped.rest(path, &tool, &["function"]);
    Offered {
        path: path.to_owned(),
        ..function_offered(function, point, &inner, rule, dropped)
    }
}

fn function_offered(
    mut function: FunctionDefinition,
    point: Option<CachePoint>,
    path: &str,
    rule: &ModelRule,
    dropped: &mut Dropped,
) -> Offered {
    let name = std::mem::take(&mut function.name);
    // Models without structured outputs refuse to be strict.
    let strict = match function.strict.copied() {
        Some(true) if rule.structured_outputs => {
            function.strict.take();
            Some(true)
        }
        Some(false) => {
            function.strict.take();
            None
        }
        _ => None,
    };
    let spec = ToolSpec {
        name: name.clone(),
        description: function
            .description
            .take()
            .into_option()
            .filter(|text| !text.is_empty()),
        input_schema: InputSchema {
            json: schema(function.parameters.take().into_option()),
        },
        strict,
    };
    dropped.rest(path, &function, &["name"]);
    Offered {
        tool: NativeTool::ToolSpec(spec),
        name,
        path: path.to_owned(),
        is_custom: false,
        point,
    }
}

/// The schema of an object: no schema, or one that says nothing, is one without members.
fn schema(parameters: Option<JsonObject>) -> JsonObject {
    let mut schema = parameters.unwrap_or_default();
    if !schema.contains_key("type") {
        schema.insert("type".to_owned(), "object".into());
        if schema.len() == 1 {
            schema.insert("properties".to_owned(), json!({}));
        }
    }
    schema
}

/// A tool that takes text, as one that takes an object with one text. A grammar cannot be put.
fn custom_tool(mut tool: CustomTool, path: &str, dropped: &mut Dropped) -> Offered {
    let mut custom = std::mem::take(&mut tool.custom);
    let point = cache_point(&mut tool.extra, path, dropped);
    dropped.rest(path, &tool, &["custom"]);
    let name = std::mem::take(&mut custom.name);
    let description = custom.description.take().into_option();
    if let Some(CustomToolFormat::Text(_)) = custom.format.as_option() {
        custom.format.take();
    }
    dropped.rest(&format!("{path}.custom"), &custom, &["name"]);
    let json = JsonObject::from_iter([
        ("type", json!("object")),
        ("properties", json!({ CUSTOM_INPUT: { "type": "string" } })),
        ("required", json!([CUSTOM_INPUT])),
    ]);
    let spec = ToolSpec {
        name: name.clone(),
        description: description.filter(|text| !text.is_empty()),
        input_schema: InputSchema { json },
        strict: None,
    };
    Offered {
        tool: NativeTool::ToolSpec(spec),
        name,
        path: path.to_owned(),
        is_custom: true,
        point,
    }
}

/// `{"type":"system_tool","name":"nova_grounding"}`: a tool that Bedrock runs. Other kinds are not known.
fn system_tool(mut tool: JsonObject, path: &str, dropped: &mut Dropped) -> Option<Offered> {
    if tool.get("type").and_then(Value::as_str) != Some("system_tool") {
        return None;
    }
    let name = tool.get("name").and_then(Value::as_str)?.to_owned();
    let point = cache_point(&mut tool, path, dropped);
    dropped.rest(path, &tool, &["type", "name"]);
    Some(Offered {
        tool: NativeTool::SystemTool { name: name.clone() },
        name,
        path: path.to_owned(),
        is_custom: false,
        point,
    })
}

impl Offer {
    /// Whether a tool must be called.
    pub(super) fn is_forced(&self) -> bool {
        matches!(self.choice, Some(Choice::Any | Choice::One(_)))
    }

    /// The tools that take text.
    pub(super) fn custom_tools(&self) -> BTreeSet<String> {
        let custom = self.tools.iter().filter(|offered| offered.is_custom);
        custom.map(|offered| offered.name.clone()).collect()
    }

    /// The configuration, where one is needed: with tools on offer, or with tools in the history.
    pub(super) fn finish(
        mut self,
        thought: &Thought,
        rule: &ModelRule,
        called: &[String],
        dropped: &mut Dropped,
    ) -> Option<ToolConfig> {
        if self.choice == Some(Choice::None) {
            if called.is_empty() {
                // The choice is kept by offering nothing.
                for offered in &self.tools {
                    dropped.name(&offered.path);
                }
                return None;
            }
            if !self.tools.is_empty() {
                dropped.name(self.said_by);
            }
            self.choice = None;
        }
        let cannot = rule.forced_tool == Some(false)
            || (thought.is_on && rule.forced_tool_while_thinking == Some(false));
        if self.is_forced() && cannot {
            dropped.name(self.said_by);
            self.choice = Some(Choice::Auto);
        }
        let mut tools: Vec<NativeTool> = Vec::new();
        for offered in self.tools {
            tools.push(offered.tool);
            tools.extend(offered.point.map(NativeTool::CachePoint));
        }
        if tools.is_empty() {
            if self.choice.is_some() {
                dropped.name(self.said_by);
            }
            return of_history(called);
        }
        let tool_choice = self.choice.and_then(|choice| match choice {
            Choice::None => None,
            Choice::Auto => Some(NativeToolChoice::Auto {}),
            Choice::Any => Some(NativeToolChoice::Any {}),
            Choice::One(name) => Some(NativeToolChoice::Tool { name }),
        });
        Some(ToolConfig { tools, tool_choice })
    }

    fn choose(&mut self, choice: ToolChoice, dropped: &mut Dropped) -> Result<(), TranslateError> {
        let object = match choice {
            ToolChoice::Mode(mode) => {
                self.choose_mode(&mode, dropped);
                return Ok(());
            }
            ToolChoice::Object(object) => object,
        };
        match object {
            ToolChoiceObject::Function(choice) => {
                dropped.rest("tool_choice", &choice, &["function"]);
                self.choice = Some(Choice::One(choice.function.name));
            }
            ToolChoiceObject::Custom(choice) => {
                dropped.rest("tool_choice", &choice, &["custom"]);
                self.choice = Some(Choice::One(choice.custom.name));
            }
            ToolChoiceObject::AllowedTools(choice) => self.allow(&choice.allowed_tools, dropped)?,
            // Other vendors write a mode as an object: `{"type":"any"}`.
            other => match other.tag().map(ToolChoiceMode::from) {
                Some(mode) => self.choose_mode(&mode, dropped),
                None => dropped.name(self.said_by),
            },
        }
        Ok(())
    }

    fn choose_mode(&mut self, mode: &ToolChoiceMode, dropped: &mut Dropped) {
        self.choice = match mode {
            ToolChoiceMode::None => Some(Choice::None),
            ToolChoiceMode::Auto => Some(Choice::Auto),
            ToolChoiceMode::Required => Some(Choice::Any),
            ToolChoiceMode::Other(word) if word == "any" => Some(Choice::Any),
            _ => {
                dropped.name(self.said_by);
                None
            }
        };
    }

    fn choose_legacy(&mut self, choice: FunctionCallChoice, dropped: &mut Dropped) {
        self.said_by = "function_call";
        match choice {
            FunctionCallChoice::Mode(mode) => self.choose_mode(&mode, dropped),
            FunctionCallChoice::Function(function) => {
                self.choice = Some(Choice::One(function.name));
            }
        }
    }

    /// Only the allowed tools are offered; the others are named.
    fn allow(
        &mut self,
        sets: &AllowedToolSets,
        dropped: &mut Dropped,
    ) -> Result<(), TranslateError> {
        let sets = match sets {
            AllowedToolSets::One(set) => std::slice::from_ref(set),
            AllowedToolSets::Many(sets) => sets,
        };
        let allowed: BTreeSet<&str> = sets
            .iter()
            .flat_map(|set| &set.tools)
            .filter_map(|tool| tool_name(tool))
            .collect();
        let is_offered = |name: &&str| self.tools.iter().any(|offered| offered.name == **name);
        if let Some(missing) = allowed.iter().find(|name| !is_offered(name)) {
            let param = "tool_choice.allowed_tools.tools";
            let message = format!("`{param}` names {missing:?}, which is not among the `tools`");
            return Err(invalid(param, message));
        }
        self.tools.retain(|offered| {
            let is_allowed = allowed.contains(offered.name.as_str());
            if !is_allowed {
                dropped.name(&offered.path);
            }
            is_allowed
        });
        let must = sets
            .iter()
            .any(|set| set.mode == AllowedToolsMode::Required);
        self.choice = Some(if must { Choice::Any } else { Choice::Auto });
        Ok(())
    }
}

/// The tools of the history, for a request that offers none.
fn of_history(called: &[String]) -> Option<ToolConfig> {
    let gone = |name: &String| {
        NativeTool::ToolSpec(ToolSpec {
            name: name.clone(),
            description: Some(GONE.to_owned()),
            input_schema: InputSchema { json: schema(None) },
            strict: None,
        })
    };
    let tools: Vec<NativeTool> = called.iter().map(gone).collect();
    (!tools.is_empty()).then_some(ToolConfig {
        tools,
        tool_choice: None,
    })
}

/// The name in `{"type":"function","function":{"name":...}}`, in `{"custom":...}`, or in the flat form.
fn tool_name(tool: &JsonObject) -> Option<&str> {
    ["function", "custom"]
        .iter()
        .find_map(|kind| tool.get(*kind)?.get("name"))
        .or_else(|| tool.get("name"))
        .and_then(Value::as_str)
}
