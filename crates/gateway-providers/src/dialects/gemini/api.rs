//! The two places that speak this protocol, as data: what their paths, their enums and their fine print differ in.

use super::super::NativePath;

/// One place that speaks the protocol.
#[derive(Debug)]
pub(crate) struct Api {
    /// Segments before the model's name.
    pub(crate) prefix: &'static [&'static str],
    /// First segments of a model's name that are places themselves: `tunedModels/x`.
    pub(crate) collections: &'static [&'static str],
    /// What clients put before a model's name although the path says it already.
    pub(crate) needless: &'static [&'static str],
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
    prefix: &["models"],
    collections: &["tunedModels"],
    needless: &["models/"],
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
    prefix: &["publishers", "google", "models"],
    collections: &["endpoints"],
    needless: &["publishers/google/models/", "google/", "models/"],
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

impl Api {
    /// The model's name without what stands in the path anyway.
    pub(crate) fn model_name<'a>(&self, model: &'a str) -> &'a str {
        self.needless
            .iter()
            .find_map(|prefix| model.strip_prefix(prefix))
            .unwrap_or(model)
    }

    /// Where a model's methods are.
    pub(crate) fn model_path(&self, model: &str) -> NativePath {
        let name = self.model_name(model);
        if let Some((collection, id)) = name.split_once('/')
            && self.collections.contains(&collection)
        {
            return NativePath::new([collection, id]);
        }
        NativePath::new(self.prefix.iter().copied().chain([name]))
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
            assert_eq!(api.model_path(model).segments, segments, "{model}");
        }
    }
}
