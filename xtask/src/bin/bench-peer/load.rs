//! The load generator: one thread per connection, with blocking reads, since a thread that sleeps until its time
//! is exact to some ten microseconds where a runtime's timer is exact to a millisecond.

use std::{
    error::Error,
    io,
    net::{SocketAddr, TcpStream},
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use clap::Args;

use crate::{
    answers::words,
    canned::{BURST_EVENTS, Canned, PACE_MILLISECONDS, Shape},
    client::Client,
    outcome::Outcome,
    processes::{cpu_us, memory_kib},
    tally::Tally,
};

/// What to ask, how often, and whom to watch meanwhile.
#[derive(Debug, Clone, Args)]
pub(crate) struct Plan {
    /// Whom to ask.
    #[arg(long)]
    to: SocketAddr,
    /// What to ask for, see the canned answers.
    #[arg(long)]
    model: String,
    /// The size of a request's body in bytes.
    #[arg(long, default_value_t = 1_000)]
    body: usize,
    /// How many connections ask at once.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Requests per second of all connections together. When left out, each asks again as soon as it is answered.
    #[arg(long)]
    rate: Option<f64>,
    /// How long to measure.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How long to ask before that.
    #[arg(long, default_value_t = 0.7)]
    warm_up: f64,
    /// Processes whose CPU time and memory are told.
    #[arg(long, value_delimiter = ',')]
    watch: Vec<u32>,
    /// The key to send.
    #[arg(long, default_value = "bench-key")]
    key: String,
}

/// Runs the load and measures it.
pub(crate) fn run(plan: &Plan) -> Result<Outcome, Box<dyn Error>> {
    let canned = Canned::named(&plan.model).ok_or("no such canned model")?;
    let request: Arc<[u8]> = request(plan, canned).into();
    let tally = Arc::new(Tally::default());
    let memory_before_kib = memory_kib(&plan.watch)?;
    let mut idle = Vec::new();
    let mut threads = Vec::new();
    if canned.shape == Shape::Idle {
        idle = open_idle(plan, &request, &tally);
    } else {
        let begin = Instant::now();
        for index in 0..plan.connections {
            let worker = Worker {
                to: plan.to,
                request: Arc::clone(&request),
                tally: Arc::clone(&tally),
                shape: canned.shape,
                pace: pace(plan, canned.shape, index, begin),
            };
            threads.push(
                thread::Builder::new()
                    .stack_size(256 * 1024)
                    .spawn(move || worker.run())?,
            );
        }
    }
    thread::sleep(Duration::from_secs_f64(plan.warm_up));

    tally.measuring.store(true, Ordering::Relaxed);
    let counts = || {
        (
            tally.requests.load(Ordering::Relaxed),
            tally.events.load(Ordering::Relaxed),
        )
    };
    let (begin, cpu_before, before) = (Instant::now(), cpu_us(&plan.watch)?, counts());
    thread::sleep(Duration::from_secs_f64(plan.seconds));
    let (after, cpu_after, seconds) = (
        counts(),
        cpu_us(&plan.watch)?,
        begin.elapsed().as_secs_f64(),
    );
    let memory_kib = memory_kib(&plan.watch)?;
    tally.measuring.store(false, Ordering::Relaxed);
    tally.stopping.store(true, Ordering::Relaxed);
    let open = idle.len() as u64;
    drop(idle);
    for thread in threads {
        thread.join().map_err(|_| "a connection's thread failed")?;
    }
    let (p50_us, p99_us) = tally.percentiles();
    let (failures, first_failure) = tally.failures();
    Ok(Outcome {
        seconds,
        requests: after.0 - before.0,
        events: after.1 - before.1,
        failures,
        first_failure,
        p50_us,
        p99_us,
        cpu_us: cpu_after - cpu_before,
        memory_before_kib,
        memory_kib,
        open,
    })
}

fn request(plan: &Plan, canned: Canned) -> Vec<u8> {
    let body = |text: &str| {
        format!(
            r#"{{"model":"bench/{}","stream":{},"temperature":0.7,"max_completion_tokens":256,"messages":[{{"role":"system","content":"You are terse."}},{{"role":"user","content":"{text}"}}]}}"#,
            canned.model,
            canned.streams()
        )
    };
    let body = body(&words(plan.body.saturating_sub(body("").len())));
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {}\r\naccept: application/json\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\nuser-agent: OpenAI/Python 3.52.0\r\nx-stainless-lang: python\r\n\
         x-stainless-package-version: 3.52.0\r\nx-stainless-retry-count: 0\r\ncontent-length: {}\r\n\r\n{body}",
        plan.to,
        plan.key,
        body.len()
    )
    .into_bytes()
}

