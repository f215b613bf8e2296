//! The real program: files that change in the ways in which editors and Kubernetes change them, SIGHUP, and what fifty
//! configurations leave behind.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// Long enough for a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);
const KEY: &str = "first-key-0123456789";
const OTHER_KEY: &str = "other-key-0123456789";

/// A running program, stopped when dropped.
struct Program {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Program {
    fn start(config: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gateway"))
            .args(["--listen", "127.0.0.1:0", "--config"])
            .arg(config)
            .env_clear()
            .env("SECRET_FROM_OUTSIDE", "sk-canary-0123456789")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (theirs, lines) = (
            Arc::clone(&log),
            BufReader::new(child.stderr.take().unwrap()),
        );
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let mut log = theirs.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let ready = || {
            let log = log.lock().unwrap();
            let (_, rest) = log.split_once("base URL for SDKs: http://")?;
            rest.split_once("/v1")?.0.parse().ok()
        };
        let address = eventually("it is ready", ready);
        Self {
            child,
            address,
            log,
        }
    }

    /// Status and body.
    fn get(&self, path: &str, key: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        (status, body)
    }

    fn configuration(&self) -> Value {
        let (_, body) = self.get("/status", KEY);
        serde_json::from_str::<Value>(&body).unwrap()["configuration"].clone()
    }

    fn await_generation(&self, generation: u64) {
        eventually("a generation", || {
            (self.configuration()["generation"] == generation).then_some(())
        });
    }

    fn hang_up(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-HUP", &pid]).status().unwrap();
        assert!(sent.success());
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again until there is something.
fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "not in {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn config(more: &str) -> String {
    format!("[demo]\nenabled = true\n[auth]\napi_keys = [\"a={KEY}\"]\n{more}\n")
}

fn alias(name: &str) -> String {
    config(&format!("[models.{name}]\ntargets = ['demo/chat']\n"))
}

fn folder_with(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.toml");
    fs::write(&file, text).unwrap();
    (folder, file)
}

#[test]
fn a_file_is_taken_up_however_it_is_written_and_a_bad_one_is_not() {
    let (folder, file) = folder_with(&alias("one"));
    let program = Program::start(&file);
    let has = |name: &str| program.get(&format!("/v1/models/{name}"), KEY).0 == 200;
    assert!(has("one") && !has("two"));

    // As an editor does that writes in place, piece by piece.
    let text = alias("two");
    let mut writing = fs::File::create(&file).unwrap();
    for piece in text.as_bytes().chunks(16) {
        writing.write_all(piece).unwrap();
        writing.flush().unwrap();
    }
    drop(writing);
    program.await_generation(2);
    assert!(has("two") && !has("one"));

    // As one does that puts another file in its place.
    let beside = folder.path().join(".gateway.toml.swp");
    fs::write(&beside, alias("three")).unwrap();
    fs::rename(&beside, &file).unwrap();
    program.await_generation(3);
    assert!(has("three") && !has("two"));

    let bad = alias("four").replace(
        "[demo]",
        "[server]\nlisen = '${SECRET_FROM_OUTSIDE}'\n[demo]",
    );
    fs::write(&file, format!("{bad}[limits]\nmax_headers = 0\n")).unwrap();
    let refused = eventually("it is refused", || {
        let configuration = program.configuration();
        (configuration["last_reload"] == "refused").then_some(configuration)
    });
    assert_eq!(refused["generation"], 3);
    let (log, told) = (program.log(), refused["last_error"]["message"].to_string());
    for problem in [
        "server.lisen",
        "limits.max_headers",
        "2 problems in the configuration",
    ] {
        assert!(
            log.contains(problem) && told.contains(problem),
            "{problem}: {log}{told}"
        );
    }
    assert!(
        !log.contains("sk-canary") && !told.contains("sk-canary"),
        "{log}{told}"
    );
    assert!(has("three") && !has("four"));

    fs::write(&file, "").unwrap();
    eventually("an empty one is refused", || {
        let message = program.configuration()["last_error"]["message"].to_string();
        message.contains("is empty").then_some(())
    });
    assert_eq!(program.get("/v1/models", "").0, 401, "the keys hold");

    fs::write(&file, alias("five")).unwrap();
    program.await_generation(4);
    assert!(has("five"));
}

/// A mounted ConfigMap: the files are links into a folder that is a link, and that one is swapped.
#[test]
fn a_swapped_link_brings_the_file_and_the_secret_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let version = |name: &str, key: &str| {
        let version = folder.path().join(name);
        fs::create_dir(&version).unwrap();
        let text = "[demo]\nenabled = true\n[auth]\napi_keys = ['file:key']\n";
        fs::write(version.join("gateway.toml"), text).unwrap();
        fs::write(version.join("key"), format!("{key}\n")).unwrap();
    };
    version("..1", KEY);
    version("..2", OTHER_KEY);
    symlink("..1", folder.path().join("..data")).unwrap();
    for file in ["gateway.toml", "key"] {
        symlink(format!("..data/{file}"), folder.path().join(file)).unwrap();
    }
    let program = Program::start(&folder.path().join("gateway.toml"));
    assert_eq!(program.get("/v1/models", KEY).0, 200);

