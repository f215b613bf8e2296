//! A chat request in the words of the Messages API.
//!
//! What is put differently:
//! - **Limits.** `max_tokens` is required: where the caller says nothing it is the most that the model's rule
//!   knows, else [`USUAL_MAX_TOKENS`].
//! - **Instructions.** `system` and `developer` messages go to the front, in their order. Where the model takes
//!   them between other messages, later ones stay there, at the nearest place that is allowed: behind the user's
//!   turn. A conversation of instructions alone is put as the user's words.
//! - **Turns.** Neighbours of one role become one turn; answers of tools are the user's, and stand first in it. A
//!   conversation that begins with the assistant gets a short user's turn before it.
//! - **Thinking**: see [`thinking`]. **Tools**: see [`tools`]. **JSON answers**: see [`format`].

mod assistant;
mod cache;
mod content;
mod format;
mod headers;
mod ids;
mod kinds;
mod order;
mod params;
mod thinking;
mod tools;
mod turns;

use std::collections::BTreeSet;

use super::{
    host::{BetaPlace, Host, VersionPlace},
    response::{Asked, Reader},
    wire::Body,
};
use crate::{
    TranslateError,
    dialects::{Ask, Decoder, Encoded, NativeRequest, dropped::Dropped, read},
    rules::ModelRule,
};

/// `max_tokens` where neither the caller nor the model's rule says more: every Claude can write that much.
const USUAL_MAX_TOKENS: u64 = 4096;

/// The one argument that stands for the text which a custom tool takes.
pub(super) const CUSTOM_INPUT: &str = "input";

/// What holds for the whole request, and what was noticed on the way.
#[derive(Debug)]
struct Notes<'a> {
    host: &'a Host,
    rule: &'a ModelRule,
    dropped: Dropped,
    /// Beta features that the request turned out to need.
    betas: BTreeSet<&'static str>,
}

/// Puts the call into words.
pub(super) fn encode(host: &Host, ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
    let mut chat = ask.chat()?;
    let mut notes = Notes {
        host,
        rule: ask.rule,
        dropped: Dropped::default(),
        betas: BTreeSet::new(),
    };
    let version = headers::version(host, ask);
    let conversation = turns::read(std::mem::take(&mut chat.messages), &mut notes)?;
    let max_tokens = read::max_tokens(&mut chat)
        .or(ask.rule.max_output_tokens)
        .unwrap_or(USUAL_MAX_TOKENS);
    let mut offer = tools::take(&mut chat, &mut notes)?;
    let shape = format::take(&mut chat, &mut notes);
    let plan = thinking::take(
        &mut chat,
        &thinking::Circumstances {
            max_tokens,
            is_forced: offer.is_forced(),
            is_mid_turn: conversation.is_mid_turn(),
        },
        &mut notes,
    );
    let mut body = Body {
        model: host.model_in_body.then(|| ask.model.to_owned()),
        max_tokens,
        stream: (ask.stream && host.stream_in_body).then_some(true),
        system: conversation.system,
        messages: conversation.messages,
        ..Body::default()
    };
    let answer_tool = shape.apply(&mut offer, &plan, &mut body, &mut notes);
    offer.recall(conversation.called, &mut notes);
    let custom_tools = offer.put(&plan, &mut body, &mut notes);
    params::put(&mut chat, &plan, version.as_deref(), &mut body, &mut notes);
    plan.put(&mut body);
    read::forget_defaults(&mut chat);
    notes.dropped.rest("", &chat, read::READ_ELSEWHERE);
    let asked = Asked {
        answer_tool,
        custom_tools,
    };
    finish(host, ask, body, notes, asked, version)
}

fn finish(
    host: &Host,
    ask: &Ask<'_>,
    mut body: Body,
    notes: Notes<'_>,
    asked: Asked,
    version: Option<String>,
) -> Result<Encoded, TranslateError> {
    let betas = headers::betas(ask, &notes.betas);
    let mut headers = http::HeaderMap::new();
    match host.version {
        VersionPlace::Header => headers::put(&mut headers, headers::VERSION, version),
        VersionPlace::Member { .. } => body.anthropic_version = version,
    }
    match host.betas {
        BetaPlace::Header if betas.is_empty() => {}
        BetaPlace::Header => headers::put(&mut headers, headers::BETA, Some(betas.join(","))),
        BetaPlace::Member => body.anthropic_beta = betas,
    }
    let path = (host.chat_path)(ask.model, ask.stream);
    let body = serde_json::to_vec(&body).map_err(|error| {
        // Only a map with keys that are no strings could fail.
        read::invalid(
            "messages",
            format!("the request cannot be written: {error}"),
        )
    })?;
    let mut request = NativeRequest::post(path, body);
    request.headers = headers;
    Ok(Encoded {
        requests: vec![request],
        dropped: notes.dropped.into_names(),
        decoder: Decoder::Chat(Box::new(Reader::new(asked))),
    })
}
