//! Which of a client's headers may go upstream: a list of names, never a credential, a cookie or an address.

use gateway_providers::HOPS;
use http::{HeaderMap, HeaderName, header};

use super::hops::Hops;

/// Headers that change what an upstream does with a call, and that are the caller's to set.
static TO_CALLS: [HeaderName; 8] = [
    HeaderName::from_static("openai-beta"),
    HeaderName::from_static("anthropic-beta"),
    HeaderName::from_static("anthropic-version"),
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("http-referer"),
    HeaderName::from_static("x-title"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

/// What a raw proxy request may carry besides.
static TO_PROXY: [HeaderName; 7] = [
    header::CONTENT_TYPE,
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::CONTENT_LANGUAGE,
    header::RANGE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
];

/// The headers for an upstream call.
pub fn for_call(headers: &HeaderMap, hops: &Hops) -> HeaderMap {
    pick(headers, hops, &[&TO_CALLS])
}

/// The headers for a raw proxy request.
pub fn for_proxy(headers: &HeaderMap, hops: &Hops) -> HeaderMap {
    pick(headers, hops, &[&TO_CALLS, &TO_PROXY])
}

fn pick(headers: &HeaderMap, hops: &Hops, lists: &[&[HeaderName]]) -> HeaderMap {
    let mut picked = HeaderMap::new();
    if let Some(way) = hops.onward(headers) {
        picked.insert(HOPS, way);
    }
    for name in lists.iter().copied().flatten() {
        if !headers.contains_key(name) || named_by_connection(headers, name) {
            continue;
        }
        for value in headers.get_all(name) {
            picked.append(name.clone(), value.clone());
        }
    }
    picked
}

/// `Connection` may name any header as hop-by-hop (RFC 9110, section 7.6.1).
fn named_by_connection(headers: &HeaderMap, name: &HeaderName) -> bool {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|token| token.trim().eq_ignore_ascii_case(name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_headers_go_on_and_connection_can_take_them_back() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer k"),
            ("x-api-key", "k"),
            ("cookie", "c"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x-opengateway-vllm-api-key", "k"),
            ("openai-beta", "assistants=v2"),
            ("traceparent", "00-1-2-01"),
            ("content-type", "text/plain"),
            ("connection", "keep-alive, Traceparent"),
        ] {
            headers.append(name, value.parse().unwrap());
        }
        let names = |map: HeaderMap| map.keys().map(HeaderName::to_string).collect::<Vec<_>>();
        let hops = Hops::new();
        assert_eq!(names(for_call(&headers, &hops)), ["openai-beta"]);
        let to_proxy = names(for_proxy(&headers, &hops));
        assert_eq!(to_proxy, ["openai-beta", "content-type"]);
        headers.insert(HOPS, "a".parse().unwrap());
        for picked in [for_call(&headers, &hops), for_proxy(&headers, &hops)] {
            let way = format!("a,{}", hops.mark().to_str().unwrap());
            assert_eq!(picked[HOPS], way.as_str(), "no other way than ours");
        }
    }
}
