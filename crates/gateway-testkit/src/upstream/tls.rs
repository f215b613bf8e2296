//! TLS for the scripted upstream: a certificate that nobody trusts, and one that an authority of our own has signed.

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// The self-signed certificate for `localhost` and 127.0.0.1.
pub const CERTIFICATE_PEM: &str = include_str!("../../fixtures/localhost.cert.pem");

/// Its private key.
pub const PRIVATE_KEY_PEM: &str = include_str!("../../fixtures/localhost.key.pem");

/// The certificate of the authority that has signed [`SIGNED_CERTIFICATE_PEM`], and nothing else.
pub const AUTHORITY_PEM: &str = include_str!("../../fixtures/authority.cert.pem");

/// A certificate for `localhost` and 127.0.0.1 for those who trust the authority.
pub const SIGNED_CERTIFICATE_PEM: &str = include_str!("../../fixtures/signed.cert.pem");

/// Its private key.
pub const SIGNED_KEY_PEM: &str = include_str!("../../fixtures/signed.key.pem");

/// With which certificate an upstream speaks TLS.
#[derive(Debug, Clone, Copy)]
pub(super) enum Identity {
    SelfSigned,
    Signed,
}

pub(super) fn acceptor(identity: Identity) -> TlsAcceptor {
    let (certificate, key) = match identity {
        Identity::SelfSigned => (CERTIFICATE_PEM, PRIVATE_KEY_PEM),
        Identity::Signed => (SIGNED_CERTIFICATE_PEM, SIGNED_KEY_PEM),
    };
    let certificate =
        CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a fixture is a certificate");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a fixture is a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows the default versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a fixture's key fits its certificate");
    TlsAcceptor::from(Arc::new(config))
}
