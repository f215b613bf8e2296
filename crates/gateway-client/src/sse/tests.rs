//! The rules of event streams, one by one and by chance.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Frame, FrameError, FrameSplitter};

const LIMIT: usize = 1 << 20;

fn split(splitter: &mut FrameSplitter, chunks: &[&[u8]]) -> Result<Vec<Frame>, FrameError> {
    let mut frames = Vec::new();
    for chunk in chunks {
        splitter.push(Bytes::copy_from_slice(chunk));
        while let Some(frame) = splitter.next_frame()? {
            frames.push(frame);
        }
    }
    frames.extend(std::iter::from_fn(|| splitter.finish()));
    Ok(frames)
}

fn split_whole(input: &[u8]) -> Vec<Frame> {
    split(&mut FrameSplitter::new(LIMIT), &[input]).unwrap()
}

/// A frame in a form that is easy to write down: raw, data, event, id, and a letter for each flag.
type Short<'a> = (
    &'a str,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    &'a str,
);

fn short(frame: &Frame) -> Short<'_> {
    let text = |bytes: &'_ Option<Bytes>| {
        bytes
            .as_deref()
            .map(|b| std::str::from_utf8(b).unwrap().to_owned())
    };
    let leak = |text: Option<String>| text.map(|t| &*t.leak());
    let flags = match (frame.canonical, frame.stray) {
        (true, true) => "cs",
        (true, false) => "c",
        (false, true) => "s",
        (false, false) => "",
    };
    (
        std::str::from_utf8(&frame.raw).unwrap(),
        leak(text(&frame.data)),
        leak(text(&frame.event)),
        leak(text(&frame.id)),
        flags,
    )
}

