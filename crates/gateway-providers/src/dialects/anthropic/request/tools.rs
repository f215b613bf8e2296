//! The tools on offer, and which of them may or must be called.
//!
//! - A **function** becomes a client tool. `strict` is passed on where the model has structured outputs, its
//!   schema in the subset that Anthropic takes (see [`schema`](super::super::schema)); elsewhere it is named.
//! - A **custom tool**, which takes text, becomes a tool with one argument for the text; the answer tells its
//!   calls as calls of a custom tool again. A grammar is told in the description, and named.
//! - Tools in Anthropic's own words (a `type` with a date, or an `input_schema`) go as they are.
//!   `web_search_options` becomes Anthropic's web search.
//! - `required` is `any`, a named tool is that tool. Where the model cannot be made to call one, both become
//!   `auto` with the one tool in question strict, and `tool_choice` is named. `allowed_tools` leaves out the
//!   other tools, which are named.
//! - Where no tool is on offer and the history has calls, the tools that were called are offered again with the
//!   choice `none`, since the API refuses calls of tools that it does not know.

use std::collections::BTreeSet;

use gateway_types::{
    Extra,
    chat::{
        AllowedToolSets, AllowedTools, AllowedToolsMode, ChatRequest, FunctionCallChoice, Tool,
        ToolChoice, ToolChoiceMode, ToolChoiceObject,
    },
};
use serde_json::Value;

use super::{
    super::{
        schema,
        wire::{self, Body, Object},
    },
    Notes, kinds,
    thinking::Plan,
};
use crate::{TranslateError, dialects::read, rules::ModelRule};

/// The tools, and what is to happen with them.
#[derive(Debug, Default)]
pub(super) struct Offer {
    pub(super) tools: Vec<wire::Tool>,
    pub(super) choice: Option<Choice>,
    /// Where each of the tools stands in the request.
    paths: Vec<String>,
    custom: BTreeSet<String>,
    is_parallel: Option<bool>,
    said_by: &'static str,
}

/// What is to happen with the tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    Auto,
    None,
    Any,
    Named(String),
}

/// Takes the tools and the choice.
pub(super) fn take(chat: &mut ChatRequest, notes: &mut Notes<'_>) -> Result<Offer, TranslateError> {
    let mut offer = Offer {
        said_by: "tool_choice",
        is_parallel: chat.parallel_tool_calls.take().into_option(),
        ..Offer::default()
    };
    let tools = chat.tools.take().unwrap_or_default();
    for (index, tool) in tools.into_iter().enumerate() {
        offer.add(tool, &format!("tools[{index}]"), notes);
    }
    let functions = chat.functions.take().unwrap_or_default();
    for (index, function) in functions.into_iter().enumerate() {
        let path = format!("functions[{index}]");
        let tool = kinds::function_tool(function, Extra::default(), &path, notes);
        offer.push(wire::Tool::Client(tool), &path);
    }
    if let Some(options) = chat.web_search_options.take().into_option() {
        offer.push(kinds::web_search(options, notes), "web_search_options");
    }
    let legacy = chat.function_call.take().into_option();
    match (chat.tool_choice.take().into_option(), legacy) {
        (Some(choice), _) => offer.choose(choice, notes)?,
        (None, Some(choice)) => {
            offer.said_by = "function_call";
            match choice {
                FunctionCallChoice::Mode(mode) => offer.choose_mode(&mode, notes),
                FunctionCallChoice::Function(function) => offer.choose_named(function.name)?,
            }
        }
        (None, None) => {}
    }
    Ok(offer)
}

/// Whether a model can be made to call a tool when it thinks as planned.
pub(super) fn can_force(rule: &ModelRule, plan: &Plan) -> bool {
    rule.forced_tool != Some(false)
        && !(plan.thinks && rule.forced_tool_while_thinking == Some(false))
}

impl Offer {
    /// Whether the caller wants a tool called in any case.
    pub(super) fn is_forced(&self) -> bool {
        !self.tools.is_empty() && matches!(self.choice, Some(Choice::Any | Choice::Named(_)))
    }

