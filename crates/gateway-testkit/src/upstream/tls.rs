//! TLS for the scripted upstream: the fixture certificate, which nobody trusts.

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// The self-signed certificate for `localhost` and 127.0.0.1.
pub const CERTIFICATE_PEM: &str = include_str!("../../fixtures/localhost.cert.pem");

/// Its private key.
pub const PRIVATE_KEY_PEM: &str = include_str!("../../fixtures/localhost.key.pem");

pub(super) fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE_PEM.as_bytes())
        .expect("the fixture is a certificate");
    let key =
        PrivateKeyDer::from_pem_slice(PRIVATE_KEY_PEM.as_bytes()).expect("the fixture is a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows the default versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("the fixture's key fits its certificate");
    TlsAcceptor::from(Arc::new(config))
}
