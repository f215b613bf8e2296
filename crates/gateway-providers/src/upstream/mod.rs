//! Where providers meet the network: sending, reading within bounds, and what of an upstream's answer may be seen.
//!
//! Shared by every provider that speaks HTTP, whatever its dialect.

pub(crate) mod body;
mod dropped;
pub(crate) mod headers;
mod hold;
mod idle;
mod proxy;
mod request;
mod send;

pub use self::request::HOPS;
pub(crate) use self::{
    dropped::{refuse_dropped, tell_dropped},
    hold::{EVENT_STREAM, hold},
    idle::not_silent,
    proxy::proxy,
    request::upstream_headers,
    send::{as_it_came, refuse_errors, send},
};
