#![doc = include_str!("../README.md")]

pub mod sse;
pub mod transport;
