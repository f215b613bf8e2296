//! Which endpoints callers may bring along.

use std::net::SocketAddr;

use gateway_client::transport::guard::{
    AddressPolicy, AddressRange, CallersUrl, GuardError, GuardPolicy,
};
use gateway_providers::rules::ModelRules;

use super::{Scene, address};
use crate::config::{
    path::Path,
    section::Config,
    settings::{AuthSettings, CallerEndpointSettings},
};

const SECTION: &str = "caller_endpoints";

/// `None` where callers may bring none.
pub(super) fn caller_endpoints(
    config: &Config,
    auth: &AuthSettings,
    own: &[SocketAddr],
    scene: &mut Scene<'_, '_>,
) -> Option<CallerEndpointSettings> {
    let section = &config.caller_endpoints;
    let addresses = ranges(&section.addresses.0, scene);
    let origins = origins(&section.origins.0, scene);
    if section.ports.contains(&0) {
        scene.wrong_plainly(Path::of(&[SECTION, "ports"]), "port 0 is no port");
    }
    if section.origins.0.is_empty() && !section.public {
        return None;
    }
    check_exposure(auth, own, scene);
    let rules = ModelRules::builtin().cloned().unwrap_or_default();
    Some(CallerEndpointSettings {
        policy: GuardPolicy {
            origins: origins.iter().map(|url| url.as_url().origin()).collect(),
            public: section.public,
            ports: section.ports.clone(),
            addresses: AddressPolicy::opening(addresses),
            own: own.to_vec(),
        },
        rules: rules.with_first(config.model_rules.iter().cloned()),
    })
}

fn ranges(texts: &[String], scene: &mut Scene<'_, '_>) -> Vec<AddressRange> {
    let path = Path::of(&[SECTION, "addresses"]);
    let read = texts.iter().enumerate().filter_map(|(index, text)| {
        let range = text.parse::<AddressRange>();
        range
            .map_err(|error| scene.wrong_plainly(path.join(index), error.to_string()))
            .ok()
    });
    read.collect()
}

fn origins(texts: &[String], scene: &mut Scene<'_, '_>) -> Vec<CallersUrl> {
    let path = Path::of(&[SECTION, "origins"]);
    let mut origins = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match origin(text) {
            Ok(url) => origins.push(url),
            Err(message) => scene.wrong(
                path.join(index),
                message,
                "write scheme, host and perhaps port, without a path, e.g. https://vllm.example.com",
            ),
        }
    }
    origins
}

fn origin(text: &str) -> Result<CallersUrl, String> {
    let unusable = |why: &dyn std::fmt::Display| format!("this origin cannot be used: {why}");
    let url = CallersUrl::endpoint(text).map_err(|error| unusable(&error))?;
    if !url.is_origin() {
        return Err(unusable(&"it has a path"));
    }
    let alone = GuardPolicy {
        origins: vec![url.as_url().origin()],
        ..GuardPolicy::default()
    };
    match alone.check(&url) {
        Err(GuardError::Address(kind)) => Err(unusable(&format!(
            "a {kind} address is never called for a caller"
        ))),
        _ => Ok(url),
    }
}

/// Whoever can name an endpoint without a key has the gateway call it for nothing.
fn check_exposure(auth: &AuthSettings, own: &[SocketAddr], scene: &mut Scene<'_, '_>) {
    let exposed: Vec<String> = own
        .iter()
        .filter(|address| !address::is_loopback(address))
        .map(ToString::to_string)
        .collect();
    if matches!(auth, AuthSettings::Open) && !exposed.is_empty() {
        scene.wrong(
            Path::of(&[SECTION]),
            format!(
                "without API keys everybody who can reach {} could have the gateway call endpoints for them",
                exposed.join(", ")
            ),
            "set API_KEYS (or `auth.api_keys`), listen on 127.0.0.1 only, or remove the section",
        );
    }
}
