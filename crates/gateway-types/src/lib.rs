//! OpenAI's wire contract as serde types.
//!
#![doc = include_str!("../README.md")]

#[macro_use]
mod macros;

mod base64;
mod extra;
mod json_text;
mod maybe;
mod number;

pub mod audio;
pub mod chat;
pub mod completions;
pub mod embeddings;
pub mod error;
#[cfg(feature = "openapi")]
mod examples;
pub mod images;
pub mod json;
pub mod models;
pub mod moderations;
pub mod prompt;
pub mod sse;
pub mod usage;

pub use extra::{Extra, JsonObject};
pub use maybe::Maybe;
pub use number::Number;
pub use usage::{CompletionTokensDetails, PromptTokensDetails, Usage};
