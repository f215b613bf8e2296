//! Where the gateway listens, and who may call it there.

use std::{fs::File, net::SocketAddr, num::NonZeroUsize, path::PathBuf};

use super::{Scene, address};
use crate::config::{
    path::Path,
    section::{Config, Tls},
    settings::{AuthSettings, ServerSettings, TlsFiles},
    value::NamedKey,
};

/// A shorter key is too easy to guess.
const SHORT_KEY: usize = 16;

pub(super) fn server(config: &Config, scene: &mut Scene<'_, '_>) -> ServerSettings {
    let server = &config.server;
    ServerSettings {
        listen: addresses(&server.listen.0, scene),
        tls: server.tls.as_ref().and_then(|tls| certificate(tls, scene)),
        watch_files: server.watch_files,
        header_timeout: server.header_timeout.0,
        body_idle_timeout: server.body_idle_timeout.0,
        keep_alive_timeout: server.keep_alive_timeout.0,
        write_stall_timeout: server.write_stall_timeout.0,
        heartbeat: server.heartbeat.0,
        worker_threads: worker_threads(server.worker_threads),
        drain_timeout: server.drain_timeout.0,
    }
}

fn addresses(texts: &[String], scene: &mut Scene<'_, '_>) -> Vec<SocketAddr> {
    let path = Path::of(&["server", "listen"]);
    if texts.is_empty() {
        scene.wrong(
            path.clone(),
            "there is no address to listen on",
            "write e.g. [\"127.0.0.1:8080\"]",
        );
    }
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match address::parse(text) {
            // Port 0 is a new port each time.
            Ok(address) if address.port() != 0 && addresses.contains(&address) => {
                scene.wrong(
                    path.join(index),
                    "this address is there twice",
                    "remove one of them",
                );
            }
            Ok(address) => addresses.push(address),
            Err(message) => scene.wrong_plainly(path.join(index), message),
        }
    }
    addresses
}

fn certificate(tls: &Tls, scene: &mut Scene<'_, '_>) -> Option<TlsFiles> {
    let path = Path::of(&["server", "tls"]);
    let (Some(cert_path), Some(key_path)) = (&tls.cert_path, &tls.key_path) else {
        let missing = if tls.cert_path.is_none() {
            "cert_path"
        } else {
            "key_path"
        };
        let other = if tls.key_path.is_none() && tls.cert_path.is_none() {
            " and `key_path`"
        } else {
            ""
        };
        scene.wrong(
            path,
            format!("TLS is half configured: `{missing}`{other} is missing"),
            "give `cert_path` and `key_path`, or remove the table to serve plain HTTP",
        );
        return None;
    };
    let mut readable = |key: &str, file: &PathBuf| {
        let opened = File::open(file).and_then(|file| file.metadata());
        let problem = match opened {
            Ok(metadata) if metadata.is_dir() => "it is a folder".to_owned(),
            Ok(_) => return,
            Err(error) => error.to_string(),
        };
        scene.wrong(
            path.join(key),
            format!("the file {} cannot be read: {problem}", file.display()),
            "name a PEM file that the gateway may read",
        );
    };
    readable("cert_path", cert_path);
    readable("key_path", key_path);
    Some(TlsFiles {
        cert_path: cert_path.clone(),
        key_path: key_path.clone(),
    })
}

pub(super) fn auth(
    config: &Config,
    listen: &[SocketAddr],
    scene: &mut Scene<'_, '_>,
) -> AuthSettings {
    let auth = &config.auth;
    let keys = unique_keys(&auth.api_keys.0, scene);
    if !keys.is_empty() {
        if auth.allow_anonymous {
            scene
                .ledger
                .warn("`auth.allow_anonymous` has no effect, as there are API keys");
        }
        return AuthSettings::Keys(keys);
    }
    // Keys that could not be read are not no keys.
    let keys_path = Path::of(&["auth", "api_keys"]);
    if scene.ledger.is_spoiled(scene.written.document, &keys_path) {
        return AuthSettings::Open;
    }
    let exposed: Vec<String> = listen
        .iter()
        .filter(|address| !address::is_loopback(address))
        .map(ToString::to_string)
        .collect();
    if auth.required {
        scene.wrong(
            Path::of(&["auth", "required"]),
            "authentication is required, and there are no API keys",
            "set `auth.api_keys` or API_KEYS",
        );
    } else if !exposed.is_empty() && !auth.allow_anonymous {
        scene.wrong(
            Path::of(&["server", "listen"]),
            format!(
                "without API keys only loopback addresses are served, unlike {}",
                exposed.join(", ")
            ),
            "set API_KEYS (or `auth.api_keys`), or listen on 127.0.0.1; ALLOW_ANONYMOUS=true (or \
             `auth.allow_anonymous`) opens it to everybody who can reach it",
        );
    } else if !exposed.is_empty() {
        scene.ledger.warn(format!(
            "everybody who can reach {} may use the gateway, without a key",
            exposed.join(", ")
        ));
    }
    AuthSettings::Open
}

/// The keys without repetitions. Warnings name a key by its place.
fn unique_keys(keys: &[NamedKey], scene: &mut Scene<'_, '_>) -> Vec<NamedKey> {
    let mut unique: Vec<NamedKey> = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        let place = index + 1;
        if unique
            .iter()
            .any(|other| other.key.expose() == key.key.expose())
        {
            scene
                .ledger
                .warn(format!("API key {place} is there twice; the first counts"));
            continue;
        }
        if key.key.expose().len() < SHORT_KEY {
            scene.ledger.warn(format!(
                "API key {place} has less than {SHORT_KEY} characters and is easy to guess"
            ));
        }
        unique.push(key.clone());
    }
    unique
}

/// 0 is one for each core that the process may use.
fn worker_threads(configured: usize) -> NonZeroUsize {
    NonZeroUsize::new(configured)
        .or_else(|| std::thread::available_parallelism().ok())
        .unwrap_or(NonZeroUsize::MIN)
}
