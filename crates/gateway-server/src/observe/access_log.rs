//! One line per request on standard output: JSON for machines, short text for a terminal.
//!
//! Lines are handed to a thread of their own, so that a slow terminal or disk never slows a request; when that
//! thread cannot keep up, lines are dropped and counted rather than held.

use std::{
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use serde::Serialize;

use super::Record;

/// How many lines may wait for the writer.
const QUEUE: usize = 8192;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFormat {
    /// One JSON object.
    Json,
    /// Short text.
    Text,
}

/// The log of requests.
#[derive(Debug)]
pub struct AccessLog {
    lines: SyncSender<Vec<u8>>,
    format: LineFormat,
    dropped: Arc<AtomicU64>,
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
    /// Starts the writer's thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(format: LineFormat) -> io::Result<Self> {
        let (lines, waiting) = sync_channel(QUEUE);
        thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || write_lines(&waiting))?;
        Ok(Self {
            lines,
            format,
            dropped: Arc::default(),
        })
    }

    /// How many lines were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Writes a finished request's line.
    pub fn write(&self, record: &Record, duration: Duration) {
        let line = Line::of(record, duration);
        let mut text = match self.format {
            LineFormat::Json => serde_json::to_vec(&line).unwrap_or_default(),
            LineFormat::Text => line.text().into_bytes(),
        };
        text.push(b'\n');
        if self.lines.try_send(text).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
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

/// Writes what waits, flushing when nothing more does.
fn write_lines(waiting: &Receiver<Vec<u8>>) {
    let mut out = io::BufWriter::with_capacity(64 * 1024, io::stdout());
    while let Ok(line) = waiting.recv() {
        let mut next = Some(line);
        while let Some(line) = next {
            // A closed standard output cannot be reported anywhere.
            let _ = out.write_all(&line);
            next = waiting.try_recv().ok();
        }
        let _ = out.flush();
    }
}
