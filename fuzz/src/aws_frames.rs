//! AWS's binary frames: whatever comes, nothing panics, nothing is read twice, and the cut does not matter.

use bytes::Bytes;
use gateway_providers::framing::{Framer, Framing, FramingError, NativeEvent};

/// Reads one input; panics where something does not hold.
pub fn run(input: &[u8]) {
    let [piece, bytes @ ..] = input else { return };
    let whole = events(bytes, bytes.len());
    assert_eq!(whole, events(bytes, usize::from(*piece)), "the cut matters");
}

fn events(bytes: &[u8], piece: usize) -> (Vec<NativeEvent>, Option<FramingError>) {
    let mut framer = Framer::new(Framing::AwsEventStream, 1 << 20);
    let mut found = Vec::new();
    for piece in bytes.chunks(piece.max(1)) {
        framer.push(Bytes::copy_from_slice(piece));
        loop {
            match framer.next_event() {
                Ok(Some(event)) => found.push(event),
                Ok(None) => break,
                Err(error) => return (found, Some(error)),
            }
        }
    }
    match framer.finish() {
        Ok(event) => {
            found.extend(event);
            (found, None)
        }
        Err(error) => (found, Some(error)),
    }
}
