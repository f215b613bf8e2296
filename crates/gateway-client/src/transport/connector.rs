//! From settings to a reqwest client that leaves bytes, redirects and cookies alone.

use std::sync::Arc;

#[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
use reqwest::Certificate;
use reqwest::{
    Client, ClientBuilder, Proxy,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect, retry,
};

use super::{
    DnsResolver, HttpTransportConfig, HttpVersion, TransportError, TransportErrorKind, TrustRoots,
};

/// A client with a connection pool of its own.
pub(super) fn build_client(config: &HttpTransportConfig) -> Result<Client, TransportError> {
    let builder = Client::builder()
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(config.pool_idle_timeout)
        .pool_max_idle_per_host(config.pool_max_idle_per_host)
        .tcp_keepalive(config.tcp_keepalive)
        .tcp_nodelay(true)
        .http1_max_headers(config.max_headers);
    let builder = with_http_version(builder, config);
    let builder = with_trust_roots(builder, &config.trust_roots)?;
    let builder = with_proxy(builder, config)?;
    let builder = match &config.dns_resolver {
        Some(resolver) => builder.dns_resolver(HookedResolver(resolver.clone())),
        None => builder,
    };
    builder.build().map_err(set_up_error)
}

/// Over HTTP/2, reqwest repeats a request that the server says it never processed (GOAWAY without an error,
/// REFUSED_STREAM). HTTP/1.1 has no such answer, so there the copy of the request is saved.
fn with_http_version(builder: ClientBuilder, config: &HttpTransportConfig) -> ClientBuilder {
    let max_header_bytes = u32::try_from(config.max_header_bytes).unwrap_or(u32::MAX);
    match config.http_version {
        HttpVersion::Http1 => builder
            .http1_only()
            .retry(retry::never().max_retries_per_request(0)),
        HttpVersion::Negotiated => builder.http2_max_header_list_size(max_header_bytes),
        HttpVersion::Http2 => builder
            .http2_prior_knowledge()
            .http2_max_header_list_size(max_header_bytes),
    }
}

#[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
fn with_trust_roots(
    builder: ClientBuilder,
    roots: &TrustRoots,
) -> Result<ClientBuilder, TransportError> {
    let bundle = |pem: &[u8]| {
        let certificates = Certificate::from_pem_bundle(pem).map_err(set_up_error)?;
        if certificates.is_empty() {
            let message = "the PEM bundle holds no certificate";
            return Err(TransportError::new(TransportErrorKind::Tls, message));
        }
        Ok(certificates)
    };
    Ok(match roots {
        TrustRoots::Platform => builder,
        TrustRoots::PlatformAnd(pem) => builder.tls_certs_merge(bundle(pem)?),
        TrustRoots::Only(pem) => builder.tls_certs_only(bundle(pem)?),
    })
}

#[cfg(not(any(feature = "rustls", feature = "rustls-no-provider")))]
fn with_trust_roots(
    builder: ClientBuilder,
    roots: &TrustRoots,
) -> Result<ClientBuilder, TransportError> {
    match roots {
        TrustRoots::Platform => Ok(builder),
        TrustRoots::PlatformAnd(_) | TrustRoots::Only(_) => Err(TransportError::new(
            TransportErrorKind::Tls,
            "built without TLS",
        )),
    }
}

fn with_proxy(
    builder: ClientBuilder,
    config: &HttpTransportConfig,
) -> Result<ClientBuilder, TransportError> {
    let builder = builder.no_proxy();
    Ok(match &config.proxy {
        Some(url) => builder.proxy(Proxy::all(url.clone()).map_err(set_up_error)?),
        None => builder,
    })
}

fn set_up_error(error: reqwest::Error) -> TransportError {
    TransportError::with_source(TransportErrorKind::Tls, error.without_url())
}

/// A [`DnsResolver`] as reqwest wants it.
struct HookedResolver(Arc<dyn DnsResolver>);

impl Resolve for HookedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.0.clone();
        Box::pin(async move {
            let addresses = resolver.resolve(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
