//! Legacy text completions.

use serde_json::{Value, json};

use super::{
    Request,
    answer::DemoAnswer,
    ask::{self, Ask, Calling, Format, Turn},
    chunks::{self, ChunkStream},
    fields::Fields,
    refusal::Refusal,
    think::{self, Counts, Output},
    tokens,
};

const MOST_TOKENS: u64 = 1 << 40;
const MOST_CHOICES: u64 = 8;

/// What concerns writing.
#[derive(Debug, Clone, Copy)]
struct Options {
    echo: bool,
    logprobs: Option<u64>,
}

/// One answer to one prompt.
struct Completion<'p> {
    prompt: &'p str,
    output: Output,
}

/// Answers a completion request, whole or as a stream.
pub(super) fn answer(request: &Request<'_>) -> Result<DemoAnswer, Refusal> {
    let body = &request.body;
    let prompts = prompts(body)?;
    let options = Options {
        echo: body.flag("echo")?,
        logprobs: body.integer("logprobs", 0..=5)?,
    };
    let (completions, counts) = complete(request, &prompts)?;
    let id = tokens::id(
        "cmpl-",
        &format!("{} {}", request.model, prompts.join("\n")),
    );
    let mut envelope = chunks::envelope(&id, "text_completion", request.model);
    if request.stream {
        let stream_options = body.object("stream_options")?;
        let include_usage = stream_options
            .map(|options| options.flag("include_usage"))
            .transpose()?
            .unwrap_or_default();
        let choices = completions
            .iter()
            .enumerate()
            .map(|(index, completion)| parts(index, completion, options))
            .collect();
        let usage = include_usage.then(|| chunks::usage(counts));
        return Ok(ChunkStream {
            envelope,
            choices,
            usage,
            pace: request.pace,
        }
        .into_answer());
    }
    let choices: Vec<Value> = completions
        .iter()
        .enumerate()
        .map(|(index, completion)| whole(index, completion, options))
        .collect();
    envelope.insert("choices".to_owned(), Value::from(choices));
    envelope.insert("usage".to_owned(), chunks::usage(counts));
    Ok(DemoAnswer::ok(&Value::Object(envelope)))
}

fn complete<'p>(
    request: &Request<'_>,
    prompts: &'p [String],
) -> Result<(Vec<Completion<'p>>, Counts), Refusal> {
    let body = &request.body;
    let each = body.integer("n", 1..=MOST_CHOICES)?.unwrap_or(1);
    let mut completions = Vec::new();
    let mut sum = Counts {
        input: 0,
        output: 0,
        reasoning: 0,
    };
    for prompt in prompts {
        let ask = Ask {
            turn: Turn::Message {
                text: prompt.clone(),
                from_user: true,
            },
            prompt_tokens: tokens::count(prompt),
            choices: each,
            max_tokens: body.integer("max_tokens", 0..=MOST_TOKENS)?,
            stop: ask::stop_texts(body)?,
            tools: Vec::new(),
            calling: Calling::Never,
            parallel: false,
            format: Format::Text,
            reasoning: false,
            words: ask::ordered_words(body)?,
        };
        let outcome = think::think(&ask)?;
        sum.input += outcome.usage.input;
        sum.output += outcome.usage.output;
        completions.extend(
            outcome
                .outputs
                .into_iter()
                .map(|output| Completion { prompt, output }),
        );
    }
    Ok((completions, sum))
}

/// The prompts: a text, several, token numbers, several lists of them.
fn prompts(body: &Fields<'_>) -> Result<Vec<String>, Refusal> {
    let prompts = super::embeddings::texts(body, "prompt")?;
    if prompts.is_empty() || prompts.len() > 8 {
        return Err(Refusal::invalid(
            "prompt",
            "The demo provider takes from 1 to 8 prompts.",
        ));
    }
    Ok(prompts)
}

fn text(output: &Output) -> &str {
    output.content.as_deref().unwrap_or_default()
}

fn whole(index: usize, completion: &Completion<'_>, options: Options) -> Value {
    let echo = if options.echo { completion.prompt } else { "" };
    let text = format!("{echo}{}", text(&completion.output));
    let logprobs = options.logprobs.map(|top| logprobs(&text, 0, top));
    json!({ "text": text, "index": index, "logprobs": logprobs, "finish_reason": completion.output.finish.as_str() })
}

fn parts(index: usize, completion: &Completion<'_>, options: Options) -> Vec<Value> {
    let echo = options.echo.then_some(completion.prompt);
    let tokens = echo
        .into_iter()
        .chain(tokens::tokens(text(&completion.output)));
    let mut offset = 0;
    let mut parts: Vec<Value> = tokens
        .map(|token| {
            let logprobs = options.logprobs.map(|top| logprobs(token, offset, top));
            offset += token.chars().count();
            json!({ "text": token, "index": index, "logprobs": logprobs, "finish_reason": null })
        })
        .collect();
    let finish = completion.output.finish.as_str();
    parts.push(json!({ "text": "", "index": index, "logprobs": null, "finish_reason": finish }));
    parts
}

/// Log probabilities in the legacy form: parallel arrays, offsets in characters.
fn logprobs(text: &str, offset: usize, top: u64) -> Value {
    const LOGPROB: f64 = -0.25;
    let tokens = tokens::tokens(text);
    let offsets: Vec<usize> = tokens
        .iter()
        .scan(offset, |next, token| {
            let start = *next;
            *next += token.chars().count();
            Some(start)
        })
        .collect();
    let same = vec![LOGPROB; tokens.len()];
    let tops: Vec<Value> = tokens
        .iter()
        .map(|token| {
            if top == 0 {
                json!({})
            } else {
                json!({ *token: LOGPROB })
            }
        })
        .collect();
    json!({ "tokens": tokens, "token_logprobs": same, "top_logprobs": tops, "text_offset": offsets })
}
