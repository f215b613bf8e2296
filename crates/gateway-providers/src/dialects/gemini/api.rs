//! The two places that speak this protocol, as data: what their paths, their enums and their fine print differ in.

use super::super::NativePath;

/// One place that speaks the protocol.
#[derive(Debug)]
pub(crate) struct Api {
    /// Where the methods of a model are, whichever way the model is named.
    pub(crate) model_path: fn(&str) -> NativePath,
    /// Whether calls of server tools come as parts, on request, and are taken back.
    pub(crate) server_tool_parts: bool,
    /// Whether `store` is a parameter.
    pub(crate) stores: bool,
    /// Whether `labels` are.
    pub(crate) labels: bool,
    /// Names of `finishReason` by number.
    pub(crate) finish_reasons: &'static [&'static str],
}

/// Google AI Studio. Enum: `Candidate.FinishReason` of `google.ai.generativelanguage.v1beta`.
pub(crate) static AI_STUDIO: Api = Api {
    model_path: in_ai_studio,
    server_tool_parts: true,
    stores: true,
    labels: false,
    finish_reasons: &[
        "FINISH_REASON_UNSPECIFIED",
        "STOP",
        "MAX_TOKENS",
        "SAFETY",
        "RECITATION",
        "OTHER",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "MALFORMED_FUNCTION_CALL",
        "IMAGE_SAFETY",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_OTHER",
        "NO_IMAGE",
        "IMAGE_RECITATION",
    ],
};

/// Vertex AI. Enum: `Candidate.FinishReason` of `google.cloud.aiplatform.v1`.
pub(crate) static VERTEX: Api = Api {
    model_path: in_vertex,
    server_tool_parts: false,
    stores: false,
    labels: true,
    finish_reasons: &[
        "FINISH_REASON_UNSPECIFIED",
        "STOP",
        "MAX_TOKENS",
        "SAFETY",
        "RECITATION",
        "OTHER",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "MALFORMED_FUNCTION_CALL",
        "MODEL_ARMOR",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "IMAGE_OTHER",
        "UNEXPECTED_TOOL_CALL",
        "NO_IMAGE",
    ],
};

/// `gemini-x`, `models/gemini-x` or `tunedModels/x`.
fn in_ai_studio(model: &str) -> NativePath {
    match model.split_once('/') {
        Some((collection @ ("models" | "tunedModels"), id)) => NativePath::new([collection, id]),
        _ => NativePath::new(["models", model]),
    }
}

/// `gemini-x`, `google/gemini-x`, `publishers/google/models/gemini-x`, or `endpoints/123` of a model of one's own.
fn in_vertex(model: &str) -> NativePath {
    if let Some(id) = model.strip_prefix("endpoints/") {
        return NativePath::new(["endpoints", id]);
    }
    let (publisher, id) = published(model);
    NativePath::new(["publishers", publisher.unwrap_or("google"), "models", id])
}

/// The publisher that a model's name on Vertex says, and the rest of the name.
pub(crate) fn published(model: &str) -> (Option<&str>, &str) {
    let name = model.strip_prefix("publishers/").unwrap_or(model);
    match name.split_once('/') {
        Some(("models", id)) => (None, id),
        Some((publisher, id)) => (Some(publisher), id.strip_prefix("models/").unwrap_or(id)),
        None => (None, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_whichever_way_it_is_named() {
        for (api, model, segments) in [
            (&AI_STUDIO, "gemini-x", &["models", "gemini-x"][..]),
            (&AI_STUDIO, "models/gemini-x", &["models", "gemini-x"]),
            (&AI_STUDIO, "tunedModels/mine", &["tunedModels", "mine"]),
            (&AI_STUDIO, "a/../b", &["models", "a/../b"]),
            (
                &VERTEX,
                "acme/x/../y",
                &["publishers", "acme", "models", "x/../y"],
            ),
            (
                &VERTEX,
                "gemini-x",
                &["publishers", "google", "models", "gemini-x"],
            ),
            (
                &VERTEX,
                "google/gemini-x",
                &["publishers", "google", "models", "gemini-x"],
            ),
            (
                &VERTEX,
                "publishers/google/models/gemini-x",
                &["publishers", "google", "models", "gemini-x"],
            ),
            (&VERTEX, "endpoints/123", &["endpoints", "123"]),
        ] {
            assert_eq!((api.model_path)(model).segments, segments, "{model}");
        }
    }
}
