//! Bodies flow: what may be large is passed on as it comes, both ways.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use gateway_testkit::{Gate, Reply, Request, client::End};

use crate::support::Lab;

const PATIENCE: Duration = Duration::from_secs(10);

/// The upstream has the form's head while the client is still sending the file.
#[test]
fn a_form_is_passed_on_as_it_comes() {
    for path in ["/v1/audio/transcriptions", "/proxy/lab/v1/audio/transcriptions"] {
        let lab = Lab::start("", &[]);
        lab.upstream.script("flowing", Reply::text(200, "application/json", "{\"text\":\"ok\"}"));
        assert_eq!(lab.gateway.send(&Request::get("/v1/models")).status(), 200);
        let before = lab.upstream.heads();
        let model = if path.starts_with("/v1") { "lab/flowing" } else { "flowing" };
        let begin = format!(
            "--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n"
        );
        let (half, end) = ("a".repeat(300_000), "\r\n--B--\r\n");
        let length = begin.len() + 2 * half.len() + end.len();
        let mut client = lab.gateway.client();
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=B\r\ncontent-length: {length}\r\n\r\n");
        client.send(format!("{head}{begin}{half}").as_bytes()).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while lab.upstream.heads() == before {
            assert!(Instant::now() < deadline, "{path}: the upstream hears nothing before the form is complete");
            thread::sleep(Duration::from_millis(5));
        }
        assert!(lab.upstream.requests_for("flowing").is_empty());
        client.send(format!("{half}{end}").as_bytes()).unwrap();
        assert_eq!(client.response().unwrap().status(), 200, "{path}");
        let seen = lab.upstream.only_request_for("flowing");
        let shorter = if model == "flowing" { 0 } else { "lab/".len() };
        assert_eq!(seen.body.len(), length - shorter, "{path}");
    }
}

/// T9: the model is named once. Whichever of two fields an upstream would take, nobody has judged that one.
#[test]
fn a_form_with_two_models_is_refused() {
    let lab = Lab::start("", &[]);
    let field = |name: &str, value: &str| format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    // The second field may come long after the first one has been sent on.
    for between in ["".to_owned(), "a".repeat(200_000)] {
        let form = [field("model", "lab/alpha"), field("file", &between), field("model", "other"), "--B--\r\n".to_owned()].concat();
        let request = Request::post("/v1/audio/transcriptions", form).without("content-type").header("content-type", "multipart/form-data; boundary=B");
        let response = lab.gateway.send(&request);
        assert_eq!((response.status(), &response.json()["error"]["param"]), (400, &Value::from("model")), "{}", response.text());
    }
}

/// Sound is heard while the rest of it is still being made.
#[test]
fn sound_is_passed_on_as_it_comes() {
    let lab = Lab::start("", &[]);
    let gate = Gate::new();
    let model = lab.model("sound", Reply::status(200).header("content-type", "audio/mpeg").chunked().send("first").gate(&gate).send("second"));
    for (path, model) in [("/v1/audio/speech", model.as_str()), ("/proxy/lab/v1/audio/speech", model.trim_start_matches("lab/"))] {
        let mut client = lab.gateway.client();
        let mut response = client.begin(&Request::post(path, format!(r#"{{"model":"{model}","input":"x","voice":"v"}}"#)));
        response.read_until("first", Duration::from_secs(3));
        if path.starts_with("/proxy") {
            gate.open();
        }
    }
    gate.open();
    let whole = lab.gateway.send(&Request::post("/v1/audio/speech", format!(r#"{{"model":"{model}","input":"x","voice":"v"}}"#)));
    assert_eq!((whole.end, whole.text().as_str()), (End::Complete, "firstsecond"));
}

/// Sound that breaks off must not look whole: the only sign inside of bytes that are not ours is broken framing.
#[test]
fn sound_that_breaks_off_is_seen_to_break_off() {
    let lab = Lab::start("", &[]);
    for reply in
        [Reply::status(200).header("content-type", "audio/mpeg").chunked().send("first").cut(), Reply::text(200, "audio/mpeg", "first").content_length(500).cut()]
    {
        let model = lab.model("broken-sound", reply);
        let response = lab.gateway.send(&Request::post("/v1/audio/speech", format!(r#"{{"model":"{model}","input":"x","voice":"v"}}"#)));
        assert!(response.status() >= 500 || response.end != End::Complete, "{:?} {:?}", response.head, response.end);
    }
}

/// A client that leaves before its whole answer came leaves nothing behind: no request stays open.
#[test]
fn a_client_that_leaves_a_whole_answer_leaves_nothing_behind() {
    let lab = Lab::start("", &[]);
    let in_flight = || lab.gateway.send(&Request::get("/status")).json()["in_flight_requests"].as_u64().unwrap();
    let before = in_flight();
    let model = lab.model("left", Reply::never());
    let mut client = lab.gateway.client();
    client.send(&Request::chat(&model, false).to_bytes("x")).unwrap();
    lab.upstream.wait_for(PATIENCE, |request| request.method() == "POST");
    assert_eq!(in_flight(), before + 1);
    client.close();
    let deadline = Instant::now() + Duration::from_secs(3);
    while in_flight() != before {
        assert!(Instant::now() < deadline, "{} requests are still open", in_flight());
        thread::sleep(Duration::from_millis(20));
    }
}

/// Settled rule 7: one process may answer on several addresses.
#[test]
fn one_gateway_listens_on_several_addresses() {
    let gateway = gateway_testkit::GatewayUnderTest::start("", &[("LISTEN", "127.0.0.1:0, [::1]:0,127.0.0.1:0")]);
    assert_eq!(gateway.addresses().len(), 3);
    for address in gateway.addresses() {
        assert_eq!(gateway_testkit::RawClient::connect(*address).call(&Request::get("/health")).status(), 200, "{address}");
    }
}
