//! Gateways that lead to each other, or to themselves: every request upstream says which gateways it has passed, and
//! who finds itself there, or too many others, passes it no further.

use std::fmt;

use gateway_providers::HOPS;
use http::{HeaderMap, HeaderValue};

use super::error::{ApiError, ErrorKind};

/// How many gateways a request passes at most.
const MOST: usize = 3;

/// The longest id of a gateway.
const LONGEST_ID: usize = 64;

/// One gateway's place on the way of requests.
#[derive(Clone)]
pub struct Hops {
    /// Drawn when the process starts; it tells nothing about it.
    own: HeaderValue,
}

impl Hops {
    /// A gateway with an id of its own.
    pub fn new() -> Self {
        let mut bytes = [0_u8; 8];
        // Without entropy two gateways may have one id, and the second of them takes the first for itself.
        let _ = getrandom::fill(&mut bytes);
        let text = format!("{:016x}", u64::from_be_bytes(bytes));
        let own = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("gateway"));
        Self { own }
    }

    /// What a request says that begins here.
    pub fn mark(&self) -> &HeaderValue {
        &self.own
    }

    /// Whether the request may be served here.
    ///
    /// # Errors
    /// 508 where it has been here before or has passed too many gateways; 400 where the header is none of a gateway's.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        if !headers.contains_key(&HOPS) {
            return Ok(());
        }
        let mut passed = 0;
        for id in ids(headers) {
            if !is_id(id) {
                let message = format!(
                    "The header `{HOPS}` is for gateways: ids with commas between. Leave it out."
                );
                return Err(ApiError::new(ErrorKind::InvalidHeader, message).param(HOPS.as_str()));
            }
            if id == self.own.as_bytes() {
                let message = "This request has been here before: a provider of this gateway leads back to it. \
                               Its operator has to look at the providers' base URLs.";
                return Err(ApiError::new(ErrorKind::LoopDetected, message));
            }
            passed += 1;
        }
        if passed < MOST {
            return Ok(());
        }
        let message = format!(
            "This request has passed {passed} gateways already; {MOST} are the most. Do their providers lead to each other?"
        );
        Err(ApiError::new(ErrorKind::LoopDetected, message))
    }

    /// What the request says further on; `None` where it begins here, so that the providers' own mark is enough.
    pub fn onward(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if !headers.contains_key(&HOPS) {
            return None;
        }
        let way: Vec<&[u8]> = ids(headers).chain([self.own.as_bytes()]).collect();
        HeaderValue::from_bytes(&way.join(&b","[..])).ok()
    }
}

impl Default for Hops {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Hops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hops({:?})", self.own)
    }
}

fn ids(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers
        .get_all(&HOPS)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}

fn is_id(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    (1..=LONGEST_ID).contains(&id.len()) && id.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let pairs = values.iter().map(|value| (HOPS, value.parse().unwrap()));
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn a_request_passes_three_gateways_and_none_twice() {
        let hops = Hops::new();
        let own = hops.mark().to_str().unwrap();
        let code = |values: &[&str]| hops.check(&headers(values)).map_err(|error| error.code());
        assert_eq!(code(&[]), Ok(()));
        assert_eq!(code(&["a"]), Ok(()));
        assert_eq!(code(&["a, b"]), Ok(()));
        assert_eq!(code(&["a", "b"]), Ok(()));
        for too_far in [&["a,b,c"][..], &["a", "b", "c"], &["a,b", "c,d"], &[own]] {
            assert_eq!(code(too_far), Err("loop_detected"), "{too_far:?}");
        }
        assert_eq!(code(&["a", own]), Err("loop_detected"));
        let long = "a".repeat(LONGEST_ID + 1);
        for wrong in ["", "a,,b", "a b", "a;b", "<a>", long.as_str()] {
            assert_eq!(code(&[wrong]), Err("invalid_header"), "{wrong}");
        }
    }

    #[test]
    fn the_way_goes_on_with_what_it_was() {
        let hops = Hops::new();
        assert_eq!(hops.onward(&HeaderMap::new()), None);
        let onward = hops.onward(&headers(&["a, b", "c"])).unwrap();
        let expected = format!("a,b,c,{}", hops.mark().to_str().unwrap());
        assert_eq!(onward, expected.as_str());
        assert_ne!(Hops::new().mark(), Hops::new().mark());
    }
}
