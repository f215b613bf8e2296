//! One provider: what its file leaves open filled in, and everything about it checked.

use std::sync::Arc;

use gateway_providers::{
    Auth, ProviderInput, ProviderSettings, SettingsError, credentials::aws::AwsKeys,
};
use url::Url;

use super::{Scene, providers::ANY_BACKEND};
use crate::config::{path::Path, value::SecretText};

/// What the file leaves open, from the vendor's variables. A vendor's key goes to the vendor's own place only: not to
/// a base URL that the file gives, unless it is at the same origin.
pub(super) fn fill_from_environment(input: &mut ProviderInput, scene: &Scene<'_, '_>) {
    let row = Arc::clone(&input.vendor);
    let value = |names: Vec<String>| {
        names
            .into_iter()
            .find_map(|name| scene.environment.get(&name))
            .filter(|value| !value.is_empty())
            .cloned()
    };
    let usual = value(row.url_names());
    let at_home = match input.base_url.as_deref() {
        None => true,
        Some(own) => [usual.as_deref(), row.base_url.as_deref()]
            .into_iter()
            .flatten()
            .any(|home| same_origin(own, home)),
    };
    if input.credential.is_none() && at_home {
        let key = value(row.key_names()).map(Into::into);
        input.credential = key.or_else(|| match &row.auth {
            Auth::Aws { .. } => AwsKeys::in_environment(scene.environment),
            _ => None,
        });
    }
    if input.base_url.is_none() {
        input.base_url = usual;
    }
    for variable in row.variables.keys() {
        if !input.variables.contains_key(variable)
            && let Some(given) = value(row.variable_names(variable))
        {
            input.variables.insert(variable.clone(), given);
        }
    }
}

/// Checks one provider with each of its credentials. With one or none it is no account of its own.
pub(super) fn settle_accounts(
    input: ProviderInput,
    keys: &[SecretText],
    path: &Path,
    scene: &mut Scene<'_, '_>,
) -> Vec<ProviderSettings> {
    if keys.len() < 2 {
        return settle(input, path, scene).into_iter().collect();
    }
    let mut accounts = Vec::with_capacity(keys.len());
    for (place, key) in keys.iter().enumerate() {
        let place_of_key = path.join("api_keys").join(place);
        if key.0.is_empty() {
            scene.wrong_plainly(place_of_key, "a credential must not be empty");
            continue;
        }
        let same = |other: &SecretText| other.0.expose() == key.0.expose();
        if keys.iter().take(place).any(same) {
            scene.wrong(
                place_of_key,
                "the same credential is there twice",
                "remove one of them",
            );
            continue;
        }
        let mut input = input.clone();
        input.credential = Some(key.0.clone());
        input.account = Some((place + 1).to_string());
        // What is wrong beside the credential is wrong for all of them, and is said once.
        match settle(input, path, scene) {
            Some(settings) => accounts.push(settings),
            None => break,
        }
    }
    accounts
}

fn same_origin(left: &str, right: &str) -> bool {
    match (Url::parse(left), Url::parse(right)) {
        (Ok(left), Ok(right)) => left.origin().is_tuple() && left.origin() == right.origin(),
        _ => false,
    }
}

/// Checks one provider. Each thing that is wrong is noted and patched, so that the next is found as well.
pub(super) fn settle(
    mut input: ProviderInput,
    path: &Path,
    scene: &mut Scene<'_, '_>,
) -> Option<ProviderSettings> {
    let mut last = None;
    loop {
        match ProviderSettings::resolve(input.clone()) {
            Ok(settings) => return last.is_none().then_some(settings),
            Err(error) if last.as_ref() == Some(&error) => return None,
            Err(error) => {
                scene.wrong_plainly(place(&error, path), error.to_string());
                patch(&mut input, &error);
                last = Some(error);
            }
        }
    }
}

/// The key that an error is about.
fn place(error: &SettingsError, path: &Path) -> Path {
    // The backend's address has another key than a provider's.
    let url = if path.0.len() == 1 { "url" } else { "base_url" };
    match error {
        SettingsError::BaseUrl { .. } | SettingsError::BaseUrlMissing { .. } => path.join(url),
        SettingsError::VariableMissing { .. } => path.join("variables"),
        SettingsError::VariableValue(name) => path.join("variables").join(name),
        SettingsError::CredentialMissing { .. } | SettingsError::Credential(_) => {
            path.join("api_key")
        }
        SettingsError::Header { name, .. } => path.join("headers").join(name),
        _ => path.clone(),
    }
}

/// Makes an error go away, to see the next one. The result is thrown away.
fn patch(input: &mut ProviderInput, error: &SettingsError) {
    match error {
        SettingsError::Name(_) => input.name = ANY_BACKEND.to_owned(),
        SettingsError::BaseUrl { .. }
        | SettingsError::BaseUrlMissing { .. }
        | SettingsError::VariableMissing { .. } => {
            input.base_url = Some("http://127.0.0.1".to_owned());
        }
        SettingsError::VariableValue(name) => {
            input.variables.insert(name.clone(), "x".to_owned());
        }
        SettingsError::CredentialMissing { .. } | SettingsError::Credential(_) => {
            input.credential = Some("patched".into());
        }
        SettingsError::Header { name, .. } => {
            input.headers.remove(name);
        }
        _ => {}
    }
}
