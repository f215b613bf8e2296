//! A chat request in the protocol's words.

mod calls;
mod config;
mod contents;
mod history;
mod media;
mod thinking;
mod tools;

use gateway_types::chat::{ChatRequest, ServiceTier};

use self::tools::Tools;
use super::{
    api::Api,
    stream::GeminiDecoder,
    wire::request::{Content, Part, Request},
};
use crate::{
    TranslateError,
    dialects::{
        Ask, Decoder, Encoded, NativePath, NativeRequest,
        dropped::Dropped,
        read::{self, READ_ELSEWHERE},
    },
};

/// Puts a chat call into the protocol's words.
pub(super) fn encode(ask: &Ask<'_>, api: &'static Api) -> Result<Encoded, TranslateError> {
    let mut request = ask.chat()?;
    let mut dropped = Dropped::default();
    read::forget_defaults(&mut request);
    let messages = std::mem::take(&mut request.messages);
    let contents::Conversation {
        system,
        mut contents,
    } = contents::encode(messages, ask, &mut dropped)?;
    let mut system_instruction = (!system.is_empty()).then_some(Content {
        role: None,
        parts: system,
    });
    if contents.is_empty() {
        // Instructions alone are answered, too: here they must be what the user says.
        let parts = system_instruction.take().map(|content| content.parts);
        contents.push(Content::new(
            "user",
            parts.unwrap_or_else(|| vec![Part::text("")]),
        ));
    }
    let Tools {
        tools,
        config: tool_config,
        custom,
    } = tools::encode(&mut request, api, &mut dropped)?;
    let native = Request {
        contents,
        system_instruction,
        tools,
        tool_config,
        generation_config: config::encode(&mut request, ask, &mut dropped)?,
        service_tier: service_tier(&mut request),
        store: if api.stores {
            request.store.take().into_option()
        } else {
            None
        },
        labels: if api.labels {
            request.metadata.take().into_option()
        } else {
            None
        },
    };
    dropped.rest("", &request, READ_ELSEWHERE);
    let request = NativeRequest::post(path(ask, api), to_body(&native)?);
    let decoder = GeminiDecoder::new(api, custom);
    Ok(Encoded {
        requests: vec![request],
        dropped: dropped.into_names(),
        decoder: Decoder::Chat(Box::new(decoder)),
    })
}

fn path(ask: &Ask<'_>, api: &Api) -> NativePath {
    let path = (api.model_path)(ask.model);
    if ask.stream {
        path.with_verb("streamGenerateContent")
            .with_query("alt", "sse")
    } else {
        path.with_verb("generateContent")
    }
}

fn to_body(native: &Request) -> Result<Vec<u8>, TranslateError> {
    serde_json::to_vec(native)
        .map_err(|error| read::invalid("", format!("the request cannot be written: {error}")))
}

/// A tier that is not known here stays in the request. Spec: <https://ai.google.dev/gemini-api/docs/flex-inference>.
fn service_tier(request: &mut ChatRequest) -> Option<&'static str> {
    let tier = match request.service_tier.as_option()? {
        ServiceTier::Flex => "flex",
        ServiceTier::Priority | ServiceTier::Fast => "priority",
        _ => return None,
    };
    request.service_tier.take();
    Some(tier)
}
