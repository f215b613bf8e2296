#![doc = include_str!("../README.md")]

pub mod app;
pub mod cli;
pub mod compose;
mod composer;
pub mod config;
pub mod docs;
pub mod gate;
pub mod health;
pub mod http;
pub mod listener;
pub mod observe;
pub mod openapi;
pub mod probes;
pub mod reload;
pub mod server;
pub mod welcome;
pub mod workers;

pub use self::composer::Composer;
pub use self::server::{Parts, ReloadError, Reloaded, RunningServer, StartError};
