//! The wire protocols that OpenAI's is translated to and from: one folder each, pure functions only.
//!
//! A [`Dialect`] puts a call into its own words ([`encode`](Dialect::encode)) and gives a decoder for the
//! answer; it does no IO, knows no clock, and keeps nothing between calls. Sending, signing, timeouts, framing
//! and what the client gets to see are the [`TranslatedProvider`](crate::translated::TranslatedProvider)'s.
//!
//! Every folder has the same files: `wire` (the protocol's types), `request`, `response`, `stream`, `fault`,
//! and `mod`, which joins them. What a dialect cannot express is named in
//! [`Encoded::dropped`] or refused with a [`TranslateError`]; never lost in silence.
//! [`dropped::Dropped`] makes that hard to get wrong: members are taken out of the request as they are
//! understood, and what is left over is what was dropped.

pub mod anthropic;
mod ask;
pub mod bedrock;
pub mod cohere;
pub mod data_url;
mod decode;
pub mod dropped;
mod encoded;
mod function_tool;
pub mod gemini;
pub mod native_error;
pub mod ollama;
mod places;
#[cfg(test)]
mod proof;
pub(crate) mod read;
pub mod responses;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod vectors;
pub mod vertex;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

pub use self::{
    ask::Ask,
    decode::{AnswerDecoder, Flow, WholeAnswer, WholeDecoder},
    encoded::{Decoder, Encoded, NativePath, NativeRequest},
    places::Places,
};
use crate::{
    Fault, Operation, ProviderSettings, TranslateError, fault::UpstreamError, provider::ListedModel,
};

/// A wire protocol that is not OpenAI's chat.
pub trait Dialect: Send + Sync + std::fmt::Debug {
    /// Its name in vendor rows and in `provider_data`, e.g. `anthropic`.
    fn name(&self) -> &'static str;

    /// The operations that it can express. A vendor's row says which of them the vendor offers.
    fn operations(&self) -> &'static [Operation];

    /// Puts a call into the dialect's words.
    ///
    /// # Errors
    /// What cannot be expressed and cannot be left out either, with the member that the caller should change.
    fn encode(&self, ask: &Ask<'_>) -> Result<Encoded, TranslateError>;

    /// Whether it has no word for an image at an `https` address.
    fn wants_image_bytes(&self) -> bool {
        false
    }

    /// The member of a request's body whose elements each get the caller's own options (`provider_options`), where
    /// it is not the body itself that gets them.
    fn options_go_into(&self, _operation: Operation) -> Option<&'static str> {
        None
    }

    /// The names of the state that it puts back into a conversation with this model: formats of `reasoning_details`,
    /// members of `extra_content` and `provider_data`, each as in [`is_among`](crate::state::is_among); the empty one is
    /// a signature's without a format.
    fn takes_state(&self, _model: &str) -> &'static [&'static str] {
        &[]
    }

    /// Whether it has a word for what an account keeps under an id: a file, a container, a cached content.
    fn names_resources(&self) -> bool {
        false
    }

    /// An error answer, with its body in OpenAI's shape: see [`native_error`]. Headers are the upstream's own;
    /// `retry-after` is read from them elsewhere, and a wait that stands in the body is given here.
    fn error(&self, status: StatusCode, headers: &HeaderMap, body: &Bytes) -> UpstreamError;

    /// Where the models are listed, and which page; `None` where they are not.
    fn models_path(&self, settings: &ProviderSettings, page: Option<&str>) -> Option<NativePath>;

    /// Whether a list without this page, and those behind it, is still a list: a further one that not every
    /// account may read.
    fn page_may_be_missing(&self, _page: &str) -> bool {
        false
    }

    /// Reads one page of the list.
    ///
    /// # Errors
    /// `InvalidResponse` where it is no list.
    fn models_page(
        &self,
        settings: &ProviderSettings,
        answer: &Bytes,
    ) -> Result<ModelsPage, Box<Fault>>;
}

/// One page of a list of models.
#[derive(Debug, Clone, Default)]
pub struct ModelsPage {
    /// The models, each in OpenAI's shape.
    pub models: Vec<ListedModel>,
    /// What [`Dialect::models_path`] takes to name the next page; `None` on the last one.
    pub next: Option<String>,
}
