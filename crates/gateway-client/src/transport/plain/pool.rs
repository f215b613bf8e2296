//! Connections that wait for their next request, by host.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak},
    time::Duration,
};

use http::HeaderValue;
use tokio::{
    runtime::Handle,
    time::{Instant, sleep_until},
};

use super::wire::Wire;
use crate::transport::{TransportError, TransportErrorKind};

/// HTTP's own port.
const PORT: u16 = 80;

/// How often waiting connections are looked at: nobody drives them, so that only a look tells that the other end
/// has closed one.
const LOOK: Duration = Duration::from_secs(5);

/// All hosts. Their number is that of the configured providers; where no connection is kept, no host is either.
#[derive(Debug)]
pub(super) struct Pool {
    hosts: RwLock<HashMap<String, Arc<Host>>>,
    idle_timeout: Duration,
    max_idle: usize,
}

/// One host and port.
pub(super) struct Host {
    name: String,
    port: u16,
    header: HeaderValue,
    idle_timeout: Duration,
    max_idle: usize,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// The one that was used last is at the end, and is used first.
    connections: Vec<(Wire, Instant)>,
    is_swept: bool,
}

impl Pool {
    pub(super) fn new(idle_timeout: Duration, max_idle: usize) -> Self {
        Self {
            hosts: RwLock::default(),
            idle_timeout,
            max_idle,
        }
    }

    /// The host of an authority as it stands in a URL: a name or address, and a port where it is not HTTP's own.
    pub(super) fn host(&self, authority: &str) -> Result<Arc<Host>, TransportError> {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get(authority) {
            return Ok(Arc::clone(host));
        }
        drop(hosts);
        let host = Arc::new(Host::new(authority, self.idle_timeout, self.max_idle)?);
        if self.max_idle == 0 {
            return Ok(host);
        }
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(
            hosts.entry(authority.to_owned()).or_insert(host),
        ))
    }
}

impl Host {
    fn new(
        authority: &str,
        idle_timeout: Duration,
        max_idle: usize,
    ) -> Result<Self, TransportError> {
        // An IPv6 address stands in brackets, so the last colon outside of them is the port's.
        let (name, port) = match authority.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().unwrap_or(PORT)),
            _ => (authority, PORT),
        };
        let header = HeaderValue::from_str(authority)
            .map_err(|error| TransportError::with_source(TransportErrorKind::Connect, error))?;
        Ok(Self {
            name: name.trim_matches(['[', ']']).to_owned(),
            port,
            header,
            idle_timeout,
            max_idle,
            waiting: Mutex::default(),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The `host` header.
    pub(super) fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// A connection that is ready for a request, if one waits.
    pub(super) fn idle(&self) -> Option<Wire> {
        let oldest = Instant::now().checked_sub(self.idle_timeout);
        loop {
            let (wire, since) = self.lock().connections.pop()?;
            let is_fresh = oldest.is_none_or(|oldest| since > oldest);
            if is_fresh && wire.is_quiet() {
                return Some(wire);
            }
        }
    }

    /// Takes a connection back whose answer has been read to its end. Outside of a runtime, where nobody could look
    /// after it, it is closed.
    pub(super) fn give_back(self: &Arc<Self>, mut wire: Wire) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if !wire.is_quiet() {
            return;
        }
        wire.give_room_back();
        let mut waiting = self.lock();
        if waiting.connections.len() >= self.max_idle {
            return;
        }
        waiting.connections.push((wire, Instant::now()));
        if !std::mem::replace(&mut waiting.is_swept, true) {
            runtime.spawn(sweep(Arc::downgrade(self)));
        }
    }

    /// Closes what has waited for too long; gives the time at which to look again, if anything is left.
    fn close_old(&self) -> Option<Instant> {
        let mut waiting = self.lock();
        let now = Instant::now();
        let limit = self.idle_timeout;
        waiting
            .connections
            .retain(|(wire, since)| *since + limit > now && wire.is_quiet());
        let next = waiting
            .connections
            .iter()
            .map(|(_, since)| *since + limit)
            .min();
        waiting.is_swept = next.is_some();
        next.map(|next| next.min(now + LOOK))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks after a host's waiting connections for as long as there are any.
async fn sweep(host: Weak<Host>) {
    while let Some(next) = host.upgrade().and_then(|host| host.close_old()) {
        sleep_until(next).await;
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.port)
    }
}
