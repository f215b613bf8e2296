//! The program as an operator starts it.

use std::{
    io::Read,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Long enough for a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program, stopped when dropped.
pub(crate) struct Program {
    child: Mutex<Child>,
    address: SocketAddr,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Program {
    pub(crate) fn start(config: &Path) -> Self {
        let mut child = command(config)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let written = Arc::new(Mutex::new(Vec::new()));
        keep(child.stdout.take().unwrap(), Arc::clone(&written));
        keep(child.stderr.take().unwrap(), Arc::clone(&written));
        let address = eventually("it is ready", || {
            let text = text(&written);
            let (_, rest) = text.split_once("base URL for SDKs: http://")?;
            rest.split_once("/v1")?.0.parse().ok()
        });
        Self {
            child: Mutex::new(child),
            address,
            written,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// It takes up what its configuration says now.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// It ends, and tells everything that it has written.
    pub(crate) fn stop(&self) -> String {
        self.signal("-TERM");
        eventually("it ends", || self.lock().try_wait().unwrap());
        text(&self.written)
    }

    fn signal(&self, signal: &str) {
        let pid = self.lock().id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let mut child = self.lock();
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// The program with nothing of this process' environment.
pub(crate) fn command(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command
        .env_clear()
        .env("RUST_BACKTRACE", "1")
        .arg("--config")
        .arg(config);
    command
}

fn keep(mut from: impl Read + Send + 'static, to: Arc<Mutex<Vec<u8>>>) {
    thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            to.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend_from_slice(&piece[..count]);
        }
    });
}

fn text(written: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&written.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// Looks again and again until there is something.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "not in {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
