//! From what is asked to what is said: the whole 'intelligence' of the demo provider.

use serde_json::{Value, json};

use super::{
    ask::{Ask, Format, ToolKind, ToolResult, Turn},
    refusal::Refusal,
    schema::{self, Hints},
    tokens,
    tools::{self, ToolCall},
};

/// How much of a message is repeated in an answer, in tokens.
const ECHO: u64 = 60;

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) reasoning: String,
    pub(super) content: Option<String>,
    pub(super) calls: Vec<ToolCall>,
    pub(super) finish: Finish,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    Stop,
    Length,
    ToolCalls,
    FunctionCall,
}

/// All answers to a request, and what they cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) outputs: Vec<Output>,
    pub(super) usage: Counts,
}

/// Tokens as the demo provider counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) input: u64,
    pub(super) output: u64,
    /// Of the output.
    pub(super) reasoning: u64,
}

impl Finish {
    /// The word in `finish_reason`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::FunctionCall => "function_call",
        }
    }
}

impl Output {
    /// Its tokens: reasoning, and all.
    pub(super) fn tokens(&self) -> (u64, u64) {
        let reasoning = tokens::count(&self.reasoning);
        let content = self.content.as_deref().map_or(0, tokens::count);
        let calls: u64 = self
            .calls
            .iter()
            .map(|call| tokens::count(&call.input))
            .sum();
        (reasoning, reasoning + content + calls)
    }
}

/// Answers a request.
///
/// # Errors
/// When the request asks for a JSON form that the demo provider cannot make.
pub(super) fn think(ask: &Ask<'_>) -> Result<Outcome, Refusal> {
    let base = first_output(ask)?;
    let outputs: Vec<Output> = (0..ask.choices)
        .map(|index| limited(variant(&base, index), ask))
        .collect();
    let (reasoning, output) = outputs
        .iter()
        .map(Output::tokens)
        .fold((0, 0), |(reasoning, all), (more_reasoning, more)| {
            (reasoning + more_reasoning, all + more)
        });
    Ok(Outcome {
        outputs,
        usage: Counts {
            input: ask.prompt_tokens,
            output,
            reasoning,
        },
    })
}

fn first_output(ask: &Ask<'_>) -> Result<Output, Refusal> {
    let reasoning = if ask.reasoning {
        reasoning(ask)
    } else {
        String::new()
    };
    let calls = tools::choose(ask);
    if let Some(first) = calls.first() {
        let legacy = first.kind == ToolKind::LegacyFunction;
        let finish = if legacy {
            Finish::FunctionCall
        } else {
            Finish::ToolCalls
        };
        return Ok(Output {
            reasoning,
            content: None,
            calls,
            finish,
        });
    }
    let content = match ask.format {
        Format::Text => text(ask),
        Format::JsonObject => json!({ "answer": text(ask) }).to_string(),
        Format::Schema { schema, param } => schema_text(ask, schema, param)?,
    };
    Ok(Output {
        reasoning,
        content: Some(content),
        calls,
        finish: Finish::Stop,
    })
}

fn schema_text(ask: &Ask<'_>, schema: &Value, param: &str) -> Result<String, Refusal> {
    let hints = Hints::from_text(ask.turn.as_text());
    match schema::sample(schema, &hints) {
        Ok(value) => Ok(value.to_string()),
        Err(unmet) => Err(Refusal::invalid(
            param,
            format!(
                "The demo provider cannot make a value for this schema: {unmet}. A real model may."
            ),
        )),
    }
}

fn text(ask: &Ask<'_>) -> String {
    if let Some(words) = ask.words {
        return counted(words);
    }
    match &ask.turn {
        Turn::Message { text, .. } if text.trim().is_empty() => {
            "This is the gateway's demo provider, not a model. Your message has no text.".to_owned()
        }
        Turn::Message { text, .. } => format!(
            "This is the gateway's demo provider, not a model. You said: \"{}\". \
             Configure a real provider to get a real answer.",
            excerpt(text)
        ),
        Turn::ToolResults(results) => {
            let said: Vec<String> = results.iter().map(result_sentence).collect();
            format!(
                "This is the gateway's demo provider, not a model. {}",
                said.join(" ")
            )
        }
    }
}

fn result_sentence(result: &ToolResult<'_>) -> String {
    let tool = result
        .name
        .map_or_else(|| "The tool".to_owned(), |name| format!("The tool {name}"));
    format!("{tool} returned: {}", excerpt(&result.content))
}

fn excerpt(text: &str) -> String {
    let text = text.trim();
    let (start, _) = tokens::first(text, ECHO);
    if start.len() == text.len() {
        text.to_owned()
    } else {
        format!("{start} ...")
    }
}

fn counted(words: u64) -> String {
    let words: Vec<String> = (1..=words).map(|number| format!("word{number}")).collect();
    words.join(" ")
}

fn reasoning(ask: &Ask<'_>) -> String {
    let words = tokens::count(ask.turn.as_text());
    format!(
        "The demo provider only plays at thinking. What it was told last has {words} tokens. \
         It will refer to that and say what it is."
    )
}

/// The answer of a choice: later choices say their number, so that they can be told apart.
fn variant(base: &Output, index: u64) -> Output {
    let mut output = base.clone();
    if index > 0 {
        for call in &mut output.calls {
            call.id = tokens::id("call_", &format!("{} {index}", call.id));
        }
        if let Some(content) = output
            .content
            .as_mut()
            .filter(|content| !content.starts_with(['{', '[', '"']))
        {
            *content = format!("Choice {}: {content}", index + 1);
        }
    }
    output
}

/// The answer as far as stop texts and the token limit let it come.
fn limited(mut output: Output, ask: &Ask<'_>) -> Output {
    if let Some(content) = &mut output.content {
        let end = ask.stop.iter().filter_map(|stop| content.find(stop)).min();
        content.truncate(end.unwrap_or(content.len()));
    }
    let Some(limit) = ask.max_tokens else {
        return output;
    };
    if output.tokens().1 <= limit {
        return output;
    }
    let mut left = limit;
    cut(&mut output.reasoning, &mut left);
    if let Some(content) = &mut output.content {
        cut(content, &mut left);
    }
    output.calls.retain_mut(|call| {
        let room = left > 0;
        cut(&mut call.input, &mut left);
        room
    });
    Output {
        finish: Finish::Length,
        ..output
    }
}

fn cut(text: &mut String, left: &mut u64) {
    let (kept, used) = tokens::first(text, *left);
    let length = kept.len();
    text.truncate(length);
    *left = left.saturating_sub(used);
}

impl Turn<'_> {
    /// What was said last.
    pub(super) fn as_text(&self) -> &str {
        match self {
            Self::Message { text, .. } => text,
            Self::ToolResults(results) => results.first().map_or("", |result| &result.content),
        }
    }
}
