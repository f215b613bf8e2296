//! Streams: when the head is given, and what a stream can turn out to be.

use tokio::time::Instant;

use super::*;

const SAID: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":null}]}\n\n";
const REST: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

#[tokio::test(start_paused = true)]
async fn the_head_waits_for_the_first_event() {
    let script = Script::events(vec![
        Act::Say(": hello\n\n"),
        Act::Wait(9),
        Act::Say(SAID),
        Act::Wait(9),
        Act::Say(REST),
    ]);
    let start = Instant::now();
    let reply = bench(PLAIN_ROW, script)
        .ask(Operation::Chat, true)
        .await
        .unwrap();
    assert_eq!(start.elapsed().as_secs(), 9);
    assert_eq!(
        reply.headers.get("content-type").unwrap(),
        "text/event-stream"
    );
    let (text, _, kind) = collect(reply).await;
    assert_eq!((text, kind), (format!("{SAID}{REST}"), None));
    assert_eq!(start.elapsed().as_secs(), 18);
}

#[tokio::test(start_paused = true)]
async fn f17_an_error_first_is_a_fault_of_the_call() {
    let script = Script::events(vec![
        Act::Wait(1),
        Act::Say("data: {\"error\":{\"message\":\"m\",\"type\":\"server_error\"}}\n\n"),
    ]);
    let found = fault(bench(PLAIN_ROW, script).ask(Operation::Chat, true).await);
    assert_eq!(
        (found.kind, found.upstream_status()),
        (FaultKind::InStream, Some(StatusCode::INTERNAL_SERVER_ERROR))
    );
    let script = Script::events(vec![
        Act::Say(SAID),
        Act::Wait(1),
        Act::Say("data: {\"error\":\"m\"}\n\n"),
    ]);
    let (text, _, kind) = collect(
        bench(PLAIN_ROW, script)
            .ask(Operation::Chat, true)
            .await
            .unwrap(),
    )
    .await;
    assert_eq!((text.as_str(), kind), (SAID, Some(FaultKind::InStream)));
}

#[tokio::test(start_paused = true)]
async fn the_head_is_held_for_so_long_and_faults_come_inside_after_that() {
    for before_head in [vec![], vec![Act::Wait(30)]] {
        let wait = if before_head.is_empty() { 60 } else { 30 };
        let script = Script {
            before_head,
            ..Script::events(vec![Act::Wait(wait), Act::Say(SAID), Act::Say(REST)])
        };
        let start = Instant::now();
        let reply = bench(PLAIN_ROW, script)
            .ask(Operation::Chat, true)
            .await
            .unwrap();
        assert_eq!(
            (start.elapsed().as_secs(), reply.status),
            (25, StatusCode::OK)
        );
        let (text, _, kind) = collect(reply).await;
        assert_eq!(
            (text, kind, start.elapsed().as_secs()),
            (format!("{SAID}{REST}"), None, 60)
        );
    }
    let late = Script {
        before_head: vec![Act::Wait(40)],
        ..Script::new(503, "text/html", "")
    };
    let (text, _, kind) = collect(
        bench(PLAIN_ROW, late)
            .ask(Operation::Chat, true)
            .await
            .unwrap(),
    )
    .await;
    assert_eq!((text.as_str(), kind), ("", Some(FaultKind::Status)));
}

