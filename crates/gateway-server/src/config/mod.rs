//! The configuration: one strict TOML file, the environment above it, flags above that.
//!
//! [`load`] puts the layers together and gives [`Settings`], in which nothing can still be wrong, or [`Problems`]: all
//! of them, each with its place and what to change. The file's types are in [`section`]; [`json_schema`] is made from
//! them. The environment is read once, by [`Environment::from_process`], and passed down.

mod connection;
mod decode;
mod document;
mod environment;
mod interpolate;
mod ledger;
mod load;
mod near;
mod origin;
mod path;
mod problem;
mod resolve;
mod schema;
pub mod section;
mod settings;
mod summary;
#[cfg(test)]
mod tests;
mod value;
mod variables;

pub use self::{
    connection::{ConnectionSettings, OutboundProxy},
    environment::Environment,
    load::{ConfigFile, FILE_VARIABLE, Flags, USUAL_FILE, load, referenced_files},
    origin::{Origin, Position},
    problem::{Problem, Problems},
    schema::json_schema,
    section::Config,
    settings::{
        AuthSettings, CallerEndpointSettings, ConfiguredProvider, CorsSettings, DemoSettings,
        FeatureSettings, MetricsSettings, Mode, Origins, ProviderSource, ServerSettings, Settings,
        TlsFiles, UpstreamTimeouts,
    },
    summary::Summary,
    value::{ByteSize, KeyList, NamedKey, SecretText, TextList, Wait},
    variables::{Form, PREFIX, VARIABLES, Variable},
};
