//! Resolve once, check every address, connect to exactly those.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use tokio::{net::lookup_host, sync::Semaphore, time::timeout};
use url::{Position, Url};

use super::{
    CallersUrl, GuardError, GuardPolicy, Unresolved,
    names::{CheckedNames, Hold},
};
use crate::transport::{
    DnsResolver, HttpTransport, HttpTransportConfig, HttpVersion, Transport, TransportError,
    TransportErrorKind, TransportRequest, TransportResponse,
};

/// The longest that a name may take to resolve.
const LONGEST_LOOKUP: Duration = Duration::from_secs(5);

/// So many names are resolved at once. The system's resolver has few threads, which other requests need as well, and
/// whoever serves a name can let it take its time.
const MOST_LOOKUPS: usize = 64;

/// So many of a name's addresses are tried; all of them are checked.
const MOST_TRIED: usize = 8;

/// Calls places that somebody else chose, as far as a [`GuardPolicy`] lets it.
///
/// [`admit`](Self::admit) checks one place and gives the [`Transport`] for it.
pub struct GuardedTransport {
    policy: GuardPolicy,
    resolver: Arc<dyn DnsResolver>,
    names: Arc<CheckedNames>,
    lookups: Semaphore,
    lookup_time: Duration,
    http: HttpTransport,
}

/// A place that was checked: sends to this one only, and to the addresses that were checked. A clone shares the check.
#[derive(Clone)]
pub struct Admitted {
    origin: String,
    http: HttpTransport,
    /// Keeps the addresses; `None` where the host is an address itself.
    _hold: Option<Arc<Hold>>,
}

impl GuardedTransport {
    /// Builds the transport. Of the settings the resolver is used to look names up, once for each admission; a proxy
    /// is not, HTTP/1.1 is spoken, and no connection is kept for another request.
    ///
    /// # Errors
    /// As [`HttpTransport::new`].
    pub fn new(policy: GuardPolicy, config: HttpTransportConfig) -> Result<Self, TransportError> {
        let names = Arc::new(CheckedNames::default());
        let lookup_time = config.connect_timeout.min(LONGEST_LOOKUP);
        let resolver = config.dns_resolver.clone();
        let http = HttpTransport::new(HttpTransportConfig {
            dns_resolver: Some(Arc::clone(&names) as Arc<dyn DnsResolver>),
            proxy: None,
            http_version: HttpVersion::Http1,
            pool_max_idle_per_host: 0,
            ..config
        })?;
        Ok(Self {
            policy,
            resolver: resolver.unwrap_or_else(|| Arc::new(SystemResolver)),
            names,
            lookups: Semaphore::new(MOST_LOOKUPS),
            lookup_time,
            http,
        })
    }

    /// Checks a place: its text, then every address that its name leads to now. What comes back sends there and
    /// nowhere else.
    ///
    /// # Errors
    /// Why the place is not called. Nothing was sent to it.
    pub async fn admit(&self, url: &CallersUrl) -> Result<Admitted, GuardError> {
        self.judge(url)?;
        let hold = match url.literal() {
            Some(_) => None,
            None => {
                let addresses = self.look_up(url).await.map_err(GuardError::Name)?;
                Some(Arc::new(self.names.hold(url.host(), addresses)))
            }
        };
        Ok(Admitted {
            origin: origin(url.as_url()).to_owned(),
            http: self.http.clone(),
            _hold: hold,
        })
    }

    /// Judges a place as far as its text tells. Nothing is looked up: the addresses of a name are judged by
    /// [`admit`](Self::admit).
    ///
    /// # Errors
    /// Why the place is not called.
    pub fn judge(&self, url: &CallersUrl) -> Result<(), GuardError> {
        self.policy.check(url)?;
        match url.literal() {
            Some(address) if self.is_own(SocketAddr::new(address, url.port())) => {
                Err(GuardError::Own)
            }
            _ => Ok(()),
        }
    }

    async fn look_up(&self, url: &CallersUrl) -> Result<Vec<SocketAddr>, Unresolved> {
        let asking = async {
            let Ok(_place) = self.lookups.acquire().await else {
                return Err(Unresolved::Unknown);
            };
            let found = self.resolver.resolve(url.host()).await;
            found.map_err(|_| Unresolved::Unknown)
        };
        let found = timeout(self.lookup_time, asking)
            .await
            .map_err(|_| Unresolved::Late)??;
        for address in &found {
            if let Some(kind) = self.policy.refusal(url, address.ip()) {
                return Err(Unresolved::Refused(kind));
            }
            if self.is_own(SocketAddr::new(address.ip(), url.port())) {
                return Err(Unresolved::Own);
            }
        }
        let mut checked: Vec<SocketAddr> = Vec::new();
        for address in found {
            // A scope or a flow belongs to no address that was asked for by name.
            let address = SocketAddr::new(address.ip(), url.port());
            if !checked.contains(&address) && checked.len() < MOST_TRIED {
                checked.push(address);
            }
        }
        if checked.is_empty() {
            return Err(Unresolved::Unknown);
        }
        Ok(checked)
    }

    fn is_own(&self, place: SocketAddr) -> bool {
        self.policy.is_own(place, is_of_this_machine)
    }
}

#[async_trait]
impl Transport for Admitted {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        if origin(&request.url) != self.origin {
            let message = "the request leaves the place that was checked";
            return Err(TransportError::new(TransportErrorKind::Connect, message));
        }
        self.http.send(request).await
    }
}

/// Scheme, host and port as they stand in the URL. Nothing else stands before the path of a [`CallersUrl`].
fn origin(url: &Url) -> &str {
    &url[..Position::BeforePath]
}

/// Whether the address is one of this machine's: only those can be bound to. Nothing is sent.
fn is_of_this_machine(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

/// The operating system's resolver.
#[derive(Debug)]
struct SystemResolver;

#[async_trait]
impl DnsResolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host((host, 0)).await?.collect())
    }
}

impl fmt::Debug for GuardedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedTransport")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Admitted({})", self.origin)
    }
}
