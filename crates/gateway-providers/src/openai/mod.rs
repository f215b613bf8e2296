//! The dialect of OpenAI itself: nothing is translated, everything is checked.
//!
//! A request keeps its bytes but for the members that have to change; an answer keeps all of them.

mod as_stream;
mod exchange;
mod models;
mod provider;
mod request;
mod rules;
#[cfg(test)]
mod tests;
mod through_responses;
mod whole;

pub use self::provider::OpenAiProvider;
pub use crate::upstream::headers::UPSTREAM_REQUEST_ID;
