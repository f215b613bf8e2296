//! How a request gets its provider's credential: a static key, or one that is made for it.
//!
//! A static key is a [`Credential`] and never fails. Clouds want more: a token that is
//! fetched and expires, or a signature over the request itself. All are a [`Signer`], the last hand that is
//! laid on a request before it goes out.

pub mod aws;
pub mod google;

use std::fmt;

use async_trait::async_trait;
use gateway_client::transport::TransportRequest;

use crate::{CallError, auth::Credential};

/// Puts a provider's credential on a request that is otherwise complete.
#[async_trait]
pub trait Signer: Send + Sync + fmt::Debug {
    /// Signs the request. Nothing of it may be changed afterwards.
    ///
    /// # Errors
    /// A fault where no credential can be had now; its detail says why without showing one.
    async fn sign(&self, request: &mut TransportRequest) -> Result<(), CallError>;
}

#[async_trait]
impl Signer for Credential {
    async fn sign(&self, request: &mut TransportRequest) -> Result<(), CallError> {
        match self {
            Self::Aws(signing) => signing.sign(request),
            key => {
                key.apply(&mut request.headers, &mut request.url);
                Ok(())
            }
        }
    }
}
