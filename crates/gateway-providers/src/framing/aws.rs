//! The frames of AWS: `application/vnd.amazon.eventstream`.
//!
//! A frame is a prelude (its length, the length of its headers, a checksum of both), headers, a payload, and a
//! checksum of everything before it; numbers are big-endian, checksums CRC-32.
//! Spec: <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html>,
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>.

use bytes::{Buf, Bytes, BytesMut};

use super::{EventKind, FramingError, NativeEvent};

/// The two lengths and their checksum.
const PRELUDE: usize = 12;
/// A prelude and the checksum at the end: a frame of nothing.
const SMALLEST: usize = PRELUDE + CHECKSUM;
const CHECKSUM: usize = 4;
/// The type of a header's value that is text; the others are flags, numbers, times and ids.
const TEXT: u8 = 7;

/// Cuts bytes into frames. It reads each prelude once, however small the pieces are in which bytes arrive.
#[derive(Debug)]
pub(super) struct AwsFrames {
    held: BytesMut,
    /// The lengths of the frame that is being waited for.
    expected: Option<Lengths>,
    limit: usize,
}

/// What a prelude says.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    /// Of the whole frame, prelude and checksum included.
    frame: usize,
    /// Of its headers.
    headers: usize,
}

/// The headers that say what a frame is.
#[derive(Debug, Default)]
struct FrameHeaders {
    message_type: Bytes,
    event_type: Option<Bytes>,
    exception_type: Option<Bytes>,
    error_code: Option<Bytes>,
    error_message: Option<Bytes>,
}

impl AwsFrames {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            held: BytesMut::new(),
            expected: None,
            limit,
        }
    }

    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.held.extend_from_slice(chunk);
    }

    pub(super) fn next(&mut self) -> Result<Option<NativeEvent>, FramingError> {
        let lengths = match self.expected {
            Some(lengths) => lengths,
            None => match prelude(&self.held, self.limit)? {
                Some(lengths) => *self.expected.insert(lengths),
                None => return Ok(None),
            },
        };
        if self.held.len() < lengths.frame {
            return Ok(None);
        }
        self.expected = None;
        let frame = self.held.split_to(lengths.frame).freeze();
        read_frame(frame, lengths).map(Some)
    }

    /// Whether the bytes ended between two frames.
    pub(super) fn is_whole(&self) -> bool {
        self.held.is_empty()
    }
}

/// Reads the next frame's prelude; `None` where it is not all there.
fn prelude(held: &[u8], limit: usize) -> Result<Option<Lengths>, FramingError> {
    let Some((mut prelude, _)) = held.split_at_checked(PRELUDE) else {
        return Ok(None);
    };
    let checked = crc32fast::hash(prelude.get(..PRELUDE - CHECKSUM).unwrap_or_default());
    let lengths = Lengths {
        frame: prelude.get_u32() as usize,
        headers: prelude.get_u32() as usize,
    };
    if prelude.get_u32() != checked {
        return Err(FramingError::Malformed(
            "a frame's prelude does not fit its checksum",
        ));
    }
    if lengths.frame < SMALLEST || lengths.headers > lengths.frame - SMALLEST {
        return Err(FramingError::Malformed(
            "a frame's lengths do not fit together",
        ));
    }
    if lengths.frame > limit {
        return Err(FramingError::TooLarge(limit));
    }
    Ok(Some(lengths))
}

fn read_frame(mut frame: Bytes, lengths: Lengths) -> Result<NativeEvent, FramingError> {
    let mut checksum = frame.split_off(lengths.frame - CHECKSUM);
    if crc32fast::hash(&frame) != checksum.get_u32() {
        return Err(FramingError::Malformed("a frame does not fit its checksum"));
    }
    frame.advance(PRELUDE);
    let headers = FrameHeaders::read(frame.split_to(lengths.headers))
        .ok_or(FramingError::Malformed("a frame's headers cannot be read"))?;
    headers.event(frame)
}

