//! Reads a chat request.

use serde_json::Value;

use super::super::{
    Request,
    ask::{self, Ask, Calling, Format, Tool, ToolKind, ToolResult, Turn},
    fields::Fields,
    refusal::Refusal,
    tokens,
};

/// A chat request that was read.
#[derive(Debug)]
pub(super) struct Chat<'a> {
    pub(super) ask: Ask<'a>,
    pub(super) id: String,
    pub(super) include_usage: bool,
    /// How many candidates of each token are told; `None` without log probabilities.
    pub(super) top_logprobs: Option<u64>,
}

const ROLES: &[&str] = &[
    "developer",
    "system",
    "user",
    "assistant",
    "tool",
    "function",
];
const SCHEMA_PARAM: &str = "response_format.json_schema.schema";
const MOST_TOKENS: u64 = 1 << 40;
const MOST_CHOICES: u64 = 8;

pub(super) fn chat<'a>(request: &Request<'a>) -> Result<Chat<'a>, Refusal> {
    let body = &request.body;
    let messages = messages(body)?;
    check_sampling(body)?;
    let (tools, calling) = tools(body)?;
    let limit = body.integer("max_completion_tokens", 1..=MOST_TOKENS)?;
    let ask = Ask {
        turn: turn(&messages)?,
        prompt_tokens: messages
            .iter()
            .map(message_tokens)
            .sum::<Result<u64, Refusal>>()?,
        choices: body.integer("n", 1..=MOST_CHOICES)?.unwrap_or(1),
        max_tokens: limit.or(body.integer("max_tokens", 1..=MOST_TOKENS)?),
        stop: ask::stop_texts(body)?,
        tools,
        calling,
        parallel: body.flag_or("parallel_tool_calls", true)?,
        format: format(body)?,
        reasoning: request.reasoning && body.string("reasoning_effort")? != Some("none"),
        words: ask::ordered_words(body)?,
    };
    let options = body.object("stream_options")?;
    if options.is_some() && !body.flag("stream")? {
        return Err(Refusal::invalid(
            "stream_options",
            "'stream_options' is only allowed with 'stream': true.",
        ));
    }
    Ok(Chat {
        ask,
        id: tokens::id(
            "chatcmpl-",
            &format!("{} {}", request.model, body.required("messages")?),
        ),
        include_usage: options
            .map(|options| options.flag("include_usage"))
            .transpose()?
            .unwrap_or_default(),
        top_logprobs: top_logprobs(body)?,
    })
}

fn messages<'a>(body: &Fields<'a>) -> Result<Vec<Fields<'a>>, Refusal> {
    body.required("messages")?;
    let messages = body.objects("messages")?;
    if messages.is_empty() {
        return Err(Refusal::invalid(
            "messages",
            "'messages' must have at least one message.",
        ));
    }
    for message in &messages {
        let role = message.required_string("role")?;
        if !ROLES.contains(&role) {
            return Err(Refusal::invalid(
                message.path("role"),
                format!("'{role}' is not one of {}.", ROLES.join(", ")),
            ));
        }
        if role == "tool" {
            message.required_string("tool_call_id")?;
        }
        if role != "assistant" {
            message.required("content")?;
        }
    }
    Ok(messages)
}

/// What OpenAI's contract bounds although nothing here depends on it.
fn check_sampling(body: &Fields<'_>) -> Result<(), Refusal> {
    body.check_number("temperature", 0.0..=2.0)?;
    body.check_number("top_p", 0.0..=1.0)?;
    body.check_number("presence_penalty", -2.0..=2.0)?;
    body.check_number("frequency_penalty", -2.0..=2.0)
}

fn top_logprobs(body: &Fields<'_>) -> Result<Option<u64>, Refusal> {
    let top = body.integer("top_logprobs", 0..=20)?;
    match (body.flag("logprobs")?, top) {
        (true, top) => Ok(Some(top.unwrap_or_default())),
        (false, None) => Ok(None),
        (false, Some(_)) => Err(Refusal::invalid(
            "top_logprobs",
            "'top_logprobs' needs 'logprobs': true.",
        )),
    }
}

