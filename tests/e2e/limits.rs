//! A provider is sent so many requests at one time; the rest waits its turn, goes elsewhere, or is told at once to come back.

use std::{
    thread,
    time::{Duration, Instant},
};

use gateway_testkit::{Gate, GatewayUnderTest, Reply, Request, Response, ScriptedUpstream};

use crate::support::{FINISH, GOOD_CHAT, HELLO, ONE_ATTEMPT, assert_error, good_upstream};

const PATIENCE: Duration = Duration::from_secs(10);

/// A gateway with the provider `lab`, which takes so many requests at one time, and `spare`, which takes any number.
struct Narrow {
    lab: ScriptedUpstream,
    spare: ScriptedUpstream,
    gateway: GatewayUnderTest,
}

impl Narrow {
    fn start(max_queued: usize) -> Self {
        Self::of(1, max_queued)
    }

    fn of(max_concurrent: usize, max_queued: usize) -> Self {
        let (lab, spare) = (ScriptedUpstream::start(good_upstream), ScriptedUpstream::start(good_upstream));
        let provider = |name: &str, upstream: &ScriptedUpstream, more: &str| {
            format!("[providers.{name}]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"sk-0123456789\"\n{more}\n", upstream.url("/v1"))
        };
        let limit = format!("max_concurrent = {max_concurrent}\nmax_queued = {max_queued}\nqueue_wait = \"60s\"");
        let both = "[models.both]\ntargets = [\"lab/m\", \"spare/m\"]\n";
        let config = format!("{ONE_ATTEMPT}{}{}{both}", provider("lab", &lab, &limit), provider("spare", &spare, ""));
        let gateway = GatewayUnderTest::start(&config, &[]);
        Self { lab, spare, gateway }
    }

    fn chat(&self, model: &str) -> Response {
        self.gateway.send(&Request::chat(model, false))
    }

    /// The provider's limit as `/status` shows it: under way, waiting.
    fn limits(&self) -> (u64, u64) {
        let status = self.gateway.send(&Request::get("/status")).json();
        let of = &status["channels"][0]["limits"][0];
        (of["in_use"].as_u64().unwrap(), of["waiting"].as_u64().unwrap())
    }

