//! Chat completions.

mod logprobs;
mod parse;
mod write;

use super::{Request, answer::DemoAnswer, refusal::Refusal, think};

pub(super) use self::parse::content_text;

/// Answers a chat request, whole or as a stream.
pub(super) fn answer(request: &Request<'_>) -> Result<DemoAnswer, Refusal> {
    let chat = parse::chat(request)?;
    let outcome = think::think(&chat.ask)?;
    let writer = write::Writer {
        id: chat.id,
        model: request.model,
        top_logprobs: chat.top_logprobs,
    };
    if request.stream {
        Ok(writer.stream(&outcome, chat.include_usage, request.pace))
    } else {
        Ok(DemoAnswer::ok(&writer.whole(&outcome)))
    }
}