/// When a connection asks.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// The first time.
    first: Instant,
    /// From one time to the next, where there is a fixed rate.
    every: Option<Duration>,
}

/// Connections take turns, so that requests (or the ticks of paced streams) are spread evenly.
fn pace(plan: &Plan, shape: Shape, index: usize, begin: Instant) -> Pace {
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let (connections, index) = (plan.connections as f64, index as f64);
    let every = plan.rate.map(|rate| connections / rate);
    let spread = match shape {
        Shape::Paced => PACE_MILLISECONDS as f64 / 1e3,
        _ => every.unwrap_or_default(),
    };
    Pace {
        first: begin + Duration::from_secs_f64(spread * index / connections),
        every: every.map(Duration::from_secs_f64),
    }
}

/// One connection at work.
struct Worker {
    to: SocketAddr,
    request: Arc<[u8]>,
    tally: Arc<Tally>,
    shape: Shape,
    pace: Pace,
}

impl Worker {
    fn run(self) {
        let mut latencies = Vec::new();
        if let Err(error) = self.work(&mut latencies) {
            self.tally.fail(&error);
        }
        self.tally.add_latencies(&latencies);
    }

    fn work(&self, latencies: &mut Vec<Duration>) -> io::Result<()> {
        let mut client = Client::connect(self.to)?;
        let mut due = self.pace.first;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        while !self.tally.is_stopping() {
            if let Some(every) = self.pace.every {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                self.exchange(&mut client)?;
                self.note(due, latencies);
                due += every;
            } else {
                let begin = Instant::now();
                self.exchange(&mut client)?;
                self.note(begin, latencies);
            }
        }
        Ok(())
    }

    fn note(&self, begin: Instant, latencies: &mut Vec<Duration>) {
        if self.tally.is_measuring() {
            latencies.push(begin.elapsed());
        }
    }

    /// Asks once and reads to the answer's end, or until everything ends.
    fn exchange(&self, client: &mut Client) -> io::Result<()> {
        client.ask(&self.request)?;
        let mut seen = 0;
        loop {
            let (events, done) = client.read()?;
            seen += events;
            self.tally.events.fetch_add(events, Ordering::Relaxed);
            if done {
                self.tally.requests.fetch_add(1, Ordering::Relaxed);
                return check_count(self.shape, seen);
            }
            if self.tally.is_stopping() {
                return Ok(());
            }
        }
    }
}

/// The usage event was not asked for by the client, so a gateway may take it out.
fn check_count(shape: Shape, seen: u64) -> io::Result<()> {
    let with_done = BURST_EVENTS + 1;
    let right = match shape {
        Shape::Whole(_) => seen == 0,
        Shape::Burst { .. } => seen == with_done || seen == with_done - 1,
        Shape::Paced | Shape::Idle => false,
    };
    if right {
        Ok(())
    } else {
        Err(io::Error::other(format!("an answer with {seen} events")))
    }
}

/// Opens streams one after the other, each up to its first event.
fn open_idle(plan: &Plan, request: &[u8], tally: &Tally) -> Vec<TcpStream> {
    let mut open = Vec::with_capacity(plan.connections);
    for _ in 0..plan.connections {
        let opened = Client::connect(plan.to).and_then(|mut client| {
            client.ask(request)?;
            while client.read()?.0 == 0 {}
            Ok(client.into_open())
        });
        match opened {
            Ok(stream) => open.push(stream),
            Err(error) => {
                tally.fail(&error);
                break;
            }
        }
    }
    open
}
