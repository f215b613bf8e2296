//! The id that ties a client's answer to the log line.

use std::{
    fmt,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{HeaderMap, HeaderName, HeaderValue};

static HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over from a caller.
const MAX_LENGTH: usize = 64;

/// A request's id: the caller's own `x-request-id` where it is a plain token, else a fresh random one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id of a request with these headers.
    pub fn of(headers: &HeaderMap) -> Self {
        match headers.get(&HEADER) {
            Some(value) if is_plain(value.as_bytes()) => Self(value.clone()),
            _ => Self::fresh(),
        }
    }

    /// Unique in this process by a counter, between processes by a random start. It is no secret.
    fn fresh() -> Self {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let id = format!("req_{:016x}{count:08x}", process_prefix());
        Self(HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("req_0")))
    }

    /// As a header's value.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// Drawn once: a system call per request would cost more than everything else that an id takes.
fn process_prefix() -> u64 {
    static PREFIX: OnceLock<u64> = OnceLock::new();
    *PREFIX.get_or_init(|| {
        let mut bytes = [0_u8; 8];
        // Without entropy ids of two processes may be equal, which harms nothing but the reading of a log.
        let _ = getrandom::fill(&mut bytes);
        u64::from_be_bytes(bytes)
    })
}

/// What may stand in a log line and a header without any escaping.
fn is_plain(id: &[u8]) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte))
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(value: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", value.parse().unwrap());
        RequestId::of(&headers).to_string()
    }

    #[test]
    fn plain_ids_are_taken_over_and_others_replaced() {
        assert_eq!(id_of("abc-1.2:3_x"), "abc-1.2:3_x");
        for bad in ["", "a b", "a\"b", "a,b", &"x".repeat(65)] {
            assert!(id_of(bad).starts_with("req_"), "{bad}");
        }
        assert_ne!(RequestId::fresh(), RequestId::fresh());
    }
}
