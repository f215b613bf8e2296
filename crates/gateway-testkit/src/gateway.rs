//! The real server, in-process, on a free port, from a configuration text and an environment map.

use std::{
    fmt,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use gateway_server::{
    Composer, Reloaded, RunningServer,
    config::{ConfigFile, Environment, Flags, Settings, load},
};
use tokio::task::JoinHandle;

use crate::{RawClient, Request, Response, runtime};

/// A gateway that runs until it is dropped.
pub struct GatewayUnderTest {
    address: SocketAddr,
    addresses: Vec<SocketAddr>,
    server: Option<RunningServer>,
    composer: Mutex<Composer>,
}

/// A gateway that was told to stop.
#[derive(Debug)]
pub struct Stopping(JoinHandle<()>);

impl GatewayUnderTest {
    /// Starts a gateway. It listens on a free port of 127.0.0.1, unless `LISTEN` is in the environment.
    ///
    /// # Panics
    /// With everything that is wrong with the configuration, when something is.
    pub fn start(config: &str, environment: &[(&str, &str)]) -> Self {
        Self::try_start(config, environment)
            .unwrap_or_else(|problems| panic!("the gateway does not start: {problems}\n{config}"))
    }

    /// Starts a gateway, or says why it does not start.
    ///
    /// # Errors
    /// The problems, as an operator would read them.
    pub fn try_start(config: &str, environment: &[(&str, &str)]) -> Result<Self, String> {
        let settings = settings(config, environment)?;
        let _guard = runtime().enter();
        let mut composer = Composer::new(0);
        let parts = composer
            .compose(settings)
            .map_err(|error| error.to_string())?;
        let server = runtime()
            .block_on(RunningServer::start(parts))
            .map_err(|error| error.to_string())?;
        let addresses = server.addresses().to_vec();
        let address = *addresses.first().ok_or("the gateway listens nowhere")?;
        Ok(Self {
            address,
            addresses,
            server: Some(server),
            composer: Mutex::new(composer),
        })
    }

    /// Gives it another configuration while it runs.
    ///
    /// # Errors
    /// The problems, as an operator would read them; it goes on as before.
    ///
    /// # Panics
    /// Never: the server is there until it is told to stop.
    pub fn reload(&self, config: &str, environment: &[(&str, &str)]) -> Result<Reloaded, String> {
        let server = self.server.as_ref().expect("a gateway runs until it stops");
        let settings = settings(config, environment).inspect_err(|why| server.refused(why))?;
        let _guard = runtime().enter();
        let mut composer = self.composer.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = composer
            .compose(settings)
            .map_err(|error| error.to_string())?;
        runtime()
            .block_on(server.reload(parts))
            .map_err(|error| error.to_string())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everywhere it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Its address as a URL with this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A connection of its own.
    pub fn client(&self) -> RawClient {
        RawClient::connect(self.address)
    }

    /// Sends one request over a connection of its own.
    pub fn send(&self, request: &Request) -> Response {
        self.client().call(request)
    }

    /// How many bytes of request bodies it holds now.
    pub fn held_body_bytes(&self) -> usize {
        let server = self.server.as_ref();
        server.map_or(0, |server| server.app().process().body_memory.held())
    }

    /// Tells it to stop, and returns at once.
    ///
    /// # Panics
    /// Never: the server is there until this is called.
    pub fn begin_shutdown(mut self) -> Stopping {
        let server = self.server.take().expect("a gateway is stopped once");
        Stopping(runtime().spawn(server.shutdown()))
    }
}

/// It listens on a free port, unless the environment says otherwise.
fn settings(config: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
    let file = ConfigFile {
        path: "gateway.toml".into(),
        text: config.to_owned(),
    };
    let environment: Environment = [("LISTEN", "127.0.0.1:0")]
        .iter()
        .chain(environment)
        .copied()
        .collect();
    load(Some(&file), &environment, &Flags::default()).map_err(|problems| problems.to_string())
}

impl Stopping {
    /// Whether it has stopped.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits until it has stopped.
    ///
    /// # Panics
    /// After `limit`.
    pub fn wait(&self, limit: Duration) {
        let deadline = Instant::now() + limit;
        while !self.is_finished() {
            assert!(
                Instant::now() < deadline,
                "the gateway did not stop in {limit:?}"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for GatewayUnderTest {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            // Open connections may take their time; nobody waits for them.
            runtime().spawn(server.shutdown());
        }
    }
}

impl fmt::Debug for GatewayUnderTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GatewayUnderTest({})", self.url(""))
    }
}
