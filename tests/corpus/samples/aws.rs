//! Messages of an AWS event stream, written by the specification.
//!
//! Spec: <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html>

use serde_json::Value;

/// An event.
pub(super) fn event(name: &str, payload: &Value) -> Vec<u8> {
    message(&[(":event-type", name), (":content-type", "application/json"), (":message-type", "event")], payload)
}

/// An exception.
pub(super) fn exception(name: &str, payload: &Value) -> Vec<u8> {
    message(&[(":exception-type", name), (":content-type", "application/json"), (":message-type", "exception")], payload)
}

fn message(headers: &[(&str, &str)], payload: &Value) -> Vec<u8> {
    const STRING: u8 = 7;
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(u8::try_from(name.len()).unwrap());
        head.extend_from_slice(name.as_bytes());
        head.push(STRING);
        head.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    let payload = payload.to_string();
    let total = 12 + head.len() + payload.len() + 4;
    let mut message = Vec::with_capacity(total);
    message.extend_from_slice(&u32::try_from(total).unwrap().to_be_bytes());
    message.extend_from_slice(&u32::try_from(head.len()).unwrap().to_be_bytes());
    message.extend_from_slice(&crc32(&message).to_be_bytes());
    message.extend_from_slice(&head);
    message.extend_from_slice(payload.as_bytes());
    message.extend_from_slice(&crc32(&message).to_be_bytes());
    message
}

/// CRC-32 as ISO 3309 has it.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 };
        }
    }
    !sum
}

#[test]
fn the_sum_is_the_known_one() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}
