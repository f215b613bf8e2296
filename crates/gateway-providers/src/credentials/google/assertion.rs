//! What a service account says of itself, signed: a JWT with RS256.
//!
//! Spec: <https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests>,
//! <https://www.rfc-editor.org/rfc/rfc7518#section-3.3>.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{SCOPE, file::ServiceAccount, no_token};
use crate::Fault;

/// How long an assertion is good for, in seconds: the most that there can be.
const LIFETIME: u64 = 3600;

/// The assertion of an account.
pub(super) fn of(account: &ServiceAccount, now: SystemTime) -> Result<String, Box<Fault>> {
    let issued = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": account.private_key_id});
    let claims = json!({
        "iss": account.client_email,
        "scope": SCOPE,
        "aud": account.token_url.as_str(),
        "iat": issued,
        "exp": issued + LIFETIME,
    });
    let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encode(&header), encode(&claims));
    let signature = rs256(account.private_key.expose(), message.as_bytes())?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// A signature by RSASSA-PKCS1-v1_5 with SHA-256. The signing is that of the TLS library.
#[cfg(feature = "google-credentials")]
pub(super) fn rs256(pem: &str, message: &[u8]) -> Result<Vec<u8>, Box<Fault>> {
    use rustls::{
        SignatureScheme,
        crypto::aws_lc_rs::sign::any_supported_type,
        pki_types::{PrivateKeyDer, pem::PemObject},
    };

    let broken = |_| no_token("`private_key` in the credentials file is no RSA key in PEM");
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| ())
        .and_then(|key| any_supported_type(&key).map_err(|_| ()))
        .map_err(broken)?;
    let signer = key
        .choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])
        .ok_or(())
        .map_err(broken)?;
    signer
        .sign(message)
        .map_err(|_| no_token("the key cannot sign"))
}

/// A build without the signing.
#[cfg(not(feature = "google-credentials"))]
pub(super) fn rs256(_: &str, _: &[u8]) -> Result<Vec<u8>, Box<Fault>> {
    Err(no_token(
        "this build has no support for service accounts' keys (feature `google-credentials`)",
    ))
}
