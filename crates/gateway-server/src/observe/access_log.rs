//! One line per request on standard output: JSON for machines, short text for a terminal.
//!
//! Lines are put into a buffer that a thread of its own empties a few times a second, so that neither a slow
//! terminal nor a system call per line slows a request. When that thread cannot keep up, lines are dropped and
//! counted rather than held.

use std::{
    io::{self, Write as _},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use serde::Serialize;

use super::Record;

/// How many bytes may wait for the writer.
const MOST_WAITING: usize = 4 * 1024 * 1024;
/// How long lines are gathered before they are written.
const GATHER: Duration = Duration::from_millis(50);

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFormat {
    /// One JSON object.
    Json,
    /// Short text.
    Text,
}

/// The number of a log that is off, beside those of [`LineFormat`].
const OFF: u8 = 0;

impl LineFormat {
    const ALL: [Self; 2] = [Self::Json, Self::Text];

    const fn number(self) -> u8 {
        match self {
            Self::Json => 1,
            Self::Text => 2,
        }
    }
}

/// The log of requests, at first off. Dropping it writes what waits.
#[derive(Debug, Default)]
pub struct AccessLog {
    waiting: Arc<Waiting>,
    /// How lines look now, as a number; or [`OFF`].
    format: AtomicU8,
    dropped: AtomicU64,
    /// Its thread, once there was something to write.
    writer: Mutex<Option<thread::JoinHandle<()>>>,
}

/// Lines between the requests and the writer.
#[derive(Debug, Default)]
struct Waiting {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<u8>,
    /// The writer sleeps until it is told of a line.
    asleep: bool,
    closed: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    kind: &'static str,
    request_id: &'a str,
    method: &'a str,
    route: &'a str,
    operation: &'a str,
    principal: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<&'a str>,
    status: u16,
    duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_token_ms: Option<f64>,
    stream: bool,
    complete: bool,
    #[serde(skip_serializing_if = "is_zero")]
    events: u64,
    bytes_out: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_detail: Option<&'a str>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl AccessLog {
    /// Starts the writer's thread where such lines need one and there is none.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn prepare(&self, format: Option<LineFormat>) -> io::Result<()> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if format.is_none() || writer.is_some() {
            return Ok(());
        }
        let theirs = Arc::clone(&self.waiting);
        let thread = thread::Builder::new().name("access-log".to_owned());
        *writer = Some(thread.spawn(move || theirs.write_out())?);
        Ok(())
    }

    /// From now on lines look so; with `None` there are none. Lines are written once this was
    /// [prepared](Self::prepare).
    pub fn switch(&self, format: Option<LineFormat>) {
        let number = format.map_or(OFF, LineFormat::number);
        self.format.store(number, Ordering::Relaxed);
    }

    fn format(&self) -> Option<LineFormat> {
        let number = self.format.load(Ordering::Relaxed);
        let mut all = LineFormat::ALL.into_iter();
        all.find(|format| format.number() == number)
    }

    /// How many lines were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Writes out what waits, at once. For the end of a process, whose threads may still hold the log.
    pub fn flush(&self) {
        let waiting = std::mem::take(&mut self.waiting.lock().lines);
        let mut out = io::stdout();
        // A closed standard output cannot be reported anywhere.
        let _ = out.write_all(&waiting).and_then(|()| out.flush());
    }

    /// Writes a finished request's line, where the log is on.
    pub fn write(&self, record: &Record, duration: Duration) {
        let Some(format) = self.format() else { return };
        let line = Line::of(record, duration);
        let mut text = match format {
            LineFormat::Json => serde_json::to_vec(&line).unwrap_or_default(),
            LineFormat::Text => line.text().into_bytes(),
        };
        text.push(b'\n');
        if !self.waiting.add(&text) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        self.waiting.lock().closed = true;
        self.waiting.news.notify_one();
        let writer = self
            .writer
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = writer.take() {
            // A writer that panicked has nothing left to write.
            let _ = writer.join();
        }
    }
}

impl Waiting {
    /// False when there is no room.
    fn add(&self, line: &[u8]) -> bool {
        let mut state = self.lock();
        if state.lines.len() + line.len() > MOST_WAITING {
            return false;
        }
        state.lines.extend_from_slice(line);
        if std::mem::take(&mut state.asleep) {
            self.news.notify_one();
        }
        true
    }

