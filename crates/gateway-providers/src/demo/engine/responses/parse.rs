//! Reads a request of the Responses API.

use serde_json::Value;

use super::super::{
    Request,
    ask::{self, Ask, Calling, Format, Tool, ToolKind, ToolResult, Turn},
    chat::content_text,
    fields::Fields,
    refusal::Refusal,
    tokens,
};

/// A request that was read.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    pub(super) ask: Ask<'a>,
    pub(super) id: String,
}

const SCHEMA_PARAM: &str = "text.format.schema";
const MOST_TOKENS: u64 = 1 << 40;

pub(super) fn request<'a>(request: &Request<'a>) -> Result<Parsed<'a>, Refusal> {
    let body = &request.body;
    let input = body.required("input")?;
    let instructions = body.string("instructions")?.unwrap_or_default();
    let (turn, input_tokens) = turn(body)?;
    body.check_number("temperature", 0.0..=2.0)?;
    body.check_number("top_p", 0.0..=1.0)?;
    let tools = tools(body)?;
    let calling = calling(body, &tools)?;
    let effort = body
        .object("reasoning")?
        .map(|reasoning| reasoning.string("effort"))
        .transpose()?
        .flatten();
    let ask = Ask {
        turn,
        prompt_tokens: input_tokens + tokens::count(instructions),
        choices: 1,
        max_tokens: body.integer("max_output_tokens", 1..=MOST_TOKENS)?,
        stop: Vec::new(),
        tools,
        calling,
        parallel: body.flag_or("parallel_tool_calls", true)?,
        format: format(body)?,
        reasoning: request.reasoning && effort != Some("none"),
        words: ask::ordered_words(body)?,
    };
    Ok(Parsed {
        ask,
        id: tokens::id(
            "resp_",
            &format!("{} {instructions} {input}", request.model),
        ),
    })
}

/// What is to be answered, and the tokens of all input.
fn turn<'a>(body: &Fields<'a>) -> Result<(Turn<'a>, u64), Refusal> {
    if let Some(text) = body.value("input").and_then(Value::as_str) {
        return Ok((
            Turn::Message {
                text: text.to_owned(),
                from_user: true,
            },
            tokens::count(text),
        ));
    }
    let items = body.objects("input")?;
    let counts = items
        .iter()
        .map(item_tokens)
        .collect::<Result<Vec<_>, _>>()?;
    let is_result = |item: &&Fields<'a>| item_type(item).ends_with("_call_output");
    let results: Vec<&Fields<'a>> = items.iter().rev().take_while(is_result).collect();
    if !results.is_empty() {
        let results = results
            .into_iter()
            .rev()
            .map(|item| tool_result(item, &items));
        return Ok((
            Turn::ToolResults(results.collect::<Result<_, _>>()?),
            counts.iter().sum(),
        ));
    }
    let Some(last) = items.last() else {
        return Err(Refusal::invalid("input", "'input' must not be empty."));
    };
    let (text, _) = content_text(last, "content")?;
    Ok((
        Turn::Message {
            text,
            from_user: last.string("role")? == Some("user"),
        },
        counts.iter().sum(),
    ))
}

fn item_type<'a>(item: &Fields<'a>) -> &'a str {
    item.value("type")
        .and_then(Value::as_str)
        .unwrap_or("message")
}

fn item_tokens(item: &Fields<'_>) -> Result<u64, Refusal> {
    let (text, others) = content_text(item, "content")?;
    let own = ["arguments", "input", "output"]
        .into_iter()
        .filter_map(|key| item.value(key)?.as_str());
    Ok(tokens::count(&text) + others + own.map(tokens::count).sum::<u64>())
}

fn tool_result<'a>(item: &Fields<'a>, items: &[Fields<'a>]) -> Result<ToolResult<'a>, Refusal> {
    let id = item.required_string("call_id")?;
    let call = items.iter().rev().find(|call| {
        call.value("name").is_some() && call.value("call_id").and_then(Value::as_str) == Some(id)
    });
    let name = call.map(|call| call.string("name")).transpose()?.flatten();
    let (content, _) = content_text(item, "output")?;
    Ok(ToolResult { name, content })
}

/// Functions and custom tools; hosted tools are left alone, since nothing here could run them.
fn tools<'a>(body: &Fields<'a>) -> Result<Vec<Tool<'a>>, Refusal> {
    let mut tools = Vec::new();
    for tool in body.objects("tools")? {
        let kind = match tool.required_string("type")? {
            "function" => ToolKind::Function,
            "custom" => ToolKind::Custom,
            _ => continue,
        };
        tools.push(Tool {
            kind,
            name: tool.required_string("name")?,
            description: tool.string("description")?.unwrap_or_default(),
            parameters: tool
                .object("parameters")?
                .and_then(|_| tool.value("parameters")),
        });
    }
    Ok(tools)
}

fn calling<'a>(body: &Fields<'a>, tools: &[Tool<'a>]) -> Result<Calling<'a>, Refusal> {
    match body
        .value("tool_choice")
        .map(|choice| (choice, choice.as_str()))
    {
        None | Some((_, Some("auto"))) => Ok(Calling::Auto),
        Some((_, Some("none"))) => Ok(Calling::Never),
        Some((_, Some("required"))) => Ok(Calling::Required),
        Some(_) => {
            let choice = body.required_object("tool_choice")?;
            match choice.string("name")? {
                Some(name) if tools.iter().any(|tool| tool.name == name) => {
                    Ok(Calling::Forced(name))
                }
                Some(name) => Err(Refusal::invalid(
                    "tool_choice.name",
                    format!("There is no tool '{name}' in this request."),
                )),
                None => Ok(Calling::Auto),
            }
        }
    }
}

fn format<'a>(body: &Fields<'a>) -> Result<Format<'a>, Refusal> {
    let Some(text) = body.object("text")? else {
        return Ok(Format::Text);
    };
    let Some(format) = text.object("format")? else {
        return Ok(Format::Text);
    };
    match format.required_string("type")? {
        "text" => Ok(Format::Text),
        "json_object" => Ok(Format::JsonObject),
        "json_schema" => Ok(Format::Schema {
            schema: format.required("schema")?,
            param: SCHEMA_PARAM,
        }),
        other => Err(Refusal::invalid(
            format.path("type"),
            format!("'{other}' is not a text format."),
        )),
    }
}
