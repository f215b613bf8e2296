//! Which features of OpenAI's chat each provider has, found out by asking its dialect and not by claiming it.
//!
//! A [`Feature`] is a small request. It is put into the provider's words as any other request is, and what becomes
//! of it is the answer: the member arrives as it is, arrives in other words, is dropped and named, or the request is
//! refused. Nothing is sent. `docs/providers.md` and `GET /v1/capabilities` are made of this.

pub mod docs;
mod feature;
mod probe;
#[cfg(test)]
mod tests;

pub use self::{
    feature::{FEATURES, Feature},
    probe::{Support, probe},
};
