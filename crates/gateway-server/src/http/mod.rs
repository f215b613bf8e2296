//! The HTTP side: [`routes`] says what is where, [`dispatch`] does what every request needs, [`pipeline`] is the
//! path of a model request from its first byte to its last.

pub mod answer;
pub mod body_memory;
pub mod callers;
pub mod cors;
pub mod detach;
pub mod dispatch;
pub mod error;
pub mod forward;
pub mod framing;
pub mod handlers;
pub mod hops;
pub mod identify;
pub mod options;
pub mod path_models;
pub mod permit;
pub mod pipeline;
pub mod receive;
pub mod refuse;
pub mod relay;
pub mod routes;
pub mod understand;
