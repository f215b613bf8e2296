//! Where Claude is served, as data: what differs between Anthropic's own API and the clouds that host it.

use crate::dialects::NativePath;

/// The differences of one host of Claude. The dialect asks this and never who the host is.
///
/// Another dialect whose provider also serves Claude (a cloud) keeps an [`Anthropic`](super::Anthropic) with
/// a host of its own and hands Claude's calls over to it: `encode` and `error` of the one are `encode` and
/// `error` of the other, and the decoder comes with what is encoded.
///
/// ```
/// use gateway_providers::dialects::{
///     NativePath,
///     anthropic::{Anthropic, BetaPlace, Host, VersionPlace},
/// };
///
/// static ON_A_CLOUD: Host = Host {
///     dialect: "cloud",
///     chat_path: |model, stream| {
///         let verb = if stream { "streamRawPredict" } else { "rawPredict" };
///         NativePath::new(["publishers", "anthropic", "models", model]).with_verb(verb)
///     },
///     models_path: None,
///     model_in_body: false,
///     stream_in_body: true,
///     version: VersionPlace::Member { usual: "vertex-2023-10-16" },
///     betas: BetaPlace::Header,
///     url_sources: false,
/// };
/// let _claude = Anthropic::on(&ON_A_CLOUD);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Host {
    /// The name of the dialect that answers are told under in `provider_data`; history that carries data under
    /// this name, or under `anthropic`, is put back.
    pub dialect: &'static str,
    /// Where a call goes, by model and by whether the answer is streamed.
    pub chat_path: fn(model: &str, stream: bool) -> NativePath,
    /// Where models are listed, page by page; `None` where the host has no list of this shape.
    pub models_path: Option<fn(page: Option<&str>) -> NativePath>,
    /// Whether the body names the model.
    pub model_in_body: bool,
    /// Whether the body says that the answer is to be streamed.
    pub stream_in_body: bool,
    /// Where the version of the API goes.
    pub version: VersionPlace,
    /// Where the names of beta features go.
    pub betas: BetaPlace,
    /// Whether images and documents can be given by their `https:` URLs.
    pub url_sources: bool,
}

/// Where the version of the API goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionPlace {
    /// The header `anthropic-version`. Its usual value stands in the vendor's row; the model's rule and the
    /// caller's own header are above it.
    Header,
    /// The body's member `anthropic_version`.
    Member {
        /// Its value where neither the caller nor the model's rule has another.
        usual: &'static str,
    },
}

/// Where the names of beta features go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BetaPlace {
    /// The header `anthropic-beta`, separated by commas.
    Header,
    /// The body's member `anthropic_beta`, an array.
    Member,
}

/// Anthropic's own API: <https://docs.anthropic.com/en/api/messages>.
pub static ANTHROPIC: Host = Host {
    dialect: "anthropic",
    chat_path: |_, _| NativePath::new(["messages"]),
    models_path: Some(|page| {
        let path = NativePath::new(["models"]).with_query("limit", MODELS_PER_PAGE);
        match page {
            Some(last) => path.with_query("after_id", last),
            None => path,
        }
    }),
    model_in_body: true,
    stream_in_body: true,
    version: VersionPlace::Header,
    betas: BetaPlace::Header,
    url_sources: true,
};

/// The most that one page may have: <https://docs.anthropic.com/en/api/models-list>.
const MODELS_PER_PAGE: &str = "1000";