impl FrameHeaders {
    /// `None` where the bytes are no list of headers.
    fn read(mut bytes: Bytes) -> Option<Self> {
        let mut headers = Self::default();
        while !bytes.is_empty() {
            let length = usize::from(bytes.try_get_u8().ok()?);
            let name = take(&mut bytes, length)?;
            let kind = bytes.try_get_u8().ok()?;
            let value = match kind {
                // True and false have no bytes of their own.
                0 | 1 => Bytes::new(),
                2 => take(&mut bytes, 1)?,
                3 => take(&mut bytes, 2)?,
                4 => take(&mut bytes, 4)?,
                5 | 8 => take(&mut bytes, 8)?,
                6 | TEXT => {
                    let length = usize::from(bytes.try_get_u16().ok()?);
                    take(&mut bytes, length)?
                }
                9 => take(&mut bytes, 16)?,
                _ => return None,
            };
            if kind == TEXT {
                headers.keep(&name, value);
            }
        }
        Some(headers)
    }

    fn keep(&mut self, name: &[u8], value: Bytes) {
        match name {
            b":message-type" => self.message_type = value,
            b":event-type" => self.event_type = Some(value),
            b":exception-type" => self.exception_type = Some(value),
            b":error-code" => self.error_code = Some(value),
            b":error-message" => self.error_message = Some(value),
            _ => {}
        }
    }

    fn event(self, payload: Bytes) -> Result<NativeEvent, FramingError> {
        let (kind, name, data) = match self.message_type.as_ref() {
            b"exception" => (EventKind::Exception, self.exception_type, payload),
            // An error that the service has no type for: everything about it is in headers.
            b"error" => {
                let message = self.error_message.unwrap_or_default();
                let message = String::from_utf8_lossy(&message);
                let data = serde_json::json!({ "message": message }).to_string();
                (EventKind::Exception, self.error_code, Bytes::from(data))
            }
            _ => (EventKind::Event, self.event_type, payload),
        };
        if std::str::from_utf8(&data).is_err() {
            return Err(FramingError::Malformed("an event is not valid UTF-8"));
        }
        Ok(NativeEvent { kind, name, data })
    }
}

fn take(bytes: &mut Bytes, length: usize) -> Option<Bytes> {
    (bytes.len() >= length).then(|| bytes.split_to(length))
}

/// A frame with these text headers, for tests.
#[cfg(test)]
pub(crate) fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut written = Vec::new();
    for (name, value) in headers {
        written.push(u8::try_from(name.len()).unwrap());
        written.extend_from_slice(name.as_bytes());
        written.push(TEXT);
        written.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        written.extend_from_slice(value.as_bytes());
    }
    raw_frame(&written, payload)
}

