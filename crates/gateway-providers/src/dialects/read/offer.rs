//! The tools on offer and the choice among them, in one form for all the ways to say it.

use gateway_types::{
    JsonObject,
    chat::{
        AllowedToolSets, AllowedTools, AllowedToolsMode, ChatRequest, FunctionCallChoice,
        FunctionDefinition, Tool, ToolChoice, ToolChoiceMode, ToolChoiceObject,
    },
};
use serde_json::Value;

use super::{functions, invalid, tools};
use crate::{TranslateError, dialects::dropped::Dropped};

/// The functions that may be called, and whether one must be.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Offer {
    /// The functions, in their order; where the choice allows only some of them, only these.
    pub(crate) functions: Vec<Offered>,
    /// What is to happen with them; `None` where nothing was said.
    pub(crate) choice: Option<Choice>,
    /// The member that said it: `tool_choice` or `function_call`.
    pub(crate) said_by: &'static str,
}

/// What is to happen with the functions on offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// None is called.
    None,
    /// The model decides.
    Auto,
    /// At least one is called.
    Required,
}

/// A function on offer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Offered {
    /// Its name.
    pub(crate) name: String,
    /// What it does.
    pub(crate) description: Option<String>,
    /// The JSON Schema of its arguments.
    pub(crate) parameters: Option<JsonObject>,
    /// Whether arguments must follow the schema exactly; `None` where nothing was said.
    pub(crate) strict: Option<bool>,
    /// Where it stands in the request: `tools[2].function`.
    pub(crate) path: String,
}

impl Offer {
    /// Takes `tools`, `functions`, `tool_choice` and `function_call`. Tools that are no functions are named as
    /// dropped.
    ///
    /// # Errors
    /// A choice of a function that is not on offer.
    pub(crate) fn take(
        request: &mut ChatRequest,
        dropped: &mut Dropped,
    ) -> Result<Self, TranslateError> {
        let mut offer = Self {
            said_by: "tool_choice",
            ..Self::default()
        };
        for (path, tool) in tools(request) {
            match tool {
                Tool::Function(mut tool) => {
                    let function = std::mem::take(&mut tool.function);
                    dropped.rest(&path, &tool, &["function"]);
                    offer.add(function, format!("{path}.function"), dropped);
                }
                _ => dropped.name(path),
            }
        }
        for (path, function) in functions(request) {
            offer.add(function, path, dropped);
        }
        match request.tool_choice.take().into_option() {
            Some(choice) => offer.choose(choice, dropped)?,
            None => {
                if let Some(choice) = request.function_call.take().into_option() {
                    offer.said_by = "function_call";
                    offer.choose_legacy(choice, dropped)?;
                }
            }
        }
        Ok(offer)
    }

    fn add(&mut self, mut function: FunctionDefinition, path: String, dropped: &mut Dropped) {
        let offered = Offered {
            name: std::mem::take(&mut function.name),
            description: function.description.take().into_option(),
            parameters: function.parameters.take().into_option(),
            strict: function.strict.take().into_option(),
            path,
        };
        dropped.rest(&offered.path, &function, &["name"]);
        self.functions.push(offered);
    }

    fn choose(&mut self, choice: ToolChoice, dropped: &mut Dropped) -> Result<(), TranslateError> {
        match choice {
            ToolChoice::Mode(mode) => self.choose_mode(&mode, dropped),
            ToolChoice::Object(ToolChoiceObject::Function(choice)) => {
                dropped.rest("tool_choice", &choice, &["function"]);
                let name = choice.function.name;
                self.keep(&[name], "tool_choice.function.name", dropped)?;
                self.choice = Some(Choice::Required);
            }
            ToolChoice::Object(ToolChoiceObject::AllowedTools(choice)) => {
                dropped.rest("tool_choice", &choice, &["allowed_tools"]);
                let sets = match choice.allowed_tools {
                    AllowedToolSets::One(set) => vec![set],
                    AllowedToolSets::Many(sets) => sets,
                };
                self.choose_allowed(&sets, dropped)?;
            }
            // A tool that was not taken for an offer cannot be chosen.
            ToolChoice::Object(_) => dropped.name("tool_choice"),
        }
        Ok(())
    }

    fn choose_mode(&mut self, mode: &ToolChoiceMode, dropped: &mut Dropped) {
        match mode {
            ToolChoiceMode::None => self.choice = Some(Choice::None),
            ToolChoiceMode::Auto => self.choice = Some(Choice::Auto),
            ToolChoiceMode::Required => self.choice = Some(Choice::Required),
            // As several other servers call it.
            ToolChoiceMode::Other(word) if word == "any" => self.choice = Some(Choice::Required),
            _ => dropped.name(self.said_by),
        }
    }

    fn choose_legacy(
        &mut self,
        choice: FunctionCallChoice,
        dropped: &mut Dropped,
    ) -> Result<(), TranslateError> {
        match choice {
            FunctionCallChoice::Mode(mode) => self.choose_mode(&mode, dropped),
            FunctionCallChoice::Function(function) => {
                self.keep(&[function.name], "function_call.name", dropped)?;
                self.choice = Some(Choice::Required);
            }
        }
        Ok(())
    }

    fn choose_allowed(
        &mut self,
        sets: &[AllowedTools],
        dropped: &mut Dropped,
    ) -> Result<(), TranslateError> {
        let names: Vec<String> = sets
            .iter()
            .flat_map(|set| &set.tools)
            .filter_map(tool_name)
            .collect();
        self.keep(&names, "tool_choice.allowed_tools.tools", dropped)?;
        let must = sets
            .iter()
            .any(|set| set.mode == AllowedToolsMode::Required);
        self.choice = Some(if must { Choice::Required } else { Choice::Auto });
        Ok(())
    }

    /// Keeps only the functions of these names; the others are named as dropped.
    fn keep(
        &mut self,
        names: &[String],
        member: &str,
        dropped: &mut Dropped,
    ) -> Result<(), TranslateError> {
        let offered = |name: &String| self.functions.iter().any(|known| known.name == *name);
        if let Some(missing) = names.iter().find(|name| !offered(name)) {
            let message = format!("`{member}` names {missing:?}, which is not among the `tools`");
            return Err(invalid(member, message));
        }
        self.functions.retain(|known| {
            let is_kept = names.contains(&known.name);
            if !is_kept {
                dropped.name(known.tool());
            }
            is_kept
        });
        Ok(())
    }

    /// Names all of them as dropped, where not offering them is the only way to have none called.
    pub(crate) fn withdraw(&self, dropped: &mut Dropped) {
        for function in &self.functions {
            dropped.name(function.tool());
        }
    }
}

impl Offered {
    /// Where the tool stands whose function this is: `tools[2]`, or `functions[2]`.
    fn tool(&self) -> &str {
        self.path.strip_suffix(".function").unwrap_or(&self.path)
    }
}

/// The name in `{"type":"function","function":{"name":...}}`, or in the flat form of other endpoints.
fn tool_name(tool: &JsonObject) -> Option<String> {
    let nested = tool
        .get("function")
        .and_then(|function| function.get("name"));
    nested
        .or_else(|| tool.get("name"))
        .and_then(Value::as_str)
        .map(str::to_owned)
}