    /// The writer: waits for a first line, gathers those that come soon after, writes them all at once.
    fn write_out(&self) {
        let mut out = io::stdout();
        let mut batch = Vec::new();
        while self.next_batch(&mut batch) {
            // A closed standard output cannot be reported anywhere.
            let _ = out.write_all(&batch).and_then(|()| out.flush());
            batch.clear();
        }
    }

    /// False once the log is closed and everything has been given out.
    fn next_batch(&self, batch: &mut Vec<u8>) -> bool {
        let mut state = self.lock();
        while state.lines.is_empty() {
            if state.closed {
                return false;
            }
            state.asleep = true;
            state = self
                .news
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if !state.closed {
            drop(state);
            thread::sleep(GATHER);
            state = self.lock();
        }
        std::mem::swap(&mut state.lines, batch);
        drop(state);
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Line<'a> {
    fn of(record: &'a Record, duration: Duration) -> Self {
        let usage = record.usage.unwrap_or_default();
        Self {
            time: jiff::Timestamp::now()
                .round(jiff::Unit::Millisecond)
                .unwrap_or_default()
                .to_string(),
            kind: "request",
            request_id: record.request_id.as_str(),
            method: record.method.as_str(),
            route: record.route,
            operation: record.operation,
            principal: &record.principal,
            provider: record.provider.as_deref(),
            model: record.model.as_deref(),
            attempts: record.attempts.as_deref(),
            status: record.status_code(),
            duration_ms: milliseconds(duration),
            first_token_ms: record.first_token.map(milliseconds),
            stream: record.stream,
            complete: record.complete,
            events: record.events,
            bytes_out: record.bytes_out,
            input_tokens: usage.input,
            output_tokens: usage.output,
            cached_tokens: usage.cached,
            error: record.error,
            error_detail: record.error_detail.as_deref(),
        }
    }

    /// Control characters are escaped: a log line is one line, whatever an upstream or a client wrote.
    fn text(&self) -> String {
        let mut text = format!(
            "{} {} {} {} {:.1}ms",
            self.time, self.status, self.method, self.route, self.duration_ms
        );
        if let (Some(provider), Some(model)) = (self.provider, self.model) {
            text.push_str(&format!(" {provider}/{}", model.escape_debug()));
        }
        if let Some(attempts) = self.attempts {
            text.push_str(&format!(" attempts={attempts}"));
        }
        if let Some(first) = self.first_token_ms {
            text.push_str(&format!(" first={first:.1}ms"));
        }
        if let (Some(input), Some(output)) = (self.input_tokens, self.output_tokens) {
            text.push_str(&format!(" tokens={input}+{output}"));
        }
        if let Some(error) = self.error {
            text.push_str(&format!(" error={error}"));
        }
        if let Some(detail) = self.error_detail {
            text.push_str(&format!(" ({})", detail.escape_debug()));
        }
        text.push_str(&format!(" id={}", self.request_id));
        text
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::*;
    use crate::observe::{Exchange, Metrics, Observers, RequestId};

    #[test]
    fn lines_look_as_the_newest_configuration_says_or_are_not_there() {
        let observers = Arc::new(Observers {
            metrics: Metrics::default(),
            access_log: AccessLog::default(),
        });
        let next = |format: Option<LineFormat>| {
            let log = &observers.access_log;
            log.switch(format);
            let id = RequestId::of(&HeaderMap::new());
            drop(Exchange::begin(observers.clone(), id, Method::GET, "/v1/x"));
            let lines = std::mem::take(&mut log.waiting.lock().lines);
            String::from_utf8(lines).unwrap()
        };
        assert_eq!(next(None), "");
        assert!(next(Some(LineFormat::Json)).starts_with('{'));
        let text = next(Some(LineFormat::Text));
        assert!(text.contains(" 499 GET /v1/x "), "{text}");
        assert_eq!(next(None), "");
    }

    #[test]
    fn lines_wait_for_the_writer_up_to_a_bound_and_come_out_in_order() {
        let waiting = Waiting::default();
        assert!(waiting.add(b"one\n"));
        assert!(waiting.add(b"two\n"));
        let mut batch = Vec::new();
        assert!(waiting.next_batch(&mut batch));
        assert_eq!(batch, b"one\ntwo\n");
        assert!(waiting.add(&vec![b'x'; MOST_WAITING]));
        assert!(!waiting.add(b"y"));
        waiting.lock().closed = true;
        batch.clear();
        assert!(waiting.next_batch(&mut batch));
        batch.clear();
        assert!(!waiting.next_batch(&mut batch));
    }
}
