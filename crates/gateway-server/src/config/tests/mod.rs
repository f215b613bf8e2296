//! The configuration as a whole: text, variables and flags in, settings or problems out.

mod affinity;
mod bad_files;
mod connection;
mod documents;
mod layers;
mod pools;
mod providers;
mod resilience;
mod schema;
mod secrets;

use super::{ConfigFile, Environment, Flags, Problems, Settings, load};

/// A key that is long enough not to be warned about.
const KEY: &str = "a-key-for-the-whole-team";

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables.iter().copied().collect()
}

fn try_load(text: &str, variables: &[(&str, &str)], flags: &Flags) -> Result<Settings, Problems> {
    let file = ConfigFile {
        path: "g.toml".into(),
        text: text.to_owned(),
    };
    load(Some(&file), &environment(variables), flags)
}

#[track_caller]
fn good(text: &str, variables: &[(&str, &str)]) -> Settings {
    match try_load(text, variables, &Flags::default()) {
        Ok(settings) => settings,
        Err(problems) => panic!("{text}\n{problems}"),
    }
}

/// Every problem as it is printed.
#[track_caller]
fn bad(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    match try_load(text, variables, &Flags::default()) {
        Ok(settings) => panic!("{text} is accepted: {settings:?}"),
        Err(problems) => problems.0.iter().map(ToString::to_string).collect(),
    }
}

fn addresses(settings: &Settings) -> Vec<String> {
    settings
        .server
        .listen
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// `name=base URL` of each provider.
fn places(settings: &Settings) -> Vec<String> {
    let place =
        |p: &super::ConfiguredProvider| format!("{}={}", p.settings.name, p.settings.base_url);
    settings.providers.iter().map(place).collect()
}

/// `alias -> target, target` of each alias.
fn routes(settings: &Settings) -> Vec<String> {
    let targets = |alias: &gateway_router::resolve::Alias| {
        alias
            .targets
            .iter()
            .map(|t| format!("{}/{}", t.provider, t.model))
            .collect::<Vec<_>>()
            .join(", ")
    };
    settings
        .aliases
        .iter()
        .map(|alias| format!("{} -> {}", alias.name, targets(alias)))
        .collect()
}
