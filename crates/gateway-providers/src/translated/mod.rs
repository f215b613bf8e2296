//! A provider whose protocol is not OpenAI's: any [`Dialect`](crate::dialects::Dialect) with the network around it.

mod exchange;
mod models;
mod options;
mod provider;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use self::options::MEMBER as PROVIDER_OPTIONS;
pub use self::provider::TranslatedProvider;
