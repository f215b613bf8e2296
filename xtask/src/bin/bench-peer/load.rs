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
    canned::{Canned, Shape},
    client::Client,
    outcome::Outcome,
    processes::{cpu_us, memory_kib},
    tally::Tally,
    worker::{Pace, Worker},
};

/// How often memory is read where its most is asked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long after the load its memory is read once more.
const AFTER: Duration = Duration::from_secs(1);

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
    /// Takes refusals in good order (503 with `retry-after` and an error object) and connections that are closed
    /// unanswered for answers, and counts them; watches how much memory is held at most, and what is left of it.
    #[arg(long)]
    overload: bool,
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
        // All connections are there before the first is used: many at once would wait for one another.
        let clients: io::Result<Vec<_>> = (0..plan.connections)
            .map(|_| Client::connect(plan.to))
            .collect();
        let begin = Instant::now();
        for (index, client) in clients?.into_iter().enumerate() {
            let worker = Worker {
                to: plan.to,
                request: Arc::clone(&request),
                tally: Arc::clone(&tally),
                shape: canned.shape,
                pace: Pace::of((index, plan.connections), plan.rate, canned.shape, begin),
                may_be_refused: plan.overload,
            };
            threads.push(
                thread::Builder::new()
                    .stack_size(256 * 1024)
                    .spawn(move || worker.run(client))?,
            );
        }
    }
    thread::sleep(Duration::from_secs_f64(plan.warm_up));

    let window = Window::measure(plan, &tally)?;
    tally.stopping.store(true, Ordering::Relaxed);
    let open = idle.len() as u64;
    drop(idle);
    for thread in threads {
        thread.join().map_err(|_| "a connection's thread failed")?;
    }
    let memory_after_kib = if plan.overload {
        thread::sleep(AFTER);
        memory_kib(&plan.watch)?
    } else {
        0
    };
    let (p50_us, p99_us) = tally.answered.percentiles();
    let (refused_p50_us, refused_p99_us) = tally.refused.percentiles();
    let (failures, first_failure) = tally.failures();
    Ok(Outcome {
        seconds: window.seconds,
        requests: window.counts.answered,
        events: window.counts.events,
        failures,
        first_failure,
        p50_us,
        p99_us,
        refused: window.counts.refused,
        refused_p50_us,
        refused_p99_us,
        closed: window.counts.closed,
        late: window.counts.late,
        cpu_us: window.cpu_us,
        memory_before_kib,
        memory_kib: window.memory_kib,
        memory_most_kib: window.memory_most_kib,
        memory_after_kib,
        open,
    })
}

/// What happened while it was measured.
struct Window {
    seconds: f64,
    counts: Counts,
    cpu_us: f64,
    memory_kib: u64,
    memory_most_kib: u64,
}

/// What the tally said at a moment, or between two of them.
struct Counts {
    answered: u64,
    refused: u64,
    closed: u64,
    late: u64,
    events: u64,
}

impl Counts {
    fn of(tally: &Tally) -> Self {
        Self {
            answered: tally.answered.count.get(),
            refused: tally.refused.count.get(),
            closed: tally.closed.get(),
            late: tally.late.get(),
            events: tally.events.load(Ordering::Relaxed),
        }
    }

    fn since(self, before: &Self) -> Self {
        Self {
            answered: self.answered - before.answered,
            refused: self.refused - before.refused,
            closed: self.closed - before.closed,
            late: self.late - before.late,
            events: self.events - before.events,
        }
    }
}

impl Window {
    fn measure(plan: &Plan, tally: &Tally) -> io::Result<Self> {
        let end = Duration::from_secs_f64(plan.seconds);
        tally.measuring.store(true, Ordering::Relaxed);
        let (begin, cpu_before, before) = (Instant::now(), cpu_us(&plan.watch)?, Counts::of(tally));
        let mut memory_most_kib = 0;
        while plan.overload && begin.elapsed() + LOOK_EVERY < end {
            thread::sleep(LOOK_EVERY);
            memory_most_kib = memory_kib(&plan.watch)?.max(memory_most_kib);
        }
        thread::sleep(end.saturating_sub(begin.elapsed()));
        let window = Self {
            counts: Counts::of(tally).since(&before),
            cpu_us: cpu_us(&plan.watch)? - cpu_before,
            seconds: begin.elapsed().as_secs_f64(),
            memory_kib: memory_kib(&plan.watch)?,
            memory_most_kib,
        };
        tally.measuring.store(false, Ordering::Relaxed);
        Ok(window)
    }
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
