//! One connection at work: it asks at its times, reads to the end of each answer, and tells what came.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    canned::{BURST_EVENTS, PACE_MILLISECONDS, Shape},
    client::Client,
    decoder::Decoder,
    tally::Tally,
};

/// How long a client stays away that was refused, or whose connection was closed unanswered: as OpenAI's SDKs do at
/// first.
const AWAY: Duration = Duration::from_millis(500);

/// When a connection asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// The first time.
    first: Instant,
    /// From one time to the next, where there is a fixed rate.
    every: Option<Duration>,
}

impl Pace {
    /// Of the connection at this place among so many, which take turns so that requests (or the ticks of paced streams)
    /// are spread evenly.
    pub(crate) fn of(
        (index, connections): (usize, usize),
        rate: Option<f64>,
        shape: Shape,
        begin: Instant,
    ) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "small counts")]
        let (connections, index) = (connections as f64, index as f64);
        let every = rate.map(|rate| connections / rate);
        let spread = match shape {
            Shape::Paced => PACE_MILLISECONDS as f64 / 1e3,
            _ => every.unwrap_or_default(),
        };
        Self {
            first: begin + Duration::from_secs_f64(spread * index / connections),
            every: every.map(Duration::from_secs_f64),
        }
    }
}

/// One connection.
pub(crate) struct Worker {
    pub(crate) to: SocketAddr,
    pub(crate) request: Arc<[u8]>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) shape: Shape,
    pub(crate) pace: Pace,
    /// Whether a refusal in good order is an answer.
    pub(crate) may_be_refused: bool,
}

/// The times of one connection, kept apart from those of the others until it ends: nobody waits for anybody.
#[derive(Default)]
struct Mine {
    answered: Vec<Duration>,
    refused: Vec<Duration>,
}

/// How an exchange ended.
enum Ending {
    Answered,
    /// 503, with all that it has to say.
    Refused {
        closing: bool,
    },
    /// The connection was closed before there was any answer.
    Closed,
    /// The window is over.
    CutShort,
}

impl Worker {
    /// Asks until the load is over, on this connection first.
    pub(crate) fn run(self, client: Client) {
        let mut mine = Mine::default();
        if let Err(error) = self.work(client, &mut mine) {
            self.tally.fail(&error);
        }
        self.tally.answered.add(&mine.answered);
        self.tally.refused.add(&mine.refused);
    }

    fn work(&self, mut client: Client, mine: &mut Mine) -> io::Result<()> {
        let mut due = self.pace.first;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        while !self.tally.is_stopping() {
            let begin = match self.pace.every {
                Some(_) => self.wait_until(due),
                None => Instant::now(),
            };
            let ending = self.exchange(&mut client)?;
            self.note(&ending, begin, mine);
            let (stays_away, reconnects) = match ending {
                Ending::Closed => (true, true),
                // An open loop has its times, whatever it is told.
                Ending::Refused { closing } => (self.pace.every.is_none(), closing),
                Ending::Answered | Ending::CutShort => (false, false),
            };
            if stays_away {
                thread::sleep(AWAY);
            }
            if reconnects {
                client = Client::connect(self.to)?;
            }
            due += self.pace.every.unwrap_or_default();
        }
        Ok(())
    }

    /// Waits for a request's time. Times are fixed beforehand, so that what comes late counts with its lateness.
    fn wait_until(&self, due: Instant) -> Instant {
        let now = Instant::now();
        if due < now {
            self.tally.late.add();
        }
        thread::sleep(due.saturating_duration_since(now));
        due
    }

    fn note(&self, ending: &Ending, begin: Instant, mine: &mut Mine) {
        let (count, times) = match ending {
            Ending::Answered => (&self.tally.answered.count, &mut mine.answered),
            Ending::Refused { .. } => (&self.tally.refused.count, &mut mine.refused),
            Ending::Closed => return self.tally.closed.add(),
            Ending::CutShort => return,
        };
        count.add();
        if self.tally.is_measuring() {
            times.push(begin.elapsed());
        }
    }

