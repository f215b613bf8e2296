//! What a starting gateway tells the person who started it: where it listens, what it found, and a line to paste.

use std::{fmt::Write as _, net::SocketAddr, path::Path};

use crate::config::{AuthSettings, Mode, Settings, Summary};

/// The text, made before the settings are used up.
#[derive(Debug)]
pub struct Welcome {
    summary: String,
    file: Option<String>,
    scheme: &'static str,
    model: String,
    needs_key: bool,
}

impl Welcome {
    /// What these settings come to.
    pub fn of(settings: &Settings, file: Option<&Path>) -> Self {
        Self {
            summary: Summary(settings).to_string(),
            file: file.map(|path| path.display().to_string()),
            scheme: if settings.server.tls.is_some() {
                "https"
            } else {
                "http"
            },
            model: example_model(settings),
            needs_key: matches!(settings.auth, AuthSettings::Keys(_)),
        }
    }

    /// The whole text, for the addresses that were really bound.
    pub fn text(&self, addresses: &[SocketAddr]) -> String {
        let mut text = format!("gateway {} is ready.\n", env!("CARGO_PKG_VERSION"));
        if let Some(file) = &self.file {
            let _ = writeln!(text, "configuration {file}");
        }
        text.push_str(&self.summary);
        let Some(address) = addresses.first() else {
            return text;
        };
        let base = format!("{}://{}", self.scheme, reachable(*address));
        let key = if self.needs_key {
            " \\\n  -H \"Authorization: Bearer $API_KEY\""
        } else {
            ""
        };
        let _ = write!(
            text,
            "\nbase URL for SDKs: {base}/v1    documentation: {base}/docs\n\ncurl {base}/v1/chat/completions{key} \\\n  \
             -H \"Content-Type: application/json\" \\\n  \
             -d '{{\"model\": \"{}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello!\"}}]}}'\n",
            self.model
        );
        text
    }
}

/// A model that is likely to answer; a placeholder where only the operator can know.
fn example_model(settings: &Settings) -> String {
    match (
        settings.mode,
        settings.aliases.first(),
        settings.providers.first(),
    ) {
        (Mode::Demo, ..) => "demo/chat".to_owned(),
        (_, Some(alias), _) if !alias.name.contains('*') => alias.name.clone(),
        (Mode::MultiProvider, _, Some(provider)) => format!("{}/MODEL", provider.settings.name),
        _ => "MODEL".to_owned(),
    }
}

/// An address that can be typed: the unspecified one is reached by loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        };
        address.set_ip(loopback);
    }
    address
}
