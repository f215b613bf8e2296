#![doc = include_str!("../README.md")]

mod accumulate;
pub mod base_url;
pub mod client;
pub mod schema;
pub mod sse;
pub mod transport;

pub use self::{
    accumulate::ChatAccumulator,
    client::{AnswerStream, ApiError, ChatStream, Client, ClientBuilder, ClientError},
};
