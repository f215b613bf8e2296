#![doc = include_str!("../README.md")]

pub mod call;
pub mod fault;
pub mod operation;
pub mod provider;
pub mod usage;

pub use self::{
    call::{Call, CallError, EventBatch, EventStream, Payload, Reply, ReplyBody, TranslateError},
    fault::{Fault, FaultKind},
    operation::Operation,
    provider::Provider,
    usage::TokenUsage,
};
