//! The pump with scripted bodies and a clock that only moves when everything waits.

use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use gateway_client::transport::{ByteStream, TransportError, TransportErrorKind};
use tokio::time::Instant;

use super::*;
use crate::{
    EventBatch,
    stream::{EventPump, PumpLimits},
};

/// One step of a scripted body.
enum Act {
    Say(String),
    Wait(u64),
    Break(TransportErrorKind),
    Hang,
}

fn body(acts: Vec<Act>) -> ByteStream {
    stream::iter(acts)
        .filter_map(|act| async {
            match act {
                Act::Say(text) => Some(Ok(Bytes::from(text))),
                Act::Wait(seconds) => {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    None
                }
                Act::Break(kind) => Some(Err(TransportError::new(kind, "scripted"))),
                Act::Hang => std::future::pending().await,
            }
        })
        .boxed()
}

fn pump(acts: Vec<Act>, idle: u64) -> EventPump {
    let limits = PumpLimits::new(Duration::from_secs(idle));
    EventPump::new(body(acts), StreamGuard::new(chunks_rules()), limits)
}

async fn all(
    events: impl Stream<Item = Result<EventBatch, Fault>>,
) -> (Vec<String>, Option<FaultKind>) {
    let mut texts = Vec::new();
    let mut kind = None;
    for item in events.collect::<Vec<_>>().await {
        assert!(kind.is_none(), "a fault is the last item");
        match item {
            Ok(batch) => texts.push(String::from_utf8(batch.bytes.to_vec()).unwrap()),
            Err(fault) => kind = Some(fault.kind),
        }
    }
    (texts, kind)
}

fn say(text: &str) -> Act {
    Act::Say(events([said(text)]))
}

#[tokio::test(start_paused = true)]
async fn what_is_ready_together_goes_out_together_and_nothing_is_delayed() {
    let acts = vec![
        say("a"),
        say("b"),
        Act::Wait(1),
        say("c"),
        Act::Say(events([finished()]) + DONE),
        Act::Hang,
    ];
    let (texts, kind) = all(pump(acts, 60)).await;
    assert_eq!(kind, None, "after [DONE] nothing is read");
    assert_eq!(
        texts,
        [
            events([said("a"), said("b")]),
            events([said("c"), finished()]) + DONE
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn f8_silence_is_a_fault_after_the_idle_time_and_not_before() {
    let start = Instant::now();
    let acts = vec![
        say("a"),
        Act::Wait(50),
        say("b"),
        Act::Wait(59),
        Act::Say(": c\n\n".to_owned()),
        Act::Wait(59),
        say("d"),
        Act::Hang,
    ];
    let (texts, kind) = all(pump(acts, 60)).await;
    assert_eq!((texts.len(), kind), (3, Some(FaultKind::IdleTimeout)));
    assert_eq!(start.elapsed().as_secs(), 50 + 59 + 59 + 60);
}

#[tokio::test(start_paused = true)]
async fn silence_after_the_finish_reason_is_an_end() {
    let (texts, kind) = all(pump(
        vec![say("a"), Act::Say(events([finished()])), Act::Hang],
        60,
    ))
    .await;
    assert_eq!(
        (texts.concat(), kind),
        (events([said("a"), finished()]) + DONE, None)
    );
}

#[tokio::test(start_paused = true)]
async fn f10_f12_f15_breaks_are_judged_by_what_was_there() {
    let reset = || Act::Break(TransportErrorKind::Body);
    let (texts, kind) = all(pump(vec![say("a"), reset()], 60)).await;
    assert_eq!(
        (texts.concat(), kind),
        (events([said("a")]), Some(FaultKind::Reset))
    );
    let (texts, kind) = all(pump(
        vec![Act::Say(events([said("a"), finished()]) + DONE), reset()],
        60,
    ))
    .await;
    assert_eq!((texts.len(), kind), (1, None));
    let (texts, kind) = all(pump(vec![reset()], 60)).await;
    assert_eq!((texts.len(), kind), (0, Some(FaultKind::Reset)));
    let (_, kind) = all(pump(
        vec![say("a"), Act::Break(TransportErrorKind::Protocol)],
        60,
    ))
    .await;
    assert_eq!(kind, Some(FaultKind::Protocol));
    let (_, kind) = all(pump(vec![], 60)).await;
    assert_eq!(kind, Some(FaultKind::Empty));
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_bounded_though_more_is_ready() {
    let acts = (0..100).map(|_| say(&"x".repeat(2_000))).collect();
    let (texts, kind) = all(pump(acts, 60)).await;
    assert_eq!(kind, Some(FaultKind::Truncated));
    assert!(
        texts.len() >= 3 && texts.iter().all(|text| text.len() < (64 << 10) + 4_000),
        "{}",
        texts.len()
    );
}

#[tokio::test(start_paused = true)]
async fn the_body_is_dropped_at_the_end_and_with_the_pump() {
    struct Watch(std::sync::Arc<std::sync::atomic::AtomicBool>);
    impl Drop for Watch {
        fn drop(&mut self) {
            self.0.store(true, std::sync::atomic::Ordering::SeqCst);
        }
    }
    for ends in [true, false] {
        let dropped = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let watch = Watch(dropped.clone());
        let text = events([said("a"), finished()]) + if ends { DONE } else { "" };
        let watched = body(vec![Act::Say(text), Act::Hang]).map(move |item| {
            let _ = &watch;
            item
        });
        let mut pump = EventPump::new(
            watched.boxed(),
            StreamGuard::new(chunks_rules()),
            PumpLimits::new(Duration::from_secs(60)),
        );
        pump.next().await.unwrap().unwrap();
        assert_eq!(
            dropped.load(std::sync::atomic::Ordering::SeqCst),
            ends,
            "dropped with [DONE]"
        );
        drop(pump);
        assert!(dropped.load(std::sync::atomic::Ordering::SeqCst));
    }
}