/// Input, and the frames it gives.
const RULES: &[(&str, &[Short<'_>])] = &[
    (
        "data: a\n\n",
        &[("data: a\n\n", Some("a"), None, None, "c")],
    ),
    ("data:a\n\n", &[("data:a\n\n", Some("a"), None, None, "")]),
    (
        "data:  a\n\n",
        &[("data:  a\n\n", Some(" a"), None, None, "c")],
    ),
    ("data: \n\n", &[("data: \n\n", Some(""), None, None, "c")]),
    ("data:\n\n", &[("data:\n\n", Some(""), None, None, "")]),
    ("data\n\n", &[("data\n\n", Some(""), None, None, "")]),
    (
        "data: a: b\n\n",
        &[("data: a: b\n\n", Some("a: b"), None, None, "c")],
    ),
    (
        "data: a\r\n\r\n",
        &[("data: a\r\n\r\n", Some("a"), None, None, "")],
    ),
    ("data: a\r\r", &[("data: a\r\r", Some("a"), None, None, "")]),
    (
        "data: a\n\r\n",
        &[("data: a\n\r\n", Some("a"), None, None, "")],
    ),
    (
        "data: a\r\n\n",
        &[("data: a\r\n\n", Some("a"), None, None, "")],
    ),
    (
        "data: a\n\rdata: b\n\n",
        &[
            ("data: a\n\r", Some("a"), None, None, ""),
            ("data: b\n\n", Some("b"), None, None, "c"),
        ],
    ),
    (
        "data: a\r\r\ndata: b\n\n",
        &[
            ("data: a\r\r", Some("a"), None, None, ""),
            ("\n", None, None, None, ""),
            ("data: b\n\n", Some("b"), None, None, "c"),
        ],
    ),
    (
        "data: a\rdata: b\r\r",
        &[("data: a\rdata: b\r\r", Some("a\nb"), None, None, "")],
    ),
    (
        "data: a\ndata:b\ndata\n\n",
        &[("data: a\ndata:b\ndata\n\n", Some("a\nb\n"), None, None, "")],
    ),
    (
        "data: a\n\n\ndata: b\n\n",
        &[
            ("data: a\n\n", Some("a"), None, None, "c"),
            ("\n", None, None, None, ""),
            ("data: b\n\n", Some("b"), None, None, "c"),
        ],
    ),
    (": ping\n\n", &[(": ping\n\n", None, None, None, "")]),
    (
        ": x\ndata: a\n\n",
        &[(": x\ndata: a\n\n", Some("a"), None, None, "")],
    ),
    (
        "event: ping\n\n",
        &[("event: ping\n\n", None, Some("ping"), None, "")],
    ),
    (
        "event: a\nevent:b\ndata: {}\n\n",
        &[(
            "event: a\nevent:b\ndata: {}\n\n",
            Some("{}"),
            Some("b"),
            None,
            "",
        )],
    ),
    (
        "id: 7\ndata: a\n\n",
        &[("id: 7\ndata: a\n\n", Some("a"), None, Some("7"), "")],
    ),
    (
        "id: \0\ndata: a\n\n",
        &[("id: \0\ndata: a\n\n", Some("a"), None, None, "")],
    ),
    ("retry: 10\n\n", &[("retry: 10\n\n", None, None, None, "")]),
    (
        "what: ever\n\n",
        &[("what: ever\n\n", None, None, None, "s")],
    ),
    ("Data: a\n\n", &[("Data: a\n\n", None, None, None, "s")]),
    (" data: a\n\n", &[(" data: a\n\n", None, None, None, "s")]),
    (
        "{\"error\":{}}\n\n",
        &[("{\"error\":{}}\n\n", None, None, None, "s")],
    ),
    (
        "<html>\ndata: a\n\n",
        &[("<html>\ndata: a\n\n", Some("a"), None, None, "s")],
    ),
    ("data: a", &[("data: a", Some("a"), None, None, "")]),
    ("data: a\n", &[("data: a\n", Some("a"), None, None, "")]),
    (
        "data: a\r\n\r",
        &[("data: a\r\n\r", Some("a"), None, None, "")],
    ),
    ("", &[]),
    (
        "\u{feff}data: a\n\n",
        &[("data: a\n\n", Some("a"), None, None, "c")],
    ),
    (
        "\u{feff}\u{feff}data: a\n\n",
        &[("\u{feff}data: a\n\n", None, None, None, "s")],
    ),
    (
        "data: a\n\n\u{feff}data: b\n\n",
        &[
            ("data: a\n\n", Some("a"), None, None, "c"),
            ("\u{feff}data: b\n\n", None, None, None, "s"),
        ],
    ),
    (
        "data: é\n\n",
        &[("data: é\n\n", Some("é"), None, None, "c")],
    ),
];

#[test]
fn every_rule() {
    for (input, expected) in RULES {
        let frames = split_whole(input.as_bytes());
        let frames: Vec<_> = frames.iter().map(short).collect();
        assert_eq!(&frames, expected, "{input:?}");
    }
}

#[test]
fn every_rule_holds_byte_by_byte() {
    for input in [
        "\u{feff}data: a\r\n\r\ndata: b\r\rdata: c\n\n\u{feff}x",
        "\r\n\r\r\n\n\rdata:1\n\r\nx",
    ] {
        let pieces: Vec<&[u8]> = input.as_bytes().chunks(1).collect();
        let frames = split(&mut FrameSplitter::new(LIMIT), &pieces).unwrap();
        assert_eq!(frames, split_whole(input.as_bytes()), "{input:?}");
    }
}

#[test]
fn a_stream_that_ends_inside_the_byte_order_mark_keeps_its_bytes() {
    for cut in 1..3 {
        let frames = split_whole(&b"\xEF\xBB\xBF"[..cut]);
        assert_eq!(frames.len(), 1);
        assert_eq!(&frames[0].raw[..], &b"\xEF\xBB\xBF"[..cut]);
        assert!(frames[0].stray);
    }
    assert!(split_whole(b"\xEF\xBB\xBF").is_empty());
}

#[test]
fn no_complete_event_waits_for_more_bytes() {
    for input in [
        "data: a\n\n",
        "data: a\r\n\r\n",
        "data: a\r\r",
        "data: a\r\n\n",
        "data: a\n\r\n",
    ] {
        let mut splitter = FrameSplitter::new(LIMIT);
        splitter.push(Bytes::from_static(input.as_bytes()));
        assert!(splitter.next_frame().unwrap().is_some(), "{input:?}");
    }
}

#[test]
fn an_event_in_one_chunk_is_not_copied() {
    let chunk = Bytes::from(b"data: a\n\nevent: e\ndata: b\n\ndata: c".to_vec());
    let here = chunk.as_ptr_range();
    let mut splitter = FrameSplitter::new(LIMIT);
    splitter.push(chunk);
    for _ in 0..2 {
        let frame = splitter.next_frame().unwrap().unwrap();
        assert!(here.contains(&frame.raw.as_ptr()) && here.contains(&frame.data.unwrap().as_ptr()));
    }
}

#[test]
fn an_event_over_the_limit_is_refused_at_once() {
    let event = b"data: 4567\n\n";
    let exact = split(&mut FrameSplitter::new(event.len()), &[event, event]).unwrap();
    assert_eq!(exact.len(), 2);

    let mut splitter = FrameSplitter::new(event.len() - 1);
    splitter.push(Bytes::from_static(event));
    assert_eq!(
        splitter.next_frame(),
        Err(FrameError::TooLarge { limit: 11 })
    );
    assert_eq!(
        splitter.next_frame(),
        Err(FrameError::TooLarge { limit: 11 })
    );
    assert_eq!(splitter.finish(), None);
}

#[test]
fn a_line_that_never_ends_is_refused_when_it_passes_the_limit() {
    let mut splitter = FrameSplitter::new(100);
    for _ in 0..100 {
        splitter.push(Bytes::from_static(b"x"));
        assert_eq!(splitter.next_frame(), Ok(None));
    }
    splitter.push(Bytes::from_static(b"x"));
    assert!(splitter.next_frame().is_err());
}

#[test]
fn frames_before_a_large_event_are_given_first() {
    let mut splitter = FrameSplitter::new(12);
    splitter.push(Bytes::from_static(
        b"data: a\n\ndata: b\n\ndata: 0123456789\n\n",
    ));
    let mut frames = Vec::new();
    assert_eq!(splitter.next_run(&mut frames).unwrap().unwrap().len(), 18);
    assert_eq!(frames.len(), 2);
    assert!(splitter.next_run(&mut frames).is_err());
}

#[test]
fn a_run_is_one_slice_of_the_chunk() {
    let mut splitter = FrameSplitter::new(LIMIT);
    let mut frames = Vec::new();
    splitter.push(Bytes::from_static(
        b"data: a\n\ndata: b\n\n: x\n\ndata: c\n\ndata: d",
    ));
    let mut runs = Vec::new();
    while let Some(raw) = splitter.next_run(&mut frames).unwrap() {
        runs.push((raw, frames.len()));
    }
    splitter.push(Bytes::from_static(b"\n\ndata: e\n\n"));
    while let Some(raw) = splitter.next_run(&mut frames).unwrap() {
        runs.push((raw, frames.len()));
    }
    let runs: Vec<_> = runs
        .iter()
        .map(|(raw, count)| (std::str::from_utf8(raw).unwrap(), *count))
        .collect();
    assert_eq!(
        runs,
        [
            ("data: a\n\ndata: b\n\n", 2),
            (": x\n\n", 1),
            ("data: c\n\n", 1),
            ("data: d\n\n", 1),
            ("data: e\n\n", 1),
        ]
    );
}

#[test]
fn the_work_is_linear_however_the_stream_is_cut() {
    let mut event = b"data: ".to_vec();
    event.resize(512 * 1024, b'x');
    event.extend_from_slice(b"\r\n\r\n");
    for size in [1, 64, 1460, event.len()] {
        let mut splitter = FrameSplitter::new(LIMIT);
        let pieces: Vec<&[u8]> = event.chunks(size).collect();
        assert_eq!(split(&mut splitter, &pieces).unwrap().len(), 1);
        assert!(
            splitter.work() <= event.len() as u64 + 4,
            "{size}: {}",
            splitter.work()
        );
    }
}

/// Bytes that look like event streams often enough to reach every rule.
fn stream_bytes() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        4 => Just(b"data: ".to_vec()),
        1 => Just(b"data:".to_vec()),
        1 => Just(b"event: e".to_vec()),
        1 => Just(b"id: 1".to_vec()),
        1 => Just(b": c".to_vec()),
        4 => Just(b"\n".to_vec()),
        2 => Just(b"\n\n".to_vec()),
        2 => Just(b"\r".to_vec()),
        2 => Just(b"\r\n".to_vec()),
        1 => Just(b"\xEF\xBB\xBF".to_vec()),
        1 => Just(b"\xEF\xBB".to_vec()),
        2 => "[a-z{}:\" ]{0,12}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

fn cut<'a>(input: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
    places.extend([0, input.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| &input[pair[0]..pair[1]])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn cuts_change_nothing_and_no_byte_is_lost(
        input in stream_bytes(),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let whole = split_whole(&input);
        let pieces = split(&mut FrameSplitter::new(LIMIT), &cut(&input, &cuts)).unwrap();
        prop_assert_eq!(&whole, &pieces);

        let raw: Vec<u8> = whole.iter().flat_map(|frame| frame.raw.to_vec()).collect();
        prop_assert_eq!(&raw[..], input.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&input));
        for frame in whole.iter().filter(|frame| frame.canonical) {
            let data = frame.data.as_deref().unwrap();
            prop_assert_eq!(&frame.raw[..], &[b"data: ", data, b"\n\n"].concat()[..]);
        }
    }

    #[test]
    fn runs_hold_the_same_frames(
        input in stream_bytes(),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut splitter = FrameSplitter::new(LIMIT);
        let (mut run, mut all) = (Vec::new(), Vec::new());
        for piece in cut(&input, &cuts) {
            splitter.push(Bytes::copy_from_slice(piece));
            while let Some(raw) = splitter.next_run(&mut run).unwrap() {
                let joined: Vec<u8> = run.iter().flat_map(|frame| frame.raw.to_vec()).collect();
                prop_assert_eq!(&raw[..], &joined[..]);
                all.append(&mut run);
            }
        }
        all.extend(std::iter::from_fn(|| splitter.finish()));
        prop_assert_eq!(all, split_whole(&input));
    }

    #[test]
    fn the_limit_does_not_depend_on_cuts(
        input in stream_bytes(),
        // From three bytes on: until that many are there, they could be a byte order mark, which does not count.
        limit in 3_usize..30,
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let whole = split(&mut FrameSplitter::new(limit), &[&input]);
        let pieces = split(&mut FrameSplitter::new(limit), &cut(&input, &cuts));
        prop_assert_eq!(&whole, &pieces);
        if let Ok(frames) = whole {
            prop_assert!(frames.iter().all(|frame| frame.raw.len() <= limit));
        }
    }
}