    /// A request whose history has calls must have tools: where none is on offer, those that were called are, and
    /// none of them may be called.
    pub(super) fn recall(&mut self, called: BTreeSet<String>, notes: &mut Notes<'_>) {
        if !self.tools.is_empty() || called.is_empty() {
            return;
        }
        if matches!(self.choice, Some(Choice::Any | Choice::Named(_))) {
            notes.dropped.name(self.said_by);
        }
        for name in called {
            self.tools.push(wire::Tool::Client(kinds::recalled(name)));
        }
        self.choice = Some(Choice::None);
    }

    /// Puts the tools into the body; gives the names of those that take text.
    pub(super) fn put(
        mut self,
        plan: &Plan,
        body: &mut Body,
        notes: &mut Notes<'_>,
    ) -> BTreeSet<String> {
        if self.tools.is_empty() {
            // Without tools nothing can be chosen; what says no more than that is no loss.
            if matches!(self.choice, Some(Choice::Any | Choice::Named(_))) {
                notes.dropped.name(self.said_by);
            }
            return self.custom;
        }
        if self.is_forced() && !can_force(notes.rule, plan) {
            self.unforce(notes);
        }
        let disable_parallel_tool_use = (self.is_parallel == Some(false)).then_some(true);
        body.tool_choice = match self.choice {
            Some(Choice::Any) => Some(wire::ToolChoice::Any {
                disable_parallel_tool_use,
            }),
            Some(Choice::Named(name)) => Some(wire::ToolChoice::Tool {
                name,
                disable_parallel_tool_use,
            }),
            Some(Choice::None) => Some(wire::ToolChoice::None),
            Some(Choice::Auto) => Some(wire::ToolChoice::Auto {
                disable_parallel_tool_use,
            }),
            None => disable_parallel_tool_use.map(|_| wire::ToolChoice::Auto {
                disable_parallel_tool_use,
            }),
        };
        body.tools = self.tools;
        self.custom
    }

    /// The nearest to a tool that must be called: it may be, and if it is, then as its schema says.
    fn unforce(&mut self, notes: &mut Notes<'_>) {
        notes.dropped.name(self.said_by);
        let wanted = match self.choice.replace(Choice::Auto) {
            Some(Choice::Named(name)) => Some(name),
            _ => None,
        };
        if !notes.rule.structured_outputs {
            return;
        }
        let is_only = self.tools.len() == 1;
        for tool in &mut self.tools {
            if let wire::Tool::Client(tool) = tool
                && (wanted.as_ref() == Some(&tool.name) || (wanted.is_none() && is_only))
                && schema::is_strict(&tool.input_schema)
            {
                tool.strict = Some(true);
            }
        }
    }

    fn push(&mut self, tool: wire::Tool, path: &str) {
        self.tools.push(tool);
        self.paths.push(path.to_owned());
    }

    fn add(&mut self, tool: Tool, path: &str, notes: &mut Notes<'_>) {
        match tool {
            Tool::Function(mut tool) => {
                let function = std::mem::take(&mut tool.function);
                let tool = kinds::function_tool(function, tool.extra, path, notes);
                self.push(wire::Tool::Client(tool), path);
            }
            Tool::Custom(mut tool) => {
                let custom = std::mem::take(&mut tool.custom);
                self.custom.insert(custom.name.clone());
                let tool = kinds::custom_tool(custom, tool.extra, path, notes);
                self.push(wire::Tool::Client(tool), path);
            }
            Tool::Other(tool) if kinds::is_own(&tool) => self.push(wire::Tool::Own(tool.0), path),
            _ => notes.dropped.name(path),
        }
    }

    fn choose(&mut self, choice: ToolChoice, notes: &mut Notes<'_>) -> Result<(), TranslateError> {
        match choice {
            ToolChoice::Mode(mode) => self.choose_mode(&mode, notes),
            ToolChoice::Object(ToolChoiceObject::Function(choice)) => {
                notes.dropped.rest("tool_choice", &choice, &["function"]);
                self.choose_named(choice.function.name)?;
            }
            ToolChoice::Object(ToolChoiceObject::Custom(choice)) => {
                notes.dropped.rest("tool_choice", &choice, &["custom"]);
                self.choose_named(choice.custom.name)?;
            }
            ToolChoice::Object(ToolChoiceObject::AllowedTools(choice)) => {
                let understood = ["allowed_tools"];
                notes.dropped.rest("tool_choice", &choice, &understood);
                self.choose_allowed(choice.allowed_tools, notes)?;
            }
            ToolChoice::Object(ToolChoiceObject::Other(choice)) => {
                self.choose_own(&choice, notes)?;
            }
            ToolChoice::Object(_) => notes.dropped.name("tool_choice"),
        }
        Ok(())
    }

