//! `GET /v1/models` and `GET /v1/models/{id}`.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/models>

use crate::Maybe;

wire_object! {
    /// The answer of `GET /v1/models`.
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::model_list))]
    pub struct ModelList {
        required {
            /// The models.
            data: Vec<Model>,
        }
        optional {
            /// `list`.
            object: String,
            /// Of the gateway: the provider that the list was narrowed to.
            provider: String => with_provider,
        }
    }
}

impl ModelList {
    /// A list of models.
    pub fn new(data: impl Into<Vec<Model>>) -> Self {
        Self {
            data: data.into(),
            object: "list".into(),
            ..Self::default()
        }
    }
}

wire_object! {
    /// One model.
    ///
    /// Servers add much of their own here (`max_model_len`, `pricing`); it is kept.
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::model))]
    pub struct Model {
        required {
            /// The name that requests use.
            id: String,
        }
        optional {
            /// `model`.
            object: String,
            /// When it was made, in seconds since 1970.
            created: i64 => with_created,
            /// Whose it is.
            owned_by: String => with_owned_by,
            /// Of the gateway: the provider that serves it.
            served_by: String => with_served_by,
            /// The day on which it is switched off, such as `2026-03-01`.
            shutdown_date: String => with_shutdown_date,
        }
    }
}

impl Model {
    /// The model called `id`, with `object` as OpenAI writes it.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            object: "model".into(),
            ..Self::default()
        }
    }
}

wire_object! {
    /// The answer of `DELETE /v1/models/{id}`, for a fine-tuned model.
    pub struct ModelDeleted {
        required {
            /// The model's name.
            id: String,
            /// Whether it is gone.
            deleted: bool,
        }
        optional {
            /// `model`.
            object: String,
        }
    }
}

impl ModelDeleted {
    /// The model called `id` is gone.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            deleted: true,
            object: Maybe::from("model"),
            ..Self::default()
        }
    }
}