/// The texts of a `content`, joined, and how many parts are no text. Both APIs' names of parts are known.
pub(in super::super) fn content_text(
    message: &Fields<'_>,
    key: &str,
) -> Result<(String, u64), Refusal> {
    match message.value(key) {
        None => Ok((String::new(), 0)),
        Some(Value::String(text)) => Ok((text.clone(), 0)),
        Some(Value::Array(_)) => {
            let parts = message.objects(key)?;
            let texts = parts.iter().map(part_text).collect::<Result<Vec<_>, _>>()?;
            let others = texts.iter().filter(|text| text.is_none()).count();
            let text: Vec<&str> = texts.into_iter().flatten().collect();
            Ok((text.join(" "), u64::try_from(others).unwrap_or(u64::MAX)))
        }
        Some(_) => Err(Refusal::wrong_type(
            message.path(key),
            "a string or an array of content parts",
        )),
    }
}

/// A part's text; `None` for an image, a sound, a file.
fn part_text<'a>(part: &Fields<'a>) -> Result<Option<&'a str>, Refusal> {
    match part.required_string("type")? {
        "text" | "input_text" | "output_text" => part.required_string("text").map(Some),
        "refusal" => part.required_string("refusal").map(Some),
        _ => Ok(None),
    }
}

fn message_tokens(message: &Fields<'_>) -> Result<u64, Refusal> {
    let (text, others) = content_text(message, "content")?;
    let calls: u64 = message
        .array("tool_calls")?
        .unwrap_or_default()
        .iter()
        .map(|call| tokens::count(&call.to_string()))
        .sum();
    Ok(tokens::count(&text) + others + calls)
}

fn turn<'a>(messages: &[Fields<'a>]) -> Result<Turn<'a>, Refusal> {
    let is_result =
        |message: &&Fields<'a>| matches!(message.string("role"), Ok(Some("tool" | "function")));
    let results: Vec<&Fields<'a>> = messages.iter().rev().take_while(is_result).collect();
    if results.is_empty() {
        let Some(last) = messages.last() else {
            return Err(Refusal::missing("messages".to_owned()));
        };
        let (text, _) = content_text(last, "content")?;
        return Ok(Turn::Message {
            text,
            from_user: last.string("role")? == Some("user"),
        });
    }
    let results = results
        .into_iter()
        .rev()
        .map(|message| tool_result(message, messages));
    Ok(Turn::ToolResults(results.collect::<Result<_, _>>()?))
}

fn tool_result<'a>(
    message: &Fields<'a>,
    messages: &[Fields<'a>],
) -> Result<ToolResult<'a>, Refusal> {
    let (content, _) = content_text(message, "content")?;
    let own_name = message.string("name")?;
    let name = match message.string("tool_call_id")? {
        Some(id) => called_name(messages, id).or(own_name),
        None => own_name,
    };
    Ok(ToolResult { name, content })
}

/// The name of the tool whose call had that id.
fn called_name<'a>(messages: &[Fields<'a>], id: &str) -> Option<&'a str> {
    let calls = messages
        .iter()
        .rev()
        .filter_map(|message| message.value("tool_calls")?.as_array())
        .flatten();
    let call = calls
        .into_iter()
        .find(|call| call.get("id").and_then(Value::as_str) == Some(id))?;
    call.get("function")
        .or_else(|| call.get("custom"))?
        .get("name")?
        .as_str()
}

fn tools<'a>(body: &Fields<'a>) -> Result<(Vec<Tool<'a>>, Calling<'a>), Refusal> {
    let mut tools = body
        .objects("tools")?
        .iter()
        .map(tool)
        .collect::<Result<Vec<_>, _>>()?;
    let legacy = body.objects("functions")?;
    if tools.is_empty() && !legacy.is_empty() {
        tools = legacy
            .iter()
            .map(|function| named_tool(function, ToolKind::LegacyFunction))
            .collect::<Result<_, _>>()?;
        let calling = choice(body, "function_call", &mut tools)?;
        return Ok((tools, calling));
    }
    let calling = choice(body, "tool_choice", &mut tools)?;
    Ok((tools, calling))
}