#[tokio::test(start_paused = true)]
async fn f7_the_first_event_has_a_deadline_counted_from_sending() {
    for script in [
        Script {
            before_head: vec![Act::Hang],
            ..Script::events(vec![])
        },
        Script {
            before_head: vec![Act::Wait(100)],
            ..Script::events(vec![Act::Hang])
        },
        Script {
            before_head: vec![Act::Wait(100)],
            ..Script::events(vec![Act::Say(": hi\n\n"), Act::Hang])
        },
    ] {
        let start = Instant::now();
        let bench = bench(PLAIN_ROW, script);
        let mut call = call(Operation::Chat, r#"{"model":"m"}"#, true);
        call.timeouts.hold = Duration::from_secs(500);
        assert_eq!(
            fault(bench.provider.call(call).await).kind,
            FaultKind::FirstTokenTimeout
        );
        assert_eq!(start.elapsed().as_secs(), 120);
    }
}

#[tokio::test(start_paused = true)]
async fn f31_to_f34_what_is_no_stream_is_seen_before_the_head_goes_out() {
    let json = |body| Script::json(body);
    for (script, kind) in [
        (Script::events(vec![]), FaultKind::Empty),
        (
            Script::events(vec![Act::Say("data: [DONE]\n\n")]),
            FaultKind::Empty,
        ),
        (
            Script::new(200, "text/html", "<html>"),
            FaultKind::InvalidResponse,
        ),
        (
            Script::events(vec![Act::Say("<html>")]),
            FaultKind::InvalidResponse,
        ),
        (json("<html>"), FaultKind::InvalidResponse),
        (json("upstream connect error"), FaultKind::InvalidResponse),
        (
            json("{\"error\":{\"message\":\"m\",\"code\":429}}"),
            FaultKind::InStream,
        ),
        (
            json("{\"choices\":[{\"message\""),
            FaultKind::InvalidResponse,
        ),
        (
            Script::events(vec![Act::Say(
                "{\"error\":{\"message\":\"m\",\"code\":429}}",
            )]),
            FaultKind::InStream,
        ),
        (
            Script::events(vec![Act::Break(TransportErrorKind::Body)]),
            FaultKind::Reset,
        ),
        (
            Script::events(vec![Act::Say("data: {\"ch")]),
            FaultKind::Truncated,
        ),
    ] {
        let found = fault(bench(PLAIN_ROW, script).ask(Operation::Chat, true).await);
        assert_eq!(found.kind, kind, "{found:?}");
        if kind == FaultKind::InStream {
            assert_eq!(found.upstream_status(), Some(StatusCode::TOO_MANY_REQUESTS));
        }
    }
}

#[tokio::test]
async fn events_under_another_type_are_accepted_however_they_are_cut() {
    for acts in [
        vec![
            Act::Say("\n\nda"),
            Act::Say(
                "ta: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            ),
        ],
        vec![
            Act::Say("\u{feff}"),
            Act::Say(
                "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            ),
        ],
    ] {
        let script = Script {
            body: acts,
            ..Script::json("")
        };
        let reply = bench(PLAIN_ROW, script)
            .ask(Operation::Chat, true)
            .await
            .unwrap();
        assert_eq!(
            reply.headers.get("content-type").unwrap(),
            "text/event-stream"
        );
        assert_eq!(collect(reply).await.0, REST);
    }
}

#[tokio::test]
async fn t11_usage_that_was_injected_is_hidden_and_counted() {
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\n";
    let done = "data: [DONE]\n\n";
    let chunks = REST.replace(done, "");
    let stream: &'static str = Box::leak(format!("{SAID}{chunks}{usage}{done}").into_boxed_str());
    let bench = bench(PLAIN_ROW, Script::events(vec![Act::Say(stream)]));
    let (text, counted, _) = collect(bench.ask(Operation::Chat, true).await.unwrap()).await;
    assert_eq!(
        (text, counted.unwrap().total),
        (format!("{SAID}{REST}"), Some(3))
    );
    let asked = r#"{"model":"m","stream_options":{"include_usage":true}}"#;
    let reply = bench
        .provider
        .call(call(Operation::Chat, asked, true))
        .await
        .unwrap();
    assert_eq!(collect(reply).await.0, stream);
}

#[tokio::test]
async fn speech_may_come_as_events() {
    let events = "data: {\"type\":\"speech.audio.delta\",\"audio\":\"AA\"}\n\ndata: {\"type\":\"speech.audio.done\",\"usage\":{\"total_tokens\":4}}\n\n";
    let reply = bench(PLAIN_ROW, Script::events(vec![Act::Say(events)]))
        .ask(Operation::Speech, false)
        .await
        .unwrap();
    let (text, usage, kind) = collect(reply).await;
    assert_eq!(
        (text.as_str(), usage.unwrap().total, kind),
        (events, Some(4), None)
    );
}

/// What comes when, and how it ends by the default times: seconds in all, and the fault where there is one.
type Pace = (&'static str, Vec<Act>, u64, Option<FaultKind>);

/// Slow is not stalled: as long as something comes, a live stream has no limit; and a model that thinks before its first
/// token has two minutes for it.
#[tokio::test(start_paused = true)]
async fn default_times_cut_what_stalls_and_nothing_that_is_slow() {
    let minutes = |count: usize| {
        let each = [Act::Say(SAID), Act::Wait(240)];
        each.iter()
            .cycle()
            .take(2 * count)
            .cloned()
            .collect::<Vec<_>>()
    };
    let then = |mut acts: Vec<Act>, last: &[Act]| {
        acts.extend_from_slice(last);
        acts
    };
    let table: Vec<Pace> = vec![
        (
            "thinks for 40 s",
            vec![Act::Wait(40), Act::Say(SAID), Act::Say(REST)],
            40,
            None,
        ),
        (
            "thinks for 119 s",
            vec![Act::Wait(119), Act::Say(SAID), Act::Say(REST)],
            119,
            None,
        ),
        (
            "pauses for 4 minutes, ten times",
            then(minutes(10), &[Act::Say(REST)]),
            2400,
            None,
        ),
        (
            "never begins",
            vec![Act::Hang],
            120,
            Some(FaultKind::FirstTokenTimeout),
        ),
        (
            "only comments",
            then(
                [Act::Wait(10), Act::Say(": ping\n\n")]
                    .iter()
                    .cycle()
                    .take(40)
                    .cloned()
                    .collect(),
                &[Act::Hang],
            ),
            120,
            Some(FaultKind::FirstTokenTimeout),
        ),
        (
            "stalls",
            vec![Act::Wait(40), Act::Say(SAID), Act::Hang],
            340,
            Some(FaultKind::IdleTimeout),
        ),
    ];
    for (what, acts, seconds, expected) in table {
        let start = Instant::now();
        let reply = bench(PLAIN_ROW, Script::events(acts))
            .ask(Operation::Chat, true)
            .await;
        let kind = match reply {
            Ok(reply) => collect(reply).await.2,
            Err(CallError::Fault(fault)) => Some(fault.kind),
            Err(other) => panic!("{what}: {other}"),
        };
        assert_eq!(
            (kind, start.elapsed().as_secs()),
            (expected, seconds),
            "{what}"
        );
    }
}
