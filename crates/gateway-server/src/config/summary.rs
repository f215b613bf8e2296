//! What a configuration comes to, in a few lines for a person.

use std::fmt;

use gateway_router::resolve::Strategy;

use super::settings::{AuthSettings, Mode, Settings};

/// Displays what a configuration comes to: addresses, keys, providers, models. Shows no secret.
#[derive(Debug)]
pub struct Summary<'s>(pub &'s Settings);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.0;
        let scheme = if settings.server.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let addresses: Vec<String> = settings
            .server
            .listen
            .iter()
            .map(|at| format!("{scheme}://{at}"))
            .collect();
        writeln!(f, "listens on   {}", addresses.join(", "))?;
        let callers = match &settings.auth {
            AuthSettings::Keys(keys) if keys.len() == 1 => "need the API key".to_owned(),
            AuthSettings::Keys(keys) => format!("need one of {} API keys", keys.len()),
            AuthSettings::Open => "need no API key".to_owned(),
        };
        writeln!(f, "callers      {callers}")?;
        let mode = match settings.mode {
            Mode::SingleBackend => "single backend, model names passed on as they are",
            Mode::MultiProvider => "several providers, models named `provider/model`",
            Mode::Demo => "nothing is configured, so the demo provider answers",
        };
        writeln!(f, "mode         {mode}")?;
        for provider in &settings.providers {
            let at = &provider.settings;
            write!(
                f,
                "provider     {} ({}) at {}, {}",
                at.name, at.vendor.id, at.base_url, provider.source
            )?;
            match provider.further_accounts.len() {
                0 => writeln!(f)?,
                further => writeln!(f, ", {} accounts", further + 1)?,
            }
        }
        if settings.demo.is_some() {
            writeln!(
                f,
                "provider     {} (built in)",
                gateway_providers::demo::DEMO
            )?;
        }
        for alias in &settings.aliases {
            let weighted = alias.strategy == Strategy::Weighted;
            let targets: Vec<String> = alias
                .targets
                .iter()
                .map(|target| match weighted {
                    true => format!("{}/{} ({})", target.provider, target.model, target.weight),
                    false => format!("{}/{}", target.provider, target.model),
                })
                .collect();
            write!(f, "model        {} -> {}", alias.name, targets.join(", "))?;
            match alias.strategy {
                Strategy::Ordered => writeln!(f)?,
                strategy => writeln!(f, ", {strategy}")?,
            }
        }
        if let Some(model) = &settings.default_model {
            writeln!(f, "model        default -> {model}")?;
        }
        settings
            .warnings
            .iter()
            .try_for_each(|warning| writeln!(f, "warning      {warning}"))
    }
}