fn tool<'a>(tool: &Fields<'a>) -> Result<Tool<'a>, Refusal> {
    match tool.required_string("type")? {
        "function" => named_tool(&tool.required_object("function")?, ToolKind::Function),
        "custom" => named_tool(&tool.required_object("custom")?, ToolKind::Custom),
        other => Err(Refusal::invalid(
            tool.path("type"),
            format!("'{other}' is neither 'function' nor 'custom'."),
        )),
    }
}

fn named_tool<'a>(tool: &Fields<'a>, kind: ToolKind) -> Result<Tool<'a>, Refusal> {
    Ok(Tool {
        kind,
        name: tool.required_string("name")?,
        description: tool.string("description")?.unwrap_or_default(),
        parameters: tool
            .object("parameters")?
            .and_then(|_| tool.value("parameters")),
    })
}

/// Reads `tool_choice` or `function_call`; a list of allowed tools takes the others out.
fn choice<'a>(
    body: &Fields<'a>,
    key: &str,
    tools: &mut Vec<Tool<'a>>,
) -> Result<Calling<'a>, Refusal> {
    let Some(value) = body.value(key) else {
        return Ok(Calling::Auto);
    };
    if let Some(word) = value.as_str() {
        return word_choice(word)
            .ok_or_else(|| Refusal::invalid(body.path(key), format!("'{word}' is not known.")));
    }
    let choice = body.required_object(key)?;
    match choice.string("type")? {
        Some("allowed_tools") => allowed_tools(&choice.required_object("allowed_tools")?, tools),
        Some(kind @ ("function" | "custom")) => forced(&choice.required_object(kind)?, tools),
        None if key == "function_call" => forced(&choice, tools),
        _ => Err(Refusal::invalid(
            choice.path("type"),
            "It is not 'function', 'custom' or 'allowed_tools'.",
        )),
    }
}

fn word_choice<'a>(word: &str) -> Option<Calling<'a>> {
    match word {
        "none" => Some(Calling::Never),
        "auto" => Some(Calling::Auto),
        "required" => Some(Calling::Required),
        _ => None,
    }
}

fn forced<'a>(choice: &Fields<'a>, tools: &[Tool<'a>]) -> Result<Calling<'a>, Refusal> {
    let name = choice.required_string("name")?;
    if tools.iter().any(|tool| tool.name == name) {
        return Ok(Calling::Forced(name));
    }
    Err(Refusal::invalid(
        choice.path("name"),
        format!("There is no tool '{name}' in this request."),
    ))
}

fn allowed_tools<'a>(
    choice: &Fields<'a>,
    tools: &mut Vec<Tool<'a>>,
) -> Result<Calling<'a>, Refusal> {
    let allowed = choice.objects("tools")?;
    let name = |tool: &Fields<'a>| {
        let kind = tool.required_string("type")?;
        tool.required_object(kind)?.required_string("name")
    };
    let names = allowed.iter().map(name).collect::<Result<Vec<_>, _>>()?;
    tools.retain(|tool| names.contains(&tool.name));
    let mode = choice.required_string("mode")?;
    word_choice(mode)
        .filter(|calling| *calling != Calling::Never)
        .ok_or_else(|| {
            Refusal::invalid(
                choice.path("mode"),
                format!("'{mode}' is neither 'auto' nor 'required'."),
            )
        })
}

fn format<'a>(body: &Fields<'a>) -> Result<Format<'a>, Refusal> {
    let Some(format) = body.object("response_format")? else {
        return Ok(Format::Text);
    };
    match format.required_string("type")? {
        "text" => Ok(Format::Text),
        "json_object" => Ok(Format::JsonObject),
        "json_schema" => {
            let named = format.required_object("json_schema")?;
            named.required_string("name")?;
            match named.object("schema")?.and_then(|_| named.value("schema")) {
                Some(schema) => Ok(Format::Schema {
                    schema,
                    param: SCHEMA_PARAM,
                }),
                None => Ok(Format::JsonObject),
            }
        }
        other => Err(Refusal::invalid(
            format.path("type"),
            format!("'{other}' is not a response format."),
        )),
    }
}
