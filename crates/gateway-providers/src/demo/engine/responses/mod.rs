//! The Responses API, as far as a demo needs it: text, reasoning summaries, function and custom tools.

mod parse;
mod write;

use super::{Request, answer::DemoAnswer, refusal::Refusal, think};

/// Answers a request of the Responses API, whole or as a stream of typed events.
pub(super) fn answer(request: &Request<'_>) -> Result<DemoAnswer, Refusal> {
    let parsed = parse::request(request)?;
    let outcome = think::think(&parsed.ask)?;
    let writer = write::Writer::new(&parsed.id, request, &outcome);
    Ok(if request.stream {
        writer.stream()
    } else {
        DemoAnswer::ok(&writer.whole())
    })
}