    /// The tools that may be called stay; the others go, and are named.
    fn choose_allowed(
        &mut self,
        sets: AllowedToolSets,
        notes: &mut Notes<'_>,
    ) -> Result<(), TranslateError> {
        let sets = match sets {
            AllowedToolSets::One(set) => vec![set],
            AllowedToolSets::Many(sets) => sets,
        };
        let tools = sets.iter().flat_map(|set| &set.tools);
        let names: Vec<String> = tools.filter_map(|tool| named_in(tool)).collect();
        if names.is_empty() {
            self.choice = Some(Choice::None);
            return Ok(());
        }
        for name in &names {
            self.check_offered(name)?;
        }
        let offered = std::mem::take(&mut self.tools).into_iter();
        for (tool, path) in offered.zip(std::mem::take(&mut self.paths)) {
            if names.iter().any(|name| name_of(&tool) == Some(name)) {
                self.push(tool, &path);
            } else {
                notes.dropped.name(path);
            }
        }
        let is_required = |set: &AllowedTools| set.mode == AllowedToolsMode::Required;
        self.choice = Some(if sets.iter().any(is_required) {
            Choice::Any
        } else {
            Choice::Auto
        });
        Ok(())
    }

    /// A choice in Anthropic's own words, or nothing that is known.
    fn choose_own(&mut self, choice: &Object, notes: &mut Notes<'_>) -> Result<(), TranslateError> {
        let name = choice.get("name").and_then(Value::as_str);
        match (choice.get("type").and_then(Value::as_str), name) {
            (Some("tool"), Some(name)) => self.choose_named(name.to_owned())?,
            (Some("any"), _) => self.choice = Some(Choice::Any),
            (Some("auto"), _) => self.choice = Some(Choice::Auto),
            (Some("none"), _) => self.choice = Some(Choice::None),
            _ => {
                notes.dropped.name("tool_choice");
                return Ok(());
            }
        }
        if let Some(disabled) = choice
            .get("disable_parallel_tool_use")
            .and_then(Value::as_bool)
        {
            self.is_parallel = Some(!disabled);
        }
        let understood = ["type", "name", "disable_parallel_tool_use"];
        notes.dropped.rest("tool_choice", choice, &understood);
        Ok(())
    }

    fn choose_mode(&mut self, mode: &ToolChoiceMode, notes: &mut Notes<'_>) {
        match mode {
            ToolChoiceMode::None => self.choice = Some(Choice::None),
            ToolChoiceMode::Auto => self.choice = Some(Choice::Auto),
            ToolChoiceMode::Required => self.choice = Some(Choice::Any),
            ToolChoiceMode::Other(word) if word == "any" => self.choice = Some(Choice::Any),
            _ => notes.dropped.name(self.said_by),
        }
    }

    fn choose_named(&mut self, name: String) -> Result<(), TranslateError> {
        self.check_offered(&name)?;
        self.choice = Some(Choice::Named(name));
        Ok(())
    }

    fn check_offered(&self, name: &str) -> Result<(), TranslateError> {
        if self.tools.iter().any(|tool| name_of(tool) == Some(name)) {
            return Ok(());
        }
        let said_by = self.said_by;
        let message = format!("`{said_by}` names {name:?}, which is not among the tools");
        Err(read::invalid(said_by, message))
    }
}

fn name_of(tool: &wire::Tool) -> Option<&str> {
    match tool {
        wire::Tool::Client(tool) => Some(&tool.name),
        wire::Tool::Own(tool) => tool.get("name")?.as_str(),
    }
}

/// The name in `{"type":"function","function":{"name":...}}`, or flat.
fn named_in(tool: &Object) -> Option<String> {
    let nested = tool.get("function").or_else(|| tool.get("custom"));
    let name = nested.map_or_else(|| tool.get("name"), |nested| nested.get("name"));
    name.and_then(Value::as_str).map(str::to_owned)
}
