//! What holds for every stream, however odd and however it is cut.

use gateway_client::sse::FrameSplitter;
use proptest::prelude::*;

use super::*;

/// Pieces of streams, good and bad, so that sequences of them reach every state.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let event = |data: String| events([data]).into_bytes();
    prop_oneof![
        4 => "[a-zä€ ]{0,8}".prop_map(move |text| event(said(&text))),
        2 => Just(event(finished())),
        2 => Just(event(said("n").replace("}]}", "}],\"usage\":null}"))),
        1 => Just(event(r#"{"choices":[],"usage":{"completion_tokens":7}}"#.to_owned())),
        1 => Just(b"event: x.y\r\ndata: {\"type\":\"response.completed\"}\r\n\r\n".to_vec()),
        1 => Just(b": comment\n\nretry: 1\rdata:\n\n".to_vec()),
        1 => Just(b"data: {\"a\":\ndata: 1}\n\n".to_vec()),
        1 => Just(DONE.as_bytes().to_vec()),
        1 => Just(b"data: {\"error\":{\"code\":429}}\n\n".to_vec()),
        1 => Just(b"\xef\xbb\xbf".to_vec()),
        1 => prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b'{'), Just(b'}'), Just(b'd'), any::<u8>()], 0..12),
    ]
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat())
}

fn rules() -> impl Strategy<Value = GuardRules> {
    (any::<bool>(), any::<bool>()).prop_map(|(typed, hide_usage)| GuardRules {
        hide_usage,
        max_event_bytes: 160,
        ..GuardRules::new(if typed { TYPED } else { StreamEnd::Chunks })
    })
}

/// The data of all events that a plain reader of event streams finds.
fn data_of(stream: &[u8]) -> Vec<Bytes> {
    let mut splitter = FrameSplitter::new(1 << 20);
    splitter.push(Bytes::copy_from_slice(stream));
    let mut found = Vec::new();
    while let Ok(Some(frame)) = splitter.next_frame() {
        assert!(
            frame.canonical || frame.event.is_some(),
            "a form of its own: {frame:?}"
        );
        assert!(!frame.stray, "{frame:?}");
        found.extend(frame.data);
    }
    assert_eq!(
        splitter.finish(),
        None,
        "the output ends between two events"
    );
    found
}

fn count_events(stream: &[u8]) -> usize {
    let mut splitter = FrameSplitter::new(1 << 20);
    splitter.push(Bytes::copy_from_slice(stream));
    let mut count = 0;
    while let Ok(Some(_)) = splitter.next_frame() {
        count += 1;
    }
    count + usize::from(splitter.finish().is_some())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn how_a_stream_is_cut_changes_nothing(stream in stream(), rules in rules(), piece in 1usize..40, broken in any::<bool>()) {
        let end = || if broken { reset() } else { UpstreamEnd::Clean };
        let whole = run(rules.clone(), &stream, usize::MAX, end());
        let cut = run(rules, &stream, piece, end());
        prop_assert_eq!(&whole.text, &cut.text);
        prop_assert_eq!(whole.kind(), cut.kind());
        prop_assert_eq!((whole.events, whole.usage), (cut.events, cut.usage));
    }

    #[test]
    fn whatever_comes_in_what_goes_out_is_a_clean_stream(stream in stream(), rules in rules(), piece in 1usize..40) {
        let is_chunks = rules.end == StreamEnd::Chunks;
        let heard = run(rules, &stream, piece, UpstreamEnd::Clean);
        let data = data_of(heard.text.as_bytes());
        let dones = data.iter().filter(|data| data.as_ref() == b"[DONE]").count();
        let is_complete = heard.kind().is_none();
        prop_assert_eq!(dones, usize::from(is_complete && is_chunks));
        prop_assert!(dones == 0 || heard.text.ends_with(DONE));
        prop_assert_eq!(data.len() - dones, heard.events as usize);
        prop_assert!(data.len() <= count_events(&stream) + 1, "no more events than came in, and a [DONE]");
        for data in data.iter().filter(|data| data.as_ref() != b"[DONE]") {
            prop_assert!(serde_json::from_slice::<Value>(data).is_ok_and(|value| value.is_object()));
        }
    }
}
