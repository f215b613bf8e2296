//! HTTP/1.1, HTTP/2 and TLS towards the clients, and how many of them there may be.

use std::{process::Command, thread, time::Duration};

use gateway_testkit::{
    GatewayUnderTest, Request, ScriptedUpstream,
    upstream::{CERTIFICATE_PEM, PRIVATE_KEY_PEM},
};

use crate::{
    h2_frames::{Connection, SETTINGS, WINDOW_UPDATE},
    support::{GOOD_CHAT, Lab, good_upstream, lab, lab_config},
};

/// Runs the real `curl`; gives what it wrote, the last line being HTTP version and status.
pub(crate) fn curl(arguments: &[&str]) -> (String, String) {
    let output =
        Command::new("curl").args(["-sS", "--noproxy", "*", "--max-time", "20", "-w", "\n%{http_version} %{http_code}"]).args(arguments).output().expect("curl is there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let (body, told) = text.rsplit_once('\n').expect("curl writes its line last");
    (body.to_owned(), told.to_owned())
}

const CHAT: &str = r#"{"model":"lab/alpha","messages":[{"role":"user","content":"x"}]}"#;
const STREAM: &str = r#"{"model":"lab/alpha","stream":true,"messages":[{"role":"user","content":"x"}]}"#;

#[test]
fn http2_without_tls() {
    let url = lab().gateway.url("/v1/chat/completions");
    let json = ["--http2-prior-knowledge", "-H", "content-type: application/json", "-d"];
    let (body, told) = curl(&[&json[..], &[CHAT, &url]].concat());
    assert_eq!((body.as_str(), told.as_str()), (GOOD_CHAT, "2 200"));
    let (body, told) = curl(&[&json[..], &[STREAM, &url]].concat());
    assert!(body.ends_with("data: [DONE]\n\n") && told == "2 200", "{told}: {body}");
    let (body, told) = curl(&[&json[..], &["{", &url]].concat());
    assert!(body.contains("invalid_json") && told == "2 400", "{told}: {body}");
}

/// The answer to a body that is not read on is not lost with its stream.
#[test]
fn http2_refuses_before_the_body_has_come() {
    let folder = tempfile::tempdir().unwrap();
    let body = folder.path().join("body");
    std::fs::write(&body, vec![b'x'; 40 << 20]).unwrap();
    let data = format!("@{}", body.display());
    for (path, status) in [("/v1/chat/completions", "2 413"), ("/nothing-here", "2 404")] {
        let url = lab().gateway.url(path);
        assert_eq!(curl(&["--http2-prior-knowledge", "-H", "content-type: application/json", "--data-binary", &data, &url]).1, status);
    }
}

#[test]
fn tls_with_both_versions_of_http() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, CERTIFICATE_PEM).unwrap();
    std::fs::write(&key, PRIVATE_KEY_PEM).unwrap();
    let upstream = ScriptedUpstream::start(good_upstream);
    let tls = format!("[server.tls]\ncert_path = {certificate:?}\nkey_path = {key:?}\n");
    let gateway = GatewayUnderTest::start(&format!("{}\n{tls}", lab_config(&upstream)), &[]);
    let url = gateway.url("/v1/chat/completions").replace("http:", "https:");
    let trusted = certificate.display().to_string();
    for (flag, version) in [("--http1.1", "1.1 200"), ("--http2", "2 200")] {
        let (body, told) = curl(&[flag, "--cacert", &trusted, "-H", "content-type: application/json", "-d", STREAM, &url]);
        assert!(body.ends_with("data: [DONE]\n\n"), "{body}");
        assert_eq!(told, version);
    }
    // A client that speaks plain HTTP to the TLS port is turned away, and the port lives on.
    let mut plain = gateway.client();
    let _ = plain.send(&Request::get("/health").to_bytes("x"));
    let answer = plain.read_to_close(Duration::from_secs(12)).expect("it is closed");
    assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
    assert_eq!(curl(&["--cacert", &trusted, &gateway.url("/health").replace("http:", "https:")]).1, "2 200");
}

#[test]
fn connections_are_capped() {
    let lab = Lab::start("[limits]\nmax_connections = 3\n", &[]);
    let mut held: Vec<_> = (0..3).map(|_| lab.gateway.client()).collect();
    for client in &mut held {
        assert_eq!(client.call(&Request::get("/health")).status(), 200);
    }
    let mut one_too_many = lab.gateway.client();
    let _ = one_too_many.send(&Request::get("/health").to_bytes("x"));
    assert!(one_too_many.response().is_none_or(|response| response.status() == 503));
    held.truncate(1);
    thread::sleep(Duration::from_millis(200));
    assert_eq!(lab.gateway.send(&Request::get("/health")).status(), 200, "places are given back");
}

/// Slashes that a base URL brought along do not matter.
#[test]
fn doubled_slashes_are_one() {
    for path in ["//v1/chat/completions", "/v1//chat/completions", "/v1/chat//completions"] {
        assert_eq!(lab().gateway.send(&Request::post(path, CHAT)).status(), 200, "{path}");
    }
}

/// What a client of HTTP/2 may send before anybody reads it is what the configuration says.
#[test]
fn the_windows_of_http2_are_as_configured() {
    for (configured, window) in [("", 1 << 20), ("http2_window = \"512KiB\"", 512 << 10)] {
        let gateway = GatewayUnderTest::start(&format!("[limits]\n{configured}\n"), &[]);
        let mut client = Connection::open(gateway.address(), 60_000);
        let settings = client.wait_for(|frame| frame.kind == SETTINGS && !frame.payload.is_empty()).payload;
        let of_stream = settings.chunks(6).find(|setting| setting[..2] == [0, 4]).map(|setting| u32::from_be_bytes(setting[2..].try_into().unwrap()));
        assert_eq!(of_stream, Some(window / 4), "{configured}");
        let widened = client.wait_for(|frame| frame.kind == WINDOW_UPDATE && frame.stream == 0).payload;
        // The protocol begins with 65,535 (RFC 9113, section 6.9.2).
        assert_eq!(u32::from_be_bytes(widened.try_into().unwrap()) + 65_535, window, "{configured}");
    }
}
