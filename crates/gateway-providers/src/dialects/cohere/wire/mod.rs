//! The types of Cohere's v2 API.
//!
//! Spec: <https://docs.cohere.com/reference/chat>

mod answer;
mod request;
mod several;

pub(in crate::dialects::cohere) use self::{
    answer::{Answer, Block, Call, Event, LogprobItem, Message, Usage},
    request::{
        CallFunction, ChatBody, Content, ImageSource, InputBlock, InputMessage, ResponseFormat,
        Thinking, ToolCallOut,
    },
};
