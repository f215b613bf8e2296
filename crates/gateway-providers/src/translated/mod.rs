//! A provider whose protocol is not OpenAI's: any [`Dialect`](crate::dialects::Dialect) with the network around it.

mod exchange;
mod models;
mod provider;
mod stream;
#[cfg(test)]
mod tests;

pub use self::provider::TranslatedProvider;
