//! Several HTTP/2 connections to one host.
//!
//! hyper keeps one HTTP/2 connection per host and queues what goes over the server's limit of streams, so long
//! streams would block each other. Each client here has its own connections; an exchange goes to the first one
//! that has room for its host, and a new one is made when none has. Later clients go idle first.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use reqwest::Client;
use url::{Position, Url};

use super::{HttpTransportConfig, TransportError, connector::build_client};

/// The clients, and how many exchanges each has open with each host.
#[derive(Debug)]
pub(super) struct Shards {
    config: HttpTransportConfig,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    clients: Vec<Client>,
    /// By origin: open exchanges, in the order of `clients`.
    open: HashMap<Arc<str>, Vec<usize>>,
}

/// One exchange's place on a client; given back when dropped.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) client: Client,
    shards: Arc<Shards>,
    origin: Arc<str>,
    index: usize,
}

impl Shards {
    /// Builds the first client, so that wrong settings are seen at once.
    pub(super) fn new(config: HttpTransportConfig) -> Result<Self, TransportError> {
        let state = State {
            clients: vec![build_client(&config)?],
            open: HashMap::new(),
        };
        Ok(Self {
            config,
            state: Mutex::new(state),
        })
    }

    /// A place for one exchange with the URL's host.
    pub(super) fn lease(self: &Arc<Self>, url: &Url) -> Result<Lease, TransportError> {
        let origin: Arc<str> = Arc::from(&url[..Position::AfterPort]);
        let limit = self.config.max_streams_per_connection.max(1);
        let mut state = self.lock();
        let State { clients, open } = &mut *state;
        let counts = open.entry(origin.clone()).or_default();
        let index = counts
            .iter()
            .position(|&count| count < limit)
            .unwrap_or(counts.len());
        let client = match clients.get(index) {
            Some(client) => client.clone(),
            None => {
                let client = build_client(&self.config)?;
                clients.push(client.clone());
                client
            }
        };
        match counts.get_mut(index) {
            Some(count) => *count += 1,
            None => counts.push(1),
        }
        drop(state);
        Ok(Lease {
            client,
            shards: self.clone(),
            origin,
            index,
        })
    }

    /// The state is whole at every point where a holder of the lock could panic.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = self.shards.lock();
        let Some(counts) = state.open.get_mut(&self.origin) else {
            return;
        };
        if let Some(count) = counts.get_mut(self.index) {
            *count = count.saturating_sub(1);
        }
        if counts.iter().all(|&count| count == 0) {
            state.open.remove(&self.origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_the_first_client_and_gives_places_back() {
        let config = HttpTransportConfig {
            max_streams_per_connection: 2,
            ..Default::default()
        };
        let shards = Arc::new(Shards::new(config).unwrap());
        let url = Url::parse("http://a.example/x").unwrap();
        let other = Url::parse("http://b.example/x").unwrap();
        let mut leases: Vec<_> = (0..5).map(|_| shards.lease(&url).unwrap()).collect();
        let places: Vec<_> = leases.iter().map(|lease| lease.index).collect();
        assert_eq!(places, [0, 0, 1, 1, 2]);
        assert_eq!(shards.lease(&other).unwrap().index, 0);

        leases.remove(1);
        assert_eq!(shards.lease(&url).unwrap().index, 0);
        drop(leases);
        assert!(shards.lock().open.is_empty());
        assert_eq!(shards.lock().clients.len(), 3);
    }
}
