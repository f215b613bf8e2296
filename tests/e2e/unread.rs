//! What clients have sent over HTTP/2 and nobody has read yet is counted with all other bodies.

use std::{
    thread,
    time::{Duration, Instant},
};

use gateway_testkit::{Reply, Request};

use crate::{
    h2_frames::{Connection, WINDOW_UPDATE},
    support::{HELLO, Lab},
};

const PATIENCE: Duration = Duration::from_secs(10);
const WINDOW: usize = 256 * 1024;
const STREAMS: u32 = 4;
/// How many connections' windows fill half of the memory, which is what bodies may take that have hardly begun.
const FIT: usize = 40;

#[track_caller]
fn wait_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come to that");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A gateway whose one provider is busy, so that raw requests wait for it with their bodies unread.
fn waiting() -> Lab {
    let memory = 2 * FIT * WINDOW;
    let limits = format!("[limits]\nmax_request_body = \"1MiB\"\nmax_request_memory = \"{}KiB\"\nhttp2_window = \"{}KiB\"\n", memory / 1024, WINDOW / 1024);
    Lab::configured(|config| {
        let limited = "vendor = \"custom\"\nmax_concurrent = 1\nmax_queued = 1000\nqueue_wait = \"60s\"";
        config.replace("vendor = \"custom\"", limited) + &limits
    })
}

/// A connection that fills its window with bodies that go on.
fn filled(lab: &Lab) -> Connection {
    let mut connection = Connection::open(lab.gateway.address(), 1 << 20);
    // The settings come first; then the connection's window is as large as it gets.
    connection.wait_for(|frame| (frame.kind, frame.stream) == (WINDOW_UPDATE, 0));
    for stream in (0..STREAMS).map(|place| 2 * place + 1) {
        connection.begin(stream, "POST", "/proxy/lab/v1/chat/completions", "application/json");
        let mut left = WINDOW / STREAMS as usize;
        while left > 0 {
            // The largest frame that may be sent without asking (RFC 9113, section 4.2).
            let piece = left.min(16 * 1024);
            connection.piece(stream, &" ".repeat(piece));
            left -= piece;
        }
    }
    connection
}

#[test]
fn unread_windows_are_counted_and_bounded() {
    let lab = waiting();
    let model = lab.model("busy", Reply::sse(&[HELLO]).hang());
    let mut busy = lab.gateway.client();
    let mut answer = busy.begin(&Request::chat(&model, true));
    answer.read_until("Hello", PATIENCE);
    let before = resident();
    let connections: Vec<_> = (0..FIT).map(|_| filled(&lab)).collect();
    wait_until(|| lab.gateway.held_body_bytes() == FIT * WINDOW);
    let grown = resident().saturating_sub(before);
    eprintln!("{FIT} connections with full windows: counted {} KiB, grown by {grown} KiB", FIT * WINDOW / 1024);

    let mut one_more = Connection::open(lab.gateway.address(), 1 << 20);
    one_more.begin(1, "POST", "/v1/chat/completions", "application/json");
    one_more.piece(1, "{");
    let refused = one_more.body_of(1);
    assert!(refused.contains("\"code\":\"overloaded\""), "{refused}");
    one_more.get_with(3, "/health", &[]);
    assert!(one_more.body_of(3).contains("ok"), "what has no body needs no room");
    wait_until(|| lab.gateway.held_body_bytes() == FIT * WINDOW);

    drop(connections);
    wait_until(|| lab.gateway.held_body_bytes() == 0);
}

/// What the process holds in memory, in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}
