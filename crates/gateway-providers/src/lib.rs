#![doc = include_str!("../README.md")]

pub mod answer;
pub mod auth;
pub mod call;
pub mod callers;
pub mod capabilities;
pub mod credentials;
pub mod demo;
pub mod dialects;
pub mod fault;
pub mod framing;
pub mod images;
mod listed;
mod mend;
pub mod openai;
pub mod operation;
mod peek;
pub mod provider;
mod provider_options;
pub mod raw_usage;
pub mod registry;
pub mod rules;
pub mod secret;
pub mod settings;
pub mod state;
pub mod stream;
pub mod translated;
pub mod typed;
mod upstream;
mod upstream_error;
pub mod usage;
pub mod vendor;

pub use self::{
    auth::Auth,
    call::{
        Call, CallError, EventBatch, EventStream, Payload, Preview, Reply, ReplyBody,
        TranslateError,
    },
    fault::{Fault, FaultKind},
    operation::Operation,
    provider::Provider,
    registry::Registry,
    secret::{Redactor, Secret},
    settings::{ProviderInput, ProviderSettings, ProxyPathError, SettingsError},
    upstream::HOPS,
    usage::TokenUsage,
    vendor::{Catalog, Quirk, VendorRow},
};