    /// Asks once and reads to the answer's end, or until everything ends.
    fn exchange(&self, client: &mut Client) -> io::Result<Ending> {
        let mut sent = client.ask(&self.request);
        let mut seen = 0;
        loop {
            let read = sent.and_then(|()| client.read());
            let (events, done) = match read {
                Ok(read) => read,
                // Who is let in no more is closed with an end or with a reset, while it writes or while it reads.
                Err(error) if self.may_be_refused && is_closed(&error, client.answer()) => {
                    return Ok(Ending::Closed);
                }
                Err(error) => return Err(error),
            };
            sent = Ok(());
            seen += events;
            self.tally.events.fetch_add(events, Ordering::Relaxed);
            if done {
                return self.ended(client.answer(), seen);
            }
            if self.tally.is_stopping() {
                return Ok(Ending::CutShort);
            }
        }
    }

    fn ended(&self, answer: &Decoder, events: u64) -> io::Result<Ending> {
        match answer.status() {
            Some(200) => check_count(self.shape, events).map(|()| Ending::Answered),
            Some(503) if self.may_be_refused => check_refusal(answer),
            status => Err(io::Error::other(format!(
                "status {}: {}",
                status.unwrap_or_default(),
                String::from_utf8_lossy(answer.refusal())
            ))),
        }
    }
}

fn is_closed(error: &io::Error, answer: &Decoder) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    answer.is_untouched() && matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

/// The usage event was not asked for by the client, so a gateway may take it out.
fn check_count(shape: Shape, seen: u64) -> io::Result<()> {
    let with_done = BURST_EVENTS + 1;
    let right = match shape {
        Shape::Whole(_) | Shape::Slow(_) => seen == 0,
        Shape::Burst { .. } => seen == with_done || seen == with_done - 1,
        Shape::Paced | Shape::Idle => false,
    };
    if right {
        Ok(())
    } else {
        Err(io::Error::other(format!("an answer with {seen} events")))
    }
}

/// A refusal says when to come back, and what it is.
fn check_refusal(answer: &Decoder) -> io::Result<Ending> {
    let body: serde_json::Value = serde_json::from_slice(answer.refusal())?;
    let error = body.get("error").unwrap_or(&serde_json::Value::Null);
    let seconds = answer
        .header("retry-after")
        .map(|value| value.parse::<u32>());
    let right = matches!(seconds, Some(Ok(1..)))
        && error.get("code").and_then(serde_json::Value::as_str) == Some("overloaded")
        && error
            .get("message")
            .is_some_and(serde_json::Value::is_string);
    if !right {
        let text = format!("a refusal without `retry-after` or its error object: {body}");
        return Err(io::Error::other(text));
    }
    Ok(Ending::Refused {
        closing: answer.header("connection").as_deref() == Some("close"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(head: &str, body: &str) -> Decoder {
        let mut decoder = Decoder::default();
        let length = body.len();
        let text = format!("HTTP/1.1 503 x\r\n{head}content-length: {length}\r\n\r\n{body}");
        decoder.push(text.as_bytes()).unwrap();
        decoder
    }

    #[test]
    fn a_refusal_has_its_header_and_its_object() {
        let good = r#"{"error":{"message":"Try again.","code":"overloaded"}}"#;
        let closing = |head: &str| match check_refusal(&decoded(head, good)).unwrap() {
            Ending::Refused { closing } => closing,
            _ => panic!("it is refused"),
        };
        assert!(!closing("retry-after: 1\r\n"));
        assert!(closing("retry-after: 1\r\nConnection: close\r\n"));
        for (head, body) in [
            ("", good),
            ("retry-after: 0\r\n", good),
            ("retry-after: soon\r\n", good),
            ("retry-after: 1\r\n", "busy"),
            (
                "retry-after: 1\r\n",
                r#"{"error":{"message":"x","code":"y"}}"#,
            ),
            ("retry-after: 1\r\n", r#"{"error":{"code":"overloaded"}}"#),
        ] {
            assert!(
                check_refusal(&decoded(head, body)).is_err(),
                "{head} {body}"
            );
        }
    }

    #[test]
    fn connections_take_turns_at_the_rate_of_all() {
        let begin = Instant::now();
        let third = Pace::of((2, 4), Some(100.0), Shape::Whole(1), begin);
        assert_eq!(third.first, begin + Duration::from_millis(20));
        assert_eq!(third.every, Some(Duration::from_millis(40)));
        let at_once = Pace::of((2, 4), None, Shape::Whole(1), begin);
        assert_eq!((at_once.first, at_once.every), (begin, None));
    }
}
