//! What cannot be carried, each with its reason. A new file does not fall in here by accident: an entry names ids or
//! a wire format, and one that proves to be wrong fails the test.

use crate::recording::Recording;

/// Wire formats that the gateway does not speak, and why.
pub(crate) const NOT_SPOKEN: &[(&str, &str)] = &[
    ("anthropic.count_tokens", "counting tokens is no operation of OpenAI's API; /proxy passes it"),
    ("google.countTokens", "counting tokens is no operation of OpenAI's API; /proxy passes it"),
    ("bedrock.count_tokens", "counting tokens is no operation of OpenAI's API; /proxy passes it"),
    ("google.interactions", "Google's second API for the same models; generateContent is the one that is spoken"),
    ("cohere.chat_v1", "Cohere's withdrawn API; v2 is the one that is spoken"),
    ("ollama.generate", "Ollama's API without messages; /api/chat is the one that is spoken"),
    ("bedrock.invoke", "chat models are asked through Converse; invoking is for models that embed"),
    ("openai.responses_aux", "an operation beside the Responses API; /proxy passes it"),
    ("openai.responses_store", "stored responses are asked for by id, without a model: /proxy passes it"),
];

/// A recording that is asked for and not carried.
pub(crate) struct Exception {
    /// The recordings' ids.
    pub(crate) ids: &'static [&'static str],
    /// The quirk.
    pub(crate) reason: &'static str,
}

/// The recordings that are asked for and not carried.
pub(crate) const EXCEPTIONS: &[Exception] = &[];

/// The reason why a recording may fail.
pub(crate) fn reason(id: &str) -> Option<&'static str> {
    EXCEPTIONS.iter().find(|exception| exception.ids.contains(&id)).map(|exception| exception.reason)
}

/// Why a recording is not asked for at all.
pub(crate) fn not_spoken(recording: &Recording) -> Option<&'static str> {
    NOT_SPOKEN.iter().find(|(format, _)| *format == recording.dialect).map(|(_, reason)| *reason)
}
