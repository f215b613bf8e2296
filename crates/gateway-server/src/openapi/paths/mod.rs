//! What is particular to each endpoint: one function per endpoint, which exists for its documentation only.

pub(super) mod audio;
pub(super) mod capabilities;
pub(super) mod chat;
pub(super) mod completions;
pub(super) mod embeddings;
pub(super) mod form;
pub(super) mod images;
pub(super) mod models;
pub(super) mod moderations;
pub(super) mod proxy;
pub(super) mod rerank;
pub(super) mod responses;
pub(super) mod service;