    #[track_caller]
    fn wait_for_limits(&self, expected: (u64, u64)) {
        let deadline = Instant::now() + PATIENCE;
        while self.limits() != expected {
            assert!(Instant::now() < deadline, "{:?} are not {expected:?}", self.limits());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A stream that begins, and ends once the gate is open.
fn long_stream(gate: &Gate) -> Reply {
    Reply::sse(&[HELLO]).gate(gate).event(FINISH).done()
}

#[track_caller]
fn assert_turned_away(response: &Response) {
    assert_error("one too many", response, 503, "overloaded", "overloaded");
    assert_eq!((response.header("x-should-retry"), response.header("retry-after")), (Some("true"), Some("1")), "{:?}", response.head);
}

#[test]
fn one_too_many_is_told_at_once_and_a_free_provider_takes_it() {
    let narrow = Narrow::start(0);
    let gate = Gate::new();
    narrow.lab.script("long", long_stream(&gate));
    let mut client = narrow.gateway.client();
    let mut stream = client.begin(&Request::chat("lab/long", true));
    stream.read_until("Hello", PATIENCE);
    assert_eq!(narrow.limits(), (1, 0));
    assert_turned_away(&narrow.chat("lab/m"));
    assert!(narrow.lab.requests_for("m").is_empty(), "nothing was sent");
    let elsewhere = narrow.chat("both");
    assert_eq!((elsewhere.status(), elsewhere.header("x-attempts")), (200, Some("spare=200")));
    assert_eq!(narrow.spare.requests_for("m").len(), 1);
    // What is passed on unread counts as well.
    let raw = Request::post("/proxy/lab/chat/completions", r#"{"model":"m","messages":[]}"#);
    assert_turned_away(&narrow.gateway.send(&raw));
    assert_turned_away(&narrow.gateway.send(&form("lab/m")));

    let metrics = narrow.gateway.send(&Request::get("/metrics")).text();
    for line in [
        "gateway_provider_limit{provider=\"lab\",account=\"\"} 1",
        "gateway_provider_in_use{provider=\"lab\",account=\"\"} 1",
        "gateway_provider_waiting{provider=\"lab\",account=\"\"} 0",
        "gateway_provider_turned_away_total{provider=\"lab\",account=\"\"} 3",
    ] {
        assert!(metrics.lines().any(|own| own == line), "{line}: {metrics}");
    }
    gate.open();
    assert_eq!(stream.collect().status(), 200);
    narrow.wait_for_limits((0, 0));
    // The conversation that had to move stays where it came to; others begin at the first again.
    assert_eq!(narrow.chat("both").header("x-attempts"), Some("spare=200"));
    let another = Request::chat("both", false).header("x-gateway-conversation", "another");
    assert_eq!(narrow.gateway.send(&another).header("x-attempts"), Some("lab=200"));
}

fn form(model: &str) -> Request {
    let body = format!(
        "--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\naaa\r\n--B--\r\n"
    );
    Request::post("/v1/audio/transcriptions", body).without("content-type").header("content-type", "multipart/form-data; boundary=B")
}

#[test]
fn who_waits_has_its_turn_in_the_order_of_coming() {
    let narrow = Narrow::start(2);
    let gate = Gate::new();
    let whole = Reply::text(200, "application/json", &GOOD_CHAT[..40]).gate(&gate).send(&GOOD_CHAT[40..]).chunked();
    narrow.lab.script("first", whole);
    let mut clients: Vec<_> = (0..3).map(|_| narrow.gateway.client()).collect();
    for (place, name) in ["first", "second", "third"].into_iter().enumerate() {
        clients[place].send(&Request::chat(&format!("lab/{name}"), false).to_bytes("x")).unwrap();
        narrow.wait_for_limits((1, place as u64));
    }
    assert_turned_away(&narrow.chat("lab/fourth"));
    gate.open();
    for client in &mut clients {
        assert_eq!(client.response().unwrap().status(), 200);
    }
    let order: Vec<_> = narrow.lab.requests().iter().filter_map(|request| request.model()).collect();
    assert_eq!(order, ["first", "second", "third"]);
    assert_eq!(narrow.limits(), (0, 0));
}

/// Of twenty requests at once, as many are served as there are places at the provider and in the queue; each other one is
/// told at once, leaves nothing behind and is not sent. Whoever waits is counted in the memory of bodies.
#[test]
fn what_fits_is_served_and_the_rest_costs_nothing() {
    let narrow = Narrow::of(3, 4);
    let gate = Gate::new();
    let held = Reply::text(200, "application/json", &GOOD_CHAT[..40]).gate(&gate).send(&GOOD_CHAT[40..]).chunked();
    narrow.lab.script("held", held);
    let request = Request::chat("lab/held", false);
    let body = request.to_bytes("x").len() - request.to_bytes("x").windows(4).position(|end| end == b"\r\n\r\n").unwrap() - 4;
    let mut fitting: Vec<_> = (0..7).map(|_| narrow.gateway.client()).collect();
    for (place, client) in fitting.iter_mut().enumerate() {
        client.send(&request.to_bytes("x")).unwrap();
        let place = place as u64 + 1;
        narrow.wait_for_limits((place.min(3), place.saturating_sub(3)));
    }
    narrow.lab.wait_for(PATIENCE, |_| narrow.lab.requests_for("held").len() == 3);
    let refused: Vec<_> = thread::scope(|scope| {
        let clients = std::array::from_fn::<_, 13, _>(|_| scope.spawn(|| narrow.gateway.send(&request)));
        clients.map(|client| client.join().unwrap()).into()
    });
    refused.iter().for_each(assert_turned_away);
    assert_eq!(narrow.limits(), (3, 4), "nobody who waits has lost a place");
    assert_eq!(narrow.gateway.held_body_bytes(), 7 * body, "nothing of the refused");
    assert_eq!(narrow.lab.requests_for("held").len(), 3);
    gate.open();
    for client in &mut fitting {
        assert_eq!(client.response().unwrap().status(), 200);
    }
    assert_eq!((narrow.lab.requests_for("held").len(), narrow.gateway.held_body_bytes()), (7, 0));
    narrow.wait_for_limits((0, 0));
}

/// A client that goes leaves its place to the next one, whether it has its answer half, or waits still.
#[test]
fn a_client_that_goes_makes_room() {
    let narrow = Narrow::start(1);
    narrow.lab.script("endless", Reply::sse(&[HELLO]).hang());
    let mut client = narrow.gateway.client();
    let mut stream = client.begin(&Request::chat("lab/endless", true));
    stream.read_until("Hello", PATIENCE);
    let mut waiting = narrow.gateway.client();
    waiting.send(&Request::chat("lab/m", true).to_bytes("x")).unwrap();
    narrow.wait_for_limits((1, 1));
    waiting.close();
    narrow.wait_for_limits((1, 0));
    drop(stream);
    client.close();
    narrow.wait_for_limits((0, 0));
    assert!(narrow.lab.requests_for("m").is_empty(), "who went while waiting was never sent");
    // A raw answer that is not read to its end is no different.
    narrow.lab.script("raw", Reply::sse(&[HELLO]).hang());
    let mut client = narrow.gateway.client();
    let mut raw = client.begin(&Request::post("/proxy/lab/chat/completions", r#"{"model":"raw","messages":[]}"#));
    raw.read_until("Hello", PATIENCE);
    assert_eq!(narrow.limits(), (1, 0));
    drop(raw);
    client.close();
    narrow.wait_for_limits((0, 0));
    assert_eq!(narrow.chat("lab/m").status(), 200);
}