/// A frame with headers as bytes, for tests.
#[cfg(test)]
pub(crate) fn raw_frame(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(SMALLEST + headers.len() + payload.len()).unwrap();
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend_from_slice(&u32::try_from(headers.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame.extend_from_slice(headers);
    frame.extend_from_slice(payload);
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::framing::{Framer, Framing};

    fn event(name: &str, data: &str) -> Vec<u8> {
        let headers = [
            (":event-type", name),
            (":content-type", "application/json"),
            (":message-type", "event"),
        ];
        frame(&headers, data.as_bytes())
    }

    fn events(bytes: &[u8], piece: usize, limit: usize) -> Result<Vec<NativeEvent>, FramingError> {
        let mut framer = Framer::new(Framing::AwsEventStream, limit);
        let mut found = Vec::new();
        for piece in bytes.chunks(piece) {
            framer.push(Bytes::copy_from_slice(piece));
            while let Some(event) = framer.next_event()? {
                found.push(event);
            }
        }
        while let Some(event) = framer.finish()? {
            found.push(event);
        }
        Ok(found)
    }

    #[test]
    fn frames_are_cut_whatever_the_pieces() {
        let exception = [
            (":exception-type", "throttlingException"),
            (":message-type", "exception"),
        ];
        let error = [
            (":error-code", "InternalError"),
            (":error-message", "It \"broke\"."),
            (":message-type", "error"),
        ];
        let stream = [
            event("messageStart", "{}"),
            event("contentBlockDelta", "{\"a\":\"ü\"}"),
            frame(&exception, b"{\"message\":\"slow\"}"),
            frame(&error, b""),
        ]
        .concat();
        let expected = [
            (EventKind::Event, "messageStart", "{}"),
            (EventKind::Event, "contentBlockDelta", "{\"a\":\"ü\"}"),
            (
                EventKind::Exception,
                "throttlingException",
                "{\"message\":\"slow\"}",
            ),
            (
                EventKind::Exception,
                "InternalError",
                r#"{"message":"It \"broke\"."}"#,
            ),
        ];
        for piece in [1, 7, 64, stream.len()] {
            let found = events(&stream, piece, 4096).unwrap();
            assert_eq!(found.len(), expected.len());
            for (found, (kind, name, data)) in found.iter().zip(expected) {
                assert_eq!(found.kind, kind);
                assert_eq!(found.name.as_deref(), Some(name.as_bytes()));
                assert_eq!(found.data, data.as_bytes());
            }
        }
    }

    #[test]
    fn headers_of_every_type_are_passed_over() {
        let values: [&[u8]; 9] = [
            &[0],
            &[1],
            &[2, 9],
            &[3, 0, 9],
            &[4, 0, 0, 0, 9],
            &[5, 0, 0, 0, 0, 0, 0, 0, 9],
            &[6, 0, 2, 1, 2],
            &[8, 0, 0, 0, 0, 0, 0, 0, 9],
            &[9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
        ];
        let mut headers = Vec::new();
        for value in values {
            headers.extend_from_slice(b"\x01x");
            headers.extend_from_slice(value);
        }
        let found = events(&raw_frame(&headers, b"{}"), 5, 4096).unwrap();
        assert_eq!(found[0].data, "{}".as_bytes());
    }

    #[test]
    fn what_does_not_fit_its_checksums_or_its_limits_is_an_error() {
        let good = event("messageStart", "{\"role\":\"assistant\"}");
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 0x20;
            let found = events(&bad, 3, 4096);
            assert!(found.is_err(), "a flipped bit at {place}: {found:?}");
        }
        assert!(events(&good[..good.len() - 1], 10, 4096).is_err());
        assert_eq!(
            events(&good, 10, good.len() - 1),
            Err(FramingError::TooLarge(good.len() - 1))
        );
        // A header that is longer than all headers, an unknown type, a payload that is no text.
        assert!(events(&raw_frame(b"\x05x", b"{}"), 9, 4096).is_err());
        assert!(events(&raw_frame(b"\x01x\x0a", b"{}"), 9, 4096).is_err());
        assert!(events(&raw_frame(b"", b"\xff"), 9, 4096).is_err());
    }

    #[test]
    fn an_answer_that_is_no_stream_is_taken_whole() {
        let found = events(b" {\"message\":\"no\"}", 4, 4096).unwrap();
        assert_eq!((found.len(), found[0].kind), (1, EventKind::Whole));
    }

    proptest! {
        #[test]
        fn anything_ends_in_events_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), piece in 1_usize..50) {
            let _ = events(&bytes, piece, 128);
        }

        #[test]
        fn any_payload_comes_out_in_any_pieces(texts in prop::collection::vec("\\PC{0,40}", 1..5), piece in 1_usize..80) {
            let stream: Vec<u8> = texts.iter().flat_map(|text| event("e", text)).collect();
            let found = events(&stream, piece, 4096).unwrap();
            let found: Vec<&[u8]> = found.iter().map(|event| event.data.as_ref()).collect();
            let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            prop_assert_eq!(found, texts);
        }
    }
}