    symlink("..2", folder.path().join("..new")).unwrap();
    fs::rename(folder.path().join("..new"), folder.path().join("..data")).unwrap();
    eventually("the new key is let in", || {
        (program.get("/v1/models", OTHER_KEY).0 == 200).then_some(())
    });
    assert_eq!(program.get("/v1/models", KEY).0, 401);

    // And the secret's file alone, where it is now.
    fs::write(folder.path().join("..2/key"), KEY).unwrap();
    eventually("the old key is let in again", || {
        (program.get("/v1/models", KEY).0 == 200).then_some(())
    });
    fs::remove_file(folder.path().join("..2/key")).unwrap();
    eventually("a secret that is gone is refused", || {
        (program.configuration()["last_reload"] == "refused").then_some(())
    });
    assert_eq!(program.get("/v1/models", KEY).0, 200);
}

#[test]
fn the_log_follows_the_configuration() {
    let text = |logging: &str| config(&format!("[logging]\n{logging}\n"));
    let (_folder, file) = folder_with(&text("level = 'info'"));
    let program = Program::start(&file);
    let logged = |part: &str| {
        eventually(part, || program.log().contains(part).then_some(()));
    };
    for (generation, logging) in [
        (2, "level = 'info'\nformat = 'pretty'"),
        (3, "level = 'error'\nformat = 'pretty'"),
        (4, "level = 'info'\nformat = 'json'"),
    ] {
        fs::write(&file, text(logging)).unwrap();
        program.await_generation(generation);
    }
    logged("INFO another configuration is in force generation=2\n");
    logged("\"message\":\"another configuration is in force\",\"generation\":4,");
    let log = program.log();
    assert!(
        log.contains("\"message\":\"the configuration's files have changed"),
        "{log}"
    );
    assert!(
        !log.contains("generation=3") && !log.contains("\"generation\":3"),
        "{log}"
    );
    assert!(!log.contains("restart"), "{log}");
}

#[test]
fn another_credentials_file_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("keys/google.json");
    fs::create_dir(folder.path().join("keys")).unwrap();
    fs::write(&key, "{\"type\": \"service_account\"}").unwrap();
    let (_folder, file) = folder_with(&config(&format!(
        "[providers.vertex]\nvariables = {{ location = 'global', project = 'p', credentials_file = {key:?} }}"
    )));
    let program = Program::start(&file);
    fs::write(&key, "{\"type\": \"authorized_user\"}").unwrap();
    program.await_generation(2);
}

/// Each time another credential, so that each time everything of a provider is made anew.
#[test]
fn hang_up_signals_are_heard_and_fifty_of_them_leave_nothing_behind() {
    let upstream = upstream();
    let text = |number: usize| {
        config(&format!(
            "[server]\nwatch_files = false\nworker_threads = {}\n[providers.lab]\nvendor = 'vllm'\nbase_url = 'http://{upstream}'\napi_key = 'k-{number:09}'\n",
            if number > 1 { 3 } else { 2 }
        ))
    };
    let (_folder, file) = folder_with(&text(1));
    let program = Program::start(&file);
    let mut at_first = (0, 0);
    for number in 2..=51 {
        fs::write(&file, text(number)).unwrap();
        program.hang_up();
        program.await_generation(number as u64);
        if number == 6 {
            at_first = program.held();
        }
    }
    let in_the_end = eventually("files and threads are given back", || {
        let held = program.held();
        (held.0 <= at_first.0 + 2 && held.1 <= at_first.1 + 2).then_some(held)
    });
    assert!(in_the_end.0 > 0 && in_the_end.1 > 0);
    let log = program.log();
    assert!(
        log.contains("takes effect after a restart: server.worker_threads"),
        "{log}"
    );
}

/// Lists no models, over connections that it leaves open.
fn upstream() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = |mut connection: TcpStream| {
        let body = r#"{"object":"list","data":[]}"#;
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut request = [0; 4096];
        while connection.read(&mut request).is_ok_and(|count| count > 0) {
            connection.write_all(answer.as_bytes()).unwrap();
        }
    };
    thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || serve(connection));
        }
    });
    address
}

impl Program {
    /// How many files it has open, and how many threads.
    fn held(&self) -> (usize, usize) {
        let count = |what: &str| {
            let place = format!("/proc/{}/{what}", self.child.id());
            fs::read_dir(&place).map_or(1, Iterator::count)
        };
        (count("fd"), count("task"))
    }
}
