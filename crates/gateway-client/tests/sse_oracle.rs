//! On well-formed streams the splitter agrees with the crate `eventsource-stream`.
//!
//! "Well-formed" leaves out what that crate gets wrong: a byte order mark (panics), bytes that are not UTF-8
//! (withholds everything after them), and lines that end with CR alone (never end the event).

use bytes::Bytes;
use eventsource_stream::EventStream;
use futures::{FutureExt as _, StreamExt as _, stream};
use gateway_client::sse::FrameSplitter;
use proptest::prelude::*;

/// Data and event type of every event that has data.
type Events = Vec<(String, String)>;

fn ours(input: &[u8]) -> Events {
    let mut splitter = FrameSplitter::new(1 << 20);
    splitter.push(Bytes::copy_from_slice(input));
    let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap_or_default();
    std::iter::from_fn(|| splitter.next_frame().unwrap_or_default())
        .filter_map(|frame| {
            let event = frame.event.filter(|event| !event.is_empty());
            Some((
                text(frame.data?),
                event.map_or_else(|| "message".to_owned(), text),
            ))
        })
        .collect()
}

/// The oracle drops events with empty data as the specification says; the splitter leaves that to its caller.
fn oracle(input: &[u8]) -> Option<Events> {
    let once = stream::iter([Ok::<_, std::convert::Infallible>(input.to_vec())]);
    let events = EventStream::new(once).collect::<Vec<_>>().now_or_never()?;
    Some(
        events
            .into_iter()
            .flatten()
            .map(|event| (event.data, event.event))
            .filter(|(data, _)| !data.is_empty())
            .collect(),
    )
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "data: ?[a-zé{}\": ]{0,20}",
        1 => "event: ?[a-z]{1,5}",
        1 => ": ?[a-z]{0,9}",
        1 => "id: ?[a-z0-9]{0,5}",
        1 => "retry: [0-9]{1,5}",
        1 => "[b-cf-hj-q]{1,5}: [a-z]{0,5}",
    ]
}

fn well_formed() -> impl Strategy<Value = String> {
    let event = proptest::collection::vec(line(), 1..5);
    let terminator = prop_oneof![Just("\n"), Just("\r\n")];
    (proptest::collection::vec(event, 0..8), terminator).prop_map(|(events, end)| {
        let text =
            |lines: Vec<String>| lines.into_iter().map(|line| line + end).collect::<String>() + end;
        events.into_iter().map(text).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn agrees_with_eventsource_stream(input in well_formed()) {
        let ours: Events = ours(input.as_bytes()).into_iter().filter(|(data, _)| !data.is_empty()).collect();
        prop_assert_eq!(Some(ours), oracle(input.as_bytes()));
    }
}
