//! Whatever the pieces in which bytes arrive, the events are the same.

use bytes::Bytes;

use super::{EventKind, Framer, Framing, FramingError};

fn events(
    framing: Framing,
    text: &[u8],
    piece: usize,
) -> Result<Vec<(EventKind, String)>, FramingError> {
    let mut framer = Framer::new(framing, 64);
    let mut found = Vec::new();
    for piece in text.chunks(piece) {
        framer.push(Bytes::copy_from_slice(piece));
        while let Some(event) = framer.next_event()? {
            found.push(event);
        }
    }
    while let Some(event) = framer.finish()? {
        found.push(event);
    }
    let text = |event: super::NativeEvent| {
        let name = event
            .name
            .map(|name| format!("{}=", String::from_utf8_lossy(&name)));
        (
            event.kind,
            name.unwrap_or_default() + &String::from_utf8_lossy(&event.data),
        )
    };
    Ok(found.into_iter().map(text).collect())
}

/// A framing, a text, and the events in it.
type Row = (Framing, &'static str, &'static [(EventKind, &'static str)]);

#[test]
fn the_pieces_do_not_matter() {
    use EventKind::{Event, Whole};
    let table: &[Row] = &[
        (
            Framing::Sse,
            ": hi\r\n\r\nevent: a\r\ndata: {\"x\":1}   \r\n\r\ndata: [DONE]\r\n\r\n",
            &[(Event, "a={\"x\":1}"), (Event, "[DONE]")],
        ),
        (Framing::Sse, "data: é", &[(Event, "é")]),
        (
            Framing::Sse,
            " [{\"a\":\"]}\\\"\"}\r\n,\n{\"b\":[1,{}]}]\n",
            &[(Event, "{\"a\":\"]}\\\"\"}"), (Event, "{\"b\":[1,{}]}")],
        ),
        (
            Framing::Sse,
            "\n {\"error\":1}",
            &[(Whole, "\n {\"error\":1}")],
        ),
        (
            Framing::Lines,
            "{\"a\":1}\r\n\n{\"b\":2}",
            &[(Event, "{\"a\":1}"), (Event, "{\"b\":2}")],
        ),
        (Framing::Lines, "  \n", &[]),
    ];
    for (framing, text, expected) in table {
        for piece in [1, 2, 7, 1000] {
            let expected: Vec<_> = expected
                .iter()
                .map(|(kind, text)| (*kind, (*text).to_owned()))
                .collect();
            assert_eq!(
                events(*framing, text.as_bytes(), piece),
                Ok(expected),
                "{text:?} in pieces of {piece}"
            );
        }
    }
}

#[test]
fn what_cannot_be_cut_is_an_error_and_never_a_loop() {
    let long = "x".repeat(100);
    let table: &[(Framing, &[u8])] = &[
        (Framing::Lines, long.as_bytes()),
        (Framing::Lines, b"\xff\n"),
        (Framing::Sse, b"data: \xff\n\n"),
        (Framing::Sse, b"[1]"),
        (Framing::Sse, b"[{\"a\":1}"),
        (Framing::Sse, b"<html>\n\n"),
    ];
    for (framing, text) in table {
        for piece in [1, 1000] {
            assert!(
                events(*framing, text, piece).is_err(),
                "{:?}",
                String::from_utf8_lossy(text)
            );
        }
    }
}
