//! The certificate that new connections are shown. Another can take its place at any time: certificates are renewed
//! every few weeks, and no connection is to end for that.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use super::{TlsError, TlsFiles};

/// A certificate with its key. Clones share one, which can be replaced.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    current: Arc<ArcSwap<ServerConfig>>,
}

impl Certificate {
    /// Reads the files.
    pub(super) fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let config = files.read()?;
        Ok(Self {
            current: Arc::new(ArcSwap::new(config)),
        })
    }

    /// Shows another one to the connections to come.
    pub(crate) fn replace(&self, config: Arc<ServerConfig>) {
        self.current.store(config);
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load_full())
    }
}
