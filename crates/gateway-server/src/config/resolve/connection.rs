//! How upstreams are reached: files read, addresses checked.

use std::{fs, path::Path as FilePath, time::Duration};

use gateway_client::transport::{HttpTransport, HttpTransportConfig, HttpVersion, TrustRoots};
use url::Url;

use super::Scene;
use crate::config::{
    connection::{ConnectionSettings, OutboundProxy},
    path::Path,
    section::{self, Config, Connection},
    value::SecretText,
};

/// The word for no proxy.
const DIRECT: &str = "direct";

/// What the gateway's own `[connection]` comes to.
pub(super) fn usual(config: &Config, scene: &mut Scene<'_, '_>) -> ConnectionSettings {
    let settings = ConnectionSettings {
        connect_timeout: config.timeouts.connect.0,
        http_version: HttpVersion::default(),
        trust_roots: TrustRoots::Platform,
        proxy: None,
    };
    let path = Path::of(&["connection"]);
    overlaid(settings, &config.connection, &path, scene)
}

/// Notes a proxy where places are called that others choose: their addresses are checked here and connected to, which
/// nobody can do or show behind a proxy, and nothing goes past a proxy unsaid.
pub(super) fn check_guarded(
    usual: &ConnectionSettings,
    calls_guarded: bool,
    scene: &mut Scene<'_, '_>,
) {
    if calls_guarded && usual.proxy.is_some() {
        scene.wrong(
            Path::of(&["connection", "outbound_proxy"]),
            "callers' endpoints and fetched images cannot go through a proxy: the gateway connects to the very addresses \
             that it has checked",
            "say `outbound_proxy` in the `connection` of the providers that need it, or leave out `[caller_endpoints]` and \
             `features.fetch_images`",
        );
    }
}

/// A provider's: the gateway's, but for what its own table says.
pub(super) fn of_provider(
    usual: &ConnectionSettings,
    own: &Connection,
    connect_timeout: Duration,
    provider: &Path,
    scene: &mut Scene<'_, '_>,
) -> ConnectionSettings {
    let settings = ConnectionSettings {
        connect_timeout,
        ..usual.clone()
    };
    overlaid(settings, own, &provider.join("connection"), scene)
}

fn overlaid(
    mut settings: ConnectionSettings,
    own: &Connection,
    path: &Path,
    scene: &mut Scene<'_, '_>,
) -> ConnectionSettings {
    if let Some(version) = own.http_version {
        settings.http_version = match version {
            section::HttpVersion::Auto => HttpVersion::Negotiated,
            section::HttpVersion::Http1 => HttpVersion::Http1,
            section::HttpVersion::Http2 => HttpVersion::Http2,
        };
    }
    if let Some(file) = &own.ca_file
        && let Some(roots) = authorities(file, &path.join("ca_file"), scene)
    {
        settings.trust_roots = roots;
    }
    if let Some(text) = &own.outbound_proxy {
        settings.proxy = proxy(text, &path.join("outbound_proxy"), scene);
    }
    settings
}

fn authorities(file: &FilePath, path: &Path, scene: &mut Scene<'_, '_>) -> Option<TrustRoots> {
    let problem = match fs::read(file).map(TrustRoots::PlatformAnd) {
        Ok(roots) => match is_usable(&roots) {
            true => return Some(roots),
            false => "it holds no certificate that can be read".to_owned(),
        },
        Err(error) => error.to_string(),
    };
    scene.wrong(
        path.clone(),
        format!("the file {} cannot be used: {problem}", file.display()),
        "name a PEM file with the authority's certificate that the gateway may read",
    );
    None
}

/// Whether a transport can be made with them: nobody else knows better what it can read.
fn is_usable(roots: &TrustRoots) -> bool {
    let mut config = HttpTransportConfig::default();
    config.trust_roots = roots.clone();
    HttpTransport::new(config).is_ok()
}

fn proxy(text: &SecretText, path: &Path, scene: &mut Scene<'_, '_>) -> Option<OutboundProxy> {
    let text = text.0.expose();
    if text == DIRECT {
        return None;
    }
    let is_proxy = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let proxy = Url::parse(text).ok().filter(is_proxy);
    if proxy.is_none() {
        scene.wrong(
            path.clone(),
            "this is no proxy's address",
            "write scheme, host and port, e.g. http://proxy.example:3128 or http://user:password@proxy.example:3128, \
             or `direct` for none",
        );
    }
    proxy.map(OutboundProxy)
}
