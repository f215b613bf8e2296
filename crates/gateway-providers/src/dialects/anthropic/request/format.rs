//! Answers in JSON.
//!
//! - A **schema** goes to `output_config.format` where the model has structured outputs, in the subset that
//!   Anthropic takes (see [`schema`](super::super::schema)).
//! - Elsewhere, and for **any JSON object**, which Anthropic has no means for, a tool stands for the answer: the
//!   model is made to call it (or one of the caller's own tools), and its arguments are told as the answer's
//!   text. Where the model cannot be made to, it is asked to in words; an answer in plain text is then told as it
//!   is.

use gateway_types::chat::ChatRequest;
use serde_json::json;

use super::{
    super::{
        schema,
        wire::{self, Block, Body, ClientTool, Object},
    },
    Notes,
    thinking::Plan,
    tools::{self, Choice, Offer},
};
use crate::dialects::read;

/// The name of the tool that stands for the answer, with underscores behind it where the caller has one so named.
const ANSWER_TOOL: &str = "json_answer";

/// What the model reads about it.
const ABOUT_SCHEMA: &str = "Gives the answer to the user. The arguments are the whole answer.";
const ABOUT_OBJECT: &str = "Gives the answer to the user. The arguments are the whole answer: a JSON object with \
    exactly the members that were asked for, at its top level.";

/// The shape that the answer must have.
#[derive(Debug)]
pub(super) enum Shape {
    Any,
    /// By Anthropic's own means.
    Native(Object),
    /// By a tool with this schema.
    Tool(Object, &'static str),
}

/// Takes `response_format`.
pub(super) fn take(chat: &mut ChatRequest, notes: &mut Notes<'_>) -> Shape {
    match read::Format::take(chat, &mut notes.dropped) {
        None => Shape::Any,
        Some(read::Format::Schema(schema)) if notes.rule.structured_outputs => {
            let mut schema = schema.0;
            let path = "response_format.json_schema.schema";
            schema::make_strict(&mut schema, path, &mut notes.dropped);
            Shape::Native(schema)
        }
        Some(read::Format::Schema(schema)) => Shape::Tool(schema.0, ABOUT_SCHEMA),
        Some(read::Format::Json) => {
            let any = Object::from_iter([
                ("type".to_owned(), "object".into()),
                ("additionalProperties".to_owned(), true.into()),
            ]);
            Shape::Tool(any, ABOUT_OBJECT)
        }
    }
}

impl Shape {
    /// Puts the shape into the body and the offer; gives the name of the tool that stands for the answer.
    pub(super) fn apply(
        self,
        offer: &mut Offer,
        plan: &Plan,
        body: &mut Body,
        notes: &mut Notes<'_>,
    ) -> Option<String> {
        let (schema, about) = match self {
            Self::Any => return None,
            Self::Native(schema) => {
                let format = json!({"type": "json_schema", "schema": schema});
                body.output_config.insert("format".to_owned(), format);
                return None;
            }
            Self::Tool(schema, about) => (schema, about),
        };
        // One named tool is to be called: its arguments are what was asked for, not an answer in text.
        if matches!(offer.choice, Some(Choice::Named(_))) {
            notes.dropped.name("response_format");
            return None;
        }
        let mut name = ANSWER_TOOL.to_owned();
        while offer.tools.iter().any(|tool| is_named(tool, &name)) {
            name.push('_');
        }
        let is_alone = offer.tools.is_empty() || offer.choice == Some(Choice::None);
        offer.choice = Some(if !tools::can_force(notes.rule, plan) {
            body.system.push(instruction(&name));
            Choice::Auto
        } else if is_alone {
            Choice::Named(name.clone())
        } else {
            Choice::Any
        });
        offer.tools.push(wire::Tool::Client(ClientTool {
            name: name.clone(),
            description: Some(about.to_owned()),
            input_schema: schema,
            ..ClientTool::default()
        }));
        Some(name)
    }
}

fn instruction(name: &str) -> Block {
    Block::Text {
        text: format!(
            "Give your answer to the user by calling the tool `{name}`, and write no text beside the call."
        ),
        citations: Vec::new(),
        cache_control: None,
    }
}

fn is_named(tool: &wire::Tool, name: &str) -> bool {
    match tool {
        wire::Tool::Client(tool) => tool.name == name,
        wire::Tool::Own(tool) => tool.get("name").is_some_and(|known| known == name),
    }
}
